#!/bin/bash
# Runs every test program of one build ($B) and adds up what they counted. Prints a line a program, the whole output of
# those that fail, and `N passed, N failed` at the end.
set -u
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.." || exit 2
B=${B:-build/release} SEEDS=${SEEDS:-200}
export B
logs=$B/logs
mkdir -p "$logs"
passed=0 failed=0
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:strict_string_checks=1:allocator_may_return_null=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}

# count LOG: adds the tests of one program to the totals (cmocka's lines, or `N passed, N failed`)
count() {
    local ok bad
    ok=$(sed -nE 's/^\[  PASSED  \] ([0-9]+) test.*/\1/p; s/^([a-z: -]*)?([0-9]+) passed, [0-9]+ failed.*/\2/p' "$1" | tail -n 1)
    bad=$(sed -nE 's/^\[  FAILED  \] ([0-9]+) test.*/\1/p; s/^([a-z: -]*)?[0-9]+ passed, ([0-9]+) failed.*/\2/p' "$1" | tail -n 1)
    counted_ok=${ok:-0} counted_bad=${bad:-0}
}
run() { # run NAME COMMAND...
    local name=$1 log=$logs/$1.log began code
    shift
    began=$(date +%s%N)
    timeout "${TEST_TIMEOUT:-600}" "$@" </dev/null >"$log" 2>&1
    code=$?
    count "$log"
    if [ "$code" != 0 ] && [ "$counted_bad" = 0 ]; then counted_bad=1; fi
    if [ "$code" = 0 ] && [ "$counted_ok" = 0 ]; then counted_bad=1 && echo "ran no test" >>"$log"; fi
    passed=$((passed + counted_ok)) failed=$((failed + counted_bad))
    printf '  %-34s %5d passed %3d failed  %6d ms\n' "$name" "$counted_ok" "$counted_bad" $((($(date +%s%N) - began) / 1000000))
    if [ "$counted_bad" != 0 ]; then
        echo "---- $name (exit $code): the end of $log"
        tail -n 60 "$log"
        echo "----"
    fi
}
for program in "$B"/tests/unit/test_*; do
    [ -x "$program" ] && [ ! -d "$program" ] && case $program in *.d) ;; *) run "$(basename "$program")" "$program" ;; esac
done
for program in "$B"/tests/fuzz/fuzz_*; do
    [ -x "$program" ] && run "$(basename "$program")" "$program"
done
for program in "$B"/tests/sim/sim_*; do
    [ -x "$program" ] && run "$(basename "$program")" "$program" --seeds "$SEEDS"
done
for script in tests/e2e/*.sh tests/conformance/*.py tests/units.sh; do
    [ -x "$script" ] && run "$(basename "$script")" "$script"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
