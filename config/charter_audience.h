/* charter_audience.h - within a certain scope (在一定范围内, S0-20): the posts that a bulletin goes to. */
#ifndef CONFIG_CHARTER_AUDIENCE_H
#define CONFIG_CHARTER_AUDIENCE_H

#include "config/charter.h"

/* "heads": the head posts of all bodies; "lead-units": a post of each lead unit (its liaison, else the one in
 * the body that it leads, else any); "office": all posts of the body that compiles task lists; a level's id:
 * all posts of its bodies; else a post's id. In the charter's order, each once; lint lets no rule have more
 * than LIST_COUNT_MAX. */
struct names charter_audience(struct arena *arena, const struct charter *charter, struct names to);

#endif
