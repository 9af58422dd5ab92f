/* tsv.h - tables of text: a line a row, cells parted by tabs.
 *
 * UTF-8; the first line names the columns, unless the caller does. \t, \n, \r and \\ stand for the characters
 * that a cell cannot hold. Blanks at either end are no part of a cell; an empty cell is absent. A row that is
 * no such row is a fault.
 */
#ifndef CLI_IMPORT_TSV_H
#define CLI_IMPORT_TSV_H

#include "base/arena.h"
#include "cli/import/faults.h"

enum { TSV_LINE_BYTES_MAX = 1 << 20, TSV_COLUMNS_MAX = 256, TSV_ROWS_MAX = 4000000 };

struct tsv_row {
    uint64_t line;
    const struct text *cells; /* as many as there are columns; absent ones have no bytes */
    bool unreadable;          /* a fault, told; cells are what can be made out, unchecked */
};
struct tsv {
    struct text file;
    const struct text *columns;
    size_t columns_count;
    struct tsv_row *rows;
    size_t rows_count;
};
enum { TSV_E_HEADER = 1, TSV_E_ROWS };

/* Views into content, which must outlive the table; what had to be unescaped is copied into the arena.
 * columns: as the caller names them (columns_count > 0), else the first line does. With a complaint,
 * TSV_E_HEADER: it is in another encoding, there is no first line, that is parted by something else than
 * tabs, or names a column twice or too many; TSV_E_ROWS: too many. */
int tsv_parse(struct arena *arena, struct text file, struct text content, const struct text *columns,
              size_t columns_count, struct faults *faults, struct tsv *tsv_out,
              struct complaint *complaint) MUST_CHECK;

#endif
