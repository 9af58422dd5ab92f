/* client_read.c - libduban's reading: subscriptions, which resume where they were, and queries.
 *
 * Subscriptions are announced one after another: each waits for the first EVENTS of the one before, which
 * come at once. So when the broker answers ERROR gone, it is known to which.
 */
#include "proto/client_parts.h"

#include <stdlib.h>

#include "proto/check.h"

enum { CLIENT_CREDIT = 1024, CLIENT_FILTER_BYTES_MAX = 1 << 20, CLIENT_ARGS_BYTES_MAX = EVENT_BYTES_MAX };

/* ---- subscribing ---- */

static struct client_subscription *client_subscription_find(struct duban *client, uint64_t number)
{
    for (size_t i = 0; number > 0 && i < CLIENT_SUBSCRIPTIONS_MAX; i++)
        if ((uint64_t)client->subscriptions[i].number == number)
            return &client->subscriptions[i];
    return NULL;
}

static struct client_subscription *client_subscription_free_place(struct duban *client)
{
    for (size_t i = 0; i < CLIENT_SUBSCRIPTIONS_MAX; i++)
        if (client->subscriptions[i].number == 0)
            return &client->subscriptions[i];
    return NULL;
}

static void client_subscription_drop(struct client_subscription *subscription)
{
    arena_close(&subscription->arena);
    subscription->number = 0;
}

/* A copy of one text of a filter; what the broker would call malformed is refused here. */
static int client_filter_text(struct arena *arena, const char *key, const char *given, struct text *out,
                              struct complaint *complaint)
{
    struct path path = {NULL, text_from(key), PATH_NO_INDEX};
    int code = check_line(&path, text_from(given), 1, NAME_BYTES_MAX, complaint);
    if (code == 0)
        *out = arena_text_copy(arena, text_from(given));
    return code;
}

static int client_filter_list(struct arena *arena, const char *key, const char *const *given,
                              const struct text **texts_out, size_t *count_out, struct complaint *complaint)
{
    size_t count = 0;
    while (given != NULL && given[count] != NULL)
        count++;
    if (count > LIST_COUNT_MAX) {
        complain(complaint, key, "", "%zu items; at most %d are allowed", count, LIST_COUNT_MAX);
        return CHECK_E_INVALID;
    }
    struct text *texts = arena_alloc(arena, (count + 1) * sizeof(*texts));
    int code = 0;
    for (size_t i = 0; i < count && code == 0; i++)
        code = client_filter_text(arena, key, given[i], &texts[i], complaint);
    *texts_out = texts;
    *count_out = count;
    return code;
}

static int client_filter(struct arena *arena, const struct duban_filter *raw, struct wire_filter *out,
                         struct complaint *complaint)
{
    struct duban_filter given = {.size = sizeof(given)};
    if (raw != NULL)
        memcpy(&given, raw, raw->size < sizeof(given) ? raw->size : sizeof(given));
    *out = (struct wire_filter){.cause = given.cause};
    int code = client_filter_list(arena, "types", given.types, &out->types, &out->types_count, complaint);
    if (code == 0)
        code = client_filter_list(arena, "charters", given.charters, &out->charters, &out->charters_count,
                                  complaint);
    if (code == 0 && given.publisher != NULL)
        code = client_filter_text(arena, "publisher", given.publisher, &out->publisher, complaint);
    if (code == 0 && given.subject != NULL)
        code = client_filter_text(arena, "subject", given.subject, &out->subject, complaint);
    return code;
}

int duban_subscribe(struct duban *client, uint64_t from, const struct duban_filter *filter,
                    duban_on_entry *on_entry, duban_on_through *on_through, void *context)
{
    struct complaint complaint;
    struct client_subscription *subscription = client_subscription_free_place(client);
    if (subscription == NULL)
        return client_fail(client, DUBAN_FULL, "more than %d subscriptions", CLIENT_SUBSCRIPTIONS_MAX);
    if (from >> 53 != 0 || (filter != NULL && filter->cause >> 53 != 0))
        return client_fail(client, DUBAN_INVALID, "a sequence number is below 2^53");
    *subscription = (struct client_subscription){
        .next = from, .on_entry = on_entry, .on_through = on_through, .context = context};
    arena_open(&subscription->arena, CLIENT_FILTER_BYTES_MAX);
    if (client_filter(&subscription->arena, filter, &subscription->filter, &complaint) != 0) {
        client_subscription_drop(subscription);
        return client_invalid(client, &complaint);
    }
    subscription->number = ++client->subscriptions_made;
    client_hurry(client);
    return subscription->number;
}

void duban_unsubscribe(struct duban *client, int number)
{
    struct client_subscription *subscription =
        number > 0 ? client_subscription_find(client, (uint64_t)number) : NULL;
    if (subscription == NULL)
        return;
    if (client->ready && subscription->announced)
        (void)client_send(client, &(struct message){.verb = VERB_UNSUBSCRIBE, .sub = (uint64_t)number});
    client_subscription_drop(subscription);
    client_hurry(client); /* sending may have swallowed the socket's edge; another may be announced */
}

/* ---- announcing, granting ---- */

/* "Only what is new" begins at the head of that moment; if the session is lost before the broker said which
 * that was, at the head known before, so that nothing is left out. */
static uint64_t client_subscription_from(const struct duban *client, struct client_subscription *subscription)
{
    if (subscription->next == 0 && subscription->floor == 0)
        subscription->floor = client->head + 1;
    else if (subscription->next == 0)
        subscription->next = subscription->floor;
    return subscription->next;
}

static void client_subscription_announce(struct duban *client, struct client_subscription *subscription)
{
    struct message message = {.verb = VERB_SUBSCRIBE,
                              .sub = (uint64_t)subscription->number,
                              .from = client_subscription_from(client, subscription),
                              .credit = CLIENT_CREDIT,
                              .filter = subscription->filter};
    subscription->announced = client_send(client, &message);
    subscription->answered = false;
    subscription->credit = CLIENT_CREDIT;
}

static void client_subscription_grant(struct duban *client, struct client_subscription *subscription)
{
    struct message message = {.verb = VERB_CREDIT,
                              .sub = (uint64_t)subscription->number,
                              .credit = CLIENT_CREDIT - subscription->credit};
    if (subscription->credit <= CLIENT_CREDIT / 2 && client_send(client, &message))
        subscription->credit = CLIENT_CREDIT;
}

/* The one that was announced and not answered; NULL if there is none. */
static struct client_subscription *client_subscription_unanswered(struct duban *client)
{
    for (size_t i = 0; i < CLIENT_SUBSCRIPTIONS_MAX; i++) {
        struct client_subscription *subscription = &client->subscriptions[i];
        if (subscription->number != 0 && subscription->announced && !subscription->answered)
            return subscription;
    }
    return NULL;
}

static void client_query_send(struct duban *client);

void client_reads_send(struct duban *client)
{
    for (size_t i = 0; i < CLIENT_SUBSCRIPTIONS_MAX; i++) {
        struct client_subscription *subscription = &client->subscriptions[i];
        if (subscription->number == 0)
            continue;
        if (subscription->announced)
            client_subscription_grant(client, subscription);
        else if (client_subscription_unanswered(client) == NULL)
            client_subscription_announce(client, subscription);
    }
    client_query_send(client);
}

void client_reads_reset(struct duban *client)
{
    for (size_t i = 0; i < CLIENT_SUBSCRIPTIONS_MAX; i++)
        client->subscriptions[i].announced = false;
    client->query.sent = false;
}

void client_reads_free(struct duban *client)
{
    for (size_t i = 0; i < CLIENT_SUBSCRIPTIONS_MAX; i++)
        if (client->subscriptions[i].number != 0)
            client_subscription_drop(&client->subscriptions[i]);
    buffer_close(&client->query.rows_json);
}

static void client_subscription_end(struct duban *client, struct client_subscription *subscription, int code,
                                    const char *text)
{
    int number = subscription->number;
    client_subscription_drop(subscription);
    client->ended = true;
    (void)client_fail(client, DUBAN_SYSTEM, "%s", text);
    client_trouble(client, code, number, text);
}

void client_subscription_gone(struct duban *client, const char *text)
{
    struct client_subscription *subscription = client_subscription_unanswered(client);
    if (subscription != NULL)
        client_subscription_end(client, subscription, WIRE_GONE, text);
}

void client_subscriptions_end(struct duban *client, int code, const char *text)
{
    for (size_t i = 0; i < CLIENT_SUBSCRIPTIONS_MAX; i++)
        if (client->subscriptions[i].number != 0)
            client_subscription_end(client, &client->subscriptions[i], code, text);
}

/* ---- entries ---- */

/* Hands one entry on. False: the subscription has ended. */
static bool client_entry(struct duban *client, struct client_subscription *subscription,
                         const struct entry *entry)
{
    int number = subscription->number, end = 0;
    struct duban_entry given = {.seq = entry->seq,
                                .received_us = entry->received_us,
                                .publisher = arena_text_copy(&client->arena, entry->publisher).at,
                                .event = entry->body.at,
                                .event_bytes = entry->body.bytes};
    subscription->credit -= subscription->credit > 0 ? 1 : 0;
    if (entry->seq < subscription->next)
        return true;
    subscription->next = entry->seq + 1;
    if (subscription->on_entry != NULL)
        end = subscription->on_entry(subscription->context, &given);
    if (client->closing || subscription->number != number)
        return false;
    if (end != 0)
        duban_unsubscribe(client, number);
    return end == 0;
}

void client_events(struct duban *client, const struct message *message)
{
    struct client_subscription *subscription = client_subscription_find(client, message->sub);
    if (subscription == NULL)
        return; /* it crossed an UNSUBSCRIBE on its way */
    subscription->answered = true;
    for (size_t i = 0; i < message->count; i++)
        if (!client_entry(client, subscription, &message->entries[i]))
            return;
    if (message->through >= subscription->next)
        subscription->next = message->through + 1;
    if (subscription->on_through == NULL)
        return;
    int end = subscription->on_through(subscription->context, message->through, message->head);
    if (end != 0 && !client->closing)
        duban_unsubscribe(client, (int)message->sub);
}

/* A copy for the caller to free(); NULL without memory. */
static char *client_string(struct text t)
{
    char *copy = malloc(t.bytes + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, t.at, t.bytes);
    copy[t.bytes] = '\0';
    return copy;
}

char *duban_entry_json(const struct duban_entry *given)
{
    struct arena arena;
    struct event event;
    struct complaint complaint;
    char *json = NULL;
    struct entry entry = {.seq = given->seq,
                          .received_us = given->received_us,
                          .publisher = client_text(given->publisher),
                          .body = {given->event, given->event_bytes}};
    arena_open(&arena, ARENA_BYTES_MAX);
    if (entry_decode(&arena, &entry, &event, &complaint) == 0) {
        struct text text = event_to_json(&arena, &event, true);
        json = client_string(text);
    }
    arena_close(&arena);
    return json;
}

/* ---- queries ---- */

static void client_query_send(struct duban *client)
{
    struct client_query *query = &client->query;
    struct message message = {
        .verb = VERB_QUERY, .tag = query->tag, .name = query->what, .args = query->args};
    if (query->tag != 0 && !query->sent && !query->done)
        query->sent = client_send(client, &message);
}

static int client_answer_rows(struct duban *client, const struct message *message)
{
    struct buffer *json = &client->query.rows_json;
    buffer_append(json, "[", 1);
    for (size_t i = 0; i < message->count; i++) {
        struct doc *row;
        struct complaint complaint;
        if (doc_decode(&client->arena, message->rows[i], "row.", &row, &complaint) != 0)
            return client_fail(client, DUBAN_INVALID, "row %zu of the answer: %s: %s", i, complaint.field,
                               complaint.message);
        struct text text = doc_to_json(&client->arena, row);
        buffer_append(json, ",", i > 0 ? 1 : 0);
        buffer_append(json, text.at, text.bytes);
    }
    buffer_append(json, "]", 1);
    return DUBAN_OK;
}

void client_answer(struct duban *client, const struct message *message)
{
    struct client_query *query = &client->query;
    if (query->tag == 0 || query->tag != message->tag || query->done)
        return; /* of one that gave up */
    query->done = true;
    query->more = message->more;
    if (message->ok)
        query->code = client_answer_rows(client, message);
    else
        query->code =
            client_fail(client, (int)message->code, "%.*s",
                        TEXT_PRINT(message->text.bytes > 0 ? message->text
                                                           : text_from(wire_code_meaning(message->code))));
}

static int client_query_wait(struct duban *client, unsigned timeout_ms)
{
    int64_t until_ms = client_now_ms() + timeout_ms;
    int code = DUBAN_OK;
    client_hurry(client);
    while (code == DUBAN_OK && !client->query.done && !client->closing) {
        int64_t left_ms = until_ms - client_now_ms();
        code = left_ms > 0 ? client_step(client, left_ms)
                           : client_fail(client, DUBAN_TIMEOUT, "no answer within %u ms", timeout_ms);
    }
    return code != DUBAN_OK ? code : client->query.code;
}

/* The question, checked and encoded. */
static int client_query_make(struct duban *client, const char *what, const char *args_json,
                             struct buffer *args)
{
    struct doc *doc;
    struct complaint complaint;
    struct path path = {NULL, TEXT("query"), PATH_NO_INDEX};
    arena_reset(&client->scratch);
    if (check_line(&path, client_text(what), 1, NAME_BYTES_MAX, &complaint) != 0 ||
        doc_from_json(&client->scratch, text_from(args_json != NULL ? args_json : "{}"), &doc, &complaint) !=
            0)
        return client_invalid(client, &complaint);
    if (doc_check(doc, NULL, "args.", &complaint) != 0)
        return client_invalid(client, &complaint);
    doc_encode(doc, args);
    if (args->bytes > CLIENT_ARGS_BYTES_MAX)
        return client_fail(client, DUBAN_INVALID, "the arguments have %zu bytes; at most %d are allowed",
                           args->bytes, CLIENT_ARGS_BYTES_MAX);
    return DUBAN_OK;
}

int duban_query(struct duban *client, const char *what, const char *args_json, unsigned timeout_ms,
                char **rows_json_out, int *more_out)
{
    struct buffer args;
    struct client_query *query = &client->query;
    int code = client_enter(client);
    if (code != DUBAN_OK)
        return code;
    buffer_open(&args, ARENA_BYTES_MAX);
    code = client_query_make(client, what, args_json, &args);
    if (code == DUBAN_OK) {
        buffer_reset(&query->rows_json);
        query->sent = query->done = false;
        query->tag = ++client->tags;
        query->what = text_from(what);
        query->args = buffer_view(&args);
        code = client_query_wait(client, timeout_ms);
        query->tag = 0;
    }
    buffer_close(&args);
    if (code == DUBAN_OK && !client->closing) {
        *rows_json_out = client_string(buffer_text(&query->rows_json));
        if (more_out != NULL)
            *more_out = query->more;
        if (*rows_json_out == NULL)
            code = client_fail(client, DUBAN_SYSTEM, "no memory");
    }
    return client_leave(client, code);
}
