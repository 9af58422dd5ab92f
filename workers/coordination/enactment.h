/* enactment.h - a charter takes effect: charter.adopted is enacted or refused with the first thing that is
 * wrong in it. */
#ifndef WORKERS_COORDINATION_ENACTMENT_H
#define WORKERS_COORDINATION_ENACTMENT_H

#include "workers/runtime/role.h"

role_handler enactment_decide;

#endif
