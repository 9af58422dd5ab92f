/* charter_compile.c - from YAML to struct charter: the frame, and the helpers that its parts share.
 *
 * The parts are read in an order in which each finds what it refers to: units before bodies, levels before
 * bodies, bodies before posts. The order of the YAML's own keys does not matter. Everything wrong is
 * collected; NULL is returned at the end if there was an error.
 */
#include "config/charter_source.h"

#include "base/limits.h"
#include "base/log.h"

enum { CHARTER_BORN_LATE_DAYS = 7 };

/* ---- shared helpers ---- */

struct yaml_reader charter_item(const struct yaml_reader *reader, const char *key,
                                const struct yaml_node *list, size_t index)
{
    return (struct yaml_reader){list->items[index], yaml_path_item(reader, key, index), reader->findings};
}

const struct yaml_node *charter_list(const struct yaml_reader *reader, const char *key, enum yaml_want want)
{
    const struct yaml_node *list = yaml_read_list(reader, key, want);
    if (list == NULL || list->count <= CHARTER_LIST_MAX)
        return list;
    finding_add(reader->findings, SEVERITY_ERROR, list->place, yaml_path_key(reader, key),
                "\"%s\" has more than %d entries", key, (int)CHARTER_LIST_MAX);
    return NULL;
}

struct rule charter_rule(const struct charter_source *source, const struct yaml_reader *reader,
                         struct text path)
{
    struct rule rule = {.path = arena_text_copy(source->arena, path), .clause = TEXT("")};
    if (reader->map == NULL)
        return rule;
    if (reader->map->kind == YAML_MAP) {
        (void)yaml_read_text(reader, "clause", YAML_MAY, &rule.clause);
        (void)yaml_read_bool(reader, "default", &rule.is_default);
    }
    rule.place = arena_printf(source->arena, "%.*s:%d:%d", TEXT_PRINT(source->charter->file),
                              reader->map->place.line, reader->map->place.column);
    return rule;
}

struct names charter_names(const struct yaml_reader *reader, const char *key, enum yaml_want want)
{
    struct names names = {NULL, 0};
    (void)yaml_read_names(reader, key, want, &names.at, &names.count);
    return names;
}

struct place charter_item_place(const struct yaml_reader *reader, const char *key, size_t index)
{
    const struct yaml_node *node = yaml_get(reader->map, key);
    return node->kind == YAML_LIST ? node->items[index]->place : node->place;
}

bool charter_is_new(const struct yaml_reader *reader, const char *what, struct text name, const void *first,
                    size_t count, size_t stride)
{
    for (size_t i = 0; i < count; i++) {
        struct text other;
        memcpy(&other, (const char *)first + i * stride, sizeof other);
        if (!text_equal(other, name))
            continue;
        finding_add(reader->findings, SEVERITY_ERROR, reader->map->place, reader->path,
                    "%s \"%.*s\" stands here twice", what, TEXT_PRINT(name));
        return false;
    }
    return true;
}

void charter_unknown(const struct charter_source *source, struct place place, struct text path,
                     const char *what, struct text name, const struct text *candidates, size_t count)
{
    bool full = source->findings->count == YAML_COMPLAINTS_MAX;
    int nearest = full ? -1 : text_nearest(name, candidates, count);
    if (nearest >= 0)
        finding_add(source->findings, SEVERITY_ERROR, place, path,
                    "unknown %s \"%.*s\"; nearest known: \"%.*s\"", what, TEXT_PRINT(name),
                    TEXT_PRINT(candidates[nearest]));
    else
        finding_add(source->findings, SEVERITY_ERROR, place, path, "unknown %s \"%.*s\"", what,
                    TEXT_PRINT(name));
}

/* ---- limits ---- */

/* A date in a limit must not lie before the document; one shortly after its issue is born late (S3-7). */
static void charter_by_check(const struct charter_source *source, const struct limit_rule *rule,
                             struct place place, struct text path)
{
    char date[CIVIL_TEXT_BYTES], issued[CIVIL_TEXT_BYTES];
    int32_t issued_day = source->charter->issued_day;
    if ((rule->unit != LIMIT_BY && rule->unit != LIMIT_AT) || issued_day == INT32_MIN)
        return;
    int32_t by_day = rule->unit == LIMIT_BY ? rule->by_day : civil_day_of(rule->at_us, rule->at_zone);
    (void)civil_format_date(by_day, date);
    (void)civil_format_date(issued_day, issued);
    if (by_day < issued_day)
        finding_add(source->findings, SEVERITY_ERROR, place, path,
                    "impossible date: %s lies before the document's issue on %s", date, issued);
    else if (by_day - issued_day < CHARTER_BORN_LATE_DAYS)
        finding_add(source->findings, SEVERITY_WARNING, place, path,
                    "born late: %s leaves %d days from the document's issue on %s", date,
                    (int)(by_day - issued_day), issued);
}

bool charter_limit(const struct charter_source *source, const struct yaml_reader *reader, const char *key,
                   enum yaml_want want, struct limit_rule *rule_out, struct text *text_out)
{
    struct text written;
    struct complaint complaint = {.message = ""};
    *text_out = TEXT("undated");
    *rule_out = (struct limit_rule){.unit = LIMIT_UNDATED};
    if (!yaml_read_text(reader, key, want, &written))
        return false;
    struct place place = yaml_get(reader->map, key)->place;
    struct text path = yaml_path_key(reader, key);
    if (limit_parse(written, rule_out, &complaint) != 0) {
        finding_add(source->findings, SEVERITY_ERROR, place, path, "%s", complaint.message);
        return false;
    }
    charter_by_check(source, rule_out, place, path);
    *text_out = limit_format(source->arena, rule_out);
    return true;
}

struct names charter_reminders(const struct charter_source *source, const struct yaml_reader *reader,
                               const char *key, const struct limit_rule *limit)
{
    struct names names = charter_names(reader, key, YAML_MAY);
    const size_t reminders_max = 16;
    if (names.count > reminders_max)
        finding_add(source->findings, SEVERITY_ERROR, yaml_get(reader->map, key)->place,
                    yaml_path_key(reader, key), "more than %zu reminders", reminders_max);
    for (size_t i = 0; i < names.count; i++) {
        struct limit_rule reminder;
        struct complaint complaint = {.message = ""};
        struct place place = charter_item_place(reader, key, i);
        struct text path = yaml_path_item(reader, key, i);
        if (limit_parse_reminder(names.at[i], &reminder, &complaint) != 0)
            finding_add(source->findings, SEVERITY_ERROR, place, path, "%s", complaint.message);
        else if (limit != NULL && reminder.unit == limit->unit && reminder.half_units >= limit->half_units)
            finding_add(source->findings, SEVERITY_WARNING, place, path,
                        "born late: the reminder %.*s lies before the start of the limit",
                        TEXT_PRINT(names.at[i]));
    }
    return names;
}

/* ---- the frame ---- */

/* The bodies are not read yet: the lint looks for them. */
static void charter_adoption_read(struct charter_source *source, const struct yaml_reader *reader,
                                  struct adoption *adoption)
{
    static const char *const known[] = {"meeting", "body", "on", NULL};
    *adoption = (struct adoption){.on_day = INT32_MIN, .place = reader->map->place};
    yaml_check_keys(reader->map, known, reader->path, source->findings);
    (void)yaml_read_name(reader, "meeting", YAML_NEED, &adoption->meeting);
    (void)yaml_read_name(reader, "body", YAML_MAY, &adoption->body);
    if (yaml_read_date(reader, "on", YAML_MAY, &adoption->on_day) &&
        source->charter->issued_day != INT32_MIN && adoption->on_day > source->charter->issued_day)
        finding_add(source->findings, SEVERITY_ERROR, adoption->place, reader->path,
                    "impossible date: the document was issued before it was adopted");
}

/* S0-1: one sitting may have been a session of several bodies. */
static void charter_adoptions_read(struct charter_source *source, const struct yaml_reader *document)
{
    const struct yaml_node *list = charter_list(document, "adopted", YAML_MAY);
    size_t count = list != NULL ? list->count : 0;
    struct adoption *adoptions = arena_alloc(source->arena, (count + 1) * sizeof *adoptions);
    for (size_t i = 0; i < count; i++) {
        struct yaml_reader item = charter_item(document, "adopted", list, i);
        charter_adoption_read(source, &item, &adoptions[i]);
    }
    source->charter->adoptions = adoptions;
    source->charter->adoptions_count = count;
}

static void charter_document_read(struct charter_source *source)
{
    static const char *const known[] = {"number", "issued", "adopted", NULL};
    struct charter *charter = source->charter;
    struct yaml_reader inner = {yaml_read_map(&source->root, "document", YAML_NEED), TEXT("document"),
                                source->findings};
    if (inner.map == NULL)
        return;
    yaml_check_keys(inner.map, known, inner.path, source->findings);
    (void)yaml_read_text(&inner, "number", YAML_NEED, &charter->document_number);
    (void)yaml_read_date(&inner, "issued", YAML_NEED, &charter->issued_day);
    charter_adoptions_read(source, &inner);
}

static void charter_frame_read(struct charter_source *source)
{
    struct charter *charter = source->charter;
    struct text zone = TEXT("Z");
    (void)yaml_read_bounded(&source->root, "charter", YAML_NEED, CHARTER_NAME_BYTES_MAX, &charter->name);
    (void)yaml_read_text(&source->root, "title", YAML_NEED, &charter->title);
    (void)yaml_read_bounded(&source->root, "calendar", YAML_NEED, CHARTER_NAME_BYTES_MAX, &charter->calendar);
    if (yaml_read_text(&source->root, "zone", YAML_NEED, &zone) && !civil_parse_zone(zone, &charter->zone))
        finding_add(source->findings, SEVERITY_ERROR, yaml_get(source->root.map, "zone")->place, TEXT("zone"),
                    "\"zone\" must be such as +08:00, not \"%.*s\"", TEXT_PRINT(zone));
    charter_document_read(source);
}

const struct charter *charter_compile(struct arena *arena, struct text source_text, struct text file,
                                      struct findings *findings)
{
    static const char *const known[] = {
        "charter",      "title",      "document", "calendar",    "zone",
        "units",        "unit_sets",  "levels",   "areas",       "area_bodies",
        "bodies",       "posts",      "opinions", "solution",    "tasks",
        "classes",      "tasklist",   "notices",  "bulletins",   "verification",
        "confirmation", "concerned",  "actors",   "resolution",  "passed_reminders",
        "effective",    "transition", "common",   "supervision", "evaluations",
        "meetings",     "routines",   NULL};
    const struct yaml_node *root;
    size_t errors = findings->errors;
    if (yaml_parse(arena, source_text, findings, &root) != 0)
        return NULL;
    if (root->kind != YAML_MAP) {
        finding_add(findings, SEVERITY_ERROR, root->place, TEXT(""), "a charter must be a map");
        return NULL;
    }
    struct charter *charter = arena_alloc(arena, sizeof *charter);
    charter->file = arena_text_copy(arena, file);
    charter->issued_day = INT32_MIN;
    struct charter_source source = {.arena = arena, .findings = findings, .charter = charter};
    source.root = (struct yaml_reader){root, TEXT(""), findings};
    yaml_check_keys(root, known, TEXT(""), findings);
    charter_frame_read(&source);
    charter_units_read(&source);
    charter_levels_read(&source);
    charter_bodies_read(&source);
    charter_duties_read(&source);
    charter_bulletins_read(&source);
    charter_supervision_read(&source);
    charter_routines_read(&source);
    charter_versions_read(&source);
    charter_lint(&source);
    return findings->errors == errors ? charter : NULL;
}
