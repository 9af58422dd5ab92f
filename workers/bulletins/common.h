/* common.h - problems in common (共性问题, S0-11): which issues of a period are one problem, seen in several
 * places.
 *
 * Two issues are linked if they have the same class, or if their titles share enough pairs of neighbouring
 * characters (Dice's measure, in whole per cent; signs and blanks don't count). What is linked, directly or
 * through others, is one cluster; it counts if it has enough issues in enough areas. The order in which
 * issues come makes no difference.
 */
#ifndef WORKERS_BULLETINS_COMMON_H
#define WORKERS_BULLETINS_COMMON_H

#include "base/arena.h"
#include "config/charter_bulletins.h"

/* Issues compared; every pair is looked at. */
enum { COMMON_ISSUES_MAX = 2048 };

struct common_issue {
    struct text subject, title, class, area;
    uint64_t seq;
};
struct common_cluster {
    const struct common_issue *issues; /* by subject */
    size_t count, areas;
    struct text title; /* of the issue nearest to all others */
};
struct common_clusters {
    const struct common_cluster *at; /* largest first, then by title */
    size_t count;
};

/* count is at most COMMON_ISSUES_MAX. Everything lives in the arena. */
struct common_clusters common_find(struct arena *arena, const struct common_rule *rule,
                                   const struct common_issue *issues, size_t count);
/* What two titles have in common, 0..100. */
int common_similarity(struct arena *arena, struct text a, struct text b);

#endif
