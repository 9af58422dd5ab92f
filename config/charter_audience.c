/* charter_audience.c - see charter_audience.h. */
#include "config/charter_audience.h"

struct audience {
    const struct charter *charter;
    struct text *posts; /* room for all of the charter's */
    size_t count;
};

static void audience_add(struct audience *audience, struct text post)
{
    for (size_t i = 0; i < audience->count; i++)
        if (text_equal(audience->posts[i], post))
            return;
    if (charter_post(audience->charter, post) == NULL) /* lint looks at charters that have errors, too */
        return;
    audience->posts[audience->count++] = post;
}

static void audience_add_body(struct audience *audience, const struct body *body)
{
    const struct charter *charter = audience->charter;
    for (size_t i = 0; i < charter->posts_count; i++)
        if (text_equal(charter->posts[i].body, body->id))
            audience_add(audience, charter->posts[i].id);
}

static void audience_add_level(struct audience *audience, struct text level)
{
    const struct charter *charter = audience->charter;
    for (size_t i = 0; i < charter->bodies_count; i++)
        if (text_equal(charter->bodies[i].level, level))
            audience_add_body(audience, &charter->bodies[i]);
}

static void audience_add_heads(struct audience *audience)
{
    const struct charter *charter = audience->charter;
    for (size_t i = 0; i < charter->bodies_count; i++)
        for (size_t k = 0; k < charter->bodies[i].head_posts.count; k++)
            audience_add(audience, charter->bodies[i].head_posts.at[k]);
}

/* Its post in the body, else its first one; NULL if it has none. */
static const struct post *audience_post_of(const struct charter *charter, const struct unit *unit,
                                           const struct body *body)
{
    const struct post *found = NULL;
    for (size_t i = 0; i < charter->posts_count; i++) {
        const struct post *post = &charter->posts[i];
        if (!text_equal(post->unit, unit->name))
            continue;
        if (text_equal(post->body, body->id))
            return post;
        if (found == NULL)
            found = post;
    }
    return found;
}

static void audience_add_unit(struct audience *audience, const struct unit *unit, const struct body *body)
{
    const struct post *post = audience_post_of(audience->charter, unit, body);
    if (unit->liaison.bytes > 0)
        audience_add(audience, unit->liaison);
    else if (post != NULL)
        audience_add(audience, post->id);
}

static void audience_add_lead_units(struct audience *audience)
{
    const struct charter *charter = audience->charter;
    for (size_t i = 0; i < charter->bodies_count; i++) {
        const struct body *body = &charter->bodies[i];
        for (size_t k = 0; k < body->lead_units.count; k++) {
            const struct unit *unit = charter_unit(charter, body->lead_units.at[k]);
            if (unit != NULL)
                audience_add_unit(audience, unit, body);
        }
    }
}

struct names charter_audience(struct arena *arena, const struct charter *charter, struct names to)
{
    struct audience audience = {charter, arena_alloc(arena, (charter->posts_count + 1) * sizeof(struct text)),
                                0};
    for (size_t i = 0; i < to.count; i++) {
        const struct level *office = charter_office_level(charter, NULL);
        if (text_is(to.at[i], "heads"))
            audience_add_heads(&audience);
        else if (text_is(to.at[i], "lead-units"))
            audience_add_lead_units(&audience);
        else if (text_is(to.at[i], "office") && office != NULL)
            audience_add_level(&audience, office->id);
        else if (charter_level(charter, to.at[i]) != NULL)
            audience_add_level(&audience, to.at[i]);
        else if (charter_post(charter, to.at[i]) != NULL)
            audience_add(&audience, to.at[i]);
    }
    return (struct names){audience.posts, audience.count};
}
