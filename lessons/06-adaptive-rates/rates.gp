# What stands before the gradient of x and of y, step by step: straight, and turned by 45°.
# rates.csv: walk, step, x, y.
rows = KNOBS_DATA."/rates.csv"
dark = "#222222"; pale = "#555555"
name(k) = word("adagrad rmsprop adam", k)
title_of(k) = word("Adagrad RMSprop Adam", k)
how(row) = row == 1 ? "straight" : "turned"
shown = 250
unset key
set multiplot
set logscale y; set xrange [0:shown]; set yrange [5e-5:8]; set xtics 0, 100
do for [row = 1:2] { do for [k = 1:3] {
    set lmargin at screen 0.12 + 0.295 * (k - 1); set rmargin at screen 0.375 + 0.295 * (k - 1)
    set tmargin at screen (row == 1 ? 0.93 : 0.5); set bmargin at screen (row == 1 ? 0.57 : 0.14)
    if (k == 1) { set ytics ("10^{-4}" 1e-4, "10^{-2}" 1e-2, "1" 1) } else { set ytics ("" 1e-4, "" 1e-2, "" 1) }
    set ylabel (k == 1 ? how(row)."\n{/*0.8 rate / root of squares}" : "") offset 0.5, 0
    set xlabel (row == 2 ? "step" : ""); set format x (row == 2 ? "%g" : "")
    set label 1 (row == 1 ? "{/:Bold ".title_of(k)."}" : "") at graph 0.5, 1.07 center textcolor rgb dark
    is(where) = strcol("walk") eq where." ".name(k) && column("step") <= shown
    stats [*:*][*:*] rows using (is(how(row)) ? (last = column("step"), last_x = column("x"), last_y = column("y")) : 0, 0) nooutput
    if (row == 1) {
        set label 2 "x" at last, last_x offset character 0.8, 0.2 left textcolor rgb ink(2)
        set label 3 "y" at last, last_y offset character 0.8, 0 left textcolor rgb ink(4)
        set label 4 (k == 1 ? "100 times" : "") at last, sqrt(last_x * last_y) offset character 0.9, 0 left textcolor rgb dark
    } else {
        set label 2 "x and y" at 0.5 * shown, last_x offset character 0, -1.3 center textcolor rgb dark
        unset label 3; unset label 4
        set label 5 (k == 1 ? "SGD: 2/101" : "") at 0.98 * shown, 2.0 / 101 offset character 0, 0.7 right textcolor rgb pale
    }
    plot 2.0 / 101 with lines linecolor rgb "#999999" linewidth 1 dashtype (2,4), \
        rows using (is(how(row)) ? column("step") : NaN):"x" with lines linetype 2 dashtype 1 linewidth (row == 1 ? 2 : 5), \
        rows using (is(how(row)) ? column("step") : NaN):"y" with lines linetype 4 linewidth 2
} }
unset multiplot
