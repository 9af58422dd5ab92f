/* turn.c - one event in one transaction: apply, decide, emit; and everything that a handler may use.
 *
 * What the journal already holds of this role's decisions is applied in place of deciding (collected.c). An
 * outcome is the same to its apply handler either way: it bears its cause's sequence number and receive
 * stamp, no id and no raw bytes.
 *
 * Numbers drawn from a series while deciding travel in the outcome's `drawn`, and are used up when that
 * outcome is applied: a rebuild, which draws none, uses up the same ones.
 */
#include "workers/runtime/core.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { REASON_BYTES_MAX = 4096, OUTCOMES_ROOM = 16 };

/* ---- records ---- */

struct key meta_key(const char *name)
{
    struct key key = key_of(TABLE_META);
    key_add_text(&key, text_from(name));
    return key;
}

struct key record_key(store_table table)
{
    ASSERT(table < TABLE_OF_ROLES_END);
    return key_of(table);
}

struct doc *record_from(struct turn *turn, struct bytes value)
{
    struct complaint complaint = {0};
    struct doc *doc = NULL;
    struct bytes own = arena_bytes_copy(turn->arena, value);
    if (doc_decode(turn->arena, own, "record.", &doc, &complaint) != 0)
        die("a record of this worker cannot be read: %s %s", complaint.field, complaint.message);
    return doc;
}

struct doc *runtime_get(struct turn *turn, const struct key *key)
{
    struct bytes value;
    return store_get(turn->txn, key, &value) ? record_from(turn, value) : NULL;
}

void runtime_put(struct worker *worker, struct store_txn *txn, const struct key *key, const struct doc *doc)
{
    buffer_reset(&worker->buffer);
    doc_encode(doc, &worker->buffer);
    store_put(txn, key, buffer_view(&worker->buffer));
}

struct doc *record_get(struct turn *turn, const struct key *key)
{
    return runtime_get(turn, key);
}

/* Tables carry their index in the key's first byte (base/store.h). */
static void turn_check_write(const struct turn *turn, const struct key *key)
{
    ASSERT(turn->mode == TURN_APPLYING);
    ASSERT(key->bytes > 0 && key->at[0] < TABLE_OF_ROLES_END);
}

void record_put(struct turn *turn, const struct key *key, const struct doc *doc)
{
    turn_check_write(turn, key);
    runtime_put(turn->worker, turn->txn, key, doc);
}

bool record_delete(struct turn *turn, const struct key *key)
{
    turn_check_write(turn, key);
    return store_delete(turn->txn, key);
}

struct arena *turn_arena(struct turn *turn)
{
    return turn->arena;
}

struct store_txn *turn_txn(struct turn *turn)
{
    return turn->txn;
}

void turn_open_reading(struct turn *turn, struct worker *worker, struct store_txn *txn, struct arena *arena)
{
    *turn = (struct turn){.worker = worker, .txn = txn, .arena = arena, .mode = TURN_READING};
}

void turn_breathe(struct turn *turn)
{
    if (turn->mode == TURN_READING && turn->worker->breathe != NULL)
        turn->worker->breathe(turn->worker->breathe_context);
}

/* ---- series ---- */

static struct key series_key(struct text series)
{
    struct key key = key_of(TABLE_SERIES);
    key_add_text(&key, series);
    return key;
}

static uint64_t series_last(struct turn *turn, struct text series)
{
    struct key key = series_key(series);
    struct doc *doc = runtime_get(turn, &key);
    return doc != NULL ? (uint64_t)doc_int(doc, FIELD_COUNT, 0) : 0;
}

static void series_use(struct turn *turn, struct text series, uint64_t number)
{
    struct key key = series_key(series);
    struct doc *doc = doc_new(turn->arena);
    doc_set_int(doc, FIELD_COUNT, (int64_t)number);
    runtime_put(turn->worker, turn->txn, &key, doc);
}

static struct draw *turn_draw(struct turn *turn, struct text series)
{
    for (size_t i = 0; i < turn->draws_count; i++)
        if (text_equal(turn->draws[i].series, series))
            return &turn->draws[i];
    ASSERT(turn->draws_count < DRAWS_MAX);
    struct draw *draw = &turn->draws[turn->draws_count++];
    *draw = (struct draw){arena_text_copy(turn->arena, series), series_last(turn, series)};
    return draw;
}

uint64_t turn_number(struct turn *turn, struct text series)
{
    ASSERT(turn->mode != TURN_READING);
    if (turn->mode == TURN_DECIDING)
        return ++turn_draw(turn, series)->number;
    uint64_t number = series_last(turn, series) + 1;
    series_use(turn, series, number);
    return number;
}

static void turn_stamp_draws(struct turn *turn, struct doc *data)
{
    for (size_t i = 0; i < turn->draws_count; i++)
        doc_add_text(data, FIELD_DRAWN,
                     arena_printf(turn->arena, "%.*s=%" PRIu64, TEXT_PRINT(turn->draws[i].series),
                                  turn->draws[i].number));
    turn->draws_count = 0;
}

static void turn_use_draws(struct turn *turn, const struct doc *data)
{
    for (size_t i = 0; i < doc_count(data, FIELD_DRAWN); i++) {
        struct text drawn = doc_text_at(data, FIELD_DRAWN, i);
        const char *equals = memrchr(drawn.at, '=', drawn.bytes);
        ASSERT(equals != NULL);
        struct text series = {drawn.at, (size_t)(equals - drawn.at)};
        uint64_t number = 0;
        ASSERT(text_parse_u64((struct text){equals + 1, drawn.bytes - series.bytes - 1}, &number));
        series_use(turn, series, number);
    }
}

/* ---- emitting ---- */

static struct outcome *turn_outcome(struct turn *turn)
{
    ASSERT(turn->outcome_open);
    return &turn->outcomes[turn->outcomes_count - 1];
}

static struct outcome *turn_add_outcome(struct turn *turn)
{
    ASSERT(turn->outcomes_count < TURN_OUTCOMES_MAX);
    if (turn->outcomes_count == turn->outcomes_room) {
        size_t room = turn->outcomes_room == 0 ? OUTCOMES_ROOM : 2 * turn->outcomes_room;
        struct outcome *larger = arena_alloc(turn->arena, room * sizeof *larger);
        if (turn->outcomes_count > 0)
            memcpy(larger, turn->outcomes, turn->outcomes_count * sizeof *larger);
        turn->outcomes = larger;
        turn->outcomes_room = room;
    }
    struct outcome *outcome = &turn->outcomes[turn->outcomes_count++];
    *outcome = (struct outcome){.data = doc_new(turn->arena)};
    return outcome;
}

struct doc *emit_begin(struct turn *turn, enum event_kind kind)
{
    ASSERT(turn->mode == TURN_DECIDING && !turn->outcome_open);
    const struct event *cause = turn->event;
    const struct event_type *type = &event_types[kind];
    struct outcome *outcome = turn_add_outcome(turn);
    turn->outcome_open = true;
    outcome->event = (struct event){
        .source = text_from(turn->worker->source),
        .type = type,
        .type_name = text_from(type->name),
        .subject = cause->subject,
        .charter = cause->charter,
        .traceparent = cause->traceparent,
        .time_us = cause->received_us,
        .time_zone = cause->time_us != CIVIL_NEVER_US ? cause->time_zone : 0,
        .cause = cause->seq,
        .data = outcome->data,
        .seq = cause->seq,
        .received_us = cause->received_us,
        .publisher = text_from(turn->worker->publisher),
    };
    return outcome->data;
}

void emit_subject(struct turn *turn, struct text subject)
{
    turn_outcome(turn)->event.subject = arena_text_copy(turn->arena, subject);
}

void emit_charter(struct turn *turn, struct text charter)
{
    turn_outcome(turn)->event.charter = arena_text_copy(turn->arena, charter);
}

void emit_member(struct turn *turn, struct text member)
{
    struct event *event = &turn_outcome(turn)->event;
    struct text family = text_from(event->type->name);
    ASSERT(family.bytes > 2 && memcmp(family.at + family.bytes - 2, ".*", 2) == 0);
    event->type_name =
        arena_printf(turn->arena, "%.*s.%.*s", (int)(family.bytes - 2), family.at, TEXT_PRINT(member));
}

/* A charter's texts may be longer than what an event cites of them. */
static void turn_cite(struct doc *data, enum field field, struct text t)
{
    struct text cut = text_cut(t, (size_t)field_specs[field].high);
    if (cut.bytes > 0)
        doc_set_text(data, field, cut);
}

void emit_rule(struct turn *turn, const struct rule *rule)
{
    struct doc *data = turn_outcome(turn)->data;
    turn_cite(data, FIELD_RULE, rule->path);
    turn_cite(data, FIELD_CLAUSE, rule->clause);
    turn_cite(data, FIELD_PLACE, rule->place);
}

void emit_delivery(struct turn *turn, struct text channel, struct text addressee, struct text group)
{
    struct outcome *outcome = turn_outcome(turn);
    ASSERT(channel.bytes > 0 && addressee.bytes > 0);
    outcome->channel = arena_text_copy(turn->arena, channel);
    outcome->addressee = arena_text_copy(turn->arena, addressee);
    outcome->group = arena_text_copy(turn->arena, group);
}

void emit_input(struct turn *turn, uint64_t seq)
{
    doc_add_int(turn_outcome(turn)->data, FIELD_INPUTS, (int64_t)seq);
}

static struct text outcome_id(struct turn *turn, size_t index, size_t count)
{
    return arena_printf(turn->arena, "%s-%" PRIu64 "-%zu-%zu", role_text(turn->worker->role->name),
                        turn->event->seq, index, count);
}

/* An outcome, just decided or found in the journal, takes effect on the role's own records. */
static int turn_apply_outcome(struct turn *turn, const struct event *event)
{
    enum turn_mode before = turn->mode;
    turn->mode = TURN_APPLYING;
    turn_use_draws(turn, event->data);
    if (charters_concern(event->type->kind))
        charters_take(turn, event);
    const struct role_row *row = turn->worker->rows[event->type->kind];
    int code = row != NULL && row->apply != NULL ? row->apply(turn, event) : 0;
    turn->mode = before;
    return code;
}

void emit_end(struct turn *turn)
{
    struct outcome *outcome = turn_outcome(turn);
    turn_stamp_draws(turn, outcome->data);
    outcome->event.time_zone = turn_zone(turn, outcome->event.charter, outcome->event.time_zone);
    struct complaint complaint = {0};
    outcome->event.id = outcome_id(turn, turn->outcomes_count, 0);
    if (event_check(&outcome->event, &complaint) != 0)
        die("%s breaks its promise in %.*s on event %" PRIu64 ": %s %s", turn->worker->publisher,
            TEXT_PRINT(outcome->event.type_name), turn->event->seq, complaint.field, complaint.message);
    outcome->event.id = TEXT_NONE;
    turn->outcome_open = false;
    if (turn_apply_outcome(turn, &outcome->event) != 0)
        turn->poisoned = true;
}

/* ---- text from handlers ---- */

static size_t text_whole_characters(const char *at, size_t bytes)
{
    while (bytes > 0 && !text_is_utf8((struct text){at, bytes}))
        bytes--;
    return bytes;
}

/* At most so many bytes, cut between characters. */
PRINTF_LIKE(2, 0)
static struct text turn_vprintf(struct turn *turn, const char *format, va_list list)
{
    char *at = arena_alloc(turn->arena, REASON_BYTES_MAX);
    int needed = vsnprintf(at, REASON_BYTES_MAX, format, list);
    ASSERT(needed >= 0);
    size_t bytes = (size_t)needed < REASON_BYTES_MAX ? (size_t)needed : REASON_BYTES_MAX - 1;
    if (bytes < (size_t)needed) {
        size_t tail = bytes < 4 ? bytes : 4;
        bytes -= tail - text_whole_characters(at + bytes - tail, tail);
    }
    return (struct text){at, bytes};
}

void emit_refusal(struct turn *turn, const struct rule *rule, struct doc *const *owed, size_t owed_count,
                  const char *format, ...)
{
    ASSERT(turn->event->type != NULL);
    va_list list;
    va_start(list, format);
    struct text reason = turn_vprintf(turn, format, list);
    va_end(list);
    struct doc *data = emit_begin(turn, EVENT_REQUEST_REFUSED);
    doc_set_text(data, FIELD_EVENT, turn->event->type_name);
    doc_set_text(data, FIELD_REASON, reason);
    for (size_t i = 0; i < owed_count; i++) {
        struct doc *item = doc_add_doc(data, FIELD_OWED);
        static const enum field fields[] = {FIELD_NEED, FIELD_WHO, FIELD_CLAUSE, FIELD_PLACE};
        for (size_t f = 0; f < sizeof fields / sizeof *fields; f++)
            doc_set_doc_field(item, fields[f], owed[i]);
    }
    if (rule != NULL)
        emit_rule(turn, rule);
    emit_end(turn);
}

int turn_poison(struct turn *turn, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    turn->reason = turn_vprintf(turn, format, list);
    va_end(list);
    return ROLE_E_POISON;
}

void turn_effect(struct turn *turn, struct text kind, struct text target, struct text content)
{
    ASSERT(turn->mode != TURN_READING);
    if (!turn->live)
        return;
    struct doc *doc = doc_new(turn->arena);
    doc_set_int(doc, FIELD_SEQ, (int64_t)turn->event->seq);
    doc_set_int(doc, FIELD_COUNT, ++turn->effects_count);
    doc_set_text(doc, FIELD_CHANNEL, kind);
    doc_set_text(doc, FIELD_KEY, target);
    doc_set_text(doc, FIELD_TEXT, content);
    struct key key = key_of(TABLE_EFFECT);
    key_add_u64(&key, turn->standing->effects_next++);
    runtime_put(turn->worker, turn->txn, &key, doc);
}

/* ---- the turn itself ---- */

static void turn_begin_deciding(struct turn *turn)
{
    turn->mode = TURN_DECIDING;
    turn->live = true;
}

/* Ids need the count, so outcomes go out together, after the decision. */
static void turn_finish_deciding(struct turn *turn)
{
    ASSERT(!turn->outcome_open);
    for (size_t i = 0; i < turn->outcomes_count; i++) {
        turn->outcomes[i].event.id = outcome_id(turn, i + 1, turn->outcomes_count);
        outbox_put(turn, &turn->outcomes[i].event);
        if (turn->outcomes[i].channel.bytes > 0)
            deliveries_put(turn, &turn->outcomes[i]);
    }
    turn->mode = TURN_APPLYING;
    turn->live = false;
}

/* A reason may quote bytes from outside; what is no plain text is left out. */
static struct text turn_plain_reason(struct text reason)
{
    bool plain = reason.bytes > 0 && text_is_utf8(reason) && !text_has_control(reason, "\n\t");
    return plain ? reason : TEXT("a reason that is no plain text");
}

static void turn_set_aside(struct turn *turn, struct text reason)
{
    turn_begin_deciding(turn);
    struct doc *data = emit_begin(turn, EVENT_EVENT_SET_ASIDE);
    doc_set_int(data, FIELD_SEQ, (int64_t)turn->event->seq);
    doc_set_text(data, FIELD_ROLE, text_from(role_text(turn->worker->role->name)));
    doc_set_text(data, FIELD_REASON, turn_plain_reason(reason));
    emit_end(turn);
    turn_finish_deciding(turn);
}

static int turn_apply_collected(struct turn *turn, const struct collected *collected)
{
    for (size_t i = 0; i < collected->count; i++) {
        int code = turn_apply_outcome(turn, &collected->outcomes[i]);
        if (code != 0)
            return code;
    }
    return 0;
}

static int turn_decide(struct turn *turn, const struct role_row *row)
{
    if (row == NULL || row->decide == NULL)
        return 0;
    turn_begin_deciding(turn);
    int code = row->decide(turn, turn->event);
    if (code == 0 && turn->poisoned)
        code = ROLE_E_POISON;
    if (code == 0)
        turn_finish_deciding(turn);
    return code;
}

static int turn_run(struct turn *turn, const struct collected *collected)
{
    const struct role_row *row = turn->worker->rows[turn->event->type->kind];
    if (charters_concern(turn->event->type->kind))
        charters_take(turn, turn->event);
    int code = row != NULL && row->apply != NULL ? row->apply(turn, turn->event) : 0;
    if (code != 0)
        return code;
    return collected->decided ? turn_apply_collected(turn, collected) : turn_decide(turn, row);
}

static bool turn_concerns(const struct turn *turn, const struct event *event)
{
    return event->type == NULL || charters_concern(event->type->kind) ||
           turn->worker->rows[event->type->kind] != NULL;
}

/* A broker of a newer version may have let in what this version cannot read. */
static int turn_decode(struct turn *turn, const struct entry *entry, struct event *event_out)
{
    struct complaint complaint = {0};
    int code = entry_decode(turn->arena, entry, event_out, &complaint);
    if (code <= 0)
        return code;
    *event_out = (struct event){.seq = entry->seq,
                                .received_us = entry->received_us,
                                .publisher = entry->publisher,
                                .time_us = CIVIL_NEVER_US};
    return turn_poison(turn, "this version cannot read the event: %s %s", complaint.field, complaint.message);
}

/* Own outcomes were applied when they were decided; an own report is a report like any other. */
static bool turn_passes_over(const struct turn *turn, const struct event *event)
{
    bool own = text_is(event->publisher, turn->worker->publisher);
    return own && (event->type == NULL || !event->type->report);
}

int turn_take(struct turn *turn, const struct entry *entry, const struct skip *skip)
{
    if (text_is(entry->publisher, turn->worker->publisher) && !turn->worker->reports)
        return 0;
    struct event event;
    struct collected collected = {0};
    turn->event = &event;
    turn->mode = TURN_APPLYING;
    int code = turn_decode(turn, entry, &event);
    if (code < 0 || !turn_concerns(turn, &event) || turn_passes_over(turn, &event))
        return code < 0 ? code : 0;
    int found = collected_get(turn, &event, &collected);
    if (found == 0)
        found = charters_check(turn, &event, &collected);
    if (found != 0)
        return found;
    if (collected.decided && (collected.aside || skip != NULL))
        code = collected.aside ? turn_apply_collected(turn, &collected) : 0;
    else if (skip != NULL)
        code = (turn_set_aside(turn, skip->reason), 0);
    else if (event.type != NULL)
        code = turn_run(turn, &collected);
    collected_delete(turn, event.seq);
    turn->event = NULL;
    ASSERT(code <= 0 || code == ROLE_E_POISON);
    return code;
}
