#!/bin/bash
# duband as a process: exit codes, locks, signals, and what it tells the service manager. A small listener stands in for systemd;
# each step waits for the message or the exit that it is about.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build/release}
house=$(mktemp -d "${TMPDIR:-/tmp}/duban-e2e.XXXXXX")
pid=
cleanup() {
    [ -n "$pid" ] && kill -KILL "$pid" 2>/dev/null
    rm -rf "$house"
}
trap cleanup EXIT
passed=0 failed=0
verdict() { # verdict NAME CODE
    if [ "$2" = 0 ]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "failed: $1"
        tail -n 20 "$house/log"
    fi
}

# ---- the service manager's side of sd_notify: a line a message ----
exec 3< <(exec python3 -u -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound")
while True:
    for line in s.recv(65536).decode().splitlines():
        print(line)' "$house/notify")
listener=$!
trap 'kill "$listener" 2>/dev/null; cleanup' EXIT
await() { # await PATTERN: reads messages until one matches
    local line
    while read -rt 60 line <&3; do
        [[ $line == $1 ]] && return 0
    done
    echo "no $1 came"
    return 1
}
await bound || exit 1
start() { # start OPTION…
    NOTIFY_SOCKET=$house/notify "$B/bin/duband" --state "$house/state" --run "$house/run" "$@" 2>>"$house/log" &
    pid=$!
}
exits() { # exits CODE COMMAND…: runs it to its end
    local wanted=$1 code
    shift
    timeout 60 "$@" >"$house/out" 2>&1
    code=$?
    [ "$code" = "$wanted" ] || { echo "exit $code, wanted $wanted: $*"; tail -n 5 "$house/out"; return 1; }
}
says() { grep -q -- "$1" "$house/out" || { echo "not said: $1"; cat "$house/out"; return 1; }; }

# ---- arguments and settings ----
exits 0 "$B/bin/duband" --help && says '--replay'
verdict '--help' $?
exits 0 "$B/bin/duband" --version && says '^duband [0-9]'
verdict '--version' $?
exits 2 "$B/bin/duband" --nonsense
exits 2 "$B/bin/duband" --stat "$house/state" && says '"--stat" is no option'
verdict 'an unknown option' $?
exits 2 "$B/bin/duband" surplus && says surplus
verdict 'a surplus word' $?
printf 'clock: live\nkeys:\n  - name: x\n    uid: 1\n    role: clerk\n' >"$house/wrong.yaml"
exits 2 "$B/bin/duband" --config "$house/wrong.yaml" --state "$house/state" --run "$house/run" && says 'wrong.yaml:5:'
verdict 'wrong settings, with their place' $?
exits 2 "$B/bin/duband" --state "$house/state" --run "$house/$(printf 'r%.0s' {1..120})" && says 107
verdict 'a run directory too long for a socket' $?

# ---- ready, locked, alone ----
printf 'log-level: info\n' >"$house/duban.yaml"
start --config "$house/duban.yaml"
await 'READY=1'
verdict 'READY when the doors are open' $?
[ -S "$house/run/publish.sock" ] && [ "$(stat -c %a "$house/run/publish.sock")" = 660 ]
verdict 'sockets for owner and group' $?
inode=$(stat -c %i "$house/run/publish.sock")
exits 3 "$B/bin/duband" --state "$house/other" --run "$house/run" && [ "$(stat -c %i "$house/run/publish.sock")" = "$inode" ]
verdict 'a second daemon does not take the sockets' $?
exits 3 "$B/bin/duband" --state "$house/state" --run "$house/run2"
verdict 'a second daemon does not take the journal' $?
await 'STATUS=head 0, 0 sessions'
verdict 'STATUS' $?

# ---- reload ----
printf 'log-level: debug\n' >"$house/duban.yaml"
kill -HUP "$pid"
await 'RELOADING=1' && await 'READY=1'
verdict 'reload' $?
printf 'log-level: loud\n' >"$house/duban.yaml"
kill -HUP "$pid"
await 'RELOADING=1' && await 'STATUS=reload failed*' && kill -0 "$pid"
verdict 'a wrong file leaves the settings in force' $?

# ---- stopping and dying ----
kill -TERM "$pid"
await 'STOPPING=1' && wait "$pid"
verdict 'SIGTERM: stops with code 0' $?
WATCHDOG_USEC=200000 start
await 'READY=1' && await 'WATCHDOG=1' && await 'WATCHDOG=1'
verdict 'feeds the watchdog' $?
kill -KILL "$pid"
wait "$pid" 2>/dev/null
start --replay
await 'READY=1'
verdict 'starts again after kill -9' $?
kill -INT "$pid"
wait "$pid"
verdict 'SIGINT: stops with code 0' $?
pid=
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
