/* test_bulletins_report.c - bulletins beyond the four parts: who filed and who did not, major and common
 * problems, supervision, scores; whom a bulletin reaches and whom it does not name.
 *
 * Goal: S0-20 (who reports to the office, who is told, what is kept out), S0-11 and S0-12 in what is
 * published. Method: a charter with all parts and other roles' outcomes put in by hand; the roles bulletins
 * and deadlines are real.
 */
#include "tests/support/turn_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/log.h"
#include "config/charter.h"
#include "workers/roles.h"

const struct role *const roles_all[] = {&role_bulletins, &role_deadlines, NULL};

#define CHARTER                                                                                              \
    "charter: demo\n"                                                                                        \
    "title: 示范市协调机制\n"                                                                         \
    "document: {number: 示〔2020〕1号, issued: 2020-01-20}\n"                                            \
    "calendar: cn\n"                                                                                         \
    "zone: \"+08:00\"\n"                                                                                     \
    "units: [{name: 市税务局, liaison: tax.liaison}, 市财政局, 市司法局, 市发改委]\n"        \
    "levels:\n"                                                                                              \
    "  - {id: group, name: 专项小组, per_area: true, settles: true, limit: {is: 15wd, default: true}}\n" \
    "  - {id: office, name: 办公室, limit: {is: 10wd, default: true}}\n"                                  \
    "  - {id: top, name: 领导小组, decides: true, limit: {is: 30d, default: true}}\n"                    \
    "areas:\n"                                                                                               \
    "  - {area: 纳税, number: 1, heads: [张三丰], lead_units: [市税务局]}\n"                        \
    "  - {area: 执行合同, number: 2, heads: [李四光], lead_units: [市司法局]}\n"                  \
    "  - {area: 获得信贷, number: 3, heads: [李四光], lead_units: [市财政局]}\n"                  \
    "area_bodies:\n"                                                                                         \
    "  - {level: group, id: \"group-{number}\", name: \"{area}专项小组\", head_title: 组长}\n"         \
    "bodies:\n"                                                                                              \
    "  - {id: office, name: 领导小组办公室, level: office, lead_units: [市发改委]}\n"             \
    "  - {id: top, name: 领导小组, level: top, heads: [王五岳], head_title: 组长}\n"                \
    "posts:\n"                                                                                               \
    "  - {id: tax.liaison, title: 联络员, unit: 市税务局}\n"                                          \
    "  - {id: justice.one, title: 处长, unit: 市司法局}\n"                                             \
    "  - {id: office.head, title: 办公室主任, body: office, unit: 市发改委, head: true}\n"          \
    "  - {id: inspector, title: 督查员, holders: [赵六合]}\n"                                          \
    "tasklist: {level: office}\n"                                                                            \
    "confirmation: {required: false, default: true}\n"                                                       \
    "opinions: {limit: 5wd, default: true}\n"                                                                \
    "bulletins:\n"                                                                                           \
    "  - id: full\n"                                                                                         \
    "    title: 工作通报\n"                                                                              \
    "    audience: 内部\n"                                                                                 \
    "    period: month\n"                                                                                    \
    "    due: 5wd\n"                                                                                         \
    "    clause: 五（三）\n"                                                                             \
    "    sections: [{id: reporting, title: 信息报送情况}, {id: progress, title: 工作进展},\n"      \
    "               {id: major, title: 重大问题}, {id: common, title: 共性问题},\n"                  \
    "               {id: proposals, title: 协调建议}, {id: supervision, title: 督查督办},\n"         \
    "               {id: scores, title: 评价考核}]\n"
#define TO_ALL "    to: [top, heads, lead-units, office, inspector]\n"
#define REDACT "    redact: [raiser, persons]\n"

#define C "worker/coordination"
#define R "worker/routines"
#define S "worker/supervision"

static struct house *open_under(const char *charter)
{
    struct house *house = house_open_roles(roles_all);
    house_adopt_calendar(house, "config/calendars/cn.yaml", NULL);
    house_advance(house, "2020-01-20T09:00:00+08:00");
    house_adopt_charter_text(house, "demo.yaml", charter);
    (void)house_publish_as(
        house, C, NULL, "charter.enacted", NULL, "demo", NULL,
        "{\"name\":\"demo\",\"version\":1,"
        "\"digest\":\"0000000000000000000000000000000000000000000000000000000000000000\"}");
    return house;
}

static uint64_t tell(struct house *house, const char *received, const char *publisher, const char *type,
                     const char *subject, const char *json)
{
    return house_publish_as(house, publisher, received, type, subject, "demo", NULL, json);
}

static const struct event *published(struct house *house, const char *period)
{
    char id[64];
    (void)snprintf(id, sizeof id, "demo/full/%s", period);
    const struct event *event = house_find(house, "bulletin.published", id, 0);
    assert_non_null(event);
    return event;
}
static bool text_holds(struct text t, const char *part)
{
    return memmem(t.at, t.bytes, part, strlen(part)) != NULL;
}
static void check_holds(const struct event *event, const char *part)
{
    struct text t = doc_text(event->data, FIELD_TEXT);
    if (!text_holds(t, part))
        fail_msg("no \"%s\" in\n%.*s", part, TEXT_PRINT(t));
}

/* ---- who filed ---- */

static const char duty_1[] = "demo/information/group-01/2020-02-29",
                  duty_2[] = "demo/information/group-02/2020-02-29",
                  duty_3[] = "demo/information/group-03/2020-02-29";

#define DUTY(body)                                                                                           \
    "\"routine\":\"information\",\"kind\":\"filing\",\"body\":\"" body "\",\"by\":\"2020-02-29\""

static void tell_filings(struct house *house)
{
    (void)tell(
        house, "2020-02-27T10:00:00+08:00", R, "filing.recorded", "F-1",
        "{\"routine\":\"information\",\"body\":\"group-01\",\"by\":\"2020-02-29\",\"version\":1,\"title\":"
        "\"信息报送\",\"parts\":[{\"name\":\"提速提效情况\",\"text\":\"办税时间压缩三成\"}]}");
    (void)tell(
        house, "2020-02-27T10:00:01+08:00", R, "duty.met", duty_1,
        "{" DUTY("group-01") ",\"at\":\"2020-02-27T10:00:00+08:00\",\"ontime\":true,\"subject\":\"F-1\"}");
    (void)tell(house, "2020-03-01T00:00:01+08:00", R, "duty.missed", duty_2,
               "{" DUTY("group-02") ",\"title\":\"信息报送\",\"result\":\"duty\"}");
    (void)tell(house, "2020-03-01T00:00:02+08:00", R, "duty.missed", duty_3,
               "{" DUTY("group-03") ",\"title\":\"信息报送\",\"result\":\"duty\"}");
    (void)tell(
        house, "2020-03-02T10:00:00+08:00", R, "duty.met", duty_3,
        "{" DUTY("group-03") ",\"at\":\"2020-03-02T10:00:00+08:00\",\"ontime\":false,\"subject\":\"F-3\"}");
    (void)tell(
        house, "2020-03-02T10:00:01+08:00", R, "duty.missed", "demo/study/group-01/2020-02-29",
        "{\"routine\":\"study\",\"kind\":\"filing\",\"body\":\"group-01\",\"by\":\"2020-02-29\",\"result\":"
        "\"in-principle\"}");
}

static void test_who_did_not_report(void **state)
{
    (void)state;
    struct house *house = open_under(CHARTER);
    tell_filings(house);
    house_advance(house, "2020-03-10T00:00:00+08:00");
    const struct event *february = published(house, "2020-02");
    check_holds(february, "本期应报送信息3份：按时报送1份〔");
    check_holds(february, "未报送的单位：\n\n- 信息报送，应于2020年2月29日前报送：执行合同专项小组〔#");
    check_holds(february,
                "迟报的单位：\n\n- 信息报送，应于2020年2月29日前报送，2020年3月2日报送：获得信贷专项小组〔#");
    check_holds(february, "按时报送的单位：\n\n- information，应于2020年2月29日前报送：纳税专项小组〔#");
    check_holds(february, "纳税专项小组，信息报送：提速提效情况：办税时间压缩三成〔#");
    assert_false(text_holds(doc_text(february->data, FIELD_TEXT), "study"));
    house_check_rebuild(house);
    house_close(house);
}

#define BRIEF                                                                                                \
    "  - id: brief\n"                                                                                        \
    "    title: 简报\n"                                                                                    \
    "    period: month\n"                                                                                    \
    "    due: 5wd\n"                                                                                         \
    "    clause: 五（三）\n"                                                                             \
    "    sections: [{id: speed, title: 提速提效}, {id: reporting, title: 信息报送},\n"               \
    "               {id: supervision, title: 督查督办}]\n"

/* What the parts on reports and supervision list, the part on speed counts and points to. */
static void test_listed_once(void **state)
{
    (void)state;
    struct house *house = open_under(CHARTER BRIEF);
    (void)tell(house, "2020-02-03T10:00:00+08:00", S, "supervision.opened", "DB-1",
               "{\"origin\":\"decision\",\"title\":\"统一接口\",\"units\":[\"市财政局\"],\"supervisors\":["
               "\"inspector\"]}");
    uint64_t owed =
        tell(house, "2020-02-10T10:00:00+08:00", S, "deadline.missed", "DB-1",
             "{\"deadline\":\"DB-1/item/"
             "1\",\"label\":\"item\",\"due\":\"2020-02-09T23:59:59+08:00\",\"who\":\"市财政局\"}");
    tell_filings(house);
    uint64_t missing =
        tell(house, "2020-03-02T10:00:02+08:00", R, "deadline.missed", duty_2,
             "{\"deadline\":\"d\",\"label\":\"duty\",\"due\":\"2020-02-29T23:59:59.999999+08:00\","
             "\"body\":\"group-02\",\"title\":\"信息报送\"}");
    house_advance(house, "2020-03-10T00:00:00+08:00");
    const struct event *brief = house_find(house, "bulletin.published", "demo/brief/2020-02", 0);
    assert_non_null(brief);
    char said[256];
    (void)snprintf(said, sizeof said, "名单见“二、信息报送”1项〔#%d〕、“三、督查督办”1项〔#%d〕。\n",
                   (int)missing, (int)owed);
    check_holds(brief, "本期超过时限2项〔");
    check_holds(brief, said);
    assert_false(text_holds(doc_text(brief->data, FIELD_TEXT), "其他超过时限的事项"));
    check_holds(brief, "未报送的单位：\n\n- 信息报送，应于2020年2月29日前报送：执行合同专项小组〔#");
    house_check_rebuild(house);
    house_close(house);
}

/* What was missing comes after all: the month that reported it missing is corrected, no other counts it. */
static void test_late_filing_corrects(void **state)
{
    (void)state;
    struct house *house = open_under(CHARTER);
    tell_filings(house);
    house_advance(house, "2020-03-10T00:00:00+08:00");
    uint64_t met = tell(
        house, "2020-03-20T10:00:00+08:00", R, "duty.met", duty_2,
        "{" DUTY("group-02") ",\"at\":\"2020-03-20T10:00:00+08:00\",\"ontime\":false,\"subject\":\"F-2\"}");
    house_advance(house, "2020-05-20T00:00:00+08:00");
    assert_int_equal(house_count(house, "bulletin.corrected", NULL), 1);
    const struct event *corrected = house_find(house, "bulletin.corrected", "demo/full/2020-02", 0);
    static const char *const expected[][3] = {{"信息报送情况：迟报", "1份", "2份"},
                                              {"信息报送情况：未报送", "1份", "0份"},
                                              {"信息报送情况：执行合同专项小组·迟报", "无", "1"},
                                              {"信息报送情况：执行合同专项小组·未报送", "1", "无"}};
    assert_int_equal(doc_count(corrected->data, FIELD_DIFFERENCES), 4);
    for (size_t i = 0; i < 4; i++) {
        const struct doc *row = doc_doc_at(corrected->data, FIELD_DIFFERENCES, i);
        assert_true(text_is(doc_text(row, FIELD_NAME), expected[i][0]));
        assert_true(text_is(doc_text(row, FIELD_WAS), expected[i][1]));
        assert_true(text_is(doc_text(row, FIELD_IS), expected[i][2]));
        assert_int_equal(doc_count(row, FIELD_INPUTS), 1);
        assert_int_equal(doc_int_at(row, FIELD_INPUTS, 0), met);
    }
    check_holds(published(house, "2020-03"), "本期应报送信息0份：");
    house_check_rebuild(house);
    house_close(house);
}

/* ---- major and common problems, proposals ---- */

static void tell_issues(struct house *house)
{
    static const char *const titles[][2] = {{"部门间数据共享不畅", "纳税"},
                                            {"部门数据共享不畅通", "执行合同"},
                                            {"部门数据共享不及时", "获得信贷"},
                                            {"窗口排队时间长", "纳税"}};
    for (int i = 0; i < 4; i++) {
        char id[16], json[512];
        (void)snprintf(id, sizeof id, "WT-%d", i + 1);
        (void)snprintf(
            json, sizeof json,
            "{\"title\":\"%s\",\"area\":\"%s\",\"level\":\"group\",\"body\":\"group-%02d\",\"round\":1,"
            "\"units\":[\"市发改委\"],\"raiser\":\"孙大圣\"}",
            titles[i][0], titles[i][1], i % 3 + 1);
        (void)tell(house, "2020-02-03T10:00:00+08:00", C, "issue.opened", id, json);
    }
    (void)tell(house, "2020-02-05T10:00:00+08:00", C, "issue.escalated.office", "WT-1",
               "{\"from\":\"group\",\"to\":\"office\",\"body\":\"office\",\"round\":1,\"reason\":"
               "\"孙大圣反映，张三丰已协调"
               "未果；钱七星、老周知情\"}");
    (void)tell(house, "2020-02-06T10:00:00+08:00", C, "proposal.recorded", "WT-2",
               "{\"level\":\"group\",\"plan\":\"由市发改委统一接口\"}");
    (void)tell(
        house, "2020-02-07T10:00:00+08:00", C, "checklist.recorded", "WT-1",
        "{\"level\":\"office\",\"opinion\":\"同意\",\"undertaker\":\"市财政局\",\"plan\":\"三月底前上线\"}");
    (void)tell(house, "2020-02-20T10:00:00+08:00", C, "deadline.missed", "WT-1",
               "{\"deadline\":\"WT-1/office/"
               "9\",\"label\":\"office\",\"due\":\"2020-02-19T23:59:59+08:00\",\"who\":\"孙大圣\"}");
}

static void test_report_to_the_top(void **state)
{
    (void)state;
    struct house *house = open_under(CHARTER);
    tell_issues(house);
    house_advance(house, "2020-03-10T00:00:00+08:00");
    const struct event *february = published(house, "2020-02");
    check_holds(february,
                "- “部门间数据共享不畅”（WT-1），纳税，2020年2月5日起由办公室研究，涉及市发改委，已逾期〔#");
    check_holds(february, "期末尚未解决的重大问题1件〔");
    check_holds(february, "本期共性问题1个。");
    check_holds(february, "1. “部门数据共享不畅通”等3件〔");
    check_holds(february,
                "涉及领域：纳税、执行合同、获得信贷；涉及单位：市税务局、市发改委、市司法局、市财政局");
    check_holds(february, "   - “部门数据共享不及时”（WT-3），获得信贷〔#");
    check_holds(february, "本期提出协调建议2项〔");
    check_holds(february, "- “部门数据共享不畅通”（WT-2），专项小组，方案：由市发改委统一接口〔#");
    check_holds(february, "办公室，意见：同意，方案：三月底前上线，承办：市财政局〔#");
    check_holds(february, "尚无评价考核结果。");
    house_check_rebuild(house);
    house_close(house);
}

/* More units than a line names: it says that there are others. */
static void test_parties_beyond_the_bound(void **state)
{
    (void)state;
    for (int units = 61; units <= 62; units++) { /* and the lead units of three bodies: 64, then 65 */
        struct house *house = open_under(CHARTER);
        static char json[8192];
        for (int i = 0; i < 3; i++) {
            char id[16];
            int bytes = snprintf(json, sizeof json,
                                 "{\"title\":\"数据共享不畅\",\"area\":\"纳税\",\"level\":\"group\","
                                 "\"body\":\"group-%02d\",\"round\":1,\"units\":[",
                                 i + 1);
            for (int k = 1; k <= units; k++)
                bytes +=
                    snprintf(json + bytes, sizeof json - (size_t)bytes, "%s\"单位%d\"", k > 1 ? "," : "", k);
            (void)snprintf(json + bytes, sizeof json - (size_t)bytes, "]}");
            (void)snprintf(id, sizeof id, "WT-%d", i);
            (void)tell(house, "2020-02-03T10:00:00+08:00", C, "issue.opened", id, json);
        }
        (void)tell(house, "2020-02-04T10:00:00+08:00", C, "issue.opened", "WT-9",
                   "{\"title\":\"数据共享不畅\",\"area\":\"执行合同\",\"level\":\"group\",\"body\":"
                   "\"group-02\",\"round\":1}");
        house_advance(house, "2020-03-10T00:00:00+08:00");
        const struct event *february = published(house, "2020-02");
        check_holds(february, units == 61 ? "、单位61、市司法局、市财政局\n" : "、单位62、市司法局等\n");
        house_check_rebuild(house);
        house_close(house);
    }
}

/* ---- supervision and scores ---- */

/* S0-12, S0-21 */
static void test_supervision(void **state)
{
    (void)state;
    struct house *house = open_under(CHARTER);
    (void)tell(house, "2020-02-03T10:00:00+08:00", S, "supervision.opened", "DB-1",
               "{\"origin\":\"decision\",\"title\":\"统一接口\",\"units\":[\"市财政局\"],\"supervisors\":["
               "\"inspector\"]}");
    (void)tell(house, "2020-02-03T11:00:00+08:00", S, "supervision.opened", "DB-2",
               "{\"origin\":\"handed-down\",\"title\":\"调研\",\"units\":[\"市财政局\"],\"supervisors\":["
               "\"inspector\"]}");
    (void)tell(house, "2020-02-10T10:00:00+08:00", S, "deadline.missed", "DB-1",
               "{\"deadline\":\"DB-1/item/"
               "1\",\"label\":\"item\",\"due\":\"2020-02-09T23:59:59+08:00\",\"who\":\"市财政局\"}");
    (void)tell(house, "2020-02-11T10:00:00+08:00", S, "supervision.closed", "DB-2",
               "{\"at\":\"2020-02-11T09:00:00+08:00\",\"how\":\"verified\"}");
    (void)tell(house, "2020-02-12T10:00:00+08:00", S, "finding.recorded", "DC-1",
               "{\"number\":1,\"unit\":\"市司法局\",\"title\":\"台账不全\",\"by\":\"2020-03-12\"}");
    (void)tell(house, "2020-02-13T10:00:00+08:00", S, "scores.published", "demo/annual/2019",
               "{\"period\":\"2019\",\"number\":1,\"version\":1,\"formula\":\"f\",\"title\":\"年度考核\","
               "\"scores\":[{"
               "\"unit\":\"市税务局\",\"points\":9325,\"rank\":1},{\"unit\":\"市财政局\",\"points\":8000,"
               "\"rank\":2}]}");
    house_advance(house, "2020-03-10T00:00:00+08:00");
    const struct event *february = published(house, "2020-02");
    check_holds(february, "本期新列入督办2项〔");
    check_holds(february, "办结1项〔");
    check_holds(february, "| 决定事项 | 1〔");
    check_holds(february, "| 交办事项 | 1〔");
    check_holds(february, "超过时限的督办事项：\n\n- “统一接口”（DB-1），");
    check_holds(february, "- 市司法局：台账不全，应于2020年3月12日前整改〔#");
    check_holds(february, "最近一次评价考核：年度考核（2019）〔#");
    check_holds(february, "| 1 | 市税务局 | 93.25 |\n| 2 | 市财政局 | 80.00 |");
    house_check_rebuild(house);
    house_close(house);
}

static void tell_ends(struct house *house)
{
    static const char *const ids[] = {"DB-1", "DB-2", "DB-3", "DB-4"};
    for (size_t i = 0; i < 4; i++)
        (void)tell(
            house, "2020-02-03T10:00:00+08:00", S, "supervision.opened", ids[i],
            "{\"origin\":\"coordination\",\"title\":\"协同\",\"units\":[\"市税务局\"],\"supervisors\":[]}");
    for (size_t i = 0; i < 2; i++)
        (void)tell(house, "2020-02-04T10:00:00+08:00", S, "supervision.updated", ids[i],
                   i == 0 ? "{\"state\":\"dropped\",\"at\":\"2020-02-04T10:00:00+08:00\"}"
                          : "{\"state\":\"struck\",\"at\":\"2020-02-04T10:00:00+08:00\"}");
    (void)tell(house, "2020-02-05T10:00:00+08:00", S, "supervision.updated", "DB-3",
               "{\"state\":\"struck\",\"at\":\"2020-02-05T10:00:00+08:00\"}");
    (void)tell(house, "2020-02-06T10:00:00+08:00", S, "supervision.closed", "DB-3",
               "{\"at\":\"2020-02-06T10:00:00+08:00\",\"how\":\"struck\"}");
    (void)tell(house, "2020-02-06T10:00:01+08:00", S, "supervision.updated", "DB-4",
               "{\"state\":\"done-reported\",\"unit\":\"市税务局\",\"at\":\"2020-02-06T10:00:00+08:00\"}");
    (void)tell(house, "2020-02-07T10:00:00+08:00", S, "supervision.updated", "DB-none",
               "{\"state\":\"dropped\",\"at\":\"2020-02-07T10:00:00+08:00\"}");
}

/* Dropped with its issue and struck with consent have ended undone; struck without it and reported done are
 * owed. */
static void test_supervision_ends(void **state)
{
    (void)state;
    struct house *house = open_under(CHARTER);
    tell_ends(house);
    house_advance(house, "2020-03-10T00:00:00+08:00");
    const struct event *february = published(house, "2020-02");
    check_holds(february, "本期新列入督办4项〔");
    check_holds(february, "办结0项，不再办理2项〔");
    check_holds(february, "期末在办2项〔");
    check_holds(february, "其中逾期0项");
    (void)tell(house, "2020-03-11T10:00:00+08:00", S, "supervision.closed", "DB-4",
               "{\"at\":\"2020-03-11T10:00:00+08:00\",\"how\":\"verified\"}");
    (void)tell(house, "2020-03-12T10:00:00+08:00", S, "supervision.updated", "DB-2",
               "{\"state\":\"dropped\",\"at\":\"2020-03-12T10:00:00+08:00\"}");
    house_advance(house, "2020-04-10T00:00:00+08:00");
    check_holds(published(house, "2020-03"), "办结1项〔");
    check_holds(published(house, "2020-03"), "期末在办0项");
    house_check_rebuild(house);
    house_close(house);
}

/* ---- whom it reaches, whom it does not name ---- */

static void test_audience(void **state)
{
    (void)state;
    struct house *house = open_under(CHARTER TO_ALL);
    house_advance(house, "2020-03-10T00:00:00+08:00");
    const struct doc *data = published(house, "2020-02")->data;
    static const char *const posts[] = {"top.head",    "group-01.head", "group-02.head", "group-03.head",
                                        "office.head", "tax.liaison",   "justice.one",   "inspector"};
    enum { POSTS = sizeof posts / sizeof *posts };
    for (size_t i = 0; i < POSTS; i++)
        if (!doc_lists_text(data, FIELD_POSTS, text_from(posts[i])))
            fail_msg("%s is not among them", posts[i]);
    assert_int_equal(doc_count(data, FIELD_POSTS), POSTS); /* 市财政局 has no post */
    assert_true(text_is(doc_text(data, FIELD_AUDIENCE), "内部"));
    house_check_rebuild(house);
    house_close(house);
    house = open_under(CHARTER);
    house_advance(house, "2020-03-10T00:00:00+08:00");
    assert_int_equal(doc_count(published(house, "2020-02")->data, FIELD_POSTS), 0);
    house_close(house);
}

/* A unit with a liaison is told through it, though another of its posts stands in the body that it leads; a
 * level's id means all posts of its bodies, and nobody else. */
static void test_audience_liaison_and_level(void **state)
{
    (void)state;
    static const char posts[] = "posts:\n";
    static char text[16384];
    const char *const charter = CHARTER, *at_posts = strstr(charter, posts);
    assert_non_null(at_posts);
    (void)snprintf(text, sizeof text, "%.*s%s%s%s", (int)(at_posts + sizeof posts - 1 - charter), charter,
                   "  - {id: tax.clerk, title: 专员, body: group-01, unit: 市税务局}\n",
                   at_posts + sizeof posts - 1, "    to: [lead-units]\n");
    struct house *house = open_under(text);
    house_advance(house, "2020-03-10T00:00:00+08:00");
    const struct doc *data = published(house, "2020-02")->data;
    assert_true(doc_lists_text(data, FIELD_POSTS, TEXT("tax.liaison")));
    assert_false(doc_lists_text(data, FIELD_POSTS, TEXT("tax.clerk")));
    house_close(house);
    house = open_under(CHARTER "    to: [group]\n");
    house_advance(house, "2020-03-10T00:00:00+08:00");
    data = published(house, "2020-02")->data;
    static const char *const heads[] = {"group-01.head", "group-02.head", "group-03.head"};
    assert_int_equal(doc_count(data, FIELD_POSTS), 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(doc_lists_text(data, FIELD_POSTS, text_from(heads[i])));
    house_check_rebuild(house);
    house_close(house);
}

static const char *const people[] = {"孙大圣", "张三丰", "李四光", "王五岳", "赵六合", "钱七星"};

static bool event_names(const struct event *event, const char *person)
{
    for (size_t i = 0; i < doc_count(event->data, FIELD_FIGURES); i++)
        if (text_holds(doc_text(doc_doc_at(event->data, FIELD_FIGURES, i), FIELD_NAME), person))
            return true;
    return text_holds(doc_text(event->data, FIELD_TEXT), person);
}

static void test_redaction(void **state)
{
    (void)state;
    static const char *const charters[] = {CHARTER, CHARTER REDACT};
    for (size_t redacts = 0; redacts < 2; redacts++) {
        struct house *house = open_under(charters[redacts]);
        (void)tell(house, "2020-02-01T10:00:00+08:00", C, "post.held", NULL,
                   "{\"post\":\"office.head\",\"person\":\"钱七星\",\"result\":\"filled\"}");
        (void)tell(house, "2020-02-02T10:00:00+08:00", C, "post.held", NULL,
                   "{\"post\":\"office.head\",\"person\":\"钱七星\",\"result\":\"vacated\"}");
        tell_issues(house);
        house_advance(house, "2020-03-10T00:00:00+08:00");
        const struct event *february = published(house, "2020-02");
        assert_true(event_names(february, "孙大圣") == (redacts == 0));
        assert_true(event_names(february, "钱七星") == (redacts == 0));
        for (size_t i = 0; redacts == 1 && i < sizeof people / sizeof *people; i++)
            if (event_names(february, people[i]))
                fail_msg("%s is named", people[i]);
        if (redacts == 1)
            check_holds(february, "事由：××反映，××已协调未果；××、老周知情");
        house_check_rebuild(house);
        house_close(house);
    }
}

/* Several units that owe one thing are each known, and no stranger: their names stand. */
static void test_units_stand_under_redaction(void **state)
{
    (void)state;
    struct house *house = open_under(CHARTER REDACT);
    (void)tell(house, "2020-02-03T10:00:00+08:00", S, "supervision.opened", "DB-1",
               "{\"origin\":\"decision\",\"title\":\"统一接口\",\"units\":[\"市税务局\",\"市财政局\"],"
               "\"supervisors\":[\"inspector\"]}");
    (void)tell(house, "2020-02-10T10:00:00+08:00", S, "deadline.missed", "DB-1",
               "{\"deadline\":\"DB-1/item/1\",\"label\":\"item\",\"due\":\"2020-02-09T23:59:59+08:00\","
               "\"who\":\"市税务局、市财政局\",\"units\":[\"市税务局\",\"市财政局\"]}");
    house_advance(house, "2020-03-10T00:00:00+08:00");
    check_holds(published(house, "2020-02"), "应于2020年2月9日前完成，责任方：市税务局、市财政局〔#");
    house_check_rebuild(house);
    house_close(house);
}

/* A raiser whose name is as short as a figure must not wipe out the figures. */
static void test_short_names_strike_nothing(void **state)
{
    (void)state;
    struct house *house = open_under(CHARTER REDACT);
    (void)tell(house, "2020-02-03T10:00:00+08:00", C, "issue.opened", "WT-1",
               "{\"title\":\"排队\",\"area\":\"纳税\",\"level\":\"office\",\"body\":\"office\",\"round\":1,"
               "\"raiser\":\"2\"}");
    (void)tell(house, "2020-02-04T10:00:00+08:00", C, "issue.opened", "WT-2",
               "{\"title\":\"排队\",\"area\":\"纳税\",\"level\":\"office\",\"body\":\"office\",\"round\":1,"
               "\"raiser\":"
               "\"市税务局\"}");
    house_advance(house, "2020-03-10T00:00:00+08:00");
    check_holds(published(house, "2020-02"), "本期提出问题2件〔#");
    check_holds(published(house, "2020-02"), "2020年2月1日");
    house_check_rebuild(house);
    house_close(house);
}

/* ---- what lint finds ---- */

static void test_lint(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {CHARTER "    to: [topp]\n", "unknown addressee \"topp\""},
        {CHARTER "    redact: [raisers]\n", "unknown word \"raisers\""},
        {CHARTER "    issuer: {of: 办公室}\n", "issuer.of"},
        {CHARTER "    issuer: [办公室]\n", "issuer"},
        {CHARTER "common: {similarity: 0}\n", "common.similarity"},
        {CHARTER "common: {at_least: 1}\n", "common.at_least"},
        {CHARTER "common: {by: [titel]}\n", "unknown word \"titel\""},
        {CHARTER "common: {like: 3}\n", "like"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct arena arena;
        struct findings findings;
        bool said = false;
        arena_open(&arena, 1 << 24);
        findings_open(&findings, &arena, TEXT("demo.yaml"));
        assert_null(charter_compile(&arena, text_from(wrong[i][0]), TEXT("demo.yaml"), &findings));
        for (size_t k = 0; k < findings.count; k++)
            said = said || text_holds(findings.at[k].path, wrong[i][1]) ||
                   text_holds(findings.at[k].message, wrong[i][1]);
        if (!said)
            fail_msg("nothing is said of %s", wrong[i][1]);
        arena_close(&arena);
    }
}

int main(void)
{
    log_open("test", LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_did_not_report),
        cmocka_unit_test(test_listed_once),
        cmocka_unit_test(test_late_filing_corrects),
        cmocka_unit_test(test_report_to_the_top),
        cmocka_unit_test(test_parties_beyond_the_bound),
        cmocka_unit_test(test_supervision),
        cmocka_unit_test(test_supervision_ends),
        cmocka_unit_test(test_audience),
        cmocka_unit_test(test_audience_liaison_and_level),
        cmocka_unit_test(test_redaction),
        cmocka_unit_test(test_units_stand_under_redaction),
        cmocka_unit_test(test_short_names_strike_nothing),
        cmocka_unit_test(test_lint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
