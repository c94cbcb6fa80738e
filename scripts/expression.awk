# expression.awk: what stands in a mark of a README (readmes.awk): an expression, a comparison, a format.
#
# An expression has numbers, names of results as accuracy[kaiming].least{lr 1}, + - * / ^ ( ) ln sqrt. There is one
# function for each precedence; each takes its part off `rest`, the text that isn't read yet. `odd`: a result was no
# number; `absent`: there is no such place in this row of a table.

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

# accuracy[kaiming].least{lr 1}
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
    if (!(options in options_of))
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
