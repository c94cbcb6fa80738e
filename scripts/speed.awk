# speed.awk BENCH-TABLE README: the README whose block <!-- speed --> has the ratios of a table that make bench-table has written.
NR == FNR && FNR == 1 { sub(/^machine: /, ""); machine = $0 }
NR == FNR && /^PyTorch: / { torch = $2; sub(/[^0-9.].*/, "", torch); sub(/\.0a.*$|\.0$/, "", torch) }
NR == FNR && $2 ~ /^[0-9]+$/ {
    line = $0
    found = 0
    while (match(line, / [0-9.]+ \[[0-9., ]+\]/)) { # ours, then the ratios to the two PyTorchs
        value[++found] = substr(line, RSTART + 1) + 0
        line = substr(line, RSTART + RLENGTH)
    }
    if (!($1 in cells)) order[++count] = $1
    cells[$1] = cells[$1] sprintf(" %.1f | %.1f |", value[2], value[3])
    if (!seen[$2]++) {
        heads = heads sprintf(" %s: as it comes | tuned |", $2 == 1 ? "1 thread" : $2 " threads")
        rule = rule "---|---|"
    }
}
NR == FNR { next }
/^<!-- end -->/ { inside = 0 }
!inside
/^<!-- speed -->/ {
    inside = 1
    printf "Times as fast as PyTorch %s (%s):\n\n| a step of |%s\n|---|%s\n", torch, machine, heads, rule
    for (i = 1; i <= count; i++) printf "| %s |%s\n", order[i], cells[order[i]]
}
