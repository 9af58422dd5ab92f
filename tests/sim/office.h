/* office.h - the people who carry issues, and who know the rules only from what they read in the journal:
 * they ask to go up, and when they are refused they do what is owed, item by item, as those who owe it. So a
 * charter under which an issue can go up at all is one under which it does; no level or body has a name here.
 */
#ifndef TESTS_SIM_OFFICE_H
#define TESTS_SIM_OFFICE_H

#include "config/charter.h"
#include "proto/event.h"
#include "tests/sim/dice.h"

enum { OFFICE_ISSUES_MAX = 5, OFFICE_OWED_MAX = 48, OFFICE_TASKS_MAX = 16, OFFICE_NAME_BYTES = 264 };

enum office_state {
    OFFICE_ABSENT,
    OFFICE_COORDINATING,
    OFFICE_DECIDED,
    OFFICE_SOLVING,
    OFFICE_SETTLED,
    OFFICE_CLOSED
};
struct office_owed {
    char need[OFFICE_NAME_BYTES], who[OFFICE_NAME_BYTES];
};
struct office_task {
    char id[OFFICE_NAME_BYTES], unit[OFFICE_NAME_BYTES];
    unsigned step; /* of its way: accepted, under way, done, confirmed */
};
/* An issue as the journal tells it. */
struct office_issue {
    enum office_state state;
    size_t area; /* index */
    char level[OFFICE_NAME_BYTES], body[OFFICE_NAME_BYTES];
    struct office_owed owed[OFFICE_OWED_MAX]; /* since the last refusal */
    size_t owed_count;
    struct office_task tasks[OFFICE_TASKS_MAX]; /* open */
    size_t tasks_count;
    bool met;                        /* the meeting was held, its minutes are next */
    char awaited[OFFICE_NAME_BYTES]; /* the report whose verdict is awaited; empty: none */
    uint64_t awaited_seq;            /* 0: not read of yet */
};
struct office {
    const struct charter *charter;
    struct dice *dice;
    struct office_issue issues[OFFICE_ISSUES_MAX];
    uint64_t numbers; /* of lists and meetings */
};
struct text office_issue_id(struct arena *arena, size_t index); /* "WT-1" */
/* Every new entry of the journal. */
void office_see(struct office *office, const struct event *event);
/* Whether its people wait for a verdict: they would only ask the same again. */
bool office_waits(const struct office *office, size_t index);
/* The next report about that issue, whose id, source and charter are set. It lives in arena. */
void office_next(struct office *office, struct arena *arena, int32_t today, size_t index,
                 struct event *event);
/* Some unit, by its name or by another that it has. */
struct text office_unit(const struct office *office);
/* One to three items of a solution or a task list. */
void office_items(const struct office *office, struct arena *arena, struct doc *data, int32_t today);

#endif
