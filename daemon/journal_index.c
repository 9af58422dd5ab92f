/* journal_index.c - two tables in memory before one LMDB environment.
 *
 * `open` takes new identities; when it is full it becomes `closed`, and a thread writes that one out, sorted,
 * while the other fills. A find asks open, closed, then LMDB. Invariants: (1) an identity is in at least one
 * of the three from its add on; (2) a closed table is emptied only after its commit is durable, by the thread
 * that appends; (3) the cursor on disk names the last entry whose identity and place are on disk; (4) only
 * the index thread (or, without one, the appending one) writes to LMDB.
 *
 * LMDB has no checksums of its own and ends the process when its pages make no sense. So a mark lies beside
 * it while it is opened; who finds the mark starts with an empty index. Values are checked by base/store.
 */
#include "daemon/journal_index.h"

#include "base/arena.h"
#include "base/log.h"
#include "daemon/journal_record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TABLE_META, TABLE_IDENTITY, TABLE_PLACE };
enum {
    INDEX_SCHEMA = 1,
    INDEX_PATH_BYTES = 4096,
    INDEX_KEYS_BYTES_MAX = 1 << 30,
    IDENTITY_BYTES_MAX = SOURCE_BYTES_MAX + NAME_BYTES_MAX,
    CURSOR_BYTES = JOURNAL_ID_BYTES + 24 + DIGEST_BYTES,
};
static const uint64_t index_map_bytes = UINT64_C(1) << 36; /* address space; the file grows as needed */

struct slot {
    uint64_t seq;
    uint32_t next;   /* in the bucket, 1-based */
    uint32_t key_at; /* in keys */
    uint32_t bucket;
    uint32_t key_bytes;
};

struct table {
    struct slot *slots;
    size_t count, room;
    uint32_t *buckets;
    struct buffer keys;
    struct place *places;
    size_t places_count, places_room;
    struct index_cursor cursor; /* what its commit brings the index to */
};

struct journal_index {
    struct store *store;
    struct store_txn *read;
    char directory[INDEX_PATH_BYTES], mark[INDEX_PATH_BYTES], id[JOURNAL_ID_BYTES];
    bool durable;
    size_t events_max;
    uint32_t buckets_count;
    struct table tables[2], *open, *closed;

    bool threaded;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool handed_over, quit;
    int code; /* of the last hand-over */
};

/* ---- a table in memory ---- */
static void table_open(struct table *table, size_t buckets_count)
{
    *table = (struct table){.buckets = memory_alloc(buckets_count * sizeof *table->buckets)};
    buffer_open(&table->keys, INDEX_KEYS_BYTES_MAX);
}

static void table_close(struct table *table)
{
    free(table->slots);
    free(table->buckets);
    free(table->places);
    buffer_close(&table->keys);
}

static void table_reset(struct table *table, size_t buckets_count)
{
    memset(table->buckets, 0, buckets_count * sizeof *table->buckets);
    buffer_reset(&table->keys);
    table->count = table->places_count = 0;
}

static uint32_t table_bucket(const struct journal_index *index, const struct key *key)
{
    return (uint32_t)digest_checksum((struct bytes){key->at, key->bytes}, 0) & (index->buckets_count - 1);
}

static uint64_t table_find(const struct table *table, uint32_t bucket, const struct key *key)
{
    if (table->count == 0)
        return 0;
    for (uint32_t at = table->buckets[bucket]; at != 0; at = table->slots[at - 1].next) {
        const struct slot *slot = &table->slots[at - 1];
        if (slot->key_bytes == key->bytes && memcmp(table->keys.at + slot->key_at, key->at, key->bytes) == 0)
            return slot->seq;
    }
    return 0;
}

static void table_add(struct table *table, uint32_t bucket, const struct key *key, uint64_t seq)
{
    if (table->count == table->room) {
        table->room = table->room * 2 + 1024;
        table->slots = memory_grow(table->slots, table->room * sizeof *table->slots);
    }
    table->slots[table->count++] = (struct slot){.seq = seq,
                                                 .next = table->buckets[bucket],
                                                 .key_at = (uint32_t)table->keys.bytes,
                                                 .bucket = bucket,
                                                 .key_bytes = (uint32_t)key->bytes};
    table->buckets[bucket] = (uint32_t)table->count;
    buffer_append(&table->keys, key->at, key->bytes);
}

static void table_undo(struct table *table)
{
    ASSERT(table->count > 0);
    struct slot *slot = &table->slots[--table->count];
    ASSERT(table->buckets[slot->bucket] == table->count + 1);
    table->buckets[slot->bucket] = slot->next;
    table->keys.bytes = slot->key_at;
}

static int table_compare(const void *a, const void *b, void *context)
{
    const struct table *table = context;
    const struct slot *x = a, *y = b;
    size_t bytes = x->key_bytes < y->key_bytes ? x->key_bytes : y->key_bytes;
    int order = memcmp(table->keys.at + x->key_at, table->keys.at + y->key_at, bytes);
    return order != 0 ? order : (int)x->key_bytes - (int)y->key_bytes;
}

/* ---- what LMDB holds ---- */
static struct key index_cursor_key(void)
{
    struct key key = key_of(TABLE_META);
    key_add_text(&key, TEXT("cursor"));
    return key;
}

static void index_put_cursor(struct journal_index *index, struct store_txn *txn,
                             const struct index_cursor *cursor)
{
    unsigned char value[CURSOR_BYTES];
    struct key key = index_cursor_key();
    memcpy(value, index->id, JOURNAL_ID_BYTES);
    le_put_u64(value + 32, cursor->at.seq);
    le_put_u64(value + 40, cursor->at.segment);
    le_put_u64(value + 48, cursor->at.offset);
    memcpy(value + 56, cursor->chain.at, DIGEST_BYTES);
    store_put(txn, &key, (struct bytes){value, sizeof value});
}

/* False when the index is empty or another journal's. */
static bool index_get_cursor(struct journal_index *index, struct store_txn *txn,
                             struct index_cursor *cursor_out)
{
    struct key key = index_cursor_key();
    struct bytes value;
    if (!store_get(txn, &key, &value) || value.bytes != CURSOR_BYTES ||
        memcmp(value.at, index->id, JOURNAL_ID_BYTES) != 0)
        return false;
    cursor_out->at.seq = le_u64(value.at + 32);
    cursor_out->at.segment = le_u64(value.at + 40);
    cursor_out->at.offset = le_u64(value.at + 48);
    memcpy(cursor_out->chain.at, value.at + 56, DIGEST_BYTES);
    return true;
}

static void index_put_places(struct store_txn *txn, const struct table *table)
{
    for (size_t i = 0; i < table->places_count; i++) {
        struct key key = key_of(TABLE_PLACE);
        unsigned char value[16];
        key_add_u64(&key, table->places[i].seq);
        le_put_u64(value, table->places[i].segment);
        le_put_u64(value + 8, table->places[i].offset);
        store_put(txn, &key, (struct bytes){value, sizeof value});
    }
}

static void index_put_identities(struct store_txn *txn, const struct table *table, const struct slot *sorted)
{
    struct key key;
    for (size_t i = 0; i < table->count; i++) {
        unsigned char value[8];
        memcpy(key.at, table->keys.at + sorted[i].key_at, sorted[i].key_bytes);
        key.bytes = sorted[i].key_bytes;
        le_put_u64(value, sorted[i].seq);
        store_put(txn, &key, (struct bytes){value, sizeof value});
    }
}

/* The buckets still point at the slots as added, so it is a copy that is sorted. */
static int index_write_table(struct journal_index *index, struct table *table)
{
    struct store_txn *txn;
    int code = store_begin_write(index->store, &txn);
    if (code != 0)
        return code;
    struct slot *sorted = memory_alloc(table->count * sizeof *sorted);
    if (table->count > 0) {
        memcpy(sorted, table->slots, table->count * sizeof *sorted);
        qsort_r(sorted, table->count, sizeof *sorted, table_compare, table);
    }
    index_put_identities(txn, table, sorted);
    index_put_places(txn, table);
    index_put_cursor(index, txn, &table->cursor);
    free(sorted);
    return store_commit_take(txn);
}

/* ---- the thread ---- */
static void *index_thread(void *context)
{
    struct journal_index *index = context;
    pthread_mutex_lock(&index->mutex);
    for (;;) {
        while (!index->handed_over && !index->quit)
            pthread_cond_wait(&index->changed, &index->mutex);
        if (!index->handed_over)
            break;
        pthread_mutex_unlock(&index->mutex);
        int code = index_write_table(index, index->closed);
        pthread_mutex_lock(&index->mutex);
        index->code = code;
        index->handed_over = false;
        pthread_cond_broadcast(&index->changed);
    }
    pthread_mutex_unlock(&index->mutex);
    return NULL;
}

static void index_hand_over(struct journal_index *index)
{
    pthread_mutex_lock(&index->mutex);
    index->handed_over = true;
    pthread_cond_broadcast(&index->changed);
    pthread_mutex_unlock(&index->mutex);
}

static int index_await(struct journal_index *index)
{
    pthread_mutex_lock(&index->mutex);
    while (index->handed_over)
        pthread_cond_wait(&index->changed, &index->mutex);
    int code = index->code;
    pthread_mutex_unlock(&index->mutex);
    return code;
}

static bool index_closed_is_empty(const struct journal_index *index)
{
    return index->closed->count == 0 && index->closed->places_count == 0;
}

bool journal_index_lacks_room(int code)
{
    return code == STORE_E_FULL || code == STORE_E_DISK_FULL;
}

/* Waits until nothing is closed any more; tries again what failed for want of room. */
static int index_settle(struct journal_index *index)
{
    if (index_closed_is_empty(index))
        return 0;
    int code = index->threaded ? index_await(index) : index->code;
    if (journal_index_lacks_room(code))
        code = index->code = index_write_table(index, index->closed);
    if (code == 0)
        table_reset(index->closed, index->buckets_count);
    return code;
}

/* A closed table that is on disk by now needs not be looked into any more. */
static void index_settle_if_done(struct journal_index *index)
{
    if (index_closed_is_empty(index) || index->read != NULL)
        return;
    pthread_mutex_lock(&index->mutex);
    bool done = !index->handed_over && index->code == 0;
    pthread_mutex_unlock(&index->mutex);
    if (done)
        table_reset(index->closed, index->buckets_count);
}

int journal_index_commit(struct journal_index *index, const struct index_cursor *cursor, bool wait)
{
    ASSERT(index->read == NULL); /* it would not see what leaves memory now */
    int code = index_settle(index);
    if (code != 0)
        return code;
    if (index->open->count == 0 && index->open->places_count == 0)
        return 0;
    struct table *filled = index->open;
    filled->cursor = *cursor;
    index->open = index->closed;
    index->closed = filled;
    if (index->threaded)
        index_hand_over(index);
    else
        index->code = index_write_table(index, filled);
    return wait || !index->threaded ? index_settle(index) : 0;
}

/* ---- opening ---- */
static int index_fail(struct complaint *complaint, const char *path, const char *what)
{
    int code = error_from_errno();
    complain(complaint, "", path, "cannot %s %s: %s", what, path, error_text(code));
    return code;
}

static int index_set_mark(struct journal_index *index, struct complaint *complaint)
{
    int fd = open(index->mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return index_fail(complaint, index->mark, "make");
    close(fd);
    return 0;
}

/* Removes what LMDB left; no process may have it open. */
static int index_wipe(struct journal_index *index, struct complaint *complaint)
{
    DIR *stream = opendir(index->directory);
    if (stream == NULL)
        return errno == ENOENT ? 0 : index_fail(complaint, index->directory, "open");
    int code = 0;
    for (struct dirent *entry = readdir(stream); entry != NULL && code == 0; entry = readdir(stream))
        if (entry->d_name[0] != '.' && unlinkat(dirfd(stream), entry->d_name, 0) != 0)
            code = index_fail(complaint, entry->d_name, "remove");
    closedir(stream);
    return code;
}

static int index_store_open(struct journal_index *index, struct complaint *complaint)
{
    struct store_options options = {.directory = index->directory,
                                    .map_bytes_max = index_map_bytes,
                                    .schema = INDEX_SCHEMA,
                                    .durable = index->durable};
    return store_open(&options, &index->store, complaint);
}

static void index_load_places(struct store_txn *txn, uint64_t last,
                              void (*each)(void *, const struct place *), void *context)
{
    struct key prefix = key_of(TABLE_PLACE);
    struct store_cursor at;
    for (bool more = store_first(txn, &prefix, NULL, &at); more; more = store_next(&at)) {
        struct key_reader reader = key_read(at.key);
        struct place place;
        if (!key_read_u64(&reader, &place.seq) || at.value.bytes != 16 || place.seq > last)
            continue;
        place.segment = le_u64(at.value.at);
        place.offset = le_u64(at.value.at + 8);
        each(context, &place);
    }
    store_cursor_end(&at);
}

/* 0 with a cursor, 0 with an empty one, or STORE_E_CORRUPT. */
static int index_load(struct journal_index *index, void (*each)(void *, const struct place *), void *context,
                      struct index_cursor *cursor_out)
{
    struct store_txn *txn;
    int code = store_begin_read(index->store, &txn);
    if (code != 0)
        return code;
    *cursor_out = (struct index_cursor){0};
    if (index_get_cursor(index, txn, cursor_out))
        index_load_places(txn, cursor_out->at.seq, each, context);
    return store_commit_take(txn);
}

static bool index_is_to_be_wiped(int code)
{
    return code == STORE_E_CORRUPT || code == STORE_E_SCHEMA;
}

/* Opens what is there; what cannot be read is wiped and opened empty. */
static int index_open_store(struct journal_index *index, void (*each)(void *, const struct place *),
                            void *context, struct index_cursor *cursor_out, struct complaint *complaint)
{
    bool suspect = access(index->mark, F_OK) == 0;
    int code = index_set_mark(index, complaint);
    if (code == 0 && suspect)
        code = index_wipe(index, complaint);
    if (code == 0)
        code = index_store_open(index, complaint);
    if (code == 0) {
        code = index_load(index, each, context, cursor_out);
        if (code == 0 && cursor_out->at.seq > 0)
            return 0;
        store_close(index->store); /* empty, or another journal's: begin with nothing in it */
        index->store = NULL;
    }
    if (code != 0 && !index_is_to_be_wiped(code))
        return code;
    *cursor_out = (struct index_cursor){0};
    code = index_wipe(index, complaint);
    return code != 0 ? code : index_store_open(index, complaint);
}

static void index_tables_open(struct journal_index *index)
{
    index->buckets_count = 1024;
    while (index->buckets_count < index->events_max)
        index->buckets_count *= 2;
    for (size_t i = 0; i < 2; i++)
        table_open(&index->tables[i], index->buckets_count);
    index->open = &index->tables[0];
    index->closed = &index->tables[1];
}

static void index_thread_start(struct journal_index *index)
{
    pthread_mutex_init(&index->mutex, NULL);
    pthread_cond_init(&index->changed, NULL);
    if (index->threaded && pthread_create(&index->thread, NULL, index_thread, index) != 0)
        index->threaded = false; /* slower, not wrong */
}

int journal_index_open(const struct journal_index_options *options,
                       void (*each)(void *context, const struct place *place), void *context,
                       struct journal_index **index_out, struct index_cursor *cursor_out,
                       struct complaint *complaint)
{
    struct journal_index *index = memory_alloc(sizeof *index);
    *index = (struct journal_index){.durable = options->durable, .threaded = options->threaded};
    index->events_max = options->events_max > 0 ? options->events_max : INDEX_EVENTS_MAX;
    ASSERT(options->journal_id.bytes == JOURNAL_ID_BYTES);
    memcpy(index->id, options->journal_id.at, JOURNAL_ID_BYTES);
    snprintf(index->directory, sizeof index->directory, "%s/index", options->directory);
    snprintf(index->mark, sizeof index->mark, "%s/index.suspect", options->directory);
    int code = index_open_store(index, each, context, cursor_out, complaint);
    if (code == 0 && unlink(index->mark) != 0)
        code = index_fail(complaint, index->mark, "remove");
    if (code != 0) {
        if (index->store != NULL)
            store_close(index->store);
        free(index);
        return code;
    }
    index_tables_open(index);
    index_thread_start(index);
    *index_out = index;
    return 0;
}

static void index_peek_store(struct journal_index *index, struct index_cursor *cursor_out)
{
    struct store_txn *txn;
    if (store_begin_read(index->store, &txn) != 0)
        return;
    bool found = index_get_cursor(index, txn, cursor_out);
    if (store_commit_take(txn) != 0 || !found)
        *cursor_out = (struct index_cursor){0};
}

struct index_cursor journal_index_peek(const char *directory, struct text journal_id)
{
    char data[INDEX_PATH_BYTES + 16];
    struct complaint complaint;
    struct index_cursor cursor = {0};
    struct journal_index *index = memory_alloc(sizeof *index);
    *index = (struct journal_index){.durable = false};
    ASSERT(journal_id.bytes == JOURNAL_ID_BYTES);
    memcpy(index->id, journal_id.at, JOURNAL_ID_BYTES);
    snprintf(index->directory, sizeof index->directory, "%s/index", directory);
    snprintf(index->mark, sizeof index->mark, "%s/index.suspect", directory);
    snprintf(data, sizeof data, "%s/data.mdb", index->directory);
    if (access(index->mark, F_OK) != 0 && access(data, R_OK | W_OK) == 0 &&
        index_store_open(index, &complaint) == 0) {
        index_peek_store(index, &cursor);
        store_close(index->store);
    }
    free(index);
    return cursor;
}

static void index_thread_stop(struct journal_index *index)
{
    if (index->threaded) {
        pthread_mutex_lock(&index->mutex);
        index->quit = true;
        pthread_cond_broadcast(&index->changed);
        pthread_mutex_unlock(&index->mutex);
        pthread_join(index->thread, NULL);
    }
    pthread_cond_destroy(&index->changed);
    pthread_mutex_destroy(&index->mutex);
}

void journal_index_close(struct journal_index *index)
{
    journal_index_end(index);
    index_thread_stop(index);
    store_close(index->store);
    table_close(&index->tables[0]);
    table_close(&index->tables[1]);
    free(index);
}

void journal_index_distrust(struct journal_index *index)
{
    struct complaint complaint;
    if (index_set_mark(index, &complaint) != 0)
        log_error(LOG_GENERAL, "%s", complaint.message);
}

/* ---- looking up ---- */
static void index_key_add(struct key *key, const void *at, size_t bytes)
{
    memcpy(key->at + key->bytes, at, bytes);
    key->bytes += bytes;
}

/* Source with its length before it, then id. What the door lets in fits whole; anything longer goes by its
 * digest. */
struct key journal_index_key(struct text source, struct text id)
{
    struct key key = key_of(TABLE_IDENTITY);
    unsigned char length[2] = {(unsigned char)(source.bytes >> 8), (unsigned char)source.bytes};
    if (source.bytes + id.bytes <= IDENTITY_BYTES_MAX) {
        index_key_add(&key, length, sizeof length);
        index_key_add(&key, source.at, source.bytes);
        index_key_add(&key, id.at, id.bytes);
        return key;
    }
    struct digest_state state;
    digest_begin(&state);
    digest_add(&state, length, sizeof length);
    digest_add(&state, source.at, source.bytes);
    digest_add(&state, id.at, id.bytes);
    struct digest digest = digest_end(&state);
    index_key_add(&key, "\xFF\xFF", 2);
    index_key_add(&key, digest.at, DIGEST_BYTES);
    return key;
}

int journal_index_begin(struct journal_index *index)
{
    index_settle_if_done(index);
    return index->read != NULL ? 0 : store_begin_read(index->store, &index->read);
}

void journal_index_end(struct journal_index *index)
{
    if (index->read != NULL)
        store_abort_take(index->read);
    index->read = NULL;
}

static int index_find_on_disk(struct journal_index *index, const struct key *key, uint64_t *seq_out)
{
    struct bytes value;
    ASSERT(index->read != NULL);
    *seq_out = 0;
    if (!store_get(index->read, key, &value))
        return store_error(index->read);
    if (value.bytes != 8)
        return STORE_E_CORRUPT;
    *seq_out = le_u64(value.at);
    return 0;
}

int journal_index_find(struct journal_index *index, const struct key *key, uint64_t *seq_out)
{
    uint32_t bucket = table_bucket(index, key);
    *seq_out = table_find(index->open, bucket, key);
    if (*seq_out == 0)
        *seq_out = table_find(index->closed, bucket, key);
    return *seq_out != 0 ? 0 : index_find_on_disk(index, key, seq_out);
}

void journal_index_add(struct journal_index *index, const struct key *key, uint64_t seq)
{
    table_add(index->open, table_bucket(index, key), key, seq);
}

void journal_index_undo(struct journal_index *index, size_t adds)
{
    while (adds-- > 0)
        table_undo(index->open);
}

void journal_index_place(struct journal_index *index, const struct place *place)
{
    struct table *table = index->open;
    if (table->places_count == table->places_room) {
        table->places_room = table->places_room * 2 + 64;
        table->places = memory_grow(table->places, table->places_room * sizeof *table->places);
    }
    table->places[table->places_count++] = *place;
}

bool journal_index_is_full(const struct journal_index *index)
{
    return index->open->count >= index->events_max;
}

bool journal_index_is_overfull(const struct journal_index *index)
{
    return index->open->count >= INDEX_OVERFULL_FACTOR * index->events_max;
}
