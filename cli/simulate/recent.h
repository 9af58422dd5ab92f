/* recent.h - the last entries of a world's journal, in memory: each of its workers reads every entry once,
 * and shortly after it was appended.
 *
 * What is no longer here, or never was (a journal that existed before), is read from the journal. Entries
 * keep the order and the numbers that the journal gave them, without a gap.
 */
#ifndef CLI_SIMULATE_RECENT_H
#define CLI_SIMULATE_RECENT_H

#include "daemon/journal.h"

enum { RECENT_ENTRIES_MAX = 1024 };

struct recent_entry {
    struct entry entry;
    struct text type; /* as in the event: a view of the body */
    struct buffer kept;
};
struct recent {
    struct recent_entry at[RECENT_ENTRIES_MAX]; /* seq N stands at N modulo the size */
    uint64_t first, last;                       /* none: last < first */
};

void recent_open(struct recent *recent);
void recent_close(struct recent *recent);
/* Forgets everything: the journal was opened anew and may have lost its end. */
void recent_forget(struct recent *recent);
/* A new entry as the journal has taken it; type is a view of its body. One that does not follow on the last
 * takes the place of all. */
void recent_add(struct recent *recent, const struct append *append, struct text type);
/* The entry, or NULL if it is not here; it lives until RECENT_ENTRIES_MAX more have come. */
const struct recent_entry *recent_get(const struct recent *recent, uint64_t seq);

#endif
