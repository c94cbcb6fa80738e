# The gallery, one page for the wall: a cell a curve over 100 steps, with the expression that made it; its kind's formula and knobs, once.
# kinds.csv: kind, expression, formula, knobs (their commas are semicolons), a row a curve; gallery.csv: curve, step, value, curve after curve.
if (KNOBS_KIND eq "svg") { set terminal svg size 900,1560 dynamic enhanced font "DejaVu Sans,Arial,sans-serif,13" fontscale 1.333 background "#ffffff" linewidth 1 }
if (KNOBS_KIND eq "png") {
    if (strstrt(GPVAL_TERMINALS, "pngcairo") > 0) { set terminal pngcairo size 1800,3120 enhanced font "DejaVu Sans,13" fontscale 2 linewidth 2 background "#ffffff"
    } else { set terminal png size 1800,3120 enhanced font "DejaVuSans,11" fontscale 2 linewidth 2 }
}
set output KNOBS_OUTPUT
array kind[64]; array expression[64]; array formula[64]; array knobs[64]; array least[64]; array most[64]; kinds = 0
commas(text) = (cut = strstrt(text, ";"), cut ? text[1:cut - 1].",".commas(text[cut + 1:*]) : text)
plain(text) = (cut = strstrt(text, "_"), cut ? text[1:cut - 1]."\\_".plain(text[cut + 1:*]) : text) # _ lowers what follows
tight(text) = (cut = strstrt(text, " = "), cut ? text[1:cut - 1]."=".tight(text[cut + 3:*]) : text)
# The text in lines of at most n letters, broken at spaces.
space_before(text, n) = n < 2 ? 0 : text[n:n] eq " " ? n : space_before(text, n - 1)
wrapped(text, n) = strlen(text) <= n ? text : (cut = space_before(text, n + 1), cut ? text[1:cut - 1]."\n".wrapped(text[cut + 1:*], n) : text)
stats KNOBS_DATA."/kinds.csv" using (kinds = kinds + 1, kind[kinds] = strcol("kind"), expression[kinds] = commas(strcol("expression")), \
    formula[kinds] = wrapped(commas(strcol("formula")), 41), \
    strlen(knobs[kinds] = tight(commas(strcol("knobs"))))) nooutput
stats KNOBS_DATA."/gallery.csv" using (k = int(column("curve")), v = column("value"), column("step") > 0 ? \
    (least[k] = v < least[k] ? v : least[k], most[k] = v > most[k] ? v : most[k]) : (least[k] = v, most[k] = v), 0) nooutput

set multiplot
unset key; unset tics; unset border; unset grid
set lmargin at screen 0; set rmargin at screen 1; set bmargin at screen 0; set tmargin at screen 1
set xrange [0:900]; set yrange [0:1560] # pixels
rows = int((kinds + 2) / 3); tall = 1495.0 / rows; wide = 288.0
x(k) = 20 + wide * ((k - 1) % 3) + 6 * ((k - 1) % 3)
y(k) = 1505 - tall * int((k - 1) / 3) # the cell's upper edge
set label 1 "{/:Bold The gallery of schedules:} what a knob is set to, and when" at 20, 1536 left font ",17" textcolor rgb "#222222"
do for [k = 1:kinds] {
    rest = expression[k][strlen(kind[k]) + 1:*]
    set label 10 * k "{/:Bold ".plain(kind[k])."}".plain(rest) at x(k), y(k) - 8 left font (strlen(expression[k]) > 48 ? ",7.5" : strlen(expression[k]) > 40 ? ",8" : strlen(expression[k]) > 28 ? ",9.5" : ",11") textcolor rgb "#222222"
    if (k > 1 && kind[k] eq kind[k - 1]) { continue }
    set label 10 * k + 1 formula[k] at x(k), y(k) - 94 left noenhanced font ",9" textcolor rgb "#222222"
    set label 10 * k + 2 wrapped(knobs[k][strlen(kind[k]) + 2:strlen(knobs[k]) - 1], 41) at x(k), y(k) - 94 - 14 * lines(formula[k]) left noenhanced font ",9" textcolor rgb ink(4)
}
set label 2 "{/:Bold How to read it}\nThe curve is what the expression above it\nsays, over 100 steps. Below: the value at a\nstep; then its arguments, with their defaults." at x(kinds + 1), y(kinds + 1) - 8 left font ",9.5" textcolor rgb "#222222"
set label 3 "make lesson-15 \\\n  ARGS=\"--schedule 'cosine(0.1, 0, steps)'\"" at x(kinds + 1), y(kinds + 1) - 78 left noenhanced font ",9.5" textcolor rgb ink(2)
plot NaN notitle
unset label 2; unset label 3
do for [k = 1:kinds] { unset label 10 * k; unset label 10 * k + 1; unset label 10 * k + 2 }
unset label 1
set border 3; set tics nomirror scale 0.4
set xrange [0:99]; set xtics nomirror ("0" 0, "100" 99) offset 0, 0.6 font ",8"
do for [k = 1:kinds] {
    low = most[k] > least[k] && least[k] > 0.5 * most[k] ? least[k] : 0
    set lmargin at screen (x(k) + 28) / 900; set rmargin at screen (x(k) + wide - 20) / 900
    set tmargin at screen (y(k) - 20) / 1560; set bmargin at screen (y(k) - 74) / 1560
    set yrange [low:most[k] + 0.04 * (most[k] - low)]
    set ytics nomirror (sprintf("%g", low) low, sprintf("%.2g", most[k]) most[k]) offset 0.6, 0 font ",8"
    plot KNOBS_DATA."/gallery.csv" using (column("curve") == k ? column("step") : NaN):"value" with lines linetype 4 dashtype 1 linewidth 2.2
}
unset multiplot
