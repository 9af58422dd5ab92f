/* charter_bulletins.h - what is reported in bulletins, to whom, and what counts as a problem in common
 * (S0-11, S0-19, S0-20).
 */
#ifndef CONFIG_CHARTER_BULLETINS_H
#define CONFIG_CHARTER_BULLETINS_H

#include "config/charter_rule.h"

enum { BULLETIN_SECTIONS_MAX = 12 };

struct bulletin_rule {
    struct text id, title;
    struct text audience; /* as it is printed, or empty */
    struct text issuer;   /* who issues it (印发机关), as it is printed, or empty */
    struct rule issuer_rule;
    struct names to;     /* who gets it: "heads", "lead-units", "office", level ids, post ids (S0-20) */
    bool redact_raiser;  /* who raised what it is about is not named */
    bool redact_persons; /* no holder of a post is named */
    enum { PERIOD_MONTH, PERIOD_QUARTER } period;
    struct text due;                             /* limit after the period's end: "5wd" */
    struct text sections[BULLETIN_SECTIONS_MAX]; /* of charter_bulletin_sections */
    struct text section_titles[BULLETIN_SECTIONS_MAX];
    size_t sections_count;
    struct rule rule;
};

/* `common`: issues of a period are one problem in common (共性问题) if they are chained by the same class or
 * by like titles, and there are enough of them in enough areas (S0-11). */
struct common_rule {
    int similarity; /* percent of the pairs of characters that two titles must share */
    int at_least;   /* issues */
    int areas;
    bool by_class, by_title;
    struct rule rule;
};

/* The parts that a bulletin may have, by id; ended by NULL. */
extern const char *const charter_bulletin_sections[];

#endif
