/* raising.c - a problem is raised (S0-3): what the report's words mean under the charter, and where it comes
 * in. */
#include "base/limits.h"
#include "workers/common/owed.h"
#include "workers/common/party.h"
#include "workers/coordination/clock.h"
#include "workers/coordination/enactment.h"
#include "workers/coordination/flow.h"
#include "workers/coordination/posts.h"

/* What a report's words mean under the charter. */
struct raising {
    const struct charter *charter;
    uint64_t version;
    struct text area;
    struct names units;
    const struct level *level;
    const struct body *body;
};

static bool raising_area(const struct matter *matter, struct raising *raising)
{
    struct arena *arena = turn_arena(matter->turn);
    const struct charter *charter = raising->charter;
    struct text written = doc_text(matter->event->data, FIELD_AREA);
    raising->area = charter_area(charter, written);
    if (raising->area.bytes > 0)
        return true;
    struct text *areas = arena_alloc(arena, (charter->areas_count + 1) * sizeof *areas);
    for (size_t i = 0; i < charter->areas_count; i++)
        areas[i] = charter->areas[i].name;
    int nearest = text_nearest(written, areas, charter->areas_count);
    struct text hint = nearest >= 0 ? areas[nearest] : TEXT("");
    emit_refusal(matter->turn, NULL, NULL, 0, "unknown area %.*s%s%.*s", TEXT_PRINT(written),
                 nearest >= 0 ? "; nearest known: " : "", TEXT_PRINT(hint));
    return false;
}

static bool raising_class(const struct matter *matter, const struct charter *charter)
{
    struct text written = doc_text(matter->event->data, FIELD_CLASS);
    if (written.bytes == 0 || charter_class(charter, written) != NULL)
        return true;
    struct arena *arena = turn_arena(matter->turn);
    struct text *names = arena_alloc(arena, (charter->classes_count + 1) * sizeof *names);
    for (size_t i = 0; i < charter->classes_count; i++)
        names[i] = charter->classes[i].name;
    struct text known = owed_join(arena, (struct names){names, charter->classes_count});
    emit_refusal(matter->turn, NULL, NULL, 0, "unknown class %.*s; known: %.*s", TEXT_PRINT(written),
                 TEXT_PRINT(known.bytes > 0 ? known : TEXT("none")));
    return false;
}

/* The units of the area's bodies: leads first, then those responsible (S0-5, S0-24). */
static struct names raising_units_of_area(const struct matter *matter, const struct raising *raising)
{
    const struct charter *charter = raising->charter;
    size_t room = 0, count = 0;
    for (size_t i = 0; i < charter->bodies_count; i++)
        room += charter->bodies[i].lead_units.count + charter->bodies[i].responsible_units.count;
    struct text *at = arena_alloc(turn_arena(matter->turn), (room + 1) * sizeof *at);
    for (size_t i = 0; i < charter->levels_count; i++) {
        const struct body *body = charter->levels[i].per_area
                                      ? charter_body_for(charter, &charter->levels[i], raising->area)
                                      : NULL;
        for (size_t j = 0; body != NULL && j < body->lead_units.count; j++)
            at[count++] = body->lead_units.at[j];
        for (size_t j = 0; body != NULL && j < body->responsible_units.count; j++)
            at[count++] = body->responsible_units.at[j];
    }
    return (struct names){at, count};
}

static struct names raising_units_reported(const struct matter *matter)
{
    const struct doc *data = matter->event->data;
    size_t count = doc_count(data, FIELD_UNITS);
    struct text *at = arena_alloc(turn_arena(matter->turn), (count + 1) * sizeof *at);
    for (size_t i = 0; i < count; i++)
        at[i] = doc_text_at(data, FIELD_UNITS, i);
    return (struct names){at, count};
}

static bool raising_units_expand(const struct matter *matter, const struct raising *raising,
                                 struct names written, struct names *units_out)
{
    struct complaint complaint = {0};
    if (charter_expand_units(raising->charter, turn_arena(matter->turn), written, units_out, &complaint))
        return true;
    emit_refusal(matter->turn, NULL, NULL, 0, "%s", complaint.message);
    return false;
}

static bool raising_units_have(struct names units, struct text unit)
{
    for (size_t i = 0; i < units.count; i++)
        if (text_equal(units.at[i], unit))
            return true;
    return false;
}

/* Where only the area's units are concerned, a report that names another one is refused, not trimmed. */
static bool raising_units_within(const struct matter *matter, const struct raising *raising,
                                 struct names reported, struct names of_area)
{
    for (size_t i = 0; i < reported.count; i++)
        if (!raising_units_have(of_area, reported.at[i])) {
            struct text known = owed_join(turn_arena(matter->turn), of_area);
            emit_refusal(matter->turn, &raising->charter->concerned_rule, NULL, 0,
                         "%.*s is not among the units of area %.*s: %.*s", TEXT_PRINT(reported.at[i]),
                         TEXT_PRINT(raising->area), TEXT_PRINT(known));
            return false;
        }
    return true;
}

/* S0-5: whose opinions count. The raiser may add to the units of the area; whether it may choose among them
 * is the charter's. */
static bool raising_units(const struct matter *matter, struct raising *raising)
{
    struct names reported, of_area;
    enum concerned concerned = raising->charter->concerned;
    if (!raising_units_expand(matter, raising, raising_units_reported(matter), &reported) ||
        !raising_units_expand(matter, raising, raising_units_of_area(matter, raising), &of_area) ||
        (concerned == CONCERNED_AREA && !raising_units_within(matter, raising, reported, of_area)))
        return false;
    struct text *at =
        arena_alloc(turn_arena(matter->turn), (of_area.count + reported.count + 1) * sizeof *at);
    size_t count = 0;
    for (size_t i = 0; i < of_area.count && (concerned != CONCERNED_REPORTED_OR_AREA || reported.count == 0);
         i++)
        at[count++] = of_area.at[i];
    raising->units = (struct names){at, count};
    for (size_t i = 0; i < reported.count; i++)
        if (!raising_units_have(raising->units, reported.at[i]))
            at[raising->units.count++] = reported.at[i];
    if (raising->units.count <= LIST_COUNT_MAX)
        return true;
    emit_refusal(matter->turn, &raising->charter->concerned_rule, NULL, 0,
                 "it concerns %zu units, more than %d", raising->units.count, LIST_COUNT_MAX);
    return false;
}

/* S0-3: the lowest level takes problems in; another one only where the charter lets it (S1-1). */
static bool raising_level(const struct matter *matter, struct raising *raising)
{
    const struct charter *charter = raising->charter;
    struct text wanted = doc_text(matter->event->data, FIELD_LEVEL);
    raising->level = wanted.bytes == 0 ? &charter->levels[0] : charter_level(charter, wanted);
    if (raising->level != NULL && (raising->level == &charter->levels[0] || raising->level->entry))
        return true;
    struct text *ids = arena_alloc(turn_arena(matter->turn), charter->levels_count * sizeof *ids);
    size_t count = 0;
    for (size_t i = 0; i < charter->levels_count; i++)
        if (i == 0 || charter->levels[i].entry)
            ids[count++] = charter->levels[i].id;
    struct text may = owed_join(turn_arena(matter->turn), (struct names){ids, count});
    emit_refusal(matter->turn, raising->level != NULL ? &raising->level->rule : NULL, NULL, 0,
                 "no issue is raised at %.*s directly: only at %.*s", TEXT_PRINT(wanted), TEXT_PRINT(may));
    return false;
}

static bool raising_body(const struct matter *matter, struct raising *raising)
{
    raising->body = charter_body_for(raising->charter, raising->level, raising->area);
    if (raising->body == NULL)
        emit_refusal(matter->turn, &raising->level->rule, NULL, 0, "level %.*s has no body for area %.*s",
                     TEXT_PRINT(raising->level->id), TEXT_PRINT(raising->area));
    return raising->body != NULL;
}

/* A date that comes with the report is the charter's to allow: else its own limits hold. */
static bool raising_due(const struct matter *matter, const struct charter *charter)
{
    if (!doc_has(matter->event->data, FIELD_DUE) || charter->resolution.due_given)
        return true;
    emit_refusal(matter->turn, &charter->resolution.rule, NULL, 0,
                 "charter %.*s takes no date that is given with an issue (resolution.given)",
                 TEXT_PRINT(charter->name));
    return false;
}

/* Papers may date an issue after the first work on it; a year ahead is a slip of the pen. */
static bool raising_time(const struct matter *matter, const struct raising *raising)
{
    struct text raised = doc_text(matter->event->data, FIELD_RAISED);
    int64_t now_us = matter->event->received_us;
    if (doc_time_us(matter->event->data, FIELD_RAISED, now_us) <=
        now_us + RAISED_AHEAD_DAYS_MAX * CIVIL_DAY_US)
        return true;
    char now[CIVIL_TEXT_BYTES];
    emit_refusal(matter->turn, &raising->level->rule, NULL, 0,
                 "raised: %.*s is more than %d days after the report, which came at %s", TEXT_PRINT(raised),
                 RAISED_AHEAD_DAYS_MAX, civil_format_time(now_us, raising->charter->zone, now));
    return false;
}

static bool raising_read(const struct matter *matter, struct raising *raising)
{
    raising->charter = party_charter(matter->turn, matter->event);
    if (raising->charter == NULL)
        return false;
    (void)turn_charter(matter->turn, raising->charter->name, &raising->version);
    return posts_actor_known(matter->turn, matter->event, raising->charter,
                             doc_text(matter->event->data, FIELD_RAISER)) &&
           raising_area(matter, raising) && raising_class(matter, raising->charter) &&
           raising_due(matter, raising->charter) && raising_level(matter, raising) &&
           raising_time(matter, raising) && raising_units(matter, raising) && raising_body(matter, raising);
}

static void raising_emit(const struct matter *matter, const struct raising *raising)
{
    static const enum field kept[] = {FIELD_TITLE,  FIELD_CLASS, FIELD_INDICATOR, FIELD_RAISER,
                                      FIELD_RAISED, FIELD_DUE,   FIELD_TAGS};
    struct doc *out = emit_begin(matter->turn, EVENT_ISSUE_OPENED);
    emit_charter(matter->turn, raising->charter->name);
    emit_rule(matter->turn, &raising->level->rule);
    emit_input(matter->turn, matter->event->seq);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        doc_set_doc_field(out, kept[i], matter->event->data);
    doc_set_text(out, FIELD_AREA, raising->area);
    doc_set_text(out, FIELD_LEVEL, raising->level->id);
    doc_set_text(out, FIELD_BODY, raising->body->id);
    doc_set_int(out, FIELD_ROUND, 1);
    doc_set_int(out, FIELD_VERSION, (int64_t)raising->version);
    for (size_t i = 0; i < raising->units.count; i++)
        doc_add_text(out, FIELD_UNITS, raising->units.at[i]);
    issue_set_posts(out, raising->body);
    emit_end(matter->turn);
}

/* S0-3: taken in, and coordinated promptly: its clocks begin. */
void raising_open(const struct matter *matter)
{
    struct raising raising = {0};
    if (matter->id.bytes > ISSUE_ID_BYTES_MAX) {
        emit_refusal(matter->turn, NULL, NULL, 0, "an issue's id has at most %d bytes", ISSUE_ID_BYTES_MAX);
        return;
    }
    if (text_starts_with(matter->id, ENACTMENT_SUBJECT)) {
        emit_refusal(matter->turn, NULL, NULL, 0, "no issue's id begins with \"%.*s\": that is a charter",
                     TEXT_PRINT(ENACTMENT_SUBJECT));
        return;
    }
    if (!raising_read(matter, &raising))
        return;
    raising_emit(matter, &raising);
    clock_start_resolution(matter);
    clock_start_level(matter);
}
