/* worker.h - the core of a worker: entries in, outbox out. No socket, no clock; the shell (shell.c) and the
 * simulator drive it.
 *
 *          worker_open
 *              │
 *     COLLECT ─┤  own outcomes from cursor+1 to head are gathered (worker_collect … worker_collected)
 *              ▼
 *       LIVE      worker_consume: one transaction a batch; worker_outbox / worker_settle; worker_effects;
 *                 worker_deliveries / worker_delivery_begin / worker_delivery_end
 *
 * COLLECT finds decisions that the journal holds and this state does not (state deleted, restored from a
 * backup). In LIVE they are applied at their cause instead of deciding anew.
 */
#ifndef WORKERS_RUNTIME_WORKER_H
#define WORKERS_RUNTIME_WORKER_H

#include "workers/runtime/role.h"

struct worker;
/* How often a delivery is attempted, and how far apart: the pause doubles from first_us up to cap_us; of that
 * it is three quarters to all, by the delivery's number and attempt alone, so that what failed together does
 * not come again in the same second. */
struct delivery_policy {
    bool carried;        /* somebody carries deliveries outside; else they are written down like files */
    const char *without; /* not carried: why each is then reported as failed; NULL: nobody is to be told at
                            all (a replayed past, the simulator), and nothing is reported */
    unsigned attempts_max;
    int64_t first_us, cap_us;
};
struct worker_options {
    const struct role *role;
    const char *directory;     /* state */
    const char *out_directory; /* what effects write */
    uint64_t map_bytes_max;
    bool durable;
    int attempts_max;   /* crashes or failures on one event before it is set aside (3) */
    uint64_t epoch_min; /* epochs of a state that is made anew begin here: beyond those of the one before */
    struct delivery_policy deliveries;
};
/* 0, WORKER_E_LOCKED (another process has this state), WORKER_E_FULL (its map is), WORKER_E_DISK_FULL (with
 * the complaint), WORKER_E_CORRUPT (the same), or negative. */
int worker_open(const struct worker_options *options, struct worker **worker_out,
                struct complaint *complaint) MUST_CHECK;
/* clean: an orderly stop; else as after a crash (the simulator's kill -9). */
void worker_close(struct worker *worker, bool clean);

/* Deletes a state that no process has open; it is made again from the journal. */
int worker_delete_state(const char *directory) MUST_CHECK;

/* Journal identity: the first WELCOME's journal id is kept; another journal later is a positive error
 * WORKER_E_JOURNAL (this state belongs to another journal). */
enum { WORKER_E_JOURNAL = 1, WORKER_E_FULL, WORKER_E_LOCKED, WORKER_E_CORRUPT, WORKER_E_DISK_FULL };
/* After WORKER_E_DISK_FULL: 0 when there is room. The worker is to be closed and opened then: what it did
 * since its last commit it knows no more. */
int worker_try_room(struct worker *worker) MUST_CHECK;
int worker_bind_journal(struct worker *worker, struct text journal_id, uint64_t head,
                        struct complaint *complaint) MUST_CHECK;
uint64_t worker_epoch(struct worker *worker); /* raised at each open */
bool worker_is_live(const struct worker *worker);
uint64_t worker_cursor(const struct worker *worker); /* last sequence number taken in */

/* COLLECT: entries published by this role with seq > cursor; through: how far the stream has looked. */
int worker_collect(struct worker *worker, const struct entry *entries, size_t count) MUST_CHECK;
int worker_collected(struct worker *worker) MUST_CHECK; /* → LIVE */

/* LIVE: one transaction for these entries (in order, seq > cursor; repeats are skipped) and the cursor to
 * `through`. May take fewer (a batch of one after a crash): returns the new cursor in *cursor_out. Negative:
 * this process must stop. */
int worker_consume(struct worker *worker, const struct entry *entries, size_t count, uint64_t through,
                   uint64_t *cursor_out) MUST_CHECK;

/* Outcomes not yet acknowledged, oldest first, from `after` (0: the oldest) on; bodies live until the next
 * call on this worker. */
struct outgoing {
    uint64_t number; /* ascending */
    struct bytes body;
};
int worker_outbox(struct worker *worker, uint64_t after, struct outgoing *out, size_t out_max,
                  size_t *count_out) MUST_CHECK;
/* All with number <= through are in the journal. */
int worker_settle(struct worker *worker, uint64_t through) MUST_CHECK;
uint64_t worker_outbox_count(const struct worker *worker);
int64_t worker_wake_us(struct worker *worker);
/* Carries out up to max queued effects; *left_out: whether some remain (tried again later). */
int worker_effects(struct worker *worker, size_t max, bool *left_out) MUST_CHECK;

/* ---- deliveries: one outcome each, to one addressee by one channel ----
 *
 *     waiting ──taken──► attempted ──end DONE───► gone, delivery.reported {delivered} in the outbox
 *        ▲                   │ ├─────end FAILED─► gone, delivery.reported {failed}
 *        └── not before ─────┘ └─────end LATER──► waiting, or FAILED after the last attempt
 *
 * An attempt is on disk before it is made, and the next one waits for its time whatever becomes of this
 * process: what kills it is tried attempts_max times at most. Times are wall clock, so that they survive a
 * restart; one that lies further off than cap_us (the clock was set back) counts as come. */
struct delivery {
    uint64_t number;
    unsigned attempts; /* this one included */
    struct text channel, addressee, group, charter;
    struct text id;            /* the same for all attempts, of a-z, 0-9 and -: journal and outcome */
    const struct event *event; /* the outcome; NULL while it is offered */
};
/* True: the delivery is taken on. */
typedef bool worker_offer(void *context, const struct delivery *delivery);
/* Offers the earliest one of each channel and addressee if its time has come; what is taken, up to max, is on
 * record as attempted when this returns, and lives until the next call on this worker. *next_us_out: when the
 * next one's time comes, CIVIL_NEVER_US: none waits for a time. What was taken is under way until
 * worker_delivery_end, however long that takes. What has used up its attempts and is not under way (a process
 * died with it) is ended as failed. */
int worker_deliveries(struct worker *worker, int64_t now_us, worker_offer *offer, void *context,
                      struct delivery *out, size_t max, size_t *count_out, int64_t *next_us_out) MUST_CHECK;
struct delivery_end {
    enum { DELIVERY_DONE, DELIVERY_FAILED, DELIVERY_LATER } how;
    const char *reason; /* it goes into the journal, so no address stands in it; of DONE: a remark or NULL */
    int64_t wait_us;    /* LATER: at least so long, as the receiver asked; at most cap_us is granted */
};
/* Where a delivery stands after an attempt; its texts live until the next call on this worker. */
struct delivery_state {
    bool over;   /* no attempt follows */
    int64_t seq; /* of the outcome's data, 0: the delivery is unknown. With addressee and */
    struct text channel, addressee; /* channel it is what the journal knows a delivery by */
    unsigned attempts;
    int64_t next_us; /* unless over: not before */
};
/* What has failed is written down by the role's carry_out, as where nobody carries. An unknown number is
 * passed over. */
int worker_delivery_end(struct worker *worker, uint64_t number, const struct delivery_end *end,
                        int64_t now_us, struct delivery_state *state_out) MUST_CHECK;
bool worker_deliveries_wait(struct worker *worker);
/* From here on deliveries go by that policy. */
void worker_carry(struct worker *worker, const struct delivery_policy *policy);
const struct delivery_policy *worker_policy(const struct worker *worker);
/* Counts what was put in since the state was opened: a change means that something new may wait. */
uint64_t worker_effects_next(const struct worker *worker);

int worker_query(struct worker *worker, struct arena *arena, struct text what, const struct doc *args,
                 struct query_answer *answer_out) MUST_CHECK;
/* Called again and again while a long answer is worked out; it must leave the worker alone. */
void worker_on_breath(struct worker *worker, void (*breathe)(void *context), void *context);
/* Digest over the role's own tables, for "rebuilt equals live". */
int worker_digest(struct worker *worker, struct digest *digest_out) MUST_CHECK;
/* The types to subscribe to: the role's rows, charter.adopted. Names; families without ".*". */
size_t worker_types(const struct worker *worker, struct text *types_out, size_t types_max);

#endif
