/* paper.c - what a level puts on file about an issue: attempt, proposal, consent, checklist, and the office's
 * issue list. */
#include "workers/common/party.h"
#include "workers/coordination/closing.h"
#include "workers/coordination/flow.h"
#include "workers/coordination/guard.h"
#include "workers/coordination/posts.h"

/* The rule that asks for the paper at this level, or the level's own. */
static const struct rule *paper_rule(const struct matter *matter, enum need_kind kind)
{
    const struct need *need = guard_need(matter, kind);
    return need != NULL ? &need->rule : &matter->level->rule;
}

static void paper_emit_attempt(const struct matter *matter)
{
    struct doc *out = issue_emit(matter, EVENT_ISSUE_ATTEMPTED);
    emit_rule(matter->turn, paper_rule(matter, NEED_ATTEMPT));
    emit_input(matter->turn, matter->event->seq);
    doc_set_text(out, FIELD_LEVEL, matter->level->id);
    doc_set_text(out, FIELD_BODY, matter->body->id);
    doc_set_doc_field(out, FIELD_RESULT, matter->event->data);
    doc_set_doc_field(out, FIELD_NOTE, matter->event->data);
    emit_end(matter->turn);
}

/* S0-2, S0-3: every level records its attempt; what it settles goes no further. */
void paper_attempt(const struct matter *matter)
{
    const struct rule *rule = paper_rule(matter, NEED_ATTEMPT);
    struct text result = doc_text(matter->event->data, FIELD_RESULT);
    bool settled = text_is(result, "settled");
    if (!settled && !text_is(result, "unsettled")) {
        emit_refusal(matter->turn, rule, NULL, 0, "result is settled or unsettled");
        return;
    }
    struct guard *guard = guard_open(matter);
    if (settled)
        guard_check_tasks(guard, rule);
    if (settled && (guard->owed->total > 0 || matter->state == ISSUE_SOLVING)) {
        guard_refuse(guard, rule, "its tasks are under way: the last one that is verified settles it");
        return;
    }
    paper_emit_attempt(matter);
    if (settled)
        closing_settle(matter, TEXT("coordinated"), matter->event->received_us, rule);
}

void paper_proposal(const struct matter *matter)
{
    struct doc *out = issue_emit(matter, EVENT_PROPOSAL_RECORDED);
    emit_rule(matter->turn, paper_rule(matter, NEED_PROPOSAL));
    emit_input(matter->turn, matter->event->seq);
    doc_set_text(out, FIELD_LEVEL, matter->level->id);
    doc_set_doc_field(out, FIELD_PLAN, matter->event->data);
    emit_end(matter->turn);
}

/* S0-7: consent is an act of the present holder of a head post of the body in charge, which the actor is (see
 * actors.c). It is the post's: it stays when the holder leaves (S2-3). */
void paper_consent(const struct matter *matter)
{
    const struct rule *rule = paper_rule(matter, NEED_CONSENT);
    struct text actor = matter->event->actor;
    struct names holders = posts_holders(matter->turn, matter->charter, charter_post(matter->charter, actor));
    if (holders.count == 0) {
        emit_refusal(matter->turn, rule, NULL, 0, "post %.*s is vacant", TEXT_PRINT(actor));
        return;
    }
    bool given = matter->event->type->kind == EVENT_CONSENT_GIVEN;
    struct doc *out = issue_emit(matter, EVENT_CONSENT_RECORDED);
    emit_rule(matter->turn, rule);
    emit_input(matter->turn, matter->event->seq);
    doc_set_text(out, FIELD_POST, actor);
    doc_set_text(out, FIELD_LEVEL, matter->level->id);
    doc_set_text(out, FIELD_RESULT, given ? TEXT("given") : TEXT("refused"));
    if (holders.count == 1)
        doc_set_text(out, FIELD_PERSON, holders.at[0]);
    struct text note = doc_text(matter->event->data, given ? FIELD_NOTE : FIELD_REASON);
    if (note.bytes > 0)
        doc_set_text(out, FIELD_NOTE, note);
    emit_end(matter->turn);
}

/* S0-8: the office works an issue through, part by part. */
void paper_checklist(const struct matter *matter)
{
    const struct doc *data = matter->event->data;
    const struct need *need = guard_need(matter, NEED_CHECKLIST);
    if (need == NULL) {
        emit_refusal(matter->turn, &matter->level->rule, NULL, 0, "at %.*s no checklist is asked for",
                     TEXT_PRINT(matter->level->name));
        return;
    }
    struct text opinion = doc_text(data, FIELD_OPINION), plan = doc_text(data, FIELD_PLAN);
    const struct unit *undertaker = NULL;
    if (doc_has(data, FIELD_UNDERTAKER)) {
        undertaker = party_unit(matter->turn, matter->charter, &need->rule, doc_text(data, FIELD_UNDERTAKER));
        if (undertaker == NULL)
            return;
    }
    if (opinion.bytes == 0 && plan.bytes == 0 && undertaker == NULL) {
        emit_refusal(matter->turn, &need->rule, NULL, 0, "the checklist is empty: opinion, undertaker, plan");
        return;
    }
    struct doc *out = issue_emit(matter, EVENT_CHECKLIST_RECORDED);
    emit_rule(matter->turn, &need->rule);
    emit_input(matter->turn, matter->event->seq);
    doc_set_text(out, FIELD_LEVEL, matter->level->id);
    if (opinion.bytes > 0)
        doc_set_text(out, FIELD_OPINION, opinion);
    if (undertaker != NULL)
        doc_set_text(out, FIELD_UNDERTAKER, undertaker->name);
    if (plan.bytes > 0)
        doc_set_text(out, FIELD_PLAN, plan);
    emit_end(matter->turn);
}
