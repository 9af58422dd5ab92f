/* limit_due.c - from a limit and a start to the due time, with the arithmetic told step by step.
 *
 * Every day that the result rests on goes through limit_step, which asks the calendar as it was known,
 * remembers the first year without announced holidays, and tells the story: runs of days off or worked by the
 * same notice become one line, weekly days off are gathered in one. Days outside LIMIT_DAY_FIRST..LAST end
 * the walk, so that no calendar can make it endless.
 */
#include "config/calendar.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"

enum { LIMIT_DAY_FIRST = -25567, LIMIT_DAY_LAST = 84370 }; /* 1900-01-01 .. 2200-12-31 */
enum { LIMIT_WEEKLY_BYTES_MAX = 1024, LIMIT_STORY_RESERVE_BYTES = 1024 + 512 };
enum limit_step_kind {
    LIMIT_STEP_NONE,
    LIMIT_STEP_PLAIN,
    LIMIT_STEP_WEEKLY,
    LIMIT_STEP_OFF,
    LIMIT_STEP_MAKEUP
};
static const int64_t LIMIT_MINUTE_US = 60 * CIVIL_SECOND_US;

struct limit_run {
    enum limit_step_kind kind;
    const struct notice *notice;
    int32_t from, to;
};
struct limit_walk {
    const struct calendar *calendar;
    int32_t known_day;
    int32_t unannounced_year;
    bool left_range;
    struct limit_run run;
    size_t weekly_days, left_out;
    bool weekly_cut;
    char weekly[LIMIT_WEEKLY_BYTES_MAX];
    size_t weekly_bytes;
    char story[LIMIT_ARITHMETIC_BYTES_MAX];
    size_t story_bytes;
};

/* ---- the story ---- */

static const char *limit_weekday_name(int32_t day)
{
    static const char *const names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    return names[civil_weekday(day) - 1];
}

/* "2020-01-24 Fri" or "2020-01-24 Fri to 2020-01-30 Thu" */
static void limit_span_format(int32_t from, int32_t to, char out[64])
{
    char first[CIVIL_TEXT_BYTES], last[CIVIL_TEXT_BYTES];
    int bytes = snprintf(out, 64, "%.10s %s", civil_format_date(from, first), limit_weekday_name(from));
    if (to != from)
        (void)snprintf(out + bytes, 64 - (size_t)bytes, " to %.10s %s", civil_format_date(to, last),
                       limit_weekday_name(to));
}

/* Adds a line whole or, if less than `reserve` would be left, counts it as left out. */
PRINTF_LIKE(3, 0)
static void limit_line_add(struct limit_walk *walk, size_t reserve, const char *format, va_list arguments)
{
    size_t room = sizeof walk->story - walk->story_bytes;
    int bytes = vsnprintf(walk->story + walk->story_bytes, room, format, arguments);
    ASSERT(bytes >= 0);
    if ((size_t)bytes + 1 + reserve >= room) {
        walk->story[walk->story_bytes] = '\0';
        walk->left_out++;
        return;
    }
    walk->story_bytes += (size_t)bytes;
    walk->story[walk->story_bytes++] = '\n';
}

PRINTF_LIKE(2, 3) static void limit_tell(struct limit_walk *walk, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    limit_line_add(walk, LIMIT_STORY_RESERVE_BYTES, format, arguments);
    va_end(arguments);
}

/* The closing lines may use the reserve. */
PRINTF_LIKE(2, 3) static void limit_conclude(struct limit_walk *walk, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    limit_line_add(walk, 0, format, arguments);
    va_end(arguments);
}

static void limit_weekly_add(struct limit_walk *walk, const struct limit_run *run)
{
    char span[64];
    limit_span_format(run->from, run->to, span);
    walk->weekly_days += (size_t)(run->to - run->from) + 1;
    size_t room = sizeof walk->weekly - walk->weekly_bytes;
    if (strlen(span) + sizeof ", " >= room) {
        walk->weekly_cut = true;
        return;
    }
    walk->weekly_bytes += (size_t)snprintf(walk->weekly + walk->weekly_bytes, room, "%s%s",
                                           walk->weekly_bytes > 0 ? ", " : "", span);
}

static void limit_run_tell(struct limit_walk *walk)
{
    struct limit_run run = walk->run;
    walk->run = (struct limit_run){.kind = LIMIT_STEP_NONE};
    if (run.kind == LIMIT_STEP_NONE || run.kind == LIMIT_STEP_PLAIN)
        return;
    if (run.kind == LIMIT_STEP_WEEKLY) {
        limit_weekly_add(walk, &run);
        return;
    }
    char span[64], published[CIVIL_TEXT_BYTES];
    limit_span_format(run.from, run.to, span);
    struct text title = run.notice->title.bytes > 0 ? run.notice->title : run.notice->name;
    limit_tell(walk, "%s: %s, by %.*s of %s", span, run.kind == LIMIT_STEP_OFF ? "off" : "make-up work",
               TEXT_PRINT(title), civil_format_date(run.notice->published_day, published));
}

/* ---- the walk ---- */

static enum limit_step_kind limit_step_kind_of(const struct limit_walk *walk, int32_t day,
                                               const struct day_verdict *verdict)
{
    bool week_works = (walk->calendar->week >> (civil_weekday(day) - 1) & 1U) != 0;
    if (verdict->works)
        return week_works ? LIMIT_STEP_PLAIN : LIMIT_STEP_MAKEUP;
    return verdict->notice != NULL ? LIMIT_STEP_OFF : LIMIT_STEP_WEEKLY;
}

static bool limit_in_range(struct limit_walk *walk, int64_t day)
{
    if (day < LIMIT_DAY_FIRST || day > LIMIT_DAY_LAST)
        walk->left_range = true;
    return !walk->left_range;
}

/* Does this day work? Outside the range yes, so that every walk ends. */
static bool limit_step(struct limit_walk *walk, int32_t day)
{
    if (!limit_in_range(walk, day))
        return true;
    struct day_verdict verdict = calendar_day(walk->calendar, day, walk->known_day);
    if (verdict.provisional && walk->unannounced_year == 0)
        walk->unannounced_year = civil_date_from_day(day).year;
    enum limit_step_kind kind = limit_step_kind_of(walk, day, &verdict);
    struct limit_run *run = &walk->run;
    if (kind == run->kind && verdict.notice == run->notice && (day == run->to + 1 || day == run->from - 1)) {
        run->from = day < run->from ? day : run->from;
        run->to = day > run->to ? day : run->to;
    } else {
        limit_run_tell(walk);
        *run = (struct limit_run){kind, verdict.notice, day, day};
    }
    return verdict.works;
}

/* The first working day after (or before, step -1) day. */
static int32_t limit_next_working_day(struct limit_walk *walk, int32_t day, int step)
{
    do
        day += step;
    while (!limit_step(walk, day));
    return day;
}

static int32_t limit_working_days_add(struct limit_walk *walk, int32_t day, int count, bool count_first)
{
    if (count > 0 && count_first && limit_step(walk, day))
        count--;
    for (; count > 0 && !walk->left_range; count--)
        day = limit_next_working_day(walk, day, 1);
    return day;
}

static int64_t limit_at(const struct limit_walk *walk, int32_t day, int64_t within_us)
{
    return civil_start_of_day_us(day, walk->calendar->zone) + within_us;
}
static int64_t limit_opens_us(const struct limit_walk *walk)
{
    return walk->calendar->opens * LIMIT_MINUTE_US;
}
static int64_t limit_closes_us(const struct limit_walk *walk)
{
    return walk->calendar->closes * LIMIT_MINUTE_US;
}

/* Where a clock that runs in working hours starts: at once inside them, else at the next opening. */
static int64_t limit_move_into_hours(struct limit_walk *walk, int64_t start_us)
{
    int zone = walk->calendar->zone;
    int32_t day = civil_day_of(start_us, zone);
    int64_t within_us = civil_time_of_day_us(start_us, zone);
    bool works = limit_step(walk, day);
    if (works && within_us >= limit_opens_us(walk) && within_us < limit_closes_us(walk))
        return start_us;
    if (!works || within_us >= limit_closes_us(walk))
        day = limit_next_working_day(walk, day, 1);
    int64_t moved_us = limit_at(walk, day, limit_opens_us(walk));
    char text[CIVIL_TEXT_BYTES];
    limit_run_tell(walk);
    limit_tell(walk, "outside working hours: the clock starts at %s (%s)",
               civil_format_time(moved_us, zone, text), limit_weekday_name(day));
    return moved_us;
}

/* start_us lies in working hours. Ending exactly at closing time is allowed. */
static int64_t limit_working_time_add(struct limit_walk *walk, int64_t start_us, int64_t amount_us)
{
    int zone = walk->calendar->zone;
    int32_t day = civil_day_of(start_us, zone);
    int64_t within_us = civil_time_of_day_us(start_us, zone);
    while (amount_us > limit_closes_us(walk) - within_us && !walk->left_range) {
        amount_us -= limit_closes_us(walk) - within_us;
        day = limit_next_working_day(walk, day, 1);
        within_us = limit_opens_us(walk);
    }
    return limit_at(walk, day, within_us + amount_us);
}

/* ---- one function a unit: the due instant ---- */

typedef int64_t limit_derive(struct limit_walk *walk, const struct limit_rule *rule, int64_t start_us);

static int64_t limit_working_days_same_time(struct limit_walk *walk, const struct limit_rule *rule,
                                            int64_t start_us)
{
    int zone = walk->calendar->zone;
    start_us = limit_move_into_hours(walk, start_us);
    int32_t day = limit_working_days_add(walk, civil_day_of(start_us, zone), rule->half_units / 2, false);
    int64_t due_us = limit_at(walk, day, civil_time_of_day_us(start_us, zone));
    if (rule->half_units % 2 != 0)
        due_us = limit_working_time_add(walk, due_us, (limit_closes_us(walk) - limit_opens_us(walk)) / 2);
    return due_us;
}

static int64_t limit_working_days_derive(struct limit_walk *walk, const struct limit_rule *rule,
                                         int64_t start_us)
{
    if (rule->same_time)
        return limit_working_days_same_time(walk, rule, start_us);
    bool half = rule->half_units % 2 != 0;
    int count = rule->half_units / 2 + half;
    int32_t day = limit_working_days_add(walk, civil_day_of(start_us, walk->calendar->zone), count,
                                         rule->count_same_day);
    char span[64];
    limit_run_tell(walk);
    limit_span_format(day, day, span);
    limit_tell(walk, "working day %d is %s%s", count, span,
               half ? "; only its first half counts, till half the working hours are over" : "");
    /* S4-5: half a working day ends when half of the working hours are over. */
    if (half)
        return limit_at(walk, day, (limit_opens_us(walk) + limit_closes_us(walk)) / 2);
    return civil_end_of_day_us(day, walk->calendar->zone);
}

static int32_t limit_roll(struct limit_walk *walk, const struct limit_rule *rule, int64_t last_day)
{
    if (!limit_in_range(walk, last_day))
        return LIMIT_DAY_LAST;
    int32_t day = (int32_t)last_day;
    char span[64], rolled[64];
    limit_span_format(day, day, span);
    if (rule->roll == ROLL_NONE) {
        if (!calendar_day(walk->calendar, day, walk->known_day).works)
            limit_tell(walk, "%s does not work; the limit stands there (roll=none)", span);
        return day;
    }
    if (limit_step(walk, day))
        return day;
    int32_t to = limit_next_working_day(walk, day, rule->roll == ROLL_BACK ? -1 : 1);
    limit_run_tell(walk);
    limit_span_format(to, to, rolled);
    limit_tell(walk, "%s does not work: rolled %s to %s", span, rule->roll == ROLL_BACK ? "back" : "on",
               rolled);
    return to;
}

/* The end of the last day, or the start's time of day on it. */
static int64_t limit_last_day_end(const struct limit_walk *walk, const struct limit_rule *rule,
                                  int64_t start_us, int32_t day)
{
    int zone = walk->calendar->zone;
    return rule->same_time ? limit_at(walk, day, civil_time_of_day_us(start_us, zone))
                           : civil_end_of_day_us(day, zone);
}

static int64_t limit_days_derive(struct limit_walk *walk, const struct limit_rule *rule, int64_t start_us)
{
    int64_t last = civil_day_of(start_us, walk->calendar->zone) + rule->half_units / 2 - rule->count_same_day;
    return limit_last_day_end(walk, rule, start_us, limit_roll(walk, rule, last));
}

static int64_t limit_months_derive(struct limit_walk *walk, const struct limit_rule *rule, int64_t start_us)
{
    int32_t start_day = civil_day_of(start_us, walk->calendar->zone);
    int64_t last = (int64_t)civil_day_add_months(start_day, rule->half_units / 2) - rule->count_same_day;
    return limit_last_day_end(walk, rule, start_us, limit_roll(walk, rule, last));
}

static int64_t limit_working_hours_derive(struct limit_walk *walk, const struct limit_rule *rule,
                                          int64_t start_us)
{
    start_us = limit_move_into_hours(walk, start_us);
    return limit_working_time_add(walk, start_us, rule->half_units * INT64_C(30) * LIMIT_MINUTE_US);
}

static int64_t limit_by_derive(struct limit_walk *walk, const struct limit_rule *rule, int64_t start_us)
{
    (void)start_us;
    return civil_end_of_day_us(limit_roll(walk, rule, rule->by_day), walk->calendar->zone);
}

/* Given with the matter: no calendar moves it, and equal is on time. */
static int64_t limit_at_derive(struct limit_walk *walk, const struct limit_rule *rule, int64_t start_us)
{
    (void)start_us;
    (void)limit_in_range(walk, civil_day_of(rule->at_us, walk->calendar->zone));
    limit_tell(walk, "a given instant: no calendar moves it");
    return rule->at_us;
}

static int64_t limit_opening_derive(struct limit_walk *walk, const struct limit_rule *rule, int64_t start_us)
{
    if (rule->half_units == 0)
        return limit_move_into_hours(walk, start_us);
    int32_t day = civil_day_of(start_us, walk->calendar->zone);
    return limit_at(walk, limit_working_days_add(walk, day, rule->half_units / 2, false),
                    limit_opens_us(walk));
}

static limit_derive *const limit_derivers[] = {
    [LIMIT_UNDATED] = NULL,
    [LIMIT_WORKING_DAYS] = limit_working_days_derive,
    [LIMIT_DAYS] = limit_days_derive,
    [LIMIT_MONTHS] = limit_months_derive,
    [LIMIT_WORKING_HOURS] = limit_working_hours_derive,
    [LIMIT_BY] = limit_by_derive,
    [LIMIT_AT] = limit_at_derive,
    [LIMIT_OPENING] = limit_opening_derive,
};

/* ---- the whole ---- */

static void limit_open_story(struct limit_walk *walk, struct arena *arena, const struct limit_rule *rule,
                             int64_t start_us)
{
    char start[CIVIL_TEXT_BYTES], known[CIVIL_TEXT_BYTES] = "";
    struct text limit = limit_format(arena, rule);
    int zone = walk->calendar->zone;
    if (walk->known_day != INT32_MAX)
        (void)civil_format_date(walk->known_day, known);
    limit_tell(walk, "limit %.*s from %s (%s)", TEXT_PRINT(limit), civil_format_time(start_us, zone, start),
               limit_weekday_name(civil_day_of(start_us, zone)));
    if (rule->unit != LIMIT_UNDATED)
        limit_tell(walk, "calendar %.*s, %s%s", TEXT_PRINT(walk->calendar->name),
                   walk->known_day == INT32_MAX ? "with all its notices" : "as known on ", known);
}

static void limit_close_story(struct limit_walk *walk, int64_t due_us)
{
    char due[CIVIL_TEXT_BYTES];
    int zone = walk->calendar->zone;
    limit_run_tell(walk);
    size_t left_out = walk->left_out;
    if (left_out > 0)
        limit_conclude(walk, "… and %zu more such lines", left_out);
    if (walk->weekly_days > 0)
        limit_conclude(walk, "skipped as weekly days off (%zu): %.*s%s", walk->weekly_days,
                       (int)walk->weekly_bytes, walk->weekly, walk->weekly_cut ? ", …" : "");
    if (walk->unannounced_year != 0)
        limit_conclude(walk, "provisional: the holidays of %d are not announced; the plain week is assumed",
                       (int)walk->unannounced_year);
    limit_conclude(walk, "due %s (%s)", civil_format_time(due_us, zone, due),
                   limit_weekday_name(civil_day_of(due_us, zone)));
}

static struct text limit_story_copy(const struct limit_walk *walk, struct arena *arena)
{
    ASSERT(walk->story_bytes > 0);
    return arena_text_copy(arena, (struct text){walk->story, walk->story_bytes - 1});
}

int limit_due(struct arena *arena, const struct limit_rule *rule, const struct calendar *calendar,
              int64_t start_us, int32_t known_day, struct due *due_out, struct complaint *complaint)
{
    ASSERT(rule->unit < sizeof limit_derivers / sizeof limit_derivers[0]);
    struct limit_walk walk = {.calendar = calendar, .known_day = known_day};
    if (!limit_in_range(&walk, civil_day_of(start_us, calendar->zone))) {
        complain(complaint, "", "", "the start lies outside the years 1900 to 2200");
        return LIMIT_E_RANGE;
    }
    *due_out = (struct due){.dated = rule->unit != LIMIT_UNDATED, .due_us = CIVIL_NEVER_US};
    limit_open_story(&walk, arena, rule, start_us);
    if (!due_out->dated) {
        limit_conclude(&walk, "undated: never due");
        due_out->arithmetic = limit_story_copy(&walk, arena);
        return 0;
    }
    int64_t due_us = limit_derivers[rule->unit](&walk, rule, start_us);
    if (walk.left_range) {
        complain(complaint, "", "", "the due day lies outside the years 1900 to 2200");
        return LIMIT_E_RANGE;
    }
    limit_close_story(&walk, due_us);
    due_out->due_us = due_us;
    due_out->provisional = walk.unannounced_year != 0;
    due_out->unannounced_year = walk.unannounced_year;
    due_out->arithmetic = limit_story_copy(&walk, arena);
    return 0;
}

/* ---- reminders ---- */

static int64_t limit_working_time_before(struct limit_walk *walk, int64_t due_us, int64_t amount_us)
{
    int zone = walk->calendar->zone;
    int32_t day = civil_day_of(due_us, zone);
    int64_t within_us = civil_time_of_day_us(due_us, zone);
    within_us = within_us < limit_closes_us(walk) ? within_us : limit_closes_us(walk);
    if (!limit_step(walk, day))
        within_us = limit_opens_us(walk);
    while (amount_us > within_us - limit_opens_us(walk) && !walk->left_range) {
        amount_us -= within_us > limit_opens_us(walk) ? within_us - limit_opens_us(walk) : 0;
        day = limit_next_working_day(walk, day, -1);
        within_us = limit_closes_us(walk);
    }
    return limit_at(walk, day, within_us - amount_us);
}

int64_t limit_reminder_us(const struct limit_rule *reminder, const struct calendar *calendar, int64_t due_us,
                          int32_t known_day)
{
    struct limit_walk walk = {.calendar = calendar, .known_day = known_day};
    int32_t day = civil_day_of(due_us, calendar->zone);
    int count = reminder->half_units / 2;
    if (!limit_in_range(&walk, day) || reminder->unit == LIMIT_UNDATED || reminder->unit == LIMIT_BY ||
        reminder->unit == LIMIT_AT)
        return CIVIL_NEVER_US;
    if (reminder->unit == LIMIT_WORKING_HOURS) {
        int64_t at_us =
            limit_working_time_before(&walk, due_us, reminder->half_units * INT64_C(30) * LIMIT_MINUTE_US);
        return walk.left_range ? CIVIL_NEVER_US : at_us;
    }
    if (reminder->unit == LIMIT_DAYS)
        day -= count;
    else if (reminder->unit == LIMIT_MONTHS)
        day = civil_day_add_months(day, -count);
    for (; reminder->unit == LIMIT_WORKING_DAYS && count > 0 && !walk.left_range; count--)
        day = limit_next_working_day(&walk, day, -1);
    return limit_in_range(&walk, day) ? limit_at(&walk, day, limit_opens_us(&walk)) : CIVIL_NEVER_US;
}
