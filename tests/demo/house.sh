# house.sh - sourced by the demo and the end-to-end tests: a broker and workers in a folder of their own, stopped and removed at the end.
# Waits on events and exit codes, never on time. Needs $B (the build) and sets $HOUSE.

HOUSE=$(mktemp -d "${TMPDIR:-/tmp}/duban-house.XXXXXX")
export DUBAN_CONFIG=${DUBAN_CONFIG:-$PWD/config} DUBAN_ENDPOINT=ipc://$HOUSE/run/publish.sock NO_COLOR=1
declare -A PIDS=()
ctl() { "$B/bin/dubanctl" "$@"; }

broker_start() { # broker_start [OPTION…]
    "$B/bin/duband" --state "$HOUSE/state" --run "$HOUSE/run" "$@" 2>>"$HOUSE/duband.log" &
    PIDS[duband]=$!
}
# house_door: the broker answers. dubanctl does not wait for one that is not there.
house_door() {
    local tries
    for tries in {1..600}; do
        ctl status >/dev/null 2>&1 && return 0
        kill -0 "${PIDS[duband]}" 2>/dev/null || return 1
        read -rt 0.05 <> <(:) || :
    done
    return 1
}
worker_start() { # worker_start ROLE [OPTION…]
    local role=$1
    shift
    "$B/bin/duban-worker" "$role" --state "$HOUSE/state" --run "$HOUSE/run" "$@" 2>>"$HOUSE/$role.log" &
    PIDS[$role]=$!
}
ROLES=(coordination tasks deadlines routines supervision bulletins notifications ledger)
workers_start() {
    local role
    for role in "${ROLES[@]}"; do worker_start "$role"; done
}
# house_ready [N]: N workers (all) are connected. Each try waits for the broker's answer.
house_ready() {
    local wanted=${1:-${#ROLES[@]}} tries
    for tries in {1..600}; do
        [ "$(ctl status --json --timeout 10000 2>"$HOUSE/status.log" | grep -c '"state":"connected"')" -ge "$wanted" ] && return 0
        process_check || return 1
        read -rt 0.05 <> <(:) || :
    done
    echo "the workers did not come up:" >&2
    tail -n 5 "$HOUSE"/*.log >&2
    return 1
}
# house_settled: every worker has taken in all that is journalled, published all it concluded, and waits for no time that has passed.
house_settled() {
    local tries
    for tries in {1..600}; do
        ctl status --json --timeout 10000 2>"$HOUSE/status.log" | awk '
            function instant(key) { return match($0, "\"" key "\":\"[^\"]+") ? substr($0, RSTART + length(key) + 4, 19) : "" }
            !/"role":/ { now = instant("at") }
            /"role":/ {
                workers++
                wake = instant("wake")
                if ($0 ~ /"lag":0[,}]/ && $0 ~ /"outbox":0[,}]/ && $0 ~ /"connected"/ && (wake == "" || wake >= now)) calm++
            }
            END { exit !(workers > 0 && workers == calm) }' && return 0
        process_check || return 1
        read -rt 0.05 <> <(:) || :
    done
    echo "the workers did not catch up:" >&2
    ctl status >&2
    return 1
}
process_check() {
    local name
    for name in "${!PIDS[@]}"; do
        kill -0 "${PIDS[$name]}" 2>/dev/null && continue
        echo "$name has stopped:" >&2
        tail -n 20 "$HOUSE/$name.log" >&2
        return 1
    done
}
process_kill() { # process_kill NAME [SIGNAL]: waits until it is gone
    local pid=${PIDS[$1]}
    kill "-${2:-TERM}" "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    unset "PIDS[$1]"
}
house_stop() {
    local name
    for name in "${!PIDS[@]}"; do [ "$name" = duband ] || kill -TERM "${PIDS[$name]}" 2>/dev/null; done
    [ -n "${PIDS[duband]:-}" ] && kill -TERM "${PIDS[duband]}" 2>/dev/null
    wait 2>/dev/null
    PIDS=()
}
house_remove() {
    for name in "${!PIDS[@]}"; do kill -KILL "${PIDS[$name]}" 2>/dev/null; done
    wait 2>/dev/null
    rm -rf "$HOUSE"
}
trap house_remove EXIT
trap 'exit 130' INT TERM
