# How the samples become good, of all seeds: a thin line a seed, and their mean.
# seeds.csv names the runs; runs/RUN/looks.csv: step, nearest, variety (of the real images'), frechet (garments alone).
dark = "#222222"
array run[1000]; n = 0; looks = 0; steps = 0; frechet = 0
stats KNOBS_DATA."/seeds.csv" using ((n = n + 1, strlen(run[n] = strcol(1))), 0) nooutput
file(i) = KNOBS_DATA."/runs/".run[i]."/looks.csv"
stats file(1) using ((looks = looks + 1, steps = column("step"), frechet = strcol("frechet") ne "nan"), 0) nooutput
array name[2] = ["variety", frechet ? "frechet" : "nearest"]
array words[2] = ["variety of the samples (real images: 1)", frechet ? "Fréchet distance to real images" : "distance to the nearest real image"]
array total[looks]
unset key; set xlabel "step"; set xrange [0:steps * 1.0]; set xtics 0, steps > 4 ? steps / 4 : 1
set multiplot layout 1,2 margins 0.06, 0.972, 0.12, 0.92 spacing 0.09, 0
do for [panel = 1:2] {
    do for [k = 1:looks] { total[k] = 0.0 }
    do for [i = 1:n] { # a run that ended early has fewer looks
        stats file(i) using ((k = int($0) + 1, k <= looks ? (total[k] = total[k] + column(name[panel]) / n) : 0), 0) nooutput
    }
    set label 1 words[panel] at graph 0, 1.04 left textcolor rgb dark
    if (panel == 2 && frechet) { set logscale y; set yrange [1:*] } else { set yrange [0:*] }
    plot for [i = 1:n] file(i) using "step":name[panel] with lines linewidth 1.2 dashtype 1 linecolor rgb "#8fb8d8", \
        file(1) using "step":(total[int($0) + 1]) with lines linewidth 3 dashtype 1 linecolor rgb "#000000"
}
unset multiplot
