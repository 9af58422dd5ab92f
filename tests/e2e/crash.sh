#!/bin/bash
# Goal: whatever is killed, and whenever, nothing that was acknowledged is lost, nothing happens twice, and everything gets its verdict.
# Method: offices' reports go in through dubanctl while the broker and each worker are killed (-9) over and over, each time when the journal
# has grown by some events; then the journal is judged, and states made anew from it must answer as the old ones did.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build/release}
. tests/demo/house.sh
. tests/e2e/checks.bash

ROUNDS=${ROUNDS:-6} # how often each process is killed while reports come in
CHUNK=12            # lines of one `dubanctl publish`
PATIENCE_S=60       # without any event: something hangs

ctl charter show shenzhen-2020 --json >"$HOUSE/charter.json" || give_up 'the charter cannot be read'
ctl events --json >"$HOUSE/events.json" || give_up 'the table of events cannot be read'
python3 tests/e2e/reports.py "$HOUSE/charter.json" "$HOUSE/reports" issues=20 "first=$(date +%F)T08:00" step=1 || give_up 'no reports'

# ---- reports go in, whatever becomes of the publisher and the broker ----

# publish_chunk FILE: until it was acknowledged or refused, line by line
publish_chunk() {
    local code
    while :; do
        ctl publish --json "$1" --timeout 60000 --quiet 2>>"$HOUSE/refused"
        code=$?
        [ "$code" -le 1 ] && return
        read -rt 0.05 <> <(:) || : # the broker is being started
    done
}
# publish_all FILE NAME: chunk by chunk; every fourth is begun by a publisher that is killed. A report named NAME comes last.
publish_all() {
    local chunk number=0 pid
    split -l "$CHUNK" -d -a 4 "$1" "$HOUSE/chunk-$2-"
    for chunk in "$HOUSE/chunk-$2-"*; do
        number=$((number + 1))
        if [ $((number % 4)) = 0 ]; then
            ctl publish --json "$chunk" --timeout 60000 --quiet 2>/dev/null &
            pid=$!
            ctl limits >/dev/null # as long as another program takes to start and end
            kill -KILL "$pid" 2>/dev/null
            wait "$pid" 2>/dev/null
        fi
        publish_chunk "$chunk"
    done
    printf '{"id":"last-%s","source":"/e2e","type":"post.filled","charter":"shenzhen-2020","time":"2020-01-20T08:00:00Z","data":{"post":"office.head","person":"%s"}}\n' "$2" "$2" >"$HOUSE/last-$2"
    publish_chunk "$HOUSE/last-$2"
}

# ---- killing ----

restart() { if [ "$1" = duband ]; then broker_start; else worker_start "$1"; fi; }
kill_and_restart() {
    exit_code "$1" KILL 2>/dev/null
    [ "$CODE" = 137 ] || bad "$1 was gone before it was killed: exit code $CODE"
    restart "$1"
    kills=$((kills + 1)) deaths[$1]=$((${deaths[$1]:-0} + 1))
}
# The journal as it grows, read by one subscriber all along: its connection survives the broker's deaths too. Every few events the next
# process of the row is killed; the gaps differ, so that the deaths fall on all stages. Ends when the report `last-NAME` has its verdict.
GAPS=(2 9 17 4 23 1 13 31 6 19)
VICTIMS=(coordination tasks duband deadlines routines ledger coordination supervision bulletins notifications tasks deadlines)
kill_by_progress() { # kill_by_progress NAME KILLS-MAX
    local line seen=0 next=${GAPS[0]} turn=0 last=''
    while IFS= read -rt "$PATIENCE_S" line <&"$journal"; do
        seen=$((seen + 1))
        if [ "$seen" -ge "$next" ] && [ "$turn" -lt "$2" ]; then
            kill_and_restart "${VICTIMS[turn % ${#VICTIMS[@]}]}"
            # now and then the next one along with it, and the one just started before it is connected
            [ $((turn % 7)) = 3 ] && kill_and_restart "${VICTIMS[(turn + 1) % ${#VICTIMS[@]}]}"
            [ $((turn % 9)) = 5 ] && kill_and_restart "${VICTIMS[turn % ${#VICTIMS[@]}]}"
            turn=$((turn + 1))
            next=$((seen + GAPS[turn % ${#GAPS[@]}]))
        fi
        case $line in
        *"\"id\":\"last-$1\""*) last=${line##*\"seq\":} last=${last%%[,\}]*} ;;
        *"\"cause\":$last,"*) [ -n "$last" ] && return 0 ;;
        esac
    done
    return 1
}

# ---- what the house answers ----

answers() { # answers FOLDER
    local view
    mkdir -p "$1"
    for view in issues tasks deadlines figures units posts charters bulletins; do
        ctl "$view" --json --timeout 60000 >"$1/$view" 2>"$1/$view.errors" || cat "$1/$view.errors"
    done
    for subject in WT-01 WT-02 WT-04 WT-05 WT-02/task/1; do
        ctl why "$subject" --json --timeout 60000 >"$1/why-${subject//\//-}" 2>/dev/null
        ctl show "$subject" --json --timeout 60000 >"$1/show-${subject//\//-}" 2>/dev/null
    done
}
head_of() { ctl status --json | sed -nE '1s/.*"head":([0-9]+).*/\1/p'; }
journal_print() { ctl tail --from 1 --stop --json --timeout 60000 >"$HOUSE/journal.jsonl"; }

kills=0
declare -A deaths=()
broker_start
workers_start
house_ready || give_up 'the house did not come up'
ctl calendar adopt cn --timeout 60000 >/dev/null || give_up 'no calendar'
ctl charter adopt shenzhen-2020 --timeout 60000 >/dev/null || give_up 'no charter'
exec {journal}< <(exec "$B/bin/dubanctl" tail --from 1 --json --timeout 60000 2>"$HOUSE/tail.log")
PIDS[tail]=$!

for phase in issues tasks; do
    publish_all "$HOUSE/reports.$phase" "$phase" &
    publisher=$!
    kill_by_progress "$phase" $((ROUNDS * ${#VICTIMS[@]} / 2))
    ended "$phase: the journal is read on to the last verdict" $?
    wait "$publisher"
    ended "$phase: the publisher comes to its end" $?
    check "$phase: everyone catches up" house_settled
done
process_kill tail
exec {journal}<&-
for name in duband "${ROLES[@]}"; do
    check "$name died often" [ "${deaths[$name]:-0}" -ge 3 ]
done

# Everything again: nothing is accepted a second time.
cat "$HOUSE/reports.issues" "$HOUSE/last-issues" "$HOUSE/reports.tasks" "$HOUSE/last-tasks" >"$HOUSE/sent"
head=$(head_of)
again=$(ctl publish --json "$HOUSE/sent" --timeout 60000 2>"$HOUSE/refused-again")
contains 'all was accepted before' "$again" '^accepted ([0-9]+) \(\1 of them before\)'
check 'everyone catches up' house_settled
equal 'and the journal does not grow' "$head" "$(head_of)"

check 'some were refused at the door' grep -q 'only workers publish it' "$HOUSE/refused"
check 'the journal is read' journal_print
judged 'the journal' python3 tests/e2e/judge.py whole "$HOUSE/journal.jsonl" "$HOUSE/events.json" "$HOUSE/sent" "$HOUSE/refused"

# States made anew from the journal answer as those did that lived through it, and decide nothing again.
check 'answers' answers "$HOUSE/before"
head=$(head_of)
for role in "${ROLES[@]}"; do
    exit_code "$role" TERM
    equal "$role stops" 0 "$CODE"
    rm -rf "$HOUSE/state/workers/$role"
    worker_start "$role"
done
house_ready || give_up 'the workers do not come back'
check 'rebuilt: everyone catches up' house_settled
check 'rebuilt: answers' answers "$HOUSE/after"
same 'rebuilt: the same answers' "$HOUSE/before" "$HOUSE/after"
equal 'rebuilt: nothing is decided again' "$head" "$(head_of)"
for role in "${ROLES[@]}"; do
    check "dubanctl rebuild $role" ctl rebuild "$role" --timeout 60000
done
check 'rebuilt by command: everyone catches up' house_settled
check 'rebuilt by command: answers' answers "$HOUSE/again"
same 'rebuilt by command: the same answers' "$HOUSE/before" "$HOUSE/again"
equal 'rebuilt by command: nothing is decided again' "$head" "$(head_of)"

for role in "${ROLES[@]}" duband; do
    exit_code "$role" TERM
    equal "$role stops as told" 0 "$CODE"
done
contains 'the chain is whole' "$(ctl verify --journal "$HOUSE/state/journal" 2>&1)" "^whole: $head events"
echo "$kills processes were killed; $head events"
finish
