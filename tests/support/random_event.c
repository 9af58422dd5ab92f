/* random_event.c - see random_event.h. */
#include "tests/support/random_event.h"

#include "base/limits.h"
#include "base/log.h"

enum { RANDOM_LINE_MAX = 150, RANDOM_LIST_MAX = 5 };

uint64_t random_next(struct random *random)
{
    uint64_t z = (random->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t random_below(struct random *random, uint64_t bound)
{
    ASSERT(bound > 0);
    return random_next(random) % bound;
}

static int64_t random_between(struct random *random, int64_t low, int64_t high)
{
    return low + (int64_t)random_below(random, (uint64_t)(high - low) + 1);
}

struct text random_line(struct random *random, struct arena *arena, size_t low, size_t high)
{
    static const char *const characters[] = {"a", "Z", "7", "-", "|", "\"", "\\", "é", "市", "办", "🏛"};
    if (high > RANDOM_LINE_MAX && low <= RANDOM_LINE_MAX)
        high = RANDOM_LINE_MAX;
    size_t wanted = (size_t)random_between(random, (int64_t)low, (int64_t)high), bytes = 0;
    char *at = arena_alloc(arena, wanted + 1);
    while (bytes < wanted) {
        const char *c = characters[random_below(random, sizeof(characters) / sizeof(characters[0]))];
        if (strlen(c) > wanted - bytes)
            c = "x";
        memcpy(at + bytes, c, strlen(c));
        bytes += strlen(c);
    }
    return (struct text){at, bytes};
}

static struct text random_prose(struct random *random, struct arena *arena, const struct field_spec *spec)
{
    struct text t = random_line(random, arena, (size_t)spec->low, (size_t)spec->high);
    if (t.bytes > 2 && t.at[1] == 'x')
        ((char *)(uintptr_t)t.at)[1] = '\n';
    return t;
}

static void random_set_item(struct random *random, struct doc *doc, enum field field)
{
    switch (field_specs[field].kind) {
    case KIND_NAMES:
        doc_add_text(doc, field, random_line(random, doc_arena(doc), 1, NAME_BYTES_MAX));
        return;
    case KIND_DATES:
        doc_add_date(doc, field, (int32_t)random_between(random, -20000, 80000));
        return;
    case KIND_INTS:
        doc_add_int(doc, field, random_between(random, 0, INT64_MAX - 1));
        return;
    default: {
        const struct doc *item = random_doc(random, doc_arena(doc), field_specs[field].shape);
        struct doc *added = doc_add_doc(doc, field);
        for (enum field f = doc_first(item); f != FIELD_COUNT_OF_ALL; f = doc_after(item, f))
            doc_set_doc_field(added, f, item);
    }
    }
}

static void random_set_list(struct random *random, struct doc *doc, enum field field)
{
    const struct field_spec *spec = &field_specs[field];
    int64_t high = spec->high < RANDOM_LIST_MAX ? spec->high : RANDOM_LIST_MAX;
    int64_t count = random_between(random, spec->low, high);
    doc_set_empty_list(doc, field);
    for (int64_t i = 0; i < count; i++)
        random_set_item(random, doc, field);
}

void random_set(struct random *random, struct doc *doc, enum field field)
{
    static const int zones[] = {0, 480, -300, 345};
    const struct field_spec *spec = &field_specs[field];
    switch (spec->kind) {
    case KIND_NAME:
        doc_set_text(doc, field, random_line(random, doc_arena(doc), (size_t)spec->low, (size_t)spec->high));
        return;
    case KIND_PROSE:
        doc_set_text(doc, field, random_prose(random, doc_arena(doc), spec));
        return;
    case KIND_LIMIT:
        doc_set_text(doc, field, TEXT("15wd until=same-time"));
        return;
    case KIND_DATE:
        doc_set_date(doc, field, (int32_t)random_between(random, -20000, 80000));
        return;
    case KIND_TIME:
        doc_set_time(doc, field, random_between(random, -1000000, 4000000000) * 1000 + 7,
                     zones[random_below(random, 4)]);
        return;
    case KIND_INT:
        doc_set_int(doc, field, random_between(random, spec->low, spec->high));
        return;
    case KIND_BOOL:
        doc_set_bool(doc, field, random_below(random, 2) == 1);
        return;
    default:
        random_set_list(random, doc, field);
    }
}

struct doc *random_doc(struct random *random, struct arena *arena, const struct field_use *uses)
{
    struct doc *doc = doc_new(arena);
    for (const struct field_use *use = uses; use != NULL && use->field != FIELD_COUNT_OF_ALL; use++) {
        if (use->needed || random_below(random, 2) == 1)
            random_set(random, doc, use->field);
    }
    for (uint64_t i = uses == NULL ? random_below(random, 20) : 0; i > 0; i--)
        random_set(random, doc, (enum field)random_below(random, FIELD_COUNT_OF_ALL));
    return doc;
}

struct event random_event(struct random *random, struct arena *arena, enum event_kind kind)
{
    const struct event_type *type = &event_types[kind];
    size_t bytes = strlen(type->name);
    bool family = type->name[bytes - 1] == '*';
    struct event event = {
        .id = random_line(random, arena, 1, NAME_BYTES_MAX),
        .source = arena_printf(arena, "/test/%u", (unsigned)random_below(random, 1000)),
        .type_name = family ? arena_printf(arena, "%.*sleading-group", (int)bytes - 1, type->name)
                            : text_from(type->name),
        .type = type,
        .time_us = CIVIL_NEVER_US,
        .data = random_doc(random, arena, type->uses),
    };
    if (type->about >= ABOUT_ISSUE || random_below(random, 2) == 1)
        event.subject = random_line(random, arena, 1, NAME_BYTES_MAX);
    if (random_below(random, 2) == 1) {
        event.time_us = random_between(random, 0, 4000000000) * 1000;
        event.time_zone = 480;
    }
    if (random_below(random, 2) == 1)
        event.charter = random_line(random, arena, 1, NAME_BYTES_MAX);
    if (random_below(random, 2) == 1)
        event.actor = random_line(random, arena, 1, NAME_BYTES_MAX);
    if (random_below(random, 2) == 1)
        event.cause = 1 + random_below(random, 1000000);
    if (random_below(random, 2) == 1)
        event.traceparent = TEXT("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    return event;
}

struct bytes random_event_bytes(struct arena *arena, const struct event *event)
{
    struct buffer buffer;
    buffer_open(&buffer, EVENT_BYTES_MAX);
    event_encode(event, &buffer);
    struct bytes copy = arena_bytes_copy(arena, buffer_view(&buffer));
    buffer_close(&buffer);
    return copy;
}
