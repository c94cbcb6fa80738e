# The loss of each batch and its running mean; below, the accuracy on the test images after each epoch.
# steps.csv: step, epoch, loss, after (the same batch after the step, now and then)
# epochs.csv: step, epoch, loss, accuracy
steps = KNOBS_DATA."/steps.csv"
epochs = KNOBS_DATA."/epochs.csv"
stats epochs using "accuracy" nooutput
lowest = STATS_min; highest = STATS_max
stats epochs using (last = column("accuracy"), 0) nooutput
stats steps using "epoch" nooutput
end = STATS_max
most = 1.2

# the running mean over about 100 steps, without its bias at the start
mean = 0; weight = 0
smooth(loss) = (mean = 0.98 * mean + 0.02 * loss, weight = 0.98 * weight + 0.02, mean / weight)
stats steps using (smooth(column("loss"))) nooutput
settled = mean / weight; mean = 0; weight = 0

set multiplot
unset key
set lmargin at screen 0.11; set rmargin at screen 0.98
set xrange [0:end * 1.14]
if (end >= 2) { set xtics 0, ceil(end / 12), end }

set tmargin at screen 0.96; set bmargin at screen 0.42
set yrange [0:most]
set ytics 0.4
set format x ""
set ylabel "loss of the batch"
set label 1 "each dot is one step (every fourth is drawn); an arrow is\nthe same batch before and after its step" at end * 0.12, 1.06 textcolor rgb "#444444"
set label 2 "running\nmean" at end * 1.01, settled + 0.06
plot steps every 4 using "epoch":"loss" with points pointtype 7 pointsize 0.15 linecolor rgb "#999999", \
     '' using "epoch":(column("loss") < most ? column("loss") : NaN):(0):(column("after") - column("loss")) \
        with vectors filled size screen 0.008, 22 dashtype 1 linecolor rgb "#d55e00" linewidth 1.5, \
     '' using "epoch":(smooth(column("loss"))) with lines dashtype 1 linecolor rgb "#000000" linewidth 2

unset label 1; unset label 2
set tmargin at screen 0.37; set bmargin at screen 0.14
set format x "%g"
set xlabel "epoch"
set ylabel "test accuracy, %"
set yrange [2 * floor(50 * lowest - 0.5):2 * ceil(50 * highest + 0.5)]
set ytics 4
set label 3 sprintf("%.1f %%", 100 * last) at end * 1.01, 100 * last textcolor rgb "#0072b2"
plot epochs using "epoch":(100 * column("accuracy")) with linespoints linetype 4 dashtype 1 pointtype 7 pointsize 1
unset multiplot
