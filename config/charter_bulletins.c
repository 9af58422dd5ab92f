/* charter_bulletins.c - `bulletins` and `common`: what is reported, to whom, and what counts as a problem in
 * common (S0-11, S0-19, S0-20).
 */
#include "config/charter_source.h"

const char *const charter_bulletin_sections[] = {"task-lists", "issues",      "plans",  "speed",
                                                 "reporting",  "progress",    "major",  "common",
                                                 "proposals",  "supervision", "scores", NULL};

/* ---- whom a bulletin reaches ---- */

static void charter_to_check(struct charter_source *source, const struct yaml_reader *reader, struct names to)
{
    static const char *const words[] = {"heads", "lead-units", "office"};
    enum { WORDS = sizeof words / sizeof words[0] };
    const struct charter *charter = source->charter;
    size_t count = 0;
    struct text *known =
        arena_alloc(source->arena, (WORDS + charter->levels_count + charter->posts_count) * sizeof *known);
    for (size_t i = 0; i < WORDS; i++)
        known[count++] = text_from(words[i]);
    for (size_t i = 0; i < charter->levels_count; i++)
        known[count++] = charter->levels[i].id;
    for (size_t i = 0; i < charter->posts_count; i++)
        known[count++] = charter->posts[i].id;
    for (size_t i = 0; i < to.count; i++) {
        bool found = false;
        for (size_t k = 0; k < count && !found; k++)
            found = text_equal(known[k], to.at[i]);
        if (!found)
            charter_unknown(source, charter_item_place(reader, "to", i), yaml_path_item(reader, "to", i),
                            "addressee", to.at[i], known, count);
        if (text_is(to.at[i], "office") && charter_level(charter, to.at[i]) == NULL &&
            charter_office_level(charter, NULL) == NULL)
            finding_add(source->findings, SEVERITY_ERROR, charter_item_place(reader, "to", i),
                        yaml_path_item(reader, "to", i),
                        "there is no office: no level decides, and \"tasklist\" names none");
    }
}

static void charter_redact_read(struct charter_source *source, const struct yaml_reader *reader,
                                struct bulletin_rule *bulletin)
{
    static const struct text words[] = {{"raiser", 6}, {"persons", 7}};
    struct names redact = charter_names(reader, "redact", YAML_MAY);
    for (size_t i = 0; i < redact.count; i++)
        if (text_equal(redact.at[i], words[0]))
            bulletin->redact_raiser = true;
        else if (text_equal(redact.at[i], words[1]))
            bulletin->redact_persons = true;
        else
            charter_unknown(source, charter_item_place(reader, "redact", i),
                            yaml_path_item(reader, "redact", i), "word", redact.at[i], words, 2);
}

/* ---- bulletins ---- */

/* "issuer: NAME", or "issuer: {is: NAME, clause, default}"; what is left out is the bulletin's own. */
static void charter_issuer_read(const struct charter_source *source, const struct yaml_reader *reader,
                                struct bulletin_rule *bulletin)
{
    static const char *const known[] = {"is", "clause", "default", NULL};
    const struct yaml_node *node = yaml_get(reader->map, "issuer");
    struct text path = arena_printf(source->arena, "%.*s.issuer", TEXT_PRINT(bulletin->rule.path));
    bulletin->issuer = TEXT("");
    bulletin->issuer_rule = bulletin->rule;
    bulletin->issuer_rule.path = path;
    if (node == NULL || node->kind != YAML_MAP) {
        (void)yaml_read_name(reader, "issuer", YAML_MAY, &bulletin->issuer);
        return;
    }
    struct yaml_reader item = {node, yaml_path_key(reader, "issuer"), reader->findings};
    yaml_check_keys(node, known, item.path, item.findings);
    (void)yaml_read_name(&item, "is", YAML_NEED, &bulletin->issuer);
    bulletin->issuer_rule = charter_rule(source, &item, path);
    if (bulletin->issuer_rule.clause.bytes == 0)
        bulletin->issuer_rule.clause = bulletin->rule.clause;
}

static void charter_bulletin_sections_read(const struct yaml_reader *reader, struct bulletin_rule *bulletin)
{
    static const char *const known[] = {"id", "title", NULL};
    const struct yaml_node *list = yaml_read_list(reader, "sections", YAML_NEED);
    if (list == NULL)
        return;
    if (list->count == 0 || list->count > BULLETIN_SECTIONS_MAX) {
        finding_add(reader->findings, SEVERITY_ERROR, list->place, yaml_path_key(reader, "sections"),
                    "there must be 1 to %d sections", BULLETIN_SECTIONS_MAX);
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        struct yaml_reader item = charter_item(reader, "sections", list, i);
        yaml_check_keys(item.map, known, item.path, item.findings);
        int id = yaml_read_word(&item, "id", YAML_NEED, charter_bulletin_sections);
        bulletin->sections[i] = text_from(charter_bulletin_sections[id >= 0 ? id : 0]);
        (void)yaml_read_name(&item, "title", YAML_NEED, &bulletin->section_titles[i]);
        if (id >= 0)
            (void)charter_is_new(&item, "section", bulletin->sections[i], bulletin->sections, i,
                                 sizeof bulletin->sections[0]);
    }
    bulletin->sections_count = list->count;
}

static void charter_bulletin_read(struct charter_source *source, const struct yaml_reader *reader,
                                  struct bulletin_rule *bulletin)
{
    static const char *const known[] = {"id",     "title", "audience", "issuer", "to",      "redact",
                                        "period", "due",   "sections", "clause", "default", NULL};
    static const char *const periods[] = {[PERIOD_MONTH] = "month", [PERIOD_QUARTER] = "quarter", NULL};
    struct limit_rule due;
    yaml_check_keys(reader->map, known, reader->path, reader->findings);
    bulletin->audience = TEXT("");
    (void)yaml_read_bounded(reader, "id", YAML_NEED, CHARTER_BULLETIN_BYTES_MAX, &bulletin->id);
    (void)yaml_read_text(reader, "title", YAML_NEED, &bulletin->title);
    (void)yaml_read_name(reader, "audience", YAML_MAY, &bulletin->audience);
    bulletin->to = charter_names(reader, "to", YAML_MAY);
    charter_to_check(source, reader, bulletin->to);
    charter_redact_read(source, reader, bulletin);
    bulletin->period = yaml_read_word(reader, "period", YAML_NEED, periods) == PERIOD_QUARTER ? PERIOD_QUARTER
                                                                                              : PERIOD_MONTH;
    if (charter_limit(source, reader, "due", YAML_NEED, &due, &bulletin->due) &&
        (due.unit == LIMIT_UNDATED || due.unit == LIMIT_BY))
        finding_add(source->findings, SEVERITY_ERROR, yaml_get(reader->map, "due")->place,
                    yaml_path_key(reader, "due"), "\"due\" must be an amount of time after the period's end");
    charter_bulletin_sections_read(reader, bulletin);
    bulletin->rule =
        charter_rule(source, reader, arena_printf(source->arena, "bulletins.%.*s", TEXT_PRINT(bulletin->id)));
    charter_issuer_read(source, reader, bulletin);
}

static void charter_bulletins_list_read(struct charter_source *source)
{
    const struct yaml_node *list = charter_list(&source->root, "bulletins", YAML_MAY);
    size_t count = list != NULL ? list->count : 0;
    struct bulletin_rule *bulletins = arena_alloc(source->arena, (count + 1) * sizeof *bulletins);
    for (size_t i = 0; i < count; i++) {
        struct yaml_reader item = charter_item(&source->root, "bulletins", list, i);
        charter_bulletin_read(source, &item, &bulletins[i]);
        (void)charter_is_new(&item, "bulletin", bulletins[i].id, bulletins, i, sizeof *bulletins);
    }
    source->charter->bulletins = bulletins;
    source->charter->bulletins_count = count;
}

/* ---- problems in common ---- */

static void charter_common_by_read(struct charter_source *source, const struct yaml_reader *reader,
                                   struct common_rule *common)
{
    static const struct text words[] = {{"class", 5}, {"title", 5}};
    struct names by = charter_names(reader, "by", YAML_MAY);
    if (by.count == 0)
        return;
    common->by_class = common->by_title = false;
    for (size_t i = 0; i < by.count; i++)
        if (text_equal(by.at[i], words[0]))
            common->by_class = true;
        else if (text_equal(by.at[i], words[1]))
            common->by_title = true;
        else
            charter_unknown(source, charter_item_place(reader, "by", i), yaml_path_item(reader, "by", i),
                            "word", by.at[i], words, 2);
}

/* S0-11 names problems in common and does not say what they are: half of the pairs of characters, three
 * issues, two areas are parameters. */
static void charter_common_read(struct charter_source *source)
{
    static const char *const known[] = {"similarity", "at_least", "areas", "by", "clause", "default", NULL};
    struct yaml_reader section = {yaml_read_map(&source->root, "common", YAML_MAY), TEXT("common"),
                                  source->findings};
    int64_t similarity = 50, at_least = 3, areas = 2;
    struct common_rule *common = &source->charter->common;
    *common = (struct common_rule){.by_class = true, .by_title = true};
    common->rule = charter_rule(source, section.map != NULL ? &section : &source->root, TEXT("common"));
    if (section.map == NULL) {
        common->rule.clause = TEXT("");
        common->rule.is_default = true;
    }
    yaml_check_keys(section.map, known, section.path, source->findings);
    (void)yaml_read_int(&section, "similarity", 1, 100, &similarity);
    (void)yaml_read_int(&section, "at_least", 2, CHARTER_LIST_MAX, &at_least);
    (void)yaml_read_int(&section, "areas", 1, CHARTER_LIST_MAX, &areas);
    charter_common_by_read(source, &section, common);
    common->similarity = (int)similarity;
    common->at_least = (int)at_least;
    common->areas = (int)areas;
}

void charter_bulletins_read(struct charter_source *source)
{
    charter_bulletins_list_read(source);
    charter_common_read(source);
}
