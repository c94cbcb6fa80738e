# How far each group moves in each step, of all seeds: a thin line a seed, and their mean.
# results.csv names the runs; runs/RUN/steps.csv: step, group, lr, length (root mean square over the group's numbers);
# runs/RUN/groups.csv names the groups (kind group: group, name).
eval runs_read
dark = "#222222"; groups = 0; steps = 0; array group[16]; array rate[16]; array level[16]; array looks[16]
stats run_file(1, "groups.csv") using ((strcol("kind") eq "group" ? (groups = groups + 1, group[groups] = strcol("name"), \
    level[groups] = 0.0, looks[groups] = 0) : 0), 0) nooutput
stats run_file(1, "steps.csv") using (steps = column("step") > steps ? column("step") : steps, 0) nooutput
array total[groups * steps]; array seen[groups * steps]
do for [k = 1:groups * steps] { total[k] = 0.0; seen[k] = 0 }
at(g, step) = (g - 1) * steps + step
least = 1e9; most = 1e-9
reach(x) = x > 0 ? (least = x < least ? x : least, most = x > most ? x : most) : 0
do for [i = 1:runs] { # a run that was stopped has fewer steps
    stats run_file(i, "steps.csv") using ((g = column("group") + 1, rate[g] = column("lr"), reach(column("length")), \
        column("step") <= steps ? (k = at(g, column("step")), total[k] = total[k] + column("length"), seen[k] = seen[k] + 1) : 0), 0) nooutput
}
mean(g, step) = step >= 1 && step <= steps && total[at(g, step)] > 0 ? total[at(g, step)] / seen[at(g, step)] : NaN
low = 10**floor(log10(least)); high = 10**ceil(log10(most))
set datafile missing NaN # the rows of other groups, and steps before a group joins
unset key; set logscale y; set format y "10^{%L}"; set yrange [low:high]
set ylabel "length of a step: root mean square of a group's numbers"
set xrange [0:steps * 1.0]; set xlabel "step"; set xtics 0, tick(steps)
set label 100 sprintf("%d seeds, and their mean", runs) at graph 1, 1.035 right textcolor rgb dark font ",12"
set rmargin 21; set tmargin at screen 0.93; set bmargin at screen 0.13
do for [g = 1:groups] {
    do for [step = int(0.75 * steps):steps] {
        if (mean(g, step) > 0) { level[g] = level[g] + log(mean(g, step)); looks[g] = looks[g] + 1 }
    }
    if (looks[g] > 0) { dummy = curve_label(sprintf("{/:Bold %s}\nlr %g", group[g], rate[g]), logarithmic(exp(level[g] / looks[g]), low, high), g) }
}
eval curve_labels
own(g) = column("group") == g - 1 ? column("step") : NaN
plot for [g = 1:groups] for [i = 1:runs] run_file(i, "steps.csv") using (own(g)):"length" with lines linewidth 0.4 dashtype 1 linecolor rgb "#c8c8c8", \
    for [g = 1:groups] run_file(1, "steps.csv") using (own(g)):(mean(g, column("step"))) with lines linetype g
