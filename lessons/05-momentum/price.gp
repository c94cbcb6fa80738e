# Two prices. Left, a convex curve on which the heavy ball goes round for ever; right, what a step is worth when the rate falls.
# walks.csv, ends.csv, surface-kinked.csv: x, y, loss. drop.csv: step, pytorch, textbook.
rows = KNOBS_DATA."/walks.csv"
drop = KNOBS_DATA."/drop.csv"
dark = "#222222"; pale = "#555555"
array steps[3]
name(k) = k == 1 ? "plain" : k == 2 ? "heavy ball" : "Nesterov"
do for [k = 1:3] { stats [*:*][*:*] KNOBS_DATA."/ends.csv" using (strcol("walk") eq "kinked: ".name(k) ? (steps[k] = column("arrived")) : 0, 0) nooutput }
is(k, from, to) = strcol("walk") eq "kinked: ".name(k) && column("step") >= from && column("step") <= to
unset key; unset grid
set multiplot
set tmargin at screen 0.86; set bmargin at screen 0.13
set lmargin at screen 0.1; set rmargin at screen 0.48
set xrange [-2.6:4.2]; set yrange [0:105]; set xlabel "w"; set ylabel "loss" offset 1, 0
set label 1 sprintf("{/:Bold A convex curve}\n{/*0.85 %d steps without momentum, Nesterov %d}", steps[1], steps[3]) at graph 0, 1.13 left textcolor rgb dark
set label 2 "heavy ball:\nround for\never" at 0.15, 36 center textcolor rgb ink(2)
set label 3 "start" at 3.3, 93 offset character -1, 0.8 right textcolor rgb dark
set label 4 "a straighter\npiece" at 1.75, 17 left textcolor rgb dark; set label 7 "Nesterov" at 0.9, 66 right textcolor rgb ink(4)
plot KNOBS_DATA."/surface-kinked.csv" using "x":"loss" with lines linecolor rgb "#bbbbbb" linewidth 4 dashtype 1, \
    KNOBS_DATA."/surface-kinked.csv" using (column("x") >= 1 && column("x") <= 2 ? column("x") : NaN):"loss" with lines linecolor rgb "#555555" linewidth 5 dashtype 1, \
    rows using (is(3, 0, 60) ? column("x") : NaN):"loss" with linespoints linetype 4 linewidth 1.2 pointtype 7 pointsize 0.6, \
    rows using (is(2, 900, 903) ? column("x") : NaN):"loss" with linespoints linetype 2 dashtype 1 pointtype 7 pointsize 1.2
unset label 2; unset label 3; unset label 4; unset label 7
set grid
set lmargin at screen 0.58; set rmargin at screen 0.97
set xrange [0:60]; set xtics 0, 20; set xlabel "step"
set logscale y; set yrange [8e-4:3e-2]; set ytics ("0.001" 1e-3, "0.003" 3e-3, "0.01" 1e-2, "0.03" 3e-2); set ylabel "length of the step" offset 0.5, 0
set label 1 "{/:Bold The rate falls to a tenth}\n{/*0.85 how long each step is}" at graph 0, 1.13 left textcolor rgb dark
set arrow 1 from 20.5, graph 0 to 20.5, graph 1 nohead linecolor rgb pale dashtype (2,4)
set label 5 "rate outside\n(PyTorch)" at 23, 1.2e-3 left textcolor rgb ink(1)
set label 6 "rate in the velocity\n(textbook)" at 26, 1.6e-2 left textcolor rgb ink(2)
plot drop using "step":"textbook" with lines linetype 2 dashtype 1 linewidth 4, drop using "step":"pytorch" with lines linetype 1 linewidth 1.5
unset multiplot
