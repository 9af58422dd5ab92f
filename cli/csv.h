/* csv.h - cells of comma-separated values (RFC 4180: lines end with CR LF, quotes are doubled), in UTF-8.
 *
 * A text that a spreadsheet would take for a formula (it begins with = + - @, their fullwidth forms, or a
 * tabulator or carriage return) gets an apostrophe in front: texts come from strangers.
 */
#ifndef CLI_CSV_H
#define CLI_CSV_H

#include "base/text.h"

/* To standard output, with what ends it: a comma, or the line. */
void csv_cell(struct text t, bool last);
/* A number or date of our own, which needs no guard. */
void csv_plain(struct text t, bool last);

#endif
