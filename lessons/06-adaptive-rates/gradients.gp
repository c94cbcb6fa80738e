# Not a schedule: RMSprop on the plateau from two starts. Left, the way of each; right, its rate for x, which follows the gradient.
# walks.csv, surface-plateau.csv; rates.csv: walk, step, x, y.
rows = KNOBS_DATA."/walks.csv"; rates = KNOBS_DATA."/rates.csv"
surface = KNOBS_DATA."/surface-plateau.csv"
dark = "#222222"; pale = "#555555"
load KNOBS_COMMON."/contour.gp"
map_levels = 8; eval map_read; eval map_contour
is(where) = strcol("walk") eq where." rmsprop"
unset key; unset grid
set multiplot
set border 15
set lmargin at screen 0.08; set rmargin at screen 0.45; set tmargin at screen 0.88; set bmargin at screen 0.14
set xrange [-3.8:1.2]; set yrange [-1.5:3.3]; set ytics 1; set xlabel "x"; set ylabel "y" offset 0.3, 0
set label 1 "{/:Bold The plateau}" at graph 0, 1.07 left textcolor rgb dark
set label 2 "far start" at -3.2, 2.4 offset character -1, 1 left front textcolor rgb ink(2)
set label 3 "near start" at -1.2, 0.9 offset character 0.5, 1 left front textcolor rgb ink(4)
plot @map_shade, @map_lines, rows using (is("far") ? column("x") : NaN):"y" with lines linetype 2 dashtype 1, \
    rows using (is("far") && int(column("step")) % 20 == 0 ? column("x") : NaN):"y" with points pointtype 7 pointsize 0.7 linecolor rgb ink(2), \
    rows using (is("near") ? column("x") : NaN):"y" with lines linetype 4, \
    rows using (is("near") && int(column("step")) % 20 == 0 ? column("x") : NaN):"y" with points pointtype 5 pointsize 0.7 linecolor rgb ink(4)
unset label 2; unset label 3
set border 3; set grid
set lmargin at screen 0.56; set rmargin at screen 0.97
set logscale y; set xrange [0:400]; set xtics 0, 100; set yrange [5e-3:50]; set ytics ("0.01" 0.01, "0.1" 0.1, "1" 1, "10" 10)
set xlabel "step"; set ylabel "rate / root of squares, for x" offset 0.5, 0
set label 1 "{/:Bold One optimizer: rate 0.01, alpha 0.9}"
set label 4 "far start: flat, a high rate" at 25, 18 left textcolor rgb ink(2)
set label 5 "near start: steep, a low one" at 5, 0.0075 left textcolor rgb ink(4)
set label 6 "steep\nhere too" at 268, 0.024 left textcolor rgb dark
plot rates using (is("far") ? column("step") : NaN):"x" with lines linetype 2 dashtype 1, \
    rates using (is("near") ? column("step") : NaN):"x" with lines linetype 4
unset multiplot
