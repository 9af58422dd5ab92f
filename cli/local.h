/* local.h - commands that need no broker: the event table, the limits, charters and calendars as files,
 * working-day arithmetic. */
#ifndef CLI_LOCAL_H
#define CLI_LOCAL_H

#include "cli/command.h"

int local_events(struct invocation *invocation);
int local_limits(struct invocation *invocation);
int local_charter_lint(struct invocation *invocation);
int local_charter_show(struct invocation *invocation);
int local_due(struct invocation *invocation);
int local_verify(struct invocation *invocation);
/* These two publish what the files say. */
int local_charter_adopt(struct invocation *invocation);
int local_calendar_adopt(struct invocation *invocation);

/* The journal that --journal names, or this installation's. 0, or an exit code after saying why. */
int local_journal_directory(struct invocation *invocation, struct text *directory_out) MUST_CHECK;

/* Prints findings as FILE:LINE:COLUMN: error: …; returns whether there are errors. */
struct findings;
bool local_findings_print(const struct findings *findings);

#endif
