# What a step costs against the number of ranks: measured, and beyond by a model whose two numbers were fitted.
# cost.csv: ranks, images (of each), step, average (seconds; those of one rank with fewer images too);
# results.csv: alpha, beta: T(n) = 2 (n - 1) alpha + 2 (n - 1) / n beta V.
dark = "#222222"; pale = "#555555"
costs = KNOBS_DATA."/cost.csv"
bytes = 4.0 * 9146 # of the gradients of this network, in single precision
measured = 1; size = 0; whole = 0; least = 1e9; few = 0
stats [*:*][*:*] costs using (r = column("ranks"), i = column("images"), s = column("step"), measured = r > measured ? r : measured, \
    r == 1 && i > size ? (size = i, whole = s) : 0, r == 1 && s < least ? (least = s, few = i) : 0, 0) nooutput
alpha = NaN; beta = NaN
if (measured > 1) { stats [*:*][*:*] KNOBS_DATA."/results.csv" using (alpha = column("alpha"), beta = column("beta"), 0) nooutput }
known = alpha == alpha && alpha > 0
# a line through one process with the whole batch and with the fewest images: what a step costs without any, and an image
image = size > few ? (whole - least) / (size - few) : whole / size; empty = whole - image * size
if (empty < 0) { empty = 0; image = whole / size }
average(n) = n > 1 && known ? 2 * (n - 1) * alpha + 2 * (n - 1) / n * beta * bytes : 0
stays(n) = empty + image * size / n + average(n)
grows(n) = empty + image * size + average(n)
ms = 1e3; most = 1024.0
low = ms * (known ? average(2) / 2.5 : stays(size) / 2); high = ms * grows(most) * 2.5
unset key; set logscale x 2; set logscale y
set xrange [0.5:most]; set yrange [low:high]
set format y "%g"; set xtics (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
set xlabel "ranks"; set ylabel "time of a step (ms)"
set lmargin 10; set rmargin 20; set tmargin at screen 0.96; set bmargin at screen 0.13
set samples 400
dummy = curve_label(sprintf("{/:Bold each rank}\n{/:Bold keeps %d images}", size), logarithmic(ms * grows(most), low, high), 4)
if (known) { dummy = curve_label("the average\nof gradients alone", logarithmic(ms * average(most), low, high), 8) }
eval curve_labels
set label 4 sprintf("{/:Bold all share %d images}", size) at 9, ms * stays(9) offset character 1, 0.6 left textcolor rgb ink(2)
if (known) { set label 5 "one image\na rank" at size, ms * stays(size) offset character 0.5, 2.2 left textcolor rgb ink(2) font ",12" }
set arrow 1 from measured * 1.3, graph 0 to measured * 1.3, graph 1 nohead linewidth 1.5 dashtype 3 linecolor rgb dark
set label 1 " a model" at measured * 1.3, graph 0.96 left textcolor rgb dark
set label 2 "measured " at measured * 1.3, graph 0.96 right textcolor rgb dark
if (known) { set label 3 sprintf("α = %.2g µs a message\nβ = %.2g ns a byte", 1e6 * alpha, 1e9 * beta) at 20, graph 0.12 left textcolor rgb pale font ",12" }
plot (x < 1 ? NaN : ms * grows(x)) with lines linetype 4, (x < 1 || x > size ? NaN : ms * stays(x)) with lines linetype 2, \
    (known && x >= 2 ? ms * average(x) : NaN) with lines linetype 8, \
    costs using (column("images") == size ? column("ranks") : NaN):(ms * column("step")) with points pointtype 7 pointsize 1.8 linecolor rgb ink(4), \
    costs using (column("ranks") * column("images") == size && column("ranks") > 1 ? column("ranks") : NaN):(ms * column("step")) with points pointtype 5 pointsize 1.8 linecolor rgb ink(2), \
    costs using (column("ranks") > 1 && column("images") == size ? column("ranks") : NaN):(ms * column("average")) with points pointtype 8 pointsize 1.5 linecolor rgb ink(8)
