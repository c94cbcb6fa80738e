# The map of the two rates: how many runs of each cell find at least 7 of 8 modes with 80 % of their points good.
# runs.csv names the runs, five rates of D a seed; each run's map.csv: lr_d, lr_g, covered, good, five rates of G.
dark = "#222222"
runs = ""; count = 0
stats KNOBS_DATA."/runs.csv" using ((runs = runs." ".strcol(1), count = count + 1), 0) nooutput
seeds = count / 5
array found[25]; array good[25]; array rate[5]
do for [i = 1:25] { found[i] = 0; good[i] = 0.0 }
do for [r = 1:count] {
    stats KNOBS_DATA."/runs/".word(runs, r)."/map.csv" using ((i = (r - 1) % 5 * 5 + int($0) + 1, \
        rate[int($0) + 1] = column("lr_g"), found[i] = found[i] + (column("covered") >= 7 && column("good") >= 0.8), \
        good[i] = good[i] + column("good")), 0) nooutput
}
unset key; unset grid; unset colorbox; set border 0; set tics scale 0
set xrange [-0.5:4.5]; set yrange [-0.5:4.5]; set size ratio 0.72
set palette defined (0 "#ffffff", 0.2 "#e9f0f6", 1 "#6f9dbd"); set cbrange [0:1]
set xtics (""  0); set ytics ("" 0)
do for [i = 1:5] {
    set xtics add (sprintf("%g", rate[i]) i - 1); set ytics add (sprintf("%g", rate[i]) i - 1)
}
set xlabel "learning rate of the generator"; set ylabel "learning rate of the discriminator"
set lmargin at screen 0.2; set rmargin at screen 0.86; set tmargin at screen 0.93; set bmargin at screen 0.13
do for [d = 0:4] { do for [g = 0:4] {
    i = 5 * d + g + 1
    set object rectangle from g - 0.48, d - 0.47 to g + 0.48, d + 0.47 fillstyle solid 1 border linecolor rgb "#999999" \
        fillcolor palette frac 1.0 * found[i] / seeds linewidth 0.8
    words = sprintf("{/:Bold %d of %d}\n{/*0.8 %.0f %% good}", found[i], seeds, 100 * good[i] / seeds)
    set label words at g, d + 0.08 center front textcolor rgb dark
} }
# where the rates are the same
set arrow from -0.5, -0.5 to 4.5, 4.5 nohead front linewidth 1.2 dashtype (6,5) linecolor rgb "#777777"
set label "equal rates" at 4.52, 4.55 left textcolor rgb "#555555" font ",12"
set label "runs that find the modes" at -0.5, 4.68 left textcolor rgb dark
plot NaN notitle
