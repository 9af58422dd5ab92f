/* Goal: docs/limits.md says what the program does, and each limit has a test that fills it. Method: the page
 * is printed from the table and compared (`test_limits --print > docs/limits.md` makes it anew); the tests
 * are searched for each limit's name. */
#include "base/arena.h"
#include "base/limits.h"

#include <ctype.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void page_print(struct buffer *out)
{
    buffer_printf(
        out,
        "# Limits\n\n"
        "Everything is bounded. This page is printed from `base/limits.h`, and a test compares the two.\n\n"
        "| name | value | unit | of what, and why |\n|---|---:|---|---|\n");
    for (unsigned i = 0; i < limits_count; i++)
        buffer_printf(out, "| `%s` | %lld | %s | %s |\n", limits_table[i].name, limits_table[i].value,
                      limits_table[i].unit, limits_table[i].reason);
}

static void test_the_page_is_the_table(void **state)
{
    (void)state;
    static char found[1 << 16];
    struct buffer page;
    FILE *file = fopen("docs/limits.md", "re");
    assert_non_null(file);
    size_t bytes = fread(found, 1, sizeof(found) - 1, file);
    (void)fclose(file);
    buffer_open(&page, sizeof(found));
    page_print(&page);
    found[bytes] = '\0';
    *buffer_reserve(&page, 1) = '\0';
    assert_string_equal(found, (const char *)page.at);
    buffer_close(&page);
}

static void test_limits_fit_each_other(void **state)
{
    (void)state;
    assert_true(EVENT_BYTES_MAX < MESSAGE_BYTES_MAX);
    assert_true(MESSAGE_BYTES_MAX <= COMMIT_BYTES_MAX && COMMIT_BYTES_MAX <= QUEUE_BYTES_MAX);
    assert_true(COMMIT_BYTES_MAX <= SEGMENT_BYTES);
    assert_true(BATCH_EVENTS_MAX <= COMMIT_EVENTS_MAX && BATCH_EVENTS_MAX <= CREDIT_MAX);
    assert_true(OUTBOX_SEND_MAX <= BATCH_EVENTS_MAX);
    for (unsigned i = 0; i < limits_count; i++)
        assert_true(limits_table[i].value > 0 && limits_table[i].reason[0] != '\0');
}

/* Files that name a limit for another reason than to fill it. */
static bool limits_file_counts(const char *path)
{
    return strstr(path, "/test_limits.c") == NULL && strstr(path, "/test_table.c") == NULL;
}

static bool limits_word_char(char c)
{
    return isalnum((unsigned char)c) != 0 || c == '_';
}

static bool limits_names(const char *text, const char *name)
{
    size_t bytes = strlen(name);
    for (const char *at = strstr(text, name); at != NULL; at = strstr(at + bytes, name))
        if ((at == text || !limits_word_char(at[-1])) && !limits_word_char(at[bytes]))
            return true;
    return false;
}

static void limits_look(const char *path, bool *named)
{
    static char text[1 << 20];
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t bytes = fread(text, 1, sizeof(text) - 1, file);
    assert_true(bytes > 0 && bytes < sizeof(text) - 1);
    (void)fclose(file);
    text[bytes] = '\0';
    for (unsigned i = 0; i < limits_count; i++)
        named[i] = named[i] || limits_names(text, limits_table[i].name);
}

static void test_each_limit_is_named_by_a_test(void **state)
{
    (void)state;
    static const char *const folders[] = {"tests/unit/*.c", "tests/e2e/*.sh", "tests/conformance/*.py"};
    bool named[64] = {false};
    unsigned missing = 0;
    assert_true(limits_count <= sizeof(named) / sizeof(*named));
    for (size_t f = 0; f < sizeof(folders) / sizeof(*folders); f++) {
        glob_t found;
        assert_int_equal(glob(folders[f], 0, NULL, &found), 0);
        for (size_t i = 0; i < found.gl_pathc; i++)
            if (limits_file_counts(found.gl_pathv[i]))
                limits_look(found.gl_pathv[i], named);
        globfree(&found);
    }
    for (unsigned i = 0; i < limits_count; i++)
        if (!named[i]) {
            print_error("no test fills %s\n", limits_table[i].name);
            missing++;
        }
    assert_int_equal(missing, 0);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--print") == 0) {
        struct buffer page;
        buffer_open(&page, 1 << 16);
        page_print(&page);
        (void)fwrite(page.at, 1, page.bytes, stdout);
        buffer_close(&page);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_page_is_the_table),
        cmocka_unit_test(test_limits_fit_each_other),
        cmocka_unit_test(test_each_limit_is_named_by_a_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
