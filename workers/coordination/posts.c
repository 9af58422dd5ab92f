/* posts.c - see posts.h. */
#include "workers/coordination/posts.h"

#include "base/limits.h"
#include "workers/common/holders.h"
#include "workers/common/party.h"
#include "workers/coordination/issue.h"

struct names posts_holders(struct turn *turn, const struct charter *charter, const struct post *post)
{
    return holders_of(turn, TABLE_POST, charter, post);
}

bool posts_actor_known(struct turn *turn, const struct event *event, const struct charter *charter,
                       struct text besides)
{
    return party_actor_known_by(turn, TABLE_POST, event, charter, besides);
}

static bool posts_lists(struct names names, struct text person)
{
    for (size_t i = 0; i < names.count; i++)
        if (text_equal(names.at[i], person))
            return true;
    return false;
}

/* Why the change cannot be, or NULL. */
static const char *posts_objection(struct names holders, struct text person, bool fills)
{
    if (fills)
        return holders.count >= LIST_COUNT_MAX ? "is held by as many as can be" : NULL;
    if (holders.count == 0)
        return "is vacant already";
    return person.bytes > 0 && !posts_lists(holders, person) ? "is not held by that person" : NULL;
}

int posts_decide(struct turn *turn, const struct event *event)
{
    const struct charter *charter = party_charter(turn, event);
    if (charter == NULL || !posts_actor_known(turn, event, charter, TEXT_NONE))
        return 0;
    struct text id = doc_text(event->data, FIELD_POST);
    const struct post *post = charter_post(charter, id);
    if (post == NULL) {
        struct text hint = party_posts_hint(turn_arena(turn), charter, id);
        emit_refusal(turn, NULL, NULL, 0, "unknown post %.*s%.*s", TEXT_PRINT(id), TEXT_PRINT(hint));
        return 0;
    }
    bool fills = event->type->kind == EVENT_POST_FILLED;
    struct names holders = posts_holders(turn, charter, post);
    const char *objection = posts_objection(holders, doc_text(event->data, FIELD_PERSON), fills);
    if (objection != NULL) {
        emit_refusal(turn, NULL, NULL, 0, "post %.*s %s", TEXT_PRINT(id), objection);
        return 0;
    }
    struct doc *out = emit_begin(turn, EVENT_POST_HELD);
    doc_set_doc_field(out, FIELD_POST, event->data);
    doc_set_doc_field(out, FIELD_PERSON, event->data);
    doc_set_text(out, FIELD_RESULT, fills ? TEXT("filled") : TEXT("vacated"));
    emit_end(turn);
    return 0;
}

int posts_apply_held(struct turn *turn, const struct event *event)
{
    holders_apply(turn, TABLE_POST, event);
    return 0;
}
