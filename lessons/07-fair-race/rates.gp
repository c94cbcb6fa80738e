# The accuracy of each algorithm at each rate that was tried, on held-out images: how high, and how wide.
# tuning.csv: run, optimizer, factor, seed, accuracy, …, lr.
load KNOBS_FOLDER."/panels.gp"
factors = ""
stats [*:*][*:*] KNOBS_DATA."/tuning.csv" using (f = strcol("factor"), factors = place_in(factors, f) ? factors : factors." ".f, 0) nooutput
tried = words(factors)
array mean[kinds * tried]; array count[kinds * tried]; array rate[kinds * tried]; array best[kinds]; top = 0.0
do for [i = 1:kinds * tried] { mean[i] = 0.0; count[i] = 0 }
known(text) = (sum [k = 1:kinds] (kind[k] eq text ? k : 0))
stats [*:*][*:*] KNOBS_DATA."/tuning.csv" using (i = (known(strcol("optimizer")) - 1) * tried + place_in(factors, strcol("factor")), \
    count[i] = count[i] + 1, mean[i] = mean[i] + (column("accuracy") - mean[i]) / count[i], rate[i] = column("lr"), 0) nooutput
do for [k = 1:kinds] {
    best[k] = 1
    do for [j = 1:tried] { if (mean[(k - 1) * tried + j] > mean[(k - 1) * tried + best[k]]) { best[k] = j } }
    top = mean[(k - 1) * tried + best[k]] > top ? mean[(k - 1) * tried + best[k]] : top
}
at(k, j) = (k - 1) * tried + j
good(k, j) = mean[at(k, j)] > mean[at(k, best[k])] - 0.01
ratio = tried > 1 ? (real(word(factors, tried)) / real(word(factors, 1)))**(0.5 / (tried - 1)) : 2
high = ceil(25 * top + 2) / 25.0; low = high - 0.38
unset key; set logscale x; set grid noxtics
set multiplot
do for [k = 1:kinds] {
    eval panel
    set xrange [rate[at(k, 1)] / ratio:rate[at(k, tried)] * ratio]; set yrange [low:high]
    set format x ""; set xtics (sprintf("%g", rate[at(k, 1)]) rate[at(k, 1)], sprintf("%g", rate[at(k, (tried + 1) / 2)]) rate[at(k, (tried + 1) / 2)], \
        sprintf("%g", rate[at(k, tried)]) rate[at(k, tried)]) offset 0, 0.4 font ",9"
    set ytics 0.1 font ",9"; set format y ((k - 1) % across ? "" : "%.1f")
    set label 1 sprintf("{/:Bold %s}", name(k)) at graph 0, 1.09 left textcolor rgb dark font ",11"
    set label 2 sprintf("%.1f %%", 100 * mean[at(k, best[k])]) at rate[at(k, best[k])], (mean[at(k, best[k])] > low ? mean[at(k, best[k])] : low) offset 0, 0.8 center textcolor rgb dark font ",9"
    do for [j = 1:tried] {
        if (good(k, j)) { set object 10 + j rectangle from rate[at(k, j)] / ratio, low to rate[at(k, j)] * ratio * 1.01, high behind fillstyle solid 1 noborder fillcolor rgb shade }
        if (!good(k, j)) { unset object 10 + j }
    }
    if (k == 1) { set label 3 "accuracy on held-out images" at screen 0.012, 0.5 center rotate textcolor rgb dark }
    if (k == kinds) {
        set label 4 "learning rate" at screen 0.53, 0.02 center textcolor rgb dark
        if (kinds % across) { set label 5 "shaded: within a\npoint of its own best\n\ndots: ".count[1]." seed".(count[1] == 1 ? "" : "s").";\nline: their mean" \
            at screen cell_x(k + 1) + 0.01, cell_y(k + 1) - 0.03 left textcolor rgb pale font ",10" }
    }
    plot KNOBS_DATA."/tuning.csv" using (strcol("optimizer") eq kind[k] ? column("lr") : NaN):"accuracy" with points pointtype 6 pointsize 0.5 linecolor rgb "#777777", \
        [j = 0:tried:1] "+" using (rate[at(k, from_one(j))]):(mean[at(k, from_one(j))]) with lines linetype 1 linewidth 2, \
        [j = 0:1:1] "+" using (rate[at(k, best[k])]):(mean[at(k, best[k])]) with points pointtype 7 pointsize 1 linecolor rgb "#000000"
    unset label 3
}
unset multiplot
