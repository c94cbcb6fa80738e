# A map of two knobs, for scripts that set its axes: `row_name` and `column_name`, columns of results.csv; `measured`, another, of
# which a cell shows the mean over seeds; row_at(value) and column_at(value), where a value stands on its axis; `kept`, a condition on the
# row of results.csv, as a text ("1": all). eval cells_read makes
#     rows, columns, row[j], column[i]        the values, in the order of the file
#     mean(i, j), error(i, j)                 of a cell, with its standard error
#     best[j]                                 the column that is best in row j, where high is good if good > 0
# and eval cells_draw draws each cell at (column_at, row_at) + shift(i), the best one of each row (of each column, if best_of_columns)
# framed, with show(mean) in it, on a ground of its own, so that no line crosses a number; cell_wide is half its width, and its height reaches
# half way to the next rows (or cell_high, where there is one).
kept = "1"; good = 1; best_of_columns = 0; shift(i) = 0; cell_wide = 0.25; cell_high = 0.25
at(x) = x > 0 ? log10(x) : -6; row_at(x) = at(x); column_at(x) = at(x); # a 0 that was given by hand stands far out
show(x) = sprintf("%.1f", 100 * x)
array row[32]; array column[32]; array best[32]; array cell_sum[1024]; array cell_squares[1024]; array cell_count[1024]
number_of_row(x) = (k = (sum [j = 1:rows] (row[j] == x ? j : 0)), k ? k : (rows = rows + 1, row[rows] = x, rows))
number_of_column(x) = (k = (sum [i = 1:columns] (column[i] == x ? i : 0)), k ? k : (columns = columns + 1, column[columns] = x, columns))
place(i, j) = 32 * (j - 1) + i
mean(i, j) = 1.0 * cell_sum[place(i, j)] / cell_count[place(i, j)]
error(i, j) = (n = cell_count[place(i, j)], n > 1 ? sqrt(abs(cell_squares[place(i, j)] - n * mean(i, j)**2) / (n * (n - 1))) : 0)
there(i, j) = cell_count[place(i, j)] > 0
finite(x) = x == x && abs(x) < 1e30 ? x : 1e30
cells_read = '\
    rows = 0; columns = 0; do for [k = 1:1024] { cell_sum[k] = 0.0; cell_squares[k] = 0.0; cell_count[k] = 0 }; \
    stats [*:*][*:*] KNOBS_DATA."/results.csv" using (@kept ? (j = number_of_row(column(row_name)), i = number_of_column(column(column_name)), \
        v = finite(column(measured)), k = place(i, j), cell_sum[k] = cell_sum[k] + v, cell_squares[k] = cell_squares[k] + v * v, \
        cell_count[k] = cell_count[k] + 1, 0) : 0) nooutput; \
    least = 1e300; most = -1e300; \
    do for [j = 1:rows] { do for [i = 1:columns] { if (there(i, j)) { \
        least = mean(i, j) < least ? mean(i, j) : least; most = mean(i, j) > most ? mean(i, j) : most } } }'
# Is the cell the best of its row, or of its column?
is_best(i, j) = best_of_columns ? \
    (sum [k = 1:rows] (there(i, k) && good * mean(i, k) > good * mean(i, j) ? 1 : 0)) == 0 : \
    (sum [k = 1:columns] (there(k, j) && good * mean(k, j) > good * mean(i, j) ? 1 : 0)) == 0
# the edges of row j are half way to its neighbours
upper(j) = rows == 1 ? row_at(row[1]) + cell_high : 0.5 * (j < rows ? row_at(row[j]) + row_at(row[j + 1]) : 3 * row_at(row[j]) - row_at(row[j - 1]))
lower(j) = rows == 1 ? row_at(row[1]) - cell_high : 0.5 * (j > 1 ? row_at(row[j]) + row_at(row[j - 1]) : 3 * row_at(row[j]) - row_at(row[j + 1]))
# 0: as bad as shade_bad or worse; 1: as good as shade_good
shade(x) = (s = (x - shade_bad) / (shade_good - shade_bad), s < 0 ? 0 : s > 1 ? 1 : s)
objects = 0
cells_draw = '\
    gap = rows ? 0.015 * (upper(rows) - lower(1)) / rows : 0; \
    do for [k = 1:objects] { unset object k; unset label k }; objects = 0; \
    do for [j = 1:rows] { do for [i = 1:columns] { if (there(i, j)) { \
        objects = objects + 1; x = column_at(column[i]); y = row_at(row[j]) + shift(i); s = shade(mean(i, j)); \
        set object objects rectangle from x - 0.97 * cell_wide, lower(j) + shift(i) + gap to x + 0.97 * cell_wide, upper(j) + shift(i) - gap fillstyle solid 1 noborder \
            fillcolor palette frac s back; \
        set label objects show(mean(i, j)) at x, y center front font cell_font textcolor rgb (s > 0.4 ? "#000000" : "#ffffff"); \
        objects = objects + 1; set object objects rectangle center x, y size character 3.2, character 0.9 \
            fillstyle solid 1 noborder fillcolor palette frac s front } } }; \
    do for [j = 1:rows] { do for [i = 1:columns] { if (there(i, j) && is_best(i, j)) { \
        objects = objects + 1; x = column_at(column[i]); y = row_at(row[j]) + shift(i); \
        set object objects rectangle from x - 0.93 * cell_wide, lower(j) + shift(i) + 2 * gap to x + 0.93 * cell_wide, upper(j) + shift(i) - 2 * gap \
            fillstyle empty border linecolor rgb "#000000" linewidth 3 front } } }'
cell_font = ",11"
