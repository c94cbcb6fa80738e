# What a step costs under three owners: multiply-adds for one image, the parts by hand, their sums by the tape's counters.
# cost.csv: setting (0 owns all, 1 owns a part, 2 the rest frozen), phase (forward, weight, input; of sums: forward,
# backward), part (layer, or counted), multiply_adds; ownership.csv as in Optim-1.gp. Times aren't drawn: they are the machine's.
dark = "#222222"; costs = KNOBS_DATA."/cost.csv"
owned = ""
stats KNOBS_DATA."/ownership.csv" using ((strcol("kind") eq "pointer" ? strlen(owned = strcol("name")) : 0), 0) nooutput
owned = owned[1:strstrt(owned, ".") - 1]
array who[3] = ["The optimizer owns all parameters", "It owns ".owned." alone: nothing is saved", \
    "It owns ".owned.", and the rest is frozen"]
array counted[6]; array short[6] = ["", "", "", "", "", ""]
bar(setting, phase) = 2 * int(setting) + (phase eq "forward" ? 1 : 2)
row(bar) = 8.7 - 3.1 * ((bar - 1) / 2) - 1.0 * ((bar - 1) % 2)
stats costs using ((strcol("part") eq "counted" ? (i = bar(column("setting"), strcol("phase")), \
    counted[i] = column("multiply_adds")) : 0), 0) nooutput
full = counted[2] * 1.0
is_short(size) = size > 0 && size < full / 20
stats costs using ((i = bar(column("setting"), strcol("phase")), strcol("part") ne "counted" && is_short(column("multiply_adds")) ? \
    strlen(short[i] = short[i].(short[i] eq "" ? strcol("part")." " : " and ").strcol("phase")) : 0), 0) nooutput

unset key; unset ytics; unset grid; set border 1
set lmargin 11; set rmargin 1; set tmargin 0.5; set bmargin 5
set xrange [0:full * 1.18]; set yrange [0.6:10.1]
set xtics ("0" 0)
do for [tick = 100000:int(full):100000] { set xtics add (thousands(tick) tick) }
set xlabel "multiply-adds for one image, counted by the tape\n{/*0.92 weight, input: the gradients of a layer's weight and of its input}"
do for [i = 1:6] {
    backward = i % 2 == 0; after = backward && counted[i] <= counted[i - 1]
    if (!backward) { set label "{/:Bold ".who[(i + 1) / 2]."}" at 0, row(i) + 0.87 left textcolor rgb dark }
    set label (backward ? "backward" : "forward") at graph -0.012, first row(i) right textcolor rgb dark
    set label sprintf("{/:Bold %s}%s", thousands(counted[i]), after && short[i] ne "" ? "  ".short[i] : "") \
        at counted[i] + full * 0.012, row(i) left textcolor rgb dark
    if (backward && !after) { set label short[i] at counted[i] * 1.1, row(i) + 0.7 right textcolor rgb dark font ",12" }
}

# a part begins where the one before it in its bar ends
end = 0; now = 0; size = 0; i = 0
add(bar) = (end = (bar == now ? end : 0) + size, now = bar, end - size / 2.0)
take(wanted) = (size = wanted && strcol("part") ne "counted" ? column("multiply_adds") : 0, \
    i = bar(column("setting"), strcol("phase")), size > 0 ? add(i) : NaN)
forward(phase) = phase eq "forward"
fill(phase) = forward(phase) ? 0xe9e9e9 : phase eq "weight" ? 0xe8b090 : 0xcfe4f2
name(phase) = is_short(size) ? "" : strcol("part").(forward(phase) ? "" : (size > full / 5 ? " " : "\n").phase)
plot for [direction = 0:1] now = 0 costs using (take(forward(strcol("phase")) == direction)):(row(i)):(end - size):(end): \
        (row(i) - 0.4):(row(i) + 0.4):(fill(strcol("phase"))) \
        with boxxyerror fillstyle solid 1 border linecolor rgb dark fillcolor rgb variable linewidth 1 dashtype 1, \
     for [direction = 0:1] now = 0 costs using (take(forward(strcol("phase")) == direction)): \
        (row(i) + (forward(strcol("phase")) || size > full / 5 ? 0 : 0.16)):(name(strcol("phase"))) \
        with labels center font ",11" textcolor rgb dark
