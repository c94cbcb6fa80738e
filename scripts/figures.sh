#!/bin/sh
# figures.sh BUILD LESSON…: redraws each lesson's figures from its saved run, and those over seeds where make claims has left its
# runs. A lesson that has no run is run first; how long that takes is said beforehand.
# figures.sh --renew: draws nothing, but copies what was drawn to lessons/NN-name/figures/, where a file of that name is committed.
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C
. scripts/put.sh
ARTICLE=out/figures/OptimizerOverview
FIGURE_KB=300 GIF_KB=2000

# Which lessons have no run yet, and how long each took the last time that its README was made.
announce() { # LESSON…
    unknown='' seconds=0 count=0
    for lesson in "$@"; do
        [ ! -f "out/$lesson/claims.csv" ] && scripts/needs.sh "$lesson" >/dev/null || continue
        count=$((count + 1))
        took=$(sed -n '1s/^It takes \([0-9]*\) s.*/\1/p' lessons/[0-9]*/"first-run-$lesson.txt" 2>/dev/null)
        [ -n "$took" ] || unknown="$unknown $lesson"
        seconds=$((seconds + ${took:-0}))
    done
    [ $count -eq 0 ] || echo "$count of $# lessons have no run yet and are trained: about $(((seconds + 59) / 60)) minutes of processor time${unknown:+, and nobody has timed$unknown}."
}

# The page about the article's figures, of those that were drawn.
index() {
    set --
    for script in $(grep -l '^# Elsewhere: ' lessons/[0-9]*/*.gp); do
        name=${script##*/}
        [ ! -f "$ARTICLE/${name%.gp}.png" ] || set -- "$@" "$script"
    done
    [ $# -gt 0 ] || return 0
    for kind in md html; do
        awk -v kind=$kind -f scripts/article.awk "$@" >"$ARTICLE/index.$kind" || exit
    done
}

draw() { # BUILD LESSON…
    build=$1
    shift
    announce "$@"
    without=
    for lesson in "$@"; do
        over=
        if [ -f "out/claims/$lesson/results.csv" ]; then # beside the other
            echo "== $lesson, over seeds, from make claims"
            "$build/$lesson" --draw --seeds 5 --out "out/claims/$lesson" &
            over=$!
        else
            without="$without $lesson"
        fi
        echo "== $lesson"
        status=0
        if [ -f "out/$lesson/claims.csv" ]; then
            "$build/$lesson" --draw || status=$?
        elif needs=$(scripts/needs.sh "$lesson"); then
            "$build/$lesson" || status=$?
        else
            echo "SKIP  $needs"
        fi
        [ -z "$over" ] || wait $over || exit
        [ $status -eq 0 ] || exit $status
    done
    index
    echo "The article's figures are in $ARTICLE/ (index.html and index.md tell of them), the lessons' in out/lesson-NN/, those over seeds in out/claims/lesson-NN/."
    [ -z "$without" ] || echo "Not drawn: the figures over seeds of$without; make claims makes their runs."
    echo "The copies in lessons/*/figures/ are as they were: look at the new ones, then make renew-figures."
}

# Where a lesson's figure was drawn: over seeds, if it is there too, as the READMEs show those.
drawn() { # NUMBER NAME
    for folder in "out/claims/lesson-$1" "out/claims/lesson-$1"[!0-9]* "out/lesson-$1" "out/lesson-$1"[!0-9]* $ARTICLE; do
        [ ! -f "$folder/$2" ] || { echo "$folder/$2" && return; }
    done
}

renew() {
    failed=
    for old in lessons/[0-9]*/figures/*; do
        name=${old##*/} number=${old#lessons/}
        new=$(drawn "${number%%-*}" "$name")
        most=$FIGURE_KB
        [ "${name##*.}" != gif ] || most=$GIF_KB
        if [ -z "$new" ]; then
            echo "not drawn  $old"
        elif cmp -s "$new" "$old"; then
            echo "the same   $old"
        elif [ "$(($(wc -c <"$new")))" -gt $((most * 1000)) ]; then
            echo "too large  $new has $(($(wc -c <"$new") / 1000)) KB, at most $most"
            failed=yes
        else
            put "$new" "$old"
            echo "renewed    $old from $new"
        fi
    done
    [ -z "$failed" ]
}

case ${1-} in
--renew) renew ;;
*) [ $# -gt 1 ] && [ -d "$1" ] || { echo "usage: scripts/figures.sh BUILD LESSON… | --renew" >&2 && exit 1; }
    draw "$@"
    ;;
esac
