/* alarms.c - see alarms.h. */
#include "workers/deadlines/alarms.h"

#include "base/log.h"
#include "workers/common/almanac.h"

static struct key alarm_record_key(struct text id)
{
    struct key key = record_key((store_table)DEADLINES_RECORD);
    key_add_text(&key, id);
    return key;
}

static struct key alarm_calendar_key(enum deadlines_table table, struct text calendar)
{
    struct key key = record_key((store_table)table);
    key_add_text(&key, calendar);
    return key;
}

static struct key alarm_time_key(enum deadlines_table table, int64_t at_us, struct text id)
{
    struct key key = record_key((store_table)table);
    key_add_i64(&key, at_us);
    key_add_text(&key, id);
    return key;
}

struct doc *alarm_get(struct turn *turn, struct text id)
{
    struct key key = alarm_record_key(id);
    return record_get(turn, &key);
}

struct limit_rule alarm_limit(const struct doc *record)
{
    struct limit_rule rule;
    int wrong = limit_parse(doc_text(record, FIELD_LIMIT), &rule, NULL);
    ASSERT(wrong == 0); /* it was checked when the record was entered */
    return rule;
}

int64_t alarm_due_us(const struct doc *record)
{
    return doc_time_us(record, FIELD_DUE, CIVIL_NEVER_US);
}

/* Insertion by instant: charters may name rungs in any order, and 1d may fall before 1wd. */
static void ladder_add(struct ladder *ladder, int64_t at_us)
{
    size_t at = ladder->count++;
    for (; at > 0 && ladder->at_us[at - 1] > at_us; at--)
        ladder->at_us[at] = ladder->at_us[at - 1];
    ladder->at_us[at] = at_us;
}

void alarm_ladder(const struct doc *record, const struct calendar *calendar, struct ladder *ladder_out)
{
    ladder_out->count = 0;
    if (!doc_has(record, FIELD_DUE))
        return;
    size_t count = doc_count(record, FIELD_REMINDERS);
    ASSERT(count <= DEADLINES_LADDER_MAX);
    for (size_t i = 0; i < count; i++) {
        struct limit_rule rule;
        int wrong = limit_parse_reminder(doc_text_at(record, FIELD_REMINDERS, i), &rule, NULL);
        ASSERT(wrong == 0);
        ladder_add(ladder_out, limit_reminder_us(&rule, calendar, alarm_due_us(record), INT32_MAX));
    }
}

size_t ladder_passed(const struct ladder *ladder, int64_t at_us)
{
    size_t passed = 0;
    while (passed < ladder->count && ladder->at_us[passed] <= at_us)
        passed++;
    return passed;
}

/* ---- records and their alarms ---- */

static void alarm_disarm(struct turn *turn, const struct doc *record)
{
    struct text id = doc_text(record, FIELD_DEADLINE);
    if (doc_has(record, FIELD_DUE)) {
        struct key key = alarm_time_key(DEADLINES_DUE, alarm_due_us(record), id);
        record_delete(turn, &key);
    }
    if (doc_has(record, FIELD_WAKE)) {
        struct key key = alarm_time_key(DEADLINES_RUNG, doc_time_us(record, FIELD_WAKE, 0), id);
        record_delete(turn, &key);
    }
}

static void alarm_arm(struct turn *turn, struct doc *record)
{
    doc_unset(record, FIELD_WAKE);
    if (!doc_has(record, FIELD_DUE))
        return;
    const struct doc *nothing = doc_new(turn_arena(turn));
    struct text id = doc_text(record, FIELD_DEADLINE);
    struct key due = alarm_time_key(DEADLINES_DUE, alarm_due_us(record), id);
    record_put(turn, &due, nothing);
    const struct calendar *calendar = almanac_calendar(turn, doc_text(record, FIELD_CALENDAR));
    ASSERT(calendar != NULL);
    struct ladder ladder;
    alarm_ladder(record, calendar, &ladder);
    size_t rung = (size_t)doc_int(record, FIELD_RUNG, 0);
    if (rung >= ladder.count || ladder.at_us[rung] == CIVIL_NEVER_US)
        return;
    doc_set_time(record, FIELD_WAKE, ladder.at_us[rung], calendar->zone);
    struct key next = alarm_time_key(DEADLINES_RUNG, ladder.at_us[rung], id);
    record_put(turn, &next, nothing);
}

void alarm_put(struct turn *turn, struct doc *record)
{
    struct key key = alarm_record_key(doc_text(record, FIELD_DEADLINE));
    const struct doc *before = record_get(turn, &key);
    ASSERT(before != NULL);
    alarm_disarm(turn, before);
    alarm_arm(turn, record);
    record_put(turn, &key, record);
}

static void alarms_count(struct turn *turn, struct text calendar, int64_t step)
{
    struct key key = alarm_calendar_key(DEADLINES_OPEN, calendar);
    struct doc *record = record_get(turn, &key);
    if (record == NULL)
        record = doc_new(turn_arena(turn));
    doc_set_int(record, FIELD_COUNT, doc_int(record, FIELD_COUNT, 0) + step);
    record_put(turn, &key, record);
}

void alarm_enter(struct turn *turn, struct doc *record)
{
    struct text id = doc_text(record, FIELD_DEADLINE), calendar = doc_text(record, FIELD_CALENDAR);
    alarm_remove(turn, id);
    struct key key = alarm_record_key(id);
    record_put(turn, &key, record);
    struct key by_calendar = alarm_calendar_key(DEADLINES_BY_CALENDAR, calendar);
    key_add_text(&by_calendar, id);
    record_put(turn, &by_calendar, doc_new(turn_arena(turn)));
    alarms_count(turn, calendar, 1);
}

void alarm_remove(struct turn *turn, struct text id)
{
    struct key key = alarm_record_key(id);
    const struct doc *record = record_get(turn, &key);
    if (record == NULL)
        return;
    alarm_disarm(turn, record);
    struct key by_calendar = alarm_calendar_key(DEADLINES_BY_CALENDAR, doc_text(record, FIELD_CALENDAR));
    key_add_text(&by_calendar, id);
    record_delete(turn, &by_calendar);
    alarms_count(turn, doc_text(record, FIELD_CALENDAR), -1);
    record_delete(turn, &key);
}

/* ---- walks ---- */

size_t alarms_past(struct turn *turn, enum deadlines_table table, int64_t at_us, struct text *ids_out,
                   size_t max)
{
    struct key prefix = record_key((store_table)table);
    struct store_cursor cursor;
    size_t count = 0;
    bool more = max > 0 && store_first(turn_txn(turn), &prefix, NULL, &cursor);
    for (; more && count < max; more = store_next(&cursor)) {
        struct key_reader reader = key_read(cursor.key);
        int64_t instant_us = 0;
        bool whole = key_read_i64(&reader, &instant_us);
        if (instant_us > at_us)
            break;
        whole = whole && key_read_text(&reader, turn_arena(turn), &ids_out[count++]);
        ASSERT(whole);
    }
    if (max > 0)
        store_cursor_end(&cursor);
    return count;
}

size_t alarms_of_calendar(struct turn *turn, struct text calendar, struct text after, struct text *ids_out,
                          size_t max)
{
    struct key prefix = alarm_calendar_key(DEADLINES_BY_CALENDAR, calendar);
    struct key from = prefix;
    if (after.at != NULL)
        key_add_text(&from, after);
    struct store_cursor cursor;
    size_t count = 0;
    for (bool more = store_first(turn_txn(turn), &prefix, &from, &cursor); more && count < max;
         more = store_next(&cursor)) {
        struct key_reader reader = key_read(cursor.key);
        struct text name, id;
        bool whole =
            key_read_text(&reader, turn_arena(turn), &name) && key_read_text(&reader, turn_arena(turn), &id);
        ASSERT(whole);
        if (after.at == NULL || !text_equal(id, after))
            ids_out[count++] = id;
    }
    store_cursor_end(&cursor);
    return count;
}

uint64_t alarms_open(struct turn *turn, struct text calendar)
{
    struct key key = alarm_calendar_key(DEADLINES_OPEN, calendar);
    const struct doc *record = record_get(turn, &key);
    return record != NULL ? (uint64_t)doc_int(record, FIELD_COUNT, 0) : 0;
}

static int64_t alarms_first_of(struct turn *turn, enum deadlines_table table)
{
    struct key prefix = record_key((store_table)table);
    struct store_cursor cursor;
    int64_t at_us = CIVIL_NEVER_US;
    if (store_first(turn_txn(turn), &prefix, NULL, &cursor)) {
        struct key_reader reader = key_read(cursor.key);
        bool whole = key_read_i64(&reader, &at_us);
        ASSERT(whole);
    }
    store_cursor_end(&cursor);
    return at_us;
}

int64_t alarms_first_us(struct turn *turn)
{
    int64_t due_us = alarms_first_of(turn, DEADLINES_DUE), rung_us = alarms_first_of(turn, DEADLINES_RUNG);
    return rung_us < due_us ? rung_us : due_us;
}
