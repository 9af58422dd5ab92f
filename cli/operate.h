/* operate.h - commands of operators that change what runs. */
#ifndef CLI_OPERATE_H
#define CLI_OPERATE_H

#include "cli/command.h"

/* `rebuild ROLE`: the worker forgets its state and makes it anew from the journal; shows how far it is. */
int operate_rebuild(struct invocation *invocation);
/* `advance TIME`: moves a replay clock on, with everything that falls due on the way. */
int operate_advance(struct invocation *invocation);

#endif
