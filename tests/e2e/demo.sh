#!/bin/bash
# The demo is a promise to strangers: it must run, say what it says, and leave nothing in the work tree outside build/.
set -u
cd "$(dirname "$0")/../.." || exit 2
export B=${B:-build/release}
. tests/e2e/checks.bash
HOUSE=$(mktemp -d) # the checks look for sanitizer reports there; the demo has a house of its own
trap 'rm -rf "$HOUSE"' EXIT
said=$(tests/demo/demo.sh 2>&1)
equal 'exit code' 0 "$?"
contains 'an escalation is refused with what is owed' "$said" 'owed: opinion of 市财政局'
contains 'and granted later' "$said" 'issue\.escalated\.group WT-02'
contains 'the leading group' "$said" 'issue\.escalated\.leading-group WT-03'
contains 'a deadline moves' "$said" 'deadline\.moved WT-04 .*2020-02-14.*2020-02-18'
contains 'one is missed' "$said" 'missed +task +WT-02/task/2'
contains 'a bulletin' "$said" '# 深圳市优化营商环境改革工作情况通报'
contains 'minutes without a unit are refused' "$said" 'owed: item 1: unit'
contains 'the annual list lacks a part' "$said" 'owed: part 重点工作任务'
contains 'a finding is supervised' "$said" 'supervision\.opened .*一次性告知不到位'
contains 'and closed by somebody else' "$said" 'supervision\.closed .*how=verified'
contains 'what if' "$said" '^ +WT-04 +team +2020-02-18 23:59:59, missed +2020-03-10 23:59:59, open'
contains 'who did not report is named' "$said" '信息报送，应于2020年1月31日前报送：全部16个专项小组'
contains 'an evaluation' "$said" '^ +2020 +2 +市税务局 +[0-9.]+$'
contains 'every target of the city' "$said" '89 of 89 due times equal'
contains 'its figures' "$said" 'the city recorded +89 +72 +5 +12 +12'
contains 'the journal is whole' "$said" 'whole: [0-9]+ events'
finish
