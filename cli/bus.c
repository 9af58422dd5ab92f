/* bus.c - see bus.h. */
#include "cli/bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "config/settings.h"
#include "proto/wire.h"

enum { BUS_PATIENCE_MS = 1000 };

/* Says on a terminal that it waits; then waits for the rest of the time. */
static int bus_wait_ready(struct duban *client, unsigned timeout_ms)
{
    unsigned first_ms = timeout_ms < BUS_PATIENCE_MS ? timeout_ms : BUS_PATIENCE_MS;
    int code = duban_wait_ready(client, first_ms);
    if (code != DUBAN_TIMEOUT || first_ms == timeout_ms)
        return code;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "dubanctl: waiting for the broker, %u s at most\n", timeout_ms / 1000);
    return duban_wait_ready(client, timeout_ms - first_ms);
}

unsigned bus_timeout_ms(const struct invocation *invocation)
{
    int64_t timeout_ms = invocation->options.timeout_ms;
    return timeout_ms < INT32_MAX ? (unsigned)timeout_ms : INT32_MAX;
}

/* What --endpoint or $DUBAN_ENDPOINT says, else where this installation's duband opens its door. NULL:
 * libduban's own default. */
static const char *bus_endpoint(struct invocation *invocation)
{
    const char *named = getenv("DUBAN_ENDPOINT");
    struct arena *arena = &invocation->arena;
    struct settings *settings = arena_alloc(arena, sizeof *settings);
    struct findings *findings = arena_alloc(arena, sizeof *findings);
    if (invocation->options.endpoint != NULL || (named != NULL && named[0] != '\0'))
        return invocation->options.endpoint;
    findings_open(findings, arena, TEXT("duban.yaml"));
    if (settings_load(arena, NULL, settings, findings) != 0 || settings->publisher_endpoints_count == 0)
        return NULL;
    return arena_text_copy(arena, settings->publisher_endpoints[0]).at;
}

int bus_open(struct invocation *invocation, struct duban **client_out)
{
    const char *named = getenv("DUBAN_ENDPOINT");
    struct duban_options options = {
        .size = sizeof options, .endpoint = bus_endpoint(invocation), .name = "dubanctl"};
    *client_out = duban_open(&options);
    if (*client_out == NULL)
        return command_fail(EXIT_USAGE, "an endpoint looks like ipc:///run/duban/publish.sock",
                            "cannot use the endpoint %s",
                            options.endpoint != NULL ? options.endpoint
                            : named != NULL          ? named
                                                     : "of this installation");
    if (bus_wait_ready(*client_out, bus_timeout_ms(invocation)) == DUBAN_OK)
        return 0;
    command_fail(EXIT_UNREACHABLE,
                 "is duband running, and may you use its socket? `systemctl status duband`; --endpoint or "
                 "DUBAN_ENDPOINT names another",
                 "no answer from the broker: %s", duban_error(*client_out));
    duban_close(*client_out);
    return EXIT_UNREACHABLE;
}

/* What could not be answered now is 3, what was asked wrongly 2, a no 1. */
static int bus_refused(struct duban *client, const char *what, int code)
{
    const char *workers = "`dubanctl status` shows which workers are connected";
    if (code < 0)
        return command_fail(code == DUBAN_INVALID ? EXIT_USAGE : EXIT_UNREACHABLE,
                            code == DUBAN_INVALID ? NULL : workers, "query %s: %s", what,
                            duban_error(client));
    if (wire_code_retry((enum wire_code)code))
        return command_fail(EXIT_UNREACHABLE, workers, "query %s: %s", what, duban_error(client));
    return command_fail(code == WIRE_INVALID || code == WIRE_UNKNOWN ? EXIT_USAGE : EXIT_NEGATIVE, NULL,
                        "query %s: %s", what, duban_error(client));
}

/* A query over the wire. */
struct bus_asking {
    struct invocation *invocation;
    struct duban *client;
    const char *what;
};

/* What is answered from all rows, or from all that happened: the ledger shows signs of life meanwhile, and
 * the broker says so when it does not. */
static unsigned bus_patience_ms(const struct bus_asking *asking, const struct doc *args)
{
    const struct options *options = &asking->invocation->options;
    bool reads_all =
        strcmp(asking->what, "measures") == 0 || doc_has(args, FIELD_AS_OF) || doc_has(args, FIELD_KNOWN);
    if (!reads_all)
        return bus_timeout_ms(asking->invocation);
    return options->patience_ms < INT32_MAX ? (unsigned)options->patience_ms : INT32_MAX;
}

static int bus_ask(void *context, struct arena *arena, const struct doc *args, struct doc ***rows_out,
                   size_t *count_out, bool *more_out)
{
    struct bus_asking *asking = context;
    char *json = NULL;
    int more = 0;
    struct complaint complaint;
    struct text args_json = doc_to_json(arena, args);
    int code =
        duban_query(asking->client, asking->what, args_json.at, bus_patience_ms(asking, args), &json, &more);
    if (code != DUBAN_OK)
        return bus_refused(asking->client, asking->what, code);
    code = docs_from_json(arena, text_from(json), rows_out, count_out, &complaint);
    free(json);
    *more_out = more != 0;
    return code == 0 ? 0
                     : command_fail(EXIT_FAILED, NULL, "query %s: unreadable answer: %s", asking->what,
                                    complaint.message);
}

/* ---- page after page ---- */

/* Where the paging stands. */
struct bus_paging {
    const struct doc *args;
    const struct bus_source *source;
    struct arena arena;   /* of one page */
    struct buffer begins; /* where the next page does */
    size_t left;          /* of the rows that are wanted */
    bool more, lost;      /* there is more; but not said where */
};

/* Asks for the next page. The last row of a page says where the one behind it begins. */
static int bus_page(struct bus_paging *paging, struct doc ***rows_out, size_t *count_out)
{
    arena_reset(&paging->arena);
    struct doc *args = doc_copy(&paging->arena, paging->args);
    if (paging->begins.bytes > 0)
        doc_set_text(args, FIELD_PAGE, buffer_text(&paging->begins));
    doc_set_int(args, FIELD_ROWS, (int64_t)(paging->left < QUERY_ROWS_MAX ? paging->left : QUERY_ROWS_MAX));
    int code = paging->source->ask(paging->source->context, &paging->arena, args, rows_out, count_out,
                                   &paging->more);
    if (code != 0)
        return code;
    struct doc *last = *count_out > 0 ? (*rows_out)[*count_out - 1] : NULL;
    struct text begins = last != NULL ? doc_text(last, FIELD_PAGE) : TEXT_NONE;
    paging->lost = paging->more && begins.bytes == 0;
    buffer_reset(&paging->begins);
    buffer_append(&paging->begins, begins.at, begins.bytes);
    if (begins.bytes > 0)
        doc_unset(last, FIELD_PAGE);
    *count_out = *count_out < paging->left ? *count_out : paging->left;
    paging->left -= *count_out;
    return 0;
}

int bus_pages(struct invocation *invocation, const struct bus_source *source, const struct doc *args,
              const struct bus_sink *sink)
{
    int64_t wanted = invocation->options.rows;
    struct bus_paging paging = {
        .args = args, .source = source, .left = wanted > 0 ? (size_t)wanted : SIZE_MAX, .more = true};
    int code = EXIT_DONE;
    arena_open(&paging.arena, ARENA_BYTES_MAX);
    buffer_open(&paging.begins, MESSAGE_BYTES_MAX);
    while (code == EXIT_DONE && paging.more && !paging.lost && paging.left > 0) {
        struct doc **rows;
        size_t count;
        code = bus_page(&paging, &rows, &count);
        if (code == EXIT_DONE)
            code = sink->take(sink->context, &paging.arena, rows, count);
    }
    buffer_close(&paging.begins);
    arena_close(&paging.arena);
    if (code == EXIT_DONE && paging.lost && paging.left > 0)
        return command_fail(EXIT_FAILED, NULL, "there is more than what is shown, but not in further pages");
    return code;
}

int bus_query_pages(struct invocation *invocation, struct duban *client, const char *what,
                    const struct doc *args, const struct bus_sink *sink)
{
    struct bus_asking asking = {invocation, client, what};
    const struct bus_source source = {bus_ask, &asking};
    return bus_pages(invocation, &source, args, sink);
}

/* ---- all rows at once ---- */

static void bus_rows_grow(struct bus_rows *rows, size_t count)
{
    rows->room = 2 * (rows->count + count);
    struct doc **grown = arena_alloc(&rows->invocation->arena, sizeof *grown * rows->room);
    if (rows->count > 0)
        memcpy(grown, rows->at, sizeof *grown * rows->count);
    rows->at = grown;
}

static int bus_rows_take(void *context, struct arena *arena, struct doc *const *page, size_t count)
{
    struct bus_rows *rows = context;
    struct arena *kept = &rows->invocation->arena;
    if (kept->used_bytes + arena->used_bytes > kept->bytes_max / 2)
        return command_fail(EXIT_FAILED, "--rows asks for fewer",
                            "%zu rows and more: more than this command holds at once", rows->count);
    if (rows->count + count > rows->room)
        bus_rows_grow(rows, count);
    for (size_t i = 0; i < count; i++)
        rows->at[rows->count++] = doc_copy(kept, page[i]);
    return EXIT_DONE;
}

struct bus_sink bus_rows_sink(struct bus_rows *rows)
{
    return (struct bus_sink){bus_rows_take, rows};
}

int bus_query(struct invocation *invocation, struct duban *client, const char *what, const struct doc *args,
              struct doc ***rows_out, size_t *count_out)
{
    struct bus_rows rows = {.invocation = invocation};
    struct bus_sink sink = bus_rows_sink(&rows);
    int code = bus_query_pages(invocation, client, what, args, &sink);
    *rows_out = rows.at;
    *count_out = rows.count;
    return code;
}

struct entry bus_entry(const struct duban_entry *raw)
{
    return (struct entry){.seq = raw->seq,
                          .received_us = raw->received_us,
                          .publisher = text_from(raw->publisher),
                          .body = {raw->event, raw->event_bytes}};
}
