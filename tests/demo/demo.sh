#!/bin/bash
# The demo: the whole loop on real input. A story under the Shenzhen charter of 2020, then the 100 service requests of Boston, both on a
# replay clock: time follows the events. Everything lies in a temporary folder and goes with it; only the bulletins and notices stay, in
# $B/demo. What the story says in Chinese, the commands say in the words of events: each is glossed where it first matters.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build/release}
. tests/demo/house.sh

bold=$(tput bold 2>/dev/null || :) plain=$(tput sgr0 2>/dev/null || :)
[ -t 1 ] || bold='' plain=''
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
say() { printf '\n  %s\n' "$*"; }
fail() {
    echo "demo: $*" >&2
    exit 1
}
# report DATE-AND-TIME ACTOR TYPE SUBJECT KEY=VALUE…: published, and what the rules made of it
report() {
    local at=$1 actor=$2 type=$3 subject=$4
    shift 4
    ctl publish "$type" --wait --quiet --timeout 60000 charter=shenzhen-2020 time="${at}:00+08:00" subject="$subject" \
        ${actor:+actor="$actor"} "$@" | grep -vE ' (deadline\.(set|cleared)|duty\.opened) ' | sed 's/^/      /'
    return "${PIPESTATUS[0]}"
}
# show COMMAND…: what dubanctl says, indented; its exit code counts
show() {
    ctl "$@" | sed 's/^/      /'
    [ "${PIPESTATUS[0]}" = 0 ] || fail "dubanctl $*"
}
granted() { report "$@" || fail "this should have been granted: $*"; }
refused() { report "$@" && fail "this should have been refused: $*"; }
opinions() { # opinions DATE-AND-TIME SUBJECT UNIT…
    local at=$1 subject=$2 unit
    shift 2
    for unit in "$@"; do granted "$at" '' opinion.submitted "$subject" unit="$unit" opinion=同意 >/dev/null; done
}

title '一、深圳市优化营商环境改革协调推进机制（深营商组〔2020〕2号）：一件事怎样被办到底'
broker_start --replay
workers_start
house_ready || fail 'the house did not come up'
ctl calendar adopt cn --known 2020-01-06 --time 2020-01-06T08:00:00+08:00 --timeout 60000 >/dev/null || fail 'calendar'
show charter adopt shenzhen-2020 --time 2020-01-06T08:30:00+08:00 --timeout 60000

ctl charter show shenzhen-2020 >"$HOUSE/shown" || fail 'the charter cannot be read'
head -n 4 "$HOUSE/shown" | sed 's/^/      /'
grep -q '  issued 2020-01-20  ' "$HOUSE/shown" || fail 'the document is of another day than the story says'
say '（文件2020年1月20日印发；为讲完整个流程，这里从1月6日起按文件试运行）'
say '【WT-01】1月6日，企业反映银行开户耗时长；工作专班当日协调解决，企业次日确认。'
granted 2020-01-06T09:00 '' issue.raised WT-01 title=新设企业银行开户耗时长 area=开办企业 raiser=某科技公司 units=市市场监管局,市税务局
granted 2020-01-06T16:00 '' issue.coordinated WT-01 result=settled note=约谈开户行，当日开户
granted 2020-01-07T09:00 '' resolution.confirmed WT-01 note=已开户

say '【WT-02】税务口径不一，专班协调不了，征求四个单位意见；市财政局尚未反馈意见，专班即申请提级——'
granted 2020-01-07T09:30 '' issue.raised WT-02 title=多税种合并申报口径不一 area=纳税 indicator=true raiser=企业服务热线
granted 2020-01-07T10:00 '' issue.coordinated WT-02 result=unsettled note=部门口径不同
granted 2020-01-07T10:30 '' opinion.requested WT-02 units=市税务局,市财政局,市人力资源保障局,市住房和建设局
opinions 2020-01-08T10:00 WT-02 市税务局 市人力资源保障局 市住房和建设局
granted 2020-01-08T15:00 '' proposal.submitted WT-02 plan=由市税务局牵头统一申报口径
say '系统退回，列明尚缺哪个单位意见、依据哪一条、写在章程文件哪一行：'
say '（owed 尚缺：attempt 协调、opinion 意见、proposal 方案、deliberation 审议、consent 同意、checklist 逐项研究、issuelist 问题清单；by 由谁提供）'
refused 2020-01-08T16:00 '' escalation.requested WT-02
say '1月9日，市财政局反馈意见，各单位意见到齐，再次提请，问题升至专项小组；小组协调后专班拟定解决方案，转为任务。'
granted 2020-01-09T09:00 '' opinion.submitted WT-02 unit=市财政局 opinion=同意统一口径
granted 2020-01-09T09:30 '' escalation.requested WT-02
granted 2020-01-13T10:00 '' solution.drafted WT-02 'items=[{"title":"统一申报口径","unit":"市税务局","by":"2020-02-28","opinion":"发布统一口径"},{"title":"调整资金系统","unit":"市财政局","by":"2020-01-17","opinion":"系统同步调整"}]'

say '【WT-03】破产财产解封难：专班、专项小组都未能解决。两位组长同意后报办公室，办公室逐项研究，提请领导小组。'
granted 2020-01-13T14:00 '' issue.raised WT-03 title=破产财产解封难 area=办理破产 raiser=管理人协会
granted 2020-01-13T15:00 '' issue.coordinated WT-03 result=unsettled
granted 2020-01-13T15:30 '' opinion.requested WT-03 units=市中级人民法院,市财政局,市公安局,人民银行深圳市中心支行,市司法局,市税务局,市人力资源保障局,市市场监管局,深圳银保监局 >/dev/null
opinions 2020-01-14T10:00 WT-03 市中级人民法院 市财政局 市公安局 人民银行深圳市中心支行 市司法局 市税务局 市人力资源保障局 市市场监管局 深圳银保监局
granted 2020-01-14T11:00 '' proposal.submitted WT-03 plan=建立解封联动机制 >/dev/null
granted 2020-01-14T11:30 '' escalation.requested WT-03
granted 2020-01-15T10:00 '' issue.coordinated WT-03 result=unsettled note=涉及外地查封 >/dev/null
granted 2020-01-15T11:00 '' proposal.submitted WT-03 plan=提请领导小组协调 >/dev/null
say '专项小组开会研究，形成会议纪要（没有明确责任单位的纪要退回）；纪要各项即列入督办：'
granted 2020-01-15T14:00 '' meeting.held HY-2020-01 bodies=group-07 title=办理破产专项小组会议
refused 2020-01-15T14:20 '' minutes.issued HY-2020-01 'items=[{"title":"破产财产解封提请领导小组协调","issue":"WT-03"}]'
granted 2020-01-15T14:30 '' minutes.issued HY-2020-01 'items=[{"title":"破产财产解封提请领导小组协调","unit":"市中级人民法院","issue":"WT-03"}]'
granted 2020-01-15T15:00 group-07.head.1 consent.given WT-03 note=同意
say '只有一位组长同意，不能上报：'
refused 2020-01-15T16:00 '' escalation.requested WT-03
granted 2020-01-16T09:00 group-07.head.2 consent.given WT-03 note=同意
granted 2020-01-16T09:30 '' escalation.requested WT-03
granted 2020-01-16T15:00 '' checklist.filled WT-03 opinion=建议建立联动机制 undertaker=市中级人民法院 plan=府院联动方案
granted 2020-01-16T16:00 '' issuelist.compiled QD-2020-01 'issues=WT-03' title=2020年第一批问题清单
granted 2020-01-17T09:00 '' escalation.requested WT-03
say '领导小组作出决议，办公室编制任务清单，逐项分解落实：'
granted 2020-01-17T16:00 '' decision.adopted WT-03 text=原则同意府院联动方案，由市中级人民法院牵头 meeting=领导小组第三次会议
granted 2020-01-17T17:00 '' tasklist.compiled WT-03 title=府院联动任务清单 'items=[{"title":"出台解封指引","unit":"市中级人民法院","by":"2020-02-14"},{"title":"登记系统对接","unit":"市市场监管局","by":"2020-03-31"}]'

say '【WT-04】1月20日提出，专班协调期限15个工作日，按原定春节放假安排扣除，应于2月14日前（含当日）办结：'
granted 2020-01-20T10:00 '' issue.raised WT-04 title=建筑许可并联审批不同步 area=办理建筑许可
show deadlines --subject WT-04
say '1月27日国务院办公厅通知延长春节假期，期限随之顺延——前后日期都记录在案：'
ctl calendar adopt cn --after 2020-01-06 --known 2020-01-27 --time 2020-01-27T12:00:00+08:00 --timeout 60000 >"$HOUSE/amended" || fail 'the notice'
grep -E 'deadline.moved|calendar.noted' "$HOUSE/amended" | sed 's/^/      /'
granted 2020-02-10T10:00 '' task.completed WT-03/task/1 evidence=解封指引已印发
granted 2020-02-11T10:00 office.head task.verified WT-03/task/1 note=已核实

say '【年度清单】纳税专项小组提前报送下年度重点任务清单，缺一部分，退回；补齐后收下，与上年清单逐项比对：'
LIST='items=[{"title":"全程网上办税","unit":"市税务局","by":"2021-06-30"}]' ANALYSIS='{"name":"上年度优化营商环境完成情况分析","text":"已完成"}' TARGETS='{"name":"下年度目标任务","text":"见附件"}'
refused 2020-02-12T10:00 '' filing.submitted QD-05 routine=key-tasks body=group-05 "parts=[$ANALYSIS,$TARGETS]" "$LIST"
granted 2020-02-12T15:00 '' filing.submitted QD-05 routine=key-tasks body=group-05 "parts=[$ANALYSIS,$TARGETS,{\"name\":\"重点工作任务\",\"text\":\"见清单\"}]" "$LIST"
say '【督查】市委督查室到市住房建设局督查，发现一个问题，即列入督办；单位自己报告办结，由督查室核实销号：'
granted 2020-02-13T16:00 inspection.party inspection.done DC-01 title=办事窗口专项督查 units=市住房建设局 text=督查报告 'findings=[{"title":"一次性告知不到位","unit":"市住房建设局","by":"2020-03-10"}]'
finding=$(ctl items --json | grep '"finding"' | head -n 1 | sed -E 's/.*"item":"([^"]+)".*/\1/; s/.*"id":"([^"]+)".*/\1/')
granted 2020-02-18T09:00 市住房建设局 supervision.reported "$finding" result=done evidence=告知单已改
refused 2020-02-18T10:00 市住房建设局 supervision.verified "$finding"
granted 2020-02-19T10:00 inspection.party supervision.verified "$finding"

ctl advance 2020-02-20T09:00:00+08:00 --timeout 60000 || fail 'time did not move on'
house_settled || fail 'the workers did not catch up'
say '到2月20日，逾期的有（市财政局的任务，以及尚未办理的WT-04）：'
show deadlines --state missed --owner tasks
show deadlines --state missed --owner coordination
echo "      此外1月应开的例会、应报的信息，没有开、没有报的：$(ctl duties --state missed --count | grep -oE '[0-9]+' | tail -n 1)项"
title '如果当初期限不同？把专班协调期限从15个工作日改为30个工作日，同样的事情重放一遍（只读日志，不动正在运行的系统）'
sed 's/limit: {is: 15wd, clause: 四（一）/limit: {is: 30wd, clause: 四（一）/' "$DUBAN_CONFIG/charters/shenzhen-2020.yaml" >"$HOUSE/longer.yaml"
ctl whatif --journal "$HOUSE/state/journal" --charter "$HOUSE/longer.yaml" >"$HOUSE/whatif"
[ $? = 1 ] || fail 'what if'
grep -E -m 2 '^(subject|WT-04) +(what|team)' "$HOUSE/whatif" | sed 's/^/      /'
title '为什么WT-02第一次上报被拒绝？为什么WT-04的期限是2月18日？'
show why WT-02 --type request.refused
show why WT-04 --type deadline.moved
title '问题一览（coordinating 协调中，decided 已决议，solving 办理中，settled 已解决待确认，closed 已办结）'
show issues --charter shenzhen-2020
title '谁被通知了（办公室、纳税专项小组组长各自的通知簿）'
for post in office.head group-05.head; do
    told=$HOUSE/state/out/notifications/$post.txt
    grep -v '逾期：.*未于.*前完成：' "$told" | sed "s/^/      $post  /"
    [ "${PIPESTATUS[0]}" = 0 ] || fail "nobody told $post"
    echo "      $post  另有例会、信息报送逾期，每日汇总一次，共$(grep -c '逾期：.*未于.*前完成：' "$told")项"
done
title '2020年1月简报（节选：开头；退回补正；逾期的事项，同一事项列一行；谁没有报送；落款）'
bulletin=$(ctl bulletins --json --charter shenzhen-2020 | head -n 1 | sed -E 's/.*"bulletin":"([^"]+)".*/\1/')
[ -n "$bulletin" ] || fail 'no bulletin was published'
ctl bulletins "$bulletin" >"$HOUSE/bulletin.md" || fail 'the bulletin cannot be read'
head -n 18 "$HOUSE/bulletin.md" | sed 's/^/      /'
# part LINE COUNT: so many lines of the bulletin, from the first that begins so
part() {
    printf '      …\n'
    grep -m 1 -A "$2" "^$1" "$HOUSE/bulletin.md" | sed 's/^/      /'
    [ "${PIPESTATUS[0]}" = 0 ] || fail "the bulletin has no \"$1\""
}
part '不符合上报条件、退回补正的申请：' 3
part '本期超过时限' 8
part '未报送的单位：' 2
part '---' 4
title '一年之后：2020年度考核（自查20分、检查30分、按时30分、督查10分、逾期10分；公式在章程里；单位前三名，及末两位责任人）'
granted 2021-01-11T09:00 市税务局 selfcheck.submitted '' unit=市税务局 period=2020 'scores=[{"points":9500}]'
granted 2021-01-12T09:00 office.head check.scored '' unit=市税务局 period=2020 'scores=[{"points":9000}]'
ctl advance 2021-03-10T09:00:00+08:00 --timeout 120000 || fail 'time did not move on'
house_settled || fail 'the workers did not catch up'
ctl scores --period 2020 >"$HOUSE/scores" || fail 'no evaluation was published'
{ head -n 4 "$HOUSE/scores"; echo …; tail -n 2 "$HOUSE/scores"; } | sed -E 's/^/      /; s/ +no\. .*//; s/ +[0-9]+ +[0-9]+  current.*//'
title '日志完整性'
house_stop
show verify --journal "$HOUSE/state/journal"
mv "$HOUSE/state" "$HOUSE/state-shenzhen"

title '二、Boston 311: 100 real service requests (City of Boston, public domain), replayed at full speed'
broker_start --replay
workers_start
house_ready || fail 'the house did not come up'
ctl calendar adopt boston --time 2022-01-01T00:00:00+00:00 --timeout 60000 >/dev/null || fail 'calendar'
ctl charter adopt boston-311 --time 2022-01-01T00:00:00+00:00 --timeout 60000 >/dev/null || fail 'charter'
began=$(date +%s%N)
show import --map tests/data/boston-map.yaml tests/data/boston-311-100.tsv --publish --timeout 60000
ctl advance 2022-05-31T00:00:00+00:00 --timeout 60000 || fail 'time did not move on'
house_settled || fail 'the workers did not catch up'
echo "      took $((($(date +%s%N) - began) / 1000000)) ms, from the first report to the last outcome"
show figures --charter boston-311
computed=$(ctl figures --charter boston-311 --of all --json | sed -E 's/.*"withdeadline":([0-9]+).*"kept":([0-9]+).*"late":([0-9]+).*"unresolved":([0-9]+).*"overdue":([0-9]+).*/\1 \2 \3 \4 \5/')
recorded=$(tests/demo/boston.sh --recorded tests/data/boston-311-100.tsv)
printf '\n      %-22s %14s %8s %6s %11s %8s\n' '' 'with deadline' 'on time' late unresolved overdue
printf '      %-22s %14s %8s %6s %11s %8s\n' 'duban computed' $computed 'the city recorded' $recorded
[ "$computed" = "$recorded" ] || fail 'the figures differ'
echo '      equal'
ctl deadlines --owner coordination --json | tests/demo/boston.sh --compare tests/data/boston-311-100.tsv || fail 'due times differ from the city'"'"'s targets'
echo "      (the charter's limits are the city's own, one a type of request: config/charters/boston-311.yaml)"

house_stop
show verify --journal "$HOUSE/state/journal"
rm -rf "$B/demo"
mkdir -p "$B/demo"
cp -r "$HOUSE/state-shenzhen/out/." "$B/demo/"
echo
echo "The bulletin: $(find "$B/demo/bulletins" -name '2020-01.html'), and as Markdown beside it"
echo 'Try next:'
echo "  $B/bin/dubanctl due --calendar cn --from 2020-01-20 --add 15wd --known 2020-01-20 --why"
echo "  $B/bin/dubanctl charter show shenzhen-2020"
echo "  $B/bin/dubanctl help"
echo '  README.md: run it for yourself'
