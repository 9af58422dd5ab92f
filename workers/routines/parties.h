/* parties.h - who may report what about meetings and filings: a table, the same under every charter. */
#ifndef WORKERS_ROUTINES_PARTIES_H
#define WORKERS_ROUTINES_PARTIES_H

#include "workers/routines/meeting.h"

enum parties_who {
    PARTIES_ANYONE = 1,  /* any post or unit of the charter */
    PARTIES_BODY = 2,    /* a body of the meeting, or the one that files */
    PARTIES_EXAMINER = 4 /* the body that examines topics, which prepares the meeting too */
};
unsigned parties_who(enum event_kind report);
/* True if the running report has no actor and the charter asks for none, or one that may; false after a
 * refusal. */
bool parties_check_meeting(const struct meeting *meeting);
bool parties_check_filing(const struct duty *duty);

#endif
