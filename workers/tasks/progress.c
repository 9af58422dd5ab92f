/* progress.c - reports about a task: signed for, progress, done, verified or rejected, rerouted. */
#include "workers/common/alarm.h"
#include "workers/common/party.h"
#include "workers/common/verdict.h"
#include "workers/tasks/task.h"

static task_step progress_accept, progress_report, progress_complete, progress_verify, progress_reject,
    progress_reroute;

/* ---- the table ---- */

#define UNKNOWN     "no task is known under that id"
#define IS_ACCEPTED "it is accepted already"
#define IS_REPORTED "it is reported done and waits for verification"
#define IS_CLOSED   "it is done and verified"
#define IS_DROPPED  "it was dropped with its issue"
#define NOT_DONE    "it is not reported done"

struct progress_row {
    enum event_kind report;
    struct task_verdict verdicts[TASK_STATE_COUNT];
};
/* clang-format off */
static const struct progress_row progress_rows[] = {
    /*                       ABSENT       ASSIGNED               ACCEPTED               DONE-REPORTED        CLOSED         DROPPED */
    {EVENT_TASK_ACCEPTED,   {NO(UNKNOWN), DO(progress_accept),   NO(IS_ACCEPTED),       NO(IS_REPORTED),     NO(IS_CLOSED), NO(IS_DROPPED)}},
    {EVENT_TASK_PROGRESSED, {NO(UNKNOWN), DO(progress_report),   DO(progress_report),   NO(IS_REPORTED),     NO(IS_CLOSED), NO(IS_DROPPED)}},
    {EVENT_TASK_COMPLETED,  {NO(UNKNOWN), DO(progress_complete), DO(progress_complete), NO(IS_REPORTED),     NO(IS_CLOSED), NO(IS_DROPPED)}},
    {EVENT_TASK_VERIFIED,   {NO(UNKNOWN), NO(NOT_DONE),          NO(NOT_DONE),          DO(progress_verify), NO(IS_CLOSED), NO(IS_DROPPED)}},
    {EVENT_TASK_REJECTED,   {NO(UNKNOWN), NO(NOT_DONE),          NO(NOT_DONE),          DO(progress_reject), NO(IS_CLOSED), NO(IS_DROPPED)}},
    {EVENT_TASK_REROUTED,   {NO(UNKNOWN), DO(progress_reroute),  DO(progress_reroute),  NO(IS_REPORTED),     NO(IS_CLOSED), NO(IS_DROPPED)}},
};
/* clang-format on */

struct task_verdict task_verdict(enum task_state state, enum event_kind report)
{
    ASSERT(state < TASK_STATE_COUNT);
    return VERDICT_ROW(progress_rows, report)->verdicts[state];
}

/* ---- who may ---- */

/* What the unit itself reports must not come from another. False after a refusal. */
static bool progress_by_unit(const struct task *task)
{
    struct text actor = task->event->actor;
    if (actor.bytes == 0 || party_is_of_unit(task->charter, actor, task->unit))
        return true;
    emit_refusal(task->turn, &task->charter->task_rule, NULL, 0,
                 "task %.*s is with %.*s, actor %.*s does not belong to it", TEXT_PRINT(task->id),
                 TEXT_PRINT(task->unit->name), TEXT_PRINT(actor));
    return false;
}

/* 销号 by someone other than the unit. False after a refusal. */
static bool progress_by_another(const struct task *task)
{
    struct text actor = task->event->actor;
    const struct rule *rule = &task->charter->verify_rule;
    if (actor.bytes > 0 && !party_is_of_unit(task->charter, actor, task->unit))
        return true;
    if (actor.bytes == 0)
        emit_refusal(task->turn, rule, NULL, 0, "the report must name its actor: someone other than %.*s",
                     TEXT_PRINT(task->unit->name));
    else
        emit_refusal(task->turn, rule, NULL, 0, "%.*s does not verify its own task",
                     TEXT_PRINT(task->unit->name));
    return false;
}

/* A task is handed on by its unit, by those who gave it out, or by the office. False after a refusal. */
static bool progress_by_giver(const struct task *task)
{
    const struct charter *charter = task->charter;
    const struct level *level = charter_level(charter, doc_text(task->record, FIELD_LEVEL));
    struct text actor = task->event->actor, area = doc_text(task_issue(task->turn, task->issue), FIELD_AREA);
    const struct body *bodies[] = {charter_body_for(charter, &charter->levels[0], area),
                                   level != NULL ? charter_body_for(charter, level, area) : NULL,
                                   party_office(charter, NULL, area)};
    struct arena *arena = turn_arena(task->turn);
    struct text may = task->unit->name;
    if (actor.bytes == 0 || party_is_of_unit(charter, actor, task->unit))
        return true;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        if (bodies[i] == NULL || (i > 0 && bodies[i] == bodies[0]))
            continue;
        if (party_is_of_body(arena, charter, actor, bodies[i]))
            return true;
        may = arena_printf(arena, "%.*s, %.*s", TEXT_PRINT(may), TEXT_PRINT(bodies[i]->name));
    }
    emit_refusal(task->turn, &charter->task_rule, NULL, 0, "actor %.*s may not report %s: only %.*s",
                 TEXT_PRINT(actor), task->event->type->name, TEXT_PRINT(may));
    return false;
}

static bool progress_same_charter(const struct task *task)
{
    struct text named = task->event->charter;
    if (named.bytes == 0 || text_equal(named, task->charter->name))
        return true;
    emit_refusal(task->turn, NULL, NULL, 0, "task %.*s is under charter %.*s, not %.*s", TEXT_PRINT(task->id),
                 TEXT_PRINT(task->charter->name), TEXT_PRINT(named));
    return false;
}

int task_decide(struct turn *turn, const struct event *event)
{
    struct task task;
    if (!task_load(turn, event, event->subject, &task))
        return turn_poison(turn, "the charter of task %.*s does not fit its record",
                           TEXT_PRINT(event->subject));
    struct task_verdict verdict = task_verdict(task.state, event->type->kind);
    VERDICT_CHECK(verdict);
    if (task.state != TASK_ABSENT &&
        (!progress_same_charter(&task) || !party_actor_known(turn, event, task.charter, TEXT_NONE)))
        return 0;
    if (verdict.step != NULL)
        verdict.step(&task);
    else
        emit_refusal(turn, task.charter != NULL ? &task.charter->task_rule : NULL, NULL, 0, "task %.*s: %s",
                     TEXT_PRINT(event->subject), verdict.refusal);
    return 0;
}

/* ---- steps ---- */

static void progress_emit(const struct task *task, enum task_state state, const enum field *fields,
                          size_t count)
{
    struct doc *out = task_update_begin(task, state, task->event->received_us);
    emit_rule(task->turn, &task->charter->task_rule);
    for (size_t i = 0; i < count; i++)
        doc_set_doc_field(out, fields[i], task->event->data);
    emit_end(task->turn);
}

static void progress_accept(const struct task *task)
{
    static const enum field kept[] = {FIELD_NOTE};
    if (progress_by_unit(task))
        progress_emit(task, TASK_ACCEPTED, kept, 1);
}

/* Who reports progress has the task in hand, signed for or not. */
static void progress_report(const struct task *task)
{
    static const enum field kept[] = {FIELD_PERCENT, FIELD_NOTE};
    if (progress_by_unit(task))
        progress_emit(task, TASK_ACCEPTED, kept, 2);
}

static void progress_clear(const struct task *task)
{
    struct alarm_end end = {
        .charter = task->charter->name, .at_us = task->event->received_us, .zone = task->charter->zone};
    alarm_clear(task->turn, task->id, TEXT("task"), &end);
}

/* Met by the report, verified later: the unit is not late because the verifier was. */
static void progress_complete(const struct task *task)
{
    static const enum field kept[] = {FIELD_EVIDENCE};
    if (!progress_by_unit(task))
        return;
    progress_emit(task, TASK_DONE_REPORTED, kept, 1);
    progress_clear(task);
}

static void progress_complete_issue(const struct task *task)
{
    const struct doc *issue = task_issue(task->turn, task->issue);
    if (doc_int(issue, FIELD_OPEN, 0) > 0)
        return;
    struct doc *out = emit_begin(task->turn, EVENT_TASKLIST_COMPLETED);
    emit_subject(task->turn, task->issue);
    emit_charter(task->turn, task->charter->name);
    emit_rule(task->turn, &task->charter->task_rule);
    emit_input(task->turn, task->event->seq);
    doc_set_text(out, FIELD_ISSUE, task->issue);
    doc_set_int(out, FIELD_COUNT, doc_int(issue, FIELD_COUNT, 0));
    doc_set_time(out, FIELD_AT, task->event->received_us, task->charter->zone);
    emit_end(task->turn);
}

static void progress_verify(const struct task *task)
{
    if (!progress_by_another(task))
        return;
    struct doc *out = emit_begin(task->turn, EVENT_TASK_CLOSED);
    emit_subject(task->turn, task->id);
    emit_charter(task->turn, task->charter->name);
    emit_rule(task->turn, &task->charter->verify_rule);
    emit_input(task->turn, task->event->seq);
    doc_set_text(out, FIELD_ISSUE, task->issue);
    doc_set_time(out, FIELD_AT, task->event->received_us, task->charter->zone);
    doc_set_doc_field(out, FIELD_NOTE, task->event->data);
    emit_end(task->turn);
    progress_complete_issue(task);
}

/* Assigned again, and due when it was due: if that day is past, the deadline rings at once. */
static void progress_reject(const struct task *task)
{
    static const enum field kept[] = {FIELD_REASON};
    if (!progress_by_another(task))
        return;
    progress_emit(task, TASK_ASSIGNED, kept, 1);
    task_watch(task, task->unit->name);
}

static void progress_reroute(const struct task *task)
{
    const struct rule *rule = &task->charter->task_rule;
    const struct unit *unit =
        party_unit(task->turn, task->charter, rule, doc_text(task->event->data, FIELD_UNIT));
    if (unit == NULL || !progress_by_giver(task))
        return;
    if (unit == task->unit) {
        emit_refusal(task->turn, rule, NULL, 0, "task %.*s is with %.*s already", TEXT_PRINT(task->id),
                     TEXT_PRINT(unit->name));
        return;
    }
    struct doc *out = task_update_begin(task, TASK_ASSIGNED, task->event->received_us);
    emit_rule(task->turn, rule);
    doc_set_text(out, FIELD_UNIT, unit->name);
    doc_set_doc_field(out, FIELD_REASON, task->event->data);
    emit_end(task->turn);
    task_watch(task, unit->name);
}
