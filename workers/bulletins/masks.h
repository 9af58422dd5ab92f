/* masks.h - names that a bulletin keeps out (`redact`): whoever raised what it is about, whoever holds a
 * post.
 *
 * Names are gathered while the text is written and struck from it as a whole at the end, so that none slips
 * in by a title, a reason or a note. A raiser that is a unit, a body or a post of the charter is no person
 * and stays.
 */
#ifndef WORKERS_BULLETINS_MASKS_H
#define WORKERS_BULLETINS_MASKS_H

#include "config/charter.h"
#include "workers/runtime/role.h"

struct masks {
    struct arena *arena;
    const struct charter *charter;
    bool raiser;
    struct text *names; /* each as it is, and as Markdown writes it where that differs */
    size_t count, room;
};

/* Remembers who takes up a post (post.held): whoever held one is kept out, also after leaving it. */
int masks_apply_held(struct turn *turn, const struct event *held);
/* NULL if the rule keeps nothing out; lives in the turn's arena. */
struct masks *masks_open(struct turn *turn, const struct charter *charter, const struct bulletin_rule *rule);
/* The raiser of an issue, or of the issue that a task comes from. masks and item may be NULL. */
void masks_add_raiser(struct masks *masks, struct turn *turn, struct text charter, const struct doc *item);
/* A party that an event names: struck if it is a raiser whom the charter doesn't know. */
struct text masks_party(const struct masks *masks, struct text name);
/* The text without them; itself if there are none. */
struct text masks_strike(struct masks *masks, struct text text);

#endif
