/* reports.h - random reports, valid and not: mostly the next sensible step of some issue (office.h),
 * sometimes something else that offices do (errands.h), sometimes anything at all. */
#ifndef TESTS_SIM_REPORTS_H
#define TESTS_SIM_REPORTS_H

#include "config/charter.h"
#include "proto/event.h"
#include "tests/sim/errands.h"
#include "tests/sim/office.h"

struct reports {
    const struct charter *charter;
    struct dice *dice;
    uint64_t numbers; /* ids */
    struct errands errands;
    struct office office;
};
void reports_open(struct reports *reports, const struct charter *charter, struct dice *dice);
/* Every new entry of the journal, as people read their notices. */
void reports_see(struct reports *reports, const struct event *event);
/* The next report, without time; it lives in arena. */
void reports_next(struct reports *reports, struct arena *arena, int32_t today, struct event *event_out);

#endif
