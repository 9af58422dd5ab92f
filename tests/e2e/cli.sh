#!/bin/bash
# Every dubanctl command against a real broker and real workers: what it prints as a table and as JSON, its exit code (0 to 4), its hints,
# its --help, and the completion script in a real bash. The house runs on a replay clock, so nothing here depends on today.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build/release}
. tests/demo/house.sh
. tests/e2e/checks.bash
out=$HOUSE/out err=$HOUSE/err
export COLUMNS=200

# run CODE WORDS…: dubanctl's exit code is CODE; keeps what it printed
run() {
    local wanted=$1 code
    shift
    name="dubanctl $*"
    "$B/bin/dubanctl" "$@" >"$out" 2>"$err" </dev/null
    code=$?
    if [ "$code" = "$wanted" ]; then good; else bad "$name" "exit code $code, wanted $wanted" "$(head -n 5 "$out" "$err")"; fi
}
prints() { contains "$name" "$(cat "$out")" "$1"; }
says() { contains "$name" "$(cat "$err")" "$1"; }
silent() { equal "$name: standard error" '' "$(cat "$err")"; }
# json KEY…: standard output is one JSON object a line, at least one, each with these keys
json() {
    local problem
    problem=$(/usr/bin/python3 -c '
import json, sys
rows = [json.loads(line) for line in sys.stdin]
if not rows:
    sys.exit("no line")
for row in rows:
    missing = [key for key in sys.argv[1:] if key not in row]
    if missing:
        sys.exit(f"{missing} missing in {row}")' "$@" <"$out" 2>&1) && good || bad "$name" "$problem"
}
both() { # both WORDS… -- PATTERN KEY…: as a table it shows PATTERN; as JSON each line has the keys
    local words=() pattern
    while [ "$1" != -- ]; do words+=("$1") && shift; done
    pattern=$2
    shift 2
    run 0 "${words[@]}" && prints "$pattern" && silent
    run 0 "${words[@]}" --json && json "$@" && silent
}
lines() { wc -l <"$out" | tr -d ' '; }

# ---- before there is a broker: 3, with a hint ----
run 3 status --timeout 50
says 'no answer from the broker'
says 'hint: is duband running'
run 3 publish issue.raised subject=A-1 title=t area=a --timeout 50
run 2 status --frobnicate
run 2 frobnicate
says 'hint: '
run 2
prints 'Exit codes'
run 0 --version
prints "^dubanctl [0-9]"

# ---- every command explains itself ----
mapfile -t commands < <("$B/bin/dubanctl" help | sed -nE 's/^  ([a-z]+( [a-z]+)?) .*/\1/p' | sed 's/ *$//')
[ "${#commands[@]}" -ge 25 ] && good || bad 'dubanctl help lists the commands' "${commands[@]}"
for command in "${commands[@]}"; do
    # shellcheck disable=SC2086
    run 0 $command --help && prints "^usage: dubanctl $command" && silent
    contains "dubanctl.1 documents $command" "$(cat docs/man/dubanctl.1)" "^\.It Cm $command( |$)"
    for option in $(sed -nE 's/^  --([a-z-]+) .*/\1/p' "$out"); do
        contains "dubanctl.1 documents --$option" "$(cat docs/man/dubanctl.1)" "-$option( |$|,)"
    done
done
for page in docs/man/*.[1-8]; do equal "mandoc $page" '' "$(mandoc -Tlint -W warning "$page" 2>&1 | grep -v mandoc.db)"; done

# ---- a house with some matters in it ----
broker_start --replay
for _ in {1..600}; do # its door is not there at once
    [ -S "$HOUSE/run/publish.sock" ] && break
    read -rt 0.05 <> <(:) || :
done
run 0 status --timeout 60000 # the broker alone
run 3 issues
says 'ledger is not connected'
says 'hint: .*dubanctl status'
workers_start
house_ready || give_up 'the house did not come up'
at() { printf '2020-01-%sT%s:00+08:00' "$1" "$2"; }
run 0 calendar adopt cn --known 2020-01-06 --time "$(at 06 08:00)"
prints 'calendar.noted'
run 0 charter adopt shenzhen-2020 --time "$(at 06 08:30)"
prints 'charter.enacted'
run 0 charter adopt shenzhen-2020 --time "$(at 06 08:30)" --json # once more is the same event
json type
run 0 charter adopt shenzhen-2020 --time "$(at 06 08:30)"
says 'accepted before, as #[0-9]+: this is its verdict of then'
report() { # report CODE DAY TIME TYPE SUBJECT KEY=VALUE…
    local code=$1 day=$2 time=$3 type=$4 subject=$5
    shift 5
    run "$code" publish "$type" subject="$subject" charter=shenzhen-2020 time="$(at "$day" "$time")" --wait "$@"
}
report 0 06 09:00 issue.raised WT-01 title=银行开户耗时长 area=开办企业 raiser=某公司
prints '#[0-9]+ 2020-01-06 09:00:00\+08 issue\.opened WT-01 '
report 0 07 09:30 issue.raised WT-02 title=申报口径不一 area=纳税
report 0 07 10:00 issue.coordinated WT-02 result=unsettled
report 0 07 10:30 opinion.requested WT-02 units=市税务局,市财政局,市人力资源保障局,市住房和建设局
report 1 07 11:00 escalation.requested WT-02 # refused: 1, with what is owed
prints 'request\.refused WT-02'
prints '^      owed: .*财政局'
report 1 07 11:05 escalation.requested WT-99 --json
json type data
for unit in 市税务局 市财政局 市人力资源保障局 市住房和建设局; do report 0 08 10:00 opinion.submitted WT-02 unit=$unit opinion=同意; done
report 0 08 15:00 proposal.submitted WT-02 plan=统一口径
report 0 09 09:30 escalation.requested WT-02
prints 'issue\.escalated\.group WT-02'
report 0 13 10:00 solution.drafted WT-02 'items=[{"title":"统一申报口径","unit":"市税务局","by":"2020-02-28","opinion":"发布统一口径"}]'
house_settled || give_up 'the workers did not catch up'

# ---- publish in its other forms ----
run 0 publish post.filled charter=shenzhen-2020 post=group-07.head.1 person=某甲 --id filled-1 --time "$(at 13 11:00)"
prints '^accepted as #[0-9]+$'
run 0 publish post.filled charter=shenzhen-2020 post=group-07.head.1 person=某甲 --id filled-1 --time "$(at 13 11:00)" --json
json id seq duplicate
prints '"duplicate":true'
run 1 publish post.filled charter=shenzhen-2020 post=group-07.head.1 person=某乙 --id filled-1 --time "$(at 13 11:00)"
says 'filled-1 was refused: .*another body'
run 0 publish post.filled charter=shenzhen-2020 post=group-07.head.1 person=某丙 --quiet --time "$(at 13 11:30)" && equal "$name" '' "$(cat "$out")"
run 2 publish issue.raised subject=A-1 titles=t
says 'nearest known: title'
cat >"$HOUSE/lines" <<'END'
{"id":"line-1","type":"issue.raised","subject":"WT-11","charter":"shenzhen-2020","time":"2020-01-13T12:00:00+08:00","data":{"title":"一","area":"纳税"}}

{"id":"line-2","type":"issue.raised","subject":"WT-12","charter":"shenzhen-2020","time":"2020-01-13T12:00:00+08:00","data":{"title":"二","area":"纳税"}}
END
run 0 publish --json "$HOUSE/lines"
prints 'accepted 2 \(0 of them before\), refused 0, unreadable 0'
name='dubanctl publish --json -'
"$B/bin/dubanctl" publish --json - <"$HOUSE/lines" >"$out" 2>"$err" && good || bad "$name" "$(cat "$err")"
prints 'accepted 2 \(2 of them before\)'
sed 's/一/三/' "$HOUSE/lines" >"$HOUSE/other"
run 1 publish --json "$HOUSE/other"
says 'line 1: line-1 was refused'
prints 'accepted 1 \(1 of them before\), refused 1'
echo '{"type":"issue.raised","subject":' >>"$HOUSE/lines"
run 2 publish --json "$HOUSE/lines"
says 'line 4: this is not JSON: column [0-9]+'
prints 'unreadable 1'
run 2 publish --json "$HOUSE/nowhere"
says 'nowhere'
run 2 publish --json "$HOUSE"
says "$HOUSE: .*directory"
printf '\xef\xbb\xbf%s\r\n' "$(head -n 1 "$HOUSE/lines")" >"$HOUSE/marked" # as a Windows editor leaves it
run 0 publish --json "$HOUSE/marked"
prints 'accepted 1 \(1 of them before\), refused 0, unreadable 0'

# what is published again is the same event, though nothing was said of its time
for _ in 1 2; do run 0 publish issue.raised subject=WT-21 charter=shenzhen-2020 title=四 area=纳税 --id once-1 --json; done
prints '"duplicate":true'
echo '{"id":"once-2","type":"issue.raised","subject":"WT-22","charter":"shenzhen-2020","data":{"title":"五","area":"纳税"}}' >"$HOUSE/timeless"
for _ in 1 2; do run 0 publish --json "$HOUSE/timeless"; done
prints 'accepted 1 \(1 of them before\)'

# the verdict of each line
cat >"$HOUSE/judged" <<'END'
{"id":"judged-1","type":"issue.raised","subject":"WT-31","charter":"shenzhen-2020","time":"2020-01-13T12:30:00+08:00","data":{"title":"六","area":"纳税"}}
{"id":"judged-2","type":"issue.raised","subject":"WT-32","charter":"shenzhen-2020","time":"2020-01-13T12:30:00+08:00","data":{"title":"七","area":"纳锐"}}
{"id":"judged-3","type":"issue.raised","subject":"WT-33","charter":"shenzhen-2021","time":"2020-01-13T12:30:00+08:00","data":{"title":"八","area":"纳税"}}
END
run 1 publish --json "$HOUSE/judged" --wait && silent
prints '^line 1: #[0-9]+ .*issue\.opened WT-31 '
prints '^line 2: #[0-9]+ .*request\.refused WT-32 .*纳锐'
prints '^line 3: .* reason=charter shenzhen-2021 is not in force; in force: shenzhen-2020'
prints 'accepted 3 \(0 of them before\), refused 0, unreadable 0; verdicts that refuse 2'
run 1 publish --json "$HOUSE/judged" --wait --quiet && equal "$name" 2 "$(grep -c ^line "$out")"

# as output has it, so input may
report 0 13 13:00 issue.raised WT-41 title=九 area=纳税 indicator=yes
prints 'indicator=yes'
report 0 13 13:10 issue.coordinated WT-41 result=unsettled
report 0 13 13:20 opinion.requested WT-41 units=市税务局、市财政局 units=市公安局
prints 'opinion\.asked WT-41 units=市税务局、市财政局、市公安局'
report 0 13 13:30 issue.raised WT-42 title=十 area=纳税 indicator=no

# ---- tail ----
house_settled || give_up 'the workers did not catch up'
run 0 tail --from 1 --stop && prints '^#1 .* calendar\.published'
whole=$(grep -c '^#' "$out")
run 0 tail --from 1 --stop --json && json seq type source received publisher
equal 'tail: as many lines as JSON' "$whole" "$(lines)"
run 0 tail --from 1 --stop --type issue.escalated,task --rows 2 && equal "$name" 2 "$(lines)"
run 0 tail --from 1 --stop --subject WT-02 --type issue.raised && equal "$name" 1 "$(lines)"
run 2 tail --from 1 --stop --type foo
says 'no event type begins with `foo`'
run 0 tail --from 1 --stop --type issue.escalated.group && prints 'issue\.escalated\.group WT-02'
run 0 tail --from 1 --stop --charter nobody && equal "$name" 0 "$(lines)"
run 0 tail --stop && equal "$name" 0 "$(lines)"
run 1 tail --from 999999 --stop
says 'the journal ends at #'
"$B/bin/dubanctl" tail --subject WT-77 --rows 1 >"$HOUSE/tail" 2>&1 & # what is new, when it comes
tail_pid=$!
for _ in {1..600}; do
    "$B/bin/dubanctl" sessions --json | grep '"name":"dubanctl"' | grep -q '"lag"' && break
    read -rt 0.05 <> <(:) || :
done
report 0 13 14:00 issue.raised WT-77 title=新的 area=纳税
wait "$tail_pid" && good || bad 'tail ends after its rows'
contains 'tail shows what is new' "$(cat "$HOUSE/tail")" 'issue\.raised WT-77'

# ---- what the ledger knows ----
house_settled || give_up 'the workers did not catch up'
both issues -- 'WT-01 .*team' id state level title
run 0 issues --level group --area 纳税 && prints WT-02 && equal "$name" 2 "$(lines)"
run 0 issues --state settled && equal "$name" '' "$(cat "$out")"
says 'no such issues'
# a filter that names what does not exist is no empty list
run 2 issues --state opn
run 2 issues --charter shenzhen-2021 && equal "$name" '' "$(cat "$out")"
says 'there is no charter `shenzhen-2021`; nearest known: shenzhen-2020'
says 'hint: known: shenzhen-2020$'
run 2 issues --unit 市财正局
says 'there is no unit `市财正局`; nearest known: 市财政局'
run 2 issues --level grup
says 'there is no level `grup`; nearest known: group'
run 2 tasks --charter x --json
run 2 figures --charter nope
says 'there is no charter `nope`'
run 2 posts --charter nope
run 2 units --charter nope
run 2 bulletins --charter nope
run 0 tasks --unit 市公安局 # it is one; it has none
says 'no such tasks'
run 0 issues --rows 1 --json && equal "$name" 1 "$(lines)"
both tasks -- '市税务局' id unit title state
run 0 tasks --issue WT-02 --unit 市税务局 --json && equal "$name" 1 "$(lines)"
task=$(sed -nE 's/.*"id":"([^"]+)".*/\1/p' "$out")
both deadlines -- '2020-' deadline state due
run 0 deadlines --state open --owner coordination --json && json due
run 0 deadlines --subject WT-01 && prints WT-01
both units -- '市税务局' unit charter
both posts -- 'group-07.head.1 .*某丙' post charter
both figures -- 'cases' name count
run 0 figures --of unit --json
run 2 figures --of nonsense
both charters -- 'shenzhen-2020' name version
both show WT-02 -- 'issue\.escalated\.group' seq type
both show "$task" -- 'task\.assigned' seq type
run 1 show WT-98
says 'nothing is known about it'
says 'hint: '
both why WT-02 -- 'clause' seq type
prints '"clause"'
run 0 why WT-02 --type issue.escalated && prints 'issue\.escalated\.group'
run 2 why WT-02 --type xyz
says 'no event type begins with `xyz`'
run 1 why WT-02 --type bulletin.published
says 'no conclusion about WT-02 is of type bulletin\.published; there are: issue\.opened, .*issue\.escalated\.group'
equal "$name" '' "$(grep notification "$err")"
run 1 why WT-98 --type issue.opened
says 'nothing is known about WT-98'
run 1 why WT-98
run 0 bulletins # none yet
says 'no bulletin is published yet'
run 1 bulletins no-such
says 'hint: .*dubanctl bulletins'

# ---- time ----
run 0 advance 2020-02-10T00:00:00+08:00 --timeout 60000 && silent
house_settled || give_up 'the workers did not catch up'
run 0 advance 2020-02-10T01:00:00+08:00 --json && json at head
run 2 advance yesterday
both bulletins -- '2020-01' bulletin period number
bulletin=$(sed -nE '1s/.*"bulletin":"([^"]+)".*/\1/p' "$out")
run 0 bulletins "$bulletin" && prints '^#'
run 0 bulletins "$bulletin" --json && json text
run 0 calendar adopt cn --after 2020-01-06 --known 2020-01-28 --time 2020-02-10T09:00:00+08:00 --json && json type

# ---- operators ----
both status -- 'coordination +connected' state
prints '"id":"[0-9a-f]{32}"' # the journal's, which the table leaves out
run 0 status && equal "$name: the journal's id" '' "$(grep -E '[0-9a-f]{32}' "$out")"
run 2 status --endpoint nonsense
both sessions -- 'duban-worker' number name publisher
for role in "${ROLES[@]}"; do
    before=$(ctl issues --json)
    run 0 rebuild "$role" --timeout 60000 && prints "^$role is rebuilt: #[0-9]+$"
    equal "rebuild $role: the same answers" "$before" "$(ctl issues --json)"
done
run 0 rebuild ledger --json && json role cursor
run 2 rebuild cook
says 'there is no role'
run 0 verify --journal "$HOUSE/state/journal" && prints '^whole: [0-9]+ events, #1 to #'
run 0 verify --journal "$HOUSE/state/journal" --json && json first last count digest
run 2 verify --journal "$HOUSE/nowhere"
says 'there is no journal at .*nowhere'
worker=${PIDS[ledger]}
process_kill ledger
run 3 issues --timeout 2000
says 'ledger'
worker_start ledger
house_ready || give_up 'the ledger did not come back'

# ---- without a broker ----
both events -- 'issue\.raised' type kind role fields
run 0 events issue.raised && prints 'title +NAME'
run 0 events --markdown && prints '^\| `issue\.raised` \|'
run 1 events no.such
both limits -- 'MESSAGE_BYTES_MAX +1048576' name value unit reason
run 0 charter lint shenzhen-2020 && prints 'no errors'
run 0 charter lint config/charters/boston-311.yaml --json
sed 's/^levels:/lefels:/' config/charters/shenzhen-2020.yaml >"$HOUSE/broken.yaml"
run 1 charter lint "$HOUSE/broken.yaml"
says '^broken\.yaml:[0-9]+:[0-9]+: error: .*'
run 1 charter lint "$HOUSE/broken.yaml" --json && json place result reason
run 2 charter lint "$HOUSE/nowhere.yaml"
run 1 charter adopt "$HOUSE/broken.yaml"
run 0 charter show shenzhen-2020 && prints '^levels$'
run 0 charter show shenzhen-2020 --json && json bodies
both due --calendar cn --from 2020-01-20 --add 15wd -- '^2020-02-18$' day due limit
run 0 due --from 2020-01-20 --add 15wd --why --known 2020-01-20 && prints '^2020-02-14$'
run 2 due --from 2020-01-20 --add 3weeks
says 'hint: amounts'
run 0 simulate --charter shenzhen-2020 --reports "$HOUSE/other" --until 2020-02-01 && prints 'issue\.opened WT-11'
run 0 simulate --charter shenzhen-2020 --reports "$HOUSE/other" --until 2020-02-01 --json && json seq type
run 2 simulate --reports "$HOUSE/other"
example=tests/data/reports-example.jsonl # the README's own line
contains 'README: simulate' "$(cat README.md)" "simulate --charter shenzhen-2020 --reports $example --until 2020-03-01"
run 0 simulate --charter shenzhen-2020 --reports "$example" --until 2020-03-01 && silent
prints 'request\.refused WT-02 .*reason='
prints 'issue\.escalated\.group WT-02'
prints 'deadline\.moved WT-04 .*after=2020-02-18 23:59:59\+08'
prints 'deadline\.missed WT-04'
# two notices of one day, of one calendar: both are heard
sed '/^notices:/,$d' config/calendars/cn.yaml >"$HOUSE/cn.yaml"
cat >>"$HOUSE/cn.yaml" <<'YAML'
notices:
  - {notice: one, published: 2020-01-10, off: [2020-01-24]}
  - {notice: two, published: 2020-01-10, off: [2020-02-03]}
YAML
run 0 simulate --charter shenzhen-2020 --calendar "$HOUSE/cn.yaml" --reports "$example" --until 2020-03-01
prints 'calendar\.noted .*notice=one'
prints 'calendar\.noted .*notice=two'
name='dubanctl limits >/dev/full'
"$B/bin/dubanctl" limits >/dev/full 2>"$err"
equal "$name" 4 $?
name='what is wrong with a charter >/dev/full'
"$B/bin/dubanctl" charter lint "$HOUSE/broken.yaml" --json >/dev/full 2>"$err"
equal "$name" 4 $?
name='dubanctl help >/dev/full'
"$B/bin/dubanctl" help >/dev/full 2>"$err"
equal "$name" 4 $?
run 0 charter --help && prints '^  charter lint ' && silent

# ---- make: a short line a file, whole commands on demand ----
name='make' object=$HOUSE/made/obj/base/text.o
equal 'make says little' '  CC  base/text.c' "$(make -s --no-print-directory B="$HOUSE/made" "$object" 2>&1)"
rm -f "$object"
contains 'make V=1 says all' "$(make --no-print-directory V=1 B="$HOUSE/made" "$object" 2>&1)" '-std=c11 .* -c base/text\.c'

# ---- completion, in a bash of its own ----
run 0 completion
complete_words() { # complete_words WORD…: what bash would offer for the last one
    bash --norc -c 'source "$1" || exit 1; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _dubanctl && printf "%s\n" "${COMPREPLY[@]}"' - "$out" "$@" 2>&1
}
contains 'completion: commands' "$(complete_words dubanctl iss)" '^issues$'
contains 'completion: options' "$(complete_words dubanctl issues --ch)" '^--charter$'
contains 'completion: options of two words' "$(complete_words dubanctl charter adopt --ti)" '^--time'
equal 'completion: pairs by their first word' charter "$(complete_words dubanctl charter | grep -vx charters)"
equal 'completion: second words' lint "$(complete_words dubanctl charter l)"
equal 'completion: what follows a first word' '--help adopt lint show' "$(complete_words dubanctl charter '' | sort | tr '\n' ' ' | sed 's/ $//')"
equal 'completion: no first word twice' '' "$(complete_words dubanctl '' | sort | uniq -d)"
contains 'completion: files' "$(complete_words dubanctl charter lint READM)" '^README.md$'
equal 'completion: nothing of another command' '' "$(complete_words dubanctl charters --ti | grep -v timeout)"

house_stop
finish
