/* page.c - see page.h. */
#include "workers/bulletins/page.h"

#include "workers/common/naming.h"

#include <inttypes.h>

enum { PAGE_LINES_MAX = 60 };

/* ---- counting ---- */

void page_count_seq(struct page *page, uint64_t seq)
{
    if (seq < page->bulletin->from_seq)
        page->bulletin->from_seq = seq;
}

void page_tally(struct page *page, struct figure *figure, enum fact_kind kind, uint64_t seq)
{
    figure_add(figure, seq);
    figure->kinds |= UINT64_C(1) << kind;
    page_count_seq(page, seq);
}

struct figure page_count(struct page *page, enum fact_kind kind, struct grid *grid, size_t column)
{
    struct figure figure = {.kinds = UINT64_C(1) << kind};
    struct facts facts;
    for (bool more = facts_first(page->turn, page->charter, kind, page->from_us, page->through_us, &facts);
         more; more = facts_next(&facts)) {
        page_tally(page, &figure, kind, facts.fact.seq);
        if (grid != NULL)
            page_tally(page, grid_cell(grid, facts.fact.group, column), kind, facts.fact.seq);
    }
    facts_end(&facts);
    return figure;
}

static void page_open_add(struct page *page, struct page_open *sum, const struct fact *fact,
                          enum fact_kind kind, uint64_t seq)
{
    bool overdue = missed_by(page->turn, page->charter, fact->subject, page->through_us);
    page_tally(page, &sum->open, kind, seq);
    if (overdue)
        page_tally(page, &sum->overdue, kind, seq);
    if (sum->grid == NULL)
        return;
    page_tally(page, grid_cell(sum->grid, fact->group, sum->column), kind, seq);
    if (!overdue)
        return;
    struct figure *cell = grid_cell(sum->grid, fact->group, sum->column + 1);
    page_tally(page, cell, kind, seq);
    cell->kinds |= UINT64_C(1) << FACT_MISSED;
}

void page_count_open(struct page *page, enum fact_kind open_kind, struct page_open *sum)
{
    struct facts facts;
    sum->open.kinds |= UINT64_C(1) << open_kind;
    sum->overdue.kinds |= UINT64_C(1) << open_kind | UINT64_C(1) << FACT_MISSED;
    for (bool more = facts_first(page->turn, page->charter, open_kind, INT64_MIN, page->through_us, &facts);
         more; more = facts_next(&facts))
        page_open_add(page, sum, &facts.fact, open_kind, facts.fact.seq);
    facts_end(&facts);
    for (bool more =
             facts_first(page->turn, page->charter, open_kind + 1, page->through_us + 1, INT64_MAX, &facts);
         more; more = facts_next(&facts))
        if (facts.fact.amount_us <= page->through_us)
            page_open_add(page, sum, &facts.fact, open_kind, facts.fact.origin);
    facts_end(&facts);
}

/* ---- printing ---- */

void page_keep(struct page *page, struct text name, struct text is, uint64_t kinds)
{
    struct arena *arena = turn_arena(page->turn);
    struct text whole = arena_printf(arena, "%.*s：%.*s", TEXT_PRINT(page->section), TEXT_PRINT(name));
    named_add(&page->bulletin->figures, arena, &(struct named_figure){whole, is, kinds});
}

/* "\n本期新交办任务" and "，其中按时" without what only joins them to the text. */
static struct text page_bare(const char *before)
{
    static const char *const joints[] = {"\n", "，", "；", "本期"};
    struct text bare = text_from(before);
    for (size_t i = 0; i < sizeof joints / sizeof *joints; i++)
        if (text_starts_with(bare, text_from(joints[i])))
            bare = (struct text){bare.at + strlen(joints[i]), bare.bytes - strlen(joints[i])};
    return bare;
}

void page_figure(struct page *page, const char *before, const struct figure *figure, const char *unit,
                 const char *after)
{
    buffer_printf(&page->out, "%s", before);
    figure_print(&page->out, figure, unit);
    buffer_printf(&page->out, "%s", after);
    page_keep(page, page_bare(before),
              arena_printf(turn_arena(page->turn), "%" PRIu64 "%s", figure->count, unit), figure->kinds);
}

struct text page_share(struct page *page, const struct figure *part, const struct figure *of)
{
    uint64_t tenths = part->count * 1000 / of->count;
    return arena_printf(turn_arena(page->turn), "%" PRIu64 ".%" PRIu64 "%%", tenths / 10, tenths % 10);
}

void page_day(struct page *page, int64_t at_us)
{
    struct text day = naming_day(turn_arena(page->turn), civil_day_of(at_us, page->bulletin->charter->zone));
    buffer_printf(&page->out, "%.*s", TEXT_PRINT(day));
}

void page_subject(struct page *page, struct text subject)
{
    static const enum fact_kind kinds[] = {FACT_ISSUE_OPEN, FACT_TASK_OPEN, FACT_SUPERVISION_OPEN};
    const struct doc *item = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && item == NULL; i++)
        item = item_get(page->turn, page->charter, kinds[i], subject);
    masks_add_raiser(page->masks, page->turn, page->charter, item);
    if (item == NULL || !doc_has(item, FIELD_TITLE)) {
        markdown_print(&page->out, subject);
        return;
    }
    buffer_printf(&page->out, "“");
    markdown_print(&page->out, text_cut_columns(doc_text(item, FIELD_TITLE), PAGE_TITLE_COLUMNS));
    buffer_printf(&page->out, "”（");
    markdown_print(&page->out, subject);
    buffer_printf(&page->out, "）");
}

void page_level(struct page *page, struct text id)
{
    markdown_print(&page->out, page_name_level(page, id));
}

void page_label(struct page *page, struct text label)
{
    markdown_print(&page->out, naming_label(turn_arena(page->turn), page->bulletin->charter, label));
}

void page_party(struct page *page, struct text id)
{
    markdown_print(&page->out, page_name_party(page, id));
}

void page_request(struct page *page, struct text type)
{
    markdown_print(&page->out, naming_report(type));
}

bool page_has_room(const struct page *page)
{
    return page->out.bytes < page->room_end;
}

/* ---- lists: a line a fact ---- */

bool page_choose_all(struct page *page, const struct fact *fact)
{
    (void)page;
    (void)fact;
    return true;
}
bool page_choose_task(struct page *page, const struct fact *fact)
{
    return item_known(page->turn, page->charter, FACT_TASK_OPEN, fact->subject);
}
bool page_choose_issue(struct page *page, const struct fact *fact)
{
    return item_known(page->turn, page->charter, FACT_ISSUE_OPEN, fact->subject);
}

void page_list(struct page *page, enum fact_kind kind, const char *heading, const char *none,
               page_choose *choose, page_line *line)
{
    uint64_t shown = 0, left_out = 0;
    struct facts facts;
    for (bool more = facts_first(page->turn, page->charter, kind, page->from_us, page->through_us, &facts);
         more; more = facts_next(&facts)) {
        if (!choose(page, &facts.fact))
            continue;
        if (shown == PAGE_LINES_MAX || !page_has_room(page)) {
            left_out++;
            continue;
        }
        buffer_printf(&page->out, "%s", shown++ == 0 ? "\n" : "");
        if (shown == 1)
            buffer_printf(&page->out, "%s：\n\n", heading);
        buffer_printf(&page->out, "- ");
        line(page, &facts.fact, facts_details(&facts));
        buffer_printf(&page->out, "〔#%" PRIu64 "〕\n", facts.fact.seq);
    }
    facts_end(&facts);
    if (left_out > 0)
        buffer_printf(&page->out, "%s- 另有%" PRIu64 "项，篇幅所限不列。\n", shown == 0 ? "\n" : "",
                      left_out);
    else if (shown == 0)
        buffer_printf(&page->out, "\n%s\n", none);
}

/* ---- tables ---- */

/* The row's cells by name, whether or not there is room to print it. */
static void page_keep_row(struct page *page, const struct grid_row *row, const char *const *heads,
                          size_t columns, struct text name)
{
    struct arena *arena = turn_arena(page->turn);
    for (size_t c = 0; c < columns; c++)
        if (row->cells[c].count > 0)
            named_add(&page->cells, arena,
                      &(struct named_figure){arena_printf(arena, "%.*s：%.*s·%s", TEXT_PRINT(page->section),
                                                          TEXT_PRINT(name), heads[c + 1]),
                                             arena_printf(arena, "%" PRIu64, row->cells[c].count),
                                             row->cells[c].kinds});
}

static void page_print_row(struct page *page, const struct grid_row *row, size_t columns, struct text name)
{
    buffer_printf(&page->out, "| ");
    markdown_print(&page->out, name);
    for (size_t c = 0; c < columns; c++) {
        buffer_printf(&page->out, " | ");
        figure_print(&page->out, &row->cells[c], "");
    }
    buffer_printf(&page->out, " |\n");
}

void page_heads(struct page *page, const char *const *heads, size_t columns)
{
    for (size_t c = 0; c <= columns; c++)
        buffer_printf(&page->out, "%s| %s %s", c == 0 ? "\n" : "", heads[c], c == columns ? "|\n|---" : "");
    for (size_t c = 0; c < columns; c++)
        buffer_printf(&page->out, "|---:%s", c + 1 == columns ? "|\n" : "");
}

void page_grid(struct page *page, const struct grid *grid, const char *const *heads, size_t columns,
               page_name *name_key)
{
    uint64_t left_out = 0;
    bool begun = false;
    for (size_t r = 0; r < grid->count; r++) {
        const struct grid_row *row = &grid->rows[r];
        if (grid_row_is_empty(row))
            continue;
        struct text name = name_key(page, row->key);
        page_keep_row(page, row, heads, columns, name);
        if (!page_has_room(page)) {
            left_out++;
            continue;
        }
        if (!begun)
            page_heads(page, heads, columns);
        begun = true;
        page_print_row(page, row, columns, name);
    }
    if (left_out > 0)
        buffer_printf(&page->out, "\n另有%" PRIu64 "行，篇幅所限不列。\n", left_out);
}

struct text page_name_plain(struct page *page, struct text key)
{
    (void)page;
    return key.bytes > 0 ? key : TEXT("未指明");
}
struct text page_name_level(struct page *page, struct text key)
{
    const struct level *level = charter_level(page->bulletin->charter, key);
    return level != NULL ? level->name : page_name_plain(page, key);
}
struct text page_name_party(struct page *page, struct text key)
{
    struct text party = masks_party(page->masks, page_name_plain(page, key));
    return naming_party(turn_arena(page->turn), page->bulletin->charter, party);
}

/* Rows of units in the charter's order come first. */
void page_grid_units(struct page *page, struct grid *grid)
{
    const struct charter *charter = page->bulletin->charter;
    grid_open(grid, turn_arena(page->turn));
    for (size_t i = 0; i < charter->units_count; i++)
        grid_cell(grid, charter->units[i].name, 0);
}
void page_grid_levels(struct page *page, struct grid *grid)
{
    const struct charter *charter = page->bulletin->charter;
    grid_open(grid, turn_arena(page->turn));
    for (size_t i = 0; i < charter->levels_count; i++)
        grid_cell(grid, charter->levels[i].id, 0);
}
void page_grid_areas(struct page *page, struct grid *grid)
{
    const struct charter *charter = page->bulletin->charter;
    grid_open(grid, turn_arena(page->turn));
    for (size_t i = 0; i < charter->areas_count; i++)
        grid_cell(grid, charter->areas[i].name, 0);
}
