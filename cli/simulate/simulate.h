/* simulate.h - `dubanctl simulate`: reports in, the whole journal out. */
#ifndef CLI_SIMULATE_SIMULATE_H
#define CLI_SIMULATE_SIMULATE_H

#include "cli/command.h"

int simulate_run(struct invocation *invocation);

#endif
