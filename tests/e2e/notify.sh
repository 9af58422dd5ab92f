#!/bin/bash
# Goal: a post is told by mail and by webhook exactly as the journal says it was, whatever the receivers do and whenever the worker dies.
# Method: a mail server and a web server that refuse before they accept, or never do; each step waits for the request or event it is about.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build/release}
. tests/demo/house.sh
. tests/e2e/checks.bash

# ---- receivers ----
new='whsec_bmV3LXNlY3JldC1vZi0zMi1ieXRlcy0wMTIzNDU2Nzg=' old='whsec_b2xkLXNlY3JldC1vZi0zMi1ieXRlcy0wMTIzNDU2Nzg='
(umask 077 && echo "$new" >"$HOUSE/new" && echo "$old" >"$HOUSE/old")
exec 3< <(exec /usr/bin/python3 tests/e2e/receivers.py "$new" "$old" 2>>"$HOUSE/receivers.err")
receivers=$!
trap 'kill "$receivers" 2>/dev/null; house_remove' EXIT
requests=()
request() { # request PATTERN: reads what the receivers saw until a line matches; all of it stays in requests
    local line
    while read -rt 60 line <&3; do
        requests+=("$line")
        [[ $line == $1 ]] && return 0
    done
    return 1
}
seen() { printf '%s\n' "${requests[@]}" | grep -cE -- "$1"; } # seen PATTERN: how many requests so far
request 'ports *' || give_up 'no receivers' "$(cat "$HOUSE/receivers.err")"
read -r _ smtp http <<<"${requests[0]}"

cat >"$HOUSE/duban.yaml" <<EOF
mail: {server: "smtp://127.0.0.1:$smtp", from: duban@example.gov.cn, tls: none}
webhooks:
  - {name: late, url: "http://127.0.0.1:$http/late", secret-file: [$HOUSE/new, $HOUSE/old]}
  - {name: gone, url: "http://127.0.0.1:$http/gone", secret-file: [$HOUSE/new, $HOUSE/old]}
  - {name: slow, url: "http://127.0.0.1:$http/slow", secret-file: [$HOUSE/new, $HOUSE/old]}
  - {name: dead, url: "http://127.0.0.1:1/", secret-file: $HOUSE/new}
deliveries: {attempts: 4, first-seconds: 1, cap-seconds: 2}
contacts:
  late: {mail: [late@example.gov.cn, second@example.gov.cn], webhook: late}
  gone: {mail: nobody@example.gov.cn, webhook: gone}
  dead: {webhook: dead}
  slow: {webhook: slow}
  市财政局: {mail: unit@example.gov.cn}
  town/inner: {mail: inner@example.gov.cn}
EOF
cat >"$HOUSE/town.yaml" <<'EOF'
charter: town
title: 小城协调机制
document: {number: 城〔2020〕1号, issued: 2020-01-20}
calendar: cn
zone: "+08:00"
units: [市税务局, 市财政局]
levels: [{id: team, name: 工作专班, decides: true, settles: true, limit: 15wd}]
areas: [{area: 纳税}]
bodies: [{id: team, name: 工作专班, level: team, lead_units: [市税务局]}]
posts:
  - {id: late, title: 晚到, holders: ["张三"]}
  - {id: gone, title: 不在}
  - {id: dead, title: 不通}
  - {id: slow, title: 很慢}
  - {id: clerk, title: 联络员, unit: 市财政局}
  - {id: inner, title: 内部}
  - {id: nobody, title: 无地址}
notices:
  - {event: issue.opened, to: [slow, dead, late, gone, inner, clerk, nobody], channel: webhook, when: at-once}
  - {event: issue.opened, to: [late, gone, inner, clerk, nobody], channel: mail, when: at-once}
  - {event: issue.opened, to: [clerk], channel: file}
EOF

# ---- a secret that others may read is none ----
config=(--config "$HOUSE/duban.yaml")
chmod 644 "$HOUSE/new"
out=$(timeout 60 "$B/bin/duban-worker" notifications --state "$HOUSE/state" --run "$HOUSE/run" "${config[@]}" 2>&1)
equal 'a secret that others may read' 2 $?
contains 'and says so' "$out" 'others than its owner'
chmod 600 "$HOUSE/new"

# ---- at work ----
ROLES=(coordination deadlines notifications)
broker_start "${config[@]}"
for role in "${ROLES[@]}"; do worker_start "$role" "${config[@]}"; done
house_ready || give_up 'the house did not come up'
ctl calendar adopt cn --timeout 60000 >/dev/null || give_up 'calendar'
ctl charter adopt "$HOUSE/town.yaml" --timeout 60000 >/dev/null || give_up 'charter'
ctl publish issue.raised subject=A charter=town area=纳税 title=税费申报不便 --wait --quiet --timeout 60000 >/dev/null || give_up 'issue.raised'

# The journal as it grows: what became of each message, and everything before it.
exec 4< <(exec "$B/bin/dubanctl" tail --from 1 --type notification --json --timeout 600000)
tail=$!
trap 'kill "$receivers" "$tail" 2>/dev/null; house_remove' EXIT
declare -A ends=()
events=()
event_end() { # event_end N: reads until N messages have ended
    local line key
    while [ "${#ends[@]}" -lt "$1" ] && read -rt 120 line <&4; do
        events+=("$line")
        [[ $line =~ \"type\":\"notification\.(delivered|failed)\" ]] || continue
        key=${BASH_REMATCH[1]}
        [[ $line =~ \"post\":\"([^\"]*)\" ]] && key="$key ${BASH_REMATCH[1]}"
        [[ $line =~ \"channel\":\"([^\"]*)\" ]] && key="$key ${BASH_REMATCH[1]}"
        ends[$key]=$((${ends[$key]:-0} + 1))
    done
    [ "${#ends[@]}" -ge "$1" ]
}
how() { printf '%s\n' "${events[@]}" | grep -E "notification\.(delivered|failed)" | grep -E "\"post\":\"$1\"" | grep "\"channel\":\"$2\"" | tail -n 1; }

# ---- the worker dies between attempts: after a letter that was refused for now, with a call under way that never ends ----
request 'smtp 451 late@*' || give_up 'no letter' "$(tail -n 5 "$HOUSE/notifications.log")"
[ "$(seen '^http 0 /slow')" -ge 1 ] || request 'http 0 /slow *' || bad 'no call to the slow receiver'
exit_code notifications KILL
equal 'killed' 137 "$CODE"
worker_start notifications "${config[@]}"
request 'smtp 250 late@*' || bad 'the letter never went' "${requests[@]}"
[ "$(seen '^http 200 /late')" -ge 1 ] || request 'http 200 /late *' || bad 'the call was never taken' "${requests[@]}"
# Two who are reached by both channels at their post, one by its unit's address; refused, unreachable, without address.
event_end 11 || bad 'not every message has ended' "${!ends[@]}" "$(tail -n 20 "$HOUSE/notifications.log")"

equal 'each ended once' '1' "$(printf '%s\n' "${ends[@]}" | sort -u)"
equal 'what became of each' \
    'delivered clerk mail|delivered inner mail|delivered late mail|delivered late webhook|failed clerk webhook|failed dead webhook|failed gone mail|failed gone webhook|failed inner webhook|failed nobody mail|failed nobody webhook' \
    "$(printf '%s\n' "${!ends[@]}" | LC_ALL=C sort | paste -sd'|')"
contains 'the late letter took three attempts' "$(how late mail)" '"attempts":3'
contains 'the late call, too' "$(how late webhook)" '"attempts":[34]'
contains 'who is refused for good is tried once' "$(how gone webhook)" '"attempts":1,.*HTTP 404|HTTP 404.*"attempts":1'
contains 'a letter, too' "$(how gone mail)" 'SMTP 550'
contains 'who is dead is tried to the end' "$(how dead webhook)" '"attempts":4'
contains 'no address, no attempt' "$(how nobody mail)" '"attempts":0'
contains 'and why' "$(how nobody mail)" 'no address by this channel'
equal 'no address stands in the journal' '' "$(ctl tail --from 1 --stop --json --timeout 60000 | grep -o '[a-z]*@example.gov.cn\|127\.0\.0\.1:[0-9]*')"

# ---- the same letter each time, rightly signed each time, and what nobody got is in a file ----
letters=$(printf '%s\n' "${requests[@]}" | grep '^smtp 2\|^smtp 4' | grep late@ | cut -d' ' -f4 | sort -u)
equal 'one Message-ID for all attempts' 1 "$(wc -l <<<"$letters")"
contains 'which is ours' "$letters" '^<[a-z0-9-]+@example\.gov\.cn>$'
contains 'the letter in Chinese' "$(printf '%s\n' "${requests[@]}" | grep '^smtp 250 late@')" '督办：新问题“税费申报不便”.*张三：.*编号：#'
contains 'to both addresses' "$(printf '%s\n' "${requests[@]}" | grep '^smtp 250 late@')" '^smtp 250 late@example.gov.cn,second@example.gov.cn '
equal 'one webhook-id for all attempts' 1 "$(printf '%s\n' "${requests[@]}" | grep '^http [0-9]* /late' | cut -d' ' -f4 | sort -u | wc -l)"
equal 'every call is signed with both secrets' 'signed' "$(printf '%s\n' "${requests[@]}" | grep '^http' | cut -d' ' -f5 | sort -u)"
for post in gone dead nobody inner; do
    contains "what $post did not get is in its file" "$(cat "$HOUSE/state/out/notifications/$post.txt")" '#[0-9]+ \((mail|webhook)\) 新问题'
done
contains 'the file channel is not held up' "$(cat "$HOUSE/state/out/notifications/clerk.txt")" '#[0-9]+ 新问题'

# ---- the receiver that never answers holds up nobody, and a rebuild waits for it ----
refused=$(ctl rebuild notifications --timeout 60000 2>&1)
contains 'a rebuild would lose what is under way' "$refused" 'wait to be delivered'
before=${#requests[@]}
ctl publish issue.raised subject=B charter=town area=纳税 title=另一件 --wait --quiet --timeout 60000 >/dev/null || bad 'issue.raised B'
request 'smtp 250 late@*' || bad 'the second letter never went'
contains 'it is another letter' "$(printf '%s\n' "${requests[@]:before}")" '另一件'
exit_code notifications TERM
equal 'an orderly stop with a call under way' 0 "$CODE"

# ---- a site that reaches nobody outside says so, of what waited and of what is new ----
worker_start notifications
ctl publish issue.raised subject=C charter=town area=纳税 title=第三件 --wait --quiet --timeout 60000 >/dev/null || bad 'issue.raised C'
event_about() { # event_about PATTERN N: reads until N events match
    local line count=0
    while [ "$count" -lt "$2" ] && read -rt 60 line <&4; do
        events+=("$line")
        [[ $line =~ $1 ]] && count=$((count + 1))
    done
    [ "$count" -ge "$2" ]
}
event_about '"type":"notification\.failed","subject":"C".*"post":"nobody"' 2 || bad 'a message ended without a word'
ended_names() { # "#3 to late by mail" of every message that has ended
    printf '%s\n' "${events[@]}" | python3 -c '
import json, sys
for event in map(json.loads, sys.stdin):
    if event["type"] in ("notification.delivered", "notification.failed"):
        print("#{seq} to {post} by {channel}".format(**event["data"]))' | LC_ALL=C sort
}
sent_outside() { printf '%s\n' "${events[@]}" | grep '"type":"notification\.sent"' | grep -cE '"channel":"(mail|webhook)"'; }
while [ "$(ended_names | wc -l)" -lt "$(sent_outside)" ] && read -rt 60 line <&4; do events+=("$line"); done
for channel in mail webhook; do contains "$channel without a server" "$(how nobody "$channel")" 'no mail server or webhook is configured'; done
contains 'what waited for its receiver has failed, too' "$(how slow webhook)" 'no mail server or webhook is configured'
contains 'and the log says it' "$(cat "$HOUSE/notifications.log")" '#[0-9]+ to nobody by mail is written to a file instead: no mail server'
contains 'it is in the file' "$(cat "$HOUSE/state/out/notifications/nobody.txt")" '第三件'
exit_code notifications TERM
kill "$tail" 2>/dev/null
house_empty() { # the receivers stay: a bare wait would wait for them
    local name
    for name in "${ROLES[@]}" duband; do [ -z "${PIDS[$name]:-}" ] || process_kill "$name"; done
}
house_empty

# ---- log and journal name a message alike: number, post, channel ----
log_names=$(grep -oE '#[0-9]+ to [a-z]+ by (mail|webhook)([a-z ]*: (delivered|failed|is written)| is written)' "$HOUSE/notifications.log" |
    sed -E 's/(by [a-z]+).*/\1/' | LC_ALL=C sort)
equal 'what has ended in the log has ended in the journal under the same number' '' "$(LC_ALL=C comm -13 <(ended_names) - <<<"$log_names")"
equal 'which are nearly all' yes "$([ "$(wc -l <<<"$log_names")" -ge "$(($(ended_names | wc -l) - 1))" ] && echo yes)" # one may have ended as the worker was killed
late=$(ended_names | grep -E '^#[0-9]+ to late by mail$' | sort -V | head -n 1)
contains 'an attempt under way is seen' "$(cat "$HOUSE/notifications.log")" "$late: attempt 3 of 4 post="

# ---- a replay clock sends nothing, whatever the settings say: the past is written to files ----
before=${#requests[@]} state=$HOUSE/state
mv "$state" "$HOUSE/state-live"
ROLES=(coordination tasks deadlines routines supervision bulletins notifications ledger)
broker_start "${config[@]}" --replay
for role in "${ROLES[@]}"; do worker_start "$role" "${config[@]}"; done
house_ready || give_up 'the house did not come up on a replay clock'
ctl calendar adopt cn --known 2020-01-06 --time 2020-01-06T08:00:00+08:00 --timeout 60000 >/dev/null || give_up 'calendar'
ctl charter adopt "$HOUSE/town.yaml" --time 2020-01-20T08:30:00+08:00 --timeout 60000 >/dev/null || give_up 'charter'
ctl publish issue.raised subject=P charter=town area=纳税 title=往事 time=2020-01-20T09:00:00+08:00 --wait --quiet --timeout 60000 >/dev/null ||
    give_up 'issue.raised P'
ctl advance 2020-01-20T10:00:00+08:00 --timeout 60000 || give_up 'time did not move on'
house_settled || give_up 'the workers did not catch up'
contains 'what a replay tells stands in a file' "$(cat "$state/out/notifications/late.txt")" '#[0-9]+ \(mail\) 新问题“往事”'
equal 'and nothing waits to be sent' '' "$(ctl tail --from 1 --stop --type delivery --json --timeout 60000)"
house_empty
contains 'the log says that nothing goes outside' "$(cat "$HOUSE/notifications.log")" 'replay clock: nothing goes outside'
kill "$receivers" 2>/dev/null
while read -rt 60 line <&3; do requests+=("$line"); done
equal 'no letter and no call about the past' '' "$(printf '%s\n' "${requests[@]:before}" | grep -a '往事')"
contains 'the log says what hinders' "$(cat "$HOUSE/notifications.log")" "$late: attempt [12] of 4 failed, the next one in [12] s: SMTP 451"

finish
