#!/bin/sh
# readmes.sh [--check] [FOLDER…]: writes the committed results of each lesson into its README, between and behind the
# marks that lessons/README.md describes, and tells what has changed; without a FOLDER also lessons/choices.md and
# lessons/claims.md, from the results of all, and README.md's table of speed from the bench's, and looks whether the names of README.md's table stand in public headers. --check changes nothing.
# Exit status 1 if a README isn't what its results give, or if a sentence that is marked doesn't hold; no lesson is run.
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C
. scripts/put.sh
check=
[ "$1" != --check ] || { check=yes && shift; }
case ${1-} in -*) echo "usage: scripts/readmes.sh [--check] [FOLDER…]" >&2 && exit 1 ;; esac
pages=
[ $# -gt 0 ] || { pages=yes && set -- lessons/[0-9]*/; }

# page FILE COMMAND…: it prints what the page must be; one that isn't there isn't wanted.
page() {
    file=$1
    shift
    [ -f "$file" ] || return 0
    "$@" >"$new" || { failed=yes && return; }
    cmp -s "$new" "$file" && return
    [ -n "$check" ] || { put "$new" "$file" && echo "$file is new" && return; }
    echo "$file isn't what the lessons give" >&2
    failed=yes
}

# names: those in the last column of README.md's table "| PyTorch | Knobs |" that no header of common/ has.
names() {
    # shellcheck disable=SC2016 # the backticks are Markdown's
    awk -F'|' '/^\| PyTorch \| Knobs/ { inside = 1; next } !/^\|/ { inside = 0 } inside { print $3 }' README.md |
        grep -o '`[a-z_A-Z0-9]*`' | tr -d '`' | while read -r name; do
        grep -qrw --include='*.h' -e "$name" common || echo "$name"
    done
}

new=$(mktemp) || exit 1
trap 'rm -f "$new"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
failed=
for folder in "$@"; do
    folder=${folder%/}
    [ -f "$folder/README.md" ] || { echo "$folder has no README.md" >&2; failed=yes; continue; }
    awk -v folder="$folder" -f scripts/expression.awk -f scripts/readmes.awk "$folder/README.md" >"$new"
    status=$?
    [ $status -eq 0 ] || [ -z "$check" ] || failed=yes
    [ $status -lt 2 ] || failed=yes
    [ $status -gt 2 ] || [ -n "$check" ] || cmp -s "$new" "$folder/README.md" || put "$new" "$folder/README.md"
done
if [ -n "$pages" ]; then
    page lessons/choices.md awk -f scripts/choices.awk lessons/16-*/measured.csv lessons/07-*/README.md lessons/15-*/table.md
    page lessons/claims.md awk -f scripts/claims.awk lessons/[0-9]*/claims.csv
    [ ! -f scripts/bench_avx2.txt ] || page README.md awk -f scripts/speed.awk scripts/bench_*.txt README.md
    missing=$([ ! -f README.md ] || names)
    # shellcheck disable=SC2086 # one line
    [ -z "$missing" ] || { echo "README.md: no header of common/ has" $missing >&2; failed=yes; }
fi
[ -z "$failed" ] || { echo "error: a README and its results differ: make readmes writes the numbers, the sentences are yours" >&2 && exit 1; }
