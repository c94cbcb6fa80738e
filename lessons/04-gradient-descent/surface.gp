# The path on the surface, and the path in the plane below it, where the optimizer moves: two starts, two minima.
# surface-two-wells.csv: x, y, loss. walks.csv: walk, lr, step, x, y, loss. ends.csv: walk, lr, steps, …
rows = KNOBS_DATA."/walks.csv"
surface = KNOBS_DATA."/surface-two-wells.csv"
dark = "#222222"; pale = "#555555"
load KNOBS_COMMON."/contour.gp"
eval map_read; eval map_contour
name(k) = k == 1 ? "well" : "other well"
is(k) = strcol("walk") eq name(k)
array start_x[2]; array start_y[2]; array start_loss[2]; array end_x[2]; array end_y[2]; array end_loss[2]
stats [*:*][*:*] rows using ((k = is(1) ? 1 : is(2) ? 2 : 0), k ? (column("step") == 0 ? (start_x[k] = column("x"), \
    start_y[k] = column("y"), start_loss[k] = column("loss")) : 0, end_x[k] = column("x"), end_y[k] = column("y"), \
    end_loss[k] = column("loss")) : 0, 0) nooutput
floor_at = -10; ceiling = 9
set xrange [-1.6:1.6]; set yrange [-1.3:1.35]
unset key; unset grid; unset ztics
set border 1+2+4+8 linecolor rgb "#888888"
set xyplane at floor_at
set view 58, 28, 1, 1
set lmargin at screen 0.29; set rmargin at screen 0.84; set tmargin at screen 0.8; set bmargin at screen 0.22
set zrange [floor_at:ceiling]; set xtics -1, 1 offset 0, -0.5; set ytics -1, 1 offset 0.8, 0
set xlabel "w_1" offset 0, -1; set ylabel "w_2" offset 1.5, -0.5
set label 1 "the loss" at -1.6, -1.3, 4.6 right offset -1.5, 0 textcolor rgb pale
set label 2 "the plane in\nwhich it moves" at -1.6, -1.3, floor_at right offset -1, 2 textcolor rgb pale
set pm3d scansautomatic border linecolor rgb "#aaaaaa" linewidth 0.5
set palette defined (0 "#ffffff", 1 "#cccccc"); set cbrange [0:ceiling]
do for [k = 1:2] {
    set arrow k from start_x[k], start_y[k], start_loss[k] to start_x[k], start_y[k], floor_at nohead linecolor rgb ink(k + 1) linewidth 1.2 dashtype (2,3) front
    set arrow 10 + k from end_x[k], end_y[k], end_loss[k] to end_x[k], end_y[k], floor_at nohead linecolor rgb ink(k + 1) linewidth 1.2 dashtype (2,3) front
    set label 20 + k sprintf("loss %d", end_loss[k] + 0.5) at end_x[k], end_y[k], end_loss[k] offset 1, -0.3 front textcolor rgb ink(k + 1)
}
splot $map using 1:2:(floor_at) with lines linecolor rgb "#999999" linewidth 0.7 dashtype 1, \
    for [k = 1:2] rows using (is(k) ? column("x") : NaN):"y":(floor_at) with linespoints linetype k + 1 dashtype 1 pointtype 7 pointsize 0.5, \
    surface every 6:6 using "x":"y":"loss" with pm3d, \
    for [k = 1:2] rows using (is(k) ? column("x") : NaN):"y":"loss" with linespoints linetype k + 1 dashtype 1 pointtype 7 pointsize 0.5
