# The accuracy on the test images, epoch by epoch, of each seed, and their mean.
# results.csv names the runs; runs/RUN/epochs.csv: step, epoch, loss, accuracy
eval runs_read
epochs = 0; end = 0; least = 1; most = 0
stats run_file(1, "epochs.csv") using (epochs = epochs + 1, end = column("epoch"), 0) nooutput
array total[epochs]; array seen[epochs]
do for [k = 1:epochs] { total[k] = 0.0; seen[k] = 0 }
do for [i = 1:runs] { # a run that was stopped has fewer epochs
    stats run_file(i, "epochs.csv") using ((a = 100 * column("accuracy"), k = int($0) + 1, \
        least = a < least || k + i == 2 ? a : least, most = a > most ? a : most, \
        k <= epochs ? (total[k] = total[k] + a, seen[k] = seen[k] + 1) : 0), 0) nooutput
}
low = floor(least - 0.2); high = ceil(most + 0.2)

unset key
set xrange [(end > 1 ? 0.7 : 0):end]; set xtics 0, tick(end)
set yrange [low:high]; set ytics tick(high - low)
set lmargin 9; set rmargin 14; set tmargin at screen 0.95; set bmargin at screen 0.13
set xlabel "epoch"; set ylabel "test accuracy, %"
mean(k) = total[k] / seen[k]
dummy = curve_label(sprintf("mean of\n%d seeds\n{/:Bold %.1f %%}", runs, mean(epochs)), linear(mean(epochs), low, high), 1)
eval curve_labels
plot for [i = 1:runs] run_file(i, "epochs.csv") using "epoch":(100 * column("accuracy")) with lines dashtype 1 linewidth 1.2 linecolor rgb "#8fb8d8", \
     run_file(1, "epochs.csv") using "epoch":(mean(int($0) + 1)) with linespoints \
        dashtype 1 linewidth 3 pointtype 7 pointsize 0.8 linecolor rgb "#000000"
