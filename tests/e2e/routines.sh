#!/bin/bash
# Goal: a year of the Shenzhen mechanism beside its issues: meetings held and missed, minutes that become supervised items, the annual list,
# inspections, evaluation, bulletins that name who did not report, and corrections.
# Method: all eight workers on a replay clock; one group does its duty and the others do nothing; then time runs on into spring, and the
# outcomes in the journal are counted against what the charter demands.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build/release}
. tests/demo/house.sh
. tests/e2e/checks.bash

SAID=
say() { # say TIME ACTOR TYPE SUBJECT KEY=VALUE…
    local at=$1 actor=$2 type=$3 subject=$4
    shift 4
    SAID=$(ctl publish "$type" --wait --quiet --timeout 60000 charter=shenzhen-2020 time="$at:00+08:00" ${subject:+subject="$subject"} \
        ${actor:+actor="$actor"} "$@" 2>&1)
}
granted() { # granted NAME TIME ACTOR TYPE SUBJECT KEY=VALUE…
    local name=$1
    shift
    if say "$@"; then good; else bad "$name" "$SAID"; fi
}
refused() { # refused NAME PATTERN TIME ACTOR TYPE SUBJECT KEY=VALUE…: with that in the refusal
    local name=$1 pattern=$2
    shift 2
    if say "$@"; then bad "$name: it was granted" "$SAID"; else contains "$name" "$SAID" "$pattern"; fi
}
PARTS='[{"name":"重点任务清单落实情况","text":"落实"},{"name":"问题协调解决情况","text":"无"},{"name":"工作方案推进情况","text":"推进"},{"name":"提速提效情况","text":"提速"}]'
LIST='[{"title":"统一申报口径","unit":"市税务局","by":"2021-06-30"}]'

broker_start --replay
workers_start
house_ready || give_up 'the house did not come up'
check 'calendar' ctl calendar adopt cn --known 2020-01-01 --time 2020-01-01T08:00:00+08:00 --timeout 60000
check 'charter' ctl charter adopt shenzhen-2020 --time 2020-01-01T08:30:00+08:00 --timeout 60000

# ---- the leading group: only topics that the office accepted are resolved on ----
granted 'a meeting is called' 2020-01-06T09:00 '' meeting.called HY-1 bodies=leading-group title=领导小组第一次会议
granted 'a topic' 2020-01-06T10:00 市财政局 topic.submitted HY-1 topic=T-1 title=年度工作要点 kind=decide
refused 'who does not examine topics' 'may not report' 2020-01-06T11:00 市财政局 topic.accepted HY-1 topic=T-1
granted 'it is held' 2020-01-08T15:00 '' meeting.held HY-1
refused 'a topic that nobody accepted' 'topic T-1 was never accepted' 2020-01-09T09:00 '' minutes.issued HY-1 \
    'items=[{"title":"年度工作要点","unit":"市财政局","topic":"T-1"}]'
granted 'the next meeting' 2020-01-09T10:00 '' meeting.called HY-2 bodies=leading-group title=领导小组第二次会议
granted 'a topic' 2020-01-09T10:10 市财政局 topic.submitted HY-2 topic=T-1 title=年度工作要点 kind=decide
granted 'the office accepts it' 2020-01-10T09:00 office.head topic.accepted HY-2 topic=T-1
granted 'it is held' 2020-01-13T15:00 '' meeting.held HY-2
granted 'minutes' 2020-01-14T09:00 '' minutes.issued HY-2 'items=[{"title":"年度工作要点","unit":"市财政局","by":"2020-03-31","topic":"T-1"}]'

# ---- a group that does its duty: a meeting and a report each month, the list at the year's end ----
refused 'a resolution without a unit' 'owed: item 1: unit' 2020-01-20T09:00 '' minutes.issued HY-2 'items=[{"title":"无主"}]'
for month in 01 02 03 04 05 06 07 08 09 10 11 12; do
    granted "a meeting in $month" "2020-$month-21T10:00" '' meeting.called "LH-$month" bodies=group-05 title=纳税专项小组例会
    granted "a topic in $month" "2020-$month-21T10:10" 市税务局 topic.submitted "LH-$month" topic=T-1 title=推进情况 kind=hear
    granted "held in $month" "2020-$month-21T14:00" '' meeting.held "LH-$month"
    granted "minutes in $month" "2020-$month-22T10:00" '' minutes.issued "LH-$month" 'items=[{"title":"推进'"$month"'月事项","unit":"市税务局"}]'
    [ "$month" != 05 ] || refused "April's, or May's?" 'owed: by: 2020-04-30 or 2020-05-31' 2020-05-24T09:00 '' filing.submitted XX-05 routine=information \
        body=group-05 "parts=$PARTS"
    by=; [ "$month" != 05 ] || by=by=2020-05-31
    [ "$month" = 04 ] || granted "a report in $month" "2020-$month-24T10:00" '' filing.submitted "XX-$month" routine=information body=group-05 $by "parts=$PARTS"
done
granted "April's report, late" 2020-12-24T11:00 '' filing.submitted XX-04 routine=information body=group-05 by=2020-04-30 "parts=$PARTS"
refused 'the annual list lacks a part' 'owed: part 重点工作任务' 2020-12-25T09:00 '' filing.submitted QD-05 routine=key-tasks body=group-05 \
    'parts=[{"name":"上年度优化营商环境完成情况分析","text":"完成"},{"name":"下年度目标任务","text":"目标"}]' "items=$LIST"
granted 'the annual list, whole' 2020-12-28T09:00 '' filing.submitted QD-05 routine=key-tasks body=group-05 \
    'parts=[{"name":"上年度优化营商环境完成情况分析","text":"完成"},{"name":"下年度目标任务","text":"目标"},{"name":"重点工作任务","text":"任务"}]' "items=$LIST"

# ---- inspection: a refusal is a finding; what is found is supervised until somebody else confirms it ----
granted 'an inspection is planned' 2020-12-28T10:00 inspection.party inspection.planned DC-1 title=窗口专项督查 units=市住房建设局 by=2020-12-31
granted 'material is asked for' 2020-12-29T09:00 inspection.party inspection.requested DC-1 units=市住房建设局 detail=窗口台账
granted 'and not given' 2020-12-29T15:00 市住房建设局 inspection.answered DC-1 unit=市住房建设局 result=refused
granted 'the report' 2020-12-30T16:00 inspection.party inspection.done DC-1 text=督查报告 'findings=[{"title":"台账不全","unit":"市住房建设局"}]'

# ---- evaluation ----
granted 'a self-check' 2021-01-11T09:00 市税务局 selfcheck.submitted '' unit=市税务局 period=2020 'scores=[{"points":9000}]'
granted 'an examiner scores' 2021-01-12T09:00 office.head check.scored '' unit=市税务局 period=2020 'scores=[{"points":8500}]'
refused 'nobody scores himself' . 2021-01-13T09:00 市财政局 check.scored '' unit=市财政局 period=2020 'scores=[{"points":10000}]'
check 'time moves on' ctl advance 2021-03-20T00:00:00+08:00 --timeout 120000
granted 'a self-check that comes too late' 2021-03-22T09:00 市财政局 selfcheck.submitted '' unit=市财政局 period=2020 'scores=[{"points":7000}]'
check 'time moves on' ctl advance 2021-04-30T00:00:00+08:00 --timeout 120000
house_settled || give_up 'the workers did not catch up'
ctl tail --from 1 --stop --json --timeout 120000 >"$HOUSE/journal" || give_up 'the journal cannot be read'
ctl charter show shenzhen-2020 --json >"$HOUSE/charter.json" || give_up 'the charter cannot be read'
ctl events --json >"$HOUSE/events.json" || give_up 'the table of events cannot be read'
judged 'the journal' python3 tests/e2e/judge.py whole "$HOUSE/journal" "$HOUSE/events.json"
judged 'the year' python3 tests/e2e/year.py "$HOUSE/journal" "$HOUSE/charter.json"

# ---- what a supervisor does about an item ----
item=$(sed -nE '/"type":"finding.recorded"|"type":"supervision.opened".*"origin":"finding"/s/.*"type":"supervision.opened","subject":"([^"]+)".*/\1/p' "$HOUSE/journal" | head -n 1)
check 'a finding is supervised' [ -n "$item" ]
granted 'the unit reports it done' 2021-05-06T09:00 市住房建设局 supervision.reported "$item" result=done unit=市住房建设局
refused 'and does not confirm it' . 2021-05-06T10:00 市住房建设局 supervision.verified "$item"
granted 'a supervisor does' 2021-05-06T11:00 inspection.party supervision.verified "$item"
contains 'it is closed' "$SAID" 'supervision.closed'
for role in "${ROLES[@]}" duband; do
    exit_code "$role" TERM
    equal "$role stops as told" 0 "$CODE"
done
finish
