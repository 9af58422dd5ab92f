/* journal_walk.c - reads segments record by record, a quarter of a megabyte at a time, believing nothing
 * whose checksum does not hold.
 *
 * What was read may be older than what is on disk now (the appending thread goes on writing), so a record
 * that does not decode is read once more before it counts as blank or damaged.
 */
#include "base/log.h"
#include "daemon/journal_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void segment_path(const char *directory, uint64_t first, char out[JOURNAL_PATH_BYTES])
{
    snprintf(out, JOURNAL_PATH_BYTES, "%s/%020" PRIu64 ".seg", directory, first);
}

struct segment_names {
    uint64_t *firsts;
    size_t count, room;
};

static void segment_list_each(void *context, const char *name)
{
    struct segment_names *names = context;
    uint64_t first;
    struct text t = text_from(name);
    if (t.bytes != 24 || memcmp(name + 20, ".seg", 4) != 0 ||
        !text_parse_u64((struct text){name, 20}, &first))
        return;
    if (names->count == names->room) {
        names->room = names->room * 2 + 16;
        names->firsts = memory_grow(names->firsts, names->room * sizeof *names->firsts);
    }
    names->firsts[names->count++] = first;
}

static int segment_first_compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

int segment_list(struct disk *disk, const char *directory, uint64_t **firsts_out, size_t *count_out)
{
    struct segment_names names = {0};
    int code = disk->ops->list(disk, directory, segment_list_each, &names);
    if (code != 0) {
        free(names.firsts);
        return code;
    }
    if (names.count > 0)
        qsort(names.firsts, names.count, sizeof *names.firsts, segment_first_compare);
    *firsts_out = names.firsts;
    *count_out = names.count;
    return 0;
}

void walk_open(struct walk *walk, struct disk *disk, const char *directory)
{
    *walk = (struct walk){.disk = disk, .directory = directory, .handle = -1, .room = READ_AHEAD_BYTES};
    walk->buffer = memory_alloc(walk->room);
}

static void walk_leave_segment(struct walk *walk)
{
    if (walk->handle >= 0)
        walk->disk->ops->close(walk->disk, walk->handle);
    walk->handle = -1;
    walk->buffer_bytes = 0;
}

void walk_close(struct walk *walk)
{
    walk_leave_segment(walk);
    free(walk->buffer);
}

static int walk_fill(struct walk *walk, size_t bytes)
{
    if (bytes < READ_AHEAD_BYTES)
        bytes = READ_AHEAD_BYTES;
    if (bytes > walk->room) {
        walk->room = RECORD_BYTES_MAX;
        walk->buffer = memory_grow(walk->buffer, walk->room);
    }
    ASSERT(bytes <= walk->room);
    walk->buffer_at = walk->offset;
    walk->buffer_bytes = 0;
    return walk->disk->ops->read(walk->disk, walk->handle, walk->offset, walk->buffer, bytes,
                                 &walk->buffer_bytes);
}

void walk_complain(const struct walk *walk, uint64_t seq, const char *what, struct complaint *complaint)
{
    char path[JOURNAL_PATH_BYTES];
    segment_path(walk->directory, walk->head.first, path);
    complain(complaint, "", path, "%s: entry %" PRIu64 " at byte %" PRIu64 " of %s", what, seq, walk->offset,
             path);
}

int walk_segment(struct walk *walk, uint64_t first, struct complaint *complaint)
{
    char path[JOURNAL_PATH_BYTES];
    walk_leave_segment(walk);
    segment_path(walk->directory, first, path);
    int code = walk->disk->ops->open(walk->disk, path, false, &walk->handle);
    if (code != 0)
        walk->handle = -1;
    if (code == -ENOENT) {
        complain(complaint, "", path, "segment %s is missing", path);
        return JOURNAL_E_GONE;
    }
    walk->offset = 0;
    if (code == 0)
        code = walk_fill(walk, SEGMENT_HEAD_BYTES);
    if (code != 0)
        return code;
    if (!segment_head_decode((struct bytes){walk->buffer, walk->buffer_bytes}, &walk->head) ||
        walk->head.first != first) {
        complain(complaint, "", path, "the head of segment %s is damaged", path);
        walk_leave_segment(walk);
        return JOURNAL_E_CORRUPT;
    }
    walk->offset = SEGMENT_HEAD_BYTES;
    return 0;
}

static enum record_state walk_decode(struct walk *walk, struct record *record_out, size_t *bytes_out)
{
    *bytes_out = RECORD_HEAD_BYTES;
    if (walk->offset < walk->buffer_at || walk->offset >= walk->buffer_at + walk->buffer_bytes)
        return RECORD_SHORT;
    size_t at = (size_t)(walk->offset - walk->buffer_at);
    return record_decode((struct bytes){walk->buffer + at, walk->buffer_bytes - at}, walk->head.salt,
                         record_out, bytes_out);
}

int walk_peek(struct walk *walk, bool refill, struct record *record_out, size_t *bytes_out,
              enum record_state *state_out)
{
    *state_out = walk_decode(walk, record_out, bytes_out);
    if (*state_out == RECORD_FINE || !refill)
        return 0;
    int code = walk_fill(walk, 0);
    if (code != 0)
        return code;
    *state_out = walk_decode(walk, record_out, bytes_out);
    if (*state_out == RECORD_SHORT && *bytes_out > walk->buffer_bytes &&
        walk->buffer_bytes >= READ_AHEAD_BYTES) {
        code = walk_fill(walk, *bytes_out);
        if (code != 0)
            return code;
        *state_out = walk_decode(walk, record_out, bytes_out);
    }
    if (*state_out == RECORD_SHORT) /* the file ends here */
        *state_out = walk->buffer_bytes < RECORD_TELL_BYTES ? RECORD_BLANK : RECORD_DAMAGED;
    return 0;
}

int walk_find_witness(struct walk *walk, uint64_t seq, bool *found_out)
{
    *found_out = false;
    for (; walk->offset + RECORD_HEAD_BYTES <= walk->head.bytes; walk->offset += RECORD_ALIGN) {
        struct record record;
        size_t bytes;
        enum record_state state = walk_decode(walk, &record, &bytes);
        if (state == RECORD_SHORT) {
            int code = walk_peek(walk, true, &record, &bytes, &state);
            if (code != 0)
                return code;
            if (walk->buffer_bytes == 0)
                return 0;
        }
        if (state == RECORD_FINE && record.durable_seq >= seq) {
            *found_out = true;
            return 0;
        }
    }
    return 0;
}
