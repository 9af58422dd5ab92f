/* test_guards.c - goal: nothing goes up, onto a list or down to units while something is owed, and the
 * refusal says what, by whom, under which clause and where that stands. Method: leave out one thing at a time
 * and compare the whole owed list. */
#include "base/limits.h"
#include "tests/support/town.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void escalate(struct town *town, const char *issue)
{
    (void)town_report(town, "escalation.requested", issue, NULL, NULL);
}

static void check_owed(struct town *town, const char *issue, const char *expected)
{
    escalate(town, issue);
    assert_string_equal(town_owed(town), expected);
}

static void check_row(const struct town *town, size_t index, const char *who, const char *clause)
{
    const struct event *refusal = house_refusal(town->house, town->seq);
    const struct doc *row = doc_doc_at(refusal->data, FIELD_OWED, index);
    assert_true(text_is(doc_text(row, FIELD_WHO), who));
    assert_true(text_is(doc_text(row, FIELD_CLAUSE), clause));
    assert_true(text_starts_with(doc_text(row, FIELD_PLACE), TEXT("town.yaml:")));
}

/* ---- S0-5: team to group ---- */

struct paper {
    const char *type, *json, *owed;
};
static const struct paper team_papers[] = {
    {"issue.coordinated", "{\"result\":\"unsettled\"}", "attempt at 工作专班"},
    {"opinion.submitted", "{\"unit\":\"市税务局\",\"opinion\":\"可\"}",
     "opinion of 市税务局 (not asked yet)"},
    {"opinion.submitted", "{\"unit\":\"市财政局\",\"opinion\":\"可\"}",
     "opinion of 市财政局 (not asked yet)"},
    {"opinion.submitted", "{\"unit\":\"市住房建设局\",\"opinion\":\"可\"}",
     "opinion of 市住房建设局 (not asked yet)"},
    {"proposal.submitted", "{\"plan\":\"方案\"}", "proposal of 纳税工作专班"},
};
enum { TEAM_PAPERS = sizeof team_papers / sizeof team_papers[0] };

static void test_each_paper_of_the_team(void **context)
{
    (void)context;
    struct town *town = town_open();
    for (size_t missing = 0; missing < TEAM_PAPERS; missing++) {
        char issue[16];
        (void)snprintf(issue, sizeof issue, "W-%zu", missing);
        town_raise(town, issue);
        for (size_t i = 0; i < TEAM_PAPERS; i++)
            if (i != missing)
                (void)town_report(town, team_papers[i].type, issue, NULL, team_papers[i].json);
        check_owed(town, issue, team_papers[missing].owed);
        town_refused(town, "the issue cannot go up; owed: 1");
        town_is(house_refusal(town->house, town->seq), FIELD_RULE, "levels.team.up");
        town_is(house_refusal(town->house, town->seq), FIELD_CLAUSE, "四（二）");
        (void)town_report(town, team_papers[missing].type, issue, NULL, team_papers[missing].json);
        escalate(town, issue);
        town_granted(town);
    }
    town_close(town);
}

static void test_all_papers_of_the_team(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    (void)town_report(town, "opinion.requested", "W-1", NULL, "{\"units\":[\"市财政局\",\"深圳海关\"]}");
    check_owed(town, "W-1",
               "attempt at 工作专班 | opinion of 市税务局 (not asked yet) | opinion of 市财政局 | "
               "opinion of 市住房建设局 (not asked yet) | opinion of 深圳海关 | proposal of 纳税工作专班");
    check_row(town, 0, "team-05", "四（二）");
    check_row(town, 2, "市财政局", "四（二）");
    check_row(town, 4, "深圳海关", "四（二）"); /* asked, so concerned */
    town_close(town);
}

/* A recorded silence is as good as an opinion. */
static void test_no_reply_satisfies(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    (void)town_report(town, "opinion.requested", "W-1", NULL, "{\"units\":[\"市财政局\"]}");
    for (size_t i = 0; i < TEAM_PAPERS; i++)
        if (i != 2)
            (void)town_report(town, team_papers[i].type, "W-1", NULL, team_papers[i].json);
    check_owed(town, "W-1", "opinion of 市财政局");
    house_advance(town->house, "2020-02-11T00:00:01+08:00");
    town_reach(town, "coordination", "W-1", "opinion:市财政局", "2020-02-10T23:59:59.999999+08:00");
    escalate(town, "W-1");
    town_granted(town);
    town_close(town);
}

/* ---- S0-7: group to office ---- */

static void to_group_of(struct town *town, const char *issue, const char *area, const char *const *opinions)
{
    char json[128];
    (void)snprintf(json, sizeof json, "{\"title\":\"甲\",\"area\":\"%s\"}", area);
    (void)town_report(town, "issue.raised", issue, NULL, json);
    (void)town_report(town, "issue.coordinated", issue, NULL, "{\"result\":\"unsettled\"}");
    for (size_t i = 0; opinions[i] != NULL; i++) {
        (void)snprintf(json, sizeof json, "{\"unit\":\"%s\",\"opinion\":\"可\"}", opinions[i]);
        (void)town_report(town, "opinion.submitted", issue, NULL, json);
    }
    (void)town_report(town, "proposal.submitted", issue, NULL, "{\"plan\":\"方案\"}");
    escalate(town, issue);
    town_granted(town);
}

static void to_joint_group(struct town *town, const char *issue)
{
    static const char *const opinions[] = {"市中级人民法院", "市财政局", NULL};
    to_group_of(town, issue, "办理破产", opinions);
    (void)town_report(town, "issue.coordinated", issue, NULL, "{\"result\":\"unsettled\"}");
    (void)town_report(town, "proposal.submitted", issue, NULL, "{\"plan\":\"方案\"}");
}

static void test_each_paper_of_the_group(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_to_group(town, "W-1");
    check_owed(town, "W-1",
               "attempt at 专项小组 | proposal of 纳税专项小组 | consent of group-05.head (刘庆生)");
    check_row(town, 2, "group-05.head", "四（三）");
    (void)town_report(town, "issue.coordinated", "W-1", NULL, "{\"result\":\"unsettled\"}");
    check_owed(town, "W-1", "proposal of 纳税专项小组 | consent of group-05.head (刘庆生)");
    (void)town_report(town, "proposal.submitted", "W-1", NULL, "{\"plan\":\"方案\"}");
    check_owed(town, "W-1", "consent of group-05.head (刘庆生)");
    (void)town_report(town, "consent.refused", "W-1", "group-05.head", "{\"reason\":\"再议\"}");
    town_is(town_last(town, "consent.recorded", "W-1"), FIELD_RESULT, "refused");
    check_owed(town, "W-1", "consent of group-05.head (刘庆生)");
    (void)town_report(town, "consent.given", "W-1", "group-05.head", NULL);
    town_is(town_last(town, "consent.recorded", "W-1"), FIELD_PERSON, "刘庆生");
    escalate(town, "W-1");
    town_granted(town);
    town_close(town);
}

static void test_consent_is_the_heads(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_to_group(town, "W-1");
    (void)town_report(town, "consent.given", "W-1", "office.director", NULL);
    town_refused(town, "the actor must be a head post of 纳税专项小组: group-05.head");
    (void)town_report(town, "consent.given", "W-1", "group-07.head.1", NULL);
    town_refused(town, "the actor must be a head post");
    (void)town_report(town, "consent.given", "W-1", NULL, NULL);
    town_refused(town, "the actor must be a head post");
    (void)town_report(town, "consent.given", "W-1", "刘庆生", NULL);
    town_refused(town, "is no post or unit");
    town_close(town);
}

static void test_vacant_head_post_blocks_until_it_is_filled(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_to_group(town, "W-1");
    (void)town_report(town, "issue.coordinated", "W-1", NULL, "{\"result\":\"unsettled\"}");
    (void)town_report(town, "proposal.submitted", "W-1", NULL, "{\"plan\":\"方案\"}");
    (void)town_report(town, "post.vacated", NULL, NULL, "{\"post\":\"group-05.head\",\"person\":\"刘庆生\"}");
    (void)town_report(town, "consent.given", "W-1", "group-05.head", NULL);
    town_refused(town, "post group-05.head is vacant");
    check_owed(town, "W-1", "consent of group-05.head (vacant)");
    (void)town_report(town, "post.filled", NULL, NULL, "{\"post\":\"group-05.head\",\"person\":\"某丁\"}");
    check_owed(town, "W-1", "consent of group-05.head (某丁)");
    (void)town_report(town, "consent.given", "W-1", "group-05.head", NULL);
    town_is(town_last(town, "consent.recorded", "W-1"), FIELD_PERSON, "某丁");
    (void)town_report(town, "post.vacated", NULL, NULL, "{\"post\":\"group-05.head\"}");
    escalate(town, "W-1");
    town_granted(town); /* the post consented; nothing lapses when its holder leaves */
    town_is(town_last(town, "consent.recorded", "W-1"), FIELD_PERSON, "某丁");
    town_close(town);
}

/* S2-3: who takes over a post takes over its consent, and may take it back. */
static void test_a_successor_may_take_the_consent_back(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_to_group(town, "W-1");
    (void)town_report(town, "issue.coordinated", "W-1", NULL, "{\"result\":\"unsettled\"}");
    (void)town_report(town, "proposal.submitted", "W-1", NULL, "{\"plan\":\"方案\"}");
    (void)town_report(town, "consent.given", "W-1", "group-05.head", NULL);
    (void)town_report(town, "post.vacated", NULL, NULL, "{\"post\":\"group-05.head\"}");
    (void)town_report(town, "post.filled", NULL, NULL, "{\"post\":\"group-05.head\",\"person\":\"某丁\"}");
    (void)town_report(town, "consent.refused", "W-1", "group-05.head", "{\"reason\":\"再议\"}");
    town_granted(town);
    check_owed(town, "W-1", "consent of group-05.head (某丁)");
    (void)town_report(town, "consent.given", "W-1", "group-05.head", NULL);
    escalate(town, "W-1");
    town_granted(town);
    town_close(town);
}

static void test_any_of_joint_heads(void **context)
{
    (void)context;
    struct town *town = town_open();
    to_joint_group(town, "W-1");
    check_owed(town, "W-1", "consent of group-07.head.1 (余新国) | consent of group-07.head.2 (万国营)");
    (void)town_report(town, "consent.refused", "W-1", "group-07.head.1", "{\"reason\":\"再议\"}");
    check_owed(town, "W-1", "consent of group-07.head.1 (余新国) | consent of group-07.head.2 (万国营)");
    (void)town_report(town, "consent.given", "W-1", "group-07.head.2", NULL);
    escalate(town, "W-1");
    town_granted(town);
    town_close(town);
}

static void test_all_of_joint_heads(void **context)
{
    (void)context;
    struct town *town = town_open_changed("heads: any", "heads: all");
    to_joint_group(town, "W-1");
    (void)town_report(town, "consent.given", "W-1", "group-07.head.2", NULL);
    check_owed(town, "W-1", "consent of group-07.head.1 (余新国)");
    (void)town_report(town, "consent.given", "W-1", "group-07.head.1", NULL);
    (void)town_report(town, "consent.refused", "W-1", "group-07.head.2", "{\"reason\":\"再议\"}");
    check_owed(town, "W-1", "consent of group-07.head.2 (万国营)"); /* the last word counts */
    (void)town_report(town, "consent.given", "W-1", "group-07.head.2", NULL);
    escalate(town, "W-1");
    town_granted(town);
    assert_int_equal(doc_count(town_last(town, "issue.escalated.office", "W-1")->data, FIELD_INPUTS), 4);
    town_close(town);
}

/* ---- S0-8: office to leading group ---- */

static void test_checklist_part_by_part(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-0");
    (void)town_report(town, "checklist.filled", "W-0", NULL, "{\"plan\":\"细则\"}");
    town_refused(town, "at 工作专班 no checklist is asked for");
    town_to_office(town, "W-1");
    check_owed(town, "W-1",
               "checklist part: opinion | checklist part: undertaker | checklist part: plan | issue list of "
               "领导小组办公室");
    check_row(town, 0, "office", "四（三）");
    (void)town_report(town, "checklist.filled", "W-1", NULL, "{\"opinion\":\"\"}");
    town_refused(town, "the checklist is empty");
    (void)town_report(town, "checklist.filled", "W-1", NULL, "{\"undertaker\":\"市财政居\"}");
    town_refused(town, "nearest known: 市财政局");
    (void)town_report(town, "checklist.filled", "W-1", NULL, "{\"undertaker\":\"财政局\"}");
    town_is(town_last(town, "checklist.recorded", "W-1"), FIELD_UNDERTAKER, "市财政局");
    check_owed(town, "W-1", "checklist part: opinion | checklist part: plan | issue list of 领导小组办公室");
    (void)town_report(town, "checklist.filled", "W-1", NULL, "{\"opinion\":\"可行\",\"plan\":\"细则\"}");
    check_owed(town, "W-1", "issue list of 领导小组办公室");
    town_close(town);
}

static void test_issue_list_names_what_each_issue_owes(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_to_office(town, "W-1");
    town_to_office(town, "W-2");
    town_raise(town, "W-3");
    (void)town_report(town, "checklist.filled", "W-1", NULL,
                      "{\"opinion\":\"可行\",\"undertaker\":\"市财政局\",\"plan\":\"细则\"}");
    (void)town_report(town, "checklist.filled", "W-2", NULL,
                      "{\"undertaker\":\"市财政局\",\"plan\":\"细则\"}");
    (void)town_report(town, "issuelist.compiled", "L-1", NULL,
                      "{\"issues\":[\"W-1\",\"W-2\",\"W-3\",\"W-9\"]}");
    assert_string_equal(town_owed(town),
                        "issue W-2: checklist part: opinion | issue W-3: not at a level that compiles "
                        "issue lists | issue W-9: no such issue");
    town_is(house_refusal(town->house, town->seq), FIELD_RULE, "levels.office.up.issuelist");
    (void)town_report(town, "issuelist.compiled", "L-1", NULL,
                      "{\"issues\":[\"W-1\",\"W-1\"],\"title\":\"清单\"}");
    const struct event *list = town_last(town, "issuelist.issued", "L-1");
    town_lists(list, FIELD_ISSUES, "W-1");
    assert_int_equal(doc_int(list->data, FIELD_VERSION, 0), 1);
    (void)town_report(town, "checklist.filled", "W-2", NULL, "{\"opinion\":\"可行\"}");
    (void)town_report(town, "issuelist.compiled", "L-1", NULL, "{\"issues\":[\"W-1\",\"W-2\"]}");
    assert_int_equal(doc_int(town_last(town, "issuelist.issued", "L-1")->data, FIELD_VERSION, 0), 2);
    escalate(town, "W-2");
    town_granted(town);
    town_close(town);
}

/* What came back to the office is worked through and listed anew. */
static void test_round_two_at_the_office_begins_anew(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_to_leading(town, "W-1");
    (void)town_report(town, "issue.returned", "W-1", NULL, "{\"reason\":\"补充\"}");
    check_owed(town, "W-1",
               "checklist part: opinion | checklist part: undertaker | checklist part: plan | issue list of "
               "领导小组办公室");
    town_close(town);
}

/* ---- S0-6, S0-9: items ---- */

static void test_solution_items_are_complete(void **context)
{
    static const struct {
        const char *item, *owed;
    } cases[] = {
        {"{\"by\":\"2020-06-30\",\"opinion\":\"改\"}", "item 2: unit"},
        {"{\"unit\":\"市财政局\",\"opinion\":\"改\"}", "item 2: by (the day)"},
        {"{\"unit\":\"市财政局\",\"by\":\"2020-06-30\"}", "item 2: opinion"},
        {"{\"unit\":\"市财政局\",\"by\":\"2020-06-30\",\"opinion\":\" \"}", "item 2: opinion"},
        {"{\"unit\":\"市财政局\",\"by\":\"2020-02-02\",\"opinion\":\"改\"}", "item 2: by 2020-02-02 is past"},
        {"{\"unit\":\"市财政居\",\"by\":\"2020-06-30\",\"opinion\":\"改\"}",
         "item 2: unknown unit 市财政居; nearest known: 市财政局"},
        {"{}", "item 2: unit | item 2: by (the day) | item 2: opinion"},
    };
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char json[512];
        (void)snprintf(json, sizeof json,
                       "{\"items\":[{\"unit\":\"财政局\",\"by\":\"2020-02-03\",\"opinion\":\"今日办\"},%s]}",
                       cases[i].item);
        (void)town_report(town, "solution.drafted", "W-1", NULL, json);
        assert_string_equal(town_owed(town), cases[i].owed);
        check_row(town, 0, "team-05", "四（二）");
        town_is(house_refusal(town->house, town->seq), FIELD_RULE, "solution");
    }
    assert_int_equal(house_count(town->house, "task.assigned", NULL), 0);
    town_close(town);
}

static void test_tasklist_items_need_a_title_or_an_opinion(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_to_leading(town, "W-1");
    (void)town_report(town, "decision.adopted", "W-1", NULL, "{\"text\":\"同意\"}");
    (void)town_report(town, "tasklist.compiled", "W-1", NULL,
                      "{\"items\":[{\"unit\":\"市财政局\",\"by\":\"2020-06-30\"}]}");
    assert_string_equal(town_owed(town), "item 1: title or opinion");
    check_row(town, 0, "office", "四（三）");
    town_close(town);
}

/* An issue with open tasks is not solved by a word. */
static void test_open_tasks_are_owed(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_to_group(town, "W-1");
    (void)town_report(town, "solution.drafted", "W-1", NULL,
                      "{\"items\":[{\"unit\":\"市财政局\",\"by\":\"2020-06-30\",\"opinion\":\"改\"},"
                      "{\"unit\":\"市税务局\",\"by\":\"2020-06-30\",\"opinion\":\"改\"}]}");
    (void)town_report(town, "issue.coordinated", "W-1", NULL, "{\"result\":\"settled\"}");
    assert_string_equal(town_owed(town),
                        "task W-1/task/1 done and verified | task W-1/task/2 done and verified");
    (void)town_report(town, "task.completed", "W-1/task/1", NULL, "{\"evidence\":\"文件\"}");
    (void)town_report(town, "task.verified", "W-1/task/1", "group-05.head", NULL);
    (void)town_report(town, "task.rerouted", "W-1/task/2", NULL,
                      "{\"unit\":\"深圳海关\",\"reason\":\"职责\"}");
    (void)town_report(town, "issue.coordinated", "W-1", NULL, "{\"result\":\"settled\"}");
    assert_string_equal(town_owed(town), "task W-1/task/2 done and verified");
    check_row(town, 0, "深圳海关", "四（三）");
    town_close(town);
}

/* More is owed than an event may list: the first 256 rows and the whole number. */
static void test_owed_list_is_bounded(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    char json[8192] = "{\"items\":[{}";
    for (int i = 1; i < LIST_COUNT_MAX; i++)
        strncat(json, ",{}", sizeof json - strlen(json) - 1);
    strncat(json, "]}", sizeof json - strlen(json) - 1);
    (void)town_report(town, "solution.drafted", "W-1", NULL, json);
    town_refused(town, "owed: 768, first: item 1: unit");
    assert_int_equal(doc_count(house_refusal(town->house, town->seq)->data, FIELD_OWED), LIST_COUNT_MAX);
    town_close(town);
}

/* A solution of so many items for all six units of the town, and so many for one. */
static void draft(struct town *town, const char *issue, int for_all, int for_one)
{
    const size_t room = 128 * (size_t)(for_all + for_one + 1);
    char *json = memory_alloc(room);
    size_t bytes = (size_t)snprintf(json, room, "{\"items\":[");
    for (int i = 0; i < for_all + for_one; i++)
        bytes += (size_t)snprintf(json + bytes, room - bytes,
                                  "%s{\"unit\":\"%s\",\"by\":\"2020-06-30\",\"opinion\":\"改\"}",
                                  i > 0 ? "," : "", i < for_all ? "各相关单位" : "市财政局");
    (void)snprintf(json + bytes, room - bytes, "]}");
    (void)town_report(town, "solution.drafted", issue, NULL, json);
    free(json);
}

/* However many tasks an issue comes to, whoever works them off stays within a turn: wildcards are counted
 * after expansion, open tasks of earlier lists count too, and the full number is assigned and dropped. */
static void test_open_tasks_of_an_issue_are_bounded(void **context)
{
    (void)context;
    struct town *town = town_open_changed("units: [市财政局, 深圳海关]", "all: true");
    town_raise(town, "W-1");
    draft(town, "W-1", 170, 5);
    town_refused(town, "too many tasks: 1025, besides 0 of this issue that are open; at most 1024 together");
    draft(town, "W-1", 170, 4);
    town_granted(town);
    assert_int_equal(house_count(town->house, "task.assigned", NULL), ISSUE_TASKS_MAX);
    for (size_t i = 0; i < TEAM_PAPERS; i++)
        (void)town_report(town, team_papers[i].type, "W-1", NULL, team_papers[i].json);
    escalate(town, "W-1");
    town_granted(town); /* unsolved by its tasks, and they stay open */
    draft(town, "W-1", 0, 1);
    town_refused(town, "too many tasks: 1, besides 1024 of this issue that are open");
    (void)town_report(town, "task.completed", "W-1/task/7", NULL, "{\"evidence\":\"文件\"}");
    (void)town_report(town, "task.verified", "W-1/task/7", "group-05.head", NULL);
    draft(town, "W-1", 0, 1);
    town_granted(town);
    (void)town_report(town, "issue.withdrawn", "W-1", NULL, "{\"reason\":\"已办好\"}");
    assert_int_equal(house_count(town->house, "deadline.cleared", "W-1/task/1"), 1);
    (void)town_report(town, "reopening.requested", "W-1", NULL, "{\"reason\":\"又出现\"}");
    draft(town, "W-1", 170, 4);
    town_granted(town); /* what was dropped is no longer open */
    assert_int_equal(house_count(town->house, "task.assigned", NULL), 2 * ISSUE_TASKS_MAX + 1);
    town_close(town);
}

/* Every unit that an event can name is asked and then no longer waited for, in a turn each. */
static void test_units_concerned_are_bounded(void **context)
{
    (void)context;
    enum { MORE = 250, ROOM = 32 * (MORE + 16) };
    char *units = memory_alloc(ROOM), *json = memory_alloc(ROOM);
    size_t at = (size_t)snprintf(units, ROOM, "  - 市发展改革委\n"),
           of = (size_t)snprintf(json, ROOM, "{\"units\":[");
    for (int i = 0; i < MORE; i++) {
        at += (size_t)snprintf(units + at, ROOM - at, "  - 单位%d\n", i);
        of += (size_t)snprintf(json + of, ROOM - of, "%s\"单位%d\"", i > 0 ? "," : "", i);
    }
    (void)snprintf(json + of, ROOM - of,
                   ",\"市税务局\",\"市财政局\",\"市住房建设局\",\"深圳海关\",\"市中级人民法院\"]}");
    struct town *town = town_open_changed("  - 市发展改革委\n", units);
    town_raise(town, "W-1");
    (void)town_report(town, "opinion.requested", "W-1", NULL, json);
    town_granted(town);
    (void)town_report(town, "opinion.requested", "W-1", NULL, "{\"units\":[\"市发展改革委\"]}");
    town_granted(town);
    assert_int_equal(house_count(town->house, "deadline.set", "W-1"), LIST_COUNT_MAX + 1);
    (void)town_report(town, "issue.withdrawn", "W-1", NULL, "{\"reason\":\"已办好\"}");
    assert_int_equal(house_count(town->house, "deadline.cleared", "W-1"), LIST_COUNT_MAX + 1);
    free(units);
    free(json);
    town_close(town);
}

/* A wildcard goes out as its units, in one item of the outcome: as many as fit, one more is refused. */
static void test_units_of_an_item_are_bounded(void **context)
{
    enum { OWN = 6, ROOM = 32 * (LIST_COUNT_MAX + 2) };
    (void)context;
    for (int more = LIST_COUNT_MAX - OWN; more <= LIST_COUNT_MAX - OWN + 1; more++) {
        char *units = memory_alloc(ROOM);
        size_t at = 0;
        for (int i = 0; i < more; i++)
            at += (size_t)snprintf(units + at, ROOM - at, "  - 单位%d\n", i);
        (void)snprintf(units + at, ROOM - at, "unit_sets:\n  - {name: 全体, all: true, clause: 附表}\n");
        struct town *town = town_open_changed("unit_sets:\n", units);
        town_to_group(town, "W-1");
        (void)town_report(town, "solution.drafted", "W-1", NULL,
                          "{\"items\":[{\"unit\":\"全体\",\"by\":\"2020-12-01\",\"opinion\":\"落实\"}]}");
        if (more == LIST_COUNT_MAX - OWN)
            town_granted(town);
        else
            assert_string_equal(town_owed(town), "item 1: at most 256 units, not 257");
        free(units);
        town_close(town);
    }
}

/* ---- S0-14: the group deliberates on what goes further up ---- */

static void hold(struct town *town, const char *meeting, const char *charter, const char *body)
{
    char held[128];
    (void)snprintf(held, sizeof held, "{\"bodies\":[\"%s\"],\"title\":\"专项小组会议\"}", body);
    (void)house_publish(town->house, NULL, "meeting.held", meeting, charter, NULL, held);
}

static uint64_t minute(struct town *town, const char *meeting, const char *charter, const char *issue)
{
    char minutes[256];
    size_t before = house_count(town->house, "minutes.recorded", NULL);
    (void)snprintf(minutes, sizeof minutes,
                   "{\"items\":[{\"title\":\"提请上级\",\"unit\":\"市税务局\",\"issue\":\"%s\"}]}", issue);
    uint64_t seq = house_publish(town->house, NULL, "minutes.issued", meeting, charter, NULL, minutes);
    assert_int_equal(house_count(town->house, "minutes.recorded", NULL), before + 1);
    return seq;
}

static uint64_t deliberate(struct town *town, const char *meeting, const char *body, const char *issue)
{
    hold(town, meeting, "town", body);
    return minute(town, meeting, "town", issue);
}

/* What the group owes besides. */
static void try_at_group(struct town *town, const char *issue)
{
    (void)town_report(town, "issue.coordinated", issue, NULL, "{\"result\":\"unsettled\"}");
    (void)town_report(town, "proposal.submitted", issue, NULL, "{\"plan\":\"方案\"}");
    (void)town_report(town, "consent.given", issue, "group-05.head", NULL);
}

#define NOT_DELIBERATED "deliberation of 纳税专项小组: minutes that name the issue"

static void test_minutes_of_the_body_are_owed(void **context)
{
    static const char *const roles[] = {"coordination", "tasks", "routines", "deadlines", NULL};
    (void)context;
    char *text = town_text("      - {need: proposal, clause: 四（三）}\n",
                           "      - {need: proposal, clause: 四（三）}\n"
                           "      - {need: deliberation, clause: 二（二）}\n");
    struct town town = {.house = house_open(roles)};
    house_adopt_calendar(town.house, "config/calendars/cn.yaml", "2020-02-01");
    house_advance(town.house, "2020-02-03T09:00:00+08:00");
    house_adopt_charter_text(town.house, "town.yaml", text);
    free(text);
    text = town_text("charter: town\n", "charter: other\n");
    house_adopt_charter_text(town.house, "other.yaml", text);
    free(text);
    town_to_group(&town, "W-1");
    try_at_group(&town, "W-1");
    check_owed(&town, "W-1", NOT_DELIBERATED);
    check_row(&town, 0, "group-05", "二（二）");
    (void)deliberate(&town, "M-1", "group-07", "W-1"); /* of another group */
    check_owed(&town, "W-1", NOT_DELIBERATED);
    (void)deliberate(&town, "M-2", "group-05", "W-2"); /* on another issue */
    check_owed(&town, "W-1", NOT_DELIBERATED);
    hold(&town, "M-4", "other", "group-05"); /* of a body that is called alike in another charter */
    (void)minute(&town, "M-4", "other", "W-1");
    check_owed(&town, "W-1", NOT_DELIBERATED);
    uint64_t minutes = deliberate(&town, "M-3", "group-05", "W-1");
    escalate(&town, "W-1");
    const struct event *up = town_last(&town, "issue.escalated.office", "W-1");
    bool rests = false;
    for (size_t i = 0; i < doc_count(up->data, FIELD_INPUTS); i++)
        rests = rests || (uint64_t)doc_int_at(up->data, FIELD_INPUTS, i) == minutes;
    assert_true(rests);
    hold(&town, "M-5", "town", "group-05");
    (void)town_report(&town, "issue.returned", "W-1", NULL, "{\"reason\":\"再议\"}");
    try_at_group(&town, "W-1");
    check_owed(&town, "W-1", NOT_DELIBERATED); /* a new round */
    (void)minute(&town, "M-5", "town", "W-1"); /* of a meeting that was held before it */
    check_owed(&town, "W-1", NOT_DELIBERATED);
    (void)deliberate(&town, "M-6", "group-05", "W-1");
    escalate(&town, "W-1");
    town_granted(&town);
    house_check_rebuild(town.house);
    house_close(town.house);
}

/* Minutes that are issued before the round begins, and recorded after, are of the round before. */
static void test_minutes_recorded_behind_the_round(void **context)
{
    static const char *const roles[] = {"coordination", "tasks", "routines", "deadlines", NULL};
    (void)context;
    char *text = town_text("      - {need: proposal, clause: 四（三）}\n",
                           "      - {need: proposal, clause: 四（三）}\n"
                           "      - {need: deliberation, clause: 二（二）}\n");
    struct town town = {.house = house_open(roles)};
    house_adopt_calendar(town.house, "config/calendars/cn.yaml", "2020-02-01");
    house_advance(town.house, "2020-02-03T09:00:00+08:00");
    house_adopt_charter_text(town.house, "town.yaml", text);
    free(text);
    town_to_group(&town, "W-1");
    try_at_group(&town, "W-1");
    (void)deliberate(&town, "M-1", "group-05", "W-1");
    escalate(&town, "W-1");
    (void)house_publish(town.house, NULL, "meeting.held", "M-2", "town", NULL,
                        "{\"bodies\":[\"group-05\"],\"title\":\"会\",\"at\":\"2020-02-03T23:00:00+08:00\"}");
    house_post(town.house, NULL, "minutes.issued", "M-2", "town", NULL,
               "{\"items\":[{\"title\":\"提请\",\"unit\":\"市税务局\",\"issue\":\"W-1\"}]}");
    house_post(town.house, NULL, "issue.returned", "W-1", NULL, NULL, "{\"reason\":\"再议\"}");
    house_settle(town.house);
    assert_int_equal(house_count(town.house, "minutes.recorded", "M-2"), 1);
    try_at_group(&town, "W-1");
    check_owed(&town, "W-1", NOT_DELIBERATED);
    house_check_rebuild(town.house);
    house_close(town.house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minutes_of_the_body_are_owed),
        cmocka_unit_test(test_minutes_recorded_behind_the_round),
        cmocka_unit_test(test_units_of_an_item_are_bounded),
        cmocka_unit_test(test_each_paper_of_the_team),
        cmocka_unit_test(test_all_papers_of_the_team),
        cmocka_unit_test(test_no_reply_satisfies),
        cmocka_unit_test(test_each_paper_of_the_group),
        cmocka_unit_test(test_consent_is_the_heads),
        cmocka_unit_test(test_vacant_head_post_blocks_until_it_is_filled),
        cmocka_unit_test(test_a_successor_may_take_the_consent_back),
        cmocka_unit_test(test_any_of_joint_heads),
        cmocka_unit_test(test_all_of_joint_heads),
        cmocka_unit_test(test_checklist_part_by_part),
        cmocka_unit_test(test_issue_list_names_what_each_issue_owes),
        cmocka_unit_test(test_round_two_at_the_office_begins_anew),
        cmocka_unit_test(test_solution_items_are_complete),
        cmocka_unit_test(test_tasklist_items_need_a_title_or_an_opinion),
        cmocka_unit_test(test_open_tasks_are_owed),
        cmocka_unit_test(test_owed_list_is_bounded),
        cmocka_unit_test(test_open_tasks_of_an_issue_are_bounded),
        cmocka_unit_test(test_units_concerned_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
