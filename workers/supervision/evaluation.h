/* evaluation.h - evaluations (考核): self-checks, examiners' scores, publication (S0-23).
 *
 *     charter.enacted ──► this period: deadlines "selfcheck:<unit>" and "scores", from the period's end
 *     "scores" reached ──► scores.published, number 1; the same for the next period
 *     a paper after that ──► scores.published again, number + 1
 *
 * The subject of all that is "<charter>/<evaluation>/<period>".
 *
 * Invariants: (1) of each evaluation of the charter in force exactly one "scores" is open; (2) a published
 * period is never changed: it is published anew, with all its rows; (3) nobody scores himself.
 */
#ifndef WORKERS_SUPERVISION_EVALUATION_H
#define WORKERS_SUPERVISION_EVALUATION_H

#include "config/charter.h"
#include "workers/runtime/role.h"

#define EVALUATION_LABEL     TEXT("scores")
#define EVALUATION_SELFCHECK TEXT("selfcheck:")

/* The periods of the evaluations of the charter that was enacted. */
void evaluation_enact(struct turn *turn, const struct event *enacted);
/* A period's scores are due; a self-check is. */
void evaluation_due(struct turn *turn, const struct event *reached, const struct doc *alarm);
void evaluation_selfcheck_missed(struct turn *turn, const struct event *reached, const struct doc *alarm);

role_handler evaluation_decide_selfcheck, evaluation_decide_check;
role_handler evaluation_apply_selfcheck, evaluation_apply_check, evaluation_apply_published;
/* A self-check that is missed is not waited for again. */
void evaluation_apply_missed(struct turn *turn, const struct event *missed);
/* The period that an evaluation waits for. */
void evaluation_apply_watched(struct turn *turn, const struct event *set);

#endif
