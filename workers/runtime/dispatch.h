/* dispatch.h - between a worker's deliveries and the courier: takes results in, hands over whose turn it is.
 *
 * The shell calls dispatch_run at the end of its turns; it costs nothing while nothing has changed.
 */
#ifndef WORKERS_RUNTIME_DISPATCH_H
#define WORKERS_RUNTIME_DISPATCH_H

#include "workers/courier/courier.h"

enum { DISPATCH_AT_ONCE = 32 }; /* deliveries begun, or ended for want of an address, in one turn */

struct dispatch {
    struct worker *worker;
    struct courier *courier;             /* NULL: nobody carries; then nothing is done here */
    int64_t look_us;                     /* wall clock: when to look again; 0: at once */
    uint64_t seen;                       /* worker_effects_next when it last looked */
    bool busy;                           /* something waited for its receiver */
    uint64_t stranded[DISPATCH_AT_ONCE]; /* those without an address, by number */
    size_t stranded_count;
};
/* 0, or a code of the worker: the process must stop. *again_us_out: call again after so long at the latest,
 * CIVIL_NEVER_US: when something changes. */
int dispatch_run(struct dispatch *dispatch, int64_t now_us, int64_t *again_us_out) MUST_CHECK;

#endif
