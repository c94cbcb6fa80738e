# Three ways down the ravine, each with its best knobs; below, how far each is from the bottom.
# walks.csv: walk, lr, step, x, y, loss. ends.csv: walk, lr, steps, arrived, … surface-ravine.csv: x, y, loss.
rows = KNOBS_DATA."/walks.csv"
surface = KNOBS_DATA."/surface-ravine.csv"
dark = "#222222"; pale = "#555555"
load KNOBS_COMMON."/contour.gp"
map_levels = 9; eval map_read; eval map_contour
name(k) = k == 1 ? "plain" : k == 2 ? "heavy ball" : "Nesterov"
title_of(k) = k == 1 ? "no momentum" : name(k)
type(k) = word("1 2 4", k) + 0
array steps[3]
do for [k = 1:3] { stats [*:*][*:*] KNOBS_DATA."/ends.csv" using (strcol("walk") eq name(k) ? (steps[k] = column("arrived")) : 0, 0) nooutput }
is(k) = strcol("walk") eq name(k)
unset key
set multiplot
set border 15; unset grid
set xrange [-0.25:1.15]; set yrange [-4:4]; set xtics 0, 0.5, 1; set ytics -4, 2 offset 0.5, 0
set tmargin at screen 0.92; set bmargin at screen 0.55
do for [k = 1:3] {
    set lmargin at screen 0.08 + 0.305 * (k - 1); set rmargin at screen 0.355 + 0.305 * (k - 1)
    set format y (k == 1 ? "%g" : ""); set ylabel (k == 1 ? "y" : "") offset 1.5, 0
    set label 1 sprintf("{/:Bold %s:} %d steps", title_of(k), steps[k]) at graph 0.5, 1.08 center textcolor rgb ink(type(k))
    set label 2 (k == 1 ? "start" : "") at 1, 1 offset character 0, 0.9 center front textcolor rgb dark
    plot @map_shade, @map_lines, rows using (is(k) ? column("x") : NaN):"y" with lines linetype type(k) dashtype 1 linewidth 1.2, \
        rows using (is(k) && column("step") < 60 ? column("x") : NaN):"y" with points pointtype 7 pointsize 0.35 linecolor rgb ink(type(k)), \
        "+" using (0):(0) every ::0::0 with points pointtype 1 pointsize 1.5 linecolor rgb "#000000", \
        "+" using (1):(1) every ::0::0 with points pointtype 7 pointsize 1 linecolor rgb "#000000"
}
set border 3; set grid; unset label 1; unset label 2; unset format
set lmargin at screen 0.1; set rmargin at screen 0.965; set tmargin at screen 0.45; set bmargin at screen 0.12
set xrange [0:740]; set xtics 0, 100; set xlabel "step"
set logscale y; set yrange [4e-8:20]; set ytics ("1" 1, "10^{-2}" 1e-2, "10^{-4}" 1e-4, "10^{-6}" 1e-6); set ylabel "distance" offset 1, 0
set label 3 "there" at 420, 1e-6 offset character 0, 0.6 center textcolor rgb pale
do for [k = 1:3] {
    set label 20 + k sprintf("{/:Bold %d}", steps[k]) at steps[k], 1e-6 offset character 0, -0.9 center textcolor rgb ink(type(k))
    set label 30 + k "" at steps[k], 1e-6 point pointtype 7 pointsize 1.2 linecolor rgb ink(type(k)) front
}
set label 41 title_of(1) at 330, 0.06 left textcolor rgb ink(1)
set label 42 title_of(2) at 20, 7 left textcolor rgb ink(type(2))
set label 43 title_of(3) at 95, 2.5e-3 left textcolor rgb ink(type(3))
plot 1e-6 with lines linecolor rgb "#999999" linewidth 1 dashtype (2,4), \
    for [k = 1:3] rows using (is(k) ? column("step") : NaN):(sqrt(column("x")**2 + column("y")**2)) with lines linetype type(k)
unset multiplot
