/* measures.c - how long, how often, by whom: what managers ask of all cases together.
 *
 *     durations    raising to (last) resolution: elapsed and working time, later than the n-th working day
 *     gaps         n working days and more in which a case was silent
 *     moves        from level to level; cases that went up
 *     returns      groups that got a case back; reopened: cases that were open again
 *     reminders    what came before due times, by what the deadline is for
 *     activities, groups, persons    recorded work;  tags: cases by tag
 *
 * Percentiles are nearest-rank. A resolution before the raising is a duration of 0. "Later than the n-th
 * working day" and a silence of n working days mean: on a day after the n-th working day strictly behind the
 * first one. Days are those of the calendar's zone.
 */
#include "workers/ledger/counters.h"
#include "workers/ledger/pages.h"

#include "base/limits.h"
#include "base/log.h"
#include "config/calendar_hours.h"

#include <stdio.h>
#include <stdlib.h>

/* What a report of durations shows: thresholds of a table, not rules of a charter. */
static const int measure_days[] = {1, 3, 5, 10, 20, 30};
static const int measure_hours[] = {4, 8, 16, 40, 80};
static const int measure_silent_days[] = {3, 5, 10};
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

struct measuring {
    struct page *page;
    const struct calendar *calendar; /* NULL: none was asked for */
    int32_t known_day;
    size_t index; /* of the next row */
};

/* ---- rows ---- */

static struct doc *measure_row(const struct measuring *measuring, const char *measure)
{
    struct doc *row = doc_new(turn_arena(measuring->page->turn));
    doc_set_text(row, FIELD_MEASURE, text_from(measure));
    return row;
}

static void measure_add(struct measuring *measuring, struct doc *row)
{
    (void)page_add_nth(measuring->page, row, measuring->index++);
}

static void measure_add_count(struct measuring *measuring, const char *measure, int threshold, int64_t count)
{
    struct doc *row = measure_row(measuring, measure);
    doc_printf(row, FIELD_NAME, "%d", threshold);
    doc_set_int(row, FIELD_COUNT, count);
    measure_add(measuring, row);
}

static void measure_add_number(struct measuring *measuring, const char *measure, struct text name,
                               int64_t count, int64_t cases)
{
    struct doc *row = measure_row(measuring, measure);
    if (name.bytes > 0)
        doc_set_text(row, FIELD_NAME, name);
    doc_set_int(row, FIELD_COUNT, count);
    if (cases >= 0)
        doc_set_int(row, FIELD_CASES, cases);
    measure_add(measuring, row);
}

/* ---- values and their percentiles ---- */

struct values {
    int64_t *at;
    size_t count, room;
};

static void values_add(struct values *values, int64_t value)
{
    if (values->count == values->room) {
        values->room = values->room == 0 ? 1024 : 2 * values->room;
        values->at = memory_grow(values->at, values->room * sizeof *values->at);
    }
    values->at[values->count++] = value;
}

static int value_compare(const void *a, const void *b)
{
    int64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* Element number ceil(p × n / 100), from 1, of n > 0 sorted values. */
static int64_t values_percentile(const struct values *values, size_t percent)
{
    return values->at[(percent * values->count + 99) / 100 - 1];
}

static void measure_add_values(struct measuring *measuring, const char *measure, struct values *values)
{
    static const struct {
        enum field field;
        size_t percent;
    } shown[] = {{FIELD_P50, 50}, {FIELD_P75, 75}, {FIELD_P90, 90},
                 {FIELD_P95, 95}, {FIELD_P99, 99}, {FIELD_MOST, 100}};
    struct doc *row = measure_row(measuring, measure);
    int64_t sum = 0;
    doc_set_int(row, FIELD_COUNT, (int64_t)values->count);
    if (values->count > 0) {
        qsort(values->at, values->count, sizeof *values->at, value_compare);
        doc_set_int(row, FIELD_LEAST, values->at[0]);
        for (size_t i = 0; i < COUNT_OF(shown); i++)
            doc_set_int(row, shown[i].field, values_percentile(values, shown[i].percent));
    }
    for (size_t i = 0; i < values->count; i++)
        sum += values->at[i];
    doc_set_int(row, FIELD_SUM, sum);
    measure_add(measuring, row);
}

/* ---- rows of the register ---- */

static void measure_each(struct measuring *measuring, enum row_kind kind,
                         void (*take)(void *context, const struct doc *row), void *context)
{
    struct page *page = measuring->page;
    struct row_walk walk;
    for (bool more = row_first(&walk, page->turn, &page->moment, kind, TEXT_NONE); more;
         more = row_next(&walk))
        if (page_wants(page, FIELD_CHARTER, doc_text(walk.row, FIELD_CHARTER)))
            take(context, walk.row);
    row_end(&walk);
}

/* Later than the n-th working day strictly behind the first day. */
static bool measure_is_later(const struct measuring *measuring, int64_t first_us, int64_t second_us, int days)
{
    const struct calendar *calendar = measuring->calendar;
    int32_t first = civil_day_of(first_us, calendar->zone), second = civil_day_of(second_us, calendar->zone);
    return calendar_working_days_between(calendar, first, second - 1, measuring->known_day) >= days;
}

/* ---- durations ---- */

struct durations {
    struct measuring *measuring;
    struct values elapsed, working; /* seconds */
    int64_t longer[COUNT_OF(measure_days)], later[COUNT_OF(measure_days)];
    int64_t busier[COUNT_OF(measure_hours)];
    int64_t before_raised;
};

static void durations_take_working(struct durations *durations, int64_t raised_us, int64_t ended_us)
{
    const struct measuring *measuring = durations->measuring;
    int64_t working_us =
        calendar_working_us_between(measuring->calendar, raised_us, ended_us, measuring->known_day);
    values_add(&durations->working, working_us / CIVIL_SECOND_US);
    for (size_t i = 0; i < COUNT_OF(measure_hours); i++)
        durations->busier[i] += working_us > measure_hours[i] * 3600 * CIVIL_SECOND_US;
    for (size_t i = 0; i < COUNT_OF(measure_days); i++)
        durations->later[i] += measure_is_later(measuring, raised_us, ended_us, measure_days[i]);
}

static void durations_take(void *context, const struct doc *issue)
{
    struct durations *durations = context;
    int64_t raised_us = issue_raised_us(issue), ended_us = issue_ended_us(issue);
    if (ended_us == CIVIL_NEVER_US)
        return;
    durations->before_raised += ended_us < raised_us;
    if (ended_us < raised_us)
        ended_us = raised_us;
    values_add(&durations->elapsed, (ended_us - raised_us) / CIVIL_SECOND_US);
    for (size_t i = 0; i < COUNT_OF(measure_days); i++)
        durations->longer[i] += ended_us - raised_us > measure_days[i] * CIVIL_DAY_US;
    if (durations->measuring->calendar != NULL)
        durations_take_working(durations, raised_us, ended_us);
}

static void measure_durations(struct measuring *measuring)
{
    struct durations durations = {.measuring = measuring};
    measure_each(measuring, ROW_ISSUE, durations_take, &durations);
    measure_add_values(measuring, "elapsed-seconds", &durations.elapsed);
    measure_add_number(measuring, "resolved-before-raised", TEXT_NONE, durations.before_raised, -1);
    for (size_t i = 0; i < COUNT_OF(measure_days); i++)
        measure_add_count(measuring, "longer-than-days", measure_days[i], durations.longer[i]);
    if (measuring->calendar != NULL) {
        for (size_t i = 0; i < COUNT_OF(measure_days); i++)
            measure_add_count(measuring, "later-than-working-day", measure_days[i], durations.later[i]);
        measure_add_values(measuring, "working-seconds", &durations.working);
        for (size_t i = 0; i < COUNT_OF(measure_hours); i++)
            measure_add_count(measuring, "longer-than-working-hours", measure_hours[i], durations.busier[i]);
    }
    free(durations.elapsed.at);
    free(durations.working.at);
}

/* ---- gaps: between recorded work; and between anything that happened to the case ---- */

struct gaps {
    int64_t gaps[COUNT_OF(measure_silent_days)], cases[COUNT_OF(measure_silent_days)];
};
struct silence {
    struct measuring *measuring;
    struct arena arena; /* of one entry */
    struct gaps work, all;
};
/* Of one case. */
struct silent {
    struct silence *silence;
    int64_t ended_us, last_work_us, last_us;
    bool work[COUNT_OF(measure_silent_days)], all[COUNT_OF(measure_silent_days)];
};

static void silent_step(const struct silent *silent, struct gaps *gaps, bool *seen, int64_t *last_us,
                        int64_t at_us)
{
    if (at_us > silent->ended_us)
        return;
    for (size_t i = 0; *last_us != CIVIL_NEVER_US && i < COUNT_OF(measure_silent_days); i++)
        if (measure_is_later(silent->silence->measuring, *last_us, at_us, measure_silent_days[i])) {
            gaps->gaps[i]++;
            gaps->cases[i] += !seen[i];
            seen[i] = true;
        }
    *last_us = at_us;
}

static bool silence_is_move(enum event_kind kind)
{
    return kind == EVENT_ISSUE_ESCALATED || kind == EVENT_ISSUE_SENT_BACK || kind == EVENT_ISSUE_REOPENED;
}

static void silent_take(struct silent *silent, const struct doc *entry)
{
    struct silence *silence = silent->silence;
    const struct event_type *type = event_type_find(doc_text(entry, FIELD_TYPE), NULL);
    int64_t at_us = doc_time_us(entry, FIELD_RECEIVED, 0);
    if (type == NULL ||
        !moment_shows(&silence->measuring->page->moment, at_us, doc_time_us(entry, FIELD_TIME, at_us)))
        return;
    at_us = doc_time_us(entry, FIELD_TIME, at_us);
    if (type->kind == EVENT_WORK_NOTED)
        silent_step(silent, &silence->work, silent->work, &silent->last_work_us, at_us);
    if (type->kind == EVENT_WORK_NOTED || silence_is_move(type->kind))
        silent_step(silent, &silence->all, silent->all, &silent->last_us, at_us);
}

static void silence_take(void *context, const struct doc *issue)
{
    struct silence *silence = context;
    struct turn *turn = silence->measuring->page->turn;
    struct silent silent = {.silence = silence,
                            .ended_us = issue_ended_us(issue),
                            .last_work_us = CIVIL_NEVER_US,
                            .last_us = issue_raised_us(issue)};
    struct key prefix = ledger_subject_key(doc_text(issue, FIELD_ID));
    struct store_cursor cursor;
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor); more; more = store_next(&cursor)) {
        struct key_reader reader = key_read(cursor.key);
        struct text subject;
        struct bytes value;
        struct doc *entry = NULL;
        uint64_t seq = 0;
        arena_reset(&silence->arena);
        bool whole = key_read_text(&reader, &silence->arena, &subject) && key_read_u64(&reader, &seq);
        struct key key = ledger_entry_key(seq);
        if (whole && store_get(turn_txn(turn), &key, &value) &&
            doc_decode(&silence->arena, value, "", &entry, NULL) == 0 &&
            text_equal(doc_text(entry, FIELD_SUBJECT), doc_text(issue, FIELD_ID)))
            silent_take(&silent, entry);
    }
    store_cursor_end(&cursor);
    if (silent.ended_us != CIVIL_NEVER_US && silent.ended_us > silent.last_us)
        silent_step(&silent, &silence->all, silent.all, &silent.last_us, silent.ended_us);
}

static void measure_add_gaps(struct measuring *measuring, const char *measure, const struct gaps *gaps)
{
    for (size_t i = 0; i < COUNT_OF(measure_silent_days); i++) {
        struct doc *row = measure_row(measuring, measure);
        doc_printf(row, FIELD_NAME, "%d", measure_silent_days[i]);
        doc_set_int(row, FIELD_COUNT, gaps->gaps[i]);
        doc_set_int(row, FIELD_CASES, gaps->cases[i]);
        measure_add(measuring, row);
    }
}

static void measure_gaps(struct measuring *measuring)
{
    struct silence silence = {.measuring = measuring};
    if (measuring->calendar == NULL) {
        page_fail(measuring->page, "in working days of which calendar? Give `calendar`");
        return;
    }
    arena_open(&silence.arena, ARENA_BYTES_MAX);
    measure_each(measuring, ROW_ISSUE, silence_take, &silence);
    arena_close(&silence.arena);
    measure_add_gaps(measuring, "between-work", &silence.work);
    measure_add_gaps(measuring, "from-raising-to-resolution", &silence.all);
}

/* ---- returns, reopened ---- */

struct sum {
    enum field field;
    int64_t count, cases;
};

static void sum_take(void *context, const struct doc *row)
{
    struct sum *sum = context;
    int64_t value = doc_int(row, sum->field, 0);
    sum->count += value;
    sum->cases += value > 0;
}

static void measure_sum(struct measuring *measuring, const char *measure, enum field field)
{
    struct sum sum = {.field = field};
    measure_each(measuring, ROW_ISSUE, sum_take, &sum);
    measure_add_number(measuring, measure, TEXT_NONE, sum.count, sum.cases);
}

static void measure_returns(struct measuring *measuring)
{
    measure_sum(measuring, "returns", FIELD_RETURNS);
}

static void measure_reopened(struct measuring *measuring)
{
    measure_sum(measuring, "reopened", FIELD_REOPENED);
}

/* ---- tallies ---- */

static int tally_compare(const void *a, const void *b)
{
    const struct group *left = a, *right = b;
    int order = text_compare(left->charter, right->charter);
    if (order == 0)
        order = (left->counts[0] < right->counts[0]) - (left->counts[0] > right->counts[0]);
    return order != 0 ? order : text_compare(left->name, right->name);
}

/* The most frequent first, by measure. */
static void measure_add_tally(struct measuring *measuring, struct groups *groups)
{
    if (groups->count > 0)
        qsort(groups->at, groups->count, sizeof *groups->at, tally_compare);
    for (size_t i = 0; i < groups->count; i++) {
        struct doc *row = doc_new(turn_arena(measuring->page->turn));
        doc_set_text(row, FIELD_MEASURE, groups->at[i].charter);
        doc_set_text(row, FIELD_NAME, groups->at[i].name);
        doc_set_int(row, FIELD_COUNT, groups->at[i].counts[0]);
        if (groups->at[i].counts[1] > 0)
            doc_set_int(row, FIELD_CASES, groups->at[i].counts[1]);
        measure_add(measuring, row);
    }
}

/* A level, or the word before the colon of opinion:<unit>. */
static struct text reminder_name(struct text label)
{
    const char *colon = label.bytes > 0 ? memchr(label.at, ':', label.bytes) : NULL;
    return colon != NULL ? (struct text){label.at, (size_t)(colon - label.at)} : label;
}

static void reminder_take(void *context, const struct doc *term)
{
    int64_t count = doc_int(term, FIELD_REMINDED, 0);
    if (count == 0)
        return;
    struct group *group = groups_get(context, TEXT("reminders"), reminder_name(doc_text(term, FIELD_LABEL)));
    group->counts[0] += count;
    group->counts[1]++;
}

static void measure_reminders(struct measuring *measuring)
{
    struct groups groups;
    groups_open(&groups, turn_arena(measuring->page->turn));
    measure_each(measuring, ROW_DEADLINE, reminder_take, &groups);
    measure_add_tally(measuring, &groups);
}

static void tag_take(void *context, const struct doc *issue)
{
    for (size_t i = 0; i < doc_count(issue, FIELD_TAGS); i++) {
        struct text tag = doc_text_at(issue, FIELD_TAGS, i);
        const char *equals = memchr(tag.at, '=', tag.bytes);
        if (equals != NULL)
            groups_get(context, (struct text){tag.at, (size_t)(equals - tag.at)},
                       (struct text){equals + 1, tag.bytes - (size_t)(equals + 1 - tag.at)})
                ->counts[0]++;
    }
}

static void measure_tags(struct measuring *measuring)
{
    struct groups groups;
    groups_open(&groups, turn_arena(measuring->page->turn));
    measure_each(measuring, ROW_ISSUE, tag_take, &groups);
    measure_add_tally(measuring, &groups);
}

/* ---- tallies of what happened: every entry is looked at ---- */

static void measure_entries(struct measuring *measuring,
                            void (*take)(struct groups *groups, enum event_kind kind,
                                         const struct doc *entry))
{
    struct page *page = measuring->page;
    struct key prefix = record_key(LEDGER_ENTRY);
    struct store_cursor cursor;
    struct groups groups;
    struct arena arena;
    groups_open(&groups, turn_arena(page->turn));
    arena_open(&arena, ARENA_BYTES_MAX);
    for (bool more = store_first(turn_txn(page->turn), &prefix, NULL, &cursor); more;
         more = store_next(&cursor)) {
        struct doc *entry = NULL;
        turn_breathe(page->turn);
        arena_reset(&arena);
        int code = doc_decode(&arena, cursor.value, "", &entry, NULL);
        ASSERT(code == 0);
        const struct event_type *type = event_type_find(doc_text(entry, FIELD_TYPE), NULL);
        int64_t received_us = doc_time_us(entry, FIELD_RECEIVED, 0);
        if (type != NULL && page_wants(page, FIELD_CHARTER, doc_text(entry, FIELD_CHARTER)) &&
            moment_shows(&page->moment, received_us, doc_time_us(entry, FIELD_TIME, received_us)))
            take(&groups, type->kind, entry);
    }
    store_cursor_end(&cursor);
    arena_close(&arena);
    measure_add_tally(measuring, &groups);
}

static void entry_tally(struct groups *groups, enum event_kind kind, const struct doc *entry,
                        const char *measure, enum field field)
{
    if (kind == EVENT_WORK_NOTED && doc_has(entry, field))
        groups_get(groups, text_from(measure), doc_text(entry, field))->counts[0]++;
}

static void activity_take(struct groups *groups, enum event_kind kind, const struct doc *entry)
{
    entry_tally(groups, kind, entry, "activities", FIELD_ACTIVITY);
}

static void group_take(struct groups *groups, enum event_kind kind, const struct doc *entry)
{
    entry_tally(groups, kind, entry, "groups", FIELD_GROUP);
}

static void person_take(struct groups *groups, enum event_kind kind, const struct doc *entry)
{
    entry_tally(groups, kind, entry, "persons", FIELD_PERSON);
}

static void measure_activities(struct measuring *measuring)
{
    measure_entries(measuring, activity_take);
}

static void measure_groups(struct measuring *measuring)
{
    measure_entries(measuring, group_take);
}

static void measure_persons(struct measuring *measuring)
{
    measure_entries(measuring, person_take);
}

/* ---- moves ---- */

static void move_take(struct groups *groups, enum event_kind kind, const struct doc *entry)
{
    char name[160];
    struct text from = doc_text(entry, FIELD_FROM), to = doc_text(entry, FIELD_TO);
    bool up = kind == EVENT_ISSUE_ESCALATED;
    if (!up && kind != EVENT_ISSUE_SENT_BACK)
        return;
    (void)snprintf(name, sizeof name, "%.*s>%.*s", TEXT_PRINT(from), TEXT_PRINT(to));
    groups_get(groups, up ? TEXT("up") : TEXT("down"), text_from(name))->counts[0]++;
}

static void measure_moves(struct measuring *measuring)
{
    measure_sum(measuring, "escalated", FIELD_MOVED_UP);
    measure_entries(measuring, move_take);
}

/* ---- the table ---- */

static const struct {
    const char *name;
    void (*run)(struct measuring *measuring);
} measures[] = {
    {"durations", measure_durations},   {"gaps", measure_gaps},
    {"moves", measure_moves},           {"returns", measure_returns},
    {"reopened", measure_reopened},     {"reminders", measure_reminders},
    {"activities", measure_activities}, {"groups", measure_groups},
    {"persons", measure_persons},       {"tags", measure_tags},
};

static bool measure_begin(struct measuring *measuring)
{
    struct page *page = measuring->page;
    struct text name = doc_text(page->args, FIELD_CALENDAR);
    if (name.bytes > 0)
        measuring->calendar = almanac_calendar(page->turn, name);
    if (name.bytes > 0 && measuring->calendar == NULL) {
        page_fail(page, "calendar %.*s is not published", TEXT_PRINT(name));
        return false;
    }
    measuring->known_day = INT32_MAX;
    if (page->moment.received_us != CIVIL_NEVER_US && measuring->calendar != NULL)
        measuring->known_day = civil_day_of(page->moment.received_us, measuring->calendar->zone);
    return true;
}

void ledger_measures(struct page *page)
{
    struct measuring measuring = {.page = page};
    struct text wanted =
        doc_has(page->args, FIELD_MEASURE) ? doc_text(page->args, FIELD_MEASURE) : TEXT("durations");
    for (size_t i = 0; i < COUNT_OF(measures); i++)
        if (text_is(wanted, measures[i].name)) {
            if (measure_begin(&measuring))
                measures[i].run(&measuring);
            return;
        }
    page_fail(page,
              "measure must be durations, gaps, moves, returns, reopened, reminders, activities, groups, "
              "persons or tags");
}
