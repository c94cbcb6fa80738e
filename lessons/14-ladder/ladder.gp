# The ladder: the test accuracy of each rung, a dot a seed and the mean with its standard error; a thin line joins the rungs of a seed. On the
# right: what a rung gains over one rate, as the mean of the differences of a seed. results.csv: run, rung, seed, accuracy …
eval runs_read
dark = "#222222"; pale = "#555555"
rungs = "scratch last-layer full differential gradual layer-wise"; n = 6; FULL = 3
array sums[6]; array squares[6]; array gains[6]; array gain_squares[6]; array counts[6]; array one[1100]
do for [k = 1:n] { sums[k] = 0.0; squares[k] = 0.0; gains[k] = 0.0; gain_squares[k] = 0.0; counts[k] = 0 }
do for [k = 1:1100] { one[k] = NaN }
low = 100.0; high = 0.0; least_seed = 1e9; most_seed = 0
percent(x) = 100.0 * x
DATA = KNOBS_DATA."/results.csv"
stats [*:*][*:*] DATA using (s = column("seed"), least_seed = s < least_seed ? s : least_seed, most_seed = s > most_seed ? s : most_seed, 0) nooutput
slot(s) = int(s - least_seed + 1)
stats [*:*][*:*] DATA using (k = place_in(rungs, strcol("rung")), a = percent(column("accuracy")), sums[k] = sums[k] + a, squares[k] = squares[k] + a * a, \
    counts[k] = counts[k] + 1, low = a < low ? a : low, high = a > high ? a : high, k == FULL ? (one[slot(column("seed"))] = a) : 0, 0) nooutput
stats [*:*][*:*] DATA using (k = place_in(rungs, strcol("rung")), d = percent(column("accuracy")) - one[slot(column("seed"))], gains[k] = gains[k] + d, \
    gain_squares[k] = gain_squares[k] + d * d, 0) nooutput
mean_error(sum, square, count) = count > 1 ? sqrt(abs(square - sum * sum / count) / (count * (count - 1))) : 0
mean(k) = sums[k] / counts[k]
error(k) = mean_error(sums[k], squares[k], counts[k])
gain(k) = counts[FULL] ? sprintf("{/:Bold %+.1f}%s", gains[k] / counts[k], counts[k] > 1 ? sprintf(" ± %.1f", mean_error(gains[k], gain_squares[k], counts[k])) : "") : ""
words_of(k) = k == 1 ? "{/:Bold from scratch}\none rate" : k == 2 ? "{/:Bold last layer} alone,\nthe others frozen" : k == 3 ? "{/:Bold full}: all layers,\none rate" : \
    k == 4 ? "full + {/:Bold differential}:\nbackbone slower" : k == 5 ? "differential +\n{/:Bold gradual} unfreezing" : "differential +\n{/:Bold layer-wise} decay"
span = high - low > 0.1 ? high - low : 0.1
set xrange [low - 0.06 * span:high + 0.06 * span]; set yrange [n + 0.55:0.4]
set style textbox opaque fillcolor rgb "#ffffff" noborder margins 0.3, 0.2
unset key; set border 1; unset ytics; set grid xtics noytics
set xlabel "test accuracy (%)"
set lmargin at screen 0.225; set rmargin at screen 0.84; set tmargin at screen 0.9; set bmargin at screen 0.13
set label "over one rate,\nin points" at graph 1.03, graph 1.065 left textcolor rgb pale font ",12"
do for [k = 1:n] {
    set label words_of(k) at graph -0.02, first k right offset character 0, lift(words_of(k)) textcolor rgb dark
    if (counts[k]) {
        set label sprintf("{/:Bold %.1f}", mean(k)) at mean(k), k - 0.3 center front boxed textcolor rgb dark
        if (counts[k] > 1) {
            set arrow from mean(k) - error(k), k + 0.16 to mean(k) + error(k), k + 0.16 nohead front linewidth 3 linecolor rgb dark
            set arrow from mean(k), k + 0.07 to mean(k), k + 0.25 nohead front linewidth 3 linecolor rgb dark
        }
        if (k != FULL) { set label gain(k) at graph 1.03, first k left textcolor rgb dark }
    }
}
plot for [s = least_seed:most_seed] DATA using (column("seed") == s ? percent(column("accuracy")) : NaN):(place_in(rungs, strcol("rung"))) \
        with lines linewidth 1 dashtype 1 linecolor rgb "#b0c8d8", \
    DATA using (percent(column("accuracy"))):(place_in(rungs, strcol("rung"))) with points pointtype 7 pointsize 1.1 linecolor rgb "#0072b2"
