/* civil.c - days are counted in eras of 400 years (146,097 days) that begin on 1 March, so that the leap day
 * comes last and month lengths follow one formula. Arithmetic on instants saturates; it never wraps. */
#include "base/civil.h"
#include "base/log.h"

#include <stdio.h>

enum { CIVIL_YEAR_MIN = 1900, CIVIL_YEAR_MAX = 2200 };

static const int64_t CIVIL_MINUTE_US = 60 * CIVIL_SECOND_US;

int32_t civil_day_from_date(int year, int month, int day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int32_t)(era * 146097 + day_of_era - 719468);
}

struct civil_date civil_date_from_day(int32_t day)
{
    int64_t z = (int64_t)day + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    return (struct civil_date){.year = (int)(year_of_era + era * 400 + (month <= 2)),
                               .month = month,
                               .day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1)};
}

int civil_weekday(int32_t day)
{
    int from_thursday = (int)(day % 7); /* 1970-01-01 was a Thursday */
    return (from_thursday + 7 + 3) % 7 + 1;
}

int civil_days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    ASSERT(month >= 1 && month <= 12);
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

int32_t civil_day_add_months(int32_t day, int n)
{
    struct civil_date date = civil_date_from_day(day);
    int64_t months = (int64_t)date.year * 12 + date.month - 1 + n;
    int64_t year = months >= 0 ? months / 12 : (months - 11) / 12;
    int month = (int)(months - year * 12) + 1;
    int last = civil_days_in_month((int)year, month);
    return civil_day_from_date((int)year, month, date.day < last ? date.day : last);
}

/* The zone is added to the part within the day, so that instants near the ends of int64_t stay safe. */
static int32_t civil_split(int64_t at_us, int zone, int64_t *within_us_out)
{
    int64_t day = at_us / CIVIL_DAY_US, within = at_us % CIVIL_DAY_US + zone * CIVIL_MINUTE_US;
    int64_t carry = within >= 0 ? within / CIVIL_DAY_US : (within - (CIVIL_DAY_US - 1)) / CIVIL_DAY_US;
    *within_us_out = within - carry * CIVIL_DAY_US;
    return (int32_t)(day + carry);
}

int32_t civil_day_of(int64_t at_us, int zone)
{
    int64_t within_us;
    return civil_split(at_us, zone, &within_us);
}

int64_t civil_time_of_day_us(int64_t at_us, int zone)
{
    int64_t within_us;
    (void)civil_split(at_us, zone, &within_us);
    return within_us;
}

static int64_t civil_saturate(int32_t day, int64_t offset_us)
{
    int64_t at_us;
    if (__builtin_mul_overflow((int64_t)day, CIVIL_DAY_US, &at_us) ||
        __builtin_add_overflow(at_us, offset_us, &at_us))
        return day < 0 ? INT64_MIN : CIVIL_NEVER_US;
    return at_us;
}

int64_t civil_start_of_day_us(int32_t day, int zone)
{
    return civil_saturate(day, -zone * CIVIL_MINUTE_US);
}

int64_t civil_end_of_day_us(int32_t day, int zone)
{
    return civil_saturate(day, CIVIL_DAY_US - 1 - zone * CIVIL_MINUTE_US);
}

/* ---- reading: a cursor over the text that remembers the first mismatch ---- */
struct civil_reader {
    struct text rest;
    bool wrong;
};

static char civil_read_character(struct civil_reader *reader)
{
    if (reader->rest.bytes == 0) {
        reader->wrong = true;
        return '\0';
    }
    char c = *reader->rest.at++;
    reader->rest.bytes--;
    return c;
}

/* Exactly so many digits, their value within low..high. */
static int civil_read_number(struct civil_reader *reader, int digits, int low, int high)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        char c = civil_read_character(reader);
        reader->wrong |= c < '0' || c > '9';
        value = reader->wrong ? 0 : value * 10 + (c - '0');
    }
    reader->wrong |= value < low || value > high;
    return value;
}

static void civil_read_one_of(struct civil_reader *reader, const char *allowed)
{
    char c = civil_read_character(reader);
    reader->wrong |= c == '\0' || strchr(allowed, c) == NULL;
}

static bool civil_read_end(const struct civil_reader *reader)
{
    return !reader->wrong && reader->rest.bytes == 0;
}

static int32_t civil_read_date(struct civil_reader *reader)
{
    int year = civil_read_number(reader, 4, CIVIL_YEAR_MIN, CIVIL_YEAR_MAX);
    civil_read_one_of(reader, "-");
    int month = civil_read_number(reader, 2, 1, 12);
    civil_read_one_of(reader, "-");
    int day = civil_read_number(reader, 2, 1, 31);
    reader->wrong = reader->wrong || day > civil_days_in_month(year, month);
    return reader->wrong ? 0 : civil_day_from_date(year, month, day);
}

static int civil_read_zone(struct civil_reader *reader)
{
    char sign = civil_read_character(reader);
    if (sign == 'Z' || sign == 'z')
        return 0;
    reader->wrong |= sign != '+' && sign != '-';
    int hours = civil_read_number(reader, 2, 0, 23);
    civil_read_one_of(reader, ":");
    int minutes = civil_read_number(reader, 2, 0, 59);
    return (sign == '-' ? -1 : 1) * (hours * 60 + minutes);
}

static int64_t civil_read_fraction_us(struct civil_reader *reader)
{
    int64_t value_us = 0, unit_us = CIVIL_SECOND_US;
    if (reader->rest.bytes == 0 || *reader->rest.at != '.')
        return 0;
    civil_read_one_of(reader, ".");
    do {
        unit_us /= 10;
        reader->wrong |= unit_us == 0; /* a seventh decimal */
        value_us += unit_us * civil_read_number(reader, 1, 0, 9);
    } while (!reader->wrong && reader->rest.bytes > 0 && *reader->rest.at >= '0' && *reader->rest.at <= '9');
    return value_us;
}

bool civil_parse_date(struct text t, int32_t *day_out)
{
    struct civil_reader reader = {.rest = t};
    int32_t day = civil_read_date(&reader);
    if (!civil_read_end(&reader))
        return false;
    *day_out = day;
    return true;
}

/* A leap second (:60) is refused: the count of microseconds since 1970 has no place for it. */
bool civil_parse_time(struct text t, int64_t *at_us_out, int *zone_out)
{
    struct civil_reader reader = {.rest = t};
    int32_t day = civil_read_date(&reader);
    civil_read_one_of(&reader, "Tt");
    int64_t seconds = civil_read_number(&reader, 2, 0, 23) * INT64_C(3600);
    civil_read_one_of(&reader, ":");
    seconds += civil_read_number(&reader, 2, 0, 59) * INT64_C(60);
    civil_read_one_of(&reader, ":");
    seconds += civil_read_number(&reader, 2, 0, 59);
    int64_t fraction_us = civil_read_fraction_us(&reader);
    int zone = civil_read_zone(&reader);
    if (!civil_read_end(&reader))
        return false;
    *at_us_out = civil_start_of_day_us(day, zone) + seconds * CIVIL_SECOND_US + fraction_us;
    if (zone_out != NULL)
        *zone_out = zone;
    return true;
}

bool civil_parse_zone(struct text t, int *zone_out)
{
    struct civil_reader reader = {.rest = t};
    int zone = civil_read_zone(&reader);
    if (!civil_read_end(&reader))
        return false;
    *zone_out = zone;
    return true;
}

bool civil_parse_clock(struct text t, int *minutes_out)
{
    struct civil_reader reader = {.rest = t};
    int minutes = civil_read_number(&reader, 2, 0, 23) * 60;
    civil_read_one_of(&reader, ":");
    minutes += civil_read_number(&reader, 2, 0, 59);
    if (!civil_read_end(&reader))
        return false;
    *minutes_out = minutes;
    return true;
}

/* ---- writing ---- */
const char *civil_format_date(int32_t day, char out[CIVIL_TEXT_BYTES])
{
    struct civil_date date = civil_date_from_day(day);
    (void)snprintf(out, CIVIL_TEXT_BYTES, "%04d-%02d-%02d", date.year, date.month, date.day);
    return out;
}

static void civil_format_zone(int zone, char out[8])
{
    int minutes = zone < 0 ? -zone : zone;
    if (zone == 0)
        (void)snprintf(out, 8, "Z");
    else
        (void)snprintf(out, 8, "%c%02u:%02u", zone < 0 ? '-' : '+', (unsigned)minutes / 60 % 100,
                       (unsigned)minutes % 60);
}

const char *civil_format_time(int64_t at_us, int zone, char out[CIVIL_TEXT_BYTES])
{
    int64_t within_us;
    struct civil_date date = civil_date_from_day(civil_split(at_us, zone, &within_us));
    int seconds = (int)(within_us / CIVIL_SECOND_US), fraction_us = (int)(within_us % CIVIL_SECOND_US);
    char decimals[12] = "", offset[8];
    if (fraction_us % 1000 != 0)
        (void)snprintf(decimals, sizeof(decimals), ".%06d", fraction_us);
    else if (fraction_us != 0)
        (void)snprintf(decimals, sizeof(decimals), ".%03d", fraction_us / 1000);
    civil_format_zone(zone, offset);
    (void)snprintf(out, CIVIL_TEXT_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d%s%s", date.year, date.month,
                   date.day, seconds / 3600, seconds / 60 % 60, seconds % 60, decimals, offset);
    return out;
}
