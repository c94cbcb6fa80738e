# summary.awk: what the runs of a lesson have found, over the seeds: for each number and each place in the grid a row
# options,name,place,seeds,mean,error,least,most. `error` is the standard error of the mean; a number that isn't finite in
# some run is "nan" in all four.
#
#     awk -v options="--lr 1" -v folder=out/knobs/lesson-01/lr-1 -f summary.awk knobs.txt FOLDER/results.csv
#
# From knobs.txt are the numbers that stand in other files of each run: "number | NAME | FILE | ROW | COLUMN", where ROW is
# COLUMN=VALUE, one or more of them, or "last". A run that has no such row (it ended before) has nan; if none has, it is an error.

function fail(text) {
    print "error: " text > "/dev/stderr"
    failed = 1
    exit 1
}

function trim(text) {
    gsub(/^[ \t]+|[ \t]+$/, "", text)
    return text
}

# The number of one run that stands in a row of `file`; of several such rows the last one counts.
function number_in(file, row, column,    line, cells, at, conditions, count, i, pair, value) {
    if ((getline line < file) <= 0)
        fail("there is no " file)
    for (i = split(line, cells, ","); i > 0; i--)
        at[cells[i]] = i
    count = row == "last" ? 0 : split(row, conditions, " ")
    for (i = 1; i <= count; i++) {
        split(conditions[i], pair, "=")
        if (!(pair[1] in at))
            fail(file " has no column " pair[1])
    }
    if (!(column in at))
        fail(file " has no column " column)
    value = "nan"
    while ((getline line < file) > 0) {
        split(line, cells, ",")
        for (i = 1; i <= count; i++) {
            split(conditions[i], pair, "=")
            if (cells[at[pair[1]]] != pair[2])
                break
        }
        if (i > count) {
            value = cells[at[column]]
            has_row[row] = 1
        }
    }
    close(file)
    return value
}

function add(name, place, text,    at, value) {
    at = name "," place
    if (!(at in runs))
        order[++kinds] = at
    runs[at]++
    value = text + 0
    if (text !~ /^[-+]?[0-9.]+(e[-+]?[0-9]+)?$/)
        odd[at] = 1
    # Welford's mean and sum of squares: exact where all runs have the same number.
    delta = value - mean[at]
    mean[at] += delta / runs[at]
    squares[at] += delta * (value - mean[at])
    if (runs[at] == 1 || value < least[at]) least[at] = value
    if (runs[at] == 1 || value > most[at]) most[at] = value
}

FILENAME != ARGV[2] {
    if (split($0, parts, "|") > 1 && trim(parts[1]) == "number") {
        extras++
        for (i = 2; i <= 5; i++)
            extra[extras, i] = trim(parts[i])
    }
    next
}

FNR == 1 {
    columns = split($0, titles, ",")
    for (i = 1; i <= columns; i++)
        if (titles[i] == "seed") seed = i
    if (titles[1] != "run" || !seed)
        fail(FILENAME " is no results.csv: it begins with " $0)
    next
}

{
    split($0, cells, ",")
    place = ""
    for (i = 2; i < seed; i++)
        place = place (i > 2 ? " " : "") cells[i]
    if (FNR == 2 || cells[seed] < first) first = cells[seed]
    if (FNR == 2 || cells[seed] > last) last = cells[seed]
    for (i = seed + 1; i <= columns; i++)
        add(titles[i], place, cells[i])
    for (i = 1; i <= extras; i++)
        add(extra[i, 2], place, number_in(folder "/runs/" cells[1] "/" extra[i, 3], extra[i, 4], extra[i, 5]))
    rows++
}

END {
    if (failed)
        exit 1
    if (!rows)
        fail(ARGV[2] " has no run")
    for (i = 1; i <= extras; i++)
        if (!(extra[i, 4] in has_row))
            fail("no " extra[i, 3] " has a row " extra[i, 4])
    for (i = 1; i <= kinds; i++) {
        at = order[i]
        error = runs[at] > 1 ? sqrt(squares[at] / (runs[at] - 1) / runs[at]) : 0
        numbers = odd[at] ? "nan,nan,nan,nan" : sprintf("%.9g,%.3g,%.9g,%.9g", mean[at], error, least[at], most[at])
        printf "%s,%s,%d-%d,%s\n", options, at, first, last, numbers
    }
}
