/* topic.c - topics of a meeting: proposed by anyone, examined by the body that the charter names (S0-10). */
#include "base/log.h"
#include "workers/common/party.h"
#include "workers/common/verdict.h"
#include "workers/routines/meeting.h"

static const char *const topic_states[] = {
    [TOPIC_ABSENT] = "absent",
    [TOPIC_SUBMITTED] = "submitted",
    [TOPIC_ACCEPTED] = "accepted",
    [TOPIC_RETURNED] = "returned",
};
_Static_assert(sizeof topic_states / sizeof topic_states[0] == TOPIC_STATE_COUNT, "a text for each state");

#define UNKNOWN     "no topic is known under that id"
#define ON_AGENDA   "it is on the agenda already"
#define IS_RETURNED "it was returned and must be submitted anew"

/* clang-format off */
static const struct {
    enum event_kind report;
    const char *objections[TOPIC_STATE_COUNT];
} topic_rows[] = {
    /*                       ABSENT   SUBMITTED ACCEPTED   RETURNED */
    {EVENT_TOPIC_SUBMITTED, {NULL,    NULL,     ON_AGENDA, NULL}},
    {EVENT_TOPIC_ACCEPTED,  {UNKNOWN, NULL,     ON_AGENDA, IS_RETURNED}},
    {EVENT_TOPIC_RETURNED,  {UNKNOWN, NULL,     NULL,      IS_RETURNED}},
};
/* clang-format on */

const char *topic_state_text(enum topic_state state)
{
    ASSERT(state < TOPIC_STATE_COUNT);
    return topic_states[state];
}

const char *topic_objection(enum topic_state state, enum event_kind report)
{
    ASSERT(state < TOPIC_STATE_COUNT);
    return VERDICT_ROW(topic_rows, report)->objections[state];
}

enum topic_state meeting_topic_state(const struct doc *topic)
{
    if (topic == NULL)
        return TOPIC_ABSENT;
    return (enum topic_state)verdict_state(doc_text(topic, FIELD_STATE), topic_states, TOPIC_STATE_COUNT);
}

static struct key topic_key(struct text meeting, struct text topic)
{
    struct key key = record_key(TABLE_TOPIC);
    key_add_text(&key, meeting);
    key_add_text(&key, topic);
    return key;
}

const struct doc *meeting_topic(const struct meeting *meeting, struct text topic)
{
    struct key key = topic_key(meeting->id, topic);
    return record_get(meeting->turn, &key);
}

/* ---- submitting ---- */

/* False after a refusal. */
static bool topic_may(const struct meeting *meeting, const struct rule *rule)
{
    struct text id = doc_text(meeting->event->data, FIELD_TOPIC);
    const char *objection =
        topic_objection(meeting_topic_state(meeting_topic(meeting, id)), meeting->event->type->kind);
    if (objection != NULL)
        emit_refusal(meeting->turn, rule, NULL, 0, "topic %.*s: %s", TEXT_PRINT(id), objection);
    return objection == NULL;
}

static bool topic_kind_known(const struct meeting *meeting, const struct rule *rule)
{
    struct text kind = doc_text(meeting->event->data, FIELD_KIND);
    for (size_t i = 0; charter_topic_kinds[i] != NULL; i++)
        if (text_is(kind, charter_topic_kinds[i]))
            return true;
    if (kind.bytes > 0)
        emit_refusal(meeting->turn, rule, NULL, 0, "a topic's kind is decide, hear or coordinate, not %.*s",
                     TEXT_PRINT(kind));
    return kind.bytes == 0;
}

void topic_submit(struct meeting *meeting)
{
    static const enum field fields[] = {FIELD_TOPIC, FIELD_TITLE, FIELD_KIND, FIELD_ISSUE, FIELD_TEXT};
    const struct doc *data = meeting->event->data;
    const struct meeting_rule *agenda = meeting_agenda(meeting);
    const struct rule *rule = agenda != NULL ? &agenda->agenda_rule : meeting_rule_of(meeting);
    const struct unit *unit = NULL;
    if (!topic_may(meeting, rule) || !topic_kind_known(meeting, rule))
        return;
    if (doc_has(data, FIELD_UNIT)) {
        unit = party_unit(meeting->turn, meeting->charter, rule, doc_text(data, FIELD_UNIT));
        if (unit == NULL)
            return;
    }
    struct doc *out = meeting_emit(meeting, EVENT_TOPIC_RECORDED, rule);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        doc_set_doc_field(out, fields[i], data);
    if (unit != NULL)
        doc_set_text(out, FIELD_UNIT, unit->name);
    doc_set_text(out, FIELD_STATE,
                 text_from(topic_state_text(agenda != NULL ? TOPIC_SUBMITTED : TOPIC_ACCEPTED)));
    emit_end(meeting->turn);
}

/* ---- examining ---- */

void topic_examine(struct meeting *meeting)
{
    const struct doc *data = meeting->event->data;
    const struct meeting_rule *agenda = meeting_agenda(meeting);
    if (agenda == NULL) {
        emit_refusal(meeting->turn, meeting_rule_of(meeting), NULL, 0,
                     "nobody examines the topics of this meeting: they are accepted as submitted");
        return;
    }
    if (!topic_may(meeting, &agenda->agenda_rule))
        return;
    bool accepted = meeting->event->type->kind == EVENT_TOPIC_ACCEPTED;
    const struct doc *topic = meeting_topic(meeting, doc_text(data, FIELD_TOPIC));
    struct doc *out = meeting_emit(meeting, EVENT_TOPIC_EXAMINED, &agenda->agenda_rule);
    doc_set_doc_field(out, FIELD_TOPIC, data);
    doc_set_text(out, FIELD_STATE, text_from(topic_state_text(accepted ? TOPIC_ACCEPTED : TOPIC_RETURNED)));
    doc_set_doc_field(out, FIELD_TITLE, topic);
    doc_set_doc_field(out, FIELD_ISSUE, topic);
    doc_set_doc_field(out, FIELD_NOTE, data);
    doc_set_doc_field(out, FIELD_REASON, data);
    emit_end(meeting->turn);
}

/* topic.recorded, topic.examined: what a new one says replaces what was there, word for word. */
int meeting_apply_topic(struct turn *turn, const struct event *event)
{
    static const enum field kept[] = {FIELD_TITLE, FIELD_KIND, FIELD_ISSUE};
    struct key key = topic_key(event->subject, doc_text(event->data, FIELD_TOPIC));
    struct doc *record = event->type->kind == EVENT_TOPIC_EXAMINED ? record_get(turn, &key) : NULL;
    if (record == NULL)
        record = doc_new(turn_arena(turn));
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        doc_set_doc_field(record, kept[i], event->data);
    doc_set_doc_field(record, FIELD_STATE, event->data);
    record_put(turn, &key, record);
    return 0;
}
