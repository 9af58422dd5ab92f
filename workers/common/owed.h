/* owed.h - what is still owed, by whom, under which clause: the list that a refusal carries.
 *
 * At most LIST_COUNT_MAX rows travel in an event; total counts all, so that a reason can say how many there
 * are.
 */
#ifndef WORKERS_COMMON_OWED_H
#define WORKERS_COMMON_OWED_H

#include "base/limits.h"
#include "config/charter.h"
#include "proto/doc.h"

struct owed {
    struct arena *arena;
    struct doc *at[LIST_COUNT_MAX];
    size_t count, total;
};

/* An empty list in the arena. */
struct owed *owed_open(struct arena *arena);
/* One thing owed; who and rule may be TEXT_NONE / NULL. Long text is cut at a character. */
void owed_add(struct owed *owed, const struct rule *rule, struct text who, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* "a, b, c" in the arena; "" for none. */
struct text owed_join(struct arena *arena, struct names names);

#endif
