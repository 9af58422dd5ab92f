/* history.h - judges a finished run by its journal alone, with rules written independently of the code that
 * made it. */
#ifndef TESTS_SIM_HISTORY_H
#define TESTS_SIM_HISTORY_H

#include "base/digest.h"
#include "cli/simulate/world.h"
#include "config/charter.h"

/* What a publisher was told. */
struct acknowledged {
    uint64_t seq;
    struct digest body;
};
struct history_verdict {
    bool good;
    char reason[512];
    uint64_t events, reports, refused, deadlines, kept, missed, tasks, bulletins, escalations, duties, items,
        scores, versions, transitions;
};
/* through_us: every deadline due before it has had its time. */
void history_judge(struct world *world, const struct charter *charter,
                   const struct acknowledged *acknowledged, size_t count, int64_t through_us,
                   struct history_verdict *verdict_out);

#endif
