# The losses of the two networks, what the discriminator says, and how good the samples are: only the last tells.
# curves.csv: step, loss_d, loss_g, real, fake; looks.csv: step, nearest, variety (of the real
# images'), frechet (garments alone).
dark = "#222222"; pale = "#555555"
frechet = 0
load KNOBS_FOLDER."/losses.gp"
stats KNOBS_DATA."/looks.csv" using ((frechet = strcol("frechet") ne "nan"), 0) nooutput
unset key; set xlabel "step" offset 0, 0.4; set xrange [0:steps * 1.0]; set xtics 0, steps > 4 ? steps / 4 : 1
set multiplot layout 1,3 margins 0.07, 0.972, 0.13, 0.9 spacing 0.075, 0

set label 1 "{/:Bold losses}" at graph 0, 1.05 left textcolor rgb dark
eval loss_range
set label 2 "generator" at graph 0.97, graph 0.93 right textcolor rgb "#d55e00"
set label 3 "discriminator" at graph 0.97, graph (low < 0 ? 0.04 : 0.17) right textcolor rgb "#000000"
m = 0.0; w = 0.0; plot KNOBS_DATA."/curves.csv" using "step":(calm(column("loss_g"))) with lines linetype 2, \
    (m = 0.0, w = 0.0, NaN) notitle, \
    KNOBS_DATA."/curves.csv" using "step":(calm(column("loss_d"))) with lines linetype 1

set label 1 "{/:Bold what D says} (sigmoid: 0 to 1)"
set yrange [0:1]
set label 2 "of real images" at graph 0.97, graph 0.68 right textcolor rgb "#000000"
set label 3 "of generated ones" at graph 0.97, graph 0.3 right textcolor rgb "#d55e00"
m = 0.0; w = 0.0; plot KNOBS_DATA."/curves.csv" using "step":(calm(column("fake"))) with lines linetype 2, \
    (m = 0.0, w = 0.0, NaN) notitle, \
    KNOBS_DATA."/curves.csv" using "step":(calm(column("real"))) with lines linetype 1

if (frechet) {
    set label 1 "{/:Bold Fréchet distance} to real ones"
    set logscale y; set yrange [1:*]; unset label 2; unset label 3
    plot KNOBS_DATA."/looks.csv" using "step":"frechet" with linespoints linetype 4 pointsize 0.6
} else {
    set label 1 "{/:Bold samples}"
    set yrange [0:1.1]
    set label 2 "their variety\n(real images: 1)" at graph 0.97, graph 0.64 right textcolor rgb "#0072b2"
    set label 3 "distance to the\nnearest real one" at graph 0.97, graph 0.17 right textcolor rgb "#007355"
    plot KNOBS_DATA."/looks.csv" using "step":"variety" with linespoints linetype 4 pointsize 0.5, \
        KNOBS_DATA."/looks.csv" using "step":"nearest" with linespoints linetype 6 pointsize 0.5
}
unset multiplot
