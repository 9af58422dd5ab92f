/* intake.h - what was published and is not answered yet.
 *
 *     PUBLISH ──► judged ──► (replay: waits for its time) ──► queue ──► batch at the writer ──► results ──►
 * ACCEPTED └── refused: its result stands at once
 *
 * Invariants: (1) items enter the journal in the order in which they were queued; (2) stamps in the queue
 * never decrease; (3) a publication is answered once, when its last result stands, and only for durable
 * events with OK; (4) QUEUE_BYTES_MAX bounds all of it.
 */
#ifndef DAEMON_INTAKE_H
#define DAEMON_INTAKE_H

#include "daemon/sessions.h"
#include "daemon/writer.h"

struct intake_item;
struct intake_list {
    struct intake_item *first, *last;
    size_t count;
};
struct intake {
    struct writer *writer;
    struct intake_list queue;   /* stamped */
    struct intake_list waiting; /* replay: reports and clock.advance, in order of arrival */
    size_t bytes;               /* of all publications not answered */
    struct append *batch;       /* at the writer */
    struct intake_item **batch_items;
    size_t batch_count;
    bool striking;         /* a clock.struck is queued or in the batch */
    int64_t full_until_us; /* the journal was full: no strikes or releases before */
};

int intake_open(struct broker *broker) MUST_CHECK;
void intake_close(struct broker *broker);
void intake_publish(struct broker *broker, struct session *session, const struct message *message,
                    struct bytes payload);
/* Replay: answers the query when time has come to at_us, behind what was published before. False: the queue
 * is full. */
bool intake_advance(struct broker *broker, struct session *session, uint64_t tag, int64_t at_us);
/* End of a turn: the clock's next steps; hands a batch to an idle writer. */
void intake_turn(struct broker *broker);
bool intake_is_empty(const struct broker *broker);
/* Refuses what waits for its time. */
void intake_stop(struct broker *broker);

#endif
