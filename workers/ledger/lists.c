/* lists.c - the rows of one kind: filtered, counted, page by page.
 *
 * Of the present, the walk goes along the index of the filter that the fewest rows pass, and asks the other
 * filters' indexes whether the row stands there too, so that only rows that are shown are read. Of the past,
 * rows are folded in the order of the list, from where the page begins until it is full; a count folds all.
 */
#include "workers/ledger/counters.h"
#include "workers/ledger/pages.h"

#include "base/limits.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdlib.h>

enum { LIST_WANTED_MAX = 64 };
#define END FIELD_COUNT_OF_ALL

/* One value that a filter must have. */
struct wanted {
    size_t filter; /* number in its kind, from 1 */
    enum field of;
    struct text value;
    struct key prefix; /* of its index */
};
/* An interval of a time. */
struct span {
    enum field of;
    int64_t from_us, to_us;
};
struct list {
    struct page *page;
    enum row_kind kind;
    struct wanted wanted[LIST_WANTED_MAX];
    size_t wanted_count;
    struct span spans[2];
    size_t spans_count;
    bool counts; /* only how many */
    uint64_t count;
};

/* ---- what is wanted ---- */

static bool list_want(struct list *list, size_t filter, enum field of, struct text value)
{
    if (list->wanted_count == LIST_WANTED_MAX) {
        page_fail(list->page, "more than %d filters", LIST_WANTED_MAX);
        return false;
    }
    list->wanted[list->wanted_count++] =
        (struct wanted){filter, of, value, row_index(list->kind, filter, value)};
    return true;
}

static bool list_read_filter(struct list *list, size_t number, const struct row_filter *filter)
{
    const struct doc *args = list->page->args;
    bool fine = true;
    if (!doc_has(args, filter->arg))
        return true;
    if (field_specs[filter->arg].kind == KIND_NAMES)
        for (size_t i = 0; fine && i < doc_count(args, filter->arg); i++)
            fine = list_want(list, number, filter->of, doc_text_at(args, filter->arg, i));
    else if (field_specs[filter->arg].kind == KIND_INT)
        fine =
            list_want(list, number, filter->of,
                      arena_printf(turn_arena(list->page->turn), "%" PRId64, doc_int(args, filter->arg, 0)));
    else
        fine = list_want(list, number, filter->of, doc_text(args, filter->arg));
    return fine;
}

/* "FROM..TO", each a day or an instant, or nothing. */
static bool list_read_span(struct list *list, enum field arg, enum field of)
{
    struct text t = doc_text(list->page->args, arg);
    const char *dots = t.bytes > 0 ? memmem(t.at, t.bytes, "..", 2) : NULL;
    struct span span = {.of = of, .from_us = INT64_MIN, .to_us = CIVIL_NEVER_US};
    if (t.bytes == 0)
        return true;
    if (dots == NULL) {
        page_fail(list->page, "%s: FROM..TO, days or instants, either may be left out",
                  field_specs[arg].name);
        return false;
    }
    struct text from = {t.at, (size_t)(dots - t.at)}, to = {dots + 2, t.bytes - from.bytes - 2};
    if ((from.bytes > 0 && !page_read_time(list->page, from, true, &span.from_us)) ||
        (to.bytes > 0 && !page_read_time(list->page, to, false, &span.to_us)))
        return false;
    list->spans[list->spans_count++] = span;
    return true;
}

static bool list_read(struct list *list)
{
    const struct row_filter *filters = row_specs[list->kind].filters;
    for (size_t i = 0; filters[i].arg != END; i++)
        if (!list_read_filter(list, i + 1, &filters[i]))
            return false;
    list->counts = doc_int(list->page->args, FIELD_COUNT, 0) != 0;
    return list_read_span(list, FIELD_RAISED_IN, FIELD_RAISED) &&
           list_read_span(list, FIELD_SETTLED_IN, FIELD_SETTLED);
}

static bool list_spans_pass(const struct list *list, const struct doc *row)
{
    for (size_t i = 0; i < list->spans_count; i++) {
        const struct span *span = &list->spans[i];
        int64_t at_us = doc_time_us(row, span->of, CIVIL_NEVER_US);
        if (!doc_has(row, span->of) || at_us < span->from_us || at_us > span->to_us)
            return false;
    }
    return true;
}

static bool list_passes(const struct list *list, const struct doc *row)
{
    for (size_t i = 0; i < list->wanted_count; i++)
        if (!row_has(row, list->wanted[i].of, list->wanted[i].value))
            return false;
    return list_spans_pass(list, row);
}

/* ---- pages: "<id>", or "<order>/<id>" ---- */

static bool list_is_ordered(const struct list *list)
{
    return row_specs[list->kind].order != END;
}

static bool list_read_page(const struct list *list, int64_t *order_out, struct text *id_out)
{
    struct text t = page_from(list->page);
    const char *slash = list_is_ordered(list) && t.bytes > 0 ? memchr(t.at, '/', t.bytes) : NULL;
    *order_out = 0;
    *id_out = t;
    if (!list_is_ordered(list) || t.bytes == 0)
        return true;
    if (slash == NULL)
        return false;
    *id_out = (struct text){slash + 1, t.bytes - (size_t)(slash + 1 - t.at)};
    return text_parse_i64((struct text){t.at, (size_t)(slash - t.at)}, order_out);
}

static bool list_show(struct list *list, int64_t order, struct text id, const struct doc *row)
{
    struct arena *arena = turn_arena(list->page->turn);
    struct text begins =
        list_is_ordered(list) ? arena_printf(arena, "%" PRId64 "/%.*s", order, TEXT_PRINT(id)) : id;
    const enum field *fields = row_specs[list->kind].fields;
    struct doc *shown = doc_new(arena);
    for (size_t i = 0; fields[i] != END; i++)
        doc_set_doc_field(shown, fields[i], row);
    return page_add(list->page, shown, begins);
}

/* ---- now: along an index ---- */

/* The filter that the fewest rows pass; NULL: none is given. */
static const struct wanted *list_narrowest(const struct list *list, uint64_t *rows_out)
{
    const struct wanted *narrowest = NULL;
    *rows_out = row_tally(list->page->turn, list->kind, 0, TEXT(""));
    for (size_t i = 0; i < list->wanted_count; i++) {
        uint64_t rows =
            row_tally(list->page->turn, list->kind, list->wanted[i].filter, list->wanted[i].value);
        if (narrowest == NULL || rows < *rows_out) {
            narrowest = &list->wanted[i];
            *rows_out = rows;
        }
    }
    return narrowest;
}

static bool list_stands_in_others(const struct list *list, const struct wanted *along, struct bytes entry,
                                  const struct key *prefix)
{
    struct bytes value;
    for (size_t i = 0; i < list->wanted_count; i++) {
        if (&list->wanted[i] == along)
            continue;
        struct key key = row_index_beside(list->wanted[i].prefix, entry, prefix);
        if (!store_get(turn_txn(list->page->turn), &key, &value))
            return false;
    }
    return true;
}

/* False when the page is full. */
static bool list_take(struct list *list, struct bytes entry, const struct key *prefix)
{
    int64_t order;
    struct text id;
    if (list->counts && list->spans_count == 0) {
        list->count++;
        return true;
    }
    bool whole = row_index_read(turn_arena(list->page->turn), entry, prefix, &order, &id);
    ASSERT(whole);
    const struct doc *row = row_get(list->page->turn, list->kind, id);
    ASSERT(row != NULL);
    if (!list_spans_pass(list, row))
        return true;
    list->count++;
    return list->counts || list_show(list, order, id, row);
}

static void list_walk_index(struct list *list)
{
    uint64_t rows;
    const struct wanted *along = list_narrowest(list, &rows);
    int64_t order;
    struct text id;
    if (list->counts && list->wanted_count <= 1 && list->spans_count == 0) {
        list->count = rows;
        return;
    }
    if (!list_read_page(list, &order, &id)) {
        page_fail(list->page, "page: this is no page of %s", row_specs[list->kind].query);
        return;
    }
    struct key prefix = along != NULL ? along->prefix : row_index(list->kind, 0, TEXT(""));
    struct key from = row_index_entry(prefix, order, id);
    struct store_cursor cursor;
    bool first = page_from(list->page).bytes == 0;
    for (bool more = store_first(turn_txn(list->page->turn), &prefix, first ? NULL : &from, &cursor); more;
         more = store_next(&cursor))
        if (list_stands_in_others(list, along, cursor.key, &prefix) && !list_take(list, cursor.key, &prefix))
            break;
    store_cursor_end(&cursor);
}

/* ---- then: folded, one row after the other ---- */

/* False when the page is full. */
static bool list_take_past(struct list *list, int64_t order, struct text id, const struct doc *row)
{
    if (!list_passes(list, row))
        return true;
    list->count++;
    return list->counts || list_show(list, order, id, row);
}

static void list_walk_history(struct list *list, struct text from)
{
    struct page *page = list->page;
    struct row_walk walk;
    for (bool more = row_first(&walk, page->turn, &page->moment, list->kind, from); more;
         more = row_next(&walk))
        if (!list_take_past(list, 0, walk.id, walk.row))
            break;
    row_end(&walk);
}

/* Of all places at which a row ever stood it is shown at that of the moment. */
static void list_walk_places(struct list *list, int64_t order, struct text id)
{
    struct page *page = list->page;
    struct key prefix = row_places(list->kind), from = row_index_entry(prefix, order, id);
    struct store_cursor cursor;
    struct arena arena; /* of one row */
    bool first = page_from(page).bytes == 0, room = true;
    arena_open(&arena, ARENA_BYTES_MAX);
    for (bool more = store_first(turn_txn(page->turn), &prefix, first ? NULL : &from, &cursor); more && room;
         more = store_next(&cursor)) {
        turn_breathe(page->turn);
        arena_reset(&arena);
        bool whole = row_index_read(&arena, cursor.key, &prefix, &order, &id);
        ASSERT(whole);
        const struct doc *row = row_then(&arena, page->turn, &page->moment, list->kind, id);
        if (row != NULL && row_order(list->kind, row) == order)
            room = list_take_past(list, order, id, row);
    }
    store_cursor_end(&cursor);
    arena_close(&arena);
}

static void list_walk_past(struct list *list)
{
    int64_t order;
    struct text id;
    if (!list_read_page(list, &order, &id))
        page_fail(list->page, "page: this is no page of %s", row_specs[list->kind].query);
    else if (list_is_ordered(list) && !list->counts)
        list_walk_places(list, order, id);
    else
        list_walk_history(list, list->counts ? TEXT_NONE : id);
}

void ledger_list(struct page *page, enum row_kind kind)
{
    struct list *list = arena_alloc(turn_arena(page->turn), sizeof *list);
    *list = (struct list){.page = page, .kind = kind};
    if (!list_read(list))
        return;
    if (page->moment.past)
        list_walk_past(list);
    else
        list_walk_index(list);
    if (!list->counts || !page->answer->ok)
        return;
    struct doc *row = doc_new(turn_arena(page->turn));
    doc_set_int(row, FIELD_COUNT, (int64_t)list->count);
    (void)page_add(page, row, TEXT_NONE);
}
