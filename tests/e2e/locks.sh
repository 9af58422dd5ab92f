#!/bin/bash
# Goal: a house in bad company and bad times: stopped in any order, peers that hang or are dead, settings read again, journal and disk full.
# Method: real processes; each step waits for an exit, an answer or an event. What was acknowledged before is held against the journal after.
# (Exit codes and locks of each program alone: duband.sh, worker.sh.)
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build/release}
. tests/demo/house.sh
. tests/e2e/checks.bash

PATIENCE_S=60
TMPFS=
trap '[ -z "$TMPFS" ] || umount -l "$TMPFS"; house_remove' EXIT
head_of() { ctl status --json --timeout 60000 | sed -nE '1s/.*"head":([0-9]+).*/\1/p'; }
stops() { # stops NAME: told to stop, it does, with exit code 0
    exit_code "$1" TERM
    equal "$1 stops as told" 0 "$CODE"
}
raise() { # raise ID [OPTION…]
    local id=$1
    shift
    ctl publish issue.raised "$@" charter=shenzhen-2020 subject="$id" id="$id" title=一件事 area=纳税 raiser=某企业 time=2026-01-05T09:00:00+08:00
}
raised() { # raised FIRST LAST [TITLE]: reports of as many issues, a line each
    local n
    for n in $(seq "$1" "$2"); do
        printf '{"id":"N-%d","source":"/e2e","type":"issue.raised","subject":"N-%d","charter":"shenzhen-2020","time":"2026-01-05T09:00:00+08:00","data":{"title":"一件事","area":"纳税","detail":"%s"}}\n' "$n" "$n" "${3:-}"
    done
}
is_whole() { ctl verify --journal "$1"; }
# log_awaits NAME PATTERN: its log says so now or in time to come
log_awaits() {
    tail -n +1 -F --pid="${PIDS[$1]}" "$HOUSE/$1.log" 2>/dev/null | timeout "$PATIENCE_S" grep -qE -m 1 -- "$2"
}

# ---- workers first: they wait, and find the broker when it comes ----
workers_start
for role in "${ROLES[@]}"; do
    check "$role waits for the broker" log_awaits "$role" 'no connection to the broker|waits'
done
broker_start
check 'they connect when it is there' house_ready
ctl calendar adopt cn --timeout 60000 >/dev/null || give_up 'no calendar'
ctl charter adopt shenzhen-2020 --timeout 60000 >/dev/null || give_up 'no charter'
check 'and work' raise A-1 --wait --timeout 60000

# ---- a second one of each ----
said=$("$B/bin/duband" --state "$HOUSE/state" --run "$HOUSE/run" 2>&1)
equal 'a second duband: exit code' 3 $?
contains 'a second duband says why' "$said" "another duband holds $HOUSE/run/duband.lock"
said=$("$B/bin/duband" --state "$HOUSE/state" --run "$HOUSE/elsewhere" 2>&1)
equal 'a second duband on the same journal: exit code' 3 $?
contains 'it says why' "$said" "$HOUSE/state/journal.*(lock|another)"
check 'the first one is unharmed' raise A-2 --wait --timeout 60000

# ---- the broker goes and comes ----
stops duband
broker_start
check 'the workers find it again' house_ready
check 'and work' raise A-3 --wait --timeout 60000

# ---- peers that hang ----
kill -STOP "${PIDS[ledger]}"
raised 1 600 >"$HOUSE/many"
contains 'a worker that hangs holds up nobody' "$(ctl publish --json "$HOUSE/many" --timeout 60000 2>&1)" '^accepted 600 \(0 of them before\), refused 0'
check 'its queries go unanswered, and say so' bash -c "! '$B/bin/dubanctl' issues --timeout 200 2>/dev/null"
kill -CONT "${PIDS[ledger]}"
check 'it catches up' house_settled
equal 'and has all issues' 603 "$(ctl issues --json --timeout 60000 | wc -l)"
ctl tail --from 1 --json >/dev/null 2>"$HOUSE/tail.log" &
PIDS[tail]=$!
ctl status --timeout 60000 >/dev/null
kill -STOP "${PIDS[tail]}"
kill -STOP "${PIDS[notifications]}"
head=$(head_of)
stops duband
process_kill notifications KILL 2>/dev/null
process_kill tail KILL 2>/dev/null
for role in coordination tasks deadlines routines supervision bulletins ledger; do stops "$role"; done
contains 'stopped beside peers that hang, the journal is whole' "$(is_whole "$HOUSE/state/journal" 2>&1)" "^whole: $head events"

# ---- settings ----
printf 'log-level: info\nkeys:\n  - name: me\n    uid: %d\n    role: any\n    operate: true\n    types: ["*"]\n    charters: ["*"]\n    units: ["*"]\n' "$(id -u)" >"$HOUSE/duban.yaml"
broker_start --config "$HOUSE/duban.yaml"
workers_start
check 'with a key of its own: all connect' house_ready
check 'what the key grants is taken' raise A-4 --wait --timeout 60000
sed -i 's/types: .*/types: [opinion]/' "$HOUSE/duban.yaml"
kill -HUP "${PIDS[duband]}"
check 'reload' log_awaits duband 'were read again'
said=$(raise A-5 --timeout 60000 2>&1)
equal 'what the key no longer grants: exit code' 1 $?
contains 'it is refused, with the reason' "$said" 'issue\.raised'
printf 'log-level: info\nkeys:\n  - name: me\n    uid: -3\n' >"$HOUSE/duban.yaml"
kill -HUP "${PIDS[duband]}"
check 'reload of a wrong file says where' log_awaits duband "$HOUSE/duban.yaml:4:[0-9]+: "
check 'the settings from before stay' bash -c "! '$B/bin/dubanctl' publish issue.raised charter=shenzhen-2020 subject=A-6 title=x area=纳税 --timeout 60000 2>/dev/null"
contains 'an opinion is still granted' "$(ctl publish opinion.submitted charter=shenzhen-2020 subject=A-4 unit=市税务局 opinion=同意 --timeout 60000 2>&1)" '^accepted as #'
for program in duband 'duban-worker tasks'; do
    # shellcheck disable=SC2086
    said=$("$B"/bin/$program --config "$HOUSE/duban.yaml" --state "$HOUSE/x" --run "$HOUSE/y" 2>&1)
    equal "$program with wrong settings: exit code" 2 $?
    contains "$program says where" "$said" "duban\.yaml:4:[0-9]+: "
done
house_stop

# ---- the journal is full ----
ctl events --json >"$HOUSE/events.json" || give_up 'the table of events cannot be read'
raised 1000 1900 "$(head -c 6000 /dev/zero | tr '\0' x)" >"$HOUSE/large"
split -l 20 -d -a 3 "$HOUSE/large" "$HOUSE/large-"
: >"$HOUSE/refused"
settings() { # settings KEY: VALUE…
    printf 'segment-bytes: 1048576\n' >"$HOUSE/duban.yaml"
    printf '%s\n' "$@" >>"$HOUSE/duban.yaml"
}
begin() { # begin NAME
    broker_start --config "$HOUSE/duban.yaml"
    workers_start
    house_ready || give_up "$1: the house did not come up"
    ctl calendar adopt cn --timeout 60000 >/dev/null || give_up "$1: no calendar"
    ctl charter adopt shenzhen-2020 --timeout 60000 >/dev/null || give_up "$1: no charter"
}
# full NAME COMMAND…: reports go in until there is no room; COMMAND makes room; then all of them are there, once, with their verdicts.
full() {
    local name=$1 said code chunk try
    shift
    for chunk in "$HOUSE"/large-*; do
        said=$(ctl publish --json "$chunk" --timeout 2000 2>&1)
        code=$?
        [ "$code" = 0 ] || break
    done
    equal "$name: the publisher is told: exit code" 3 "$code"
    contains "$name: and how much is not acknowledged" "$said" '[0-9]+ events are not acknowledged'
    for try in {1..50}; do # what room is left is less than a chunk
        said=$(raise "A-$name-$try" --timeout 2000 "detail=$(head -c 16000 /dev/zero | tr '\0' x)" 2>&1)
        code=$?
        [ "$code" = 0 ] || break
    done
    equal "$name: the next one too" 3 "$code"
    contains "$name: with the reason" "$said" 'full'
    check "$name: the broker's log says so" log_awaits duband 'full'
    check "$name: the journal is read as ever" ctl tail --from 1 --stop --timeout 60000
    check "$name: a worker answers as ever" ctl charters --timeout 60000
    "$@"
    contains "$name: with room, all goes in" "$(ctl publish --json "$HOUSE/large" --timeout 60000 2>&1)" '^accepted 901 \([1-9][0-9]* of them before\), refused 0'
    house_settled || bad "$name: everyone catches up"
    ctl tail --from 1 --stop --json --timeout 60000 >"$HOUSE/journal" || bad "$name: the journal cannot be read"
    judged "$name" python3 tests/e2e/judge.py whole "$HOUSE/journal" "$HOUSE/events.json" "$HOUSE/large" "$HOUSE/refused"
    for role in "${ROLES[@]}" duband; do stops "$role"; done
    contains "$name: the chain is whole" "$(is_whole "$HOUSE/state/journal" 2>&1)" '^whole'
}

rm -rf "$HOUSE/state"
settings 'journal-bytes-max: 3145728'
begin quota
more_quota() {
    settings 'journal-bytes-max: 67108864'
    stops duband
    broker_start --config "$HOUSE/duban.yaml"
    house_door
}
full quota more_quota

# ---- a worker's state is full ----
rm -rf "$HOUSE/state"
settings
begin state
stops ledger
settings 'map-bytes-max: 1048576'
worker_start ledger --config "$HOUSE/duban.yaml"
contains 'a worker whose state is full holds up nobody' "$(ctl publish --json "$HOUSE/large" --timeout 60000 2>&1)" '^accepted 901 \(0 of them before\), refused 0'
exit_code ledger
equal 'a full state: exit code' 5 "$CODE"
contains 'a full state: the log says so' "$(tail -n 1 "$HOUSE/ledger.log")" 'map-bytes-max'
worker_start ledger
house_ready || bad 'with more room the worker comes back'
check 'it goes on where it was' house_settled
equal 'and has all issues' 901 "$(ctl issues --json --timeout 60000 | wc -l)"
for role in "${ROLES[@]}" duband; do stops "$role"; done

rm -rf "$HOUSE/state"
mkdir -p "$HOUSE/state/journal"
if mount -t tmpfs -o size=24m duban-e2e "$HOUSE/state/journal" 2>"$HOUSE/mount.log"; then
    TMPFS=$HOUSE/state/journal
    settings
    begin disk
    # Ballast that leaves some 3 MiB.
    room=$(df --output=avail -B1 "$TMPFS" | tail -n 1)
    fallocate -l $((room - 3145728)) "$TMPFS/ballast" || give_up 'no ballast'
    full disk rm "$TMPFS/ballast"
    umount "$TMPFS" && TMPFS=
else
    echo "skipped: a full disk ($(head -n 1 "$HOUSE/mount.log"))"
fi
finish
