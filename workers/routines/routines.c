/* routines.c - the role: what recurs, meetings and filings.
 *
 * duty.h has the occurrences, meeting.h the meetings with their topics and minutes, filing.h what bodies
 * file.
 */
#include "workers/common/alarm.h"
#include "workers/roles.h"
#include "workers/routines/filing.h"
#include "workers/routines/meeting.h"

static int routines_apply_set(struct turn *turn, const struct event *event)
{
    return alarm_apply_set(turn, event, ROLE_ROUTINES);
}

static const struct role_row routines_rows[] = {
    /* reports */
    {EVENT_MEETING_CALLED, NULL, meeting_decide},
    {EVENT_MEETING_CANCELLED, NULL, meeting_decide},
    {EVENT_TOPIC_SUBMITTED, NULL, meeting_decide},
    {EVENT_TOPIC_ACCEPTED, NULL, meeting_decide},
    {EVENT_TOPIC_RETURNED, NULL, meeting_decide},
    {EVENT_MEETING_HELD, NULL, meeting_decide},
    {EVENT_MINUTES_ISSUED, NULL, meeting_decide},
    {EVENT_FILING_SUBMITTED, NULL, filing_decide},
    /* own outcomes */
    {EVENT_DUTY_OPENED, duty_apply_opened, NULL},
    {EVENT_DUTY_MET, duty_apply_met, NULL},
    {EVENT_DUTY_MISSED, duty_apply_missed, NULL},
    {EVENT_DUTY_ENDED, duty_apply_ended, NULL},
    {EVENT_MEETING_SCHEDULED, meeting_apply_scheduled, NULL},
    {EVENT_MEETING_DROPPED, meeting_apply_dropped, NULL},
    {EVENT_TOPIC_RECORDED, meeting_apply_topic, NULL},
    {EVENT_TOPIC_EXAMINED, meeting_apply_topic, NULL},
    {EVENT_MEETING_RECORDED, meeting_apply_recorded, NULL},
    {EVENT_MINUTES_RECORDED, meeting_apply_minutes, NULL},
    {EVENT_FILING_RECORDED, filing_apply_recorded, NULL},
    /* charters and deadlines */
    {EVENT_CHARTER_ENACTED, duty_apply_enacted, duty_decide_enacted},
    {EVENT_DEADLINE_SET, routines_apply_set, NULL},
    {EVENT_DEADLINE_CLEARED, alarm_apply_cleared, NULL},
    {EVENT_DEADLINE_FIXED, alarm_apply_due, NULL},
    {EVENT_DEADLINE_MOVED, alarm_apply_due, NULL},
    {EVENT_DEADLINE_MISSED, alarm_apply_missed, NULL},
    {EVENT_DEADLINE_REACHED, NULL, duty_decide_reached},
};

const struct role role_routines = {
    .name = ROLE_ROUTINES,
    .schema = 4,
    .rows = routines_rows,
    .rows_count = sizeof routines_rows / sizeof *routines_rows,
};
