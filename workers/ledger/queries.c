/* queries.c - what the register can be asked: one table of queries, one of lists. A list is a table's records
 * in the order of their keys, cut to the fields that a reader wants, passed through equality filters.
 */
#include "workers/ledger/ledger.h"

#include "base/limits.h"
#include "workers/common/holders.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { PAGE_BYTES_MAX = 524288, QUERY_FIELDS_MAX = 20 };
#define END FIELD_COUNT_OF_ALL

/* ---- pages ---- */

static size_t row_bytes(const struct doc *row)
{
    size_t bytes = 0;
    for (enum field f = doc_first(row); f != END; f = doc_after(row, f)) {
        bytes += strlen(field_specs[f].name) + 16;
        if (field_specs[f].kind == KIND_ITEMS)
            for (size_t i = 0; i < doc_count(row, f); i++)
                bytes += doc_text(doc_doc_at(row, f, i), FIELD_NEED).bytes + 512;
        else if (field_specs[f].kind == KIND_NAMES)
            for (size_t i = 0; i < doc_count(row, f); i++)
                bytes += doc_text_at(row, f, i).bytes + 4;
        else if (field_specs[f].kind == KIND_INTS)
            bytes += doc_count(row, f) * 9;
        else if (field_specs[f].kind != KIND_INT && field_specs[f].kind != KIND_BOOL)
            bytes += doc_text(row, f).bytes;
    }
    return bytes;
}

bool page_add(struct page *page, struct doc *row, struct text begins)
{
    struct query_answer *answer = page->answer;
    size_t bytes = row_bytes(row);
    if (answer->rows_count == page->rows_max ||
        (answer->rows_count > 0 && page->bytes + bytes > PAGE_BYTES_MAX)) {
        answer->more = true;
        doc_set_text(answer->rows[answer->rows_count - 1], FIELD_PAGE, begins);
        return false;
    }
    answer->rows[answer->rows_count++] = row;
    page->bytes += bytes;
    return true;
}

void page_fail(struct page *page, const char *format, ...)
{
    char message[512];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(message, sizeof message, format, list);
    va_end(list);
    page->answer->ok = false;
    page->answer->error = arena_text_copy(turn_arena(page->turn), text_from(message));
}

struct text page_from(const struct page *page)
{
    return doc_text(page->args, FIELD_PAGE);
}

bool page_wants(const struct page *page, enum field field, struct text value)
{
    return !doc_has(page->args, field) || text_equal(doc_text(page->args, field), value);
}

static bool page_wants_record(const struct page *page, const enum field *filters, const struct doc *record)
{
    for (size_t i = 0; filters[i] != END; i++)
        if (filters[i] == FIELD_UNIT && doc_has(page->args, FIELD_UNIT) && doc_has(record, FIELD_UNITS)) {
            if (!doc_lists_text(record, FIELD_UNITS, doc_text(page->args, FIELD_UNIT)))
                return false;
        } else if (!page_wants(page, filters[i], doc_text(record, filters[i]))) {
            return false;
        }
    return true;
}

static struct doc *page_row(const struct page *page, const enum field *fields, const struct doc *record)
{
    struct doc *row = doc_new(turn_arena(page->turn));
    for (size_t i = 0; fields[i] != END; i++)
        doc_set_doc_field(row, fields[i], record);
    return row;
}

/* ---- lists ---- */

struct list {
    enum ledger_table table;
    enum field id;
    enum field filters[8], fields[QUERY_FIELDS_MAX]; /* both ended by END */
};
static const struct list list_issues = {
    LEDGER_ISSUE,
    FIELD_ID,
    {FIELD_CHARTER, FIELD_STATE, FIELD_LEVEL, FIELD_AREA, FIELD_UNIT, END},
    {FIELD_ID, FIELD_TITLE, FIELD_CHARTER, FIELD_AREA, FIELD_CLASS, FIELD_STATE, FIELD_LEVEL, FIELD_BODY,
     FIELD_RAISED, FIELD_DUE, FIELD_MISSED, FIELD_SETTLED, FIELD_CLOSED, FIELD_HOW, FIELD_ROUND, END}};
static const struct list list_tasks = {LEDGER_TASK,
                                       FIELD_ID,
                                       {FIELD_CHARTER, FIELD_UNIT, FIELD_STATE, FIELD_ISSUE, END},
                                       {FIELD_ID, FIELD_TITLE, FIELD_CHARTER, FIELD_UNIT, FIELD_ISSUE,
                                        FIELD_BY, FIELD_STATE, FIELD_PERCENT, FIELD_DUE, FIELD_MISSED,
                                        FIELD_CLOSED, END}};
static const struct list list_bulletins = {LEDGER_BULLETIN,
                                           FIELD_BULLETIN,
                                           {FIELD_CHARTER, END},
                                           {FIELD_BULLETIN, FIELD_NUMBER, FIELD_PERIOD, FIELD_CHARTER,
                                            FIELD_TITLE, FIELD_AUDIENCE, FIELD_SEQ, FIELD_DIGEST,
                                            FIELD_FROM_SEQ, FIELD_THROUGH_SEQ, END}};
static const struct list list_charters = {
    LEDGER_CHARTER,
    FIELD_NAME,
    {END},
    {FIELD_NAME, FIELD_VERSION, FIELD_TITLE, FIELD_FILE, FIELD_DIGEST, FIELD_RECEIVED, FIELD_SEQ, END}};
static const struct list list_deadlines = {LEDGER_DEADLINE,
                                           FIELD_DEADLINE,
                                           {FIELD_CHARTER, FIELD_STATE, FIELD_OWNER, FIELD_SUBJECT, END},
                                           {FIELD_DEADLINE, FIELD_SUBJECT, FIELD_CHARTER, FIELD_LABEL,
                                            FIELD_OWNER, FIELD_WHO, FIELD_DUE, FIELD_STATE, FIELD_RUNG,
                                            FIELD_PROVISIONAL, FIELD_BORN_LATE, FIELD_AT, FIELD_LIMIT, END}};

static void page_list(struct page *page, const struct list *list)
{
    struct key prefix = record_key((store_table)list->table);
    struct key from = ledger_key(list->table, page_from(page));
    struct store_cursor cursor;
    bool first = page_from(page).bytes == 0;
    for (bool more = store_first(turn_txn(page->turn), &prefix, first ? NULL : &from, &cursor); more;
         more = store_next(&cursor)) {
        const struct doc *record = record_from(page->turn, cursor.value);
        if (page_wants_record(page, list->filters, record) &&
            !page_add(page, page_row(page, list->fields, record), doc_text(record, list->id)))
            break;
    }
    store_cursor_end(&cursor);
}

static void query_issues(struct page *page)
{
    page_list(page, &list_issues);
}

static void query_tasks(struct page *page)
{
    page_list(page, &list_tasks);
}

static void query_bulletins(struct page *page)
{
    page_list(page, &list_bulletins);
}

static void query_charters(struct page *page)
{
    page_list(page, &list_charters);
}

/* ---- deadlines, the next first ---- */

/* "<due>/<id>" */
static bool due_parse_page(struct text t, int64_t *due_us_out, struct text *id_out)
{
    const char *slash = memchr(t.at, '/', t.bytes);
    if (slash == NULL)
        return false;
    *id_out = (struct text){slash + 1, t.bytes - (size_t)(slash + 1 - t.at)};
    return text_parse_i64((struct text){t.at, (size_t)(slash - t.at)}, due_us_out);
}

static void query_deadlines(struct page *page)
{
    struct key prefix = record_key(LEDGER_DUE), from = prefix;
    int64_t due_us = 0;
    struct text id = TEXT_NONE;
    bool first = page_from(page).bytes == 0;
    if (!first && !due_parse_page(page_from(page), &due_us, &id)) {
        page_fail(page, "page: this is no page of deadlines");
        return;
    }
    key_add_i64(&from, due_us);
    key_add_text(&from, id);
    struct store_cursor cursor;
    for (bool more = store_first(turn_txn(page->turn), &prefix, first ? NULL : &from, &cursor); more;
         more = store_next(&cursor)) {
        struct key_reader reader = key_read(cursor.key);
        if (!key_read_i64(&reader, &due_us) || !key_read_text(&reader, turn_arena(page->turn), &id))
            continue;
        struct key key = ledger_key(LEDGER_DEADLINE, id);
        const struct doc *record = record_get(page->turn, &key);
        struct text begins = arena_printf(turn_arena(page->turn), "%" PRId64 "/%.*s", due_us, TEXT_PRINT(id));
        if (record != NULL && page_wants_record(page, list_deadlines.filters, record) &&
            !page_add(page, page_row(page, list_deadlines.fields, record), begins))
            break;
    }
    store_cursor_end(&cursor);
}

/* ---- one bulletin ---- */

static void query_bulletin(struct page *page)
{
    struct key key = ledger_key(LEDGER_BULLETIN, doc_text(page->args, FIELD_BULLETIN));
    struct doc *record = record_get(page->turn, &key);
    if (!doc_has(page->args, FIELD_BULLETIN))
        page_fail(page, "bulletin: which one? Give `bulletin`");
    else if (record != NULL) /* as large as an event may be: a page of its own */
        page->answer->rows[page->answer->rows_count++] = record;
}

/* ---- posts, from the charter in force and what happened since ---- */

static struct doc *post_row(const struct page *page, const struct charter *charter, const struct post *post)
{
    struct doc *row = doc_new(turn_arena(page->turn));
    const struct names holders = holders_of(page->turn, LEDGER_HOLDER, charter, post);
    const struct {
        enum field field;
        struct text value;
    } values[] = {{FIELD_POST, post->id},
                  {FIELD_TITLE, post->title},
                  {FIELD_BODY, post->body},
                  {FIELD_UNIT, post->unit},
                  {FIELD_CHARTER, charter->name}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (values[i].value.bytes > 0)
            doc_set_text(row, values[i].field, values[i].value);
    for (size_t i = 0; i < holders.count; i++)
        doc_add_text(row, FIELD_SET, holders.at[i]);
    return row;
}

enum { CHARTERS_MAX = 256 };

static void query_posts(struct page *page)
{
    struct text names[CHARTERS_MAX];
    size_t count = turn_charters(page->turn, names, CHARTERS_MAX);
    bool begun = page_from(page).bytes == 0;
    for (size_t i = 0; i < count; i++) {
        const struct charter *charter = turn_charter(page->turn, names[i], NULL);
        for (size_t p = 0;
             charter != NULL && page_wants(page, FIELD_CHARTER, names[i]) && p < charter->posts_count; p++) {
            struct text begins = arena_printf(turn_arena(page->turn), "%.*s/%.*s", TEXT_PRINT(names[i]),
                                              TEXT_PRINT(charter->posts[p].id));
            begun = begun || text_equal(begins, page_from(page));
            if (begun && !page_add(page, post_row(page, charter, &charter->posts[p]), begins))
                return;
        }
    }
}

/* ---- the table of queries ---- */

static const struct {
    const char *name;
    enum field args[8]; /* besides rows and page */
    void (*run)(struct page *page);
} queries[] = {
    {"issues", {FIELD_CHARTER, FIELD_STATE, FIELD_LEVEL, FIELD_AREA, FIELD_UNIT, END}, query_issues},
    {"tasks", {FIELD_CHARTER, FIELD_UNIT, FIELD_STATE, FIELD_ISSUE, END}, query_tasks},
    {"deadlines", {FIELD_CHARTER, FIELD_STATE, FIELD_OWNER, FIELD_SUBJECT, END}, query_deadlines},
    {"units", {FIELD_CHARTER, FIELD_UNIT, END}, ledger_units},
    {"figures", {FIELD_CHARTER, FIELD_OF, END}, ledger_figures},
    {"bulletins", {FIELD_CHARTER, END}, query_bulletins},
    {"bulletin", {FIELD_BULLETIN, END}, query_bulletin},
    {"timeline", {FIELD_SUBJECT, END}, ledger_timeline},
    {"why", {FIELD_SUBJECT, FIELD_TYPE, END}, ledger_why},
    {"charters", {END}, query_charters},
    {"posts", {FIELD_CHARTER, END}, query_posts},
};
enum { QUERIES = sizeof queries / sizeof *queries };

static bool query_knows(size_t query, enum field field)
{
    if (field == FIELD_ROWS || field == FIELD_PAGE)
        return true;
    for (size_t i = 0; queries[query].args[i] != END; i++)
        if (queries[query].args[i] == field)
            return true;
    return false;
}

/* What isn't understood is refused, never passed over: a filter that does nothing would lie. */
static bool query_check(struct page *page, size_t query)
{
    for (enum field f = doc_first(page->args); f != END; f = doc_after(page->args, f))
        if (!query_knows(query, f)) {
            page_fail(page, "query %s takes no %s", queries[query].name, field_specs[f].name);
            return false;
        }
    int64_t rows = doc_int(page->args, FIELD_ROWS, QUERY_ROWS_MAX);
    if (rows < 1 || rows > QUERY_ROWS_MAX) {
        page_fail(page, "rows must be 1 to %d", QUERY_ROWS_MAX);
        return false;
    }
    page->rows_max = (size_t)rows;
    return true;
}

void ledger_query(struct turn *turn, struct text what, const struct doc *args,
                  struct query_answer *answer_out)
{
    struct page page = {.turn = turn, .args = args, .answer = answer_out};
    *answer_out = (struct query_answer){.ok = true};
    size_t query = 0;
    while (query < QUERIES && !text_is(what, queries[query].name))
        query++;
    if (query == QUERIES) {
        answer_out->unknown = true;
        page_fail(&page, "unknown query %.*s", (int)(what.bytes < 64 ? what.bytes : 64), what.at);
        return;
    }
    answer_out->rows = arena_alloc(turn_arena(turn), QUERY_ROWS_MAX * sizeof *answer_out->rows);
    if (query_check(&page, query))
        queries[query].run(&page);
}
