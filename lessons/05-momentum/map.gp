# Rate and momentum together: the steps to the bottom of the ravine with κ = 100.
# map.csv: lr, momentum, steps (as many as there were, where it isn't there), diverged. ends.csv: walk, lr, steps, arrived, …
cells = KNOBS_DATA."/map.csv"
dark = "#222222"
stats [*:*][*:*] KNOBS_DATA."/ends.csv" using (strcol("walk") eq "heavy ball" ? (best = column("arrived")) : 0, 0) nooutput
unset key; unset grid; set border 15
set xrange [0:0.05]; set yrange [0:1]; set xtics 0, 0.01; set ytics 0, 0.2
set xlabel "learning rate"; set ylabel "momentum µ"
set palette defined (0 "#ffea46", 0.25 "#bcaf6f", 0.5 "#7c7b78", 0.75 "#414d6b", 1 "#00204d")
set logscale cb; set cbrange [90:1000]; set cbtics ("100" 100, "200" 200, "500" 500, "1,000\nand more" 1000); set cblabel "steps to the bottom" offset -1.5, 0
set rmargin 20
set samples 400
wall(lr) = 100 * lr / 2 - 1                      # below it: diverges. lr = 2 (1 + µ) / L
along(lr) = (1 - sqrt(lr))**2                    # above it the velocity along the floor overshoots the bottom
across(lr) = lr > 0.01 ? (sqrt(100 * lr) - 1)**2 : NaN # below it each step crosses the floor
set label 1 "diverges" at 0.04, 0.35 center textcolor rgb dark
set label 2 "creeps along\nthe floor" at 0.0082, 0.3 center front textcolor rgb "#ffffff"
set label 3 "swings, and longer with more momentum" at 0.0195, 0.97 center front textcolor rgb "#ffffff"
set label 4 "jumps across the floor" at 0.0265, 0.06 left front textcolor rgb dark; set arrow 4 from 0.026, 0.06 to 0.0195, 0.09 size screen 0.008, 20 filled front linecolor rgb "#ffffff"
set label 5 sprintf("best in theory:\n%d steps", best) at 0.0331, 0.669 offset character 1.8, 0.4 left front textcolor rgb dark
set label 6 "" at 0.0331, 0.669 point pointtype 6 pointsize 2.2 linewidth 2 linecolor rgb "#000000" front
plot cells using "lr":"momentum":(column("diverged") > 0 ? NaN : column("steps")) with image, \
    along(x) with lines linecolor rgb "#ffffff" linewidth 1.5 dashtype 1, across(x) with lines linecolor rgb "#ffffff" linewidth 1.5 dashtype 1
