/* period.c - see period.h. */
#include "workers/bulletins/period.h"

enum { PERIOD_YEAR_BYTES = 4, PERIOD_NAME_BYTES = 7, PERIOD_MONTHS_A_YEAR = 12, PERIOD_QUARTER_MONTHS = 3 };

struct period period_of_day(int32_t day, int months)
{
    struct civil_date date = civil_date_from_day(day);
    return (struct period){date.year, (date.month - 1) / months + 1, months};
}

struct period period_next(struct period period)
{
    if (period.index * period.months < PERIOD_MONTHS_A_YEAR)
        return (struct period){period.year, period.index + 1, period.months};
    return (struct period){period.year + 1, 1, period.months};
}

int32_t period_first_day(struct period period)
{
    return civil_day_from_date(period.year, (period.index - 1) * period.months + 1, 1);
}

int32_t period_last_day(struct period period)
{
    return period_first_day(period_next(period)) - 1;
}

int32_t period_months_before(int32_t day, int months)
{
    struct civil_date date = civil_date_from_day(day);
    int index = date.year * PERIOD_MONTHS_A_YEAR + date.month - 1 - months;
    return civil_day_from_date(index / PERIOD_MONTHS_A_YEAR, index % PERIOD_MONTHS_A_YEAR + 1, 1);
}

struct text period_name(struct arena *arena, struct period period)
{
    if (period.months == PERIOD_QUARTER_MONTHS)
        return arena_printf(arena, "%04d-Q%d", period.year, period.index);
    return arena_printf(arena, "%04d-%02d", period.year, period.index);
}

bool period_parse(struct text name, struct period *period_out)
{
    int64_t year = 0, index = 0;
    if (name.bytes != PERIOD_NAME_BYTES || name.at[PERIOD_YEAR_BYTES] != '-')
        return false;
    bool quarter = name.at[PERIOD_YEAR_BYTES + 1] == 'Q';
    struct text tail = {name.at + PERIOD_YEAR_BYTES + 1 + quarter, (size_t)(2 - quarter)};
    if (tail.at[0] == '0')
        tail = (struct text){tail.at + 1, tail.bytes - 1};
    if (!text_parse_i64((struct text){name.at, PERIOD_YEAR_BYTES}, &year) || !text_parse_i64(tail, &index))
        return false;
    int months = quarter ? PERIOD_QUARTER_MONTHS : 1;
    if (index < 1 || index * months > PERIOD_MONTHS_A_YEAR)
        return false;
    *period_out = (struct period){(int)year, (int)index, months};
    return true;
}

struct text period_title(struct arena *arena, struct period period)
{
    if (period.months == PERIOD_QUARTER_MONTHS)
        return arena_printf(arena, "%d年第%d季度", period.year, period.index);
    return arena_printf(arena, "%d年%d月", period.year, period.index);
}
