/* caselog.h - a log as a map sees it: the rows of each of its tables, case by case, and the cells that
 * references name. */
#ifndef CLI_IMPORT_CASELOG_H
#define CLI_IMPORT_CASELOG_H

#include "cli/import/map.h"
#include "cli/import/tsv.h"

enum { CASELOG_FILES_MAX = 64 };

/* A row among those of its case: position `index` of `count`, from 0; they stand side by side. */
struct caselog_row {
    const struct tsv_row *row;
    struct text key;
    uint32_t file, index, count;
    bool held; /* its case is held back: no report of it is sent */
};
struct caselog_table {
    struct caselog_row *rows; /* by key, then order, then file and line */
    size_t rows_count, rows_room;
    bool by_number; /* every cell of the column that orders them is a whole number, or absent */
};
struct caselog_file {
    struct tsv tsv;
    size_t table;
    size_t columns[TSV_COLUMNS_MAX]; /* of the map's columns: which of the file's */
};
struct caselog {
    const struct map *map;
    struct arena *arena;
    struct faults *faults;
    struct caselog_file *files[CASELOG_FILES_MAX];
    size_t files_count;
    struct caselog_table tables[MAP_TABLES_MAX];
};
enum { CASELOG_E_FILE = 1 };

void caselog_open(struct caselog *log, const struct map *map, struct arena *arena, struct faults *faults);
/* A file's rows; content must outlive the log. Which table it is its header says: the first of the map whose
 * columns it all has; or the caller, by name. CASELOG_E_FILE with a complaint: no table, or no such table. */
int caselog_add(struct caselog *log, struct text file, struct text table, struct text content,
                struct complaint *complaint) MUST_CHECK;
/* After the last file: rows stand case by case. A row without a key is a fault and left out; one that is
 * unreadable but names its case keeps its place, with all cells absent, and its case is held back. */
void caselog_sort(struct caselog *log);
/* Holds back a case: all its rows, in every table. */
void caselog_hold(struct caselog *log, struct text key);

/* Where a rule looks at the log from: a row of its table. */
struct caselog_at {
    const struct caselog *log;
    size_t table;
    const struct caselog_row *row;
};
/* The cell that a reference names from there; no bytes if it, or its row, is absent. */
struct text caselog_cell(const struct caselog_at *at, const struct map_ref *ref);
struct text caselog_file_name(const struct caselog_at *at);

#endif
