/* test_html.c - Markdown to a printable page.
 *
 * Goal: one whole, self-contained page whatever the text says; nothing from outside becomes HTML. Method:
 * small Markdown texts, hostile ones among them, and what must and must not stand in the page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/log.h"
#include "workers/bulletins/figures.h"
#include "workers/bulletins/html.h"

static bool holds(struct text page, const char *part)
{
    return memmem(page.at, page.bytes, part, strlen(part)) != NULL;
}

static size_t count_of(struct text page, const char *part)
{
    size_t count = 0, bytes = strlen(part);
    for (size_t i = 0; i + bytes <= page.bytes; i++)
        count += memcmp(page.at + i, part, bytes) == 0;
    return count;
}

struct row {
    const char *markdown, *holds, *lacks;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct arena arena;
        arena_open(&arena, 1 << 22);
        struct text page = html_page(&arena, text_from(rows[i].markdown));
        if (rows[i].holds != NULL && !holds(page, rows[i].holds))
            fail_msg("%s: no \"%s\" in %.*s", rows[i].markdown, rows[i].holds, TEXT_PRINT(page));
        if (rows[i].lacks != NULL && holds(page, rows[i].lacks))
            fail_msg("%s: \"%s\" in %.*s", rows[i].markdown, rows[i].lacks, TEXT_PRINT(page));
        arena_close(&arena);
    }
}

static void test_markdown(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"# 通报（2020年2月）\n", "<title>通报（2020年2月）</title>", NULL},
        {"# 通报\n", "<h1>通报</h1>", NULL},
        {"## 一、情况\n", "<h2>一、情况</h2>", NULL},
        {"- a\n- b\n", "<li>a</li>", NULL},
        {"> 依据\n", "<blockquote>", NULL},
        {"| 单位 | 数 |\n|---|---:|\n| 甲 | 1 |\n", "<td align=\"right\">1</td>", NULL},
        {"| 单位 |\n|---|\n| 甲\\|乙 |\n", "<td>甲|乙</td>", NULL},
        {"", "<body>", NULL},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void test_nothing_becomes_html(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"<script>alert(1)</script>\n", "<!-- raw HTML omitted -->", "<script"},
        {"a <img src=x onerror=y> b\n", NULL, "<img"},
        {"# t\n\n[x](javascript:alert)\n", "href=\"\"", "javascript"},
        {"# a <b> & \"c\" \\<d\\>\n", "<title>a &lt;b&gt; &amp; &quot;c&quot; &lt;d&gt;</title>", NULL},
        {"# </title><script>\n", NULL, "<script>"},
        {"# a\\\\b \\*c\\*\n", "<title>a\\b *c*</title>", NULL},
        {"a\xff\xfe"
         "b\n",
         "a\xef\xbf\xbd", NULL},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

/* What markdown_print escapes comes out as it went in, in a heading, a line, and a cell of a table. */
static void test_escaped_text_survives(void **state)
{
    (void)state;
    static const char *const texts[] = {"*星号* _下划_ `码` [链](x) <b> a|b ~删~ #1 !图 \\反",
                                        "&amp; &#35; https://x.y www.x.y"};
    static const char *const shown[] = {"*星号* _下划_ `码` [链](x) &lt;b&gt; a|b ~删~ #1 !图 \\反",
                                        "&amp;amp; &amp;#35; https://x.y www.x.y"};
    for (size_t i = 0; i < 2; i++) {
        struct buffer out;
        struct arena arena;
        buffer_open(&out, 1 << 16);
        arena_open(&arena, 1 << 22);
        buffer_printf(&out, "# t\n\n## ");
        markdown_print(&out, text_from(texts[i]));
        buffer_printf(&out, "\n\n- ");
        markdown_print(&out, text_from(texts[i]));
        buffer_printf(&out, "\n\n| a |\n|---|\n| ");
        markdown_print(&out, text_from(texts[i]));
        buffer_printf(&out, " |\n");
        struct text page = html_page(&arena, buffer_text(&out));
        if (count_of(page, shown[i]) != 3)
            fail_msg("\"%s\" is not shown three times in %.*s", shown[i], TEXT_PRINT(page));
        arena_close(&arena);
        buffer_close(&out);
    }
}

/* Nothing is fetched, nothing runs, the language is said, and the same text gives the same bytes. */
static void test_self_contained(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 1 << 22);
    struct text page = html_page(&arena, TEXT("# 通报\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"));
    static const char *const lacking[] = {"<script", "<link", "<img", "http", "url(", "@import"};
    for (size_t i = 0; i < sizeof lacking / sizeof *lacking; i++)
        assert_false(holds(page, lacking[i]));
    assert_true(holds(page, "<html lang=\"zh-CN\">"));
    assert_true(holds(page, "@page{size:A4"));
    assert_int_equal(count_of(page, "<body>"), 1);
    assert_int_equal(count_of(page, "</html>"), 1);
    assert_true(text_equal(page, html_page(&arena, TEXT("# 通报\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"))));
    arena_close(&arena);
}

/* As large as a bulletin may be, and nested as deep as a hostile text may be. */
static void test_large(void **state)
{
    (void)state;
    struct arena arena;
    struct buffer markdown;
    arena_open(&arena, 1 << 26);
    buffer_open(&markdown, 1 << 20);
    for (int i = 0; i < 20000; i++)
        buffer_printf(&markdown, ">");
    buffer_printf(&markdown, " x\n\n");
    while (markdown.bytes < 393216 - 64)
        buffer_printf(&markdown, "- 《标题》，市财政局〔#%zu〕\n", markdown.bytes);
    struct text page = html_page(&arena, buffer_text(&markdown));
    assert_true(holds(page, "〔#393"));
    buffer_close(&markdown);
    arena_close(&arena);
}

int main(void)
{
    log_open("test", LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_markdown),
        cmocka_unit_test(test_nothing_becomes_html),
        cmocka_unit_test(test_escaped_text_survives),
        cmocka_unit_test(test_self_contained),
        cmocka_unit_test(test_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
