/* run.h - reports run through all roles on a virtual clock, under charters and calendars from files.
 *
 * Charters are adopted at the first report's time; a calendar is known from the start with the notices
 * published by then, and learns of each later one on the day it was published, as its users did.
 * Deterministic: the same input gives the same journal, byte for byte. Everything here returns 0 or an exit
 * code, after saying why.
 */
#ifndef CLI_SIMULATE_RUN_H
#define CLI_SIMULATE_RUN_H

#include "cli/command.h"
#include "cli/simulate/world.h"
#include "config/charter.h"
#include "proto/event.h"

struct run;
struct run_options {
    const struct option_list *charters, *calendars; /* names or files; at least one charter */
    const char
        *journal_directory; /* where the journal stays, on disk when the run is closed; NULL: nowhere */
    struct text publisher;
};
int run_open(const struct run_options *options, struct run **run_out) MUST_CHECK;
/* Ends it in order; what it made besides a journal that stays is removed. */
int run_close(struct run *run) MUST_CHECK;

const struct charter *run_charter(const struct run *run); /* the first */
struct world *run_world(struct run *run);
/* One report, whose time is set, and all that follows from it. A report that the door would not let in is no
 * failure: it is refused, with the complaint. */
enum run_verdict { RUN_ACCEPTED, RUN_BEFORE, RUN_CONFLICT, RUN_REFUSED };
int run_report(struct run *run, const struct event *event, enum run_verdict *verdict_out,
               struct complaint *complaint) MUST_CHECK;
/* Lets time run on to this day's end or instant; NULL: it stays at the last report. */
int run_until(struct run *run, const char *until) MUST_CHECK;

#endif
