/* recipients.c - from the words of a charter's notice rules to posts: a unit is told through its liaison
 * (联络员), a body through its heads, the office (the body that compiles task lists)
 * through whoever has a post in it.
 */
#include "workers/notifications/notifications.h"

#include "base/limits.h"

struct finder {
    const struct telling *telling;
    struct recipients *out;
};

static void recipients_add(struct finder *finder, struct text addressee)
{
    struct recipients *out = finder->out;
    if (addressee.bytes == 0 || addressee.bytes > NAME_BYTES_MAX)
        return;
    for (size_t i = 0; i < out->count; i++)
        if (text_equal(out->at[i], addressee))
            return;
    if (out->count < RECIPIENTS_MAX)
        out->at[out->count++] = addressee;
    else
        out->left_out++;
}

static void recipients_add_names(struct finder *finder, struct names names)
{
    for (size_t i = 0; i < names.count; i++)
        recipients_add(finder, names.at[i]);
}

/* How near a post of a unit is to the matter: in the body that has it, in none, in another. */
static int recipients_nearness(const struct telling *telling, const struct post *post)
{
    if (post->body.bytes == 0)
        return 2;
    return text_equal(post->body, telling_text(telling, FIELD_BODY)) ? 3 : 1;
}

struct text recipients_of_unit(const struct telling *telling, const struct unit *unit)
{
    const struct charter *charter = telling->charter;
    struct text addressee = unit->name;
    int nearest = 0;
    for (size_t i = 0; i < charter->posts_count; i++) {
        const struct post *post = &charter->posts[i];
        int nearness = text_equal(post->unit, unit->name) ? recipients_nearness(telling, post) : 0;
        if (nearness > nearest) {
            nearest = nearness;
            addressee = post->id;
        }
    }
    return unit->liaison.bytes > 0 ? unit->liaison : addressee;
}

static void recipients_add_unit(struct finder *finder, const struct unit *unit)
{
    recipients_add(finder, recipients_of_unit(finder->telling, unit));
}

static void recipients_add_units(struct finder *finder, struct names written)
{
    struct arena *arena = turn_arena(finder->telling->turn);
    struct names units;
    if (!charter_expand_units(finder->telling->charter, arena, written, &units, NULL))
        return;
    for (size_t i = 0; i < units.count; i++)
        recipients_add_unit(finder, charter_unit(finder->telling->charter, units.at[i]));
}

static void recipients_add_body(struct finder *finder, const struct body *body)
{
    size_t before = finder->out->count;
    recipients_add_names(finder, body->head_posts);
    const struct charter *charter = finder->telling->charter;
    for (size_t i = 0; finder->out->count == before && i < charter->posts_count; i++)
        if (text_equal(charter->posts[i].body, body->id))
            recipients_add(finder, charter->posts[i].id);
}

/* A party as an event names it: a post, a unit, a body, or somebody whom the charter doesn't know (a raiser).
 */
static void recipients_add_party(struct finder *finder, struct text name)
{
    const struct charter *charter = finder->telling->charter;
    const struct post *post = charter_post(charter, name);
    const struct unit *unit = charter_unit(charter, name);
    const struct body *body = charter_body(charter, name);
    if (post != NULL)
        recipients_add(finder, post->id);
    else if (unit != NULL)
        recipients_add_unit(finder, unit);
    else if (body != NULL)
        recipients_add_body(finder, body);
    else
        recipients_add(finder, name);
}

static const struct body *recipients_body(const struct finder *finder)
{
    return charter_body(finder->telling->charter, telling_text(finder->telling, FIELD_BODY));
}

static void recipients_heads(struct finder *finder)
{
    const struct body *body = recipients_body(finder);
    if (body != NULL)
        recipients_add_body(finder, body);
}

static void recipients_lead_units(struct finder *finder)
{
    const struct body *body = recipients_body(finder);
    if (body != NULL)
        recipients_add_units(finder, body->lead_units);
}

static void recipients_responsible_units(struct finder *finder)
{
    const struct body *body = recipients_body(finder);
    if (body != NULL)
        recipients_add_units(finder, body->responsible_units);
}

static void recipients_add_office(struct finder *finder, const struct body *office)
{
    const struct charter *charter = finder->telling->charter;
    recipients_add_body(finder, office);
    for (size_t i = 0; i < charter->posts_count; i++)
        if (text_equal(charter->posts[i].body, office->id))
            recipients_add(finder, charter->posts[i].id);
}

/* Where each area has an office of its own, what concerns no area concerns them all. */
static void recipients_office(struct finder *finder)
{
    const struct charter *charter = finder->telling->charter;
    const struct level *present = charter_level(charter, telling_text(finder->telling, FIELD_LEVEL));
    const struct level *level = charter_office_level(charter, present);
    struct text area = telling_text(finder->telling, FIELD_AREA);
    const struct body *office = level != NULL ? charter_body_for(charter, level, area) : NULL;
    if (office != NULL)
        recipients_add_office(finder, office);
    for (size_t i = 0; office == NULL && level != NULL && i < charter->bodies_count; i++)
        if (text_equal(charter->bodies[i].level, level->id))
            recipients_add_office(finder, &charter->bodies[i]);
}

static void recipients_unit(struct finder *finder)
{
    const struct doc *one = telling_doc(finder->telling, FIELD_UNIT);
    const struct doc *several = telling_doc(finder->telling, FIELD_UNITS);
    const struct doc *data = finder->telling->event->data;
    if (one != NULL && (one == data || several != data))
        recipients_add_party(finder, doc_text(one, FIELD_UNIT));
    for (size_t i = 0;
         several != NULL && (several == data || one == NULL) && i < doc_count(several, FIELD_UNITS); i++)
        recipients_add_party(finder, doc_text_at(several, FIELD_UNITS, i));
}

static void recipients_who(struct finder *finder)
{
    recipients_add_party(finder, doc_text(finder->telling->event->data, FIELD_WHO));
}

static void recipients_raiser(struct finder *finder)
{
    recipients_add_party(finder, telling_text(finder->telling, FIELD_RAISER));
}

/* Lists of parties that the event itself, or what is remembered of its subject, names. */
static void recipients_list(struct finder *finder, enum field field)
{
    const struct doc *doc = telling_doc(finder->telling, field);
    for (size_t i = 0; doc != NULL && i < doc_count(doc, field); i++)
        recipients_add_party(finder, doc_text_at(doc, field, i));
}

static void recipients_posts(struct finder *finder)
{
    recipients_list(finder, FIELD_POSTS);
}

static void recipients_supervisors(struct finder *finder)
{
    recipients_list(finder, FIELD_SUPERVISORS);
}

static const struct {
    const char *word;
    void (*find)(struct finder *finder);
} recipients_words[] = {
    {"heads", recipients_heads},
    {"lead-units", recipients_lead_units},
    {"responsible-units", recipients_responsible_units},
    {"office", recipients_office},
    {"unit", recipients_unit},
    {"who", recipients_who},
    {"raiser", recipients_raiser},
    {"posts", recipients_posts},
    {"supervisors", recipients_supervisors},
};
enum { RECIPIENTS_WORDS = sizeof recipients_words / sizeof *recipients_words };

void recipients_resolve(const struct telling *telling, struct names to, struct recipients *recipients_out)
{
    struct finder finder = {telling, recipients_out};
    *recipients_out = (struct recipients){.count = 0};
    for (size_t i = 0; i < to.count; i++) {
        size_t word = 0;
        while (word < RECIPIENTS_WORDS && !text_is(to.at[i], recipients_words[word].word))
            word++;
        if (word < RECIPIENTS_WORDS)
            recipients_words[word].find(&finder);
        else
            recipients_add_party(&finder, to.at[i]);
    }
}
