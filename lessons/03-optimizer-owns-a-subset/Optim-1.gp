# Optim-1: The model's parameters, and an optimizer: its algorithm, its hyperparameters, its pointers to a subset.
# Elsewhere: it has the optimizer contain the parameters, or copies of them. In fact it has pointers: the model and it see the same numbers. And what
# it has no pointer to isn't frozen: it gets its gradients, and another optimizer may own it.
#
# ownership.csv: kind (parameter, algorithm, group, knob, pointer), group, name, value (shape, or the knob's), count (numbers).
unset border; unset tics; unset grid; unset key
set lmargin 0; set rmargin 0; set tmargin 0; set bmargin 0
set xrange [0:90]; set yrange [0:56] # a unit is 10 pixels
dark = "#222222"; pale = "#555555"; blue = "#00527f"; sky = "#cfe4f2"; grey = "#f1f1f1"
array name[256]; array shape[256]; array count[256]; array pointer[256]; array knob[32]
parameters = 0; pointers = 0; knobs = 0; algorithm = ""; total = 0; owned = 0
is(kind) = strcol("kind") eq kind
stats KNOBS_DATA."/ownership.csv" using ((is("parameter") ? (parameters = parameters + 1, \
        name[parameters] = strcol("name"), shape[parameters] = strcol("value"), \
        count[parameters] = column("count"), total = total + count[parameters]) : \
    is("algorithm") ? strlen(algorithm = strcol("name")) : \
    is("knob") ? (knobs = knobs + 1, strlen(knob[knobs] = strcol("name")."  ".strcol("value"))) : \
    is("pointer") ? (pointers = pointers + 1, strlen(pointer[pointers] = strcol("name"))) : 0), 0) nooutput
layer(text) = text[1:strstrt(text, ".") - 1]
own(text) = text[strstrt(text, ".") + 1:*]
spaced(text) = (at = strstrt(text, "_"), at > 0 ? text[1:at - 1]." ".text[at + 1:*] : text)
upper(text) = text eq "sgd" ? "SGD" : text

# the model, from its input down: a box a layer, a box a parameter; which of them the optimizer points at
array row[256]; y = 50.4
array held[256]
do for [i = 1:parameters] {
    held[i] = 0
    do for [j = 1:pointers] { if (pointer[j] eq name[i]) { held[i] = j; owned = owned + count[i] } }
    if (i == 1 || layer(name[i]) ne layer(name[i - 1])) {
        y = y - (i == 1 ? 0 : 1.9)
        last = i
        do for [j = i:parameters] { if (layer(name[j]) eq layer(name[i])) { last = j } }
        set object rectangle from 3.5, y to 41.5, y - 3.7 - 5 * (last - i + 1) \
            fillstyle solid 1 border linecolor rgb pale fillcolor rgb "#ffffff" linewidth 1
        set label "{/:Bold ".layer(name[i])."}" at 5, y - 1.9 left textcolor rgb dark
        y = y - 3.2
    }
    row[i] = y - 2.2
    set object rectangle from 5, row[i] - 2.1 to 40, row[i] + 2.1 fillstyle solid 1 border linecolor rgb (held[i] ? blue : pale) \
        fillcolor rgb (held[i] ? sky : grey) linewidth (held[i] ? 2.5 : 1)
    set label own(name[i]) at 6.5, row[i] left textcolor rgb dark
    set label shape[i] at 20, row[i] center textcolor rgb dark
    set label thousands(count[i]) at 38.5, row[i] right textcolor rgb dark
    y = y - 5
}
set object rectangle from 2, 53.9 to 43, y - 2 behind fillstyle solid 1 border linecolor rgb dark fillcolor rgb "#fbfbfb" linewidth 1.5
set label "{/:Bold The model:} ".thousands(total)." numbers" at 3.5, 52.3 left textcolor rgb dark
set label "shape" at 20, 48.6 center textcolor rgb pale font ",12"
set label "numbers" at 38.5, 48.6 right textcolor rgb pale font ",12"

# the optimizer: three things
top = 53.9; low = 53.9 - 21.8 - 3.3 * ((knobs + 1) / 2) - 4.3 * pointers; x = 51.5
set object rectangle from x, top to 88.5, low behind fillstyle solid 1 border linecolor rgb dark fillcolor rgb "#fbfbfb" linewidth 1.5
set label "{/:Bold The optimizer:} three things" at x + 1.5, 52.3 left textcolor rgb dark
set label "1  its algorithm" at x + 1.5, 48.3 left textcolor rgb pale
set label "{/:Bold ".upper(algorithm)."}" at x + 4, 45.3 left textcolor rgb dark
set label "2  its hyperparameters" at x + 1.5, 40.8 left textcolor rgb pale
do for [i = 1:knobs] {
    set label spaced(knob[i]) at x + (i % 2 ? 4 : 20), 37.8 - 3.3 * ((i - 1) / 2) left textcolor rgb dark
}
y = 37.8 - 3.3 * ((knobs + 1) / 2) - 1.4
set label "3  pointers to the parameters it owns" at x + 1.5, y left textcolor rgb pale
array place[256]
do for [j = 1:pointers] {
    place[j] = y - 0.3 - 4.3 * j + 0.6
    set object rectangle from x + 4, place[j] - 1.8 to 86.5, place[j] + 1.8 \
        fillstyle solid 1 border linecolor rgb blue fillcolor rgb sky linewidth 2.5
    set object circle at x + 6, place[j] size 0.6 fillstyle solid 1 noborder fillcolor rgb blue front
    set label pointer[j] at x + 8.2, place[j] left textcolor rgb dark
    set arrow from x + 6, place[j] to x, place[j] front nohead linewidth 2.5 linecolor rgb blue
    do for [i = 1:parameters] {
        if (held[i] == j) { set arrow from x, place[j] to 40.5, row[i] front filled size 1.3, 20 linewidth 2.5 linecolor rgb blue }
    }
}
set label sprintf("It owns %s of the %s numbers.\nNo pointer leads to the others:\nit can't move them.", \
    thousands(owned), thousands(total)) at x + 1.5, low - 3 left textcolor rgb dark

plot NaN notitle
