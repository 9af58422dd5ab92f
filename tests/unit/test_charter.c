/* Goal: a charter is compiled whole or refused with every fault named, placed and, where possible, set right;
 * a second city needs no code. Method: one small lawful charter; one fault put in at a time, and the finding
 * demanded word for word. Then the 100 service requests of tests/data under config/charters/boston-311.yaml,
 * whose 89 targets a city recorded. */
#include "config/charter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/limits.h"
#include "tests/support/config_files.h"
#include "tests/support/slate.h"

/* Line by line, so that a test can replace one line. */
static const char *const small[] = {
    "charter: small",                                                               /*  1 */
    "title: 小章程",                                                                /*  2 */
    "document: {number: 〔2020〕1号, issued: 2020-06-26}",                          /*  3 */
    "calendar: cn",                                                                 /*  4 */
    "zone: \"+08:00\"",                                                             /*  5 */
    "units: [市财政局, {name: 市住房建设局, aliases: [市住房和建设局]}, 市水务局]", /*  6 */
    "unit_sets: [{name: 各单位, units: [市财政局, 市住房和建设局]}]",               /*  7 */
    "levels:",                                                                      /*  8 */
    "- {id: low, name: 低, per_area: true, settles: true, limit: 15wd, reminders: [5wd], up: [{need: "
    "consent}]}",                                                                        /*  9 */
    "- {id: high, name: 高, decides: true, limit: {is: 3m, clause: 二, default: true}}", /* 10 */
    "areas: [{area: 甲, number: 1, heads: [张三, 李四], lead_units: [市财政局], responsible_units: "
    "[各单位]}]",                                                                                     /* 11 */
    "area_bodies: [{level: low, id: \"low-{number}\", name: \"{area}组\"}]",                          /* 12 */
    "bodies: [{id: top, level: high}]",                                                               /* 13 */
    "posts: [{id: clerk, body: top, unit: 市水务局, head: true}]",                                    /* 14 */
    "notices: [{event: issue.escalated, to: [heads, clerk]}]",                                        /* 15 */
    "bulletins: [{id: m, title: t, period: month, due: 5wd, sections: [{id: issues, title: 问题}]}]", /* 16 */
    "classes: [{class: c, limit: 2d}]",                                                               /* 17 */
    "confirmation: {limit: 10wd}",                                                                    /* 18 */
};
enum { SMALL_LINES = sizeof small / sizeof small[0] };

/* One line is left out (an empty one stays), another stands there otherwise. */
static const struct charter *compile_without(int without, int line, const char *text,
                                             struct findings *findings)
{
    struct buffer source;
    buffer_open(&source, 1 << 20);
    for (int i = 1; i <= SMALL_LINES; i++)
        buffer_printf(&source, "%s\n", i == without ? "" : i == line ? text : small[i - 1]);
    struct text whole = arena_text_copy(&arena, buffer_text(&source));
    buffer_close(&source);
    findings_open(findings, &arena, TEXT("s.yaml"));
    return charter_compile(&arena, whole, TEXT("s.yaml"), findings);
}

/* line 0: as it is; text NULL: the line is left out. */
static const struct charter *compile_with(int line, const char *text, struct findings *findings)
{
    return text != NULL ? compile_without(0, line, text, findings) : compile_without(line, 0, text, findings);
}

static struct text finding_text(const struct findings *findings, size_t index)
{
    const struct finding *finding = &findings->at[index];
    return arena_printf(&arena, "%d:%d: %s: %.*s", finding->place.line, finding->place.column,
                        finding->severity == SEVERITY_ERROR ? "error" : "warning",
                        TEXT_PRINT(finding->message));
}

/* S0-1: number and day of the document come first. */
static void test_small_charter(void **state)
{
    (void)state;
    struct findings findings;
    const struct charter *charter = compile_with(0, NULL, &findings);
    assert_int_equal(findings.count, 0);
    assert_non_null(charter);
    assert_int_equal(charter->zone, 480);
    assert_true(text_is(charter->document_number, "〔2020〕1号"));
    const struct level *low = charter_level(charter, TEXT("low")),
                       *high = charter_level(charter, TEXT("high"));
    assert_ptr_equal(charter_level_above(charter, low->id), high);
    assert_null(charter_level_above(charter, high->id));
    assert_ptr_equal(charter_level_below(charter, high->id), low);
    assert_null(charter_level_below(charter, low->id));
    assert_null(charter_level_below(charter, TEXT("none")));
    assert_false(low->limit_rule_place.is_default);
    assert_true(high->limit_rule_place.is_default);
    assert_true(text_is(high->limit_rule_place.clause, "二"));
    assert_true(text_is(high->limit_text, "3m"));
    const struct body *body = charter_body(charter, TEXT("low-01"));
    assert_true(text_is(body->name, "甲组"));
    assert_int_equal(body->head_posts.count, 2);
    assert_true(text_is(body->head_posts.at[1], "low-01.head.2"));
    assert_true(text_is(charter_body(charter, TEXT("top"))->head_posts.at[0], "clerk"));
    assert_true(text_is(charter_post(charter, TEXT("low-01.head.2"))->holders.at[0], "李四"));
    assert_true(text_is(charter_class(charter, TEXT("c"))->limit_text, "2d"));
    assert_null(charter_class(charter, TEXT("d")));
    assert_true(charter->confirmation);
    assert_true(text_is(charter->confirmation_limit_text, "10wd"));
    /* silence is a default, and points somewhere */
    assert_true(charter->opinion_rule.is_default);
    assert_true(text_is(charter->opinion_limit_text, "undated"));
    assert_true(text_is(charter->opinion_rule.place, "s.yaml:1:1"));
}

static void test_expansion(void **state)
{
    (void)state;
    struct findings findings;
    const struct charter *charter = compile_with(0, NULL, &findings);
    static const struct text written[] = {{"市水务局", 12}, {"各单位", 9}, {"市住房建设局", 18}};
    struct names out;
    struct complaint complaint = {.message = ""};
    assert_true(charter_expand_units(charter, &arena, (struct names){written, 3}, &out, &complaint));
    assert_int_equal(out.count, 3);
    assert_true(text_is(out.at[0], "市水务局"));
    assert_true(text_is(out.at[1], "市财政局"));
    assert_true(text_is(out.at[2], "市住房建设局"));
    static const struct text wrong[] = {{"市财政居", 12}};
    assert_false(charter_expand_units(charter, &arena, (struct names){wrong, 1}, &out, &complaint));
    assert_string_equal(complaint.message, "unknown unit 市财政居; nearest known: 市财政局");
}

static void test_posts_belong_to_the_unit_itself(void **state)
{
    (void)state;
    struct findings findings;
    const struct charter *charter =
        compile_with(14, "posts: [{id: clerk, body: top, unit: 市住房和建设局, head: true}]", &findings);
    assert_non_null(charter);
    assert_true(text_is(charter_post(charter, TEXT("clerk"))->unit, "市住房建设局"));
}

/* S4-1: lead missing, limit missing; S0-25: a unit that is nobody, with the nearest one. */
/* S0-1: on which day and by which of the charter's bodies, as far as the document says; the day of issue may
 * be that day. */
static void test_adopted(void **state)
{
    (void)state;
    struct findings findings;
    const struct charter *charter =
        compile_with(3,
                     "document: {number: 甲, issued: 2020-06-26, adopted: [{meeting: 一次会议, body: top}, "
                     "{meeting: 二次会议, on: 2020-06-26}]}",
                     &findings);
    assert_int_equal(findings.count, 0);
    assert_int_equal(charter->adoptions_count, 2);
    struct text json = charter_to_json(&arena, charter);
    static const char expected[] = "\"adopted\":[{\"meeting\":\"一次会议\",\"body\":\"top\"},"
                                   "{\"meeting\":\"二次会议\",\"on\":\"2020-06-26\"}]";
    assert_non_null(memmem(json.at, json.bytes, expected, sizeof expected - 1));
}

static void test_faults(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *text, *finding;
    } rows[] = {
        {1, NULL, "2:1: error: \"charter\" is missing"},
        {3, "document: {number: 甲, issued: 2020-06-26, adopted: [{meeting: 会, body: topp}]}",
         "3:53: error: unknown body \"topp\""},
        {3, "document: {number: 甲, issued: 2020-06-26, adopted: [{meeting: 会, on: 2020-06-27}]}",
         "3:53: error: impossible date: the document was issued before it was adopted"},
        {3, "document: {number: 甲, issued: 2020-06-26, adopted: [{body: top}]}",
         "3:53: error: \"meeting\" is missing"},
        {4, "calendar: 一二三四五六七八九十一二三四五六七八九十一二",
         "4:11: error: \"calendar\" is too long (at most 64 bytes)"},
        {4, "calendar: 日历\u3000",
         "4:11: error: \"calendar\" must not begin or end with a blank (at most 64 bytes)"},
        {2, "titles: x", "2:1: error: unknown key \"titles\"; nearest known: \"title\""},
        {3, "document: {number: 1, issued: 2020-02-30}",
         "3:31: error: \"issued\" must be a real date such as 2020-01-20, not \"2020-02-30\""},
        {5, "zone: 8", "5:7: error: \"zone\" must be such as +08:00, not \"8\""},
        {6, "units: [市财政局, {name: 市住房建设局, aliases: [市住房和建设局]}, 市水务局, 市财政局]",
         "6:57: error: unit or alias \"市财政局\" stands here twice"},
        {6, "units: [市财政局, {name: 市住房建设局, aliases: [市住房和建设局, 市财政局]}, 市水务局]",
         "6:15: error: unit or alias \"市财政局\" stands here twice"},
        {7, "unit_sets: [{name: 各单位, units: [市财政居]}]",
         "7:33: error: unknown unit \"市财政居\"; nearest known: \"市财政局\""},
        {7, "unit_sets: [{name: 各单位}]", "7:13: error: \"units\" is missing"},
        {7, "unit_sets: [{name: 市水务局, all: true}]",
         "7:13: error: unit or alias \"市水务局\" stands here twice"},
        {9, "- {id: Low, name: 低, per_area: true, settles: true, limit: 15wd}",
         "9:8: error: a level's id must be of a-z, 0-9 and -, at most 64: \"Low\""},
        {9, "- {id: low, name: 低, per_area: true, settles: true, limit: 15工作日}",
         "9:60: error: \"15工作日\" is no limit: wanted an amount with wd, d, m or h (15wd), \"by DATE\", "
         "\"at TIME\", \"opening\" or \"undated\""},
        {18, "effective: 2020-06-01",
         "18:12: error: impossible date: it would hold from 2020-06-01 on, before the document's issue on "
         "2020-06-26"},
        {18, "transition: {open: keep, grace: 5wd}",
         "18:13: error: \"limits\" and \"grace\" have a meaning only with \"open: move\""},
        {18, "transition: {open: move, grace: by 2020-12-31}",
         "18:33: error: \"grace\" must be an amount of time after the transition"},
        {18, "transition: {limits: restart}", "18:13: error: \"open\" is missing"},
        {17, "classes: [{class: c, resolution: 2d}]",
         "17:34: error: the charter has no \"resolution\" that a class could set a limit for"},
        {14, "posts: [{id: clerk, body: top, head: true}, {id: idle}]",
         "14:45: warning: post \"idle\" is out of reach: no body, unit, notice or supervision has it"},
        {14, "posts: [{id: clerk, body: low-01, head: true}]",
         "14:9: warning: post \"clerk\" has no holder, but its consent is needed (levels.low.up.consent): "
         "nothing "
         "goes up until somebody takes it up"},
        {9, "- {id: low, name: 低, per_area: true, settles: true, limit: at 2020-06-01T09:00:00+08:00}",
         "9:60: error: impossible date: 2020-06-01 lies before the document's issue on 2020-06-26"},
        {9, "- {id: low, name: 低, per_area: true, settles: true, limit: at 2020-06-01}",
         "9:60: error: \"at 2020-06-01\": wanted an instant with its offset (2020-01-20T09:00:00+08:00)"},
        {9, "- {id: resolution, name: 低, per_area: true, settles: true, limit: 3wd}",
         "9:8: error: \"resolution\" cannot be a level's id: other deadlines have it"},
        {9, "- {id: low, name: 低, per_area: true, settles: true, limit: by 2019}",
         "9:60: error: impossible date: 2019-12-31 lies before the document's issue on 2020-06-26"},
        {9, "- {id: low, name: 低, per_area: true, settles: true, limit: by 2020-06}",
         "9:60: warning: born late: 2020-06-30 leaves 4 days from the document's issue on 2020-06-26"},
        {9, "- {id: low, name: 低, per_area: true, settles: true, limit: 5wd, reminders: [5wd]}",
         "9:77: warning: born late: the reminder 5wd lies before the start of the limit"},
        {9, "- {id: low, name: 低, per_area: true, settles: true, limit: 15wd, reminders: [by 2020]}",
         "9:78: error: \"by 2020\" is no limit: wanted an amount with wd, d, m or h (15wd), \"by DATE\", "
         "\"at TIME\", \"opening\" or \"undated\""},
        {9, "- {id: low, name: 低, per_area: true, settles: true, limit: 15wd, up: [{need: opinion}]}",
         "9:78: error: unknown word \"opinion\" in \"need\"; nearest known: \"opinions\""},
        {9,
         "- {id: low, name: 低, per_area: true, settles: true, limit: 15wd, up: [{need: attempt, heads: "
         "any}]}",
         "9:71: error: \"heads\" has a meaning only with consent"},
        {9, "- {id: low, name: 低, per_area: true, settles: true, limit: 15wd, may_skip_to: [top]}",
         "9:80: error: unknown level \"top\""},
        {9,
         "- {id: low, name: 低, settles: true, limit: 15wd}\n- {id: low, name: 低, per_area: true, limit: "
         "15wd}",
         "10:3: error: level \"low\" stands here twice"},
        {10, "- {id: high, name: 高, limit: 3m, decides: true, up: [{need: attempt}]}",
         "10:3: error: the top level has \"up\", but there is nothing above it"},
        {10, "- {id: high, name: 高, limit: 3m, may_skip_to: [low]}",
         "10:48: error: \"low\" is no level above this one"},
        {11, "areas: [{area: 甲, number: 1, heads: [张三], responsible_units: [各单位]}]",
         "11:9: error: body \"low-01\" has no lead unit (\"lead_units\")"},
        {11, "areas: [{area: 甲, number: 1, lead_units: [市财政局]}]",
         "11:9: error: body \"low-01\" has no head post, but the head's consent is needed "
         "(levels.low.up.consent)"},
        {11, "areas: [{area: 甲, number: 1, heads: [张三], lead_units: [市财务局]}]",
         "11:56: error: unknown unit \"市财务局\"; nearest known: \"市财政局\""},
        {11, "areas: [{area: 甲, number: 1, heads: [张三], lead_units: [住建局]}]",
         "11:56: error: unknown unit \"住建局\"; nearest known: \"市住房建设局\""},
        {11,
         "areas: [{area: 甲, number: 1, heads: [张三], lead_units: [市住房建设局], responsible_units: "
         "[市住房和建设局]}]",
         "11:9: warning: \"市住房和建设局\" both leads and is responsible"},
        {11,
         "areas: [{area: 甲, number: 1, heads: [a], lead_units: [市财政局]}, {area: 甲, number: 2, heads: "
         "[a], lead_units: "
         "[市财政局]}]",
         "11:63: error: area \"甲\" stands here twice"},
        {12, "area_bodies: [{level: lo, id: \"low-{number}\", name: \"{area}组\"}]",
         "12:23: error: unknown level \"lo\"; nearest known: \"low\""},
        {12, NULL, "9:3: error: level \"low\" has 0 bodies"},
        {12, NULL, "11:9: error: area \"甲\" has no body at level \"low\""},
        {13, "bodies: [{id: top, level: high, area: 丙}]",
         "13:10: error: area \"丙\" has no body at level \"low\""},
        {11, NULL,
         "1:1: error: no area is named (\"areas\", or \"area\" of a body): no issue could be raised"},
        {13, "bodies: [{id: top, level: high}, {id: low-01, level: high}]",
         "13:34: error: body \"low-01\" stands here twice"},
        {13, "bodies: [{id: top, level: high}, {id: topp, level: high}]",
         "10:3: error: level \"high\" has 2 bodies; wanted one, or \"per_area: true\""},
        {14, "posts: [{id: clerk, body: topp}]",
         "14:27: error: unknown body \"topp\"; nearest known: \"top\""},
        {14, "posts: [{id: clerk, unit: 市水利局}]",
         "14:27: error: unknown unit \"市水利局\"; nearest known: \"市水务局\""},
        {14, "posts: [{id: clerk, head: true}]", "14:9: error: a head needs a \"body\""},
        {14, "posts: [{id: clerk}, {id: clerk}]", "14:22: error: post \"clerk\" stands here twice"},
        {15, "notices: [{event: issue.escalate, to: [heads]}]",
         "15:19: error: unknown event type \"issue.escalate\"; nearest known: \"issue.escalated.*\""},
        {15, "notices: [{event: issue, to: [head]}]",
         "15:31: error: unknown addressee \"head\"; nearest known: \"heads\""},
        {15, "notices: [{event: issue, to: [heads], channel: telegram}]",
         "15:48: error: unknown word \"telegram\" in \"channel\"; known: log, file, mail, webhook"},
        {15, "notices: [{event: issue, to: [heads], channel: mail, when: working-hour}]",
         "15:60: error: unknown word \"working-hour\" in \"when\"; nearest known: \"working-hours\""},
        {16, "bulletins: [{id: m, title: t, period: month, due: 5wd, sections: [{id: issue, title: 问题}]}]",
         "16:72: error: unknown word \"issue\" in \"id\"; nearest known: \"issues\""},
        {16,
         "bulletins: [{id: m, title: t, period: month, due: undated, sections: [{id: issues, title: 问题}]}]",
         "16:51: error: \"due\" must be an amount of time after the period's end"},
        {17, "classes: [{class: c, limit: 2d}, {class: c, limit: 3d}]",
         "17:34: error: class \"c\" stands here twice"},
        {18, "confirmation: yes", "18:15: error: \"confirmation\" must be a map"},
        {18, "confirmation: {required: yes}",
         "18:26: error: \"required\" must be true or false, not \"yes\""},
        {18, "confirmation: {limit: 10wd}\nconfirmation: {limit: 9wd}",
         "19:1: error: key \"confirmation\" stands here twice"},
        {18, "tasklist: {level: hihg}", "18:19: error: unknown level \"hihg\""},
    };
    int wrong = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct findings findings;
        bool is_error = strstr(rows[i].finding, ": error: ") != NULL;
        const struct charter *charter = compile_with(rows[i].line, rows[i].text, &findings);
        bool found = false;
        for (size_t k = 0; k < findings.count && !found; k++)
            found = text_is(finding_text(&findings, k), rows[i].finding);
        if (!found) {
            for (size_t k = 0; k < findings.count; k++)
                print_error("got: %s\n", finding_text(&findings, k).at);
            print_error("row %zu: wanted \"%s\"\n", i, rows[i].finding);
            wrong++;
        }
        assert_int_equal(charter == NULL, is_error);
        assert_int_equal(findings.errors > 0, is_error);
    }
    assert_int_equal(wrong, 0);
}

/* A level that is not per area has one body, which takes the issues of every area. */
static void test_one_body_for_all_areas(void **state)
{
    (void)state;
    static const char source[] =
        "charter: one\ntitle: 一\ndocument: {number: 1, issued: 2020-06-26}\n"
        "calendar: cn\nzone: \"+08:00\"\nunits: [市财政局]\n"
        "areas: [{area: 噪音}, {area: 扬尘, number: 2, heads: [张三]}]\n"
        "levels: [{id: low, name: 低, settles: true, limit: 5wd}, "
        "{id: high, name: 高, decides: true, limit: 5wd}]\n"
        "bodies: [{id: l, level: low}, {id: h, level: high, area: 油烟, number: 3}]\n";
    struct findings findings;
    findings_open(&findings, &arena, TEXT("one.yaml"));
    const struct charter *charter = charter_compile(&arena, text_from(source), TEXT("one.yaml"), &findings);
    assert_int_equal(findings.count, 1);
    assert_true(text_is(finding_text(&findings, 0),
                        "7:21: warning: no body takes the heads and units of area "
                        "\"扬尘\": there is no \"area_bodies\""));
    assert_non_null(charter);
    assert_int_equal(charter->areas_count, 3);
    assert_true(text_is(charter_area(charter, TEXT("噪音")), "噪音"));
    assert_true(text_is(charter_area(charter, TEXT("2")), "扬尘"));
    assert_true(text_is(charter_area(charter, TEXT("h")), "油烟"));
    assert_int_equal(charter_area(charter, TEXT("烟")).bytes, 0);
    assert_true(text_is(charter_body_for(charter, &charter->levels[0], TEXT("扬尘"))->id, "l"));
    assert_non_null(strstr(charter_to_json(&arena, charter).at,
                           "\"areas\":[{\"area\":\"噪音\"},{\"area\":\"扬尘\",\"number\":2},"));
}

/* S0-20: as many as a bulletin can name, and one more. The clerk is of the body too. */
static void test_an_audience_is_bounded(void **state)
{
    (void)state;
    for (int more = 0; more < 2; more++) {
        struct findings findings;
        struct buffer posts;
        buffer_open(&posts, 1 << 16);
        buffer_printf(&posts, "%.*s", (int)strlen(small[13]) - 1, small[13]);
        for (int i = 0; i < LIST_COUNT_MAX - 1 + more; i++)
            buffer_printf(&posts, ", {id: p%d, body: top}", i);
        buffer_printf(&posts, "]\nbulletins: [{id: m, title: t, to: [high], period: month, due: 5wd, "
                              "sections: [{id: issues, title: 问题}]}]");
        struct text text = arena_text_copy(&arena, buffer_text(&posts));
        buffer_close(&posts);
        const struct charter *charter = compile_without(16, 14, text.at, &findings);
        bool found = false;
        for (size_t i = 0; i < findings.count; i++)
            found |= text_is(findings.at[i].message, "bulletin \"m\" goes to 257 posts; at most 256");
        if (found != (more == 1))
            fail_msg("%zu findings: %s", findings.count,
                     findings.count > 0 ? finding_text(&findings, 0).at : "");
        assert_int_equal(charter != NULL, more == 0);
    }
}

/* S2-5 */
static void test_liaisons_only_where_declared(void **state)
{
    (void)state;
    struct findings findings;
    assert_non_null(
        compile_with(6, "units: [{name: 市财政局, liaison: clerk}, 市住房和建设局, 市水务局]", &findings));
    assert_int_equal(findings.count, 2);
    assert_true(text_is(finding_text(&findings, 0), "6:39: warning: unit \"市住房和建设局\" has no liaison"));
    assert_null(
        compile_with(6, "units: [{name: 市财政局, liaison: clark}, 市住房和建设局, 市水务局]", &findings));
}

static void test_all_faults_in_one_run(void **state)
{
    (void)state;
    struct findings findings;
    assert_null(compile_with(11,
                             "areas: [{area: 甲, number: 1, responsible_units: [市财务局, "
                             "市水利局]}]\nsolution: {clauses: 1}",
                             &findings));
    assert_true(findings.errors >= 5); /* two units, the lead, the head post, the key */
    /* what has no bodies is looked through all the same */
    assert_null(compile_with(12, NULL, &findings));
    size_t before = findings.count;
    assert_null(compile_with(12, "solution: {clauses: 1}", &findings));
    assert_int_equal(findings.count, before + 1);
}

static void test_json(void **state)
{
    (void)state;
    struct findings findings;
    const struct charter *charter = compile_with(2, "title: \"小\\\"章\\\\程\\\"\"", &findings);
    assert_non_null(charter);
    struct text json = charter_to_json(&arena, charter);
    assert_true(text_is_utf8(json));
    assert_non_null(strstr(json.at, "\"title\":\"小\\\"章\\\\程\\\"\""));
    assert_non_null(
        strstr(json.at, "{\"id\":\"low-01\",\"name\":\"甲组\",\"level\":\"low\",\"area\":\"甲\",\"number\":1,"
                        "\"heads\":[\"张三\",\"李四\"],"
                        "\"head_posts\":[\"low-01.head.1\",\"low-01.head.2\"],\"lead_units\":[\"市财政局\"],"
                        "\"responsible_units\":[\"各单位\"],"));
    assert_non_null(strstr(json.at,
                           "\"limit\":{\"is\":\"3m\",\"path\":\"levels.high.limit\",\"clause\":\"二\","
                           "\"place\":\"s.yaml:10:45\",\"default\":true}"));
}

/* The YAML block of the page that begins behind `from`; *end_out is where it ends. */
static struct text documented(struct text page, const char *from, const char **end_out)
{
    static const char fence[] = "```yaml\n";
    const char *begin = memmem(from, page.bytes - (size_t)(from - page.at), fence, strlen(fence));
    assert_non_null(begin);
    begin += strlen(fence);
    *end_out = memmem(begin, page.bytes - (size_t)(begin - page.at), "```", 3);
    assert_non_null(*end_out);
    return (struct text){begin, (size_t)(*end_out - begin)};
}

static const struct charter *compile_documented(struct text source)
{
    struct findings findings;
    findings_open(&findings, &arena, TEXT("charters.md"));
    const struct charter *charter = charter_compile(&arena, source, TEXT("charters.md"), &findings);
    for (size_t i = 0; i < findings.count; i++)
        print_error("%s\n", finding_text(&findings, i).at);
    assert_int_equal(findings.count, 0);
    return charter;
}

/* The examples that people copy must be lawful. */
static void test_documented_examples(void **state)
{
    (void)state;
    struct text page = support_file_read(&arena, "docs/charters.md");
    const char *end = page.at;
    struct text whole = documented(page, end, &end), part = documented(page, end, &end);
    assert_int_equal(compile_documented(whole)->bodies_count, 3);
    static const char frame[] = "charter: c\ntitle: t\ndocument: {number: n, issued: 2020-06-26}\n"
                                "calendar: cn\nzone: \"+08:00\"\nunits: [市财政局]\n";
    assert_int_equal(compile_documented(arena_printf(&arena, "%s%.*s", frame, TEXT_PRINT(part)))->areas_count,
                     2);
}

/* ---- Boston ---- */

static struct text field_take(struct text *line)
{
    const char *tab = memchr(line->at, '\t', line->bytes);
    size_t bytes = tab != NULL ? (size_t)(tab - line->at) : line->bytes;
    struct text field = {line->at, bytes};
    size_t skip = bytes + (tab != NULL);
    *line = (struct text){line->at + skip, line->bytes - skip};
    return field;
}

static int64_t time_of(struct text t)
{
    int64_t at_us = 0;
    assert_true(civil_parse_time(arena_printf(&arena, "%.*sZ", TEXT_PRINT(t)), &at_us, NULL));
    return at_us;
}

struct tally {
    int cases, with_target, late, kept, unresolved;
};

static void boston_case(const struct charter *charter, const struct calendar *calendar, struct text line,
                        struct tally *tally)
{
    struct text id = field_take(&line), dept = field_take(&line), class_name = field_take(&line);
    struct text raised = field_take(&line), resolved = field_take(&line), target = field_take(&line),
                ontime = line;
    const struct issue_class *class = charter_class(charter, class_name);
    struct due due;
    assert_non_null(class);
    assert_non_null(charter_body_for(charter, &charter->levels[0], dept));
    assert_int_equal(limit_due(&arena, &class->limit, calendar, time_of(raised), INT32_MAX, &due, NULL), 0);
    tally->cases++;
    assert_int_equal(due.dated, target.bytes > 0);
    if (!due.dated)
        return;
    tally->with_target++;
    int64_t off_us = due.due_us - time_of(target);
    if (off_us > 60 * CIVIL_SECOND_US || off_us < -60 * CIVIL_SECOND_US)
        fail_msg("%.*s %.*s: target %.*s\n%.*s", TEXT_PRINT(id), TEXT_PRINT(class_name), TEXT_PRINT(target),
                 TEXT_PRINT(due.arithmetic));
    bool late = resolved.bytes == 0 || time_of(resolved) > due.due_us;
    assert_int_equal(late, text_is(ontime, "OVERDUE"));
    tally->unresolved += resolved.bytes == 0;
    tally->late += resolved.bytes > 0 && late;
    tally->kept += !late;
}

static void test_boston_targets(void **state)
{
    (void)state;
    const struct charter *charter = support_charter(&arena, "config/charters/boston-311.yaml");
    const struct calendar *calendar = support_calendar(&arena, "config/calendars/boston.yaml");
    struct text rest = support_file_read(&arena, "tests/data/boston-311-100.tsv");
    struct tally tally = {0};
    while (rest.bytes > 0) {
        const char *end = memchr(rest.at, '\n', rest.bytes);
        assert_non_null(end);
        struct text line = {rest.at, (size_t)(end - rest.at)};
        rest = (struct text){end + 1, rest.bytes - line.bytes - 1};
        if (!text_starts_with(line, TEXT("id\t")))
            boston_case(charter, calendar, line, &tally);
    }
    assert_int_equal(tally.cases, 100);
    assert_int_equal(tally.with_target, 89);
    assert_int_equal(tally.kept, 72);
    assert_int_equal(tally.late, 5);
    assert_int_equal(tally.unresolved, 12);
}

/* What needs somebody's machine elsewhere waits for working hours unless the charter says otherwise. */
static void test_notices_have_a_channel_and_a_time(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *channel;
        enum notice_when when;
    } rows[] = {
        {"notices: [{event: issue, to: [heads]}]", "log", NOTICE_AT_ONCE},
        {"notices: [{event: issue, to: [heads], channel: file}]", "file", NOTICE_AT_ONCE},
        {"notices: [{event: issue, to: [posts], channel: file, when: digest}]", "file", NOTICE_DIGEST},
        {"notices: [{event: issue, to: [supervisors], channel: mail}]", "mail", NOTICE_WORKING_HOURS},
        {"notices: [{event: issue, to: [heads], channel: mail, when: at-once}]", "mail", NOTICE_AT_ONCE},
        {"notices: [{event: issue, to: [heads], channel: webhook, when: digest}]", "webhook", NOTICE_DIGEST}};
    struct findings findings;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct charter *charter = compile_with(15, rows[i].rule, &findings);
        assert_non_null(charter);
        assert_true(text_is(charter->notices[0].channel, rows[i].channel));
        assert_int_equal(charter->notices[0].when, rows[i].when);
    }
}

/* S3-20: what a newer version would lose, each with its place; the same text again is no version. */
static void test_versions_are_compared(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *text, *finding;
    } rows[] = {
        {0, NULL, "1:1: error: nothing would change: the texts are the same"},
        {1, "charter: other", "1:1: error: this is charter \"other\", the older one is \"small\""},
        {18, "transition: {open: keep}", NULL},
    };
    struct findings findings;
    struct charter_version older = {compile_with(0, NULL, &findings), TEXT("a")};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct charter_version newer = {compile_with(rows[i].line, rows[i].text, &findings), TEXT("a")};
        newer.text = rows[i].line == 0 ? TEXT("a") : TEXT("b");
        assert_non_null(newer.charter);
        size_t before = findings.count;
        charter_compare(&older, &newer, &findings);
        assert_int_equal(findings.count - before, rows[i].finding != NULL ? 1 : 0);
        if (rows[i].finding != NULL)
            assert_string_equal(finding_text(&findings, before).at, rows[i].finding);
    }
}

static void test_a_move_tells_what_it_loses(void **state)
{
    (void)state;
    static const char newer_text[] =
        "charter: small\ntitle: t\ndocument: {number: 2, issued: 2021-06-26}\ncalendar: cn\n"
        "zone: \"+08:00\"\nunits: [市财政局, 市住房建设局]\n"
        "levels: [{id: low, name: 低, per_area: true, settles: true, limit: 15wd}]\n"
        "areas: [{area: 乙, number: 1, lead_units: [市财政局]}]\n"
        "area_bodies: [{level: low, id: \"low-{number}\", name: \"{area}组\"}]\n"
        "transition: {open: move}\n";
    static const char *const expected[] = {
        "10:13: warning: level \"high\" is gone: its issues go to \"low\"",
        "10:13: warning: area \"甲\" is gone: its issues stay under the older version",
        "10:13: warning: unit \"市水务局\" is gone: no opinion of it is owed any more"};
    struct findings findings, own;
    struct charter_version older = {compile_with(0, NULL, &own), TEXT("a")};
    findings_open(&findings, &arena, TEXT("s.yaml"));
    struct charter_version newer = {charter_compile(&arena, text_from(newer_text), TEXT("s.yaml"), &findings),
                                    TEXT("b")};
    assert_non_null(newer.charter);
    size_t before = findings.count;
    charter_compare(&older, &newer, &findings);
    assert_int_equal(findings.count - before, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(finding_text(&findings, before + i).at, expected[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_versions_are_compared, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_a_move_tells_what_it_loses, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_small_charter, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_expansion, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_posts_belong_to_the_unit_itself, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_adopted, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_faults, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_one_body_for_all_areas, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_an_audience_is_bounded, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_liaisons_only_where_declared, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_all_faults_in_one_run, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_json, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_documented_examples, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_boston_targets, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_notices_have_a_channel_and_a_time, slate_open, slate_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
