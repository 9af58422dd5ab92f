/* whatif.h - `dubanctl whatif`: the same reports under another charter, and what comes of them otherwise.
 *
 * Two worlds take in every report of a journal at its own receive stamp: one with the charters that the
 * journal adopted, one in which the texts of one charter are replaced. Compared are what both decide now, so
 * that a difference is the charter's and not the program's; if this program decides otherwise than the
 * journal has it, that is said first. delivery.reported is left out: it is about a notification by its number
 * in that journal.
 */
#ifndef CLI_SIMULATE_WHATIF_H
#define CLI_SIMULATE_WHATIF_H

#include "cli/command.h"

/* EXIT_DONE: nothing differs; EXIT_NEGATIVE: something does. */
int whatif_run(struct invocation *invocation);

#endif
