# readmes.awk: writes the numbers of a lesson into its README, which goes to stdout; what was another before is told on
# stderr. lessons/README.md describes the marks.
#
#     awk -v folder=lessons/01-training-loop -f expression.awk -f readmes.awk lessons/01-training-loop/README.md
#
# Exit status: 1 something was stale, 2 a comparison doesn't hold, 3 a mark is wrong (then stdout isn't to be used).

function tell(severity, text) {
    print where ": " text > "/dev/stderr"
    if (severity > status)
        status = severity
}

function trim(text) {
    gsub(/^[ \t]+|[ \t]+$/, "", text)
    return text
}

# --- the committed results -----------------------------------------------------------------------

# measured.csv and knobs.csv have the same columns; the options, without dashes, tell them apart.
function load_numbers(file,    line, cells) {
    while ((getline line < file) > 0) {
        split(line, cells, ",")
        gsub(/--/, "", cells[1])
        numbers[cells[1], cells[2], cells[3]] = line
        names[cells[1], cells[2]] = 1
        options_of[cells[1]] = file
    }
    close(file)
}

# --- tables, and what else stands between two marks ----------------------------------------------

function knob_columns(    line, parts, count, i) {
    while ((getline line < (folder "/knobs.txt")) > 0) {
        knob_lines++
        knob_line[knob_lines] = line
        count = split(line, parts, "|")
        if (trim(parts[1]) != "column")
            continue
        columns++
        for (i = 2; i <= 4; i++)
            column[columns, i] = trim(parts[i])
    }
    close(folder "/knobs.txt")
}

function knob_cell(i,    value, format, unit) {
    format = unit = column[i, 3]
    sub(/ .*/, "", format)
    if (!sub(/^[^ ]* /, " ", unit))
        unit = ""
    value = evaluate(column[i, 4])
    return absent ? "–" : formatted(format, value) (odd ? "" : unit)
}

function knobs_table(    i, c, parts, text, head, options, here) {
    knob_columns()
    here = where
    in_row = 1
    for (i = 1; i <= knob_lines; i++) {
        split(knob_line[i], parts, "|")
        options = trim(parts[1])
        if (options == "" || options ~ /^#/ || options == "column" || options == "number")
            continue
        where = folder "/knobs.txt:" i
        mark = "this line"
        of = options
        gsub(/--/, "", of)
        shown[of] = 1
        text = text (options == "defaults" ? "| the defaults |" : "| `" options "` |")
        for (c = 1; c <= columns; c++)
            text = text " " knob_cell(c) " |"
        text = text " " filled(trim(parts[2])) " |\n"
    }
    in_row = 0
    of = ""
    where = here
    head = "| means of seeds " seeds " |"
    sub(/-/, "–", head)
    for (c = 1; c <= columns; c++)
        head = head " " column[c, 2] " |"
    head = head " |\n|---|"
    for (c = 0; c <= columns; c++)
        head = head "---|"
    for (options in options_of)
        if (options_of[options] ~ /knobs.csv$/ && options != "options" && !(options in shown))
            tell(3, "knobs.csv has '" options "', and knobs.txt hasn't: run make knobs")
    return head "\n" text
}

function claims_table(program,    line, cells, text) {
    while ((getline line < (folder "/claims.csv")) > 0) {
        split(line, cells, ",")
        gsub(/; /, ", ", cells[3]) # a comma is written so
        gsub(/; /, ", ", cells[4])
        if (cells[1] == program)
            text = text "| " cells[2] " | " cells[3] " | " cells[4] " |\n"
    }
    close(folder "/claims.csv")
    if (text == "")
        tell(3, "claims.csv has no claims of " program)
    return "| | claim | measured |\n|---|---|---|\n" text
}

function whole(name, how,    file, line, text) {
    file = folder "/" name
    while ((getline line < file) > 0)
        text = text line "\n"
    close(file)
    if (text == "")
        tell(3, "there is no " file ": run " how)
    return text
}

function block(mark,    words, program) {
    split(mark, words, " ")
    program = words[3] == "-->" ? "lesson-" number : words[3]
    if (words[2] == "table")
        return whole("table.md", "build/" program " --table")
    return words[2] == "knobs" ? knobs_table() : words[2] == "claims" ? claims_table(program) : \
        whole("first-run-" program ".txt", "make first-runs")
}

# --- the README ----------------------------------------------------------------------------------

# A number behind the mark takes the place of what stands there.
function number_filled(text, behind,    format, value, old, new) {
    format = text
    sub(/ .*/, "", format)
    value = evaluate(substr(text, length(format) + 1))
    if (absent)
        wrong("there is no such place")
    new = refused ? "" : formatted(format, value)
    if (!match(behind, /^(-?[0-9]+(,[0-9][0-9][0-9])*([.][0-9]+)?(e[-+]?[0-9]+)?|NaN)/))
        wrong("there is no number behind the mark")
    if (refused)
        return behind
    old = substr(behind, 1, RLENGTH)
    if (old != new && !in_row) # what stands in knobs.txt is no number yet
        tell(1, mark " is " old ", the results give " new)
    return new substr(behind, RLENGTH + 1)
}

# Markdown takes a line that begins with a comment for a block of its own, in which the rest isn't Markdown; and GitHub's
# shows a comment with -- in it.
function check_place(line) {
    if (!in_row && line ~ /^ *<!-- *%/)
        tell(3, "a line can't begin with the mark of a number")
    else if (!in_row && line ~ /^ *<!--/ && line !~ /-->$/)
        tell(3, "behind a mark that begins a line there can be no text")
    if (text ~ /--/)
        tell(3, "no -- within a mark: {lr 0.5} for --lr 0.5")
}

function filled(line,    start, end, done) {
    while (start = index(line, "<!--")) {
        end = index(line, "-->")
        mark = end > start ? substr(line, start, end + 3 - start) : line
        text = trim(substr(mark, 5, length(mark) - 7))
        check_place(done line)
        done = done substr(line, 1, start - 1) mark
        line = substr(line, start + length(mark))
        if (end < start)
            tell(3, "a mark without -->: " mark)
        else if (text ~ /^%/)
            line = number_filled(text, line)
        else if (text ~ /^holds:/)
            holds(substr(text, 7))
        else
            tell(3, "unknown mark " mark)
    }
    return done line
}

function first_difference(old, new,    olds, news, count, i) {
    count = split(old, olds, "\n")
    if (split(new, news, "\n") > count)
        count = split(new, news, "\n")
    for (i = 1; olds[i] == news[i]; i++)
        ;
    return "'" olds[i] "', the results give '" news[i] "'"
}

BEGIN {
    number = folder
    sub(/.*\//, "", number)
    sub(/-.*/, "", number)
    load_numbers(folder "/measured.csv")
    load_numbers(folder "/knobs.csv")
}

{ where = FILENAME ":" FNR }

opened && /^<!-- end -->$/ {
    where = opened
    new = block(begun)
    if (old != new)
        tell(1, begun " has " first_difference(old, new))
    printf "%s", new
    print
    opened = ""
    next
}

opened {
    old = old $0 "\n"
    next
}

/^```/ { fenced = !fenced }

!fenced && /^<!-- (knobs|table|(claims|first-run)( [a-z][a-z0-9-]*)?) -->$/ {
    opened = where
    begun = $0
    old = ""
    print
    next
}

!fenced && /<!-- *end *-->/ {
    tell(3, "an end that nothing begins")
}

{ print fenced ? $0 : filled($0) }

END {
    if (opened) {
        where = opened
        tell(3, begun " has no <!-- end -->")
    }
    exit status
}
