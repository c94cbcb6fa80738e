# Six moments of a training: real points, generated points, and how real the discriminator calls each place.
# runs.csv names the runs; of the first (the right recipe): points.csv: snapshot, step, real_x, real_y, fake_x, fake_y (600 rows
# a snapshot); shades.csv: snapshot, x, y, verdict (72 × 72 rows a snapshot); quality.csv: step, covered, good.
load KNOBS_FOLDER."/panels.gp"
first = ""
stats KNOBS_DATA."/runs.csv" using ((first eq "" ? strlen(first = strcol(1)) : 0), 0) nooutput
run = KNOBS_DATA."/runs/".first
array step[6]; array covered[6]; array good[6]; taken = 0 # fewer where the run diverged
stats run."/points.csv" using ((taken = column("snapshot") + 1, step[taken] = column("step")), 0) nooutput
do for [s = 1:taken] { # of the look that is nearest to the snapshot
    least = 1e9
    stats run."/quality.csv" using ((d = abs(column("step") - step[s]), d < least ? \
        (least = d, covered[s] = column("covered"), good[s] = column("good")) : 0), 0) nooutput
}

set multiplot
do for [s = 1:taken] {
    set lmargin at screen left(s); set rmargin at screen left(s) + side
    set tmargin at screen top(s); set bmargin at screen top(s) - tall
    set label 1 "{/:Bold ".(s == 1 ? "before training" : "step ".thousands(step[s]))."}  ".quality(covered[s], good[s]) \
        at graph 0, 1.05 left textcolor rgb dark font ",11"
    plot run."/shades.csv" using "x":"y":"verdict" every ::(s - 1) * SHADES::s * SHADES - 1 with image, \
        run."/points.csv" using "real_x":"real_y" every ::(s - 1) * POINTS::s * POINTS - 1 \
            with points pointtype 6 pointsize 0.7 linewidth 0.6 linecolor rgb "#000000", \
        run."/points.csv" using "fake_x":"fake_y" every ::(s - 1) * POINTS::s * POINTS - 1 \
            with points pointtype 7 pointsize 0.35 linecolor rgb orange
}
unset multiplot
