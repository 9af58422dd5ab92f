/* offline.h - the ledger of a journal's folder, for one command: made anew each time, kept nowhere.
 *
 * Nothing is written to the journal, so it may be read beside the daemon that writes it; what the daemon has
 * not written is not seen.
 */
#ifndef CLI_SIMULATE_OFFLINE_H
#define CLI_SIMULATE_OFFLINE_H

#include "cli/command.h"
#include "proto/doc.h"

struct offline;

/* From options.directory. 0, or an exit code after saying why. */
int offline_open(struct invocation *invocation, struct offline **offline_out) MUST_CHECK;
void offline_close(struct offline *offline);
/* One page of an answer; its rows lie in the arena. 0, or an exit code after saying why. */
int offline_query(struct offline *offline, struct arena *arena, const char *what, const struct doc *args,
                  struct doc ***rows_out, size_t *count_out, bool *more_out) MUST_CHECK;

#endif
