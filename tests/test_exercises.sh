#!/bin/sh
# test_exercises.sh [BUILD]: each exercise asks while it is open; its solution is right; and spoilt solutions, at least one a
# lesson, are told what came out and what was expected. spoilt_exercises.txt has them: the lesson, a sed expression, what must be said.
cd "$(dirname "$0")/.." || exit 1
build=${1:-build}
make=${MAKE:-make}
status=0
fail() {
    echo "FAIL  $*" >&2
    status=1
}

# said STATUS PATTERN COMMAND…: one line, which has the pattern, and this exit status
said() {
    wanted=$1 pattern=$2
    shift 2
    text=$("$@" 2>&1)
    found=$?
    [ $found -eq "$wanted" ] || fail "$*: exit status $found, expected $wanted: $text"
    echo "$text" | grep -q -- "$pattern" || fail "$*: expected '$pattern' in: $text"
    [ "$(echo "$text" | wc -l)" -eq 1 ] || fail "$*: expected one line, not: $text"
}

spoilt=$build/spoilt
rm -rf "$spoilt"
mkdir -p "$spoilt"
count=0 programs=''
while IFS='|' read -r number expression pattern; do
    count=$((count + 1))
    set -- lessons/"$number"-*/solution.c
    sed "$expression" "$1" >"$spoilt/$number-$count.c"
    cmp -s "$1" "$spoilt/$number-$count.c" && fail "'$expression' changes nothing in $1"
    sed -i.old 's,"../exercise.h","../../lessons/exercise.h",' "$spoilt/$number-$count.c"
    programs="$programs $spoilt/$number-$count"
done <tests/spoilt_exercises.txt
# shellcheck disable=SC2086 # a list of words
$make --no-print-directory -j2 exercises $programs || exit 1

exercises=0
for source in lessons/[0-9]*/exercise.c; do
    number=$(basename "$(dirname "$source")")
    number=${number%%-*}
    exercises=$((exercises + 1))
    grep -q "^$number|" tests/spoilt_exercises.txt || fail "exercise $number has no line in tests/spoilt_exercises.txt"
    said 1 "^to do: .* of $source\$" "$build/exercise-$number"
    said 0 '^solved' "$build/solution-$number"
done
count=0
while IFS='|' read -r number expression pattern; do
    count=$((count + 1))
    said 1 "^not yet: $pattern.* is .*; expected was " "$spoilt/$number-$count"
done <tests/spoilt_exercises.txt
text=$($make exercise-99 2>&1) && fail "make exercise-99 is no error"
echo "$text" | grep -q '^error: there is no exercise-99; there are: exercise-01 ' || fail "make exercise-99 says: $text"

[ $status -eq 0 ] && echo "$exercises exercises, $count spoilt ones"
exit $status
