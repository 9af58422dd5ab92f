/* recurrence.h - dates that recur: RFC 5545 recurrence rules (RRULE), days only. The only file that includes
 * libical's header is recurrence.c.
 *
 * A rule is read with the day from which it counts (DTSTART): "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=-1" from
 * 2020-01-20 means the ends of January, March, May. Its dates are those of the rule on or after that day; the
 * day itself is one only if the rule names it. Pure functions of their arguments: no zone, no locale, no
 * clock.
 *
 * Understood: FREQ (DAILY, WEEKLY, MONTHLY, YEARLY), INTERVAL, COUNT or UNTIL (a date, inclusive), BYMONTH,
 * BYYEARDAY, BYMONTHDAY, BYDAY, BYSETPOS, WKST. Everything else is refused, also what RFC 5545
 * forbids together. Dates end with the year 2200, so every search ends.
 */
#ifndef CONFIG_RECURRENCE_H
#define CONFIG_RECURRENCE_H

#include "base/civil.h"
#include "base/error.h"

enum { RECURRENCE_E_INVALID = 1, RECURRENCE_E_NEVER };
enum { RECURRENCE_BYTES_MAX = 256, RECURRENCE_COUNT_MAX = 9999 };

/* 0, or the reason: RECURRENCE_E_INVALID, not a rule or not one that is understood; RECURRENCE_E_NEVER, one
 * that has no date at all on or after from_day, which may take the library two seconds of CPU to find out. */
int recurrence_check(struct text rule, int32_t from_day, struct complaint *complaint) MUST_CHECK;
/* The first date strictly after after_day; false if the rule has none left (or is invalid). */
bool recurrence_next(struct text rule, int32_t from_day, int32_t after_day, int32_t *day_out);
/* The last date strictly before before_day; false if there is none. */
bool recurrence_previous(struct text rule, int32_t from_day, int32_t before_day, int32_t *day_out);

#endif
