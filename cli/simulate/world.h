/* world.h - the second shell: broker core and all workers in one process on a virtual clock.
 *
 * The same journal, clock, runtime and handlers as in the daemons, without sockets and threads. Each step is
 * a call, so whoever drives the world decides what happens between any two of them: `dubanctl simulate` lets
 * everything settle after each report; the tests crash and lose messages. Nothing here is random and nothing
 * reads a clock.
 *
 *     world_publish ──► journal ──► world_consume(role) ──► state + outbox
 *                          ▲                                    │
 *                          └───────── world_send(role) ◄────────┘        world_time: strike, or let the next
 * report in
 */
#ifndef CLI_SIMULATE_WORLD_H
#define CLI_SIMULATE_WORLD_H

#include "daemon/journal.h"

struct world;
struct worker;
struct query_answer; /* workers/runtime/role.h */

struct world_options {
    const char *directory;         /* everything lies under it */
    const char *journal_directory; /* but the journal, if this is not NULL */
    const char *const *roles;      /* NULL-ended; NULL: all */
    bool live; /* time is what world_wall_set says, as a wall clock, instead of following the reports */
    struct disk *disk;      /* under the journal's segments; NULL: real files, never flushed */
    uint64_t segment_bytes; /* 0: the default */
};
int world_open(const struct world_options *options, struct world **world_out,
               struct complaint *complaint) MUST_CHECK;
void world_close(struct world *world);

size_t world_workers(const struct world *world);
struct text world_role(const struct world *world, size_t index);
struct worker *world_worker(const struct world *world, size_t index); /* NULL while it is down */
uint64_t world_head(const struct world *world);
int64_t world_now_us(const struct world *world);
/* The virtual wall clock of a live world. It may run back; stamps never do. */
void world_wall_set(struct world *world, int64_t wall_us);
/* The stamp for what is received now. */
int64_t world_stamp_us(struct world *world);

/* ---- steps ---- */
/* What the door does with one report: decode, check, journal it with this stamp. WORLD_E_REFUSED: the
 * complaint says why. */
enum { WORLD_E_REFUSED = 1 };
int world_publish(struct world *world, struct bytes body, struct text publisher, int64_t stamp_us,
                  struct append *append_out, struct complaint *complaint) MUST_CHECK;
/* Up to max entries after its cursor in one transaction. from_earlier: so many are delivered again first (a
 * repeated message). */
int world_consume(struct world *world, size_t index, size_t max, size_t from_earlier) MUST_CHECK;
/* Up to max of its outbox to the journal. acknowledged false: the acknowledgement is lost on its way. */
int world_send(struct world *world, size_t index, size_t max, bool acknowledged) MUST_CHECK;
int world_carry_out(struct world *world, size_t index) MUST_CHECK;
/* kill -9 at this point; the worker is down until it is started. */
void world_crash(struct world *world, size_t index);
int world_start(struct world *world, size_t index, struct complaint *complaint) MUST_CHECK;
/* Deletes a worker's state (it must be down). */
int world_forget(struct world *world, size_t index) MUST_CHECK;
/* The broker is gone and back: the journal is opened anew. lose, if not NULL, is called in between: the
 * disk's chance. */
int world_broker_crash(struct world *world, void (*lose)(void *context), void *context,
                       struct complaint *complaint) MUST_CHECK;
/* One step of the clock. Live: strikes if something is due. Replay: goes towards event_us (CIVIL_NEVER_US: as
 * far as nothing is due). *released_out: that time is reached and stamped. */
int world_time(struct world *world, int64_t event_us, bool *moved_out, bool *released_out,
               int64_t *stamp_us_out) MUST_CHECK;

/* ---- the whole loop ---- */
/* Everybody up and caught up, outboxes empty, effects carried out. */
int world_settle(struct world *world) MUST_CHECK;
/* Settles and strikes what is due before at_us, until time stands there. */
int world_advance(struct world *world, int64_t at_us) MUST_CHECK;
/* One report at its own time, as the replay clock of the broker would take it in, and all that follows from
 * it. */
int world_report(struct world *world, struct bytes body, struct text publisher, struct append *append_out,
                 struct complaint *complaint) MUST_CHECK;
/* One report as the broker would take it in at that time, and all that follows from it. A time that is past
 * already counts as now. */
int world_receive(struct world *world, struct bytes body, struct text publisher, int64_t at_us,
                  struct append *append_out, struct complaint *complaint) MUST_CHECK;

/* ---- a journal that was made elsewhere ---- */
/* Takes an entry over as it is, stamp and publisher too, outcomes like reports; nobody reads it yet. */
int world_load(struct world *world, const struct entry *entry) MUST_CHECK;
/* After the last one: every worker makes its state from what was loaded, and time stands at the last stamp.
 */
int world_resume(struct world *world, struct complaint *complaint) MUST_CHECK;
/* Asks a worker. Rows live in arena. */
int world_query(struct world *world, enum role_name role, struct arena *arena, struct text what,
                const struct doc *args, struct query_answer *answer_out) MUST_CHECK;

/* Every entry from `from` on, in order; stops when each returns non-zero and returns that. */
int world_each(struct world *world, uint64_t from, int (*each)(void *context, const struct entry *entry),
               void *context) MUST_CHECK;

#endif
