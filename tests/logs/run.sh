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
LOGS=(baltimore-311 helpdesk-it bpic2013-problems wabo-receipt boston-311-100)
if [ ! -d "$DATA/wabo-receipt" ]; then
    echo "logs: skipped, there is no $DATA (DUBAN_DATA names another folder)"
    echo '0 passed, 0 failed'
    exit 0
fi

# ---- all: each log by itself, as many at a time as there are processors, the longest first ----
all_logs() {
    local out log ok bad passed=0 failed=0 began=$SECONDS
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
    echo "logs: ${#LOGS[@]} in $((SECONDS - began)) s"
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}
[ $# = 0 ] || LOGS=("$@")
if [ ${#LOGS[@]} -gt 1 ]; then
    all_logs
    exit
fi
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
    local log=$1 journal=$2 charter=$3 map=$4 refused=${REFUSED[$1]:-0} began=$SECONDS code
    shift 4
    ctl import --map "$map" "$DATA/$log/cases.tsv.gz" "$DATA/$log/events.tsv.gz" --journal "$journal" --charter "$charter" \
        --until "${UNTIL[$log]}" "$@" >"$HOUSE/imported" 2>"$HOUSE/import.log"
    code=$?
    echo "${journal##*/}: $(cat "$HOUSE/imported"), $((SECONDS - began)) s"
    [ $code = $((refused > 0)) ] && grep -q "conflicting 0, refused $refused;" "$HOUSE/imported"
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
# answers LOG FOLDER JOURNAL CALENDAR…: everything that the judge reads of one journal. A ledger answers: each --journal would take in all again.
answers() {
    local log=$1 to=$2 journal=$3 what calendar
    shift 3
    mkdir -p "$to"
    answer "$to/journal" tail --journal "$journal"
    ledger_on "$journal"
    answer "$to/issues" issues
    for what in all area class month tag:channel tag:method tag:type tag:status; do answer "$to/figures.$what" figures --of "$what"; done
    answer "$to/figures.area.10" figures --of area --min 10
    answer "$to/figures.area.100" figures --of area --min 100
    answer "$to/figures.tag:responsible.10" figures --of tag:responsible --min 10
    answer "$to/figures.tag:type.50" figures --of tag:type --min 50
    for what in returns moves reopened activities groups persons; do answer "$to/measures.$what" measures --what "$what"; done
    for calendar; do
        answer "$to/measures.durations.$calendar" measures --what durations --calendar "$calendar"
        answer "$to/measures.gaps.$calendar" measures --what gaps --calendar "$calendar"
    done
    ledger_off "$journal"
}
judge() { # judge LOG ANSWERS
    python3 tests/logs/judge.py "$1" "$DATA" "$2" "$(charter_of "$1")" "${@:3}"
}

# ---- each log ----
log_run() {
    local log=$1 journal=$HOUSE/journal-$1 calendars
    calendars=(--calendar "$HOUSE/cn.yaml" --calendar tests/logs/mf.yaml)
    [ "$log" != boston-311-100 ] || calendars=(--calendar config/calendars/boston.yaml --calendar "$HOUSE/mf-boston.yaml")
    import_log "$log" "$journal" "$(charter_of "$log")" "tests/logs/$log/map.yaml" "${calendars[@]}" ||
        give_up "$log: import" "$(cat "$HOUSE/imported" "$HOUSE/import.log")"
    check "$log: the chain is whole" ctl verify --journal "$journal"
    if [ "$log" = boston-311-100 ]; then answers "$log" "$HOUSE/$log" "$journal" mf; else answers "$log" "$HOUSE/$log" "$journal" cn mf; fi
    ctl figures --journal "$journal" --of area --json >"$HOUSE/figures" 2>&1
    same "$log: the folder answers as the broker does" "$HOUSE/$log/figures.area" "$HOUSE/figures"
    case $log in wabo-receipt | baltimore-311) log_run_mf "$log" ;; esac
    judge "$log" "$HOUSE/$log" >"$HOUSE/judged" 2>&1
    grep -E ' is not (compared|reminded)' "$HOUSE/judged"
    judged "$log" cat "$HOUSE/judged"
    rm -rf "$journal-mf"
}
# The same under a calendar without holidays, for its reminders.
log_run_mf() {
    local journal=$HOUSE/journal-$1-mf
    sed 's/^calendar: cn/calendar: mf/' "$(charter_of "$1")" >"$HOUSE/charter-mf.yaml"
    import_log "$1" "$journal" "$HOUSE/charter-mf.yaml" "tests/logs/$1/map.yaml" --calendar tests/logs/mf.yaml ||
        give_up "$1: import under mf" "$(cat "$HOUSE/imported" "$HOUSE/import.log")"
    mkdir -p "$HOUSE/$1/mf"
    answer "$HOUSE/$1/mf/journal" tail --journal "$journal"
    answer "$HOUSE/$1/mf/issues" issues --journal "$journal"
}
log_run "${LOGS[0]}"

# ---- what is wrong is found out ----

# taken LOG CHARTER MAP CALENDAR…: sets COMPLAINT to what the judge says of it
taken() {
    local log=$1 charter=$2 map=$3 calendar options=()
    shift 3
    for calendar; do options+=(--calendar "$calendar"); done
    rm -rf "$HOUSE/taken" "$HOUSE/taken-answers"
    import_log "$log" "$HOUSE/taken" "$charter" "$map" "${options[@]}" >"$HOUSE/taken.out" # a wrong charter may refuse: the judge says so
    if [ "$log" = boston-311-100 ]; then answers "$log" "$HOUSE/taken-answers" "$HOUSE/taken" mf; else
        answers "$log" "$HOUSE/taken-answers" "$HOUSE/taken" cn mf
    fi
    COMPLAINT=$(judge "$log" "$HOUSE/taken-answers" 2>&1)
}
# The first N cases, so that a mistake is found out cheaply.
first_cases() { # first_cases LOG N
    mkdir -p "$HOUSE/data/$1"
    gzip -dc "$DATA/$1/cases.tsv.gz" | sed "$(($2 + 1))q" >"$HOUSE/cases.tsv"
    gzip -dc "$DATA/$1/events.tsv.gz" | awk -F '\t' 'NR == FNR { wanted[$1]; next } $1 in wanted' "$HOUSE/cases.tsv" - | gzip -c >"$HOUSE/data/$1/events.tsv.gz"
    gzip -c "$HOUSE/cases.tsv" >"$HOUSE/data/$1/cases.tsv.gz"
    ln -sfn "$(realpath "$DATA/holidays-cn")" "$HOUSE/data/holidays-cn"
}
wrong_boston() {
    local log=boston-311-100 charter map=tests/logs/boston-311-100/map.yaml right=config/calendars/boston.yaml mf=$HOUSE/mf-boston.yaml
    charter=$(charter_of $log)
    sed 's/^hours: .*/hours: 00:00-23:59/' $right >"$HOUSE/day-and-night.yaml"
    taken $log "$charter" $map "$HOUSE/day-and-night.yaml" "$mf"
    contains 'a calendar that works day and night gives other targets' "$COMPLAINT" '^cases: due: differs$'
    sed 's/12wd until=same-time/13wd until=same-time/' "$charter" >"$HOUSE/wrong-charter.yaml"
    taken $log "$HOUSE/wrong-charter.yaml" $map $right "$mf"
    contains 'a limit of a day more is found out' "$COMPLAINT" '^cases: due: differs$'
    sed 's/area: "{dept}"/area: PWDx/' $map >"$HOUSE/wrong-map.yaml"
    taken $log "$charter" "$HOUSE/wrong-map.yaml" $right "$mf"
    contains 'a map that gives all to one department is found out' "$COMPLAINT" '^departments: differs$'
}
wrong_bpic() {
    local log=bpic2013-problems map=tests/logs/bpic2013-problems/map.yaml DATA=$DATA
    first_cases $log 300 && DATA=$HOUSE/data
    taken $log "$(charter_of $log)" $map "$HOUSE/cn.yaml" tests/logs/mf.yaml
    contains 'the first cases as they are: no complaint' "$COMPLAINT" '^[0-9]+ passed, 0 failed$'
    sed 's/"2": line-2, "3": line-3/"2": line-3, "3": line-2/' $map >"$HOUSE/wrong-map.yaml"
    taken $log "$(charter_of $log)" "$HOUSE/wrong-map.yaml" "$HOUSE/cn.yaml" tests/logs/mf.yaml
    contains 'a map that takes the second line for the third is found out' "$COMPLAINT" '^moves: differs$'
}
wrong_wabo() {
    local log=wabo-receipt map=tests/logs/wabo-receipt/map.yaml DATA=$DATA
    first_cases $log 300 && DATA=$HOUSE/data
    taken $log "$(charter_of $log)" $map "$HOUSE/cn.yaml" tests/logs/mf.yaml
    contains 'the first cases as they are: no complaint' "$COMPLAINT" '^[0-9]+ passed, 0 failed$'
    sed 's/, extensible: true, reminders: \[3wd\]/, extensible: false, reminders: [2wd]/' "$(charter_of $log)" >"$HOUSE/wrong-charter.yaml"
    taken $log "$HOUSE/wrong-charter.yaml" $map "$HOUSE/cn.yaml" tests/logs/mf.yaml
    contains 'a charter that grants no extension is found out: refused' "$COMPLAINT" '^what was refused: differs$'
    contains 'and due too early' "$COMPLAINT" '^cases: due: differs$'
    contains 'and a reminder of two days' "$COMPLAINT" '^reminders under cn: case by case: differs$'
}
# Each notice of the State Council known from its own day on: what is due otherwise than with hindsight, and why.
without_hindsight() {
    local log=helpdesk-it cn=config/calendars/cn.yaml
    python3 tests/logs/notices.py part "$DATA" $cn "$HOUSE/part" || give_up 'no part of the log'
    ctl import --map tests/logs/$log/map.yaml "$HOUSE/part/$log/cases.tsv.gz" "$HOUSE/part/$log/events.tsv.gz" --journal "$HOUSE/journal-part" \
        --charter "$(charter_of $log)" --until "${UNTIL[$log]}" --calendar $cn --calendar tests/logs/mf.yaml >"$HOUSE/imported" 2>&1
    answer "$HOUSE/part/issues" issues --journal "$HOUSE/journal-part"
    python3 tests/logs/notices.py judge "$HOUSE/part" $cn "$DATA" "$HOUSE/part/issues" >"$HOUSE/judged" 2>&1
    grep -F 'with hindsight' "$HOUSE/judged"
    judged "$log: without hindsight" cat "$HOUSE/judged"
}
case ${LOGS[0]} in
helpdesk-it) without_hindsight ;;
boston-311-100) wrong_boston ;;
bpic2013-problems) wrong_bpic ;;
wabo-receipt) wrong_wabo ;;
esac

# ---- twice is once ----
twice() {
    local journal=$HOUSE/journal-boston-311-100 before
    before=$(ctl verify --journal "$journal" --json)
    check 'importing the same log again' import_log boston-311-100 "$journal" config/charters/boston-311.yaml \
        tests/logs/boston-311-100/map.yaml --calendar config/calendars/boston.yaml --calendar "$HOUSE/mf-boston.yaml"
    contains 'accepts nothing again' "$(cat "$HOUSE/imported")" 'accepted 0, before 370, conflicting 0, refused 0'
    equal 'and leaves the journal as it was' "$before" "$(ctl verify --journal "$journal" --json)"
}
[ "${LOGS[0]}" != boston-311-100 ] || twice
finish
