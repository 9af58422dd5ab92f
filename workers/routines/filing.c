/* filing.c - see filing.h. */
#include "workers/routines/filing.h"

#include "base/limits.h"
#include "workers/common/owed.h"
#include "workers/common/party.h"
#include "workers/common/plain.h"
#include "workers/common/room.h"
#include "workers/routines/items.h"
#include "workers/routines/parties.h"

enum { FILING_ID_BYTES_MAX = 128 };

struct filing {
    struct duty duty;
    int32_t by_day;
    struct items *items; /* NULL: the routine has no list */
};

/* ---- records ---- */

static struct key filing_key(struct text id)
{
    struct key key = record_key(TABLE_FILING);
    key_add_text(&key, id);
    return key;
}

static struct key filing_list_key(const struct filing *filing)
{
    const struct duty *duty = &filing->duty;
    struct key key = duty_series_key(TABLE_LIST, duty->charter->name, duty->routine->id, duty->body->id);
    key_add_i64(&key, filing->by_day);
    return key;
}

/* The last filing of an earlier occurrence; NULL if there is none. */
static const struct doc *filing_before(const struct filing *filing)
{
    const struct duty *duty = &filing->duty;
    struct key prefix = duty_series_key(TABLE_LIST, duty->charter->name, duty->routine->id, duty->body->id);
    const struct doc *found = NULL;
    struct store_cursor cursor;
    for (bool more = store_last(turn_txn(duty->turn), &prefix, &cursor); more && found == NULL;
         more = store_previous(&cursor)) {
        const struct doc *list = record_from(duty->turn, cursor.value);
        int32_t day;
        if (doc_date(list, FIELD_BY, &day) && day < filing->by_day)
            found = list;
    }
    store_cursor_end(&cursor);
    return found;
}

/* ---- whose and which ---- */

static void filing_refuse_routine(struct turn *turn, const struct charter *charter, struct text id)
{
    size_t count = 0;
    struct text *ids = arena_alloc(turn_arena(turn), (charter->routines.routines_count + 1) * sizeof *ids);
    for (size_t i = 0; i < charter->routines.routines_count; i++)
        if (charter->routines.routines[i].kind == ROUTINE_FILING)
            ids[count++] = charter->routines.routines[i].id;
    struct text known = owed_join(turn_arena(turn), (struct names){ids, count});
    emit_refusal(turn, NULL, NULL, 0, "charter %.*s knows no filing %.*s; it knows: %.*s",
                 TEXT_PRINT(charter->name), TEXT_PRINT(id), TEXT_PRINT(count > 0 ? known : TEXT("none")));
}

static void filing_refuse_body(const struct duty *duty, struct text id)
{
    const struct charter *charter = duty->charter;
    size_t count = 0;
    struct text *ids = arena_alloc(turn_arena(duty->turn), (charter->bodies_count + 1) * sizeof *ids);
    for (size_t i = 0; i < charter->bodies_count; i++)
        if (charter_routine_is_of(duty->routine, &charter->bodies[i]))
            ids[count++] = charter->bodies[i].id;
    int nearest = text_nearest(id, ids, count);
    emit_refusal(duty->turn, &duty->routine->rule, NULL, 0, "body %.*s owes no %.*s%s%.*s", TEXT_PRINT(id),
                 TEXT_PRINT(duty->routine->title), nearest >= 0 ? "; nearest that does: " : "",
                 TEXT_PRINT(nearest >= 0 ? ids[nearest] : TEXT_NONE));
}

/* Whose filing the report is; false after a refusal. */
static bool filing_read_duty(struct turn *turn, const struct event *event, struct duty *duty)
{
    if (party_charter(turn, event) == NULL)
        return false;
    struct text routine = doc_text(event->data, FIELD_ROUTINE), body = doc_text(event->data, FIELD_BODY);
    const struct charter *charter = duty_charter(turn, event->charter);
    if (charter == NULL) {
        emit_refusal(turn, NULL, NULL, 0, "charter %.*s is not enacted yet", TEXT_PRINT(event->charter));
        return false;
    }
    *duty =
        (struct duty){turn, event, charter, charter_routine(charter, routine), charter_body(charter, body)};
    if (duty->routine == NULL || duty->routine->kind != ROUTINE_FILING) {
        filing_refuse_routine(turn, charter, routine);
        return false;
    }
    if (duty->body == NULL || !charter_routine_is_of(duty->routine, duty->body)) {
        filing_refuse_body(duty, body);
        return false;
    }
    return true;
}

/* Of the period that runs and the occurrence opened last, the earlier one. */
static bool filing_running(const struct duty *duty, int32_t *by_out)
{
    int32_t today = civil_day_of(duty->event->received_us, duty->charter->zone), period;
    if (!duty_latest(duty, by_out))
        return false;
    if (duty_period(duty, today, &period) && period < *by_out && duty_state(duty, period) != DUTY_ABSENT)
        *by_out = period;
    return true;
}

/* The occurrence before that one, if it was missed and nothing was filed for it since. */
static bool filing_missed_before(const struct duty *duty, int32_t by_day, int32_t *missed_out)
{
    return duty_before(duty, by_day, missed_out) && duty_state(duty, *missed_out) == DUTY_MISSED;
}

/* S0-16: late for the one, or early for the other? The report alone can say; a guess would meet a duty that
 * nobody met. False after a refusal. */
static bool filing_is_plain(const struct filing *filing)
{
    const struct duty *duty = &filing->duty;
    int32_t missed;
    if (!filing_missed_before(duty, filing->by_day, &missed))
        return true;
    char before[CIVIL_TEXT_BYTES], running[CIVIL_TEXT_BYTES];
    struct owed *owed = owed_open(turn_arena(duty->turn));
    owed_add(owed, &duty->routine->rule, duty->body->id, "by: %s or %s", civil_format_date(missed, before),
             civil_format_date(filing->by_day, running));
    emit_refusal(
        duty->turn, &duty->routine->rule, owed->at, owed->count,
        "%.*s of %.*s: the one by %s was missed and is not filed yet: `by` must say if this is it, or "
        "the one by %s",
        TEXT_PRINT(duty->routine->title), TEXT_PRINT(duty->body->name), before, running);
    return false;
}

/* What the report's id was recorded for before; false after a refusal: for something else. */
static bool filing_read_earlier(struct filing *filing, bool *found_out)
{
    const struct duty *duty = &filing->duty;
    struct key key = filing_key(duty->event->subject);
    const struct doc *record = record_get(duty->turn, &key);
    int32_t by_day;
    *found_out = false;
    if (record == NULL || !doc_date(record, FIELD_BY, &by_day))
        return true;
    bool same = text_equal(doc_text(record, FIELD_SUBJECT), duty_subject(duty, by_day)) &&
                (!doc_has(duty->event->data, FIELD_BY) || by_day == filing->by_day);
    if (!same)
        emit_refusal(duty->turn, &duty->routine->rule, NULL, 0,
                     "filing %.*s is on file already, for %.*s: another one has another id",
                     TEXT_PRINT(duty->event->subject), TEXT_PRINT(doc_text(record, FIELD_SUBJECT)));
    filing->by_day = by_day;
    *found_out = true;
    return same;
}

/* Which occurrence the filing is for; false after a refusal. */
static bool filing_read_day(struct filing *filing)
{
    const struct duty *duty = &filing->duty;
    bool named = doc_date(duty->event->data, FIELD_BY, &filing->by_day), earlier;
    int32_t latest;
    if (!filing_read_earlier(filing, &earlier))
        return false;
    bool told = named || earlier, found = told || filing_running(duty, &filing->by_day);
    enum duty_state state = found ? duty_state(duty, filing->by_day) : DUTY_ABSENT;
    if (state != DUTY_ABSENT && state != DUTY_ENDED)
        return told || filing_is_plain(filing);
    char day[CIVIL_TEXT_BYTES] = "none";
    if (duty_latest(duty, &latest))
        (void)civil_format_date(latest, day);
    emit_refusal(duty->turn, &duty->routine->rule, NULL, 0, "%.*s of %.*s is not owed by %.*s; open last: %s",
                 TEXT_PRINT(duty->routine->title), TEXT_PRINT(duty->body->name),
                 TEXT_PRINT(doc_has(duty->event->data, FIELD_BY) ? doc_text(duty->event->data, FIELD_BY)
                                                                 : TEXT("any day")),
                 day);
    return false;
}

/* ---- what it must have ---- */

static bool filing_has_part(const struct doc *data, struct text name)
{
    for (size_t i = 0; i < doc_count(data, FIELD_PARTS); i++) {
        const struct doc *part = doc_doc_at(data, FIELD_PARTS, i);
        if (text_equal(doc_text(part, FIELD_NAME), name) && doc_text(part, FIELD_TEXT).bytes > 0)
            return true;
    }
    return false;
}

/* S0-16, S0-19: the document names the parts; others may stand besides them. */
static void filing_check_parts(const struct filing *filing, struct owed *owed)
{
    const struct duty *duty = &filing->duty;
    for (size_t i = 0; i < duty->routine->parts.count; i++)
        if (!filing_has_part(duty->event->data, duty->routine->parts.at[i]))
            owed_add(owed, &duty->routine->rule, duty->body->id, "part %.*s",
                     TEXT_PRINT(duty->routine->parts.at[i]));
}

static void filing_check_items(struct filing *filing, struct owed *owed)
{
    const struct duty *duty = &filing->duty;
    struct items_demand demand = {.rule = &duty->routine->rule,
                                  .who = duty->body->id,
                                  .not_before = civil_day_of(duty->event->received_us, duty->charter->zone)};
    filing->items = items_read(turn_arena(duty->turn), duty->charter, duty->event->data, &demand, owed);
    if (items_count(filing->items) == 0)
        owed_add(owed, &duty->routine->rule, duty->body->id, "items: the list itself");
}

/* False after a refusal with what is missing. */
static bool filing_is_complete(struct filing *filing)
{
    const struct duty *duty = &filing->duty;
    const struct rule *rule = &duty->routine->rule;
    struct owed *owed = owed_open(turn_arena(duty->turn));
    filing_check_parts(filing, owed);
    if (duty->routine->list)
        filing_check_items(filing, owed);
    size_t units = filing->items != NULL ? items_units(filing->items) : 0;
    if (owed->total > 0)
        emit_refusal(duty->turn, rule, owed->at, owed->count, "%.*s is incomplete: %zu thing%s owed",
                     TEXT_PRINT(duty->routine->title), owed->total, owed->total == 1 ? " is" : "s are");
    else if (!duty->routine->list && doc_has(duty->event->data, FIELD_ITEMS))
        emit_refusal(duty->turn, rule, NULL, 0, "%.*s is no list: it has no items",
                     TEXT_PRINT(duty->routine->title));
    else
        return room_for_outcome(duty->turn, duty->event, rule, units);
    return false;
}

/* ---- recording ---- */

static struct text filing_title(const struct doc *list, size_t index)
{
    return doc_text(doc_doc_at(list, FIELD_ITEMS, index), FIELD_TITLE);
}

static void filing_add_title(struct doc *list, struct text title)
{
    doc_set_text(doc_add_doc(list, FIELD_ITEMS), FIELD_TITLE, title);
}

static bool filing_lists(struct arena *arena, const struct doc *list, struct text plain)
{
    for (size_t i = 0; list != NULL && i < doc_count(list, FIELD_ITEMS); i++)
        if (text_equal(plain_title(arena, filing_title(list, i)), plain))
            return true;
    return false;
}

/* S0-16: what the list adds to the one before, what it carries on, what it drops: whole titles are compared,
 * and told as far as there is room. */
static void filing_compare(const struct filing *filing, struct doc *out)
{
    struct arena *arena = turn_arena(filing->duty.turn);
    const struct doc *before = filing_before(filing);
    struct doc *now = doc_new(arena);
    doc_set_empty_list(out, FIELD_ADDED);
    doc_set_empty_list(out, FIELD_CARRIED);
    doc_set_empty_list(out, FIELD_DROPPED);
    for (size_t i = 0; i < items_count(filing->items); i++) {
        struct text title = items_title(filing->items, i);
        bool carried = filing_lists(arena, before, plain_title(arena, title));
        doc_add_text(out, carried ? FIELD_CARRIED : FIELD_ADDED, text_cut(title, NAME_BYTES_MAX));
        filing_add_title(now, title);
    }
    for (size_t i = 0; before != NULL && i < doc_count(before, FIELD_ITEMS); i++) {
        struct text title = filing_title(before, i);
        if (!filing_lists(arena, now, plain_title(arena, title)))
            doc_add_text(out, FIELD_DROPPED, text_cut(title, NAME_BYTES_MAX));
    }
}

static void filing_record(const struct filing *filing)
{
    const struct duty *duty = &filing->duty;
    struct key key = filing_list_key(filing);
    const struct doc *list = record_get(duty->turn, &key);
    struct doc *out = emit_begin(duty->turn, EVENT_FILING_RECORDED);
    emit_charter(duty->turn, duty->charter->name);
    emit_rule(duty->turn, &duty->routine->rule);
    emit_input(duty->turn, duty->event->seq);
    doc_set_text(out, FIELD_ROUTINE, duty->routine->id);
    doc_set_text(out, FIELD_BODY, duty->body->id);
    doc_set_text(out, FIELD_TITLE, duty->routine->title);
    doc_set_date(out, FIELD_BY, filing->by_day);
    doc_set_doc_field(out, FIELD_PARTS, duty->event->data);
    doc_set_int(out, FIELD_VERSION, list != NULL ? doc_int(list, FIELD_VERSION, 0) + 1 : 1);
    if (duty->routine->to.bytes > 0)
        doc_set_text(out, FIELD_TO, duty->routine->to);
    if (filing->items != NULL) {
        items_write(filing->items, out);
        filing_compare(filing, out);
    }
    emit_end(duty->turn);
}

int filing_decide(struct turn *turn, const struct event *event)
{
    struct filing filing = {.by_day = 0};
    if (!filing_read_duty(turn, event, &filing.duty) || !parties_check_filing(&filing.duty))
        return 0;
    if (event->subject.bytes > FILING_ID_BYTES_MAX) {
        emit_refusal(turn, &filing.duty.routine->rule, NULL, 0, "a filing's id has at most %d bytes",
                     FILING_ID_BYTES_MAX);
        return 0;
    }
    if (!filing_read_day(&filing) || !filing_is_complete(&filing))
        return 0;
    filing_record(&filing);
    (void)duty_meet(&filing.duty, filing.by_day, event->subject);
    return 0;
}

/* ---- taking it in ---- */

int filing_apply_recorded(struct turn *turn, const struct event *event)
{
    struct text charter = event->charter, routine = doc_text(event->data, FIELD_ROUTINE),
                body = doc_text(event->data, FIELD_BODY);
    int32_t by_day = 0;
    struct doc *record = doc_new(turn_arena(turn)), *list = doc_new(turn_arena(turn));
    (void)doc_date(event->data, FIELD_BY, &by_day);
    doc_set_doc_field(record, FIELD_BY, event->data);
    doc_set_text(record, FIELD_SUBJECT,
                 arena_printf(turn_arena(turn), "%.*s/%.*s/%.*s/%.*s", TEXT_PRINT(charter),
                              TEXT_PRINT(routine), TEXT_PRINT(body),
                              TEXT_PRINT(doc_text(event->data, FIELD_BY))));
    struct key key = filing_key(event->subject);
    record_put(turn, &key, record);
    doc_set_doc_field(list, FIELD_BY, event->data);
    doc_set_doc_field(list, FIELD_VERSION, event->data);
    for (size_t i = 0; i < doc_count(event->data, FIELD_ITEMS); i++)
        filing_add_title(list, filing_title(event->data, i));
    key = duty_series_key(TABLE_LIST, charter, routine, body);
    key_add_i64(&key, by_day);
    record_put(turn, &key, list);
    return 0;
}
