/* brief.h - an event as one line for people. */
#ifndef CLI_BRIEF_H
#define CLI_BRIEF_H

#include "proto/event.h"

/* "#12 2020-01-20 09:00:00+08 issue.opened A-1 title=… area=…" on standard output; detail: besides a line for
 * each thing owed. */
void brief_print(struct arena *arena, const struct event *event, bool detail);
/* A line for each thing owed: what, by whom, under which clause, where the rule stands. */
void brief_owed(const struct doc *doc);

#endif
