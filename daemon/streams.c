/* streams.c - see streams.h. */
#include "daemon/streams.h"

#include "daemon/broker.h"

#include <stdlib.h>

enum {
    STREAM_FILTER_BYTES_MAX = 65536,
    STREAM_READ_BYTES_MAX =
        131072,                 /* of one message, beyond its first event: pipes count messages, not bytes */
    STREAM_SCANS_PER_TURN = 8,  /* reads without a match before others have their turn */
    STREAM_TELL_EVENTS = 16384, /* passed over without a match before the consumer is told so */
    STREAM_LAG_EVENTS = 100000  /* behind the head: worth a line in the log */
};

/* ---- subscribing ---- */

static struct subscription *stream_find(struct session *session, uint64_t sub, size_t *slot_out)
{
    *slot_out = SUBSCRIPTIONS_MAX;
    for (size_t i = SUBSCRIPTIONS_MAX; i-- > 0;) {
        if (session->subscriptions[i] == NULL)
            *slot_out = i;
        else if (session->subscriptions[i]->sub == sub) {
            *slot_out = i;
            return session->subscriptions[i];
        }
    }
    return NULL;
}

static void stream_free(struct subscription *subscription)
{
    arena_close(&subscription->arena);
    free(subscription);
}

void streams_unsubscribe(struct session *session, uint64_t sub)
{
    size_t slot = 0;
    struct subscription *subscription = stream_find(session, sub, &slot);
    if (subscription == NULL)
        return;
    stream_free(subscription);
    session->subscriptions[slot] = NULL;
}

void streams_drop(struct session *session)
{
    for (size_t i = 0; i < SUBSCRIPTIONS_MAX; i++)
        if (session->subscriptions[i] != NULL)
            stream_free(session->subscriptions[i]);
}

static const struct text *stream_texts_copy(struct arena *arena, const struct text *texts, size_t count)
{
    struct text *copies = arena_alloc(arena, (count + 1) * sizeof(*copies));
    for (size_t i = 0; i < count; i++)
        copies[i] = arena_text_copy(arena, texts[i]);
    return copies;
}

static struct wire_filter stream_filter_copy(struct arena *arena, const struct wire_filter *filter)
{
    struct wire_filter copy = *filter;
    copy.types = stream_texts_copy(arena, filter->types, filter->types_count);
    copy.charters = stream_texts_copy(arena, filter->charters, filter->charters_count);
    if (filter->publisher.at != NULL)
        copy.publisher = arena_text_copy(arena, filter->publisher);
    if (filter->subject.at != NULL)
        copy.subject = arena_text_copy(arena, filter->subject);
    return copy;
}

static size_t stream_filter_bytes(const struct wire_filter *filter)
{
    size_t bytes = filter->publisher.bytes + filter->subject.bytes;
    for (size_t i = 0; i < filter->types_count; i++)
        bytes += filter->types[i].bytes + sizeof(struct text);
    for (size_t i = 0; i < filter->charters_count; i++)
        bytes += filter->charters[i].bytes + sizeof(struct text);
    return bytes;
}

static bool stream_refuse(struct broker *broker, struct session *session, enum wire_code code,
                          const char *why)
{
    session_close(broker, session, code, why);
    return false;
}

bool streams_subscribe(struct broker *broker, struct session *session, const struct message *message)
{
    uint64_t head = journal_head(broker->journal);
    uint64_t from = message->from != 0 ? message->from : head + 1;
    uint64_t first = journal_first(broker->journal);
    if (from > head + 1 || from < first)
        return stream_refuse(broker, session, WIRE_GONE,
                             "that sequence number is not, or no longer, in the journal");
    if (message->credit > CREDIT_MAX || stream_filter_bytes(&message->filter) > STREAM_FILTER_BYTES_MAX)
        return stream_refuse(broker, session, WIRE_PROTOCOL,
                             "the credit or the filter is larger than its limit");
    streams_unsubscribe(session, message->sub);
    size_t slot = 0;
    (void)stream_find(session, message->sub, &slot);
    if (slot == SUBSCRIPTIONS_MAX)
        return stream_refuse(broker, session, WIRE_TOO_MANY, "16 subscriptions a session");
    struct subscription *subscription = memory_alloc(sizeof(*subscription));
    *subscription = (struct subscription){
        .sub = message->sub, .next = from, .credit = message->credit, .told = from - 1, .fresh = true};
    arena_open(&subscription->arena, (size_t)2 * STREAM_FILTER_BYTES_MAX);
    subscription->filter = stream_filter_copy(&subscription->arena, &message->filter);
    session->subscriptions[slot] = subscription;
    return true;
}

bool streams_credit(struct broker *broker, struct session *session, const struct message *message)
{
    size_t slot = 0;
    struct subscription *subscription = stream_find(session, message->sub, &slot);
    if (subscription == NULL)
        return true; /* it crossed an UNSUBSCRIBE on its way */
    if (message->credit > CREDIT_MAX || subscription->credit + message->credit > CREDIT_MAX)
        return stream_refuse(broker, session, WIRE_PROTOCOL, "a subscription's credit is at most 8192");
    subscription->credit += message->credit;
    return true;
}

/* ---- serving ---- */

static bool stream_filter_is_empty(const struct wire_filter *filter)
{
    return filter->types_count == 0 && filter->charters_count == 0 && filter->publisher.bytes == 0 &&
           filter->subject.bytes == 0 && filter->cause == 0;
}

/* What this version cannot decode is delivered: a filter must not hide it. */
static bool stream_passes(struct broker *broker, const struct subscription *subscription,
                          const struct entry *entry)
{
    struct event event;
    if (stream_filter_is_empty(&subscription->filter))
        return true;
    arena_reset(&broker->scratch);
    return entry_decode(&broker->scratch, entry, &event, NULL) != 0 ||
           wire_filter_passes(&subscription->filter, &event);
}

/* Keeps those that pass, at most as many as there is credit for; through_out: the last one looked at. */
static size_t stream_pick(struct broker *broker, const struct subscription *subscription,
                          struct entry *entries, size_t count, uint64_t *through_out)
{
    size_t picked = 0;
    for (size_t i = 0; i < count && picked < subscription->credit; i++) {
        *through_out = entries[i].seq;
        if (stream_passes(broker, subscription, &entries[i]))
            entries[picked++] = entries[i];
    }
    return picked;
}

static int stream_send(struct broker *broker, struct session *session, struct subscription *subscription,
                       uint64_t through, const struct entry *entries, size_t count)
{
    struct message message = {.verb = VERB_EVENTS,
                              .sub = subscription->sub,
                              .through = through,
                              .head = journal_head(broker->journal),
                              .entries = entries,
                              .count = count};
    int code = session_try_send(broker, session, &message);
    if (code != 0)
        return code;
    subscription->next = through + 1;
    subscription->told = through;
    subscription->credit -= count;
    subscription->fresh = false;
    return 0;
}

/* Reads on until something passes. 0 with count 0: nothing did, up to next - 1. */
static int stream_scan(struct broker *broker, struct subscription *subscription, struct entry *entries,
                       size_t *count_out, uint64_t *through_out, struct complaint *complaint)
{
    *count_out = 0;
    *through_out = subscription->next - 1;
    for (int scans = 0; scans < STREAM_SCANS_PER_TURN && *count_out == 0; scans++) {
        size_t count = 0;
        size_t max = BATCH_EVENTS_MAX;
        if (stream_filter_is_empty(&subscription->filter) && subscription->credit < max)
            max = subscription->credit;
        if (*through_out >= journal_head(broker->journal))
            return 0;
        int code = journal_read(broker->reader, *through_out + 1, max, STREAM_READ_BYTES_MAX, entries, &count,
                                complaint);
        if (code != 0 || count == 0)
            return code;
        *count_out = stream_pick(broker, subscription, entries, count, through_out);
    }
    return 0;
}

static enum streams_left stream_fault(struct broker *broker, struct session *session,
                                      const struct complaint *complaint)
{
    log_error(LOG_JOURNAL_CORRUPT, "%s cannot be served: %s", session->publisher, complaint->message);
    session_close(broker, session, WIRE_DAMAGED, complaint->message);
    return STREAMS_IDLE;
}

/* One message for one subscription, if there is something to say. */
static enum streams_left stream_serve(struct broker *broker, struct session *session,
                                      struct subscription *subscription)
{
    static struct entry entries[BATCH_EVENTS_MAX];
    struct complaint complaint = {.message = "no such entry"};
    uint64_t head = journal_head(broker->journal);
    size_t count = 0;
    uint64_t through = subscription->next - 1;
    if (subscription->credit == 0 ||
        (subscription->next > head && subscription->told >= head && !subscription->fresh))
        return STREAMS_IDLE;
    int code = stream_scan(broker, subscription, entries, &count, &through, &complaint);
    if (code != 0)
        return stream_fault(broker, session, &complaint);
    bool tell = count > 0 || subscription->fresh || through >= head ||
                through - subscription->told >= STREAM_TELL_EVENTS;
    if (!tell) {
        subscription->next = through + 1;
        return STREAMS_MORE;
    }
    code = stream_send(broker, session, subscription, through, entries, count);
    if (code == LOOP_E_FULL)
        return STREAMS_FULL;
    return code == 0 && through < head && subscription->credit > 0 ? STREAMS_MORE : STREAMS_IDLE;
}

static enum streams_left streams_serve(struct broker *broker, struct session *session)
{
    struct session_ref ref = session_ref(session);
    enum streams_left left = STREAMS_IDLE;
    for (size_t i = 0; i < SUBSCRIPTIONS_MAX; i++) {
        if (session->subscriptions[i] == NULL)
            continue;
        enum streams_left one = stream_serve(broker, session, session->subscriptions[i]);
        if (sessions_get(&broker->sessions, ref) == NULL || session->gone)
            return STREAMS_IDLE;
        if (one == STREAMS_FULL)
            return STREAMS_FULL;
        if (one > left)
            left = one;
    }
    return left;
}

enum streams_left streams_turn(struct broker *broker)
{
    bool full = false, more = false;
    broker->streams.turn = (broker->streams.turn + 1) % SESSIONS_MAX;
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = broker->sessions.slots[(broker->streams.turn + i) % SESSIONS_MAX];
        if (session == NULL || session->gone)
            continue;
        enum streams_left left = streams_serve(broker, session);
        full = full || left == STREAMS_FULL;
        more = more || left == STREAMS_MORE;
    }
    if (more)
        return STREAMS_MORE;
    return full ? STREAMS_FULL : STREAMS_IDLE;
}

/* ---- watching ---- */

static uint64_t stream_survey(struct session *session, struct subscription *subscription, uint64_t head)
{
    uint64_t lag = head + 1 - subscription->next;
    if (lag > STREAM_LAG_EVENTS && !subscription->lagging)
        log_warning(LOG_LAGGING, "%s (%s) is %llu events behind", session->publisher, session->name,
                    (unsigned long long)lag);
    subscription->lagging = lag > STREAM_LAG_EVENTS;
    return lag;
}

uint64_t streams_survey(struct broker *broker, const struct session **furthest_out)
{
    uint64_t head = journal_head(broker->journal), furthest = 0;
    *furthest_out = NULL;
    for (size_t i = 0; i < SESSIONS_MAX * SUBSCRIPTIONS_MAX; i++) {
        struct session *session = broker->sessions.slots[i / SUBSCRIPTIONS_MAX];
        struct subscription *subscription =
            session != NULL ? session->subscriptions[i % SUBSCRIPTIONS_MAX] : NULL;
        uint64_t lag = subscription != NULL ? stream_survey(session, subscription, head) : 0;
        if (lag > furthest) {
            furthest = lag;
            *furthest_out = session;
        }
    }
    return furthest;
}
