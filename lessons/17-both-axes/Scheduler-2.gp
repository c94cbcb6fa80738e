# Scheduler-2: Parameter groups downwards, time to the right. Each group's learning rate follows a curve of its own, and its momentum goes
# the other way; all as a run has logged them.
# Elsewhere: it has all groups follow one curve at different heights. They need not: each has a shape and a clock of its own. And no drawing
# says what the second curve buys: the lesson measures it.
#
# results.csv names the runs; of that with all of it, knobs.csv: step, group, lr, momentum, as the run has logged them.
eval runs_read
rows = run_file(run_of("momentum"), "knobs.csv")
dark = "#222222"; pale = "#555555"
steps = 0; groups = 1; top = 0.0; low = 1.0; high = 0.0
stats [*:*][*:*] rows using (steps = column("step"), r = column("lr"), top = r > top ? r : top, m = column("momentum"), \
    groups = column("group") > 0 ? 2 : groups, low = m < low ? m : low, high = m > high ? m : high, 0) nooutput
if (high - low < 0.01) { low = low - 0.05; high = high + 0.05 }
top = top > 0 ? top : 1
of(g, name) = column("group") == g ? column(name) : NaN
set datafile missing NaN # the rows of the other group
still = kind[kind_of[run_of("momentum")]] eq "constant" || kind[kind_of[run_of("momentum")]] eq "groups" # another one was run alone
array name[2] = ["features", "head"]; name[1] = groups == 1 ? "all" : name[1]
array shape[2] = ["a warm-up, then half a cosine", "cyclic"]
do for [g = 1:2] { shape[g] = still ? "constant" : shape[g] }
array type[2] = [4, 2]; array fill[2] = ["#d6e8f4", "#fbe3d3"]

set multiplot
unset key; set border 3; set tics scale 0.5; set grid noxtics ytics
set xrange [0:steps]; set lmargin at screen 0.245; set rmargin at screen 0.965
set label 1 "{/:Bold which parameters}" at screen 0.02, 0.955 left textcolor rgb dark
set label 2 "{/:Bold when}" at screen 0.245, 0.955 left textcolor rgb dark
set arrow 1 from screen 0.32, 0.955 to screen 0.965, 0.955 filled size screen 0.012, 20 linecolor rgb dark linewidth 1.5
set arrow 2 from screen 0.035, 0.915 to screen 0.035, 0.1 filled size screen 0.012, 20 linecolor rgb dark linewidth 1.5
do for [g = 1:groups] {
    head = 0.9 - 0.42 * (g - 1)
    # a knob's curve, over the pale area down to the axis
    set tmargin at screen head; set bmargin at screen head - 0.225
    set yrange [0:1.05 * top]; set ytics nice(top / 2.5); set format x ""; set xtics tick(steps); unset xlabel
    set label 3 sprintf("{/:Bold Group %d}\n%s", g - 1, name[g]) at screen 0.06, head - 0.06 left textcolor rgb ink(type[g]) font ",14"
    set label 4 shape[g] at screen 0.6, head + 0.006 center textcolor rgb ink(type[g]) font ",12"
    set label 5 "learning rate" at screen 0.06, head - 0.155 left textcolor rgb dark font ",12"
    set label 6 "momentum" at screen 0.06, head - 0.3 left textcolor rgb dark font ",12"
    plot rows using (of(g - 1, "step")):"lr" with filledcurves y1=0 fillcolor rgb fill[g] fillstyle solid 1 noborder, \
        rows using (of(g - 1, "step")):"lr" with lines linetype type[g] dashtype 1 linewidth 2.5
    unset label 1; unset label 2; unset arrow 1; unset arrow 2; unset label 3; unset label 4; unset label 5; unset label 6
    set tmargin at screen head - 0.25; set bmargin at screen head - 0.355
    set yrange [low - 0.1 * (high - low):high + 0.1 * (high - low)]; set ytics low, high - low, high; set format y "%.2f"
    set format x (g == groups ? "%.0f" : "")
    if (g == groups) { set xlabel "step of the run" }
    plot rows using (of(g - 1, "step")):"momentum" with lines linetype type[g] dashtype 1 linewidth 2
    set format y "%g"
}
unset multiplot
