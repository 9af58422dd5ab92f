/* facts.c - see facts.h. */
#include "workers/bulletins/facts.h"

#include "base/log.h"

enum { FACTS_ARENA_BYTES_MAX = 65536 };

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
    key_add_u64(&key, fact->seq);
    key_add_i64(&key, fact->amount_us);
    key_add_u64(&key, fact->origin);
    key_add_text(&key, fact->group);
    key_add_text(&key, fact->subject);
    return key;
}

void fact_put(struct turn *turn, struct text charter, const struct fact *fact, const struct doc *details)
{
    struct key key = fact_key(charter, fact);
    record_put(turn, &key, details != NULL ? details : doc_new(turn_arena(turn)));
}

void fact_delete(struct turn *turn, struct text charter, const struct fact *fact)
{
    struct key key = fact_key(charter, fact);
    record_delete(turn, &key);
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
                 key_read_i64(&reader, &fact->at_us) && key_read_u64(&reader, &fact->seq) &&
                 key_read_i64(&reader, &fact->amount_us) && key_read_u64(&reader, &fact->origin) &&
                 key_read_text(&reader, &facts->arena, &fact->group) &&
                 key_read_text(&reader, &facts->arena, &fact->subject);
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
    fact_put(turn, charter, open, NULL);
    doc_set_text(item, FIELD_WHO, open->group);
    doc_set_time(item, FIELD_START, open->at_us, 0);
    doc_set_int(item, FIELD_SEQ, (int64_t)open->seq);
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
    fact_delete(turn, charter, &open);
    struct fact ended = {.kind = open_kind == FACT_ISSUE_OPEN ? FACT_ISSUE_STAY : FACT_TASK_STAY,
                         .at_us = at_us,
                         .seq = seq,
                         .amount_us = open.at_us,
                         .origin = open.seq,
                         .group = open.group,
                         .subject = subject};
    fact_put(turn, charter, &ended, NULL);
    doc_unset(item, FIELD_START);
}

/* ---- missed deadlines by subject ---- */

static struct key missed_prefix(struct text charter, struct text subject)
{
    struct key key = record_key((store_table)BULLETINS_MISSED);
    key_add_text(&key, charter);
    key_add_text(&key, subject);
    return key;
}

void missed_put(struct turn *turn, struct text charter, struct text subject, int64_t due_us)
{
    struct key key = missed_prefix(charter, subject);
    key_add_i64(&key, due_us);
    record_put(turn, &key, doc_new(turn_arena(turn)));
}

bool missed_by(struct turn *turn, struct text charter, struct text subject, int64_t by_us)
{
    struct key prefix = missed_prefix(charter, subject);
    struct store_cursor cursor;
    bool missed = false;
    if (store_first(turn_txn(turn), &prefix, NULL, &cursor)) {
        struct key_reader behind = {.rest = {cursor.key.at + prefix.bytes, cursor.key.bytes - prefix.bytes}};
        int64_t due_us = 0;
        bool whole = key_read_i64(&behind, &due_us);
        ASSERT(whole);
        missed = due_us <= by_us;
    }
    store_cursor_end(&cursor);
    return missed;
}
