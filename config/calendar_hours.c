/* calendar_hours.c - see calendar_hours.h. */
#include "config/calendar_hours.h"

#define MINUTE_US (60 * CIVIL_SECOND_US)

/* Of that day's working hours, what lies before the instant. */
static int64_t hours_before(const struct calendar *calendar, int64_t at_us)
{
    int64_t opens_us = calendar->opens * MINUTE_US, closes_us = calendar->closes * MINUTE_US;
    int64_t time_us = civil_time_of_day_us(at_us, calendar->zone);
    return time_us < opens_us ? 0 : (time_us < closes_us ? time_us : closes_us) - opens_us;
}

static bool hours_works(const struct calendar *calendar, int32_t day, int32_t known_day)
{
    return calendar_day(calendar, day, known_day).works;
}

int64_t calendar_working_us_between(const struct calendar *calendar, int64_t from_us, int64_t to_us,
                                    int32_t known_day)
{
    int32_t first = civil_day_of(from_us, calendar->zone), last = civil_day_of(to_us, calendar->zone);
    int64_t day_us = (calendar->closes - calendar->opens) * MINUTE_US;
    if (to_us <= from_us)
        return 0;
    int64_t sum_us = day_us * calendar_working_days_between(calendar, first - 1, last - 1, known_day);
    if (hours_works(calendar, first, known_day))
        sum_us -= hours_before(calendar, from_us);
    if (hours_works(calendar, last, known_day))
        sum_us += hours_before(calendar, to_us);
    return sum_us;
}
