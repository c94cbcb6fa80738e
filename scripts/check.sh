#!/bin/sh
# check.sh: make check. Builds the variants, then runs the parts below, as many side by side as there are processors. What a part says
# goes to build/check/PART.log, and is shown as a whole where the part fails. At the end stands how long each took, the longest first.
# From make it has TESTS, LESSONS and DOUBLE_LESSONS, the names of the programs. `make check PARTS="faults walks"` runs only these.
set -u
export LC_ALL=C
cd "$(dirname "$0")/.." || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL # the makes below are nobody's part
export TESTS LESSONS DOUBLE_LESSONS
# CI is root in a container, which mpirun refuses unless it is told twice. Nobody else is told here.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
logs=build/check
processors=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

# Those that take long come first, so that none is left alone at the end; but before all photos, which gets what lesson 12b needs.
all='photos sanitize-lessons valgrind-2 valgrind-1 lessons sanitize-units faults units double-units ranks scripts clang-units
quick-lessons double-lessons kills walks schedules exercises readmes layers'

# in_folder FOLDER NAME…
in_folder() {
    folder=$1
    shift
    for name in "$@"; do echo "$folder/$name"; done
}

units() { # FOLDER
    # shellcheck disable=SC2046,SC2086 # lists of words
    scripts/run-tests.sh $(in_folder "$1" $TESTS)
}

# every_other FIRST: of the tests, so that two processors share them
every_other() {
    # shellcheck disable=SC2086 # a list of words
    in_folder build/tests $TESTS | awk -v first="$1" 'NR % 2 == first % 2'
}

quick_lessons() { # FOLDER
    programs=0
    for lesson in $LESSONS; do
        scripts/needs.sh "$lesson" >"$1/needs" || { echo "SKIP  $(cat "$1/needs")"; continue; }
        echo "== $lesson --quick"
        "$1/$lesson" --quick --out "$1/quick/$lesson" || return 1
        programs=$((programs + 1))
    done
    echo "$programs lessons" && [ $programs -gt 0 ]
}

# shellcheck disable=SC2046 # lists of words
part() { # NAME
    case $1 in
        layers) scripts/check-layers.sh && scripts/readmes.sh --check ;;
        readmes | scripts) sh "tests/test_$1.sh" ;;
        lessons | walks | schedules | exercises | faults | kills | photos | ranks) sh "tests/test_$1.sh" build ;;
        units) units build/tests ;;
        *-units) units "build/${1%-units}/tests" ;;
        quick-lessons) quick_lessons build ;;
        double-lessons) LESSONS=$DOUBLE_LESSONS && PATH=$PWD/tests/false-gnuplot:$PATH quick_lessons build/double ;;
        # quick-lessons draws the figures. Left out, for CI's twenty minutes: those that take a minute here and run the code of another,
        # or of a test (11: test_gan, test_gan_lessons; 18: test_plane); and MPI (19), whose own leaks would be reported.
        sanitize-lessons)
            LESSONS=$(echo "$LESSONS" | sed -E 's/lesson-(05|06|07|08[b-e]|09|11|12|14b|16[bc]?|17b|18|19b?)( |$)//g')
            PATH=$PWD/tests/false-gnuplot:$PATH quick_lessons build/sanitize
            ;;
        valgrind-1) scripts/valgrind.sh $(every_other 1) ;;
        valgrind-2)
            scripts/valgrind.sh $(every_other 2) -- \
                build/lesson-01 --quick --threads 1 --hidden 8 --batch-size 500 --out build/quick/valgrind
            ;;
        *) echo "error: there is no part $1; there are: $all" && return 1 ;;
    esac
}

# timed NAME COMMAND…: its output into a log, and a line of how it ended: the seconds, those of processors, its last words.
timed() {
    name=$1
    shift
    begun=$(date +%s)
    verdict=ok
    "$@" >"$logs/$name.log" 2>&1 || verdict=FAILED
    wall=$(($(date +%s) - begun))
    times >"$logs/$name.times" # its second line is the children's: 1m2.3s 0m4.5s
    used=$(awk -F'[ms ]+' 'NR == 2 { printf "%d", 60 * $1 + $2 + 60 * $3 + $4 }' "$logs/$name.times")
    printf '%-17s %4d s, %4d s of processors\n' "$name" $wall "$used" >"$logs/$name.times"
    until mkdir "$logs/speaking" 2>/dev/null; do sleep 0.1; done # one at a time
    [ $verdict = ok ] || sed 's/^/    /' "$logs/$name.log"
    printf '%-6s  %s  %s\n' $verdict "$(cat "$logs/$name.times")" "$(tail -n 1 "$logs/$name.log")"
    rmdir "$logs/speaking"
    [ $verdict = ok ]
}

if [ "${1:-}" = --part ] && [ $# -eq 2 ]; then
    timed "$2" part "$2"
    exit
fi
[ $# -eq 0 ] || { echo "error: check.sh takes no '$*'; some parts: make check PARTS=…" >&2; exit 1; }
for name in ${PARTS:-}; do
    case " $(echo "$all" | tr '\n' ' ') " in
    *" $name "*) ;;
    *) echo "error: there is no part $name; there are: $(echo "$all" | tr -s '\n ' ' ')" >&2; exit 1 ;;
    esac
done
other=$(cat "$logs/process" 2>/dev/null) && kill -0 "$other" 2>/dev/null &&
    { echo "error: another make check runs here, process $other; wait for its end" >&2; exit 1; }

rm -rf "$logs"
mkdir -p "$logs" || exit 1
echo $$ >"$logs/process"
echo "make check: $processors parts at a time; what they say goes to $logs/"
timed build "${MAKE:-make}" --no-print-directory -j"$processors" check-programs || exit 1
grep 'warning:' "$logs/build.log"
status=0
# shellcheck disable=SC2086 # a list of words
printf '%s\n' ${PARTS:-$all} | xargs -P "$processors" -n 1 scripts/check.sh --part || status=1
echo "How long each took:"
sort -k2nr "$logs"/*.times | sed 's/^/  /'
rm -f "$logs/process"
[ $status -eq 0 ] && echo "make check: all passed" || echo "make check: FAILED"
exit $status
