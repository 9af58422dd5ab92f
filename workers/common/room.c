/* room.c - see room.h. */
#include "workers/common/room.h"

bool room_for_outcome(struct turn *turn, const struct event *report, const struct rule *rule, size_t units)
{
    size_t bytes = report->raw.bytes;
    if (bytes <= ROOM_REPORT_BYTES_MAX && units <= ROOM_UNITS_MAX)
        return true;
    emit_refusal(turn, rule, NULL, 0, "too long: %zu bytes and %zu units; at most %d bytes and %d units",
                 bytes, units, (int)ROOM_REPORT_BYTES_MAX, (int)ROOM_UNITS_MAX);
    return false;
}
