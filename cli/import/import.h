/* import.h - `dubanctl import`: what logs of other systems say, as reports, by a map. docs/import.md. */
#ifndef CLI_IMPORT_IMPORT_H
#define CLI_IMPORT_IMPORT_H

#include "cli/command.h"

int import_run(struct invocation *invocation);

#endif
