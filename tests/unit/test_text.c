/* Goal: text is checked strictly, measured as a terminal shows it, and the nearest known name is found.
 * Method: tables of cases from the Unicode standard, and edit distances against a plain recursive definition.
 */
#include "base/error.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void test_utf8(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "abc",
                                       "市财政局",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "a\u0301"};
    static const char *const bad[] = {"\x80",             /* a tail without a lead */
                                      "\xc0\x80",         /* overlong */
                                      "\xc1\xbf",         /* overlong */
                                      "\xe0\x9f\xbf",     /* overlong */
                                      "\xf0\x8f\xbf\xbf", /* overlong */
                                      "\xed\xa0\x80",     /* a surrogate */
                                      "\xed\xbf\xbf",     /* a surrogate */
                                      "\xf4\x90\x80\x80", /* beyond U+10FFFF */
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "\xfe",
                                      "\xe5\xb8",         /* cut */
                                      "\xe5\xb8\x82\xe8", /* whole, then cut */
                                      "\xe5\x41\x82",
                                      "\xf0\x90\x41\x80",
                                      "\xc3(",
                                      "ok\xe5\xb8\x82\x82"};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(text_is_utf8(text_from(good[i])));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(text_is_utf8(text_from(bad[i])));
    assert_true(text_is_utf8((struct text){"a\0b", 3}));
    assert_true(text_is_utf8(TEXT_NONE));
}

static void test_control_characters(void **state)
{
    (void)state;
    assert_false(text_has_control(TEXT("市财政局 ok~"), ""));
    assert_true(text_has_control(TEXT("a\nb"), ""));
    assert_false(text_has_control(TEXT("a\nb\t"), "\n\t"));
    assert_true(text_has_control(TEXT("a\nb\r"), "\n\t"));
    assert_true(text_has_control((struct text){"a\0b", 3}, "\n\t")); /* NUL is in no list */
    assert_true(text_has_control(TEXT("\x7f"), "\n"));
    assert_true(text_has_control(TEXT("\xc2\x85"), "\n")); /* C1, two bytes */
    assert_false(text_has_control(TEXT("\u00a0"), ""));
    assert_true(text_has_control(TEXT("\033[31m"), "\n\t"));
}

static void test_columns(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t columns;
    } cases[] = {{"", 0},           {"abc", 3},    {"市财政局", 8}, {"（一）", 6},
                 {"a\u0301", 1},    {"\u200b", 0}, {"한국", 4},     {"ｱ", 1},
                 {"Ａ", 2},         {"、。", 4},   {"…", 1},        {"🙂", 2},
                 {"\U00020000", 2}, {"\xff", 1},   {"\u00ad", 1},   {"\u1100\u1161", 2},
                 {"é", 1},          {"─", 1},      {"가", 2},       {"\uac00\u0300", 2}};
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(text_columns(text_from(cases[i].text)), cases[i].columns);
}

static void test_cut_at_columns(void **state)
{
    (void)state;
    struct text t = TEXT("ab市财政局");
    for (size_t columns = 0; columns < 12; columns++) {
        struct text cut = text_cut_columns(t, columns);
        assert_true(text_is_utf8(cut) && text_starts_with(t, cut));
        assert_true(text_columns(cut) <= columns);
        assert_true(cut.bytes == t.bytes || text_columns(cut) + 2 > columns);
    }
    assert_true(text_equal(text_cut_columns(t, 5), TEXT("ab市")));
    assert_true(text_equal(text_cut_columns(TEXT("a\u0301b"), 1), TEXT("a\u0301"))); /* its accent stays */
}

/* At every length: whole characters, no blank at the end, and no more is cut off than must be. */
static void test_cut_at_bytes(void **state)
{
    (void)state;
    static const struct text t = TEXT("a \xe3\x80\x80 市\xe3\x80\x80\xe3\x80\x80府x");
    for (size_t bytes = 0; bytes < t.bytes; bytes++) {
        struct text cut = text_cut(t, bytes);
        assert_true(cut.bytes <= bytes && text_is_utf8(cut) && text_starts_with(t, cut));
        assert_false(text_has_blank_end(cut));
    }
    assert_true(text_equal(text_cut(t, t.bytes), t));
    assert_int_equal(text_cut(t, 8).bytes, 1); /* half of 市 */
    assert_int_equal(text_cut(t, 9).bytes, 9);
    assert_int_equal(text_cut(t, 17).bytes, 9); /* both wide blanks go */
    assert_int_equal(text_cut(t, 18).bytes, 18);
    assert_int_equal(text_cut(TEXT("\xe3\x80\x80 x"), 4).bytes, 0);
    assert_int_equal(text_cut(TEXT("a "), 2).bytes, 2); /* what fits is left alone */
}

static void test_compare_and_prefix(void **state)
{
    (void)state;
    assert_true(text_compare(TEXT("a"), TEXT("b")) < 0);
    assert_true(text_compare(TEXT("ab"), TEXT("a")) > 0);
    assert_true(text_compare(TEXT(""), TEXT("a")) < 0);
    assert_true(text_compare(TEXT("\xff"), TEXT("a")) > 0); /* bytes are unsigned */
    assert_int_equal(text_compare(TEXT_NONE, TEXT("")), 0);
    assert_true(text_starts_with(TEXT("abc"), TEXT("ab")));
    assert_false(text_starts_with(TEXT("a"), TEXT("ab")));
    assert_true(text_is(TEXT("ab"), "ab"));
    assert_false(text_is(TEXT("ab"), "a"));
}

/* The definition, for short ASCII texts. */
static size_t distance_plain(const char *a, const char *b)
{
    if (*a == '\0' || *b == '\0')
        return strlen(a) + strlen(b);
    size_t changed = distance_plain(a + 1, b + 1) + (*a != *b);
    size_t dropped = distance_plain(a + 1, b) + 1, added = distance_plain(a, b + 1) + 1;
    size_t least = dropped < added ? dropped : added;
    return changed < least ? changed : least;
}

static void test_distance(void **state)
{
    (void)state;
    srand(3);
    for (int i = 0; i < 2000; i++) {
        char a[7] = "", b[7] = "";
        for (int j = rand() % 7; j-- > 0;)
            a[j] = (char)('a' + rand() % 3);
        for (int j = rand() % 7; j-- > 0;)
            b[j] = (char)('a' + rand() % 3);
        size_t limit = (size_t)rand() % 7, plain = distance_plain(a, b);
        assert_int_equal(text_distance(text_from(a), text_from(b), limit),
                         plain <= limit ? plain : limit + 1);
    }
    assert_int_equal(text_distance(TEXT("市财政局"), TEXT("市财政居"), 5), 1); /* characters, not bytes */
    static char endless[3000];
    memset(endless, 'x', sizeof(endless));
    struct text t = {endless, sizeof(endless)};
    assert_int_equal(text_distance(t, t, 2), 0);
    assert_int_equal(text_distance(t, (struct text){endless, sizeof(endless) - 1}, 2), 3);
}

static void test_nearest(void **state)
{
    (void)state;
    static const struct text names[] = {
        {"市教育局", 12}, {"市财政局", 12}, {"市财政局", 12}, {"住房和城乡建设局", 24}};
    assert_int_equal(text_nearest(TEXT("市财政居"), names, COUNT(names)), 1); /* the first of equals */
    assert_int_equal(text_nearest(TEXT("市财政局"), names, COUNT(names)), 1);
    assert_int_equal(text_nearest(TEXT("住建局"), names, COUNT(names)), -1);
    assert_int_equal(text_nearest(TEXT("住房城乡建设局"), names, COUNT(names)), 3);
    assert_int_equal(text_nearest(TEXT("水务"), names, COUNT(names)), -1);
    assert_int_equal(text_nearest(TEXT("x"), names, 0), -1);
}

static void test_numbers(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1a",
                                      "0x1",
                                      "--1",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "18446744073709551616",
                                      "１"};
    int64_t i;
    uint64_t u;
    assert_true(text_parse_i64(TEXT("-9223372036854775808"), &i) && i == INT64_MIN);
    assert_true(text_parse_i64(TEXT("9223372036854775807"), &i) && i == INT64_MAX);
    assert_true(text_parse_i64(TEXT("0"), &i) && i == 0);
    assert_true(text_parse_u64(TEXT("18446744073709551615"), &u) && u == UINT64_MAX);
    assert_false(text_parse_u64(TEXT("-1"), &u));
    for (size_t n = 0; n < COUNT(bad); n++)
        assert_false(text_parse_i64(text_from(bad[n]), &i));
    assert_false(text_parse_u64(TEXT("18446744073709551616"), &u));
    assert_false(text_parse_u64(TEXT("99999999999999999999"), &u));
}

static void test_complaints_are_cut_at_a_character(void **state)
{
    (void)state;
    char endless[4000];
    struct complaint complaint;
    for (size_t shift = 0; shift < 4; shift++) {
        memset(endless, 'x', shift);
        for (size_t i = shift; i + 3 < sizeof(endless); i += 3)
            memcpy(endless + i, "市", 4);
        complain(&complaint, endless, endless, "%s", endless);
        assert_true(text_is_utf8(text_from(complaint.message)));
        assert_true(text_is_utf8(text_from(complaint.field)));
        assert_true(text_is_utf8(text_from(complaint.place)));
        assert_in_range(strlen(complaint.message), COMPLAINT_BYTES_MAX - 4, COMPLAINT_BYTES_MAX - 1);
    }
    complain(&complaint, "f", NULL, "unknown unit %s", "市财政居");
    assert_string_equal(complaint.message, "unknown unit 市财政居");
    assert_string_equal(complaint.field, "f");
    assert_string_equal(complaint.place, "");
    complain(NULL, "", "", "nobody listens");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8),         cmocka_unit_test(test_control_characters),
        cmocka_unit_test(test_columns),      cmocka_unit_test(test_cut_at_columns),
        cmocka_unit_test(test_cut_at_bytes), cmocka_unit_test(test_compare_and_prefix),
        cmocka_unit_test(test_distance),     cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_numbers),      cmocka_unit_test(test_complaints_are_cut_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
