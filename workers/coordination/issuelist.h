/* issuelist.h - the office's issue list (S0-8): a versioned batch of issues that are worked through. */
#ifndef WORKERS_COORDINATION_ISSUELIST_H
#define WORKERS_COORDINATION_ISSUELIST_H

#include "workers/runtime/role.h"

role_handler issuelist_decide;

#endif
