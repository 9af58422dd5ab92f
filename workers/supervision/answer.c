/* answer.c - see answer.h. */
#include "workers/supervision/answer.h"

#include "workers/common/owed.h"
#include "workers/common/party.h"
#include "workers/supervision/item.h"

/* ---- bodies and posts ---- */

const struct body *answer_body(const struct charter *charter, struct text area)
{
    for (size_t i = charter->levels_count; area.bytes > 0 && i > 0; i--)
        if (charter->levels[i - 1].per_area)
            return charter_body_for(charter, &charter->levels[i - 1], area);
    return NULL;
}

struct names answer_lead_units(const struct charter *charter, struct text area)
{
    for (size_t i = 0; i < charter->levels_count; i++) {
        const struct body *body = charter_body_for(charter, &charter->levels[i], area);
        if (body != NULL && body->lead_units.count > 0)
            return body->lead_units;
    }
    return (struct names){NULL, 0};
}

struct answer_list {
    struct text *at;
    size_t count, room;
};

static void answer_add(struct answer_list *list, struct names names)
{
    for (size_t i = 0; i < names.count; i++) {
        bool known = list->count == list->room;
        for (size_t k = 0; k < list->count && !known; k++)
            known = text_equal(list->at[k], names.at[i]);
        if (!known)
            list->at[list->count++] = names.at[i];
    }
}

static bool answer_leads(const struct charter *charter, const struct body *body, struct text unit)
{
    for (size_t i = 0; i < body->lead_units.count; i++) {
        const struct unit *lead = charter_unit(charter, body->lead_units.at[i]);
        if (lead != NULL && text_equal(lead->name, unit))
            return true;
    }
    return false;
}

static void answer_add_led(struct answer_list *list, const struct charter *charter, struct text unit)
{
    for (size_t i = 0; i < charter->areas_count; i++) {
        const struct body *body = answer_body(charter, charter->areas[i].name);
        if (body != NULL && answer_leads(charter, body, unit))
            answer_add(list, body->head_posts);
    }
}

struct names answer_posts(struct arena *arena, const struct charter *charter, struct text area,
                          const struct body *body, struct names units)
{
    struct answer_list list = {.room = ITEM_UNITS_MAX};
    const struct body *answering = answer_body(charter, area);
    list.at = arena_alloc(arena, list.room * sizeof *list.at);
    if (answering != NULL)
        answer_add(&list, answering->head_posts);
    else if (body != NULL && body->head_posts.count > 0)
        answer_add(&list, body->head_posts);
    bool answered = list.count > 0;
    for (size_t i = 0; !answered && i < units.count; i++)
        answer_add_led(&list, charter, units.at[i]);
    return (struct names){list.at, list.count};
}

/* ---- units ---- */

struct names answer_units(struct arena *arena, const struct charter *charter, struct names written,
                          struct text *unknown_out)
{
    struct answer_list list = {.room = ITEM_UNITS_MAX};
    list.at = arena_alloc(arena, list.room * sizeof *list.at);
    *unknown_out = TEXT("");
    for (size_t i = 0; i < written.count; i++) {
        struct names one;
        struct complaint complaint = {.message = ""};
        struct names name = {&written.at[i], 1};
        if (charter_expand_units(charter, arena, name, &one, &complaint))
            answer_add(&list, one);
        else
            *unknown_out = arena_printf(arena, "%.*s%s%.*s", TEXT_PRINT(*unknown_out),
                                        unknown_out->bytes > 0 ? "、" : "", TEXT_PRINT(written.at[i]));
    }
    return (struct names){list.at, list.count};
}

struct names answer_names(struct arena *arena, const struct doc *doc, enum field field)
{
    size_t count = doc_count(doc, field);
    struct text *at = arena_alloc(arena, (count + 1) * sizeof *at);
    for (size_t i = 0; i < count; i++)
        at[i] = doc_text_at(doc, field, i);
    return (struct names){at, count};
}

bool answer_known_units(struct turn *turn, const struct charter *charter, const struct rule *rule,
                        struct names written, struct names *units_out)
{
    struct complaint complaint = {.message = ""};
    if (!charter_expand_units(charter, turn_arena(turn), written, units_out, &complaint)) {
        emit_refusal(turn, rule, NULL, 0, "%s", complaint.message);
        return false;
    }
    if (units_out->count > 0 && units_out->count <= ITEM_UNITS_MAX)
        return true;
    emit_refusal(turn, rule, NULL, 0, "these are %zu units; at least one and at most %d can be named",
                 units_out->count, (int)ITEM_UNITS_MAX);
    return false;
}

/* ---- who may ---- */

const struct charter *answer_supervising(struct turn *turn, const struct event *event)
{
    const struct charter *charter =
        event->charter.bytes > 0 ? turn_charter(turn, event->charter, NULL) : NULL;
    return charter != NULL && charter->supervision.given ? charter : NULL;
}

const struct charter *answer_charter(struct turn *turn, const struct event *event)
{
    const struct charter *charter = party_charter(turn, event);
    if (charter == NULL || charter->supervision.given)
        return charter;
    emit_refusal(turn, &charter->supervision.rule, NULL, 0,
                 "charter %.*s has no section \"supervision\": nothing is supervised under it",
                 TEXT_PRINT(charter->name));
    return NULL;
}

static bool answer_is_supervisor(struct arena *arena, const struct charter *charter, struct text actor)
{
    const struct names *supervisors = &charter->supervision.supervisors;
    for (size_t i = 0; i < supervisors->count; i++)
        if (text_equal(supervisors->at[i], actor))
            return true;
    const struct body *office = party_office(charter, NULL, TEXT_NONE);
    return office != NULL && party_is_of_body(arena, charter, actor, office);
}

bool answer_supervises(struct turn *turn, const struct event *event, const struct charter *charter,
                       const struct rule *rule, struct names units)
{
    struct arena *arena = turn_arena(turn);
    struct text may = owed_join(arena, charter->supervision.supervisors);
    if (event->actor.bytes == 0) {
        emit_refusal(turn, rule, NULL, 0, "the report must name its actor: a supervisor (%.*s)",
                     TEXT_PRINT(may));
        return false;
    }
    if (!answer_is_supervisor(arena, charter, event->actor)) {
        emit_refusal(turn, rule, NULL, 0,
                     "actor %.*s may not report %s: only supervisors (%.*s) and the office",
                     TEXT_PRINT(event->actor), event->type->name, TEXT_PRINT(may));
        return false;
    }
    for (size_t i = 0; i < units.count; i++) {
        const struct unit *unit = charter_unit(charter, units.at[i]);
        if (unit == NULL || !party_is_of_unit(charter, event->actor, unit))
            continue;
        emit_refusal(turn, rule, NULL, 0, "%.*s does not supervise itself: %.*s may not report %s",
                     TEXT_PRINT(unit->name), TEXT_PRINT(event->actor), event->type->name);
        return false;
    }
    return true;
}

bool answer_day_lasts(struct turn *turn, const struct event *event, const struct charter *charter,
                      const struct rule *rule, const struct doc *dated)
{
    int32_t by_day;
    if (!doc_date(dated, FIELD_BY, &by_day) || by_day >= civil_day_of(event->received_us, charter->zone))
        return true;
    emit_refusal(turn, rule, NULL, 0, "the day %.*s is over", TEXT_PRINT(doc_text(dated, FIELD_BY)));
    return false;
}
