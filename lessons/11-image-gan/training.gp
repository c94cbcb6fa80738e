# Four noises at some looks, above the losses at the same steps: the pictures become clear, and no loss tells.
# Of single steps one in twelve is drawn. curves.csv: step, loss_d, loss_g; looks.csv: step; frames/STEP.png: rows of 8 images of `side` pixels, 2 pixels apart.
dark = "#222222"; pale = "#555555"
looks = 0
load KNOBS_FOLDER."/losses.gp"
stats KNOBS_DATA."/looks.csv" using 0 nooutput
array look[STATS_records]
stats KNOBS_DATA."/looks.csv" using ((looks = looks + 1, look[looks] = column("step")), 0) nooutput
frame(i) = sprintf("%s/frames/%06d.png", KNOBS_DATA, look[i])
stats frame(1) binary filetype=png using 1 nooutput
pixels = int(sqrt(STATS_records) + 0.5)
pair = (pixels - 2) / 4 # two images and their gaps
left = 0.07; right = 0.84; thumb = 0.153 * (right - left); tall = thumb * 900 / 560.0
# as many thumbs as there is room for, at best so that each is a look's
thumbs = looks < 7 ? looks : 7
do for [t = 4:7] { if ((looks - 1) % (t - 1) == 0) { thumbs = t } }
parts = thumbs > 1 ? thumbs - 1.0 : 1.0; wide = (right - left) / parts

unset key; unset grid; set multiplot
unset tics; unset border; set xrange [1.5:pair + 0.5]; set yrange [pixels - pair - 0.5:pixels - 1.5]
do for [t = 1:thumbs] {
    # the look nearest to the thumb's place on the axis, above which it stands
    wanted = steps * (t - 1) / parts; nearest = 1
    do for [i = 1:looks] { if (abs(look[i] - wanted) < abs(look[nearest] - wanted)) { nearest = i } }
    set lmargin at screen left + wide * (t - 1) - thumb / 2; set rmargin at screen left + wide * (t - 1) + thumb / 2
    set tmargin at screen 0.985; set bmargin at screen 0.985 - tall
    set label 1 sprintf("step %d", look[nearest]) at graph 0.5, -0.1 center textcolor rgb pale font ",11"
    plot frame(nearest) binary filetype=png with rgbimage notitle
}
unset label
set border 3; set tics; set grid; set xtics nomirror; set ytics nomirror
set lmargin at screen left; set rmargin at screen right; set tmargin at screen 0.71; set bmargin at screen 0.11; plot_tall = 0.6
high = 1.3 * high; set xrange [0:steps * 1.0]; set yrange [low:high]
set xtics 0, steps > 0 ? steps / parts : 1; set xlabel "step" offset 0, 0.4; set ylabel "loss"; set format x "%.0f"
dummy = curve_label("generator", linear(end_g, low, high), 2) + curve_label("discriminator", linear(end_d, low, high), 1)
eval curve_labels
m = 0.0; w = 0.0; plot KNOBS_DATA."/curves.csv" every 12 using "step":"loss_g" with lines linewidth 0.5 linecolor rgb "#f0c8ae", \
    KNOBS_DATA."/curves.csv" every 12 using "step":"loss_d" with lines linewidth 0.5 linecolor rgb "#cccccc", \
    KNOBS_DATA."/curves.csv" using "step":(calm(column("loss_g"))) with lines linetype 2, \
    (m = 0.0, w = 0.0, NaN) notitle, \
    KNOBS_DATA."/curves.csv" using "step":(calm(column("loss_d"))) with lines linetype 1
unset multiplot
