/* test_supervision_lists.c - goal: a list that comes anew changes what it may and no more: what ended stays
 * ended, an older list strikes nothing, a title is the same however it is written; and papers about one issue
 * end together, whichever was told first. Method: as test_supervision.c. */
#include "base/limits.h"
#include "tests/support/supervised.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define OPENED "supervision.opened"
#define DONE   "{\"result\":\"done\",\"unit\":\"市财政局\"}"
#define ITEM_1 "town/item/1"
#define ITEM_2 "town/item/2"
#define ISSUE  "{\"title\":\"税费申报\",\"area\":\"纳税\",\"level\":\"team\",\"body\":\"team-05\",\"round\":1}"

static void tell(struct house *house, const char *role, const char *type, const char *subject,
                 const char *json)
{
    (void)supervised_tell(house, NULL, role, type, subject, json);
}

static void must(struct house *house, const char *type, const char *item, const char *actor, const char *json)
{
    supervised_granted(house, supervised_report(house, NULL, type, item, actor, json));
}

static void refuse(struct house *house, const char *type, const char *item, const char *actor,
                   const char *json, const char *reason)
{
    supervised_refused(house, supervised_report(house, NULL, type, item, actor, json), reason);
}

static void verified(struct house *house, const char *item)
{
    must(house, "supervision.reported", item, "市财政局", DONE);
    must(house, "supervision.verified", item, "inspector", NULL);
}

/* ---- lists that come anew ---- */

#define MINUTES(version, items)                                                                              \
    "{\"minutes\":\"K-1\",\"bodies\":[\"group-05\"],\"version\":" version ",\"items\":[" items "]}"
#define FIRST  "{\"title\":\"甲\",\"unit\":\"市财政局\",\"by\":\"2020-03-02\"}"
#define SECOND "{\"title\":\"乙\",\"unit\":\"市财政局\"}"

static void test_minutes_again_after_the_end(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    tell(house, "routines", "minutes.recorded", "M-1", MINUTES("1", FIRST "," SECOND));
    verified(house, ITEM_1);
    house_advance(house, "2020-03-10T09:00:00+08:00");
    tell(house, "routines", "minutes.recorded", "M-1", MINUTES("2", FIRST));
    assert_int_equal(house_count(house, OPENED, NULL), 2);
    assert_int_equal(house_count(house, "deadline.missed", ITEM_1), 0);
    /* rightly struck, then resolved upon again: owed anew */
    must(house, "supervision.verified", ITEM_2, "inspector", NULL);
    town_is(supervised_last(house, "supervision.closed", ITEM_2), FIELD_HOW, "struck");
    tell(house, "routines", "minutes.recorded", "M-1", MINUTES("3", FIRST "," SECOND));
    assert_int_equal(house_count(house, OPENED, NULL), 3);
    supervised_close(house);
}

static void test_standing_after_the_end(void **context)
{
    (void)context;
    char sections[2048];
    (void)snprintf(
        sections, sizeof sections, "%s%s", supervised_section,
        "  standing:\n    - {id: rules, title: 建立制度, units: [市财政局], limit: by 2020-03-02}\n");
    struct house *house = supervised_open(sections);
    verified(house, ITEM_1);
    house_advance(house, "2020-03-10T09:00:00+08:00");
    supervised_enact(house, sections);
    assert_int_equal(house_count(house, OPENED, NULL), 1);
    supervised_close(house);
}

#define LIST(by, version, items)                                                                             \
    "{\"routine\":\"annual\",\"body\":\"group-05\",\"by\":\"" by "\",\"parts\":[{\"name\":\"p\"}],"          \
    "\"version\":" version ",\"title\":\"清单\",\"items\":[" items "]}"

/* Put right, the year's list asks for nothing again; the next year's does. */
static void test_list_put_right(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    tell(house, "routines", "filing.recorded", "F-1", LIST("2020-12-31", "1", SECOND));
    verified(house, ITEM_1);
    tell(house, "routines", "filing.recorded", "F-1", LIST("2020-12-31", "2", SECOND));
    assert_int_equal(house_count(house, OPENED, NULL), 1);
    tell(house, "routines", "filing.recorded", "F-2", LIST("2021-12-31", "1", SECOND));
    assert_int_equal(house_count(house, OPENED, NULL), 2);
    verified(house, ITEM_2);
    tell(house, "routines", "filing.recorded", "F-2", LIST("2021-12-31", "2", SECOND));
    assert_int_equal(house_count(house, OPENED, NULL), 2);
    supervised_close(house);
}

/* Last year's list is put right while this year's holds: nothing of this year's is struck, moved or asked for
 * again. */
static void test_older_list(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    tell(house, "routines", "filing.recorded", "F-1", LIST("2020-12-31", "1", "{\"title\":\"丙\"}," SECOND));
    tell(house, "routines", "filing.recorded", "F-2", LIST("2021-12-31", "1", FIRST "," SECOND));
    assert_int_equal(house_count(house, OPENED, NULL), 3);
    town_is(supervised_last(house, "supervision.updated", ITEM_1), FIELD_STATE, "struck");
    verified(house, ITEM_2);
    size_t updates = house_count(house, "supervision.updated", NULL);
    tell(house, "routines", "filing.recorded", "F-1", LIST("2020-12-31", "2", "{\"title\":\"丙\"}," SECOND));
    assert_int_equal(house_count(house, "supervision.updated", NULL), updates);
    assert_int_equal(house_count(house, OPENED, NULL), 3);
    tell(house, "routines", "filing.recorded", "F-1", LIST("2020-12-31", "3", "{\"title\":\"漏报\"}"));
    assert_int_equal(house_count(house, "supervision.updated", NULL), updates);
    assert_int_equal(house_count(house, OPENED, NULL), 4);
    supervised_close(house);
}

/* Width, case and blanks make no other title. */
static void test_plain_titles(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    tell(house, "routines", "filing.recorded", "F-1",
         LIST("2020-12-31", "1", "{\"title\":\"推行 App 办理\"}"));
    tell(house, "routines", "filing.recorded", "F-2",
         LIST("2021-12-31", "1", "{\"title\":\"推行ＡＰＰ办理\"}"));
    assert_int_equal(house_count(house, OPENED, NULL), 1);
    assert_int_equal(house_count(house, "supervision.updated", NULL), 0);
    supervised_close(house);
}

/* Who has no part in it any more reports nothing about it. */
static void test_unit_that_left(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    tell(house, "routines", "minutes.recorded", "M-1", MINUTES("1", FIRST));
    tell(house, "routines", "minutes.recorded", "M-1",
         MINUTES("2", "{\"title\":\"甲\",\"unit\":\"深圳海关\",\"by\":\"2020-03-02\"}"));
    refuse(house, "supervision.reported", ITEM_1, "市财政局", DONE, "has no part in item");
    must(house, "supervision.reported", ITEM_1, "深圳海关", "{\"result\":\"done\"}");
    supervised_close(house);
}

/* Five lists, each of which has nothing of the one before: what four years left struck does not hide what the
 * sixth strikes. */
static void test_many_struck(void **context)
{
    enum { LISTS = 5, ITEMS = 256, BYTES = ITEMS * 64 };
    static char json[BYTES];
    (void)context;
    struct house *house = supervised_open(supervised_section);
    for (int list = 1; list <= LISTS + 1; list++) {
        int bytes =
            snprintf(json, sizeof json,
                     "{\"minutes\":\"K-1\",\"bodies\":[\"group-05\"],\"version\":%d,\"items\":[", list);
        for (int i = 0; i < (list > LISTS ? 1 : ITEMS); i++)
            bytes +=
                snprintf(json + bytes, sizeof json - (size_t)bytes,
                         "%s{\"title\":\"%c-%03d\",\"unit\":\"市财政局\"}", i > 0 ? "," : "", 'a' + list, i);
        (void)snprintf(json + bytes, sizeof json - (size_t)bytes, "]}");
        (void)house_publish_as(house, "worker/routines", NULL, "minutes.recorded", "M-1", "town", NULL, json);
    }
    assert_int_equal(house_count(house, OPENED, NULL), LISTS * ITEMS + 1);
    assert_int_equal(house_count(house, "supervision.updated", NULL), LISTS * ITEMS);
    supervised_close(house);
}

/* S0-15: a list of a body that no area has is answered for by that body's own head. */
static void test_own_heads(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    tell(house, "routines", "filing.recorded", "F-1",
         "{\"routine\":\"annual\",\"body\":\"leading\",\"by\":\"2020-12-31\",\"parts\":[{\"name\":\"p\"}],"
         "\"version\":1,\"items\":[{\"title\":\"甲\",\"unit\":\"市税务局\"}]}");
    town_lists(supervised_last(house, OPENED, ITEM_1), FIELD_POSTS, "leading.head");
    supervised_close(house);
}

/* Not even what is struck is ended by a post of the unit that owes it. */
static void test_struck_by_its_own(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    tell(house, "routines", "minutes.recorded", "M-1",
         MINUTES("1", "{\"title\":\"丙\",\"unit\":\"市发展改革委\"}"));
    tell(house, "routines", "minutes.recorded", "M-1", MINUTES("2", FIRST));
    refuse(house, "supervision.verified", ITEM_1, "office.director", NULL, "does not supervise itself");
    must(house, "supervision.verified", ITEM_1, "inspector", NULL);
    supervised_close(house);
}

/* ---- papers about one issue ---- */

#define SOLUTION                                                                                             \
    "{\"level\":\"group\",\"items\":[{\"units\":[\"市财政局\",\"深圳海关\"],\"by\":\"2020-03-02\","  \
    "\"opinion\":\"修订\"}]}"
#define ABOUT(title) "{\"title\":\"" title "\",\"issue\":\"W-1\",\"unit\":\"市财政局\"}"
#define ENDED        "{\"issue\":\"W-1\",\"count\":1}"

static void test_minutes_before_the_solution(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    tell(house, "coordination", "issue.opened", "W-1", ISSUE);
    tell(house, "routines", "minutes.recorded", "M-1", MINUTES("1", ABOUT("修订")));
    tell(house, "coordination", "solution.adopted", "W-1", SOLUTION);
    tell(house, "tasks", "tasklist.completed", "W-1", ENDED);
    town_is(supervised_last(house, "supervision.closed", ITEM_1), FIELD_HOW, "linked");
    town_is(supervised_last(house, "supervision.closed", ITEM_2), FIELD_HOW, "tasks");
    supervised_close(house);
}

/* The tenth item comes after the ninth: it is linked to that, and ends with it. */
static void test_ten_items(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    tell(house, "routines", "minutes.recorded", "M-0",
         "{\"minutes\":\"K-0\",\"bodies\":[\"group-05\"],\"version\":1,\"items\":[{\"title\":\"1\"},{"
         "\"title\":"
         "\"2\"},{\"title\":\"3\"},{\"title\":\"4\"},{\"title\":\"5\"},{\"title\":\"6\"},{\"title\":\"7\"},{"
         "\"title\":\"8\"}]}");
    tell(house, "coordination", "issue.opened", "W-1", ISSUE);
    tell(house, "coordination", "solution.adopted", "W-1", SOLUTION);
    tell(house, "routines", "minutes.recorded", "M-1", MINUTES("1", ABOUT("甲") "," ABOUT("乙")));
    town_is(supervised_last(house, OPENED, "town/item/11"), FIELD_ITEM, "town/item/9");
    tell(house, "tasks", "tasklist.completed", "W-1", ENDED);
    assert_int_equal(house_count(house, "supervision.closed", NULL), 3);
    supervised_close(house);
}

/* A decision whose task list is still owed, and one whose tasks came later, do not end with others' tasks. */
static void test_tasks_of_their_own(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    tell(house, "coordination", "issue.opened", "W-1", ISSUE);
    tell(house, "coordination", "solution.adopted", "W-1", SOLUTION);
    tell(house, "coordination", "decision.recorded", "W-1",
         "{\"decision\":\"D\",\"text\":\"同意\",\"level\":\"leading\"}");
    tell(house, "tasks", "tasklist.completed", "W-1", ENDED);
    town_is(supervised_last(house, "supervision.closed", ITEM_1), FIELD_HOW, "tasks");
    assert_int_equal(house_count(house, "supervision.closed", ITEM_2), 0);
    supervised_close(house);
}

/* As the role tasks says it: caused by a report. */
static void tell_completed(struct house *house, uint64_t cause)
{
    struct arena arena;
    struct buffer body;
    char id[64];
    arena_open(&arena, ARENA_BYTES_MAX);
    buffer_open(&body, EVENT_BYTES_MAX);
    (void)snprintf(id, sizeof id, "completed-%llu", (unsigned long long)cause);
    struct doc *data = doc_new(&arena);
    doc_set_text(data, FIELD_ISSUE, TEXT("W-1"));
    doc_set_int(data, FIELD_COUNT, 1);
    const struct event event = {.id = text_from(id),
                                .source = TEXT("/worker/tasks"),
                                .type = &event_types[EVENT_TASKLIST_COMPLETED],
                                .type_name = TEXT("tasklist.completed"),
                                .subject = TEXT("W-1"),
                                .charter = TEXT("town"),
                                .time_us = house_now_us(house),
                                .cause = cause,
                                .data = data};
    event_encode(&event, &body);
    (void)house_post_bytes(house, "worker/tasks", buffer_view(&body));
    house_settle(house);
    house_check_rebuild(house);
    buffer_close(&body);
    arena_close(&arena);
}

/* The completion that the role tasks tells late was caused before a second solution was adopted: its tasks
 * are none of those. */
static void test_completed_before_it_had_tasks(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    tell(house, "coordination", "issue.opened", "W-1", ISSUE);
    tell(house, "coordination", "solution.adopted", "W-1", SOLUTION);
    uint64_t verified = supervised_last(house, OPENED, ITEM_1)->seq + 1;
    tell(house, "coordination", "issue.reopened", "W-1",
         "{\"level\":\"team\",\"body\":\"team-05\",\"round\":2,\"reason\":\"没有解决\"}");
    tell(house, "coordination", "solution.adopted", "W-1", SOLUTION);
    tell_completed(house, verified);
    town_is(supervised_last(house, "supervision.closed", ITEM_1), FIELD_HOW, "tasks");
    assert_int_equal(house_count(house, "supervision.closed", ITEM_2), 0);
    tell_completed(house, supervised_last(house, OPENED, ITEM_2)->seq + 1);
    town_is(supervised_last(house, "supervision.closed", ITEM_2), FIELD_HOW, "tasks");
    supervised_close(house);
}

/* ---- what tasks carry out ---- */

#define ASSIGNED(number, unit)                                                                               \
    "{\"task\":\"W-1/task/" number "\",\"unit\":\"" unit                                                     \
    "\",\"title\":\"修订\",\"by\":\"2020-03-02\",\"issue\":\"W-1\"}"

static void test_units_do_not_end_it(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    tell(house, "coordination", "issue.opened", "W-1", ISSUE);
    tell(house, "coordination", "solution.adopted", "W-1", SOLUTION);
    tell(house, "tasks", "task.assigned", "W-1/task/1", ASSIGNED("1", "市财政局"));
    refuse(house, "supervision.reported", ITEM_1, "市财政局", DONE, "its tasks carry it out");
    must(house, "supervision.reported", ITEM_1, "市财政局", "{\"result\":\"progress\",\"percent\":40}");
    house_advance(house, "2020-03-05T00:00:00+08:00");
    town_lists(supervised_last(house, "deadline.missed", ITEM_1), FIELD_UNITS, "市财政局");
    supervised_close(house);
}

/* What units had reported before the task list was there is no end either. */
static void test_supervisors_do_not_end_it(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    tell(house, "coordination", "issue.opened", "W-1", ISSUE);
    tell(house, "coordination", "decision.recorded", "W-1",
         "{\"decision\":\"D\",\"text\":\"同意\",\"level\":\"leading\"}");
    must(house, "supervision.reported", ITEM_1, "市税务局", "{\"result\":\"done\"}");
    tell(house, "coordination", "tasklist.issued", "W-1",
         "{\"list\":\"L\",\"decision\":\"D\",\"items\":[{\"unit\":\"市税务局\",\"by\":\"2020-03-02\"}]}");
    refuse(house, "supervision.verified", ITEM_1, "inspector", NULL, "its tasks carry it out");
    supervised_close(house);
}

/* A task that was reported in time and verified since is nobody's fault. */
static void test_closed_task_is_not_owed(void **context)
{
    (void)context;
    struct house *house = supervised_open(supervised_section);
    tell(house, "coordination", "issue.opened", "W-1", ISSUE);
    tell(house, "coordination", "solution.adopted", "W-1", SOLUTION);
    tell(house, "tasks", "task.assigned", "W-1/task/1", ASSIGNED("1", "市财政局"));
    tell(house, "tasks", "task.assigned", "W-1/task/2", ASSIGNED("2", "深圳海关"));
    tell(house, "tasks", "task.updated", "W-1/task/1",
         "{\"state\":\"done-reported\",\"at\":\"2020-02-03T09:00:00+08:00\"}");
    tell(house, "tasks", "task.closed", "W-1/task/1",
         "{\"issue\":\"W-1\",\"at\":\"2020-02-03T09:00:00+08:00\"}");
    house_advance(house, "2020-03-03T00:00:01+08:00");
    town_lists(supervised_last(house, "deadline.missed", ITEM_1), FIELD_UNITS, "深圳海关");
    supervised_close(house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minutes_again_after_the_end),
        cmocka_unit_test(test_standing_after_the_end),
        cmocka_unit_test(test_list_put_right),
        cmocka_unit_test(test_older_list),
        cmocka_unit_test(test_plain_titles),
        cmocka_unit_test(test_unit_that_left),
        cmocka_unit_test(test_many_struck),
        cmocka_unit_test(test_own_heads),
        cmocka_unit_test(test_struck_by_its_own),
        cmocka_unit_test(test_minutes_before_the_solution),
        cmocka_unit_test(test_ten_items),
        cmocka_unit_test(test_tasks_of_their_own),
        cmocka_unit_test(test_completed_before_it_had_tasks),
        cmocka_unit_test(test_units_do_not_end_it),
        cmocka_unit_test(test_supervisors_do_not_end_it),
        cmocka_unit_test(test_closed_task_is_not_owed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
