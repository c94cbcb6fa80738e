# What is in the way: four surfaces, a walk on each, and how it ended.
# walks.csv: walk, lr, step, x, y, loss. ends.csv: walk, lr, steps, arrived, diverged, words. surface-NAME.csv: x, y, loss.
rows = KNOBS_DATA."/walks.csv"
ends = KNOBS_DATA."/ends.csv"
dark = "#222222"; pale = "#555555"
load KNOBS_COMMON."/contour.gp"
walk(k) = word("ravine saddle plateau well", k)
map(k) = word("ravine saddle plateau two-wells", k)
wanted(k) = k == 1 ? 0.002 : 0 # of the ravine's walks; 0: there is one
array lr[4]; array arrived[4]; array slow[4]
belongs(k) = strcol("walk") eq walk(k) && (wanted(k) == 0 || abs(column("lr") - wanted(k)) < 1e-9)
do for [k = 1:4] {
    stats [*:*][*:*] ends using (belongs(k) ? (lr[k] = column("lr"), arrived[k] = column("arrived")) : 0, 0) nooutput
}
array early[4] # of the plateau, the steps before the loss has fallen by a half; of the saddle, those near its middle
title_of(k) = k == 1 ? "a ravine" : k == 2 ? "a saddle" : k == 3 ? "a plateau" : "a local minimum"
what(k) = k == 1 ? sprintf("%s steps, nearly all on the floor", thousands(arrived[k])) : k == 2 ? sprintf("%d steps to leave it", early[k]) : \
    k == 3 ? sprintf("%d of %d steps to leave it", early[k], arrived[k]) : "the other well is deeper"
unset key; unset grid; set border 15
set multiplot
do for [k = 1:4] {
    set print $walk; print "step,x,y,loss"; unset print # of the walks this one, so that the large file is read once
    set table $walk append separator comma
    plot [*:*][*:*] rows using "step":"x":"y":"loss" with table if (belongs(k))
    unset table
    early[k] = 0
    stats [*:*][*:*] $walk using ((k == 2 ? abs(column("y")) < 0.1 : column("loss") > 0.5) ? (early[k] = column("step")) : 0, 0) nooutput
    surface = KNOBS_DATA."/surface-".map(k).".csv"
    map_levels = map(k) eq "two-wells" ? 16 : 8; eval map_read; eval map_contour
    right = (k - 1) % 2; low = int((k - 1) / 2); set xtics k == 3 ? 2 : 1; set ytics k == 3 ? 2 : 1
    set lmargin at screen 0.06 + 0.49 * right; set rmargin at screen 0.48 + 0.49 * right
    set tmargin at screen 0.93 - 0.49 * low; set bmargin at screen 0.56 - 0.49 * low
    set label 1 sprintf("{/:Bold %s:} {/*0.9 %s}", title_of(k), what(k)) at graph 0.5, 1.08 center textcolor rgb dark
    fx = NaN; fy = NaN; sx = NaN; sy = NaN
    stats [*:*][*:*] $walk using (column("step") == 0 ? (sx = column("x"), sy = column("y")) : 0, \
        column("x") >= map_left && column("x") <= map_right && column("y") >= map_low && column("y") <= map_high ? (fx = column("x"), fy = column("y")) : 0, 0) nooutput
    set label 2 "start" at sx, sy offset character (k == 1 ? -3 : 1), (k == 1 ? 0 : 0.9) center front textcolor rgb "#b04a00"
    plot @map_shade, @map_lines, $walk using "x":"y" with linespoints linetype 2 dashtype 1 pointtype 7 pointsize 0.45, \
        "+" using (sx):(sy) every ::0::0 with points pointtype 7 pointsize 1 linecolor rgb "#b04a00", \
        "+" using (fx):(fy) every ::0::0 with points pointtype (k == 2 ? 9 : 7) pointsize 1.3 linecolor rgb "#000000"
}
unset multiplot
