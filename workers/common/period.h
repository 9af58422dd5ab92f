/* period.h - months, quarters and years, by name: "2020-02", "2020-Q1", "2020". */
#ifndef WORKERS_COMMON_PERIOD_H
#define WORKERS_COMMON_PERIOD_H

#include "base/civil.h"

struct period {
    int year;
    int index;  /* month 1..12, quarter 1..4, or 1 */
    int months; /* 1, 3 or 12 */
};

struct period period_of_day(int32_t day, int months);
struct period period_next(struct period period);
int32_t period_first_day(struct period period);
int32_t period_last_day(struct period period);
/* The first day of the month that lies so many months before that of the day. */
int32_t period_months_before(int32_t day, int months);
struct text period_name(struct arena *arena, struct period period);
/* False unless it is exactly the name of a period. */
bool period_parse(struct text name, struct period *period_out);
/* 2020年2月, 2020年第1季度, 2020年度 */
struct text period_title(struct arena *arena, struct period period);

#endif
