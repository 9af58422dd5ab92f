/* counters.h - what each row adds to the figures, and the counters that are kept of it.
 *
 * One function says for any row, in any state, to which groups it adds what. The counters are the sum over
 * all rows: when a row changes, what it added is taken away and what it adds now is put there. Figures of the
 * past are the same sum over the rows as they were.
 *
 *     what        rows                 group
 *     area, level, class, group, all, tag:KEY    issues       the value
 *     month       issues               "2020-02", in the zone in which the issue was raised
 *     unit        tasks, opinions      who owes them
 *     inspected   inspections          the units to be inspected
 *
 * Late: an issue with a target (a deadline `resolution`) is judged by that alone and by its last resolution;
 * any other case by whether a deadline of it was missed. Months are differences: a case that is open at the
 * end of January and February adds 1 to OPEN_IN of January and to OPEN_OUT of March.
 */
#ifndef WORKERS_LEDGER_COUNTERS_H
#define WORKERS_LEDGER_COUNTERS_H

#include "workers/ledger/rows.h"

enum count {
    COUNT_CASES,
    COUNT_OPEN,
    COUNT_WITH_DEADLINE,
    COUNT_KEPT,
    COUNT_LATE,
    COUNT_UNRESOLVED,
    COUNT_OVERDUE,
    COUNT_RAISED,
    COUNT_RESOLVED,
    COUNT_RESOLVED_LATE,
    COUNT_OPEN_IN,
    COUNT_OPEN_OUT,
    COUNT_OVERDUE_IN,
    COUNT_OVERDUE_OUT,
    COUNTS
};

/* Of an issue: when it ended, CIVIL_NEVER_US while it is open. */
int64_t issue_ended_us(const struct doc *issue);
int64_t issue_raised_us(const struct doc *issue);
/* Sets `overdue` by the rest of the issue's row. */
void issue_work_out(struct doc *issue);

/* The row stood as `before` (NULL: not at all) and stands as `after`. */
void counters_change(struct turn *turn, enum row_kind kind, const struct doc *before,
                     const struct doc *after);

/* ---- reading ---- */

struct group {
    struct text charter, name;
    int64_t counts[COUNTS];
};
/* Groups by charter and name, in memory. */
struct groups {
    struct arena *arena;
    struct group *at;
    size_t count, room;
    uint32_t *slots; /* index + 1, by hash */
    size_t slots_count;
};
void groups_open(struct groups *groups, struct arena *arena);
struct group *groups_get(struct groups *groups, struct text charter, struct text name);
/* The groups of `what` as of the moment, with charter (TEXT_NONE: all); only those with a count. */
void groups_read(struct groups *groups, struct turn *turn, const struct moment *moment, struct text what,
                 struct text charter);

#endif
