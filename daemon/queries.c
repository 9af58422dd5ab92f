/* queries.c - see queries.h. What the broker answers itself stands in one table. An ask's tag holds its slot,
 * so a reply finds it without a search, and a late reply to a slot used again does not match.
 */
#include "daemon/queries.h"

#include "base/digest.h"
#include "daemon/broker.h"

#include <stdarg.h>
#include <stdio.h>

enum { QUERY_TEXT_BYTES = 512, QUERY_ROWS_BYTES_MAX = MESSAGE_BYTES_MAX - 16384 };

/* ---- answers ---- */

void queries_fail(struct broker *broker, struct session *session, uint64_t tag, enum wire_code code,
                  const char *format, ...)
{
    char why[QUERY_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(why, sizeof(why), format, arguments);
    va_end(arguments);
    struct message answer = {
        .verb = VERB_ANSWER, .tag = tag, .ok = false, .code = code, .text = text_from(why)};
    session_send(broker, session, &answer);
}

/* Rows being built: encoded one after another in a buffer, which may move while it grows. */
struct query_rows {
    struct arena *arena;
    struct buffer encoded;
    size_t ends[QUERY_ROWS_MAX];
    size_t count;
    bool more;
};

static void query_rows_add(struct query_rows *rows, const struct doc *row)
{
    size_t before = rows->encoded.bytes;
    if (rows->more || rows->count == QUERY_ROWS_MAX) {
        rows->more = true;
        return;
    }
    doc_encode(row, &rows->encoded);
    if (rows->encoded.bytes > QUERY_ROWS_BYTES_MAX) {
        rows->encoded.bytes = before;
        rows->more = true;
        return;
    }
    rows->ends[rows->count++] = rows->encoded.bytes;
}

static void query_rows_send(struct broker *broker, struct session *session, uint64_t tag,
                            const struct query_rows *rows)
{
    struct bytes *views = arena_alloc(rows->arena, (rows->count + 1) * sizeof(*views));
    size_t from = 0;
    for (size_t i = 0; i < rows->count; i++) {
        views[i] = (struct bytes){rows->encoded.at + from, rows->ends[i] - from};
        from = rows->ends[i];
    }
    struct message answer = {
        .verb = VERB_ANSWER, .tag = tag, .ok = true, .rows = views, .count = rows->count, .more = rows->more};
    if (rows->count == 0 && rows->more)
        queries_fail(broker, session, tag, WIRE_FULL, "the answer is larger than a message may be");
    else
        session_send(broker, session, &answer);
}

void queries_answer_row(struct broker *broker, struct session *session, uint64_t tag, const struct doc *row)
{
    struct buffer encoded;
    buffer_open(&encoded, MESSAGE_BYTES_MAX);
    doc_encode(row, &encoded);
    struct bytes view = buffer_view(&encoded);
    struct message answer = {.verb = VERB_ANSWER, .tag = tag, .ok = true, .rows = &view, .count = 1};
    session_send(broker, session, &answer);
    buffer_close(&encoded);
}

/* ---- what the broker knows itself ---- */

struct query {
    struct broker *broker;
    struct session *session;
    const struct doc *args;
    uint64_t tag;
    struct query_rows *rows;
};
/* Adds rows and returns true, or has answered, or will, and returns false. */
typedef bool query_handler(struct query *query);

static void query_status_journal(struct query *query)
{
    struct broker *broker = query->broker;
    struct doc *row = doc_new(query->rows->arena);
    uint64_t head = journal_head(broker->journal);
    doc_set_text(row, FIELD_ID, journal_id(broker->journal));
    doc_set_int(row, FIELD_HEAD, (int64_t)head);
    doc_set_int(row, FIELD_FROM_SEQ, (int64_t)journal_first(broker->journal));
    doc_set_text(row, FIELD_STATE, broker->clock.replay ? TEXT("replay") : TEXT("live"));
    doc_set_time(row, FIELD_AT, clock_stamp_us(&broker->clock, loop_wall_us()), 0);
    doc_set_int(row, FIELD_COUNT, (int64_t)broker->sessions.count);
    doc_set_int(row, FIELD_OPEN, (int64_t)(broker->intake.queue.count + broker->intake.waiting.count));
    doc_set_int(row, FIELD_BYTES, (int64_t)broker->intake.bytes);
    struct entry last;
    size_t count = 0;
    if (head > 0 && journal_read(broker->reader, head, 1, EVENT_BYTES_MAX, &last, &count, NULL) == 0 &&
        count == 1) {
        char hex[DIGEST_HEX_BYTES];
        struct digest chain = journal_read_digest(broker->reader, 0);
        doc_set_time(row, FIELD_RECEIVED, last.received_us, 0);
        doc_set_text(row, FIELD_DIGEST, text_from(digest_hex(&chain, hex)));
    }
    query_rows_add(query->rows, row);
}

static void query_status_worker(struct query *query, enum role_name role)
{
    struct broker *broker = query->broker;
    const struct clock_worker *worker = NULL;
    for (size_t i = 0; i < broker->clock.workers_count; i++)
        if (text_is(broker->clock.workers[i].role, role_text(role)))
            worker = &broker->clock.workers[i];
    const struct session *session = sessions_worker(&broker->sessions, role);
    struct doc *row = doc_new(query->rows->arena);
    doc_set_text(row, FIELD_ROLE, text_from(role_text(role)));
    doc_set_text(row, FIELD_STATE, session != NULL ? TEXT("connected") : TEXT("away"));
    if (worker != NULL) {
        uint64_t head = journal_head(broker->journal);
        doc_set_int(row, FIELD_CURSOR, (int64_t)worker->cursor);
        doc_set_int(row, FIELD_LAG, head > worker->cursor ? (int64_t)(head - worker->cursor) : 0);
        doc_set_int(row, FIELD_OUTBOX, (int64_t)worker->outbox);
        if (worker->wake_us != CIVIL_NEVER_US)
            doc_set_time(row, FIELD_WAKE, worker->wake_us, 0);
    }
    query_rows_add(query->rows, row);
}

static bool query_status(struct query *query)
{
    query_status_journal(query);
    for (enum role_name role = ROLE_BROKER + 1; role < ROLE_ANY; role++)
        query_status_worker(query, role);
    return true;
}

static bool query_event(struct query *query)
{
    struct broker *broker = query->broker;
    struct complaint complaint = {.message = "no such event"};
    struct entry entry;
    struct event event;
    size_t count = 0;
    int64_t seq = doc_int(query->args, FIELD_SEQ, 0);
    int code = 0;
    if (seq <= 0 || (uint64_t)seq > journal_head(broker->journal) ||
        (code = journal_read(broker->reader, (uint64_t)seq, 1, EVENT_BYTES_MAX, &entry, &count,
                             &complaint)) != 0 ||
        count != 1 || entry_decode(query->rows->arena, &entry, &event, &complaint) != 0) {
        queries_fail(broker, query->session, query->tag, code == JOURNAL_E_CORRUPT ? WIRE_DAMAGED : WIRE_GONE,
                     "event %lld: %s", (long long)seq, complaint.message);
        return false;
    }
    struct doc *row = doc_new(query->rows->arena);
    doc_set_int(row, FIELD_SEQ, seq);
    doc_set_text(row, FIELD_TYPE, event.type_name);
    if (event.subject.at != NULL)
        doc_set_text(row, FIELD_SUBJECT, event.subject);
    doc_set_text(row, FIELD_PUBLISHER, event.publisher);
    doc_set_time(row, FIELD_RECEIVED, event.received_us, 0);
    doc_set_text(row, FIELD_TEXT, event_to_json(query->rows->arena, &event, true));
    query_rows_add(query->rows, row);
    return true;
}

static uint64_t query_session_next(const struct session *session)
{
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < SUBSCRIPTIONS_MAX; i++)
        if (session->subscriptions[i] != NULL && session->subscriptions[i]->next < next)
            next = session->subscriptions[i]->next;
    return next;
}

static bool query_sessions(struct query *query)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        const struct session *session = query->broker->sessions.slots[i];
        if (session == NULL)
            continue;
        struct doc *row = doc_new(query->rows->arena);
        uint64_t next = query_session_next(session);
        doc_set_int(row, FIELD_NUMBER, (int64_t)session->number);
        if (session->name[0] != '\0')
            doc_set_text(row, FIELD_NAME, text_from(session->name));
        doc_set_text(row, FIELD_PUBLISHER, text_from(session->publisher));
        if (session->role != ROLE_COUNT)
            doc_set_text(row, FIELD_ROLE, text_from(role_text(session->role)));
        if (next != UINT64_MAX)
            doc_set_int(row, FIELD_LAG, (int64_t)(journal_head(query->broker->journal) + 1 - next));
        doc_set_int(row, FIELD_BYTES, (int64_t)session->unsent_bytes);
        query_rows_add(query->rows, row);
    }
    return true;
}

static bool query_limits(struct query *query)
{
    for (unsigned i = 0; i < limits_count; i++) {
        struct doc *row = doc_new(query->rows->arena);
        doc_set_text(row, FIELD_NAME, text_from(limits_table[i].name));
        doc_set_int(row, FIELD_COUNT, limits_table[i].value);
        doc_printf(row, FIELD_NOTE, "%s: %s", limits_table[i].unit, limits_table[i].reason);
        query_rows_add(query->rows, row);
    }
    return true;
}

static bool query_may_operate(const struct broker *broker, const struct session *session)
{
    const struct settings_key *key = access_key(broker->access, text_from(session->user));
    return key != NULL && key->operate;
}

static bool query_clock_advance(struct query *query)
{
    struct broker *broker = query->broker;
    int64_t at_us = doc_time_us(query->args, FIELD_AT, CIVIL_NEVER_US);
    if (!query_may_operate(broker, query->session))
        queries_fail(broker, query->session, query->tag, WIRE_FORBIDDEN,
                     "clock.advance is for keys with operate");
    else if (!broker->clock.replay)
        queries_fail(broker, query->session, query->tag, WIRE_INVALID,
                     "the clock is live: it cannot be advanced");
    else if (at_us == CIVIL_NEVER_US)
        queries_fail(broker, query->session, query->tag, WIRE_INVALID,
                     "args.at: missing; the time to advance to");
    else if (broker->stopping)
        queries_fail(broker, query->session, query->tag, WIRE_STOPPING, "time stands still");
    else if (!intake_advance(broker, query->session, query->tag, at_us))
        queries_fail(broker, query->session, query->tag, WIRE_BUSY, "too much waits for its time");
    return false;
}

static const struct query_row {
    const char *name;
    query_handler *handle;
} query_table[] = {
    {"status", query_status},
    {"event", query_event},
    {"sessions", query_sessions},
    {"limits", query_limits},
    {"clock.advance", query_clock_advance},
};

static bool query_own(struct broker *broker, struct session *session, const struct message *message)
{
    struct complaint complaint = {.message = ""};
    struct doc *args = NULL;
    size_t i = 0, count = sizeof(query_table) / sizeof(query_table[0]);
    while (i < count && !text_is(message->name, query_table[i].name))
        i++;
    if (i == count)
        return false;
    if (message->args.bytes == 0)
        args = doc_new(&broker->arena);
    else if (doc_decode(&broker->arena, message->args, "args.", &args, &complaint) != 0) {
        queries_fail(broker, session, message->tag, WIRE_INVALID, "%s: %s", complaint.field,
                     complaint.message);
        return true;
    }
    struct query_rows rows = {.arena = &broker->arena};
    struct query query = {broker, session, args, message->tag, &rows};
    buffer_open(&rows.encoded, (size_t)4 * MESSAGE_BYTES_MAX);
    if (query_table[i].handle(&query))
        query_rows_send(broker, session, message->tag, &rows);
    buffer_close(&rows.encoded);
    return true;
}

/* ---- what workers know ---- */

static struct query_ask *query_ask_new(struct queries *queries, enum role_name role)
{
    for (size_t i = 0; i < QUERIES_MAX; i++) {
        struct query_ask *ask = &queries->asks[role][i];
        if (ask->tag != 0)
            continue;
        ask->tag = ++queries->number * QUERIES_MAX + i;
        return ask;
    }
    return NULL;
}

static void query_forward(struct broker *broker, struct session *session, const struct message *message,
                          enum role_name role, struct text what)
{
    struct session *worker = sessions_worker(&broker->sessions, role);
    if (worker == NULL) {
        queries_fail(broker, session, message->tag, WIRE_NO_WORKER, "%s is not connected", role_text(role));
        return;
    }
    struct query_ask *ask = query_ask_new(&broker->queries, role);
    if (ask == NULL) {
        queries_fail(broker, session, message->tag, WIRE_TOO_MANY, "%d queries wait for %s", QUERIES_MAX,
                     role_text(role));
        return;
    }
    ask->from = session_ref(session);
    ask->from_tag = message->tag;
    ask->asked_us = loop_monotonic_us();
    ask->deadline_us = ask->asked_us + QUERY_DEADLINE_US;
    struct message out = {.verb = VERB_ASK, .tag = ask->tag, .name = what, .args = message->args};
    session_send(broker, worker, &out);
}

/* "tasks:list" goes to that role, anything else to the ledger. */
void queries_take(struct broker *broker, struct session *session, const struct message *message)
{
    enum role_name role = ROLE_LEDGER;
    struct text what = message->name;
    if (query_own(broker, session, message))
        return;
    const char *colon = what.bytes > 0 ? memchr(what.at, ':', what.bytes) : NULL;
    if (colon != NULL) {
        size_t prefix = (size_t)(colon - what.at);
        role = role_find((struct text){what.at, prefix});
        what = (struct text){colon + 1, what.bytes - prefix - 1};
    }
    if (what.bytes == 0 || role == ROLE_COUNT || role == ROLE_BROKER || role == ROLE_ANY)
        queries_fail(broker, session, message->tag, WIRE_UNKNOWN, "there is no query \"%.*s\"",
                     TEXT_PRINT(message->name));
    else if (colon != NULL && !query_may_operate(broker, session)) /* a worker can't see who asks */
        queries_fail(broker, session, message->tag, WIRE_FORBIDDEN, "%.*s is for keys with operate",
                     TEXT_PRINT(message->name));
    else
        query_forward(broker, session, message, role, what);
}

void queries_reply(struct broker *broker, struct session *worker, const struct message *message)
{
    struct query_ask *ask = &broker->queries.asks[worker->role][message->tag % QUERIES_MAX];
    if (ask->tag == 0 || ask->tag != message->tag)
        return; /* its asker was told already */
    struct session *asker = sessions_get(&broker->sessions, ask->from);
    struct message answer = *message;
    size_t bytes = 0;
    for (size_t i = 0; i < message->count; i++)
        bytes += message->rows[i].bytes;
    answer.verb = VERB_ANSWER;
    answer.tag = ask->from_tag;
    ask->tag = 0;
    if (asker != NULL && bytes > QUERY_ROWS_BYTES_MAX)
        queries_fail(broker, asker, answer.tag, WIRE_FULL, "the answer is larger than a message may be");
    else if (asker != NULL)
        session_send(broker, asker, &answer);
}

static void query_abandon(struct broker *broker, struct query_ask *ask, const char *why)
{
    struct session *asker = sessions_get(&broker->sessions, ask->from);
    ask->tag = 0;
    if (asker != NULL)
        queries_fail(broker, asker, ask->from_tag, WIRE_NO_WORKER, "%s", why);
}

void queries_worker_lives(struct broker *broker, enum role_name role)
{
    int64_t deadline_us = loop_monotonic_us() + QUERY_DEADLINE_US;
    for (size_t i = 0; i < QUERIES_MAX; i++) {
        struct query_ask *ask = &broker->queries.asks[role][i];
        int64_t last_us = ask->asked_us + QUERY_LONGEST_US;
        ask->deadline_us = deadline_us < last_us ? deadline_us : last_us;
    }
}

void queries_worker_left(struct broker *broker, enum role_name role)
{
    for (size_t i = 0; i < QUERIES_MAX; i++)
        if (broker->queries.asks[role][i].tag != 0)
            query_abandon(broker, &broker->queries.asks[role][i], "the worker left before it answered");
}

void queries_expire(struct broker *broker)
{
    int64_t now_us = loop_monotonic_us();
    for (size_t i = 0; i < (size_t)ROLE_COUNT * QUERIES_MAX; i++) {
        struct query_ask *ask = &broker->queries.asks[i / QUERIES_MAX][i % QUERIES_MAX];
        if (ask->tag != 0 && ask->deadline_us < now_us)
            query_abandon(broker, ask, "the worker did not answer in time");
    }
}
