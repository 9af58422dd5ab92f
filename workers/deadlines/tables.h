/* tables.h - the tables of the role deadlines, and how much it does in one turn. */
#ifndef WORKERS_DEADLINES_TABLES_H
#define WORKERS_DEADLINES_TABLES_H

#include "workers/common/almanac.h"

enum deadlines_table {
    DEADLINES_RECHECK = ALMANAC_TABLES_END, /* calendar → how far its open deadlines are re-examined */
    DEADLINES_OPEN,                         /* calendar → number of open deadlines */
    DEADLINES_RECORD,                       /* id → the deadline */
    DEADLINES_BY_CALENDAR,                  /* calendar, id → nothing */
    DEADLINES_DUE,                          /* due instant, id → nothing: what rings next */
    DEADLINES_RUNG                          /* instant of the next reminder, id → nothing */
};
enum { DEADLINES_SCHEMA = 1 };

/* Work of one turn; what is left over is done at the next strikes, which are asked for at once. A turn of
 * either size takes a few milliseconds and stays far below TURN_OUTCOMES_MAX. */
enum { DEADLINES_EXAMINED_PER_TURN = 512, DEADLINES_RINGS_PER_TURN = 1024, DEADLINES_LADDER_MAX = 16 };

#endif
