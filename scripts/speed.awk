# speed.awk BENCH-TABLE… README: the README whose block <!-- speed --> has the ratios of the tables that make bench-table has
# written.
FILENAME != ARGV[ARGC - 1] && FNR == 1 { tables++; sub(/^machine: /, ""); machine[tables] = $0 }
FILENAME != ARGV[ARGC - 1] && /^PyTorch: / { torch[tables] = $2; sub(/[^0-9.].*/, "", torch[tables]); sub(/\.0a.*$|\.0$/, "", torch[tables]) }
FILENAME != ARGV[ARGC - 1] && $2 ~ /^[0-9]+$/ {
    line = $0
    found = 0
    while (match(line, / [0-9.]+ \[[0-9., ]+\]/)) { # ours, then the ratios to the two PyTorchs
        value[++found] = substr(line, RSTART + 1) + 0
        line = substr(line, RSTART + RLENGTH)
    }
    if (!((tables, $1) in cells)) order[tables, ++count[tables]] = $1
    cells[tables, $1] = cells[tables, $1] sprintf(" %.1f | %.1f |", value[2], value[3])
    if (!seen[tables, $2]++) {
        heads[tables] = heads[tables] sprintf(" %s: as it comes | tuned |", $2 == 1 ? "1 thread" : $2 " threads")
        rule[tables] = rule[tables] "---|---|"
    }
}
FILENAME != ARGV[ARGC - 1] { next }
/^<!-- end -->/ { inside = 0 }
!inside
/^<!-- speed -->/ {
    inside = 1
    for (t = 1; t <= tables; t++) {
        printf "%sTimes as fast as PyTorch %s (%s):\n\n| a step of |%s\n|---|%s\n", (t > 1 ? "\n" : ""), torch[t], machine[t], heads[t], rule[t]
        for (i = 1; i <= count[t]; i++) printf "| %s |%s\n", order[t, i], cells[t, order[t, i]]
    }
}
