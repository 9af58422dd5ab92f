/* actors.c - see actors.h. */
#include "workers/coordination/actors.h"

#include "base/log.h"
#include "workers/common/owed.h"
#include "workers/common/party.h"
#include "workers/coordination/guard.h"

/* ---- the table ---- */

static const struct {
    enum event_kind report;
    unsigned who;
} actors_rows[] = {
    {EVENT_ISSUE_RAISED, ACTORS_ANYONE},
    {EVENT_OPINION_REQUESTED, ACTORS_BODY},
    {EVENT_OPINION_SUBMITTED, ACTORS_UNIT},
    {EVENT_ISSUE_COORDINATED, ACTORS_BODY},
    {EVENT_PROPOSAL_SUBMITTED, ACTORS_BODY},
    {EVENT_CONSENT_GIVEN, ACTORS_HEAD},
    {EVENT_CONSENT_REFUSED, ACTORS_HEAD},
    {EVENT_CHECKLIST_FILLED, ACTORS_CHECKER},
    {EVENT_ISSUELIST_COMPILED, ACTORS_LISTER},
    {EVENT_ESCALATION_REQUESTED, ACTORS_BODY},
    {EVENT_ISSUE_RETURNED, ACTORS_BODY},
    {EVENT_SOLUTION_DRAFTED, ACTORS_TEAM | ACTORS_BODY}, /* S0-6 */
    {EVENT_DECISION_ADOPTED, ACTORS_DECIDER | ACTORS_OFFICE},
    {EVENT_TASKLIST_COMPILED, ACTORS_OFFICE}, /* S0-9 */
    {EVENT_ISSUE_RESOLVED, ACTORS_BODY},
    {EVENT_RESOLUTION_CONFIRMED, ACTORS_RAISER},
    {EVENT_RESOLUTION_DISPUTED, ACTORS_RAISER},
    {EVENT_ISSUE_WITHDRAWN, ACTORS_RAISER | ACTORS_BODY},
    {EVENT_REOPENING_REQUESTED, ACTORS_RAISER | ACTORS_BODY | ACTORS_OFFICE},
    {EVENT_WORK_RECORDED, ACTORS_ANYONE},
    {EVENT_EXTENSION_GRANTED, ACTORS_DECIDER | ACTORS_BODY | ACTORS_OFFICE},
    {EVENT_ISSUE_DUPLICATED, ACTORS_BODY | ACTORS_OFFICE},
    {EVENT_ISSUE_TRANSFERRED, ACTORS_BODY | ACTORS_OFFICE},
};
enum { ACTORS_ROWS = sizeof actors_rows / sizeof actors_rows[0] };

unsigned actors_who(enum event_kind report)
{
    for (size_t i = 0; i < ACTORS_ROWS; i++)
        if (actors_rows[i].report == report)
            return actors_rows[i].who;
    die("nobody may report %s", event_types[report].name);
}

/* ---- who that is ---- */

const struct level *actors_level_needing(const struct matter *matter, enum need_kind kind)
{
    const struct charter *charter = matter->charter;
    if (guard_need(matter, kind) != NULL)
        return matter->level;
    for (size_t i = 0; i < charter->levels_count; i++)
        for (size_t k = 0; k < charter->levels[i].needs_count; k++)
            if (charter->levels[i].needs[k].kind == kind)
                return &charter->levels[i];
    return NULL;
}

/* The present level if it decides, else the lowest that does; NULL if none. */
static const struct level *actors_level_deciding(const struct matter *matter)
{
    const struct charter *charter = matter->charter;
    for (size_t i = 0; !matter->level->decides && i < charter->levels_count; i++)
        if (charter->levels[i].decides)
            return &charter->levels[i];
    return matter->level->decides ? matter->level : NULL;
}

/* Who may act, and the rule by which: one body, or the raiser. */
struct actors_party {
    const struct body *body; /* NULL: the charter has none, or it is the raiser */
    struct text raiser;
    const struct rule *rule;
};

static struct actors_party actors_of_level(const struct matter *matter, const struct level *level)
{
    struct text area = doc_text(matter->issue, FIELD_AREA);
    return level == NULL ? (struct actors_party){.rule = &matter->level->rule}
                         : (struct actors_party){.body = charter_body_for(matter->charter, level, area),
                                                 .rule = &level->rule};
}

static struct actors_party actors_party(const struct matter *matter, enum actors_who who)
{
    const struct charter *charter = matter->charter;
    switch (who) {
    case ACTORS_RAISER:
        return (struct actors_party){.raiser = doc_text(matter->issue, FIELD_RAISER),
                                     .rule = &charter->confirmation_rule};
    case ACTORS_TEAM:
        return (struct actors_party){.body = actors_of_level(matter, &charter->levels[0]).body,
                                     .rule = &charter->solution_rule};
    case ACTORS_DECIDER:
        return actors_of_level(matter, actors_level_deciding(matter));
    case ACTORS_CHECKER:
        return actors_of_level(matter, actors_level_needing(matter, NEED_CHECKLIST));
    case ACTORS_LISTER:
        return actors_of_level(matter, actors_level_needing(matter, NEED_ISSUELIST));
    case ACTORS_OFFICE:
        return (struct actors_party){
            .body = party_office(charter, matter->level, doc_text(matter->issue, FIELD_AREA)),
            .rule = &charter->tasklist_rule};
    default:
        return (struct actors_party){.body = matter->body, .rule = &matter->level->rule};
    }
}

static bool actors_party_has(const struct matter *matter, const struct actors_party *party)
{
    struct text actor = matter->event->actor;
    const struct unit *unit = charter_unit(matter->charter, party->raiser);
    if (party->body != NULL)
        return party_is_of_body(turn_arena(matter->turn), matter->charter, actor, party->body);
    return text_equal(party->raiser, actor) ||
           (unit != NULL && party_is_of_unit(matter->charter, actor, unit));
}

/* ---- the check ---- */

/* S0-7: consent is an act of a head post; nobody acts for it. */
static bool actors_check_head(const struct matter *matter)
{
    const struct need *need = guard_need(matter, NEED_CONSENT);
    struct names posts = matter->body->head_posts;
    for (size_t i = 0; i < posts.count; i++)
        if (text_equal(posts.at[i], matter->event->actor))
            return true;
    struct text heads = owed_join(turn_arena(matter->turn), posts);
    emit_refusal(matter->turn, need != NULL ? &need->rule : &matter->level->rule, NULL, 0,
                 "the actor must be a head post of %.*s: %.*s", TEXT_PRINT(matter->body->name),
                 TEXT_PRINT(heads.bytes > 0 ? heads : TEXT("it has none")));
    return false;
}

static struct text actors_party_text(const struct matter *matter, const struct actors_party *party)
{
    struct arena *arena = turn_arena(matter->turn);
    if (party->body == NULL)
        return arena_printf(arena, "the raiser %.*s", TEXT_PRINT(party->raiser));
    struct text members = party_members_text(arena, matter->charter, party->body);
    return arena_printf(arena, "%.*s (%.*s)", TEXT_PRINT(party->body->name), TEXT_PRINT(members));
}

static void actors_refuse(const struct matter *matter, const struct actors_party *parties, size_t count)
{
    struct text may = TEXT("");
    for (size_t i = 0; i < count; i++) {
        bool said = false; /* at the lowest level the body in charge is the team itself */
        for (size_t k = 0; k < i; k++)
            said |= parties[k].body != NULL && parties[k].body == parties[i].body;
        if (said)
            continue;
        struct text one = actors_party_text(matter, &parties[i]);
        may = arena_printf(turn_arena(matter->turn), "%.*s%s%.*s", TEXT_PRINT(may), i > 0 ? " or " : "",
                           TEXT_PRINT(one));
    }
    emit_refusal(matter->turn, parties[0].rule, NULL, 0, "actor %.*s may not report %s: only %.*s",
                 TEXT_PRINT(matter->event->actor), matter->event->type->name, TEXT_PRINT(may));
}

bool actors_check(const struct matter *matter)
{
    unsigned who = actors_who(matter->event->type->kind);
    if (who == ACTORS_HEAD)
        return actors_check_head(matter);
    if (who == ACTORS_ANYONE || who == ACTORS_UNIT || matter->event->actor.bytes == 0)
        return true;
    struct actors_party parties[ACTORS_PARTIES];
    size_t count = 0;
    for (unsigned bit = 0; bit < ACTORS_PARTIES; bit++) {
        struct actors_party party = {0};
        if ((who & 1U << bit) == 0)
            continue;
        party = actors_party(matter, (enum actors_who)(1U << bit));
        if (party.body == NULL && party.raiser.bytes == 0)
            continue;
        if (actors_party_has(matter, &party))
            return true;
        parties[count++] = party;
    }
    /* Nobody to ask: no raiser is named, or no level has the need, which the step itself says. */
    if (count > 0)
        actors_refuse(matter, parties, count);
    return count == 0;
}
