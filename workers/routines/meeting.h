/* meeting.h - meetings, what is on their agenda and what they resolve (S0-1, S0-10, S0-17, S0-18, S0-26).
 *
 *               called              held             minutes
 *     absent ─────────► called ───────────► held ───────────► minuted
 *        │              │    ▲ │ cancelled                     │    ▲ new minutes: the
 *        │              └────┘ └──────────► cancelled          └────┘ next version
 *        │            called again: moved
 *        └── held: nobody called it, it names its bodies and title ──► held
 *
 *     a topic:  absent ──submitted──► submitted ──accepted──► accepted ──returned──┐
 *                                      ▲      └───returned──► returned ◄───────────┘
 *                                      └──────submitted───────────┘
 *     Where nobody examines topics, a submitted one is accepted at once.
 *
 * 1. A meeting is one sitting, of one body or several; it meets the duties of each (S0-1).
 * 2. Topics come before the meeting. Where a body examines them, minutes resolve only on accepted ones
 *    (S0-10), so a meeting that nobody called could resolve nothing there and is refused.
 * 3. A meeting stays under the version of the charter under which it was put on file.
 */
#ifndef WORKERS_ROUTINES_MEETING_H
#define WORKERS_ROUTINES_MEETING_H

#include "workers/routines/duty.h"

enum meeting_state {
    MEETING_ABSENT,
    MEETING_CALLED,
    MEETING_HELD,
    MEETING_MINUTED,
    MEETING_CANCELLED,
    MEETING_STATE_COUNT
};
enum topic_state { TOPIC_ABSENT, TOPIC_SUBMITTED, TOPIC_ACCEPTED, TOPIC_RETURNED, TOPIC_STATE_COUNT };
const char *meeting_state_text(enum meeting_state state);
const char *topic_state_text(enum topic_state state);

/* A meeting's id leaves room for its minutes' id and its deadline's. */
enum { MEETING_ID_BYTES_MAX = 112, MEETING_BODIES_MAX = 16 };

struct meeting {
    struct turn *turn;
    const struct event *event;
    struct text id;
    enum meeting_state state;
    const struct doc *record; /* {charter, version, state, bodies, title, at, post, number: of minutes}; NULL
                                 if absent */
    const struct charter *charter;                 /* the record's version, or the report's */
    const struct body *bodies[MEETING_BODIES_MAX]; /* of the record, or as the report names them */
    size_t bodies_count;
};
/* Exactly one of step and refusal is set. */
typedef void meeting_step(struct meeting *meeting);
struct meeting_verdict {
    meeting_step *step;
    const char *refusal;
};
struct meeting_verdict meeting_verdict(enum meeting_state state, enum event_kind report);
/* Why a topic in that state cannot be submitted, accepted or returned; NULL if it can. */
const char *topic_objection(enum topic_state state, enum event_kind report);

/* The rule of a body of the meeting by which topics are examined, or minutes are owed; NULL if no body has
 * one. */
const struct meeting_rule *meeting_agenda(const struct meeting *meeting);
const struct meeting_rule *meeting_minutes(const struct meeting *meeting);
/* The rule that a refusal about this meeting cites; NULL if nothing is said about meetings of its bodies. */
const struct rule *meeting_rule_of(const struct meeting *meeting);
/* Begins an outcome about the meeting: subject, charter, rule (NULL: meeting_rule_of), input. */
struct doc *meeting_emit(const struct meeting *meeting, enum event_kind kind, const struct rule *rule);
/* {title, state, kind, issue} of a topic of the meeting; NULL if there is none. */
const struct doc *meeting_topic(const struct meeting *meeting, struct text topic);
enum topic_state meeting_topic_state(const struct doc *topic);

/* When a meeting took place; INT64_MIN if it is not known, or not a meeting. */
int64_t meeting_at_us(struct turn *turn, struct text id);
struct key meeting_held_prefix(struct text charter, struct text body);
struct key meeting_held_key(struct text charter, struct text body, int64_t at_us, struct text meeting);

role_handler meeting_decide;
int meeting_decide_minutes_missed(struct turn *turn, const struct event *reached, const struct doc *alarm);
role_handler meeting_apply_scheduled, meeting_apply_dropped, meeting_apply_recorded, meeting_apply_minutes,
    meeting_apply_topic;

/* The steps that stand in files of their own: topic.c, minutes.c. */
meeting_step topic_submit, topic_examine, minutes_issue;

#endif
