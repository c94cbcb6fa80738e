# Param-2: one optimizer, two groups. results.csv names the runs; of that with two groups: groups.csv (see the script that is loaded).
# A group's colour and dashes are those of its line in steps.gp.
eval runs_read
groups_file = run_file(run_of("two"), "groups.csv")
model_title = "{/:Bold The model}"
load KNOBS_COMMON."/groups.gp"
