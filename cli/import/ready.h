/* ready.h - whether reports of a log can be taken in: what would refuse them all is found before the first
 * one is sent, for ids are spent when they are. */
#ifndef CLI_IMPORT_READY_H
#define CLI_IMPORT_READY_H

#include "cli/command.h"
#include "cli/import/verdicts.h"
#include "proto/duban.h"
#include "proto/event.h"

enum { READY_CHARTERS_MAX = 64 };

/* The charters under which reports stand, and the day of the first report under each. */
struct ready_charter {
    struct text name;
    int64_t first_us;
    int zone;             /* as that report writes it */
    bool holds;           /* by then */
    struct text calendar; /* of the version adopted last */
};
struct ready {
    struct arena *arena;
    struct ready_charter charters[READY_CHARTERS_MAX];
    size_t charters_count;
    struct text calendars[READY_CHARTERS_MAX]; /* that are published */
    size_t calendars_count;
};
void ready_open(struct ready *ready, struct arena *arena);
/* One of the reports, in order of time. */
void ready_need(struct ready *ready, const struct event *report);
/* One event of the journal that takes them in, in order. */
void ready_see(struct ready *ready, const struct event *event);
/* EXIT_NEGATIVE, after saying which charter or calendar is missing. */
int ready_judge(const struct ready *ready) MUST_CHECK;
/* The same of a broker, of all of whose journal past learns; EXIT_USAGE if its clock does not follow the
 * reports, unless --live asks for that. */
int ready_ask(struct ready *ready, struct verdicts *past, struct invocation *invocation,
              struct duban *client) MUST_CHECK;

#endif
