/* journal_recover.c - what journal_open finds on disk becomes an open journal.
 *
 * From the index's cursor on every record is read again: checksum, sequence, chain; what the index lacks goes
 * into it. Where the records end, three things may be the case:
 *   1. Nothing was written behind the last one: a clean end.
 *   2. Something was, but no flush vouches for it: a torn end, never acknowledged. Zeros overwrite it, so
 *      that nothing of it can come back behind later appends.
 *   3. A later segment, a later record's durable_seq or the index says that what is bad here was flushed
 *      once: acknowledged data is damaged. Nothing is touched, nothing is opened: JOURNAL_E_CORRUPT.
 *
 * The last batch may sit in the page cache only (a killed process), or there in spite of a failed flush. So
 * it is written and flushed again before it counts as durable.
 *
 * The one damage that cannot be told from a torn end is in the very last batch before a crash, when nothing
 * was written after it.
 */
#include "base/log.h"
#include "daemon/journal_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct recovery {
    struct journal *journal;
    const struct journal_options *options;
    struct complaint *complaint;
    struct walk walk;
    struct index_cursor cursor; /* as the index had it */
    uint64_t expected;          /* next sequence number */
    uint64_t batch_durable;     /* what the records at the end say was flushed before them, */
    uint64_t batch_offset;      /* and where the first that says so begins */
    size_t segment;             /* index of the walk's segment */
    uint64_t bytes_done;
    bool disk_full; /* has no room for the index */
};

static struct journal_index_options recover_index_options(const struct recovery *recovery)
{
    return (struct journal_index_options){
        .directory = recovery->journal->directory,
        .journal_id = {recovery->journal->id, JOURNAL_ID_BYTES},
        .durable = recovery->options->durable,
        .threaded = recovery->options->durable && recovery->options->disk == NULL,
        .events_max = recovery->options->index_events,
    };
}

static void recover_load_place(void *context, const struct place *place)
{
    journal_place_load(context, place);
}

static int recover_open_index(struct recovery *recovery)
{
    struct journal *journal = recovery->journal;
    struct journal_index_options options = recover_index_options(recovery);
    int code = journal_index_open(&options, recover_load_place, journal, &journal->index, &recovery->cursor,
                                  recovery->complaint);
    if (recovery->cursor.at.seq == 0)
        journal->places_count = 0;
    if (code == STORE_E_LOCKED)
        return JOURNAL_E_LOCKED;
    return journal_index_lacks_room(code) ? JOURNAL_E_FULL : code > 0 ? -EIO : code;
}

/* The index comes after the first segment: where there is one, segments were. */
static int recover_refuse_lost_segments(struct recovery *recovery)
{
    char path[JOURNAL_PATH_BYTES + 32];
    snprintf(path, sizeof path, "%s/index/data.mdb", recovery->journal->directory);
    if (access(path, F_OK) != 0)
        return 0;
    complain(recovery->complaint, "", recovery->journal->segments_directory,
             "%s has no segments, but an index of some; remove %s/index to begin an empty journal",
             recovery->journal->segments_directory, recovery->journal->directory);
    return JOURNAL_E_CORRUPT;
}

/* A journal's very first segment. */
static int recover_create(struct recovery *recovery)
{
    struct journal *journal = recovery->journal;
    static const uint32_t any = 0;
    unsigned char random[JOURNAL_ID_BYTES / 2];
    struct digest none = {{0}};
    digest_random(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++) {
        journal->id[2 * i] = "0123456789abcdef"[random[i] >> 4];
        journal->id[2 * i + 1] = "0123456789abcdef"[random[i] & 15];
    }
    int code = recover_refuse_lost_segments(recovery);
    if (code == 0)
        code = journal_segments_reserve(journal, &any, 1);
    if (code == JOURNAL_E_FULL)
        complain(recovery->complaint, "", journal->directory, "no room for a segment of %" PRIu64 " bytes",
                 journal->segment_bytes);
    if (code == 0)
        code = journal_segment_start(journal, 1, &none, 0);
    return code != 0 ? code : recover_open_index(recovery);
}

/* Reads each segment's head; the list is what names say and heads confirm. */
static int recover_heads(struct recovery *recovery, const uint64_t *firsts, size_t count)
{
    struct journal *journal = recovery->journal;
    for (size_t i = 0; i < count; i++) {
        int code = walk_segment(&recovery->walk, firsts[i], recovery->complaint);
        if (code != 0)
            return code;
        const struct segment_head *head = &recovery->walk.head;
        if (i == 0)
            memcpy(journal->id, head->id, JOURNAL_ID_BYTES);
        if (memcmp(journal->id, head->id, JOURNAL_ID_BYTES) != 0) {
            walk_complain(&recovery->walk, firsts[i], "a segment of another journal", recovery->complaint);
            return JOURNAL_E_CORRUPT;
        }
        journal_segment_add(journal, head->first, head->bytes);
        journal->bytes += head->bytes;
    }
    if (firsts[0] != 1) {
        complain(recovery->complaint, "", journal->segments_directory,
                 "the journal's first segment is missing: the oldest one begins with entry %" PRIu64,
                 firsts[0]);
        return JOURNAL_E_CORRUPT;
    }
    return 0;
}

static int recover_corrupt(struct recovery *recovery, const char *what)
{
    walk_complain(&recovery->walk, recovery->expected, what, recovery->complaint);
    return JOURNAL_E_CORRUPT;
}

static int recover_enter(struct recovery *recovery, size_t segment)
{
    int code = walk_segment(&recovery->walk, recovery->journal->segments[segment].first, recovery->complaint);
    recovery->segment = segment;
    recovery->batch_offset = SEGMENT_HEAD_BYTES;
    recovery->batch_durable = recovery->walk.head.first - 1;
    return code == JOURNAL_E_GONE ? JOURNAL_E_CORRUPT : code;
}

/* Stands on the entry that the index knows last; it must be what it was. */
static int recover_start_at_cursor(struct recovery *recovery)
{
    struct journal *journal = recovery->journal;
    const struct index_cursor *cursor = &recovery->cursor;
    struct record record;
    size_t bytes, at = 0;
    enum record_state state;
    while (at < journal->segments_count && journal->segments[at].first != cursor->at.segment)
        at++;
    if (at == journal->segments_count) {
        complain(recovery->complaint, "", journal->segments_directory,
                 "the index knows entry %" PRIu64 " in segment %020" PRIu64 ", which is missing",
                 cursor->at.seq, cursor->at.segment);
        return JOURNAL_E_CORRUPT;
    }
    int code = recover_enter(recovery, at);
    if (code != 0)
        return code;
    recovery->walk.offset = cursor->at.offset;
    recovery->expected = cursor->at.seq;
    code = walk_peek(&recovery->walk, true, &record, &bytes, &state);
    if (code != 0)
        return code;
    if (state != RECORD_FINE || record.seq != cursor->at.seq ||
        memcmp(record.chain.at, cursor->chain.at, DIGEST_BYTES) != 0)
        return recover_corrupt(recovery, "acknowledged (the index knows it), but damaged or gone");
    recovery->walk.offset += bytes;
    recovery->expected++;
    recovery->batch_durable = cursor->at.seq;
    recovery->batch_offset = recovery->walk.offset;
    journal->chain = cursor->chain;
    journal->head_place = cursor->at;
    atomic_store(&journal->received_us, record.received_us);
    return 0;
}

static int recover_start(struct recovery *recovery)
{
    struct journal *journal = recovery->journal;
    if (recovery->cursor.at.seq > 0)
        return recover_start_at_cursor(recovery);
    int code = recover_enter(recovery, 0);
    recovery->expected = 1;
    journal->chain = recovery->walk.head.chain;
    atomic_store(&journal->received_us, recovery->walk.head.received_us);
    return code;
}

/* Writes the last batch once more, so that the flush that follows flushes it, whatever happened to the one
 * before. */
static int recover_rewrite_batch(struct recovery *recovery, uint64_t end)
{
    struct walk *walk = &recovery->walk;
    struct disk *disk = walk->disk;
    for (uint64_t at = recovery->batch_offset; at < end; at += READ_AHEAD_BYTES) {
        uint64_t left = end - at;
        size_t bytes = left < READ_AHEAD_BYTES ? (size_t)left : READ_AHEAD_BYTES, got;
        int code = disk->ops->read(disk, walk->handle, at, walk->buffer, bytes, &got);
        walk->buffer_bytes = 0;
        if (code == 0)
            code = got == bytes
                       ? disk->ops->write(disk, walk->handle, at, (struct bytes){walk->buffer, bytes})
                       : -EIO;
        if (code != 0)
            return code;
    }
    return 0;
}

/* What is read so far becomes durable if it isn't, then known to the index. */
static int recover_commit_index(struct recovery *recovery)
{
    struct journal *journal = recovery->journal;
    struct walk *walk = &recovery->walk;
    struct index_cursor cursor = {journal->head_place, journal->chain};
    int code = 0;
    if (recovery->segment + 1 == journal->segments_count) {
        code = recover_rewrite_batch(recovery, walk->offset);
        if (code == 0)
            code = walk->disk->ops->sync(walk->disk, walk->handle);
    }
    if (code == 0)
        code = journal_index_commit(journal->index, &cursor, true);
    return journal_index_lacks_room(code) ? JOURNAL_E_FULL : code > 0 ? -EIO : code;
}

static void recover_index_record(struct recovery *recovery, const struct record *record)
{
    struct journal *journal = recovery->journal;
    struct key key = journal_index_key(record->source, record->id);
    journal_index_add(journal->index, &key, record->seq);
    journal->head_place = (struct place){record->seq, recovery->walk.head.first, recovery->walk.offset};
    journal_place_add(journal, &journal->head_place);
}

static int recover_take_record(struct recovery *recovery, const struct record *record, size_t bytes)
{
    struct journal *journal = recovery->journal;
    struct digest chain = record_chain(&journal->chain, record);
    if (memcmp(chain.at, record->chain.at, DIGEST_BYTES) != 0)
        return recover_corrupt(recovery, "the hash chain is broken");
    recover_index_record(recovery, record);
    if (record->durable_seq != recovery->batch_durable) {
        recovery->batch_durable = record->durable_seq;
        recovery->batch_offset = recovery->walk.offset;
    }
    journal->chain = chain;
    atomic_store(&journal->received_us, record->received_us);
    recovery->walk.offset += bytes;
    recovery->expected++;
    return 0;
}

static void recover_report(struct recovery *recovery, size_t bytes)
{
    enum { REPORT_BYTES = 8388608 };
    uint64_t before = recovery->bytes_done;
    recovery->bytes_done += bytes;
    if (recovery->options->on_progress != NULL &&
        before / REPORT_BYTES != recovery->bytes_done / REPORT_BYTES)
        recovery->options->on_progress(recovery->options->context, recovery->expected, recovery->bytes_done,
                                       recovery->journal->bytes);
}

/* On a full disk the index stays in memory, as it was before the stop: so there is a journal that answers and
 * refuses. */
static int recover_make_index_room(struct recovery *recovery)
{
    const struct journal_index *index = recovery->journal->index;
    if (!journal_index_is_full(index) || (recovery->disk_full && !journal_index_is_overfull(index)))
        return 0;
    int code = recover_commit_index(recovery);
    recovery->disk_full = code == JOURNAL_E_FULL;
    return recovery->disk_full && !journal_index_is_overfull(index) ? 0 : code;
}

/* Takes records until one doesn't continue the journal. */
static int recover_records(struct recovery *recovery)
{
    for (;;) {
        struct record record;
        size_t bytes;
        enum record_state state;
        int code = recover_make_index_room(recovery);
        if (code == 0)
            code = walk_peek(&recovery->walk, true, &record, &bytes, &state);
        if (code != 0)
            return code;
        if (state != RECORD_FINE || record.seq != recovery->expected)
            return 0;
        code = recover_take_record(recovery, &record, bytes);
        if (code != 0)
            return code;
        recover_report(recovery, bytes);
    }
}

/* Goes on in the next segment, which exists only if all before it was durable. */
static int recover_next_segment(struct recovery *recovery)
{
    struct journal *journal = recovery->journal;
    if (journal->segments[recovery->segment + 1].first != recovery->expected)
        return recover_corrupt(recovery, "acknowledged (a later segment exists), but damaged or gone");
    int code = recover_enter(recovery, recovery->segment + 1);
    if (code != 0)
        return code;
    if (memcmp(recovery->walk.head.chain.at, journal->chain.at, DIGEST_BYTES) != 0)
        return recover_corrupt(recovery, "the hash chain is broken between two segments");
    return 0;
}

/* Overwrites what is not zero behind the tail. */
static int recover_wipe_tail(struct recovery *recovery, bool *torn_out)
{
    static const unsigned char zeros[READ_AHEAD_BYTES];
    struct walk *walk = &recovery->walk;
    struct disk *disk = walk->disk;
    for (uint64_t at = recovery->journal->tail; at < walk->head.bytes; at += READ_AHEAD_BYTES) {
        uint64_t left = walk->head.bytes - at;
        size_t bytes = left < READ_AHEAD_BYTES ? (size_t)left : READ_AHEAD_BYTES, got;
        int code = disk->ops->read(disk, walk->handle, at, walk->buffer, bytes, &got);
        walk->buffer_bytes = 0;
        if (code == 0 && memcmp(walk->buffer, zeros, got) != 0) {
            *torn_out = true;
            code = disk->ops->write(disk, walk->handle, at, (struct bytes){zeros, got});
        }
        if (code != 0)
            return code;
    }
    return 0;
}

/* The last segment's end is clean or torn; makes it clean and durable, and the segment the one to append to.
 */
static int recover_end(struct recovery *recovery)
{
    struct journal *journal = recovery->journal;
    struct walk *walk = &recovery->walk;
    bool witness, torn = false;
    journal->tail = journal->written = walk->offset;
    int code = walk_find_witness(walk, recovery->expected, &witness);
    walk->offset = journal->tail;
    if (code == 0 && witness)
        return recover_corrupt(recovery, "acknowledged (a later record says so), but damaged");
    if (code == 0)
        code = recover_wipe_tail(recovery, &torn);
    if (code == 0)
        code = recover_rewrite_batch(recovery, journal->tail);
    if (code == 0)
        code = walk->disk->ops->sync(walk->disk, walk->handle);
    if (code != 0)
        return code;
    if (torn)
        log_notice(LOG_JOURNAL_RECOVERED,
                   "journal: an append was cut off by a crash behind entry %" PRIu64
                   "; nothing acknowledged is lost",
                   recovery->expected - 1);
    journal->handle = walk->handle;
    walk->handle = -1;
    journal->salt = walk->head.salt;
    return 0;
}

static int recover_existing(struct recovery *recovery)
{
    struct journal *journal = recovery->journal;
    int code = recover_open_index(recovery);
    if (code == 0)
        code = recover_start(recovery);
    while (code == 0) {
        code = recover_records(recovery);
        if (code != 0 || recovery->segment + 1 == journal->segments_count)
            break;
        code = recover_next_segment(recovery);
    }
    if (code == 0)
        code = recover_end(recovery);
    if (code == 0)
        atomic_store(&journal->head, recovery->expected - 1);
    return code;
}

/* ---- the folder ---- */
struct recover_spares {
    struct journal *journal;
    int code;
};

/* A crash's spares are of unknown content: new ones are made as needed. */
static void recover_remove_spare(void *context, const char *name)
{
    struct recover_spares *spares = context;
    char path[JOURNAL_PATH_BYTES + 256];
    struct journal *journal = spares->journal;
    if (strncmp(name, "spare-", 6) != 0 || spares->code != 0)
        return;
    snprintf(path, sizeof path, "%s/%s", journal->segments_directory, name);
    spares->code = journal->disk->ops->remove(journal->disk, path);
}

int journal_recover(struct journal *journal, const struct journal_options *options,
                    struct complaint *complaint)
{
    struct recovery recovery = {.journal = journal, .options = options, .complaint = complaint};
    struct recover_spares spares = {.journal = journal};
    uint64_t *firsts = NULL;
    size_t count = 0;
    int code =
        journal->disk->ops->list(journal->disk, journal->segments_directory, recover_remove_spare, &spares);
    if (code == 0)
        code = spares.code;
    if (code == 0)
        code = segment_list(journal->disk, journal->segments_directory, &firsts, &count);
    if (code != 0)
        return code;
    walk_open(&recovery.walk, journal->disk, journal->segments_directory);
    if (count == 0)
        code = recover_create(&recovery);
    else {
        code = recover_heads(&recovery, firsts, count);
        if (code == 0)
            code = recover_existing(&recovery);
    }
    walk_close(&recovery.walk);
    free(firsts);
    return code;
}
