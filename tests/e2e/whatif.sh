#!/bin/bash
# Goal: `dubanctl whatif` and `charter adopt --dry-run` read a journal beside the broker that writes it, say what would be otherwise, and
# leave no trace.
# Method: a broker and all workers on a replay clock take in a short story; both commands run beside them and on a copy, with the same
# answer; then the charter is adopted in earnest, and each issue meets what the dry run said.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build/release}
. tests/demo/house.sh
. tests/e2e/checks.bash

CHARTER=$DUBAN_CONFIG/charters/shenzhen-2020.yaml
JOURNAL=$HOUSE/state/journal
say() { # say TIME TYPE SUBJECT KEY=VALUE…
    local at=$1 type=$2 subject=$3
    shift 3
    ctl publish "$type" --wait --quiet --timeout 60000 charter=shenzhen-2020 time="$at:00+08:00" subject="$subject" "$@" >"$HOUSE/said" 2>&1
}

broker_start --replay
workers_start
house_ready || give_up 'the house did not come up'
check 'calendar' ctl calendar adopt cn --known 2020-02-03 --time 2020-02-03T08:00:00+08:00 --timeout 60000
check 'charter' ctl charter adopt "$CHARTER" --time 2020-02-03T08:30:00+08:00 --timeout 60000
check 'WT-1' say 2020-02-03T09:00 issue.raised WT-1 title=开户慢 area=开办企业
check 'WT-2' say 2020-02-03T10:00 issue.raised WT-2 title=解封难 area=纳税
check 'WT-1 is settled' say 2020-02-14T10:00 issue.coordinated WT-1 result=settled
check 'time moves on' ctl advance 2020-02-17T09:00:00+08:00 --timeout 60000
house_settled || give_up 'the workers did not catch up'
head=$(ctl verify --journal "$JOURNAL" | head -n 1)

# ---- beside the broker, and on a copy ----
sed 's/limit: {is: 15wd, clause: 四（一）/limit: {is: 5wd, clause: 四（一）/' "$CHARTER" >"$HOUSE/short.yaml"
check 'the text is another' bash -c "! cmp -s '$CHARTER' '$HOUSE/short.yaml'"
ctl whatif --journal "$JOURNAL" >"$HOUSE/now" 2>&1
equal 'this program decides what the journal has' 0 $?
contains 'and says so' "$(cat "$HOUSE/now")" 'nothing is otherwise'
ctl whatif --journal "$JOURNAL" --charter "$CHARTER" >"$HOUSE/same" 2>&1
equal 'the same charter: nothing' 0 $?
ctl whatif --journal "$JOURNAL" --charter "$HOUSE/short.yaml" >"$HOUSE/short" 2>"$HOUSE/short.errors"
equal 'a shorter limit: something' 1 $?
equal 'without a word about other things' '' "$(cat "$HOUSE/short.errors")"
contains 'what was kept is missed' "$(cat "$HOUSE/short")" '0 deadlines that were missed are kept, 1 that was kept is missed'
contains 'WT-1' "$(cat "$HOUSE/short")" 'WT-1 +team +2020-02-24 23:59:59, kept +2020-02-10 23:59:59, missed'
cp -r "$JOURNAL" "$HOUSE/copy"
ctl whatif --journal "$HOUSE/copy" --charter "$HOUSE/short.yaml" >"$HOUSE/short.copy" 2>/dev/null
same 'a copy gives the same answer' "$HOUSE/short" "$HOUSE/short.copy"
ctl whatif --journal "$JOURNAL" --charter "$HOUSE/short.yaml" --json >"$HOUSE/short.json" 2>/dev/null
check 'the JSON is one document with the same' python3 -c "
import json, sys
answer = json.load(open('$HOUSE/short.json'))
missed = [d for d in answer['differences'] if d['kind'] == 'deadlines' and d['after'].get('state') == 'missed' and d['before'].get('state') == 'kept']
assert [d['key']['subject'] for d in missed] == ['WT-1'], missed
assert answer['redecided'] == 0"

# ---- before the adoption, and after it ----
cat >>"$HOUSE/short.yaml" <<'EOF'

transition: {open: move, clause: 四（一）, default: true}
EOF
ctl charter adopt --dry-run "$HOUSE/short.yaml" --json >"$HOUSE/dry.json" 2>"$HOUSE/dry.errors"
ended 'a dry run, streamed from the broker' $?
ctl charter adopt --dry-run --journal "$JOURNAL" "$HOUSE/short.yaml" --json >"$HOUSE/dry.folder" 2>/dev/null
same 'the same from the folder' "$HOUSE/dry.json" "$HOUSE/dry.folder"
equal 'nothing was published' "$head" "$(ctl verify --journal "$JOURNAL" | head -n 1)"
check 'now in earnest' ctl charter adopt "$HOUSE/short.yaml" --time 2020-02-17T09:00:00+08:00 --timeout 60000
house_settled || bad 'the workers did not catch up'
ctl tail --from 1 --stop --json --type transition.applied --timeout 60000 >"$HOUSE/applied" || bad 'the journal cannot be read'
ctl tail --from 1 --stop --json --type deadline.fixed --timeout 60000 >"$HOUSE/fixed" || bad 'the journal cannot be read'
check 'each issue meets what the dry run said' python3 -c "
import json
said = json.load(open('$HOUSE/dry.json'))['transitions']
fields = ('how', 'level', 'label', 'before', 'reason', 'body', 'version')
met = [dict({f: e['data'][f] for f in fields if f in e['data']}, issue=e['subject']) for e in map(json.loads, open('$HOUSE/applied'))]
after = {(row['issue'], row['label']): row.pop('after') for row in said if 'after' in row}
key = lambda row: json.dumps(row, sort_keys=True)
assert met and sorted(said, key=key) == sorted(met, key=key), (said, met)
due = {(e['subject'], e['data']['label']): e['data'].get('due') for e in map(json.loads, open('$HOUSE/fixed'))}
assert after and all(due[k] == v for k, v in after.items()), (after, due)"

# ---- what is wrong is said ----
ctl whatif --journal "$JOURNAL" --charter boston-311 >/dev/null 2>"$HOUSE/wrong"
equal 'a charter that the journal does not know' 2 $?
contains 'with those that it knows' "$(cat "$HOUSE/wrong")" 'it adopts: shenzhen-2020'
segment=$(find "$HOUSE/copy/segments" -name '*.seg' | head -n 1)
printf '\377' | dd of="$segment" bs=1 seek=9000 conv=notrunc status=none
ctl whatif --journal "$HOUSE/copy" --charter "$HOUSE/short.yaml" >/dev/null 2>"$HOUSE/wrong"
equal 'damage' 4 $?
contains 'where' "$(cat "$HOUSE/wrong")" 'entry [0-9]+'
finish
