# Test accuracy against the labels a class, near and far: a line a way, and a band of its standard error over the seeds.
# results.csv: run, target, way, seed, accuracy_1, accuracy_2, … accuracy_100, …
dark = "#222222"; pale = "#555555"
array counts[6] = [1, 2, 5, 10, 50, 100]
ways = "frozen fine-tuned scratch random"; targets = "near far"
array sums[48]; array squares[48]; array number[48]
do for [i = 1:48] { sums[i] = 0.0; squares[i] = 0.0; number[i] = 0 }
place(t, w, c) = (t - 1) * 24 + (w - 1) * 6 + c
add(i, a) = (sums[i] = sums[i] + a, squares[i] = squares[i] + a * a, number[i] = number[i] + 1)
stats [*:*][*:*] KNOBS_DATA."/results.csv" using (t = place_in(targets, strcol("target")), w = place_in(ways, strcol("way")), \
    (sum [c = 1:6] add(place(t, w, c), 100 * column(sprintf("accuracy_%d", counts[c]))))) nooutput
mean(t, w, c) = (i = place(t, w, c), number[i] ? sums[i] / number[i] : NaN)
error(t, w, c) = (i = place(t, w, c), number[i] > 1 ? sqrt(abs(squares[i] - sums[i]**2 / number[i]) / (number[i] * (number[i] - 1))) : 0)
seeds = 0; do for [i = 1:48] { seeds = number[i] > seeds ? number[i] : seeds }
name(w) = w == 4 ? "{/:Bold random,}\n{/:Bold frozen}" : "{/:Bold ".(w == 1 ? "frozen" : w == 2 ? "fine-tuned" : "from scratch")."}"
type(w) = int(word("4 2 1 8", w))
low = 100.0; high = 0.0
do for [t = 1:2] { do for [w = 1:4] { do for [c = 1:6] { m = mean(t, w, c)
    if (m == m) { low = m < low ? m : low; high = m > high ? m : high } } } }
low = 10 * floor(low / 10 - 0.1); high = 10 * ceil(high / 10 + 0.05); high = high > 100 ? 100 : high
set multiplot
unset key; set logscale x; set xrange [0.9:112]; set xtics ("1" 1, "2" 2, "5" 5, "10" 10, "50" 50, "100" 100)
set yrange [low:high]; set ytics 10; set grid xtics ytics
set xlabel "labels a class"
set tmargin at screen 0.84; set bmargin at screen 0.14; plot_tall = 0.7
set style fill transparent solid 0.16 noborder
set label 90 seeds > 1 ? sprintf("mean of %d seeds, and its standard error", seeds) : "one seed" at screen 0.985, 0.965 right textcolor rgb pale font ",11"
do for [t = 1:2] {
    if (t == 1) { set lmargin at screen 0.065; set rmargin at screen 0.345 }
    if (t == 2) { set lmargin at screen 0.55; set rmargin at screen 0.83 }
    set label 1 (t == 1 ? "{/:Bold near}: five garments it never saw" : "{/:Bold far}: handwriting") \
        at graph -0.12, 1.12 left textcolor rgb dark font ",14"
    set label 2 "test accuracy (%)" at graph -0.12, 1.045 left textcolor rgb pale font ",12"
    do for [w = 1:4] {
        if (number[place(t, w, 1)]) { dummy = curve_label(name(w), linear(mean(t, w, 6), low, high), type(w)) }
    }
    eval curve_labels
    plot for [w = 1:4] '+' using (c = int($0) + 1, c > 6 ? NaN : counts[c]):(mean(t, w, c) - error(t, w, c)):(mean(t, w, c) + error(t, w, c)) \
            every ::0::5 with filledcurves linecolor rgb ink(type(w)), \
        for [w = 1:4] '+' using (c = int($0) + 1, counts[c]):(mean(t, w, c)) every ::0::5 with linespoints linetype type(w) pointsize 1.1
}
unset multiplot
