/* facts.h - what bulletins count: one row a fact, ordered by kind and instant, with the sequence number of
 * the event that shows it.
 *
 * A fact lies whole in its key, so that counting a month of a large city reads keys only; details for the
 * lines of a list are in the value. A stay is a fact with two ends: an issue at a level, a task with a unit.
 * While it lasts it is FACT_ISSUE_OPEN or FACT_TASK_OPEN at the instant of its beginning; when it ends that
 * row becomes FACT_ISSUE_STAY or FACT_TASK_STAY at the instant of its end, with the beginning in amount_us
 * and origin. So what was open at any past instant can be read exactly.
 */
#ifndef WORKERS_BULLETINS_FACTS_H
#define WORKERS_BULLETINS_FACTS_H

#include "workers/runtime/role.h"

enum bulletins_table {
    BULLETINS_PLAN,     /* charter, rule id → the period waited for */
    BULLETINS_REPORTED, /* charter → struct reported, and how far pruning has come */
    BULLETINS_ITEM,     /* charter, kind of stay, subject → title, area, where it is */
    BULLETINS_FACT,     /* charter, fact → details */
    BULLETINS_MISSED,   /* charter, subject, due instant → the fact of the miss */
    BULLETINS_KEPT,     /* charter, rule id, period → a published bulletin's figures (corrections.h) */
    BULLETINS_PERSON    /* charter, person who held a post → nothing */
};
enum { BULLETINS_SCHEMA = 9 };

/* Facts older than so many months at the end of the last bulletin are dropped: a year's charts, and a quarter
 * on top. */
enum { FACTS_HORIZON_MONTHS = 15 };

enum fact_kind {
    FACT_RAISED,     /* group: area */
    FACT_ESCALATED,  /* group: level entered */
    FACT_SENT_BACK,  /* group: level entered */
    FACT_SETTLED,    /* group: level; amount_us: when it was raised */
    FACT_SETTLED_IN, /* the same; group: area */
    FACT_CLOSED,     /* group: how */
    FACT_REOPENED,   /* group: level */
    FACT_REFUSED,    /* group: the event type refused; returned for completion (gather.c), nothing else */
    FACT_UNANSWERED, /* group: unit */
    FACT_SOLUTION,   /* group: level */
    FACT_DECISION,   /* group: level */
    FACT_TASKLIST,
    FACT_TASKLIST_DONE,
    FACT_ASSIGNED, /* group: unit, for all facts of tasks */
    FACT_PROGRESSED,
    FACT_COMPLETED,
    FACT_REJECTED,
    FACT_TASK_CLOSED,
    FACT_MISSED, /* group: who; amount_us: due */
    FACT_MOVED,
    FACT_PROPOSAL,   /* group: level */
    FACT_MEETING,    /* group: body */
    FACT_FILING,     /* group: body */
    FACT_FILED,      /* group: body, and at the end of the day on which it was due: a filing in time, */
    FACT_FILED_LATE, /* one after that day, amount_us: when, */
    FACT_UNFILED,    /* and one that is missing */
    FACT_SUPERVISED, /* group: origin, for all of supervision */
    FACT_SUPERVISION_DONE,
    FACT_SUPERVISION_DROPPED, /* ended undone: with its issue, or struck from its list */
    FACT_FINDING,             /* group: unit */
    FACT_SCORES,
    FACT_TOUCHED, /* a fact of kind `origin` came or went when its period was reported already */
    /* stays; each ended kind follows its open one */
    FACT_ISSUE_OPEN, /* group: level */
    FACT_ISSUE_STAY,
    FACT_TASK_OPEN, /* group: unit */
    FACT_TASK_STAY,
    FACT_SUPERVISION_OPEN, /* group: origin */
    FACT_SUPERVISION_STAY,
    FACT_KINDS
};

struct fact {
    enum fact_kind kind;
    int64_t at_us;
    uint64_t seq;
    int64_t amount_us;
    uint64_t origin;
    struct text group, subject;
};

/* Through which instant bulletins of a charter are out (or INT64_MIN), and before which facts are dropped. */
struct reported {
    int64_t through_us, floor_us;
};
struct reported facts_reported(struct turn *turn, struct text charter);
/* Raises either; neither ever falls. */
void facts_conclude(struct turn *turn, struct text charter, const struct reported *reported);
/* Drops some of what lies before the floor: more than an event brings, and never much in one turn. */
void facts_prune(struct turn *turn, struct text charter);

/* details may be NULL. What changes a reported period leaves a FACT_TOUCHED. */
void fact_put(struct turn *turn, struct text charter, const struct fact *fact, const struct doc *details);
/* seq: of the event because of which it no longer counts. */
void fact_delete(struct turn *turn, struct text charter, const struct fact *fact, uint64_t seq);

/* Walks the facts of a kind with from_us <= at_us <= through_us, in order of instant, then subject (what
 * happens at one instant stands in the journal in the order of the workers' pace, which is nobody's
 * business):
 *
 *   struct facts facts;
 *   for (bool more = facts_first(turn, charter, kind, from_us, through_us, &facts); more; more =
 * facts_next(&facts)) use(&facts.fact); facts_end(&facts);
 *
 * Texts of a fact live until the next step. */
struct facts {
    struct fact fact;
    struct turn *turn;
    struct store_cursor cursor;
    struct arena arena;
    int64_t through_us;
};
bool facts_first(struct turn *turn, struct text charter, enum fact_kind kind, int64_t from_us,
                 int64_t through_us, struct facts *facts_out);
bool facts_next(struct facts *facts);
/* Details of the fact it stands on, in the turn's arena. */
const struct doc *facts_details(struct facts *facts);
void facts_end(struct facts *facts);

/* An issue (kind FACT_ISSUE_OPEN) or task (FACT_TASK_OPEN): {title, area, raised, who: level or unit, start
 * and seq of its stay}. NULL if unknown. */
struct doc *item_get(struct turn *turn, struct text charter, enum fact_kind kind, struct text subject);
/* Whether it is known; reads no record. */
bool item_known(struct turn *turn, struct text charter, enum fact_kind kind, struct text subject);
void item_put(struct turn *turn, struct text charter, enum fact_kind kind, struct text subject,
              const struct doc *item);
/* Both change the item and the facts; the caller puts the item. Ending a stay that hasn't begun does nothing.
 */
void stay_begin(struct turn *turn, struct text charter, const struct fact *open, struct doc *item);
void stay_end(struct turn *turn, struct text charter, enum fact_kind open_kind, struct text subject,
              struct doc *item, int64_t at_us, uint64_t seq);

/* fact: of kind FACT_MISSED, or with its group and subject, due at amount_us. */
void missed_put(struct turn *turn, struct text charter, const struct fact *fact);
/* The due time was moved afterwards: that miss no longer counts. */
void missed_withdraw(struct turn *turn, struct text charter, struct text subject, int64_t due_us,
                     uint64_t seq);
/* When the subject first missed a deadline; INT64_MAX: never. */
int64_t missed_first_us(struct turn *turn, struct text charter, struct text subject);
/* Whether the subject missed a deadline due at or before by_us. */
bool missed_by(struct turn *turn, struct text charter, struct text subject, int64_t by_us);

#endif
