/* charter_house.c - units, wildcards and levels.
 *
 * A unit has one canonical name and any aliases; no name may stand for two. Nothing that is not listed is
 * ever taken for a unit (S0-25).
 */
#include "config/charter_source.h"

#include "base/limits.h"

/* ---- units ---- */

static void charter_unit_name_take(struct charter_source *source, const struct yaml_reader *reader,
                                   struct text name)
{
    if (source->unit_names_count == CHARTER_UNIT_NAMES_MAX)
        finding_add(reader->findings, SEVERITY_ERROR, reader->map->place, reader->path,
                    "more than %d names of units", (int)CHARTER_UNIT_NAMES_MAX);
    else if (charter_is_new(reader, "unit or alias", name, source->unit_names, source->unit_names_count,
                            sizeof *source->unit_names))
        source->unit_names[source->unit_names_count++] = name;
}

/* A unit without aliases may be written as its bare name. */
static bool charter_unit_read(struct charter_source *source, const struct yaml_reader *reader,
                              struct unit *unit)
{
    static const char *const known[] = {"name", "aliases", "external", "liaison", NULL};
    *unit = (struct unit){.place = reader->map->place, .liaison = TEXT_NONE};
    if (reader->map->kind == YAML_SCALAR) {
        const struct yaml_node *items[] = {reader->map};
        const struct text keys[] = {TEXT("name")};
        const struct yaml_node map = {
            .kind = YAML_MAP, .place = reader->map->place, .items = items, .keys = keys, .count = 1};
        struct yaml_reader inner = {&map, reader->path, reader->findings};
        if (!yaml_read_name(&inner, "name", YAML_NEED, &unit->name))
            return false;
    } else {
        yaml_check_keys(reader->map, known, reader->path, reader->findings);
        if (!yaml_read_name(reader, "name", YAML_NEED, &unit->name))
            return false;
        unit->aliases = charter_names(reader, "aliases", YAML_MAY);
        (void)yaml_read_bool(reader, "external", &unit->external);
        (void)yaml_read_text(reader, "liaison", YAML_MAY, &unit->liaison);
    }
    if (unit->name.bytes > NAME_BYTES_MAX)
        finding_add(reader->findings, SEVERITY_ERROR, unit->place, reader->path,
                    "the name is longer than %d bytes", (int)NAME_BYTES_MAX);
    charter_unit_name_take(source, reader, unit->name);
    for (size_t i = 0; i < unit->aliases.count; i++)
        charter_unit_name_take(source, reader, unit->aliases.at[i]);
    return true;
}

static void charter_set_read(struct charter_source *source, const struct yaml_reader *reader,
                             struct unit_set *set)
{
    static const char *const known[] = {"name", "units", "all", "clause", "default", NULL};
    yaml_check_keys(reader->map, known, reader->path, reader->findings);
    (void)yaml_read_name(reader, "name", YAML_NEED, &set->name);
    (void)yaml_read_bool(reader, "all", &set->all);
    set->units = charter_unit_names(source, reader, "units", set->all ? YAML_MAY : YAML_NEED);
    set->rule =
        charter_rule(source, reader, arena_printf(source->arena, "unit_sets.%.*s", TEXT_PRINT(set->name)));
    charter_unit_name_take(source, reader, set->name);
}

static void charter_sets_read(struct charter_source *source)
{
    const struct yaml_node *list = charter_list(&source->root, "unit_sets", YAML_MAY);
    size_t count = list != NULL ? list->count : 0;
    struct unit_set *sets = arena_alloc(source->arena, (count + 1) * sizeof *sets);
    for (size_t i = 0; i < count; i++) {
        struct yaml_reader item = charter_item(&source->root, "unit_sets", list, i);
        charter_set_read(source, &item, &sets[i]);
    }
    source->charter->sets = sets;
    source->charter->sets_count = count;
}

void charter_units_read(struct charter_source *source)
{
    const struct yaml_node *list = charter_list(&source->root, "units", YAML_NEED);
    size_t count = list != NULL ? list->count : 0;
    struct unit *units = arena_alloc(source->arena, (count + 1) * sizeof *units);
    source->unit_names = arena_alloc(source->arena, CHARTER_UNIT_NAMES_MAX * sizeof *source->unit_names);
    source->charter->units = units;
    for (size_t i = 0; i < count; i++) {
        struct yaml_reader item = charter_item(&source->root, "units", list, i);
        if (charter_unit_read(source, &item, &units[source->charter->units_count]))
            source->charter->units_count++;
    }
    charter_sets_read(source);
}

/* The nearest spelling, or else the unit that it may stand for. */
static void charter_unit_unknown(const struct charter_source *source, struct place place, struct text path,
                                 struct text name)
{
    struct text guess;
    bool full = source->findings->count == YAML_COMPLAINTS_MAX;
    if (full || text_nearest(name, source->unit_names, source->unit_names_count) >= 0 ||
        charter_unit_nearest(source->charter, name, &guess, 1) == 0)
        charter_unknown(source, place, path, "unit", name, source->unit_names, source->unit_names_count);
    else
        finding_add(source->findings, SEVERITY_ERROR, place, path,
                    "unknown unit \"%.*s\"; nearest known: \"%.*s\"", TEXT_PRINT(name), TEXT_PRINT(guess));
}

struct names charter_unit_names(const struct charter_source *source, const struct yaml_reader *reader,
                                const char *key, enum yaml_want want)
{
    const struct charter *charter = source->charter;
    struct names names = charter_names(reader, key, want);
    for (size_t i = 0; i < names.count; i++)
        if (charter_unit(charter, names.at[i]) == NULL && charter_set(charter, names.at[i]) == NULL)
            charter_unit_unknown(source, charter_item_place(reader, key, i), yaml_path_item(reader, key, i),
                                 names.at[i]);
    return names;
}

/* ---- levels ---- */

/* Level ids become the last segment of event types: issue.escalated.<level>. */
static bool charter_level_id_is_fit(struct text id)
{
    const size_t bytes_max = 64;
    for (size_t i = 0; i < id.bytes; i++)
        if (!((id.at[i] >= 'a' && id.at[i] <= 'z') || (id.at[i] >= '0' && id.at[i] <= '9') ||
              id.at[i] == '-'))
            return false;
    return id.bytes > 0 && id.bytes <= bytes_max;
}

/* A level's id is the label of its deadline too: words that label other deadlines are taken. */
static void charter_level_label_check(const struct yaml_reader *reader, struct text id)
{
    static const char *const taken[] = {"confirmation", "resolution", "task", "period"};
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        if (text_is(id, taken[i]))
            finding_add(reader->findings, SEVERITY_ERROR, yaml_get(reader->map, "id")->place,
                        yaml_path_key(reader, "id"), "\"%s\" cannot be a level's id: other deadlines have it",
                        taken[i]);
}

static void charter_need_read(struct charter_source *source, const struct yaml_reader *reader,
                              struct text level, struct need *need)
{
    static const char *const known[] = {"need", "heads", "heads_default", "clause", "default", NULL};
    static const char *const kinds[] = {
        [NEED_ATTEMPT] = "attempt",           [NEED_OPINIONS] = "opinions",   [NEED_PROPOSAL] = "proposal",
        [NEED_CONSENT] = "consent",           [NEED_CHECKLIST] = "checklist", [NEED_ISSUELIST] = "issuelist",
        [NEED_DELIBERATION] = "deliberation", [NEED_DELIBERATION + 1] = NULL};
    static const char *const heads[] = {"all", "any", NULL};
    yaml_check_keys(reader->map, known, reader->path, reader->findings);
    int kind = yaml_read_word(reader, "need", YAML_NEED, kinds);
    need->kind = kind >= 0 ? (enum need_kind)kind : NEED_ATTEMPT;
    need->any_head = yaml_read_word(reader, "heads", YAML_MAY, heads) == 1;
    (void)yaml_read_bool(reader, "heads_default", &need->heads_default);
    need->rule =
        charter_rule(source, reader,
                     arena_printf(source->arena, "levels.%.*s.up.%s", TEXT_PRINT(level), kinds[need->kind]));
    if (need->kind != NEED_CONSENT && yaml_get(reader->map, "heads") != NULL)
        finding_add(reader->findings, SEVERITY_ERROR, reader->map->place, reader->path,
                    "\"heads\" has a meaning only with consent");
}

static void charter_needs_read(struct charter_source *source, const struct yaml_reader *reader,
                               struct level *level)
{
    const struct yaml_node *list = charter_list(reader, "up", YAML_MAY);
    size_t count = list != NULL ? list->count : 0;
    struct need *needs = arena_alloc(source->arena, (count + 1) * sizeof *needs);
    for (size_t i = 0; i < count; i++) {
        struct yaml_reader item = charter_item(reader, "up", list, i);
        charter_need_read(source, &item, level->id, &needs[i]);
        for (size_t k = 0; k < i; k++)
            if (needs[k].kind == needs[i].kind)
                finding_add(reader->findings, SEVERITY_ERROR, item.map->place, item.path,
                            "the need \"%s\" stands here twice", need_text(needs[i].kind));
    }
    level->needs = needs;
    level->needs_count = count;
}

/* Going up stands in a clause of its own in some documents; else it is the level's. */
static void charter_up_read(struct charter_source *source, const struct yaml_reader *reader,
                            struct level *level)
{
    struct yaml_reader up = {yaml_get(reader->map, "up"), reader->path, reader->findings};
    struct text path = arena_printf(source->arena, "levels.%.*s.up", TEXT_PRINT(level->id));
    level->up_rule = charter_rule(source, up.map != NULL ? &up : reader, path);
    level->up_rule.clause = level->rule.clause;
    level->up_rule.is_default = level->rule.is_default;
    (void)yaml_read_text(reader, "up_clause", YAML_MAY, &level->up_rule.clause);
    charter_needs_read(source, reader, level);
}

/* "limit: 15wd", or "limit: {is: 15wd, clause: …, default: true}". */
static void charter_level_limit_read(struct charter_source *source, const struct yaml_reader *reader,
                                     struct level *level)
{
    static const char *const known[] = {"is", "clause", "default", NULL};
    struct text path = arena_printf(source->arena, "levels.%.*s.limit", TEXT_PRINT(level->id));
    const struct yaml_node *node = yaml_read_node(reader, "limit", YAML_NEED);
    level->limit_rule_place = level->rule;
    level->limit_rule_place.path = path;
    level->limit_text = TEXT("undated");
    if (node == NULL)
        return;
    if (node->kind != YAML_MAP) {
        (void)charter_limit(source, reader, "limit", YAML_NEED, &level->limit, &level->limit_text);
        return;
    }
    struct yaml_reader inner = {node, yaml_path_key(reader, "limit"), reader->findings};
    yaml_check_keys(node, known, inner.path, reader->findings);
    (void)charter_limit(source, &inner, "is", YAML_NEED, &level->limit, &level->limit_text);
    level->limit_rule_place = charter_rule(source, &inner, path);
}

static void charter_level_read(struct charter_source *source, const struct yaml_reader *reader,
                               struct level *level)
{
    static const char *const known[] = {
        "id",      "name",        "clause",    "default",   "per_area",
        "limit",   "up",          "decides",   "reminders", "reminders_indicator",
        "settles", "may_skip_to", "up_clause", "entry",     NULL};
    yaml_check_keys(reader->map, known, reader->path, reader->findings);
    if (yaml_read_text(reader, "id", YAML_NEED, &level->id) && !charter_level_id_is_fit(level->id))
        finding_add(reader->findings, SEVERITY_ERROR, yaml_get(reader->map, "id")->place,
                    yaml_path_key(reader, "id"),
                    "a level's id must be of a-z, 0-9 and -, at most 64: \"%.*s\"", TEXT_PRINT(level->id));
    charter_level_label_check(reader, level->id);
    (void)yaml_read_name(reader, "name", YAML_NEED, &level->name);
    (void)yaml_read_bool(reader, "per_area", &level->per_area);
    (void)yaml_read_bool(reader, "decides", &level->decides);
    (void)yaml_read_bool(reader, "settles", &level->settles);
    (void)yaml_read_bool(reader, "entry", &level->entry);
    level->rule =
        charter_rule(source, reader, arena_printf(source->arena, "levels.%.*s", TEXT_PRINT(level->id)));
    charter_level_limit_read(source, reader, level);
    level->reminders = charter_reminders(source, reader, "reminders", &level->limit);
    level->reminders_indicator = charter_reminders(source, reader, "reminders_indicator", &level->limit);
    level->may_skip_to = charter_names(reader, "may_skip_to", YAML_MAY);
    charter_up_read(source, reader, level);
}

/* A level may skip to levels above the next one. */
static void charter_skips_check(struct charter_source *source, const struct yaml_node *list)
{
    const struct charter *charter = source->charter;
    for (size_t i = 0; i < charter->levels_count; i++) {
        struct yaml_reader item = charter_item(&source->root, "levels", list, i);
        for (size_t k = 0; k < charter->levels[i].may_skip_to.count; k++) {
            struct text to = charter->levels[i].may_skip_to.at[k];
            const struct level *target = charter_level(charter, to);
            struct place place = charter_item_place(&item, "may_skip_to", k);
            struct text path = yaml_path_item(&item, "may_skip_to", k);
            if (target == NULL)
                finding_add(source->findings, SEVERITY_ERROR, place, path, "unknown level \"%.*s\"",
                            TEXT_PRINT(to));
            else if (target <= &charter->levels[i])
                finding_add(source->findings, SEVERITY_ERROR, place, path,
                            "\"%.*s\" is no level above this one", TEXT_PRINT(to));
        }
    }
}

void charter_levels_read(struct charter_source *source)
{
    const struct yaml_node *list = charter_list(&source->root, "levels", YAML_NEED);
    const size_t levels_max = 16;
    if (list == NULL)
        return;
    if (list->count == 0 || list->count > levels_max) {
        finding_add(source->findings, SEVERITY_ERROR, list->place, TEXT("levels"),
                    "there must be 1 to %zu levels", levels_max);
        return;
    }
    struct level *levels = arena_alloc(source->arena, list->count * sizeof *levels);
    for (size_t i = 0; i < list->count; i++) {
        struct yaml_reader item = charter_item(&source->root, "levels", list, i);
        charter_level_read(source, &item, &levels[i]);
        (void)charter_is_new(&item, "level", levels[i].id, levels, i, sizeof *levels);
    }
    source->charter->levels = levels;
    source->charter->levels_count = list->count;
    charter_skips_check(source, list);
}
