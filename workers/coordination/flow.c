/* flow.c - see flow.h. */
#include "workers/coordination/flow.h"

#include "base/limits.h"
#include "workers/common/alarm.h"
#include "workers/common/party.h"
#include "workers/common/verdict.h"
#include "workers/coordination/actors.h"
#include "workers/coordination/clock.h"
#include "workers/coordination/guard.h"
#include "workers/coordination/posts.h"

/* ---- the table ---- */

#define UNKNOWN     "no issue is known under that id"
#define USED        "the id is already in use"
#define IS_DECIDED  "a decision is on file: its task list is owed first"
#define IS_SOLVING  "its tasks are under way"
#define IS_SETTLED  "it is settled: the raiser may confirm or dispute"
#define IS_CLOSED   "it is closed"
#define NO_DECISION "no decision is on file that could be broken down"
#define IS_BROKEN_DOWN                                                                                       \
    "its tasks are under way, and a list is not compiled anew: task.rerouted hands a task on; another "      \
    "decision (decision.adopted) is broken down into a list of its own"
#define NOT_SETTLED  "it is not settled yet"
#define NOT_CLOSED   "it is not closed"
#define TASKS_SETTLE "its tasks are under way: the last one that is verified settles it"

struct flow_row {
    enum event_kind report;
    struct flow_verdict verdicts[ISSUE_STATE_COUNT];
};
/* clang-format off */
static const struct flow_row flow_rows[] = {
    /*                           ABSENT       COORDINATING            DECIDED                 SOLVING                 SETTLED               CLOSED */
    {EVENT_ISSUE_RAISED,        {DO(raising_open), NO(USED),               NO(USED),               NO(USED),               NO(USED),             NO(USED)}},
    {EVENT_OPINION_REQUESTED,   {NO(UNKNOWN), DO(opinion_request),    NO(IS_DECIDED),         DO(opinion_request),    NO(IS_SETTLED),       NO(IS_CLOSED)}},
    {EVENT_OPINION_SUBMITTED,   {NO(UNKNOWN), DO(opinion_submit),     DO(opinion_submit),     DO(opinion_submit),     DO(opinion_submit),   NO(IS_CLOSED)}},
    {EVENT_ISSUE_COORDINATED,   {NO(UNKNOWN), DO(paper_attempt),      NO(IS_DECIDED),         DO(paper_attempt),      NO(IS_SETTLED),       NO(IS_CLOSED)}},
    {EVENT_PROPOSAL_SUBMITTED,  {NO(UNKNOWN), DO(paper_proposal),     NO(IS_DECIDED),         DO(paper_proposal),     NO(IS_SETTLED),       NO(IS_CLOSED)}},
    {EVENT_CONSENT_GIVEN,       {NO(UNKNOWN), DO(paper_consent),      NO(IS_DECIDED),         DO(paper_consent),      NO(IS_SETTLED),       NO(IS_CLOSED)}},
    {EVENT_CONSENT_REFUSED,     {NO(UNKNOWN), DO(paper_consent),      NO(IS_DECIDED),         DO(paper_consent),      NO(IS_SETTLED),       NO(IS_CLOSED)}},
    {EVENT_CHECKLIST_FILLED,    {NO(UNKNOWN), DO(paper_checklist),    NO(IS_DECIDED),         DO(paper_checklist),    NO(IS_SETTLED),       NO(IS_CLOSED)}},
    {EVENT_ESCALATION_REQUESTED,{NO(UNKNOWN), DO(flow_escalate),      NO(IS_DECIDED),         DO(flow_escalate),      NO(IS_SETTLED),       NO(IS_CLOSED)}},
    {EVENT_ISSUE_RETURNED,      {NO(UNKNOWN), DO(flow_return),        NO(IS_DECIDED),         NO(IS_SOLVING),         NO(IS_SETTLED),       NO(IS_CLOSED)}},
    {EVENT_SOLUTION_DRAFTED,    {NO(UNKNOWN), DO(decision_solution),  NO(IS_DECIDED),         NO(IS_SOLVING),         NO(IS_SETTLED),       NO(IS_CLOSED)}},
    {EVENT_DECISION_ADOPTED,    {NO(UNKNOWN), DO(decision_adopt),     NO(IS_DECIDED),         DO(decision_adopt),     NO(IS_SETTLED),       NO(IS_CLOSED)}},
    {EVENT_TASKLIST_COMPILED,   {NO(UNKNOWN), NO(NO_DECISION),        DO(decision_tasklist),  NO(IS_BROKEN_DOWN),     NO(IS_SETTLED),       NO(IS_CLOSED)}},
    {EVENT_ISSUE_RESOLVED,      {NO(UNKNOWN), DO(closing_resolve),    NO(IS_DECIDED),         NO(TASKS_SETTLE),       DO(closing_resolve),  NO(IS_CLOSED)}},
    {EVENT_RESOLUTION_CONFIRMED,{NO(UNKNOWN), NO(NOT_SETTLED),        NO(NOT_SETTLED),        NO(NOT_SETTLED),        DO(closing_confirm),  NO(IS_CLOSED)}},
    {EVENT_RESOLUTION_DISPUTED, {NO(UNKNOWN), NO(NOT_SETTLED),        NO(NOT_SETTLED),        NO(NOT_SETTLED),        DO(closing_reopen),   NO(IS_CLOSED)}},
    {EVENT_ISSUE_WITHDRAWN,     {NO(UNKNOWN), DO(closing_withdraw),   DO(closing_withdraw),   DO(closing_withdraw),   DO(closing_withdraw), NO(IS_CLOSED)}},
    {EVENT_REOPENING_REQUESTED, {NO(UNKNOWN), NO(NOT_CLOSED),         NO(NOT_CLOSED),         NO(NOT_CLOSED),         DO(closing_reopen),   DO(closing_reopen)}},
    {EVENT_WORK_RECORDED,       {NO(UNKNOWN), DO(work_record),        DO(work_record),        DO(work_record),        DO(work_record),      DO(work_record)}},
    {EVENT_EXTENSION_GRANTED,   {NO(UNKNOWN), DO(clock_extend),       DO(clock_extend),       DO(clock_extend),       NO(IS_SETTLED),       NO(IS_CLOSED)}},
    {EVENT_ISSUE_DUPLICATED,    {NO(UNKNOWN), DO(closing_duplicate),  DO(closing_duplicate),  DO(closing_duplicate),  DO(closing_duplicate),NO(IS_CLOSED)}},
    {EVENT_ISSUE_TRANSFERRED,   {NO(UNKNOWN), DO(closing_transfer),   DO(closing_transfer),   DO(closing_transfer),   DO(closing_transfer), NO(IS_CLOSED)}},
};
/* clang-format on */

struct flow_verdict flow_verdict(enum issue_state state, enum event_kind report)
{
    ASSERT(state < ISSUE_STATE_COUNT);
    return VERDICT_ROW(flow_rows, report)->verdicts[state];
}

/* ---- every report ---- */

/* False after a refusal. A report may leave the charter out; naming another one is a mistake. */
static bool flow_same_charter(const struct matter *matter)
{
    struct text named = matter->event->charter;
    if (named.bytes == 0 || text_equal(named, matter->charter->name))
        return true;
    emit_refusal(matter->turn, NULL, NULL, 0, "issue %.*s is under charter %.*s, not %.*s",
                 TEXT_PRINT(matter->id), TEXT_PRINT(matter->charter->name), TEXT_PRINT(named));
    return false;
}

int flow_decide(struct turn *turn, const struct event *event)
{
    struct matter matter;
    if (!issue_load(turn, event, event->subject, &matter))
        return turn_poison(turn, "the charter of issue %.*s does not fit its record",
                           TEXT_PRINT(event->subject));
    struct flow_verdict verdict = flow_verdict(matter.state, event->type->kind);
    VERDICT_CHECK(verdict);
    if (matter.state != ISSUE_ABSENT && !flow_same_charter(&matter))
        return 0;
    if (verdict.refusal != NULL) {
        emit_refusal(turn, matter.level != NULL ? &matter.level->rule : NULL, NULL, 0, "issue %.*s: %s",
                     TEXT_PRINT(event->subject), verdict.refusal);
        return 0;
    }
    if (matter.state == ISSUE_ABSENT ||
        (posts_actor_known(turn, event, matter.charter, doc_text(matter.issue, FIELD_RAISER)) &&
         actors_check(&matter)))
        verdict.step(&matter);
    return 0;
}

struct alarm_end flow_end(const struct matter *matter)
{
    return (struct alarm_end){
        .charter = matter->charter->name, .at_us = matter->event->received_us, .zone = matter->charter->zone};
}

/* ---- up and down ---- */

static bool flow_may_skip(const struct level *from, struct text to)
{
    for (size_t i = 0; i < from->may_skip_to.count; i++)
        if (text_equal(from->may_skip_to.at[i], to))
            return true;
    return false;
}

/* The level of that id; NULL after a refusal that names the nearest. */
static const struct level *flow_level(const struct matter *matter, struct text id)
{
    const struct charter *charter = matter->charter;
    const struct level *level = charter_level(charter, id);
    if (level != NULL)
        return level;
    struct text *ids = arena_alloc(turn_arena(matter->turn), (charter->levels_count + 1) * sizeof *ids);
    for (size_t i = 0; i < charter->levels_count; i++)
        ids[i] = charter->levels[i].id;
    struct text known = owed_join(turn_arena(matter->turn), (struct names){ids, charter->levels_count});
    emit_refusal(matter->turn, NULL, NULL, 0, "unknown level %.*s; known: %.*s", TEXT_PRINT(id),
                 TEXT_PRINT(known));
    return NULL;
}

/* S0-2: the next level above; another one only where the charter says so. NULL after a refusal. */
static const struct level *flow_level_up(const struct matter *matter)
{
    const struct level *from = matter->level, *above = charter_level_above(matter->charter, from->id);
    struct text wanted = doc_text(matter->event->data, FIELD_TO);
    if (above == NULL) {
        emit_refusal(matter->turn, &from->rule, NULL, 0, "%.*s is the highest level", TEXT_PRINT(from->name));
        return NULL;
    }
    const struct level *to = wanted.bytes == 0 ? above : flow_level(matter, wanted);
    if (to == NULL || to == above || (to > above && flow_may_skip(from, to->id)))
        return to;
    if (to > above)
        emit_refusal(matter->turn, &from->up_rule, NULL, 0,
                     "no level is skipped: from %.*s an issue goes to %.*s first", TEXT_PRINT(from->name),
                     TEXT_PRINT(above->name));
    else
        emit_refusal(matter->turn, &from->up_rule, NULL, 0, "%.*s is not above %.*s", TEXT_PRINT(to->name),
                     TEXT_PRINT(from->name));
    return NULL;
}

/* The body that the issue goes to; NULL after a refusal. */
static const struct body *flow_body(const struct matter *matter, const struct level *to)
{
    struct text area = doc_text(matter->issue, FIELD_AREA);
    const struct body *body = charter_body_for(matter->charter, to, area);
    if (body == NULL)
        emit_refusal(matter->turn, &to->rule, NULL, 0, "level %.*s has no body for area %.*s",
                     TEXT_PRINT(to->id), TEXT_PRINT(area));
    return body;
}

static void flow_leave(const struct matter *matter)
{
    struct alarm_end end = flow_end(matter);
    alarm_clear(matter->turn, matter->id, matter->level->id, &end);
    clock_start_level(matter);
}

static void flow_set_way(struct doc *out, const struct matter *matter, const struct level *to,
                         const struct body *body, int64_t round)
{
    doc_set_text(out, FIELD_FROM, matter->level->id);
    doc_set_text(out, FIELD_TO, to->id);
    doc_set_text(out, FIELD_BODY, body->id);
    doc_set_int(out, FIELD_ROUND, round);
    doc_set_doc_field(out, FIELD_REASON, matter->event->data);
}

/* S0-2, S0-5, S0-7, S0-8: up, when nothing is owed. */
void flow_escalate(const struct matter *matter)
{
    const struct level *to = flow_level_up(matter);
    const struct body *body = to != NULL ? flow_body(matter, to) : NULL;
    if (body == NULL)
        return;
    struct guard *guard = guard_open(matter);
    if (!guard_check_level(guard)) {
        guard_refuse(guard, &matter->level->up_rule, "the issue cannot go up");
        return;
    }
    int64_t round = issue_next_round(matter, to->id);
    struct doc *out = issue_emit(matter, EVENT_ISSUE_ESCALATED);
    emit_member(matter->turn, to->id);
    emit_rule(matter->turn, &matter->level->up_rule);
    guard_emit_inputs(guard);
    flow_set_way(out, matter, to, body, round);
    issue_set_posts(out, body);
    doc_set_doc_field(out, FIELD_TITLE, matter->issue);
    emit_end(matter->turn);
    flow_leave(matter);
}

/* The next level below, or a named lower one. NULL after a refusal. */
static const struct level *flow_level_down(const struct matter *matter)
{
    const struct level *from = matter->level, *below = charter_level_below(matter->charter, from->id);
    struct text wanted = doc_text(matter->event->data, FIELD_TO);
    if (below == NULL) {
        emit_refusal(matter->turn, &from->rule, NULL, 0, "%.*s is the lowest level", TEXT_PRINT(from->name));
        return NULL;
    }
    const struct level *to = wanted.bytes == 0 ? below : flow_level(matter, wanted);
    if (to == NULL || to < from)
        return to;
    emit_refusal(matter->turn, &from->rule, NULL, 0, "%.*s is not below %.*s", TEXT_PRINT(to->name),
                 TEXT_PRINT(from->name));
    return NULL;
}

/* S0-2, down: the lower level's next round. Opinions stay on file, for what a unit thinks of the matter does
 * not lapse with the level; attempt, proposal, consent, checklist and list begin anew, for they are acts of
 * that level on what came back. */
void flow_return(const struct matter *matter)
{
    const struct level *to = flow_level_down(matter);
    const struct body *body = to != NULL ? flow_body(matter, to) : NULL;
    if (body == NULL)
        return;
    int64_t round = issue_next_round(matter, to->id);
    struct doc *out = issue_emit(matter, EVENT_ISSUE_SENT_BACK);
    emit_rule(matter->turn, &matter->level->rule);
    emit_input(matter->turn, matter->event->seq);
    flow_set_way(out, matter, to, body, round);
    emit_end(matter->turn);
    flow_leave(matter);
}
