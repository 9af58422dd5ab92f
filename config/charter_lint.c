/* charter_lint.c - what can only be judged of the whole charter: is everyone there whom the rules need?
 *
 * Runs even if the parts had errors, so that one run shows as much as it can; it takes nothing for granted
 * that those would.
 */
#include "config/charter_source.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "config/charter_audience.h"

/* The place of a body or level is kept as text for people; findings want it as numbers. */
struct place charter_rule_place(const struct rule *rule)
{
    struct text rest = rule->place;
    int64_t numbers[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        size_t colon = rest.bytes;
        while (colon > 0 && rest.at[colon - 1] != ':')
            colon--;
        if (!text_parse_i64((struct text){rest.at + colon, rest.bytes - colon}, &numbers[i]))
            return (struct place){1, 1};
        rest.bytes = colon > 0 ? colon - 1 : 0;
    }
    return (struct place){(int)numbers[1], (int)numbers[0]};
}

PRINTF_LIKE(4, 5)
static void charter_lint_add(struct charter_source *source, enum severity severity, const struct rule *rule,
                             const char *format, ...)
{
    char message[COMPLAINT_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    finding_add(source->findings, severity, charter_rule_place(rule), rule->path, "%s", message);
}

/* Each area has one body at each level that is per area; other levels have one body. */
static void charter_lint_level_bodies(struct charter_source *source, const struct level *level)
{
    const struct charter *charter = source->charter;
    size_t count = 0;
    for (size_t i = 0; i < charter->bodies_count; i++) {
        const struct body *body = &charter->bodies[i];
        if (!text_equal(body->level, level->id))
            continue;
        count++;
        if (level->per_area && body->area.bytes == 0)
            charter_lint_add(source, SEVERITY_ERROR, &body->rule,
                             "body \"%.*s\" has no area, but its level has a body for each",
                             TEXT_PRINT(body->id));
        for (size_t k = 0; level->per_area && body->area.bytes > 0 && k < i; k++)
            if (text_equal(charter->bodies[k].level, level->id) &&
                text_equal(charter->bodies[k].area, body->area))
                charter_lint_add(source, SEVERITY_ERROR, &body->rule, "area \"%.*s\" stands here twice",
                                 TEXT_PRINT(body->area));
    }
    if (count == 0 || (!level->per_area && count > 1))
        charter_lint_add(source, SEVERITY_ERROR, &level->rule, "level \"%.*s\" has %zu bodies%s",
                         TEXT_PRINT(level->id), count,
                         level->per_area ? "" : "; wanted one, or \"per_area: true\"");
}

/* An area without a body would have its issues refused, at the first level or on their way up. */
static void charter_lint_level_areas(struct charter_source *source, const struct level *level)
{
    const struct charter *charter = source->charter;
    for (size_t i = 0; level->per_area && i < charter->areas_count; i++)
        if (charter_body_for(charter, level, charter->areas[i].name) == NULL)
            finding_add(source->findings, SEVERITY_ERROR, charter->areas[i].place, charter->areas[i].path,
                        "area \"%.*s\" has no body at level \"%.*s\"", TEXT_PRINT(charter->areas[i].name),
                        TEXT_PRINT(level->id));
}

/* S4-1: whoever leads must be named. */
static void charter_lint_leads(struct charter_source *source)
{
    const struct charter *charter = source->charter;
    for (size_t i = 0; i < charter->bodies_count; i++) {
        const struct body *body = &charter->bodies[i];
        const struct level *level = charter_level(charter, body->level);
        if (level != NULL && level->per_area && body->lead_units.count == 0)
            charter_lint_add(source, SEVERITY_ERROR, &body->rule,
                             "body \"%.*s\" has no lead unit (\"lead_units\")", TEXT_PRINT(body->id));
        for (size_t k = 0; k < body->responsible_units.count; k++)
            for (size_t j = 0; j < body->lead_units.count; j++)
                if (charter_unit(charter, body->lead_units.at[j]) != NULL &&
                    charter_unit(charter, body->lead_units.at[j]) ==
                        charter_unit(charter, body->responsible_units.at[k]))
                    charter_lint_add(source, SEVERITY_WARNING, &body->rule,
                                     "\"%.*s\" both leads and is responsible",
                                     TEXT_PRINT(body->responsible_units.at[k]));
    }
}

static void charter_lint_holders(struct charter_source *source, const struct rule *consent,
                                 const struct body *body)
{
    for (size_t i = 0; i < body->head_posts.count; i++) {
        const struct post *post = charter_post(source->charter, body->head_posts.at[i]);
        if (post != NULL && post->holders.count == 0)
            finding_add(
                source->findings, SEVERITY_WARNING, post->place,
                arena_printf(source->arena, "posts.%.*s", TEXT_PRINT(post->id)),
                "post \"%.*s\" has no holder, but its consent is needed (%.*s): nothing goes up until "
                "somebody takes it up",
                TEXT_PRINT(post->id), TEXT_PRINT(consent->path));
    }
}

/* A consent that nobody can give would block every issue. */
static void charter_lint_consent(struct charter_source *source, const struct level *level)
{
    const struct charter *charter = source->charter;
    for (size_t i = 0; i < level->needs_count; i++) {
        if (level->needs[i].kind != NEED_CONSENT)
            continue;
        for (size_t k = 0; k < charter->bodies_count; k++) {
            if (text_equal(charter->bodies[k].level, level->id) && charter->bodies[k].head_posts.count == 0)
                charter_lint_add(source, SEVERITY_ERROR, &charter->bodies[k].rule,
                                 "body \"%.*s\" has no head post, but the head's consent is needed (%.*s)",
                                 TEXT_PRINT(charter->bodies[k].id), TEXT_PRINT(level->needs[i].rule.path));
            else if (text_equal(charter->bodies[k].level, level->id))
                charter_lint_holders(source, &level->needs[i].rule, &charter->bodies[k]);
        }
    }
}

static void charter_lint_levels(struct charter_source *source)
{
    const struct charter *charter = source->charter;
    bool ends = false;
    for (size_t i = 0; i < charter->levels_count; i++) {
        const struct level *level = &charter->levels[i];
        ends = ends || level->decides || level->settles;
        charter_lint_level_bodies(source, level);
        charter_lint_level_areas(source, level);
        charter_lint_consent(source, level);
        if (i + 1 == charter->levels_count && level->needs_count > 0)
            charter_lint_add(source, SEVERITY_ERROR, &level->rule,
                             "the top level has \"up\", but there is nothing above it");
    }
    if (charter->levels_count > 0 && charter->areas_count == 0)
        finding_add(source->findings, SEVERITY_ERROR, source->root.map->place, TEXT("areas"),
                    "no area is named (\"areas\", or \"area\" of a body): no issue could be raised");
    if (charter->levels_count > 0 && !ends)
        charter_lint_add(source, SEVERITY_ERROR, &charter->levels[0].rule,
                         "no level \"settles\" or \"decides\": no issue could ever end");
}

static bool charter_lint_lists(struct names names, struct text id)
{
    for (size_t i = 0; i < names.count; i++)
        if (text_equal(names.at[i], id))
            return true;
    return false;
}

/* Whether anything leads to the post: its body or unit, a unit's liaison, a notice, or supervision. */
static bool charter_lint_is_reached(const struct charter *charter, const struct post *post)
{
    bool reached = post->body.bytes > 0 || post->unit.bytes > 0 ||
                   charter_lint_lists(charter->supervision.supervisors, post->id) ||
                   charter_lint_lists(charter->supervision.leaders, post->id);
    for (size_t i = 0; !reached && i < charter->units_count; i++)
        reached = text_equal(charter->units[i].liaison, post->id);
    for (size_t i = 0; !reached && i < charter->notices_count; i++)
        reached = charter_lint_lists(charter->notices[i].to, post->id);
    return reached;
}

/* A post that nothing leads to does nothing. */
static void charter_lint_posts(struct charter_source *source)
{
    const struct charter *charter = source->charter;
    for (size_t i = 0; i < charter->posts_count; i++) {
        const struct post *post = &charter->posts[i];
        struct text path = arena_printf(source->arena, "posts.%.*s", TEXT_PRINT(post->id));
        if (!charter_lint_is_reached(charter, post))
            finding_add(source->findings, SEVERITY_WARNING, post->place, path,
                        "post \"%.*s\" is out of reach: no body, unit, notice or supervision has it",
                        TEXT_PRINT(post->id));
    }
}

/* S2-5: only where the charter knows liaisons at all. */
static void charter_lint_liaisons(struct charter_source *source)
{
    const struct charter *charter = source->charter;
    bool declared = false;
    for (size_t i = 0; i < charter->units_count; i++)
        declared = declared || charter->units[i].liaison.bytes > 0;
    for (size_t i = 0; declared && i < charter->units_count; i++) {
        const struct unit *unit = &charter->units[i];
        struct text path = arena_printf(source->arena, "units.%.*s", TEXT_PRINT(unit->name));
        if (unit->liaison.bytes == 0)
            finding_add(source->findings, SEVERITY_WARNING, unit->place, path, "unit \"%.*s\" has no liaison",
                        TEXT_PRINT(unit->name));
        else if (charter_post(charter, unit->liaison) == NULL)
            finding_add(source->findings, SEVERITY_ERROR, unit->place, path, "unknown post \"%.*s\"",
                        TEXT_PRINT(unit->liaison));
    }
}

/* S0-1: a body that adopted the document is one of its own, if it is named. */
static void charter_lint_adoptions(struct charter_source *source)
{
    const struct charter *charter = source->charter;
    for (size_t i = 0; i < charter->adoptions_count; i++) {
        const struct adoption *adoption = &charter->adoptions[i];
        if (adoption->body.bytes > 0 && charter_body(charter, adoption->body) == NULL)
            finding_add(source->findings, SEVERITY_ERROR, adoption->place,
                        arena_printf(source->arena, "document.adopted[%zu].body", i), "unknown body \"%.*s\"",
                        TEXT_PRINT(adoption->body));
    }
}

/* S0-20: nobody is left out silently. */
static void charter_lint_audiences(struct charter_source *source)
{
    const struct charter *charter = source->charter;
    for (size_t i = 0; i < charter->bulletins_count; i++) {
        const struct bulletin_rule *bulletin = &charter->bulletins[i];
        size_t count = charter_audience(source->arena, charter, bulletin->to).count;
        if (count > LIST_COUNT_MAX)
            charter_lint_add(source, SEVERITY_ERROR, &bulletin->rule,
                             "bulletin \"%.*s\" goes to %zu posts; at most %d", TEXT_PRINT(bulletin->id),
                             count, LIST_COUNT_MAX);
    }
}

void charter_lint(struct charter_source *source)
{
    charter_lint_adoptions(source);
    charter_lint_levels(source);
    charter_lint_leads(source);
    charter_lint_liaisons(source);
    charter_lint_posts(source);
    charter_lint_audiences(source);
}
