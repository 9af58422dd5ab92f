/* reports.h - random reports, valid and not: mostly the next sensible step of some issue, sometimes something
 * else that offices do (errands.h), sometimes anything at all. */
#ifndef TESTS_SIM_REPORTS_H
#define TESTS_SIM_REPORTS_H

#include "config/charter.h"
#include "proto/event.h"
#include "tests/sim/errands.h"

enum { REPORTS_ISSUES_MAX = 5 };

/* Where the author of an issue's reports believes it to be. */
struct reports_issue {
    size_t body; /* index of its area's body at the second level */
    unsigned step, inner, hasty;
};
struct reports {
    const struct charter *charter;
    struct dice *dice;
    struct reports_issue issues[REPORTS_ISSUES_MAX];
    size_t issues_count;
    uint64_t numbers; /* ids */
    struct errands errands;
};
/* The next report, without time; it lives in arena. */
void reports_next(struct reports *reports, struct arena *arena, int32_t today, struct event *event_out);

#endif
