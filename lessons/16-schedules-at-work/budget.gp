# What a schedule buys at each budget: the test accuracy of each curve, mean over the seeds with a band of its standard error.
# results.csv: run, curve, epochs, seed, accuracy: a row a run.
eval runs_read
dark = "#222222"; pale = "#555555"; budgets = 0
array epochs[8]; array count[128]; array sum_of[128]; array squares[128]
do for [i = 1:128] { count[i] = 0; sum_of[i] = 0.0; squares[i] = 0.0 }
budget_of(x) = (b = (sum [j = 1:budgets] (epochs[j] == x ? j : 0)), b ? b : (budgets = budgets + 1, epochs[budgets] = x, budgets))
cell(k, b) = 8 * (k - 1) + b
stats [*:*][*:*] KNOBS_DATA."/results.csv" using (c = cell(kind_of[int($0) + 1], budget_of(column("epochs"))), a = 100 * column("accuracy"), \
    count[c] = count[c] + 1, sum_of[c] = sum_of[c] + a, squares[c] = squares[c] + a * a, 0) nooutput
mean(k, b) = count[cell(k, b)] ? sum_of[cell(k, b)] / count[cell(k, b)] : NaN
error(k, b) = (n = count[cell(k, b)], n > 1 ? sqrt(abs(squares[cell(k, b)] - n * mean(k, b)**2) / (n * (n - 1))) : 0)
low = 100.0; high = 0.0
do for [k = 1:kinds] { do for [b = 1:budgets] { if (count[cell(k, b)] > 0) {
    low = mean(k, b) - error(k, b) < low ? mean(k, b) - error(k, b) : low; high = mean(k, b) + error(k, b) > high ? mean(k, b) + error(k, b) : high
} } }
low = floor(2 * low - 0.2) / 2.0; high = ceil(2 * high + 0.2) / 2.0
name(k) = kind[k] eq "warmup-stable-decay" ? "warm-up, stable, decay" : kind[k]
place_of(wanted) = sum [k = 1:kinds] (kind[k] eq wanted ? k : 0)
type(k) = place_in("constant one-cycle cosine warmup-stable-decay step", kind[k])
unset key; set logscale x 2
set xrange [epochs[1] / 1.15:epochs[budgets] * (budgets > 1 ? 1 : 1.15)]; set yrange [low:high]
set xtics (sprintf("%g", epochs[1]) epochs[1])
do for [b = 2:budgets] { set xtics add (sprintf("%g", epochs[b]) epochs[b]) }
set xlabel "epochs of the whole training"; set ylabel "test accuracy at its end (%)"
set lmargin 10; set rmargin 26; set tmargin at screen 0.95; set bmargin at screen 0.13
do for [k = 1:kinds] { dummy = curve_label("{/:Bold ".name(k)."}", linear(mean(k, budgets), low, high), type(k)) }
eval curve_labels

# what the constant rate has at the end, and where one-cycle has it: between two budgets along the line that is drawn
one = place_of("one-cycle"); constant = place_of("constant"); reached = NaN
if (one && constant && budgets > 1) {
    wanted = mean(constant, budgets)
    do for [b = 2:budgets] { if (mean(one, b - 1) < wanted && mean(one, b) >= wanted) {
        share = (wanted - mean(one, b - 1)) / (mean(one, b) - mean(one, b - 1))
        reached = epochs[b - 1] * (epochs[b] / epochs[b - 1])**share
    } }
}
if (reached == reached) {
    set arrow 1 from epochs[budgets], wanted to reached, wanted filled size screen 0.012, 20 front linewidth 1.5 linecolor rgb dark
    set arrow 2 from reached, wanted to reached, low nohead linewidth 1.5 dashtype 3 linecolor rgb dark
    set label 1 sprintf("{/:Bold %.1f epochs}\nof one-cycle are as good\nas %g of a constant rate", reached, epochs[budgets]) at reached, low \
        offset character 1, character 3.4 left textcolor rgb dark
}
set print $means # a block a curve: epochs, the band's foot and head, the mean
do for [k = 1:kinds] {
    do for [b = 1:budgets] { print sprintf("%g,%g,%g,%g", epochs[b], mean(k, b) - error(k, b), mean(k, b) + error(k, b), mean(k, b)) }
    print ""; print ""
}
unset print
set datafile nocolumnheaders
plot for [k = 1:kinds] $means index k - 1 using 1:2:3 with filledcurves linecolor rgb ink(type(k)) fillstyle transparent solid 0.15 noborder, \
    for [k = 1:kinds] $means index k - 1 using 1:4 with linespoints linetype type(k) pointsize 1
