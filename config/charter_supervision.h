/* charter_supervision.h - what is supervised, by whom, and how units are evaluated (S0-12, S0-21 to S0-23).
 */
#ifndef CONFIG_CHARTER_SUPERVISION_H
#define CONFIG_CHARTER_SUPERVISION_H

#include "config/charter_rule.h"

/* A matter that a document itself demands (有关文件规定事项): supervised from the charter's enactment on. */
struct standing_item {
    struct text id, title;
    struct names units; /* as written */
    struct text limit;  /* "by 2020-12-31", "undated" */
    struct rule rule;
};
/* What an evaluation adds up. */
enum source_kind {
    SOURCE_SELFCHECK, /* the unit's own score */
    SOURCE_CHECK,     /* the examiners' score */
    SOURCE_ON_TIME,   /* share of its deadlines kept in the period */
    SOURCE_FINDINGS,  /* full points less so many a finding */
    SOURCE_MISSED     /* full points less so many a missed deadline */
};
struct evaluation_source {
    enum source_kind kind;
    int weight; /* parts of 100 */
    int each;   /* FINDINGS, MISSED: points (of 100) that each one costs */
    struct text title;
    struct rule rule;
};
struct evaluation_rule {
    struct text id, title;
    int months;            /* of a period: 1, 3 or 12 */
    struct text due;       /* limit after the period's end at which scores are published */
    struct text selfcheck; /* limit after the period's end by which units owe their self-check */
    const struct evaluation_source *sources;
    size_t sources_count;
    struct names units; /* who is evaluated; empty: all units that are not external */
    struct rule rule;
};
struct supervision_rules {
    bool given;                             /* the charter has a section `supervision` */
    struct names supervisors;               /* posts (S0-12) */
    bool decisions, coordinated, documents; /* which origins are supervised */
    struct names reminders;
    struct text reply;   /* limit for a reply to inspectors (S0-22) */
    struct text rectify; /* limit for a finding without a date */
    const struct standing_item *standing;
    size_t standing_count;
    struct rule rule, reply_rule, rectify_rule;
    const struct evaluation_rule *evaluations;
    size_t evaluations_count;
};

#endif
