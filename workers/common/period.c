/* period.c - see period.h. */
#include "workers/common/period.h"

enum { PERIOD_YEAR_MONTHS = 12, PERIOD_QUARTER_MONTHS = 3, PERIOD_YEAR_BYTES = 4, PERIOD_NAME_BYTES = 7 };

struct period period_of_day(int32_t day, int months)
{
    struct civil_date date = civil_date_from_day(day);
    return (struct period){date.year, (date.month - 1) / months + 1, months};
}

struct period period_next(struct period period)
{
    return period_of_day(period_last_day(period) + 1, period.months);
}

int32_t period_first_day(struct period period)
{
    return civil_day_from_date(period.year, (period.index - 1) * period.months + 1, 1);
}

int32_t period_last_day(struct period period)
{
    return civil_day_add_months(period_first_day(period), period.months) - 1;
}

int32_t period_months_before(int32_t day, int months)
{
    return civil_day_add_months(period_first_day(period_of_day(day, 1)), -months);
}

struct text period_name(struct arena *arena, struct period period)
{
    if (period.months == PERIOD_YEAR_MONTHS)
        return arena_printf(arena, "%04d", period.year);
    if (period.months == PERIOD_QUARTER_MONTHS)
        return arena_printf(arena, "%04d-Q%d", period.year, period.index);
    return arena_printf(arena, "%04d-%02d", period.year, period.index);
}

/* The index and length in "Q1" or "02"; false if it is neither. */
static bool period_parse_index(struct text tail, struct period *period)
{
    bool quarter = tail.at[0] == 'Q';
    int64_t index = 0;
    if (quarter || tail.at[0] == '0')
        tail = (struct text){tail.at + 1, tail.bytes - 1};
    period->months = quarter ? PERIOD_QUARTER_MONTHS : 1;
    if (!text_parse_i64(tail, &index) || index < 1 || index * period->months > PERIOD_YEAR_MONTHS)
        return false;
    period->index = (int)index;
    return true;
}

bool period_parse(struct text name, struct period *period_out)
{
    enum { YEAR_LOW = 1900, YEAR_HIGH = 2199 };
    int64_t year = 0;
    struct period period = {.index = 1, .months = PERIOD_YEAR_MONTHS};
    bool whole = name.bytes == PERIOD_YEAR_BYTES;
    if (!whole && (name.bytes != PERIOD_NAME_BYTES || name.at[PERIOD_YEAR_BYTES] != '-'))
        return false;
    if (!text_parse_i64((struct text){name.at, PERIOD_YEAR_BYTES}, &year) || year < YEAR_LOW ||
        year > YEAR_HIGH)
        return false;
    struct text tail = {name.at + PERIOD_YEAR_BYTES + 1,
                        whole ? 0 : PERIOD_NAME_BYTES - PERIOD_YEAR_BYTES - 1};
    if (!whole && !period_parse_index(tail, &period))
        return false;
    period.year = (int)year;
    *period_out = period;
    return true;
}

struct text period_title(struct arena *arena, struct period period)
{
    if (period.months == PERIOD_YEAR_MONTHS)
        return arena_printf(arena, "%d年度", period.year);
    if (period.months == PERIOD_QUARTER_MONTHS)
        return arena_printf(arena, "%d年第%d季度", period.year, period.index);
    return arena_printf(arena, "%d年%d月", period.year, period.index);
}
