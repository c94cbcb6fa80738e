# readmes.awk: writes the numbers of a lesson into its README, which goes to stdout; what was another before is told on
# stderr. lessons/README.md describes the marks.
#
#     awk -v folder=lessons/01-training-loop -f readmes.awk lessons/01-training-loop/README.md
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

# measured.csv and knobs.csv have the same columns; the options tell them apart.
function load_numbers(file,    line, cells) {
    while ((getline line < file) > 0) {
        split(line, cells, ",")
        numbers[cells[1], cells[2], cells[3]] = line
        names[cells[1], cells[2]] = 1
        knobs_of[cells[1]] = 1
    }
    close(file)
}

# --- expressions: numbers, names of results, + - * / ^ ( ) ln sqrt -----------------------------------
# One recursive function for each precedence, on the rest of the text, `rest`. `odd`: a result was no number.

function take(pattern,    text) {
    sub(/^[ \t]+/, "", rest)
    if (!match(rest, "^" pattern))
        return ""
    text = substr(rest, 1, RLENGTH)
    rest = substr(rest, RLENGTH + 1)
    return text
}

function wrong(text) {
    if (!refused)
        tell(3, text " in " mark)
    refused = 1
    rest = ""
    return 0
}

# accuracy[kaiming].least{--lr 1}
function result(name,    place, what, options, cells, line, field) {
    if (take("\\[") != "") {
        place = trim(take("[^]]*"))
        take("\\]")
    }
    if (take("\\.") == "")
        return wrong("'" name "' wants .mean, .error, .least or .most")
    what = take("[a-z]+")
    field = what == "mean" ? 5 : what == "error" ? 6 : what == "least" ? 7 : what == "most" ? 8 : 0
    if (!field)
        return wrong("'" name "' has no ." what " (mean, error, least, most)")
    options = of
    if (take("{") != "") {
        options = trim(take("[^}]*"))
        take("}")
    }
    if (!(options in knobs_of))
        return wrong(options == "" ? "there is no measured.csv" : "there are no results of '" options "'")
    if (!((options, name) in names))
        return wrong("there is no result '" name "' of '" options "'")
    if (!((options, name, place) in numbers)) {
        if (in_row) # of a table: an option of this row has left the place out
            return absent = 1
        return wrong("'" name "' has no place [" place "]")
    }
    line = numbers[options, name, place]
    split(line, cells, ",")
    seeds = cells[4]
    odd += cells[field] == "nan"
    return cells[field] + 0
}

function primary(    text, value) {
    if (take("\\(") != "") {
        value = sum()
        if (take("\\)") == "")
            return wrong("a bracket is missing")
        return value
    }
    if ((text = take("[0-9]+([.][0-9]+)?(e[-+]?[0-9]+)?")) != "")
        return text + 0
    if ((text = take("[a-z_][a-z0-9_]*")) == "")
        return wrong("expected a number or a name at '" rest "'")
    if (text == "ln" || text == "sqrt") {
        value = primary()
        if (value < 0 || (text == "ln" && value == 0))
            return wrong(text " of " value)
        return text == "ln" ? log(value) : sqrt(value)
    }
    return result(text)
}

function power(    value) {
    if (take("-") != "")
        return -power()
    value = primary()
    return take("\\^") != "" ? value ^ power() : value
}

function product(    value, sign, other) {
    value = power()
    while ((sign = take("[*/]")) != "") {
        other = power()
        if (sign == "/" && other == 0)
            return refused || absent || odd ? 0 : wrong("a division by 0")
        value = sign == "*" ? value * other : value / other
    }
    return value
}

function sum(    value, sign) {
    value = product()
    while ((sign = take("[-+]")) != "")
        value = sign == "+" ? value + product() : value - product()
    return value
}

function begin(text) {
    rest = text
    refused = absent = odd = 0
}

function evaluate(text,    value) {
    begin(text)
    value = sum()
    if (trim(rest) != "")
        wrong("'" rest "' isn't understood")
    return value
}

# A chain of comparisons. What doesn't hold is told with both values.
function holds(text,    left, right, sign, good) {
    begin(text)
    left = sum()
    if (rest !~ /^[ \t]*[<>=]/)
        return wrong("expected < <= > >= or =")
    while (!refused && (sign = take("[<>=]=?")) != "") {
        right = sum()
        good = sign == "<" ? left < right : sign == "<=" ? left <= right : sign == ">" ? left > right : \
            sign == ">=" ? left >= right : left == right
        if (!refused && (!good || odd))
            tell(2, mark " doesn't hold: " (odd ? "NaN" : sprintf("%.6g %s %.6g", left, sign, right)))
        left = right
    }
    if (trim(rest) != "")
        wrong("'" rest "' isn't understood")
}

# FORMAT is printf's, or %,d: thousands with a comma between.
function formatted(format, value,    text, tail) {
    if (odd)
        return "NaN"
    if (format == "%,d") {
        text = sprintf("%.0f", value)
        while (match(text, /[0-9][0-9][0-9][0-9]+$/) && length(text) > 3) {
            tail = "," substr(text, length(text) - 2) tail
            text = substr(text, 1, length(text) - 3)
        }
        return text tail
    }
    if (format !~ /^%([.][0-9])?[dfge]$/)
        return wrong("'" format "' is no format (%d %,d %.1f %.2g %.1e)")
    text = sprintf(format, value)
    sub(/e-0/, "e-", text)
    return text
}

# --- tables, and what else stands between two marks ----------------------------------------------

function knob_columns(    parts, count, i) {
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
        shown[options] = 1
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
    for (options in knobs_of)
        if ((options == "defaults" || options ~ /--/) && !(options in shown))
            tell(3, "knobs.csv has '" options "', and knobs.txt hasn't: run make knobs")
    return head "\n" text
}

function claims_table(program,    line, cells, text) {
    while ((getline line < (folder "/claims.csv")) > 0) {
        split(line, cells, ",")
        if (cells[1] == program)
            text = text "| " cells[2] " | " cells[3] " | " cells[4] " |\n"
    }
    close(folder "/claims.csv")
    if (text == "")
        tell(3, "claims.csv has no claims of " program)
    return "| | claim | measured |\n|---|---|---|\n" text
}

function first_run(    line, text) {
    while ((getline line < (folder "/first-run.txt")) > 0)
        text = text line "\n"
    close(folder "/first-run.txt")
    if (text == "")
        tell(3, "there is no first-run.txt: run make first-runs")
    return text
}

function block(mark,    words) {
    split(mark, words, " ")
    if (words[2] == "knobs")
        return knobs_table()
    if (words[2] == "claims")
        return claims_table(words[3] == "-->" ? "lesson-" number : words[3])
    return first_run()
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

function filled(line,    start, end, done, text) {
    while (start = index(line, "<!--")) {
        end = index(line, "-->")
        mark = end > start ? substr(line, start, end + 3 - start) : line
        text = trim(substr(mark, 5, length(mark) - 7))
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

!fenced && /^<!-- (knobs|first-run|claims( lesson-[0-9a-z-]+)?) -->$/ {
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
