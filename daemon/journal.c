/* journal.c - opening, appending, closing. The other parts: journal_record (bytes), journal_walk (reading
 * them), journal_segments (room and writing), journal_recover (after a stop of any kind), journal_read
 * (readers), journal_index (look-ups), journal_verify.
 *
 * An append has one order: look up identities → make sure of the room → encode → write → flush → publish the
 * head. Before the write everything can be taken back; from the first write on an error is final: it stays in
 * `failed`, no later append is tried, because a flush that failed once may report success the next time
 * without having written anything.
 *
 * Invariants: (1) head is the last entry that is flushed; readers never look behind it; (2) the index never
 * knows an entry that isn't flushed; (3) an identity in the index or in the batch is never stored again.
 */
#include "daemon/journal.h"

#include "base/file.h"
#include "base/log.h"
#include "daemon/journal_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_BYTES_ALL_MAX = 1 << 30 };

/* ---- opening ---- */
static int journal_complain(struct complaint *complaint, int code, const char *what, const char *path)
{
    complain(complaint, "", path, "cannot %s %s: %s", what, path, error_text(code));
    return code;
}

static int journal_make_folders(struct journal *journal, struct complaint *complaint)
{
    int code = file_make_folders(journal->directory);
    if (code == 0 && mkdir(journal->segments_directory, 0750) != 0 && errno != EEXIST)
        code = error_from_errno();
    if (code == 0)
        code = journal->disk->ops->sync_directory(journal->disk, journal->directory);
    return code == 0 ? 0 : journal_complain(complaint, code, "make", journal->segments_directory);
}

static int journal_take_lock(struct journal *journal, struct complaint *complaint)
{
    char path[JOURNAL_PATH_BYTES + 8];
    snprintf(path, sizeof path, "%s/lock", journal->directory);
    journal->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (journal->lock < 0)
        return journal_complain(complaint, error_from_errno(), "open", path);
    if (flock(journal->lock, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno != EWOULDBLOCK)
        return journal_complain(complaint, error_from_errno(), "lock", path);
    complain(complaint, "", path, "another process has this journal open (%s)", path);
    return JOURNAL_E_LOCKED;
}

static struct journal *journal_new(const struct journal_options *options)
{
    struct journal *journal = memory_alloc(sizeof *journal);
    *journal = (struct journal){
        .disk = options->disk != NULL ? options->disk : disk_real(),
        .segment_bytes = options->segment_bytes > 0 ? options->segment_bytes : SEGMENT_BYTES,
        .bytes_max = options->bytes_max,
        .lock = -1,
        .handle = -1,
    };
    int bytes = snprintf(journal->directory, sizeof journal->directory, "%s", options->directory);
    ASSERT(bytes > 0 && bytes < JOURNAL_PATH_BYTES - 64);
    snprintf(journal->segments_directory, sizeof journal->segments_directory, "%.*s/segments",
             JOURNAL_PATH_BYTES - 64, options->directory);
    if (journal->segment_bytes < 2 * SEGMENT_HEAD_BYTES)
        journal->segment_bytes = 2 * SEGMENT_HEAD_BYTES;
    pthread_mutex_init(&journal->mutex, NULL);
    buffer_open(&journal->buffer, BUFFER_BYTES_ALL_MAX);
    return journal;
}

/* Without a word from whoever noticed it first, the code speaks. */
static void journal_explain(int code, const char *directory, struct complaint *complaint)
{
    if (complaint != NULL && complaint->message[0] == '\0')
        complain(complaint, "", directory, "cannot open the journal %s: %s", directory,
                 code == JOURNAL_E_FULL || code == -ENOSPC
                     ? "the disk is full; nothing is lost: make room and start again"
                     : error_text(code));
}

int journal_open(const struct journal_options *options, struct journal **journal_out,
                 struct complaint *complaint)
{
    struct complaint unread;
    if (complaint == NULL)
        complaint = &unread;
    complaint->message[0] = '\0';
    digest_init();
    struct journal *journal = journal_new(options);
    int code = journal_make_folders(journal, complaint);
    if (code == 0)
        code = journal_take_lock(journal, complaint);
    if (code == 0)
        code = journal_recover(journal, options, complaint);
    if (code == 0)
        code = journal_reader_open(journal, &journal->lookback);
    if (code == 0) {
        *journal_out = journal;
        return 0;
    }
    journal_explain(code, options->directory, complaint);
    if (code == JOURNAL_E_CORRUPT)
        log_error(LOG_JOURNAL_CORRUPT, "journal: %s", complaint->message);
    journal_abandon(journal);
    return code;
}

void journal_abandon(struct journal *journal)
{
    if (journal->lookback != NULL)
        journal_reader_close(journal->lookback);
    if (journal->index != NULL)
        journal_index_close(journal->index);
    if (journal->handle >= 0)
        journal->disk->ops->close(journal->disk, journal->handle);
    for (size_t i = 0; i < journal->spares_count; i++)
        journal->disk->ops->close(journal->disk, journal->spares[i].handle);
    if (journal->lock >= 0)
        close(journal->lock);
    pthread_mutex_destroy(&journal->mutex);
    buffer_close(&journal->buffer);
    free(journal->spares);
    free(journal->segments);
    free(journal->places);
    free(journal->news);
    free(journal);
}

static int journal_commit_index(struct journal *journal, bool wait)
{
    struct index_cursor cursor = {journal->head_place, journal->chain};
    return journal_index_commit(journal->index, &cursor, wait);
}

void journal_close(struct journal *journal)
{
    if (journal->failed == 0 && journal->head_place.seq > 0 && journal_commit_index(journal, true) != 0)
        log_warning(LOG_GENERAL,
                    "journal: the index was not written; the next start reads the end of the journal again");
    journal_abandon(journal);
}

/* ---- appending ---- */
static int journal_fail(struct journal *journal, int code, const char *what)
{
    ASSERT(code < 0);
    journal->failed = code;
    log_error(LOG_JOURNAL_FAILED, "journal %s: cannot %s: %s", journal->directory, what, error_text(code));
    return code;
}

/* Damage found on the way: the process stops, the next start sees to the index. */
static int journal_index_fail(struct journal *journal, int code)
{
    if (journal_index_lacks_room(code))
        return JOURNAL_E_FULL;
    if (code > 0)
        journal_index_distrust(journal->index);
    return journal_fail(journal, code < 0 ? code : -EIO, "use the index");
}

/* Is the entry of this sequence number the same event? */
static int journal_compare_stored(struct journal *journal, struct append *append)
{
    struct entry entry;
    struct complaint complaint = {.message = ""};
    size_t count = 0;
    int code = journal_read(journal->lookback, append->seq, 1, SIZE_MAX, &entry, &count, &complaint);
    if (code != 0 || count == 0) {
        log_error(LOG_JOURNAL_CORRUPT, "journal: entry %" PRIu64 " cannot be read: %s", append->seq,
                  complaint.message);
        return journal_fail(journal, code < 0 ? code : -EIO, "compare a repeated event with the first one");
    }
    bool same = entry.body.bytes == append->body.bytes &&
                memcmp(entry.body.at, append->body.at, entry.body.bytes) == 0;
    append->result = same ? APPEND_DUPLICATE : APPEND_CONFLICT;
    return 0;
}

static void journal_compare_in_batch(const struct journal *journal, const struct append *batch,
                                     struct append *append)
{
    const struct append *first = &batch[journal->news[append->seq - atomic_load(&journal->head) - 1]];
    ASSERT(first < append && first->result == APPEND_NEW);
    bool same = first->body.bytes == append->body.bytes &&
                memcmp(first->body.at, append->body.at, append->body.bytes) == 0;
    append->result = same ? APPEND_DUPLICATE : APPEND_CONFLICT;
}

/* Sets result and seq of one; a new one is known to the index from here on. */
static int journal_resolve(struct journal *journal, const struct append *batch, struct append *append,
                           uint64_t *next)
{
    struct key key = journal_index_key(append->source, append->id);
    uint64_t head = atomic_load(&journal->head);
    int code = journal_index_find(journal->index, &key, &append->seq);
    if (code != 0)
        return journal_index_fail(journal, code);
    if (append->seq == 0) {
        append->result = APPEND_NEW;
        append->seq = (*next)++;
        journal->news[append->seq - head - 1] = (uint32_t)(append - batch);
        journal_index_add(journal->index, &key, append->seq);
        return 0;
    }
    if (append->seq <= head)
        return journal_compare_stored(journal, append);
    journal_compare_in_batch(journal, batch, append);
    return 0;
}

static int journal_resolve_all(struct journal *journal, struct append *batch, size_t count, uint64_t *next)
{
    int code = journal_index_begin(journal->index);
    if (code != 0)
        return journal_fail(journal, code < 0 ? code : -EIO, "read the index");
    if (count > journal->news_room) {
        journal->news_room = count;
        journal->news = memory_grow(journal->news, count * sizeof *journal->news);
    }
    for (size_t i = 0; i < count && code == 0; i++)
        code = journal_resolve(journal, batch, &batch[i], next);
    journal_index_end(journal->index);
    return code;
}

static struct record journal_record_of(struct journal *journal, const struct append *append)
{
    return (struct record){.seq = append->seq,
                           .received_us = append->received_us,
                           .durable_seq = atomic_load(&journal->head),
                           .publisher = append->publisher,
                           .source = append->source,
                           .id = append->id,
                           .body = append->body};
}

static int journal_reserve(struct journal *journal, const struct append *batch, size_t new_count)
{
    uint32_t *sizes = memory_alloc(new_count * sizeof *sizes);
    for (size_t i = 0; i < new_count; i++) {
        struct record record = journal_record_of(journal, &batch[journal->news[i]]);
        sizes[i] = (uint32_t)record_bytes(&record);
    }
    int code = journal_segments_reserve(journal, sizes, new_count);
    free(sizes);
    return code < 0 ? journal_fail(journal, code, "make room") : code;
}

/* What was written is flushed and becomes the head. */
static int journal_flush(struct journal *journal, uint64_t last, const struct digest *chain,
                         int64_t received_us)
{
    int code = journal_segment_write(journal);
    if (code == 0)
        code = journal->disk->ops->sync(journal->disk, journal->handle);
    if (code != 0)
        return journal_fail(journal, code, "write");
    pthread_mutex_lock(&journal->mutex);
    journal->chain = *chain;
    pthread_mutex_unlock(&journal->mutex);
    atomic_store(&journal->received_us, received_us);
    atomic_store(&journal->head, last);
    return 0;
}

static void journal_encode(struct journal *journal, struct record *record, struct digest *chain)
{
    size_t bytes = record_bytes(record);
    record->chain = *chain = record_chain(chain, record);
    record_encode(record, journal->salt, buffer_reserve(&journal->buffer, bytes));
    journal->head_place = (struct place){record->seq, journal->segments[journal->segments_count - 1].first,
                                         journal->tail + journal->buffer.bytes};
    journal_place_add(journal, &journal->head_place);
    journal->buffer.bytes += bytes;
}

/* Flushes what fills the segment and starts the next one. */
static int journal_switch(struct journal *journal, const struct record *record, const struct digest *chain,
                          int64_t received_us)
{
    int code = journal->buffer.bytes == 0 ? 0 : journal_flush(journal, record->seq - 1, chain, received_us);
    if (code != 0)
        return code;
    code = journal_segment_start(journal, record->seq, chain, record_bytes(record));
    return code == 0 ? 0 : journal_fail(journal, code, "start a segment");
}

static int journal_store(struct journal *journal, struct append *batch, size_t new_count)
{
    struct digest chain = journal->chain;
    int64_t received_us = atomic_load(&journal->received_us);
    uint64_t last = atomic_load(&journal->head) + new_count;
    for (size_t i = 0; i < new_count; i++) {
        struct append *append = &batch[journal->news[i]];
        if (append->received_us < received_us)
            append->received_us = received_us;
        struct record record = journal_record_of(journal, append);
        uint64_t end = journal->tail + journal->buffer.bytes + record_bytes(&record);
        if (end > journal->segments[journal->segments_count - 1].bytes) {
            int code = journal_switch(journal, &record, &chain, received_us);
            if (code != 0)
                return code;
            record.durable_seq = atomic_load(&journal->head);
        }
        received_us = append->received_us;
        journal_encode(journal, &record, &chain);
    }
    return journal_flush(journal, last, &chain, received_us);
}

/* Room in the index comes first: after it nothing can be refused for want of it. */
static int journal_make_index_room(struct journal *journal)
{
    if (!journal_index_is_full(journal->index))
        return 0;
    int code = journal_commit_index(journal, false);
    return code == 0 ? 0 : journal_index_fail(journal, code);
}

int journal_append(struct journal *journal, struct append *batch, size_t count)
{
    if (journal->failed != 0)
        return journal->failed;
    int code = journal_make_index_room(journal);
    if (code != 0)
        return code;
    uint64_t before = atomic_load(&journal->head), next = before + 1;
    code = journal_resolve_all(journal, batch, count, &next);
    size_t new_count = (size_t)(next - before - 1);
    if (code != 0 || new_count == 0)
        return code;
    code = journal_reserve(journal, batch, new_count);
    if (code == JOURNAL_E_FULL)
        journal_index_undo(journal->index, new_count);
    return code != 0 ? code : journal_store(journal, batch, new_count);
}

int journal_find(struct journal *journal, struct text source, struct text id, uint64_t *seq_out)
{
    struct key key = journal_index_key(source, id);
    if (journal->failed != 0)
        return journal->failed;
    int code = journal_index_begin(journal->index);
    if (code == 0)
        code = journal_index_find(journal->index, &key, seq_out);
    journal_index_end(journal->index);
    return code == 0 ? 0 : journal_index_fail(journal, code);
}

/* ---- what it is ---- */
uint64_t journal_head(const struct journal *journal)
{
    return atomic_load(&journal->head);
}

uint64_t journal_first(const struct journal *journal)
{
    (void)journal;
    return 1; /* nothing is trimmed: while an event is in the journal its identity is known (design invariant
                 5) */
}

int64_t journal_last_received_us(const struct journal *journal)
{
    return atomic_load(&journal->received_us);
}

struct text journal_id(const struct journal *journal)
{
    return (struct text){journal->id, JOURNAL_ID_BYTES};
}

struct digest journal_head_digest(const struct journal *journal)
{
    return journal->chain;
}
