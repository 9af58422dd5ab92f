/* core.h - what the runtime's own files share: a worker, a batch, a turn. Roles never include it.
 *
 * A worker owns one store. A batch is one write transaction with the counters that change in it; a turn is
 * one event inside it.
 *
 *     tables 0..15   the role's records            ┐ a function of the journal alone: compared by
 * worker_digest tables 16..18  series, charters              ┘ tables 20..26  cursor and the like, outbox,
 * effects, collected, deliveries: where this worker stands, not what it knows
 *
 * What may write when: row.apply and the apply of an emitted outcome write records; row.decide only emits. So
 * a rebuild, which applies and does not decide, arrives at the same records. This is asserted at each write.
 */
#ifndef WORKERS_RUNTIME_CORE_H
#define WORKERS_RUNTIME_CORE_H

#include "base/digest.h"
#include "base/limits.h"
#include "base/log.h"
#include "config/charter.h"
#include "workers/runtime/worker.h"

enum runtime_table {
    TABLE_OF_ROLES_END = 16,
    TABLE_SERIES = 16,
    TABLE_CHARTER,      /* name → version and sequence number of the one in force */
    TABLE_CHARTER_TEXT, /* name, version → text; version 0 and the adoption: waits for coordination's word */
    TABLE_OF_STATE_END, /* below: what worker_digest covers */
    TABLE_META,
    TABLE_OUTBOX,        /* number → encoded outcome */
    TABLE_EFFECT,        /* number → effect as a document */
    TABLE_COLLECTED,     /* cause, index → count and encoded outcome */
    TABLE_DELIVERY,      /* number → channel, addressee, group, attempts, not before */
    TABLE_DELIVERY_BODY, /* number → encoded outcome */
    TABLE_DELIVERY_QUEUE /* channel, addressee, not before, number → nothing: whose turn it is */
};
enum {
    RUNTIME_SCHEMA = 2,
    DRAWS_MAX = 16,
    CHARTERS_CACHED_MAX = 16,
    UNDER_WAY_MAX = 128 /* deliveries in somebody's hands; a courier has no more receivers than that */
};

/* The counters that a batch changes; the worker takes them over when its transaction is committed. */
struct standing {
    uint64_t cursor;
    uint64_t outbox_next;  /* number of the next outcome put in */
    uint64_t effects_next; /* number of the next effect or delivery put in */
};

struct cached_charter {
    struct arena arena;
    struct text name;
    uint64_t
        seq; /* of the adopting event: a version taken back by an aborted transaction is never met again */
    const struct charter *charter;
};

/* An event to be set aside: found poisonous in an earlier try, or suspected of having killed the process. */
struct skip {
    uint64_t seq;
    struct text reason; /* in the worker's skip arena */
};

struct worker {
    const struct role *role;
    char directory[512], out_directory[512];
    char publisher[64], source[64]; /* "worker/tasks", "/worker/tasks" */
    struct store *store;
    const struct role_row *rows[EVENT_KIND_COUNT];
    bool live;
    bool reports; /* it publishes a report of its own, which it decides like any other */
    int attempts_max;
    struct delivery_policy policy;

    struct standing standing; /* as committed, but the cursor may run ahead over entries of no concern */
    uint64_t settled; /* outcomes up to this number are in the journal; deleted with the next transaction */
    uint64_t outbox_first;   /* number of the oldest one in the store */
    uint64_t collected_last; /* the last cause with collected outcomes, 0: none */
    uint64_t epoch;
    uint64_t under_way[UNDER_WAY_MAX]; /* deliveries that this process has taken and not seen the end of */
    size_t under_way_count;
    unsigned careful_left; /* after a crash: so many entries go one by one, each attempt on record */
    bool wake_known;
    int64_t wake_us;
    char journal_id[64];

    void (*breathe)(void *context); /* or NULL */
    void *breathe_context;

    struct arena arena;      /* of the running turn */
    struct arena skip_arena; /* of the skip's reason */
    struct arena out_arena;  /* of the last worker_outbox */
    struct buffer buffer;
    struct skip skip;                 /* seq 0: none */
    struct cached_charter **charters; /* oldest first */
    size_t charters_count, charters_room;
};

struct outcome {
    struct event event;
    struct doc *data;
    struct text channel, addressee, group; /* to be delivered; channel none: not */
};
enum turn_mode { TURN_READING, TURN_APPLYING, TURN_DECIDING };
struct draw {
    struct text series;
    uint64_t number;
};
struct turn {
    struct worker *worker;
    struct arena *arena;
    struct store_txn *txn;
    struct standing *standing; /* of the batch; NULL while reading */
    const struct event *event;
    enum turn_mode mode;
    bool live; /* this event is decided now, not taken from what the journal holds */
    bool poisoned;
    struct text reason;
    struct outcome *outcomes;
    size_t outcomes_count, outcomes_room;
    bool outcome_open; /* the last one, between emit_begin and emit_end */
    struct draw draws[DRAWS_MAX];
    size_t draws_count;
    unsigned effects_count;
};

/* turn.c: one event in one batch. 0, ROLE_E_POISON (turn->reason says why; the transaction must be given up),
 * or negative. */
int turn_take(struct turn *turn, const struct entry *entry, const struct skip *skip) MUST_CHECK;
void turn_open_reading(struct turn *turn, struct worker *worker, struct store_txn *txn, struct arena *arena);

/* collected.c: what the journal holds of this role's own decisions. */
struct collected {
    bool decided; /* the journal holds this decision; outcomes are to be applied instead of deciding */
    bool aside;   /* the decision was to set the event aside */
    struct event *outcomes;
    size_t count;
};
/* "tasks-17-1-3" → 17, 1, 3. */
bool outcome_id_parse(struct text id, struct text role, uint64_t *cause_out, uint64_t *index_out,
                      uint64_t *count_out);
int collected_get(struct turn *turn, const struct event *cause, struct collected *collected_out) MUST_CHECK;
void collected_delete(struct turn *turn, uint64_t cause);
int collected_open(struct worker *worker) MUST_CHECK;

/* outbox.c */
void outbox_put(struct turn *turn, const struct event *outcome);
void outbox_delete_settled(struct worker *worker, struct store_txn *txn);
int outbox_open(struct worker *worker, struct store_txn *txn) MUST_CHECK;

/* deliveries.c */
void deliveries_put(struct turn *turn, const struct outcome *outcome);
/* Nobody carries outside: what waits is written down by the role. *left_out: some could not be. */
int deliveries_write(struct worker *worker, bool *left_out) MUST_CHECK;

/* worker.c: ends a transaction that may have put outcomes or reports into the outbox. */
int worker_commit(struct worker *worker, struct store_txn *txn, const struct standing *standing) MUST_CHECK;

/* charters.c */
/* Takes in an adoption, or coordination's word on one. */
void charters_take(struct turn *turn, const struct event *event);
/* Every worker reads these, whatever its role. */
static inline bool charters_concern(enum event_kind kind)
{
    return kind == EVENT_CHARTER_ADOPTED || kind == EVENT_CHARTER_ACCEPTED || kind == EVENT_CHARTER_ENACTED;
}
/* What the journal says was accepted or enacted must be known here too. 0, or negative after a line in the
 * log: newer code reads the text differently. That is no poison, to be set aside: all that follows would be
 * taken in under another charter. */
int charters_check(struct turn *turn, const struct event *event,
                   const struct collected *collected) MUST_CHECK;
/* Between turns: forgets the oldest compiled charters beyond CHARTERS_CACHED_MAX. */
void charters_trim(struct worker *worker);
void charters_close(struct worker *worker);

/* The store's docs: key of one meta record; get and put by any table. */
struct key meta_key(const char *name);
struct doc *runtime_get(struct turn *turn, const struct key *key);
void runtime_put(struct worker *worker, struct store_txn *txn, const struct key *key, const struct doc *doc);

#endif
