/* charter_bodies.c - bodies and posts.
 *
 * Bodies come from two places: `bodies`, written out, and `areas` x `area_bodies`, a table row for each area
 * and a pattern for each level that has bodies per area (16 rows make 16 groups and 16 teams). A level that
 * is not per area has one body, which serves all areas. Those who head a body bring posts:
 * "<body>.head", or "<body>.head.1" … for joint heads (S0-24). Duties are bound to posts; persons only hold
 * them.
 */
#include "config/charter_source.h"

#include <stdio.h>

#include "base/limits.h"

/* ---- posts ---- */

/* NULL if the id stands already or there are too many, with a finding. */
static struct post *charter_post_add(struct charter_source *source, const struct yaml_reader *reader,
                                     struct text id)
{
    const char *fault = id.bytes > NAME_BYTES_MAX                  ? "the post's id is too long"
                        : source->posts_count == CHARTER_POSTS_MAX ? "there are too many posts"
                                                                   : NULL;
    if (fault != NULL)
        finding_add(source->findings, SEVERITY_ERROR, reader->map->place, reader->path, "%s", fault);
    if (fault != NULL ||
        !charter_is_new(reader, "post", id, source->posts, source->posts_count, sizeof *source->posts))
        return NULL;
    if (source->posts_count == source->posts_room) {
        size_t room = source->posts_room > 0 ? 2 * source->posts_room : 64;
        struct post *posts = arena_alloc(source->arena, room * sizeof *posts);
        if (source->posts_count > 0)
            memcpy(posts, source->posts, source->posts_count * sizeof *posts);
        source->posts = posts;
        source->posts_room = room;
    }
    struct post *post = &source->posts[source->posts_count++];
    *post = (struct post){.id = id, .title = TEXT(""), .place = reader->map->place};
    return post;
}

static void charter_names_append(struct arena *arena, struct names *names, struct text name)
{
    struct text *at = arena_alloc(arena, (names->count + 1) * sizeof *at);
    if (names->count > 0)
        memcpy(at, names->at, names->count * sizeof *at);
    at[names->count] = name;
    *names = (struct names){at, names->count + 1};
}

static struct body *charter_body_find(struct charter_source *source, const struct yaml_reader *reader,
                                      struct text id)
{
    for (size_t i = 0; i < source->bodies_count; i++)
        if (text_equal(source->bodies[i].id, id))
            return &source->bodies[i];
    struct text *ids = arena_alloc(source->arena, (source->bodies_count + 1) * sizeof *ids);
    for (size_t i = 0; i < source->bodies_count; i++)
        ids[i] = source->bodies[i].id;
    charter_unknown(source, yaml_get(reader->map, "body")->place, yaml_path_key(reader, "body"), "body", id,
                    ids, source->bodies_count);
    return NULL;
}

/* A post belongs to the unit itself, by whichever name it was written. */
static struct text charter_unit_canonical(const struct charter_source *source, struct text written)
{
    const struct unit *unit = charter_unit(source->charter, written);
    return unit != NULL ? unit->name : written;
}

static void charter_post_read(struct charter_source *source, const struct yaml_reader *reader)
{
    static const char *const known[] = {"id", "title", "unit", "body", "holders", "head", NULL};
    struct text id;
    bool head = false;
    yaml_check_keys(reader->map, known, reader->path, reader->findings);
    if (!yaml_read_name(reader, "id", YAML_NEED, &id))
        return;
    struct post *post = charter_post_add(source, reader, id);
    if (post == NULL)
        return;
    (void)yaml_read_text(reader, "title", YAML_MAY, &post->title);
    if (yaml_read_text(reader, "unit", YAML_MAY, &post->unit)) {
        (void)charter_unit_names(source, reader, "unit", YAML_NEED);
        post->unit = charter_unit_canonical(source, post->unit);
    }
    post->holders = charter_names(reader, "holders", YAML_MAY);
    (void)yaml_read_bool(reader, "head", &head);
    struct body *body = NULL;
    if (yaml_read_text(reader, "body", YAML_MAY, &post->body))
        body = charter_body_find(source, reader, post->body);
    else if (head)
        finding_add(source->findings, SEVERITY_ERROR, reader->map->place, reader->path,
                    "a head needs a \"body\"");
    if (head && body != NULL)
        charter_names_append(source->arena, &body->head_posts, id);
}

static void charter_posts_read(struct charter_source *source)
{
    const struct yaml_node *list = charter_list(&source->root, "posts", YAML_MAY);
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        struct yaml_reader item = charter_item(&source->root, "posts", list, i);
        charter_post_read(source, &item);
    }
}

/* ---- bodies ---- */

/* How a body's head posts are made: one for each name in `of`, ended by `word`, titled `title`; and the post
 * that its other members hold together, if it has one: who takes it up joins, who leaves it leaves (S0-26).
 */
struct charter_heads {
    struct text word, title;
    struct text member_word, member_title; /* member_word: or none */
    bool of_lead_units;                    /* posts of the lead units instead of the persons in heads */
};

static void charter_heads_read(const struct yaml_reader *reader, struct charter_heads *heads)
{
    static const char *const kinds[] = {"heads", "lead_units", NULL};
    *heads =
        (struct charter_heads){.word = TEXT("head"), .title = TEXT("head"), .member_title = TEXT("member")};
    (void)yaml_read_text(reader, "head_post", YAML_MAY, &heads->word);
    (void)yaml_read_text(reader, "head_title", YAML_MAY, &heads->title);
    (void)yaml_read_text(reader, "member_post", YAML_MAY, &heads->member_word);
    (void)yaml_read_text(reader, "member_title", YAML_MAY, &heads->member_title);
    heads->of_lead_units = yaml_read_word(reader, "head_of", YAML_MAY, kinds) == 1;
}

static void charter_member_post_add(struct charter_source *source, const struct yaml_reader *reader,
                                    const struct body *body, const struct charter_heads *heads)
{
    if (heads->member_word.bytes == 0)
        return;
    struct post *post = charter_post_add(
        source, reader,
        arena_printf(source->arena, "%.*s.%.*s", TEXT_PRINT(body->id), TEXT_PRINT(heads->member_word)));
    if (post == NULL)
        return;
    post->title = heads->member_title;
    post->body = body->id;
}

static void charter_head_posts_add(struct charter_source *source, const struct yaml_reader *reader,
                                   struct body *body, const struct charter_heads *heads)
{
    struct names of = heads->of_lead_units ? body->lead_units : body->heads;
    for (size_t i = 0; i < of.count; i++) {
        struct text id = of.count == 1 ? arena_printf(source->arena, "%.*s.%.*s", TEXT_PRINT(body->id),
                                                      TEXT_PRINT(heads->word))
                                       : arena_printf(source->arena, "%.*s.%.*s.%zu", TEXT_PRINT(body->id),
                                                      TEXT_PRINT(heads->word), i + 1);
        struct post *post = charter_post_add(source, reader, id);
        if (post == NULL)
            continue;
        post->title = heads->title;
        post->body = body->id;
        if (heads->of_lead_units)
            post->unit = charter_unit_canonical(source, of.at[i]);
        else
            post->holders = (struct names){&of.at[i], 1};
        charter_names_append(source->arena, &body->head_posts, id);
    }
    charter_member_post_add(source, reader, body, heads);
}

/* NULL if the id stands already or there are too many. */
static struct body *charter_body_add(struct charter_source *source, const struct yaml_reader *reader,
                                     struct text id)
{
    if (id.bytes > NAME_BYTES_MAX || source->bodies_count == CHARTER_LIST_MAX) {
        finding_add(source->findings, SEVERITY_ERROR, reader->map->place, reader->path,
                    id.bytes > NAME_BYTES_MAX ? "the body's id is too long" : "there are too many bodies");
        return NULL;
    }
    if (!charter_is_new(reader, "body", id, &source->bodies[0].id, source->bodies_count,
                        sizeof *source->bodies))
        return NULL;
    struct body *body = &source->bodies[source->bodies_count++];
    *body = (struct body){.id = id, .name = id, .area = TEXT("")};
    return body;
}

/* ---- areas ---- */

/* A body that is written out may be the first to name its area. The rows of `areas` must differ. */
static void charter_area_add(struct charter_source *source, const struct yaml_reader *reader,
                             const struct body *named)
{
    struct charter *charter = source->charter;
    if (named->area.bytes == 0 || charter->areas_count == CHARTER_LIST_MAX)
        return;
    for (size_t i = 0; i < charter->areas_count; i++)
        if (text_equal(source->areas[i].name, named->area)) {
            source->areas[i].number = source->areas[i].number > 0 ? source->areas[i].number : named->number;
            return;
        }
    source->areas[charter->areas_count++] =
        (struct area){named->area, named->number, reader->map->place, reader->path};
}

/* The part that a table row and a written-out body have in common. */
static void charter_body_row_read(struct charter_source *source, const struct yaml_reader *reader,
                                  struct body *body)
{
    int64_t number = 0;
    body->area = TEXT("");
    (void)yaml_read_name(reader, "area", YAML_MAY, &body->area);
    (void)yaml_read_int(reader, "number", 1, 9999, &number);
    body->number = (int)number;
    body->heads = charter_names(reader, "heads", YAML_MAY);
    body->lead_units = charter_unit_names(source, reader, "lead_units", YAML_MAY);
    body->responsible_units = charter_unit_names(source, reader, "responsible_units", YAML_MAY);
}

static bool charter_body_level_read(struct charter_source *source, const struct yaml_reader *reader,
                                    struct text *level_out)
{
    const struct charter *charter = source->charter;
    if (!yaml_read_text(reader, "level", YAML_NEED, level_out) || charter_level(charter, *level_out) != NULL)
        return true;
    struct text *ids = arena_alloc(source->arena, (charter->levels_count + 1) * sizeof *ids);
    for (size_t i = 0; i < charter->levels_count; i++)
        ids[i] = charter->levels[i].id;
    charter_unknown(source, yaml_get(reader->map, "level")->place, yaml_path_key(reader, "level"), "level",
                    *level_out, ids, charter->levels_count);
    return false;
}

static void charter_body_read(struct charter_source *source, const struct yaml_reader *reader)
{
    static const char *const known[] = {"id",      "name",        "level",        "area",
                                        "number",  "heads",       "lead_units",   "responsible_units",
                                        "clause",  "default",     "head_title",   "head_post",
                                        "head_of", "member_post", "member_title", NULL};
    struct text id;
    struct charter_heads heads;
    yaml_check_keys(reader->map, known, reader->path, reader->findings);
    if (!yaml_read_name(reader, "id", YAML_NEED, &id))
        return;
    struct body *body = charter_body_add(source, reader, id);
    if (body == NULL)
        return;
    charter_body_row_read(source, reader, body);
    charter_area_add(source, reader, body);
    (void)yaml_read_name(reader, "name", YAML_MAY, &body->name);
    (void)charter_body_level_read(source, reader, &body->level);
    body->rule = charter_rule(source, reader, arena_printf(source->arena, "bodies.%.*s", TEXT_PRINT(id)));
    charter_heads_read(reader, &heads);
    charter_head_posts_add(source, reader, body, &heads);
}

/* ---- areas × patterns ---- */

struct charter_pattern {
    struct text id, name, level, clause;
    struct charter_heads heads;
    bool names_no_heads; /* the persons belong to another level's body */
};

/* Replaces {number} (two digits at least) and {area}. Cut at YAML_TEXT_BYTES_MAX, which makes an id too long.
 */
static struct text charter_pattern_fill(struct arena *arena, struct text pattern, const struct body *row)
{
    static const struct text number = {"{number}", 8}, area = {"{area}", 6};
    char digits[16], out[YAML_TEXT_BYTES_MAX];
    size_t bytes = 0;
    (void)snprintf(digits, sizeof digits, "%02d", row->number);
    while (pattern.bytes > 0) {
        struct text from = pattern, put = {pattern.at, 1};
        if (text_starts_with(from, number))
            put = text_from(digits);
        else if (text_starts_with(from, area))
            put = row->area;
        size_t skip = put.at == from.at ? 1 : put.at == row->area.at ? area.bytes : number.bytes;
        if (put.bytes > sizeof out - bytes)
            break;
        memcpy(out + bytes, put.at, put.bytes);
        bytes += put.bytes;
        pattern.at += skip;
        pattern.bytes -= skip;
    }
    struct text whole = {out, bytes};
    while (!text_is_utf8(whole))
        whole.bytes--;
    return arena_text_copy(arena, whole);
}

static void charter_pattern_read(struct charter_source *source, const struct yaml_reader *reader,
                                 struct charter_pattern *pattern)
{
    static const char *const known[] = {"id",        "name",    "level",       "clause",       "head_title",
                                        "head_post", "head_of", "member_post", "member_title", NULL};
    yaml_check_keys(reader->map, known, reader->path, reader->findings);
    (void)yaml_read_name(reader, "id", YAML_NEED, &pattern->id);
    (void)yaml_read_name(reader, "name", YAML_NEED, &pattern->name);
    (void)charter_body_level_read(source, reader, &pattern->level);
    (void)yaml_read_text(reader, "clause", YAML_MAY, &pattern->clause);
    charter_heads_read(reader, &pattern->heads);
    pattern->names_no_heads = pattern->heads.of_lead_units;
}

static void charter_area_apply(struct charter_source *source, const struct yaml_reader *reader,
                               const struct body *row, const struct charter_pattern *pattern)
{
    struct text id = charter_pattern_fill(source->arena, pattern->id, row);
    struct body *body = charter_body_add(source, reader, id);
    if (body == NULL)
        return;
    *body = *row;
    body->id = id;
    body->name = charter_pattern_fill(source->arena, pattern->name, row);
    body->level = pattern->level;
    body->rule = charter_rule(source, reader, arena_printf(source->arena, "bodies.%.*s", TEXT_PRINT(id)));
    if (pattern->clause.bytes > 0)
        body->rule.clause = pattern->clause;
    if (pattern->names_no_heads)
        body->heads = (struct names){NULL, 0};
    charter_head_posts_add(source, reader, body, &pattern->heads);
}

struct charter_patterns {
    struct charter_pattern *at;
    size_t count;
};

static struct charter_patterns charter_patterns_read(struct charter_source *source)
{
    const struct yaml_node *list = charter_list(&source->root, "area_bodies", YAML_MAY);
    size_t count = list != NULL ? list->count : 0;
    struct charter_pattern *at = arena_alloc(source->arena, (count + 1) * sizeof *at);
    for (size_t i = 0; i < count; i++) {
        struct yaml_reader item = charter_item(&source->root, "area_bodies", list, i);
        charter_pattern_read(source, &item, &at[i]);
    }
    return (struct charter_patterns){at, count};
}

static void charter_area_read(struct charter_source *source, const struct yaml_reader *reader,
                              const struct charter_patterns *patterns)
{
    static const char *const known[] = {"area",   "number", "heads", "lead_units", "responsible_units",
                                        "clause", NULL};
    struct body row = {.area = TEXT("")};
    yaml_check_keys(reader->map, known, reader->path, source->findings);
    (void)yaml_read_node(reader, "area", YAML_NEED);
    charter_body_row_read(source, reader, &row);
    if (!charter_is_new(reader, "area", row.area, &source->areas[0].name, source->charter->areas_count,
                        sizeof *source->areas))
        return;
    charter_area_add(source, reader, &row);
    for (size_t i = 0; i < patterns->count; i++)
        charter_area_apply(source, reader, &row, &patterns->at[i]);
    if (patterns->count == 0 && row.heads.count + row.lead_units.count + row.responsible_units.count > 0)
        finding_add(source->findings, SEVERITY_WARNING, reader->map->place, reader->path,
                    "no body takes the heads and units of area \"%.*s\": there is no \"area_bodies\"",
                    TEXT_PRINT(row.area));
}

static void charter_areas_read(struct charter_source *source)
{
    const struct yaml_node *areas = charter_list(&source->root, "areas", YAML_MAY);
    struct charter_patterns patterns = charter_patterns_read(source);
    for (size_t i = 0; areas != NULL && i < areas->count; i++) {
        struct yaml_reader item = charter_item(&source->root, "areas", areas, i);
        charter_area_read(source, &item, &patterns);
    }
}

void charter_bodies_read(struct charter_source *source)
{
    source->bodies = arena_alloc(source->arena, CHARTER_LIST_MAX * sizeof *source->bodies);
    source->areas = arena_alloc(source->arena, CHARTER_LIST_MAX * sizeof *source->areas);
    source->charter->areas = source->areas;
    charter_areas_read(source);
    const struct yaml_node *list = charter_list(&source->root, "bodies", YAML_MAY);
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        struct yaml_reader item = charter_item(&source->root, "bodies", list, i);
        charter_body_read(source, &item);
    }
    charter_posts_read(source);
    source->charter->bodies = source->bodies;
    source->charter->bodies_count = source->bodies_count;
    source->charter->posts = source->posts;
    source->charter->posts_count = source->posts_count;
}
