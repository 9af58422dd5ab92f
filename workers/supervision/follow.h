/* follow.h - reports about supervised items: progress, done, urged, verified, rejected. */
#ifndef WORKERS_SUPERVISION_FOLLOW_H
#define WORKERS_SUPERVISION_FOLLOW_H

#include "workers/supervision/item.h"

/* A report about an item, with the units whose parts it is about. */
struct followed {
    struct item item;
    struct names units;
};
/* Concludes from a report that is lawful in that state. */
typedef void follow_step(const struct followed *followed);
struct follow_verdict {
    follow_step *step;
    const char *refusal;
};
/* Of the part that the report is about, or of the item if it names none or is struck, closed or dropped. */
struct follow_verdict follow_verdict(enum item_state state, enum event_kind report);

/* Decides every report about an item. */
role_handler follow_decide;
/* The item's deadline is past (S0-15): the units that owe it are named, and the posts that answer. */
void follow_missed(struct turn *turn, const struct event *reached, const struct doc *alarm);

#endif
