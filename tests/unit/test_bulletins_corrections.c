/* test_bulletins_corrections.c - what is corrected of a published bulletin: all of it, and nothing else.
 *
 * Goal: every published figure that a late event changes is corrected, whatever the bulletin's size, with the
 * events that changed it, under the charter that the bulletin was made under. Method: charters with as many
 * areas as a test wants and other roles' outcomes put in by hand; the roles bulletins and deadlines are real.
 */
#include "tests/support/turn_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/log.h"
#include "workers/bulletins/figures.h"
#include "workers/roles.h"

const struct role *const roles_all[] = {&role_bulletins, &role_deadlines, NULL};

#define C "worker/coordination"
#define T "worker/tasks"
#define S "worker/supervision"

enum { CHARTER_BYTES_MAX = 1 << 16, AREAS_MANY = 280 };

#define CHARTER_OPENING                                                                                       \
    "charter: demo\n"                                                                                         \
    "title: 示范市协调机制\n"                                                                          \
    "document: {number: 示〔2020〕1号, issued: 2020-01-20}\n"                                             \
    "calendar: cn\n"                                                                                          \
    "zone: \"+08:00\"\n"                                                                                      \
    "units: [市税务局, 市财政局]\n"                                                                   \
    "levels:\n"                                                                                               \
    "  - {id: team, name: 工作专班, per_area: true, settles: true, limit: {is: 15wd, default: true}}\n"   \
    "area_bodies:\n"                                                                                          \
    "  - {level: team, id: \"team-{area}\", name: \"{area}专班\", head_post: lead, head_title: 负责人, " \
    "head_of: lead_units}\n"                                                                                  \
    "confirmation: {required: false, default: true}\n"                                                        \
    "opinions: {limit: 5wd, default: true}\n"                                                                 \
    "bulletins:\n"                                                                                            \
    "  - id: monthly\n"                                                                                       \
    "    title: 通报\n"                                                                                     \
    "    period: month\n"                                                                                     \
    "    due: 5wd\n"                                                                                          \
    "    clause: 五\n"                                                                                       \
    "    sections: [{id: task-lists, title: 任务}, {id: issues, title: 问题}, {id: speed, title: "
#define CHARTER_SCORES "}, {id: scores, title: 考核}]\n"

/* speed: the title of the part on speed. */
static const char *charter_of(size_t areas, const char *speed)
{
    static char text[CHARTER_BYTES_MAX];
    size_t bytes =
        (size_t)snprintf(text, sizeof text, "%s%s%sareas:\n", CHARTER_OPENING, speed, CHARTER_SCORES);
    for (size_t i = 0; i < areas; i++)
        bytes += (size_t)snprintf(text + bytes, sizeof text - bytes,
                                  "  - {area: 甲%zu, lead_units: [市税务局]}\n", i);
    assert_true(bytes < sizeof text);
    return text;
}

static struct house *open_with(size_t areas)
{
    struct house *house = house_open_roles(roles_all);
    house_adopt_calendar(house, "config/calendars/cn.yaml", NULL);
    house_advance(house, "2020-01-20T09:00:00+08:00");
    house_adopt_charter_text(house, "demo.yaml", charter_of(areas, "提速"));
    return house;
}

static uint64_t tell(struct house *house, const char *received, const char *publisher, const char *type,
                     const char *subject, const char *json)
{
    return house_publish_as(house, publisher, received, type, subject, "demo", NULL, json);
}

static void tell_opened(struct house *house, size_t area)
{
    char id[32], json[256];
    (void)snprintf(id, sizeof id, "WT-%zu", area);
    (void)snprintf(json, sizeof json,
                   "{\"title\":\"事项\",\"area\":\"甲%zu\",\"level\":\"team\",\"body\":\"team-甲%zu\","
                   "\"round\":1}",
                   area, area);
    (void)tell(house, "2020-02-03T10:00:00+08:00", C, "issue.opened", id, json);
}

/* Settled in February, known when it is received. */
static uint64_t tell_settled(struct house *house, size_t area, const char *received)
{
    char id[32];
    (void)snprintf(id, sizeof id, "WT-%zu", area);
    return tell(house, received, C, "issue.settled", id,
                "{\"how\":\"resolved\",\"level\":\"team\",\"at\":\"2020-02-13T10:00:00+08:00\"}");
}

static const struct event *corrected(struct house *house, const char *period, size_t nth)
{
    char id[64];
    (void)snprintf(id, sizeof id, "demo/monthly/%s", period);
    return house_find(house, "bulletin.corrected", id, nth);
}

static const struct doc *difference_of(const struct event *event, const char *name)
{
    for (size_t i = 0; i < doc_count(event->data, FIELD_DIFFERENCES); i++) {
        const struct doc *row = doc_doc_at(event->data, FIELD_DIFFERENCES, i);
        if (text_is(doc_text(row, FIELD_NAME), name))
            return row;
    }
    return NULL;
}

static void check_difference(const struct event *event, const char *name, const char *was, const char *is,
                             uint64_t seq)
{
    assert_non_null(event);
    const struct doc *row = difference_of(event, name);
    if (row == NULL)
        fail_msg("nothing is said of %s in\n%.*s", name, TEXT_PRINT(doc_text(event->data, FIELD_TEXT)));
    if (!text_is(doc_text(row, FIELD_WAS), was) || !text_is(doc_text(row, FIELD_IS), is))
        fail_msg("%s: %.*s → %.*s", name, TEXT_PRINT(doc_text(row, FIELD_WAS)),
                 TEXT_PRINT(doc_text(row, FIELD_IS)));
    assert_int_equal(doc_count(row, FIELD_INPUTS), 1);
    assert_int_equal(doc_int_at(row, FIELD_INPUTS, 0), seq);
}

/* ---- size ---- */

/* More figures than an event holds: the last table's last row is corrected, and no other row. */
static void test_every_figure_is_kept(void **state)
{
    (void)state;
    struct house *house = open_with(AREAS_MANY);
    for (size_t i = 0; i < AREAS_MANY; i++)
        tell_opened(house, i);
    for (size_t i = 0; i < AREAS_MANY; i++)
        (void)tell_settled(house, i, "2020-02-13T10:00:00+08:00");
    house_advance(house, "2020-03-10T00:00:00+08:00");
    assert_int_equal(house_count(house, "figures.published", "demo/monthly/2020-02"), 2);
    uint64_t reopened = tell(house, "2020-03-16T10:00:00+08:00", C, "issue.reopened", "WT-279",
                             "{\"level\":\"team\",\"body\":\"team-甲279\",\"round\":2,\"reason\":\"退回\"}");
    house_advance(house, "2020-04-20T00:00:00+08:00");
    const struct event *event = corrected(house, "2020-02", 0);
    check_difference(event, "问题：解决", "280件", "279件", reopened);
    check_difference(event, "问题：甲279·解决", "1", "无", reopened);
    for (size_t i = 0; i < doc_count(event->data, FIELD_DIFFERENCES); i++) {
        struct text name = doc_text(doc_doc_at(event->data, FIELD_DIFFERENCES, i), FIELD_NAME);
        if (text_starts_with(name, TEXT("问题：甲")))
            assert_true(text_is(name, "问题：甲279·解决"));
    }
    assert_false(doc_has(event->data, FIELD_LEFT));
    assert_int_equal(house_count(house, "bulletin.corrected", NULL), 1);
    house_check_rebuild(house);
    house_close(house);
}

/* More figures than are kept: the list says so, and what slides in or out of it is no correction. */
static void test_a_cut_list_corrects_nothing_untrue(void **state)
{
    (void)state;
    enum { UNITS = NAMED_MAX / 2 + 40 };
    struct house *house = open_with(1);
    for (int i = 0; i < UNITS; i++) {
        char id[32], json[256];
        (void)snprintf(id, sizeof id, "T-%d", i);
        (void)snprintf(json, sizeof json,
                       "{\"task\":\"%s\",\"unit\":\"u-%d\",\"title\":\"x\",\"by\":\"2020-03-31\",\"issue\":"
                       "\"WT-1\"}",
                       id, i);
        (void)tell(house, "2020-02-10T10:00:00+08:00", T, "task.assigned", id, json);
    }
    house_advance(house, "2020-03-10T00:00:00+08:00");
    const struct event *published = house_find(house, "bulletin.published", "demo/monthly/2020-02", 0);
    assert_true(doc_int(published->data, FIELD_LEFT, 0) > 0);
    assert_int_equal(house_count(house, "figures.published", "demo/monthly/2020-02"),
                     NAMED_MAX / LIST_COUNT_MAX - 1);
    uint64_t closed = tell(house, "2020-03-16T10:00:00+08:00", T, "task.closed", "T-0",
                           "{\"issue\":\"WT-1\",\"at\":\"2020-02-20T10:00:00+08:00\"}");
    house_advance(house, "2020-04-20T00:00:00+08:00");
    const struct event *event = corrected(house, "2020-02", 0);
    check_difference(event, "任务：核验销号", "0项", "1项", closed);
    assert_int_equal(doc_count(event->data, FIELD_DIFFERENCES), 2); /* that, and what is open */
    house_check_rebuild(house);
    house_close(house);
}

/* More differences than a correction holds: the rest comes with the next one, though nothing new happens, and
 * then there is an end. */
static void test_what_is_left_comes_with_the_next(void **state)
{
    (void)state;
    struct house *house = open_with(AREAS_MANY);
    for (size_t i = 0; i < AREAS_MANY; i++)
        tell_opened(house, i);
    house_advance(house, "2020-03-10T00:00:00+08:00");
    for (size_t i = 0; i < AREAS_MANY; i++)
        (void)tell_settled(house, i, "2020-03-16T10:00:00+08:00");
    house_advance(house, "2020-08-20T00:00:00+08:00");
    const struct event *first = corrected(house, "2020-02", 0), *second = corrected(house, "2020-02", 1);
    assert_non_null(first);
    assert_non_null(second);
    assert_int_equal(house_count(house, "bulletin.corrected", "demo/monthly/2020-02"), 2);
    int64_t left = doc_int(first->data, FIELD_LEFT, 0);
    assert_int_equal(doc_count(first->data, FIELD_DIFFERENCES), LIST_COUNT_MAX);
    assert_int_equal(doc_count(second->data, FIELD_DIFFERENCES), left);
    assert_false(doc_has(second->data, FIELD_LEFT));
    for (size_t i = 0; i < AREAS_MANY; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "问题：甲%zu·解决", i);
        assert_true((difference_of(first, name) != NULL) != (difference_of(second, name) != NULL));
    }
    house_check_rebuild(house);
    house_close(house);
}

/* Names that are one as far as an event has room for them stay two; a full list counts what is beyond it. */
static void test_named(void **state)
{
    (void)state;
    struct arena arena;
    struct named_figures named = {.count = 0};
    char a[NAMED_BYTES_MAX + 8], b[NAMED_BYTES_MAX + 8];
    arena_open(&arena, 1 << 24);
    (void)snprintf(a, sizeof a, "%0*d1", NAMED_BYTES_MAX, 0);
    (void)snprintf(b, sizeof b, "%0*d2", NAMED_BYTES_MAX, 0);
    struct named_figure one = named_fit(&arena, &(struct named_figure){text_from(a), TEXT("1"), 0}),
                        two = named_fit(&arena, &(struct named_figure){text_from(b), TEXT("2"), 0});
    assert_true(one.name.bytes <= NAMED_BYTES_MAX && two.name.bytes <= NAMED_BYTES_MAX);
    named_add(&named, &arena, &one);
    named_add(&named, &arena, &two);
    named_add(&named, &arena, &(struct named_figure){one.name, TEXT("3"), 0});
    assert_int_equal(named.count, 2);
    assert_true(text_is(named_find(&named, one.name)->is, "1"));
    assert_true(text_is(named_find(&named, two.name)->is, "2"));
    for (size_t i = 2; i <= NAMED_MAX; i++)
        named_add(&named, &arena, &(struct named_figure){arena_printf(&arena, "%zu", i), TEXT("1"), 0});
    assert_int_equal(named.count, NAMED_MAX);
    assert_int_equal(named.left_out, 1);
    arena_close(&arena);
}

/* ---- which figures, which events ---- */

/* The mean and the median are figures as others are. */
static void test_durations_are_corrected(void **state)
{
    (void)state;
    struct house *house = open_with(2);
    tell_opened(house, 0);
    tell_opened(house, 1);
    (void)tell(house, "2020-02-05T10:00:00+08:00", C, "issue.settled", "WT-0",
               "{\"how\":\"resolved\",\"level\":\"team\",\"at\":\"2020-02-05T10:00:00+08:00\"}");
    house_advance(house, "2020-03-10T00:00:00+08:00");
    uint64_t settled = tell_settled(house, 1, "2020-03-16T10:00:00+08:00");
    house_advance(house, "2020-04-20T00:00:00+08:00");
    const struct event *event = corrected(house, "2020-02", 0);
    check_difference(event, "提速：问题从提出到解决平均", "2.0天", "6.0天", settled);
    check_difference(event, "提速：问题从提出到解决中位数", "2.0天", "6.0天", settled);
    house_check_rebuild(house);
    house_close(house);
}

/* Whether a task was in time depends on all misses before, also on one of the month before. */
static void test_shares_of_units_are_corrected(void **state)
{
    (void)state;
    struct house *house = open_with(1);
    (void)tell(
        house, "2020-01-21T10:00:00+08:00", T, "task.assigned", "T-1",
        "{\"task\":\"T-1\",\"unit\":\"市税务局\",\"title\":\"x\",\"by\":\"2020-01-31\",\"issue\":\"WT-1\"}");
    (void)tell(house, "2020-02-20T10:00:00+08:00", T, "task.closed", "T-1",
               "{\"issue\":\"WT-1\",\"at\":\"2020-02-20T10:00:00+08:00\"}");
    house_advance(house, "2020-03-10T00:00:00+08:00");
    uint64_t missed = tell(house, "2020-03-16T10:00:00+08:00", T, "deadline.missed", "T-1",
                           "{\"deadline\":\"T-1/task/1\",\"label\":\"task\",\"due\":"
                           "\"2020-01-31T23:59:59.999999+08:00\",\"who\":\"市税务局\"}");
    house_advance(house, "2020-04-20T00:00:00+08:00");
    const struct event *event = corrected(house, "2020-02", 0);
    check_difference(event, "提速：销号的任务按时率", "100.0%", "0.0%", missed);
    check_difference(event, "提速：市税务局·按时率", "100.0%", "0.0%", missed);
    check_difference(event, "提速：市税务局·其中按时", "1", "无", missed);
    assert_null(difference_of(event, "提速：超过时限")); /* that is January's */
    house_check_rebuild(house);
    house_close(house);
}

#define SCORES(unit, points)                                                                                   \
    "{\"period\":\"2019\",\"number\":1,\"version\":1,\"formula\":\"f\",\"title\":\"年度考核\",\"scores\":" \
    "[{\"unit\":\"" unit "\",\"points\":" points ",\"rank\":1}]}"

/* What is published of scores is kept; those that come out after the period stand in the next bulletin, and
 * correct nothing. */
static void test_scores_belong_to_their_period(void **state)
{
    (void)state;
    struct house *house = open_with(1);
    tell_opened(house, 0);
    (void)tell(house, "2020-02-13T10:00:00+08:00", S, "scores.published", "demo/annual/2019",
               SCORES("市税务局", "9325"));
    (void)tell(house, "2020-03-02T10:00:00+08:00", S, "scores.published", "demo/annual/2019",
               SCORES("市财政局", "8000"));
    house_advance(house, "2020-03-10T00:00:00+08:00");
    const struct event *february = house_find(house, "bulletin.published", "demo/monthly/2020-02", 0);
    bool kept = false;
    for (size_t i = 0; i < doc_count(february->data, FIELD_FIGURES); i++) {
        const struct doc *row = doc_doc_at(february->data, FIELD_FIGURES, i);
        kept = kept || (text_is(doc_text(row, FIELD_NAME), "考核：市税务局·得分") &&
                        text_is(doc_text(row, FIELD_IS), "93.25"));
    }
    assert_true(kept);
    (void)tell_settled(house, 0, "2020-03-16T10:00:00+08:00");
    house_advance(house, "2020-04-20T00:00:00+08:00");
    const struct event *event = corrected(house, "2020-02", 0);
    assert_non_null(event);
    for (size_t i = 0; i < doc_count(event->data, FIELD_DIFFERENCES); i++)
        assert_false(text_starts_with(doc_text(doc_doc_at(event->data, FIELD_DIFFERENCES, i), FIELD_NAME),
                                      TEXT("考核")));
    house_check_rebuild(house);
    house_close(house);
}

/* Two late events of one month: each figure names the one that it counts. */
static void test_each_figure_names_its_own_kind(void **state)
{
    (void)state;
    struct house *house = open_with(2);
    tell_opened(house, 0);
    tell_opened(house, 1);
    house_advance(house, "2020-03-10T00:00:00+08:00");
    uint64_t settled = tell_settled(house, 0, "2020-03-16T10:00:00+08:00");
    uint64_t missed = tell(
        house, "2020-03-17T10:00:00+08:00", C, "deadline.missed", "WT-1",
        "{\"deadline\":\"WT-1/team/1\",\"label\":\"team\",\"due\":\"2020-02-24T23:59:59.999999+08:00\"}");
    house_advance(house, "2020-04-20T00:00:00+08:00");
    const struct event *event = corrected(house, "2020-02", 0);
    check_difference(event, "问题：解决", "0件", "1件", settled);
    check_difference(event, "问题：甲0·解决", "无", "1", settled);
    check_difference(event, "提速：超过时限", "0项", "1项", missed);
    house_check_rebuild(house);
    house_close(house);
}

/* A version that names its parts otherwise comes between: the bulletin is counted again under its own. */
static void test_under_its_own_version(void **state)
{
    (void)state;
    struct house *house = open_with(2);
    tell_opened(house, 0);
    house_advance(house, "2020-03-10T00:00:00+08:00");
    house_adopt_charter_text(house, "demo.yaml", charter_of(2, "效率"));
    uint64_t missed = tell(
        house, "2020-03-17T10:00:00+08:00", C, "deadline.missed", "WT-0",
        "{\"deadline\":\"WT-0/team/1\",\"label\":\"team\",\"due\":\"2020-02-24T23:59:59.999999+08:00\"}");
    house_advance(house, "2020-04-20T00:00:00+08:00");
    const struct event *event = corrected(house, "2020-02", 0);
    check_difference(event, "提速：超过时限", "0项", "1项", missed);
    for (size_t i = 0; i < doc_count(event->data, FIELD_DIFFERENCES); i++)
        assert_false(text_starts_with(doc_text(doc_doc_at(event->data, FIELD_DIFFERENCES, i), FIELD_NAME),
                                      TEXT("效率")));
    house_check_rebuild(house);
    house_close(house);
}

int main(void)
{
    log_open("test", LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_figure_is_kept),
        cmocka_unit_test(test_a_cut_list_corrects_nothing_untrue),
        cmocka_unit_test(test_what_is_left_comes_with_the_next),
        cmocka_unit_test(test_named),
        cmocka_unit_test(test_durations_are_corrected),
        cmocka_unit_test(test_shares_of_units_are_corrected),
        cmocka_unit_test(test_scores_belong_to_their_period),
        cmocka_unit_test(test_each_figure_names_its_own_kind),
        cmocka_unit_test(test_under_its_own_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
