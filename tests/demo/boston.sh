#!/bin/bash
# What the city said of its 100 requests; as reports they come by `dubanctl import` and tests/data/boston-map.yaml.
# boston.sh --compare FILE <DEADLINES: `dubanctl deadlines --json` against the city's targets, to the minute; fails where one differs.
# boston.sh --recorded FILE: "with-deadline on-time late unresolved overdue" as the city recorded them.
set -eu
if [ "${1:-}" = --recorded ]; then
    awk -F'\t' '$1 != "id" && $6 != "" {
        with++
        if ($5 == "") { unresolved++; if ($7 == "OVERDUE") overdue++ }
        else if ($7 == "ONTIME") kept++
        else late++
    } END { print with + 0, kept + 0, late + 0, unresolved + 0, overdue + 0 }' "$2"
    exit
fi
if [ "${1:-}" = --compare ]; then
    awk -F'\t' '
    function member(name) { return match($0, "\"" name "\":\"[^\"]+") ? substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 4) : "" }
    FILENAME == "-" { due[member("subject")] = substr(member("due"), 1, 16); next }
    $1 != "id" && $6 != "" {
        targets++
        if (due[$1] == substr($6, 1, 16)) equal++
        else print "      " $1 ": due " due[$1] ", the city said " $6
    }
    END { printf "      %d of %d due times equal the targets of the city, to the minute\n", equal, targets; exit equal != targets }' - "$2"
    exit
fi
echo "usage: boston.sh --compare FILE | --recorded FILE" >&2
exit 2
