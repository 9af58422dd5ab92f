/* task.h - tasks: what a solution or a task list makes units do (S0-6, S0-9), until someone else confirms it
 * (销号).
 *
 *     solution.adopted, tasklist.issued
 *            │ one task a unit
 *            ▼       accepted              completed                verified
 *        ASSIGNED ─────────────► ACCEPTED ───────────► DONE-REPORTED ────────► CLOSED
 *         ▲  │  └──────────completed───────────────────►  │
 *         │  │ rerouted: another unit                     │ rejected: found not done
 *         └──┴────────────────────────────────────────────┘
 *        every open state ── issue.closed ──► DROPPED
 *
 * Invariants: (1) each report in each state has exactly one verdict (test_tasks walks the table); (2) the due
 * day of a task never changes, whoever has it; (3) a task that was missed gets no new deadline; (4) nobody
 * confirms his own work.
 *
 * Tables (14 and 15 are alarm.h's): ISSUE issue → charter, version, count: tasks so far, open: tasks not yet
 * closed; TASK task → state, charter version and what task.assigned says; OPEN issue, number → open task.
 */
#ifndef WORKERS_TASKS_TASK_H
#define WORKERS_TASKS_TASK_H

#include "config/charter.h"
#include "workers/runtime/role.h"

enum task_table { TABLE_ISSUE, TABLE_TASK, TABLE_OPEN };

enum task_state {
    TASK_ABSENT,
    TASK_ASSIGNED,
    TASK_ACCEPTED,
    TASK_DONE_REPORTED,
    TASK_CLOSED,
    TASK_DROPPED,
    TASK_STATE_COUNT
};
const char *task_state_text(enum task_state state); /* "done-reported" */

/* A task in hand within a turn. */
struct task {
    struct turn *turn;
    const struct event *event;
    struct text id, issue;
    const struct doc *record;      /* NULL: absent */
    const struct charter *charter; /* of its issue */
    const struct unit *unit;
    enum task_state state;
};
/* False if the charter is gone or lacks the unit: the event cannot be taken in. */
bool task_load(struct turn *turn, const struct event *event, struct text id, struct task *task_out);
/* The record of an issue {charter, version, count, open}, or NULL. */
struct doc *task_issue(struct turn *turn, struct text issue);
const struct charter *task_charter(struct turn *turn, const struct doc *issue);
/* Ids of the issue's open tasks, in order of their numbers. */
struct names task_open_ids(struct turn *turn, struct text issue);
/* Begins task.updated {state, at, issue} about the task. */
struct doc *task_update_begin(const struct task *task, enum task_state state, int64_t at_us);

/* Concludes from a report that is lawful in the task's state. */
typedef void task_step(const struct task *task);
struct task_verdict {
    task_step *step;
    const char *refusal;
};
struct task_verdict task_verdict(enum task_state state, enum event_kind report);

/* Decides every report about a task. */
role_handler task_decide;
/* Sets the deadline of a task; once it was missed, never again. */
void task_watch(const struct task *task, struct text unit);

role_handler task_apply_issue_opened, task_apply_transition, task_apply_assigned, task_apply_updated,
    task_apply_closed, task_apply_missed;

#endif
