/* table.c - see table.h. */
#include "cli/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/csv.h"
#include "cli/plural.h"

enum { TABLE_GAP = 2, TABLE_CELL_COLUMNS_MIN = 8 };

bool table_colour(void)
{
    const char *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

/* ---- instants ---- */

/* How many bytes of t are an instant as RFC 3339 writes it, from its first on; 0: none. */
static size_t instant_bytes(struct text t)
{
    static const char pattern[] = "0000-00-00T00:00:00";
    size_t at = sizeof pattern - 1;
    if (t.bytes <= at)
        return 0;
    for (size_t i = 0; i < at; i++)
        if (pattern[i] == '0' ? t.at[i] < '0' || t.at[i] > '9' : t.at[i] != pattern[i])
            return 0;
    if (t.at[at] == '.')
        at += 1 + strspn(t.at + at + 1, "0123456789");
    if (at < t.bytes && t.at[at] == 'Z')
        return at + 1;
    return at + 6 <= t.bytes && (t.at[at] == '+' || t.at[at] == '-') && t.at[at + 3] == ':' ? at + 6 : 0;
}

/* 2020-02-18T23:59:59.999999+08:00 → 2020-02-18 23:59:59, and its zone as Z, +08 or +05:30. */
static void instant_print(struct buffer *out, struct text written, bool zone)
{
    buffer_printf(out, "%.10s %.*s", written.at, memcmp(written.at + 16, ":00", 3) == 0 ? 5 : 8,
                  written.at + 11);
    if (zone && written.at[written.bytes - 1] == 'Z')
        buffer_printf(out, "Z");
    else if (zone)
        buffer_printf(out, "%.*s", memcmp(written.at + written.bytes - 3, ":00", 3) == 0 ? 3 : 6,
                      written.at + written.bytes - 6);
}

struct text table_instants(struct arena *arena, struct text t, bool zone)
{
    struct buffer out;
    struct text from = arena_text_copy(arena, t); /* ends with a NUL, at which strspn stops */
    buffer_open(&out, t.bytes + 1);
    for (size_t at = 0; at < from.bytes;) {
        struct text rest = {from.at + at, from.bytes - at};
        size_t bytes = instant_bytes(rest);
        if (bytes > 0)
            instant_print(&out, (struct text){rest.at, bytes}, zone);
        else
            buffer_printf(&out, "%c", *rest.at);
        at += bytes > 0 ? bytes : 1;
    }
    struct text shown = arena_text_copy(arena, buffer_text(&out));
    buffer_close(&out);
    return shown;
}

/* ---- values ---- */

static struct text table_list(struct arena *arena, const struct doc *row, enum field field)
{
    struct buffer joined;
    buffer_open(&joined, 1 << 20);
    for (size_t i = 0; i < doc_count(row, field); i++) {
        if (i > 0)
            buffer_printf(&joined, "、");
        if (field_specs[field].kind == KIND_INTS)
            buffer_printf(&joined, "%lld", (long long)doc_int_at(row, field, i));
        else
            buffer_printf(&joined, "%.*s", TEXT_PRINT(doc_text_at(row, field, i)));
    }
    struct text copy = arena_text_copy(arena, buffer_text(&joined));
    buffer_close(&joined);
    return copy;
}

/* Line feeds would break a row. */
static struct text table_one_line(struct arena *arena, struct text t)
{
    char *copy = arena_alloc(arena, t.bytes + 1);
    for (size_t i = 0; i < t.bytes; i++)
        copy[i] = t.at[i] == '\n' || t.at[i] == '\t' ? ' ' : t.at[i];
    return (struct text){copy, t.bytes};
}

static struct text table_hundredths(struct arena *arena, const struct doc *row, enum field field)
{
    long long value = (long long)doc_int(row, field, 0);
    return arena_printf(arena, "%lld.%02lld", value / 100, value % 100);
}

struct text table_value(struct arena *arena, const struct doc *row, enum field field)
{
    if (!doc_has(row, field))
        return TEXT("");
    switch (field_specs[field].kind) {
    case KIND_INT:
        if (field == FIELD_POINTS)
            return table_hundredths(arena, row, field);
        return field == FIELD_SHARE
                   ? arena_printf(arena, "%lld.%02lld%%", (long long)doc_int(row, field, 0) / 100,
                                  (long long)doc_int(row, field, 0) % 100)
                   : arena_printf(arena, "%lld", (long long)doc_int(row, field, 0));
    case KIND_BOOL:
        return doc_bool(row, field) ? TEXT("yes") : TEXT("");
    case KIND_TIME:
        return table_instants(arena, doc_text(row, field), false);
    case KIND_NAMES:
    case KIND_DATES:
    case KIND_INTS:
        return table_list(arena, row, field);
    case KIND_ITEMS:
        return arena_printf(arena, "%zu item%s", doc_count(row, field), PLURAL(doc_count(row, field)));
    default:
        return field == FIELD_SUMMARY
                   ? table_one_line(arena, table_instants(arena, doc_text(row, field), true))
                   : table_one_line(arena, doc_text(row, field));
    }
}

static size_t table_terminal_columns(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return SIZE_MAX;
    return size.ws_col;
}

/* A page's cells, of every column. */
struct table_cells {
    size_t columns, rows;
    struct text *at; /* columns × rows */
};

static struct text table_cell(const struct table_cells *cells, size_t column, size_t row)
{
    return cells->at[column * cells->rows + row];
}

static struct table_cells table_fill(struct table_pages *pages, struct arena *arena, struct doc *const *rows,
                                     size_t count)
{
    struct table_cells cells = {.rows = count};
    while (pages->columns[cells.columns].header != NULL)
        cells.columns++;
    ASSERT(cells.columns <= TABLE_COLUMNS_MAX);
    cells.at = arena_alloc(arena, sizeof *cells.at * (count * cells.columns + 1));
    for (size_t c = 0; c < cells.columns; c++)
        for (size_t r = 0; r < count; r++) {
            struct text value = table_value(arena, rows[r], pages->columns[c].field);
            size_t width = text_columns(value);
            cells.at[c * count + r] = value;
            pages->needs[c] = width > pages->needs[c] ? width : pages->needs[c];
        }
    return cells;
}

/* Who gives way first on a narrow terminal: titles, then what is told elsewhere too. What is not here is
 * never cut: an id or a date of which a part is missing says nothing. */
static const enum field table_yielding[][8] = {
    {FIELD_TITLE, FIELD_SUMMARY, FIELD_COUNT_OF_ALL},
    {FIELD_AREA, FIELD_CLASS, FIELD_CLAUSE, FIELD_SET, FIELD_AUDIENCE, FIELD_UNIT, FIELD_HOW,
     FIELD_COUNT_OF_ALL},
};

static bool table_yields(const struct table_layout *layout, size_t column, size_t turn)
{
    for (const enum field *field = table_yielding[turn]; *field != FIELD_COUNT_OF_ALL; field++)
        if (layout->at[column]->field == *field)
            return layout->widths[column] > TABLE_CELL_COLUMNS_MIN;
    return false;
}

/* Narrows the widest of those whose turn it is until the table fits. */
static void table_fit(struct table_layout *layout, size_t terminal)
{
    for (size_t turn = 0; turn < sizeof table_yielding / sizeof table_yielding[0];) {
        size_t total = 0, widest = SIZE_MAX;
        for (size_t c = 0; c < layout->columns; c++) {
            total += layout->widths[c] + (c + 1 < layout->columns ? TABLE_GAP : 0);
            if (table_yields(layout, c, turn) &&
                (widest == SIZE_MAX || layout->widths[c] > layout->widths[widest]))
                widest = c;
        }
        if (total <= terminal)
            return;
        if (widest == SIZE_MAX)
            turn++;
        else
            layout->widths[widest]--;
    }
}

static struct table_layout table_lay_out(const struct table_pages *pages)
{
    struct table_layout layout = {.columns = 0};
    for (size_t c = 0; pages->columns[c].header != NULL; c++) {
        size_t header = text_columns(text_from(pages->columns[c].header));
        if (pages->needs[c] == 0)
            continue; /* empty in every row */
        layout.at[layout.columns] = &pages->columns[c];
        layout.widths[layout.columns++] = header > pages->needs[c] ? header : pages->needs[c];
    }
    table_fit(&layout, table_terminal_columns());
    return layout;
}

/* Behind the last column nothing needs to be in line. */
static bool table_is_in_line(const struct table_layout *a, const struct table_layout *b)
{
    bool same = a->columns == b->columns;
    for (size_t c = 0; same && c < a->columns; c++)
        same = a->at[c] == b->at[c] && (c + 1 == a->columns || a->widths[c] == b->widths[c]);
    return same;
}

static void table_put(const struct table_layout *layout, size_t column, struct text t, bool last)
{
    size_t width = layout->widths[column];
    bool right = field_specs[layout->at[column]->field].kind == KIND_INT;
    struct text cut = text_columns(t) > width ? text_cut_columns(t, width - 1) : t;
    bool shortened = cut.bytes < t.bytes;
    size_t used = text_columns(cut) + (shortened ? 1 : 0);
    int blanks = used < width ? (int)(width - used) : 0;
    if (right)
        printf("%*s", blanks, "");
    printf("%.*s%s", TEXT_PRINT(cut), shortened ? "…" : "");
    if (last)
        return;
    printf("%*s", (right ? 0 : blanks) + TABLE_GAP, "");
}

/* Nothing stands behind the last cell that is not empty. */
static void table_row(const struct table_pages *pages, const struct table_cells *cells, size_t row)
{
    const struct table_layout *layout = &pages->shown;
    struct text shown[TABLE_COLUMNS_MAX];
    size_t end = 0;
    for (size_t c = 0; c < layout->columns; c++) {
        shown[c] = table_cell(cells, (size_t)(layout->at[c] - pages->columns), row);
        end = shown[c].bytes > 0 ? c + 1 : end;
    }
    for (size_t c = 0; c < end; c++)
        table_put(layout, c, shown[c], c + 1 == end);
    putchar('\n');
}

static void table_head(const struct table_layout *layout)
{
    bool colour = table_colour();
    fputs(colour ? "\033[1m" : "", stdout);
    for (size_t c = 0; c < layout->columns; c++)
        table_put(layout, c, text_from(layout->at[c]->header), c + 1 == layout->columns);
    fputs(colour ? "\033[0m\n" : "\n", stdout);
}

static void table_add_aligned(struct table_pages *pages, struct arena *arena, struct doc *const *rows,
                              size_t count)
{
    struct table_cells cells = table_fill(pages, arena, rows, count);
    struct table_layout layout = table_lay_out(pages);
    bool in_line = pages->begun && table_is_in_line(&layout, &pages->shown);
    pages->shown = layout;
    if (!in_line && pages->begun)
        putchar('\n');
    if (!in_line)
        table_head(&layout);
    for (size_t r = 0; r < count; r++)
        table_row(pages, &cells, r);
}

/* As the JSON has it, but for what that writes in brackets. */
static void table_csv_value(struct arena *arena, const struct doc *row, enum field field, bool last)
{
    enum kind kind = field_specs[field].kind;
    if (!doc_has(row, field))
        csv_plain(TEXT(""), last);
    else if (field == FIELD_POINTS)
        csv_plain(table_hundredths(arena, row, field), last);
    else if (kind == KIND_INT)
        csv_plain(arena_printf(arena, "%lld", (long long)doc_int(row, field, 0)), last);
    else if (kind == KIND_BOOL)
        csv_plain(doc_bool(row, field) ? TEXT("true") : TEXT("false"), last);
    else if (kind == KIND_NAMES || kind == KIND_DATES || kind == KIND_INTS)
        csv_cell(table_list(arena, row, field), last);
    else if (kind == KIND_ITEMS)
        csv_plain(arena_printf(arena, "%zu", doc_count(row, field)), last);
    else
        csv_cell(doc_text(row, field), last);
}

static void table_csv_head(const struct column *columns)
{
    for (size_t c = 0; columns[c].header != NULL; c++)
        csv_plain(text_from(field_specs[columns[c].field].name), columns[c + 1].header == NULL);
}

static void table_add_csv(struct table_pages *pages, struct arena *arena, struct doc *const *rows,
                          size_t count)
{
    const struct column *columns = pages->columns;
    if (!pages->begun)
        table_csv_head(columns);
    for (size_t r = 0; r < count; r++)
        for (size_t c = 0; columns[c].header != NULL; c++)
            table_csv_value(arena, rows[r], columns[c].field, columns[c + 1].header == NULL);
}

void table_pages_add(struct table_pages *pages, struct arena *arena, struct doc *const *rows, size_t count)
{
    if (count == 0)
        return;
    if (pages->form == TABLE_ALIGNED)
        table_add_aligned(pages, arena, rows, count);
    else if (pages->form == TABLE_CSV)
        table_add_csv(pages, arena, rows, count);
    else
        (void)table_print_json(arena, rows, count);
    pages->begun = true;
    pages->rows += count;
}

int table_pages_end(struct table_pages *pages, const char *none)
{
    if (pages->rows == 0 && pages->form == TABLE_ALIGNED)
        fprintf(stderr, "%s\n", none);
    if (pages->rows == 0 && pages->form == TABLE_CSV)
        table_csv_head(pages->columns);
    return EXIT_DONE;
}

int table_print(struct arena *arena, const struct column *columns, struct doc *const *rows, size_t count,
                const char *none)
{
    struct table_pages pages = {.form = TABLE_ALIGNED, .columns = columns};
    table_pages_add(&pages, arena, rows, count);
    return table_pages_end(&pages, none);
}

int table_print_csv(struct arena *arena, const struct column *columns, struct doc *const *rows, size_t count)
{
    struct table_pages pages = {.form = TABLE_CSV, .columns = columns};
    table_pages_add(&pages, arena, rows, count);
    return table_pages_end(&pages, NULL);
}

int table_print_json(struct arena *arena, struct doc *const *rows, size_t count)
{
    for (size_t r = 0; r < count; r++) {
        struct text line = doc_to_json(arena, rows[r]);
        printf("%.*s\n", TEXT_PRINT(line));
    }
    return EXIT_DONE;
}
