/* page.h - the bulletin being written: counting facts of its period, and figures, lists and tables of them.
 *
 * A list or table that outgrows its section's room says how much it leaves out.
 */
#ifndef WORKERS_BULLETINS_PAGE_H
#define WORKERS_BULLETINS_PAGE_H

#include "workers/bulletins/figures.h"
#include "workers/bulletins/masks.h"
#include "workers/bulletins/sections.h"

/* The first is the bound of TEXT in events.def; lists share the second, so that the sentences always fit
 * besides. */
enum { PAGE_TEXT_BYTES_MAX = 393216, PAGE_ROOM_BYTES = 360000, PAGE_TITLE_COLUMNS = 120 };

struct page {
    struct turn *turn;
    struct bulletin *bulletin;
    struct text charter;
    struct buffer out;
    size_t room_end; /* lists of the running section stop here */
    int64_t from_us, through_us;
    struct text section;        /* title of the running one */
    struct named_figures cells; /* figures of tables; those of sentences go before them */
    struct masks *masks;        /* names that are kept out, or NULL */
    struct text member;         /* page_member of the line being written, or none, */
    size_t member_at;           /* and where in it */
};

/* ---- counting ---- */

/* A figure that isn't counted by page_count: its event belongs to what the bulletin covers. */
void page_count_seq(struct page *page, uint64_t seq);
/* Adds one event of a kind of facts. */
void page_tally(struct page *page, struct figure *figure, enum fact_kind kind, uint64_t seq);
/* All facts of a kind in the period: into a figure, and by group into a column unless grid is NULL. */
struct figure page_count(struct page *page, enum fact_kind kind, struct grid *grid, size_t column);

/* What was open at the period's end, and what of it was overdue then. */
struct page_open {
    struct figure open, overdue;
    struct grid *grid; /* columns: open, overdue; or NULL */
    size_t column;
};
void page_count_open(struct page *page, enum fact_kind open_kind, struct page_open *sum);

/* ---- printing ---- */

/* unit: what is counted, 项 or 件. The words before it name it: it is kept to be compared later. */
void page_figure(struct page *page, const char *before, const struct figure *figure, const char *unit,
                 const char *after);
/* "85.7%"; of is not 0. */
struct text page_share(struct page *page, const struct figure *part, const struct figure *of);
/* A value under a name of its own, kept and not printed. */
void page_keep(struct page *page, struct text name, struct text is, uint64_t kinds);
/* The same for a cell of a table: its row's name and its column's head. */
void page_keep_cell(struct page *page, struct text row, const char *head, struct text is, uint64_t kinds);
void page_day(struct page *page, int64_t at_us);
bool page_has_room(const struct page *page);
/* “标题”（编号）, or the id alone if nothing more is known. Whoever raised it is kept out, if the rule says
 * so.
 */
void page_subject(struct page *page, struct text subject);
void page_level(struct page *page, struct text id);
/* A unit as it is, a body by its name, a post by its body and title. */
void page_party(struct page *page, struct text id);
/* What a report of that type asks for. */
void page_request(struct page *page, struct text type);
/* What a deadline was for. */
void page_label(struct page *page, struct text label);

/* In a line: here stand those of whom all else in it holds. Lines of a joined list that differ in nothing
 * else become one, with all of them. */
void page_member(struct page *page, struct text id);
/* "二、问题协调解决情况" */
void page_section_title(struct page *page, size_t index);

typedef void page_line(struct page *page, const struct fact *fact, const struct doc *details);
/* True if the fact that it stands on belongs into this list. */
typedef bool page_choose(struct page *page, struct facts *facts);
page_choose page_choose_all, page_choose_task, page_choose_issue;
/* A headed list of the period's facts of a kind, or the sentence that there were none (unless NULL). */
void page_list(struct page *page, enum fact_kind kind, const char *heading, const char *none,
               page_choose *choose, page_line *line);
/* The same, where lines may have members. */
void page_list_joined(struct page *page, enum fact_kind kind, const char *heading, const char *none,
                      page_choose *choose, page_line *line);

/* Rows that count something; nothing at all if there are none. name_key says what a group's key is called. */
typedef struct text page_name(struct page *page, struct text key);
void page_grid(struct page *page, const struct grid *grid, const char *const *heads, size_t columns,
               page_name *name_key);
/* The row's cells that count something, by name, whether or not there is room to print it. */
void page_keep_row(struct page *page, const struct grid_row *row, const char *const *heads, size_t columns,
                   struct text name);
/* The head of a table of figures: the first column's, and those of `columns` more. */
void page_heads(struct page *page, const char *const *heads, size_t columns);
page_name page_name_plain, page_name_level, page_name_party;
/* Opens a grid with the charter's units, levels or areas as its first rows, in the charter's order. */
void page_grid_units(struct page *page, struct grid *grid);
void page_grid_levels(struct page *page, struct grid *grid);
void page_grid_areas(struct page *page, struct grid *grid);

#endif
