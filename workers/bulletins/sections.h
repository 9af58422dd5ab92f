/* sections.h - the text of a bulletin: its parts as the charter lists them (S0-19), every figure with its
 * events.
 *
 * A pure function of the facts gathered, the charter, the period and the number; no clock, so it comes out
 * the same byte for byte whenever it is made from the same journal.
 */
#ifndef WORKERS_BULLETINS_SECTIONS_H
#define WORKERS_BULLETINS_SECTIONS_H

#include "config/charter.h"
#include "workers/bulletins/facts.h"
#include "workers/bulletins/figures.h"
#include "workers/common/period.h"

struct bulletin {
    const struct charter *charter;
    const struct bulletin_rule *rule;
    struct period period;
    uint64_t number;
    uint64_t through_seq; /* facts up to here were known */
    int32_t issued_day;
    struct text corrects; /* the corrections that come with it, or none */
    /* made by bulletin_write */
    struct text title, text;
    uint64_t from_seq; /* the first event counted */
    struct named_figures figures;
};
/* Fills title, text, from_seq and figures; they live in the turn's arena. */
void bulletin_write(struct turn *turn, struct bulletin *bulletin);
/* The foot of a sheet: who issues it and on which day. */
void bulletin_print_foot(struct arena *arena, struct buffer *out, const struct bulletin *bulletin);

#endif
