/* coordination.c - the role: issues and their way up and down the levels of a charter; charters and who holds
 * which post.
 *
 * flow.h has the states; issue.h the records; guard.h what is owed before an issue goes up.
 */
#include "workers/common/alarm.h"
#include "workers/coordination/clock.h"
#include "workers/coordination/closing.h"
#include "workers/coordination/enactment.h"
#include "workers/coordination/flow.h"
#include "workers/coordination/issuelist.h"
#include "workers/coordination/posts.h"
#include "workers/coordination/transition.h"
#include "workers/coordination/watch.h"
#include "workers/roles.h"

static const struct role_row coordination_rows[] = {
    /* reports */
    {EVENT_CHARTER_ADOPTED, NULL, enactment_decide},
    {EVENT_POST_FILLED, NULL, posts_decide},
    {EVENT_POST_VACATED, NULL, posts_decide},
    {EVENT_ISSUE_RAISED, NULL, flow_decide},
    {EVENT_OPINION_REQUESTED, NULL, flow_decide},
    {EVENT_OPINION_SUBMITTED, NULL, flow_decide},
    {EVENT_ISSUE_COORDINATED, NULL, flow_decide},
    {EVENT_PROPOSAL_SUBMITTED, NULL, flow_decide},
    {EVENT_CONSENT_GIVEN, NULL, flow_decide},
    {EVENT_CONSENT_REFUSED, NULL, flow_decide},
    {EVENT_CHECKLIST_FILLED, NULL, flow_decide},
    {EVENT_ISSUELIST_COMPILED, NULL, issuelist_decide},
    {EVENT_ESCALATION_REQUESTED, NULL, flow_decide},
    {EVENT_ISSUE_RETURNED, NULL, flow_decide},
    {EVENT_SOLUTION_DRAFTED, NULL, flow_decide},
    {EVENT_DECISION_ADOPTED, NULL, flow_decide},
    {EVENT_TASKLIST_COMPILED, NULL, flow_decide},
    {EVENT_ISSUE_RESOLVED, NULL, flow_decide},
    {EVENT_RESOLUTION_CONFIRMED, NULL, flow_decide},
    {EVENT_RESOLUTION_DISPUTED, NULL, flow_decide},
    {EVENT_ISSUE_WITHDRAWN, NULL, flow_decide},
    {EVENT_REOPENING_REQUESTED, NULL, flow_decide},
    {EVENT_WORK_RECORDED, NULL, flow_decide},
    {EVENT_EXTENSION_GRANTED, NULL, flow_decide},
    {EVENT_ISSUE_DUPLICATED, NULL, flow_decide},
    {EVENT_ISSUE_TRANSFERRED, NULL, flow_decide},
    /* own outcomes */
    {EVENT_CHARTER_ENACTED, transition_apply_enacted, NULL},
    {EVENT_TRANSITION_APPLIED, transition_apply_applied, NULL},
    {EVENT_POST_HELD, posts_apply_held, NULL},
    {EVENT_ISSUE_OPENED, issue_apply_opened, NULL},
    {EVENT_OPINION_ASKED, issue_apply_asked, NULL},
    {EVENT_OPINION_RECORDED, issue_apply_recorded, NULL},
    {EVENT_OPINION_UNANSWERED, issue_apply_unanswered, NULL},
    {EVENT_ISSUE_ATTEMPTED, issue_apply_attempted, NULL},
    {EVENT_PROPOSAL_RECORDED, issue_apply_proposal, NULL},
    {EVENT_CONSENT_RECORDED, issue_apply_consent, NULL},
    {EVENT_CHECKLIST_RECORDED, issue_apply_checklist, NULL},
    {EVENT_ISSUELIST_ISSUED, issue_apply_list, NULL},
    {EVENT_ISSUE_ESCALATED, issue_apply_moved, NULL},
    {EVENT_ISSUE_SENT_BACK, issue_apply_moved, NULL},
    {EVENT_ISSUE_REOPENED, issue_apply_moved, NULL},
    {EVENT_SOLUTION_ADOPTED, issue_apply_solution, NULL},
    {EVENT_DECISION_RECORDED, issue_apply_decision, NULL},
    {EVENT_TASKLIST_ISSUED, issue_apply_tasklist, NULL},
    {EVENT_ISSUE_SETTLED, issue_apply_settled, NULL},
    {EVENT_ISSUE_CLOSED, issue_apply_closed, NULL},
    {EVENT_WORK_NOTED, work_apply_noted, NULL},
    /* deadlines */
    {EVENT_DEADLINE_SET, clock_apply_set, NULL},
    {EVENT_DEADLINE_FIXED, alarm_apply_due, NULL},
    {EVENT_DEADLINE_MOVED, alarm_apply_due, NULL},
    {EVENT_DEADLINE_CLEARED, alarm_apply_cleared, NULL},
    {EVENT_DEADLINE_MISSED, alarm_apply_missed, NULL},
    {EVENT_DEADLINE_REACHED, NULL, watch_decide},
    {EVENT_CLOCK_STRUCK, transition_apply_strike, transition_decide},
    /* meetings */
    {EVENT_MINUTES_RECORDED, issue_apply_minutes, NULL},
    /* tasks */
    {EVENT_TASK_ASSIGNED, issue_apply_task_assigned, NULL},
    {EVENT_TASK_UPDATED, issue_apply_task_updated, NULL},
    {EVENT_TASK_CLOSED, issue_apply_task_closed, NULL},
    {EVENT_TASKLIST_COMPLETED, NULL, closing_decide_completed},
};

const struct role role_coordination = {
    .name = ROLE_COORDINATION,
    .schema = 4,
    .rows = coordination_rows,
    .rows_count = sizeof coordination_rows / sizeof coordination_rows[0],
    .wake_us = transition_wake_us,
};
