#!/bin/bash
# Runs every test program of one build ($B), $JOBS at a time, and adds up what they counted. Prints a line a program, the end of the
# output of those that fail, and `N passed, N failed` last. Three quarters of the simulator's seeds ($SEEDS) run in $SIM_BUILD.
set -u
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.." || exit 2
export B=${B:-build/release}
SIM_BUILD=${SIM_BUILD:-$B} SEEDS=${SEEDS:-64} JOBS=${JOBS:-$(nproc)}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:strict_string_checks=1:allocator_may_return_null=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
logs=$B/logs
rm -rf "$logs"
mkdir -p "$logs"

# one NAME COMMAND…: runs it; leaves NAME.log and NAME.sum ("passed failed milliseconds exit-code")
one() {
    local name=$1 log=$logs/$1.log began code ok bad
    shift
    began=$(date +%s%N)
    timeout "${TEST_TIMEOUT:-900}" "$@" </dev/null >"$log" 2>&1
    code=$?
    # cmocka's lines, or `N passed, N failed`
    ok=$(sed -nE 's/^\[  PASSED  \] ([0-9]+) test.*/\1/p; s/^(.*[^0-9])?([0-9]+) passed, [0-9]+ failed.*/\2/p' "$log" | tail -n 1)
    bad=$(sed -nE 's/^\[  FAILED  \] ([0-9]+) test.*/\1/p; s/^(.*[^0-9])?[0-9]+ passed, ([0-9]+) failed.*/\2/p' "$log" | tail -n 1)
    ok=${ok:-0} bad=${bad:-0}
    if [ "$code" != 0 ] && [ "$bad" = 0 ]; then bad=1; fi
    if [ "$code" = 0 ] && [ "$ok" = 0 ] && ! grep -q '^skipped: ' "$log"; then
        bad=1
        echo 'ran no test' >>"$log"
    fi
    echo "$ok $bad $((($(date +%s%N) - began) / 1000000)) $code" >"$logs/$name.sum"
}
export -f one
export logs

# The list: a name and a command a line; what takes longest first, so that nobody waits for it alone at the end.
list() {
    local program script slice=$(((SEEDS + 3) / 4)) part
    for part in 0 1 2 3; do
        for program in "$([ $part = 0 ] && echo "$B" || echo "$SIM_BUILD")"/tests/sim/sim_*; do
            echo "$(basename "$program")-$((part * slice + 1)) $program --first $((part * slice + 1)) --seeds $slice"
        done
    done
    for script in tests/e2e/*.sh tests/conformance/*.py tests/units.sh; do
        [ -x "$script" ] && echo "$(basename "$script") $script"
    done
    for program in "$B"/tests/unit/test_* "$B"/tests/fuzz/fuzz_*; do
        [ -x "$program" ] && [ -f "$program" ] && echo "$(basename "$program") $program"
    done
}
# shellcheck disable=SC2016
list | xargs -P "$JOBS" -d '\n' -I{} bash -c 'read -ra words <<<"$1"; one "${words[@]}"' _ {}

passed=0 failed=0
while read -r name _; do
    read -r ok bad ms code <"$logs/$name.sum" || { ok=0 bad=1 ms=0 code=none; }
    passed=$((passed + ok)) failed=$((failed + bad))
    printf '  %-34s %5d passed %3d failed  %7d ms\n' "$name" "$ok" "$bad" "$ms"
    grep '^skipped: ' "$logs/$name.log" | sed 's/^/      /'
    [ "$bad" = 0 ] && continue
    echo "---- $name (exit $code): the end of $logs/$name.log"
    tail -n 60 "$logs/$name.log"
    echo '----'
done < <(list)
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
