# mutate.sh: for test-the-tests.sh and test-the-claims.sh, which read it with their root set: changes one place of the code at a
# time in a copy of the tree. They have `build`, which makes what a change concerns and writes to $log, and `first_red`, which
# prints what notices the change, or nothing.
set -u
export LC_ALL=C # numbers have points, and words are English, whatever the locale
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
tree=$folder/tree
log=$folder/log
changes=0
survivors=0
start=$(date +%s)

copy_tree() { # PATH…
    mkdir "$tree" && (cd "$root" && tar cf - --exclude downloads "$@") | (cd "$tree" && tar xf -) || exit 1
}

# want_green: the code as it is builds, and nothing is red.
want_green() {
    build || { tail -n 20 "$log"; echo "error: it doesn't build" >&2; exit 1; }
    red=$(first_red)
    [ -z "$red" ] || { echo "error: $red is red before anything is changed" >&2; exit 1; }
}

# flip WHAT FILE FROM TO: the only line of FILE with the text FROM gets TO instead.
flip() {
    what=$1 file=$tree/$2
    found=$(grep -cF -- "$3" "$file")
    [ "$found" = 1 ] || { echo "error: $2 has $found lines with \"$3\": bring $(basename "$0") up to date" >&2; exit 1; }
    cp -p "$file" "$folder/kept"
    FROM=$3 TO=$4 awk '{ at = index($0, ENVIRON["FROM"])
        if (at) $0 = substr($0, 1, at - 1) ENVIRON["TO"] substr($0, at + length(ENVIRON["FROM"]))
        print }' "$folder/kept" >"$file"
    build || { tail -n 20 "$log"; echo "error: $2 doesn't build with \"$4\"" >&2; exit 1; }
    red=$(first_red)
    if [ -n "$red" ]; then
        printf 'noticed   %-40s by %s\n' "$what" "$red"
    else
        printf 'SURVIVED  %-40s %s: %s\n' "$what" "$2" "$4"
        survivors=$((survivors + 1))
    fi
    changes=$((changes + 1))
    cp "$folder/kept" "$file" # newer than what was built of the change
}

# The last line; its status is the script's.
count_changes() {
    echo "$changes changes, $survivors unnoticed, $(($(date +%s) - start)) s"
    [ "$changes" -gt 0 ] || { echo "error: nothing was changed" >&2 && return 1; }
    [ "$survivors" -eq 0 ]
}
