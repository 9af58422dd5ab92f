/* Goal: the broker keeps PROTOCOL.md's promises on real ipc sockets: durable before acknowledged, once, in
 * order, under credit, bounded, and closed to whoever doesn't belong. Method: a whole broker runs in a thread
 * over a disk whose flush the test holds back or fails; the test is its publishers, consumers and workers,
 * and waits on messages only.
 */
#include "base/digest.h"
#include "base/file.h"
#include "daemon/broker.h"
#include "daemon/disk.h"
#include "daemon/journal_record.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { GUARD_US = 60000000, RETRY_US = 1000 };
#define SECOND CIVIL_SECOND_US

/* ---- a disk with a gate before its flush ---- */

static struct gate {
    struct disk disk;
    struct disk_ops ops;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool closed;
    int fails; /* what a flush returns */
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static int gate_sync(struct disk *disk, int handle)
{
    (void)disk;
    (void)pthread_mutex_lock(&gate.lock);
    while (gate.closed)
        (void)pthread_cond_wait(&gate.changed, &gate.lock);
    int fails = gate.fails;
    (void)pthread_mutex_unlock(&gate.lock);
    return fails != 0 ? fails : disk_real()->ops->sync(disk_real(), handle);
}

static void gate_set(bool closed, int fails)
{
    (void)pthread_mutex_lock(&gate.lock);
    gate.closed = closed;
    gate.fails = fails;
    (void)pthread_cond_broadcast(&gate.changed);
    (void)pthread_mutex_unlock(&gate.lock);
}

/* ---- a broker in a thread ---- */

static struct house {
    char directory[64], publish[128], work[128], journal_directory[128];
    struct settings settings, next_settings;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool up, running;
    int failed;
    struct loop_wake *stop, *reload;
    struct broker *broker;
} house = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void house_on_stop(void *context)
{
    (void)context;
    broker_stop(house.broker);
}

static void house_on_reload(void *context)
{
    (void)context;
    broker_reload(house.broker, &house.next_settings);
}

static void house_say(bool up)
{
    (void)pthread_mutex_lock(&house.lock);
    house.up = up;
    (void)pthread_cond_broadcast(&house.changed);
    (void)pthread_mutex_unlock(&house.lock);
}

static void *house_run(void *context)
{
    (void)context;
    struct loop *loop = NULL;
    struct journal *journal = NULL;
    struct complaint complaint = {.message = ""};
    struct journal_options options = {.directory = house.journal_directory,
                                      .segment_bytes = house.settings.segment_bytes,
                                      .bytes_max = house.settings.journal_bytes_max,
                                      .disk = &gate.disk,
                                      .durable = false};
    int code = loop_open(&loop);
    ASSERT(code == 0);
    if (journal_open(&options, &journal, &complaint) != 0)
        die("journal: %s", complaint.message);
    code = loop_wake_open(loop, house_on_stop, NULL, &house.stop);
    ASSERT(code == 0);
    code = loop_wake_open(loop, house_on_reload, NULL, &house.reload);
    ASSERT(code == 0);
    if (broker_open(loop, journal, &house.settings, &house.broker, &complaint) != 0)
        die("broker: %s", complaint.message);
    house_say(true);
    loop_run(loop);
    house.failed = house.broker->failed;
    broker_close(house.broker);
    (void)pthread_mutex_lock(&house.lock); /* whoever signals is through */
    (void)pthread_mutex_unlock(&house.lock);
    loop_wake_close(house.stop);
    loop_wake_close(house.reload);
    journal_close(journal);
    loop_close(loop);
    return NULL;
}

static void house_start(void)
{
    gate_set(false, 0);
    house.up = false;
    house.running = true;
    assert_int_equal(pthread_create(&house.thread, NULL, house_run, NULL), 0);
    (void)pthread_mutex_lock(&house.lock);
    while (!house.up)
        (void)pthread_cond_wait(&house.changed, &house.lock);
    (void)pthread_mutex_unlock(&house.lock);
}

static void house_join(void)
{
    struct timespec until = {.tv_sec = (loop_wall_us() + GUARD_US) / SECOND};
    assert_int_equal(pthread_timedjoin_np(house.thread, NULL, &until), 0);
    house.running = false;
}

/* Under the lock: the house must not close what is being signalled. */
static void house_signal(struct loop_wake *wake)
{
    (void)pthread_mutex_lock(&house.lock);
    loop_wake_signal(wake);
    (void)pthread_mutex_unlock(&house.lock);
}

static void house_stop(void)
{
    house_signal(house.stop);
    house_join();
}

/* ---- peers, all in the test's own loop ---- */

struct letter {
    struct letter *next;
    size_t bytes;
    unsigned char at[];
};
struct peer {
    struct loop_socket *socket;
    struct letter *first, *last;
};
enum { PEERS_MAX = 8 };
static struct town {
    struct loop *loop;
    struct loop_timer *guard, *retry;
    struct arena arena;
    struct buffer frame;
    struct peer peers[PEERS_MAX];
    size_t peers_count;
    bool late;
    uint64_t tags;
} town;

static void town_on_guard(void *context)
{
    (void)context;
    town.late = true;
    loop_stop(town.loop);
}

static void town_on_retry(void *context)
{
    (void)context;
    loop_stop(town.loop);
}

static void peer_receive(void *context, const struct loop_peer *from, struct bytes payload)
{
    (void)from;
    struct peer *peer = context;
    struct letter *letter = memory_alloc(sizeof(*letter) + payload.bytes);
    letter->next = NULL;
    letter->bytes = payload.bytes;
    memcpy(letter->at, payload.at, payload.bytes);
    if (peer->first == NULL)
        peer->first = letter;
    else
        peer->last->next = letter;
    peer->last = letter;
    loop_stop(town.loop);
}

static struct peer *peer_connect(const char *endpoint)
{
    ASSERT(town.peers_count < PEERS_MAX);
    struct peer *peer = &town.peers[town.peers_count++];
    struct complaint complaint = {.message = ""};
    struct loop_connect_options options = {.endpoint = endpoint};
    *peer = (struct peer){0};
    assert_int_equal(loop_connect(town.loop, &options, peer_receive, peer, &peer->socket, &complaint), 0);
    return peer;
}

static void peer_send_bytes(struct peer *peer, struct bytes payload)
{
    int code;
    loop_timer_arm_us(town.guard, GUARD_US);
    while ((code = loop_send(peer->socket, NULL, 0, payload)) == LOOP_E_FULL && !town.late) {
        loop_timer_arm_us(town.retry, RETRY_US);
        loop_run(town.loop);
    }
    loop_timer_disarm(town.guard);
    assert_int_equal(code, 0);
}

static void peer_send(struct peer *peer, const struct message *message)
{
    buffer_reset(&town.frame);
    wire_encode(message, &town.frame);
    peer_send_bytes(peer, buffer_view(&town.frame));
}

/* The next message, whatever it is; what it points to lives as long as the test. */
static struct message peer_read(struct peer *peer)
{
    struct message message;
    struct complaint complaint = {.message = ""};
    loop_timer_arm_us(town.guard, GUARD_US);
    while (peer->first == NULL && !town.late)
        loop_run(town.loop);
    loop_timer_disarm(town.guard);
    if (town.late)
        fail_msg("nothing came");
    struct letter *letter = peer->first;
    peer->first = letter->next;
    struct bytes frame = arena_bytes_copy(&town.arena, (struct bytes){letter->at, letter->bytes});
    free(letter);
    if (wire_decode(&town.arena, frame, &message, &complaint) != 0)
        fail_msg("the broker sent what is no message: %s: %s", complaint.field, complaint.message);
    return message;
}

static struct message peer_expect(struct peer *peer, enum verb verb)
{
    struct message message = peer_read(peer);
    if (message.verb != verb)
        fail_msg("%s came (%s: %.*s), wanted %s", wire_verb_name(message.verb), wire_code_name(message.code),
                 TEXT_PRINT(message.text), wire_verb_name(verb));
    return message;
}

static void peer_expect_error(struct peer *peer, enum wire_code code)
{
    struct message message = peer_expect(peer, VERB_ERROR);
    if (message.code != code)
        fail_msg("%s: %.*s; wanted %s", wire_code_name(message.code), TEXT_PRINT(message.text),
                 wire_code_name(code));
    assert_true(message.text.bytes > 0);
}

static void peer_say_hello(struct peer *peer, const char *role, uint64_t epoch)
{
    peer_send(peer, &(struct message){.verb = VERB_HELLO,
                                      .version = WIRE_REVISION,
                                      .name = TEXT("test"),
                                      .role = text_from(role),
                                      .epoch = epoch});
}

static struct peer *peer_publisher(void)
{
    struct peer *peer = peer_connect(house.publish);
    peer_say_hello(peer, "", 0);
    (void)peer_expect(peer, VERB_WELCOME);
    return peer;
}

static struct peer *peer_worker(const char *role, uint64_t epoch)
{
    struct peer *peer = peer_connect(house.work);
    peer_say_hello(peer, role, epoch);
    (void)peer_expect(peer, VERB_WELCOME);
    return peer;
}

/* PONG comes after everything that the broker had to say before. */
static void peer_ping(struct peer *peer)
{
    peer_send(peer, &(struct message){.verb = VERB_PING, .tag = 99});
    assert_int_equal(peer_expect(peer, VERB_PONG).tag, 99);
}

static void peer_progress(struct peer *peer, uint64_t cursor, uint64_t outbox, int64_t wake_us)
{
    peer_send(peer, &(struct message){
                        .verb = VERB_PROGRESS, .cursor = cursor, .outbox = outbox, .wake_us = wake_us});
}

/* ---- a peer that never reads: its loop does not run ---- */

struct deaf {
    struct loop *loop;
    struct loop_socket *socket;
};

static void deaf_receive(void *context, const struct loop_peer *from, struct bytes payload)
{
    (void)context, (void)from, (void)payload;
}

static void deaf_send(struct deaf *deaf, const struct message *message)
{
    int code;
    buffer_reset(&town.frame);
    wire_encode(message, &town.frame);
    loop_timer_arm_us(town.guard, GUARD_US);
    while ((code = loop_send(deaf->socket, NULL, 0, buffer_view(&town.frame))) == LOOP_E_FULL && !town.late) {
        loop_timer_arm_us(town.retry, RETRY_US);
        loop_run(town.loop);
    }
    loop_timer_disarm(town.guard);
    assert_int_equal(code, 0);
}

static struct deaf deaf_open(void)
{
    struct deaf deaf;
    struct complaint complaint = {.message = ""};
    struct loop_connect_options options = {.endpoint = house.publish};
    assert_int_equal(loop_open(&deaf.loop), 0);
    assert_int_equal(loop_connect(deaf.loop, &options, deaf_receive, NULL, &deaf.socket, &complaint), 0);
    deaf_send(&deaf, &(struct message){.verb = VERB_HELLO, .version = WIRE_REVISION, .name = TEXT("deaf")});
    return deaf;
}

static void deaf_close(struct deaf *deaf)
{
    loop_socket_close(deaf->socket);
    loop_close(deaf->loop);
}

/* ---- events ---- */

static struct bytes encode(const struct event *event)
{
    struct buffer buffer;
    buffer_open(&buffer, EVENT_BYTES_MAX + 4096);
    event_encode(event, &buffer);
    struct bytes copy = arena_bytes_copy(&town.arena, buffer_view(&buffer));
    buffer_close(&buffer);
    return copy;
}

static struct event blank(enum event_kind kind, const char *id, const char *source)
{
    return (struct event){.id = arena_text_copy(&town.arena, text_from(id)),
                          .source = text_from(source),
                          .type = &event_types[kind],
                          .type_name = text_from(event_types[kind].name),
                          .subject = TEXT("I-1"),
                          .charter = TEXT("shenzhen-2020"),
                          .time_us = CIVIL_NEVER_US,
                          .data = doc_new(&town.arena)};
}

static struct bytes issue_at(const char *id, const char *title, int64_t time_us)
{
    struct event event = blank(EVENT_ISSUE_RAISED, id, "/test");
    struct doc *data = doc_new(&town.arena);
    doc_set_text(data, FIELD_TITLE, text_from(title));
    doc_set_text(data, FIELD_AREA, TEXT("7"));
    event.data = data;
    event.time_us = time_us;
    return encode(&event);
}

static struct bytes issue(const char *id, const char *title)
{
    return issue_at(id, title, CIVIL_NEVER_US);
}

static struct bytes withdrawal(const char *id)
{
    struct event event = blank(EVENT_ISSUE_WITHDRAWN, id, "/test");
    struct doc *data = doc_new(&town.arena);
    doc_set_text(data, FIELD_REASON, TEXT("已自行解决"));
    event.data = data;
    return encode(&event);
}

static struct bytes task_closed(const char *id, const char *source)
{
    struct event event = blank(EVENT_TASKLIST_COMPLETED, id, source);
    struct doc *data = doc_new(&town.arena);
    doc_set_text(data, FIELD_ISSUE, TEXT("I-1"));
    doc_set_int(data, FIELD_COUNT, 3);
    event.data = data;
    return encode(&event);
}

static void peer_post(struct peer *peer, const struct bytes *bodies, size_t count)
{
    peer_send(peer,
              &(struct message){.verb = VERB_PUBLISH, .tag = ++town.tags, .bodies = bodies, .count = count});
}

static struct wire_result peer_publish(struct peer *peer, struct bytes body)
{
    peer_post(peer, &body, 1);
    struct message accepted = peer_expect(peer, VERB_ACCEPTED);
    assert_int_equal(accepted.tag, town.tags);
    assert_int_equal(accepted.count, 1);
    return accepted.results[0];
}

static void assert_refused(struct wire_result result, enum wire_code code, const char *says)
{
    struct text text = arena_printf(&town.arena, "%.*s", TEXT_PRINT(result.text));
    if (result.code != code || strstr(text.at, says) == NULL)
        fail_msg("%s: %s; wanted %s: %s", wire_code_name(result.code), text.at, wire_code_name(code), says);
    assert_int_equal(result.seq, result.code == WIRE_CONFLICT ? result.seq : 0);
}

static void assert_accepted(struct wire_result result, uint64_t seq)
{
    if (result.code != WIRE_OK)
        fail_msg("%s: %.*s", wire_code_name(result.code), TEXT_PRINT(result.text));
    assert_int_equal(result.seq, seq);
    assert_false(result.duplicate);
}

static void peer_subscribe(struct peer *peer, uint64_t from, uint64_t credit,
                           const struct wire_filter *filter)
{
    struct message message = {.verb = VERB_SUBSCRIBE, .sub = 1, .from = from, .credit = credit};
    if (filter != NULL)
        message.filter = *filter;
    peer_send(peer, &message);
}

static struct event entry_event(const struct entry *entry)
{
    struct event event;
    struct complaint complaint = {.message = ""};
    assert_int_equal(entry_decode(&town.arena, entry, &event, &complaint), 0);
    return event;
}

/* ---- each test has a broker with an empty journal ---- */

static int setup(void **state)
{
    (void)state;
    (void)snprintf(house.directory, sizeof(house.directory), "/tmp/duban-door-XXXXXX");
    if (mkdtemp(house.directory) == NULL)
        return -1;
    (void)snprintf(house.publish, sizeof(house.publish), "ipc://%s/p", house.directory);
    (void)snprintf(house.work, sizeof(house.work), "ipc://%s/w", house.directory);
    (void)snprintf(house.journal_directory, sizeof(house.journal_directory), "%s/journal", house.directory);
    house.settings = (struct settings){.segment_bytes = 4 << 20,
                                       .publisher_endpoints = {text_from(house.publish)},
                                       .worker_endpoints = {text_from(house.work)},
                                       .publisher_endpoints_count = 1,
                                       .worker_endpoints_count = 1};
    town.late = false;
    town.tags = 0;
    house.failed = 0;
    house_start();
    return 0;
}

static void town_clear(void)
{
    for (size_t i = 0; i < town.peers_count; i++) {
        loop_socket_close(town.peers[i].socket);
        while (town.peers[i].first != NULL) {
            struct letter *letter = town.peers[i].first;
            town.peers[i].first = letter->next;
            free(letter);
        }
    }
    town.peers_count = 0;
    arena_reset(&town.arena);
}

static int teardown(void **state)
{
    (void)state;
    gate_set(false, 0);
    if (house.running)
        house_stop();
    town_clear();
    return file_remove_folder(house.directory);
}

/* ---- sessions ---- */

static void test_hello(void **state)
{
    (void)state;
    struct peer *peer = peer_connect(house.publish);
    peer_send(peer, &(struct message){.verb = VERB_PING, .tag = 1});
    peer_expect_error(peer, WIRE_NO_SESSION);
    peer_send(peer,
              &(struct message){.verb = VERB_HELLO, .version = WIRE_REVISION + 1, .name = TEXT("test")});
    peer_expect_error(peer, WIRE_VERSION);
    peer_say_hello(peer, "tasks", 1);
    peer_expect_error(peer, WIRE_PROTOCOL);
    peer_say_hello(peer, "", 0);
    struct message welcome = peer_expect(peer, VERB_WELCOME);
    assert_int_equal(welcome.version, WIRE_REVISION);
    assert_int_equal(welcome.name.bytes, 32);
    assert_int_equal(welcome.head, 0);
    assert_false(welcome.replay);
    assert_true(welcome.now_us > 1600000000 * SECOND);
    peer_ping(peer);
    peer_send(peer, &(struct message){.verb = VERB_BYE});
    peer_send(peer, &(struct message){.verb = VERB_PING, .tag = 1});
    peer_expect_error(peer, WIRE_NO_SESSION);
}

static void test_garbage_costs_the_session(void **state)
{
    (void)state;
    struct peer *peer = peer_publisher(), *other = peer_publisher();
    const unsigned char garbage[] = {0xc1, 0xff, 0x00};
    peer_send_bytes(peer, (struct bytes){garbage, sizeof(garbage)});
    peer_expect_error(peer, WIRE_MALFORMED);
    peer_send(peer, &(struct message){.verb = VERB_PING, .tag = 1});
    peer_expect_error(peer, WIRE_NO_SESSION);
    peer_ping(other);
}

/* The table itself, without sockets: a thousand would need as many descriptors. */
static void test_sessions_are_bounded(void **state)
{
    (void)state;
    struct broker *broker = memory_alloc(sizeof(*broker));
    struct loop_peer peer = {.route = {1}, .route_bytes = 8, .user = TEXT("uid:0")};
    for (unsigned i = 0; i < SESSIONS_MAX; i++) {
        memcpy(&peer.route[1], &i, sizeof(i));
        assert_null(sessions_find(broker, NULL, &peer));
        assert_non_null(session_open(broker, NULL, &peer));
        assert_non_null(sessions_find(broker, NULL, &peer));
    }
    memcpy(&peer.route[1], &(unsigned){SESSIONS_MAX}, sizeof(unsigned));
    assert_null(session_open(broker, NULL, &peer));
    memcpy(&peer.route[1], &(unsigned){7}, sizeof(unsigned));
    struct session_ref ref = session_ref(sessions_find(broker, NULL, &peer));
    peer.user =
        TEXT("uid:1000"); /* another user under a known routing id gets no one's session, and ends that one */
    assert_null(sessions_find(broker, NULL, &peer));
    assert_null(sessions_get(&broker->sessions, ref));
    assert_non_null(session_open(broker, NULL, &peer));
    assert_null(sessions_get(&broker->sessions, ref)); /* the slot is used again, the number is not */
    sessions_close_all(broker, WIRE_OK, "done");
    assert_int_equal(broker->sessions.count, 0);
    free(broker);
}

static void test_verbs_keep_to_their_door(void **state)
{
    (void)state;
    struct peer *peer = peer_publisher();
    peer_progress(peer, 0, 0, CIVIL_NEVER_US);
    peer_expect_error(peer, WIRE_PROTOCOL);
    peer_say_hello(peer, "", 0);
    (void)peer_expect(peer, VERB_WELCOME);
    peer_send(peer, &(struct message){.verb = VERB_PONG, .tag = 1});
    peer_expect_error(peer, WIRE_PROTOCOL);
}

/* ---- publishing ---- */

static void test_accepted_means_durable(void **state)
{
    (void)state;
    struct peer *peer = peer_publisher();
    struct bytes body = issue("a", "停车难");
    gate_set(true, 0);
    peer_post(peer, &body, 1);
    peer_ping(peer); /* the loop turns, and it has not answered the event before the flush */
    gate_set(false, 0);
    struct message accepted = peer_expect(peer, VERB_ACCEPTED);
    assert_accepted(accepted.results[0], 1);
    assert_true(accepted.results[0].received_us > 1600000000 * SECOND);
}

static void test_nothing_is_answered_when_the_flush_fails(void **state)
{
    (void)state;
    struct peer *peer = peer_publisher();
    struct bytes body = issue("a", "停车难");
    gate_set(true, 0);
    peer_post(peer, &body, 1);
    peer_ping(peer);
    gate_set(false, -EIO);
    house_join();
    assert_true(house.failed < 0);
    assert_null(peer->first);
}

static void test_accepted_once(void **state)
{
    (void)state;
    struct peer *peer = peer_publisher(), *other = peer_publisher();
    struct wire_result first = peer_publish(peer, issue("a", "停车难"));
    assert_accepted(first, 1);
    struct wire_result again = peer_publish(other, issue("a", "停车难"));
    assert_int_equal(again.code, WIRE_OK);
    assert_true(again.duplicate);
    assert_int_equal(again.seq, 1);
    assert_int_equal(again.received_us, first.received_us);
    assert_accepted(peer_publish(peer, issue("b", "停车难")), 2);
}

static void test_accepted_once_across_a_restart(void **state)
{
    (void)state;
    assert_accepted(peer_publish(peer_publisher(), issue("a", "停车难")), 1);
    house_stop();
    town_clear();
    house_start();
    struct peer *peer = peer_publisher();
    struct wire_result again = peer_publish(peer, issue("a", "停车难"));
    assert_int_equal(again.code, WIRE_OK);
    assert_true(again.duplicate);
    assert_accepted(peer_publish(peer, issue("b", "停车难")), 2);
}

static void test_a_conflict_is_refused_and_recorded_once(void **state)
{
    (void)state;
    struct peer *peer = peer_publisher();
    const struct text types[] = {TEXT("event.conflicted")};
    const struct wire_filter filter = {.types = types, .types_count = 1};
    assert_accepted(peer_publish(peer, issue("a", "停车难")), 1);
    assert_refused(peer_publish(peer, issue("a", "上学难")), WIRE_CONFLICT, "another body");
    assert_refused(peer_publish(peer, issue("a", "上学难")), WIRE_CONFLICT, "another body");
    assert_accepted(peer_publish(peer, issue("b", "上学难")), 3);
    peer_subscribe(peer, 1, 10, &filter);
    struct message events = peer_expect(peer, VERB_EVENTS);
    assert_int_equal(events.count, 1);
    assert_int_equal(events.entries[0].seq, 2);
    assert_true(text_is(events.entries[0].publisher, "duband"));
    struct event event = entry_event(&events.entries[0]);
    assert_int_equal(doc_int(event.data, FIELD_SEQ, 0), 1);
    assert_true(text_is(doc_text(event.data, FIELD_EVENT), "issue.raised"));
}

static void test_refusals_say_why_and_leave_the_rest(void **state)
{
    (void)state;
    struct peer *peer = peer_publisher();
    struct event incomplete = blank(EVENT_ISSUE_RAISED, "c", "/test");
    const unsigned char garbage[] = {0x93, 0x01};
    const struct bytes bodies[] = {
        issue("a", "停车难"),      {garbage, sizeof(garbage)},        encode(&incomplete),
        task_closed("d", "/test"), task_closed("e", "/worker/tasks"), issue("f", "停车难")};
    enum { COUNT = sizeof(bodies) / sizeof(bodies[0]) };
    peer_post(peer, bodies, COUNT);
    struct message accepted = peer_expect(peer, VERB_ACCEPTED);
    assert_int_equal(accepted.count, COUNT);
    assert_accepted(accepted.results[0], 1);
    assert_refused(accepted.results[1], WIRE_MALFORMED, "");
    assert_refused(accepted.results[2], WIRE_INVALID, "title");
    assert_refused(accepted.results[3], WIRE_FORBIDDEN, "outcome");
    assert_refused(accepted.results[4], WIRE_FORBIDDEN, "/worker/");
    assert_accepted(accepted.results[5], 2);
    peer_post(peer, NULL, 0);
    assert_int_equal(peer_expect(peer, VERB_ACCEPTED).count, 0);
}

/* As many refusals as a message has room for, each with a long reason: the answer still fits into a frame. */
static void test_a_thousand_refusals_fit_into_a_message(void **state)
{
    (void)state;
    struct peer *peer = peer_publisher();
    struct bytes bodies[BATCH_EVENTS_MAX];
    char type[200];
    memset(type, 'x', sizeof(type));
    for (size_t i = 0; i < BATCH_EVENTS_MAX; i++) {
        struct event event = blank(EVENT_ISSUE_RAISED, "a", "/test");
        event.type_name = (struct text){type, 100 + i % 20};
        bodies[i] = encode(&event);
    }
    peer_post(peer, bodies, BATCH_EVENTS_MAX);
    struct message accepted = peer_expect(peer, VERB_ACCEPTED);
    assert_int_equal(accepted.count, BATCH_EVENTS_MAX);
    for (size_t i = 0; i < BATCH_EVENTS_MAX; i++)
        assert_int_equal(accepted.results[i].code, WIRE_INVALID);
}

static void test_an_event_is_bounded(void **state)
{
    (void)state;
    static unsigned char large[EVENT_BYTES_MAX + 1];
    struct peer *peer = peer_publisher();
    struct wire_result result = peer_publish(peer, (struct bytes){large, sizeof(large)});
    assert_refused(result, WIRE_MALFORMED, "524288");
}

/* More than one commit takes: all are accepted, in order, in several. */
static void test_a_commit_is_bounded(void **state)
{
    (void)state;
    enum { MESSAGES = COMMIT_EVENTS_MAX / BATCH_EVENTS_MAX + 2 };
    struct peer *peer = peer_publisher();
    struct bytes bodies[BATCH_EVENTS_MAX];
    uint64_t seq = 0;
    char id[32];
    gate_set(true, 0);
    for (unsigned message = 0; message < MESSAGES; message++) {
        for (unsigned i = 0; i < BATCH_EVENTS_MAX; i++) {
            (void)snprintf(id, sizeof(id), "%u-%u", message, i);
            bodies[i] = issue(id, "停车难");
        }
        peer_post(peer, bodies, BATCH_EVENTS_MAX);
    }
    peer_ping(peer);
    gate_set(false, 0);
    for (unsigned message = 0; message < MESSAGES; message++) {
        struct message accepted = peer_expect(peer, VERB_ACCEPTED);
        for (size_t i = 0; i < accepted.count; i++)
            assert_accepted(accepted.results[i], ++seq);
    }
    assert_int_equal(seq, (uint64_t)MESSAGES * BATCH_EVENTS_MAX);
}

static struct bytes bulky(unsigned number)
{
    static char text[300000];
    char id[32];
    (void)snprintf(id, sizeof(id), "bulky-%u", number);
    memset(text, 'x', sizeof(text));
    struct event event = blank(EVENT_CHARTER_ADOPTED, id, "/test");
    struct doc *data = doc_new(&town.arena);
    doc_set_text(data, FIELD_NAME, TEXT("shenzhen-2020"));
    doc_set_text(data, FIELD_TEXT, (struct text){text, sizeof(text)});
    event.subject = TEXT_NONE;
    event.data = data;
    return encode(&event);
}

static void test_the_queue_is_bounded(void **state)
{
    (void)state;
    struct peer *peer = peer_publisher();
    unsigned sent = 0, accepted = 0, busy = 0;
    gate_set(true, 0);
    struct bytes bodies[3];
    while (busy == 0 && sent < 3 * (QUEUE_BYTES_MAX / 900000 + 20)) {
        for (size_t i = 0; i < 3; i++)
            bodies[i] = bulky(sent++);
        peer_post(peer, bodies, 3);
        peer_send(peer, &(struct message){.verb = VERB_PING, .tag = 1});
        struct message message = peer_read(peer); /* PONG alone: taken; ACCEPTED before it: refused at once */
        if (message.verb == VERB_ACCEPTED) {
            assert_refused(message.results[0], WIRE_BUSY, "");
            busy += 3;
        }
    }
    assert_true(busy > 0);
    assert_true((uint64_t)sent * 300000 > QUEUE_BYTES_MAX);
    gate_set(false, 0);
    while (accepted + busy < sent) {
        struct message message = peer_read(peer);
        if (message.verb != VERB_ACCEPTED)
            continue;
        for (size_t i = 0; i < message.count; i++)
            assert_int_equal(message.results[i].seq, ++accepted);
    }
}

static void test_a_full_journal_refuses(void **state)
{
    (void)state;
    house_stop();
    house.settings.segment_bytes = 1 << 20;
    house.settings.journal_bytes_max = 3 << 20;
    house_start();
    struct peer *peer = peer_publisher();
    struct wire_result result = {.code = WIRE_OK};
    for (unsigned i = 0; i < 30 && result.code == WIRE_OK; i++)
        result = peer_publish(peer, bulky(i));
    assert_refused(result, WIRE_FULL, "");
    peer_ping(peer);
}

/* ---- streams ---- */

static void publish_ten(struct peer *peer)
{
    char id[8];
    for (unsigned i = 1; i <= 10; i++) {
        (void)snprintf(id, sizeof(id), "e%u", i);
        assert_accepted(peer_publish(peer, i % 2 == 1 ? issue(id, "停车难") : withdrawal(id)), i);
    }
}

static void test_streams_keep_to_credit_and_resume(void **state)
{
    (void)state;
    struct peer *publisher = peer_publisher(), *consumer = peer_publisher();
    publish_ten(publisher);
    peer_subscribe(consumer, 1, 3, NULL);
    struct message events = peer_expect(consumer, VERB_EVENTS);
    assert_int_equal(events.count, 3);
    assert_int_equal(events.entries[0].seq, 1);
    assert_int_equal(events.through, 3);
    assert_int_equal(events.head, 10);
    assert_true(events.entries[0].received_us <= events.entries[2].received_us);
    struct bytes body = issue("e1", "停车难"); /* as it was published, byte for byte */
    assert_int_equal(events.entries[0].body.bytes, body.bytes);
    assert_memory_equal(events.entries[0].body.at, body.at, body.bytes);
    peer_ping(consumer); /* nothing more without credit */
    peer_send(consumer, &(struct message){.verb = VERB_CREDIT, .sub = 1, .credit = 2});
    events = peer_expect(consumer, VERB_EVENTS);
    assert_int_equal(events.count, 2);
    assert_int_equal(events.entries[0].seq, 4);
    peer_subscribe(consumer, 9, 100, NULL); /* the same name again: replaced */
    events = peer_expect(consumer, VERB_EVENTS);
    assert_int_equal(events.count, 2);
    assert_int_equal(events.entries[1].seq, 10);
    assert_accepted(peer_publish(publisher, issue("new", "停车难")), 11);
    events = peer_expect(consumer, VERB_EVENTS);
    assert_int_equal(events.entries[0].seq, 11);
    peer_send(consumer, &(struct message){.verb = VERB_UNSUBSCRIBE, .sub = 1});
    peer_ping(consumer);
    assert_accepted(peer_publish(publisher, issue("newer", "停车难")), 12);
    peer_ping(consumer);
}

static void test_streams_filter(void **state)
{
    (void)state;
    struct peer *publisher = peer_publisher(), *consumer = peer_publisher();
    const struct text types[] = {TEXT("issue.withdrawn")}, charters[] = {TEXT("elsewhere")};
    const struct wire_filter some = {.types = types, .types_count = 1};
    const struct wire_filter none = {.charters = charters, .charters_count = 1};
    publish_ten(publisher);
    peer_subscribe(consumer, 1, 100, &some);
    struct message events = peer_expect(consumer, VERB_EVENTS);
    assert_int_equal(events.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(events.entries[i].seq, 2 * i + 2);
    assert_int_equal(events.through, 10);
    peer_subscribe(consumer, 1, 100, &none);
    events = peer_expect(consumer, VERB_EVENTS);
    assert_int_equal(events.count, 0);
    assert_int_equal(events.through, 10); /* told that it is at the head */
    assert_accepted(peer_publish(publisher, issue("new", "停车难")), 11);
    events = peer_expect(consumer, VERB_EVENTS);
    assert_int_equal(events.count, 0);
    assert_int_equal(events.through, 11);
}

static void test_streams_of_what_is_new(void **state)
{
    (void)state;
    struct peer *publisher = peer_publisher(), *consumer = peer_publisher();
    publish_ten(publisher);
    peer_subscribe(consumer, 0, 100, NULL);
    struct message events = peer_expect(consumer, VERB_EVENTS);
    assert_int_equal(events.count, 0);
    assert_int_equal(events.through, 10);
    assert_accepted(peer_publish(publisher, issue("new", "停车难")), 11);
    assert_int_equal(peer_expect(consumer, VERB_EVENTS).entries[0].seq, 11);
    peer_subscribe(consumer, 13, 100, NULL); /* beyond what is next */
    peer_expect_error(consumer, WIRE_GONE);
}

static void test_streams_are_bounded(void **state)
{
    (void)state;
    struct peer *peer = peer_publisher();
    for (uint64_t sub = 1; sub <= SUBSCRIPTIONS_MAX + 1; sub++)
        peer_send(peer, &(struct message){.verb = VERB_SUBSCRIBE, .sub = sub, .from = 1});
    peer_expect_error(peer, WIRE_TOO_MANY);
    peer_say_hello(peer, "", 0);
    (void)peer_expect(peer, VERB_WELCOME);
    peer_subscribe(peer, 1, CREDIT_MAX, NULL);
    (void)peer_expect(peer, VERB_EVENTS);
    peer_send(peer, &(struct message){.verb = VERB_CREDIT, .sub = 1, .credit = 1});
    peer_expect_error(peer, WIRE_PROTOCOL);
}

/* More than pipes and kernel hold, and more than one message can carry, for a consumer that reads late:
 * nothing is lost, nothing comes twice. */
static void test_streams_wait_for_a_slow_consumer(void **state)
{
    (void)state;
    enum { EVENTS = 90 };
    struct peer *publisher = peer_publisher(), *consumer = peer_publisher();
    peer_subscribe(consumer, 1, CREDIT_MAX, NULL);
    for (unsigned i = 0; i < EVENTS; i++)
        assert_accepted(peer_publish(publisher, bulky(i)), i + 1);
    for (uint64_t next = 1; next <= EVENTS;) {
        struct message events = peer_expect(consumer, VERB_EVENTS);
        for (size_t i = 0; i < events.count; i++)
            assert_int_equal(events.entries[i].seq, next++);
    }
}

/* A flipped bit on the disk: what comes before it is served, then the consumer is told; others are not hurt.
 */
static void test_streams_end_at_damage(void **state)
{
    (void)state;
    struct peer *publisher = peer_publisher(), *consumer = peer_publisher();
    char path[256];
    unsigned char byte;
    publish_ten(publisher);
    (void)snprintf(path, sizeof(path), "%s/segments/%020d.seg", house.journal_directory, 1);
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, SEGMENT_HEAD_BYTES + 100), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, SEGMENT_HEAD_BYTES + 100), 1);
    (void)close(fd);
    peer_subscribe(consumer, 1, 100, NULL);
    struct message error = peer_expect(consumer, VERB_ERROR);
    assert_int_equal(error.code, WIRE_DAMAGED);
    assert_true(text_starts_with(error.text, TEXT("damaged: entry 1 ")));
    assert_accepted(peer_publish(publisher, issue("new", "停车难")), 11);
}

static void test_who_does_not_read_is_let_go(void **state)
{
    (void)state;
    struct peer *other = peer_publisher();
    struct deaf deaf = deaf_open();
    for (uint64_t i = 0; i < 8000; i++) /* more than the pipes on both sides and UNSENT_BYTES_MAX hold */
        deaf_send(&deaf, &(struct message){.verb = VERB_QUERY, .tag = i, .name = TEXT("limits")});
    int64_t since_us = loop_monotonic_us();
    for (size_t sessions = 2; sessions > 1;) {
        peer_send(other, &(struct message){.verb = VERB_QUERY, .tag = 1, .name = TEXT("sessions")});
        sessions = peer_expect(other, VERB_ANSWER).count;
    }
    assert_true(loop_monotonic_us() - since_us <
                SESSION_LEASE_US / 2); /* for what it did not read, not for silence */
    deaf_close(&deaf);
}

/* ---- workers ---- */

static void test_one_worker_a_role(void **state)
{
    (void)state;
    struct peer *first = peer_worker("tasks", 5), *older = peer_connect(house.work);
    peer_say_hello(older, "tasks", 4);
    peer_expect_error(older, WIRE_FENCED);
    peer_ping(first);
    struct peer *newer = peer_worker("tasks", 6);
    peer_expect_error(first, WIRE_FENCED);
    peer_ping(newer);
    (void)peer_worker("ledger", 1);
    peer_say_hello(older, "clerk", 4);
    peer_expect_error(older, WIRE_PROTOCOL);
    peer_say_hello(newer, "tasks", 6); /* the same one, connected again */
    assert_int_equal(peer_expect(newer, VERB_WELCOME).epoch, 6);
}

static void test_outcomes_come_from_their_worker(void **state)
{
    (void)state;
    struct peer *tasks = peer_worker("tasks", 1), *ledger = peer_worker("ledger", 1);
    assert_accepted(peer_publish(tasks, task_closed("tasks-1-1-1", "/worker/tasks")), 1);
    assert_refused(peer_publish(ledger, task_closed("x", "/worker/ledger")), WIRE_FORBIDDEN,
                   "published by tasks");
    assert_refused(peer_publish(tasks, task_closed("x", "/worker/ledger")), WIRE_FORBIDDEN, "/worker/tasks");
    assert_refused(peer_publish(tasks, issue("x", "停车难")), WIRE_FORBIDDEN, "report");
    peer_subscribe(tasks, 1, 10, NULL);
    struct message events = peer_expect(tasks, VERB_EVENTS);
    assert_true(text_is(events.entries[0].publisher, "worker/tasks"));
}

static void test_a_worker_ahead_of_the_journal_is_refused(void **state)
{
    (void)state;
    struct peer *tasks = peer_worker("tasks", 1);
    peer_progress(tasks, 7, 0, CIVIL_NEVER_US);
    peer_expect_error(tasks, WIRE_GONE);
}

static void test_the_live_clock_strikes(void **state)
{
    (void)state;
    struct peer *deadlines = peer_worker("deadlines", 1);
    peer_subscribe(deadlines, 1, 100, NULL);
    assert_int_equal(peer_expect(deadlines, VERB_EVENTS).count, 0);
    int64_t wake_us = loop_wall_us() + 50000;
    peer_progress(deadlines, 0, 0, wake_us);
    struct message events = peer_expect(deadlines, VERB_EVENTS);
    struct event event = entry_event(&events.entries[0]);
    assert_true(text_is(event.type_name, "clock.struck"));
    assert_true(event.received_us > wake_us);
    assert_true(doc_time_us(event.data, FIELD_AT, 0) >= wake_us);
    assert_true(doc_time_us(event.data, FIELD_AT, 0) < event.received_us);
    peer_progress(deadlines, 1, 0, wake_us + 1000); /* it has taken that in and waits for another */
    events = peer_expect(deadlines, VERB_EVENTS);
    assert_int_equal(events.entries[0].seq, 2);
    peer_progress(deadlines, 2, 0, CIVIL_NEVER_US);
    peer_ping(deadlines);
}

/* ---- replay ---- */

static void house_replay(void)
{
    house_stop();
    house.settings.replay = true;
    house.settings.replay_roles[0] = TEXT("tasks");
    house.settings.replay_roles[1] = TEXT("deadlines");
    house.settings.replay_roles_count = 2;
    house_start();
}

static void peer_advance(struct peer *peer, uint64_t tag, int64_t at_us)
{
    struct buffer args;
    struct doc *doc = doc_new(&town.arena);
    doc_set_time(doc, FIELD_AT, at_us, 0);
    buffer_open(&args, 4096);
    doc_encode(doc, &args);
    peer_send(peer,
              &(struct message){
                  .verb = VERB_QUERY, .tag = tag, .name = TEXT("clock.advance"), .args = buffer_view(&args)});
    buffer_close(&args);
}

static void test_replay_time_follows_the_events(void **state)
{
    (void)state;
    house_replay();
    struct peer *publisher = peer_publisher(), *tasks = peer_worker("tasks", 1),
                *deadlines = peer_worker("deadlines", 1);
    const struct bytes bodies[] = {issue_at("a", "停车难", 100 * SECOND),
                                   issue_at("b", "停车难", 200 * SECOND),
                                   issue_at("c", "停车难", 150 * SECOND)};
    peer_post(publisher, bodies, 3);
    peer_advance(publisher, 77, 300 * SECOND);
    peer_subscribe(tasks, 1, 100, NULL);
    assert_int_equal(peer_expect(tasks, VERB_EVENTS).through, 0);
    peer_progress(tasks, 0, 0, CIVIL_NEVER_US);
    peer_ping(tasks); /* deadlines has said nothing yet */
    peer_progress(deadlines, 0, 0, CIVIL_NEVER_US);
    struct message events = peer_expect(tasks, VERB_EVENTS);
    assert_int_equal(events.count, 1); /* one report, then quiet */
    assert_int_equal(events.entries[0].received_us, 100 * SECOND);
    peer_progress(deadlines, 1, 0, 150 * SECOND); /* now waits for 150, and tasks has an outcome under way */
    peer_progress(tasks, 1, 1, CIVIL_NEVER_US);
    assert_accepted(peer_publish(tasks, task_closed("tasks-1-1-1", "/worker/tasks")), 2);
    events = peer_expect(tasks, VERB_EVENTS);
    assert_int_equal(events.entries[0].received_us,
                     100 * SECOND); /* outcomes are stamped with the time that is */
    peer_progress(tasks, 2, 0, CIVIL_NEVER_US);
    peer_progress(deadlines, 2, 0, 150 * SECOND);
    events = peer_expect(tasks, VERB_EVENTS);
    struct event struck = entry_event(&events.entries[0]);
    assert_true(text_is(struck.type_name, "clock.struck"));
    assert_int_equal(struck.received_us, 150 * SECOND);
    assert_int_equal(doc_time_us(struck.data, FIELD_AT, 0), 150 * SECOND);
    peer_progress(tasks, 3, 0, CIVIL_NEVER_US);
    peer_progress(deadlines, 3, 0, CIVIL_NEVER_US);
    assert_int_equal(peer_expect(tasks, VERB_EVENTS).entries[0].received_us, 200 * SECOND);
    peer_progress(tasks, 4, 0, CIVIL_NEVER_US);
    peer_progress(deadlines, 4, 0, CIVIL_NEVER_US);
    assert_int_equal(peer_expect(tasks, VERB_EVENTS).entries[0].received_us,
                     200 * SECOND); /* never backwards */
    struct message accepted = peer_expect(publisher, VERB_ACCEPTED);
    assert_int_equal(accepted.results[2].seq, 5);
    peer_progress(tasks, 5, 0, CIVIL_NEVER_US);
    peer_progress(deadlines, 5, 0, CIVIL_NEVER_US);
    struct message answer = peer_expect(publisher, VERB_ANSWER);
    assert_int_equal(answer.tag, 77);
    assert_true(answer.ok);
    peer_send(publisher, &(struct message){.verb = VERB_PING, .tag = 1});
    assert_int_equal(peer_expect(publisher, VERB_PONG).now_us, 300 * SECOND);
}

static void test_stopping_in_replay_refuses_what_waits(void **state)
{
    (void)state;
    house_replay();
    struct peer *publisher = peer_publisher();
    struct bytes body = issue_at("a", "停车难", 100 * SECOND);
    peer_post(publisher, &body, 1);
    peer_ping(publisher);
    house_signal(house.stop);
    assert_refused(peer_expect(publisher, VERB_ACCEPTED).results[0], WIRE_STOPPING, "");
    peer_expect_error(publisher, WIRE_STOPPING);
    house_join();
}

/* ---- queries ---- */

static void peer_ask(struct peer *peer, uint64_t tag, const char *what, struct bytes args)
{
    peer_send(peer, &(struct message){.verb = VERB_QUERY, .tag = tag, .name = text_from(what), .args = args});
}

static void peer_expect_failure(struct peer *peer, uint64_t tag, enum wire_code code)
{
    struct message answer = peer_expect(peer, VERB_ANSWER);
    assert_int_equal(answer.tag, tag);
    assert_false(answer.ok);
    assert_int_equal(answer.code, code);
    assert_true(answer.text.bytes > 0);
}

static const struct bytes no_args;

static void test_queries_go_to_their_worker(void **state)
{
    (void)state;
    struct peer *peer = peer_publisher();
    const unsigned char row_bytes[] = {0x80}, args_bytes[] = {0x80};
    const struct bytes row = {row_bytes, 1}, args = {args_bytes, 1};
    peer_ask(peer, 1, "issues", no_args);
    peer_expect_failure(peer, 1, WIRE_NO_WORKER);
    peer_ask(peer, 2, "clerk:list", no_args);
    peer_expect_failure(peer, 2, WIRE_UNKNOWN);
    struct peer *ledger = peer_worker("ledger", 1), *tasks = peer_worker("tasks", 1);
    peer_ask(peer, 3, "issues", args);
    peer_ask(peer, 4, "tasks:list", no_args);
    struct message ask = peer_expect(ledger, VERB_ASK);
    assert_true(text_is(ask.name, "issues"));
    assert_int_equal(ask.args.bytes, 1);
    struct message other = peer_expect(tasks, VERB_ASK);
    assert_true(text_is(other.name, "list"));
    struct message reply = {
        .verb = VERB_REPLY, .tag = other.tag, .code = WIRE_UNKNOWN, .text = TEXT("no such list")};
    peer_send(tasks, &reply);
    struct message answer = peer_expect(peer, VERB_ANSWER);
    assert_int_equal(answer.tag, 4);
    assert_false(answer.ok);
    assert_true(text_is(answer.text, "no such list"));
    reply = (struct message){
        .verb = VERB_REPLY, .tag = ask.tag, .ok = true, .rows = &row, .count = 1, .more = true};
    peer_send(ledger, &reply);
    peer_send(ledger, &reply); /* once is enough */
    answer = peer_expect(peer, VERB_ANSWER);
    assert_int_equal(answer.tag, 3);
    assert_true(answer.ok && answer.more);
    assert_int_equal(answer.count, 1);
    assert_memory_equal(answer.rows[0].at, row_bytes, 1);
    peer_ask(peer, 5, "issues", no_args);
    (void)peer_expect(ledger, VERB_ASK);
    peer_send(ledger, &(struct message){.verb = VERB_BYE});
    peer_expect_failure(peer, 5, WIRE_NO_WORKER);
    peer_ping(peer);
}

/* A PING of the worker gives 10 s more, but not beyond 600 s; other workers' questions have their own time.
 */
static void test_a_long_answer_has_time_while_its_worker_lives(void **state)
{
    (void)state;
    struct broker *broker = memory_alloc(sizeof *broker);
    memset(broker, 0, sizeof *broker);
    struct query_ask *asks = broker->queries.asks[ROLE_LEDGER];
    struct query_ask *other = &broker->queries.asks[ROLE_TASKS][0];
    int64_t now_us = loop_monotonic_us();
    asks[0] = (struct query_ask){.tag = 1, .asked_us = now_us - 9 * SECOND, .deadline_us = now_us + SECOND};
    asks[1] = (struct query_ask){
        .tag = 2, .asked_us = now_us - QUERY_LONGEST_US + SECOND, .deadline_us = now_us + SECOND / 2};
    *other = asks[0];
    queries_worker_lives(broker, ROLE_LEDGER);
    assert_true(asks[0].deadline_us >= now_us + QUERY_DEADLINE_US);
    assert_true(asks[1].deadline_us == now_us + SECOND);
    assert_true(other->deadline_us == now_us + SECOND);
    free(broker);
}

static void test_waiting_queries_are_bounded(void **state)
{
    (void)state;
    struct peer *peer = peer_publisher();
    (void)peer_worker("ledger", 1);
    for (uint64_t tag = 1; tag <= QUERIES_MAX + 1; tag++)
        peer_ask(peer, tag, "issues", no_args);
    peer_expect_failure(peer, QUERIES_MAX + 1, WIRE_TOO_MANY);
}

static const struct doc *answer_row(const struct message *answer, size_t index)
{
    struct doc *row;
    struct complaint complaint = {.message = ""};
    assert_true(answer->ok && index < answer->count);
    assert_int_equal(doc_decode(&town.arena, answer->rows[index], "", &row, &complaint), 0);
    return row;
}

static void test_the_broker_answers_for_itself(void **state)
{
    (void)state;
    struct peer *peer = peer_publisher(), *tasks = peer_worker("tasks", 1);
    assert_accepted(peer_publish(peer, issue("a", "停车难")), 1);
    peer_progress(tasks, 1, 0, CIVIL_NEVER_US);
    peer_ping(tasks);
    peer_ask(peer, 1, "status", no_args);
    struct message answer = peer_expect(peer, VERB_ANSWER);
    const struct doc *row = answer_row(&answer, 0);
    assert_int_equal(doc_int(row, FIELD_HEAD, 0), 1);
    assert_int_equal(doc_int(row, FIELD_COUNT, 0), 2);
    assert_true(text_is(doc_text(row, FIELD_STATE), "live"));
    assert_int_equal(doc_text(row, FIELD_DIGEST).bytes, 64);
    row = answer_row(&answer, 2);
    assert_true(text_is(doc_text(row, FIELD_ROLE), "tasks"));
    assert_true(text_is(doc_text(row, FIELD_STATE), "connected"));
    assert_int_equal(doc_int(row, FIELD_LAG, 9), 0);
    assert_true(text_is(doc_text(answer_row(&answer, 1), FIELD_STATE), "away"));
    struct buffer args;
    struct doc *doc = doc_new(&town.arena);
    doc_set_int(doc, FIELD_SEQ, 1);
    buffer_open(&args, 4096);
    doc_encode(doc, &args);
    peer_ask(peer, 2, "event", buffer_view(&args));
    answer = peer_expect(peer, VERB_ANSWER);
    assert_true(text_is(doc_text(answer_row(&answer, 0), FIELD_TYPE), "issue.raised"));
    assert_true(doc_text(answer_row(&answer, 0), FIELD_TEXT).bytes > 50);
    buffer_close(&args);
    peer_ask(peer, 3, "event", no_args);
    peer_expect_failure(peer, 3, WIRE_GONE);
    peer_ask(peer, 4, "sessions", no_args);
    answer = peer_expect(peer, VERB_ANSWER);
    assert_int_equal(answer.count, 2);
    peer_ask(peer, 5, "limits", no_args);
    answer = peer_expect(peer, VERB_ANSWER);
    assert_int_equal(answer.count, limits_count);
    peer_advance(peer, 6, SECOND);
    peer_expect_failure(peer, 6, WIRE_INVALID); /* the clock is live */
    peer_ask(peer, 7, "event", (struct bytes){(const unsigned char *)"\xc1", 1});
    peer_expect_failure(peer, 7, WIRE_INVALID);
}

/* ---- keys ---- */

static void test_keys_bound_what_may_be_said(void **state)
{
    (void)state;
    house_stop();
    house.settings.keys_count = 1;
    house.settings.keys[0] = (struct settings_key){.name = TEXT("市财政局"),
                                                   .uid = (int64_t)geteuid(),
                                                   .types = {TEXT("issue.raised")},
                                                   .charters = {TEXT("*")},
                                                   .units = {TEXT("*")},
                                                   .types_count = 1,
                                                   .charters_count = 1,
                                                   .units_count = 1};
    house_start();
    struct peer *peer = peer_publisher(), *worker = peer_connect(house.work);
    assert_accepted(peer_publish(peer, issue("a", "停车难")), 1);
    assert_refused(peer_publish(peer, withdrawal("b")), WIRE_FORBIDDEN, "issue.withdrawn");
    peer_say_hello(worker, "tasks", 1);
    peer_expect_error(worker, WIRE_FORBIDDEN);
    peer_advance(peer, 1, SECOND);
    peer_expect_failure(peer, 1, WIRE_FORBIDDEN);
    peer_ask(peer, 2, "tasks:rebuild", no_args);
    peer_expect_failure(peer, 2, WIRE_FORBIDDEN); /* workers can't see who asks */
    peer_subscribe(peer, 1, 10, NULL);
    assert_true(text_is(peer_expect(peer, VERB_EVENTS).entries[0].publisher, "市财政局"));
    house.next_settings = house.settings;
    house.next_settings.keys[0].name = TEXT("someone else");
    house.next_settings.keys[0].uid++;
    house_signal(house.reload);
    peer_expect_error(peer, WIRE_FORBIDDEN);
}

/* ---- stopping ---- */

static void test_stopping_answers_what_was_taken(void **state)
{
    (void)state;
    struct peer *peer = peer_publisher();
    struct bytes body = issue("a", "停车难");
    gate_set(true, 0);
    peer_post(peer, &body, 1);
    peer_ping(peer);
    body = issue("b", "停车难");
    peer_post(peer, &body, 1);
    peer_ping(peer);
    house_signal(house.stop);
    gate_set(false, 0);
    assert_accepted(peer_expect(peer, VERB_ACCEPTED).results[0], 1);
    assert_accepted(peer_expect(peer, VERB_ACCEPTED).results[0], 2);
    peer_expect_error(peer, WIRE_STOPPING);
    house_join();
}

static void test_stopping_waits_for_nobody(void **state)
{
    (void)state;
    struct peer *publisher = peer_publisher();
    struct deaf deaf = deaf_open();
    deaf_send(&deaf, &(struct message){.verb = VERB_SUBSCRIBE, .sub = 1, .from = 1, .credit = CREDIT_MAX});
    deaf_send(&deaf, &(struct message){.verb = VERB_QUERY, .tag = 1, .name = TEXT("limits")});
    for (unsigned i = 0; i < 200; i++)
        assert_accepted(peer_publish(publisher, bulky(i)), i + 1);
    house_stop(); /* joining has a deadline */
    assert_int_equal(house.failed, 0);
    deaf_close(&deaf);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(hello),
        TEST(garbage_costs_the_session),
        TEST(sessions_are_bounded),
        TEST(verbs_keep_to_their_door),
        TEST(accepted_means_durable),
        TEST(nothing_is_answered_when_the_flush_fails),
        TEST(accepted_once),
        TEST(accepted_once_across_a_restart),
        TEST(a_conflict_is_refused_and_recorded_once),
        TEST(refusals_say_why_and_leave_the_rest),
        TEST(a_thousand_refusals_fit_into_a_message),
        TEST(an_event_is_bounded),
        TEST(a_commit_is_bounded),
        TEST(the_queue_is_bounded),
        TEST(a_full_journal_refuses),
        TEST(streams_keep_to_credit_and_resume),
        TEST(streams_filter),
        TEST(streams_of_what_is_new),
        TEST(streams_are_bounded),
        TEST(streams_wait_for_a_slow_consumer),
        TEST(streams_end_at_damage),
        TEST(who_does_not_read_is_let_go),
        TEST(one_worker_a_role),
        TEST(outcomes_come_from_their_worker),
        TEST(a_worker_ahead_of_the_journal_is_refused),
        TEST(the_live_clock_strikes),
        TEST(replay_time_follows_the_events),
        TEST(stopping_in_replay_refuses_what_waits),
        TEST(queries_go_to_their_worker),
        TEST(a_long_answer_has_time_while_its_worker_lives),
        TEST(waiting_queries_are_bounded),
        TEST(the_broker_answers_for_itself),
        TEST(keys_bound_what_may_be_said),
        TEST(stopping_answers_what_was_taken),
        TEST(stopping_waits_for_nobody),
    };
    loop_process_prepare();
    digest_init();
    log_open("test", LOG_LEVEL_ERROR);
    gate.ops = *disk_real()->ops;
    gate.ops.sync = gate_sync;
    gate.disk.ops = &gate.ops;
    arena_open(&town.arena, ARENA_BYTES_MAX);
    buffer_open(&town.frame, (size_t)4 * MESSAGE_BYTES_MAX);
    if (loop_open(&town.loop) != 0 || loop_timer_open(town.loop, town_on_guard, NULL, &town.guard) != 0 ||
        loop_timer_open(town.loop, town_on_retry, NULL, &town.retry) != 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    loop_timer_close(town.guard);
    loop_timer_close(town.retry);
    loop_close(town.loop);
    buffer_close(&town.frame);
    arena_close(&town.arena);
    return failed;
}
