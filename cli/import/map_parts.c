/* map_parts.c - the small languages within a map: references, times, templates, tests. */
#include "cli/import/map_parts.h"

#include "base/limits.h"
#include "base/log.h"

void map_unknown(const struct map_source *source, struct place place, struct text path, const char *what,
                 struct text name, const struct text *candidates, size_t count)
{
    int nearest = text_nearest(name, candidates, count);
    if (nearest >= 0)
        finding_add(source->findings, SEVERITY_ERROR, place, path,
                    "unknown %s \"%.*s\"; nearest known: \"%.*s\"", what, TEXT_PRINT(name),
                    TEXT_PRINT(candidates[nearest]));
    else
        finding_add(source->findings, SEVERITY_ERROR, place, path, "unknown %s \"%.*s\"", what,
                    TEXT_PRINT(name));
}

static bool map_wrong(const struct map_source *source, struct place place, struct text path, const char *what)
{
    finding_add(source->findings, SEVERITY_ERROR, place, path, "%s", what);
    return false;
}

/* ---- references ---- */

/* Takes "WORD." off the front of *rest. */
static bool ref_takes(struct text *rest, struct text word)
{
    if (!text_starts_with(*rest, word) || rest->bytes <= word.bytes + 1 || rest->at[word.bytes] != '.')
        return false;
    *rest = (struct text){rest->at + word.bytes + 1, rest->bytes - word.bytes - 1};
    return true;
}

static bool ref_column(const struct map_table *table, struct text rest, struct map_ref *ref)
{
    for (size_t i = 0; i < table->columns_count; i++)
        if (text_equal(table->columns[i], rest)) {
            ref->column = i;
            return true;
        }
    if (table->pairs >= 0 && ref_takes(&rest, table->columns[table->pairs])) {
        ref->column = (size_t)table->pairs;
        ref->pair = rest;
        return true;
    }
    return false;
}

/* A column's own name goes before the words that stand in front of others. */
static bool ref_elsewhere(const struct map_source *source, size_t table, struct text written,
                          struct map_ref *ref)
{
    struct text rest = written;
    if (ref_takes(&rest, TEXT("previous")) || ref_takes(&rest, TEXT("next"))) {
        ref->where = text_starts_with(written, TEXT("previous")) ? MAP_PREVIOUS : MAP_NEXT;
        return ref_column(&source->map->tables[table], rest, ref);
    }
    for (size_t i = 0; i < source->map->tables_count; i++) {
        rest = written;
        if (!ref_takes(&rest, source->map->tables[i].name))
            continue;
        ref->table = i;
        ref->where = ref_takes(&rest, TEXT("last")) ? MAP_LAST : MAP_FIRST;
        return ref_column(&source->map->tables[i], rest, ref);
    }
    return false;
}

/* Everything that could stand there, for the nearest name. */
static size_t ref_candidates(const struct map_source *source, size_t table, struct text *out, size_t max)
{
    const struct map *map = source->map;
    size_t count = 0;
    for (size_t t = 0; t < map->tables_count; t++)
        for (size_t c = 0; c < map->tables[t].columns_count && count + 2 < max; c++) {
            struct text name = map->tables[t].name, column = map->tables[t].columns[c];
            if (t == table) {
                out[count++] = column;
                out[count++] = arena_printf(source->arena, "previous.%.*s", TEXT_PRINT(column));
            }
            out[count++] = arena_printf(source->arena, "%.*s.%.*s", TEXT_PRINT(name), TEXT_PRINT(column));
        }
    return count;
}

bool map_read_ref(const struct map_source *source, size_t table, struct text written, struct place place,
                  struct text path, struct map_ref *ref_out)
{
    struct text candidates[MAP_LIST_MAX];
    *ref_out = (struct map_ref){.where = MAP_OWN, .table = table, .written = written};
    if (ref_column(&source->map->tables[table], written, ref_out) ||
        ref_elsewhere(source, table, written, ref_out))
        return true;
    map_unknown(source, place, path, "column", written, candidates,
                ref_candidates(source, table, candidates, MAP_LIST_MAX));
    return false;
}

/* ---- times ---- */

static bool time_amount(struct text written, int64_t *us_out)
{
    static const struct {
        const char *name;
        int64_t us;
    } units[] = {{"d", CIVIL_DAY_US},
                 {"h", 3600 * CIVIL_SECOND_US},
                 {"min", 60 * CIVIL_SECOND_US},
                 {"s", CIVIL_SECOND_US}};
    uint64_t amount;
    size_t digits = 0;
    while (digits < written.bytes && written.at[digits] >= '0' && written.at[digits] <= '9')
        digits++;
    struct text unit = {written.at + digits, written.bytes - digits};
    if (!text_parse_u64((struct text){written.at, digits}, &amount) || amount > 1000000)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (text_is(unit, units[i].name)) {
            *us_out = (int64_t)amount * units[i].us;
            return true;
        }
    return false;
}

static bool time_shift(const struct map_source *source, const struct yaml_reader *reader, const char *key,
                       int64_t sign, int64_t *by_us)
{
    int64_t us;
    struct text written;
    if (!yaml_read_text(reader, key, YAML_MAY, &written))
        return true;
    if (!time_amount(written, &us))
        return map_wrong(source, yaml_get(reader->map, key)->place, yaml_path_key(reader, key),
                         "an amount of d, h, min or s, such as 56d");
    *by_us += sign * us;
    return true;
}

static bool map_read_time_at(const struct map_source *source, size_t table, const struct yaml_node *node,
                             struct text path, int depth, struct map_time *time_out);

static bool time_moved(const struct map_source *source, size_t table, const struct yaml_reader *reader,
                       int depth, struct map_time *time_out)
{
    static const char *const known[] = {"of", "plus", "minus", "at", NULL};
    static const char *const edges[] = {"day-start", "day-end", NULL};
    const struct yaml_node *of = yaml_read_node(reader, "of", YAML_NEED);
    struct map_time *inner = arena_alloc(source->arena, sizeof *inner);
    yaml_check_keys(reader->map, known, reader->path, source->findings);
    if (of == NULL || !map_read_time_at(source, table, of, yaml_path_key(reader, "of"), depth + 1, inner))
        return false;
    int edge = yaml_read_word(reader, "at", YAML_MAY, edges);
    *time_out = (struct map_time){.kind = MAP_TIME_MOVED,
                                  .of = inner,
                                  .of_count = 1,
                                  .edge = edge == 0   ? MAP_EDGE_START
                                          : edge == 1 ? MAP_EDGE_END
                                                      : MAP_EDGE_NONE};
    return time_shift(source, reader, "plus", 1, &time_out->by_us) &&
           time_shift(source, reader, "minus", -1, &time_out->by_us);
}

static bool time_several(const struct map_source *source, size_t table, const struct yaml_node *list,
                         struct text path, int depth, enum map_time_kind kind, struct map_time *time_out)
{
    if (list->kind != YAML_LIST || list->count == 0 || list->count > MAP_LIST_MAX)
        return map_wrong(source, list->place, path, "must be a list of times");
    struct map_time *of = arena_alloc(source->arena, list->count * sizeof *of);
    bool good = true;
    for (size_t i = 0; i < list->count; i++)
        good &= map_read_time_at(source, table, list->items[i], path, depth + 1, &of[i]);
    *time_out = (struct map_time){.kind = kind, .of = of, .of_count = list->count};
    return good;
}

static bool map_read_time_at(const struct map_source *source, size_t table, const struct yaml_node *node,
                             struct text path, int depth, struct map_time *time_out)
{
    *time_out = (struct map_time){.kind = MAP_TIME_CELL};
    if (depth > MAP_DEPTH_MAX)
        return map_wrong(source, node->place, path, "this is too deep");
    if (node->kind == YAML_SCALAR)
        return map_read_ref(source, table, node->scalar, node->place, path, &time_out->cell);
    if (node->kind == YAML_MAP && node->count == 1) {
        bool earliest = text_is(node->keys[0], "earliest");
        if (earliest || text_is(node->keys[0], "latest"))
            return time_several(source, table, node->items[0], path, depth,
                                earliest ? MAP_TIME_EARLIEST : MAP_TIME_LATEST, time_out);
    }
    if (node->kind != YAML_MAP)
        return map_wrong(source, node->place, path,
                         "must be a column, {earliest: […]}, {latest: […]} or {of: …, plus: 56d}");
    struct yaml_reader reader = {.map = node, .path = path, .findings = source->findings};
    return time_moved(source, table, &reader, depth, time_out);
}

bool map_read_time(const struct map_source *source, size_t table, const struct yaml_node *node,
                   struct text path, struct map_time *time_out)
{
    return map_read_time_at(source, table, node, path, 0, time_out);
}

/* ---- templates: "channel={class}", "{level|lines}" ---- */

static const struct map_values *template_values(const struct map_source *source, struct text name,
                                                struct place place, struct text path)
{
    struct text names[MAP_LIST_MAX];
    const struct map *map = source->map;
    for (size_t i = 0; i < map->values_count; i++) {
        names[i] = map->values[i].name;
        if (text_equal(map->values[i].name, name))
            return &map->values[i];
    }
    map_unknown(source, place, path, "value map", name, names, map->values_count);
    return NULL;
}

static bool template_cell(const struct map_source *source, size_t table, struct text inside,
                          struct place place, struct text path, struct map_piece *piece)
{
    const char *bar = memchr(inside.at, '|', inside.bytes);
    struct text written = inside;
    piece->has_cell = true;
    if (bar != NULL) {
        written.bytes = (size_t)(bar - inside.at);
        piece->values =
            template_values(source, (struct text){bar + 1, inside.bytes - written.bytes - 1}, place, path);
    }
    return map_read_ref(source, table, written, place, path, &piece->cell) &&
           (bar == NULL || piece->values != NULL);
}

bool map_read_template(const struct map_source *source, size_t table, const struct yaml_node *node,
                       struct text path, struct map_template *template_out)
{
    if (node->kind != YAML_SCALAR)
        return map_wrong(source, node->place, path, "must be one line, such as \"{column}\"");
    struct text rest = node->scalar;
    struct map_piece *pieces = arena_alloc(source->arena, (rest.bytes / 2 + 1) * sizeof *pieces);
    size_t count = 0;
    while (rest.bytes > 0) {
        struct map_piece *piece = &pieces[count++];
        const char *open = memchr(rest.at, '{', rest.bytes);
        *piece = (struct map_piece){.literal = rest};
        if (open == NULL)
            break;
        piece->literal.bytes = (size_t)(open - rest.at);
        rest = (struct text){open + 1, rest.bytes - piece->literal.bytes - 1};
        const char *close = memchr(rest.at, '}', rest.bytes);
        if (close == NULL || close == rest.at)
            return map_wrong(source, node->place, path, "a { without its column and }");
        struct text inside = {rest.at, (size_t)(close - rest.at)};
        if (!template_cell(source, table, inside, node->place, path, piece))
            return false;
        rest = (struct text){close + 1, rest.bytes - inside.bytes - 1};
    }
    *template_out = (struct map_template){.pieces = pieces, .count = count};
    return true;
}

/* ---- tests ---- */

static const struct {
    const char *name;
    enum map_test_kind kind, otherwise; /* of true and false, where it is a yes or no */
    enum { TEST_WORDS, TEST_ORDER, TEST_FLAG, TEST_TIME } takes;
} test_kinds[] = {{"is", MAP_TEST_IS, MAP_TEST_IS, TEST_WORDS},
                  {"not", MAP_TEST_NOT, MAP_TEST_NOT, TEST_WORDS},
                  {"starts", MAP_TEST_STARTS, MAP_TEST_STARTS, TEST_WORDS},
                  {"present", MAP_TEST_PRESENT, MAP_TEST_ABSENT, TEST_FLAG},
                  {"absent", MAP_TEST_ABSENT, MAP_TEST_PRESENT, TEST_FLAG},
                  {"changes", MAP_TEST_CHANGES, MAP_TEST_CHANGES, TEST_FLAG},
                  {"rises", MAP_TEST_RISES, MAP_TEST_RISES, TEST_ORDER},
                  {"falls", MAP_TEST_FALLS, MAP_TEST_FALLS, TEST_ORDER},
                  {"before", MAP_TEST_BEFORE, MAP_TEST_BEFORE, TEST_TIME},
                  {"until", MAP_TEST_UNTIL, MAP_TEST_UNTIL, TEST_TIME},
                  {"after", MAP_TEST_AFTER, MAP_TEST_AFTER, TEST_TIME},
                  {"from", MAP_TEST_FROM, MAP_TEST_FROM, TEST_TIME}};
enum { TEST_KINDS = sizeof test_kinds / sizeof *test_kinds };

static bool test_words(const struct map_source *source, const struct yaml_node *node, struct text path,
                       struct map_test *test)
{
    size_t count = node->kind == YAML_LIST ? node->count : 1;
    struct text *words = arena_alloc(source->arena, (count + 1) * sizeof *words);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *word = node->kind == YAML_LIST ? node->items[i] : node;
        if (word->kind != YAML_SCALAR)
            return map_wrong(source, word->place, path, "must be a value, or a list of values");
        words[i] = word->scalar;
    }
    test->words = words;
    test->words_count = count;
    return true;
}

static bool test_flag(const struct map_source *source, const struct yaml_node *node, struct text path,
                      bool may_be_false, bool *flag_out)
{
    *flag_out = node->kind == YAML_SCALAR && text_is(node->scalar, "true");
    if (*flag_out || (may_be_false && node->kind == YAML_SCALAR && text_is(node->scalar, "false")))
        return true;
    return map_wrong(source, node->place, path, may_be_false ? "must be true or false" : "must be true");
}

static bool test_operand(const struct map_source *source, size_t table, size_t kind,
                         const struct yaml_node *node, struct text path, struct map_test *test)
{
    bool flag = true, has_otherwise = test_kinds[kind].kind != test_kinds[kind].otherwise;
    test->kind = test_kinds[kind].kind;
    switch (test_kinds[kind].takes) {
    case TEST_WORDS:
        return test_words(source, node, path, test);
    case TEST_ORDER:
        return node->kind == YAML_LIST ? test_words(source, node, path, test)
                                       : test_flag(source, node, path, false, &flag);
    case TEST_TIME:
        return map_read_time(source, table, node, path, &test->time);
    case TEST_FLAG:
        break;
    }
    if (!test_flag(source, node, path, has_otherwise, &flag))
        return false;
    test->kind = flag ? test_kinds[kind].kind : test_kinds[kind].otherwise;
    return true;
}

static bool test_named(const struct map_source *source, size_t table, struct text name, struct place place,
                       const struct yaml_node *node, struct text path, struct map_test *test)
{
    struct text names[TEST_KINDS];
    for (size_t i = 0; i < TEST_KINDS; i++) {
        names[i] = text_from(test_kinds[i].name);
        if (text_equal(names[i], name))
            return test_operand(source, table, i, node, path, test);
    }
    map_unknown(source, place, path, "test", name, names, TEST_KINDS);
    return false;
}

/* row: first, row: last */
static bool test_row(const struct map_source *source, const struct yaml_node *node, struct text path,
                     struct map_test *test)
{
    bool first = node->kind == YAML_SCALAR && text_is(node->scalar, "first");
    test->kind = first ? MAP_TEST_ROW_FIRST : MAP_TEST_ROW_LAST;
    return first || (node->kind == YAML_SCALAR && text_is(node->scalar, "last")) ||
           map_wrong(source, node->place, path, "row must be first or last");
}

bool map_read_tests(const struct map_source *source, size_t table, struct text key, struct place key_place,
                    const struct yaml_node *node, struct text path, struct map_test *tests, size_t *count)
{
    size_t wanted = node->kind == YAML_MAP ? node->count : 1;
    struct map_test test = {.kind = MAP_TEST_IS};
    if (*count + wanted > MAP_TESTS_MAX)
        return map_wrong(source, key_place, path, "too many tests");
    if (text_is(key, "row")) {
        if (!test_row(source, node, path, &test))
            return false;
        tests[(*count)++] = test;
        return true;
    }
    if (!map_read_ref(source, table, key, key_place, path, &test.cell))
        return false;
    if (node->kind != YAML_MAP) {
        tests[*count] = test;
        return test_words(source, node, path, &tests[(*count)++]);
    }
    bool good = true;
    for (size_t i = 0; i < node->count; i++) {
        tests[*count] = test;
        good &= test_named(source, table, node->keys[i], node->key_places[i], node->items[i], path,
                           &tests[(*count)++]);
    }
    return good;
}
