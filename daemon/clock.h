/* clock.h - the one clock. The broker stamps what it receives and strikes when a worker's wake time is past;
 * nobody else reads a clock.
 *
 * Live: now is the machine's wall clock, never falling behind the last stamp. Replay: now is the time of the
 * events fed in; a report of time T waits until every expected worker has taken in all that is journalled,
 * has an empty outbox and waits for no instant before T. Both ways a strike for wake time W is stamped later
 * than every report that was received at or before W.
 *
 * Pure: the shell tells it what happened and asks for the next step.
 */
#ifndef DAEMON_CLOCK_H
#define DAEMON_CLOCK_H

#include "base/civil.h"
#include "proto/event.h"

struct clock_worker {
    struct text role;
    bool connected;
    uint64_t cursor, outbox;
    int64_t wake_us;
    uint64_t struck_seq; /* the last strike made for it; its wake counts again when cursor >= struck_seq */
};
enum { CLOCK_WORKERS_MAX = ROLE_COUNT };
struct clock {
    bool replay;
    int64_t now_us; /* replay: where time stands; live: last stamp given */
    struct clock_worker workers[CLOCK_WORKERS_MAX];
    size_t workers_count;
    struct text expected[CLOCK_WORKERS_MAX]; /* replay: roles that must be connected */
    size_t expected_count;
    int64_t striking_us; /* `at` of the last strike given out */
};
void clock_open(struct clock *clock, bool replay, int64_t last_received_us);
void clock_progress(struct clock *clock, struct text role, uint64_t cursor, uint64_t outbox, int64_t wake_us);
void clock_disconnect(struct clock *clock, struct text role);
/* Live: the stamp for something received now. */
int64_t clock_stamp_us(struct clock *clock, int64_t wall_us);

enum clock_step {
    CLOCK_WAIT, /* nothing to do now; live: *at_us_out is when to ask again (CIVIL_NEVER_US: on progress only)
                 */
    CLOCK_STRIKE, /* journal clock.struck {at: *at_us_out}, stamped *stamp_us_out; then clock_struck() */
    CLOCK_RELEASE /* replay: the waiting report of time event_us may be journalled, stamped *stamp_us_out */
};
/* event_us: time of the oldest waiting report (replay), CIVIL_NEVER_US: none waits. head: the journal's head.
 */
enum clock_step clock_next(struct clock *clock, int64_t wall_us, uint64_t head, int64_t event_us,
                           int64_t *at_us_out, int64_t *stamp_us_out);
void clock_struck(struct clock *clock, uint64_t seq);
/* Appends the encoded clock.struck {at} to body: source "/duband", an id that is new for each head, time =
 * the stamp. */
struct arena;
struct buffer;
void clock_strike_event(struct arena *arena, int64_t at_us, int64_t stamp_us, uint64_t head,
                        struct buffer *body);

#endif
