/* duty.h - what recurs, occurrence by occurrence (S0-16, S0-17, S0-19).
 *
 * A duty is a routine of the charter and one body that owes it. Its dates come from the rule alone; the
 * record holds only how far it has got, so nothing ticks: each occurrence opens with an alarm, and its
 * ending opens the next.
 *
 *                      opened                 met, in time
 *     absent / ended ─────────► open ───────────────────────────► met
 *                        ▲       │ ├── met, but too late ───────► late
 *                        │       │ └── due time reached ──► missed ── met after all ──► late
 *                        └───────┘ ended: a new version of the charter does not ask for it
 *
 * 1. An occurrence covers what happens after the date before it, up to its own date. Which one a meeting
 *    meets is therefore a question of its day, never of what is open; which one a filing is for, it may say.
 * 2. No occurrence opens twice, and none is passed over: the next one opens when one is met or missed, and a
 *    new version goes on after the last that was.
 * 3. A meeting that was reported before its occurrence opened meets it when it opens.
 * 4. Late or not is judged by the receive stamp of the report. A late one is met all the same, with ontime
 *    false; that it was missed stays on record.
 */
#ifndef WORKERS_ROUTINES_DUTY_H
#define WORKERS_ROUTINES_DUTY_H

#include "config/charter.h"
#include "workers/runtime/role.h"

enum routines_table {
    TABLE_CHARTER, /* name: {version} that this role goes by */
    TABLE_SERIES,  /* charter, routine, body: {by} opened last, {day} of the last one met or missed */
    TABLE_DUTY,    /* occurrence: {charter, routine, body, kind, by, state, subject} */
    TABLE_MEETING, /* id: see meeting.h */
    TABLE_TOPIC,   /* meeting, topic */
    TABLE_HELD,    /* charter, body, instant, meeting: {meeting, post, set: kinds of its topics} */
    TABLE_FILING,  /* id: {subject: the occurrence} */
    TABLE_LIST     /* charter, routine, body, day: {by, version, items: {title}} */
};
enum duty_state { DUTY_ABSENT, DUTY_OPEN, DUTY_MET, DUTY_MISSED, DUTY_LATE, DUTY_ENDED, DUTY_STATE_COUNT };
const char *duty_state_text(enum duty_state state);

struct duty {
    struct turn *turn;
    const struct event *event;
    const struct charter *charter;
    const struct routine_rule *routine;
    const struct body *body;
};

/* The version of the charter that was enacted last; NULL if none was. */
const struct charter *duty_charter(struct turn *turn, struct text name);
/* Where a table of the role keeps what belongs to a routine and a body. */
struct key duty_series_key(enum routines_table table, struct text charter, struct text routine,
                           struct text body);
/* charter/routine/body/2020-12-31 */
struct text duty_subject(const struct duty *duty, int32_t by_day);
enum duty_state duty_state(const struct duty *duty, int32_t by_day);
/* The occurrence opened last; false if none ever was. */
bool duty_latest(const struct duty *duty, int32_t *by_out);
/* The occurrence before that date: the one met or missed last, else, where that lies further on, the rule's
 * date before; false if there is none. */
bool duty_before(const struct duty *duty, int32_t by_day, int32_t *before_out);
/* The date of the period in which that day lies; false after the rule's end. */
bool duty_period(const struct duty *duty, int32_t day, int32_t *by_out);
/* An occurrence that is open or missed is met by the running report, about that meeting or filing; true if it
 * was. */
bool duty_meet(const struct duty *duty, int32_t by_day, struct text subject);
/* The running report recorded a meeting of the body, at that instant: what it meets, it meets. */
void duty_meet_by_meeting(const struct duty *duty, struct text meeting, int64_t at_us);
/* Posts and units that answer for what the body owes: its head posts (S0-15) and lead units. */
void duty_set_answering(struct doc *out, const struct charter *charter, const struct body *body);

role_handler duty_apply_enacted, duty_decide_enacted, duty_decide_reached;
role_handler duty_apply_opened, duty_apply_met, duty_apply_missed, duty_apply_ended;

#endif
