# Modes and good points over time, of every run: the right recipe against the three mistakes that cost more than time.
# runs.csv names the runs, seed by seed: right, not-frozen, no-detach, no-zero-grad, cleared-once, one-optimizer; each run's
# quality.csv: step, covered, good.
dark = "#222222"
array runs[6] = ["", "", "", "", "", ""]; count = 0
stats KNOBS_DATA."/runs.csv" using ((k = count % 6 + 1, runs[k] = runs[k]." ".strcol(1), count = count + 1), 0) nooutput
array shown[4] = [1, 4, 5, 6]
array words[4] = ["the right recipe", "D's zero\\_grad forgotten", "no detach, cleared once", "one optimizer for both"]
width = count > 6 ? 1.1 : 2.5
file(run) = KNOBS_DATA."/runs/".run."/quality.csv"
last = 0; most = 8
stats file(word(runs[1], 1)) using ((last = column("step"), most = column("covered") > 8 ? 25 : most), 0) nooutput

unset key; set xlabel "step"; set xrange [0:last > 0 ? last * 1.0 : 1]; set xtics 0, last > 5 ? last / 5 : 1
do for [k = 1:4] { # a key of its own, above both
    x = 0.03 + 0.245 * (k - 1)
    set arrow k from screen x, 0.965 to screen x + 0.035, 0.965 nohead linetype k linewidth 3
    set label k words[k] at screen x + 0.042, 0.965 left textcolor rgb dark font ",11"
}
set multiplot layout 1,2 margins 0.05, 0.972, 0.12, 0.86 spacing 0.09, 0
do for [panel = 1:2] {
    set label 9 (panel == 1 ? "modes covered" : "good points, %") at graph 0, 1.05 left textcolor rgb dark
    if (panel == 1) { set yrange [-0.025 * most:1.05 * most]; set ytics 0, (most > 8 ? 5 : 2) } else { set yrange [-2:102]; set ytics 0, 20 }
    plot for [k = 4:1:-1] for [run in runs[shown[k]]] file(run) \
        using "step":(panel == 1 ? column("covered") : 100 * column("good")) with lines linetype k linewidth width
    if (panel == 1) { do for [k = 1:4] { unset arrow k; unset label k } }
}
unset multiplot
