# Rate against decay, for Adam + L2 above and AdamW below: over (lr, weight_decay) on the left, over (lr, lr · weight_decay) on the right.
# results.csv: run, algorithm, lr, weight-decay, seed, accuracy, loss: a row a run.
load KNOBS_FOLDER."/map.gp"
eval runs_read
stats [*:*][*:*] run_file(1, "epochs.csv") using (steps = column("step")) nooutput
row_name = "weight-decay"; column_name = "lr"; measured = "loss"; good = -1; best_of_columns = 1
show(x) = x > 9 ? "–" : sprintf("%.2f", x)
cell_wide = 0.15; cell_high = 0.5 * log10(5)
unset key; unset grid; unset colorbox; set border 0; set tics scale 0
set cbrange [0:1]
dark = "#222222"
# one scale for both
kept = 'strcol("algorithm") eq "adam"'; eval cells_read; shade_good = least; kept = 'strcol("algorithm") eq "adamw"'; eval cells_read
shade_good = least < shade_good ? least : shade_good; shade_bad = 1.6 * shade_good
kept = "1"; eval cells_read
set xrange [at(column[1]) - 1.3 * cell_wide:at(column[columns]) + 1.3 * cell_wide]
low = at(row[1]) - 1.1 * cell_high; high = at(row[rows]) + 1.1 * cell_high
down = at(column[1]); up = at(column[columns])
power(k) = sprintf("10^{%d}", k)
set multiplot
do for [panel = 0:3] {
    right = panel % 2; below = panel / 2
    kept = below ? 'strcol("algorithm") eq "adamw"' : 'strcol("algorithm") eq "adam"'; eval cells_read
    shift(i) = right ? at(column[i]) : 0
    set lmargin at screen (right ? 0.6 : 0.12); set rmargin at screen (right ? 0.97 : 0.49)
    set tmargin at screen (below ? 0.495 : 0.945); set bmargin at screen (below ? 0.125 : 0.575)
    set yrange [low + right * down:high + right * up]
    set ytics ("" 0)
    if (right) { do for [k = -7:0] { set ytics add (power(k) k) } } else { do for [j = 1:rows] { set ytics add (sprintf("%g", row[j]) at(row[j])) } }
    set ylabel (right ? "lr · weight\\_decay" : "weight decay") offset (right ? 1 : 0), 0
    set xtics ("" 0)
    if (below) { set xlabel "learning rate"; do for [i = 1:columns] { set xtics add (sprintf("%g", column[i]) at(column[i])) } } else { unset xlabel }
    eval cells_draw
    set label 500 (below ? "{/:Bold AdamW}" : "{/:Bold Adam + L2}") at graph 0, 1.06 left textcolor rgb dark
    if (below) { set label 501 "- - -  steps · lr · decay = 1" } else { set label 501 (right ? "framed: the best of its rate" : "in the cells: test loss") }
    set label 501 at graph 1, 1.06 right textcolor rgb dark font ",10"
    # the line above which the decay has had time to do all that it does: steps · lr · weight_decay = 1
    if (below) {
        set arrow 500 from down - cell_wide, -log10(steps) - (right ? 0 : down - cell_wide) \
            to up + cell_wide, -log10(steps) - (right ? 0 : up + cell_wide) nohead back linewidth 2.5 dashtype (6,4) linecolor rgb "#000000"
    }
    plot NaN notitle
}
unset multiplot
