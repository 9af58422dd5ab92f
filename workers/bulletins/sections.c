/* sections.c - see sections.h. */
#include "workers/bulletins/sections.h"

#include "base/log.h"
#include "workers/bulletins/parts.h"
#include "workers/common/naming.h"

#include <inttypes.h>

enum { SECTIONS_TITLE_COLUMNS = 120 };

/* ---- the page ---- */

static const struct section {
    const char *id;
    void (*write)(struct page *page);
} sections_known[] = {
    {"task-lists", section_tasks},    {"issues", section_issues},
    {"plans", section_plans},         {"speed", section_speed},
    {"reporting", section_reporting}, {"progress", section_progress},
    {"major", section_major},         {"common", section_common},
    {"proposals", section_proposals}, {"supervision", section_supervision},
    {"scores", section_scores},
};
enum { SECTIONS_KNOWN_COUNT = sizeof(sections_known) / sizeof(*sections_known) };

static const struct section *section_find(struct text id)
{
    for (size_t i = 0; i < SECTIONS_KNOWN_COUNT; i++)
        if (text_is(id, sections_known[i].id))
            return &sections_known[i];
    die("no section %.*s, though the charter compiled", TEXT_PRINT(id));
}

static void page_section(struct page *page, size_t index)
{
    const struct bulletin_rule *rule = page->bulletin->rule;
    page->room_end = page->out.bytes + PAGE_ROOM_BYTES / rule->sections_count;
    page->section = rule->section_titles[index];
    buffer_printf(&page->out, "\n## ");
    page_section_title(page, index);
    buffer_printf(&page->out, "\n");
    section_find(rule->sections[index])->write(page);
}

/* Needs from_seq, so it is written last and put in front. */
static void page_head(struct page *page, struct buffer *head)
{
    const struct bulletin *bulletin = page->bulletin;
    const struct charter *charter = bulletin->charter;
    struct arena *arena = turn_arena(page->turn);
    struct text from = naming_day(arena, period_first_day(bulletin->period));
    struct text through = naming_day(arena, period_last_day(bulletin->period));
    buffer_printf(head, "# ");
    markdown_print(head, bulletin->title);
    buffer_printf(head, "\n\n第%" PRIu64 "期 · ", bulletin->number);
    markdown_print(head, charter->title);
    if (charter->document_number.bytes > 0) {
        buffer_printf(head, "（");
        markdown_print(head, charter->document_number);
        buffer_printf(head, "）");
    }
    buffer_printf(head, "\n\n统计期间：%.*s至%.*s", TEXT_PRINT(from), TEXT_PRINT(through));
    if (bulletin->rule->audience.bytes > 0) {
        buffer_printf(head, " · 发送：");
        markdown_print(head, bulletin->rule->audience);
    }
    buffer_printf(head,
                  "\n\n> 本期依据事件日志第%" PRIu64 "号至第%" PRIu64
                  "号生成，任何时候重算结果相同。数字后〔〕内是所依据事件的日志顺序号，可逐一核对；超过%d"
                  "件的列前%d件和最后1件。\n",
                  bulletin->from_seq, bulletin->through_seq, FIGURE_SHOWN_MAX, FIGURE_SHOWN_MAX - 1);
    if (bulletin->corrects.bytes > 0)
        buffer_printf(head, ">\n> 往期数字因其后登记的事件有变，另行更正：%.*s。\n",
                      TEXT_PRINT(bulletin->corrects));
}

/* 印发机关 and 成文日期, below a line, as official sheets have them. */
void bulletin_print_foot(struct arena *arena, struct buffer *out, const struct bulletin *bulletin)
{
    struct text day = naming_day(arena, bulletin->issued_day);
    buffer_printf(out, "\n---\n");
    if (bulletin->rule->issuer.bytes > 0) {
        buffer_printf(out, "\n");
        markdown_print(out, bulletin->rule->issuer);
        buffer_printf(out, "\n");
    }
    buffer_printf(out, "\n%.*s印发\n", TEXT_PRINT(day));
}

static void page_name_figure(struct page *page, struct named_figures *named, struct named_figure figure)
{
    struct arena *arena = turn_arena(page->turn);
    figure.name = masks_strike(page->masks, figure.name);
    figure.is = masks_strike(page->masks, figure.is);
    figure = named_fit(arena, &figure);
    named_add(named, arena, &figure);
}

/* Figures of sentences come first, those of tables as far as there is room; nothing names whom the rule keeps
 * out. */
static void page_name_figures(struct page *page)
{
    struct named_figures *named = &page->bulletin->figures;
    const struct named_figures parts[] = {*named, page->cells};
    *named = (struct named_figures){.left_out = parts[0].left_out + parts[1].left_out};
    for (size_t p = 0; p < sizeof(parts) / sizeof(*parts); p++)
        for (size_t i = 0; i < parts[p].count; i++)
            page_name_figure(page, named, parts[p].at[i]);
}

static struct text page_finish(struct page *page)
{
    struct arena *arena = turn_arena(page->turn);
    struct buffer head;
    buffer_open(&head, PAGE_TEXT_BYTES_MAX);
    page_head(page, &head);
    buffer_append(&head, page->out.at, page->out.bytes);
    bulletin_print_foot(arena, &head, page->bulletin);
    struct text text = arena_text_copy(arena, buffer_text(&head));
    buffer_close(&head);
    return masks_strike(page->masks, text);
}

void bulletin_write(struct turn *turn, struct bulletin *bulletin)
{
    const struct charter *charter = bulletin->charter;
    struct arena *arena = turn_arena(turn);
    struct page page = {.turn = turn,
                        .bulletin = bulletin,
                        .charter = charter->name,
                        .from_us = civil_start_of_day_us(period_first_day(bulletin->period), charter->zone),
                        .through_us = civil_end_of_day_us(period_last_day(bulletin->period), charter->zone),
                        .masks = masks_open(turn, charter, bulletin->rule)};
    struct text period = period_title(arena, bulletin->period);
    struct text title = text_cut_columns(bulletin->rule->title, SECTIONS_TITLE_COLUMNS);
    bulletin->title = arena_printf(arena, "%.*s（%.*s）", TEXT_PRINT(title), TEXT_PRINT(period));
    bulletin->from_seq = bulletin->through_seq;
    bulletin->figures = (struct named_figures){.count = 0};
    buffer_open(&page.out, PAGE_TEXT_BYTES_MAX);
    for (size_t i = 0; i < bulletin->rule->sections_count; i++)
        page_section(&page, i);
    page_name_figures(&page);
    bulletin->text = page_finish(&page);
    buffer_close(&page.out);
}
