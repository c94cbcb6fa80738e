# Network-1: One step of training as it was recorded: 1 forward through the operations, 2 the loss, 3 backward, 4 the optimizer's step; with the work of each.
# Elsewhere: it has the update as an arrow back through the layers. No layer takes part in it: the optimizer reads gradients and writes values, and
# sees no operation. And backward is no afterthought: it is about as much work as
# forward.
#
# network.csv: name, value, more: four rows phase, its count in a step (multiply-adds; of step the numbers it moves); a row algorithm,
# knob, knob; then a row an operation: its name, the shape of its output, its parameters (with | between them; - for none).
unset border; unset tics; unset grid; unset key
set lmargin 0; set rmargin 0; set tmargin 0; set bmargin 0
set xrange [0:90]; set yrange [0:56] # a unit is 10 pixels
dark = "#222222"; pale = "#555555"; blue = "#00527f"; sky = "#cfe4f2"; red = "#a03000"; grey = "#f1f1f1"
array name[32]; array value[32]; array more[32]; n = -5
array count[4]; optimizer = ""
upper(text) = text eq "sgd" ? "SGD" : text
stats KNOBS_DATA."/network.csv" using (n = n + 1, \
    n < 0 ? (count[n + 5] = column("value")) : n == 0 ? strlen(optimizer = upper(strcol("name")).", ".strcol("value").", ".strcol("more")) : \
    (name[n] = strcol("name"), value[n] = strcol("value"), strlen(more[n] = strcol("more"))), 0) nooutput
rows(text) = (cut = strstrt(text, "|"), cut > 0 ? text[1:cut - 1]."\n".rows(text[cut + 1:*]) : text)
spaced(text) = (cut = strstrt(text, "_"), cut > 0 ? text[1:cut - 1]." ".text[cut + 1:*] : text)
work(x) = (x >= 1e9 ? sprintf("%.1f billion", x / 1e9) : x >= 1e6 ? sprintf("%.1f million", x / 1e6) : thousands(x))
wide = 86.0 / n; half = wide * 0.42
x(i) = 2 + wide * (i - 0.5)
font = n > 6 ? ",9" : ",12"

# 1 forward above the operations, which end in 2 the loss
set label "{/:Bold 1 forward} — each operation computes its output" at x(1) - half, 54 left textcolor rgb dark
set label work(count[1])." multiply-adds" at x(1) - half, 51.6 left textcolor rgb pale font ",12"
set label "{/:Bold 2 loss} — one number" at x(n) + half, 54 right textcolor rgb dark
set arrow from x(1) - half, 49.2 to x(n) + half, 49.2 linecolor rgb dark linewidth 3 filled size 1.5, 20

# 3 backward, from the loss back to the first parameters
array holds[32]; holders = 0
do for [i = 1:n] { if (more[i] ne "-") { holders = holders + 1; holds[holders] = i } }
set arrow from x(n) + half, 33 to x(holds[1]) - half, 33 linecolor rgb red linewidth 3 filled size 1.5, 20
set label "{/:Bold 3 backward} —\nthe gradients,\nfrom the loss\nback" at x(1) - half, 32.6 left textcolor rgb red
set label work(count[3])."\nmultiply-adds" at x(1) - half, 22.8 left textcolor rgb pale font ",12"

# 4 step: the optimizer sees parameters alone
left = x(holds[1]) - half
set object rectangle from left, 3 to x(n) + half, 9.5 fillstyle solid 1 border linecolor rgb blue fillcolor rgb sky linewidth 2
set label "{/:Bold 4 step} — the optimizer (".optimizer.")" at (left + x(n) + half) / 2, 7.4 center textcolor rgb blue
set label "moves ".thousands(count[4])." numbers" at (left + x(n) + half) / 2, 4.9 center textcolor rgb pale font ",12"

do for [i = 1:n] {
    set object rectangle from x(i) - half, 38.5 to x(i) + half, 46.5 fillstyle solid 1 border linecolor rgb dark fillcolor rgb grey linewidth 1.5
    set label "{/:Bold ".spaced(name[i])."}" at x(i), 44 center textcolor rgb dark font font
    set label value[i] at x(i), 40.8 center textcolor rgb dark font font
    if (i < n) { set arrow from x(i) + half, 42.5 to x(i + 1) - half, 42.5 filled size 1, 25 linecolor rgb dark linewidth 2 }
    if (more[i] ne "-") {
        a = x(i) - wide * 0.2; b = x(i) + wide * 0.2
        set object rectangle from x(i) - wide * 0.47, 18 to x(i) + wide * 0.47, 24.5 fillstyle solid 1 border linecolor rgb blue fillcolor rgb sky linewidth 2
        set label rows(more[i]) at x(i), 21.25 offset character 0, lift(rows(more[i])) center textcolor rgb blue font (n > 6 ? ",8" : ",11")
        set arrow from a, 24.5 to a, 38.5 filled size 1, 25 linecolor rgb blue linewidth 2
        set label "values" at a - 0.7, 29 right textcolor rgb blue font font
        set arrow from b, 33 to b, 24.5 filled size 1, 25 linecolor rgb red linewidth 2
        set label "gradients" at b + 0.7, 29 left textcolor rgb red font font
        set arrow from a, 18 to a, 9.5 filled size 1, 25 linecolor rgb red linewidth 2
        set label "gradients" at a - 0.7, 14 right textcolor rgb red font font
        set arrow from b, 9.5 to b, 18 filled size 1, 25 linecolor rgb blue linewidth 2
        set label "new values" at b + 0.7, 14 left textcolor rgb blue font font
    }
}
plot NaN notitle
