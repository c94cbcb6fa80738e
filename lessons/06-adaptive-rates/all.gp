# All algorithms, each with the best rate of a grid: straight, turned with the same rate, turned with its own best rate.
# all.csv: name, momentum, straight, turned, retuned, lr, lr_turned (5000 steps: never).
rows = KNOBS_DATA."/all.csv"
dark = "#222222"; pale = "#555555"
never = 5000; past = 9000 # where "never" is drawn
array name[32]; array straight[32]; array turned[32]; array retuned[32]; count = 0; first_rolling = 0
place(n) = n < never ? n : past
stats [*:*][*:*] rows using (count = count + 1, first_rolling = first_rolling == 0 && column("momentum") > 0 ? count : first_rolling, \
    straight[count] = place(column("straight")), turned[count] = place(column("turned")), retuned[count] = place(column("retuned")), \
    strlen(name[count] = strcol("name")), 0) nooutput
height(k) = -(k + (k >= first_rolling ? 1.6 : 0)) # a gap between those without momentum and those with
unset key; unset grid; set border 1
set lmargin at screen 0.28; set rmargin at screen 0.93; set tmargin at screen 0.93; set bmargin at screen 0.14
set logscale x; set xrange [7:12000]; set yrange [height(count) - 0.7:0.2]; unset ytics
set xtics ("10" 10, "100" 100, "1,000" 1000, "never" past); set xlabel "steps to the bottom (half of 15 random starts are there)"
set label 1 "{/:Bold without momentum}" at screen 0.02, first -0.2 left textcolor rgb dark
set label 2 "{/:Bold with momentum}" at screen 0.02, first height(first_rolling) + 0.9 left textcolor rgb dark
do for [k = 1:count] {
    set label 100 + k name[k] at screen 0.265, first height(k) right textcolor rgb dark
    set arrow 100 + k from 7, height(k) to past, height(k) nohead linecolor rgb "#dddddd" linewidth 0.8 back
    set arrow 200 + k from straight[k], height(k) to turned[k], height(k) nohead linecolor rgb "#888888" linewidth 2 back
}
plain = straight[1]; ball = straight[first_rolling]
set arrow 1 from plain, graph 0 to plain, graph 1 nohead linecolor rgb pale linewidth 1 dashtype (4,4) back
set arrow 2 from ball, graph 0 to ball, graph 1 nohead linecolor rgb pale linewidth 1 dashtype (4,4) back
set label 3 "SGD" at plain, graph 1.03 left textcolor rgb pale
set label 4 "SGD with momentum" at ball, graph 1.03 right textcolor rgb pale
set label 5 "straight" at straight[2], height(2) offset character 0, 0.9 center textcolor rgb ink(4)
other = first_rolling + 3 # the row whose three marks are the farthest apart
set style textbox opaque noborder margins 0.3, 0
set label 6 "turned" at turned[other], height(other) offset character 1, 0 left textcolor rgb ink(2) front boxed
set label 7 "turned, best rate there" at retuned[other], height(other) offset character -1, 0 right textcolor rgb ink(1) front boxed
plot rows using (straight[int($0) + 1]):(height(int($0) + 1)) with points pointtype 7 pointsize 1.7 linecolor rgb "#0072b2", \
    rows using (turned[int($0) + 1]):(height(int($0) + 1)) with points pointtype 5 pointsize 1.4 linecolor rgb "#d55e00", \
    rows using (retuned[int($0) + 1]):(height(int($0) + 1)) with points pointtype 8 pointsize 2.2 linewidth 2 linecolor rgb "#000000"
