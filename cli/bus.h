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
/* Asks for one page; its rows lie in the arena. An exit code, after saying what went wrong. */
struct bus_source {
    int (*ask)(void *context, struct arena *arena, const struct doc *args, struct doc ***rows_out,
               size_t *count_out, bool *more_out);
    void *context;
};
/* What becomes of a page; its rows are gone behind it. An exit code: what is not EXIT_DONE ends the asking.
 */
struct bus_sink {
    int (*take)(void *context, struct arena *arena, struct doc *const *rows, size_t count);
    void *context;
};
/* Page after page, until all rows or options.rows are there, however many: no more than one page is held.
 * Returns an exit code, after saying what went wrong. */
int bus_pages(struct invocation *invocation, const struct bus_source *source, const struct doc *args,
              const struct bus_sink *sink);
/* The same over the wire. */
int bus_query_pages(struct invocation *invocation, struct duban *client, const char *what,
                    const struct doc *args, const struct bus_sink *sink);
/* All rows at once, for as long as the command. What does not fit is EXIT_FAILED, never cut. */
struct bus_rows {
    struct invocation *invocation;
    struct doc **at;
    size_t count, room;
};
struct bus_sink bus_rows_sink(struct bus_rows *rows);
int bus_query(struct invocation *invocation, struct duban *client, const char *what, const struct doc *args,
              struct doc ***rows_out, size_t *count_out);

/* An entry as libduban gives it, as the rest of the house has it. */
struct entry bus_entry(const struct duban_entry *raw);

#endif
