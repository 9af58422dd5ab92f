/* client.c - libduban: the publisher's and reader's side of PROTOCOL.md. The only file besides base/loop.c
 * that speaks ZeroMQ, since it must work in any event loop.
 *
 *      duban_open ──► CONNECTING ──WELCOME──► READY ──ERROR, silence──► CONNECTING (a new socket, after a
 * pause)
 *
 * Invariants:
 *  1. An event leaves `pending` only by its acknowledgement (or duban_close); until then it is sent again
 * after each reconnect and whenever its acknowledgement is overdue, under the same id.
 *  2. A subscription's `next` is one above all that it has looked at, so that it resumes there.
 *  3. A socket is given up, never repaired: one failed handshake kills a ZeroMQ socket for good (PROTOCOL.md,
 * Connecting).
 */
#include "proto/duban.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/log.h"
#include "proto/wire.h"

enum {
    CLIENT_UNACKNOWLEDGED_MAX = 1024,
    CLIENT_RESEND_MS = 2000,
    CLIENT_RESEND_MS_MAX = 30000,
    CLIENT_WELCOME_MS = 5000, /* a HELLO without an answer: the socket may be dead */
    CLIENT_PING_MS = 10000,
    CLIENT_SILENCE_MS = 25000,
    CLIENT_PAUSE_MS = 200, /* before a new socket; doubles, with jitter */
    CLIENT_PAUSE_MS_MAX = 10000,
    CLIENT_BUSY_MS = 200, /* before an event that met BUSY or FULL goes again */
    CLIENT_MESSAGES_PER_TURN = 256,
    CLIENT_CREDIT = 1024,
    CLIENT_SUBSCRIPTIONS_MAX = 16,
    CLIENT_BATCH_BYTES = MESSAGE_BYTES_MAX - 4096,
    CLIENT_ARENA_BYTES = 64 << 20
};

struct pending {
    struct pending *next;
    uint64_t number;
    uint64_t tag;   /* of the PUBLISH that it went in; 0: not sent, or to be sent again */
    int64_t due_ms; /* when it may go again */
    unsigned wait_ms;
    duban_on_ack *on_ack;
    void *context;
    char id[NAME_BYTES_MAX + 1];
    size_t bytes;
    unsigned char body[];
};

struct subscription {
    bool used, announced;       /* announced: the broker knows it in this session */
    uint64_t next;              /* 0: what is new when it is first announced */
    uint64_t credit;            /* granted and not used */
    struct duban_filter filter; /* its texts are copies, in arena */
    struct arena arena;
    duban_on_entry *on_entry;
    duban_on_through *on_through;
    void *context;
};

struct query {
    uint64_t tag; /* 0: none under way */
    bool done, ok, more;
    struct buffer rows_json;
};

struct duban {
    char endpoint[256], name[NAME_BYTES_MAX + 1], error[512];
    char curve_server[41], curve_public[41], curve_secret[41];
    size_t unacknowledged_max;
    unsigned resend_ms, pause_ms;
    void *context, *socket;
    int epoll;
    bool ready, more; /* more: messages may be waiting though the descriptor is quiet */
    int64_t hello_due_ms, reopen_due_ms, heard_ms, ping_due_ms;
    struct pending *first, **last;
    size_t pending_count;
    uint64_t numbers, tags, head;
    struct subscription subscriptions[CLIENT_SUBSCRIPTIONS_MAX];
    struct query query;
    struct arena arena; /* of one message */
    struct buffer frame;
    struct duban_ack *wait_ack; /* duban_publish_wait's */
    bool wait_done;
    char wait_text[COMPLAINT_BYTES_MAX], wait_id[NAME_BYTES_MAX + 1],
        last_id[NAME_BYTES_MAX + 1]; /* last: enqueued */
};

static int64_t client_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t client_wall_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

__attribute__((format(printf, 3, 4))) static int client_fail(struct duban *client, int code,
                                                             const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(client->error, sizeof client->error, format, arguments);
    va_end(arguments);
    return code;
}

/* ---- the socket ---- */

static void client_socket_close(struct duban *client)
{
    if (client->socket == NULL)
        return;
    int fd;
    size_t size = sizeof fd;
    if (zmq_getsockopt(client->socket, ZMQ_FD, &fd, &size) == 0)
        epoll_ctl(client->epoll, EPOLL_CTL_DEL, fd, NULL);
    zmq_close(client->socket);
    client->socket = NULL;
    client->ready = false;
}

static int client_socket_options(struct duban *client)
{
    unsigned char route[17];
    int64_t message_max = MESSAGE_BYTES_MAX;
    const struct {
        int option, value;
    } numbers[] = {{ZMQ_LINGER, 0},          {ZMQ_SNDHWM, 1000},       {ZMQ_RCVHWM, 1000},
                   {ZMQ_IMMEDIATE, 1},       {ZMQ_RECONNECT_IVL, 200}, {ZMQ_RECONNECT_IVL_MAX, 10000},
                   {ZMQ_HANDSHAKE_IVL, 3000}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (zmq_setsockopt(client->socket, numbers[i].option, &numbers[i].value, sizeof(int)) != 0)
            return -1;
    digest_random(route, sizeof route);
    route[0] = 'c'; /* never a zero byte: those ids are ZeroMQ's own */
    if (zmq_setsockopt(client->socket, ZMQ_ROUTING_ID, route, sizeof route) != 0 ||
        zmq_setsockopt(client->socket, ZMQ_MAXMSGSIZE, &message_max, sizeof message_max) != 0)
        return -1;
    if (client->curve_server[0] == '\0')
        return 0;
    return zmq_setsockopt(client->socket, ZMQ_CURVE_SERVERKEY, client->curve_server, 40) == 0 &&
                   zmq_setsockopt(client->socket, ZMQ_CURVE_PUBLICKEY, client->curve_public, 40) == 0 &&
                   zmq_setsockopt(client->socket, ZMQ_CURVE_SECRETKEY, client->curve_secret, 40) == 0
               ? 0
               : -1;
}

static int client_socket_open(struct duban *client)
{
    int fd;
    size_t size = sizeof fd;
    struct epoll_event watched = {.events = EPOLLIN};
    client->socket = zmq_socket(client->context, ZMQ_DEALER);
    if (client->socket == NULL || client_socket_options(client) != 0 ||
        zmq_connect(client->socket, client->endpoint) != 0 ||
        zmq_getsockopt(client->socket, ZMQ_FD, &fd, &size) != 0 ||
        epoll_ctl(client->epoll, EPOLL_CTL_ADD, fd, &watched) != 0) {
        int code = client_fail(client, DUBAN_SYSTEM, "%s: %s", client->endpoint, zmq_strerror(errno));
        client_socket_close(client);
        return code;
    }
    client->hello_due_ms = 0;
    client->more = true;
    return DUBAN_OK;
}

/* 0 sent, 1 not now. */
static int client_send(struct duban *client, const struct message *message)
{
    buffer_reset(&client->frame);
    wire_encode(message, &client->frame);
    client->more = true; /* sending may swallow the descriptor's edge */
    if (zmq_send(client->socket, client->frame.at, client->frame.bytes, ZMQ_DONTWAIT) >= 0)
        return 0;
    return 1;
}

/* Gives the socket up; what is pending goes again over the next one. */
static void client_lost(struct duban *client, const char *reason)
{
    unsigned char jitter;
    client_fail(client, DUBAN_SYSTEM, "%s: %s", client->endpoint, reason);
    client_socket_close(client);
    digest_random(&jitter, sizeof jitter);
    client->reopen_due_ms = client_now_ms() + client->pause_ms + client->pause_ms * jitter / 512;
    client->pause_ms =
        client->pause_ms * 2 < CLIENT_PAUSE_MS_MAX ? client->pause_ms * 2 : CLIENT_PAUSE_MS_MAX;
    for (struct pending *pending = client->first; pending != NULL; pending = pending->next) {
        pending->tag = 0;
        pending->due_ms = 0;
    }
    for (size_t i = 0; i < CLIENT_SUBSCRIPTIONS_MAX; i++)
        client->subscriptions[i].announced = false;
    if (client->query.tag != 0) {
        client->query.done = true;
        client->query.ok = false;
    }
}

/* ---- opening and closing ---- */

static void client_default_endpoint(char *out, size_t room)
{
    static const char *const sockets[] = {"/run/duban/publish.sock", "var/run/publish.sock"};
    const char *given = getenv("DUBAN_ENDPOINT");
    size_t chosen = access(sockets[0], F_OK) != 0 && access(sockets[1], F_OK) == 0 ? 1 : 0;
    if (given != NULL && given[0] != '\0')
        snprintf(out, room, "%s", given);
    else
        snprintf(out, room, "ipc://%s", sockets[chosen]);
}

static bool client_copy(char *out, size_t room, const char *given)
{
    return given == NULL || (size_t)snprintf(out, room, "%s", given) < room;
}

struct duban *duban_open(const struct duban_options *given)
{
    struct duban_options options = {.size = sizeof options};
    if (given != NULL)
        memcpy(&options, given, given->size < sizeof options ? given->size : sizeof options);
    struct duban *client = calloc(1, sizeof *client);
    if (client == NULL)
        return NULL;
    digest_init();
    client->epoll = epoll_create1(EPOLL_CLOEXEC);
    client->context = zmq_ctx_new();
    client->last = &client->first;
    client->unacknowledged_max =
        options.unacknowledged_max > 0 ? options.unacknowledged_max : CLIENT_UNACKNOWLEDGED_MAX;
    client->resend_ms = options.resend_ms > 0 ? options.resend_ms : CLIENT_RESEND_MS;
    client->pause_ms = CLIENT_PAUSE_MS;
    arena_open(&client->arena, CLIENT_ARENA_BYTES);
    buffer_open(&client->frame, 2 * MESSAGE_BYTES_MAX);
    buffer_open(&client->query.rows_json, CLIENT_ARENA_BYTES);
    client_default_endpoint(client->endpoint, sizeof client->endpoint);
    bool fits = client_copy(client->endpoint, sizeof client->endpoint, options.endpoint) &&
                client_copy(client->name, sizeof client->name,
                            options.name != NULL ? options.name : program_invocation_short_name) &&
                client_copy(client->curve_server, sizeof client->curve_server, options.curve_server) &&
                client_copy(client->curve_public, sizeof client->curve_public, options.curve_public) &&
                client_copy(client->curve_secret, sizeof client->curve_secret, options.curve_secret);
    if (!fits || client->epoll < 0 || client->context == NULL || client_socket_open(client) != DUBAN_OK) {
        duban_close(client);
        return NULL;
    }
    return client;
}

void duban_close(struct duban *client)
{
    if (client == NULL)
        return;
    if (client->ready)
        (void)client_send(client, &(struct message){.verb = VERB_BYE});
    client_socket_close(client);
    if (client->context != NULL)
        zmq_ctx_term(client->context);
    if (client->epoll >= 0)
        close(client->epoll);
    for (struct pending *pending = client->first, *next; pending != NULL; pending = next) {
        next = pending->next;
        free(pending);
    }
    for (size_t i = 0; i < CLIENT_SUBSCRIPTIONS_MAX; i++)
        if (client->subscriptions[i].used)
            arena_close(&client->subscriptions[i].arena);
    arena_close(&client->arena);
    buffer_close(&client->frame);
    buffer_close(&client->query.rows_json);
    free(client);
}

const char *duban_error(const struct duban *client)
{
    return client->error;
}

uint64_t duban_head(const struct duban *client)
{
    return client->head;
}

size_t duban_unacknowledged(const struct duban *client)
{
    return client->pending_count;
}

int duban_fd(const struct duban *client)
{
    return client->epoll;
}

/* ---- publishing ---- */

static struct text client_text(const char *given)
{
    return given != NULL ? text_from(given) : TEXT_NONE;
}

static int client_data(struct duban *client, const struct duban_event *given, struct event *event,
                       struct complaint *complaint)
{
    struct doc *data = doc_new(&client->arena);
    int code = 0;
    if (given->data_json != NULL)
        code = doc_from_json(&client->arena, text_from(given->data_json), &data, complaint);
    else if (given->data != NULL)
        code = doc_decode(&client->arena, (struct bytes){given->data, given->data_bytes}, "data.", &data,
                          complaint);
    event->data = data;
    return code;
}

static int client_event(struct duban *client, const struct duban_event *raw, struct event *event,
                        struct complaint *complaint)
{
    struct duban_event given = {.size = sizeof given};
    const char *nearest;
    memcpy(&given, raw, raw->size < sizeof given ? raw->size : sizeof given);
    *event = (struct event){.id = client_text(given.id),
                            .source = client_text(given.source),
                            .type_name = client_text(given.type),
                            .subject = client_text(given.subject),
                            .charter = client_text(given.charter),
                            .actor = client_text(given.actor),
                            .traceparent = client_text(given.traceparent),
                            .time_us = client_wall_us()};
    event->type = event_type_find(event->type_name, &nearest);
    if (event->type == NULL) {
        complain(complaint, "type", "", "unknown type `%.*s`%s%s", TEXT_PRINT(event->type_name),
                 nearest != NULL ? "; nearest known: " : "", nearest != NULL ? nearest : "");
        return EVENT_E_INVALID;
    }
    if (given.time != NULL && !civil_parse_time(text_from(given.time), &event->time_us, &event->time_zone)) {
        complain(complaint, "time", "", "`%s` is no RFC 3339 instant with an offset", given.time);
        return EVENT_E_INVALID;
    }
    if (event->id.bytes == 0)
        event->id = event_new_id(&client->arena, event->time_us);
    if (event->source.bytes == 0)
        event->source = arena_printf(&client->arena, "/%s", client->name);
    int code = client_data(client, &given, event, complaint);
    return code != 0 ? code : event_check(event, complaint);
}

/* Takes a copy of a checked, encoded event. */
static int client_enqueue(struct duban *client, struct bytes body, struct text id, duban_on_ack *on_ack,
                          void *context)
{
    if (client->pending_count >= client->unacknowledged_max)
        return client_fail(client, DUBAN_FULL, "%zu events are unacknowledged", client->pending_count);
    struct pending *pending = malloc(sizeof *pending + body.bytes);
    if (pending == NULL)
        return client_fail(client, DUBAN_SYSTEM, "no memory");
    *pending = (struct pending){.number = ++client->numbers,
                                .wait_ms = client->resend_ms,
                                .on_ack = on_ack,
                                .context = context,
                                .bytes = body.bytes};
    snprintf(pending->id, sizeof pending->id, "%.*s", TEXT_PRINT(id));
    memcpy(pending->body, body.at, body.bytes);
    memcpy(client->last_id, pending->id, sizeof client->last_id);
    *client->last = pending;
    client->last = &pending->next;
    client->pending_count++;
    client->more = true;
    return DUBAN_OK;
}

static int client_publish(struct duban *client, const struct event *event, duban_on_ack *on_ack,
                          void *context)
{
    struct buffer body;
    buffer_open(&body, EVENT_BYTES_MAX + 4096);
    event_encode(event, &body);
    int code = body.bytes > EVENT_BYTES_MAX
                   ? client_fail(client, DUBAN_INVALID, "the event is larger than %d bytes", EVENT_BYTES_MAX)
                   : client_enqueue(client, buffer_view(&body), event->id, on_ack, context);
    buffer_close(&body);
    return code;
}

static int client_invalid(struct duban *client, const struct complaint *complaint)
{
    return client_fail(client, DUBAN_INVALID, "%s%s%s", complaint->field,
                       complaint->field[0] != '\0' ? ": " : "", complaint->message);
}

int duban_publish(struct duban *client, const struct duban_event *given, duban_on_ack *on_ack, void *context)
{
    struct event event;
    struct complaint complaint;
    arena_reset(&client->arena);
    if (client_event(client, given, &event, &complaint) != 0)
        return client_invalid(client, &complaint);
    return client_publish(client, &event, on_ack, context);
}

int duban_publish_bytes(struct duban *client, const void *at, size_t bytes, duban_on_ack *on_ack,
                        void *context)
{
    struct event event;
    struct complaint complaint;
    arena_reset(&client->arena);
    if (event_decode(&client->arena, (struct bytes){at, bytes}, &event, &complaint) != 0)
        return client_invalid(client, &complaint);
    return client_enqueue(client, (struct bytes){at, bytes}, event.id, on_ack, context);
}

int duban_publish_json(struct duban *client, const char *json, size_t bytes, duban_on_ack *on_ack,
                       void *context)
{
    struct event event;
    struct complaint complaint;
    arena_reset(&client->arena);
    if (event_from_json(&client->arena, (struct text){json, bytes}, &event, &complaint) != 0)
        return client_invalid(client, &complaint);
    if (event.time_us == CIVIL_NEVER_US)
        event.time_us = client_wall_us();
    if (event.id.bytes == 0)
        event.id = event_new_id(&client->arena, event.time_us);
    if (event_check(&event, &complaint) != 0)
        return client_invalid(client, &complaint);
    return client_publish(client, &event, on_ack, context);
}

static bool client_may_go(const struct pending *pending, int64_t now_ms)
{
    return now_ms >=
           pending->due_ms; /* 0: never sent; else its acknowledgement is overdue, or its pause is over */
}

/* One PUBLISH with the oldest events that may go; returns how many. */
static size_t client_send_batch(struct duban *client, int64_t now_ms)
{
    struct bytes bodies[BATCH_EVENTS_MAX];
    struct pending *chosen[BATCH_EVENTS_MAX];
    size_t count = 0, bytes = 0;
    for (struct pending *pending = client->first; pending != NULL && count < BATCH_EVENTS_MAX;
         pending = pending->next) {
        if (!client_may_go(pending, now_ms))
            continue;
        if (count > 0 && bytes + pending->bytes + 8 > CLIENT_BATCH_BYTES)
            break;
        chosen[count] = pending;
        bodies[count++] = (struct bytes){pending->body, pending->bytes};
        bytes += pending->bytes + 8;
    }
    if (count == 0)
        return 0;
    uint64_t tag = ++client->tags;
    if (client_send(client, &(struct message){
                                .verb = VERB_PUBLISH, .tag = tag, .bodies = bodies, .count = count}) != 0)
        return 0;
    for (size_t i = 0; i < count; i++) {
        chosen[i]->tag = tag;
        chosen[i]->due_ms = now_ms + chosen[i]->wait_ms;
        chosen[i]->wait_ms =
            chosen[i]->wait_ms * 2 < CLIENT_RESEND_MS_MAX ? chosen[i]->wait_ms * 2 : CLIENT_RESEND_MS_MAX;
    }
    return count;
}

static void client_acknowledge(struct duban *client, struct pending **link, const struct wire_result *result)
{
    struct pending *pending = *link;
    char text[COMPLAINT_BYTES_MAX];
    snprintf(text, sizeof text, "%.*s",
             TEXT_PRINT(result->text.bytes > 0 ? result->text : text_from(wire_code_meaning(result->code))));
    struct duban_ack ack = {.code = (int)result->code,
                            .duplicate = result->duplicate,
                            .seq = result->seq,
                            .received_us = result->received_us,
                            .id = pending->id,
                            .text = text};
    *link = pending->next;
    if (client->last == &pending->next)
        client->last = link;
    client->pending_count--;
    if (pending->on_ack != NULL)
        pending->on_ack(pending->context, &ack);
    free(pending);
}

static struct pending **client_pending_find(struct duban *client, uint64_t number)
{
    for (struct pending **link = &client->first; *link != NULL; link = &(*link)->next)
        if ((*link)->number == number)
            return link;
    return NULL;
}

/* Results come in the order of the bodies, which was the order of the queue. A callback may publish: so links
 * are found anew. */
static void client_accepted(struct duban *client, const struct message *message)
{
    uint64_t numbers[BATCH_EVENTS_MAX];
    size_t count = 0;
    for (struct pending *pending = client->first; pending != NULL && count < BATCH_EVENTS_MAX;
         pending = pending->next)
        if (pending->tag == message->tag)
            numbers[count++] = pending->number;
    if (count != message->count)
        return; /* an older sending of events that have gone again since */
    for (size_t i = 0; i < count; i++) {
        const struct wire_result *result = &message->results[i];
        struct pending **link = client_pending_find(client, numbers[i]);
        if (link == NULL)
            continue;
        if (!wire_code_retry(result->code)) {
            client_acknowledge(client, link, result);
            continue;
        }
        (*link)->tag = 0;
        (*link)->due_ms = client_now_ms() + CLIENT_BUSY_MS;
        client_fail(client, DUBAN_TIMEOUT, "the broker says %s: %s", wire_code_name(result->code),
                    wire_code_meaning(result->code));
    }
}

/* ---- reading ---- */

static size_t client_list(struct text *out, const char *const *given, size_t max)
{
    size_t count = 0;
    for (; given != NULL && given[count] != NULL && count < max; count++)
        out[count] = text_from(given[count]);
    return count;
}

static void client_subscription_announce(struct duban *client, size_t index)
{
    struct subscription *subscription = &client->subscriptions[index];
    struct text types[EVENT_KIND_COUNT], charters[64];
    if (subscription->next == 0)
        subscription->next = client->head + 1;
    struct message message = {
        .verb = VERB_SUBSCRIBE,
        .sub = index + 1,
        .from = subscription->next,
        .credit = CLIENT_CREDIT,
        .filter = {.types = types,
                   .types_count = client_list(types, subscription->filter.types, EVENT_KIND_COUNT),
                   .charters = charters,
                   .charters_count = client_list(charters, subscription->filter.charters, 64),
                   .publisher = client_text(subscription->filter.publisher),
                   .subject = client_text(subscription->filter.subject),
                   .cause = subscription->filter.cause}};
    subscription->announced = client_send(client, &message) == 0;
    subscription->credit = CLIENT_CREDIT;
}

static const char *const *client_list_copy(struct arena *arena, const char *const *given)
{
    size_t count = 0;
    if (given == NULL)
        return NULL;
    while (given[count] != NULL)
        count++;
    const char **copy = arena_alloc(arena, sizeof *copy * (count + 1));
    for (size_t i = 0; i < count; i++)
        copy[i] = arena_text_copy(arena, text_from(given[i])).at;
    return copy;
}

int duban_subscribe(struct duban *client, uint64_t from, const struct duban_filter *filter,
                    duban_on_entry *on_entry, duban_on_through *on_through, void *context)
{
    size_t index = 0;
    while (index < CLIENT_SUBSCRIPTIONS_MAX && client->subscriptions[index].used)
        index++;
    if (index == CLIENT_SUBSCRIPTIONS_MAX)
        return client_fail(client, DUBAN_FULL, "more than %d subscriptions", CLIENT_SUBSCRIPTIONS_MAX);
    struct subscription *subscription = &client->subscriptions[index];
    *subscription = (struct subscription){
        .used = true, .next = from, .on_entry = on_entry, .on_through = on_through, .context = context};
    arena_open(&subscription->arena, 1 << 20);
    if (filter != NULL) {
        memcpy(&subscription->filter, filter, filter->size < sizeof *filter ? filter->size : sizeof *filter);
        subscription->filter.types = client_list_copy(&subscription->arena, subscription->filter.types);
        subscription->filter.charters = client_list_copy(&subscription->arena, subscription->filter.charters);
        if (subscription->filter.publisher != NULL)
            subscription->filter.publisher =
                arena_text_copy(&subscription->arena, text_from(subscription->filter.publisher)).at;
        if (subscription->filter.subject != NULL)
            subscription->filter.subject =
                arena_text_copy(&subscription->arena, text_from(subscription->filter.subject)).at;
    }
    if (client->ready)
        client_subscription_announce(client, index);
    return (int)index + 1;
}

void duban_unsubscribe(struct duban *client, int number)
{
    if (number < 1 || number > CLIENT_SUBSCRIPTIONS_MAX || !client->subscriptions[number - 1].used)
        return;
    struct subscription *subscription = &client->subscriptions[number - 1];
    if (client->ready && subscription->announced)
        (void)client_send(client, &(struct message){.verb = VERB_UNSUBSCRIBE, .sub = (uint64_t)number});
    arena_close(&subscription->arena);
    subscription->used = false;
}

/* True if the callback wants no more. */
static bool client_entry(struct duban *client, struct subscription *subscription, const struct entry *entry)
{
    struct duban_entry given = {.seq = entry->seq,
                                .received_us = entry->received_us,
                                .publisher = arena_text_copy(&client->arena, entry->publisher).at,
                                .event = entry->body.at,
                                .event_bytes = entry->body.bytes};
    if (entry->seq < subscription->next)
        return false; /* seen before a reconnect */
    subscription->next = entry->seq + 1;
    subscription->credit -= subscription->credit > 0 ? 1 : 0;
    return subscription->on_entry != NULL && subscription->on_entry(subscription->context, &given) != 0;
}

static void client_events(struct duban *client, const struct message *message)
{
    if (message->sub < 1 || message->sub > CLIENT_SUBSCRIPTIONS_MAX)
        return;
    struct subscription *subscription = &client->subscriptions[message->sub - 1];
    bool end = false;
    if (!subscription->used || !subscription->announced)
        return;
    client->head = message->head > client->head ? message->head : client->head;
    for (size_t i = 0; i < message->count && !end; i++)
        end = client_entry(client, subscription, &message->entries[i]);
    if (!end && message->through >= subscription->next)
        subscription->next = message->through + 1;
    if (!end && subscription->on_through != NULL)
        end = subscription->on_through(subscription->context, message->through, message->head) != 0;
    if (end) {
        duban_unsubscribe(client, (int)message->sub);
        return;
    }
    if (subscription->credit > CLIENT_CREDIT / 2)
        return;
    uint64_t added = CLIENT_CREDIT - subscription->credit;
    if (client_send(client, &(struct message){.verb = VERB_CREDIT, .sub = message->sub, .credit = added}) ==
        0)
        subscription->credit = CLIENT_CREDIT;
}

char *duban_entry_json(const struct duban_entry *given)
{
    struct arena arena;
    struct event event;
    struct complaint complaint;
    char *json = NULL;
    struct entry entry = {.seq = given->seq,
                          .received_us = given->received_us,
                          .publisher = client_text(given->publisher),
                          .body = {given->event, given->event_bytes}};
    arena_open(&arena, CLIENT_ARENA_BYTES);
    if (entry_decode(&arena, &entry, &event, &complaint) == 0) {
        struct text text = event_to_json(&arena, &event, true);
        json = strndup(text.at, text.bytes);
    }
    arena_close(&arena);
    return json;
}

/* ---- queries ---- */

static void client_answer(struct duban *client, const struct message *message)
{
    struct query *query = &client->query;
    if (query->tag != message->tag)
        return;
    query->done = true;
    query->ok = message->ok;
    query->more = message->more;
    if (!message->ok)
        client_fail(client, (int)message->code, "%.*s", TEXT_PRINT(message->text));
    buffer_append(&query->rows_json, "[", 1);
    for (size_t i = 0; i < message->count; i++) {
        struct doc *row;
        struct complaint complaint;
        if (doc_decode(&client->arena, message->rows[i], "row.", &row, &complaint) != 0)
            continue;
        struct text json = doc_to_json(&client->arena, row);
        if (query->rows_json.bytes > 1)
            buffer_append(&query->rows_json, ",", 1);
        buffer_append(&query->rows_json, json.at, json.bytes);
    }
    buffer_append(&query->rows_json, "]", 1);
}

static int client_query_wait(struct duban *client, struct message *message, unsigned timeout_ms)
{
    int64_t until_ms = client_now_ms() + timeout_ms;
    bool sent = false;
    while (!client->query.done) {
        int64_t left_ms = until_ms - client_now_ms();
        if (left_ms <= 0)
            return client_fail(client, DUBAN_TIMEOUT, "no answer within %u ms", timeout_ms);
        if (!sent && client->ready)
            sent = client_send(client, message) == 0;
        int code =
            duban_wait(client, (unsigned)(left_ms < 100 || !sent ? (left_ms < 20 ? left_ms : 20) : left_ms));
        if (code != DUBAN_OK)
            return code;
    }
    return client->query.ok ? DUBAN_OK : DUBAN_INVALID;
}

int duban_query(struct duban *client, const char *what, const char *args_json, unsigned timeout_ms,
                char **rows_json_out, int *more_out)
{
    struct doc *args;
    struct complaint complaint;
    struct buffer encoded;
    arena_reset(&client->arena);
    if (doc_from_json(&client->arena, text_from(args_json != NULL ? args_json : "{}"), &args, &complaint) !=
        0)
        return client_invalid(client, &complaint);
    buffer_open(&encoded, EVENT_BYTES_MAX);
    doc_encode(args, &encoded);
    buffer_reset(&client->query.rows_json);
    client->query.tag = ++client->tags;
    client->query.done = client->query.ok = client->query.more = false;
    struct message message = {
        .verb = VERB_QUERY, .tag = client->query.tag, .name = text_from(what), .args = buffer_view(&encoded)};
    int code = client_query_wait(client, &message, timeout_ms);
    buffer_close(&encoded);
    client->query.tag = 0;
    if (code == DUBAN_OK) {
        *rows_json_out = strndup((const char *)client->query.rows_json.at, client->query.rows_json.bytes);
        if (more_out != NULL)
            *more_out = client->query.more;
    }
    return code;
}

/* ---- the turn ---- */

static void client_welcome(struct duban *client, const struct message *message)
{
    client->ready = true;
    client->pause_ms = CLIENT_PAUSE_MS;
    client->head = message->head;
    client->ping_due_ms = client->heard_ms + CLIENT_PING_MS;
    for (size_t i = 0; i < CLIENT_SUBSCRIPTIONS_MAX; i++)
        if (client->subscriptions[i].used)
            client_subscription_announce(client, i);
}

static void client_receive(struct duban *client, struct bytes frame)
{
    struct message message;
    struct complaint complaint;
    arena_reset(&client->arena);
    if (wire_decode(&client->arena, frame, &message, &complaint) != 0)
        return client_lost(client, "the broker sent something that is no message");
    client->heard_ms = client_now_ms();
    switch (message.verb) {
    case VERB_WELCOME:
        return client_welcome(client, &message);
    case VERB_ACCEPTED:
        return client_accepted(client, &message);
    case VERB_EVENTS:
        return client_events(client, &message);
    case VERB_ANSWER:
        return client_answer(client, &message);
    case VERB_PONG:
        client->head = message.head;
        return;
    case VERB_ERROR:
        return client_lost(client, arena_text_copy(&client->arena, message.text).at);
    default:
        return;
    }
}

/* Reads what is there, within bounds; sets more if the bound ended it. */
static void client_receive_all(struct duban *client)
{
    zmq_msg_t part;
    client->more = false;
    for (int i = 0; client->socket != NULL; i++) {
        if (i == CLIENT_MESSAGES_PER_TURN) {
            client->more = true;
            return;
        }
        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, client->socket, ZMQ_DONTWAIT) < 0) {
            int cause = errno;
            zmq_msg_close(&part);
            client->more = cause == EINTR;
            return;
        }
        if (!zmq_msg_more(&part))
            client_receive(client, (struct bytes){zmq_msg_data(&part), zmq_msg_size(&part)});
        zmq_msg_close(&part);
    }
}

static void client_hello(struct duban *client, int64_t now_ms)
{
    struct message hello = {.verb = VERB_HELLO, .version = WIRE_REVISION, .name = text_from(client->name)};
    if (client->hello_due_ms == 0) {
        /* IMMEDIATE: not sent before the connection stands; the deadline runs all the same */
        client->hello_due_ms = now_ms + CLIENT_WELCOME_MS;
        client->heard_ms = 0;
    }
    if (now_ms >= client->hello_due_ms)
        client_lost(client, "no welcome: is the broker there, and may this user use it?");
    else if (client->heard_ms == 0 && client_send(client, &hello) == 0)
        client->heard_ms = now_ms;
}

static void client_keep_alive(struct duban *client, int64_t now_ms)
{
    if (now_ms - client->heard_ms > CLIENT_SILENCE_MS) {
        client_lost(client, "the broker fell silent");
    } else if (now_ms >= client->ping_due_ms) {
        client->ping_due_ms = now_ms + CLIENT_PING_MS;
        (void)client_send(client, &(struct message){.verb = VERB_PING, .tag = ++client->tags});
    }
}

static void client_announce_all(struct duban *client)
{
    for (size_t i = 0; i < CLIENT_SUBSCRIPTIONS_MAX; i++)
        if (client->subscriptions[i].used && !client->subscriptions[i].announced)
            client_subscription_announce(client, i);
}

int duban_turn(struct duban *client)
{
    int64_t now_ms = client_now_ms();
    if (client->socket == NULL) {
        if (now_ms < client->reopen_due_ms)
            return DUBAN_OK;
        if (client_socket_open(client) != DUBAN_OK)
            return DUBAN_SYSTEM;
    }
    client_receive_all(client);
    if (client->socket != NULL && !client->ready)
        client_hello(client, now_ms);
    if (client->socket != NULL && client->ready)
        client_keep_alive(client, now_ms);
    if (client->socket != NULL && client->ready) {
        client_announce_all(client);
        while (client_send_batch(client, now_ms) > 0)
            ;
        client_receive_all(client); /* sending may have swallowed the edge */
    }
    return DUBAN_OK;
}

static int64_t client_earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

int duban_next_ms(const struct duban *client)
{
    int64_t now_ms = client_now_ms(), due_ms = now_ms + CLIENT_PING_MS;
    if (client->socket == NULL)
        due_ms = client->reopen_due_ms;
    else if (client->more)
        due_ms = now_ms;
    else if (!client->ready)
        due_ms = client_earlier(client->hello_due_ms, client->heard_ms == 0 ? now_ms + 20 : INT64_MAX);
    else
        due_ms = client->ping_due_ms;
    if (client->ready)
        for (const struct pending *pending = client->first; pending != NULL; pending = pending->next)
            due_ms = client_earlier(due_ms, pending->due_ms > 0 ? pending->due_ms : now_ms + 20);
    return due_ms <= now_ms ? 0 : (int)(due_ms - now_ms);
}

/* ---- without a loop ---- */

int duban_wait(struct duban *client, unsigned timeout_ms)
{
    int next_ms = duban_next_ms(client);
    struct epoll_event ready;
    long wait_ms = next_ms >= 0 && (unsigned)next_ms < timeout_ms ? next_ms : (long)timeout_ms;
    if (wait_ms > 0 && epoll_wait(client->epoll, &ready, 1, (int)wait_ms) < 0 && errno != EINTR)
        return client_fail(client, DUBAN_SYSTEM, "%s", zmq_strerror(errno));
    return duban_turn(client);
}

int duban_wait_ready(struct duban *client, unsigned timeout_ms)
{
    int64_t until_ms = client_now_ms() + timeout_ms;
    while (!client->ready) {
        int64_t left_ms = until_ms - client_now_ms();
        if (left_ms <= 0) {
            if (client->error[0] == '\0')
                client_fail(client, DUBAN_TIMEOUT, "%s: no answer within %u ms", client->endpoint,
                            timeout_ms);
            return DUBAN_TIMEOUT;
        }
        int code = duban_wait(client, (unsigned)left_ms);
        if (code != DUBAN_OK)
            return code;
    }
    return DUBAN_OK;
}

int duban_flush(struct duban *client, unsigned timeout_ms)
{
    int64_t until_ms = client_now_ms() + timeout_ms;
    while (client->pending_count > 0) {
        int64_t left_ms = until_ms - client_now_ms();
        if (left_ms <= 0)
            return DUBAN_TIMEOUT;
        int code = duban_wait(client, (unsigned)left_ms);
        if (code != DUBAN_OK)
            return code;
    }
    return DUBAN_OK;
}

static void client_wait_acknowledged(void *context, const struct duban_ack *ack)
{
    struct duban *client = context;
    if (client->wait_ack == NULL || strcmp(client->wait_id, ack->id) != 0)
        return; /* of an earlier wait that gave up */
    client->wait_done = true;
    snprintf(client->wait_text, sizeof client->wait_text, "%s", ack->text);
    *client->wait_ack = *ack;
    client->wait_ack->text = client->wait_text;
    client->wait_ack->id = client->wait_id;
}

int duban_publish_wait(struct duban *client, const struct duban_event *event, unsigned timeout_ms,
                       struct duban_ack *ack_out)
{
    int64_t until_ms = client_now_ms() + timeout_ms;
    struct duban_ack ack = {.code = DUBAN_TIMEOUT};
    client->wait_ack = &ack;
    client->wait_done = false;
    int code = duban_publish(client, event, client_wait_acknowledged, client);
    if (code == DUBAN_OK)
        memcpy(client->wait_id, client->last_id, sizeof client->wait_id);
    while (code == DUBAN_OK && !client->wait_done) {
        int64_t left_ms = until_ms - client_now_ms();
        code = left_ms > 0 ? duban_wait(client, (unsigned)left_ms) : DUBAN_TIMEOUT;
    }
    client->wait_ack = NULL;
    if (ack_out != NULL)
        *ack_out = ack;
    if (code == DUBAN_OK && ack.code != DUBAN_OK)
        client_fail(client, ack.code, "%s", client->wait_text);
    return code != DUBAN_OK ? code : ack.code;
}
