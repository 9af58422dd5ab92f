/* deliveries.c - outcomes on their way to people outside, each with its attempts; see worker.h.
 *
 * A delivery's row and its outcome stand under its number, its turn under channel, addressee and the time
 * before which it is not tried. So the first row of each addressee is the one to look at, and whoever cannot
 * be reached holds up nobody else. None of this is state that a rebuild makes again: only live decisions put
 * deliveries in.
 */
#include "workers/runtime/core.h"

#include "base/digest.h"

#include <inttypes.h>

enum { PAUSE_SHARES = 1000 }; /* of the quarter by which pauses differ */

/* ---- rows ---- */

static struct key delivery_key(store_table table, uint64_t number)
{
    struct key key = key_of(table);
    key_add_u64(&key, number);
    return key;
}

static struct key delivery_turn(struct text channel, struct text addressee, int64_t at_us, uint64_t number)
{
    struct key key = key_of(TABLE_DELIVERY_QUEUE);
    key_add_text(&key, channel);
    key_add_text(&key, addressee);
    key_add_i64(&key, at_us);
    key_add_u64(&key, number);
    return key;
}

static struct key delivery_turn_of(const struct doc *row, uint64_t number)
{
    return delivery_turn(doc_text(row, FIELD_CHANNEL), doc_text(row, FIELD_KEY),
                         doc_time_us(row, FIELD_AT, 0), number);
}

static struct doc *delivery_row(struct turn *turn, uint64_t number)
{
    struct key key = delivery_key(TABLE_DELIVERY, number);
    return runtime_get(turn, &key);
}

/* Puts the row, with its turn at that instant, in place of its turn before. */
static void delivery_put(struct turn *turn, uint64_t number, struct doc *row, int64_t not_before_us)
{
    struct key key = delivery_key(TABLE_DELIVERY, number), before = delivery_turn_of(row, number);
    (void)store_delete(turn->txn, &before);
    doc_set_time(row, FIELD_AT, not_before_us, 0);
    runtime_put(turn->worker, turn->txn, &key, row);
    struct key at = delivery_turn_of(row, number);
    store_put(turn->txn, &at, (struct bytes){(const unsigned char *)"", 0});
}

static void delivery_delete(struct turn *turn, uint64_t number, const struct doc *row)
{
    struct key key = delivery_key(TABLE_DELIVERY, number), body = delivery_key(TABLE_DELIVERY_BODY, number);
    struct key at = delivery_turn_of(row, number);
    (void)store_delete(turn->txn, &at);
    (void)store_delete(turn->txn, &body);
    (void)store_delete(turn->txn, &key);
}

void deliveries_put(struct turn *turn, const struct outcome *outcome)
{
    ASSERT(outcome->channel.bytes <= NAME_BYTES_MAX && outcome->addressee.bytes <= NAME_BYTES_MAX);
    uint64_t number = turn->standing->effects_next++;
    struct buffer *buffer = &turn->worker->buffer;
    struct key body = delivery_key(TABLE_DELIVERY_BODY, number);
    buffer_reset(buffer);
    event_encode(&outcome->event, buffer);
    store_put(turn->txn, &body, buffer_view(buffer));
    struct doc *row = doc_new(turn->arena);
    doc_set_text(row, FIELD_CHANNEL, outcome->channel);
    doc_set_text(row, FIELD_KEY, outcome->addressee);
    if (outcome->group.bytes > 0)
        doc_set_text(row, FIELD_NAME, outcome->group);
    if (outcome->event.charter.bytes > 0)
        doc_set_text(row, FIELD_CHARTER, outcome->event.charter);
    doc_set_int(row, FIELD_ATTEMPTS, 0);
    delivery_put(turn, number, row, 0);
}

/* ---- one transaction ---- */

static int delivery_begin(struct worker *worker, struct turn *turn, struct standing *standing)
{
    struct store_txn *txn;
    int code = store_begin_write(worker->store, &txn);
    if (code != 0)
        return code;
    arena_reset(&worker->arena);
    *standing = worker->standing;
    *turn = (struct turn){.worker = worker, .arena = &worker->arena, .txn = txn, .standing = standing};
    return 0;
}

/* The outcome, in `arena`; what this version wrote it can read. */
static const struct event *delivery_event(struct turn *turn, struct arena *arena, uint64_t number)
{
    struct key key = delivery_key(TABLE_DELIVERY_BODY, number);
    struct event *event = arena_alloc(arena, sizeof *event);
    struct complaint complaint = {0};
    struct bytes body;
    if (!store_get(turn->txn, &key, &body) ||
        event_decode(arena, arena_bytes_copy(arena, body), event, &complaint) != 0)
        die("%s: the outcome of delivery %" PRIu64 " cannot be read: %s %s", turn->worker->publisher, number,
            complaint.field, complaint.message);
    return event;
}

static struct delivery delivery_from(struct arena *arena, uint64_t number, const struct doc *row)
{
    return (struct delivery){.number = number,
                             .attempts = (unsigned)doc_int(row, FIELD_ATTEMPTS, 0),
                             .channel = arena_text_copy(arena, doc_text(row, FIELD_CHANNEL)),
                             .addressee = arena_text_copy(arena, doc_text(row, FIELD_KEY)),
                             .group = arena_text_copy(arena, doc_text(row, FIELD_NAME)),
                             .charter = arena_text_copy(arena, doc_text(row, FIELD_CHARTER))};
}

/* ---- under way: in memory, for whoever dies has nothing in hand ---- */

static bool delivery_is_under_way(const struct worker *worker, uint64_t number)
{
    for (size_t i = 0; i < worker->under_way_count; i++)
        if (worker->under_way[i] == number)
            return true;
    return false;
}

static void delivery_not_under_way(struct worker *worker, uint64_t number)
{
    for (size_t i = 0; i < worker->under_way_count; i++)
        if (worker->under_way[i] == number)
            worker->under_way[i--] = worker->under_way[--worker->under_way_count];
}

/* ---- the end of one ---- */

/* What became of it, as a report: the role decides it when it comes back through the journal. Its id derives
 * from the outcome's, so the broker takes it once; its time is the outcome's, for time goes by the broker's
 * stamps alone. */
static void delivery_report(struct turn *turn, uint64_t number, const struct doc *row, bool delivered,
                            struct text reason)
{
    const struct event *outcome = delivery_event(turn, turn->arena, number);
    struct doc *data = doc_new(turn->arena);
    doc_set_doc_field(data, FIELD_SEQ, outcome->data);
    doc_set_doc_field(data, FIELD_POST, outcome->data);
    doc_set_doc_field(data, FIELD_CHANNEL, outcome->data);
    doc_set_text(data, FIELD_RESULT, delivered ? TEXT("delivered") : TEXT("failed"));
    doc_set_doc_field(data, FIELD_ATTEMPTS, row);
    if (reason.bytes > 0)
        doc_set_text(data, FIELD_REASON, reason);
    struct event report = *outcome;
    struct complaint complaint = {0};
    report.id = arena_printf(turn->arena, "%.*s-delivery", TEXT_PRINT(outcome->id));
    report.type = &event_types[EVENT_DELIVERY_REPORTED];
    report.type_name = text_from(report.type->name);
    report.data = data;
    if (event_check(&report, &complaint) != 0)
        die("%s breaks its promise in %.*s: %s %s", turn->worker->publisher, TEXT_PRINT(report.type_name),
            complaint.field, complaint.message);
    outbox_put(turn, &report);
}

static int delivery_write(struct turn *turn, uint64_t number, const struct doc *row)
{
    const struct effect effect = {.seq = number,
                                  .index = 1,
                                  .kind = doc_text(row, FIELD_CHANNEL),
                                  .target = doc_text(row, FIELD_KEY),
                                  .event = delivery_event(turn, turn->arena, number)};
    const struct role *role = turn->worker->role;
    return role->carry_out != NULL && role->carry_out(&effect, turn->worker->out_directory) != 0;
}

/* Whoever could not be reached finds it where files are written; that it failed is on record in any case. */
static void delivery_finish(struct turn *turn, uint64_t number, const struct doc *row, bool delivered,
                            struct text reason)
{
    if (!delivered)
        (void)delivery_write(turn, number, row);
    delivery_report(turn, number, row, delivered, reason);
    delivery_delete(turn, number, row);
}

/* first, 2 first, 4 first, … cap; less up to a quarter, see worker.h. */
static int64_t delivery_pause_us(const struct delivery_policy *policy, uint64_t number, unsigned attempts)
{
    int64_t pause_us = policy->first_us;
    for (unsigned i = 1; i < attempts && pause_us < policy->cap_us; i++)
        pause_us *= 2;
    pause_us = pause_us < policy->cap_us ? pause_us : policy->cap_us;
    struct key key = delivery_key(TABLE_DELIVERY, number);
    uint64_t share = digest_checksum((struct bytes){key.at, key.bytes}, attempts) % PAUSE_SHARES;
    return pause_us - pause_us / 4 * (int64_t)share / PAUSE_SHARES;
}

static bool delivery_is_over(const struct worker *worker, const struct doc *row,
                             const struct delivery_end *end)
{
    return end->how != DELIVERY_LATER || doc_int(row, FIELD_ATTEMPTS, 0) >= worker->policy.attempts_max;
}

/* It waits for the pause that began with the attempt, or for as long as its receiver asked. */
static int64_t delivery_wait(struct turn *turn, uint64_t number, struct doc *row, int64_t until_us)
{
    if (until_us > doc_time_us(row, FIELD_AT, 0))
        delivery_put(turn, number, row, until_us);
    return doc_time_us(row, FIELD_AT, 0);
}

int worker_delivery_end(struct worker *worker, uint64_t number, const struct delivery_end *end,
                        int64_t now_us, struct delivery_state *state_out)
{
    struct turn turn;
    struct standing standing;
    int code = delivery_begin(worker, &turn, &standing);
    *state_out = (struct delivery_state){.over = true};
    if (code != 0)
        return code;
    delivery_not_under_way(worker, number);
    struct doc *row = delivery_row(&turn, number);
    int64_t cap_us = worker->policy.cap_us, wait_us = end->wait_us < cap_us ? end->wait_us : cap_us;
    if (row != NULL) {
        arena_reset(&worker->out_arena); /* the turn's own arena ends with it */
        const struct delivery delivery = delivery_from(&worker->out_arena, number, row);
        const struct event *outcome = delivery_event(&turn, turn.arena, number);
        *state_out = (struct delivery_state){.over = delivery_is_over(worker, row, end),
                                             .seq = doc_int(outcome->data, FIELD_SEQ, 0),
                                             .channel = delivery.channel,
                                             .addressee = delivery.addressee,
                                             .attempts = delivery.attempts};
    }
    if (row != NULL && state_out->over)
        delivery_finish(&turn, number, row, end->how == DELIVERY_DONE, text_from(end->reason));
    else if (row != NULL)
        state_out->next_us = delivery_wait(&turn, number, row, now_us + wait_us);
    return worker_commit(worker, turn.txn, &standing);
}

/* ---- whose turn it is ---- */

struct delivery_walk {
    struct turn turn;
    int64_t now_us, next_us;
    worker_offer *offer;
    void *context;
    struct delivery *out;
    size_t count, max;
    bool changed;
};

static bool delivery_waits(struct delivery_walk *walk, int64_t not_before_us)
{
    int64_t ahead_us = not_before_us - walk->now_us;
    if (ahead_us <= 0 || ahead_us > walk->turn.worker->policy.cap_us)
        return false;
    walk->next_us = not_before_us < walk->next_us ? not_before_us : walk->next_us;
    return true;
}

static void delivery_take(struct delivery_walk *walk, struct delivery *delivery, struct doc *row)
{
    struct worker *worker = walk->turn.worker;
    int64_t again_us =
        walk->now_us + delivery_pause_us(&worker->policy, delivery->number, ++delivery->attempts);
    doc_set_int(row, FIELD_ATTEMPTS, delivery->attempts);
    delivery_put(&walk->turn, delivery->number, row, again_us);
    delivery->event = delivery_event(&walk->turn, &worker->out_arena, delivery->number);
    delivery->id =
        arena_printf(&worker->out_arena, "%s-%.*s", worker->journal_id, TEXT_PRINT(delivery->event->id));
    walk->next_us = again_us < walk->next_us ? again_us : walk->next_us;
    walk->out[walk->count++] = *delivery;
    worker->under_way[worker->under_way_count++] = delivery->number;
    walk->changed = true;
}

/* An attempt may last longer than the pause behind it: what is under way is neither taken nor given up. */
static void delivery_consider(struct delivery_walk *walk, uint64_t number, int64_t not_before_us)
{
    struct worker *worker = walk->turn.worker;
    if (delivery_is_under_way(worker, number) || delivery_waits(walk, not_before_us))
        return;
    struct doc *row = delivery_row(&walk->turn, number);
    ASSERT(row != NULL);
    if (doc_int(row, FIELD_ATTEMPTS, 0) >= worker->policy.attempts_max) {
        delivery_finish(&walk->turn, number, row, false, TEXT("the last attempt never came to an end"));
        walk->changed = true;
        walk->next_us = walk->now_us;
        return;
    }
    struct delivery delivery = delivery_from(&worker->out_arena, number, row);
    if (walk->count < walk->max && worker->under_way_count < UNDER_WAY_MAX &&
        walk->offer(walk->context, &delivery))
        delivery_take(walk, &delivery, row);
}

/* The first turn at or after `from`; then `from` is behind all of that channel and addressee. */
static bool delivery_next_turn(struct delivery_walk *walk, struct key *from, int64_t *at_us_out,
                               uint64_t *number_out)
{
    struct store_cursor cursor;
    struct key prefix = key_of(TABLE_DELIVERY_QUEUE);
    bool found = store_first(walk->turn.txn, &prefix, from, &cursor);
    if (found) {
        struct text channel, addressee;
        struct key_reader reader = key_read(cursor.key);
        struct arena *arena = walk->turn.arena;
        ASSERT(key_read_text(&reader, arena, &channel) && key_read_text(&reader, arena, &addressee) &&
               key_read_i64(&reader, at_us_out) && key_read_u64(&reader, number_out));
        *from = delivery_turn(channel, addressee, INT64_MAX, UINT64_MAX);
    }
    store_cursor_end(&cursor);
    return found;
}

int worker_deliveries(struct worker *worker, int64_t now_us, worker_offer *offer, void *context,
                      struct delivery *out, size_t max, size_t *count_out, int64_t *next_us_out)
{
    ASSERT(worker->policy.carried && worker->policy.attempts_max > 0);
    struct delivery_walk walk = {.now_us = now_us,
                                 .next_us = CIVIL_NEVER_US,
                                 .offer = offer,
                                 .context = context,
                                 .out = out,
                                 .max = max};
    struct standing standing;
    struct key from = key_of(TABLE_DELIVERY_QUEUE);
    int64_t at_us;
    uint64_t number;
    arena_reset(&worker->out_arena);
    int code = delivery_begin(worker, &walk.turn, &standing);
    if (code != 0)
        return code;
    while (delivery_next_turn(&walk, &from, &at_us, &number))
        delivery_consider(&walk, number, at_us);
    *count_out = walk.count;
    *next_us_out = walk.next_us;
    if (walk.changed || store_error(walk.turn.txn) != 0)
        return worker_commit(worker, walk.turn.txn, &standing);
    store_abort_take(walk.turn.txn);
    return 0;
}

bool worker_deliveries_wait(struct worker *worker)
{
    struct store_txn *txn;
    struct store_cursor cursor;
    struct key prefix = key_of(TABLE_DELIVERY);
    if (store_begin_read(worker->store, &txn) != 0)
        die("%s: its state cannot be read", worker->publisher);
    bool found = store_first(txn, &prefix, NULL, &cursor);
    store_cursor_end(&cursor);
    store_abort_take(txn);
    return found;
}

void worker_carry(struct worker *worker, const struct delivery_policy *policy)
{
    worker->policy = *policy;
}

const struct delivery_policy *worker_policy(const struct worker *worker)
{
    return &worker->policy;
}

uint64_t worker_effects_next(const struct worker *worker)
{
    return worker->standing.effects_next;
}

/* ---- where nobody carries ---- */

/* A live site that can reach nobody outside says so, in its log and on record; else no result ever came. */
static void delivery_tell_why(struct turn *turn, uint64_t number, const struct doc *row)
{
    const char *why = turn->worker->policy.without;
    if (why == NULL)
        return;
    struct text channel = doc_text(row, FIELD_CHANNEL), addressee = doc_text(row, FIELD_KEY);
    int64_t seq = doc_int(delivery_event(turn, turn->arena, number)->data, FIELD_SEQ, 0);
    log_warning(LOG_UNDELIVERED, "#%" PRId64 " to %.*s by %.*s is written to a file instead: %s", seq,
                TEXT_PRINT(addressee), TEXT_PRINT(channel), why);
    delivery_report(turn, number, row, false, text_from(why));
}

/* The oldest delivery, written down and gone; *more_out: there was one. */
static int deliveries_write_first(struct worker *worker, bool *more_out, bool *left_out)
{
    struct turn turn;
    struct standing standing;
    struct store_cursor cursor;
    struct key prefix = key_of(TABLE_DELIVERY);
    uint64_t number = 0;
    int code = delivery_begin(worker, &turn, &standing);
    if (code != 0)
        return code;
    *more_out = store_first(turn.txn, &prefix, NULL, &cursor);
    if (*more_out) {
        struct key_reader reader = key_read(cursor.key);
        ASSERT(key_read_u64(&reader, &number));
    }
    store_cursor_end(&cursor);
    if (!*more_out) {
        store_abort_take(turn.txn);
        return 0;
    }
    const struct doc *row = delivery_row(&turn, number);
    *left_out = delivery_write(&turn, number, row) != 0;
    if (!*left_out) {
        delivery_tell_why(&turn, number, row);
        delivery_delete(&turn, number, row);
    }
    return worker_commit(worker, turn.txn, &standing);
}

int deliveries_write(struct worker *worker, bool *left_out)
{
    bool more = true, failed = false;
    int code = 0;
    if (!worker_deliveries_wait(worker))
        return 0;
    while (code == 0 && more && !failed)
        code = deliveries_write_first(worker, &more, &failed);
    *left_out = *left_out || failed;
    return code;
}
