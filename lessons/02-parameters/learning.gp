# Which of the four stacks learn: the running mean of the loss of a batch, a line for each seed.
# runs.csv and the names of runs as in signal.gp; runs/RUN/learning.csv: init, seed, step, loss.
dark = "#222222"; pale = "#555555"
file(run) = KNOBS_DATA."/runs/".run."/learning.csv"
array init[4] = ["large", "kaiming", "xavier", "small"]
array name[4] = ["Normal, std ", "Kaiming", "Xavier", "Normal, std "]
array color[4] = ["#d55e00", "#000000", "#0072b2", "#777777"]
array runs[4] = ["", "", "", ""]; array std[4]; array loss[4]; array accuracy[4]; array steps[4] = [0, 0, 0, 0]
is(i, run) = run[strlen(run) - strlen(init[i]) + 1:*] eq init[i]
do for [i = 1:4] {
    loss[i] = 0; accuracy[i] = 0
    stats KNOBS_DATA."/runs.csv" using ((is(i, strcol("run")) ? (strlen(runs[i] = runs[i]." ".strcol("run")), \
        std[i] = column("std"), loss[i] = loss[i] + column("loss"), accuracy[i] = accuracy[i] + column("accuracy")) : 0), 0) nooutput
    stats file(word(runs[i], 1)) using (steps[i] = column("step"), 0) nooutput
}
end = steps[1]
do for [i = 2:4] { end = steps[i] > end ? steps[i] : end }

# the running mean over about 20 steps, without its bias at the start
smooth(row, x) = (mean = (row == 0 ? 0 : mean) * 0.95 + 0.05 * x, weight = (row == 0 ? 0 : weight) * 0.95 + 0.05, mean / weight)
unset key
set xlabel "step"
set ylabel "loss of the batch (running mean)"
set xrange [0:end * 1.3]; set yrange [0:2.75]
set xtics 0, 10**floor(log10(end > 2 ? end / 2.0 : 1)), end
set arrow from 0, log(10) to end, log(10) nohead linewidth 1 linecolor rgb "#999999" back
set label "ln 10: all ten garments equally likely" at end * 0.99, log(10) + 0.1 right textcolor rgb pale
# the labels, from the top down; two have room to stand
array order[4] = [1, 4, 3, 2]; place = 2.89
do for [j = 1:4] {
    i = order[j]; broken = loss[i] != loss[i]; n = words(runs[i])
    wanted = broken ? 2.62 : loss[i] / n
    place = wanted < place - 0.27 ? wanted : place - 0.27
    set label (i == 1 || i == 4 ? sprintf("{/:Bold %s%.2g}", name[i], std[i] + 0.0) : sprintf("{/:Bold %s}", name[i])).\
        (broken ? sprintf("\nNaN after %d steps", steps[i]) : sprintf("\ntest accuracy %.0f %%", 100 * accuracy[i] / n)) \
        at end * 1.02, place + 0.05 left textcolor rgb color[i]
}
plot for [i = 1:4] for [run in runs[i]] file(run) using "step":(smooth(int($0), column("loss"))) with lines \
    dashtype 1 linewidth (i == 2 ? 2 : 1.5) linecolor rgb color[i]
