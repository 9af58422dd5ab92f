/* test_supervision.c - goal: what decisions, coordination, documents and leaders demand is supervised until
 * someone other than those who owe it confirms it; nothing is tracked twice without a link, and who misses a
 * day is named with those who answer. Method: the roles supervision and deadlines in a house, other roles'
 * outcomes told by hand; every state meets every report; state is rebuilt after every event. */
#include "tests/support/supervised.h"
#include "workers/supervision/follow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define OPENED "supervision.opened"
#define DONE   "{\"result\":\"done\",\"evidence\":\"文件\"}"
#define ITEM_1 "town/item/1"
#define ITEM_2 "town/item/2"
#define HANDED "{\"title\":\"整治积案\",\"units\":[\"市财政局\",\"深圳海关\"],\"by\":\"2020-03-02\"}"
#define ISSUE  "{\"title\":\"税费申报\",\"area\":\"纳税\",\"level\":\"team\",\"body\":\"team-05\",\"round\":1}"

static uint64_t report(struct house *house, const char *type, const char *item, const char *actor,
                       const char *json)
{
    return supervised_report(house, NULL, type, item, actor, json);
}

static void must(struct house *house, const char *type, const char *item, const char *actor, const char *json)
{
    supervised_granted(house, report(house, type, item, actor, json));
}

static void refuse(struct house *house, const char *type, const char *item, const char *actor,
                   const char *json, const char *reason)
{
    supervised_refused(house, report(house, type, item, actor, json), reason);
}

/* ---- the table, every cell ---- */

struct sample {
    const char *type, *actor, *json;
};
static const struct sample samples[] = {
    {"supervision.reported", "市财政局", DONE},
    {"supervision.urged", "inspector", NULL},
    {"supervision.verified", "inspector", NULL},
    {"supervision.rejected", "office.director", "{\"reason\":\"未完成\"}"},
};
enum { SAMPLES = sizeof samples / sizeof samples[0] };

#define LIST_1                                                                                               \
    "{\"routine\":\"annual\",\"body\":\"group-05\",\"by\":\"2020-12-31\",\"parts\":[{\"name\":\"p\"}],"      \
    "\"version\":1,\"title\":\"年度重点任务清单\","
#define LIST_2                                                                                               \
    "{\"routine\":\"annual\",\"body\":\"group-05\",\"by\":\"2021-12-31\",\"parts\":[{\"name\":\"p\"}],"      \
    "\"version\":2,\"title\":\"年度重点任务清单\","

/* One item with two units, so that a part may be verified while the item is open. */
static struct house *open_in(enum item_state state)
{
    struct house *house = supervised_open(supervised_section);
    (void)supervised_tell(house, NULL, "coordination", "issue.opened", "W-1", ISSUE);
    (void)supervised_tell(house, NULL, "routines", "filing.recorded", "F-1",
                          LIST_1 "\"items\":[{\"title\":\"改表\",\"units\":[\"市财政局\",\"深圳海关\"],"
                                 "\"by\":\"2020-06-30\",\"issue\":\"W-1\"}]}");
    if (state == ITEM_DONE || state == ITEM_VERIFIED || state == ITEM_CLOSED)
        must(house, "supervision.reported", ITEM_1, "市财政局", DONE);
    if (state == ITEM_VERIFIED || state == ITEM_CLOSED)
        must(house, "supervision.verified", ITEM_1, "inspector", "{\"unit\":\"市财政局\"}");
    if (state == ITEM_CLOSED) {
        must(house, "supervision.reported", ITEM_1, "深圳海关", DONE);
        must(house, "supervision.verified", ITEM_1, "inspector", NULL);
    }
    if (state == ITEM_STRUCK)
        (void)supervised_tell(house, NULL, "routines", "filing.recorded", "F-2",
                              LIST_2 "\"items\":[{\"title\":\"另一项\"}],\"dropped\":[\"改表\"]}");
    if (state == ITEM_DROPPED)
        (void)supervised_tell(house, NULL, "coordination", "issue.closed", "W-1",
                              "{\"how\":\"withdrawn\",\"at\":\"2020-02-03T09:00:00+08:00\"}");
    return house;
}

/* The sample, about the part of 市财政局. */
static uint64_t sample_report(struct house *house, const struct sample *sample, const char *item)
{
    static const char *const with_unit[] = {"{\"result\":\"done\",\"unit\":\"市财政局\"}", NULL,
                                            "{\"unit\":\"市财政局\"}",
                                            "{\"reason\":\"未完成\",\"unit\":\"市财政局\"}"};
    return report(house, sample->type, item, sample->actor, with_unit[sample - samples]);
}

static void test_every_cell(void **context)
{
    (void)context;
    for (enum item_state state = ITEM_ABSENT; state < ITEM_STATE_COUNT; state++)
        for (size_t i = 0; i < SAMPLES; i++) {
            struct house *house = open_in(state);
            enum event_kind kind = event_type_find(text_from(samples[i].type), NULL)->kind;
            /* urging is about the whole item, of which one part is still open when another is further */
            bool whole = kind == EVENT_SUPERVISION_URGED && (state == ITEM_DONE || state == ITEM_VERIFIED);
            struct follow_verdict verdict = follow_verdict(whole ? ITEM_OPEN : state, kind);
            uint64_t seq = sample_report(house, &samples[i], state == ITEM_ABSENT ? "town/item/9" : ITEM_1);
            assert_true((verdict.step != NULL) != (verdict.refusal != NULL));
            if (verdict.step != NULL)
                supervised_granted(house, seq);
            else
                supervised_refused(house, seq, verdict.refusal);
            supervised_close(house);
        }
}

static void test_table_is_complete(void **context)
{
    (void)context;
    static const char *const others[] = {"matter.handed-down",  "inspection.planned", "inspection.requested",
                                         "inspection.answered", "inspection.done",    "selfcheck.submitted",
                                         "check.scored"};
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        bool found = false;
        for (size_t i = 0; i < SAMPLES; i++)
            found = found || strcmp(samples[i].type, event_types[kind].name) == 0;
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
            found = found || strcmp(others[i], event_types[kind].name) == 0;
        assert_int_equal(found, event_types[kind].report && event_types[kind].role == ROLE_SUPERVISION);
    }
}

/* ---- origins ---- */

/* S0-18: the minutes are the basis; each item quotes them, with the clause under which they were made. */
static void test_minutes(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    (void)supervised_tell(
        house, NULL, "routines", "minutes.recorded", "M-1",
        "{\"minutes\":\"纪要〔2020〕3号\",\"bodies\":[\"leading\"],\"version\":1,\"clause\":"
        "\"五（二）\",\"items\":[{\"title\":\"压缩时限\",\"unit\":\"财政局\",\"by\":"
        "\"2020-03-02\"},{\"opinion\":\"联网\\n分两步\",\"units\":[\"各相关单位\"]}]}");
    const struct event *first = supervised_last(house, OPENED, ITEM_1);
    town_is(first, FIELD_ORIGIN, "decision");
    town_is(first, FIELD_CITES, "五（二） 会议纪要 纪要〔2020〕3号 第1项");
    town_is(first, FIELD_BY, "2020-03-02");
    town_is(first, FIELD_MEETING, "M-1");
    town_lists(first, FIELD_UNITS, "市财政局");
    town_lists(first, FIELD_SUPERVISORS, "office.director inspector");
    const struct event *second = supervised_last(house, OPENED, ITEM_2);
    town_is(second, FIELD_TITLE, "联网");
    town_lists(second, FIELD_UNITS, "市财政局 深圳海关");
    supervised_holds(house, "deadline.set", ITEM_1, "\"limit\":\"by 2020-03-02\"");
    supervised_holds(house, "deadline.set", ITEM_2, "\"limit\":\"20wd\"");
    supervised_holds(house, "deadline.set", ITEM_2, "\"reminders\":[\"5wd\"]");
    (void)supervised_tell(
        house, NULL, "routines", "minutes.recorded", "M-2",
        "{\"minutes\":\"K-2\",\"bodies\":[\"group-05\"],\"version\":1,\"items\":[{\"title\":"
        "\"核查\"},{\"title\":\"生疏\",\"unit\":\"市园林局\"}]}");
    town_is(supervised_last(house, OPENED, "town/item/3"), FIELD_ORIGIN, "coordination");
    town_lists(supervised_last(house, OPENED, "town/item/3"), FIELD_UNITS, "市税务局");
    town_lists(supervised_last(house, OPENED, "town/item/3"), FIELD_POSTS, "group-05.head");
    supervised_holds(house, OPENED, "town/item/4", "章程中没有的单位：市园林局");
    supervised_close(house);
}

/* Minutes that are issued again: their word holds for date and units; what they have no more is struck. */
static void test_minutes_again(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
#define MINUTES "{\"minutes\":\"K-1\",\"bodies\":[\"leading\"],\"version\":"
    (void)supervised_tell(house, NULL, "routines", "minutes.recorded", "M-1",
                          MINUTES
                          "1,\"items\":[{\"title\":\"甲\",\"unit\":\"市财政局\",\"by\":\"2020-03-02\"},"
                          "{\"title\":\"乙\",\"unit\":\"市税务局\"}]}");
    (void)supervised_tell(house, NULL, "routines", "minutes.recorded", "M-1",
                          MINUTES "2,\"items\":[{\"title\":\"丙\",\"unit\":\"市税务局\"},{\"title\":\"甲\","
                                  "\"unit\":\"深圳海关\",\"by\":\"2020-04-01\"}]}");
    assert_int_equal(house_count(house, OPENED, NULL), 3);
    town_lists(supervised_last(house, "supervision.updated", ITEM_1), FIELD_UNITS, "深圳海关");
    supervised_holds(house, "deadline.set", ITEM_1, "\"limit\":\"by 2020-04-01\"");
    town_is(supervised_last(house, "supervision.updated", ITEM_2), FIELD_STATE, "struck");
    refuse(house, "supervision.reported", ITEM_1, "市财政局", DONE, "actor 市财政局 does not belong to it");
    must(house, "supervision.verified", ITEM_2, "inspector", NULL);
    town_is(supervised_last(house, "supervision.closed", ITEM_2), FIELD_HOW, "struck");
    supervised_close(house);
}

/* S0-12: a decision is one item from the day on which it is taken; its task list gives it units and date, its
 * tasks end it. */
static void test_decision(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    (void)supervised_tell(house, NULL, "coordination", "issue.opened", "W-1", ISSUE);
    (void)supervised_tell(
        house, NULL, "coordination", "decision.recorded", "W-1",
        "{\"decision\":\"W-1/decision/1\",\"text\":\"同意联网\",\"level\":\"leading\",\"meeting\":"
        "\"第3次会议\"}");
    const struct event *opened = supervised_last(house, OPENED, ITEM_1);
    town_is(opened, FIELD_ORIGIN, "decision");
    town_is(opened, FIELD_ISSUE, "W-1");
    town_is(opened, FIELD_CITES, "决定 W-1/decision/1 第3次会议");
    town_lists(opened, FIELD_UNITS, "市税务局");
    town_lists(opened, FIELD_POSTS, "group-05.head");
    (void)supervised_tell(
        house, NULL, "coordination", "tasklist.issued", "W-1",
        "{\"list\":\"W-1/tasklist/1\",\"decision\":\"W-1/decision/1\",\"items\":[{\"unit\":"
        "\"市财政局\",\"by\":\"2020-03-02\"},{\"unit\":\"深圳海关\",\"by\":\"2020-03-31\"}]}");
    assert_int_equal(house_count(house, OPENED, NULL), 1);
    town_lists(supervised_last(house, "supervision.updated", ITEM_1), FIELD_UNITS, "市财政局 深圳海关");
    supervised_holds(house, "deadline.set", ITEM_1, "\"limit\":\"by 2020-03-31\"");
    (void)supervised_tell(house, "2020-03-30T10:00:00+08:00", "tasks", "tasklist.completed", "W-1",
                          "{\"issue\":\"W-1\",\"count\":2,\"at\":\"2020-03-30T10:00:00+08:00\"}");
    town_is(supervised_last(house, "supervision.closed", ITEM_1), FIELD_HOW, "tasks");
    house_advance(house, "2020-04-02T00:00:00+08:00");
    assert_int_equal(house_count(house, "deadline.missed", NULL), 0);
    supervised_close(house);
}

/* Tasks that ended before the task list was there are not its tasks, even if that is told later. */
static void test_completed_before_the_list(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    (void)supervised_tell(house, NULL, "coordination", "issue.opened", "W-1", ISSUE);
    (void)supervised_tell(house, NULL, "coordination", "decision.recorded", "W-1",
                          "{\"decision\":\"D\",\"text\":\"同意\",\"level\":\"leading\"}");
    (void)supervised_tell(house, NULL, "tasks", "tasklist.completed", "W-1",
                          "{\"issue\":\"W-1\",\"count\":1}");
    assert_int_equal(house_count(house, "supervision.closed", NULL), 0);
    supervised_close(house);
}

#define SOLUTION(level)                                                                                         \
    "{\"level\":\"" level "\",\"items\":[{\"units\":[\"市财政局\",\"深圳海关\"],\"by\":\"2020-03-02\"," \
    "\"opinion\":\"修订\"}]}"

/* S0-15, S3-29: what tasks carry out is done when they are reported done, not when they are verified; late
 * units are named with the head who answers, and their deadline counts once, as the task's. */
static void test_solution_follows_its_tasks(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    (void)supervised_tell(house, NULL, "coordination", "issue.opened", "W-1", ISSUE);
    (void)supervised_tell(house, NULL, "coordination", "solution.adopted", "W-1", SOLUTION("team"));
    assert_int_equal(house_count(house, OPENED, NULL), 0); /* the lowest level's own work */
    (void)supervised_tell(house, NULL, "coordination", "solution.adopted", "W-1", SOLUTION("group"));
    town_is(supervised_last(house, OPENED, ITEM_1), FIELD_ORIGIN, "coordination");
#define ASSIGNED(number, unit)                                                                               \
    "{\"task\":\"W-1/task/" number "\",\"unit\":\"" unit                                                     \
    "\",\"title\":\"修订\",\"by\":\"2020-03-02\",\"issue\":\"W-1\"}"
    (void)supervised_tell(house, NULL, "tasks", "task.assigned", "W-1/task/1", ASSIGNED("1", "市财政局"));
    (void)supervised_tell(house, NULL, "tasks", "task.assigned", "W-1/task/2", ASSIGNED("2", "深圳海关"));
    (void)supervised_tell(
        house, "2020-03-02T10:00:00+08:00", "tasks", "task.updated", "W-1/task/1",
        "{\"state\":\"done-reported\",\"at\":\"2020-03-02T10:00:00+08:00\",\"issue\":\"W-1\"}");
    house_advance(house, "2020-03-03T00:00:01+08:00");
    const struct event *missed = supervised_last(house, "deadline.missed", ITEM_1);
    town_lists(missed, FIELD_UNITS, "深圳海关");
    town_lists(missed, FIELD_POSTS, "group-05.head");
    town_is(missed, FIELD_ISSUE, "W-1");
    supervised_close(house);
}

static void test_solution_in_time(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    (void)supervised_tell(house, NULL, "coordination", "issue.opened", "W-1", ISSUE);
    (void)supervised_tell(house, NULL, "coordination", "solution.adopted", "W-1", SOLUTION("group"));
    (void)supervised_tell(house, NULL, "tasks", "task.assigned", "W-1/task/1", ASSIGNED("1", "市财政局"));
    /* exactly at the due time */
    (void)supervised_tell(house, "2020-03-02T23:59:59.999999+08:00", "tasks", "task.updated", "W-1/task/1",
                          "{\"state\":\"done-reported\",\"at\":\"2020-03-02T23:59:59.999999+08:00\"}");
    house_advance(house, "2020-03-05T00:00:00+08:00");
    assert_int_equal(house_count(house, "deadline.missed", NULL), 0);
    /* rejected: owed again, and overdue at once */
    (void)supervised_tell(
        house, NULL, "tasks", "task.updated", "W-1/task/1",
        "{\"state\":\"assigned\",\"at\":\"2020-03-05T00:00:00+08:00\",\"reason\":\"不全\"}");
    house_advance(house, "2020-03-05T00:00:02+08:00");
    town_lists(supervised_last(house, "deadline.missed", ITEM_1), FIELD_UNITS, "市财政局");
    supervised_close(house);
}

/* The same matter on two papers is linked, and ends with the paper that has the tasks. */
static void test_linked(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    (void)supervised_tell(house, NULL, "coordination", "issue.opened", "W-1", ISSUE);
    (void)supervised_tell(house, NULL, "coordination", "solution.adopted", "W-1", SOLUTION("group"));
    (void)supervised_tell(
        house, NULL, "routines", "minutes.recorded", "M-1",
        "{\"minutes\":\"K-1\",\"bodies\":[\"group-05\"],\"version\":1,\"items\":[{\"title\":"
        "\"修订\",\"issue\":\"W-1\",\"unit\":\"市财政局\"}]}");
    town_is(supervised_last(house, OPENED, ITEM_2), FIELD_ITEM, ITEM_1);
    (void)supervised_tell(house, NULL, "tasks", "tasklist.completed", "W-1",
                          "{\"issue\":\"W-1\",\"count\":2}");
    town_is(supervised_last(house, "supervision.closed", ITEM_1), FIELD_HOW, "tasks");
    town_is(supervised_last(house, "supervision.closed", ITEM_2), FIELD_HOW, "linked");
    supervised_close(house);
}

/* Solved: done. Withdrawn: dropped. */
static void test_ends_with_its_issue(void **context)
{
    (void)context;
    for (int settled = 0; settled < 2; settled++) {
        struct house *house = supervised_open(supervised_section);
        (void)supervised_tell(house, NULL, "coordination", "issue.opened", "W-1", ISSUE);
        (void)supervised_tell(house, NULL, "coordination", "solution.adopted", "W-1", SOLUTION("group"));
        if (settled)
            (void)supervised_tell(
                house, NULL, "coordination", "issue.settled", "W-1",
                "{\"how\":\"resolved\",\"level\":\"group\",\"at\":\"2020-02-03T09:00:00+08:00\"}");
        (void)supervised_tell(house, NULL, "coordination", "issue.closed", "W-1",
                              "{\"how\":\"x\",\"at\":\"2020-02-03T09:00:00+08:00\"}");
        assert_int_equal(house_count(house, "supervision.closed", ITEM_1), settled);
        assert_int_equal(house_count(house, "supervision.updated", ITEM_1), !settled);
        house_advance(house, "2020-04-01T00:00:00+08:00");
        assert_int_equal(house_count(house, "deadline.missed", NULL), 0);
        supervised_close(house);
    }
}

/* S0-16: only what is new on the list is opened; what is gone stays owed until a supervisor agrees; a list of
 * those who owe it puts no day off, unless it is past. */
static void test_annual_list(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    (void)supervised_tell(house, NULL, "routines", "filing.recorded", "F-1",
                          LIST_1
                          "\"items\":[{\"title\":\"甲\",\"by\":\"2020-06-30\"},{\"title\":\"乙\",\"by\":"
                          "\"2020-09-30\",\"unit\":\"市财政局\"}],\"added\":[\"甲\",\"乙\"]}");
    town_is(supervised_last(house, OPENED, ITEM_1), FIELD_ORIGIN, "document");
    town_is(supervised_last(house, OPENED, ITEM_1), FIELD_CITES, "年度重点任务清单 F-1 第1项");
    town_lists(supervised_last(house, OPENED, ITEM_1), FIELD_UNITS, "市税务局");
    (void)supervised_tell(house, NULL, "routines", "filing.recorded", "F-2",
                          LIST_2
                          "\"items\":[{\"title\":\"甲\",\"by\":\"2021-06-30\"},{\"title\":\"丙\"}],\"added\":"
                          "[\"丙\"],\"carried\":[\"甲\"],\"dropped\":[\"乙\"]}");
    assert_int_equal(house_count(house, OPENED, NULL), 3);
    assert_int_equal(house_count(house, "supervision.updated", ITEM_1), 0);
    assert_int_equal(house_count(house, "deadline.set", ITEM_1), 1);
    supervised_holds(house, "supervision.updated", ITEM_2, "年度重点任务清单（2021-12-31）不再列入");
    house_advance(house, "2020-10-09T00:00:00+08:00");
    assert_int_equal(house_count(house, "deadline.missed", ITEM_1), 1);
    assert_int_equal(house_count(house, "deadline.missed", ITEM_2), 1);
    (void)supervised_tell(house, NULL, "routines", "filing.recorded", "F-3",
                          LIST_2 "\"items\":[{\"title\":\"甲\",\"by\":\"2021-06-30\"},{\"title\":\"丙\"}]}");
    supervised_holds(house, "deadline.set", ITEM_1, "\"limit\":\"by 2021-06-30\"");
    must(house, "supervision.rejected", ITEM_2, "inspector", "{\"reason\":\"仍应办理\"}");
    town_is(supervised_last(house, "supervision.updated", ITEM_2), FIELD_STATE, "open");
    supervised_close(house);
}

#define STANDING                                                                                             \
    "  standing:\n"                                                                                          \
    "    - {id: rules, title: 建立制度, units: [各相关单位], limit: 30d, clause: 五（二）}\n"

static void test_standing(void **context)
{
    (void)context;
    char sections[2048];
    (void)snprintf(sections, sizeof sections, "%s%s", supervised_section, STANDING);
    struct house *house = supervised_open(sections);
    const struct event *opened = supervised_last(house, OPENED, ITEM_1);
    town_is(opened, FIELD_ORIGIN, "document");
    town_is(opened, FIELD_CLAUSE, "五（二）");
    town_is(opened, FIELD_CITES, "城〔2020〕1号 五（二）");
    supervised_enact(house, sections);
    assert_int_equal(house_count(house, OPENED, NULL), 1);
    supervised_enact(house, supervised_section);
    town_is(supervised_last(house, "supervision.updated", ITEM_1), FIELD_STATE, "struck");
    supervised_close(house);
}

/* What the charter leaves out is not quoted: here there is no clause, neither the item's nor the section's.
 */
static void test_standing_without_clause(void **context)
{
    (void)context;
    struct house *house =
        supervised_open("supervision:\n"
                        "  supervisors: [inspector]\n"
                        "  origins: [document]\n"
                        "  standing:\n"
                        "    - {id: rules, title: 建立制度, units: [市财政局], limit: 30d}\n");
    town_is(supervised_last(house, OPENED, ITEM_1), FIELD_CITES, "城〔2020〕1号");
    supervised_close(house);
}

/* S0-13 */
static void test_handed_down(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    refuse(house, "matter.handed-down", "J-1", "inspector", HANDED,
           "may not hand matters down: only leading.head");
    refuse(house, "matter.handed-down", "J-1", NULL, HANDED, "may not hand matters down");
    refuse(house, "matter.handed-down", "a/b", "leading.head", HANDED, "must not contain \"/\"");
    refuse(house, "matter.handed-down", "J-1", "leading.head", "{\"title\":\"t\",\"units\":[\"市住建局\"]}",
           "nearest known: 市住房建设局");
    refuse(house, "matter.handed-down", "J-1", "leading.head",
           "{\"title\":\"t\",\"units\":[\"市财政局\"],\"by\":\"2020-02-02\"}", "the day 2020-02-02 is over");
    must(house, "matter.handed-down", "J-1", "leading.head", HANDED);
    const struct event *opened = supervised_last(house, OPENED, "J-1");
    town_is(opened, FIELD_ORIGIN, "handed-down");
    town_is(opened, FIELD_RULE, "supervision.leaders");
    supervised_holds(house, OPENED, "J-1", "组长交办");
    refuse(house, "matter.handed-down", "J-1", "leading.head", HANDED, "is known already");
    supervised_close(house);
}

static void test_handed_down_today(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    must(house, "matter.handed-down", "J-1", "leading.head",
         "{\"title\":\"t\",\"units\":[\"市财政局\"],\"by\":\"2020-02-03\"}");
    house_advance(house, "2020-02-04T00:00:01+08:00");
    assert_int_equal(house_count(house, "deadline.missed", "J-1"), 1);
    supervised_close(house);
}

static void test_without_the_section(void **context)
{
    (void)context;
    struct house *house = supervised_open("");
    refuse(house, "matter.handed-down", "J-1", "leading.head", HANDED,
           "charter town has no section \"supervision\"");
    refuse(house, "inspection.planned", "I-1", "inspector", "{\"title\":\"t\",\"units\":[\"市财政局\"]}",
           "charter town has no section \"supervision\"");
    refuse(house, "selfcheck.submitted", NULL, "市财政局",
           "{\"unit\":\"市财政局\",\"period\":\"2020-02\",\"scores\":[{\"points\":1}]}", "no section");
    refuse(house, "supervision.urged", "X", "inspector", NULL, "no supervised item is known");
    (void)supervised_tell(
        house, NULL, "routines", "minutes.recorded", "M-1",
        "{\"minutes\":\"K-1\",\"bodies\":[\"leading\"],\"version\":1,\"items\":[{\"title\":\"甲\"}]}");
    assert_int_equal(house_count(house, OPENED, NULL), 0);
    supervised_close(house);
}

/* Origins that the charter does not name are passed over. */
static void test_origins(void **context)
{
    (void)context;
    struct house *house = supervised_open("supervision: {supervisors: [inspector], origins: [document]}\n");
    (void)supervised_tell(house, NULL, "coordination", "issue.opened", "W-1", ISSUE);
    (void)supervised_tell(house, NULL, "coordination", "solution.adopted", "W-1", SOLUTION("group"));
    (void)supervised_tell(house, NULL, "coordination", "decision.recorded", "W-1",
                          "{\"decision\":\"D\",\"text\":\"同意\",\"level\":\"leading\"}");
    (void)supervised_tell(
        house, NULL, "routines", "minutes.recorded", "M-1",
        "{\"minutes\":\"K-1\",\"bodies\":[\"group-05\"],\"version\":1,\"items\":[{\"title\":\"甲\"}]}");
    assert_int_equal(house_count(house, OPENED, NULL), 0);
    (void)supervised_tell(house, NULL, "routines", "filing.recorded", "F-1",
                          LIST_1 "\"items\":[{\"title\":\"甲\"}]}");
    assert_int_equal(house_count(house, OPENED, NULL), 1);
    assert_int_equal(house_count(house, "deadline.set", ITEM_1), 0); /* neither date nor limit */
    supervised_close(house);
}

/* S0-12: each origin is named for itself: of minutes, those of a body that decides and those of others. */
static void test_each_origin_alone(void **context)
{
    static const struct {
        const char *origins;
        bool decided, coordinated, filed;
    } cases[] = {{"decision", true, false, false},
                 {"coordination", false, true, false},
                 {"document", false, false, true},
                 {"decision, coordination", true, true, false}};
    (void)context;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char sections[256];
        (void)snprintf(sections, sizeof sections, "supervision: {supervisors: [inspector], origins: [%s]}\n",
                       cases[i].origins);
        struct house *house = supervised_open(sections);
        (void)supervised_tell(
            house, NULL, "routines", "minutes.recorded", "M-1",
            "{\"minutes\":\"K-1\",\"bodies\":[\"leading\"],\"version\":1,\"items\":[{\"title\":\"甲\"}]}");
        size_t decided = house_count(house, OPENED, NULL);
        (void)supervised_tell(
            house, NULL, "routines", "minutes.recorded", "M-2",
            "{\"minutes\":\"K-2\",\"bodies\":[\"group-05\"],\"version\":1,\"items\":[{\"title\":\"乙\"}]}");
        size_t coordinated = house_count(house, OPENED, NULL) - decided;
        (void)supervised_tell(house, NULL, "routines", "filing.recorded", "F-1",
                              LIST_1 "\"items\":[{\"title\":\"丙\"}]}");
        assert_int_equal(decided, cases[i].decided);
        assert_int_equal(coordinated, cases[i].coordinated);
        assert_int_equal(house_count(house, OPENED, NULL) - decided - coordinated, cases[i].filed);
        supervised_close(house);
    }
}

/* ---- following ---- */

/* Nobody confirms his own work (S4-10), nobody else reports for a unit. */
static void test_who_may(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    must(house, "matter.handed-down", "J-1", "leading.head",
         "{\"title\":\"t\",\"units\":[\"市发展改革委\",\"市财政局\"]}");
    refuse(house, "supervision.reported", "J-1", "市税务局", DONE, "must name the unit");
    refuse(house, "supervision.reported", "J-1", "市税务局", "{\"result\":\"done\",\"unit\":\"财政局\"}",
           "actor 市税务局 does not belong to it");
    refuse(house, "supervision.reported", "J-1", NULL, "{\"result\":\"done\",\"unit\":\"市税务局\"}",
           "市税务局 has no part in item J-1");
    refuse(house, "supervision.reported", "J-1", "finance.clerk", "{\"result\":\"half\"}",
           "result must be progress or done");
    must(house, "supervision.reported", "J-1", "finance.clerk", "{\"result\":\"progress\",\"percent\":40}");
    town_is(supervised_last(house, "supervision.updated", "J-1"), FIELD_UNIT, "市财政局");
    must(house, "supervision.reported", "J-1", "finance.clerk", DONE);
    must(house, "supervision.reported", "J-1", "市发展改革委", DONE);
    refuse(house, "supervision.verified", "J-1", "office.director", NULL,
           "市发展改革委 does not supervise itself");
    refuse(house, "supervision.verified", "J-1", "finance.clerk", NULL, "only supervisors");
    refuse(house, "supervision.verified", "J-1", NULL, NULL, "must name its actor");
    must(house, "supervision.verified", "J-1", "office.director", "{\"unit\":\"市财政局\"}");
    refuse(house, "supervision.verified", "J-1", "市发展改革委", "{\"unit\":\"市发展改革委\"}",
           "does not supervise itself");
    must(house, "supervision.verified", "J-1", "inspector", NULL);
    town_is(supervised_last(house, "supervision.closed", "J-1"), FIELD_HOW, "verified");
    supervised_close(house);
}

static void test_urging_counts(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    must(house, "matter.handed-down", "J-1", "leading.head", HANDED);
    must(house, "supervision.urged", "J-1", "inspector", NULL);
    must(house, "supervision.urged", "J-1", "office.director", "{\"note\":\"请抓紧\"}");
    assert_int_equal(doc_int(supervised_last(house, "supervision.updated", "J-1")->data, FIELD_COUNT, 0), 2);
    supervised_close(house);
}

/* S0-15: late are those who did not report in time, not those whom supervisors were slow to confirm. */
static void test_missed(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    must(house, "matter.handed-down", "J-1", "leading.head",
         "{\"title\":\"t\",\"units\":[\"市税务局\",\"市中级人民法院\"],\"by\":\"2020-03-02\"}");
    supervised_granted(house, supervised_report(house, "2020-03-02T23:59:59.999999+08:00",
                                                "supervision.reported", "J-1", "市税务局", DONE));
    supervised_granted(house, supervised_report(house, "2020-03-03T00:00:00+08:00", "supervision.reported",
                                                "J-1", "市中级人民法院", DONE));
    house_advance(house, "2020-03-04T00:00:00+08:00");
    const struct event *missed = supervised_last(house, "deadline.missed", "J-1");
    town_lists(missed, FIELD_UNITS, "市中级人民法院");
    town_lists(missed, FIELD_POSTS, "group-07.head.1 group-07.head.2");
    assert_int_equal(house_count(house, "deadline.missed", NULL), 1);
    must(house, "supervision.rejected", "J-1", "inspector", "{\"reason\":\"不实\"}");
    assert_int_equal(house_count(house, "deadline.set", "J-1"), 1); /* missed is missed */
    supervised_close(house);
}

static void test_rejected_before_its_day(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    must(house, "matter.handed-down", "J-1", "leading.head",
         "{\"title\":\"t\",\"units\":[\"市税务局\"],\"by\":\"2020-03-02\"}");
    must(house, "supervision.reported", "J-1", "市税务局", DONE);
    assert_int_equal(house_count(house, "deadline.cleared", "J-1"), 1);
    must(house, "supervision.rejected", "J-1", "inspector", "{\"reason\":\"不实\"}");
    assert_int_equal(house_count(house, "deadline.set", "J-1"), 2);
    house_advance(house, "2020-03-03T00:00:01+08:00");
    assert_int_equal(house_count(house, "deadline.missed", "J-1"), 1);
    supervised_close(house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cell),
        cmocka_unit_test(test_table_is_complete),
        cmocka_unit_test(test_minutes),
        cmocka_unit_test(test_minutes_again),
        cmocka_unit_test(test_decision),
        cmocka_unit_test(test_completed_before_the_list),
        cmocka_unit_test(test_solution_follows_its_tasks),
        cmocka_unit_test(test_solution_in_time),
        cmocka_unit_test(test_linked),
        cmocka_unit_test(test_ends_with_its_issue),
        cmocka_unit_test(test_annual_list),
        cmocka_unit_test(test_standing),
        cmocka_unit_test(test_standing_without_clause),
        cmocka_unit_test(test_handed_down),
        cmocka_unit_test(test_handed_down_today),
        cmocka_unit_test(test_without_the_section),
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_each_origin_alone),
        cmocka_unit_test(test_who_may),
        cmocka_unit_test(test_urging_counts),
        cmocka_unit_test(test_missed),
        cmocka_unit_test(test_rejected_before_its_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
