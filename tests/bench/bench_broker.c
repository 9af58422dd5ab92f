/* Goal: what a publisher gets of the disk through the whole broker, ipc, checks and journal. Method: duband
 * runs as its own process; publishers in threads keep a fixed number of 256-byte events in flight, alone in
 * their messages and many in one; the same disk's bare flush, measured before and after in the same run, is
 * the reference.
 *
 * Usage: bench_broker [DIRECTORY]. Default: $TMPDIR, else build/bench-broker. B names the build whose duband
 * is run.
 */
#include "base/digest.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/loop.h"
#include "daemon/disk.h"
#include "proto/wire.h"

#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { EVENT_BYTES = 256, PUBLISHERS_MAX = 8, FLUSHES = 200, RETRY_US = 1000 };
extern char **environ;

struct load {
    const char *name;
    unsigned publishers, messages, events; /* messages in flight, events in each */
    uint64_t total;                        /* events of one publisher */
};
static const struct load loads[] = {
    {"1 publisher, 1 event in flight", 1, 1, 1, 3000},
    {"8 publishers, 64 in flight, one a message", 8, 64, 1, 20000},
    {"8 publishers, 64 in flight, one message", 8, 1, 64, 40000},
    {"8 publishers, 1,024 in flight, one a message", 8, 1024, 1, 20000},
    {"8 publishers, 1,024 in flight, 64 a message", 8, 16, 64, 100000},
};

struct publisher {
    const struct load *load;
    const char *endpoint;
    unsigned number;
    struct loop *loop;
    struct loop_timer *retry;
    struct loop_socket *socket;
    struct arena arena;
    struct buffer frame, body;
    uint64_t sent, accepted, run;
    unsigned in_flight;
    bool welcome;
};

/* ---- a publisher ---- */

/* 256 bytes, with an id that grows with time, as UUIDv7 does. */
static struct bytes publisher_body(struct publisher *publisher, uint64_t number)
{
    static const char filler[EVENT_BYTES] = "停车难";
    struct arena *arena = &publisher->arena;
    struct doc *data = doc_new(arena);
    struct event event = {.id = arena_printf(arena, "%llx-%08llx-%u", (unsigned long long)publisher->run,
                                             (unsigned long long)number, publisher->number),
                          .source = TEXT("/bench"),
                          .type = &event_types[EVENT_ISSUE_RAISED],
                          .type_name = TEXT("issue.raised"),
                          .subject = TEXT("I-1"),
                          .charter = TEXT("bench"),
                          .time_us = CIVIL_NEVER_US,
                          .data = data};
    doc_set_text(data, FIELD_TITLE, text_from(filler));
    doc_set_text(data, FIELD_AREA, TEXT("7"));
    buffer_reset(&publisher->body);
    event_encode(&event, &publisher->body);
    ASSERT(publisher->body.bytes < EVENT_BYTES - 16);
    char raiser[EVENT_BYTES];
    size_t bytes = EVENT_BYTES - publisher->body.bytes - sizeof("raiser") - 2;
    memset(raiser, 'r', bytes);
    doc_set_text(data, FIELD_RAISER, (struct text){raiser, bytes});
    buffer_reset(&publisher->body);
    event_encode(&event, &publisher->body);
    return arena_bytes_copy(arena, buffer_view(&publisher->body));
}

static int publisher_push(struct publisher *publisher, const struct message *message)
{
    buffer_reset(&publisher->frame);
    wire_encode(message, &publisher->frame);
    return loop_send(publisher->socket, NULL, 0, buffer_view(&publisher->frame));
}

static void publisher_fill(struct publisher *publisher)
{
    const struct load *load = publisher->load;
    struct bytes bodies[BATCH_EVENTS_MAX];
    while (publisher->in_flight < load->messages && publisher->sent < load->total) {
        arena_reset(&publisher->arena);
        for (unsigned i = 0; i < load->events; i++)
            bodies[i] = publisher_body(publisher, publisher->sent + i);
        if (publisher_push(publisher, &(struct message){.verb = VERB_PUBLISH,
                                                        .tag = publisher->sent,
                                                        .bodies = bodies,
                                                        .count = load->events}) != 0) {
            loop_timer_arm_us(publisher->retry, RETRY_US);
            return;
        }
        publisher->sent += load->events;
        publisher->in_flight++;
    }
}

static void publisher_on_retry(void *context)
{
    struct publisher *publisher = context;
    if (publisher->welcome)
        publisher_fill(publisher);
    else if (publisher_push(
                 publisher,
                 &(struct message){.verb = VERB_HELLO, .version = WIRE_REVISION, .name = TEXT("bench")}) != 0)
        loop_timer_arm_us(publisher->retry, RETRY_US);
}

static void publisher_receive(void *context, const struct loop_peer *peer, struct bytes payload)
{
    (void)peer;
    struct publisher *publisher = context;
    struct message message;
    struct complaint complaint = {.message = ""};
    arena_reset(&publisher->arena);
    if (wire_decode(&publisher->arena, payload, &message, &complaint) != 0)
        die("bench: %s", complaint.message);
    if (message.verb == VERB_WELCOME) {
        publisher->welcome = true;
        loop_stop(publisher->loop);
        return;
    }
    if (message.verb != VERB_ACCEPTED)
        die("bench: %s: %.*s", wire_verb_name(message.verb), TEXT_PRINT(message.text));
    for (size_t i = 0; i < message.count; i++)
        if (message.results[i].code != WIRE_OK || message.results[i].duplicate)
            die("bench: %s: %.*s", wire_code_name(message.results[i].code),
                TEXT_PRINT(message.results[i].text));
    publisher->accepted += message.count;
    publisher->in_flight--;
    if (publisher->accepted >= publisher->load->total)
        loop_stop(publisher->loop);
    else
        publisher_fill(publisher);
}

static pthread_barrier_t start;

static void *publisher_run(void *context)
{
    struct publisher *publisher = context;
    struct complaint complaint = {.message = ""};
    struct loop_connect_options options = {.endpoint = publisher->endpoint};
    arena_open(&publisher->arena, ARENA_BYTES_MAX);
    buffer_open(&publisher->frame, MESSAGE_BYTES_MAX);
    buffer_open(&publisher->body, EVENT_BYTES_MAX);
    if (loop_open(&publisher->loop) != 0 ||
        loop_timer_open(publisher->loop, publisher_on_retry, publisher, &publisher->retry) != 0 ||
        loop_connect(publisher->loop, &options, publisher_receive, publisher, &publisher->socket,
                     &complaint) != 0)
        die("bench: %s", complaint.message);
    publisher_on_retry(publisher);
    loop_run(publisher->loop);
    (void)pthread_barrier_wait(&start);
    publisher_fill(publisher);
    loop_run(publisher->loop);
    (void)pthread_barrier_wait(&start);
    loop_timer_close(publisher->retry);
    loop_close(publisher->loop);
    buffer_close(&publisher->body);
    buffer_close(&publisher->frame);
    arena_close(&publisher->arena);
    return NULL;
}

/* ---- the run ---- */

/* Microseconds for one flush of a 4 KiB write on blocks written before. */
static double bench_flush_us(const char *directory)
{
    struct disk *disk = disk_real();
    static unsigned char page[4096];
    char path[512];
    int handle = -1, code = 0;
    (void)snprintf(path, sizeof(path), "%s/flush", directory);
    if (disk->ops->open(disk, path, true, &handle) != 0)
        die("bench: cannot write %s", path);
    for (uint64_t i = 0; i < FLUSHES && code == 0; i++)
        code = disk->ops->write(disk, handle, i * sizeof(page), (struct bytes){page, sizeof(page)});
    if (code != 0 || disk->ops->sync(disk, handle) != 0)
        die("bench: cannot write %s", path);
    int64_t since_us = loop_monotonic_us();
    for (uint64_t i = 0; i < FLUSHES && code == 0; i++) {
        code = disk->ops->write(disk, handle, i * sizeof(page), (struct bytes){page, sizeof(page)});
        if (code == 0)
            code = disk->ops->sync(disk, handle);
    }
    int64_t took_us = loop_monotonic_us() - since_us;
    if (code != 0 || disk->ops->close(disk, handle) != 0 || disk->ops->remove(disk, path) != 0)
        die("bench: %s: %s", path, error_text(code));
    return (double)took_us / FLUSHES;
}

static double bench_load(const struct load *load, const char *endpoint, uint64_t run)
{
    static struct publisher publishers[PUBLISHERS_MAX];
    pthread_t threads[PUBLISHERS_MAX];
    (void)pthread_barrier_init(&start, NULL, load->publishers + 1);
    for (unsigned i = 0; i < load->publishers; i++) {
        publishers[i] = (struct publisher){.load = load, .endpoint = endpoint, .number = i, .run = run};
        if (pthread_create(&threads[i], NULL, publisher_run, &publishers[i]) != 0)
            die("bench: no thread");
    }
    (void)pthread_barrier_wait(&start);
    int64_t since_us = loop_monotonic_us();
    (void)pthread_barrier_wait(&start);
    int64_t took_us = loop_monotonic_us() - since_us;
    for (unsigned i = 0; i < load->publishers; i++)
        (void)pthread_join(threads[i], NULL);
    (void)pthread_barrier_destroy(&start);
    return (double)took_us;
}

static pid_t bench_spawn(const char *directory)
{
    char program[512], state[512], run[512];
    const char *build = getenv("B");
    pid_t pid = 0;
    (void)snprintf(program, sizeof(program), "%s/bin/duband", build != NULL ? build : "build/release");
    (void)snprintf(state, sizeof(state), "%s/state", directory);
    (void)snprintf(run, sizeof(run), "%s/run", directory);
    char arguments[][16] = {"duband", "--state", "--run", "--log-level", "error"};
    char *const list[] = {arguments[0], arguments[1], state,        arguments[2],
                          run,          arguments[3], arguments[4], NULL};
    if (posix_spawn(&pid, program, NULL, NULL, list, environ) != 0)
        die("bench: cannot run %s", program);
    return pid;
}

static void bench_print(const struct load *load, double took_us, double flush_us)
{
    double total = (double)load->total * load->publishers;
    double each_us = took_us / total, under_way = (double)load->publishers * load->messages * load->events;
    printf("%-46s %10.0f events/s %8.0f us each way %6.2f flushes\n", load->name, 1e6 / each_us,
           each_us * under_way, each_us * under_way / flush_us);
}

int main(int argc, char **argv)
{
    const char *base = argc > 1 ? argv[1] : getenv("TMPDIR");
    char directory[256], endpoint[300];
    loop_process_prepare();
    digest_init();
    log_open("bench", LOG_LEVEL_WARNING);
    (void)snprintf(directory, sizeof(directory), "%s/bench-broker", base != NULL ? base : "build");
    char *whole = file_make_folders(directory) == 0 ? realpath(directory, NULL) : NULL;
    if (whole == NULL)
        die("bench: cannot make %s", directory);
    (void)snprintf(endpoint, sizeof(endpoint), "ipc://%.200s/run/publish.sock", whole);
    double before_us = bench_flush_us(whole);
    pid_t duband = bench_spawn(whole);
    printf("flush alone: %.0f us\n", before_us);
    for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
        bench_print(&loads[i], bench_load(&loads[i], endpoint, (uint64_t)loop_wall_us()), before_us);
    printf("flush alone, afterwards: %.0f us\n", bench_flush_us(whole));
    int status = 0;
    uint64_t events = 0;
    struct rusage used = {0};
    (void)kill(duband, SIGTERM);
    (void)wait4(duband, &status, 0, &used);
    for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
        events += loads[i].publishers * loads[i].total;
    printf("duband used %.2f us of processor an event\n",
           ((double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
            (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec)) /
               (double)events);
    int code = file_remove_folder(whole);
    free(whole);
    return code != 0 || status != 0;
}
