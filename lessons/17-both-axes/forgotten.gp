# What a resume costs that forgot a piece of the state: the test accuracy after it, against that of the undisturbed run of the
# same seed. A panel a piece, a thin line a seed, a thick one their mean.
# results.csv names the runs; each run's after.csv: after (steps since the resume), loss, accuracy.
eval runs_read
dark = "#222222"; pale = "#555555"; looks = 16
array v[runs * looks]; array after[looks]; array base[runs]; rows = 0
do for [i = 1:runs] {
    stats [*:*][*:*] run_file(i, "after.csv") using (p = int($0) + 1, rows = p > rows ? p : rows, after[p] = column("after"), \
        v[(i - 1) * looks + p] = 100 * column("accuracy"), 0) nooutput
    wanted = run[i][1:strlen(run[i]) - strlen(kind[kind_of[i]])]."undisturbed"
    base[i] = (sum [j = 1:runs] (run[j] eq wanted ? j : 0))
}
compared = base[1] > 0 # or a piece was run alone
gain(i, p) = v[(i - 1) * looks + p] - (base[i] ? v[(base[i] - 1) * looks + p] : 0)
seeds(k) = (sum [i = 1:runs] (kind_of[i] == k ? 1 : 0))
mean(k, p) = (sum [i = 1:runs] (kind_of[i] == k ? gain(i, p) : 0)) / seeds(k)
error(k, p) = seeds(k) < 2 ? 0 : sqrt((sum [i = 1:runs] (kind_of[i] == k ? (gain(i, p) - mean(k, p))**2 : 0)) / seeds(k) / (seeds(k) - 1))
place(p) = log10(1.0 + after[p])
array title[6] = ["the moments", "the step count", "moments and count", "the scheduler's clock", "the place in the data", "batch norm's statistics"]
pieces = "moments count optimizer clock order statistics"

low = 1e9; high = -1e9
do for [i = 1:runs] { do for [p = 1:rows] { low = gain(i, p) < low ? gain(i, p) : low; high = gain(i, p) > high ? gain(i, p) : high } }
span = high - low > 0.1 ? high - low : 0.1
set samples rows + 1 # a look each, behind the one at 0: from_one
set multiplot
unset key; set border 3; set tics scale 0.5 font ",10"
set xrange [0:place(rows)]; set yrange [low - 0.04 * span:high + 0.06 * span]; set ytics nice(span / 3.5)
set xtics (0 0); do for [p = 2:rows] { set xtics add (sprintf("%d", after[p]) place(p)) }
set label 1 (compared ? "Test accuracy after a resume that forgot {/:Bold …}, against the undisturbed run, in points" : "Test accuracy after a resume, in %") \
    at screen 0.02, 0.965 left textcolor rgb dark font ",13"
do for [piece = 1:words(pieces)] {
    k = 0; do for [j = 1:kinds] { k = kind[j] eq word(pieces, piece) ? j : k }
    row = (piece - 1) / 3; left = 0.08 + 0.315 * ((piece - 1) % 3); head = 0.81 - 0.445 * row
    set lmargin at screen left; set rmargin at screen left + 0.265; set tmargin at screen head; set bmargin at screen head - 0.275
    set label 2 "{/:Bold ".title[piece]."}" at graph 0, 1.2 left textcolor rgb dark font ",12"
    set xlabel (row ? "steps after the resume" : "") offset 0, 0.7 font ",11"
    set ylabel (piece % 3 == 1 ? (compared ? "points" : "%") : "") offset 1.4, 0 font ",11"
    if (k) {
        if (compared) {
            worst = 1; do for [p = 2:rows] { worst = mean(k, p) < mean(k, worst) ? p : worst }
            set label 3 sprintf("worst %+.1f, end %+.2f%s", mean(k, worst), mean(k, rows), seeds(k) > 1 ? sprintf(" ± %.2f", error(k, rows)) : "") \
                at graph 0, 1.07 left textcolor rgb pale font ",11"
        }
        plot for [i = 1:runs] [p = 0:rows] '+' using (kind_of[i] == k ? place(from_one($1)) : NaN):(gain(i, from_one($1))) with lines linecolor rgb "#e8b89a" dashtype 1 linewidth 1, \
            0 with lines linecolor rgb "#777777" linewidth 1.5, \
            [p = 0:rows] '+' using (place(from_one($1))):(mean(k, from_one($1))) with linespoints linetype 2 dashtype 1 linewidth 2.6 pointtype 7 pointsize 0.7
    }
    unset label 1; unset label 3
}
unset multiplot
