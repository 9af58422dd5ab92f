/* queries.h - questions: some the broker answers itself, the others go to a worker ("tasks:list", or the
 * ledger) and its reply comes back under the asker's tag.
 */
#ifndef DAEMON_QUERIES_H
#define DAEMON_QUERIES_H

#include "daemon/sessions.h"

/* An answer may take long while its worker shows signs of life, but not for ever. */
enum { QUERY_DEADLINE_US = 10000000, QUERY_LONGEST_US = 600000000 };

struct query_ask {
    uint64_t tag; /* ours; 0: free */
    struct session_ref from;
    uint64_t from_tag;
    int64_t asked_us, deadline_us;
};
struct queries {
    struct query_ask asks[ROLE_COUNT][QUERIES_MAX];
    uint64_t number;
};

void queries_take(struct broker *broker, struct session *session, const struct message *message);
void queries_reply(struct broker *broker, struct session *worker, const struct message *message);
/* A PING of that worker: what it was asked has more time. */
void queries_worker_lives(struct broker *broker, enum role_name role);
void queries_worker_left(struct broker *broker, enum role_name role);
/* Answers those that waited too long. */
void queries_expire(struct broker *broker);
/* ANSWER with an error. */
void queries_fail(struct broker *broker, struct session *session, uint64_t tag, enum wire_code code,
                  const char *format, ...) PRINTF_LIKE(5, 6);
/* ANSWER with one row. */
void queries_answer_row(struct broker *broker, struct session *session, uint64_t tag, const struct doc *row);

#endif
