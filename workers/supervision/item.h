/* item.h - supervised items (督办事项): what must be carried out, by whom, until a supervisor confirms it.
 *
 * An item has a part for each of its units; a unit moves its own part, a supervisor confirms it.
 *
 *                 reported done           verified
 *     part OPEN ───────────────► DONE ───────────────► VERIFIED
 *           ▲                     │
 *           └──────rejected───────┘
 *
 *     item OPEN ── last part done ──► DONE ── last part verified ──► CLOSED
 *       │ ▲  the item's state is that of the part that is furthest back
 *       │ └── rejected: it stays owed
 *       └──► STRUCK: the list that it came from has it no more ── verified: rightly so ──► CLOSED
 *     every open state ── its issue ended unsolved ──► DROPPED;  its tasks are done ──► CLOSED
 *
 * Why STRUCK: the list of key tasks is filed by those who owe them. If an item could vanish from the next
 * list, everybody could excuse himself; so it stays, with its deadline, until a supervisor says otherwise.
 *
 * Invariants: (1) each report in each state has exactly one verdict (test_supervision walks the table); (2)
 * nobody confirms his own work; (3) at most one deadline "item" is open for an item, and none once it was
 * missed, unless a new list gives it a new date; (4) it is met by what units report, not by when supervisors
 * confirm it.
 */
#ifndef WORKERS_SUPERVISION_ITEM_H
#define WORKERS_SUPERVISION_ITEM_H

#include "config/charter.h"
#include "workers/runtime/role.h"

/* 14 and 15 are alarm.h's. */
enum supervision_table {
    TABLE_ITEM, /* item → what supervision.opened says, charter, version, state, count, seq: of its opening,
                   task list or end, limit, start, missed, list, how: it was closed */
    TABLE_PART, /* item, unit → unit, state, at: when it was reported done */
    TABLE_LISTED, /* source, name → item; source, "" → of a filed list: by, the latest day, seq: its first
                     filing */
    TABLE_OF_ISSUE,   /* issue, item → item, as long as it is open */
    TABLE_ISSUE,      /* issue → title, area, state: settled */
    TABLE_TASK,       /* issue, task → unit, state, at: when it was reported done */
    TABLE_TASK_ISSUE, /* task → issue */
    TABLE_INSPECTION, /* inspection → title, units, by, post, charter, version, state, count of findings */
    TABLE_REPLY,      /* inspection, unit → result */
    TABLE_PAPER,      /* publication, unit, "selfcheck" or "check", examiner → points, version, seq, at; or
                         publication, unit, "missed" → seq */
    TABLE_PLAN,       /* charter, evaluation → name, period waited for, from: first period, version; or
                         publication → number, version */
    TABLE_WATCHED,    /* subject, label → unit, charter */
    TABLE_FACT,       /* charter, unit, at, subject, label → name, seq */
    TABLE_FACT_AT     /* subject, label, unit → at */
};

enum item_state {
    ITEM_ABSENT,
    ITEM_OPEN,
    ITEM_DONE,
    ITEM_VERIFIED, /* of a part */
    ITEM_STRUCK,
    ITEM_CLOSED,
    ITEM_DROPPED,
    ITEM_STATE_COUNT
};
const char *item_state_text(enum item_state state); /* "done-reported" */
enum item_state item_state_find(struct text name);  /* ITEM_ABSENT if there is none */

#define ITEM_LABEL TEXT("item")
/* What ends or changes together with one event. */
enum { ITEMS_TOGETHER_MAX = 1024, ITEM_UNITS_MAX = 256 };

struct key item_key(enum supervision_table table, struct text first, struct text second);
/* What a list is known by when it comes anew: minutes by id, a filing by charter, routine and body, standing
 * items by charter. */
struct text item_source(struct arena *arena, struct text charter, struct text minutes, struct text routine,
                        struct text body);
/* What an item is called on its list: a standing item's id, or else what is the same in the same titles
 * (plain.h). */
struct text item_name(struct arena *arena, struct text name, struct text title);
/* The item that stands on that list under that item_name; TEXT_NONE. */
struct text item_listed(struct turn *turn, struct text source, struct text name);

/* An item in hand within a turn. */
struct item {
    struct turn *turn;
    const struct event *event;
    struct text id;
    const struct doc *record;      /* NULL: absent */
    const struct charter *charter; /* the version that it was opened under */
    enum item_state state;
};
/* False if its charter is gone: the event cannot be taken in. */
bool item_load(struct turn *turn, const struct event *event, struct text id, struct item *item_out);
bool item_is_open(const struct item *item); /* OPEN, DONE or STRUCK */
struct names item_units(const struct item *item);
enum item_state item_part_state(const struct item *item, struct text unit);
/* The units whose parts were not reported done by then. */
struct names item_owing(const struct item *item, int64_t by_us);
/* The posts that answer for those of its units (S0-15). */
struct names item_posts_for(const struct item *item, struct names units);
/* The state of the part that is furthest back. */
enum item_state item_parts_state(const struct item *item);
/* Its units do what tasks say: they are done when those are. */
bool item_has_tasks(const struct item *item);

/* An item that is about to be opened. Units are resolved by item_open. */
struct opening {
    const struct charter *charter;
    const struct rule *rule;
    const char *origin;
    struct text id; /* or none: it gets a number */
    struct text title;
    struct names units; /* as written; none or unknown: `otherwise` */
    struct names otherwise;
    struct text limit; /* or none */
    bool dated;        /* by_day, which goes before limit */
    int32_t by_day;
    struct text opinion, detail, cites, issue, meeting, inspection, body, decision, minutes, routine,
        name; /* or none */
    int64_t number;
};
/* Emits supervision.opened, with the posts that answer and what it is linked to, and its deadline. */
void item_open(struct turn *turn, const struct event *event, const struct opening *opening);
/* Begins supervision.updated {state, at} or supervision.closed {at, how} about it, received or judged then.
 */
struct doc *item_update_begin(const struct item *item, enum item_state state, int64_t at_us);
void item_close(const struct item *item, const char *how, int64_t at_us, struct text note);
void item_drop(const struct item *item, int64_t at_us, struct text reason);
/* Sets its deadline as it was, unless it was missed, is open or never had one. */
void item_watch_again(const struct item *item);
/* A new date: by, or the limit that the record has. */
void item_watch_by(const struct item *item, int32_t by_day);
void item_clear(const struct item *item, int64_t at_us);

/* Open items of an issue, in the order of their numbers. */
struct names item_of_issue(struct turn *turn, struct text issue);

role_handler item_apply_opened, item_apply_updated, item_apply_closed;
void item_apply_watched(struct turn *turn, const struct event *set);
void item_apply_missed(struct turn *turn, const struct event *missed);

#endif
