/* rows.h - the one door of the register: every row that it keeps is written, remembered, found and counted
 * here.
 *
 * A row is a document under its kind and id. row_put writes it as it now stands and, in the same transaction,
 *
 *     history   (kind, id, seq, received, occurred) → the fields that the event changed, and `unset`
 *     index     (kind, filter, value, order, id) → nothing; which filters a kind has stands in row_specs.
 *               Under one number more, kinds with an order have every place at which a row ever stood
 *     tally     (kind, filter, value) → how many rows have that value
 *     counter   (what, charter, name) → the figures that the row adds to (counters.h)
 *
 * So what a list, a filter, a count or a figure says now is read from what is kept, and what it said at any
 * earlier moment is folded from the history: row_at and the walks take a moment and hide the difference. An
 * event was received once and occurred once: a report at its `time`, an outcome when what it rests on
 * occurred, a miss at its due time.
 */
#ifndef WORKERS_LEDGER_ROWS_H
#define WORKERS_LEDGER_ROWS_H

#include "workers/ledger/ledger.h"

enum row_kind {
    ROW_ISSUE,
    ROW_TASK,
    ROW_DEADLINE,
    ROW_DUTY,
    ROW_MEETING,
    ROW_TOPIC,
    ROW_FILING,
    ROW_ITEM,
    ROW_INSPECTION,
    ROW_FINDING,
    ROW_CHECK,
    ROW_SCORE,
    ROW_NOTIFICATION,
    ROW_CHARTER,
    ROW_BULLETIN,
    ROW_RULES,  /* charter → the version that the runtime has in force */
    ROW_HOLDER, /* charter, post → who holds it */
    ROW_KINDS
};

enum { ROW_FILTERS_MAX = 12, ROW_FIELDS_MAX = 28 };
/* An argument of a query, and the field of the row that must have its value, or list it. */
struct row_filter {
    enum field arg, of;
};
struct row_spec {
    const char *query;                          /* that lists them; NULL: none */
    enum field id;                              /* the field that holds the id */
    enum field order;                           /* lists stand by this field, then by id */
    struct row_filter filters[ROW_FILTERS_MAX]; /* ended by FIELD_COUNT_OF_ALL, as are the fields */
    enum field fields[ROW_FIELDS_MAX];          /* that a list shows */
};
extern const struct row_spec row_specs[ROW_KINDS];

/* Of a post. */
struct text row_holder_id(struct arena *arena, struct text charter, struct text post);
/* A private copy of the row as it stands, or NULL. */
struct doc *row_get(struct turn *turn, enum row_kind kind, struct text id);
/* The row as the event leaves it. Nothing happens if that is as it was. */
void row_put(struct turn *turn, const struct event *event, enum row_kind kind, struct text id,
             const struct doc *row);

/* ---- reading, now or at an earlier moment ---- */

/* Past: what was received by then, of what had occurred by then. */
struct moment {
    bool past;
    int64_t received_us, occurred_us;
};
bool moment_shows(const struct moment *moment, int64_t received_us, int64_t occurred_us);
struct doc *row_at(struct turn *turn, const struct moment *moment, enum row_kind kind, struct text id);
/* The same in an arena of the caller's, of a moment that is past. */
struct doc *row_then(struct arena *arena, struct turn *turn, const struct moment *moment, enum row_kind kind,
                     struct text id);

/* All rows of a kind as of the moment, by id. `row` and `id` live until the next step.
 *
 *     for (bool more = row_first(&walk, turn, moment, kind, from); more; more = row_next(&walk)) …
 *     row_end(&walk);
 */
struct row_walk {
    struct turn *turn;
    const struct moment *moment;
    struct store_cursor cursor;
    bool more;
    struct arena arena;
    struct text id;
    struct doc *row;
};
bool row_first(struct row_walk *walk, struct turn *turn, const struct moment *moment, enum row_kind kind,
               struct text from);
bool row_next(struct row_walk *walk);
void row_end(struct row_walk *walk);

/* ---- indexes: of the present, but for the last ---- */

/* The prefix under which the rows stand whose filter number `filter` (from 1; 0: all) has that value. */
struct key row_index(enum row_kind kind, size_t filter, struct text value);
/* Of a kind with an order: where a row stood at any time, of which one place holds at each moment. */
struct key row_places(enum row_kind kind);
/* Behind the prefix an entry has the row's order and id, the same under each value that it has: an entry
 * under one prefix, and the one of the same row under another. */
struct key row_index_entry(struct key prefix, int64_t order, struct text id);
struct key row_index_beside(struct key other, struct bytes entry, const struct key *prefix);
bool row_index_read(struct arena *arena, struct bytes entry, const struct key *prefix, int64_t *order_out,
                    struct text *id_out);
/* How many there are. */
uint64_t row_tally(struct turn *turn, enum row_kind kind, size_t filter, struct text value);
int64_t row_order(enum row_kind kind, const struct doc *row);
/* True if the field, or an item of it, has that value. */
bool row_has(const struct doc *row, enum field of, struct text value);

#endif
