#!/bin/sh
# test_walks.sh BUILD: lessons 04 to 06 as instruments: what each prints with --csv, and what it says of wrong options, full
# disks and closed pipes: one line, exit status 1, nothing half done.
set -u
build=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_WAIT_POLICY=passive OPENBLAS_NUM_THREADS=1
passed=0
failed=0

tell() { # tell GOOD WHAT
    if [ "$1" = yes ]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "FAILED: $number: $2; stderr:"
        tail -n 3 "$work/stderr"
    fi
}

walk() { "$lesson" --out "$work/out" "$@" >"$work/stdout" 2>"$work/stderr"; }

# refused WORDS OPTION…: exit status 1, one line on stderr that has WORDS, nothing on stdout, no figure.
refused() {
    words=$1
    shift
    for csv in "--csv -" ""; do # the last one given counts: before the options
        rm -rf "$work/out"
        # shellcheck disable=SC2086
        walk $csv "$@"
        status=$?
        good=no
        [ $status -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && grep -qF -- "$words" "$work/stderr" && [ ! -s "$work/stdout" ] &&
            [ -z "$(ls "$work/out" 2>/dev/null)" ] && good=yes
        tell $good "$csv $*: exit status $status, wanted 1 and '$words'"
    done
}

# rows WANTED AWK OPTION…: with --csv -, awk's program prints WANTED of the rows.
rows() {
    wanted=$1 program=$2
    shift 2
    walk "$@" --csv -
    status=$?
    got=$(awk -F, "$program" "$work/stdout")
    good=no
    [ $status -eq 0 ] && [ "$got" = "$wanted" ] && good=yes
    tell $good "$*: exit status $status, '$got' in place of '$wanted'"
}

for lesson in "$build"/lesson-0[456]; do
    number=$(basename "$lesson")
    refused 'must be one of parabola, ravine, saddle, plateau, rosenbrock, beale, himmelblau, two-wells, not "hill"' --function hill
    refused 'must be one of sgd, adagrad, adadelta, rmsprop, adam, adamw, adamax, nadam, radam, rprop, lion, muon, lars, not "adma"' --optimizer adma
    refused 'unknown option --learning-rate; the options are --function --optimizer' --learning-rate 0.1
    refused '--beta1: no chosen optimizer has it; sgd has lr, momentum' --beta1 0.9
    refused '--rho: no chosen optimizer has it; sgd has lr, momentum, dampening, nesterov, weight_decay; lion has' --optimizer sgd --optimizer lion --rho 0.9
    refused '"rho=0.9" is no knob=value; adam has lr' --optimizer adam:rho=0.9
    refused '"lr" is no knob=value' --optimizer adam:lr
    refused '"" is no knob=value' --optimizer adam:
    refused 'lr must be a number, not "fast"' --optimizer adam:lr=fast
    refused 'lr must be a number, not "0x10"' --optimizer sgd:lr=0x10
    refused 'lr must be a number, not "1e-320"' --optimizer sgd:lr=1e-320
    refused 'lr must be a number, not "0.0000' --optimizer adam:lr=0.00000000000000000000000000000000000000000000000000000000000001e570
    refused 'beta1 is 1; it must be at least 0 and less than 1' --optimizer adam:beta1=1
    refused 'nesterov needs momentum' --nesterov 1
    refused 'is given twice' --optimizer sgd --optimizer sgd
    refused 'must be X,Y: two numbers' --start 1
    refused 'must be X,Y: two numbers' --start 1,
    refused 'must be X,Y: two numbers' --start 1,2,3
    refused 'must be X,Y: two numbers' --start nan,1
    refused "or its loss" --start 1e200,1
    refused 'must be one number' --function parabola --start 1,1
    refused '--steps must be a whole number >= 1' --steps 0
    refused '--lr must be a number, not "1e400"' --lr 1e400
    refused 'lr is -1; it must be' --lr -1
    refused 'only the ravine' --function beale --condition 10
    refused '--condition must be a number >= 1' --condition 0
    refused "can't be turned" --function parabola --rotate 10
    refused 'there is no schedule' --schedule fast
    refused 'the rate of sgd is -0.01 at step 1' --schedule 'linear(0, -0.1, 10)' --steps 10
    refused 'no random numbers' --lr 0.01 --seeds 2
    refused 'no checkpoint' --lr 0.01 --resume

    rows 'optimizer,step,x,y,loss' 'NR == 1' --steps 3
    rows 'sgd,0,1,1,50.5' 'NR == 2' --steps 3
    rows '5 3 5' '{ n = NF } END { print n, $2, NR }' --steps 3
    rows '709' 'NR > 1 && !n && sqrt($3 ^ 2 + $4 ^ 2) <= 1e-6 { n = $2 } END { print n }' --lr 0.019801980198019802 --steps 800
    rows '2047' 'NR > 1 && !n && sqrt($3 ^ 2 + $4 ^ 2) <= 1e-6 { n = $2 } END { print n }' --optimizer adagrad --lr 0.5 --rotate 45 --steps 2100
    rows 'sgd 2;adam lr=0.1 beta1=0.5 2;' 'NR > 1 { n[$1] = $2; if (!o[$1]++) name[++c] = $1 } END { for (i = 1; i <= c; i++) printf "%s %d;", name[i], n[name[i]] }' \
        --optimizer sgd --optimizer adam:lr=0.1,beta1=0.5 --steps 2 --momentum 0.5
    rows '3 -0.125 0' 'END { print $2, $3, $4 }' --function parabola --lr 0.25 --steps 3
    rows '0.25' 'END { print $4 }' --start 1,1 --schedule 'piecewise([0, 0.005, 1, 0.005, 2, 0])' --steps 10
    rows '1 3 yes' '{ s += $3 != $3 + 0 && NR > 1 } END { print s + 1, NR, ($4 ^ 2 > 1e6 ? "yes" : "no") }' --lr 30 --steps 1000
    grep -q 'sgd: diverged at step 1$' "$work/stderr"; tell "$([ $? -eq 0 ] && echo yes)" "a walk that diverges says so"

    # to where nothing can be written: nothing but one line
    if [ -w /dev/full ]; then # Linux has it
        good=no
        "$lesson" --csv - --out "$work/out" >/dev/full 2>"$work/stderr"
        [ $? -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && grep -q "No space left" "$work/stderr" && good=yes
        tell $good "a full disk"
    fi
    good=no
    { "$lesson" --csv - --steps 100000 --out "$work/out" 2>"$work/stderr"; echo $? >"$work/status"; } | head -n 1 >"$work/stdout"
    [ "$(cat "$work/status")" -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && grep -q "Broken pipe" "$work/stderr" && good=yes
    tell $good "a closed pipe"
    good=no
    "$lesson" --csv - --out "$work/out" >&- 2>"$work/stderr"
    [ $? -eq 1 ] && [ "$(wc -l <"$work/stderr")" -eq 1 ] && grep -q "can't write" "$work/stderr" && good=yes
    tell $good "no standard output"
    refused "/dev/full" --csv /dev/full
    refused "none/walk.csv" --csv "$work/none/walk.csv"
    walk --csv "$work/walk.csv" --steps 5
    tell "$([ $? -eq 0 ] && [ "$(wc -l <"$work/walk.csv")" -eq 7 ] && [ ! -s "$work/stdout" ] && echo yes)" "--csv to a file"

    # The README's table of options: each takes so many steps, or (–) doesn't arrive.
    readme=$(echo "$(dirname "$0")/../lessons/${number#lesson-}"-*/README.md)
    sed -nE 's/^[|] `(--[^`]*)` [|] ([0-9][0-9,]*|–) [|].*/\2 \1/p' "$readme" >"$work/table"
    tell "$([ -s "$work/table" ] && echo yes)" "$readme has a table of options"
    while read -r wanted options; do
        eval "walk $options --csv -"
        took=$(sed -n '$s/.*: there after \([0-9]*\) steps*$/\1/p' "$work/stderr")
        good=no
        [ "${took:-–}" = "$(echo "$wanted" | tr -d ,)" ] && good=yes
        tell $good "README: $options: ${took:-–} steps, not $wanted"
    done <"$work/table"

    good=no # the race with its figure, also of one number and of a walk that diverges; drawn again
    walk --function parabola --optimizer sgd:lr=0.3 --optimizer sgd:lr=3 && [ -s "$work/out/race.png" ] && rm "$work/out/race.png" &&
        walk --function parabola --draw && [ -s "$work/out/race.png" ] && ! grep -q nan "$work/out/race.csv" && good=yes
    command -v gnuplot >/dev/null || good=yes
    tell $good "a race on the parabola"
    rm -rf "$work/out"

    good=no # a file of rows is whole or as it was
    echo old >"$work/rows.csv"
    "$lesson" $(printf -- '--optimizer adam:lr=%se-9 ' 1 2 3 4 5 6 7 8) --steps 1000000 --csv "$work/rows.csv" --out "$work/out" 2>"$work/stderr" &
    process=$!
    sleep 0.5
    kill -TERM $process
    wait $process 2>/dev/null
    status=$?
    [ $status -eq 143 ] && [ "$(cat "$work/rows.csv")" = old ] && grep -q 'stopped; .*rows.csv is as it was' "$work/stderr" && good=yes
    tell $good "rows that are stopped: exit status $status"
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
