/* client.c - libduban's socket and turn: the publisher's and reader's side of PROTOCOL.md. See client_parts.h
 * for its states and invariants. The only file besides base/loop.c that speaks ZeroMQ, since it must work in
 * any event loop.
 *
 * ZMQ_FD is an edge. So a turn ends by reading ZMQ_EVENTS, after the last zmq_send and zmq_msg_recv: what
 * that shows is done at once, by the timer; what comes later makes the descriptor readable.
 */
#include "proto/client_parts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "base/digest.h"
#include "base/log.h"

enum {
    CLIENT_UNACKNOWLEDGED_MAX = 1024,
    CLIENT_RESEND_MS = 2000,
    CLIENT_ANSWER_MS = 5000,
    CLIENT_PING_MS = 10000,
    CLIENT_LOCAL_PING_MS =
        2000,              /* a broker that was killed says nothing; who only reads learns of it by this */
    CLIENT_PAUSE_MS = 200, /* before a new socket; doubles, with jitter */
    CLIENT_PAUSE_MS_MAX = 10000,
    CLIENT_LOCAL_PAUSE_MS_MAX = 2000, /* trying costs nothing there */
    CLIENT_BYE_MS = 200,              /* how long closing waits for BYE to be on its way */
    CLIENT_MESSAGES_PER_TURN = 256,
    CLIENT_ROUTE_BYTES = 17,
    CLIENT_ROWS_BYTES_MAX = 64 << 20
};

int64_t client_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t client_wall_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int client_fail(struct duban *client, int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(client->error, sizeof(client->error), format, arguments);
    va_end(arguments);
    return code;
}

int client_invalid(struct duban *client, const struct complaint *complaint)
{
    return client_fail(client, DUBAN_INVALID, "%s%s%s", complaint->field,
                       complaint->field[0] != '\0' ? ": " : "", complaint->message);
}

struct text client_text(const char *given)
{
    return given != NULL ? text_from(given) : TEXT_NONE;
}

/* ---- the socket ---- */

bool client_is_local(const struct duban *client)
{
    return strncmp(client->endpoint, "ipc://", sizeof("ipc://") - 1) == 0;
}

static unsigned client_pause_max_ms(const struct duban *client)
{
    return client_is_local(client) ? CLIENT_LOCAL_PAUSE_MS_MAX : CLIENT_PAUSE_MS_MAX;
}

static int client_socket_fd(const struct duban *client)
{
    int fd = -1;
    size_t bytes = sizeof(fd);
    return zmq_getsockopt(client->socket, ZMQ_FD, &fd, &bytes) == 0 ? fd : -1;
}

static void client_socket_close(struct duban *client)
{
    if (client->socket == NULL)
        return;
    int fd = client_socket_fd(client);
    if (fd >= 0)
        (void)epoll_ctl(client->epoll, EPOLL_CTL_DEL, fd, NULL);
    (void)zmq_close(client->socket);
    client->socket = NULL;
    client->ready = false;
}

static bool client_socket_set(struct duban *client)
{
    unsigned char route[CLIENT_ROUTE_BYTES];
    int64_t message_max = MESSAGE_BYTES_MAX;
    const struct {
        int option, value;
    } numbers[] = {{ZMQ_LINGER, 0},          {ZMQ_SNDHWM, 1000},
                   {ZMQ_RCVHWM, 1000},       {ZMQ_IMMEDIATE, 1},
                   {ZMQ_RECONNECT_IVL, 200}, {ZMQ_RECONNECT_IVL_MAX, (int)client_pause_max_ms(client)},
                   {ZMQ_HANDSHAKE_IVL, 3000}};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (zmq_setsockopt(client->socket, numbers[i].option, &numbers[i].value, sizeof(int)) != 0)
            return false;
    digest_random(route, sizeof(route));
    route[0] = 'c'; /* never a zero byte: those ids are ZeroMQ's own */
    if (zmq_setsockopt(client->socket, ZMQ_ROUTING_ID, route, sizeof(route)) != 0 ||
        zmq_setsockopt(client->socket, ZMQ_MAXMSGSIZE, &message_max, sizeof(message_max)) != 0)
        return false;
    if (client->curve_server[0] == '\0')
        return true;
    return zmq_setsockopt(client->socket, ZMQ_CURVE_SERVERKEY, client->curve_server, CLIENT_KEY_BYTES) == 0 &&
           zmq_setsockopt(client->socket, ZMQ_CURVE_PUBLICKEY, client->curve_public, CLIENT_KEY_BYTES) == 0 &&
           zmq_setsockopt(client->socket, ZMQ_CURVE_SECRETKEY, client->curve_secret, CLIENT_KEY_BYTES) == 0;
}

static bool client_socket_make(struct duban *client)
{
    struct epoll_event watched = {.events = EPOLLIN};
    client->socket = zmq_socket(client->context, ZMQ_DEALER);
    return client->socket != NULL && client_socket_set(client) &&
           zmq_connect(client->socket, client->endpoint) == 0 &&
           epoll_ctl(client->epoll, EPOLL_CTL_ADD, client_socket_fd(client), &watched) == 0;
}

/* When the next socket may be made: later each time, and not at the same moment as everybody else's. */
static void client_pause(struct duban *client)
{
    unsigned char jitter;
    digest_random(&jitter, sizeof(jitter));
    client->reopen_due_ms = client_now_ms() + client->pause_ms + client->pause_ms * jitter / 512;
    unsigned most_ms = client_pause_max_ms(client);
    client->pause_ms = client->pause_ms * 2 < most_ms ? client->pause_ms * 2 : most_ms;
}

static int client_socket_open(struct duban *client)
{
    if (!client_socket_make(client)) {
        (void)client_fail(client, DUBAN_SYSTEM, "%s: %s", client->endpoint, zmq_strerror(errno));
        client_socket_close(client);
        client_pause(client);
        return DUBAN_SYSTEM;
    }
    client->hello_sent = false;
    client->hello_due_ms = client_now_ms() + client->answer_ms;
    return DUBAN_OK;
}

bool client_send(struct duban *client, const struct message *message)
{
    buffer_reset(&client->frame);
    wire_encode(message, &client->frame);
    if (zmq_send(client->socket, client->frame.at, client->frame.bytes, ZMQ_DONTWAIT) >= 0)
        return true;
    client->blocked = true;
    return false;
}

void client_trouble(struct duban *client, int code, int subscription, const char *text)
{
    if (client->on_trouble != NULL && !client->closing)
        client->on_trouble(client->trouble_context, code, subscription, text);
}

/* Gives the socket up; what is pending goes again over the next one. */
static void client_lost(struct duban *client, int code, const char *reason)
{
    char text[COMPLAINT_BYTES_MAX];
    (void)snprintf(text, sizeof(text), "%s", reason);
    (void)client_fail(client, code, "%s: %s", client->endpoint, text);
    client_socket_close(client);
    client_pause(client);
    client_pending_reset(client);
    client_reads_reset(client);
    client_trouble(client, code, 0, text);
}

/* ---- opening and closing ---- */

/* Also one in a directory that is closed to this user. */
static bool client_path_is(const char *path)
{
    return access(path, F_OK) == 0 || errno == EACCES;
}

static const char *client_default_endpoint(void)
{
    static const char *const sockets[] = {"/run/duban/publish.sock", "var/run/publish.sock"};
    const char *given = getenv("DUBAN_ENDPOINT");
    if (given != NULL && given[0] != '\0')
        return given;
    bool checkout = !client_path_is(sockets[0]) && client_path_is(sockets[1]);
    return checkout ? "ipc://var/run/publish.sock" : "ipc:///run/duban/publish.sock";
}

static bool client_copy(char *out, size_t room, const char *given)
{
    return given == NULL || (size_t)snprintf(out, room, "%s", given) < room;
}

static bool client_take_names(struct duban *client, const struct duban_options *options)
{
    const char *endpoint = options->endpoint != NULL ? options->endpoint : client_default_endpoint();
    struct text program = text_from(program_invocation_short_name);
    bool usable = program.bytes <= NAME_BYTES_MAX && text_is_utf8(program) && !text_has_control(program, "");
    if (options->name == NULL)
        (void)snprintf(client->name, sizeof(client->name), "%s", usable ? program.at : "client");
    return client_copy(client->endpoint, sizeof(client->endpoint), endpoint) &&
           client_copy(client->name, sizeof(client->name), options->name) &&
           !text_has_control(text_from(client->name), "") && text_is_utf8(text_from(client->name)) &&
           client_copy(client->curve_server, sizeof(client->curve_server), options->curve_server) &&
           client_copy(client->curve_public, sizeof(client->curve_public), options->curve_public) &&
           client_copy(client->curve_secret, sizeof(client->curve_secret), options->curve_secret);
}

static unsigned client_or(unsigned given, unsigned fallback)
{
    return given > 0 ? given : fallback;
}

static void client_take_options(struct duban *client, const struct duban_options *options)
{
    client->unacknowledged_max =
        options->unacknowledged_max > 0 ? options->unacknowledged_max : CLIENT_UNACKNOWLEDGED_MAX;
    client->resend_ms = client_or(options->resend_ms, CLIENT_RESEND_MS);
    client->answer_ms = client_or(options->answer_ms, CLIENT_ANSWER_MS);
    client->ping_ms =
        client_or(options->ping_ms, client_is_local(client) ? CLIENT_LOCAL_PING_MS : CLIENT_PING_MS);
    client->pause_ms = CLIENT_PAUSE_MS;
    client->on_trouble = options->on_trouble;
    client->trouble_context = options->trouble_context;
}

static bool client_open_descriptors(struct duban *client)
{
    struct epoll_event watched = {.events = EPOLLIN};
    client->epoll = epoll_create1(EPOLL_CLOEXEC);
    client->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    client->context = zmq_ctx_new();
    return client->epoll >= 0 && client->timer >= 0 && client->context != NULL &&
           epoll_ctl(client->epoll, EPOLL_CTL_ADD, client->timer, &watched) == 0;
}

struct duban *duban_open(const struct duban_options *given)
{
    struct duban_options options = {.size = sizeof(options)};
    if (given != NULL)
        memcpy(&options, given, given->size < sizeof(options) ? given->size : sizeof(options));
    struct duban *client = calloc(1, sizeof(*client));
    if (client == NULL)
        return NULL;
    digest_init();
    client->last = &client->first;
    client->armed_ms = -1;
    arena_open(&client->arena, ARENA_BYTES_MAX);
    arena_open(&client->scratch, ARENA_BYTES_MAX);
    buffer_open(&client->frame, 2 * MESSAGE_BYTES_MAX);
    buffer_open(&client->query.rows_json, CLIENT_ROWS_BYTES_MAX);
    bool fit = client_open_descriptors(client) && client_take_names(client, &options);
    client_take_options(client, &options); /* some depend on the endpoint */
    if (!fit || client_socket_open(client) != DUBAN_OK) {
        duban_close(client);
        return NULL;
    }
    client_hurry(client);
    return client;
}

/* BYE frees the session at once; a broker that takes nothing finds out by its lease. */
static void client_bye(struct duban *client)
{
    int linger = CLIENT_BYE_MS;
    if (client->ready && client_send(client, &(struct message){.verb = VERB_BYE}))
        (void)zmq_setsockopt(client->socket, ZMQ_LINGER, &linger, sizeof(linger));
}

static void client_free(struct duban *client)
{
    client_bye(client);
    client_socket_close(client);
    while (client->context != NULL && zmq_ctx_term(client->context) != 0 && errno == EINTR)
        continue;
    if (client->timer >= 0)
        (void)close(client->timer);
    if (client->epoll >= 0)
        (void)close(client->epoll);
    client_pending_free(client);
    client_reads_free(client);
    arena_close(&client->arena);
    arena_close(&client->scratch);
    buffer_close(&client->frame);
    free(client);
}

void duban_close(struct duban *client)
{
    if (client != NULL && client->inside)
        client->closing = true;
    else if (client != NULL)
        client_free(client);
}

const char *duban_error(const struct duban *client)
{
    return client->error;
}

uint64_t duban_head(const struct duban *client)
{
    return client->head;
}

/* ---- receiving ---- */

static void client_heard_head(struct duban *client, uint64_t head)
{
    client->head = head > client->head ? head : client->head;
}

static void client_welcome(struct duban *client, const struct message *message)
{
    bool other = client->journal[0] != '\0' && !text_is(message->name, client->journal);
    (void)snprintf(client->journal, sizeof(client->journal), "%.*s", TEXT_PRINT(message->name));
    client->ready = true;
    client->pause_ms = CLIENT_PAUSE_MS;
    client->head = message->head;
    client->ping_due_ms = client->heard_ms + client->ping_ms;
    client->pinged_ms = 0;
    if (other)
        client_subscriptions_end(client, WIRE_GONE, "the broker has another journal than before");
}

static void client_take_error(struct duban *client, const struct message *message)
{
    const char *text = arena_text_copy(&client->arena, message->text).at;
    if (message->code == WIRE_GONE)
        client_subscription_gone(client, text);
    else if (message->code == WIRE_DAMAGED)
        client_subscriptions_end(client, WIRE_DAMAGED, text);
    else
        client->refused = !wire_code_retry(message->code);
    client_lost(client, (int)message->code, text);
}

static void client_receive(struct duban *client, struct bytes frame)
{
    struct message message;
    struct complaint complaint;
    arena_reset(&client->arena);
    if (wire_decode(&client->arena, frame, &message, &complaint) != 0) {
        client_lost(client, WIRE_MALFORMED, "the broker sent something that is no message");
        return;
    }
    client->heard_ms = client_now_ms();
    client->pinged_ms = 0;
    switch (message.verb) {
    case VERB_WELCOME:
        client_welcome(client, &message);
        return;
    case VERB_ACCEPTED:
        client_accepted(client, &message);
        return;
    case VERB_EVENTS:
        client_heard_head(client, message.head);
        client_events(client, &message);
        return;
    case VERB_ANSWER:
        client_answer(client, &message);
        return;
    case VERB_PONG:
        client_heard_head(client, message.head);
        return;
    case VERB_ERROR:
        client_take_error(client, &message);
        return;
    default:
        return; /* a verb of peers or of a later revision */
    }
}

/* One message; false if there is none. One of several frames is dropped: ours have one. */
static bool client_receive_one(struct duban *client)
{
    zmq_msg_t part;
    bool whole = true, more = true;
    for (int parts = 0; more; parts++) {
        (void)zmq_msg_init(&part);
        if (zmq_msg_recv(&part, client->socket, ZMQ_DONTWAIT) < 0) {
            (void)zmq_msg_close(&part);
            return parts > 0; /* EINTR, too: ZMQ_EVENTS tells whether anything is left */
        }
        more = zmq_msg_more(&part) != 0;
        whole = whole && !more;
        if (whole)
            client_receive(client, (struct bytes){zmq_msg_data(&part), zmq_msg_size(&part)});
        (void)zmq_msg_close(&part);
    }
    return true;
}

/* ---- the turn ---- */

/* Over tcp nobody knows whether somebody is there. */
static const char *client_unwelcome(const struct duban *client)
{
    return client_is_local(client)
               ? "no welcome: the broker is there, but hangs, or its settings grant this user nothing "
                 "(`keys`)"
               : "no welcome: no broker there, one that hangs, or CURVE keys that it does not know";
}

static void client_hello(struct duban *client, int64_t now_ms)
{
    struct message hello = {.verb = VERB_HELLO, .version = WIRE_REVISION, .name = text_from(client->name)};
    char why[COMPLAINT_BYTES_MAX];
    if (now_ms >= client->hello_due_ms)
        client_lost(client, DUBAN_SYSTEM,
                    client_reach(client, why, sizeof(why)) ? client_unwelcome(client) : why);
    else if (!client->hello_sent)
        client->hello_sent = client_send(client, &hello); /* IMMEDIATE: not before the connection stands */
}

/* A PING without an answer, not mere quiet: this side may have been away. */
static void client_keep_alive(struct duban *client, int64_t now_ms)
{
    if (client->pinged_ms > 0 && now_ms >= client->pinged_ms + client->answer_ms) {
        client_lost(client, DUBAN_SYSTEM, "the broker fell silent");
    } else if (client->pinged_ms == 0 && now_ms >= client->ping_due_ms) {
        /* one that the socket doesn't take is unanswered, too */
        (void)client_send(client, &(struct message){.verb = VERB_PING, .tag = ++client->tags});
        client->pinged_ms = now_ms;
        client->ping_due_ms = now_ms + client->ping_ms;
    }
}

/* What the socket still has, or has room for: to be seen to at once. */
static bool client_socket_calls(const struct duban *client)
{
    int events = 0;
    size_t bytes = sizeof(events);
    if (client->socket == NULL)
        return false;
    while (zmq_getsockopt(client->socket, ZMQ_EVENTS, &events, &bytes) != 0)
        if (errno != EINTR)
            return true;
    return (events & ZMQ_POLLIN) != 0 || (client->blocked && (events & ZMQ_POLLOUT) != 0);
}

static int client_turn_once(struct duban *client)
{
    client->more = client->blocked = false;
    if (client->socket == NULL) {
        if (client_now_ms() < client->reopen_due_ms)
            return DUBAN_OK;
        if (client_socket_open(client) != DUBAN_OK)
            return DUBAN_SYSTEM;
    }
    for (int i = 0; i < CLIENT_MESSAGES_PER_TURN && client->socket != NULL && !client->closing; i++)
        if (!client_receive_one(client))
            break;
    if (client->socket != NULL && !client->ready && !client->closing)
        client_hello(client, client_now_ms());
    if (client->ready && !client->closing)
        client_keep_alive(client, client_now_ms());
    if (client->ready && !client->closing) {
        client_reads_send(client);
        client_pending_send(client, client_now_ms());
    }
    client->more = client_socket_calls(client);
    return DUBAN_OK;
}

/* A refusal that no waiting cures is for the caller, who may have the client try again nevertheless. */
static int client_turn(struct duban *client)
{
    int code = client_turn_once(client);
    if (code == DUBAN_OK && client->refused)
        code = DUBAN_SYSTEM;
    client->refused = false;
    return code;
}

/* The turn of those that do not wait for something else: an ended subscription is theirs to know. */
static int client_turn_reported(struct duban *client, int code)
{
    if (code == DUBAN_OK && client->ended)
        code = DUBAN_SYSTEM;
    client->ended = client->ended && code != DUBAN_SYSTEM;
    return code;
}

static int64_t client_due_ms(const struct duban *client)
{
    if (client->more)
        return 0;
    if (client->socket == NULL)
        return client->reopen_due_ms;
    if (!client->ready)
        return client->hello_due_ms;
    int64_t ping_ms = client->pinged_ms > 0 ? client->pinged_ms + client->answer_ms : client->ping_due_ms;
    int64_t pending_ms = client_pending_due_ms(client);
    return ping_ms < pending_ms ? ping_ms : pending_ms;
}

static void client_arm(struct duban *client)
{
    int64_t due_ms = client_due_ms(client);
    if (due_ms == client->armed_ms)
        return;
    struct itimerspec at = {.it_value = {.tv_sec = due_ms / 1000, .tv_nsec = due_ms % 1000 * 1000000}};
    if (due_ms == 0)
        at.it_value.tv_nsec = 1; /* 0 would disarm it */
    ASSERT(timerfd_settime(client->timer, TFD_TIMER_ABSTIME, &at, NULL) == 0);
    client->armed_ms = due_ms;
}

void client_hurry(struct duban *client)
{
    client->more = true;
    if (!client->inside)
        client_arm(client);
}

int client_enter(struct duban *client)
{
    if (client->inside)
        return client_fail(client, DUBAN_INVALID, "not from within a callback");
    client->inside = true;
    return DUBAN_OK;
}

int client_leave(struct duban *client, int code)
{
    client->inside = false;
    if (client->closing) {
        client_free(client);
        return DUBAN_CLOSED;
    }
    client_arm(client);
    return code;
}

int client_step(struct duban *client, int64_t wait_ms)
{
    struct epoll_event ready;
    client_arm(client);
    int most_ms = wait_ms < INT32_MAX ? (int)wait_ms : INT32_MAX;
    if (epoll_wait(client->epoll, &ready, 1, most_ms > 0 ? most_ms : 0) < 0 && errno != EINTR)
        return client_fail(client, DUBAN_SYSTEM, "%s", zmq_strerror(errno));
    return client_turn(client);
}

int duban_turn(struct duban *client)
{
    int code = client_enter(client);
    return code != DUBAN_OK ? code : client_leave(client, client_turn_reported(client, client_turn(client)));
}

int duban_fd(const struct duban *client)
{
    return client->epoll;
}

int duban_next_ms(const struct duban *client)
{
    int64_t left_ms = client_due_ms(client) - client_now_ms();
    return left_ms > 0 ? (int)left_ms : 0;
}

/* ---- without a loop ---- */

int duban_wait(struct duban *client, unsigned timeout_ms)
{
    int code = client_enter(client);
    return code != DUBAN_OK
               ? code
               : client_leave(client, client_turn_reported(client, client_step(client, timeout_ms)));
}

int duban_wait_ready(struct duban *client, unsigned timeout_ms)
{
    char why[COMPLAINT_BYTES_MAX];
    int64_t until_ms = client_now_ms() + timeout_ms;
    int code = client_enter(client);
    if (code != DUBAN_OK)
        return code;
    if (!client->ready && !client_reach(client, why, sizeof(why)))
        code = client_fail(client, DUBAN_SYSTEM, "%s: %s", client->endpoint, why);
    while (code == DUBAN_OK && !client->ready && !client->closing) {
        int64_t left_ms = until_ms - client_now_ms();
        code = left_ms > 0 ? client_step(client, left_ms) : DUBAN_TIMEOUT;
    }
    if (code == DUBAN_TIMEOUT && client->error[0] == '\0')
        (void)client_fail(client, DUBAN_TIMEOUT, "%s: %s", client->endpoint, client_unwelcome(client));
    return client_leave(client, code);
}
