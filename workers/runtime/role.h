/* role.h - what a worker role is: a value. Handlers see the event, their own records and `emit`, nothing
 * else.
 *
 * A role is a name, the types it subscribes to and one handler row a type. Live, for each event in journal
 * order, in one transaction a batch:
 *
 *     own outcome?  skipped: it was applied when it was decided
 *     row.apply     takes a fact in (charters, calendars, other roles' outcomes)
 *     row.decide    draws conclusions; each emitted outcome is at once applied by its own row's apply
 *     cursor = seq, outbox += outcomes; commit
 *
 * A rebuild runs the same loop, but where outcomes of this role stand in the journal for a cause, they are
 * applied at that cause instead of deciding again. So live and rebuilt state are equal at every cursor.
 * Outcome ids are "<role>-<cause>-<index>-<count>", index from 1: a resend is recognised by the broker.
 */
#ifndef WORKERS_RUNTIME_ROLE_H
#define WORKERS_RUNTIME_ROLE_H

#include "base/store.h"
#include "proto/event.h"

struct turn;
struct charter;  /* config/charter.h */
struct calendar; /* config/calendar.h */

/* Handlers return 0, or ROLE_E_POISON (with turn_poison's reason) if this event cannot be taken in: its
 * effects are undone, it is set aside with an event.set-aside, and the rest goes on. */
enum { ROLE_E_POISON = 1 };
typedef int role_handler(struct turn *turn, const struct event *event);

struct role_row {
    enum event_kind kind;
    role_handler *apply;  /* or NULL */
    role_handler *decide; /* or NULL; reports of this role must have one */
};

/* Something to do outside after the commit, at least once (a line in the log, a file): see turn_effect. */
struct effect {
    uint64_t seq;       /* of the cause */
    unsigned index;     /* within the cause */
    struct text kind;   /* "log", "file"; or the channel of a delivery that nobody carries outside */
    struct text target; /* file name, post */
    struct text content;
    const struct event *event; /* that delivery's outcome, else NULL */
};
struct query_answer {
    bool ok;
    bool unknown; /* not ok, because there is no such query */
    struct text error;
    struct doc **rows;
    size_t rows_count;
    bool more;
};

struct role {
    enum role_name name;
    uint32_t schema; /* of its tables; raise it when they change: the worker then rebuilds itself from the
                        journal */
    const struct role_row *rows;
    size_t rows_count;
    /* Optional: the next instant at which this role wants clock.struck (only deadlines), CIVIL_NEVER_US for
     * none. */
    int64_t (*wake_us)(struct turn *turn);
    /* Optional: answers a query from a read transaction (emit is not available). */
    void (*query)(struct turn *turn, struct text what, const struct doc *args,
                  struct query_answer *answer_out);
    /* Optional: carries out an effect after commit; 0 done, positive: try again later. `out_directory` is the
     * worker's. */
    int (*carry_out)(const struct effect *effect, const char *out_directory);
};

/* All roles; the simulator and `duban-worker` choose from here. Ended by NULL. */
extern const struct role *const roles_all[];
const struct role *role_by_name(struct text name);

/* ---- what a handler may use ---- */
struct arena *turn_arena(struct turn *turn); /* emptied after the turn */
/* Own records are documents in tables 0..15; keys built with record_key. Tables 16.. are the runtime's. */
struct key record_key(store_table table);
struct doc *record_get(struct turn *turn,
                       const struct key *key); /* NULL if missing; a private copy, free to change */
void record_put(struct turn *turn, const struct key *key, const struct doc *doc);
bool record_delete(struct turn *turn, const struct key *key);
/* In an answer that reads much: once for each row, so that the process shows signs of life meanwhile. */
void turn_breathe(struct turn *turn);
/* Range walk: as store_first/store_next; decode with record_from. */
struct store_txn *turn_txn(struct turn *turn);
struct doc *record_from(struct turn *turn, struct bytes value);
/* The next number of a named series of this role, from 1 (kept in its state). */
uint64_t turn_number(struct turn *turn, struct text series);

/* Begins an outcome; subject and charter default to the cause's, `time` is written in the charter's zone or
 * else the cause's. Set fields with doc_set_*, then emit_end. */
struct doc *emit_begin(struct turn *turn, enum event_kind kind);
void emit_subject(struct turn *turn, struct text subject);
void emit_charter(struct turn *turn, struct text charter);
void emit_member(struct turn *turn, struct text member); /* of a family: the level in issue.escalated.* */
/* WHY: the rule (path in the charter), clause and place, from a charter rule. */
struct rule;
void emit_rule(struct turn *turn, const struct rule *rule);
void emit_input(struct turn *turn, uint64_t seq);
/* Checks the outcome against the table (a violation is a broken promise: the process dies) and applies it. */
void emit_end(struct turn *turn);
/* request.refused for the running report. owed may be NULL: docs with NEED, WHO, CLAUSE, PLACE. */
void emit_refusal(struct turn *turn, const struct rule *rule, struct doc *const *owed, size_t owed_count,
                  const char *format, ...) PRINTF_LIKE(5, 6);
/* The open outcome is also to be carried outside, to that addressee by that channel (mail, webhook), at least
 * once and with many attempts if need be; `group` is what the addressee belongs to, or none. What became of
 * it comes back as delivery.reported {seq, post, channel} of the outcome's data. Where nobody carries
 * carry_out writes it down instead: at a site without a mail server that is reported as failed, in the
 * simulator and on a replay clock nothing is. A rebuild sends nothing. */
void emit_delivery(struct turn *turn, struct text channel, struct text addressee, struct text group);
/* The reason for ROLE_E_POISON; returns it. */
int turn_poison(struct turn *turn, const char *format, ...) PRINTF_LIKE(2, 3);
/* Queues an effect in this transaction (only in live decisions; a rebuild queues none). */
void turn_effect(struct turn *turn, struct text kind, struct text target, struct text content);

/* The charter in force under that name (as of this event), compiled and cached; NULL if none. The runtime
 * keeps charters for all roles: a version holds from its charter.enacted on. version_out may be NULL. */
const struct charter *turn_charter(struct turn *turn, struct text name, uint64_t *version_out);
/* A version of it that holds, held or will, counted from 1 (an issue stays under the one that it was raised
 * under). NULL if none. */
const struct charter *turn_charter_version(struct turn *turn, struct text name, uint64_t version);
/* The text of a version; TEXT_NONE if there is none. */
struct text turn_charter_text(struct turn *turn, struct text name, uint64_t version);
/* The highest version of it that was accepted or enacted; 0 if none. */
uint64_t turn_charter_newest(struct turn *turn, struct text name);
size_t turn_charters(struct turn *turn, struct text *names_out, size_t names_max);
/* The zone in which times under that charter are written: its own while it is in force, so that all times
 * of a case read alike; `otherwise` if there is none of that name. */
int turn_zone(struct turn *turn, struct text charter, int otherwise);

#endif
