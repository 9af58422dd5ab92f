/* Goal: working time between two instants is the sum of what lies within working hours, whatever the ends.
 * Method: cases by hand, and a slow count minute by minute over random pairs, against the calendar's own
 * verdict on each day.
 */
#include "config/calendar_hours.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/support/slate.h"

#define SMALL                                                                                                \
    "calendar: small\nzone: \"+08:00\"\nweek: [mon, tue, wed, thu, fri]\nhours: 09:00-17:00\n"               \
    "announced_yearly: false\nnotices:\n  - {notice: n1, published: 2020-01-01, off: [2020-01-08], work: "   \
    "[2020-01-11]}\n"
#define HOUR (3600 * CIVIL_SECOND_US)

static const struct calendar *small(void)
{
    struct findings findings;
    findings_open(&findings, &arena, TEXT("small"));
    const struct calendar *calendar = calendar_compile(&arena, TEXT(SMALL), &findings);
    assert_non_null(calendar);
    return calendar;
}

static int64_t at(const char *written)
{
    int64_t at_us = 0;
    assert_true(civil_parse_time(text_from(written), &at_us, NULL));
    return at_us;
}

static void test_cases(void **state)
{
    static const struct {
        const char *from, *to;
        int64_t us;
    } cases[] = {
        {"2020-01-06T10:00:00+08:00", "2020-01-06T12:30:00+08:00", 5 * HOUR / 2}, /* a Monday */
        {"2020-01-06T08:00:00+08:00", "2020-01-06T18:00:00+08:00", 8 * HOUR},
        {"2020-01-06T17:00:00+08:00", "2020-01-07T09:00:00+08:00", 0},
        {"2020-01-06T16:59:59.999999+08:00", "2020-01-07T09:00:00+08:00", 1},
        {"2020-01-07T16:00:00+08:00", "2020-01-09T10:00:00+08:00", 2 * HOUR}, /* the 8th is off */
        {"2020-01-10T16:00:00+08:00", "2020-01-13T10:00:00+08:00",
         10 * HOUR},                                                   /* Saturday the 11th is worked */
        {"2020-01-18T10:00:00+08:00", "2020-01-19T16:00:00+08:00", 0}, /* a weekend */
        {"2020-01-08T10:00:00+08:00", "2020-01-08T16:00:00+08:00", 0},
        {"2020-01-06T10:00:00+08:00", "2020-01-06T10:00:00+08:00", 0},
        {"2020-01-07T10:00:00+08:00", "2020-01-06T10:00:00+08:00", 0}, /* backwards */
        {"2020-01-06T02:00:00Z", "2020-01-06T11:00:00+08:00", HOUR},   /* another zone, the same instants */
    };
    (void)state;
    const struct calendar *calendar = small();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t us = calendar_working_us_between(calendar, at(cases[i].from), at(cases[i].to), INT32_MAX);
        if (us != cases[i].us)
            fail_msg("%s to %s: %lld us", cases[i].from, cases[i].to, (long long)us);
    }
    /* as it was known before the notice the 8th was worked */
    assert_int_equal(calendar_working_us_between(calendar, at("2020-01-08T10:00:00+08:00"),
                                                 at("2020-01-08T16:00:00+08:00"),
                                                 civil_day_from_date(2019, 12, 31)),
                     6 * HOUR);
}

static int64_t slowly(const struct calendar *calendar, int64_t from_us, int64_t to_us)
{
    int64_t sum_us = 0;
    for (int64_t us = from_us; us < to_us; us += 60 * CIVIL_SECOND_US) {
        int64_t time_us = civil_time_of_day_us(us, calendar->zone);
        bool works = calendar_day(calendar, civil_day_of(us, calendar->zone), INT32_MAX).works;
        if (works && time_us >= calendar->opens * 60 * CIVIL_SECOND_US &&
            time_us < calendar->closes * 60 * CIVIL_SECOND_US)
            sum_us += 60 * CIVIL_SECOND_US;
    }
    return sum_us;
}

static void test_against_a_slow_count(void **state)
{
    uint64_t dice = 1;
    (void)state;
    const struct calendar *calendar = small();
    for (int i = 0; i < 200; i++) {
        dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        int64_t from_us =
            at("2020-01-01T00:00:00+08:00") + (int64_t)(dice >> 40) % (30 * 1440) * 60 * CIVIL_SECOND_US;
        dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        int64_t to_us = from_us + (int64_t)(dice >> 40) % (12 * 1440) * 60 * CIVIL_SECOND_US;
        assert_int_equal(calendar_working_us_between(calendar, from_us, to_us, INT32_MAX),
                         slowly(calendar, from_us, to_us));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cases, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_against_a_slow_count, slate_open, slate_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
