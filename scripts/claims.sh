#!/bin/sh
# claims.sh BUILD LESSON…: checks the claims of each lesson over seeds at full size. Finished runs are kept in
# out/claims/, so that it goes on where it was stopped. Exit status 1 if a claim fails.
#
# A lesson is run with --seeds 5, or, where its folder has a file claims.txt that names the program, once for each line
# that does, with the options there:
#     lesson-11 --seeds 5 --data fashion
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C
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
    lines=$(grep -hs "^$lesson " lessons/[0-9]*/claims.txt)
    count=0
    while read -r _ options; do
        count=$((count + 1)) folder=$lesson
        [ $count -eq 1 ] || folder=$lesson-$count
        # shellcheck disable=SC2086 # a list of words
        check "$lesson" "$folder" $options </dev/null
    done <<LINES
${lines:-$lesson --seeds 5}
LINES
done
[ -z "$failed" ] || { echo "claims: failed in$failed" >&2; exit 1; }
echo "claims: all hold"
