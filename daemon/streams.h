/* streams.h - subscriptions: from any sequence number, filtered, under credit.
 *
 * A consumer owns its cursor; the broker keeps only where it is reading for it. Each turn serves every
 * subscription that has credit one message, beginning with another one each time. A slow consumer lags; it
 * holds up nobody.
 */
#ifndef DAEMON_STREAMS_H
#define DAEMON_STREAMS_H

#include "daemon/sessions.h"

struct subscription {
    struct arena arena; /* the filter's texts */
    uint64_t sub;
    uint64_t next;   /* first sequence number not looked at */
    uint64_t credit; /* entries that may be sent */
    uint64_t told;   /* `through` as the consumer knows it */
    bool fresh;      /* nothing was sent yet */
    bool lagging;    /* said so */
    struct wire_filter filter;
};
struct streams {
    size_t turn; /* slot that is served first */
};

/* Refusals end the session, as PROTOCOL.md says; then they return false and the session is gone. */
bool streams_subscribe(struct broker *broker, struct session *session, const struct message *message);
bool streams_credit(struct broker *broker, struct session *session, const struct message *message);
void streams_unsubscribe(struct session *session, uint64_t sub);
void streams_drop(struct session *session);
/* What a turn left to do. */
enum streams_left { STREAMS_IDLE, STREAMS_FULL, STREAMS_MORE };
enum streams_left streams_turn(struct broker *broker);
/* Logs consumers far behind; returns the furthest one's distance. */
uint64_t streams_survey(struct broker *broker, const struct session **furthest_out);

#endif
