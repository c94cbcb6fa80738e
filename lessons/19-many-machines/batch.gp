# Accuracy against the size of a batch, a curve a recipe with a band of its standard error; the last size at which a recipe is less
# than half a point behind the small batch is marked.
# results.csv: run, recipe, factor, seed, accuracy: a row a run.
eval runs_read
dark = "#222222"; pale = "#555555"; sizes = 0; base = 32
array factor[8]; array count[64]; array sum_of[64]; array squares[64]
do for [i = 1:64] { count[i] = 0; sum_of[i] = 0.0; squares[i] = 0.0 }
size_of(x) = (b = (sum [j = 1:sizes] (factor[j] == x ? j : 0)), b ? b : (sizes = sizes + 1, factor[sizes] = x, sizes))
cell(k, b) = 8 * (k - 1) + b
stats [*:*][*:*] KNOBS_DATA."/results.csv" using (c = cell(kind_of[int($0) + 1], size_of(column("factor"))), a = 100 * column("accuracy"), \
    count[c] = count[c] + 1, sum_of[c] = sum_of[c] + a, squares[c] = squares[c] + a * a, 0) nooutput
mean(k, b) = count[cell(k, b)] ? sum_of[cell(k, b)] / count[cell(k, b)] : NaN
error(k, b) = (n = count[cell(k, b)], n > 1 ? sqrt(abs(squares[cell(k, b)] - n * mean(k, b)**2) / (n * (n - 1))) : 0)
high = 0.0; do for [k = 1:kinds] { do for [b = 1:sizes] { high = mean(k, b) > high ? mean(k, b) : high } }
low = 78.0; high = ceil(high) + 0.5
name(k) = kind[k] eq "unchanged" ? "rate unchanged" : kind[k] eq "scaled" ? "rate × k at once" : kind[k] eq "warm-up" ? "rate × k, warm-up" : "LARS, × k, warm-up"
type(k) = place_in("unchanged warm-up lars scaled", kind[k])
# where a curve leaves the plot it is told, not drawn; from there on it has no more points
left(k) = (sum [b = 1:sizes] (mean(k, b) < low ? 1 : 0))
end_of(k) = left(k) ? sizes - left(k) : sizes
unset key; set logscale x 2
set xrange [base / 1.1:base * factor[sizes] * 1.1]; set yrange [low:high]
set xtics (sprintf("%d\n× %d", base * factor[1], factor[1]) base * factor[1])
do for [b = 2:sizes] { set xtics add (sprintf("%d\n× %d", base * factor[b], factor[b]) base * factor[b]) }
set xlabel "images of a batch"; set ylabel "test accuracy after three epochs (%)"
set lmargin 10; set rmargin 24; set tmargin at screen 0.95; set bmargin at screen 0.17
do for [k = 1:kinds] { dummy = curve_label("{/:Bold ".name(k)."}".(left(k) ? sprintf("\n× %d: %.0f %%", factor[sizes], mean(k, sizes)) : ""), \
    linear(left(k) ? low : mean(k, sizes), low, high), type(k)) }
eval curve_labels
set print $means
do for [k = 1:kinds] {
    do for [b = 1:sizes] { print sprintf("%g,%g,%g,%g", base * factor[b], mean(k, b) - error(k, b), mean(k, b) + error(k, b), mean(k, b)) }
    print ""; print ""
}
unset print
set datafile nocolumnheaders
plot for [k = 1:kinds] $means index k - 1 using 1:2:3 with filledcurves linecolor rgb ink(type(k)) fillstyle transparent solid 0.15 noborder, \
    for [k = 1:kinds] $means index k - 1 using 1:4 with linespoints linetype type(k) pointsize 1.2
