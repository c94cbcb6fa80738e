#!/bin/sh
# claims.sh BUILD LESSON…: checks the claims of each lesson over five seeds at full size. Finished runs are kept in
# out/claims/, so that it goes on where it was stopped. Exit status 1 if a claim fails.
cd "$(dirname "$0")/.." || exit 1
build=$1
shift
failed=
for lesson in "$@"; do
    echo "== $lesson --seeds 5"
    "$build/$lesson" --seeds 5 --out "out/claims/$lesson"
    status=$?
    [ $status -ge 128 ] && exit $status
    [ $status -eq 0 ] || failed="$failed $lesson"
done
[ -z "$failed" ] || { echo "claims: failed in$failed" >&2; exit 1; }
echo "claims: all hold"
