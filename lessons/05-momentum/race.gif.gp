# The three at the same step at the same time; below, how far each is from the bottom.
# walks.csv: walk, lr, step, x, y, loss. ends.csv: walk, lr, steps, arrived, … surface-ravine.csv: x, y, loss.
rows = KNOBS_DATA."/walks.csv"
surface = KNOBS_DATA."/surface-ravine.csv"
dark = "#222222"; pale = "#555555"
load KNOBS_COMMON."/contour.gp"
map_levels = 9; eval map_read; eval map_contour
name(k) = k == 1 ? "plain" : k == 2 ? "heavy ball" : "Nesterov"
title_of(k) = k == 1 ? "no momentum" : name(k)
type(k) = word("1 2 4", k) + 0
last = 160 # step that is shown
array px[3 * (last + 1)]; array py[3 * (last + 1)]; array length[3]; array needs[3]
at(k, step) = (k - 1) * (last + 1) + (step > length[k] ? length[k] : step) + 1
do for [k = 1:3] {
    length[k] = last
    stats [*:*][*:*] KNOBS_DATA."/ends.csv" using (strcol("walk") eq name(k) ? (needs[k] = column("arrived")) : 0, 0) nooutput
    stats [*:*][*:*] rows using (strcol("walk") eq name(k) && column("step") <= last ? (length[k] = int(column("step")), i = (k - 1) * (last + 1) + length[k] + 1, \
        px[i] = column("x"), py[i] = column("y")) : 0, 0) nooutput
}
distance(k, step) = sqrt(px[at(k, step)]**2 + py[at(k, step)]**2)
set terminal gif animate delay 14 loop 0 optimize size 800, 460 font "DejaVuSans,11" background "#ffffff"
set output KNOBS_OUTPUT
unset key
frames = 48
do for [frame = 0:frames + 8] {
    step = frame < 24 ? frame : frame < frames ? 24 + 6 * (frame - 24) + frame % 2 : last # slowly at first; then odd and even ones in turn
    step = step > last ? last : step
    set multiplot
    unset grid; set border 15; unset xtics; unset ytics; unset logscale; set xlabel; set ylabel
    set xrange [-0.25:1.15]; set yrange [-4:4]
    set tmargin at screen 0.9; set bmargin at screen 0.45
    do for [k = 1:3] {
        set lmargin at screen 0.09 + 0.305 * (k - 1); set rmargin at screen 0.36 + 0.305 * (k - 1)
        set label 1 sprintf("{/:Bold %s}%s", title_of(k), step >= length[k] && length[k] < last ? sprintf(": there after %d", length[k]) : frame >= frames ? sprintf(": needs %d", needs[k]) : "") at graph 0.5, 1.07 center textcolor rgb ink(type(k))
        set print $tail; print "x,y"
        do for [j = (step > 12 ? step - 12 : 0):step] { print sprintf("%g,%g", px[at(k, j)], py[at(k, j)]) }
        set print
        plot @map_lines, $tail using 1:2 with lines linetype type(k) dashtype 1 linewidth 1.5, \
            $tail using (px[at(k, step)]):(py[at(k, step)]) with points pointtype 7 pointsize 1.6 linecolor rgb ink(type(k))
    }
    unset label 1
    set border 3; set xtics nomirror 0, 40; set xlabel "step"; set ylabel "distance"
    set xrange [0:last]; set logscale y; set yrange [5e-7:10]; set ytics nomirror ("1" 1, "10^{-3}" 1e-3, "10^{-6}" 1e-6)
    set lmargin at screen 0.12; set rmargin at screen 0.97; set tmargin at screen 0.38; set bmargin at screen 0.14
    set label 2 sprintf("step %d", step) at graph 0.98, 0.9 right textcolor rgb dark
    set print $curves; print "step,plain,ball,nesterov"
    do for [j = 0:step] { print sprintf("%d,%g,%g,%g", j, distance(1, j), distance(2, j), distance(3, j)) }
    set print
    plot for [k = 1:3] $curves using ($1 <= length[k] ? $1 : NaN):(column(k + 1)) with lines linetype type(k) linewidth 2, \
        for [k = 1:3] "+" using (step < length[k] ? step : length[k]):(distance(k, step)) every ::0::0 with points pointtype 7 pointsize 1.2 linecolor rgb ink(type(k))
    unset label 2
    unset multiplot
}
