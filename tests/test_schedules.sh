#!/bin/sh
# test_schedules.sh BUILD: lesson 15 at the keyboard, as an instrument: what it prints, what it refuses, and that the
# table of its README is what it prints.
# shellcheck disable=SC2013,SC2015  # bad is the end of a test; names of pictures have no space
set -u
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/.." && pwd)
lesson=$build/lesson-15
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

bad() {
    failed=$((failed + 1))
    echo "FAILED: $*"
    tail -n 3 "$work/stderr"
}

# refused NAME WORDS COMMAND…: exit status 1, nothing on stdout, and one line on stderr that has WORDS.
refused() {
    name=$1 words=$2
    shift 2
    "$@" >"$work/stdout" 2>"$work/stderr"
    status=$?
    if [ $status -eq 1 ] && [ ! -s "$work/stdout" ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && grep -q -- "$words" "$work/stderr"; then
        passed=$((passed + 1))
    else
        bad "$name: exit status $status, wanted 1 and one line with '$words'; stderr ends:"
    fi
}

# gives NAME TEXT COMMAND…: exit status 0, TEXT on stdout and nothing on stderr.
gives() {
    name=$1 text=$2
    shift 2
    "$@" >"$work/stdout" 2>"$work/stderr"
    status=$?
    printf '%s\n' "$text" >"$work/wanted"
    if [ $status -eq 0 ] && [ ! -s "$work/stderr" ] && cmp -s "$work/wanted" "$work/stdout"; then
        passed=$((passed + 1))
    else
        bad "$name: exit status $status, stdout $(head -c 200 "$work/stdout")"
    fi
}

gives "values" 'step,value
0,0
1,0.5
2,1
3,0.5' "$lesson" --schedule 'sequence(linear(0, 1, 2), cosine(1, 0, 2))' --steps 4 --csv - --out "$work/csv"
gives "names" 'step,value
0,3
1,5' "$lesson" --schedule 'linear(epochs, lr + steps, 1)' --steps 2 --epochs 3 --lr 3 --csv - --out "$work/csv"
"$lesson" --schedule 'cosine(0.1, 0, steps)' --csv - --out "$work/csv" >"$work/printed"
"$lesson" --schedule 'cosine(0.1, 0, steps)' --csv "$work/file" --out "$work/csv" && cmp "$work/printed" "$work/file" || bad "a file has other values"
[ "$(wc -l <"$work/printed")" -eq 101 ] || bad "a run of 100 steps has other than 100 values"

refused "an unknown kind" 'column 1.*cosin.*there are constant' "$lesson" --schedule 'cosin(0.1)' --csv -
refused "a number that is missing" 'column 15.*steps, epochs, lr' "$lesson" --schedule 'cosine(0.1, 0,)' --csv -
refused "a wrong argument" 'column 11.*whole number of at least 1' "$lesson" --schedule 'step(0.1, 0)'
refused "the second schedule is wrong" 'column 13' "$lesson" --schedule 'constant(1)' --schedule 'constant(1) 2'
refused "nothing to print" 'csv wants a --schedule' "$lesson" --csv -
refused "nothing to compare" 'compare wants a --schedule' "$lesson" --compare
refused "two to print" 'one schedule, not 2' "$lesson" --schedule 'constant(1)' --schedule 'constant(2)' --csv -
refused "no steps" 'steps must be' "$lesson" --schedule 'constant(1)' --steps 0
refused "a file that can't be written" "$work/none/x" "$lesson" --schedule 'constant(1)' --csv "$work/none/x"
[ ! -w /dev/full ] || refused "a full disk" 'standard output' sh -c "exec '$lesson' --schedule 'constant(1)' --csv - >/dev/full"
refused "a closed output" 'standard output' sh -c "exec '$lesson' --schedule 'constant(1)' --csv - >&-"
refused "a pipe that nobody reads" 'standard output' sh -c "
    { '$lesson' --schedule 'constant(1)' --steps 100000 --csv -; echo \$? >'$work/status'; } | true; exit \$(cat '$work/status')"

"$lesson" --compare --schedule 'constant(1)' --schedule 'exponential(1, 1e9)' --steps 100 --out "$work/compare" >"$work/stdout" 2>"$work/stderr" &&
    [ ! -s "$work/stderr" ] && [ -s "$work/compare/curves.png" ] && [ ! -e "$work/compare/gallery.csv" ] ||
    bad "--compare doesn't draw two schedules, and only them"
"$lesson" --table | cmp - "$root/lessons/15-schedules/table.md" ||
    bad "the table of lesson 15 is old: build/lesson-15 --table >lessons/15-schedules/table.md, then make readmes"
for picture in $(sed -n 's/.*(\(figures[^)]*\)).*/\1/p' "$root/lessons/15-schedules/table.md"); do
    [ -s "$root/lessons/15-schedules/$picture" ] || bad "there is no $picture"
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
