/* roles.c - all roles, in the order in which an event's consequences usually follow one another. */
#include "workers/roles.h"

const struct role *const roles_all[] = {
    &role_coordination, &role_tasks,         &role_deadlines, &role_routines, &role_supervision,
    &role_bulletins,    &role_notifications, &role_ledger,    NULL,
};
