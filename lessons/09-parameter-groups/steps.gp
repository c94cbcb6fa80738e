# How far each group moves in each step, beside its learning rate: a line a group.
# steps.csv: step, group, lr, length (root mean square over the group's numbers); groups.csv names the groups (kind group: group,
# name).
dark = "#222222"
array group[16]; array rate[16]; array level[16]; array looks[16]; array joined[16]; groups = 0; steps = 0
stats KNOBS_DATA."/groups.csv" using ((strcol("kind") eq "group" ? (groups = groups + 1, group[groups] = strcol("name"), \
    joined[groups] = -1) : 0), 0) nooutput
stats KNOBS_DATA."/steps.csv" using ((g = column("group") + 1, steps = column("step"), rate[g] = column("lr"), \
    joined[g] < 0 ? (joined[g] = column("step"), level[g] = 0.0, looks[g] = 0) : 0), 0) nooutput
stats KNOBS_DATA."/steps.csv" using ((g = column("group") + 1, column("step") > 0.75 * steps && column("length") > 0 ? \
    (level[g] = level[g] + log(column("length")), looks[g] = looks[g] + 1) : 0), 0) nooutput
set datafile missing NaN # the rows of other groups
unset key; set logscale y; set format y "10^{%L}"
set xrange [0:steps * 1.0]; set xlabel "step"; set xtics 0, steps / 8
set label 100 "length of a step: root mean square over the group's numbers" at graph 0, 1.075 left textcolor rgb dark
set label 101 "dotted: the group's learning rate, which is the length of Adam's first step" at graph 0, 1.025 left textcolor rgb dark font ",12"
set rmargin 21; set tmargin 4
do for [g = 1:groups] {
    if (rate[g] > 0) { set arrow g from joined[g], rate[g] to steps, rate[g] nohead linetype g linewidth 1 dashtype 3 }
    words = sprintf("{/:Bold %s}\nlr %g", group[g], rate[g])
    if (looks[g] > 0) { # a group that stands still has no line
        set label g words at steps * 1.015, exp(level[g] / looks[g]) * 1.1 left textcolor rgb dark font ",12"
    }
    if (g > 1 && joined[g] > 1 && rate[g] > 0) {
        set arrow 50 + g from joined[g], graph 0 to joined[g], rate[g] nohead linewidth 1 linecolor rgb "#888888"
        words = sprintf("joins at step %d", joined[g])
        set label 50 + g words at joined[g] + steps * 0.01, graph 0.03 left textcolor rgb dark font ",12"
    }
}
plot for [g = 1:groups] KNOBS_DATA."/steps.csv" using (column("group") == g - 1 ? column("step") : NaN):"length" with lines linetype g
