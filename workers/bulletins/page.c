/* page.c - see page.h. */
#include "workers/bulletins/page.h"

#include "base/log.h"
#include "workers/common/naming.h"

#include <assert.h>
#include <inttypes.h>

enum { PAGE_LINES_MAX = 60, PAGE_MEMBERS_MAX = CHARTER_LIST_MAX, PAGE_MEMBERS_ROOM = 32 };

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

void page_keep_cell(struct page *page, struct text row, const char *head, struct text is, uint64_t kinds)
{
    struct arena *arena = turn_arena(page->turn);
    struct text whole =
        arena_printf(arena, "%.*s：%.*s·%s", TEXT_PRINT(page->section), TEXT_PRINT(row), head);
    named_add(&page->cells, arena, &(struct named_figure){whole, is, kinds});
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

void page_section_title(struct page *page, size_t index)
{
    static const char *const ordinals[] = {"一", "二", "三", "四", "五",   "六",
                                           "七", "八", "九", "十", "十一", "十二"};
    static_assert(sizeof(ordinals) / sizeof(*ordinals) == BULLETIN_SECTIONS_MAX,
                  "every part has its ordinal");
    ASSERT(index < page->bulletin->rule->sections_count);
    buffer_printf(&page->out, "%s、", ordinals[index]);
    markdown_print(&page->out, page->bulletin->rule->section_titles[index]);
}

bool page_has_room(const struct page *page)
{
    return page->out.bytes < page->room_end;
}

/* ---- what a list takes up ---- */

bool page_choose_all(struct page *page, struct facts *facts)
{
    (void)page;
    (void)facts;
    return true;
}
bool page_choose_task(struct page *page, struct facts *facts)
{
    return item_known(page->turn, page->charter, FACT_TASK_OPEN, facts->fact.subject);
}
bool page_choose_issue(struct page *page, struct facts *facts)
{
    return item_known(page->turn, page->charter, FACT_ISSUE_OPEN, facts->fact.subject);
}

/* ---- lists: a line a fact, or a line for all facts that differ in a member alone ---- */

/* What stands before and after the members; without members all stands before. */
struct page_entry {
    struct text before, after;
    struct text *members;
    size_t members_count, members_room;
    struct figure events;
};
struct page_entries {
    struct page_entry at[PAGE_LINES_MAX];
    size_t count, bytes;
    uint64_t left_out;
};

void page_member(struct page *page, struct text id)
{
    page->member = id;
    page->member_at = page->out.bytes;
}

/* The line as it would stand on the page, taken from it again. */
static struct page_entry page_entry_write(struct page *page, struct facts *facts, page_line *line)
{
    struct arena *arena = turn_arena(page->turn);
    size_t begin = page->out.bytes;
    page->member = TEXT_NONE;
    line(page, &facts->fact, facts_details(facts));
    struct text written =
        arena_text_copy(arena, (struct text){(const char *)page->out.at + begin, page->out.bytes - begin});
    page->out.bytes = begin;
    size_t cut = page->member.at != NULL ? page->member_at - begin : written.bytes;
    return (struct page_entry){.before = {written.at, cut}, .after = {written.at + cut, written.bytes - cut}};
}

static bool page_entry_has(const struct page_entry *entry, struct text member)
{
    for (size_t i = 0; i < entry->members_count; i++)
        if (text_equal(entry->members[i], member))
            return true;
    return false;
}

/* False if there is no room. */
static bool page_entry_join(struct page *page, struct page_entries *entries, struct page_entry *entry,
                            uint64_t seq)
{
    struct arena *arena = turn_arena(page->turn);
    bool adds = page->member.at != NULL && !page_entry_has(entry, page->member);
    if (adds && entry->members_count == PAGE_MEMBERS_MAX)
        return false;
    if (adds && entry->members_count == entry->members_room) {
        size_t room = entry->members_room == 0 ? PAGE_MEMBERS_ROOM : 2 * entry->members_room;
        struct text *larger = arena_alloc(arena, room * sizeof(*larger));
        if (entry->members_count > 0)
            memcpy(larger, entry->members, entry->members_count * sizeof(*larger));
        entry->members = larger;
        entry->members_room = room;
    }
    if (adds) {
        entry->members[entry->members_count++] = arena_text_copy(arena, page->member);
        entries->bytes += page_name_party(page, page->member).bytes;
    }
    figure_add(&entry->events, seq);
    return true;
}

static struct page_entry *page_entry_like(struct page *page, struct page_entries *entries,
                                          const struct page_entry *written)
{
    for (size_t i = 0; page->member.at != NULL && i < entries->count; i++) {
        struct page_entry *entry = &entries->at[i];
        if (entry->members_count > 0 && text_equal(entry->before, written->before) &&
            text_equal(entry->after, written->after))
            return entry;
    }
    return NULL;
}

/* A full list of lines that don't join is not written any further. */
static void page_entries_add(struct page *page, struct page_entries *entries, struct facts *facts,
                             page_line *line, bool joins)
{
    bool full = entries->count == PAGE_LINES_MAX;
    if (page->out.bytes + entries->bytes >= page->room_end || (full && !joins)) {
        entries->left_out++;
        return;
    }
    struct page_entry written = page_entry_write(page, facts, line);
    struct page_entry *entry = joins ? page_entry_like(page, entries, &written) : NULL;
    if (entry == NULL && !full) {
        entry = &entries->at[entries->count++];
        *entry = written;
        entries->bytes += written.before.bytes + written.after.bytes;
    }
    if (entry == NULL || !page_entry_join(page, entries, entry, facts->fact.seq))
        entries->left_out++;
}

/* The level that these are all bodies of; NULL if they are not. */
static const struct level *page_whole_level(const struct page *page, const struct page_entry *entry)
{
    const struct charter *charter = page->bulletin->charter;
    const struct body *first = charter_body(charter, entry->members[0]);
    size_t bodies = 0;
    if (first == NULL || entry->members_count < 2)
        return NULL;
    for (size_t i = 0; i < charter->bodies_count; i++)
        bodies += text_equal(charter->bodies[i].level, first->level) ? 1 : 0;
    for (size_t i = 0; i < entry->members_count; i++) {
        const struct body *body = charter_body(charter, entry->members[i]);
        if (body == NULL || !text_equal(body->level, first->level))
            return NULL;
    }
    return bodies == entry->members_count ? charter_level(charter, first->level) : NULL;
}

static void page_print_members(struct page *page, const struct page_entry *entry)
{
    const struct level *level = entry->members_count > 0 ? page_whole_level(page, entry) : NULL;
    if (level != NULL) {
        buffer_printf(&page->out, "全部%zu个", entry->members_count);
        markdown_print(&page->out, level->name);
        return;
    }
    for (size_t i = 0; i < entry->members_count; i++) {
        buffer_printf(&page->out, "%s", i > 0 ? "、" : "");
        page_party(page, entry->members[i]);
    }
}

static void page_print_entry(struct page *page, const struct page_entry *entry)
{
    buffer_printf(&page->out, "- ");
    buffer_append(&page->out, entry->before.at, entry->before.bytes);
    page_print_members(page, entry);
    buffer_append(&page->out, entry->after.at, entry->after.bytes);
    figure_print_events(&page->out, &entry->events);
    buffer_printf(&page->out, "\n");
}

static void page_list_of(struct page *page, enum fact_kind kind, const char *const said[2],
                         page_choose *choose, page_line *line, bool joins)
{
    struct page_entries *entries = arena_alloc(turn_arena(page->turn), sizeof(*entries));
    struct facts facts;
    *entries = (struct page_entries){.count = 0};
    for (bool more = facts_first(page->turn, page->charter, kind, page->from_us, page->through_us, &facts);
         more; more = facts_next(&facts))
        if (choose(page, &facts))
            page_entries_add(page, entries, &facts, line, joins);
    facts_end(&facts);
    if (entries->count > 0)
        buffer_printf(&page->out, "\n%s：\n\n", said[0]);
    for (size_t i = 0; i < entries->count; i++)
        page_print_entry(page, &entries->at[i]);
    if (entries->left_out > 0)
        buffer_printf(&page->out, "%s- 另有%" PRIu64 "项，篇幅所限不列。\n", entries->count == 0 ? "\n" : "",
                      entries->left_out);
    else if (entries->count == 0 && said[1] != NULL)
        buffer_printf(&page->out, "\n%s\n", said[1]);
}

void page_list(struct page *page, enum fact_kind kind, const char *heading, const char *none,
               page_choose *choose, page_line *line)
{
    page_list_of(page, kind, (const char *const[2]){heading, none}, choose, line, false);
}

void page_list_joined(struct page *page, enum fact_kind kind, const char *heading, const char *none,
                      page_choose *choose, page_line *line)
{
    page_list_of(page, kind, (const char *const[2]){heading, none}, choose, line, true);
}

/* ---- tables ---- */

void page_keep_row(struct page *page, const struct grid_row *row, const char *const *heads, size_t columns,
                   struct text name)
{
    struct arena *arena = turn_arena(page->turn);
    for (size_t c = 0; c < columns; c++)
        if (row->cells[c].count > 0)
            page_keep_cell(page, name, heads[c + 1], arena_printf(arena, "%" PRIu64, row->cells[c].count),
                           row->cells[c].kinds);
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
