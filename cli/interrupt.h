/* interrupt.h - Ctrl-C (or SIGTERM) while much is being done: the first one ends it in order, the second one
 * the program. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/* From here to interrupt_end the first one is only noted. */
void interrupt_begin(void);
void interrupt_end(void);
/* Whether there was one, since the program began. */
bool interrupt_seen(void);

#endif
