# Gradient clipping with broken batches. Above, the loss of each batch at the first rate, a panel for each way to clip; below, where each way ends,
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
unset key
set tmargin at screen 0.88; set bmargin at screen 0.58
set logscale y; set yrange [0.1:3000]; set format y "10^{%L}"
set ylabel "loss of the batch"; set xlabel "step"
set label 1 sprintf("{/:Bold Training at a rate of %s, %g %% of the batches broken}", rate, 100 * broken) at screen 0.1, 0.96 left textcolor rgb dark
left(k) = 0.1 + 0.295 * (k - 1)
set xrange [0:*]; set autoscale xfixmax; set xtics 200
do for [k = 1:3] { if (example[k] ne "") {
    set lmargin at screen left(k); set rmargin at screen left(k) + 0.27
    set label 2 words[k] at graph 0.97, 0.9 right textcolor rgb dark
    plot KNOBS_DATA."/runs/".example[k]."/steps.csv" using "step":"loss" with lines linecolor rgb "#0072b2" linewidth 1.2 dashtype 1
    unset label 1; unset ylabel; set format y ""
} }
set lmargin at screen 0.1; set rmargin at screen 0.97
unset label; unset logscale y; unset key
set tmargin at screen 0.40; set bmargin at screen 0.1
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
