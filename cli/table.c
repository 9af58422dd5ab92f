/* table.c - see table.h. */
#include "cli/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/csv.h"

enum { TABLE_COLUMNS_MAX = 24, TABLE_GAP = 2, TABLE_CELL_COLUMNS_MIN = 8 };

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
        return arena_printf(arena, "%zu items", doc_count(row, field));
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

struct table {
    size_t columns, rows;
    const char *headers[TABLE_COLUMNS_MAX];
    enum field fields[TABLE_COLUMNS_MAX];
    bool right[TABLE_COLUMNS_MAX];
    size_t widths[TABLE_COLUMNS_MAX];
    struct text *cells; /* rows × columns */
};

static void table_fill(struct table *table, struct arena *arena, const struct column *columns,
                       struct doc *const *rows, size_t count)
{
    *table = (struct table){.rows = count};
    size_t wanted = 0;
    while (columns[wanted].header != NULL)
        wanted++;
    ASSERT(wanted <= TABLE_COLUMNS_MAX);
    table->cells = arena_alloc(arena, sizeof(struct text) * (count * wanted + 1));
    for (size_t c = 0; c < wanted; c++) {
        size_t width = 0;
        struct text *cells = &table->cells[table->columns * count];
        for (size_t r = 0; r < count; r++) {
            cells[r] = table_value(arena, rows[r], columns[c].field);
            size_t columns_wide = text_columns(cells[r]);
            width = columns_wide > width ? columns_wide : width;
        }
        if (width == 0)
            continue; /* empty in every row */
        size_t header = text_columns(text_from(columns[c].header));
        table->headers[table->columns] = columns[c].header;
        table->fields[table->columns] = columns[c].field;
        table->right[table->columns] = field_specs[columns[c].field].kind == KIND_INT;
        table->widths[table->columns++] = header > width ? header : width;
    }
}

/* Who gives way first on a narrow terminal: titles, then what is told elsewhere too. What is not here is
 * never cut: an id or a date of which a part is missing says nothing. */
static const enum field table_yielding[][8] = {
    {FIELD_TITLE, FIELD_SUMMARY, FIELD_COUNT_OF_ALL},
    {FIELD_AREA, FIELD_CLASS, FIELD_CLAUSE, FIELD_SET, FIELD_AUDIENCE, FIELD_UNIT, FIELD_HOW,
     FIELD_COUNT_OF_ALL},
};

static bool table_yields(const struct table *table, size_t column, size_t turn)
{
    for (const enum field *field = table_yielding[turn]; *field != FIELD_COUNT_OF_ALL; field++)
        if (table->fields[column] == *field)
            return table->widths[column] > TABLE_CELL_COLUMNS_MIN;
    return false;
}

/* Narrows the widest of those whose turn it is until the table fits. */
static void table_fit(struct table *table, size_t terminal)
{
    for (size_t turn = 0; turn < sizeof table_yielding / sizeof table_yielding[0];) {
        size_t total = 0, widest = SIZE_MAX;
        for (size_t c = 0; c < table->columns; c++) {
            total += table->widths[c] + (c + 1 < table->columns ? TABLE_GAP : 0);
            if (table_yields(table, c, turn) &&
                (widest == SIZE_MAX || table->widths[c] > table->widths[widest]))
                widest = c;
        }
        if (total <= terminal)
            return;
        if (widest == SIZE_MAX)
            turn++;
        else
            table->widths[widest]--;
    }
}

static void table_cell(struct text t, size_t width, bool right, bool last)
{
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
static void table_row(const struct table *table, size_t row)
{
    size_t end = table->columns;
    while (end > 0 && table->cells[(end - 1) * table->rows + row].bytes == 0)
        end--;
    for (size_t c = 0; c < end; c++)
        table_cell(table->cells[c * table->rows + row], table->widths[c], table->right[c], c + 1 == end);
    putchar('\n');
}

int table_print(struct arena *arena, const struct column *columns, struct doc *const *rows, size_t count,
                const char *none)
{
    struct table table;
    if (count == 0) {
        fprintf(stderr, "%s\n", none);
        return EXIT_DONE;
    }
    table_fill(&table, arena, columns, rows, count);
    table_fit(&table, table_terminal_columns());
    bool colour = table_colour();
    fputs(colour ? "\033[1m" : "", stdout);
    for (size_t c = 0; c < table.columns; c++)
        table_cell(text_from(table.headers[c]), table.widths[c], table.right[c], c + 1 == table.columns);
    fputs(colour ? "\033[0m\n" : "\n", stdout);
    for (size_t r = 0; r < count; r++)
        table_row(&table, r);
    return EXIT_DONE;
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

int table_print_csv(struct arena *arena, const struct column *columns, struct doc *const *rows, size_t count)
{
    for (size_t c = 0; columns[c].header != NULL; c++)
        csv_plain(text_from(field_specs[columns[c].field].name), columns[c + 1].header == NULL);
    for (size_t r = 0; r < count; r++)
        for (size_t c = 0; columns[c].header != NULL; c++)
            table_csv_value(arena, rows[r], columns[c].field, columns[c + 1].header == NULL);
    return EXIT_DONE;
}

int table_print_json(struct arena *arena, struct doc *const *rows, size_t count)
{
    for (size_t r = 0; r < count; r++) {
        struct text line = doc_to_json(arena, rows[r]);
        printf("%.*s\n", TEXT_PRINT(line));
    }
    return EXIT_DONE;
}
