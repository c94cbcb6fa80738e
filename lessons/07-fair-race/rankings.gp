# The order of arrival on two workloads: by the mean of the steps to the target.
load KNOBS_FOLDER."/panels.gp"
array steps[2 * kinds]; array seen[2 * kinds]; array missed[2 * kinds]; workloads = ""
do for [i = 1:2 * kinds] { steps[i] = 0.0; seen[i] = 0; missed[i] = 0 }
stats [*:*][*:*] KNOBS_DATA."/results.csv" using (w = strcol("workload"), workloads = place_in(workloads, w) ? workloads : workloads." ".w, \
    i = (place_in(workloads, w) - 1) * kinds + kind_of[int($0) + 1], seen[i] = seen[i] + 1, steps[i] = steps[i] + (column("steps") - steps[i]) / seen[i], \
    missed[i] = missed[i] + 1 - column("reached"), 0) nooutput
sides = words(workloads)
of(side, k) = (side - 1) * kinds + k
before(side, i, k) = steps[of(side, i)] < steps[of(side, k)] || (steps[of(side, i)] == steps[of(side, k)] && i < k)
place(side, k) = 1 + (sum [i = 1:kinds] before(side, i, k))
words_of(w) = w eq "digits" ? sprintf("{/:Bold digits}, a perceptron\nsteps to %.0f %%", 100 * target(w)) : sprintf("{/:Bold Fashion-MNIST}, LeNet: tuned on\nsteps to %.0f %%", 100 * target(w))
unset key; unset border; unset tics; unset grid
set lmargin at screen 0.02; set rmargin at screen 0.98; set tmargin at screen 0.98; set bmargin at screen 0.02
set xrange [-0.85:1.85]; set yrange [kinds + 0.8:-1.2]
do for [side = 1:sides] {
    set label words_of(word(workloads, side)) at side - 1, -0.6 center textcolor rgb dark
    do for [k = 1:kinds] {
        line = sprintf(missed[of(side, k)] > 0 ? "%s  {/:Bold ≥ %.0f}" : "%s  {/:Bold %.0f}", name(k), steps[of(side, k)])
        if (side == 2) { line = sprintf(missed[of(side, k)] > 0 ? "{/:Bold ≥ %.0f}  %s" : "{/:Bold %.0f}  %s", steps[of(side, k)], name(k)) }
        if (side == 1) { set label line at -0.03, place(1, k) right textcolor rgb dark }
        if (side == 2) { set label line at 1.03, place(2, k) left textcolor rgb dark }
    }
}
if (sides == 2) {
    most = 0
    do for [k = 1:kinds] {
        most = abs(place(1, k) - place(2, k)) > most ? abs(place(1, k) - place(2, k)) : most
        far = abs(place(1, k) - place(2, k)) > 4
        set arrow from 0, place(1, k) to 1, place(2, k) nohead linewidth (far ? 3 : 1.4) linecolor rgb (far ? "#d55e00" : "#777777") front
    }
    if (most > 4) { set label "thick: five places or more" at 0.5, kinds + 0.7 center textcolor rgb "#b04a00" font ",12" }
}
plot NaN, for [side = 1:sides] [k = 0:kinds:1] "+" using (side - 1):(place(side, from_one(k))) with points pointtype 7 pointsize 0.9 linecolor rgb dark
