# The recipes at the end of training, from the same start: what each classic mistake costs.
# results.csv: run, recipe, …, covered, good, backward (multiply-adds a step and point); of each recipe's first run points.csv
# and shades.csv as in training.gp.
load KNOBS_FOLDER."/recipes.gp"
load KNOBS_FOLDER."/panels.gp"
array covered[kinds]; array good[kinds]; array backward[kinds]; right = 0
stats KNOBS_DATA."/results.csv" using (i = int($0) + 1, k = kind_of[i], first[k] == i ? (covered[k] = column("covered"), \
    good[k] = column("good"), backward[k] = column("backward"), recipe(k) == 1 ? (right = k) : 0) : 0, 0) nooutput

set multiplot
do for [k = 1:kinds] {
    eval panel(k)
    set label 1 "{/:Bold ".word(recipe_names, recipe(k))."}" at graph 0, 1.05 left textcolor rgb dark font ",11.5"
    set label 2 quality(covered[k], good[k]) at graph 0.5, 0.06 center front boxed textcolor rgb dark font ",11"
    if (right) { set label 3 sprintf("backward × %.2f", backward[k] / backward[right]) at graph 0.5, 0.94 center front boxed textcolor rgb dark font ",11" }
    last = 0 # where a run diverged, its last snapshot
    stats run_file(first[k], "points.csv") using (last = int(column("snapshot")), 0) nooutput
    plot run_file(first[k], "shades.csv") using "x":"y":"verdict" every ::last * SHADES::(last + 1) * SHADES - 1 with image, \
        run_file(first[k], "points.csv") using "real_x":"real_y" every ::last * POINTS::(last + 1) * POINTS - 1 \
            with points pointtype 6 pointsize 0.7 linewidth 0.6 linecolor rgb "#000000", \
        run_file(first[k], "points.csv") using "fake_x":"fake_y" every ::last * POINTS::(last + 1) * POINTS - 1 \
            with points pointtype 7 pointsize 0.35 linecolor rgb orange
}
unset multiplot
