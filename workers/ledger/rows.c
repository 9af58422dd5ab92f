/* rows.c - see rows.h. */
#include "workers/ledger/rows.h"

#include "base/digest.h"
#include "base/limits.h"
#include "base/log.h"
#include "workers/ledger/counters.h"

#include <inttypes.h>

enum {
    ROW_FILTER_ROOM = 16,
    ROW_PLACES = ROW_FILTER_ROOM - 1,
    ROW_VALUES_MAX = LIST_COUNT_MAX,
    ROW_VALUE_BYTES_MAX = 96
};
_Static_assert((int)ROW_FILTERS_MAX < (int)ROW_PLACES, "a filter's number fits beside its kind");

/* ---- keys ---- */

static struct key row_key(enum ledger_table table, enum row_kind kind, struct text id)
{
    struct key key = record_key((store_table)table);
    key_add_u64(&key, (uint64_t)kind);
    key_add_text(&key, id);
    return key;
}

static struct key row_kind_key(enum ledger_table table, enum row_kind kind)
{
    struct key key = record_key((store_table)table);
    key_add_u64(&key, (uint64_t)kind);
    return key;
}

/* A long value stands for itself by its digest, so that an id behind it is never cut. */
static struct key row_value_key(enum ledger_table table, enum row_kind kind, size_t filter, struct text value)
{
    struct key key = record_key((store_table)table);
    char hex[DIGEST_HEX_BYTES];
    key_add_u64(&key, (uint64_t)kind * ROW_FILTER_ROOM + filter);
    if (value.bytes > ROW_VALUE_BYTES_MAX) {
        struct digest digest = digest_of((struct bytes){(const unsigned char *)value.at, value.bytes});
        digest_hex(&digest, hex);
        value = text_from(hex);
    }
    key_add_text(&key, value);
    return key;
}

struct key row_index(enum row_kind kind, size_t filter, struct text value)
{
    return row_value_key(LEDGER_INDEX, kind, filter, value);
}

struct key row_places(enum row_kind kind)
{
    return row_index(kind, ROW_PLACES, TEXT(""));
}

struct key row_index_entry(struct key prefix, int64_t order, struct text id)
{
    key_add_i64(&prefix, order);
    key_add_text(&prefix, id);
    return prefix;
}

struct key row_index_beside(struct key other, struct bytes entry, const struct key *prefix)
{
    size_t behind = entry.bytes - prefix->bytes;
    ASSERT(entry.bytes > prefix->bytes && behind <= sizeof other.at - other.bytes);
    memcpy(other.at + other.bytes, entry.at + prefix->bytes, behind);
    other.bytes += behind;
    return other;
}

bool row_index_read(struct arena *arena, struct bytes entry, const struct key *prefix, int64_t *order_out,
                    struct text *id_out)
{
    struct key_reader reader = {.rest = {entry.at + prefix->bytes, entry.bytes - prefix->bytes}};
    return key_read_i64(&reader, order_out) && key_read_text(&reader, arena, id_out);
}

struct text row_holder_id(struct arena *arena, struct text charter, struct text post)
{
    return arena_printf(arena, "%.*s/%.*s", TEXT_PRINT(charter), TEXT_PRINT(post));
}

/* ---- values ---- */

int64_t row_order(enum row_kind kind, const struct doc *row)
{
    enum field order = row_specs[kind].order;
    int32_t day = INT32_MAX;
    if (order == FIELD_COUNT_OF_ALL)
        return 0;
    if (field_specs[order].kind == KIND_TIME)
        return doc_time_us(row, order, CIVIL_NEVER_US); /* undated ones come last */
    if (field_specs[order].kind == KIND_DATE)
        return doc_date(row, order, &day) ? day : INT32_MAX;
    return doc_int(row, order, 0);
}

static bool row_is_number(enum field field)
{
    return field_specs[field].kind == KIND_INT || field_specs[field].kind == KIND_BOOL;
}

static size_t row_values(struct arena *arena, const struct doc *row, enum field of,
                         struct text out[ROW_VALUES_MAX])
{
    size_t count = 0;
    if (row == NULL || (of != FIELD_COUNT_OF_ALL && !doc_has(row, of)))
        return 0;
    if (of == FIELD_COUNT_OF_ALL)
        out[count++] = TEXT("");
    else if (field_specs[of].kind == KIND_NAMES)
        for (; count < doc_count(row, of) && count < ROW_VALUES_MAX; count++)
            out[count] = doc_text_at(row, of, count);
    else if (row_is_number(of))
        out[count++] = arena_printf(arena, "%" PRId64, doc_int(row, of, 0));
    else
        out[count++] = doc_text(row, of);
    return count;
}

bool row_has(const struct doc *row, enum field of, struct text value)
{
    int64_t number;
    if (field_specs[of].kind == KIND_NAMES)
        return doc_lists_text(row, of, value);
    if (row_is_number(of))
        return doc_has(row, of) && text_parse_i64(value, &number) && doc_int(row, of, 0) == number;
    return doc_has(row, of) && text_equal(doc_text(row, of), value);
}

static bool row_lists_equal(const struct doc *a, const struct doc *b, enum field field);

static bool row_field_equal(const struct doc *a, const struct doc *b, enum field field)
{
    if (a == NULL || doc_has(a, field) != doc_has(b, field))
        return false;
    switch (field_specs[field].kind) {
    case KIND_INT:
    case KIND_BOOL:
        return doc_int(a, field, 0) == doc_int(b, field, 0);
    case KIND_NAMES:
    case KIND_DATES:
    case KIND_INTS:
    case KIND_ITEMS:
        return row_lists_equal(a, b, field);
    default:
        return text_equal(doc_text(a, field), doc_text(b, field));
    }
}

static bool row_docs_equal(const struct doc *a, const struct doc *b)
{
    struct buffer left, right;
    buffer_open(&left, MESSAGE_BYTES_MAX);
    buffer_open(&right, MESSAGE_BYTES_MAX);
    doc_encode(a, &left);
    doc_encode(b, &right);
    bool equal = text_equal(buffer_text(&left), buffer_text(&right));
    buffer_close(&left);
    buffer_close(&right);
    return equal;
}

static bool row_lists_equal(const struct doc *a, const struct doc *b, enum field field)
{
    enum kind kind = field_specs[field].kind;
    bool equal = doc_count(a, field) == doc_count(b, field);
    for (size_t i = 0; equal && i < doc_count(a, field); i++)
        equal = kind == KIND_INTS    ? doc_int_at(a, field, i) == doc_int_at(b, field, i)
                : kind == KIND_ITEMS ? row_docs_equal(doc_doc_at(a, field, i), doc_doc_at(b, field, i))
                                     : text_equal(doc_text_at(a, field, i), doc_text_at(b, field, i));
    return equal;
}

/* ---- history ---- */

static void row_fold(struct doc *row, const struct doc *delta)
{
    for (size_t i = 0; i < doc_count(delta, FIELD_UNSET); i++) {
        enum field field = field_find(doc_text_at(delta, FIELD_UNSET, i), NULL);
        if (field != FIELD_COUNT_OF_ALL)
            doc_unset(row, field);
    }
    for (enum field f = doc_first(delta); f != FIELD_COUNT_OF_ALL; f = doc_after(delta, f))
        if (f != FIELD_UNSET)
            doc_set_doc_field(row, f, delta);
}

/* What turns before into after; NULL: nothing. */
static struct doc *row_delta(struct arena *arena, const struct doc *before, const struct doc *after)
{
    struct doc *delta = doc_new(arena);
    for (enum field f = doc_first(after); f != FIELD_COUNT_OF_ALL; f = doc_after(after, f))
        if (!row_field_equal(before, after, f))
            doc_set_doc_field(delta, f, after);
    if (before != NULL)
        for (enum field f = doc_first(before); f != FIELD_COUNT_OF_ALL; f = doc_after(before, f))
            if (!doc_has(after, f))
                doc_add_text(delta, FIELD_UNSET, text_from(field_specs[f].name));
    return before == NULL || doc_first(delta) != FIELD_COUNT_OF_ALL ? delta : NULL;
}

static struct key row_history_key(enum row_kind kind, struct text id, uint64_t seq, int64_t received_us,
                                  int64_t occurred_us)
{
    struct key key = row_key(LEDGER_HISTORY, kind, id);
    key_add_u64(&key, seq);
    key_add_i64(&key, received_us);
    key_add_i64(&key, occurred_us);
    return key;
}

/* An event that changes a row twice leaves one delta: both in turn, each field by its last word. */
static struct doc *row_delta_join(struct doc *first, const struct doc *second)
{
    struct doc *joined = doc_new(doc_arena(first));
    for (size_t i = 0; i < doc_count(first, FIELD_UNSET); i++) {
        struct text name = doc_text_at(first, FIELD_UNSET, i);
        if (!doc_has(second, field_find(name, NULL)) && !doc_lists_text(second, FIELD_UNSET, name))
            doc_add_text(joined, FIELD_UNSET, name);
    }
    for (size_t i = 0; i < doc_count(second, FIELD_UNSET); i++)
        doc_add_text(joined, FIELD_UNSET, doc_text_at(second, FIELD_UNSET, i));
    doc_unset(first, FIELD_UNSET);
    row_fold(first, second);
    for (enum field f = doc_first(first); f != FIELD_COUNT_OF_ALL; f = doc_after(first, f))
        doc_set_doc_field(joined, f, first);
    return joined;
}

static void row_remember(struct turn *turn, const struct event *event, enum row_kind kind, struct text id,
                         const struct doc *delta)
{
    struct key key =
        row_history_key(kind, id, event->seq, event->received_us, ledger_occurred_us(turn, event));
    struct doc *earlier = record_get(turn, &key);
    record_put(turn, &key, earlier != NULL ? row_delta_join(earlier, delta) : delta);
}

/* ---- indexes and tallies ---- */

static void row_tally_add(struct turn *turn, enum row_kind kind, size_t filter, struct text value, int by)
{
    struct key key = row_value_key(LEDGER_TALLY, kind, filter, value);
    struct doc *tally = record_get(turn, &key);
    int64_t count = (tally != NULL ? doc_int(tally, FIELD_COUNT, 0) : 0) + by;
    if (count == 0) {
        (void)record_delete(turn, &key);
        return;
    }
    if (tally == NULL)
        tally = doc_new(turn_arena(turn));
    doc_set_int(tally, FIELD_COUNT, count);
    record_put(turn, &key, tally);
}

uint64_t row_tally(struct turn *turn, enum row_kind kind, size_t filter, struct text value)
{
    struct key key = row_value_key(LEDGER_TALLY, kind, filter, value);
    const struct doc *tally = record_get(turn, &key);
    return tally != NULL ? (uint64_t)doc_int(tally, FIELD_COUNT, 0) : 0;
}

/* A place in an index: which filter, and where the row stands in lists. */
struct row_place {
    enum row_kind kind;
    size_t filter;
    enum field of;
    struct text id;
};

static void row_unindex(struct turn *turn, const struct row_place *place, const struct doc *row,
                        const struct doc *other)
{
    struct text values[ROW_VALUES_MAX];
    size_t count = row_values(turn_arena(turn), row, place->of, values);
    for (size_t i = 0; i < count; i++) {
        struct key key = row_index_entry(row_index(place->kind, place->filter, values[i]),
                                         row_order(place->kind, row), place->id);
        if (record_delete(turn, &key) &&
            (other == NULL || (place->of != FIELD_COUNT_OF_ALL && !row_has(other, place->of, values[i]))))
            row_tally_add(turn, place->kind, place->filter, values[i], -1);
    }
}

static void row_enter(struct turn *turn, const struct row_place *place, const struct doc *row,
                      const struct doc *other)
{
    struct text values[ROW_VALUES_MAX];
    struct bytes there;
    size_t count = row_values(turn_arena(turn), row, place->of, values);
    for (size_t i = 0; i < count; i++) {
        struct key key = row_index_entry(row_index(place->kind, place->filter, values[i]),
                                         row_order(place->kind, row), place->id);
        if (store_get(turn_txn(turn), &key, &there))
            continue; /* a list that names it twice */
        record_put(turn, &key, doc_empty());
        if (other == NULL || (place->of != FIELD_COUNT_OF_ALL && !row_has(other, place->of, values[i])))
            row_tally_add(turn, place->kind, place->filter, values[i], 1);
    }
}

/* Without what came first (received later than the rest), a row of the past may stand among the undated. */
static void row_note_place(struct turn *turn, enum row_kind kind, struct text id, const struct doc *before,
                           const struct doc *after)
{
    if (row_specs[kind].order == FIELD_COUNT_OF_ALL)
        return;
    struct key key = row_index_entry(row_places(kind), row_order(kind, after), id);
    record_put(turn, &key, doc_empty());
    key = row_index_entry(row_places(kind), row_order(kind, doc_empty()), id);
    if (before == NULL)
        record_put(turn, &key, doc_empty());
}

static void row_reindex(struct turn *turn, enum row_kind kind, struct text id, const struct doc *before,
                        const struct doc *after)
{
    bool moved = before == NULL || row_order(kind, before) != row_order(kind, after);
    struct row_place place = {.kind = kind, .of = FIELD_COUNT_OF_ALL, .id = id};
    if (moved)
        row_note_place(turn, kind, id, before, after);
    for (;; place.of = row_specs[kind].filters[place.filter++].of) {
        bool same = place.of == FIELD_COUNT_OF_ALL || row_field_equal(before, after, place.of);
        if (moved || !same) {
            if (before != NULL)
                row_unindex(turn, &place, before, after);
            row_enter(turn, &place, after, before);
        }
        if (row_specs[kind].filters[place.filter].arg == FIELD_COUNT_OF_ALL)
            return;
    }
}

/* ---- the door ---- */

struct doc *row_get(struct turn *turn, enum row_kind kind, struct text id)
{
    struct key key = row_key(LEDGER_ROW, kind, id);
    return record_get(turn, &key);
}

void row_put(struct turn *turn, const struct event *event, enum row_kind kind, struct text id,
             const struct doc *row)
{
    struct key key = row_key(LEDGER_ROW, kind, id);
    const struct doc *before = record_get(turn, &key);
    const struct doc *delta = row_delta(turn_arena(turn), before, row);
    if (delta == NULL)
        return;
    record_put(turn, &key, row);
    row_remember(turn, event, kind, id, delta);
    row_reindex(turn, kind, id, before, row);
    counters_change(turn, kind, before, row);
}

/* ---- moments ---- */

bool moment_shows(const struct moment *moment, int64_t received_us, int64_t occurred_us)
{
    return !moment->past || (received_us <= moment->received_us && occurred_us <= moment->occurred_us);
}

/* The stamps at the end of a history key, behind its kind and id. */
static bool row_stamps(struct key_reader *reader, int64_t *received_us_out, int64_t *occurred_us_out)
{
    uint64_t seq;
    return key_read_u64(reader, &seq) && key_read_i64(reader, received_us_out) &&
           key_read_i64(reader, occurred_us_out);
}

static bool row_read_id(struct bytes key, struct arena *arena, struct key_reader *reader_out,
                        struct text *id_out)
{
    uint64_t kind;
    *reader_out = key_read(key);
    return key_read_u64(reader_out, &kind) && key_read_text(reader_out, arena, id_out);
}

static struct doc *row_decode(struct arena *arena, struct bytes value)
{
    struct doc *doc = NULL;
    int code = doc_decode(arena, arena_bytes_copy(arena, value), "", &doc, NULL);
    ASSERT(code == 0);
    return doc;
}

/* Takes one history entry into the row, if the moment shows it. */
static void row_take(struct arena *arena, const struct moment *moment, struct key_reader *reader,
                     struct bytes value, struct doc **row)
{
    int64_t received_us, occurred_us;
    if (!row_stamps(reader, &received_us, &occurred_us) || !moment_shows(moment, received_us, occurred_us))
        return;
    if (*row == NULL)
        *row = doc_new(arena);
    row_fold(*row, row_decode(arena, value));
}

struct doc *row_then(struct arena *arena, struct turn *turn, const struct moment *moment, enum row_kind kind,
                     struct text id)
{
    struct key prefix = row_key(LEDGER_HISTORY, kind, id);
    struct store_cursor cursor;
    struct doc *row = NULL;
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor); more; more = store_next(&cursor)) {
        struct key_reader reader;
        struct text own;
        if (row_read_id(cursor.key, arena, &reader, &own))
            row_take(arena, moment, &reader, cursor.value, &row);
    }
    store_cursor_end(&cursor);
    return row;
}

struct doc *row_at(struct turn *turn, const struct moment *moment, enum row_kind kind, struct text id)
{
    return moment->past ? row_then(turn_arena(turn), turn, moment, kind, id) : row_get(turn, kind, id);
}

/* ---- walks ---- */

/* All deltas of the id on which the cursor stands; the cursor then stands behind them. */
static void row_walk_fold(struct row_walk *walk)
{
    struct key_reader reader;
    struct text id;
    while (walk->more && row_read_id(walk->cursor.key, &walk->arena, &reader, &id) &&
           (walk->id.at == NULL || text_equal(id, walk->id))) {
        walk->id = id;
        row_take(&walk->arena, walk->moment, &reader, walk->cursor.value, &walk->row);
        walk->more = store_next(&walk->cursor);
    }
}

bool row_next(struct row_walk *walk)
{
    struct key_reader reader;
    turn_breathe(walk->turn);
    for (walk->row = NULL; walk->more && walk->row == NULL;) {
        arena_reset(&walk->arena);
        walk->id = TEXT_NONE;
        if (walk->moment->past) {
            row_walk_fold(walk);
            continue;
        }
        bool whole = row_read_id(walk->cursor.key, &walk->arena, &reader, &walk->id);
        ASSERT(whole);
        walk->row = row_decode(&walk->arena, walk->cursor.value);
        walk->more = store_next(&walk->cursor);
    }
    return walk->row != NULL;
}

bool row_first(struct row_walk *walk, struct turn *turn, const struct moment *moment, enum row_kind kind,
               struct text from)
{
    enum ledger_table table = moment->past ? LEDGER_HISTORY : LEDGER_ROW;
    struct key prefix = row_kind_key(table, kind), key = row_key(table, kind, from);
    *walk = (struct row_walk){.turn = turn, .moment = moment};
    arena_open(&walk->arena, ARENA_BYTES_MAX);
    walk->more = store_first(turn_txn(turn), &prefix, from.bytes > 0 ? &key : NULL, &walk->cursor);
    return row_next(walk);
}

void row_end(struct row_walk *walk)
{
    store_cursor_end(&walk->cursor);
    arena_close(&walk->arena);
}
