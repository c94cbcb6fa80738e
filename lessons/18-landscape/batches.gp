# The same plane as each of eight mini-batches sees it: a landscape of its own, lowest elsewhere.
# plane.csv: batch (0: the mean of all), x, y, loss; path.csv: model, look, x, y.
load KNOBS_FOLDER."/map.gp"
shown = 0
eval read_range
all_x = least_x; all_y = least_y
unset tics
set multiplot
do for [b = 1:8] {
    shown = b; eval read_range
    levels = nice((greatest - least) / 9); eval read_map
    column_of = (b - 1) % 4; row_of = (b - 1) / 4
    set lmargin at screen 0.02 + 0.245 * column_of; set rmargin at screen 0.02 + 0.245 * column_of + 0.225
    set tmargin at screen 0.94 - 0.45 * row_of; set bmargin at screen 0.57 - 0.45 * row_of
    set cbrange [least:greatest]
    set label 1 sprintf("batch %d: %.2f to %.2f", b, least, greatest) at graph 0, graph 1.1 left textcolor rgb dark font ",12"
    if (b == 8) { set label 2 "● where this batch is lowest     ○ where all eight together are     lines: equal loss, darker is higher" at screen 0.5, screen 0.04 center textcolor rgb pale font ",12" }
    plot @ground, \
        "+" using (all_x):(all_y) every ::0::0 with points pointtype 7 pointsize 1.6 linecolor rgb "#ffffff", \
        "+" using (all_x):(all_y) every ::0::0 with points pointtype 6 pointsize 1.6 linewidth 2 linecolor rgb "#000000", \
        "+" using (least_x):(least_y) every ::0::0 with points pointtype 7 pointsize 1.6 linecolor rgb ink(2)
}
unset multiplot
