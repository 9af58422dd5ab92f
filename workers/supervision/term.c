/* term.c - see term.h. */
#include "workers/supervision/term.h"

enum { TERM_YEAR_MONTHS = 12, TERM_QUARTER_MONTHS = 3, TERM_YEAR_BYTES = 4, TERM_NAME_BYTES = 7 };

struct term term_of_day(int32_t day, int months)
{
    struct civil_date date = civil_date_from_day(day);
    return (struct term){date.year, (date.month - 1) / months + 1, months};
}

struct term term_next(struct term term)
{
    return term_of_day(term_last_day(term) + 1, term.months);
}

int32_t term_first_day(struct term term)
{
    return civil_day_from_date(term.year, (term.index - 1) * term.months + 1, 1);
}

int32_t term_last_day(struct term term)
{
    return civil_day_add_months(term_first_day(term), term.months) - 1;
}

struct text term_name(struct arena *arena, struct term term)
{
    if (term.months == TERM_YEAR_MONTHS)
        return arena_printf(arena, "%04d", term.year);
    if (term.months == TERM_QUARTER_MONTHS)
        return arena_printf(arena, "%04d-Q%d", term.year, term.index);
    return arena_printf(arena, "%04d-%02d", term.year, term.index);
}

/* The index and length in "Q1" or "02"; false if it is neither. */
static bool term_parse_index(struct text tail, struct term *term)
{
    bool quarter = tail.at[0] == 'Q';
    int64_t index = 0;
    if (quarter || tail.at[0] == '0')
        tail = (struct text){tail.at + 1, tail.bytes - 1};
    term->months = quarter ? TERM_QUARTER_MONTHS : 1;
    if (!text_parse_i64(tail, &index) || index < 1 || index * term->months > TERM_YEAR_MONTHS)
        return false;
    term->index = (int)index;
    return true;
}

bool term_parse(struct text name, struct term *term_out)
{
    enum { YEAR_LOW = 1900, YEAR_HIGH = 2199 };
    int64_t year = 0;
    struct term term = {.index = 1, .months = TERM_YEAR_MONTHS};
    bool whole = name.bytes == TERM_YEAR_BYTES;
    if (!whole && (name.bytes != TERM_NAME_BYTES || name.at[TERM_YEAR_BYTES] != '-'))
        return false;
    if (!text_parse_i64((struct text){name.at, TERM_YEAR_BYTES}, &year) || year < YEAR_LOW ||
        year > YEAR_HIGH)
        return false;
    struct text tail = {name.at + TERM_YEAR_BYTES + 1, whole ? 0 : TERM_NAME_BYTES - TERM_YEAR_BYTES - 1};
    if (!whole && !term_parse_index(tail, &term))
        return false;
    term.year = (int)year;
    *term_out = term;
    return true;
}

struct text term_title(struct arena *arena, struct term term)
{
    if (term.months == TERM_YEAR_MONTHS)
        return arena_printf(arena, "%d年度", term.year);
    if (term.months == TERM_QUARTER_MONTHS)
        return arena_printf(arena, "%d年第%d季度", term.year, term.index);
    return arena_printf(arena, "%d年%d月", term.year, term.index);
}
