# choices.awk: lessons/choices.md, the optimizers and the schedules at a glance, from what the lessons have: the table of lesson 07's
# README, the one that lesson 15 prints, and what lesson 16 has measured.
#
#     awk -f scripts/choices.awk lessons/16-*/measured.csv lessons/07-*/README.md lessons/15-*/table.md

function trim(text) {
    gsub(/^ +| +$/, "", text)
    return text
}

function place(file) { # beside lessons/
    sub(/^lessons\//, "", file)
    sub(/\/[^\/]*$/, "", file)
    return file
}

# A schedule's gain over the best constant rate in three epochs, if lesson 16 has it; the error is of two independent means.
function gain(name,    points) {
    gsub(/_/, "-", name)
    if (name == "constant" || !((name " 3") in accuracy))
        return "–"
    points = 100 * (accuracy[name " 3"] - accuracy["constant 3"])
    return sprintf("%+.1f ± %.1f", points > -0.05 && points < 0 ? 0 : points, \
        100 * sqrt(error[name " 3"] ^ 2 + error["constant 3"] ^ 2))
}

BEGIN {
    print "# Optimizers and schedules at a glance\n"
    print "Made by `make readmes` from the results of the lessons."
}

FILENAME ~ /measured.csv$/ {
    split($0, cells, ",")
    if (cells[1] == "" && cells[2] == "accuracy") {
        accuracy[cells[3]] = cells[5]
        error[cells[3]] = cells[6]
    }
    at_work = place(FILENAME)
    next
}

FILENAME ~ /README.md$/ && /^## / { inside = /^## Which optimizer when/ }

FILENAME ~ /README.md$/ && inside && /^\| / {
    gsub(/<!--[^>]*-->/, "")
    gsub(/\\\|/, "\001") # a bar that is no border
    count = split($0, cells, "|")
    if (!rows++) {
        race = place(FILENAME)
        measured = (getline line < ("lessons/" race "/measured.csv")) > 0
        for (i = 1; i <= count; i++)
            at[trim(cells[i])] = i
        print "\n## Which optimizer?\n\n| | a step | knobs, and sane defaults | when | best rate | accuracy |\n|---|---|---|---|---|---|"
        next
    }
    row = "|" cells[2] "|" cells[at["a step"]] "|" cells[at["knobs, and sane defaults"]] "|" cells[at["when"]] "|"
    row = row (measured ? cells[at["best rate"]] "|" cells[at["accuracy"]] "|" : " – | – |") # 0 stands there before
    gsub(/\001/, "\\|", row)
    print row
    next
}

FILENAME ~ /table.md$/ && FNR == 1 {
    if (rows)
        printf "\nEach at the best of five rates, five seeds, LeNet on Fashion-MNIST. [Lesson 07](%s/README.md) has memory, time and the steps to a target.\n\ng is the gradient (G that of a matrix), m and v are the means of g and g² without their bias, b, s, u and B other states; µ is momentum, λ weight_decay, α, β₁, β₂ and ρ are the knobs of these names, and r grows to 1 in the course of the run. orth(…) brings all singular values near 1.\n\nTwo aren't in the race: LARS scales each tensor's rate for batches of thousands ([lesson 19](19-many-machines/README.md)), Rprop is made for the gradient of all images ([lesson 07](%s/README.md#rprop-isnt-in-the-race)).\n", race, race
    print "\n## Which schedule?\n"
    print "| | schedule | value at a step | when | gain, points |\n|---|---|---|---|---|"
    next
}

FILENAME ~ /table.md$/ && /^\| !/ {
    name = $0
    sub(/^\| !\[/, "", name)
    sub(/\].*/, "", name)
    sub(/\(figures/, "(" place(FILENAME) "/figures")
    print $0 " " gain(name) " |"
    gallery = place(FILENAME)
}

END {
    printf "\n*gain*: in accuracy over the best constant rate, three epochs of LeNet on Fashion-MNIST, five seeds; ± is that of a difference of two independent means, wider or narrower than lesson 16's own, seed by seed; – was not raced. A knob with = has that default; to leave one out in the middle, name what follows: `cosine(0.1, t_max = steps)`. [Lesson 15](%s/README.md) has the gallery, [lesson 16](%s/README.md) the race.\n", gallery, at_work
}
