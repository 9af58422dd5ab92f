/* event.c - the table of event types, and events as msgpack.
 *
 * Decoding leaves the bytes alone: what an event keeps, hashes and forwards is `raw`; every text in it is a
 * view of them.
 */
#include "proto/event.h"

#include "base/digest.h"
#include "base/limits.h"
#include "base/log.h"
#include "proto/check.h"
#include "proto/envelope.h"
#include "proto/names.h"
#include "proto/pack.h"

/* ---- the types, from events.def ---- */
#define NEED(symbol) {FIELD_##symbol, true},
#define MAY(symbol)  {FIELD_##symbol, false},
/* What every outcome may say of its reasons. */
#define WHY_REPORT
#define WHY_OUTCOME MAY(RULE) MAY(CLAUSE) MAY(PLACE) MAY(INPUTS) MAY(DRAWN)
#define FIELD(symbol, name, kind, low, high, help)
#define SHAPE(symbol, fields)
#define EVENT(symbol, name, what, role, about, fields, help)                                                 \
    static const struct field_use uses_##symbol[] = {fields WHY_##what{FIELD_COUNT_OF_ALL, false}};
#include "proto/events.def"
#undef EVENT
#undef NEED
#undef MAY

_Static_assert((int)EVENT_E_MALFORMED == (int)DOC_E_MALFORMED && (int)EVENT_E_INVALID == (int)DOC_E_INVALID,
               "forwarded");

enum { EVENT_REPORT = true, EVENT_OUTCOME = false };
#define EVENT(symbol, name, what, role, about, fields, help)                                                 \
    {name, EVENT_##symbol, EVENT_##what, ROLE_##role, ABOUT_##about, uses_##symbol, help},
const struct event_type event_types[] = {
#include "proto/events.def"
};
#undef EVENT
#undef SHAPE
#undef FIELD
_Static_assert(sizeof(event_types) / sizeof(event_types[0]) == EVENT_KIND_COUNT,
               "an event type without its row");
_Static_assert((int)EVENT_KIND_COUNT <= (int)NAMES_COUNT_MAX, "the name index is too small");

static const char *const role_texts[] = {
    [ROLE_BROKER] = "broker",       [ROLE_COORDINATION] = "coordination",
    [ROLE_TASKS] = "tasks",         [ROLE_DEADLINES] = "deadlines",
    [ROLE_ROUTINES] = "routines",   [ROLE_SUPERVISION] = "supervision",
    [ROLE_BULLETINS] = "bulletins", [ROLE_NOTIFICATIONS] = "notifications",
    [ROLE_LEDGER] = "ledger",       [ROLE_ANY] = "any",
};
_Static_assert(sizeof(role_texts) / sizeof(role_texts[0]) == ROLE_COUNT, "a role without its name");

static struct names event_names;

__attribute__((constructor)) static void event_names_build(void)
{
    for (size_t i = 0; i < EVENT_KIND_COUNT; i++)
        names_add(&event_names, event_types[i].name);
}

const char *role_text(enum role_name role)
{
    ASSERT((unsigned)role < ROLE_COUNT);
    return role_texts[role];
}

enum role_name role_find(struct text name)
{
    enum role_name role = ROLE_BROKER;
    while (role < ROLE_COUNT && !text_is(name, role_texts[role]))
        role++;
    return role;
}

static bool event_type_is_family(const struct event_type *type)
{
    size_t bytes = strlen(type->name);
    return bytes > 2 && strcmp(type->name + bytes - 2, ".*") == 0;
}

/* A segment that a charter may add to a family: [a-z0-9-], 1 to 64 bytes, no dash at its ends. */
static bool event_member_fits(struct text member)
{
    if (member.bytes == 0 || member.bytes > 64 || member.at[0] == '-' || member.at[member.bytes - 1] == '-')
        return false;
    for (size_t i = 0; i < member.bytes; i++) {
        char c = member.at[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return true;
}

/* What stands behind the last dot. */
static struct text event_last_segment(struct text name)
{
    size_t dot = name.bytes;
    while (dot > 0 && name.at[dot - 1] != '.')
        dot--;
    return (struct text){name.at + dot, name.bytes - dot};
}

static const struct event_type *event_family_find(struct text name)
{
    struct text member = event_last_segment(name);
    char family[NAME_BYTES_MAX + 1];
    size_t bytes = name.bytes - member.bytes;
    if (bytes == 0 || bytes >= NAME_BYTES_MAX || !event_member_fits(member))
        return NULL;
    memcpy(family, name.at, bytes);
    family[bytes] = '*';
    int index = names_find(&event_names, (struct text){family, bytes + 1}, NULL);
    return index < 0 ? NULL : &event_types[index];
}

bool event_type_is_by_worker(const struct event_type *type)
{
    return type->kind == EVENT_DELIVERY_REPORTED;
}

const struct event_type *event_type_find(struct text name, const char **nearest_out)
{
    if (nearest_out != NULL)
        *nearest_out = NULL;
    if (name.bytes == 0)
        return NULL;
    int index = names_find(&event_names, name, NULL);
    if (index >= 0)
        return event_type_is_family(&event_types[index]) ? NULL : &event_types[index];
    const struct event_type *family = event_family_find(name);
    if (family == NULL && nearest_out != NULL)
        names_find(&event_names, name, nearest_out);
    return family;
}

struct text event_type_member(const struct event *event)
{
    if (event->type == NULL || !event_type_is_family(event->type))
        return TEXT_NONE;
    return event_last_segment(event->type_name);
}

/* ---- decoding ---- */
static int event_decode_value(struct arena *arena, const struct envelope_row *row,
                              const msgpack_object *value, struct event *event, struct complaint *complaint)
{
    uint64_t cause = 0;
    struct doc *data = NULL;
    switch (row->form) {
    case ENVELOPE_TEXT:
        if (value->type == MSGPACK_OBJECT_STR)
            return envelope_set_text(event, row, pack_text(value), complaint);
        complain(complaint, row->name, "", "this is %s; it must be a string (str)", pack_kind(value));
        return EVENT_E_INVALID;
    case ENVELOPE_INTEGER:
        if (pack_u64(value, ENVELOPE_CAUSE_MAX, &cause))
            return envelope_set_cause(event, cause, complaint);
        complain(complaint, row->name, "", "it must be a sequence number, 1 to 2^53 - 1");
        return EVENT_E_INVALID;
    case ENVELOPE_MAP:
        break;
    }
    int code = pack_doc(arena, value, "data.", &data, complaint);
    event->data = data;
    return code;
}

static int event_decode_map(struct arena *arena, const msgpack_object *map, struct event *event,
                            struct complaint *complaint)
{
    unsigned seen = 0;
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        const msgpack_object_kv *pair = &map->via.map.ptr[i];
        struct text key = pack_text(&pair->key);
        if (key.at == NULL || check_text_class(key) == CHECK_CLASS_BROKEN) {
            complain(complaint, "", "", "every key of an event must be a string of UTF-8");
            return EVENT_E_MALFORMED;
        }
        const struct envelope_row *row = envelope_find(key, complaint);
        if (row == NULL)
            return EVENT_E_INVALID;
        unsigned bit = 1u << (row - envelope_rows);
        if ((seen & bit) != 0) {
            complain(complaint, row->name, "", "this key stands twice in one map");
            return EVENT_E_MALFORMED;
        }
        seen |= bit;
        int code = event_decode_value(arena, row, &pair->val, event, complaint);
        if (code != 0)
            return code;
    }
    return envelope_check_needed(seen, ENVELOPE_ALL, complaint);
}

int event_decode(struct arena *arena, struct bytes raw, struct event *event_out, struct complaint *complaint)
{
    *event_out = (struct event){.time_us = CIVIL_NEVER_US, .raw = raw};
    if (raw.bytes > EVENT_BYTES_MAX) {
        complain(complaint, "", "", "this event has %zu bytes; at most %d are allowed", raw.bytes,
                 EVENT_BYTES_MAX);
        return EVENT_E_MALFORMED;
    }
    struct pack pack;
    if (pack_open(raw, "event", &pack, complaint) != 0)
        return EVENT_E_MALFORMED;
    int code = EVENT_E_MALFORMED;
    if (pack_root(&pack)->type == MSGPACK_OBJECT_MAP)
        code = event_decode_map(arena, pack_root(&pack), event_out, complaint);
    else
        complain(complaint, "", "", "this is %s; an event is a map", pack_kind(pack_root(&pack)));
    pack_close(&pack);
    if (code == 0 && event_out->data == NULL)
        event_out->data = doc_empty();
    return code != 0 ? code : envelope_resolve(event_out, complaint);
}

int entry_decode(struct arena *arena, const struct entry *entry, struct event *event_out,
                 struct complaint *complaint)
{
    int code = event_decode(arena, entry->body, event_out, complaint);
    event_out->seq = entry->seq;
    event_out->received_us = entry->received_us;
    event_out->publisher = entry->publisher;
    return code;
}

/* ---- encoding ---- */
static void event_encode_value(msgpack_packer *writer, const struct event *event,
                               const struct envelope_row *row)
{
    char time[CIVIL_TEXT_BYTES];
    pack_add_text(writer, text_from(row->name));
    switch (row->form) {
    case ENVELOPE_TEXT:
        pack_add_text(writer, envelope_text(event, row, time));
        break;
    case ENVELOPE_INTEGER:
        pack_add_u64(writer, event->cause);
        break;
    case ENVELOPE_MAP:
        pack_add_doc(writer, event->data);
        break;
    }
}

void event_encode(const struct event *event, struct buffer *buffer)
{
    msgpack_packer writer = pack_writer(buffer);
    size_t count = 0;
    for (size_t i = 0; i < ENVELOPE_ROWS; i++)
        count += envelope_has(event, &envelope_rows[i]);
    pack_add_map(&writer, count);
    for (size_t i = 0; i < ENVELOPE_ROWS; i++) {
        if (envelope_has(event, &envelope_rows[i]))
            event_encode_value(&writer, event, &envelope_rows[i]);
    }
}

/* UUIDv7 (RFC 9562): 48 bits of milliseconds, then the microseconds scaled to 12 bits, then random bits. */
struct text event_new_id(struct arena *arena, int64_t now_us)
{
    uint64_t ms = (uint64_t)(now_us / 1000), fraction = (uint64_t)(now_us % 1000) * 4096 / 1000, random = 0;
    digest_random(&random, sizeof(random));
    return arena_printf(arena, "%08x-%04x-7%03x-%04x-%012llx", (unsigned)(ms >> 16 & 0xffffffff),
                        (unsigned)(ms & 0xffff), (unsigned)fraction,
                        (unsigned)(0x8000 | (random >> 48 & 0x3fff)),
                        (unsigned long long)(random & 0xffffffffffff));
}
