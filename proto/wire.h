/* wire.h - the verbs between peers and broker: one frame, one msgpack array [verb, ...]. PROTOCOL.md is the
 * specification.
 *
 * A struct message is the decoded form of any verb; which members a verb uses stands beside it. Encoding
 * appends to a buffer; decoding makes views into the frame.
 */
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include "proto/event.h"

enum { WIRE_REVISION = 1 };

enum verb {
    /* peer → broker */
    VERB_HELLO = 1,   /* version, name (client name), role (worker door only, else empty), epoch (workers) */
    VERB_PUBLISH = 2, /* tag, bodies[count] */
    VERB_SUBSCRIBE = 3,   /* sub, from, credit, filter */
    VERB_CREDIT = 4,      /* sub, credit (added) */
    VERB_UNSUBSCRIBE = 5, /* sub */
    VERB_QUERY = 6,       /* tag, name (what), args (encoded doc) */
    VERB_PROGRESS = 7,    /* workers: cursor, outbox (unacknowledged outcomes), wake_us (INT64_MAX: none) */
    VERB_REPLY = 8,       /* workers, to ASK: tag, ok, text, rows (list of docs), more */
    VERB_PING = 9,        /* tag */
    VERB_BYE = 10,
    /* broker → peer */
    VERB_WELCOME = 64,  /* version, name (broker's journal id), session, head, now_us, replay (bool), epoch */
    VERB_ACCEPTED = 65, /* tag, results[count]: one a body, in order */
    VERB_EVENTS = 66,   /* sub, through, head, entries[count] */
    VERB_ANSWER = 67,   /* tag, ok, text (error), rows, more */
    VERB_ASK = 68,      /* to a worker: tag, name, args */
    VERB_PONG = 69,     /* tag, head, now_us */
    VERB_ERROR = 70     /* code, text: the session is over; say HELLO again */
};

/* Codes of refusals and errors, in ACCEPTED results and ERROR. X(symbol, number, "name", retry?, "meaning")
 */
#define WIRE_CODES(X)                                                                                        \
    X(OK, 0, "ok", 0, "accepted")                                                                            \
    X(MALFORMED, 1, "malformed", 0, "not one msgpack object within the limits, or not an event")             \
    X(INVALID, 2, "invalid", 0, "unknown type, or a field unknown, missing or out of bounds")                \
    X(FORBIDDEN, 3, "forbidden", 0, "this key may not publish this type, charter or unit")                   \
    X(CONFLICT, 4, "conflict", 0, "the same source and id came before with another body")                    \
    X(BUSY, 5, "busy", 1, "a queue is full; publish the same id again later")                                \
    X(FULL, 6, "full", 1, "the disk or the journal's quota is full; an operator must act")                   \
    X(NO_SESSION, 7, "no-session", 1, "say HELLO first (the broker may have restarted)")                     \
    X(VERSION, 8, "version", 0, "the broker does not speak this version")                                    \
    X(PROTOCOL, 9, "protocol", 0, "a verb not allowed here, or out of order")                                \
    X(TOO_MANY, 10, "too-many", 1, "sessions, subscriptions or queries at their limit")                      \
    X(FENCED, 11, "fenced", 0, "a newer instance of this worker is at work")                                 \
    X(NO_WORKER, 12, "no-worker", 1, "no worker answers this query now")                                     \
    X(UNKNOWN, 13, "unknown", 0, "no such query")                                                            \
    X(STOPPING, 14, "stopping", 1, "the broker is stopping")                                                 \
    X(GONE, 15, "gone", 0, "the sequence number asked for is no longer or not yet kept")                     \
    X(DAMAGED, 16, "damaged", 0,                                                                             \
      "an entry that is asked for is damaged on the broker's disk; an operator must act")

enum wire_code {
#define X(symbol, number, name, retry, meaning) WIRE_##symbol = (number),
    WIRE_CODES(X)
#undef X
};
const char *wire_verb_name(enum verb verb); /* "PUBLISH"; "?" for a number that is no verb */
const char *wire_code_name(enum wire_code code);
const char *wire_code_meaning(enum wire_code code);
bool wire_code_retry(enum wire_code code);
/* As it stands in PROTOCOL.md between codes:begin/end. */
void wire_code_markdown(struct buffer *buffer);

/* Which events a subscription wants. Empty lists: all. An event passes if a type prefix matches and a charter
 * matches and, if given, publisher and cause are equal. A prefix ends at a dot or is the whole type ("issue",
 * "issue.raised"). */
struct wire_filter {
    const struct text *types;
    size_t types_count;
    const struct text *charters;
    size_t charters_count;
    struct text publisher;
    uint64_t cause;
    struct text subject;
};
bool wire_filter_passes(const struct wire_filter *filter, const struct event *event);

struct wire_result {
    enum wire_code code;
    bool duplicate; /* accepted before; seq is the first one's */
    uint64_t seq;
    int64_t received_us;
    struct text text; /* for people, when refused: field, rule, place */
};

struct message {
    enum verb verb;
    unsigned version;
    uint64_t tag, session, epoch, from, sub, head, through, cursor, outbox, credit;
    int64_t now_us, wake_us;
    bool ok, replay, more;
    enum wire_code code;
    struct text name, role, text;
    struct bytes args;
    struct wire_filter filter;
    const struct bytes *bodies;
    const struct wire_result *results;
    const struct entry *entries;
    const struct bytes *rows; /* encoded docs */
    size_t count;             /* of bodies, results, entries or rows */
};

enum { WIRE_E_MALFORMED = 1 };
void wire_encode(const struct message *message, struct buffer *buffer);
int wire_decode(struct arena *arena, struct bytes frame, struct message *message_out,
                struct complaint *complaint) MUST_CHECK;

#endif
