/* views.h - commands that show what the ledger and the broker know. Each returns an exit code. */
#ifndef CLI_VIEWS_H
#define CLI_VIEWS_H

#include "cli/command.h"

int view_issues(struct invocation *invocation);
int view_tasks(struct invocation *invocation);
int view_deadlines(struct invocation *invocation);
int view_duties(struct invocation *invocation);
int view_meetings(struct invocation *invocation);
int view_topics(struct invocation *invocation);
int view_filings(struct invocation *invocation);
int view_items(struct invocation *invocation);
int view_inspections(struct invocation *invocation);
int view_findings(struct invocation *invocation);
int view_checks(struct invocation *invocation);
int view_scores(struct invocation *invocation);
int view_notifications(struct invocation *invocation);
int view_measures(struct invocation *invocation);
int view_units(struct invocation *invocation);
int view_figures(struct invocation *invocation);
int view_posts(struct invocation *invocation);
int view_charters(struct invocation *invocation);
int view_bulletins(struct invocation *invocation);
int view_show(struct invocation *invocation);
int view_why(struct invocation *invocation);
int view_status(struct invocation *invocation);
int view_sessions(struct invocation *invocation);

#endif
