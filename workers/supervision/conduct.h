/* conduct.h - what counts for or against a unit in an evaluation: deadlines kept and missed, findings.
 *
 * What is attributable to a unit: a deadline that names it as the one who owes (a task, an opinion, a reply
 * to inspectors, its part of a supervised item), and a recurring duty of a body that it leads. The deadline
 * of a level is its body's, not a unit's; one that is only "in principle" (S2-14) counts nowhere; a
 * self-check that is not handed in costs points of its own; an item whose work is done by tasks counts by its
 * tasks, once.
 *
 * A deadline is kept when the unit reports what it owed, and no longer kept when that is rejected, handed on
 * or found late. At most one fact stands for a deadline and unit; once missed stays missed. Its instant is
 * the report's receive stamp, the due time of what was missed, the receive stamp of a finding.
 */
#ifndef WORKERS_SUPERVISION_CONDUCT_H
#define WORKERS_SUPERVISION_CONDUCT_H

#include "workers/runtime/role.h"

enum fact_kind { FACT_KEPT, FACT_MISSED, FACT_FINDING, FACT_KIND_COUNT };

struct fact {
    struct text charter, unit, subject, label;
    enum fact_kind kind;
    int64_t at_us;
    uint64_t seq;
};
void conduct_put(struct turn *turn, const struct fact *fact);
/* No longer kept; a miss stays. */
void conduct_withdraw(struct turn *turn, struct text subject, struct text label, struct text unit);

/* How much there is of a kind in a span, and which events show it: the first ones. */
enum { FACTS_SHOWN_MAX = 16 };
struct fact_count {
    uint64_t count, seqs[FACTS_SHOWN_MAX];
};
/* counts_out has FACT_KIND_COUNT elements; from and through are both within. */
void conduct_count(struct turn *turn, struct text charter, struct text unit, int64_t from_us,
                   int64_t through_us, struct fact_count *counts_out);

/* Takes in what other owners' deadlines and reports come to. */
void conduct_apply_set(struct turn *turn, const struct event *set);
void conduct_apply_missed(struct turn *turn, const struct event *missed);
role_handler conduct_apply_task, conduct_apply_opinion, conduct_apply_replied, conduct_apply_duty,
    conduct_apply_finding;
/* A missed deadline of that unit. */
void conduct_miss(struct turn *turn, const struct event *missed, struct text unit);

#endif
