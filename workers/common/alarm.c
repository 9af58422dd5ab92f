/* alarm.c - see alarm.h. */
#include "workers/common/alarm.h"

#include "base/limits.h"
#include "base/log.h"

#include <inttypes.h>

enum { ALARM_REMINDERS_MAX = 16 }; /* REMINDERS in events.def */

#define ALARM_STATE_OPEN    TEXT("open")
#define ALARM_STATE_CLEARED TEXT("cleared")
#define ALARM_STATE_MISSED  TEXT("missed")

static struct key alarm_key(struct text deadline)
{
    struct key key = record_key(ALARM_TABLE);
    key_add_text(&key, deadline);
    return key;
}

static struct key alarm_open_key(struct text subject, struct text label)
{
    struct key key = record_key(ALARM_OPEN_TABLE);
    key_add_text(&key, subject);
    key_add_text(&key, label);
    return key;
}

bool alarm_is_open(struct turn *turn, struct text subject, struct text label)
{
    struct key key = alarm_open_key(subject, label);
    return record_get(turn, &key) != NULL;
}

struct text alarm_open_id(struct turn *turn, struct text subject, struct text label)
{
    struct key key = alarm_open_key(subject, label);
    const struct doc *open = record_get(turn, &key);
    return open != NULL ? doc_text(open, FIELD_DEADLINE) : TEXT_NONE;
}

int64_t alarm_since_us(const struct charter *charter, int64_t start_us)
{
    return charter->passed_reminders == PASSED_NONE ? start_us : 0;
}

struct alarm_past alarm_past(struct turn *turn, struct text deadline)
{
    struct key key = alarm_key(deadline);
    const struct doc *record = record_get(turn, &key);
    struct alarm_past past = {
        .start_us = CIVIL_NEVER_US, .due_us = CIVIL_NEVER_US, .cleared_us = CIVIL_NEVER_US};
    if (record == NULL)
        return past;
    past.start_us = doc_time_us(record, FIELD_START, CIVIL_NEVER_US);
    past.due_us = doc_time_us(record, FIELD_DUE, CIVIL_NEVER_US);
    past.cleared_us = doc_time_us(record, FIELD_AT, CIVIL_NEVER_US);
    past.missed = text_equal(doc_text(record, FIELD_STATE), ALARM_STATE_MISSED) ||
                  (past.cleared_us != CIVIL_NEVER_US && past.cleared_us > past.due_us);
    return past;
}

bool alarm_is_known(struct turn *turn, struct text deadline)
{
    struct key key = alarm_key(deadline);
    return record_get(turn, &key) != NULL;
}

static void alarm_clear_emit(struct turn *turn, struct text subject, struct text deadline,
                             const struct alarm_end *end)
{
    struct doc *out = emit_begin(turn, EVENT_DEADLINE_CLEARED);
    emit_subject(turn, subject);
    emit_charter(turn, end->charter);
    doc_set_text(out, FIELD_DEADLINE, deadline);
    doc_set_time(out, FIELD_AT, end->at_us, end->zone);
    if (end->reason.bytes > 0)
        doc_set_text(out, FIELD_REASON, end->reason);
    emit_end(turn);
}

void alarm_clear(struct turn *turn, struct text subject, struct text label, const struct alarm_end *end)
{
    struct key key = alarm_open_key(subject, label);
    const struct doc *open = record_get(turn, &key);
    if (open != NULL)
        alarm_clear_emit(turn, subject, doc_text(open, FIELD_DEADLINE), end);
}

void alarm_clear_labelled(struct turn *turn, struct text subject, struct text beginning,
                          const struct alarm_end *end)
{
    struct key prefix = record_key(ALARM_OPEN_TABLE), from = alarm_open_key(subject, beginning);
    key_add_text(&prefix, subject);
    struct store_cursor cursor;
    /* Applying deadline.cleared deletes the row, so the first row is always the next. */
    while (store_first(turn_txn(turn), &prefix, &from, &cursor)) {
        struct text label =
            arena_text_copy(turn_arena(turn), doc_text(record_from(turn, cursor.value), FIELD_LABEL));
        store_cursor_end(&cursor);
        if (!text_starts_with(label, beginning))
            return;
        alarm_clear(turn, subject, label, end);
        ASSERT(!alarm_is_open(turn, subject, label));
    }
    store_cursor_end(&cursor);
}

void alarm_clear_all(struct turn *turn, struct text subject, const struct alarm_end *end)
{
    alarm_clear_labelled(turn, subject, TEXT(""), end);
}

static void alarm_set_emit(struct turn *turn, const struct event *cause, enum role_name owner,
                           const struct alarm *alarm)
{
    struct doc *out = emit_begin(turn, EVENT_DEADLINE_SET);
    emit_subject(turn, alarm->subject);
    emit_charter(turn, alarm->charter);
    if (alarm->rule != NULL)
        emit_rule(turn, alarm->rule);
    doc_printf(out, FIELD_DEADLINE, "%.*s/%.*s/%" PRIu64, TEXT_PRINT(alarm->subject),
               TEXT_PRINT(alarm->label), cause->seq);
    doc_set_text(out, FIELD_OWNER, text_from(role_text(owner)));
    doc_set_text(out, FIELD_LABEL, alarm->label);
    doc_set_text(out, FIELD_LIMIT, alarm->limit);
    doc_set_time(out, FIELD_START, alarm->start_us, alarm->zone);
    doc_set_text(out, FIELD_CALENDAR, alarm->calendar);
    if (alarm->since_us != 0)
        doc_set_time(out, FIELD_SINCE, alarm->since_us, alarm->zone);
    if (alarm->grace.bytes > 0) {
        doc_set_text(out, FIELD_GRACE, alarm->grace);
        doc_set_time(out, FIELD_AT, alarm->grace_us, alarm->zone);
    }
    for (size_t i = 0; alarm->reminders != NULL && i < alarm->reminders->count && i < ALARM_REMINDERS_MAX;
         i++)
        doc_add_text(out, FIELD_REMINDERS, alarm->reminders->at[i]);
    if (alarm->who.bytes > 0)
        doc_set_text(out, FIELD_WHO, alarm->who);
    if (alarm->title.bytes > 0)
        doc_set_text(out, FIELD_TITLE, alarm->title);
    emit_end(turn);
}

void alarm_set(struct turn *turn, const struct event *cause, enum role_name owner, const struct alarm *alarm)
{
    ASSERT(alarm->subject.bytes > 0 && alarm->label.bytes > 0);
    struct alarm_end replaced = {.charter = alarm->charter, .at_us = alarm->start_us, .zone = alarm->zone};
    alarm_clear(turn, alarm->subject, alarm->label, &replaced);
    alarm_set_emit(turn, cause, owner, alarm);
}

int alarm_apply_set(struct turn *turn, const struct event *event, enum role_name owner)
{
    if (!text_is(doc_text(event->data, FIELD_OWNER), role_text(owner)))
        return 0;
    struct text deadline = doc_text(event->data, FIELD_DEADLINE);
    struct doc *record = doc_new(turn_arena(turn));
    doc_set_text(record, FIELD_SUBJECT, event->subject);
    doc_set_text(record, FIELD_STATE, ALARM_STATE_OPEN);
    doc_set_doc_field(record, FIELD_LABEL, event->data);
    doc_set_doc_field(record, FIELD_WHO, event->data);
    doc_set_doc_field(record, FIELD_TITLE, event->data);
    doc_set_doc_field(record, FIELD_START, event->data);
    if (event->charter.bytes > 0)
        doc_set_text(record, FIELD_CHARTER, event->charter);
    struct key key = alarm_key(deadline);
    record_put(turn, &key, record);
    struct doc *open = doc_new(turn_arena(turn));
    doc_set_text(open, FIELD_DEADLINE, deadline);
    doc_set_doc_field(open, FIELD_LABEL, event->data);
    struct key open_key = alarm_open_key(event->subject, doc_text(event->data, FIELD_LABEL));
    record_put(turn, &open_key, open);
    return 0;
}

/* Changes the record's state and takes it off the open ones; NULL if it is not ours. */
static struct doc *alarm_leave_open(struct turn *turn, struct text deadline, struct text state)
{
    struct key key = alarm_key(deadline);
    struct doc *record = record_get(turn, &key);
    if (record == NULL)
        return NULL;
    doc_set_text(record, FIELD_STATE, state);
    struct key open_key = alarm_open_key(doc_text(record, FIELD_SUBJECT), doc_text(record, FIELD_LABEL));
    const struct doc *open = record_get(turn, &open_key);
    if (open != NULL && text_equal(doc_text(open, FIELD_DEADLINE), deadline))
        record_delete(turn, &open_key);
    return record;
}

int alarm_apply_cleared(struct turn *turn, const struct event *event)
{
    struct text deadline = doc_text(event->data, FIELD_DEADLINE);
    struct doc *record = alarm_leave_open(turn, deadline, ALARM_STATE_CLEARED);
    if (record == NULL)
        return 0;
    doc_set_doc_field(record, FIELD_AT, event->data);
    struct key key = alarm_key(deadline);
    record_put(turn, &key, record);
    return 0;
}

int alarm_apply_missed(struct turn *turn, const struct event *event)
{
    struct text deadline = doc_text(event->data, FIELD_DEADLINE);
    struct doc *record = alarm_leave_open(turn, deadline, ALARM_STATE_MISSED);
    if (record == NULL)
        return 0;
    struct key key = alarm_key(deadline);
    record_put(turn, &key, record);
    return 0;
}

int alarm_apply_due(struct turn *turn, const struct event *event)
{
    struct key key = alarm_key(doc_text(event->data, FIELD_DEADLINE));
    struct doc *record = record_get(turn, &key);
    enum field due = event->type->kind == EVENT_DEADLINE_MOVED ? FIELD_AFTER : FIELD_DUE;
    if (record == NULL || !doc_has(event->data, due))
        return 0;
    doc_set_written(record, FIELD_DUE, doc_text(event->data, due));
    record_put(turn, &key, record);
    return 0;
}

int alarm_apply_reached(struct turn *turn, const struct event *event)
{
    struct text deadline = doc_text(event->data, FIELD_DEADLINE);
    struct key key = alarm_key(deadline);
    if (alarm_leave_open(turn, deadline, ALARM_STATE_CLEARED) != NULL)
        record_delete(turn, &key);
    return 0;
}

enum alarm_verdict alarm_judge(struct turn *turn, const struct event *reached, enum role_name owner,
                               const struct doc **record_out)
{
    if (!text_is(doc_text(reached->data, FIELD_OWNER), role_text(owner)))
        return ALARM_KEPT;
    struct key key = alarm_key(doc_text(reached->data, FIELD_DEADLINE));
    const struct doc *record = record_get(turn, &key);
    if (record == NULL)
        return ALARM_KEPT;
    *record_out = record;
    struct text state = doc_text(record, FIELD_STATE);
    if (text_equal(state, ALARM_STATE_OPEN))
        return ALARM_OPEN;
    int64_t due_us = doc_time_us(reached->data, FIELD_DUE, CIVIL_NEVER_US);
    bool late = text_equal(state, ALARM_STATE_CLEARED) && doc_time_us(record, FIELD_AT, INT64_MIN) > due_us;
    return late ? ALARM_LATE : ALARM_KEPT;
}

struct doc *alarm_missed_begin(struct turn *turn, const struct event *reached, const struct doc *record)
{
    struct doc *out = emit_begin(turn, EVENT_DEADLINE_MISSED);
    emit_subject(turn, doc_text(record, FIELD_SUBJECT));
    if (doc_has(record, FIELD_CHARTER))
        emit_charter(turn, doc_text(record, FIELD_CHARTER));
    emit_input(turn, reached->seq);
    doc_set_doc_field(out, FIELD_DEADLINE, reached->data);
    doc_set_doc_field(out, FIELD_LABEL, reached->data);
    doc_set_doc_field(out, FIELD_DUE, reached->data);
    doc_set_doc_field(out, FIELD_WHO, record);
    doc_set_doc_field(out, FIELD_TITLE, record);
    return out;
}
