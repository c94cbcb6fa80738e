# Each batch has its own landscape: the loss along the line of steepest descent of many, early in a training and at its end.
# runs/RUN/landscape.csv of plain SGD: step, batch (0: the mean of all), distance, loss.
load KNOBS_FOLDER."/panels.gp"
shown = 0
stats [*:*][*:*] KNOBS_DATA."/results.csv" using (i = int($0) + 1, shown = !shown && kind[kind_of[i]] eq "sgd" && strcol("workload") eq "fashion" ? i : shown, 0) nooutput
unset key; set grid noxtics; set datafile missing NaN # so that a line goes on over rows that aren't its own
if (!shown) { unset border; unset tics; set label "drawn of plain SGD on Fashion-MNIST, which isn't among these runs" at screen 0.5, 0.5 center textcolor rgb pale; plot [0:1][0:1] NaN }
if (shown) {
    file = run_file(shown, "landscape.csv"); batches = 0; times = ""
    stats [*:*][*:*] file using (s = sprintf("%d", column("step")), times = place_in(times, s) ? times : times." ".s, batches = column("batch") > batches ? column("batch") : batches, 0) nooutput
    panels = words(times)
    set multiplot
    do for [p = 1:panels] {
        now = word(times, p) + 0
        array lowest[batches + 1]; array lowest_at[batches + 1]
        do for [b = 0:batches] { lowest[b + 1] = 1e9 }
        stats [*:*][*:*] file using (column("step") == now ? (b = int(column("batch")) + 1, column("loss") < lowest[b] ? (lowest[b] = column("loss"), lowest_at[b] = column("distance")) : 0) : 0, 0) nooutput
        set lmargin at screen 0.11 + 0.89 * (p - 1) / panels; set rmargin at screen 0.11 + 0.89 * p / panels - 0.08; set tmargin at screen 0.9; set bmargin at screen 0.13
        set xrange [*:*] noextend; set yrange [*:*]
        set label 1 sprintf("{/:Bold after %d steps}", now) at graph 0, 1.05 left textcolor rgb dark font ",15"
        stats [*:*][*:*] file using (column("step") == now ? column("distance") : NaN) nooutput
        set xtics 0.5 * nice(STATS_max); set xlabel "distance from the weights, ‖Δw‖"; if (p == 1) { set ylabel "loss" }
        set arrow 1 from 0, graph 0 to 0, graph 1 nohead linewidth 1 linecolor rgb "#999999" dashtype (4,3)
        if (p == 1) { set label 3 sprintf("thick: the mean of many\nbatches; thin: %d of them;\na dot where each is lowest", batches) at graph 0.25, 0.96 left textcolor rgb pale font ",12" }
        if (p == 1) { set label 2 " weights now" at 0, graph 0.03 left textcolor rgb pale font ",12" } else { unset label 2 }
        plot for [b = 1:batches] file using (column("step") == now && column("batch") == b ? column("distance") : NaN):"loss" with lines linewidth 1.3 dashtype 1 linecolor rgb "#5b9bc8", \
            file using (column("step") == now && column("batch") == 0 ? column("distance") : NaN):"loss" with lines linewidth 4 dashtype 1 linecolor rgb "#000000", \
            [b = 0:batches:1] "+" using (lowest_at[int(b) + 1]):(lowest[int(b) + 1]) with points pointtype 7 pointsize 1 linecolor rgb "#b04a00", \
            [b = 0:1:1] "+" using (lowest_at[1]):(lowest[1]) with points pointtype 7 pointsize 1.6 linecolor rgb "#000000"
        unset ylabel; unset label 3
    }
    unset multiplot
}
