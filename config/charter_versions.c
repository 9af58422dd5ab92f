/* charter_versions.c - from when on a version of a charter holds, and what becomes of open issues then
 * (S3-20). */
#include "config/charter_source.h"

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
