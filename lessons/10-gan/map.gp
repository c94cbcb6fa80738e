# The map of the two rates: how many runs of each cell find at least 7 of 8 modes with 80 % of their points good.
# results.csv: lr-d, lr-g, seed, covered, good, found: a row a run.
dark = "#222222"; pale = "#555555"; columns = 0; rows = 0
array rate_g[16]; array rate_d[16]; array count[256]; array found[256]; array good[256]
do for [i = 1:256] { count[i] = 0; found[i] = 0; good[i] = 0.0 }
# the place of a rate among those there are; a new one comes last
column_of(x) = (c = (sum [j = 1:columns] (rate_g[j] == x ? j : 0)), c ? c : (columns = columns + 1, rate_g[columns] = x, columns))
row_of(x) = (r = (sum [j = 1:rows] (rate_d[j] == x ? j : 0)), r ? r : (rows = rows + 1, rate_d[rows] = x, rows))
stats KNOBS_DATA."/results.csv" using (cell = 16 * (row_of(column("lr-d")) - 1) + column_of(column("lr-g")), \
    count[cell] = count[cell] + 1, found[cell] = found[cell] + column("found"), good[cell] = good[cell] + column("good"), 0) nooutput
unset key; unset grid; unset colorbox; set border 0; set tics scale 0
set xrange [0.5:columns + 0.5]; set yrange [0.5:rows + 0.5]
set palette defined (0 "#ffffff", 0.2 "#e9f0f6", 1 "#6f9dbd"); set cbrange [0:1]
set xtics ("" 1); set ytics ("" 1)
do for [j = 1:columns] { set xtics add (sprintf("%g", rate_g[j]) j) }
do for [j = 1:rows] { set ytics add (sprintf("%g", rate_d[j]) j) }
set xlabel "learning rate of the generator"; set ylabel "learning rate of the discriminator"
set lmargin at screen 0.13; set rmargin at screen 0.97; set tmargin at screen 0.92; set bmargin at screen 0.13
do for [d = 1:rows] { do for [g = 1:columns] {
    i = 16 * (d - 1) + g; equal = rate_d[d] == rate_g[g]
    if (count[i] > 0) {
        set object rectangle from g - 0.48, d - 0.46 to g + 0.48, d + 0.46 fillstyle solid 1 \
            border linecolor rgb (equal ? "#000000" : "#999999") fillcolor palette frac 1.0 * found[i] / count[i] linewidth (equal ? 3 : 0.8)
        words = sprintf("{/:Bold %d of %d}\n{/*0.8 %.0f %% good}", found[i], count[i], 100 * good[i] / count[i])
        set label words at g, d offset character 0, lift(words) center front textcolor rgb dark
    }
} }
set label "runs that find the modes; a thick frame: equal rates" at graph 0, 1.04 left textcolor rgb dark
plot NaN notitle
