/* collected.c - what the journal holds of this role's own decisions, gathered before it goes live.
 *
 * The broker takes a worker's outcomes in the order of its outbox, so what the journal holds of them is a
 * beginning of what was decided. Hence, for a cause with collected outcomes behind it: it was decided, also
 * if nothing came of it. The last cause may be there in part (the power went in between): it is decided anew,
 * the same ids make what is missing, and the broker knows the others again.
 */
#include "workers/runtime/core.h"

#include <inttypes.h>
#include <stdio.h>

static struct key collected_key(uint64_t cause)
{
    struct key key = key_of(TABLE_COLLECTED);
    key_add_u64(&key, cause);
    return key;
}

static bool outcome_id_number(struct text *rest, uint64_t *out)
{
    const char *dash = memrchr(rest->at, '-', rest->bytes);
    if (dash == NULL)
        return false;
    struct text digits = {dash + 1, rest->bytes - (size_t)(dash + 1 - rest->at)};
    rest->bytes = (size_t)(dash - rest->at);
    return text_parse_u64(digits, out);
}

bool outcome_id_parse(struct text id, struct text role, uint64_t *cause_out, uint64_t *index_out,
                      uint64_t *count_out)
{
    struct text rest = id;
    if (id.bytes == 0 || !outcome_id_number(&rest, count_out) || !outcome_id_number(&rest, index_out) ||
        !outcome_id_number(&rest, cause_out) || !text_equal(rest, role))
        return false;
    return *cause_out > 0 && *index_out > 0 && *index_out <= *count_out && *count_out <= TURN_OUTCOMES_MAX;
}

/* Value: count of the decision's outcomes in COUNT_BYTES bytes, then the event as it stands in the journal.
 */
enum { COUNT_BYTES = 2 };

static uint64_t collected_count(struct bytes value)
{
    ASSERT(value.bytes > COUNT_BYTES);
    uint64_t count = (uint64_t)value.at[0] << 8 | value.at[1];
    ASSERT(count > 0 && count <= TURN_OUTCOMES_MAX);
    return count;
}

static void collected_put(struct worker *worker, struct store_txn *txn, const struct entry *entry,
                          uint64_t cause, uint64_t index, uint64_t count)
{
    struct key key = collected_key(cause);
    key_add_u64(&key, index);
    const unsigned char number[COUNT_BYTES] = {(unsigned char)(count >> 8), (unsigned char)count};
    buffer_reset(&worker->buffer);
    buffer_append(&worker->buffer, number, COUNT_BYTES);
    buffer_append(&worker->buffer, entry->body.at, entry->body.bytes);
    store_put(txn, &key, buffer_view(&worker->buffer));
}

static int collected_take(struct worker *worker, struct store_txn *txn, const struct entry *entry)
{
    struct event event;
    struct complaint complaint = {0};
    uint64_t cause = 0, index = 0, count = 0;
    arena_reset(&worker->arena);
    int code = entry_decode(&worker->arena, entry, &event, &complaint);
    if (code < 0)
        return code;
    if (code == 0 && event.type->report)
        return 0; /* decided at its own place */
    struct text role = text_from(role_text(worker->role->name));
    if (code > 0 || !outcome_id_parse(event.id, role, &cause, &index, &count)) {
        log_error(LOG_REBUILD, "entry %" PRIu64 " is no outcome that this version of %s can take in: %s %s",
                  entry->seq, worker->publisher, complaint.field, complaint.message);
        return -1;
    }
    if (cause > worker->standing.cursor)
        collected_put(worker, txn, entry, cause, index, count);
    return 0;
}

int worker_collect(struct worker *worker, const struct entry *entries, size_t count)
{
    ASSERT(!worker->live);
    struct store_txn *txn;
    int code = store_begin_write(worker->store, &txn);
    if (code != 0)
        return code;
    for (size_t i = 0; i < count && code == 0; i++)
        if (text_is(entries[i].publisher, worker->publisher))
            code = collected_take(worker, txn, &entries[i]);
    if (code != 0) {
        store_abort_take(txn);
        return code;
    }
    return store_commit_take(txn);
}

int collected_open(struct worker *worker)
{
    struct store_txn *txn;
    int code = store_begin_read(worker->store, &txn);
    if (code != 0)
        return code;
    struct store_cursor cursor;
    struct key prefix = key_of(TABLE_COLLECTED);
    worker->collected_last = 0;
    if (store_last(txn, &prefix, &cursor)) {
        struct key_reader reader = key_read(cursor.key);
        ASSERT(key_read_u64(&reader, &worker->collected_last));
    }
    store_cursor_end(&cursor);
    code = store_error(txn);
    store_abort_take(txn);
    return code;
}

int worker_collected(struct worker *worker)
{
    ASSERT(!worker->live);
    int code = collected_open(worker);
    if (code == 0)
        worker->live = true;
    return code;
}

/* As the outcome looked when it was decided: see turn.c. */
static int collected_decode(struct turn *turn, const struct event *cause, struct bytes body,
                            struct event *event_out)
{
    struct complaint complaint = {0};
    int code = event_decode(turn->arena, arena_bytes_copy(turn->arena, body), event_out, &complaint);
    if (code > 0)
        die("a collected outcome of event %" PRIu64 " cannot be read: %s %s", cause->seq, complaint.field,
            complaint.message);
    event_out->id = TEXT_NONE;
    event_out->raw = (struct bytes){NULL, 0};
    event_out->seq = cause->seq;
    event_out->received_us = cause->received_us;
    event_out->publisher = text_from(turn->worker->publisher);
    return code;
}

static int collected_read(struct turn *turn, const struct event *cause, struct collected *collected)
{
    struct key prefix = collected_key(cause->seq);
    struct store_cursor cursor;
    uint64_t count = 0;
    int code = 0;
    for (bool more = store_first(turn->txn, &prefix, NULL, &cursor); more && code == 0;
         more = store_next(&cursor)) {
        if (collected->count == 0) {
            count = collected_count(cursor.value);
            collected->outcomes = arena_alloc(turn->arena, count * sizeof *collected->outcomes);
        }
        if (collected->count >= count)
            break;
        struct event *outcome = &collected->outcomes[collected->count++];
        struct bytes body = {cursor.value.at + COUNT_BYTES, cursor.value.bytes - COUNT_BYTES};
        code = collected_decode(turn, cause, body, outcome);
        if (code == 0 && outcome->type->kind == EVENT_EVENT_SET_ASIDE)
            collected->aside = true;
    }
    store_cursor_end(&cursor);
    collected->decided =
        collected->count == count && (count > 0 || cause->seq < turn->worker->collected_last);
    return code;
}

int collected_get(struct turn *turn, const struct event *cause, struct collected *collected_out)
{
    *collected_out = (struct collected){0};
    return cause->seq > turn->worker->collected_last ? 0 : collected_read(turn, cause, collected_out);
}

void collected_delete(struct turn *turn, uint64_t cause)
{
    if (cause > turn->worker->collected_last)
        return;
    struct key prefix = collected_key(cause);
    struct key found[64];
    size_t count;
    do {
        struct store_cursor cursor;
        count = 0;
        for (bool more = store_first(turn->txn, &prefix, NULL, &cursor); more && count < 64;
             more = store_next(&cursor)) {
            found[count] = (struct key){.bytes = cursor.key.bytes};
            memcpy(found[count++].at, cursor.key.at, cursor.key.bytes);
        }
        store_cursor_end(&cursor);
        for (size_t i = 0; i < count; i++)
            (void)store_delete(turn->txn, &found[i]);
    } while (count == 64);
}
