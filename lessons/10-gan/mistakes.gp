# Six recipes at the end of training, from the same start: what each classic mistake costs.
# runs.csv: run, steps, covered, good, forward, backward (multiply-adds a step and point), six rows a seed; each run's points.csv
# and shades.csv as in training.gp.
load KNOBS_FOLDER."/panels.gp"
array run[6]; array covered[6]; array good[6]; array backward[6]
stats KNOBS_DATA."/runs.csv" using ((i = int($0) + 1, i <= 6 ? (strlen(run[i] = strcol(1)), covered[i] = column("covered"), \
    good[i] = column("good"), backward[i] = column("backward")) : 0), 0) nooutput
array name[6] = ["The right recipe", "D not frozen in G's step", "No detach in D's step", "D's zero\\_grad forgotten", \
    "No detach, cleared once a loop", "One optimizer for both"]

set style textbox opaque fillcolor rgb "#ffffff" noborder margins 0.4, 0.4
set multiplot
do for [s = 1:6] {
    set lmargin at screen left(s); set rmargin at screen left(s) + side
    set tmargin at screen top(s); set bmargin at screen top(s) - tall
    set label 1 "{/:Bold ".name[s]."}" at graph 0, 1.05 left textcolor rgb dark font ",11.5"
    set label 2 quality(covered[s], good[s]) at graph 0.5, 0.06 center front boxed textcolor rgb dark font ",11"
    set label 3 sprintf("backward × %.2f", backward[s] / backward[1]) at graph 0.5, 0.94 center front boxed textcolor rgb dark font ",11"
    folder = KNOBS_DATA."/runs/".run[s]
    last = 0 # where a run diverged, its last snapshot
    stats folder."/points.csv" using ((last = int(column("snapshot"))), 0) nooutput
    plot folder."/shades.csv" using "x":"y":"verdict" every ::last * SHADES::(last + 1) * SHADES - 1 with image, \
        folder."/points.csv" using "real_x":"real_y" every ::last * POINTS::(last + 1) * POINTS - 1 \
            with points pointtype 6 pointsize 0.7 linewidth 0.6 linecolor rgb "#000000", \
        folder."/points.csv" using "fake_x":"fake_y" every ::last * POINTS::(last + 1) * POINTS - 1 \
            with points pointtype 7 pointsize 0.35 linecolor rgb orange
}
unset multiplot
