# Gradient clipping with broken batches. Above, the loss of each batch at the first rate, of each way to clip; below, where each way ends,
# without and with broken batches. results.csv: run, clip, spikes, lr, seed, accuracy, loss; steps.csv of a run: step, epoch, loss, norm.
dark = "#222222"
array way[3] = ["none", "value", "norm"]
array words[3] = ["no clipping", "by value", "by norm"]
array example[3] = ["", "", ""]
rate = ""; broken = 0; seeds = 0
stats [*:*][*:*] KNOBS_DATA."/results.csv" using (rate = rate eq "" ? strcol("lr") : rate, broken = column("spikes") > broken ? column("spikes") : broken, 0) nooutput
stats [*:*][*:*] KNOBS_DATA."/results.csv" using (k = place_in("none value norm", strcol("clip")), \
    column("spikes") == broken && strcol("lr") eq rate && example[k] eq "" ? strlen(example[k] = strcol("run")) : 0) nooutput
set multiplot
unset key; set lmargin at screen 0.1; set rmargin at screen 0.97
set tmargin at screen 0.93; set bmargin at screen 0.56
set logscale y; set yrange [0.1:3000]; set format y "10^{%L}"
set ylabel "loss of the batch"; set xlabel "step"
set label 1 sprintf("{/:Bold one training, learning rate %s, %g %% of the batches broken}", rate, 100 * broken) at graph 0, 1.06 left textcolor rgb dark
array tone[3] = ["#d55e00", "#56b4e9", "#000000"]
set key top right horizontal samplen 3
shown = ""; do for [k = 1:3] { if (example[k] ne "") { shown = shown.sprintf(" %d", k) } }
set xrange [0:*]
plot for [k in shown] KNOBS_DATA."/runs/".example[int(k)]."/steps.csv" using "step":"loss" with lines linecolor rgb tone[int(k)] linewidth (4 - k) dashtype 1 title words[int(k)]
unset label; unset logscale y; unset key
set tmargin at screen 0.42; set bmargin at screen 0.12
set format y "%g"; set yrange [0:100]; set ylabel "test accuracy (%)"; unset xlabel
set xrange [0.5:6.5]; set xtics scale 0 ("" 0)
do for [k = 1:3] { set xtics add (words[k] k); set xtics add (words[k]." " k + 3) }
set label 1 "{/:Bold no broken batch}" at 2, graph 1.08 center textcolor rgb dark
set label 2 sprintf("{/:Bold %g %% broken}", 100 * broken) at 5, graph 1.08 center textcolor rgb dark
array rates[8]; rate_count = 0
stats [*:*][*:*] KNOBS_DATA."/results.csv" using (r = (sum [j = 1:rate_count] (rates[j] eq strcol("lr") ? j : 0)), \
    r ? 0 : (rate_count = rate_count + 1, strlen(rates[rate_count] = strcol("lr")))) nooutput
rate_at(text) = (sum [j = 1:rate_count] (rates[j] eq text ? j : 0)) - 0.5 * (rate_count + 1)
set arrow 1 from 3.5, graph 0 to 3.5, graph 1.1 nohead linecolor rgb "#bbbbbb"
do for [k = 1:3] { do for [j = 1:rate_count] { do for [half = 0:1] {
    set label 100 + 10 * k + 2 * j + half rates[j] at k + 3 * half + 0.3 * rate_at(rates[j]), graph 0.04 center textcolor rgb "#555555" font ",10"
} } }
set label 3 "learning rate" at graph 0.001, graph 0.13 left textcolor rgb "#555555" font ",10"
plot KNOBS_DATA."/results.csv" using (place_in("none value norm", strcol("clip")) + (column("spikes") > 0 ? 3 : 0) + 0.3 * rate_at(strcol("lr"))):(100 * column("accuracy")) \
    with points pointtype 7 pointsize 0.9 linecolor rgb "#0072b2"
unset multiplot
