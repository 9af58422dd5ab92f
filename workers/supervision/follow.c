/* follow.c - see follow.h. */
#include "workers/supervision/follow.h"

#include "base/log.h"
#include "workers/common/alarm.h"
#include "workers/common/owed.h"
#include "workers/common/party.h"
#include "workers/common/verdict.h"
#include "workers/supervision/answer.h"
#include "workers/supervision/origin.h"

static follow_step follow_report, follow_urge, follow_verify, follow_reject, follow_end, follow_restore;

/* ---- the table ---- */

#define UNKNOWN     "no supervised item is known under that id"
#define IS_REPORTED "it is reported done and waits for verification"
#define IS_VERIFIED "it is done and verified"
#define IS_CLOSED   "it is closed"
#define IS_DROPPED  "it was dropped with its issue"
#define NOT_DONE    "it is not reported done"
#define BY_TASKS    "its tasks carry it out, it is done when they are"

struct follow_row {
    enum event_kind report;
    struct follow_verdict verdicts[ITEM_STATE_COUNT];
};
/* clang-format off */
static const struct follow_row follow_rows[] = {
    /*                            ABSENT       OPEN               DONE               VERIFIED         STRUCK              CLOSED         DROPPED */
    {EVENT_SUPERVISION_REPORTED, {NO(UNKNOWN), DO(follow_report), NO(IS_REPORTED),   NO(IS_VERIFIED), DO(follow_report),  NO(IS_CLOSED), NO(IS_DROPPED)}},
    {EVENT_SUPERVISION_URGED,    {NO(UNKNOWN), DO(follow_urge),   NO(IS_REPORTED),   NO(IS_VERIFIED), DO(follow_urge),    NO(IS_CLOSED), NO(IS_DROPPED)}},
    {EVENT_SUPERVISION_VERIFIED, {NO(UNKNOWN), NO(NOT_DONE),      DO(follow_verify), NO(IS_VERIFIED), DO(follow_end),     NO(IS_CLOSED), NO(IS_DROPPED)}},
    {EVENT_SUPERVISION_REJECTED, {NO(UNKNOWN), NO(NOT_DONE),      DO(follow_reject), NO(IS_VERIFIED), DO(follow_restore), NO(IS_CLOSED), NO(IS_DROPPED)}},
};
/* clang-format on */

struct follow_verdict follow_verdict(enum item_state state, enum event_kind report)
{
    ASSERT(state < ITEM_STATE_COUNT);
    return VERDICT_ROW(follow_rows, report)->verdicts[state];
}

/* ---- whom it is about ---- */

static bool follow_by_unit(const struct followed *followed)
{
    return followed->item.event->type->kind == EVENT_SUPERVISION_REPORTED;
}

/* The item's unit of that name or alias; NULL after a refusal. */
static const struct unit *follow_named(const struct item *item, struct text name)
{
    const struct rule *rule = &item->charter->supervision.rule;
    const struct unit *unit = party_unit(item->turn, item->charter, rule, name);
    if (unit == NULL || doc_lists_text(item->record, FIELD_UNITS, unit->name))
        return unit;
    struct text units = owed_join(turn_arena(item->turn), item_units(item));
    emit_refusal(item->turn, rule, NULL, 0, "%.*s has no part in item %.*s: it is with %.*s",
                 TEXT_PRINT(unit->name), TEXT_PRINT(item->id), TEXT_PRINT(units));
    return NULL;
}

/* The part that a unit reports on without naming it: the actor's, or the only one. */
static const struct unit *follow_own(const struct item *item)
{
    struct names units = item_units(item);
    const struct unit *found = NULL;
    for (size_t i = 0; i < units.count; i++) {
        const struct unit *unit = charter_unit(item->charter, units.at[i]);
        bool own = unit != NULL && item->event->actor.bytes > 0 &&
                   party_is_of_unit(item->charter, item->event->actor, unit);
        if (own || (unit != NULL && units.count == 1))
            found = unit;
    }
    if (found == NULL)
        emit_refusal(item->turn, &item->charter->supervision.rule, NULL, 0,
                     "the report must name the unit whose part it is about: one of %.*s",
                     TEXT_PRINT(owed_join(turn_arena(item->turn), units)));
    return found;
}

/* False after a refusal. */
static bool follow_find_units(struct followed *followed)
{
    const struct item *item = &followed->item;
    bool named = doc_has(item->event->data, FIELD_UNIT);
    followed->units = item_units(item);
    if (!named && !follow_by_unit(followed))
        return true;
    const struct unit *unit =
        named ? follow_named(item, doc_text(item->event->data, FIELD_UNIT)) : follow_own(item);
    if (unit == NULL)
        return false;
    struct text *one = arena_alloc(turn_arena(item->turn), sizeof *one);
    *one = unit->name;
    followed->units = (struct names){one, 1};
    return true;
}

/* Closed, dropped and struck hold for the item as a whole; else a named part has a state of its own. */
static enum item_state follow_state(const struct followed *followed)
{
    const struct item *item = &followed->item;
    if (item->state != ITEM_OPEN && item->state != ITEM_DONE)
        return item->state;
    bool one = followed->units.count == 1;
    return one ? item_part_state(item, followed->units.at[0]) : item_parts_state(item);
}

/* ---- who may ---- */

/* What a unit itself reports must not come from another. False after a refusal. */
static bool follow_unit_may(const struct followed *followed)
{
    const struct item *item = &followed->item;
    const struct unit *unit = charter_unit(item->charter, followed->units.at[0]);
    struct text actor = item->event->actor;
    if (actor.bytes == 0 || (unit != NULL && party_is_of_unit(item->charter, actor, unit)))
        return true;
    emit_refusal(item->turn, &item->charter->supervision.rule, NULL, 0,
                 "item %.*s is with %.*s, actor %.*s does not belong to it", TEXT_PRINT(item->id),
                 TEXT_PRINT(followed->units.at[0]), TEXT_PRINT(actor));
    return false;
}

/* S4-10: whoever puts it right does not confirm it. Urging oneself means nothing either. */
static bool follow_may(const struct followed *followed)
{
    const struct item *item = &followed->item;
    if (!party_actor_known(item->turn, item->event, item->charter, TEXT_NONE))
        return false;
    if (follow_by_unit(followed))
        return follow_unit_may(followed);
    return answer_supervises(item->turn, item->event, item->charter, &item->charter->supervision.rule,
                             followed->units);
}

static bool follow_same_charter(const struct item *item)
{
    struct text named = item->event->charter;
    if (named.bytes == 0 || text_equal(named, item->charter->name))
        return true;
    emit_refusal(item->turn, NULL, NULL, 0, "item %.*s is under charter %.*s, not %.*s", TEXT_PRINT(item->id),
                 TEXT_PRINT(item->charter->name), TEXT_PRINT(named));
    return false;
}

int follow_decide(struct turn *turn, const struct event *event)
{
    struct followed followed = {0};
    struct item *item = &followed.item;
    if (!item_load(turn, event, event->subject, item))
        return turn_poison(turn, "the charter of item %.*s is gone", TEXT_PRINT(event->subject));
    if (item->state != ITEM_ABSENT &&
        (!follow_same_charter(item) || !follow_find_units(&followed) || !follow_may(&followed)))
        return 0;
    struct follow_verdict verdict =
        follow_verdict(item->record != NULL ? follow_state(&followed) : ITEM_ABSENT, event->type->kind);
    VERDICT_CHECK(verdict);
    if (verdict.step != NULL)
        verdict.step(&followed);
    else
        emit_refusal(turn, item->charter != NULL ? &item->charter->supervision.rule : NULL, NULL, 0,
                     "item %.*s: %s", TEXT_PRINT(event->subject), verdict.refusal);
    return 0;
}

/* ---- steps ---- */

static void follow_emit_part(const struct followed *followed, struct text unit, enum item_state state,
                             const enum field *fields, size_t count)
{
    struct doc *out = item_update_begin(&followed->item, state, followed->item.event->received_us);
    doc_set_text(out, FIELD_UNIT, unit);
    for (size_t i = 0; i < count; i++)
        doc_set_doc_field(out, fields[i], followed->item.event->data);
    emit_end(followed->item.turn);
}

/* The item as the outcomes so far have left it. */
static struct item follow_reload(const struct followed *followed)
{
    struct item now;
    if (!item_load(followed->item.turn, followed->item.event, followed->item.id, &now))
        die("an item that was just updated is gone");
    return now;
}

static void follow_refuse(const struct followed *followed, const char *why)
{
    const struct item *item = &followed->item;
    emit_refusal(item->turn, &item->charter->supervision.rule, NULL, 0, "item %.*s: %s", TEXT_PRINT(item->id),
                 why);
}

/* Met by the last unit's report, verified later: no unit is late because a supervisor was. */
static void follow_report(const struct followed *followed)
{
    static const enum field kept[] = {FIELD_PERCENT, FIELD_NOTE, FIELD_EVIDENCE};
    const struct item *item = &followed->item;
    struct text result = doc_text(item->event->data, FIELD_RESULT);
    bool done = text_is(result, "done");
    if (!done && !text_is(result, "progress")) {
        emit_refusal(item->turn, &item->charter->supervision.rule, NULL, 0,
                     "result must be progress or done, not %.*s", TEXT_PRINT(result));
        return;
    }
    if (done && item_has_tasks(item)) {
        follow_refuse(followed, BY_TASKS);
        return;
    }
    if (item_part_state(item, followed->units.at[0]) != ITEM_OPEN) {
        follow_refuse(followed, IS_REPORTED);
        return;
    }
    follow_emit_part(followed, followed->units.at[0], done ? ITEM_DONE : ITEM_OPEN, kept, 3);
    struct item now = follow_reload(followed);
    if (item_parts_state(&now) != ITEM_OPEN)
        item_clear(&now, item->event->received_us);
}

static void follow_urge(const struct followed *followed)
{
    const struct item *item = &followed->item;
    struct doc *out = item_update_begin(item, item->state, item->event->received_us);
    doc_set_int(out, FIELD_COUNT, doc_int(item->record, FIELD_COUNT, 0) + 1);
    doc_set_doc_field(out, FIELD_NOTE, item->event->data);
    emit_end(item->turn);
}

static void follow_verify(const struct followed *followed)
{
    static const enum field kept[] = {FIELD_NOTE};
    const struct item *item = &followed->item;
    if (item_has_tasks(item)) {
        follow_refuse(followed, BY_TASKS);
        return;
    }
    for (size_t i = 0; i < followed->units.count; i++)
        if (item_part_state(item, followed->units.at[i]) == ITEM_DONE)
            follow_emit_part(followed, followed->units.at[i], ITEM_VERIFIED, kept, 1);
    struct item now = follow_reload(followed);
    if (item_parts_state(&now) == ITEM_VERIFIED)
        item_close(&now, "verified", item->event->received_us, doc_text(item->event->data, FIELD_NOTE));
}

/* Owed again, and due when it was due: if that day is past, the deadline rings at once. */
static void follow_reject(const struct followed *followed)
{
    static const enum field kept[] = {FIELD_REASON};
    const struct item *item = &followed->item;
    for (size_t i = 0; i < followed->units.count; i++)
        if (item_part_state(item, followed->units.at[i]) == ITEM_DONE)
            follow_emit_part(followed, followed->units.at[i], ITEM_OPEN, kept, 1);
    struct item now = follow_reload(followed);
    item_watch_again(&now);
}

/* A supervisor agrees that the list has it no more. */
static void follow_end(const struct followed *followed)
{
    const struct item *item = &followed->item;
    item_close(item, "struck", item->event->received_us, doc_text(item->event->data, FIELD_NOTE));
}

/* A supervisor does not: it stays owed. */
static void follow_restore(const struct followed *followed)
{
    const struct item *item = &followed->item;
    enum item_state parts = item_parts_state(item);
    struct doc *out =
        item_update_begin(item, parts == ITEM_VERIFIED ? ITEM_DONE : parts, item->event->received_us);
    doc_set_doc_field(out, FIELD_REASON, item->event->data);
    emit_end(item->turn);
}

/* ---- missed ---- */

void follow_missed(struct turn *turn, const struct event *reached, const struct doc *alarm)
{
    struct item item;
    if (!item_load(turn, reached, doc_text(alarm, FIELD_SUBJECT), &item) || item.record == NULL)
        return;
    int64_t due_us = doc_time_us(reached->data, FIELD_DUE, reached->received_us);
    struct names owing = item_has_tasks(&item)
                             ? linked_owing(turn, doc_text(item.record, FIELD_ISSUE), due_us)
                             : item_owing(&item, due_us);
    struct doc *out = alarm_missed_begin(turn, reached, alarm);
    emit_rule(turn, &item.charter->supervision.rule);
    for (size_t i = 0; i < owing.count; i++)
        doc_add_text(out, FIELD_UNITS, owing.at[i]);
    struct names posts = item_posts_for(&item, owing);
    for (size_t i = 0; i < posts.count; i++)
        doc_add_text(out, FIELD_POSTS, posts.at[i]);
    doc_set_doc_field(out, FIELD_ISSUE, item.record);
    doc_set_doc_field(out, FIELD_BODY, item.record);
    emit_end(turn);
}
