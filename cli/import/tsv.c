/* tsv.c - see tsv.h. */
#include "cli/import/tsv.h"

#include <stdlib.h>

#include "cli/import/charset.h"
#include "cli/plural.h"

struct tsv_reading {
    struct arena *arena;
    struct faults *faults;
    struct complaint *complaint;
    struct tsv *tsv;
    size_t rows_room;
    struct text rest;
    uint64_t line; /* of what was read last */
};

static bool tsv_next_line(struct tsv_reading *reading, struct text *line_out)
{
    if (reading->rest.bytes == 0)
        return false;
    const char *end = memchr(reading->rest.at, '\n', reading->rest.bytes);
    size_t bytes = end != NULL ? (size_t)(end - reading->rest.at) : reading->rest.bytes;
    size_t past = end != NULL ? bytes + 1 : bytes;
    *line_out = (struct text){reading->rest.at, bytes};
    if (bytes > 0 && line_out->at[bytes - 1] == '\r')
        line_out->bytes--;
    reading->rest = (struct text){reading->rest.at + past, reading->rest.bytes - past};
    reading->line++;
    return true;
}

static struct text tsv_trim(struct text cell)
{
    while (cell.bytes > 0 && cell.at[0] == ' ')
        cell = (struct text){cell.at + 1, cell.bytes - 1};
    while (cell.bytes > 0 && cell.at[cell.bytes - 1] == ' ')
        cell.bytes--;
    return cell;
}

/* False at a backslash that stands for nothing. */
static bool tsv_unescape(struct arena *arena, struct text cell, struct text *out)
{
    static const char marks[] = "tnr\\", stands_for[] = "\t\n\r\\";
    *out = cell;
    if (cell.bytes == 0 || memchr(cell.at, '\\', cell.bytes) == NULL)
        return true;
    char *plain = arena_alloc(arena, cell.bytes);
    size_t bytes = 0;
    for (size_t i = 0; i < cell.bytes; i++) {
        if (cell.at[i] != '\\') {
            plain[bytes++] = cell.at[i];
            continue;
        }
        const char *mark = i + 1 < cell.bytes ? memchr(marks, cell.at[++i], sizeof marks - 1) : NULL;
        if (mark == NULL)
            return false;
        plain[bytes++] = stands_for[mark - marks];
    }
    *out = (struct text){plain, bytes};
    return true;
}

/* The cells of a line, at most max; returns how many there are. */
static size_t tsv_split(struct text line, struct text *cells, size_t max)
{
    size_t count = 0;
    for (const char *at = line.at, *end = line.at + line.bytes;; count++) {
        const char *tab = memchr(at, '\t', (size_t)(end - at));
        const char *cell_end = tab != NULL ? tab : end;
        if (count < max)
            cells[count] = tsv_trim((struct text){at, (size_t)(cell_end - at)});
        if (tab == NULL)
            return count + 1;
        at = tab + 1;
    }
}

/* The cells in place of their raw text; false after a fault. */
static bool tsv_clean(struct tsv_reading *reading, struct text *cells)
{
    const struct tsv *tsv = reading->tsv;
    for (size_t i = 0; i < tsv->columns_count; i++) {
        const char *wrong =
            !text_is_utf8(cells[i])                              ? "is not UTF-8"
            : !tsv_unescape(reading->arena, cells[i], &cells[i]) ? "has a \\ before none of t, n, r, \\"
            : cells[i].bytes > 0 && memchr(cells[i].at, '\0', cells[i].bytes) != NULL ? "has a NUL byte"
                                                                                      : NULL;
        if (wrong != NULL) {
            fault_add(reading->faults, tsv->file, reading->line, tsv->columns[i], "the cell %s", wrong);
            return false;
        }
    }
    return true;
}

static void tsv_keep(struct tsv_reading *reading, const struct text *cells, bool unreadable)
{
    struct tsv *tsv = reading->tsv;
    if (tsv->rows_count == reading->rows_room) {
        size_t room = reading->rows_room == 0 ? 1024 : 2 * reading->rows_room;
        struct tsv_row *larger = arena_alloc(reading->arena, room * sizeof *larger);
        if (tsv->rows_count > 0)
            memcpy(larger, tsv->rows, tsv->rows_count * sizeof *larger);
        tsv->rows = larger;
        reading->rows_room = room;
    }
    tsv->rows[tsv->rows_count++] =
        (struct tsv_row){.line = reading->line, .cells = cells, .unreadable = unreadable};
}

static void tsv_read_row(struct tsv_reading *reading, struct text line)
{
    const struct tsv *tsv = reading->tsv;
    if (line.bytes > TSV_LINE_BYTES_MAX) {
        fault_add(reading->faults, tsv->file, reading->line, TEXT_NONE, "the line is longer than %d bytes",
                  TSV_LINE_BYTES_MAX);
        return;
    }
    struct text *cells = arena_alloc(reading->arena, tsv->columns_count * sizeof *cells);
    size_t count = tsv_split(line, cells, tsv->columns_count);
    if (count != tsv->columns_count)
        fault_add(reading->faults, tsv->file, reading->line, TEXT_NONE, "%zu cell%s, but %zu column%s", count,
                  PLURAL(count), tsv->columns_count, PLURAL(tsv->columns_count));
    bool readable = count == tsv->columns_count && tsv_clean(reading, cells);
    tsv_keep(reading, cells, !readable);
}

static bool tsv_header_fits(struct tsv_reading *reading, const struct text *columns, size_t count)
{
    struct text file = reading->tsv->file;
    if (count > TSV_COLUMNS_MAX) {
        complain(reading->complaint, "", "", "%.*s:1: more than %d columns", TEXT_PRINT(file),
                 TSV_COLUMNS_MAX);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (text_equal(columns[i], columns[k])) {
                complain(reading->complaint, "", "", "%.*s:1: the column \"%.*s\" stands twice in the header",
                         TEXT_PRINT(file), TEXT_PRINT(columns[i]));
                return false;
            }
    return true;
}

/* Whether something else than tabs seems to part its cells: a complaint. */
static bool tsv_header_is_parted(struct tsv_reading *reading, struct text line)
{
    static const struct {
        char mark;
        const char *name;
    } marks[] = {{',', "commas"}, {';', "semicolons"}};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (memchr(line.at, marks[i].mark, line.bytes) != NULL) {
            complain(reading->complaint, "", "",
                     "%.*s:1: tabs part the cells of a table; this header has none, but %s",
                     TEXT_PRINT(reading->tsv->file), marks[i].name);
            return true;
        }
    return false;
}

static int tsv_read_header(struct tsv_reading *reading)
{
    static const char mark[] = "\xEF\xBB\xBF";
    struct text *columns = arena_alloc(reading->arena, TSV_COLUMNS_MAX * sizeof *columns);
    struct text line;
    if (!tsv_next_line(reading, &line) || line.bytes == 0) {
        complain(reading->complaint, "", "", "%.*s: this is no table of text with a header",
                 TEXT_PRINT(reading->tsv->file));
        return TSV_E_HEADER;
    }
    if (!text_is_utf8(line)) {
        complain(reading->complaint, "", "", "%.*s:1: the header is not UTF-8",
                 TEXT_PRINT(reading->tsv->file));
        return TSV_E_HEADER;
    }
    if (text_starts_with(line, text_from(mark)))
        line = (struct text){line.at + sizeof mark - 1, line.bytes - (sizeof mark - 1)};
    size_t count = tsv_split(line, columns, TSV_COLUMNS_MAX);
    if (count == 1 && tsv_header_is_parted(reading, line))
        return TSV_E_HEADER;
    if (!tsv_header_fits(reading, columns, count))
        return TSV_E_HEADER;
    reading->tsv->columns = columns;
    reading->tsv->columns_count = count;
    return 0;
}

/* The first line that is not ASCII tells: one that is UTF-8 makes any other a fault of its own. */
static bool tsv_is_encoded(struct text content)
{
    struct tsv_reading reading = {.rest = content};
    struct text line;
    while (tsv_next_line(&reading, &line))
        for (size_t i = 0; i < line.bytes; i++)
            if ((line.at[i] & 0x80) != 0)
                return !text_is_utf8(line);
    return false;
}

static int tsv_check_charset(struct tsv_reading *reading)
{
    struct text file = reading->tsv->file;
    const char *charset = tsv_is_encoded(reading->rest) ? charset_likely(reading->rest) : NULL;
    if (charset == NULL)
        return 0;
    complain(
        reading->complaint, "", "",
        "%.*s: this is not UTF-8 but, as it seems, %s: `gzip -cdf %.*s | iconv -f %s -t UTF-8` makes it so",
        TEXT_PRINT(file), charset, TEXT_PRINT(file), charset);
    return TSV_E_HEADER;
}

int tsv_parse(struct arena *arena, struct text file, struct text content, const struct text *columns,
              size_t columns_count, struct faults *faults, struct tsv *tsv_out, struct complaint *complaint)
{
    struct text line;
    struct tsv_reading reading = {
        .arena = arena, .faults = faults, .complaint = complaint, .tsv = tsv_out, .rest = content};
    *tsv_out = (struct tsv){.file = file, .columns = columns, .columns_count = columns_count};
    int code = tsv_check_charset(&reading);
    if (code == 0 && columns_count == 0)
        code = tsv_read_header(&reading);
    while (code == 0 && tsv_next_line(&reading, &line)) {
        if (tsv_out->rows_count == TSV_ROWS_MAX) {
            complain(complaint, "", "", "%.*s:%llu: more than %d rows", TEXT_PRINT(file),
                     (unsigned long long)reading.line, TSV_ROWS_MAX);
            code = TSV_E_ROWS;
        } else if (line.bytes > 0) {
            tsv_read_row(&reading, line);
        }
    }
    return code;
}
