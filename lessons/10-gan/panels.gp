# Small multiples of a plane: six squares in two rows, below each other's titles. Loaded by training.gp and mistakes.gp.
# eval panel(s) goes to square number s, 1 to 6.
dark = "#222222"; pale = "#555555"; orange = "#d55e00"
SHADES = 72 * 72; POINTS = 600
set palette defined (0 "#ffffff", 0.5 "#b9d2e4", 1 "#6f9dbd")
set cbrange [0:0.8]; unset colorbox; unset key; unset grid; unset tics; set border 15 linecolor rgb "#888888"
set xrange [-1.5:1.5]; set yrange [-1.5:1.5]
side = 0.267; tall = side * 900.0 / 560
left(s) = 0.03 + (s - 1) % 3 * 0.337
top(s) = s < 4 ? 0.95 : 0.475
panel(s) = sprintf("set lmargin at screen %f; set rmargin at screen %f; set tmargin at screen %f; set bmargin at screen %f", \
    left(s), left(s) + side, top(s), top(s) - tall)
set style textbox opaque fillcolor rgb "#ffffff" noborder margins 0.4, 0.4
quality(covered, good) = sprintf("%d mode%s, %.0f %% good", covered, covered == 1 ? "" : "s", 100 * good)

set label 11 "●" at screen 0.16, 0.022 center front textcolor rgb "#000000" font ",11"
set label 12 "real points" at screen 0.175, 0.022 left textcolor rgb dark font ",12"
set label 13 "●" at screen 0.36, 0.022 center front textcolor rgb orange font ",11"
set label 14 "generated points" at screen 0.375, 0.022 left textcolor rgb dark font ",12"
set label 15 "shade: what the discriminator calls real" at screen 0.565, 0.022 left textcolor rgb dark font ",12"
