/* enactment.h - a charter takes effect: charter.adopted is refused with the first thing that is wrong in it;
 * enacted at once; or accepted, and enacted when its effective day begins (S3-20).
 *
 *     charter.adopted ──► charter.accepted ──► deadline "effective:<version>" ──► charter.enacted
 *            └──────────────────────────────────────────────────────────────────────▲
 *
 * What is adopted later goes before: it takes the place of every version that was accepted for the same day
 * or a later one. One that was accepted for an earlier day still holds in between.
 */
#ifndef WORKERS_COORDINATION_ENACTMENT_H
#define WORKERS_COORDINATION_ENACTMENT_H

#include "workers/runtime/role.h"

/* What the subject of such a deadline begins with; the charter's name follows. */
#define ENACTMENT_SUBJECT TEXT("charter:")

role_handler enactment_decide;
/* Whether that is the label of a deadline of an accepted charter. */
bool enactment_is_awaited(struct text label);
/* Its day has begun; record: the deadline's {subject, charter, label}. */
int enactment_reached(struct turn *turn, const struct event *reached, const struct doc *record);

#endif
