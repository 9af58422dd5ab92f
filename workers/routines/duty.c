/* duty.c - see duty.h. */
#include "workers/routines/duty.h"

#include "base/limits.h"
#include "base/log.h"
#include "config/recurrence.h"
#include "workers/common/alarm.h"
#include "workers/common/verdict.h"
#include "workers/routines/meeting.h"

#define DUTY_LABEL TEXT("duty")

/* Periods that are over when their occurrence opens are met or not by what was reported of them; strikes of
 * the clock stand before later reports, so there is hardly ever one. */
enum { DUTY_CHAIN_MAX = 256 };

/* ---- records ---- */

static const char *const duty_states[] = {
    [DUTY_ABSENT] = "absent", [DUTY_OPEN] = "open", [DUTY_MET] = "met",
    [DUTY_MISSED] = "missed", [DUTY_LATE] = "late", [DUTY_ENDED] = "ended",
};
_Static_assert(sizeof duty_states / sizeof duty_states[0] == DUTY_STATE_COUNT, "a text for each state");

const char *duty_state_text(enum duty_state state)
{
    ASSERT(state < DUTY_STATE_COUNT);
    return duty_states[state];
}

static struct key duty_key(struct text subject)
{
    struct key key = record_key(TABLE_DUTY);
    key_add_text(&key, subject);
    return key;
}

static struct key duty_charter_key(struct text name)
{
    struct key key = record_key(TABLE_CHARTER);
    key_add_text(&key, name);
    return key;
}

struct key duty_series_key(enum routines_table table, struct text charter, struct text routine,
                           struct text body)
{
    struct key key = record_key((store_table)table);
    key_add_text(&key, charter);
    key_add_text(&key, routine);
    key_add_text(&key, body);
    return key;
}

const struct charter *duty_charter(struct turn *turn, struct text name)
{
    struct key key = duty_charter_key(name);
    const struct doc *record = name.bytes > 0 ? record_get(turn, &key) : NULL;
    return record != NULL ? turn_charter_version(turn, name, (uint64_t)doc_int(record, FIELD_VERSION, 0))
                          : NULL;
}

struct text duty_subject(const struct duty *duty, int32_t by_day)
{
    char day[CIVIL_TEXT_BYTES];
    return arena_printf(turn_arena(duty->turn), "%.*s/%.*s/%.*s/%s", TEXT_PRINT(duty->charter->name),
                        TEXT_PRINT(duty->routine->id), TEXT_PRINT(duty->body->id),
                        civil_format_date(by_day, day));
}

static enum duty_state duty_record_state(const struct doc *record)
{
    if (record == NULL)
        return DUTY_ABSENT;
    return (enum duty_state)verdict_state(doc_text(record, FIELD_STATE), duty_states, DUTY_STATE_COUNT);
}

static const struct doc *duty_record(const struct duty *duty, int32_t by_day)
{
    struct key key = duty_key(duty_subject(duty, by_day));
    return record_get(duty->turn, &key);
}

enum duty_state duty_state(const struct duty *duty, int32_t by_day)
{
    return duty_record_state(duty_record(duty, by_day));
}

static const struct doc *duty_series(const struct duty *duty)
{
    struct key key = duty_series_key(TABLE_SERIES, duty->charter->name, duty->routine->id, duty->body->id);
    return record_get(duty->turn, &key);
}

bool duty_latest(const struct duty *duty, int32_t *by_out)
{
    const struct doc *series = duty_series(duty);
    return series != NULL && doc_date(series, FIELD_BY, by_out);
}

/* ---- dates ---- */

static bool duty_next(const struct duty *duty, int32_t after_day, int32_t *by_out)
{
    return recurrence_next(duty->routine->recurs, duty->routine->from_day, after_day, by_out);
}

bool duty_period(const struct duty *duty, int32_t day, int32_t *by_out)
{
    return duty_next(duty, day - 1, by_out);
}

bool duty_before(const struct duty *duty, int32_t by_day, int32_t *before_out)
{
    const struct doc *series = duty_series(duty);
    if (series != NULL && doc_date(series, FIELD_DAY, before_out) && *before_out < by_day)
        return true;
    return recurrence_previous(duty->routine->recurs, duty->routine->from_day, by_day, before_out);
}

/* The last instant in time, as the calendar has it; until that is known, the end of the day. */
static int64_t duty_due_us(const struct duty *duty, int32_t by_day)
{
    struct text deadline = alarm_open_id(duty->turn, duty_subject(duty, by_day), DUTY_LABEL);
    int64_t due_us = deadline.bytes > 0 ? alarm_past(duty->turn, deadline).due_us : CIVIL_NEVER_US;
    return due_us != CIVIL_NEVER_US ? due_us : civil_end_of_day_us(by_day, duty->charter->zone);
}

/* ---- emitting ---- */

void duty_set_answering(struct doc *out, const struct charter *charter, const struct body *body)
{
    struct names units;
    for (size_t i = 0; i < body->head_posts.count && i < LIST_COUNT_MAX; i++)
        doc_add_text(out, FIELD_POSTS, body->head_posts.at[i]);
    if (!charter_expand_units(charter, doc_arena(out), body->lead_units, &units, NULL))
        return;
    for (size_t i = 0; i < units.count && i < LIST_COUNT_MAX; i++)
        doc_add_text(out, FIELD_UNITS, units.at[i]);
}

/* Begins an outcome about an occurrence, with what names it. */
static struct doc *duty_emit(const struct duty *duty, enum event_kind kind, int32_t by_day)
{
    struct doc *out = emit_begin(duty->turn, kind);
    emit_subject(duty->turn, duty_subject(duty, by_day));
    emit_charter(duty->turn, duty->charter->name);
    emit_rule(duty->turn, &duty->routine->rule);
    emit_input(duty->turn, duty->event->seq);
    doc_set_text(out, FIELD_ROUTINE, duty->routine->id);
    doc_set_text(out, FIELD_KIND, text_from(routine_kind_text(duty->routine->kind)));
    doc_set_text(out, FIELD_BODY, duty->body->id);
    doc_set_date(out, FIELD_BY, by_day);
    doc_set_text(out, FIELD_TITLE, duty->routine->title);
    return out;
}

static void duty_watch(const struct duty *duty, int32_t by_day)
{
    char day[CIVIL_TEXT_BYTES];
    const struct routine_rule *routine = duty->routine;
    struct alarm alarm = {
        .subject = duty_subject(duty, by_day),
        .charter = duty->charter->name,
        .label = DUTY_LABEL,
        .limit = arena_printf(turn_arena(duty->turn), "by %s%s%.*s", civil_format_date(by_day, day),
                              routine->roll.bytes > 0 ? " " : "", TEXT_PRINT(routine->roll)),
        .calendar = duty->charter->calendar,
        .who = duty->body->id,
        .title = routine->title,
        .reminders = &routine->reminders,
        .rule = &routine->rule,
        .start_us = duty->event->received_us,
        .since_us = alarm_since_us(duty->charter, duty->event->received_us),
        .zone = duty->charter->zone,
    };
    alarm_set(duty->turn, duty->event, ROLE_ROUTINES, &alarm);
}

static void duty_open(const struct duty *duty, int32_t by_day)
{
    struct doc *out = duty_emit(duty, EVENT_DUTY_OPENED, by_day);
    duty_set_answering(out, duty->charter, duty->body);
    emit_end(duty->turn);
    duty_watch(duty, by_day);
}

static void duty_clear(const struct duty *duty, int32_t by_day, int64_t at_us, struct text reason)
{
    struct alarm_end end = {
        .charter = duty->charter->name, .reason = reason, .at_us = at_us, .zone = duty->charter->zone};
    alarm_clear(duty->turn, duty_subject(duty, by_day), DUTY_LABEL, &end);
}

/* at_us: when the report that meets it was received, which may be before it opened. */
static void duty_emit_met(const struct duty *duty, int32_t by_day, int64_t at_us, struct text subject)
{
    bool open = duty_state(duty, by_day) == DUTY_OPEN;
    struct doc *out = duty_emit(duty, EVENT_DUTY_MET, by_day);
    doc_set_time(out, FIELD_AT, at_us, duty->charter->zone);
    doc_set_bool(out, FIELD_ON_TIME, open && at_us <= duty_due_us(duty, by_day));
    doc_set_text(out, FIELD_SUBJECT, subject);
    emit_end(duty->turn);
    duty_clear(duty, by_day, at_us, TEXT_NONE);
}

/* ---- opening one after the other ---- */

static bool duty_counts(const struct duty *duty, const struct doc *held)
{
    const struct routine_rule *routine = duty->routine;
    return (routine->chair.bytes == 0 || text_equal(routine->chair, doc_text(held, FIELD_POST))) &&
           (routine->topic.bytes == 0 || doc_lists_text(held, FIELD_SET, routine->topic));
}

/* Where the period of an occurrence begins: with the end of the date before, or, where a due day rolled on,
 * with the meeting that met it there. */
static int64_t duty_begins_us(const struct duty *duty, int32_t by_day)
{
    int32_t before;
    if (!recurrence_previous(duty->routine->recurs, duty->routine->from_day, by_day, &before))
        return INT64_MIN;
    int64_t end_us = civil_end_of_day_us(before, duty->charter->zone), met_us = INT64_MIN;
    const struct doc *record = duty_record(duty, before);
    if (record != NULL && doc_has(record, FIELD_SUBJECT))
        met_us = meeting_at_us(duty->turn, doc_text(record, FIELD_SUBJECT));
    return met_us > end_us ? met_us : end_us;
}

/* The first meeting on record that lies in the period and counts, and when its report was received; TEXT_NONE
 * if there is none. */
static struct text duty_held(const struct duty *duty, int32_t by_day, int64_t *at_us_out)
{
    if (duty->routine->kind != ROUTINE_MEETING)
        return TEXT_NONE;
    int64_t from_us = duty_begins_us(duty, by_day), to_us = civil_end_of_day_us(by_day, duty->charter->zone);
    struct key prefix = meeting_held_prefix(duty->charter->name, duty->body->id), from = prefix;
    struct text found = TEXT_NONE;
    struct store_cursor cursor;
    key_add_i64(&from, from_us == INT64_MIN ? from_us : from_us + 1);
    for (bool more = store_first(turn_txn(duty->turn), &prefix, &from, &cursor); more;
         more = store_next(&cursor)) {
        const struct doc *held = record_from(duty->turn, cursor.value);
        if (doc_time_us(held, FIELD_AT, INT64_MAX) > to_us)
            break;
        if (!duty_counts(duty, held))
            continue;
        found = arena_text_copy(turn_arena(duty->turn), doc_text(held, FIELD_MEETING));
        *at_us_out = doc_time_us(held, FIELD_RECEIVED, duty->event->received_us);
        break;
    }
    store_cursor_end(&cursor);
    return found;
}

/* The first date after that day opens, unless it did before; and as long as it is met already, the next. */
static void duty_go_on(const struct duty *duty, int32_t after_day)
{
    for (int i = 0; i < DUTY_CHAIN_MAX; i++) {
        int32_t by_day;
        if (!duty_next(duty, after_day, &by_day))
            return;
        enum duty_state state = duty_state(duty, by_day);
        if (state != DUTY_ABSENT && state != DUTY_ENDED)
            return;
        duty_open(duty, by_day);
        int64_t at_us = duty->event->received_us;
        struct text held = duty_held(duty, by_day, &at_us);
        if (held.bytes == 0 || i + 1 == DUTY_CHAIN_MAX) /* the last one stays open: the series never stops */
            return;
        duty_emit_met(duty, by_day, at_us, held);
        after_day = by_day;
    }
}

bool duty_meet(const struct duty *duty, int32_t by_day, struct text subject)
{
    enum duty_state state = duty_state(duty, by_day);
    if (state != DUTY_OPEN && state != DUTY_MISSED)
        return false;
    duty_emit_met(duty, by_day, duty->event->received_us, subject);
    duty_go_on(duty, by_day);
    return true;
}

/* Which occurrence a meeting at that instant is for: that of its day; but while the one before is open, whose
 * due day rolled on beyond it, that one. */
static bool duty_for(const struct duty *duty, int64_t at_us, int32_t *by_out)
{
    int32_t day = civil_day_of(at_us, duty->charter->zone), before;
    if (duty->routine->roll.bytes > 0 &&
        recurrence_previous(duty->routine->recurs, duty->routine->from_day, day, &before) &&
        duty_state(duty, before) == DUTY_OPEN && at_us <= duty_due_us(duty, before)) {
        *by_out = before;
        return true;
    }
    return duty_period(duty, day, by_out);
}

void duty_meet_by_meeting(const struct duty *duty, struct text meeting, int64_t at_us)
{
    struct key key = meeting_held_key(duty->charter->name, duty->body->id, at_us, meeting);
    const struct doc *held = record_get(duty->turn, &key);
    int32_t by_day;
    if (held != NULL && duty_counts(duty, held) && duty_for(duty, at_us, &by_day))
        (void)duty_meet(duty, by_day, meeting);
}

/* ---- a charter is enacted ---- */

int duty_apply_enacted(struct turn *turn, const struct event *event)
{
    struct doc *record = doc_new(turn_arena(turn));
    doc_set_doc_field(record, FIELD_VERSION, event->data);
    struct key key = duty_charter_key(doc_text(event->data, FIELD_NAME));
    record_put(turn, &key, record);
    return 0;
}

static void duty_end(struct turn *turn, const struct event *event, const struct doc *record)
{
    struct text charter = doc_text(record, FIELD_CHARTER), subject = doc_text(record, FIELD_KEY);
    struct alarm_end end = {.charter = charter,
                            .reason = TEXT("the charter does not ask for it any more"),
                            .at_us = event->received_us,
                            .zone = turn_zone(turn, charter, event->time_zone)};
    static const enum field kept[] = {FIELD_ROUTINE, FIELD_KIND, FIELD_BODY, FIELD_BY, FIELD_TITLE};
    struct doc *out = emit_begin(turn, EVENT_DUTY_ENDED);
    emit_subject(turn, subject);
    emit_charter(turn, charter);
    emit_input(turn, event->seq);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        doc_set_doc_field(out, kept[i], record);
    doc_set_text(out, FIELD_REASON, end.reason);
    emit_end(turn);
    alarm_clear(turn, subject, DUTY_LABEL, &end);
}

/* What the new version asks for first: after what was met or missed, and not before it holds. */
static bool duty_expected(const struct duty *duty, int32_t *by_out)
{
    const struct doc *series = duty_series(duty);
    int32_t after = charter_first_day(duty->charter, duty->event->received_us) - 1, closed;
    if (series != NULL && doc_date(series, FIELD_DAY, &closed) && closed > after)
        after = closed;
    return duty_next(duty, after, by_out);
}

/* An open occurrence goes on if the new version has it too, or if its date is past: then its due time, which
 * may lie a little later, still decides. */
static bool duty_goes_on(const struct duty *duty, const struct doc *open)
{
    int32_t by_day, expected, today = civil_day_of(duty->event->received_us, duty->charter->zone);
    if (!doc_date(open, FIELD_BY, &by_day) ||
        !text_is(doc_text(open, FIELD_KIND), routine_kind_text(duty->routine->kind)))
        return false;
    return by_day < today || (duty_expected(duty, &expected) && expected == by_day);
}

/* The routine and body of a series in this version; false if it has none of them. */
static bool duty_find(struct turn *turn, const struct event *event, const struct doc *record,
                      struct duty *duty_out)
{
    const struct charter *charter = duty_charter(turn, doc_text(record, FIELD_CHARTER));
    if (charter == NULL)
        return false;
    *duty_out = (struct duty){turn, event, charter, charter_routine(charter, doc_text(record, FIELD_ROUTINE)),
                              charter_body(charter, doc_text(record, FIELD_BODY))};
    return duty_out->routine != NULL && duty_out->body != NULL &&
           charter_routine_is_of(duty_out->routine, duty_out->body);
}

static const struct doc *duty_series_open(struct turn *turn, const struct doc *series)
{
    struct key key = duty_key(doc_text(series, FIELD_KEY));
    const struct doc *record = record_get(turn, &key);
    return duty_record_state(record) == DUTY_OPEN ? record : NULL;
}

static void duty_end_what_is_gone(struct turn *turn, const struct event *event, struct text name)
{
    struct key prefix = record_key(TABLE_SERIES);
    key_add_text(&prefix, name);
    struct store_cursor cursor;
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor); more; more = store_next(&cursor)) {
        const struct doc *open = duty_series_open(turn, record_from(turn, cursor.value));
        struct duty duty;
        if (open != NULL && !(duty_find(turn, event, open, &duty) && duty_goes_on(&duty, open)))
            duty_end(turn, event, open);
    }
    store_cursor_end(&cursor);
}

static bool duty_has_open(const struct duty *duty)
{
    const struct doc *series = duty_series(duty);
    return series != NULL && duty_series_open(duty->turn, series) != NULL;
}

int duty_decide_enacted(struct turn *turn, const struct event *event)
{
    struct text name = doc_text(event->data, FIELD_NAME);
    const struct charter *charter = duty_charter(turn, name);
    duty_end_what_is_gone(turn, event, name);
    for (size_t i = 0; charter != NULL && i < charter->routines.routines_count; i++)
        for (size_t k = 0; k < charter->bodies_count; k++) {
            struct duty duty = {turn, event, charter, &charter->routines.routines[i], &charter->bodies[k]};
            int32_t expected;
            if (charter_routine_is_of(duty.routine, duty.body) && !duty_has_open(&duty) &&
                duty_expected(&duty, &expected))
                duty_go_on(&duty, expected - 1);
        }
    return 0;
}

/* ---- the due time is reached ---- */

/* S2-14: what is owed in principle is told when it does not happen, and counts nowhere as a missed deadline.
 */
static void duty_missed_deadline(const struct duty *duty, const struct doc *alarm, int32_t by_day)
{
    if (duty->routine->in_principle) {
        duty_clear(duty, by_day, duty->event->received_us,
                   TEXT("owed in principle: told, not counted as missed"));
        return;
    }
    struct doc *out = alarm_missed_begin(duty->turn, duty->event, alarm);
    emit_rule(duty->turn, &duty->routine->rule);
    doc_set_text(out, FIELD_BODY, duty->body->id);
    for (size_t i = 0; i < duty->body->head_posts.count && i < LIST_COUNT_MAX; i++)
        doc_add_text(out, FIELD_POSTS, duty->body->head_posts.at[i]);
    emit_end(duty->turn);
}

static void duty_missed(const struct duty *duty, const struct doc *alarm, int32_t by_day)
{
    duty_missed_deadline(duty, alarm, by_day);
    struct doc *out = duty_emit(duty, EVENT_DUTY_MISSED, by_day);
    duty_set_answering(out, duty->charter, duty->body);
    doc_set_text(out, FIELD_RESULT, duty->routine->in_principle ? TEXT("in-principle") : TEXT("duty"));
    emit_end(duty->turn);
}

int duty_decide_reached(struct turn *turn, const struct event *event)
{
    const struct doc *alarm = NULL;
    enum alarm_verdict verdict = alarm_judge(turn, event, ROLE_ROUTINES, &alarm);
    if (verdict == ALARM_KEPT)
        return 0;
    if (!text_equal(doc_text(alarm, FIELD_LABEL), DUTY_LABEL))
        return meeting_decide_minutes_missed(turn, event, alarm);
    struct key key = duty_key(doc_text(alarm, FIELD_SUBJECT));
    const struct doc *record = record_get(turn, &key);
    int32_t by_day;
    struct duty duty;
    /* Ended with its charter's version in the meantime: nobody answers for it. */
    if (record == NULL || !doc_date(record, FIELD_BY, &by_day) || !duty_find(turn, event, record, &duty) ||
        duty_record_state(record) == DUTY_ENDED)
        return 0;
    duty_missed(&duty, alarm, by_day);
    if (verdict == ALARM_OPEN)
        duty_go_on(&duty, by_day);
    return 0;
}

/* ---- taking outcomes in ---- */

int duty_apply_opened(struct turn *turn, const struct event *event)
{
    static const enum field kept[] = {FIELD_ROUTINE, FIELD_KIND, FIELD_BODY, FIELD_BY, FIELD_TITLE};
    struct doc *record = doc_new(turn_arena(turn));
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        doc_set_doc_field(record, kept[i], event->data);
    doc_set_text(record, FIELD_CHARTER, event->charter);
    doc_set_text(record, FIELD_KEY, event->subject);
    doc_set_text(record, FIELD_STATE, text_from(duty_state_text(DUTY_OPEN)));
    struct key key = duty_key(event->subject);
    record_put(turn, &key, record);
    key = duty_series_key(TABLE_SERIES, event->charter, doc_text(event->data, FIELD_ROUTINE),
                          doc_text(event->data, FIELD_BODY));
    struct doc *series = record_get(turn, &key);
    if (series == NULL)
        series = doc_new(turn_arena(turn));
    doc_set_doc_field(series, FIELD_BY, event->data);
    doc_set_text(series, FIELD_KEY, event->subject);
    record_put(turn, &key, series);
    return 0;
}

/* The series goes on after the latest occurrence that was met or missed. */
static void duty_close_series(struct turn *turn, const struct event *event)
{
    struct key key = duty_series_key(TABLE_SERIES, event->charter, doc_text(event->data, FIELD_ROUTINE),
                                     doc_text(event->data, FIELD_BODY));
    struct doc *series = record_get(turn, &key);
    int32_t by_day = 0, closed;
    if (series == NULL || !doc_date(event->data, FIELD_BY, &by_day) ||
        (doc_date(series, FIELD_DAY, &closed) && closed >= by_day))
        return;
    doc_set_date(series, FIELD_DAY, by_day);
    record_put(turn, &key, series);
}

static int duty_change(struct turn *turn, const struct event *event, enum duty_state state)
{
    struct key key = duty_key(event->subject);
    struct doc *record = record_get(turn, &key);
    if (record == NULL)
        return turn_poison(turn, "occurrence %.*s was never opened", TEXT_PRINT(event->subject));
    doc_set_text(record, FIELD_STATE, text_from(duty_state_text(state)));
    doc_set_doc_field(record, FIELD_SUBJECT, event->data);
    record_put(turn, &key, record);
    return 0;
}

int duty_apply_met(struct turn *turn, const struct event *event)
{
    duty_close_series(turn, event);
    return duty_change(turn, event, doc_bool(event->data, FIELD_ON_TIME) ? DUTY_MET : DUTY_LATE);
}

/* What was met too late stays so. */
int duty_apply_missed(struct turn *turn, const struct event *event)
{
    struct key key = duty_key(event->subject);
    duty_close_series(turn, event);
    bool met = duty_record_state(record_get(turn, &key)) != DUTY_OPEN;
    return duty_change(turn, event, met ? DUTY_LATE : DUTY_MISSED);
}

int duty_apply_ended(struct turn *turn, const struct event *event)
{
    return duty_change(turn, event, DUTY_ENDED);
}
