#!/bin/sh
# test_exercises.sh [BUILD]: each exercise asks while it is open; its solution is right; and spoilt solutions, at least one a
# lesson, are told what came out and what was expected. The lines at the end spoil: NN, the sed expression, what must be said.
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
sed '1,/^exit \$status/d' tests/test_exercises.sh >"$spoilt/list"
count=0 programs=''
while IFS='|' read -r number expression pattern; do
    count=$((count + 1))
    set -- lessons/"$number"-*/solution.c
    sed "$expression" "$1" >"$spoilt/$number-$count.c"
    cmp -s "$1" "$spoilt/$number-$count.c" && fail "'$expression' changes nothing in $1"
    sed -i.old 's,"../exercise.h","../../lessons/exercise.h",' "$spoilt/$number-$count.c"
    programs="$programs $spoilt/$number-$count"
done <"$spoilt/list"
# shellcheck disable=SC2086 # a list of words
$make --no-print-directory -j2 exercises $programs || exit 1

exercises=0
for source in lessons/[0-9]*/exercise.c; do
    number=$(basename "$(dirname "$source")")
    number=${number%%-*}
    exercises=$((exercises + 1))
    grep -q "^$number|" "$spoilt/list" || fail "exercise $number has no line at the end of tests/test_exercises.sh"
    said 1 "^to do: .* of $source\$" "$build/exercise-$number"
    said 0 '^solved' "$build/solution-$number"
done
count=0
while IFS='|' read -r number expression pattern; do
    count=$((count + 1))
    said 1 "^not yet: $pattern.* is .*; expected was " "$spoilt/$number-$count"
done <"$spoilt/list"
text=$($make exercise-99 2>&1) && fail "make exercise-99 is no error"
echo "$text" | grep -q '^error: there is no exercise-99; there are: exercise-01 ' || fail "make exercise-99 says: $text"

[ $status -eq 0 ] && echo "$exercises exercises, $count spoilt ones"
exit $status
01|s/-= lr/+= lr/|1 with
01|s/lr \* gradient/gradient/|1 with
01|s/i < count/i <= count/|the weight behind
01|s/-= lr \* gradient.i./= lr/|1 with
02|s/int i = 1/int i = 0/|std of a linear
02|s/i < shape.rank/i < 2/|std of a convolution
02|s/2.0/1.0/|std of a linear
03|s/-= (real)lr/-= /|an owned 1 with
03|s/if (p->tensor.grad_state == GRAD_NONE)/if (0)/|an owned 1 without
03|/parameter_changed(p);/d|how often
