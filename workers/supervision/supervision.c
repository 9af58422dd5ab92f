/* supervision.c - the role: supervised items, inspections, evaluations (S0-12, S0-13, S0-18, S0-21 to S0-23).
 *
 * item.h has the items and their states, origin.h where they come from, follow.h the reports about them;
 * inspection.h and evaluation.h stand beside. Deadlines by label: "item", "inspection", "reply:<unit>",
 * "selfcheck:<unit>", "scores".
 */
#include "workers/common/alarm.h"
#include "workers/roles.h"
#include "workers/supervision/conduct.h"
#include "workers/supervision/evaluation.h"
#include "workers/supervision/follow.h"
#include "workers/supervision/inspection.h"
#include "workers/supervision/origin.h"

/* Standing items and what of them is struck, two outcomes each; what evaluations wait for and waited for. */
_Static_assert(2 * SUPERVISION_STANDING_MAX + ITEMS_TOGETHER_MAX + 2 * SUPERVISION_EVALUATED_MAX <= 4096,
               "a charter's enactment fits into a turn");

static int supervision_decide_enacted(struct turn *turn, const struct event *event)
{
    origin_enact(turn, event);
    evaluation_enact(turn, event);
    return 0;
}

static int supervision_apply_set(struct turn *turn, const struct event *event)
{
    if (text_is(doc_text(event->data, FIELD_OWNER), role_text(ROLE_SUPERVISION))) {
        item_apply_watched(turn, event);
        evaluation_apply_watched(turn, event);
    }
    conduct_apply_set(turn, event);
    return alarm_apply_set(turn, event, ROLE_SUPERVISION);
}

static int supervision_apply_missed(struct turn *turn, const struct event *event)
{
    if (alarm_is_known(turn, doc_text(event->data, FIELD_DEADLINE))) {
        item_apply_missed(turn, event);
        evaluation_apply_missed(turn, event);
    }
    conduct_apply_missed(turn, event);
    return alarm_apply_missed(turn, event);
}

static int supervision_decide_reached(struct turn *turn, const struct event *event)
{
    const struct doc *alarm = NULL;
    enum alarm_verdict verdict = alarm_judge(turn, event, ROLE_SUPERVISION, &alarm);
    if (verdict == ALARM_KEPT)
        return 0;
    struct text label = doc_text(alarm, FIELD_LABEL);
    if (text_equal(label, ITEM_LABEL))
        follow_missed(turn, event, alarm);
    else if (text_equal(label, INSPECTION_LABEL))
        inspection_missed(turn, event, alarm);
    else if (text_starts_with(label, INSPECTION_REPLY))
        inspection_reply_missed(turn, event, alarm, verdict == ALARM_OPEN);
    else if (text_starts_with(label, EVALUATION_SELFCHECK))
        evaluation_selfcheck_missed(turn, event, alarm);
    else if (verdict == ALARM_OPEN)
        evaluation_due(turn, event, alarm);
    return 0;
}

/* A task moves: a fact about its unit, and the item that it carries out. */
static int supervision_apply_task(struct turn *turn, const struct event *event)
{
    (void)origin_apply_task(turn, event);
    return conduct_apply_task(turn, event);
}

static int supervision_apply_replied(struct turn *turn, const struct event *event)
{
    (void)inspection_apply_replied(turn, event);
    return conduct_apply_replied(turn, event);
}

static int supervision_apply_finding(struct turn *turn, const struct event *event)
{
    (void)inspection_apply_finding(turn, event);
    return conduct_apply_finding(turn, event);
}

static const struct role_row supervision_rows[] = {
    /* reports */
    {EVENT_MATTER_HANDED_DOWN, NULL, origin_decide_handed_down},
    {EVENT_SUPERVISION_REPORTED, NULL, follow_decide},
    {EVENT_SUPERVISION_URGED, NULL, follow_decide},
    {EVENT_SUPERVISION_VERIFIED, NULL, follow_decide},
    {EVENT_SUPERVISION_REJECTED, NULL, follow_decide},
    {EVENT_INSPECTION_PLANNED, NULL, inspection_decide_planned},
    {EVENT_INSPECTION_REQUESTED, NULL, inspection_decide_requested},
    {EVENT_INSPECTION_ANSWERED, NULL, inspection_decide_answered},
    {EVENT_INSPECTION_DONE, NULL, inspection_decide_done},
    {EVENT_SELFCHECK_SUBMITTED, NULL, evaluation_decide_selfcheck},
    {EVENT_CHECK_SCORED, NULL, evaluation_decide_check},
    /* others' outcomes */
    {EVENT_CHARTER_ENACTED, NULL, supervision_decide_enacted},
    {EVENT_ISSUE_OPENED, origin_apply_issue, NULL},
    {EVENT_ISSUE_SETTLED, origin_apply_issue, NULL},
    {EVENT_ISSUE_REOPENED, origin_apply_issue, NULL},
    {EVENT_ISSUE_CLOSED, NULL, origin_decide_issue_closed},
    {EVENT_DECISION_RECORDED, NULL, origin_decide_decision},
    {EVENT_TASKLIST_ISSUED, NULL, origin_decide_tasklist},
    {EVENT_SOLUTION_ADOPTED, NULL, origin_decide_solution},
    {EVENT_TASKLIST_COMPLETED, NULL, origin_decide_completed},
    {EVENT_TASK_ASSIGNED, supervision_apply_task, origin_decide_task},
    {EVENT_TASK_UPDATED, supervision_apply_task, origin_decide_task},
    {EVENT_TASK_CLOSED, supervision_apply_task, NULL},
    {EVENT_OPINION_RECORDED, conduct_apply_opinion, NULL},
    {EVENT_MINUTES_RECORDED, NULL, origin_decide_minutes},
    {EVENT_FILING_RECORDED, origin_apply_filing, origin_decide_filing},
    {EVENT_DUTY_MET, conduct_apply_duty, NULL},
    {EVENT_DUTY_MISSED, conduct_apply_duty, NULL},
    /* own outcomes */
    {EVENT_SUPERVISION_OPENED, item_apply_opened, NULL},
    {EVENT_SUPERVISION_UPDATED, item_apply_updated, NULL},
    {EVENT_SUPERVISION_CLOSED, item_apply_closed, NULL},
    {EVENT_INSPECTION_SCHEDULED, inspection_apply_scheduled, NULL},
    {EVENT_INSPECTION_ASKED, inspection_apply_asked, NULL},
    {EVENT_INSPECTION_REPLIED, supervision_apply_replied, NULL},
    {EVENT_INSPECTION_REPORTED, inspection_apply_reported, NULL},
    {EVENT_FINDING_RECORDED, supervision_apply_finding, NULL},
    {EVENT_SELFCHECK_RECORDED, evaluation_apply_selfcheck, NULL},
    {EVENT_CHECK_RECORDED, evaluation_apply_check, NULL},
    {EVENT_SCORES_PUBLISHED, evaluation_apply_published, NULL},
    /* deadlines */
    {EVENT_DEADLINE_SET, supervision_apply_set, NULL},
    {EVENT_DEADLINE_CLEARED, alarm_apply_cleared, NULL},
    {EVENT_DEADLINE_MISSED, supervision_apply_missed, NULL},
    {EVENT_DEADLINE_REACHED, NULL, supervision_decide_reached},
};

const struct role role_supervision = {
    .name = ROLE_SUPERVISION,
    .schema = 4,
    .rows = supervision_rows,
    .rows_count = sizeof supervision_rows / sizeof supervision_rows[0],
};
