# Flat and sharp. Left: the loss along random directions, a step being a share of each filter; the mean of the directions.
# Right: a network and its twin, the same function with other weights, along one direction, and along each one's own.
# slices.csv: model, direction, distance, loss; twins.csv: name, normalised, distance, loss.
dark = "#222222"; pale = "#555555"
slices = KNOBS_DATA."/slices.csv"; twins = KNOBS_DATA."/twins.csv"
models = "constant falling ema swa"; array at[64]; array sum_of[256]; array seen[256]; points = 0
do for [j = 1:256] { sum_of[j] = 0.0; seen[j] = 0 }
low = 1e9; high = -1e9
stats [*:*][*:*] slices using (d = column("direction"), points = d == 1 && strcol("model") eq "constant" ? points + 1 : points, 0) nooutput
n = 0
stats [*:*][*:*] slices using (k = place_in(models, strcol("model")), i = n % points + 1, n = n + 1, j = 64 * (k - 1) + i, at[i] = column("distance"), \
    seen[j] = seen[j] + 1, sum_of[j] = sum_of[j] + column("loss"), 0) nooutput
set print $means
do for [k = 1:4] {
    do for [i = 1:points] {
        mean = sum_of[64 * (k - 1) + i] / seen[64 * (k - 1) + i]
        low = mean < low ? mean : low; high = mean > high ? mean : high
        print sprintf("%g,%g", at[i], mean)
    }
    print ""; print ""
}
unset print
type(k) = word("2 4 1 6", k) + 0
name(k) = k == 1 ? "the rate stays" : k == 2 ? "the rate falls" : k == 3 ? "EMA" : "SWA"
unset key; low = low - 0.06 * (high - low); high = high + 0.03 * (high - low); label_size = 12
set multiplot
set lmargin at screen 0.1; set rmargin at screen 0.385; set tmargin at screen 0.8; set bmargin at screen 0.13
set xrange [at[1]:at[points]]; set yrange [low:high]
set xlabel "step, as a share of each filter" offset 0, 0; set ylabel "loss of the training images" offset 0.5
set label 1 "{/:Bold Four ends} of the same training" at graph 0, screen 0.95 left textcolor rgb dark font ",14"
set label 2 "means of the random directions,\nstepping by shares of the filters" at graph 0, screen 0.9 left textcolor rgb pale font ",11"
do for [k = 1:4] { dummy = curve_label("{/:Bold ".name(k)."}", linear(sum_of[64 * (k - 1) + points] / seen[64 * (k - 1) + points], low, high), type(k)) }
eval curve_labels
set datafile nocolumnheaders
plot for [k = 1:4] $means index k - 1 using 1:2 with lines linetype type(k) linewidth 2.5
eval curve_labels
unset label; unset arrow; set datafile columnheaders
top = 0.0
stats [*:*][*:*] twins using (top = strcol("name") eq "network" && column("loss") > top ? column("loss") : top, 0) nooutput
set lmargin at screen 0.635; set rmargin at screen 0.975; set yrange [low:1.35 * top]; unset ylabel
set label 1 "{/:Bold One function,} two sets of weights" at graph -0.12, screen 0.95 left textcolor rgb dark font ",14"
set label 2 "line: the network; circles: its twin,\nstepping by shares of its own filters" at graph -0.12, screen 0.9 left textcolor rgb ink(4) font ",11"
set label 3 "dashed: the twin, by the very same steps" at graph -0.12, screen 0.83 left textcolor rgb ink(2) font ",11"
plot twins using (strcol("name") eq "network" && column("normalised") == 1 ? column("distance") : 1/0):"loss" with lines linetype 4 dashtype 1 linewidth 3, \
    twins using (strcol("name") eq "twin" && column("normalised") == 1 ? column("distance") : 1/0):"loss" with points pointtype 6 pointsize 1.6 linewidth 2 linecolor rgb ink(4), \
    twins using (strcol("name") eq "twin" && column("normalised") == 0 ? column("distance") : 1/0):"loss" with lines linetype 2
unset multiplot
