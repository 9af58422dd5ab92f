/* period.h - the months and quarters that bulletins report on. A period has a name: "2020-02", "2020-Q1". */
#ifndef WORKERS_BULLETINS_PERIOD_H
#define WORKERS_BULLETINS_PERIOD_H

#include "base/civil.h"

struct period {
    int year;
    int index;  /* month 1..12, or quarter 1..4 */
    int months; /* 1 or 3 */
};

struct period period_of_day(int32_t day, int months);
struct period period_next(struct period period);
int32_t period_first_day(struct period period);
int32_t period_last_day(struct period period);
/* The first day of the month that lies so many months before that of the day. */
int32_t period_months_before(int32_t day, int months);
struct text period_name(struct arena *arena, struct period period);
bool period_parse(struct text name, struct period *period_out);
/* "2020年2月", "2020年第1季度". */
struct text period_title(struct arena *arena, struct period period);

#endif
