# What each layer passes on, before any training: forward, the size of what it puts out; backward, the size of the gradient.
# results.csv as in stacks.gp; runs/RUN/signal.csv: init, seed, layer, forward, predicted, backward, backward_predicted.
load KNOBS_FOLDER."/stacks.gp"
# Hollow dark points on pale lines, a shape each: apart in grey print too.
line(k) = word("#f0b080 #aaaaaa #8fc1e3 #bbbbbb", place_in(inits, kind[k]))
symbol(k) = int(word("4 6 8 12", place_in(inits, kind[k])))
clip(x) = x > 1e-40 ? (x < 1e40 ? x : 1e40) : 1e-40
least = 1.0; most = 1.0
reach(x) = (least = clip(x) < least ? clip(x) : least, most = clip(x) > most ? clip(x) : most)
array begin[kinds]; array end[kinds]
do for [k = 1:kinds] {
    stats run_file(first[k], "signal.csv") using (depth = column("layer"), end[k] = column("predicted"), depth == 1 ? (begin[k] = end[k]) : 0, \
        reach(end[k]), reach(column("backward_predicted")), 0) nooutput
}
low = 10**(floor(log10(least)) - 1); high = 10**(ceil(log10(most)) + 1)

set multiplot
unset key
set logscale y; set format y "10^{%T}"; set yrange [low:high]
set grid ytics
set xlabel "layer"; set xrange [0.3:depth + 0.7]; set tics scale 1, 0; set xtics tick(depth), tick(depth)
set tmargin at screen 0.87; set bmargin at screen 0.13; plot_tall = 0.74

set lmargin at screen 0.075; set rmargin at screen 0.38
set label 2 "points: measured\nlines: predicted" at screen 0.405, screen 0.06 left textcolor rgb pale
set label 1 "{/:Bold forward →}\nsize of what a layer puts out" at graph -0.2, 1.12 left textcolor rgb dark
do for [k = 1:kinds] {
    dummy = curve_label(sprintf("{/:Bold %s}\neach layer × %.3g", name(k), (end[k] / begin[k])**(1.0 / (depth - 1))), \
        logarithmic(clip(end[k]), low, high), type(k))
}
eval curve_labels
plot for [k = 1:kinds] run_file(first[k], "signal.csv") using "layer":"predicted" with lines dashtype 1 linewidth 1 linecolor rgb line(k), \
     for [i = 1:runs] run_file(i, "signal.csv") using "layer":"forward" with points \
        pointtype symbol(kind_of[i]) pointsize 1.2 linewidth 1.2 linecolor rgb ink(type(kind_of[i]))

eval curve_labels
unset label 2
set lmargin at screen 0.685; set rmargin at screen 0.99
set label 1 "{/:Bold ← backward}\nsize of the gradient (last layer: 1)" at graph -0.2, 1.12 left textcolor rgb dark
plot for [k = 1:kinds] run_file(first[k], "signal.csv") using "layer":"backward_predicted" with lines dashtype 1 linewidth 1 linecolor rgb line(k), \
     for [i = 1:runs] run_file(i, "signal.csv") using "layer":"backward" with points \
        pointtype symbol(kind_of[i]) pointsize 1.2 linewidth 1.2 linecolor rgb ink(type(kind_of[i]))
unset multiplot
