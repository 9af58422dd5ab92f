#!/bin/bash
# Goal: what five real logs of other cities and companies come to is what was counted from them without the program.
# Method: each log goes through `dubanctl import` into a journal under its charter and map; a broker and its ledger, started on that
# journal, answer; judge.py holds the answers against the log's own figures. Then a wrong calendar, charter and map must be found out.
#
# run.sh [LOG…]. The logs lie in $DUBAN_DATA (default ../shared/data); without them nothing is tested, and that is said.
set -u
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/../.." || exit 2
export B=${B:-build/release}
DATA=${DUBAN_DATA:-../shared/data}
LOGS=(boston-311-100 wabo-receipt bpic2013-problems baltimore-311 helpdesk-it)
if [ ! -d "$DATA/wabo-receipt" ]; then
    echo "logs: skipped, there is no $DATA (DUBAN_DATA names another folder)"
    echo '0 passed, 0 failed'
    exit 0
fi

# ---- all: each log by itself, as many at a time as there are processors, the longest first ----
all_logs() {
    local out log ok bad passed=0 failed=0
    out=$(mktemp -d)
    # shellcheck disable=SC2016
    printf '%s\n' "${LOGS[@]}" | xargs -P "${JOBS:-$(nproc)}" -I{} bash -c 'exec tests/logs/run.sh "$1" >"$2/$1" 2>&1' _ {} "$out"
    for log in "${LOGS[@]}"; do
        sed '$d' "$out/$log"
        if [[ $(tail -n 1 "$out/$log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
            ok=${BASH_REMATCH[1]} bad=${BASH_REMATCH[2]}
        else
            tail -n 1 "$out/$log"
            ok=0 bad=1
        fi
        passed=$((passed + ok)) failed=$((failed + bad))
    done
    rm -rf "$out"
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}
if [ $# = 0 ]; then
    all_logs
    exit
fi
LOGS=("$@")
. tests/demo/house.sh
. tests/e2e/checks.bash

declare -A UNTIL=([boston-311-100]=2022-05-31T00:00:00+00:00 [wabo-receipt]=2012-12-31 [bpic2013-problems]=2012-12-31
    [baltimore-311]=2019-12-31 [helpdesk-it]=2014-06-30)
# What the rules refuse, as they should: steps up from the highest level and down from the lowest.
declare -A REFUSED=([helpdesk-it]=11)
# The figures were counted with hindsight: every notice of the State Council was known from the start.
sed 's/published: .*/published: 2005-12-31/' config/calendars/cn.yaml >"$HOUSE/cn.yaml"
sed 's/+08:00/+00:00/' tests/logs/mf.yaml >"$HOUSE/mf-boston.yaml"

charter_of() { # charter_of LOG
    if [ "$1" = boston-311-100 ]; then echo config/charters/boston-311.yaml; else echo "tests/logs/$1/charter.yaml"; fi
}
# import_log LOG JOURNAL CHARTER MAP [OPTION…]: so many reports are refused as the log is known for
import_log() {
    local log=$1 journal=$2 charter=$3 map=$4 refused=${REFUSED[$1]:-0}
    shift 4
    ctl import --map "$map" "$DATA/$log/cases.tsv.gz" "$DATA/$log/events.tsv.gz" --journal "$journal" --charter "$charter" \
        --until "${UNTIL[$log]}" "$@" >"$HOUSE/imported" 2>"$HOUSE/import.log"
    [ $? = $((refused > 0)) ] && grep -q "conflicting 0, refused $refused;" "$HOUSE/imported"
}
# The other workers stay away: nobody decides anything.
ledger_caught_up() {
    local tries
    for tries in {1..2400}; do
        ctl status --json 2>/dev/null | grep '"role":"ledger"' | grep '"connected"' | grep -q '"lag":0[,}]' && return 0
        process_check || return 1
        read -rt 0.05 <> <(:) || :
    done
    return 1
}
# ledger_on JOURNAL: the broker's folder becomes this journal's, and its ledger takes it in
ledger_on() {
    rm -rf "$HOUSE/state" "$HOUSE/run"
    mkdir -p "$HOUSE/state" && mv "$1" "$HOUSE/state/journal" || give_up 'the journal cannot be moved'
    broker_start --replay
    house_door || give_up 'the broker did not come up on an imported journal'
    worker_start ledger
    ledger_caught_up || give_up 'the ledger did not take in an imported journal'
}
ledger_off() { # ledger_off JOURNAL: and back
    exit_code ledger TERM
    equal 'the ledger stops as told' 0 "$CODE"
    exit_code duband TERM
    equal 'the broker stops as told' 0 "$CODE"
    mv "$HOUSE/state/journal" "$1"
}
answer() { # answer FILE COMMAND…: what it prints
    ctl "${@:2}" --json --timeout 60000 >"$1" 2>"$HOUSE/answer.log" || bad "${*:2}" "$(cat "$HOUSE/answer.log")"
}
# answers LOG FOLDER CALENDAR…: everything that the judge reads of one journal
answers() {
    local log=$1 to=$2 what calendar
    shift 2
    mkdir -p "$to"
    answer "$to/journal" tail --from 1 --stop
    answer "$to/issues" issues
    for what in all area class month tag:channel tag:method tag:type; do answer "$to/figures.$what" figures --of "$what"; done
    answer "$to/figures.area.10" figures --of area --min 10
    answer "$to/figures.area.100" figures --of area --min 100
    answer "$to/figures.tag:responsible.10" figures --of tag:responsible --min 10
    answer "$to/figures.tag:type.50" figures --of tag:type --min 50
    for what in returns moves reopened activities groups persons; do answer "$to/measures.$what" measures --what "$what"; done
    for calendar; do
        answer "$to/measures.durations.$calendar" measures --what durations --calendar "$calendar"
        answer "$to/measures.gaps.$calendar" measures --what gaps --calendar "$calendar"
    done
}
judge() { # judge LOG ANSWERS
    python3 tests/logs/judge.py "$1" "$DATA" "$2" "$(charter_of "$1")"
}

# ---- each log ----
log_run() {
    local log=$1 journal=$HOUSE/journal-$1 began=$SECONDS calendars
    calendars=(--calendar "$HOUSE/cn.yaml" --calendar tests/logs/mf.yaml)
    [ "$log" != boston-311-100 ] || calendars=(--calendar config/calendars/boston.yaml --calendar "$HOUSE/mf-boston.yaml")
    import_log "$log" "$journal" "$(charter_of "$log")" "tests/logs/$log/map.yaml" "${calendars[@]}" ||
        give_up "$log: import" "$(cat "$HOUSE/imported" "$HOUSE/import.log")"
    echo "$log: $(cat "$HOUSE/imported"), $((SECONDS - began)) s"
    check "$log: the chain is whole" ctl verify --journal "$journal"
    ledger_on "$journal"
    if [ "$log" = boston-311-100 ]; then answers "$log" "$HOUSE/$log" mf; else answers "$log" "$HOUSE/$log" cn mf; fi
    ledger_off "$journal"
    ctl figures --journal "$journal" --of area --json >"$HOUSE/figures" 2>&1
    same "$log: the folder answers as the broker does" "$HOUSE/$log/figures.area" "$HOUSE/figures"
    case $log in wabo-receipt | baltimore-311) log_run_mf "$log" ;; esac
    judged "$log" judge "$log" "$HOUSE/$log"
    rm -rf "$journal-mf"
}
# The same under a calendar without holidays, for its reminders.
log_run_mf() {
    local journal=$HOUSE/journal-$1-mf
    sed 's/^calendar: cn/calendar: mf/' "$(charter_of "$1")" >"$HOUSE/charter-mf.yaml"
    import_log "$1" "$journal" "$HOUSE/charter-mf.yaml" "tests/logs/$1/map.yaml" --calendar tests/logs/mf.yaml ||
        give_up "$1: import under mf" "$(cat "$HOUSE/imported" "$HOUSE/import.log")"
    ledger_on "$journal"
    mkdir -p "$HOUSE/$1/mf"
    answer "$HOUSE/$1/mf/journal" tail --from 1 --stop
    answer "$HOUSE/$1/mf/issues" issues
    ledger_off "$journal"
}
for log in "${LOGS[@]}"; do log_run "$log"; done

# ---- what is wrong is found out ----

# found_out NAME LOG CHARTER MAP CALENDAR PATTERN: the judge complains of exactly that
found_out() {
    local name=$1 log=$2 charter=$3 map=$4 calendar=$5 pattern=$6 out
    rm -rf "$HOUSE/wrong" "$HOUSE/wrong-answers"
    import_log "$log" "$HOUSE/wrong" "$charter" "$map" --calendar "$calendar" --calendar "$HOUSE/mf-boston.yaml"
    ledger_on "$HOUSE/wrong"
    answers "$log" "$HOUSE/wrong-answers" mf
    ledger_off "$HOUSE/wrong"
    out=$(judge "$log" "$HOUSE/wrong-answers" 2>&1)
    contains "$name" "$out" "$pattern"
}
wrong_things() {
    local log=boston-311-100 charter map=tests/logs/boston-311-100/map.yaml
    charter=$(charter_of $log)
    sed 's/^hours: .*/hours: 00:00-23:59/' config/calendars/boston.yaml >"$HOUSE/day-and-night.yaml"
    found_out 'a calendar that works day and night gives other targets' $log "$charter" $map "$HOUSE/day-and-night.yaml" '^cases: due: differs$'
    sed 's/12wd until=same-time/13wd until=same-time/' "$charter" >"$HOUSE/wrong-charter.yaml"
    found_out 'a limit of a day more is found out' $log "$HOUSE/wrong-charter.yaml" $map config/calendars/boston.yaml '^cases: due: differs$'
    sed 's/area: "{dept}"/area: PWDx/' $map >"$HOUSE/wrong-map.yaml"
    found_out 'a map that gives all to one department is found out' $log "$charter" "$HOUSE/wrong-map.yaml" config/calendars/boston.yaml \
        '^departments: differs$'
}
case " ${LOGS[*]} " in *' boston-311-100 '*) wrong_things ;; esac

# ---- twice is once ----
twice() {
    local journal=$HOUSE/journal-boston-311-100 before
    before=$(ctl verify --journal "$journal" --json)
    check 'importing the same log again' import_log boston-311-100 "$journal" config/charters/boston-311.yaml \
        tests/logs/boston-311-100/map.yaml --calendar config/calendars/boston.yaml --calendar "$HOUSE/mf-boston.yaml"
    contains 'accepts nothing again' "$(cat "$HOUSE/imported")" 'accepted 0, before 370, conflicting 0, refused 0'
    equal 'and leaves the journal as it was' "$before" "$(ctl verify --journal "$journal" --json)"
}
case " ${LOGS[*]} " in *' boston-311-100 '*) twice ;; esac
finish
