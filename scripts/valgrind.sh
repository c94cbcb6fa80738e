#!/bin/sh
# valgrind.sh TEST… [-- COMMAND…]: runs the tests and the command, a lesson's, under valgrind; any error or leak fails.
# OPENBLAS_CORETYPE: valgrind knows no AVX-512, which OpenBLAS would pick by itself on some machines.
cd "$(dirname "$0")/.." || exit 1
[ "$(uname -s)" != Darwin ] || { echo "skipped: there is no valgrind for macOS" && exit; }
command -v valgrind >/dev/null || { echo "error: valgrind is missing: make setup-check" >&2; exit 1; }
# The others keep a lesson from starting itself again, out of valgrind's sight (common/base/threads.h).
export LC_ALL=C OPENBLAS_CORETYPE=Haswell OPENBLAS_NUM_THREADS=1 OMP_WAIT_POLICY=passive GOMP_SPINCOUNT=4000
export KNOBS_VALGRIND=1 # the longest tests take fewer steps
log=build/valgrind-$$.log # two of these run side by side
trap 'rm -f "$log"' EXIT
programs=0
run() {
    valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect \
        --errors-for-leak-kinds=definite,indirect "$@" >"$log" 2>&1
    status=$?
    [ $status -eq 0 ] || { tail -n 60 "$log"; echo "valgrind: $1 ended with status $status" >&2; exit 1; }
    echo "ok: $*"
    programs=$((programs + 1))
}
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    run "$1"
    shift
done
[ $# -eq 0 ] || { shift && run "$@"; }
[ $programs -gt 0 ] || { echo "usage: scripts/valgrind.sh PROGRAM… [-- PROGRAM ARGUMENT…]" >&2 && exit 1; }
echo "$programs programs without an error"
