# Reduce on plateau: the held-out loss at each look, how often in a row it was no better than the best, and the rate below.
# looks.csv: step, epoch, loss, best, waited (looks in a row without a better one), lr (until this look).
dark = "#222222"; pale = "#555555"
looks = KNOBS_DATA."/looks.csv"
count = 0; low = 1e9; high = 0.0; end = 0.0; falls = 0; late = 0
array at[999]; array loss[999]; array best[999]; array waited[999]; array rate[999]
stats [*:*][*:*] looks using (count = count + 1, at[count] = column("epoch"), loss[count] = column("loss"), best[count] = column("best"), \
    waited[count] = column("waited"), rate[count] = column("lr"), end = at[count], \
    low = loss[count] < low ? loss[count] : low, high = loss[count] > high ? loss[count] : high, 0) nooutput
# one look between two: a lower rate at the next means that it fell here
fell(i) = i < count ? rate[i + 1] < rate[i] : 0
span = high - low; top = high + 0.08 * span; foot = low - 0.22 * span
unset key; set lmargin at screen 0.12; set rmargin at screen 0.965
set xrange [0:end * 1.02]; set xtics 0, 1

set print $line
do for [i = 1:count] { print sprintf("%g,%g,%g,%d", at[i], loss[i], best[i], waited[i]) }
unset print
set print $rate # stairs: a rate holds until the look at which it fell
do for [i = 1:count] { print sprintf("%g,%g", i == 1 ? 0 : at[i - 1], rate[i]); print sprintf("%g,%g", at[i], rate[i]) }
unset print
set datafile nocolumnheaders

set multiplot
set tmargin at screen 0.97; set bmargin at screen 0.42
set yrange [foot:top]; set ylabel "loss of the images kept back"; set format x ""
do for [i = 1:count] { if (fell(i)) {
    falls = falls + 1
    set arrow falls from at[i], foot to at[i], top nohead linewidth 1.5 dashtype 3 linecolor rgb dark
    if (falls == 1) {
        first = i - waited[i] + 1 # the looks that were waited through
        set arrow 100 from at[first], best[i] - 0.08 * span to at[i], best[i] - 0.08 * span heads size screen 0.006, 90 linewidth 1.5 linecolor rgb dark
        set label 1 sprintf("%d looks in a row,\nnone below %.3f", waited[i], best[i]) at at[i], best[i] - 0.17 * span \
            offset character -0.7, 0 right textcolor rgb dark
        set label 2 sprintf(" more than the patience of %d:\n the rate falls", waited[i] - 1) at at[i], graph 0.93 textcolor rgb dark
        late = at[i] > 0.6 * at[count]
        if (late) { set label 2 right offset character -0.7, 0 } else { set label 2 left }
    }
} }
# where the looks in a row aren't
if (late) { set label 3 at at[2], best[1] offset character 1, 0 left } else { set label 3 at at[count], best[count] offset character 0, -1.5 right }
set label 3 "steps: the best so far" textcolor rgb pale font ",12"
plot $line using 1:3 with steps linewidth 1.5 linecolor rgb "#888888", \
    $line using 1:2 with lines linewidth 1.2 dashtype 1 linecolor rgb ink(4), \
    $line using 1:($4 == 0 ? $2 : NaN) with points pointtype 7 pointsize 1.2 linecolor rgb ink(4), \
    $line using 1:($4 > 0 ? $2 : NaN) with points pointtype 7 pointsize 3.6 linecolor rgb "#ffffff", \
    $line using 1:($4 > 0 ? $2 : NaN) with points pointtype 6 pointsize 3.6 linewidth 1.2 linecolor rgb dark, \
    $line using 1:($4 > 0 ? $2 : NaN):(sprintf("%d", $4)) with labels font ",10" textcolor rgb dark
unset label; unset arrow
set tmargin at screen 0.36; set bmargin at screen 0.12
set format x "%g"; set xlabel "epoch"; set ylabel "learning rate"
set logscale y; set format y "10^{%L}"; set yrange [rate[count] / 3:rate[1] * 3]
do for [i = 1:count] { if (fell(i)) { set arrow i from at[i], graph 0 to at[i], graph 1 nohead linewidth 1.5 dashtype 3 linecolor rgb dark } }
plot $rate using 1:2 with lines linewidth 3 dashtype 1 linecolor rgb ink(2)
unset multiplot
