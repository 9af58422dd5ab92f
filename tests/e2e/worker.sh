#!/bin/bash
# Goal: duban-worker as a process keeps its manual's word: exit codes, one instance a role, one journal a state, readiness, rebuilding
# while it runs. Method: real processes, each step waits for the exit, message or answer that it is about.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build/release}
. tests/demo/house.sh
. tests/e2e/checks.bash

exits() { # exits CODE ARGUMENT…: duban-worker to its end; what it said is in $SAID
    local wanted=$1 code
    shift
    SAID=$(timeout 60 "$B/bin/duban-worker" "$@" 2>&1)
    code=$?
    equal "exit code of: duban-worker $*" "$wanted" "$code"
}
here=(--state "$HOUSE/state" --run "$HOUSE/run")

# ---- arguments ----
exits 0 --help
contains 'help names the roles' "$SAID" 'coordination, tasks'
exits 0 --version
contains 'a version' "$SAID" '^duban-worker [0-9]'
exits 2
contains 'which role' "$SAID" 'which role'
exits 2 clerk
contains 'no such role' "$SAID" 'no such role'
exits 2 tasks --bogus
exits 2 tasks --state
exits 2 tasks --config /nonexistent.yaml
exits 2 tasks --endpoint tcp://127.0.0.1:1 "${here[@]}"

# ---- at work, and ready when it is: not before the broker is there ----
exec 3< <(exec python3 -u -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound")
while True:
    for line in s.recv(65536).decode().splitlines():
        print(line)' "$HOUSE/notify")
listener=$!
trap 'kill "$listener" 2>/dev/null; house_remove' EXIT
await() { # await PATTERN: reads what the service manager is told until it matches; what came before it is in $CAME
    local line
    CAME=
    while read -rt 60 line <&3; do
        [[ $line == $1 ]] && return 0
        CAME+="$line "
    done
    return 1
}
await bound || give_up 'no listener'
NOTIFY_SOCKET=$HOUSE/notify worker_start ledger
check 'a worker without a broker asks for time' await 'EXTEND_TIMEOUT_USEC=*'
broker_start --replay
await READY=1 || bad 'a worker that is at work is ready'
contains 'it waited for the broker' "x$CAME" '^x(EXTEND_TIMEOUT_USEC=[0-9]+ |STATUS=.*)*$'
kill "$listener"
exec 3<&-
trap house_remove EXIT
for role in "${ROLES[@]}"; do [ "$role" = ledger ] || worker_start "$role"; done
house_ready || give_up 'the house did not come up'
ctl calendar adopt cn --known 2020-01-06 --time 2020-01-06T08:00:00+08:00 --timeout 60000 >/dev/null || give_up 'calendar'
ctl charter adopt shenzhen-2020 --time 2020-01-06T08:30:00+08:00 --timeout 60000 >/dev/null || give_up 'charter'
publish() { # publish TYPE SUBJECT KEY=VALUE…
    local type=$1 subject=$2
    shift 2
    ctl publish "$type" --wait --quiet --timeout 60000 charter=shenzhen-2020 time=2020-01-07T09:00:00+08:00 subject="$subject" "$@"
}
publish issue.raised A title=税费申报不便 area=纳税 raiser=某企业 >/dev/null || bad 'issue.raised'
publish opinion.requested A units=市财政局 >/dev/null || bad 'opinion.requested'
house_settled || give_up 'the workers did not catch up'
contains 'a notification is in its file' "$(cat "$HOUSE"/state/out/notifications/*.txt)" '请就问题“税费申报不便”提出意见：市财政局（A）'

# ---- one process a state, one instance a role ----
exits 4 tasks "${here[@]}"
contains 'the state is taken' "$SAID" 'another process|in use|lock'
"$B/bin/duban-worker" tasks --state "$HOUSE/other" --run "$HOUSE/run" 2>>"$HOUSE/newer.log" &
newer=$!
exit_code tasks
equal 'the older instance is fenced off' 3 "$CODE"
PIDS[tasks]=$newer
house_ready && house_settled || bad 'the newer instance is not at work'
exit_code tasks TERM
equal 'an orderly stop' 0 "$CODE"
worker_start tasks
house_ready && house_settled || bad 'the first state is not at work again'

# ---- made again while it runs: the same answers ----
before=$(ctl issues --json; ctl deadlines --json; ctl show A --json)
for role in ledger coordination deadlines; do
    check "rebuild $role" ctl rebuild "$role" --timeout 60000
done
house_settled || bad 'the rebuilt workers did not catch up'
after=$(ctl issues --json; ctl deadlines --json; ctl show A --json)
equal 'a register made again answers as before' "$before" "$after"
contains 'it answers something' "$after" '"id":"A"'

# ---- a notice that cannot be delivered yet is not lost by making the state anew ----
boxes=$HOUSE/state/out/notifications
mv "$boxes" "$HOUSE/kept"
: >"$boxes" # nothing can be appended below a file
publish opinion.requested A units=市税务局 >/dev/null || bad 'opinion.requested of 市税务局'
house_settled || bad 'the workers did not catch up'
refused=$(ctl rebuild notifications --timeout 60000 2>&1)
check 'rebuild is refused while a notice waits' test $? -ne 0
contains 'and says why' "$refused" 'wait to be delivered'
rm "$boxes"
mv "$HOUSE/kept" "$boxes"
check 'rebuild delivers what waits first' ctl rebuild notifications --timeout 60000
contains 'the notice came' "$(cat "$boxes"/*.txt)" '请就问题“税费申报不便”提出意见：市税务局'

# ---- the broker goes and comes: the workers stay ----
pid=${PIDS[coordination]}
process_kill duband KILL
broker_start --replay
house_ready && house_settled || bad 'the workers did not find the broker again'
check 'the worker lives' kill -0 "$pid"
contains 'it says that it is connected again' "$(tail -n 2 "$HOUSE/coordination.log")" \
    'NOTICE .*coordination: connected again, at event [0-9]+, after [0-9]+ s'
equal 'it complains once while the cause stays' '' "$(grep -o 'no connection to the broker ([^)]*)' "$HOUSE/coordination.log" | sort | uniq -d)"
contains 'the broker notes workers' "$(cat "$HOUSE/duband.log")" 'NOTICE .*session [0-9]+ of worker/coordination'
equal 'and not each dubanctl' '' "$(grep 'session [0-9]* of uid' "$HOUSE/duband.log")"
publish issue.raised B title=另一件 area=纳税 raiser=某企业 >/dev/null || bad 'a verdict after the broker came back'

# ---- a damaged journal: said once, with a code of its own ----
house_stop
segment=$HOUSE/state/journal/segments/00000000000000000001.seg
byte=$(od -An -tu1 -j 4300 -N 1 "$segment")
printf "\\$(printf %o $((byte ^ 1)))" | dd of="$segment" bs=1 seek=4300 conv=notrunc status=none
broker_start --replay
exits 6 tasks --state "$HOUSE/fresh" --run "$HOUSE/run"
contains 'which entry' "$SAID" 'ERROR .*tasks: .*damaged: entry [0-9]+ at byte'
equal 'said once' 1 "$(grep -c damaged <<<"$SAID")"
printf "\\$(printf %o "$byte")" | dd of="$segment" bs=1 seek=4300 conv=notrunc status=none

# ---- one journal a state ----
house_stop
"$B/bin/duband" --state "$HOUSE/elsewhere" --run "$HOUSE/run" --replay 2>>"$HOUSE/duband.log" &
PIDS[duband]=$!
exits 4 tasks "${here[@]}"
contains 'which journal' "$SAID" 'belongs to journal'

finish
