#!/bin/bash
# Goal: a full disk is refused with, waited for and got over, by broker, worker and dubanctl, and nothing is lost. Method: a small file
# system of its own in a mount namespace, filled up with a file until nothing goes, which is then removed.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build/release}
if [ -z "${DUBAN_DISK_READY:-}" ]; then
    if ! unshare --user --map-root-user --mount true 2>/dev/null; then
        echo 'skipped: no mount namespace may be made here'
        echo '0 passed, 0 failed'
        exit 0
    fi
    DUBAN_DISK_READY=1 exec unshare --user --map-root-user --mount bash "$0"
fi
. tests/demo/house.sh
. tests/e2e/checks.bash
trap 'umount -l "$HOUSE/state" 2>/dev/null; house_remove' EXIT
mkdir "$HOUSE/state" && mount -t tmpfs -o size=70m none "$HOUSE/state" || give_up 'no small file system'

lines() { # lines NAME COUNT: reports under ids of their own
    local i
    for ((i = 0; i < $2; i++)); do
        printf '{"id":"%s-%d","source":"/fill","type":"issue.raised","subject":"A-%s-%d","charter":"none","data":{"title":"%0450d","area":"甲"}}\n' "$1" "$i" "$1" "$i" 0
    done
}
refuses() { # until the disk is full
    local round
    for round in {1..20}; do
        lines "r$round" 20000 >"$HOUSE/lines"
        ctl publish --json "$HOUSE/lines" --quiet --timeout 3000 >"$HOUSE/said" 2>&1 || return 0
    done
    return 1
}
broker_start
house_door || give_up 'no broker'
worker_start coordination
house_ready 1 || give_up 'no worker'
check 'the disk fills' refuses
contains 'dubanctl warns while it waits' "$(<"$HOUSE/said")" 'it waits, 3 s at most: .*full'
contains 'and says in the end what it waited for' "$(<"$HOUSE/said")" 'are not acknowledged: .*full'
contains 'the broker says so' "$(<"$HOUSE/duband.log")" 'full: [0-9]+ events refused'
head -c 80000000 /dev/zero >"$HOUSE/state/ballast" 2>/dev/null # whatever was left
"$B/bin/dubanctl" publish --json "$HOUSE/lines" --timeout 60000 >"$HOUSE/said" 2>&1 &
client=$!
for _ in {1..600}; do
    grep -q 'it waits' "$HOUSE/said" && break
    read -rt 0.05 <> <(:) || :
done
kill -TERM "$client"
wait "$client"
equal 'one SIGTERM ends it' 3 $?
contains 'with how far it came' "$(<"$HOUSE/said")" 'interrupted: [0-9]+ reports? (is|are) on disk'
process_check || bad 'broker and worker outlive a full disk'
head=$(ctl status --json | grep -o '"head":[0-9]*' | head -n 1)

process_kill duband
broker_start
house_door || bad 'a broker starts on the full disk' "$(tail -n 3 "$HOUSE/duband.log")"
equal 'with all that was accepted' "$head" "$(ctl status --json | grep -o '"head":[0-9]*' | head -n 1)"
rm -f "$HOUSE/state/ballast"
mount -o remount,size=400m "$HOUSE/state" || bad 'the disk grows'
check 'the rest is taken' ctl publish --json "$HOUSE/lines" --quiet --timeout 60000
process_check || bad 'the worker goes on'
process_kill coordination
process_kill duband
check 'the journal is whole' ctl verify --journal "$HOUSE/state/journal"
finish
