/* Goal: a calendar answers for every day as it was known on any other, and refuses what contradicts itself.
 * Method: the State Council's own notices (config/calendars/cn.yaml) against yearly totals and amended days
 * that were counted elsewhere (docs/mission.md, calendar vectors), and small calendars written out
 * here. */
#include "config/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/support/config_files.h"
#include "tests/support/slate.h"

#define CN "config/calendars/cn.yaml"
#define SMALL                                                                                                \
    "calendar: small\nzone: \"+08:00\"\nweek: [mon, tue, wed, thu, fri]\nhours: "                            \
    "09:00-17:00\nannounced_yearly: true\n"

static int32_t day_of(const char *date)
{
    int32_t day = 0;
    assert_true(civil_parse_date(text_from(date), &day));
    return day;
}

static void test_year_totals(void **state)
{
    (void)state;
    static const struct {
        int year, working_days;
    } rows[] = {{2018, 250}, {2019, 250}, {2020, 249}, {2021, 250}, {2022, 249},
                {2023, 249}, {2024, 251}, {2025, 248}, {2026, 248}};
    const struct calendar *cn = support_calendar(&arena, CN);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(calendar_working_days_between(cn, civil_day_from_date(rows[i].year - 1, 12, 31),
                                                       civil_day_from_date(rows[i].year, 12, 31), INT32_MAX),
                         rows[i].working_days);
}

static void test_days_as_known(void **state)
{
    (void)state;
    static const struct {
        const char *day, *known;
        bool works;
        bool by_notice;
    } rows[] = {
        /* the notice for 2019 came out on 2018-12-06 */
        {"2018-12-29", "2018-12-05", false, false},
        {"2018-12-29", "2018-12-06", true, true},
        {"2018-12-31", "2018-12-05", true, false},
        {"2018-12-31", "2018-12-06", false, true},
        /* Labour Day 2019 grew on 2019-03-22 */
        {"2019-05-02", "2019-03-21", true, false},
        {"2019-05-02", "2019-03-22", false, true},
        {"2019-04-28", "2019-03-21", false, false},
        {"2019-04-28", "2019-03-22", true, true},
        {"2019-05-01", "2019-03-21", false, true},
        {"2019-05-05", "2019-03-22", true, true},
        /* the Spring Festival of 2020 grew on 2020-01-27 */
        {"2020-01-30", "2020-01-20", false, true},
        {"2020-01-31", "2020-01-26", true, false},
        {"2020-01-31", "2020-01-27", false, true},
        {"2020-02-01", "2020-01-26", true, true},
        {"2020-02-01", "2020-01-27", false, true},
        {"2020-02-02", "2020-01-26", false, false},
        {"2020-02-03", "2020-01-26", true, false},
        {"2020-02-03", "2020-01-27", true, true},
        /* a make-up Saturday, a Sunday as any */
        {"2022-01-29", "2022-01-29", true, true},
        {"2022-01-16", "2022-01-29", false, false},
    };
    const struct calendar *cn = support_calendar(&arena, CN);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct day_verdict verdict = calendar_day(cn, day_of(rows[i].day), day_of(rows[i].known));
        if (verdict.works != rows[i].works || (verdict.notice != NULL) != rows[i].by_notice)
            fail_msg("%s as known on %s", rows[i].day, rows[i].known);
        assert_false(verdict.provisional);
    }
}

static void test_unannounced_years_are_provisional(void **state)
{
    (void)state;
    const struct calendar *cn = support_calendar(&arena, CN);
    assert_true(calendar_day(cn, day_of("2027-01-04"), INT32_MAX).provisional);
    assert_true(calendar_day(cn, day_of("2027-01-04"), INT32_MAX).works);
    assert_true(calendar_day(cn, day_of("2027-01-03"), INT32_MAX).provisional);
    assert_false(calendar_day(cn, day_of("2026-12-31"), INT32_MAX).provisional);
    /* the notice for 2019 names days of 2018, which does not announce 2018; the one for 2020 was not there
     * yet */
    assert_true(calendar_day(cn, day_of("2020-01-02"), day_of("2019-11-20")).provisional);
    assert_false(calendar_day(cn, day_of("2020-01-02"), day_of("2019-11-21")).provisional);
    assert_false(calendar_day(cn, day_of("2019-11-20"), day_of("2018-12-06")).provisional);
    assert_true(calendar_day(cn, day_of("2019-11-20"), day_of("2018-12-05")).provisional);
    const struct calendar *boston = support_calendar(&arena, "config/calendars/boston.yaml");
    assert_false(calendar_day(boston, day_of("2031-01-06"), INT32_MAX).provisional);
}

static void test_notice_is_added_in_order(void **state)
{
    (void)state;
    struct findings findings;
    findings_open(&findings, &arena, TEXT("small"));
    const struct calendar *small = calendar_compile(&arena, TEXT(SMALL), &findings);
    assert_non_null(small);
    int32_t fourth = day_of("2021-05-04"), third = day_of("2021-05-03"), fifth = day_of("2021-05-05");
    int32_t unsorted[] = {fifth, fourth, fourth};
    struct notice late = {
        .name = TEXT("late"), .published_day = day_of("2021-04-01"), .work = &fourth, .work_count = 1};
    struct notice early = {
        .name = TEXT("early"), .published_day = day_of("2021-03-01"), .off = unsorted, .off_count = 3};
    const struct calendar *one = calendar_with_notice(&arena, small, &late);
    const struct calendar *two = calendar_with_notice(&arena, one, &early);
    assert_int_equal(small->notices_count, 0);
    assert_int_equal(two->notices_count, 2);
    assert_true(text_is(two->notices[0].name, "early"));
    assert_int_equal(two->notices[0].off_count, 2);
    assert_int_equal(two->notices[0].off[0], fourth);
    assert_int_equal(two->notices[0].main_year, 2021);
    /* the later notice rules, though it was added first */
    assert_true(calendar_day(two, fourth, INT32_MAX).works);
    assert_false(calendar_day(two, fourth, day_of("2021-03-31")).works);
    assert_false(calendar_day(two, fifth, INT32_MAX).works);
    /* the same name again replaces */
    struct notice again = {
        .name = TEXT("early"), .published_day = day_of("2021-03-02"), .off = &third, .off_count = 1};
    const struct calendar *replaced = calendar_with_notice(&arena, two, &again);
    assert_int_equal(replaced->notices_count, 2);
    assert_true(calendar_day(replaced, fifth, INT32_MAX).works);
    assert_false(calendar_day(replaced, third, INT32_MAX).works);
    /* a day cannot be off and worked by one notice */
    struct notice wrong = {.name = TEXT("w"), .off = &third, .off_count = 1, .work = &third, .work_count = 1};
    assert_null(calendar_with_notice(&arena, two, &wrong));
}

static void test_notices_are_bounded(void **state)
{
    (void)state;
    struct findings findings;
    findings_open(&findings, &arena, TEXT("small"));
    const struct calendar *calendar = calendar_compile(&arena, TEXT(SMALL), &findings);
    for (int i = 0; i < CALENDAR_NOTICES_MAX; i++) {
        struct notice notice = {.name = arena_printf(&arena, "n%d", i), .published_day = i};
        calendar = calendar_with_notice(&arena, calendar, &notice);
        assert_non_null(calendar);
    }
    struct notice more = {.name = TEXT("more")};
    assert_null(calendar_with_notice(&arena, calendar, &more));
    struct notice same = {.name = TEXT("n7")};
    assert_non_null(calendar_with_notice(&arena, calendar, &same));
}

static void test_base_text_reads_back(void **state)
{
    (void)state;
    struct findings findings;
    findings_open(&findings, &arena, TEXT("base"));
    struct calendar odd = {.name = TEXT("o'dd: #1"),
                           .title = TEXT("it's"),
                           .zone = -150,
                           .week = 0x41,
                           .opens = 510,
                           .closes = 1020,
                           .announced_yearly = true};
    struct text text = calendar_base_text(&arena, &odd);
    const struct calendar *back = calendar_compile(&arena, text, &findings);
    assert_non_null(back);
    assert_true(text_equal(back->name, odd.name));
    assert_true(text_equal(back->title, odd.title));
    assert_int_equal(back->zone, -150);
    assert_int_equal(back->week, 0x41);
    assert_int_equal(back->opens, 510);
    assert_int_equal(back->closes, 1020);
    assert_true(back->announced_yearly);
    assert_true(text_equal(calendar_base_text(&arena, back), text));
    const struct calendar *cn = support_calendar(&arena, CN);
    assert_null(strstr(calendar_base_text(&arena, cn).at, "notices"));
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *source, *first;
    } rows[] = {
        {"week: [mon]\n", "f:1:1: error: \"calendar\" is missing"},
        {"- a\n", "f:1:1: error: a calendar must be a map"},
        {SMALL "notice: []\n", "f:6:1: error: unknown key \"notice\"; nearest known: \"notices\""},
        {SMALL "notices:\n- {notice: a, published: 2020-02-30}\n",
         "f:7:26: error: \"published\" must be a real date such as 2020-01-20, not \"2020-02-30\""},
        {SMALL "notices:\n- {notice: a, published: 2020-02-03, off: [2020-02-29..2020-02-01]}\n",
         "f:7:44: error: \"2020-02-29..2020-02-01\" is no real date or range of dates "
         "(2020-01-24..2020-01-30)"},
        {SMALL "notices:\n- {notice: a, published: 2020-02-03, off: [2020-01-01..2021-01-01]}\n",
         "f:7:44: error: \"2020-01-01..2021-01-01\" makes more days than one notice may have"},
        {SMALL "notices:\n- {notice: a, published: 2020-02-03, off: [2020-02-01], work: [2020-02-01]}\n",
         "f:7:3: error: 2020-02-01 stands in both \"off\" and \"work\""},
        {SMALL "notices:\n- {notice: a, published: 2020-02-03}\n- {notice: a, published: 2020-02-03}\n",
         "f:8:3: error: notice \"a\" stands here twice"},
        {SMALL "notices:\n- a\n", "f:7:3: error: \"notice\" is missing"},
        {"calendar: c\nzone: \"+25:00\"\nweek: [mon]\nhours: 09:00-17:00\n",
         "f:2:7: error: \"zone\" must be such as +08:00, not \"+25:00\""},
        {"calendar: c\nzone: Z\nweek: []\nhours: 09:00-17:00\n",
         "f:3:7: error: at least one weekday must work"},
        {"calendar: c\nzone: Z\nweek: [Mon]\nhours: 09:00-17:00\n",
         "f:3:7: error: \"Mon\" is no weekday (mon … sun)"},
        {"calendar: c\nzone: Z\nweek: [mon]\nhours: 17:00-09:00\n",
         "f:4:8: error: \"hours\" must be such as 09:00-17:00, not \"17:00-09:00\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct findings findings;
        findings_open(&findings, &arena, TEXT("f"));
        assert_null(calendar_compile(&arena, text_from(rows[i].source), &findings));
        struct text first = findings_first(&findings, &arena);
        if (!text_is(first, rows[i].first))
            fail_msg("got \"%.*s\", expected \"%s\"", TEXT_PRINT(first), rows[i].first);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_year_totals, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_days_as_known, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_unannounced_years_are_provisional, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_notice_is_added_in_order, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_notices_are_bounded, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_base_text_reads_back, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_refusals, slate_open, slate_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
