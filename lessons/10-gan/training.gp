# Six moments of a training: real points, generated points, and how real the discriminator calls each place.
# results.csv names the runs; of the first (the right recipe): points.csv: snapshot, step, real_x, real_y, fake_x, fake_y (600 rows
# a snapshot); shades.csv: snapshot, x, y, verdict (72 × 72 rows a snapshot); quality.csv: step, covered, good.
load KNOBS_FOLDER."/panels.gp"
eval runs_read
points = run_file(1, "points.csv"); shades = run_file(1, "shades.csv")
array step[6]; array covered[6]; array good[6]; taken = 0 # fewer where the run diverged
stats points using ((taken = column("snapshot") + 1, step[taken] = column("step")), 0) nooutput
do for [s = 1:taken] { # of the look that is nearest to the snapshot
    least = 1e9
    stats run_file(1, "quality.csv") using ((d = abs(column("step") - step[s]), d < least ? \
        (least = d, covered[s] = column("covered"), good[s] = column("good")) : 0), 0) nooutput
}

set multiplot
do for [s = 1:taken] {
    eval panel(s)
    set label 1 "{/:Bold ".(step[s] == 0 ? "Before training" : "Step ".thousands(step[s]))."}" at graph 0, 1.05 left textcolor rgb dark font ",11.5"
    set label 2 quality(covered[s], good[s]) at graph 0.5, 0.06 center front boxed textcolor rgb dark font ",11"
    plot shades using "x":"y":"verdict" every ::(s - 1) * SHADES::s * SHADES - 1 with image, \
        points using "real_x":"real_y" every ::(s - 1) * POINTS::s * POINTS - 1 \
            with points pointtype 6 pointsize 0.7 linewidth 0.6 linecolor rgb "#000000", \
        points using "fake_x":"fake_y" every ::(s - 1) * POINTS::s * POINTS - 1 \
            with points pointtype 7 pointsize 0.35 linecolor rgb orange
}
unset multiplot
