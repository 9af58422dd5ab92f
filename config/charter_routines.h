/* charter_routines.h - what recurs: meetings and filings, and what holds for meetings of a body, regular or
 * not.
 *
 * A recurrence is an RFC 5545 rule whose dates are the last days of its periods: an occurrence is met by what
 * happens after the date before it, up to the end of its own. "At least once a month" is
 * FREQ=MONTHLY;BYMONTHDAY=-1; "by the end of December" is FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31.
 */
#ifndef CONFIG_CHARTER_ROUTINES_H
#define CONFIG_CHARTER_ROUTINES_H

#include "config/charter_rule.h"

/* `meetings`: what holds for meetings of a level's bodies, or of one body. */
struct meeting_rule {
    struct text of;            /* a level's id, or a body's */
    struct text agenda;        /* the body that examines topics (S0-10); empty: nobody does */
    bool minutes;              /* minutes are owed (S0-18) */
    struct text minutes_limit; /* after the meeting; "undated": no limit */
    struct rule rule;
};
enum routine_kind { ROUTINE_MEETING, ROUTINE_FILING };
/* `routines`: each body of `of` owes it, occurrence by occurrence. */
struct routine_rule {
    struct text id, title;
    enum routine_kind kind;
    struct text of;     /* a level's id, or a body's */
    struct text recurs; /* RRULE, checked */
    int32_t from_day;   /* where counting begins; default: the document's issue */
    struct text due;    /* the limit as deadlines get it, without its date: "roll=back", or empty */
    struct names reminders;
    bool in_principle;  /* a miss is told, and counts nowhere else (S2-14) */
    struct text to;     /* FILING: the body that receives it, or none */
    struct names parts; /* FILING: that it must have (S0-16, S0-19) */
    bool
        list; /* FILING: it has items, which are compared with the last list (S0-16) and supervised (S0-12) */
    struct rule rule;
};
struct routines_rules {
    const struct meeting_rule *meetings;
    size_t meetings_count;
    const struct routine_rule *routines;
    size_t routines_count;
};

#endif
