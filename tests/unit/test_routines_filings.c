/* test_routines_filings.c - goal: a filing is complete or names each part that is missing, is for the right
 * year, and its list is compared with the year before. Method: lists of key tasks over the turn of years, in
 * time, late, corrected. */
#include "tests/support/hall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define Y2020 "hall/key-tasks/group-01/2020-12-31"
#define Y2021 "hall/key-tasks/group-01/2021-12-31"
#define PARTS                                                                                                     \
    "\"parts\":[{\"name\":\"完成情况分析\",\"text\":\"甲\"},{\"name\":\"目标任务\",\"text\":\"乙\"}," \
    "{\"name\":\"重点工作任务\",\"text\":\"丙\"}]"
#define FILING(items) "{\"routine\":\"key-tasks\",\"body\":\"group-01\"," PARTS ",\"items\":[" items "]}"
#define FILING_BY(day, items)                                                                                \
    "{\"routine\":\"key-tasks\",\"body\":\"group-01\",\"by\":\"" day "\"," PARTS ",\"items\":[" items "]}"
#define ITEM(title) "{\"title\":\"" title "\"}"

static void file(struct hall *hall, const char *time, const char *id, const char *json)
{
    hall_must(hall, time, "filing.submitted", id, NULL, json);
}

static void test_in_time(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hall_must(hall, "2020-12-31T23:59:59.999999+08:00", "filing.submitted", "F-1", "group-01.head",
              FILING("{\"title\":\"压缩时限\",\"unit\":\"财政局\",\"by\":\"2021-06-30\"}"));
    const struct event *recorded = hall_find(hall, "filing.recorded", "F-1", 0);
    hall_is(recorded, FIELD_ROUTINE, "key-tasks");
    hall_is(recorded, FIELD_BODY, "group-01");
    hall_is(recorded, FIELD_BY, "2020-12-31");
    hall_is(recorded, FIELD_TO, "office");
    hall_is(recorded, FIELD_TITLE, "年度重点任务清单");
    hall_is(recorded, FIELD_CLAUSE, "五（一）");
    hall_lists(recorded, FIELD_ADDED, "压缩时限");
    assert_int_equal(doc_int(recorded->data, FIELD_VERSION, 0), 1);
    assert_true(text_is(doc_text(doc_doc_at(recorded->data, FIELD_ITEMS, 0), FIELD_UNIT), "市财政局"));
    const struct event *met = hall_find(hall, "duty.met", Y2020, 0);
    assert_true(doc_bool(met->data, FIELD_ON_TIME));
    hall_is(met, FIELD_SUBJECT, "F-1");
    assert_int_equal(hall_count(hall, "duty.opened", Y2021), 1);
    house_advance(hall->house, "2021-01-02T09:00:00+08:00");
    assert_int_equal(hall_count(hall, "duty.missed", Y2020), 0);
    hall_close(hall);
}

/* S0-16, S0-19: each missing part, by whom, under which clause; an empty one is missing too. */
static void test_parts_owed_one_by_one(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    (void)hall_report(
        hall, "2020-12-01", "filing.submitted", "F-1", NULL,
        "{\"routine\":\"key-tasks\",\"body\":\"group-01\",\"parts\":[{\"name\":\"目标任务\",\"text\":\"乙\"},"
        "{\"name\":\"重点工作任务\"},{\"name\":\"附件\",\"text\":\"丁\"}],\"items\":[" ITEM(
            "试 点 A") "," ITEM("试点Ａ") "]}");
    hall_refused(hall, "年度重点任务清单 is incomplete: 3 things are owed");
    assert_string_equal(hall_owed(hall), "part 完成情况分析 | part 重点工作任务 | "
                                         "item 2: a title of its own, not that of item 1");
    const struct event *refusal = house_refusal(hall->house, hall->seq);
    const struct doc *owed = doc_doc_at(refusal->data, FIELD_OWED, 0);
    assert_true(text_is(doc_text(owed, FIELD_WHO), "group-01"));
    assert_true(text_is(doc_text(owed, FIELD_CLAUSE), "五（一）"));
    (void)hall_report(hall, "2020-12-01", "filing.submitted", "F-1", NULL,
                      "{\"routine\":\"key-tasks\",\"body\":\"group-01\"," PARTS "}");
    assert_string_equal((hall_refused(hall, "1 thing is owed"), hall_owed(hall)), "items: the list itself");
    hall_close(hall);
}

/* S0-16: what is carried over, whatever blanks and wide letters it is written with. */
static void test_compared_with_the_year_before(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    file(hall, "2020-12-01", "F-1", FILING(ITEM("压缩时限") "," ITEM("推广App") "," ITEM("旧事")));
    file(hall, "2021-12-01", "F-2", FILING(ITEM("推广 ＡＰＰ") "," ITEM("压缩时限") "," ITEM("新事")));
    const struct event *second = hall_find(hall, "filing.recorded", "F-2", 0);
    hall_is(second, FIELD_BY, "2021-12-31");
    hall_lists(second, FIELD_CARRIED, "推广 ＡＰＰ 压缩时限");
    hall_lists(second, FIELD_ADDED, "新事");
    hall_lists(second, FIELD_DROPPED, "旧事");
    hall_close(hall);
}

/* A corrected list is the next version of the same year's and is compared with the year before, not with
 * itself. */
static void test_corrected(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    file(hall, "2020-12-01", "F-1", FILING(ITEM("甲") "," ITEM("乙")));
    file(hall, "2021-11-01", "F-2", FILING(ITEM("甲")));
    file(hall, "2021-11-02", "F-2", FILING(ITEM("甲") "," ITEM("丙")));
    file(hall, "2021-11-03", "F-3", FILING(ITEM("乙")));
    const struct event *second = hall_find(hall, "filing.recorded", "F-2", 1);
    assert_int_equal(doc_int(second->data, FIELD_VERSION, 0), 2);
    hall_lists(second, FIELD_CARRIED, "甲");
    hall_lists(second, FIELD_ADDED, "丙");
    hall_lists(second, FIELD_DROPPED, "乙");
    const struct event *third = hall_find(hall, "filing.recorded", "F-3", 0);
    hall_is(third, FIELD_BY, "2021-12-31");
    assert_int_equal(doc_int(third->data, FIELD_VERSION, 0), 3);
    hall_lists(third, FIELD_DROPPED, "甲");
    assert_int_equal(hall_count(hall, "duty.met", Y2021), 1);
    assert_int_equal(hall_count(hall, "duty.met", NULL), 2);
    hall_close(hall);
}

/* A late filing says which day it is for and is not lost; the next year's own is due as ever. */
static void test_late(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    (void)hall_report(hall, "2021-01-01T00:00:00+08:00", "filing.submitted", "F-1", NULL,
                      FILING_BY("2020-12-31", ITEM("甲")));
    hall_granted(hall);
    const struct event *met = hall_find(hall, "duty.met", Y2020, 0);
    assert_false(doc_bool(met->data, FIELD_ON_TIME));
    assert_int_equal(hall_count(hall, "duty.missed", Y2020), 1);
    assert_int_equal(hall_count(hall, "deadline.missed", Y2020), 1);
    assert_int_equal(hall_count(hall, "duty.opened", Y2021), 1);
    assert_int_equal(hall_count(hall, "duty.met", Y2021), 0);
    file(hall, "2021-03-01", "F-2", FILING(ITEM("甲")));
    hall_is(hall_find(hall, "filing.recorded", "F-2", 0), FIELD_BY, "2021-12-31");
    hall_lists(hall_find(hall, "filing.recorded", "F-2", 0), FIELD_CARRIED, "甲");
    hall_close(hall);
}

/* S0-16: last year's list was missed; one that does not say for which year it is meets neither, until it says
 * so. Once last year's is on file, nothing is left to ask. */
static void test_late_or_early(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    (void)hall_report(hall, "2021-01-05", "filing.submitted", "F-1", NULL, FILING(ITEM("甲")));
    hall_refused(hall,
                 "年度重点任务清单 of 纳税小组: the one by 2020-12-31 was missed and is not filed yet: `by` "
                 "must say if this is it, or the one by 2021-12-31");
    assert_string_equal(hall_owed(hall), "by: 2020-12-31 or 2021-12-31");
    assert_int_equal(hall_count(hall, "duty.met", NULL), 0);
    file(hall, "2021-01-05", "F-1", FILING_BY("2020-12-31", ITEM("甲")));
    assert_false(doc_bool(hall_find(hall, "duty.met", Y2020, 0)->data, FIELD_ON_TIME));
    file(hall, "2021-01-06", "F-1", FILING(ITEM("甲") "," ITEM("乙"))); /* the id says which */
    hall_is(hall_find(hall, "filing.recorded", "F-1", 1), FIELD_BY, "2020-12-31");
    file(hall, "2021-11-05", "F-2", FILING(ITEM("丙")));
    assert_true(doc_bool(hall_find(hall, "duty.met", Y2021, 0)->data, FIELD_ON_TIME));
    hall_close(hall);
}

/* A missed one is asked about by the next, though the next was filed ahead; not any more by the one after,
 * and not because the charter came to other dates since. */
static void test_late_or_early_by_its_neighbour(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    file(hall, "2020-11-02", "F-2", FILING_BY("2020-12-31", ITEM("甲")));
    house_advance(hall->house, "2022-01-02T09:00:00+08:00");
    assert_int_equal(hall_count(hall, "duty.missed", Y2021), 1);
    file(hall, "2022-01-03", "F-3", FILING_BY("2022-12-31", ITEM("甲")));
    (void)hall_report(hall, "2022-01-05", "filing.submitted", "F-4", NULL, FILING(ITEM("乙")));
    assert_string_equal((hall_refused(hall, "was missed"), hall_owed(hall)), "by: 2021-12-31 or 2022-12-31");
    file(hall, "2023-01-05", "F-5", FILING(ITEM("丙")));
    hall_is(hall_find(hall, "filing.recorded", "F-5", 0), FIELD_BY, "2023-12-31");
    house_advance(hall->house, "2025-01-02T09:00:00+08:00"); /* 2024's is missed */
    hall_adopt(hall, "2025-01-03T09:00:00+08:00", "BYMONTH=12;BYMONTHDAY=31", "BYMONTH=11;BYMONTHDAY=30");
    (void)hall_report(hall, "2025-02-03", "filing.submitted", "F-6", NULL, FILING(ITEM("丁")));
    assert_string_equal((hall_refused(hall, "was missed"), hall_owed(hall)), "by: 2024-12-31 or 2025-11-30");
    hall_close(hall);
}

/* The report is read before the clock's strike: it is for the year that is still open, and late. */
static void test_strike_behind_the_report(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    (void)house_post(hall->house, "2021-01-01T00:00:00+08:00", "filing.submitted", "F-1", "hall", NULL,
                     FILING(ITEM("甲")));
    house_settle(hall->house);
    house_advance(hall->house, "2021-01-02T09:00:00+08:00");
    assert_false(doc_bool(hall_find(hall, "duty.met", Y2020, 0)->data, FIELD_ON_TIME));
    assert_int_equal(hall_count(hall, "duty.missed", Y2020), 1);
    assert_int_equal(hall_count(hall, "duty.opened", Y2021), 1);
    /* It was met too late, and stays so: nothing meets it again. */
    file(hall, "2021-01-03", "F-2", FILING_BY("2020-12-31", ITEM("乙")));
    assert_int_equal(hall_count(hall, "duty.met", Y2020), 1);
    hall_close(hall);
}

static void test_early(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    file(hall, "2020-11-01", "F-1", FILING(ITEM("甲")));
    file(hall, "2020-11-02", "F-2", FILING_BY("2021-12-31", ITEM("乙")));
    assert_true(doc_bool(hall_find(hall, "duty.met", Y2021, 0)->data, FIELD_ON_TIME));
    assert_int_equal(hall_count(hall, "duty.opened", "hall/key-tasks/group-01/2022-12-31"), 1);
    hall_close(hall);
}

static void test_refused(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    (void)hall_report(hall, "2020-12-01", "filing.submitted", "F-1", NULL,
                      "{\"routine\":\"key-task\",\"body\":\"group-01\"," PARTS "}");
    hall_refused(hall, "knows no filing key-task; it knows: key-tasks");
    (void)hall_report(hall, "2020-12-01", "filing.submitted", "F-1", NULL,
                      "{\"routine\":\"group-meeting\",\"body\":\"group-01\"," PARTS "}");
    hall_refused(hall, "knows no filing group-meeting");
    (void)hall_report(hall, "2020-12-01", "filing.submitted", "F-1", NULL,
                      "{\"routine\":\"key-tasks\",\"body\":\"team-01\"," PARTS "}");
    hall_refused(hall, "body team-01 owes no 年度重点任务清单");
    (void)hall_report(hall, "2020-12-01", "filing.submitted", "F-1", "市公安局", FILING(ITEM("甲")));
    hall_refused(hall, "actor 市公安局 may not report filing.submitted: only 纳税小组");
    (void)hall_report(hall, "2020-12-01", "filing.submitted", "F-1", NULL,
                      FILING_BY("2022-12-31", ITEM("甲")));
    hall_refused(hall, "年度重点任务清单 of 纳税小组 is not owed by 2022-12-31; open last: 2020-12-31");
    (void)hall_report(hall, "2020-12-01", "filing.submitted", "F-1", NULL,
                      FILING_BY("2020-12-30", ITEM("甲")));
    hall_refused(hall, "is not owed by 2020-12-30");
    file(hall, "2020-12-01", "F-1", FILING(ITEM("甲")));
    (void)hall_report(hall, "2020-12-02", "filing.submitted", "F-1", NULL,
                      FILING_BY("2021-12-31", ITEM("甲")));
    hall_refused(hall, "filing F-1 is on file already, for " Y2020);
    (void)hall_report(hall, "2020-12-02", "filing.submitted", "F-1", NULL,
                      "{\"routine\":\"key-tasks\",\"body\":\"group-02\"," PARTS
                      ",\"items\":[" ITEM("甲") "]}");
    hall_refused(hall, "filing F-1 is on file already");
    hall_close(hall);
}

static void test_no_list(void **context)
{
    (void)context;
    struct hall *hall = hall_open_changed("to: office, list: true", "to: office");
    (void)hall_report(hall, "2020-12-01", "filing.submitted", "F-1", NULL, FILING(ITEM("甲")));
    hall_refused(hall, "is no list: it has no items");
    file(hall, "2020-12-01", "F-1", "{\"routine\":\"key-tasks\",\"body\":\"group-01\"," PARTS "}");
    assert_false(doc_has(hall_find(hall, "filing.recorded", "F-1", 0)->data, FIELD_ADDED));
    hall_close(hall);
}

#define TEN    "一二三四五六七八九十"
#define FORTY  TEN TEN TEN TEN
#define DOUBLE "\xe3\x80\x80" /* a wide blank */

/* Titles that are told cut are compared whole: these are alike in all that is told of them, and where they
 * are cut stands a wide blank. */
static void test_long_titles(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    file(hall, "2020-12-01", "F-1", FILING(ITEM(FORTY "甲" DOUBLE "乙乙") "," ITEM(FORTY TEN "其一")));
    hall_lists(hall_find(hall, "filing.recorded", "F-1", 0), FIELD_ADDED, FORTY "甲 " FORTY "一二");
    file(hall, "2021-12-01", "F-2", FILING(ITEM(FORTY TEN "其一") "," ITEM(FORTY TEN "其二")));
    const struct event *second = hall_find(hall, "filing.recorded", "F-2", 0);
    hall_lists(second, FIELD_CARRIED, FORTY "一二");
    hall_lists(second, FIELD_ADDED, FORTY "一二");
    hall_lists(second, FIELD_DROPPED, FORTY "甲");
    hall_close(hall);
}

/* A list too long for its outcome is refused, at the byte and at the unit. */
static void test_too_long(void **context)
{
    (void)context;
    enum { ROOM = 1 << 20, UNITS = 1024 };
    struct hall *hall = hall_open_changed("units: [", "units: [某局, ");
    char *json = memory_alloc(ROOM), *text = memory_alloc(ROOM);
    memset(text, 'x', ROOM);
    size_t used = 0;
    for (int i = 0; i < 35; i++) /* 35 times 8000 bytes of opinion */
        used += (size_t)snprintf(json + used, ROOM - used, "%s{\"title\":\"%d\",\"opinion\":\"%.8000s\"}",
                                 i > 0 ? "," : "", i, text);
    (void)snprintf(text, ROOM, FILING("%s"), json);
    (void)hall_report(hall, "2020-12-01", "filing.submitted", "F-1", NULL, text);
    hall_refused(hall, "and 0 units; at most 262144 bytes and 1024 units");
    for (int beyond = 0; beyond < 2; beyond++) { /* 256 items of four units each; then one of five */
        used = 0;
        for (int i = 0; i < UNITS / 4; i++)
            used += (size_t)snprintf(json + used, ROOM - used,
                                     "%s{\"title\":\"%d\",\"units\":[\"市税务局\",\"市财政局\","
                                     "\"市公安局\",\"市发展改革委\"%s]}",
                                     i > 0 ? "," : "", i, beyond == 1 && i == 0 ? ",\"某局\"" : "");
        (void)snprintf(text, ROOM, FILING("%s"), json);
        (void)hall_report(hall, "2020-12-02", "filing.submitted", "F-1", NULL, text);
        if (beyond == 0)
            hall_granted(hall);
        else
            hall_refused(hall, "1025 units; at most");
    }
    free(json);
    free(text);
    hall_close(hall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_time),
        cmocka_unit_test(test_parts_owed_one_by_one),
        cmocka_unit_test(test_compared_with_the_year_before),
        cmocka_unit_test(test_corrected),
        cmocka_unit_test(test_late),
        cmocka_unit_test(test_late_or_early),
        cmocka_unit_test(test_late_or_early_by_its_neighbour),
        cmocka_unit_test(test_strike_behind_the_report),
        cmocka_unit_test(test_early),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_list),
        cmocka_unit_test(test_long_titles),
        cmocka_unit_test(test_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
