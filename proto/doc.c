/* doc.c - documents: a sorted array of (field, value) in an arena; bounds and uses.
 *
 * Invariants: slots are sorted by field, each field at most once; a list's items have the size that its kind
 * says; texts that the program sets live in the arena, texts that were decoded point into the encoded bytes.
 * DATE and TIME are kept as written, so what is shown, hashed and forwarded is what was said.
 */
#include "proto/doc.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/log.h"
#include "proto/check.h"
#include "proto/names.h"
#include "proto/pack.h"
#include "proto/path.h"

/* ---- the dictionary, from events.def ---- */
#define NEED(symbol) {FIELD_##symbol, true},
#define MAY(symbol)  {FIELD_##symbol, false},
#define FIELD(symbol, name, kind, low, high, help)
#define EVENT(symbol, name, what, role, about, fields, help)
#define SHAPE(symbol, fields)                                                                                \
    static const struct field_use shape_##symbol[] = {fields{FIELD_COUNT_OF_ALL, false}};
#include "proto/events.def"
#undef NEED
#undef MAY
#undef SHAPE
#undef FIELD

#define SHAPE_OF_NAME(symbol)  NULL
#define SHAPE_OF_PROSE(symbol) NULL
#define SHAPE_OF_DATE(symbol)  NULL
#define SHAPE_OF_TIME(symbol)  NULL
#define SHAPE_OF_INT(symbol)   NULL
#define SHAPE_OF_BOOL(symbol)  NULL
#define SHAPE_OF_NAMES(symbol) NULL
#define SHAPE_OF_DATES(symbol) NULL
#define SHAPE_OF_INTS(symbol)  NULL
#define SHAPE_OF_LIMIT(symbol) NULL
#define SHAPE_OF_ITEMS(symbol) shape_##symbol /* an ITEMS field without a SHAPE doesn't compile */
#define SHAPE(symbol, fields)
#define FIELD(symbol, name, kind, low, high, help)                                                           \
    {name, KIND_##kind, low, high, help, SHAPE_OF_##kind(symbol)},
const struct field_spec field_specs[] = {
#include "proto/events.def"
};
#undef FIELD
#undef SHAPE
#undef EVENT
_Static_assert(sizeof(field_specs) / sizeof(field_specs[0]) == FIELD_COUNT_OF_ALL, "a field without its row");
_Static_assert((int)FIELD_COUNT_OF_ALL <= (int)NAMES_COUNT_MAX, "the name index is too small");

static struct names field_names;

__attribute__((constructor)) static void field_names_build(void)
{
    for (size_t i = 0; i < FIELD_COUNT_OF_ALL; i++)
        names_add(&field_names, field_specs[i].name);
}

enum field field_find(struct text name, const char **nearest_out)
{
    int index = names_find(&field_names, name, nearest_out);
    return index < 0 ? FIELD_COUNT_OF_ALL : (enum field)index;
}

/* ---- values ---- */
struct list {
    void *at;
    size_t count, room;
};
struct slot {
    enum field field;
    union {
        struct text text; /* NAME, PROSE, LIMIT, DATE, TIME */
        int64_t number;   /* INT, BOOL */
        struct list list; /* NAMES, DATES: struct text; INTS: int64_t; ITEMS: struct doc * */
    };
};
struct doc {
    struct arena *arena;
    struct slot *slots;
    size_t count, room;
};

enum {
    DOC_TEXTS = 1 << KIND_NAME | 1 << KIND_PROSE | 1 << KIND_LIMIT | 1 << KIND_DATE | 1 << KIND_TIME,
    DOC_NUMBERS = 1 << KIND_INT | 1 << KIND_BOOL,
    DOC_TEXT_LISTS = 1 << KIND_NAMES | 1 << KIND_DATES,
    DOC_LISTS = DOC_TEXT_LISTS | 1 << KIND_INTS | 1 << KIND_ITEMS,
    DOC_DEPTH_MAX = 3, /* maps in lists in maps; records may, events have one */
};

static const struct {
    const char *name;
    size_t item_bytes;
} doc_kinds[] = {
    [KIND_NAME] = {"NAME", 0},
    [KIND_PROSE] = {"PROSE", 0},
    [KIND_DATE] = {"DATE", 0},
    [KIND_TIME] = {"TIME", 0},
    [KIND_INT] = {"INT", 0},
    [KIND_BOOL] = {"BOOL", 0},
    [KIND_NAMES] = {"NAMES", sizeof(struct text)},
    [KIND_DATES] = {"DATES", sizeof(struct text)},
    [KIND_INTS] = {"INTS", sizeof(int64_t)},
    [KIND_ITEMS] = {"ITEMS", sizeof(struct doc *)},
    [KIND_LIMIT] = {"LIMIT", 0},
};

const char *kind_name(enum kind kind)
{
    ASSERT((size_t)kind < sizeof(doc_kinds) / sizeof(doc_kinds[0]));
    return doc_kinds[kind].name;
}

static bool field_is(enum field field, int kinds)
{
    ASSERT((unsigned)field < FIELD_COUNT_OF_ALL);
    return (1 << field_specs[field].kind & kinds) != 0;
}

struct doc *doc_new(struct arena *arena)
{
    struct doc *doc = arena_alloc(arena, sizeof(*doc));
    doc->arena = arena;
    return doc;
}

const struct doc *doc_empty(void)
{
    static const struct doc empty;
    return &empty;
}

struct arena *doc_arena(const struct doc *doc)
{
    return doc->arena;
}

/* Index of the first slot with at least this field. */
static size_t doc_place(const struct doc *doc, enum field field)
{
    /* Canonical documents are read and built in order: the end is the likely place. */
    if (doc->count == 0 || doc->slots[doc->count - 1].field < field)
        return doc->count;
    size_t low = 0, high = doc->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (doc->slots[middle].field < field)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct slot *doc_slot(const struct doc *doc, enum field field)
{
    size_t at = doc_place(doc, field);
    return at < doc->count && doc->slots[at].field == field ? &doc->slots[at] : NULL;
}

/* The slot of a field of these kinds; a new one is zeroed. */
static struct slot *doc_slot_make(struct doc *doc, enum field field, int kinds)
{
    ASSERT(field_is(field, kinds));
    size_t at = doc_place(doc, field);
    if (at < doc->count && doc->slots[at].field == field)
        return &doc->slots[at];
    if (doc->count == doc->room) {
        size_t room = doc->room == 0 ? 8 : 2 * doc->room;
        struct slot *slots = arena_alloc(doc->arena, room * sizeof(*slots));
        if (doc->count > 0)
            memcpy(slots, doc->slots, doc->count * sizeof(*slots));
        doc->slots = slots;
        doc->room = room;
    }
    memmove(&doc->slots[at + 1], &doc->slots[at], (doc->count - at) * sizeof(*doc->slots));
    doc->slots[at] = (struct slot){.field = field};
    doc->count++;
    return &doc->slots[at];
}

static size_t doc_item_bytes(enum field field)
{
    return doc_kinds[field_specs[field].kind].item_bytes;
}

static void *doc_list_append(struct doc *doc, struct slot *slot)
{
    struct list *list = &slot->list;
    size_t item_bytes = doc_item_bytes(slot->field);
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 4 : 2 * list->room;
        void *at = arena_alloc(doc->arena, room * item_bytes);
        if (list->count > 0)
            memcpy(at, list->at, list->count * item_bytes);
        list->at = at;
        list->room = room;
    }
    return (char *)list->at + item_bytes * list->count++;
}

/* ---- setting ---- */
void doc_set_text(struct doc *doc, enum field field, struct text t)
{
    doc_slot_make(doc, field, 1 << KIND_NAME | 1 << KIND_PROSE | 1 << KIND_LIMIT)->text =
        arena_text_copy(doc->arena, t);
}

void doc_set_int(struct doc *doc, enum field field, int64_t value)
{
    doc_slot_make(doc, field, 1 << KIND_INT)->number = value;
}

void doc_set_bool(struct doc *doc, enum field field, bool value)
{
    doc_slot_make(doc, field, 1 << KIND_BOOL)->number = value;
}

void doc_set_date(struct doc *doc, enum field field, int32_t day)
{
    char out[CIVIL_TEXT_BYTES];
    doc_slot_make(doc, field, 1 << KIND_DATE)->text =
        arena_text_copy(doc->arena, text_from(civil_format_date(day, out)));
}

void doc_set_time(struct doc *doc, enum field field, int64_t at_us, int zone)
{
    char out[CIVIL_TEXT_BYTES];
    ASSERT(at_us != CIVIL_NEVER_US);
    doc_slot_make(doc, field, 1 << KIND_TIME)->text =
        arena_text_copy(doc->arena, text_from(civil_format_time(at_us, zone, out)));
}

void doc_set_written(struct doc *doc, enum field field, struct text t)
{
    doc_slot_make(doc, field, DOC_TEXTS)->text = arena_text_copy(doc->arena, t);
}

void doc_add_text(struct doc *doc, enum field field, struct text t)
{
    struct text *item = doc_list_append(doc, doc_slot_make(doc, field, 1 << KIND_NAMES));
    *item = arena_text_copy(doc->arena, t);
}

void doc_add_date(struct doc *doc, enum field field, int32_t day)
{
    char out[CIVIL_TEXT_BYTES];
    struct text *item = doc_list_append(doc, doc_slot_make(doc, field, 1 << KIND_DATES));
    *item = arena_text_copy(doc->arena, text_from(civil_format_date(day, out)));
}

void doc_add_written(struct doc *doc, enum field field, struct text t)
{
    struct text *item = doc_list_append(doc, doc_slot_make(doc, field, DOC_TEXT_LISTS));
    *item = arena_text_copy(doc->arena, t);
}

void doc_add_int(struct doc *doc, enum field field, int64_t value)
{
    int64_t *item = doc_list_append(doc, doc_slot_make(doc, field, 1 << KIND_INTS));
    *item = value;
}

struct doc *doc_add_doc(struct doc *doc, enum field field)
{
    struct doc **item = doc_list_append(doc, doc_slot_make(doc, field, 1 << KIND_ITEMS));
    *item = doc_new(doc->arena);
    return *item;
}

void doc_set_empty_list(struct doc *doc, enum field field)
{
    doc_slot_make(doc, field, DOC_LISTS)->list = (struct list){NULL, 0, 0};
}

void doc_printf(struct doc *doc, enum field field, const char *format, ...)
{
    struct buffer text;
    buffer_open(&text, EVENT_BYTES_MAX);
    va_list args;
    va_start(args, format);
    int bytes = vsnprintf(NULL, 0, format, args);
    va_end(args);
    ASSERT(bytes >= 0);
    char *at = (char *)buffer_reserve(&text, (size_t)bytes + 1);
    va_start(args, format);
    vsnprintf(at, (size_t)bytes + 1, format, args);
    va_end(args);
    doc_set_text(doc, field, (struct text){at, (size_t)bytes});
    buffer_close(&text);
}

void doc_unset(struct doc *doc, enum field field)
{
    struct slot *slot = doc_slot(doc, field);
    if (slot == NULL)
        return;
    size_t at = (size_t)(slot - doc->slots);
    doc->count--;
    memmove(slot, slot + 1, (doc->count - at) * sizeof(*slot));
}

/* ---- copying ---- */
static void doc_copy_item(struct doc *doc, struct slot *to, const struct slot *from, size_t index)
{
    void *item = doc_list_append(doc, to);
    enum kind kind = field_specs[from->field].kind;
    if (kind == KIND_INTS)
        *(int64_t *)item = ((const int64_t *)from->list.at)[index];
    else if (kind == KIND_ITEMS)
        *(struct doc **)item = doc_copy(doc->arena, ((struct doc *const *)from->list.at)[index]);
    else
        *(struct text *)item = arena_text_copy(doc->arena, ((const struct text *)from->list.at)[index]);
}

static void doc_copy_slot(struct doc *doc, const struct slot *from)
{
    if (!field_is(from->field, DOC_LISTS)) {
        struct slot *to = doc_slot_make(doc, from->field, ~0);
        *to = *from;
        if (field_is(from->field, DOC_TEXTS))
            to->text = arena_text_copy(doc->arena, from->text);
        return;
    }
    struct list list = from->list; /* doc may be the one copied from */
    struct slot source = *from;
    source.list = list;
    doc_set_empty_list(doc, source.field);
    for (size_t i = 0; i < list.count; i++)
        doc_copy_item(doc, doc_slot(doc, source.field), &source, i);
}

void doc_set_doc_field(struct doc *doc, enum field field, const struct doc *from)
{
    const struct slot *slot = doc_slot(from, field);
    if (slot != NULL && doc != from)
        doc_copy_slot(doc, slot);
}

struct doc *doc_copy(struct arena *arena, const struct doc *doc)
{
    struct doc *copy = doc_new(arena);
    for (size_t i = 0; i < doc->count; i++)
        doc_copy_slot(copy, &doc->slots[i]);
    return copy;
}

/* ---- reading ---- */
bool doc_has(const struct doc *doc, enum field field)
{
    return doc_slot(doc, field) != NULL;
}

struct text doc_text(const struct doc *doc, enum field field)
{
    ASSERT(field_is(field, DOC_TEXTS));
    const struct slot *slot = doc_slot(doc, field);
    return slot != NULL ? slot->text : TEXT_NONE;
}

int64_t doc_int(const struct doc *doc, enum field field, int64_t fallback)
{
    ASSERT(field_is(field, DOC_NUMBERS));
    const struct slot *slot = doc_slot(doc, field);
    return slot != NULL ? slot->number : fallback;
}

bool doc_bool(const struct doc *doc, enum field field)
{
    ASSERT(field_is(field, 1 << KIND_BOOL));
    const struct slot *slot = doc_slot(doc, field);
    return slot != NULL && slot->number != 0;
}

bool doc_date(const struct doc *doc, enum field field, int32_t *day_out)
{
    ASSERT(field_is(field, 1 << KIND_DATE));
    const struct slot *slot = doc_slot(doc, field);
    return slot != NULL && civil_parse_date(slot->text, day_out);
}

int64_t doc_time_us(const struct doc *doc, enum field field, int64_t fallback)
{
    ASSERT(field_is(field, 1 << KIND_TIME));
    const struct slot *slot = doc_slot(doc, field);
    int64_t at_us = fallback;
    if (slot != NULL && !civil_parse_time(slot->text, &at_us, NULL))
        return fallback;
    return at_us;
}

size_t doc_count(const struct doc *doc, enum field field)
{
    ASSERT(field_is(field, DOC_LISTS));
    const struct slot *slot = doc_slot(doc, field);
    return slot != NULL ? slot->list.count : 0;
}

static const void *doc_items(const struct doc *doc, enum field field, int kinds, size_t index)
{
    ASSERT(field_is(field, kinds));
    const struct slot *slot = doc_slot(doc, field);
    ASSERT(slot != NULL && index < slot->list.count);
    return slot->list.at;
}

struct text doc_text_at(const struct doc *doc, enum field field, size_t index)
{
    return ((const struct text *)doc_items(doc, field, DOC_TEXT_LISTS, index))[index];
}

int64_t doc_int_at(const struct doc *doc, enum field field, size_t index)
{
    return ((const int64_t *)doc_items(doc, field, 1 << KIND_INTS, index))[index];
}

const struct doc *doc_doc_at(const struct doc *doc, enum field field, size_t index)
{
    return ((struct doc *const *)doc_items(doc, field, 1 << KIND_ITEMS, index))[index];
}

bool doc_lists_text(const struct doc *doc, enum field field, struct text t)
{
    for (size_t i = 0; i < doc_count(doc, field); i++) {
        if (text_equal(doc_text_at(doc, field, i), t))
            return true;
    }
    return false;
}

enum field doc_first(const struct doc *doc)
{
    return doc->count > 0 ? doc->slots[0].field : FIELD_COUNT_OF_ALL;
}

enum field doc_after(const struct doc *doc, enum field field)
{
    size_t at = doc_place(doc, field);
    if (at < doc->count && doc->slots[at].field == field)
        at++;
    return at < doc->count ? doc->slots[at].field : FIELD_COUNT_OF_ALL;
}

/* ---- encoding ---- */
static void pack_add_slot(msgpack_packer *writer, const struct slot *slot)
{
    if (field_is(slot->field, DOC_TEXTS)) {
        pack_add_text(writer, slot->text);
    } else if (field_is(slot->field, 1 << KIND_BOOL)) {
        pack_add_bool(writer, slot->number != 0);
    } else if (field_is(slot->field, 1 << KIND_INT)) {
        pack_add_i64(writer, slot->number);
    } else {
        pack_add_array(writer, slot->list.count);
        for (size_t i = 0; i < slot->list.count; i++) {
            if (field_is(slot->field, DOC_TEXT_LISTS))
                pack_add_text(writer, ((const struct text *)slot->list.at)[i]);
            else if (field_is(slot->field, 1 << KIND_INTS))
                pack_add_i64(writer, ((const int64_t *)slot->list.at)[i]);
            else
                pack_add_doc(writer, ((struct doc *const *)slot->list.at)[i]);
        }
    }
}

void pack_add_doc(msgpack_packer *writer, const struct doc *doc)
{
    pack_add_map(writer, doc->count);
    for (size_t i = 0; i < doc->count; i++) {
        pack_add_text(writer, text_from(field_specs[doc->slots[i].field].name));
        pack_add_slot(writer, &doc->slots[i]);
    }
}

void doc_encode(const struct doc *doc, struct buffer *buffer)
{
    msgpack_packer writer = pack_writer(buffer);
    pack_add_doc(&writer, doc);
}

/* ---- decoding ---- */
struct doc_decoding {
    struct arena *arena;
    struct complaint *complaint;
    unsigned depth;
};

static int doc_decode_kind(const struct doc_decoding *decoding, const struct path *path,
                           const msgpack_object *object, const char *wanted)
{
    path_complain(path, decoding->complaint, "this is %s; it must be %s", pack_kind(object), wanted);
    return DOC_E_INVALID;
}

static int doc_decode_text(const struct doc_decoding *decoding, const struct path *path,
                           const msgpack_object *object, struct text *out)
{
    if (object->type != MSGPACK_OBJECT_STR)
        return doc_decode_kind(decoding, path, object, "a string (str)");
    *out = pack_text(object);
    if (check_text_class(*out) != CHECK_CLASS_BROKEN)
        return 0;
    path_complain(path, decoding->complaint, "this is not valid UTF-8");
    return DOC_E_MALFORMED;
}

static int doc_decode_int(const struct doc_decoding *decoding, const struct path *path,
                          const msgpack_object *object, int64_t *out)
{
    if (object->type == MSGPACK_OBJECT_NEGATIVE_INTEGER) {
        *out = object->via.i64;
        return 0;
    }
    uint64_t value = 0;
    if (object->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return doc_decode_kind(decoding, path, object, "an integer");
    if (!pack_u64(object, INT64_MAX, &value)) {
        path_complain(path, decoding->complaint, "this integer is beyond 63 bits");
        return DOC_E_INVALID;
    }
    *out = (int64_t)value;
    return 0;
}

static int doc_decode_map(struct doc_decoding *decoding, const struct path *path,
                          const msgpack_object *object, struct doc *doc);

static int doc_decode_item(struct doc_decoding *decoding, const struct path *path,
                           const msgpack_object *object, struct doc *doc, struct slot *slot)
{
    void *item = doc_list_append(doc, slot);
    if (field_is(slot->field, DOC_TEXT_LISTS))
        return doc_decode_text(decoding, path, object, item);
    if (field_is(slot->field, 1 << KIND_INTS))
        return doc_decode_int(decoding, path, object, item);
    *(struct doc **)item = doc_new(doc->arena);
    return doc_decode_map(decoding, path, object, *(struct doc **)item);
}

static int doc_decode_list(struct doc_decoding *decoding, struct path *path, const msgpack_object *object,
                           struct doc *doc, struct slot *slot)
{
    if (object->type != MSGPACK_OBJECT_ARRAY)
        return doc_decode_kind(decoding, path, object, "a list (array)");
    uint32_t count = object->via.array.size; /* the scanner has found so many */
    if (count > 0)
        slot->list = (struct list){arena_alloc(doc->arena, count * doc_item_bytes(slot->field)), 0, count};
    int code = 0;
    for (uint32_t i = 0; i < count && code == 0; i++) {
        path->index = (long)i;
        code = doc_decode_item(decoding, path, &object->via.array.ptr[i], doc, slot);
    }
    return code;
}

static int doc_decode_value(struct doc_decoding *decoding, struct path *path, const msgpack_object *object,
                            struct doc *doc, enum field field)
{
    struct slot *slot = doc_slot_make(doc, field, ~0);
    if (field_is(field, DOC_TEXTS))
        return doc_decode_text(decoding, path, object, &slot->text);
    if (field_is(field, 1 << KIND_INT))
        return doc_decode_int(decoding, path, object, &slot->number);
    if (field_is(field, DOC_LISTS))
        return doc_decode_list(decoding, path, object, doc, slot);
    if (object->type != MSGPACK_OBJECT_BOOLEAN)
        return doc_decode_kind(decoding, path, object, "true or false");
    slot->number = object->via.boolean;
    return 0;
}

static int doc_decode_key(const struct doc_decoding *decoding, const struct path *up,
                          const msgpack_object *key, struct doc *doc, enum field *field_out)
{
    struct path path = {up, pack_text(key), PATH_NO_INDEX};
    if (path.name.at == NULL || check_text_class(path.name) == CHECK_CLASS_BROKEN) {
        path_complain(up, decoding->complaint, "every key of this map must be a string of UTF-8");
        return DOC_E_MALFORMED;
    }
    const char *nearest = NULL;
    *field_out = field_find(path.name, &nearest);
    if (*field_out == FIELD_COUNT_OF_ALL) {
        path_complain(&path, decoding->complaint, "no such field%s%s",
                      nearest != NULL ? "; nearest known: " : "", nearest != NULL ? nearest : "");
        return DOC_E_INVALID;
    }
    if (doc_has(doc, *field_out)) {
        path_complain(&path, decoding->complaint, "this key stands twice in one map");
        return DOC_E_MALFORMED;
    }
    return 0;
}

static int doc_decode_map(struct doc_decoding *decoding, const struct path *up, const msgpack_object *object,
                          struct doc *doc)
{
    if (object->type != MSGPACK_OBJECT_MAP)
        return doc_decode_kind(decoding, up, object, "a map");
    if (decoding->depth == DOC_DEPTH_MAX) {
        path_complain(up, decoding->complaint, "maps are nested too deep here; at most %d", DOC_DEPTH_MAX);
        return DOC_E_MALFORMED;
    }
    decoding->depth++;
    int code = 0;
    for (uint32_t i = 0; i < object->via.map.size && code == 0; i++) {
        const msgpack_object_kv *pair = &object->via.map.ptr[i];
        enum field field = FIELD_COUNT_OF_ALL;
        code = doc_decode_key(decoding, up, &pair->key, doc, &field);
        if (code != 0)
            break;
        struct path path = {up, text_from(field_specs[field].name), PATH_NO_INDEX};
        code = doc_decode_value(decoding, &path, &pair->val, doc, field);
    }
    decoding->depth--;
    return code;
}

int pack_doc(struct arena *arena, const msgpack_object *object, const char *prefix, struct doc **doc_out,
             struct complaint *complaint)
{
    struct doc_decoding decoding = {arena, complaint, 0};
    struct path root = {NULL, text_from(prefix), PATH_NO_INDEX};
    *doc_out = doc_new(arena);
    return doc_decode_map(&decoding, &root, object, *doc_out);
}

int doc_decode(struct arena *arena, struct bytes encoded, const char *prefix, struct doc **doc_out,
               struct complaint *complaint)
{
    struct pack pack;
    if (pack_open(encoded, "document", &pack, complaint) != 0)
        return DOC_E_MALFORMED;
    int code = pack_doc(arena, pack_root(&pack), prefix, doc_out, complaint);
    pack_close(&pack);
    return code;
}
