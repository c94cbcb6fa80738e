# How far each leak carries a frozen backbone, step by step. Lines: the formulas; points: measured; below them, flat: the same
# training, cured.
# leaks.csv: leak, cured (0, 1), step, measured, formula, in units of the leak.
dark = "#222222"; pale = "#555555"
DATA = KNOBS_DATA."/leaks.csv"
of(leak, cured, name) = strcol("leak") eq leak && column("cured") == cured ? column(name) : NaN
array end_at[64]; array steps_of[64]
names = "decay momentum adam_1 adam_10 adam_100 adam_1000 stale looks"
stats [*:*][*:*] DATA using ((k = place_in(names, strcol("leak"))) && column("cured") == 0 ? \
    (steps_of[k] = column("step"), end_at[k] = column("measured")) : 0, 0) nooutput
end_of(name) = end_at[place_in(names, name)]
count(name) = steps_of[place_in(names, name)]
set datafile missing NaN
unset key; set grid; set tics font ",11"
set style textbox opaque fillcolor rgb "#ffffff" noborder margins 0.3, 0.3
left(p) = p % 2 ? 0.065 : 0.55
top(p) = p < 3 ? 0.89 : 0.43
panel(p) = sprintf("unset label; unset arrow; set lmargin at screen %f; set rmargin at screen %f; set tmargin at screen %f; set bmargin at screen %f", \
    left(p), left(p) + 0.25, top(p), top(p) - 0.29)
title(number, what, unit) = sprintf("{/:Bold %d  %s}\n%s", number, what, unit)
every(n) = n > 40 ? int(n) / 20 : 1
leak(name) = sprintf('DATA using "step":(of("%s", 0, "formula")) with lines linetype 2 dashtype 1 linewidth 2.5', name)
seen(name) = sprintf('DATA using "step":(int(column("step")) %% every(count("%s")) ? NaN : of("%s", 0, "measured")) with points pointtype 7 pointsize 0.75 linecolor rgb "#b04a00"', name, name)
cured(name) = sprintf('DATA using "step":(of("%s", 1, "measured")) with lines linetype 4 linewidth 3', name)
all(name) = leak(name).", ".seen(name).", ".cured(name)
set multiplot

eval panel(1)
set xrange [0:count("decay")]; set xtics tick(count("decay")); low = end_of("decay"); span = 1 - low
set yrange [low - 0.15 * span:1 + 0.12 * span]
set label 1 title(1, "weight decay", "size of the weights, of what it was") at graph -0.13, 1.2 left textcolor rgb dark
set label 2 sprintf("{/:Bold %.6f}\ngradient zero", end_of("decay")) at graph 1.03, first low + 0.02 * span font ",12" textcolor rgb ink(2)
set label 3 "gradient none:\nnot one bit" at graph 1.03, first 1 font ",12" textcolor rgb ink(4)
eval "plot ".all("decay")

eval panel(2)
high = 1.0; high = end_of("adam_10") > end_of("momentum") ? end_of("adam_10") : end_of("momentum")
set xrange [0:100]; set xtics 20; set yrange [-0.09 * high:1.12 * high]; set ytics tick(high) + 1
set label 1 title(2, "momentum", "way: in lr · v; Adam: in lr, after n gradients") at graph -0.13, 1.2 left textcolor rgb dark
set label 2 sprintf("{/:Bold %.2f}  Adam, n = 10", end_of("adam_10")) at graph 1.03, first 1.05 * high font ",12" textcolor rgb ink(2)
set label 3 sprintf("{/:Bold %.2f}  SGD", end_of("momentum")) at graph 1.03, first 0.89 * high font ",12" textcolor rgb ink(2)
set label 4 sprintf("{/:Bold %.2f}  Adam, n = 1", end_of("adam_1")) at graph 1.03, first end_of("adam_1") font ",12" textcolor rgb ink(2)
set label 5 "gradient none" at graph 1.03, first 0 font ",12" textcolor rgb ink(4)
eval "plot ".all("momentum").", ".all("adam_1").", ".all("adam_10")

eval panel(3)
set xrange [0:count("stale")]; set xtics tick(count("stale")); high = end_of("stale")
set yrange [-0.09 * high:1.08 * high]; set ytics autofreq
set xlabel "steps since it was frozen" offset 0, 0.3
set label 1 title(3, "a gradient that is left", "way, in lr · g") at graph -0.13, 1.2 left textcolor rgb dark
set label 2 sprintf("{/:Bold %.2f}\ngradient stale", high) at graph 1.03, first 0.97 * high font ",12" textcolor rgb ink(2)
set label 3 "gradient none" at graph 1.03, first 0 font ",12" textcolor rgb ink(4)
eval "plot ".all("stale")

eval panel(4)
set xrange [0:count("looks")]; set xtics tick(count("looks"))
set yrange [-0.09:1.08]; set ytics 0, 0.25
set label 1 title(4, "batch-norm statistics", "share of the way to the batch's") at graph -0.13, 1.2 left textcolor rgb dark
set label 2 sprintf("{/:Bold %.6f}\ntraining mode,\nthe same batch", end_of("looks")) at graph 1.03, first end_of("looks") font ",12" textcolor rgb ink(2)
set label 3 "evaluation mode" at graph 1.03, first 0 font ",12" textcolor rgb ink(4)
eval "plot ".all("looks")
unset multiplot
