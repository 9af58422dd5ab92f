/* room.h - how long a report may be whose words an outcome repeats.
 *
 * The outcome carries more than the report (titles, expanded units, what was compared), and one that outgrows
 * EVENT_BYTES_MAX ends the worker: half of it is left for what is added.
 */
#ifndef WORKERS_COMMON_ROOM_H
#define WORKERS_COMMON_ROOM_H

#include "base/limits.h"
#include "workers/runtime/role.h"

enum { ROOM_REPORT_BYTES_MAX = EVENT_BYTES_MAX / 2, ROOM_UNITS_MAX = 1024 };

/* True if the report and the units that its outcome will name, each counted where it stands, fit; false after
 * a refusal under that rule. */
bool room_for_outcome(struct turn *turn, const struct event *report, const struct rule *rule, size_t units);

#endif
