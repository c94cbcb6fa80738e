#!/bin/sh
# Gets data sets into datasets/downloads/, and checks the sha256 of every file before it takes its place.
# See --help. POSIX sh; needs curl or wget, unless the mirror is a folder, and for mobilenet make and a compiler.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
downloads=$root/datasets/downloads
tab=$(printf '\t')

# One line a file: set, kind, sha256, name, URL. The kind says what the sha256 is of:
#   gzip     the unpacked bytes, because the same data is packed in more than one way
#   file     the file itself
#   made     a file of weights, made by build/convert-mobilenet of the file that stands in the URL's place
#   archive  the .tgz, of which the files that datasets/SET/CREDITS.txt names are unpacked, each with its sha256; a mirror
#            has these alone, maybe smaller, in a folder with
#   tree     a list of its files, MANIFEST.sha256
fashion=https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion
mnist=https://ossci-datasets.s3.amazonaws.com/mnist
kmnist=http://codh.rois.ac.jp/kmnist/dataset/kmnist
mobilenet=https://raw.githubusercontent.com/google-coral/test_data/104342d2d3480b3e66203073dac24f4e2dbb4c41
flowers=https://storage.googleapis.com/download.tensorflow.org/example_images
table="\
fashion gzip c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888 train-images-idx3-ubyte.gz $fashion
fashion gzip bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9 train-labels-idx1-ubyte.gz $fashion
fashion gzip 5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b t10k-images-idx3-ubyte.gz $fashion
fashion gzip 0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34 t10k-labels-idx1-ubyte.gz $fashion
mnist gzip 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7 t10k-images-idx3-ubyte.gz $mnist
mnist gzip ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2 t10k-labels-idx1-ubyte.gz $mnist
mnist gzip ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db train-images-idx3-ubyte.gz $mnist
mnist gzip 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5 train-labels-idx1-ubyte.gz $mnist
kmnist gzip 76fbd229ce87db80dd281af5e6670de4ad0e42fb30a7bd643972994c47c1f42e t10k-images-idx3-ubyte.gz $kmnist
kmnist gzip a11dc742be8e781a40a92f53d6a4957e7b7d36df2faa097659131ebfd8fd60c6 t10k-labels-idx1-ubyte.gz $kmnist
kmnist file 51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4 train-images-idx3-ubyte.gz $kmnist
kmnist file e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17 train-labels-idx1-ubyte.gz $kmnist
mobilenet file 3cc6d2ca460abd2e0f699a6d0d2550c6b61c6e3b0e27a3616e384ea74cb86f43 mobilenet_v1_0.5_160_quant.tflite $mobilenet
mobilenet file cb273c23ee76374b05b9583177e28aa19744858a7679c56a250e83d0333da785 mobilenet_v1_0.25_128_quant.tflite $mobilenet
mobilenet made 6a401160ce259e9b6cf1d0a6bb7730384e5c000eff3e8dc12d58887a722d61ed mobilenet_v1_0.5_160.safetensors mobilenet_v1_0.5_160_quant.tflite
mobilenet made e89fad3f1836a5c499c600d472be986ac4d712e8a8352979040612d248ef2f39 mobilenet_v1_0.25_128.safetensors mobilenet_v1_0.25_128_quant.tflite
flowers archive 4c54ace7911aaffe13a365c34f650e71dd5bf1be0a58b464e5a7183e3e595d9c flower_photos.tgz $flowers
flowers tree a32c41882585208ee804e20e515a2c0301e16ace90a1a5f4a4af937ee8d201be MANIFEST.sha256 -"

usage() {
    cat <<'TEXT'
usage: scripts/download.sh [--mirror DIR|URL] SET…
       scripts/download.sh --list

Gets data sets into datasets/downloads/SET/ and checks their sha256. What is there already is left alone.
  --mirror DIR|URL  take the files from a folder or another server, as DIR/SET/FILE
                    (mobilenet: DIR/mobilenet_v1/FILE); the variable KNOBS_MIRROR does the same
  --list            the sets, their files, and where they come from
  --help            this text
TEXT
    echo "Sets: $sets"
}

sets=$(printf '%s\n' "$table" | cut -d' ' -f1 | uniq | tr '\n' ' ')
sets=${sets% }

say() { # as it is: echo may take a \n in a path for the end of a line
    printf '%s\n' "$*"
}

fail() {
    say "error: $*" >&2
    exit 1
}

# --- leaving nothing behind ----------------------------------------------------------------------

work= # everything unfinished lies in this folder
child=
old= # where the set was that another takes the place of
clean_up() {
    [ -z "$child" ] || kill "$child" 2>/dev/null || :
    [ -z "$old" ] || [ -e "$old" ] || [ ! -e "$work/old" ] || mv "$work/old" "$old" || :
    [ -z "$work" ] || rm -rf "$work"
    rmdir "$downloads" 2>/dev/null || : # if nothing came into it
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# --- sums ----------------------------------------------------------------------------------------

if command -v sha256sum >/dev/null; then
    sum_of() { sha256sum | cut -d' ' -f1; }
    check_list() { sha256sum -c "$1" >/dev/null 2>&1; }
    list_sums() { xargs sha256sum; }
else
    command -v shasum >/dev/null || fail "neither sha256sum nor shasum is here; install coreutils"
    sum_of() { shasum -a 256 | cut -d' ' -f1; }
    check_list() { shasum -a 256 -c "$1" >/dev/null 2>&1; }
    list_sums() { xargs shasum -a 256; }
fi

# file_sum KIND FILE
file_sum() {
    if [ "$1" = gzip ]; then
        # A gzip that is cut short, or has something behind its end, must not pass for its good part.
        { gzip -dc <"$2" 2>/dev/null || echo damaged; } | sum_of
    else
        sum_of <"$2"
    fi
}

# --- children -------------------------------------------------------------------------------------
# What takes long is done by a child, so that a signal ends it at once: COMMAND & wait_for $!

wait_for() { # CHILD: its exit status
    child=$1
    status=0
    wait "$child" || status=$?
    child=
    return $status
}

# --- getting one file ----------------------------------------------------------------------------

# fetch SOURCE FILE: from a folder or the net
fetch() {
    case $1 in
    *://*)
        if command -v curl >/dev/null; then
            curl -fsSL --retry 2 --connect-timeout 20 -o "$2" "$1" 2>"$work/why" &
        elif command -v wget >/dev/null; then
            wget -nv -t 3 -T 60 -O "$2" "$1" 2>"$work/why" &
        else
            fail "neither curl nor wget is here; install one: apt-get install curl"
        fi
        ;;
    *)
        [ -f "$1" ] || fail "$set: the mirror has no file $1"
        cp -- "$1" "$2" 2>"$work/why" &
        ;;
    esac
    wait_for $! && return
    why=$(tail -n 1 "$work/why" 2>/dev/null)
    case $1 in *://*) why="${why:-is the disk full?} (without internet: --mirror DIR)" ;; esac
    fail "$set: can't get $1: ${why:-is the disk full?}"
}

# convert SOURCE FILE
convert() {
    tool=build/convert-mobilenet
    command -v make >/dev/null || fail "$set: make isn't here, which builds $tool; install make"
    [ -x "$root/$tool" ] || say "$set: building $tool, which does it"
    make -s -C "$root" VARIANT=release $tool >"$work/why" 2>&1 &
    wait_for $! || fail "$set: can't build $tool: $(grep -e 'error: ' -e '\*\*\*' "$work/why" | head -n 1 | sed 's/^error: //')"
    "$root/$tool" "$folder/$1" "$work/$2" || exit 1
}

source_of() { # URL NAME: where the file is taken from
    if [ -n "$mirror" ]; then
        say "$mirror/$mirror_folder/$2"
    else
        say "$1/$2"
    fi
}

# --- the kinds -----------------------------------------------------------------------------------

get_file() { # KIND SUM NAME URL
    if [ -f "$folder/$3" ] && [ "$(file_sum "$1" "$folder/$3")" = "$2" ]; then
        say "$set: $3 is there already"
        return
    fi
    if [ "$1" = made ]; then
        from="what was made of $4"
        say "$set: making $3 of $4"
        convert "$4" "$3"
    else
        from=$(source_of "$4" "$3")
        say "$set: getting $from"
        fetch "$from" "$work/$3"
    fi
    sum=$(file_sum "$1" "$work/$3")
    [ "$sum" = "$2" ] || fail "$set: $from isn't the right file: expected sha256 $2, found $sum"
    chmod 644 "$work/$3"
    { mkdir -p "$folder" && [ ! -d "$folder/$3" ] && mv "$work/$3" "$folder/$3"; } 2>/dev/null || fail "$set: can't write to $folder"
}

tree_is_right() { # a folder as this script left it, with every photo of the committed list
    [ -f "$folder/MANIFEST.sha256" ] && [ -s "$folder/CREDITS.txt" ] &&
        [ "$(grep -c '' "$folder/MANIFEST.sha256")" -eq "$(grep -vc '^#' "$credits")" ] &&
        (cd "$folder" && check_list MANIFEST.sha256)
}

# The old one goes when the new one stands; clean_up puts it back.
put_tree() { # FOLDER: takes the set's place
    old=$folder
    [ ! -e "$folder" ] || mv "$folder" "$work/old" 2>/dev/null ||
        fail "$set: can't replace $folder: is it another user's? Remove it"
    { [ ! -e "$folder" ] && mv "$1" "$folder"; } 2>/dev/null || fail "$set: can't write to $folder"
}

# The photos that the committed list names, out of the archive: train/daisy/NAME is its flower_photos/daisy/NAME.
get_archive() { # SUM NAME URL
    say "$set: getting $3/$2 (228 MB)"
    fetch "$3/$2" "$work/$2"
    sum=$(sum_of <"$work/$2")
    [ "$sum" = "$1" ] || fail "$set: $3/$2 isn't the right file: expected sha256 $1, found $sum"
    mkdir "$work/tree" "$work/archive"
    cp "$credits" "$work/tree" 2>/dev/null || fail "$set: can't write to $downloads: is the disk full?"
    grep -v '^#' "$credits" | cut -f 1 | sed 's,^[a-z]*/,flower_photos/,' >"$work/names"
    tar -xzf "$work/$2" -C "$work/archive" -T "$work/names" 2>"$work/why" ||
        fail "$set: $2 can't be unpacked: $(head -n 1 "$work/why" | grep . || echo "is the disk full?")"
    grep -v '^#' "$credits" | while IFS="$tab" read -r name _ sum; do
        mkdir -p "$work/tree/$(dirname "$name")"
        mv "$work/archive/flower_photos/${name#*/}" "$work/tree/$name"
        say "$sum  $name"
    done >"$work/list"
    # With the list the next run sees that all is there.
    mv "$work/list" "$work/tree/MANIFEST.sha256"
    (cd "$work/tree" && check_list MANIFEST.sha256) || fail "$set: the photos of $2 don't agree with $credits"
    put_tree "$work/tree"
}

get_tree() { # SUM
    say "$set: getting the files of $mirror/$mirror_folder"
    mkdir "$work/tree"
    fetch "$mirror/$mirror_folder/MANIFEST.sha256" "$work/tree/MANIFEST.sha256"
    sum=$(sum_of <"$work/tree/MANIFEST.sha256")
    [ "$sum" = "$1" ] ||
        fail "$set: $mirror/$mirror_folder/MANIFEST.sha256 isn't the right file: expected sha256 $1, found $sum"
    cp "$credits" "$work/tree" 2>/dev/null || fail "$set: can't write to $downloads: is the disk full?"
    for name in $(cut -c 67- "$work/tree/MANIFEST.sha256"); do
        mkdir -p "$work/tree/$(dirname "$name")" 2>/dev/null || fail "$set: can't write to $downloads: is the disk full?"
        fetch "$mirror/$mirror_folder/$name" "$work/tree/$name"
    done
    (cd "$work/tree" && check_list MANIFEST.sha256) ||
        fail "$set: the files of $mirror/$mirror_folder don't agree with its MANIFEST.sha256"
    chmod -R u+w "$work/tree"
    put_tree "$work/tree"
}

get_row() { # KIND SUM NAME URL
    case $1 in
    gzip | file | made) get_file "$@" ;;
    archive | tree)
        if [ "$1" = tree ] && [ -z "$mirror" ] || [ "$1" = archive ] && [ -n "$mirror" ]; then
            return
        elif tree_is_right; then
            say "$set: is there already"
        elif [ "$1" = tree ]; then
            get_tree "$2"
        else
            get_archive "$2" "$3" "$4"
        fi
        ;;
    esac
}

# get_set: every row of $set, into $folder
get_set() {
    folder=$downloads/$set
    mirror_folder=$set
    credits=$root/datasets/$set/CREDITS.txt # which belong to photos (CC BY)
    [ "$set" != mobilenet ] || mirror_folder=mobilenet_v1
    # A here-document, not a pipe: fail must end the script, not a subshell.
    while read -r row_set kind sum name url; do
        [ "$row_set" != "$set" ] || get_row "$kind" "$sum" "$name" "$url" </dev/null
    done <<ROWS
$table
ROWS
}

# --- options -------------------------------------------------------------------------------------

mirror=${KNOBS_MIRROR:-}
wanted=
while [ $# -gt 0 ]; do
    case $1 in
    --help | -h) usage && exit 0 ;;
    --list) printf '%s\n' "$table" | while read -r set kind sum name url; do say "$set $name $url"; done && exit 0 ;;
    --mirror)
        [ $# -gt 1 ] || fail "--mirror wants a folder or a URL"
        mirror=$2
        shift
        ;;
    --mirror=*) mirror=${1#--mirror=} ;;
    -*) fail "there is no option $1; see scripts/download.sh --help" ;;
    *) wanted="$wanted $1" ;;
    esac
    shift
done
[ -n "${wanted# }" ] || fail "which set? There are: $sets"
for set in $wanted; do
    case " $sets " in
    *" $set "*) ;;
    *) fail "there is no set '$set'; there are: $sets" ;;
    esac
done
case $mirror in
'' | *://*) ;;
*) [ -d "$mirror" ] || fail "the mirror $mirror is neither a folder nor a URL" ;;
esac
[ "$mirror" = / ] || mirror=${mirror%/}

mkdir -p "$downloads" 2>/dev/null || fail "can't write to $downloads"
find "$downloads" -maxdepth 1 -name '.unfinished.*' -mtime +0 -exec rm -rf {} + # of one that was killed
work=$(mktemp -d "$downloads/.unfinished.XXXXXX" 2>/dev/null) || fail "can't write to $downloads"
for set in $wanted; do
    get_set
done
