# A map of the rate (across) and another knob (up), and beside it a curve for each value of the knob. The script that loads this has set
# row_name, row_at, row_words(value); row_label; shade_span, how far below the best the darkest shade is; curve_at(row, lr), what the curves go over, and curve_axis, its name; and for lines that
# start at the best cell of row number line_from(k): line_count, line_slope(k), how far to the right it goes for one unit up, line_words(k).
column_name = "lr"; measured = "accuracy"
eval cells_read
if (columns > 1) { cell_wide = (column_at(column[columns]) - column_at(column[1])) / (columns - 1) / 2 } # of one, as map.gp has it
shade_good = most; shade_bad = most - shade_span
best_column(j) = (sum [i = 1:columns] (there(i, j) && is_best(i, j) ? column_at(column[i]) : 0))
dark = "#222222"
unset key; unset grid; unset colorbox; set border 0; set tics scale 0; set cbrange [0:1]
set style textbox opaque noborder margins 0.3, 0.3
set multiplot
set lmargin at screen 0.125; set rmargin at screen 0.5; set tmargin at screen 0.89; set bmargin at screen 0.14
left = column_at(column[1]) - 1.08 * cell_wide; right = column_at(column[columns]) + 1.08 * cell_wide
set xrange [left:right]; set yrange [lower(1):upper(rows)]
set xtics ("" 0); do for [i = 1:columns] { set xtics add (sprintf("%g", column[i]) column_at(column[i])) }
set ytics ("" 0); do for [j = 1:rows] { set ytics add (row_words(row[j]) row_at(row[j])) }
set xlabel "learning rate"; set ylabel row_label
eval cells_draw
set label 500 "test accuracy (%); framed: the best rate" at graph 0, 1.1 left textcolor rgb dark
set dashtype 11 solid; set dashtype 12 (8,2)
do for [k = 1:line_count] {
    dash = 10 + k
    x = best_column(line_from(k)); y = row_at(row[line_from(k)]); a = line_slope(k)
    low = lower(1); high = upper(rows)
    # up to the edges of the map
    first_y = a > 0 ? y + (left - x) / a : y + (right - x) / a; last_y = a > 0 ? y + (right - x) / a : y + (left - x) / a
    first_y = first_y < low ? low : first_y; last_y = last_y > high ? high : last_y
    # with a white seam: in grey it would be lost on a grey cell
    set arrow 400 + k from x + a * (first_y - y), first_y to x + a * (last_y - y), last_y nohead back linewidth (k == 1 ? 6 : 4.5) linecolor rgb "#ffffff"
    set arrow 500 + k from x + a * (first_y - y), first_y to x + a * (last_y - y), last_y nohead back linewidth 3 dashtype dash linecolor rgb "#d55e00"
    if (a < 0) {
        set label 500 + k line_words(k) at left, last_y offset 0, character 0.7 left front textcolor rgb ink(2) font ",12"
    } else { if (last_y == high) {
        set label 500 + k line_words(k) at x + a * (last_y - y), last_y offset 0, character 0.7 center front textcolor rgb ink(2) font ",12"
    } else {
        set label 500 + k line_words(k) at right, last_y offset 0, character 0.9 right front boxed textcolor rgb ink(2) font ",12" # it stands on a cell
    } }
}
plot NaN notitle
do for [k = 1:objects] { unset object k; unset label k }
unset label; unset arrow
set lmargin at screen 0.62; set rmargin at screen 0.97
set border 3; set tics scale 0.5; set grid
set xlabel curve_axis; set ylabel "test accuracy (%)"
set xrange [curve_at(row[1], column[1]) / 2:curve_at(row[rows], column[columns]) * 2]; set logscale x; set xtics 1e-6, 10; set ytics auto
set format x "%g"
set yrange [100 * shade_bad:100 * most + 1]
set key at screen 0.97, screen 0.985 right top horizontal Left reverse samplen 2 width -1 font ",11" title row_label
set print $curves
do for [j = 1:rows] { do for [i = 1:columns] { if (there(i, j)) {
    print sprintf("%.9g,%.9g,%.9g", curve_at(row[j], column[i]), 100 * mean(i, j), 100 * error(i, j)) } }
    print ""; print ""
}
set print
set datafile nocolumnheaders
set clip two
plot for [j = 1:rows] $curves index j - 1 using 1:2:3 with yerrorlines linetype j pointsize 1.1 title row_words(row[j])
unset multiplot
