/* journal_parts.h - what the files of the journal share, and nobody else.
 *
 *   <directory>/lock                    flock for the life of the journal
 *   <directory>/segments/<first>.seg    20 digits: the truth
 *   <directory>/segments/spare-<n>      allocated, not yet a segment
 *   <directory>/index/                  LMDB; may be removed while the journal is closed
 *   <directory>/index.suspect           the index is not to be used but to be built anew
 *
 * Where there is a file <first>.seg, its head is valid and everything before its first entry is durable: it
 * gets its name only after both are so.
 */
#ifndef DAEMON_JOURNAL_PARTS_H
#define DAEMON_JOURNAL_PARTS_H

#include "base/arena.h"
#include "daemon/disk.h"
#include "daemon/journal.h"
#include "daemon/journal_index.h"
#include "daemon/journal_record.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    JOURNAL_PATH_BYTES = 4096,
    PLACE_DISTANCE_BYTES = 65536, /* a place is remembered every so many bytes of a segment */
    READ_AHEAD_BYTES = 262144,
    /* written before small appends, so that their flushes hit blocks written before */
    ZERO_AHEAD_BYTES = 262144,
};

struct segment {
    uint64_t first, bytes;
};

struct spare {
    int handle;
    unsigned number;
    uint64_t bytes;
};

struct journal {
    struct disk *disk;
    char directory[JOURNAL_PATH_BYTES], segments_directory[JOURNAL_PATH_BYTES];
    char id[JOURNAL_ID_BYTES + 1];
    uint64_t segment_bytes, bytes_max;
    int lock;
    struct journal_index *index;
    _Atomic uint64_t head;
    _Atomic int64_t received_us;

    pthread_mutex_t mutex; /* guards this block, which readers look at */
    struct segment *segments;
    size_t segments_count, segments_room;
    struct place *places;
    size_t places_count, places_room;
    struct digest chain; /* of the head */

    /* the appending thread's own */
    int handle; /* the last segment */
    uint64_t salt, tail,
        written; /* the last segment's: where the next record goes, end of what was written */
    struct place head_place;
    struct spare *spares;
    size_t spares_count, spares_room;
    unsigned spare_number;
    uint64_t bytes; /* of all segments and spares */
    struct buffer buffer;
    uint32_t *news; /* where in the batch the new ones are */
    size_t news_room;
    struct journal_reader *lookback; /* reads the first entry of a repeated identity */
    int failed;                      /* the first error; from then on nothing is appended */
};

/* "<directory>/<first>.seg" */
void segment_path(const char *directory, uint64_t first, char out[JOURNAL_PATH_BYTES]);
/* The first sequence numbers of the segments in a directory, ascending; *firsts_out is the caller's to free.
 */
int segment_list(struct disk *disk, const char *directory, uint64_t **firsts_out,
                 size_t *count_out) MUST_CHECK;

/* Walks over the records of one segment after another. Shared by recovery, readers and verify, each with its
 * own. */
struct walk {
    struct disk *disk;
    const char *directory;
    int handle; /* -1: on no segment */
    struct segment_head head;
    uint64_t offset; /* of the record that walk_peek decodes */
    unsigned char *buffer;
    size_t room, buffer_bytes;
    uint64_t buffer_at;
};
void walk_open(struct walk *walk, struct disk *disk, const char *directory);
void walk_close(struct walk *walk);
/* Goes to a segment's first record. JOURNAL_E_GONE: no such segment; JOURNAL_E_CORRUPT: its head is damaged.
 */
int walk_segment(struct walk *walk, uint64_t first, struct complaint *complaint) MUST_CHECK;
/* Decodes the record at walk->offset; whoever wants the next one adds *bytes_out to it. refill false: only
 * from what was read already, so that earlier views stay valid. */
int walk_peek(struct walk *walk, bool refill, struct record *record_out, size_t *bytes_out,
              enum record_state *state_out) MUST_CHECK;
/* Is there, behind the offset, a record that says that `seq` was flushed? Leaves the walk there if so. */
int walk_find_witness(struct walk *walk, uint64_t seq, bool *found_out) MUST_CHECK;
/* Fills a complaint about the walk's position. */
void walk_complain(const struct walk *walk, uint64_t seq, const char *what, struct complaint *complaint);

/* The segments of an open journal: making room, writing, switching. */
/* Makes sure that records of these sizes can be written without asking the disk for more. JOURNAL_E_FULL:
 * nothing was kept. */
int journal_segments_reserve(struct journal *journal, const uint32_t *sizes, size_t count) MUST_CHECK;
/* A new last segment, from a spare, durable when this returns. */
int journal_segment_start(struct journal *journal, uint64_t first, const struct digest *chain,
                          uint64_t bytes_min) MUST_CHECK;
/* Writes the buffer at the tail and moves the tail. Not yet durable. */
int journal_segment_write(struct journal *journal) MUST_CHECK;
void journal_segment_add(struct journal *journal, uint64_t first, uint64_t bytes);
/* Remembers the place if it is far enough from the last one. */
void journal_place_add(struct journal *journal, const struct place *place);
void journal_place_load(struct journal *journal, const struct place *place);
/* The nearest known place at or before seq. */
struct place journal_place_find(struct journal *journal, uint64_t seq);

/* Brings segments and index together: called by journal_open with the lock held. */
int journal_recover(struct journal *journal, const struct journal_options *options,
                    struct complaint *complaint) MUST_CHECK;
int journal_verify_on(struct disk *disk, const char *directory,
                      void (*on_progress)(void *context, uint64_t bytes_done, uint64_t bytes_all),
                      void *context, struct journal_verdict *verdict_out,
                      struct complaint *complaint) MUST_CHECK;

#endif
