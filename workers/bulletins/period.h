/* period.h - the months and quarters that bulletins report on. */
#ifndef WORKERS_BULLETINS_PERIOD_H
#define WORKERS_BULLETINS_PERIOD_H

#include "workers/common/period.h"

#endif
