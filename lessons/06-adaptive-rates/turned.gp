# The same ravine straight and turned by 45°, with its start: four algorithms, and the steps that each takes.
# walks.csv: walk, lr, step, x, y, loss. ends.csv: walk, lr, steps, arrived, … surface-straight.csv, surface-turned.csv: x, y, loss.
rows = KNOBS_DATA."/walks.csv"
dark = "#222222"; pale = "#555555"
load KNOBS_COMMON."/contour.gp"
map_levels = 7
name(k) = word("sgd adagrad rmsprop adam", k)
title_of(k) = word("SGD Adagrad RMSprop Adam", k)
how(row) = row == 1 ? "straight" : "turned"
type(k) = word("1 2 4 6", k) + 0
array steps[8]
do for [row = 1:2] { do for [k = 1:4] {
    stats [*:*][*:*] KNOBS_DATA."/ends.csv" using (strcol("walk") eq how(row)." ".name(k) ? (steps[4 * row + k - 4] = column("arrived")) : 0, 0) nooutput
} }
told(n) = n > 0 ? thousands(n)." steps" : "never"
is(row, k) = strcol("walk") eq how(row)." ".name(k)
unset key; unset grid; set border 15
set multiplot
do for [row = 1:2] {
    surface = KNOBS_DATA."/surface-".how(row).".csv"
    set format x "%g"; set format y "%g" # contours are written in them
    eval map_read; eval map_contour
    set xtics -1, 1; set ytics -1, 1
    do for [k = 1:4] {
        set lmargin at screen 0.09 + 0.228 * (k - 1); set rmargin at screen 0.3 + 0.228 * (k - 1)
        set tmargin at screen (row == 1 ? 0.88 : 0.43); set bmargin at screen (row == 1 ? 0.53 : 0.08)
        set format y (k == 1 ? "%g" : ""); set format x (row == 2 ? "%g" : "")
        set ylabel (k == 1 ? how(row) eq "turned" ? "turned by 45°" : "straight" : "") offset 0.5, 0 font ",15"
        set label 1 (row == 1 ? "{/:Bold ".title_of(k).":} ".told(steps[k]) : told(steps[4 + k])) at graph 0.5, 1.08 center textcolor rgb ink(type(k))
        plot @map_lines, rows using (is(row, k) && column("step") < (k == 1 ? 200 : 2100) ? column("x") : NaN):"y" with lines linetype type(k) dashtype 1 linewidth (k == 1 ? 0.5 : 1.4), \
            rows using (is(row, k) && column("step") < 60 ? column("x") : NaN):"y" with points pointtype 7 pointsize 0.4 linecolor rgb ink(type(k)), \
            "+" using (0):(0) every ::0::0 with points pointtype 1 pointsize 1.5 linecolor rgb "#000000", \
            "+" using (row == 1 ? 1 : 0):(row == 1 ? 1 : sqrt(2)) every ::0::0 with points pointtype 7 pointsize 1 linecolor rgb "#000000"
    }
}
unset multiplot
