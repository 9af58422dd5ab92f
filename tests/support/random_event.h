/* random_event.h - documents and events drawn from the tables by a seed: valid, and of every shape that the
 * tables allow. */
#ifndef TESTS_SUPPORT_RANDOM_EVENT_H
#define TESTS_SUPPORT_RANDOM_EVENT_H

#include "proto/event.h"

struct random {
    uint64_t state;
};
uint64_t random_next(struct random *random);                  /* splitmix64 */
uint64_t random_below(struct random *random, uint64_t bound); /* 0 .. bound - 1 */
/* One line of ASCII and Chinese, low..high bytes, no blank at its ends. */
struct text random_line(struct random *random, struct arena *arena, size_t low, size_t high);
/* A value within the field's bounds. */
void random_set(struct random *random, struct doc *doc, enum field field);
/* uses: what it needs, and some of what it may have; NULL: any fields. */
struct doc *random_doc(struct random *random, struct arena *arena, const struct field_use *uses);
/* A valid event of that type. */
struct event random_event(struct random *random, struct arena *arena, enum event_kind kind);
/* Its encoding, in the arena. */
struct bytes random_event_bytes(struct arena *arena, const struct event *event);

#endif
