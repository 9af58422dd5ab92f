/* plain.h - when two titles are the same: minutes, lists and items are compared by it. */
#ifndef WORKERS_COMMON_PLAIN_H
#define WORKERS_COMMON_PLAIN_H

#include "base/arena.h"

/* Two titles are the same if these are: without blanks, Latin letters small, wide signs narrow. In the arena.
 */
struct text plain_title(struct arena *arena, struct text title);

#endif
