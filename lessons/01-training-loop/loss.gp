# The loss of each batch and its running mean; below, the accuracy on the test images after each epoch.
# steps.csv: step, epoch, loss, after (the same batch after the step, now and then)
# epochs.csv: step, epoch, loss, accuracy
steps = KNOBS_DATA."/steps.csv"
epochs = KNOBS_DATA."/epochs.csv"
end = 0; rows = 0; least = 100; most = 0; last = 0
stats epochs using (last = 100 * column("accuracy"), least = last < least ? last : least, most = last > most ? last : most, 0) nooutput

# the running mean over about 100 steps, without its bias at the start
mean = 0; weight = 0
smooth(loss) = (mean = 0.98 * mean + 0.02 * loss, weight = 0.98 * weight + 0.02, mean / weight)
stats steps using (rows = rows + 1, end = column("epoch"), smooth(column("loss")), 0) nooutput
settled = mean / weight
high = settled != settled ? 2.5 : 5 * settled < 2.5 ? 5 * settled : 1.6 * settled > 2.5 ? 1.6 * settled : 2.5
stride = rows > 4000 ? 4 : 1

set multiplot
unset key
set lmargin at screen 0.1; set rmargin at screen 0.89
set xrange [0:end]; set xtics 0, end >= 1 || end <= 0 ? tick(end) : nice(end / 5.0)

set tmargin at screen 0.92; set bmargin at screen 0.42; plot_tall = 0.5
set yrange [0:high]
set ytics high > 4 ? tick(high) : high > 1.6 ? 0.5 : high > 0.8 ? 0.2 : 0.1
set format x ""
set ylabel "loss of the batch"
set label 1 "each dot is ".(stride > 1 ? "one step in four" : "a step")."; an arrow is the same batch before and after its step" \
    at graph 0, 1.07 textcolor rgb "#444444"
dummy = curve_label("running\nmean", linear(settled, 0, high), 1)
eval curve_labels
mean = 0; weight = 0
plot steps every stride using "epoch":"loss" with points pointtype 7 pointsize 0.15 linecolor rgb "#999999", \
     '' using "epoch":(column("loss") < high && column("after") == column("after") ? column("loss") : NaN):(0):(column("after") - column("loss")) \
        with vectors filled size screen 0.008, 22 dashtype 1 linecolor rgb "#d55e00" linewidth 1.5, \
     '' using "epoch":(smooth(column("loss"))) with lines dashtype 1 linecolor rgb "#000000" linewidth 2

unset label 1
set tmargin at screen 0.37; set bmargin at screen 0.14; plot_tall = 0.23
set format x "%g"
set xlabel "epoch"
set ylabel "test accuracy, %"
low = 2 * floor(least / 2 - 0.1); high = 2 * ceil(most / 2 + 0.1)
set yrange [low:high]; set ytics tick(high - low)
dummy = curve_label(sprintf("{/:Bold %.1f %%}", last), linear(last, low, high), 4)
eval curve_labels
plot epochs using "epoch":(100 * column("accuracy")) with linespoints linetype 4 dashtype 1 pointtype 7 pointsize 1
unset multiplot
