#!/bin/sh
# test_lessons.sh BUILD: lessons 01, 07 and 11 at the keyboard: wrong options, a folder that can't be written, no gnuplot,
# Ctrl-C and --resume, folders without a picture, a GAN that diverges or collapses. Each must be one clear line and the
# right exit status, and nothing may be lost.
set -u
export LC_ALL=C
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/.." && pwd)
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

# same WHAT FOLDER FOLDER FILE…: a run in one piece and a resumed one have left the same bits.
same() {
    what=$1 whole=$work/$2 resumed=$work/$3
    shift 3
    for file in "$@"; do
        if cmp -s "$whole/$file" "$resumed/$file"; then
            passed=$((passed + 1))
        else
            echo "FAILED: $file of the resumed $what differs from that of a run in one piece"
            failed=$((failed + 1))
        fi
    done
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

# What follows is about bits: gnuplot draws nothing, until the GAN.
drawn_by=$PATH
PATH=$root/tests/false-gnuplot:$PATH

# Stopped in the middle and resumed, a run ends with the same bits as one that wasn't.
"$lesson" --quick --out "$work/whole" >/dev/null 2>&1
# (SIGTERM: a job that a shell runs in the background ignores SIGINT.)
check "a run that is stopped" 143 '' sh -c "
    '$lesson' --quick --out '$work/stopped' & process=\$!
    while [ ! -s '$work/stopped/steps.csv' ] && kill -0 \$process 2>/dev/null; do sleep 0.01; done
    kill -TERM \$process; wait \$process"
check "a resumed run" 0 '' "$lesson" --quick --resume --out "$work/stopped"
same run whole stopped checkpoint.safetensors steps.csv epochs.csv

# Each lesson ends in the same way, once its runs have begun: one line that says "stopped", no error, and the files stay.
for number in 02 03 09 10; do
    check "lesson-$number is stopped" 143 'lesson-.*stopped' sh -c "
        '$build/lesson-$number' --steps 100000 --out '$work/$number' & process=\$!
        while [ -z \"\$(find '$work/$number' -path '*/runs/*.csv' -o -name steps.csv 2>/dev/null)\" ] && kill -0 \$process 2>/dev/null; do sleep 0.01; done
        kill -TERM \$process; wait \$process"
    grep -q error "$work/stderr" && { echo "FAILED: lesson-$number calls it an error"; failed=$((failed + 1)); }
    [ "$(find "$work/$number" -name '*.csv' | wc -l)" -gt 0 ] || { echo "FAILED: lesson-$number left nothing"; failed=$((failed + 1)); }
done

# Stopped in the middle of a run (of one of its runs, where there are several) and started again, each ends with the same bits:
# LESSON, a log of its runs, and what it takes to go on.
while read -r number log resume; do
    whole=$work/whole-$number stopped=$work/stopped-$number
    "$build/lesson-$number" --quick --save-every 7 --out "$whole" >/dev/null 2>&1
    check "lesson-$number is stopped in the middle" 143 '' sh -c "
        '$build/lesson-$number' --quick --save-every 7 --out '$stopped' & process=\$!
        while [ \$(find '$stopped' -name '$log' -exec cat {} + 2>/dev/null | wc -l) -lt 12 ] && kill -0 \$process 2>/dev/null; do sleep 0.01; done
        kill -TERM \$process; wait \$process"
    [ -f "$stopped/claims.csv" ] && { echo "FAILED: lesson-$number wasn't stopped in the middle"; failed=$((failed + 1)); }
    check "lesson-$number goes on" 0 '' "$build/lesson-$number" --quick --save-every 7 $resume --out "$stopped"
    (cd "$whole" && find . -name '*.csv') >"$work/files"
    while read -r file; do same "lesson-$number" "whole-$number" "stopped-$number" "$file"; done <"$work/files"
done <<LESSONS
02 learning.csv
03 steps.csv --resume
09 steps.csv
10 quality.csv
16c looks.csv --resume
LESSONS

# A group that joins on the way follows --schedule with the others, also where the run goes on: its rate is the formula's.
joined() { # FOLDER
    awk -F, '$2 == 3 { rate = 0.004 / 3 * (1 + cos(3.14159265358979 * ($1 - 1) / 60)) / 2; rows++
                       wrong += ($3 - rate) ^ 2 > 1e-30 } END { exit rows != 30 || wrong }' "$work/$1/runs/seed-11-by-role/steps.csv"
}
late() { "$build/lesson-09" --quick --groups by-role --save-every 10 --schedule 'cosine(lr, 0, steps)' --out "$work/$1"; }
check "a late group under --schedule" 0 '1 of 1 runs finished' late late
check "and stopped behind its joining" 143 '' sh -c "
    '$build/lesson-09' --quick --groups by-role --save-every 10 --schedule 'cosine(lr, 0, steps)' --out '$work/late-stopped' & process=\$!
    while [ \$(cat '$work/late-stopped/runs/seed-11-by-role/steps.csv' 2>/dev/null | wc -l) -lt 110 ] && kill -0 \$process 2>/dev/null; do sleep 0.01; done
    kill -TERM \$process; wait \$process"
check "it goes on" 0 '1 of 1 runs finished' late late-stopped
for folder in late late-stopped; do
    joined $folder || { echo "FAILED: $folder: the group that joins later isn't on its curve"; failed=$((failed + 1)); }
done
same "run with a late group" late late-stopped runs/seed-11-by-role/steps.csv
# A lesson that tunes a knob first, stopped while it does so: no claims, and the same command goes on to the same numbers (but
# for those of clocks, the last two columns).
race="$build/lesson-07 --workload digits --optimizer muon --steps 300"
$race --out "$work/race" >/dev/null 2>&1
check "a race that is stopped while it tunes" 143 'lesson-07 tunes.*stopped: ' sh -c "
    $race --out '$work/race-stopped' & process=\$!
    while [ ! -f '$work/race-stopped/runs/seed-1-muon-1/result.csv' ] && kill -0 \$process 2>/dev/null; do sleep 0.01; done
    kill -TERM \$process; wait \$process"
[ -f "$work/race-stopped/results.csv" ] && { echo "FAILED: lesson-07 wasn't stopped while it tuned"; failed=$((failed + 1)); }
cp -r "$work/race-stopped" "$work/race-resumed"
# shellcheck disable=SC2086 # the race is several words
check "a race that goes on" 0 'lesson-07 .*1 of 1 runs finished' $race --out "$work/race-stopped"
# shellcheck disable=SC2086
check "and with --resume" 0 'lesson-07 .*1 of 1 runs finished' $race --resume --out "$work/race-resumed"
for folder in race race-stopped race-resumed; do
    for file in tuning results; do
        sed 's/,[^,]*,[^,]*$//' "$work/$folder/$file.csv" >"$work/$folder/$file-without-clocks.csv"
    done
done
for folder in race-stopped race-resumed; do
    same race race $folder tuning-without-clocks.csv results-without-clocks.csv runs/seed-11-muon-digits/looks.csv
done

# A GAN: two networks, two optimizers and the average go on from one checkpoint to the same bits; its pictures stay.
gan=$build/lesson-11
"$gan" --steps 45 --look 15 --out "$work/gan" >/dev/null 2>&1
check "a GAN that is stopped" 143 'stopped' sh -c "
    '$gan' --steps 45 --look 15 --out '$work/gan-stopped' & process=\$!
    while [ \$(wc -l <'$work/gan-stopped/curves.csv' 2>/dev/null || echo 0) -lt 10 ]; do sleep 0.01; done
    kill -TERM \$process; wait \$process"
[ -s "$work/gan-stopped/samples.png" ] || { echo "FAILED: the stopped GAN has no picture"; failed=$((failed + 1)); }
check "a GAN with other options" 1 "'option --beta1' is 0.5, expected 0" "$gan" --steps 45 --look 15 --beta1 0 --resume --out "$work/gan-stopped"
check "a resumed GAN" 0 'trained, step 45' "$gan" --steps 45 --look 15 --resume --out "$work/gan-stopped"
same GAN gan gan-stopped checkpoint.safetensors curves.csv looks.csv samples.png between.png
PATH=$drawn_by
check "a GAN that diverges" 1 'diverged: the .* loss is no number, step' "$gan" --lr-d 1e30 --steps 20 --out "$work/nan"
grep -q 'FAIL.*collapsed or diverged' "$work/stdout" && [ -s "$work/nan/curves.png" ] ||
    { echo "FAILED: the diverged GAN ended without its claim or figures"; failed=$((failed + 1)); }
check "a GAN whose samples are all alike" 1 'collapsed: all samples are alike, step' "$gan" --lr-g 1 --loss least-squares --steps 40 --look 5 --out "$work/alike"
check "a GAN of garments that diverges" 1 'diverged: the .* loss is no number, step' \
    "$gan" --data fashion --quick --lr-g 1e30 --lr-d 1e30 --out "$work/garments"
grep -q 'FAIL.*collapsed or diverged' "$work/stdout" || { echo "FAILED: the diverged garments ended without a claim"; failed=$((failed + 1)); }
knobs="--quick --images 64"
check "one cell of a map" 0 '1 of 1 runs finished' "$build/lesson-08b" $knobs --epochs 3 --momentum 0 --lr 0.1 --out "$work/cell"
[ "$(wc -l <"$work/cell/runs/seed-11-0-0.1/epochs.csv")" -eq 2 ] || { echo "FAILED: a run of lesson 08 is tested more than once"; failed=$((failed + 1)); }
check "a cell that diverges" 0 '1 of 1 runs finished' "$build/lesson-08b" $knobs --momentum 0 --lr 1e30 --out "$work/cell"
check "a decay of 0, off the map's axis" 0 '2 of 2 runs finished' "$build/lesson-08" $knobs --weight-decay 0 --lr 0.001 --out "$work/cell"
check "a schedule of what the run alone knows" 0 'a step: forward' "$build/lesson-01" --quick --schedule 'clamp(cosine(lr, 0, steps), lr * 0.1, 0.05)' --out "$work/01"
check "one that can't be with its numbers" 1 'schedule: .*its min is above its max' "$build/lesson-01" --quick --schedule 'clamp(cosine(lr, 0, steps), 0.05, lr * 0.1)' --out "$work/01"
check "a velocity that would grow by itself" 1 'momentum 0.99 ± --swing 0.05 must be' "$build/lesson-17" --quick --momentum 0.99 --out "$work/17"
check "a momentum of 1" 1 'momentum must be' "$build/lesson-08b" --momentum 1
check "a schedule where the loss turns the rate" 1 'here the held-out loss turns the rate' "$build/lesson-16c" --quick --schedule "constant(lr)" --out "$work/16c"
check "a plateau of a run that diverges" 1 'it diverged, and there is no plateau: choose a lower --lr' "$build/lesson-16c" --quick --lr 1e30 --out "$work/16c"
check "a race of which one diverges" 0 '5 of 5 runs finished' "$build/lesson-17" --quick --lr 1e30 --out "$work/17"
check "a lesson 09 whose head stands still" 0 '4 of 4 runs finished' "$build/lesson-09" --quick --lr-head 0 --out "$work/still"
(cd "$work/still" && cksum ./*.png ./*.svg) >"$work/drawn"
"$build/lesson-09" --draw --out "$work/still" &&
    (cd "$work/still" && cksum ./*.png ./*.svg) | cmp -s "$work/drawn" - && [ "$(wc -l <"$work/drawn")" -eq 6 ] ||
    { echo "FAILED: two drawings of the same run differ"; failed=$((failed + 1)); }
check "a lesson 10 of few steps" 0 '6 of 6 runs finished' "$build/lesson-10" --steps 3 --out "$work/few"
check "a recipe of one's own" 0 '1 of 1 runs finished' "$build/lesson-10" --steps 3 --recipe no-detach --out "$work/few"
grep -q 'all values of --recipe: leave it out' "$work/stdout" || { echo "FAILED: why there are no claims isn't said"; failed=$((failed + 1)); }
check "a folder that isn't there" 1 'none: expected a folder of pictures' "$gan" --data "$work/none" --out "$work/pictures"
mkdir "$work/album"
check "a folder without a picture" 1 'album: no picture there' "$gan" --data "$work/album" --out "$work/pictures"
echo "I am no picture" >"$work/album/text.png"
check "a picture that is none" 1 'that can be read' "$gan" --data "$work/album" --out "$work/pictures"
grep -q "skipped $work/album/text.png" "$work/stderr" || { echo "FAILED: text.png isn't named"; failed=$((failed + 1)); }
cp "$root/datasets/emoji/smileys/1f600.png" "$work/album/copy.png"
cp "$root/datasets/emoji/smileys/1f600.png" "$work/album"
check "pictures that are all the same" 1 'pictures that differ, found no two among 2' "$gan" --data "$work/album" --out "$work/pictures"
rm "$work/album/copy.png"
cp "$root/datasets/emoji/smileys/1f600.png" "$root/datasets/emoji/smileys/1f605.png" "$work/album"
check "two pictures and a bad one" 0 'trained, step 3' "$gan" --data "$work/album" --steps 3 --out "$work/pictures"
grep -q "album: 2 pictures, 1 skipped" "$work/stderr" || { echo "FAILED: pictures aren't counted"; failed=$((failed + 1)); }
check "a backbone that isn't there" 1 "No such file or directory; .make backbone. makes one" \
    "$build/lesson-13" --quick --backbone "$work/none" --out "$work/13"
# A ladder whose layers thaw one after the other goes on to the same bits where it was stopped between two of them.
climb() { "$build/lesson-14" --rung gradual --labels 1 --steps 400 --save-every 20 --out "$work/$1"; }
check "one rung" 0 '1 of 1 runs finished' climb ladder
check "a rung that is stopped" 143 'stopped' sh -c "
    '$build/lesson-14' --rung gradual --labels 1 --steps 400 --save-every 20 --out '$work/ladder-stopped' & process=\$!
    while [ \$(cat '$work/ladder-stopped/runs/seed-11-gradual/steps.csv' 2>/dev/null | wc -l) -lt 90 ] && kill -0 \$process 2>/dev/null; do sleep 0.01; done
    kill -TERM \$process; wait \$process"
check "a rung that goes on" 0 '1 of 1 runs finished' climb ladder-stopped
same rung ladder ladder-stopped runs/seed-11-gradual/steps.csv runs/seed-11-gradual/drift.csv
check "a rung that isn't there" 1 'rung.*last-layer' "$build/lesson-14" --rung third
check "a schedule where the rungs turn the rates" 1 'the rungs turn the rates themselves' "$build/lesson-14" --quick --rung full --schedule "constant(lr)" --out "$work/14"
check "the weights of another network" 1 'of another network: 18 missing' \
    "$build/lesson-12" --quick --target far --way frozen --backbone "$root/tests/golden/state_dict.safetensors" --out "$work/12"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
