/* actors.h - who may report what about an issue: one table, asked before every step.
 *
 * An actor that is named must be competent: the body in charge acts for its level, the office for lists and
 * decisions, the raiser for the word that it is solved. Whether an actor must be named at all is the
 * charter's
 * (`actors`); where none is, the key that published the report answers for it. Consent always has an actor.
 */
#ifndef WORKERS_COORDINATION_ACTORS_H
#define WORKERS_COORDINATION_ACTORS_H

#include "workers/coordination/issue.h"

enum actors_who {
    ACTORS_ANYONE = 0,      /* any post or unit of the charter, or the raiser */
    ACTORS_RAISER = 1 << 0, /* if the issue names one; else, where nobody else is named, anyone */
    ACTORS_TEAM = 1 << 1, /* the lowest level's body for the area: it drafts what higher levels coordinate */
    ACTORS_DECIDER = 1 << 2,
    ACTORS_CHECKER = 1 << 3, /* the body of the level that owes the checklist */
    ACTORS_LISTER = 1 << 4,  /* … and the issue list */
    ACTORS_HEAD = 1 << 5,    /* a head post of the body in charge */
    ACTORS_BODY = 1 << 6,    /* the body in charge: its posts, its lead and responsible units */
    ACTORS_OFFICE = 1 << 7,  /* the body that compiles task lists */
    ACTORS_UNIT = 1 << 8,    /* the unit whose opinion it is: opinion.c */
    ACTORS_PARTIES = 9
};
/* A set of the above; asserts that it is a report about issues or a list of them. */
unsigned actors_who(enum event_kind report);
/* Whether the actor of the running report may report it about that issue; false after a refusal that says who
 * may. */
bool actors_check(const struct matter *matter);
/* A level that has that need: the present one, else the lowest; NULL if none. */
const struct level *actors_level_needing(const struct matter *matter, enum need_kind kind);

#endif
