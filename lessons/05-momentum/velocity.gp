# What the optimizer remembers: the velocity, when slopes agree and when they alternate.
# velocity.csv: momentum, kind, step, velocity.
rows = KNOBS_DATA."/velocity.csv"
dark = "#222222"; pale = "#555555"
momenta = "0.9 0.8 0.5"
is(k, what) = abs(column("momentum") - real(word(momenta, k))) < 1e-9 && strcol("kind") eq what
limit(k) = 1 / (1 - real(word(momenta, k)))
type(k) = word("1 2 4", k) + 0
unset key
set multiplot
set xrange [0:40]; set xtics 0, 10; set xlabel "step"
set tmargin at screen 0.86; set bmargin at screen 0.13
set lmargin at screen 0.08; set rmargin at screen 0.40
set yrange [0:11]; set ytics 0, 2; set ylabel "velocity" offset 1, 0
set label 1 "{/:Bold Slopes that agree add up}\n{/*0.85 to 1/(1 − µ) times one of them}" at graph 0, 1.13 left textcolor rgb dark
do for [k = 1:3] {
    set label 10 + k sprintf("µ %s: %g times", word(momenta, k), limit(k)) at 40, limit(k) offset character 0.6, 0 left textcolor rgb ink(type(k))
}
set label 5 "each slope: 1" at 40, 1 offset character 0.6, -0.5 left textcolor rgb pale
plot 1 with lines linecolor rgb "#aaaaaa" linewidth 5 dashtype 1, \
    for [k = 1:3] limit(k) with lines linecolor rgb ink(type(k)) linewidth 0.8 dashtype (2,4), \
    for [k = 1:3] rows using (is(k, "steady") ? column("step") : NaN):"velocity" with linespoints linetype type(k) dashtype 1 pointtype 7 pointsize 0.4
do for [k = 1:3] { unset label 10 + k }
unset label 5
set lmargin at screen 0.64; set rmargin at screen 0.985
set xrange [0:20]; set xtics 0, 5; set yrange [-1.15:1.55]; set ytics -1, 0.5, 1
set label 1 "{/:Bold Slopes that alternate cancel}\n{/*0.85 to 1/(1 + µ) times one of them}" at graph 0, 1.13 left textcolor rgb dark
set label 2 "slope" at 17, 1 offset character 0, 0.8 center textcolor rgb pale
set label 3 "velocity, µ 0.9" at 1, 1 offset character 0, 0.8 left front textcolor rgb dark
slope(x) = int(x) % 2 ? 1 : -1 # of step 1, 2, …
plot rows using (is(1, "alternating") ? column("step") : NaN):(slope(column("step"))) with impulses linecolor rgb "#bbbbbb" linewidth 5 dashtype 1, \
    rows using (is(1, "alternating") ? column("step") : NaN):"velocity" with linespoints linetype 1 linewidth 1.8 dashtype 1 pointtype 7 pointsize 0.7
unset multiplot
