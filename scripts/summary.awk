# summary.awk: what the runs of a lesson have found, over the seeds: for each number and each place in the grid a row
# options,name,place,seeds,mean,error,least,most. `error` is the standard error of the mean; a number that isn't finite in
# some run is "nan" in all four.
#
#     awk -v options="--lr 1" -v folder=out/knobs/lesson-01/lr-1 -f summary.awk knobs.txt FOLDER/results.csv
#
# From knobs.txt are the numbers that stand in other files of each run: "number | NAME | FILE | COLUMN=VALUE or last | COLUMN".

function fail(text) {
    print "error: " text > "/dev/stderr"
    failed = 1
    exit 1
}

function trim(text) {
    gsub(/^[ \t]+|[ \t]+$/, "", text)
    return text
}

# The number of one run that stands in the row of `file` with `key`; the last such row counts.
function number_in(file, key, column,    line, cells, count, i, where, wanted, equal, value, found) {
    if ((getline line < file) <= 0)
        fail("there is no " file)
    count = split(line, cells, ",")
    equal = index(key, "=")
    for (i = 1; i <= count; i++) {
        if (cells[i] == column) wanted = i
        if (equal && cells[i] == substr(key, 1, equal - 1)) where = i
    }
    if (!wanted || (!where && key != "last"))
        fail(file " has no column " (wanted ? substr(key, 1, equal - 1) : column))
    while ((getline line < file) > 0) {
        split(line, cells, ",")
        if (key == "last" || cells[where] == substr(key, equal + 1)) {
            value = cells[wanted]
            found = 1
        }
    }
    close(file)
    if (!found)
        fail(file " has no row " key)
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
    for (i = 1; i <= kinds; i++) {
        at = order[i]
        error = runs[at] > 1 ? sqrt(squares[at] / (runs[at] - 1) / runs[at]) : 0
        numbers = odd[at] ? "nan,nan,nan,nan" : sprintf("%.9g,%.3g,%.9g,%.9g", mean[at], error, least[at], most[at])
        printf "%s,%s,%d-%d,%s\n", options, at, first, last, numbers
    }
}
