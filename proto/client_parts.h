/* client_parts.h - what the files of libduban share: client.c has the socket and the turn, client_publish.c
 * what is published, client_read.c subscriptions and queries, client_reach.c why a broker is not there.
 *
 *      duban_open ──► CONNECTING ──WELCOME──► READY ──ERROR, silence──► CONNECTING
 *                                                     (a new socket, after a pause)
 *
 * Invariants:
 *  1. An event leaves `first` only by its acknowledgement (or duban_close); until then it is sent again after
 *     each reconnect and whenever its acknowledgement is overdue, the same bytes.
 *  2. A subscription's `next` is one above all that it has looked at, so that it resumes there.
 *  3. A socket is given up, never repaired: one failed handshake kills a ZeroMQ socket for good (PROTOCOL.md
 *     section 4).
 *  4. When a turn ends, the timer stands at what is due next, or at once if messages or room wait behind the
 *     socket's edge: so duban_fd is readable whenever there is something to do.
 *  5. A message being handled lives in `arena`; what callbacks make lives in `scratch`.
 */
#ifndef PROTO_CLIENT_PARTS_H
#define PROTO_CLIENT_PARTS_H

#include "proto/duban.h"
#include "proto/wire.h"

#include "base/limits.h"

enum {
    CLIENT_SUBSCRIPTIONS_MAX = SUBSCRIPTIONS_MAX,
    CLIENT_SENDINGS_MAX = 4, /* of one event, of which a late answer is still understood */
    CLIENT_ENDPOINT_BYTES = 256,
    CLIENT_KEY_BYTES = 40 /* Z85 */
};

struct client_sending {
    uint64_t tag; /* of the PUBLISH */
    size_t index; /* its place there */
};

struct client_pending {
    struct client_pending *next;
    uint64_t number;
    int64_t due_ms;   /* when it may go again; 0: it waits to be sent */
    unsigned wait_ms; /* before it goes again */
    struct client_sending sendings[CLIENT_SENDINGS_MAX];
    unsigned sendings_count; /* in this session, all of them */
    duban_on_ack *on_ack;
    void *context;
    char id[NAME_BYTES_MAX + 1];
    size_t bytes;
    unsigned char body[];
};

struct client_subscription {
    int number;               /* 0: this place is free; also its number on the wire, never used twice */
    bool announced, answered; /* in this session: SUBSCRIBE was sent, EVENTS came */
    uint64_t next;            /* 0: what is new when it is first announced */
    uint64_t floor;           /* head when it was first announced */
    uint64_t credit;          /* granted and not used */
    struct wire_filter filter;
    struct arena arena; /* of the filter */
    duban_on_entry *on_entry;
    duban_on_through *on_through;
    void *context;
};

struct client_query {
    uint64_t tag; /* 0: none under way */
    bool sent, done, more;
    int code;
    struct text what;
    struct bytes args;
    struct buffer rows_json;
};

struct duban {
    char endpoint[CLIENT_ENDPOINT_BYTES], name[NAME_BYTES_MAX + 1], error[COMPLAINT_BYTES_MAX + 256];
    char curve_server[CLIENT_KEY_BYTES + 1], curve_public[CLIENT_KEY_BYTES + 1],
        curve_secret[CLIENT_KEY_BYTES + 1];
    size_t unacknowledged_max;
    unsigned resend_ms, answer_ms, ping_ms;
    duban_on_trouble *on_trouble;
    void *trouble_context;
    /* the socket */
    void *context, *socket;
    int epoll, timer; /* epoll, the public descriptor, watches the socket's and the timer */
    unsigned pause_ms;
    bool ready, hello_sent;
    bool more;                                /* something is to be done at once */
    bool refused;                             /* for good; not reported yet */
    bool ended;                               /* a subscription, by the broker; not reported yet */
    bool blocked;                             /* the socket took no more */
    bool inside, closing;                     /* a turn is running; a callback closed the client */
    int64_t armed_ms;                         /* what the timer stands at */
    int64_t reopen_due_ms;                    /* without a socket */
    int64_t hello_due_ms;                     /* CONNECTING */
    int64_t heard_ms, ping_due_ms, pinged_ms; /* READY; pinged 0: no PING is unanswered */
    uint64_t tags, head;
    char journal[NAME_BYTES_MAX + 1];
    struct arena arena, scratch;
    struct buffer frame;
    /* what is published */
    struct client_pending *first, **last;
    size_t pending_count;
    uint64_t numbers;
    int64_t hold_until_ms;    /* the broker was busy: nothing is sent before */
    unsigned busy_ms;         /* how long it is held; 0: the broker takes what it gets */
    enum wire_code held_code; /* why */
    uint64_t wait_number;     /* duban_publish_wait's; 0: none */
    struct duban_ack wait_ack;
    char wait_text[COMPLAINT_BYTES_MAX], wait_id[NAME_BYTES_MAX + 1];
    /* what is read */
    struct client_subscription subscriptions[CLIENT_SUBSCRIPTIONS_MAX];
    int subscriptions_made;
    struct client_query query;
};

/* ---- client.c ---- */
int64_t client_now_ms(void);
int64_t client_wall_us(void);
int client_fail(struct duban *client, int code, const char *format, ...) PRINTF_LIKE(3, 4);
int client_invalid(struct duban *client, const struct complaint *complaint);
struct text client_text(const char *given);
/* Every call that may call back stands between enter and leave. Enter: DUBAN_INVALID within a callback. Leave
 * passes the code on, or frees a client that a callback closed. */
int client_enter(struct duban *client);
int client_leave(struct duban *client, int code);
/* Waits for at most so long, then does a turn; only between enter and leave. */
int client_step(struct duban *client, int64_t wait_ms);
/* Something is to be done at once: called by what is made outside a turn. */
void client_hurry(struct duban *client);
bool client_send(struct duban *client, const struct message *message);
/* Its endpoint is a path of this machine. */
bool client_is_local(const struct duban *client);
void client_trouble(struct duban *client, int code, int subscription, const char *text);

/* ---- client_publish.c ---- */
void client_accepted(struct duban *client, const struct message *message);
void client_pending_reset(struct duban *client); /* the session is lost: all go again */
void client_pending_send(struct duban *client, int64_t now_ms);
int64_t client_pending_due_ms(const struct duban *client); /* INT64_MAX: nothing waits for a time */
void client_pending_free(struct duban *client);

/* ---- client_read.c ---- */
void client_events(struct duban *client, const struct message *message);
void client_answer(struct duban *client, const struct message *message);
void client_reads_reset(struct duban *client); /* the session is lost */
void client_reads_send(struct duban *client);  /* what is to be announced, granted and asked */
/* ERROR gone: the subscription that it answers ends. */
void client_subscription_gone(struct duban *client, const char *text);
/* All end: the broker has another journal than before, so that no place in it means anything now, or met a
 * damaged entry and does not say which of them asked for it. */
void client_subscriptions_end(struct duban *client, int code, const char *text);
void client_reads_free(struct duban *client);

/* ---- client_reach.c ---- */
/* False: nobody answers at the endpoint, or it is closed to this user; the text says which. */
bool client_reach(const struct duban *client, char *text_out, size_t room);

#endif
