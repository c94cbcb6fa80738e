# Read before every figure's script: gnuplot -d -c style.gp SCRIPT DATA OUTPUT KIND
# SCRIPT holds the plot; DATA is the folder of the run's CSV files; OUTPUT is the file to write; KIND is svg, png or gif
# (a gif's script chooses its terminal, for it knows the size, and sets the output again).
# The script finds DATA in KNOBS_DATA.

# A name that begins with |, <, ~ or $ means something else to gnuplot; behind ./ it is a name.
named(path) = path[1:1] eq "/" ? path : "./".path
KNOBS_SCRIPT = named(ARG1)
KNOBS_DATA = named(ARG2)
KNOBS_OUTPUT = named(ARG3)
KNOBS_KIND = ARG4
# For what several scripts share: the script's folder, load KNOBS_FOLDER."/panels.gp", and this one, KNOBS_COMMON.
KNOBS_FOLDER = KNOBS_SCRIPT; KNOBS_COMMON = ARG0
while (strlen(KNOBS_FOLDER) && KNOBS_FOLDER[strlen(KNOBS_FOLDER):*] ne "/") { KNOBS_FOLDER = KNOBS_FOLDER[1:strlen(KNOBS_FOLDER) - 1] }
while (strlen(KNOBS_COMMON) && KNOBS_COMMON[strlen(KNOBS_COMMON):*] ne "/") { KNOBS_COMMON = KNOBS_COMMON[1:strlen(KNOBS_COMMON) - 1] }

# One size on the page in both kinds; the PNG has twice the pixels, for sharp screens. An SVG's font is in pixels, of which
# 4 are 3 of the PNG's points.
if (KNOBS_KIND eq "svg") {
    set terminal svg size 900,560 dynamic enhanced font "DejaVu Sans,Arial,sans-serif,13" fontscale 1.333 background "#ffffff" linewidth 1
} else { if (KNOBS_KIND eq "png") {
    if (strstrt(GPVAL_TERMINALS, "pngcairo") > 0) {
        set terminal pngcairo size 1800,1120 enhanced font "DejaVu Sans,13" fontscale 2 linewidth 2 background "#ffffff"
    } else {
        set terminal png size 1800,1120 enhanced font "DejaVuSans,11" fontscale 2 linewidth 2
    }
} }
set output KNOBS_OUTPUT
set encoding utf8

# Okabe and Ito's colours, which the colour-blind tell apart, in an order in which neighbours differ in grey too; each
# has a dash of its own, so that a line is known even without its colour.
set linetype 1 linecolor rgb "#000000" linewidth 2 dashtype 1 pointtype 7
set linetype 2 linecolor rgb "#d55e00" linewidth 2 dashtype (14,4) pointtype 5
set linetype 3 linecolor rgb "#56b4e9" linewidth 2.4 dashtype 1 pointtype 9
set linetype 4 linecolor rgb "#0072b2" linewidth 2 dashtype (4,3) pointtype 13
set linetype 5 linecolor rgb "#e69f00" linewidth 2.4 dashtype (14,4,3,4) pointtype 11
set linetype 6 linecolor rgb "#009e73" linewidth 2 dashtype (2,3) pointtype 4
set linetype 7 linecolor rgb "#cc79a7" linewidth 2.4 dashtype (20,5) pointtype 6
set linetype 8 linecolor rgb "#777777" linewidth 1.6 dashtype (7,3,2,3,2,3) pointtype 8
set linetype cycle 8

# The colour of line type k, dark enough for text.
ink(k) = word("#000000 #b04a00 #1f78a8 #005a8f #8a5a00 #00664c #96467a #555555", (k - 1) % 8 + 1)

# Maps: dark to bright in one direction, in grey as in colour (after cividis).
set palette defined (0 "#00204d", 0.25 "#414d6b", 0.5 "#7c7b78", 0.75 "#bcaf6f", 1 "#ffea46")

set border 3 linewidth 1 linecolor rgb "#555555"
set tics nomirror out textcolor rgb "#333333"
set grid linecolor rgb "#dddddd" linewidth 0.8 dashtype 1
set key top right reverse Left samplen 3 spacing 1.2 noopaque
set lmargin 9
set rmargin 3
set title font ",15"

# CSV: commas, and the first line names the columns, so a script says using "step":"loss".
set datafile separator comma
set datafile columnheaders
set datafile missing ""

# --- What scripts share ---

thousands(n) = n < 1000 ? sprintf("%d", n) : thousands(int(n) / 1000).sprintf(",%03d", int(n) % 1000)
# The number near x that is 1, 2 or 5 times a power of ten; and the distance of the tics of an axis that counts to n.
nice(x) = (power = 10.0**floor(log10(x)), x / power > 7.5 ? 10 * power : power * (x / power > 3.5 ? 5 : x / power > 1.5 ? 2 : 1))
tick(n) = n > 7 ? nice(n / 5.0) : 1
place_in(list, text) = sum [k = 1:words(list)] (word(list, k) eq text ? k : 0) # 0: it isn't there
# gnuplot 5.4 takes the first sample of "+" for the names of columns, 6 doesn't: so begin at 0, which is 1 once more if it is drawn.
from_one(j) = j < 1 ? 1 : int(j + 0.5)
lines(text) = (cut = strstrt(text, "\n"), cut ? 1 + lines(text[cut + 1:*]) : 1)
# What a label of several lines is to be lifted by, so that its middle is where it is put: offset character 0, lift(text)
lift(text) = 0.5 * (lines(text) - 1)

# The names of curves, beside their ends: curve_label(text, place, type) for each, `type` being the line type and `place`
# where it ends, from 0 at the foot of the plot to 1 at its head: linear(y, low, high) or logarithmic(y, low, high), of the
# range of y. Then eval curve_labels, before the plot: each stands beside its end, pushed up or down by the others until
# none covers another and all are inside. The plot's height is the share plot_tall of the page's, 560 points; a line of text is
# 1.36 times its size.
linear(y, low, high) = 1.0 * (y - low) / (high - low)
logarithmic(y, low, high) = y > 0 ? log(1.0 * y / low) / log(1.0 * high / low) : 0
plot_tall = 0.8; label_size = 13; labels = 0; labels_before = 0
array label_text[64]; array label_type[64]; array label_end[64]; array label_at[64]
inside(place, edge) = place > 1 - edge ? 1 - edge : (place > edge ? place : edge)
curve_label(text, place, type) = (labels = labels + 1, label_type[labels] = type, \
    label_end[labels] = inside(place == place ? place : 1, 0), label_at[labels] = label_end[labels], strlen(label_text[labels] = text))
label_half(k) = 0.5 * (lines(label_text[k]) + 0.2) * label_size * 1.36 / 560 / plot_tall
label_over(i, j) = label_end[i] > label_end[j] || (label_end[i] == label_end[j] && i < j)
label_push(i, j) = !label_over(i, j) ? 0 : (missed = label_half(i) + label_half(j) - label_at[i] + label_at[j], \
    missed > 0 ? (label_at[i] = label_at[i] + missed / 2, label_at[j] = label_at[j] - missed / 2) : 0)
label_settle(rounds) = sum [round = 1:rounds] sum [i = 1:labels] \
    (label_at[i] = inside(label_at[i], label_half(i)), sum [j = 1:labels] label_push(i, j))
curve_labels = '\
    label_settled = label_settle(200); \
    do for [k = 1:labels] { \
        set label 900 + k label_text[k] at graph 1, graph label_at[k] offset character 1.6, character lift(label_text[k]) \
            left textcolor rgb ink(label_type[k]) font sprintf(",%d", label_size); \
        set arrow 900 + k from graph 1, graph label_end[k] rto character 1.1, graph label_at[k] - label_end[k] nohead \
            linewidth 1 linecolor rgb ink(label_type[k]) \
    }; \
    do for [k = labels + 1:labels_before] { unset label 900 + k; unset arrow 900 + k }; \
    labels_before = labels; labels = 0'

# The runs there are: eval runs_read. `runs` of them, run[i] their names, run_file(i, name) a file of one. The value of the
# first knob that differs makes their kind: kind[k] is the value, in the order of the file, kind_of[i] the run's k, and
# first[k] the first run of it; run_of("by-role") is that of the kind with this name, or of the first kind, where there is none.
run_of(name) = (found = (sum [k = 1:kinds] (kind[k] eq name ? first[k] : 0)), found ? found : 1)
run_file(i, name) = KNOBS_DATA."/runs/".run[i]."/".name
runs_read = '\
    stats [*:*][*:*] KNOBS_DATA."/results.csv" using 0 nooutput; \
    runs = int(STATS_records); kinds = 0; array run[runs]; array kind[runs]; array kind_of[runs]; array first[runs]; \
    stats [*:*][*:*] KNOBS_DATA."/results.csv" using (i = int($0) + 1, run[i] = strcol("run"), value = strcol(2), \
        known = (sum [k = 1:kinds] (kind[k] eq value ? k : 0)), \
        known ? 0 : (kinds = kinds + 1, known = kinds, kind[kinds] = value, first[kinds] = i), kind_of[i] = known, 0) nooutput'

load KNOBS_SCRIPT
unset output
