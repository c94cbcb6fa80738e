#!/bin/sh
# bench.sh BENCH [WORKLOAD…]: times steps of ours (build/bench) and of PyTorch (bench.py) side by side;
# bench.sh BENCH conv: convolutions alone.
#
# For each workload all processes stand ready: ours with one thread and with all, PyTorch's likewise. They take turns,
# a round each, so that a slow moment of the machine hits all, and so that the speed-up by threads comes from the same
# rounds too. Ours measures large matrix products after each of its rounds, which are this machine's limit. The table
# has medians over the rounds, and in brackets the fastest and the slowest one.
#
# With several threads PyTorch runs twice, and the better median counts: with waiting threads that sleep, which is best
# where the machine is busy or the work small; and as it comes, with OpenBLAS's own threads off.
#
# KNOBS_BENCH_ROUNDS sets how many rounds (default 9). KNOBS_BENCH_TORCH=tuned gives PyTorch what makes it fastest
# here: images channels last, and a malloc that keeps its pages.
set -u
export LC_ALL=C # numbers have points, and words are English, whatever the locale
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 1 ] || { echo "usage: bench.sh build/bench [WORKLOAD…]" >&2; exit 1; }
bench=$1
shift
[ $# -gt 0 ] || set -- mlp cnn cnn-bn dcgan mobilenet frozen
rounds=${KNOBS_BENCH_ROUNDS:-9}
cores=$(getconf _NPROCESSORS_ONLN)

model=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
[ -n "$model" ] || model=$(sysctl -n machdep.cpu.brand_string 2>/dev/null) # macOS
machine="machine: ${model:-$(uname -m)}, $cores processors; medians [fastest, slowest]"
if [ "$*" = conv ]; then
    echo "$machine"
    echo '3×3 convolution              threads   pass             GFLOP/s   of sgemm'
    "$bench" conv 1 && { [ "$cores" -eq 1 ] || "$bench" conv "$cores"; }
    exit
fi

# A wrong name is refused before anything is measured; what lacks its data says so and is left out.
workloads=
for workload in "$@"; do
    "$bench" "$workload" 1 1 >/dev/null
    case $? in
    0) workloads="$workloads $workload" ;;
    2) ;;
    *) exit 1 ;;
    esac
done

[ -n "$workloads" ] || exit 1

python=
for candidate in python3 /usr/bin/python3; do
    "$candidate" -c 'import torch' 2>/dev/null && { python=$candidate; break; }
done

torch_settings=
# So that malloc keeps what PyTorch frees in a step for the next one, and the kernel needn't clear new pages each time.
[ "${KNOBS_BENCH_TORCH:-}" != tuned ] ||
    torch_settings='MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=1073741824'

# --- the processes -------------------------------------------------------------------------------
# Process number 4 … 8 reads its orders from the named pipe of that number, which is the shell's descriptor too. All
# answer into one pipe, descriptor 3, since only one is ever at work.

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT # the processes see the end of their input
trap 'exit 130' INT
trap 'exit 143' TERM
mkfifo "$folder/out" "$folder/4" "$folder/5" "$folder/6" "$folder/7" "$folder/8"
exec 3<>"$folder/out"

# answer NAME: one line of a process, into first and rest
answer() {
    read -r first rest <&3
    [ "$first" != ended ] || { echo "error: $1 ended without an answer" >&2 && exit 1; }
}

# start NUMBER COMMAND…: returns when it is ready to be asked. What it said of itself is added to memories, and, if it
# is ours (PyTorch's says 0 operations), becomes flop and note.
start() {
    number=$1
    shift
    eval "exec $number<>\"\$folder/$number\""
    { "$@"; echo ended; } <"$folder/$number" >"$folder/out" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- &
    answer "$*"
    # shellcheck disable=SC2086
    set -- $rest
    asked="$asked $number" memories="$memories $2"
    [ "$1" = 0 ] || { flop=$1 && shift 2 && note=$*; }
}

# ask NUMBER: runs a round and adds its figures to the line.
ask() {
    echo >&"$1"
    answer "process $1"
    line="$line $first $rest"
}

# start_torch NUMBER WORKLOAD THREADS SETTING…
start_torch() {
    number=$1 workload=$2 threads=$3
    shift 3
    # shellcheck disable=SC2086
    [ -z "$python" ] || start "$number" env $torch_settings "$@" "$python" "$root/scripts/bench.py" "$workload" "$threads"
}

# measure WORKLOAD: writes $folder/rounds, a line a round: our milliseconds, the limit in GFLOP/s, PyTorch's
# milliseconds; then the same with all threads, and PyTorch's second kind.
measure() {
    asked='' memories=''
    start 4 "$bench" "$1" 1
    start_torch 5 "$1" 1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
    [ "$cores" -eq 1 ] || {
        start 6 "$bench" "$1" "$cores"
        start_torch 7 "$1" "$cores" OMP_WAIT_POLICY=passive
        start_torch 8 "$1" "$cores" OPENBLAS_NUM_THREADS=1
    }
    : >"$folder/rounds"
    round=0
    while [ "$round" -lt "$rounds" ]; do
        round=$((round + 1)) line=
        for number in $asked; do ask "$number"; done
        echo "$line" >>"$folder/rounds"
    done
    exec 4>&- 5>&- 6>&- 7>&- 8>&- # the ends of their inputs
    for number in $asked; do read -r first <&3; done # each says that it ended
}

# --- the table -----------------------------------------------------------------------------------

table_rows() {
    awk -v workload="$1" -v cores="$cores" -v torch="${python:+1}" -v flop="$flop" -v memories="$memories" '
    function sort(list, n,   i, j, t) {
        for (i = 2; i <= n; i++)
            for (j = i; j > 1 && list[j] < list[j - 1]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
    }
    # The median over the rounds of column a, times factor, or of column a / column b; low and high are set too.
    function median(a, b, factor,   i, list) {
        for (i = 1; i <= NR; i++) list[i] = factor * value[i, a] / (b ? value[i, b] : 1)
        sort(list, NR)
        low = list[1]; high = list[NR]
        return NR % 2 ? list[(NR + 1) / 2] : (list[NR / 2] + list[NR / 2 + 1]) / 2
    }
    function with_spread(m, format) { return sprintf(format " [" format ", " format "]", m, low, high) }
    function milliseconds(column,   m) {
        m = median(column, 0, 1)
        return with_spread(m, m < 10 ? "%.3f" : "%.1f")
    }
    # ours, limit, theirs: the columns; theirs is 0 where there is no PyTorch
    function row(threads, ours, limit, theirs, memory, torch_memory) {
        for (i = 1; i <= NR; i++) value[i, "speed"] = flop / value[i, ours] / 1e6
        printf "%-9s %7d   %-22s ", workload, threads, milliseconds(ours)
        printf "%-22s ", theirs ? milliseconds(theirs) : "-"
        printf "%-17s ", theirs ? with_spread(median(theirs, ours, 1), "%.2f") : "-"
        printf "%7.1f %7.0f %% ", median("speed", 0, 1), median("speed", limit, 100)
        printf "%9.3f   %-10s", flop / median(limit, 0, 1) / 1e6, sprintf("%.0f", memory / 1024) (theirs ? sprintf(" / %.0f", torch_memory / 1024) : "")
    }
    { for (i = 1; i <= NF; i++) value[NR, i] = $i }
    END {
        split(memories, kb, " ")
        row(1, 1, 2, torch ? 3 : 0, kb[1], kb[2])
        print ""
        if (cores == 1) exit
        ours = torch ? 4 : 3; limit = ours + 1; theirs = 0
        if (torch) theirs = median(6, 0, 1) < median(7, 0, 1) ? 6 : 7
        row(cores, ours, limit, theirs, torch ? kb[3] : kb[2], kb[4])
        mine = median(1, ours, 1); of = median(limit, 2, 1)
        printf " %.2f of %.2f (%.0f %%)\n", mine, of, 100 * mine / of
    }' "$folder/rounds"
    [ -z "$note" ] || echo "          $note"
}

echo "$machine; $rounds rounds"
[ -n "$python" ] && echo "PyTorch: $("$python" -c 'import torch; print(torch.__version__)')" ||
    echo "PyTorch: neither python3 nor /usr/bin/python3 can import torch (Debian: apt-get install python3-torch); ours alone"
printf '%-9s %7s   %-22s %-22s %-17s %7s %9s %9s   %-10s %s\n' workload threads 'ours, ms a step' "PyTorch's, ms" \
    'ratio' GFLOP/s 'of peak' 'bound, ms' 'memory, MB' 'scaling'
for workload in $workloads; do
    measure "$workload"
    table_rows "$workload"
done
echo "of peak: of what large sgemm products reach here; bound: what the step's products alone would take at that speed;"
echo "scaling: how many times as fast all threads are as one, of how many times sgemm is"
