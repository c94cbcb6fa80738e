#!/bin/sh
# claims.sh BUILD LESSON…: checks the claims of each lesson over seeds at full size. Finished runs are kept in
# out/claims/, so that it goes on where it was stopped. All claims are a table in out/claims.md. Exit status 1 if one fails.
#
# A lesson is run with --seeds 5, or, where its folder has a file claims.txt that names the program, once for each line
# that does, with the options there:
#     lesson-11 --seeds 5 --data fashion
# JOBS in the environment: so many runs side by side, for a cluster (common/run/README.md).
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C
. scripts/machine.sh
. scripts/put.sh
[ $# -gt 1 ] || { echo "usage: scripts/claims.sh BUILD LESSON…" >&2 && exit 1; }
build=$1
shift
failed=
case ${JOBS:-0} in *[!0-9]*) echo "error: JOBS must be a whole number, not '$JOBS'" >&2 && exit 1 ;; esac
for lesson in "$@"; do
    [ -x "$build/$lesson" ] || { echo "error: there is no program $build/$lesson; run make" >&2 && exit 1; }
done

# record FOLDER PROGRAM SECONDS: out/claims/FOLDER/run.csv, for as long as the program stays the same with what it took before.
record() {
    file=out/claims/$1/run.csv
    key=$(cksum <"$2" | tr ' ' '-')
    earlier=$(sed -n "s/^$1,\([0-9]*\),.*,$key\$/\1/p" "$file" 2>/dev/null)
    printf 'program,seconds,machine,date,key\n%s,%d,%s,%s,%s\n' "$1" $(($3 + ${earlier:-0})) "$(machine_name | sed 's/,/;/')" \
        "$(date +%Y-%m-%d)" "$key" >"$file.new" && mv "$file.new" "$file"
}

# check LESSON FOLDER OPTION…
check() {
    lesson=$1 folder=$2
    shift 2
    echo "== $lesson $*"
    mkdir -p "out/claims/$folder" || exit 1
    processor_seconds out/claims/times
    before=$processor
    rm -f "out/claims/$folder/claims.csv"
    # shellcheck disable=SC2086 # one word or none
    "$build/$lesson" "$@" ${JOBS:+--jobs $JOBS} --out "out/claims/$folder"
    status=$?
    processor_seconds out/claims/times
    [ $status -ne 0 ] && [ $processor -eq $before ] || # it didn't begin
        record "$folder" "$build/$lesson" $((processor - before))
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
awk -f scripts/claims.awk out/claims/lesson-*/claims.csv >out/claims/table || exit
put out/claims/table out/claims.md
echo "The table: out/claims.md"
[ -z "$failed" ] || { echo "claims: failed in$failed" >&2; exit 1; }
echo "claims: all hold"
