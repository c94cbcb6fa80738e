# The loss on the plane of the path, for the scripts that draw it: plane.csv (batch, x, y, loss: a row a point of the grid; batch 0 is the
# mean of all) and path.csv (model, look, x, y, below, loss).
# eval read_range, of batch `shown`: its least loss and where it is, its greatest. eval read_map, with `levels` of loss from one line to
# the next: $ground, in rows as gnuplot wants a grid, and $lines (with one empty line between two: after two, gnuplot 6 looks for names
# of columns again).
dark = "#222222"; pale = "#555555"
one = ink(2); other = ink(4) # the constant rate; the falling one
left = 1e9; right = -1e9; low = 1e9; high = -1e9
stats [*:*][*:*] KNOBS_DATA."/plane.csv" using (column("batch") == 0 ? (left = column("x") < left ? column("x") : left, right = column("x") > right ? column("x") : right, \
    low = column("y") < low ? column("y") : low, high = column("y") > high ? column("y") : high) : 0, 0) nooutput
read_range = '\
    least = 1e9; greatest = -1e9; \
    stats [*:*][*:*] KNOBS_DATA."/plane.csv" using (column("batch") == shown ? (least = column("loss") < least ? (least_x = column("x"), least_y = column("y"), column("loss")) : least, \
        greatest = column("loss") > greatest ? column("loss") : greatest) : 0, 0) nooutput'
read_map = '\
    set table $rows separator comma; \
    plot [*:*][*:*] KNOBS_DATA."/plane.csv" using "x":"y":"loss" with table if (column("batch") == shown); \
    unset table; \
    before = ""; set print $ground; print "x,y,loss"; \
    do for [i = 1:|$rows|] { \
        line = $rows[i]; comma = strstrt(line, ","); rest = line[comma + 1:*]; now = rest[1:strstrt(rest, ",") - 1]; \
        if (i > 1 && now ne before) { print "" }; before = now; print line }; \
    unset print; \
    set xrange [*:*]; set yrange [*:*]; \
    set contour base; unset surface; set cntrparam levels incremental levels * floor(least / levels), levels, greatest; \
    set table $curves; splot $ground using "x":"y":"loss"; unset table; unset contour; set surface; \
    set print $lines; print "x,y,loss"; gap = 1; \
    do for [i = 1:|$curves|] { \
        point = words($curves[i]) == 3 && $curves[i][1:1] ne "#"; if (!point && !gap) { print "" }; gap = !point; \
        if (point) { print word($curves[i], 1).",".word($curves[i], 2).",".word($curves[i], 3) } }; \
    unset print; set xrange [left:right]; set yrange [low:high]'
set palette defined (0 "#ffffff", 1 "#b8b8b8"); unset colorbox; unset key; unset grid; set border 15
ground = '$ground using "x":"y":"loss" with image, $lines using "x":"y" with lines linecolor rgb "#8a8a8a" linewidth 0.7 dashtype 1'
