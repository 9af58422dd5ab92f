/* ask.h - whom a command asks: the ledger behind the broker, or one that is made from a journal's folder for
 * this command alone (--journal DIR), without any broker. */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include "cli/bus.h"

struct ask;

/* 0, or an exit code after saying why: as bus_open; EXIT_USAGE if there is no journal, EXIT_FAILED if it is
 * damaged. */
int ask_open(struct invocation *invocation, struct ask **ask_out) MUST_CHECK;
void ask_close(struct ask *ask);
/* As bus_query_pages: no more than a page is held. */
int ask_pages(struct ask *ask, const char *what, const struct doc *args,
              const struct bus_sink *sink) MUST_CHECK;
/* As bus_query: all rows at once. */
int ask_query(struct ask *ask, const char *what, const struct doc *args, struct doc ***rows_out,
              size_t *count_out) MUST_CHECK;

#endif
