/* test_charter_versions.c - goal: a version of a charter holds from its day on and no earlier, and what it
 * means for open issues is as its transition rule says, for each of them once, however many there are.
 * Method: coordination, deadlines and tasks in a house without walls, charters that differ in a line or two;
 * every test ends with a rebuild. */
#include "tests/support/turn_bench.h"
#include "workers/coordination/transition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Parts of the text that versions change. */
struct text_parts {
    const char *frame, *units, *levels, *areas, *bodies;
};
#define UNITS "units: [市税务局, 市住房建设局]\n"
#define LEVELS                                                                                               \
    "levels:\n  - {id: team, name: 专班, per_area: true, settles: true, limit: 10wd, up: [{need: "         \
    "opinions}]}\n"                                                                                          \
    "  - {id: group, name: 专项小组, settles: true, limit: 5wd, reminders: [2wd]}\n"                     \
    "  - {id: city, name: 市政府, decides: true, settles: true, limit: 20wd}\n"
#define AREAS "areas: [{area: 纳税, lead_units: [市税务局], responsible_units: [市住房建设局]}]\n"
#define BODIES                                                                                               \
    "area_bodies: [{id: team-tax, name: 纳税专班, level: team}]\n"                                       \
    "bodies:\n  - {id: group, name: 专项小组, level: group, lead_units: [市税务局]}\n"               \
    "  - {id: city, name: 市政府, level: city, lead_units: [市税务局]}\n"

static const char *charter_text(struct text_parts parts)
{
    static char text[8192];
    (void)snprintf(text, sizeof text,
                   "charter: home\ntitle: 机制\ndocument: {number: 机〔2020〕1号, issued: 2020-01-20}\n"
                   "calendar: cn\nzone: \"+08:00\"\n%s%s%s%s%sconfirmation: {required: false}\n",
                   parts.units != NULL ? parts.units : UNITS, parts.levels != NULL ? parts.levels : LEVELS,
                   parts.areas != NULL ? parts.areas : AREAS, parts.bodies != NULL ? parts.bodies : BODIES,
                   parts.frame != NULL ? parts.frame : "");
    return text;
}

static struct house *open_home(const char *frame)
{
    static const char *const roles[] = {"coordination", "deadlines", "tasks", NULL};
    struct house *house = house_open(roles);
    house_adopt_calendar(house, "config/calendars/cn.yaml", "2020-02-01");
    house_advance(house, "2020-02-03T09:00:00+08:00");
    house_adopt_charter_text(house, "home.yaml", charter_text((struct text_parts){.frame = frame}));
    return house;
}

static void adopt(struct house *house, struct text_parts parts)
{
    house_adopt_charter_text(house, "home.yaml", charter_text(parts));
}

static void close_home(struct house *house)
{
    house_check_rebuild(house);
    house_close(house);
}

static uint64_t must(struct house *house, const char *received, const char *type, const char *issue,
                     const char *json)
{
    uint64_t seq = house_publish(house, received, type, issue,
                                 strcmp(type, "issue.raised") == 0 ? "home" : NULL, NULL, json);
    const struct event *refusal = house_refusal(house, seq);
    if (refusal != NULL)
        fail_msg("%s: %.*s", type, TEXT_PRINT(doc_text(refusal->data, FIELD_REASON)));
    return seq;
}

static void raise_issue(struct house *house, const char *received, const char *issue)
{
    must(house, received, "issue.raised", issue, "{\"title\":\"甲\",\"area\":\"纳税\"}");
}

static void is(const struct event *event, enum field field, const char *expected)
{
    char found[512];
    assert_non_null(event);
    (void)snprintf(found, sizeof found, "%.*s", TEXT_PRINT(doc_text(event->data, field)));
    assert_string_equal(found, expected);
}

static const struct event *last(struct house *house, const char *type, const char *subject)
{
    size_t count = house_count(house, type, subject);
    return count > 0 ? house_find(house, type, subject, count - 1) : NULL;
}

static int64_t version_of(struct house *house, const char *issue)
{
    return doc_int(last(house, "issue.opened", issue)->data, FIELD_VERSION, 0);
}

#define MOVE "transition: {open: move, clause: 附则}\n"

/* ---- from its day on ---- */

/* S3-20 */
static void test_it_holds_from_its_day_on(void **context)
{
    (void)context;
    struct house *house = open_home(NULL);
    adopt(house, (struct text_parts){.frame = "effective: 2020-03-01\n" MOVE});
    assert_int_equal(house_count(house, "charter.enacted", NULL), 1);
    const struct event *accepted = last(house, "charter.accepted", NULL);
    is(accepted, FIELD_EFFECTIVE, "2020-03-01");
    assert_int_equal(doc_int(accepted->data, FIELD_VERSION, 0), 2);
    is(last(house, "deadline.fixed", "charter:home"), FIELD_DUE, "2020-02-29T23:59:59.999999+08:00");
    raise_issue(house, "2020-02-29T23:59:59.999999+08:00", "W-1"); /* its last instant is the old one's */
    raise_issue(house, "2020-03-01T00:00:00+08:00", "W-2");
    assert_int_equal(version_of(house, "W-1"), 1);
    assert_int_equal(version_of(house, "W-2"), 2);
    const struct event *enacted = last(house, "charter.enacted", NULL);
    is(enacted, FIELD_TRANSITION, "move");
    is(enacted, FIELD_EFFECTIVE, "2020-03-01");
    is(enacted, FIELD_FILE, "home.yaml");
    assert_true(text_equal(doc_text(enacted->data, FIELD_DIGEST), doc_text(accepted->data, FIELD_DIGEST)));
    assert_int_equal(house_count(house, "transition.applied", "W-1"), 1);
    assert_int_equal(house_count(house, "transition.applied", "W-2"), 0);
    assert_int_equal(house_count(house, "deadline.missed", NULL), 0); /* of the charter: nobody missed it */
    close_home(house);
}

/* A clock that is behind its document: the first bulletin is of the document's month. */
static void test_bulletins_begin_with_the_document(void **context)
{
    (void)context;
    static const char *const roles[] = {"bulletins", "deadlines", NULL};
    struct house *house = house_open(roles);
    house_adopt_calendar(house, "config/calendars/cn.yaml", "2020-02-01");
    adopt(house,
          (struct text_parts){.frame = "effective: 2020-03-10\nbulletins:\n  - {id: monthly, title: 通报, "
                                       "period: month, due: 5wd, sections: [{id: issues, title: 问题}]}\n"});
    assert_int_equal(house_count(house, "deadline.set", NULL), 1);
    assert_int_equal(house_count(house, "deadline.set", "home/monthly/2020-03"), 1);
    close_home(house);
}

/* What a new version leaves as it was is not set again. */
static void test_a_bulletins_deadline_stands(void **context)
{
    (void)context;
#define MONTHLY(title, due)                                                                                  \
    "bulletins:\n  - {id: monthly, title: " title ", period: month, due: " due                               \
    ", sections: [{id: issues, title: 问题}]}\n"
    static const char *const roles[] = {"bulletins", "deadlines", NULL};
    static const struct {
        const char *frame;
        size_t set;
    } versions[] = {{MONTHLY("通报", "5wd"), 1},
                    {MONTHLY("通知", "5wd"), 1},
                    {MONTHLY("通报", "6wd"), 2},
                    {MONTHLY("通报", "6wd"), 2},
                    {MONTHLY("通报", "5wd"), 3}};
    struct house *house = house_open(roles);
    house_adopt_calendar(house, "config/calendars/cn.yaml", "2020-02-01");
    house_advance(house, "2020-02-03T09:00:00+08:00");
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        adopt(house, (struct text_parts){.frame = versions[i].frame});
        assert_int_equal(house_count(house, "deadline.set", "home/monthly/2020-02"), versions[i].set);
    }
    house_advance(house, "2020-04-20T09:00:00+08:00");
    assert_int_equal(house_count(house, "bulletin.published", NULL), 2);
    close_home(house);
}

static void test_before_its_day_there_is_none(void **context)
{
    static const char *const roles[] = {"coordination", "deadlines", "tasks", NULL};
    (void)context;
    struct house *house = house_open(roles);
    house_adopt_calendar(house, "config/calendars/cn.yaml", "2020-02-01");
    house_advance(house, "2020-02-03T09:00:00+08:00");
    adopt(house, (struct text_parts){.frame = "effective: 2020-03-01\n"});
    uint64_t seq = house_publish(house, NULL, "issue.raised", "W-1", "home", NULL,
                                 "{\"title\":\"甲\",\"area\":\"纳税\"}");
    is(house_refusal(house, seq), FIELD_REASON, "charter home is not in force; in force: none");
    raise_issue(house, "2020-03-01T00:00:00+08:00", "W-1");
    assert_int_equal(version_of(house, "W-1"), 1);
    close_home(house);
    house = open_home("effective: 2020-02-03\n"); /* today: at once */
    assert_int_equal(house_count(house, "charter.enacted", NULL), 1);
    assert_int_equal(house_count(house, "charter.accepted", NULL), 0);
    close_home(house);
}

/* What is adopted later takes the place of what waits for the same day or a later one, and of nothing else.
 */
static void test_what_waits_may_be_superseded(void **context)
{
    static const struct {
        const char *second, *third;
        size_t enacted;
        int64_t in_june, in_august;
    } cases[] = {
        {"effective: 2020-07-01\n", "effective: 2020-05-01\n", 2, 3, 3},
        {"effective: 2020-07-01\n", "effective: 2020-07-01\nactors: named\n", 2, 1, 3},
        {"effective: 2020-05-01\n", "effective: 2020-07-01\n", 3, 2, 3},
        {"effective: 2020-07-01\n", "actors: named\n", 2, 3, 3},
    };
    (void)context;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct house *house = open_home(NULL);
        adopt(house, (struct text_parts){.frame = cases[i].second});
        adopt(house, (struct text_parts){.frame = cases[i].third});
        raise_issue(house, "2020-06-10T10:00:00+08:00", "W-1");
        raise_issue(house, "2020-08-10T10:00:00+08:00", "W-2");
        assert_int_equal(house_count(house, "charter.enacted", NULL), cases[i].enacted);
        assert_int_equal(version_of(house, "W-1"), cases[i].in_june);
        assert_int_equal(version_of(house, "W-2"), cases[i].in_august);
        if (cases[i].enacted == 2)
            is(house_find(house, "deadline.cleared", "charter:home", 0), FIELD_REASON,
               "version 3 takes its place");
        close_home(house);
    }
}

/* An issue that is called like the charter ends without it; one that is called like its deadline is none. */
static void test_an_issue_of_the_charters_name(void **context)
{
    (void)context;
    struct house *house = open_home(NULL);
    adopt(house, (struct text_parts){.frame = "effective: 2020-03-01\n"});
    raise_issue(house, "2020-02-10T09:00:00+08:00", "home");
    must(house, "2020-02-11T09:00:00+08:00", "issue.withdrawn", "home", "{\"reason\":\"甲\"}");
    uint64_t seq = house_publish(house, NULL, "issue.raised", "charter:home", "home", NULL,
                                 "{\"title\":\"甲\",\"area\":\"纳税\"}");
    is(house_refusal(house, seq), FIELD_REASON, "no issue's id begins with \"charter:\": that is a charter");
    house_advance(house, "2020-03-02T00:00:00+08:00");
    assert_int_equal(house_count(house, "charter.enacted", NULL), 2);
    close_home(house);
}

static void test_word_for_word_is_no_version(void **context)
{
    (void)context;
    struct house *house = open_home(NULL);
    adopt(house, (struct text_parts){.frame = "effective: 2020-03-01\n"});
    adopt(house, (struct text_parts){.frame = "effective: 2020-03-01\n"});
    is(last(house, "request.refused", NULL), FIELD_REASON,
       "nothing would change: it is version 2, word for word");
    adopt(house, (struct text_parts){.frame = NULL}); /* back to the first: a change again */
    assert_int_equal(doc_int(last(house, "charter.enacted", NULL)->data, FIELD_VERSION, 0), 3);
    close_home(house);
}

/* ---- open issues ---- */

static void test_keep_leaves_them_alone(void **context)
{
    static const char *const frames[] = {"transition: {open: keep, clause: 附则}\n", "actors: named\n"};
    (void)context;
    for (size_t i = 0; i < 2; i++) {
        struct house *house = open_home(NULL);
        raise_issue(house, NULL, "W-1");
        adopt(house, (struct text_parts){.frame = frames[i]});
        is(last(house, "charter.enacted", NULL), FIELD_TRANSITION, i == 0 ? "keep" : "");
        assert_int_equal(house_count(house, "transition.applied", NULL), 0);
        assert_int_equal(house_count(house, "deadline.set", "W-1"), 1);
        close_home(house);
    }
}

/* Ten working days from Feb 3 end on Feb 17; the new version has three, from the same start or from Feb 10.
 */
static void test_limits_run_on_or_begin_anew(void **context)
{
    static const struct {
        const char *frame, *start, *due;
    } cases[] = {
        {"transition: {open: move, limits: continue}\n", "2020-02-03T10:00:00+08:00",
         "2020-02-06T23:59:59.999999+08:00"},
        {"transition: {open: move}\n", "2020-02-03T10:00:00+08:00", "2020-02-06T23:59:59.999999+08:00"},
        {"transition: {open: move, limits: restart}\n", "2020-02-10T10:00:00+08:00",
         "2020-02-13T23:59:59.999999+08:00"},
        {"transition: {open: move, grace: 2wd}\n", "2020-02-03T10:00:00+08:00",
         "2020-02-12T23:59:59.999999+08:00"},
        {"transition: {open: move, limits: restart, grace: 2wd}\n", "2020-02-10T10:00:00+08:00",
         "2020-02-13T23:59:59.999999+08:00"},
    };
    (void)context;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct house *house = open_home(NULL);
        raise_issue(house, "2020-02-03T10:00:00+08:00", "W-1");
        house_advance(house, "2020-02-10T10:00:00+08:00");
        adopt(house,
              (struct text_parts){.frame = cases[i].frame,
                                  .levels = "levels:\n"
                                            "  - {id: team, name: 专班, per_area: true, limit: 3wd}\n"
                                            "  - {id: group, name: 专项小组, limit: 5wd}\n"
                                            "  - {id: city, name: 市政府, decides: true, settles: true, "
                                            "limit: 20wd}\n"});
        const struct event *applied = last(house, "transition.applied", "W-1");
        is(applied, FIELD_HOW, "moved");
        is(applied, FIELD_LABEL, "team");
        is(applied, FIELD_BEFORE, "2020-02-17T23:59:59.999999+08:00");
        assert_int_equal(doc_int(applied->data, FIELD_VERSION, 0), 2);
        is(last(house, "deadline.set", "W-1"), FIELD_START, cases[i].start);
        is(last(house, "deadline.fixed", "W-1"), FIELD_DUE, cases[i].due);
        house_advance(house, "2020-02-14T00:00:00+08:00");
        assert_int_equal(house_count(house, "deadline.missed", "W-1"), 1);
        close_home(house);
    }
}

/* What the old version judged is judged. */
static void test_what_was_missed_stays_missed(void **context)
{
    static const struct {
        const char *frame;
        size_t missed;
    } cases[] = {{MOVE, 1}, {"transition: {open: move, limits: restart}\n", 2}};
    (void)context;
    for (size_t i = 0; i < 2; i++) {
        struct house *house = open_home(NULL);
        raise_issue(house, "2020-02-03T10:00:00+08:00", "W-1");
        house_advance(house, "2020-02-20T10:00:00+08:00");
        adopt(house, (struct text_parts){.frame = cases[i].frame});
        house_advance(house, "2020-05-20T10:00:00+08:00");
        assert_int_equal(house_count(house, "deadline.missed", "W-1"), cases[i].missed);
        close_home(house);
    }
}

/* The level is gone: to the nearest lower one, told; papers and opinions stay; a renamed unit is the same
 * unit. */
static void test_a_level_is_gone(void **context)
{
    (void)context;
    struct house *house = open_home(NULL);
    raise_issue(house, NULL, "W-1");
    must(house, NULL, "opinion.submitted", "W-1", "{\"unit\":\"市税务局\",\"opinion\":\"可\"}");
    must(house, NULL, "opinion.submitted", "W-1", "{\"unit\":\"市住房建设局\",\"opinion\":\"可\"}");
    must(house, NULL, "escalation.requested", "W-1", NULL);
    is(last(house, "deadline.set", "W-1"), FIELD_LABEL, "group");
    adopt(house,
          (struct text_parts){
              .frame = MOVE,
              .units = "units: [市税务局, {name: 市住建局, aliases: [市住房建设局]}]\n",
              .levels = "levels:\n"
                        "  - {id: team, name: 专班, per_area: true, settles: true, limit: 8wd, up: [{need: "
                        "opinions}]}\n"
                        "  - {id: city, name: 市政府, decides: true, settles: true, limit: 20wd}\n",
              .areas = "areas: [{area: 纳税, lead_units: [市税务局], responsible_units: [市住建局]}]\n",
              .bodies = "area_bodies: [{id: team-tax, name: 纳税专班, level: team}]\n"
                        "bodies: [{id: city, name: 市政府, level: city, lead_units: [市税务局]}]\n"});
    const struct event *applied = last(house, "transition.applied", "W-1");
    is(applied, FIELD_LEVEL, "team");
    is(applied, FIELD_BODY, "team-tax");
    is(applied, FIELD_REASON, "level group is gone");
    is(applied, FIELD_LABEL, "group");
    is(applied, FIELD_RULE, "transition");
    is(applied, FIELD_CLAUSE, "附则");
    assert_int_equal(doc_int(applied->data, FIELD_ROUND, 0), 2);
    assert_int_equal(doc_count(applied->data, FIELD_UNITS), 2);
    assert_true(text_is(doc_text_at(applied->data, FIELD_UNITS, 1), "市住建局"));
    is(last(house, "deadline.set", "W-1"), FIELD_LABEL, "team");
    is(last(house, "deadline.set", "W-1"), FIELD_LIMIT, "8wd");
    must(house, NULL, "escalation.requested", "W-1", NULL); /* the opinions are on file, under any name */
    assert_int_equal(house_count(house, "issue.escalated.city", "W-1"), 1);
    close_home(house);
}

/* Neither its level nor a lower one is left: it begins again at the lowest. */
static void test_the_lowest_level_is_gone(void **context)
{
    (void)context;
    struct house *house = open_home(NULL);
    raise_issue(house, NULL, "W-1");
    adopt(house,
          (struct text_parts){
              .frame = MOVE,
              .levels = "levels:\n"
                        "  - {id: desk, name: 窗口, settles: true, limit: 8wd, up: [{need: opinions}]}\n"
                        "  - {id: group, name: 专项小组, settles: true, limit: 5wd}\n"
                        "  - {id: city, name: 市政府, decides: true, settles: true, limit: 20wd}\n",
              .bodies = "bodies:\n  - {id: desk, name: 窗口, level: desk, lead_units: [市税务局]}\n"
                        "  - {id: group, name: 专项小组, level: group, lead_units: [市税务局]}\n"
                        "  - {id: city, name: 市政府, level: city, lead_units: [市税务局]}\n"});
    const struct event *applied = last(house, "transition.applied", "W-1");
    is(applied, FIELD_HOW, "moved");
    is(applied, FIELD_LEVEL, "desk");
    is(applied, FIELD_BODY, "desk");
    is(applied, FIELD_REASON, "level team is gone");
    is(last(house, "deadline.set", "W-1"), FIELD_LABEL, "desk");
    close_home(house);
}

/* An area that the new version does not have: the issue stays where it can go on, and says so. */
static void test_an_area_is_gone(void **context)
{
    (void)context;
    struct house *house = open_home(NULL);
    raise_issue(house, NULL, "W-1");
    adopt(house,
          (struct text_parts){.frame = MOVE, .areas = "areas: [{area: 供水, lead_units: [市税务局]}]\n"});
    const struct event *applied = last(house, "transition.applied", "W-1");
    is(applied, FIELD_HOW, "kept");
    is(applied, FIELD_REASON, "the new version has no body for area 纳税");
    assert_int_equal(doc_int(applied->data, FIELD_VERSION, 0), 1);
    assert_int_equal(house_count(house, "deadline.set", "W-1"), 1);
    must(house, NULL, "issue.resolved", "W-1", NULL);
    close_home(house);
}

/* The time of the issue as a whole: a given date stands, the charter's own follows the new version. */
static void test_the_clock_of_the_issue(void **context)
{
    (void)context;
    struct house *house = open_home("resolution: {limit: 30d, given: true}\n");
    raise_issue(house, "2020-02-03T10:00:00+08:00", "W-1");
    must(house, NULL, "issue.raised", "W-2",
         "{\"title\":\"乙\",\"area\":\"纳税\",\"due\":\"2020-03-20T12:00:00+08:00\"}");
    house_advance(house, "2020-02-10T10:00:00+08:00");
    adopt(house, (struct text_parts){.frame = "resolution: {limit: 20d, given: true}\n" MOVE});
    is(house_find(house, "deadline.set", "W-1", 2), FIELD_LABEL, "resolution");
    is(house_find(house, "deadline.set", "W-1", 2), FIELD_LIMIT, "20d");
    is(house_find(house, "deadline.set", "W-1", 2), FIELD_START, "2020-02-03T10:00:00+08:00");
    is(house_find(house, "deadline.set", "W-2", 2), FIELD_LIMIT, "at 2020-03-20T12:00:00+08:00");
    adopt(house, (struct text_parts){.frame = MOVE}); /* no such clock any more */
    assert_int_equal(house_count(house, "deadline.set", "W-1"), 5);
    adopt(house, (struct text_parts){.frame = "resolution: {limit: 40d}\n" MOVE});
    raise_issue(house, NULL, "W-3");
    house_advance(house, "2020-06-10T10:00:00+08:00");
    is(last(house, "deadline.fixed", "W-3"), FIELD_LABEL, "team");
    assert_int_equal(house_count(house, "deadline.missed", "W-3"), 2);
    close_home(house);
}

/* A new version with such a clock sets it for issues that never had one, from when they were raised. */
static void test_a_first_clock_of_the_issue(void **context)
{
    (void)context;
    struct house *house = open_home(NULL);
    raise_issue(house, "2020-02-03T10:00:00+08:00", "W-1");
    house_advance(house, "2020-03-10T10:00:00+08:00");
    adopt(house,
          (struct text_parts){
              .frame = "resolution: {limit: 10d}\ntransition: {open: move, grace: 5d, clause: 附则}\n"});
    is(last(house, "deadline.set", "W-1"), FIELD_LABEL, "resolution");
    is(last(house, "deadline.set", "W-1"), FIELD_START, "2020-02-03T10:00:00+08:00");
    is(last(house, "deadline.fixed", "W-1"), FIELD_DUE, "2020-03-15T23:59:59.999999+08:00");
    close_home(house);
}

/* ---- tasks ---- */

/* Tasks stay under the version that they were assigned under; new ones of a moved issue know new units. */
static void test_tasks_stay_as_they_were_assigned(void **context)
{
    (void)context;
    struct house *house = open_home(NULL);
    raise_issue(house, NULL, "W-1");
    must(house, NULL, "solution.drafted", "W-1",
         "{\"items\":[{\"unit\":\"市住房建设局\",\"by\":\"2020-06-30\",\"opinion\":\"改表\"}]}");
    adopt(house,
          (struct text_parts){
              .frame = MOVE,
              .units = "units: [市税务局, 市数据局]\n",
              .areas = "areas: [{area: 纳税, lead_units: [市税务局], responsible_units: [市数据局]}]\n"});
    assert_int_equal(doc_count(last(house, "transition.applied", "W-1")->data, FIELD_UNITS), 1);
    must(house, NULL, "task.completed", "W-1/task/1", "{\"evidence\":\"新表\"}"); /* of a unit that is gone */
    must(house, NULL, "opinion.submitted", "W-1", "{\"unit\":\"市税务局\",\"opinion\":\"可\"}");
    must(house, NULL, "escalation.requested", "W-1", NULL);
    must(house, NULL, "solution.drafted", "W-1",
         "{\"items\":[{\"unit\":\"市数据局\",\"by\":\"2020-06-30\",\"opinion\":\"联网\"}]}");
    is(last(house, "task.assigned", "W-1/task/2"), FIELD_UNIT, "市数据局");
    must(house, NULL, "task.accepted", "W-1/task/2", NULL);
    assert_int_equal(house_count(house, "event.set-aside", NULL), 0);
    close_home(house);
}

/* ---- many ---- */

static void check_moved_once(struct house *house, int issues, int64_t version)
{
    for (int i = 0; i < issues; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "W-%04d", i);
        size_t moved = 0;
        for (size_t k = 0; k < house_count(house, "transition.applied", id); k++)
            moved +=
                doc_int(house_find(house, "transition.applied", id, k)->data, FIELD_VERSION, 0) == version;
        assert_int_equal(moved, i % 10 == 0 ? 0 : 1);
    }
}

/* More than two windows; one in ten was closed before. In between the issues can be worked on. */
static void test_many_issues_move_window_by_window(void **context)
{
    enum { MANY = 3 * TRANSITION_PER_TURN };
    (void)context;
    struct house *house = open_home(NULL);
    for (int i = 0; i < MANY; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "W-%04d", i);
        raise_issue(house, NULL, id);
        if (i % 10 == 0)
            must(house, NULL, "issue.resolved", id, NULL);
    }
    adopt(house, (struct text_parts){.frame = "effective: 2020-02-03\n" MOVE});
    assert_int_equal(house_count(house, "transition.applied", NULL), TRANSITION_PER_TURN);
    must(house, NULL, "issue.resolved", "W-0767", NULL); /* its turn has not come: closed as it was */
    raise_issue(house, NULL, "W-9999");
    assert_int_equal(version_of(house, "W-9999"), 2);
    must(house, NULL, "reopening.requested", "W-0767", "{\"reason\":\"又出现\"}");
    house_crash(house, "coordination");
    house_advance(house, "2020-02-03T09:00:01+08:00");
    check_moved_once(house, MANY, 2);
    assert_int_equal(house_count(house, "transition.applied", "W-9999"), 0);
    adopt(house, (struct text_parts){.frame = "effective: 2020-02-03\nactors: named\n" MOVE});
    adopt(house, (struct text_parts){.frame = "effective: 2020-02-03\nactors: {is: named}\n" MOVE});
    house_advance(house, "2020-02-03T09:00:02+08:00"); /* the last one begins again, for all that are older */
    check_moved_once(house, MANY, 4);
    assert_int_equal(house_count(house, "transition.applied", "W-9999"), 1);
    assert_int_equal(house_count(house, "event.set-aside", NULL), 0);
    close_home(house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_holds_from_its_day_on),
        cmocka_unit_test(test_before_its_day_there_is_none),
        cmocka_unit_test(test_a_bulletins_deadline_stands),
        cmocka_unit_test(test_bulletins_begin_with_the_document),
        cmocka_unit_test(test_what_waits_may_be_superseded),
        cmocka_unit_test(test_an_issue_of_the_charters_name),
        cmocka_unit_test(test_word_for_word_is_no_version),
        cmocka_unit_test(test_keep_leaves_them_alone),
        cmocka_unit_test(test_limits_run_on_or_begin_anew),
        cmocka_unit_test(test_what_was_missed_stays_missed),
        cmocka_unit_test(test_a_level_is_gone),
        cmocka_unit_test(test_the_lowest_level_is_gone),
        cmocka_unit_test(test_an_area_is_gone),
        cmocka_unit_test(test_the_clock_of_the_issue),
        cmocka_unit_test(test_a_first_clock_of_the_issue),
        cmocka_unit_test(test_tasks_stay_as_they_were_assigned),
        cmocka_unit_test(test_many_issues_move_window_by_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
