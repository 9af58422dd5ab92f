/* conduct.c - see conduct.h. */
#include "workers/supervision/conduct.h"

#include "workers/supervision/answer.h"
#include "workers/supervision/item.h"

#define FACTS_TASK    TEXT("task")
#define FACTS_OPINION "opinion:"
#define FACTS_REPLY   "reply:"
#define FACTS_DUTY    TEXT("duty")

static const char *const fact_kind_texts[] = {
    [FACT_KEPT] = "kept", [FACT_MISSED] = "missed", [FACT_FINDING] = "finding"};
_Static_assert(sizeof fact_kind_texts / sizeof fact_kind_texts[0] == FACT_KIND_COUNT, "a text for each kind");

static enum fact_kind fact_kind_find(struct text name)
{
    enum fact_kind kind = FACT_KEPT;
    while (kind + 1 < FACT_KIND_COUNT && !text_is(name, fact_kind_texts[kind]))
        kind++;
    return kind;
}

/* ---- records ---- */

static struct key fact_key(const struct fact *fact)
{
    struct key key = item_key(TABLE_FACT, fact->charter, fact->unit);
    key_add_i64(&key, fact->at_us);
    key_add_text(&key, fact->subject);
    key_add_text(&key, fact->label);
    return key;
}

static struct key fact_at_key(struct text subject, struct text label, struct text unit)
{
    struct key key = item_key(TABLE_FACT_AT, subject, label);
    key_add_text(&key, unit);
    return key;
}

/* The fact that stands for a deadline and unit; false if there is none. */
static bool fact_find(struct turn *turn, struct text subject, struct text label, struct text unit,
                      struct fact *fact_out)
{
    struct key key = fact_at_key(subject, label, unit);
    const struct doc *at = record_get(turn, &key);
    if (at == NULL)
        return false;
    *fact_out = (struct fact){.charter = doc_text(at, FIELD_CHARTER),
                              .unit = unit,
                              .subject = subject,
                              .label = label,
                              .kind = fact_kind_find(doc_text(at, FIELD_NAME)),
                              .at_us = doc_time_us(at, FIELD_AT, 0)};
    return true;
}

static void fact_delete(struct turn *turn, const struct fact *fact)
{
    struct key key = fact_key(fact), at = fact_at_key(fact->subject, fact->label, fact->unit);
    record_delete(turn, &key);
    record_delete(turn, &at);
}

void conduct_put(struct turn *turn, const struct fact *fact)
{
    struct fact old;
    bool stands = fact_find(turn, fact->subject, fact->label, fact->unit, &old);
    if (stands && old.kind == FACT_MISSED)
        return;
    if (stands)
        fact_delete(turn, &old);
    struct doc *record = doc_new(turn_arena(turn));
    doc_set_text(record, FIELD_NAME, text_from(fact_kind_texts[fact->kind]));
    doc_set_int(record, FIELD_SEQ, (int64_t)fact->seq);
    struct key key = fact_key(fact), at_key = fact_at_key(fact->subject, fact->label, fact->unit);
    record_put(turn, &key, record);
    struct doc *at = doc_new(turn_arena(turn));
    doc_set_text(at, FIELD_CHARTER, fact->charter);
    doc_set_text(at, FIELD_NAME, text_from(fact_kind_texts[fact->kind]));
    doc_set_time(at, FIELD_AT, fact->at_us, 0);
    record_put(turn, &at_key, at);
}

void conduct_withdraw(struct turn *turn, struct text subject, struct text label, struct text unit)
{
    struct fact fact;
    if (fact_find(turn, subject, label, unit, &fact) && fact.kind == FACT_KEPT)
        fact_delete(turn, &fact);
}

/* ---- counting ---- */

static bool fact_read_at(struct turn *turn, struct bytes key, int64_t *at_us_out)
{
    struct text charter, unit;
    struct key_reader reader = key_read(key);
    return key_read_text(&reader, turn_arena(turn), &charter) &&
           key_read_text(&reader, turn_arena(turn), &unit) && key_read_i64(&reader, at_us_out);
}

void conduct_count(struct turn *turn, struct text charter, struct text unit, int64_t from_us,
                   int64_t through_us, struct fact_count *counts_out)
{
    struct key prefix = item_key(TABLE_FACT, charter, unit), from = prefix;
    struct store_cursor cursor;
    int64_t at_us = 0;
    memset(counts_out, 0, FACT_KIND_COUNT * sizeof *counts_out);
    key_add_i64(&from, from_us);
    for (bool more = store_first(turn_txn(turn), &prefix, &from, &cursor); more; more = store_next(&cursor)) {
        if (!fact_read_at(turn, cursor.key, &at_us) || at_us > through_us)
            break;
        const struct doc *record = record_from(turn, cursor.value);
        struct fact_count *count = &counts_out[fact_kind_find(doc_text(record, FIELD_NAME))];
        if (count->count < FACTS_SHOWN_MAX)
            count->seqs[count->count] = (uint64_t)doc_int(record, FIELD_SEQ, 0);
        count->count++;
    }
    store_cursor_end(&cursor);
}

/* ---- what others report ---- */

/* A level's deadline is its body's and an issue's is nobody's in particular, even where they name a unit. */
static bool conduct_is_of_unit(const struct event *set)
{
    static const struct {
        const char *label; /* or its beginning */
        bool whole;
        enum role_name owner;
    } rows[] = {{"task", true, ROLE_TASKS},
                {FACTS_OPINION, false, ROLE_COORDINATION},
                {FACTS_REPLY, false, ROLE_SUPERVISION}};
    struct text label = doc_text(set->data, FIELD_LABEL), owner = doc_text(set->data, FIELD_OWNER);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (text_is(owner, role_text(rows[i].owner)) &&
            (rows[i].whole ? text_is(label, rows[i].label)
                           : text_starts_with(label, text_from(rows[i].label))))
            return true;
    return false;
}

/* A deadline that names a unit of its charter is that unit's. */
void conduct_apply_set(struct turn *turn, const struct event *set)
{
    if (!conduct_is_of_unit(set))
        return;
    struct text label = doc_text(set->data, FIELD_LABEL), who = doc_text(set->data, FIELD_WHO);
    const struct charter *charter =
        set->charter.bytes > 0 && who.bytes > 0 ? turn_charter(turn, set->charter, NULL) : NULL;
    const struct unit *unit = charter != NULL ? charter_unit(charter, who) : NULL;
    struct key key = item_key(TABLE_WATCHED, set->subject, label);
    if (unit == NULL) {
        record_delete(turn, &key);
        return;
    }
    struct doc *record = doc_new(turn_arena(turn));
    doc_set_text(record, FIELD_UNIT, unit->name);
    doc_set_text(record, FIELD_CHARTER, set->charter);
    record_put(turn, &key, record);
}

static void conduct_keep(struct turn *turn, const struct event *event, struct text label)
{
    struct key key = item_key(TABLE_WATCHED, event->subject, label);
    const struct doc *watched = record_get(turn, &key);
    if (watched == NULL)
        return;
    struct fact fact = {.charter = doc_text(watched, FIELD_CHARTER),
                        .unit = doc_text(watched, FIELD_UNIT),
                        .subject = event->subject,
                        .label = label,
                        .kind = FACT_KEPT,
                        .at_us = doc_time_us(event->data, FIELD_AT, event->received_us),
                        .seq = event->seq};
    conduct_put(turn, &fact);
}

/* Reported done: kept. Assigned anew, by rejection or to another unit, or dropped with its issue: not. */
int conduct_apply_task(struct turn *turn, const struct event *event)
{
    struct text state = doc_text(event->data, FIELD_STATE);
    struct key key = item_key(TABLE_WATCHED, event->subject, FACTS_TASK);
    const struct doc *watched = record_get(turn, &key);
    if (watched != NULL && (text_is(state, "assigned") || text_is(state, "dropped")))
        conduct_withdraw(turn, event->subject, FACTS_TASK, doc_text(watched, FIELD_UNIT));
    if (text_is(state, "done-reported"))
        conduct_keep(turn, event, FACTS_TASK);
    return 0;
}

static void conduct_keep_of_unit(struct turn *turn, const struct event *event, const char *label)
{
    struct text unit = doc_text(event->data, FIELD_UNIT);
    conduct_keep(turn, event, arena_printf(turn_arena(turn), "%s%.*s", label, TEXT_PRINT(unit)));
}

int conduct_apply_opinion(struct turn *turn, const struct event *event)
{
    conduct_keep_of_unit(turn, event, FACTS_OPINION);
    return 0;
}

/* A refusal is a reply too, in time or not; what it costs is the finding. */
int conduct_apply_replied(struct turn *turn, const struct event *event)
{
    if (!text_is(doc_text(event->data, FIELD_RESULT), "none"))
        conduct_keep_of_unit(turn, event, FACTS_REPLY);
    return 0;
}

void conduct_miss(struct turn *turn, const struct event *missed, struct text unit)
{
    struct fact fact = {.charter = missed->charter,
                        .unit = unit,
                        .subject = missed->subject,
                        .label = doc_text(missed->data, FIELD_LABEL),
                        .kind = FACT_MISSED,
                        .at_us = doc_time_us(missed->data, FIELD_DUE, missed->received_us),
                        .seq = missed->seq};
    conduct_put(turn, &fact);
}

void conduct_apply_missed(struct turn *turn, const struct event *missed)
{
    struct text label = doc_text(missed->data, FIELD_LABEL);
    struct key key = item_key(TABLE_WATCHED, missed->subject, label);
    const struct doc *watched = missed->charter.bytes > 0 ? record_get(turn, &key) : NULL;
    if (watched != NULL)
        conduct_miss(turn, missed, doc_text(watched, FIELD_UNIT));
}

/* A body's duty is its lead units': they do its daily work. */
int conduct_apply_duty(struct turn *turn, const struct event *event)
{
    const struct charter *charter = turn_charter(turn, event->charter, NULL);
    const struct body *body =
        charter != NULL ? charter_body(charter, doc_text(event->data, FIELD_BODY)) : NULL;
    bool met = event->type->kind == EVENT_DUTY_MET;
    int32_t by_day;
    if (body == NULL || !doc_date(event->data, FIELD_BY, &by_day) ||
        (met && !doc_bool(event->data, FIELD_ON_TIME)) ||
        text_is(doc_text(event->data, FIELD_RESULT), "in-principle"))
        return 0;
    struct text unknown;
    struct names units = answer_units(turn_arena(turn), charter, body->lead_units, &unknown);
    int64_t due_us = civil_end_of_day_us(by_day, charter->zone);
    struct fact fact = {.charter = charter->name,
                        .subject = event->subject,
                        .label = FACTS_DUTY,
                        .kind = met ? FACT_KEPT : FACT_MISSED,
                        .at_us = met ? doc_time_us(event->data, FIELD_AT, event->received_us) : due_us,
                        .seq = event->seq};
    for (size_t i = 0; i < units.count; i++) {
        fact.unit = units.at[i];
        conduct_put(turn, &fact);
    }
    return 0;
}

int conduct_apply_finding(struct turn *turn, const struct event *event)
{
    struct fact fact = {.charter = event->charter,
                        .unit = doc_text(event->data, FIELD_UNIT),
                        .subject = event->subject,
                        .label = arena_printf(turn_arena(turn), "finding:%lld",
                                              (long long)doc_int(event->data, FIELD_NUMBER, 0)),
                        .kind = FACT_FINDING,
                        .at_us = event->received_us,
                        .seq = event->seq};
    conduct_put(turn, &fact);
    return 0;
}
