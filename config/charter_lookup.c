/* charter_lookup.c - finding things in a compiled charter. Plain walks: a charter has tens of units, not
 * thousands. */
#include "base/log.h"
#include "config/charter.h"

const char *need_text(enum need_kind kind)
{
    static const char *const names[] = {
        [NEED_ATTEMPT] = "attempt",          [NEED_OPINIONS] = "opinions",   [NEED_PROPOSAL] = "proposal",
        [NEED_CONSENT] = "consent",          [NEED_CHECKLIST] = "checklist", [NEED_ISSUELIST] = "issuelist",
        [NEED_DELIBERATION] = "deliberation"};
    ASSERT((size_t)kind < sizeof names / sizeof names[0]);
    return names[kind];
}

/* ---- units ---- */

static bool charter_unit_is(const struct unit *unit, struct text name)
{
    bool found = text_equal(unit->name, name);
    for (size_t i = 0; i < unit->aliases.count && !found; i++)
        found = text_equal(unit->aliases.at[i], name);
    return found;
}

const struct unit *charter_unit(const struct charter *charter, struct text name)
{
    for (size_t i = 0; i < charter->units_count; i++)
        if (charter_unit_is(&charter->units[i], name))
            return &charter->units[i];
    return NULL;
}

enum { CHARTER_CHARACTERS_MAX = 42, CHARTER_FAR = 2 * CHARTER_CHARACTERS_MAX };

static size_t charter_characters(struct text t)
{
    size_t count = 0;
    for (size_t i = 0; i < t.bytes; i++)
        count += ((unsigned char)t.at[i] & 0xC0U) != 0x80U;
    return count;
}

/* How far two names are apart: a wrong character weighs twice a missing one, because units are often
 * shortened (住建局 for 市住房建设局). CHARTER_FAR if they have no character in common. */
static size_t charter_names_apart(struct text a, struct text b)
{
    size_t x = charter_characters(a), y = charter_characters(b);
    size_t shorter = x < y ? x : y, longer = x < y ? y : x;
    if (longer > CHARTER_CHARACTERS_MAX)
        return CHARTER_FAR;
    size_t distance = text_distance(a, b, longer);
    size_t wrong = distance - (longer - shorter);
    return wrong < shorter ? distance + wrong : CHARTER_FAR;
}

static size_t charter_unit_apart(const struct unit *unit, struct text name)
{
    size_t best = charter_names_apart(name, unit->name);
    for (size_t i = 0; i < unit->aliases.count; i++) {
        size_t apart = charter_names_apart(name, unit->aliases.at[i]);
        best = apart < best ? apart : best;
    }
    return best;
}

/* Those that are nearest, and those one step farther. */
size_t charter_unit_nearest(const struct charter *charter, struct text name, struct text *out, size_t max)
{
    size_t best = CHARTER_FAR, count = 0;
    for (size_t i = 0; i < charter->units_count; i++) {
        size_t apart = charter_unit_apart(&charter->units[i], name);
        best = apart < best ? apart : best;
    }
    for (size_t apart = best; apart <= best + 1 && apart < CHARTER_FAR; apart++)
        for (size_t i = 0; i < charter->units_count && count < max; i++)
            if (charter_unit_apart(&charter->units[i], name) == apart)
                out[count++] = charter->units[i].name;
    return count;
}

const struct unit_set *charter_set(const struct charter *charter, struct text name)
{
    for (size_t i = 0; i < charter->sets_count; i++)
        if (text_equal(charter->sets[i].name, name))
            return &charter->sets[i];
    return NULL;
}

struct charter_expansion {
    const struct charter *charter;
    struct text *at;
    size_t count;
};

static void charter_expansion_add(struct charter_expansion *expansion, const struct unit *unit)
{
    for (size_t i = 0; i < expansion->count; i++)
        if (text_equal(expansion->at[i], unit->name))
            return;
    ASSERT(expansion->count < expansion->charter->units_count);
    expansion->at[expansion->count++] = unit->name;
}

static void charter_expansion_add_set(struct charter_expansion *expansion, const struct unit_set *set)
{
    const struct charter *charter = expansion->charter;
    for (size_t i = 0; set->all && i < charter->units_count; i++)
        charter_expansion_add(expansion, &charter->units[i]);
    for (size_t i = 0; i < set->units.count; i++) {
        const struct unit *unit = charter_unit(charter, set->units.at[i]);
        if (unit != NULL)
            charter_expansion_add(expansion, unit);
    }
}

static void charter_unit_complain(const struct charter *charter, struct text name,
                                  struct complaint *complaint)
{
    enum { NEAREST_MAX = 3 };
    struct text nearest[NEAREST_MAX];
    size_t count = charter_unit_nearest(charter, name, nearest, NEAREST_MAX);
    complain(complaint, "", "", "unknown unit %.*s%s%.*s%s%.*s%s%.*s", TEXT_PRINT(name),
             count > 0 ? "; nearest known: " : "", count > 0 ? (int)nearest[0].bytes : 0,
             count > 0 ? nearest[0].at : "", count > 1 ? ", " : "", count > 1 ? (int)nearest[1].bytes : 0,
             count > 1 ? nearest[1].at : "", count > 2 ? ", " : "", count > 2 ? (int)nearest[2].bytes : 0,
             count > 2 ? nearest[2].at : "");
}

bool charter_expand_units(const struct charter *charter, struct arena *arena, struct names written,
                          struct names *out, struct complaint *complaint)
{
    struct charter_expansion expansion = {
        .charter = charter, .at = arena_alloc(arena, (charter->units_count + 1) * sizeof *expansion.at)};
    for (size_t i = 0; i < written.count; i++) {
        const struct unit *unit = charter_unit(charter, written.at[i]);
        const struct unit_set *set = unit == NULL ? charter_set(charter, written.at[i]) : NULL;
        if (unit != NULL) {
            charter_expansion_add(&expansion, unit);
        } else if (set != NULL) {
            charter_expansion_add_set(&expansion, set);
        } else {
            charter_unit_complain(charter, written.at[i], complaint);
            return false;
        }
    }
    *out = (struct names){expansion.at, expansion.count};
    return true;
}

/* ---- levels, bodies, areas, posts, classes ---- */

const struct level *charter_level(const struct charter *charter, struct text id)
{
    for (size_t i = 0; i < charter->levels_count; i++)
        if (text_equal(charter->levels[i].id, id))
            return &charter->levels[i];
    return NULL;
}

const struct level *charter_level_above(const struct charter *charter, struct text id)
{
    const struct level *level = charter_level(charter, id);
    return level != NULL && level + 1 < charter->levels + charter->levels_count ? level + 1 : NULL;
}

const struct level *charter_level_below(const struct charter *charter, struct text id)
{
    const struct level *level = charter_level(charter, id);
    return level != NULL && level > charter->levels ? level - 1 : NULL;
}

const struct level *charter_office_level(const struct charter *charter, const struct level *decides)
{
    if (charter->tasklist_level.bytes > 0)
        return charter_level(charter, charter->tasklist_level);
    for (size_t i = 0; (decides == NULL || !decides->decides) && i < charter->levels_count; i++)
        if (charter->levels[i].decides)
            decides = &charter->levels[i];
    if (decides == NULL || !decides->decides)
        return NULL;
    const struct level *below = charter_level_below(charter, decides->id);
    return below != NULL ? below : decides;
}

const struct body *charter_body(const struct charter *charter, struct text id)
{
    for (size_t i = 0; i < charter->bodies_count; i++)
        if (text_equal(charter->bodies[i].id, id))
            return &charter->bodies[i];
    return NULL;
}

struct text charter_area(const struct charter *charter, struct text written)
{
    uint64_t number = 0;
    bool is_number = text_parse_u64(written, &number) && number > 0;
    if (written.bytes == 0)
        return TEXT_NONE;
    for (size_t i = 0; i < charter->areas_count; i++)
        if (text_equal(charter->areas[i].name, written))
            return charter->areas[i].name;
    for (size_t i = 0; is_number && i < charter->areas_count; i++)
        if ((uint64_t)charter->areas[i].number == number)
            return charter->areas[i].name;
    const struct body *body = charter_body(charter, written);
    return body != NULL && body->area.bytes > 0 ? body->area : TEXT_NONE;
}

const struct body *charter_body_for(const struct charter *charter, const struct level *level,
                                    struct text area)
{
    struct text canonical = level->per_area ? charter_area(charter, area) : TEXT_NONE;
    for (size_t i = 0; i < charter->bodies_count; i++) {
        const struct body *body = &charter->bodies[i];
        if (text_equal(body->level, level->id) &&
            (!level->per_area || (canonical.bytes > 0 && text_equal(body->area, canonical))))
            return body;
    }
    return NULL;
}

const struct post *charter_post(const struct charter *charter, struct text id)
{
    for (size_t i = 0; i < charter->posts_count; i++)
        if (text_equal(charter->posts[i].id, id))
            return &charter->posts[i];
    return NULL;
}

const struct issue_class *charter_class(const struct charter *charter, struct text name)
{
    for (size_t i = 0; i < charter->classes_count; i++)
        if (text_equal(charter->classes[i].name, name))
            return &charter->classes[i];
    return NULL;
}

int32_t charter_first_day(const struct charter *charter, int64_t enacted_us)
{
    int32_t enacted = civil_day_of(enacted_us, charter->zone);
    int32_t own = charter->effective_day > charter->issued_day ? charter->effective_day : charter->issued_day;
    return enacted > own ? enacted : own;
}
