# Optim-1-GAN: One model, two networks, and two optimizers, each with pointers to the parameters of its own network.
# Elsewhere: it gives each optimizer half of the parameters. In fact each has those of its own network, whose sizes differ; and the generator's
# gradients come through the discriminator, whose own gradients are computed on the way unless it is frozen.
#
# results.csv names the runs; of the first (the right recipe): owned-g.csv and owned-d.csv: kind (parameter, algorithm, group, knob,
# pointer), group, name, value (shape, or the knob's), count (numbers).
unset border; unset tics; unset grid; unset key
set lmargin 0; set rmargin 0; set tmargin 0; set bmargin 0
set xrange [0:90]; set yrange [0:56] # a unit is 10 pixels
dark = "#222222"; pale = "#555555"; blue = "#00527f"; sky = "#cfe4f2"; red = "#a03000"; sand = "#fbe6d9"
eval runs_read
is(kind) = strcol("kind") eq kind
upper(text) = text eq "adam" ? "Adam" : text eq "sgd" ? "SGD" : text
array name[64]; array shape[64]; array pointer[64]; array knob[16]

do for [side = 0:1] {
    parameters = 0; pointers = 0; knobs = 0; numbers = 0; algorithm = ""
    stats run_file(1, side ? "owned-d.csv" : "owned-g.csv") using ((is("parameter") ? (parameters = parameters + 1, \
            name[parameters] = strcol("name"), shape[parameters] = strcol("value"), numbers = numbers + column("count")) : \
        is("algorithm") ? strlen(algorithm = strcol("name")) : \
        is("knob") ? (knobs = knobs + 1, strlen(knob[knobs] = strcol("name")."  ".strcol("value"))) : \
        is("pointer") ? (pointers = pointers + 1, strlen(pointer[pointers] = strcol("name"))) : 0), 0) nooutput
    ink = side ? red : blue; fill = side ? sand : sky
    # the network, at the outer side
    left = side ? 63 : 2; right = left + 25; top = 46; row = 5
    set object rectangle from left, top to right, top - 7.5 - row * parameters behind fillstyle solid 1 \
        border linecolor rgb dark fillcolor rgb "#fbfbfb" linewidth 1.5
    set label (side ? "{/:Bold The discriminator}" : "{/:Bold The generator}") at left + 1.5, top - 1.8 left textcolor rgb dark
    set label thousands(numbers)." numbers" at left + 1.5, top - 4.6 left textcolor rgb pale font ",12"
    # the optimizer, in the middle
    middle = side ? 14 : 36.3; low = middle - 9.7
    set object rectangle from 34, middle + 9.7 to 56, low fillstyle solid 1 border linecolor rgb ink fillcolor rgb fill linewidth 2
    set label "{/:Bold Its optimizer}: ".upper(algorithm) at 45, middle + 8 center textcolor rgb dark
    do for [k = 1:knobs] { set label knob[k] at 45, middle + 8.1 - 2.7 * k center noenhanced textcolor rgb dark font ",12" }
    do for [i = 1:parameters] {
        y = top - 5.6 - row * i + 1.2
        set object rectangle from left + 1.5, y - 2 to right - 1.5, y + 2 fillstyle solid 1 border linecolor rgb ink \
            fillcolor rgb fill linewidth 2
        set label name[i] at left + 3, y left noenhanced textcolor rgb dark font ",12"
        set label shape[i] at right - 3, y right textcolor rgb dark font ",12"
        held = 0
        do for [j = 1:pointers] { if (pointer[j] eq name[i]) { held = j } }
        if (held) {
            from = middle + 6.5 - 13.0 * (held - 0.5) / pointers
            set object circle at (side ? 56 : 34), from size 0.5 fillstyle solid 1 noborder fillcolor rgb ink front
            set arrow from (side ? 56 : 34), from to (side ? left + 1 : right - 1), y front filled size 1.2, 20 linewidth 2 \
                linecolor rgb ink
        }
    }
}
set label "{/:Bold One model, two optimizers.} Each has pointers to its own network only." at 45, 51 center textcolor rgb dark
plot NaN notitle
