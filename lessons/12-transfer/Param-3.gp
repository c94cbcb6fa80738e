# Param-3: Transfer learning: the backbone, loaded, at a low rate and the head, new, at a high one, in two groups of one optimizer.
# Elsewhere: "features" and "classifier" look like halves. But the head has a small part of the numbers, and the backbone also has
# statistics of its batch norms, which are no parameters: no rate, not even 0, holds them.
#
# results.csv names the runs; of one that is
# fine-tuned: groups.csv (see the script that is loaded).
eval runs_read
shown = 1
do for [i = runs:1:-1] { shown = strstrt(run[i], "near-fine-tuned") ? i : shown }
groups_file = run_file(shown, "groups.csv")
model_title = "{/:Bold The model:} backbone, new head"
load KNOBS_COMMON."/groups.gp"
