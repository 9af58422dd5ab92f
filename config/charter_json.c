/* charter_json.c - the whole charter as one JSON object, in the charter's own order: equal charters, equal
 * bytes.
 *
 * Every rule shows its clause and place, and "default": true where the document leaves it open, so that
 * nothing assumed is hidden.
 */
#include "config/charter_json.h"

#include "base/limits.h"

void charter_json_names(struct json_text *json, const char *key, struct names names)
{
    json_text_add_list(json, key, names.at, names.count);
}

void charter_json_rule(struct json_text *json, const struct rule *rule)
{
    json_text_add(json, "path", rule->path);
    json_text_add(json, "clause", rule->clause);
    json_text_add(json, "place", rule->place);
    json_text_add_bool(json, "default", rule->is_default);
}

void charter_json_section(struct json_text *json, const char *key, const struct rule *rule,
                          const char *limit_key, struct text limit)
{
    json_text_open(json, key, '{');
    if (limit_key != NULL)
        json_text_add(json, limit_key, limit);
    charter_json_rule(json, rule);
    json_text_close(json, '}');
}

static void charter_json_units(struct json_text *json, const struct charter *charter)
{
    json_text_open(json, "units", '[');
    for (size_t i = 0; i < charter->units_count; i++) {
        const struct unit *unit = &charter->units[i];
        json_text_open(json, NULL, '{');
        json_text_add(json, "name", unit->name);
        charter_json_names(json, "aliases", unit->aliases);
        json_text_add_bool(json, "external", unit->external);
        if (unit->liaison.bytes > 0)
            json_text_add(json, "liaison", unit->liaison);
        json_text_close(json, '}');
    }
    json_text_close(json, ']');
    json_text_open(json, "unit_sets", '[');
    for (size_t i = 0; i < charter->sets_count; i++) {
        const struct unit_set *set = &charter->sets[i];
        json_text_open(json, NULL, '{');
        json_text_add(json, "name", set->name);
        json_text_add_bool(json, "all", set->all);
        charter_json_names(json, "units", set->units);
        charter_json_rule(json, &set->rule);
        json_text_close(json, '}');
    }
    json_text_close(json, ']');
}

static void charter_json_level(struct json_text *json, const struct level *level)
{
    json_text_open(json, NULL, '{');
    json_text_add(json, "id", level->id);
    json_text_add(json, "name", level->name);
    charter_json_rule(json, &level->rule);
    json_text_add_bool(json, "per_area", level->per_area);
    json_text_add_bool(json, "settles", level->settles);
    json_text_add_bool(json, "decides", level->decides);
    json_text_add_bool(json, "entry", level->entry);
    charter_json_section(json, "limit", &level->limit_rule_place, "is", level->limit_text);
    charter_json_names(json, "reminders", level->reminders);
    charter_json_names(json, "reminders_indicator", level->reminders_indicator);
    charter_json_names(json, "may_skip_to", level->may_skip_to);
    charter_json_section(json, "up_rule", &level->up_rule, NULL, TEXT_NONE);
    json_text_open(json, "up", '[');
    for (size_t i = 0; i < level->needs_count; i++) {
        json_text_open(json, NULL, '{');
        json_text_add(json, "need", text_from(need_text(level->needs[i].kind)));
        if (level->needs[i].kind == NEED_CONSENT) {
            json_text_add(json, "heads", level->needs[i].any_head ? TEXT("any") : TEXT("all"));
            json_text_add_bool(json, "heads_default", level->needs[i].heads_default);
        }
        charter_json_rule(json, &level->needs[i].rule);
        json_text_close(json, '}');
    }
    json_text_close(json, ']');
    json_text_close(json, '}');
}

static void charter_json_body(struct json_text *json, const struct body *body)
{
    json_text_open(json, NULL, '{');
    json_text_add(json, "id", body->id);
    json_text_add(json, "name", body->name);
    json_text_add(json, "level", body->level);
    json_text_add(json, "area", body->area);
    if (body->number > 0)
        json_text_add_int(json, "number", body->number);
    charter_json_names(json, "heads", body->heads);
    charter_json_names(json, "head_posts", body->head_posts);
    charter_json_names(json, "lead_units", body->lead_units);
    charter_json_names(json, "responsible_units", body->responsible_units);
    charter_json_rule(json, &body->rule);
    json_text_close(json, '}');
}

static void charter_json_house(struct json_text *json, const struct charter *charter)
{
    json_text_open(json, "levels", '[');
    for (size_t i = 0; i < charter->levels_count; i++)
        charter_json_level(json, &charter->levels[i]);
    json_text_close(json, ']');
    json_text_open(json, "areas", '[');
    for (size_t i = 0; i < charter->areas_count; i++) {
        json_text_open(json, NULL, '{');
        json_text_add(json, "area", charter->areas[i].name);
        if (charter->areas[i].number > 0)
            json_text_add_int(json, "number", charter->areas[i].number);
        json_text_close(json, '}');
    }
    json_text_close(json, ']');
    json_text_open(json, "bodies", '[');
    for (size_t i = 0; i < charter->bodies_count; i++)
        charter_json_body(json, &charter->bodies[i]);
    json_text_close(json, ']');
    json_text_open(json, "posts", '[');
    for (size_t i = 0; i < charter->posts_count; i++) {
        const struct post *post = &charter->posts[i];
        json_text_open(json, NULL, '{');
        json_text_add(json, "id", post->id);
        json_text_add(json, "title", post->title);
        if (post->body.bytes > 0)
            json_text_add(json, "body", post->body);
        if (post->unit.bytes > 0)
            json_text_add(json, "unit", post->unit);
        charter_json_names(json, "holders", post->holders);
        json_text_close(json, '}');
    }
    json_text_close(json, ']');
}

static void charter_json_notices(struct json_text *json, const struct charter *charter)
{
    static const char *const when[] = {
        [NOTICE_AT_ONCE] = "at-once", [NOTICE_WORKING_HOURS] = "working-hours", [NOTICE_DIGEST] = "digest"};
    json_text_open(json, "notices", '[');
    for (size_t i = 0; i < charter->notices_count; i++) {
        json_text_open(json, NULL, '{');
        json_text_add(json, "event", charter->notices[i].event);
        charter_json_names(json, "to", charter->notices[i].to);
        json_text_add(json, "channel", charter->notices[i].channel);
        json_text_add(json, "when", text_from(when[charter->notices[i].when]));
        charter_json_rule(json, &charter->notices[i].rule);
        json_text_close(json, '}');
    }
    json_text_close(json, ']');
}

static void charter_json_bulletin(struct json_text *json, const struct bulletin_rule *bulletin)
{
    json_text_open(json, NULL, '{');
    json_text_add(json, "id", bulletin->id);
    json_text_add(json, "title", bulletin->title);
    json_text_add(json, "audience", bulletin->audience);
    if (bulletin->issuer.bytes > 0)
        charter_json_section(json, "issuer", &bulletin->issuer_rule, "is", bulletin->issuer);
    charter_json_names(json, "to", bulletin->to);
    json_text_add_bool(json, "redact_raiser", bulletin->redact_raiser);
    json_text_add_bool(json, "redact_persons", bulletin->redact_persons);
    json_text_add(json, "period", bulletin->period == PERIOD_MONTH ? TEXT("month") : TEXT("quarter"));
    json_text_add(json, "due", bulletin->due);
    json_text_open(json, "sections", '[');
    for (size_t i = 0; i < bulletin->sections_count; i++) {
        json_text_open(json, NULL, '{');
        json_text_add(json, "id", bulletin->sections[i]);
        json_text_add(json, "title", bulletin->section_titles[i]);
        json_text_close(json, '}');
    }
    json_text_close(json, ']');
    charter_json_rule(json, &bulletin->rule);
    json_text_close(json, '}');
}

static void charter_json_common(struct json_text *json, const struct charter *charter)
{
    const struct common_rule *common = &charter->common;
    json_text_open(json, "common", '{');
    json_text_add_int(json, "similarity", common->similarity);
    json_text_add_int(json, "at_least", common->at_least);
    json_text_add_int(json, "areas", common->areas);
    json_text_add_bool(json, "by_class", common->by_class);
    json_text_add_bool(json, "by_title", common->by_title);
    charter_json_rule(json, &common->rule);
    json_text_close(json, '}');
}

static void charter_json_transition(struct json_text *json, const struct charter *charter)
{
    char day[CIVIL_TEXT_BYTES];
    const struct transition_rule *transition = &charter->transition;
    if (charter->effective_day != INT32_MIN)
        json_text_add(json, "effective", text_from(civil_format_date(charter->effective_day, day)));
    json_text_open(json, "transition", '{');
    json_text_add(json, "open", transition->kind == TRANSITION_MOVE ? TEXT("move") : TEXT("keep"));
    json_text_add(json, "limits", transition->restart ? TEXT("restart") : TEXT("continue"));
    json_text_add(json, "grace", transition->grace);
    charter_json_rule(json, &transition->rule);
    json_text_close(json, '}');
}

static void charter_json_resolution(struct json_text *json, const struct charter *charter)
{
    const struct resolution_rule *resolution = &charter->resolution;
    json_text_open(json, "resolution", '{');
    json_text_add(json, "limit", resolution->limit_text);
    json_text_add_bool(json, "given", resolution->due_given);
    json_text_add_bool(json, "extensible", resolution->extensible);
    charter_json_names(json, "reminders", resolution->reminders);
    charter_json_rule(json, &resolution->rule);
    json_text_close(json, '}');
}

static void charter_json_classes(struct json_text *json, const struct charter *charter)
{
    json_text_open(json, "classes", '[');
    for (size_t i = 0; i < charter->classes_count; i++) {
        json_text_open(json, NULL, '{');
        json_text_add(json, "class", charter->classes[i].name);
        json_text_add(json, "limit", charter->classes[i].limit_text);
        json_text_add(json, "resolution", charter->classes[i].resolution_text);
        charter_json_rule(json, &charter->classes[i].rule);
        json_text_close(json, '}');
    }
    json_text_close(json, ']');
}

static void charter_json_modes(struct json_text *json, const struct charter *charter)
{
    static const char *const concerned[] = {[CONCERNED_AREA_AND_REPORTED] = "area+reported",
                                            [CONCERNED_REPORTED_OR_AREA] = "reported-or-area",
                                            [CONCERNED_AREA] = "area"};
    charter_json_section(json, "concerned", &charter->concerned_rule, "is",
                         text_from(concerned[charter->concerned]));
    charter_json_section(json, "actors", &charter->actors_rule, "is",
                         charter->actors == ACTORS_REQUIRED ? TEXT("required") : TEXT("named"));
    charter_json_section(json, "passed_reminders", &charter->passed_rule, "is",
                         charter->passed_reminders == PASSED_NONE ? TEXT("none") : TEXT("once"));
}

static void charter_json_ending(struct json_text *json, const struct charter *charter)
{
    charter_json_section(json, "verification", &charter->verify_rule, NULL, TEXT_NONE);
    json_text_open(json, "confirmation", '{');
    json_text_add_bool(json, "required", charter->confirmation);
    json_text_add_bool(json, "again", charter->confirmation_again);
    json_text_add(json, "limit", charter->confirmation_limit_text);
    charter_json_rule(json, &charter->confirmation_rule);
    json_text_close(json, '}');
    json_text_open(json, "tasks", '{');
    charter_json_names(json, "reminders", charter->task_reminders);
    charter_json_rule(json, &charter->task_rule);
    json_text_close(json, '}');
}

static void charter_json_duties(struct json_text *json, const struct charter *charter)
{
    charter_json_classes(json, charter);
    charter_json_modes(json, charter);
    charter_json_transition(json, charter);
    if (charter->resolution.given)
        charter_json_resolution(json, charter);
    charter_json_section(json, "opinions", &charter->opinion_rule, "limit", charter->opinion_limit_text);
    charter_json_section(json, "solution", &charter->solution_rule, NULL, TEXT_NONE);
    charter_json_section(json, "tasklist", &charter->tasklist_rule, "level", charter->tasklist_level);
    charter_json_ending(json, charter);
    charter_json_notices(json, charter);
    json_text_open(json, "bulletins", '[');
    for (size_t i = 0; i < charter->bulletins_count; i++)
        charter_json_bulletin(json, &charter->bulletins[i]);
    json_text_close(json, ']');
    charter_json_common(json, charter);
}

static void charter_json_document(struct json_text *json, const struct charter *charter)
{
    char day[CIVIL_TEXT_BYTES];
    json_text_add(json, "document_number", charter->document_number);
    json_text_add(json, "issued", text_from(civil_format_date(charter->issued_day, day)));
    json_text_open(json, "adopted", '[');
    for (size_t i = 0; i < charter->adoptions_count; i++) {
        const struct adoption *adoption = &charter->adoptions[i];
        json_text_open(json, NULL, '{');
        json_text_add(json, "meeting", adoption->meeting);
        if (adoption->body.bytes > 0)
            json_text_add(json, "body", adoption->body);
        if (adoption->on_day != INT32_MIN)
            json_text_add(json, "on", text_from(civil_format_date(adoption->on_day, day)));
        json_text_close(json, '}');
    }
    json_text_close(json, ']');
}

struct text charter_to_json(struct arena *arena, const struct charter *charter)
{
    struct buffer buffer;
    buffer_open(&buffer, ARENA_BYTES_MAX);
    struct json_text json = {.buffer = &buffer};
    int zone = charter->zone, away = zone < 0 ? -zone : zone;
    json_text_open(&json, NULL, '{');
    json_text_add(&json, "name", charter->name);
    json_text_add(&json, "title", charter->title);
    json_text_add(&json, "file", charter->file);
    json_text_add(&json, "calendar", charter->calendar);
    json_text_add(&json, "zone",
                  arena_printf(arena, "%c%02d:%02d", zone < 0 ? '-' : '+', away / 60, away % 60));
    charter_json_document(&json, charter);
    charter_json_units(&json, charter);
    charter_json_house(&json, charter);
    charter_json_duties(&json, charter);
    charter_json_routines(&json, charter);
    charter_json_supervision(&json, charter);
    json_text_close(&json, '}');
    struct text whole = arena_text_copy(arena, buffer_text(&buffer));
    buffer_close(&buffer);
    return whole;
}
