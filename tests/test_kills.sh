#!/bin/sh
# test_kills.sh BUILD [SEED]: --quick runs of training lessons are killed (SIGKILL) at 20 random moments and go on. What they
# end with, the last checkpoint and every CSV, is that of runs that nothing happened to, byte for byte.
#
# A moment is a number of rows in the run's log, and some milliseconds: also in the middle of a checkpoint, of which there is
# one every 3 steps, and behind the last step. SEED draws them again.
set -u
export LC_ALL=C
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/.." && pwd)
seed=${2:-$(date +%s)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$work" || exit 1
export OMP_WAIT_POLICY=passive OPENBLAS_NUM_THREADS=1
echo "test_kills: seed $seed (again: sh tests/test_kills.sh build $seed)"

# A gnuplot that draws nothing.
mkdir bin
cp "$root/tests/false-gnuplot/gnuplot" bin/gnuplot
PATH=$work/bin:$PATH

rows() { cat "$1"/steps.csv "$1"/runs/*/steps.csv 2>/dev/null | wc -l; }

# kill_at FOLDER ROWS PAUSE COMMAND…: the command and the runs that it has started, killed behind so many rows and PAUSE
# seconds. Its exit status is that of the command: 137, where it was still there.
kill_at() {
    folder=$1 wanted=$2 pause=$3
    shift 3
    "$@" --out "$folder" >/dev/null 2>>said &
    process=$!
    while [ "$(rows "$folder")" -lt "$wanted" ] && kill -0 $process 2>/dev/null; do sleep 0.005; done
    sleep "$pause"
    children=$(ps -A -o ppid= -o pid= | awk -v parent=$process '$1 == parent { print $2 }')
    # shellcheck disable=SC2086 # a list of processes
    kill -KILL $process $children 2>/dev/null
    wait $process 2>/dev/null
    status=$?
    for child in $children; do # until it is gone, at most some seconds: where nobody waits for it, its name stays
        waited=0
        while kill -0 "$child" 2>/dev/null && [ $waited -lt 500 ]; do sleep 0.005; waited=$((waited + 1)); done
    done
    return $status
}

passed=0 failed=0 killed=0 resumed=0
bad() {
    failed=$((failed + 1))
    echo "FAILED: moment $moment, $lesson, killed behind row $row and $pause s: $*"
    tail -n 2 said
}

# LESSON OPTIONS…, a folder of its own for the run in one piece: --seeds and the like are experiments, which need no --resume.
lesson_of() {
    case $(($1 % 4)) in
    0 | 1) echo lesson-01 --quick --save-every 3 ;;
    2) echo lesson-17b --quick --save-every 3 --forget nothing ;;
    3) echo lesson-09 --quick --save-every 3 --groups by-role ;;
    esac
}

for moment in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    lesson=$(lesson_of $moment)
    whole=whole-${lesson%% *} folder=killed-$moment
    : >said
    # shellcheck disable=SC2086 # a list of words
    [ -d "$whole" ] || "$build"/$lesson --out "$whole" >/dev/null 2>said || { cat said; exit 1; }
    # shellcheck disable=SC2046 # two words
    set -- $(awk -v seed="$seed" -v moment=$moment -v rows="$(rows "$whole")" 'BEGIN {
        srand(seed * 100 + moment); rand(); printf "%d %.3f", rand() * rows, 0.03 * rand() }')
    row=$1 pause=$2
    # shellcheck disable=SC2086
    kill_at "$folder" "$row" "$pause" "$build"/$lesson
    [ $? -ne 137 ] || killed=$((killed + 1))
    resume=
    [ -z "$(find "$folder" -name checkpoint.safetensors 2>/dev/null)" ] || resumed=$((resumed + 1))
    [ ! -f "$folder/checkpoint.safetensors" ] || resume=--resume
    # shellcheck disable=SC2086
    "$build"/$lesson $resume --out "$folder" >/dev/null 2>>said || bad "it doesn't go on"
    (cd "$whole" && find . -name '*.csv' -o -name 'checkpoint.safetensors') >files
    while read -r file; do
        if cmp -s "$whole/$file" "$folder/$file"; then passed=$((passed + 1)); else bad "$file differs"; fi
    done <files
    [ -z "$(find "$folder" -name '*.tmp-*')" ] || bad 'a temporary file is left'
    rm -rf "$folder"
done
echo "$killed of 20 runs were killed before their end, $resumed of 20 had a checkpoint to go on from"
[ $killed -ge 10 ] && [ $resumed -ge 5 ] || { echo "FAILED: that is too few to tell anything"; failed=$((failed + 1)); }
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
