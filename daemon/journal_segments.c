/* journal_segments.c - room on disk, and the bytes that go into it.
 *
 * A segment begins as a spare: allocated to its full size, so that running out of disk shows before anything
 * is stored. It becomes a segment when all before it is durable: head written, flushed, renamed, folder
 * flushed. So a file named as a segment proves that everything before its first entry was durable.
 *
 * Small appends write zeros ahead of themselves, ZERO_AHEAD_BYTES at a time, so that nearly all of their
 * flushes overwrite blocks, which costs no file system transaction. Large appends don't: zeros would double
 * what they write.
 */
#include "base/log.h"
#include "daemon/journal_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void spare_path(const struct journal *journal, unsigned number, char out[JOURNAL_PATH_BYTES])
{
    if (snprintf(out, JOURNAL_PATH_BYTES, "%s/spare-%u", journal->segments_directory, number) >=
        JOURNAL_PATH_BYTES)
        die("journal: path too long: %s", journal->segments_directory);
}

static bool spare_is_refused_room(int code)
{
    return code == -ENOSPC || code == -EDQUOT || code == -EFBIG;
}

/* Allocated, flushed and zero. */
static int spare_fill(struct journal *journal, const struct spare *spare)
{
    struct disk *disk = journal->disk;
    int code = disk->ops->allocate(disk, spare->handle, spare->bytes);
    return code != 0 ? code : disk->ops->sync(disk, spare->handle);
}

static int spare_make(struct journal *journal, uint64_t bytes, size_t at)
{
    struct disk *disk = journal->disk;
    struct spare spare = {.number = journal->spare_number++, .bytes = bytes};
    char path[JOURNAL_PATH_BYTES];
    if (journal->bytes_max > 0 && journal->bytes + bytes > journal->bytes_max)
        return JOURNAL_E_FULL;
    spare_path(journal, spare.number, path);
    int code = disk->ops->open(disk, path, true, &spare.handle);
    if (code != 0)
        return spare_is_refused_room(code) ? JOURNAL_E_FULL : code;
    code = spare_fill(journal, &spare);
    if (code != 0) {
        disk->ops->close(disk, spare.handle);
        int removed = disk->ops->remove(disk, path);
        if (!spare_is_refused_room(code))
            return code;
        return removed != 0 ? removed : JOURNAL_E_FULL;
    }
    if (journal->spares_count == journal->spares_room) {
        journal->spares_room = journal->spares_room * 2 + 4;
        journal->spares = memory_grow(journal->spares, journal->spares_room * sizeof *journal->spares);
    }
    memmove(&journal->spares[at + 1], &journal->spares[at], (journal->spares_count++ - at) * sizeof spare);
    journal->spares[at] = spare;
    journal->bytes += bytes;
    return 0;
}

/* A record that is larger than a segment gets a segment of its own size. */
static uint64_t segment_size_for(const struct journal *journal, uint64_t record)
{
    uint64_t needed = SEGMENT_HEAD_BYTES + record;
    return needed > journal->segment_bytes ? needed : journal->segment_bytes;
}

/* 0 before the first one. */
static uint64_t segment_room(const struct journal *journal)
{
    return journal->segments_count > 0 ? journal->segments[journal->segments_count - 1].bytes : 0;
}

int journal_segments_reserve(struct journal *journal, const uint32_t *sizes, size_t count)
{
    uint64_t at = journal->tail, end = segment_room(journal);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (at + sizes[i] > end || end == 0) {
            uint64_t bytes = segment_size_for(journal, sizes[i]);
            bool have = used < journal->spares_count && journal->spares[used].bytes >= bytes;
            int code = have ? 0 : spare_make(journal, bytes, used);
            if (code != 0)
                return code;
            end = journal->spares[used++].bytes;
            at = SEGMENT_HEAD_BYTES;
        }
        at += sizes[i];
    }
    return 0;
}

void journal_segment_add(struct journal *journal, uint64_t first, uint64_t bytes)
{
    pthread_mutex_lock(&journal->mutex);
    if (journal->segments_count == journal->segments_room) {
        journal->segments_room = journal->segments_room * 2 + 16;
        journal->segments =
            memory_grow(journal->segments, journal->segments_room * sizeof *journal->segments);
    }
    journal->segments[journal->segments_count++] = (struct segment){first, bytes};
    pthread_mutex_unlock(&journal->mutex);
}

static struct spare spare_take(struct journal *journal)
{
    ASSERT(journal->spares_count > 0);
    struct spare spare = journal->spares[0];
    memmove(&journal->spares[0], &journal->spares[1], --journal->spares_count * sizeof spare);
    return spare;
}

static int segment_write_head(struct journal *journal, const struct spare *spare,
                              const struct segment_head *head)
{
    struct disk *disk = journal->disk;
    unsigned char page[SEGMENT_HEAD_BYTES];
    char from[JOURNAL_PATH_BYTES], to[JOURNAL_PATH_BYTES];
    segment_head_encode(head, page);
    spare_path(journal, spare->number, from);
    segment_path(journal->segments_directory, head->first, to);
    int code = disk->ops->write(disk, spare->handle, 0, (struct bytes){page, sizeof page});
    if (code == 0)
        code = disk->ops->sync(disk, spare->handle);
    if (code == 0)
        code = disk->ops->rename(disk, from, to);
    return code != 0 ? code : disk->ops->sync_directory(disk, journal->segments_directory);
}

int journal_segment_start(struct journal *journal, uint64_t first, const struct digest *chain,
                          uint64_t bytes_min)
{
    struct spare spare = spare_take(journal);
    ASSERT(spare.bytes >= SEGMENT_HEAD_BYTES + bytes_min);
    struct segment_head head = {.first = first,
                                .received_us = atomic_load(&journal->received_us),
                                .bytes = spare.bytes,
                                .chain = *chain};
    memcpy(head.id, journal->id, JOURNAL_ID_BYTES);
    digest_random(&head.salt, sizeof head.salt);
    int code = segment_write_head(journal, &spare, &head);
    int closed = journal->handle >= 0 ? journal->disk->ops->close(journal->disk, journal->handle) : 0;
    journal->handle = spare.handle;
    journal->salt = head.salt;
    journal->tail = journal->written = SEGMENT_HEAD_BYTES;
    if (code == 0)
        code = closed;
    if (code == 0)
        journal_segment_add(journal, first, spare.bytes);
    return code;
}

int journal_segment_write(struct journal *journal)
{
    struct buffer *buffer = &journal->buffer;
    uint64_t end = journal->tail + buffer->bytes, room = segment_room(journal);
    ASSERT(end <= room);
    if (end > journal->written) {
        uint64_t ahead = buffer->bytes < ZERO_AHEAD_BYTES / 4 ? ZERO_AHEAD_BYTES : 0;
        if (ahead > room - end)
            ahead = room - end;
        memset(buffer_reserve(buffer, ahead), 0, ahead);
        buffer->bytes += ahead;
        journal->written = end + ahead;
    }
    int code = journal->disk->ops->write(journal->disk, journal->handle, journal->tail, buffer_view(buffer));
    journal->tail = end;
    buffer_reset(buffer);
    return code;
}

/* ---- places ---- */
void journal_place_load(struct journal *journal, const struct place *place)
{
    if (journal->places_count == journal->places_room) {
        journal->places_room = journal->places_room * 2 + 256;
        journal->places = memory_grow(journal->places, journal->places_room * sizeof *journal->places);
    }
    journal->places[journal->places_count++] = *place;
}

void journal_place_add(struct journal *journal, const struct place *place)
{
    const struct place *last = journal->places_count > 0 ? &journal->places[journal->places_count - 1] : NULL;
    if (last != NULL && last->segment == place->segment &&
        place->offset - last->offset < PLACE_DISTANCE_BYTES)
        return;
    pthread_mutex_lock(&journal->mutex);
    journal_place_load(journal, place);
    pthread_mutex_unlock(&journal->mutex);
    journal_index_place(journal->index, place);
}

/* Index of the last element whose sequence number is at most seq; the first field of each is the number. */
static size_t journal_last_at_most(const void *array, size_t count, size_t size, uint64_t seq)
{
    size_t low = 0, high = count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        uint64_t at;
        memcpy(&at, (const unsigned char *)array + middle * size, sizeof at);
        if (at <= seq)
            low = middle;
        else
            high = middle;
    }
    return low;
}

struct place journal_place_find(struct journal *journal, uint64_t seq)
{
    pthread_mutex_lock(&journal->mutex);
    size_t at =
        journal_last_at_most(journal->segments, journal->segments_count, sizeof *journal->segments, seq);
    uint64_t first = journal->segments[at].first;
    struct place found = {first, first, SEGMENT_HEAD_BYTES};
    if (journal->places_count > 0) {
        at = journal_last_at_most(journal->places, journal->places_count, sizeof *journal->places, seq);
        if (journal->places[at].seq <= seq && journal->places[at].segment == first)
            found = journal->places[at];
    }
    pthread_mutex_unlock(&journal->mutex);
    return found;
}
