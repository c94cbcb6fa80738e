# put.sh, read by other scripts: a file takes another one's place.

# FILE's content takes the place of OLD, whole or not at all: the disk may be full.
put() { # FILE OLD
    cat "$1" 2>/dev/null >"$2.new" && mv "$2.new" "$2" && return
    rm -f "$2.new"
    echo "error: can't write $2: is the disk full?" >&2
    exit 1
}
