/* masks.c - see masks.h. */
#include "workers/bulletins/masks.h"

#include "base/log.h"
#include "workers/bulletins/facts.h"
#include "workers/bulletins/figures.h"

#include <stdlib.h>

enum { MASKS_ROOM = 64, MASKS_TEXT_BYTES_MAX = 1 << 20, MASKS_NAME_BYTES_MAX = 1024 };
/* A name so short can't be told from other text, nor a number so short from a figure. */
enum { MASKS_NAME_BYTES_MIN = 4, MASKS_DIGITS_MIN = 8 };
#define MASKS_STRUCK "××" /* no longer than the shortest name, so that no text outgrows its bound */

static struct key masks_person_key(struct text charter, struct text person)
{
    struct key key = record_key((store_table)BULLETINS_PERSON);
    key_add_text(&key, charter);
    if (person.at != NULL)
        key_add_text(&key, person);
    return key;
}

int masks_apply_held(struct turn *turn, const struct event *held)
{
    struct text person = doc_text(held->data, FIELD_PERSON);
    if (held->charter.bytes == 0 || person.bytes == 0)
        return 0;
    struct key key = masks_person_key(held->charter, person);
    record_put(turn, &key, doc_new(turn_arena(turn)));
    return 0;
}

/* ---- gathering names ---- */

static void masks_put(struct masks *masks, struct text name)
{
    for (size_t i = 0; i < masks->count; i++)
        if (text_equal(masks->names[i], name))
            return;
    if (masks->count == masks->room) {
        size_t room = masks->room == 0 ? MASKS_ROOM : 2 * masks->room;
        struct text *larger = arena_alloc(masks->arena, room * sizeof(*larger));
        if (masks->count > 0)
            memcpy(larger, masks->names, masks->count * sizeof(*larger));
        masks->names = larger;
        masks->room = room;
    }
    masks->names[masks->count++] = arena_text_copy(masks->arena, name);
}

static bool masks_can_strike(struct text name)
{
    size_t digits = 0;
    while (digits < name.bytes && name.at[digits] >= '0' && name.at[digits] <= '9')
        digits++;
    return name.bytes >= (digits == name.bytes ? (size_t)MASKS_DIGITS_MIN : (size_t)MASKS_NAME_BYTES_MIN);
}

static void masks_add(struct masks *masks, struct text name)
{
    struct buffer written;
    if (!masks_can_strike(name))
        return;
    masks_put(masks, name);
    buffer_open(&written, MASKS_NAME_BYTES_MAX);
    markdown_print(&written, name);
    masks_put(masks, buffer_text(&written));
    buffer_close(&written);
}

static void masks_add_names(struct masks *masks, struct names names)
{
    for (size_t i = 0; i < names.count; i++)
        masks_add(masks, names.at[i]);
}

static void masks_add_persons(struct masks *masks, struct turn *turn)
{
    const struct charter *charter = masks->charter;
    struct key prefix = masks_person_key(charter->name, TEXT_NONE);
    struct store_cursor cursor;
    for (size_t i = 0; i < charter->bodies_count; i++)
        masks_add_names(masks, charter->bodies[i].heads);
    for (size_t i = 0; i < charter->posts_count; i++)
        masks_add_names(masks, charter->posts[i].holders);
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor); more; more = store_next(&cursor)) {
        struct key_reader reader = {.rest = {cursor.key.at + prefix.bytes, cursor.key.bytes - prefix.bytes}};
        struct text person;
        bool whole = key_read_text(&reader, masks->arena, &person);
        ASSERT(whole);
        masks_add(masks, person);
    }
    store_cursor_end(&cursor);
}

struct masks *masks_open(struct turn *turn, const struct charter *charter, const struct bulletin_rule *rule)
{
    if (!rule->redact_raiser && !rule->redact_persons)
        return NULL;
    struct masks *masks = arena_alloc(turn_arena(turn), sizeof(*masks));
    *masks = (struct masks){.arena = turn_arena(turn), .charter = charter, .raiser = rule->redact_raiser};
    if (rule->redact_persons)
        masks_add_persons(masks, turn);
    return masks;
}

static bool masks_is_stranger(const struct masks *masks, struct text name)
{
    return name.bytes > 0 && charter_unit(masks->charter, name) == NULL &&
           charter_body(masks->charter, name) == NULL && charter_post(masks->charter, name) == NULL;
}

struct text masks_party(const struct masks *masks, struct text name)
{
    return masks != NULL && masks->raiser && masks_is_stranger(masks, name) ? TEXT(MASKS_STRUCK) : name;
}

void masks_add_raiser(struct masks *masks, struct turn *turn, struct text charter, const struct doc *item)
{
    if (masks == NULL || !masks->raiser || item == NULL)
        return;
    if (!doc_has(item, FIELD_RAISER) && doc_has(item, FIELD_ISSUE))
        item = item_get(turn, charter, FACT_ISSUE_OPEN, doc_text(item, FIELD_ISSUE));
    struct text raiser = item != NULL ? doc_text(item, FIELD_RAISER) : TEXT_NONE;
    if (masks_is_stranger(masks, raiser))
        masks_add(masks, raiser);
}

/* ---- striking them ---- */

/* Longest first, so that no name leaves a piece of one that holds it. */
static int masks_compare(const void *a, const void *b)
{
    const struct text *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return text_compare(*x, *y);
}

static struct text masks_strike_one(struct arena *arena, struct text text, struct text name)
{
    const char *found = memmem(text.at, text.bytes, name.at, name.bytes);
    if (found == NULL)
        return text;
    struct buffer out;
    buffer_open(&out, MASKS_TEXT_BYTES_MAX);
    while (found != NULL) {
        buffer_append(&out, text.at, (size_t)(found - text.at));
        buffer_printf(&out, MASKS_STRUCK);
        text.bytes -= (size_t)(found - text.at) + name.bytes;
        text.at = found + name.bytes;
        found = memmem(text.at, text.bytes, name.at, name.bytes);
    }
    buffer_append(&out, text.at, text.bytes);
    struct text struck = arena_text_copy(arena, buffer_text(&out));
    buffer_close(&out);
    return struck;
}

struct text masks_strike(struct masks *masks, struct text text)
{
    if (masks == NULL || masks->count == 0 || text.bytes == 0)
        return text;
    qsort(masks->names, masks->count, sizeof(*masks->names), masks_compare);
    for (size_t i = 0; i < masks->count; i++)
        text = masks_strike_one(masks->arena, text, masks->names[i]);
    return text;
}
