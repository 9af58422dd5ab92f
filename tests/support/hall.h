/* hall.h - a small city with meetings and routines, for the tests of the role routines: coordination,
 * deadlines with the real calendar, and routines.
 *
 * Three areas. Groups: monthly meeting, minutes within 5 working days; work teams meet as needed. Leading
 * group: topics are examined by the office, its head meets every two months, its deputy each month. Office:
 * meets every second week, in principle. Groups file a yearly list of key tasks to the office.
 */
#ifndef TESTS_SUPPORT_HALL_H
#define TESTS_SUPPORT_HALL_H

#include "tests/support/turn_bench.h"

struct hall {
    struct house *house;
    uint64_t seq; /* of the last report */
};
/* On 2020-01-20 at nine, the charter in force. */
struct hall *hall_open(void);
/* The same under a changed charter: `from` (which must stand there) is replaced by `to`. */
struct hall *hall_open_changed(const char *from, const char *to);
/* Adopts the charter again, changed like that (from NULL: as it is), at that time. */
void hall_adopt(struct hall *hall, const char *time, const char *from, const char *to);
/* Compares rebuilt with live state, then closes. */
void hall_close(struct hall *hall);

/* A report received then ("2020-02-03", which means ten o'clock, or a whole time), of charter "hall". */
uint64_t hall_report(struct hall *hall, const char *time, const char *type, const char *subject,
                     const char *actor, const char *json);
/* The report, which must be granted. */
void hall_must(struct hall *hall, const char *time, const char *type, const char *subject, const char *actor,
               const char *json);
/* The last report was refused, with this in its reason; or was not refused. */
void hall_refused(const struct hall *hall, const char *reason_part);
void hall_granted(const struct hall *hall);
/* What the last refusal says is owed, joined by " | ". */
const char *hall_owed(const struct hall *hall);
/* The nth event of that type about the subject; fails the test if there is none. */
const struct event *hall_find(const struct hall *hall, const char *type, const char *subject, size_t nth);
size_t hall_count(const struct hall *hall, const char *type, const char *subject);
/* A text field of it; a list of it, joined by " ". */
void hall_is(const struct event *event, enum field field, const char *expected);
void hall_lists(const struct event *event, enum field field, const char *expected);

#endif
