/* page.c - see page.h. */
#include "workers/bulletins/page.h"

#include "workers/common/naming.h"

#include <inttypes.h>

enum { PAGE_LINES_MAX = 60, PAGE_TITLE_COLUMNS = 120 };

/* ---- counting ---- */

void page_count_seq(struct page *page, uint64_t seq)
{
    if (seq < page->bulletin->from_seq)
        page->bulletin->from_seq = seq;
}

/* All facts of a kind in the period: into a figure, and by group into a column unless grid is NULL. */
struct figure page_count(struct page *page, enum fact_kind kind, struct grid *grid, size_t column)
{
    struct figure figure = {0};
    struct facts facts;
    for (bool more = facts_first(page->turn, page->charter, kind, page->from_us, page->through_us, &facts);
         more; more = facts_next(&facts)) {
        figure_add(&figure, facts.fact.seq);
        page_count_seq(page, facts.fact.seq);
        if (grid != NULL)
            figure_add(grid_cell(grid, facts.fact.group, column), facts.fact.seq);
    }
    facts_end(&facts);
    return figure;
}

static void page_open_add(struct page *page, struct page_open *sum, const struct fact *fact, uint64_t seq)
{
    bool overdue = missed_by(page->turn, page->charter, fact->subject, page->through_us);
    page_count_seq(page, seq);
    figure_add(&sum->open, seq);
    if (overdue)
        figure_add(&sum->overdue, seq);
    if (sum->grid == NULL)
        return;
    figure_add(grid_cell(sum->grid, fact->group, sum->column), seq);
    if (overdue)
        figure_add(grid_cell(sum->grid, fact->group, sum->column + 1), seq);
}

void page_count_open(struct page *page, enum fact_kind open_kind, struct page_open *sum)
{
    enum fact_kind ended_kind = open_kind == FACT_ISSUE_OPEN ? FACT_ISSUE_STAY : FACT_TASK_STAY;
    struct facts facts;
    for (bool more = facts_first(page->turn, page->charter, open_kind, INT64_MIN, page->through_us, &facts);
         more; more = facts_next(&facts))
        page_open_add(page, sum, &facts.fact, facts.fact.seq);
    facts_end(&facts);
    for (bool more =
             facts_first(page->turn, page->charter, ended_kind, page->through_us + 1, INT64_MAX, &facts);
         more; more = facts_next(&facts))
        if (facts.fact.amount_us <= page->through_us)
            page_open_add(page, sum, &facts.fact, facts.fact.origin);
    facts_end(&facts);
}

/* ---- printing ---- */

void page_figure(struct page *page, const char *before, const struct figure *figure, const char *unit,
                 const char *after)
{
    buffer_printf(&page->out, "%s", before);
    figure_print(&page->out, figure, unit);
    buffer_printf(&page->out, "%s", after);
}

void page_day(struct page *page, int64_t at_us)
{
    struct text day = naming_day(turn_arena(page->turn), civil_day_of(at_us, page->bulletin->charter->zone));
    buffer_printf(&page->out, "%.*s", TEXT_PRINT(day));
}

/* “标题”（编号）, or the id alone if nothing more is known. */
void page_subject(struct page *page, struct text subject)
{
    const struct doc *item = item_get(page->turn, page->charter, FACT_ISSUE_OPEN, subject);
    if (item == NULL)
        item = item_get(page->turn, page->charter, FACT_TASK_OPEN, subject);
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
    const struct level *level = charter_level(page->bulletin->charter, id);
    markdown_print(&page->out, level != NULL ? level->name : id);
}

void page_label(struct page *page, struct text label)
{
    markdown_print(&page->out, naming_label(turn_arena(page->turn), page->bulletin->charter, label));
}

void page_party(struct page *page, struct text id)
{
    markdown_print(&page->out, naming_party(turn_arena(page->turn), page->bulletin->charter, id));
}

void page_request(struct page *page, struct text type)
{
    markdown_print(&page->out, naming_report(type));
}

static bool page_has_room(const struct page *page)
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

/* A headed list of the period's facts of a kind, or the sentence that there were none. */
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

/* Rows that count something; nothing at all if there are none. print_key shows a group's key. */
void page_grid(struct page *page, const struct grid *grid, const char *const *heads, size_t columns,
               void (*print_key)(struct page *page, struct text key))
{
    uint64_t left_out = 0;
    bool begun = false;
    for (size_t r = 0; r < grid->count; r++) {
        const struct grid_row *row = &grid->rows[r];
        if (grid_row_is_empty(row) || !page_has_room(page)) {
            left_out += !grid_row_is_empty(row);
            continue;
        }
        for (size_t c = 0; !begun && c <= columns; c++)
            buffer_printf(&page->out, "%s| %s %s", c == 0 ? "\n" : "", heads[c],
                          c == columns ? "|\n|---" : "");
        for (size_t c = 0; !begun && c < columns; c++)
            buffer_printf(&page->out, "|---:%s", c + 1 == columns ? "|\n" : "");
        begun = true;
        buffer_printf(&page->out, "| ");
        print_key(page, row->key);
        for (size_t c = 0; c < columns; c++)
            page_figure(page, " | ", &row->cells[c], "", c + 1 == columns ? " |\n" : "");
    }
    if (left_out > 0)
        buffer_printf(&page->out, "\n另有%" PRIu64 "行，篇幅所限不列。\n", left_out);
}

void page_print_plain(struct page *page, struct text key)
{
    markdown_print(&page->out, key.bytes > 0 ? key : TEXT("未指明"));
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
