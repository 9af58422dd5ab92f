/* clock.c - what time it is, and what may happen next. See clock.h.
 *
 * One rule serves both clocks: a strike for wake W happens when time is strictly past W, so that everything
 * received at or before W stands before it in the journal. Live, time is the stamp about to be given; in
 * replay it is the time of the oldest waiting report. `at` of a strike is the latest instant of which that is
 * true, so one strike rings all that is past.
 *
 * Invariants: now_us never falls. In replay nothing happens unless every worker has taken in all that is
 * journalled.
 */
#include "daemon/clock.h"

#include "base/log.h"

static struct clock_worker *clock_worker_find(struct clock *clock, struct text role)
{
    for (size_t i = 0; i < clock->workers_count; i++)
        if (text_equal(clock->workers[i].role, role))
            return &clock->workers[i];
    return NULL;
}

static struct clock_worker *clock_worker_obtain(struct clock *clock, struct text role)
{
    struct clock_worker *worker = clock_worker_find(clock, role);
    if (worker != NULL)
        return worker;
    enum role_name name = role_find(role);
    ASSERT(name != ROLE_COUNT && clock->workers_count < CLOCK_WORKERS_MAX);
    worker = &clock->workers[clock->workers_count++];
    *worker = (struct clock_worker){.role = text_from(role_text(name)), .wake_us = CIVIL_NEVER_US};
    return worker;
}

void clock_open(struct clock *clock, bool replay, int64_t last_received_us)
{
    *clock = (struct clock){.replay = replay, .now_us = last_received_us, .striking_us = INT64_MIN};
}

void clock_progress(struct clock *clock, struct text role, uint64_t cursor, uint64_t outbox, int64_t wake_us)
{
    struct clock_worker *worker = clock_worker_obtain(clock, role);
    worker->connected = true;
    worker->cursor = cursor;
    worker->outbox = outbox;
    worker->wake_us = wake_us;
}

void clock_disconnect(struct clock *clock, struct text role)
{
    struct clock_worker *worker = clock_worker_find(clock, role);
    if (worker != NULL)
        worker->connected = false;
}

int64_t clock_stamp_us(struct clock *clock, int64_t wall_us)
{
    if (!clock->replay && wall_us > clock->now_us)
        clock->now_us = wall_us;
    return clock->now_us;
}

/* The earliest instant that a connected worker waits for, of those not struck already. */
static int64_t clock_wake_us(const struct clock *clock)
{
    int64_t wake_us = CIVIL_NEVER_US;
    for (size_t i = 0; i < clock->workers_count; i++) {
        const struct clock_worker *worker = &clock->workers[i];
        if (worker->connected && worker->cursor >= worker->struck_seq && worker->wake_us < wake_us)
            wake_us = worker->wake_us;
    }
    return wake_us;
}

static bool clock_is_quiet(struct clock *clock, uint64_t head)
{
    for (size_t i = 0; i < clock->expected_count; i++) {
        const struct clock_worker *worker = clock_worker_find(clock, clock->expected[i]);
        if (worker == NULL || !worker->connected)
            return false;
    }
    for (size_t i = 0; i < clock->workers_count; i++) {
        const struct clock_worker *worker = &clock->workers[i];
        if (worker->connected && (worker->cursor < head || worker->outbox > 0))
            return false;
    }
    return true;
}

/* Strikes for a wake that is past: everything received up to stamp_us - 1 is journalled or queued before it.
 */
static enum clock_step clock_strike(struct clock *clock, int64_t wake_us, int64_t stamp_us,
                                    int64_t *at_us_out, int64_t *stamp_us_out)
{
    ASSERT(stamp_us >= clock->now_us);
    clock->now_us = stamp_us;
    clock->striking_us = wake_us < stamp_us ? stamp_us - 1 : wake_us;
    *at_us_out = clock->striking_us;
    *stamp_us_out = stamp_us;
    return CLOCK_STRIKE;
}

static enum clock_step clock_next_live(struct clock *clock, int64_t wall_us, int64_t *at_us_out,
                                       int64_t *stamp_us_out)
{
    int64_t wake_us = clock_wake_us(clock);
    int64_t stamp_us = wall_us > clock->now_us ? wall_us : clock->now_us;
    if (wake_us < stamp_us)
        return clock_strike(clock, wake_us, stamp_us, at_us_out, stamp_us_out);
    *at_us_out = wake_us == CIVIL_NEVER_US ? CIVIL_NEVER_US : wake_us + 1;
    return CLOCK_WAIT;
}

enum clock_step clock_next(struct clock *clock, int64_t wall_us, uint64_t head, int64_t event_us,
                           int64_t *at_us_out, int64_t *stamp_us_out)
{
    if (!clock->replay)
        return clock_next_live(clock, wall_us, at_us_out, stamp_us_out);
    *at_us_out = CIVIL_NEVER_US;
    if (!clock_is_quiet(clock, head))
        return CLOCK_WAIT;
    bool waits = event_us != CIVIL_NEVER_US;
    int64_t horizon_us = waits && event_us > clock->now_us ? event_us : clock->now_us;
    int64_t wake_us = clock_wake_us(clock);
    if (wake_us < horizon_us) {
        int64_t stamp_us = wake_us > clock->now_us ? wake_us : clock->now_us;
        return clock_strike(clock, wake_us, stamp_us, at_us_out, stamp_us_out);
    }
    if (!waits)
        return CLOCK_WAIT;
    clock->now_us = horizon_us;
    *stamp_us_out = horizon_us;
    return CLOCK_RELEASE;
}

void clock_struck(struct clock *clock, uint64_t seq)
{
    for (size_t i = 0; i < clock->workers_count; i++) {
        struct clock_worker *worker = &clock->workers[i];
        if (worker->wake_us <= clock->striking_us)
            worker->struck_seq = seq;
    }
}

void clock_strike_event(struct arena *arena, int64_t at_us, int64_t stamp_us, uint64_t head,
                        struct buffer *body)
{
    struct doc *data = doc_new(arena);
    doc_set_time(data, FIELD_AT, at_us, 0);
    struct event event = {
        .id = arena_printf(arena, "struck-%llu", (unsigned long long)head + 1),
        .source = TEXT("/duband"),
        .type_name = text_from(event_types[EVENT_CLOCK_STRUCK].name),
        .type = &event_types[EVENT_CLOCK_STRUCK],
        .time_us = stamp_us,
        .data = data,
    };
    event_encode(&event, body);
}
