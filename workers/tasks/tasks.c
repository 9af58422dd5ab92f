/* tasks.c - the role: solutions and task lists become tasks of units; their progress, verification and
 * deadlines.
 *
 * task.h has states and records; progress.c the reports.
 */
#include "base/limits.h"
#include "workers/common/alarm.h"
#include "workers/roles.h"
#include "workers/tasks/task.h"

#include <inttypes.h>

/* ---- deadlines ---- */

void task_watch(const struct task *task, struct text unit)
{
    if (doc_bool(task->record, FIELD_MISSED))
        return;
    struct text by = doc_text(task->record, FIELD_BY);
    struct alarm alarm = {.subject = task->id,
                          .charter = task->charter->name,
                          .label = TEXT("task"),
                          .limit = arena_printf(turn_arena(task->turn), "by %.*s", TEXT_PRINT(by)),
                          .calendar = task->charter->calendar,
                          .who = unit,
                          .title = doc_text(task->record, FIELD_TITLE),
                          .reminders = &task->charter->task_reminders,
                          .rule = &task->charter->task_rule,
                          .start_us = task->event->received_us,
                          .since_us = alarm_since_us(task->charter, task->event->received_us),
                          .zone = task->charter->zone};
    alarm_set(task->turn, task->event, ROLE_TASKS, &alarm);
}

static int tasks_apply_set(struct turn *turn, const struct event *event)
{
    return alarm_apply_set(turn, event, ROLE_TASKS);
}

static int tasks_decide_reached(struct turn *turn, const struct event *event)
{
    const struct doc *record = NULL;
    if (alarm_judge(turn, event, ROLE_TASKS, &record) == ALARM_KEPT)
        return 0;
    struct task task;
    if (!task_load(turn, event, doc_text(record, FIELD_SUBJECT), &task) || task.record == NULL)
        return turn_poison(turn, "deadline %.*s is of no task on record",
                           TEXT_PRINT(doc_text(event->data, FIELD_DEADLINE)));
    struct doc *out = alarm_missed_begin(turn, event, record);
    emit_rule(turn, &task.charter->task_rule);
    doc_set_text(out, FIELD_ISSUE, task.issue);
    doc_set_doc_field(out, FIELD_LEVEL, task.record);
    emit_end(turn);
    return 0;
}

/* ---- assigning ---- */

/* Assigned: with its deadline. Dropped: with its deadline cleared. Coordination keeps an issue within this.
 */
_Static_assert(2 * ISSUE_TASKS_MAX <= TURN_OUTCOMES_MAX, "all open tasks of an issue fit into a turn");

/* Where tasks come from: the solution or list that is being read. */
struct origin {
    struct turn *turn;
    const struct event *event;
    const struct charter *charter;
    const struct rule *rule;
};

static void tasks_assign(const struct origin *origin, const struct doc *item, struct text unit)
{
    struct turn *turn = origin->turn;
    const struct event *event = origin->event;
    int64_t number = doc_int(task_issue(turn, event->subject), FIELD_COUNT, 0) + 1;
    struct text id = arena_printf(turn_arena(turn), "%.*s/task/%" PRId64, TEXT_PRINT(event->subject), number);
    struct doc *out = emit_begin(turn, EVENT_TASK_ASSIGNED);
    emit_subject(turn, id);
    emit_charter(turn, origin->charter->name);
    emit_rule(turn, origin->rule);
    emit_input(turn, event->seq);
    doc_set_text(out, FIELD_TASK, id);
    doc_set_text(out, FIELD_UNIT, unit);
    doc_set_text(out, FIELD_ISSUE, event->subject);
    doc_set_int(out, FIELD_NUMBER, number);
    doc_set_doc_field(out, FIELD_TITLE, item);
    doc_set_doc_field(out, FIELD_BY, item);
    doc_set_doc_field(out, FIELD_OPINION, item);
    doc_set_doc_field(out, FIELD_LIST, event->data);
    doc_set_doc_field(out, FIELD_DECISION, event->data);
    doc_set_doc_field(out, FIELD_LEVEL, event->data);
    emit_end(turn);
    struct task task;
    if (task_load(turn, event, id, &task) && task.record != NULL)
        task_watch(&task, unit);
}

/* S0-6, S0-9: one task a unit; an item that names a wildcard is a task for each. */
static int tasks_decide_items(struct turn *turn, const struct event *event)
{
    const struct doc *issue = task_issue(turn, event->subject);
    const struct charter *charter = issue != NULL ? task_charter(turn, issue) : NULL;
    if (charter == NULL)
        return turn_poison(turn, "issue %.*s or its charter is not on record", TEXT_PRINT(event->subject));
    bool list = event->type->kind == EVENT_TASKLIST_ISSUED;
    struct origin origin = {turn, event, charter, list ? &charter->tasklist_rule : &charter->solution_rule};
    for (size_t i = 0; i < doc_count(event->data, FIELD_ITEMS); i++) {
        const struct doc *item = doc_doc_at(event->data, FIELD_ITEMS, i);
        size_t units = doc_count(item, FIELD_UNITS);
        for (size_t j = 0; j < units; j++)
            tasks_assign(&origin, item, doc_text_at(item, FIELD_UNITS, j));
        if (units == 0)
            tasks_assign(&origin, item, doc_text(item, FIELD_UNIT));
    }
    return 0;
}

/* What is left open when an issue closes (withdrawn) is no longer to be done. */
static int tasks_decide_issue_closed(struct turn *turn, const struct event *event)
{
    struct names open = task_open_ids(turn, event->subject);
    int64_t at_us = doc_time_us(event->data, FIELD_AT, event->received_us);
    for (size_t i = 0; i < open.count; i++) {
        struct task task;
        if (!task_load(turn, event, open.at[i], &task) || task.record == NULL)
            return turn_poison(turn, "open task %.*s is not on record", TEXT_PRINT(open.at[i]));
        struct doc *out = task_update_begin(&task, TASK_DROPPED, at_us);
        emit_rule(turn, &task.charter->task_rule);
        doc_printf(out, FIELD_REASON, "issue closed: %.*s", TEXT_PRINT(doc_text(event->data, FIELD_HOW)));
        emit_end(turn);
        struct alarm_end end = {.charter = task.charter->name, .at_us = at_us, .zone = task.charter->zone};
        alarm_clear(turn, task.id, TEXT("task"), &end);
    }
    return 0;
}

static const struct role_row tasks_rows[] = {
    /* reports */
    {EVENT_TASK_ACCEPTED, NULL, task_decide},
    {EVENT_TASK_PROGRESSED, NULL, task_decide},
    {EVENT_TASK_COMPLETED, NULL, task_decide},
    {EVENT_TASK_VERIFIED, NULL, task_decide},
    {EVENT_TASK_REJECTED, NULL, task_decide},
    {EVENT_TASK_REROUTED, NULL, task_decide},
    /* coordination's outcomes */
    {EVENT_ISSUE_OPENED, task_apply_issue_opened, NULL},
    {EVENT_TRANSITION_APPLIED, task_apply_transition, NULL},
    {EVENT_SOLUTION_ADOPTED, NULL, tasks_decide_items},
    {EVENT_TASKLIST_ISSUED, NULL, tasks_decide_items},
    {EVENT_ISSUE_CLOSED, NULL, tasks_decide_issue_closed},
    /* own outcomes */
    {EVENT_TASK_ASSIGNED, task_apply_assigned, NULL},
    {EVENT_TASK_UPDATED, task_apply_updated, NULL},
    {EVENT_TASK_CLOSED, task_apply_closed, NULL},
    /* deadlines */
    {EVENT_DEADLINE_SET, tasks_apply_set, NULL},
    {EVENT_DEADLINE_CLEARED, alarm_apply_cleared, NULL},
    {EVENT_DEADLINE_MISSED, task_apply_missed, NULL},
    {EVENT_DEADLINE_REACHED, NULL, tasks_decide_reached},
};

const struct role role_tasks = {
    .name = ROLE_TASKS,
    .schema = 3,
    .rows = tasks_rows,
    .rows_count = sizeof tasks_rows / sizeof tasks_rows[0],
};
