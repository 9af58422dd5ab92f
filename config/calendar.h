/* calendar.h - working calendars that are known in two times, and the limits that are computed with them.
 *
 * A calendar is a week (which weekdays work), working hours, a zone, and notices. A notice is published on a
 * day and sets days off and days worked; later notices override earlier ones, day by day. "As known on K"
 * counts notices published on or before K. Pure functions; the role `deadlines` builds its calendars from
 * calendar.published / calendar.amended events.
 */
#ifndef CONFIG_CALENDAR_H
#define CONFIG_CALENDAR_H

#include "base/civil.h"
#include "config/yaml.h"

struct notice {
    struct text name; /* its official number or address */
    struct text title;
    int32_t published_day;
    const int32_t *off, *work; /* ascending, no day in both */
    size_t off_count, work_count;
    int main_year; /* of most of its days, 0 without days; filled by calendar_with_notice and calendar_compile
                    */
};
struct calendar {
    struct text name, title;
    int zone;          /* minutes east */
    unsigned week;     /* bit 0 = Monday … bit 6 = Sunday: works */
    int opens, closes; /* working hours, minutes since midnight */
    bool
        announced_yearly; /* true (cn): a year without a notice is provisional; false: the week alone rules */
    const struct notice *notices; /* by published_day */
    size_t notices_count;
};
enum { CALENDAR_NOTICES_MAX = 256 };
/* Keys: calendar, title, zone, week, hours, announced_yearly, notices[{notice, title, published, off[],
 * work[]}]; a day may be a range "2020-01-24..2020-01-30". NULL if there are errors (in findings). */
const struct calendar *calendar_compile(struct arena *arena, struct text source, struct findings *findings);
/* Text of the calendar without notices (for calendar.published), canonical. */
struct text calendar_base_text(struct arena *arena, const struct calendar *calendar);
/* A copy with one more notice, in order of publication (then name), replacing one of the same name; days are
 * sorted, everything is copied into the arena. NULL if the calendar has CALENDAR_NOTICES_MAX already or a day
 * stands in both off and work. */
const struct calendar *calendar_with_notice(struct arena *arena, const struct calendar *calendar,
                                            const struct notice *notice);

struct day_verdict {
    bool works;
    bool provisional;            /* rests on the week alone in a year that no notice known by then covers */
    const struct notice *notice; /* that decided, or NULL: the week */
};
/* known_day: INT32_MAX for all notices. A year counts as announced when a known notice names a day in it as
 * its main year (most of its days). */
struct day_verdict calendar_day(const struct calendar *calendar, int32_t day, int32_t known_day);

/* ---- limits: a rule from which the due instant is derived ----
 *
 * AMOUNT UNIT [OPTION…] | "by DATE" [OPTION…] | "by YYYY-MM" | "by YYYY" (their ends) | "at TIME" |
 * "opening" | AMOUNT"opening" | "undated"
 *
 * - amount and unit are one word (15wd), the amount 1..LIMIT_AMOUNT_MAX
 * - wd: working days, halves allowed (0.5wd); d: days; m: months; h: working hours, halves allowed
 * - opening: the start itself if it lies within working hours, else the next opening; 1opening: the opening
 * of the first working day after the day of the start, 2opening: of the second
 * - at: that very instant (2020-01-20T09:00:00+08:00), whatever the calendar says
 * - until=day-end (default): 23:59:59.999999 of the last day; a half day ends with half its working hours
 * - until=same-time (wd, d, m): the start's time of day; for wd the start is first moved into working
 *   hours: to the opening of that day or of the next working day
 * - roll=none (default), back, on (d, m, by): when the last day does not work
 * - count=next-day (default, 次日起算), same-day (wd, d, m; not with until=same-time)
 *
 * A reminder is an amount and unit counted back from the due time (5wd); it fires when that day opens.
 */
enum { LIMIT_AMOUNT_MAX = 9999, LIMIT_ARITHMETIC_BYTES_MAX = 8192 };
enum limit_unit {
    LIMIT_UNDATED,
    LIMIT_WORKING_DAYS,
    LIMIT_DAYS,
    LIMIT_MONTHS,
    LIMIT_WORKING_HOURS,
    LIMIT_BY,
    LIMIT_AT,
    LIMIT_OPENING
};
struct limit_rule {
    enum limit_unit unit;
    int half_units; /* amount in halves: 15wd = 30; "opening" alone = 0 */
    int32_t by_day;
    int64_t at_us;
    int at_zone; /* in which it is written */
    bool same_time, count_same_day;
    enum { ROLL_NONE, ROLL_BACK, ROLL_ON } roll;
};
enum { LIMIT_E_SYNTAX = 1, LIMIT_E_RANGE };
int limit_parse(struct text t, struct limit_rule *rule_out, struct complaint *complaint) MUST_CHECK;
/* A reminder: amount and unit alone. */
int limit_parse_reminder(struct text t, struct limit_rule *rule_out, struct complaint *complaint) MUST_CHECK;
struct text limit_format(struct arena *arena, const struct limit_rule *rule); /* canonical */

struct due {
    bool dated;
    int64_t due_us; /* last instant in time: equal is on time */
    bool provisional;
    int32_t unannounced_year; /* the first year whose calendar is missing, 0: none */
    struct text arithmetic;   /* one line a step, for `why`: which days were skipped by which notice */
};
/* 0; LIMIT_E_RANGE if the due day lies outside 1900..2200. */
int limit_due(struct arena *arena, const struct limit_rule *rule, const struct calendar *calendar,
              int64_t start_us, int32_t known_day, struct due *due_out,
              struct complaint *complaint) MUST_CHECK;
/* The instant of a reminder before due_us: the opening of the n-th working day strictly before the due day
 * (wd; a half is rounded down), of the day n days or months before (d, m), or n working hours before (h).
 * CIVIL_NEVER_US outside 1900..2200. */
int64_t limit_reminder_us(const struct limit_rule *reminder, const struct calendar *calendar, int64_t due_us,
                          int32_t known_day);
/* Working days x with from < x <= to; 0 if to < from. */
int calendar_working_days_between(const struct calendar *calendar, int32_t from_day, int32_t to_day,
                                  int32_t known_day);

#endif
