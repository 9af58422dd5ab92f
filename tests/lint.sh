#!/bin/bash
# Keeps the picture true: formatting, who may include what, calls that have a better replacement, headers that stand alone.
# Prints what is wrong with its replacement and `N passed, N failed`.
set -u
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.." || exit 2
passed=0 failed=0
verdict() { # verdict NAME OUTPUT: no output is a pass
    if [ -z "$2" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'lint: %s\n%s\n' "$1" "$2" >&2
    fi
}
mapfile -t sources < <(git ls-files -co --exclude-standard '*.c' '*.h' | while read -r f; do [ -f "$f" ] && echo "$f"; done)
only() { printf '%s\n' "${sources[@]}" | grep -E "$1"; }

# ---- one door for each foreign header: header pattern, files that may include it ----
fence() {
    local found
    found=$(grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]$1" "${sources[@]}" /dev/null | grep -vE "^($2):")
    verdict "<$1> belongs to $2 only" "$found"
}
fence 'lmdb\.h' 'base/store\.c'
fence 'ev\.h' 'base/loop\.c'
fence 'zmq\.h' 'base/loop\.c|proto/client\.c|tests/.*'
fence 'msgpack' 'proto/(pack\.h|client\.c)|tests/.*'
fence 'jansson\.h' 'proto/json\.c'
fence 'libfyaml\.h' 'config/yaml\.c'
fence 'sodium' 'base/digest\.c|daemon/access\.c|tests/.*'
fence 'xxhash\.h' 'base/digest\.c'
fence 'systemd/sd-daemon\.h' 'base/notify\.c'
fence 'systemd/sd-journal\.h' 'base/log\.c'
fence 'zlib\.h' 'cli/import/unzip\.c'
fence 'libical' 'config/recurrence\.c'
fence 'iconv\.h' 'cli/import/charset\.c'
fence 'curl/' 'workers/courier/courier\.c'
fence 'cmark-gfm' 'workers/bulletins/html\.c'
fence 'plplot' 'workers/bulletins/chart\.c'

# ---- dependencies point one way: folder, folders that it must not include ----
room() {
    local found
    found=$(only "^$1/" | xargs -r grep -nE "^#include \"($2)/" | grep -vE "${3:-^$}")
    verdict "$1/ must not include $2/" "$found"
}
room base 'proto|config|daemon|workers|cli|tests'
room proto 'config|daemon|workers|cli|tests'
room config 'daemon|workers|cli|tests'
room daemon 'workers|cli|tests'
room workers 'daemon|cli|tests'
room cli 'workers|tests' '^cli/simulate/'
room 'workers/runtime' 'workers/(coordination|tasks|deadlines|routines|supervision|bulletins|notifications|ledger)'
for role in coordination tasks deadlines routines supervision bulletins notifications ledger; do
    others=$(echo coordination tasks deadlines routines supervision bulletins notifications ledger | tr ' ' '\n' | grep -vx "$role" | paste -sd'|')
    room "workers/$role" "workers/($others)"
done

# ---- calls with a better replacement ----
ban() { # ban REGEX FILES-EXCEPTED REPLACEMENT
    local found
    found=$(printf '%s\n' "${sources[@]}" | grep -vE "^($2)$" | xargs grep -nE "(^|[^A-Za-z0-9_.>\"])($1)[[:space:]]*\(" /dev/null | grep -vE ':[0-9]+:[[:space:]]*(/?\*|//)')
    verdict "do not call $1: $3" "$found"
}
ban 'strcpy|strcat|stpcpy|sprintf|vsprintf|gets|strtok|alloca' '-' 'use arena_printf, buffer_printf, snprintf'
ban 'atoi|atol|atoll|strtol|strtoul|strtoll|strtoull' '-' 'use text_parse_i64 / text_parse_u64'
ban 'time|gettimeofday|localtime|gmtime|mktime|strftime' '-' 'use civil.h; instants come from loop_wall_us'
ban 'clock_gettime' 'base/(loop|log|notify)\.c|proto/client\.c|tests/bench/.*' 'use loop_wall_us / loop_monotonic_us'
ban 'sleep|usleep|nanosleep' '-' 'wait on an event'
ban 'rand|srand|random' 'base/loop\.c|tests/.*' 'use digest_random'
ban 'system|popen' '-' 'use posix_spawn; file_remove_folder for rm -rf'
ban 'zmq_poll' 'base/loop\.c|proto/client\.c|tests/.*' 'use loop.h'

# ---- handlers see no clock, no socket, no random ----
found=$(only '^workers/(coordination|tasks|deadlines|routines|supervision|bulletins|ledger)/' | xargs -r grep -nE 'loop_|digest_random|getenv|errno|LOG_|log_(error|warning|notice|info|debug)' | grep -vE '^workers/bulletins/(files|html|carry)[a-z_]*\.c')
verdict 'a handler sees the event, its records and emit' "$found"

# ---- words that have no place in the project ----
found=$(git ls-files -co --exclude-standard | grep -v '^tests/lint.sh$' | xargs -r grep -nIE 'TODO|FIXME|\bXXX\b|HACK:' 2>/dev/null | grep -v '^LICENSE' | head -20)
verdict 'unfinished business' "$found"

# ---- the page about the rules is true ----
verdict 'docs/mission.md' "$(python3 tests/mission.py 2>&1)"

# ---- every header compiles alone ----
found=
for header in $(only '\.h$'); do
    echo "#include \"$header\"" | ${CC:-gcc} -std=c11 -D_GNU_SOURCE -I. -Wall -Wextra -fsyntax-only -x c - 2>/dev/null || found="$found $header"
done
verdict 'a header needs another one first' "$found"

# ---- formatting ----
found=$(clang-format --dry-run "${sources[@]}" 2>&1 | grep -E 'warning:' | cut -d: -f1 | sort | uniq -c | head -40)
verdict 'not formatted: make fmt' "$found"

echo "lint: $passed passed, $failed failed"
[ "$failed" = 0 ]
