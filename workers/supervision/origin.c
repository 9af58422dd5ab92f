/* origin.c - see origin.h: lists of items, from minutes, filings and the charter, and matters handed down.
 *
 * A list that comes anew is compared by title with what it brought before: what is new is opened, what is
 * still there goes on, what is gone is struck (item.h). What ended while the list held stays ended when it is
 * put right; the list of another year asks for it anew. A list of an earlier year that is put right brings up
 * only what was on none.
 */
#include "workers/supervision/origin.h"

#include "base/log.h"
#include "workers/common/alarm.h"
#include "workers/common/naming.h"
#include "workers/common/owed.h"
#include "workers/common/party.h"
#include "workers/common/plain.h"
#include "workers/supervision/answer.h"
#include "workers/supervision/item.h"

#include <inttypes.h>

/* ---- a list ---- */

struct roll {
    struct turn *turn;
    const struct event *event;
    const struct charter *charter;
    struct text source;   /* item_source */
    struct opening frame; /* what all its items have in common */
    bool amends;          /* its dates and units replace those that it gave before */
    bool older;           /* a list of a later day has come already */
    uint64_t since;       /* when a list of that day first came; 0: it is for good */
    struct text gone;     /* what is said of items that it has no more */
};

static bool roll_has(const struct names *names, struct text name)
{
    for (size_t i = 0; i < names->count; i++)
        if (text_equal(names->at[i], name))
            return true;
    return false;
}

static void roll_strike(const struct roll *roll, struct text id)
{
    struct item item;
    if (!item_load(roll->turn, roll->event, id, &item))
        return;
    struct doc *out = item_update_begin(&item, ITEM_STRUCK, roll->event->received_us);
    doc_set_text(out, FIELD_REASON, roll->gone);
    emit_end(roll->turn);
}

/* Items of the source that are on record, in order of their names; those that `names` has not are struck.
 * What is struck already does not count: years of it may wait for a supervisor. */
static void roll_strike_gone(const struct roll *roll, struct names names)
{
    struct arena *arena = turn_arena(roll->turn);
    struct text *gone = arena_alloc(arena, ITEMS_TOGETHER_MAX * sizeof *gone);
    size_t count = 0;
    struct key prefix = item_key(TABLE_LISTED, roll->source, TEXT_NONE);
    struct store_cursor cursor;
    for (bool more = store_first(turn_txn(roll->turn), &prefix, NULL, &cursor);
         more && count < ITEMS_TOGETHER_MAX; more = store_next(&cursor)) {
        struct item item;
        struct text id = doc_text(record_from(roll->turn, cursor.value), FIELD_ITEM);
        if (!item_load(roll->turn, roll->event, id, &item) || !item_is_open(&item) ||
            item.state == ITEM_STRUCK)
            continue;
        if (!roll_has(&names, item_name(arena, doc_text(item.record, FIELD_NAME),
                                        doc_text(item.record, FIELD_TITLE))))
            gone[count++] = id;
    }
    store_cursor_end(&cursor);
    for (size_t i = 0; i < count; i++)
        roll_strike(roll, gone[i]);
}

/* It is on the list again. A body that decides may change its own date and units; a list of those who owe it
 * puts nothing off: its date counts only once the old one is past. */
static void roll_carry(const struct roll *roll, const struct item *old, const struct opening *opening)
{
    bool late = !alarm_is_open(roll->turn, old->id, ITEM_LABEL);
    bool dated = opening->dated && (roll->amends || late);
    struct text unknown = TEXT("");
    struct names units = answer_units(turn_arena(roll->turn), old->charter, opening->units, &unknown);
    bool moves = roll->amends && units.count > 0;
    if (!dated && !moves && old->state != ITEM_STRUCK)
        return;
    enum item_state parts = item_parts_state(old);
    enum item_state state =
        old->state == ITEM_STRUCK ? (parts == ITEM_OPEN ? ITEM_OPEN : ITEM_DONE) : old->state;
    struct doc *out = item_update_begin(old, state, roll->event->received_us);
    for (size_t i = 0; moves && i < units.count; i++)
        doc_add_text(out, FIELD_UNITS, units.at[i]);
    if (dated)
        doc_set_date(out, FIELD_BY, opening->by_day);
    if (opening->cites.bytes > 0)
        doc_set_text(out, FIELD_NOTE, opening->cites);
    emit_end(roll->turn);
    struct item now;
    if (dated && item_load(roll->turn, roll->event, old->id, &now) && item_parts_state(&now) == ITEM_OPEN)
        item_watch_by(&now, opening->by_day);
}

/* It ended while the list held: done, or with its issue. What was struck and is back is asked for anew. */
static bool roll_has_ended(const struct roll *roll, const struct item *old)
{
    bool struck = text_is(doc_text(old->record, FIELD_HOW), "struck");
    return !item_is_open(old) && !struck && (uint64_t)doc_int(old->record, FIELD_SEQ, 0) >= roll->since;
}

static void roll_take(const struct roll *roll, const struct opening *opening)
{
    struct text name = item_name(turn_arena(roll->turn), opening->name, opening->title);
    struct text id = item_listed(roll->turn, roll->source, name);
    struct item old;
    bool known = id.bytes > 0 && item_load(roll->turn, roll->event, id, &old) && old.record != NULL;
    if (known && (roll->older || roll_has_ended(roll, &old)))
        return;
    if (known && item_is_open(&old))
        roll_carry(roll, &old, opening);
    else
        item_open(roll->turn, roll->event, opening);
}

/* ---- items of minutes and filings ---- */

static struct text roll_title(const struct roll *roll, const struct doc *item, size_t index)
{
    struct text title = doc_text(item, FIELD_TITLE);
    if (title.bytes == 0)
        title = doc_text(item, FIELD_OPINION);
    const char *line = title.bytes > 0 ? memchr(title.at, '\n', title.bytes) : NULL;
    if (line != NULL)
        title.bytes = (size_t)(line - title.at);
    if (title.bytes == 0 || text_has_control(title, "") || text_has_blank_end(title))
        return arena_printf(turn_arena(roll->turn), "第%zu项", index + 1);
    return text_cut(title, (size_t)field_specs[FIELD_TITLE].high);
}

static struct opening roll_opening(const struct roll *roll, const struct doc *item, size_t index)
{
    struct opening opening = roll->frame;
    struct names units = answer_names(turn_arena(roll->turn), item, FIELD_UNITS);
    struct text *one = arena_alloc(turn_arena(roll->turn), sizeof *one);
    *one = doc_text(item, FIELD_UNIT);
    opening.title = roll_title(roll, item, index);
    opening.units = units.count > 0 ? units : (struct names){one, one->bytes > 0};
    opening.dated = doc_date(item, FIELD_BY, &opening.by_day);
    opening.opinion = doc_text(item, FIELD_OPINION);
    opening.issue = doc_text(item, FIELD_ISSUE);
    opening.number = (int64_t)index + 1;
    opening.cites =
        arena_printf(turn_arena(roll->turn), "%.*s第%zu项", TEXT_PRINT(roll->frame.cites), index + 1);
    return opening;
}

/* Bound: a list has at most 256 items (ITEMS in events.def), two outcomes each, and strikes at most
 * ITEMS_TOGETHER_MAX. */
static void roll_take_all(const struct roll *roll)
{
    const struct doc *data = roll->event->data;
    size_t count = doc_count(data, FIELD_ITEMS);
    struct text *titles = arena_alloc(turn_arena(roll->turn), (count + 1) * sizeof *titles);
    for (size_t i = 0; i < count; i++)
        titles[i] =
            plain_title(turn_arena(roll->turn), roll_title(roll, doc_doc_at(data, FIELD_ITEMS, i), i));
    if (!roll->older)
        roll_strike_gone(roll, (struct names){titles, count});
    for (size_t i = 0; i < count; i++) {
        struct opening opening = roll_opening(roll, doc_doc_at(data, FIELD_ITEMS, i), i);
        roll_take(roll, &opening);
    }
}

/* Who owes what names nobody: the body's lead units, else the office's, else those of the first body that has
 * any. */
static struct names origin_otherwise(const struct charter *charter, const struct body *body)
{
    const struct body *office = party_office(charter, NULL, TEXT_NONE);
    if (body != NULL && body->lead_units.count > 0)
        return body->lead_units;
    if (office != NULL && office->lead_units.count > 0)
        return office->lead_units;
    for (size_t i = 0; i < charter->bodies_count; i++)
        if (charter->bodies[i].lead_units.count > 0)
            return charter->bodies[i].lead_units;
    return (struct names){&charter->units[0].name, 1};
}

static bool origin_decides(const struct charter *charter, const struct doc *minutes,
                           const struct body **body_out)
{
    *body_out = NULL;
    for (size_t i = 0; i < doc_count(minutes, FIELD_BODIES); i++) {
        const struct body *body = charter_body(charter, doc_text_at(minutes, FIELD_BODIES, i));
        const struct level *level = body != NULL ? charter_level(charter, body->level) : NULL;
        if (*body_out == NULL || (level != NULL && level->decides))
            *body_out = body != NULL ? body : *body_out;
        if (level != NULL && level->decides)
            return true;
    }
    return false;
}

/* S0-18: the minutes are the basis of what is supervised, item by item. */
int origin_decide_minutes(struct turn *turn, const struct event *event)
{
    const struct charter *charter = answer_supervising(turn, event);
    const struct body *body = NULL;
    bool decides = charter != NULL && origin_decides(charter, event->data, &body);
    if (charter == NULL || !(decides ? charter->supervision.decisions : charter->supervision.coordinated))
        return 0;
    struct arena *arena = turn_arena(turn);
    struct text minutes = doc_text(event->data, FIELD_MINUTES), clause = doc_text(event->data, FIELD_CLAUSE);
    struct roll roll = {.turn = turn, .event = event, .charter = charter, .amends = true};
    roll.source = item_source(arena, charter->name, minutes, TEXT_NONE, TEXT_NONE);
    roll.gone = arena_printf(arena, "会议纪要%.*s第%" PRId64 "版不再列入", TEXT_PRINT(minutes),
                             doc_int(event->data, FIELD_VERSION, 1));
    roll.frame = (struct opening){.charter = charter,
                                  .rule = &charter->supervision.rule,
                                  .origin = decides ? "decision" : "coordination",
                                  .otherwise = origin_otherwise(charter, body),
                                  .limit = charter->supervision.limit,
                                  .meeting = event->subject,
                                  .body = body != NULL ? body->id : TEXT_NONE,
                                  .minutes = minutes};
    roll.frame.cites =
        clause.bytes > 0 ? arena_printf(arena, "%.*s 会议纪要 %.*s ", TEXT_PRINT(clause), TEXT_PRINT(minutes))
                         : arena_printf(arena, "会议纪要 %.*s ", TEXT_PRINT(minutes));
    roll_take_all(&roll);
    return 0;
}

static struct key filed_key(struct turn *turn, const struct event *filing)
{
    struct text source =
        item_source(turn_arena(turn), filing->charter, TEXT_NONE, doc_text(filing->data, FIELD_ROUTINE),
                    doc_text(filing->data, FIELD_BODY));
    return item_key(TABLE_LISTED, source, TEXT(""));
}

/* The newest of the lists that a body files under a routine. */
int origin_apply_filing(struct turn *turn, const struct event *event)
{
    struct key key = filed_key(turn, event);
    const struct doc *newest = record_get(turn, &key);
    int32_t by_day, newest_day;
    if (doc_count(event->data, FIELD_ITEMS) == 0 || !doc_date(event->data, FIELD_BY, &by_day) ||
        (newest != NULL && doc_date(newest, FIELD_BY, &newest_day) && by_day <= newest_day))
        return 0;
    struct doc *record = doc_new(turn_arena(turn));
    doc_set_doc_field(record, FIELD_BY, event->data);
    doc_set_int(record, FIELD_SEQ, (int64_t)event->seq);
    record_put(turn, &key, record);
    return 0;
}

/* Where the list stands among those that came before it. */
static void filed_place(struct roll *roll)
{
    struct key key = filed_key(roll->turn, roll->event);
    const struct doc *newest = record_get(roll->turn, &key);
    int32_t by_day = 0, newest_day = 0;
    if (newest == NULL || !doc_date(newest, FIELD_BY, &newest_day) ||
        !doc_date(roll->event->data, FIELD_BY, &by_day))
        return;
    roll->older = by_day < newest_day;
    roll->since = (uint64_t)doc_int(newest, FIELD_SEQ, 0);
}

/* S0-16: the items of a list that the charter has routines file. */
int origin_decide_filing(struct turn *turn, const struct event *event)
{
    const struct charter *charter = answer_supervising(turn, event);
    if (charter == NULL || !charter->supervision.documents || doc_count(event->data, FIELD_ITEMS) == 0)
        return 0;
    struct arena *arena = turn_arena(turn);
    const struct body *body = charter_body(charter, doc_text(event->data, FIELD_BODY));
    struct text routine = doc_text(event->data, FIELD_ROUTINE), title = doc_text(event->data, FIELD_TITLE);
    struct roll roll = {.turn = turn, .event = event, .charter = charter};
    roll.source = item_source(arena, charter->name, TEXT_NONE, routine, doc_text(event->data, FIELD_BODY));
    roll.gone = arena_printf(arena, "%.*s（%.*s）不再列入", TEXT_PRINT(title.bytes > 0 ? title : routine),
                             TEXT_PRINT(doc_text(event->data, FIELD_BY)));
    roll.frame = (struct opening){.charter = charter,
                                  .rule = &charter->supervision.rule,
                                  .origin = "document",
                                  .otherwise = origin_otherwise(charter, body),
                                  .limit = charter->supervision.limit,
                                  .body = doc_text(event->data, FIELD_BODY),
                                  .routine = routine};
    roll.frame.cites = arena_printf(arena, "%.*s %.*s ", TEXT_PRINT(title.bytes > 0 ? title : routine),
                                    TEXT_PRINT(event->subject));
    filed_place(&roll);
    roll_take_all(&roll);
    return 0;
}

/* The document by its number, and the clause: what the charter gives of the two. */
static struct text origin_standing_cites(struct arena *arena, const struct charter *charter,
                                         const struct standing_item *item)
{
    struct text number = charter->document_number, clause = item->rule.clause;
    const char *between = number.bytes > 0 && clause.bytes > 0 ? " " : "";
    return arena_printf(arena, "%.*s%s%.*s", TEXT_PRINT(number), between, TEXT_PRINT(clause));
}

void origin_enact(struct turn *turn, const struct event *enacted)
{
    const struct charter *charter = turn_charter(turn, doc_text(enacted->data, FIELD_NAME), NULL);
    if (charter == NULL)
        return;
    const struct supervision_rules *rules = &charter->supervision;
    struct arena *arena = turn_arena(turn);
    size_t count = rules->documents ? rules->standing_count : 0;
    struct roll roll = {.turn = turn,
                        .event = enacted,
                        .charter = charter,
                        .source = item_source(arena, charter->name, TEXT_NONE, TEXT_NONE, TEXT_NONE),
                        .gone = TEXT("现行章程不再列入")};
    struct text *names = arena_alloc(arena, (count + 1) * sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = rules->standing[i].id;
    roll_strike_gone(&roll, (struct names){names, count});
    for (size_t i = 0; i < count; i++) {
        const struct standing_item *item = &rules->standing[i];
        struct opening opening = {.charter = charter,
                                  .rule = &item->rule,
                                  .origin = "document",
                                  .title = item->title,
                                  .units = item->units,
                                  .limit = item->limit,
                                  .name = item->id,
                                  .cites = origin_standing_cites(arena, charter, item)};
        roll_take(&roll, &opening);
    }
}

/* ---- handed down (S0-13) ---- */

static bool handed_by_leader(struct turn *turn, const struct event *event, const struct charter *charter)
{
    const struct names *leaders = &charter->supervision.leaders;
    if (event->actor.bytes > 0 && roll_has(leaders, event->actor))
        return true;
    struct text may = owed_join(turn_arena(turn), *leaders);
    emit_refusal(
        turn, &charter->supervision.leaders_rule, NULL, 0, "%.*s may not hand matters down: only %.*s",
        TEXT_PRINT(event->actor.bytes > 0 ? event->actor : TEXT("who is not named")), TEXT_PRINT(may));
    return false;
}

static bool handed_is_new(struct turn *turn, const struct event *event, const struct charter *charter)
{
    const struct rule *rule = &charter->supervision.rule;
    struct item item;
    bool known = !item_load(turn, event, event->subject, &item) || item.record != NULL;
    if (known)
        emit_refusal(turn, rule, NULL, 0, "item %.*s is known already", TEXT_PRINT(event->subject));
    else if (memchr(event->subject.at, '/', event->subject.bytes) != NULL)
        emit_refusal(turn, rule, NULL, 0,
                     "an item's id must not contain \"/\": such ids are given to other items");
    else
        return true;
    return false;
}

int origin_decide_handed_down(struct turn *turn, const struct event *event)
{
    const struct charter *charter = answer_charter(turn, event);
    if (charter == NULL)
        return 0;
    struct names units, written = answer_names(turn_arena(turn), event->data, FIELD_UNITS);
    const struct rule *rule = &charter->supervision.leaders_rule;
    if (!handed_by_leader(turn, event, charter) || !handed_is_new(turn, event, charter) ||
        !answer_known_units(turn, charter, rule, written, &units) ||
        !answer_day_lasts(turn, event, charter, &charter->supervision.rule, event->data))
        return 0;
    struct text leader = naming_party(turn_arena(turn), charter, event->actor);
    struct opening opening = {.charter = charter,
                              .rule = rule,
                              .origin = "handed-down",
                              .id = event->subject,
                              .title = doc_text(event->data, FIELD_TITLE),
                              .units = units,
                              .limit = charter->supervision.limit,
                              .detail = doc_text(event->data, FIELD_DETAIL),
                              .cites = arena_printf(turn_arena(turn), "%.*s交办", TEXT_PRINT(leader))};
    opening.dated = doc_date(event->data, FIELD_BY, &opening.by_day);
    item_open(turn, event, &opening);
    return 0;
}
