# What --schedule asked for: a panel a schedule, or with --compare all in one.
# curves.csv: panel, curve, schedule (its commas are semicolons; only in its first row), step, value, schedule after schedule.
data = KNOBS_DATA."/curves.csv"
array expression[32]; array panel[32]; array low[32]; array high[32]; array type[32]; n = 0; end = 0
commas(text) = (cut = strstrt(text, ";"), cut ? text[1:cut - 1].",".commas(text[cut + 1:*]) : text)
lesser(a, b) = a < b ? a : b
larger(a, b) = a > b ? a : b
tame(v) = v > 1e30 ? 1e30 : v < -1e30 ? -1e30 : v
stats data using (v = tame(column("value")), s = column("step"), s > 0 ? 0 : (n = n + 1, panel[n] = column("panel"), low[n] = v, high[n] = v, \
    strlen(expression[n] = commas(strcol("schedule")))), low[n] = lesser(low[n], v), high[n] = larger(high[n], v), type[n] = 1, end = s, 0) nooutput
panels = panel[n]
if (panels == 1) { do for [i = 1:n] { type[i] = (i - 1) % 8 + 1 } }
array foot[32]; array head[32]
do for [p = 1:panels] {
    foot[p] = 1e300; head[p] = -1e300
    do for [i = 1:n] { if (panel[i] == p) { foot[p] = lesser(foot[p], low[i]); head[p] = larger(head[p], high[i]) } }
    if (foot[p] > 0 && foot[p] < 0.5 * head[p]) { foot[p] = 0 }
    if (head[p] <= foot[p]) { foot[p] = foot[p] - 0.5 * abs(foot[p]); head[p] = head[p] + 0.5 * abs(head[p]) }
    if (head[p] <= foot[p]) { head[p] = 1 }
}
set multiplot
unset key; set format y "%.4g"; set xrange [0:larger(end, 1)]; set xtics tick(larger(end, 1))
do for [p = 1:panels] {
    mine = sum [i = 1:n] (panel[i] == p)
    room = 0.05 * mine
    top = 1 - (p - 1.0) / panels; deep = 1.0 / panels
    set tmargin at screen top - room - 0.02 / panels; set bmargin at screen top - deep + (p == panels ? 0.14 : 0.07)
    set lmargin at screen 0.09; set rmargin at screen 0.97
    set yrange [foot[p]:head[p] + 0.04 * (head[p] - foot[p])]
    set xlabel (p == panels ? "step" : "")
    line = 0
    do for [i = 1:n] {
        if (panel[i] == p) {
            line = line + 1
            set arrow i from screen 0.1, top - 0.05 * line + 0.015 rto screen 0.05, 0 nohead linetype type[i]
            set label i expression[i] at screen 0.16, top - 0.05 * line + 0.015 left noenhanced font sprintf(",%d", strlen(expression[i]) > 90 ? 9 : 12) textcolor rgb ink(type[i])
        }
    }
    plot for [i = 1:n] data using (column("panel") == p && column("curve") == i ? column("step") : NaN):"value" with lines linetype type[i]
    do for [i = 1:n] { unset label i; unset arrow i }
}
unset multiplot
