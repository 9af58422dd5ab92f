/* closing.h - how an issue ends: settled, confirmed or disputed, closed by silence, withdrawn, and opened
 * again. */
#ifndef WORKERS_COORDINATION_CLOSING_H
#define WORKERS_COORDINATION_CLOSING_H

#include "workers/coordination/issue.h"

/* Settled in that manner at that instant; closed at once where the charter asks for no confirmation. */
void closing_settle(const struct matter *matter, struct text how, int64_t at_us, const struct rule *rule);
/* The confirmation's limit is reached and the raiser said nothing. */
void closing_silence(const struct matter *matter);
/* tasklist.completed: the last task of the issue closed. */
role_handler closing_decide_completed;

#endif
