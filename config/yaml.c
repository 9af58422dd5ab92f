/* yaml.c - reads YAML through libfyaml's event stream into a tree of our own.
 *
 * Events and not libfyaml's documents, because the bounds must hold before a tree is built: depth, nodes and
 * keys are counted as they come. The tree is built without recursion on a stack of YAML_DEPTH_MAX frames;
 * children are chained while their number is unknown and laid out as arrays when their parent ends.
 * libfyaml's own diagnostics never reach standard error: they are collected and become findings.
 */
#include "config/yaml.h"

#include <libfyaml.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"

/* ---- findings ---- */

void findings_open(struct findings *findings, struct arena *arena, struct text file)
{
    memset(findings, 0, sizeof *findings);
    findings->arena = arena;
    findings->file = file;
}

void finding_add(struct findings *findings, enum severity severity, struct place place, struct text path,
                 const char *format, ...)
{
    findings->errors += severity == SEVERITY_ERROR;
    if (findings->count == YAML_COMPLAINTS_MAX) {
        findings->left_out++;
        return;
    }
    char message[COMPLAINT_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    int bytes = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    ASSERT(bytes >= 0);
    struct text view = {message, (size_t)bytes < sizeof message ? (size_t)bytes : sizeof message - 1};
    while (!text_is_utf8(view) && view.bytes > 0)
        view.bytes--;
    struct finding *finding = &findings->at[findings->count++];
    finding->severity = severity;
    finding->place = place;
    finding->path = arena_text_copy(findings->arena, path);
    finding->message = arena_text_copy(findings->arena, view);
}

struct text findings_first(const struct findings *findings, struct arena *arena)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->at[i];
        if (finding->severity == SEVERITY_ERROR)
            return arena_printf(arena, "%.*s:%d:%d: error: %.*s", TEXT_PRINT(findings->file),
                                finding->place.line, finding->place.column, TEXT_PRINT(finding->message));
    }
    return TEXT("");
}

/* ---- the builder ---- */

struct yaml_child {
    struct yaml_child *next;
    const struct yaml_node *node;
    struct text key;
    struct place key_place;
};
struct yaml_frame {
    struct yaml_node *node;
    struct yaml_child *first, *last;
    struct text key; /* of a map: the key that waits for its value */
    struct place key_place;
    bool has_key;
};
struct yaml_builder {
    struct arena *arena;
    struct findings *findings;
    struct fy_parser *parser;
    struct yaml_frame stack[YAML_DEPTH_MAX];
    struct place place; /* of the event in hand */
    size_t depth, nodes;
    unsigned documents;
    const struct yaml_node *root;
    bool stop;
};

static void yaml_builder_stop(struct yaml_builder *builder, struct place place, const char *message)
{
    finding_add(builder->findings, SEVERITY_ERROR, place, TEXT(""), "%s", message);
    builder->stop = true;
}

/* An event without a mark (a value that is left out) stands where the one before it does. */
static struct place yaml_place_of(const struct yaml_builder *builder, struct fy_event *event)
{
    const struct fy_mark *mark = fy_event_start_mark(event);
    if (mark == NULL)
        return builder->place;
    /* libfyaml marks a quoted scalar behind its quote. */
    bool quoted = false;
    if (event->type == FYET_SCALAR && event->scalar.value != NULL) {
        enum fy_scalar_style style = fy_token_scalar_style(event->scalar.value);
        quoted = (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) && mark->column > 0;
    }
    return (struct place){mark->line + 1, mark->column + (quoted ? 0 : 1)};
}

static struct text yaml_token_text(struct arena *arena, struct fy_token *token)
{
    size_t bytes = 0;
    const char *at = token != NULL ? fy_token_get_text(token, &bytes) : NULL;
    return arena_text_copy(arena, at != NULL ? (struct text){at, bytes} : TEXT(""));
}

static bool yaml_frame_has(const struct yaml_frame *frame, struct text key)
{
    for (const struct yaml_child *child = frame->first; child != NULL; child = child->next)
        if (text_equal(child->key, key))
            return true;
    return false;
}

static void yaml_key_take(struct yaml_builder *builder, struct yaml_frame *frame, struct text key,
                          struct place place)
{
    if (text_has_control(key, "")) {
        yaml_builder_stop(builder, place, "a key must not contain control characters");
    } else if (frame->node->count == YAML_KEYS_MAX) {
        yaml_builder_stop(builder, place, "more keys in one map than are allowed (YAML_KEYS_MAX)");
    } else if (yaml_frame_has(frame, key)) {
        finding_add(builder->findings, SEVERITY_ERROR, place, key, "key \"%.*s\" stands here twice",
                    TEXT_PRINT(key));
    }
    frame->key = key;
    frame->key_place = place;
    frame->has_key = true;
}

/* Hangs a finished or just opened node under the innermost open one. */
static void yaml_node_hang(struct yaml_builder *builder, const struct yaml_node *node)
{
    if (builder->depth == 0) {
        builder->root = node;
        return;
    }
    struct yaml_frame *frame = &builder->stack[builder->depth - 1];
    struct yaml_child *child = arena_alloc(builder->arena, sizeof *child);
    *child = (struct yaml_child){.node = node, .key = frame->key, .key_place = frame->key_place};
    frame->has_key = false;
    if (frame->last != NULL)
        frame->last->next = child;
    else
        frame->first = child;
    frame->last = child;
    frame->node->count++;
}

static struct yaml_node *yaml_node_new(struct yaml_builder *builder, enum yaml_kind kind, struct place place)
{
    if (++builder->nodes > YAML_NODES_MAX) {
        yaml_builder_stop(builder, place, "more nodes than are allowed (YAML_NODES_MAX)");
        return NULL;
    }
    struct yaml_node *node = arena_alloc(builder->arena, sizeof *node);
    node->kind = kind;
    node->place = place;
    return node;
}

static bool yaml_wants_key(const struct yaml_builder *builder)
{
    if (builder->depth == 0)
        return false;
    const struct yaml_frame *frame = &builder->stack[builder->depth - 1];
    return frame->node->kind == YAML_MAP && !frame->has_key;
}

static void yaml_scalar_take(struct yaml_builder *builder, struct fy_event *event)
{
    struct place place = builder->place;
    struct text scalar = yaml_token_text(builder->arena, event->scalar.value);
    if (!text_is_utf8(scalar) || text_has_control(scalar, "\n\t")) {
        yaml_builder_stop(builder, place, "control characters are not allowed");
    } else if (yaml_wants_key(builder)) {
        yaml_key_take(builder, &builder->stack[builder->depth - 1], scalar, place);
    } else {
        struct yaml_node *node = yaml_node_new(builder, YAML_SCALAR, place);
        if (node == NULL)
            return;
        node->scalar = scalar;
        yaml_node_hang(builder, node);
    }
}

static void yaml_open_take(struct yaml_builder *builder, enum yaml_kind kind, struct place place)
{
    if (yaml_wants_key(builder)) {
        yaml_builder_stop(builder, place, "a key must be a plain word");
    } else if (builder->depth == YAML_DEPTH_MAX) {
        yaml_builder_stop(builder, place, "nested more deeply than is allowed (YAML_DEPTH_MAX)");
    } else {
        struct yaml_node *node = yaml_node_new(builder, kind, place);
        if (node == NULL)
            return;
        yaml_node_hang(builder, node);
        builder->stack[builder->depth++] = (struct yaml_frame){.node = node};
    }
}

/* Lays the chained children out as arrays. */
static void yaml_close_take(struct yaml_builder *builder)
{
    ASSERT(builder->depth > 0);
    struct yaml_frame *frame = &builder->stack[--builder->depth];
    struct yaml_node *node = frame->node;
    const struct yaml_node **items = arena_alloc(builder->arena, (node->count + 1) * sizeof *items);
    struct text *keys = arena_alloc(builder->arena, (node->count + 1) * sizeof *keys);
    struct place *key_places = arena_alloc(builder->arena, (node->count + 1) * sizeof *key_places);
    size_t i = 0;
    for (const struct yaml_child *child = frame->first; child != NULL; child = child->next, i++) {
        items[i] = child->node;
        keys[i] = child->key;
        key_places[i] = child->key_place;
    }
    ASSERT(i == node->count);
    node->items = items;
    if (node->kind == YAML_MAP) {
        node->keys = keys;
        node->key_places = key_places;
    }
}

static bool yaml_event_is_plain(const struct fy_event *event)
{
    if (event->type == FYET_SCALAR)
        return event->scalar.anchor == NULL && event->scalar.tag == NULL;
    if (event->type == FYET_MAPPING_START)
        return event->mapping_start.anchor == NULL && event->mapping_start.tag == NULL;
    if (event->type == FYET_SEQUENCE_START)
        return event->sequence_start.anchor == NULL && event->sequence_start.tag == NULL;
    return event->type != FYET_ALIAS;
}

static void yaml_event_take(struct yaml_builder *builder, struct fy_event *event)
{
    struct place place = builder->place = yaml_place_of(builder, event);
    if (!yaml_event_is_plain(event)) {
        yaml_builder_stop(builder, place, "anchors, aliases and tags are not allowed: write it out");
        return;
    }
    switch (event->type) {
    case FYET_DOCUMENT_START:
        if (++builder->documents > 1)
            yaml_builder_stop(builder, place, "a second document in one file is not allowed");
        break;
    case FYET_SCALAR:
        yaml_scalar_take(builder, event);
        break;
    case FYET_MAPPING_START:
        yaml_open_take(builder, YAML_MAP, place);
        break;
    case FYET_SEQUENCE_START:
        yaml_open_take(builder, YAML_LIST, place);
        break;
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        yaml_close_take(builder);
        break;
    default: /* stream and document ends need nothing */
        break;
    }
}

/* ---- the parser ---- */

static void yaml_output_drop(struct fy_diag *diag, void *user, const char *at, size_t bytes)
{
    (void)diag;
    (void)user;
    (void)at;
    (void)bytes;
}

static void yaml_errors_collect(struct fy_diag *diag, struct findings *findings)
{
    void *iterator = NULL;
    size_t before = findings->errors;
    const struct fy_diag_error *error;
    while ((error = fy_diag_errors_iterate(diag, &iterator)) != NULL) {
        struct text message = text_from(error->msg != NULL ? error->msg : "malformed YAML");
        if (!text_is_utf8(message))
            message = TEXT("malformed YAML");
        while (message.bytes > 0 && message.at[message.bytes - 1] == '\n')
            message.bytes--;
        struct place place = {error->line > 0 ? error->line : 1, error->column > 0 ? error->column : 1};
        finding_add(findings, SEVERITY_ERROR, place, TEXT(""), "%.*s", TEXT_PRINT(message));
    }
    if (findings->errors == before)
        finding_add(findings, SEVERITY_ERROR, (struct place){1, 1}, TEXT(""), "malformed YAML");
}

static void yaml_events_read(struct yaml_builder *builder, struct fy_diag *diag)
{
    bool ended = false;
    while (!builder->stop && !ended) {
        struct fy_event *event = fy_parser_parse(builder->parser);
        if (event == NULL)
            break;
        ended = event->type == FYET_STREAM_END;
        yaml_event_take(builder, event);
        fy_parser_event_free(builder->parser, event);
    }
    if (!builder->stop && (!ended || fy_parser_get_stream_error(builder->parser)))
        yaml_errors_collect(diag, builder->findings);
}

/* libfyaml 0.7.12 loses memory for every scalar with five or more doubled quotes in a row; nobody writes
 * that. */
static bool yaml_quotes_are_fit(struct text source)
{
    size_t run = 0;
    for (size_t i = 0; i < source.bytes && run <= YAML_QUOTES_MAX; i++)
        run = source.at[i] == '\'' ? run + 1 : 0;
    return run <= YAML_QUOTES_MAX;
}

static bool yaml_source_is_fit(struct text source, struct findings *findings)
{
    const char *wrong = NULL;
    if (source.bytes > YAML_BYTES_MAX)
        wrong = "longer than is allowed (YAML_BYTES_MAX)";
    else if (!text_is_utf8(source))
        wrong = "not valid UTF-8";
    else if (text_has_control(source, "\n\t\r"))
        wrong = "control characters are not allowed";
    else if (!yaml_quotes_are_fit(source))
        wrong = "more single quotes in a row than are allowed (YAML_QUOTES_MAX)";
    if (wrong != NULL)
        finding_add(findings, SEVERITY_ERROR, (struct place){1, 1}, TEXT(""), "%s", wrong);
    return wrong == NULL;
}

int yaml_parse(struct arena *arena, struct text source, struct findings *findings,
               const struct yaml_node **root_out)
{
    *root_out = NULL;
    size_t errors_before = findings->errors;
    if (!yaml_source_is_fit(source, findings))
        return YAML_E_MALFORMED;
    struct fy_diag_cfg diag_options;
    fy_diag_cfg_default(&diag_options);
    diag_options.fp = NULL;
    diag_options.output_fn = yaml_output_drop;
    diag_options.colorize = false;
    struct fy_diag *diag = fy_diag_create(&diag_options);
    ASSERT(diag != NULL);
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg options = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG, .diag = diag};
    struct yaml_builder builder = {
        .arena = arena, .findings = findings, .parser = fy_parser_create(&options), .place = {1, 1}};
    ASSERT(builder.parser != NULL);
    /* libfyaml reads the bytes in place; an empty source is not handed to it, it has no document. */
    if (source.bytes > 0) {
        int error = fy_parser_set_string(builder.parser, source.at, source.bytes);
        ASSERT(error == 0);
        yaml_events_read(&builder, diag);
    }
    fy_parser_destroy(builder.parser);
    fy_diag_destroy(diag);
    if (findings->errors > errors_before)
        return YAML_E_MALFORMED;
    if (builder.root == NULL || (builder.root->kind == YAML_SCALAR && builder.root->scalar.bytes == 0))
        builder.root = yaml_node_new(&builder, YAML_MAP, (struct place){1, 1});
    *root_out = builder.root;
    return 0;
}

/* ---- reading the tree ---- */

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    if (map == NULL || map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (text_is(map->keys[i], key))
            return map->items[i];
    return NULL;
}

static size_t yaml_known_list(const char *const *known, struct text *list_out, size_t max)
{
    size_t count = 0;
    for (; known[count] != NULL; count++) {
        ASSERT(count < max);
        list_out[count] = text_from(known[count]);
    }
    return count;
}

void yaml_check_keys(const struct yaml_node *map, const char *const *known, struct text path,
                     struct findings *findings)
{
    if (map == NULL || map->kind != YAML_MAP)
        return;
    struct text list[64];
    size_t count = yaml_known_list(known, list, sizeof list / sizeof list[0]);
    for (size_t i = 0; i < map->count; i++) {
        struct text key = map->keys[i];
        bool found = false;
        for (size_t k = 0; k < count && !found; k++)
            found = text_equal(key, list[k]);
        if (found)
            continue;
        int nearest = text_nearest(key, list, count);
        struct text inner =
            path.bytes == 0 ? key
                            : arena_printf(findings->arena, "%.*s.%.*s", TEXT_PRINT(path), TEXT_PRINT(key));
        if (nearest >= 0)
            finding_add(findings, SEVERITY_ERROR, map->key_places[i], inner,
                        "unknown key \"%.*s\"; nearest known: \"%.*s\"", TEXT_PRINT(key),
                        TEXT_PRINT(list[nearest]));
        else
            finding_add(findings, SEVERITY_ERROR, map->key_places[i], inner, "unknown key \"%.*s\"",
                        TEXT_PRINT(key));
    }
}
