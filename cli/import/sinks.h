/* sinks.h - where the reports of an import go. Each returns an exit code. */
#ifndef CLI_IMPORT_SINKS_H
#define CLI_IMPORT_SINKS_H

#include "cli/command.h"
#include "cli/import/derive.h"

/* What they would be: how many of each type, and from when to when. */
int sink_count(const struct derivation *derivation);
/* CloudEvents JSON, a line each, on standard output. */
int sink_print(const struct derivation *derivation);
/* Through all roles on the virtual clock, into a journal folder. */
int sink_journal(struct invocation *invocation, struct derivation *derivation);
/* To a running broker with a replay clock. */
int sink_publish(struct invocation *invocation, struct derivation *derivation);

#endif
