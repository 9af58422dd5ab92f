/* bus.c - see bus.h. */
#include "cli/bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "config/settings.h"
#include "proto/wire.h"

enum { BUS_ROWS_MAX = 1000000, BUS_PATIENCE_MS = 1000 };

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

static int bus_page(void *context, const struct doc *args, struct doc ***rows_out, size_t *count_out,
                    bool *more_out)
{
    struct bus_asking *asking = context;
    struct arena *arena = &asking->invocation->arena;
    char *json = NULL;
    int more = 0;
    struct complaint complaint;
    struct text args_json = doc_to_json(arena, args);
    int code = duban_query(asking->client, asking->what, args_json.at, bus_timeout_ms(asking->invocation),
                           &json, &more);
    if (code != DUBAN_OK)
        return bus_refused(asking->client, asking->what, code);
    code = docs_from_json(arena, text_from(json), rows_out, count_out, &complaint);
    free(json);
    *more_out = more != 0;
    return code == 0 ? 0
                     : command_fail(EXIT_FAILED, NULL, "query %s: unreadable answer: %s", asking->what,
                                    complaint.message);
}

int bus_pages(struct invocation *invocation,
              int (*ask)(void *context, const struct doc *args, struct doc ***rows_out, size_t *count_out,
                         bool *more_out),
              void *context, struct doc *args, struct doc ***rows_out, size_t *count_out)
{
    size_t wanted = invocation->options.rows > 0 ? (size_t)invocation->options.rows : BUS_ROWS_MAX;
    struct doc **all = arena_alloc(&invocation->arena, sizeof *all);
    size_t count = 0, room = 1;
    for (bool more = true; more && count < wanted;) {
        struct doc **page;
        size_t page_count, left = wanted - count;
        doc_set_int(args, FIELD_ROWS, (int64_t)(left < QUERY_ROWS_MAX ? left : QUERY_ROWS_MAX));
        int code = ask(context, args, &page, &page_count, &more);
        if (code != 0)
            return code;
        if (count + page_count > room) {
            room = 2 * (count + page_count);
            struct doc **grown = arena_alloc(&invocation->arena, sizeof *grown * room);
            memcpy(grown, all, sizeof *grown * count);
            all = grown;
        }
        memcpy(all + count, page, sizeof *page * page_count);
        count += page_count;
        if (page_count == 0 || !doc_has(page[page_count - 1], FIELD_PAGE))
            break; /* the last row of a page says where the next begins */
        doc_set_text(args, FIELD_PAGE, doc_text(page[page_count - 1], FIELD_PAGE));
        doc_unset(page[page_count - 1], FIELD_PAGE);
    }
    doc_unset(args, FIELD_PAGE);
    doc_unset(args, FIELD_ROWS);
    *rows_out = all;
    *count_out = count < wanted ? count : wanted;
    return 0;
}

int bus_query(struct invocation *invocation, struct duban *client, const char *what, struct doc *args,
              struct doc ***rows_out, size_t *count_out)
{
    struct bus_asking asking = {invocation, client, what};
    return bus_pages(invocation, bus_page, &asking, args, rows_out, count_out);
}

struct entry bus_entry(const struct duban_entry *raw)
{
    return (struct entry){.seq = raw->seq,
                          .received_us = raw->received_us,
                          .publisher = text_from(raw->publisher),
                          .body = {raw->event, raw->event_bytes}};
}
