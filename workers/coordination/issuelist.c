/* issuelist.c - see issuelist.h. */
#include "workers/coordination/issuelist.h"

#include "workers/common/party.h"
#include "workers/coordination/actors.h"
#include "workers/coordination/guard.h"
#include "workers/coordination/posts.h"

/* Why the issue cannot stand in a list of that charter, or NULL. */
static const char *issuelist_objection(const struct matter *matter, const struct charter *charter)
{
    if (matter->issue == NULL)
        return "no such issue";
    if (!text_equal(matter->charter->name, charter->name))
        return "under another charter";
    if (matter->state != ISSUE_COORDINATING && matter->state != ISSUE_SOLVING)
        return issue_state_text(matter->state);
    return guard_need(matter, NEED_ISSUELIST) == NULL ? "not at a level that compiles issue lists" : NULL;
}

/* Adds what the issue owes before it may be listed. */
static void issuelist_check(const struct matter *matter, const struct charter *charter, struct owed *owed)
{
    const char *objection = issuelist_objection(matter, charter);
    if (objection != NULL) {
        owed_add(owed, matter->level != NULL ? &matter->level->rule : NULL, TEXT_NONE, "issue %.*s: %s",
                 TEXT_PRINT(matter->id), objection);
        return;
    }
    const struct need *need = guard_need(matter, NEED_CHECKLIST);
    struct guard *guard = guard_open(matter);
    if (need != NULL)
        guard_check_checklist(guard, need);
    for (size_t i = 0; i < guard->owed->count; i++)
        owed_add(owed, &need->rule, doc_text(guard->owed->at[i], FIELD_WHO), "issue %.*s: %.*s",
                 TEXT_PRINT(matter->id), TEXT_PRINT(doc_text(guard->owed->at[i], FIELD_NEED)));
}

/* The rule that asks for the list, found at the level of its first issue. */
static const struct rule *issuelist_rule(struct turn *turn, const struct event *event)
{
    struct matter matter;
    if (!issue_load(turn, event, doc_text_at(event->data, FIELD_ISSUES, 0), &matter) || matter.issue == NULL)
        return NULL;
    const struct need *need = guard_need(&matter, NEED_ISSUELIST);
    return need != NULL ? &need->rule : &matter.level->rule;
}

static void issuelist_issue(struct turn *turn, const struct event *event, const struct charter *charter,
                            int64_t version)
{
    const struct rule *rule = issuelist_rule(turn, event);
    struct doc *out = emit_begin(turn, EVENT_ISSUELIST_ISSUED);
    emit_charter(turn, charter->name);
    if (rule != NULL)
        emit_rule(turn, rule);
    emit_input(turn, event->seq);
    for (size_t i = 0; i < doc_count(event->data, FIELD_ISSUES); i++) {
        struct text id = doc_text_at(event->data, FIELD_ISSUES, i);
        if (!doc_lists_text(out, FIELD_ISSUES, id))
            doc_add_text(out, FIELD_ISSUES, id);
    }
    doc_set_int(out, FIELD_VERSION, version);
    doc_set_doc_field(out, FIELD_TITLE, event->data);
    emit_end(turn);
}

int issuelist_decide(struct turn *turn, const struct event *event)
{
    const struct charter *charter = party_charter(turn, event);
    if (charter == NULL || !posts_actor_known(turn, event, charter, TEXT_NONE))
        return 0;
    struct key key = issue_list_key(event->subject);
    const struct doc *before = record_get(turn, &key);
    if (before != NULL && !text_equal(doc_text(before, FIELD_CHARTER), charter->name)) {
        emit_refusal(turn, NULL, NULL, 0, "issue list %.*s is under charter %.*s", TEXT_PRINT(event->subject),
                     TEXT_PRINT(doc_text(before, FIELD_CHARTER)));
        return 0;
    }
    struct owed *owed = owed_open(turn_arena(turn));
    for (size_t i = 0; i < doc_count(event->data, FIELD_ISSUES); i++) {
        struct matter matter;
        if (!issue_load(turn, event, doc_text_at(event->data, FIELD_ISSUES, i), &matter))
            return turn_poison(turn, "the charter of issue %.*s does not fit its record",
                               TEXT_PRINT(matter.id));
        if (issuelist_objection(&matter, charter) == NULL && !actors_check(&matter))
            return 0;
        issuelist_check(&matter, charter, owed);
    }
    if (owed->total > 0)
        emit_refusal(turn, issuelist_rule(turn, event), owed->at, owed->count,
                     "the list cannot be issued: %zu thing%s owed, first: %.*s", owed->total,
                     owed->total == 1 ? " is" : "s are", TEXT_PRINT(doc_text(owed->at[0], FIELD_NEED)));
    else
        issuelist_issue(turn, event, charter, before != NULL ? doc_int(before, FIELD_VERSION, 0) + 1 : 1);
    return 0;
}
