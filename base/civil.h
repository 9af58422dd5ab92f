/* civil.h - civil dates and instants, proleptic Gregorian, without the C library's time zones.
 *
 * An instant is int64_t microseconds since 1970-01-01T00:00:00Z (suffix _us). A day is int32_t days since
 * 1970-01-01 (suffix _day). A zone is minutes east of Greenwich (suffix _zone); duban's charters have one
 * fixed offset each (China has had no daylight saving time since 1991).
 */
#ifndef BASE_CIVIL_H
#define BASE_CIVIL_H

#include "base/arena.h"
#include "base/text.h"

#define CIVIL_SECOND_US INT64_C(1000000)
#define CIVIL_DAY_US    (INT64_C(86400) * CIVIL_SECOND_US)
#define CIVIL_NEVER_US  INT64_MAX
enum { CIVIL_TEXT_BYTES = 48 };

struct civil_date {
    int year, month, day;
};

int32_t civil_day_from_date(int year, int month, int day);
struct civil_date civil_date_from_day(int32_t day);
int civil_weekday(int32_t day); /* 1 = Monday .. 7 = Sunday */
int civil_days_in_month(int year, int month);
/* Same day of the month n months on (n may be negative), cut to the month's last day. */
int32_t civil_day_add_months(int32_t day, int n);
/* The civil day on which an instant falls in a zone, and the microsecond within that day. */
int32_t civil_day_of(int64_t at_us, int zone);
int64_t civil_time_of_day_us(int64_t at_us, int zone);
int64_t civil_start_of_day_us(int32_t day, int zone);
int64_t civil_end_of_day_us(int32_t day, int zone); /* 23:59:59.999999 of that day */

/* "2020-01-20"; false unless it is exactly a real date (years 1900..2200). */
bool civil_parse_date(struct text t, int32_t *day_out);
/* RFC 3339 with mandatory offset, up to 6 decimals of a second; sets the zone too when zone_out is not NULL.
 */
bool civil_parse_time(struct text t, int64_t *at_us_out, int *zone_out);
/* "+08:00", "Z". */
bool civil_parse_zone(struct text t, int *zone_out);
/* "08:30" -> minutes since midnight. */
bool civil_parse_clock(struct text t, int *minutes_out);
/* Both write into out and return it. Instants print with the fewest decimals of 0, 3 or 6 that are exact. */
const char *civil_format_date(int32_t day, char out[CIVIL_TEXT_BYTES]);
const char *civil_format_time(int64_t at_us, int zone, char out[CIVIL_TEXT_BYTES]);

#endif
