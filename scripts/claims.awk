# claims.awk: all claims as one table in Markdown, from lessons' claims.csv (of make claims: verdict,claim,measured; committed ones:
# program,verdict,claim,measured) and results.csv or measured.csv beside it, for the seeds. FOLDER/run.csv, if it is there, has
# program,seconds,machine,date of a real run.
#
#     awk -f scripts/claims.awk FOLDER/claims.csv …

function name_of(file) {
    sub(/\/[^\/]*$/, "", file)
    sub(/.*\//, "", file)
    return file
}

# The seeds of a program: of measured.csv the column, of results.csv the first and the last.
function seeds_of(program,    file, line, cells, i, at, options, first, last, number) {
    options = program
    if (options ~ /^lesson-[0-9]+$/)
        options = ""
    file = folder "/measured.csv"
    while ((getline line < file) > 0) {
        split(line, cells, ",")
        if (cells[1] == options && cells[4] ~ /^[0-9]+-[0-9]+$/)
            first = cells[4]
    }
    close(file)
    if (first != "")
        return first
    file = folder "/results.csv"
    while ((getline line < file) > 0) {
        number = split(line, cells, ",")
        if (!at) {
            for (i = 1; i <= number; i++)
                if (cells[i] == "seed")
                    at = i
            continue
        }
        if (first == "" || cells[at] < first) first = cells[at]
        if (last == "" || cells[at] > last) last = cells[at]
    }
    close(file)
    return first == "" ? "" : first "-" last
}

# The run's "program,seconds,machine,date".
function run_of(program,    file, line, cells, found) {
    file = folder "/run.csv"
    while ((getline line < file) > 0) {
        split(line, cells, ",")
        if (cells[1] == program)
            found = line
    }
    close(file)
    return found
}

BEGIN {
    print "# All claims\n"
    print "Each claim says what is expected; *measured* says what came out over these seeds (means with their standard error behind ±, or the worst seed). *time*: of the processors, for all runs of the program.\n"
    print "| lesson | claim | measured | seeds | verdict | time | machine, date |\n|---|---|---|---|---|---|---|"
}

FNR == 1 {
    folder = FILENAME
    sub(/\/[^\/]*$/, "", folder)
    committed = /^program,/
    known = ""
    next
}

{
    split($0, cells, ",")
    program = committed ? cells[1] : name_of(FILENAME)
    i = committed ? 2 : 1
    if (program != known) {
        known = program
        seeds = seeds_of(program)
        sub(/-/, "–", seeds)
        split(run_of(program), run, ",")
        gsub(/;/, ",", run[3])
    }
    gsub(/; /, ", ", cells[i + 1])
    gsub(/; /, ", ", cells[i + 2])
    printf "| %s | %s | %s | %s | %s | %s | %s |\n", program, cells[i + 1], cells[i + 2], seeds, cells[i], \
        (run[2] == "" ? "–" : run[2] " s"), (run[3] == "" ? "–" : run[3] "; " run[4])
    count[cells[i]]++
}

END {
    printf "\n%d hold, %d fail, %d are undecided: too few seeds.\n", count["PASS"], count["FAIL"], count["SKIP"]
}
