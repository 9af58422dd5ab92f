/* wire.c - messages as msgpack arrays. One table says which parts each verb has, in which order and member;
 * one table says how each kind of part is written and read. PROTOCOL.md section 6 is the same table in words.
 *
 * Positions instead of keys: a frame is one array, the verb first. Decoding is strict: exactly the verb's
 * parts, each of its kind and within its bound; whatever else is WIRE_E_MALFORMED and costs the peer its
 * session.
 */
#include "proto/wire.h"

#include <stddef.h>

#include "base/limits.h"
#include "base/log.h"
#include "proto/check.h"
#include "proto/pack.h"

enum {
    WIRE_PARTS_MAX = 7,
    WIRE_ROLE_BYTES_MAX = 64,
    WIRE_TEXT_BYTES_MAX = 4096,
    WIRE_SEQ_BITS = 53,
};
#define WIRE_SEQ_MAX ((UINT64_C(1) << WIRE_SEQ_BITS) - 1)

/* ---- codes ---- */
static const struct wire_code_row {
    const char *name, *meaning;
    bool retry;
} wire_codes[] = {
#define X(symbol, number, name, retry, meaning) [WIRE_##symbol] = {name, meaning, retry},
    WIRE_CODES(X)
#undef X
};
enum { WIRE_CODES_COUNT = sizeof(wire_codes) / sizeof(wire_codes[0]) };

static const struct wire_code_row *wire_code_row(enum wire_code code)
{
    ASSERT((unsigned)code < WIRE_CODES_COUNT && wire_codes[code].name != NULL);
    return &wire_codes[code];
}

const char *wire_code_name(enum wire_code code)
{
    return wire_code_row(code)->name;
}

const char *wire_code_meaning(enum wire_code code)
{
    return wire_code_row(code)->meaning;
}

bool wire_code_retry(enum wire_code code)
{
    return wire_code_row(code)->retry;
}

/* ---- the verbs' parts ---- */
enum part_kind {
    PART_END,
    PART_NUMBER,  /* uint64: any */
    PART_SEQ,     /* uint64: 0 .. 2^53 - 1 */
    PART_VERSION, /* uint: 0 .. 65535 */
    PART_CREDIT,  /* uint64: 0 .. CREDIT_MAX */
    PART_TIME,    /* microseconds, int64 */
    PART_WAKE,    /* the same, or nil: none */
    PART_BOOL,
    PART_NAME, /* str, at most NAME_BYTES_MAX, one line */
    PART_TEXT, /* str, at most WIRE_TEXT_BYTES_MAX */
    PART_ARGS, /* bin: an encoded document, or empty */
    PART_CODE,
    PART_OUTCOME, /* a code; message.ok = (code == 0) */
    PART_FILTER,
    PART_BODIES,
    PART_RESULTS,
    PART_ENTRIES,
    PART_ROWS,
    PART_KINDS
};

struct part {
    const char *name;
    enum part_kind kind;
    size_t offset;
};
#define PART(kind, member)                                                                                   \
    {                                                                                                        \
#member, PART_##kind, offsetof(struct message, member)                                               \
    }

static const struct wire_verb {
    enum verb verb;
    const char *name;
    struct part parts[WIRE_PARTS_MAX + 1];
} wire_verbs[] = {
    {VERB_HELLO, "HELLO", {PART(VERSION, version), PART(NAME, name), PART(NAME, role), PART(NUMBER, epoch)}},
    {VERB_PUBLISH, "PUBLISH", {PART(NUMBER, tag), PART(BODIES, bodies)}},
    {VERB_SUBSCRIBE,
     "SUBSCRIBE",
     {PART(NUMBER, sub), PART(SEQ, from), PART(CREDIT, credit), PART(FILTER, filter)}},
    {VERB_CREDIT, "CREDIT", {PART(NUMBER, sub), PART(CREDIT, credit)}},
    {VERB_UNSUBSCRIBE, "UNSUBSCRIBE", {PART(NUMBER, sub)}},
    {VERB_QUERY, "QUERY", {PART(NUMBER, tag), PART(NAME, name), PART(ARGS, args)}},
    {VERB_PROGRESS, "PROGRESS", {PART(SEQ, cursor), PART(SEQ, outbox), PART(WAKE, wake_us)}},
    {VERB_REPLY,
     "REPLY",
     {PART(NUMBER, tag), PART(OUTCOME, code), PART(TEXT, text), PART(ROWS, rows), PART(BOOL, more)}},
    {VERB_PING, "PING", {PART(NUMBER, tag)}},
    {VERB_BYE, "BYE", {{NULL, PART_END, 0}}},
    {VERB_WELCOME,
     "WELCOME",
     {PART(VERSION, version), PART(NAME, name), PART(NUMBER, session), PART(SEQ, head), PART(TIME, now_us),
      PART(BOOL, replay), PART(NUMBER, epoch)}},
    {VERB_ACCEPTED, "ACCEPTED", {PART(NUMBER, tag), PART(RESULTS, results)}},
    {VERB_EVENTS, "EVENTS", {PART(NUMBER, sub), PART(SEQ, through), PART(SEQ, head), PART(ENTRIES, entries)}},
    {VERB_ANSWER,
     "ANSWER",
     {PART(NUMBER, tag), PART(OUTCOME, code), PART(TEXT, text), PART(ROWS, rows), PART(BOOL, more)}},
    {VERB_ASK, "ASK", {PART(NUMBER, tag), PART(NAME, name), PART(ARGS, args)}},
    {VERB_PONG, "PONG", {PART(NUMBER, tag), PART(SEQ, head), PART(TIME, now_us)}},
    {VERB_ERROR, "ERROR", {PART(CODE, code), PART(TEXT, text)}},
};
enum { WIRE_VERBS = sizeof(wire_verbs) / sizeof(wire_verbs[0]) };

static const struct wire_verb *wire_verb_find(uint64_t number)
{
    for (size_t i = 0; i < WIRE_VERBS; i++) {
        if ((uint64_t)wire_verbs[i].verb == number)
            return &wire_verbs[i];
    }
    return NULL;
}

static size_t wire_parts_count(const struct wire_verb *verb)
{
    size_t count = 0;
    while (verb->parts[count].kind != PART_END)
        count++;
    return count;
}

const char *wire_verb_name(enum verb verb)
{
    const struct wire_verb *row = wire_verb_find(verb);
    return row != NULL ? row->name : "?";
}

/* ---- writing ---- */
static void wire_add_number(msgpack_packer *writer, const struct message *message, const void *member)
{
    (void)message;
    pack_add_u64(writer, *(const uint64_t *)member);
}

static void wire_add_seq(msgpack_packer *writer, const struct message *message, const void *member)
{
    (void)message;
    ASSERT(*(const uint64_t *)member <= WIRE_SEQ_MAX);
    pack_add_u64(writer, *(const uint64_t *)member);
}

static void wire_add_version(msgpack_packer *writer, const struct message *message, const void *member)
{
    (void)message;
    pack_add_u64(writer, *(const unsigned *)member);
}

static void wire_add_credit(msgpack_packer *writer, const struct message *message, const void *member)
{
    (void)message;
    ASSERT(*(const uint64_t *)member <= CREDIT_MAX);
    pack_add_u64(writer, *(const uint64_t *)member);
}

static void wire_add_time(msgpack_packer *writer, const struct message *message, const void *member)
{
    (void)message;
    pack_add_i64(writer, *(const int64_t *)member);
}

static void wire_add_wake(msgpack_packer *writer, const struct message *message, const void *member)
{
    if (*(const int64_t *)member != CIVIL_NEVER_US) {
        wire_add_time(writer, message, member);
        return;
    }
    int code = msgpack_pack_nil(writer);
    ASSERT(code == 0);
}

static void wire_add_bool(msgpack_packer *writer, const struct message *message, const void *member)
{
    (void)message;
    pack_add_bool(writer, *(const bool *)member);
}

static void wire_add_name(msgpack_packer *writer, const struct message *message, const void *member)
{
    (void)message;
    ASSERT(((const struct text *)member)->bytes <= NAME_BYTES_MAX);
    pack_add_text(writer, *(const struct text *)member);
}

/* Texts for people may be built from foreign ones: cut at a character rather than refused. */
static struct text wire_text_cut(struct text t)
{
    if (t.bytes <= WIRE_TEXT_BYTES_MAX)
        return t;
    t.bytes = WIRE_TEXT_BYTES_MAX;
    while (t.bytes > 0 && ((unsigned char)t.at[t.bytes] & 0xc0) == 0x80)
        t.bytes--;
    return t;
}

static void wire_add_text(msgpack_packer *writer, const struct message *message, const void *member)
{
    (void)message;
    pack_add_text(writer, wire_text_cut(*(const struct text *)member));
}

static void wire_add_args(msgpack_packer *writer, const struct message *message, const void *member)
{
    (void)message;
    pack_add_bytes(writer, *(const struct bytes *)member);
}

static void wire_add_code(msgpack_packer *writer, const struct message *message, const void *member)
{
    (void)message;
    pack_add_u64(writer, *(const enum wire_code *)member);
}

static void wire_add_outcome(msgpack_packer *writer, const struct message *message, const void *member)
{
    (void)member;
    enum wire_code failed = message->code != WIRE_OK ? message->code : WIRE_INVALID;
    pack_add_u64(writer, message->ok ? WIRE_OK : failed);
}

static void wire_add_texts(msgpack_packer *writer, const char *key, const struct text *texts, size_t count)
{
    ASSERT(count <= LIST_COUNT_MAX);
    if (count == 0)
        return;
    pack_add_text(writer, text_from(key));
    pack_add_array(writer, count);
    for (size_t i = 0; i < count; i++)
        pack_add_text(writer, texts[i]);
}

static void wire_add_pair(msgpack_packer *writer, const char *key, struct text value)
{
    if (value.bytes == 0)
        return;
    pack_add_text(writer, text_from(key));
    pack_add_text(writer, value);
}

static void wire_add_filter(msgpack_packer *writer, const struct message *message, const void *member)
{
    (void)message;
    const struct wire_filter *filter = member;
    pack_add_map(writer, (size_t)(filter->types_count > 0) + (filter->charters_count > 0) +
                             (filter->publisher.bytes > 0) + (filter->cause != 0) +
                             (filter->subject.bytes > 0));
    wire_add_texts(writer, "types", filter->types, filter->types_count);
    wire_add_texts(writer, "charters", filter->charters, filter->charters_count);
    wire_add_pair(writer, "publisher", filter->publisher);
    if (filter->cause != 0) {
        pack_add_text(writer, TEXT("cause"));
        pack_add_u64(writer, filter->cause);
    }
    wire_add_pair(writer, "subject", filter->subject);
}

static void wire_add_blobs(msgpack_packer *writer, const struct bytes *blobs, size_t count, size_t count_max)
{
    ASSERT(count <= count_max);
    pack_add_array(writer, count);
    for (size_t i = 0; i < count; i++)
        pack_add_bytes(writer, blobs[i]);
}

static void wire_add_bodies(msgpack_packer *writer, const struct message *message, const void *member)
{
    (void)member;
    wire_add_blobs(writer, message->bodies, message->count, BATCH_EVENTS_MAX);
}

static void wire_add_rows(msgpack_packer *writer, const struct message *message, const void *member)
{
    (void)member;
    wire_add_blobs(writer, message->rows, message->count, QUERY_ROWS_MAX);
}

static void wire_add_results(msgpack_packer *writer, const struct message *message, const void *member)
{
    (void)member;
    ASSERT(message->count <= BATCH_EVENTS_MAX);
    pack_add_array(writer, message->count);
    for (size_t i = 0; i < message->count; i++) {
        const struct wire_result *result = &message->results[i];
        pack_add_array(writer, 5);
        pack_add_u64(writer, result->code);
        pack_add_bool(writer, result->duplicate);
        pack_add_u64(writer, result->seq);
        pack_add_i64(writer, result->received_us);
        pack_add_text(writer, wire_text_cut(result->text));
    }
}

static void wire_add_entries(msgpack_packer *writer, const struct message *message, const void *member)
{
    (void)member;
    ASSERT(message->count <= BATCH_EVENTS_MAX);
    pack_add_array(writer, message->count);
    for (size_t i = 0; i < message->count; i++) {
        const struct entry *entry = &message->entries[i];
        pack_add_array(writer, 4);
        pack_add_u64(writer, entry->seq);
        pack_add_i64(writer, entry->received_us);
        pack_add_text(writer, entry->publisher);
        pack_add_bytes(writer, entry->body);
    }
}

/* ---- reading ---- */
struct wire_reading {
    struct arena *arena;
    struct message *message;
    struct complaint *complaint;
};

static int wire_malformed(const struct wire_reading *reading, const struct path *path, const char *wanted)
{
    path_complain(path, reading->complaint, "it must be %s", wanted);
    return WIRE_E_MALFORMED;
}

static int wire_read_number(const struct wire_reading *reading, struct path *path,
                            const msgpack_object *object, void *member)
{
    if (pack_u64(object, UINT64_MAX, member))
        return 0;
    return wire_malformed(reading, path, "an integer that is not negative");
}

static int wire_read_seq(const struct wire_reading *reading, struct path *path, const msgpack_object *object,
                         void *member)
{
    if (pack_u64(object, WIRE_SEQ_MAX, member))
        return 0;
    return wire_malformed(reading, path, "an integer, 0 to 2^53 - 1");
}

static int wire_read_version(const struct wire_reading *reading, struct path *path,
                             const msgpack_object *object, void *member)
{
    uint64_t value = 0;
    if (!pack_u64(object, UINT16_MAX, &value))
        return wire_malformed(reading, path, "an integer, 0 to 65535");
    *(unsigned *)member = (unsigned)value;
    return 0;
}

static int wire_read_credit(const struct wire_reading *reading, struct path *path,
                            const msgpack_object *object, void *member)
{
    if (pack_u64(object, CREDIT_MAX, member))
        return 0;
    return wire_malformed(reading, path, "an integer, 0 to 8192 (CREDIT_MAX)");
}

static int wire_read_time(const struct wire_reading *reading, struct path *path, const msgpack_object *object,
                          void *member)
{
    uint64_t value = 0;
    if (object->type == MSGPACK_OBJECT_NEGATIVE_INTEGER) {
        *(int64_t *)member = object->via.i64;
        return 0;
    }
    if (!pack_u64(object, INT64_MAX, &value))
        return wire_malformed(reading, path, "microseconds since 1970, a signed 64-bit integer");
    *(int64_t *)member = (int64_t)value;
    return 0;
}

static int wire_read_wake(const struct wire_reading *reading, struct path *path, const msgpack_object *object,
                          void *member)
{
    if (object->type != MSGPACK_OBJECT_NIL)
        return wire_read_time(reading, path, object, member);
    *(int64_t *)member = CIVIL_NEVER_US;
    return 0;
}

static int wire_read_bool(const struct wire_reading *reading, struct path *path, const msgpack_object *object,
                          void *member)
{
    if (object->type != MSGPACK_OBJECT_BOOLEAN)
        return wire_malformed(reading, path, "true or false");
    *(bool *)member = object->via.boolean;
    return 0;
}

static int wire_read_name(const struct wire_reading *reading, struct path *path, const msgpack_object *object,
                          void *member)
{
    struct text t = pack_text(object);
    if (t.at == NULL)
        return wire_malformed(reading, path, "a string (str)");
    if (t.bytes > 0 && check_line(path, t, 1, NAME_BYTES_MAX, reading->complaint) != 0)
        return WIRE_E_MALFORMED;
    *(struct text *)member = t;
    return 0;
}

static int wire_read_text(const struct wire_reading *reading, struct path *path, const msgpack_object *object,
                          void *member)
{
    struct text t = pack_text(object);
    if (t.at == NULL || t.bytes > WIRE_TEXT_BYTES_MAX || check_text_class(t) == CHECK_CLASS_BROKEN)
        return wire_malformed(reading, path, "a string (str) of UTF-8, at most 4096 bytes");
    *(struct text *)member = t;
    return 0;
}

static int wire_read_args(const struct wire_reading *reading, struct path *path, const msgpack_object *object,
                          void *member)
{
    if (object->type != MSGPACK_OBJECT_BIN)
        return wire_malformed(reading, path, "bytes (bin)");
    *(struct bytes *)member =
        (struct bytes){(const unsigned char *)object->via.bin.ptr, object->via.bin.size};
    return 0;
}

static int wire_read_code(const struct wire_reading *reading, struct path *path, const msgpack_object *object,
                          void *member)
{
    uint64_t value = 0;
    if (!pack_u64(object, WIRE_CODES_COUNT - 1, &value))
        return wire_malformed(reading, path, "a code of PROTOCOL.md section 1");
    *(enum wire_code *)member = (enum wire_code)value;
    return 0;
}

static int wire_read_outcome(const struct wire_reading *reading, struct path *path,
                             const msgpack_object *object, void *member)
{
    int code = wire_read_code(reading, path, object, member);
    reading->message->ok = code == 0 && reading->message->code == WIRE_OK;
    return code;
}

/* An array of at most count_max; NULL after a complaint. */
static const msgpack_object_array *wire_array(const struct wire_reading *reading, const struct path *path,
                                              const msgpack_object *object, size_t count_max)
{
    if (object->type == MSGPACK_OBJECT_ARRAY && object->via.array.size <= count_max)
        return &object->via.array;
    path_complain(path, reading->complaint, "it must be a list (array) of at most %zu", count_max);
    return NULL;
}

static int wire_read_texts(const struct wire_reading *reading, struct path *path,
                           const msgpack_object *object, const struct text **texts_out, size_t *count_out)
{
    const msgpack_object_array *array = wire_array(reading, path, object, LIST_COUNT_MAX);
    if (array == NULL)
        return WIRE_E_MALFORMED;
    struct text *texts = arena_alloc(reading->arena, (array->size + 1) * sizeof(*texts));
    int code = 0;
    for (uint32_t i = 0; i < array->size && code == 0; i++) {
        path->index = (long)i;
        code = wire_read_name(reading, path, &array->ptr[i], &texts[i]);
    }
    *texts_out = texts;
    *count_out = array->size;
    return code;
}

static int wire_read_filter_pair(const struct wire_reading *reading, struct path *path, struct text key,
                                 const msgpack_object *value, struct wire_filter *filter)
{
    if (text_is(key, "types"))
        return wire_read_texts(reading, path, value, &filter->types, &filter->types_count);
    if (text_is(key, "charters"))
        return wire_read_texts(reading, path, value, &filter->charters, &filter->charters_count);
    if (text_is(key, "publisher"))
        return wire_read_name(reading, path, value, &filter->publisher);
    if (text_is(key, "subject"))
        return wire_read_name(reading, path, value, &filter->subject);
    if (text_is(key, "cause"))
        return wire_read_seq(reading, path, value, &filter->cause);
    return wire_malformed(reading, path->up, "a map with keys types, charters, publisher, cause and subject");
}

static bool wire_key_repeats(const msgpack_object_map *map, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++) {
        if (text_equal(pack_text(&map->ptr[i].key), pack_text(&map->ptr[index].key)))
            return true;
    }
    return false;
}

static int wire_read_filter(const struct wire_reading *reading, struct path *path,
                            const msgpack_object *object, void *member)
{
    enum { KEYS = 5 };
    if (object->type != MSGPACK_OBJECT_MAP || object->via.map.size > KEYS)
        return wire_malformed(reading, path, "a map with keys types, charters, publisher, cause and subject");
    int code = 0;
    for (uint32_t i = 0; i < object->via.map.size && code == 0; i++) {
        const msgpack_object_kv *pair = &object->via.map.ptr[i];
        struct path inner = {path, pack_text(&pair->key), PATH_NO_INDEX};
        if (wire_key_repeats(&object->via.map, i))
            return wire_malformed(reading, path, "a map without repeated keys");
        code = wire_read_filter_pair(reading, &inner, inner.name, &pair->val, member);
    }
    return code;
}

static int wire_read_blobs(const struct wire_reading *reading, struct path *path,
                           const msgpack_object *object, size_t count_max, const struct bytes **blobs_out)
{
    const msgpack_object_array *array = wire_array(reading, path, object, count_max);
    if (array == NULL)
        return WIRE_E_MALFORMED;
    struct bytes *blobs = arena_alloc(reading->arena, (array->size + 1) * sizeof(*blobs));
    int code = 0;
    for (uint32_t i = 0; i < array->size && code == 0; i++) {
        path->index = (long)i;
        code = wire_read_args(reading, path, &array->ptr[i], &blobs[i]);
    }
    *blobs_out = blobs;
    reading->message->count = array->size;
    return code;
}

static int wire_read_bodies(const struct wire_reading *reading, struct path *path,
                            const msgpack_object *object, void *member)
{
    return wire_read_blobs(reading, path, object, BATCH_EVENTS_MAX, member);
}

static int wire_read_rows(const struct wire_reading *reading, struct path *path, const msgpack_object *object,
                          void *member)
{
    return wire_read_blobs(reading, path, object, QUERY_ROWS_MAX, member);
}

static int wire_read_result(const struct wire_reading *reading, struct path *path,
                            const msgpack_object *object, struct wire_result *result)
{
    if (object->type != MSGPACK_OBJECT_ARRAY || object->via.array.size != 5)
        return wire_malformed(reading, path, "a list of 5: code, duplicate, seq, received, text");
    const msgpack_object *at = object->via.array.ptr;
    int code = wire_read_code(reading, path, &at[0], &result->code);
    if (code == 0)
        code = wire_read_bool(reading, path, &at[1], &result->duplicate);
    if (code == 0)
        code = wire_read_seq(reading, path, &at[2], &result->seq);
    if (code == 0)
        code = wire_read_time(reading, path, &at[3], &result->received_us);
    if (code == 0)
        code = wire_read_text(reading, path, &at[4], &result->text);
    return code;
}

static int wire_read_results(const struct wire_reading *reading, struct path *path,
                             const msgpack_object *object, void *member)
{
    const msgpack_object_array *array = wire_array(reading, path, object, BATCH_EVENTS_MAX);
    if (array == NULL)
        return WIRE_E_MALFORMED;
    struct wire_result *results = arena_alloc(reading->arena, (array->size + 1) * sizeof(*results));
    int code = 0;
    for (uint32_t i = 0; i < array->size && code == 0; i++) {
        path->index = (long)i;
        code = wire_read_result(reading, path, &array->ptr[i], &results[i]);
    }
    *(const struct wire_result **)member = results;
    reading->message->count = array->size;
    return code;
}

static int wire_read_entry(const struct wire_reading *reading, struct path *path,
                           const msgpack_object *object, struct entry *entry)
{
    if (object->type != MSGPACK_OBJECT_ARRAY || object->via.array.size != 4)
        return wire_malformed(reading, path, "a list of 4: seq, received, publisher, event");
    const msgpack_object *at = object->via.array.ptr;
    int code = wire_read_seq(reading, path, &at[0], &entry->seq);
    if (code == 0)
        code = wire_read_time(reading, path, &at[1], &entry->received_us);
    if (code == 0)
        code = wire_read_name(reading, path, &at[2], &entry->publisher);
    if (code == 0)
        code = wire_read_args(reading, path, &at[3], &entry->body);
    return code;
}

static int wire_read_entries(const struct wire_reading *reading, struct path *path,
                             const msgpack_object *object, void *member)
{
    const msgpack_object_array *array = wire_array(reading, path, object, BATCH_EVENTS_MAX);
    if (array == NULL)
        return WIRE_E_MALFORMED;
    struct entry *entries = arena_alloc(reading->arena, (array->size + 1) * sizeof(*entries));
    int code = 0;
    for (uint32_t i = 0; i < array->size && code == 0; i++) {
        path->index = (long)i;
        code = wire_read_entry(reading, path, &array->ptr[i], &entries[i]);
    }
    *(const struct entry **)member = entries;
    reading->message->count = array->size;
    return code;
}

/* ---- the kinds of parts ---- */
static const struct {
    void (*add)(msgpack_packer *writer, const struct message *message, const void *member);
    int (*read)(const struct wire_reading *reading, struct path *path, const msgpack_object *object,
                void *member);
} wire_parts[] = {
    [PART_END] = {NULL, NULL},
    [PART_NUMBER] = {wire_add_number, wire_read_number},
    [PART_SEQ] = {wire_add_seq, wire_read_seq},
    [PART_VERSION] = {wire_add_version, wire_read_version},
    [PART_CREDIT] = {wire_add_credit, wire_read_credit},
    [PART_TIME] = {wire_add_time, wire_read_time},
    [PART_WAKE] = {wire_add_wake, wire_read_wake},
    [PART_BOOL] = {wire_add_bool, wire_read_bool},
    [PART_NAME] = {wire_add_name, wire_read_name},
    [PART_TEXT] = {wire_add_text, wire_read_text},
    [PART_ARGS] = {wire_add_args, wire_read_args},
    [PART_CODE] = {wire_add_code, wire_read_code},
    [PART_OUTCOME] = {wire_add_outcome, wire_read_outcome},
    [PART_FILTER] = {wire_add_filter, wire_read_filter},
    [PART_BODIES] = {wire_add_bodies, wire_read_bodies},
    [PART_RESULTS] = {wire_add_results, wire_read_results},
    [PART_ENTRIES] = {wire_add_entries, wire_read_entries},
    [PART_ROWS] = {wire_add_rows, wire_read_rows},
};
_Static_assert(sizeof(wire_parts) / sizeof(wire_parts[0]) == PART_KINDS,
               "a kind of part without its functions");

void wire_encode(const struct message *message, struct buffer *buffer)
{
    const struct wire_verb *verb = wire_verb_find(message->verb);
    ASSERT(verb != NULL);
    msgpack_packer writer = pack_writer(buffer);
    pack_add_array(&writer, 1 + wire_parts_count(verb));
    pack_add_u64(&writer, verb->verb);
    for (const struct part *part = verb->parts; part->kind != PART_END; part++)
        wire_parts[part->kind].add(&writer, message, (const char *)message + part->offset);
}

static int wire_decode_array(const struct wire_reading *reading, const msgpack_object *root)
{
    uint64_t number = 0;
    if (root->type != MSGPACK_OBJECT_ARRAY || root->via.array.size == 0 ||
        !pack_u64(&root->via.array.ptr[0], UINT16_MAX, &number)) {
        complain(reading->complaint, "", "",
                 "a message is a list (array) that begins with the verb's number");
        return WIRE_E_MALFORMED;
    }
    const struct wire_verb *verb = wire_verb_find(number);
    if (verb == NULL) {
        complain(reading->complaint, "verb", "", "no verb has the number %u", (unsigned)number);
        return WIRE_E_MALFORMED;
    }
    size_t count = wire_parts_count(verb);
    struct path path = {NULL, text_from(verb->name), PATH_NO_INDEX};
    if (root->via.array.size != 1 + count) {
        path_complain(&path, reading->complaint, "it has %u parts after the verb; exactly %zu are wanted",
                      root->via.array.size - 1, count);
        return WIRE_E_MALFORMED;
    }
    reading->message->verb = verb->verb;
    int code = 0;
    for (size_t i = 0; i < count && code == 0; i++) {
        struct path inner = {NULL, text_from(verb->parts[i].name), PATH_NO_INDEX};
        code = wire_parts[verb->parts[i].kind].read(reading, &inner, &root->via.array.ptr[1 + i],
                                                    (char *)reading->message + verb->parts[i].offset);
    }
    return code;
}

int wire_decode(struct arena *arena, struct bytes frame, struct message *message_out,
                struct complaint *complaint)
{
    *message_out = (struct message){.wake_us = CIVIL_NEVER_US};
    if (frame.bytes > MESSAGE_BYTES_MAX) {
        complain(complaint, "", "", "this frame has %zu bytes; at most %d are allowed", frame.bytes,
                 MESSAGE_BYTES_MAX);
        return WIRE_E_MALFORMED;
    }
    struct pack pack;
    if (pack_open(frame, "frame", &pack, complaint) != 0)
        return WIRE_E_MALFORMED;
    struct wire_reading reading = {arena, message_out, complaint};
    int code = wire_decode_array(&reading, pack_root(&pack));
    pack_close(&pack);
    return code;
}

/* ---- filters ---- */
/* A prefix is the whole type or ends where a dot stands. */
static bool wire_prefix_fits(struct text prefix, struct text type)
{
    if (prefix.bytes > 0 && prefix.at[prefix.bytes - 1] == '.')
        prefix.bytes--;
    return text_starts_with(type, prefix) && (type.bytes == prefix.bytes || type.at[prefix.bytes] == '.');
}

bool wire_filter_passes(const struct wire_filter *filter, const struct event *event)
{
    bool passes = filter->types_count == 0;
    for (size_t i = 0; i < filter->types_count && !passes; i++)
        passes = wire_prefix_fits(filter->types[i], event->type_name);
    bool charter_passes = filter->charters_count == 0;
    for (size_t i = 0; i < filter->charters_count && !charter_passes; i++)
        charter_passes = text_equal(filter->charters[i], event->charter);
    return passes && charter_passes &&
           (filter->publisher.bytes == 0 || text_equal(filter->publisher, event->publisher)) &&
           (filter->subject.bytes == 0 || text_equal(filter->subject, event->subject)) &&
           (filter->cause == 0 || filter->cause == event->cause);
}
