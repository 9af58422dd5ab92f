/* flow.h - what may be reported about an issue in which state, and its way up and down the levels.
 *
 *                issue.raised
 *                     │
 *                     ▼     escalation.requested, issue.returned: another level, same state
 *     ┌────────► COORDINATING ◄─────────────────────────┐
 *     │           │   │    │                            │ escalation.requested:
 *     │ decision. │   │    │ solution.drafted           │ the tasks did not solve it
 *     │ adopted   ▼   │    ▼                            │
 *     │     DECIDED ──┼─► SOLVING ──────────────────────┘
 *     │      tasklist.│     │ tasklist.completed: the last task is verified
 *     │      compiled │     ▼
 *     │               └─► SETTLED ─────► CLOSED    confirmed, silence, or at once where
 *     │      settled,        │             │       the charter asks for no confirmation
 *     │      resolved        │ disputed    │ reopening.requested
 *     └──────────────────────┴─────────────┘
 *     issue.withdrawn, issue.duplicated, issue.transferred: from every state to CLOSED
 *     reopening.requested: from SETTLED too, as a dispute by others who may
 *     work.recorded: in every state, and changes none
 *
 * Invariants: (1) each report in each state has exactly one verdict, a step or a refusal (test_coordination
 * walks the table); (2) only COORDINATING and SOLVING change the level; (3) a deadline of the level is open
 * only in COORDINATING, that of the issue as a whole until it is SETTLED (clock.h).
 */
#ifndef WORKERS_COORDINATION_FLOW_H
#define WORKERS_COORDINATION_FLOW_H

#include "workers/coordination/issue.h"

/* Concludes from a report that is lawful in the issue's state: outcomes, or a refusal with what is owed. */
typedef void flow_step(const struct matter *matter);
struct flow_verdict {
    flow_step *step;     /* or NULL */
    const char *refusal; /* why not, or NULL */
};
/* For a report type about issues; asserts that it is one. */
struct flow_verdict flow_verdict(enum issue_state state, enum event_kind report);

/* Decides every report about an issue. */
role_handler flow_decide;

flow_step raising_open, flow_escalate, flow_return;
flow_step opinion_request, opinion_submit;
flow_step paper_attempt, paper_proposal, paper_consent, paper_checklist;
flow_step decision_solution, decision_adopt, decision_tasklist;
flow_step closing_resolve, closing_confirm, closing_reopen, closing_withdraw, closing_duplicate,
    closing_transfer;
flow_step clock_extend, work_record;

/* work.noted: which groups had the case. */
role_handler work_apply_noted;
/* The end, by the running report, of a deadline of the matter. */
struct alarm_end;
struct alarm_end flow_end(const struct matter *matter);

#endif
