# The range test over the search that it stands in for, on one axis of rates: the loss while the rate rises, and the accuracy of
# trainings at a constant rate.
# results.csv: run, rate, seed, accuracy, steepest, lowest: a row a run; runs/RUN/steps.csv of the rising ones: loss, lr, mean.
eval runs_read
dark = "#222222"; pale = "#555555"
rising = 0
do for [k = 1:kinds] { rising = kind[k] eq "rising" ? k : rising }
array steepest[runs]; array lowest[runs]; array rate[kinds]; array sum_of[kinds]; array count[kinds]
do for [k = 1:kinds] { rate[k] = k == rising ? 0.0 : real(kind[k]); sum_of[k] = 0.0; count[k] = 0 }
least = 100.0; most = 0.0
stats [*:*][*:*] KNOBS_DATA."/results.csv" using (i = int($0) + 1, k = kind_of[i], steepest[i] = column("steepest"), lowest[i] = column("lowest"), \
    a = 100 * column("accuracy"), k == rising ? 0 : (least = a < least ? a : least, most = a > most ? a : most), \
    sum_of[k] = sum_of[k] + a, count[k] = count[k] + 1, 0) nooutput
unset key; set logscale x; set format x "10^{%L}"
set lmargin at screen 0.12; set rmargin at screen 0.96
from = 1e-5; to = 10
if (rising) { stats [*:*][*:*] run_file(first[rising], "steps.csv") using (from = $0 == 0 ? column("lr") : from, to = column("lr"), 0) nooutput }
set xrange [from:to]

set multiplot
set tmargin at screen 0.96; set bmargin at screen 0.46; set format x ""
set yrange [0:3]; set ylabel "loss, while the rate rises"
if (rising) {
    s = steepest[first[rising]]; l = lowest[first[rising]]
    stats [*:*][*:*] run_file(first[rising], "steps.csv") using (column("lr") <= s ? (at_s = column("mean")) : 0, column("lr") <= l ? (at_l = column("mean")) : 0, 0) nooutput
    set arrow 1 from l / 10, graph 0 to l / 10, graph 1 nohead linewidth 2 dashtype 3 linecolor rgb dark
    set arrow 2 from l, at_l to l / 10, at_l filled size screen 0.012, 20 linewidth 1.5 linecolor rgb dark front
    set label 1 "{/:Bold lowest}" at l, at_l offset character -0.5, -1.2 left textcolor rgb dark
    set label 2 "a tenth of it" at l / 4, at_l offset character 0, -0.9 center textcolor rgb dark font ",12"
    set label 3 "{/:Bold steepest} " at s, at_s offset character -0.8, 0 right textcolor rgb dark
    set label 4 "dots: the loss of a batch\nline: their running mean" at graph 0.02, graph 0.2 left textcolor rgb pale font ",12"
    plot run_file(first[rising], "steps.csv") using "lr":"loss" with points pointtype 7 pointsize 0.35 linecolor rgb "#9db8cc", \
        run_file(first[rising], "steps.csv") using "lr":"mean" with lines linewidth 3 dashtype 1 linecolor rgb ink(4), \
        "+" using (s):(at_s) every ::0::0 with points pointtype 7 pointsize 1.6 linecolor rgb dark, \
        "+" using (l):(at_l) every ::0::0 with points pointtype 7 pointsize 1.6 linecolor rgb dark
}
unset label; unset arrow
set tmargin at screen 0.4; set bmargin at screen 0.13
set format x "10^{%L}"; set xlabel "learning rate"
low = most - 10; low = least - 1 > low ? least - 1 : low # what is far below is told, not drawn
set yrange [low:most + 1]; set ytics 5; set ylabel "test accuracy (%)"
set label 5 "trainings of one epoch,\neach at a constant rate" at graph 0.02, graph 0.85 left textcolor rgb pale font ",12"
if (rising) {
    do for [i = 1:runs] { if (kind_of[i] == rising) {
        set arrow 10 + i from lowest[i] / 10, graph 0 to lowest[i] / 10, graph 0.1 nohead linewidth 2 linecolor rgb dark
    } }
    set arrow 1 from l / 10, graph 0 to l / 10, graph 1.16 nohead linewidth 2 dashtype 3 linecolor rgb dark
    set label 6 "{/:Bold the suggestion} " at l / 10, graph 0.2 right textcolor rgb dark
}
set print $means
print "rate,accuracy"
do for [k = 1:kinds] { if (k != rising) {
    mean = sum_of[k] / count[k]
    print sprintf("%g,%g", rate[k], mean)
    if (mean < low) { set label 20 + k sprintf("↓ %g: %.0f %%", rate[k], mean) at rate[k], low offset character 0.8, 1 left textcolor rgb ink(2) }
} }
unset print
set datafile columnheaders
if (kinds == 1 && rising) { plot NaN } else { plot KNOBS_DATA."/results.csv" using (kind_of[int($0) + 1] == rising ? NaN : rate[kind_of[int($0) + 1]]):(100 * column("accuracy")) \
        with points pointtype 6 pointsize 1 linecolor rgb ink(2), \
    $means using 1:2 with linespoints linetype 2 pointtype 5 }
unset multiplot
