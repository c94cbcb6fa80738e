# The longest of the trainings: a column a curve, in it the rate and below it the test accuracy on the way, mean over the seeds; that
# of the constant rate is grey in all.
# results.csv: run, curve, epochs, seed, accuracy: a row a run; runs/RUN/steps.csv: epoch, lr; runs/RUN/epochs.csv: step, epoch, accuracy.
eval runs_read
dark = "#222222"; pale = "#555555"; longest = 0
array epochs[runs]
stats [*:*][*:*] KNOBS_DATA."/results.csv" using (epochs[int($0) + 1] = column("epochs"), longest = epochs[int($0) + 1] > longest ? epochs[int($0) + 1] : longest, 0) nooutput
name(k) = kind[k] eq "warmup-stable-decay" ? "{/:Bold warm-up, stable,}\n{/:Bold decay}" : "{/:Bold ".kind[k]."}"
type(k) = place_in("constant one-cycle cosine warmup-stable-decay step", kind[k])
array when[99]; array sum_of[99]; array final[kinds]; array shown[kinds]; low = 100.0; high = 0.0; most = 0.0; columns = 0; constant = 0
set print $means # a block a column
do for [k = 1:kinds] {
    shown[k] = 0; tests = 0; seeds = 0
    do for [j = 1:99] { sum_of[j] = 0.0 }
    do for [i = 1:runs] { if (kind_of[i] == k && epochs[i] == longest) {
        shown[k] = shown[k] > 0 ? shown[k] : i
        seeds = seeds + 1; row = 0
        stats [*:*][*:*] run_file(i, "epochs.csv") using (row = row + 1, when[row] = column("epoch"), sum_of[row] = sum_of[row] + 100 * column("accuracy"), \
            tests = row > tests ? row : tests, 0) nooutput
    } }
    if (shown[k]) {
        columns = columns + 1
        if (kind[k] eq "constant") { constant = columns }
        print "epoch,accuracy"
        do for [j = 1:tests] {
            print sprintf("%g,%g", when[j], sum_of[j] / seeds); final[k] = sum_of[j] / seeds
            low = final[k] < low ? final[k] : low; high = final[k] > high ? final[k] : high
        }
        print ""; print ""
        stats [*:*][*:*] run_file(shown[k], "steps.csv") using (most = column("lr") > most ? column("lr") : most, 0) nooutput
    }
}
unset print
unset key; unset ylabel; set xrange [0:longest]; set xtics 0, tick(longest)
left = 0.105; gap = 0.024; wide = (0.985 - left - gap * (columns - 1)) / columns
set multiplot
n = 0
do for [k = 1:kinds] { if (shown[k]) {
    n = n + 1
    set lmargin at screen left + (wide + gap) * (n - 1); set rmargin at screen left + (wide + gap) * (n - 1) + wide
    set tmargin at screen 0.88; set bmargin at screen 0.56
    unset xlabel; set format x ""
    set yrange [0:1.08 * most]
    set format y (n == 1 ? "%.2f" : "")
    if (n == 1) { set label 3 "learning rate" at screen 0.02, screen 0.72 rotate center textcolor rgb dark }
    set label 1 name(k) at graph 0.5, graph 1.2 offset character 0, (lines(name(k)) == 1 ? -0.6 : 0) center textcolor rgb ink(type(k))
    plot run_file(shown[k], "steps.csv") using "epoch":"lr" with lines linewidth 3 dashtype 1 linecolor rgb ink(type(k))
    unset label
    set tmargin at screen 0.5; set bmargin at screen 0.13
    set xlabel "epoch"; set format x "%g"
    set yrange [floor(low):ceil(high + 0.3)]
    set format y (n == 1 ? "%g" : "")
    if (n == 1) { set label 3 "test accuracy (%)" at screen 0.02, screen 0.315 rotate center textcolor rgb dark }
    if (n == columns && n > 1 && constant) { set label 2 "pale:\nconstant" at graph 0.95, graph 0.40 right textcolor rgb pale font ",12" }
    set label 1 sprintf("{/:Bold %.1f %%}", final[k]) at graph 0.95, graph 0.1 right textcolor rgb ink(type(k))
    plot $means index (constant ? constant - 1 : 0) using "epoch":(constant ? column("accuracy") : NaN) with lines linewidth 3 dashtype 1 linecolor rgb "#cccccc", \
        $means index n - 1 using "epoch":"accuracy" with linespoints pointtype 7 pointsize 0.9 linewidth 2 dashtype 1 linecolor rgb ink(type(k))
    unset label
} }
unset multiplot
