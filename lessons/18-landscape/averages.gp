# The test accuracy on the way, of the weights at both rates and of the averages: the mean of the seeds, from the least to the most of them.
# looks.csv of the run, or of each run in runs/: model, step, epoch, loss, accuracy.
eval runs_read
looks_of(i) = runs > 1 ? run_file(i, "looks.csv") : KNOBS_DATA."/looks.csv"
models = "constant falling ema swa"; array epoch[128]; array sum_of[512]; array least[512]; array most[512]; array seen[512]; count = 0
do for [j = 1:512] { sum_of[j] = 0.0; least[j] = 1e9; most[j] = -1e9; seen[j] = 0 }
do for [i = 1:runs] {
    n = 0
    stats [*:*][*:*] looks_of(i) using (k = place_in(models, strcol("model")), n = n + (k == 1), j = 128 * (k - 1) + n, a = 100 * column("accuracy"), epoch[n] = column("epoch"), \
        count = n > count ? n : count, seen[j] = seen[j] + 1, sum_of[j] = sum_of[j] + a, least[j] = a < least[j] ? a : least[j], most[j] = a > most[j] ? a : most[j], 0) nooutput
}
low = 1e9; high = -1e9
set print $means
do for [k = 1:4] {
    do for [n = 1:count] {
        j = 128 * (k - 1) + n
        low = least[j] < low ? least[j] : low; high = most[j] > high ? most[j] : high
        print sprintf("%g,%g,%g,%g", epoch[n], sum_of[j] / seen[j], least[j], most[j])
    }
    print ""; print ""
}
unset print
low = floor(low); high = ceil(10 * high + 1) / 10.0
type(k) = word("2 4 1 6", k) + 0
name(k) = k == 1 ? "the rate stays" : k == 2 ? "the rate falls" : k == 3 ? "EMA" : "SWA"
do for [k = 1:4] {
    end = sum_of[128 * (k - 1) + count] / seen[128 * (k - 1) + count]
    dummy = curve_label(sprintf("{/:Bold %s}  %.1f %%", name(k), end), linear(end, low, high), type(k))
}
unset key; set xrange [epoch[1]:epoch[count]]; set yrange [low:high]; set ytics 1
set lmargin 9; set rmargin 24; set tmargin at screen 0.95; set bmargin at screen 0.13
set xlabel "epoch"; set ylabel "test accuracy (%)"
eval curve_labels
set datafile nocolumnheaders
plot for [k = 1:2] $means index k - 1 using 1:3:4 with filledcurves fillstyle transparent solid 0.13 noborder linecolor rgb ink(type(k)), \
    for [k = 1:4] $means index k - 1 using 1:2 with linespoints linetype type(k) linewidth 2.5 pointsize 0.8
