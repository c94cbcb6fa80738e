# Accuracy against the size of a batch, a curve a recipe with a band of its standard error.
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
# what is far below is told, not drawn: the number of points of a curve that are on the plot
inside_of(k) = (sum [b = 1:sizes] (mean(k, b) >= low ? 1 : 0))
gone(k) = (told = "", sum [b = inside_of(k) + 1:sizes] (strlen(told = told.(strlen(told) ? ", " : "").sprintf("× %d: %.0f %%", factor[b], mean(k, b)))), told)
unset key; set logscale x 2
set xrange [base / 1.1:base * factor[sizes] * 1.15]; set yrange [low:high]
set xtics (sprintf("%d\n× %d", base * factor[1], factor[1]) base * factor[1])
do for [b = 2:sizes] { set xtics add (sprintf("%d\n× %d", base * factor[b], factor[b]) base * factor[b]) }
set xlabel "images of a batch" offset character 0, -0.8; set ylabel "test accuracy after three epochs (%)"
set lmargin 10; set rmargin 20; set tmargin at screen 0.95; set bmargin at screen 0.2
stacked = 0
do for [k = 1:kinds] {
    n = inside_of(k); words_of = "{/:Bold ".name(k)."}"
    if (n == sizes) { dummy = curve_label(words_of, linear(mean(k, n), low, high), type(k)) } else {
        if (n < sizes - 1) { # it leaves in the middle: to the left of its fall
            set label 10 + k words_of."\n".gone(k) at base * factor[n > 0 ? n : 1], low + 2.2 offset character 0.5, 0 right textcolor rgb ink(type(k))
        } else { # at the right edge, below each other
            set label 10 + k words_of."\n".gone(k) at base * factor[n > 0 ? n : 1] * 1.12, high - 0.9 - 1.6 * stacked left textcolor rgb ink(type(k))
            stacked = stacked + 1
        }
    }
}
eval curve_labels
# the critical batch: from where on the warm-up is half a point or more behind the small batch
carried = 0; first_of = (sum [k = 1:kinds] (kind[k] eq "unchanged" ? k : 0)); warm = (sum [k = 1:kinds] (kind[k] eq "warm-up" ? k : 0))
if (first_of && warm) { do for [b = 1:sizes] { if (mean(warm, b) > mean(first_of, 1) - 0.5 && carried == b - 1) { carried = b } } }
if (carried > 0 && carried < sizes) {
    edge = base * sqrt(1.0 * factor[carried] * factor[carried + 1])
    set arrow 1 from edge, graph 0 to edge, graph 1 nohead linewidth 1.5 dashtype 3 linecolor rgb dark
    set label 1 "critical batch size " at edge, graph 0.98 right textcolor rgb dark
}
set print $means
do for [k = 1:kinds] {
    do for [b = 1:sizes] { print sprintf("%g,%g,%g,%g,%d", base * factor[b], mean(k, b) - error(k, b), mean(k, b) + error(k, b), mean(k, b), b <= inside_of(k)) }
    print ""; print ""
}
unset print
set datafile nocolumnheaders
plot for [k = 1:kinds] $means index k - 1 using 1:($5 > 0 ? $2 : NaN):3 with filledcurves linecolor rgb ink(type(k)) fillstyle transparent solid 0.15 noborder, \
    for [k = 1:kinds] $means index k - 1 using 1:4 with linespoints linetype type(k) pointsize 1.2
