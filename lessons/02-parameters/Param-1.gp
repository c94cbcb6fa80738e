# Param-1: The model's layers with their parameters, and the list of pointers to them, which is all that an optimizer sees.
# Elsewhere: it has a layer as a box of weights, one each. Some layers have no parameter, others several, and each of these
# can have an owner and knobs of its own.
#
# ownership.csv: kind (layer, parameter, algorithm, group, knob, pointer), group, name, value (what the layer is; a shape),
# count (of a layer: its parameters; of a parameter: its numbers).
unset border; unset tics; unset grid; unset key
set lmargin 0; set rmargin 0; set tmargin 0; set bmargin 0

dark = "#222222"; pale = "#555555"; blue = "#00527f"; sky = "#cfe4f2"
array kind[256]; array name[256]; array value[256]; array count[256]
n = 0; layers = 0; parameters = 0; pointers = 0; total = 0
stats KNOBS_DATA."/ownership.csv" using ((n = n + 1, kind[n] = strcol("kind"), name[n] = strcol("name"), \
    value[n] = strcol("value"), count[n] = column("count"), \
    layers = layers + (kind[n] eq "layer"), parameters = parameters + (kind[n] eq "parameter"), \
    pointers = pointers + (kind[n] eq "pointer")), 0) nooutput
set xrange [0:90]; set yrange [1.75:57.75] # a unit is 10 pixels
own(text) = text[strstrt(text, ".") + 1:*]

# the model, from its input down: a box a layer, in it a box a parameter
array row[256]; array known[256]; y = 49.2; p = 0
do for [i = 1:n] {
    if (kind[i] eq "layer") {
        high = count[i] > 0 ? 4.1 + 3.9 * count[i] : 3.3
        set object rectangle from 3.5, y to 47, y - high fillstyle solid 1 border linecolor rgb pale fillcolor rgb "#ffffff" linewidth 1
        set label "{/:Bold ".name[i]."}" at 5, y - 1.75 left textcolor rgb dark
        set label value[i] at 14, y - 1.75 left textcolor rgb dark
        if (count[i] == 0) { set label "no parameters" at 45.5, y - 1.75 right textcolor rgb pale }
        inside = y - 3.4; y = y - high - 1.1
    }
    if (kind[i] eq "parameter") {
        p = p + 1; known[p] = name[i]; row[p] = inside - 1.75; inside = inside - 3.9; total = total + count[i]
        set object rectangle from 5, row[p] - 1.6 to 45.5, row[p] + 1.6 fillstyle solid 1 border linecolor rgb blue fillcolor rgb sky linewidth 1.5
        set label own(name[i]) at 6.5, row[p] left textcolor rgb dark
        set label value[i] at 24, row[p] center textcolor rgb dark
        set label thousands(count[i]) at 44, row[p] right textcolor rgb dark
    }
}
set object rectangle from 2, 54.5 to 48.5, y - 0.3 behind fillstyle solid 1 border linecolor rgb dark fillcolor rgb "#fbfbfb" linewidth 1.5
set label "{/:Bold The model:} layers that hold parameters" at 3.5, 52.8 left textcolor rgb dark
set label "shape" at 24, 50.4 center textcolor rgb pale font ",12"
set label "numbers" at 44, 50.4 right textcolor rgb pale font ",12"

# the list: no layers, no order of computing, only pointers; each ends at the parameter that it points at
x = 60.5; top = 45.5; step = pointers < 6 ? 5.2 : 31.0 / pointers
low = top - 6.2 - step * pointers
set object rectangle from x, top to 88.5, low behind fillstyle solid 1 border linecolor rgb dark fillcolor rgb "#fbfbfb" linewidth 1.5
set label "{/:Bold Model parameters:}\na list of pointers" at x + 1.5, top - 1.9 left textcolor rgb dark
j = 0
do for [i = 1:n] {
    if (kind[i] eq "pointer") {
        j = j + 1; place = top - 4.9 - step * (j - 0.5)
        set object rectangle from x + 3, place - 1.75 to 87, place + 1.75 fillstyle solid 1 border linecolor rgb blue fillcolor rgb "#ffffff" linewidth 1.5
        set object circle at x + 5, place size 0.6 fillstyle solid 1 noborder fillcolor rgb blue front
        set label name[i] at x + 7, place left textcolor rgb dark
        set arrow from x + 5, place to x, place front nohead linewidth 2 linecolor rgb blue
        do for [q = 1:p] { if (known[q] eq name[i]) { at = row[q] } }
        set arrow from x, place to 45.8, at front filled size 1.3, 20 linewidth 2 linecolor rgb blue
    }
}
set label sprintf("%d pointers to %s numbers.\nAn optimizer gets this list\nand nothing else of the model.", pointers, thousands(total)) \
    at x, low - 2.2 left textcolor rgb dark

plot NaN notitle
