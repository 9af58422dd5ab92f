/* charter_supervision_json.c - the sections `supervision` and `evaluations` as JSON. */
#include "config/charter_json.h"

static void charter_json_standing(struct json_text *json, const struct supervision_rules *rules)
{
    json_text_open(json, "standing", '[');
    for (size_t i = 0; i < rules->standing_count; i++) {
        const struct standing_item *item = &rules->standing[i];
        json_text_open(json, NULL, '{');
        json_text_add(json, "id", item->id);
        json_text_add(json, "title", item->title);
        charter_json_names(json, "units", item->units);
        json_text_add(json, "limit", item->limit);
        charter_json_rule(json, &item->rule);
        json_text_close(json, '}');
    }
    json_text_close(json, ']');
}

static void charter_json_source(struct json_text *json, const struct evaluation_source *source)
{
    json_text_open(json, NULL, '{');
    json_text_add(json, "source", text_from(source_text(source->kind)));
    json_text_add(json, "title", source->title);
    json_text_add_int(json, "weight", source->weight);
    if (source->each > 0)
        json_text_add_int(json, "each", source->each);
    charter_json_rule(json, &source->rule);
    json_text_close(json, '}');
}

static void charter_json_evaluation(struct json_text *json, const struct evaluation_rule *rule)
{
    enum { QUARTER = 3, YEAR = 12 };
    json_text_open(json, NULL, '{');
    json_text_add(json, "id", rule->id);
    json_text_add(json, "title", rule->title);
    json_text_add(json, "period",
                  rule->months == YEAR      ? TEXT("year")
                  : rule->months == QUARTER ? TEXT("quarter")
                                            : TEXT("month"));
    json_text_add(json, "due", rule->due);
    json_text_add(json, "selfcheck", rule->selfcheck);
    charter_json_names(json, "units", rule->units);
    json_text_open(json, "sources", '[');
    for (size_t i = 0; i < rule->sources_count; i++)
        charter_json_source(json, &rule->sources[i]);
    json_text_close(json, ']');
    charter_json_rule(json, &rule->rule);
    json_text_close(json, '}');
}

static void charter_json_origins(struct json_text *json, const struct supervision_rules *rules)
{
    struct text origins[3];
    size_t count = 0;
    if (rules->decisions)
        origins[count++] = TEXT("decision");
    if (rules->coordinated)
        origins[count++] = TEXT("coordination");
    if (rules->documents)
        origins[count++] = TEXT("document");
    charter_json_names(json, "origins", (struct names){origins, count});
}

static void charter_json_supervised(struct json_text *json, const struct supervision_rules *rules)
{
    json_text_open(json, "supervision", '{');
    charter_json_names(json, "supervisors", rules->supervisors);
    json_text_open(json, "leaders", '{');
    charter_json_names(json, "posts", rules->leaders);
    charter_json_rule(json, &rules->leaders_rule);
    json_text_close(json, '}');
    charter_json_origins(json, rules);
    charter_json_section(json, "limit", &rules->limit_rule, "is", rules->limit);
    charter_json_names(json, "reminders", rules->reminders);
    charter_json_section(json, "reply", &rules->reply_rule, "is", rules->reply);
    charter_json_section(json, "rectify", &rules->rectify_rule, "is", rules->rectify);
    charter_json_standing(json, rules);
    charter_json_rule(json, &rules->rule);
    json_text_close(json, '}');
}

void charter_json_supervision(struct json_text *json, const struct charter *charter)
{
    const struct supervision_rules *rules = &charter->supervision;
    if (rules->given)
        charter_json_supervised(json, rules);
    json_text_open(json, "evaluations", '[');
    for (size_t i = 0; i < rules->evaluations_count; i++)
        charter_json_evaluation(json, &rules->evaluations[i]);
    json_text_close(json, ']');
}
