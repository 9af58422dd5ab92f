/* watch.h - what follows when a deadline of an issue is reached: missed (S0-15: by whom), no reply, or
 * silence. */
#ifndef WORKERS_COORDINATION_WATCH_H
#define WORKERS_COORDINATION_WATCH_H

#include "workers/runtime/role.h"

#define WATCH_CONFIRMATION TEXT("confirmation")
struct text watch_opinion_label(struct arena *arena, struct text unit); /* "opinion:<unit>" */

/* deadline.reached */
role_handler watch_decide;

#endif
