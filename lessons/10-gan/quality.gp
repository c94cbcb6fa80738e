# Modes and good points over time, of every run: the right recipe against the mistakes that cost more than time.
# results.csv names the runs; each run's quality.csv: step, covered, good.
load KNOBS_FOLDER."/recipes.gp"
dark = "#222222"; steps = 0; modes = 8; right = 0
array seeds[kinds]; array covered[kinds]; array good[kinds]
do for [k = 1:kinds] { seeds[k] = 0; covered[k] = 0.0; good[k] = 0.0; right = right || recipe(k) == 1 }
# these two end as the right recipe does, bit for bit
drawn(k) = !(right && (kind[k] eq "not-frozen" || kind[k] eq "no-detach"))
do for [i = 1:runs] {
    stats run_file(i, "quality.csv") using (steps = column("step") > steps ? column("step") : steps, \
        c = column("covered"), modes = c > 8 ? 25 : modes, g = 100 * column("good"), 0) nooutput
    k = kind_of[i]; seeds[k] = seeds[k] + 1; covered[k] = covered[k] + c; good[k] = good[k] + (g == g ? g : 0)
}
array text[6] = ["right recipe", "", "", "D's zero\\_grad\nforgotten", "cleared once", "one optimizer\nfor both"]
text[2] = "D not frozen\nin G's step"; text[3] = "no detach in\nD's step"
type(k) = recipe(k) > 3 ? recipe(k) - 2 : recipe(k) == 1 ? 1 : recipe(k) + 3

unset key; set xlabel "step"; set xrange [0:steps > 0 ? steps * 1.0 : 1]; set xtics 0, tick(2 * steps)
set tmargin at screen 0.9; set bmargin at screen 0.13; plot_tall = 0.77; label_size = 11
set multiplot
do for [panel = 1:2] {
    high = panel == 1 ? 1.05 * modes : 102; low = -0.025 * high
    set label 9 (panel == 1 ? "modes found, of ".modes : "good points, %") at graph 0, 1.05 left textcolor rgb dark
    set yrange [low:high]; set ytics 0, (panel == 2 ? 20 : modes > 8 ? 5 : 2)
    set lmargin at screen panel == 1 ? 0.045 : 0.55; set rmargin at screen panel == 1 ? 0.36 : 0.865
    do for [k = 1:kinds] {
        if (drawn(k)) { dummy = curve_label(text[recipe(k)], linear((panel == 1 ? covered[k] : good[k]) / seeds[k], low, high), type(k)) }
    }
    eval curve_labels
    plot for [i = runs:1:-1] run_file(i, "quality.csv") using "step":(!drawn(kind_of[i]) ? NaN : panel == 1 ? column("covered") : 100 * column("good")) \
        with lines linetype type(kind_of[i]) linewidth (runs > kinds ? 1.1 : 2.5)
}
unset multiplot
