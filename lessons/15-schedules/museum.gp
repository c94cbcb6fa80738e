# The museum: a panel a mistake, the curve that ran over the one that was meant.
# museum.csv: title, cause, knob, step, meant, ran, exhibit after exhibit (commas of texts are semicolons).
if (KNOBS_KIND eq "svg") { set terminal svg size 900,960 dynamic enhanced font "DejaVu Sans,Arial,sans-serif,13" fontscale 1.333 background "#ffffff" linewidth 1 }
if (KNOBS_KIND eq "png") {
    if (strstrt(GPVAL_TERMINALS, "pngcairo") > 0) { set terminal pngcairo size 1800,1920 enhanced font "DejaVu Sans,13" fontscale 2 linewidth 2 background "#ffffff"
    } else { set terminal png size 1800,1920 enhanced font "DejaVuSans,11" fontscale 2 linewidth 2 }
}
set output KNOBS_OUTPUT
data = KNOBS_DATA."/museum.csv"
array title[32]; array cause[32]; array knob[32]; array last[32]; array most[32]; n = 0; before = ""
commas(text) = (cut = strstrt(text, ";"), cut ? text[1:cut - 1].",".commas(text[cut + 1:*]) : text)
plain(text) = (cut = strstrt(text, "_"), cut ? text[1:cut - 1]."\\_".plain(text[cut + 1:*]) : text) # _ lowers what follows
larger(a, b) = a > b ? a : b
stats data using (strcol("title") eq before ? 0 : (before = strcol("title"), n = n + 1, title[n] = before, cause[n] = plain(commas(strcol("cause"))), \
    most[n] = 0, strlen(knob[n] = strcol("knob"))), last[n] = column("step"), most[n] = larger(most[n], larger(column("meant"), column("ran"))), 0) nooutput

set multiplot
unset key; set tics nomirror scale 0.5 font ",10"; set border 3
rows = (n + 1) / 2
do for [i = 1:n] {
    left = (i % 2 ? 0.085 : 0.585); top = 0.915 - 0.96 * ((i - 1) / 2) / rows
    set lmargin at screen left; set rmargin at screen left + 0.39; set tmargin at screen top - 0.012; set bmargin at screen top - 0.145
    set label 1 "{/:Bold ".plain(commas(title[i]))."}" at graph -0.13, 1.31 left textcolor rgb "#222222" font ",13"
    set label 2 cause[i] at graph -0.13, 1.14 left textcolor rgb "#555555" font ",12"
    set xrange [0:last[i]]; set yrange [0:1.05 * most[i]]
    set xtics tick(last[i]); set ytics nice(most[i] / 2.5)
    set xlabel "step" offset 0, 0.9 font ",10"; set ylabel (knob[i] eq "lr" ? "rate" : knob[i]) offset 2.4, 0 font ",10"
    is(i) = strcol("title") eq title[i]
    if (i == 1) {
        set label 3 "as it was meant" at screen 0.62, 0.985 left textcolor rgb ink(8) font ",13"
        set label 4 "as it ran" at screen 0.87, 0.985 left textcolor rgb ink(2) font ",13"
        set arrow 3 from screen 0.565, 0.985 to screen 0.61, 0.985 nohead linecolor rgb "#999999" linewidth 5
        set arrow 4 from screen 0.815, 0.985 to screen 0.86, 0.985 nohead linetype 2 linewidth 2.4 dashtype 1
    }
    plot data using (is(i) ? column("step") : NaN):"meant" with steps linecolor rgb "#999999" linewidth 5, \
        data using (is(i) ? column("step") : NaN):"ran" with steps linetype 2 dashtype 1 linewidth 2.4
    unset label 3; unset label 4; unset arrow 3; unset arrow 4
}
unset multiplot
