/* caselog.c - see caselog.h. */
#include "cli/import/caselog.h"

#include <stdlib.h>

void caselog_open(struct caselog *log, const struct map *map, struct arena *arena, struct faults *faults)
{
    *log = (struct caselog){.map = map, .arena = arena, .faults = faults};
}

/* ---- files ---- */

static int file_column(const struct tsv *tsv, struct text column)
{
    for (size_t i = 0; i < tsv->columns_count; i++)
        if (text_equal(tsv->columns[i], column))
            return (int)i;
    return -1;
}

/* Whether the file has all columns of the table; else the first that is missing. */
static bool file_fits(const struct tsv *tsv, const struct map_table *table, size_t *columns,
                      struct text *missing)
{
    for (size_t i = 0; i < table->columns_count; i++) {
        int column = file_column(tsv, table->columns[i]);
        if (column < 0) {
            *missing = table->columns[i];
            return false;
        }
        columns[i] = (size_t)column;
    }
    return true;
}

static int file_without_table(const struct map *map, const struct tsv *tsv, struct text missing,
                              struct complaint *complaint)
{
    int nearest = text_nearest(missing, tsv->columns, tsv->columns_count);
    complain(complaint, "", "",
             "%.*s:1: no table of the map %.*s has these columns: \"%.*s\" is missing%s%.*s%s",
             TEXT_PRINT(tsv->file), TEXT_PRINT(map->name), TEXT_PRINT(missing),
             nearest >= 0 ? "; nearest known: \"" : "",
             TEXT_PRINT(nearest >= 0 ? tsv->columns[nearest] : TEXT_NONE), nearest >= 0 ? "\"" : "");
    return CASELOG_E_FILE;
}

static int file_find_table(const struct map *map, struct caselog_file *file, struct text table,
                           struct complaint *complaint)
{
    struct text missing = TEXT_NONE;
    for (size_t i = 0; i < map->tables_count; i++) {
        bool named = text_equal(map->tables[i].name, table);
        if (table.bytes > 0 ? !named : !map->tables[i].header)
            continue;
        file->table = i;
        if (file_fits(&file->tsv, &map->tables[i], file->columns, &missing))
            return 0;
        if (named)
            break;
    }
    return file_without_table(map, &file->tsv, missing, complaint);
}

static const struct map_table *caselog_named(const struct map *map, struct text table)
{
    for (size_t i = 0; i < map->tables_count; i++)
        if (text_equal(map->tables[i].name, table))
            return &map->tables[i];
    return NULL;
}

static void caselog_keep(struct caselog *log, const struct caselog_row *row, size_t table)
{
    struct caselog_table *kept = &log->tables[table];
    if (kept->rows_count == kept->rows_room) {
        size_t room = kept->rows_room == 0 ? 1024 : 2 * kept->rows_room;
        struct caselog_row *larger = arena_alloc(log->arena, room * sizeof *larger);
        if (kept->rows_count > 0)
            memcpy(larger, kept->rows, kept->rows_count * sizeof *larger);
        kept->rows = larger;
        kept->rows_room = room;
    }
    kept->rows[kept->rows_count++] = *row;
}

static void caselog_take_rows(struct caselog *log, const struct caselog_file *file)
{
    const struct map_table *table = &log->map->tables[file->table];
    for (size_t i = 0; i < file->tsv.rows_count; i++) {
        const struct tsv_row *row = &file->tsv.rows[i];
        struct text key = row->cells[file->columns[table->key]];
        if (row->unreadable && (key.bytes == 0 || !text_is_utf8(key)))
            continue; /* told already, and of no known case */
        if (key.bytes == 0)
            fault_add(log->faults, file->tsv.file, row->line, table->columns[table->key],
                      "the row names no case");
        else
            caselog_keep(
                log, &(struct caselog_row){.row = row, .key = key, .file = (uint32_t)log->files_count - 1},
                file->table);
    }
}

int caselog_add(struct caselog *log, struct text name, struct text table, struct text content,
                struct complaint *complaint)
{
    struct caselog_file *file = arena_alloc(log->arena, sizeof *file);
    const struct map_table *named = caselog_named(log->map, table);
    bool by_place = named != NULL && !named->header;
    if (log->files_count == CASELOG_FILES_MAX || (table.bytes > 0 && named == NULL)) {
        complain(complaint, "", "",
                 named == NULL && table.bytes > 0 ? "the map has no table %.*s" : "%.*s: too many files",
                 TEXT_PRINT(table.bytes > 0 ? table : name));
        return CASELOG_E_FILE;
    }
    if (tsv_parse(log->arena, name, content, by_place ? named->columns : NULL,
                  by_place ? named->columns_count : 0, log->faults, &file->tsv, complaint) != 0)
        return CASELOG_E_FILE;
    int code = file_find_table(log->map, file, table, complaint);
    if (code != 0)
        return code;
    log->files[log->files_count++] = file;
    caselog_take_rows(log, file);
    return 0;
}

/* ---- order ---- */

static struct text row_cell(const struct caselog *log, const struct caselog_row *row, size_t column)
{
    if (row->row->unreadable)
        return TEXT_NONE;
    return row->row->cells[log->files[row->file]->columns[column]];
}

/* Whole numbers by value, absent ones first; anything else by its bytes. One column is compared in one way
 * alone: 2 < 10 < "1a" < 2 would be no order. */
static int order_compare(bool by_number, struct text a, struct text b)
{
    int64_t left = INT64_MIN, right = INT64_MIN;
    if (!by_number)
        return text_compare(a, b);
    (void)text_parse_i64(a, &left);
    (void)text_parse_i64(b, &right);
    return (left > right) - (left < right);
}

static bool table_is_by_number(const struct caselog *log, size_t table)
{
    int column = log->map->tables[table].order;
    int64_t number;
    for (size_t i = 0; column >= 0 && i < log->tables[table].rows_count; i++) {
        struct text cell = row_cell(log, &log->tables[table].rows[i], (size_t)column);
        if (cell.bytes > 0 && !text_parse_i64(cell, &number))
            return false;
    }
    return true;
}

static int row_compare(const void *a, const void *b, void *context)
{
    const struct caselog_row *left = a, *right = b;
    const struct caselog *log = context;
    size_t table = log->files[left->file]->table;
    int column = log->map->tables[table].order;
    int order = text_compare(left->key, right->key);
    if (order == 0 && column >= 0)
        order = order_compare(log->tables[table].by_number, row_cell(log, left, (size_t)column),
                              row_cell(log, right, (size_t)column));
    if (order == 0)
        order = (left->file > right->file) - (left->file < right->file);
    return order != 0 ? order : (left->row->line > right->row->line) - (left->row->line < right->row->line);
}

static void table_number(struct caselog_table *table)
{
    for (size_t first = 0, end; first < table->rows_count; first = end) {
        for (end = first + 1; end < table->rows_count; end++)
            if (!text_equal(table->rows[end].key, table->rows[first].key))
                break;
        for (size_t i = first; i < end; i++) {
            table->rows[i].index = (uint32_t)(i - first);
            table->rows[i].count = (uint32_t)(end - first);
        }
    }
}

void caselog_sort(struct caselog *log)
{
    for (size_t i = 0; i < log->map->tables_count; i++) {
        struct caselog_table *table = &log->tables[i];
        table->by_number = table_is_by_number(log, i);
        if (table->rows_count > 0)
            qsort_r(table->rows, table->rows_count, sizeof *table->rows, row_compare, log);
        table_number(table);
    }
}

/* ---- cells ---- */

/* The first row of a case in a table, or NULL. */
static struct caselog_row *table_case(const struct caselog_table *table, struct text key)
{
    size_t low = 0, high = table->rows_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (text_compare(table->rows[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < table->rows_count && text_equal(table->rows[low].key, key) ? &table->rows[low] : NULL;
}

void caselog_hold(struct caselog *log, struct text key)
{
    for (size_t t = 0; t < log->map->tables_count; t++) {
        struct caselog_row *row = table_case(&log->tables[t], key);
        for (uint32_t i = 0; row != NULL && i < row->count; i++)
            row[i].held = true;
    }
}

static const struct caselog_row *caselog_row_of(const struct caselog_at *at, const struct map_ref *ref)
{
    const struct caselog_row *row = at->row;
    switch (ref->where) {
    case MAP_OWN:
        break;
    case MAP_PREVIOUS:
        return row->index > 0 ? row - 1 : NULL;
    case MAP_NEXT:
        return row->index + 1 < row->count ? row + 1 : NULL;
    case MAP_FIRST:
    case MAP_LAST:
        row = table_case(&at->log->tables[ref->table], at->row->key);
        return row != NULL && ref->where == MAP_LAST ? row + row->count - 1 : row;
    }
    return row;
}

/* What key stands for in "status=Closed;group=". */
static struct text pair_get(struct text pairs, struct text key)
{
    while (pairs.bytes > 0) {
        const char *end = memchr(pairs.at, ';', pairs.bytes);
        struct text pair = {pairs.at, end != NULL ? (size_t)(end - pairs.at) : pairs.bytes};
        if (text_starts_with(pair, key) && pair.bytes > key.bytes && pair.at[key.bytes] == '=')
            return (struct text){pair.at + key.bytes + 1, pair.bytes - key.bytes - 1};
        size_t past = end != NULL ? pair.bytes + 1 : pair.bytes;
        pairs = (struct text){pairs.at + past, pairs.bytes - past};
    }
    return TEXT_NONE;
}

struct text caselog_cell(const struct caselog_at *at, const struct map_ref *ref)
{
    const struct caselog_row *row = caselog_row_of(at, ref);
    struct text cell = row != NULL ? row_cell(at->log, row, ref->column) : TEXT_NONE;
    return ref->pair.bytes > 0 ? pair_get(cell, ref->pair) : cell;
}

struct text caselog_file_name(const struct caselog_at *at)
{
    return at->log->files[at->row->file]->tsv.file;
}
