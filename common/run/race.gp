# The ways of all optimizers of a race on the map of its surface, or on the curve of one number, and how each ended.
# race.csv: optimizer, step, x, y, loss. race-ends.csv: optimizer, steps, x, y, loss, arrived, diverged, words. race-surface.csv:
# x, y, loss.
surface = KNOBS_DATA."/race-surface.csv"
rows = KNOBS_DATA."/race.csv"
dark = "#222222"; pale = "#555555"
array label[16]; array how[16]; array steps[16]; array diverged[16]; runners = 0
stats [*:*][*:*] KNOBS_DATA."/race-ends.csv" using (runners = runners + 1, label[runners] = strcol("optimizer"), \
    how[runners] = strcol("words"), steps[runners] = column("steps"), diverged[runners] = column("diverged"), 0) nooutput
load KNOBS_COMMON."/contour.gp"
eval map_read
curve = map_high <= map_low # one number: its loss is the height
if (!curve) { eval map_contour }
place(k) = curve ? column("loss") : column("y")
if (curve) {
    map_low = map_least - 0.05 * (map_most - map_least); map_high = map_most
    set xrange [map_left:map_right]; set yrange [map_low:map_high]
}

# The last point of each that the map holds; of a path of thousands of steps, after the first 300, not every one is drawn.
array end_x[16]; array end_y[16]; array seen[16]
stats [*:*][*:*] rows using (k = (sum [i = 1:runners] (label[i] eq strcol("optimizer") ? i : 0)), x = column("x"), y = place(k), \
    x >= map_left && x <= map_right && y >= map_low && y <= map_high ? (end_x[k] = x, end_y[k] = y, seen[k] = column("step")) : 0, 0) nooutput
stride(k) = 2 * int(steps[k] / 4000) + 1 # odd, for a zigzag to be seen
is(k) = strcol("optimizer") eq label[k] && (column("step") <= 300 || int(column("step")) % stride(k) == 0)

set lmargin at screen 0.08; set rmargin at screen 0.61; set tmargin at screen 0.96; set bmargin at screen 0.12
unset key; unset grid; set border 15
if (!curve) { set size ratio -1 }
set xlabel "x"; set ylabel (curve ? "loss" : "y")
do for [k = 1:runners] {
    height = 0.9 - 0.8 * (k - 1) / (runners < 6 ? 6 : runners)
    set arrow k from screen 0.635, screen height to screen 0.675, screen height nohead linetype k
    set label k sprintf("{/:Bold %s}\n{/*0.85 %s}", label[k], how[k]) at screen 0.685, screen height textcolor rgb ink(k)
    mark = diverged[k] > 0 ? "✕" : seen[k] < steps[k] ? "→" : "●"
    set label 100 + k mark at end_x[k], end_y[k] center front textcolor rgb ink(k)
}
if (curve) {
    plot surface using "x":"loss" with lines linecolor rgb "#999999" linewidth 2, \
        for [k = 1:runners] rows using (is(k) ? column("x") : NaN):"loss" with linespoints linetype k pointtype 7 pointsize 0.4
} else {
    plot @map_shade, @map_lines, for [k = 1:runners] rows using (is(k) ? column("x") : NaN):"y" with lines linetype k, \
        for [k = 1:runners] rows using (is(k) && column("step") <= 300 ? column("x") : NaN):"y" with points pointtype 7 pointsize 0.4 linecolor rgb ink(k)
}
