/* charter_versions.c - from when on a version of a charter holds, and what becomes of open issues then
 * (S3-20). */
#include "config/charter_source.h"

#include <stdarg.h>
#include <stdio.h>

static void charter_effective_read(struct charter_source *source)
{
    struct charter *charter = source->charter;
    char effective[CIVIL_TEXT_BYTES], issued[CIVIL_TEXT_BYTES];
    charter->effective_day = INT32_MIN;
    if (!yaml_read_date(&source->root, "effective", YAML_MAY, &charter->effective_day) ||
        charter->issued_day == INT32_MIN || charter->effective_day >= charter->issued_day)
        return;
    finding_add(
        source->findings, SEVERITY_ERROR, yaml_get(source->root.map, "effective")->place, TEXT("effective"),
        "impossible date: it would hold from %s on, before the document's issue on %s",
        civil_format_date(charter->effective_day, effective), civil_format_date(charter->issued_day, issued));
}

/* The grace is an amount of time: a date would be born late for all versions but one. */
static void charter_grace_read(struct charter_source *source, const struct yaml_reader *section)
{
    struct limit_rule grace;
    struct text text;
    if (!charter_limit(source, section, "grace", YAML_MAY, &grace, &text))
        return;
    if (grace.unit == LIMIT_UNDATED || grace.unit == LIMIT_BY || grace.unit == LIMIT_AT)
        finding_add(source->findings, SEVERITY_ERROR, yaml_get(section->map, "grace")->place,
                    yaml_path_key(section, "grace"),
                    "\"grace\" must be an amount of time after the transition");
    source->charter->transition.grace = text;
}

void charter_versions_read(struct charter_source *source)
{
    static const char *const known[] = {"open", "limits", "grace", "clause", "default", NULL};
    static const char *const kinds[] = {
        [TRANSITION_KEEP] = "keep", [TRANSITION_MOVE] = "move", [TRANSITION_MOVE + 1] = NULL};
    static const char *const limits[] = {"continue", "restart", NULL};
    struct transition_rule *transition = &source->charter->transition;
    charter_effective_read(source);
    struct yaml_reader section = charter_section(source, "transition", known, &transition->rule);
    transition->grace = TEXT("");
    if (section.map == NULL)
        return;
    int kind = yaml_read_word(&section, "open", YAML_NEED, kinds);
    transition->kind = kind == TRANSITION_MOVE ? TRANSITION_MOVE : TRANSITION_KEEP;
    transition->restart = yaml_read_word(&section, "limits", YAML_MAY, limits) == 1;
    charter_grace_read(source, &section);
    bool idle = yaml_get(section.map, "limits") != NULL || yaml_get(section.map, "grace") != NULL;
    if (kind == TRANSITION_KEEP && idle)
        finding_add(source->findings, SEVERITY_ERROR, section.map->place, section.path,
                    "\"limits\" and \"grace\" have a meaning only with \"open: move\"");
}

/* ---- compared with an older one ---- */

PRINTF_LIKE(4, 5)
static void charter_compare_add(const struct charter *newer, struct findings *findings,
                                enum severity severity, const char *format, ...)
{
    char message[COMPLAINT_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    const struct rule *rule = &newer->transition.rule;
    finding_add(findings, severity, charter_rule_place(rule), rule->path, "%s", message);
}

/* Where issues of a level that is gone would go: as coordination moves them. */
static const struct level *charter_compare_level(const struct charter *older, const struct level *gone,
                                                 const struct charter *newer)
{
    const struct level *to = NULL;
    for (const struct level *from = gone; from != NULL && to == NULL;
         from = charter_level_below(older, from->id))
        to = charter_level(newer, from->id);
    return to != NULL ? to : &newer->levels[0];
}

static void charter_compare_moves(const struct charter *older, const struct charter *newer,
                                  struct findings *findings)
{
    for (size_t i = 0; i < older->levels_count; i++)
        if (charter_level(newer, older->levels[i].id) == NULL)
            charter_compare_add(newer, findings, SEVERITY_WARNING,
                                "level \"%.*s\" is gone: its issues go to \"%.*s\"",
                                TEXT_PRINT(older->levels[i].id),
                                TEXT_PRINT(charter_compare_level(older, &older->levels[i], newer)->id));
    for (size_t i = 0; i < older->areas_count; i++)
        if (charter_area(newer, older->areas[i].name).bytes == 0)
            charter_compare_add(newer, findings, SEVERITY_WARNING,
                                "area \"%.*s\" is gone: its issues stay under the older version",
                                TEXT_PRINT(older->areas[i].name));
    for (size_t i = 0; i < older->units_count; i++)
        if (charter_unit(newer, older->units[i].name) == NULL)
            charter_compare_add(newer, findings, SEVERITY_WARNING,
                                "unit \"%.*s\" is gone: no opinion of it is owed any more",
                                TEXT_PRINT(older->units[i].name));
}

void charter_compare(const struct charter_version *older, const struct charter_version *newer,
                     struct findings *findings)
{
    const struct charter *before = older->charter, *after = newer->charter;
    if (!text_equal(before->name, after->name))
        charter_compare_add(after, findings, SEVERITY_ERROR,
                            "this is charter \"%.*s\", the older one is \"%.*s\"", TEXT_PRINT(after->name),
                            TEXT_PRINT(before->name));
    else if (text_equal(older->text, newer->text))
        charter_compare_add(after, findings, SEVERITY_ERROR, "nothing would change: the texts are the same");
    else if (after->transition.kind == TRANSITION_MOVE)
        charter_compare_moves(before, after, findings);
}
