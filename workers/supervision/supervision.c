/* supervision.c - the role. */
#include "workers/roles.h"

static int supervision_decide(struct turn *turn, const struct event *event)
{
    (void)event;
    emit_refusal(turn, NULL, NULL, 0, "no charter asks for this");
    return 0;
}

static const struct role_row supervision_rows[] = {
    {EVENT_MATTER_HANDED_DOWN, NULL, supervision_decide},
    {EVENT_SUPERVISION_REPORTED, NULL, supervision_decide},
    {EVENT_SUPERVISION_URGED, NULL, supervision_decide},
    {EVENT_SUPERVISION_VERIFIED, NULL, supervision_decide},
    {EVENT_SUPERVISION_REJECTED, NULL, supervision_decide},
    {EVENT_INSPECTION_PLANNED, NULL, supervision_decide},
    {EVENT_INSPECTION_REQUESTED, NULL, supervision_decide},
    {EVENT_INSPECTION_ANSWERED, NULL, supervision_decide},
    {EVENT_INSPECTION_DONE, NULL, supervision_decide},
    {EVENT_SELFCHECK_SUBMITTED, NULL, supervision_decide},
    {EVENT_CHECK_SCORED, NULL, supervision_decide},
};

const struct role role_supervision = {
    .name = ROLE_SUPERVISION,
    .schema = 1,
    .rows = supervision_rows,
    .rows_count = sizeof supervision_rows / sizeof *supervision_rows,
};
