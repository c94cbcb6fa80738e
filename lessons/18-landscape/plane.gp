# Two paths over the landscape: the plane in which they are spread the most, and how high above it they are.
# plane.csv: batch, x, y, loss; path.csv: model, look, x, y, below (the loss of the plane there), loss (the point's own); results.csv: share_1,
# share_2 of the path's variance.
load KNOBS_FOLDER."/map.gp"
path = KNOBS_DATA."/path.csv"
array share[2]; array ends_x[4]; array ends_y[4]; array own[4]; array below[4]
name(k) = word("constant falling ema swa", k)
stats [*:*][*:*] KNOBS_DATA."/results.csv" using (share[1] = 100 * column("share_1"), share[2] = 100 * column("share_2"), 0) nooutput
looks = 0; top = 0.0
stats [*:*][*:*] path using (k = place_in("constant falling ema swa", strcol("model")), ends_x[k] = column("x"), ends_y[k] = column("y"), own[k] = column("loss"), below[k] = column("below"), \
    looks = column("look"), top = own[k] > top ? own[k] : top, \
    column("look") == 0 ? (start_x = ends_x[k], start_y = ends_y[k]) : 0, 0) nooutput
shown = 0
eval read_range
levels = nice((greatest - least) / 13)
eval read_map
wide = right - left; tall = high - low
set multiplot
set lmargin at screen 0.075; set rmargin at screen 0.685; set tmargin at screen 0.95; set bmargin at screen 0.95 - 0.61 * 900 / 560 * tall / wide
set xlabel sprintf("first direction: %.0f %% of the paths' variance", share[1]); set ylabel sprintf("second direction: %.0f %%", share[2]) offset 1
set xtics nice(wide / 6); set ytics nice(wide / 6); set cbrange [least:greatest]
set label 1 "the ways part" at start_x, start_y offset character -1, character -1.1 left front textcolor rgb dark font ",12"
set label 2 "{/:Bold the rate stays}" at ends_x[1], ends_y[1] offset character 1, character 1.3 right front textcolor rgb one
set label 3 "{/:Bold the rate falls}" at ends_x[2], ends_y[2] offset character -0.5, character 1.2 center front textcolor rgb other
set label 4 "SWA: the average\nof its looks" at ends_x[4], ends_y[4] offset character 4, character -1.4 center front textcolor rgb dark font ",12"
set label 5 sprintf("a line each %.3g of loss", levels) at graph 0.985, graph 0.05 right front textcolor rgb pale font ",11"
plot @ground, \
    path using (strcol("model") eq "constant" ? column("x") : 1/0):"y" with linespoints linetype 2 dashtype 1 pointtype 5 pointsize 0.8, \
    path using (strcol("model") eq "falling" ? column("x") : 1/0):"y" with linespoints linetype 4 dashtype 1 pointtype 7 pointsize 0.8, \
    "+" using (ends_x[2]):(ends_y[2]) every ::0::0 with points pointtype 7 pointsize 1.8 linecolor rgb other, \
    "+" using (ends_x[1]):(ends_y[1]) every ::0::0 with points pointtype 5 pointsize 1.7 linecolor rgb one, \
    "+" using (ends_x[4]):(ends_y[4]) every ::0::0 with points pointtype 13 pointsize 2.6 linecolor rgb "#ffffff", \
    "+" using (ends_x[4]):(ends_y[4]) every ::0::0 with points pointtype 12 pointsize 2.2 linewidth 2 linecolor rgb "#000000"
unset label
set border 3; set lmargin at screen 0.785; set rmargin at screen 0.985
set xrange [0:looks]; set yrange [least - 0.05 * (top - least):top + 0.3 * (top - least)]; set xlabel "look"; set ylabel "loss of the training images" offset 1.5
set xtics tick(looks) * (looks > 7 ? 2 : 1); set ytics nice((top - least) / 5)
set label 1 "full: their own loss\ndotted: that of the\nplane below them" at graph 1, graph 0.97 right textcolor rgb pale font ",12"
middle = floor(looks * 0.42); middle_loss = 0.0; peak = 0; peak_loss = 0.0 # of the rate that falls; of the one that stays
stats [*:*][*:*] path using (l = column("look"), v = column("loss"), l == middle && strcol("model") eq "falling" ? middle_loss = v : 0, \
    l > 0 && strcol("model") eq "constant" && v > peak_loss ? (peak = l, peak_loss = v) : 0, 0) nooutput
set label 2 "{/:Bold stays}" at peak, peak_loss offset character 0.5, character 0.3 left front textcolor rgb one font ",12"
set label 3 "{/:Bold falls}" at middle, middle_loss offset character -0.6, character -0.7 right front textcolor rgb other font ",12"
plot path using (strcol("model") eq "constant" ? column("look") : 1/0):"loss" with linespoints linetype 2 dashtype 1 pointtype 5 pointsize 0.8, \
    path using (strcol("model") eq "constant" ? column("look") : 1/0):"below" with lines linetype 2 dashtype 3 linewidth 2.5, \
    path using (strcol("model") eq "falling" ? column("look") : 1/0):"loss" with linespoints linetype 4 dashtype 1 pointtype 7 pointsize 0.8, \
    path using (strcol("model") eq "falling" ? column("look") : 1/0):"below" with lines linetype 4 dashtype 3 linewidth 2.5
unset multiplot
