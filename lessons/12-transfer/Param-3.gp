# Param-3: transfer learning. The backbone, loaded, and the head, new, in two groups of one optimizer. results.csv names the runs; of one
# that is fine-tuned: groups.csv (see the script that is loaded).
eval runs_read
shown = 1
do for [i = runs:1:-1] { shown = strstrt(run[i], "near-fine-tuned") ? i : shown }
groups_file = run_file(shown, "groups.csv")
model_title = "{/:Bold The model:} loaded CNN, new head"
load KNOBS_COMMON."/groups.gp"
