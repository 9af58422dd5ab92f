/* errands.h - what offices do besides issues, at random, valid and not: meetings with topics and minutes,
 * filings, matters handed down, inspections, self-checks, deliveries and acknowledgements. It reads the
 * journal, as people read their notices, to know which duties are open, what is supervised and who was told.
 */
#ifndef TESTS_SIM_ERRANDS_H
#define TESTS_SIM_ERRANDS_H

#include "config/charter.h"
#include "proto/event.h"
#include "tests/sim/dice.h"

enum { ERRANDS_KNOWN_MAX = 24, ERRANDS_NAME_BYTES = 192, ERRANDS_MATTERS_MAX = 3 };

/* Something read of: an open duty {routine, body}, a supervised item {subject, unit}, a message {post,
 * channel, seq}. */
struct errands_known {
    char subject[ERRANDS_NAME_BYTES], first[ERRANDS_NAME_BYTES], second[ERRANDS_NAME_BYTES];
    int64_t seq;
};
struct errands_list {
    struct errands_known at[ERRANDS_KNOWN_MAX];
    size_t count;
};
/* A meeting or an inspection on its way. */
struct errands_matter {
    uint64_t number;
    unsigned step;
    size_t body;
    struct text unit;
};
struct errands {
    const struct charter *charter;
    struct dice *dice;
    struct errands_list duties, items, messages;
    struct errands_matter meetings[ERRANDS_MATTERS_MAX], inspections[ERRANDS_MATTERS_MAX];
    uint64_t numbers;
};
/* Every new entry of the journal. */
void errands_see(struct errands *errands, const struct event *event);
/* The next report, whose id, source and charter are set; issue: some issue's id. It lives in arena. */
void errands_next(struct errands *errands, struct arena *arena, int32_t today, struct text issue,
                  struct event *event);

#endif
