/* calendar_hours.h - working time between two instants. */
#ifndef CONFIG_CALENDAR_HOURS_H
#define CONFIG_CALENDAR_HOURS_H

#include "config/calendar.h"

/* Microseconds of working hours (the calendar's opens to closes, on its working days, in its zone) between
 * the two; 0 if to_us is not after from_us. known_day as in calendar_day. */
int64_t calendar_working_us_between(const struct calendar *calendar, int64_t from_us, int64_t to_us,
                                    int32_t known_day);

#endif
