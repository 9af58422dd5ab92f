/* client_publish.c - libduban's publishing: checks and encodes, keeps until acknowledged, sends in batches.
 *
 * Results come in the order of a PUBLISH's bodies. An event may have gone several times when its answer
 * comes; it remembers in which messages and where, so that any of the answers settles it.
 */
#include "proto/client_parts.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    CLIENT_RESEND_MS_MAX = 30000,
    CLIENT_BUSY_MS = 200, /* before anything goes after BUSY; doubles */
    CLIENT_BUSY_MS_MAX = 5000,
    CLIENT_BODY_OVERHEAD_BYTES = 8,
    CLIENT_BATCH_BYTES = MESSAGE_BYTES_MAX - 4096,
    CLIENT_ENCODED_BYTES_MAX = 64 << 20 /* above what fields within their bounds can come to */
};

/* ---- taking events in ---- */

static int client_data(struct duban *client, const struct duban_event *given, struct event *event,
                       struct complaint *complaint)
{
    struct doc *data = doc_new(&client->scratch);
    int code = 0;
    if (given->data_json != NULL)
        code = doc_from_json(&client->scratch, text_from(given->data_json), &data, complaint);
    else if (given->data != NULL)
        code = doc_decode(&client->scratch, (struct bytes){given->data, given->data_bytes}, "data.", &data,
                          complaint);
    event->data = data;
    return code;
}

static int client_type(struct event *event, struct complaint *complaint)
{
    const char *nearest = NULL;
    event->type = event_type_find(event->type_name, &nearest);
    if (event->type != NULL)
        return 0;
    complain(complaint, "type", "", "unknown type `%.*s`%s%s", TEXT_PRINT(event->type_name),
             nearest != NULL ? "; nearest known: " : "", nearest != NULL ? nearest : "");
    return EVENT_E_INVALID;
}

/* A time is not made up: with it, the same event published again would be another one (PROTOCOL.md section
 * 8), and the receive stamp says when. */
static void client_identify(struct duban *client, struct event *event)
{
    if (event->id.at == NULL)
        event->id = event_new_id(&client->scratch, client_wall_us());
    if (event->source.at == NULL)
        event->source = arena_printf(&client->scratch, "/%s", client->name);
}

static int client_event(struct duban *client, const struct duban_event *raw, struct event *event,
                        struct complaint *complaint)
{
    struct duban_event given = {.size = sizeof(given)};
    memcpy(&given, raw, raw->size < sizeof(given) ? raw->size : sizeof(given));
    if (raw->size < offsetof(struct duban_event, type) + sizeof(raw->type)) {
        complain(complaint, "size", "", "is not set: it must be sizeof(struct duban_event)");
        return EVENT_E_INVALID;
    }
    *event = (struct event){.id = client_text(given.id),
                            .source = client_text(given.source),
                            .type_name = client_text(given.type),
                            .subject = client_text(given.subject),
                            .charter = client_text(given.charter),
                            .actor = client_text(given.actor),
                            .traceparent = client_text(given.traceparent),
                            .time_us = CIVIL_NEVER_US};
    int code = client_type(event, complaint);
    if (code != 0)
        return code;
    if (given.time != NULL && !civil_parse_time(text_from(given.time), &event->time_us, &event->time_zone)) {
        complain(complaint, "time", "", "`%s` is no RFC 3339 instant with an offset", given.time);
        return EVENT_E_INVALID;
    }
    client_identify(client, event);
    code = client_data(client, &given, event, complaint);
    return code != 0 ? code : event_check(event, complaint);
}

/* Takes a copy of a checked, encoded event. */
static int client_enqueue(struct duban *client, struct bytes body, struct text id, duban_on_ack *on_ack,
                          void *context)
{
    if (client->pending_count >= client->unacknowledged_max)
        return client_fail(client, DUBAN_FULL, "%zu events are unacknowledged", client->pending_count);
    struct client_pending *pending = malloc(sizeof(*pending) + body.bytes);
    if (pending == NULL)
        return client_fail(client, DUBAN_SYSTEM, "no memory");
    *pending = (struct client_pending){.number = ++client->numbers,
                                       .wait_ms = client->resend_ms,
                                       .on_ack = on_ack,
                                       .context = context,
                                       .bytes = body.bytes};
    (void)snprintf(pending->id, sizeof(pending->id), "%.*s", TEXT_PRINT(id));
    memcpy(pending->body, body.at, body.bytes);
    *client->last = pending;
    client->last = &pending->next;
    client->pending_count++;
    client_hurry(client);
    return DUBAN_OK;
}

static int client_publish(struct duban *client, const struct event *event, duban_on_ack *on_ack,
                          void *context)
{
    struct buffer body;
    buffer_open(&body, CLIENT_ENCODED_BYTES_MAX);
    event_encode(event, &body);
    int code = body.bytes > EVENT_BYTES_MAX
                   ? client_fail(client, DUBAN_INVALID, "the event has %zu bytes; at most %d are allowed",
                                 body.bytes, EVENT_BYTES_MAX)
                   : client_enqueue(client, buffer_view(&body), event->id, on_ack, context);
    buffer_close(&body);
    return code;
}

int duban_publish(struct duban *client, const struct duban_event *given, duban_on_ack *on_ack, void *context)
{
    struct event event;
    struct complaint complaint;
    arena_reset(&client->scratch);
    if (client_event(client, given, &event, &complaint) != 0)
        return client_invalid(client, &complaint);
    return client_publish(client, &event, on_ack, context);
}

int duban_publish_bytes(struct duban *client, const void *at, size_t bytes, duban_on_ack *on_ack,
                        void *context)
{
    struct event event;
    struct complaint complaint;
    arena_reset(&client->scratch);
    if (bytes > EVENT_BYTES_MAX)
        return client_fail(client, DUBAN_INVALID, "the event has %zu bytes; at most %d are allowed", bytes,
                           EVENT_BYTES_MAX);
    if (event_decode(&client->scratch, (struct bytes){at, bytes}, &event, &complaint) != 0)
        return client_invalid(client, &complaint);
    return client_enqueue(client, (struct bytes){at, bytes}, event.id, on_ack, context);
}

int duban_publish_json(struct duban *client, const char *json, size_t bytes, duban_on_ack *on_ack,
                       void *context)
{
    struct event event;
    struct complaint complaint;
    arena_reset(&client->scratch);
    if (event_from_json(&client->scratch, (struct text){json, bytes}, &event, &complaint) != 0)
        return client_invalid(client, &complaint);
    client_identify(client, &event);
    if (event_check(&event, &complaint) != 0)
        return client_invalid(client, &complaint);
    return client_publish(client, &event, on_ack, context);
}

size_t duban_unacknowledged(const struct duban *client)
{
    return client->pending_count;
}

/* ---- sending ---- */

static unsigned client_twice(unsigned wait_ms, unsigned max_ms)
{
    return wait_ms < max_ms / 2 ? wait_ms * 2 : max_ms;
}

static void client_pending_note(struct client_pending *pending, uint64_t tag, size_t index, int64_t now_ms)
{
    pending->sendings[pending->sendings_count++ % CLIENT_SENDINGS_MAX] = (struct client_sending){tag, index};
    pending->due_ms = now_ms + pending->wait_ms;
    pending->wait_ms = client_twice(pending->wait_ms, CLIENT_RESEND_MS_MAX);
}

/* One PUBLISH with the oldest events that may go: those that wait, and those whose acknowledgement is
 * overdue. False: there were none, or the socket takes no more. */
static bool client_pending_send_batch(struct duban *client, int64_t now_ms)
{
    struct bytes bodies[BATCH_EVENTS_MAX];
    struct client_pending *chosen[BATCH_EVENTS_MAX], *pending = client->first;
    size_t count = 0, bytes = 0;
    for (; pending != NULL && count < BATCH_EVENTS_MAX; pending = pending->next) {
        if (now_ms < pending->due_ms)
            continue;
        bytes += pending->bytes + CLIENT_BODY_OVERHEAD_BYTES;
        if (count > 0 && bytes > CLIENT_BATCH_BYTES)
            break;
        chosen[count] = pending;
        bodies[count++] = (struct bytes){pending->body, pending->bytes};
    }
    struct message message = {
        .verb = VERB_PUBLISH, .tag = client->tags + 1, .bodies = bodies, .count = count};
    if (count == 0 || !client_send(client, &message))
        return false;
    client->tags++;
    for (size_t i = 0; i < count; i++)
        client_pending_note(chosen[i], message.tag, i, now_ms);
    return true;
}

void client_pending_send(struct duban *client, int64_t now_ms)
{
    if (now_ms < client->hold_until_ms)
        return;
    while (client_pending_send_batch(client, now_ms))
        continue;
}

int64_t client_pending_due_ms(const struct duban *client)
{
    int64_t due_ms = INT64_MAX;
    if (client->blocked || client->first == NULL)
        return INT64_MAX; /* room in the socket wakes us */
    for (const struct client_pending *pending = client->first; pending != NULL; pending = pending->next)
        due_ms = pending->due_ms < due_ms ? pending->due_ms : due_ms;
    return due_ms > client->hold_until_ms ? due_ms : client->hold_until_ms;
}

void client_pending_reset(struct duban *client)
{
    client->hold_until_ms = 0;
    for (struct client_pending *pending = client->first; pending != NULL; pending = pending->next) {
        pending->sendings_count = 0;
        pending->due_ms = 0;
        pending->wait_ms = client->resend_ms;
    }
}

void client_pending_free(struct duban *client)
{
    while (client->first != NULL) {
        struct client_pending *pending = client->first;
        client->first = pending->next;
        free(pending);
    }
}

/* ---- acknowledgements ---- */

static void client_wait_acknowledged(struct duban *client, const struct duban_ack *ack)
{
    (void)snprintf(client->wait_text, sizeof(client->wait_text), "%s", ack->text);
    (void)snprintf(client->wait_id, sizeof(client->wait_id), "%s", ack->id);
    client->wait_ack = *ack;
    client->wait_ack.text = client->wait_text;
    client->wait_ack.id = client->wait_id;
    client->wait_number = 0;
}

static void client_acknowledge(struct duban *client, struct client_pending **link,
                               const struct wire_result *result)
{
    struct client_pending *pending = *link;
    char text[COMPLAINT_BYTES_MAX];
    (void)snprintf(
        text, sizeof(text), "%.*s",
        TEXT_PRINT(result->text.bytes > 0 ? result->text : text_from(wire_code_meaning(result->code))));
    struct duban_ack ack = {.code = (int)result->code,
                            .duplicate = result->duplicate,
                            .seq = result->seq,
                            .received_us = result->received_us,
                            .id = pending->id,
                            .text = text};
    *link = pending->next;
    if (client->last == &pending->next)
        client->last = link;
    client->pending_count--;
    client->busy_ms = 0;
    client->head = result->seq > client->head ? result->seq : client->head;
    if (pending->number == client->wait_number)
        client_wait_acknowledged(client, &ack);
    if (pending->on_ack != NULL)
        pending->on_ack(pending->context, &ack);
    free(pending);
}

/* Not now: nothing goes for a while, then this one first, so that later events don't overtake it. */
static void client_postpone(struct duban *client, struct client_pending *pending, enum wire_code code)
{
    int64_t now_ms = client_now_ms();
    pending->due_ms = 0;
    client->held_code = code;
    if (now_ms >= client->hold_until_ms) {
        client->busy_ms =
            client->busy_ms == 0 ? CLIENT_BUSY_MS : client_twice(client->busy_ms, CLIENT_BUSY_MS_MAX);
        client->hold_until_ms = now_ms + client->busy_ms;
    }
    (void)client_fail(client, DUBAN_TIMEOUT, "the broker says %s: %s", wire_code_name(code),
                      wire_code_meaning(code));
}

/* Its place in the PUBLISH with that tag; SIZE_MAX if it was not in it. */
static size_t client_pending_index(const struct client_pending *pending, uint64_t tag)
{
    unsigned count = pending->sendings_count < CLIENT_SENDINGS_MAX ? pending->sendings_count
                                                                   : (unsigned)CLIENT_SENDINGS_MAX;
    for (unsigned i = 0; i < count; i++)
        if (pending->sendings[i].tag == tag)
            return pending->sendings[i].index;
    return SIZE_MAX;
}

static struct client_pending **client_pending_find(struct duban *client, uint64_t number)
{
    for (struct client_pending **link = &client->first; *link != NULL; link = &(*link)->next)
        if ((*link)->number == number)
            return link;
    return NULL;
}

/* A callback may publish and so change the list: links are found anew by number. */
void client_accepted(struct duban *client, const struct message *message)
{
    uint64_t numbers[BATCH_EVENTS_MAX] = {0};
    size_t found = 0;
    for (struct client_pending *pending = client->first; pending != NULL && found < message->count;
         pending = pending->next) {
        size_t index = client_pending_index(pending, message->tag);
        if (index >= message->count)
            continue;
        numbers[index] = pending->number;
        found++;
    }
    for (size_t i = 0; i < message->count && !client->closing; i++) {
        struct client_pending **link = numbers[i] != 0 ? client_pending_find(client, numbers[i]) : NULL;
        if (link == NULL)
            continue; /* another of its sendings was answered before */
        if (wire_code_retry(message->results[i].code))
            client_postpone(client, *link, message->results[i].code);
        else
            client_acknowledge(client, link, &message->results[i]);
    }
}

/* ---- without a loop ---- */

/* What the broker said last if it takes nothing now: a full disk should not look like silence. */
static const char *client_held_why(const struct duban *client)
{
    return client->busy_ms > 0 ? wire_code_meaning(client->held_code) : "no answer";
}

int duban_flush(struct duban *client, unsigned timeout_ms)
{
    int64_t until_ms = client_now_ms() + timeout_ms;
    int code = client_enter(client);
    if (code != DUBAN_OK)
        return code;
    while (code == DUBAN_OK && client->pending_count > 0 && !client->closing) {
        int64_t left_ms = until_ms - client_now_ms();
        code = left_ms > 0 ? client_step(client, left_ms)
                           : client_fail(client, DUBAN_TIMEOUT, "%zu events are not acknowledged: %s",
                                         client->pending_count, client_held_why(client));
    }
    return client_leave(client, code);
}

/* For the event published last. */
static int client_wait_acknowledgement(struct duban *client, unsigned timeout_ms)
{
    int64_t until_ms = client_now_ms() + timeout_ms;
    int code = DUBAN_OK;
    client->wait_number = client->numbers;
    while (code == DUBAN_OK && client->wait_number != 0 && !client->closing) {
        int64_t left_ms = until_ms - client_now_ms();
        code = left_ms > 0 ? client_step(client, left_ms)
                           : client_fail(client, DUBAN_TIMEOUT, "not acknowledged within %u ms: %s",
                                         timeout_ms, client_held_why(client));
    }
    client->wait_number = 0;
    return code;
}

int duban_publish_wait(struct duban *client, const struct duban_event *event, unsigned timeout_ms,
                       struct duban_ack *ack_out)
{
    int code = client_enter(client);
    if (code != DUBAN_OK)
        return code;
    client->wait_ack = (struct duban_ack){.id = "", .text = ""};
    code = duban_publish(client, event, NULL, NULL);
    if (code == DUBAN_OK)
        code = client_wait_acknowledgement(client, timeout_ms);
    if (code != DUBAN_OK)
        client->wait_ack.code = code;
    else if (client->wait_ack.code != DUBAN_OK)
        code = client_fail(client, client->wait_ack.code, "%s", client->wait_text);
    if (ack_out != NULL && !client->closing)
        *ack_out = client->wait_ack;
    return client_leave(client, code);
}
