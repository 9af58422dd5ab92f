/* door.c - see door.h. Each verb has a row: at which door it may be said, and what takes it. Whatever does
 * not fit costs its sender the session, never the daemon its life.
 */
#include "daemon/door.h"

#include "daemon/broker.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* ---- HELLO ---- */

struct door_hello {
    struct door *door;
    const struct loop_peer *peer;
    const struct message *message;
    enum role_name role;
};

/* Why this HELLO cannot be granted; WIRE_OK if it can. */
static enum wire_code door_judge_hello(struct door_hello *hello, const char **why_out)
{
    struct broker *broker = hello->door->broker;
    const struct message *message = hello->message;
    const struct settings_key *key = access_key(broker->access, hello->peer->user);
    hello->role = hello->door->works ? role_find(message->role) : ROLE_COUNT;
    *why_out = "this broker speaks version 1";
    if (message->version != WIRE_REVISION)
        return WIRE_VERSION;
    *why_out = "the broker is stopping";
    if (broker->stopping)
        return WIRE_STOPPING;
    *why_out = "this key is not granted anything";
    if (key == NULL)
        return WIRE_FORBIDDEN;
    *why_out = "a role is for the workers' door";
    if (!hello->door->works)
        return message->role.bytes == 0 ? WIRE_OK : WIRE_PROTOCOL;
    *why_out = "the workers' door asks for a worker's role";
    if (hello->role == ROLE_COUNT || hello->role == ROLE_BROKER || hello->role == ROLE_ANY)
        return WIRE_PROTOCOL;
    *why_out = "this key is not granted that role";
    return access_may_work(key, hello->role) ? WIRE_OK : WIRE_FORBIDDEN;
}

/* One live session a role: a newer instance (or the same one, connected again) takes over. False: this one is
 * the older. */
static bool door_fence(struct door_hello *hello)
{
    struct broker *broker = hello->door->broker;
    struct session *other =
        hello->role != ROLE_COUNT ? sessions_worker(&broker->sessions, hello->role) : NULL;
    if (other == NULL)
        return true;
    if (hello->message->epoch < other->epoch)
        return false;
    session_close(broker, other, WIRE_FENCED, "a newer instance of this worker is at work");
    return true;
}

static void door_welcome(struct broker *broker, struct session *session)
{
    struct message welcome = {.verb = VERB_WELCOME,
                              .version = WIRE_REVISION,
                              .name = journal_id(broker->journal),
                              .session = session->number,
                              .head = journal_head(broker->journal),
                              .now_us = clock_stamp_us(&broker->clock, loop_wall_us()),
                              .replay = broker->clock.replay,
                              .epoch = session->epoch};
    session_send(broker, session, &welcome);
}

static void door_hello(struct door *door, const struct loop_peer *peer, const struct message *message)
{
    struct broker *broker = door->broker;
    struct door_hello hello = {door, peer, message, ROLE_COUNT};
    const char *why = NULL;
    struct session *before = sessions_find(broker, door->socket, peer);
    if (before != NULL)
        session_close(broker, before, WIRE_OK, "its peer says HELLO anew");
    enum wire_code code = door_judge_hello(&hello, &why);
    if (code == WIRE_OK && !door_fence(&hello)) {
        code = WIRE_FENCED;
        why = "a newer instance of this worker is at work";
    }
    struct session *session = code == WIRE_OK ? session_open(broker, door->socket, peer) : NULL;
    if (session == NULL) {
        sessions_refuse(broker, door->socket, peer, code != WIRE_OK ? code : WIRE_TOO_MANY,
                        code != WIRE_OK ? why : "the broker's sessions are at their limit");
        return;
    }
    session->role = hello.role;
    session->epoch = message->epoch;
    (void)snprintf(session->name, sizeof(session->name), "%.*s", TEXT_PRINT(message->name));
    if (session->role != ROLE_COUNT)
        (void)snprintf(session->publisher, sizeof(session->publisher), "worker/%s", role_text(session->role));
    log_line(session_log_level(session, WIRE_OK), LOG_SESSION, NULL, 0, "session %llu of %s (%s, %s)",
             (unsigned long long)session->number, session->publisher, session->name, session->user);
    door_welcome(broker, session);
}

/* ---- verbs within a session ---- */

typedef void door_take(struct broker *broker, struct session *session, const struct message *message,
                       struct bytes payload);

static void door_publish(struct broker *broker, struct session *session, const struct message *message,
                         struct bytes payload)
{
    if (message->count > BATCH_EVENTS_MAX)
        session_close(broker, session, WIRE_PROTOCOL, "more than 1024 events in a message");
    else
        intake_publish(broker, session, message, payload);
}

static void door_subscribe(struct broker *broker, struct session *session, const struct message *message,
                           struct bytes payload)
{
    (void)payload;
    (void)streams_subscribe(broker, session, message);
}

static void door_credit(struct broker *broker, struct session *session, const struct message *message,
                        struct bytes payload)
{
    (void)payload;
    (void)streams_credit(broker, session, message);
}

static void door_unsubscribe(struct broker *broker, struct session *session, const struct message *message,
                             struct bytes payload)
{
    (void)broker, (void)payload;
    streams_unsubscribe(session, message->sub);
}

static void door_query(struct broker *broker, struct session *session, const struct message *message,
                       struct bytes payload)
{
    (void)payload;
    queries_take(broker, session, message);
}

static void door_progress(struct broker *broker, struct session *session, const struct message *message,
                          struct bytes payload)
{
    (void)payload;
    if (message->cursor > journal_head(broker->journal)) {
        session_close(broker, session, WIRE_GONE,
                      "this worker is ahead of the journal: its state belongs to another one");
        return;
    }
    clock_progress(&broker->clock, text_from(role_text(session->role)), message->cursor, message->outbox,
                   message->wake_us);
}

static void door_reply(struct broker *broker, struct session *session, const struct message *message,
                       struct bytes payload)
{
    (void)payload;
    queries_reply(broker, session, message);
}

static void door_ping(struct broker *broker, struct session *session, const struct message *message,
                      struct bytes payload)
{
    (void)payload;
    if (session->role != ROLE_COUNT)
        queries_worker_lives(broker, session->role);
    struct message pong = {.verb = VERB_PONG,
                           .tag = message->tag,
                           .head = journal_head(broker->journal),
                           .now_us = clock_stamp_us(&broker->clock, loop_wall_us())};
    session_send(broker, session, &pong);
}

static void door_bye(struct broker *broker, struct session *session, const struct message *message,
                     struct bytes payload)
{
    (void)message, (void)payload;
    session_close(broker, session, WIRE_OK, "bye");
}

/* ---- dispatch ---- */

static const struct door_verb {
    bool publishers, workers; /* who may say it */
    door_take *take;
} door_verbs[] = {
    [VERB_PUBLISH] = {true, true, door_publish}, [VERB_SUBSCRIBE] = {true, true, door_subscribe},
    [VERB_CREDIT] = {true, true, door_credit},   [VERB_UNSUBSCRIBE] = {true, true, door_unsubscribe},
    [VERB_QUERY] = {true, true, door_query},     [VERB_PROGRESS] = {false, true, door_progress},
    [VERB_REPLY] = {false, true, door_reply},    [VERB_PING] = {true, true, door_ping},
    [VERB_BYE] = {true, true, door_bye},
};
_Static_assert(sizeof(door_verbs) / sizeof(door_verbs[0]) == VERB_BYE + 1, "a row for every verb of peers");

static const struct door_verb *door_verb(const struct door *door, enum verb verb)
{
    if ((size_t)verb > VERB_BYE || door_verbs[verb].take == NULL)
        return NULL;
    return (door->works ? door_verbs[verb].workers : door_verbs[verb].publishers) ? &door_verbs[verb] : NULL;
}

static void door_malformed(struct door *door, struct session *session, const struct loop_peer *peer,
                           const struct complaint *complaint)
{
    char why[COMPLAINT_BYTES_MAX + 160];
    (void)snprintf(why, sizeof(why), "%s%s%s", complaint->field, complaint->field[0] != '\0' ? ": " : "",
                   complaint->message);
    if (session != NULL)
        session_close(door->broker, session, WIRE_MALFORMED, why);
    else
        sessions_refuse(door->broker, door->socket, peer, WIRE_MALFORMED, why);
}

static void door_receive(void *context, const struct loop_peer *peer, struct bytes payload)
{
    struct door *door = context;
    struct broker *broker = door->broker;
    struct message message;
    struct complaint complaint = {.message = ""};
    arena_reset(&broker->arena);
    int code = wire_decode(&broker->arena, payload, &message, &complaint);
    if (code == 0 && message.verb == VERB_HELLO) {
        door_hello(door, peer, &message);
        return;
    }
    struct session *session = sessions_find(broker, door->socket, peer);
    if (code != 0) {
        door_malformed(door, session, peer, &complaint);
        return;
    }
    const struct door_verb *verb = door_verb(door, message.verb);
    if (session == NULL) {
        if (message.verb != VERB_BYE)
            sessions_refuse(broker, door->socket, peer, WIRE_NO_SESSION, "say HELLO first");
    } else if (verb == NULL) {
        session_close(broker, session, WIRE_PROTOCOL, "that verb is not for this door");
    } else {
        session->lease_until_us = loop_monotonic_us() + SESSION_LEASE_US;
        verb->take(broker, session, &message, payload);
    }
}

/* ---- opening ---- */

enum { DOOR_SECRET_BYTES = 40, DOOR_IPC_MODE = 0660 };

static bool door_read_secret(struct text path, char secret_out[DOOR_SECRET_BYTES + 1],
                             struct complaint *complaint)
{
    char terminated[4096];
    (void)snprintf(terminated, sizeof(terminated), "%.*s", TEXT_PRINT(path));
    int fd = open(terminated, O_RDONLY | O_CLOEXEC);
    ssize_t bytes = fd >= 0 ? read(fd, secret_out, DOOR_SECRET_BYTES) : -1;
    if (fd >= 0)
        (void)close(fd);
    secret_out[DOOR_SECRET_BYTES] = '\0';
    if (bytes == DOOR_SECRET_BYTES)
        return true;
    complain(complaint, "curve-secret-file", NULL, "%s does not hold a secret key of 40 Z85 characters",
             terminated);
    return false;
}

static int door_open(struct broker *broker, struct text endpoint, bool works, const char *secret,
                     struct complaint *complaint)
{
    struct door *door = &broker->doors.at[broker->doors.count];
    bool tcp = text_starts_with(endpoint, TEXT("tcp://"));
    struct loop_listen_options options = {.endpoint = arena_text_copy(&broker->arena, endpoint).at,
                                          .zap_domain = works ? "work" : "publish",
                                          .curve_secret = tcp ? secret : NULL,
                                          .fd = -1,
                                          .ipc_mode = DOOR_IPC_MODE};
    *door = (struct door){.broker = broker, .works = works};
    int code = loop_listen(broker->loop, &options, door_receive, door, &door->socket, complaint);
    if (code == 0)
        broker->doors.count++;
    return code;
}

int doors_open(struct broker *broker, const struct settings *settings, struct complaint *complaint)
{
    char secret[DOOR_SECRET_BYTES + 1] = "";
    struct text file = settings->curve_secret_file;
    if (file.at != NULL && !door_read_secret(file, secret, complaint))
        return LOOP_E_ADDRESS;
    int code = 0;
    for (size_t i = 0; code == 0 && i < settings->publisher_endpoints_count; i++)
        code = door_open(broker, settings->publisher_endpoints[i], false, file.at != NULL ? secret : NULL,
                         complaint);
    for (size_t i = 0; code == 0 && i < settings->worker_endpoints_count; i++)
        code = door_open(broker, settings->worker_endpoints[i], true, file.at != NULL ? secret : NULL,
                         complaint);
    explicit_bzero(secret, sizeof(secret));
    return code;
}

void doors_close(struct broker *broker)
{
    for (size_t i = 0; i < broker->doors.count; i++)
        loop_socket_close(broker->doors.at[i].socket);
    broker->doors.count = 0;
}
