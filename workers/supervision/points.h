/* points.h - what a unit's evaluation comes to (S0-23), in whole hundredths, rounded down at each step.
 *
 *     source     points of 100                                       nothing to judge by
 *     selfcheck  sum of its rows; 0 if it is missing                 -
 *     check      mean of the examiners' latest sums                  nobody examined it
 *     on-time    kept of kept + missed deadlines                     nothing was due
 *     findings   100 less `each` a finding, not below 0              -
 *     missed     100 less `each` a missed deadline, not below 0      -
 *
 *     unit = sum of (weight x points) of the sources that have something / sum of their weights
 *     post = mean of the evaluated lead units of its area (S0-15)
 *
 * Ranks: most points first; ties share a rank and the next one counts them (1, 1, 3).
 */
#ifndef WORKERS_SUPERVISION_POINTS_H
#define WORKERS_SUPERVISION_POINTS_H

#include "workers/common/period.h"
#include "workers/supervision/conduct.h"
#include "workers/supervision/item.h"

enum { POINTS_FULL = 10000, POINTS_INPUTS_MAX = 2 * FACTS_SHOWN_MAX };

/* What is being evaluated. subject: "<charter>/<evaluation>/<period>", by which papers are kept. */
struct evaluation {
    struct turn *turn;
    const struct event *event;
    const struct charter *charter;
    const struct evaluation_rule *rule;
    struct period period;
    struct text subject;
};

struct points_part {
    bool counts;      /* there is something to judge by */
    int64_t points;   /* of POINTS_FULL */
    struct text note; /* how it came about, for people */
    uint64_t inputs[POINTS_INPUTS_MAX];
    size_t inputs_count;
};
struct points_row {
    struct text unit;
    int64_t points, rank;
    bool selfchecked;
    struct points_part parts[EVALUATION_SOURCES_MAX];
};
struct points_answer {
    struct text post, area;
    int64_t points, units; /* units: how many were averaged */
};
struct points {
    struct points_row *rows; /* by rank, then in the charter's order */
    size_t rows_count;
    struct points_answer *answers;
    size_t answers_count;
};
struct points points_of(const struct evaluation *evaluation);
/* The formula in words, as the charter sets it. */
struct text points_formula(struct arena *arena, const struct evaluation_rule *rule);

/* "86.50" */
struct text points_text(struct arena *arena, int64_t points);

#endif
