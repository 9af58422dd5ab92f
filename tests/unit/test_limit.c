/* Goal: a limit yields the due time that the documents' own dates demand, as it was known on a day, and tells
 * how. Method: the calendar vectors of the five documents (docs/mission.md), the 89 target times that a city
 * recorded (tests/data), and the corners of each unit and option, all against dates that were fixed outside
 * this code. */
#include "config/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/support/config_files.h"
#include "tests/support/slate.h"

static const struct calendar *cn, *plain, *boston;

static int setup(void **state)
{
    slate_open(state);
    cn = support_calendar(&arena, "config/calendars/cn.yaml");
    boston = support_calendar(&arena, "config/calendars/boston.yaml");
    struct calendar *copy = arena_alloc(&arena, sizeof *copy);
    *copy = *cn;
    copy->notices_count = 0;
    copy->announced_yearly = false;
    plain = copy;
    return 0;
}

static int teardown(void **state)
{
    return slate_close(state);
}

static int32_t known_of(const char *date)
{
    int32_t day = INT32_MAX;
    if (date != NULL)
        assert_true(civil_parse_date(text_from(date), &day));
    return day;
}

static struct due due_of(const struct calendar *calendar, const char *limit, const char *start,
                         const char *known)
{
    struct limit_rule rule;
    struct complaint complaint = {.message = ""};
    struct due due;
    int64_t start_us;
    char whole[64];
    (void)snprintf(whole, sizeof whole, "%s%s", start,
                   strlen(start) == 10 ? (calendar->zone != 0 ? "T10:00:00+08:00" : "T10:00:00Z")
                                       : (calendar->zone != 0 ? "+08:00" : "Z"));
    assert_true(civil_parse_time(text_from(whole), &start_us, NULL));
    if (limit_parse(text_from(limit), &rule, &complaint) != 0)
        fail_msg("%s: %s", limit, complaint.message);
    if (limit_due(&arena, &rule, calendar, start_us, known_of(known), &due, &complaint) != 0)
        fail_msg("%s: %s", limit, complaint.message);
    return due;
}

/* expected: "2020-02-18" (the end of that day) or "2020-02-18T13:00:00" */
static void assert_due(const struct calendar *calendar, const char *limit, const char *start,
                       const char *known, const char *expected)
{
    struct due due = due_of(calendar, limit, start, known);
    char got[CIVIL_TEXT_BYTES], want[CIVIL_TEXT_BYTES];
    (void)snprintf(want, sizeof want, "%s%s%s", expected, strlen(expected) == 10 ? "T23:59:59.999999" : "",
                   calendar->zone != 0 ? "+08:00" : "Z");
    assert_true(due.dated);
    if (strcmp(civil_format_time(due.due_us, calendar->zone, got), want) != 0)
        fail_msg("%s from %s as known on %s: got %s, expected %s\n%.*s", limit, start,
                 known != NULL ? known : "-", got, want, TEXT_PRINT(due.arithmetic));
}

static void test_document_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *start, *with_notices[3], *by_the_week[3];
    } rows[] = {
        {"2018-12-05",
         {"2018-12-10", "2018-12-26", "2019-01-17"},
         {"2018-12-10", "2018-12-26", "2019-01-16"}},
        {"2020-01-20",
         {"2020-01-23", "2020-02-18", "2020-03-10"},
         {"2020-01-23", "2020-02-10", "2020-03-02"}},
        {"2020-06-26",
         {"2020-06-30", "2020-07-16", "2020-08-06"},
         {"2020-07-01", "2020-07-17", "2020-08-07"}},
        {"2021-09-29",
         {"2021-10-09", "2021-10-26", "2021-11-16"},
         {"2021-10-04", "2021-10-20", "2021-11-10"}},
        {"2022-01-29",
         {"2022-02-08", "2022-02-24", "2022-03-17"},
         {"2022-02-02", "2022-02-18", "2022-03-11"}},
    };
    static const char *const limits[] = {"3wd", "15wd", "30wd"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t k = 0; k < 3; k++) {
            assert_due(cn, limits[k], rows[i].start, NULL, rows[i].with_notices[k]);
            assert_due(plain, limits[k], rows[i].start, NULL, rows[i].by_the_week[k]);
        }
}

static void test_as_known(void **state)
{
    (void)state;
    /* S0: the Spring Festival was lengthened on 2020-01-27, a week after issue */
    assert_due(cn, "15wd", "2020-01-20", "2020-01-20", "2020-02-14");
    assert_due(cn, "15wd", "2020-01-20", "2020-01-26", "2020-02-14");
    assert_due(cn, "15wd", "2020-01-20", "2020-01-27", "2020-02-18");
    assert_due(cn, "30wd", "2020-01-20", "2020-01-20", "2020-03-06");
    assert_due(cn, "30wd", "2020-01-20", "2020-01-27", "2020-03-10");
    assert_due(cn, "3wd", "2020-01-20", "2020-01-20", "2020-01-23");
    /* S4: 2018年底前; the notice for 2019 came a day after issue */
    assert_due(cn, "by 2018-12-31 roll=back", "2018-12-05", "2018-12-05", "2018-12-31");
    assert_due(cn, "by 2018-12-31 roll=back", "2018-12-05", "2018-12-06", "2018-12-29");
    assert_due(cn, "by 2018 roll=back", "2018-12-05", "2018-12-06", "2018-12-29");
    assert_due(cn, "by 2018-12-31", "2018-12-05", "2018-12-06", "2018-12-31");
    assert_due(cn, "by 2018-12-31 roll=on", "2018-12-05", "2018-12-06", "2019-01-02");
    /* May Day 2019, amended on 2019-03-22 */
    assert_due(cn, "1wd", "2019-04-30", "2019-03-21", "2019-05-02");
    assert_due(cn, "1wd", "2019-04-30", "2019-03-22", "2019-05-05");
    assert_due(cn, "by 2019-05-04 roll=back", "2019-01-02", "2019-03-21", "2019-05-03");
    assert_due(cn, "by 2019-05-04 roll=back", "2019-01-02", "2019-03-22", "2019-04-30");
}

static void test_roll(void **state)
{
    (void)state;
    /* S4 T4: 2019年6月底前; 2019-06-30 is a Sunday */
    assert_due(cn, "by 2019-06 roll=back", "2018-12-05", NULL, "2019-06-28");
    assert_due(cn, "by 2019-06 roll=on", "2018-12-05", NULL, "2019-07-01");
    assert_due(cn, "by 2019-06 roll=none", "2018-12-05", NULL, "2019-06-30");
    assert_due(cn, "by 2019-06", "2018-12-05", NULL, "2019-06-30");
    assert_due(cn, "by 2020-02", "2018-12-05", NULL, "2020-02-29");
    assert_due(cn, "5d roll=on", "2021-09-29", NULL, "2021-10-08");
    assert_due(cn, "5d roll=back", "2021-09-29", NULL, "2021-09-30");
    assert_due(cn, "5d", "2021-09-29", NULL, "2021-10-04");
    /* a date before the start is still that date: born late */
    assert_due(cn, "by 2018-12-01", "2018-12-05", NULL, "2018-12-01");
}

static void test_born_late_days_left(void **state)
{
    (void)state;
    /* S3: issued on a holiday, 2020-06-26; 2020-06-28 is a working Sunday */
    assert_int_equal(
        calendar_working_days_between(cn, known_of("2020-06-26"), known_of("2020-06-30"), INT32_MAX), 3);
    assert_int_equal(
        calendar_working_days_between(cn, known_of("2020-06-30"), known_of("2020-06-26"), INT32_MAX), 0);
    assert_int_equal(
        calendar_working_days_between(plain, known_of("2020-06-26"), known_of("2020-06-30"), INT32_MAX), 2);
}

static void test_days_months_halves_hours(void **state)
{
    (void)state;
    assert_due(cn, "60d", "2020-06-26", NULL, "2020-08-25");
    assert_due(cn, "1m", "2020-01-31", NULL, "2020-02-29");
    assert_due(cn, "1m", "2019-01-31", NULL, "2019-02-28");
    assert_due(cn, "3m", "2020-06-26", NULL, "2020-09-26");
    assert_due(cn, "1m until=same-time", "2020-01-31T16:20:30", NULL, "2020-02-29T16:20:30");
    /* 次日起算 or not */
    assert_due(cn, "1wd count=same-day", "2020-06-29", NULL, "2020-06-29");
    assert_due(cn, "3wd count=same-day", "2020-06-29", NULL, "2020-07-01");
    assert_due(cn, "1wd count=same-day", "2020-06-26", NULL, "2020-06-28");
    assert_due(cn, "5d count=same-day", "2020-06-29", NULL, "2020-07-03");
    assert_due(cn, "1m count=same-day", "2020-06-29", NULL, "2020-07-28");
    /* S4-5: half a working day; the hours are 09:00 to 17:00 */
    assert_due(cn, "0.5wd", "2018-12-05", NULL, "2018-12-06T13:00:00");
    assert_due(cn, "3.5wd", "2018-12-05", NULL, "2018-12-11T13:00:00");
    assert_due(cn, "0.5wd count=same-day", "2018-12-05", NULL, "2018-12-05T13:00:00");
    assert_due(cn, "0.5wd until=same-time", "2018-12-05T10:00:00", NULL, "2018-12-05T14:00:00");
    assert_due(cn, "0.5wd until=same-time", "2018-12-05T15:00:00", NULL, "2018-12-06T11:00:00");
    assert_due(cn, "1.5wd until=same-time", "2018-12-07T15:00:00", NULL, "2018-12-11T11:00:00");
    /* working hours */
    assert_due(cn, "1h", "2018-12-05T10:00:00", NULL, "2018-12-05T11:00:00");
    assert_due(cn, "0.5h", "2018-12-05T16:45:00", NULL, "2018-12-06T09:15:00");
    assert_due(cn, "8h", "2018-12-05T09:00:00", NULL, "2018-12-05T17:00:00");
    assert_due(cn, "16h", "2018-12-07T17:00:00", NULL, "2018-12-11T17:00:00");
    assert_due(cn, "1h", "2018-12-29T06:00:00", NULL, "2018-12-29T10:00:00");
}

static void test_same_time_is_moved_into_hours(void **state)
{
    (void)state;
    assert_due(boston, "1wd until=same-time", "2022-01-03T10:11:12", NULL, "2022-01-04T10:11:12");
    assert_due(boston, "1wd until=same-time", "2022-01-03T08:30:00", NULL, "2022-01-04T08:30:00");
    assert_due(boston, "1wd until=same-time", "2022-01-03T06:35:00", NULL, "2022-01-04T08:30:00");
    assert_due(boston, "1wd until=same-time", "2022-01-03T16:59:59", NULL, "2022-01-04T16:59:59");
    assert_due(boston, "1wd until=same-time", "2022-01-03T17:00:00", NULL, "2022-01-05T08:30:00");
    assert_due(boston, "1wd until=same-time", "2022-01-07T17:02:00", NULL, "2022-01-11T08:30:00");
    assert_due(boston, "1d until=same-time", "2022-01-08T23:00:00", NULL, "2022-01-09T23:00:00");
}

static void test_unannounced_years(void **state)
{
    (void)state;
    struct due due = due_of(cn, "3wd", "2026-12-30", NULL);
    assert_true(due.provisional);
    assert_int_equal(due.unannounced_year, 2027);
    assert_non_null(strstr(due.arithmetic.at, "provisional: the holidays of 2027 are not announced"));
    assert_false(due_of(cn, "1wd", "2026-12-30", NULL).provisional);
    assert_true(due_of(cn, "15wd", "2018-12-05", "2018-12-05").provisional == false);
    assert_true(due_of(cn, "30wd", "2018-12-05", "2018-12-05").provisional);
    assert_false(due_of(cn, "30wd", "2018-12-05", "2018-12-06").provisional);
    assert_false(due_of(cn, "by 2027-01-31", "2026-12-30", NULL).provisional);
    assert_true(due_of(cn, "by 2027-01-31 roll=back", "2026-12-30", NULL).provisional);
    assert_false(due_of(boston, "30wd", "2030-01-02", NULL).provisional);
}

static void test_undated_and_range(void **state)
{
    (void)state;
    struct due due = due_of(cn, "undated", "2020-01-20", NULL);
    assert_false(due.dated);
    assert_int_equal(due.due_us, CIVIL_NEVER_US);
    struct limit_rule rule;
    struct complaint complaint;
    assert_int_equal(limit_parse(TEXT("9999wd"), &rule, NULL), 0);
    assert_int_equal(
        limit_due(&arena, &rule, cn, civil_start_of_day_us(80000, 480), INT32_MAX, &due, &complaint),
        LIMIT_E_RANGE);
    assert_int_equal(limit_due(&arena, &rule, cn, INT64_MIN, INT32_MAX, &due, &complaint), LIMIT_E_RANGE);
    assert_int_equal(limit_due(&arena, &rule, cn, INT64_MAX, INT32_MAX, &due, &complaint), LIMIT_E_RANGE);
    assert_int_equal(limit_reminder_us(&rule, cn, civil_start_of_day_us(-20000, 480), INT32_MAX),
                     CIVIL_NEVER_US);
}

static void test_arithmetic_can_be_followed(void **state)
{
    (void)state;
    struct due due = due_of(cn, "15wd", "2020-01-20", "2020-01-27");
    static const char expected[] =
        "limit 15wd from 2020-01-20T10:00:00+08:00 (Mon)\n"
        "calendar cn, as known on 2020-01-27\n"
        "2020-01-24 Fri to 2020-01-30 Thu: off, by 国务院办公厅关于2020年部分节假日安排的通知 of 2019-11-21\n"
        "2020-01-31 Fri to 2020-02-02 Sun: off, by 国务院办公厅关于延长2020年春节假期的通知 of 2020-01-27\n"
        "working day 15 is 2020-02-18 Tue\n"
        "skipped as weekly days off (4): 2020-02-08 Sat to 2020-02-09 Sun, 2020-02-15 Sat to 2020-02-16 Sun\n"
        "due 2020-02-18T23:59:59.999999+08:00 (Tue)";
    assert_string_equal(due.arithmetic.at, expected);
    due = due_of(cn, "15wd", "2020-01-20", "2020-01-20");
    assert_non_null(strstr(due.arithmetic.at, "\n2020-02-01 Sat: make-up work, by "));
    due = due_of(cn, "by 2018 roll=back", "2018-12-05", "2018-12-06");
    assert_non_null(
        strstr(due.arithmetic.at, "\n2018-12-31 Mon does not work: rolled back to 2018-12-29 Sat\n"));
    due = due_of(cn, "by 2019-06", "2018-12-05", NULL);
    assert_non_null(
        strstr(due.arithmetic.at, "\n2019-06-30 Sun does not work; the limit stands there (roll=none)\n"));
}

static void test_arithmetic_is_bounded(void **state)
{
    (void)state;
    struct due due = due_of(cn, "4900wd", "2007-01-04", NULL);
    assert_true(due.arithmetic.bytes < LIMIT_ARITHMETIC_BYTES_MAX);
    assert_true(text_is_utf8(due.arithmetic));
    assert_non_null(strstr(due.arithmetic.at, "more such lines"));
    assert_non_null(strstr(due.arithmetic.at, "\ndue 20"));
}

static void assert_reminder(const struct calendar *calendar, const char *reminder, const char *due,
                            const char *known, const char *expected)
{
    struct limit_rule rule;
    int64_t due_us;
    char got[CIVIL_TEXT_BYTES];
    assert_int_equal(limit_parse_reminder(text_from(reminder), &rule, NULL), 0);
    assert_true(civil_parse_time(text_from(due), &due_us, NULL));
    assert_string_equal(
        civil_format_time(limit_reminder_us(&rule, calendar, due_us, known_of(known)), calendar->zone, got),
        expected);
}

static void test_reminders(void **state)
{
    (void)state;
    const char *due = "2020-02-18T23:59:59.999999+08:00";
    assert_reminder(cn, "1wd", due, NULL, "2020-02-17T09:00:00+08:00");
    assert_reminder(cn, "5wd", due, NULL, "2020-02-11T09:00:00+08:00");
    assert_reminder(cn, "12wd", due, NULL, "2020-01-23T09:00:00+08:00");
    assert_reminder(cn, "12wd", due, "2020-01-20", "2020-02-01T09:00:00+08:00");
    assert_reminder(cn, "0.5wd", due, NULL, "2020-02-18T09:00:00+08:00");
    assert_reminder(cn, "3d", due, NULL, "2020-02-15T09:00:00+08:00");
    /* S3-8: one month before */
    assert_reminder(cn, "1m", "2020-03-31T23:59:59.999999+08:00", NULL, "2020-02-29T09:00:00+08:00");
    assert_reminder(cn, "4h", due, NULL, "2020-02-18T13:00:00+08:00");
    assert_reminder(cn, "8h", due, NULL, "2020-02-18T09:00:00+08:00");
    assert_reminder(cn, "9h", due, NULL, "2020-02-17T16:00:00+08:00");
    assert_reminder(cn, "1h", "2020-02-16T12:00:00+08:00", NULL, "2020-02-14T16:00:00+08:00");
    assert_reminder(boston, "1wd", "2022-01-03T08:30:00Z", NULL, "2021-12-31T08:30:00Z");
}

static void test_syntax_round_trip(void **state)
{
    (void)state;
    static const char *const canonical[] = {"15wd",
                                            "0.5wd",
                                            "3.5h",
                                            "30d roll=back",
                                            "1m roll=on",
                                            "by 2018-12-31 roll=back",
                                            "undated",
                                            "5wd until=same-time",
                                            "9999d",
                                            "2m until=same-time roll=on",
                                            "1wd count=same-day"};
    for (size_t i = 0; i < sizeof canonical / sizeof canonical[0]; i++) {
        struct limit_rule rule;
        assert_int_equal(limit_parse(text_from(canonical[i]), &rule, NULL), 0);
        assert_string_equal(limit_format(&arena, &rule).at, canonical[i]);
    }
    struct limit_rule rule;
    assert_int_equal(limit_parse(TEXT("by 2020-02"), &rule, NULL), 0);
    assert_string_equal(limit_format(&arena, &rule).at, "by 2020-02-29");
    assert_int_equal(limit_parse(TEXT("015wd until=day-end roll=none"), &rule, NULL), LIMIT_E_SYNTAX);
    assert_int_equal(limit_parse(TEXT("015d until=day-end count=next-day roll=none"), &rule, NULL), 0);
    assert_string_equal(limit_format(&arena, &rule).at, "15d");
}

static void test_syntax_errors(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "wd",
                                        "15",
                                        "15 wd",
                                        "0wd",
                                        "0.5d",
                                        "1.5m",
                                        "10000wd",
                                        "-1wd",
                                        "+1wd",
                                        "1.25wd",
                                        ".5wd",
                                        "1.wd",
                                        "15wdx",
                                        "15wd ",
                                        "15wd  until=day-end",
                                        "15wd until",
                                        "15wd until=",
                                        "15wd until=noon",
                                        "15wd roll=back",
                                        "3h until=same-time",
                                        "by",
                                        "by 2018-13",
                                        "by 2018-2-1",
                                        "by 18",
                                        "by 2018 until=same-time",
                                        "undated roll=on",
                                        "1d roll=on roll=on",
                                        "1wd until=same-time count=same-day",
                                        "15wd speed=1",
                                        "by 1899",
                                        "99999999999999999999wd",
                                        "１５wd",
                                        "15个工作日"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct limit_rule rule = {.half_units = 77};
        struct complaint complaint = {.message = ""};
        if (limit_parse(text_from(wrong[i]), &rule, &complaint) != LIMIT_E_SYNTAX)
            fail_msg("\"%s\" was taken", wrong[i]);
        assert_int_equal(rule.half_units, 77);
        assert_true(complaint.message[0] != '\0');
        assert_int_equal(limit_parse_reminder(text_from(wrong[i]), &rule, NULL), LIMIT_E_SYNTAX);
    }
    struct limit_rule rule;
    assert_int_equal(limit_parse_reminder(TEXT("by 2018"), &rule, NULL), LIMIT_E_SYNTAX);
    assert_int_equal(limit_parse_reminder(TEXT("undated"), &rule, NULL), LIMIT_E_SYNTAX);
    assert_int_equal(limit_parse_reminder(TEXT("5d roll=on"), &rule, NULL), LIMIT_E_SYNTAX);
}

/* Now if people are at work, else when they come back; a make-up Sunday (2020-01-19) is work, the holiday
 * that follows is not, and its last days are off as soon as that is known (2020-01-27). */
static void test_openings(void **state)
{
    (void)state;
    assert_due(cn, "opening", "2020-02-03T10:30:00", NULL, "2020-02-03T10:30:00");
    assert_due(cn, "opening", "2020-02-03T09:00:00", NULL, "2020-02-03T09:00:00"); /* the opening itself */
    assert_due(cn, "opening", "2020-02-03T08:59:59", NULL, "2020-02-03T09:00:00");
    assert_due(cn, "opening", "2020-02-03T17:00:00", NULL,
               "2020-02-04T09:00:00"); /* the closing is outside */
    assert_due(cn, "opening", "2020-01-18T10:00:00", NULL,
               "2020-01-19T09:00:00"); /* Sat, then make-up work */
    assert_due(cn, "opening", "2020-01-19T16:59:59", NULL, "2020-01-19T16:59:59");
    assert_due(cn, "opening", "2020-01-24T10:00:00", "2020-01-20", "2020-01-31T09:00:00");
    assert_due(cn, "opening", "2020-01-24T10:00:00", NULL, "2020-02-03T09:00:00");
    assert_due(cn, "1opening", "2020-01-17T10:00:00", NULL, "2020-01-19T09:00:00"); /* Fri: Sunday works */
    assert_due(cn, "1opening", "2020-01-19T08:00:00", NULL, "2020-01-20T09:00:00"); /* not the same day's */
    assert_due(cn, "1opening", "2020-01-23T18:00:00", NULL, "2020-02-03T09:00:00");
    assert_due(cn, "2opening", "2020-01-23T18:00:00", NULL, "2020-02-04T09:00:00");
    static const char *const wrong[] = {
        "0opening", "0.5opening", "opening 1", "opening until=day-end", "1opening roll=on", "openings"};
    struct limit_rule rule;
    struct complaint complaint;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(limit_parse(text_from(wrong[i]), &rule, &complaint), LIMIT_E_SYNTAX);
    assert_int_equal(limit_parse_reminder(TEXT("1opening"), &rule, &complaint), LIMIT_E_SYNTAX);
    assert_int_equal(limit_parse(TEXT("opening"), &rule, &complaint), 0);
    assert_true(text_is(limit_format(&arena, &rule), "opening"));
    assert_int_equal(limit_parse(TEXT("12opening"), &rule, &complaint), 0);
    assert_true(text_is(limit_format(&arena, &rule), "12opening"));
}

/* A date that is given with a matter: no calendar, roll or working hour moves it. */
static void test_a_given_instant(void **state)
{
    (void)state;
    struct due due = due_of(cn, "at 2020-01-26T13:30:15.250+08:00", "2020-01-20", NULL);
    char got[CIVIL_TEXT_BYTES];
    assert_string_equal(civil_format_time(due.due_us, 480, got), "2020-01-26T13:30:15.250+08:00");
    assert_non_null(strstr(due.arithmetic.at, "a given instant: no calendar moves it"));
    assert_false(due.provisional);
    assert_due(cn, "at 2020-01-19T00:00:00Z", "2020-01-20", NULL, "2020-01-19T08:00:00"); /* past: so be it */
    struct limit_rule rule, reminder;
    struct complaint complaint = {.message = ""};
    assert_int_equal(limit_parse(TEXT("at 2020-02-19T12:00:00.5+08:00"), &rule, &complaint), 0);
    assert_true(text_is(limit_format(&arena, &rule), "at 2020-02-19T12:00:00.500+08:00"));
    assert_int_equal(limit_parse_reminder(TEXT("2wd"), &reminder, &complaint), 0);
    assert_string_equal(civil_format_time(limit_reminder_us(&reminder, cn, rule.at_us, INT32_MAX), 480, got),
                        "2020-02-17T09:00:00+08:00"); /* counted back from its day */
    assert_int_equal(limit_parse(TEXT("at 2020-02-30T12:00:00Z"), &rule, &complaint), LIMIT_E_SYNTAX);
    assert_int_equal(limit_parse(TEXT("at 2020-02-19T12:00:00Z roll=on"), &rule, &complaint), LIMIT_E_SYNTAX);
    assert_int_equal(limit_parse(TEXT("at"), &rule, &complaint), LIMIT_E_SYNTAX);
    assert_int_equal(limit_parse(TEXT("at 1900-01-01T00:00:00+14:00"), &rule, &complaint), 0);
    assert_int_equal(limit_due(&arena, &rule, cn, due.due_us, INT32_MAX, &due, &complaint), LIMIT_E_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_given_instant),
        cmocka_unit_test(test_document_vectors),
        cmocka_unit_test(test_as_known),
        cmocka_unit_test(test_roll),
        cmocka_unit_test(test_born_late_days_left),
        cmocka_unit_test(test_days_months_halves_hours),
        cmocka_unit_test(test_same_time_is_moved_into_hours),
        cmocka_unit_test(test_unannounced_years),
        cmocka_unit_test(test_undated_and_range),
        cmocka_unit_test(test_arithmetic_can_be_followed),
        cmocka_unit_test(test_arithmetic_is_bounded),
        cmocka_unit_test(test_reminders),
        cmocka_unit_test(test_syntax_round_trip),
        cmocka_unit_test(test_syntax_errors),
        cmocka_unit_test(test_openings),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
