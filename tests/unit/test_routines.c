/* test_routines.c - goal: every occurrence of a recurring duty is met, missed or ended exactly once, whatever
 * happens around its last instant and to its charter. Method: the real deadlines role and calendar, months
 * and years of reports, and the journal looked through; every house is rebuilt and compared. */
#include "tests/support/hall.h"
#include "workers/roles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define HELD(bodies) "{\"title\":\"例会\",\"bodies\":[" bodies "]}"
#define JAN          "hall/group-meeting/group-01/2020-01-31"
#define FEB          "hall/group-meeting/group-01/2020-02-29"
#define MAR          "hall/group-meeting/group-01/2020-03-31"

static void hold(struct hall *hall, const char *time, const char *id, const char *bodies_json)
{
    hall_must(hall, time, "meeting.held", id, NULL, bodies_json);
}

static bool ontime(const struct event *met)
{
    return doc_bool(met->data, FIELD_ON_TIME);
}

/* ---- opening ---- */

static void test_enactment_opens_one_each(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    assert_int_equal(hall_count(hall, "duty.opened", NULL), 3 + 1 + 1 + 1 + 1 + 3);
    const struct event *opened = hall_find(hall, "duty.opened", JAN, 0);
    hall_is(opened, FIELD_ROUTINE, "group-meeting");
    hall_is(opened, FIELD_KIND, "meeting");
    hall_is(opened, FIELD_BODY, "group-01");
    hall_is(opened, FIELD_BY, "2020-01-31");
    hall_is(opened, FIELD_TITLE, "小组例会");
    hall_is(opened, FIELD_CLAUSE, "五（二）");
    hall_lists(opened, FIELD_POSTS, "group-01.head");
    hall_lists(opened, FIELD_UNITS, "市税务局");
    const struct event *set = hall_find(hall, "deadline.set", JAN, 0);
    hall_is(set, FIELD_LIMIT, "by 2020-01-31");
    hall_is(set, FIELD_LABEL, "duty");
    hall_is(set, FIELD_OWNER, "routines");
    hall_is(set, FIELD_WHO, "group-01");
    hall_lists(set, FIELD_REMINDERS, "5wd 1wd");
    hall_is(hall_find(hall, "deadline.fixed", JAN, 0), FIELD_DUE, "2020-01-31T23:59:59.999999+08:00");
    hall_is(hall_find(hall, "deadline.set", "hall/office-meeting/office/2020-01-26", 0), FIELD_LIMIT,
            "by 2020-01-26 roll=on");
    hall_close(hall);
}

/* S0-24: a post without a holder still owes. */
static void test_vacant_head_answers(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    house_advance(hall->house, "2020-02-01T09:00:00+08:00");
    const struct event *missed = hall_find(hall, "duty.missed", "hall/group-meeting/group-03/2020-01-31", 0);
    hall_lists(missed, FIELD_POSTS, "group-03.head");
    hall_lists(missed, FIELD_UNITS, "市公安局");
    hall_close(hall);
}

/* ---- met and missed ---- */

/* S0-17 */
static void test_met_opens_the_next(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hold(hall, "2020-01-22", "M-1", HELD("\"group-01\""));
    const struct event *met = hall_find(hall, "duty.met", JAN, 0);
    assert_true(ontime(met));
    hall_is(met, FIELD_SUBJECT, "M-1");
    hall_is(met, FIELD_BY, "2020-01-31");
    assert_int_equal(hall_count(hall, "deadline.cleared", JAN), 1);
    assert_int_equal(hall_count(hall, "duty.opened", FEB), 1);
    house_advance(hall->house, "2020-02-01T09:00:00+08:00");
    assert_int_equal(hall_count(hall, "duty.missed", JAN), 0);
    /* groups 2 and 3, head and deputy of the leading group */
    assert_int_equal(hall_count(hall, "duty.missed", NULL), 4);
    hall_close(hall);
}

/* A second meeting in a period that is met already is not credited to the next. */
static void test_extra_meeting_meets_nothing(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hold(hall, "2020-01-22", "M-1", HELD("\"group-01\""));
    hold(hall, "2020-01-31T23:59:59+08:00", "M-2", HELD("\"group-01\""));
    assert_int_equal(hall_count(hall, "duty.met", NULL), 1);
    house_advance(hall->house, "2020-03-01T09:00:00+08:00");
    assert_int_equal(hall_count(hall, "duty.missed", FEB), 1);
    hall_close(hall);
}

/* The last instant is in time; the next microsecond belongs to the next period. */
static void test_exactly_at_the_end(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hold(hall, "2020-01-31T23:59:59.999999+08:00", "M-1", HELD("\"group-01\""));
    hold(hall, "2020-02-01T00:00:00+08:00", "M-2", HELD("\"group-02\""));
    assert_true(ontime(hall_find(hall, "duty.met", JAN, 0)));
    assert_int_equal(hall_count(hall, "duty.missed", JAN), 0);
    assert_int_equal(hall_count(hall, "duty.missed", "hall/group-meeting/group-02/2020-01-31"), 1);
    assert_true(ontime(hall_find(hall, "duty.met", "hall/group-meeting/group-02/2020-02-29", 0)));
    hall_close(hall);
}

/* The same, though the clock's strike is read only after the report: February's meeting is not lost. */
static void test_strike_behind_the_report(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    (void)house_post(hall->house, "2020-02-01T00:00:00.000001+08:00", "meeting.held", "M-1", "hall", NULL,
                     HELD("\"group-01\""));
    house_settle(hall->house);
    house_advance(hall->house, "2020-02-02T09:00:00+08:00");
    assert_int_equal(hall_count(hall, "duty.missed", JAN), 1);
    assert_int_equal(hall_count(hall, "duty.met", JAN), 0);
    hall_is(hall_find(hall, "duty.met", FEB, 0), FIELD_SUBJECT, "M-1");
    assert_true(ontime(hall_find(hall, "duty.met", FEB, 0)));
    assert_int_equal(hall_count(hall, "duty.opened", MAR), 1);
    hall_close(hall);
}

/* The strike of January comes after the end of February: the meeting was reported in time, whenever its
 * occurrence opened. */
static void test_strike_far_behind_the_report(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    (void)house_post(hall->house, "2020-02-05T10:00:00+08:00", "meeting.held", "M-1", "hall", NULL,
                     HELD("\"group-01\""));
    house_settle(hall->house);
    house_advance(hall->house, "2020-03-03T09:00:00+08:00");
    const struct event *met = hall_find(hall, "duty.met", FEB, 0);
    hall_is(met, FIELD_SUBJECT, "M-1");
    hall_is(met, FIELD_AT, "2020-02-05T10:00:00+08:00");
    assert_true(ontime(met));
    assert_int_equal(hall_count(hall, "duty.missed", FEB), 0);
    assert_int_equal(hall_count(hall, "deadline.missed", FEB), 0);
    hall_close(hall);
}

static void test_missed_opens_the_next(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    house_advance(hall->house, "2020-02-01T09:00:00+08:00");
    const struct event *missed = hall_find(hall, "duty.missed", JAN, 0);
    hall_is(missed, FIELD_RESULT, "duty");
    hall_is(missed, FIELD_TITLE, "小组例会");
    const struct event *deadline = hall_find(hall, "deadline.missed", JAN, 0);
    hall_is(deadline, FIELD_BODY, "group-01");
    hall_is(deadline, FIELD_WHO, "group-01");
    hall_lists(deadline, FIELD_POSTS, "group-01.head");
    hall_is(deadline, FIELD_CLAUSE, "五（二）");
    assert_int_equal(hall_count(hall, "duty.opened", FEB), 1);
    hall_close(hall);
}

/* A meeting that took place in time and is reported late is met late: the miss stays, nothing is lost. */
static void test_reported_late(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hold(hall, "2020-02-03", "M-1",
         "{\"title\":\"例会\",\"bodies\":[\"group-01\"],\"at\":\"2020-01-31T15:00:00+08:00\"}");
    assert_int_equal(hall_count(hall, "duty.missed", JAN), 1);
    const struct event *met = hall_find(hall, "duty.met", JAN, 0);
    assert_false(ontime(met));
    assert_int_equal(hall_count(hall, "duty.met", FEB), 0);
    hold(hall, "2020-02-04", "M-2",
         "{\"title\":\"例会\",\"bodies\":[\"group-01\"],\"at\":\"2020-01-30T15:00:00+08:00\"}");
    assert_int_equal(hall_count(hall, "duty.met", JAN), 1);
    hall_close(hall);
}

/* What is met late lies behind what was met since: a new version goes on from there, not from the older one.
 */
static void test_series_goes_on_after_the_latest(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    house_advance(hall->house, "2020-02-01T09:00:00+08:00");
    assert_int_equal(hall_count(hall, "duty.missed", JAN), 1);
    hall_must(hall, "2020-02-10", "meeting.held", "M-1", NULL, HELD("\"group-01\""));
    assert_int_equal(hall_count(hall, "duty.opened", MAR), 1);
    hall_must(hall, "2020-02-11", "meeting.held", "M-2", NULL,
              "{\"title\":\"例会\",\"bodies\":[\"group-01\"],\"at\":\"2020-01-28T09:00:00+08:00\"}");
    assert_int_equal(hall_count(hall, "duty.met", JAN), 1);
    hall_adopt(hall, "2020-02-12T09:00:00+08:00", "title: 小组例会", "title: 小组月度例会");
    assert_int_equal(hall_count(hall, "duty.ended", MAR), 0);
    assert_int_equal(hall_count(hall, "duty.opened", FEB), 1);
    assert_int_equal(hall_count(hall, "duty.opened", MAR), 1);
    hall_close(hall);
}

static void test_year_change(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    house_advance(hall->house, "2021-03-01T09:00:00+08:00");
    static const char *const months[] = {"2020-11-30", "2020-12-31", "2021-01-31", "2021-02-28"};
    for (size_t i = 0; i < 4; i++) {
        char subject[128];
        (void)snprintf(subject, sizeof subject, "hall/group-meeting/group-02/%s", months[i]);
        assert_int_equal(hall_count(hall, "duty.opened", subject), 1);
        assert_int_equal(hall_count(hall, "duty.missed", subject), 1);
    }
    assert_int_equal(hall_count(hall, "duty.missed", "hall/key-tasks/group-02/2020-12-31"), 1);
    assert_int_equal(hall_count(hall, "duty.opened", "hall/key-tasks/group-02/2021-12-31"), 1);
    hall_close(hall);
}

/* ---- one sitting of several, chairs, topics, in principle ---- */

/* S0-1: one sitting counts for each body. */
static void test_joint_sitting(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hold(hall, "2020-01-22", "M-1", HELD("\"group-01\",\"group-02\""));
    assert_int_equal(hall_count(hall, "duty.met", NULL), 2);
    hall_is(hall_find(hall, "duty.met", "hall/group-meeting/group-02/2020-01-31", 0), FIELD_SUBJECT, "M-1");
    hall_lists(hall_find(hall, "meeting.recorded", "M-1", 0), FIELD_BODIES, "group-01 group-02");
    hall_close(hall);
}

/* S2-13: the head's meeting and the deputy's are two duties of one body. */
static void test_chairs(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hall_must(hall, "2020-01-21", "meeting.called", "M-1", NULL, HELD("\"leading\""));
    hall_must(hall, "2020-01-22", "meeting.held", "M-1", NULL, "{\"post\":\"leading.deputy\"}");
    assert_int_equal(hall_count(hall, "duty.met", "hall/deputy-meeting/leading/2020-01-31"), 1);
    assert_int_equal(hall_count(hall, "duty.met", NULL), 1);
    hall_must(hall, "2020-01-23", "meeting.called", "M-2", NULL,
              "{\"title\":\"全体会议\",\"bodies\":[\"leading\"],\"post\":\"leading.head\"}");
    hall_must(hall, "2020-01-24", "meeting.held", "M-2", NULL, NULL);
    assert_int_equal(hall_count(hall, "duty.met", "hall/head-meeting/leading/2020-01-31"), 1);
    assert_int_equal(hall_count(hall, "duty.opened", "hall/head-meeting/leading/2020-03-31"), 1);
    assert_int_equal(hall_count(hall, "duty.met", NULL), 2);
    hall_close(hall);
}

/* S0-14: hearing progress reports is met by a meeting that had one on its agenda. */
static void test_hearing(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    const char *duty = "hall/hearing/group-01/2020-06-30";
    hold(hall, "2020-02-03", "M-1", HELD("\"group-01\""));
    assert_int_equal(hall_count(hall, "duty.met", duty), 0);
    hall_must(hall, "2020-03-02", "meeting.called", "M-2", NULL, HELD("\"group-01\""));
    hall_must(hall, "2020-03-02", "topic.submitted", "M-2", NULL,
              "{\"topic\":\"T-1\",\"title\":\"推进报告\",\"kind\":\"hear\"}");
    hall_must(hall, "2020-03-03", "meeting.held", "M-2", NULL, NULL);
    hall_is(hall_find(hall, "duty.met", duty, 0), FIELD_SUBJECT, "M-2");
    assert_int_equal(hall_count(hall, "duty.opened", "hall/hearing/group-01/2021-06-30"), 1);
    hall_close(hall);
}

/* S2-14: a miss in principle is told, and is no missed deadline. The due day rolls on over the long holiday.
 */
static void test_in_principle_and_roll(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    const char *first = "hall/office-meeting/office/2020-01-26",
               *second = "hall/office-meeting/office/2020-02-09";
    hall_is(hall_find(hall, "deadline.fixed", first, 0), FIELD_DUE, "2020-02-03T23:59:59.999999+08:00");
    house_advance(hall->house, "2020-02-04T09:00:00+08:00");
    hall_is(hall_find(hall, "duty.missed", first, 0), FIELD_RESULT, "in-principle");
    assert_int_equal(hall_count(hall, "deadline.missed", first), 0);
    assert_int_equal(hall_count(hall, "deadline.reached", first), 1);
    assert_int_equal(hall_count(hall, "deadline.cleared", first), 1);
    /* Monday, the 10th: the second period is over by its date, but due today. It is met, and only it. */
    hold(hall, "2020-02-10", "M-1", HELD("\"office\""));
    assert_true(ontime(hall_find(hall, "duty.met", second, 0)));
    assert_int_equal(hall_count(hall, "duty.met", NULL), 1);
    assert_int_equal(hall_count(hall, "duty.opened", "hall/office-meeting/office/2020-02-23"), 1);
    hold(hall, "2020-02-11", "M-2", HELD("\"office\""));
    hall_is(hall_find(hall, "duty.met", "hall/office-meeting/office/2020-02-23", 0), FIELD_SUBJECT, "M-2");
    hall_close(hall);
}

#define SECOND_OFFICE "hall/office-meeting/office/2020-02-09"
#define THIRD_OFFICE  "hall/office-meeting/office/2020-02-23"

/* The rolled due day's last instant still counts for the period before; the next one does not. */
static void test_last_instant_of_a_rolled_day(void **context)
{
    (void)context;
    for (int late = 0; late < 2; late++) {
        struct hall *hall = hall_open();
        house_advance(hall->house, "2020-02-04T09:00:00+08:00");
        (void)house_post(hall->house, late ? "2020-02-11T00:00:00+08:00" : "2020-02-10T23:59:59.999999+08:00",
                         "meeting.held", "M-1", "hall", NULL, HELD("\"office\""));
        house_settle(hall->house);
        house_advance(hall->house, "2020-02-12T09:00:00+08:00");
        hall_is(hall_find(hall, "duty.met", late ? THIRD_OFFICE : SECOND_OFFICE, 0), FIELD_SUBJECT, "M-1");
        assert_int_equal(hall_count(hall, "duty.met", NULL), 1);
        assert_int_equal(hall_count(hall, "duty.missed", SECOND_OFFICE), (size_t)late);
        hall_close(hall);
    }
}

/* Met already, the rolled period takes no second meeting: that one is for its own. */
static void test_second_meeting_on_a_rolled_day(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    house_advance(hall->house, "2020-02-04T09:00:00+08:00");
    hold(hall, "2020-02-07", "M-1", HELD("\"office\""));
    hall_is(hall_find(hall, "duty.met", SECOND_OFFICE, 0), FIELD_SUBJECT, "M-1");
    hold(hall, "2020-02-10", "M-2", HELD("\"office\""));
    hall_is(hall_find(hall, "duty.met", THIRD_OFFICE, 0), FIELD_SUBJECT, "M-2");
    assert_int_equal(hall_count(hall, "duty.met", SECOND_OFFICE), 1);
    hall_close(hall);
}

/* S0-15: each lead unit of the body answers. */
static void test_each_lead_unit_answers(void **context)
{
    (void)context;
    struct hall *hall = hall_open_changed("heads: [李四], lead_units: [市财政局]",
                                          "heads: [李四], lead_units: [市财政局, 市公安局]");
    hall_lists(hall_find(hall, "duty.opened", "hall/group-meeting/group-02/2020-01-31", 0), FIELD_UNITS,
               "市财政局 市公安局");
    house_advance(hall->house, "2020-02-01T09:00:00+08:00");
    hall_lists(hall_find(hall, "duty.missed", "hall/group-meeting/group-02/2020-01-31", 0), FIELD_UNITS,
               "市财政局 市公安局");
    hall_close(hall);
}

/* ---- a new version of the charter ---- */

/* Its date is past and its due day, rolled on, is not: a version with other dates does not end it. */
static void test_past_its_date_it_outlives_a_version(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    house_advance(hall->house, "2020-02-10T09:00:00+08:00");
    hall_adopt(hall, "2020-02-10T09:00:00+08:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU",
               "FREQ=WEEKLY;INTERVAL=2;BYDAY=WE");
    assert_int_equal(hall_count(hall, "duty.ended", SECOND_OFFICE), 0);
    house_advance(hall->house, "2020-02-11T09:00:00+08:00");
    assert_int_equal(hall_count(hall, "duty.missed", SECOND_OFFICE), 1);
    hall_close(hall);
}

/* Ended before its strike was read: nobody missed it. */
static void test_ended_then_rung(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hall_adopt(hall, "2020-01-31T23:00:00+08:00", "kind: meeting, of: group, recurs",
               "kind: meeting, of: group-02, recurs");
    assert_int_equal(hall_count(hall, "duty.ended", JAN), 1);
    house_advance(hall->house, "2020-02-02T09:00:00+08:00");
    assert_int_equal(hall_count(hall, "duty.missed", JAN), 0);
    hall_adopt(hall, "2020-02-02T10:00:00+08:00", NULL, NULL);
    assert_int_equal(hall_count(hall, "duty.opened", FEB), 1);
    hall_close(hall);
}

static void test_same_charter_again(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hold(hall, "2020-01-22", "M-1", HELD("\"group-01\""));
    size_t opened = hall_count(hall, "duty.opened", NULL);
    hall_adopt(hall, "2020-01-23T09:00:00+08:00", "document:", "# 再次施行\ndocument:");
    assert_int_equal(hall_count(hall, "charter.enacted", NULL), 2);
    assert_int_equal(hall_count(hall, "duty.opened", NULL), opened);
    assert_int_equal(hall_count(hall, "duty.ended", NULL), 0);
    house_advance(hall->house, "2020-03-01T09:00:00+08:00");
    assert_int_equal(hall_count(hall, "duty.missed", JAN), 0);
    assert_int_equal(hall_count(hall, "duty.missed", FEB), 1);
    assert_int_equal(hall_count(hall, "duty.opened", MAR), 1);
    hall_close(hall);
}

static void test_routine_gone_and_back(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hall_adopt(hall, "2020-01-23T09:00:00+08:00", "kind: meeting, of: group, recurs",
               "kind: meeting, of: group-02, recurs");
    hall_is(hall_find(hall, "duty.ended", JAN, 0), FIELD_BODY, "group-01");
    assert_int_equal(hall_count(hall, "duty.ended", NULL), 2);
    assert_int_equal(hall_count(hall, "duty.ended", "hall/group-meeting/group-02/2020-01-31"), 0);
    house_advance(hall->house, "2020-02-05T09:00:00+08:00");
    assert_int_equal(hall_count(hall, "duty.missed", JAN), 0);
    assert_int_equal(hall_count(hall, "duty.missed", "hall/group-meeting/group-02/2020-01-31"), 1);
    hall_adopt(hall, "2020-02-06T09:00:00+08:00", NULL, NULL);
    assert_int_equal(hall_count(hall, "duty.opened", JAN), 1);
    assert_int_equal(hall_count(hall, "duty.opened", FEB), 1);
    assert_int_equal(hall_count(hall, "duty.opened", "hall/group-meeting/group-02/2020-02-29"), 1);
    hall_close(hall);
}

/* Another cadence: what was met stays met, the next date is the new rule's first after it. */
static void test_other_dates(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hold(hall, "2020-01-22", "M-1", HELD("\"group-01\""));
    hall_adopt(hall, "2020-01-23T09:00:00+08:00", "of: group, recurs: FREQ=MONTHLY;BYMONTHDAY=-1",
               "of: group, recurs: FREQ=MONTHLY;BYMONTHDAY=25");
    assert_int_equal(hall_count(hall, "duty.ended", FEB), 1);
    assert_int_equal(hall_count(hall, "duty.opened", "hall/group-meeting/group-01/2020-01-25"), 0);
    assert_int_equal(hall_count(hall, "duty.opened", "hall/group-meeting/group-01/2020-02-25"), 1);
    assert_int_equal(hall_count(hall, "duty.opened", "hall/group-meeting/group-02/2020-01-25"), 1);
    hall_close(hall);
}

/* A routine that begins in the middle of a period counts what was held in it. */
static void test_new_routine_finds_meeting_held(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hold(hall, "2020-02-03", "M-1", HELD("\"team-01\""));
    hall_adopt(hall, "2020-02-06T09:00:00+08:00", "routines:\n",
               "routines:\n  - {id: team-meeting, title: 专班会议, kind: meeting, of: team, recurs: "
               "FREQ=MONTHLY;BYMONTHDAY=-1}\n");
    hall_is(hall_find(hall, "duty.met", "hall/team-meeting/team-01/2020-02-29", 0), FIELD_SUBJECT, "M-1");
    assert_int_equal(hall_count(hall, "duty.opened", "hall/team-meeting/team-01/2020-03-31"), 1);
    assert_int_equal(hall_count(hall, "duty.opened", "hall/team-meeting/team-02/2020-02-29"), 1);
    assert_int_equal(hall_count(hall, "duty.met", "hall/team-meeting/team-02/2020-02-29"), 0);
    hall_close(hall);
}

/* Adopted years after it was issued: nothing is owed for the past. */
static void test_adopted_late(void **context)
{
    (void)context;
    struct hall *hall = hall_open_changed("recurs: FREQ=MONTHLY;BYMONTHDAY=-1, reminders",
                                          "from: 2010-01-01, recurs: FREQ=MONTHLY;BYMONTHDAY=-1, reminders");
    assert_int_equal(hall_count(hall, "duty.opened", JAN), 1);
    assert_int_equal(hall_count(hall, "duty.opened", NULL), 10);
    hall_close(hall);
}

/* Enacted by hand before its day: nothing is owed until then. */
static void test_not_before_its_day(void **context)
{
    (void)context;
    static const struct role *const roles[] = {&role_deadlines, &role_routines, NULL};
    struct hall *hall = memory_alloc(sizeof *hall);
    *hall = (struct hall){.house = house_open_roles(roles)};
    house_adopt_calendar(hall->house, "config/calendars/cn.yaml", NULL);
    hall_adopt(hall, "2020-01-20T09:00:00+08:00", "issued: 2020-01-20}\n",
               "issued: 2020-01-20}\neffective: 2020-06-26\n");
    assert_int_equal(hall_count(hall, "duty.opened", NULL), 10);
    assert_int_equal(hall_count(hall, "duty.opened", JAN), 0);
    assert_int_equal(hall_count(hall, "duty.opened", "hall/group-meeting/group-01/2020-06-30"), 1);
    hall_close(hall);
}

static void test_rule_that_ends(void **context)
{
    (void)context;
    struct hall *hall = hall_open_changed("of: group, recurs: FREQ=MONTHLY;BYMONTHDAY=-1",
                                          "of: group, recurs: FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2");
    house_advance(hall->house, "2020-06-01T09:00:00+08:00");
    assert_int_equal(hall_count(hall, "duty.missed", FEB), 1);
    assert_int_equal(hall_count(hall, "duty.opened", MAR), 0);
    hold(hall, "2020-06-02", "M-1", HELD("\"group-01\""));
    assert_int_equal(hall_count(hall, "duty.met", NULL), 0);
    hall_close(hall);
}

/* ---- the city ---- */

/* S0-17: sixteen groups; one does not meet in February. */
static void test_one_of_sixteen(void **context)
{
    (void)context;
    static const char *const roles[] = {"coordination", "deadlines", "routines", NULL};
    struct house *house = house_open(roles);
    house_advance(house, "2020-01-31T09:00:00+08:00");
    house_adopt_calendar(house, "config/calendars/cn.yaml", NULL);
    house_advance(house, "2020-02-01T09:00:00+08:00");
    house_adopt_charter(house, "config/charters/shenzhen-2020.yaml");
    assert_int_equal(house_count(house, "duty.opened", NULL), 16 * 4 + 1);
    for (int i = 1; i <= 16; i++) {
        char id[32], json[128], time[48];
        (void)snprintf(id, sizeof id, "M-%d", i);
        (void)snprintf(json, sizeof json, "{\"title\":\"例会\",\"bodies\":[\"group-%02d\"]}", i);
        (void)snprintf(time, sizeof time, "2020-02-%02dT10:00:00+08:00", i + 9);
        if (i != 7)
            (void)house_publish(house, time, "meeting.held", id, "shenzhen-2020", NULL, json);
    }
    house_advance(house, "2020-03-01T09:00:00+08:00");
    assert_int_equal(house_count(house, "duty.met", NULL), 15);
    const struct event *missed =
        house_find(house, "duty.missed", "shenzhen-2020/group-meeting/group-07/2020-02-29", 0);
    assert_non_null(missed);
    hall_lists(missed, FIELD_POSTS, "group-07.head.1 group-07.head.2");
    size_t meetings = 0;
    for (int i = 1; i <= 16; i++) {
        char subject[128];
        (void)snprintf(subject, sizeof subject, "shenzhen-2020/group-meeting/group-%02d/2020-02-29", i);
        meetings += house_count(house, "duty.missed", subject);
    }
    assert_int_equal(meetings, 1);
    house_check_rebuild(house);
    house_close(house);
}

static void test_crash_and_forget(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hold(hall, "2020-01-22", "M-1", HELD("\"group-01\""));
    house_crash(hall->house, "routines");
    house_advance(hall->house, "2020-02-10T09:00:00+08:00");
    house_forget(hall->house, "routines");
    hold(hall, "2020-02-11", "M-2", HELD("\"group-01\",\"group-02\""));
    assert_int_equal(hall_count(hall, "duty.met", FEB), 1);
    assert_int_equal(hall_count(hall, "duty.opened", MAR), 1);
    hall_close(hall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enactment_opens_one_each),
        cmocka_unit_test(test_vacant_head_answers),
        cmocka_unit_test(test_met_opens_the_next),
        cmocka_unit_test(test_extra_meeting_meets_nothing),
        cmocka_unit_test(test_exactly_at_the_end),
        cmocka_unit_test(test_strike_behind_the_report),
        cmocka_unit_test(test_strike_far_behind_the_report),
        cmocka_unit_test(test_missed_opens_the_next),
        cmocka_unit_test(test_reported_late),
        cmocka_unit_test(test_series_goes_on_after_the_latest),
        cmocka_unit_test(test_year_change),
        cmocka_unit_test(test_joint_sitting),
        cmocka_unit_test(test_chairs),
        cmocka_unit_test(test_hearing),
        cmocka_unit_test(test_in_principle_and_roll),
        cmocka_unit_test(test_last_instant_of_a_rolled_day),
        cmocka_unit_test(test_second_meeting_on_a_rolled_day),
        cmocka_unit_test(test_each_lead_unit_answers),
        cmocka_unit_test(test_past_its_date_it_outlives_a_version),
        cmocka_unit_test(test_ended_then_rung),
        cmocka_unit_test(test_same_charter_again),
        cmocka_unit_test(test_routine_gone_and_back),
        cmocka_unit_test(test_other_dates),
        cmocka_unit_test(test_new_routine_finds_meeting_held),
        cmocka_unit_test(test_adopted_late),
        cmocka_unit_test(test_not_before_its_day),
        cmocka_unit_test(test_rule_that_ends),
        cmocka_unit_test(test_one_of_sixteen),
        cmocka_unit_test(test_crash_and_forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
