/* charter_routines.h - what recurs: meetings and filings, and what holds for meetings of a body, regular or
 * not.
 *
 * A recurrence is an RFC 5545 rule (config/recurrence.h) whose dates are the last days of its periods: an
 * occurrence is met by what happens after the date before it, up to the end of its own. "At least once a
 * month" is FREQ=MONTHLY;BYMONTHDAY=-1; "by the end of December" is FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31.
 */
#ifndef CONFIG_CHARTER_ROUTINES_H
#define CONFIG_CHARTER_ROUTINES_H

#include "config/charter_rule.h"

struct body;
struct charter;

/* Duties at once (a routine of 16 bodies is 16), so that a new version can change them all in one turn. */
enum { CHARTER_ROUTINES_MAX = 64, CHARTER_DUTIES_MAX = 512, CHARTER_ROUTINE_BYTES_MAX = 32 };

/* `meetings`: what holds for meetings of a level's bodies, or of one body. */
struct meeting_rule {
    struct text of;                        /* a level's id, or a body's */
    struct text agenda;                    /* the body that examines topics (S0-10); empty: nobody does */
    bool minutes;                          /* minutes are owed (S0-18) */
    struct text minutes_limit;             /* after the meeting; "undated": no limit */
    bool item_unit, item_by, item_opinion; /* what each resolved item must have */
    struct rule rule;
    struct rule agenda_rule, minutes_rule, items_rule; /* their own where given, else as rule */
};
enum routine_kind { ROUTINE_MEETING, ROUTINE_FILING };
/* `routines`: each body of `of` owes it, occurrence by occurrence. */
struct routine_rule {
    struct text id, title;
    enum routine_kind kind;
    struct text of;     /* a level's id, or a body's */
    struct text recurs; /* RRULE, checked */
    int32_t from_day;   /* where counting begins; default: the document's issue */
    struct text roll; /* where the due day goes if it does not work, as limits say it: "roll=on", or empty */
    struct names reminders;
    bool in_principle;  /* 原则上: a miss is told, and counts nowhere else (S2-14) */
    struct text chair;  /* MEETING: only one that this post chairs meets it (S2-13), or none */
    struct text topic;  /* MEETING: only one with a topic of this kind meets it (S0-14), or none */
    struct text to;     /* FILING: the body that receives it, or none */
    struct names parts; /* FILING: that it must have (S0-16, S0-19) */
    bool list; /* FILING: it has items, which are compared with the list before (S0-16) and supervised (S0-12)
                */
    struct rule rule;
};
struct routines_rules {
    const struct meeting_rule *meetings;
    size_t meetings_count;
    const struct routine_rule *routines;
    size_t routines_count;
};

/* Kinds of a topic: "decide", "hear", "coordinate"; ended by NULL. */
extern const char *const charter_topic_kinds[];

const struct routine_rule *charter_routine(const struct charter *charter,
                                           struct text id); /* NULL if unknown */
bool charter_routine_is_of(const struct routine_rule *routine, const struct body *body);
const char *routine_kind_text(enum routine_kind kind); /* "meeting" */
/* What holds for meetings of that body: the rule for it, else for its level; NULL if there is none. */
const struct meeting_rule *charter_meeting(const struct charter *charter, const struct body *body);

#endif
