# Read before every figure's script: gnuplot -d -c style.gp SCRIPT DATA OUTPUT KIND
# SCRIPT holds the plot; DATA is the folder of the run's CSV files; OUTPUT is the file to write; KIND is svg, png or gif
# (a gif's script chooses its terminal, for it knows the size, and sets the output again).
# The script finds DATA in KNOBS_DATA.

KNOBS_SCRIPT = ARG1
KNOBS_DATA = ARG2
KNOBS_OUTPUT = ARG3
KNOBS_KIND = ARG4
# For what several scripts share: the script's folder, load KNOBS_FOLDER."/panels.gp", and this one, KNOBS_COMMON.
KNOBS_FOLDER = KNOBS_SCRIPT; KNOBS_COMMON = ARG0
while (strlen(KNOBS_FOLDER) && KNOBS_FOLDER[strlen(KNOBS_FOLDER):*] ne "/") { KNOBS_FOLDER = KNOBS_FOLDER[1:strlen(KNOBS_FOLDER) - 1] }
while (strlen(KNOBS_COMMON) && KNOBS_COMMON[strlen(KNOBS_COMMON):*] ne "/") { KNOBS_COMMON = KNOBS_COMMON[1:strlen(KNOBS_COMMON) - 1] }

# One size on the page in both kinds; the PNG has twice the pixels, for sharp screens.
if (KNOBS_KIND eq "svg") {
    set terminal svg size 900,560 dynamic enhanced font "DejaVu Sans,Arial,sans-serif,13" background "#ffffff" linewidth 1
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

load KNOBS_SCRIPT
unset output
