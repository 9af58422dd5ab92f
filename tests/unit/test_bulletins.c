/* test_bulletins.c - the role bulletins: a fixed story becomes a fixed bulletin, period by period.
 *
 * Goal: the four parts that the document demands (S0-19), every figure with its events, the same bytes from
 * the same journal. Method: a small charter and other roles' outcomes put in by hand, so that this text alone
 * decides the golden files; the roles bulletins and deadlines are real. `GOLDEN_WRITE=1 test_bulletins`
 * writes the golden files anew.
 */
#include "tests/support/turn_bench.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "config/charter.h"
#include "workers/bulletins/chart_text.h"
#include "workers/bulletins/facts.h"
#include "workers/bulletins/figures.h"
#include "workers/bulletins/files.h"
#include "workers/common/period.h"
#include "workers/roles.h"

const struct role *const roles_all[] = {&role_bulletins, &role_deadlines, NULL};

#define CHARTER_HEAD                                                                                          \
    "charter: demo\n"                                                                                         \
    "title: 示范市优化营商环境协调机制\n"                                                        \
    "document: {number: 示营商〔2020〕1号, issued: 2020-01-20}\n"                                       \
    "calendar: cn\n"                                                                                          \
    "zone: \"+08:00\"\n"                                                                                      \
    "units: [市税务局, 市财政局, 市司法局]\n"                                                     \
    "levels:\n"                                                                                               \
    "  - {id: team, name: 工作专班, per_area: true, settles: true, limit: {is: 15wd, default: true}}\n"   \
    "  - {id: group, name: 专项小组, per_area: true, settles: true, limit: {is: 10wd, default: true}}\n"  \
    "areas:\n"                                                                                                \
    "  - {area: 纳税, lead_units: [市税务局]}\n"                                                        \
    "  - {area: 执行合同, lead_units: [市司法局]}\n"                                                  \
    "area_bodies:\n"                                                                                          \
    "  - {level: team, id: \"team-{area}\", name: \"{area}专班\", head_post: lead, head_title: 负责人, " \
    "head_of: lead_units}\n"                                                                                  \
    "  - {level: group, id: \"group-{area}\", name: \"{area}小组\", head_post: head, head_title: 组长, "  \
    "head_of: lead_units}\n"                                                                                  \
    "confirmation: {required: false, default: true}\n"                                                        \
    "opinions: {limit: 5wd, default: true}\n"
#define CHARTER_MONTHLY                                                                                                        \
    "  - id: monthly\n"                                                                                                        \
    "    title: 优化营商环境改革工作情况通报\n"                                                                  \
    "    audience: 领导小组成员\n"                                                                                       \
    "    issuer: {is: 示范市协调机制办公室, clause: 五（三）, default: true}\n"                                  \
    "    period: month\n"                                                                                                      \
    "    due: 5wd\n"                                                                                                           \
    "    clause: 五（三）\n"                                                                                               \
    "    default: true\n"                                                                                                      \
    "    sections: [{id: task-lists, title: 重点任务清单落实情况}, {id: issues, title: 问题协调解决情况},\n" \
    "               {id: plans, title: 工作方案推进情况}, {id: speed, title: 提速提效情况}]\n"
#define CHARTER_QUARTERLY                                                                                    \
    "  - {id: quarterly, title: 季度通报, period: quarter, due: 10wd, clause: 五, default: true,\n"     \
    "     sections: [{id: speed, title: 提速提效情况}]}\n"

static const char story_charter[] = CHARTER_HEAD "bulletins:\n" CHARTER_MONTHLY;

/* ---- the story ---- */

struct line {
    const char *received, *publisher, *type, *subject, *json;
};
#define C "worker/coordination"
#define T "worker/tasks"

static const struct line story[] = {
    {"2020-01-21T10:00:00+08:00", C, "issue.opened", "WT-1",
     "{\"title\":\"发票 *增量* 申请 | "
     "材料<重复>\",\"area\":\"纳税\",\"level\":\"team\",\"body\":\"team-纳税\",\"round\":1}"},
    {"2020-01-22T10:00:00+08:00", C, "issue.opened", "WT-2",
     "{\"title\":\"执行款发放周期过长\",\"area\":\"执行合同\",\"level\":\"team\",\"body\":\"team-执行合同\","
     "\"round\":1}"},
    {"2020-02-03T09:00:00+08:00", C, "issue.opened", "WT-3",
     "{\"title\":\"留抵退税跨区办理\",\"area\":\"纳税\",\"level\":\"team\",\"body\":\"team-纳税\",\"round\":"
     "1}"},
    {"2020-02-03T10:00:00+08:00", C, "opinion.unanswered", "WT-1",
     "{\"unit\":\"市财政局\",\"level\":\"team\"}"},
    {"2020-02-03T10:00:00+08:00", C, "deadline.missed", "WT-1",
     "{\"deadline\":\"WT-1/opinion:市财政局/"
     "5\",\"label\":\"opinion:市财政局\",\"due\":\"2020-01-31T23:59:59.999999+08:00\","
     "\"who\":\"市财政局\"}"},
    {"2020-02-04T10:00:00+08:00", C, "issue.escalated.group", "WT-1",
     "{\"from\":\"team\",\"to\":\"group\",\"body\":\"group-纳税\",\"round\":1,\"reason\":"
     "\"两个单位意见不一\\n需小组协调\"}"},
    {"2020-02-05T10:00:00+08:00", C, "request.refused", "WT-2",
     "{\"event\":\"escalation.requested\",\"reason\":\"the issue cannot go "
     "up\",\"owed\":[{\"need\":\"opinion "
     "of 市财政局\",\"who\":\"市财政局\",\"clause\":\"四（二）\",\"place\":\"demo.yaml:1:1\"}]}"},
    {"2020-02-06T10:00:00+08:00", C, "issue.escalated.group", "WT-3",
     "{\"from\":\"team\",\"to\":\"group\",\"body\":\"group-纳税\",\"round\":1}"},
    {"2020-02-07T10:00:00+08:00", C, "issue.sent-back", "WT-3",
     "{\"from\":\"group\",\"to\":\"team\",\"body\":\"team-纳税\",\"round\":2,\"reason\":\"材料不全\"}"},
    {"2020-02-10T10:00:00+08:00", C, "solution.adopted", "WT-1",
     "{\"level\":\"group\",\"items\":[{\"unit\":\"市税务局\",\"by\":\"2020-02-20\",\"opinion\":\"合并材料\"},"
     "{\"unit\":\"市财政局\",\"by\":\"2020-02-28\",\"opinion\":\"调整系统\"}]}"},
    {"2020-02-10T10:00:01+08:00", T, "task.assigned", "WT-1/1",
     "{\"task\":\"WT-1/"
     "1\",\"unit\":\"市税务局\",\"title\":\"合并材料\",\"by\":\"2020-02-20\",\"issue\":\"WT-1\"}"},
    {"2020-02-10T10:00:01+08:00", T, "task.assigned", "WT-1/2",
     "{\"task\":\"WT-1/"
     "2\",\"unit\":\"市司法局\",\"title\":\"调整系统\",\"by\":\"2020-02-28\",\"issue\":\"WT-1\"}"},
    {"2020-02-11T10:00:00+08:00", T, "task.updated", "WT-1/2",
     "{\"state\":\"assigned\",\"at\":\"2020-02-11T10:00:00+08:00\",\"unit\":\"市财政局\",\"reason\":"
     "\"职责在财政\"}"},
    {"2020-02-12T10:00:00+08:00", T, "task.updated", "WT-1/1",
     "{\"state\":\"accepted\",\"at\":\"2020-02-12T10:00:00+08:00\",\"percent\":40,\"note\":\"已梳理 12 "
     "项材料\"}"},
    {"2020-02-17T10:00:00+08:00", T, "task.updated", "WT-1/1",
     "{\"state\":\"done-reported\",\"at\":\"2020-02-17T10:00:00+08:00\",\"evidence\":\"公告\"}"},
    {"2020-02-18T10:00:00+08:00", T, "task.updated", "WT-1/1",
     "{\"state\":\"assigned\",\"at\":\"2020-02-18T10:00:00+08:00\",\"reason\":\"公告未附清单\"}"},
    {"2020-02-19T10:00:00+08:00", T, "task.updated", "WT-1/1",
     "{\"state\":\"done-reported\",\"at\":\"2020-02-19T10:00:00+08:00\",\"evidence\":\"公告及清单\"}"},
    {"2020-02-20T10:00:00+08:00", T, "task.closed", "WT-1/1",
     "{\"issue\":\"WT-1\",\"at\":\"2020-02-20T10:00:00+08:00\"}"},
    {"2020-02-21T10:00:00+08:00", C, "decision.recorded", "WT-3",
     "{\"decision\":\"WT-3/decision/"
     "1\",\"text\":\"同意跨区通办\",\"level\":\"group\",\"meeting\":\"第3次例会\"}"},
    {"2020-02-21T11:00:00+08:00", C, "tasklist.issued", "WT-3",
     "{\"list\":\"WT-3/tasklist/1\",\"decision\":\"WT-3/decision/"
     "1\",\"items\":[{\"unit\":\"市税务局\",\"by\":"
     "\"2020-03-31\"}]}"},
    {"2020-02-24T10:00:00+08:00", C, "issue.settled", "WT-3",
     "{\"how\":\"resolved\",\"level\":\"team\",\"at\":\"2020-02-24T09:00:00+08:00\"}"},
    {"2020-02-25T10:00:00+08:00", C, "issue.closed", "WT-3",
     "{\"how\":\"confirmed\",\"at\":\"2020-02-25T10:00:00+08:00\"}"},
    {"2020-02-26T10:00:00+08:00", C, "deadline.moved", "WT-2",
     "{\"deadline\":\"WT-2/team/"
     "2\",\"owner\":\"coordination\",\"label\":\"team\",\"before\":\"2020-02-14T23:59:59.999999+08:00\","
     "\"after\":\"2020-02-18T23:59:59.999999+08:00\",\"arithmetic\":\"15wd\",\"notice\":"
     "\"国务院办公厅2020年1月27日通知\"}"},
    {"2020-02-27T10:00:00+08:00", C, "deadline.missed", "WT-2",
     "{\"deadline\":\"WT-2/team/"
     "2\",\"label\":\"team\",\"due\":\"2020-02-18T23:59:59.999999+08:00\",\"who\":\"team-执行合同\"}"},
    /* after the period's end and before its bulletin: what was due on the last day is February's, what
       happened is March's */
    {"2020-03-02T10:00:00+08:00", T, "deadline.missed", "WT-1/2",
     "{\"deadline\":\"WT-1/2/task/"
     "12\",\"label\":\"task\",\"due\":\"2020-02-28T23:59:59.999999+08:00\",\"who\":\"市财政局\"}"},
    {"2020-03-03T10:00:00+08:00", C, "issue.settled", "WT-2",
     "{\"how\":\"resolved\",\"level\":\"team\",\"at\":\"2020-03-03T10:00:00+08:00\"}"},
    {"2020-03-04T10:00:00+08:00", C, "issue.sent-back", "WT-1",
     "{\"from\":\"group\",\"to\":\"team\",\"body\":\"team-纳税\",\"round\":2,\"reason\":\"再议\"}"},
};

static void story_enact(struct house *house, const char *charter)
{
    house_adopt_charter_text(house, "demo.yaml", charter);
}

static struct house *story_open_roles(const struct role *const roles[], const char *charter)
{
    struct house *house = house_open_roles(roles);
    house_adopt_calendar(house, "config/calendars/cn.yaml", NULL);
    house_advance(house, "2020-01-20T09:00:00+08:00");
    story_enact(house, charter);
    return house;
}

static struct house *story_open(const char *charter)
{
    return story_open_roles(roles_all, charter);
}

static void story_tell(struct house *house)
{
    for (size_t i = 0; i < sizeof story / sizeof *story; i++)
        (void)house_publish_as(house, story[i].publisher, story[i].received, story[i].type, story[i].subject,
                               "demo", NULL, story[i].json);
}

static struct text doc_text_of(const struct event *event, enum field field)
{
    assert_non_null(event);
    return doc_text(event->data, field);
}
static bool text_holds(struct text t, const char *part)
{
    return memmem(t.at, t.bytes, part, strlen(part)) != NULL;
}
static size_t text_occurs(struct text t, const char *part)
{
    size_t count = 0;
    for (size_t at = 0; at + strlen(part) <= t.bytes; at++)
        count += memcmp(t.at + at, part, strlen(part)) == 0 ? 1 : 0;
    return count;
}
static void check_holds(struct text t, const char *part)
{
    if (!text_holds(t, part))
        fail_msg("no \"%s\" in\n%.*s", part, TEXT_PRINT(t));
}

/* ---- golden files ---- */

static void check_golden(const char *path, struct text made)
{
    struct arena arena;
    struct text golden = TEXT("");
    struct complaint complaint = {0};
    arena_open(&arena, 1 << 22);
    if (getenv("GOLDEN_WRITE") != NULL)
        assert_int_equal(file_replace(path, 0644, (struct bytes){(const unsigned char *)made.at, made.bytes}),
                         0);
    if (file_read(&arena, path, 1 << 20, &golden, &complaint) != 0)
        fail_msg("%s: %s", path, complaint.message);
    if (!text_equal(golden, made))
        fail_msg("%s differs from what was made:\n%.*s", path, TEXT_PRINT(made));
    arena_close(&arena);
}

static void check_golden_file(const struct house *house, const char *name, const char *golden)
{
    char path[1024];
    struct arena arena;
    struct text made;
    struct complaint complaint = {0};
    arena_open(&arena, 1 << 22);
    (void)snprintf(path, sizeof path, "%s/bulletins/demo/monthly/%s", house_out_directory(house), name);
    if (file_read(&arena, path, 1 << 20, &made, &complaint) != 0)
        fail_msg("%s: %s", path, complaint.message);
    check_golden(golden, made);
    arena_close(&arena);
}

static void test_golden(void **state)
{
    (void)state;
    struct house *house = story_open(story_charter);
    story_tell(house);
    house_advance(house, "2020-03-06T23:59:59+08:00");
    assert_null(house_find(house, "bulletin.published", "demo/monthly/2020-02", 0));
    house_advance(house, "2020-03-07T09:00:00+08:00");
    const struct event *published = house_find(house, "bulletin.published", "demo/monthly/2020-02", 0);
    struct text text = doc_text_of(published, FIELD_TEXT);
    assert_int_equal(doc_int(published->data, FIELD_NUMBER, 0), 2);
    assert_true(text_is(doc_text_of(published, FIELD_PERIOD), "2020-02"));
    assert_true(text_is(doc_text_of(published, FIELD_AUDIENCE), "领导小组成员"));
    assert_true(text_is(doc_text_of(published, FIELD_CLAUSE), "五（三）"));
    struct digest digest = digest_of((struct bytes){(const unsigned char *)text.at, text.bytes});
    char hex[DIGEST_HEX_BYTES];
    assert_true(text_is(doc_text_of(published, FIELD_DIGEST), digest_hex(&digest, hex)));
    check_golden("tests/golden/bulletin-2020-02.md", text);
    check_golden_file(house, "2020-02.md", "tests/golden/bulletin-2020-02.md");
    check_golden_file(house, "2020-02.html", "tests/golden/bulletin-2020-02.html");
    house_check_rebuild(house);
    house_close(house);
}

/* Each number in front of 〔 is the number of events behind it, as far as they are listed; each of them
 * exists and is no later than what the bulletin covers. */
static void test_figures_show_their_events(void **state)
{
    (void)state;
    struct house *house = story_open(story_charter);
    story_tell(house);
    house_advance(house, "2020-03-07T09:00:00+08:00");
    const struct event *published = house_find(house, "bulletin.published", "demo/monthly/2020-02", 0);
    struct text text = doc_text_of(published, FIELD_TEXT);
    int64_t from = doc_int(published->data, FIELD_FROM_SEQ, 0),
            through = doc_int(published->data, FIELD_THROUGH_SEQ, 0);
    size_t references = 0;
    for (size_t i = 0; i + 1 < text.bytes; i++) {
        struct text digits = {text.at + i + 1, 0};
        while (text.at[i] == '#' && i + 1 + digits.bytes < text.bytes &&
               text.at[i + 1 + digits.bytes] >= '0' && text.at[i + 1 + digits.bytes] <= '9')
            digits.bytes++;
        uint64_t seq;
        if (digits.bytes == 0 || !text_parse_u64(digits, &seq))
            continue;
        assert_in_range(seq, (uint64_t)from, (uint64_t)through);
        references++;
    }
    assert_true(references > 60);
    check_holds(text, "本期新交办任务2项〔");
    check_holds(text, "期末在办1项〔"); /* WT-1/2, with 市财政局 since it was rerouted */
    check_holds(text, "| 市财政局 | 0 | 0 | 0 | 1〔");
    check_holds(text, "期末尚未解决2件〔");    /* WT-1 and WT-2: settled and moved in March only */
    check_holds(text, "按时率100.0%");         /* WT-3 */
    check_holds(text, "发票 \\*增量\\* 申请"); /* a title is text, not Markdown */
    house_close(house);
}

/* ---- charts ---- */

static const struct chart *chart_in(struct arena *arena, struct text text, const char *title)
{
    static const char opening[] = "```chart\n";
    struct chart *chart = arena_alloc(arena, sizeof *chart);
    for (;;) {
        const char *at = memmem(text.at, text.bytes, opening, sizeof opening - 1);
        if (at == NULL)
            fail_msg("no chart \"%s\"", title);
        text.bytes -= (size_t)(at - text.at) + sizeof opening - 1;
        text.at = at + sizeof opening - 1;
        const char *end = memmem(text.at, text.bytes, "```", 3);
        assert_non_null(end);
        assert_true(chart_parse((struct text){text.at, (size_t)(end - text.at)}, chart));
        if (text_is(chart->title, title))
            return chart;
    }
}

/* The last row's value is the figure of that name, as it was published. */
static void check_charted(struct arena *arena, const struct event *published, const struct chart *chart,
                          size_t series, const char *name, const char *unit)
{
    const struct doc *data = published->data;
    struct text value = chart_value(arena, chart->rows[chart->rows_count - 1].tenths[series]);
    for (size_t i = 0; i < doc_count(data, FIELD_FIGURES); i++) {
        const struct doc *row = doc_doc_at(data, FIELD_FIGURES, i);
        if (!text_is(doc_text(row, FIELD_NAME), name))
            continue;
        if (!text_equal(doc_text(row, FIELD_IS), arena_printf(arena, "%.*s%s", TEXT_PRINT(value), unit)))
            fail_msg("%s: %.*s in the chart, %.*s in the text", name, TEXT_PRINT(value),
                     TEXT_PRINT(doc_text(row, FIELD_IS)));
        return;
    }
    fail_msg("no figure %s", name);
}

/* What a chart shows of the period is what its tables and sentences say. */
static void test_charts_equal_tables(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 1 << 22);
    struct house *house = story_open(story_charter);
    story_tell(house);
    house_advance(house, "2020-03-07T09:00:00+08:00");
    const struct event *published = house_find(house, "bulletin.published", "demo/monthly/2020-02", 0);
    struct text text = doc_text_of(published, FIELD_TEXT);
    const struct chart *escalations = chart_in(&arena, text, "各月提请上一级协调的问题");
    assert_int_equal(escalations->rows_count, 2); /* none before the document */
    check_charted(&arena, published, escalations, 0, "问题协调解决情况：专项小组·提请至本级", "");
    const struct chart *open = chart_in(&arena, text, "各月末尚未解决的问题");
    check_charted(&arena, published, open, 0, "问题协调解决情况：期末尚未解决", "件");
    check_charted(&arena, published, open, 1, "问题协调解决情况：其中逾期", "件");
    const struct chart *shares = chart_in(&arena, text, "各单位销号任务按时率");
    assert_int_equal(shares->rows[0].tenths[0], 1000);
    check_holds(text, "| 市税务局 | 1〔#75〕 | 1〔#75〕 | 100.0% |");
    house_close(house);
    arena_close(&arena);
}

/* ---- periods ---- */

/* A long silence: each period has its own bulletin, in order, and says that there was nothing. */
static void test_catches_up(void **state)
{
    (void)state;
    struct house *house = story_open(CHARTER_HEAD "bulletins:\n" CHARTER_MONTHLY CHARTER_QUARTERLY);
    (void)house_publish_as(house, "duband", NULL, "clock.struck", NULL, NULL, NULL,
                           "{\"at\":\"2020-07-20T10:00:00+08:00\"}");
    for (int i = 0; i < 20; i++)
        (void)house_publish_as(house, "duband", NULL, "clock.struck", NULL, NULL, NULL,
                               "{\"at\":\"2020-07-20T10:00:00+08:00\"}");
    static const char *const monthly[] = {"2020-01", "2020-02", "2020-03", "2020-04", "2020-05", "2020-06"};
    size_t last = 0, count;
    const struct event *events = house_entries(house, &count);
    for (size_t i = 0; i < sizeof monthly / sizeof *monthly; i++) {
        char id[64];
        (void)snprintf(id, sizeof id, "demo/monthly/%s", monthly[i]);
        assert_int_equal(house_count(house, "bulletin.published", id), 1);
        const struct event *published = house_find(house, "bulletin.published", id, 0);
        assert_int_equal(doc_int(published->data, FIELD_NUMBER, 0), (int)i + 1);
        assert_true(published->seq > last);
        last = published->seq;
        check_holds(doc_text_of(published, FIELD_TEXT), "本期无重点任务交办、办结，期末无在办任务。");
        check_holds(doc_text_of(published, FIELD_TEXT), "本期无解决的问题。");
    }
    assert_int_equal(house_count(house, "bulletin.published", "demo/monthly/2020-07"), 0);
    assert_int_equal(house_count(house, "bulletin.published", "demo/quarterly/2020-Q1"), 1);
    assert_int_equal(house_count(house, "bulletin.published", "demo/quarterly/2020-Q2"), 1);
    assert_int_equal(house_count(house, "bulletin.published", NULL), 8);
    assert_true(events != NULL && count > last);
    check_holds(
        doc_text_of(house_find(house, "bulletin.published", "demo/quarterly/2020-Q2", 0), FIELD_TITLE),
        "2020年第2季度");
    house_check_rebuild(house);
    house_close(house);
}

/* At the foot: who issues it and on which day. That is the day on which it is due; a house that was down
 * then dates it truly. Without an issuer in the charter there is the day alone. */
static void test_foot(void **state)
{
    (void)state;
    struct house *house = story_open(CHARTER_HEAD "bulletins:\n" CHARTER_MONTHLY CHARTER_QUARTERLY);
    house_advance(house, "2020-02-20T00:00:00+08:00");
    static const char signed_of[] = "\n---\n\n示范市协调机制办公室\n\n2020年2月7日印发\n";
    struct text january =
        doc_text_of(house_find(house, "bulletin.published", "demo/monthly/2020-01", 0), FIELD_TEXT);
    check_holds(january, signed_of);
    assert_memory_equal(january.at + january.bytes - (sizeof signed_of - 1), signed_of, sizeof signed_of - 1);
    (void)house_post(house, "2020-07-20T10:00:00+08:00", "issue.raised", "WT-1", "demo", NULL,
                     "{\"title\":\"停机\",\"area\":\"纳税\"}");
    for (int i = 0; i < 20; i++)
        (void)house_publish_as(house, "duband", NULL, "clock.struck", NULL, NULL, NULL,
                               "{\"at\":\"2020-07-20T10:00:00+08:00\"}");
    check_holds(doc_text_of(house_find(house, "bulletin.published", "demo/monthly/2020-02", 0), FIELD_TEXT),
                "\n\n2020年7月20日印发\n");
    check_holds(doc_text_of(house_find(house, "bulletin.published", "demo/quarterly/2020-Q1", 0), FIELD_TEXT),
                "\n---\n\n2020年7月20日印发\n");
    house_check_rebuild(house);
    house_close(house);
}

/* ---- corrections ---- */

static const struct doc *difference_of(const struct event *corrected, const char *name)
{
    for (size_t i = 0; i < doc_count(corrected->data, FIELD_DIFFERENCES); i++) {
        const struct doc *row = doc_doc_at(corrected->data, FIELD_DIFFERENCES, i);
        if (text_is(doc_text(row, FIELD_NAME), name))
            return row;
    }
    fail_msg("nothing is said of %s in\n%.*s", name, TEXT_PRINT(doc_text(corrected->data, FIELD_TEXT)));
    return NULL;
}

static void check_difference(const struct event *corrected, const char *name, const char *was, const char *is,
                             uint64_t seq)
{
    const struct doc *row = difference_of(corrected, name);
    if (!text_is(doc_text(row, FIELD_WAS), was) || !text_is(doc_text(row, FIELD_IS), is))
        fail_msg("%s: %.*s → %.*s", name, TEXT_PRINT(doc_text(row, FIELD_WAS)),
                 TEXT_PRINT(doc_text(row, FIELD_IS)));
    assert_int_equal(doc_count(row, FIELD_INPUTS), 1);
    assert_int_equal(doc_int_at(row, FIELD_INPUTS, 0), seq);
}

/* Known only after its bulletin was out: that one is corrected when the next comes, once, and the next does
 * not count it. */
static void test_late_miss(void **state)
{
    (void)state;
    struct house *house = story_open(story_charter);
    (void)house_publish_as(house, C, "2020-01-21T10:00:00+08:00", "issue.opened", "WT-1", "demo", NULL,
                           story[0].json);
    uint64_t missed = house_publish_as(
        house, C, "2020-03-10T10:00:00+08:00", "deadline.missed", "WT-1", "demo", NULL,
        "{\"deadline\":\"WT-1/team/2\",\"label\":\"team\",\"due\":\"2020-02-18T23:59:59.999999+08:00\"}");
    assert_int_equal(house_count(house, "bulletin.corrected", NULL), 0);
    house_advance(house, "2020-06-01T00:00:00+08:00");
    assert_int_equal(house_count(house, "bulletin.corrected", NULL), 1);
    const struct event *corrected = house_find(house, "bulletin.corrected", "demo/monthly/2020-02", 0);
    const struct event *march = house_find(house, "bulletin.published", "demo/monthly/2020-03", 0);
    assert_int_equal(doc_int(corrected->data, FIELD_NUMBER, 0), 1);
    assert_true(corrected->seq < march->seq && corrected->cause == march->cause);
    check_difference(corrected, "提速提效情况：超过时限", "0项", "1项", missed);
    check_difference(corrected, "问题协调解决情况：其中逾期", "0件", "1件", missed);
    check_difference(corrected, "问题协调解决情况：工作专班·其中逾期", "无", "1", missed);
    assert_int_equal(doc_count(corrected->data, FIELD_DIFFERENCES), 3);
    check_holds(doc_text_of(corrected, FIELD_TEXT), "| 提速提效情况：超过时限 | 0项 | 1项 | 1件〔#");
    check_holds(doc_text_of(march, FIELD_TEXT), "本期超过时限0项，");
    check_holds(doc_text_of(march, FIELD_TEXT), "另行更正：2020年2月（第1次更正）。");
    check_golden_file(house, "2020-02-corrected-1.md", "tests/golden/bulletin-2020-02-corrected-1.md");
    house_check_rebuild(house);
    house_close(house);
}

static uint64_t tell_missed(struct house *house, const char *subject, const char *json)
{
    return house_publish_as(house, C, "2020-03-10T10:00:00+08:00", "deadline.missed", subject, "demo", NULL,
                            json);
}

/* A count is explained by what happened in its own period, not by what became known of the one before. */
static void test_a_correction_names_its_own_events(void **state)
{
    (void)state;
    struct house *house = story_open(story_charter);
    uint64_t january = tell_missed(
        house, "WT-1", "{\"deadline\":\"a\",\"label\":\"team\",\"due\":\"2020-01-31T23:59:59+08:00\"}");
    uint64_t february = tell_missed(
        house, "WT-2", "{\"deadline\":\"b\",\"label\":\"team\",\"due\":\"2020-02-18T23:59:59+08:00\"}");
    house_advance(house, "2020-06-01T00:00:00+08:00");
    const struct event *of_january = house_find(house, "bulletin.corrected", "demo/monthly/2020-01", 0);
    const struct event *of_february = house_find(house, "bulletin.corrected", "demo/monthly/2020-02", 0);
    check_difference(of_january, "提速提效情况：超过时限", "0项", "1项", january);
    check_difference(of_february, "提速提效情况：超过时限", "0项", "1项", february);
    for (size_t i = 0; i < doc_count(of_february->data, FIELD_DIFFERENCES); i++)
        assert_int_equal(doc_count(doc_doc_at(of_february->data, FIELD_DIFFERENCES, i), FIELD_INPUTS), 1);
    house_check_rebuild(house);
    house_close(house);
}

/* What recurs is called by its body and its name, not by its id. */
static void test_a_missed_duty_is_called_by_name(void **state)
{
    (void)state;
    struct house *house = story_open(story_charter);
    (void)house_publish_as(
        house, "worker/routines", "2020-02-01T00:00:01+08:00", "deadline.missed",
        "demo/meeting/group-01/2020-01-31", "demo", NULL,
        "{\"deadline\":\"d\",\"label\":\"duty\",\"due\":\"2020-01-31T23:59:59+08:00\",\"body\":"
        "\"nobody\",\"title\":\"专项小组例会\"}");
    house_advance(house, "2020-03-01T00:00:00+08:00");
    struct text text =
        doc_text_of(house_find(house, "bulletin.published", "demo/monthly/2020-01", 0), FIELD_TEXT);
    check_holds(text, "- 专项小组例会，应于2020年1月31日前完成，未完成：nobody〔#");
    assert_false(text_holds(text, "demo/meeting"));
    house_check_rebuild(house);
    house_close(house);
}

static uint64_t tell_missed_by(struct house *house, const char *subject, const char *label, const char *due,
                               const char *more)
{
    char json[512];
    (void)snprintf(json, sizeof json,
                   "{\"deadline\":\"%s/%s\",\"label\":\"%s\",\"due\":\"%sT23:59:59+08:00\"%s}", subject,
                   label, label, due, more);
    return house_publish_as(house, C, "2020-02-29T23:59:59+08:00", "deadline.missed", subject, "demo", NULL,
                            json);
}
PRINTF_LIKE(2, 3)
static void check_says(struct text text, const char *format, ...)
{
    char said[1024];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(said, sizeof said, format, list);
    va_end(list);
    check_holds(text, said);
}

/* What several owe on one day is one line with all their names; each still counts. A whole level is called
 * so, and what another part of the bulletin lists is not listed again. */
static void test_one_line_a_duty(void **state)
{
    (void)state;
    struct house *house = story_open(story_charter);
    (void)house_publish_as(house, C, "2020-02-03T10:00:00+08:00", "issue.opened", "WT-3", "demo", NULL,
                           story[2].json);
#define DUTY(body, title) ",\"body\":\"" body "\",\"title\":\"" title "\""
    uint64_t all[] = {
        tell_missed_by(house, "demo/a/1", "duty", "2020-02-29", DUTY("group-执行合同", "小组例会")),
        tell_missed_by(house, "demo/a/2", "duty", "2020-02-29", DUTY("group-纳税", "小组例会")),
        tell_missed_by(house, "demo/b/1", "duty", "2020-02-29", DUTY("group-纳税", "专题会")),
        tell_missed_by(house, "demo/b/2", "duty", "2020-02-29", DUTY("team-纳税", "专题会")),
        tell_missed_by(house, "demo/b/3", "duty", "2020-02-28", DUTY("team-纳税", "专题会")),
        tell_missed_by(house, "WT-3", "opinion:市财政局", "2020-02-10", ""),
        tell_missed_by(house, "WT-3", "opinion:市司法局", "2020-02-10", ""),
        tell_missed_by(house, "WT-3", "opinion:市税务局", "2020-02-11", ""),
        tell_missed_by(house, "WT-3", "team", "2020-02-24", "")};
    house_advance(house, "2020-03-10T00:00:00+08:00");
    struct text text =
        doc_text_of(house_find(house, "bulletin.published", "demo/monthly/2020-02", 0), FIELD_TEXT);
    check_says(text,
               "- 小组例会，应于2020年2月29日前完成，未完成：全部2个专项小组〔#%" PRIu64 " #%" PRIu64 "〕\n",
               all[0], all[1]);
    check_says(text,
               "- 专题会，应于2020年2月29日前完成，未完成：纳税小组、纳税专班〔#%" PRIu64 " #%" PRIu64 "〕\n",
               all[2], all[3]);
    check_says(text, "- 专题会，应于2020年2月28日前完成，未完成：纳税专班〔#%" PRIu64 "〕\n", all[4]);
    check_says(
        text,
        "逾期未反馈的意见：\n\n- “留抵退税跨区办理”（WT-3），反馈意见应于2020年2月10日前完成，"
        "逾期未反馈：市财政局、市司法局〔#%" PRIu64 " #%" PRIu64
        "〕\n- “留抵退税跨区办理”（WT-3），反馈意见应于2020年2月11日前完成，逾期未反馈：市税务局〔#%" PRIu64
        "〕\n\n",
        all[5], all[6], all[7]);
    check_says(text, "本期超过时限9项〔");
    check_says(text,
               "已在其他部分列出的，名单见“二、问题协调解决情况”4项〔#%" PRIu64 " #%" PRIu64 " #%" PRIu64
               " #%" PRIu64 "〕。\n\n其他超过时限的事项：\n\n- 专题会，",
               all[5], all[6], all[7], all[8]);
    assert_true(text_occurs(text, "工作专班协调应于2020年2月24日") == 1);
    house_check_rebuild(house);
    house_close(house);
}

/* ---- requests returned ---- */

static uint64_t tell_refused(struct house *house, const char *subject, const char *json)
{
    return house_publish_as(house, C, "2020-02-12T10:00:00+08:00", "request.refused", subject, "demo", NULL,
                            json);
}

/* What the operators of machines must know, and nobody in the city. */
static void tell_technical(struct house *house)
{
    static const char *const rows[][2] = {
        {"N-1", "{\"event\":\"delivery.reported\",\"reason\":\"no message waits for a result\"}"},
        {"WT-5", "{\"event\":\"issue.coordinated\",\"reason\":\"issue WT-5: no issue is known\"}"},
        {"WT-5", "{\"event\":\"escalation.requested\",\"reason\":\"issue WT-5: no issue is known\"}"},
        {"E-1",
         "{\"event\":\"selfcheck.submitted\",\"reason\":\"不详 is no period\",\"rule\":\"evaluations\"}"},
        {"WT-1", "{\"event\":\"checklist.filled\",\"reason\":\"actor group-09.head may not report "
                 "checklist.filled\",\"rule\":\"levels.office\",\"clause\":\"四（三）\"}"},
        {"WT-1", "{\"event\":\"escalation.requested\",\"reason\":\"actor lead may not report "
                 "escalation.requested\",\"rule\":\"levels.team\",\"clause\":\"四（一）\"}"},
        {"HY-1", "{\"event\":\"minutes.issued\",\"reason\":\"1 thing is owed\",\"owed\":[{\"need\":\"unit\","
                 "\"clause\":\"五（二）\",\"place\":\"demo.yaml:1:1\"}]}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        (void)tell_refused(house, rows[i][0], rows[i][1]);
}

/* Returned for completion: a step of an issue that owes something, or a way up that the charter does not
 * know. What is refused for any other reason is no matter of the city's. */
static void test_only_what_falls_short_was_returned(void **state)
{
    (void)state;
    struct house *house = story_open(story_charter);
    (void)house_publish_as(house, C, "2020-02-10T10:00:00+08:00", "issue.opened", "WT-1", "demo", NULL,
                           story[2].json);
    tell_technical(house);
    uint64_t skips = tell_refused(house, "WT-1",
                                  "{\"event\":\"escalation.requested\",\"reason\":\"no level is "
                                  "skipped\",\"rule\":\"levels.team.up\",\"clause\":\"四（二）\"}");
    uint64_t owes = tell_refused(
        house, "WT-1",
        "{\"event\":\"issue.resolved\",\"reason\":\"owed\",\"owed\":[{\"need\":\"a\",\"who\":\"市财政局\","
        "\"clause\":\"四（五）\",\"place\":\"p\"},{\"need\":\"b\",\"who\":\"市税务局\",\"clause\":"
        "\"四（五）\","
        "\"place\":\"p\"}]}");
    uint64_t listed = tell_refused(
        house, "QD-1",
        "{\"event\":\"issuelist.compiled\",\"reason\":\"owed\",\"owed\":[{\"need\":\"checklist\","
        "\"who\":\"group-纳税\",\"place\":\"p\"}]}");
    house_advance(house, "2020-03-10T00:00:00+08:00");
    struct text text =
        doc_text_of(house_find(house, "bulletin.published", "demo/monthly/2020-02", 0), FIELD_TEXT);
    char said[512];
    (void)snprintf(
        said, sizeof said,
        "退回补正的申请：\n\n- QD-1，编制问题清单：尚缺1项，应由纳税小组提供〔#%" PRIu64
        "〕\n- “留抵退税跨区办理”（WT-1），提请上一级协调：不符合四（二）的规定〔#%" PRIu64
        "〕\n- “留抵退税跨区办理”（WT-1），登记解决：尚缺2项，应由市财政局、市税务局（依据四（五））提供"
        "〔#%" PRIu64 "〕\n\n",
        listed, skips, owes);
    check_holds(text, said);
    (void)snprintf(said, sizeof said, "退回补正3件〔#%" PRIu64 " #%" PRIu64 " #%" PRIu64 "〕", listed, skips,
                   owes);
    check_holds(text, said);
    static const char *const technical[] = {" is ", " may not ", "不详", "HY-1", "WT-5", "N-1"};
    for (size_t i = 0; i < sizeof technical / sizeof *technical; i++)
        if (text_holds(text, technical[i]))
            fail_msg("\"%s\" in\n%.*s", technical[i], TEXT_PRINT(text));
    house_check_rebuild(house);
    house_close(house);
}

/* Nothing late: nothing corrected, whatever goes on in the meantime. */
static void test_nothing_to_correct(void **state)
{
    (void)state;
    struct house *house = story_open(story_charter);
    story_tell(house);
    house_advance(house, "2020-08-01T00:00:00+08:00");
    assert_int_equal(house_count(house, "bulletin.published", NULL), 6);
    assert_int_equal(house_count(house, "bulletin.corrected", NULL), 0);
    house_check_rebuild(house);
    house_close(house);
}

/* Not solved after all: its settling in a reported month is taken back, and each correction has its number.
 */
static void test_reopened(void **state)
{
    (void)state;
    struct house *house = story_open(story_charter);
    story_tell(house);
    uint64_t reopened =
        house_publish_as(house, C, "2020-03-16T10:00:00+08:00", "issue.reopened", "WT-3", "demo", NULL,
                         "{\"level\":\"team\",\"body\":\"team-纳税\",\"round\":2,\"reason\":\"又退回\"}");
    house_advance(house, "2020-04-12T00:00:00+08:00");
    const struct event *first = house_find(house, "bulletin.corrected", "demo/monthly/2020-02", 0);
    check_difference(first, "问题协调解决情况：解决", "1件", "0件", reopened);
    check_difference(first, "问题协调解决情况：办结", "1件", "0件", reopened);
    check_difference(first, "提速提效情况：解决的问题", "1件", "无", reopened);
    check_difference(first, "提速提效情况：解决的问题按时率", "100.0%", "无", reopened);
    struct text march =
        doc_text_of(house_find(house, "bulletin.published", "demo/monthly/2020-03", 0), FIELD_TEXT);
    check_holds(march, "重新办理1件〔");
    uint64_t late =
        house_publish_as(house, C, "2020-04-20T10:00:00+08:00", "issue.settled", "WT-3", "demo", NULL,
                         "{\"how\":\"resolved\",\"level\":\"team\",\"at\":\"2020-02-26T09:00:00+08:"
                         "00\"}");
    house_advance(house, "2020-05-20T00:00:00+08:00");
    const struct event *second = house_find(house, "bulletin.corrected", "demo/monthly/2020-02", 1);
    assert_int_equal(doc_int(second->data, FIELD_NUMBER, 0), 2);
    check_difference(second, "问题协调解决情况：解决", "0件", "1件", late);
    assert_int_equal(house_count(house, "bulletin.corrected", "demo/monthly/2020-02"), 2);
    house_check_rebuild(house);
    house_close(house);
}

/* The notice that lengthens a limit comes after the limit was missed: that miss is none. */
static void test_reversed_miss(void **state)
{
    (void)state;
    struct house *house = story_open(story_charter);
    story_tell(house);
    uint64_t moved = house_publish_as(
        house, C, "2020-03-17T10:00:00+08:00", "issue.extended", "WT-2", "demo", NULL,
        "{\"label\":\"team\",\"before\":\"2020-02-18T23:59:59.999999+08:00\",\"after\":\"2020-03-31T23:59:59."
        "999999+08:00\",\"reason\":\"疫情\"}");
    house_advance(house, "2020-04-12T00:00:00+08:00");
    const struct event *corrected = house_find(house, "bulletin.corrected", "demo/monthly/2020-02", 0);
    check_difference(corrected, "提速提效情况：超过时限", "2项", "1项", moved);
    check_difference(corrected, "问题协调解决情况：其中逾期", "1件", "0件", moved);
    house_check_rebuild(house);
    house_close(house);
}

/* ---- what is too old is dropped ---- */

/* The role with one query more: how many records a table has. */
static void count_records(struct turn *turn, struct text what, const struct doc *args,
                          struct query_answer *answer_out)
{
    struct key prefix = record_key((store_table)doc_int(args, FIELD_NUMBER, 0));
    struct store_cursor cursor;
    int64_t count = 0;
    (void)what;
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor); more; more = store_next(&cursor))
        count++;
    store_cursor_end(&cursor);
    answer_out->ok = true;
    answer_out->rows = arena_alloc(turn_arena(turn), sizeof(struct doc *));
    answer_out->rows[0] = doc_new(turn_arena(turn));
    answer_out->rows_count = 1;
    doc_set_int(answer_out->rows[0], FIELD_COUNT, count);
}

static int64_t records_of(struct house *house, enum bulletins_table table)
{
    char args[64];
    (void)snprintf(args, sizeof args, "{\"number\":%d}", (int)table);
    struct query_answer answer = house_query(house, "bulletins", "count", args);
    assert_true(answer.ok && answer.rows_count == 1);
    return doc_int(answer.rows[0], FIELD_COUNT, -1);
}

/* A month of work: two issues, one of which is late. */
static void month_of_work(struct house *house, int year, int month)
{
    for (int i = 1; i <= 2; i++) {
        char id[32], at[64], json[256];
        (void)snprintf(id, sizeof id, "WT-%d-%d-%d", year, month, i);
        (void)snprintf(at, sizeof at, "%d-%02d-%02dT10:00:00+08:00", year, month, 8 + i);
        (void)house_publish_as(house, C, at, "issue.opened", id, "demo", NULL, story[2].json);
        (void)snprintf(
            json, sizeof json,
            "{\"deadline\":\"%s/team/1\",\"label\":\"team\",\"due\":\"%d-%02d-09T23:59:59+08:00\"}", id, year,
            month);
        if (i == 2)
            (void)house_publish_as(house, C, at, "deadline.missed", id, "demo", NULL, json);
        (void)snprintf(json, sizeof json, "{\"how\":\"resolved\",\"level\":\"team\",\"at\":\"%s\"}", at);
        (void)house_publish_as(house, C, at, "issue.settled", id, "demo", NULL, json);
    }
}

/* State does not grow for ever: after the horizon each table holds as much as a year before. What is open
 * stays, and a fact older than all that is kept counts when it becomes known. */
static void test_pruning(void **state)
{
    (void)state;
    struct role counted = role_bulletins;
    counted.query = count_records;
    const struct role *const roles[] = {&counted, &role_deadlines, NULL};
    static const enum bulletins_table tables[] = {BULLETINS_FACT, BULLETINS_ITEM, BULLETINS_MISSED,
                                                  BULLETINS_KEPT};
    int64_t before[sizeof tables / sizeof *tables];
    struct house *house = story_open_roles(roles, story_charter);
    (void)house_publish_as(house, C, "2020-01-21T10:00:00+08:00", "issue.opened", "WT-old", "demo", NULL,
                           story[0].json);
    for (int month = 2; month <= 48; month++) {
        month_of_work(house, 2020 + (month - 1) / 12, (month - 1) % 12 + 1);
        for (size_t i = 0; month == 36 && i < sizeof tables / sizeof *tables; i++)
            before[i] = records_of(house, tables[i]);
    }
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        assert_int_equal(records_of(house, tables[i]), before[i]);
    assert_in_range(before[3], FACTS_HORIZON_MONTHS - 1, FACTS_HORIZON_MONTHS + 1);
    (void)house_publish_as(house, C, "2023-12-20T10:00:00+08:00", "issue.settled", "WT-old", "demo", NULL,
                           "{\"how\":\"resolved\",\"level\":\"team\",\"at\":\"2020-02-24T09:00:00+08:00\"}");
    house_advance(house, "2024-02-01T00:00:00+08:00");
    struct text december =
        doc_text_of(house_find(house, "bulletin.published", "demo/monthly/2023-12", 0), FIELD_TEXT);
    check_holds(december, "解决3件〔");
    assert_int_equal(house_count(house, "bulletin.corrected", NULL), 0);
    house_check_rebuild(house);
    house_close(house);
}

/* A new version keeps number and period; a rule that it drops is waited for no longer, and may come back. */
static void test_versions(void **state)
{
    (void)state;
    struct house *house = story_open(CHARTER_HEAD "bulletins:\n" CHARTER_MONTHLY CHARTER_QUARTERLY);
    house_advance(house, "2020-02-20T00:00:00+08:00");
    assert_int_equal(house_count(house, "bulletin.published", "demo/monthly/2020-01"), 1);
    story_enact(house, CHARTER_HEAD "bulletins:\n" CHARTER_QUARTERLY);
    assert_int_equal(house_count(house, "deadline.cleared", "demo/monthly/2020-02"), 1);
    house_advance(house, "2020-04-20T00:00:00+08:00");
    assert_int_equal(house_count(house, "bulletin.published", "demo/monthly/2020-02"), 0);
    assert_int_equal(house_count(house, "bulletin.published", "demo/quarterly/2020-Q1"), 1);
    story_enact(house, story_charter);
    house_advance(house, "2020-05-20T00:00:00+08:00");
    const struct event *april = house_find(house, "bulletin.published", "demo/monthly/2020-04", 0);
    assert_non_null(april);
    assert_int_equal(doc_int(april->data, FIELD_NUMBER, 0), 2);
    assert_int_equal(house_count(house, "bulletin.published", NULL), 3);
    house_check_rebuild(house);
    house_close(house);
}

static void test_crash(void **state)
{
    (void)state;
    struct house *house = story_open(story_charter);
    story_tell(house);
    house_forget(house, "bulletins");
    house_advance(house, "2020-03-07T09:00:00+08:00");
    check_golden("tests/golden/bulletin-2020-02.md",
                 doc_text_of(house_find(house, "bulletin.published", "demo/monthly/2020-02", 0), FIELD_TEXT));
    house_close(house);
}

/* A month of a large city: lists say what they leave out, and the text stays within its bound. */
static void test_bounds(void **state)
{
    (void)state;
    enum { ISSUES = 300 };
    struct house *house = story_open(story_charter);
    house_advance(house, "2020-02-03T10:00:00+08:00");
    for (int i = 0; i < ISSUES; i++) {
        char id[32], json[512];
        (void)snprintf(id, sizeof id, "WT-%d", i);
        (void)snprintf(
            json, sizeof json,
            "{\"title\":\"%0*d\",\"area\":\"纳税\",\"level\":\"team\",\"body\":\"team-纳税\",\"round\":1}",
            100, i);
        (void)house_publish_as(house, C, NULL, "issue.opened", id, "demo", NULL, json);
        (void)house_publish_as(house, C, NULL, "issue.escalated.group", id, "demo", NULL,
                               "{\"from\":\"team\",\"to\":\"group\",\"body\":\"group-纳税\",\"round\":1}");
    }
    house_advance(house, "2020-03-10T00:00:00+08:00");
    struct text text =
        doc_text_of(house_find(house, "bulletin.published", "demo/monthly/2020-02", 0), FIELD_TEXT);
    check_holds(text, "- 另有240项，篇幅所限不列。");
    check_holds(text, "期末尚未解决300件〔");
    house_check_rebuild(house);
    house_close(house);
}

/* The whole way with real roles and the real charter: enacted, planned, counted, published. */
static void test_real_roles(void **state)
{
    (void)state;
    static const struct role *const roles[] = {&role_coordination, &role_tasks, &role_deadlines,
                                               &role_bulletins, NULL};
    struct house *house = house_open_roles(roles);
    house_adopt_calendar(house, "config/calendars/cn.yaml", "2020-01-20");
    house_advance(house, "2020-01-20T09:00:00+08:00");
    house_adopt_charter(house, "config/charters/shenzhen-2020.yaml");
    (void)house_publish(house, "2020-01-21T10:00:00+08:00", "issue.raised", "WT-1", "shenzhen-2020", NULL,
                        "{\"title\":\"开办企业材料重复\",\"area\":\"开办企业\"}");
    (void)house_publish(house, "2020-01-22T10:00:00+08:00", "escalation.requested", "WT-1", "shenzhen-2020",
                        NULL, "{}");
    house_amend_calendar(house, "config/calendars/cn.yaml", "2020-01-20", "2020-01-27",
                         "2020-01-27T08:00:00+08:00");
    house_advance(house, "2020-03-10T00:00:00+08:00");
    struct text january =
        doc_text_of(house_find(house, "bulletin.published", "shenzhen-2020/monthly/2020-01", 0), FIELD_TEXT);
    check_holds(january, "深营商组〔2020〕2号");
    check_holds(january, "“开办企业材料重复”（WT-1），提请上一级协调：");
    check_holds(january, "“开办企业材料重复”（WT-1），工作专班协调时限由2020年2月17日调整为2020年2月19日");
    struct text february =
        doc_text_of(house_find(house, "bulletin.published", "shenzhen-2020/monthly/2020-02", 0), FIELD_TEXT);
    check_holds(february, "“开办企业材料重复”（WT-1），工作专班协调应于2020年2月19日前完成，责任方："
                          "开办企业工作专班召集人");
    check_holds(february, "其中逾期1件〔");
    house_check_rebuild(house);
    house_close(house);
}

/* ---- parts ---- */

static void test_period(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 1 << 16);
    static const struct {
        const char *day, *month, *after, *quarter, *first, *last;
    } rows[] = {{"2020-02-29", "2020-02", "2020-03", "2020-Q1", "2020-02-01", "2020-02-29"},
                {"2019-12-31", "2019-12", "2020-01", "2019-Q4", "2019-12-01", "2019-12-31"},
                {"2021-04-01", "2021-04", "2021-05", "2021-Q2", "2021-04-01", "2021-04-30"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int32_t day;
        char date[CIVIL_TEXT_BYTES];
        assert_true(civil_parse_date(text_from(rows[i].day), &day));
        struct period month = period_of_day(day, 1), parsed;
        assert_true(text_is(period_name(&arena, month), rows[i].month));
        assert_true(text_is(period_name(&arena, period_next(month)), rows[i].after));
        assert_true(text_is(period_name(&arena, period_of_day(day, 3)), rows[i].quarter));
        assert_string_equal(civil_format_date(period_first_day(month), date), rows[i].first);
        assert_string_equal(civil_format_date(period_last_day(month), date), rows[i].last);
        assert_true(period_parse(text_from(rows[i].month), &parsed) && parsed.months == 1);
        assert_true(period_parse(text_from(rows[i].quarter), &parsed) && parsed.months == 3);
    }
    struct period none;
    static const char *const wrong[] = {"2020-13", "2020-00", "2020-Q5", "2020-Q0",
                                        "202",     "2020-1",  "2020/02", "20a0-01"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(period_parse(text_from(wrong[i]), &none));
    arena_close(&arena);
}

static void test_figure(void **state)
{
    (void)state;
    static const char *const expected[] = {"0项",
                                           "1项〔#10〕",
                                           "2项〔#10 #20〕",
                                           NULL,
                                           NULL,
                                           "5项〔#10 #20 #30 #40 #50〕",
                                           "6项〔#10 #20 #30 #40…#60〕"};
    struct figure figure = {0};
    for (uint64_t n = 0; n <= 6; n++) {
        struct buffer out;
        if (n > 0)
            figure_add(&figure, n * 10);
        buffer_open(&out, 1024);
        figure_print(&out, &figure, "项");
        if (expected[n] != NULL && !text_is(buffer_text(&out), expected[n]))
            fail_msg("\"%.*s\" instead of \"%s\"", TEXT_PRINT(buffer_text(&out)), expected[n]);
        buffer_close(&out);
    }
}

/* Ids come from outside: no file is ever written anywhere but below its folder, and no two ids share one. */
static void test_file_names(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"demo/monthly/2020-02", "bulletins/demo/monthly/2020-02"},
        {"../../etc/passwd", "bulletins/%2E./%2E./etc/passwd"},
        {"a b/%2E/.x", "bulletins/a%20b/%252E/%2Ex"},
        {"示范/月报/2020-Q1", "bulletins/示范/月报/2020-Q1"},
    };
    struct arena arena;
    arena_open(&arena, 1 << 16);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text target = files_target(&arena, text_from(rows[i][0]));
        if (!text_is(target, rows[i][1]))
            fail_msg("\"%.*s\" instead of \"%s\"", TEXT_PRINT(target), rows[i][1]);
    }
    arena_close(&arena);
}

/* A folder that can't be made is no end: the effect stays and is tried again. */
static void test_effect_retries(void **state)
{
    (void)state;
    struct effect effect = {.seq = 1,
                            .kind = TEXT("file"),
                            .target = TEXT("bulletins/demo/monthly/2020-02"),
                            .content = TEXT("# 通报\n")};
    log_set_level(LOG_LEVEL_ERROR);
    assert_true(files_carry_out(&effect, "/dev/null/nowhere") > 0);
}

int main(void)
{
    log_open("test", LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_figures_show_their_events),
        cmocka_unit_test(test_catches_up),
        cmocka_unit_test(test_foot),
        cmocka_unit_test(test_charts_equal_tables),
        cmocka_unit_test(test_late_miss),
        cmocka_unit_test(test_a_correction_names_its_own_events),
        cmocka_unit_test(test_a_missed_duty_is_called_by_name),
        cmocka_unit_test(test_only_what_falls_short_was_returned),
        cmocka_unit_test(test_one_line_a_duty),
        cmocka_unit_test(test_nothing_to_correct),
        cmocka_unit_test(test_reopened),
        cmocka_unit_test(test_reversed_miss),
        cmocka_unit_test(test_pruning),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_crash),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_real_roles),
        cmocka_unit_test(test_period),
        cmocka_unit_test(test_figure),
        cmocka_unit_test(test_file_names),
        cmocka_unit_test(test_effect_retries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
