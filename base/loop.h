/* loop.h - the one place where libev and ZeroMQ meet. No other file includes ev.h or zmq.h
 * (except proto/client.c, which works in any event loop).
 *
 * A loop runs in the thread that made it. It owns signals (TERM, INT, HUP), timers, cross-thread wake-ups and
 * sockets. Every ZeroMQ socket is level-triggered here although ZMQ_FD is an edge: prepare/check watchers
 * re-read ZMQ_EVENTS, an idle watcher keeps the loop turning while something is pending, at most
 * LOOP_MESSAGES_PER_TURN messages a socket and turn.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include "base/error.h"
#include "base/text.h"

enum { LOOP_MESSAGES_PER_TURN = 256, LOOP_ROUTE_BYTES_MAX = 64 };
enum { LOOP_E_FULL = 1, LOOP_E_GONE, LOOP_E_ADDRESS };

struct loop;
struct loop_timer;
struct loop_wake;
struct loop_socket;

/* Blocks the signals in this thread (threads made later inherit that), ignores SIGPIPE, seeds rand(). Call it
 * first. */
void loop_process_prepare(void);
int loop_open(struct loop **loop_out) MUST_CHECK;
void loop_close(struct loop *loop);
/* Runs until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* Called for SIGTERM/SIGINT (stop) and SIGHUP (reload); NULL keeps the default: stop. */
void loop_on_stop(struct loop *loop, void (*call)(void *context), void *context);
void loop_on_reload(struct loop *loop, void (*call)(void *context), void *context);
/* Called at the end of every turn, after all sockets were served and before the loop sleeps: batches are cut
 * here. */
void loop_on_turn_end(struct loop *loop, void (*call)(void *context), void *context);

/* CLOCK_REALTIME and CLOCK_MONOTONIC now, in microseconds. */
int64_t loop_wall_us(void);
int64_t loop_monotonic_us(void);

/* One-shot timers on the monotonic clock, from a fresh reading (not libev's cached one). */
int loop_timer_open(struct loop *loop, void (*call)(void *context), void *context,
                    struct loop_timer **timer_out) MUST_CHECK;
void loop_timer_arm_us(struct loop_timer *timer, int64_t in_us);
void loop_timer_disarm(struct loop_timer *timer);
void loop_timer_close(struct loop_timer *timer);

/* May be signalled from any thread; calls back in the loop's thread, coalesced. */
int loop_wake_open(struct loop *loop, void (*call)(void *context), void *context,
                   struct loop_wake **wake_out) MUST_CHECK;
void loop_wake_signal(struct loop_wake *wake);
void loop_wake_close(struct loop_wake *wake);

/* Watches any descriptor for reading (libduban's, an eventfd). */
struct loop_watch;
int loop_watch_open(struct loop *loop, int fd, void (*call)(void *context), void *context,
                    struct loop_watch **watch_out) MUST_CHECK;
void loop_watch_close(struct loop_watch *watch);

/* ---- sockets ---- */
struct loop_peer {
    unsigned char route[LOOP_ROUTE_BYTES_MAX]; /* ROUTER routing id; empty on a DEALER */
    size_t route_bytes;
    struct text user;    /* ZAP User-Id, read from the payload frame; lives during the call */
    struct text address; /* Peer-Address; ipc: "…:uid:gid:pid" */
};
/* One whole message (a single payload frame); data lives during the call. A message of any other number of
 * frames is dropped and counted. */
typedef void loop_receive(void *context, const struct loop_peer *peer, struct bytes payload);

/* Who may come in: called in the ZAP thread with the peer's credentials; returns false to deny, or writes the
 * user id. */
struct loop_zap_request {
    struct text domain, address, mechanism; /* "NULL" or "CURVE" */
    struct bytes curve_key;                 /* 32 bytes or none */
};
typedef bool loop_admit(void *context, const struct loop_zap_request *request, char user_out[128]);

struct loop_listen_options {
    const char *endpoint;     /* ipc:///path or tcp://address:port; tcp is refused without curve_secret */
    const char *zap_domain;   /* one per door */
    const char *curve_secret; /* Z85, 40 characters, or NULL */
    int fd;                   /* socket activation: a listening descriptor, or -1 */
    unsigned ipc_mode;        /* e.g. 0660 */
};
/* The ZAP handler must be open before any listener; a second one is refused. */
int loop_zap_open(struct loop *loop, loop_admit *admit, void *context) MUST_CHECK;
/* Ends the thread that calls admit: behind this, what context leads to may go. loop_close does it too;
 * nothing happens if it is not open. */
void loop_zap_close(struct loop *loop);
/* A ROUTER: MANDATORY, HANDOVER, MAXMSGSIZE, LINGER 0, ZAP enforced. */
int loop_listen(struct loop *loop, const struct loop_listen_options *options, loop_receive *receive,
                void *context, struct loop_socket **socket_out, struct complaint *complaint) MUST_CHECK;
/* A DEALER to one endpoint: IMMEDIATE, bounded reconnect, LINGER 0, own random routing id. */
struct loop_connect_options {
    const char *endpoint;
    const char *curve_server, *curve_public, *curve_secret; /* Z85 or NULL */
};
int loop_connect(struct loop *loop, const struct loop_connect_options *options, loop_receive *receive,
                 void *context, struct loop_socket **socket_out, struct complaint *complaint) MUST_CHECK;
/* Never blocks. 0, LOOP_E_FULL (try again after the next turn), LOOP_E_GONE (no such peer), or negative. */
int loop_send(struct loop_socket *socket, const unsigned char *route, size_t route_bytes,
              struct bytes payload) MUST_CHECK;
/* The address in use: what a listener was bound to (tcp with its port). Lives as long as the socket. */
const char *loop_socket_endpoint(const struct loop_socket *socket);
/* Closes at once; safe inside a receive callback. */
void loop_socket_close(struct loop_socket *socket);

#endif
