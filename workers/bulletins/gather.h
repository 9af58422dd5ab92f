/* gather.h - other roles' outcomes become facts (facts.h).
 *
 * A fact's instant is the one by which it is judged: the receive stamp of the report behind it, the due time
 * of what was missed, the end of the day on which a filing was due; else the outcome's own receive stamp. If
 * the bulletin of that instant is out already, it is corrected (corrections.h). What is older than any fact
 * kept (FACTS_HORIZON_MONTHS) counts when it becomes known: nothing falls between two bulletins.
 *
 * What turns out not to hold is taken back: an issue reopened is not settled, a miss whose due time was moved
 * afterwards is none, a missing filing that comes is late.
 */
#ifndef WORKERS_BULLETINS_GATHER_H
#define WORKERS_BULLETINS_GATHER_H

#include "workers/runtime/role.h"

/* The apply handler of every type that bulletins count. */
int gather_apply(struct turn *turn, const struct event *event);

#endif
