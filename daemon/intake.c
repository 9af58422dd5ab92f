/* intake.c - see intake.h. A publication is one block of memory: its items, their results, and a copy of the
 * frame that the items point into.
 */
#include "daemon/intake.h"

#include "base/digest.h"
#include "daemon/broker.h"

#include <stdio.h>
#include <stdlib.h>

enum { INTAKE_FULL_PAUSE_US = 1000000 };

struct intake_item {
    struct intake_item *next;
    struct publication *publication;
    struct wire_result *result;
    char *why; /* owned; the result's text */
    struct bytes body;
    struct text source, id, type_name;
    int64_t time_us; /* as its publisher says; CIVIL_NEVER_US if absent */
    int64_t stamp_us;
};

/* ADVANCE: clock.advance waiting in line; the other two are the broker's own events. */
enum publication_kind { PUBLICATION_PEER, PUBLICATION_ADVANCE, PUBLICATION_STRIKE, PUBLICATION_CONFLICT };

struct publication {
    enum publication_kind kind;
    struct session_ref session;
    uint64_t tag;
    struct text publisher;
    struct intake_item *items;
    struct wire_result *results;
    size_t count, open; /* open: without a result yet */
    size_t bytes;
};

/* ---- lists ---- */

static void intake_append(struct intake_list *list, struct intake_item *item)
{
    item->next = NULL;
    if (list->first == NULL)
        list->first = item;
    else
        list->last->next = item;
    list->last = item;
    list->count++;
}

static struct intake_item *intake_take_first(struct intake_list *list)
{
    struct intake_item *item = list->first;
    ASSERT(item != NULL);
    list->first = item->next;
    list->count--;
    return item;
}

/* ---- publications ---- */

static size_t publication_bytes(size_t count, size_t frame_bytes, size_t name_bytes)
{
    return sizeof(struct publication) + count * (sizeof(struct intake_item) + sizeof(struct wire_result)) +
           frame_bytes + name_bytes;
}

static struct publication *publication_new(struct broker *broker, enum publication_kind kind, size_t count,
                                           struct bytes frame, struct text publisher)
{
    size_t bytes = publication_bytes(count, frame.bytes, publisher.bytes);
    struct publication *publication = memory_alloc(bytes);
    *publication = (struct publication){.kind = kind, .count = count, .open = count, .bytes = bytes};
    publication->items = (struct intake_item *)(void *)(publication + 1);
    publication->results = (struct wire_result *)(void *)(publication->items + count);
    unsigned char *at = (unsigned char *)(publication->results + count);
    if (frame.bytes > 0)
        memcpy(at, frame.at, frame.bytes);
    if (publisher.bytes > 0)
        memcpy(at + frame.bytes, publisher.at, publisher.bytes);
    publication->publisher = (struct text){(const char *)at + frame.bytes, publisher.bytes};
    for (size_t i = 0; i < count; i++) {
        publication->items[i] = (struct intake_item){
            .publication = publication, .result = &publication->results[i], .time_us = CIVIL_NEVER_US};
        publication->results[i] = (struct wire_result){.code = WIRE_OK};
    }
    broker->intake.bytes += bytes;
    return publication;
}

/* Where a view of the given frame lies in the publication's copy of it. */
static struct bytes publication_rebase(const struct publication *publication, struct bytes frame,
                                       struct bytes view)
{
    const unsigned char *copy = (const unsigned char *)(publication->results + publication->count);
    ASSERT(view.at >= frame.at && view.at + view.bytes <= frame.at + frame.bytes);
    return (struct bytes){copy + (view.at - frame.at), view.bytes};
}

static void publication_free(struct broker *broker, struct publication *publication)
{
    for (size_t i = 0; i < publication->count; i++)
        free(publication->items[i].why);
    ASSERT(broker->intake.bytes >= publication->bytes);
    broker->intake.bytes -= publication->bytes;
    free(publication);
}

static void publication_answer(struct broker *broker, struct publication *publication)
{
    struct session *session =
        publication->kind == PUBLICATION_PEER || publication->kind == PUBLICATION_ADVANCE
            ? sessions_get(&broker->sessions, publication->session)
            : NULL;
    if (session == NULL)
        return;
    if (publication->kind == PUBLICATION_PEER) {
        struct message accepted = {.verb = VERB_ACCEPTED,
                                   .tag = publication->tag,
                                   .results = publication->results,
                                   .count = publication->count};
        session_send(broker, session, &accepted);
        return;
    }
    if (publication->results[0].code != WIRE_OK) {
        queries_fail(broker, session, publication->tag, publication->results[0].code, "time stands still");
        return;
    }
    arena_reset(&broker->scratch);
    struct doc *row = doc_new(&broker->scratch);
    doc_set_time(row, FIELD_AT, broker->clock.now_us, 0);
    doc_set_int(row, FIELD_HEAD, (int64_t)journal_head(broker->journal));
    queries_answer_row(broker, session, publication->tag, row);
}

/* One more of its results stands. */
static void intake_settle(struct broker *broker, struct intake_item *item)
{
    struct publication *publication = item->publication;
    ASSERT(publication->open > 0);
    if (--publication->open > 0)
        return;
    publication_answer(broker, publication);
    publication_free(broker, publication);
}

/* All texts of an ACCEPTED share half a message. */
static void intake_item_refuse(struct intake_item *item, enum wire_code code, struct text why)
{
    size_t bytes_max = MESSAGE_BYTES_MAX / 2 / item->publication->count;
    ASSERT(item->why == NULL);
    if (why.bytes > bytes_max) {
        why.bytes = bytes_max;
        while (why.bytes > 0 && ((unsigned char)why.at[why.bytes] & 0xc0) == 0x80)
            why.bytes--;
    }
    item->why = memory_alloc(why.bytes);
    if (why.bytes > 0)
        memcpy(item->why, why.at, why.bytes);
    item->result->code = code;
    item->result->text = (struct text){item->why, why.bytes};
}

/* ---- judging ---- */

static enum wire_code intake_judge(struct broker *broker, const struct session *session, struct bytes body,
                                   struct event *event_out, struct complaint *complaint)
{
    struct access_publisher publisher = {access_key(broker->access, text_from(session->user)), session->role};
    arena_reset(&broker->scratch);
    if (body.bytes > EVENT_BYTES_MAX) {
        complain(complaint, "", NULL, "%zu bytes; an event has at most %d", body.bytes, EVENT_BYTES_MAX);
        return WIRE_MALFORMED;
    }
    int code = event_decode(&broker->scratch, body, event_out, complaint);
    if (code != 0)
        return code == EVENT_E_MALFORMED ? WIRE_MALFORMED : WIRE_INVALID;
    if (publisher.key == NULL) {
        complain(complaint, "", NULL, "the key %s was taken away", session->user);
        return WIRE_FORBIDDEN;
    }
    return access_may_publish(&publisher, event_out, complaint) ? WIRE_OK : WIRE_FORBIDDEN;
}

static void intake_refuse(struct broker *broker, const struct session *session, struct intake_item *item,
                          enum wire_code code, const struct complaint *complaint)
{
    arena_reset(&broker->scratch);
    struct text why = arena_printf(&broker->scratch, "%s%s%s%s%s", complaint->field,
                                   complaint->field[0] != '\0' ? ": " : "", complaint->message,
                                   complaint->place[0] != '\0' ? " at " : "", complaint->place);
    intake_item_refuse(item, code, why);
    log_info(LOG_REFUSED, "an event of %s was refused: %s: %.*s", session->publisher, wire_code_name(code),
             TEXT_PRINT(why));
}

/* Judges one body; queues it, or lets its refusal stand. */
static void intake_admit(struct broker *broker, const struct session *session, struct intake_item *item)
{
    struct event event;
    struct complaint complaint = {.message = ""};
    enum wire_code code = intake_judge(broker, session, item->body, &event, &complaint);
    if (code != WIRE_OK) {
        intake_refuse(broker, session, item, code, &complaint);
        item->publication->open--;
        return;
    }
    item->source = event.source;
    item->id = event.id;
    item->type_name = event.type_name;
    item->time_us = event.time_us;
    if (broker->clock.replay && event.type->report) {
        intake_append(&broker->intake.waiting, item);
        return;
    }
    item->stamp_us = clock_stamp_us(&broker->clock, loop_wall_us());
    intake_append(&broker->intake.queue, item);
}

static void intake_refuse_all(struct broker *broker, struct session *session, const struct message *message,
                              enum wire_code code)
{
    struct wire_result *results = arena_alloc(&broker->arena, (message->count + 1) * sizeof(*results));
    for (size_t i = 0; i < message->count; i++)
        results[i] = (struct wire_result){.code = code, .text = text_from(wire_code_meaning(code))};
    struct message accepted = {
        .verb = VERB_ACCEPTED, .tag = message->tag, .results = results, .count = message->count};
    session_send(broker, session, &accepted);
}

void intake_publish(struct broker *broker, struct session *session, const struct message *message,
                    struct bytes payload)
{
    struct text publisher = text_from(session->publisher);
    size_t bytes = publication_bytes(message->count, payload.bytes, publisher.bytes);
    if (broker->stopping || broker->intake.bytes + bytes > QUEUE_BYTES_MAX) {
        intake_refuse_all(broker, session, message, broker->stopping ? WIRE_STOPPING : WIRE_BUSY);
        return;
    }
    struct publication *publication =
        publication_new(broker, PUBLICATION_PEER, message->count, payload, publisher);
    publication->session = session_ref(session);
    publication->tag = message->tag;
    for (size_t i = 0; i < message->count; i++) {
        publication->items[i].body = publication_rebase(publication, payload, message->bodies[i]);
        intake_admit(broker, session, &publication->items[i]);
    }
    if (publication->open > 0)
        return;
    publication_answer(broker, publication);
    publication_free(broker, publication);
}

bool intake_advance(struct broker *broker, struct session *session, uint64_t tag, int64_t at_us)
{
    if (broker->intake.bytes + publication_bytes(1, 0, 0) > QUEUE_BYTES_MAX)
        return false;
    struct publication *publication =
        publication_new(broker, PUBLICATION_ADVANCE, 1, (struct bytes){NULL, 0}, TEXT_NONE);
    publication->session = session_ref(session);
    publication->tag = tag;
    publication->items[0].time_us = at_us;
    intake_append(&broker->intake.waiting, &publication->items[0]);
    return true;
}

/* ---- the broker's own events ---- */

static void intake_own(struct broker *broker, enum publication_kind kind, struct bytes body, int64_t stamp_us)
{
    struct publication *publication = publication_new(broker, kind, 1, body, TEXT("duband"));
    struct intake_item *item = &publication->items[0];
    struct event event;
    struct complaint complaint = {.message = ""};
    item->body = publication_rebase(publication, body, body);
    if (event_decode(&broker->scratch, item->body, &event, &complaint) != 0)
        die("own event: %s: %s", complaint.field, complaint.message);
    item->source = event.source;
    item->id = event.id;
    item->type_name = event.type_name;
    item->stamp_us = stamp_us;
    intake_append(&broker->intake.queue, item);
}

/* event.conflicted: id and body are made of what conflicts and nothing else, so that a repeat of it is the
 * same event. */
static void intake_record_conflict(struct broker *broker, const struct intake_item *item, uint64_t first_seq)
{
    char hex[DIGEST_HEX_BYTES], identity_hex[DIGEST_HEX_BYTES];
    struct digest body = digest_of(item->body), identity;
    struct digest_state state;
    digest_begin(&state);
    digest_add(&state, item->source.at, item->source.bytes);
    digest_add(&state, "", 1);
    digest_add(&state, item->id.at, item->id.bytes);
    digest_add(&state, body.at, sizeof(body.at));
    digest_add(&state, item->publication->publisher.at, item->publication->publisher.bytes);
    identity = digest_end(&state);
    arena_reset(&broker->scratch);
    struct doc *data = doc_new(&broker->scratch);
    doc_set_int(data, FIELD_SEQ, (int64_t)first_seq);
    doc_set_text(data, FIELD_EVENT, item->type_name);
    doc_set_text(data, FIELD_DIGEST, text_from(digest_hex(&body, hex)));
    doc_set_text(data, FIELD_NAME, item->publication->publisher);
    struct event event = {
        .id = arena_printf(&broker->scratch, "conflict-%s", digest_hex(&identity, identity_hex)),
        .source = TEXT("/duband"),
        .type_name = text_from(event_types[EVENT_EVENT_CONFLICTED].name),
        .type = &event_types[EVENT_EVENT_CONFLICTED],
        .time_us = CIVIL_NEVER_US,
        .data = data};
    buffer_reset(&broker->frame);
    event_encode(&event, &broker->frame);
    intake_own(broker, PUBLICATION_CONFLICT, buffer_view(&broker->frame),
               clock_stamp_us(&broker->clock, loop_wall_us()));
}

/* ---- results ---- */

static void intake_conclude_conflict(struct broker *broker, struct intake_item *item,
                                     const struct append *append)
{
    arena_reset(&broker->scratch);
    struct text why =
        arena_printf(&broker->scratch, "%.*s %.*s is event %llu with another body", TEXT_PRINT(item->source),
                     TEXT_PRINT(item->id), (unsigned long long)append->seq);
    intake_item_refuse(item, WIRE_CONFLICT, why);
    log_notice(LOG_REFUSED, "an event of %.*s was refused: conflict: %.*s",
               TEXT_PRINT(item->publication->publisher), TEXT_PRINT(why));
    ASSERT(item->publication->kind == PUBLICATION_PEER);
    intake_record_conflict(broker, item, append->seq);
}

/* The first one's stamp; 0 if it cannot be read, which leaves the answer true. */
static int64_t intake_received_us(struct broker *broker, uint64_t seq)
{
    struct entry entry;
    size_t count = 0;
    int code = journal_read(broker->reader, seq, 1, EVENT_BYTES_MAX, &entry, &count, NULL);
    return code == 0 && count == 1 ? entry.received_us : 0;
}

static void intake_conclude(struct broker *broker, struct intake_item *item, const struct append *append)
{
    bool strike = item->publication->kind == PUBLICATION_STRIKE;
    item->result->seq = append->seq;
    item->result->received_us = append->received_us;
    if (append->result == APPEND_CONFLICT)
        intake_conclude_conflict(broker, item, append);
    if (append->result == APPEND_DUPLICATE) {
        item->result->duplicate = true;
        item->result->received_us = intake_received_us(broker, append->seq);
    }
    if (strike) {
        ASSERT(append->result == APPEND_NEW);
        clock_struck(&broker->clock, append->seq);
        broker->intake.striking = false;
    }
    intake_settle(broker, item);
}

static void intake_conclude_full(struct broker *broker, struct intake_item *item)
{
    if (item->publication->kind == PUBLICATION_STRIKE)
        broker->intake.striking = false;
    intake_item_refuse(item, WIRE_FULL, text_from(wire_code_meaning(WIRE_FULL)));
    intake_settle(broker, item);
}

static void intake_on_commit(void *context, int code)
{
    struct broker *broker = context;
    struct intake *intake = &broker->intake;
    size_t count = intake->batch_count;
    if (code < 0) {
        log_error(LOG_JOURNAL_FAILED, "the commit of %zu events failed: %s", count, error_text(code));
        broker_fail(broker, code);
        return;
    }
    if (code == JOURNAL_E_FULL) {
        log_error(LOG_JOURNAL_FAILED, "the disk or the journal's quota is full: %zu events refused", count);
        intake->full_until_us = loop_monotonic_us() + INTAKE_FULL_PAUSE_US;
    }
    ASSERT(code == 0 || code == JOURNAL_E_FULL);
    intake->batch_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (code == 0)
            intake_conclude(broker, intake->batch_items[i], &intake->batch[i]);
        else
            intake_conclude_full(broker, intake->batch_items[i]);
    }
}

/* ---- the turn ---- */

static void intake_strike(struct broker *broker, int64_t at_us, int64_t stamp_us)
{
    arena_reset(&broker->scratch);
    buffer_reset(&broker->frame);
    clock_strike_event(&broker->scratch, at_us, stamp_us, journal_head(broker->journal), &broker->frame);
    intake_own(broker, PUBLICATION_STRIKE, buffer_view(&broker->frame), stamp_us);
    broker->intake.striking = true;
}

/* The oldest that waits may go on; an advance is answered here. */
static void intake_release(struct broker *broker, int64_t stamp_us)
{
    struct intake_item *item = intake_take_first(&broker->intake.waiting);
    item->stamp_us = stamp_us;
    if (item->publication->kind == PUBLICATION_ADVANCE)
        intake_settle(broker, item);
    else
        intake_append(&broker->intake.queue, item);
}

/* Replay moves only when nothing is under way: then the head is all there is, and one step is taken. */
static void intake_clock_replay(struct broker *broker)
{
    struct intake *intake = &broker->intake;
    while (intake->queue.first == NULL && writer_is_idle(intake->writer)) {
        const struct intake_item *oldest = intake->waiting.first;
        int64_t event_us = CIVIL_NEVER_US, at_us = 0, stamp_us = 0;
        if (oldest != NULL)
            event_us = oldest->time_us != CIVIL_NEVER_US ? oldest->time_us : broker->clock.now_us;
        enum clock_step step =
            clock_next(&broker->clock, 0, journal_head(broker->journal), event_us, &at_us, &stamp_us);
        if (step == CLOCK_WAIT)
            return;
        if (step == CLOCK_STRIKE)
            intake_strike(broker, at_us, stamp_us);
        else
            intake_release(broker, stamp_us);
    }
}

static void intake_clock_live(struct broker *broker)
{
    int64_t at_us = CIVIL_NEVER_US, stamp_us = 0, wall_us = loop_wall_us();
    if (broker->intake.striking)
        return;
    enum clock_step step =
        clock_next(&broker->clock, wall_us, journal_head(broker->journal), CIVIL_NEVER_US, &at_us, &stamp_us);
    if (step == CLOCK_STRIKE)
        intake_strike(broker, at_us, stamp_us);
    else if (at_us != CIVIL_NEVER_US)
        loop_timer_arm_us(broker->alarm, at_us > wall_us ? at_us - wall_us : 0);
}

static void intake_submit(struct broker *broker)
{
    struct intake *intake = &broker->intake;
    size_t bytes = 0;
    while (intake->queue.first != NULL && intake->batch_count < COMMIT_EVENTS_MAX &&
           (intake->batch_count == 0 || bytes + intake->queue.first->body.bytes <= COMMIT_BYTES_MAX)) {
        struct intake_item *item = intake_take_first(&intake->queue);
        bytes += item->body.bytes;
        intake->batch_items[intake->batch_count] = item;
        intake->batch[intake->batch_count++] = (struct append){.body = item->body,
                                                               .publisher = item->publication->publisher,
                                                               .source = item->source,
                                                               .id = item->id,
                                                               .received_us = item->stamp_us};
    }
    writer_submit(intake->writer, intake->batch, intake->batch_count);
}

void intake_turn(struct broker *broker)
{
    struct intake *intake = &broker->intake;
    if (!broker->stopping && loop_monotonic_us() >= intake->full_until_us) {
        if (broker->clock.replay)
            intake_clock_replay(broker);
        else
            intake_clock_live(broker);
    }
    if (writer_is_idle(intake->writer) && intake->queue.first != NULL)
        intake_submit(broker);
}

bool intake_is_empty(const struct broker *broker)
{
    return broker->intake.queue.first == NULL && writer_is_idle(broker->intake.writer);
}

static void intake_drop(struct broker *broker, struct intake_list *list, enum wire_code code)
{
    while (list->first != NULL) {
        struct intake_item *item = intake_take_first(list);
        intake_item_refuse(item, code, text_from(wire_code_meaning(code)));
        intake_settle(broker, item);
    }
}

void intake_stop(struct broker *broker)
{
    intake_drop(broker, &broker->intake.waiting, WIRE_STOPPING);
}

int intake_open(struct broker *broker)
{
    struct intake *intake = &broker->intake;
    intake->batch = memory_alloc(COMMIT_EVENTS_MAX * sizeof(*intake->batch));
    intake->batch_items = memory_alloc(COMMIT_EVENTS_MAX * sizeof(*intake->batch_items));
    return writer_open(broker->loop, broker->journal, intake_on_commit, broker, &intake->writer);
}

/* Called without sessions: nobody is answered. */
void intake_close(struct broker *broker)
{
    struct intake *intake = &broker->intake;
    if (intake->writer != NULL)
        writer_close(intake->writer);
    for (size_t i = 0; i < intake->batch_count; i++)
        intake_settle(broker, intake->batch_items[i]);
    intake_drop(broker, &intake->waiting, WIRE_STOPPING);
    intake_drop(broker, &intake->queue, WIRE_STOPPING);
    ASSERT(intake->bytes == 0);
    free(intake->batch);
    free(intake->batch_items);
}
