/* tail.h - the journal as it grows. */
#ifndef CLI_TAIL_H
#define CLI_TAIL_H

#include "cli/command.h"

int tail_run(struct invocation *invocation);

#endif
