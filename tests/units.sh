#!/bin/bash
# What `make install` puts below a folder is complete, and its systemd units are sound: `systemd-analyze verify` has nothing to say,
# their exposure stays below what each may have, and the catalog explains every kind of log message.
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build/release}
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
passed=0 failed=0
check() { # check NAME COMMAND…: passes if it succeeds and prints nothing
    local name=$1 out
    shift
    if out=$("$@" 2>&1) && [ -z "$out" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'units: %s\n%s\n' "$name" "$out" | head -n 40
    fi
}

installs() { make --no-print-directory -s install DESTDIR="$stage" PREFIX=/usr SYSCONF=/etc B="$B" FLAVOUR="$(basename "$B")" 2>&1; }
check 'make install' installs
is_there() { [ -e "$stage$1" ] || echo "$1 is missing"; }
for path in /usr/sbin/duband /usr/lib/duban/duban-worker /usr/bin/dubanctl /usr/lib/libduban.so.1 /usr/lib/libduban.so /usr/lib/libduban.a \
    /usr/include/duban.h /usr/share/man/man8/duband.8 /etc/duban/duban.yaml /usr/lib/sysusers.d/duban.conf \
    /usr/share/duban/charters/shenzhen-2020.yaml /usr/share/duban/calendars/cn.yaml; do
    check "$path" is_there "$path"
done
keeps_settings() {
    echo '# mine' >"$stage/etc/duban/duban.yaml"
    installs
    grep -q '^# mine$' "$stage/etc/duban/duban.yaml" || echo 'duban.yaml was overwritten'
}
check 'an installed duban.yaml is kept' keeps_settings
links() {
    local flags
    flags=$(PKG_CONFIG_PATH=$stage/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$stage pkg-config --cflags --libs duban) || return 1
    printf '#include <duban.h>\nint main(void) { duban_close(duban_open(NULL)); return 0; }\n' >"$stage/stranger.c"
    # shellcheck disable=SC2086
    gcc ${LINK_FLAGS:-} "$stage/stranger.c" $flags -o "$stage/stranger"
}
case $B in *asan*) LINK_FLAGS=-fsanitize=address,undefined ;; *tsan*) LINK_FLAGS=-fsanitize=thread ;; esac
check 'a stranger compiles against duban.pc' links

leads() { # each relative link of an installed document leads somewhere
    local page link
    find "$stage/usr/share/doc/duban" -name '*.md' | while read -r page; do
        grep -oE '\]\([^)#]+' "$page" | sed 's/^..//' | grep -v '://' | while read -r link; do
            [ -e "$(dirname "$page")/$link" ] || echo "${page##*/}: $link leads nowhere"
        done
    done
}
check 'links of the installed documents' leads

# ---- the units; systemd-analyze looks for the programs where they will lie, so here where they lie now ----
units=$stage/units
mkdir "$units"
for unit in "$stage"/usr/lib/systemd/system/*.{service,target}; do
    sed "s|^ExecStart=/|ExecStart=$stage/|" "$unit" >"$units/${unit##*/}"
done
verify() { SYSTEMD_UNIT_PATH=$units: systemd-analyze verify --man=no "$units/$1"; }
cp -r "$stage/usr/lib/systemd/system/duban-worker@notifications.service.d" "$units"
for role in tasks notifications; do cp "$units/duban-worker@.service" "$units/duban-worker@$role.service"; done
for unit in duban.target duband.service duban-worker@{tasks,notifications}.service; do
    check "systemd-analyze verify $unit" verify "$unit"
done
exposure() { systemd-analyze security --offline=true --threshold="$2" "$units/$1" >"$stage/exposure" 2>&1 || tail -n 1 "$stage/exposure"; }
check 'exposure of duband.service, at most 0.8' exposure duband.service 8
check 'exposure of duban-worker@.service, at most 0.6' exposure duban-worker@tasks.service 6
check 'exposure of duban-worker@notifications.service, at most 1.6' exposure duban-worker@notifications.service 16
reaches() { # reaches ROLE YES: whether its unit lets it speak to other machines
    local json
    json=$(SYSTEMD_UNIT_PATH=$units: systemd-analyze security --offline=true --json=short "$units/duban-worker@$1.service") || return 1
    for name in PrivateNetwork RestrictAddressFamilies_AF_INET_INET6; do
        grep -q "\"set\":$2,[^}]*\"json_field\":\"$name\"" <<<"$json" || echo "$name of $1 is not $2"
    done
}
check 'the mail server can be reached' reaches notifications false
check 'by nobody else' reaches tasks true
sysusers() {
    systemd-sysusers --dry-run --root="$stage" "$stage/usr/lib/sysusers.d/duban.conf" 2>&1 | grep -q "^Creating user 'duban'" || echo 'no user would be made'
}
check 'sysusers makes the user' sysusers

# ---- the catalog: each id of base/log.h, and no other ----
ids() { grep -oE '\b[0-9a-f]{32}\b' "$1" | sort; }
check 'the catalog explains every kind of message' diff <(ids base/log.h) <(ids systemd/duban.catalog)
catalog() { SYSTEMD_LOG_LEVEL=warning journalctl --update-catalog --root="$stage"; }
check 'the catalog compiles' catalog
for page in docs/man/*.[1-8]; do
    check "mandoc $page" mandoc -T lint -W warning "$page"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
