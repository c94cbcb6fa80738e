# The photos that a head got wrong, in the first run: a row for each class, a column for what they were taken for.
# confusion.csv: class, taken for, photos; cells.png: the photos in their cells, of the first classes, drawn by the lesson.
eval runs_read
folder = runs > 1 ? KNOBS_DATA."/runs/".run[1] : KNOBS_DATA
dark = "#222222"; pale = "#555555"; shown_most = 12
stats [*:*][*:*] folder."/confusion.csv" using 0 nooutput
classes = int(sqrt(STATS_records) + 0.5); shown = classes < shown_most ? classes : shown_most
array name[shown]; array count[shown * shown]; array all[shown]
do for [k = 1:shown] { all[k] = 0 }
right = 0; tested = 0
stats [*:*][*:*] folder."/confusion.csv" using (r = int($0) / classes + 1, c = int($0) % classes + 1, n = int(column("photos")), \
    tested = tested + n, right = right + (r == c ? n : 0), r > shown ? 0 : (all[r] = all[r] + n, c > shown ? 0 : \
    (count[(r - 1) * shown + c] = n, strlen(name[r] = strcol("class"))))) nooutput

unset border; unset tics; unset grid; unset key; unset colorbox
set lmargin 0; set rmargin 0; set tmargin 0; set bmargin 0
set xrange [0:90]; set yrange [0:56] # a unit is 10 pixels
gap = 2.0; pixels = shown * (72 + gap) + gap # of cells.png
tall = 49.0; unit = tall / pixels; step = (72 + gap) * unit; cell = 72 * unit
x0 = 20; y0 = 51.5
x(c) = x0 + gap * unit + (c - 1) * step
y(r) = y0 - gap * unit - (r - 1) * step # the upper edge
size = shown > 8 ? 9 : 12
set label "taken for" at x0 - 1, y0 + 2.2 right textcolor rgb pale font ",12"
do for [k = 1:shown] {
    set label name[k] at x(k) + cell / 2, y0 + (shown > 8 ? 0.8 : 2.2) center noenhanced rotate by (shown > 8 ? 20 : 0) textcolor rgb dark font sprintf(",%d", size)
    set label name[k] at x0 - 1, y(k) - cell / 2 right noenhanced textcolor rgb dark font sprintf(",%d", size)
    set label sprintf("of %d", all[k]) at x0 + tall + 0.8, y(k) - cell / 2 left textcolor rgb pale font ",11"
    do for [c = 1:shown] {
        n = count[(k - 1) * shown + c]
        set object rectangle from x(c), y(k) - cell to x(c) + cell, y(k) front linewidth 0.7 fillstyle empty border linecolor rgb "#bbbbbb"
        if (c == k) {
            set object rectangle from x(c), y(k) - cell to x(c) + cell, y(k) front fillstyle solid 1 noborder fillcolor rgb "#b9d2e4"
            set label sprintf("{/:Bold %d}", n) at x(c) + cell / 2, y(k) - cell / 2 center front textcolor rgb dark font ",18"
        }
        if (c != k && n > 9) {
            set label sprintf("%d", n) at x(c) + cell - 0.2, y(k) - 1 right front boxed textcolor rgb dark font ",11"
        }
    }
}
set style textbox opaque fillcolor rgb "#ffffff" noborder margins 0.3, 0.3
words = sprintf("{/:Bold %d of %d}\nnew photos are\nnamed right%s", right, tested, \
    shown < classes ? sprintf("\n\n(here the first\n%d of %d classes)", shown, classes) : "")
set label words at x0 + tall + 7, y(1) - cell / 2 left offset character 0, lift(words) textcolor rgb dark font ",12"
plot folder."/cells.png" binary filetype=png origin=(x0 + unit / 2, y0 - tall + unit / 2) dx=unit dy=unit with rgbimage
