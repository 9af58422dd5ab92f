/* decision.c - what is decided becomes work: solutions (S0-6), decisions and their task lists (S0-9).
 *
 * Items are read once: units resolved, wildcards expanded, titles supplied. What they lack is owed, item by
 * item. The outcome's items always have title, unit and by; units too where an item goes to several.
 */
#include "base/limits.h"
#include "workers/common/alarm.h"
#include "workers/common/party.h"
#include "workers/coordination/flow.h"
#include "workers/coordination/guard.h"

/* The outcome carries more than the report (titles, expanded units): this much of a report leaves it below
 * EVENT_BYTES_MAX. */
enum { DECISION_REPORT_BYTES_MAX = EVENT_BYTES_MAX / 2, DECISION_TITLE_BYTES = 120 };

struct decision_item {
    const struct doc *written;
    struct text title, unit; /* unit: canonical, or the wildcard's name */
    struct names units;      /* expanded */
};
struct decision_items {
    struct decision_item at[LIST_COUNT_MAX];
    size_t count, tasks;
};
/* What each item must have. */
struct decision_demand {
    const struct rule *rule;
    struct text who; /* who drafts */
    bool opinion;    /* S0-6: the opinion (解决意见); else a title will do */
};

/* ---- reading items ---- */

static struct text decision_trim(struct text t)
{
    static const struct text wide = TEXT("\xe3\x80\x80"); /* U+3000 */
    for (;;) {
        if (t.bytes > 0 && t.at[0] == ' ')
            t = (struct text){t.at + 1, t.bytes - 1};
        else if (t.bytes > 0 && t.at[t.bytes - 1] == ' ')
            t.bytes--;
        else if (text_starts_with(t, wide))
            t = (struct text){t.at + wide.bytes, t.bytes - wide.bytes};
        else if (t.bytes >= wide.bytes && memcmp(t.at + t.bytes - wide.bytes, wide.at, wide.bytes) == 0)
            t.bytes -= wide.bytes;
        else
            return t;
    }
}

/* The item's title; else the beginning of its opinion's first line; else the issue's title. */
static struct text decision_title(const struct matter *matter, const struct doc *item)
{
    if (doc_has(item, FIELD_TITLE))
        return doc_text(item, FIELD_TITLE);
    struct text opinion = decision_trim(doc_text(item, FIELD_OPINION)), line = {opinion.at, 0};
    while (line.bytes < opinion.bytes && opinion.at[line.bytes] != '\n' && opinion.at[line.bytes] != '\t')
        line.bytes++;
    line = decision_trim(text_cut(line, DECISION_TITLE_BYTES));
    return line.bytes > 0 ? line : doc_text(matter->issue, FIELD_TITLE);
}

/* Who is to do it, as written: UNIT, then UNITS. */
static struct names decision_units_written(struct arena *arena, const struct doc *item)
{
    size_t listed = doc_count(item, FIELD_UNITS), count = 0;
    struct text *at = arena_alloc(arena, (listed + 1) * sizeof *at);
    if (doc_has(item, FIELD_UNIT))
        at[count++] = doc_text(item, FIELD_UNIT);
    for (size_t i = 0; i < listed; i++)
        at[count++] = doc_text_at(item, FIELD_UNITS, i);
    return (struct names){at, count};
}

static void decision_read_units(const struct matter *matter, struct decision_item *item, size_t number,
                                const struct decision_demand *demand, struct owed *owed)
{
    struct arena *arena = turn_arena(matter->turn);
    struct names written = decision_units_written(arena, item->written);
    struct complaint complaint = {0};
    if (written.count == 0) {
        owed_add(owed, demand->rule, demand->who, "item %zu: unit", number);
        return;
    }
    if (!charter_expand_units(matter->charter, arena, written, &item->units, &complaint)) {
        owed_add(owed, demand->rule, demand->who, "item %zu: %s", number, complaint.message);
        item->units = (struct names){NULL, 0};
        return;
    }
    if (item->units.count == 0)
        owed_add(owed, demand->rule, demand->who, "item %zu: unit (%.*s stands for none)", number,
                 TEXT_PRINT(written.at[0]));
    if (item->units.count > LIST_COUNT_MAX)
        owed_add(owed, demand->rule, demand->who, "item %zu: at most %d units, not %zu", number,
                 (int)LIST_COUNT_MAX, item->units.count);
    const struct unit *unit = charter_unit(matter->charter, written.at[0]);
    item->unit = unit != NULL ? unit->name : written.at[0];
}

/* S0-6: 责任单位, 时间节点, 解决意见; and a day that is not past when the report is received. */
static void decision_read_item(const struct matter *matter, struct decision_item *item, size_t number,
                               const struct decision_demand *demand, struct owed *owed)
{
    int32_t by_day, today = civil_day_of(matter->event->received_us, matter->charter->zone);
    struct text opinion = decision_trim(doc_text(item->written, FIELD_OPINION));
    decision_read_units(matter, item, number, demand, owed);
    if (!doc_date(item->written, FIELD_BY, &by_day))
        owed_add(owed, demand->rule, demand->who, "item %zu: by (the day)", number);
    else if (by_day < today)
        owed_add(owed, demand->rule, demand->who, "item %zu: by %.*s is past", number,
                 TEXT_PRINT(doc_text(item->written, FIELD_BY)));
    if (demand->opinion && opinion.bytes == 0)
        owed_add(owed, demand->rule, demand->who, "item %zu: opinion", number);
    if (!demand->opinion && opinion.bytes == 0 && !doc_has(item->written, FIELD_TITLE))
        owed_add(owed, demand->rule, demand->who, "item %zu: title or opinion", number);
    item->title = decision_title(matter, item->written);
}

/* What the role tasks must do for an issue in one turn stays within a turn: assign all tasks of a list, or
 * drop all that are open. Tasks that were promised count as open until that role says that they ended. */
static bool decision_fits(const struct matter *matter, const struct decision_demand *demand, size_t tasks)
{
    size_t bytes = matter->event->raw.bytes;
    int64_t open = doc_int(matter->issue, FIELD_OPEN, 0);
    if (bytes > DECISION_REPORT_BYTES_MAX)
        emit_refusal(matter->turn, demand->rule, NULL, 0, "too long: %zu bytes; at most %d", bytes,
                     DECISION_REPORT_BYTES_MAX);
    else if ((int64_t)tasks + open > ISSUE_TASKS_MAX)
        emit_refusal(matter->turn, demand->rule, NULL, 0,
                     "too many tasks: %zu, besides %lld of this issue that are open; at most %d together",
                     tasks, (long long)open, ISSUE_TASKS_MAX);
    else
        return true;
    return false;
}

/* NULL after a refusal. */
static const struct decision_items *decision_read(const struct matter *matter,
                                                  const struct decision_demand *demand)
{
    const struct doc *data = matter->event->data;
    struct decision_items *items = arena_alloc(turn_arena(matter->turn), sizeof *items);
    struct guard *guard = guard_open(matter);
    items->count = doc_count(data, FIELD_ITEMS);
    for (size_t i = 0; i < items->count; i++) {
        items->at[i].written = doc_doc_at(data, FIELD_ITEMS, i);
        decision_read_item(matter, &items->at[i], i + 1, demand, guard->owed);
        items->tasks += items->at[i].units.count;
    }
    if (guard->owed->total > 0) {
        guard_refuse(guard, demand->rule, "each item names unit, date and what is to be done");
        return NULL;
    }
    return decision_fits(matter, demand, items->tasks) ? items : NULL;
}

static void decision_add_items(struct doc *out, const struct decision_items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        const struct decision_item *item = &items->at[i];
        struct doc *added = doc_add_doc(out, FIELD_ITEMS);
        doc_set_text(added, FIELD_TITLE, item->title);
        doc_set_text(added, FIELD_UNIT, item->unit);
        for (size_t j = 0; item->units.count > 1 && j < item->units.count; j++)
            doc_add_text(added, FIELD_UNITS, item->units.at[j]);
        /* A wildcard that stands for one unit is that unit. */
        if (item->units.count == 1)
            doc_set_text(added, FIELD_UNIT, item->units.at[0]);
        doc_set_doc_field(added, FIELD_BY, item->written);
        doc_set_doc_field(added, FIELD_OPINION, item->written);
    }
}

/* The level has done its part: its deadline is met. */
static void decision_meet_level(const struct matter *matter)
{
    struct alarm_end end = flow_end(matter);
    alarm_clear(matter->turn, matter->id, matter->level->id, &end);
}

/* ---- steps ---- */

/* S0-6: after a group has coordinated, the work team drafts the solution: work flows back down. */
void decision_solution(const struct matter *matter)
{
    const struct rule *rule = &matter->charter->solution_rule;
    if (!matter->level->settles) {
        emit_refusal(matter->turn, &matter->level->rule, NULL, 0, "at %.*s no solution is drafted",
                     TEXT_PRINT(matter->level->name));
        return;
    }
    const struct body *team =
        charter_body_for(matter->charter, &matter->charter->levels[0], doc_text(matter->issue, FIELD_AREA));
    struct decision_demand demand = {rule, team != NULL ? team->id : matter->body->id, true};
    const struct decision_items *items = decision_read(matter, &demand);
    if (items == NULL)
        return;
    struct doc *out = issue_emit(matter, EVENT_SOLUTION_ADOPTED);
    emit_rule(matter->turn, rule);
    emit_input(matter->turn, matter->event->seq);
    decision_add_items(out, items);
    doc_set_text(out, FIELD_LEVEL, matter->level->id);
    doc_set_doc_field(out, FIELD_NOTE, matter->event->data);
    emit_end(matter->turn);
    decision_meet_level(matter);
}

/* S0-9: the resolution of a level that decides. */
void decision_adopt(const struct matter *matter)
{
    if (!matter->level->decides) {
        emit_refusal(matter->turn, &matter->level->rule, NULL, 0, "%.*s does not decide on issues",
                     TEXT_PRINT(matter->level->name));
        return;
    }
    long long number = (long long)doc_int(matter->issue, FIELD_NUMBER, 0) + 1;
    struct doc *out = issue_emit(matter, EVENT_DECISION_RECORDED);
    emit_rule(matter->turn, &matter->level->rule);
    emit_input(matter->turn, matter->event->seq);
    doc_printf(out, FIELD_DECISION, "%.*s/decision/%lld", TEXT_PRINT(matter->id), number);
    doc_set_doc_field(out, FIELD_TEXT, matter->event->data);
    doc_set_text(out, FIELD_LEVEL, matter->level->id);
    doc_set_doc_field(out, FIELD_MEETING, matter->event->data);
    emit_end(matter->turn);
    decision_meet_level(matter);
}

/* S0-9: the office breaks the decision down, item by item; each item keeps the decision that it comes from.
 */
void decision_tasklist(const struct matter *matter)
{
    const struct rule *rule = &matter->charter->tasklist_rule;
    const struct body *office =
        party_office(matter->charter, matter->level, doc_text(matter->issue, FIELD_AREA));
    struct decision_demand demand = {rule, office != NULL ? office->id : matter->body->id, false};
    const struct decision_items *items = decision_read(matter, &demand);
    if (items == NULL)
        return;
    long long number = (long long)doc_int(matter->issue, FIELD_COUNT, 0) + 1;
    struct doc *out = issue_emit(matter, EVENT_TASKLIST_ISSUED);
    emit_rule(matter->turn, rule);
    emit_input(matter->turn, matter->event->seq);
    doc_printf(out, FIELD_LIST, "%.*s/tasklist/%lld", TEXT_PRINT(matter->id), number);
    doc_set_doc_field(out, FIELD_DECISION, matter->issue);
    decision_add_items(out, items);
    doc_set_doc_field(out, FIELD_TITLE, matter->event->data);
    emit_end(matter->turn);
}
