/* test_deadlines.c - the role deadlines: due times that calendars move, ladders, outages, clearings.
 *
 * Goal: every alarm rings once, at its true due time, whatever the calendar, the outage or the order of
 * events does. Method: the real worker core and role in a house without walls; deadlines are set by hand as
 * their owners would, under the State Council's real notices (docs/mission.md); after each story the state is
 * rebuilt from the journal and compared.
 */
#include "tests/support/town.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/log.h"
#include "workers/roles.h"

#define CN "config/calendars/cn.yaml"

const struct role *const roles_all[] = {&role_deadlines, NULL};

/* ---- stories ---- */

struct rule_of {
    const char *id, *limit, *start;
    const char *reminders; /* JSON list, or NULL */
    const char *calendar;  /* NULL: cn */
};

static uint64_t story_set(struct house *house, const char *received, const struct rule_of *rule)
{
    char json[1024];
    (void)snprintf(json, sizeof json,
                   "{\"deadline\":\"%s\",\"owner\":\"coordination\",\"label\":\"team\",\"limit\":\"%s\","
                   "\"start\":\"%s\","
                   "\"calendar\":\"%s\",\"who\":\"市财政局\",\"reminders\":%s}",
                   rule->id, rule->limit, rule->start, rule->calendar != NULL ? rule->calendar : "cn",
                   rule->reminders != NULL ? rule->reminders : "[]");
    return house_publish_as(house, "worker/coordination", received, "deadline.set", "WT-1", "shenzhen-2020",
                            NULL, json);
}

static void story_clear(struct house *house, const char *received, const char *id, const char *at)
{
    char json[512];
    (void)snprintf(json, sizeof json, "{\"deadline\":\"%s\",\"at\":\"%s\"}", id, at);
    (void)house_publish_as(house, "worker/coordination", received, "deadline.cleared", "WT-1",
                           "shenzhen-2020", NULL, json);
}

static void story_strike(struct house *house, const char *at)
{
    char json[128];
    (void)snprintf(json, sizeof json, "{\"at\":\"%s\"}", at);
    (void)house_publish_as(house, "duband", NULL, "clock.struck", NULL, NULL, NULL, json);
}

static struct house *story_open(const char *known)
{
    struct house *house = house_open_roles(roles_all);
    house_adopt_calendar(house, CN, known);
    return house;
}

static void story_end(struct house *house)
{
    house_check_rebuild(house);
    house_close(house);
}

/* The nth event of that type about that deadline. */
static const struct event *story_find(const struct house *house, const char *type, const char *id, size_t nth)
{
    size_t count;
    const struct event *events = house_entries(house, &count);
    for (size_t i = 0; i < count; i++)
        if (text_is(events[i].type_name, type) && text_is(doc_text(events[i].data, FIELD_DEADLINE), id) &&
            nth-- == 0)
            return &events[i];
    return NULL;
}
static size_t story_count(const struct house *house, const char *type, const char *id)
{
    size_t count = 0;
    while (story_find(house, type, id, count) != NULL)
        count++;
    return count;
}

static void check_text(struct text t, const char *expected)
{
    if (!text_is(t, expected))
        fail_msg("\"%.*s\" instead of \"%s\"", TEXT_PRINT(t), expected);
}
static void check_field(const struct event *event, enum field field, const char *expected)
{
    assert_non_null(event);
    check_text(doc_text(event->data, field), expected);
}
#define END(day) day "T23:59:59.999999+08:00"

/* ---- calendars ---- */

static void test_spring_festival_moves(void **state)
{
    (void)state;
    struct house *house = story_open("2020-01-20");
    const struct rule_of fifteen = {"a", "15wd", "2020-01-20T09:00:00+08:00", NULL, NULL};
    const struct rule_of thirty = {"b", "30wd", "2020-01-20T09:00:00+08:00", NULL, NULL};
    const struct rule_of three = {"c", "3wd", "2020-01-20T09:00:00+08:00", NULL, NULL};
    (void)story_set(house, "2020-01-20T09:00:00+08:00", &fifteen);
    (void)story_set(house, NULL, &thirty);
    (void)story_set(house, NULL, &three);
    check_field(story_find(house, "deadline.fixed", "a", 0), FIELD_DUE, END("2020-02-14"));
    check_field(story_find(house, "deadline.fixed", "b", 0), FIELD_DUE, END("2020-03-06"));
    house_amend_calendar(house, CN, "2020-01-20", "2020-01-27", "2020-01-27T08:00:00+08:00");
    const struct event *noted =
        house_find(house, "calendar.noted", NULL, house_count(house, "calendar.noted", NULL) - 1);
    assert_int_equal(doc_int(noted->data, FIELD_COUNT, -1), 2); /* c rang on the 23rd */
    const struct event *moved = story_find(house, "deadline.moved", "a", 0);
    check_field(moved, FIELD_BEFORE, END("2020-02-14"));
    check_field(moved, FIELD_AFTER, END("2020-02-18"));
    check_text(doc_text(moved->data, FIELD_NOTICE),
               "http://www.gov.cn/zhengce/zhengceku/2020-01/27/content_5472352.htm");
    assert_true(doc_text(moved->data, FIELD_ARITHMETIC).bytes > 0);
    assert_int_equal(doc_count(moved->data, FIELD_INPUTS), 2);
    check_text(moved->charter, "shenzhen-2020");
    check_text(moved->subject, "WT-1");
    check_field(story_find(house, "deadline.moved", "b", 0), FIELD_AFTER, END("2020-03-10"));
    assert_int_equal(story_count(house, "deadline.moved", "c"), 0);
    house_advance(house, "2020-02-18T23:59:59.999999+08:00");
    assert_int_equal(story_count(house, "deadline.reached", "a"), 0);
    house_advance(house, "2020-02-19T00:00:00.5+08:00");
    check_field(story_find(house, "deadline.reached", "a", 0), FIELD_DUE, END("2020-02-18"));
    check_field(story_find(house, "deadline.reached", "a", 0), FIELD_WHO, "市财政局");
    story_end(house);
}

/* One row of the register shows times of both: a calendar's zone must not differ from the charter's. */
static void test_due_times_are_written_in_the_charters_zone(void **state)
{
    (void)state;
    struct house *house = story_open("2020-01-20");
    char *text = town_text("+08:00", "+05:30");
    house_adopt_charter_text(house, "town", text);
    free(text);
    (void)house_publish_as(house, "worker/coordination", "2020-01-20T09:00:00+08:00", "deadline.set", "WT-1",
                           "town", NULL,
                           "{\"deadline\":\"a\",\"owner\":\"coordination\",\"label\":\"team\","
                           "\"limit\":\"15wd\",\"start\":\"2020-01-20T09:00:00+08:00\",\"calendar\":\"cn\"}");
    check_field(story_find(house, "deadline.fixed", "a", 0), FIELD_DUE, "2020-02-14T21:29:59.999999+05:30");
    house_amend_calendar(house, CN, "2020-01-20", "2020-01-27", "2020-01-27T12:00:00+08:00");
    const struct event *moved = story_find(house, "deadline.moved", "a", 0);
    check_field(moved, FIELD_BEFORE, "2020-02-14T21:29:59.999999+05:30");
    check_field(moved, FIELD_AFTER, "2020-02-18T21:29:59.999999+05:30");
    story_end(house);
}

static void test_year_end_moves_back(void **state)
{
    (void)state;
    struct house *house = story_open("2018-12-05");
    const struct rule_of by = {"a", "by 2018-12-31 roll=back", "2018-12-05T10:00:00+08:00", NULL, NULL};
    (void)story_set(house, "2018-12-05T10:00:00+08:00", &by);
    check_field(story_find(house, "deadline.fixed", "a", 0), FIELD_DUE, END("2018-12-31"));
    house_amend_calendar(house, CN, "2018-12-05", "2018-12-06", "2018-12-06T17:00:00+08:00");
    check_field(story_find(house, "deadline.moved", "a", 0), FIELD_AFTER, END("2018-12-29"));
    story_end(house);
}

/* What rang stands; what a notice moves into the past rings at the next strike; two notices at once are both
 * named. */
static void test_facts_stand(void **state)
{
    (void)state;
    struct house *house = story_open("2020-01-20");
    const struct rule_of rung = {"a", "4wd", "2020-01-20T09:00:00+08:00", NULL, NULL};
    const struct rule_of back = {"b", "by 2020-02-09 roll=back", "2020-01-20T09:00:00+08:00", NULL, NULL};
    (void)story_set(house, "2020-01-20T09:00:00+08:00", &rung);
    (void)story_set(house, NULL, &back);
    check_field(story_find(house, "deadline.fixed", "a", 0), FIELD_DUE, END("2020-01-31"));
    house_advance(house, "2020-02-07T12:00:00+08:00");
    assert_int_equal(story_count(house, "deadline.reached", "a"), 1);
    (void)house_publish(
        house, NULL, "calendar.amended", NULL, NULL, NULL,
        "{\"calendar\":\"cn\",\"notice\":\"late\",\"published\":\"2020-02-07\",\"off\":[\"2020-01-31\","
        "\"2020-02-07\",\"2020-02-06\"]}");
    assert_int_equal(story_count(house, "deadline.moved", "a"), 0);
    check_field(story_find(house, "deadline.moved", "b", 0), FIELD_AFTER, END("2020-02-05"));
    assert_int_equal(story_count(house, "deadline.reached", "b"), 0);
    house_advance(house, "2020-02-07T12:00:01+08:00");
    check_field(story_find(house, "deadline.reached", "b", 0), FIELD_DUE, END("2020-02-05"));
    story_end(house);
}

static void test_calendar_refusals(void **state)
{
    (void)state;
    struct house *house = story_open("2020-01-20");
    static const struct {
        const char *type, *json, *expected;
    } rows[] = {
        {"calendar.amended",
         "{\"calendar\":\"cn\",\"notice\":\"x\",\"published\":\"2020-02-07\",\"off\":[\"2020-05-01\",\"2020-"
         "05-02\"],"
         "\"work\":[\"2020-05-02\"]}",
         "names 2020-05-02 both off and worked"},
        {"calendar.amended",
         "{\"calendar\":\"cm\",\"notice\":\"x\",\"published\":\"2020-02-07\",\"off\":[\"2020-05-01\"]}",
         "cm is not published"},
        {"calendar.published",
         "{\"calendar\":\"xx\",\"text\":\"calendar: xx\\nzone: '+08:00'\\nhours: "
         "09:00-17:00\\nannounced_yearly: false\\nweek: [mon, tuesday]\\n\",\"file\":\"xx.yaml\"}",
         "xx.yaml:5:"},
        {"calendar.published",
         "{\"calendar\":\"xx\",\"text\":\"calendar: yy\\nzone: '+08:00'\\nweek: [mon]\\nhours: 09:00-17:00\\n"
         "announced_yearly: false\\n\"}",
         "the event names calendar xx"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t seq = house_publish(house, NULL, rows[i].type, NULL, NULL, NULL, rows[i].json);
        const struct event *refusal = house_refusal(house, seq);
        assert_non_null(refusal);
        struct text reason = doc_text(refusal->data, FIELD_REASON);
        if (memmem(reason.at, reason.bytes, rows[i].expected, strlen(rows[i].expected)) == NULL)
            fail_msg("\"%.*s\" does not say \"%s\"", TEXT_PRINT(reason), rows[i].expected);
        assert_null(house_outcome(house, seq, "calendar.noted", 0));
        assert_int_equal(doc_has(refusal->data, FIELD_PLACE), i == 2);
    }
    story_end(house);
}

/* Nothing is guessed: without its calendar a deadline waits; a clearing meanwhile is judged when the calendar
 * comes. */
static void test_calendar_comes_later(void **state)
{
    (void)state;
    struct house *house = house_open_roles(roles_all);
    const struct rule_of open = {"a", "3wd", "2020-06-26T09:00:00+08:00", NULL, NULL};
    const struct rule_of early = {"b", "3wd", "2020-06-26T09:00:00+08:00", NULL, NULL};
    const struct rule_of late = {"c", "3wd", "2020-06-26T09:00:00+08:00", NULL, NULL};
    const struct rule_of never = {"d", "undated", "2020-06-26T09:00:00+08:00", NULL, NULL};
    (void)story_set(house, "2020-06-26T09:00:00+08:00", &open);
    (void)story_set(house, NULL, &early);
    (void)story_set(house, NULL, &late);
    (void)story_set(house, NULL, &never);
    assert_false(doc_has(story_find(house, "deadline.fixed", "a", 0)->data, FIELD_DUE));
    check_field(story_find(house, "deadline.fixed", "a", 0), FIELD_NOTE, "calendar cn is not published yet");
    story_clear(house, "2020-06-30T09:00:00+08:00", "b", "2020-06-30T09:00:00+08:00");
    story_clear(house, "2020-07-01T09:00:00+08:00", "c", "2020-07-01T09:00:00+08:00");
    story_clear(house, NULL, "d", "2020-07-01T09:00:00+08:00");
    house_adopt_calendar(house, CN, NULL);
    const char *const ids[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; i++) /* the base alone first (3 Mon–Fri days), then notice by notice */
        check_field(story_find(house, "deadline.fixed", ids[i], 1), FIELD_DUE, END("2020-07-01"));
    assert_int_equal(story_count(house, "deadline.fixed", "d"), 1);
    check_field(story_find(house, "deadline.moved", "a", 0), FIELD_AFTER, END("2020-06-30"));
    assert_int_equal(story_count(house, "deadline.reached", "b"), 0);
    assert_int_equal(story_count(house, "deadline.moved", "b"), 0);
    house_advance(house, "2021-01-01T00:00:00+08:00");
    assert_int_equal(story_count(house, "deadline.reached", "a"), 1);
    assert_int_equal(story_count(house, "deadline.reached", "b"), 0);
    assert_int_equal(story_count(house, "deadline.reached", "d"), 0);
    story_end(house);
}

/* The same with the calendar whole from the start: what was cleared late is reached as soon as it can be
 * judged. */
static void test_cleared_late_before_calendar(void **state)
{
    (void)state;
    struct house *house = house_open_roles(roles_all);
    const struct rule_of late = {"a", "3d", "2020-06-26T09:00:00+08:00", NULL, NULL};
    (void)story_set(house, "2020-06-26T09:00:00+08:00", &late);
    story_clear(house, "2020-06-30T09:00:00+08:00", "a", "2020-06-30T09:00:00+08:00");
    house_adopt_calendar(house, CN, "2007-01-01");
    check_field(story_find(house, "deadline.reached", "a", 0), FIELD_DUE, END("2020-06-29"));
    story_end(house);
}

static void test_unannounced_year_is_provisional(void **state)
{
    (void)state;
    struct house *house = story_open(NULL);
    const struct rule_of far = {"a", "by 2027-03-01", "2026-10-01T09:00:00+08:00", NULL, NULL};
    const struct rule_of later = {"b", "20wd", "2026-12-28T09:00:00+08:00", NULL, NULL};
    (void)story_set(house, "2026-12-28T09:00:00+08:00", &far);
    (void)story_set(house, NULL, &later);
    const struct event *fixed = story_find(house, "deadline.fixed", "b", 0);
    assert_true(doc_bool(fixed->data, FIELD_PROVISIONAL));
    check_field(fixed, FIELD_DUE, END("2027-01-25"));
    (void)house_publish(
        house, NULL, "calendar.amended", NULL, NULL, NULL,
        "{\"calendar\":\"cn\",\"notice\":\"2027\",\"published\":\"2026-12-28\",\"off\":[\"2027-01-01\","
        "\"2027-02-05\",\"2027-02-08\"]}");
    const struct event *moved = story_find(house, "deadline.moved", "b", 0);
    check_field(moved, FIELD_AFTER, END("2027-01-26"));
    assert_false(doc_bool(moved->data, FIELD_PROVISIONAL));
    story_end(house);
}

/* ---- reminders ---- */

static void check_approaching(const struct house *house, const char *id, size_t nth, int64_t rung,
                              int64_t count)
{
    const struct event *event = story_find(house, "deadline.approaching", id, nth);
    assert_non_null(event);
    assert_int_equal(doc_int(event->data, FIELD_RUNG, 0), rung);
    assert_int_equal(doc_int(event->data, FIELD_COUNT, 0), count);
}

static void test_ladder(void **state)
{
    (void)state;
    struct house *house = story_open(NULL);
    const struct rule_of rule = {"a", "15wd", "2020-01-20T09:00:00+08:00", "[\"5wd\",\"3wd\",\"1wd\"]", NULL};
    (void)story_set(house, "2020-01-20T09:00:00+08:00", &rule);
    static const char *const instants[] = {"2020-02-11T09:00:00+08:00", "2020-02-13T09:00:00+08:00",
                                           "2020-02-17T09:00:00+08:00"};
    for (size_t i = 0; i < 3; i++) {
        house_advance(house, instants[i]);
        assert_int_equal(story_count(house, "deadline.approaching", "a"), i);
        int64_t at_us = house_now_us(house);
        house_advance(house, i < 2 ? instants[i + 1] : "2020-02-18T09:00:00+08:00");
        assert_int_equal(story_count(house, "deadline.approaching", "a"), i + 1);
        check_approaching(house, "a", i, (int64_t)i + 1, 1);
        assert_true(story_find(house, "deadline.approaching", "a", i)->received_us > at_us);
    }
    house_advance(house, "2020-03-01T00:00:00+08:00");
    assert_int_equal(story_count(house, "deadline.approaching", "a"), 3);
    assert_int_equal(story_count(house, "deadline.reached", "a"), 1);
    story_end(house);
}

/* S3-7: "before the end of June" in a document of 26 June. */
static void test_ladder_compresses_when_born_late(void **state)
{
    (void)state;
    struct house *house = story_open(NULL);
    const char *ladder = "[\"10wd\",\"5wd\",\"1wd\"]";
    const struct rule_of june = {"a", "by 2020-06-30", "2020-06-26T09:00:00+08:00", ladder, NULL};
    const struct rule_of night = {"b", "by 2020-06-28", "2020-06-28T18:00:00+08:00", ladder, NULL};
    const struct rule_of past = {"c", "by 2020-06-20", "2020-06-28T18:00:00+08:00", ladder, NULL};
    const struct rule_of brief = {"d", "0.5wd", "2020-06-28T18:00:00+08:00", NULL, NULL};
    (void)story_set(house, "2020-06-26T09:00:00+08:00", &june);
    check_approaching(house, "a", 0, 2, 2);
    assert_false(doc_bool(story_find(house, "deadline.fixed", "a", 0)->data, FIELD_BORN_LATE));
    (void)story_set(house, "2020-06-28T18:00:00+08:00", &night);
    (void)story_set(house, NULL, &past);
    (void)story_set(house, NULL, &brief);
    check_approaching(house, "b", 0, 3, 3);
    assert_true(doc_bool(story_find(house, "deadline.fixed", "b", 0)->data, FIELD_BORN_LATE));
    assert_true(doc_bool(story_find(house, "deadline.fixed", "c", 0)->data, FIELD_BORN_LATE));
    assert_false(doc_bool(story_find(house, "deadline.fixed", "d", 0)->data, FIELD_BORN_LATE));
    house_advance(house, "2020-07-10T00:00:00+08:00");
    assert_int_equal(story_count(house, "deadline.approaching", "a"), 2);
    check_approaching(house, "a", 1, 3, 1);
    assert_int_equal(story_count(house, "deadline.approaching", "b"), 1);
    assert_int_equal(story_count(house, "deadline.approaching", "c"), 0);
    check_field(story_find(house, "deadline.reached", "c", 0), FIELD_DUE, END("2020-06-20"));
    story_end(house);
}

/* One strike after months: each due time once, in due order, with its true due time; reminders of what is
 * still ahead as one. */
static void test_outage(void **state)
{
    (void)state;
    struct house *house = story_open(NULL);
    const char *ladder = "[\"5wd\",\"3wd\",\"1wd\"]";
    const struct rule_of rules[] = {{"z", "10wd", "2020-06-01T09:00:00+08:00", ladder, NULL},
                                    {"y", "20wd", "2020-06-01T09:00:00+08:00", ladder, NULL},
                                    {"x", "10wd", "2020-06-01T09:00:00+08:00", ladder, NULL},
                                    {"w", "40wd", "2020-06-01T09:00:00+08:00", ladder, NULL}};
    for (size_t i = 0; i < 4; i++)
        (void)story_set(house, i == 0 ? "2020-06-01T09:00:00+08:00" : NULL, &rules[i]);
    story_strike(house, "2020-07-24T10:00:00+08:00");
    static const char *const order[] = {"x", "z", "y"};
    static const char *const dues[] = {END("2020-06-15"), END("2020-06-15"), END("2020-06-30")};
    for (size_t i = 0; i < 3; i++) {
        const struct event *reached = house_find(house, "deadline.reached", NULL, i);
        check_field(reached, FIELD_DEADLINE, order[i]);
        check_field(reached, FIELD_DUE, dues[i]);
    }
    assert_int_equal(house_count(house, "deadline.reached", NULL), 3);
    assert_int_equal(house_count(house, "deadline.approaching", NULL), 1);
    check_field(story_find(house, "deadline.fixed", "w", 0), FIELD_DUE, END("2020-07-28"));
    check_approaching(house, "w", 0, 2, 2);
    story_end(house);
}

/* ---- bounds ---- */

static void test_chunks(void **state)
{
    (void)state;
    enum { DEADLINES = 5000 };
    struct house *house = story_open("2020-01-20");
    house_advance(house, "2020-01-20T09:00:00+08:00");
    for (int i = 0; i < DEADLINES; i++) {
        char id[16], json[256];
        (void)snprintf(id, sizeof id, "d-%04d", i);
        (void)snprintf(
            json, sizeof json,
            "{\"deadline\":\"%s\",\"owner\":\"tasks\",\"label\":\"task\",\"limit\":\"15wd\",\"start\":"
            "\"2020-01-20T09:00:00+08:00\",\"calendar\":\"cn\"}",
            id);
        (void)house_publish_as(house, "worker/tasks", NULL, "deadline.set", id, NULL, NULL, json);
    }
    house_amend_calendar(house, CN, "2020-01-20", "2020-01-27", "2020-01-27T08:00:00+08:00");
    assert_int_equal(house_count(house, "deadline.moved", NULL), 512);
    /* While the rest waits, a clearing is judged by what the due time will be. */
    house_advance(house, "2020-01-27T08:00:01+08:00");
    assert_int_equal(house_count(house, "deadline.moved", NULL), DEADLINES);
    for (int i = 0; i < DEADLINES; i += 499) {
        char id[16];
        (void)snprintf(id, sizeof id, "d-%04d", i);
        assert_int_equal(house_count(house, "deadline.moved", id), 1);
    }
    house_advance(house, "2020-02-19T12:00:00+08:00");
    assert_int_equal(house_count(house, "deadline.reached", NULL), DEADLINES);
    assert_int_equal(house_count(house, "deadline.reached", "d-0000"), 1);
    assert_int_equal(house_count(house, "deadline.reached", "d-4999"), 1);
    story_end(house);
}

/* A second notice while the first is still being worked in: all end up where both put them, and both are
 * named. */
static void test_notice_upon_notice(void **state)
{
    (void)state;
    enum { DEADLINES = 600 };
    struct house *house = story_open("2020-01-20");
    house_advance(house, "2020-01-20T09:00:00+08:00");
    for (int i = 0; i < DEADLINES; i++) {
        char id[16], json[256];
        (void)snprintf(id, sizeof id, "d-%04d", i);
        (void)snprintf(
            json, sizeof json,
            "{\"deadline\":\"%s\",\"owner\":\"tasks\",\"label\":\"task\",\"limit\":\"15wd\",\"start\":"
            "\"2020-01-20T09:00:00+08:00\",\"calendar\":\"cn\"}",
            id);
        (void)house_publish_as(house, "worker/tasks", NULL, "deadline.set", id, NULL, NULL, json);
    }
    house_amend_calendar(house, CN, "2020-01-20", "2020-01-27", "2020-01-27T08:00:00+08:00");
    /* Judged by the due time to come (02-18), though its turn to be re-examined has not come yet. */
    story_clear(house, NULL, "d-0590", "2020-02-17T09:00:00+08:00");
    story_clear(house, NULL, "d-0591", "2020-02-19T09:00:00+08:00");
    assert_int_equal(story_count(house, "deadline.reached", "d-0590"), 0);
    check_field(story_find(house, "deadline.moved", "d-0591", 0), FIELD_AFTER, END("2020-02-18"));
    check_field(story_find(house, "deadline.reached", "d-0591", 0), FIELD_DUE, END("2020-02-18"));
    (void)house_publish(
        house, NULL, "calendar.amended", NULL, NULL, NULL,
        "{\"calendar\":\"cn\",\"notice\":\"second\",\"published\":\"2020-01-27\",\"off\":[\"2020-02-18\"]}");
    house_advance(house, "2020-01-27T08:00:01+08:00");
    check_field(story_find(house, "deadline.moved", "d-0000", 0), FIELD_AFTER, END("2020-02-18"));
    check_field(story_find(house, "deadline.moved", "d-0000", 1), FIELD_AFTER, END("2020-02-19"));
    const struct event *once = story_find(house, "deadline.moved", "d-0599", 0);
    check_field(once, FIELD_AFTER, END("2020-02-19"));
    struct text reason = doc_text(once->data, FIELD_REASON);
    assert_non_null(memmem(reason.at, reason.bytes, "content_5472352.htm, second", 27));
    assert_int_equal(story_count(house, "deadline.moved", "d-0599"), 1);
    assert_int_equal(story_count(house, "deadline.moved", "d-0590"), 0);
    story_end(house);
}

/* ---- clearing and replacing ---- */

static void test_cleared(void **state)
{
    (void)state;
    struct house *house = story_open(NULL);
    const char *start = "2020-06-01T09:00:00+08:00";
    const char *const ids[] = {"just", "late", "after", "undated"};
    for (size_t i = 0; i < 4; i++) {
        const struct rule_of rule = {ids[i], i == 3 ? "undated" : "2wd", start, "[\"1wd\"]", NULL};
        (void)story_set(house, i == 0 ? start : NULL, &rule);
    }
    story_clear(house, NULL, "unknown", start);
    story_clear(house, NULL, "undated", start);
    story_clear(house, NULL, "just", END("2020-06-03"));
    story_clear(house, NULL, "late", "2020-06-04T00:00:00+08:00");
    check_field(story_find(house, "deadline.reached", "late", 0), FIELD_DUE, END("2020-06-03"));
    house_advance(house, "2020-06-05T00:00:00+08:00");
    story_clear(house, NULL, "after", "2020-06-05T00:00:00+08:00");
    house_advance(house, "2020-07-01T00:00:00+08:00");
    assert_int_equal(story_count(house, "deadline.reached", "just"), 0);
    assert_int_equal(story_count(house, "deadline.reached", "late"), 1);
    assert_int_equal(story_count(house, "deadline.reached", "after"), 1);
    assert_int_equal(house_count(house, "deadline.reached", NULL), 2);
    assert_int_equal(story_count(house, "deadline.approaching", "just"), 0);
    assert_int_equal(worker_wake_us(house_worker(house, "deadlines")), CIVIL_NEVER_US);
    story_end(house);
}

static void test_replaced(void **state)
{
    (void)state;
    struct house *house = story_open(NULL);
    const struct rule_of first = {"a", "2wd", "2020-06-01T09:00:00+08:00", NULL, NULL};
    const struct rule_of second = {"a", "4wd", "2020-06-01T09:00:00+08:00", NULL, NULL};
    (void)story_set(house, "2020-06-01T09:00:00+08:00", &first);
    (void)story_set(house, NULL, &second);
    house_advance(house, "2020-07-01T00:00:00+08:00");
    assert_int_equal(story_count(house, "deadline.reached", "a"), 1);
    check_field(story_find(house, "deadline.reached", "a", 0), FIELD_DUE, END("2020-06-05"));
    story_end(house);
}

/* Owners check limits; one that slips through is set aside and the rest goes on. A due time that no calendar
 * reaches is said. */
static void test_set_aside(void **state)
{
    (void)state;
    struct house *house = story_open(NULL);
    (void)house_publish_as(
        house, "worker/tasks", NULL, "deadline.set", "t", NULL, NULL,
        "{\"deadline\":\"a\",\"owner\":\"tasks\",\"label\":\"task\",\"limit\":\"15wd\",\"start\":"
        "\"2020-06-01T09:00:00+08:00\",\"calendar\":\"cn\",\"reminders\":[\"soon\"]}");
    assert_int_equal(house_count(house, "event.set-aside", NULL), 1);
    assert_int_equal(story_count(house, "deadline.fixed", "a"), 0);
    const struct rule_of far = {"b", "9999m", "2020-06-01T09:00:00+08:00", NULL, NULL};
    (void)story_set(house, NULL, &far);
    assert_false(doc_has(story_find(house, "deadline.fixed", "b", 0)->data, FIELD_DUE));
    assert_true(doc_text(story_find(house, "deadline.fixed", "b", 0)->data, FIELD_NOTE).bytes > 0);
    story_clear(house, NULL, "b", "2020-06-02T09:00:00+08:00");
    story_end(house);
}

static void test_crash(void **state)
{
    (void)state;
    struct house *house = story_open(NULL);
    const struct rule_of rule = {"a", "2wd", "2020-06-01T09:00:00+08:00", "[\"1wd\"]", NULL};
    (void)story_set(house, "2020-06-01T09:00:00+08:00", &rule);
    house_crash(house, "deadlines");
    house_advance(house, "2020-06-02T12:00:00+08:00");
    house_forget(house, "deadlines");
    house_advance(house, "2020-07-01T00:00:00+08:00");
    assert_int_equal(story_count(house, "deadline.approaching", "a"), 1);
    assert_int_equal(story_count(house, "deadline.reached", "a"), 1);
    story_end(house);
}

int main(void)
{
    log_open("test", LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spring_festival_moves),
        cmocka_unit_test(test_due_times_are_written_in_the_charters_zone),
        cmocka_unit_test(test_year_end_moves_back),
        cmocka_unit_test(test_facts_stand),
        cmocka_unit_test(test_calendar_refusals),
        cmocka_unit_test(test_calendar_comes_later),
        cmocka_unit_test(test_cleared_late_before_calendar),
        cmocka_unit_test(test_unannounced_year_is_provisional),
        cmocka_unit_test(test_ladder),
        cmocka_unit_test(test_ladder_compresses_when_born_late),
        cmocka_unit_test(test_outage),
        cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_notice_upon_notice),
        cmocka_unit_test(test_cleared),
        cmocka_unit_test(test_replaced),
        cmocka_unit_test(test_set_aside),
        cmocka_unit_test(test_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
