/* sessions.c - see sessions.h. Slots give each session a number to be named by; buckets find it by socket and
 * routing id. */
#include "daemon/sessions.h"

#include "daemon/broker.h"

#include <stdio.h>
#include <stdlib.h>

struct session_frame {
    struct session_frame *next;
    size_t bytes;
    unsigned char at[];
};

static struct session **sessions_bucket(struct sessions *sessions, const unsigned char *route,
                                        size_t route_bytes)
{
    return &sessions->buckets[digest_checksum((struct bytes){route, route_bytes}, 0) % SESSION_BUCKETS];
}

struct session *sessions_get(const struct sessions *sessions, struct session_ref ref)
{
    struct session *session = sessions->slots[ref.slot];
    return session != NULL && session->number == ref.number ? session : NULL;
}

struct session *sessions_find(struct broker *broker, struct loop_socket *socket, const struct loop_peer *peer)
{
    struct session *session = *sessions_bucket(&broker->sessions, peer->route, peer->route_bytes);
    for (; session != NULL; session = session->next)
        if (session->socket == socket && session->route_bytes == peer->route_bytes &&
            memcmp(session->route, peer->route, peer->route_bytes) == 0)
            break;
    if (session == NULL || text_is(peer->user, session->user))
        return session;
    session_close(broker, session, WIRE_OK, "another user took its routing id");
    return NULL;
}

struct session *sessions_worker(const struct sessions *sessions, enum role_name role)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (sessions->slots[i] != NULL && sessions->slots[i]->role == role && !sessions->slots[i]->gone)
            return sessions->slots[i];
    return NULL;
}

struct session *session_open(struct broker *broker, struct loop_socket *socket, const struct loop_peer *peer)
{
    struct sessions *sessions = &broker->sessions;
    size_t slot = 0;
    while (slot < SESSIONS_MAX && sessions->slots[slot] != NULL)
        slot++;
    if (slot == SESSIONS_MAX || peer->user.bytes >= SESSION_USER_BYTES)
        return NULL;
    struct session *session = memory_alloc(sizeof(*session));
    *session = (struct session){.number = ++sessions->number,
                                .slot = slot,
                                .socket = socket,
                                .route_bytes = peer->route_bytes,
                                .role = ROLE_COUNT,
                                .lease_until_us = loop_monotonic_us() + SESSION_LEASE_US};
    memcpy(session->route, peer->route, peer->route_bytes);
    (void)snprintf(session->user, sizeof(session->user), "%.*s", TEXT_PRINT(peer->user));
    (void)snprintf(session->publisher, sizeof(session->publisher), "%.*s", TEXT_PRINT(peer->user));
    struct session **bucket = sessions_bucket(sessions, peer->route, peer->route_bytes);
    session->next = *bucket;
    *bucket = session;
    sessions->slots[slot] = session;
    sessions->count++;
    return session;
}

static void session_unlink(struct sessions *sessions, struct session *session)
{
    struct session **at = sessions_bucket(sessions, session->route, session->route_bytes);
    while (*at != session)
        at = &(*at)->next;
    *at = session->next;
    sessions->slots[session->slot] = NULL;
    sessions->count--;
}

static void session_unsent_drop(struct session *session)
{
    while (session->unsent_first != NULL) {
        struct session_frame *frame = session->unsent_first;
        session->unsent_first = frame->next;
        free(frame);
    }
}

enum log_level session_log_level(const struct session *session, enum wire_code code)
{
    if (session->role != ROLE_COUNT)
        return LOG_LEVEL_NOTICE;
    return code == WIRE_OK ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
}

void session_close(struct broker *broker, struct session *session, enum wire_code code, const char *why)
{
    struct message error = {.verb = VERB_ERROR, .code = code, .text = text_from(why)};
    /* A peer that cannot be told now learns of it when it speaks next. */
    if (code != WIRE_OK && !session->gone && session_try_send(broker, session, &error) < 0)
        session->gone = true;
    log_line(session_log_level(session, code), LOG_SESSION, NULL, 0, "session %llu of %s (%s) is over: %s",
             (unsigned long long)session->number, session->publisher, session->name, why);
    session_unlink(&broker->sessions, session);
    streams_drop(session);
    if (session->role != ROLE_COUNT) {
        clock_disconnect(&broker->clock, text_from(role_text(session->role)));
        queries_worker_left(broker, session->role);
    }
    session_unsent_drop(session);
    free(session);
}

/* ---- sending ---- */

static int session_push(struct session *session, struct bytes frame)
{
    int code = loop_send(session->socket, session->route, session->route_bytes, frame);
    if (code == LOOP_E_FULL)
        session->full = true;
    else if (code != 0)
        session->gone = true;
    return code;
}

static struct bytes session_encode(struct broker *broker, const struct message *message)
{
    buffer_reset(&broker->frame);
    wire_encode(message, &broker->frame);
    ASSERT(broker->frame.bytes <= MESSAGE_BYTES_MAX);
    return buffer_view(&broker->frame);
}

static void session_keep(struct session *session, struct bytes frame)
{
    if (session->unsent_bytes + frame.bytes > UNSENT_BYTES_MAX) {
        log_warning(LOG_SESSION, "%s (%s) does not read its answers", session->publisher, session->name);
        session->gone = true;
        return;
    }
    struct session_frame *kept = memory_alloc(sizeof(*kept) + frame.bytes);
    kept->next = NULL;
    kept->bytes = frame.bytes;
    memcpy(kept->at, frame.at, frame.bytes);
    if (session->unsent_first == NULL)
        session->unsent_first = kept;
    else
        session->unsent_last->next = kept;
    session->unsent_last = kept;
    session->unsent_bytes += frame.bytes;
}

void session_send(struct broker *broker, struct session *session, const struct message *message)
{
    struct bytes frame = session_encode(broker, message);
    if (session->gone)
        return;
    if (session->unsent_first != NULL || session_push(session, frame) == LOOP_E_FULL)
        session_keep(session, frame);
}

int session_try_send(struct broker *broker, struct session *session, const struct message *message)
{
    if (session->unsent_first != NULL)
        return LOOP_E_FULL;
    return session_push(session, session_encode(broker, message));
}

void sessions_refuse(struct broker *broker, struct loop_socket *socket, const struct loop_peer *peer,
                     enum wire_code code, const char *why)
{
    struct message error = {.verb = VERB_ERROR, .code = code, .text = text_from(why)};
    struct bytes frame = session_encode(broker, &error);
    log_info(LOG_REFUSED, "%.*s was refused: %s: %s", TEXT_PRINT(peer->user), wire_code_name(code), why);
    /* A peer that is not there any more, or floods us, learns of it by its own deadline. */
    if (loop_send(socket, peer->route, peer->route_bytes, frame) < 0)
        log_debug(LOG_REFUSED, "the refusal could not be sent");
}

/* ---- the turn ---- */

static void session_flush(struct session *session)
{
    while (session->unsent_first != NULL && !session->gone) {
        struct session_frame *frame = session->unsent_first;
        if (session_push(session, (struct bytes){frame->at, frame->bytes}) != 0)
            return;
        session->unsent_first = frame->next;
        session->unsent_bytes -= frame->bytes;
        free(frame);
    }
}

bool sessions_turn(struct broker *broker)
{
    bool waits = false;
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = broker->sessions.slots[i];
        if (session == NULL)
            continue;
        session->full = false;
        session_flush(session);
        waits = waits || session->full;
        if (session->gone)
            session_close(broker, session, WIRE_OK, "its peer is gone or does not read");
    }
    return waits;
}

void sessions_expire(struct broker *broker)
{
    int64_t now_us = loop_monotonic_us();
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = broker->sessions.slots[i];
        if (session != NULL && session->lease_until_us < now_us)
            session_close(broker, session, WIRE_NO_SESSION, "nothing was heard for 30 s");
    }
}

void sessions_close_all(struct broker *broker, enum wire_code code, const char *why)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (broker->sessions.slots[i] != NULL)
            session_close(broker, broker->sessions.slots[i], code, why);
}
