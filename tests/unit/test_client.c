/* Goal: libduban loses nothing, repeats nothing and never hangs, whatever the broker and the connection do.
 * Method: the real library against a small broker in a thread of its own, which answers as PROTOCOL.md says,
 * or as a test tells it to misbehave. */
#include "base/limits.h"
#include "base/log.h"
#include "base/loop.h"
#include "proto/duban.h"
#include "proto/wire.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    STALL_SECONDS = 100,
    FAKE_SUBS_MAX = 64,
    FAKE_BATCH = 100,
    FAKE_LOOK_BACK = 1100,
    SOON_MS = 40,
    LATE_MS = 500,
    LONG_MS = 60000
};

/* ---- a broker that does as it is told ---- */

struct fake_entry {
    char id[NAME_BYTES_MAX + 1];
    size_t bytes;
    unsigned char *body;
};

struct fake_sub {
    struct loop_peer peer;
    uint64_t sub, next, credit;
    bool used, fresh;
};

struct fake_held {
    struct loop_peer peer;
    uint64_t tag;
    struct wire_result results[BATCH_EVENTS_MAX];
    size_t count;
};

struct fake {
    char root[64], endpoint[100];
    pthread_t thread;
    struct loop *loop;
    struct loop_socket *door;
    struct loop_wake *wake;
    struct arena arena;
    struct buffer frame;
    /* how to misbehave: so many of the next ones; set by tests */
    atomic_uint hellos_unheard, publishes_unheard, acks_lost, acks_held, busy, queries_unheard, expire,
        garbage;
    atomic_uint unheard_while_held; /* PUBLISH, from the answer that is held on */
    atomic_uint deaf, stop, sever, welcome_code, refuse_code, release;
    atomic_uint damaged; /* sequence number of an entry that cannot be read; 0: none */
    atomic_uint streams; /* EVENTS messages left before the session is lost; 0: no such end */
    const char *journal;
    /* what was seen */
    atomic_uint hellos, publishes, subscribes, unsubscribes, byes, pings, queries, sockets, credits;
    unsigned char route[LOOP_ROUTE_BYTES_MAX]; /* of the living session */
    size_t route_bytes;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct fake_entry *entries; /* under the lock */
    size_t count, room;
    struct fake_sub subs[FAKE_SUBS_MAX];
    struct fake_held *held;
    uint64_t froms[64]; /* of SUBSCRIBE messages */
};

static bool fake_takes(atomic_uint *left)
{
    unsigned now = atomic_load(left);
    if (now > 0)
        atomic_store(left, now - 1);
    return now > 0;
}

static void fake_send(struct fake *fake, const struct loop_peer *peer, const struct message *message)
{
    buffer_reset(&fake->frame);
    wire_encode(message, &fake->frame);
    (void)!loop_send(fake->door, peer->route, peer->route_bytes, buffer_view(&fake->frame));
}

static void fake_count(struct fake *fake, atomic_uint *counter)
{
    (void)pthread_mutex_lock(&fake->lock);
    atomic_fetch_add(counter, 1);
    (void)pthread_cond_broadcast(&fake->changed);
    (void)pthread_mutex_unlock(&fake->lock);
}

/* The entry with that id; its place + 1, or 0. Resends follow soon: it need not look far back. */
static size_t fake_find(const struct fake *fake, const char *id)
{
    size_t last = fake->count > FAKE_LOOK_BACK ? fake->count - FAKE_LOOK_BACK : 0;
    for (size_t i = fake->count; i > last; i--)
        if (strcmp(fake->entries[i - 1].id, id) == 0)
            return i;
    return 0;
}

static void fake_keep(struct fake *fake, const char *id, struct bytes body)
{
    if (fake->count == fake->room) {
        fake->room = fake->room * 2 + 64;
        fake->entries = memory_grow(fake->entries, fake->room * sizeof(*fake->entries));
    }
    struct fake_entry *entry = &fake->entries[fake->count++];
    (void)snprintf(entry->id, sizeof(entry->id), "%s", id);
    entry->bytes = body.bytes;
    entry->body = memory_alloc(body.bytes);
    memcpy(entry->body, body.at, body.bytes);
}

static struct wire_result fake_judge(struct fake *fake, struct bytes body)
{
    struct event event;
    struct complaint complaint;
    char id[NAME_BYTES_MAX + 1];
    if (event_decode(&fake->arena, body, &event, &complaint) != 0)
        return (struct wire_result){.code = WIRE_INVALID, .text = TEXT("unreadable")};
    if (atomic_load(&fake->refuse_code) != 0)
        return (struct wire_result){.code = (enum wire_code)atomic_load(&fake->refuse_code),
                                    .text = TEXT("data.title: no")};
    (void)snprintf(id, sizeof(id), "%.*s", TEXT_PRINT(event.id));
    size_t at = fake_find(fake, id);
    if (at == 0) {
        fake_keep(fake, id, body);
        return (struct wire_result){.seq = fake->count, .received_us = (int64_t)fake->count};
    }
    const struct fake_entry *first = &fake->entries[at - 1];
    bool same = first->bytes == body.bytes && memcmp(first->body, body.at, body.bytes) == 0;
    return (struct wire_result){.code = same ? WIRE_OK : WIRE_CONFLICT, .duplicate = same, .seq = at};
}

static void fake_publish(struct fake *fake, const struct loop_peer *peer, const struct message *message)
{
    struct message accepted = {.verb = VERB_ACCEPTED, .tag = message->tag, .count = message->count};
    struct wire_result results[BATCH_EVENTS_MAX];
    bool busy;
    fake_count(fake, &fake->publishes);
    if (fake_takes(&fake->publishes_unheard) ||
        (atomic_load(&fake->unheard_while_held) != 0 && fake->held != NULL))
        return;
    busy = fake_takes(&fake->busy);
    (void)pthread_mutex_lock(&fake->lock);
    for (size_t i = 0; i < message->count; i++)
        results[i] = busy ? (struct wire_result){.code = WIRE_BUSY} : fake_judge(fake, message->bodies[i]);
    (void)pthread_mutex_unlock(&fake->lock);
    accepted.results = results;
    if (fake_takes(&fake->acks_lost))
        return;
    if (fake_takes(&fake->acks_held)) {
        fake->held = memory_alloc(sizeof(*fake->held));
        *fake->held = (struct fake_held){.peer = *peer, .tag = message->tag, .count = message->count};
        memcpy(fake->held->results, results, message->count * sizeof(results[0]));
        return;
    }
    fake_send(fake, peer, &accepted);
}

static void fake_release_held(struct fake *fake)
{
    struct fake_held *held = fake->held;
    if (held == NULL)
        return;
    fake_send(fake, &held->peer,
              &(struct message){
                  .verb = VERB_ACCEPTED, .tag = held->tag, .results = held->results, .count = held->count});
    free(held);
    fake->held = NULL;
}

static void fake_forget(struct fake *fake)
{
    fake->route_bytes = 0;
    for (size_t i = 0; i < FAKE_SUBS_MAX; i++)
        fake->subs[i].used = false;
}

static void fake_subscribe(struct fake *fake, const struct loop_peer *peer, const struct message *message)
{
    size_t place = 0;
    uint64_t head = fake->count;
    fake->froms[atomic_load(&fake->subscribes) % 64] = message->from;
    fake_count(fake, &fake->subscribes);
    if (message->from > head + 1) {
        fake_forget(fake);
        fake_send(
            fake, peer,
            &(struct message){.verb = VERB_ERROR, .code = WIRE_GONE, .text = TEXT("not in the journal")});
        return;
    }
    while (place < FAKE_SUBS_MAX && fake->subs[place].used)
        place++;
    assert_true(place < FAKE_SUBS_MAX);
    fake->subs[place] = (struct fake_sub){.peer = *peer,
                                          .sub = message->sub,
                                          .next = message->from != 0 ? message->from : head + 1,
                                          .credit = message->credit,
                                          .used = true,
                                          .fresh = true};
}

static void fake_answer(struct fake *fake, const struct loop_peer *peer, const struct message *message)
{
    struct doc *row = doc_new(&fake->arena);
    struct buffer encoded;
    fake_count(fake, &fake->queries);
    if (fake_takes(&fake->queries_unheard))
        return;
    buffer_open(&encoded, 4096);
    doc_set_text(row, FIELD_NAME, message->name);
    doc_set_int(row, FIELD_BYTES, (int64_t)message->args.bytes);
    doc_encode(row, &encoded);
    struct bytes rows[2] = {buffer_view(&encoded), buffer_view(&encoded)};
    if (text_is(message->name, "broken"))
        rows[1] = (struct bytes){(const unsigned char *)"\xc1", 1};
    struct message answer = {
        .verb = VERB_ANSWER, .tag = message->tag, .ok = true, .rows = rows, .count = 2, .more = true};
    if (text_is(message->name, "nothing"))
        answer = (struct message){.verb = VERB_ANSWER,
                                  .tag = message->tag,
                                  .code = WIRE_UNKNOWN,
                                  .text = TEXT("there is no such query")};
    fake_send(fake, peer, &answer);
    buffer_close(&encoded);
}

static void fake_hello(struct fake *fake, const struct loop_peer *peer)
{
    struct message error = {.verb = VERB_ERROR,
                            .code = (enum wire_code)atomic_load(&fake->welcome_code),
                            .text = TEXT("not you")};
    static unsigned char last[LOOP_ROUTE_BYTES_MAX];
    fake_count(fake, &fake->hellos);
    if (memcmp(last, peer->route, peer->route_bytes) != 0)
        fake_count(fake, &fake->sockets);
    memcpy(last, peer->route, peer->route_bytes);
    if (fake_takes(&fake->hellos_unheard))
        return;
    fake_forget(fake);
    if (error.code != 0) {
        fake_send(fake, peer, &error);
        return;
    }
    memcpy(fake->route, peer->route, peer->route_bytes);
    fake->route_bytes = peer->route_bytes;
    fake_send(fake, peer,
              &(struct message){.verb = VERB_WELCOME,
                                .version = 1,
                                .name = text_from(fake->journal),
                                .session = 1,
                                .head = fake->count});
}

static void fake_credit(struct fake *fake, const struct message *message)
{
    fake_count(fake, &fake->credits);
    for (size_t i = 0; i < FAKE_SUBS_MAX; i++)
        if (fake->subs[i].used && fake->subs[i].sub == message->sub)
            fake->subs[i].credit += message->credit;
}

static void fake_unsubscribe(struct fake *fake, const struct message *message)
{
    fake_count(fake, &fake->unsubscribes);
    for (size_t i = 0; i < FAKE_SUBS_MAX; i++)
        if (fake->subs[i].used && fake->subs[i].sub == message->sub)
            fake->subs[i].used = false;
}

static void fake_receive(void *context, const struct loop_peer *peer, struct bytes payload)
{
    struct fake *fake = context;
    struct message message;
    struct complaint complaint;
    arena_reset(&fake->arena);
    if (atomic_load(&fake->deaf) != 0)
        return;
    if (wire_decode(&fake->arena, payload, &message, &complaint) != 0)
        die("the library sent what is no message: %s: %s", complaint.field, complaint.message);
    if (message.verb == VERB_HELLO) {
        fake_hello(fake, peer);
        return;
    }
    bool known =
        fake->route_bytes == peer->route_bytes && memcmp(fake->route, peer->route, peer->route_bytes) == 0;
    if (!known || fake_takes(&fake->expire)) {
        fake_forget(fake);
        fake_send(fake, peer,
                  &(struct message){.verb = VERB_ERROR, .code = WIRE_NO_SESSION, .text = TEXT("say HELLO")});
        return;
    }
    if (fake_takes(&fake->garbage)) {
        (void)!loop_send(fake->door, peer->route, peer->route_bytes,
                         (struct bytes){(const unsigned char *)"garbage", 7});
        return;
    }
    switch (message.verb) {
    case VERB_PUBLISH:
        fake_publish(fake, peer, &message);
        break;
    case VERB_SUBSCRIBE:
        fake_subscribe(fake, peer, &message);
        break;
    case VERB_CREDIT:
        fake_credit(fake, &message);
        break;
    case VERB_UNSUBSCRIBE:
        fake_unsubscribe(fake, &message);
        break;
    case VERB_QUERY:
        fake_answer(fake, peer, &message);
        break;
    case VERB_PING:
        fake_count(fake, &fake->pings);
        fake_send(fake, peer, &(struct message){.verb = VERB_PONG, .tag = message.tag, .head = fake->count});
        break;
    case VERB_BYE:
        fake_forget(fake);
        fake_count(fake, &fake->byes);
        break;
    default:
        die("the library said %s", wire_verb_name(message.verb));
    }
}

static bool fake_stream_damage(struct fake *fake, const struct fake_sub *sub)
{
    struct loop_peer peer = sub->peer;
    fake_forget(fake);
    fake_send(fake, &peer,
              &(struct message){.verb = VERB_ERROR, .code = WIRE_DAMAGED, .text = TEXT("damaged: entry 3")});
    return true;
}

static bool fake_stream_one(struct fake *fake, struct fake_sub *sub)
{
    struct entry entries[FAKE_BATCH];
    size_t count = 0, damaged = atomic_load(&fake->damaged);
    if (!sub->used || sub->credit == 0 || (sub->next > fake->count && !sub->fresh))
        return false;
    if (damaged != 0 && sub->next == damaged)
        return fake_stream_damage(fake, sub);
    while (count < FAKE_BATCH && count < sub->credit && sub->next + count <= fake->count &&
           sub->next + count != damaged) {
        const struct fake_entry *kept = &fake->entries[sub->next + count - 1];
        entries[count] = (struct entry){.seq = sub->next + count,
                                        .received_us = (int64_t)(sub->next + count),
                                        .publisher = TEXT("uid:1"),
                                        .body = {kept->body, kept->bytes}};
        count++;
    }
    sub->next += count;
    sub->credit -= count;
    sub->fresh = false;
    fake_send(fake, &sub->peer,
              &(struct message){.verb = VERB_EVENTS,
                                .sub = sub->sub,
                                .through = sub->next - 1,
                                .head = fake->count,
                                .entries = entries,
                                .count = count});
    bool last = atomic_load(&fake->streams) == 1;
    (void)fake_takes(&fake->streams); /* before the test hears of it and sets the next number */
    if (last) {                       /* the session ends in the middle of the stream */
        struct loop_peer peer = sub->peer;
        fake_forget(fake);
        fake_send(fake, &peer,
                  &(struct message){.verb = VERB_ERROR, .code = WIRE_NO_SESSION, .text = TEXT("say HELLO")});
    }
    return true;
}

static void fake_turn_end(void *context)
{
    struct fake *fake = context;
    bool more = false;
    if (atomic_exchange(&fake->release, 0) != 0)
        fake_release_held(fake);
    if (atomic_exchange(&fake->sever, 0) != 0)
        fake_forget(fake);
    (void)pthread_mutex_lock(&fake->lock);
    for (size_t i = 0; i < FAKE_SUBS_MAX; i++)
        more = fake_stream_one(fake, &fake->subs[i]) || more;
    (void)pthread_mutex_unlock(&fake->lock);
    if (more)
        loop_wake_signal(fake->wake);
}

static void fake_wake(void *context)
{
    struct fake *fake = context;
    if (atomic_load(&fake->stop) != 0)
        loop_stop(fake->loop);
}

static bool fake_admit(void *context, const struct loop_zap_request *request, char user_out[128])
{
    (void)context, (void)request;
    (void)snprintf(user_out, 128, "tester");
    return true;
}

static void *fake_run(void *context)
{
    struct fake *fake = context;
    loop_run(fake->loop);
    loop_socket_close(fake->door);
    (void)pthread_mutex_lock(&fake->lock); /* whoever signals is through */
    (void)pthread_mutex_unlock(&fake->lock);
    loop_wake_close(fake->wake);
    loop_close(fake->loop);
    return NULL;
}

/* A loop belongs to the thread that opens it. */
static void *fake_thread(void *context)
{
    struct fake *fake = context;
    struct complaint complaint = {.message = ""};
    struct loop_listen_options options = {
        .endpoint = fake->endpoint, .zap_domain = "test", .fd = -1, .ipc_mode = 0600};
    if (loop_open(&fake->loop) != 0 || loop_zap_open(fake->loop, fake_admit, fake) != 0 ||
        loop_wake_open(fake->loop, fake_wake, fake, &fake->wake) != 0 ||
        loop_listen(fake->loop, &options, fake_receive, fake, &fake->door, &complaint) != 0)
        die("the test's broker: %s", complaint.message);
    loop_on_turn_end(fake->loop, fake_turn_end, fake);
    fake_count(fake, &fake->sockets); /* it is up */
    atomic_store(&fake->sockets, 0);
    return fake_run(fake);
}

static void fake_start(struct fake *fake)
{
    atomic_store(&fake->stop, 0);
    (void)pthread_mutex_lock(&fake->lock);
    assert_int_equal(pthread_create(&fake->thread, NULL, fake_thread, fake), 0);
    (void)pthread_cond_wait(&fake->changed, &fake->lock);
    (void)pthread_mutex_unlock(&fake->lock);
}

static void fake_stop(struct fake *fake)
{
    (void)pthread_mutex_lock(&fake->lock);
    atomic_store(&fake->stop, 1);
    loop_wake_signal(fake->wake);
    (void)pthread_mutex_unlock(&fake->lock);
    (void)pthread_join(fake->thread, NULL);
    fake_forget(fake);
}

static void fake_await(struct fake *fake, atomic_uint *counter, unsigned wanted)
{
    (void)pthread_mutex_lock(&fake->lock);
    while (atomic_load(counter) < wanted)
        (void)pthread_cond_wait(&fake->changed, &fake->lock);
    (void)pthread_mutex_unlock(&fake->lock);
}

static void make_event(struct arena *arena, const char *id, const char *title, struct buffer *out)
{
    struct doc *data = doc_new(arena);
    doc_set_text(data, FIELD_TITLE, text_from(title));
    doc_set_text(data, FIELD_AREA, TEXT("roads"));
    struct event event = {.id = text_from(id),
                          .source = TEXT("/test"),
                          .type = &event_types[EVENT_ISSUE_RAISED],
                          .type_name = TEXT("issue.raised"),
                          .subject = TEXT("A-1"),
                          .time_us = 1579482000000000,
                          .data = data};
    event_encode(&event, out);
}

/* So many more entries in the broker's journal. */
static void fake_append(struct fake *fake, size_t count)
{
    struct arena arena;
    struct buffer body;
    char id[40];
    arena_open(&arena, ARENA_BYTES_MAX);
    buffer_open(&body, EVENT_BYTES_MAX);
    (void)pthread_mutex_lock(&fake->lock);
    for (size_t i = 0; i < count; i++) {
        arena_reset(&arena);
        buffer_reset(&body);
        (void)snprintf(id, sizeof(id), "entry-%zu", fake->count + 1);
        make_event(&arena, id, "a hole in the road", &body);
        fake_keep(fake, id, buffer_view(&body));
    }
    (void)pthread_mutex_unlock(&fake->lock);
    buffer_close(&body);
    arena_close(&arena);
    loop_wake_signal(fake->wake);
}

static int setup(void **state)
{
    struct fake *fake = memory_alloc(sizeof(*fake));
    memset(fake, 0, sizeof(*fake));
    (void)alarm(STALL_SECONDS); /* a stall ends the program, visibly */
    loop_process_prepare();
    (void)snprintf(fake->root, sizeof(fake->root), "/tmp/duban-client-XXXXXX");
    assert_non_null(mkdtemp(fake->root));
    (void)snprintf(fake->endpoint, sizeof(fake->endpoint), "ipc://%s/door", fake->root);
    fake->journal = "journal-1";
    (void)pthread_mutex_init(&fake->lock, NULL);
    (void)pthread_cond_init(&fake->changed, NULL);
    arena_open(&fake->arena, ARENA_BYTES_MAX);
    buffer_open(&fake->frame, 2 * MESSAGE_BYTES_MAX);
    fake_start(fake);
    *state = fake;
    return 0;
}

static int teardown(void **state)
{
    struct fake *fake = *state;
    fake_stop(fake);
    for (size_t i = 0; i < fake->count; i++)
        free(fake->entries[i].body);
    free(fake->entries);
    free(fake->held);
    arena_close(&fake->arena);
    buffer_close(&fake->frame);
    (void)pthread_mutex_destroy(&fake->lock);
    (void)pthread_cond_destroy(&fake->changed);
    int rc = rmdir(fake->root);
    if (rc != 0) {
        char path[120];
        (void)snprintf(path, sizeof(path), "%s/door", fake->root);
        (void)unlink(path);
        rc = rmdir(fake->root);
    }
    free(fake);
    return rc;
}

/* ---- a client, and what it was told ---- */

struct seen {
    struct duban *client;
    unsigned acks, duplicates, refused;
    uint64_t last_seq;
    char text[200], id[NAME_BYTES_MAX + 1];
    unsigned count; /* entries */
    uint64_t last, through, head;
    bool disorder;
    int subscription;
    unsigned wanted; /* entries, after which `then` happens */
    int (*then)(struct seen *seen);
    unsigned troubles;
    int trouble_code, trouble_subscription;
};

static void on_trouble(void *context, int code, int subscription, const char *text)
{
    struct seen *seen = context;
    seen->troubles++;
    seen->trouble_code = code;
    seen->trouble_subscription = subscription;
    assert_non_null(text);
}

static struct duban_options quick(const struct fake *fake, struct seen *seen)
{
    return (struct duban_options){.size = sizeof(struct duban_options),
                                  .endpoint = fake->endpoint,
                                  .name = "tester",
                                  .resend_ms = SOON_MS,
                                  .answer_ms = LONG_MS,
                                  .ping_ms = LONG_MS,
                                  .on_trouble = on_trouble,
                                  .trouble_context = seen};
}

static struct duban *open_quick(const struct fake *fake, struct seen *seen)
{
    struct duban_options options = quick(fake, seen);
    *seen = (struct seen){.client = duban_open(&options)};
    assert_non_null(seen->client);
    return seen->client;
}

#define UNTIL(client, condition)                                                                             \
    while (!(condition))                                                                                     \
    assert_int_equal(duban_wait(client, 1000), DUBAN_OK)

static void on_ack(void *context, const struct duban_ack *ack)
{
    struct seen *seen = context;
    seen->acks++;
    seen->duplicates += ack->duplicate != 0;
    seen->refused += ack->code != DUBAN_OK;
    seen->disorder |= ack->code == DUBAN_OK && ack->seq <= seen->last_seq;
    seen->last_seq = ack->seq;
    (void)snprintf(seen->text, sizeof(seen->text), "%s", ack->text);
    (void)snprintf(seen->id, sizeof(seen->id), "%s", ack->id);
}

static int on_entry(void *context, const struct duban_entry *entry)
{
    struct seen *seen = context;
    seen->count++;
    seen->disorder |= seen->last != 0 && entry->seq != seen->last + 1;
    seen->last = entry->seq;
    return seen->then != NULL && seen->count == seen->wanted ? seen->then(seen) : 0;
}

static int on_through(void *context, uint64_t through, uint64_t head)
{
    struct seen *seen = context;
    seen->through = through;
    seen->head = head;
    return 0;
}

static struct duban_event issue(const char *id)
{
    return (struct duban_event){.size = sizeof(struct duban_event),
                                .id = id,
                                .type = "issue.raised",
                                .subject = "A-1",
                                .charter = "shenzhen-2020",
                                .time = "2020-01-20T09:00:00+08:00",
                                .data_json = "{\"title\":\"路面塌陷\",\"area\":\"市容\"}"};
}

static int publish(struct duban *client, const char *id, struct seen *seen)
{
    struct duban_event event = issue(id);
    return duban_publish(client, &event, on_ack, seen);
}

static size_t journalled(struct fake *fake)
{
    (void)pthread_mutex_lock(&fake->lock);
    size_t count = fake->count;
    (void)pthread_mutex_unlock(&fake->lock);
    return count;
}

/* ---- publishing ---- */

static void acknowledged_once_each_in_order(void **state)
{
    enum { COUNT = 1000 };
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    char id[20];
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(id, sizeof(id), "e-%d", i);
        assert_int_equal(publish(client, id, &seen), DUBAN_OK);
        if (i % 100 == 0)
            assert_int_equal(duban_turn(client), DUBAN_OK);
    }
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_OK);
    assert_int_equal(seen.acks, COUNT);
    assert_int_equal(seen.refused + seen.duplicates, 0);
    assert_false(seen.disorder);
    assert_int_equal(journalled(fake), COUNT);
    assert_int_equal(duban_unacknowledged(client), 0);
    assert_int_equal(duban_head(client), COUNT);
    duban_close(client);
}

static void ids_and_sources_are_made(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    struct duban_event event = {.size = sizeof(event),
                                .type = "issue.raised",
                                .subject = "A-1",
                                .data_json = "{\"title\":\"t\",\"area\":\"a\"}"};
    struct duban_ack ack;
    assert_int_equal(duban_publish_wait(client, &event, LONG_MS, &ack), DUBAN_OK);
    assert_int_equal(ack.seq, 1);
    assert_int_equal(strlen(ack.id), 36);
    static const char json[] =
        "{\"type\":\"issue.raised\",\"source\":\"/hotline\",\"subject\":\"A-2\",\"data\":"
        "{\"title\":\"t\",\"area\":\"a\"}}";
    assert_int_equal(duban_publish_json(client, json, sizeof(json) - 1, on_ack, &seen), DUBAN_OK);
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_OK);
    assert_int_equal(seen.acks, 1);
    struct arena arena;
    struct event first;
    struct complaint complaint;
    arena_open(&arena, ARENA_BYTES_MAX);
    assert_int_equal(event_decode(&arena, (struct bytes){fake->entries[0].body, fake->entries[0].bytes},
                                  &first, &complaint),
                     0);
    assert_true(text_is(first.source, "/tester"));
    assert_true(first.time_us == CIVIL_NEVER_US);
    arena_close(&arena);
    duban_close(client);
}

static void resent_until_acknowledged(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    atomic_store(&fake->publishes_unheard, 2);
    assert_int_equal(publish(client, "unheard", &seen), DUBAN_OK);
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_OK);
    assert_true(atomic_load(&fake->publishes) >= 3);
    assert_int_equal(seen.acks, 1);
    assert_int_equal(seen.duplicates, 0);
    atomic_store(&fake->acks_lost, 2);
    assert_int_equal(publish(client, "answer-lost", &seen), DUBAN_OK);
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_OK);
    assert_true(atomic_load(&fake->publishes) >= 6);
    assert_int_equal(seen.acks, 2);
    assert_int_equal(seen.duplicates, 1);
    assert_int_equal(seen.refused, 0); /* a resend with other bytes would be a conflict */
    assert_int_equal(journalled(fake), 2);
    duban_close(client);
}

static void answer_to_any_sending_settles(void **state)
{
    struct fake *fake = *state;
    struct seen seen = {.acks = 0};
    struct duban_options options = quick(fake, &seen);
    options.resend_ms =
        5 * SOON_MS; /* so that a slow machine does not send it more often than is remembered */
    struct duban *client = duban_open(&options);
    atomic_store(&fake->acks_held, 1);
    atomic_store(&fake->unheard_while_held, 1); /* its resends, in which "b" goes along */
    assert_int_equal(publish(client, "a", &seen), DUBAN_OK);
    UNTIL(client, atomic_load(&fake->publishes) >= 1);
    assert_int_equal(publish(client, "b", &seen), DUBAN_OK);
    UNTIL(client, atomic_load(&fake->publishes) >= 3);
    atomic_store(&fake->release, 1);
    loop_wake_signal(fake->wake);
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_OK);
    assert_int_equal(seen.acks, 2);
    assert_int_equal(seen.duplicates, 0); /* its resend is one: the answer held back was understood */
    assert_int_equal(journalled(fake), 2);
    duban_close(client);
}

static void busy_is_tried_again_in_order(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    atomic_store(&fake->busy, 2);
    assert_int_equal(publish(client, "first", &seen), DUBAN_OK);
    UNTIL(client, atomic_load(&fake->publishes) >= 1 && duban_error(client)[0] != '\0');
    assert_non_null(strstr(duban_error(client), "busy"));
    assert_int_equal(publish(client, "second", &seen), DUBAN_OK);
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_OK);
    assert_int_equal(seen.acks, 2);
    assert_false(seen.disorder);
    assert_string_equal(fake->entries[0].id, "first");
    assert_int_equal(journalled(fake), 2);
    duban_close(client);
}

static void refusal_is_final_and_says_why(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    struct duban_event event = issue("bad");
    struct duban_ack ack;
    atomic_store(&fake->refuse_code, WIRE_INVALID);
    assert_int_equal(duban_publish_wait(client, &event, LONG_MS, &ack), WIRE_INVALID);
    assert_int_equal(ack.code, WIRE_INVALID);
    assert_string_equal(ack.id, "bad");
    assert_string_equal(ack.text, "data.title: no");
    assert_string_equal(duban_error(client), "data.title: no");
    assert_int_equal(duban_unacknowledged(client), 0);
    duban_close(client);
}

static void full_at_its_limit(void **state)
{
    struct fake *fake = *state;
    struct seen seen = {.acks = 0};
    struct duban_options options = quick(fake, &seen);
    options.unacknowledged_max = 3;
    struct duban *client = duban_open(&options);
    assert_int_equal(publish(client, "1", &seen), DUBAN_OK);
    assert_int_equal(publish(client, "2", &seen), DUBAN_OK);
    assert_int_equal(publish(client, "3", &seen), DUBAN_OK);
    assert_int_equal(publish(client, "4", &seen), DUBAN_FULL);
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_OK);
    assert_int_equal(publish(client, "4", &seen), DUBAN_OK);
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_OK);
    assert_int_equal(seen.acks, 4);
    duban_close(client);
}

static void waits_after_a_timeout_keep_apart(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    struct duban_event slow = issue("slow"), next = issue("next");
    struct duban_ack ack;
    atomic_store(&fake->deaf, 1);
    assert_int_equal(duban_publish_wait(client, &slow, SOON_MS, &ack), DUBAN_TIMEOUT);
    assert_int_equal(ack.code, DUBAN_TIMEOUT);
    assert_int_equal(duban_unacknowledged(client), 1);
    assert_int_equal(duban_flush(client, SOON_MS), DUBAN_TIMEOUT);
    duban_close(client);
    atomic_store(&fake->deaf, 0);
    client = open_quick(fake, &seen);
    assert_int_equal(duban_wait_ready(client, LONG_MS), DUBAN_OK);
    atomic_store(&fake->acks_held, 1);
    assert_int_equal(duban_publish_wait(client, &slow, SOON_MS / 2, NULL), DUBAN_TIMEOUT);
    atomic_store(&fake->release, 1); /* the late answer to "slow" comes while "next" is waited for */
    assert_int_equal(duban_publish_wait(client, &next, LONG_MS, &ack), DUBAN_OK);
    assert_string_equal(ack.id, "next");
    assert_int_equal(ack.seq, 2);
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_OK);
    duban_close(client);
}

static void bad_events_are_refused_here(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    struct duban_event event = issue("x");
    event.type = "issue.raist";
    assert_int_equal(duban_publish(client, &event, on_ack, &seen), DUBAN_INVALID);
    assert_non_null(strstr(duban_error(client), "issue.raised"));
    event = issue("x");
    event.size = 0;
    assert_int_equal(duban_publish(client, &event, on_ack, &seen), DUBAN_INVALID);
    assert_non_null(strstr(duban_error(client), "size: is not set"));
    event = issue("x");
    event.data_json = "{\"title\":\"t\"}";
    assert_int_equal(duban_publish(client, &event, on_ack, &seen), DUBAN_INVALID);
    assert_non_null(strstr(duban_error(client), "area"));
    event = issue("x");
    event.time = "yesterday";
    assert_int_equal(duban_publish(client, &event, on_ack, &seen), DUBAN_INVALID);
    assert_int_equal(duban_publish_bytes(client, "\xc1", 1, on_ack, &seen), DUBAN_INVALID);
    char *large = calloc(1, EVENT_BYTES_MAX + 1);
    assert_int_equal(duban_publish_bytes(client, large, EVENT_BYTES_MAX + 1, on_ack, &seen), DUBAN_INVALID);
    free(large);
    assert_int_equal(duban_publish_json(client, "[1]", 3, on_ack, &seen), DUBAN_INVALID);
    assert_int_equal(duban_unacknowledged(client), 0);
    duban_close(client);
}

/* Fields within their bounds can come to more than an event may have. */
static void too_large_as_a_whole(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    struct buffer json;
    buffer_open(&json, 1 << 20);
    buffer_printf(&json, "{\"items\":[");
    for (int i = 0; i < 120; i++)
        buffer_printf(&json, "%s{\"opinion\":\"%0*d\"}", i > 0 ? "," : "", 8000, i);
    buffer_printf(&json, "]}%c", '\0');
    struct duban_event event = issue("large");
    event.type = "solution.drafted";
    event.data_json = (const char *)json.at;
    assert_int_equal(duban_publish(client, &event, on_ack, &seen), DUBAN_INVALID);
    assert_non_null(strstr(duban_error(client), "at most"));
    buffer_close(&json);
    duban_close(client);
}

static void large_events_go_in_several_messages(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    char *data = calloc(1, 16500), id[20];
    (void)snprintf(data, 16500, "{\"title\":\"t\",\"area\":\"a\",\"detail\":\"%016000d\"}", 7);
    for (int i = 0; i < 200; i++) {
        (void)snprintf(id, sizeof(id), "large-%d", i);
        struct duban_event event = issue(id);
        event.data_json = data;
        assert_int_equal(duban_publish(client, &event, on_ack, &seen), DUBAN_OK);
    }
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_OK);
    assert_int_equal(seen.acks, 200);
    assert_true(atomic_load(&fake->publishes) >= 4);
    assert_false(seen.disorder);
    free(data);
    duban_close(client);
}

/* ---- connections that break ---- */

static void no_session_makes_a_new_socket(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    assert_int_equal(duban_wait_ready(client, LONG_MS), DUBAN_OK);
    atomic_store(&fake->expire, 1);
    assert_int_equal(publish(client, "a", &seen), DUBAN_OK);
    assert_int_equal(publish(client, "b", &seen), DUBAN_OK);
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_OK);
    assert_int_equal(seen.acks, 2);
    assert_int_equal(seen.troubles, 1);
    assert_int_equal(seen.trouble_code, WIRE_NO_SESSION);
    assert_int_equal(seen.trouble_subscription, 0);
    assert_int_equal(atomic_load(&fake->sockets), 2);
    assert_int_equal(journalled(fake), 2);
    assert_string_equal(fake->entries[0].id, "a");
    duban_close(client);
}

static void silence_makes_a_new_socket(void **state)
{
    struct fake *fake = *state;
    struct seen seen = {.acks = 0};
    struct duban_options options = quick(fake, &seen);
    options.ping_ms = SOON_MS;
    options.answer_ms = LATE_MS;
    struct duban *client = duban_open(&options);
    assert_int_equal(duban_wait_ready(client, LONG_MS), DUBAN_OK);
    UNTIL(client, atomic_load(&fake->pings) >= 3); /* answered: nothing breaks */
    assert_int_equal(seen.troubles, 0);
    atomic_store(&fake->deaf, 1);
    UNTIL(client, seen.troubles >= 1);
    assert_int_equal(seen.trouble_code, DUBAN_SYSTEM);
    atomic_store(&fake->deaf, 0);
    assert_int_equal(publish(client, "a", &seen), DUBAN_OK);
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_OK);
    assert_true(atomic_load(&fake->sockets) >= 2);
    assert_int_equal(seen.acks, 1);
    duban_close(client);
}

static void unanswered_hello_makes_a_new_socket(void **state)
{
    struct fake *fake = *state;
    struct seen seen = {.acks = 0};
    struct duban_options options = quick(fake, &seen);
    options.answer_ms = LATE_MS;
    atomic_store(&fake->hellos_unheard, 2);
    struct duban *client = duban_open(&options);
    assert_int_equal(duban_wait_ready(client, LONG_MS), DUBAN_OK);
    assert_int_equal(atomic_load(&fake->hellos), 3);
    assert_int_equal(atomic_load(&fake->sockets), 3);
    assert_int_equal(seen.troubles, 2);
    duban_close(client);
}

static void refused_hello_says_why(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client;
    atomic_store(&fake->welcome_code, WIRE_FORBIDDEN);
    client = open_quick(fake, &seen);
    assert_int_equal(duban_wait_ready(client, LONG_MS), DUBAN_SYSTEM);
    assert_non_null(strstr(duban_error(client), "not you"));
    assert_int_equal(seen.trouble_code, WIRE_FORBIDDEN);
    assert_int_equal(publish(client, "a", &seen), DUBAN_OK);
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_SYSTEM); /* nor does any other wait last */
    int code = DUBAN_OK;
    while (code == DUBAN_OK)
        code = duban_wait(client, LONG_MS);
    assert_int_equal(code, DUBAN_SYSTEM);
    assert_non_null(strstr(duban_error(client), "not you"));
    atomic_store(&fake->welcome_code, 0);
    assert_int_equal(duban_wait_ready(client, LONG_MS), DUBAN_OK);
    duban_close(client);
}

static void garbage_makes_a_new_socket(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    atomic_store(&fake->garbage, 1);
    assert_int_equal(publish(client, "a", &seen), DUBAN_OK);
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_OK);
    assert_int_equal(seen.acks, 1);
    assert_int_equal(seen.trouble_code, WIRE_MALFORMED);
    duban_close(client);
}

static void broker_that_comes_late_and_again(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    fake_stop(fake);
    struct duban *client = open_quick(fake, &seen);
    assert_int_equal(publish(client, "early", &seen), DUBAN_OK);
    assert_int_equal(duban_flush(client, SOON_MS), DUBAN_TIMEOUT);
    fake_start(fake);
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_OK);
    fake_stop(fake);
    assert_int_equal(publish(client, "between", &seen), DUBAN_OK);
    assert_int_equal(duban_flush(client, SOON_MS), DUBAN_TIMEOUT);
    fake_start(fake);
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_OK);
    assert_int_equal(seen.acks, 2);
    assert_int_equal(journalled(fake), 2);
    duban_close(client);
}

/* An hour would pass before the time is up. */
static void nobody_there_is_told_at_once(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    enum { HOUR_MS = 3600000 };
    fake_stop(fake);
    (void)unlink(fake->endpoint + strlen("ipc://"));
    struct duban *client = open_quick(fake, &seen);
    assert_int_equal(duban_wait_ready(client, HOUR_MS), DUBAN_SYSTEM);
    assert_non_null(strstr(duban_error(client), "no such socket"));
    struct sockaddr_un stale = {.sun_family = AF_UNIX};
    (void)snprintf(stale.sun_path, sizeof(stale.sun_path), "%s", fake->endpoint + strlen("ipc://"));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&stale, sizeof(stale)), 0);
    (void)close(fd);
    assert_int_equal(duban_wait_ready(client, HOUR_MS), DUBAN_SYSTEM);
    assert_non_null(strstr(duban_error(client), "connection refused"));
    (void)unlink(stale.sun_path);
    fake_start(fake);
    assert_int_equal(duban_wait_ready(client, LONG_MS), DUBAN_OK);
    duban_close(client);
}

static void a_closed_door_is_told_at_once(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    bool root = geteuid() == 0;
    assert_int_equal(root ? seteuid(65534) : chmod(fake->root, 0), 0);
    struct duban *client = open_quick(fake, &seen);
    int code = duban_wait_ready(client, LONG_MS);
    assert_int_equal(root ? seteuid(0) : chmod(fake->root, 0700), 0);
    assert_int_equal(code, DUBAN_SYSTEM);
    assert_non_null(strstr(duban_error(client), "permission denied"));
    assert_non_null(strstr(duban_error(client), fake->root)); /* the directory is what is closed */
    duban_close(client);
}

static void closing_says_bye(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    assert_int_equal(duban_wait_ready(client, LONG_MS), DUBAN_OK);
    duban_close(client);
    fake_await(fake, &fake->byes, 1);
    duban_close(NULL);
}

/* ---- subscriptions ---- */

static void everything_once_across_lost_sessions(void **state)
{
    enum { COUNT = 3000 };
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    fake_append(fake, COUNT);
    atomic_store(&fake->streams, 7);
    assert_true(duban_subscribe(client, 1, NULL, on_entry, on_through, &seen) > 0);
    UNTIL(client, seen.troubles == 1);
    assert_true(seen.count < COUNT);
    atomic_store(&fake->streams, 5);
    UNTIL(client, seen.through >= COUNT && seen.troubles == 2);
    assert_int_equal(seen.count, COUNT);
    assert_int_equal(seen.last, COUNT);
    assert_false(seen.disorder);
    fake_append(fake, 10);
    UNTIL(client, seen.through >= COUNT + 10);
    assert_int_equal(seen.count, COUNT + 10);
    assert_false(seen.disorder);
    assert_true(atomic_load(&fake->credits) > 0);
    duban_close(client);
}

static void only_what_is_new(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    fake_append(fake, 50);
    assert_true(duban_subscribe(client, 0, NULL, on_entry, on_through, &seen) > 0);
    UNTIL(client, seen.through == 50);
    assert_int_equal(seen.count, 0);
    assert_int_equal(fake->froms[0], 0);
    atomic_store(&fake->sever, 1); /* what comes while the session is lost is new, too */
    fake_append(fake, 5);
    char *rows = NULL;
    assert_int_equal(duban_query(client, "x", NULL, LONG_MS, &rows, NULL), DUBAN_OK);
    free(rows);
    UNTIL(client, seen.through == 55);
    assert_int_equal(seen.count, 5);
    assert_int_equal(seen.last, 55);
    duban_close(client);
}

/* Waits by poll alone, as a foreign event loop would; the descriptor must never stay quiet with data waiting.
 */
static void burst_through_a_foreign_loop(void **state)
{
    enum { COUNT = 10000 };
    struct fake *fake = *state;
    struct seen seen = {.acks = 0};
    struct duban_options options = quick(fake, &seen);
    options.resend_ms = LONG_MS;
    struct duban *client = duban_open(&options);
    char id[20];
    int published = 0;
    fake_append(fake, COUNT);
    assert_true(duban_subscribe(client, 1, NULL, on_entry, on_through, &seen) > 0);
    struct pollfd watched = {.fd = duban_fd(client), .events = POLLIN};
    while (seen.count < COUNT || seen.acks < COUNT) {
        while (published < COUNT && duban_unacknowledged(client) < 1000) {
            (void)snprintf(id, sizeof(id), "p-%d", published++);
            assert_int_equal(publish(client, id, &seen), DUBAN_OK);
        }
        assert_int_equal(poll(&watched, 1, LONG_MS), 1);
        assert_int_equal(duban_turn(client), DUBAN_OK);
        assert_int_equal(duban_fd(client), watched.fd);
    }
    assert_false(seen.disorder);
    assert_int_equal(seen.duplicates, 0);
    duban_close(client);
}

static void timers_make_the_descriptor_readable(void **state)
{
    struct fake *fake = *state;
    struct seen seen = {.acks = 0};
    struct duban_options options = quick(fake, &seen);
    options.ping_ms = SOON_MS;
    struct duban *client = duban_open(&options);
    struct pollfd watched = {.fd = duban_fd(client), .events = POLLIN};
    while (atomic_load(&fake->pings) < 3) {
        assert_int_equal(poll(&watched, 1, LONG_MS), 1);
        assert_int_equal(duban_turn(client), DUBAN_OK);
        assert_true(duban_next_ms(client) <= LONG_MS);
    }
    duban_close(client);
}

/* A quiet client sleeps: nothing makes the descriptor readable again and again. */
static void quiet_when_nothing_is_to_do(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    struct pollfd watched = {.fd = duban_fd(client), .events = POLLIN};
    int turns = 0;
    assert_int_equal(publish(client, "a", &seen), DUBAN_OK);
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_OK);
    while (poll(&watched, 1, SOON_MS) == 1 && turns++ < 20)
        assert_int_equal(duban_turn(client), DUBAN_OK);
    assert_true(turns < 20);
    assert_true(duban_next_ms(client) > SOON_MS);
    duban_close(client);
    fake_stop(fake); /* nor while it waits for a broker that is not there */
    client = open_quick(fake, &seen);
    watched.fd = duban_fd(client);
    for (turns = 0; poll(&watched, 1, SOON_MS) == 1 && turns < 50; turns++)
        assert_int_equal(duban_turn(client), DUBAN_OK);
    assert_true(turns < 50);
    duban_close(client);
    fake_start(fake);
}

static void gone_ends_only_its_own(void **state)
{
    struct fake *fake = *state;
    struct seen seen, other = {.count = 0};
    struct duban *client = open_quick(fake, &seen);
    fake_append(fake, 5);
    assert_true(duban_subscribe(client, 1, NULL, on_entry, on_through, &other) > 0);
    int beyond = duban_subscribe(client, 4711, NULL, on_entry, on_through, &seen);
    assert_true(beyond > 0);
    int code = DUBAN_OK;
    while (code == DUBAN_OK)
        code = duban_wait(client, LONG_MS);
    assert_int_equal(code, DUBAN_SYSTEM);
    assert_int_equal(seen.troubles, 2); /* the subscription, then the session that ended with it */
    fake_append(fake, 5);
    UNTIL(client, other.through == 10);
    assert_int_equal(other.count, 10);
    assert_false(other.disorder);
    assert_int_equal(seen.count, 0);
    assert_int_equal(seen.troubles, 2);
    duban_close(client);
}

/* What cannot be read will not be readable the next time: the reader learns of it, the publisher goes on. */
static void damage_ends_reading(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    fake_append(fake, 5);
    atomic_store(&fake->damaged, 3);
    int subscription = duban_subscribe(client, 1, NULL, on_entry, on_through, &seen);
    int code = DUBAN_OK;
    while (code == DUBAN_OK)
        code = duban_wait(client, LONG_MS);
    assert_int_equal(code, DUBAN_SYSTEM);
    assert_non_null(strstr(duban_error(client), "damaged: entry 3"));
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.troubles, 2); /* of the subscription, then of its session */
    assert_int_equal(seen.trouble_code, WIRE_DAMAGED);
    assert_true(subscription > 0);
    assert_int_equal(publish(client, "after", &seen), DUBAN_OK);
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_OK);
    assert_int_equal(duban_wait(client, 0), DUBAN_OK); /* told once */
    assert_int_equal(atomic_load(&fake->subscribes), 1);
    duban_close(client);
}

static void another_journal_ends_all(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    fake_append(fake, 5);
    int subscription = duban_subscribe(client, 1, NULL, on_entry, on_through, &seen);
    UNTIL(client, seen.through == 5);
    fake_stop(fake);
    fake->journal = "journal-2";
    fake_start(fake);
    assert_int_equal(publish(client, "pending", &seen), DUBAN_OK);
    int code = DUBAN_OK;
    while (code == DUBAN_OK)
        code = duban_wait(client, LONG_MS);
    assert_int_equal(code, DUBAN_SYSTEM);
    assert_non_null(strstr(duban_error(client), "another journal"));
    assert_int_equal(seen.trouble_subscription, subscription);
    assert_int_equal(seen.trouble_code, WIRE_GONE);
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_OK);
    assert_int_equal(seen.count, 5);
    assert_int_equal(atomic_load(&fake->subscribes), 1);
    duban_close(client);
}

static void filters_are_checked_here(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    char name[NAME_BYTES_MAX + 2];
    const char *types[LIST_COUNT_MAX + 2];
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    struct duban_filter filter = {.size = sizeof(filter), .subject = name};
    assert_int_equal(duban_subscribe(client, 1, &filter, on_entry, NULL, &seen), DUBAN_INVALID);
    assert_non_null(strstr(duban_error(client), "subject"));
    for (size_t i = 0; i <= LIST_COUNT_MAX; i++)
        types[i] = "issue";
    types[LIST_COUNT_MAX + 1] = NULL;
    filter = (struct duban_filter){.size = sizeof(filter), .types = types};
    assert_int_equal(duban_subscribe(client, 1, &filter, on_entry, NULL, &seen), DUBAN_INVALID);
    assert_int_equal(duban_subscribe(client, UINT64_C(1) << 60, NULL, on_entry, NULL, &seen), DUBAN_INVALID);
    types[LIST_COUNT_MAX] = NULL;
    for (int i = 0; i < SUBSCRIPTIONS_MAX; i++)
        assert_true(duban_subscribe(client, 1, &filter, on_entry, NULL, &seen) > 0);
    assert_int_equal(duban_subscribe(client, 1, NULL, on_entry, NULL, &seen), DUBAN_FULL);
    fake_append(fake, 1);
    UNTIL(client, seen.count == SUBSCRIPTIONS_MAX); /* all are announced, one after another */
    assert_int_equal(atomic_load(&fake->subscribes), SUBSCRIPTIONS_MAX);
    duban_close(client);
}

static void entries_as_json(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    fake_append(fake, 1);
    struct duban_entry entry = {.seq = 1,
                                .received_us = 1579482000000000,
                                .publisher = "uid:1",
                                .event = fake->entries[0].body,
                                .event_bytes = fake->entries[0].bytes};
    char *json = duban_entry_json(&entry);
    assert_non_null(json);
    assert_non_null(strstr(json, "\"type\":\"issue.raised\""));
    assert_non_null(strstr(json, "a hole in the road"));
    free(json);
    entry.event_bytes--;
    assert_null(duban_entry_json(&entry));
    duban_close(client);
}

/* ---- callbacks that do things ---- */

static void publish_another(void *context, const struct duban_ack *ack)
{
    struct seen *seen = context;
    char id[30];
    on_ack(context, ack);
    if (seen->acks >= 50)
        return;
    for (int i = 0; i < 2 && duban_unacknowledged(seen->client) < 40; i++) {
        (void)snprintf(id, sizeof(id), "chain-%u-%d", seen->acks, i);
        struct duban_event event = issue(id);
        assert_int_equal(duban_publish(seen->client, &event, publish_another, seen), DUBAN_OK);
    }
}

static void acknowledgements_may_publish(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    for (int i = 0; i < 10; i++) {
        char id[20];
        (void)snprintf(id, sizeof(id), "start-%d", i);
        struct duban_event event = issue(id);
        assert_int_equal(duban_publish(client, &event, publish_another, &seen), DUBAN_OK);
    }
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_OK);
    assert_true(seen.acks >= 50);
    assert_int_equal(seen.refused + seen.duplicates, 0);
    assert_int_equal(journalled(fake), seen.acks);
    duban_close(client);
}

static int then_publish(struct seen *seen)
{
    seen->wanted++;
    if (seen->count > 150)
        return 0;
    char id[20];
    (void)snprintf(id, sizeof(id), "echo-%u", seen->count);
    return publish(seen->client, id, seen);
}

/* The message being handled must survive what its callbacks build. */
static void entries_may_publish(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    fake_append(fake, 200);
    seen.wanted = 1;
    seen.then = then_publish;
    assert_true(duban_subscribe(client, 1, NULL, on_entry, on_through, &seen) > 0);
    UNTIL(client, seen.count >= 350 && seen.acks == 150);
    assert_false(seen.disorder);
    assert_int_equal(journalled(fake), 350);
    duban_close(client);
}

static int then_unsubscribe(struct seen *seen)
{
    duban_unsubscribe(seen->client, seen->subscription);
    return 0;
}

static int then_end(struct seen *seen)
{
    (void)seen;
    return 1;
}

static void entries_may_unsubscribe(void **state)
{
    struct fake *fake = *state;
    fake_append(fake, 100);
    int (*const ways[])(struct seen * seen) = {then_unsubscribe, then_end};
    for (unsigned i = 0; i < 2; i++) {
        struct seen seen;
        struct duban *client = open_quick(fake, &seen);
        seen.wanted = 7;
        seen.then = ways[i];
        seen.subscription = duban_subscribe(client, 1, NULL, on_entry, on_through, &seen);
        UNTIL(client, seen.count == 7);
        fake_await(fake, &fake->unsubscribes, i + 1);
        assert_int_equal(seen.count, 7);
        assert_int_equal(seen.through, 0);
        duban_unsubscribe(client, seen.subscription); /* once more is harmless */
        duban_unsubscribe(client, -1);
        duban_close(client);
    }
}

static int then_subscribe_anew(struct seen *seen)
{
    duban_unsubscribe(seen->client, seen->subscription);
    seen->count = 0;
    seen->last = 0;
    seen->then = NULL;
    seen->subscription = duban_subscribe(seen->client, 150, NULL, on_entry, on_through, seen);
    return seen->subscription > 0 ? 0 : 1;
}

/* EVENTS of the old one are still on the way when the new one takes its place. */
static void new_subscription_sees_nothing_of_the_old(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    fake_append(fake, 400);
    seen.wanted = 3;
    seen.then = then_subscribe_anew;
    seen.subscription = duban_subscribe(client, 1, NULL, on_entry, on_through, &seen);
    UNTIL(client, seen.through == 400);
    assert_int_equal(seen.count, 251);
    assert_false(seen.disorder);
    duban_close(client);
}

static int then_close(struct seen *seen)
{
    duban_close(seen->client);
    return 0;
}

static void ack_and_close(void *context, const struct duban_ack *ack)
{
    struct seen *seen = context;
    on_ack(context, ack);
    duban_close(seen->client);
}

static void callbacks_may_close(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    int code = DUBAN_OK;
    struct duban *client = open_quick(fake, &seen);
    fake_append(fake, 100);
    seen.wanted = 5;
    seen.then = then_close;
    assert_true(duban_subscribe(client, 1, NULL, on_entry, on_through, &seen) > 0);
    while (code == DUBAN_OK)
        code = duban_wait(client, 1000);
    assert_int_equal(code, DUBAN_CLOSED);
    assert_int_equal(seen.count, 5);
    assert_int_equal(seen.through, 0);
    client = open_quick(fake, &seen);
    for (int i = 0; i < 3; i++) {
        struct duban_event event = issue(i == 0 ? "c-0" : i == 1 ? "c-1" : "c-2");
        assert_int_equal(duban_publish(client, &event, ack_and_close, &seen), DUBAN_OK);
    }
    assert_int_equal(duban_flush(client, LONG_MS), DUBAN_CLOSED);
    assert_int_equal(seen.acks, 1);
}

static int then_block(struct seen *seen)
{
    char *rows = NULL;
    struct duban_event event = issue("inner");
    assert_int_equal(duban_turn(seen->client), DUBAN_INVALID);
    assert_int_equal(duban_wait(seen->client, 10), DUBAN_INVALID);
    assert_int_equal(duban_flush(seen->client, 10), DUBAN_INVALID);
    assert_int_equal(duban_wait_ready(seen->client, 10), DUBAN_INVALID);
    assert_int_equal(duban_publish_wait(seen->client, &event, 10, NULL), DUBAN_INVALID);
    assert_int_equal(duban_query(seen->client, "x", NULL, 10, &rows, NULL), DUBAN_INVALID);
    return 0;
}

static void callbacks_may_not_block(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    fake_append(fake, 10);
    seen.wanted = 5;
    seen.then = then_block;
    assert_true(duban_subscribe(client, 1, NULL, on_entry, on_through, &seen) > 0);
    UNTIL(client, seen.through == 10);
    assert_int_equal(seen.count, 10);
    assert_int_equal(journalled(fake), 10);
    duban_close(client);
}

/* ---- queries ---- */

static void queries_are_answered(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    char *rows = NULL;
    int more = 0;
    assert_int_equal(duban_query(client, "issues", "{\"charter\":\"x\"}", LONG_MS, &rows, &more), DUBAN_OK);
    assert_string_equal(rows, "[{\"name\":\"issues\",\"bytes\":11},{\"name\":\"issues\",\"bytes\":11}]");
    assert_int_equal(more, 1);
    free(rows);
    rows = NULL;
    assert_int_equal(duban_query(client, "nothing", NULL, LONG_MS, &rows, NULL), WIRE_UNKNOWN);
    assert_null(rows);
    assert_string_equal(duban_error(client), "there is no such query");
    assert_int_equal(duban_query(client, "broken", NULL, LONG_MS, &rows, NULL), DUBAN_INVALID);
    assert_non_null(strstr(duban_error(client), "row 1"));
    assert_int_equal(duban_query(client, "issues", "{\"charta\":\"x\"}", LONG_MS, &rows, NULL),
                     DUBAN_INVALID);
    assert_non_null(strstr(duban_error(client), "charter"));
    assert_int_equal(duban_query(client, "is\nsues", NULL, LONG_MS, &rows, NULL), DUBAN_INVALID);
    char name[300];
    memset(name, 'x', sizeof(name));
    name[299] = '\0';
    assert_int_equal(duban_query(client, name, NULL, LONG_MS, &rows, NULL), DUBAN_INVALID);
    assert_int_equal(atomic_load(&fake->queries), 3);
    duban_close(client);
}

static void queries_time_out_and_keep_apart(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    char *rows = NULL;
    assert_int_equal(duban_wait_ready(client, LONG_MS), DUBAN_OK);
    atomic_store(&fake->queries_unheard, 1);
    assert_int_equal(duban_query(client, "lost", NULL, SOON_MS, &rows, NULL), DUBAN_TIMEOUT);
    assert_null(rows);
    assert_int_equal(duban_query(client, "next", NULL, LONG_MS, &rows, NULL), DUBAN_OK);
    assert_non_null(strstr(rows, "next"));
    free(rows);
    duban_close(client);
}

static void queries_are_asked_again_after_a_reconnect(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban *client = open_quick(fake, &seen);
    char *rows = NULL;
    assert_int_equal(duban_wait_ready(client, LONG_MS), DUBAN_OK);
    atomic_store(&fake->expire, 1);
    assert_int_equal(duban_query(client, "issues", NULL, LONG_MS, &rows, NULL), DUBAN_OK);
    assert_int_equal(seen.troubles, 1);
    free(rows);
    duban_close(client);
}

/* ---- opening ---- */

static void bad_options(void **state)
{
    struct fake *fake = *state;
    struct seen seen;
    struct duban_options options = quick(fake, &seen);
    char name[NAME_BYTES_MAX + 2];
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    options.endpoint = "nonsense";
    assert_null(duban_open(&options));
    options = quick(fake, &seen);
    options.name = name;
    assert_null(duban_open(&options));
    options.name = "a\nb";
    assert_null(duban_open(&options));
    options = quick(fake, &seen);
    options.curve_server = "too short";
    assert_null(duban_open(&options));
    options = quick(fake, &seen);
    options.size = offsetof(struct duban_options, answer_ms); /* a program built with an older header */
    struct duban *client = duban_open(&options);
    assert_non_null(client);
    assert_int_equal(duban_wait_ready(client, LONG_MS), DUBAN_OK);
    duban_close(client);
    assert_int_equal(setenv("DUBAN_ENDPOINT", fake->endpoint, 1), 0);
    client = duban_open(NULL);
    assert_non_null(client);
    assert_int_equal(duban_wait_ready(client, LONG_MS), DUBAN_OK);
    duban_close(client);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(acknowledged_once_each_in_order),
        T(ids_and_sources_are_made),
        T(resent_until_acknowledged),
        T(answer_to_any_sending_settles),
        T(busy_is_tried_again_in_order),
        T(refusal_is_final_and_says_why),
        T(full_at_its_limit),
        T(waits_after_a_timeout_keep_apart),
        T(bad_events_are_refused_here),
        T(too_large_as_a_whole),
        T(large_events_go_in_several_messages),
        T(no_session_makes_a_new_socket),
        T(silence_makes_a_new_socket),
        T(unanswered_hello_makes_a_new_socket),
        T(refused_hello_says_why),
        T(garbage_makes_a_new_socket),
        T(broker_that_comes_late_and_again),
        T(nobody_there_is_told_at_once),
        T(a_closed_door_is_told_at_once),
        T(closing_says_bye),
        T(everything_once_across_lost_sessions),
        T(only_what_is_new),
        T(burst_through_a_foreign_loop),
        T(timers_make_the_descriptor_readable),
        T(quiet_when_nothing_is_to_do),
        T(gone_ends_only_its_own),
        T(damage_ends_reading),
        T(another_journal_ends_all),
        T(filters_are_checked_here),
        T(entries_as_json),
        T(acknowledgements_may_publish),
        T(entries_may_publish),
        T(entries_may_unsubscribe),
        T(new_subscription_sees_nothing_of_the_old),
        T(callbacks_may_close),
        T(callbacks_may_not_block),
        T(queries_are_answered),
        T(queries_time_out_and_keep_apart),
        T(queries_are_asked_again_after_a_reconnect),
        T(bad_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
