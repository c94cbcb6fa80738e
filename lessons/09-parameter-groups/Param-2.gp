# Param-2: One optimizer with two parameter groups, each with a box of knobs of its own.
# Elsewhere: a group looks like a second optimizer, or like a part of the network. It is a list within one optimizer, with the same
# algorithm; a layer's weight and bias may be in different ones.
#
# results.csv names the runs; of that with two groups: groups.csv (see the script that is loaded).
# A group's colour and dashes are those of its line in steps.gp.
eval runs_read
groups_file = run_file(run_of("two"), "groups.csv")
model_title = "{/:Bold The model}"
load KNOBS_COMMON."/groups.gp"
