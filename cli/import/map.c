/* map.c - the map's tables and rules; see map.h. */
#include "cli/import/map.h"

#include "base/limits.h"
#include "cli/import/map_parts.h"

static struct yaml_reader map_item(const struct yaml_reader *reader, const char *key,
                                   const struct yaml_node *list, size_t index)
{
    struct yaml_reader item = {
        .map = list->items[index], .path = yaml_path_item(reader, key, index), .findings = reader->findings};
    if (item.map->kind != YAML_MAP) {
        finding_add(reader->findings, SEVERITY_ERROR, item.map->place, item.path, "must be a map");
        item.map = NULL;
    }
    return item;
}

static const struct yaml_node *map_list(const struct yaml_reader *reader, const char *key,
                                        enum yaml_want want, size_t max)
{
    const struct yaml_node *list = yaml_read_list(reader, key, want);
    if (list == NULL || list->count <= max)
        return list;
    finding_add(reader->findings, SEVERITY_ERROR, list->place, yaml_path_key(reader, key),
                "at most %zu of them", max);
    return NULL;
}

/* ---- tables ---- */

/* Index of the column that a key names; -1 if absent or unknown (a finding). */
static int table_column(const struct map_source *source, const struct yaml_reader *reader, const char *key,
                        enum yaml_want want, const struct map_table *table)
{
    struct text name;
    if (!yaml_read_text(reader, key, want, &name))
        return -1;
    for (size_t i = 0; i < table->columns_count; i++)
        if (text_equal(table->columns[i], name))
            return (int)i;
    map_unknown(source, yaml_get(reader->map, key)->place, yaml_path_key(reader, key), "column", name,
                table->columns, table->columns_count);
    return -1;
}

static void map_read_table(const struct map_source *source, const struct yaml_reader *reader,
                           struct map_table *table)
{
    static const char *const known[] = {"table", "columns", "header", "key", "order", "pairs", NULL};
    *table = (struct map_table){.header = true, .key = -1, .order = -1, .pairs = -1};
    if (reader->map == NULL)
        return;
    yaml_check_keys(reader->map, known, reader->path, source->findings);
    table->place = reader->map->place;
    (void)yaml_read_name(reader, "table", YAML_NEED, &table->name);
    (void)yaml_read_names(reader, "columns", YAML_NEED, &table->columns, &table->columns_count);
    (void)yaml_read_bool(reader, "header", &table->header);
    table->key = table_column(source, reader, "key", YAML_NEED, table);
    table->order = table_column(source, reader, "order", YAML_MAY, table);
    table->pairs = table_column(source, reader, "pairs", YAML_MAY, table);
}

static void map_read_tables(const struct map_source *source, const struct yaml_reader *root)
{
    const struct yaml_node *list = map_list(root, "tables", YAML_NEED, MAP_TABLES_MAX);
    if (list == NULL)
        return;
    struct map_table *tables = arena_alloc(source->arena, (list->count + 1) * sizeof *tables);
    for (size_t i = 0; i < list->count; i++) {
        struct yaml_reader reader = map_item(root, "tables", list, i);
        map_read_table(source, &reader, &tables[i]);
        for (size_t k = 0; k < i; k++)
            if (text_equal(tables[i].name, tables[k].name))
                finding_add(source->findings, SEVERITY_ERROR, list->items[i]->place, reader.path,
                            "the table %.*s stands twice", TEXT_PRINT(tables[i].name));
    }
    source->map->tables = tables;
    source->map->tables_count = list->count;
}

/* ---- value maps ---- */

static void map_read_value(const struct map_source *source, const struct yaml_node *node, struct text name,
                           struct map_values *values)
{
    *values = (struct map_values){.name = name};
    if (node->kind != YAML_MAP) {
        finding_add(source->findings, SEVERITY_ERROR, node->place, name, "must be a map of values");
        return;
    }
    struct text *to = arena_alloc(source->arena, (node->count + 1) * sizeof *to);
    for (size_t i = 0; i < node->count; i++)
        if (node->items[i]->kind == YAML_SCALAR)
            to[i] = node->items[i]->scalar;
        else
            finding_add(source->findings, SEVERITY_ERROR, node->items[i]->place, name,
                        "a value stands for one line");
    values->from = node->keys;
    values->to = to;
    values->count = node->count;
}

static void map_read_values(const struct map_source *source, const struct yaml_reader *root)
{
    const struct yaml_node *node = yaml_read_map(root, "values", YAML_MAY);
    if (node == NULL)
        return;
    if (node->count > MAP_LIST_MAX) {
        finding_add(source->findings, SEVERITY_ERROR, node->place, TEXT("values"), "at most %d of them",
                    MAP_LIST_MAX);
        return;
    }
    struct map_values *values = arena_alloc(source->arena, (node->count + 1) * sizeof *values);
    for (size_t i = 0; i < node->count; i++)
        map_read_value(source, node->items[i], node->keys[i], &values[i]);
    source->map->values = values;
    source->map->values_count = node->count;
}

/* ---- rules ---- */

static void rule_type(const struct map_source *source, const struct yaml_reader *reader,
                      struct map_rule *rule)
{
    struct text name;
    const char *nearest;
    if (!yaml_read_name(reader, "report", YAML_NEED, &name))
        return;
    struct place place = yaml_get(reader->map, "report")->place;
    rule->type = event_type_find(name, &nearest);
    rule->id = name;
    if (rule->type == NULL)
        finding_add(source->findings, SEVERITY_ERROR, place, yaml_path_key(reader, "report"),
                    "unknown type \"%.*s\"%s%s", TEXT_PRINT(name), nearest != NULL ? "; nearest known: " : "",
                    nearest != NULL ? nearest : "");
    else if (!rule->type->report)
        finding_add(source->findings, SEVERITY_ERROR, place, yaml_path_key(reader, "report"),
                    "%.*s is an outcome: only workers publish it", TEXT_PRINT(name));
}

static bool rule_table(const struct map_source *source, const struct yaml_reader *reader,
                       struct map_rule *rule)
{
    struct text name, names[MAP_TABLES_MAX];
    if (!yaml_read_name(reader, "from", YAML_NEED, &name))
        return false;
    for (size_t i = 0; i < source->map->tables_count; i++) {
        names[i] = source->map->tables[i].name;
        if (text_equal(names[i], name)) {
            rule->table = i;
            return true;
        }
    }
    map_unknown(source, yaml_get(reader->map, "from")->place, yaml_path_key(reader, "from"), "table", name,
                names, source->map->tables_count);
    return false;
}

static void rule_when(const struct map_source *source, const struct yaml_reader *reader,
                      struct map_rule *rule)
{
    struct map_test tests[MAP_TESTS_MAX];
    const struct yaml_node *when = yaml_read_map(reader, "when", YAML_MAY);
    struct text path = yaml_path_key(reader, "when");
    for (size_t i = 0; when != NULL && i < when->count; i++)
        (void)map_read_tests(source, rule->table, when->keys[i], when->key_places[i], when->items[i], path,
                             tests, &rule->tests_count);
    struct map_test *kept = arena_alloc(source->arena, (rule->tests_count + 1) * sizeof *kept);
    memcpy(kept, tests, rule->tests_count * sizeof *kept);
    rule->tests = kept;
}

static bool rule_uses(const struct event_type *type, enum field field)
{
    for (const struct field_use *use = type->uses; use->field != FIELD_COUNT_OF_ALL; use++)
        if (use->field == field)
            return true;
    return false;
}

/* A list has a template an item; a single one may stand alone. */
static bool field_templates(const struct map_source *source, size_t table, const struct yaml_node *node,
                            struct text path, struct map_field *field)
{
    size_t count = node->kind == YAML_LIST ? node->count : 1;
    bool lists = field_specs[field->field].kind == KIND_NAMES, good = true;
    if ((node->kind == YAML_LIST && !lists) || count > LIST_COUNT_MAX) {
        finding_add(source->findings, SEVERITY_ERROR, node->place, path, "must be one line");
        return false;
    }
    struct map_template *templates = arena_alloc(source->arena, (count + 1) * sizeof *templates);
    for (size_t i = 0; i < count; i++)
        good &= map_read_template(source, table, node->kind == YAML_LIST ? node->items[i] : node, path,
                                  &templates[i]);
    field->templates = templates;
    field->templates_count = count;
    return good;
}

static void rule_field(const struct map_source *source, struct map_rule *rule, struct text key,
                       struct place place, const struct yaml_node *node, struct text path,
                       struct map_field *field)
{
    const char *nearest = NULL;
    *field = (struct map_field){.field = field_find(key, &nearest)};
    enum kind kind = field->field != FIELD_COUNT_OF_ALL ? field_specs[field->field].kind : KIND_NAME;
    if (field->field == FIELD_COUNT_OF_ALL || (rule->type != NULL && !rule_uses(rule->type, field->field)))
        finding_add(source->findings, SEVERITY_ERROR, place, path, "%.*s has no field \"%.*s\"%s%s",
                    TEXT_PRINT(rule->id), TEXT_PRINT(key), nearest != NULL ? "; nearest known: " : "",
                    nearest != NULL ? nearest : "");
    else if (kind == KIND_ITEMS || kind == KIND_DATES || kind == KIND_INTS)
        finding_add(source->findings, SEVERITY_ERROR, place, path, "no column of a table makes such a list");
    else if (kind == KIND_TIME || kind == KIND_DATE)
        (void)map_read_time(source, rule->table, node, path, &field->time);
    else
        (void)field_templates(source, rule->table, node, path, field);
}

static void rule_data(const struct map_source *source, const struct yaml_reader *reader,
                      struct map_rule *rule)
{
    const struct yaml_node *data = yaml_read_map(reader, "data", YAML_MAY);
    struct text path = yaml_path_key(reader, "data");
    if (data == NULL)
        return;
    struct map_field *fields = arena_alloc(source->arena, (data->count + 1) * sizeof *fields);
    for (size_t i = 0; i < data->count; i++)
        rule_field(source, rule, data->keys[i], data->key_places[i], data->items[i], path, &fields[i]);
    rule->fields = fields;
    rule->fields_count = data->count;
}

static void rule_template(const struct map_source *source, const struct yaml_reader *reader, const char *key,
                          size_t table, struct map_template *template)
{
    const struct yaml_node *node = yaml_read_node(reader, key, YAML_MAY);
    if (node != NULL)
        (void)map_read_template(source, table, node, yaml_path_key(reader, key), template);
}

/* The case itself, unless the map says otherwise. */
static void rule_subject(const struct map_source *source, const struct yaml_reader *reader,
                         struct map_rule *rule)
{
    const struct map_table *table = &source->map->tables[rule->table];
    if (table->key < 0)
        return;
    struct map_piece *piece = arena_alloc(source->arena, sizeof *piece);
    *piece = (struct map_piece){
        .has_cell = true,
        .cell = {.table = rule->table, .column = (size_t)table->key, .written = table->columns[table->key]}};
    rule->subject = (struct map_template){.pieces = piece, .count = 1};
    rule_template(source, reader, "subject", rule->table, &rule->subject);
}

static void map_read_rule(const struct map_source *source, const struct yaml_reader *reader,
                          struct map_rule *rule)
{
    static const char *const known[] = {"report",  "rule",    "from",  "when", "once", "time",
                                        "subject", "charter", "actor", "data", NULL};
    if (reader->map == NULL)
        return;
    yaml_check_keys(reader->map, known, reader->path, source->findings);
    rule->place = reader->map->place;
    rule_type(source, reader, rule);
    (void)yaml_read_name(reader, "rule", YAML_MAY, &rule->id);
    if (!rule_table(source, reader, rule))
        return;
    (void)yaml_read_bool(reader, "once", &rule->once);
    const struct yaml_node *time = yaml_read_node(reader, "time", YAML_NEED);
    if (time != NULL)
        (void)map_read_time(source, rule->table, time, yaml_path_key(reader, "time"), &rule->time);
    rule_when(source, reader, rule);
    rule_subject(source, reader, rule);
    rule_template(source, reader, "charter", rule->table, &rule->charter);
    rule_template(source, reader, "actor", rule->table, &rule->actor);
    rule_data(source, reader, rule);
}

static void map_read_rules(const struct map_source *source, const struct yaml_reader *root)
{
    const struct yaml_node *list = map_list(root, "reports", YAML_NEED, MAP_RULES_MAX);
    if (list == NULL)
        return;
    struct map_rule *rules = arena_alloc(source->arena, (list->count + 1) * sizeof *rules);
    for (size_t i = 0; i < list->count; i++) {
        struct yaml_reader reader = map_item(root, "reports", list, i);
        map_read_rule(source, &reader, &rules[i]);
        for (size_t k = 0; k < i; k++)
            if (text_equal(rules[i].id, rules[k].id))
                finding_add(source->findings, SEVERITY_ERROR, list->items[i]->place, reader.path,
                            "the rule %.*s stands twice: give them names (rule: …)", TEXT_PRINT(rules[i].id));
    }
    source->map->rules = rules;
    source->map->rules_count = list->count;
}

/* ---- the whole ---- */

static void map_read_head(const struct map_source *source, const struct yaml_reader *root)
{
    static const char *const offsets[] = {"use", "drop", NULL};
    struct map *map = source->map;
    struct text zone;
    (void)yaml_read_name(root, "map", YAML_NEED, &map->name);
    (void)yaml_read_name(root, "charter", YAML_MAY, &map->charter);
    map->source = arena_printf(source->arena, "/import/%.*s", TEXT_PRINT(map->name));
    map->drop_offsets = yaml_read_word(root, "offsets", YAML_MAY, offsets) == 1;
    if (yaml_read_name(root, "zone", YAML_NEED, &zone) && !civil_parse_zone(zone, &map->zone))
        finding_add(source->findings, SEVERITY_ERROR, yaml_get(root->map, "zone")->place, TEXT("zone"),
                    "\"%.*s\" is no offset such as \"+08:00\"", TEXT_PRINT(zone));
}

const struct map *map_compile(struct arena *arena, struct text source, struct text file,
                              struct findings *findings)
{
    static const char *const known[] = {"map",    "zone",   "charter", "offsets",
                                        "tables", "values", "reports", NULL};
    const struct yaml_node *root;
    struct map *map = arena_alloc(arena, sizeof *map);
    struct map_source reading = {.arena = arena, .findings = findings, .map = map};
    map->file = file;
    if (yaml_parse(arena, source, findings, &root) != 0)
        return NULL;
    struct yaml_reader reader = {.map = root, .findings = findings};
    yaml_check_keys(root, known, TEXT_NONE, findings);
    map_read_head(&reading, &reader);
    map_read_tables(&reading, &reader);
    map_read_values(&reading, &reader);
    if (findings->errors == 0) /* rules name columns of tables that are in order */
        map_read_rules(&reading, &reader);
    return findings->errors == 0 ? map : NULL;
}
