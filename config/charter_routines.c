/* charter_routines.c - the sections `meetings` and `routines` (S0-10, S0-14, S0-16 to S0-19, S0-26). */
#include "config/charter_source.h"

#include "base/log.h"
#include "config/recurrence.h"

/* An occurrence's id is charter/routine/body/day and must leave room for a deadline's id (256 bytes). */
enum { ROUTINES_BODY_BYTES_MAX = 96 };

const char *const charter_topic_kinds[] = {"decide", "hear", "coordinate", NULL};
static const char *const routine_kinds[] = {
    [ROUTINE_MEETING] = "meeting", [ROUTINE_FILING] = "filing", [ROUTINE_FILING + 1] = NULL};

/* ---- asking ---- */

const char *routine_kind_text(enum routine_kind kind)
{
    ASSERT(kind <= ROUTINE_FILING);
    return routine_kinds[kind];
}

const struct routine_rule *charter_routine(const struct charter *charter, struct text id)
{
    for (size_t i = 0; i < charter->routines.routines_count; i++)
        if (text_equal(charter->routines.routines[i].id, id))
            return &charter->routines.routines[i];
    return NULL;
}

static bool routines_names(struct text of, const struct body *body)
{
    return text_equal(of, body->id) || text_equal(of, body->level);
}

bool charter_routine_is_of(const struct routine_rule *routine, const struct body *body)
{
    return routines_names(routine->of, body);
}

const struct meeting_rule *charter_meeting(const struct charter *charter, const struct body *body)
{
    const struct meeting_rule *found = NULL;
    for (size_t i = 0; i < charter->routines.meetings_count; i++) {
        const struct meeting_rule *rule = &charter->routines.meetings[i];
        if (text_equal(rule->of, body->id))
            return rule;
        if (text_equal(rule->of, body->level))
            found = rule;
    }
    return found;
}

/* ---- reading what both sections share ---- */

/* Ids of bodies, and of levels if wanted, in the arena. */
static struct names routines_ids(const struct charter_source *source, bool levels)
{
    const struct charter *charter = source->charter;
    size_t count = 0, room = charter->bodies_count + charter->levels_count;
    struct text *at = arena_alloc(source->arena, (room + 1) * sizeof *at);
    for (size_t i = 0; levels && i < charter->levels_count; i++)
        at[count++] = charter->levels[i].id;
    for (size_t i = 0; i < charter->bodies_count; i++)
        at[count++] = charter->bodies[i].id;
    return (struct names){at, count};
}

/* A body under key, or a level too; false if absent or unknown. */
static bool routines_party_read(const struct charter_source *source, const struct yaml_reader *reader,
                                const char *key, enum yaml_want want, bool levels, struct text *out)
{
    if (!yaml_read_name(reader, key, want, out))
        return false;
    if (charter_body(source->charter, *out) != NULL ||
        (levels && charter_level(source->charter, *out) != NULL))
        return true;
    struct names ids = routines_ids(source, levels);
    charter_unknown(source, yaml_get(reader->map, key)->place, yaml_path_key(reader, key),
                    levels ? "level or body" : "body", *out, ids.at, ids.count);
    return false;
}

/* "key: VALUE", or "key: {is: VALUE, clause: …, default: true}": where the value stands, and under which rule
 * (what is left out of it is the outer one's). */
struct routines_value {
    struct yaml_reader reader;
    const char *key;
    struct rule rule;
};

static struct routines_value routines_value(const struct charter_source *source,
                                            const struct yaml_reader *reader, const char *key,
                                            const struct rule *outer)
{
    static const char *const known[] = {"is", "clause", "default", NULL};
    const struct yaml_node *node = yaml_get(reader->map, key);
    struct routines_value value = {*reader, key, *outer};
    value.rule.path = arena_printf(source->arena, "%.*s.%s", TEXT_PRINT(outer->path), key);
    if (node == NULL || node->kind != YAML_MAP)
        return value;
    value.reader = (struct yaml_reader){node, yaml_path_key(reader, key), reader->findings};
    value.key = "is";
    yaml_check_keys(node, known, value.reader.path, reader->findings);
    value.rule = charter_rule(source, &value.reader, value.rule.path);
    if (value.rule.clause.bytes == 0)
        value.rule.clause = outer->clause;
    return value;
}

/* ---- meetings ---- */

static void meeting_items_read(const struct charter_source *source, const struct yaml_reader *reader,
                               struct meeting_rule *meeting)
{
    static const struct text words[] = {TEXT("unit"), TEXT("by"), TEXT("opinion")};
    struct routines_value value = routines_value(source, reader, "items", &meeting->rule);
    struct names names = charter_names(&value.reader, value.key, YAML_MAY);
    bool *demands[] = {&meeting->item_unit, &meeting->item_by, &meeting->item_opinion};
    enum { WORDS = sizeof words / sizeof words[0] };
    meeting->items_rule = value.rule;
    for (size_t i = 0; i < names.count; i++) {
        size_t word = 0;
        while (word < WORDS && !text_equal(words[word], names.at[i]))
            word++;
        if (word < WORDS)
            *demands[word] = true;
        else
            charter_unknown(source, charter_item_place(&value.reader, value.key, i),
                            yaml_path_item(&value.reader, value.key, i), "part of an item", names.at[i],
                            words, WORDS);
    }
}

static void meeting_read(const struct charter_source *source, const struct yaml_reader *reader,
                         struct meeting_rule *meeting)
{
    static const char *const known[] = {"of", "agenda", "minutes", "items", "clause", "default", NULL};
    struct limit_rule limit;
    yaml_check_keys(reader->map, known, reader->path, reader->findings);
    (void)routines_party_read(source, reader, "of", YAML_NEED, true, &meeting->of);
    meeting->rule =
        charter_rule(source, reader, arena_printf(source->arena, "meetings.%.*s", TEXT_PRINT(meeting->of)));
    struct routines_value agenda = routines_value(source, reader, "agenda", &meeting->rule);
    meeting->agenda_rule = agenda.rule;
    (void)routines_party_read(source, &agenda.reader, agenda.key, YAML_MAY, false, &meeting->agenda);
    struct routines_value minutes = routines_value(source, reader, "minutes", &meeting->rule);
    meeting->minutes_rule = minutes.rule;
    meeting->minutes = yaml_get(reader->map, "minutes") != NULL;
    (void)charter_limit(source, &minutes.reader, minutes.key, YAML_MAY, &limit, &meeting->minutes_limit);
    if (limit.unit == LIMIT_BY)
        finding_add(source->findings, SEVERITY_ERROR, yaml_get(minutes.reader.map, minutes.key)->place,
                    minutes.reader.path, "minutes are due an amount of time after the meeting, not \"by\"");
    meeting_items_read(source, reader, meeting);
}

static void meetings_read(struct charter_source *source)
{
    const struct yaml_node *list = charter_list(&source->root, "meetings", YAML_MAY);
    size_t count = list != NULL ? list->count : 0;
    struct meeting_rule *meetings = arena_alloc(source->arena, (count + 1) * sizeof *meetings);
    for (size_t i = 0; i < count; i++) {
        struct yaml_reader item = charter_item(&source->root, "meetings", list, i);
        meeting_read(source, &item, &meetings[i]);
        (void)charter_is_new(&item, "rule for meetings of", meetings[i].of, meetings, i, sizeof *meetings);
    }
    source->charter->routines.meetings = meetings;
    source->charter->routines.meetings_count = count;
}

/* ---- routines ---- */

static void routine_recurs_read(const struct charter_source *source, const struct yaml_reader *reader,
                                struct routine_rule *routine)
{
    static const char *const rolls[] = {"none", "back", "on", NULL};
    routine->from_day = source->charter->issued_day;
    (void)yaml_read_date(reader, "from", YAML_MAY, &routine->from_day);
    int roll = yaml_read_word(reader, "roll", YAML_MAY, rolls);
    routine->roll = roll > 0 ? arena_printf(source->arena, "roll=%s", rolls[roll]) : TEXT("");
    (void)yaml_read_text(reader, "recurs", YAML_NEED, &routine->recurs);
}

/* False if the rule never comes to a date: that took so long to find out that others are not asked any more,
 * for a charter is read inside a turn too. */
static bool routine_dates_check(const struct charter_source *source, const struct yaml_reader *reader,
                                const struct routine_rule *routine)
{
    struct complaint complaint = {.message = ""};
    if (routine->recurs.bytes == 0 || routine->from_day == INT32_MIN)
        return true;
    int code = recurrence_check(routine->recurs, routine->from_day, &complaint);
    if (code != 0)
        finding_add(source->findings, SEVERITY_ERROR, yaml_get(reader->map, "recurs")->place,
                    yaml_path_key(reader, "recurs"), "%s", complaint.message);
    return code != RECURRENCE_E_NEVER;
}

/* A key that has no meaning for routines of this kind. */
static void routine_only(const struct yaml_reader *reader, const char *key, enum routine_kind kind)
{
    const struct yaml_node *node = yaml_get(reader->map, key);
    if (node != NULL)
        finding_add(reader->findings, SEVERITY_ERROR, node->place, yaml_path_key(reader, key),
                    "\"%s\" has a meaning only with kind: %s", key, routine_kinds[kind]);
}

static void routine_meeting_read(const struct charter_source *source, const struct yaml_reader *reader,
                                 struct routine_rule *routine)
{
    static const char *const filing_keys[] = {"to", "parts", "list", NULL};
    const struct charter *charter = source->charter;
    for (size_t i = 0; filing_keys[i] != NULL; i++)
        routine_only(reader, filing_keys[i], ROUTINE_FILING);
    int topic = yaml_read_word(reader, "topic", YAML_MAY, charter_topic_kinds);
    routine->topic = topic >= 0 ? text_from(charter_topic_kinds[topic]) : TEXT("");
    routine->chair = TEXT("");
    if (!yaml_read_name(reader, "chair", YAML_MAY, &routine->chair) ||
        charter_post(charter, routine->chair) != NULL)
        return;
    struct text *ids = arena_alloc(source->arena, (charter->posts_count + 1) * sizeof *ids);
    for (size_t i = 0; i < charter->posts_count; i++)
        ids[i] = charter->posts[i].id;
    charter_unknown(source, yaml_get(reader->map, "chair")->place, yaml_path_key(reader, "chair"), "post",
                    routine->chair, ids, charter->posts_count);
}

static void routine_filing_read(const struct charter_source *source, const struct yaml_reader *reader,
                                struct routine_rule *routine)
{
    enum { PARTS_MAX = 32 }; /* of PARTS in events.def */
    routine_only(reader, "chair", ROUTINE_MEETING);
    routine_only(reader, "topic", ROUTINE_MEETING);
    if (routines_party_read(source, reader, "to", YAML_MAY, false, &routine->to) &&
        routine->to.bytes > CHARTER_NAME_BYTES_MAX)
        finding_add(reader->findings, SEVERITY_ERROR, yaml_get(reader->map, "to")->place,
                    yaml_path_key(reader, "to"), "the id of who receives a filing has at most %d bytes",
                    (int)CHARTER_NAME_BYTES_MAX);
    routine->parts = charter_names(reader, "parts", YAML_NEED);
    (void)yaml_read_bool(reader, "list", &routine->list);
    const struct yaml_node *node = yaml_get(reader->map, "parts");
    if (node != NULL && (routine->parts.count == 0 || routine->parts.count > PARTS_MAX))
        finding_add(reader->findings, SEVERITY_ERROR, node->place, yaml_path_key(reader, "parts"),
                    "a filing has 1 to %d parts", (int)PARTS_MAX);
}

static void routine_read(const struct charter_source *source, const struct yaml_reader *reader,
                         struct routine_rule *routine)
{
    static const char *const known[] = {"id",    "title",        "kind",   "of",      "recurs", "from",
                                        "roll",  "in_principle", "chair",  "topic",   "to",     "reminders",
                                        "parts", "list",         "clause", "default", NULL};
    yaml_check_keys(reader->map, known, reader->path, reader->findings);
    (void)yaml_read_bounded(reader, "id", YAML_NEED, CHARTER_ROUTINE_BYTES_MAX, &routine->id);
    (void)yaml_read_text(reader, "title", YAML_NEED, &routine->title);
    (void)routines_party_read(source, reader, "of", YAML_NEED, true, &routine->of);
    routine->rule =
        charter_rule(source, reader, arena_printf(source->arena, "routines.%.*s", TEXT_PRINT(routine->id)));
    routine->reminders = charter_reminders(source, reader, "reminders", NULL);
    (void)yaml_read_bool(reader, "in_principle", &routine->in_principle);
    routine_recurs_read(source, reader, routine);
    int kind = yaml_read_word(reader, "kind", YAML_NEED, routine_kinds);
    routine->kind = kind == ROUTINE_FILING ? ROUTINE_FILING : ROUTINE_MEETING;
    if (kind == ROUTINE_FILING)
        routine_filing_read(source, reader, routine);
    else if (kind == ROUTINE_MEETING)
        routine_meeting_read(source, reader, routine);
}

/* Each routine falls to somebody, and all together to no more than a turn can change at once. */
static size_t routine_bodies_check(const struct charter_source *source, const struct yaml_reader *reader,
                                   const struct routine_rule *routine)
{
    const struct charter *charter = source->charter;
    size_t count = 0;
    for (size_t i = 0; i < charter->bodies_count; i++) {
        if (!charter_routine_is_of(routine, &charter->bodies[i]))
            continue;
        count++;
        if (charter->bodies[i].id.bytes > ROUTINES_BODY_BYTES_MAX)
            finding_add(source->findings, SEVERITY_ERROR, reader->map->place, reader->path,
                        "the id of body \"%.*s\" is too long for a routine: more than %d bytes",
                        TEXT_PRINT(charter->bodies[i].id), (int)ROUTINES_BODY_BYTES_MAX);
    }
    return count;
}

void charter_routines_read(struct charter_source *source)
{
    meetings_read(source);
    const struct yaml_node *list = charter_list(&source->root, "routines", YAML_MAY);
    size_t count = list != NULL ? list->count : 0, duties = 0;
    if (count > CHARTER_ROUTINES_MAX) {
        finding_add(source->findings, SEVERITY_ERROR, list->place, TEXT("routines"), "more than %d routines",
                    (int)CHARTER_ROUTINES_MAX);
        return;
    }
    struct routine_rule *routines = arena_alloc(source->arena, (count + 1) * sizeof *routines);
    bool searches = true;
    for (size_t i = 0; i < count; i++) {
        struct yaml_reader item = charter_item(&source->root, "routines", list, i);
        routine_read(source, &item, &routines[i]);
        searches = searches && routine_dates_check(source, &item, &routines[i]);
        (void)charter_is_new(&item, "routine", routines[i].id, routines, i, sizeof *routines);
        duties += routine_bodies_check(source, &item, &routines[i]);
    }
    if (duties > CHARTER_DUTIES_MAX)
        finding_add(source->findings, SEVERITY_ERROR, list->place, TEXT("routines"),
                    "the routines are %zu duties, body by body; at most %d", duties, (int)CHARTER_DUTIES_MAX);
    source->charter->routines.routines = routines;
    source->charter->routines.routines_count = count;
}
