/* charter_routines_json.c - the sections `meetings` and `routines` as JSON. */
#include "config/charter_json.h"

static void charter_json_meeting(struct json_text *json, const struct meeting_rule *meeting)
{
    struct text items[3];
    size_t count = 0;
    if (meeting->item_unit)
        items[count++] = TEXT("unit");
    if (meeting->item_by)
        items[count++] = TEXT("by");
    if (meeting->item_opinion)
        items[count++] = TEXT("opinion");
    json_text_open(json, NULL, '{');
    json_text_add(json, "of", meeting->of);
    if (meeting->agenda.bytes > 0)
        charter_json_section(json, "agenda", &meeting->agenda_rule, "is", meeting->agenda);
    if (meeting->minutes)
        charter_json_section(json, "minutes", &meeting->minutes_rule, "is", meeting->minutes_limit);
    json_text_open(json, "items", '{');
    charter_json_names(json, "is", (struct names){items, count});
    charter_json_rule(json, &meeting->items_rule);
    json_text_close(json, '}');
    charter_json_rule(json, &meeting->rule);
    json_text_close(json, '}');
}

static void charter_json_some(struct json_text *json, const char *key, struct text value)
{
    if (value.bytes > 0)
        json_text_add(json, key, value);
}

static void charter_json_routine(struct json_text *json, const struct routine_rule *routine)
{
    char from[CIVIL_TEXT_BYTES];
    json_text_open(json, NULL, '{');
    json_text_add(json, "id", routine->id);
    json_text_add(json, "title", routine->title);
    json_text_add(json, "kind", text_from(routine_kind_text(routine->kind)));
    json_text_add(json, "of", routine->of);
    json_text_add(json, "recurs", routine->recurs);
    json_text_add(json, "from", text_from(civil_format_date(routine->from_day, from)));
    charter_json_some(json, "roll", routine->roll);
    charter_json_names(json, "reminders", routine->reminders);
    json_text_add_bool(json, "in_principle", routine->in_principle);
    charter_json_some(json, "chair", routine->chair);
    charter_json_some(json, "topic", routine->topic);
    charter_json_some(json, "to", routine->to);
    if (routine->kind == ROUTINE_FILING) {
        charter_json_names(json, "parts", routine->parts);
        json_text_add_bool(json, "list", routine->list);
    }
    charter_json_rule(json, &routine->rule);
    json_text_close(json, '}');
}

void charter_json_routines(struct json_text *json, const struct charter *charter)
{
    json_text_open(json, "meetings", '[');
    for (size_t i = 0; i < charter->routines.meetings_count; i++)
        charter_json_meeting(json, &charter->routines.meetings[i]);
    json_text_close(json, ']');
    json_text_open(json, "routines", '[');
    for (size_t i = 0; i < charter->routines.routines_count; i++)
        charter_json_routine(json, &charter->routines.routines[i]);
    json_text_close(json, ']');
}
