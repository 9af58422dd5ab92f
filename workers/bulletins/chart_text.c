/* chart_text.c - see chart_text.h. */
#include "workers/bulletins/chart_text.h"

#include <inttypes.h>

static const char *const chart_forms[] = {
    [CHART_COLUMNS] = "columns", [CHART_LINES] = "lines", [CHART_BARS] = "bars"};
enum { CHART_FORMS = sizeof(chart_forms) / sizeof(*chart_forms) };

struct text chart_value(struct arena *arena, int64_t tenths)
{
    return tenths % 10 == 0 ? arena_printf(arena, "%" PRId64, tenths / 10)
                            : arena_printf(arena, "%" PRId64 ".%" PRId64, tenths / 10, tenths % 10);
}

/* ---- writing ---- */

static void chart_print_name(struct buffer *out, struct text name)
{
    static const char breaking[] = "|`\n\t";
    for (size_t i = 0; i < name.bytes; i++)
        buffer_append(out, memchr(breaking, name.at[i], sizeof(breaking) - 1) != NULL ? " " : &name.at[i], 1);
}

static void chart_print_value(struct buffer *out, int64_t tenths)
{
    buffer_printf(out, " | %" PRId64, tenths / 10);
    if (tenths % 10 != 0)
        buffer_printf(out, ".%" PRId64, tenths % 10);
}

void chart_print(struct buffer *out, const struct chart *chart)
{
    buffer_printf(out, "\n```chart\ntitle: ");
    chart_print_name(out, chart->title);
    buffer_printf(out, "\nform: %s\nunit: ", chart_forms[chart->form]);
    chart_print_name(out, chart->unit);
    buffer_printf(out, "\n\n| ");
    chart_print_name(out, chart->head);
    for (size_t i = 0; i < chart->series_count; i++) {
        buffer_printf(out, " | ");
        chart_print_name(out, chart->series[i]);
    }
    buffer_printf(out, " |\n|---");
    for (size_t i = 0; i < chart->series_count; i++)
        buffer_printf(out, "|---:");
    buffer_printf(out, "|\n");
    for (size_t i = 0; i < chart->rows_count; i++) {
        buffer_printf(out, "| ");
        chart_print_name(out, chart->rows[i].label);
        for (size_t k = 0; k < chart->series_count; k++)
            chart_print_value(out, chart->rows[i].tenths[k]);
        buffer_printf(out, " |\n");
    }
    buffer_printf(out, "```\n");
}

/* ---- reading ---- */

static struct text chart_line(struct text *rest)
{
    const char *end = memchr(rest->at, '\n', rest->bytes);
    size_t bytes = end != NULL ? (size_t)(end - rest->at) : rest->bytes;
    struct text line = {rest->at, bytes};
    size_t used = bytes + (end != NULL);
    *rest = (struct text){rest->at + used, rest->bytes - used};
    return line;
}

static struct text chart_trim(struct text t)
{
    while (t.bytes > 0 && t.at[0] == ' ')
        t = (struct text){t.at + 1, t.bytes - 1};
    while (t.bytes > 0 && t.at[t.bytes - 1] == ' ')
        t.bytes--;
    return t;
}

/* The next cell of "| a | b |"; false at its end. */
static bool chart_cell(struct text *line, struct text *cell_out)
{
    if (line->bytes < 2 || line->at[0] != '|')
        return false;
    const char *end = memchr(line->at + 1, '|', line->bytes - 1);
    if (end == NULL)
        return false;
    *cell_out = chart_trim((struct text){line->at + 1, (size_t)(end - line->at) - 1});
    *line = (struct text){end, line->bytes - (size_t)(end - line->at)};
    return true;
}

static bool chart_number(struct text cell, int64_t *tenths_out)
{
    const char *point = memchr(cell.at, '.', cell.bytes);
    struct text whole = {cell.at, point != NULL ? (size_t)(point - cell.at) : cell.bytes};
    int64_t tens = 0, tenth = 0;
    if (!text_parse_i64(whole, &tens) || tens < 0 || tens > INT32_MAX)
        return false;
    struct text part = {point != NULL ? point + 1 : "0", 1};
    if (point != NULL && (cell.bytes != whole.bytes + 2 || !text_parse_i64(part, &tenth)))
        return false;
    *tenths_out = tens * 10 + tenth;
    return true;
}

static bool chart_parse_field(struct text line, const char *name, struct text *out)
{
    if (!text_starts_with(line, text_from(name)))
        return false;
    *out = chart_trim((struct text){line.at + strlen(name), line.bytes - strlen(name)});
    return true;
}

static bool chart_parse_form(struct text form, struct chart *chart)
{
    for (int i = 0; i < CHART_FORMS; i++)
        if (text_is(form, chart_forms[i])) {
            chart->form = (enum chart_form)i;
            return true;
        }
    return false;
}

static bool chart_parse_heads(struct text line, struct chart *chart)
{
    struct text cell;
    if (!chart_cell(&line, &chart->head))
        return false;
    while (chart_cell(&line, &cell)) {
        if (chart->series_count == CHART_SERIES_MAX)
            return false;
        chart->series[chart->series_count++] = cell;
    }
    return chart->series_count > 0;
}

static bool chart_parse_row(struct text line, struct chart *chart)
{
    struct text cell;
    if (chart->rows_count == CHART_ROWS_MAX)
        return false;
    struct chart_row *row = &chart->rows[chart->rows_count++];
    if (!chart_cell(&line, &row->label))
        return false;
    for (size_t i = 0; i < chart->series_count; i++)
        if (!chart_cell(&line, &cell) || !chart_number(cell, &row->tenths[i]))
            return false;
    return !chart_cell(&line, &cell);
}

bool chart_parse(struct text block, struct chart *chart_out)
{
    struct text form;
    *chart_out = (struct chart){.rows_count = 0};
    if (!chart_parse_field(chart_line(&block), "title:", &chart_out->title) ||
        !chart_parse_field(chart_line(&block), "form:", &form) || !chart_parse_form(form, chart_out) ||
        !chart_parse_field(chart_line(&block), "unit:", &chart_out->unit) || chart_line(&block).bytes > 0 ||
        !chart_parse_heads(chart_line(&block), chart_out) ||
        !text_starts_with(chart_line(&block), TEXT("|---")))
        return false;
    while (block.bytes > 0)
        if (!chart_parse_row(chart_line(&block), chart_out))
            return false;
    return chart_out->rows_count > 0;
}
