/* ledger.h - the register: a projection of the whole journal, and every list, figure and "why" that is asked
 * of it.
 *
 * It decides nothing and judges nothing: states, due times and misses are what the owners' outcomes say. Its
 * tables:
 *
 *     issue      id                  the issue as it stands
 *     task       id                  the task as it stands
 *     deadline   id                  the deadline as it stands; due index: (due, id); latest: (subject,
 * label) → id entry      seq                 the event in short, under the subjects by which it is found:
 * subject: (subject, seq) bulletin, charter, holder
 *
 * Deadlines:   open ──cleared, at <= due──► kept        at most one open per subject and label;
 *               │ └───cleared, at > due───► missed      set again by the same cause: replaced
 *               ├──────────missed─────────► missed
 *               └─reached─► reached         rung, and its owner has said nothing more: a period's end
 */
#ifndef WORKERS_LEDGER_LEDGER_H
#define WORKERS_LEDGER_LEDGER_H

#include "config/charter.h"
#include "workers/runtime/role.h"

enum ledger_table {
    LEDGER_ISSUE,
    LEDGER_TASK,
    LEDGER_DEADLINE,
    LEDGER_DUE,
    LEDGER_LATEST,
    LEDGER_ENTRY,
    LEDGER_SUBJECT,
    LEDGER_BULLETIN,
    LEDGER_CHARTER,
    LEDGER_HOLDER
};
enum { LEDGER_SCHEMA = 3 };

struct key ledger_key(enum ledger_table table, struct text id);
struct key ledger_entry_key(uint64_t seq);

/* entries.c */
/* The zone in which times of that event are shown: of its case's charter, else as it was written. */
int ledger_zone(struct turn *turn, const struct event *event);
void ledger_put_entry(struct turn *turn, const struct event *event);
/* register.c: issues, tasks, bulletins, charters */
void ledger_take_in(struct turn *turn, const struct event *event);
/* terms.c: deadlines */
void ledger_take_in_term(struct turn *turn, const struct event *event);

/* queries.c */
void ledger_query(struct turn *turn, struct text what, const struct doc *args,
                  struct query_answer *answer_out);

/* A page of rows. Every query adds its rows in a fixed order under a text by which its walk can be taken up
 * again. */
struct page {
    struct turn *turn;
    const struct doc *args;
    struct query_answer *answer;
    size_t rows_max, bytes;
};
/* False when the page is full: the next page begins with this row. */
bool page_add(struct page *page, struct doc *row, struct text begins);
void page_fail(struct page *page, const char *format, ...) PRINTF_LIKE(2, 3);
/* Where to begin: the page argument, or none. */
struct text page_from(const struct page *page);
/* True if args doesn't ask for this field, or asks for this value. */
bool page_wants(const struct page *page, enum field field, struct text value);

/* figures.c, why.c */
void ledger_units(struct page *page);
void ledger_figures(struct page *page);
void ledger_why(struct page *page);
void ledger_timeline(struct page *page);

#endif
