# The model's layers with their parameters, and one optimizer that holds them in groups, each with knobs of its own: Param-2, Param-3.
# Before it is loaded: groups_file, a groups.csv: kind (layer, parameter, algorithm, group, knob, pointer), group, name, value (shape, or the knob's), count (numbers);
# model_title.
unset border; unset tics; unset grid; unset key
set lmargin 0; set rmargin 0; set tmargin 0; set bmargin 0
set xrange [0:90]; set yrange [0:56] # a unit is 10 pixels
dark = "#222222"; pale = "#555555"
array name[64]; array shape[64]; array owner[65]; array group[16]; array numbers[16]; array knobs[16]
parameters = 0; groups = 0; algorithm = ""
is(kind) = strcol("kind") eq kind
owns(g, wanted) = sum [i = 1:parameters] (name[i] eq wanted ? (owner[i] = g) : 0)
knob(name, value) = name eq "lr" || name eq "weight_decay" ? sprintf("\n%s  {/:Bold %s}", name eq "lr" ? "lr" : "weight decay", value) : ""
stats groups_file using ((is("parameter") ? (parameters = parameters + 1, owner[parameters] = 0, \
        name[parameters] = strcol("name"), strlen(shape[parameters] = strcol("value"))) : \
    is("algorithm") ? strlen(algorithm = strcol("name")) : \
    is("group") ? (groups = groups + 1, group[groups] = strcol("name"), knobs[groups] = "", numbers[groups] = column("count")) : \
    is("layer") ? 0 : is("knob") ? strlen(knobs[groups] = knobs[groups].knob(strcol("name"), strcol("value"))) : owns(groups, strcol("name"))), 0) nooutput
upper(text) = text eq "adamw" ? "AdamW" : text eq "adam" ? "Adam" : text eq "sgd" ? "SGD" : text
layer(text) = text[1:strstrt(text, ".") - 1]
own(text) = text[strstrt(text, ".") + 1:*]
longest = 0
do for [i = 1:parameters] { length = strlen(own(name[i])) + strlen(shape[i]); longest = length > longest ? length : longest }
small = longest > 21 ? ",10" : ",12"
fill(g) = g ? word("#cccccc #fdeee4 #bfe0f5 #a9c6dc #fff3d6 #bfe3d6 #f3dbe8 #eeeeee", (g - 1) % 8 + 1) : "#ffffff"

# the model, from its input down: a box a layer, in it a row a parameter
array at[64]; array at_end[64]; layers = 0
do for [i = 1:parameters] { layers = layers + (i == 1 || layer(name[i]) ne layer(name[i - 1])) }
row = 46.5 / (parameters + 0.5 * layers); row = row > 4 ? 4 : row
set object rectangle from 2, 54.5 to 36, 49.2 - row * (parameters + 0.5 * layers) behind fillstyle solid 1 \
    border linecolor rgb dark fillcolor rgb "#fbfbfb" linewidth 1.5
set label model_title at 3.5, 52.2 left textcolor rgb dark
y = 49.5; last = 0
do for [i = 1:parameters] {
    if (i > last) { # a layer begins; one whose parameters are all in a group has that group's colour
        last = i; whole = 1
        do for [j = i:parameters] { if (layer(name[j]) eq layer(name[i])) { last = j; whole = whole && owner[j] == owner[i] } }
        set object rectangle from 3.5, y to 34.5, y - row * (last - i + 1) fillstyle solid 1 border linecolor rgb dark \
            fillcolor rgb (whole ? fill(owner[i]) : "#ffffff") linewidth 1.5
        set label "{/:Bold ".layer(name[i])."}" at 5, y - row * (last - i + 1) / 2.0 left textcolor rgb dark
    }
    at[i] = y - row / 2
    if (!whole) { set object rectangle from 12, y - 0.15 to 34.3, y - row + 0.15 fillstyle solid 1 noborder fillcolor rgb fill(owner[i]) }
    set label own(name[i]) at 12.6, at[i] left noenhanced textcolor rgb dark font small
    set label shape[i] at 33.5, at[i] right textcolor rgb dark font small
    y = y - row - (i == last ? 0.5 * row : 0)
}

# the optimizer: a box a group, from the one whose parameters come first down
array mean[16]; array rank[16]; array parts[16]; array taken[16]
do for [g = 1:groups] {
    size = 0; mean[g] = 0.0; parts[g] = 0; taken[g] = 0
    do for [i = 1:parameters] {
        if (owner[i] == g) { size = size + 1; mean[g] = mean[g] + at[i]; parts[g] = parts[g] + (i == 1 || owner[i - 1] != g) }
    }
    mean[g] = size ? mean[g] / size : 0
    knobs[g] = knobs[g][2:*]
    group[g] = sprintf("{/:Bold %s}\n{/*0.92 %s numbers}", group[g], thousands(numbers[g]))
}
do for [g = 1:groups] { rank[g] = 1 + sum [h = 1:groups] (mean[h] > mean[g] || (mean[h] == mean[g] && h < g)) }
foot = 49.2 - row * (parameters + 0.5 * layers)
slot = (49.5 - foot - 0.5) / groups
set object rectangle from 48, 54.5 to 88, foot behind fillstyle solid 1 border linecolor rgb dark fillcolor rgb "#fbfbfb" linewidth 1.5
set label "{/:Bold One optimizer:} ".upper(algorithm) at 49.5, 52.2 left textcolor rgb dark
array top[16]; array low[16]
do for [g = 1:groups] {
    top[g] = 49.5 - slot * (rank[g] - 1); low[g] = top[g] - slot + 1
    set object rectangle from 51, top[g] to 86.5, low[g] fillstyle solid 1 border linetype g fillcolor rgb fill(g) linewidth 2.5
    set label group[g] at 52.5, (top[g] + low[g]) / 2 offset character 0, lift(group[g]) left textcolor rgb dark
    set label knobs[g] at 85.5, (top[g] + low[g]) / 2 offset character 0, lift(knobs[g]) right textcolor rgb dark font ",12"
}
# a bracket for parameters of a group that follow one another, and a pointer to it
begin = 1
do for [i = 1:parameters] {
    g = owner[i]; ends = 1
    if (i < parameters) { if (owner[i + 1] == g) { ends = 0 } }
    if (g && ends) {
        high = at[begin] + row * 0.4; deep = at[i] - row * 0.4; place = top[g] - (top[g] - low[g]) * (taken[g] + 0.5) / parts[g]
        taken[g] = taken[g] + 1
        set arrow from 37.2, high to 37.2, deep nohead front linetype g linewidth 2.5
        set arrow from 51, place to 37.6, (high + deep) / 2 filled size 1.3, 20 front linetype g linewidth 2.5
        set object circle at 51, place size 0.6 fillstyle solid 1 noborder fillcolor rgb ink(g) front
    }
    begin = ends ? i + 1 : begin
}
plot NaN notitle
