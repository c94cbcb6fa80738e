#!/bin/sh
# run-tests.sh TEST…: runs each test program and prints one closing line; exit 1 if one failed or none was given.
# cmocka installs its own handlers for faults, so ASan must not mind. On macOS it finds no leaks, and refuses to be asked.
leaks=1
[ "$(uname -s)" != Darwin ] || leaks=0
export ASAN_OPTIONS="handle_segv=2:detect_leaks=$leaks${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
# As lessons set for themselves (common/base/threads.h).
export LC_ALL=C OMP_WAIT_POLICY=passive GOMP_SPINCOUNT=4000 OPENBLAS_NUM_THREADS=1
passed=0
failed=
for test in "$@"; do
    output=$("$test" 2>&1)
    status=$?
    count=$(printf '%s\n' "$output" | sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' | tail -n 1)
    if [ $status -ne 0 ] || [ -z "$count" ]; then
        printf '%s\n' "$output"
        echo "FAILED: $test (exit status $status)"
        failed="$failed $test"
    else
        echo "ok: $test ($count tests)"
        passed=$((passed + count))
    fi
done
set -- $failed
echo "$passed passed, $# failed"
[ $# -eq 0 ] && [ "$passed" -gt 0 ]
