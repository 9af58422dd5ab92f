/* bus.h - dubanctl's connection to the broker, through libduban. */
#ifndef CLI_BUS_H
#define CLI_BUS_H

#include "cli/command.h"
#include "proto/duban.h"
#include "proto/event.h"

/* Connects and waits. 0, or an exit code after saying why and what to do: EXIT_USAGE for an endpoint that is
 * none, EXIT_UNREACHABLE. */
int bus_open(struct invocation *invocation, struct duban **client_out) MUST_CHECK;
/* options.timeout_ms within what libduban takes. */
unsigned bus_timeout_ms(const struct invocation *invocation);
/* Asks, page after page, until all rows or options.rows are there. Returns an exit code, after saying what
 * went wrong. */
int bus_query(struct invocation *invocation, struct duban *client, const char *what, struct doc *args,
              struct doc ***rows_out, size_t *count_out);

/* The same, by any way to ask for one page. */
int bus_pages(struct invocation *invocation,
              int (*ask)(void *context, const struct doc *args, struct doc ***rows_out, size_t *count_out,
                         bool *more_out),
              void *context, struct doc *args, struct doc ***rows_out, size_t *count_out);

/* An entry as libduban gives it, as the rest of the house has it. */
struct entry bus_entry(const struct duban_entry *raw);

#endif
