/* test_bulletins_common.c - which issues are one problem in common (S0-11).
 *
 * Goal: like titles and like classes from several areas are found, near misses are not, and the order in
 * which issues come changes nothing. Method: Chinese titles as departments write them, measured and
 * clustered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/log.h"
#include "workers/bulletins/common.h"

static struct arena arena;
static const struct common_rule usual = {
    .similarity = 50, .at_least = 3, .areas = 2, .by_class = true, .by_title = true};

static void test_similarity(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int is;
    } rows[] = {
        {"企业开办材料重复提交", "企业开办材料重复提交", 100},
        {"企业开办材料重复提交", "企业开办“材料”重复提交。", 100}, /* signs don't count */
        {"窗口 排队", "窗口排队", 100},
        {"窗口排队", "窗口排队时间长", 66}, /* 3 of 3 and 6 pairs */
        {"材料重复提交", "重复提交材料", 80},
        {"跨部门数据共享不畅", "部门间数据共享不及时", 58}, /* 5 of 8 and 9 */
        {"执行款发放周期过长", "不动产登记周期过长", 37},   /* a near miss */
        {"纳税", "税纳", 0},
        {"税", "税", 100},
        {"税", "纳", 0},
        {"ABC", "abc", 100},
        {"", "", 0},
        {"。。。", "！", 0},
        {"人人人", "人人", 66}, /* pairs count as often as they stand */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int is = common_similarity(&arena, text_from(rows[i].a), text_from(rows[i].b));
        if (is != rows[i].is)
            fail_msg("%s / %s: %d instead of %d", rows[i].a, rows[i].b, is, rows[i].is);
        assert_int_equal(common_similarity(&arena, text_from(rows[i].b), text_from(rows[i].a)), is);
    }
}

#define ISSUE(id, title_is, class_is, area_is)                                                               \
    {                                                                                                        \
        .subject = TEXT(id), .title = TEXT(title_is), .class = TEXT(class_is), .area = TEXT(area_is)         \
    }
static const struct common_issue town[] = {
    ISSUE("A1", "部门间数据共享不畅", "", "开办企业"),
    ISSUE("A2", "部门数据共享不畅通", "", "纳税"),
    ISSUE("A3", "部门数据共享不及时", "", "登记财产"),
    ISSUE("B1", "执行款发放周期过长", "", "执行合同"),
    ISSUE("B2", "不动产登记周期过长", "", "登记财产"),
    ISSUE("C1", "窗口排队时间长", "窗口服务", "纳税"),
    ISSUE("C2", "综窗人员不足", "窗口服务", "纳税"),
    ISSUE("C3", "自助机故障", "窗口服务", "开办企业"),
    ISSUE("C4", "叫号系统停用", "窗口服务", "政务服务"),
    ISSUE("D1", "发票增量申请材料重复", "", "纳税"),
    ISSUE("D2", "发票增量申请材料重复多", "", "纳税"),
    ISSUE("D3", "发票增量申请材料多", "", "纳税"), /* enough, but one area */
};
enum { TOWN = sizeof town / sizeof *town };

static struct text told(const struct common_clusters *clusters)
{
    struct text text = TEXT("");
    for (size_t i = 0; i < clusters->count; i++) {
        text = arena_printf(&arena, "%.*s%.*s:", TEXT_PRINT(text), TEXT_PRINT(clusters->at[i].title));
        for (size_t k = 0; k < clusters->at[i].count; k++)
            text = arena_printf(&arena, "%.*s %.*s", TEXT_PRINT(text),
                                TEXT_PRINT(clusters->at[i].issues[k].subject));
        text = arena_printf(&arena, "%.*s(%zu);", TEXT_PRINT(text), clusters->at[i].areas);
    }
    return text;
}

static void check(const struct common_rule *rule, const char *expected)
{
    struct common_clusters clusters = common_find(&arena, rule, town, TOWN);
    if (!text_is(told(&clusters), expected))
        fail_msg("%.*s instead of %s", TEXT_PRINT(told(&clusters)), expected);
}

static void test_clusters(void **state)
{
    (void)state;
    check(&usual, "叫号系统停用: C1 C2 C3 C4(3);部门数据共享不畅通: A1 A2 A3(3);");
    struct common_rule rule = usual;
    rule.by_class = false;
    check(&rule, "部门数据共享不畅通: A1 A2 A3(3);");
    rule = usual;
    rule.by_title = false;
    check(&rule, "叫号系统停用: C1 C2 C3 C4(3);");
    rule = usual;
    rule.areas = 1;
    check(&rule,
          "叫号系统停用: C1 C2 C3 C4(3);发票增量申请材料重复: D1 D2 D3(1);部门数据共享不畅通: A1 A2 A3(3);");
    rule = usual;
    rule.at_least = 4;
    check(&rule, "叫号系统停用: C1 C2 C3 C4(3);");
    rule = usual;
    rule.similarity = 100;
    check(&rule, "叫号系统停用: C1 C2 C3 C4(3);");
    rule.at_least = 5;
    check(&rule, "");
}

/* Two ends that share nothing are one problem through what lies between them. */
static void test_chain(void **state)
{
    (void)state;
    static const struct common_issue chain[] = {ISSUE("1", "甲乙丙丁戊", "", "x"),
                                                ISSUE("2", "丙丁戊己庚", "", "y"),
                                                ISSUE("3", "戊己庚辛壬", "", "x")};
    assert_int_equal(common_similarity(&arena, chain[0].title, chain[2].title), 0);
    struct common_clusters clusters = common_find(&arena, &usual, chain, 3);
    assert_true(text_is(told(&clusters), "丙丁戊己庚: 1 2 3(2);"));
}

static void test_order(void **state)
{
    (void)state;
    struct common_clusters clusters = common_find(&arena, &usual, town, TOWN);
    struct text expected = told(&clusters);
    struct common_issue shuffled[TOWN];
    uint32_t seed = 1;
    memcpy(shuffled, town, sizeof town);
    for (int round = 0; round < 50; round++) {
        for (size_t i = TOWN; i > 1; i--) {
            seed = seed * 1664525 + 1013904223;
            size_t k = seed >> 8 & 0xFFFF;
            struct common_issue issue = shuffled[i - 1];
            shuffled[i - 1] = shuffled[k % i];
            shuffled[k % i] = issue;
        }
        clusters = common_find(&arena, &usual, shuffled, TOWN);
        assert_true(text_equal(told(&clusters), expected));
    }
}

static void test_bounds(void **state)
{
    (void)state;
    static struct common_issue many[COMMON_ISSUES_MAX];
    struct common_clusters none = common_find(&arena, &usual, many, 0);
    assert_int_equal(none.count, 0);
    for (size_t i = 0; i < COMMON_ISSUES_MAX; i++)
        many[i] = (struct common_issue){.subject = arena_printf(&arena, "%zu", i),
                                        .title = TEXT("部门间数据共享不畅"),
                                        .area = i % 2 == 0 ? TEXT("a") : TEXT("b")};
    struct common_clusters one = common_find(&arena, &usual, many, COMMON_ISSUES_MAX);
    assert_int_equal(one.count, 1);
    assert_int_equal(one.at[0].count, COMMON_ISSUES_MAX);
}

static int setup(void **state)
{
    (void)state;
    arena_open(&arena, 1 << 28);
    return 0;
}
static int teardown(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

int main(void)
{
    log_open("test", LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_similarity, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clusters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_chain, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
