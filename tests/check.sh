#!/bin/bash
# What `make check` does once its packages are there: clean builds in gcc and clang, the lint, then every test under
# ASan and UBSan, and most of the simulator's seeds and the five logs without, for they cost a third there. The last line is the sum.
set -u
cd "$(dirname "$0")/.." || exit 2
export LC_ALL=C.UTF-8
jobs=${JOBS:-$(nproc)}
say() { printf '\n== %s\n' "$*"; }
build() {
    local log
    log=$(mktemp)
    if ! make --no-print-directory -s -j"$jobs" WERROR=-Werror "$@" >"$log" 2>&1; then
        tail -n 40 "$log"
        rm -f "$log"
        echo "the build failed: $*"
        echo "0 passed, 1 failed"
        exit 1
    fi
    rm -f "$log"
}
say "gcc, release"
build FLAVOUR=release all sims
say "clang"
build FLAVOUR=clang all
say "gcc with ASan and UBSan"
build FLAVOUR=asan all tests
say "lint"
lint_out=$(./tests/lint.sh 2>&1)
lint_code=$?
echo "$lint_out" | tail -n 60
say "tests (ASan and UBSan; three quarters of the simulator's seeds in release)"
out=$(mktemp)
trap 'rm -f "$out"' EXIT
B=build/asan SIM_BUILD=build/release SEEDS=${SEEDS:-64} ./tests/run.sh | tee "$out"
code=${PIPESTATUS[0]}
say "five logs (release)"
logs=$(mktemp)
trap 'rm -f "$out" "$logs"' EXIT
B=build/release ./tests/logs/run.sh | tee "$logs"
logs_code=${PIPESTATUS[0]}
sum() { grep -oE "[0-9]+ $1" | tail -n 1 | cut -d' ' -f1; }
total() { echo $(($(tail -n 1 "$out" | sum "$1") + $(tail -n 1 "$logs" | sum "$1") + $(echo "$lint_out" | tail -n 1 | sum "$1"))); }
ok=$(total passed)
bad=$(total failed)
echo
echo "$ok passed, $bad failed"
[ "$code" = 0 ] && [ "$logs_code" = 0 ] && [ "$lint_code" = 0 ] && [ "$bad" = 0 ]
