#!/bin/bash
# Goal: a log of another system becomes reports, a journal, and what a broker takes in; once only; and what is wrong with it is told by place.
# Method: the small log in tests/data/import goes each way that `dubanctl import` has, as it is, packed, and damaged.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build/release}
. tests/demo/house.sh
. tests/e2e/checks.bash

D=tests/data/import
take() { ctl import --map $D/map.yaml "$@"; }
take $D/notices.tsv $D/steps.tsv >"$HOUSE/reports" || give_up 'import' "$(cat "$HOUSE/reports")"
equal 'the reports, in order' 'issue.raised N-1
work.recorded N-1
issue.raised N-2
work.recorded N-2
issue.raised N-3
work.recorded N-3
work.recorded N-1
issue.resolved N-1
escalation.requested N-2
work.recorded N-2
issue.returned N-2
work.recorded N-2
issue.resolved N-2' "$(sed -E 's/.*"type":"([^"]+)".*/\1/' "$HOUSE/reports" | paste -d' ' - <(sed -E 's/.*"subject":"([^"]+)".*/\1/' "$HOUSE/reports"))"
contains 'a value map, a pair and a date' "$(head -n 1 "$HOUSE/reports")" '"title":"Parking N-1".*"tags":\["street=Main Street"\]'
contains 'raised at its first event, its own date kept' "$(sed -n 3p "$HOUSE/reports")" '2020-01-07T08:30:00.*"raised":"2020-01-07T09:00:00'
gzip -c $D/steps.tsv >"$HOUSE/packed.gz"
take "$HOUSE/packed.gz" $D/notices.tsv >"$HOUSE/again" 2>&1
same 'packed, and the other way round: the same' "$HOUSE/reports" "$HOUSE/again"
take - $D/notices.tsv <$D/steps.tsv >"$HOUSE/again" 2>&1
same 'from standard input too' "$HOUSE/reports" "$HOUSE/again"
contains 'a dry run counts' "$(take --dry-run $D/notices.tsv $D/steps.tsv)" '^reports +13$'

# ---- what is wrong ----
head -c 60 "$HOUSE/packed.gz" >"$HOUSE/short.gz"
contains 'a file that is cut short' "$(take "$HOUSE/short.gz" $D/notices.tsv 2>&1)" 'short.gz: (ends in the middle|is damaged)'
contains 'a table is missing' "$(take $D/steps.tsv 2>&1)" "no file is the map's table notices"
contains 'no table has such columns' "$(take $D/notices.tsv <(sed '1s/instance/instnce/' $D/steps.tsv) 2>&1)" '"instance" is missing; nearest known: "instnce"'
sed '2s/06T/36T/; 4s/\tP\t/\tX\t/' $D/notices.tsv >"$HOUSE/notices.tsv"
out=$(take "$HOUSE/notices.tsv" $D/steps.tsv 2>&1 >"$HOUSE/some")
equal 'wrong rows make exit code 1' 1 "$(take "$HOUSE/notices.tsv" $D/steps.tsv >"$HOUSE/some" 2>/dev/null; echo $?)"
contains 'a time, with file, line and column' "$out" 'notices.tsv:2:issued: "2020-01-36T09:00:00" is no date and time'
contains 'a value that no map has' "$out" 'notices.tsv:4:kind: "X" is not in the value map kinds'
contains 'steps of a case that is not raised wait for it' "$out" '^dubanctl: 4 reports were held back: .* \(first case N-1\)$'
equal 'the rest is there' 7 "$(wc -l <"$HOUSE/some")"
equal 'with --strict nothing is' '1 0' "$(take --strict "$HOUSE/notices.tsv" $D/steps.tsv >"$HOUSE/some" 2>/dev/null; echo $? "$(wc -l <"$HOUSE/some")")"
sed 's/report: issue.returned/report: issue.retrned/' $D/map.yaml >"$HOUSE/map.yaml"
contains 'a map with a mistake' "$(ctl import --map "$HOUSE/map.yaml" $D/steps.tsv 2>&1)" '^map.yaml:[0-9]+:13: error: reports\[2\].report: unknown type "issue.retrned"; nearest known: issue.returned$'

# ---- a journal ----
into() { take $D/notices.tsv $D/steps.tsv --journal "$HOUSE/journal" --charter $D/charter.yaml --until 2020-02-28; }
contains 'into a journal' "$(into 2>&1)" '^reports 13: accepted 13, before 0, conflicting 0, refused 0;'
before=$(ctl verify --journal "$HOUSE/journal" --json)
contains 'once' "$(into 2>&1)" '^reports 13: accepted 0, before 13,'
equal 'twice changes nothing' "$before" "$(ctl verify --journal "$HOUSE/journal" --json)"
contains 'its figures' "$(ctl figures --journal "$HOUSE/journal" --of all --json)" '"withdeadline":3,"kept":1,"late":1,"unresolved":1,"overdue":1'

# ---- mended, and taken in again ----
sed '2s/\tP\t/\tX\t/' $D/notices.tsv >"$HOUSE/wrong.tsv"
mended() { take "$1" $D/steps.tsv --journal "$HOUSE/$2" --charter $D/charter.yaml "${@:3}" 2>&1; echo "exit $?"; }
out=$(mended "$HOUSE/wrong.tsv" mended)
contains 'a case without its first report stays away whole' "$out" '^reports 9: accepted 9, before 0, conflicting 0, refused 0;'
contains 'that is said' "$out" '^dubanctl: 3 reports were held back: .* \(first case N-1\)$'
equal 'exit code of what is held back' 'exit 1' "$(tail -n 1 <<<"$out")"
before=$(ctl verify --journal "$HOUSE/mended" --json)
out=$(mended $D/notices.tsv mended)
contains 'reports of the past are not stamped as of now' "$out" '^dubanctl: 4 reports are not in the journal yet .* 2020-02-[0-9T:+]+, .* \(first issue.raised N-1 of 2020-01-06T09:00:00\+08:00\): nothing was sent$'
contains 'what to do is said' "$out" '^  hint: .*empty journal.*--live'
equal 'exit code of what is late' 'exit 1' "$(tail -n 1 <<<"$out")"
equal 'nothing happened' "$before" "$(ctl verify --journal "$HOUSE/mended" --json)"
contains 'unless that is wanted' "$(mended $D/notices.tsv mended --live)" '^reports 13: accepted 4, before 9, conflicting 0, refused 0;'

# ---- Ctrl-C ----
{ cat $D/notices.tsv; for i in {1..3000}; do printf 'M-%d\t2020-01-07T08:30:00\t\tP\t\n' "$i"; done; } >"$HOUSE/many.tsv"
many=("$B/bin/dubanctl" import --map $D/map.yaml "$HOUSE/many.tsv" $D/steps.tsv --journal "$HOUSE/many" --charter $D/charter.yaml)
"${many[@]}" >"$HOUSE/many.out" 2>&1 &
many_pid=$!
until [ -e "$HOUSE/many/segments" ] || ! kill -0 "$many_pid" 2>/dev/null; do read -rt 0.05 <> <(:) || :; done
kill -INT "$many_pid"
wait "$many_pid"
equal 'interrupted: exit code' 3 $?
contains 'how far it came' "$(cat "$HOUSE/many.out")" '^dubanctl: interrupted: [0-9]+ of 3013 reports went in; the journal ends at #[0-9]+$'
contains 'how to go on' "$(cat "$HOUSE/many.out")" '^  hint: run it again'
went=$(sed -nE 's/.*interrupted: ([0-9]+) of.*/\1/p' "$HOUSE/many.out")
check 'what went in is whole' ctl verify --journal "$HOUSE/many"
contains 'the rest follows' "$("${many[@]}" 2>&1)" "^reports 3013: accepted $((3013 - went)), before $went, conflicting 0, refused 0;"

# ---- what the roles refuse ----
sed 's/^map: .*/map: strange/; s/area: .*/area: Elsewhere/' $D/map.yaml >"$HOUSE/strange.yaml"
strange() { ctl import --map "$HOUSE/strange.yaml" $D/notices.tsv $D/steps.tsv "$@" 2>&1; echo "exit $?"; }
out=$(strange --journal "$HOUSE/strange" --charter $D/charter.yaml)
contains 'is counted' "$out" '^reports 3: accepted 3, before 0, conflicting 0, refused 3;'
contains 'their steps are held back' "$out" '^dubanctl: 10 reports were held back: .* \(first case N-1\)$'
contains 'with the reason, how often, and the first of them' "$out" '^dubanctl: 3 refused: unknown area Elsewhere.*\(first issue.raised N-1, #[0-9]+\)$'
contains 'what to do is said, and the exit code is 1' "$out" '(another name)|^exit 1$'
equal 'exit code' 'exit 1' "$(tail -n 1 <<<"$out")"
contains 'twice: they are still refused' "$(strange --journal "$HOUSE/strange" --charter $D/charter.yaml)" '^dubanctl: 3 of 3 reports were refused'

# ---- another shape: some tiers empty, work before the raising, one without a due time, reopened, dropped from the third tier to the first ----
tickets() { ctl import --map $D/tickets-map.yaml $D/tickets.tsv $D/visits.tsv --journal "$HOUSE/tickets" --charter $D/tickets.yaml --until 2020-03-31; }
contains 'tickets into a journal' "$(tickets 2>&1)" '^reports 21: accepted 21, before 0, conflicting 0, refused 0;'
tickets_say() { ctl "$@" --journal "$HOUSE/tickets" --json 2>&1; }
contains 'T-1 in time, T-2 late, T-3 without a due time' "$(tickets_say figures --of all)" \
    '"count":3,.*"withdeadline":2,"kept":1,"late":1,"unresolved":0,'
equal 'moves, over an empty tier too' 'tier-1>tier-2 1 up
tier-2>tier-3 1 up
tier-3>tier-1 1 down' "$(tickets_say measures --what moves | sed -nE 's/.*"name":"([^"]+)","count":([0-9]+),"measure":"([^"]+)".*/\1 \2 \3/p' | sort)"
contains 'only T-1 went up' "$(tickets_say measures --what moves)" '"measure":"escalated","cases":1\}'
contains 'only T-2 was opened again' "$(tickets_say measures --what reopened)" '"cases":1\}'
contains 'T-1 keeps the date that is later than its first work' "$(tickets_say issues | grep '"id":"T-1"')" '"raised":"2020-03-02T09:00:00'

# ---- a broker ----
broker_start
house_door || give_up 'the broker did not come up'
out=$(take $D/notices.tsv $D/steps.tsv --publish 2>&1; echo "exit $?")
contains 'a live clock' "$out" "^dubanctl: the broker's clock is live"
equal 'is a mistake of use' 'exit 2' "$(tail -n 1 <<<"$out")"
contains 'what to do is said' "$out" '^  hint: .*--replay.*--journal DIR.*--live$'
contains 'asked for, the clock is no hindrance; the charter is' "$(take $D/notices.tsv $D/steps.tsv --publish --live 2>&1)" '^dubanctl: charter fines, .* nothing was sent$'
equal 'nothing is on disk' 0 "$(ctl status --json | head -n 1 | sed -nE 's/.*"head":([0-9]+).*/\1/p')"
process_kill duband
broker_start --replay
workers_start
house_ready || give_up 'the house did not come up'
out=$(take $D/notices.tsv $D/steps.tsv --publish 2>&1; echo "exit $?")
contains 'no charter there, since when in the log'"'"'s own zone' "$out" '^dubanctl: charter fines, .* from 2020-01-06 on, is not in force by then: nothing was sent$'
equal 'is a no' 'exit 1' "$(tail -n 1 <<<"$out")"
check 'the charter alone' ctl charter adopt $D/charter.yaml --time 2020-01-06T00:00:00+08:00 --timeout 60000
contains 'no calendar there' "$(take $D/notices.tsv $D/steps.tsv --publish 2>&1)" '^dubanctl: calendar cn of charter fines is not published there: nothing was sent$'
check 'calendar' ctl calendar adopt cn --known 2020-01-01 --time 2020-01-06T00:00:00+08:00 --timeout 60000
contains 'to a broker' "$(take $D/notices.tsv $D/steps.tsv --publish --timeout 60000)" '^accepted 13 \(0 of them before\), refused 0'
contains 'twice is once' "$(take $D/notices.tsv $D/steps.tsv --publish --timeout 60000)" '^accepted 13 \(13 of them before\), refused 0'
contains 'reports of the past would be stamped as of now' "$(strange --publish --timeout 60000)" '^dubanctl: 10 reports are not in the journal yet'
out=$(strange --publish --live --timeout 60000)
contains 'what the roles refuse there' "$out" '^dubanctl: 7 of 13 reports were refused under the charter$'
equal 'is a no too' 'exit 1' "$(tail -n 1 <<<"$out")"
finish
