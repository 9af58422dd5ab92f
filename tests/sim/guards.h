/* guards.h - a second opinion on who may go up: reads the journal's outcomes and the charter, and says of
 * each escalation whether its papers stand before it. Written from the document's rules (S0-5, S0-7, S0-8),
 * not from the code that decides. */
#ifndef TESTS_SIM_GUARDS_H
#define TESTS_SIM_GUARDS_H

#include "config/charter.h"
#include "proto/event.h"

enum { GUARDS_ISSUES_MAX = 64, GUARDS_NAMES_MAX = 512, GUARDS_MINUTES_MAX = 64 };

struct guards_names {
    struct text at[GUARDS_NAMES_MAX];
    size_t count;
};
struct guards_minutes {
    struct text body;
    uint64_t cause, seq;
    int64_t at_us; /* of the meeting */
};
struct guards_issue {
    struct text id, area, level;
    struct guards_names concerned, answered, consents;
    struct guards_minutes minutes[GUARDS_MINUTES_MAX]; /* the last of each body */
    size_t minutes_count;
    uint64_t begun;   /* the report by which its present round began, */
    int64_t begun_us; /* and when it was received */
    bool attempted, proposed, opinion, undertaker, plan, listed;
};
struct guards {
    const struct charter *charter;
    struct arena *arena; /* of the names */
    struct guards_issue issues[GUARDS_ISSUES_MAX];
    size_t issues_count;
    uint64_t escalations, refusals; /* of requests to go up: granted, and refused for what is owed */
};
/* NULL if the event is in order, else what is wrong with it. */
const char *guards_see(struct guards *guards, const struct event *event);

#endif
