#!/bin/sh
# claims.sh BUILD LESSON…: checks the claims of each lesson over seeds at full size. Finished runs are kept in
# out/claims/, so that it goes on where it was stopped. Exit status 1 if a claim fails.
cd "$(dirname "$0")/.." || exit 1
build=$1
shift
failed=

# check LESSON FOLDER OPTION…
check() {
    lesson=$1 folder=$2
    shift 2
    echo "== $lesson $*"
    "$build/$lesson" "$@" --out "out/claims/$folder"
    status=$?
    [ $status -ge 128 ] && exit $status
    [ $status -eq 0 ] || failed="$failed $folder"
}

for lesson in "$@"; do
    case $lesson in
    lesson-10) check "$lesson" "$lesson" --seeds 10 ;;
    lesson-11)
        check "$lesson" "$lesson" --seeds 5
        check "$lesson" "$lesson-fashion" --seeds 5 --data fashion --steps 4000 --look 500
        ;;
    *) check "$lesson" "$lesson" --seeds 5 ;;
    esac
done
[ -z "$failed" ] || { echo "claims: failed in$failed" >&2; exit 1; }
echo "claims: all hold"
