# Param-2: the model's parameters, and one optimizer that holds them in groups, each with its own column of knobs.
# groups.csv: kind (parameter, algorithm, group, knob, pointer), group, name, value (shape, or the knob's), count (numbers).
unset border; unset tics; unset grid; unset key
set lmargin 0; set rmargin 0; set tmargin 0; set bmargin 0
set xrange [0:90]; set yrange [0:56] # a unit is 10 pixels
dark = "#222222"; pale = "#555555"
array name[64]; array shape[64]; array owner[64]; array group[16]; array numbers[16]; array knobs[16]; array size[16]
parameters = 0; groups = 0; algorithm = ""
is(kind) = strcol("kind") eq kind
stats KNOBS_DATA."/groups.csv" using ((is("parameter") ? (parameters = parameters + 1, owner[parameters] = 0, \
        name[parameters] = strcol("name"), strlen(shape[parameters] = strcol("value"))) : \
    is("algorithm") ? strlen(algorithm = strcol("name")) : \
    is("group") ? (groups = groups + 1, group[groups] = strcol("name"), knobs[groups] = "", size[groups] = 0, \
        numbers[groups] = column("count")) : \
    is("knob") ? strlen(knobs[groups] = knobs[groups].(strcol("name") eq "lr" || strcol("name") eq "weight_decay" ? \
        sprintf("%s  {/:Bold %s}\n", strcol("name") eq "lr" ? "lr" : "weight decay", strcol("value")) : "")) : \
    (size[groups] = size[groups] + 1)), 0) nooutput
# which group holds a parameter: a second reading
g = 0
stats KNOBS_DATA."/groups.csv" using ((is("group") ? (g = g + 1) : is("pointer") ? \
    sum [i = 1:parameters] (name[i] eq strcol("name") ? (owner[i] = g) : 0) : 0), 0) nooutput
thousands(n) = n < 1000 ? sprintf("%d", n) : sprintf("%d,%03d", n / 1000, int(n) % 1000)
upper(text) = text eq "adamw" ? "AdamW" : text eq "adam" ? "Adam" : text eq "sgd" ? "SGD" : text
ink(g) = word("#00527f #a03000 #333333 #00664c #7a4a00 #5d3a6e", (g - 1) % 6 + 1)
fill(g) = word("#cfe4f2 #fbe6d9 #eeeeee #d5efe4 #f5e6c8 #e9dcf0", (g - 1) % 6 + 1)

# the model, from its input down
row = 46.0 / parameters; if (row > 4.6) { row = 4.6 }
set object rectangle from 2, 53.5 to 38, 48.5 - row * parameters behind fillstyle solid 1 border linecolor rgb dark \
    fillcolor rgb "#fbfbfb" linewidth 1.5
set label "{/:Bold The model}" at 3.5, 51.4 left textcolor rgb dark
array at[64]
do for [i = 1:parameters] {
    at[i] = 49 - row * (i - 0.5)
    set object rectangle from 3.5, at[i] - row * 0.42 to 36.5, at[i] + row * 0.42 fillstyle solid 1 \
        border linecolor rgb (owner[i] ? ink(owner[i]) : pale) fillcolor rgb (owner[i] ? fill(owner[i]) : "#ffffff") linewidth 1.8
    set label name[i] at 5, at[i] left noenhanced textcolor rgb dark font ",11.5"
    set label shape[i] at 35, at[i] right textcolor rgb dark font ",11.5"
}

# the optimizer, a box a group
high = 47.5 / groups
set object rectangle from 52, 53.5 to 88, 1 behind fillstyle solid 1 border linecolor rgb dark fillcolor rgb "#fbfbfb" linewidth 1.5
set label "{/:Bold One optimizer:} ".upper(algorithm) at 53.5, 51.4 left textcolor rgb dark
do for [g = 1:groups] {
    top = 49.3 - high * (g - 1); low = top - high + 1
    set object rectangle from 55, top to 86.5, low fillstyle solid 1 border linecolor rgb ink(g) fillcolor rgb fill(g) linewidth 2.2
    middle = (top + low) / 2
    set label "{/:Bold ".group[g]."}\n{/*0.85 ".thousands(numbers[g])." numbers}" at 56.5, middle + 1.0 left textcolor rgb ink(g) font ",12"
    set label knobs[g] at 85, middle + (high > 6 ? 1.2 : 1.6) right textcolor rgb dark font ",11.5"
    place = 0
    do for [i = 1:parameters] {
        if (owner[i] == g) {
            place = place + 1
            from = top - (top - low) * (place - 0.5) / size[g]
            set object circle at 55, from size 0.45 fillstyle solid 1 noborder fillcolor rgb ink(g) front
            set arrow from 55, from to 37, at[i] front filled size 1.1, 20 linewidth 1.6 linecolor rgb ink(g)
        }
    }
}
plot NaN notitle
