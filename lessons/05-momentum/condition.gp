# What narrower ravines cost, with the best knobs for each: κ without momentum, √κ with it.
# conditions.csv: condition, plain, heavy_ball, nesterov, fixed.
rows = KNOBS_DATA."/conditions.csv"
dark = "#222222"; pale = "#555555"
name(k) = word("plain heavy_ball nesterov fixed", k)
type(k) = word("1 2 4 8", k) + 0
text(k) = k == 1 ? "no momentum" : k == 2 ? "heavy ball" : k == 3 ? "Nesterov" : "momentum 0.9,\nwhatever κ"
low = 15; high = 120000
stats [*:*][*:*] rows using (most = column("condition")) nooutput
unset key
set lmargin 12; set rmargin 17
set logscale xy; set xrange [9.5:most]; set yrange [low:high]
set xtics ("10" 10, "100" 100, "1,000" 1000, "10,000" 10000); set ytics ("100" 100, "1,000" 1000, "10,000" 10000, "100,000" 100000)
set xlabel "condition number κ: how many times as steep across as along"; set ylabel "steps to the bottom"
do for [k = 1:4] {
    stats [*:*][*:*] rows using (last = column(name(k))) nooutput
    length = curve_label(text(k), logarithmic(last, low, high), type(k))
}
eval curve_labels
# Slopes, in triangles: ten times as narrow costs ten times as many steps, or √10 times.
array at_y[2]; at_y[1] = 5000; at_y[2] = 36
do for [k = 1:2] {
    left = k == 1 ? 200 : 300; rise = k == 1 ? 5.0 : sqrt(5.0); y = at_y[k]
    set arrow 10 * k + 1 from left, y to left * 5, y * (k == 1 ? rise : 1) nohead linecolor rgb pale linewidth 1
    if (k == 1) {
        set arrow 12 from left, y to left, y * rise nohead linecolor rgb pale; set arrow 13 from left, y * rise to left * 5, y * rise nohead linecolor rgb pale
        set label 1 "slope 1: κ" at left, y * sqrt(rise) offset character -0.8, 0 right textcolor rgb dark
    } else {
        set arrow 21 from left, y to left * 5, y nohead linecolor rgb pale; set arrow 22 from left * 5, y to left * 5, y * rise nohead linecolor rgb pale
        set arrow 23 from left, y to left * 5, y * rise nohead linecolor rgb pale
        set label 2 "slope ½: √κ" at left * 5, y * sqrt(rise) offset character 0.8, 0 left textcolor rgb dark
    }
}
plot for [k = 1:4] rows using "condition":name(k) with linespoints linetype type(k) pointtype 7 pointsize 0.8
