/* charter_supervision.h - what is supervised, by whom, and how units are evaluated (S0-12, S0-13, S0-21 to
 * S0-23).
 */
#ifndef CONFIG_CHARTER_SUPERVISION_H
#define CONFIG_CHARTER_SUPERVISION_H

#include "config/charter_rule.h"

/* What bounds them, so that a charter's enactment fits into one turn: standing items, evaluated units of all
 * evaluations together; a publication's rows fit into one event. Evaluation ids and periods become part of
 * deadline ids. */
enum {
    SUPERVISION_STANDING_MAX = 512,
    SUPERVISION_EVALUATED_MAX = 512,
    SUPERVISION_ROWS_MAX = 512,
    EVALUATION_ID_BYTES_MAX = 24,
    EVALUATION_SOURCES_MAX = 8
};

/* A matter that a document itself demands (有关文件规定事项): supervised from the charter's enactment on. */
struct standing_item {
    struct text id, title;
    struct names units; /* as written */
    struct text limit;  /* from the enactment: "by 2020-12-31", "30d", "undated" */
    struct rule rule;
};
/* What an evaluation adds up. Each source comes to 0..100 points for a unit, or has nothing to judge it by.
 */
enum source_kind {
    SOURCE_SELFCHECK, /* the unit's own score */
    SOURCE_CHECK,     /* the examiners' score */
    SOURCE_ON_TIME,   /* share of its deadlines kept in the period */
    SOURCE_FINDINGS,  /* full points less so many a finding */
    SOURCE_MISSED,    /* full points less so many a missed deadline */
    SOURCE_KIND_COUNT
};
const char *source_text(enum source_kind kind); /* "on-time" */
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
    struct text selfcheck; /* limit after the period's end by which units owe their self-check; empty: none is
                              owed, for no source asks for it */
    const struct evaluation_source *sources;
    size_t sources_count;
    struct names units; /* who is evaluated, by name; if none are written: all that are not external */
    struct rule rule;
};
struct supervision_rules {
    bool given;               /* the charter has a section `supervision` */
    struct names supervisors; /* posts (S0-12) */
    struct names leaders;     /* posts that may hand matters down (S0-13); if none are written: the
                                 head posts of bodies that decide */
    bool decisions, coordinated, documents; /* which origins are supervised */
    struct names reminders;
    struct text limit;   /* of an item that brings no date; "undated": none */
    struct text reply;   /* limit for a reply to inspectors (S0-22) */
    struct text rectify; /* limit for a finding that brings no date */
    const struct standing_item *standing;
    size_t standing_count;
    struct rule rule, limit_rule, reply_rule, rectify_rule, leaders_rule;
    const struct evaluation_rule *evaluations;
    size_t evaluations_count;
};

#endif
