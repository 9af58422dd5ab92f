/* pages.h - a page of an answer, as each query of the register fills it. Every query adds its rows in a fixed
 * order under a text by which its walk can be taken up again.
 */
#ifndef WORKERS_LEDGER_PAGES_H
#define WORKERS_LEDGER_PAGES_H

#include "workers/ledger/rows.h"

struct page {
    struct turn *turn;
    const struct doc *args;
    struct query_answer *answer;
    size_t rows_max, bytes;
    struct moment moment; /* as of which it is asked; past, unless nothing was received behind it */
};
/* False when the page is full: the next page begins with the first row for which it was, and those behind it
 * are left to that page too. */
bool page_add(struct page *page, struct doc *row, struct text begins);
/* The same for rows that are numbered from 1: the row with that index, if the page begins no later. */
bool page_add_nth(struct page *page, struct doc *row, size_t index);
void page_fail(struct page *page, const char *format, ...) PRINTF_LIKE(2, 3);
/* Where to begin: the page argument, or none. */
struct text page_from(const struct page *page);
/* True if args doesn't ask for this field, or asks for this value. */
bool page_wants(const struct page *page, enum field field, struct text value);
/* Reads `asof` and `known`; false after page_fail. */
bool page_read_moment(struct page *page);
/* An instant; or a day: its end, or with `begins` its beginning, in the zone of the charter asked for or of
 * all charters in force. */
bool page_read_time(struct page *page, struct text t, bool begins, int64_t *at_us_out);
/* The charters in force as of the moment, by name. */
struct page_charters {
    const struct charter **at;
    size_t count;
};
struct page_charters page_charters(struct page *page);

/* lists.c: the rows of one kind */
void ledger_list(struct page *page, enum row_kind kind);
/* figures.c, measures.c, why.c */
void ledger_units(struct page *page);
void ledger_coverage(struct page *page);
void ledger_figures(struct page *page);
void ledger_measures(struct page *page);
void ledger_why(struct page *page);
void ledger_timeline(struct page *page);

#endif
