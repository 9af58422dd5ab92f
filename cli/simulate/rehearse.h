/* rehearse.h - `dubanctl charter adopt --dry-run`: what adopting a charter would do, before it is done.
 *
 * The present is rebuilt from a journal (a folder, or streamed from the broker), the adoption is published
 * there and decided as it would be. Nothing reaches the broker. A charter that holds only from a later day on
 * is shown as it will find things if nothing else happens until then.
 */
#ifndef CLI_SIMULATE_REHEARSE_H
#define CLI_SIMULATE_REHEARSE_H

#include "cli/command.h"
#include "proto/event.h"

/* EXIT_DONE: it would be enacted, and the effect is printed; EXIT_NEGATIVE: it would be refused, and why. */
int rehearse_adoption(struct invocation *invocation, const struct event *adoption, int zone);

#endif
