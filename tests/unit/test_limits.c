/* Goal: docs/limits.md says what the program does. Method: the page is printed from the table and compared;
 * `test_limits --print > docs/limits.md` makes it anew. */
#include "base/arena.h"
#include "base/limits.h"

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
