/* alarms.h - the open deadlines, each with its due alarm and its next reminder.
 *
 * A record {deadline, owner, label, limit, start, calendar, reminders, who, subject, charter, seq} is entered
 * with deadline.set (seq: that event; since: reminders before it are passed over) and gets due and
 * provisional when it is fixed; rung counts the reminders given or passed over, wake is the instant of the
 * next one, closed the instant at which the owner cleared it while its due time was not yet known.
 *
 * Invariants: a record has a row in DEADLINES_DUE exactly if it has due, one in DEADLINES_RUNG exactly if it
 * has wake, and always one in DEADLINES_BY_CALENDAR. An alarm that rang for its due time has no record any
 * more.
 */
#ifndef WORKERS_DEADLINES_ALARMS_H
#define WORKERS_DEADLINES_ALARMS_H

#include "config/calendar.h"
#include "workers/deadlines/tables.h"
#include "workers/runtime/role.h"

/* Reminders in the order in which they fall; rung n is at_us[n - 1]. */
struct ladder {
    int64_t at_us[DEADLINES_LADDER_MAX];
    size_t count;
};

/* NULL if there is no such deadline open. */
struct doc *alarm_get(struct turn *turn, struct text id);
/* Enters a record, in place of one with the same id. */
void alarm_enter(struct turn *turn, struct doc *record);
/* Writes back a changed record and sets its alarms anew: the due time's, and that of the next reminder. */
void alarm_put(struct turn *turn, struct doc *record);
void alarm_remove(struct turn *turn, struct text id);

struct limit_rule alarm_limit(const struct doc *record);
/* Due instant, CIVIL_NEVER_US if undated or not known yet. */
int64_t alarm_due_us(const struct doc *record);
void alarm_ladder(const struct doc *record, const struct calendar *calendar, struct ladder *ladder_out);
/* How many rungs of the ladder fall at or before an instant. */
size_t ladder_passed(const struct ladder *ladder, int64_t at_us);

/* Ids of the deadlines whose due time (table DEADLINES_DUE) or next reminder (DEADLINES_RUNG) is at or before
 * at_us, in that order and then by id; at most max, into the turn's arena. */
size_t alarms_past(struct turn *turn, enum deadlines_table table, int64_t at_us, struct text *ids_out,
                   size_t max);
/* Ids of a calendar's open deadlines after one (TEXT_NONE: from the first), in order. */
size_t alarms_of_calendar(struct turn *turn, struct text calendar, struct text after, struct text *ids_out,
                          size_t max);
uint64_t alarms_open(struct turn *turn, struct text calendar);
/* The earliest instant waited for; CIVIL_NEVER_US: none. */
int64_t alarms_first_us(struct turn *turn);

#endif
