/* issue.h - the record of an issue: where it is, what is on file at its levels, whom it concerns.
 *
 * Written only by applying outcomes (issue_apply_*), which carry all that is stored, so a rebuild arrives at
 * the same records. Tables of the role, by key (14 and 15 are alarm.h's):
 *
 *     ISSUE    issue               title, area, class, indicator, raiser, units concerned; charter and
 *                                  version; level, body, round, state; number: decisions so far,
 *                                  decision: the last; count: task lists so far; taskscount: tasks that
 *                                  its solutions and lists came to; open: those that have not ended;
 *                                  from: the level at which it was raised; raised, due: as reported;
 *                                  deadline, limit, start: of its last resolution clock (clock.h)
 *     PAPER    issue, level, name  what is on file there in a round: "round", "attempt", "proposal",
 *                                  "consent:<post>", "checklist", "issuelist", "deliberation", each with
 *                                  its round and the seq that it rests on
 *     OPINION  issue, unit         asked, recorded or unanswered; it outlives rounds and levels
 *     TASK     issue, task         open tasks, as the role tasks tells
 *     LIST     list                issue lists with their version
 *     GROUP    issue, group        groups that had the case; under the issue alone: who has it
 *     OPEN     charter, issue      issues that are not closed
 *     TRANSITION  charter          how far a new version has come with them (transition.h)
 *     POST     charter, post       who holds it (workers/common/holders.h)
 */
#ifndef WORKERS_COORDINATION_ISSUE_H
#define WORKERS_COORDINATION_ISSUE_H

#include "config/charter.h"
#include "workers/runtime/role.h"

enum issue_table {
    TABLE_ISSUE,
    TABLE_PAPER,
    TABLE_OPINION,
    TABLE_TASK,
    TABLE_LIST,
    TABLE_POST,
    TABLE_GROUP,
    TABLE_OPEN,
    TABLE_TRANSITION
};

enum issue_state {
    ISSUE_ABSENT,       /* no record under that id */
    ISSUE_COORDINATING, /* with the body of its level */
    ISSUE_DECIDED,      /* a decision is on file, its task list is owed (S0-9) */
    ISSUE_SOLVING,      /* tasks under way */
    ISSUE_SETTLED,      /* solved, awaiting the raiser's word */
    ISSUE_CLOSED,
    ISSUE_STATE_COUNT
};
const char *issue_state_text(enum issue_state state); /* "coordinating" */

/* An issue in hand within a turn. */
struct matter {
    struct turn *turn;
    const struct event *event; /* the running event: the cause of what is emitted */
    struct text id;
    const struct doc *issue;       /* the record as it was when the turn began; NULL: absent */
    const struct charter *charter; /* that it was raised under */
    const struct level *level;
    const struct body *body;
    enum issue_state state;
    int64_t round;
};

/* An issue's id is part of the ids of its deadlines, tasks and lists, which have bounds of their own in
 * events.def. */
enum { ISSUE_ID_BYTES_MAX = 96 };

/* Loads the issue of that id for the running event. False if its charter is gone or no longer has its level
 * or body: the event cannot be taken in (poison). An unknown id is no fault: state is ISSUE_ABSENT. */
bool issue_load(struct turn *turn, const struct event *event, struct text id, struct matter *matter_out);
/* The first level's round of a level not yet seen is 1. */
int64_t issue_next_round(const struct matter *matter, struct text level);

/* Begins an outcome about the issue, under its charter. */
struct doc *issue_emit(const struct matter *matter, enum event_kind kind);
/* The post ids that answer in full for the matter at that body (S0-15), as POSTS. */
void issue_set_posts(struct doc *out, const struct body *body);

/* What is on file under that name at the present level in the present round; NULL if nothing. */
const struct doc *issue_paper(const struct matter *matter, struct text name);
struct text issue_consent_name(struct arena *arena, struct text post); /* "consent:<post>" */
const struct doc *issue_opinion(const struct matter *matter, struct text unit);
struct names issue_units(const struct matter *matter); /* concerned */

/* How many tasks the items of a solution or task list become: one for each unit. */
int64_t issue_tasks_count(const struct doc *data);

#define OPINION_ASKED      TEXT("asked")
#define OPINION_RECORDED   TEXT("recorded")
#define OPINION_UNANSWERED TEXT("unanswered")

/* Keeps fields of an outcome in the record of the issue that it is about, if there is one. */
void issue_keep(struct turn *turn, const struct event *event, const enum field *fields, size_t count);

/* A charter's open issues; without an id: all of them. */
struct key issue_open_key(struct text charter, struct text id);
/* Tables other than the issue's own. */
struct key issue_list_key(struct text list);
struct key issue_task_prefix(struct text issue);

role_handler issue_apply_opened, issue_apply_attempted, issue_apply_asked, issue_apply_recorded,
    issue_apply_unanswered, issue_apply_proposal, issue_apply_consent, issue_apply_checklist,
    issue_apply_list, issue_apply_moved, issue_apply_solution, issue_apply_decision, issue_apply_tasklist,
    issue_apply_settled, issue_apply_closed, issue_apply_task_assigned, issue_apply_task_updated,
    issue_apply_task_closed, issue_apply_minutes, issue_apply_transition;

#endif
