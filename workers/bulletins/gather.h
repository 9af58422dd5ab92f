/* gather.h - other roles' outcomes become facts (facts.h).
 *
 * A fact's instant is the one by which it is judged: the receive stamp of the report behind it, the due time
 * of what was missed; else the outcome's own receive stamp. If the bulletin of that instant is out already,
 * it counts in the period in which it became known: nothing falls between two bulletins.
 */
#ifndef WORKERS_BULLETINS_GATHER_H
#define WORKERS_BULLETINS_GATHER_H

#include "workers/runtime/role.h"

/* The apply handler of every type that bulletins count. */
int gather_apply(struct turn *turn, const struct event *event);
/* Bulletins of that charter are out for everything up to through_us. */
void gather_close(struct turn *turn, struct text charter, int64_t through_us);

#endif
