#!/bin/sh
# test_lessons.sh BUILD: lesson 01 at the keyboard: wrong options, a folder that can't be written, no gnuplot, Ctrl-C and
# --resume. Each must be one clear line and the right exit status, and nothing may be lost.
set -u
build=$(cd "$1" && pwd)
lesson=$build/lesson-01
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_WAIT_POLICY=passive OPENBLAS_NUM_THREADS=1
passed=0
failed=0

# check NAME STATUS WORDS COMMAND…: the command ends with STATUS and its stderr has WORDS in its last line.
check() {
    name=$1 wanted=$2 words=$3
    shift 3
    "$@" >"$work/stdout" 2>"$work/stderr"
    status=$?
    if [ $status -eq "$wanted" ] && tail -n 1 "$work/stderr" | grep -q -- "$words"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name: exit status $status, wanted $wanted and '$words'; stderr ends:"
        tail -n 3 "$work/stderr"
    fi
}

check "an unknown option" 1 'the options are --lr' "$lesson" --ll 0.1
check "a negative rate" 1 'lr.*> 0' "$lesson" --lr -1
check "no number" 1 'epochs' "$lesson" --epochs many
: >"$work/file"
check "a folder that can't be made" 1 "$work/file" "$lesson" --quick --out "$work/file/out"
check "nothing to resume" 1 'without --resume' "$lesson" --quick --resume --out "$work/nothing"
check "a checkpoint that is cut short" 1 'checkpoint.safetensors' sh -c "
    mkdir '$work/cut' && printf 'abc' >'$work/cut/checkpoint.safetensors' &&
    exec '$lesson' --quick --resume --out '$work/cut'"

mkdir "$work/bin"
check "no gnuplot" 0 'gnuplot' env PATH="$work/bin" "$lesson" --quick --out "$work/plain"
[ -s "$work/plain/steps.csv" ] || { echo "FAILED: without gnuplot the data isn't there"; failed=$((failed + 1)); }

# Stopped in the middle and resumed, a run ends with the same bits as one that wasn't.
"$lesson" --quick --out "$work/whole" >/dev/null 2>&1
# (SIGTERM: a job that a shell runs in the background ignores SIGINT.)
check "a run that is stopped" 143 '' sh -c "
    '$lesson' --quick --out '$work/stopped' & process=\$!
    while [ ! -s '$work/stopped/steps.csv' ]; do sleep 0.01; done
    kill -TERM \$process; wait \$process"
check "a resumed run" 0 '' "$lesson" --quick --resume --out "$work/stopped"
for file in checkpoint.safetensors steps.csv epochs.csv; do
    if cmp -s "$work/whole/$file" "$work/stopped/$file"; then
        passed=$((passed + 1))
    else
        echo "FAILED: $file of the resumed run differs from that of a run in one piece"
        failed=$((failed + 1))
    fi
done

# Lessons without a checkpoint end in the same way: one line that says "stopped", no error, and the files stay.
for number in 02 03; do
    check "lesson-$number is stopped" 143 'lesson-.*stopped' sh -c "
        '$build/lesson-$number' --steps 100000 --out '$work/$number' & process=\$!
        sleep 0.7; kill -TERM \$process; wait \$process"
    grep -q error "$work/stderr" && { echo "FAILED: lesson-$number calls it an error"; failed=$((failed + 1)); }
    [ "$(find "$work/$number" -name '*.csv' | wc -l)" -gt 0 ] || { echo "FAILED: lesson-$number left nothing"; failed=$((failed + 1)); }
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
