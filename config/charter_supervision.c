/* charter_supervision.c - the sections `supervision` and `evaluations` (S0-12, S0-13, S0-21 to S0-23). */
#include "config/charter_source.h"

#include "base/log.h"

static const char *const source_texts[] = {
    [SOURCE_SELFCHECK] = "selfcheck", [SOURCE_CHECK] = "check",   [SOURCE_ON_TIME] = "on-time",
    [SOURCE_FINDINGS] = "findings",   [SOURCE_MISSED] = "missed", [SOURCE_KIND_COUNT] = NULL};

const char *source_text(enum source_kind kind)
{
    ASSERT(kind < SOURCE_KIND_COUNT);
    return source_texts[kind];
}

/* ---- shared ---- */

/* "key: LIMIT", or "key: {is: LIMIT, clause: …, default: true}"; what is left out of it is the section's. */
static void supervision_limit_read(struct charter_source *source, const struct yaml_reader *reader,
                                   const char *key, const struct rule *section, struct text *text_out,
                                   struct rule *rule_out)
{
    static const char *const known[] = {"is", "clause", "default", NULL};
    const struct yaml_node *node = yaml_get(reader->map, key);
    struct limit_rule limit;
    struct text path = arena_printf(source->arena, "%.*s.%s", TEXT_PRINT(section->path), key);
    *rule_out = *section;
    rule_out->path = path;
    rule_out->is_default = section->is_default || node == NULL;
    if (node == NULL || node->kind != YAML_MAP) {
        (void)charter_limit(source, reader, key, YAML_MAY, &limit, text_out);
        return;
    }
    struct yaml_reader inner = {node, yaml_path_key(reader, key), reader->findings};
    yaml_check_keys(node, known, inner.path, reader->findings);
    (void)charter_limit(source, &inner, "is", YAML_NEED, &limit, text_out);
    *rule_out = charter_rule(source, &inner, path);
    if (rule_out->clause.bytes == 0)
        rule_out->clause = section->clause;
}

/* Posts of the charter, each of which must be known. */
static struct names supervision_posts_read(struct charter_source *source, const struct yaml_reader *reader,
                                           const char *key, enum yaml_want want)
{
    const struct charter *charter = source->charter;
    struct names names = charter_names(reader, key, want);
    struct text *ids = arena_alloc(source->arena, (charter->posts_count + 1) * sizeof *ids);
    for (size_t i = 0; i < charter->posts_count; i++)
        ids[i] = charter->posts[i].id;
    for (size_t i = 0; i < names.count; i++)
        if (charter_post(charter, names.at[i]) == NULL)
            charter_unknown(source, charter_item_place(reader, key, i), yaml_path_item(reader, key, i),
                            "post", names.at[i], ids, charter->posts_count);
    return names;
}

/* ---- supervision ---- */

static void supervision_origins_read(struct charter_source *source, const struct yaml_reader *reader,
                                     struct supervision_rules *rules)
{
    static const struct text words[] = {{"decision", 8}, {"coordination", 12}, {"document", 8}};
    bool *const flags[] = {&rules->decisions, &rules->coordinated, &rules->documents};
    enum { WORDS = sizeof words / sizeof words[0] };
    struct names names = charter_names(reader, "origins", YAML_NEED);
    for (size_t i = 0; i < names.count; i++) {
        bool found = false;
        for (size_t k = 0; k < WORDS; k++)
            if (text_equal(words[k], names.at[i]))
                found = *flags[k] = true;
        if (!found)
            charter_unknown(source, charter_item_place(reader, "origins", i),
                            yaml_path_item(reader, "origins", i), "origin", names.at[i], words, WORDS);
    }
}

/* S0-13: who may hand matters down; by default the heads of the bodies that decide. */
static void supervision_leaders_read(struct charter_source *source, const struct yaml_reader *reader,
                                     struct supervision_rules *rules)
{
    const struct charter *charter = source->charter;
    rules->leaders = supervision_posts_read(source, reader, "leaders", YAML_MAY);
    rules->leaders_rule = rules->rule;
    rules->leaders_rule.path = TEXT("supervision.leaders");
    if (rules->leaders.count > 0)
        return;
    rules->leaders_rule.is_default = true;
    struct text *at = arena_alloc(source->arena, (charter->posts_count + 1) * sizeof *at);
    size_t count = 0;
    for (size_t i = 0; i < charter->bodies_count; i++) {
        const struct body *body = &charter->bodies[i];
        const struct level *level = charter_level(charter, body->level);
        for (size_t k = 0; level != NULL && level->decides && k < body->head_posts.count; k++)
            if (count < charter->posts_count)
                at[count++] = body->head_posts.at[k];
    }
    rules->leaders = (struct names){at, count};
}

static void supervision_standing_read(struct charter_source *source, const struct yaml_reader *reader,
                                      struct standing_item *item)
{
    static const char *const known[] = {"id", "title", "units", "limit", "clause", "default", NULL};
    struct limit_rule limit;
    yaml_check_keys(reader->map, known, reader->path, reader->findings);
    (void)yaml_read_bounded(reader, "id", YAML_NEED, CHARTER_NAME_BYTES_MAX, &item->id);
    (void)yaml_read_text(reader, "title", YAML_NEED, &item->title);
    item->units = charter_unit_names(source, reader, "units", YAML_NEED);
    (void)charter_limit(source, reader, "limit", YAML_MAY, &limit, &item->limit);
    item->rule = charter_rule(source, reader,
                              arena_printf(source->arena, "supervision.standing.%.*s", TEXT_PRINT(item->id)));
}

static void supervision_standings_read(struct charter_source *source, const struct yaml_reader *reader,
                                       struct supervision_rules *rules)
{
    const struct yaml_node *list = charter_list(reader, "standing", YAML_MAY);
    size_t count = list != NULL ? list->count : 0;
    if (count > SUPERVISION_STANDING_MAX) {
        finding_add(reader->findings, SEVERITY_ERROR, list->place, yaml_path_key(reader, "standing"),
                    "\"standing\" has more than %d entries", (int)SUPERVISION_STANDING_MAX);
        return;
    }
    struct standing_item *items = arena_alloc(source->arena, (count + 1) * sizeof *items);
    for (size_t i = 0; i < count; i++) {
        struct yaml_reader item = charter_item(reader, "standing", list, i);
        supervision_standing_read(source, &item, &items[i]);
        (void)charter_is_new(&item, "standing item", items[i].id, items, i, sizeof *items);
    }
    rules->standing = items;
    rules->standing_count = count;
}

static void supervision_section_read(struct charter_source *source)
{
    static const char *const known[] = {"supervisors", "leaders",  "origins", "limit",   "reminders", "reply",
                                        "rectify",     "standing", "clause",  "default", NULL};
    struct supervision_rules *rules = &source->charter->supervision;
    struct yaml_reader section = {yaml_read_map(&source->root, "supervision", YAML_MAY), TEXT("supervision"),
                                  source->findings};
    rules->given = section.map != NULL;
    rules->limit = rules->reply = rules->rectify = TEXT("undated");
    rules->rule = charter_rule(source, rules->given ? &section : &source->root, TEXT("supervision"));
    if (!rules->given) {
        rules->rule.clause = TEXT("");
        rules->rule.is_default = true;
        return;
    }
    yaml_check_keys(section.map, known, section.path, section.findings);
    rules->supervisors = supervision_posts_read(source, &section, "supervisors", YAML_NEED);
    supervision_leaders_read(source, &section, rules);
    supervision_origins_read(source, &section, rules);
    supervision_limit_read(source, &section, "limit", &rules->rule, &rules->limit, &rules->limit_rule);
    supervision_limit_read(source, &section, "reply", &rules->rule, &rules->reply, &rules->reply_rule);
    supervision_limit_read(source, &section, "rectify", &rules->rule, &rules->rectify, &rules->rectify_rule);
    rules->reminders = charter_reminders(source, &section, "reminders", NULL);
    supervision_standings_read(source, &section, rules);
}

/* ---- evaluations ---- */

static bool source_takes_each(enum source_kind kind)
{
    return kind == SOURCE_FINDINGS || kind == SOURCE_MISSED;
}

static void evaluation_source_read(struct charter_source *source, const struct yaml_reader *reader,
                                   struct text evaluation, struct evaluation_source *out)
{
    static const char *const known[] = {"source", "weight", "each", "title", "clause", "default", NULL};
    enum { FULL = 100 };
    int64_t weight = 0, each = 0;
    yaml_check_keys(reader->map, known, reader->path, reader->findings);
    int kind = yaml_read_word(reader, "source", YAML_NEED, source_texts);
    out->kind = kind > 0 ? (enum source_kind)kind : SOURCE_SELFCHECK;
    if (yaml_read_node(reader, "weight", YAML_NEED) != NULL)
        (void)yaml_read_int(reader, "weight", 1, FULL, &weight);
    bool each_given = yaml_read_int(reader, "each", 1, FULL, &each);
    if (kind >= 0 && each_given != source_takes_each(out->kind))
        finding_add(reader->findings, SEVERITY_ERROR, reader->map->place, reader->path,
                    each_given ? "\"each\" is for findings and missed deadlines only"
                               : "\"each\" is missing: how many points each one costs");
    out->weight = (int)weight;
    out->each = (int)each;
    out->title = text_from(source_text(out->kind));
    (void)yaml_read_name(reader, "title", YAML_MAY, &out->title);
    out->rule = charter_rule(
        source, reader,
        arena_printf(source->arena, "evaluations.%.*s.%s", TEXT_PRINT(evaluation), source_text(out->kind)));
}

/* A kind stands once, for a unit's points from it are told by its title. */
static void evaluation_sources_check(const struct yaml_reader *reader, const struct yaml_node *list,
                                     const struct evaluation_rule *rule)
{
    enum { WHOLE = 100 };
    int sum = 0;
    for (size_t i = 0; i < rule->sources_count; i++) {
        sum += rule->sources[i].weight;
        for (size_t k = 0; k < i; k++)
            if (rule->sources[k].kind == rule->sources[i].kind)
                finding_add(reader->findings, SEVERITY_ERROR, list->items[i]->place,
                            yaml_path_item(reader, "sources", i), "source \"%s\" stands here twice",
                            source_text(rule->sources[i].kind));
    }
    if (sum != WHOLE)
        finding_add(reader->findings, SEVERITY_ERROR, list->place, yaml_path_key(reader, "sources"),
                    "the weights add up to %d, not to 100", sum);
}

static void evaluation_sources_read(struct charter_source *source, const struct yaml_reader *reader,
                                    struct evaluation_rule *rule)
{
    const struct yaml_node *list = yaml_read_list(reader, "sources", YAML_NEED);
    if (list == NULL)
        return;
    if (list->count == 0 || list->count > EVALUATION_SOURCES_MAX) {
        finding_add(reader->findings, SEVERITY_ERROR, list->place, yaml_path_key(reader, "sources"),
                    "there must be 1 to %d sources", (int)EVALUATION_SOURCES_MAX);
        return;
    }
    struct evaluation_source *sources = arena_alloc(source->arena, list->count * sizeof *sources);
    for (size_t i = 0; i < list->count; i++) {
        struct yaml_reader item = charter_item(reader, "sources", list, i);
        evaluation_source_read(source, &item, rule->id, &sources[i]);
    }
    rule->sources = sources;
    rule->sources_count = list->count;
    evaluation_sources_check(reader, list, rule);
}

static bool evaluation_asks(const struct evaluation_rule *rule, enum source_kind kind)
{
    for (size_t i = 0; i < rule->sources_count; i++)
        if (rule->sources[i].kind == kind)
            return true;
    return false;
}

/* Who is evaluated, by name; wildcards are resolved here, for the charter's version decides. */
static void evaluation_units_read(struct charter_source *source, const struct yaml_reader *reader,
                                  struct evaluation_rule *rule)
{
    const struct charter *charter = source->charter;
    struct names written = charter_unit_names(source, reader, "units", YAML_MAY);
    struct complaint complaint = {.message = ""};
    struct text *at = arena_alloc(source->arena, (charter->units_count + 1) * sizeof *at);
    size_t count = 0;
    if (written.count > 0) {
        /* an unknown name is an error already */
        (void)charter_expand_units(charter, source->arena, written, &rule->units, &complaint);
        return;
    }
    for (size_t i = 0; i < charter->units_count; i++)
        if (!charter->units[i].external)
            at[count++] = charter->units[i].name;
    rule->units = (struct names){at, count};
    if (count == 0)
        finding_add(reader->findings, SEVERITY_ERROR, reader->map->place, reader->path,
                    "there is no unit to evaluate: all are external");
}

static void evaluation_selfcheck_read(struct charter_source *source, const struct yaml_reader *reader,
                                      struct evaluation_rule *rule)
{
    struct limit_rule limit;
    bool asked = evaluation_asks(rule, SOURCE_SELFCHECK);
    bool given =
        charter_limit(source, reader, "selfcheck", asked ? YAML_NEED : YAML_MAY, &limit, &rule->selfcheck);
    if (given && !asked)
        finding_add(reader->findings, SEVERITY_ERROR, yaml_get(reader->map, "selfcheck")->place,
                    yaml_path_key(reader, "selfcheck"), "no source asks for a self-check");
    if (!asked)
        rule->selfcheck = TEXT("");
}

static void evaluation_due_read(struct charter_source *source, const struct yaml_reader *reader,
                                struct evaluation_rule *rule)
{
    struct limit_rule due;
    if (charter_limit(source, reader, "due", YAML_NEED, &due, &rule->due) &&
        (due.unit == LIMIT_UNDATED || due.unit == LIMIT_BY))
        finding_add(reader->findings, SEVERITY_ERROR, yaml_get(reader->map, "due")->place,
                    yaml_path_key(reader, "due"), "\"due\" must be an amount of time after the period's end");
}

static void evaluation_read(struct charter_source *source, const struct yaml_reader *reader,
                            struct evaluation_rule *rule)
{
    static const char *const known[] = {"id",      "title", "period", "due",     "selfcheck",
                                        "sources", "units", "clause", "default", NULL};
    static const char *const periods[] = {"month", "quarter", "year", NULL};
    static const int months[] = {1, 3, 12};
    yaml_check_keys(reader->map, known, reader->path, reader->findings);
    (void)yaml_read_bounded(reader, "id", YAML_NEED, EVALUATION_ID_BYTES_MAX, &rule->id);
    (void)yaml_read_text(reader, "title", YAML_NEED, &rule->title);
    int period = yaml_read_word(reader, "period", YAML_NEED, periods);
    rule->months = months[period > 0 ? period : 0];
    evaluation_due_read(source, reader, rule);
    evaluation_sources_read(source, reader, rule);
    evaluation_units_read(source, reader, rule);
    evaluation_selfcheck_read(source, reader, rule);
    rule->rule =
        charter_rule(source, reader, arena_printf(source->arena, "evaluations.%.*s", TEXT_PRINT(rule->id)));
}

static size_t evaluation_posts(const struct charter *charter)
{
    size_t count = 0;
    for (size_t i = 0; i < charter->bodies_count; i++)
        count += charter->bodies[i].area.bytes > 0 ? charter->bodies[i].head_posts.count : 0;
    return count;
}

/* A row a unit, one for each of its sources, one for each post that answers. */
static void evaluation_rows_check(const struct charter_source *source, const struct yaml_reader *reader,
                                  const struct evaluation_rule *rule)
{
    size_t rows = rule->units.count * (1 + rule->sources_count) + evaluation_posts(source->charter);
    if (rows > SUPERVISION_ROWS_MAX)
        finding_add(reader->findings, SEVERITY_ERROR, reader->map->place, reader->path,
                    "%zu units with %zu sources make more than %d rows", rule->units.count,
                    rule->sources_count, (int)SUPERVISION_ROWS_MAX);
}

static void evaluations_read(struct charter_source *source)
{
    const struct yaml_node *list = charter_list(&source->root, "evaluations", YAML_MAY);
    size_t count = list != NULL ? list->count : 0, evaluated = 0;
    struct evaluation_rule *rules = arena_alloc(source->arena, (count + 1) * sizeof *rules);
    for (size_t i = 0; i < count; i++) {
        struct yaml_reader item = charter_item(&source->root, "evaluations", list, i);
        evaluation_read(source, &item, &rules[i]);
        evaluation_rows_check(source, &item, &rules[i]);
        (void)charter_is_new(&item, "evaluation", rules[i].id, rules, i, sizeof *rules);
        evaluated += 1 + rules[i].units.count;
    }
    if (evaluated > SUPERVISION_EVALUATED_MAX)
        finding_add(source->findings, SEVERITY_ERROR, list->place, TEXT("evaluations"),
                    "all evaluations together have more than %d units", (int)SUPERVISION_EVALUATED_MAX);
    if (count > 0 && !source->charter->supervision.given)
        finding_add(source->findings, SEVERITY_ERROR, list->place, TEXT("evaluations"),
                    "there is nobody to examine: \"evaluations\" needs \"supervision\"");
    source->charter->supervision.evaluations = rules;
    source->charter->supervision.evaluations_count = count;
}

void charter_supervision_read(struct charter_source *source)
{
    supervision_section_read(source);
    evaluations_read(source);
}
