# Which of the stacks learn: the running mean of the loss of a batch, a line for each seed.
# results.csv as in stacks.gp; runs/RUN/learning.csv: init, seed, step, loss.
load KNOBS_FOLDER."/stacks.gp"
array loss[kinds]; array accuracy[kinds]; array steps[kinds]; end = 1
do for [k = 1:kinds] {
    loss[k] = 0.0; accuracy[k] = 0.0
    stats run_file(first[k], "learning.csv") using (steps[k] = column("step"), end = steps[k] > end ? steps[k] : end, 0) nooutput
}
stats KNOBS_DATA."/results.csv" using (k = kind_of[int($0) + 1], loss[k] = loss[k] + column("loss") / count[k], \
    accuracy[k] = accuracy[k] + column("accuracy") / count[k], 0) nooutput

# the running mean over about 20 steps, without its bias at the start
smooth(row, x) = (mean = (row == 0 ? 0 : mean) * 0.95 + 0.05 * x, weight = (row == 0 ? 0 : weight) * 0.95 + 0.05, mean / weight)
high = 2.75
unset key
set xlabel "step"; set xrange [0:end * 1.0]; set xtics 0, tick(end)
set ylabel "loss of the batch (running mean)"; set yrange [0:high]
set lmargin 9; set rmargin 24; set tmargin at screen 0.95; set bmargin at screen 0.13
set arrow from 0, log(10) to end, log(10) nohead linewidth 1 linecolor rgb "#999999" back
set label "ln 10: all ten garments equally likely" at end * 0.99, log(10) + 0.1 right textcolor rgb pale
do for [k = 1:kinds] {
    # a line that broke off left through the top
    dummy = curve_label(loss[k] != loss[k] ? sprintf("{/:Bold %s}\nNaN in step %d", name(k), steps[k]) : \
        sprintf("{/:Bold %s}\ntest accuracy %.0f %%", name(k), 100 * accuracy[k]), linear(loss[k], 0, high), type(k))
}
eval curve_labels
plot for [i = 1:runs] run_file(i, "learning.csv") using "step":(smooth(int($0), column("loss"))) with lines \
    dashtype 1 linewidth (kind[kind_of[i]] eq "kaiming" ? 2 : 1.5) linecolor rgb ink(type(kind_of[i]))
