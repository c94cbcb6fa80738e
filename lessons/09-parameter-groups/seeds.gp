# How far each group moves in each step, of all seeds: a thin line a seed, and their mean.
# seeds.csv names the runs; runs/RUN/steps.csv: step, group, lr, length (root mean square over the group's numbers);
# runs/RUN/groups.csv names the groups (kind group: group, name).
dark = "#222222"
array run[1000]; n = 0; groups = 0; steps = 0; array group[16]; array rate[16]
stats KNOBS_DATA."/seeds.csv" using ((n = n + 1, strlen(run[n] = strcol(1))), 0) nooutput
file(i) = KNOBS_DATA."/runs/".run[i]."/steps.csv"
stats KNOBS_DATA."/runs/".run[1]."/groups.csv" using ((strcol("kind") eq "group" ? \
    (groups = groups + 1, strlen(group[groups] = strcol("name"))) : 0), 0) nooutput
stats file(1) using ((steps = column("step"), rate[column("group") + 1] = column("lr")), 0) nooutput
array total[groups * steps]; array level[groups]
do for [k = 1:groups * steps] { total[k] = 0.0 }
at(g, step) = (g - 1) * steps + step
do for [i = 1:n] {
    stats file(i) using ((k = at(column("group") + 1, column("step")), total[k] = total[k] + column("length") / n), 0) nooutput
}
set datafile missing NaN # the rows of other groups, and steps before a group joins
unset key; set logscale y; set format y "10^{%L}"
set xrange [0:steps * 1.0]; set xlabel "step"; set xtics 0, steps / 8
set label 100 sprintf("length of a step: root mean square over the group's numbers; %d seeds, and their mean", n) \
    at graph 0, 1.04 left textcolor rgb dark
set rmargin 21; set tmargin 3
do for [g = 1:groups] {
    level[g] = 0.0; looks = 0
    do for [step = int(0.75 * steps):steps] {
        if (total[at(g, step)] > 0) { level[g] = level[g] + log(total[at(g, step)]); looks = looks + 1 }
    }
    words = sprintf("{/:Bold %s}\nlr %g", group[g], rate[g])
    if (looks > 0) { set label g words at steps * 1.015, exp(level[g] / looks) * 1.1 left textcolor rgb dark font ",12" }
}
mean(g, step) = step >= 1 && total[at(g, step)] > 0 ? total[at(g, step)] : NaN
own(g) = column("group") == g - 1 ? column("step") : NaN
plot for [g = 1:groups] for [i = 1:n] file(i) using (own(g)):"length" with lines linewidth 0.4 dashtype 1 linecolor rgb "#c8c8c8", \
    for [g = 1:groups] file(1) using (own(g)):(mean(g, column("step"))) with lines linetype g
