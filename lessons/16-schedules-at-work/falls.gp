# What the first fall of the rate brings, a line a seed: the held-out loss at each look, as a share of the best before the fall.
# results.csv names the runs; runs/RUN/looks.csv: epoch, loss, best, lr (until this look).
eval runs_read
dark = "#222222"; pale = "#555555"; before = 1.5; after = 1.5; low = 1.0; high = 1.0
array fall[runs]; array best[runs]; shown = 0
do for [i = 1:runs] { # the last look at the first rate
    fall[i] = NaN; best[i] = NaN; rate = 0; last = NaN; least = NaN
    stats [*:*][*:*] run_file(i, "looks.csv") using (rate = rate > 0 ? rate : column("lr"), \
        column("lr") == rate ? (last = column("epoch"), least = column("best")) : (fall[i] = last, best[i] = least), 0) nooutput
    if (fall[i] == fall[i]) {
        shown = shown + 1
        stats [*:*][*:*] run_file(i, "looks.csv") using (x = column("epoch") - fall[i], y = column("loss") / best[i], x < -before || x > after ? 0 : \
            (low = y < low ? y : low, high = y > high ? y : high), 0) nooutput
    }
}
unset key
set xrange [-before:after]; set yrange [low - 0.05:(high < 1.6 ? high : 1.6) + 0.03]
set xlabel "epochs since the first fall of the rate"; set ylabel "held-out loss, as a share of the best before the fall"
set lmargin 11; set tmargin at screen 0.96; set bmargin at screen 0.13
set arrow 1 from 0, graph 0 to 0, graph 1 nohead linewidth 1.5 dashtype 3 linecolor rgb dark
set arrow 2 from -before, 1 to after, 1 nohead linewidth 1.5 linecolor rgb "#888888"
set label 1 " the rate falls" at 0, graph 0.95 left textcolor rgb dark
set label 2 "the best before" at graph 0.98, first 1 offset character 0, 0.8 right textcolor rgb pale
set label 3 sprintf("%d of %d seeds", shown, runs) at graph 0.98, graph 0.95 right textcolor rgb dark
plot for [i = 1:runs] run_file(i, "looks.csv") using (column("epoch") - fall[i]):(column("loss") / best[i]) with linespoints linetype i dashtype 1 pointsize 0.9
