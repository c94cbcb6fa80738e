#!/bin/sh
# test_faults.sh BUILD: lesson 01 in a hostile world: closed streams, full disks, two runs in one folder, killed parents,
# ignored signals, odd gnuplots, odd names. Each must be one clear line and the right exit status, and nothing may be lost.
set -u
export LC_ALL=C
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/.." && pwd)
export root
lesson=$build/lesson-01
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$work" || exit 1
passed=0
failed=0

good() { passed=$((passed + 1)); }
bad() {
    failed=$((failed + 1))
    echo "FAILED: $name: $*"
    tail -n 3 stderr
}

# check STATUS WORDS COMMAND…: the command ends with STATUS, and its stderr has WORDS in its last line.
check() {
    wanted=$1 words=$2
    shift 2
    "$@" >stdout 2>stderr
    status=$?
    if [ $status -eq "$wanted" ] && { [ -z "$words" ] || tail -n 1 stderr | grep -qF -e "$words"; }; then
        good
    else
        bad "exit status $status, wanted $wanted and '$words'"
    fi
}

# holds WHAT COMMAND…: the command is true
holds() {
    what=$1
    shift
    if "$@"; then good; else bad "$what"; fi
}

# until COMMAND…: waits for it to be true, at most half a minute
until_true() {
    waited=0
    while ! "$@" && [ $waited -lt 600 ]; do
        sleep 0.05
        waited=$((waited + 1))
    done
}

rows() { { wc -l <"$1" || echo 0; } 2>/dev/null; }
has_rows() { [ "$(rows "$1")" -gt "$2" ]; }
gone() { ! kill -0 "$1" 2>/dev/null; }
no_leftovers() { [ -z "$(find "$1" -name '*.tmp-*')" ]; }

# A gnuplot that draws nothing: most of what follows is about something else.
mkdir bin
cp "$root/tests/false-gnuplot/gnuplot" bin/gnuplot
PATH=$work/bin:$PATH
export PATH

"$lesson" --quick --out whole >/dev/null 2>stderr || { cat stderr; exit 1; }
# as_whole FOLDER: its run has left the same bits as one that nothing happened to
as_whole() { cmp "$1/steps.csv" whole/steps.csv && cmp "$1/checkpoint.safetensors" whole/checkpoint.safetensors; }

# --- streams -------------------------------------------------------------------------------------

name='standard error is closed'
sh -c "exec '$lesson' --quick --out closed 2>&-" >stdout
holds 'what was for it went into a log' as_whole closed
name='all streams are closed'
sh -c "exec '$lesson' --quick --out closed <&- >&- 2>&-"
status=$?
holds "exit status $status" [ $status -eq 1 ]
holds 'what was for them went into a log' as_whole closed
name='standard output is closed'
check 1 "can't write to the standard output: Bad file descriptor" sh -c "exec '$lesson' --quick --out closed >&-"
name='a full disk behind standard output'
if [ -w /dev/full ]; then
    check 1 "can't write to the standard output: No space left" sh -c "exec '$lesson' --quick --out full >/dev/full"
    check 1 "can't write to the standard output: No space left" sh -c "exec '$lesson' --help >/dev/full"
    check 1 "can't write to the standard output: No space left" sh -c "exec '$build/plain' >/dev/full"
fi
name='nobody reads'
mkfifo pipe
sleep 0.1 <pipe &
sh -c "exec '$lesson' --quick --out unread >pipe" 2>stderr
status=$?
holds "exit status $status, wanted 1 and one line" grep -q "can't write to the standard output: Broken pipe" stderr
holds 'the claims are lost' [ -s unread/claims.csv ]

# --- one writer ----------------------------------------------------------------------------------

name='two runs in one folder'
"$lesson" --out both >first 2>&1 &
first=$!
until_true has_rows both/steps.csv 5
check 1 "both: process $first writes there" "$lesson" --out both
check 1 "both: process $first writes there" "$lesson" --resume --out both
check 0 '' "$lesson" --draw --out both
kill "$first"
wait "$first" 2>/dev/null
holds 'a row is broken' sh -c "! tail -n +2 both/steps.csv | grep -qvE '^[0-9]+,[0-9.]+,[0-9.e-]+,([0-9.e-]+|-?nan)\$'"
name='the lock dies with its process'
"$lesson" --out both >first 2>&1 &
first=$!
until_true has_rows both/steps.csv 5
kill -KILL "$first"
wait "$first" 2>/dev/null
check 0 '' "$lesson" --quick --out both
holds 'it is another run' as_whole both

name='a parent that is killed'
"$lesson" --seeds 4 --threads 1 --out parent >first 2>&1 &
first=$!
until_true has_rows parent/runs/seed-11/steps.csv 5
child=$(ps -A -o pid= -o ppid= 2>/dev/null | awk -v parent="$first" '$2 == parent { print $1; exit }')
kill -KILL "$first"
wait "$first" 2>/dev/null
if [ -n "$child" ]; then
    until_true gone "$child"
    holds 'its child lives on' gone "$child"
fi
holds 'the child has not saved' [ -s parent/runs/seed-11/checkpoint.safetensors ]

# --- signals -------------------------------------------------------------------------------------

# stopped_by SIGNAL FOLDER COMMAND…: its status after the signal
stopped_by() {
    signal=$1 folder=$2
    shift 2
    rm -rf "$folder"
    "$@" --out "$folder" >stdout 2>stderr &
    process=$!
    until_true has_rows "$folder/steps.csv" 5
    kill "-$signal" $process
    wait $process 2>/dev/null
    status=$?
}
name='SIGHUP saves'
stopped_by HUP hup "$lesson" --quick
holds "exit status $status" [ $status -eq 129 ]
check 0 '' "$lesson" --quick --resume --out hup
holds 'other bits' as_whole hup
name='what the parent ignores stays ignored'
for signal in HUP INT TERM; do
    stopped_by $signal ignored sh -c "trap '' $signal; exec '$lesson' --quick \"\$@\"" lesson
    holds "$signal: exit status $status" [ $status -eq 0 ]
done
name='a file may be no larger'
check 1 'File too large' sh -c "ulimit -f 8; exec '$lesson' --quick --out limited"
holds 'a temporary file is left' no_leftovers limited
name='a file may be no larger, in one of several runs'
check 1 'File too large' sh -c "ulimit -f 8; exec '$lesson' --quick --seeds 2 --out limits"
holds 'the run is not named' grep -q "error: run 'seed-1[12]' ended with exit status 1 (limits/runs/seed-1" stderr
# saved_step FOLDER: the step of its checkpoint: a number of 8 bytes, whose place is in the file's header.
saved_step() {
    file=$1/checkpoint.safetensors
    header=$(od -A n -t u8 -N 8 "$file" | tr -d ' ')
    begin=$(tail -c +9 "$file" | head -c "$header" | sed -n 's/.*"step":{[^}]*"data_offsets":\[\([0-9]*\),.*/\1/p')
    od -A n -t d8 -j $((8 + header + begin)) -N 8 "$file" | tr -d ' '
}
# lost FOLDER: less than an interval of 7 steps lies between the last checkpoint and the last whole row
lost_little() { [ "$(saved_step "$1")" -gt $(($(rows "$1/steps.csv") - 1 - 8)) ]; }
small="--quick --hidden 1 --save-every 7" # its checkpoint is smaller than its log
# shellcheck disable=SC2086 # words
"$lesson" $small --out small >/dev/null 2>stderr || { cat stderr; exit 1; }
as_small() { cmp "$1/steps.csv" small/steps.csv && cmp "$1/checkpoint.safetensors" small/checkpoint.safetensors; }
name='a log that may be no larger loses an interval at most'
check 1 "can't write, rows are lost: File too large" sh -c "ulimit -f 15; exec '$lesson' $small --out cut"
holds 'more is lost' lost_little cut
# shellcheck disable=SC2086
check 0 '' "$lesson" $small --resume --out cut
holds 'other bits' as_small cut
name='a full disk loses an interval at most'
if unshare -rm true 2>/dev/null; then # a disk of 24 KB, in a world where we may mount one; then it grows
    mkdir disk
    check 0 '' unshare -rm sh -c "mount -t tmpfs -o size=24k none disk
        '$lesson' $small --out disk/run 2>said
        status=\$? && cp disk/run/checkpoint.safetensors disk/run/steps.csv .
        mount -o remount,size=1m disk && '$lesson' $small --resume --out disk/run && cp -r disk/run grown
        exit \$((status != 1))"
    mkdir -p full-disk && mv checkpoint.safetensors steps.csv full-disk
    holds "it isn't said: $(tail -n 1 said)" sh -c 'tail -n 1 said | grep -q "disk/run/.*: No space left"'
    holds 'more is lost' lost_little full-disk
    holds 'other bits' as_small grown
fi
name='what a killed run has left is cleaned'
: >limited/steps.svg.tmp-999999999
check 0 '' "$lesson" --quick --out limited
holds 'it is still there' no_leftovers limited
holds 'other bits' as_whole limited

# --- names ---------------------------------------------------------------------------------------

name='a folder of 4,000 letters'
long=$(printf '%4000s' '' | tr ' ' x)
check 1 'File name too long' "$lesson" --quick --seeds 2 --out "$long"
holds 'more than a line' [ "$(rows stderr)" -eq 1 ]
deep=$(printf '%1015s' '' | sed 's, ,abc/,g')
check 1 'File name too long' "$lesson" --quick --seeds 2 --out "$deep"
name='a folder like code'
rm bin/gnuplot
if command -v gnuplot >/dev/null; then
    mkdir empty
    for folder in '| touch TRACE; echo ' '< touch TRACE' '~' '$data' 'it'"'"'s "quoted" `touch TRACE` %s'; do
        check 0 '' sh -c 'cd empty && exec "$0" --quick --out "$1"' "$lesson" "$folder"
        holds "$folder: no figure" [ -s "empty/$folder/loss.svg" ]
        holds "$folder was run" [ ! -e empty/TRACE ]
    done
fi

# --- gnuplot -------------------------------------------------------------------------------------

# with_gnuplot COMMAND STATUS WORDS: a gnuplot that is this shell command; the lesson only draws
with_gnuplot() {
    printf '#!/bin/sh\n%s\n' "$1" >bin/gnuplot
    chmod +x bin/gnuplot
    check "$2" "$3" "$lesson" --draw --quick --out whole
    holds 'a temporary file is left' no_leftovers whole
}
name='a gnuplot that lacks a library'
with_gnuplot 'echo "gnuplot: error while loading shared libraries: libgd.so.3" >&2; exit 127' 1 'gnuplot failed: gnuplot: error while loading'
name='a terminal that gnuplot has not got'
GNUTERM=qt
export GNUTERM
with_gnuplot '[ -z "${GNUTERM:-}" ] || { echo "unknown terminal" >&2; exit 1; }
exec "$root/tests/false-gnuplot/gnuplot" "$@"' 0 ''
unset GNUTERM
name='a gnuplot that hangs ends with the second Ctrl-C'
printf '#!/bin/sh\necho $$ >"%s/hangs"\nexec sleep 1000\n' "$work" >bin/gnuplot
env "$lesson" --draw --quick --out whole >stdout 2>stderr &
process=$!
until_true [ -s hangs ]
kill -TERM $process
sleep 0.4
kill -TERM $process
wait $process 2>/dev/null
status=$?
holds "exit status $status" [ $status -eq 143 ]
until_true gone "$(cat hangs)"
holds 'gnuplot lives on' gone "$(cat hangs)"
rm bin/gnuplot
if command -v gnuplot >/dev/null; then
    name='no locale'
    check 0 '' env -u LANG -u LC_ALL -u LC_CTYPE "$lesson" --draw --quick --out whole
    holds 'gnuplot says something' [ ! -s stderr ]
    name='a figure may be no larger'
    check 0 '' "$lesson" --draw --quick --out limited
    cksum limited/*.png limited/*.svg >drawn
    check 1 'gnuplot wrote only a part of it; is the disk full?' sh -c "ulimit -f 8; exec '$lesson' --draw --quick --out limited"
    holds 'an old one is lost' sh -c 'cksum limited/*.png limited/*.svg | cmp -s drawn -'
    holds 'a temporary file is left' no_leftovers limited
fi

# --- what is inherited ---------------------------------------------------------------------------

name='a parent that ignores the end of its children'
check 0 '2 of 2 runs finished' sh -c "trap '' CHLD; exec '$lesson' --quick --seeds 2 --out orphans"
name='a launcher that ends without a word'
check 1 'run.log): it said nothing' env KNOBS_LAUNCHER=false "$lesson" --quick --seeds 2 --out silent
name='a launcher is stopped by SIGTERM, whatever came'
cat >launch <<'LAUNCH'
#!/bin/sh
trap 'echo INT >>"$HOME/diary"' INT
trap 'echo TERM >>"$HOME/diary"; exit 143' TERM
echo begun >>"$HOME/diary"
while :; do sleep 0.05; done
LAUNCH
chmod +x launch
env HOME="$work" KNOBS_LAUNCHER="$work/launch" "$lesson" --quick --seeds 2 --jobs 1 --out launched >stdout 2>stderr &
process=$!
until_true [ -s diary ]
kill -TERM $process # a shell's child in the background ignores INT
wait $process 2>/dev/null
status=$?
holds "exit status $status" [ $status -eq 143 ]
holds "it got $(tr '\n' ' ' <diary)" [ "$(cat diary)" = "$(printf 'begun\nTERM')" ]

# --- threads -------------------------------------------------------------------------------------

name='bound threads'
if [ "$(nproc 2>/dev/null || echo 1)" -gt 1 ] && [ -r /proc/self/status ]; then
    for bound in OMP_PROC_BIND=true OMP_PLACES=cores 'GOMP_CPU_AFFINITY=0 1'; do
        rm -rf bound
        env "$bound" "$lesson" --out bound >stdout 2>stderr &
        process=$!
        until_true has_rows bound/steps.csv 5
        holds "$bound: one processor" [ "$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/$process/status)" = \
            "$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/$$/status)" ]
        kill $process
        wait $process 2>/dev/null
    done
    name='OMP_NUM_THREADS'
    rm -rf bound
    env OMP_NUM_THREADS=1 "$lesson" --out bound >stdout 2>stderr &
    process=$!
    until_true has_rows bound/steps.csv 5
    holds 'more than one thread' [ "$(sed -n 's/^Threads:[[:space:]]*//p' /proc/$process/status)" = 1 ]
    kill $process
    wait $process 2>/dev/null
fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
