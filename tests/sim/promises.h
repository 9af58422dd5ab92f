/* promises.h - what the house owes people besides issues, judged by the journal alone: safety at every entry,
 * progress at the end. Written from the rules (S0-12, S0-16 to S0-23), not from the code that decides.
 *
 *  1. a duty's occurrence opens once; it is met in time, or missed once (and then perhaps met late), never
 *     both; but a notice of days off may roll its day back behind a report that was in time when it came
 *  2. of each body's routine exactly one occurrence is open at the end, and none whose day is past
 *  3. nothing is supervised twice: no two items of one title from one meeting
 *  4. a unit does not confirm its own work
 *  5. who is asked by inspectors has replied in the end, or is on record for not replying
 *  6. what was queued is sent, or was a reminder that its post had silenced
 *  7. no open issue is lost when a version of the charter moves them: each is told of, once
 *  8. an evaluation's publications are counted from 1, and a further one has something new
 */
#ifndef TESTS_SIM_PROMISES_H
#define TESTS_SIM_PROMISES_H

#include "proto/event.h"

enum { PROMISES_MAX = 65536, PROMISES_SLOTS = 1 << 17 };

/* How often something was made, kept in time, kept late and broken; key: its kind and name. */
struct promise {
    struct text key;
    unsigned made, kept, late, broken;
    int64_t until_us; /* to be kept by then */
    bool open;        /* of an issue */
    bool rolled_back; /* of a duty: its deadline was missed before its own day */
    struct text note; /* of a confirmation: its actor; of a queued reminder: who may silence it */
};
struct promises {
    struct arena *arena;
    struct promise *at; /* PROMISES_MAX */
    size_t count;
    uint32_t *slots; /* PROMISES_SLOTS: index + 1 */
    uint64_t papers; /* self-checks, scores and other facts on file so far */
    uint64_t duties, items, scores, versions, transitions;
};
void promises_open(struct promises *promises, struct arena *arena);
void promises_close(struct promises *promises);
/* NULL if the event is in order, else what is wrong with it. */
const char *promises_see(struct promises *promises, const struct event *event);
/* At the end: NULL, or the promise that was not kept. Everything due before through_us has had its time. */
const char *promises_end(struct promises *promises, int64_t through_us);

#endif
