#!/bin/sh
# numbers.sh knobs|measured|first-run BUILD [NN…]: makes the numbers that `make readmes` writes into the READMEs of the
# lessons NN (all that have a knobs.txt), and tells which have moved.
#
# knobs      runs each option line of knobs.txt with seeds 11 to 13, finished runs in out/knobs/lesson-NN/ aren't made again; knobs.csv
# measured   takes from out/claims/lesson-NN/, where make claims has left it: measured.csv, claims.csv, run.csv
# first-run  runs the programs that the README has a mark for, as for the first time: time, disk, what they print;
#            first-run-PROGRAM.txt
#
# lessons/README.md describes the files.
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C
. scripts/machine.sh
. scripts/put.sh
[ $# -gt 1 ] || { echo "usage: scripts/numbers.sh knobs|measured|first-run BUILD [NN…]" >&2 && exit 1; }
verb=$1 build=$2
shift 2
SEEDS=3

die() {
    echo "error: $*" >&2
    exit 1
}

work=$(mktemp -d) || exit 1
new=$work/new
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

summary() { # OPTIONS FOLDER [FILE]: rows to $new
    awk -v options="$1" -v folder="$2" -f scripts/summary.awk "$knobs" "$2/${3:-results.csv}" >>"$new" || exit 1
}

# Puts $new in the place of FILE, and tells what has moved.
replace() { # FILE
    [ ! -f "$1" ] || awk -F, -v file="$1" '
        function text(row,    cells) {
            split(row, cells, ",")
            return cells[5] " (" cells[7] " to " cells[8] ")"
        }
        { at = ($1 != "" ? $1 ": " : "") $2 ($3 != "" ? "[" $3 "]" : "") }
        FNR == NR { old[at] = $0; next }
        !(at in old) { print "  new    " at " " text($0); next }
        old[at] != $0 { print "  moved  " at " " text(old[at]) " → " text($0); }
        { delete old[at] }
        END { for (at in old) print "  gone   " at " " text(old[at]) }' "$1" "$new"
    put "$new" "$1"
    echo "$1: $(($(wc -l <"$1") - 1)) numbers"
}

run_knobs() {
    sed '/^ *#/d; /^ *$/d; /^ *column *|/d; /^ *number *|/d; s/ *|.*//; s/^ *//' "$knobs" >"$work/lines"
    [ -s "$work/lines" ] || return 0
    while IFS= read -r line; do
        case $line in *[,\"]*) die "$knobs: '$line': neither a comma nor a quote can be in an option line" ;; esac
        program=lesson-$number options=$line
        case $line in
        defaults) options= ;;
        lesson-*) program=${line%% *} options=${line#"$program"} ;;
        esac
        folder=out/knobs/lesson-$number/$(echo "$line" | sed 's/^-*//; s/[^A-Za-z0-9.]\{1,\}/-/g')
        echo "== $program $options"
        mkdir -p "$folder"
        rm -f "$folder/results.csv"
        # shellcheck disable=SC2086  # an option line is several words
        "$build/$program" $options --seeds $SEEDS --out "$folder" </dev/null >"$folder/output.txt"
        status=$? # 1: a claim fails, which it may with another knob
        [ $status -le 1 ] || exit $status
        [ -f "$folder/results.csv" ] || die "$program $options has no results: $(tail -n 1 "$folder/output.txt")"
        summary "$line" "$folder"
    done <"$work/lines"
    replace "${knobs%/*}/knobs.csv"
}

take_measured() {
    echo "program,verdict,claim,measured" >"$work/claims"
    echo "program,seconds,machine,date" >"$work/runs"
    for folder in "out/claims/lesson-$number" "out/claims/lesson-$number"[!0-9]*; do
        [ -d "$folder" ] || continue
        [ -f "$folder/claims.csv" ] || die "$folder isn't finished: run make claims"
        program=${folder##*/}
        options=$program
        [ "$program" != "lesson-$number" ] || options=
        summary "$options" "$folder"
        [ ! -f "$folder/tuning.csv" ] || summary "${options:+$options }tuning" "$folder" tuning.csv
        sed "1d; s/^/$program,/" "$folder/claims.csv" >>"$work/claims"
        [ ! -f "$folder/run.csv" ] || sed '1d; s/,[^,]*$//' "$folder/run.csv" >>"$work/runs"
    done
    [ "$(wc -l <"$new")" -gt 1 ] || die "there is no out/claims/lesson-$number: run make claims"
    replace "${knobs%/*}/measured.csv"
    put "$work/claims" "${knobs%/*}/claims.csv"
    put "$work/runs" "${knobs%/*}/run.csv"
}

# How long it took: on a busy machine the time of the processors, as the clock says nothing there.
duration() { # SECONDS PROCESSOR-SECONDS LOAD
    processors=$(getconf _NPROCESSORS_ONLN)
    of=
    [ "$3" -lt "$processors" ] || { of=' of processor time' && set -- "$2"; }
    echo "$1 s$of ($(machine_name))"
}

run_first() {
    for source in "${knobs%/*}"/*.c; do
        program=$(basename "$source" .c) disk= mark=
        [ "$program" != lesson ] || program=lesson-$number
        [ "$program" = "lesson-$number" ] || mark=" $program"
        grep -q "<!-- first-run$mark -->" "${knobs%/*}/README.md" || continue
        folder=out/first-run/$program
        rm -rf "$folder"
        mkdir -p "$folder"
        set --
        case $program in lesson-*) set -- --out "$folder" ;; esac
        load=$(uptime | sed 's/.*load average[s]*: *//; s/[., ].*//')
        processor_seconds "$work/times"
        before=$processor begun=$(date +%s)
        "$build/$program" "$@" >"$work/output" || exit
        processor_seconds "$work/times"
        took=$(duration $(($(date +%s) - begun)) $((processor - before)) "$load")
        [ $# -eq 0 ] || disk=" and $(du -sk "$folder" | awk '{ printf "%.1f", $1 / 1024 }') MB in \`out/$program/\`"
        {
            echo "It takes $took$disk, and prints"
            echo
            echo '```'
            cat "$work/output"
            echo '```'
        } >"${knobs%/*}/first-run-$program.txt"
        echo "${knobs%/*}/first-run-$program.txt: $took"
    done
}

if [ $# -eq 0 ]; then
    for knobs in lessons/*/knobs.txt; do
        number=${knobs#lessons/}
        set -- "$@" "${number%%-*}"
    done
fi
for number in "$@"; do
    set -- "lessons/$number-"*/knobs.txt
    [ -f "$1" ] || die "there is no lessons/$number-*/knobs.txt"
    knobs=$1
    echo "options,name,place,seeds,mean,error,least,most" >"$new"
    case $verb in
    knobs) run_knobs ;;
    measured) take_measured ;;
    first-run) run_first ;;
    *) die "there is no $verb" ;;
    esac
done
