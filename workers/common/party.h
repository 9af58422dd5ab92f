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
/* True if the running report has no actor and the charter asks for none, or one that is a post or unit of the
 * charter, or is `besides` (the raiser of an issue, who need be neither); false after a refusal. */
bool party_actor_known(struct turn *turn, const struct event *event, const struct charter *charter,
                       struct text besides);
/* The same for a role that keeps who holds which post (holders.h): posts act, not persons, so who reports by
 * his name is told the posts that he holds; where no table is kept, those for which the charter names him. */
bool party_actor_known_by(struct turn *turn, store_table holders, const struct event *event,
                          const struct charter *charter, struct text besides);
/* True if the actor is that unit, or a post of that unit. */
bool party_is_of_unit(const struct charter *charter, struct text actor, const struct unit *unit);
/* True if the actor acts for the body: a post of it, one of its lead or responsible units or of the units of
 * its posts, or a post of such a unit. */
bool party_is_of_body(struct arena *arena, const struct charter *charter, struct text actor,
                      const struct body *body);
/* Its posts and units, as the charter writes them: "team-05.lead, 市税务局, 各相关单位". */
struct text party_members_text(struct arena *arena, const struct charter *charter, const struct body *body);

/* The body of charter_office_level for that area; NULL if there is none. */
const struct body *party_office(const struct charter *charter, const struct level *decides, struct text area);

#endif
