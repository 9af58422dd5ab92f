/* work.c - what was done about an issue, by whom: on file in every state, and which groups had the case. */
#include "workers/coordination/flow.h"

/* Case and group: whether it had the case; case alone: who has it, and how often groups got it back. */
static struct key work_key(struct text issue, struct text group)
{
    struct key key = record_key((store_table)TABLE_GROUP);
    key_add_text(&key, issue);
    if (group.bytes > 0)
        key_add_text(&key, group);
    return key;
}

/* Who had the case, and the returns with this report: a group gets it back after another one had it. */
static void work_set_groups(const struct matter *matter, struct doc *out)
{
    struct text group = doc_text(matter->event->data, FIELD_GROUP);
    struct key now_key = work_key(matter->id, TEXT_NONE), had_key = work_key(matter->id, group);
    if (group.bytes == 0)
        return;
    const struct doc *now = record_get(matter->turn, &now_key);
    struct text from = now != NULL ? doc_text(now, FIELD_GROUP) : group;
    int64_t returns = now != NULL ? doc_int(now, FIELD_COUNT, 0) : 0;
    if (!text_equal(from, group)) {
        doc_set_text(out, FIELD_FROM, from);
        returns += record_get(matter->turn, &had_key) != NULL ? 1 : 0;
    }
    doc_set_int(out, FIELD_COUNT, returns);
}

/* Lawful in every state: what somebody did is a fact. */
void work_record(const struct matter *matter)
{
    static const enum field kept[] = {FIELD_ACTIVITY, FIELD_GROUP, FIELD_PERSON, FIELD_NOTE};
    struct doc *out = issue_emit(matter, EVENT_WORK_NOTED);
    emit_rule(matter->turn, &matter->level->rule);
    emit_input(matter->turn, matter->event->seq);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        doc_set_doc_field(out, kept[i], matter->event->data);
    doc_set_text(out, FIELD_LEVEL, matter->level->id);
    work_set_groups(matter, out);
    emit_end(matter->turn);
}

int work_apply_noted(struct turn *turn, const struct event *event)
{
    struct text group = doc_text(event->data, FIELD_GROUP);
    if (group.bytes == 0)
        return 0;
    struct doc *now = doc_new(turn_arena(turn));
    doc_set_doc_field(now, FIELD_GROUP, event->data);
    doc_set_doc_field(now, FIELD_COUNT, event->data);
    struct key now_key = work_key(event->subject, TEXT_NONE), had_key = work_key(event->subject, group);
    record_put(turn, &now_key, now);
    record_put(turn, &had_key, doc_new(turn_arena(turn)));
    return 0;
}
