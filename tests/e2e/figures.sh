#!/bin/bash
# Goal: for 100 service requests of a real city, deadlines, figures and ranking are those that the city recorded.
# Method: the requests, as reports by a map, run through `dubanctl simulate` and through broker and workers on a replay clock; each deadline is held against the
# target in tests/data/boston-311-100.tsv, the counts and the ranking against the city's.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build/release}
. tests/demo/house.sh
. tests/e2e/checks.bash

DATA=tests/data/boston-311-100.tsv
UNTIL=2022-05-31T00:00:00+00:00
BEGIN=2022-01-01T00:00:00+00:00

ctl import --map tests/data/boston-map.yaml "$DATA" >"$HOUSE/reports" || give_up 'import'
equal 'all requests are in the file' 100 "$(grep -c issue.raised "$HOUSE/reports")"
recorded=$(tests/demo/boston.sh --recorded "$DATA")
equal 'with deadline, on time, late, unresolved, overdue as the city recorded them' '89 72 5 12 12' "$recorded"

# ---- in one process ----
ctl events --json >"$HOUSE/events.json" || give_up 'the table of events cannot be read'
check 'simulate' ctl simulate --charter boston-311 --reports "$HOUSE/reports" --until "$UNTIL" --json
ctl simulate --charter boston-311 --reports "$HOUSE/reports" --until "$UNTIL" --json >"$HOUSE/simulated" 2>/dev/null
judged 'simulated' python3 tests/e2e/judge.py whole "$HOUSE/simulated" "$HOUSE/events.json"
judged 'simulated: targets' python3 tests/e2e/judge.py targets "$HOUSE/simulated" "$DATA"

# ---- in the daemons ----
broker_start --replay
workers_start
house_ready || give_up 'the house did not come up'
check 'calendar' ctl calendar adopt boston --time "$BEGIN" --timeout 60000
check 'charter' ctl charter adopt boston-311 --time "$BEGIN" --timeout 60000
contains 'every request is accepted' "$(ctl import --map tests/data/boston-map.yaml "$DATA" --publish --timeout 60000 2>&1)" \
    "^accepted $(wc -l <"$HOUSE/reports") \\(0 of them before\\), refused 0, unreadable 0$"
check 'time moves on' ctl advance "$UNTIL" --timeout 60000
check 'everyone catches up' house_settled
ctl tail --from 1 --stop --json --timeout 60000 >"$HOUSE/journal" || bad 'the journal cannot be read'
judged 'journal' python3 tests/e2e/judge.py whole "$HOUSE/journal" "$HOUSE/events.json"
judged 'journal: targets' python3 tests/e2e/judge.py targets "$HOUSE/journal" "$DATA"

# figures OF FIELD…: the ledger's answer, a line a row
figures() {
    local of=$1
    shift
    ctl figures --charter boston-311 --of "$of" --json --timeout 60000 | python3 -c '
import json, sys
for line in sys.stdin:
    row = json.loads(line)
    print(*(row.get(field, "-") for field in sys.argv[1:]))' "$@"
}
equal 'the totals' "$recorded" "$(figures all withdeadline kept late unresolved overdue)"
equal 'the ranking' "ISD 1 10000
PARK 1 10000
BTDT 3 9629
PWDx 4 9024" "$(figures area name rank share | grep -v -- - | head -n 4)"
equal 'the cases' "BTDT 31 31 26 1 4 4
GEN_ 2 0 0 0 0 0
INFO 4 0 0 0 0 0
ISD 8 8 6 0 2 2
PARK 3 3 3 0 0 0
PROP 3 3 0 0 3 3
PWDx 49 44 37 4 3 3" "$(figures area name count withdeadline kept late unresolved overdue | sort)"
for role in "${ROLES[@]}" duband; do
    exit_code "$role" TERM
    equal "$role stops as told" 0 "$CODE"
done
check 'the chain is whole' ctl verify --journal "$HOUSE/state/journal"
finish
