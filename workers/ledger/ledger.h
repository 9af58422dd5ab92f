/* ledger.h - the register: a projection of the whole journal, and every list, figure and "why" that is asked
 * of it.
 *
 * It decides nothing and judges nothing: states, due times and misses are what the owners' outcomes say. Its
 * tables:
 *
 *     row, history, index, tally, counter    what is registered (rows.h): issues, tasks, deadlines, duties,
 *                                            meetings, filings, supervised items, inspections, scores,
 *                                            posts, charters, bulletins, notifications
 *     latest      (subject, label) → id of the last deadline
 *     entry       seq → the event in short, under the subjects by which it is found:
 *     subject     (subject, seq)
 *     judged      seq → a calendar that deadlines has yet to take over
 *     almanac     the calendars
 *
 * Deadlines:   open ──cleared, at <= due──► kept        at most one open per subject and label;
 *               │ └───cleared, at > due───► missed      set again by the same cause: replaced
 *               ├──────────missed─────────► missed
 *               └─reached─► reached         rung, and its owner has said nothing more: a period's end
 */
#ifndef WORKERS_LEDGER_LEDGER_H
#define WORKERS_LEDGER_LEDGER_H

#include "config/charter.h"
#include "workers/common/almanac.h"
#include "workers/runtime/role.h"

enum ledger_table {
    LEDGER_ROW = ALMANAC_TABLES_END,
    LEDGER_HISTORY,
    LEDGER_INDEX,
    LEDGER_TALLY,
    LEDGER_COUNTER,
    LEDGER_LATEST,
    LEDGER_ENTRY,
    LEDGER_SUBJECT,
    LEDGER_JUDGED
};
enum { LEDGER_SCHEMA = 7 };

/* entries.c */
struct key ledger_entry_key(uint64_t seq);
struct key ledger_subject_key(struct text subject);
/* The zone in which times of that event are shown: of its case's charter, else as it was written. */
int ledger_zone(struct turn *turn, const struct event *event);
/* When it occurred (rows.h). */
int64_t ledger_occurred_us(struct turn *turn, const struct event *event);
void ledger_put_entry(struct turn *turn, const struct event *event);
/* The receive stamp of the last entry that the moment shows; CIVIL_NEVER_US: none. */
struct moment;
int64_t ledger_last_received_us(struct turn *turn, const struct moment *moment);
/* register.c: all rows but deadlines */
void ledger_take_in(struct turn *turn, const struct event *event);
/* terms.c: deadlines */
void ledger_take_in_term(struct turn *turn, const struct event *event);
/* calendars.c */
void ledger_take_in_calendar(struct turn *turn, const struct event *event);

/* queries.c */
void ledger_query(struct turn *turn, struct text what, const struct doc *args,
                  struct query_answer *answer_out);

#endif
