/* sessions.h - the peers that said HELLO, and what is on its way to them.
 *
 * A session belongs to one socket, routing id and authenticated user; it lives for SESSION_LEASE_US after the
 * peer's last message. Sending never blocks and never loses an answer: what a peer's pipe does not take waits
 * here, bounded by UNSENT_BYTES_MAX; a peer beyond that does not read, and its session ends.
 */
#ifndef DAEMON_SESSIONS_H
#define DAEMON_SESSIONS_H

#include "base/limits.h"
#include "base/log.h"
#include "base/loop.h"
#include "proto/wire.h"

struct broker;
struct subscription;
struct session_frame;

enum { SESSION_LEASE_US = 30000000, SESSION_USER_BYTES = 128, SESSION_BUCKETS = 1024 };

struct session {
    uint64_t number; /* unique in this process */
    size_t slot;
    struct loop_socket *socket;
    unsigned char route[LOOP_ROUTE_BYTES_MAX];
    size_t route_bytes;
    char user[SESSION_USER_BYTES];
    char name[NAME_BYTES_MAX + 1];      /* as the peer calls itself */
    char publisher[SESSION_USER_BYTES]; /* as the journal calls it */
    enum role_name role;                /* ROLE_COUNT: no worker */
    uint64_t epoch;
    int64_t lease_until_us;
    struct session_frame *unsent_first, *unsent_last;
    size_t unsent_bytes;
    bool full; /* its pipe took no more in this turn */
    bool gone; /* to be closed when the turn ends */
    struct subscription *subscriptions[SUBSCRIPTIONS_MAX];
    struct session *next; /* in its bucket */
};

struct sessions {
    struct session *slots[SESSIONS_MAX];
    struct session *buckets[SESSION_BUCKETS];
    size_t count;
    uint64_t number; /* last one given */
};

/* Names a session without holding it. */
struct session_ref {
    size_t slot;
    uint64_t number;
};
static inline struct session_ref session_ref(const struct session *session)
{
    return (struct session_ref){session->slot, session->number};
}
/* NULL when that session is over. */
struct session *sessions_get(const struct sessions *sessions, struct session_ref ref);
/* The session of this peer; NULL if there is none. One of another user with the same routing id is closed:
 * its answers would go to a stranger. */
struct session *sessions_find(struct broker *broker, struct loop_socket *socket,
                              const struct loop_peer *peer);
struct session *sessions_worker(const struct sessions *sessions, enum role_name role);
/* NULL when SESSIONS_MAX are open. */
struct session *session_open(struct broker *broker, struct loop_socket *socket, const struct loop_peer *peer);
/* Ends it and all that hangs on it. With a code other than WIRE_OK the peer is told. Not while walking the
 * slots' streams: set `gone` there. */
void session_close(struct broker *broker, struct session *session, enum wire_code code, const char *why);
/* Workers come and go seldom, and it matters; publishers all the time, and it doesn't unless it was for a
 * fault. */
enum log_level session_log_level(const struct session *session, enum wire_code code);
void session_send(struct broker *broker, struct session *session, const struct message *message);
/* At once or not at all: LOOP_E_FULL when the pipe is full or older messages wait. */
int session_try_send(struct broker *broker, struct session *session,
                     const struct message *message) MUST_CHECK;
/* Tells a peer without a session; best effort. */
void sessions_refuse(struct broker *broker, struct loop_socket *socket, const struct loop_peer *peer,
                     enum wire_code code, const char *why);
/* End of a turn: sends what waits, closes who is gone. True if something still waits. */
bool sessions_turn(struct broker *broker);
/* Closes sessions whose lease is over. */
void sessions_expire(struct broker *broker);
void sessions_close_all(struct broker *broker, enum wire_code code, const char *why);

#endif
