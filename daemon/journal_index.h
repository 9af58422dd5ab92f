/* journal_index.h - what the journal looks up: identity (source, id) -> sequence number, and sequence number
 * -> place on disk.
 *
 * Derived from the segments and never trusted: if it is missing, damaged or another journal's, it starts
 * empty (cursor 0) and the journal feeds it again. New identities gather in memory and go to LMDB sorted,
 * many at a time and in a thread of its own, because LMDB is thirteen times faster with keys in order than
 * with random ones. Keys begin with source and id as they are, so ids that grow with time land next to one
 * another; they are whole, so a match is a match.
 */
#ifndef DAEMON_JOURNAL_INDEX_H
#define DAEMON_JOURNAL_INDEX_H

#include "base/digest.h"
#include "base/store.h"

struct journal_index;

/* Where an entry's record begins. */
struct place {
    uint64_t seq;
    uint64_t segment; /* its first sequence number, which is its name */
    uint64_t offset;
};

/* The last entry that the index knows, as it was in the segments. seq 0: the index is empty. */
struct index_cursor {
    struct place at;
    struct digest chain;
};

struct journal_index_options {
    const char *directory; /* holds "index" and the mark "index.suspect" */
    struct text journal_id;
    bool durable;
    bool threaded;
    size_t events_max; /* gathered in memory before they are written; 0: INDEX_EVENTS_MAX */
};
enum { INDEX_EVENTS_MAX = 131072, INDEX_OVERFULL_FACTOR = 2 };

/* Loads the places known by calling each, in order. STORE_E_LOCKED when another process has it open. */
int journal_index_open(const struct journal_index_options *options,
                       void (*each)(void *context, const struct place *place), void *context,
                       struct journal_index **index_out, struct index_cursor *cursor_out,
                       struct complaint *complaint) MUST_CHECK;
/* What an index that nobody has open knows last; seq 0: nothing, or it cannot be used. Changes nothing in it.
 */
struct index_cursor journal_index_peek(const char *directory, struct text journal_id);
/* Forgets what was not committed. */
void journal_index_close(struct journal_index *index);
/* Starts an empty index when the next process opens it. */
void journal_index_distrust(struct journal_index *index);

struct key journal_index_key(struct text source, struct text id);
/* Finds happen between begin and end (one read transaction). 0 in seq_out: unknown. STORE_E_CORRUPT: distrust
 * it and stop. */
int journal_index_begin(struct journal_index *index) MUST_CHECK;
int journal_index_find(struct journal_index *index, const struct key *key, uint64_t *seq_out) MUST_CHECK;
void journal_index_end(struct journal_index *index);
/* The key must be unknown. It is found at once; it reaches the disk with a later commit. */
void journal_index_add(struct journal_index *index, const struct key *key, uint64_t seq);
/* Takes back the last so many adds. */
void journal_index_undo(struct journal_index *index, size_t adds);
/* A place to remember with the next commit. */
void journal_index_place(struct journal_index *index, const struct place *place);
/* True when what is gathered should be committed. */
bool journal_index_is_full(const struct journal_index *index);
/* Recovery gathers more where the disk has no room, but not this much. */
bool journal_index_is_overfull(const struct journal_index *index);
/* Commits all that was added, up to the cursor, which must be durable in the segments. With a thread: hands
 * it over, after waiting for the hand-over before; wait: until this one is through too. Where
 * journal_index_lacks_room says so of the code, all is still gathered and may be tried again. */
int journal_index_commit(struct journal_index *index, const struct index_cursor *cursor,
                         bool wait) MUST_CHECK;
bool journal_index_lacks_room(int code);

#endif
