#!/bin/sh
# download.sh, bench.py, claims.sh, doctor.sh, and what make does with odd names and flags, on a copy of scripts/ in a folder of its own, so that nobody's downloads are touched.
# The net is played by a false curl. Real files come from KNOBS_MIRROR or ../shared/data where that is; without it the
# tests that need them are skipped, and say so.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
built=$root && export built # to makefiles, whatever its name
real=${KNOBS_MIRROR:-$root/../shared/data}
case $real in *://*) real=none ;; esac
[ ! -d "$real" ] || real=$(cd "$real" && pwd)

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$work/project" "$work/mirror" "$work/bin"
cp -R "$root/scripts" "$work/project/scripts"
mkdir "$work/project/datasets"
cp -R "$root/datasets/flowers" "$work/project/datasets/flowers"
cd "$work"
unset KNOBS_MIRROR
download=project/scripts/download.sh
downloads=project/datasets/downloads
failures=0

bad() {
    echo "FAIL  $name: $*"
    sed 's/^/      | /' out err
    failures=$((failures + 1))
}

# try STATUS TEXT COMMAND…: it must end with this status; where that isn't 0, TEXT stands in the only line of stderr,
# else somewhere in stdout. Nothing unfinished may lie about.
try() {
    wanted=$1
    text=$2
    shift 2
    status=0
    "$@" >out 2>err </dev/null || status=$?
    if [ "$status" != "$wanted" ]; then
        bad "exit status $status, expected $wanted"
    elif [ "$wanted" != 0 ] && ! { [ "$(wc -l <err)" -eq 1 ] && grep -qF -e "$text" err; }; then
        bad "expected one line with: $text"
    elif [ "$wanted" = 0 ] && [ -n "$text" ] && ! grep -qF -e "$text" out; then
        bad "expected: $text"
    elif [ -n "$(find project -name '.unfinished*')" ]; then
        bad "something unfinished was left"
    else
        echo "PASS  $name"
    fi
}

nothing_there() { # FOLDER
    [ ! -e "$downloads/$1" ] || bad "$downloads/$1 is there"
}

name='help'
try 0 'usage: scripts/download.sh' $download --help
name='list'
try 0 'fashion train-images-idx3-ubyte.gz https://' $download --list
name='no set'
try 1 'There are: fashion' $download
name='unknown set'
try 1 "there is no set 'nosuch'; there are: fashion" $download nosuch
name='unknown set behind a good one: nothing is begun'
try 1 "there is no set 'nosuch'" $download --mirror mirror fashion nosuch
nothing_there fashion
name='unknown option'
try 1 'there is no option --nosuch' $download --nosuch fashion
name='--mirror without a value'
try 1 '--mirror wants' $download --mirror
name='a mirror that is not there'
try 1 'the mirror nowhere is neither a folder nor a URL' $download --mirror nowhere fashion
name='a mirror without the set'
try 1 'the mirror has no file mirror/fashion/train-images-idx3-ubyte.gz' $download --mirror mirror fashion
nothing_there fashion
name="a path that a careless script takes apart"
mkdir "a\\nb 'c %s"
try 1 "the mirror has no file a\\nb 'c %s/fashion/train-images-idx3-ubyte.gz" $download --mirror "a\\nb 'c %s" fashion

mkdir mirror/fashion mirror/mobilenet_v1 mirror/flowers
echo 'not the images' | gzip >mirror/fashion/train-images-idx3-ubyte.gz
name='wrong checksum'
try 1 "isn't the right file: expected sha256 c59f468a" $download --mirror mirror fashion
nothing_there fashion
name='wrong checksum, the mirror from the environment'
try 1 "isn't the right file" env KNOBS_MIRROR=mirror $download fashion
name='not gzip at all'
echo 'no gzip' >mirror/fashion/train-images-idx3-ubyte.gz
try 1 "isn't the right file" $download --mirror mirror fashion
name='wrong weights'
echo nothing >mirror/mobilenet_v1/mobilenet_v1_0.5_160_quant.tflite
try 1 "isn't the right file: expected sha256 3cc6d2ca" $download --mirror mirror mobilenet
name='wrong list of photos'
echo nothing >mirror/flowers/MANIFEST.sha256
try 1 "MANIFEST.sha256 isn't the right file" $download --mirror mirror flowers
nothing_there flowers

# --- the net -------------------------------------------------------------------------------------

printf '#!/bin/sh\necho "curl: (6) no such host" >&2\nexit 6\n' >bin/curl
chmod +x bin/curl
name='no net'
try 1 'curl: (6) no such host' env PATH="$work/bin:$PATH" $download fashion
nothing_there fashion
name='no net, a URL as the mirror'
try 1 "can't get http://example.invalid/data/fashion/train-images" \
    env PATH="$work/bin:$PATH" $download --mirror=http://example.invalid/data/ fashion

# Neither curl nor wget: a PATH with the other tools only.
mkdir tools
for tool in sh cat cp cut dirname env find grep gzip mkdir mktemp mv rm rmdir sed sha256sum shasum tail tr uniq xargs; do
    found=$(command -v $tool 2>/dev/null) && ln -s "$found" "tools/$tool"
done
name='neither curl nor wget'
try 1 'neither curl nor wget is here' env PATH="$work/tools" $download fashion

# A download that never ends, and a signal: the child is ended too, and nothing stays.
cat >bin/curl <<'CURL'
#!/bin/sh
while [ $# -gt 1 ]; do [ "$1" != -o ] || echo begun >"$2"; shift; done
echo $$ >"$CURL_PID"
exec sleep 60
CURL
name='SIGTERM while a file comes'
CURL_PID=$work/pid PATH="$work/bin:$PATH" $download fashion >out 2>err &
job=$!
waited=0
while [ ! -s pid ] && [ $waited -lt 100 ]; do
    sleep 0.1
    waited=$((waited + 1))
done
kill "$job"
status=0
wait "$job" || status=$?
if [ $status != 143 ]; then
    bad "exit status $status, expected 143"
elif [ -e project/datasets/downloads ]; then
    bad 'something was left'
elif kill -0 "$(cat pid)" 2>/dev/null && sleep 1 && kill -0 "$(cat pid)" 2>/dev/null; then
    bad 'the child still runs'
else
    echo "PASS  $name"
fi

name='a folder that cannot be written'
if [ "$(id -u)" = 0 ]; then
    echo "SKIP  $name: root can write everywhere"
else
    chmod a-w project/datasets
    try 1 "can't write to" $download --mirror mirror fashion
    chmod u+w project/datasets
fi

# --- real files ----------------------------------------------------------------------------------

if [ -f "$real/mobilenet_v1/mobilenet_v1_0.5_160_quant.tflite" ]; then
    weights=$downloads/mobilenet/mobilenet_v1_0.5_160
    name='weights from a mirror, no compiler'
    cp "$root/Makefile" project/Makefile
    try 1 "can't build build/convert-mobilenet: missing: a C compiler" env CC=false $download --mirror "$real" mobilenet
    [ ! -e "$weights.safetensors" ] || bad 'it was made'
    name='weights there, no make'
    try 1 "make isn't here" env PATH="$work/tools" $download mobilenet
    # Nothing is built twice: the copy's make takes the program from where the tests were built.
    rm -r project/build
    cat >project/Makefile <<MAKE
build/convert-mobilenet:
	\$(MAKE) -C "\$\$built" \$@
	mkdir -p build
	cp "\$\$built/\$@" \$@
MAKE
    name='weights from a mirror'
    try 0 'making mobilenet_v1_0.25_128.safetensors' $download --mirror "$real" mobilenet
    cmp -s "$real/mobilenet_v1/mobilenet_v1_0.5_160_quant.tflite" "${weights}_quant.tflite" || bad 'another file came'
    [ -f "$weights.safetensors" ] || bad 'it was not made'
    name='there already, without any mirror'
    try 0 'mobilenet_v1_0.25_128.safetensors is there already' env PATH="$work/bin:$PATH" $download mobilenet
    ! grep -q -e getting -e making out || bad 'it did something'
    name='damaged files are got and made again'
    cp "$weights.safetensors" good
    echo damaged | tee "${weights}_quant.tflite" >"$weights.safetensors"
    try 0 'getting' $download --mirror "$real" mobilenet
    cmp -s "$real/mobilenet_v1/mobilenet_v1_0.5_160_quant.tflite" "${weights}_quant.tflite" || bad 'it is still damaged'
    cmp -s good "$weights.safetensors" || bad 'it is still damaged'
    name='through curl, from another folder'
    cat >bin/curl <<'CURL'
#!/bin/sh
while [ $# -gt 1 ]; do [ "$1" != -o ] || out=$2; shift; done
cp "$REAL/${1#https://host/}" "$out"
CURL
    rm -rf "$downloads/mobilenet"
    mkdir elsewhere
    try 0 'getting https://host/mobilenet_v1' \
        env PATH="$work/bin:$PATH" REAL="$real" sh -c "cd elsewhere && '$work/$download' --mirror https://host mobilenet"
    [ -f "$weights.safetensors" ] || bad 'it is not there'
else
    echo "SKIP  weights from a mirror: there is no $real/mobilenet_v1"
fi

# An archive of three photos, of which the list names two.
credits=project/datasets/flowers/CREDITS.txt
mv $credits all-credits
mkdir -p made/flower_photos/daisy made/flower_photos/roses
echo one >made/flower_photos/daisy/1.jpg
echo two >made/flower_photos/roses/2.jpg
echo three >made/flower_photos/roses/3.jpg
tar -czf made/flower_photos.tgz -C made flower_photos
sum() { { sha256sum "$1" 2>/dev/null || shasum -a 256 "$1"; } | cut -d' ' -f1; }
printf '# who\ntrain/daisy/1.jpg\tby Ann\t%s\nval/roses/2.jpg\tby Bob\t%s\n' \
    "$(sum made/flower_photos/daisy/1.jpg)" "$(sum made/flower_photos/roses/2.jpg)" >$credits
sed "s/ archive [0-9a-f]* / archive $(sum made/flower_photos.tgz) /" $download >project/scripts/download-made.sh
chmod +x project/scripts/download-made.sh
cat >bin/curl <<'CURL'
#!/bin/sh
while [ $# -gt 1 ]; do [ "$1" != -o ] || out=$2; shift; done
cp made/flower_photos.tgz "$out"
CURL
name='photos from an archive that is another one'
try 1 "isn't the right file: expected sha256 4c54ace7" env PATH="$work/bin:$PATH" $download flowers
nothing_there flowers
name='photos from the archive: those of the list'
try 0 'flower_photos.tgz (228 MB)' env PATH="$work/bin:$PATH" project/scripts/download-made.sh flowers
(cd $downloads/flowers && find . -type f | LC_ALL=C sort) | tr '\n' ' ' >found
[ "$(cat found)" = './CREDITS.txt ./MANIFEST.sha256 ./train/daisy/1.jpg ./val/roses/2.jpg ' ] || bad "found $(cat found)"
name='photos from the archive are there already'
try 0 'flowers: is there already' env PATH="$work/tools" $download flowers
rm -r $downloads/flowers
name='a photo in the archive that is another one'
sed 's/Bob\t...../Bob\t00000/' $credits >changed && mv changed $credits
try 1 "the photos of flower_photos.tgz don't agree" env PATH="$work/bin:$PATH" project/scripts/download-made.sh flowers
nothing_there flowers
name='a photo that the archive lacks'
echo 'train/tulips/4.jpg	by Eve	00' >>$credits
try 1 "flower_photos.tgz can't be unpacked" env PATH="$work/bin:$PATH" project/scripts/download-made.sh flowers
nothing_there flowers
mv all-credits $credits

if [ -f "$real/flowers/MANIFEST.sha256" ]; then
    name='photos from a mirror'
    try 0 'getting the files' $download --mirror "$real" flowers
    [ -f "$downloads/flowers/CREDITS.txt" ] || bad 'the credits are missing'
    name='photos there already'
    try 0 'flowers: is there already' $download flowers
    name='a photo is missing: got again'
    rm "$downloads/flowers/$(tail -n 1 "$real/flowers/MANIFEST.sha256" | cut -c 67-)"
    try 0 'getting the files' $download --mirror "$real" flowers
    name='a mirror with one wrong photo'
    rm -rf mirror/flowers "$downloads/flowers"
    cp -R "$real/flowers" mirror/flowers
    chmod -R u+w mirror/flowers
    echo wrong >"mirror/flowers/$(tail -n 1 "$real/flowers/MANIFEST.sha256" | cut -c 67-)"
    try 1 "don't agree with its MANIFEST.sha256" $download --mirror mirror flowers
    nothing_there flowers
else
    echo "SKIP  photos from a mirror: there is no $real/flowers"
fi

if [ -f "$real/mnist/t10k-labels-idx1-ubyte.gz" ]; then
    name='half a mirror: what it has comes, and stays'
    try 1 'the mirror has no file' $download --mirror "$real" mnist
    [ -f "$downloads/mnist/t10k-labels-idx1-ubyte.gz" ] || bad 'the labels are missing'
    name='good bytes with something behind their end'
    mkdir mirror/mnist
    for file in t10k-images-idx3-ubyte.gz t10k-labels-idx1-ubyte.gz; do
        cp "$real/mnist/$file" "mirror/mnist/$file"
        chmod u+w "mirror/mnist/$file"
        echo more >>"mirror/mnist/$file"
    done
    rm -rf "$downloads/mnist"
    try 1 "isn't the right file" $download --mirror mirror mnist
    nothing_there mnist
else
    echo "SKIP  half a mirror: there is no $real/mnist"
fi

# --- bench.py, with a false bench and a false PyTorch ----------------------------------------------

# Ours takes 2 ms for 4 million operations where 4 GFLOP/s are to be had; PyTorch takes 6 ms, tuned 3 ms. A convolution's passes
# take 1, 2 and 3 ms, PyTorch's 2 ms each.
cat >bin/bench <<'BENCH'
#!/bin/sh
case $1 in
loops) echo none && exit 0 ;;
conv)
    while read -r _; do echo '1 2 3'; done
    exit
    ;;
good | dies) ;;
nodata) echo 'error: no data: get it' >&2 && exit 2 ;;
*) echo "error: there is no workload '$1'" >&2 && exit 1 ;;
esac
[ $# -lt 3 ] || exit 0
echo 'ready 4000000 2048 what was verified'
while read -r _; do
    [ "$1" = good ] || exit 3
    echo '2.000000 4.000000'
done
BENCH
chmod +x bin/bench
cat >project/scripts/bench_torch.py <<'PYTHON'
import sys
if len(sys.argv) == 1:
    sys.exit(print("1.2.3"))
if sys.argv[1] != "conv":
    print("ready 0 204800", flush=True)
for _ in sys.stdin:
    print("2 2 2" if sys.argv[1] == "conv" else 3 if "tuned" in sys.argv else 6, flush=True)
PYTHON
run_bench() {
    env KNOBS_BENCH_ROUNDS=3 python3 project/scripts/bench.py "$work/bin/bench" "$@"
}
try_bench() {
    name='bench: a row'
    try 0 'good             1   2.000 [2.000, 2.000]      6.00  3.00 [3.00, 3.00]    3.00  1.50 [1.50, 1.50]       50 %     1.000   2 / 200 / 200' run_bench good
    grep -qF 'what was verified' out || bad 'the note is missing'
    name='bench: what lacks its data is left out'
    run_bench nodata good >out 2>err || bad 'it failed'
    grep -q '^good  *1 ' out && grep -qF 'no data: get it' err && echo "PASS  $name" || bad 'expected one row, and the reason'
    name='bench: a wrong name'
    try 1 "there is no workload 'nosuch'" run_bench good nosuch
    name='bench: a process that dies'
    try 1 'ended without an answer' run_bench dies
    name='bench: convolutions'
    try 0 'median 1.00, geometric mean 1.10; 2 of 6 passes slower' run_bench conv 1 2
}
if command -v python3 >/dev/null; then try_bench; else echo 'SKIP  bench: there is no python3'; fi

# --- the loops of each instruction set --------------------------------------------------------------

bench=$root/build/bench
name='loops: a wrong name'
[ ! -x "$bench" ] || try 1 "KNOBS_LOOPS is 'mmx'; this processor has:" env KNOBS_LOOPS=mmx "$bench" loops
name='loops: the portable ones'
[ ! -x "$bench" ] || try 0 portable env KNOBS_LOOPS=portable "$bench" loops

# --- claims.sh, with a false lesson ----------------------------------------------------------------

mkdir -p project/lessons/98-one project/lessons/99-two claims
cat >claims/lesson-98 <<'LESSON'
#!/bin/sh
echo "$@" >>"$0.asked"
printf 'verdict,claim,measured\nPASS,it learns; well,0.5\n' >"$(echo "$*" | sed 's/.*--out //')/claims.csv"
printf 'run,seed,x\na,11,1\nb,15,2\n' >"$(echo "$*" | sed 's/.*--out //')/results.csv"
case "$*" in *fails*) exit 1 ;; *stops*) exit 130 ;; esac
LESSON
cp claims/lesson-98 claims/lesson-99
chmod +x claims/lesson-9?
printf 'lesson-99 --seeds 7\nlesson-99 --seeds 8 --data "fashion"\nlesson-99b --seeds 9\n' >project/lessons/99-two/claims.txt
name='claims: five seeds, or what the folder says'
try 0 'claims: all hold' project/scripts/claims.sh "$work/claims" lesson-98 lesson-99
printf '%s\n' '--seeds 5 --out out/claims/lesson-98' | cmp -s - claims/lesson-98.asked || bad 'lesson-98 was asked otherwise'
printf '%s\n' '--seeds 7 --out out/claims/lesson-99' '--seeds 8 --data "fashion" --out out/claims/lesson-99-2' |
    cmp -s - claims/lesson-99.asked || bad 'lesson-99 was asked otherwise'
grep -q '^| lesson-98 | it learns, well | 0.5 | 11–15 | PASS | 0 s | .* processors; 20' project/out/claims.md || bad "the table: $(cat project/out/claims.md)"
sed 's/,0,/,40,/' project/out/claims/lesson-98/run.csv >run.csv && mv run.csv project/out/claims/lesson-98/run.csv
name='claims: what it took before counts'
try 0 'claims: all hold' env JOBS=3 project/scripts/claims.sh "$work/claims" lesson-98
grep -qx -- '--seeds 5 --jobs 3 --out out/claims/lesson-98' claims/lesson-98.asked || bad "lesson-98 was asked $(cat claims/lesson-98.asked)"
grep -q '^| lesson-98 .* 40 s |' project/out/claims.md || bad "the table: $(cat project/out/claims.md)"
rm claims/lesson-98.asked
name='claims: one that fails is named, and the others are checked'
echo 'lesson-98 --fails' >project/lessons/98-one/claims.txt
try 1 'claims: failed in lesson-98' project/scripts/claims.sh "$work/claims" lesson-98 lesson-99
[ "$(wc -l <claims/lesson-99.asked)" -eq 4 ] || bad 'lesson-99 was left out'
name='claims: Ctrl-C ends them'
echo 'lesson-98 --stops' >project/lessons/98-one/claims.txt
project/scripts/claims.sh "$work/claims" lesson-98 lesson-99 >out 2>err && status=0 || status=$?
[ $status = 130 ] && [ "$(wc -l <claims/lesson-99.asked)" -eq 4 ] && echo "PASS  $name" || bad "exit status $status"

# --- the Makefile ----------------------------------------------------------------------------------

# A folder whose name means something to make, the shell, C, printf and gnuplot.
odd="$work/it's 100%s \"odd\" \\n ??= \$HOME #1"
mkdir "$odd"
cp -R "$root/Makefile" "$root/common" "$work/project/scripts" "$odd"
cat >"$odd/tell.c" <<'TELL'
#include <stdio.h>
int main(void) {
    puts(KNOBS_ROOT);
    return 0;
}
TELL
name='the name of the folder is any'
make -C "$odd" --no-print-directory build/obj/tell.o >out 2>err && cc "$odd/build/obj/tell.o" -o tell 2>>err ||
    bad "it doesn't compile"
[ "$(./tell)" = "$odd" ] && echo "PASS  $name" || bad "the program says $(./tell)"
name='-Ofast is refused'
make -C "$odd" --no-print-directory CFLAGS=-Ofast build/obj/common/base/random.o >out 2>err && bad 'it compiles' || :
[ "$(grep -c 'error:' err)" = 1 ] && grep -q 'CFLAGS has -ffast-math' err && echo "PASS  $name" || bad 'expected one line'
name='VARIANT=debug is not optimised'
make -C "$odd" -n VARIANT=debug build/debug/obj/tell.o build/debug/obj/common/kernels/gemm.o >out 2>err || bad 'make -n failed'
grep -e ' -c .* -o ' out | sed 's/.* \(-O[0-3s]\) .*/\1/' | sort -u >levels
[ "$(cat levels)" = -O0 ] && echo "PASS  $name" || bad "the last -O is $(cat levels)"

# --- doctor.sh -----------------------------------------------------------------------------------

name='doctor: silent when all is there'
try 0 '' project/scripts/doctor.sh --quiet
[ ! -s out ] || bad 'it said something'
name='doctor: a compiler that does not work'
try 1 'which installs: gcc libc6-dev' \
    env CC=false project/scripts/doctor.sh --quiet compiler
name='doctor: an unknown name'
try 2 "doctor.sh knows no 'nosuch'" project/scripts/doctor.sh --quiet nosuch
name='setup: an unknown option'
try 1 'usage: scripts/setup.sh [--check] [--mpi]' project/scripts/setup.sh --nosuch

echo
[ $failures = 0 ] || {
    echo "$failures failed"
    exit 1
}
echo 'all passed'
