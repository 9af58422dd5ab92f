/* party.c - see party.h. */
#include "workers/common/party.h"

#include "base/limits.h"
#include "workers/common/holders.h"
#include "workers/common/owed.h"

enum { PARTY_NEAREST_MAX = 3, PARTY_CHARTERS_MAX = 16 };

struct text party_units_hint(struct arena *arena, const struct charter *charter, struct text name)
{
    struct text nearest[PARTY_NEAREST_MAX];
    size_t count = charter_unit_nearest(charter, name, nearest, PARTY_NEAREST_MAX);
    if (count == 0)
        return TEXT("");
    struct text joined = owed_join(arena, (struct names){nearest, count});
    return arena_printf(arena, "; nearest known: %.*s", TEXT_PRINT(joined));
}

struct text party_posts_hint(struct arena *arena, const struct charter *charter, struct text id)
{
    if (charter->posts_count == 0)
        return TEXT("");
    struct text *ids = arena_alloc(arena, charter->posts_count * sizeof *ids);
    for (size_t i = 0; i < charter->posts_count; i++)
        ids[i] = charter->posts[i].id;
    int nearest = text_nearest(id, ids, charter->posts_count);
    return nearest < 0 ? TEXT("") : arena_printf(arena, "; nearest known: %.*s", TEXT_PRINT(ids[nearest]));
}

const struct unit *party_unit(struct turn *turn, const struct charter *charter, const struct rule *rule,
                              struct text name)
{
    const struct unit *unit = charter_unit(charter, name);
    if (unit == NULL) {
        struct text hint = party_units_hint(turn_arena(turn), charter, name);
        emit_refusal(turn, rule, NULL, 0, "unknown unit %.*s%.*s", TEXT_PRINT(name), TEXT_PRINT(hint));
    }
    return unit;
}

const struct charter *party_charter(struct turn *turn, const struct event *event)
{
    const struct charter *charter =
        event->charter.bytes > 0 ? turn_charter(turn, event->charter, NULL) : NULL;
    if (charter != NULL)
        return charter;
    struct text names[PARTY_CHARTERS_MAX];
    size_t count = turn_charters(turn, names, PARTY_CHARTERS_MAX);
    struct text known = owed_join(turn_arena(turn), (struct names){names, count});
    if (event->charter.bytes > 0)
        emit_refusal(turn, NULL, NULL, 0, "charter %.*s is not in force; in force: %.*s",
                     TEXT_PRINT(event->charter), TEXT_PRINT(count > 0 ? known : TEXT("none")));
    else
        emit_refusal(turn, NULL, NULL, 0, "the report names no charter; in force: %.*s",
                     TEXT_PRINT(count > 0 ? known : TEXT("none")));
    return NULL;
}

/* The posts that the person holds; as the charter names them if the role keeps no table of it. */
static struct text party_held(struct turn *turn, const store_table *table, const struct charter *charter,
                              struct text person)
{
    struct text *ids = arena_alloc(turn_arena(turn), (charter->posts_count + 1) * sizeof *ids);
    size_t count = 0;
    for (size_t i = 0; i < charter->posts_count; i++) {
        const struct post *post = &charter->posts[i];
        struct names holders = table != NULL ? holders_of(turn, *table, charter, post) : post->holders;
        bool holds = false;
        for (size_t k = 0; k < holders.count && !holds; k++)
            holds = text_equal(holders.at[k], person);
        if (holds)
            ids[count++] = post->id;
    }
    return owed_join(turn_arena(turn), (struct names){ids, count});
}

/* S0-24: duties are bound to posts; a person or a body acts by them. */
static struct text party_actor_hint(struct turn *turn, const store_table *table,
                                    const struct charter *charter, struct text actor)
{
    struct arena *arena = turn_arena(turn);
    const struct body *body = charter_body(charter, actor);
    struct text held = party_held(turn, table, charter, actor);
    if (held.bytes > 0)
        return arena_printf(arena, "; that person %s %.*s: posts act",
                            table != NULL ? "holds" : "is named by the charter for", TEXT_PRINT(held));
    if (body != NULL) {
        struct text members = party_members_text(arena, charter, body);
        return arena_printf(arena, "; it is a body, for which act: %.*s", TEXT_PRINT(members));
    }
    struct text hint = party_posts_hint(arena, charter, actor);
    return hint.bytes > 0 ? hint : party_units_hint(arena, charter, actor);
}

static bool party_check_actor(struct turn *turn, const store_table *table, const struct event *event,
                              const struct charter *charter, struct text besides)
{
    struct text actor = event->actor;
    if (actor.bytes == 0 && charter->actors == ACTORS_REQUIRED) {
        emit_refusal(turn, &charter->actors_rule, NULL, 0, "the report must name its actor");
        return false;
    }
    if (actor.bytes == 0 || (besides.bytes > 0 && text_equal(actor, besides)) ||
        charter_post(charter, actor) != NULL || charter_unit(charter, actor) != NULL)
        return true;
    struct text hint = party_actor_hint(turn, table, charter, actor);
    emit_refusal(turn, NULL, NULL, 0, "actor %.*s is no post or unit of charter %.*s%.*s", TEXT_PRINT(actor),
                 TEXT_PRINT(charter->name), TEXT_PRINT(hint));
    return false;
}

bool party_actor_known(struct turn *turn, const struct event *event, const struct charter *charter,
                       struct text besides)
{
    return party_check_actor(turn, NULL, event, charter, besides);
}

bool party_actor_known_by(struct turn *turn, store_table holders, const struct event *event,
                          const struct charter *charter, struct text besides)
{
    return party_check_actor(turn, &holders, event, charter, besides);
}

bool party_is_of_unit(const struct charter *charter, struct text actor, const struct unit *unit)
{
    if (charter_unit(charter, actor) == unit)
        return true;
    const struct post *post = charter_post(charter, actor);
    if (post == NULL)
        return false;
    if (unit->liaison.bytes > 0 && text_equal(unit->liaison, post->id))
        return true;
    return post->unit.bytes > 0 && charter_unit(charter, post->unit) == unit;
}

static bool party_is_of_units(struct arena *arena, const struct charter *charter, struct text actor,
                              struct names written)
{
    struct names units;
    struct complaint complaint;
    if (!charter_expand_units(charter, arena, written, &units, &complaint))
        return false;
    for (size_t i = 0; i < units.count; i++)
        if (party_is_of_unit(charter, actor, charter_unit(charter, units.at[i])))
            return true;
    return false;
}

bool party_is_of_body(struct arena *arena, const struct charter *charter, struct text actor,
                      const struct body *body)
{
    for (size_t i = 0; i < charter->posts_count; i++) {
        const struct post *post = &charter->posts[i];
        const struct unit *unit = charter_unit(charter, post->unit);
        if (text_equal(post->body, body->id) &&
            (text_equal(post->id, actor) || (unit != NULL && party_is_of_unit(charter, actor, unit))))
            return true;
    }
    return party_is_of_units(arena, charter, actor, body->lead_units) ||
           party_is_of_units(arena, charter, actor, body->responsible_units);
}

struct text party_members_text(struct arena *arena, const struct charter *charter, const struct body *body)
{
    size_t room = charter->posts_count + body->lead_units.count + body->responsible_units.count, count = 0;
    struct text *at = arena_alloc(arena, (room + 1) * sizeof *at);
    for (size_t i = 0; i < charter->posts_count; i++)
        if (text_equal(charter->posts[i].body, body->id))
            at[count++] = charter->posts[i].id;
    for (size_t i = 0; i < body->lead_units.count; i++)
        at[count++] = body->lead_units.at[i];
    for (size_t i = 0; i < body->responsible_units.count; i++)
        at[count++] = body->responsible_units.at[i];
    return count > 0 ? owed_join(arena, (struct names){at, count}) : TEXT("it has neither posts nor units");
}

const struct body *party_office(const struct charter *charter, const struct level *decides, struct text area)
{
    const struct level *level = charter_office_level(charter, decides);
    return level != NULL ? charter_body_for(charter, level, area) : NULL;
}
