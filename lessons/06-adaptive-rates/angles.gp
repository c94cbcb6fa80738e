# How far may the ravine be turned? Above, steps of each at its rate; below, the condition that any rates per parameter leave.
# angles.csv: angle, left, sgd, adagrad, rmsprop, adam (-1: never).
rows = KNOBS_DATA."/angles.csv"
dark = "#222222"; pale = "#555555"
name(k) = word("sgd adagrad rmsprop adam", k)
title_of(k) = word("SGD Adagrad RMSprop Adam", k)
type(k) = word("1 2 4 6", k) + 0
unset key
set multiplot
set lmargin at screen 0.125; set rmargin at screen 0.86
set xrange [0:90]; set xtics 0, 15; set format x ""
set tmargin at screen 0.96; set bmargin at screen 0.42; plot_tall = 0.54
set logscale y; set yrange [20:6000]; set ytics ("20" 20, "100" 100, "500" 500, "2,000" 2000); set ylabel "steps to the bottom"
stats [*:*][*:*] rows using (column("rmsprop") > 0 && column("angle") < 45 ? (left_end = column("angle"), left_steps = column("rmsprop")) : 0, 0) nooutput
set label 10 "RMSprop: never" at 45, 4000 center textcolor rgb ink(4)
set arrow 10 from left_end, 4000 to 90 - left_end, 4000 heads size screen 0.008, 20 linecolor rgb ink(4) linewidth 1
set arrow 10 from 33, 4000 to left_end, 4000 head size screen 0.008, 20 linecolor rgb ink(4) linewidth 1
set arrow 11 from 57, 4000 to 90 - left_end, 4000 head size screen 0.008, 20 linecolor rgb ink(4) linewidth 1
do for [k = 1:4] {
    stats [*:*][*:*] rows using (last = column(name(k))) nooutput
    length = curve_label(title_of(k), logarithmic(last, 20, 6000), type(k))
}
eval curve_labels
plot for [k = 1:4] rows using (column(name(k)) > 0 ? column("angle") : NaN):name(k) with lines linetype type(k)
do for [k = 900:920] { unset label k; unset arrow k }
unset label 10; unset arrow 10; unset arrow 11
set tmargin at screen 0.36; set bmargin at screen 0.13
set format x "%g°"; set xlabel "the ravine and its start are turned by"
unset logscale; set yrange [0:110]; set ytics 0, 50, 100; set ylabel "condition left"
set label 1 "the best that rates per parameter can do" at 45, 14 center textcolor rgb dark
plot rows using "angle":"left" with lines linetype 1
unset multiplot
