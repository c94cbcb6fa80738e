# Which minimum each start falls into: two surfaces, a small rate and a large one. A start that comes to none in time is white.
# basins.csv: surface, lr, x, y, minimum (-1: none).
maps = KNOBS_DATA."/basins.csv"
dark = "#222222"; pale = "#555555"
array name[4]; array lr[4]; array restless[4]; panels = 0
stats [*:*][*:*] maps using (panels && name[panels] eq strcol("surface") && lr[panels] == column("lr") ? 0 : \
    (panels = panels + 1, name[panels] = strcol("surface"), lr[panels] = column("lr"), restless[panels] = 0), restless[panels] = restless[panels] + (column("minimum") < 0), 0) nooutput
points = int(STATS_records) / panels # of a map; one stands behind another
load KNOBS_COMMON."/contour.gp"
unset key; unset grid; set border 15
set multiplot
do for [k = 1:panels] {
    surface = KNOBS_DATA."/surface-".name[k].".csv"
    map_levels = name[k] eq "two-wells" ? 14 : 8; eval map_read; eval map_contour
    set palette defined (-1 "#ffffff", 0 "#56b4e9", 1 "#d55e00", 2 "#0b3a5a", 3 "#f0d890") maxcolors 5; set cbrange [-1:3]
    right = (k - 1) % 2; low = int((k - 1) / 2)
    set lmargin at screen 0.06 + 0.49 * right; set rmargin at screen 0.48 + 0.49 * right
    set tmargin at screen 0.93 - 0.49 * low; set bmargin at screen 0.56 - 0.49 * low
    set label 1 sprintf("{/:Bold %s, lr %g:} %s", name[k], lr[k], restless[k] ? sprintf("%.0f %% never settle", 100.0 * restless[k] / points) : "all settle") at graph 0.5, 1.08 center textcolor rgb dark
    plot maps every ::(k - 1) * points::k * points - 1 using "x":"y":"minimum" with image, $map using 1:2 with lines linecolor rgb "#444444" linewidth 0.5 dashtype 1
}
unset multiplot
