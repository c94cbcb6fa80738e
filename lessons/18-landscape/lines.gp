# The loss along straight lines from the average: to each look at the constant rate, and to the end of the falling one.
# lines.csv: model, look, share (0: the average, 1: the other), distance, loss.
dark = "#222222"; pale = "#555555"
lines = KNOBS_DATA."/lines.csv"
looks = 0; low = 1e9; high = -1e9; floor_loss = 0.0; far = 0.0; near = 0.0
stats [*:*][*:*] lines using (l = column("loss"), s = column("share"), looks = strcol("model") eq "constant" ? column("look") : looks, low = l < low ? l : low, high = l > high ? l : high, \
    abs(s) < 1e-9 ? (floor_loss = l) : 0, far = column("distance") > far ? column("distance") : far, near = column("distance") < near ? column("distance") : near, \
    abs(s - 1) < 1e-9 ? (strcol("model") eq "constant" ? (end_x = column("distance"), end_y = l) : (falling_x = column("distance"), falling_y = l)) : 0, 0) nooutput
span = high - low
unset key; set xrange [near - 0.02 * (far - near):far + 0.02 * (far - near)]; set yrange [low - 0.12 * span:high + 0.17 * span]
set lmargin 10; set rmargin at screen 0.97; set tmargin at screen 0.95; set bmargin at screen 0.13
set xlabel "distance from the average, ‖Δw‖"; set ylabel "loss of the training images"
set label 1 "{/:Bold the average} of the looks" at 0, floor_loss offset 0, character -1.6 center textcolor rgb dark
set label 2 sprintf("{/:Bold the rate stays:} the %d looks themselves,\neach in a direction of its own", looks) at graph 0.33, graph 0.96 left textcolor rgb ink(2)
set label 3 "{/:Bold the rate falls:} its end" at falling_x, falling_y offset 0, character -1.3 center textcolor rgb ink(4)
set arrow 1 from 0, graph 0 to 0, graph 1 nohead linewidth 1 linecolor rgb "#bbbbbb" dashtype 3
plot for [n = 1:looks] lines using (strcol("model") eq "constant" && column("look") == n ? column("distance") : 1/0):"loss" smooth csplines with lines dashtype 1 linewidth 1.2 linecolor rgb "#e8a06b", \
    lines using (strcol("model") eq "falling" ? column("distance") : 1/0):"loss" smooth csplines with lines dashtype 1 linewidth 3.5 linecolor rgb ink(4), \
    lines using (strcol("model") eq "constant" && abs(column("share") - 1) < 1e-9 ? column("distance") : 1/0):"loss" with points pointtype 5 pointsize 1.2 linecolor rgb ink(2), \
    "+" using (falling_x):(falling_y) every ::0::0 with points pointtype 7 pointsize 1.9 linecolor rgb ink(4), \
    "+" using (0):(floor_loss) every ::0::0 with points pointtype 13 pointsize 2.6 linecolor rgb "#000000"
