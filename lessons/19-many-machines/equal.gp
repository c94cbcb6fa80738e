# How far the losses of several ranks are from those of one process with the whole batch, step by step.
# equal.csv: step, kind (plain, own, sync), difference (of the loss, as a share of it; 0: the same bits).
dark = "#222222"; pale = "#555555"
equal = KNOBS_DATA."/equal.csv"
least = 1.0; steps = 0; zeros = 0
stats [*:*][*:*] equal using (d = column("difference"), least = d > 0 && d < least ? d : least, zeros = zeros + (d == 0), \
    steps = column("step") > steps ? column("step") : steps, 0) nooutput
floor_of = 10**floor(log10(least) - 1) # where the same bits are drawn
low = floor_of / 2; high = 3.0
name(k) = k == 1 ? "{/:Bold no batch norm}" : k == 2 ? "{/:Bold batch norm,}\n{/:Bold each rank's own}" : "{/:Bold batch norm,}\n{/:Bold over all ranks}"
kind_name(k) = word("plain own sync", k)
type(k) = k == 1 ? 4 : k == 2 ? 2 : 6
drawn(d) = d > floor_of ? d : floor_of
unset key; set logscale y; set format y "10^{%L}"
set xrange [0:steps + 0.5]; set yrange [low:high]; set xtics 0, tick(steps)
set ytics 1e-20, 100
set xlabel "step"; set ylabel "difference of the loss from one process's, as a share"
set lmargin 11; set rmargin 22; set tmargin at screen 0.96; set bmargin at screen 0.13
do for [k = 1:3] {
    last = floor_of # where the points end
    stats [*:*][*:*] equal using (strcol("kind") eq kind_name(k) ? (last = drawn(column("difference")), 0) : 0) nooutput
    dummy = curve_label(name(k), logarithmic(last, low, high), type(k))
}
eval curve_labels
if (zeros > 0) { set label 1 "the foot: the same bits" at graph 0.02, first floor_of offset character 0, 1.1 left textcolor rgb pale font ",12" }
plot for [k = 1:3] equal using (strcol("kind") eq kind_name(k) ? column("step") : NaN):(drawn(column("difference"))) \
    with points linetype type(k) pointsize (k == 1 ? 2 : 1.3) linewidth 2
