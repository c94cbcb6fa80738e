# Scheduler-1: The model, the optimizer that holds its parameters in groups with knobs, and beside it the scheduler: a curve for each knob that it is
# bound to, with a dot where the training is, and the value that is the knob's now.
# Elsewhere: it has one curve of the learning rate, by the epoch, that acts on the network. But a scheduler never sees the network; it turns the
# optimizer's knobs, any knob of any group, and counts whatever you step it by.
#
# groups.csv: kind (layer, parameter, algorithm, group, knob, pointer), group, name, value (shape, or the knob's), count (numbers);
# bindings.csv: group, knob, schedule, now (the scheduler's step), step, value, binding after binding.
unset border; unset tics; unset grid; unset key
set lmargin 0; set rmargin 0; set tmargin 0; set bmargin 0
set xrange [0:90]; set yrange [0:56] # a unit is 10 pixels
dark = "#222222"; pale = "#555555"
array name[64]; array owner[65]; array group[16]; array numbers[16]
array knob[64]; array value[64]; array of[64]
parameters = 0; groups = 0; knobs = 0; algorithm = ""
is(kind) = strcol("kind") eq kind
owns(g, wanted) = sum [i = 1:parameters] (name[i] eq wanted ? (owner[i] = g) : 0)
shown(knob) = place_in("lr momentum weight_decay", knob)
add_knob(x) = shown(strcol("name")) ? (knobs = knobs + 1, of[knobs] = groups, knob[knobs] = strcol("name"), strlen(value[knobs] = strcol("value"))) : 0
stats KNOBS_DATA."/groups.csv" using ((is("parameter") ? (parameters = parameters + 1, owner[parameters] = 0, strlen(name[parameters] = strcol("name"))) : \
    is("algorithm") ? strlen(algorithm = strcol("name")) : \
    is("group") ? (groups = groups + 1, numbers[groups] = column("count"), strlen(group[groups] = strcol("name"))) : \
    is("layer") ? 0 : is("knob") ? add_knob(0) : owns(groups, strcol("name"))), 0) nooutput
array curve[64]; array schedule[64]; array low[64]; array high[64]; bindings = 0; now = 0; last = 0
lesser(a, b) = a < b ? a : b
larger(a, b) = a > b ? a : b
place_of(g, name) = sum [i = 1:knobs] (of[i] == g && knob[i] eq name ? i : 0)
stats KNOBS_DATA."/bindings.csv" using (v = column("value"), column("step") > 0 ? 0 : \
    (bindings = bindings + 1, curve[bindings] = place_of(column("group") + 1, strcol("knob")), low[bindings] = v, high[bindings] = v, \
    strlen(schedule[bindings] = strcol("schedule"))), low[bindings] = lesser(low[bindings], v), high[bindings] = larger(high[bindings], v), \
    now = column("now"), last = column("step"), 0) nooutput
upper(text) = text eq "sgd" ? "SGD" : text
layer(text) = text[1:strstrt(text, ".") - 1]
own(text) = text[strstrt(text, ".") + 1:*]
spaced(text) = (cut = strstrt(text, "_"), cut ? text[1:cut - 1]." ".spaced(text[cut + 1:*]) : text)
rows(text) = (cut = strstrt(text, " m"), cut ? text[1:cut - 1]."\n".text[cut + 1:*] : text) # one cycle momentum
fill(g) = g ? word("#e4e4e4 #fdeee4 #bfe0f5 #a9c6dc #fff3d6", (g - 1) % 5 + 1) : "#ffffff"

# three frames
set object rectangle from 2, 54.5 to 21, 4 behind fillstyle solid 1 border linecolor rgb dark fillcolor rgb "#fbfbfb" linewidth 1.5
set object rectangle from 30, 54.5 to 54.5, 4 behind fillstyle solid 1 border linecolor rgb dark fillcolor rgb "#fbfbfb" linewidth 1.5
set object rectangle from 62, 54.5 to 88.5, 4 behind fillstyle solid 1 border linecolor rgb dark fillcolor rgb "#fbfbfb" linewidth 1.5
set label "{/:Bold The model}" at 3.5, 52.2 left textcolor rgb dark
set label "{/:Bold The optimizer:} ".upper(algorithm) at 31.5, 52.2 left textcolor rgb dark
set label sprintf("{/:Bold The scheduler,} at step %d", now) at 63.5, 52.2 left textcolor rgb dark

# the model: a box a layer, in it a row a parameter, in its group's colour
layers = 0
do for [i = 1:parameters] { layers = layers + (i == 1 || layer(name[i]) ne layer(name[i - 1])) }
row = 44.0 / (parameters + 0.9 * layers); y = 49.5; last_row = 0
array at[64]
do for [i = 1:parameters] {
    if (i == 1 || layer(name[i]) ne layer(name[i - 1])) { y = y - (i == 1 ? 0 : 0.9 * row) }
    set object rectangle from 3.5, y to 19.5, y - row fillstyle solid 1 border linecolor rgb dark fillcolor rgb fill(owner[i]) linewidth 1.5
    at[i] = y - row / 2
    set label name[i] at 4.5, at[i] left noenhanced textcolor rgb dark font ",12"
    y = y - row
}

# the optimizer: a box a group, in it a row a knob
array level[64]
slot = 45.0 / groups
do for [g = 1:groups] {
    top = 50.0 - slot * (g - 1); deep = top - slot + 1
    set object rectangle from 31.5, top to 53, deep fillstyle solid 1 border linetype g fillcolor rgb fill(g) linewidth 2.5
    set label "{/:Bold ".group[g]."}\n{/*0.92 ".thousands(numbers[g])." numbers}" at 32.5, top - 1.8 left textcolor rgb dark
    count = sum [i = 1:knobs] (of[i] == g); taken = 0
    do for [i = 1:knobs] {
        if (of[i] == g) { level[i] = top - 6 - (slot - 7) * (taken + 0.5) / count; taken = taken + 1 }
    }
    # its parameters
    first = 0; final = 0
    do for [i = 1:parameters] { if (owner[i] == g) { first = first ? first : i; final = i } }
    set arrow from 22.2, at[first] + 0.4 * row to 22.2, at[final] - 0.4 * row nohead linetype g dashtype 1 linewidth 2.5
    set arrow from 31.5, (top + deep) / 2 to 22.6, (at[first] + at[final]) / 2 filled size 1.3, 20 linetype g dashtype 1 linewidth 2.5
    set object circle at 31.5, (top + deep) / 2 size 0.6 fillstyle solid 1 noborder fillcolor rgb ink(g) front
}
do for [i = 1:knobs] {
    bound = sum [b = 1:bindings] (curve[b] == i)
    set label spaced(knob[i]) at 32.7, level[i] left textcolor rgb dark font ",12"
    set label sprintf("{/:Bold %.3g}", real(value[i])) at 52.3, level[i] right textcolor rgb (bound ? ink(2) : dark) font ",12"
    if (!bound) { set label "stays" at 55.3, level[i] left textcolor rgb pale font ",12" }
}

# the scheduler: a curve for each of its knobs, at the knob's height
half = lesser(2.9, 0.38 * (slot - 7) * groups / knobs)
up(b, v) = level[curve[b]] - half + 2 * half * (high[b] > low[b] ? (v - low[b]) / (high[b] - low[b]) : 0.5)
along(step) = 65.0 + 12.0 * step / last
do for [b = 1:bindings] {
    set object rectangle from 64.4, level[curve[b]] - half - 0.5 to 77.6, level[curve[b]] + half + 0.5 fillstyle solid 1 border linecolor rgb "#bbbbbb" fillcolor rgb "#ffffff" linewidth 1
    set label rows(spaced(schedule[b])) at 78.4, level[curve[b]] offset character 0, lift(rows(spaced(schedule[b]))) left textcolor rgb dark font ",12"
    set arrow from 64, level[curve[b]] to 53.5, level[curve[b]] filled size 1.3, 20 linetype 2 dashtype 1 linewidth 2.5
}
of_curve(b) = place_of(column("group") + 1, strcol("knob")) == curve[b]
plot for [b = 1:bindings] KNOBS_DATA."/bindings.csv" using (of_curve(b) ? along(column("step")) : NaN):(up(b, column("value"))) \
        with lines linetype 4 dashtype 1 linewidth 2.2 notitle, \
    for [b = 1:bindings] KNOBS_DATA."/bindings.csv" using (of_curve(b) && column("step") == now ? along(now) : NaN):(up(b, column("value"))) \
        with points linetype 2 pointtype 7 pointsize 1.4 notitle
