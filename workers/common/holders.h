/* holders.h - who holds which post, as a fact that a role keeps for itself: as the charter names them until
 * post.held says otherwise. Keys are charter and post, in a table that the role sets aside for it.
 */
#ifndef WORKERS_COMMON_HOLDERS_H
#define WORKERS_COMMON_HOLDERS_H

#include "config/charter.h"
#include "workers/runtime/role.h"

/* {set}: who holds a post after that post.held, when these did before. */
struct doc *holders_after(struct arena *arena, struct names before, const struct event *held);
/* The set of such a document. */
struct names holders_names(struct arena *arena, const struct doc *record);
/* Takes a post.held in; one of an unknown charter or post is passed over. */
void holders_apply(struct turn *turn, store_table table, const struct event *held);
struct names holders_of(struct turn *turn, store_table table, const struct charter *charter,
                        const struct post *post);

#endif
