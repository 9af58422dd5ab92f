/* corrections.h - what a published bulletin said, and what holds now: bulletin.corrected.
 *
 * A bulletin is never changed. Its figures are kept by name; a fact that comes later and belongs to its
 * period leaves a mark (FACT_TOUCHED). When the next bulletin of the same rule is due, each marked one is
 * counted again under the charter that it was made under, and where a figure differs a correction goes out
 * with the next bulletin: was, is, and the events that made the difference. So a reader gets both together,
 * many late events make one correction, and what was corrected does not count once more in the period after
 * it. A difference that no mark explains is none of that period's, and is not published; of a list that was
 * cut only names that stand in both are compared. What is more than a correction holds comes with the next.
 *
 *     bulletin.published ──► kept ──late fact──► marked ──next one due──► bulletin.corrected, kept
 *                                                            └── no figure differs: nothing
 */
#ifndef WORKERS_BULLETINS_CORRECTIONS_H
#define WORKERS_BULLETINS_CORRECTIONS_H

#include "workers/bulletins/sections.h"

/* The rule's id in a bulletin's id "<charter>/<rule>/<period>". */
struct text corrections_rule_of(const struct event *published);
/* Apply handlers: of bulletin.published, which also forgets what lies before the floor, of figures.published
 * and of bulletin.corrected. */
void corrections_keep(struct turn *turn, const struct event *published, int64_t floor_us);
int corrections_keep_more(struct turn *turn, const struct event *figures);
int corrections_apply(struct turn *turn, const struct event *corrected);
/* Emits the corrections of that rule's bulletins; what the next one says of them, or none. */
struct text corrections_emit(struct turn *turn, const struct bulletin *next);

#endif
