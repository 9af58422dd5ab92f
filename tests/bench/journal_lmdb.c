/* journal_lmdb.c - two tables: sequence -> entry (keys arrive in order), identity -> sequence (keys as in the
 * real index). base/store adds the checksum to each value. A commit is two flushes. */
#include "tests/bench/journal_lmdb.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/store.h"
#include "daemon/journal_index.h"
#include "daemon/journal_record.h"

#include <stdlib.h>

enum { TABLE_ENTRY = 10, TABLE_SCHEMA = 1, ENTRY_HEAD_BYTES = 8 + DIGEST_BYTES + 2 };

struct journal_lmdb {
    struct store *store;
    uint64_t head;
    int64_t received_us;
    struct digest chain;
    struct buffer value;
};

int journal_lmdb_open(const char *directory, struct journal_lmdb **journal_out, struct complaint *complaint)
{
    struct journal_lmdb *journal = memory_alloc(sizeof *journal);
    struct store_options options = {
        .directory = directory, .map_bytes_max = UINT64_C(1) << 35, .schema = TABLE_SCHEMA, .durable = true};
    int code = store_open(&options, &journal->store, complaint);
    if (code != 0) {
        free(journal);
        return code;
    }
    buffer_open(&journal->value, MESSAGE_BYTES_MAX);
    *journal_out = journal;
    return 0;
}

void journal_lmdb_close(struct journal_lmdb *journal)
{
    store_close(journal->store);
    buffer_close(&journal->value);
    free(journal);
}

static void journal_lmdb_put(struct journal_lmdb *journal, struct store_txn *txn, const struct record *record)
{
    struct key key = key_of(TABLE_ENTRY);
    unsigned char head[ENTRY_HEAD_BYTES];
    key_add_u64(&key, record->seq);
    le_put_u64(head, (uint64_t)record->received_us);
    memcpy(head + 8, record->chain.at, DIGEST_BYTES);
    le_put_u16(head + 8 + DIGEST_BYTES, (uint16_t)record->publisher.bytes);
    buffer_reset(&journal->value);
    buffer_append(&journal->value, head, sizeof head);
    buffer_append(&journal->value, record->publisher.at, record->publisher.bytes);
    buffer_append(&journal->value, record->body.at, record->body.bytes);
    store_put(txn, &key, buffer_view(&journal->value));
}

static void journal_lmdb_append_one(struct journal_lmdb *journal, struct store_txn *txn,
                                    struct append *append)
{
    struct key key = journal_index_key(append->source, append->id);
    struct bytes known;
    unsigned char seq[8];
    if (store_get(txn, &key, &known)) { /* the benchmark repeats nothing; comparing bodies is left out */
        append->result = APPEND_DUPLICATE;
        append->seq = le_u64(known.at);
        return;
    }
    if (append->received_us < journal->received_us)
        append->received_us = journal->received_us;
    journal->received_us = append->received_us;
    struct record record = {.seq = ++journal->head,
                            .received_us = append->received_us,
                            .publisher = append->publisher,
                            .body = append->body};
    record.chain = journal->chain = record_chain(&journal->chain, &record);
    journal_lmdb_put(journal, txn, &record);
    le_put_u64(seq, record.seq);
    store_put(txn, &key, (struct bytes){seq, sizeof seq});
    append->result = APPEND_NEW;
    append->seq = record.seq;
}

int journal_lmdb_append(struct journal_lmdb *journal, struct append *batch, size_t count)
{
    struct store_txn *txn;
    int code = store_begin_write(journal->store, &txn);
    if (code != 0)
        return code;
    for (size_t i = 0; i < count; i++)
        journal_lmdb_append_one(journal, txn, &batch[i]);
    return store_commit_take(txn);
}

int journal_lmdb_read(struct journal_lmdb *journal, uint64_t from,
                      void (*each)(void *context, const struct entry *entry), void *context)
{
    struct store_txn *txn;
    struct key prefix = key_of(TABLE_ENTRY), start = prefix;
    struct store_cursor at;
    int code = store_begin_read(journal->store, &txn);
    if (code != 0)
        return code;
    key_add_u64(&start, from);
    for (bool more = store_first(txn, &prefix, &start, &at); more; more = store_next(&at)) {
        size_t publisher = le_u16(at.value.at + 8 + DIGEST_BYTES);
        struct entry entry = {.seq = from++,
                              .received_us = (int64_t)le_u64(at.value.at),
                              .publisher = {(const char *)at.value.at + ENTRY_HEAD_BYTES, publisher},
                              .body = {at.value.at + ENTRY_HEAD_BYTES + publisher,
                                       at.value.bytes - ENTRY_HEAD_BYTES - publisher}};
        each(context, &entry);
    }
    store_cursor_end(&at);
    return store_commit_take(txn);
}

uint64_t journal_lmdb_head(const struct journal_lmdb *journal)
{
    return journal->head;
}
