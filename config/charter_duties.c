/* charter_duties.c - what is owed and who is told: who is concerned and who acts, opinions, solution, task
 * list, tasks, confirmation, the clock of an issue as a whole, classes.
 *
 * Every rule has a place even where the charter is silent: it then points at the charter's first line and is
 * marked as a default.
 */
#include "config/charter_source.h"

#include "base/log.h"
#include "proto/event.h"

struct yaml_reader charter_section(struct charter_source *source, const char *key, const char *const *known,
                                   struct rule *rule_out)
{
    struct yaml_reader section = {yaml_read_map(&source->root, key, YAML_MAY), text_from(key),
                                  source->findings};
    struct yaml_reader at = section.map != NULL ? section : source->root;
    *rule_out = charter_rule(source, &at, text_from(key));
    if (section.map == NULL) {
        rule_out->clause = TEXT("");
        rule_out->is_default = true;
    }
    yaml_check_keys(section.map, known, section.path, source->findings);
    return section;
}

/* ---- parameters ---- */

/* "key: word", or "key: {is: word, clause: …, default: true}"; the first word is the default. */
static int charter_word(struct charter_source *source, const char *key, const char *const *words,
                        struct rule *rule_out)
{
    static const char *const known[] = {"is", "clause", "default", NULL};
    const struct yaml_node *node = yaml_get(source->root.map, key);
    struct yaml_reader section = {node, text_from(key), source->findings};
    *rule_out = charter_rule(source, node != NULL ? &section : &source->root, text_from(key));
    rule_out->is_default = rule_out->is_default || node == NULL;
    bool is_map = node != NULL && node->kind == YAML_MAP;
    if (is_map)
        yaml_check_keys(node, known, section.path, source->findings);
    int word = is_map ? yaml_read_word(&section, "is", YAML_NEED, words)
                      : yaml_read_word(&source->root, key, YAML_MAY, words);
    return word > 0 ? word : 0;
}

/* Where reports must name their actor, each body needs someone who could be named. */
static void charter_actors_check(struct charter_source *source)
{
    const struct charter *charter = source->charter;
    for (size_t i = 0; i < charter->bodies_count; i++) {
        const struct body *body = &charter->bodies[i];
        bool found = body->lead_units.count + body->responsible_units.count + body->head_posts.count > 0;
        for (size_t k = 0; !found && k < charter->posts_count; k++)
            found = text_equal(charter->posts[k].body, body->id);
        if (!found)
            finding_add(source->findings, SEVERITY_ERROR, yaml_get(source->root.map, "actors")->place,
                        TEXT("actors"), "body \"%.*s\" has neither posts nor units that could act for it",
                        TEXT_PRINT(body->id));
    }
}

static void charter_parameters_read(struct charter_source *source)
{
    static const char *const concerned[] = {[CONCERNED_AREA_AND_REPORTED] = "area+reported",
                                            [CONCERNED_REPORTED_OR_AREA] = "reported-or-area",
                                            [CONCERNED_AREA] = "area",
                                            [CONCERNED_AREA + 1] = NULL};
    static const char *const actors[] = {
        [ACTORS_NAMED] = "named", [ACTORS_REQUIRED] = "required", [ACTORS_REQUIRED + 1] = NULL};
    static const char *const passed[] = {
        [PASSED_ONCE] = "once", [PASSED_NONE] = "none", [PASSED_NONE + 1] = NULL};
    struct charter *charter = source->charter;
    charter->concerned =
        (enum concerned)charter_word(source, "concerned", concerned, &charter->concerned_rule);
    charter->actors = (enum actors)charter_word(source, "actors", actors, &charter->actors_rule);
    charter->passed_reminders =
        (enum passed_reminders)charter_word(source, "passed_reminders", passed, &charter->passed_rule);
    if (charter->actors == ACTORS_REQUIRED)
        charter_actors_check(source);
}

/* ---- papers and tasks ---- */

static void charter_opinions_read(struct charter_source *source)
{
    static const char *const known[] = {"limit", "clause", "default", NULL};
    struct limit_rule limit;
    struct yaml_reader section = charter_section(source, "opinions", known, &source->charter->opinion_rule);
    (void)charter_limit(source, &section, "limit", section.map != NULL ? YAML_NEED : YAML_MAY, &limit,
                        &source->charter->opinion_limit_text);
}

static void charter_confirmation_read(struct charter_source *source)
{
    static const char *const known[] = {"required", "again", "limit", "clause", "default", NULL};
    struct charter *charter = source->charter;
    struct limit_rule limit;
    struct yaml_reader section = charter_section(source, "confirmation", known, &charter->confirmation_rule);
    charter->confirmation = section.map != NULL;
    (void)yaml_read_bool(&section, "required", &charter->confirmation);
    (void)yaml_read_bool(&section, "again", &charter->confirmation_again);
    (void)charter_limit(source, &section, "limit", YAML_MAY, &limit, &charter->confirmation_limit_text);
}

static void charter_tasks_read(struct charter_source *source)
{
    static const char *const known_rule[] = {"clause", "default", NULL};
    static const char *const known_list[] = {"level", "clause", "default", NULL};
    static const char *const known_tasks[] = {"reminders", "clause", "default", NULL};
    struct charter *charter = source->charter;
    (void)charter_section(source, "solution", known_rule, &charter->solution_rule);
    (void)charter_section(source, "verification", known_rule, &charter->verify_rule);
    struct yaml_reader list = charter_section(source, "tasklist", known_list, &charter->tasklist_rule);
    charter->tasklist_level = TEXT("");
    if (yaml_read_text(&list, "level", YAML_MAY, &charter->tasklist_level) &&
        charter_level(charter, charter->tasklist_level) == NULL)
        finding_add(source->findings, SEVERITY_ERROR, yaml_get(list.map, "level")->place,
                    yaml_path_key(&list, "level"), "unknown level \"%.*s\"",
                    TEXT_PRINT(charter->tasklist_level));
    struct yaml_reader tasks = charter_section(source, "tasks", known_tasks, &charter->task_rule);
    charter->task_reminders = charter_reminders(source, &tasks, "reminders", NULL);
}

/* The clock of an issue as a whole (S3-1): an amount, a date that comes with the report, or both. */
static void charter_resolution_read(struct charter_source *source)
{
    static const char *const known[] = {"limit",  "given",   "extensible", "reminders",
                                        "clause", "default", NULL};
    struct resolution_rule *resolution = &source->charter->resolution;
    struct limit_rule limit;
    struct yaml_reader section = charter_section(source, "resolution", known, &resolution->rule);
    resolution->given = section.map != NULL;
    (void)yaml_read_bool(&section, "given", &resolution->due_given);
    (void)yaml_read_bool(&section, "extensible", &resolution->extensible);
    (void)charter_limit(source, &section, "limit", YAML_MAY, &limit, &resolution->limit_text);
    resolution->reminders = charter_reminders(source, &section, "reminders", &limit);
}

/* A class limits the level that takes an issue in, the issue as a whole, or both. */
static void charter_class_limits_read(struct charter_source *source, const struct yaml_reader *item,
                                      struct issue_class *class)
{
    struct limit_rule resolution;
    class->limit_text = class->resolution_text = TEXT("");
    bool of_level = yaml_get(item->map, "limit") != NULL;
    bool of_issue = yaml_get(item->map, "resolution") != NULL;
    if (of_level || !of_issue)
        (void)charter_limit(source, item, "limit", YAML_NEED, &class->limit, &class->limit_text);
    if (of_issue)
        (void)charter_limit(source, item, "resolution", YAML_NEED, &resolution, &class->resolution_text);
    if (of_issue && !source->charter->resolution.given)
        finding_add(source->findings, SEVERITY_ERROR, yaml_get(item->map, "resolution")->place,
                    yaml_path_key(item, "resolution"),
                    "the charter has no \"resolution\" that a class could set a limit for");
}

static void charter_classes_read(struct charter_source *source)
{
    static const char *const known[] = {"class", "limit", "resolution", "clause", "default", NULL};
    const struct yaml_node *list = charter_list(&source->root, "classes", YAML_MAY);
    size_t count = list != NULL ? list->count : 0;
    struct issue_class *classes = arena_alloc(source->arena, (count + 1) * sizeof *classes);
    for (size_t i = 0; i < count; i++) {
        struct yaml_reader item = charter_item(&source->root, "classes", list, i);
        struct issue_class *class = &classes[i];
        yaml_check_keys(item.map, known, item.path, item.findings);
        (void)yaml_read_name(&item, "class", YAML_NEED, &class->name);
        charter_class_limits_read(source, &item, class);
        class->rule =
            charter_rule(source, &item, arena_printf(source->arena, "classes.%.*s", TEXT_PRINT(class->name)));
        (void)charter_is_new(&item, "class", class->name, classes, i, sizeof *classes);
    }
    source->charter->classes = classes;
    source->charter->classes_count = count;
}

void charter_duties_read(struct charter_source *source)
{
    charter_parameters_read(source);
    charter_opinions_read(source);
    charter_confirmation_read(source);
    charter_tasks_read(source);
    charter_resolution_read(source);
    charter_classes_read(source);
    charter_notices_read(source);
}
