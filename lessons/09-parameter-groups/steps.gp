# How far each group moves in each step, beside its learning rate: a line a group.
# results.csv names the runs; of that by role: steps.csv: step, group, lr, length (root mean square over the group's numbers); groups.csv names the groups (kind group: group,
# name).
dark = "#222222"; pale = "#555555"
eval runs_read; shown = run_of("by-role")
array group[16]; array rate[16]; array level[16]; array looks[16]; array joined[16]; groups = 0; steps = 0
least = 1e9; most = 1e-9
stats run_file(shown, "groups.csv") using ((strcol("kind") eq "group" ? (groups = groups + 1, group[groups] = strcol("name"), \
    joined[groups] = -1, rate[groups] = 0, level[groups] = 0.0, looks[groups] = 0) : 0), 0) nooutput
reach(x) = x > 0 ? (least = x < least ? x : least, most = x > most ? x : most) : 0
stats run_file(shown, "steps.csv") using ((g = column("group") + 1, steps = column("step"), rate[g] = column("lr"), \
    joined[g] < 0 ? (joined[g] = column("step")) : 0, reach(column("lr")), reach(column("length"))), 0) nooutput
stats run_file(shown, "steps.csv") using ((g = column("group") + 1, column("step") > 0.75 * steps && column("length") > 0 ? \
    (level[g] = level[g] + log(column("length")), looks[g] = looks[g] + 1) : 0), 0) nooutput
low = 10**floor(log10(least)); high = 10**ceil(log10(most))
set datafile missing NaN # the rows of other groups
unset key; set logscale y; set format y "10^{%L}"; set yrange [low:high]
set ylabel "length of a step: root mean square of a group's numbers"
set xrange [0:steps * 1.0]; set xlabel "step"; set xtics 0, tick(steps)
set rmargin 21; set tmargin at screen 0.93; set bmargin at screen 0.13
set label 100 "thin, dotted: the group's learning rate, which is the length of Adam's first step" at graph 0, 1.035 left textcolor rgb pale font ",12"
do for [g = 1:groups] {
    if (rate[g] > 0) { set arrow g from joined[g], rate[g] to steps, rate[g] nohead linetype g linewidth 1 dashtype 3 }
    # a group that stands still has no line
    if (looks[g] > 0) { dummy = curve_label(sprintf("{/:Bold %s}\nlr %.3g", group[g], rate[g]), logarithmic(exp(level[g] / looks[g]), low, high), g) }
    if (g > 1 && joined[g] > 1 && rate[g] > 0) {
        set arrow 50 + g from joined[g], graph 0 to joined[g], rate[g] nohead linewidth 1 linecolor rgb "#888888"
        late = joined[g] > 0.6 * steps
        if (late) { set label 50 + g sprintf("joins at step %d ", joined[g]) at joined[g], graph 0.03 right textcolor rgb dark font ",12" }
        if (!late) { set label 50 + g sprintf(" joins at step %d", joined[g]) at joined[g], graph 0.03 left textcolor rgb dark font ",12" }
    }
}
eval curve_labels
plot for [g = 1:groups] run_file(shown, "steps.csv") using (column("group") == g - 1 ? column("step") : NaN):"length" with lines linetype g
