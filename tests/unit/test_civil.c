/* Goal: dates and instants are exact from 1900 to 2200, and only what RFC 3339 allows is read.
 * Method: every single day against a day-by-day count, and tables of good and bad texts. */
#include "base/civil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
enum { BEIJING = 480 };

static void test_every_day_from_1900_to_2200(void **state)
{
    (void)state;
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t expected = -25567, parsed; /* 1900-01-01, a Monday */
    int weekday = 1;
    char out[CIVIL_TEXT_BYTES];
    for (int year = 1900; year <= 2200; year++)
        for (int month = 1; month <= 12; month++) {
            bool leap = (year % 4 == 0 && year % 100 != 0) || year == 2000;
            int last = days[month - 1] + (leap && month == 2);
            assert_int_equal(civil_days_in_month(year, month), last);
            for (int day = 1; day <= last; day++, expected++, weekday = weekday % 7 + 1) {
                struct civil_date date = civil_date_from_day(expected);
                assert_int_equal(civil_day_from_date(year, month, day), expected);
                assert_true(date.year == year && date.month == month && date.day == day);
                assert_int_equal(civil_weekday(expected), weekday);
                assert_true(civil_parse_date(text_from(civil_format_date(expected, out)), &parsed));
                assert_int_equal(parsed, expected);
            }
        }
    assert_int_equal(civil_day_from_date(1970, 1, 1), 0);
}

static void test_dates_that_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",           "2020-01-2",   "2020-1-20",  "2020-01-20 ", "2020-02-30", "2019-02-29", "1900-02-29",
        "2020-00-10", "2020-13-10",  "2020-01-00", "2020-01-32",  "1899-12-31", "2201-01-01", "2020/01/20",
        "+020-01-20", "2020-01-201", "20200120",   "２020-01-20", "2020-04-31"};
    int32_t day = 77;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(civil_parse_date(text_from(bad[i]), &day));
    assert_false(civil_parse_date((struct text){"2020-01-2\0", 10}, &day));
    assert_int_equal(day, 77); /* untouched */
    assert_true(civil_parse_date(TEXT("2020-02-29"), &day));
}

static void test_adding_months(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        int months;
        const char *to;
    } cases[] = {
        {"2020-01-31", 1, "2020-02-29"},   {"2019-01-31", 1, "2019-02-28"},  {"2020-03-31", -1, "2020-02-29"},
        {"2020-12-15", 1, "2021-01-15"},   {"2020-01-15", -1, "2019-12-15"}, {"2020-01-31", 12, "2021-01-31"},
        {"2020-02-29", 12, "2021-02-28"},  {"2020-02-29", 48, "2024-02-29"}, {"2020-05-31", 0, "2020-05-31"},
        {"2020-10-31", -20, "2019-02-28"}, {"2020-01-20", 13, "2021-02-20"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        int32_t from, to;
        assert_true(civil_parse_date(text_from(cases[i].from), &from));
        assert_true(civil_parse_date(text_from(cases[i].to), &to));
        assert_int_equal(civil_day_add_months(from, cases[i].months), to);
    }
    assert_int_equal(civil_date_from_day(civil_day_add_months(0, -24000)).year, -30);
}

static void test_times_are_read_and_written(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t at_us;
        int zone;
        const char *again; /* NULL: the same */
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0, 0, NULL},
        {"1970-01-01T08:00:00+08:00", 0, BEIJING, NULL},
        {"1969-12-31T23:59:59.999999Z", -1, 0, NULL},
        {"2026-11-21T20:00:00.123Z", INT64_C(1795291200123000), 0, NULL},
        {"2026-11-21T20:00:00.1Z", INT64_C(1795291200100000), 0, "2026-11-21T20:00:00.100Z"},
        {"2026-11-21T20:00:00.123400Z", INT64_C(1795291200123400), 0, NULL},
        {"2026-11-21t20:00:00.000z", INT64_C(1795291200000000), 0, "2026-11-21T20:00:00Z"},
        {"2026-11-22T00:00:00+04:00", INT64_C(1795291200000000), 240, NULL},
        {"2026-11-21T14:30:00-05:30", INT64_C(1795291200000000), -330, NULL},
        {"2026-11-21T20:00:00-00:00", INT64_C(1795291200000000), 0, "2026-11-21T20:00:00Z"},
        {"2000-02-29T23:59:59Z", INT64_C(951868799000000), 0, NULL},
    };
    char out[CIVIL_TEXT_BYTES];
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t at_us;
        int zone;
        assert_true(civil_parse_time(text_from(cases[i].text), &at_us, &zone));
        assert_true(at_us == cases[i].at_us);
        assert_int_equal(zone, cases[i].zone);
        assert_true(civil_parse_time(text_from(cases[i].text), &at_us, NULL));
        assert_string_equal(civil_format_time(at_us, zone, out),
                            cases[i].again ? cases[i].again : cases[i].text);
    }
}

static void test_times_that_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2026-11-21",
        "2026-11-21T20:00:00",  /* no offset */
        "2026-11-21 20:00:00Z", /* a space */
        "2026-11-21T20:00Z",    /* no seconds */
        "2026-11-21T24:00:00Z", /* that is the next day */
        "2026-11-21T20:60:00Z",
        "2016-12-31T23:59:60Z", /* a leap second */
        "2026-11-21T20:00:00.Z",
        "2026-11-21T20:00:00.1234567Z", /* finer than we keep */
        "2026-11-21T20:00:00,5Z",
        "2026-11-21T20:00:00+0800",
        "2026-11-21T20:00:00+08",
        "2026-11-21T20:00:00+24:00",
        "2026-11-21T20:00:00+08:60",
        "2026-11-21T20:00:00ZZ",
        "2026-11-21T20:00:00Z ",
        " 2026-11-21T20:00:00Z",
        "2026-02-29T20:00:00Z",
        "2026-11-21T2a:00:00Z",
        "2026-11-21T-1:00:00Z",
    };
    int64_t at_us;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(civil_parse_time(text_from(bad[i]), &at_us, NULL));
}

static void test_random_instants_round_trip(void **state)
{
    (void)state;
    char out[CIVIL_TEXT_BYTES];
    srand(11);
    for (int i = 0; i < 20000; i++) {
        int64_t low = civil_start_of_day_us(civil_day_from_date(1900, 1, 2), 0);
        int64_t high = civil_end_of_day_us(civil_day_from_date(2200, 12, 30), 0);
        int64_t at_us = low + ((int64_t)rand() << 31 | rand()) % (high - low), again_us;
        int zone = (rand() % 2879) - 1439, zone_again;
        at_us -= rand() % 3 == 0 ? at_us % CIVIL_SECOND_US : rand() % 2 == 0 ? at_us % 1000 : 0;
        assert_true(civil_parse_time(text_from(civil_format_time(at_us, zone, out)), &again_us, &zone_again));
        assert_true(again_us == at_us && zone_again == zone);
        int32_t day = civil_day_of(at_us, zone);
        assert_true(civil_start_of_day_us(day, zone) + civil_time_of_day_us(at_us, zone) == at_us);
        assert_true(civil_start_of_day_us(day, zone) <= at_us && at_us <= civil_end_of_day_us(day, zone));
        assert_true(civil_end_of_day_us(day, zone) + 1 == civil_start_of_day_us(day + 1, zone));
    }
}

static void test_the_ends_of_time_saturate(void **state)
{
    (void)state;
    char out[CIVIL_TEXT_BYTES];
    assert_true(civil_start_of_day_us(INT32_MAX, 0) == CIVIL_NEVER_US);
    assert_true(civil_start_of_day_us(INT32_MIN, 0) == INT64_MIN);
    assert_true(civil_end_of_day_us(106751991, -BEIJING) == CIVIL_NEVER_US);
    assert_true(civil_day_of(CIVIL_NEVER_US, BEIJING) == 106751991);
    assert_true(civil_day_of(INT64_MIN, -BEIJING) == -106751992);
    assert_true(strlen(civil_format_time(CIVIL_NEVER_US, 1439, out)) < CIVIL_TEXT_BYTES);
    assert_true(strlen(civil_format_time(INT64_MIN, -1439, out)) < CIVIL_TEXT_BYTES);
}

static void test_zones_and_clocks(void **state)
{
    (void)state;
    int value;
    assert_true(civil_parse_zone(TEXT("+08:00"), &value) && value == BEIJING);
    assert_true(civil_parse_zone(TEXT("-03:30"), &value) && value == -210);
    assert_true(civil_parse_zone(TEXT("Z"), &value) && value == 0);
    assert_true(civil_parse_clock(TEXT("08:30"), &value) && value == 510);
    assert_true(civil_parse_clock(TEXT("23:59"), &value) && value == 1439);
    static const char *const bad[] = {"", "8:30", "08:3", "24:00", "08:60", "08:30:00", "0830", "08：30"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(civil_parse_clock(text_from(bad[i]), &value));
        assert_false(civil_parse_zone(text_from(bad[i]), &value));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day_from_1900_to_2200),
        cmocka_unit_test(test_dates_that_are_none),
        cmocka_unit_test(test_adding_months),
        cmocka_unit_test(test_times_are_read_and_written),
        cmocka_unit_test(test_times_that_are_none),
        cmocka_unit_test(test_random_instants_round_trip),
        cmocka_unit_test(test_the_ends_of_time_saturate),
        cmocka_unit_test(test_zones_and_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
