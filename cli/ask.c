/* ask.c - see ask.h. */
#include "cli/ask.h"

#include "cli/simulate/offline.h"

struct ask {
    struct invocation *invocation;
    struct duban *client;    /* or */
    struct offline *offline; /* one of the two */
    const char *what;        /* of the running query */
};

int ask_open(struct invocation *invocation, struct ask **ask_out)
{
    struct ask *ask = arena_alloc(&invocation->arena, sizeof *ask);
    *ask = (struct ask){.invocation = invocation};
    *ask_out = ask;
    return invocation->options.directory != NULL ? offline_open(invocation, &ask->offline)
                                                 : bus_open(invocation, &ask->client);
}

void ask_close(struct ask *ask)
{
    if (ask->client != NULL)
        duban_close(ask->client);
    if (ask->offline != NULL)
        offline_close(ask->offline);
}

static int ask_page(void *context, struct arena *arena, const struct doc *args, struct doc ***rows_out,
                    size_t *count_out, bool *more_out)
{
    struct ask *ask = context;
    return offline_query(ask->offline, arena, ask->what, args, rows_out, count_out, more_out);
}

int ask_pages(struct ask *ask, const char *what, const struct doc *args, const struct bus_sink *sink)
{
    const struct bus_source source = {ask_page, ask};
    if (ask->offline == NULL)
        return bus_query_pages(ask->invocation, ask->client, what, args, sink);
    ask->what = what;
    return bus_pages(ask->invocation, &source, args, sink);
}

int ask_query(struct ask *ask, const char *what, const struct doc *args, struct doc ***rows_out,
              size_t *count_out)
{
    struct bus_rows rows = {.invocation = ask->invocation};
    struct bus_sink sink = bus_rows_sink(&rows);
    int code = ask_pages(ask, what, args, &sink);
    *rows_out = rows.at;
    *count_out = rows.count;
    return code;
}
