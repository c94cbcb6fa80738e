# How far each rung carries each layer, of what its weights were: the geometric mean over the seeds. drift.csv, of each run: layer, name, drift.
# A frozen layer, which drifts by 0, has no point.
eval runs_read
dark = "#222222"; pale = "#555555"
rungs = "scratch last-layer full differential gradual layer-wise"; n = 6
array types[6] = [8, 1, 2, 4, 6, 7]
layers = 0; least = 1e9; most = 1e-9
array name[16]; array sums[96]; array counts[96]
do for [i = 1:96] { sums[i] = 0.0; counts[i] = 0 }
place(k, l) = (k - 1) * 16 + int(l)
add(i, d) = d > 0 ? (sums[i] = sums[i] + log(d), counts[i] = counts[i] + 1) : 0
do for [i = 1:runs] {
    stats [*:*][*:*] run_file(i, "drift.csv") using (l = column("layer"), layers = l > layers ? l : layers, add(place(place_in(rungs, kind[kind_of[i]]), l), column("drift")), \
        strlen(name[int(l)] = strcol("name"))) nooutput
}
mean(k, l) = counts[place(k, l)] ? exp(sums[place(k, l)] / counts[place(k, l)]) : NaN
do for [k = 1:n] { do for [l = 1:layers] { m = mean(k, l); if (m == m) { least = m < least ? m : least; most = m > most ? m : most } } }
low = 10**floor(log10(least)); high = 10**ceil(log10(most))
words_of(k) = word("from_scratch last_layer full differential gradual layer-wise", k)
spaced(text) = (at = strstrt(text, "_"), at ? text[1:at - 1]." ".text[at + 1:*] : text)
unset key; set logscale y; set format y "10^{%L}"; set yrange [low:high]
set ylabel "drift ‖Δw‖ / ‖w‖"
set xrange [0.8:layers]; set xtics (); set xlabel "layer, from the input to the head" offset 0, layers > 6 ? -1.6 : 0
do for [l = 1:layers] { set xtics add (name[int(l)] l) }
if (layers > 6) { set xtics rotate by 40 right }
set lmargin 10; set rmargin 15; set tmargin at screen 0.95; set bmargin at screen layers > 6 ? 0.2 : 0.13
plot_tall = layers > 6 ? 0.75 : 0.82
# The last three end together at the head: their names stand at a layer before, above or below the curve.
array named_at[6] = [0, 0, 0, layers > 6 ? 8 : 2, layers > 6 ? 4 : 1, layers > 6 ? 8 : 2]
do for [k = 4:n] { if (counts[place(k, layers)] && layers > 1) {
    set label k sprintf("{/:Bold %s}", words_of(k)) at named_at[k], mean(k, named_at[k]) left textcolor rgb ink(types[k]) \
        offset character (k == 4 ? -3 : 0.7), character (k == 4 ? 1 : -0.9) } }
do for [k = 1:3] { if (counts[place(k, layers)]) { dummy = curve_label(sprintf("{/:Bold %s}", spaced(words_of(k))), logarithmic(mean(k, layers), low, high), types[k]) } }
eval curve_labels
plot for [k = 1:n] "+" using (l = int($0) + 1, l > layers ? NaN : l):(mean(k, l)) every ::0::layers - 1 with linespoints linetype types[k] pointsize 1.2
