# How each learns at its best rate: the mean of the seeds, and from the least to the most of them; behind it where the means of all are.
# runs/RUN/looks.csv: step, accuracy, loss.
load KNOBS_FOLDER."/panels.gp"
array of_kind[runs]; array arrived[kinds]; array reached[kinds]; array seen[kinds]; shown = ""
do for [k = 1:kinds] { arrived[k] = 0.0; reached[k] = 0; seen[k] = 0 }
stats [*:*][*:*] KNOBS_DATA."/results.csv" using (i = int($0) + 1, w = strcol("workload"), shown = strlen(shown) ? shown : w, \
    of_kind[i] = w eq shown ? kind_of[i] : 0, k = of_kind[i], k ? (seen[k] = seen[k] + 1, arrived[k] = arrived[k] + (column("steps") - arrived[k]) / seen[k], \
    reached[k] = reached[k] + column("reached")) : 0, 0) nooutput
looks = 0; end = 1
do for [i = 1:runs] {
    if (of_kind[i]) { stats run_file(i, "looks.csv") using (j = int($0) + 1, j > looks ? (looks = j, end = column("step")) : 0, 0) nooutput }
}
array step[looks]; array mean[kinds * looks]; array least[kinds * looks]; array most[kinds * looks]; array count[kinds * looks]
do for [i = 1:kinds * looks] { mean[i] = 0.0; least[i] = 1.0; most[i] = 0.0; count[i] = 0 }
do for [i = 1:runs] {
    if (of_kind[i]) {
        stats run_file(i, "looks.csv") using (j = int($0) + 1, a = (of_kind[i] - 1) * looks + j, x = column("accuracy"), j <= looks ? (step[j] = column("step"), \
            count[a] = count[a] + 1, mean[a] = mean[a] + (x - mean[a]) / count[a], least[a] = x < least[a] ? x : least[a], most[a] = x > most[a] ? x : most[a]) : 0, 0) nooutput
    }
}
at(k, j) = (k - 1) * looks + int(j)
array lowest[looks]; array highest[looks]
do for [j = 1:looks] {
    lowest[j] = mean[j]; highest[j] = mean[j]
    do for [k = 1:kinds] { lowest[j] = mean[at(k, j)] < lowest[j] ? mean[at(k, j)] : lowest[j]; highest[j] = mean[at(k, j)] > highest[j] ? mean[at(k, j)] : highest[j] }
}
low = 0.5; high = shown eq "digits" ? 1 : 0.9
unset key; set grid noxtics; set xrange [0:end]; set yrange [low:high]
set multiplot
do for [k = 1:kinds] {
    eval panel
    set xtics 0, tick(2.5 * end) offset 0, 0.4 font ",9"; set ytics 0.1 font ",9"; set format y ((k - 1) % across ? "" : "%.1f")
    set label 1 sprintf("{/:Bold %s}", name(k)) at graph 0, 1.09 left textcolor rgb dark font ",11"
    there = reached[k] == seen[k]
    set label 2 (there ? sprintf("%.0f steps", arrived[k]) : sprintf("%d of %d seeds there", reached[k], seen[k])) \
        at (there && arrived[k] > 0.65 * end ? arrived[k] - 0.03 * end : 0.97 * end), low + 0.09 * (high - low) right front textcolor rgb dark font ",10"
    if (there) { set arrow 2 from arrived[k], low to arrived[k], target(shown) nohead front linewidth 1.5 linecolor rgb dark dashtype (4,3) }
    if (!there) { unset arrow 2 }
    set arrow 1 from 0, target(shown) to end, target(shown) nohead linewidth 1 linecolor rgb "#999999"
    if (k == 1) {
        set label 3 sprintf("accuracy on test images; the line is the target, %.0f %%", 100 * target(shown)) at screen 0.012, 0.5 center rotate textcolor rgb dark
        set label 6 "step" at screen 0.53, 0.02 center textcolor rgb dark
    }
    if (k == kinds && kinds % across) { set label 5 "line: mean of ".seen[1]." seed".(seen[1] == 1 ? "" : "s")."\naround it, from the\nleast to the most\npale: the means of all" \
        at screen cell_x(k + 1) + 0.01, cell_y(k + 1) - 0.03 left textcolor rgb pale font ",10" }
    plot sample [j = 0:looks:1] "+" using (step[from_one(j)]):(lowest[from_one(j)]):(highest[from_one(j)]) with filledcurves fillcolor rgb "#e3e3e3" fillstyle solid 1 noborder, \
        [j = 0:looks:1] "+" using (step[from_one(j)]):(least[at(k, from_one(j))]):(most[at(k, from_one(j))]) with filledcurves fillcolor rgb "#8fc0e0" fillstyle solid 1 noborder, \
        [j = 0:looks:1] "+" using (step[from_one(j)]):(mean[at(k, from_one(j))]) with lines linetype 1 linewidth 2
    unset label 3; unset label 6
}
unset multiplot
