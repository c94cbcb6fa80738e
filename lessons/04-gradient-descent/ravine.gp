# Two numbers: the ravine with four rates, and below them how many steps each rate takes to the bottom.
# walks.csv: walk, lr, step, x, y, loss. ends.csv: walk, lr, steps, arrived, diverged, words. rates.csv: lr, arrived (-1: never).
# surface-ravine.csv: x, y, loss.
rows = KNOBS_DATA."/walks.csv"
rates = KNOBS_DATA."/rates.csv"
surface = KNOBS_DATA."/surface-ravine.csv"
dark = "#222222"; pale = "#555555"
load KNOBS_COMMON."/contour.gp"
eval map_read; eval map_contour
array rate[8]; array how[8]; array steps[8]; panels = 0
stats [*:*][*:*] KNOBS_DATA."/ends.csv" using (strcol("walk") eq "ravine" ? (panels = panels + 1, rate[panels] = column("lr"), \
    steps[panels] = column("arrived"), strlen(how[panels] = strcol("words"))) : 0, 0) nooutput
is(k) = strcol("walk") eq "ravine" && abs(column("lr") - rate[k]) < 1e-6
number(k) = abs(rate[k] - 2.0 / 101) < 1e-6 ? "2/101" : sprintf("%g", rate[k])

unset key
set multiplot
set border 15; unset grid
set yrange [-1.2:1.2]; set xrange [-0.2:1.2]; set xtics 0, 0.5, 1; set ytics -1, 0.5
set tmargin at screen 0.9; set bmargin at screen 0.55
do for [k = 1:panels] {
    set lmargin at screen 0.13 + 0.221 * (k - 1); set rmargin at screen 0.318 + 0.221 * (k - 1)
    set format y (k == 1 ? "%g" : "")
    set ylabel (k == 1 ? "y" : "") offset 1.5, 0
    set label 1 sprintf("{/:Bold lr %s}\n{/*0.85 %s}", number(k), how[k]) at graph 0.5, 1.16 center textcolor rgb ink(k)
    plot @map_shade, @map_lines, rows using (is(k) ? column("x") : NaN):"y" with lines linetype k dashtype 1 linewidth 1.2, \
        rows using (is(k) && column("step") < 60 ? column("x") : NaN):"y" with points pointtype 7 pointsize 0.35 linecolor rgb ink(k)
}

set border 3; set grid; unset label 1
set lmargin at screen 0.13; set rmargin at screen 0.981; set tmargin at screen 0.44; set bmargin at screen 0.13
set xrange [0:0.021]; set xtics 0, 0.002; set xlabel "learning rate"
set logscale y; set yrange [400:20000]; set ytics ("500" 500, "1,000" 1000, "2,000" 2000, "5,000" 5000, "10,000" 10000, "20,000" 20000)
set ylabel "steps to the bottom" offset 0, 0
set object 1 rectangle from 0.02, graph 0 to graph 1, graph 1 behind fillcolor rgb "#e4e4e4" fillstyle solid noborder
set arrow 1 from 0.02, graph 0 to 0.02, graph 1 nohead linecolor rgb dark linewidth 1.5
set label 2 "2/L" at 0.02, graph 1.07 center textcolor rgb dark
set label 3 "diverges" at 0.0205, graph 0.5 center rotate by 90 textcolor rgb dark
do for [k = 1:panels] {
    if (steps[k] > 0) {
        if (rate[k] < 0.01) { set label 10 + k thousands(steps[k]) at rate[k], steps[k] offset character 0.7, 0.7 left textcolor rgb ink(k) }
        if (rate[k] >= 0.01) { set label 10 + k thousands(steps[k]) at rate[k], steps[k] offset character -0.4, 1.1 right textcolor rgb ink(k) }
        set label 20 + k "" at rate[k], steps[k] point pointtype 7 pointsize 1.2 linecolor rgb ink(k) front
    }
}
plot rates using (column("arrived") > 0 ? column("lr") : NaN):"arrived" with lines linecolor rgb dark linewidth 2 dashtype 1
unset multiplot
