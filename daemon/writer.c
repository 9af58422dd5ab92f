/* writer.c - see writer.h. Hand-over is by mutex and condition one way and by loop_wake the other; no socket
 * is touched here.
 *
 *     IDLE ── submit (loop) ──► GIVEN ── append (thread) ──► DONE ── done (loop) ──► IDLE
 *
 * Invariants: (1) the batch belongs to the thread in GIVEN and to the loop in every other state; (2) `state`
 * changes under the lock only.
 */
#include "daemon/writer.h"

#include "base/arena.h"
#include "base/log.h"

#include <pthread.h>
#include <stdlib.h>

enum writer_state { WRITER_IDLE, WRITER_GIVEN, WRITER_DONE, WRITER_CLOSING };

struct writer {
    struct journal *journal;
    struct loop_wake *wake;
    void (*done)(void *context, int code);
    void *context;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t given;
    enum writer_state state; /* under lock */
    struct append *batch;
    size_t count;
    int code;
    /* the loop's own view */
    bool busy;
    int64_t since_us;
};

static void *writer_run(void *context)
{
    struct writer *writer = context;
    (void)pthread_mutex_lock(&writer->lock);
    while (writer->state != WRITER_CLOSING) {
        if (writer->state != WRITER_GIVEN) {
            (void)pthread_cond_wait(&writer->given, &writer->lock);
            continue;
        }
        (void)pthread_mutex_unlock(&writer->lock);
        int code = journal_append(writer->journal, writer->batch, writer->count);
        (void)pthread_mutex_lock(&writer->lock);
        writer->code = code;
        if (writer->state == WRITER_GIVEN)
            writer->state = WRITER_DONE;
        loop_wake_signal(writer->wake);
    }
    (void)pthread_mutex_unlock(&writer->lock);
    return NULL;
}

static void writer_on_wake(void *context)
{
    struct writer *writer = context;
    (void)pthread_mutex_lock(&writer->lock);
    bool done = writer->state == WRITER_DONE;
    if (done)
        writer->state = WRITER_IDLE;
    (void)pthread_mutex_unlock(&writer->lock);
    if (!done)
        return;
    writer->busy = false;
    writer->done(writer->context, writer->code);
}

int writer_open(struct loop *loop, struct journal *journal, void (*done)(void *context, int code),
                void *context, struct writer **writer_out)
{
    struct writer *writer = memory_alloc(sizeof(*writer));
    *writer = (struct writer){.journal = journal, .done = done, .context = context, .state = WRITER_IDLE};
    int code = loop_wake_open(loop, writer_on_wake, writer, &writer->wake);
    if (code != 0) {
        free(writer);
        return code;
    }
    ASSERT(pthread_mutex_init(&writer->lock, NULL) == 0 && pthread_cond_init(&writer->given, NULL) == 0);
    int failed = pthread_create(&writer->thread, NULL, writer_run, writer);
    if (failed != 0) {
        loop_wake_close(writer->wake);
        free(writer);
        return -failed;
    }
    *writer_out = writer;
    return 0;
}

void writer_close(struct writer *writer)
{
    (void)pthread_mutex_lock(&writer->lock);
    writer->state = WRITER_CLOSING;
    (void)pthread_cond_signal(&writer->given);
    (void)pthread_mutex_unlock(&writer->lock);
    (void)pthread_join(writer->thread, NULL);
    loop_wake_close(writer->wake);
    (void)pthread_cond_destroy(&writer->given);
    (void)pthread_mutex_destroy(&writer->lock);
    free(writer);
}

bool writer_is_idle(const struct writer *writer)
{
    return !writer->busy;
}

void writer_submit(struct writer *writer, struct append *batch, size_t count)
{
    ASSERT(!writer->busy && count > 0);
    writer->busy = true;
    writer->since_us = loop_monotonic_us();
    (void)pthread_mutex_lock(&writer->lock);
    ASSERT(writer->state == WRITER_IDLE);
    writer->batch = batch;
    writer->count = count;
    writer->state = WRITER_GIVEN;
    (void)pthread_cond_signal(&writer->given);
    (void)pthread_mutex_unlock(&writer->lock);
}

int64_t writer_busy_us(const struct writer *writer)
{
    return writer->busy ? loop_monotonic_us() - writer->since_us : 0;
}
