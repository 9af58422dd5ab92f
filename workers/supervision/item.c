/* item.c - see item.h: records, opening, and taking outcomes in. */
#include "workers/supervision/item.h"

#include "base/log.h"
#include "workers/common/alarm.h"
#include "workers/common/owed.h"
#include "workers/common/plain.h"
#include "workers/common/verdict.h"
#include "workers/supervision/answer.h"
#include "workers/supervision/conduct.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *const item_state_texts[] = {
    [ITEM_ABSENT] = "absent",     [ITEM_OPEN] = "open",     [ITEM_DONE] = "done-reported",
    [ITEM_VERIFIED] = "verified", [ITEM_STRUCK] = "struck", [ITEM_CLOSED] = "closed",
    [ITEM_DROPPED] = "dropped",
};
_Static_assert(sizeof item_state_texts / sizeof item_state_texts[0] == ITEM_STATE_COUNT,
               "a text for each state");

const char *item_state_text(enum item_state state)
{
    ASSERT(state < ITEM_STATE_COUNT);
    return item_state_texts[state];
}

enum item_state item_state_find(struct text name)
{
    return (enum item_state)verdict_state(name, item_state_texts, ITEM_STATE_COUNT);
}

struct key item_key(enum supervision_table table, struct text first, struct text second)
{
    struct key key = record_key((store_table)table);
    key_add_text(&key, first);
    if (second.at != NULL)
        key_add_text(&key, second);
    return key;
}

struct text item_source(struct arena *arena, struct text charter, struct text minutes, struct text routine,
                        struct text body)
{
    if (minutes.bytes > 0)
        return arena_printf(arena, "minutes/%.*s", TEXT_PRINT(minutes));
    if (routine.bytes > 0)
        return arena_printf(arena, "routine/%.*s/%.*s/%.*s", TEXT_PRINT(charter), TEXT_PRINT(routine),
                            TEXT_PRINT(body));
    return arena_printf(arena, "standing/%.*s", TEXT_PRINT(charter));
}

struct text item_name(struct arena *arena, struct text name, struct text title)
{
    return name.bytes > 0 ? name : plain_title(arena, title);
}

struct text item_listed(struct turn *turn, struct text source, struct text name)
{
    struct key key = item_key(TABLE_LISTED, source, name);
    const struct doc *link = record_get(turn, &key);
    return link != NULL ? doc_text(link, FIELD_ITEM) : TEXT_NONE;
}

/* ---- reading ---- */

bool item_load(struct turn *turn, const struct event *event, struct text id, struct item *item_out)
{
    struct key key = item_key(TABLE_ITEM, id, TEXT_NONE);
    const struct doc *record = id.bytes > 0 ? record_get(turn, &key) : NULL;
    *item_out = (struct item){.turn = turn, .event = event, .id = id, .record = record};
    if (record == NULL)
        return true;
    item_out->state = item_state_find(doc_text(record, FIELD_STATE));
    item_out->charter = turn_charter_version(turn, doc_text(record, FIELD_CHARTER),
                                             (uint64_t)doc_int(record, FIELD_VERSION, 0));
    return item_out->charter != NULL && item_out->state != ITEM_ABSENT;
}

bool item_is_open(const struct item *item)
{
    return item->state == ITEM_OPEN || item->state == ITEM_DONE || item->state == ITEM_STRUCK;
}

struct names item_units(const struct item *item)
{
    return answer_names(turn_arena(item->turn), item->record, FIELD_UNITS);
}

enum item_state item_part_state(const struct item *item, struct text unit)
{
    struct key key = item_key(TABLE_PART, item->id, unit);
    const struct doc *part = record_get(item->turn, &key);
    return part != NULL ? item_state_find(doc_text(part, FIELD_STATE)) : ITEM_ABSENT;
}

struct names item_owing(const struct item *item, int64_t by_us)
{
    struct names units = item_units(item);
    struct text *at = arena_alloc(turn_arena(item->turn), (units.count + 1) * sizeof *at);
    size_t count = 0;
    for (size_t i = 0; i < units.count; i++) {
        struct key key = item_key(TABLE_PART, item->id, units.at[i]);
        const struct doc *part = record_get(item->turn, &key);
        enum item_state state = item_part_state(item, units.at[i]);
        if (state == ITEM_OPEN || (part != NULL && doc_time_us(part, FIELD_AT, INT64_MIN) > by_us))
            at[count++] = units.at[i];
    }
    return (struct names){at, count};
}

enum item_state item_parts_state(const struct item *item)
{
    struct names units = item_units(item);
    enum item_state least = ITEM_VERIFIED;
    for (size_t i = 0; i < units.count; i++) {
        enum item_state state = item_part_state(item, units.at[i]);
        least = state < least ? state : least;
    }
    return least;
}

bool item_has_tasks(const struct item *item)
{
    const struct doc *record = item->record;
    bool solution = text_is(doc_text(record, FIELD_ORIGIN), "coordination") && doc_has(record, FIELD_ISSUE) &&
                    !doc_has(record, FIELD_MINUTES);
    return doc_has(record, FIELD_LIST) || solution;
}

/* Ids are "<charter>/item/<number>": the shorter one has the lower number. */
static int item_id_compare(const void *a, const void *b)
{
    const struct text *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? -1 : 1;
    return memcmp(x->at, y->at, x->bytes);
}

struct names item_of_issue(struct turn *turn, struct text issue)
{
    struct text *at = arena_alloc(turn_arena(turn), ITEMS_TOGETHER_MAX * sizeof *at);
    size_t count = 0;
    struct key prefix = item_key(TABLE_OF_ISSUE, issue, TEXT_NONE);
    struct store_cursor cursor;
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor); more && count < ITEMS_TOGETHER_MAX;
         more = store_next(&cursor))
        at[count++] = doc_text(record_from(turn, cursor.value), FIELD_ITEM);
    store_cursor_end(&cursor);
    qsort(at, count, sizeof *at, item_id_compare);
    return (struct names){at, count};
}

/* ---- deadlines ---- */

static struct text item_who(struct arena *arena, struct names units)
{
    enum { WHO_BYTES_MAX = 256 };
    struct text joined = units.count > 0 ? units.at[0] : TEXT("");
    for (size_t i = 1; i < units.count; i++)
        joined = arena_printf(arena, "%.*s、%.*s", TEXT_PRINT(joined), TEXT_PRINT(units.at[i]));
    return text_cut(joined, WHO_BYTES_MAX);
}

static void item_watch(const struct item *item, struct text limit, int64_t start_us)
{
    const struct charter *charter = item->charter;
    struct alarm alarm = {.subject = item->id,
                          .charter = charter->name,
                          .label = ITEM_LABEL,
                          .limit = limit,
                          .calendar = charter->calendar,
                          .who = item_who(turn_arena(item->turn), item_units(item)),
                          .title = doc_text(item->record, FIELD_TITLE),
                          .reminders = &charter->supervision.reminders,
                          .rule = &charter->supervision.rule,
                          .start_us = start_us,
                          .zone = charter->zone};
    if (limit.bytes > 0 && !text_is(limit, "undated"))
        alarm_set(item->turn, item->event, ROLE_SUPERVISION, &alarm);
}

static struct text item_by_limit(struct arena *arena, int32_t by_day)
{
    char date[CIVIL_TEXT_BYTES];
    return arena_printf(arena, "by %s", civil_format_date(by_day, date));
}

void item_watch_by(const struct item *item, int32_t by_day)
{
    item_watch(item, item_by_limit(turn_arena(item->turn), by_day), item->event->received_us);
}

void item_watch_again(const struct item *item)
{
    if (doc_bool(item->record, FIELD_MISSED) || alarm_is_open(item->turn, item->id, ITEM_LABEL))
        return;
    item_watch(item, doc_text(item->record, FIELD_LIMIT),
               doc_time_us(item->record, FIELD_START, item->event->received_us));
}

void item_clear(const struct item *item, int64_t at_us)
{
    struct alarm_end end = {.charter = item->charter->name, .at_us = at_us, .zone = item->charter->zone};
    alarm_clear(item->turn, item->id, ITEM_LABEL, &end);
}

/* ---- opening ---- */

static void item_set_names(struct doc *out, enum field field, struct names names)
{
    for (size_t i = 0; i < names.count; i++)
        doc_add_text(out, field, names.at[i]);
}

/* Optional texts, each cut to what an event takes. */
static void item_set_texts(struct doc *out, const struct opening *opening)
{
    const struct {
        enum field field;
        struct text text;
    } rows[] = {
        {FIELD_OPINION, opening->opinion}, {FIELD_DETAIL, opening->detail},
        {FIELD_CITES, opening->cites},     {FIELD_ISSUE, opening->issue},
        {FIELD_MEETING, opening->meeting}, {FIELD_INSPECTION, opening->inspection},
        {FIELD_BODY, opening->body},       {FIELD_DECISION, opening->decision},
        {FIELD_MINUTES, opening->minutes}, {FIELD_ROUTINE, opening->routine},
        {FIELD_NAME, opening->name},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].text.bytes > 0)
            doc_set_text(out, rows[i].field, text_cut(rows[i].text, (size_t)field_specs[rows[i].field].high));
}

/* S0-15: those who answer for the issue's area, else the body's, else for the body whose list it is, else for
 * the areas that the units lead. */
static struct names item_posts(struct turn *turn, const struct charter *charter, struct text issue,
                               const struct body *body, bool own_list, struct names units)
{
    struct key key = item_key(TABLE_ISSUE, issue, TEXT_NONE);
    const struct doc *record = issue.bytes > 0 ? record_get(turn, &key) : NULL;
    struct text area = record != NULL ? doc_text(record, FIELD_AREA) : TEXT_NONE;
    if (area.bytes == 0 && body != NULL)
        area = body->area;
    return answer_posts(turn_arena(turn), charter, area, own_list ? body : NULL, units);
}

struct names item_posts_for(const struct item *item, struct names units)
{
    const struct doc *record = item->record;
    const struct body *body = charter_body(item->charter, doc_text(record, FIELD_BODY));
    return item_posts(item->turn, item->charter, doc_text(record, FIELD_ISSUE), body,
                      doc_has(record, FIELD_ROUTINE), units);
}

struct item_parties {
    struct names units, posts;
    struct text detail;
};

/* Unknown names become no units (S0-25): they stand in the detail, and the units that it falls back to owe
 * it. */
static struct item_parties item_parties(struct turn *turn, const struct opening *opening)
{
    struct arena *arena = turn_arena(turn);
    const struct charter *charter = opening->charter;
    struct text unknown, unknown_too;
    struct item_parties parties = {.detail = opening->detail};
    parties.units = answer_units(arena, charter, opening->units, &unknown);
    if (parties.units.count == 0)
        parties.units = answer_units(arena, charter, opening->otherwise, &unknown_too);
    if (unknown.bytes > 0)
        parties.detail = arena_printf(arena, "章程中没有的单位：%.*s%s%.*s", TEXT_PRINT(unknown),
                                      parties.detail.bytes > 0 ? "\n" : "", TEXT_PRINT(parties.detail));
    const struct body *body = charter_body(charter, opening->body);
    parties.posts =
        item_posts(turn, charter, opening->issue, body, opening->routine.bytes > 0, parties.units);
    return parties;
}

/* The first open item of the same issue: one matter, several papers. */
static struct text item_linked(struct turn *turn, struct text issue)
{
    struct names open = item_of_issue(turn, issue);
    return issue.bytes > 0 && open.count > 0 ? open.at[0] : TEXT_NONE;
}

static struct text item_id(struct turn *turn, const struct opening *opening)
{
    if (opening->id.bytes > 0)
        return opening->id;
    struct text series = arena_printf(turn_arena(turn), "%.*s/item", TEXT_PRINT(opening->charter->name));
    return arena_printf(turn_arena(turn), "%.*s/%" PRIu64, TEXT_PRINT(series), turn_number(turn, series));
}

static void item_emit_opened(struct turn *turn, const struct event *event, const struct opening *given,
                             struct text id)
{
    struct item_parties parties = item_parties(turn, given);
    struct text linked = item_linked(turn, given->issue);
    struct opening opening = *given;
    opening.detail = parties.detail;
    struct doc *out = emit_begin(turn, EVENT_SUPERVISION_OPENED);
    emit_subject(turn, id);
    emit_charter(turn, opening.charter->name);
    emit_rule(turn, opening.rule);
    emit_input(turn, event->seq);
    doc_set_text(out, FIELD_ORIGIN, text_from(opening.origin));
    doc_set_text(out, FIELD_TITLE, text_cut(opening.title, (size_t)field_specs[FIELD_TITLE].high));
    item_set_names(out, FIELD_UNITS, parties.units);
    doc_set_empty_list(out, FIELD_SUPERVISORS);
    for (size_t i = 0; i < opening.charter->supervision.supervisors.count && i < 32; i++)
        doc_add_text(out, FIELD_SUPERVISORS, opening.charter->supervision.supervisors.at[i]);
    item_set_names(out, FIELD_POSTS, parties.posts);
    if (opening.dated)
        doc_set_date(out, FIELD_BY, opening.by_day);
    item_set_texts(out, &opening);
    if (opening.number > 0)
        doc_set_int(out, FIELD_NUMBER, opening.number);
    if (linked.bytes > 0)
        doc_set_text(out, FIELD_ITEM, linked);
    emit_end(turn);
}

void item_open(struct turn *turn, const struct event *event, const struct opening *opening)
{
    struct text id = item_id(turn, opening);
    struct text limit = opening->dated ? item_by_limit(turn_arena(turn), opening->by_day) : opening->limit;
    item_emit_opened(turn, event, opening, id);
    struct item item;
    if (item_load(turn, event, id, &item) && item.record != NULL)
        item_watch(&item, limit, event->received_us);
}

/* ---- moving and ending ---- */

struct doc *item_update_begin(const struct item *item, enum item_state state, int64_t at_us)
{
    struct doc *out = emit_begin(item->turn, EVENT_SUPERVISION_UPDATED);
    emit_subject(item->turn, item->id);
    emit_charter(item->turn, item->charter->name);
    emit_rule(item->turn, &item->charter->supervision.rule);
    emit_input(item->turn, item->event->seq);
    doc_set_text(out, FIELD_STATE, text_from(item_state_text(state)));
    doc_set_time(out, FIELD_AT, at_us, item->charter->zone);
    return out;
}

void item_close(const struct item *item, const char *how, int64_t at_us, struct text note)
{
    struct doc *out = emit_begin(item->turn, EVENT_SUPERVISION_CLOSED);
    emit_subject(item->turn, item->id);
    emit_charter(item->turn, item->charter->name);
    emit_rule(item->turn, &item->charter->supervision.rule);
    emit_input(item->turn, item->event->seq);
    doc_set_time(out, FIELD_AT, at_us, item->charter->zone);
    doc_set_text(out, FIELD_HOW, text_from(how));
    if (note.bytes > 0)
        doc_set_text(out, FIELD_NOTE, note);
    emit_end(item->turn);
    item_clear(item, at_us);
}

void item_drop(const struct item *item, int64_t at_us, struct text reason)
{
    struct doc *out = item_update_begin(item, ITEM_DROPPED, at_us);
    doc_set_text(out, FIELD_REASON, reason);
    emit_end(item->turn);
    item_clear(item, at_us);
}

/* ---- taking outcomes in ---- */

static void item_put_part(struct turn *turn, const struct event *event, struct text unit,
                          enum item_state state)
{
    struct key key = item_key(TABLE_PART, event->subject, unit);
    struct doc *part = record_get(turn, &key);
    if (part == NULL)
        part = doc_new(turn_arena(turn));
    doc_set_text(part, FIELD_UNIT, unit);
    doc_set_text(part, FIELD_STATE, text_from(item_state_text(state)));
    if (state == ITEM_DONE)
        doc_set_doc_field(part, FIELD_AT, event->data);
    record_put(turn, &key, part);
}

/* Where an item of a list is found again when the list comes anew; false if it stands on none. */
static bool item_listed_key(struct turn *turn, const struct event *opened, struct key *key_out)
{
    const struct doc *data = opened->data;
    struct text source = item_source(turn_arena(turn), opened->charter, doc_text(data, FIELD_MINUTES),
                                     doc_text(data, FIELD_ROUTINE), doc_text(data, FIELD_BODY));
    struct text name = doc_text(data, FIELD_NAME);
    *key_out = item_key(TABLE_LISTED, source, item_name(turn_arena(turn), name, doc_text(data, FIELD_TITLE)));
    return name.bytes > 0 || doc_has(data, FIELD_MINUTES) || doc_has(data, FIELD_ROUTINE);
}

static void item_put_link(struct turn *turn, const struct key *key, struct text id)
{
    struct doc *link = doc_new(turn_arena(turn));
    doc_set_text(link, FIELD_ITEM, id);
    record_put(turn, key, link);
}

int item_apply_opened(struct turn *turn, const struct event *event)
{
    uint64_t version = 0;
    (void)turn_charter(turn, event->charter, &version);
    struct doc *record = doc_copy(turn_arena(turn), event->data);
    doc_unset(record, FIELD_DETAIL);
    doc_unset(record, FIELD_OPINION);
    doc_set_text(record, FIELD_CHARTER, event->charter);
    doc_set_int(record, FIELD_VERSION, (int64_t)version);
    doc_set_text(record, FIELD_STATE, text_from(item_state_text(ITEM_OPEN)));
    doc_set_int(record, FIELD_SEQ, (int64_t)event->seq);
    struct key key = item_key(TABLE_ITEM, event->subject, TEXT_NONE), listed;
    record_put(turn, &key, record);
    for (size_t i = 0; i < doc_count(record, FIELD_UNITS); i++)
        item_put_part(turn, event, doc_text_at(record, FIELD_UNITS, i), ITEM_OPEN);
    if (doc_has(record, FIELD_ISSUE)) {
        struct key of = item_key(TABLE_OF_ISSUE, doc_text(record, FIELD_ISSUE), event->subject);
        item_put_link(turn, &of, event->subject);
    }
    if (item_listed_key(turn, event, &listed))
        item_put_link(turn, &listed, event->subject);
    return 0;
}

/* The record of the outcome's item, to be changed; NULL after turn_poison. */
static struct doc *item_of(struct turn *turn, const struct event *event)
{
    struct key key = item_key(TABLE_ITEM, event->subject, TEXT_NONE);
    struct doc *record = record_get(turn, &key);
    if (record == NULL)
        (void)turn_poison(turn, "no item %.*s on record", TEXT_PRINT(event->subject));
    return record;
}

static void item_put(struct turn *turn, const struct event *event, struct doc *record, enum item_state state)
{
    struct key key = item_key(TABLE_ITEM, event->subject, TEXT_NONE);
    bool ends = state == ITEM_CLOSED || state == ITEM_DROPPED;
    doc_set_text(record, FIELD_STATE, text_from(item_state_text(state)));
    if (ends)
        doc_set_int(record, FIELD_SEQ, (int64_t)event->seq);
    record_put(turn, &key, record);
    if (ends && doc_has(record, FIELD_ISSUE)) {
        struct key of = item_key(TABLE_OF_ISSUE, doc_text(record, FIELD_ISSUE), event->subject);
        record_delete(turn, &of);
    }
}

/* A unit's part moves: the fact that it was in time comes and goes with it. */
static void item_apply_part(struct turn *turn, const struct event *event, const struct item *item)
{
    struct text unit = doc_text(event->data, FIELD_UNIT);
    enum item_state state = item_state_find(doc_text(event->data, FIELD_STATE));
    item_put_part(turn, event, unit, state);
    if (item_has_tasks(item))
        return;
    struct fact fact = {.charter = event->charter,
                        .unit = unit,
                        .subject = event->subject,
                        .label = ITEM_LABEL,
                        .kind = FACT_KEPT,
                        .at_us = doc_time_us(event->data, FIELD_AT, event->received_us),
                        .seq = event->seq};
    bool dated = doc_has(item->record, FIELD_LIMIT);
    if (state == ITEM_DONE && dated)
        conduct_put(turn, &fact);
    if (state == ITEM_OPEN)
        conduct_withdraw(turn, event->subject, ITEM_LABEL, unit);
}

/* Units that joined get their part; the parts of those that left are no longer asked about. */
static void item_apply_units(struct turn *turn, const struct event *event, struct doc *record)
{
    if (doc_count(event->data, FIELD_UNITS) == 0)
        return;
    struct item item = {.turn = turn, .id = event->subject, .record = record};
    for (size_t i = 0; i < doc_count(event->data, FIELD_UNITS); i++) {
        struct text unit = doc_text_at(event->data, FIELD_UNITS, i);
        if (item_part_state(&item, unit) == ITEM_ABSENT)
            item_put_part(turn, event, unit, ITEM_OPEN);
    }
    doc_unset(record, FIELD_UNITS);
    doc_set_doc_field(record, FIELD_UNITS, event->data);
}

int item_apply_updated(struct turn *turn, const struct event *event)
{
    struct doc *record = item_of(turn, event);
    if (record == NULL)
        return ROLE_E_POISON;
    static const enum field kept[] = {FIELD_COUNT, FIELD_BY, FIELD_LIST};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        doc_set_doc_field(record, kept[i], event->data);
    if (doc_has(event->data, FIELD_LIST))
        doc_set_int(record, FIELD_SEQ, (int64_t)event->seq);
    item_apply_units(turn, event, record);
    enum item_state state = item_state_find(doc_text(event->data, FIELD_STATE));
    if (doc_has(event->data, FIELD_UNIT)) {
        struct item item = {.turn = turn, .event = event, .id = event->subject, .record = record};
        enum item_state now = item_state_find(doc_text(record, FIELD_STATE));
        item_apply_part(turn, event, &item);
        enum item_state parts = item_parts_state(&item);
        /* a struck item stays struck whatever its units report */
        state = now == ITEM_STRUCK ? now : parts == ITEM_VERIFIED ? ITEM_DONE : parts;
    }
    item_put(turn, event, record, state);
    return 0;
}

int item_apply_closed(struct turn *turn, const struct event *event)
{
    struct doc *record = item_of(turn, event);
    if (record == NULL)
        return ROLE_E_POISON;
    doc_set_doc_field(record, FIELD_HOW, event->data);
    item_put(turn, event, record, ITEM_CLOSED);
    return 0;
}

void item_apply_watched(struct turn *turn, const struct event *set)
{
    struct key key = item_key(TABLE_ITEM, set->subject, TEXT_NONE);
    bool ours = text_equal(doc_text(set->data, FIELD_LABEL), ITEM_LABEL);
    struct doc *record = ours ? record_get(turn, &key) : NULL;
    if (record == NULL)
        return;
    doc_set_doc_field(record, FIELD_LIMIT, set->data);
    doc_set_doc_field(record, FIELD_START, set->data);
    doc_unset(record, FIELD_MISSED);
    record_put(turn, &key, record);
}

void item_apply_missed(struct turn *turn, const struct event *missed)
{
    struct key key = item_key(TABLE_ITEM, missed->subject, TEXT_NONE);
    bool ours = text_equal(doc_text(missed->data, FIELD_LABEL), ITEM_LABEL);
    struct doc *record = ours ? record_get(turn, &key) : NULL;
    if (record == NULL)
        return;
    doc_set_bool(record, FIELD_MISSED, true);
    record_put(turn, &key, record);
    struct item item = {.turn = turn, .event = missed, .id = missed->subject, .record = record};
    for (size_t i = 0; !item_has_tasks(&item) && i < doc_count(missed->data, FIELD_UNITS); i++)
        conduct_miss(turn, missed, doc_text_at(missed->data, FIELD_UNITS, i));
}
