/* test_recurrence.c - goal: dates recur as RFC 5545 says, whatever zone and language the process runs in, and
 * every search ends. Method: dates of the rules that charters use and of the RFC's own examples, spelled out;
 * rules that are refused, each with its reason. */
#include "config/recurrence.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static int32_t day_of(const char *date)
{
    int32_t day;
    assert_true(civil_parse_date(text_from(date), &day));
    return day;
}

/* The next dates from a day on (that day included), joined by blanks; at most max. */
static const char *dates(const char *rule, const char *from, int max)
{
    static char joined[512];
    int32_t day = day_of(from) - 1;
    joined[0] = '\0';
    for (int i = 0; i < max && recurrence_next(text_from(rule), day_of(from), day, &day); i++) {
        char date[CIVIL_TEXT_BYTES];
        (void)snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%s%s", i > 0 ? " " : "",
                       civil_format_date(day, date));
    }
    return joined;
}

/* S0-17: what "regularly" can be. */
static void test_dates(void **context)
{
    (void)context;
    static const struct {
        const char *rule, *dates;
    } cases[] = {
        {"FREQ=MONTHLY;BYMONTHDAY=-1", "2020-01-31 2020-02-29 2020-03-31 2020-04-30"},
        {"FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31", "2020-12-31 2021-12-31 2022-12-31 2023-12-31"},
        {"FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=-1", "2020-01-31 2020-03-31 2020-05-31 2020-07-31"},
        {"FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", "2020-01-26 2020-02-09 2020-02-23 2020-03-08"},
        {"FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;WKST=SU", "2020-02-02 2020-02-16 2020-03-01 2020-03-15"},
        {"FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;COUNT=3", "2020-01-21 2020-01-26 2020-02-04"},
        {"FREQ=MONTHLY;BYMONTH=3,6,9,12;BYMONTHDAY=-1", "2020-03-31 2020-06-30 2020-09-30 2020-12-31"},
        {"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2020-01-31 2020-02-28 2020-03-31 2020-04-30"},
        {"FREQ=MONTHLY;BYDAY=-1FR", "2020-01-31 2020-02-28 2020-03-27 2020-04-24"},
        {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2020-02-29 2024-02-29 2028-02-29 2032-02-29"},
        {"FREQ=DAILY", "2020-01-20 2020-01-21 2020-01-22 2020-01-23"},
        {"FREQ=MONTHLY", "2020-01-20 2020-02-20 2020-03-20 2020-04-20"},
        {"FREQ=DAILY;COUNT=3", "2020-01-20 2020-01-21 2020-01-22"},
        {"FREQ=WEEKLY;UNTIL=20200203", "2020-01-20 2020-01-27 2020-02-03"},
        {"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;WKST=SU;COUNT=2", "2020-01-20 2020-02-03"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct complaint complaint = {.message = ""};
        assert_int_equal(recurrence_check(text_from(cases[i].rule), day_of("2020-01-20"), &complaint), 0);
        assert_string_equal(dates(cases[i].rule, "2020-01-20", 4), cases[i].dates);
    }
}

/* The examples of RFC 5545 (3.8.5.3) that name days only, from their first day on. */
static void test_examples_of_the_rfc(void **context)
{
    (void)context;
    static const struct {
        const char *from, *rule, *dates;
    } cases[] = {
        {"1997-09-02", "FREQ=DAILY;INTERVAL=10;COUNT=5",
         "1997-09-02 1997-09-12 1997-09-22 1997-10-02 1997-10-12"},
        {"1997-09-02", "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
         "1997-09-02 1997-09-16 1997-09-30 1997-10-14 1997-10-28"},
        {"1997-09-02", "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
         "1997-09-02 1997-09-04 1997-09-16 1997-09-18 1997-09-30"},
        {"1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
         "1997-08-05 1997-08-10 1997-08-19 1997-08-24"},
        {"1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
         "1997-08-05 1997-08-17 1997-08-19 1997-08-31"},
        {"1997-09-05", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
         "1997-09-05 1997-10-03 1997-11-07 1997-12-05 1998-01-02"},
        {"1997-09-07", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
         "1997-09-07 1997-09-28 1997-11-02 1997-11-30 1998-01-04"},
        {"1997-09-28", "FREQ=MONTHLY;BYMONTHDAY=-3",
         "1997-09-28 1997-10-29 1997-11-28 1997-12-29 1998-01-29"},
        {"1997-09-10", "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
         "1997-09-10 1997-09-11 1997-09-12 1997-09-13 1997-09-14"},
        {"1997-06-10", "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
         "1997-06-10 1997-07-10 1998-06-10 1998-07-10 1999-06-10"},
        {"1997-01-01", "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
         "1997-01-01 1997-04-10 1997-07-19 2000-01-01 2000-04-09"},
        {"1997-05-19", "FREQ=YEARLY;BYDAY=20MO", "1997-05-19 1998-05-18 1999-05-17"},
        {"1997-03-13", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
         "1997-03-13 1997-03-20 1997-03-27 1998-03-05 1998-03-12"},
        {"1998-02-13", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
         "1998-02-13 1998-03-13 1998-11-13 1999-08-13 2000-10-13"},
        {"1996-11-05", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
         "1996-11-05 2000-11-07 2004-11-02"},
        {"1997-09-04", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09-04 1997-10-07 1997-11-06"},
        {"1997-09-29", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
         "1997-09-29 1997-10-30 1997-11-27 1997-12-30 1998-01-29"},
        {"2007-01-15", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
         "2007-01-15 2007-01-30 2007-02-15 2007-03-15 2007-03-30"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int count = (int)(strlen(cases[i].dates) + 1) / 11;
        if (strcmp(dates(cases[i].rule, cases[i].from, count), cases[i].dates) != 0)
            fail_msg("%s: %s, not %s", cases[i].rule, dates(cases[i].rule, cases[i].from, count),
                     cases[i].dates);
    }
}

/* A day of the month without a month is one of every month, also in a rule of years. */
static void test_year_without_months(void **context)
{
    (void)context;
    assert_string_equal(dates("FREQ=YEARLY;BYMONTHDAY=15", "2021-01-15", 3),
                        "2021-01-15 2021-02-15 2021-03-15");
    assert_string_equal(dates("FREQ=YEARLY;INTERVAL=2;BYMONTHDAY=-1;BYDAY=SU", "2020-01-20", 3),
                        "2020-05-31 2022-07-31 2024-03-31");
    assert_string_equal(dates("FREQ=YEARLY;BYYEARDAY=-1,60", "2020-01-20", 3),
                        "2020-02-29 2020-12-31 2021-03-01");
}

static void test_never_is_told_apart(void **context)
{
    (void)context;
    static const char *const never[] = {"FREQ=MONTHLY;BYMONTHDAY=-1;BYDAY=2SU",
                                        "FREQ=YEARLY;BYDAY=MO;BYSETPOS=366",
                                        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"};
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        struct complaint complaint = {.message = ""};
        assert_int_equal(recurrence_check(text_from(never[i]), day_of("2020-01-20"), &complaint),
                         RECURRENCE_E_NEVER);
        assert_non_null(strstr(complaint.message, "never comes to a date"));
    }
}

/* What libical takes from the process must not reach the dates. */
static void test_no_zone_no_language(void **context)
{
    (void)context;
    static const char *const zones[] = {"Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati", "UTC"};
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        assert_int_equal(setenv("TZ", zones[i], 1), 0);
        tzset();
        (void)setlocale(LC_ALL, i % 2 == 0 ? "th_TH.UTF-8" : "C.UTF-8");
        assert_string_equal(dates("FREQ=WEEKLY;BYDAY=SU", "2020-03-01", 3),
                            "2020-03-01 2020-03-08 2020-03-15");
        assert_string_equal(dates("FREQ=DAILY", "2020-12-30", 3), "2020-12-30 2020-12-31 2021-01-01");
    }
}

static void test_strictly_after_and_before(void **context)
{
    (void)context;
    const struct text rule = TEXT("FREQ=MONTHLY;BYMONTHDAY=-1");
    int32_t from = day_of("2020-01-20"), day;
    assert_true(recurrence_next(rule, from, day_of("2020-01-30"), &day));
    assert_int_equal(day, day_of("2020-01-31"));
    assert_true(recurrence_next(rule, from, day_of("2020-01-31"), &day));
    assert_int_equal(day, day_of("2020-02-29"));
    assert_true(recurrence_next(rule, from, day_of("1999-01-01"), &day));
    assert_int_equal(day, day_of("2020-01-31"));
    assert_true(recurrence_next(rule, from, day_of("2120-01-31"), &day));
    assert_int_equal(day, day_of("2120-02-29"));
    assert_true(recurrence_previous(rule, from, day_of("2020-03-01"), &day));
    assert_int_equal(day, day_of("2020-02-29"));
    assert_true(recurrence_previous(rule, from, day_of("2020-02-29"), &day));
    assert_int_equal(day, day_of("2020-01-31"));
    assert_false(recurrence_previous(rule, from, day_of("2020-01-31"), &day));
}

static void test_ends(void **context)
{
    (void)context;
    int32_t from = day_of("2020-01-20"), day;
    assert_false(recurrence_next(TEXT("FREQ=DAILY;COUNT=2"), from, day_of("2020-01-21"), &day));
    assert_false(recurrence_next(TEXT("FREQ=DAILY;UNTIL=20200122"), from, day_of("2020-01-22"), &day));
    assert_false(recurrence_next(TEXT("FREQ=YEARLY"), from, day_of("2200-12-30"), &day));
    assert_true(recurrence_previous(TEXT("FREQ=DAILY;COUNT=2"), from, day_of("2030-01-01"), &day));
    assert_int_equal(day, day_of("2020-01-21"));
}

static void test_refused(void **context)
{
    (void)context;
    static const struct {
        const char *rule, *reason;
    } cases[] = {
        {"", "KEY=VALUE"},
        {"monthly", "KEY=VALUE"},
        {"FREQ=MONTHLY;", "KEY=VALUE"},
        {"BYMONTHDAY=1", "needs FREQ"},
        {"FREQ=HOURLY", "not HOURLY"},
        {"FREQ=SECONDLY;INTERVAL=5", "not SECONDLY"},
        {"FREQ=monthly", "not monthly"},
        {"FREQ=DAILY;BYHOUR=9", "no part BYHOUR"},
        {"RSCALE=CHINESE;FREQ=YEARLY", "no part RSCALE"},
        {"FREQ=MONTHLY;BYMONTHDAYS=1", "no part BYMONTHDAYS here; nearest: BYMONTHDAY"},
        {"FREQ=MONTHLY;FREQ=MONTHLY", "FREQ stands there twice"},
        {"FREQ=MONTHLY;INTERVAL=0", "INTERVAL cannot be \"0\""},
        {"FREQ=MONTHLY;INTERVAL=10000", "INTERVAL cannot be"},
        {"FREQ=MONTHLY;COUNT=-1", "COUNT cannot be"},
        {"FREQ=DAILY;UNTIL=20201399", "a date such as 20201231"},
        {"FREQ=DAILY;UNTIL=20200122T000000Z", "a date such as"},
        {"FREQ=DAILY;COUNT=2;UNTIL=20200122", "do not go together"},
        {"FREQ=WEEKLY;BYMONTHDAY=3", "does not go with FREQ=WEEKLY"},
        {"FREQ=MONTHLY;BYYEARDAY=3", "does not go with FREQ=MONTHLY"},
        {"FREQ=WEEKLY;BYDAY=1SU", "does not go with FREQ=WEEKLY"},
        {"FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=1", "does not go with FREQ=WEEKLY"},
        {"FREQ=YEARLY;BYWEEKNO=5", "no part BYWEEKNO"},
        {"FREQ=WEEKLY;WKST=1", "WKST cannot be"},
        {"FREQ=MONTHLY;BYMONTHDAY=32", "no recurrence rule of RFC 5545"},
        {"FREQ=MONTHLY;BYMONTHDAY=", "BYMONTHDAY cannot be"},
        {"FREQ=MONTHLY;BYDAY=XX", "no recurrence rule"},
        {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never comes to a date"},
        {"FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31", "never comes to a date"},
        {"FREQ=DAILY;BYMONTHDAY=-1", "does not go with FREQ=DAILY"},
        {"FREQ=DAILY;INTERVAL=7;BYDAY=TU", "never comes to a date"},
        {"FREQ=DAILY;UNTIL=20200101", "never comes to a date"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct complaint complaint = {.message = ""};
        int32_t day;
        if (recurrence_check(text_from(cases[i].rule), day_of("2020-01-20"), &complaint) == 0)
            fail_msg("%s was taken", cases[i].rule);
        if (strstr(complaint.message, cases[i].reason) == NULL)
            fail_msg("%s: %s", cases[i].rule, complaint.message);
        assert_false(recurrence_next(text_from(cases[i].rule), day_of("2020-01-20"), 0, &day));
    }
}

/* ---- against a second way to the same dates: each day asked by itself ---- */

struct shape {
    const char *freq;
    int interval, months[2], month_days[2], weekdays[2], week_start;
};

static bool names(const int values[2], int value)
{
    return (values[0] == 0 && values[1] == 0) || values[0] == value || values[1] == value;
}

static bool names_month_day(const int values[2], struct civil_date date)
{
    return names(values, date.day) ||
           names(values, date.day - civil_days_in_month(date.year, date.month) - 1);
}

static bool is_date(const struct shape *shape, int32_t from, int32_t day)
{
    struct civil_date date = civil_date_from_day(day), first = civil_date_from_day(from);
    int32_t week = day - (civil_weekday(day) - shape->week_start + 7) % 7;
    int32_t first_week = from - (civil_weekday(from) - shape->week_start + 7) % 7;
    int32_t steps = strcmp(shape->freq, "DAILY") == 0    ? day - from
                    : strcmp(shape->freq, "WEEKLY") == 0 ? (week - first_week) / 7
                    : strcmp(shape->freq, "MONTHLY") == 0
                        ? (date.year - first.year) * 12 + date.month - first.month
                        : date.year - first.year;
    return steps % shape->interval == 0 && names(shape->months, date.month) &&
           names_month_day(shape->month_days, date) && names(shape->weekdays, civil_weekday(day));
}

static void write_list(char *rule, size_t room, const char *key, const int values[2],
                       const char *const *words)
{
    for (int i = 0; i < 2; i++) {
        char number[16];
        if (values[i] == 0)
            continue;
        (void)snprintf(number, sizeof number, "%d", values[i]);
        (void)snprintf(rule + strlen(rule), room - strlen(rule), "%s%s", i == 0 || values[0] == 0 ? key : ",",
                       words != NULL ? words[values[i]] : number);
    }
}

/* Small and repeatable: the test names what failed by its rule. */
static unsigned dice(unsigned *state, unsigned sides)
{
    *state = *state * 1664525U + 1013904223U;
    return (*state >> 16) % sides;
}

static void throw_shape(unsigned *state, struct shape *shape)
{
    static const char *const freqs[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
    unsigned freq = dice(state, 4);
    *shape = (struct shape){.freq = freqs[freq], .interval = 1 + (int)dice(state, 3), .week_start = 1};
    /* Months and years need a part that says which days. */
    if (freq >= 2)
        shape->month_days[0] = dice(state, 2) == 0 ? 1 + (int)dice(state, 28) : -1 - (int)dice(state, 3);
    if (freq >= 2 && dice(state, 2) == 0)
        shape->month_days[1] = 31;
    if (dice(state, freq == 3 ? 2 : 3) == 0)
        shape->months[0] = 1 + (int)dice(state, 12);
    if (freq < 2 && (freq == 1 || dice(state, 2) == 0))
        shape->weekdays[0] = 1 + (int)dice(state, 7);
    if (freq == 1)
        shape->week_start = dice(state, 2) == 0 ? 1 : 7;
}

static void compare(const struct shape *shape, int32_t from)
{
    static const char *const days[] = {"", "MO", "TU", "WE", "TH", "FR", "SA", "SU"};
    char rule[256];
    (void)snprintf(rule, sizeof rule, "FREQ=%s;INTERVAL=%d%s", shape->freq, shape->interval,
                   shape->week_start == 7 ? ";WKST=SU" : "");
    write_list(rule, sizeof rule, ";BYMONTH=", shape->months, NULL);
    write_list(rule, sizeof rule, ";BYMONTHDAY=", shape->month_days, NULL);
    write_list(rule, sizeof rule, ";BYDAY=", shape->weekdays, days);
    const int32_t horizon = shape->freq[0] == 'D' || shape->freq[0] == 'W' ? 150 : 3 * 366;
    for (int32_t day = from, after = from - 1, found; day < from + horizon; day++) {
        if (!is_date(shape, from, day))
            continue;
        bool next = recurrence_next(text_from(rule), from, after, &found);
        if (!next || found != day) {
            char want[CIVIL_TEXT_BYTES], have[CIVIL_TEXT_BYTES];
            fail_msg("%s from %d: %s, not %s", rule, from, next ? civil_format_date(found, have) : "none",
                     civil_format_date(day, want));
        }
        after = day;
    }
}

static void test_against_each_day(void **context)
{
    (void)context;
    unsigned state = 20200120;
    for (int i = 0; i < 150; i++) {
        struct shape shape;
        throw_shape(&state, &shape);
        compare(&shape, day_of("2020-01-01") + (int32_t)dice(&state, 400));
    }
}

static void test_too_long(void **context)
{
    (void)context;
    char rule[RECURRENCE_BYTES_MAX + 2] = "FREQ=MONTHLY;BYMONTHDAY=1";
    memset(rule + strlen(rule), ' ', sizeof rule - 1 - strlen(rule));
    struct complaint complaint = {.message = ""};
    assert_int_equal(recurrence_check(text_from(rule), 18000, &complaint), RECURRENCE_E_INVALID);
    assert_non_null(strstr(complaint.message, "at most 256 bytes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_examples_of_the_rfc),
        cmocka_unit_test(test_year_without_months),
        cmocka_unit_test(test_never_is_told_apart),
        cmocka_unit_test(test_no_zone_no_language),
        cmocka_unit_test(test_strictly_after_and_before),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_against_each_day),
        cmocka_unit_test(test_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
