# What each action moves, in the first run: its moved.csv (see the script that is loaded).
first = ""
stats KNOBS_DATA."/runs.csv" using ((first eq "" ? strlen(first = strcol(1)) : 0), 0) nooutput
KNOBS_DATA = KNOBS_DATA."/runs/".first
load KNOBS_COMMON."/moved.gp"
