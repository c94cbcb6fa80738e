# What a step moves in each way to freeze: moved.csv (see the script that is loaded).
load KNOBS_COMMON."/moved.gp"
