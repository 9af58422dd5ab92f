/* json.c - events and documents as JSON (CloudEvents JSON format), and fields from command-line words. The
 * only file that includes jansson.h.
 *
 * JSON is for people and their tools at the edge; the journal and the wire never see it. What is read here is
 * held to the same tables as msgpack: same keys, same kinds, integers only, no key twice.
 */
#include "proto/event.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "proto/envelope.h"
#include "proto/path.h"

enum { JSON_DEPTH_MAX = 3 }; /* maps in lists in maps, as in doc.c */

/* ---- writing ---- */
static json_t *json_kept(json_t *value)
{
    ASSERT(value != NULL); /* out of memory, or text that doc_check would have refused */
    return value;
}

static json_t *json_of_text(struct text t)
{
    return json_kept(json_stringn(t.at != NULL ? t.at : "", t.bytes));
}

static void json_put(json_t *object, const char *key, json_t *value)
{
    int code = json_object_set_new(object, key, value);
    ASSERT(code == 0);
}

static json_t *json_of_doc(const struct doc *doc);

static json_t *json_of_item(const struct doc *doc, enum field field, size_t index)
{
    switch (field_specs[field].kind) {
    case KIND_INTS:
        return json_kept(json_integer(doc_int_at(doc, field, index)));
    case KIND_ITEMS:
        return json_of_doc(doc_doc_at(doc, field, index));
    default:
        return json_of_text(doc_text_at(doc, field, index));
    }
}

static json_t *json_of_list(const struct doc *doc, enum field field)
{
    json_t *array = json_kept(json_array());
    for (size_t i = 0; i < doc_count(doc, field); i++) {
        int code = json_array_append_new(array, json_of_item(doc, field, i));
        ASSERT(code == 0);
    }
    return array;
}

static json_t *json_of_field(const struct doc *doc, enum field field)
{
    switch (field_specs[field].kind) {
    case KIND_INT:
        return json_kept(json_integer(doc_int(doc, field, 0)));
    case KIND_BOOL:
        return json_boolean(doc_bool(doc, field));
    case KIND_NAMES:
    case KIND_DATES:
    case KIND_INTS:
    case KIND_ITEMS:
        return json_of_list(doc, field);
    default:
        return json_of_text(doc_text(doc, field));
    }
}

static json_t *json_of_doc(const struct doc *doc)
{
    json_t *object = json_kept(json_object());
    for (enum field f = doc_first(doc); f != FIELD_COUNT_OF_ALL; f = doc_after(doc, f))
        json_put(object, field_specs[f].name, json_of_field(doc, f));
    return object;
}

static json_t *json_of_row(const struct event *event, const struct envelope_row *row)
{
    char time[CIVIL_TEXT_BYTES];
    switch (row->form) {
    case ENVELOPE_INTEGER:
        return json_kept(json_integer((json_int_t)event->cause));
    case ENVELOPE_MAP:
        return json_of_doc(event->data);
    default:
        return json_of_text(envelope_text(event, row, time));
    }
}

static struct text json_take_as_text(struct arena *arena, json_t *value)
{
    char *dumped = json_dumps(value, JSON_COMPACT);
    ASSERT(dumped != NULL);
    struct text t = arena_text_copy(arena, text_from(dumped));
    free(dumped);
    json_decref(value);
    return t;
}

struct text event_to_json(struct arena *arena, const struct event *event, bool journalled)
{
    char received[CIVIL_TEXT_BYTES];
    json_t *object = json_kept(json_object());
    for (size_t i = 0; i < ENVELOPE_ROWS; i++) {
        if (envelope_has(event, &envelope_rows[i]))
            json_put(object, envelope_rows[i].name, json_of_row(event, &envelope_rows[i]));
    }
    if (journalled) {
        json_put(object, "seq", json_kept(json_integer((json_int_t)event->seq)));
        json_put(object, "received",
                 json_of_text(text_from(civil_format_time(event->received_us, event->time_zone, received))));
        json_put(object, "publisher", json_of_text(event->publisher));
    }
    return json_take_as_text(arena, object);
}

struct text doc_to_json(struct arena *arena, const struct doc *doc)
{
    return json_take_as_text(arena, json_of_doc(doc));
}

/* ---- reading ---- */
/* An ANSWER's rows as JSON: escaped, quoted and named, they are longer than on the wire. */
enum { JSON_ROWS_BYTES_MAX = 8 * MESSAGE_BYTES_MAX };

struct json_reading {
    struct arena *arena;
    struct complaint *complaint;
    unsigned depth;
};

static const char *json_kind(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object",
        [JSON_ARRAY] = "an array",
        [JSON_STRING] = "a string",
        [JSON_INTEGER] = "a number",
        [JSON_REAL] = "a number with a fraction or exponent",
        [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",
        [JSON_NULL] = "null",
    };
    return names[json_typeof(value)];
}

static int json_unfit(const struct json_reading *reading, const struct path *path, const json_t *value,
                      const char *wanted)
{
    path_complain(path, reading->complaint, "this is %s; it must be %s", json_kind(value), wanted);
    return DOC_E_INVALID;
}

static struct text json_text(const json_t *value)
{
    return (struct text){json_string_value(value), json_string_length(value)};
}

static int json_read_object(struct json_reading *reading, const struct path *up, const json_t *object,
                            struct doc *doc);

static int json_read_item(struct json_reading *reading, const struct path *path, const json_t *value,
                          struct doc *doc, enum field field)
{
    switch (field_specs[field].kind) {
    case KIND_INTS:
        if (!json_is_integer(value))
            return json_unfit(reading, path, value, "a whole number");
        doc_add_int(doc, field, json_integer_value(value));
        return 0;
    case KIND_ITEMS:
        return json_read_object(reading, path, value, doc_add_doc(doc, field));
    default:
        if (!json_is_string(value))
            return json_unfit(reading, path, value, "a string");
        doc_add_written(doc, field, json_text(value));
        return 0;
    }
}

static int json_read_list(struct json_reading *reading, struct path *path, const json_t *value,
                          struct doc *doc, enum field field)
{
    if (!json_is_array(value))
        return json_unfit(reading, path, value, "an array");
    doc_set_empty_list(doc, field);
    int code = 0;
    for (size_t i = 0; i < json_array_size(value) && code == 0; i++) {
        path->index = (long)i;
        code = json_read_item(reading, path, json_array_get(value, i), doc, field);
    }
    return code;
}

static int json_read_value(struct json_reading *reading, struct path *path, const json_t *value,
                           struct doc *doc, enum field field)
{
    switch (field_specs[field].kind) {
    case KIND_INT:
        if (!json_is_integer(value))
            return json_unfit(reading, path, value, "a whole number");
        doc_set_int(doc, field, json_integer_value(value));
        return 0;
    case KIND_BOOL:
        if (!json_is_boolean(value))
            return json_unfit(reading, path, value, "true or false");
        doc_set_bool(doc, field, json_is_true(value));
        return 0;
    case KIND_NAMES:
    case KIND_DATES:
    case KIND_INTS:
    case KIND_ITEMS:
        return json_read_list(reading, path, value, doc, field);
    default:
        if (!json_is_string(value))
            return json_unfit(reading, path, value, "a string");
        doc_set_written(doc, field, json_text(value));
        return 0;
    }
}

static int json_read_member(struct json_reading *reading, const struct path *up, const char *key,
                            const json_t *value, struct doc *doc)
{
    const char *nearest = NULL;
    struct path path = {up, text_from(key), PATH_NO_INDEX};
    enum field field = field_find(path.name, &nearest);
    if (field != FIELD_COUNT_OF_ALL)
        return json_read_value(reading, &path, value, doc, field);
    path_complain(&path, reading->complaint, "no such field%s%s", nearest != NULL ? "; nearest known: " : "",
                  nearest != NULL ? nearest : "");
    return DOC_E_INVALID;
}

static int json_read_object(struct json_reading *reading, const struct path *up, const json_t *object,
                            struct doc *doc)
{
    if (!json_is_object(object))
        return json_unfit(reading, up, object, "an object");
    if (reading->depth == JSON_DEPTH_MAX) {
        path_complain(up, reading->complaint, "objects are nested too deep here; at most %d", JSON_DEPTH_MAX);
        return DOC_E_MALFORMED;
    }
    reading->depth++;
    int code = 0;
    const char *key = NULL;
    json_t *value = NULL;
    void *iterator = json_object_iter((json_t *)(uintptr_t)object);
    for (; iterator != NULL && code == 0;
         iterator = json_object_iter_next((json_t *)(uintptr_t)object, iterator)) {
        key = json_object_iter_key(iterator);
        value = json_object_iter_value(iterator);
        code = json_read_member(reading, up, key, value, doc);
    }
    reading->depth--;
    return code;
}

/* One array or object; the caller must json_decref it. NULL after a complaint. */
static json_t *json_parse(struct text text, size_t bytes_max, struct complaint *complaint)
{
    json_error_t error;
    if (text.bytes > bytes_max) {
        complain(complaint, "", "", "this JSON has %zu bytes; at most %zu are allowed", text.bytes,
                 bytes_max);
        return NULL;
    }
    json_t *root = json_loadb(text.at != NULL ? text.at : "", text.bytes, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        complain(complaint, "", "", "this is not JSON: line %d, column %d: %s", error.line, error.column,
                 error.text);
    return root;
}

int doc_from_json(struct arena *arena, struct text json, struct doc **doc_out, struct complaint *complaint)
{
    struct json_reading reading = {arena, complaint, 0};
    struct path root_path = {NULL, TEXT(""), PATH_NO_INDEX};
    json_t *root = json_parse(json, MESSAGE_BYTES_MAX, complaint);
    if (root == NULL)
        return DOC_E_MALFORMED;
    *doc_out = doc_new(arena);
    int code = json_read_object(&reading, &root_path, root, *doc_out);
    json_decref(root);
    return code;
}

int docs_from_json(struct arena *arena, struct text json, struct doc ***docs_out, size_t *count_out,
                   struct complaint *complaint)
{
    struct json_reading reading = {arena, complaint, 0};
    json_t *root = json_parse(json, JSON_ROWS_BYTES_MAX, complaint);
    if (root == NULL || !json_is_array(root)) {
        if (root != NULL)
            complain(complaint, "", "", "this is no array");
        json_decref(root);
        return DOC_E_MALFORMED;
    }
    *count_out = json_array_size(root);
    *docs_out = arena_alloc(arena, sizeof **docs_out * (*count_out + 1));
    int code = 0;
    for (size_t i = 0; code == 0 && i < *count_out; i++) {
        struct path row = {NULL, TEXT("row"), (long)i};
        (*docs_out)[i] = doc_new(arena);
        code = json_read_object(&reading, &row, json_array_get(root, i), (*docs_out)[i]);
    }
    json_decref(root);
    return code;
}

/* ---- events ---- */
static int json_read_data(struct json_reading *reading, const json_t *value, struct event *event)
{
    struct path path = {NULL, TEXT("data."), PATH_NO_INDEX};
    struct doc *data = doc_new(reading->arena);
    event->data = data;
    return json_read_object(reading, &path, value, data);
}

static int json_read_row(struct json_reading *reading, const struct envelope_row *row, const json_t *value,
                         struct event *event)
{
    struct path path = {NULL, text_from(row->name), PATH_NO_INDEX};
    if (row->form == ENVELOPE_MAP)
        return json_read_data(reading, value, event);
    if (row->form == ENVELOPE_INTEGER) {
        if (!json_is_integer(value) || json_integer_value(value) < 0)
            return json_unfit(reading, &path, value, "a sequence number");
        return envelope_set_cause(event, (uint64_t)json_integer_value(value), reading->complaint);
    }
    if (!json_is_string(value))
        return json_unfit(reading, &path, value, "a string");
    return envelope_set_text(event, row, arena_text_copy(reading->arena, json_text(value)),
                             reading->complaint);
}

/* What event_to_json adds of the journal: read back, so that an export can be fed in again. False if it is
 * none of these. */
static bool json_read_journalled(struct json_reading *reading, const char *key, const json_t *value,
                                 struct event *event, int *code_out)
{
    struct path path = {NULL, text_from(key), PATH_NO_INDEX};
    *code_out = 0;
    if (strcmp(key, "seq") == 0) {
        if (json_is_integer(value) && json_integer_value(value) >= 0)
            event->seq = (uint64_t)json_integer_value(value);
        else
            *code_out = json_unfit(reading, &path, value, "a sequence number");
        return true;
    }
    if (strcmp(key, "received") == 0) {
        if (!json_is_string(value) || !civil_parse_time(json_text(value), &event->received_us, NULL))
            *code_out = json_unfit(reading, &path, value, "a time (RFC 3339)");
        return true;
    }
    if (strcmp(key, "publisher") == 0) {
        if (json_is_string(value))
            event->publisher = arena_text_copy(reading->arena, json_text(value));
        else
            *code_out = json_unfit(reading, &path, value, "a string");
        return true;
    }
    return false;
}

static int json_read_event(struct json_reading *reading, json_t *root, struct event *event)
{
    unsigned seen = 0;
    for (void *at = json_object_iter(root); at != NULL; at = json_object_iter_next(root, at)) {
        const char *key = json_object_iter_key(at);
        const json_t *value = json_object_iter_value(at);
        int code = 0;
        if (!json_read_journalled(reading, key, value, event, &code)) {
            const struct envelope_row *row = envelope_find(text_from(key), reading->complaint);
            if (row == NULL)
                return EVENT_E_INVALID;
            seen |= 1u << (row - envelope_rows);
            code = json_read_row(reading, row, value, event);
        }
        if (code != 0)
            return code;
    }
    return envelope_check_needed(seen, ENVELOPE_FOR_PEOPLE, reading->complaint);
}

int event_from_json(struct arena *arena, struct text json, struct event *event_out,
                    struct complaint *complaint)
{
    struct json_reading reading = {arena, complaint, 0};
    *event_out = (struct event){.time_us = CIVIL_NEVER_US};
    json_t *root = json_parse(json, MESSAGE_BYTES_MAX, complaint);
    if (root == NULL)
        return EVENT_E_MALFORMED;
    int code = EVENT_E_MALFORMED;
    if (json_is_object(root))
        code = json_read_event(&reading, root, event_out);
    else
        complain(complaint, "", "", "an event is a JSON object");
    json_decref(root);
    if (event_out->data == NULL)
        event_out->data = doc_empty();
    return code != 0 ? code : envelope_resolve(event_out, complaint);
}

/* ---- command-line words ---- */
static struct text json_trim(struct text t)
{
    while (t.bytes > 0 && t.at[0] == ' ')
        t = (struct text){t.at + 1, t.bytes - 1};
    while (t.bytes > 0 && t.at[t.bytes - 1] == ' ')
        t.bytes--;
    return t;
}

static int json_word_int(const struct path *path, struct text word, int64_t *out, struct complaint *complaint)
{
    if (text_parse_i64(word, out))
        return 0;
    path_complain(path, complaint, "it must be a whole number such as 15");
    return DOC_E_INVALID;
}

static int json_word_item(const struct path *path, struct text word, struct doc *doc, enum field field,
                          struct complaint *complaint)
{
    int64_t value = 0;
    if (field_specs[field].kind != KIND_INTS) {
        doc_add_written(doc, field, word);
        return 0;
    }
    int code = json_word_int(path, word, &value, complaint);
    if (code == 0)
        doc_add_int(doc, field, value);
    return code;
}

static int json_word_list(struct path *path, struct text value, struct doc *doc, enum field field,
                          struct complaint *complaint)
{
    int code = 0;
    doc_set_empty_list(doc, field);
    for (size_t from = 0, i = 0; value.bytes > 0 && from <= value.bytes && code == 0; i++) {
        const char *comma = memchr(value.at + from, ',', value.bytes - from);
        size_t to = comma != NULL ? (size_t)(comma - value.at) : value.bytes;
        path->index = (long)i;
        code =
            json_word_item(path, json_trim((struct text){value.at + from, to - from}), doc, field, complaint);
        from = to + 1;
    }
    return code;
}

static int json_word_items(struct arena *arena, struct path *path, struct text value, struct doc *doc,
                           enum field field, struct complaint *complaint)
{
    struct json_reading reading = {arena, complaint, 1};
    json_t *root = json_parse(value, MESSAGE_BYTES_MAX, complaint);
    if (root == NULL)
        return DOC_E_MALFORMED;
    int code = json_read_list(&reading, path, root, doc, field);
    json_decref(root);
    return code;
}

static int json_word(struct arena *arena, struct path *path, struct text value, struct doc *doc,
                     enum field field, struct complaint *complaint)
{
    int64_t number = 0;
    int code = 0;
    switch (field_specs[field].kind) {
    case KIND_INT:
        code = json_word_int(path, value, &number, complaint);
        if (code == 0)
            doc_set_int(doc, field, number);
        return code;
    case KIND_BOOL:
        if (!text_is(value, "true") && !text_is(value, "false")) {
            path_complain(path, complaint, "it must be true or false");
            return DOC_E_INVALID;
        }
        doc_set_bool(doc, field, text_is(value, "true"));
        return 0;
    case KIND_ITEMS:
        return json_word_items(arena, path, value, doc, field, complaint);
    case KIND_NAMES:
    case KIND_DATES:
    case KIND_INTS:
        return json_word_list(path, value, doc, field, complaint);
    default:
        doc_set_written(doc, field, value);
        return 0;
    }
}

int doc_set_from_text(struct doc *doc, enum field field, struct text value, struct complaint *complaint)
{
    ASSERT((unsigned)field < FIELD_COUNT_OF_ALL);
    struct arena *arena = doc_arena(doc);
    struct path path = {NULL, text_from(field_specs[field].name), PATH_NO_INDEX};
    struct doc *alone = doc_new(arena);
    int code = json_word(arena, &path, value, alone, field, complaint);
    if (code == 0)
        code = doc_check(alone, NULL, "", complaint);
    if (code == 0)
        doc_set_doc_field(doc, field, alone);
    return code;
}
