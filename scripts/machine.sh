# machine.sh, read by other scripts: what a number of seconds is worth nothing without.

# The processor, and how many.
machine_name() {
    model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -n 1)
    [ -n "$model" ] || model=$(sysctl -n machdep.cpu.brand_string 2>/dev/null) # macOS
    echo "${model:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) processors"
}

# Sets `processor` to the seconds of all that this script has run, by way of FILE: for $(…) it would be of nothing.
processor_seconds() { # FILE
    times >"$1"
    processor=$(tr 'ms' '  ' <"$1" | awk 'NR == 2 { printf "%.0f", 60 * $1 + $2 + 60 * $3 + $4 }')
}
