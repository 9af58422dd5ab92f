/* limits.h - the one table of limits. Everything is bounded; each bound has a name, a reason and a test that
 * fills it.
 *
 * LIMIT(symbol, value, unit, reason). docs/limits.md and `dubanctl limits` are printed from this table.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define LIMITS(LIMIT)                                                                                        \
    LIMIT(MESSAGE_BYTES_MAX, 1048576, "bytes",                                                               \
          "one frame; ZMQ_MAXMSGSIZE, what a stranger can make us hold")                                     \
    LIMIT(EVENT_BYTES_MAX, 524288, "bytes", "one encoded event; a charter's text fits with room")            \
    LIMIT(BATCH_EVENTS_MAX, 1024, "events", "one PUBLISH or EVENTS message")                                 \
    LIMIT(NESTING_MAX, 8, "levels", "msgpack depth; the deepest event needs 4")                              \
    LIMIT(ELEMENTS_MAX, 65536, "objects", "msgpack objects in a message; each costs memory when decoded")    \
    LIMIT(NAME_BYTES_MAX, 128, "bytes", "ids, units, posts; 42 Chinese characters, a key's room")            \
    LIMIT(SOURCE_BYTES_MAX, 256, "bytes", "a CloudEvents source")                                            \
    LIMIT(LIST_COUNT_MAX, 256, "items", "lists in an event; the longest in the documents has 44")            \
    LIMIT(SESSIONS_MAX, 1024, "sessions", "peers at both doors")                                             \
    LIMIT(SUBSCRIPTIONS_MAX, 16, "subscriptions", "of one session")                                          \
    LIMIT(CREDIT_MAX, 8192, "events", "a subscription's outstanding grant")                                  \
    LIMIT(QUEUE_BYTES_MAX, 67108864, "bytes", "published and not yet durable; beyond it publishers wait")    \
    LIMIT(COMMIT_EVENTS_MAX, 16384, "events", "one group commit")                                            \
    LIMIT(COMMIT_BYTES_MAX, 8388608, "bytes", "one group commit")                                            \
    LIMIT(SEGMENT_BYTES, 67108864, "bytes", "one journal segment, preallocated")                             \
    LIMIT(TURN_EVENTS_MAX, 1024, "events", "one worker transaction")                                         \
    LIMIT(TURN_OUTCOMES_MAX, 4096, "events", "outcomes of one cause; larger work goes in several turns")     \
    LIMIT(ISSUE_TASKS_MAX, 1024, "tasks",                                                                    \
          "open tasks of an issue; each takes two outcomes when they are assigned or dropped together")      \
    LIMIT(RAISED_AHEAD_DAYS_MAX, 31, "days",                                                                 \
          "an issue may be dated so far ahead of its report, as by its papers: work may come first")         \
    LIMIT(OUTBOX_SEND_MAX, 1024, "events", "unacknowledged outcomes in flight from one worker")              \
    LIMIT(QUERY_ROWS_MAX, 1000, "rows", "one ANSWER; more come by paging")                                   \
    LIMIT(QUERIES_MAX, 256, "queries", "waiting for an answer from one worker")                              \
    LIMIT(UNSENT_BYTES_MAX, 4194304, "bytes",                                                                \
          "answers that a peer has not taken; beyond it its session ends")                                   \
    LIMIT(ARENA_BYTES_MAX, 268435456, "bytes", "memory of one turn or command")

#define LIMIT(symbol, value, unit, reason) symbol = (value),
enum limits { LIMITS(LIMIT) };
#undef LIMIT

struct limit_row {
    const char *name;
    long long value;
    const char *unit, *reason;
};
extern const struct limit_row limits_table[];
extern const unsigned limits_count;

#endif
