/* test_tasks.c - goal: what is decided becomes tasks of units, which end only when someone else confirms
 * them, and are missed when the unit, not the verifier or a process, was late. Method: as
 * test_coordination.c; every state meets every report. */
#include "tests/support/town.h"
#include "workers/roles.h"
#include "workers/tasks/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SOLUTION                                                                                                       \
    "{\"items\":[{\"unit\":\"财政局\",\"by\":\"2020-03-31\",\"opinion\":\"修订申报表\",\"title\":\"改表\"}]" \
    "}"
#define TASK      "W-1/task/1"
#define DUE       "2020-03-31T23:59:59.999999+08:00"
#define EVIDENCE  "{\"evidence\":\"文件\"}"
#define REJECTION "{\"reason\":\"未完成\"}"

static struct town *open_with_task(void)
{
    struct town *town = town_open();
    town_raise(town, "W-1");
    (void)town_report(town, "solution.drafted", "W-1", NULL, SOLUTION);
    town_granted(town);
    return town;
}

static void must(struct town *town, const char *type, const char *task, const char *actor, const char *json)
{
    (void)town_report(town, type, task, actor, json);
    town_granted(town);
}

/* ---- the table, every cell ---- */

struct sample {
    const char *type, *actor, *json;
};
static const struct sample samples[] = {
    {"task.accepted", "市财政局", NULL},
    {"task.progressed", "finance.clerk", "{\"percent\":40}"},
    {"task.completed", "市财政局", EVIDENCE},
    {"task.verified", "group-05.head", NULL},
    {"task.rejected", "group-05.head", REJECTION},
    {"task.rerouted", NULL, "{\"unit\":\"深圳海关\",\"reason\":\"职责\"}"},
};
enum { SAMPLES = sizeof samples / sizeof samples[0] };

static void bring_to(struct town *town, enum task_state state)
{
    if (state == TASK_ACCEPTED)
        must(town, "task.accepted", TASK, NULL, NULL);
    if (state == TASK_DONE_REPORTED || state == TASK_CLOSED)
        must(town, "task.completed", TASK, NULL, EVIDENCE);
    if (state == TASK_CLOSED)
        must(town, "task.verified", TASK, "group-05.head", NULL);
    if (state == TASK_DROPPED)
        must(town, "issue.withdrawn", "W-1", NULL, "{\"reason\":\"已办好\"}");
}

static void test_every_cell(void **context)
{
    (void)context;
    for (enum task_state state = TASK_ABSENT; state < TASK_STATE_COUNT; state++)
        for (size_t i = 0; i < SAMPLES; i++) {
            struct town *town = open_with_task();
            bring_to(town, state);
            enum event_kind kind = event_type_find(text_from(samples[i].type), NULL)->kind;
            struct task_verdict verdict = task_verdict(state, kind);
            (void)town_report(town, samples[i].type, state == TASK_ABSENT ? "W-1/task/9" : TASK,
                              samples[i].actor, samples[i].json);
            assert_true((verdict.step != NULL) != (verdict.refusal != NULL));
            if (verdict.step != NULL)
                town_granted(town);
            else
                town_refused(town, verdict.refusal);
            town_close(town);
        }
}

static void test_table_is_complete(void **context)
{
    (void)context;
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        bool found = false;
        for (size_t i = 0; i < SAMPLES; i++)
            found = found || strcmp(samples[i].type, event_types[kind].name) == 0;
        assert_int_equal(found, event_types[kind].report && event_types[kind].role == ROLE_TASKS);
    }
}

/* ---- assigned ---- */

/* S0-9: from decision to list to task. */
static void test_assigned_with_its_provenance(void **context)
{
    (void)context;
    struct town *town = open_with_task();
    uint64_t adopted = town_last(town, "solution.adopted", "W-1")->seq;
    const struct event *task = town_last(town, "task.assigned", TASK);
    town_is(task, FIELD_UNIT, "市财政局");
    town_is(task, FIELD_TITLE, "改表");
    town_is(task, FIELD_OPINION, "修订申报表");
    town_is(task, FIELD_BY, "2020-03-31");
    town_is(task, FIELD_ISSUE, "W-1");
    town_is(task, FIELD_LEVEL, "team");
    town_is(task, FIELD_RULE, "solution");
    assert_int_equal(doc_int_at(task->data, FIELD_INPUTS, 0), adopted);
    assert_true(text_is(task->charter, "town"));
    const struct event *set = town_last(town, "deadline.set", TASK);
    town_is(set, FIELD_LIMIT, "by 2020-03-31");
    town_is(set, FIELD_LABEL, "task");
    town_is(set, FIELD_OWNER, "tasks");
    town_is(set, FIELD_WHO, "市财政局");
    town_lists(set, FIELD_REMINDERS, "5wd 1wd");
    town_close(town);
}

/* S0-24: rows 11 and 14 of the table name no units one by one. */
static void test_wildcard_is_a_task_for_each(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    must(town, "solution.drafted", "W-1", NULL,
         "{\"items\":[{\"unit\":\"各相关单位\",\"by\":\"2020-03-31\",\"opinion\":\"自查\"},"
         "{\"units\":[\"市税务局\",\"财政局\"],\"by\":\"2020-04-30\",\"opinion\":\"整改\"}]}");
    static const char *const units[] = {"市财政局", "深圳海关", "市税务局", "市财政局"};
    for (int i = 0; i < 4; i++) {
        char task[32];
        (void)snprintf(task, sizeof task, "W-1/task/%d", i + 1);
        town_is(town_last(town, "task.assigned", task), FIELD_UNIT, units[i]);
        town_is(town_last(town, "task.assigned", task), FIELD_TITLE, i < 2 ? "自查" : "整改");
    }
    assert_int_equal(house_count(town->house, "task.assigned", NULL), 4);
    town_is(town_last(town, "deadline.set", "W-1/task/4"), FIELD_LIMIT, "by 2020-04-30");
    town_close(town);
}

/* ---- who may ---- */

static void test_nobody_verifies_his_own_work(void **context)
{
    (void)context;
    struct town *town = open_with_task();
    (void)town_report(town, "task.completed", TASK, "市税务局", EVIDENCE);
    town_refused(town, "actor 市税务局 does not belong to it");
    must(town, "task.completed", TASK, "finance.clerk", EVIDENCE);
    (void)town_report(town, "task.verified", TASK, "财政局", NULL);
    town_refused(town, "市财政局 does not verify its own task");
    town_is(house_refusal(town->house, town->seq), FIELD_CLAUSE, "五（四）");
    (void)town_report(town, "task.verified", TASK, "finance.clerk", NULL);
    town_refused(town, "does not verify its own task");
    (void)town_report(town, "task.rejected", TASK, "finance.clerk", REJECTION);
    town_refused(town, "does not verify its own task");
    (void)town_report(town, "task.verified", TASK, NULL, NULL);
    town_refused(town, "the report must name its actor");
    (void)town_report(town, "task.verified", TASK, "office.directer", NULL);
    town_refused(town, "nearest known: office.director");
    must(town, "task.verified", TASK, "office.director", NULL);
    town_last(town, "task.closed", TASK);
    town_close(town);
}

static void test_charter_of_a_report_must_be_the_issues(void **context)
{
    (void)context;
    struct town *town = open_with_task();
    town->seq = house_publish(town->house, NULL, "task.accepted", TASK, "village", NULL, NULL);
    town_refused(town, "task W-1/task/1 is under charter town, not village");
    town_close(town);
}

/* ---- rerouted, rejected ---- */

static void test_rerouted_keeps_the_due_day(void **context)
{
    (void)context;
    struct town *town = open_with_task();
    must(town, "task.accepted", TASK, NULL, NULL);
    (void)town_report(town, "task.rerouted", TASK, NULL, "{\"unit\":\"财政局\",\"reason\":\"职责\"}");
    town_refused(town, "is with 市财政局 already");
    (void)town_report(town, "task.rerouted", TASK, NULL, "{\"unit\":\"海关\",\"reason\":\"职责\"}");
    town_refused(town, "unknown unit 海关");
    (void)town_report(town, "task.rerouted", TASK, "市中级人民法院",
                      "{\"unit\":\"深圳海关\",\"reason\":\"职责\"}");
    town_refused(town, "actor 市中级人民法院 may not report task.rerouted: only 市财政局, 纳税工作专班");
    assert_true(doc_has(house_refusal(town->house, town->seq)->data, FIELD_PLACE));
    char first[512];
    (void)snprintf(first, sizeof first, "%s", town_deadline(town, TASK, "task"));
    must(town, "task.rerouted", TASK, "office.director", "{\"unit\":\"深圳海关\",\"reason\":\"职责\"}");
    town_is(town_last(town, "task.updated", TASK), FIELD_STATE, "assigned");
    town_is(town_last(town, "deadline.cleared", TASK), FIELD_DEADLINE, first);
    town_is(town_last(town, "deadline.set", TASK), FIELD_LIMIT, "by 2020-03-31");
    town_is(town_last(town, "deadline.set", TASK), FIELD_WHO, "深圳海关");
    (void)town_report(town, "task.accepted", TASK, "市财政局", NULL);
    town_refused(town, "task W-1/task/1 is with 深圳海关");
    must(town, "task.accepted", TASK, "深圳海关", NULL);
    town_close(town);
}

static void test_rejected_is_to_be_done_again(void **context)
{
    (void)context;
    struct town *town = open_with_task();
    must(town, "task.progressed", TASK, NULL, "{\"percent\":90}");
    assert_int_equal(doc_int(town_last(town, "task.updated", TASK)->data, FIELD_PERCENT, 0), 90);
    must(town, "task.completed", TASK, NULL, EVIDENCE);
    town_is(town_last(town, "task.updated", TASK), FIELD_STATE, "done-reported");
    assert_int_equal(house_count(town->house, "deadline.cleared", TASK), 1);
    must(town, "task.rejected", TASK, "office.director", REJECTION);
    town_is(town_last(town, "task.updated", TASK), FIELD_STATE, "assigned");
    assert_int_equal(house_count(town->house, "deadline.set", TASK), 2);
    town_is(town_last(town, "deadline.set", TASK), FIELD_LIMIT, "by 2020-03-31");
    must(town, "task.completed", TASK, NULL, EVIDENCE);
    assert_int_equal(house_count(town->house, "deadline.cleared", TASK), 2);
    town_close(town);
}

/* ---- lateness ---- */

static void test_missed_once_and_no_new_deadline(void **context)
{
    (void)context;
    struct town *town = open_with_task();
    house_advance(town->house, "2020-04-01T08:00:00+08:00");
    town_reach(town, "tasks", TASK, "task", DUE);
    const struct event *missed = town_last(town, "deadline.missed", TASK);
    town_is(missed, FIELD_WHO, "市财政局");
    town_is(missed, FIELD_ISSUE, "W-1");
    town_is(missed, FIELD_TITLE, "改表");
    town_reach(town, "tasks", TASK, "task", DUE);
    must(town, "task.completed", TASK, NULL, EVIDENCE);
    must(town, "task.rejected", TASK, "office.director", REJECTION);
    assert_int_equal(house_count(town->house, "deadline.set", TASK), 1);
    assert_int_equal(house_count(town->house, "deadline.missed", NULL), 1);
    town_close(town);
}

/* Done in time and read late, or verified late: not missed. */
static void test_done_in_time_is_never_late(void **context)
{
    (void)context;
    struct town *town = open_with_task();
    (void)house_post(town->house, DUE, "task.completed", TASK, NULL, NULL, EVIDENCE);
    (void)house_post(town->house, "2020-04-02T09:00:00+08:00", "task.verified", TASK, NULL, "office.director",
                     NULL);
    house_settle(town->house);
    town_reach(town, "tasks", TASK, "task", DUE);
    assert_int_equal(house_count(town->house, "deadline.missed", NULL), 0);
    assert_int_equal(house_count(town->house, "task.closed", TASK), 1);
    town_close(town);
}

static void test_done_late_is_missed_once(void **context)
{
    (void)context;
    struct town *town = open_with_task();
    house_advance(town->house, "2020-04-01T00:00:00+08:00");
    town->seq = house_publish(town->house, NULL, "task.completed", TASK, NULL, NULL, EVIDENCE);
    town_granted(town);
    assert_int_equal(house_count(town->house, "deadline.missed", NULL), 0);
    town_reach(town, "tasks", TASK, "task", DUE);
    town_reach(town, "tasks", TASK, "task", DUE);
    assert_int_equal(house_count(town->house, "deadline.missed", NULL), 1);
    town_close(town);
}

/* ---- endings ---- */

static void test_last_task_completes_the_list(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    must(town, "solution.drafted", "W-1", NULL,
         "{\"items\":[{\"unit\":\"各相关单位\",\"by\":\"2020-03-31\",\"opinion\":\"自查\"}]}");
    for (int i = 2; i >= 1; i--) {
        char task[32];
        (void)snprintf(task, sizeof task, "W-1/task/%d", i);
        assert_int_equal(house_count(town->house, "tasklist.completed", NULL), 0);
        must(town, "task.completed", task, NULL, EVIDENCE);
        must(town, "task.verified", task, "office.director", "{\"note\":\"核实\"}");
    }
    const struct event *completed = town_last(town, "tasklist.completed", "W-1");
    assert_int_equal(doc_int(completed->data, FIELD_COUNT, 0), 2);
    town_is(town_last(town, "issue.settled", "W-1"), FIELD_HOW, "tasks");
    town_close(town);
}

/* A second solution after a dispute goes on counting; the issue settles when those tasks are done too. */
static void test_numbers_run_on_after_reopening(void **context)
{
    (void)context;
    struct town *town = open_with_task();
    must(town, "task.completed", TASK, NULL, EVIDENCE);
    must(town, "task.verified", TASK, "office.director", NULL);
    must(town, "resolution.disputed", "W-1", "某企业", "{\"reason\":\"没有解决\"}");
    must(town, "solution.drafted", "W-1", NULL, SOLUTION);
    town_is(town_last(town, "task.assigned", NULL), FIELD_TASK, "W-1/task/2");
    must(town, "task.completed", "W-1/task/2", NULL, EVIDENCE);
    must(town, "task.verified", "W-1/task/2", "office.director", NULL);
    assert_int_equal(house_count(town->house, "issue.settled", "W-1"), 2);
    town_close(town);
}

static void test_withdrawn_issue_drops_its_tasks(void **context)
{
    (void)context;
    struct town *town = open_with_task();
    must(town, "issue.withdrawn", "W-1", NULL, "{\"reason\":\"已办好\"}");
    town_is(town_last(town, "task.updated", TASK), FIELD_STATE, "dropped");
    town_is(town_last(town, "task.updated", TASK), FIELD_REASON, "issue closed: withdrawn");
    assert_int_equal(house_count(town->house, "deadline.cleared", TASK), 1);
    assert_int_equal(house_count(town->house, "tasklist.completed", NULL), 0);
    town_close(town);
}

/* ---- with the real clockwork ---- */

/* Deadlines in the house: a rejection after the due day rings at once; a working-day limit is missed when the
 * town's calendar says. */
static void test_with_the_role_deadlines(void **context)
{
    static const struct role *const roles[] = {&role_coordination, &role_tasks, &role_deadlines, NULL};
    (void)context;
    struct town town = {.house = house_open_roles(roles)};
    house_advance(town.house, "2020-02-03T09:00:00+08:00");
    (void)house_publish(town.house, NULL, "calendar.published", NULL, NULL, NULL,
                        "{\"calendar\":\"cn\",\"text\":\"calendar: cn\\ntitle: 工作日\\nzone: "
                        "\\\"+08:00\\\"\\nweek: [mon, tue, "
                        "wed, thu, fri]\\nhours: \\\"09:00-18:00\\\"\\nannounced_yearly: false\\n\"}");
    house_adopt_charter_text(town.house, "town.yaml", town_charter);
    town_raise(&town, "W-1");
    town_raise(&town, "W-2");
    must(&town, "solution.drafted", "W-1", NULL, SOLUTION);
    house_advance(town.house, "2020-02-24T23:59:59+08:00");
    assert_int_equal(house_count(town.house, "deadline.missed", NULL), 0);
    house_advance(town.house, "2020-02-25T09:00:00+08:00");
    assert_int_equal(house_count(town.house, "deadline.missed", NULL), 1);
    town_is(town_last(&town, "deadline.missed", "W-2"), FIELD_LEVEL, "team");
    town.seq =
        house_publish(town.house, "2020-03-31T18:00:00+08:00", "task.completed", TASK, NULL, NULL, EVIDENCE);
    town.seq = house_publish(town.house, "2020-04-02T09:00:00+08:00", "task.rejected", TASK, NULL,
                             "office.director", REJECTION);
    house_advance(town.house, "2020-04-02T09:00:02+08:00");
    assert_int_equal(house_count(town.house, "deadline.missed", TASK), 1);
    house_check_rebuild(town.house);
    house_close(town.house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_complete),
        cmocka_unit_test(test_every_cell),
        cmocka_unit_test(test_assigned_with_its_provenance),
        cmocka_unit_test(test_wildcard_is_a_task_for_each),
        cmocka_unit_test(test_nobody_verifies_his_own_work),
        cmocka_unit_test(test_charter_of_a_report_must_be_the_issues),
        cmocka_unit_test(test_rerouted_keeps_the_due_day),
        cmocka_unit_test(test_rejected_is_to_be_done_again),
        cmocka_unit_test(test_missed_once_and_no_new_deadline),
        cmocka_unit_test(test_done_in_time_is_never_late),
        cmocka_unit_test(test_done_late_is_missed_once),
        cmocka_unit_test(test_last_task_completes_the_list),
        cmocka_unit_test(test_numbers_run_on_after_reopening),
        cmocka_unit_test(test_withdrawn_issue_drops_its_tasks),
        cmocka_unit_test(test_with_the_role_deadlines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
