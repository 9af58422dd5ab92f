/* task.c - see task.h: records, and taking outcomes in. */
#include "workers/tasks/task.h"

#include "base/log.h"
#include "workers/common/alarm.h"

static const char *const task_state_texts[] = {
    [TASK_ABSENT] = "absent",     [TASK_ASSIGNED] = "assigned",
    [TASK_ACCEPTED] = "accepted", [TASK_DONE_REPORTED] = "done-reported",
    [TASK_CLOSED] = "closed",     [TASK_DROPPED] = "dropped",
};
_Static_assert(sizeof task_state_texts / sizeof task_state_texts[0] == TASK_STATE_COUNT,
               "a text for each state");

const char *task_state_text(enum task_state state)
{
    ASSERT(state < TASK_STATE_COUNT);
    return task_state_texts[state];
}

static enum task_state task_state_find(struct text name)
{
    for (enum task_state state = TASK_ASSIGNED; state < TASK_STATE_COUNT; state++)
        if (text_is(name, task_state_texts[state]))
            return state;
    return TASK_ABSENT;
}

static struct key task_key(enum task_table table, struct text id)
{
    struct key key = record_key((store_table)table);
    key_add_text(&key, id);
    return key;
}

static struct key task_open_key(struct text issue, int64_t number)
{
    struct key key = task_key(TABLE_OPEN, issue);
    key_add_u64(&key, (uint64_t)number);
    return key;
}

/* ---- reading ---- */

struct doc *task_issue(struct turn *turn, struct text issue)
{
    struct key key = task_key(TABLE_ISSUE, issue);
    return record_get(turn, &key);
}

const struct charter *task_charter(struct turn *turn, const struct doc *issue)
{
    return turn_charter_version(turn, doc_text(issue, FIELD_CHARTER),
                                (uint64_t)doc_int(issue, FIELD_VERSION, 0));
}

bool task_load(struct turn *turn, const struct event *event, struct text id, struct task *task_out)
{
    struct key key = task_key(TABLE_TASK, id);
    const struct doc *record = id.bytes > 0 ? record_get(turn, &key) : NULL;
    *task_out = (struct task){.turn = turn, .event = event, .id = id, .record = record};
    if (record == NULL)
        return true;
    task_out->issue = doc_text(record, FIELD_ISSUE);
    task_out->state = task_state_find(doc_text(record, FIELD_STATE));
    const struct doc *issue = task_issue(turn, task_out->issue);
    /* A task stays under the version that it was assigned under, whatever becomes of its issue (S3-20). */
    task_out->charter = issue != NULL ? turn_charter_version(turn, doc_text(issue, FIELD_CHARTER),
                                                             (uint64_t)doc_int(record, FIELD_VERSION, 0))
                                      : NULL;
    task_out->unit =
        task_out->charter != NULL ? charter_unit(task_out->charter, doc_text(record, FIELD_UNIT)) : NULL;
    return task_out->unit != NULL && task_out->state != TASK_ABSENT;
}

struct names task_open_ids(struct turn *turn, struct text issue)
{
    const struct doc *record = task_issue(turn, issue);
    size_t room = record != NULL ? (size_t)doc_int(record, FIELD_OPEN, 0) : 0, count = 0;
    struct text *at = arena_alloc(turn_arena(turn), (room + 1) * sizeof *at);
    struct key prefix = task_key(TABLE_OPEN, issue);
    struct store_cursor cursor;
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor); more && count < room;
         more = store_next(&cursor))
        at[count++] = doc_text(record_from(turn, cursor.value), FIELD_TASK);
    store_cursor_end(&cursor);
    return (struct names){at, count};
}

struct doc *task_update_begin(const struct task *task, enum task_state state, int64_t at_us)
{
    struct doc *out = emit_begin(task->turn, EVENT_TASK_UPDATED);
    emit_subject(task->turn, task->id);
    emit_charter(task->turn, task->charter->name);
    emit_input(task->turn, task->event->seq);
    doc_set_text(out, FIELD_STATE, text_from(task_state_text(state)));
    doc_set_time(out, FIELD_AT, at_us, task->charter->zone);
    doc_set_text(out, FIELD_ISSUE, task->issue);
    return out;
}

/* ---- taking outcomes in ---- */

int task_apply_issue_opened(struct turn *turn, const struct event *event)
{
    struct doc *issue = doc_new(turn_arena(turn));
    doc_set_text(issue, FIELD_CHARTER, event->charter);
    doc_set_doc_field(issue, FIELD_VERSION, event->data);
    doc_set_doc_field(issue, FIELD_AREA, event->data);
    struct key key = task_key(TABLE_ISSUE, event->subject);
    record_put(turn, &key, issue);
    return 0;
}

int task_apply_transition(struct turn *turn, const struct event *event)
{
    struct doc *issue = task_issue(turn, event->subject);
    if (issue == NULL)
        return turn_poison(turn, "no issue %.*s on record", TEXT_PRINT(event->subject));
    doc_set_doc_field(issue, FIELD_VERSION, event->data);
    struct key key = task_key(TABLE_ISSUE, event->subject);
    record_put(turn, &key, issue);
    return 0;
}

/* Adds to a counter of the issue; false after turn_poison: it was never opened. */
static bool task_count(struct turn *turn, struct text id, int64_t so_far, int64_t open)
{
    struct doc *issue = task_issue(turn, id);
    if (issue == NULL) {
        (void)turn_poison(turn, "no issue %.*s on record", TEXT_PRINT(id));
        return false;
    }
    doc_set_int(issue, FIELD_COUNT, doc_int(issue, FIELD_COUNT, 0) + so_far);
    doc_set_int(issue, FIELD_OPEN, doc_int(issue, FIELD_OPEN, 0) + open);
    struct key key = task_key(TABLE_ISSUE, id);
    record_put(turn, &key, issue);
    return true;
}

int task_apply_assigned(struct turn *turn, const struct event *event)
{
    struct text issue = doc_text(event->data, FIELD_ISSUE);
    if (!task_count(turn, issue, 1, 1))
        return ROLE_E_POISON;
    struct doc *record = doc_copy(turn_arena(turn), event->data);
    doc_unset(record, FIELD_OPINION);
    doc_set_doc_field(record, FIELD_VERSION, task_issue(turn, issue));
    doc_set_text(record, FIELD_STATE, text_from(task_state_texts[TASK_ASSIGNED]));
    struct key key = task_key(TABLE_TASK, event->subject);
    record_put(turn, &key, record);
    struct doc *open = doc_new(turn_arena(turn));
    doc_set_text(open, FIELD_TASK, event->subject);
    struct key open_key = task_open_key(issue, doc_int(event->data, FIELD_NUMBER, 0));
    record_put(turn, &open_key, open);
    return 0;
}

/* The record of the outcome's task, to be changed; NULL after turn_poison. */
static struct doc *task_of(struct turn *turn, const struct event *event)
{
    struct key key = task_key(TABLE_TASK, event->subject);
    struct doc *record = record_get(turn, &key);
    if (record == NULL)
        (void)turn_poison(turn, "no task %.*s on record", TEXT_PRINT(event->subject));
    return record;
}

static int task_put(struct turn *turn, const struct event *event, struct doc *record, enum task_state state)
{
    doc_set_text(record, FIELD_STATE, text_from(task_state_texts[state]));
    struct key key = task_key(TABLE_TASK, event->subject);
    record_put(turn, &key, record);
    if (state != TASK_CLOSED && state != TASK_DROPPED)
        return 0;
    struct text issue = doc_text(record, FIELD_ISSUE);
    struct key open_key = task_open_key(issue, doc_int(record, FIELD_NUMBER, 0));
    record_delete(turn, &open_key);
    return task_count(turn, issue, 0, -1) ? 0 : ROLE_E_POISON;
}

int task_apply_updated(struct turn *turn, const struct event *event)
{
    struct doc *record = task_of(turn, event);
    if (record == NULL)
        return ROLE_E_POISON;
    doc_set_doc_field(record, FIELD_PERCENT, event->data);
    doc_set_doc_field(record, FIELD_UNIT, event->data);
    return task_put(turn, event, record, task_state_find(doc_text(event->data, FIELD_STATE)));
}

int task_apply_closed(struct turn *turn, const struct event *event)
{
    struct doc *record = task_of(turn, event);
    return record != NULL ? task_put(turn, event, record, TASK_CLOSED) : ROLE_E_POISON;
}

int task_apply_missed(struct turn *turn, const struct event *event)
{
    if (!alarm_is_known(turn, doc_text(event->data, FIELD_DEADLINE)))
        return 0;
    struct doc *record = task_of(turn, event);
    if (record == NULL)
        return ROLE_E_POISON;
    doc_set_bool(record, FIELD_MISSED, true);
    struct key key = task_key(TABLE_TASK, event->subject);
    record_put(turn, &key, record);
    return alarm_apply_missed(turn, event);
}
