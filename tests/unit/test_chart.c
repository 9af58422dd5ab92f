/* test_chart.c - numbers in a fenced block become a picture that prints in black and white.
 *
 * Goal: what the Markdown says is what the picture says, in the same bytes each time, with nothing fetched
 * and nothing that could run. Method: charts written, read again and drawn; hostile names and broken blocks
 * among them; the values that the picture shows are counted in its text. CHART_SHOW=FILE writes a page to
 * look at.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/log.h"
#include "workers/bulletins/chart.h"
#include "workers/bulletins/html.h"

static struct arena arena;

static bool holds(struct text t, const char *part)
{
    return memmem(t.at, t.bytes, part, strlen(part)) != NULL;
}

static size_t count_of(struct text t, const char *part)
{
    size_t count = 0, bytes = strlen(part);
    for (size_t i = 0; i + bytes <= t.bytes; i++)
        count += memcmp(t.at + i, part, bytes) == 0;
    return count;
}

static struct chart sample(enum chart_form form, size_t series, size_t rows)
{
    static const char *const names[] = {
        "专项小组", "领导小组办公室", "领导小组", "市政务服务数据管理局", "其中逾期", "其他"};
    struct chart chart = {.title = TEXT("各月提请上一级协调的问题"),
                          .unit = form == CHART_BARS ? TEXT("%") : TEXT("件"),
                          .head = TEXT("月份"),
                          .form = form,
                          .series_count = series,
                          .rows_count = rows};
    for (size_t k = 0; k < series; k++)
        chart.series[k] = text_from(names[k]);
    for (size_t i = 0; i < rows; i++) {
        chart.rows[i].label = form == CHART_BARS ? arena_printf(&arena, "%s", names[i % 6])
                                                 : arena_printf(&arena, "2020-%02zu", i + 1);
        for (size_t k = 0; k < series; k++)
            chart.rows[i].tenths[k] =
                form == CHART_BARS ? (int64_t)(i * 137 % 1001) : (int64_t)((i * 7 + k * 5) % 23 * 10);
    }
    return chart;
}

static struct text printed(const struct chart *chart)
{
    struct buffer out;
    buffer_open(&out, 1 << 20);
    chart_print(&out, chart);
    struct text text = arena_text_copy(&arena, buffer_text(&out));
    buffer_close(&out);
    return text;
}

/* Without the line feed before it, the fences, and what they are called. */
static struct text inside(struct text block)
{
    static const size_t before = sizeof("\n```chart\n") - 1, after = sizeof("```\n") - 1;
    assert_true(block.bytes > before + after);
    return (struct text){block.at + before, block.bytes - before - after};
}

static void test_read_as_written(void **state)
{
    (void)state;
    for (int form = CHART_COLUMNS; form <= CHART_BARS; form++) {
        struct chart chart = sample((enum chart_form)form, form == CHART_BARS ? 1 : CHART_SERIES_MAX, 12),
                     again;
        assert_true(chart_parse(inside(printed(&chart)), &again));
        assert_int_equal(again.form, form);
        assert_int_equal(again.rows_count, chart.rows_count);
        assert_int_equal(again.series_count, chart.series_count);
        assert_true(text_equal(again.title, chart.title) && text_equal(again.unit, chart.unit));
        for (size_t i = 0; i < chart.rows_count; i++) {
            assert_true(text_equal(again.rows[i].label, chart.rows[i].label));
            for (size_t k = 0; k < chart.series_count; k++)
                assert_int_equal(again.rows[i].tenths[k], chart.rows[i].tenths[k]);
        }
        assert_true(text_equal(printed(&again), printed(&chart)));
    }
}

static void test_no_chart(void **state)
{
    (void)state;
    static const char *const blocks[] = {
        "",
        "title: a\n",
        "title: a\nform: pie\nunit: 件\n\n| 月份 | a |\n|---|---:|\n| 1 | 2 |\n",
        "title: a\nform: lines\nunit: 件\n\n| 月份 |\n|---|\n| 1 |\n",
        "title: a\nform: lines\nunit: 件\n\n| 月份 | a |\n|---|---:|\n",
        "title: a\nform: lines\nunit: 件\n\n| 月份 | a |\n|---|---:|\n| 1 | x |\n",
        "title: a\nform: lines\nunit: 件\n\n| 月份 | a |\n|---|---:|\n| 1 | -2 |\n",
        "title: a\nform: lines\nunit: 件\n\n| 月份 | a |\n|---|---:|\n| 1 | 2.55 |\n",
        "title: a\nform: lines\nunit: 件\n\n| 月份 | a |\n|---|---:|\n| 1 | 2 | 3 |\n",
        "title: a\nform: lines\nunit: 件\n\n| 月份 | a |\n|---|---:|\n| 1 |\n",
        "title: a\nform: lines\nunit: 件\n\n| 月 | a | b | c | d | e | f | g |\n|---|\n| 1 | 2 |\n",
    };
    struct chart chart;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        assert_false(chart_parse(text_from(blocks[i]), &chart));
        struct text page = html_page(&arena, arena_printf(&arena, "# t\n\n```chart\n%s```\n", blocks[i]));
        assert_true(holds(page, "<code") && !holds(page, "<svg"));
    }
}

/* Every value and label is text in the picture; PLplot writes each character by its number. */
static void assert_shows(struct text svg, struct text shown)
{
    struct buffer out;
    buffer_open(&out, 1 << 16);
    for (size_t i = 0; i < shown.bytes; i++)
        buffer_printf(&out, "&#x%x;", (unsigned)(unsigned char)shown.at[i]);
    buffer_append(&out, "", 1);
    if (!holds(svg, (const char *)out.at))
        fail_msg("%.*s is not shown", TEXT_PRINT(shown));
    buffer_close(&out);
}

static void test_picture(void **state)
{
    (void)state;
    for (int form = CHART_COLUMNS; form <= CHART_BARS; form++) {
        struct chart chart = sample((enum chart_form)form, form == CHART_BARS ? 1 : 3, 6);
        struct text svg = chart_svg(&arena, &chart);
        assert_true(text_starts_with(svg, TEXT("<svg viewBox=")));
        assert_true(holds(svg, "<title>各月提请上一级协调的问题</title>"));
        assert_int_equal(count_of(svg, "<svg"), 1);
        assert_int_equal(count_of(svg, "</svg>"), 1);
        static const char *const lacking[] = {"http", "url(", "<script", "clip-path", " id=", "href", "\n\n"};
        for (size_t i = 0; i < sizeof lacking / sizeof *lacking; i++)
            if (holds(svg, lacking[i]))
                fail_msg("%s in %.*s", lacking[i], TEXT_PRINT(svg));
        for (size_t i = 0; i < chart.rows_count; i++)
            for (size_t k = 0; k < chart.series_count; k++) {
                struct text value = chart_value(&arena, chart.rows[i].tenths[k]);
                if (chart.rows[i].tenths[k] > 0 || form != CHART_COLUMNS)
                    assert_shows(svg, value);
                assert_true(holds(svg, arena_printf(&arena, "%.*s%.*s%.*s", TEXT_PRINT(chart.series[k]),
                                                    TEXT_PRINT(value), TEXT_PRINT(chart.unit))
                                           .at));
            }
        assert_true(text_equal(svg, chart_svg(&arena, &chart)));
    }
}

/* Names come from charters and are shown as they are, whatever a mark-up language or PLplot makes of them. */
static void test_hostile_names(void **state)
{
    (void)state;
    struct chart chart = sample(CHART_COLUMNS, 1, 1);
    chart.title = TEXT("a</title><script>x</script>&amp;");
    chart.series[0] = TEXT("#<b>\"'&#(2233)|`\n");
    chart.rows[0].label = TEXT("```\n# 题");
    chart.rows[0].tenths[0] = 30;
    struct text page = html_page(&arena, arena_printf(&arena, "# t\n%.*s", TEXT_PRINT(printed(&chart))));
    assert_true(holds(page, "<svg") && !holds(page, "<script"));
    assert_int_equal(count_of(page, "<h1>"), 1);
    struct text svg = chart_svg(&arena, &chart);
    assert_shows(svg, TEXT("#<b>"));
    assert_shows(svg, TEXT("&#(2233)"));
}

static void test_bounds(void **state)
{
    (void)state;
    struct chart most = sample(CHART_BARS, 1, CHART_ROWS_MAX), none = sample(CHART_LINES, 2, 12);
    for (size_t i = 0; i < none.rows_count; i++)
        none.rows[i].tenths[0] = none.rows[i].tenths[1] = 0;
    assert_true(holds(chart_svg(&arena, &most), "</svg>"));
    assert_true(holds(chart_svg(&arena, &none), "</svg>"));
    struct chart large = sample(CHART_COLUMNS, CHART_SERIES_MAX, 12);
    large.rows[3].tenths[2] = (int64_t)INT32_MAX * 10;
    assert_shows(chart_svg(&arena, &large), TEXT("2147483647"));
}

static void test_page(void **state)
{
    (void)state;
    struct buffer markdown;
    buffer_open(&markdown, 1 << 20);
    buffer_printf(&markdown, "# 情况通报（2020年2月）\n\n第1期\n\n## 一、情况\n");
    for (int form = CHART_COLUMNS; form <= CHART_BARS; form++) {
        struct chart chart = sample((enum chart_form)form,
                                    form == CHART_BARS    ? 1
                                    : form == CHART_LINES ? 2
                                                          : 3,
                                    12);
        chart_print(&markdown, &chart);
    }
    struct text page = html_page(&arena, buffer_text(&markdown));
    assert_int_equal(count_of(page, "<figure>"), 3);
    assert_int_equal(count_of(page, "<figcaption>"), 3);
    assert_int_equal(count_of(page, "<table>"), 2);
    assert_true(holds(page, "<td>专项小组</td><td>0</td><td>7</td><td>14</td><td>21</td><td>5</td>"));
    assert_false(holds(page, "```"));
    if (getenv("CHART_SHOW") != NULL)
        assert_int_equal(file_replace(getenv("CHART_SHOW"), 0644,
                                      (struct bytes){(const unsigned char *)page.at, page.bytes}),
                         0);
    buffer_close(&markdown);
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
        cmocka_unit_test_setup_teardown(test_read_as_written, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_chart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_picture, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_page, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
