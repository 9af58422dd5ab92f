/* writer.h - the thread that commits. It is handed one batch at a time and calls back in the loop's thread
 * when that is durable; what arrives meanwhile collects for the next, so batches form by themselves under
 * load and nobody waits for a timer.
 */
#ifndef DAEMON_WRITER_H
#define DAEMON_WRITER_H

#include "base/loop.h"
#include "daemon/journal.h"

struct writer;

/* done(context, code): the batch's results are set; code as of journal_append. Called in the loop's thread.
 */
int writer_open(struct loop *loop, struct journal *journal, void (*done)(void *context, int code),
                void *context, struct writer **writer_out) MUST_CHECK;
/* Waits for the batch in hand, whose `done` is not called any more. */
void writer_close(struct writer *writer);
bool writer_is_idle(const struct writer *writer);
/* The writer must be idle; batch is the writer's until `done`. */
void writer_submit(struct writer *writer, struct append *batch, size_t count);
/* How long the batch in hand has been under way; 0 when idle. */
int64_t writer_busy_us(const struct writer *writer);

#endif
