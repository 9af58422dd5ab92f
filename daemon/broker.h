/* broker.h - duband's parts put together: one loop thread that owns everything here, and the writer thread
 * behind intake.
 *
 *     doors ──► sessions ──► intake ──► writer ──► journal        an event's way in
 *       ▲           ▲           │                     │
 *       └───────────┴── streams ◄──── commits ◄───────┘           its way out
 *
 * A turn ends in this order: clock → batch handed to the writer → streams → unsent answers. Nothing is
 * answered before its commit is durable; a commit that fails stops the process without an answer.
 */
#ifndef DAEMON_BROKER_H
#define DAEMON_BROKER_H

#include "base/limits.h"
#include "base/log.h"
#include "base/loop.h"
#include "config/settings.h"
#include "daemon/access.h"
#include "daemon/clock.h"
#include "daemon/door.h"
#include "daemon/intake.h"
#include "daemon/journal.h"
#include "daemon/queries.h"
#include "daemon/sessions.h"
#include "daemon/streams.h"

struct broker {
    struct loop *loop;
    struct journal *journal;
    struct journal_reader *reader; /* entries live until its next use */
    struct access *access;
    struct clock clock;
    struct doors doors;
    struct sessions sessions;
    struct intake intake;
    struct streams streams;
    struct queries queries;
    struct buffer frame;       /* the message being sent */
    struct arena arena;        /* the message being handled */
    struct arena scratch;      /* one event or row of it */
    struct loop_wake *again;   /* asks for another turn at once */
    struct loop_timer *retry;  /* asks for another turn soon: some pipe is full */
    struct loop_timer *alarm;  /* the next wake of a worker is past */
    struct loop_timer *second; /* leases, status */
    struct loop_timer *watchdog;
    struct loop_timer *farewell;
    bool stopping; /* takes nothing more */
    bool parting;  /* everything is answered and everybody was told */
    int failed;    /* the negative code for which the process must stop, or 0 */
};

/* Opens the doors. Borrows loop, journal and settings; the settings until the next broker_reload returns. */
int broker_open(struct loop *loop, struct journal *journal, const struct settings *settings,
                struct broker **broker_out, struct complaint *complaint) MUST_CHECK;
void broker_close(struct broker *broker);
/* Takes new keys; sessions whose key is gone end. */
void broker_reload(struct broker *broker, const struct settings *settings);
/* No new events; answers what was taken, then stops the loop. */
void broker_stop(struct broker *broker);
/* Stops the loop at once, answering nothing more. */
void broker_fail(struct broker *broker, int code);

#endif
