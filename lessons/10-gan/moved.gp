# What each action moves, in the first run: its moved.csv (see the script that is loaded).
eval runs_read
KNOBS_DATA = KNOBS_DATA."/runs/".run[1]
load KNOBS_COMMON."/moved.gp"
