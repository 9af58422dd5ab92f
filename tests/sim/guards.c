/* guards.c - see guards.h. */
#include "tests/sim/guards.h"

#include "base/log.h"
#include "tests/sim/owing.h"

static struct guards_issue *guards_issue(struct guards *guards, struct text id)
{
    for (size_t i = 0; i < guards->issues_count; i++)
        if (text_equal(guards->issues[i].id, id))
            return &guards->issues[i];
    ASSERT(guards->issues_count < GUARDS_ISSUES_MAX);
    struct guards_issue *issue = &guards->issues[guards->issues_count++];
    *issue = (struct guards_issue){.id = arena_text_copy(guards->arena, id)};
    return issue;
}

static bool guards_has(const struct guards_names *names, struct text name)
{
    for (size_t i = 0; i < names->count; i++)
        if (text_equal(names->at[i], name))
            return true;
    return false;
}

static void guards_add(struct guards *guards, struct guards_names *names, struct text name)
{
    if (guards_has(names, name))
        return;
    ASSERT(names->count < GUARDS_NAMES_MAX);
    names->at[names->count++] = arena_text_copy(guards->arena, name);
}

static void guards_remove(struct guards_names *names, struct text name)
{
    for (size_t i = 0; i < names->count; i++)
        if (text_equal(names->at[i], name))
            names->at[i--] = names->at[--names->count];
}

/* At another level, or in another round, everything but opinions begins anew. */
static void guards_begin_anew(struct guards_issue *issue, const struct event *event)
{
    issue->begun = event->cause;
    issue->begun_us = event->time_us; /* an outcome is of its cause's time, whenever it was journalled */
    issue->consents.count = 0;
    issue->attempted = issue->proposed = issue->opinion = issue->undertaker = issue->plan = issue->listed =
        false;
}

static bool guards_consent(const struct guards *guards, const struct guards_issue *issue,
                           const struct level *level, bool any)
{
    const struct body *body = charter_body_for(guards->charter, level, issue->area);
    size_t given = 0;
    for (size_t i = 0; body != NULL && i < body->head_posts.count; i++)
        given += guards_has(&issue->consents, body->head_posts.at[i]) ? 1 : 0;
    return body != NULL && given > 0 && (any || given == body->head_posts.count);
}

/* S0-14: minutes of a meeting of that level's body, held and minuted in this round. */
static bool guards_deliberation(const struct guards *guards, const struct guards_issue *issue,
                                const struct level *level)
{
    const struct body *body = charter_body_for(guards->charter, level, issue->area);
    for (size_t i = 0; body != NULL && i < issue->minutes_count; i++)
        if (text_equal(issue->minutes[i].body, body->id))
            return issue->minutes[i].cause > issue->begun && issue->minutes[i].at_us >= issue->begun_us;
    return false;
}

/* The minutes are another role's outcome: those after the request were not known when it was decided. */
static bool guards_minutes_after(const struct guards *guards, const struct guards_issue *issue,
                                 const struct level *level, uint64_t seq)
{
    const struct body *body = charter_body_for(guards->charter, level, issue->area);
    for (size_t i = 0; body != NULL && i < issue->minutes_count; i++)
        if (text_equal(issue->minutes[i].body, body->id))
            return issue->minutes[i].seq > seq;
    return false;
}

static const char *guards_need(const struct guards *guards, const struct guards_issue *issue,
                               const struct level *level, const struct need *need)
{
    switch (need->kind) {
    case NEED_ATTEMPT:
        return issue->attempted ? NULL : "up without an attempt at that level";
    case NEED_OPINIONS:
        for (size_t i = 0; i < issue->concerned.count; i++)
            if (!guards_has(&issue->answered, issue->concerned.at[i]))
                return "up without the opinion of a unit concerned, or its silence on record";
        return NULL;
    case NEED_PROPOSAL:
        return issue->proposed ? NULL : "up without a proposal";
    case NEED_CONSENT:
        return guards_consent(guards, issue, level, need->any_head) ? NULL : "up without the heads' consent";
    case NEED_CHECKLIST:
        return issue->opinion && issue->undertaker && issue->plan ? NULL
                                                                  : "up without opinion, undertaker and plan";
    case NEED_ISSUELIST:
        return issue->listed ? NULL : "up without standing in an issue list";
    case NEED_DELIBERATION:
        return guards_deliberation(guards, issue, level) ? NULL : "up without the body's deliberation";
    }
    return "up with a need that nobody knows";
}

static const char *guards_escalated(struct guards *guards, struct guards_issue *issue,
                                    const struct event *event)
{
    const struct level *from = charter_level(guards->charter, doc_text(event->data, FIELD_FROM));
    const char *wrong = from == NULL ? "up from no level of the charter" : NULL;
    for (size_t i = 0; wrong == NULL && i < from->needs_count; i++)
        wrong = guards_need(guards, issue, from, &from->needs[i]);
    const struct level *above = from != NULL ? charter_level_above(guards->charter, from->id) : NULL;
    if (wrong == NULL && (above == NULL || !text_equal(above->id, doc_text(event->data, FIELD_TO))))
        wrong = "up past a level (S0-2)";
    guards->escalations++;
    issue->level = arena_text_copy(guards->arena, doc_text(event->data, FIELD_TO));
    guards_begin_anew(issue, event);
    return wrong;
}

/* What is said to be owed is owed, and nothing else is: the same kinds of papers are missing here and there.
 * So who does all that a refusal names goes up. */
static const char *guards_refused(struct guards *guards, struct guards_issue *issue,
                                  const struct event *event)
{
    const struct level *from = charter_level(guards->charter, issue->level);
    unsigned named = 0, missing = 0;
    if (doc_count(event->data, FIELD_OWED) == 0 || from == NULL)
        return NULL;
    guards->refusals++;
    for (size_t i = 0; i < doc_count(event->data, FIELD_OWED); i++)
        named |= 1U << owing_kind(doc_text(doc_doc_at(event->data, FIELD_OWED, i), FIELD_NEED));
    for (size_t i = 0; i < from->needs_count; i++) {
        const struct need *need = &from->needs[i];
        bool unread =
            need->kind == NEED_DELIBERATION && guards_minutes_after(guards, issue, from, event->cause);
        if (unread || guards_need(guards, issue, from, need) != NULL)
            missing |= 1U << need->kind;
    }
    return named == missing ? NULL : "refused, and not for what is owed";
}

static void guards_listed(struct guards *guards, const struct event *event)
{
    for (size_t i = 0; i < doc_count(event->data, FIELD_ISSUES); i++)
        guards_issue(guards, doc_text_at(event->data, FIELD_ISSUES, i))->listed = true;
}

static void guards_keep_minutes(struct guards *guards, struct guards_issue *issue, struct text body,
                                const struct event *minutes)
{
    size_t at = 0;
    while (at < issue->minutes_count && !text_equal(issue->minutes[at].body, body))
        at++;
    ASSERT(at < GUARDS_MINUTES_MAX);
    if (at == issue->minutes_count)
        issue->minutes[issue->minutes_count++].body = arena_text_copy(guards->arena, body);
    issue->minutes[at].cause = minutes->cause;
    issue->minutes[at].seq = minutes->seq;
    issue->minutes[at].at_us = doc_time_us(minutes->data, FIELD_AT, INT64_MIN);
}

static void guards_see_minutes(struct guards *guards, const struct event *event)
{
    for (size_t i = 0; i < doc_count(event->data, FIELD_ITEMS); i++) {
        struct text id = doc_text(doc_doc_at(event->data, FIELD_ITEMS, i), FIELD_ISSUE);
        for (size_t k = 0; id.bytes > 0 && k < doc_count(event->data, FIELD_BODIES); k++)
            guards_keep_minutes(guards, guards_issue(guards, id), doc_text_at(event->data, FIELD_BODIES, k),
                                event);
    }
}

static void guards_concern(struct guards *guards, struct guards_issue *issue, const struct doc *data)
{
    for (size_t i = 0; i < doc_count(data, FIELD_UNITS); i++)
        guards_add(guards, &issue->concerned, doc_text_at(data, FIELD_UNITS, i));
}

const char *guards_see(struct guards *guards, const struct event *event)
{
    const struct doc *data = event->data;
    if (event->type->kind == EVENT_MINUTES_RECORDED)
        return guards_see_minutes(guards, event), NULL;
    if (event->type->kind == EVENT_REQUEST_REFUSED &&
        text_is(doc_text(data, FIELD_EVENT), "escalation.requested"))
        return guards_refused(guards, guards_issue(guards, event->subject), event);
    if (event->type->about != ABOUT_ISSUE && event->type->kind != EVENT_ISSUELIST_ISSUED)
        return NULL;
    if (event->type->kind == EVENT_ISSUELIST_ISSUED)
        return guards_listed(guards, event), NULL;
    if (event->type->report)
        return NULL;
    struct guards_issue *issue = guards_issue(guards, event->subject);
    switch (event->type->kind) {
    case EVENT_ISSUE_OPENED:
        issue->level = arena_text_copy(guards->arena, doc_text(data, FIELD_LEVEL));
        issue->area = arena_text_copy(guards->arena, doc_text(data, FIELD_AREA));
        guards_concern(guards, issue, data);
        break;
    case EVENT_OPINION_ASKED:
        guards_concern(guards, issue, data);
        break;
    case EVENT_OPINION_RECORDED:
    case EVENT_OPINION_UNANSWERED:
        guards_add(guards, &issue->answered, doc_text(data, FIELD_UNIT));
        break;
    case EVENT_ISSUE_ATTEMPTED:
        issue->attempted |= text_is(doc_text(data, FIELD_RESULT), "unsettled");
        break;
    case EVENT_PROPOSAL_RECORDED:
        issue->proposed = true;
        break;
    case EVENT_CONSENT_RECORDED:
        if (text_is(doc_text(data, FIELD_RESULT), "given"))
            guards_add(guards, &issue->consents, doc_text(data, FIELD_POST));
        else
            guards_remove(&issue->consents, doc_text(data, FIELD_POST));
        break;
    case EVENT_CHECKLIST_RECORDED:
        issue->opinion |= doc_text(data, FIELD_OPINION).bytes > 0;
        issue->undertaker |= doc_has(data, FIELD_UNDERTAKER);
        issue->plan |= doc_text(data, FIELD_PLAN).bytes > 0;
        break;
    case EVENT_ISSUE_SENT_BACK:
        issue->level = arena_text_copy(guards->arena, doc_text(data, FIELD_TO));
        guards_begin_anew(issue, event);
        break;
    case EVENT_ISSUE_REOPENED:
        issue->level = arena_text_copy(guards->arena, doc_text(data, FIELD_LEVEL));
        guards_begin_anew(issue, event);
        break;
    case EVENT_ISSUE_ESCALATED:
        return guards_escalated(guards, issue, event);
    default:
        break;
    }
    return NULL;
}
