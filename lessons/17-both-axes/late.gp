# A group that is added at step 150: its rate over that of the first group. Above what this framework does, below what three
# schedulers of PyTorch do.
# late.csv: kind, step, first, late, kind after kind. pytorch.csv, beside this script: scheduler, step, first, late, end (its error).
eval runs_read
ours = run_file(1, "late.csv"); torch = KNOBS_FOLDER."/pytorch.csv"
dark = "#222222"; pale = "#555555"; join = 0; steps = 0; top = 0.0; failed = ""
stats [*:*][*:*] ours using (s = column("step"), join = join == 0 && column("late") == column("late") ? s : join, steps = s > steps ? s : steps, \
    f = column("first"), top = f > top ? f : top, 0) nooutput
stats [*:*][*:*] torch using (strlen(strcol("end")) ? strlen(failed = strcol("end")) : 0) nooutput
array what[6] = ["says", "inherits", "forgotten", "LambdaLR", "CosineAnnealingLR", "OneCycleLR"]
array title[6] = ["It says a schedule", "It inherits that of group 0", "It does neither", "LambdaLR", "CosineAnnealingLR", "OneCycleLR"]
array cause[6] = ["scheduler\\_bind: a clock of its own", "scheduler\\_inherit: where group 0 is", "its rate stays, and a note says so", \
    "forgotten, without a word", "another curve, without a word", ""]
cause[6] = failed[1:strstrt(failed, ":") - 1]." in the next step"
set multiplot
unset key; set border 3; set tics scale 0.5 font ",10"; set xrange [0:steps + 1]; set yrange [0:1.12 * top]
set xtics 0, tick(steps + 1); set ytics nice(top / 2.5)
set label 1 "{/:Bold this framework}" at screen 0.012, 0.965 left textcolor rgb dark font ",14"
set label 2 "{/:Bold PyTorch}" at screen 0.012, 0.487 left textcolor rgb dark font ",14"
do for [i = 1:6] {
    row = (i - 1) / 3; left = 0.08 + 0.315 * ((i - 1) % 3); head = 0.855 - 0.478 * row
    set lmargin at screen left; set rmargin at screen left + 0.26; set tmargin at screen head; set bmargin at screen head - 0.27
    file = row ? torch : ours; kind = row ? "scheduler" : "kind"
    set label 3 "{/:Bold ".title[i]."}" at graph 0, 1.19 left textcolor rgb dark font ",12"
    set label 4 cause[i] at graph 0, 1.065 left textcolor rgb pale font ",11"
    set arrow 5 from join, graph 0 to join, graph 1 nohead linewidth 1 linecolor rgb "#999999"
    if (i == 1) { set label 5 "added here" at join + 0.02 * steps, graph 0.08 left textcolor rgb pale font ",11" }
    if (i == 1) { set label 6 "group 0" at 0.09 * steps, graph 0.62 left textcolor rgb pale font ",11" }
    if (i == 1) { set label 7 "late group" at 0.6 * steps, graph 0.93 left textcolor rgb ink(2) font ",11" }
    if (i == 6) { set label 7 "✕  stops:\n".failed at join + 0.04 * steps, graph 0.55 left noenhanced textcolor rgb ink(2) font ",11" }
    if (row) { set xlabel "step" offset 0, 0.7 font ",11" }
    set ylabel (i % 3 == 1 ? "rate" : "") offset 1.4, 0 font ",11"
    plot file using (strcol(kind) eq what[i] ? column("step") : NaN):"first" with lines linecolor rgb "#aaaaaa" linewidth 5, \
        file using (strcol(kind) eq what[i] ? column("step") : NaN):"late" with lines linetype 2 dashtype 1 linewidth 2.6
    unset label 1; unset label 2; unset label 5; unset label 6; unset label 7
}
unset multiplot
