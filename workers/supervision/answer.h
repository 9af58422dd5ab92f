/* answer.h - who answers for what (S0-15), who supervises, and which units are meant. */
#ifndef WORKERS_SUPERVISION_ANSWER_H
#define WORKERS_SUPERVISION_ANSWER_H

#include "config/charter.h"
#include "workers/runtime/role.h"

/* The body that answers for an area: that of the highest level with a body for each area; NULL if no level
 * has. */
const struct body *answer_body(const struct charter *charter, struct text area);
/* The lead units of an area, as written: those of its body at the lowest level that has any. */
struct names answer_lead_units(const struct charter *charter, struct text area);
/* The posts that answer: heads of the area; without area those of a body that has heads of its own; else the
 * heads of every area that one of the units leads. */
struct names answer_posts(struct arena *arena, const struct charter *charter, struct text area,
                          const struct body *body, struct names units);
/* Units by name, at most ITEM_UNITS_MAX, wildcards resolved. What is no unit is left out and told in
 * *unknown_out, or "". */
struct names answer_units(struct arena *arena, const struct charter *charter, struct names written,
                          struct text *unknown_out);
/* A list of names of an event's data. */
struct names answer_names(struct arena *arena, const struct doc *doc, enum field field);

/* The charter in force that an outcome is about, if it supervises at all; NULL: passed over. */
const struct charter *answer_supervising(struct turn *turn, const struct event *event);
/* The charter of the running report, if it has the section `supervision`; NULL after a refusal. */
const struct charter *answer_charter(struct turn *turn, const struct event *event);
/* True if the actor, who must be named, is a supervisor or acts for the office, and is none of those units;
 * false after a refusal. */
bool answer_supervises(struct turn *turn, const struct event *event, const struct charter *charter,
                       const struct rule *rule, struct names units);
/* Units of a report by name, all of them known and at most ITEM_UNITS_MAX; false after a refusal. */
bool answer_known_units(struct turn *turn, const struct charter *charter, const struct rule *rule,
                        struct names written, struct names *units_out);
/* True if that document has no day (by), or one that is not over yet: a day that is over cannot be kept.
 * False after a refusal. */
bool answer_day_lasts(struct turn *turn, const struct event *event, const struct charter *charter,
                      const struct rule *rule, const struct doc *dated);

#endif
