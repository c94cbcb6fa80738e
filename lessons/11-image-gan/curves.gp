# The losses of the two networks, what the discriminator says, and how good the samples are: only the last tells.
# curves.csv: step, loss_d, loss_g, real, fake; looks.csv: step, nearest, variety (of the real
# images'), frechet (garments alone).
dark = "#222222"; pale = "#555555"
frechet = 0; nearest = 0; variety = 0; distance = 0; worst = 0
load KNOBS_FOLDER."/losses.gp"
m = 0.0; w = 0.0; stats KNOBS_DATA."/curves.csv" using (end_real = calm(finite("real")), 0) nooutput
m = 0.0; w = 0.0; stats KNOBS_DATA."/curves.csv" using (end_fake = calm(finite("fake")), 0) nooutput
stats KNOBS_DATA."/looks.csv" using (frechet = strcol("frechet") ne "nan", nearest = finite("nearest"), variety = finite("variety"), \
    distance = finite("frechet"), worst = distance > worst ? distance : worst, wide = variety > nearest ? variety : nearest, \
    wide > worst && !frechet ? (worst = wide) : 0, 0) nooutput
unset key; set xlabel "step" offset 0, 0.4; set xrange [0:steps * 1.0]; set xtics 0, tick(3 * steps)
plot_tall = 0.77; label_size = 11
set multiplot
set tmargin at screen 0.9; set bmargin at screen 0.13

set lmargin at screen 0.055; set rmargin at screen 0.225
set label 1 "{/:Bold losses}" at graph 0, 1.05 left textcolor rgb dark
set yrange [low:high]; set ytics nice((high - low) / 5.0)
dummy = curve_label("generator", linear(end_g, low, high), 2) + curve_label("discriminator", linear(end_d, low, high), 1)
eval curve_labels
m = 0.0; w = 0.0; plot KNOBS_DATA."/curves.csv" using "step":(calm(column("loss_g"))) with lines linetype 2, \
    (m = 0.0, w = 0.0, NaN) notitle, \
    KNOBS_DATA."/curves.csv" using "step":(calm(column("loss_d"))) with lines linetype 1

set lmargin at screen 0.405; set rmargin at screen 0.575
set label 1 "{/:Bold what D says}, 0 to 1"
set yrange [0:1]; set ytics 0.2
dummy = curve_label("of real\nimages", end_real, 1) + curve_label("of generated\nones", end_fake, 2)
eval curve_labels
m = 0.0; w = 0.0; plot KNOBS_DATA."/curves.csv" using "step":(calm(column("fake"))) with lines linetype 2, \
    (m = 0.0, w = 0.0, NaN) notitle, \
    KNOBS_DATA."/curves.csv" using "step":(calm(column("real"))) with lines linetype 1

set lmargin at screen 0.735; set rmargin at screen 0.88
if (frechet) {
    set rmargin at screen 0.975
    set label 1 "{/:Bold Fréchet distance}"
    set logscale y; set ytics 1e-9, 10; set yrange [(worst > 10 ? 1 : 0.01 * worst):2 * worst]
    eval curve_labels
    plot KNOBS_DATA."/looks.csv" using "step":"frechet" with linespoints linetype 4 pointsize 0.6
} else {
    set label 1 "{/:Bold samples}"
    high = 1.1 * worst > 1.1 ? 1.1 * worst : 1.1
    set yrange [0:high]; set ytics nice(high / 5.0)
    dummy = curve_label("variety\n(of real\nimages: 1)", linear(variety, 0, high), 4) + \
        curve_label("distance to\nthe nearest\nreal image", linear(nearest, 0, high), 6)
    eval curve_labels
    plot KNOBS_DATA."/looks.csv" using "step":"variety" with linespoints linetype 4 pointsize 0.5, \
        KNOBS_DATA."/looks.csv" using "step":"nearest" with linespoints linetype 6 pointsize 0.5
}
unset multiplot
