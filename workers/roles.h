/* roles.h - every role's value, one a folder. Adding a role: its folder, a line here, a line in roles.c. */
#ifndef WORKERS_ROLES_H
#define WORKERS_ROLES_H

#include "workers/runtime/role.h"

extern const struct role role_coordination;
extern const struct role role_tasks;
extern const struct role role_deadlines;
extern const struct role role_routines;
extern const struct role role_supervision;
extern const struct role role_bulletins;
extern const struct role role_notifications;
extern const struct role role_ledger;

#endif
