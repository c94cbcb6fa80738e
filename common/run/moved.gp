# What moved: a row an action, a column for what could move. A cell is blank where not one bit changed; else it is filled and
# says how many numbers did. A cell that isn't as the lesson expects has a thick frame.
# moved.csv: action, network, part, changed, total, as_expected (0: the lesson expects otherwise), cell by cell, row by row.
dark = "#222222"; pale = "#555555"; blue = "#b9d2e4"
rows = 0; cells = 0; columns = 0
array action[64]; array network[16]; array part[16]; array changed[1024]; array total[1024]; array wrong[1024]
stats KNOBS_DATA."/moved.csv" using ((cells = cells + 1, rows == 0 || strcol("action") ne action[rows] ? \
    (rows = rows + 1, strlen(action[rows] = strcol("action"))) : 0, \
    rows == 1 ? (columns = columns + 1, network[columns] = strcol("network"), strlen(part[columns] = strcol("part"))) : 0, \
    changed[cells] = column("changed"), total[cells] = column("total"), \
    wrong[cells] = column("as_expected") == 0), 0) nooutput

unset border; unset tics; unset grid; unset key
set lmargin 0; set rmargin 0; set tmargin 0; set bmargin 0
set xrange [0:90]; set yrange [0:56] # a unit is 10 pixels
x0 = 28.8; wide = (89.0 - x0) / columns; y0 = 48; tall = 47.0 / rows; if (tall > 5) { tall = 5 }
gap(c) = (c - 1) / 4 * 1.0 # between the networks
broken(text) = strlen(text) < 12 ? text : text[1:strstrt(text, " of")]."\n".text[strstrt(text, "of"):*] # too long for a cell
x(c) = x0 + (c - 1) * (wide - 0.25) + gap(c)
y(r) = y0 - r * tall
do for [c = 1:columns] {
    # a column's head in two lines, and its network above all of its own
    at = strstrt(part[c], " ")
    head = at ? part[c][1:at - 1]."\n".part[c][at + 1:*] : part[c]
    set label head at x(c) + wide / 2 - 0.3, y0 + (at ? 2.6 : 1.4) center textcolor rgb dark font ",8.8"
    if (c % 4 == 1) {
        set label "{/:Bold ".network[c]."}" at x(c) + 2 * wide - 0.7, y0 + 6.6 center textcolor rgb dark font ",14"
        set arrow from x(c), y0 + 5.2 to x(c) + 4 * wide - 1.6, y0 + 5.2 nohead linewidth 1 linecolor rgb pale
    }
}
do for [r = 1:rows] {
    set label action[r] at x0 - 1, y(r) + tall / 2 right noenhanced textcolor rgb dark font ",10.5"
    do for [c = 1:columns] {
        i = (r - 1) * columns + c
        set object rectangle from x(c), y(r) + 0.2 to x(c) + wide - 0.6, y(r) + tall - 0.2 \
            fillstyle solid 1 border linecolor rgb (wrong[i] ? "#d55e00" : "#bbbbbb") linewidth (wrong[i] ? 4 : 0.7) \
            fillcolor rgb (changed[i] > 0 ? blue : "#ffffff")
        if (changed[i] > 0) {
            set label (changed[i] == total[i] ? "all ".thousands(total[i]) : broken(thousands(changed[i])." of ".thousands(total[i]))) \
                at x(c) + wide / 2 - 0.3, y(r) + tall / 2 + (total[i] > 999 && changed[i] < total[i] ? 0.7 : 0) center front textcolor rgb dark font ",9.5"
        }
    }
}
plot NaN notitle
