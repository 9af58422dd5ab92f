/* loop.c - libev turns the loop, ZeroMQ carries the messages; this file joins them.
 *
 * A turn: libev waits; the check watcher serves every socket that has messages; timers and wake-ups run; the
 * prepare watcher calls the owner's end of turn, then reads ZMQ_EVENTS of every socket a last time and, if
 * anything is left, starts an idle watcher so that libev does not sleep. ZMQ_FD only wakes us: it is an edge,
 * and a send between two turns may swallow it, so nothing is ever concluded from it.
 *
 * Invariants: (1) a socket and a loop belong to the thread that made the loop (asserted); (2) after the last
 * call of zmq_send or zmq_msg_recv of a turn, ZMQ_EVENTS is read before libev may sleep; (3) a closed
 * socket's memory lives until the end of the turn; (4) the ZAP handler lives from before the first listener
 * until after the last one.
 */
#include "base/loop.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/log.h"

#include <errno.h>
#include <ev.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <zmq.h>

enum {
    LOOP_QUEUE_MESSAGES_MAX = 1000, /* ZeroMQ's high-water mark of one peer; credit keeps us far below it */
    LOOP_HANDSHAKE_MS = 3000,
    LOOP_RECONNECT_MS = 200,
    LOOP_RECONNECT_MS_MAX = 20000,
    LOOP_ROUTE_OWN_BYTES = 16,
    LOOP_ENDPOINT_BYTES_MAX = 256,
    LOOP_CURVE_TEXT_BYTES = 40,
    LOOP_CURVE_KEY_BYTES = 32,
    LOOP_USER_BYTES_MAX = 128,
    LOOP_ZAP_FRAMES_MAX = 8,
    LOOP_ZAP_ENFORCE_DOMAIN = 93 /* ZMQ_ZAP_ENFORCE_DOMAIN stands among the drafts of zmq.h, but works */
};
static const double LOOP_TIMER_SECONDS_MAX = 365.0 * 86400;

struct loop_call {
    void (*call)(void *context);
    void *context;
};

struct loop_socket {
    struct loop *loop;
    struct loop_socket *next;
    void *zmq; /* NULL: closed, to be freed at the end of the turn */
    ev_io io;
    bool router;
    loop_receive *receive;
    void *context;
    char endpoint[LOOP_ENDPOINT_BYTES_MAX];
};

struct loop_zap {
    void *handler, *ending_near, *ending_far; /* far and handler belong to the thread once it runs */
    pthread_t thread;
    loop_admit *admit;
    void *context;
};

struct loop {
    struct ev_loop *ev;
    void *zmq;
    pthread_t thread;
    bool is_default, stopped, turn_is_open;
    ev_prepare prepare;
    ev_check check;
    ev_idle idle;
    ev_signal signal_term, signal_int, signal_hup;
    struct loop_call on_stop, on_reload, on_turn_end;
    struct loop_socket *sockets;
    struct loop_zap *zap;
    uint64_t dropped;
};

struct loop_timer {
    struct loop *loop;
    ev_timer timer;
    struct loop_call call;
};

struct loop_wake {
    struct loop *loop;
    ev_async async;
    struct loop_call call;
};

struct loop_watch {
    struct loop *loop;
    ev_io io;
    struct loop_call call;
};

/* ---- the process ---- */
static void loop_random(void *at, size_t bytes)
{
    if (getrandom(at, bytes, 0) != (ssize_t)bytes)
        die("the kernel gives no random bytes: %s", error_text(error_from_errno()));
}

static void loop_signals(sigset_t *set_out)
{
    (void)sigemptyset(set_out);
    (void)sigaddset(set_out, SIGTERM);
    (void)sigaddset(set_out, SIGINT);
    (void)sigaddset(set_out, SIGHUP);
}

/* libzmq draws its own routing ids from rand() and never seeds it. */
void loop_process_prepare(void)
{
    sigset_t signals;
    unsigned seed;
    loop_signals(&signals);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    loop_random(&seed, sizeof(seed));
    srand(seed);
}

static int64_t loop_clock_us(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t loop_wall_us(void)
{
    return loop_clock_us(CLOCK_REALTIME);
}

int64_t loop_monotonic_us(void)
{
    return loop_clock_us(CLOCK_MONOTONIC);
}

/* ---- receiving ---- */
struct loop_message {
    zmq_msg_t frames[2];
    size_t count; /* of all its frames; those beyond the second are read and thrown away */
};

static void loop_message_free(struct loop_message *message)
{
    for (size_t i = 0; i < message->count && i < 2; i++)
        (void)zmq_msg_close(&message->frames[i]);
}

/* Reads one frame; -1 if there is none. ZeroMQ hands over whole messages only, so later frames are there at
 * once. */
static int loop_frame_receive(struct loop_socket *socket, zmq_msg_t *frame)
{
    int rc;
    (void)zmq_msg_init(frame);
    do
        rc = zmq_msg_recv(frame, socket->zmq, ZMQ_DONTWAIT);
    while (rc < 0 && errno == EINTR);
    return rc;
}

static bool loop_message_receive(struct loop_socket *socket, struct loop_message *message_out)
{
    zmq_msg_t surplus;
    bool more = true;
    for (message_out->count = 0; more; message_out->count++) {
        zmq_msg_t *frame = message_out->count < 2 ? &message_out->frames[message_out->count] : &surplus;
        if (loop_frame_receive(socket, frame) < 0) {
            if (errno != EAGAIN)
                log_error(LOG_GENERAL, "%s: receive: %s", socket->endpoint, zmq_strerror(errno));
            ASSERT(message_out->count == 0);
            return false;
        }
        more = zmq_msg_more(frame) != 0;
        if (frame == &surplus)
            (void)zmq_msg_close(&surplus);
    }
    return true;
}

static struct text loop_property(zmq_msg_t *frame, const char *name)
{
    return text_from(zmq_msg_gets(frame, name));
}

static void loop_message_drop(struct loop_socket *socket, const struct loop_message *message)
{
    socket->loop->dropped++;
    log_warning(LOG_REFUSED, "%s: dropped a message of %zu frames, the %ju. since start", socket->endpoint,
                message->count, (uintmax_t)socket->loop->dropped);
}

static void loop_message_deliver(struct loop_socket *socket, struct loop_message *message)
{
    size_t route_frames = socket->router ? 1 : 0;
    zmq_msg_t *payload = &message->frames[route_frames];
    struct loop_peer peer = {.route_bytes = socket->router ? zmq_msg_size(&message->frames[0]) : 0};
    if (message->count != route_frames + 1 || peer.route_bytes > sizeof(peer.route)) {
        loop_message_drop(socket, message);
        return;
    }
    if (peer.route_bytes > 0)
        memcpy(peer.route, zmq_msg_data(&message->frames[0]), peer.route_bytes);
    /* Of the payload: the id frame has no properties when ZMQ_EVENTS made the router fetch it ahead. */
    peer.user = loop_property(payload, "User-Id");
    peer.address = loop_property(payload, "Peer-Address");
    socket->receive(socket->context, &peer, (struct bytes){zmq_msg_data(payload), zmq_msg_size(payload)});
}

static bool loop_socket_is_readable(struct loop_socket *socket)
{
    int events = 0;
    size_t bytes = sizeof(events);
    if (socket->zmq == NULL)
        return false;
    while (zmq_getsockopt(socket->zmq, ZMQ_EVENTS, &events, &bytes) != 0)
        if (errno != EINTR)
            die("%s: ZMQ_EVENTS: %s", socket->endpoint, zmq_strerror(errno));
    return (events & ZMQ_POLLIN) != 0;
}

static void loop_socket_serve(struct loop_socket *socket)
{
    if (!loop_socket_is_readable(socket))
        return;
    for (int i = 0; i < LOOP_MESSAGES_PER_TURN && socket->zmq != NULL; i++) {
        struct loop_message message;
        if (!loop_message_receive(socket, &message))
            return;
        loop_message_deliver(socket, &message);
        loop_message_free(&message);
    }
}

/* ---- the turn ---- */
static void loop_call(const struct loop_call *call)
{
    if (call->call != NULL)
        call->call(call->context);
}

static void loop_sockets_sweep(struct loop *loop)
{
    for (struct loop_socket **place = &loop->sockets; *place != NULL;) {
        struct loop_socket *socket = *place;
        if (socket->zmq != NULL) {
            place = &socket->next;
            continue;
        }
        *place = socket->next;
        free(socket);
    }
}

static void loop_turn_end(struct loop *loop)
{
    loop->turn_is_open = false;
    loop_call(&loop->on_turn_end);
    loop_sockets_sweep(loop);
}

static void loop_prepare_call(struct ev_loop *ev, ev_prepare *watcher, int events)
{
    (void)events;
    struct loop *loop = watcher->data;
    loop_turn_end(loop);
    for (struct loop_socket *socket = loop->sockets; socket != NULL; socket = socket->next)
        if (loop_socket_is_readable(socket)) {
            ev_idle_start(ev, &loop->idle);
            return;
        }
}

static void loop_check_call(struct ev_loop *ev, ev_check *watcher, int events)
{
    (void)events;
    struct loop *loop = watcher->data;
    loop->turn_is_open = true;
    ev_idle_stop(ev, &loop->idle);
    for (struct loop_socket *socket = loop->sockets; socket != NULL; socket = socket->next)
        loop_socket_serve(socket);
}

static void loop_idle_call(struct ev_loop *ev, ev_idle *watcher, int events)
{
    (void)ev, (void)watcher, (void)events; /* keeps the loop turning; the check watcher does the work */
}

static void loop_socket_io_call(struct ev_loop *ev, ev_io *watcher, int events)
{
    (void)ev, (void)watcher, (void)events; /* wakes the loop; the check watcher does the work */
}

static void loop_signal_call(struct ev_loop *ev, ev_signal *watcher, int events)
{
    (void)ev, (void)events;
    struct loop *loop = watcher->data;
    const struct loop_call *call = watcher == &loop->signal_hup ? &loop->on_reload : &loop->on_stop;
    if (call->call != NULL)
        loop_call(call);
    else
        loop_stop(loop);
}

/* ---- the loop ---- */
static atomic_flag loop_default_is_taken = ATOMIC_FLAG_INIT;

static void loop_signal_start(struct loop *loop, ev_signal *watcher, int number)
{
    ev_signal_init(watcher, loop_signal_call, number);
    watcher->data = loop;
    ev_signal_start(loop->ev, watcher);
}

static void loop_watchers_start(struct loop *loop)
{
    ev_prepare_init(&loop->prepare, loop_prepare_call);
    ev_check_init(&loop->check, loop_check_call);
    ev_idle_init(&loop->idle, loop_idle_call);
    loop->prepare.data = loop->check.data = loop;
    ev_prepare_start(loop->ev, &loop->prepare);
    ev_check_start(loop->ev, &loop->check);
    if (!loop->is_default)
        return; /* a signal can be watched by one loop of a process */
    loop_signal_start(loop, &loop->signal_term, SIGTERM);
    loop_signal_start(loop, &loop->signal_int, SIGINT);
    loop_signal_start(loop, &loop->signal_hup, SIGHUP);
}

static void loop_watchers_stop(struct loop *loop)
{
    ev_prepare_stop(loop->ev, &loop->prepare);
    ev_check_stop(loop->ev, &loop->check);
    ev_idle_stop(loop->ev, &loop->idle);
    ev_signal_stop(loop->ev, &loop->signal_term);
    ev_signal_stop(loop->ev, &loop->signal_int);
    ev_signal_stop(loop->ev, &loop->signal_hup);
}

int loop_open(struct loop **loop_out)
{
    struct loop *loop = memory_alloc(sizeof(*loop));
    unsigned flags = EVFLAG_NOENV | EVBACKEND_EPOLL;
    loop->thread = pthread_self();
    loop->is_default = !atomic_flag_test_and_set(&loop_default_is_taken);
    loop->ev = loop->is_default ? ev_default_loop(flags) : ev_loop_new(flags);
    loop->zmq = loop->ev != NULL ? zmq_ctx_new() : NULL;
    if (loop->zmq == NULL) {
        int code = error_from_errno();
        loop_close(loop);
        return code;
    }
    loop_watchers_start(loop);
    *loop_out = loop;
    return 0;
}

void loop_close(struct loop *loop)
{
    for (struct loop_socket *socket = loop->sockets; socket != NULL; socket = socket->next)
        if (socket->zmq != NULL)
            loop_socket_close(socket);
    loop_sockets_sweep(loop);
    loop_zap_close(loop);
    while (loop->zmq != NULL && zmq_ctx_term(loop->zmq) != 0 && errno == EINTR)
        continue;
    if (loop->ev != NULL) {
        loop_watchers_stop(loop);
        ev_loop_destroy(loop->ev);
    }
    if (loop->is_default)
        atomic_flag_clear(&loop_default_is_taken);
    free(loop);
}

/* The signals reach the process only here, in this thread, where libev's handlers stand ready for them. */
void loop_run(struct loop *loop)
{
    sigset_t signals, before;
    ASSERT(pthread_equal(loop->thread, pthread_self()));
    loop_signals(&signals);
    if (loop->is_default)
        (void)pthread_sigmask(SIG_UNBLOCK, &signals, &before);
    if (!loop->stopped)
        (void)ev_run(loop->ev, 0);
    if (loop->turn_is_open)
        loop_turn_end(loop);
    if (loop->is_default)
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    loop->stopped = false;
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
    ev_break(loop->ev, EVBREAK_ALL);
}

void loop_on_stop(struct loop *loop, void (*call)(void *context), void *context)
{
    loop->on_stop = (struct loop_call){call, context};
}

void loop_on_reload(struct loop *loop, void (*call)(void *context), void *context)
{
    loop->on_reload = (struct loop_call){call, context};
}

void loop_on_turn_end(struct loop *loop, void (*call)(void *context), void *context)
{
    loop->on_turn_end = (struct loop_call){call, context};
}

/* ---- timers, wake-ups, descriptors ---- */
static void loop_timer_call(struct ev_loop *ev, ev_timer *watcher, int events)
{
    (void)ev, (void)events;
    const struct loop_timer *timer = watcher->data;
    loop_call(&timer->call);
}

int loop_timer_open(struct loop *loop, void (*call)(void *context), void *context,
                    struct loop_timer **timer_out)
{
    struct loop_timer *timer = memory_alloc(sizeof(*timer));
    *timer = (struct loop_timer){.loop = loop, .call = {call, context}};
    ev_init(&timer->timer, loop_timer_call);
    timer->timer.data = timer;
    *timer_out = timer;
    return 0;
}

void loop_timer_arm_us(struct loop_timer *timer, int64_t in_us)
{
    double seconds = in_us > 0 ? (double)in_us / 1e6 : 0;
    ev_timer_stop(timer->loop->ev, &timer->timer);
    ev_now_update(timer->loop->ev);
    ev_timer_set(&timer->timer, seconds < LOOP_TIMER_SECONDS_MAX ? seconds : LOOP_TIMER_SECONDS_MAX, 0.);
    ev_timer_start(timer->loop->ev, &timer->timer);
}

void loop_timer_disarm(struct loop_timer *timer)
{
    ev_timer_stop(timer->loop->ev, &timer->timer);
}

void loop_timer_close(struct loop_timer *timer)
{
    loop_timer_disarm(timer);
    free(timer);
}

static void loop_wake_call(struct ev_loop *ev, ev_async *watcher, int events)
{
    (void)ev, (void)events;
    const struct loop_wake *wake = watcher->data;
    loop_call(&wake->call);
}

int loop_wake_open(struct loop *loop, void (*call)(void *context), void *context, struct loop_wake **wake_out)
{
    struct loop_wake *wake = memory_alloc(sizeof(*wake));
    *wake = (struct loop_wake){.loop = loop, .call = {call, context}};
    ev_async_init(&wake->async, loop_wake_call);
    wake->async.data = wake;
    ev_async_start(loop->ev, &wake->async);
    *wake_out = wake;
    return 0;
}

void loop_wake_signal(struct loop_wake *wake)
{
    ev_async_send(wake->loop->ev, &wake->async);
}

void loop_wake_close(struct loop_wake *wake)
{
    ev_async_stop(wake->loop->ev, &wake->async);
    free(wake);
}

static void loop_watch_call(struct ev_loop *ev, ev_io *watcher, int events)
{
    (void)ev, (void)events;
    const struct loop_watch *watch = watcher->data;
    loop_call(&watch->call);
}

int loop_watch_open(struct loop *loop, int fd, void (*call)(void *context), void *context,
                    struct loop_watch **watch_out)
{
    struct loop_watch *watch = memory_alloc(sizeof(*watch));
    *watch = (struct loop_watch){.loop = loop, .call = {call, context}};
    ev_io_init(&watch->io, loop_watch_call, fd, EV_READ);
    watch->io.data = watch;
    ev_io_start(loop->ev, &watch->io);
    *watch_out = watch;
    return 0;
}

void loop_watch_close(struct loop_watch *watch)
{
    ev_io_stop(watch->loop->ev, &watch->io);
    free(watch);
}

/* ---- who may come in: ZAP (RFC 27) ---- */
enum loop_zap_frame {
    LOOP_ZAP_VERSION,
    LOOP_ZAP_REQUEST,
    LOOP_ZAP_DOMAIN,
    LOOP_ZAP_ADDRESS,
    LOOP_ZAP_IDENTITY, /* the listener's own; of no use */
    LOOP_ZAP_MECHANISM,
    LOOP_ZAP_CREDENTIAL,
};

/* Returns how many frames came; all up to LOOP_ZAP_FRAMES_MAX are kept. */
static size_t loop_zap_receive(void *handler, zmq_msg_t frames[LOOP_ZAP_FRAMES_MAX])
{
    size_t count = 0;
    int more = 1;
    while (more != 0) {
        zmq_msg_t frame;
        (void)zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, handler, 0) < 0) {
            if (errno == EINTR)
                continue;
            die("ZAP: receive: %s", zmq_strerror(errno)); /* without a handler nobody could come in */
        }
        more = zmq_msg_more(&frame);
        if (count < LOOP_ZAP_FRAMES_MAX) {
            (void)zmq_msg_init(&frames[count]);
            (void)zmq_msg_move(&frames[count++], &frame);
        }
        (void)zmq_msg_close(&frame);
    }
    return count;
}

static struct text loop_zap_text(zmq_msg_t *frame)
{
    return (struct text){zmq_msg_data(frame), zmq_msg_size(frame)};
}

/* Denies whatever it does not know: another version, PLAIN, GSSAPI, a short key, a user without a name. */
static bool loop_zap_judge(struct loop_zap *zap, zmq_msg_t *frames, size_t count,
                           char user_out[LOOP_USER_BYTES_MAX])
{
    if (count <= LOOP_ZAP_MECHANISM || !text_is(loop_zap_text(&frames[LOOP_ZAP_VERSION]), "1.0"))
        return false;
    struct loop_zap_request request = {.domain = loop_zap_text(&frames[LOOP_ZAP_DOMAIN]),
                                       .address = loop_zap_text(&frames[LOOP_ZAP_ADDRESS]),
                                       .mechanism = loop_zap_text(&frames[LOOP_ZAP_MECHANISM])};
    bool curve = text_is(request.mechanism, "CURVE");
    if (!curve && !text_is(request.mechanism, "NULL"))
        return false;
    if (count != (curve ? LOOP_ZAP_CREDENTIAL + 1 : LOOP_ZAP_CREDENTIAL))
        return false;
    if (curve) {
        zmq_msg_t *key = &frames[LOOP_ZAP_CREDENTIAL];
        if (zmq_msg_size(key) != LOOP_CURVE_KEY_BYTES)
            return false;
        request.curve_key = (struct bytes){zmq_msg_data(key), LOOP_CURVE_KEY_BYTES};
    }
    return zap->admit(zap->context, &request, user_out) && user_out[0] != '\0';
}

static void loop_zap_send(void *handler, struct text part, bool more)
{
    while (zmq_send(handler, part.at, part.bytes, more ? ZMQ_SNDMORE : 0) < 0)
        if (errno != EINTR)
            die("ZAP: send: %s", zmq_strerror(errno));
}

static void loop_zap_answer(struct loop_zap *zap)
{
    zmq_msg_t frames[LOOP_ZAP_FRAMES_MAX];
    char user[LOOP_USER_BYTES_MAX] = "";
    size_t count = loop_zap_receive(zap->handler, frames);
    bool admitted = loop_zap_judge(zap, frames, count, user);
    user[sizeof(user) - 1] = '\0';
    loop_zap_send(zap->handler, TEXT("1.0"), true);
    loop_zap_send(zap->handler,
                  count > LOOP_ZAP_REQUEST ? loop_zap_text(&frames[LOOP_ZAP_REQUEST]) : TEXT(""), true);
    loop_zap_send(zap->handler, admitted ? TEXT("200") : TEXT("400"), true);
    loop_zap_send(zap->handler, admitted ? TEXT("OK") : TEXT("not admitted"), true);
    loop_zap_send(zap->handler, admitted ? text_from(user) : TEXT(""), true);
    loop_zap_send(zap->handler, TEXT(""), false);
    for (size_t i = 0; i < count; i++)
        (void)zmq_msg_close(&frames[i]);
}

static void *loop_zap_run(void *context)
{
    struct loop_zap *zap = context;
    zmq_pollitem_t items[] = {{.socket = zap->handler, .events = ZMQ_POLLIN},
                              {.socket = zap->ending_far, .events = ZMQ_POLLIN}};
    for (;;) {
        int ready = zmq_poll(items, 2, -1);
        if (ready < 0 && errno != EINTR)
            die("ZAP: %s", zmq_strerror(errno));
        if (ready < 0)
            continue;
        if ((items[1].revents & ZMQ_POLLIN) != 0)
            break;
        if ((items[0].revents & ZMQ_POLLIN) != 0)
            loop_zap_answer(zap);
    }
    (void)zmq_close(zap->handler);
    (void)zmq_close(zap->ending_far);
    return NULL;
}

/* The thread takes no signals: they are the loop's. */
static int loop_zap_start(struct loop_zap *zap)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&zap->thread, NULL, loop_zap_run, zap);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -rc;
}

static void loop_zap_abandon(struct loop_zap *zap)
{
    void *const sockets[] = {zap->handler, zap->ending_near, zap->ending_far};
    for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++)
        if (sockets[i] != NULL)
            (void)zmq_close(sockets[i]);
    free(zap);
}

int loop_zap_open(struct loop *loop, loop_admit *admit, void *context)
{
    static const char ending[] = "inproc://loop.zap.ending";
    if (loop->zap != NULL)
        return -EALREADY;
    struct loop_zap *zap = memory_alloc(sizeof(*zap));
    *zap = (struct loop_zap){.handler = zmq_socket(loop->zmq, ZMQ_REP),
                             .ending_near = zmq_socket(loop->zmq, ZMQ_PAIR),
                             .ending_far = zmq_socket(loop->zmq, ZMQ_PAIR),
                             .admit = admit,
                             .context = context};
    int rc = 0;
    if (zap->handler == NULL || zap->ending_near == NULL || zap->ending_far == NULL ||
        zmq_bind(zap->handler, "inproc://zeromq.zap.01") != 0 || zmq_bind(zap->ending_far, ending) != 0 ||
        zmq_connect(zap->ending_near, ending) != 0)
        rc = error_from_errno();
    if (rc == 0)
        rc = loop_zap_start(zap);
    if (rc != 0) {
        loop_zap_abandon(zap);
        return rc;
    }
    loop->zap = zap;
    return 0;
}

void loop_zap_close(struct loop *loop)
{
    struct loop_zap *zap = loop->zap;
    if (zap == NULL)
        return;
    while (zmq_send(zap->ending_near, "", 0, 0) < 0 && errno == EINTR)
        continue;
    (void)pthread_join(zap->thread, NULL);
    (void)zmq_close(zap->ending_near);
    free(zap);
    loop->zap = NULL;
}

/* ---- sockets: options ---- */
struct loop_option {
    int option, value;
};
static const struct loop_option loop_options_any[] = {
    {ZMQ_LINGER, 0},
    {ZMQ_SNDHWM, LOOP_QUEUE_MESSAGES_MAX},
    {ZMQ_RCVHWM, LOOP_QUEUE_MESSAGES_MAX},
    {ZMQ_HANDSHAKE_IVL, LOOP_HANDSHAKE_MS},
};
static const struct loop_option loop_options_router[] = {
    {ZMQ_ROUTER_MANDATORY, 1},
    {ZMQ_ROUTER_HANDOVER, 1},
    {LOOP_ZAP_ENFORCE_DOMAIN, 1},
};
static const struct loop_option loop_options_dealer[] = {
    {ZMQ_IMMEDIATE, 1},
    {ZMQ_RECONNECT_IVL, LOOP_RECONNECT_MS},
    {ZMQ_RECONNECT_IVL_MAX, LOOP_RECONNECT_MS_MAX},
};
#define LOOP_COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool loop_set_table(void *zmq, const struct loop_option *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (zmq_setsockopt(zmq, table[i].option, &table[i].value, sizeof(int)) != 0)
            return false;
    return true;
}

static bool loop_set_text(void *zmq, int option, const char *value)
{
    return zmq_setsockopt(zmq, option, value, strlen(value)) == 0;
}

/* ZeroMQ takes keys in Z85 with their NUL. */
static bool loop_set_key(void *zmq, int option, const char *key)
{
    errno = EINVAL;
    return key != NULL && strlen(key) == LOOP_CURVE_TEXT_BYTES &&
           zmq_setsockopt(zmq, option, key, LOOP_CURVE_TEXT_BYTES + 1) == 0;
}

static bool loop_set_any(void *zmq, const char *endpoint)
{
    int64_t bytes_max = MESSAGE_BYTES_MAX;
    int ipv6 = strchr(endpoint, '[') != NULL;
    return loop_set_table(zmq, loop_options_any, LOOP_COUNT(loop_options_any)) &&
           zmq_setsockopt(zmq, ZMQ_MAXMSGSIZE, &bytes_max, sizeof(bytes_max)) == 0 &&
           zmq_setsockopt(zmq, ZMQ_IPV6, &ipv6, sizeof(ipv6)) == 0;
}

static bool loop_set_router(void *zmq, const struct loop_listen_options *options)
{
    int server = 1;
    if (!loop_set_any(zmq, options->endpoint) ||
        !loop_set_table(zmq, loop_options_router, LOOP_COUNT(loop_options_router)) ||
        !loop_set_text(zmq, ZMQ_ZAP_DOMAIN, options->zap_domain))
        return false;
    if (options->fd >= 0 && zmq_setsockopt(zmq, ZMQ_USE_FD, &options->fd, sizeof(options->fd)) != 0)
        return false;
    return options->curve_secret == NULL ||
           (zmq_setsockopt(zmq, ZMQ_CURVE_SERVER, &server, sizeof(server)) == 0 &&
            loop_set_key(zmq, ZMQ_CURVE_SECRETKEY, options->curve_secret));
}

static bool loop_set_dealer(void *zmq, const struct loop_connect_options *options)
{
    unsigned char route[LOOP_ROUTE_OWN_BYTES];
    loop_random(route, sizeof(route));
    route[0] |= 1; /* a zero byte in front is ZeroMQ's own */
    if (!loop_set_any(zmq, options->endpoint) ||
        !loop_set_table(zmq, loop_options_dealer, LOOP_COUNT(loop_options_dealer)) ||
        zmq_setsockopt(zmq, ZMQ_ROUTING_ID, route, sizeof(route)) != 0)
        return false;
    return options->curve_server == NULL || (loop_set_key(zmq, ZMQ_CURVE_SERVERKEY, options->curve_server) &&
                                             loop_set_key(zmq, ZMQ_CURVE_PUBLICKEY, options->curve_public) &&
                                             loop_set_key(zmq, ZMQ_CURVE_SECRETKEY, options->curve_secret));
}

/* ---- sockets: opening ---- */
/* Only ipc, and tcp under CURVE: TCP is never open without it. */
static int loop_endpoint_check(const char *endpoint, bool has_curve, struct complaint *complaint)
{
    struct text t = text_from(endpoint);
    if (t.bytes >= LOOP_ENDPOINT_BYTES_MAX) {
        complain(complaint, "", "", "an endpoint has at most %d bytes", LOOP_ENDPOINT_BYTES_MAX - 1);
        return LOOP_E_ADDRESS;
    }
    if (text_starts_with(t, TEXT("ipc://")))
        return 0;
    if (!text_starts_with(t, TEXT("tcp://"))) {
        complain(complaint, "", endpoint, "an endpoint begins with ipc:// or tcp://");
        return LOOP_E_ADDRESS;
    }
    if (!has_curve) {
        complain(complaint, "", endpoint, "tcp needs CURVE keys; without them use ipc");
        return LOOP_E_ADDRESS;
    }
    return 0;
}

static struct loop_socket *loop_socket_new(struct loop *loop, int type, const char *endpoint,
                                           loop_receive *receive, void *context)
{
    struct loop_socket *socket = memory_alloc(sizeof(*socket));
    *socket = (struct loop_socket){
        .loop = loop, .router = type == ZMQ_ROUTER, .receive = receive, .context = context};
    memcpy(socket->endpoint, endpoint, strlen(endpoint) + 1);
    socket->zmq = zmq_socket(loop->zmq, type);
    ev_init(&socket->io, loop_socket_io_call);
    return socket;
}

static int loop_socket_start(struct loop_socket *socket)
{
    int fd;
    size_t bytes = sizeof(fd);
    if (zmq_getsockopt(socket->zmq, ZMQ_FD, &fd, &bytes) != 0)
        return error_from_errno();
    ev_io_set(&socket->io, fd, EV_READ);
    ev_io_start(socket->loop->ev, &socket->io);
    socket->next = socket->loop->sockets;
    socket->loop->sockets = socket;
    return 0;
}

/* Says what ZeroMQ refused, and gives up the socket that never came into the list. */
static int loop_socket_refuse(struct loop_socket *socket, const char *what, struct complaint *complaint)
{
    complain(complaint, "", socket->endpoint, "%s: %s", what, zmq_strerror(errno));
    if (socket->zmq != NULL)
        (void)zmq_close(socket->zmq);
    free(socket);
    return LOOP_E_ADDRESS;
}

/* The mask keeps the path from being wider open for even a moment than the mode that chmod then sets. */
static bool loop_bind(struct loop_socket *socket, const struct loop_listen_options *options)
{
    const char *path = socket->endpoint + strlen("ipc://");
    bool own_path =
        options->fd < 0 && strncmp(socket->endpoint, "ipc://", strlen("ipc://")) == 0 && *path != '@';
    if (!own_path)
        return zmq_bind(socket->zmq, socket->endpoint) == 0;
    mode_t before = umask(~options->ipc_mode & 0777);
    bool bound = zmq_bind(socket->zmq, socket->endpoint) == 0;
    int error = errno;
    (void)umask(before);
    errno = error;
    return bound && chmod(path, options->ipc_mode) == 0;
}

int loop_listen(struct loop *loop, const struct loop_listen_options *options, loop_receive *receive,
                void *context, struct loop_socket **socket_out, struct complaint *complaint)
{
    ASSERT(loop->zap != NULL); /* without a handler CURVE admits every key */
    ASSERT(options->zap_domain != NULL && options->zap_domain[0] != '\0');
    int rc = loop_endpoint_check(options->endpoint, options->curve_secret != NULL, complaint);
    if (rc != 0)
        return rc;
    struct loop_socket *socket = loop_socket_new(loop, ZMQ_ROUTER, options->endpoint, receive, context);
    size_t bytes = sizeof(socket->endpoint);
    if (socket->zmq == NULL || !loop_set_router(socket->zmq, options))
        return loop_socket_refuse(socket, "cannot set up the socket", complaint);
    if (!loop_bind(socket, options))
        return loop_socket_refuse(socket, "cannot listen", complaint);
    if (zmq_getsockopt(socket->zmq, ZMQ_LAST_ENDPOINT, socket->endpoint, &bytes) != 0 ||
        loop_socket_start(socket) != 0)
        return loop_socket_refuse(socket, "cannot watch the socket", complaint);
    *socket_out = socket;
    return 0;
}

int loop_connect(struct loop *loop, const struct loop_connect_options *options, loop_receive *receive,
                 void *context, struct loop_socket **socket_out, struct complaint *complaint)
{
    int rc = loop_endpoint_check(options->endpoint, options->curve_server != NULL, complaint);
    if (rc != 0)
        return rc;
    struct loop_socket *socket = loop_socket_new(loop, ZMQ_DEALER, options->endpoint, receive, context);
    if (socket->zmq == NULL || !loop_set_dealer(socket->zmq, options))
        return loop_socket_refuse(socket, "cannot set up the socket", complaint);
    if (zmq_connect(socket->zmq, socket->endpoint) != 0)
        return loop_socket_refuse(socket, "cannot connect", complaint);
    if (loop_socket_start(socket) != 0)
        return loop_socket_refuse(socket, "cannot watch the socket", complaint);
    *socket_out = socket;
    return 0;
}

const char *loop_socket_endpoint(const struct loop_socket *socket)
{
    return socket->endpoint;
}

void loop_socket_close(struct loop_socket *socket)
{
    ASSERT(socket->zmq != NULL);
    ev_io_stop(socket->loop->ev, &socket->io);
    (void)zmq_close(socket->zmq);
    socket->zmq = NULL;
}

/* ---- sending ---- */
static int loop_frame_send(struct loop_socket *socket, const void *at, size_t bytes, int flags)
{
    int rc;
    do
        rc = zmq_send(socket->zmq, at, bytes, flags | ZMQ_DONTWAIT);
    while (rc < 0 && errno == EINTR);
    if (rc >= 0)
        return 0;
    if (errno == EAGAIN)
        return LOOP_E_FULL;
    return errno == EHOSTUNREACH ? LOOP_E_GONE : error_from_errno();
}

int loop_send(struct loop_socket *socket, const unsigned char *route, size_t route_bytes,
              struct bytes payload)
{
    ASSERT(pthread_equal(socket->loop->thread, pthread_self()));
    ASSERT(socket->zmq != NULL && payload.bytes <= MESSAGE_BYTES_MAX);
    if (socket->router) {
        int rc = loop_frame_send(socket, route, route_bytes, ZMQ_SNDMORE);
        if (rc != 0)
            return rc;
    }
    return loop_frame_send(socket, payload.at, payload.bytes, 0);
}
