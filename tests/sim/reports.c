/* reports.c - see reports.h. */
#include "tests/sim/reports.h"

static struct text reports_post(struct reports *reports)
{
    return reports->charter->posts[dice_below(reports->dice, reports->charter->posts_count)].id;
}

/* ---- anything at all ---- */

static struct doc *reports_begin(struct event *event, struct arena *arena, enum event_kind kind)
{
    struct doc *data = doc_new(arena);
    event->type = &event_types[kind];
    event->type_name = text_from(event_types[kind].name);
    event->data = data;
    return data;
}

static void reports_field(struct reports *reports, struct arena *arena, struct doc *data, enum field field,
                          int32_t today);

/* One or two maps with the fields that they need. */
static void reports_maps(struct reports *reports, struct arena *arena, struct doc *data, enum field field,
                         int32_t today)
{
    for (size_t i = 1 + dice_below(reports->dice, 2); i > 0; i--) {
        struct doc *map = doc_add_doc(data, field);
        for (const struct field_use *use = field_specs[field].shape; use->field != FIELD_COUNT_OF_ALL; use++)
            if (use->needed)
                reports_field(reports, arena, map, use->field, today);
    }
}

static void reports_field(struct reports *reports, struct arena *arena, struct doc *data, enum field field,
                          int32_t today)
{
    switch (field_specs[field].kind) {
    case KIND_INT:
        doc_set_int(data, field, field_specs[field].low + (int64_t)dice_below(reports->dice, 50));
        return;
    case KIND_BOOL:
        doc_set_bool(data, field, dice_percent(reports->dice, 50));
        return;
    case KIND_DATE:
        doc_set_date(data, field, today - 5 + (int32_t)dice_below(reports->dice, 30));
        return;
    case KIND_NAMES:
        doc_add_text(data, field,
                     field == FIELD_ISSUES
                         ? office_issue_id(arena, dice_below(reports->dice, OFFICE_ISSUES_MAX))
                         : office_unit(&reports->office));
        return;
    case KIND_ITEMS:
        if (field == FIELD_ITEMS)
            office_items(&reports->office, arena, data, today);
        else
            reports_maps(reports, arena, data, field, today);
        return;
    case KIND_TIME:
        doc_set_time(data, field, civil_end_of_day_us(today + 10, reports->charter->zone),
                     reports->charter->zone);
        return;
    case KIND_NAME:
    case KIND_PROSE:
        doc_set_text(
            data, field,
            field == FIELD_POST                                ? reports_post(reports)
            : field == FIELD_UNIT || field == FIELD_UNDERTAKER ? office_unit(&reports->office)
            : field == FIELD_TO
                ? reports->charter->levels[dice_below(reports->dice, reports->charter->levels_count)].id
            : field == FIELD_AREA
                ? reports->charter->bodies[dice_below(reports->dice, reports->charter->bodies_count)].id
            : field == FIELD_RESULT ? (dice_percent(reports->dice, 50) ? TEXT("settled") : TEXT("unsettled"))
                                    : TEXT("不详"));
        return;
    default:
        return; /* no report has fields of other kinds that it needs */
    }
}

static bool reports_may_be_random(const struct event_type *type)
{
    return type->report && type->role != ROLE_DEADLINES && type->kind != EVENT_CHARTER_ADOPTED;
}

static void reports_random(struct reports *reports, struct event *event, struct arena *arena, int32_t today)
{
    enum event_kind kind;
    do
        kind = (enum event_kind)dice_below(reports->dice, EVENT_KIND_COUNT);
    while (!reports_may_be_random(&event_types[kind]));
    struct doc *data = reports_begin(event, arena, kind);
    for (const struct field_use *use = event->type->uses; use->field != FIELD_COUNT_OF_ALL; use++)
        if (use->needed || dice_percent(reports->dice, 30))
            reports_field(reports, arena, data, use->field, today);
    if (dice_percent(reports->dice, 50))
        event->actor =
            dice_percent(reports->dice, 70) ? reports_post(reports) : office_unit(&reports->office);
    if (event->type->about == ABOUT_TASK)
        event->subject = arena_printf(arena, "%.*s/task/%zu", TEXT_PRINT(event->subject),
                                      1 + dice_below(reports->dice, 4));
}

void reports_next(struct reports *reports, struct arena *arena, int32_t today, struct event *event_out)
{
    /* some go deep and some stay behind: mostly it is one of the first two */
    size_t index = dice_below(reports->dice, dice_percent(reports->dice, 70) ? 2 : OFFICE_ISSUES_MAX);
    *event_out = (struct event){.id = arena_printf(arena, "sim-%llu", (unsigned long long)++reports->numbers),
                                .source = TEXT("/sim"),
                                .subject = office_issue_id(arena, index),
                                .charter = reports->charter->name,
                                .time_us = CIVIL_NEVER_US};
    if (dice_percent(reports->dice, office_waits(&reports->office, index) ? 90 : 25))
        errands_next(&reports->errands, arena, today, event_out->subject, event_out);
    else if (dice_percent(reports->dice, 88))
        office_next(&reports->office, arena, today, index, event_out);
    else
        reports_random(reports, event_out, arena, today);
}

void reports_see(struct reports *reports, const struct event *event)
{
    errands_see(&reports->errands, event);
    office_see(&reports->office, event);
}

void reports_open(struct reports *reports, const struct charter *charter, struct dice *dice)
{
    *reports = (struct reports){.charter = charter,
                                .dice = dice,
                                .errands = {.charter = charter, .dice = dice},
                                .office = {.charter = charter, .dice = dice}};
}
