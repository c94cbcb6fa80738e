# Network-1: the recorded operations of one step, its four parts, and their measured share of the time.
# network.csv: four rows phase, seconds a step; a row algorithm, knob, knob; then a row an operation: its name, the shape
# of its output, its parameters (with | between them; - for none).
unset border; unset tics; unset grid; unset key
set lmargin 1; set rmargin 1; set tmargin 1; set bmargin 1
network = KNOBS_DATA."/network.csv"
array seconds[4]; array from[5]; from[1] = 0
stats network every ::0::3 using (seconds[int($0) + 1] = column("value"), 0) nooutput
total = seconds[1] + seconds[2] + seconds[3] + seconds[4]
do for [i = 1:4] { from[i + 1] = from[i] + seconds[i] / total }
stats network every ::4::4 using (optimizer = strcol("name").", ".strcol("value").", ".strcol("more"), 0) nooutput
stats network every ::5 using (0) nooutput
n = int(STATS_records)
set xrange [-0.05:n + 0.05]
set yrange [0:10]
split(text) = (at = strstrt(text, "|"), at > 0 ? text[1:at - 1]."\n".text[at + 1:*] : text)
spaced(text) = (at = strstrt(text, "_"), at > 0 ? text[1:at - 1]." ".text[at + 1:*] : text)
has(parameters) = parameters ne "-"
dark = "#222222"; blue = "#0072b2"; red = "#c04000"; grey = "#eeeeee"; sky = "#dbeaf5"

# 1 forward above the operations, 3 backward below them
set label "{/:Bold 1 forward} — each operation computes its output" at 0.08, 9.65 left textcolor rgb dark
set arrow from 0.08, 9.15 to n - 0.08, 9.15 linecolor rgb dark linewidth 3 filled size 0.12, 20
set label "{/:Bold 2 loss} — one number" at n - 0.08, 9.65 right textcolor rgb dark
set arrow from n - 0.08, 6.0 to 1.1, 6.0 linecolor rgb red linewidth 3 filled size 0.12, 20
set label "{/:Bold 3 backward} — the\ngradients, from\nthe loss back" at 0.08, 5.45 left textcolor rgb red

# 4 step: the optimizer sees parameters alone
set object rectangle from 1.1, 1.5 to n - 0.08, 2.4 fillstyle solid 1 border linecolor rgb blue fillcolor rgb sky
set label "{/:Bold 4 step} — the optimizer (".optimizer.")" at (n + 1) / 2.0, 1.95 center textcolor rgb blue

# the measured time of one step, as a strip
set label sprintf("one step: %.0f µs", 1e6 * total) at 0, 1.15 left font ",12" textcolor rgb dark
array shade[4] = ["#f4f4f4", "#bbbbbb", "#d9d9d9", "#f4f4f4"]
array name[4] = ["1 forward", "2", "3 backward", "4 step"]
do for [i = 1:4] {
    set object rectangle from n * from[i], 0.1 to n * from[i + 1], 0.85 fillstyle solid 1 border linecolor rgb dark fillcolor rgb shade[i]
    if (seconds[i] / total > 0.09) { set label sprintf("%s  %.0f %%", name[i], 100 * seconds[i] / total) at n * (from[i] + from[i + 1]) / 2, 0.475 center textcolor rgb dark font ",12" }
    if (seconds[i] / total <= 0.09) { set label name[i] at n * (from[i] + from[i + 1]) / 2, 0.475 center textcolor rgb dark font ",12" }
}

plot network every ::5 using ($0 + 0.5):(7.5):(0.42):(0.85) with boxxyerror fillstyle solid 1 border linecolor rgb dark fillcolor rgb grey, \
     '' every ::5 using ($0 + 0.5):(7.8):(sprintf("{/:Bold %s}", spaced(strcol("name")))) with labels center font ",12" textcolor rgb dark, \
     '' every ::5 using ($0 + 0.5):(7.1):"value" with labels center font ",12" textcolor rgb dark, \
     '' every ::5 using ($0 + 0.925):(int($0) < n - 1 ? 7.5 : NaN):(0.15):(0) with vectors filled size 0.06, 25 linecolor rgb dark linewidth 2 dashtype 1, \
     '' every ::5 using ($0 + 0.5):(has(strcol("more")) ? 4.05 : NaN):(0.47):(0.65) with boxxyerror fillstyle solid 1 border linecolor rgb blue fillcolor rgb sky dashtype 1, \
     '' every ::5 using ($0 + 0.5):(4.05):(has(strcol("more")) ? split(strcol("more")) : "") with labels center font ",12" textcolor rgb blue, \
     '' every ::5 using ($0 + 0.3):(has(strcol("more")) ? 4.7 : NaN):(0):(1.95) with vectors filled size 0.06, 25 linecolor rgb dark linewidth 1.5 dashtype 1, \
     '' every ::5 using ($0 + 0.7):(has(strcol("more")) ? 6.0 : NaN):(0):(-1.3) with vectors filled size 0.06, 25 linecolor rgb red linewidth 2 dashtype 1, \
     '' every ::5 using ($0 + 0.3):(has(strcol("more")) ? 3.4 : NaN):(0):(-1.0) with vectors filled size 0.06, 25 linecolor rgb red linewidth 2 dashtype 1, \
     '' every ::5 using ($0 + 0.7):(has(strcol("more")) ? 2.4 : NaN):(0):(1.0) with vectors filled size 0.06, 25 linecolor rgb blue linewidth 2 dashtype 1, \
     '' every ::5 using ($0 + 0.26):(2.9):(has(strcol("more")) ? "gradients" : "") with labels right font ",12" textcolor rgb red, \
     '' every ::5 using ($0 + 0.74):(2.9):(has(strcol("more")) ? "new values" : "") with labels left font ",12" textcolor rgb blue
