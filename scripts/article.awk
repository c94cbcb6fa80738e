# article.awk: the index of the article's figures, as Markdown or HTML, from the comments at the head of their gnuplot scripts:
# "# NAME: what it shows", "# Elsewhere: where the usual drawing misleads", both to an empty comment.
#
#     awk -v kind=md -f scripts/article.awk lessons/01-training-loop/Network-1.gp …

function escaped(text) {
    if (kind == "html") {
        gsub(/&/, "\\&amp;", text)
        gsub(/</, "\\&lt;", text)
    }
    return text
}

function tell(    folder, lesson, name) {
    if (name_of == "")
        return
    folder = file
    sub(/\/[^\/]*$/, "", folder)
    lesson = folder
    sub(/.*\//, "", lesson)
    gsub(/-/, " ", lesson)
    shows = escaped(shows)
    elsewhere = escaped(elsewhere)
    if (kind == "html")
        printf "<h2>%s</h2>\n<p><a href=\"%s.png\"><img src=\"%s.svg\" width=\"700\" alt=\"%s\"></a></p>\n<p>%s</p>\n" \
            "<p><b>Where the usual drawing misleads:</b> %s</p>\n<p>From <a href=\"../../../%s/README.md\">lesson %s</a>.</p>\n", \
            name_of, name_of, name_of, name_of, shows, elsewhere, folder, lesson
    else
        printf "## %s\n\n[![%s](%s.svg)](%s.png)\n\n%s\n\n**Where the usual drawing misleads:** %s\n\nFrom [lesson %s](../../../%s/README.md).\n\n", \
            name_of, name_of, name_of, name_of, shows, elsewhere, lesson, folder
    name_of = ""
}

BEGIN {
    title = "The article's figures"
    printf (kind == "html" ? "<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<title>%s</title>\n<h1>%s</h1>\n" : "# %s\n\n"), title, title
    print escaped("Each is drawn from the live objects of a lesson's run: `make figures` makes them and this page.") (kind == "html" ? "" : "\n")
}

FNR == 1 {
    tell()
    file = FILENAME
    name_of = substr($2, 1, length($2) - 1)
    shows = elsewhere = ""
    part = 1
    sub(/^# [^:]*: /, "# ")
}

part && !/^# / { part = 0 }
part && sub(/^# Elsewhere: /, "# ") { part = 2 }
part == 1 { shows = shows (shows == "" ? "" : " ") substr($0, 3) }
part == 2 { elsewhere = elsewhere (elsewhere == "" ? "" : " ") substr($0, 3) }

END { tell() }
