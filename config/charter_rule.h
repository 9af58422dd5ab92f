/* charter_rule.h - what every part of a charter is made of: rules with their clause and place, and lists of
 * names. */
#ifndef CONFIG_CHARTER_RULE_H
#define CONFIG_CHARTER_RULE_H

#include "config/calendar.h"

/* Where something stands and what it obeys. path: "levels.group.up.consent"; clause: "四（三）"; place:
 * "FILE:LINE:COLUMN". */
struct rule {
    struct text path, clause, place;
    bool is_default; /* not in the document: a parameter whose default the charter or the code supplies
                        (docs/mission.md) */
};

struct names {
    const struct text *at;
    size_t count;
};

#endif
