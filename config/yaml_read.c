/* yaml_read.c - see yaml_read.h. What is read stays where yaml_parse put it: views into the arena. */
#include "config/yaml_read.h"

#include "base/civil.h"
#include "base/limits.h"
#include "base/log.h"

struct text yaml_path_key(const struct yaml_reader *reader, const char *key)
{
    struct arena *arena = reader->findings->arena;
    if (reader->path.bytes == 0)
        return arena_text_copy(arena, text_from(key));
    return arena_printf(arena, "%.*s.%s", TEXT_PRINT(reader->path), key);
}

struct text yaml_path_item(const struct yaml_reader *reader, const char *key, size_t index)
{
    struct text path = yaml_path_key(reader, key);
    return arena_printf(reader->findings->arena, "%.*s[%zu]", TEXT_PRINT(path), index);
}

const struct yaml_node *yaml_read_node(const struct yaml_reader *reader, const char *key, enum yaml_want want)
{
    const struct yaml_node *node = yaml_get(reader->map, key);
    if (node == NULL && want == YAML_NEED)
        finding_add(reader->findings, SEVERITY_ERROR,
                    reader->map != NULL ? reader->map->place : (struct place){1, 1},
                    yaml_path_key(reader, key), "\"%s\" is missing", key);
    return node;
}

static const struct yaml_node *yaml_read_kind(const struct yaml_reader *reader, const char *key,
                                              enum yaml_want want, enum yaml_kind kind)
{
    static const char *const names[] = {
        [YAML_SCALAR] = "a word or line", [YAML_LIST] = "a list", [YAML_MAP] = "a map"};
    const struct yaml_node *node = yaml_read_node(reader, key, want);
    if (node == NULL || node->kind == kind)
        return node;
    finding_add(reader->findings, SEVERITY_ERROR, node->place, yaml_path_key(reader, key),
                "\"%s\" must be %s", key, names[kind]);
    return NULL;
}

const struct yaml_node *yaml_read_map(const struct yaml_reader *reader, const char *key, enum yaml_want want)
{
    return yaml_read_kind(reader, key, want, YAML_MAP);
}

const struct yaml_node *yaml_read_list(const struct yaml_reader *reader, const char *key, enum yaml_want want)
{
    return yaml_read_kind(reader, key, want, YAML_LIST);
}

/* What is wrong with a line of text, or NULL. */
static const char *yaml_line_fault(struct text t, size_t bytes_max)
{
    if (t.bytes == 0)
        return "must not be empty";
    if (t.bytes > bytes_max)
        return "is too long";
    if (text_has_control(t, ""))
        return "must be one line";
    if (text_has_blank_end(t))
        return "must not begin or end with a blank";
    return NULL;
}

bool yaml_read_bounded(const struct yaml_reader *reader, const char *key, enum yaml_want want,
                       size_t bytes_max, struct text *out)
{
    const struct yaml_node *node = yaml_read_kind(reader, key, want, YAML_SCALAR);
    if (node == NULL)
        return false;
    const char *fault = yaml_line_fault(node->scalar, bytes_max);
    if (fault != NULL) {
        finding_add(reader->findings, SEVERITY_ERROR, node->place, yaml_path_key(reader, key),
                    "\"%s\" %s (at most %zu bytes)", key, fault, bytes_max);
        return false;
    }
    *out = node->scalar;
    return true;
}

bool yaml_read_text(const struct yaml_reader *reader, const char *key, enum yaml_want want, struct text *out)
{
    return yaml_read_bounded(reader, key, want, YAML_TEXT_BYTES_MAX, out);
}

bool yaml_read_name(const struct yaml_reader *reader, const char *key, enum yaml_want want, struct text *out)
{
    return yaml_read_bounded(reader, key, want, YAML_NAME_BYTES_MAX, out);
}

static void yaml_unfit(const struct yaml_reader *reader, const char *key, const char *what)
{
    const struct yaml_node *node = yaml_get(reader->map, key);
    finding_add(reader->findings, SEVERITY_ERROR, node->place, yaml_path_key(reader, key),
                "\"%s\" must be %s, not \"%.*s\"", key, what, TEXT_PRINT(node->scalar));
}

bool yaml_read_bool(const struct yaml_reader *reader, const char *key, bool *out)
{
    struct text t;
    if (!yaml_read_text(reader, key, YAML_MAY, &t))
        return false;
    bool is_true = text_is(t, "true"), is_false = text_is(t, "false");
    if (is_true || is_false)
        *out = is_true;
    else
        yaml_unfit(reader, key, "true or false");
    return is_true || is_false;
}

bool yaml_read_int(const struct yaml_reader *reader, const char *key, int64_t low, int64_t high, int64_t *out)
{
    struct text t;
    int64_t value;
    if (!yaml_read_text(reader, key, YAML_MAY, &t))
        return false;
    if (!text_parse_i64(t, &value) || value < low || value > high) {
        finding_add(reader->findings, SEVERITY_ERROR, yaml_get(reader->map, key)->place,
                    yaml_path_key(reader, key),
                    "\"%s\" must be a whole number from %lld to %lld, not \"%.*s\"", key, (long long)low,
                    (long long)high, TEXT_PRINT(t));
        return false;
    }
    *out = value;
    return true;
}

bool yaml_read_date(const struct yaml_reader *reader, const char *key, enum yaml_want want, int32_t *day_out)
{
    struct text t;
    if (!yaml_read_text(reader, key, want, &t))
        return false;
    if (civil_parse_date(t, day_out))
        return true;
    yaml_unfit(reader, key, "a real date such as 2020-01-20");
    return false;
}

static bool yaml_name_check(const struct yaml_reader *reader, const char *key, const struct yaml_node *item,
                            const struct text *before, size_t index)
{
    struct text path = yaml_path_item(reader, key, index);
    const char *fault =
        item->kind == YAML_SCALAR ? yaml_line_fault(item->scalar, YAML_NAME_BYTES_MAX) : "must be a name";
    if (fault != NULL) {
        finding_add(reader->findings, SEVERITY_ERROR, item->place, path, "a name in \"%s\" %s", key, fault);
        return false;
    }
    for (size_t i = 0; i < index; i++)
        if (text_equal(before[i], item->scalar)) {
            finding_add(reader->findings, SEVERITY_ERROR, item->place, path,
                        "\"%.*s\" stands twice in \"%s\"", TEXT_PRINT(item->scalar), key);
            return false;
        }
    return true;
}

bool yaml_read_names(const struct yaml_reader *reader, const char *key, enum yaml_want want,
                     const struct text **at_out, size_t *count_out)
{
    *at_out = NULL;
    *count_out = 0;
    const struct yaml_node *node = yaml_read_node(reader, key, want);
    if (node == NULL)
        return false;
    if (node->kind == YAML_MAP || (node->kind == YAML_LIST && node->count > LIST_COUNT_MAX)) {
        finding_add(reader->findings, SEVERITY_ERROR, node->place, yaml_path_key(reader, key),
                    "\"%s\" must be a list of at most %d names", key, (int)LIST_COUNT_MAX);
        return false;
    }
    size_t count = node->kind == YAML_LIST ? node->count : 1;
    struct text *names = arena_alloc(reader->findings->arena, (count + 1) * sizeof *names);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *item = node->kind == YAML_LIST ? node->items[i] : node;
        if (!yaml_name_check(reader, key, item, names, i))
            return false;
        names[i] = item->scalar;
    }
    *at_out = names;
    *count_out = count;
    return true;
}

static void yaml_word_unknown(const struct yaml_reader *reader, const char *key, struct text t,
                              const struct text *words, size_t count)
{
    struct arena *arena = reader->findings->arena;
    int nearest = text_nearest(t, words, count);
    struct text hint = TEXT("known:");
    if (nearest >= 0)
        hint = arena_printf(arena, "nearest known: \"%.*s\"", TEXT_PRINT(words[nearest]));
    for (size_t i = 0; nearest < 0 && i < count; i++)
        hint = arena_printf(arena, "%.*s%s %.*s", TEXT_PRINT(hint), i > 0 ? "," : "", TEXT_PRINT(words[i]));
    finding_add(reader->findings, SEVERITY_ERROR, yaml_get(reader->map, key)->place,
                yaml_path_key(reader, key), "unknown word \"%.*s\" in \"%s\"; %.*s", TEXT_PRINT(t), key,
                TEXT_PRINT(hint));
}

int yaml_read_word(const struct yaml_reader *reader, const char *key, enum yaml_want want,
                   const char *const *words)
{
    struct text t, list[32];
    if (!yaml_read_text(reader, key, want, &t))
        return -1;
    size_t count = 0;
    for (; words[count] != NULL; count++) {
        ASSERT(count < sizeof list / sizeof list[0]);
        list[count] = text_from(words[count]);
        if (text_equal(t, list[count]))
            return (int)count;
    }
    yaml_word_unknown(reader, key, t, list, count);
    return -1;
}
