/* holders.c - see holders.h. */
#include "workers/common/holders.h"

static struct key holders_key(store_table table, struct text charter, struct text post)
{
    struct key key = record_key(table);
    key_add_text(&key, charter);
    key_add_text(&key, post);
    return key;
}

struct names holders_names(struct arena *arena, const struct doc *record)
{
    size_t count = doc_count(record, FIELD_SET);
    struct text *at = arena_alloc(arena, (count + 1) * sizeof *at);
    for (size_t i = 0; i < count; i++)
        at[i] = doc_text_at(record, FIELD_SET, i);
    return (struct names){at, count};
}

struct names holders_of(struct turn *turn, store_table table, const struct charter *charter,
                        const struct post *post)
{
    struct key key = holders_key(table, charter->name, post->id);
    const struct doc *record = record_get(turn, &key);
    return record != NULL ? holders_names(turn_arena(turn), record) : post->holders;
}

/* A person who takes up a post joins those who hold it; without person, all leave. */
struct doc *holders_after(struct arena *arena, struct names before, const struct event *held)
{
    struct text person = doc_text(held->data, FIELD_PERSON);
    bool fills = text_is(doc_text(held->data, FIELD_RESULT), "filled");
    struct doc *record = doc_new(arena);
    for (size_t i = 0; i < before.count; i++)
        if (fills || (person.bytes > 0 && !text_equal(before.at[i], person)))
            doc_add_text(record, FIELD_SET, before.at[i]);
    if (fills && !doc_lists_text(record, FIELD_SET, person))
        doc_add_text(record, FIELD_SET, person);
    return record;
}

void holders_apply(struct turn *turn, store_table table, const struct event *held)
{
    const struct charter *charter = turn_charter(turn, held->charter, NULL);
    const struct post *post =
        charter != NULL ? charter_post(charter, doc_text(held->data, FIELD_POST)) : NULL;
    if (post == NULL)
        return;
    struct key key = holders_key(table, charter->name, post->id);
    record_put(turn, &key, holders_after(turn_arena(turn), holders_of(turn, table, charter, post), held));
}
