/* alarm.h - an owner's side of deadlines: set, cleared, reached, missed.
 *
 * The owner knows its issue or task and no clock; `deadlines` knows the clock and no issue. Between them:
 *
 *     owner     deadline.set ───────────────────► deadlines    the rule, not the date
 *     owner     deadline.cleared {at} ──────────► deadlines    at: receive stamp of the report that met it
 *     deadlines deadline.reached {due} ─────────► owner        stands after every report that arrived in time
 *
 *     open ──cleared──► cleared ──reached, at > due──► missed
 *       └──────────────reached──────────────────────────► missed
 *
 * So lateness is judged by receive stamps alone, however slow anybody was, and once (invariant 3). Ids are
 * "<subject>/<label>/<cause>": at most one is open per subject and label. The records live in tables 14 and
 * 15 of the owner and are written only by applying the outcomes, so a rebuild arrives at the same.
 */
#ifndef WORKERS_COMMON_ALARM_H
#define WORKERS_COMMON_ALARM_H

#include "config/charter.h"
#include "workers/runtime/role.h"

enum { ALARM_TABLE = 14, ALARM_OPEN_TABLE = 15 };

struct alarm {
    struct text subject, charter, label, limit, calendar;
    struct text who, title;        /* or none */
    const struct names *reminders; /* or NULL */
    const struct rule *rule;       /* or NULL */
    int64_t start_us;
    int64_t since_us;  /* reminders whose time lies before it are not told; 0: one for all that had passed */
    struct text grace; /* it falls due no earlier than this limit after grace_us; or none */
    int64_t grace_us;
    int zone;
};
/* since_us for an alarm that starts then, as the charter has it (`passed_reminders`). */
int64_t alarm_since_us(const struct charter *charter, int64_t start_us);
/* How an alarm ends by what was reported: at_us is the report's receive stamp. */
struct alarm_end {
    struct text charter, reason; /* reason: or none */
    int64_t at_us;
    int zone;
};

/* Emits deadline.set for the running event; an open one of that subject and label is cleared first (at
 * start_us). */
void alarm_set(struct turn *turn, const struct event *cause, enum role_name owner, const struct alarm *alarm);
bool alarm_is_open(struct turn *turn, struct text subject, struct text label);
/* Emits deadline.cleared if one is open. */
void alarm_clear(struct turn *turn, struct text subject, struct text label, const struct alarm_end *end);
/* The same for all that are open for the subject, in order of their labels. */
void alarm_clear_all(struct turn *turn, struct text subject, const struct alarm_end *end);

/* The same for those whose labels begin so. */
void alarm_clear_labelled(struct turn *turn, struct text subject, struct text beginning,
                          const struct alarm_end *end);

/* What became of a deadline that this role set, as far as it has been told. */
struct alarm_past {
    bool missed;        /* declared missed, or cleared later than its due time */
    int64_t start_us;   /* CIVIL_NEVER_US: it is none of ours */
    int64_t due_us;     /* CIVIL_NEVER_US: undated or not fixed yet */
    int64_t cleared_us; /* CIVIL_NEVER_US: it was not cleared */
};
struct alarm_past alarm_past(struct turn *turn, struct text deadline);
/* The id of the open one of that subject and label; TEXT_NONE if none is. */
struct text alarm_open_id(struct turn *turn, struct text subject, struct text label);

/* True for a deadline that this role set. */
bool alarm_is_known(struct turn *turn, struct text deadline);

/* Takes outcomes in; those of other owners are passed over. */
int alarm_apply_set(struct turn *turn, const struct event *event, enum role_name owner);
int alarm_apply_cleared(struct turn *turn, const struct event *event);
int alarm_apply_missed(struct turn *turn, const struct event *event);
/* For an owner that only waits for an hour: once it has come the alarm is over and leaves no record. */
int alarm_apply_reached(struct turn *turn, const struct event *event);
/* deadline.fixed and deadline.moved: for owners that ask for alarm_past's due_us. */
int alarm_apply_due(struct turn *turn, const struct event *event);

enum alarm_verdict {
    ALARM_KEPT, /* not ours, met in time, or declared missed already */
    ALARM_OPEN, /* nobody met it */
    ALARM_LATE  /* met, but after its due time */
};
/* Judges a deadline.reached; for OPEN and LATE the record {subject, label, who, title} goes to *record_out.
 */
enum alarm_verdict alarm_judge(struct turn *turn, const struct event *reached, enum role_name owner,
                               const struct doc **record_out);
/* Begins deadline.missed {deadline, label, due, who, title} for that record; the caller adds what it knows
 * and ends it. */
struct doc *alarm_missed_begin(struct turn *turn, const struct event *reached, const struct doc *record);

#endif
