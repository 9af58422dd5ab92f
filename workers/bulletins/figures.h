/* figures.h - numbers that say which events they count, and tables of them. */
#ifndef WORKERS_BULLETINS_FIGURES_H
#define WORKERS_BULLETINS_FIGURES_H

#include "base/arena.h"
#include "base/limits.h"

enum { FIGURE_SHOWN_MAX = 5, GRID_COLUMNS_MAX = 6 };

/* A count and the sequence numbers of what it counts: the first ones and the last. kinds: of which kinds of
 * facts (facts.h), a bit each. */
struct figure {
    uint64_t count, first[FIGURE_SHOWN_MAX], last, kinds;
};
void figure_add(struct figure *figure, uint64_t seq);
/* With unit "项": "0项", "3项〔#12 #40 #77〕", "12项〔#12 #40 #77 #80…#345〕". */
void figure_print(struct buffer *out, const struct figure *figure, const char *unit);
/* "〔#12 #40 #77〕", or nothing. */
void figure_print_events(struct buffer *out, const struct figure *figure);

/* Figures by group and column; groups stand in the order in which they were first asked for. */
struct grid_row {
    struct text key;
    struct figure cells[GRID_COLUMNS_MAX];
};
struct grid {
    struct arena *arena;
    struct grid_row *rows;
    size_t count, room;
};
void grid_open(struct grid *grid, struct arena *arena);
/* The cell of a group, added (with all columns empty) if it is new. Lives until the next new group. */
struct figure *grid_cell(struct grid *grid, struct text key, size_t column);
bool grid_row_is_empty(const struct grid_row *row);

/* Figures by name, as they are published and later compared. Two of one name: the first stands. What is more
 * than NAMED_MAX is counted in left_out: such a list is cut. */
enum { NAMED_MAX = 8 * LIST_COUNT_MAX, NAMED_BYTES_MAX = 128, NAMED_IS_BYTES_MAX = 512 };
struct named_figure {
    struct text name, is; /* "问题协调解决情况：提出问题", "3件" */
    uint64_t kinds;
};
struct named_figures {
    struct named_figure *at;
    size_t count, room;
    uint64_t left_out;
};
/* Copies both texts into the arena. */
void named_add(struct named_figures *named, struct arena *arena, const struct named_figure *figure);
/* As it fits into an event: what is longer ends in a digest of the whole, so that no two become one. */
struct named_figure named_fit(struct arena *arena, const struct named_figure *figure);
const struct named_figure *named_find(const struct named_figures *named, struct text name);

/* Text from outside as Markdown that shows it literally, on one line. */
void markdown_print(struct buffer *out, struct text t);

#endif
