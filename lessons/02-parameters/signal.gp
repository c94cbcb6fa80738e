# What each layer passes on, before any training: forward, the size of what it puts out; backward, the size of the gradient.
# runs.csv: run, std (of the weights), forward, backward (the factor of a layer), off, loss, accuracy; and of each
# run runs/RUN/signal.csv: init, seed, layer, forward, predicted, backward, backward_predicted. A run: seed-11-kaiming.
dark = "#222222"; pale = "#555555"
file(run) = KNOBS_DATA."/runs/".run."/signal.csv"
array init[4] = ["large", "kaiming", "xavier", "small"]
array name[4] = ["normal, std ", "Kaiming, std ", "Xavier, std ", "normal, std "]
# Hollow dark points on pale lines, a shape each: apart in grey print too.
array color[4] = ["#b04a00", "#000000", "#005a8f", "#555555"]
array line[4] = ["#f0b080", "#aaaaaa", "#8fc1e3", "#bbbbbb"]
array symbol[4] = [4, 6, 8, 12]; array size[4] = [1.1, 1.1, 1.2, 1.3]
array runs[4] = ["", "", "", ""]; array std[4] = [0, 0, 0, 0]; array first[4]; array last[4]
is(i, run) = run[strlen(run) - strlen(init[i]) + 1:*] eq init[i]
do for [i = 1:4] {
    stats KNOBS_DATA."/runs.csv" using ((is(i, strcol("run")) ? (strlen(runs[i] = runs[i]." ".strcol("run")), \
        std[i] = std[i] + column("std")) : 0), 0) nooutput
    stats file(word(runs[i], 1)) using (depth = column("layer"), last[i] = column("predicted"), 0) nooutput
    stats file(word(runs[i], 1)) every ::0::0 using (first[i] = column("predicted"), 0) nooutput
    std[i] = std[i] / words(runs[i])
}
clip(x) = x > 1e-40 ? (x < 1e40 ? x : 1e40) : 1e-40
top = 10**(ceil(log10(clip(last[1] > 1 ? last[1] : 1))) + 1)
low = 10**(floor(log10(clip(last[4] < 1 ? last[4] : 1))) - 1)

set multiplot
unset key
set logscale y
set format y "10^{%T}"
set yrange [low:top]
set grid ytics
set xrange [0.3:depth + 0.7]
set tics scale 1, 0
tick = depth <= 12 ? 1 : depth <= 40 ? 5 : 20
set xtics 0, tick
set tmargin at screen 0.89; set bmargin at screen 0.13

set lmargin at screen 0.075; set rmargin at screen 0.38
set xlabel "layer"
set label 2 "points: measured\nlines: predicted" at screen 0.405, screen 0.06 left textcolor rgb pale
set label 1 "{/:Bold forward →}\nsize of what a layer puts out" at graph -0.2, 1.09 left textcolor rgb dark
# from the top down, and two labels have room to stand
array rest[4] = [1, 1, 1, 1]; place = 2
do for [j = 4:1:-1] {
    i = 0
    do for [k = 1:4] { if (rest[k] && (i == 0 || last[k] > last[i])) { i = k } }
    rest[i] = 0
    wanted = log10(clip(last[i]) / low) / log10(top / low)
    place = wanted < place - 0.1 ? wanted : place - 0.1
    place = place < 0.1 * j - 0.05 ? 0.1 * j - 0.05 : place
    set label 10 + i sprintf("{/:Bold %s%.2g}\neach layer × %.3g", name[i], std[i], (last[i] / first[i])**(1.0 / (depth - 1))) \
        at screen 0.39, graph place left textcolor rgb color[i] front
}
plot for [i = 1:4] file(word(runs[i], 1)) using "layer":"predicted" with lines dashtype 1 linewidth 1 linecolor rgb line[i], \
     for [i = 1:4] for [run in runs[i]] file(run) using "layer":"forward" with points pointtype symbol[i] pointsize size[i] linewidth 1.2 linecolor rgb color[i]

do for [i = 1:4] { unset label 10 + i }
set lmargin at screen 0.685; set rmargin at screen 0.99
set label 1 "{/:Bold ← backward}\nsize of the gradient (last layer: 1)" at graph -0.2, 1.09 left textcolor rgb dark
plot for [i = 1:4] file(word(runs[i], 1)) using "layer":"backward_predicted" with lines dashtype 1 linewidth 1 linecolor rgb line[i], \
     for [i = 1:4] for [run in runs[i]] file(run) using "layer":"backward" with points pointtype symbol[i] pointsize size[i] linewidth 1.2 linecolor rgb color[i]
unset multiplot
