/* parties.c - see parties.h. */
#include "workers/routines/parties.h"

#include "base/log.h"
#include "workers/common/party.h"

static const struct {
    enum event_kind report;
    unsigned who;
} parties_rows[] = {
    {EVENT_MEETING_CALLED, PARTIES_BODY | PARTIES_EXAMINER}, /* 筹办领导小组会议 */
    {EVENT_MEETING_CANCELLED, PARTIES_BODY | PARTIES_EXAMINER},
    {EVENT_TOPIC_SUBMITTED, PARTIES_ANYONE},
    {EVENT_TOPIC_ACCEPTED, PARTIES_EXAMINER}, /* S0-10 */
    {EVENT_TOPIC_RETURNED, PARTIES_EXAMINER},
    {EVENT_MEETING_HELD, PARTIES_BODY | PARTIES_EXAMINER},
    {EVENT_MINUTES_ISSUED, PARTIES_BODY | PARTIES_EXAMINER},
};
enum {
    PARTIES_ROWS = sizeof parties_rows / sizeof parties_rows[0],
    PARTIES_BODIES_MAX = MEETING_BODIES_MAX + 1
};

unsigned parties_who(enum event_kind report)
{
    for (size_t i = 0; i < PARTIES_ROWS; i++)
        if (parties_rows[i].report == report)
            return parties_rows[i].who;
    die("nobody may report %s", event_types[report].name);
}

struct parties_bodies {
    const struct body *at[PARTIES_BODIES_MAX];
    size_t count;
};

static void parties_add(struct parties_bodies *bodies, const struct body *body)
{
    for (size_t i = 0; i < bodies->count; i++)
        if (bodies->at[i] == body)
            return;
    if (body != NULL && bodies->count < PARTIES_BODIES_MAX)
        bodies->at[bodies->count++] = body;
}

/* False after a refusal that names who may. */
static bool parties_check(struct turn *turn, const struct event *event, const struct charter *charter,
                          const struct parties_bodies *bodies, const struct rule *rule)
{
    struct arena *arena = turn_arena(turn);
    struct text may = TEXT("");
    for (size_t i = 0; i < bodies->count; i++) {
        if (party_is_of_body(arena, charter, event->actor, bodies->at[i]))
            return true;
        struct text members = party_members_text(arena, charter, bodies->at[i]);
        may = arena_printf(arena, "%.*s%s%.*s (%.*s)", TEXT_PRINT(may), i > 0 ? " or " : "",
                           TEXT_PRINT(bodies->at[i]->name), TEXT_PRINT(members));
    }
    emit_refusal(turn, rule, NULL, 0, "actor %.*s may not report %s: only %.*s", TEXT_PRINT(event->actor),
                 event->type->name, TEXT_PRINT(may));
    return false;
}

bool parties_check_meeting(const struct meeting *meeting)
{
    const struct meeting_rule *agenda = meeting_agenda(meeting);
    unsigned who = parties_who(meeting->event->type->kind);
    struct parties_bodies bodies = {.count = 0};
    if (!party_actor_known(meeting->turn, meeting->event, meeting->charter, TEXT_NONE))
        return false;
    if (meeting->event->actor.bytes == 0 || (who & PARTIES_ANYONE) != 0)
        return true;
    if ((who & PARTIES_BODY) != 0)
        for (size_t i = 0; i < meeting->bodies_count; i++)
            parties_add(&bodies, meeting->bodies[i]);
    if ((who & PARTIES_EXAMINER) != 0 && agenda != NULL)
        parties_add(&bodies, charter_body(meeting->charter, agenda->agenda));
    /* No examiner: topic.c says that nobody examines topics here. */
    return bodies.count == 0 ||
           parties_check(meeting->turn, meeting->event, meeting->charter, &bodies, meeting_rule_of(meeting));
}

bool parties_check_filing(const struct duty *duty)
{
    struct parties_bodies bodies = {.at = {duty->body}, .count = 1};
    if (!party_actor_known(duty->turn, duty->event, duty->charter, TEXT_NONE))
        return false;
    return duty->event->actor.bytes == 0 ||
           parties_check(duty->turn, duty->event, duty->charter, &bodies, &duty->routine->rule);
}
