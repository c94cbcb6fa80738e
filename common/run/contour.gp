# The map of a surface, for scripts that set `surface`, a file x,y,loss of surface_write. eval map_read finds its edges, map_left to
# map_right and map_low to map_high, and its losses, map_least to map_most; eval map_contour its lines, and then
#     plot @map_shade, @map_lines, …
# draws it: dark is high, and a line joins points of the same loss. Levels lie closer where the loss is small, but for a surface
# that has no minimum; there are map_levels of them. One empty line parts two lines: after two, gnuplot 6 looks for names of columns again.
map_levels = 13
map_read = '\
    map_least = 1e300; map_most = -1e300; map_left = 1e300; map_right = -1e300; map_low = 1e300; map_high = -1e300; \
    least(a, b) = a < b ? a : b; most(a, b) = a > b ? a : b; \
    stats [*:*][*:*] surface using (map_least = least(map_least, column("loss")), map_most = most(map_most, column("loss")), \
        map_left = least(map_left, column("x")), map_right = most(map_right, column("x")), \
        map_low = least(map_low, column("y")), map_high = most(map_high, column("y")), 0) nooutput'
map_contour = '\
    map_root = map_least < -1e-6 * map_most ? 1 : 3; \
    set xrange [map_left:map_right]; set yrange [map_low:map_high]; \
    map_step = (map_most - map_least)**(1.0 / map_root) / map_levels; \
    set contour base; unset surface; set cntrparam levels incremental map_step, map_step, map_levels * map_step; \
    set table $map_table; splot surface using "x":"y":(abs(column("loss") - map_least)**(1.0 / map_root)); unset table; \
    set print $map; print "x,y"; map_gap = 1; \
    do for [map_row = 1:|$map_table|] { \
        map_point = words($map_table[map_row]) == 3 && $map_table[map_row][1:1] ne "#"; \
        if (!map_point && !map_gap) { print "" }; map_gap = !map_point; \
        if (map_point) { print word($map_table[map_row], 1).",".word($map_table[map_row], 2) } }; \
    set print; unset contour; set surface; unset colorbox; \
    set palette defined (0 "#ffffff", 1 "#c4c4c4"); set cbrange [0:map_levels * map_step]'
map_shade = 'surface using "x":"y":(abs(column("loss") - map_least)**(1.0 / map_root)) with image notitle'
map_lines = '$map using 1:2 with lines linecolor rgb "#999999" linewidth 0.7 dashtype 1 notitle'
