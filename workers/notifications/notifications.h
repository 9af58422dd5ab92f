/* notifications.h - the parts of the role: which post is meant (recipients.c), what it is told (wording.c),
 * what is delivered (notifications.c).
 */
#ifndef WORKERS_NOTIFICATIONS_NOTIFICATIONS_H
#define WORKERS_NOTIFICATIONS_NOTIFICATIONS_H

#include "config/charter.h"
#include "workers/runtime/role.h"

enum notifications_table {
    NOTIFICATIONS_MATTER, /* subject of an issue or task → what later events about it don't repeat */
    NOTIFICATIONS_HOLDER  /* charter, post → who holds it */
};
enum { NOTIFICATIONS_SCHEMA = 1, RECIPIENTS_MAX = 256, WORDING_BYTES_MAX = 2048 };

/* An event, its charter, and what is remembered of its subject and of the issue that this belongs to (never
 * NULL, may be empty). */
struct telling {
    struct turn *turn;
    const struct event *event;
    const struct charter *charter;
    const struct doc *matter, *issue;
};
/* The doc that has the field: the event's data, else what is remembered of its subject, else of the issue;
 * NULL if none has. */
const struct doc *telling_doc(const struct telling *telling, enum field field);
struct text telling_text(const struct telling *telling, enum field field);

struct recipients {
    struct text at[RECIPIENTS_MAX]; /* posts by id; units and raisers without a post of their own by name */
    size_t count, left_out;
};
/* Resolves the words of a notice rule; nobody stands in it twice. */
void recipients_resolve(const struct telling *telling, struct names to, struct recipients *recipients_out);

/* One line in Chinese. */
struct text wording_line(const struct telling *telling);
/* "2020-02-18 23:59" in the charter's zone. */
struct text wording_time(const struct telling *telling, int64_t at_us);

#endif
