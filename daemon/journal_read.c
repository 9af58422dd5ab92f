/* journal_read.c - readers: each walks the segments on its own, up to the durable head, and goes on where it
 * stopped.
 *
 * All entries of one call lie in the walk's one buffer, so a call returns what was read ahead at most; the
 * next call reads on.
 */
#include "base/log.h"
#include "daemon/journal_parts.h"

#include <inttypes.h>
#include <stdlib.h>

struct journal_reader {
    struct journal *journal;
    struct walk walk;
    uint64_t next; /* the entry at walk.offset; 0: nowhere yet */
    struct digest *chains;
    size_t count, room;
};

int journal_reader_open(struct journal *journal, struct journal_reader **reader_out)
{
    struct journal_reader *reader = memory_alloc(sizeof *reader);
    *reader = (struct journal_reader){.journal = journal};
    walk_open(&reader->walk, journal->disk, journal->segments_directory);
    *reader_out = reader;
    return 0;
}

void journal_reader_close(struct journal_reader *reader)
{
    walk_close(&reader->walk);
    free(reader->chains);
    free(reader);
}

/* A segment that the journal knows can be missing only by damage. */
static int reader_segment(struct journal_reader *reader, uint64_t first, struct complaint *complaint)
{
    int code = walk_segment(&reader->walk, first, complaint);
    return code == JOURNAL_E_GONE ? JOURNAL_E_CORRUPT : code;
}

/* Decodes the record that should be entry `seq`; at the end of a segment that is the first one of the next.
 */
static int reader_peek(struct journal_reader *reader, uint64_t seq, bool refill, struct record *record_out,
                       size_t *bytes_out, enum record_state *state_out, struct complaint *complaint)
{
    struct walk *walk = &reader->walk;
    int code = walk_peek(walk, refill, record_out, bytes_out, state_out);
    if (code != 0 || *state_out == RECORD_FINE || !refill)
        return code;
    if (seq > walk->head.first && journal_place_find(reader->journal, seq).segment == seq) {
        code = reader_segment(reader, seq, complaint);
        if (code == 0)
            code = walk_peek(walk, true, record_out, bytes_out, state_out);
    }
    return code;
}

static int reader_fail(struct journal_reader *reader, uint64_t seq, struct complaint *complaint)
{
    walk_complain(&reader->walk, seq, "damaged", complaint);
    reader->next = 0;
    return JOURNAL_E_CORRUPT;
}

/* Goes to entry `from` by the nearest place before it. */
static int reader_seek(struct journal_reader *reader, uint64_t from, struct complaint *complaint)
{
    struct place place = journal_place_find(reader->journal, from);
    if (reader->next != 0 && reader->next <= from && reader->next >= place.seq)
        place.seq = reader->next;
    else {
        int code = reader_segment(reader, place.segment, complaint);
        if (code != 0)
            return code;
        reader->walk.offset = place.offset;
    }
    for (reader->next = place.seq; reader->next < from; reader->next++) {
        struct record record;
        size_t bytes;
        enum record_state state;
        int code = reader_peek(reader, reader->next, true, &record, &bytes, &state, complaint);
        if (code != 0)
            return code;
        if (state != RECORD_FINE || record.seq != reader->next)
            return reader_fail(reader, reader->next, complaint);
        reader->walk.offset += bytes;
    }
    return 0;
}

static void reader_keep_chain(struct journal_reader *reader, const struct digest *chain)
{
    if (reader->count == reader->room) {
        reader->room = reader->room * 2 + 64;
        reader->chains = memory_grow(reader->chains, reader->room * sizeof *reader->chains);
    }
    reader->chains[reader->count++] = *chain;
}

static int reader_take(struct journal_reader *reader, uint64_t last, size_t max, size_t bytes_max,
                       struct entry *entries_out, struct complaint *complaint)
{
    size_t used = 0;
    for (reader->count = 0; reader->count < max && reader->next <= last; reader->next++) {
        struct record record;
        size_t bytes;
        enum record_state state;
        bool refill = reader->count == 0;
        int code = reader_peek(reader, reader->next, refill, &record, &bytes, &state, complaint);
        if (code != 0)
            return code;
        if (state != RECORD_FINE && !refill)
            return 0; /* the next call reads on and judges */
        if (state != RECORD_FINE || record.seq != reader->next)
            return reader->count > 0 ? 0 : reader_fail(reader, reader->next, complaint);
        used += record.body.bytes;
        if (used > bytes_max && reader->count > 0)
            return 0;
        entries_out[reader->count] =
            (struct entry){record.seq, record.received_us, record.publisher, record.body};
        reader_keep_chain(reader, &record.chain);
        reader->walk.offset += bytes;
    }
    return 0;
}

int journal_read(struct journal_reader *reader, uint64_t from, size_t max, size_t bytes_max,
                 struct entry *entries_out, size_t *count_out, struct complaint *complaint)
{
    uint64_t last = journal_head(reader->journal);
    *count_out = reader->count = 0;
    if (from < journal_first(reader->journal)) {
        complain(complaint, "", "", "entry %" PRIu64 " is gone; the journal begins at %" PRIu64, from,
                 journal_first(reader->journal));
        return JOURNAL_E_GONE;
    }
    if (from > last || max == 0)
        return 0;
    int code = from == reader->next ? 0 : reader_seek(reader, from, complaint);
    if (code == 0)
        code = reader_take(reader, last, max, bytes_max, entries_out, complaint);
    if (code != 0)
        reader->next = 0; /* the next call seeks anew */
    *count_out = code == 0 ? reader->count : 0;
    return code;
}

struct digest journal_read_digest(const struct journal_reader *reader, size_t index)
{
    ASSERT(index < reader->count);
    return reader->chains[index];
}
