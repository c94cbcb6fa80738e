# Four noises at seven looks, above the losses at the same steps: the pictures become clear, and no loss tells.
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
left = 0.07; right = 0.975; THUMBS = 7; wide = (right - left) / THUMBS; tall = wide * 900 / 560.0

unset key; unset grid; set multiplot
unset tics; unset border; set xrange [0:pair + 2]; set yrange [pixels - pair - 2:pixels]
do for [t = 1:THUMBS] {
    # the look nearest to the middle of the thumb's part of the axis; the first and the last stand at its ends
    wanted = steps * (t - 1.0) / (THUMBS - 1); nearest = 1
    do for [i = 1:looks] { if (abs(look[i] - wanted) < abs(look[nearest] - wanted)) { nearest = i } }
    set lmargin at screen left + wide * (t - 1); set rmargin at screen left + wide * t - 0.006
    set tmargin at screen 0.985; set bmargin at screen 0.985 - tall + 0.01
    set label 1 sprintf("step %d", look[nearest]) at graph 0.5, -0.1 center textcolor rgb pale font ",11"
    plot frame(nearest) binary filetype=png with rgbimage notitle
}
unset label
set border 3; set tics; set grid; set xtics nomirror; set ytics nomirror
set lmargin at screen left; set rmargin at screen right; set tmargin at screen 0.71; set bmargin at screen 0.11
set xrange [-steps / (2.0 * (THUMBS - 1)):steps * (1 + 0.5 / (THUMBS - 1))]
eval loss_range
set xtics 0, steps / (THUMBS - 1.0); set xlabel "step" offset 0, 0.4
set label 2 "loss of the generator" at graph 0.985, graph 0.93 right textcolor rgb "#d55e00"
set label 3 "loss of the discriminator" at graph 0.985, graph (low < 0 ? 0.05 : 0.17) right textcolor rgb "#000000"
m = 0.0; w = 0.0; plot KNOBS_DATA."/curves.csv" every 12 using "step":"loss_g" with lines linewidth 0.5 linecolor rgb "#f0c8ae", \
    KNOBS_DATA."/curves.csv" every 12 using "step":"loss_d" with lines linewidth 0.5 linecolor rgb "#cccccc", \
    KNOBS_DATA."/curves.csv" using "step":(calm(column("loss_g"))) with lines linetype 2, \
    (m = 0.0, w = 0.0, NaN) notitle, \
    KNOBS_DATA."/curves.csv" using "step":(calm(column("loss_d"))) with lines linetype 1
unset multiplot
