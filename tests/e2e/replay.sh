#!/bin/bash
# Goal: on a replay clock the outcomes follow from the reports alone: not from which process was fast, nor from which one died.
# Method: the same reports run through `dubanctl simulate`, through broker and workers, through them again, and through them with processes
# killed (-9) on the way; all come to the same outcomes, each traced to its cause, sequence numbers aside.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build/release}
. tests/demo/house.sh
. tests/e2e/checks.bash

PATIENCE_S=60 # without any event: something hangs
UNTIL=2020-04-10T00:00:00+08:00

ctl charter show shenzhen-2020 --json >"$HOUSE/charter.json" || give_up 'the charter cannot be read'
ctl events --json >"$HOUSE/events.json" || give_up 'the table of events cannot be read'
python3 tests/e2e/reports.py "$HOUSE/charter.json" "$HOUSE/made" issues=12 seed=7 together=yes step=160 || give_up 'no reports'

# What the door refuses makes no event: `simulate` says so with exit code 1 and goes on.
ctl simulate --charter shenzhen-2020 --reports "$HOUSE/made.issues" --until "$UNTIL" --json >"$HOUSE/simulated" 2>"$HOUSE/simulated.errors"
[ $? -le 1 ] || give_up 'dubanctl simulate' "$(cat "$HOUSE/simulated.errors")"
judged 'simulated' python3 tests/e2e/judge.py whole "$HOUSE/simulated" "$HOUSE/events.json"
# All reports of that run, those of the calendar and the charter too.
python3 tests/e2e/judge.py reports "$HOUSE/simulated" "$HOUSE/events.json" >"$HOUSE/reports" || give_up 'no reports in the journal'
count=$(wc -l <"$HOUSE/reports")

house_begin() { # house_begin NAME: a house of its own
    rm -rf "$HOUSE/state" "$HOUSE/run"
    broker_start --replay
    workers_start
    house_ready || give_up "$1: the house did not come up"
}
house_end() { # house_end NAME: time runs on, the journal is printed, all stop
    ctl advance "$UNTIL" --timeout 60000 || bad "$1: time does not move on"
    house_settled || bad "$1: the workers do not catch up"
    ctl tail --from 1 --stop --json --timeout 60000 >"$HOUSE/$1" || bad "$1: the journal cannot be read"
    judged "$1" python3 tests/e2e/judge.py whole "$HOUSE/$1" "$HOUSE/events.json"
    judged "$1 and simulated" python3 tests/e2e/judge.py same "$HOUSE/simulated" "$HOUSE/$1"
    for role in "${ROLES[@]}" duband; do
        exit_code "$role" TERM
        equal "$1: $role stops as told" 0 "$CODE"
    done
    check "$1: the chain is whole" ctl verify --journal "$HOUSE/state/journal"
}

for run in first second; do
    house_begin "$run"
    equal "$run: every report is accepted" "accepted $count (0 of them before), refused 0, unreadable 0" \
        "$(ctl publish --json "$HOUSE/reports" --timeout 60000 2>&1 | tail -n 1)"
    house_end "$run"
done

# The third run: as the journal grows, each process dies in turn. The publisher sends on what it has no answer to.
house_begin third
exec {journal}< <(exec "$B/bin/dubanctl" tail --from 1 --json --timeout 60000 2>"$HOUSE/tail.log")
PIDS[tail]=$!
ctl publish --json "$HOUSE/reports" --timeout 60000 --quiet >"$HOUSE/publisher" 2>&1 &
publisher=$!
seen=0 kills=0 last=$(tail -n 1 "$HOUSE/reports" | sed -E 's/.*"id": ?"([^"]+)".*/\1/')
VICTIMS=(tasks deadlines routines coordination duband ledger bulletins supervision deadlines notifications coordination tasks)
while IFS= read -rt "$PATIENCE_S" line <&"$journal"; do
    seen=$((seen + 1))
    case $line in *"\"id\":\"$last\""*) break ;; esac
    [ $((seen % 61)) = 0 ] || continue
    victim=${VICTIMS[kills % ${#VICTIMS[@]}]}
    kills=$((kills + 1))
    exit_code "$victim" KILL 2>/dev/null
    [ "$CODE" = 137 ] || bad "$victim was gone before it was killed: exit code $CODE"
    if [ "$victim" = duband ]; then broker_start --replay; else worker_start "$victim"; fi
done
check 'third: processes died on the way' [ "$kills" -ge 10 ]
wait "$publisher"
ended 'third: the publisher comes to its end' $?
process_kill tail
exec {journal}<&-
house_ready || bad 'third: the last who died come back'
house_end third
echo "$count reports, $(wc -l <"$HOUSE/third") events, $kills processes were killed"
finish
