/* view.h - a view: a command that asks one query and prints its rows. */
#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include "cli/table.h"

enum view_name {
    VIEW_ISSUES,
    VIEW_TASKS,
    VIEW_DEADLINES,
    VIEW_DUTIES,
    VIEW_MEETINGS,
    VIEW_TOPICS,
    VIEW_FILINGS,
    VIEW_ITEMS,
    VIEW_INSPECTIONS,
    VIEW_COVERAGE,
    VIEW_FINDINGS,
    VIEW_CHECKS,
    VIEW_SCORES,
    VIEW_NOTIFICATIONS,
    VIEW_UNITS,
    VIEW_FIGURES,
    VIEW_MEASURES,
    VIEW_POSTS,
    VIEW_CHARTERS,
    VIEW_BULLETINS,
    VIEW_SHOW,
    VIEW_STATUS,
    VIEW_SESSIONS,
    VIEWS
};
struct view {
    const char *command; /* as in commands[] */
    const char *query;
    const char *none;
    enum field positional;     /* what the argument is */
    const char *const *states; /* what --state may be, ended by NULL */
    struct column columns[20];
};
extern const struct view views[VIEWS];

#endif
