/* publish.h - events to the broker. */
#ifndef CLI_PUBLISH_H
#define CLI_PUBLISH_H

#include "cli/command.h"
#include "proto/event.h"

int publish_run(struct invocation *invocation);
/* Publishes these, one after another; wait: until each has its verdict, which is printed. Returns an exit
 * code. */
int publish_events(struct invocation *invocation, const struct event *events, size_t count, bool wait);

#endif
