/* duban.h - libduban: publish events to duband and read its journal. The one public header; C11 and C++.
 *
 * A client is used from one thread. It works in any event loop (duban_fd becomes readable: call duban_turn)
 * or without one (the blocking forms). Delivery: an event is yours to keep until its acknowledgement says
 * that it is on the broker's disk; the client resends what is not acknowledged, the same bytes under the same
 * id, for as long as it lives, and replaces a dead socket. Publishing an id twice is harmless. Events arrive
 * in the order of publishing unless the broker was busy or the connection broke meanwhile: where order
 * matters, wait for the acknowledgement.
 *
 * Callbacks are called from duban_turn and the blocking forms only. A callback may publish, subscribe,
 * unsubscribe and close; it may not call duban_turn or a blocking form (DUBAN_INVALID). After duban_close no
 * callback is called any more.
 */
#ifndef DUBAN_H
#define DUBAN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DUBAN_API __attribute__((visibility("default")))

/* Results. Positive values are the wire codes of PROTOCOL.md (refusals); negative ones are the client's own.
 */
enum {
    DUBAN_OK = 0,
    DUBAN_TIMEOUT = -1, /* not known yet whether it was accepted; it is still being resent */
    DUBAN_FULL = -2,    /* options.unacknowledged_max reached */
    DUBAN_INVALID = -3, /* an argument; duban_error says which */
    DUBAN_SYSTEM = -4,  /* socket or memory */
    DUBAN_CLOSED = -5   /* a callback closed the client: it is gone */
};

struct duban; /* a client */

/* Subscription 0: the session was lost or refused; the client tries again by itself, what is unacknowledged
 * goes again, subscriptions resume. Else that subscription has ended for good: its place is not in the
 * broker's journal, or an entry there is damaged. code: a wire code, or DUBAN_SYSTEM. */
typedef void duban_on_trouble(void *context, int code, int subscription, const char *text);

struct duban_options {
    size_t size;              /* sizeof(struct duban_options), for later versions */
    const char *endpoint;     /* NULL: $DUBAN_ENDPOINT, or the default of this installation */
    const char *name;         /* shown in logs; NULL: the program's name */
    const char *curve_server; /* Z85 keys, tcp only; NULL otherwise */
    const char *curve_public;
    const char *curve_secret;
    size_t unacknowledged_max; /* 0: 1024 events */
    unsigned resend_ms;        /* 0: 2000; first wait before resending, doubling up to 30 s */
    unsigned answer_ms;        /* 0: 5000; HELLO or PING unanswered for so long: the socket is replaced */
    unsigned ping_ms;          /* 0: 10000; between PINGs. The broker ends a session after 30 s of silence */
    duban_on_trouble *on_trouble; /* or NULL */
    void *trouble_context;
};

/* NULL: out of memory, or an endpoint or key that is none. */
DUBAN_API struct duban *duban_open(const struct duban_options *options);
/* Drops what is not acknowledged; duban_flush first. NULL is fine. */
DUBAN_API void duban_close(struct duban *client);
/* Text of the last failure; lives until the next call. */
DUBAN_API const char *duban_error(const struct duban *client);
/* Blocks until connected (WELCOME) or the time is up. DUBAN_SYSTEM at once when there is no broker at an ipc
 * endpoint, or it is closed to this user, or the broker refuses it; called again, it looks again. */
DUBAN_API int duban_wait_ready(struct duban *client, unsigned timeout_ms);

/* ---- any event loop ---- */
/* Readable (level-triggered, as in poll) whenever duban_turn has something to do: messages, events to send,
 * timers. The same descriptor for the client's whole life; only watch it. */
DUBAN_API int duban_fd(const struct duban *client);
/* Milliseconds until duban_fd becomes readable by itself, for those who like to know. */
DUBAN_API int duban_next_ms(const struct duban *client);
/* Does what can be done without blocking, within bounds, and calls the callbacks. 0, DUBAN_CLOSED, or
 * DUBAN_SYSTEM: no socket, the broker refuses this client (both: later turns try again), or it has ended a
 * subscription. duban_error says which. */
DUBAN_API int duban_turn(struct duban *client);

/* Without a loop: waits until something happens or the time is up, then does a turn. Returns as it does. */
DUBAN_API int duban_wait(struct duban *client, unsigned timeout_ms);

/* ---- publish ---- */
struct duban_event {
    size_t size;                                         /* sizeof(struct duban_event) */
    const char *id;                                      /* NULL: a new one is made */
    const char *source;                                  /* NULL: "/" and the client's name */
    const char *type;                                    /* "issue.raised" */
    const char *subject, *charter, *actor, *traceparent; /* or NULL */
    const char *time;                                    /* RFC 3339; NULL: left out */
    const void *data;                                    /* msgpack map, or NULL */
    size_t data_bytes;
    const char *data_json; /* instead of data: a JSON object, or NULL */
};
struct duban_ack {
    int code;      /* DUBAN_OK or a wire code */
    int duplicate; /* it had been accepted before */
    uint64_t seq;  /* its sequence number */
    int64_t received_us;
    const char *id;   /* the event's */
    const char *text; /* why it was refused */
};
typedef void duban_on_ack(void *context, const struct duban_ack *ack);
/* Copies the event, sends it in the next turn. on_ack (may be NULL) is called once. */
DUBAN_API int duban_publish(struct duban *client, const struct duban_event *event, duban_on_ack *on_ack,
                            void *context);
/* The same from a whole encoded event (msgpack) or one CloudEvents JSON object. */
DUBAN_API int duban_publish_bytes(struct duban *client, const void *event, size_t bytes, duban_on_ack *on_ack,
                                  void *context);
DUBAN_API int duban_publish_json(struct duban *client, const char *json, size_t bytes, duban_on_ack *on_ack,
                                 void *context);
/* Blocks until acknowledged or refused: returns 0 or the code. ack_out (may be NULL): its texts live until
 * the next call. After DUBAN_TIMEOUT the event is still being sent: duban_flush waits on. */
DUBAN_API int duban_publish_wait(struct duban *client, const struct duban_event *event, unsigned timeout_ms,
                                 struct duban_ack *ack_out);
/* Blocks until all is acknowledged. */
DUBAN_API int duban_flush(struct duban *client, unsigned timeout_ms);
DUBAN_API size_t duban_unacknowledged(const struct duban *client);

/* ---- read ---- */
struct duban_entry {
    uint64_t seq;
    int64_t received_us;
    const char *publisher;
    const void *event; /* msgpack, as published */
    size_t event_bytes;
};
struct duban_filter {
    size_t size;
    const char *const *types;        /* prefixes, NULL-ended; NULL: all */
    const char *const *charters;     /* NULL-ended; NULL: all */
    const char *publisher, *subject; /* or NULL */
    uint64_t cause;                  /* 0: any */
};
/* Return 0 to go on, anything else to end the subscription. */
typedef int duban_on_entry(void *context, const struct duban_entry *entry);
/* Called besides when everything up to `through` has been looked at (a cursor to resume from is through + 1).
 */
typedef int duban_on_through(void *context, uint64_t through, uint64_t head);
/* From sequence number `from` (1: the oldest; 0: only what is new). Reconnects resume where it was, without
 * repeats or gaps. Returns an id > 0, or negative. */
DUBAN_API int duban_subscribe(struct duban *client, uint64_t from, const struct duban_filter *filter,
                              duban_on_entry *on_entry, duban_on_through *on_through, void *context);
DUBAN_API void duban_unsubscribe(struct duban *client, int subscription);
/* An event as one line of JSON; free() it. NULL if it is none. */
DUBAN_API char *duban_entry_json(const struct duban_entry *entry);

/* ---- query ---- */
/* args_json: an object or NULL. The answer is a JSON array of rows; free() it. more_out (may be NULL): there
 * are further rows. Returns 0, a wire code (the answer is no) or negative. Asks again after a reconnect. */
DUBAN_API int duban_query(struct duban *client, const char *what, const char *args_json, unsigned timeout_ms,
                          char **rows_json_out, int *more_out);
/* The journal's last sequence number, as far as this client has heard. */
DUBAN_API uint64_t duban_head(const struct duban *client);

#ifdef __cplusplus
}
#endif
#endif
