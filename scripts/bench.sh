#!/bin/sh
# bench.sh BENCH [WORKLOAD…]: times training steps of ours (build/bench) and of PyTorch (bench.py) side by side.
#
# For each workload and number of threads three processes stand ready: ours, PyTorch's, and one that multiplies
# large matrices, which is this machine's limit. They take turns, a round each, so that a slow moment of the machine
# hits all. The table has medians over the rounds, and in brackets the fastest and the slowest one.
# KNOBS_BENCH_ROUNDS sets how many rounds (default 9).
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 1 ] || { echo "usage: bench.sh build/bench [WORKLOAD…]" >&2; exit 1; }
bench=$1
shift
[ $# -gt 0 ] || set -- mlp cnn cnn-bn
rounds=${KNOBS_BENCH_ROUNDS:-9}
cores=$(getconf _NPROCESSORS_ONLN)
counts=1
[ "$cores" -gt 1 ] && counts="1 $cores"

python=
for candidate in python3 /usr/bin/python3; do
    "$candidate" -c 'import torch' 2>/dev/null && { python=$candidate; break; }
done

folder=$(mktemp -d) || exit 1
running=
# shellcheck disable=SC2086
trap 'for id in $running; do kill "$id" 2>/dev/null; done; rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
for side in ours torch limit; do
    mkfifo "$folder/$side.in" "$folder/$side.out"
done

fail() {
    echo "error: $1 ended without an answer" >&2
    exit 1
}

# measure WORKLOAD THREADS: writes $folder/rounds, a line a round: ours PyTorch's limit's, in milliseconds
# (PyTorch's 0 where there is none), and sets flop, limit_flop, memory, torch_memory.
measure() {
    OMP_NUM_THREADS=$2 "$bench" "$1" "$2" <"$folder/ours.in" >"$folder/ours.out" &
    running="$!"
    "$bench" sgemm "$2" <"$folder/limit.in" >"$folder/limit.out" &
    running="$running $!"
    exec 3>"$folder/ours.in" 4<"$folder/ours.out" 7>"$folder/limit.in" 8<"$folder/limit.out"
    read -r _ flop <&4 || fail "$bench $1"
    read -r _ limit_flop <&8 || fail "$bench sgemm"
    if [ -n "$python" ]; then
        # With several threads Debian's PyTorch is fastest with waiting threads that sleep and OpenBLAS left alone.
        torch_threads=OMP_WAIT_POLICY=passive
        [ "$2" -gt 1 ] || torch_threads="OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1"
        # shellcheck disable=SC2086
        env $torch_threads "$python" "$root/scripts/bench.py" "$1" "$2" \
            3>&- 4<&- 7>&- 8<&- <"$folder/torch.in" >"$folder/torch.out" &
        running="$running $!"
        exec 5>"$folder/torch.in" 6<"$folder/torch.out"
        read -r _ <&6 || fail "bench.py $1"
    fi
    : >"$folder/rounds"
    round=0
    torch=0
    while [ "$round" -lt "$rounds" ]; do
        round=$((round + 1))
        echo >&3 && read -r ours <&4 || fail "$bench $1"
        [ -z "$python" ] || { echo >&5 && read -r torch <&6; } || fail "bench.py $1"
        echo >&7 && read -r limit <&8 || fail "$bench sgemm"
        echo "$ours $torch $limit" >>"$folder/rounds"
    done
    exec 3>&- 7>&- # the ends of their inputs
    read -r memory <&4 || fail "$bench $1"
    torch_memory=0
    [ -z "$python" ] || { exec 5>&- && read -r torch_memory <&6; } || fail "bench.py $1"
    wait
    running=
    exec 4<&- 6<&- 8<&- # what is unread must not reach the next ones
}

table_row() {
    awk -v workload="$1" -v threads="$2" -v flop="$flop" -v limit_flop="$limit_flop" -v memory="$memory" \
        -v torch_memory="$torch_memory" '
    function sort(list, n,   i, j, t) {
        for (i = 2; i <= n; i++)
            for (j = i; j > 1 && list[j] < list[j - 1]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
    }
    function median(list, n) { sort(list, n); return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2 }
    function digits(x) { return x < 10 ? "%.3f" : "%.1f" }
    function with_spread(list, n,   m) {
        m = median(list, n)
        return sprintf(digits(m) " [" digits(m) ", " digits(m) "]", m, list[1], list[n])
    }
    { ours[NR] = $1; torch[NR] = $2; limit[NR] = $3; ratio[NR] = $2 / $1 }
    END {
        speed = flop / median(ours, NR) / 1e6
        peak = limit_flop / median(limit, NR) / 1e6
        printf "%-8s %7d   %-22s %-22s %-17s %8.1f %6.0f %% %10.3f   %5.0f", workload, threads, with_spread(ours, NR),
            torch_memory ? with_spread(torch, NR) : "-",
            torch_memory ? sprintf("%.2f [%.2f, %.2f]", median(ratio, NR), ratio[1], ratio[NR]) : "-",
            speed, 100 * speed / peak, flop / peak / 1e6, memory / 1024
        printf torch_memory ? " / %.0f\n" : "\n", torch_memory / 1024
    }' "$folder/rounds"
}

# A wrong name is refused before anything is measured.
for workload in "$@"; do
    "$bench" "$workload" 1 </dev/null >/dev/null || exit 1
done
model=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
echo "machine: ${model:-$(uname -m)}, $cores processors; $rounds rounds, medians [fastest, slowest]"
[ -n "$python" ] && echo "PyTorch: $("$python" -c 'import torch; print(torch.__version__)')" ||
    echo "PyTorch: neither python3 nor /usr/bin/python3 can import torch (Debian: apt-get install python3-torch); ours alone"
printf '%-8s %7s   %-22s %-22s %-17s %8s %8s %10s   %s\n' workload threads 'ours, ms a step' "PyTorch's, ms" \
    'ratio' GFLOP/s 'of peak' 'bound, ms' 'memory, MB'
for workload in "$@"; do
    for threads in $counts; do
        measure "$workload" "$threads"
        table_row "$workload" "$threads"
    done
done
echo "of peak: of what large sgemm products reach here; bound: what the step's products alone would take at that speed"
