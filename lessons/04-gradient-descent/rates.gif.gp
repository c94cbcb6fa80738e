# Four rates on the ravine, at the same step at the same time.
# walks.csv: walk, lr, step, x, y, loss. ends.csv: walk, lr, … surface-ravine.csv: x, y, loss.
rows = KNOBS_DATA."/walks.csv"
surface = KNOBS_DATA."/surface-ravine.csv"
dark = "#222222"
load KNOBS_COMMON."/contour.gp"
eval map_read; eval map_contour
array rate[8]; panels = 0
stats [*:*][*:*] KNOBS_DATA."/ends.csv" using (strcol("walk") eq "ravine" ? (panels = panels + 1, rate[panels] = column("lr")) : 0, 0) nooutput
last = 160 # step that is shown
array px[8 * 161]; array py[8 * 161]
at(k, step) = (k - 1) * (last + 1) + step + 1
of(lr) = sum [k = 1:panels] (abs(lr - rate[k]) < 1e-6 ? k : 0)
stats [*:*][*:*] rows using (strcol("walk") eq "ravine" && column("step") <= last ? (i = at(of(column("lr")), int(column("step"))), \
    px[i] = column("x"), py[i] = column("y")) : 0, 0) nooutput
number(k) = abs(rate[k] - 2.0 / 101) < 1e-6 ? "2/101" : sprintf("%g", rate[k])
set terminal gif animate delay 12 loop 0 optimize size 800, 260 font "DejaVuSans,11" background "#ffffff"
set output KNOBS_OUTPUT
unset key; unset grid; set border 15; unset ytics; unset xtics
set xrange [-0.1:1.15]; set yrange [-1.2:1.2]
frames = 50
do for [frame = 0:frames] {
    step = frame < 24 ? frame : 24 + 5 * (frame - 24) # slowly at first; then odd and even ones in turn, for a zigzag to be seen
    set multiplot
    do for [k = 1:panels] {
        set lmargin at screen 0.01 + 0.248 * (k - 1); set rmargin at screen 0.24 + 0.248 * (k - 1)
        set tmargin at screen 0.84; set bmargin at screen 0.03
        set label 1 sprintf("{/:Bold lr %s}", number(k)) at graph 0.5, 1.08 center textcolor rgb ink(k)
        if (k == 1) { set label 2 sprintf("step %d", step) at graph 0.03, 0.93 left textcolor rgb dark } else { unset label 2 }
        if (abs(py[at(k, step)]) > 1.2) { set label 3 sprintf("outside: |y| is %.1f", abs(py[at(k, step)])) at graph 0.03, 0.93 left front textcolor rgb ink(k) } else { unset label 3 }
        set print $tail; print "x,y"
        do for [j = (step > 12 ? step - 12 : 0):step] { print sprintf("%g,%g", px[at(k, j)], py[at(k, j)]) }
        set print
        plot @map_lines, $tail using 1:2 with lines linetype k dashtype 1 linewidth 1.5, \
            $tail using (px[at(k, step)]):(py[at(k, step)]) with points pointtype 7 pointsize 1.6 linecolor rgb ink(k)
    }
    unset multiplot
}
