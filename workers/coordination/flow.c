/* flow.c - see flow.h. */
#include "workers/coordination/flow.h"

#include "base/limits.h"
#include "base/log.h"
#include "workers/common/alarm.h"
#include "workers/common/party.h"
#include "workers/coordination/actors.h"
#include "workers/coordination/guard.h"

/* ---- the table ---- */

#define DO(step)                                                                                             \
    {                                                                                                        \
        step, NULL                                                                                           \
    }
#define NO(refusal)                                                                                          \
    {                                                                                                        \
        NULL, refusal                                                                                        \
    }
#define UNKNOWN      "no issue is known under that id"
#define USED         "the id is already in use"
#define IS_DECIDED   "a decision is on file: its task list is owed first"
#define IS_SOLVING   "its tasks are under way"
#define IS_SETTLED   "it is settled: the raiser may confirm or dispute"
#define IS_CLOSED    "it is closed"
#define NO_DECISION  "no decision is on file that could be broken down"
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
    {EVENT_ISSUE_RAISED,        {DO(flow_raise), NO(USED),               NO(USED),               NO(USED),               NO(USED),             NO(USED)}},
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
    {EVENT_TASKLIST_COMPILED,   {NO(UNKNOWN), NO(NO_DECISION),        DO(decision_tasklist),  NO(NO_DECISION),        NO(IS_SETTLED),       NO(IS_CLOSED)}},
    {EVENT_ISSUE_RESOLVED,      {NO(UNKNOWN), DO(closing_resolve),    NO(IS_DECIDED),         NO(TASKS_SETTLE),       NO(IS_SETTLED),       NO(IS_CLOSED)}},
    {EVENT_RESOLUTION_CONFIRMED,{NO(UNKNOWN), NO(NOT_SETTLED),        NO(NOT_SETTLED),        NO(NOT_SETTLED),        DO(closing_confirm),  NO(IS_CLOSED)}},
    {EVENT_RESOLUTION_DISPUTED, {NO(UNKNOWN), NO(NOT_SETTLED),        NO(NOT_SETTLED),        NO(NOT_SETTLED),        DO(closing_reopen),   NO(IS_CLOSED)}},
    {EVENT_ISSUE_WITHDRAWN,     {NO(UNKNOWN), DO(closing_withdraw),   DO(closing_withdraw),   DO(closing_withdraw),   DO(closing_withdraw), NO(IS_CLOSED)}},
    {EVENT_REOPENING_REQUESTED, {NO(UNKNOWN), NO(NOT_CLOSED),         NO(NOT_CLOSED),         NO(NOT_CLOSED),         NO(NOT_CLOSED),       DO(closing_reopen)}},
};
/* clang-format on */
enum { FLOW_ROWS = sizeof flow_rows / sizeof flow_rows[0] };

struct flow_verdict flow_verdict(enum issue_state state, enum event_kind report)
{
    ASSERT(state < ISSUE_STATE_COUNT);
    for (size_t i = 0; i < FLOW_ROWS; i++)
        if (flow_rows[i].report == report)
            return flow_rows[i].verdicts[state];
    die("no verdicts for %s", event_types[report].name);
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
    ASSERT((verdict.step != NULL) != (verdict.refusal != NULL));
    if (matter.state != ISSUE_ABSENT && !flow_same_charter(&matter))
        return 0;
    if (verdict.refusal != NULL) {
        emit_refusal(turn, matter.level != NULL ? &matter.level->rule : NULL, NULL, 0, "issue %.*s: %s",
                     TEXT_PRINT(event->subject), verdict.refusal);
        return 0;
    }
    if (matter.state == ISSUE_ABSENT ||
        (party_actor_known(turn, event, matter.charter, doc_text(matter.issue, FIELD_RAISER)) &&
         actors_check(&matter)))
        verdict.step(&matter);
    return 0;
}

/* ---- deadlines of levels ---- */

struct alarm_end flow_end(const struct matter *matter)
{
    return (struct alarm_end){
        .charter = matter->charter->name, .at_us = matter->event->received_us, .zone = matter->charter->zone};
}

/* One head post, or one lead unit where there is no head; else the body as a whole. */
static struct text flow_who(const struct body *body)
{
    if (body->head_posts.count == 1)
        return body->head_posts.at[0];
    if (body->head_posts.count == 0 && body->lead_units.count == 1)
        return body->lead_units.at[0];
    return body->id;
}

void flow_watch(const struct matter *matter)
{
    struct matter now;
    bool loaded = issue_load(matter->turn, matter->event, matter->id, &now);
    ASSERT(loaded && now.issue != NULL);
    /* A class limits the time of the level that takes the matter in; higher levels have their own limits. */
    const struct issue_class *class = now.level == &now.charter->levels[0] && doc_has(now.issue, FIELD_CLASS)
                                          ? charter_class(now.charter, doc_text(now.issue, FIELD_CLASS))
                                          : NULL;
    struct text limit = class != NULL ? class->limit_text : now.level->limit_text;
    if (limit.bytes == 0)
        return;
    /* S0-4: issues that touch an evaluation indicator get extra grip. */
    bool tight = doc_bool(now.issue, FIELD_INDICATOR) && now.level->reminders_indicator.count > 0;
    struct alarm alarm = {.subject = now.id,
                          .charter = now.charter->name,
                          .label = now.level->id,
                          .limit = limit,
                          .calendar = now.charter->calendar,
                          .who = flow_who(now.body),
                          .title = doc_text(now.issue, FIELD_TITLE),
                          .reminders = tight ? &now.level->reminders_indicator : &now.level->reminders,
                          .rule = class != NULL ? &class->rule : &now.level->limit_rule_place,
                          .start_us = now.event->received_us,
                          .zone = now.charter->zone};
    alarm_set(now.turn, now.event, ROLE_COORDINATION, &alarm);
}

/* ---- raised ---- */

/* What a report's words mean under the charter. */
struct raising {
    const struct charter *charter;
    uint64_t version;
    struct text area;
    struct names units;
    const struct body *body;
};

static bool flow_raise_area(const struct matter *matter, struct raising *raising)
{
    struct arena *arena = turn_arena(matter->turn);
    const struct charter *charter = raising->charter;
    struct text written = doc_text(matter->event->data, FIELD_AREA);
    raising->area = charter_area(charter, written);
    if (raising->area.bytes > 0)
        return true;
    struct text *areas = arena_alloc(arena, (charter->areas_count + 1) * sizeof *areas);
    for (size_t i = 0; i < charter->areas_count; i++)
        areas[i] = charter->areas[i].name;
    int nearest = text_nearest(written, areas, charter->areas_count);
    struct text hint = nearest >= 0 ? areas[nearest] : TEXT("none");
    emit_refusal(matter->turn, NULL, NULL, 0, "unknown area %.*s; nearest known: %.*s", TEXT_PRINT(written),
                 TEXT_PRINT(hint));
    return false;
}

static bool flow_raise_class(const struct matter *matter, const struct charter *charter)
{
    struct text written = doc_text(matter->event->data, FIELD_CLASS);
    if (written.bytes == 0 || charter_class(charter, written) != NULL)
        return true;
    struct arena *arena = turn_arena(matter->turn);
    struct text *names = arena_alloc(arena, (charter->classes_count + 1) * sizeof *names);
    for (size_t i = 0; i < charter->classes_count; i++)
        names[i] = charter->classes[i].name;
    struct text known = owed_join(arena, (struct names){names, charter->classes_count});
    emit_refusal(matter->turn, NULL, NULL, 0, "unknown class %.*s; known: %.*s", TEXT_PRINT(written),
                 TEXT_PRINT(known.bytes > 0 ? known : TEXT("none")));
    return false;
}

/* The units of the area's bodies: leads first, then those responsible (S0-5, S0-24). */
static struct names flow_units_of_area(const struct matter *matter, const struct raising *raising)
{
    const struct charter *charter = raising->charter;
    size_t room = 0, count = 0;
    for (size_t i = 0; i < charter->bodies_count; i++)
        room += charter->bodies[i].lead_units.count + charter->bodies[i].responsible_units.count;
    struct text *at = arena_alloc(turn_arena(matter->turn), (room + 1) * sizeof *at);
    for (size_t i = 0; i < charter->levels_count; i++) {
        const struct body *body = charter->levels[i].per_area
                                      ? charter_body_for(charter, &charter->levels[i], raising->area)
                                      : NULL;
        for (size_t j = 0; body != NULL && j < body->lead_units.count; j++)
            at[count++] = body->lead_units.at[j];
        for (size_t j = 0; body != NULL && j < body->responsible_units.count; j++)
            at[count++] = body->responsible_units.at[j];
    }
    return (struct names){at, count};
}

static struct names flow_units_reported(const struct matter *matter)
{
    const struct doc *data = matter->event->data;
    size_t count = doc_count(data, FIELD_UNITS);
    struct text *at = arena_alloc(turn_arena(matter->turn), (count + 1) * sizeof *at);
    for (size_t i = 0; i < count; i++)
        at[i] = doc_text_at(data, FIELD_UNITS, i);
    return (struct names){at, count};
}

static bool flow_units_expand(const struct matter *matter, const struct raising *raising,
                              struct names written, struct names *units_out)
{
    struct complaint complaint = {0};
    if (charter_expand_units(raising->charter, turn_arena(matter->turn), written, units_out, &complaint))
        return true;
    emit_refusal(matter->turn, NULL, NULL, 0, "%s", complaint.message);
    return false;
}

static bool flow_units_have(struct names units, struct text unit)
{
    for (size_t i = 0; i < units.count; i++)
        if (text_equal(units.at[i], unit))
            return true;
    return false;
}

/* Where only the area's units are concerned, a report that names another one is refused, not trimmed. */
static bool flow_units_within(const struct matter *matter, const struct raising *raising,
                              struct names reported, struct names of_area)
{
    for (size_t i = 0; i < reported.count; i++)
        if (!flow_units_have(of_area, reported.at[i])) {
            struct text known = owed_join(turn_arena(matter->turn), of_area);
            emit_refusal(matter->turn, &raising->charter->concerned_rule, NULL, 0,
                         "%.*s is not among the units of area %.*s: %.*s", TEXT_PRINT(reported.at[i]),
                         TEXT_PRINT(raising->area), TEXT_PRINT(known));
            return false;
        }
    return true;
}

/* S0-5: whose opinions count. The raiser may add to the units of the area; whether it may choose among them
 * is the charter's. */
static bool flow_raise_units(const struct matter *matter, struct raising *raising)
{
    struct names reported, of_area;
    enum concerned concerned = raising->charter->concerned;
    if (!flow_units_expand(matter, raising, flow_units_reported(matter), &reported) ||
        !flow_units_expand(matter, raising, flow_units_of_area(matter, raising), &of_area) ||
        (concerned == CONCERNED_AREA && !flow_units_within(matter, raising, reported, of_area)))
        return false;
    struct text *at =
        arena_alloc(turn_arena(matter->turn), (of_area.count + reported.count + 1) * sizeof *at);
    size_t count = 0;
    for (size_t i = 0; i < of_area.count && (concerned != CONCERNED_REPORTED_OR_AREA || reported.count == 0);
         i++)
        at[count++] = of_area.at[i];
    raising->units = (struct names){at, count};
    for (size_t i = 0; i < reported.count; i++)
        if (!flow_units_have(raising->units, reported.at[i]))
            at[raising->units.count++] = reported.at[i];
    if (raising->units.count <= LIST_COUNT_MAX)
        return true;
    emit_refusal(matter->turn, &raising->charter->concerned_rule, NULL, 0,
                 "it concerns %zu units, more than %d", raising->units.count, LIST_COUNT_MAX);
    return false;
}

static bool flow_raise_read(const struct matter *matter, struct raising *raising)
{
    raising->charter = party_charter(matter->turn, matter->event);
    if (raising->charter == NULL)
        return false;
    (void)turn_charter(matter->turn, raising->charter->name, &raising->version);
    if (!party_actor_known(matter->turn, matter->event, raising->charter,
                           doc_text(matter->event->data, FIELD_RAISER)) ||
        !flow_raise_area(matter, raising) || !flow_raise_class(matter, raising->charter) ||
        !flow_raise_units(matter, raising))
        return false;
    raising->body = charter_body_for(raising->charter, &raising->charter->levels[0], raising->area);
    if (raising->body == NULL)
        emit_refusal(matter->turn, &raising->charter->levels[0].rule, NULL, 0,
                     "level %.*s has no body for area %.*s", TEXT_PRINT(raising->charter->levels[0].id),
                     TEXT_PRINT(raising->area));
    return raising->body != NULL;
}

/* S0-3: the lowest level takes problems in and coordinates them promptly. */
void flow_raise(const struct matter *matter)
{
    struct raising raising = {0};
    if (matter->id.bytes > ISSUE_ID_BYTES_MAX) {
        emit_refusal(matter->turn, NULL, NULL, 0, "an issue's id has at most %d bytes", ISSUE_ID_BYTES_MAX);
        return;
    }
    if (!flow_raise_read(matter, &raising))
        return;
    static const enum field kept[] = {FIELD_TITLE, FIELD_CLASS, FIELD_INDICATOR, FIELD_RAISER};
    struct doc *out = emit_begin(matter->turn, EVENT_ISSUE_OPENED);
    emit_charter(matter->turn, raising.charter->name);
    emit_rule(matter->turn, &raising.charter->levels[0].rule);
    emit_input(matter->turn, matter->event->seq);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        doc_set_doc_field(out, kept[i], matter->event->data);
    doc_set_text(out, FIELD_AREA, raising.area);
    doc_set_text(out, FIELD_LEVEL, raising.charter->levels[0].id);
    doc_set_text(out, FIELD_BODY, raising.body->id);
    doc_set_int(out, FIELD_ROUND, 1);
    doc_set_int(out, FIELD_VERSION, (int64_t)raising.version);
    for (size_t i = 0; i < raising.units.count; i++)
        doc_add_text(out, FIELD_UNITS, raising.units.at[i]);
    issue_set_posts(out, raising.body);
    emit_end(matter->turn);
    flow_watch(matter);
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
    flow_watch(matter);
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
