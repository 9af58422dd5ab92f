/* minutes.c - minutes of a meeting: what was resolved, item by item; the basis of execution and supervision
 * (S0-18). */
#include "base/limits.h"
#include "workers/common/alarm.h"
#include "workers/common/owed.h"
#include "workers/common/room.h"
#include "workers/routines/items.h"
#include "workers/routines/meeting.h"

/* S0-10: where topics are examined, an item stands under one that was accepted. */
static void minutes_check_topics(const struct meeting *meeting, const struct meeting_rule *agenda,
                                 struct owed *owed)
{
    const struct doc *data = meeting->event->data;
    for (size_t i = 0; i < doc_count(data, FIELD_ITEMS); i++) {
        struct text id = doc_text(doc_doc_at(data, FIELD_ITEMS, i), FIELD_TOPIC);
        enum topic_state state = meeting_topic_state(id.bytes > 0 ? meeting_topic(meeting, id) : NULL);
        if (id.bytes == 0)
            owed_add(owed, &agenda->agenda_rule, agenda->agenda, "item %zu: the topic that it resolves",
                     i + 1);
        else if (state != TOPIC_ACCEPTED)
            owed_add(owed, &agenda->agenda_rule, agenda->agenda,
                     "item %zu: topic %.*s was never accepted (%s)", i + 1, TEXT_PRINT(id),
                     topic_state_text(state));
    }
}

/* A topic that is named must be one of this meeting's, whoever examines it. */
static void minutes_check_known(const struct meeting *meeting, const struct rule *rule, struct owed *owed)
{
    const struct doc *data = meeting->event->data;
    for (size_t i = 0; i < doc_count(data, FIELD_ITEMS); i++) {
        struct text id = doc_text(doc_doc_at(data, FIELD_ITEMS, i), FIELD_TOPIC);
        if (id.bytes > 0 && meeting_topic(meeting, id) == NULL)
            owed_add(owed, rule, meeting->bodies[0]->id, "item %zu: the meeting has no topic %.*s", i + 1,
                     TEXT_PRINT(id));
    }
}

/* The items as they go on file; NULL after a refusal. */
static struct items *minutes_read(const struct meeting *meeting, const struct rule *rule)
{
    const struct meeting_rule *agenda = meeting_agenda(meeting), *minutes = meeting_minutes(meeting);
    int64_t at_us = doc_time_us(meeting->record, FIELD_AT, 0);
    struct owed *owed = owed_open(turn_arena(meeting->turn));
    struct items_demand demand = {.rule = minutes != NULL ? &minutes->items_rule : rule,
                                  .who = meeting->bodies[0]->id,
                                  .unit = minutes != NULL && minutes->item_unit,
                                  .by = minutes != NULL && minutes->item_by,
                                  .opinion = minutes != NULL && minutes->item_opinion,
                                  .not_before = civil_day_of(at_us, meeting->charter->zone)};
    struct items *items =
        items_read(turn_arena(meeting->turn), meeting->charter, meeting->event->data, &demand, owed);
    if (agenda != NULL)
        minutes_check_topics(meeting, agenda, owed);
    else
        minutes_check_known(meeting, rule, owed);
    if (owed->total > 0)
        emit_refusal(meeting->turn, rule, owed->at, owed->count,
                     "the minutes of %.*s cannot go on file: %zu thing%s owed", TEXT_PRINT(meeting->id),
                     owed->total, owed->total == 1 ? " is" : "s are");
    else if (room_for_outcome(meeting->turn, meeting->event, rule, items_units(items)))
        return items;
    return NULL;
}

/* An item on a topic that is about an issue is about that issue (S0-14). */
static void minutes_add_issues(const struct meeting *meeting, struct items *items)
{
    for (size_t i = 0; i < items_count(items); i++) {
        struct text id = doc_text(doc_doc_at(meeting->event->data, FIELD_ITEMS, i), FIELD_TOPIC);
        const struct doc *topic = id.bytes > 0 ? meeting_topic(meeting, id) : NULL;
        if (topic != NULL && doc_has(topic, FIELD_ISSUE))
            items_default_issue(items, i, doc_text(topic, FIELD_ISSUE));
    }
}

void minutes_issue(struct meeting *meeting)
{
    const struct meeting_rule *minutes = meeting_minutes(meeting);
    const struct rule *rule = minutes != NULL ? &minutes->minutes_rule : meeting_rule_of(meeting);
    struct items *items = minutes_read(meeting, rule);
    if (items == NULL)
        return;
    minutes_add_issues(meeting, items);
    struct doc *out = meeting_emit(meeting, EVENT_MINUTES_RECORDED, rule);
    doc_printf(out, FIELD_MINUTES, "%.*s/minutes", TEXT_PRINT(meeting->id));
    for (size_t i = 0; i < meeting->bodies_count; i++)
        doc_add_text(out, FIELD_BODIES, meeting->bodies[i]->id);
    doc_set_doc_field(out, FIELD_AT, meeting->record);
    doc_set_doc_field(out, FIELD_TITLE, meeting->record);
    doc_set_doc_field(out, FIELD_TITLE, meeting->event->data);
    doc_set_doc_field(out, FIELD_TEXT, meeting->event->data);
    doc_set_int(out, FIELD_VERSION, doc_int(meeting->record, FIELD_NUMBER, 0) + 1);
    items_write(items, out);
    emit_end(meeting->turn);
    struct alarm_end end = {.charter = meeting->charter->name,
                            .at_us = meeting->event->received_us,
                            .zone = meeting->charter->zone};
    alarm_clear(meeting->turn, meeting->id, TEXT("minutes"), &end);
}
