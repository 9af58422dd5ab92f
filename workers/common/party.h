/* party.h - who is meant: units by name or alias, posts by id, actors. An unknown name is refused, with the
 * nearest known ones, and never becomes a new unit (S0-25).
 */
#ifndef WORKERS_COMMON_PARTY_H
#define WORKERS_COMMON_PARTY_H

#include "config/charter.h"
#include "workers/runtime/role.h"

/* "; nearest known: A, B" for a unit, or "". */
struct text party_units_hint(struct arena *arena, const struct charter *charter, struct text name);
/* "; nearest known: ID" for a post, or "". */
struct text party_posts_hint(struct arena *arena, const struct charter *charter, struct text id);

/* The unit of that name or alias; NULL after a refusal under that rule. */
const struct unit *party_unit(struct turn *turn, const struct charter *charter, const struct rule *rule,
                              struct text name);
/* The charter that the running report names; NULL after a refusal that names those in force. */
const struct charter *party_charter(struct turn *turn, const struct event *event);
/* True if the running report has no actor, or one that is a post or unit of the charter, or is `besides` (the
 * raiser of an issue, who need be neither); false after a refusal. */
bool party_actor_known(struct turn *turn, const struct event *event, const struct charter *charter,
                       struct text besides);
/* True if the actor is that unit, or a post of that unit. */
bool party_is_of_unit(const struct charter *charter, struct text actor, const struct unit *unit);

#endif
