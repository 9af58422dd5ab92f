/* outbox.c - what leaves a worker: outcomes on their way to the journal, and effects.
 *
 * Both are put in by the transaction that decided them, under ascending numbers. An outcome is deleted when
 * the journal has it; to spare a flush, only with the next transaction (a crash before that sends it again,
 * and the broker knows it). An effect is deleted after it was carried out: at least once.
 */
#include "workers/runtime/core.h"

#include <errno.h>

enum { OUTBOX_VIEW_BYTES_MAX = 8388608 };

static struct key outbox_key(uint64_t number)
{
    struct key key = key_of(TABLE_OUTBOX);
    key_add_u64(&key, number);
    return key;
}

void outbox_put(struct turn *turn, const struct event *outcome)
{
    struct buffer *buffer = &turn->worker->buffer;
    buffer_reset(buffer);
    event_encode(outcome, buffer);
    ASSERT(buffer->bytes <= EVENT_BYTES_MAX);
    struct key key = outbox_key(turn->standing->outbox_next++);
    store_put(turn->txn, &key, buffer_view(buffer));
}

void outbox_delete_settled(struct worker *worker, struct store_txn *txn)
{
    for (uint64_t number = worker->outbox_first; number <= worker->settled; number++) {
        struct key key = outbox_key(number);
        (void)store_delete(txn, &key);
    }
}

/* First number of a table whose keys are numbers; `none` if it is empty. */
static uint64_t table_first(struct store_txn *txn, store_table table, uint64_t none)
{
    struct store_cursor cursor;
    struct key prefix = key_of(table);
    uint64_t number = none;
    if (store_first(txn, &prefix, NULL, &cursor)) {
        struct key_reader reader = key_read(cursor.key);
        ASSERT(key_read_u64(&reader, &number));
    }
    store_cursor_end(&cursor);
    return number;
}

int outbox_open(struct worker *worker, struct store_txn *txn)
{
    worker->outbox_first = table_first(txn, TABLE_OUTBOX, worker->standing.outbox_next);
    worker->settled = worker->outbox_first - 1;
    return store_error(txn);
}

uint64_t worker_outbox_count(const struct worker *worker)
{
    return worker->standing.outbox_next - 1 - worker->settled;
}

int worker_outbox(struct worker *worker, uint64_t after, struct outgoing *out, size_t out_max,
                  size_t *count_out)
{
    *count_out = 0;
    arena_reset(&worker->out_arena);
    uint64_t first = (after > worker->settled ? after : worker->settled) + 1;
    if (first >= worker->standing.outbox_next || out_max == 0)
        return 0;
    struct store_txn *txn;
    int code = store_begin_read(worker->store, &txn);
    if (code != 0)
        return code;
    struct store_cursor cursor;
    struct key prefix = key_of(TABLE_OUTBOX), from = outbox_key(first);
    size_t bytes = 0;
    for (bool more = store_first(txn, &prefix, &from, &cursor);
         more && *count_out < out_max && bytes < OUTBOX_VIEW_BYTES_MAX; more = store_next(&cursor)) {
        struct outgoing *outgoing = &out[(*count_out)++];
        struct key_reader reader = key_read(cursor.key);
        ASSERT(key_read_u64(&reader, &outgoing->number));
        outgoing->body = arena_bytes_copy(&worker->out_arena, cursor.value);
        bytes += cursor.value.bytes;
    }
    store_cursor_end(&cursor);
    code = store_error(txn);
    store_abort_take(txn);
    return code;
}

int worker_settle(struct worker *worker, uint64_t through)
{
    ASSERT(through < worker->standing.outbox_next);
    if (through > worker->settled)
        worker->settled = through;
    return 0;
}

/* ---- effects ---- */

enum { EFFECTS_AT_ONCE = 64 };

/* The oldest effects from a number on, copied into the worker's out arena. */
static int effects_read(struct worker *worker, uint64_t from, struct effect *effects, uint64_t *numbers,
                        size_t max, size_t *count_out)
{
    struct store_txn *txn;
    *count_out = 0;
    int code = store_begin_read(worker->store, &txn);
    if (code != 0)
        return code;
    struct turn turn;
    turn_open_reading(&turn, worker, txn, &worker->out_arena);
    struct store_cursor cursor;
    struct key prefix = key_of(TABLE_EFFECT), first = prefix;
    key_add_u64(&first, from);
    for (bool more = store_first(txn, &prefix, &first, &cursor); more && *count_out < max;
         more = store_next(&cursor)) {
        struct key_reader reader = key_read(cursor.key);
        ASSERT(key_read_u64(&reader, &numbers[*count_out]));
        const struct doc *doc = record_from(&turn, cursor.value);
        effects[(*count_out)++] = (struct effect){
            .seq = (uint64_t)doc_int(doc, FIELD_SEQ, 0),
            .index = (unsigned)doc_int(doc, FIELD_COUNT, 0),
            .kind = doc_text(doc, FIELD_CHANNEL),
            .target = doc_text(doc, FIELD_KEY),
            .content = doc_text(doc, FIELD_TEXT),
        };
    }
    store_cursor_end(&cursor);
    code = store_error(txn);
    store_abort_take(txn);
    return code;
}

static int effects_delete(struct worker *worker, const uint64_t *numbers, size_t count)
{
    if (count == 0)
        return 0;
    struct store_txn *txn;
    int code = store_begin_write(worker->store, &txn);
    if (code != 0)
        return code;
    for (size_t i = 0; i < count; i++) {
        struct key key = key_of(TABLE_EFFECT);
        key_add_u64(&key, numbers[i]);
        (void)store_delete(txn, &key);
    }
    return store_commit_take(txn);
}

/* After a failure the rest of its kind waits too: lines of a file keep their order. */
static size_t effects_carry_out(struct worker *worker, const struct effect *effects, const uint64_t *numbers,
                                size_t count, struct text *failed_kind, uint64_t *done_out)
{
    size_t done = 0;
    for (size_t i = 0; i < count; i++) {
        if (failed_kind->bytes > 0 && text_equal(*failed_kind, effects[i].kind))
            continue;
        if (worker->role->carry_out != NULL &&
            worker->role->carry_out(&effects[i], worker->out_directory) != 0)
            *failed_kind = effects[i].kind;
        else
            done_out[done++] = numbers[i];
    }
    return done;
}

int worker_effects(struct worker *worker, size_t max, bool *left_out)
{
    struct effect effects[EFFECTS_AT_ONCE];
    uint64_t numbers[EFFECTS_AT_ONCE], done[EFFECTS_AT_ONCE];
    struct text failed = TEXT_NONE;
    uint64_t from = 0;
    size_t count = 0, taken = 0;
    *left_out = false;
    arena_reset(&worker->out_arena);
    do {
        int code = effects_read(worker, from, effects, numbers, EFFECTS_AT_ONCE, &count);
        if (code != 0)
            return code;
        size_t carried = effects_carry_out(worker, effects, numbers, count, &failed, done);
        code = effects_delete(worker, done, carried);
        if (code != 0)
            return code;
        from = count > 0 ? numbers[count - 1] + 1 : from;
        taken += count;
        *left_out = failed.bytes > 0 || (count == EFFECTS_AT_ONCE && taken >= max);
    } while (count == EFFECTS_AT_ONCE && taken < max);
    return worker->policy.carried ? 0 : deliveries_write(worker, left_out);
}
