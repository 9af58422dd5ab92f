/* routines.c - the role. */
#include "workers/roles.h"

static int routines_decide(struct turn *turn, const struct event *event)
{
    (void)event;
    emit_refusal(turn, NULL, NULL, 0, "no charter asks for this");
    return 0;
}

static const struct role_row routines_rows[] = {
    {EVENT_MEETING_CALLED, NULL, routines_decide},  {EVENT_MEETING_CANCELLED, NULL, routines_decide},
    {EVENT_TOPIC_SUBMITTED, NULL, routines_decide}, {EVENT_TOPIC_ACCEPTED, NULL, routines_decide},
    {EVENT_TOPIC_RETURNED, NULL, routines_decide},  {EVENT_MEETING_HELD, NULL, routines_decide},
    {EVENT_MINUTES_ISSUED, NULL, routines_decide},  {EVENT_FILING_SUBMITTED, NULL, routines_decide},
};

const struct role role_routines = {
    .name = ROLE_ROUTINES,
    .schema = 1,
    .rows = routines_rows,
    .rows_count = sizeof routines_rows / sizeof *routines_rows,
};
