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

static int ask_page(void *context, const struct doc *args, struct doc ***rows_out, size_t *count_out,
                    bool *more_out)
{
    struct ask *ask = context;
    return offline_query(ask->offline, ask->what, args, rows_out, count_out, more_out);
}

int ask_query(struct ask *ask, const char *what, struct doc *args, struct doc ***rows_out, size_t *count_out)
{
    if (ask->offline == NULL)
        return bus_query(ask->invocation, ask->client, what, args, rows_out, count_out);
    ask->what = what;
    return bus_pages(ask->invocation, ask_page, ask, args, rows_out, count_out);
}
