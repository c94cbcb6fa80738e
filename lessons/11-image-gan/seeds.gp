# How the samples become good, of all seeds: a thin line a seed, and their mean.
# results.csv names the runs; runs/RUN/looks.csv: step, nearest, variety (of the real images'), frechet (garments alone).
eval runs_read
dark = "#222222"; looks = 0; steps = 0; frechet = 0
stats run_file(1, "looks.csv") using ((looks = looks + 1, steps = column("step"), frechet = strcol("frechet") ne "nan"), 0) nooutput
array name[2] = ["variety", frechet ? "frechet" : "nearest"]
array words[2] = ["variety of the samples (real images: 1)", frechet ? "Fréchet distance to real images" : "distance to the nearest real image"]
array total[looks]; array seen[looks]
unset key; set xlabel "step" offset 0, 0.4; set xrange [0:steps * 1.0]; set xtics 0, tick(2 * steps)
set tmargin at screen 0.92; set bmargin at screen 0.13
set multiplot
do for [panel = 1:2] {
    most = 0.0
    do for [k = 1:looks] { total[k] = 0.0; seen[k] = 0 }
    do for [i = 1:runs] { # a run that ended early has fewer looks
        stats run_file(i, "looks.csv") using ((k = int($0) + 1, k <= looks && strcol(name[panel]) ne "nan" ? \
            (x = column(name[panel]), most = x > most ? x : most, total[k] = total[k] + x, seen[k] = seen[k] + 1) : 0), 0) nooutput
    }
    mean(k) = seen[k] > 0 ? total[k] / seen[k] : NaN
    high = 1.1 * (panel == 1 && most < 1 ? 1 : most)
    set label 1 words[panel] at graph 0, 1.04 left textcolor rgb dark
    if (panel == 2 && frechet) { set logscale y; set ytics 1e-9, 10; set yrange [(high > 10 ? 1 : 0.01 * high):high] } else { set yrange [0:high] }
    set lmargin at screen panel == 1 ? 0.06 : 0.56; set rmargin at screen panel == 1 ? 0.37 : 0.88
    end = panel == 2 && frechet ? logarithmic(mean(looks), 1, high) : linear(mean(looks), 0, high)
    dummy = curve_label(sprintf("mean of\n%d seeds\n{/:Bold %.2g}", runs, mean(looks)), end, 1)
    eval curve_labels
    plot for [i = 1:runs] run_file(i, "looks.csv") using "step":name[panel] with lines linewidth 1.2 dashtype 1 linecolor rgb "#8fb8d8", \
        run_file(1, "looks.csv") using "step":(mean(int($0) + 1)) with lines linewidth 3 dashtype 1 linecolor rgb "#000000"
}
unset multiplot
