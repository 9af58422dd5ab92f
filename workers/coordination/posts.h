/* posts.h - who holds a post: duties are bound to posts, people come and go (S0-24). */
#ifndef WORKERS_COORDINATION_POSTS_H
#define WORKERS_COORDINATION_POSTS_H

#include "config/charter.h"
#include "workers/runtime/role.h"

/* The persons who hold it now: as the charter names them until post.filled or post.vacated says otherwise. */
struct names posts_holders(struct turn *turn, const struct charter *charter, const struct post *post);

/* party_actor_known, with who holds the posts by now. */
bool posts_actor_known(struct turn *turn, const struct event *event, const struct charter *charter,
                       struct text besides);

role_handler posts_decide, posts_apply_held;

#endif
