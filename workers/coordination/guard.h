/* guard.h - what is owed before an issue goes up from its level (S0-2, S0-5, S0-7, S0-8).
 *
 * The charter lists the needs of each level; each kind of need has one checker in a table. A checker adds
 * what is missing to the owed list, by whom and under which clause, and what it found on file to the inputs
 * of the conclusion.
 */
#ifndef WORKERS_COORDINATION_GUARD_H
#define WORKERS_COORDINATION_GUARD_H

#include "workers/common/owed.h"
#include "workers/coordination/issue.h"

struct guard {
    const struct matter *matter;
    struct owed *owed;
    uint64_t inputs[LIST_COUNT_MAX];
    size_t inputs_count;
};
struct guard *guard_open(const struct matter *matter);
/* Every need of the present level in the present round; true if nothing is owed. */
bool guard_check_level(struct guard *guard);
/* The three parts of the checklist alone, under that need's rule (S0-8: before an issue is put on a list). */
void guard_check_checklist(struct guard *guard, const struct need *need);
/* Tasks that are still open: an issue is not settled while they are. */
void guard_check_tasks(struct guard *guard, const struct rule *rule);
/* The need of that kind at the present level; NULL if it has none. */
const struct need *guard_need(const struct matter *matter, enum need_kind kind);
/* Refuses the running report with the owed list. */
void guard_refuse(const struct guard *guard, const struct rule *rule, const char *what);
/* Adds the inputs to the outcome that is being emitted. */
void guard_emit_inputs(const struct guard *guard);

#endif
