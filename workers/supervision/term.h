/* term.h - the periods that units are evaluated for: "2020-02", "2020-Q1", "2020". */
#ifndef WORKERS_SUPERVISION_TERM_H
#define WORKERS_SUPERVISION_TERM_H

#include "base/civil.h"

struct term {
    int year;
    int index;  /* month 1..12, quarter 1..4, or 1 */
    int months; /* 1, 3 or 12 */
};

struct term term_of_day(int32_t day, int months);
struct term term_next(struct term term);
int32_t term_first_day(struct term term);
int32_t term_last_day(struct term term);
struct text term_name(struct arena *arena, struct term term);
/* False unless it is exactly the name of a period. */
bool term_parse(struct text name, struct term *term_out);
/* 2020年2月, 2020年第1季度, 2020年度 */
struct text term_title(struct arena *arena, struct term term);

#endif
