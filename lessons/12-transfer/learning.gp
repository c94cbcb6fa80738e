# The accuracy on new photos against photos to learn from, of each backbone: the mean over the seeds, and a band from the worst
# to the best. learning.csv, of the one run or of each: backbone, photos (of each class), accuracy.
eval runs_read
data(i) = runs > 1 ? run_file(i, "learning.csv") : KNOBS_DATA."/learning.csv"
points = 0; array photos[64]; array of[64]; array total[64]; array least[64]; array most[64]
percent(x) = 100.0 * x
do for [i = 1:runs] {
    stats [*:*][*:*] data(i) using (k = int($0) + 1, a = percent(column("accuracy")), photos[k] = column("photos"), of[k] = strcol("backbone"), \
        total[k] = i == 1 ? a : total[k] + a, least[k] = i == 1 || a < least[k] ? a : least[k], \
        most[k] = i == 1 || a > most[k] ? a : most[k], points = k, 0) nooutput
}
half = points / 2 # the first half is ImageNet's, the second that of random weights
mean(k) = total[k] / runs
stats [*:*][*:*] data(1)[:strlen(data(1)) - 12]."confusion.csv" using 0 nooutput
chance = 100 / sqrt(STATS_records)
last = photos[half]

unset key
set logscale x; set xrange [photos[1] * 0.9:last * 1.1]; set xtics ()
do for [k = 1:half] { set xtics add (sprintf("%g", photos[k]) photos[k]) }
set yrange [0:100]; set ytics 20
set xlabel "photos of each class to learn from"; set ylabel "new photos named right (%)"
set lmargin 9; set rmargin 24; set tmargin at screen 0.95; set bmargin at screen 0.13
set style fill solid 0.25 noborder
dummy = curve_label(sprintf("features that\nImageNet taught\n{/:Bold %.0f %%}", mean(half)), linear(mean(half), 0, 100), 4)
dummy = curve_label(sprintf("features of\nrandom weights\n{/:Bold %.0f %%}", mean(points)), linear(mean(points), 0, 100), 1)
eval curve_labels
set arrow from graph 0, first chance to graph 1, first chance nohead linewidth 1.5 dashtype (2,4) linecolor rgb "#777777"
set label sprintf("chance %.0f %%", chance) at graph 0.99, first chance right offset 0, -0.8 textcolor rgb "#555555"
plot for [b = 0:1] "+" using (photos[b * half + int($0) + 1]):(least[b * half + int($0) + 1]):(most[b * half + int($0) + 1]) \
        every ::0::half - 1 with filledcurves linecolor rgb (b ? "#777777" : "#0072b2"), \
    for [b = 0:1] "+" using (photos[b * half + int($0) + 1]):(mean(b * half + int($0) + 1)) every ::0::half - 1 \
        with linespoints linewidth 2.5 dashtype 1 pointtype (b ? 6 : 7) pointsize 1 linecolor rgb (b ? "#333333" : "#0072b2")
