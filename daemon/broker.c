/* broker.c - see broker.h: opening and closing in order, the end of a turn, and what happens by the clock. */
#include "daemon/broker.h"

#include "base/notify.h"

#include <stdlib.h>

enum {
    BROKER_RETRY_US = 1000,
    BROKER_SECOND_US = 1000000,
    BROKER_STATUS_SECONDS = 5,
    BROKER_FAREWELL_US = 100000,      /* for last answers to leave: sockets are closed without lingering */
    BROKER_STOP_US = 5000000,         /* a stop takes no longer, whoever does not read */
    BROKER_COMMIT_SLOW_US = 5000000,  /* worth a status line */
    BROKER_COMMIT_STUCK_US = 60000000 /* longer, and the watchdog is not fed any more */
};

/* ---- turns ---- */

/* All that was taken is answered. */
static void broker_part(struct broker *broker)
{
    loop_timer_arm_us(broker->farewell, broker->sessions.count > 0 ? BROKER_FAREWELL_US : 0);
    sessions_close_all(broker, WIRE_STOPPING, "the broker is stopping");
    broker->parting = true;
}

static void broker_on_turn_end(void *context)
{
    struct broker *broker = context;
    if (broker->failed != 0)
        return;
    intake_turn(broker);
    enum streams_left left = streams_turn(broker);
    bool waits = sessions_turn(broker);
    if (left == STREAMS_MORE)
        loop_wake_signal(broker->again);
    else if (waits || left == STREAMS_FULL)
        loop_timer_arm_us(broker->retry, BROKER_RETRY_US);
    if (broker->stopping && !broker->parting && intake_is_empty(broker) && !waits)
        broker_part(broker);
}

/* A turn is all that is wanted of this event. */
static void broker_on_turn_wanted(void *context)
{
    (void)context;
}

static void broker_on_farewell(void *context)
{
    struct broker *broker = context;
    loop_stop(broker->loop);
}

static void broker_on_second(void *context)
{
    struct broker *broker = context;
    const struct session *furthest = NULL;
    sessions_expire(broker);
    queries_expire(broker);
    uint64_t lag = streams_survey(broker, &furthest);
    int64_t commit_us = writer_busy_us(broker->intake.writer);
    if (commit_us > BROKER_COMMIT_SLOW_US)
        notify_status("a commit has been under way for %lld s", (long long)(commit_us / BROKER_SECOND_US));
    else if (furthest != NULL)
        notify_status("head %llu, %zu sessions, furthest behind: %s by %llu",
                      (unsigned long long)journal_head(broker->journal), broker->sessions.count,
                      furthest->publisher, (unsigned long long)lag);
    else
        notify_status("head %llu, %zu sessions", (unsigned long long)journal_head(broker->journal),
                      broker->sessions.count);
    loop_timer_arm_us(broker->second, BROKER_SECOND_US);
}

static void broker_on_watchdog(void *context)
{
    struct broker *broker = context;
    if (writer_busy_us(broker->intake.writer) < BROKER_COMMIT_STUCK_US)
        notify_watchdog_ping();
    loop_timer_arm_us(broker->watchdog, (int64_t)notify_watchdog_us());
}

/* ---- opening and closing ---- */

static int broker_open_timers(struct broker *broker)
{
    const struct {
        void (*call)(void *context);
        struct loop_timer **timer;
    } timers[] = {
        {broker_on_turn_wanted, &broker->retry}, {broker_on_turn_wanted, &broker->alarm},
        {broker_on_second, &broker->second},     {broker_on_watchdog, &broker->watchdog},
        {broker_on_farewell, &broker->farewell},
    };
    int code = loop_wake_open(broker->loop, broker_on_turn_wanted, broker, &broker->again);
    for (size_t i = 0; code == 0 && i < sizeof(timers) / sizeof(timers[0]); i++)
        code = loop_timer_open(broker->loop, timers[i].call, broker, timers[i].timer);
    return code;
}

static void broker_open_clock(struct broker *broker, const struct settings *settings)
{
    clock_open(&broker->clock, settings->replay, journal_last_received_us(broker->journal));
    for (size_t i = 0; i < settings->replay_roles_count; i++)
        broker->clock.expected[broker->clock.expected_count++] =
            text_from(role_text(role_find(settings->replay_roles[i])));
}

/* ZAP before any door: without it, libzmq lets everybody in. */
static int broker_open_parts(struct broker *broker, const struct settings *settings,
                             struct complaint *complaint)
{
    int code = broker_open_timers(broker);
    if (code == 0)
        code = journal_reader_open(broker->journal, &broker->reader);
    if (code == 0)
        code = intake_open(broker);
    if (code == 0)
        code = loop_zap_open(broker->loop, access_admit, broker->access);
    if (code == 0)
        code = doors_open(broker, settings, complaint);
    return code;
}

int broker_open(struct loop *loop, struct journal *journal, const struct settings *settings,
                struct broker **broker_out, struct complaint *complaint)
{
    struct broker *broker = memory_alloc(sizeof(*broker));
    broker->loop = loop;
    broker->journal = journal;
    broker->access = access_open(settings);
    arena_open(&broker->arena, ARENA_BYTES_MAX);
    arena_open(&broker->scratch, ARENA_BYTES_MAX);
    buffer_open(&broker->frame, (size_t)4 * MESSAGE_BYTES_MAX);
    broker_open_clock(broker, settings);
    int code = broker_open_parts(broker, settings, complaint);
    if (code != 0) {
        broker_close(broker);
        return code;
    }
    loop_on_turn_end(loop, broker_on_turn_end, broker);
    loop_timer_arm_us(broker->second, BROKER_SECOND_US);
    if (notify_watchdog_us() > 0)
        loop_timer_arm_us(broker->watchdog, 0);
    *broker_out = broker;
    return 0;
}

void broker_close(struct broker *broker)
{
    struct loop_timer *timers[] = {broker->retry, broker->alarm, broker->second, broker->watchdog,
                                   broker->farewell};
    loop_on_turn_end(broker->loop, NULL, NULL);
    sessions_close_all(broker, WIRE_OK, "the broker stops");
    doors_close(broker);
    intake_close(broker);
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
        if (timers[i] != NULL)
            loop_timer_close(timers[i]);
    if (broker->again != NULL)
        loop_wake_close(broker->again);
    if (broker->reader != NULL)
        journal_reader_close(broker->reader);
    loop_zap_close(broker->loop); /* a handshake may still be under way, and asks access */
    access_close(broker->access);
    buffer_close(&broker->frame);
    arena_close(&broker->scratch);
    arena_close(&broker->arena);
    free(broker);
}

void broker_reload(struct broker *broker, const struct settings *settings)
{
    access_reload(broker->access, settings);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = broker->sessions.slots[i];
        const struct settings_key *key =
            session != NULL ? access_key(broker->access, text_from(session->user)) : NULL;
        if (session != NULL &&
            (key == NULL || (session->role != ROLE_COUNT && !access_may_work(key, session->role))))
            session_close(broker, session, WIRE_FORBIDDEN, "its key was taken away");
    }
}

void broker_stop(struct broker *broker)
{
    if (broker->stopping)
        return;
    broker->stopping = true;
    intake_stop(broker);
    loop_timer_arm_us(broker->farewell, BROKER_STOP_US);
    loop_wake_signal(broker->again);
}

void broker_fail(struct broker *broker, int code)
{
    ASSERT(code < 0);
    broker->failed = code;
    loop_stop(broker->loop);
}
