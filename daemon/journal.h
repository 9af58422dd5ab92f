/* journal.h - one total order of events on disk. Small on purpose: a second engine can stand behind it.
 *
 * Append is synchronous: when it returns 0 the accepted events are on disk (one flush). One thread appends;
 * readers may be in other threads, each with its own struct journal_reader, and see only what is durable.
 */
#ifndef DAEMON_JOURNAL_H
#define DAEMON_JOURNAL_H

#include "base/digest.h"
#include "proto/event.h"

struct journal;
struct journal_reader;
struct disk; /* daemon/disk.h: real files, or the simulator's */

struct journal_options {
    const char *directory;
    uint64_t segment_bytes; /* 0: SEGMENT_BYTES */
    uint64_t bytes_max;     /* quota; 0: what the disk has */
    struct disk *disk;      /* NULL: the real one */
    bool durable;           /* false: index commits are not flushed (tests) */
    size_t index_events;    /* new identities gathered in memory before they go to the index; 0: as many as is
                               fast */
    void (*on_progress)(void *context, uint64_t seq, uint64_t bytes_done,
                        uint64_t bytes_all); /* recovery; or NULL */
    void *context;
};

struct append {
    /* in */
    struct bytes body;
    struct text publisher;
    struct text source, id; /* the identity; views into body */
    int64_t received_us;    /* never decreasing; the journal raises it to the last one's */
    /* out */
    enum append_result { APPEND_NEW, APPEND_DUPLICATE, APPEND_CONFLICT } result;
    uint64_t seq; /* the event's own, or the first one's with that identity */
};

enum { JOURNAL_E_LOCKED = 1, JOURNAL_E_FULL, JOURNAL_E_CORRUPT, JOURNAL_E_GONE };

int journal_open(const struct journal_options *options, struct journal **journal_out,
                 struct complaint *complaint) MUST_CHECK;
void journal_close(struct journal *journal);
/* As kill -9 would: frees it without writing anything more (the simulator and crash tests). */
void journal_abandon(struct journal *journal);
/* 0: all results are set and durable. JOURNAL_E_FULL: nothing was stored. Negative: outcome unknown, the
 * process must stop. */
int journal_append(struct journal *journal, struct append *batch, size_t count) MUST_CHECK;
uint64_t
journal_head(const struct journal *journal); /* last durable sequence number, 0 if empty; any thread */
uint64_t journal_first(const struct journal *journal);
int64_t journal_last_received_us(const struct journal *journal);
struct text journal_id(const struct journal *journal); /* 32 hex digits, made with the journal */
/* Sequence of an identity, 0 if unknown (appending thread only). */
int journal_find(struct journal *journal, struct text source, struct text id, uint64_t *seq_out) MUST_CHECK;
struct digest
journal_head_digest(const struct journal *journal); /* chain value at the head (appending thread only) */

int journal_reader_open(struct journal *journal, struct journal_reader **reader_out) MUST_CHECK;
void journal_reader_close(struct journal_reader *reader);
/* Entries from `from` on, at most max and bytes_max (at least one if there is one); verified by checksum. A
 * call may return fewer than there are (it stops where its read-ahead or a segment ends); none means that
 * `from` is behind the head. They live until the next call on this reader. JOURNAL_E_GONE, JOURNAL_E_CORRUPT
 * with the complaint. */
int journal_read(struct journal_reader *reader, uint64_t from, size_t max, size_t bytes_max,
                 struct entry *entries_out, size_t *count_out, struct complaint *complaint) MUST_CHECK;
/* Chain value of an entry the reader returned last. */
struct digest journal_read_digest(const struct journal_reader *reader, size_t index);

/* Recomputes the hash chain over a journal directory; reports the first break. In use, it ends where the
 * records do; else nothing may stand behind the last one, and it must be the last that the index knows
 * (JOURNAL_E_CORRUPT, with the verdict on what comes before). */
struct journal_verdict {
    uint64_t first, last, events, bytes;
    struct digest head;
};
int journal_verify(const char *directory,
                   void (*on_progress)(void *context, uint64_t bytes_done, uint64_t bytes_all), void *context,
                   struct journal_verdict *verdict_out, struct complaint *complaint) MUST_CHECK;
/* The same, and each entry is shown on the way, in order, once it has passed; its views live until `each`
 * returns, and what that returns other than 0 ends the scan and is returned. Beside a running daemon too:
 * nothing is written or locked for long. */
int journal_scan(const char *directory, int (*each)(void *context, const struct entry *entry),
                 void (*on_progress)(void *context, uint64_t bytes_done, uint64_t bytes_all), void *context,
                 struct journal_verdict *verdict_out, struct complaint *complaint) MUST_CHECK;

#endif
