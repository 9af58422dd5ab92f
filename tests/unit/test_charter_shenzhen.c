/* Goal: config/charters/shenzhen-2020.yaml says what the document says, no more and no less, row by row.
 * Method: the table of the document (附表), written out here once more as the document prints it, and the
 * clauses of its section four, against the compiled charter. */
#include "base/limits.h"
#include "config/charter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/support/config_files.h"

enum { TEST_ARENA_BYTES = 64 << 20, ROWS = 16 };

static struct arena arena;
static const struct charter *charter;

static int setup(void **state)
{
    (void)state;
    arena_open(&arena, TEST_ARENA_BYTES);
    charter = support_charter(&arena, "config/charters/shenzhen-2020.yaml");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

/* 序号 is the index plus one; names separated by 、 as in the document. */
static const struct {
    const char *area, *heads, *lead_units, *responsible_units;
} table[ROWS] = {
    {"开办企业", "黄敏", "市市场监管局",
     "市公安局、市人力资源保障局、市税务局、市政务服务数据管理局、市住房建设局"},
    {"办理建筑许可", "杨洪", "市住房建设局",
     "市规划和自然资源局、市水务局、市交通运输局、市政务服务数据管理局、市生态环境局、市发展改革委"},
    {"水电气接入", "艾学峰", "市发展改革委、市水务局、市工业和信息化局、市住房建设局",
     "市规划和自然资源局、市交通运输局、市政务服务数据管理局、市公安局、市城管局、市水务集团、深圳供电局、市"
     "燃气集团"},
    {"登记财产", "杨洪", "市规划和自然资源局",
     "市住房和建设局、市中级人民法院、市政务服务数据管理局、市税务局"},
    {"纳税", "刘庆生", "市税务局", "市财政局、市人力资源保障局、市住房建设局"},
    {"跨境贸易", "刘庆生", "市口岸办、深圳海关", "市交通运输局、市商务局、市市场监管局"},
    {"办理破产", "余新国、万国营", "市中级人民法院",
     "市财政局、市公安局、人民银行深圳市中心支行、市司法局、市税务局、市人力资源保障局、市市场监管局、深圳银"
     "保监局"},
    {"获得信贷", "艾学峰", "市地方金融监管局",
     "人民银行深圳市中心支行、市市场监管局、市中级人民法院、深圳银保监局、深圳证监局"},
    {"保护中小投资者", "徐文海", "市司法局、市市场监管局、深圳证监局",
     "市中级人民法院、市中小企业服务局、深圳国际仲裁院"},
    {"执行合同", "余新国、万国营", "市中级人民法院", "市司法局、深圳国际仲裁院、市公安局"},
    {"劳动力市场监管", "艾学峰", "市人力资源保障局", "各相关单位"},
    {"政府采购", "刘庆生", "市财政局", "市政府采购中心"},
    {"招标投标", "杨洪", "市住房建设局、市交通运输局", "市发展改革委、市政务服务数据管理局、市水务局"},
    {"政务服务", "王立新", "市政务服务数据管理局", "各相关单位"},
    {"知识产权创造保护和运用", "黄敏", "市市场监管局",
     "市公安局、深圳海关、市司法局、市中级人民法院、检察院、市科技创新委、市地方金融监管局、市政务服务数据管"
     "理局、深圳国际仲裁院"},
    {"市场监管", "黄敏", "市市场监管局", "市司法局、市商务局、市政务服务数据管理局"}};

static void assert_names(struct names got, const char *expected, const char *what, size_t row)
{
    struct text joined = TEXT("");
    for (size_t i = 0; i < got.count; i++)
        joined =
            arena_printf(&arena, "%.*s%s%.*s", TEXT_PRINT(joined), i > 0 ? "、" : "", TEXT_PRINT(got.at[i]));
    if (!text_is(joined, expected))
        fail_msg("row %zu %s: \"%.*s\" instead of \"%s\"", row, what, TEXT_PRINT(joined), expected);
}

static void test_table(void **state)
{
    (void)state;
    size_t groups = 0;
    for (size_t i = 0; i < charter->bodies_count; i++)
        groups += text_is(charter->bodies[i].level, "group");
    assert_int_equal(groups, ROWS);
    for (size_t row = 1; row <= ROWS; row++) {
        const struct body *group = charter_body(charter, arena_printf(&arena, "group-%02zu", row));
        const struct body *team = charter_body(charter, arena_printf(&arena, "team-%02zu", row));
        assert_non_null(group);
        assert_non_null(team);
        assert_int_equal(group->number, row);
        assert_true(text_is(group->area, table[row - 1].area));
        assert_true(text_equal(team->area, group->area));
        assert_true(text_equal(group->name, arena_printf(&arena, "%s专项小组", table[row - 1].area)));
        assert_names(group->heads, table[row - 1].heads, "heads", row);
        assert_names(group->lead_units, table[row - 1].lead_units, "lead", row);
        assert_names(group->responsible_units, table[row - 1].responsible_units, "responsible", row);
        assert_names(team->lead_units, table[row - 1].lead_units, "team lead", row);
        assert_names(team->heads, "", "team heads", row);
    }
}

static void assert_post(const char *id, const char *holder, const char *body, const char *unit)
{
    const struct post *post = charter_post(charter, text_from(id));
    if (post == NULL)
        fail_msg("no post %s", id);
    assert_names(post->holders, holder, id, 0);
    assert_true(text_is(post->body, body));
    assert_true(text_is(post->unit, unit));
}

static void test_posts(void **state)
{
    (void)state;
    /* joint heads: rows 7 and 10 */
    assert_post("group-01.head", "黄敏", "group-01", "");
    assert_post("group-07.head.1", "余新国", "group-07", "");
    assert_post("group-07.head.2", "万国营", "group-07", "");
    assert_post("group-10.head.2", "万国营", "group-10", "");
    assert_null(charter_post(charter, TEXT("group-07.head")));
    assert_null(charter_post(charter, TEXT("group-01.head.1")));
    /* teams are convened by their lead units */
    assert_post("team-01.convener", "", "team-01", "市市场监管局");
    assert_post("team-03.convener.4", "", "team-03", "市住房建设局");
    /* 王伟中书记任组长，陈如桂市长任常务副组长 */
    assert_post("leading-group.head", "王伟中", "leading-group", "");
    assert_post("leading-group.executive-deputy", "陈如桂", "leading-group", "");
    assert_post("office.head", "", "office", "市发展改革委");
    assert_names(charter_body(charter, TEXT("group-07"))->head_posts, "group-07.head.1、group-07.head.2",
                 "head posts", 7);
    assert_names(charter_body(charter, TEXT("office"))->head_posts, "office.head", "head posts", 0);
    assert_names(charter_body(charter, TEXT("leading-group"))->head_posts, "leading-group.head", "head posts",
                 0);
}

/* S0-1: one sitting, the session of two bodies, of which one is the document's own. */
static void test_adopted_by_two_bodies(void **state)
{
    (void)state;
    assert_int_equal(charter->adoptions_count, 2);
    assert_true(text_is(charter->adoptions[0].meeting, "市委全面深化改革委员会第六次会议"));
    assert_true(text_is(charter->adoptions[1].meeting, "市优化营商环境改革工作领导小组第二次会议"));
    assert_true(text_is(charter->adoptions[1].body, "leading-group"));
    assert_int_equal(charter->adoptions[1].on_day, INT32_MIN);
}

/* S0-26: each team has a post for its members, held by nobody yet. */
static void test_teams_have_members(void **state)
{
    (void)state;
    for (int i = 1; i <= ROWS; i++) {
        struct text team = arena_printf(&arena, "team-%02d", i);
        const struct post *post =
            charter_post(charter, arena_printf(&arena, "%.*s.member", TEXT_PRINT(team)));
        assert_non_null(post);
        assert_true(text_equal(post->body, team));
        assert_true(text_is(post->title, "成员"));
        assert_int_equal(post->holders.count, 0);
    }
}

static void test_units(void **state)
{
    (void)state;
    /* S0-25: one unit, two spellings inside one table */
    assert_true(text_is(charter_unit(charter, TEXT("市住房和建设局"))->name, "市住房建设局"));
    assert_ptr_equal(charter_unit(charter, TEXT("检察院")), charter_unit(charter, TEXT("市检察院")));
    assert_null(charter_unit(charter, TEXT("市财政居")));
    struct text nearest[3];
    assert_int_equal(charter_unit_nearest(charter, TEXT("市财政居"), nearest, 3), 1);
    assert_true(text_is(nearest[0], "市财政局"));
    assert_int_equal(charter_unit_nearest(charter, TEXT("住建局"), nearest, 3), 1);
    assert_true(text_is(nearest[0], "市住房建设局"));
    assert_int_equal(charter_unit_nearest(charter, TEXT("xyz"), nearest, 3), 0);
    /* S0-24: outside the city's hierarchy */
    static const char *const external[] = {
        "市中级人民法院",         "检察院",       "深圳海关",   "市水务集团",    "深圳供电局", "市燃气集团",
        "人民银行深圳市中心支行", "深圳银保监局", "深圳证监局", "深圳国际仲裁院"};
    for (size_t i = 0; i < sizeof external / sizeof external[0]; i++)
        assert_true(charter_unit(charter, text_from(external[i]))->external);
    assert_false(charter_unit(charter, TEXT("市财政局"))->external);
    /* rows 11 and 14 */
    const struct unit_set *set = charter_set(charter, TEXT("各相关单位"));
    assert_non_null(set);
    assert_true(set->rule.is_default);
    struct names all;
    struct names written = charter_body(charter, TEXT("group-11"))->responsible_units;
    assert_true(charter_expand_units(charter, &arena, written, &all, NULL));
    assert_int_equal(all.count, charter->units_count);
}

static void assert_needs(const char *level_id, const char *expected)
{
    const struct level *level = charter_level(charter, text_from(level_id));
    struct text joined = TEXT("");
    assert_non_null(level);
    for (size_t i = 0; i < level->needs_count; i++)
        joined = arena_printf(&arena, "%.*s%s %.*s;", TEXT_PRINT(joined), need_text(level->needs[i].kind),
                              TEXT_PRINT(level->needs[i].rule.clause));
    if (!text_is(joined, expected))
        fail_msg("%s: %.*s", level_id, TEXT_PRINT(joined));
}

/* S0-2 to S0-8; S0-4: each level's tighter reminders. */
static void test_levels(void **state)
{
    (void)state;
    assert_int_equal(charter->levels_count, 4);
    assert_needs("team", "attempt 四（二）;opinions 四（二）;proposal 四（二）;");
    assert_needs("group", "attempt 四（三）;proposal 四（三）;deliberation 二（二）;consent 四（三）;");
    assert_needs("office", "checklist 四（三）;issuelist 四（三）;");
    assert_needs("leading-group", "");
    static const char *const order[] = {"team", "group", "office", "leading-group"};
    static const char *const up[] = {"四（二）", "四（三）", "四（三）"};
    for (size_t i = 0; i < 4; i++) {
        const struct level *level = &charter->levels[i];
        assert_true(text_is(level->id, order[i]));
        assert_true(level->limit_rule_place.is_default);
        assert_true(i == 3 || text_is(level->up_rule.clause, up[i]));
        assert_int_equal(level->may_skip_to.count, 0);
        assert_int_equal(level->per_area, i < 2);
        assert_int_equal(level->decides, i == 3);
        assert_true(level->reminders_indicator.count > level->reminders.count);
    }
    assert_false(charter_level(charter, TEXT("group"))->needs[3].any_head);
    assert_true(charter_level(charter, TEXT("group"))->needs[3].heads_default);
    assert_true(text_is(charter->tasklist_level, "office"));
    assert_ptr_equal(charter_office_level(charter, NULL), charter_level(charter, TEXT("office")));
    assert_true(text_is(charter_level(charter, TEXT("team"))->up_rule.path, "levels.team.up"));
    assert_true(
        text_is(charter_level(charter, TEXT("group"))->needs[3].rule.path, "levels.group.up.consent"));
    assert_non_null(
        strstr(charter_level(charter, TEXT("group"))->needs[3].rule.place.at, "shenzhen-2020.yaml:"));
}

/* What the document leaves open is printed as ours, also where the charter is silent. */
static void test_parameters_are_printed_as_defaults(void **state)
{
    (void)state;
    struct arena room;
    arena_open(&room, ARENA_BYTES_MAX);
    struct text json = charter_to_json(&room, charter);
    const char *concerned = strstr(json.at, "\"concerned\":{\"is\":\"area+reported\"");
    const char *actors = strstr(json.at, "\"actors\":{\"is\":\"named\"");
    assert_non_null(concerned);
    assert_non_null(actors);
    assert_ptr_equal(strstr(concerned, "\"default\":true}"), strchr(concerned, '}') - 14);
    assert_ptr_equal(strstr(actors, "\"default\":true}"), strchr(actors, '}') - 14);
    arena_close(&room);
}

static void test_areas(void **state)
{
    (void)state;
    const struct level *group = charter_level(charter, TEXT("group")),
                       *office = charter_level(charter, TEXT("office"));
    assert_true(text_is(charter_area(charter, TEXT("7")), "办理破产"));
    assert_true(text_is(charter_area(charter, TEXT("team-07")), "办理破产"));
    assert_true(text_is(charter_area(charter, TEXT("办理破产")), "办理破产"));
    assert_int_equal(charter_area(charter, TEXT("17")).bytes, 0);
    assert_int_equal(charter_area(charter, TEXT("office")).bytes, 0);
    assert_int_equal(charter_area(charter, TEXT("")).bytes, 0);
    assert_true(text_is(charter_body_for(charter, group, TEXT("16"))->id, "group-16"));
    assert_true(text_is(charter_body_for(charter, office, TEXT("16"))->id, "office"));
    assert_true(text_is(charter_body_for(charter, office, TEXT_NONE)->id, "office"));
    assert_null(charter_body_for(charter, group, TEXT("没有")));
    assert_null(charter_body_for(charter, group, TEXT_NONE));
}

/* S0-19 */
static void test_bulletin_has_the_four_parts(void **state)
{
    (void)state;
    static const char *const parts[4][2] = {{"task-lists", "重点任务清单落实情况"},
                                            {"issues", "问题协调解决情况"},
                                            {"plans", "工作方案推进情况"},
                                            {"speed", "提速提效情况"}};
    const struct bulletin_rule *bulletin = &charter->bulletins[0];
    assert_in_range(bulletin->sections_count, 4, 5); /* and who reported (S0-20) */
    for (size_t i = 0; i < 4; i++) {
        assert_true(text_is(bulletin->sections[i], parts[i][0]));
        assert_true(text_is(bulletin->section_titles[i], parts[i][1]));
    }
    assert_true(text_is(bulletin->rule.clause, "五（三）"));
    assert_true(bulletin->to.count > 0 && bulletin->redact_raiser && !bulletin->redact_persons);
}

/* S0-11: the office regularly reports progress, major and common problems and proposals to the leading group.
 */
static void test_report_to_the_leading_group(void **state)
{
    (void)state;
    static const char *const parts[] = {"progress", "major", "common", "proposals"};
    assert_int_equal(charter->bulletins_count, 2);
    const struct bulletin_rule *report = &charter->bulletins[1];
    assert_int_equal(report->sections_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(text_is(report->sections[i], parts[i]));
    assert_int_equal(report->period, PERIOD_QUARTER);
    assert_true(text_is(report->rule.clause, "三（三）") && report->rule.is_default);
    assert_true(text_is(charter->common.rule.clause, "三（三）") && charter->common.rule.is_default);
    assert_int_equal(charter->common.areas, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_posts),
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_adopted_by_two_bodies),
        cmocka_unit_test(test_teams_have_members),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_parameters_are_printed_as_defaults),
        cmocka_unit_test(test_areas),
        cmocka_unit_test(test_bulletin_has_the_four_parts),
        cmocka_unit_test(test_report_to_the_leading_group),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
