/* test_supervision_inspections.c - goal: inspections are planned, asked for, done and reported (S0-21); units
 * owe inspectors a reply, and a refusal or silence is a finding (S0-22), which someone other than the
 * rectifier takes off the account (S4-10). Method: as test_supervision.c; deadlines ring by the clock. */
#include "tests/support/supervised.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define PLAN "{\"title\":\"季度督查\",\"units\":[\"财政局\",\"市税务局\"],\"by\":\"2020-02-28\"}"
#define ASK  "{\"units\":[\"财政局\",\"市税务局\",\"深圳海关\"],\"detail\":\"报送台账\"}"
#define END                                                                                                               \
    "{\"text\":\"督查报告\",\"findings\":[{\"title\":\"台账不实\",\"unit\":\"财政局\"},{\"title\":\"超期\"," \
    "\"unit\":\"市税务局\",\"by\":\"2020-03-20\",\"opinion\":\"限期整改\"}]}"

static uint64_t report(struct house *house, const char *type, const char *actor, const char *json)
{
    return supervised_report(house, NULL, type, "I-1", actor, json);
}

static void must(struct house *house, const char *type, const char *actor, const char *json)
{
    supervised_granted(house, report(house, type, actor, json));
}

static void refuse(struct house *house, const char *type, const char *actor, const char *json,
                   const char *reason)
{
    supervised_refused(house, report(house, type, actor, json), reason);
}

static void test_planned_and_done(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    refuse(house, "inspection.planned", "市税务局", PLAN, "only supervisors");
    refuse(house, "inspection.planned", "inspector", "{\"title\":\"t\",\"units\":[\"市财政局\"]}",
           "a plan needs the day");
    refuse(house, "inspection.planned", "inspector",
           "{\"title\":\"t\",\"units\":[\"市财政局\"],\"by\":\"2020-02-02\"}", "the planned day is over");
    refuse(house, "inspection.planned", "inspector",
           "{\"title\":\"t\",\"units\":[\"市住建局\"],\"by\":\"2020-03-02\"}", "nearest known");
    must(house, "inspection.planned", "inspector", PLAN);
    const struct event *scheduled = supervised_last(house, "inspection.scheduled", "I-1");
    town_lists(scheduled, FIELD_UNITS, "市财政局 市税务局");
    town_is(scheduled, FIELD_POST, "inspector");
    supervised_granted(house, supervised_report(house, "2020-02-28T23:59:59.999999+08:00", "inspection.done",
                                                "I-1", "inspector", END));
    town_is(supervised_last(house, "inspection.reported", "I-1"), FIELD_TITLE, "季度督查");
    house_advance(house, "2020-03-01T00:00:00+08:00");
    assert_int_equal(house_count(house, "deadline.missed", "I-1"), 0);
    refuse(house, "inspection.done", "inspector", END, "inspection I-1 is done");
    supervised_close(house);
}

static void test_period_and_missed(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    must(house, "inspection.planned", "inspector",
         "{\"title\":\"t\",\"units\":[\"市财政局\"],\"period\":\"2020-Q1\"}");
    town_is(supervised_last(house, "inspection.scheduled", "I-1"), FIELD_BY, "2020-03-31");
    house_advance(house, "2020-04-01T00:00:01+08:00");
    const struct event *missed = supervised_last(house, "deadline.missed", "I-1");
    town_is(missed, FIELD_LABEL, "inspection");
    town_lists(missed, FIELD_POSTS, "inspector");
    supervised_close(house);
}

/* S4-10: listed, hung on the account, followed, taken off by another. */
static void test_findings(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    refuse(house, "inspection.done", "office.director", END, "names its title and units");
    refuse(house, "inspection.done", "office.director",
           "{\"text\":\"t\",\"title\":\"日常督查\",\"units\":[\"市财政局\",\"市税务局\"],\"findings\":[{"
           "\"title\":"
           "\"不明\"}]}",
           "finding 1 names no unit");
    refuse(house, "inspection.done", "office.director",
           "{\"text\":\"t\",\"title\":\"日常督查\",\"units\":[\"市财政局\"],\"findings\":[{\"title\":\"t\","
           "\"unit\":\"市园林局\"}]}",
           "unknown unit 市园林局");
    must(house, "inspection.done", "office.director",
         "{\"text\":\"督查报告\",\"title\":\"日常督查\",\"units\":[\"财政局\"],\"findings\":[{\"title\":"
         "\"台账不实\"},"
         "{\"title\":\"超期\",\"unit\":\"市税务局\",\"by\":\"2020-03-20\"}]}");
    assert_int_equal(house_count(house, "finding.recorded", "I-1"), 2);
    assert_int_equal(doc_int(house_find(house, "finding.recorded", "I-1", 1)->data, FIELD_NUMBER, 0), 2);
    const struct event *item = supervised_last(house, "supervision.opened", "town/item/1");
    town_is(item, FIELD_ORIGIN, "finding");
    town_is(item, FIELD_INSPECTION, "I-1");
    town_is(item, FIELD_CITES, "督查 I-1 问题第1项");
    town_lists(item, FIELD_UNITS, "市财政局");
    supervised_holds(house, "deadline.set", "town/item/1", "\"limit\":\"10wd\"");
    supervised_holds(house, "deadline.set", "town/item/2", "\"limit\":\"by 2020-03-20\"");
    supervised_granted(house, supervised_report(house, NULL, "supervision.reported", "town/item/1",
                                                "市财政局", "{\"result\":\"done\"}"));
    supervised_refused(
        house, supervised_report(house, NULL, "supervision.verified", "town/item/1", "finance.clerk", NULL),
        "only supervisors");
    supervised_granted(
        house, supervised_report(house, NULL, "supervision.verified", "town/item/1", "inspector", NULL));
    supervised_close(house);
}

/* ---- replies ---- */

static void test_replies(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    refuse(house, "inspection.answered", "市财政局", "{\"unit\":\"市财政局\",\"result\":\"given\"}",
           "it was not asked");
    must(house, "inspection.requested", "inspector", ASK);
    refuse(house, "inspection.answered", "市税务局", "{\"unit\":\"市财政局\",\"result\":\"given\"}",
           "the actor does not belong to it");
    refuse(house, "inspection.answered", "市财政局", "{\"unit\":\"市财政局\",\"result\":\"later\"}",
           "result must be given or refused");
    must(house, "inspection.answered", "finance.clerk", "{\"unit\":\"财政局\",\"result\":\"given\"}");
    refuse(house, "inspection.answered", "市财政局", "{\"unit\":\"市财政局\",\"result\":\"given\"}",
           "it has replied already");
    assert_int_equal(house_count(house, "finding.recorded", NULL), 0);
    /* a refusal is a finding */
    must(house, "inspection.answered", "市税务局",
         "{\"unit\":\"市税务局\",\"result\":\"refused\",\"detail\":\"涉密\"}");
    const struct event *refusal = supervised_last(house, "finding.recorded", "I-1");
    town_is(refusal, FIELD_UNIT, "市税务局");
    town_is(refusal, FIELD_REASON, "涉密");
    refuse(house, "inspection.answered", "市税务局", "{\"unit\":\"市税务局\",\"result\":\"refused\"}",
           "on record already");
    /* so is silence: five working days from 2020-02-03 end on 2020-02-10 */
    house_advance(house, "2020-02-10T23:59:59+08:00");
    assert_int_equal(house_count(house, "inspection.replied", "I-1"), 2);
    house_advance(house, "2020-02-11T00:00:01+08:00");
    const struct event *silence = supervised_last(house, "inspection.replied", "I-1");
    town_is(silence, FIELD_UNIT, "深圳海关");
    town_is(silence, FIELD_RESULT, "none");
    town_is(supervised_last(house, "finding.recorded", "I-1"), FIELD_UNIT, "深圳海关");
    town_is(supervised_last(house, "deadline.missed", "I-1"), FIELD_LABEL, "reply:深圳海关");
    supervised_holds(house, "supervision.opened", "town/item/2", "逾期未回复督查要求");
    house_check_rebuild(house);
    /* late is lawful; the finding stays */
    must(house, "inspection.answered", "深圳海关", "{\"unit\":\"深圳海关\",\"result\":\"given\"}");
    assert_int_equal(house_count(house, "finding.recorded", "I-1"), 2);
    supervised_close(house);
}

/* Exactly at the due time is in time; a moment later, told before the clock rang, is late and no silence. */
static void test_reply_at_the_boundary(void **context)
{
    (void)context;
    for (int late = 0; late < 2; late++) {
        struct house *house = supervised_open(supervised_section);
        must(house, "inspection.requested", "inspector",
             "{\"units\":[\"市财政局\"],\"detail\":\"报送台账\"}");
        (void)house_post(house, late ? "2020-02-11T00:00:00+08:00" : "2020-02-10T23:59:59.999999+08:00",
                         "inspection.answered", "I-1", "town", "市财政局",
                         "{\"unit\":\"市财政局\",\"result\":\"given\"}");
        house_settle(house);
        house_advance(house, "2020-02-12T00:00:00+08:00");
        assert_int_equal(house_count(house, "deadline.missed", "I-1"), late);
        assert_int_equal(house_count(house, "finding.recorded", "I-1"), 0);
        supervised_close(house);
    }
}

/* With the inspection, what was owed to the inspectors ends. */
static void test_done_ends_requests(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    must(house, "inspection.requested", "inspector", ASK);
    refuse(house, "inspection.done", "inspector", "{\"text\":\"t\"}", "names its title and units");
    must(house, "inspection.done", "inspector", "{\"text\":\"t\",\"title\":\"日常督查\"}");
    town_lists(supervised_last(house, "inspection.reported", "I-1"), FIELD_UNITS,
               "市财政局 市税务局 深圳海关");
    house_advance(house, "2020-03-01T00:00:00+08:00");
    assert_int_equal(house_count(house, "deadline.missed", NULL), 0);
    refuse(house, "inspection.answered", "市财政局", "{\"unit\":\"市财政局\",\"result\":\"given\"}",
           "the inspection is done");
    supervised_close(house);
}

/* S0-21: what is asked for beforehand changes nothing of the plan: its units are inspected, by its day. */
static void test_asked_within_a_plan(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    must(house, "inspection.planned", "inspector", PLAN);
    must(house, "inspection.requested", "inspector", "{\"units\":[\"深圳海关\"],\"detail\":\"报送台账\"}");
    must(house, "inspection.answered", "深圳海关", "{\"unit\":\"深圳海关\",\"result\":\"given\"}");
    house_advance(house, "2020-03-02T09:00:00+08:00");
    town_is(supervised_last(house, "deadline.missed", "I-1"), FIELD_LABEL, "inspection");
    must(house, "inspection.done", "inspector", "{\"text\":\"t\"}");
    const struct event *reported = supervised_last(house, "inspection.reported", "I-1");
    town_is(reported, FIELD_TITLE, "季度督查");
    town_lists(reported, FIELD_UNITS, "市财政局 市税务局");
    supervised_close(house);
}

/* S0-22: silence under a version that has no inspections any more is a missed deadline, and no finding. */
static void test_silence_without_the_section(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    must(house, "inspection.requested", "inspector", "{\"units\":[\"市财政局\"],\"detail\":\"报送台账\"}");
    supervised_enact(house, "");
    house_advance(house, "2020-02-11T00:00:01+08:00");
    town_is(supervised_last(house, "deadline.missed", "I-1"), FIELD_LABEL, "reply:市财政局");
    assert_int_equal(house_count(house, "inspection.replied", NULL), 0);
    assert_int_equal(house_count(house, "finding.recorded", NULL), 0);
    assert_int_equal(house_count(house, "supervision.opened", NULL), 0);
    supervised_close(house);
}

/* Where the charter has no time for replies, they are asked for and never late. */
static void test_no_time_for_replies(void **context)
{
    (void)context;
    struct house *house =
        supervised_open("supervision: {supervisors: [inspector], origins: [document], rectify: 10wd}\n");
    must(house, "inspection.requested", "inspector", "{\"units\":[\"市财政局\"],\"detail\":\"报送台账\"}");
    assert_int_equal(house_count(house, "deadline.set", "I-1"), 0);
    house_advance(house, "2020-06-01T00:00:00+08:00");
    must(house, "inspection.answered", "市财政局", "{\"unit\":\"市财政局\",\"result\":\"given\"}");
    assert_int_equal(house_count(house, "finding.recorded", NULL), 0);
    supervised_close(house);
}

static void test_long_ids(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    char id[98];
    memset(id, 'a', sizeof id - 1);
    id[97] = '\0';
    supervised_refused(house, supervised_report(house, NULL, "inspection.requested", id, "inspector", ASK),
                       "longer than 96 bytes");
    id[96] = '\0';
    supervised_granted(house, supervised_report(house, NULL, "inspection.requested", id, "inspector", ASK));
    supervised_close(house);
}

/* ---- what an inspection must not touch ---- */

/* Its end is the end of its own deadlines: a matter of the same id is still due. */
static void test_done_ends_nothing_else(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    must(house, "matter.handed-down", "leading.head",
         "{\"title\":\"整治积案\",\"units\":[\"市财政局\"],\"by\":\"2020-03-02\"}");
    must(house, "inspection.planned", "inspector", PLAN);
    must(house, "inspection.requested", "inspector", ASK);
    must(house, "inspection.done", "inspector", "{\"text\":\"t\"}");
    assert_int_equal(house_count(house, "deadline.cleared", "I-1"), 4);
    house_advance(house, "2020-03-05T00:00:00+08:00");
    assert_int_equal(house_count(house, "deadline.missed", NULL), 1);
    town_is(supervised_last(house, "deadline.missed", "I-1"), FIELD_LABEL, "item");
    supervised_close(house);
}

/* "<charter>/item/<number>" and "<charter>/<evaluation>/<period>" are others' subjects. */
static void test_ids_of_others(void **context)
{
    (void)context;
    static const struct {
        const char *type, *json;
    } rows[] = {{"inspection.planned", PLAN}, {"inspection.requested", ASK}, {"inspection.done", END}};
    struct house *house = supervised_open(supervised_section);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        supervised_refused(
            house,
            supervised_report(house, NULL, rows[i].type, "town/monthly/2020-02", "inspector", rows[i].json),
            "must not contain \"/\"");
    supervised_close(house);
}

/* ---- days ---- */

/* A day that is over cannot be kept; the running one can, to its end. */
static void test_today_is_not_over(void **context)
{
    (void)context;
#define FINDING(by)                                                                                                 \
    "{\"text\":\"t\",\"title\":\"督查\",\"units\":[\"市财政局\"],\"findings\":[{\"title\":\"超期\",\"by\":" \
    "\"" by "\"}]}"
#define PLANNED(by) "{\"title\":\"t\",\"units\":[\"市财政局\"],\"by\":\"" by "\"}"
    struct house *house = supervised_open(supervised_section);
    refuse(house, "inspection.done", "inspector", FINDING("2020-02-02"), "the day 2020-02-02 is over");
    assert_int_equal(house_count(house, "inspection.reported", NULL), 0);
    refuse(house, "inspection.planned", "inspector", PLANNED("2020-02-02"), "is over");
    supervised_granted(house,
                       supervised_report(house, "2020-02-03T23:59:59.999999+08:00", "inspection.planned",
                                         "I-1", "inspector", PLANNED("2020-02-03")));
    must(house, "inspection.done", "inspector", FINDING("2020-02-03"));
    town_is(supervised_last(house, "supervision.opened", "town/item/1"), FIELD_BY, "2020-02-03");
    house_advance(house, "2020-02-04T00:00:01+08:00");
    assert_int_equal(house_count(house, "deadline.missed", "town/item/1"), 1);
    supervised_close(house);
}

/* ---- sizes ---- */

/* A report with so many bytes of text and findings, as nobody should write it. */
static char *long_report(size_t text_bytes, size_t findings)
{
    enum { OPINION_BYTES = 8192 };
    size_t room = text_bytes + findings * (OPINION_BYTES + 128) + 512, at = 0;
    char *json = calloc(1, room);
    assert_non_null(json);
    at += (size_t)snprintf(json, room, "{\"title\":\"督查\",\"units\":[\"市财政局\"],\"text\":\"");
    memset(json + at, 'x', text_bytes);
    at += text_bytes;
    at += (size_t)snprintf(json + at, room - at, "\",\"findings\":[");
    for (size_t i = 0; i < findings; i++) {
        at += (size_t)snprintf(json + at, room - at, "%s{\"title\":\"t\",\"opinion\":\"", i > 0 ? "," : "");
        memset(json + at, 'y', OPINION_BYTES);
        at += OPINION_BYTES;
        at += (size_t)snprintf(json + at, room - at, "\"}");
    }
    (void)snprintf(json + at, room - at, "]}");
    return json;
}

/* The report goes on file with more than it said: there must be room for it. */
static void test_long_reports(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    char *json = long_report(393000, 15);
    refuse(house, "inspection.done", "inspector", json, "too long");
    free(json);
    json = long_report(100000, 18);
    must(house, "inspection.done", "inspector", json);
    assert_int_equal(house_count(house, "finding.recorded", "I-1"), 18);
    free(json);
    supervised_close(house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planned_and_done),
        cmocka_unit_test(test_period_and_missed),
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_reply_at_the_boundary),
        cmocka_unit_test(test_done_ends_requests),
        cmocka_unit_test(test_asked_within_a_plan),
        cmocka_unit_test(test_silence_without_the_section),
        cmocka_unit_test(test_no_time_for_replies),
        cmocka_unit_test(test_long_ids),
        cmocka_unit_test(test_done_ends_nothing_else),
        cmocka_unit_test(test_ids_of_others),
        cmocka_unit_test(test_today_is_not_over),
        cmocka_unit_test(test_long_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
