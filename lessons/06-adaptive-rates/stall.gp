# RMSprop on the turned ravine: how far it is from the bottom, with a constant rate and with one that falls to 0; and where it goes to and fro.
# walks.csv: walk, lr, step, x, y, loss. ends.csv: walk, lr, steps, arrived, …
rows = KNOBS_DATA."/walks.csv"
dark = "#222222"; pale = "#555555"
is(falls) = strcol("walk") eq (falls ? "turned rmsprop freed" : "turned rmsprop")
stats [*:*][*:*] KNOBS_DATA."/ends.csv" using (is(1) ? (freed = column("arrived")) : is(0) ? (lr = column("lr")) : 0, 0) nooutput
unset key
set multiplot
set lmargin at screen 0.1; set rmargin at screen 0.62; set tmargin at screen 0.9; set bmargin at screen 0.14
set logscale y; set xrange [0:2000]; set yrange [3e-7:3]; set xtics 0, 500; set ytics ("1" 1, "10^{-2}" 1e-2, "10^{-4}" 1e-4, "10^{-6}" 1e-6)
set xlabel "step"; set ylabel "distance" offset 1, 0
set label 1 "{/:Bold How far from the bottom}" at graph 0, 1.06 left textcolor rgb dark
set label 2 sprintf("rate %g: it ends %.4f away", lr, lr / sqrt(2)) at 1980, 0.05 right textcolor rgb ink(2)
set label 3 sprintf("the rate falls to 0\nalong a cosine:\nthere after %s steps", thousands(int(freed))) at 850, 1e-5 center textcolor rgb ink(1)
plot rows using (is(0) ? column("step") : NaN):(sqrt(column("x")**2 + column("y")**2)) with lines linetype 2 dashtype 1, \
    rows using (is(1) ? column("step") : NaN):(sqrt(column("x")**2 + column("y")**2)) with lines linetype 1
unset logscale; unset label 2; unset label 3
set lmargin at screen 0.72; set rmargin at screen 0.97; set tmargin at screen 0.75; set bmargin at screen 0.33
set border 15; unset grid
half = lr / 2
set xrange [-1.6 * half:1.6 * half]; set yrange [-1.6 * half:1.6 * half]
set xtics ("−lr/2" -half, "0" 0, "lr/2" half); set ytics ("−lr/2" -half, "0" 0, "lr/2" half); set xlabel "x"; set ylabel "y" offset 1.5, 0
set label 1 "{/:Bold At the end: to and fro}" at graph 0.5, 1.1 center
plot rows using (is(0) && column("step") > 2400 ? column("x") : NaN):"y" with linespoints linetype 2 dashtype 1 pointtype 7 pointsize 1.2, \
    "+" using (0):(0) every ::0::0 with points pointtype 1 pointsize 2 linewidth 2 linecolor rgb "#000000"
unset multiplot
