# Accuracy of several ways to train: a dot a seed, and the mean with its standard error. A thin line joins the runs of a seed.
# Before it: words_of(kind), the name of a way. results.csv: run, the way, seed, accuracy …: a seed's runs follow one another.
eval runs_read
dark = "#222222"; pale = "#555555"
array sum_of[16]; array squares[16]; array count[16]
do for [k = 1:16] { sum_of[k] = 0.0; squares[k] = 0.0; count[k] = 0 }
low = 100.0; high = 0.0
percent(x) = 100.0 * x
stats [*:*][*:*] KNOBS_DATA."/results.csv" using (k = kind_of[int($0) + 1], a = percent(column("accuracy")), sum_of[k] = sum_of[k] + a, \
    squares[k] = squares[k] + a * a, count[k] = count[k] + 1, low = a < low ? a : low, high = a > high ? a : high, 0) nooutput
mean(k) = sum_of[k] / count[k]
error(k) = count[k] > 1 ? sqrt(abs(squares[k] - count[k] * mean(k)**2) / (count[k] * (count[k] - 1))) : 0
span = high - low > 0.1 ? high - low : 0.1
set xrange [low - 0.15 * span:high + 0.3 * span]; set yrange [kinds + 0.5:0.5] # the first kind at the top
set style textbox opaque fillcolor rgb "#ffffff" noborder margins 0.4, 0.4
unset key; set border 1; unset ytics; set grid xtics noytics
set xlabel "test accuracy (%)"
set lmargin at screen 0.2; set rmargin at screen 0.95; set tmargin at screen 0.95; set bmargin at screen 0.13
do for [k = 1:kinds] {
    set label words_of(kind[k]) at graph -0.02, first k right offset character 0, lift(words_of(kind[k])) textcolor rgb dark
    set label sprintf("{/:Bold %.2f}%s", mean(k), count[k] > 1 ? sprintf(" ± %.2f", error(k)) : "") at mean(k), k - 0.24 center front boxed textcolor rgb dark
    set arrow from mean(k) - error(k), k + 0.14 to mean(k) + error(k), k + 0.14 nohead linewidth 3 linecolor rgb dark
    set arrow from mean(k), k + 0.05 to mean(k), k + 0.23 nohead linewidth 3 linecolor rgb dark
}
plot for [s = 1:runs / kinds] KNOBS_DATA."/results.csv" using (percent(column("accuracy"))):(kind_of[(s - 1) * kinds + int($0) + 1]) \
        every ::(s - 1) * kinds::s * kinds - 1 with lines linewidth 1 dashtype 1 linecolor rgb "#b0c8d8", \
    KNOBS_DATA."/results.csv" using (percent(column("accuracy"))):(kind_of[int($0) + 1]) with points pointtype 7 pointsize 1.1 linecolor rgb "#0072b2"
