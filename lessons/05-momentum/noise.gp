# Noisy gradients: how many steps each needs with its best rate.
# noise.csv: noise, plain, momentum. The first row is without noise.
rows = KNOBS_DATA."/noise.csv"
dark = "#222222"; pale = "#555555"
array plain[32]; array ball[32]; levels = 0; array noise[32]
stats [*:*][*:*] rows using (levels = levels + 1, noise[levels] = column("noise"), plain[levels] = column("plain"), ball[levels] = column("momentum"), 0) nooutput
none = noise[2] / 2.2; place(x) = x > 0 ? x : none # where no noise stands
unset key
set rmargin 14; set lmargin 11
set logscale xy
set xrange [none / 1.3:noise[levels] * 1.1]; set yrange [20:4000]
set xtics ("none" none, "0.03" 0.0316, "0.1" 0.1, "0.3" 0.316, "1" 1); set ytics (20, 50, 100, 200, 500, "1,000" 1000, "2,000" 2000)
set xlabel "noise of each component of the gradient (standard deviation)"; set ylabel "steps until the mean loss is 0.001"
length = curve_label("no momentum", logarithmic(plain[levels], 20, 4000), 1)
length = curve_label("heavy ball", logarithmic(ball[levels], 20, 4000), 2)
eval curve_labels
gain(k) = sprintf("%.1f times", 1.0 * plain[k] / ball[k])
middle(k) = sqrt(plain[k] * ball[k])
set label 1 gain(1) at place(noise[1]), middle(1) offset character 1, 0 left textcolor rgb dark
set label 2 gain(5) at place(noise[5]), middle(5) offset character -1, 0 right textcolor rgb dark
set label 3 gain(levels) at place(noise[levels]), middle(levels) offset character 0, 1.6 right textcolor rgb dark
do for [k = 1:5:4] { set arrow k from place(noise[k]), ball[k] to place(noise[k]), plain[k] heads size screen 0.006, 20 linecolor rgb pale linewidth 1 front }
plot rows using (place(column("noise"))):"plain" with linespoints linetype 1 pointtype 7, rows using (place(column("noise"))):"momentum" with linespoints linetype 2 pointtype 7
