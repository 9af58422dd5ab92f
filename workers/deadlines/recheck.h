/* recheck.h - how far the open deadlines of a changed calendar are re-examined.
 *
 * A change opens a recheck of its calendar; each turn examines one window of ids, (after, through], and the
 * state says whether more follow. The window moves when an event is applied (never when it is decided), so
 * live and rebuilt state agree although most deadlines of a window don't move. A second change begins again
 * at the first id and remembers both notices. While a recheck is open no alarm rings: none may ring for a due
 * time that the calendar has taken back.
 */
#ifndef WORKERS_DEADLINES_RECHECK_H
#define WORKERS_DEADLINES_RECHECK_H

#include "workers/deadlines/alarms.h"

struct recheck {
    struct text calendar;
    struct text notices; /* those that brought it about: "国办发明电〔2019〕16号"; TEXT_NONE: the calendar
                            itself was published */
    struct text notice;                           /* the last of them */
    struct text ids[DEADLINES_EXAMINED_PER_TURN]; /* of the window */
    size_t count;
};

/* Opens a recheck of that calendar with a first window for this event; notice may be TEXT_NONE. */
void recheck_begin(struct turn *turn, struct text calendar, struct text notice, uint64_t seq);
/* Moves the first open recheck to its next window, for this event. Does nothing if none is open. */
void recheck_advance(struct turn *turn, uint64_t seq);
/* The window that was made for this event; NULL if there is none. In the turn's arena. */
const struct recheck *recheck_window(struct turn *turn, uint64_t seq);
/* Whether any calendar's recheck is open, or that of one calendar. */
bool recheck_is_open(struct turn *turn);
bool recheck_is_open_for(struct turn *turn, struct text calendar);

#endif
