#!/bin/sh
# test_ranks.sh BUILD: lesson 19 at the keyboard, with one, two and three ranks on however few processors: the same losses as one
# process, in double; a rank that is killed; a stop, and going on with another number of ranks; what can't be shared; no MPI.
set -u
export LC_ALL=C
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/.." && pwd)
lesson=$build/lesson-19
[ -x "$lesson" ] || { echo "skipped: no MPI here (make setup-mpi)"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A test in a container is root, which mpirun refuses unless it is told twice.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_btl_vader_single_copy_mechanism=none # which a container may forbid (common/ranks/launch.c)
PATH=$root/tests/false-gnuplot:$PATH
passed=0
failed=0

tell() { # GOOD WHAT
    if [ "$1" = yes ]; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "FAILED: $2"; fi
}

# check NAME STATUS WORDS COMMAND…: the command ends with STATUS, and its stderr has WORDS in its last line, and no other error.
check() {
    name=$1 wanted=$2 words=$3
    shift 3
    "$@" >"$work/stdout" 2>"$work/stderr" </dev/null
    status=$?
    good=no
    [ $status -eq "$wanted" ] && tail -n 1 "$work/stderr" | grep -q -- "$words" && [ "$(grep -c '^error' "$work/stderr")" -le 1 ] && good=yes
    tell $good "$name: exit status $status, wanted $wanted and '$words'; it said: $(tail -n 4 "$work/stdout" "$work/stderr")"
}

same() { # WHAT FILE FILE
    cmp -s "$work/$2" "$work/$3" && good=yes || good=no
    tell $good "$1: $2 differs from $3"
}

# --- the same losses, in double ------------------------------------------------------------------

for ranks in 1 2 3; do
    check "$ranks ranks in double" 0 trained "$build/double/lesson-19" --quick --batch-size 24 --ranks $ranks --out "$work/double-$ranks"
    [ $ranks -eq 1 ] || [ "$(grep -c '^PASS' "$work/stdout")" -eq 3 ] && good=yes || good=no
    tell $good "$ranks ranks: $(cat "$work/stdout")"
done

# --- a stop, and going on with another number of ranks -------------------------------------------

# With batch norm over all ranks, for with statistics of its own another number is another training.
set -- "$lesson" --quick --sync-bn --compared 1 --batch-size 12 --save-every 50
rows() { awk 'END { print NR - 1 }' "$work/$1/steps.csv" 2>/dev/null || echo 0; }
children() { ps -eo pid,ppid | awk -v parent="$1" '$2 == parent { print $1 }'; }

# disturb FOLDER SIGNAL WHOM COMMAND…: the signal comes when the run has saved; its exit status.
disturb() {
    folder=$work/$1 signal=$2 whom=$3
    shift 3
    "$@" --ranks 2 --out "$folder" &
    launcher=$!
    while [ ! -f "$folder/checkpoint.safetensors" ] && kill -0 $launcher 2>/dev/null; do sleep 0.02; done
    [ "$whom" = launcher ] && process=$launcher || process=$(children "$(children $launcher)" | tail -n 1)
    kill "-$signal" "$process"
    wait $launcher
}

check "mpirun from outside, in one piece" 0 trained mpirun -q --oversubscribe -n 2 "$@" --out "$work/whole"
check "a run that is stopped" 143 '' disturb stopped TERM launcher "$@"
[ "$(rows stopped)" -gt 0 ] && [ "$(rows stopped)" -lt "$(rows whole)" ] && good=yes || good=no
tell $good "stopped after $(rows stopped) rows of $(rows whole)"
check "it goes on as if nothing had been" 0 trained "$@" --ranks 2 --resume --out "$work/stopped"
same "stopped and resumed" stopped/steps.csv whole/steps.csv
check "a rank that is killed" 1 'error: a rank was ended by signal 9, and with it the run; what was saved is whole' disturb killed KILL rank "$@"
[ -z "$(find "$work/killed" -name '*tmp*')" ] && good=yes || good=no
tell $good "a killed rank left half of a file: $(ls "$work/killed")"
check "one rank is asked to stop, and all do" 143 'stopped (--resume goes on), test accuracy' disturb asked TERM rank "$@"
early() { # a signal as soon as there is an mpirun, before there are ranks
    "$@" &
    launcher=$!
    until [ -n "$(children $launcher)" ] || ! kill -0 $launcher 2>/dev/null; do sleep 0.02; done
    kill -TERM $launcher
    wait $launcher
}
check "a stop before there are ranks" 143 'stopped (--resume goes on), before the first step' early "$@" --ranks 2 --out "$work/early"
mkdir "$work/bin"
mpirun_is() { # COMMANDS: what stands in for mpirun, first on the path $work/bin
    printf '#!/bin/sh\n%s\n' "$1" >"$work/bin/mpirun"
    chmod +x "$work/bin/mpirun"
}
mpirun_is 'sleep 1; exit 138' # as where SIGUSR1 came to a rank before its handler: at times only, with the real one
check "a stop that ends a rank in its first moment" 143 'stopped (--resume goes on), before the first step' \
    early env PATH="$work/bin:$PATH" "$@" --ranks 2 --out "$work/first"
rm "$work/bin/mpirun"
check "another batch" 1 "'option --batch-size' is 12, expected 24;" "$@" --batch-size 24 --ranks 2 --resume --out "$work/killed"
check "it goes on with three ranks" 0 trained "$@" --ranks 3 --resume --out "$work/killed"
[ "$(rows killed)" -eq "$(rows whole)" ] && good=yes || good=no
tell $good "three ranks left $(rows killed) rows, two $(rows whole)"

# --- what can't be -------------------------------------------------------------------------------

check "a batch that can't be shared" 1 '^error: --batch-size 120 can.t be shared by 7 ranks' "$lesson" --quick --ranks 7 --out "$work/bad"
check "the same, by mpirun" 1 'by 7 ranks' mpirun -q --oversubscribe -n 7 "$lesson" --quick --out "$work/bad"
check "--ranks beside mpirun" 1 '^error: --ranks 4, but 2 were started' mpirun -q --oversubscribe -n 2 "$lesson" --quick --ranks 4 --out "$work/bad"
check "root" 1 'mpirun refuses root' env -u OMPI_ALLOW_RUN_AS_ROOT_CONFIRM "$lesson" --quick --ranks 2 --out "$work/root"
check "no mpirun" 1 'mpirun can.t be started: .*make setup-mpi' env PATH="$work/bin" "$lesson" --quick --ranks 2 --out "$work/none"
mpirun_is 'exit 1'
check "make without MPI" 2 '' env PATH="$work/bin:$PATH" "${MAKE:-make}" -s -C "$root" MPI_LIBS= lesson-19
grep -q 'missing: MPI (Open MPI); run .make setup-mpi., which installs: libopenmpi-dev openmpi-bin' "$work/stderr" && good=yes || good=no
tell $good "make lesson-19 without MPI says: $(cat "$work/stderr")"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
