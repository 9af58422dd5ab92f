# checks.bash - sourced by the end-to-end tests: counts checks, says where one fails, ends with `N passed, N failed`.

passed=0 failed=0
export PYTHONDONTWRITEBYTECODE=1 # the source tree may belong to someone else
good() { passed=$((passed + 1)); }
bad() { # bad NAME [DETAIL…]
    failed=$((failed + 1))
    printf 'FAILED %s\n' "$1" >&2
    shift
    [ $# -eq 0 ] || printf '%s\n' "$@" | head -n 40 | sed 's/^/    /' >&2
}
check() { # check NAME COMMAND…: passes if it succeeds; else prints what it printed. The command runs in a subshell: none that starts or ends processes
    local name=$1 out
    shift
    if out=$("$@" 2>&1); then good; else bad "$name" "$out"; fi
}
ended() { # ended NAME CODE: passes if the code is 0
    if [ "$2" = 0 ]; then good; else bad "$1" "exit code $2"; fi
}
equal() { # equal NAME WANTED GOT
    if [ "$2" = "$3" ]; then good; else bad "$1" "wanted: $2" "got:    $3"; fi
}
contains() { # contains NAME TEXT PATTERN (an extended regular expression)
    if grep -qE -- "$3" <<<"$2"; then good; else bad "$1" "no \"$3\" in:" "$2"; fi
}
same() { # same NAME FILE FILE
    local out
    if out=$(diff "$2" "$3" 2>&1); then good; else bad "$1" "$out"; fi
}
# judged NAME COMMAND…: a helper that counts checks of its own; its last line is `N passed, N failed`
judged() {
    local name=$1 out
    shift
    if ! out=$("$@" 2>&1); then printf 'FAILED %s\n%s\n' "$name" "$(head -n 40 <<<"$out")" >&2; fi
    if [[ $(tail -n 1 <<<"$out") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
        passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
    else
        bad "$name: no verdict" "$out"
    fi
}
give_up() { # give_up WHY: nothing further can be tested
    bad "$@"
    finish
}
finish() {
    sanitizer_check
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
    exit
}
# Whatever a process of the house wrote before it went: no sanitizer's report, no failed assertion.
sanitizer_check() {
    local found
    found=$(grep -lE 'ERROR: (Address|Leak)Sanitizer|runtime error:|assertion .*failed|ASSERT' "$HOUSE"/*.log 2>/dev/null)
    if [ -z "$found" ]; then good; else bad 'a process complains' "$(for log in $found; do echo "$log"; grep -m1 -A25 -E 'Sanitizer|runtime error|[Aa]ssert|ASSERT' "$log"; done)"; fi
}
# exit_code NAME [SIGNAL]: signals it, waits until it is gone, says its exit code
exit_code() {
    local pid=${PIDS[$1]} code
    [ $# -lt 2 ] || kill "-$2" "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    code=$?
    unset "PIDS[$1]"
    CODE=$code
}
