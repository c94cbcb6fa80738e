# One number on its curve, w²: at each point the tangent, and the step, which goes to the side by rate times slope; what the loss is
# there, the curve says. Four rates.
# walks.csv: walk, lr, step, x, y, loss. ends.csv: walk, lr, steps, arrived, diverged, words.
rows = KNOBS_DATA."/walks.csv"
dark = "#222222"; pale = "#555555"
array rate[8]; array how[8]; panels = 0
stats [*:*][*:*] KNOBS_DATA."/ends.csv" using (strcol("walk") eq "parabola" ? (panels = panels + 1, rate[panels] = column("lr"), \
    strlen(how[panels] = strcol("words"))) : 0, 0) nooutput
title_of(k) = k == 1 ? "too small" : k == 2 ? "good" : k == 3 ? "at the border, 2/L" : "too large"
what_of(k) = k == 3 ? "bounces for ever" : how[k]
shown = 14 # steps that are drawn
half(x) = 0.3 / sqrt(1 + 4 * x * x) # of a tangent's width: all are of the same length
# What is drawn is a small part of the file, which is read once.
set print $walk; print "lr,step,x,loss"; unset print
set table $walk append separator comma
plot rows using "lr":"step":"x":"loss" with table if (strcol("walk") eq "parabola" && column("step") <= shown)
unset table
is(k) = abs(column("lr") - rate[k]) < 1e-9

unset key; unset grid
set xrange [-2.05:2.05]; set yrange [-0.5:4]
set xtics -2, 1; set ytics 0, 1
set multiplot
do for [k = 1:panels] {
    right = (k - 1) % 2; low = int((k - 1) / 2)
    set lmargin at screen 0.07 + 0.48 * right; set rmargin at screen 0.5 + 0.48 * right
    set tmargin at screen 0.93 - 0.48 * low; set bmargin at screen 0.59 - 0.48 * low
    set xlabel (low ? "w" : "") offset 0, 0.4; set ylabel (right ? "" : "loss") offset 1, 0
    set label 1 sprintf("{/:Bold lr %g, %s:} %s", rate[k], title_of(k), what_of(k)) at graph 0.5, 1.08 center textcolor rgb dark
    if (k == 2) {
        set label 2 "tangent" at -1.2, 0.7 right textcolor rgb "#005a8f"
        set label 3 "step = − lr · slope" at -0.95, 1.35 left textcolor rgb "#b04a00"
    } else { unset label 2; unset label 3 }
    next(x) = column("step") == 0 ? (w = x, NaN) : (before = w, w = x, before) # the point before this one
    w = NaN; before = NaN
    plot x**2 with lines linecolor rgb "#bbbbbb" linewidth 3 dashtype 1, \
        $walk using (is(k) ? column("x") - half(column("x")) : NaN):(column("loss") - 2 * column("x") * half(column("x"))): \
            (2 * half(column("x"))):(4 * column("x") * half(column("x"))) with vectors nohead linecolor rgb "#0072b2" linewidth 2 dashtype 1, \
        $walk using (is(k) ? next(column("x")) : NaN):(before**2):(w - before):(0) \
            with vectors filled size screen 0.009, 22 linecolor rgb "#d55e00" linewidth 1.6 dashtype 1, \
        $walk using (is(k) ? (next(column("x")) == before ? w : NaN) : NaN):(before**2):(0):(w**2 - before**2) \
            with vectors nohead linecolor rgb "#d55e00" linewidth 1.2 dashtype (2,3), \
        $walk using (is(k) ? column("x") : NaN):"loss" with points pointtype 7 pointsize 0.9 linecolor rgb "#000000", \
        $walk using (is(k) ? column("x") : NaN):(-0.3) with points pointtype 7 pointsize 0.55 linecolor rgb "#000000"
}
unset multiplot
