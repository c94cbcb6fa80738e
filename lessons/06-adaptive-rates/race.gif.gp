# The straight ravine and the turned one, all four at the same step at the same time; below, how far each is from the bottom.
# walks.csv: walk, lr, step, x, y, loss. ends.csv: walk, lr, steps, arrived, … surface-straight.csv, surface-turned.csv: x, y, loss.
rows = KNOBS_DATA."/walks.csv"
dark = "#222222"; pale = "#555555"
load KNOBS_COMMON."/contour.gp"
map_levels = 9
name(k) = word("sgd adagrad rmsprop adam", k)
title_of(k) = word("SGD Adagrad RMSprop Adam", k)
how(side) = side == 1 ? "straight" : "turned"
type(k) = word("1 2 4 6", k) + 0
mark(k) = word("7 4 9 12", k) + 0
last = 240 # step that is shown
array px[8 * (last + 1)]; array py[8 * (last + 1)]; array length[8]; array needs[8]
of(side, k) = 4 * (side - 1) + k
at(side, k, step) = (of(side, k) - 1) * (last + 1) + (step > length[of(side, k)] ? length[of(side, k)] : step) + 1
distance(side, k, step) = sqrt(px[at(side, k, step)]**2 + py[at(side, k, step)]**2)
do for [side = 1:2] { do for [k = 1:4] {
    which = of(side, k); length[which] = last
    stats [*:*][*:*] KNOBS_DATA."/ends.csv" using (strcol("walk") eq how(side)." ".name(k) ? (needs[which] = column("arrived")) : 0, 0) nooutput
    stats [*:*][*:*] rows using (strcol("walk") eq how(side)." ".name(k) && column("step") <= last ? (length[which] = int(column("step")), \
        i = (which - 1) * (last + 1) + length[which] + 1, px[i] = column("x"), py[i] = column("y")) : 0, 0) nooutput
} }
surface = KNOBS_DATA."/surface-straight.csv"; eval map_read; eval map_contour
set print $straight; print "x,y"; do for [i = 2:|$map|] { print $map[i] }; set print
surface = KNOBS_DATA."/surface-turned.csv"; eval map_read; eval map_contour
set terminal gif animate delay 14 loop 0 optimize size 800, 560 font "DejaVuSans,11" background "#ffffff"
set output KNOBS_OUTPUT
unset key
frames = 36
do for [frame = 0:frames + 8] {
    step = frame < 20 ? frame : frame < frames ? 20 + 13 * (frame - 20) : last # slowly at first
    step = step > last ? last : step
    set multiplot
    do for [side = 1:2] {
        set lmargin at screen 0.08 + 0.47 * (side - 1); set rmargin at screen 0.49 + 0.47 * (side - 1)
        unset grid; set border 15; unset xtics; unset ytics; unset logscale; set xlabel; set ylabel
        set tmargin at screen 0.93; set bmargin at screen 0.46
        if (side == 1) { set xrange [-1.2:1.2]; set yrange [-1.2:1.2] } else { set xrange [-1:1.6]; set yrange [-0.6:1.6] }
        set label 1 (side == 1 ? "{/:Bold straight}" : "{/:Bold turned by 45°}") at graph 0.5, 1.05 center textcolor rgb dark
        if (side == 1) { set label 2 sprintf("step %d", step) at graph 0.03, 0.06 left textcolor rgb dark } else { unset label 2 }
        set print $tail; print "k,x,y"
        do for [k = 1:4] { do for [j = (step > 8 ? step - 8 : 0):step] { print sprintf("%d,%g,%g", k, px[at(side, k, j)], py[at(side, k, j)]) } }
        set print
        set print $curves; print "step,a,b,c,d"
        do for [j = 0:step] { print sprintf("%d,%g,%g,%g,%g", j, distance(side, 1, j), distance(side, 2, j), distance(side, 3, j), distance(side, 4, j)) }
        set print
        if (side == 1) {
            plot $straight using 1:2 with lines linecolor rgb "#bbbbbb" linewidth 0.7 dashtype 1, \
                for [k = 1:4] $tail using ($1 == k ? $2 : NaN):3 with lines linetype type(k) dashtype 1 linewidth 1.5, \
                for [k = 1:4] "+" using (px[at(side, k, step)]):(py[at(side, k, step)]) every ::0::0 with points pointtype mark(k) pointsize 1.6 linewidth 2 linecolor rgb ink(type(k))
        } else {
            plot $map using 1:2 with lines linecolor rgb "#bbbbbb" linewidth 0.7 dashtype 1, \
                for [k = 1:4] $tail using ($1 == k ? $2 : NaN):3 with lines linetype type(k) dashtype 1 linewidth 1.5, \
                for [k = 1:4] "+" using (px[at(side, k, step)]):(py[at(side, k, step)]) every ::0::0 with points pointtype mark(k) pointsize 1.6 linewidth 2 linecolor rgb ink(type(k))
        }
        unset label 1; unset label 2
        set border 3; set xtics nomirror 0, 80; set xlabel "step"; if (side == 1) { set ylabel "distance" offset 1, 0 }
        set xrange [0:last]; set logscale y; set yrange [5e-7:10]; set ytics nomirror ("1" 1, "10^{-3}" 1e-3, "10^{-6}" 1e-6)
        set tmargin at screen 0.41; set bmargin at screen 0.2
        do for [k = 1:4] {
            set label 10 + k sprintf("{/:Bold %s} %s", title_of(k), frame < frames && step < needs[of(side, k)] ? "" : needs[of(side, k)] > 0 ? \
                (needs[of(side, k)] > step ? "needs " : "").thousands(int(needs[of(side, k)])) : frame < frames ? "" : "never") \
                at screen 0.1 + 0.47 * (side - 1) + 0.2 * ((k - 1) % 2), screen 0.08 - 0.045 * int((k - 1) / 2) left textcolor rgb ink(type(k)) \
                point pointtype mark(k) pointsize 1.2 linewidth 2 linecolor rgb ink(type(k)) offset 1.2, 0
        }
        plot for [k = 1:4] $curves using ($1 <= length[of(side, k)] ? $1 : NaN):(column(k + 1)) with linespoints linetype type(k) linewidth 2 pointtype mark(k) pointsize 1 pointinterval 20
        do for [k = 1:4] { unset label 10 + k }
    }
    unset multiplot
}
