/* figures.c - see figures.h. */
#include "workers/bulletins/figures.h"

#include "base/digest.h"
#include "base/log.h"
#include "workers/common/owed.h"

#include <inttypes.h>

enum { GRID_ROOM = 32, NAMED_ROOM = 64, NAMED_DIGITS = 8 };

void figure_add(struct figure *figure, uint64_t seq)
{
    if (figure->count < FIGURE_SHOWN_MAX)
        figure->first[figure->count] = seq;
    figure->last = seq;
    figure->count++;
}

void figure_print(struct buffer *out, const struct figure *figure, const char *unit)
{
    buffer_printf(out, "%" PRIu64 "%s", figure->count, unit);
    figure_print_events(out, figure);
}

void figure_print_events(struct buffer *out, const struct figure *figure)
{
    if (figure->count == 0)
        return;
    bool cut = figure->count > FIGURE_SHOWN_MAX;
    size_t shown = cut ? FIGURE_SHOWN_MAX - 1 : (size_t)figure->count;
    for (size_t i = 0; i < shown; i++)
        buffer_printf(out, "%s#%" PRIu64, i == 0 ? "〔" : " ", figure->first[i]);
    if (cut)
        buffer_printf(out, "…#%" PRIu64, figure->last);
    buffer_printf(out, "〕");
}

void grid_open(struct grid *grid, struct arena *arena)
{
    *grid = (struct grid){.arena = arena};
}

static struct grid_row *grid_add(struct grid *grid, struct text key)
{
    if (grid->count == grid->room) {
        size_t room = grid->room == 0 ? GRID_ROOM : 2 * grid->room;
        struct grid_row *larger = arena_alloc(grid->arena, room * sizeof(*larger));
        if (grid->count > 0)
            memcpy(larger, grid->rows, grid->count * sizeof(*larger));
        grid->rows = larger;
        grid->room = room;
    }
    struct grid_row *row = &grid->rows[grid->count++];
    *row = (struct grid_row){.key = arena_text_copy(grid->arena, key)};
    return row;
}

struct figure *grid_cell(struct grid *grid, struct text key, size_t column)
{
    ASSERT(column < GRID_COLUMNS_MAX);
    for (size_t i = 0; i < grid->count; i++)
        if (text_equal(grid->rows[i].key, key))
            return &grid->rows[i].cells[column];
    return &grid_add(grid, key)->cells[column];
}

bool grid_row_is_empty(const struct grid_row *row)
{
    for (size_t i = 0; i < GRID_COLUMNS_MAX; i++)
        if (row->cells[i].count > 0)
            return false;
    return true;
}

const struct named_figure *named_find(const struct named_figures *named, struct text name)
{
    for (size_t i = 0; i < named->count; i++)
        if (text_equal(named->at[i].name, name))
            return &named->at[i];
    return NULL;
}

void named_add(struct named_figures *named, struct arena *arena, const struct named_figure *figure)
{
    if (named_find(named, figure->name) != NULL)
        return;
    if (named->count == NAMED_MAX) {
        named->left_out++;
        return;
    }
    if (named->count == named->room) {
        size_t room = named->room == 0 ? NAMED_ROOM : 2 * named->room;
        struct named_figure *larger = arena_alloc(arena, room * sizeof(*larger));
        if (named->count > 0)
            memcpy(larger, named->at, named->count * sizeof(*larger));
        named->at = larger;
        named->room = room;
    }
    named->at[named->count++] = (struct named_figure){arena_text_copy(arena, figure->name),
                                                      arena_text_copy(arena, figure->is), figure->kinds};
}

static struct text named_fit_text(struct arena *arena, struct text t, size_t bytes_max)
{
    static const struct text mark = {"…", sizeof("…") - 1};
    if (t.bytes <= bytes_max)
        return t;
    struct digest digest = digest_of((struct bytes){(const unsigned char *)t.at, t.bytes});
    char hex[DIGEST_HEX_BYTES];
    struct text cut = text_cut(t, bytes_max - mark.bytes - NAMED_DIGITS);
    return arena_printf(arena, "%.*s%.*s%.*s", TEXT_PRINT(cut), TEXT_PRINT(mark), NAMED_DIGITS,
                        digest_hex(&digest, hex));
}

struct named_figure named_fit(struct arena *arena, const struct named_figure *figure)
{
    return (struct named_figure){named_fit_text(arena, figure->name, NAMED_BYTES_MAX),
                                 named_fit_text(arena, figure->is, NAMED_IS_BYTES_MAX), figure->kinds};
}

void markdown_print(struct buffer *out, struct text t)
{
    static const char special[] = "\\`*_[]<>|~&#!";
    for (size_t i = 0; i < t.bytes; i++) {
        char c = t.at[i] == '\n' || t.at[i] == '\t' ? ' ' : t.at[i];
        if (memchr(special, c, sizeof(special) - 1) != NULL)
            buffer_append(out, "\\", 1);
        buffer_append(out, &c, 1);
    }
}
