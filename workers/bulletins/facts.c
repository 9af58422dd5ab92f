/* facts.c - see facts.h. */
#include "workers/bulletins/facts.h"

#include "base/log.h"

enum {
    FACTS_ARENA_BYTES_MAX = 65536,
    FACTS_PRUNED_MAX = 32 /* in one turn; an event brings at most a handful */
};

static struct key facts_prefix(struct text charter, enum fact_kind kind)
{
    struct key key = record_key((store_table)BULLETINS_FACT);
    key_add_text(&key, charter);
    key_add_u64(&key, (uint64_t)kind);
    return key;
}

static struct key fact_key(struct text charter, const struct fact *fact)
{
    struct key key = facts_prefix(charter, fact->kind);
    key_add_i64(&key, fact->at_us);
    key_add_text(&key, fact->subject);
    key_add_u64(&key, fact->seq);
    key_add_i64(&key, fact->amount_us);
    key_add_u64(&key, fact->origin);
    key_add_text(&key, fact->group);
    return key;
}

/* ---- what is reported already ---- */

static struct key reported_key(struct text charter)
{
    struct key key = record_key((store_table)BULLETINS_REPORTED);
    key_add_text(&key, charter);
    return key;
}

struct reported facts_reported(struct turn *turn, struct text charter)
{
    struct key key = reported_key(charter);
    const struct doc *record = record_get(turn, &key);
    if (record == NULL)
        return (struct reported){INT64_MIN, INT64_MIN};
    return (struct reported){doc_time_us(record, FIELD_AT, INT64_MIN),
                             doc_time_us(record, FIELD_START, INT64_MIN)};
}

/* COUNT: the kind that pruning has come to; absent while there is nothing to prune. */
void facts_conclude(struct turn *turn, struct text charter, const struct reported *reported)
{
    struct key key = reported_key(charter);
    struct reported before = facts_reported(turn, charter);
    struct doc *record = record_get(turn, &key);
    if (record == NULL)
        record = doc_new(turn_arena(turn));
    if (reported->through_us > before.through_us)
        doc_set_time(record, FIELD_AT, reported->through_us, 0);
    if (reported->floor_us > before.floor_us) {
        doc_set_time(record, FIELD_START, reported->floor_us, 0);
        doc_set_int(record, FIELD_COUNT, 0);
    }
    record_put(turn, &key, record);
}

/* ---- putting and deleting ---- */

static void fact_store(struct turn *turn, struct text charter, const struct fact *fact,
                       const struct doc *details)
{
    struct key key = fact_key(charter, fact);
    record_put(turn, &key, details != NULL ? details : doc_new(turn_arena(turn)));
}

static void fact_drop(struct turn *turn, struct text charter, const struct fact *fact)
{
    struct key key = fact_key(charter, fact);
    record_delete(turn, &key);
}

static void fact_touch(struct turn *turn, struct text charter, enum fact_kind kind, int64_t at_us,
                       uint64_t seq)
{
    struct fact touched = {.kind = FACT_TOUCHED,
                           .at_us = at_us,
                           .seq = seq,
                           .origin = (uint64_t)kind,
                           .group = TEXT(""),
                           .subject = TEXT("")};
    if (at_us <= facts_reported(turn, charter).through_us)
        fact_store(turn, charter, &touched, NULL);
}

void fact_put(struct turn *turn, struct text charter, const struct fact *fact, const struct doc *details)
{
    fact_store(turn, charter, fact, details);
    fact_touch(turn, charter, fact->kind, fact->at_us, fact->seq);
}

void fact_delete(struct turn *turn, struct text charter, const struct fact *fact, uint64_t seq)
{
    fact_drop(turn, charter, fact);
    fact_touch(turn, charter, fact->kind, fact->at_us, seq);
}

/* ---- walking ---- */

static bool facts_read(struct facts *facts, bool more)
{
    if (!more)
        return false;
    arena_reset(&facts->arena);
    struct key_reader reader = key_read(facts->cursor.key);
    struct fact *fact = &facts->fact;
    struct text charter;
    uint64_t kind = 0;
    bool whole = key_read_text(&reader, &facts->arena, &charter) && key_read_u64(&reader, &kind) &&
                 key_read_i64(&reader, &fact->at_us) &&
                 key_read_text(&reader, &facts->arena, &fact->subject) && key_read_u64(&reader, &fact->seq) &&
                 key_read_i64(&reader, &fact->amount_us) && key_read_u64(&reader, &fact->origin) &&
                 key_read_text(&reader, &facts->arena, &fact->group);
    ASSERT(whole);
    fact->kind = (enum fact_kind)kind;
    return fact->at_us <= facts->through_us;
}

bool facts_first(struct turn *turn, struct text charter, enum fact_kind kind, int64_t from_us,
                 int64_t through_us, struct facts *facts_out)
{
    *facts_out = (struct facts){.turn = turn, .through_us = through_us};
    arena_open(&facts_out->arena, FACTS_ARENA_BYTES_MAX);
    struct key prefix = facts_prefix(charter, kind), from = prefix;
    key_add_i64(&from, from_us);
    return facts_read(facts_out, store_first(turn_txn(turn), &prefix, &from, &facts_out->cursor));
}

bool facts_next(struct facts *facts)
{
    return facts_read(facts, store_next(&facts->cursor));
}

const struct doc *facts_details(struct facts *facts)
{
    return record_from(facts->turn, facts->cursor.value);
}

void facts_end(struct facts *facts)
{
    store_cursor_end(&facts->cursor);
    arena_close(&facts->arena);
}

/* ---- items and their stays ---- */

static struct key item_key(struct text charter, enum fact_kind kind, struct text subject)
{
    struct key key = record_key((store_table)BULLETINS_ITEM);
    key_add_text(&key, charter);
    key_add_u64(&key, (uint64_t)kind);
    key_add_text(&key, subject);
    return key;
}

struct doc *item_get(struct turn *turn, struct text charter, enum fact_kind kind, struct text subject)
{
    struct key key = item_key(charter, kind, subject);
    return record_get(turn, &key);
}

bool item_known(struct turn *turn, struct text charter, enum fact_kind kind, struct text subject)
{
    struct key key = item_key(charter, kind, subject);
    struct bytes value;
    return store_get(turn_txn(turn), &key, &value);
}

void item_put(struct turn *turn, struct text charter, enum fact_kind kind, struct text subject,
              const struct doc *item)
{
    struct key key = item_key(charter, kind, subject);
    record_put(turn, &key, item);
}

void stay_begin(struct turn *turn, struct text charter, const struct fact *open, struct doc *item)
{
    fact_store(turn, charter, open, NULL);
    fact_touch(turn, charter, open->kind, open->at_us, open->seq);
    doc_set_text(item, FIELD_WHO, open->group);
    doc_set_time(item, FIELD_START, open->at_us, 0);
    doc_set_int(item, FIELD_SEQ, (int64_t)open->seq);
    doc_unset(item, FIELD_CLOSED);
}

void stay_end(struct turn *turn, struct text charter, enum fact_kind open_kind, struct text subject,
              struct doc *item, int64_t at_us, uint64_t seq)
{
    if (!doc_has(item, FIELD_START))
        return;
    struct fact open = {.kind = open_kind,
                        .at_us = doc_time_us(item, FIELD_START, 0),
                        .seq = (uint64_t)doc_int(item, FIELD_SEQ, 0),
                        .group = doc_text(item, FIELD_WHO),
                        .subject = subject};
    fact_drop(turn, charter, &open);
    struct fact ended = {.kind = open_kind + 1,
                         .at_us = at_us,
                         .seq = seq,
                         .amount_us = open.at_us,
                         .origin = open.seq,
                         .group = open.group,
                         .subject = subject};
    fact_store(turn, charter, &ended, NULL);
    fact_touch(turn, charter, open_kind, at_us, seq);
    doc_unset(item, FIELD_START);
    doc_set_time(item, FIELD_CLOSED, at_us, 0);
}

/* ---- missed deadlines by subject ---- */

static struct key missed_prefix(struct text charter, struct text subject)
{
    struct key key = record_key((store_table)BULLETINS_MISSED);
    key_add_text(&key, charter);
    key_add_text(&key, subject);
    return key;
}

static struct key missed_key(struct text charter, struct text subject, int64_t due_us)
{
    struct key key = missed_prefix(charter, subject);
    key_add_i64(&key, due_us);
    return key;
}

void missed_put(struct turn *turn, struct text charter, const struct fact *fact)
{
    struct key key = missed_key(charter, fact->subject, fact->amount_us);
    struct doc *record = doc_new(turn_arena(turn));
    doc_set_time(record, FIELD_AT, fact->at_us, 0);
    doc_set_int(record, FIELD_SEQ, (int64_t)fact->seq);
    if (fact->group.bytes > 0)
        doc_set_text(record, FIELD_WHO, fact->group);
    record_put(turn, &key, record);
}

void missed_withdraw(struct turn *turn, struct text charter, struct text subject, int64_t due_us,
                     uint64_t seq)
{
    struct key key = missed_key(charter, subject, due_us);
    const struct doc *record = record_get(turn, &key);
    if (record == NULL)
        return;
    struct fact fact = {.kind = FACT_MISSED,
                        .at_us = doc_time_us(record, FIELD_AT, due_us),
                        .seq = (uint64_t)doc_int(record, FIELD_SEQ, 0),
                        .amount_us = due_us,
                        .group = doc_has(record, FIELD_WHO) ? doc_text(record, FIELD_WHO) : TEXT(""),
                        .subject = subject};
    fact_delete(turn, charter, &fact, seq);
    record_delete(turn, &key);
}

int64_t missed_first_us(struct turn *turn, struct text charter, struct text subject)
{
    struct key prefix = missed_prefix(charter, subject);
    struct store_cursor cursor;
    int64_t due_us = INT64_MAX;
    if (store_first(turn_txn(turn), &prefix, NULL, &cursor)) {
        struct key_reader behind = {.rest = {cursor.key.at + prefix.bytes, cursor.key.bytes - prefix.bytes}};
        bool whole = key_read_i64(&behind, &due_us);
        ASSERT(whole);
    }
    store_cursor_end(&cursor);
    return due_us;
}

bool missed_by(struct turn *turn, struct text charter, struct text subject, int64_t by_us)
{
    return missed_first_us(turn, charter, subject) <= by_us;
}

/* ---- pruning ---- */

static void missed_forget(struct turn *turn, struct text charter, struct text subject)
{
    for (;;) {
        int64_t due_us = missed_first_us(turn, charter, subject);
        if (due_us == INT64_MAX)
            return;
        struct key key = missed_key(charter, subject, due_us);
        record_delete(turn, &key);
    }
}

/* With the last stay of an item goes what is known of it. */
static void prune_item(struct turn *turn, struct text charter, enum fact_kind open_kind, struct text subject,
                       int64_t floor_us)
{
    struct key key = item_key(charter, open_kind, subject);
    const struct doc *item = record_get(turn, &key);
    if (item == NULL || doc_has(item, FIELD_START) || doc_time_us(item, FIELD_CLOSED, INT64_MAX) >= floor_us)
        return;
    record_delete(turn, &key);
    missed_forget(turn, charter, subject);
}

static void prune_fact(struct turn *turn, struct text charter, const struct fact *fact, int64_t floor_us)
{
    fact_drop(turn, charter, fact);
    if (fact->kind == FACT_ISSUE_STAY || fact->kind == FACT_TASK_STAY || fact->kind == FACT_SUPERVISION_STAY)
        prune_item(turn, charter, fact->kind - 1, fact->subject, floor_us);
    if (fact->kind == FACT_UNFILED || fact->kind == FACT_FILED_LATE || fact->kind == FACT_FILED)
        prune_item(turn, charter, FACT_UNFILED, fact->subject, floor_us);
    if (fact->kind == FACT_MISSED && !item_known(turn, charter, FACT_ISSUE_OPEN, fact->subject) &&
        !item_known(turn, charter, FACT_TASK_OPEN, fact->subject) &&
        !item_known(turn, charter, FACT_SUPERVISION_OPEN, fact->subject))
        missed_forget(turn, charter, fact->subject);
}

/* What is open stays, however old. */
static bool prune_spares(enum fact_kind kind)
{
    return kind == FACT_ISSUE_OPEN || kind == FACT_TASK_OPEN || kind == FACT_SUPERVISION_OPEN;
}

/* Drops at most max facts of a kind; how many. */
static size_t prune_kind(struct turn *turn, struct text charter, enum fact_kind kind, int64_t floor_us,
                         size_t max)
{
    struct fact old[FACTS_PRUNED_MAX];
    size_t count = 0;
    struct facts facts;
    for (bool more = facts_first(turn, charter, kind, INT64_MIN, floor_us - 1, &facts); more && count < max;
         more = facts_next(&facts)) {
        old[count] = facts.fact;
        old[count].group = arena_text_copy(turn_arena(turn), facts.fact.group);
        old[count++].subject = arena_text_copy(turn_arena(turn), facts.fact.subject);
    }
    facts_end(&facts);
    for (size_t i = 0; i < count; i++)
        prune_fact(turn, charter, &old[i], floor_us);
    return count;
}

void facts_prune(struct turn *turn, struct text charter)
{
    struct key key = reported_key(charter);
    struct doc *record = record_get(turn, &key);
    if (record == NULL || !doc_has(record, FIELD_COUNT))
        return;
    int64_t kind = doc_int(record, FIELD_COUNT, 0), floor_us = doc_time_us(record, FIELD_START, INT64_MIN);
    size_t room = FACTS_PRUNED_MAX;
    for (; kind < FACT_KINDS; kind++) {
        if (!prune_spares((enum fact_kind)kind))
            room -= prune_kind(turn, charter, (enum fact_kind)kind, floor_us, room);
        if (room == 0)
            break; /* there may be more of this kind */
    }
    if (kind < FACT_KINDS)
        doc_set_int(record, FIELD_COUNT, kind);
    else
        doc_unset(record, FIELD_COUNT);
    record_put(turn, &key, record);
}
