/* queries.c - what the register can be asked: one table of queries, beside one list for each kind of row. */
#include "workers/ledger/pages.h"

#include "base/limits.h"
#include "workers/common/holders.h"

#define END FIELD_COUNT_OF_ALL

/* ---- one bulletin ---- */

static void query_bulletin(struct page *page)
{
    struct text id = doc_text(page->args, FIELD_BULLETIN);
    if (!doc_has(page->args, FIELD_BULLETIN)) {
        page_fail(page, "bulletin: which one? Give `bulletin`");
        return;
    }
    struct doc *row = row_at(page->turn, &page->moment, ROW_BULLETIN, id);
    if (row != NULL) /* as large as an event may be: a page of its own */
        page->answer->rows[page->answer->rows_count++] = row;
}

/* ---- posts, from the charter in force and what happened since ---- */

static struct doc *post_row(struct page *page, const struct charter *charter, const struct post *post)
{
    struct arena *arena = turn_arena(page->turn);
    struct doc *row = doc_new(arena);
    const struct doc *held =
        row_at(page->turn, &page->moment, ROW_HOLDER, row_holder_id(arena, charter->name, post->id));
    const struct names holders = held != NULL ? holders_names(arena, held) : post->holders;
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

static void query_posts(struct page *page)
{
    struct page_charters charters = page_charters(page);
    bool begun = page_from(page).bytes == 0;
    for (size_t i = 0; i < charters.count; i++) {
        const struct charter *charter = charters.at[i];
        for (size_t p = 0; p < charter->posts_count; p++) {
            struct text begins = arena_printf(turn_arena(page->turn), "%.*s/%.*s", TEXT_PRINT(charter->name),
                                              TEXT_PRINT(charter->posts[p].id));
            begun = begun || text_equal(begins, page_from(page));
            if (begun && !page_add(page, post_row(page, charter, &charter->posts[p]), begins))
                return;
        }
    }
}

/* ---- names that the charters in force have, used or not ---- */

struct name_at {
    const char *of;
    size_t (*count)(const struct charter *charter);
    struct text (*at)(const struct charter *charter, size_t i);
};

static size_t level_count(const struct charter *charter)
{
    return charter->levels_count;
}
static struct text level_name(const struct charter *charter, size_t i)
{
    return charter->levels[i].id;
}
static size_t area_count(const struct charter *charter)
{
    return charter->areas_count;
}
static struct text area_name(const struct charter *charter, size_t i)
{
    return charter->areas[i].name;
}
static size_t body_count(const struct charter *charter)
{
    return charter->bodies_count;
}
static struct text body_name(const struct charter *charter, size_t i)
{
    return charter->bodies[i].id;
}

static size_t class_count(const struct charter *charter)
{
    return charter->classes_count;
}
static struct text class_name(const struct charter *charter, size_t i)
{
    return charter->classes[i].name;
}
static size_t routine_count(const struct charter *charter)
{
    return charter->routines.routines_count;
}
static struct text routine_name(const struct charter *charter, size_t i)
{
    return charter->routines.routines[i].id;
}

static const struct name_at *name_kind(struct text of)
{
    static const struct name_at kinds[] = {{"level", level_count, level_name},
                                           {"area", area_count, area_name},
                                           {"body", body_count, body_name},
                                           {"class", class_count, class_name},
                                           {"routine", routine_count, routine_name}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_is(of, kinds[i].of))
            return &kinds[i];
    return NULL;
}

/* A page goes on at "<charter>/<place in it>". */
static void query_names(struct page *page)
{
    const struct name_at *kind = name_kind(doc_text(page->args, FIELD_OF));
    struct arena *arena = turn_arena(page->turn);
    bool begun = page_from(page).bytes == 0;
    if (kind == NULL) {
        page_fail(page, "names of what? `of` is level, area, body, class or routine");
        return;
    }
    struct page_charters charters = page_charters(page);
    for (size_t i = 0; i < charters.count; i++)
        for (size_t n = 0; n < kind->count(charters.at[i]); n++) {
            struct text begins = arena_printf(arena, "%.*s/%zu", TEXT_PRINT(charters.at[i]->name), n);
            struct doc *row = doc_new(arena);
            doc_set_text(row, FIELD_NAME, kind->at(charters.at[i], n));
            doc_set_text(row, FIELD_CHARTER, charters.at[i]->name);
            begun = begun || text_equal(begins, page_from(page));
            if (begun && page_wants(page, FIELD_AREA, doc_text(row, FIELD_NAME)) &&
                !page_add(page, row, begins))
                return;
        }
}

/* ---- names as written, and as the register has them ---- */

static struct text unit_written(const struct charter *charter, struct text name)
{
    const struct unit *unit = charter_unit(charter, name);
    return unit != NULL ? unit->name : TEXT("");
}

/* A unit by an alias, an area by its number: what reports may say, a question may too. A name stands before
 * another charter's alias. */
static void query_read_name(struct page *page, enum field field,
                            struct text (*written)(const struct charter *charter, struct text name))
{
    struct text given = doc_text(page->args, field), meant = TEXT("");
    if (!doc_has(page->args, field))
        return;
    struct page_charters charters = page_charters(page);
    for (size_t i = 0; i < charters.count; i++) {
        struct text name = written(charters.at[i], given);
        if (name.bytes > 0 && (meant.bytes == 0 || text_equal(name, given)))
            meant = name;
    }
    if (meant.bytes == 0 || text_equal(meant, given))
        return;
    struct doc *args = doc_copy(turn_arena(page->turn), page->args);
    doc_set_text(args, field, meant);
    page->args = args;
}

/* ---- the table of queries ---- */

struct query {
    const char *name;
    enum field args[8]; /* besides rows, page, asof and known */
    void (*run)(struct page *page);
};
static const struct query queries[] = {
    {"units", {FIELD_CHARTER, FIELD_UNIT, END}, ledger_units},
    {"coverage", {FIELD_CHARTER, FIELD_UNIT, END}, ledger_coverage},
    {"figures", {FIELD_CHARTER, FIELD_OF, FIELD_AT_LEAST, END}, ledger_figures},
    {"measures", {FIELD_CHARTER, FIELD_MEASURE, FIELD_CALENDAR, END}, ledger_measures},
    {"bulletin", {FIELD_BULLETIN, END}, query_bulletin},
    {"timeline", {FIELD_SUBJECT, END}, ledger_timeline},
    {"why", {FIELD_SUBJECT, FIELD_TYPE, END}, ledger_why},
    {"posts", {FIELD_CHARTER, END}, query_posts},
    {"names", {FIELD_CHARTER, FIELD_OF, FIELD_AREA, END}, query_names},
};

static bool query_lists(const enum field *fields, enum field field)
{
    while (*fields != END && *fields != field)
        fields++;
    return *fields == field && field != END;
}

static bool query_takes_in_common(enum field field)
{
    static const enum field common[] = {FIELD_ROWS, FIELD_PAGE, FIELD_AS_OF, FIELD_KNOWN, END};
    return query_lists(common, field);
}

static bool list_takes(enum row_kind kind, enum field field)
{
    const struct row_filter *filter = row_specs[kind].filters;
    if (field == FIELD_COUNT ||
        (kind == ROW_ISSUE && (field == FIELD_RAISED_IN || field == FIELD_SETTLED_IN)))
        return true;
    while (filter->arg != END && filter->arg != field)
        filter++;
    return filter->arg == field && field != END;
}

/* What isn't understood is refused, never passed over: a filter that does nothing would lie. Of a query
 * (NULL: of the list of a kind of row). */
static bool query_check(struct page *page, const struct query *query, enum row_kind kind)
{
    for (enum field f = doc_first(page->args); f != END; f = doc_after(page->args, f))
        if (!query_takes_in_common(f) &&
            !(query != NULL ? query_lists(query->args, f) : list_takes(kind, f))) {
            page_fail(page, "query %s takes no %s", query != NULL ? query->name : row_specs[kind].query,
                      field_specs[f].name);
            return false;
        }
    int64_t rows = doc_int(page->args, FIELD_ROWS, QUERY_ROWS_MAX);
    if (rows < 1 || rows > QUERY_ROWS_MAX) {
        page_fail(page, "rows must be 1 to %d", QUERY_ROWS_MAX);
        return false;
    }
    page->rows_max = (size_t)rows;
    return page_read_moment(page);
}

static const struct query *query_find(struct text what)
{
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        if (text_is(what, queries[i].name))
            return &queries[i];
    return NULL;
}

static enum row_kind query_find_list(struct text what)
{
    enum row_kind kind = 0;
    while (kind < ROW_KINDS && (row_specs[kind].query == NULL || !text_is(what, row_specs[kind].query)))
        kind++;
    return kind;
}

void ledger_query(struct turn *turn, struct text what, const struct doc *args,
                  struct query_answer *answer_out)
{
    struct page page = {.turn = turn, .args = args, .answer = answer_out};
    const struct query *query = query_find(what);
    enum row_kind kind = query_find_list(what);
    *answer_out = (struct query_answer){.ok = true};
    if (query == NULL && kind == ROW_KINDS) {
        answer_out->unknown = true;
        page_fail(&page, "unknown query %.*s", (int)(what.bytes < 64 ? what.bytes : 64), what.at);
        return;
    }
    answer_out->rows = arena_alloc(turn_arena(turn), QUERY_ROWS_MAX * sizeof *answer_out->rows);
    if (!query_check(&page, query, kind))
        return;
    query_read_name(&page, FIELD_UNIT, unit_written);
    query_read_name(&page, FIELD_AREA, charter_area);
    if (query != NULL)
        query->run(&page);
    else
        ledger_list(&page, kind);
}
