#!/bin/sh
# test_photos.sh BUILD: build/classify and lesson 12b at the keyboard: without weights and photos, with those of the mirror, with
# folders of one's own, good and bad. The mirror is KNOBS_MIRROR or ../shared/data; without it most is skipped, and said.
set -u
export LC_ALL=C
cd "$(dirname "$0")/.." || exit 1
build=$1
lesson=$build/lesson-12b
mirror=${KNOBS_MIRROR:-../shared/data}
downloads=datasets/downloads
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_WAIT_POLICY=passive OPENBLAS_NUM_THREADS=1
passed=0
failed=0

bad() {
    failed=$((failed + 1))
    echo "FAILED: $*"
}

# check NAME STATUS WORDS COMMAND…: the command ends with STATUS and its stderr has WORDS in its last line; an error is the
# only line that isn't about progress or a photo that was skipped, and leaves no results.
check() {
    name=$1 wanted=$2 words=$3
    shift 3
    "$@" >"$work/stdout" 2>"$work/stderr" </dev/null
    status=$?
    passed=$((passed + 1))
    if [ $status -ne "$wanted" ] || { [ -n "$words" ] && ! tail -n 1 "$work/stderr" | grep -q -e "$words"; }; then
        bad "$name: exit status $status, wanted $wanted and '$words'; stderr ends:"
        tail -n 3 "$work/stderr"
    elif [ "$wanted" -eq 1 ] && [ "$(grep -vc -e '^lesson-12b  ' -e '^skipped ' "$work/stderr")" -ne 1 ]; then
        bad "$name: more than one line"
    elif [ "$wanted" -eq 1 ] && [ -n "$(find "$work/out" -type f ! -name lock 2>/dev/null)" ]; then
        bad "$name: something was left"
    fi
}

if [ -d $downloads/mobilenet ] || [ -d $downloads/flowers ]; then
    echo "SKIP  without weights and photos: they are in $downloads"
else
    check "classify without weights" 1 'run `scripts/download.sh mobilenet`' "$build/classify" README.md
    check "the lesson without weights" 1 'run `scripts/download.sh mobilenet`' "$lesson" --out "$work/out"
fi
for set in mobilenet flowers; do
    if [ ! -d $downloads/$set ] && ! { [ -d "$mirror" ] && scripts/download.sh --mirror "$mirror" $set; } >"$work/download" 2>&1; then
        echo "SKIP  photos: no $set, neither in $downloads nor in the mirror; scripts/download.sh $set gets it"
        [ $failed -eq 0 ]
        exit
    fi
done

# --- classify ------------------------------------------------------------------------------------

check "classify without a photo" 1 'usage: ' "$build/classify"
check "a file that is no picture" 1 'README.md: the picture can.t be read: it is no JPEG, PNG or BMP' "$build/classify" README.md
if [ -f "$mirror/mobilenet_v1/cat.bmp" ]; then
    for size in '' --small; do
        check "a cat" 0 '' "$build/classify" $size "$mirror/mobilenet_v1/cat.bmp"
        [ -z "$size" ] && wanted='0.715  Egyptian cat|0.201  tiger cat|0.075  tabby, tabby cat|0.003  space heater|0.001  shower curtain|' ||
            wanted='0.336  tiger cat|0.301  tabby, tabby cat|0.246  Egyptian cat|'
        found=$(tail -n +2 "$work/stdout" | sed 's/^ *//' | tr '\n' '|')
        case $found in "$wanted"*) ;; *) bad "a cat is $found" ;; esac
    done
else
    echo "SKIP  a cat: there is no $mirror/mobilenet_v1/cat.bmp"
fi

# --- folders of one's own ------------------------------------------------------------------------

photos=$work/photos
own() { "$lesson" --quick --network small --threads 1 --out "$work/out" "$@"; }
take() { # CLASS COUNT: so many flowers of the class
    mkdir -p "$photos/$1"
    find $downloads/flowers/train/"$1" -name '*.jpg' | sort | head -n "$2" | while read -r photo; do cp "$photo" "$photos/$1"; done
}
check "a folder that isn't there" 1 'nosuch: expected a folder of pictures' own --data "$work/nosuch"
take daisy 6
check "one class" 1 'expected at least two folders, each with the photos of a class, found 1' own --data "$photos"
mkdir "$photos/roses"
check "an empty class" 1 'roses: no photo there .*; put some in, or remove the folder' own --data "$photos"
echo "I am no picture" >"$photos/roses/text.jpg"
head -c 300 datasets/emoji/smileys/1f600.png >"$photos/roses/cut.png"
check "a class of files that aren't pictures" 1 'no photo of roses can be read to ' own --data "$photos"
grep -q "^skipped $photos/roses/text.jpg: the picture can't be read" "$work/stderr" || bad "text.jpg isn't named"
rm "$photos"/roses/*
take roses 5
check "fewer photos than asked" 1 'daisy: expected at least 20 to train on of the 6 photos, beside a fifth to test with, found 5' own --data "$photos" --photos 20
check "weights of another network" 1 'expected the weights of mobilenet_v1_0.25_128' \
    own --data "$photos" --weights $downloads/mobilenet/mobilenet_v1_0.5_160.safetensors
check "a schedule that can't be" 1 'the rate is -0.1 at step 0' own --data "$photos" --schedule 'constant(-0.1)'
check "a folder of one's own" 0 'trained, accuracy' own --data "$photos"
[ "$(tail -n +2 "$work/out/learning.csv" | wc -l)" -eq 6 ] || bad "1, 2, and all photos, of two backbones: $(cat "$work/out/learning.csv")"
rm -r "$work/out"

# Stopped in the middle and resumed: the same bits.
"$lesson" --quick --threads 1 --data "$photos" --network small --steps 50 --out "$work/whole" >/dev/null 2>&1
check "a run that is stopped" 143 '' sh -c "
    '$lesson' --quick --threads 1 --data '$photos' --network small --steps 50 --out '$work/stopped' & process=\$!
    while [ \$(wc -l <'$work/stopped/steps.csv' 2>/dev/null || echo 0) -lt 5 ]; do sleep 0.01; done
    kill -TERM \$process; wait \$process"
check "a resumed run" 0 '' "$lesson" --quick --threads 1 --data "$photos" --network small --steps 50 --resume --out "$work/stopped"
for file in steps.csv learning.csv confusion.csv mistakes.csv; do
    cmp -s "$work/whole/$file" "$work/stopped/$file" || bad "$file of the resumed run differs from that of a run in one piece"
done

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
