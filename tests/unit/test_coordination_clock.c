/* test_coordination_clock.c - goal: the time of an issue as a whole is judged to the microsecond, goes on
 * where it began when the issue is opened again, and what real registers record (given dates, extensions,
 * entry at any level, groups, duplicates) is lawful where the charter says so. Method: coordination and
 * deadlines in a house without walls under a desk of three lines; every test ends with a rebuild. */
#include "base/log.h"
#include "tests/support/turn_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define DESK                                                                                                 \
    "charter: desk\ntitle: 三线服务台\ndocument: {number: 台〔2020〕1号, issued: 2020-01-20}\n"     \
    "calendar: cn\nzone: \"+08:00\"\nunits: [一线, 二线, 三线, 甲组]\nareas: [{area: 系统}]\n"     \
    "levels:\n"                                                                                              \
    "  - {id: l1, name: 一线, settles: true, limit: undated, may_skip_to: [l3]}\n"                         \
    "  - {id: l2, name: 二线, settles: true, limit: undated, entry: true}\n"                               \
    "  - {id: l3, name: 三线, settles: true, decides: true, limit: undated, entry: true}\n"                \
    "bodies:\n"                                                                                              \
    "  - {id: b1, name: 一线, level: l1, lead_units: [一线]}\n"                                          \
    "  - {id: b2, name: 二线, level: l2, lead_units: [二线]}\n"                                          \
    "  - {id: b3, name: 三线, level: l3, lead_units: [三线]}\n"
#define CLASSES "classes: [{class: 急, resolution: 3wd}, {class: 问, limit: 1wd}]\n"
#define RESOLUTION                                                                                           \
    "resolution: {limit: 10wd, given: true, extensible: true, reminders: [2wd, 1wd], clause: 三}\n" CLASSES
#define AT_ONCE "confirmation: {required: false}\n"

static struct house *open_desk(const char *rest)
{
    static const char *const roles[] = {"coordination", "deadlines", "tasks", NULL};
    char text[4096];
    struct house *house = house_open(roles);
    house_adopt_calendar(house, "config/calendars/cn.yaml", "2020-02-01");
    house_advance(house, "2020-02-03T09:00:00+08:00");
    (void)snprintf(text, sizeof text, "%s%s", DESK, rest);
    house_adopt_charter_text(house, "desk.yaml", text);
    return house;
}

static void close_desk(struct house *house)
{
    house_check_rebuild(house);
    house_close(house);
}

static uint64_t tell(struct house *house, const char *received, const char *type, const char *json)
{
    return house_publish(house, received, type, "W-1", strcmp(type, "issue.raised") == 0 ? "desk" : NULL,
                         NULL, json);
}

static uint64_t must(struct house *house, const char *received, const char *type, const char *json)
{
    uint64_t seq = tell(house, received, type, json);
    const struct event *refusal = house_refusal(house, seq);
    if (refusal != NULL)
        fail_msg("%s at %s: %.*s", type, received, TEXT_PRINT(doc_text(refusal->data, FIELD_REASON)));
    assert_non_null(house_outcome(house, seq, NULL, 0));
    return seq;
}

static void refused(struct house *house, uint64_t seq, const char *part)
{
    const struct event *refusal = house_refusal(house, seq);
    assert_non_null(refusal);
    struct text reason = doc_text(refusal->data, FIELD_REASON);
    if (memmem(reason.at, reason.bytes, part, strlen(part)) == NULL)
        fail_msg("%.*s: wanted %s", TEXT_PRINT(reason), part);
}

static void is(const struct event *event, enum field field, const char *expected)
{
    char found[512];
    assert_non_null(event);
    (void)snprintf(found, sizeof found, "%.*s", TEXT_PRINT(doc_text(event->data, field)));
    assert_string_equal(found, expected);
}

static const struct event *last(struct house *house, const char *type)
{
    size_t count = house_count(house, type, "W-1");
    return count > 0 ? house_find(house, type, "W-1", count - 1) : NULL;
}

static size_t count(struct house *house, const char *type)
{
    return house_count(house, type, "W-1");
}

#define RAISED_PLAIN    "{\"title\":\"甲\",\"area\":\"系统\"}"
#define RAISED_DUE(due) "{\"title\":\"甲\",\"area\":\"系统\",\"due\":\"" due "\"}"
#define WHY             "{\"reason\":\"又出现\"}"

/* ---- the way of real cases ---- */

/* Up, down and across as registers have it, resolved at any line, opened again where it was, resolved again.
 */
static void test_free_ways_between_levels(void **context)
{
    static const struct {
        const char *type, *json, *level;
    } steps[] = {
        {"escalation.requested", "{\"to\":\"l3\"}", "l3"},
        {"issue.returned", "{\"to\":\"l2\",\"reason\":\"归二线\"}", "l2"},
        {"escalation.requested", "{\"to\":\"l3\"}", "l3"},
        {"issue.returned", "{\"to\":\"l1\",\"reason\":\"归一线\"}", "l1"},
        {"escalation.requested", NULL, "l2"},
        {"issue.returned", "{\"reason\":\"归一线\"}", "l1"},
    };
    (void)context;
    struct house *house = open_desk(AT_ONCE RESOLUTION);
    must(house, "2020-02-03T10:00:00+08:00", "issue.raised", RAISED_PLAIN);
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
            must(house, NULL, steps[i].type, steps[i].json);
            must(house, NULL, "issue.resolved", NULL);
            is(last(house, "issue.settled"), FIELD_LEVEL, steps[i].level);
            is(last(house, "issue.closed"), FIELD_HOW, "resolved");
            must(house, NULL, "reopening.requested", WHY);
            is(last(house, "issue.reopened"), FIELD_LEVEL, steps[i].level);
        }
    assert_int_equal(count(house, "deadline.missed"), 0);
    assert_int_equal(count(house, "issue.settled"), 18);
    close_desk(house);
}

/* S1-1 */
static void test_entry_levels(void **context)
{
    (void)context;
    struct house *house = open_desk(AT_ONCE "classes: [{class: 问, limit: 1wd}]\n");
    must(house, NULL, "issue.raised",
         "{\"title\":\"甲\",\"area\":\"系统\",\"level\":\"l3\",\"class\":\"问\",\"raised\":\"2020-02-02T20:"
         "00:00+08:"
         "00\",\"tags\":[\"产品=邮箱\"]}");
    is(last(house, "issue.opened"), FIELD_LEVEL, "l3");
    is(last(house, "issue.opened"), FIELD_BODY, "b3");
    is(last(house, "issue.opened"), FIELD_RAISED, "2020-02-02T20:00:00+08:00");
    assert_int_equal(doc_count(last(house, "issue.opened")->data, FIELD_TAGS), 1);
    is(last(house, "deadline.set"), FIELD_LIMIT, "1wd"); /* a class limits the level that takes it in */
    must(house, NULL, "issue.returned", "{\"to\":\"l1\",\"reason\":\"归一线\"}");
    is(last(house, "deadline.set"), FIELD_LIMIT, "undated");
    close_desk(house);
    house = open_desk("");
    refused(house, tell(house, NULL, "issue.raised", RAISED_DUE("2020-02-20T12:00:00+08:00")),
            "takes no date that is given with an issue (resolution.given)");
    must(house, NULL, "issue.raised", RAISED_PLAIN);
    refused(
        house,
        tell(house, NULL, "extension.granted", "{\"due\":\"2020-03-20T12:00:00+08:00\",\"reason\":\"复杂\"}"),
        "lets no time be extended");
    uint64_t seq = house_publish(house, NULL, "issue.raised", "W-2", "desk", NULL,
                                 "{\"title\":\"甲\",\"area\":\"系统\",\"level\":\"l9\"}");
    refused(house, seq, "no issue is raised at l9 directly: only at l1, l2, l3");
    close_desk(house);
}

static void test_entry_only_where_the_charter_lets_it(void **context)
{
    (void)context;
    struct house *house = open_desk("");
    house_adopt_charter_text(
        house, "narrow.yaml",
        "charter: narrow\ntitle: 窄\ndocument: {number: 窄〔2020〕1号, issued: 2020-01-20}\ncalendar: cn\n"
        "zone: \"+08:00\"\nunits: [一线, 二线]\nareas: [{area: 系统}]\n"
        "levels:\n  - {id: l1, name: 一线, settles: true, limit: 3wd}\n"
        "  - {id: l2, name: 二线, settles: true, limit: 3wd, clause: 四}\n"
        "bodies:\n  - {id: b1, name: 一线, level: l1, lead_units: [一线]}\n"
        "  - {id: b2, name: 二线, level: l2, lead_units: [二线]}\n");
    uint64_t seq = house_publish(house, NULL, "issue.raised", "N-1", "narrow", NULL,
                                 "{\"title\":\"甲\",\"area\":\"系统\",\"level\":\"l2\"}");
    refused(house, seq, "no issue is raised at l2 directly: only at l1");
    is(house_refusal(house, seq), FIELD_RULE, "levels.l2");
    is(house_refusal(house, seq), FIELD_CLAUSE, "四");
    close_desk(house);
}

/* ---- to the microsecond ---- */

static void test_equal_to_the_due_time_is_on_time(void **context)
{
    static const struct {
        const char *resolved;
        size_t missed;
    } cases[] = {{"2020-02-20T12:00:00+08:00", 0}, {"2020-02-20T12:00:00.000001+08:00", 1}};
    (void)context;
    for (size_t i = 0; i < 2; i++) {
        struct house *house = open_desk(AT_ONCE RESOLUTION);
        must(house, "2020-02-03T10:00:00+08:00", "issue.raised", RAISED_DUE("2020-02-20T12:00:00+08:00"));
        is(house_find(house, "deadline.set", "W-1", 0), FIELD_LABEL, "resolution");
        is(house_find(house, "deadline.set", "W-1", 0), FIELD_LIMIT, "at 2020-02-20T12:00:00+08:00");
        must(house, "2020-02-19T10:00:00+08:00", "escalation.requested", NULL);
        must(house, cases[i].resolved, "issue.resolved", NULL);
        house_advance(house, "2020-03-20T12:00:00+08:00");
        assert_int_equal(count(house, "deadline.missed"), cases[i].missed);
        if (cases[i].missed > 0) {
            is(last(house, "deadline.missed"), FIELD_LABEL, "resolution");
            is(last(house, "deadline.missed"), FIELD_LEVEL, "l2"); /* where it is by then */
            is(last(house, "deadline.missed"), FIELD_RULE, "resolution");
            is(last(house, "deadline.missed"), FIELD_CLAUSE, "三");
        }
        close_desk(house);
    }
}

/* Due when raised: still on time if it is resolved at that very instant; due before: missed at once. */
static void test_due_at_birth_and_before(void **context)
{
    (void)context;
    struct house *house = open_desk(AT_ONCE RESOLUTION);
    must(house, "2020-02-03T10:00:00+08:00", "issue.raised", RAISED_DUE("2020-02-03T10:00:00+08:00"));
    must(house, "2020-02-03T10:00:00+08:00", "issue.resolved", NULL);
    house_advance(house, "2020-02-03T10:00:01+08:00");
    assert_int_equal(count(house, "deadline.missed"), 0);
    close_desk(house);
    static const char *const dues[] = {RAISED_DUE("2020-02-03T10:00:00+08:00"),
                                       RAISED_DUE("2019-02-03T10:00:00+08:00")};
    for (size_t i = 0; i < 2; i++) {
        house = open_desk(AT_ONCE RESOLUTION);
        must(house, "2020-02-03T10:00:00+08:00", "issue.raised", dues[i]);
        house_advance(house, "2020-02-03T10:00:00.000001+08:00");
        assert_int_equal(count(house, "deadline.missed"), 1);
        assert_int_equal(count(house, "deadline.approaching"), 0);
        close_desk(house);
    }
}

/* S3-1 */
static void test_class_and_raised_set_the_clock(void **context)
{
    (void)context;
    struct house *house = open_desk(AT_ONCE RESOLUTION);
    must(house, "2020-02-05T10:00:00+08:00", "issue.raised",
         "{\"title\":\"甲\",\"area\":\"系统\",\"class\":\"急\",\"raised\":\"2020-02-03T23:00:00+08:00\"}");
    const struct event *set = house_find(house, "deadline.set", "W-1", 0);
    is(set, FIELD_LIMIT, "3wd");
    is(set, FIELD_START, "2020-02-03T23:00:00+08:00");
    is(set, FIELD_RULE, "classes.急");
    is(house_find(house, "deadline.fixed", "W-1", 0), FIELD_DUE, "2020-02-06T23:59:59.999999+08:00");
    house_advance(house, "2020-02-08T00:00:00+08:00");
    is(last(house, "deadline.missed"), FIELD_RULE, "classes.急");
    close_desk(house);
    house = open_desk("resolution: {given: true}\n");
    must(house, NULL, "issue.raised", RAISED_PLAIN); /* undated, and no date given: no such clock */
    assert_int_equal(count(house, "deadline.set"), 1);
    refused(
        house,
        tell(house, NULL, "extension.granted", "{\"due\":\"2020-03-20T12:00:00+08:00\",\"reason\":\"复杂\"}"),
        "lets no time be extended");
    close_desk(house);
}

/* ---- reminders whose time has passed ---- */

static void test_reminders_that_had_passed(void **context)
{
    static const struct {
        const char *rest, *raised;
        size_t told;
        int64_t rungs;
    } cases[] = {
        {RESOLUTION, "2020-02-19T10:00:00+08:00", 1, 2}, /* S3-7: one for both */
        {RESOLUTION "passed_reminders: none\n", "2020-02-19T10:00:00+08:00", 0, 0},
        {RESOLUTION "passed_reminders: none\n", "2020-02-19T09:00:00+08:00", 1,
         1}, /* by its time is in time */
        {RESOLUTION "passed_reminders: none\n", "2020-02-18T09:00:00.000001+08:00", 1, 1},
        {RESOLUTION "passed_reminders: none\n", "2020-02-18T09:00:00+08:00", 2, 1},
    };
    (void)context;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct house *house = open_desk(cases[i].rest);
        must(house, cases[i].raised, "issue.raised", RAISED_DUE("2020-02-20T12:00:00+08:00"));
        house_advance(house, "2020-02-20T11:00:00+08:00");
        assert_int_equal(count(house, "deadline.approaching"), cases[i].told);
        for (size_t k = 0; k < cases[i].told; k++)
            assert_int_equal(
                doc_int(house_find(house, "deadline.approaching", "W-1", k)->data, FIELD_COUNT, 0),
                cases[i].rungs);
        close_desk(house);
    }
}

/* ---- opened again ---- */

static void test_it_goes_on_where_it_began(void **context)
{
    (void)context;
    struct house *house = open_desk(AT_ONCE RESOLUTION);
    must(house, "2020-02-03T10:00:00+08:00", "issue.raised", RAISED_DUE("2020-02-20T12:00:00+08:00"));
    must(house, "2020-02-18T10:00:00+08:00", "issue.resolved", NULL); /* the first reminder was told */
    assert_int_equal(count(house, "deadline.approaching"), 1);
    must(house, "2020-02-18T11:00:00+08:00", "reopening.requested", WHY);
    const struct event *set = house_find(house, "deadline.set", "W-1", 2);
    is(set, FIELD_LABEL, "resolution");
    is(set, FIELD_START, "2020-02-03T10:00:00+08:00");
    is(set, FIELD_LIMIT, "at 2020-02-20T12:00:00+08:00");
    house_advance(house, "2020-02-19T08:00:00+08:00");
    assert_int_equal(count(house, "deadline.approaching"), 1); /* not told again */
    must(house, "2020-02-19T08:00:00+08:00", "issue.resolved", NULL);
    must(house, "2020-02-19T10:00:00+08:00", "reopening.requested", WHY);
    house_advance(house, "2020-02-19T10:00:01+08:00");
    assert_int_equal(count(house, "deadline.approaching"), 2); /* its time came meanwhile */
    house_advance(house, "2020-02-20T12:00:01+08:00");
    assert_int_equal(count(house, "deadline.missed"), 1);
    must(house, NULL, "issue.resolved", NULL);
    must(house, NULL, "reopening.requested", WHY);
    house_advance(house, "2020-03-20T12:00:01+08:00");
    assert_int_equal(count(house, "deadline.missed"), 1); /* missed once */
    close_desk(house);
}

/* In time at first; opened again after the due time, it is late. */
static void test_opened_again_past_its_due_time(void **context)
{
    (void)context;
    struct house *house = open_desk(AT_ONCE RESOLUTION);
    must(house, "2020-02-03T10:00:00+08:00", "issue.raised", RAISED_DUE("2020-02-20T12:00:00+08:00"));
    must(house, "2020-02-10T10:00:00+08:00", "issue.resolved", NULL);
    house_advance(house, "2020-02-21T10:00:00+08:00");
    assert_int_equal(count(house, "deadline.missed"), 0);
    must(house, "2020-02-21T10:00:00+08:00", "reopening.requested", WHY);
    house_advance(house, "2020-02-21T10:00:01+08:00");
    assert_int_equal(count(house, "deadline.missed"), 1);
    close_desk(house);
}

static void test_resolved_again_while_it_waits(void **context)
{
    (void)context;
    struct house *house = open_desk("confirmation: {limit: 30d, again: true}\n" RESOLUTION);
    must(house, "2020-02-03T10:00:00+08:00", "issue.raised", RAISED_DUE("2020-02-20T12:00:00+08:00"));
    must(house, "2020-02-10T10:00:00+08:00", "issue.resolved", NULL);
    must(house, "2020-02-12T10:00:00+08:00", "issue.resolved", NULL);
    house_advance(house, "2020-02-12T11:00:00+08:00");
    assert_int_equal(count(house, "deadline.missed"), 0);
    must(house, "2020-02-21T10:00:00+08:00", "issue.resolved", NULL); /* the last one counts, and is late */
    house_advance(house, "2020-02-21T11:00:00+08:00");
    assert_int_equal(count(house, "deadline.missed"), 1);
    house_advance(house, "2020-03-23T00:00:01+08:00"); /* 30 days after the last */
    is(last(house, "issue.closed"), FIELD_HOW, "silence");
    is(last(house, "issue.closed"), FIELD_AT, "2020-03-22T23:59:59.999999+08:00");
    close_desk(house);
    house = open_desk("confirmation: {limit: 30d}\n" RESOLUTION);
    must(house, "2020-02-03T10:00:00+08:00", "issue.raised", RAISED_PLAIN);
    must(house, NULL, "issue.resolved", NULL);
    refused(house, tell(house, NULL, "issue.resolved", NULL), "it is settled");
    must(house, NULL, "reopening.requested", WHY); /* lawful while it is settled too */
    is(last(house, "deadline.set"), FIELD_LABEL, "l1");
    close_desk(house);
}

/* Reminders whose time passed while it was settled are told when it is open again; settled once more at once,
 * nobody needs them. */
static void test_settled_once_more_reminds_of_nothing(void **context)
{
    static const char *const next[] = {"issue.resolved", "reopening.requested"};
    (void)context;
    for (size_t i = 0; i < 2; i++) {
        struct house *house = open_desk("confirmation: {limit: 30d, again: true}\n" RESOLUTION);
        must(house, "2020-02-03T10:00:00+08:00", "issue.raised", RAISED_DUE("2020-02-20T12:00:00+08:00"));
        must(house, "2020-02-10T10:00:00+08:00", "issue.resolved", NULL);
        must(house, "2020-02-19T18:00:00+08:00", next[i], i == 1 ? WHY : NULL);
        house_advance(house, "2020-02-19T19:00:00+08:00");
        assert_int_equal(count(house, "deadline.approaching"), 2 * i); /* 2wd and 1wd before */
        close_desk(house);
    }
}

/* ---- extended ---- */

#define TO(due) "{\"due\":\"" due "\",\"reason\":\"案情复杂\"}"

static void test_extension(void **context)
{
    (void)context;
    struct house *house = open_desk(AT_ONCE RESOLUTION);
    must(house, "2020-02-03T10:00:00+08:00", "issue.raised", RAISED_DUE("2020-02-20T12:00:00+08:00"));
    refused(house, tell(house, NULL, "extension.granted", TO("2020-02-20T12:00:00+08:00")),
            "to something later than 2020-02-20T12:00:00+08:00 only");
    must(house, "2020-02-20T12:00:00+08:00", "extension.granted", TO("2020-02-27T12:00:00+08:00"));
    is(last(house, "issue.extended"), FIELD_LABEL, "resolution");
    is(last(house, "issue.extended"), FIELD_BEFORE, "2020-02-20T12:00:00+08:00");
    is(last(house, "issue.extended"), FIELD_AFTER, "2020-02-27T12:00:00+08:00");
    is(last(house, "issue.extended"), FIELD_CLAUSE, "三");
    house_advance(house, "2020-02-27T12:00:00+08:00");
    assert_int_equal(count(house, "deadline.missed"), 0);      /* granted at the due time: in time */
    assert_int_equal(count(house, "deadline.approaching"), 4); /* each ladder its two */
    house_advance(house, "2020-02-27T12:00:01+08:00");
    assert_int_equal(count(house, "deadline.missed"), 1);
    must(house, NULL, "extension.granted", TO("2020-03-10T12:00:00+08:00")); /* after the miss */
    is(last(house, "issue.extended"), FIELD_BEFORE, "2020-02-27T12:00:00+08:00");
    must(house, "2020-03-02T10:00:00+08:00", "issue.resolved", NULL);
    refused(house, tell(house, NULL, "extension.granted", TO("2020-04-10T12:00:00+08:00")), "it is closed");
    must(house, NULL, "reopening.requested", WHY);
    house_advance(house, "2020-03-10T12:00:01+08:00");
    assert_int_equal(count(house, "deadline.missed"), 2); /* the extended time is missed too */
    close_desk(house);
}

/* A due time that a calendar moved is the one that must be exceeded. */
static void test_extension_of_a_moved_due_time(void **context)
{
    (void)context;
    struct house *house = open_desk(AT_ONCE RESOLUTION);
    must(house, "2020-02-03T10:00:00+08:00", "issue.raised", RAISED_PLAIN);
    is(house_find(house, "deadline.fixed", "W-1", 0), FIELD_DUE, "2020-02-17T23:59:59.999999+08:00");
    (void)house_publish(
        house, NULL, "calendar.amended", NULL, NULL, NULL,
        "{\"calendar\":\"cn\",\"notice\":\"又延长\",\"published\":\"2020-02-03\",\"off\":[\"2020-02-"
        "05\"]}");
    assert_int_equal(count(house, "deadline.moved"), 1);
    refused(house, tell(house, NULL, "extension.granted", TO("2020-02-18T23:59:59+08:00")),
            "later than 2020-02-18T23:59:59.999999+08:00 only");
    must(house, NULL, "extension.granted", TO("2020-02-19T00:00:00+08:00"));
    close_desk(house);
}

/* ---- work, duplicates, transfers ---- */

static void check_work(struct house *house, const char *group, const char *from, int64_t returns)
{
    char json[128];
    (void)snprintf(json, sizeof json, "{\"activity\":\"接手\",\"group\":\"%s\"}", group);
    must(house, NULL, "work.recorded", json);
    is(last(house, "work.noted"), FIELD_FROM, from);
    assert_int_equal(doc_int(last(house, "work.noted")->data, FIELD_COUNT, -1), returns);
}

static void test_work_is_on_record_in_every_state(void **context)
{
    (void)context;
    struct house *house = open_desk(AT_ONCE);
    refused(house, tell(house, NULL, "work.recorded", "{\"activity\":\"接手\"}"), "no issue is known");
    must(house, NULL, "issue.raised", RAISED_PLAIN);
    check_work(house, "甲组", "", 0);
    check_work(house, "甲组", "", 0);
    check_work(house, "乙组", "甲组", 0);
    check_work(house, "甲组", "乙组", 1);
    must(house, NULL, "work.recorded",
         "{\"activity\":\"等待\",\"person\":\"某丙\"}"); /* no group: as it was */
    assert_false(doc_has(last(house, "work.noted")->data, FIELD_COUNT));
    must(house, NULL, "issue.resolved", NULL);
    check_work(house, "丙组", "甲组", 1);
    check_work(house, "乙组", "丙组", 2);
    is(last(house, "work.noted"), FIELD_LEVEL, "l1");
    close_desk(house);
}

static void test_duplicates_and_transfers_end_an_issue(void **context)
{
    (void)context;
    struct house *house = open_desk(AT_ONCE RESOLUTION);
    must(house, "2020-02-03T10:00:00+08:00", "issue.raised", RAISED_PLAIN);
    (void)house_publish(house, NULL, "issue.raised", "W-2", "desk", NULL, RAISED_PLAIN);
    refused(house, tell(house, NULL, "issue.duplicated", "{\"issue\":\"W-1\"}"), "W-1 is no other issue");
    refused(house, tell(house, NULL, "issue.duplicated", "{\"issue\":\"W-9\"}"), "W-9 is no other issue");
    must(house, NULL, "issue.duplicated", "{\"issue\":\"W-2\",\"note\":\"同一故障\"}");
    is(last(house, "issue.closed"), FIELD_HOW, "duplicate");
    is(last(house, "issue.closed"), FIELD_REASON, "W-2: 同一故障");
    assert_int_equal(count(house, "deadline.cleared"), 2);
    uint64_t seq = house_publish(house, NULL, "issue.transferred", "W-2", NULL, NULL, "{\"to\":\"供电局\"}");
    assert_null(house_refusal(house, seq));
    is(house_find(house, "issue.closed", "W-2", 0), FIELD_HOW, "transferred");
    is(house_find(house, "issue.closed", "W-2", 0), FIELD_REASON, "供电局");
    seq = house_publish(house, NULL, "issue.transferred", "W-2", NULL, NULL, NULL);
    refused(house, seq, "it is closed");
    house_advance(house, "2020-04-01T00:00:00+08:00");
    assert_int_equal(house_count(house, "deadline.missed", NULL), 0);
    close_desk(house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_free_ways_between_levels),
        cmocka_unit_test(test_entry_levels),
        cmocka_unit_test(test_entry_only_where_the_charter_lets_it),
        cmocka_unit_test(test_equal_to_the_due_time_is_on_time),
        cmocka_unit_test(test_due_at_birth_and_before),
        cmocka_unit_test(test_class_and_raised_set_the_clock),
        cmocka_unit_test(test_reminders_that_had_passed),
        cmocka_unit_test(test_it_goes_on_where_it_began),
        cmocka_unit_test(test_opened_again_past_its_due_time),
        cmocka_unit_test(test_resolved_again_while_it_waits),
        cmocka_unit_test(test_settled_once_more_reminds_of_nothing),
        cmocka_unit_test(test_extension),
        cmocka_unit_test(test_extension_of_a_moved_due_time),
        cmocka_unit_test(test_work_is_on_record_in_every_state),
        cmocka_unit_test(test_duplicates_and_transfers_end_an_issue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
