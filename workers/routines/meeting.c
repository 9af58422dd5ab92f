/* meeting.c - see meeting.h: the table, records, calling, cancelling and holding. */
#include "workers/routines/meeting.h"

#include "base/limits.h"
#include "base/log.h"
#include "workers/common/alarm.h"
#include "workers/common/owed.h"
#include "workers/common/party.h"
#include "workers/common/verdict.h"
#include "workers/routines/parties.h"

#define MEETING_MINUTES_LABEL TEXT("minutes")

static meeting_step meeting_call, meeting_cancel, meeting_hold;

/* ---- the table ---- */

#define UNKNOWN      "no meeting is known under that id"
#define IS_HELD      "it took place already"
#define IS_CANCELLED "it was cancelled; another meeting has another id"
#define NOT_HELD     "it was not held yet"
#define TOO_LATE     "its agenda is closed: it took place already"

/* clang-format off */
static const struct {
    enum event_kind report;
    struct meeting_verdict verdicts[MEETING_STATE_COUNT];
} meeting_rows[] = {
    /*                         ABSENT            CALLED              HELD               MINUTED            CANCELLED */
    {EVENT_MEETING_CALLED,    {DO(meeting_call), DO(meeting_call),   NO(IS_HELD),       NO(IS_HELD),       NO(IS_CANCELLED)}},
    {EVENT_MEETING_CANCELLED, {NO(UNKNOWN),      DO(meeting_cancel), NO(IS_HELD),       NO(IS_HELD),       NO(IS_CANCELLED)}},
    {EVENT_TOPIC_SUBMITTED,   {NO(UNKNOWN),      DO(topic_submit),   NO(TOO_LATE),      NO(TOO_LATE),      NO(IS_CANCELLED)}},
    {EVENT_TOPIC_ACCEPTED,    {NO(UNKNOWN),      DO(topic_examine),  NO(TOO_LATE),      NO(TOO_LATE),      NO(IS_CANCELLED)}},
    {EVENT_TOPIC_RETURNED,    {NO(UNKNOWN),      DO(topic_examine),  NO(TOO_LATE),      NO(TOO_LATE),      NO(IS_CANCELLED)}},
    {EVENT_MEETING_HELD,      {DO(meeting_hold), DO(meeting_hold),   NO(IS_HELD),       NO(IS_HELD),       NO(IS_CANCELLED)}},
    {EVENT_MINUTES_ISSUED,    {NO(UNKNOWN),      NO(NOT_HELD),       DO(minutes_issue), DO(minutes_issue), NO(IS_CANCELLED)}},
};
/* clang-format on */

static const char *const meeting_states[] = {
    [MEETING_ABSENT] = "absent",   [MEETING_CALLED] = "called",       [MEETING_HELD] = "held",
    [MEETING_MINUTED] = "minuted", [MEETING_CANCELLED] = "cancelled",
};
_Static_assert(sizeof meeting_states / sizeof meeting_states[0] == MEETING_STATE_COUNT,
               "a text for each state");

struct meeting_verdict meeting_verdict(enum meeting_state state, enum event_kind report)
{
    ASSERT(state < MEETING_STATE_COUNT);
    return VERDICT_ROW(meeting_rows, report)->verdicts[state];
}

const char *meeting_state_text(enum meeting_state state)
{
    ASSERT(state < MEETING_STATE_COUNT);
    return meeting_states[state];
}

/* ---- records ---- */

static struct key meeting_key(struct text id)
{
    struct key key = record_key(TABLE_MEETING);
    key_add_text(&key, id);
    return key;
}

struct key meeting_held_prefix(struct text charter, struct text body)
{
    struct key key = record_key(TABLE_HELD);
    key_add_text(&key, charter);
    key_add_text(&key, body);
    return key;
}

struct key meeting_held_key(struct text charter, struct text body, int64_t at_us, struct text meeting)
{
    struct key key = meeting_held_prefix(charter, body);
    key_add_i64(&key, at_us);
    key_add_text(&key, meeting);
    return key;
}

int64_t meeting_at_us(struct turn *turn, struct text id)
{
    struct key key = meeting_key(id);
    const struct doc *record = record_get(turn, &key);
    return record != NULL ? doc_time_us(record, FIELD_AT, INT64_MIN) : INT64_MIN;
}

static enum meeting_state meeting_state_find(struct text name)
{
    return (enum meeting_state)verdict_state(name, meeting_states, MEETING_STATE_COUNT);
}

/* False after turn_poison: the record does not fit its charter. */
static bool meeting_load(struct turn *turn, const struct event *event, struct text id,
                         struct meeting *meeting_out)
{
    struct key key = meeting_key(id);
    const struct doc *record = record_get(turn, &key);
    *meeting_out = (struct meeting){.turn = turn, .event = event, .id = id, .record = record};
    if (record == NULL)
        return true;
    meeting_out->state = meeting_state_find(doc_text(record, FIELD_STATE));
    meeting_out->charter = turn_charter_version(turn, doc_text(record, FIELD_CHARTER),
                                                (uint64_t)doc_int(record, FIELD_VERSION, 0));
    size_t count = doc_count(record, FIELD_BODIES);
    for (size_t i = 0; meeting_out->charter != NULL && i < count && i < MEETING_BODIES_MAX; i++) {
        const struct body *body = charter_body(meeting_out->charter, doc_text_at(record, FIELD_BODIES, i));
        if (body != NULL)
            meeting_out->bodies[meeting_out->bodies_count++] = body;
    }
    if (count > 0 && meeting_out->bodies_count == count)
        return true;
    (void)turn_poison(turn, "the charter of meeting %.*s does not fit its record", TEXT_PRINT(id));
    return false;
}

/* ---- what holds for it ---- */

const struct meeting_rule *meeting_agenda(const struct meeting *meeting)
{
    for (size_t i = 0; i < meeting->bodies_count; i++) {
        const struct meeting_rule *rule = charter_meeting(meeting->charter, meeting->bodies[i]);
        if (rule != NULL && rule->agenda.bytes > 0)
            return rule;
    }
    return NULL;
}

const struct meeting_rule *meeting_minutes(const struct meeting *meeting)
{
    for (size_t i = 0; i < meeting->bodies_count; i++) {
        const struct meeting_rule *rule = charter_meeting(meeting->charter, meeting->bodies[i]);
        if (rule != NULL && rule->minutes)
            return rule;
    }
    return NULL;
}

const struct rule *meeting_rule_of(const struct meeting *meeting)
{
    for (size_t i = 0; i < meeting->bodies_count; i++) {
        const struct meeting_rule *rule = charter_meeting(meeting->charter, meeting->bodies[i]);
        if (rule != NULL)
            return &rule->rule;
    }
    return NULL;
}

struct doc *meeting_emit(const struct meeting *meeting, enum event_kind kind, const struct rule *rule)
{
    const struct rule *cited = rule != NULL ? rule : meeting_rule_of(meeting);
    struct doc *out = emit_begin(meeting->turn, kind);
    emit_subject(meeting->turn, meeting->id);
    emit_charter(meeting->turn, meeting->charter->name);
    if (cited != NULL)
        emit_rule(meeting->turn, cited);
    emit_input(meeting->turn, meeting->event->seq);
    return out;
}

/* ---- deciding ---- */

/* The bodies that the report names, each known and named once; false after a refusal. */
static bool meeting_read_bodies(struct meeting *meeting)
{
    const struct doc *data = meeting->event->data;
    const struct charter *charter = meeting->charter;
    size_t count = doc_count(data, FIELD_BODIES);
    struct text *ids = arena_alloc(turn_arena(meeting->turn), (charter->bodies_count + 1) * sizeof *ids);
    for (size_t i = 0; i < charter->bodies_count; i++)
        ids[i] = charter->bodies[i].id;
    meeting->bodies_count = 0;
    for (size_t i = 0; i < count && i < MEETING_BODIES_MAX; i++) {
        struct text id = doc_text_at(data, FIELD_BODIES, i);
        const struct body *body = charter_body(charter, id);
        for (size_t k = 0; body != NULL && k < meeting->bodies_count; k++)
            if (meeting->bodies[k] == body) {
                emit_refusal(meeting->turn, NULL, NULL, 0, "body %.*s is named twice", TEXT_PRINT(id));
                return false;
            }
        if (body == NULL) {
            int nearest = text_nearest(id, ids, charter->bodies_count);
            emit_refusal(meeting->turn, NULL, NULL, 0, "unknown body %.*s%s%.*s", TEXT_PRINT(id),
                         nearest >= 0 ? "; nearest known: " : "",
                         TEXT_PRINT(nearest >= 0 ? ids[nearest] : TEXT_NONE));
            return false;
        }
        meeting->bodies[meeting->bodies_count++] = body;
    }
    return true;
}

/* A meeting that is not on file yet is what its report says; false after a refusal. */
static bool meeting_begin(struct meeting *meeting)
{
    if (party_charter(meeting->turn, meeting->event) == NULL)
        return false;
    meeting->charter = duty_charter(meeting->turn, meeting->event->charter);
    if (meeting->charter == NULL) {
        emit_refusal(meeting->turn, NULL, NULL, 0, "charter %.*s is not enacted yet",
                     TEXT_PRINT(meeting->event->charter));
        return false;
    }
    if (meeting->id.bytes > MEETING_ID_BYTES_MAX) {
        emit_refusal(meeting->turn, NULL, NULL, 0, "a meeting's id has at most %d bytes",
                     MEETING_ID_BYTES_MAX);
        return false;
    }
    bool bodies = doc_has(meeting->event->data, FIELD_BODIES),
         title = doc_has(meeting->event->data, FIELD_TITLE);
    if (!bodies || !title) {
        emit_refusal(meeting->turn, NULL, NULL, 0, "nobody called meeting %.*s: the report must name its %s",
                     TEXT_PRINT(meeting->id),
                     title    ? "bodies"
                     : bodies ? "title"
                              : "bodies and title");
        return false;
    }
    return meeting_read_bodies(meeting) && parties_check_meeting(meeting);
}

/* The report's charter is that of the meeting on file, and who reports belongs to its bodies. It may name
 * other bodies, which whoever reports must belong to as well: so nobody takes a meeting over, or leaves it to
 * others. False after a refusal. */
static bool meeting_same(struct meeting *meeting)
{
    struct text named = meeting->event->charter;
    if (named.bytes > 0 && !text_equal(named, meeting->charter->name)) {
        emit_refusal(meeting->turn, NULL, NULL, 0, "meeting %.*s is under charter %.*s, not %.*s",
                     TEXT_PRINT(meeting->id), TEXT_PRINT(meeting->charter->name), TEXT_PRINT(named));
        return false;
    }
    if (!parties_check_meeting(meeting))
        return false;
    return !doc_has(meeting->event->data, FIELD_BODIES) ||
           (meeting_read_bodies(meeting) && parties_check_meeting(meeting));
}

/* Who chairs must be a post, if it is said. False after a refusal. */
static bool meeting_chair_known(const struct meeting *meeting)
{
    struct text post = doc_text(meeting->event->data, FIELD_POST);
    if (post.bytes == 0 || charter_post(meeting->charter, post) != NULL)
        return true;
    struct text hint = party_posts_hint(turn_arena(meeting->turn), meeting->charter, post);
    emit_refusal(meeting->turn, NULL, NULL, 0, "unknown post %.*s%.*s", TEXT_PRINT(post), TEXT_PRINT(hint));
    return false;
}

int meeting_decide(struct turn *turn, const struct event *event)
{
    struct meeting meeting;
    if (!meeting_load(turn, event, event->subject, &meeting))
        return ROLE_E_POISON;
    struct meeting_verdict verdict = meeting_verdict(meeting.state, event->type->kind);
    VERDICT_CHECK(verdict);
    if (verdict.step == NULL) {
        emit_refusal(turn, meeting.charter != NULL ? meeting_rule_of(&meeting) : NULL, NULL, 0,
                     "meeting %.*s: %s", TEXT_PRINT(event->subject), verdict.refusal);
        return 0;
    }
    bool ready = meeting.state == MEETING_ABSENT ? meeting_begin(&meeting) : meeting_same(&meeting);
    if (ready && meeting_chair_known(&meeting))
        verdict.step(&meeting);
    return 0;
}

/* ---- steps ---- */

static void meeting_set(const struct meeting *meeting, struct doc *out, const enum field *fields,
                        size_t count)
{
    for (size_t i = 0; i < meeting->bodies_count; i++)
        doc_add_text(out, FIELD_BODIES, meeting->bodies[i]->id);
    for (size_t i = 0; i < count; i++) {
        if (meeting->record != NULL)
            doc_set_doc_field(out, fields[i], meeting->record);
        doc_set_doc_field(out, fields[i], meeting->event->data);
    }
}

/* Called again, it is moved: what the new call says holds, what it leaves out is as before. */
static void meeting_call(struct meeting *meeting)
{
    static const enum field fields[] = {FIELD_TITLE, FIELD_AT, FIELD_POST, FIELD_ATTENDEES, FIELD_NOTE};
    struct doc *out = meeting_emit(meeting, EVENT_MEETING_SCHEDULED, NULL);
    meeting_set(meeting, out, fields, sizeof fields / sizeof fields[0]);
    emit_end(meeting->turn);
}

static void meeting_cancel(struct meeting *meeting)
{
    struct doc *out = meeting_emit(meeting, EVENT_MEETING_DROPPED, NULL);
    meeting_set(meeting, out, NULL, 0);
    doc_set_doc_field(out, FIELD_REASON, meeting->event->data);
    emit_end(meeting->turn);
}

/* S0-18: minutes are owed from the meeting on. */
static void meeting_watch_minutes(const struct meeting *meeting, int64_t at_us)
{
    const struct meeting_rule *rule = meeting_minutes(meeting);
    if (rule == NULL || text_is(rule->minutes_limit, "undated"))
        return;
    struct alarm alarm = {
        .subject = meeting->id,
        .charter = meeting->charter->name,
        .label = MEETING_MINUTES_LABEL,
        .limit = rule->minutes_limit,
        .calendar = meeting->charter->calendar,
        .who = meeting->bodies[0]->id,
        .title = doc_text(meeting->event->data, FIELD_TITLE),
        .rule = &rule->minutes_rule,
        .start_us = at_us,
        .since_us = alarm_since_us(meeting->charter, at_us),
        .zone = meeting->charter->zone,
    };
    if (alarm.title.bytes == 0)
        alarm.title = doc_text(meeting->record, FIELD_TITLE);
    alarm_set(meeting->turn, meeting->event, ROLE_ROUTINES, &alarm);
}

/* S0-17: what the bodies owe is met by it, each in its own duties (S0-1). */
static void meeting_meet_duties(const struct meeting *meeting, int64_t at_us)
{
    const struct charter *charter = duty_charter(meeting->turn, meeting->charter->name);
    for (size_t i = 0; charter != NULL && i < meeting->bodies_count; i++)
        for (size_t k = 0; k < charter->routines.routines_count; k++) {
            struct duty duty = {meeting->turn, meeting->event, charter, &charter->routines.routines[k],
                                charter_body(charter, meeting->bodies[i]->id)};
            if (duty.body != NULL && duty.routine->kind == ROUTINE_MEETING &&
                charter_routine_is_of(duty.routine, duty.body))
                duty_meet_by_meeting(&duty, meeting->id, at_us);
        }
}

/* When it took place: as the report says, else now. False after a refusal: it lies ahead. */
static bool meeting_read_at(const struct meeting *meeting, int64_t *at_us_out)
{
    int zone = meeting->charter->zone;
    *at_us_out = doc_time_us(meeting->event->data, FIELD_AT, meeting->event->received_us);
    if (civil_day_of(*at_us_out, zone) <= civil_day_of(meeting->event->received_us, zone))
        return true;
    emit_refusal(meeting->turn, meeting_rule_of(meeting), NULL, 0,
                 "meeting %.*s cannot have been held: %.*s is still to come", TEXT_PRINT(meeting->id),
                 TEXT_PRINT(doc_text(meeting->event->data, FIELD_AT)));
    return false;
}

static void meeting_hold(struct meeting *meeting)
{
    static const enum field fields[] = {FIELD_TITLE, FIELD_POST, FIELD_ATTENDEES, FIELD_NOTE};
    const struct meeting_rule *agenda = meeting_agenda(meeting);
    int64_t at_us;
    if (agenda != NULL && meeting->state == MEETING_ABSENT) {
        emit_refusal(meeting->turn, &agenda->agenda_rule, NULL, 0,
                     "%.*s examines the topics of this meeting, so it must be called first",
                     TEXT_PRINT(charter_body(meeting->charter, agenda->agenda)->name));
        return;
    }
    if (!meeting_read_at(meeting, &at_us))
        return;
    struct doc *out = meeting_emit(meeting, EVENT_MEETING_RECORDED, NULL);
    meeting_set(meeting, out, fields, sizeof fields / sizeof fields[0]);
    doc_set_time(out, FIELD_AT, at_us, meeting->charter->zone);
    emit_end(meeting->turn);
    meeting_watch_minutes(meeting, at_us);
    meeting_meet_duties(meeting, at_us);
}

/* ---- minutes that did not come ---- */

int meeting_decide_minutes_missed(struct turn *turn, const struct event *reached, const struct doc *alarm)
{
    struct meeting meeting;
    if (!meeting_load(turn, reached, doc_text(alarm, FIELD_SUBJECT), &meeting))
        return ROLE_E_POISON;
    const struct meeting_rule *rule = meeting.record != NULL ? meeting_minutes(&meeting) : NULL;
    struct doc *out = alarm_missed_begin(turn, reached, alarm);
    if (rule != NULL) {
        emit_rule(turn, &rule->minutes_rule);
        doc_set_text(out, FIELD_BODY, meeting.bodies[0]->id);
        for (size_t i = 0; i < meeting.bodies[0]->head_posts.count && i < LIST_COUNT_MAX; i++)
            doc_add_text(out, FIELD_POSTS, meeting.bodies[0]->head_posts.at[i]);
    }
    emit_end(turn);
    return 0;
}

/* ---- taking outcomes in ---- */

static int meeting_put(struct turn *turn, const struct event *event, enum meeting_state state)
{
    static const enum field kept[] = {FIELD_BODIES, FIELD_TITLE,     FIELD_AT,
                                      FIELD_POST,   FIELD_ATTENDEES, FIELD_NOTE};
    uint64_t version = 0;
    struct key key = meeting_key(event->subject);
    struct doc *record = record_get(turn, &key);
    struct key charter_key = record_key(TABLE_CHARTER);
    key_add_text(&charter_key, event->charter);
    const struct doc *charter = record_get(turn, &charter_key);
    if (record == NULL) {
        record = doc_new(turn_arena(turn));
        doc_set_text(record, FIELD_CHARTER, event->charter);
        version = charter != NULL ? (uint64_t)doc_int(charter, FIELD_VERSION, 0) : 0;
        doc_set_int(record, FIELD_VERSION, (int64_t)version);
    }
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        doc_set_doc_field(record, kept[i], event->data);
    doc_set_text(record, FIELD_STATE, text_from(meeting_state_text(state)));
    record_put(turn, &key, record);
    return 0;
}

int meeting_apply_scheduled(struct turn *turn, const struct event *event)
{
    return meeting_put(turn, event, MEETING_CALLED);
}

int meeting_apply_dropped(struct turn *turn, const struct event *event)
{
    return meeting_put(turn, event, MEETING_CANCELLED);
}

/* Kinds of the topics that were on its agenda (S0-14). */
static void meeting_set_kinds(struct turn *turn, struct text id, struct doc *held)
{
    struct key prefix = record_key(TABLE_TOPIC);
    struct store_cursor cursor;
    key_add_text(&prefix, id);
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor); more; more = store_next(&cursor)) {
        const struct doc *topic = record_from(turn, cursor.value);
        struct text kind = doc_text(topic, FIELD_KIND);
        if (meeting_topic_state(topic) == TOPIC_ACCEPTED && kind.bytes > 0 &&
            !doc_lists_text(held, FIELD_SET, kind))
            doc_add_text(held, FIELD_SET, kind);
    }
    store_cursor_end(&cursor);
}

int meeting_apply_recorded(struct turn *turn, const struct event *event)
{
    int64_t at_us = doc_time_us(event->data, FIELD_AT, INT64_MIN);
    struct doc *held = doc_new(turn_arena(turn));
    doc_set_text(held, FIELD_MEETING, event->subject);
    doc_set_doc_field(held, FIELD_AT, event->data);
    doc_set_time(held, FIELD_RECEIVED, event->received_us, 0);
    doc_set_doc_field(held, FIELD_POST, event->data);
    meeting_set_kinds(turn, event->subject, held);
    for (size_t i = 0; i < doc_count(event->data, FIELD_BODIES); i++) {
        struct key key = meeting_held_key(event->charter, doc_text_at(event->data, FIELD_BODIES, i), at_us,
                                          event->subject);
        record_put(turn, &key, held);
    }
    return meeting_put(turn, event, MEETING_HELD);
}

int meeting_apply_minutes(struct turn *turn, const struct event *event)
{
    struct key key = meeting_key(event->subject);
    struct doc *record = record_get(turn, &key);
    if (record == NULL)
        return turn_poison(turn, "meeting %.*s was never put on file", TEXT_PRINT(event->subject));
    doc_set_int(record, FIELD_NUMBER, doc_int(event->data, FIELD_VERSION, 1));
    doc_set_text(record, FIELD_STATE, text_from(meeting_state_text(MEETING_MINUTED)));
    record_put(turn, &key, record);
    return 0;
}
