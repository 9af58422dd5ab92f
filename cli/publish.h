/* publish.h - events to the broker. */
#ifndef CLI_PUBLISH_H
#define CLI_PUBLISH_H

#include "cli/command.h"
#include "proto/duban.h"
#include "proto/event.h"

int publish_run(struct invocation *invocation);

/* Where the reports of a stream came to lie: the lowest sequence number (0: none) and how many. */
struct publish_span {
    uint64_t first_seq, accepted;
};
/* The file's lines of CloudEvents JSON; prints what came of them. Ctrl-C ends it in order. Returns an exit
 * code. */
int publish_file(struct invocation *invocation, struct duban *client, const char *path,
                 struct publish_span *span_out) MUST_CHECK;
/* Publishes these, one after another; wait: until each has its verdict, which is printed. Returns an exit
 * code. */
int publish_events(struct invocation *invocation, const struct event *events, size_t count, bool wait);

#endif
