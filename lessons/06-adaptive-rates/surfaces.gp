# A saddle and a bent valley: where each algorithm goes, and how soon it is out of the one and through the other.
# walks.csv: walk, lr, step, x, y, loss. surface-saddle.csv, surface-rosenbrock.csv: x, y, loss.
rows = KNOBS_DATA."/walks.csv"
dark = "#222222"; pale = "#555555"
load KNOBS_COMMON."/contour.gp"
map_levels = 10
name(k) = word("sgd adagrad rmsprop adam", k)
title_of(k) = word("SGD Adagrad RMSprop Adam", k)
type(k) = word("1 2 4 6", k) + 0
where(p) = p == 1 ? "saddle" : "rosenbrock"
is(p, k) = strcol("walk") eq where(p)." ".name(k)
done(p) = p == 1 ? abs(column("y")) >= 0.5 : sqrt((column("x") - 1)**2 + (column("y") - 1)**2) <= 0.1
unset key; unset grid; set border 15
set multiplot
do for [p = 1:2] {
    surface = KNOBS_DATA."/surface-".where(p).".csv"
    eval map_read; eval map_contour
    set lmargin at screen 0.07 + 0.5 * (p - 1); set rmargin at screen 0.47 + 0.5 * (p - 1)
    set tmargin at screen 0.9; set bmargin at screen 0.3
    set xlabel "x"; set ylabel "y" offset 1.5, 0
    if (p == 1) { set xrange [-1.5:0.6]; set yrange [-0.3:1.3]; set xtics -1, 1; set ytics 0, 1 } else { set xtics -1, 1; set ytics 0, 1 }
    set label 1 (p == 1 ? "{/:Bold A saddle} {/*0.9 steps until |y| is ½}" : "{/:Bold A bent valley} {/*0.9 steps until it is 0.1 away}") at graph 0, 1.06 left textcolor rgb dark
    do for [k = 1:4] {
        took = -1
        stats [*:*][*:*] rows using (is(p, k) && took < 0 && done(p) ? (took = column("step")) : 0, 0) nooutput
        set label 10 + k sprintf("{/:Bold %s} %s", title_of(k), took < 0 ? "never" : thousands(int(took))) at screen 0.09 + 0.5 * (p - 1) + 0.2 * ((k - 1) % 2), screen 0.13 - 0.06 * int((k - 1) / 2) left textcolor rgb ink(type(k))
        set arrow 10 + k from screen 0.06 + 0.5 * (p - 1) + 0.2 * ((k - 1) % 2), screen 0.13 - 0.06 * int((k - 1) / 2) rto screen 0.025, screen 0 nohead linetype type(k)
    }
    plot @map_shade, @map_lines, for [k = 1:4] rows using (is(p, k) ? column("x") : NaN):"y" with lines linetype type(k)
}
unset multiplot
