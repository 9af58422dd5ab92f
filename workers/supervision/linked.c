/* linked.c - items that an issue's solution or decision makes: carried out by tasks, ended with them
 * (origin.h). */
#include "workers/common/alarm.h"
#include "workers/common/owed.h"
#include "workers/supervision/answer.h"
#include "workers/supervision/item.h"
#include "workers/supervision/origin.h"

/* ---- records ---- */

static struct doc *linked_issue(struct turn *turn, struct text issue)
{
    struct key key = item_key(TABLE_ISSUE, issue, TEXT_NONE);
    return record_get(turn, &key);
}

/* issue.opened, issue.settled, issue.reopened: what the issue is about, and whether it is solved. */
int origin_apply_issue(struct turn *turn, const struct event *event)
{
    struct key key = item_key(TABLE_ISSUE, event->subject, TEXT_NONE);
    struct doc *record = linked_issue(turn, event->subject);
    if (record == NULL)
        record = doc_new(turn_arena(turn));
    doc_set_doc_field(record, FIELD_TITLE, event->data);
    doc_set_doc_field(record, FIELD_AREA, event->data);
    doc_unset(record, FIELD_STATE);
    if (event->type->kind == EVENT_ISSUE_SETTLED)
        doc_set_text(record, FIELD_STATE, TEXT("settled"));
    record_put(turn, &key, record);
    return 0;
}

/* task.assigned, task.updated, task.closed: which unit has which task, and whether it is done. */
int origin_apply_task(struct turn *turn, const struct event *event)
{
    struct key of = item_key(TABLE_TASK_ISSUE, event->subject, TEXT_NONE);
    const struct doc *known = record_get(turn, &of);
    struct text issue = doc_text(event->data, FIELD_ISSUE);
    if (issue.bytes == 0 && known != NULL)
        issue = doc_text(known, FIELD_ISSUE);
    if (issue.bytes == 0)
        return 0;
    struct key key = item_key(TABLE_TASK, issue, event->subject);
    struct doc *task = record_get(turn, &key);
    if (task == NULL)
        task = doc_new(turn_arena(turn));
    doc_set_doc_field(task, FIELD_UNIT, event->data);
    doc_set_doc_field(task, FIELD_STATE, event->data);
    if (text_is(doc_text(event->data, FIELD_STATE), "done-reported"))
        doc_set_doc_field(task, FIELD_AT, event->data);
    if (event->type->kind == EVENT_TASK_CLOSED)
        doc_set_text(task, FIELD_STATE, TEXT("closed"));
    record_put(turn, &key, task);
    struct doc *link = doc_new(turn_arena(turn));
    doc_set_text(link, FIELD_ISSUE, issue);
    record_put(turn, &of, link);
    return 0;
}

/* Whether a task was not reported done by then. */
static bool linked_is_owed(const struct doc *task, int64_t by_us)
{
    struct text state = doc_text(task, FIELD_STATE);
    if (text_is(state, "done-reported") || text_is(state, "closed"))
        return doc_time_us(task, FIELD_AT, INT64_MIN) > by_us;
    return !text_is(state, "dropped");
}

struct names linked_owing(struct turn *turn, struct text issue, int64_t by_us)
{
    struct text *at = arena_alloc(turn_arena(turn), ITEM_UNITS_MAX * sizeof *at);
    size_t count = 0;
    struct key prefix = item_key(TABLE_TASK, issue, TEXT_NONE);
    struct store_cursor cursor;
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor); more && count < ITEM_UNITS_MAX;
         more = store_next(&cursor)) {
        const struct doc *task = record_from(turn, cursor.value);
        struct text unit = doc_text(task, FIELD_UNIT);
        bool known = !linked_is_owed(task, by_us);
        for (size_t i = 0; i < count && !known; i++)
            known = text_equal(at[i], unit);
        if (!known && unit.bytes > 0)
            at[count++] = unit;
    }
    store_cursor_end(&cursor);
    return (struct names){at, count};
}

/* ---- opening ---- */

/* What an item about the issue has in common with others about it. */
static struct opening linked_opening(struct turn *turn, const struct event *event,
                                     const struct charter *charter, const char *origin)
{
    const struct doc *issue = linked_issue(turn, event->subject);
    struct text title = issue != NULL ? doc_text(issue, FIELD_TITLE) : TEXT_NONE;
    struct text area = issue != NULL ? doc_text(issue, FIELD_AREA) : TEXT_NONE;
    const struct level *level = charter_level(charter, doc_text(event->data, FIELD_LEVEL));
    const struct body *body = level != NULL ? charter_body_for(charter, level, area) : NULL;
    struct opening opening = {.charter = charter,
                              .rule = &charter->supervision.rule,
                              .origin = origin,
                              .title = title.bytes > 0 ? title : event->subject,
                              .issue = event->subject,
                              .otherwise = answer_lead_units(charter, area),
                              .body = body != NULL ? body->id : TEXT_NONE};
    if (opening.otherwise.count == 0)
        opening.otherwise = (struct names){&charter->units[0].name, 1};
    return opening;
}

struct linked_items {
    struct names units;
    int32_t by_day; /* the latest */
    bool dated;
    struct text text; /* a line each */
};

static struct linked_items linked_read_items(struct arena *arena, const struct doc *data)
{
    size_t count = doc_count(data, FIELD_ITEMS), units = 0;
    struct linked_items items = {.text = TEXT("")};
    for (size_t i = 0; i < count; i++)
        units += doc_count(doc_doc_at(data, FIELD_ITEMS, i), FIELD_UNITS) + 1;
    struct text *at = arena_alloc(arena, (units + 1) * sizeof *at);
    for (size_t i = 0; i < count; i++) {
        const struct doc *item = doc_doc_at(data, FIELD_ITEMS, i);
        struct text title = doc_text(item, doc_has(item, FIELD_TITLE) ? FIELD_TITLE : FIELD_OPINION);
        int32_t by_day;
        for (size_t k = 0; k < doc_count(item, FIELD_UNITS); k++)
            at[items.units.count++] = doc_text_at(item, FIELD_UNITS, k);
        if (doc_has(item, FIELD_UNIT))
            at[items.units.count++] = doc_text(item, FIELD_UNIT);
        if (doc_date(item, FIELD_BY, &by_day)) {
            items.by_day = items.dated && items.by_day > by_day ? items.by_day : by_day;
            items.dated = true;
        }
        items.text = arena_printf(arena, "%.*s%s%zu. %.*s", TEXT_PRINT(items.text), i > 0 ? "\n" : "", i + 1,
                                  TEXT_PRINT(title));
    }
    items.units.at = at;
    return items;
}

/* S0-12 领导小组决定事项: one item from the decision on; until its task list names units, those that lead the
 * area answer. */
int origin_decide_decision(struct turn *turn, const struct event *event)
{
    const struct charter *charter = answer_supervising(turn, event);
    if (charter == NULL || !charter->supervision.decisions)
        return 0;
    struct text decision = doc_text(event->data, FIELD_DECISION),
                meeting = doc_text(event->data, FIELD_MEETING);
    struct opening opening = linked_opening(turn, event, charter, "decision");
    opening.decision = decision;
    opening.detail = doc_text(event->data, FIELD_TEXT);
    opening.meeting = meeting;
    opening.limit = charter->supervision.limit;
    opening.cites = arena_printf(turn_arena(turn), "决定 %.*s%s%.*s", TEXT_PRINT(decision),
                                 meeting.bytes > 0 ? " " : "", TEXT_PRINT(meeting));
    item_open(turn, event, &opening);
    return 0;
}

/* The open item of that decision; false if there is none. */
static bool linked_of_decision(struct turn *turn, const struct event *event, struct item *item_out)
{
    struct names open = item_of_issue(turn, event->subject);
    for (size_t i = 0; i < open.count; i++)
        if (item_load(turn, event, open.at[i], item_out) &&
            text_equal(doc_text(item_out->record, FIELD_DECISION), doc_text(event->data, FIELD_DECISION)))
            return true;
    return false;
}

int origin_decide_tasklist(struct turn *turn, const struct event *event)
{
    struct item item;
    if (!linked_of_decision(turn, event, &item))
        return 0;
    struct linked_items items = linked_read_items(turn_arena(turn), event->data);
    struct text unknown;
    struct names units = answer_units(turn_arena(turn), item.charter, items.units, &unknown);
    struct doc *out = item_update_begin(&item, item.state, event->received_us);
    for (size_t i = 0; i < units.count; i++)
        doc_add_text(out, FIELD_UNITS, units.at[i]);
    if (items.dated)
        doc_set_date(out, FIELD_BY, items.by_day);
    doc_set_doc_field(out, FIELD_LIST, event->data);
    emit_end(turn);
    struct item now;
    if (items.dated && item_load(turn, event, item.id, &now))
        item_watch_by(&now, items.by_day);
    return 0;
}

/* S0-12 专项小组协调事项: solutions of levels above the lowest that do not decide. */
int origin_decide_solution(struct turn *turn, const struct event *event)
{
    const struct charter *charter = answer_supervising(turn, event);
    const struct level *level =
        charter != NULL ? charter_level(charter, doc_text(event->data, FIELD_LEVEL)) : NULL;
    if (level == NULL || level == charter->levels ||
        !(level->decides ? charter->supervision.decisions : charter->supervision.coordinated))
        return 0;
    struct linked_items items = linked_read_items(turn_arena(turn), event->data);
    struct opening opening =
        linked_opening(turn, event, charter, level->decides ? "decision" : "coordination");
    opening.units = items.units;
    opening.dated = items.dated;
    opening.by_day = items.by_day;
    opening.limit = charter->supervision.limit;
    opening.detail = items.text;
    opening.cites = arena_printf(turn_arena(turn), "%.*s 解决方案", TEXT_PRINT(event->subject));
    item_open(turn, event, &opening);
    return 0;
}

/* ---- ending ---- */

/* What is said elsewhere about the same issue and is not carried out by tasks of its own, now or once its
 * task list is compiled. */
static bool linked_rests_on_others(const struct item *item)
{
    return item_is_open(item) && !item_has_tasks(item) && !doc_has(item->record, FIELD_DECISION);
}

/* An item, and all that rest on it: whichever of the two papers was told first. */
static void linked_close(struct turn *turn, const struct event *event, struct text id, int64_t at_us)
{
    struct item item;
    if (!item_load(turn, event, id, &item) || !item_is_open(&item))
        return;
    struct names others = item_of_issue(turn, doc_text(item.record, FIELD_ISSUE));
    item_close(&item, "tasks", at_us, TEXT_NONE);
    for (size_t i = 0; i < others.count; i++) {
        struct item other;
        if (item_load(turn, event, others.at[i], &other) && linked_rests_on_others(&other))
            item_close(&other, "linked", at_us, arena_printf(turn_arena(turn), "%.*s", TEXT_PRINT(id)));
    }
}

/* The tasks that ended are the item's own only if it had them before they ended: the two roles run at their
 * own pace. */
static bool linked_had_tasks(const struct item *item, const struct event *completed)
{
    uint64_t cause = completed->cause > 0 ? completed->cause : completed->seq;
    return item_has_tasks(item) && (uint64_t)doc_int(item->record, FIELD_SEQ, 0) < cause;
}

int origin_decide_completed(struct turn *turn, const struct event *event)
{
    struct names open = item_of_issue(turn, event->subject);
    int64_t at_us = doc_time_us(event->data, FIELD_AT, event->received_us);
    for (size_t i = 0; i < open.count; i++) {
        struct item item;
        if (!item_load(turn, event, open.at[i], &item))
            return turn_poison(turn, "the charter of item %.*s is gone", TEXT_PRINT(open.at[i]));
        if (item_is_open(&item) && linked_had_tasks(&item, event))
            linked_close(turn, event, open.at[i], at_us);
    }
    return 0;
}

/* An issue that ends solved has its items done; one that ends otherwise (withdrawn) drops them. */
int origin_decide_issue_closed(struct turn *turn, const struct event *event)
{
    struct names open = item_of_issue(turn, event->subject);
    const struct doc *issue = linked_issue(turn, event->subject);
    bool settled = issue != NULL && text_is(doc_text(issue, FIELD_STATE), "settled");
    int64_t at_us = doc_time_us(event->data, FIELD_AT, event->received_us);
    struct text how =
        arena_printf(turn_arena(turn), "issue closed: %.*s", TEXT_PRINT(doc_text(event->data, FIELD_HOW)));
    for (size_t i = 0; i < open.count; i++) {
        struct item item;
        if (!item_load(turn, event, open.at[i], &item))
            return turn_poison(turn, "the charter of item %.*s is gone", TEXT_PRINT(open.at[i]));
        if (settled)
            item_close(&item, "issue", at_us, how);
        else
            item_drop(&item, at_us, how);
    }
    return 0;
}

/* Its tasks are the work: the item is done in time when all are reported done, and owed again when one is
 * not. */
static void linked_follow(const struct item *item, const struct event *event)
{
    struct names owing = linked_owing(item->turn, doc_text(item->record, FIELD_ISSUE), CIVIL_NEVER_US);
    if (owing.count == 0)
        item_clear(item, doc_time_us(event->data, FIELD_AT, event->received_us));
    else
        item_watch_again(item);
}

int origin_decide_task(struct turn *turn, const struct event *event)
{
    struct key of = item_key(TABLE_TASK_ISSUE, event->subject, TEXT_NONE);
    const struct doc *link = record_get(turn, &of);
    struct names open = item_of_issue(turn, link != NULL ? doc_text(link, FIELD_ISSUE) : TEXT("-"));
    for (size_t i = 0; i < open.count; i++) {
        struct item item;
        if (item_load(turn, event, open.at[i], &item) && item_has_tasks(&item) && item.record != NULL)
            linked_follow(&item, event);
    }
    return 0;
}
