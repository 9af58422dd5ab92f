/* Goal: the loop neither stalls nor starves, its doors admit only whom ZAP admits, and its timers and
 * wake-ups keep time. Method: real ipc and tcp sockets between loops in two threads, and a peer that speaks
 * ZMTP by hand to misbehave. */
#include "base/arena.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/loop.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

enum { STALL_SECONDS = 60 };

struct fixture {
    char root[64], endpoint[100];
    const char *path; /* of the endpoint */
    struct loop *loop;
    struct loop_socket *door, *client;
    unsigned received, expected, asked;
    char user[128], address[256];
    unsigned char route[LOOP_ROUTE_BYTES_MAX];
    size_t route_bytes;
    uint64_t digest; /* of what came, in order */
};

static bool admit(void *context, const struct loop_zap_request *request, char user_out[128])
{
    struct fixture *f = context;
    __atomic_add_fetch(&f->asked, 1, __ATOMIC_SEQ_CST);
    if (!text_is(request->domain, "open"))
        return false;
    (void)snprintf(user_out, 128, "%s", request->curve_key.bytes > 0 ? "by-key" : "by-socket");
    return true;
}

static int setup(void **state)
{
    struct fixture *f = memory_alloc(sizeof(*f));
    (void)snprintf(f->root, sizeof(f->root), "/tmp/duban-loop-XXXXXX");
    assert_non_null(mkdtemp(f->root));
    (void)snprintf(f->endpoint, sizeof(f->endpoint), "ipc://%s/door", f->root);
    f->path = f->endpoint + strlen("ipc://");
    (void)alarm(STALL_SECONDS); /* a stall ends the program, visibly */
    loop_process_prepare();
    assert_int_equal(loop_open(&f->loop), 0);
    assert_int_equal(loop_zap_open(f->loop, admit, f), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    loop_close(f->loop);
    int rc = file_remove_folder(f->root);
    free(f);
    return rc;
}

static int listen_at(struct fixture *f, const char *endpoint, const char *domain, loop_receive *receive,
                     struct loop_socket **socket_out, struct complaint *complaint)
{
    struct loop_listen_options options = {
        .endpoint = endpoint, .zap_domain = domain, .fd = -1, .ipc_mode = 0600};
    return loop_listen(f->loop, &options, receive, f, socket_out, complaint);
}

static void connect_to(struct loop *loop, const char *endpoint, loop_receive *receive, void *context,
                       struct loop_socket **socket_out)
{
    struct loop_connect_options options = {.endpoint = endpoint};
    struct complaint complaint;
    assert_int_equal(loop_connect(loop, &options, receive, context, socket_out, &complaint), 0);
}

static void receive_nothing(void *context, const struct loop_peer *peer, struct bytes payload)
{
    (void)context, (void)peer, (void)payload;
    fail_msg("a message came where none may come");
}

/* Remembers who sent, and stops the loop when all that is expected has come. */
static void receive_and_note(void *context, const struct loop_peer *peer, struct bytes payload)
{
    struct fixture *f = context;
    (void)snprintf(f->user, sizeof(f->user), "%.*s", TEXT_PRINT(peer->user));
    (void)snprintf(f->address, sizeof(f->address), "%.*s", TEXT_PRINT(peer->address));
    memcpy(f->route, peer->route, peer->route_bytes);
    f->route_bytes = peer->route_bytes;
    f->digest = f->digest * 31 + payload.bytes;
    if (++f->received == f->expected)
        loop_stop(f->loop);
}

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){(const unsigned char *)text, strlen(text)};
}

/* Sends one message as soon as the connection stands. */
static void send_when_connected(void *context)
{
    struct fixture *f = context;
    if (f->client != NULL && loop_send(f->client, NULL, 0, bytes_of("hello")) == 0)
        f->client = NULL;
}

/* ---- messages in bursts ---- */
/* A pipe of 1000 messages tells its sender what was read in steps of 500, so that fewer than 500 always fit.
 */
enum { BURST_MESSAGES = 10000, BURST_MAX = 400 };

struct burst {
    struct loop *loop;
    struct loop_socket *socket;
    const char *endpoint;
    unsigned sent, received, burst_end;
};

static void burst_send(void *context)
{
    struct burst *b = context;
    unsigned char payload[600];
    memset(payload, 'x', sizeof(payload));
    while (b->sent < b->burst_end) {
        memcpy(payload, &b->sent, sizeof(b->sent));
        if (loop_send(b->socket, NULL, 0, (struct bytes){payload, 4 + b->sent % 500}) != 0)
            return; /* full or not connected yet: the next turn goes on */
        b->sent++;
    }
}

static void burst_receive(void *context, const struct loop_peer *peer, struct bytes payload)
{
    struct burst *b = context;
    unsigned number;
    assert_true(payload.bytes >= sizeof(number) && peer->route_bytes == 0);
    memcpy(&number, payload.at, sizeof(number));
    assert_int_equal(number, b->received);
    b->received++;
    if (b->received == BURST_MESSAGES)
        loop_stop(b->loop);
    if (b->received < b->burst_end)
        return;
    unsigned end = b->burst_end + 1 + (unsigned)rand() % BURST_MAX;
    b->burst_end = end < BURST_MESSAGES ? end : BURST_MESSAGES;
    burst_send(b); /* inside the callback: this swallows edges of ZMQ_FD */
}

static void *burst_thread(void *context)
{
    struct burst *b = context;
    assert_int_equal(loop_open(&b->loop), 0);
    connect_to(b->loop, b->endpoint, burst_receive, b, &b->socket);
    loop_on_turn_end(b->loop, burst_send, b);
    b->burst_end = 1;
    loop_run(b->loop);
    loop_close(b->loop);
    return NULL;
}

static void echo(void *context, const struct loop_peer *peer, struct bytes payload)
{
    struct fixture *f = context;
    assert_int_equal(loop_send(f->door, peer->route, peer->route_bytes, payload), 0);
    if (++f->received == BURST_MESSAGES)
        loop_stop(f->loop);
}

static void test_ten_thousand_messages_in_bursts(void **state)
{
    struct fixture *f = *state;
    struct burst b = {.endpoint = f->endpoint};
    pthread_t thread;
    srand(7);
    assert_int_equal(listen_at(f, f->endpoint, "open", echo, &f->door, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, burst_thread, &b), 0);
    loop_run(f->loop);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(f->received, BURST_MESSAGES);
    assert_int_equal(b.received, BURST_MESSAGES);
}

static void test_both_ends_in_one_loop(void **state)
{
    struct fixture *f = *state;
    struct burst b = {.endpoint = f->endpoint, .loop = f->loop, .burst_end = 1};
    assert_int_equal(listen_at(f, f->endpoint, "open", echo, &f->door, NULL), 0);
    connect_to(f->loop, f->endpoint, burst_receive, &b, &b.socket);
    loop_on_turn_end(f->loop, burst_send, &b);
    loop_run(f->loop); /* the echo stops it first */
    loop_run(f->loop);
    assert_int_equal(b.received, BURST_MESSAGES);
}

/* ---- a busy socket starves nobody ---- */
struct busy {
    struct fixture *f;
    struct loop_timer *timer;
    unsigned turns_served, served_in_turn, most_in_turn;
};

static void busy_receive(void *context, const struct loop_peer *peer, struct bytes payload)
{
    struct busy *busy = context;
    (void)peer, (void)payload;
    if (++busy->served_in_turn > busy->most_in_turn)
        busy->most_in_turn = busy->served_in_turn;
}

static void busy_turn_end(void *context)
{
    struct busy *busy = context;
    busy->turns_served += busy->served_in_turn > 0;
    busy->served_in_turn = 0;
    for (int i = 0; i < 400; i++)
        if (loop_send(busy->f->client, NULL, 0, bytes_of("flood")) != 0)
            return;
}

static void busy_timer(void *context)
{
    struct busy *busy = context;
    if (busy->turns_served < 50)
        loop_timer_arm_us(busy->timer, 100);
    else
        loop_stop(busy->f->loop);
}

static void test_a_flood_leaves_room_for_timers(void **state)
{
    struct fixture *f = *state;
    struct busy busy = {.f = f};
    struct loop_listen_options options = {
        .endpoint = f->endpoint, .zap_domain = "open", .fd = -1, .ipc_mode = 0600};
    assert_int_equal(loop_listen(f->loop, &options, busy_receive, &busy, &f->door, NULL), 0);
    connect_to(f->loop, f->endpoint, receive_nothing, f, &f->client);
    assert_int_equal(loop_timer_open(f->loop, busy_timer, &busy, &busy.timer), 0);
    loop_timer_arm_us(busy.timer, 0);
    loop_on_turn_end(f->loop, busy_turn_end, &busy);
    loop_run(f->loop);
    assert_in_range(busy.most_in_turn, 2, LOOP_MESSAGES_PER_TURN);
    loop_timer_close(busy.timer);
}

/* ---- sends that cannot be ---- */
static void test_an_unknown_route_is_gone_and_no_peer_is_full(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(listen_at(f, f->endpoint, "open", receive_nothing, &f->door, NULL), 0);
    assert_int_equal(loop_send(f->door, (const unsigned char *)"nobody", 6, bytes_of("x")), LOOP_E_GONE);
    char nowhere[120];
    (void)snprintf(nowhere, sizeof(nowhere), "ipc://%s/nowhere", f->root);
    connect_to(f->loop, nowhere, receive_nothing, f, &f->client);
    assert_int_equal(loop_send(f->client, NULL, 0, bytes_of("x")), LOOP_E_FULL);
}

/* A peer that never reads: sends to it end in LOOP_E_FULL, and nobody blocks. */
static void flood_back(void *context, const struct loop_peer *peer, struct bytes payload)
{
    struct fixture *f = context;
    (void)payload;
    static const unsigned char large[10000];
    int rc = 0;
    for (f->received = 0; rc == 0 && f->received < 100000; f->received++)
        rc = loop_send(f->door, peer->route, peer->route_bytes, (struct bytes){large, sizeof(large)});
    assert_int_equal(rc, LOOP_E_FULL);
    loop_stop(f->loop);
}

struct silent {
    const char *endpoint;
    int ending; /* a pipe that the test closes */
};

static void *silent_thread(void *context)
{
    struct silent *silent = context;
    struct loop *loop;
    struct loop_socket *socket;
    char byte;
    assert_int_equal(loop_open(&loop), 0);
    connect_to(loop, silent->endpoint, receive_nothing, silent, &socket);
    while (loop_send(socket, NULL, 0, bytes_of("x")) == LOOP_E_FULL)
        (void)sched_yield();
    assert_int_equal(read(silent->ending, &byte, 1), 0);
    loop_close(loop);
    return NULL;
}

static void test_a_peer_that_does_not_read_is_full(void **state)
{
    struct fixture *f = *state;
    int ends[2];
    pthread_t thread;
    assert_int_equal(pipe(ends), 0);
    struct silent silent = {.endpoint = f->endpoint, .ending = ends[0]};
    assert_int_equal(listen_at(f, f->endpoint, "open", flood_back, &f->door, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, silent_thread, &silent), 0);
    loop_run(f->loop);
    (void)close(ends[1]);
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)close(ends[0]);
    assert_in_range(f->received, 100, 10000);
}

/* ---- doors ---- */
static void test_zap_names_the_peer(void **state)
{
    struct fixture *f = *state;
    char expected[64];
    struct stat status;
    f->expected = 1;
    assert_int_equal(listen_at(f, f->endpoint, "open", receive_and_note, &f->door, NULL), 0);
    assert_int_equal(stat(f->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    connect_to(f->loop, f->endpoint, receive_nothing, f, &f->client);
    loop_on_turn_end(f->loop, send_when_connected, f);
    loop_run(f->loop);
    assert_string_equal(f->user, "by-socket");
    (void)snprintf(expected, sizeof(expected), ":%u:%u:%d", getuid(), getgid(), getpid());
    assert_non_null(strstr(f->address, expected));
    assert_true(f->route_bytes == 16 && f->route[0] != 0);
    assert_int_equal(loop_send(f->door, f->route, f->route_bytes, bytes_of("")), 0);
    assert_int_equal(loop_zap_open(f->loop, admit, f), -EALREADY);
}

static void test_zap_denies(void **state)
{
    struct fixture *f = *state;
    char closed[120];
    struct loop_socket *closed_door, *denied;
    (void)snprintf(closed, sizeof(closed), "ipc://%s/closed", f->root);
    f->expected = 1;
    assert_int_equal(listen_at(f, closed, "closed", receive_nothing, &closed_door, NULL), 0);
    assert_int_equal(listen_at(f, f->endpoint, "open", receive_and_note, &f->door, NULL), 0);
    connect_to(f->loop, closed, receive_nothing, f, &denied);
    while (__atomic_load_n(&f->asked, __ATOMIC_SEQ_CST) == 0)
        (void)sched_yield();
    connect_to(f->loop, f->endpoint, receive_nothing, f, &f->client);
    loop_on_turn_end(f->loop, send_when_connected, f);
    loop_run(f->loop); /* the admitted one gets through behind the denied one */
    assert_true(__atomic_load_n(&f->asked, __ATOMIC_SEQ_CST) >= 2);
    assert_int_equal(loop_send(denied, NULL, 0, bytes_of("x")), LOOP_E_FULL);
}

static void test_tcp_needs_keys(void **state)
{
    struct fixture *f = *state;
    struct complaint complaint;
    static const char *const bad[] = {"tcp://127.0.0.1:*", "inproc://x", "udp://127.0.0.1:5",
                                      "nonsense",          "",           "ipc:///no/such/directory/door"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        complaint.message[0] = '\0';
        assert_int_equal(listen_at(f, bad[i], "open", receive_nothing, &f->door, &complaint), LOOP_E_ADDRESS);
        assert_true(strlen(complaint.message) > 10);
    }
    struct loop_connect_options options = {.endpoint = "tcp://127.0.0.1:5"};
    assert_int_equal(loop_connect(f->loop, &options, receive_nothing, f, &f->client, &complaint),
                     LOOP_E_ADDRESS);
    options.curve_server = "too short";
    assert_int_equal(loop_connect(f->loop, &options, receive_nothing, f, &f->client, &complaint),
                     LOOP_E_ADDRESS);
    char endless[400];
    memset(endless, 'x', sizeof(endless));
    memcpy(endless, "ipc://", 6);
    endless[sizeof(endless) - 1] = '\0';
    assert_int_equal(listen_at(f, endless, "open", receive_nothing, &f->door, &complaint), LOOP_E_ADDRESS);
}

/* The key pairs are those of zmq_curve(7). */
static void test_curve_over_tcp(void **state)
{
    struct fixture *f = *state;
    struct loop_listen_options door = {.endpoint = "tcp://127.0.0.1:*",
                                       .zap_domain = "open",
                                       .curve_secret = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6",
                                       .fd = -1};
    struct loop_connect_options client = {.curve_server = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7",
                                          .curve_public = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID",
                                          .curve_secret = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"};
    f->expected = 1;
    assert_int_equal(loop_listen(f->loop, &door, receive_and_note, f, &f->door, NULL), 0);
    client.endpoint = loop_socket_endpoint(f->door);
    assert_null(strchr(client.endpoint, '*'));
    assert_int_equal(loop_connect(f->loop, &client, receive_nothing, f, &f->client, NULL), 0);
    loop_on_turn_end(f->loop, send_when_connected, f);
    loop_run(f->loop);
    assert_string_equal(f->user, "by-key");
}

static int unix_address(const char *path, struct sockaddr_un *address_out)
{
    *address_out = (struct sockaddr_un){.sun_family = AF_UNIX};
    (void)snprintf(address_out->sun_path, sizeof(address_out->sun_path), "%s", path);
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void test_a_descriptor_from_the_service_manager(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_un address;
    int fd = unix_address(f->path, &address);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 16), 0);
    struct loop_listen_options options = {
        .endpoint = f->endpoint, .zap_domain = "open", .fd = fd, .ipc_mode = 0600};
    f->expected = 1;
    assert_int_equal(loop_listen(f->loop, &options, receive_and_note, f, &f->door, NULL), 0);
    connect_to(f->loop, f->endpoint, receive_nothing, f, &f->client);
    loop_on_turn_end(f->loop, send_when_connected, f);
    loop_run(f->loop);
    assert_string_equal(f->user, "by-socket");
}

/* ---- a peer that misbehaves: ZMTP 3.0 by hand ---- */
struct rude {
    const char *path;
    const void *bytes;
    size_t count;
    bool cut; /* the other side closed the connection */
};

static void rude_write(int fd, const void *at, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t wrote = send(fd, (const char *)at + done, bytes - done, MSG_NOSIGNAL);
        if (wrote <= 0)
            return;
        done += (size_t)wrote;
    }
}

static void rude_read(int fd, void *at, size_t bytes)
{
    assert_int_equal(recv(fd, at, bytes, MSG_WAITALL), bytes);
}

static int rude_connect(const char *path)
{
    static const unsigned char ready[] = "\4\x3a\5READY\xbSocket-Type\0\0\0\6DEALER\7User-Id\0\0\0\5admin\0";
    unsigned char greeting[64] = {0xFF, [8] = 1, [9] = 0x7F, [10] = 3, [12] = 'N', 'U', 'L', 'L'},
                  answer[256];
    struct sockaddr_un address;
    int fd = unix_address(path, &address);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    rude_write(fd, greeting, sizeof(greeting));
    rude_read(fd, answer, sizeof(greeting));
    unsigned char frame[64];
    size_t body = sizeof(ready) - 1 - 1 - 2; /* without C's end, the filler, and the two bytes of the head */
    memcpy(frame, ready, sizeof(ready));
    frame[1] = (unsigned char)body;
    rude_write(fd, frame, body + 2);
    rude_read(fd, answer, 2);
    rude_read(fd, answer + 2, answer[1]);
    return fd;
}

static void *rude_thread(void *context)
{
    struct rude *rude = context;
    int fd = rude_connect(rude->path);
    char byte;
    rude_write(fd, rude->bytes, rude->count);
    if (rude->cut)
        assert_true(recv(fd, &byte, 1, 0) <= 0);
    else
        rude_write(fd, "\0\4last", 6);
    /* The connection stays until the test has seen what it waits for: close flushes nothing away on AF_UNIX.
     */
    (void)close(fd);
    return NULL;
}

static void rude_run(struct fixture *f, const void *bytes, size_t count)
{
    struct rude rude = {.path = f->path, .bytes = bytes, .count = count};
    pthread_t thread;
    f->expected = 1;
    assert_int_equal(listen_at(f, f->endpoint, "open", receive_and_note, &f->door, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, rude_thread, &rude), 0);
    loop_run(f->loop);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(f->received, 1);
    assert_int_equal(f->digest, 4); /* only the last, well-formed message came */
}

static void test_a_user_name_claimed_by_the_peer_counts_nothing(void **state)
{
    struct fixture *f = *state;
    rude_run(f, "", 0);
    assert_string_equal(f->user, "by-socket");
}

static void test_messages_of_many_frames_are_dropped(void **state)
{
    static const char frames[] = "\1\3one\1\3two\0\5three\1\0\0\2ab";
    rude_run(*state, frames, sizeof(frames) - 1);
}

static void *outsize_thread(void *context)
{
    struct rude *rude = context;
    (void)rude_thread(rude);
    rude->cut = false;
    rude->count = 0;
    return rude_thread(rude); /* a second connection is served after the first was cut */
}

static void test_a_frame_beyond_the_bound_ends_the_connection(void **state)
{
    struct fixture *f = *state;
    static unsigned char frame[9 + 100] = {2}; /* a long frame: 8 bytes of length */
    uint64_t bytes = MESSAGE_BYTES_MAX + 1;
    for (int i = 8; i >= 1; i--, bytes >>= 8)
        frame[i] = (unsigned char)bytes;
    struct rude rude = {.path = f->path, .bytes = frame, .count = sizeof(frame), .cut = true};
    pthread_t thread;
    f->expected = 1;
    assert_int_equal(listen_at(f, f->endpoint, "open", receive_and_note, &f->door, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, outsize_thread, &rude), 0);
    loop_run(f->loop);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(f->digest, 4);
}

static void close_at_first(void *context, const struct loop_peer *peer, struct bytes payload)
{
    struct fixture *f = context;
    loop_socket_close(f->door);
    receive_and_note(f, peer, payload); /* peer and payload still live */
}

static void test_a_socket_may_be_closed_inside_its_callback(void **state)
{
    struct fixture *f = *state;
    f->expected = 1;
    assert_int_equal(listen_at(f, f->endpoint, "open", close_at_first, &f->door, NULL), 0);
    connect_to(f->loop, f->endpoint, receive_nothing, f, &f->client);
    loop_on_turn_end(f->loop, send_when_connected, f);
    loop_run(f->loop);
    assert_string_equal(f->user, "by-socket");
    assert_int_equal(listen_at(f, f->endpoint, "open", receive_nothing, &f->door, NULL), 0);
}

/* ---- timers, wake-ups, descriptors, signals ---- */
struct ticks {
    struct fixture *f;
    struct loop_timer *timers[3];
    char order[8];
    size_t count;
    int64_t armed_us, rang_us;
};

static void tick_a(void *context)
{
    struct ticks *t = context;
    t->order[t->count++] = 'a';
    t->rang_us = loop_monotonic_us();
    loop_stop(t->f->loop);
}

static void tick_b(void *context)
{
    struct ticks *t = context;
    t->order[t->count++] = 'b';
    int64_t until_us = loop_monotonic_us() + 30000;
    while (loop_monotonic_us() < until_us) /* the loop's cached time is now 30 ms old */
        continue;
    t->armed_us = loop_monotonic_us();
    loop_timer_arm_us(t->timers[0], 10000);
}

static void tick_never(void *context)
{
    (void)context;
    fail_msg("a disarmed timer rang");
}

static void test_timers_ring_in_order_and_never_early(void **state)
{
    struct fixture *f = *state;
    struct ticks t = {.f = f};
    void (*const calls[])(void *) = {tick_a, tick_b, tick_never};
    for (int i = 0; i < 3; i++)
        assert_int_equal(loop_timer_open(f->loop, calls[i], &t, &t.timers[i]), 0);
    loop_timer_arm_us(t.timers[0], 1000000000);
    loop_timer_arm_us(t.timers[1], 1000);
    loop_timer_arm_us(t.timers[1], -5); /* the past is now; arming again replaces */
    loop_timer_arm_us(t.timers[2], 2000);
    loop_timer_disarm(t.timers[2]);
    loop_run(f->loop);
    assert_string_equal(t.order, "ba");
    assert_true(t.rang_us - t.armed_us >= 10000);
    loop_timer_arm_us(t.timers[2], INT64_MAX);
    for (int i = 0; i < 3; i++)
        loop_timer_close(t.timers[i]);
}

struct waker {
    struct fixture *f;
    struct loop_wake *wake;
    unsigned value; /* written by the thread, before it signals */
    unsigned seen, calls;
};

enum { WAKE_SIGNALS = 2000 };

static void *wake_thread(void *context)
{
    struct waker *w = context;
    for (unsigned i = 1; i <= WAKE_SIGNALS; i++) {
        __atomic_store_n(&w->value, i, __ATOMIC_SEQ_CST);
        loop_wake_signal(w->wake);
    }
    return NULL;
}

static void wake_seen(void *context)
{
    struct waker *w = context;
    w->calls++;
    w->seen = __atomic_load_n(&w->value, __ATOMIC_SEQ_CST);
    if (w->seen == WAKE_SIGNALS)
        loop_stop(w->f->loop);
}

static void test_no_wake_from_another_thread_is_lost(void **state)
{
    struct fixture *f = *state;
    struct waker w = {.f = f};
    pthread_t thread;
    assert_int_equal(loop_wake_open(f->loop, wake_seen, &w, &w.wake), 0);
    assert_int_equal(pthread_create(&thread, NULL, wake_thread, &w), 0);
    loop_run(f->loop);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(w.seen, WAKE_SIGNALS);
    assert_in_range(w.calls, 1, WAKE_SIGNALS);
    loop_wake_close(w.wake);
}

static void stop_fixture(void *context)
{
    struct fixture *f = context;
    f->received++;
    loop_stop(f->loop);
}

static void test_a_descriptor_is_watched(void **state)
{
    struct fixture *f = *state;
    struct loop_watch *watch;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(loop_watch_open(f->loop, ends[0], stop_fixture, f, &watch), 0);
    loop_run(f->loop);
    assert_int_equal(f->received, 1);
    loop_watch_close(watch);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void test_signals(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(kill(getpid(), SIGTERM),
                     0); /* blocked until the loop runs, then seen; without a handler: stop */
    loop_run(f->loop);
    loop_on_reload(f->loop, stop_fixture, f);
    assert_int_equal(kill(getpid(), SIGHUP), 0);
    loop_run(f->loop);
    assert_int_equal(f->received, 1);
    loop_on_stop(f->loop, stop_fixture, f);
    assert_int_equal(kill(getpid(), SIGINT), 0);
    loop_run(f->loop);
    assert_int_equal(f->received, 2);
}

static void count_turns(void *context)
{
    unsigned *turns = context;
    (*turns)++;
}

static void test_stop_before_run_and_turn_ends(void **state)
{
    struct fixture *f = *state;
    unsigned turns = 0;
    loop_stop(f->loop);
    loop_run(f->loop); /* returns */
    loop_on_turn_end(f->loop, count_turns, &turns);
    struct loop_timer *timer;
    assert_int_equal(loop_timer_open(f->loop, stop_fixture, f, &timer), 0);
    loop_timer_arm_us(timer, 0);
    loop_run(f->loop);
    assert_in_range(turns, 2, 3); /* before the first sleep, and after the turn that stopped */
    loop_timer_close(timer);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_ten_thousand_messages_in_bursts),
        T(test_both_ends_in_one_loop),
        T(test_a_flood_leaves_room_for_timers),
        T(test_an_unknown_route_is_gone_and_no_peer_is_full),
        T(test_a_peer_that_does_not_read_is_full),
        T(test_zap_names_the_peer),
        T(test_zap_denies),
        T(test_tcp_needs_keys),
        T(test_curve_over_tcp),
        T(test_a_descriptor_from_the_service_manager),
        T(test_a_user_name_claimed_by_the_peer_counts_nothing),
        T(test_messages_of_many_frames_are_dropped),
        T(test_a_frame_beyond_the_bound_ends_the_connection),
        T(test_a_socket_may_be_closed_inside_its_callback),
        T(test_timers_ring_in_order_and_never_early),
        T(test_no_wake_from_another_thread_is_lost),
        T(test_a_descriptor_is_watched),
        T(test_signals),
        T(test_stop_before_run_and_turn_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
