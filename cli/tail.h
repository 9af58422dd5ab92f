/* tail.h - the journal as it grows. */
#ifndef CLI_TAIL_H
#define CLI_TAIL_H

#include "cli/command.h"

/* --type: prefixes of event types, with commas between (NULL: none given). EXIT_USAGE, after naming the
 * nearest, if one is of no type: it would be waited for in vain. */
int tail_types_check(struct arena *arena, const char *given) MUST_CHECK;
int tail_run(struct invocation *invocation);

#endif
