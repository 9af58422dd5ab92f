/* reports.c - see reports.h. The script of an issue follows the rules as a diligent office would; wrong steps
 * come from chance. */
#include "tests/sim/reports.h"

#include "base/log.h"

/* ---- vocabulary ---- */

static struct text reports_unit(struct reports *reports)
{
    const struct unit *unit =
        &reports->charter->units[dice_below(reports->dice, reports->charter->units_count)];
    if (unit->aliases.count > 0 && dice_percent(reports->dice, 30))
        return unit->aliases.at[dice_below(reports->dice, unit->aliases.count)];
    return unit->name;
}

static struct text reports_post(struct reports *reports)
{
    return reports->charter->posts[dice_below(reports->dice, reports->charter->posts_count)].id;
}

static struct text reports_issue_id(struct arena *arena, size_t index)
{
    return arena_printf(arena, "WT-%zu", index + 1);
}

static const struct body *reports_body(const struct reports *reports, const struct reports_issue *issue)
{
    return &reports->charter->bodies[issue->body];
}

/* Units concerned: what the body's table row names, wildcards expanded. */
static struct names reports_units(const struct reports *reports, struct arena *arena, const struct body *body)
{
    struct names written, units = {NULL, 0};
    struct complaint complaint;
    struct text *all =
        arena_alloc(arena, sizeof *all * (body->lead_units.count + body->responsible_units.count + 1));
    for (size_t i = 0; i < body->lead_units.count; i++)
        all[i] = body->lead_units.at[i];
    for (size_t i = 0; i < body->responsible_units.count; i++)
        all[body->lead_units.count + i] = body->responsible_units.at[i];
    written = (struct names){all, body->lead_units.count + body->responsible_units.count};
    if (!charter_expand_units(reports->charter, arena, written, &units, &complaint))
        die("simulator: %s", complaint.message);
    return units;
}

/* ---- the script ---- */

static struct doc *reports_begin(struct event *event, struct arena *arena, enum event_kind kind)
{
    struct doc *data = doc_new(arena);
    event->type = &event_types[kind];
    event->type_name = text_from(event_types[kind].name);
    event->data = data;
    return data;
}

static void reports_items(struct reports *reports, struct arena *arena, struct doc *data, int32_t today)
{
    size_t count = 1 + dice_below(reports->dice, 3);
    for (size_t i = 0; i < count; i++) {
        struct doc *item = doc_add_doc(data, FIELD_ITEMS);
        doc_set_text(item, FIELD_TITLE, arena_printf(arena, "事项%zu", i + 1));
        doc_set_text(item, FIELD_UNIT, reports_unit(reports));
        doc_set_date(item, FIELD_BY, today + 1 + (int32_t)dice_below(reports->dice, 40));
        doc_set_text(item, FIELD_OPINION, TEXT("按要求落实"));
    }
}

static void reports_attempt(struct event *event, struct arena *arena, struct reports_issue *issue)
{
    doc_set_text(reports_begin(event, arena, EVENT_ISSUE_COORDINATED), FIELD_RESULT, TEXT("unsettled"));
    issue->step++;
}

static void reports_raise(struct reports *reports, struct event *event, struct arena *arena,
                          struct reports_issue *issue)
{
    struct doc *data = reports_begin(event, arena, EVENT_ISSUE_RAISED);
    doc_set_text(data, FIELD_TITLE, TEXT("企业反映的问题"));
    doc_set_text(data, FIELD_AREA, reports_body(reports, issue)->area);
    doc_set_bool(data, FIELD_INDICATOR, dice_percent(reports->dice, 30));
    issue->step++;
}

static void reports_ask(struct reports *reports, struct event *event, struct arena *arena,
                        struct reports_issue *issue)
{
    struct doc *data = reports_begin(event, arena, EVENT_OPINION_REQUESTED);
    struct names units = reports_units(reports, arena, reports_body(reports, issue));
    for (size_t i = 0; i < units.count; i++)
        doc_add_text(data, FIELD_UNITS, units.at[i]);
    issue->step++;
    issue->inner = 0;
}

static void reports_opinion(struct reports *reports, struct event *event, struct arena *arena,
                            struct reports_issue *issue)
{
    struct names units = reports_units(reports, arena, reports_body(reports, issue));
    struct doc *data = reports_begin(event, arena, EVENT_OPINION_SUBMITTED);
    doc_set_text(data, FIELD_UNIT, units.at[issue->inner % units.count]);
    doc_set_text(data, FIELD_OPINION, TEXT("同意"));
    if (++issue->inner >= units.count)
        issue->step++;
}

static void reports_propose(struct event *event, struct arena *arena, struct reports_issue *issue)
{
    doc_set_text(reports_begin(event, arena, EVENT_PROPOSAL_SUBMITTED), FIELD_PLAN, TEXT("建议明确牵头单位"));
    issue->step++;
    issue->inner = 0;
}

static void reports_escalate(struct event *event, struct arena *arena, struct reports_issue *issue)
{
    reports_begin(event, arena, EVENT_ESCALATION_REQUESTED);
    issue->step++;
    issue->inner = 0;
}

/* S0-14: the group meets, and its minutes have an item on the issue. */
static void reports_deliberate(struct reports *reports, struct event *event, struct arena *arena,
                               struct reports_issue *issue)
{
    const struct body *body = reports_body(reports, issue);
    struct text matter = event->subject;
    bool meets = issue->inner++ == 0;
    struct doc *data = reports_begin(event, arena, meets ? EVENT_MEETING_HELD : EVENT_MINUTES_ISSUED);
    event->subject = arena_printf(arena, "HY-%.*s", TEXT_PRINT(matter));
    if (meets) {
        doc_add_text(data, FIELD_BODIES, body->id);
        doc_set_text(data, FIELD_TITLE, TEXT("专项小组会议"));
        return;
    }
    struct doc *item = doc_add_doc(data, FIELD_ITEMS);
    doc_set_text(item, FIELD_TITLE, TEXT("提请领导小组协调"));
    doc_set_text(item, FIELD_UNIT, reports_unit(reports));
    doc_set_text(item, FIELD_ISSUE, matter);
    issue->step++;
    issue->inner = 0;
}

static void reports_consent(struct reports *reports, struct event *event, struct arena *arena,
                            struct reports_issue *issue)
{
    struct names heads = reports_body(reports, issue)->head_posts;
    reports_begin(event, arena, EVENT_CONSENT_GIVEN);
    if (heads.count > 0)
        event->actor = heads.at[issue->inner % heads.count];
    if (++issue->inner >= heads.count)
        issue->step++;
}

static void reports_checklist(struct reports *reports, struct event *event, struct arena *arena,
                              struct reports_issue *issue)
{
    struct doc *data = reports_begin(event, arena, EVENT_CHECKLIST_FILLED);
    doc_set_text(data, FIELD_OPINION, TEXT("建议提请研究"));
    doc_set_text(data, FIELD_UNDERTAKER, reports_unit(reports));
    doc_set_text(data, FIELD_PLAN, TEXT("具体方案"));
    issue->step++;
}

static void reports_issuelist(struct reports *reports, struct event *event, struct arena *arena,
                              struct reports_issue *issue)
{
    struct doc *data = reports_begin(event, arena, EVENT_ISSUELIST_COMPILED);
    doc_add_text(data, FIELD_ISSUES, event->subject);
    event->subject = arena_printf(arena, "QD-%llu", (unsigned long long)reports->numbers);
    issue->step++;
}

static void reports_decide(struct event *event, struct arena *arena, struct reports_issue *issue)
{
    doc_set_text(reports_begin(event, arena, EVENT_DECISION_ADOPTED), FIELD_TEXT, TEXT("原则同意"));
    issue->step++;
}

static void reports_tasklist(struct reports *reports, struct event *event, struct arena *arena,
                             struct reports_issue *issue, int32_t today)
{
    reports_items(reports, arena, reports_begin(event, arena, EVENT_TASKLIST_COMPILED), today);
    issue->step++;
    issue->inner = 0;
}

static void reports_task(struct reports *reports, struct event *event, struct arena *arena,
                         struct reports_issue *issue)
{
    static const enum event_kind kinds[] = {EVENT_TASK_ACCEPTED, EVENT_TASK_PROGRESSED, EVENT_TASK_COMPLETED,
                                            EVENT_TASK_VERIFIED};
    struct doc *data = reports_begin(event, arena, kinds[issue->inner % 4]);
    if (event->type->kind == EVENT_TASK_PROGRESSED)
        doc_set_int(data, FIELD_PERCENT, (int64_t)dice_below(reports->dice, 101));
    if (event->type->kind == EVENT_TASK_COMPLETED)
        doc_set_text(data, FIELD_EVIDENCE, TEXT("见附件"));
    if (event->type->kind == EVENT_TASK_VERIFIED)
        event->actor = reports_post(reports);
    event->subject = arena_printf(arena, "%.*s/task/%u", TEXT_PRINT(event->subject), issue->inner / 4 + 1);
    if (++issue->inner >= 12)
        issue->step++;
}

static void reports_confirm(struct event *event, struct arena *arena, struct reports_issue *issue)
{
    reports_begin(event, arena, EVENT_RESOLUTION_CONFIRMED);
    issue->step = 1; /* closed: what comes then is refused, or reopens it */
}

static void reports_step(struct reports *reports, struct event *event, struct arena *arena,
                         struct reports_issue *issue, int32_t today)
{
    if (issue->step > 0 && issue->step < 14 && dice_percent(reports->dice, 12)) { /* impatience */
        reports_begin(event, arena, EVENT_ESCALATION_REQUESTED);
        return;
    }
    if (issue->step == 2 && issue->hasty > 0) { /* a proposal and an escalation before anybody was asked */
        bool proposes = issue->hasty-- == 2;
        if (proposes)
            doc_set_text(reports_begin(event, arena, EVENT_PROPOSAL_SUBMITTED), FIELD_PLAN, TEXT("先行上报"));
        else
            reports_begin(event, arena, EVENT_ESCALATION_REQUESTED);
        return;
    }
    switch (issue->step) {
    case 0:
        return reports_raise(reports, event, arena, issue);
    case 1:
    case 6:
        return reports_attempt(event, arena, issue);
    case 2:
        return reports_ask(reports, event, arena, issue);
    case 3:
        return reports_opinion(reports, event, arena, issue);
    case 4:
    case 7:
        return reports_propose(event, arena, issue);
    case 5:
    case 10:
    case 13:
        return reports_escalate(event, arena, issue);
    case 8:
        return reports_deliberate(reports, event, arena, issue);
    case 9:
        return reports_consent(reports, event, arena, issue);
    case 11:
        return reports_checklist(reports, event, arena, issue);
    case 12:
        return reports_issuelist(reports, event, arena, issue);
    case 14:
        return reports_decide(event, arena, issue);
    case 15:
        return reports_tasklist(reports, event, arena, issue, today);
    case 16:
        return reports_task(reports, event, arena, issue);
    default:
        return reports_confirm(event, arena, issue);
    }
}

/* ---- anything at all ---- */

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
                         ? reports_issue_id(arena, dice_below(reports->dice, REPORTS_ISSUES_MAX))
                         : reports_unit(reports));
        return;
    case KIND_ITEMS:
        if (field == FIELD_ITEMS)
            reports_items(reports, arena, data, today);
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
            : field == FIELD_UNIT || field == FIELD_UNDERTAKER ? reports_unit(reports)
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
        event->actor = dice_percent(reports->dice, 70) ? reports_post(reports) : reports_unit(reports);
    if (event->type->about == ABOUT_TASK)
        event->subject = arena_printf(arena, "%.*s/task/%zu", TEXT_PRINT(event->subject),
                                      1 + dice_below(reports->dice, 4));
}

/* An area whose body names its units; half the time any. */
static size_t reports_choose_body(struct reports *reports)
{
    const struct charter *charter = reports->charter;
    size_t chosen;
    do
        chosen = dice_below(reports->dice, charter->bodies_count);
    while (charter->bodies[chosen].heads.count == 0 || charter->bodies[chosen].area.bytes == 0 ||
           charter->bodies[chosen].lead_units.count == 0);
    return chosen;
}

void reports_next(struct reports *reports, struct arena *arena, int32_t today, struct event *event_out)
{
    size_t index = dice_below(reports->dice, REPORTS_ISSUES_MAX);
    if (index >= reports->issues_count && dice_percent(reports->dice, 75) && reports->issues_count > 0)
        index = dice_below(reports->dice, reports->issues_count);
    if (index >= reports->issues_count) {
        index = reports->issues_count++;
        reports->issues[index] = (struct reports_issue){.body = reports_choose_body(reports),
                                                        .hasty = dice_percent(reports->dice, 30) ? 2 : 0};
    }
    *event_out = (struct event){.id = arena_printf(arena, "sim-%llu", (unsigned long long)++reports->numbers),
                                .source = TEXT("/sim"),
                                .subject = reports_issue_id(arena, index),
                                .charter = reports->charter->name,
                                .time_us = CIVIL_NEVER_US};
    if (dice_percent(reports->dice, 30))
        errands_next(&reports->errands, arena, today, event_out->subject, event_out);
    else if (dice_percent(reports->dice, 85))
        reports_step(reports, event_out, arena, &reports->issues[index], today);
    else
        reports_random(reports, event_out, arena, today);
}
