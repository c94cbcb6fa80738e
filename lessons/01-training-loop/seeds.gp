# The accuracy on the test images, epoch by epoch, of each seed, and their mean.
# seeds.csv: run, accuracy, … ; runs/RUN/epochs.csv: step, epoch, loss, accuracy
seeds = KNOBS_DATA."/seeds.csv"
stats seeds using 0 nooutput
n = int(STATS_records)
array run[n]
stats seeds using (run[int($0) + 1] = strcol(1), 0) nooutput
file(i) = KNOBS_DATA."/runs/".run[i]."/epochs.csv"
stats file(1) using "epoch" nooutput
end = STATS_max
epochs = int(STATS_records)
array total[epochs]
do for [i = 1:epochs] { total[i] = 0 }
do for [i = 1:n] { stats file(i) using (total[int($0) + 1] = total[int($0) + 1] + column("accuracy") / n, 0) nooutput }

unset key
set xrange [0.7:end * 1.13]
set xtics 1, ceil(end / 12), end
set yrange [*:*] noextend
set offsets 0, 0, 0.005, 0.005
set ytics 0.01
set lmargin 10
set xlabel "epoch"
set ylabel "test accuracy"
set label sprintf("mean of\n%d seeds\n%.3f", n, total[epochs]) at end * 1.015, total[epochs] + 0.004
plot for [i = 1:n] file(i) using "epoch":"accuracy" with lines dashtype 1 linewidth 1.2 linecolor rgb "#8fb8d8", \
     file(1) using "epoch":(total[int($0) + 1]) with linespoints dashtype 1 linewidth 3 pointtype 7 pointsize 0.8 linecolor rgb "#000000"
