/* test_bus.c - goal: a register of any size is asked for page by page, and printed while it comes; nothing is
 * cut without a word. Method: a source of made-up rows, many times as large as what a command may hold; and
 * tables whose pages differ.
 */
#include "base/limits.h"
#include "cli/bus.h"
#include "cli/table.h"
#include "tests/support/caught.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LONG_BYTES = 2000 };

/* Rows are numbered from 0; a page begins with the number that its `page` says. */
struct made {
    uint64_t all, asked;
    bool endless; /* says that there is more, but not where */
};

static int made_ask(void *context, struct arena *page, const struct doc *args, struct doc ***rows_out,
                    size_t *count_out, bool *more_out)
{
    struct made *made = context;
    uint64_t from = 0, rows = (uint64_t)doc_int(args, FIELD_ROWS, 0);
    static char title[LONG_BYTES];
    memset(title, 'x', sizeof title);
    assert_in_range(rows, 1, QUERY_ROWS_MAX);
    assert_true(!doc_has(args, FIELD_PAGE) || text_parse_u64(doc_text(args, FIELD_PAGE), &from));
    *count_out = rows < made->all - from ? rows : made->all - from;
    *rows_out = arena_alloc(page, (*count_out + 1) * sizeof **rows_out);
    for (size_t i = 0; i < *count_out; i++) {
        struct doc *row = (*rows_out)[i] = doc_new(page);
        doc_set_int(row, FIELD_NUMBER, (int64_t)(from + i));
        doc_set_text(row, FIELD_TITLE, (struct text){title, sizeof title});
    }
    *more_out = made->endless || from + *count_out < made->all;
    if (*more_out && !made->endless)
        doc_printf((*rows_out)[*count_out - 1], FIELD_PAGE, "%llu", (unsigned long long)(from + *count_out));
    made->asked++;
    return EXIT_DONE;
}

/* What came, in which order. */
struct seen {
    int64_t next;
    size_t bytes_most;
    int answer;
};

static int seen_take(void *context, struct arena *page, struct doc *const *rows, size_t count)
{
    struct seen *seen = context;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(doc_int(rows[i], FIELD_NUMBER, -1), seen->next++);
        assert_false(doc_has(rows[i], FIELD_PAGE));
    }
    seen->bytes_most = page->used_bytes > seen->bytes_most ? page->used_bytes : seen->bytes_most;
    return seen->answer;
}

static int run(struct made *made, struct seen *seen, int64_t rows)
{
    struct invocation invocation = {.options.rows = rows};
    const struct bus_source source = {made_ask, made};
    const struct bus_sink sink = {seen_take, seen};
    arena_open(&invocation.arena, 1 << 16);
    struct doc *args = doc_new(&invocation.arena);
    doc_set_text(args, FIELD_STATE, TEXT("open"));
    int code = bus_pages(&invocation, &source, args, &sink);
    assert_false(doc_has(args, FIELD_PAGE));
    arena_close(&invocation.arena);
    return code;
}

static void test_a_register_larger_than_memory_comes_whole(void **state)
{
    (void)state;
    struct made made = {.all = 150001};
    struct seen seen = {0};
    assert_int_equal(run(&made, &seen, 0), EXIT_DONE);
    assert_int_equal(seen.next, made.all);
    assert_int_equal(made.asked, 151);
    assert_true(seen.bytes_most * made.asked > ARENA_BYTES_MAX); /* together they would not have fitted */
}

static void test_no_more_rows_than_are_wanted(void **state)
{
    (void)state;
    static const int64_t wanted[] = {1, 999, 1000, 1001, 2000, 2500, 4000};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct made made = {.all = 2500};
        struct seen seen = {0};
        assert_int_equal(run(&made, &seen, wanted[i]), EXIT_DONE);
        assert_int_equal(seen.next, wanted[i] < 2500 ? wanted[i] : 2500);
    }
}

static void test_an_empty_answer_is_one_page(void **state)
{
    (void)state;
    struct made made = {.all = 0};
    struct seen seen = {0};
    assert_int_equal(run(&made, &seen, 0), EXIT_DONE);
    assert_int_equal(made.asked, 1);
}

static void test_who_takes_the_rows_may_end_it(void **state)
{
    (void)state;
    struct made made = {.all = 5000};
    struct seen seen = {.answer = EXIT_FAILED};
    assert_int_equal(run(&made, &seen, 0), EXIT_FAILED);
    assert_int_equal(seen.next, 1000);
}

static void test_what_cannot_be_asked_for_is_said(void **state)
{
    (void)state;
    struct made made = {.all = 10, .endless = true};
    struct seen seen = {0};
    catch_begin();
    int code = run(&made, &seen, 0);
    catch_end();
    assert_int_equal(code, EXIT_FAILED);
    assert_non_null(strstr(caught.error, "there is more than what is shown"));
    seen.next = 0;
    assert_int_equal(run(&made, &seen, 10), EXIT_DONE); /* no more were wanted */
}

static int keep(struct invocation *invocation, struct made *made, struct bus_rows *rows)
{
    const struct bus_source source = {made_ask, made};
    *rows = (struct bus_rows){.invocation = invocation};
    const struct bus_sink sink = bus_rows_sink(rows);
    return bus_pages(invocation, &source, doc_new(&invocation->arena), &sink);
}

static void test_rows_that_are_kept_are_all_or_none(void **state)
{
    (void)state;
    struct invocation invocation = {0};
    struct made few = {.all = 2100}, many = {.all = 20000};
    struct bus_rows rows;
    arena_open(&invocation.arena, 32 << 20);
    assert_int_equal(keep(&invocation, &few, &rows), EXIT_DONE);
    assert_int_equal(rows.count, 2100);
    for (size_t i = 0; i < rows.count; i++)
        assert_int_equal(doc_int(rows.at[i], FIELD_NUMBER, -1), i);
    catch_begin();
    int code = keep(&invocation, &many, &rows);
    catch_end();
    assert_int_equal(code, EXIT_FAILED);
    assert_non_null(strstr(caught.error, "more than this command holds at once"));
    arena_close(&invocation.arena);
}

/* ---- tables of several pages ---- */

static const struct column columns[] = {
    {FIELD_ID, "issue"}, {FIELD_AREA, "area"}, {FIELD_HOW, "how"}, {FIELD_TITLE, "title"}, {0, NULL}};

static void add(struct table_pages *table, const char *id, const char *how, const char *title)
{
    struct arena arena;
    arena_open(&arena, 1 << 20);
    struct doc *row = doc_new(&arena);
    doc_set_text(row, FIELD_ID, text_from(id));
    if (how != NULL)
        doc_set_text(row, FIELD_HOW, text_from(how));
    doc_set_text(row, FIELD_TITLE, text_from(title));
    table_pages_add(table, &arena, &row, 1);
    arena_close(&arena);
}

static void fill(struct table_pages *table)
{
    catch_begin();
    add(table, "A-1", NULL, "short");
    add(table, "A-2", NULL, "longer than the first");
    add(table, "A-3", "confirmed", "x");
    add(table, "A-4", "kept", "x");
    add(table, "A-10000", NULL, "x");
    assert_int_equal(table_pages_end(table, "none"), EXIT_DONE);
    catch_end();
    assert_string_equal(caught.error, "");
    assert_int_equal(table->rows, 5);
}

static void test_a_head_stands_again_where_a_page_needs_it(void **state)
{
    (void)state;
    struct table_pages table = {.form = TABLE_ALIGNED, .columns = columns};
    fill(&table);
    assert_string_equal(caught.out, "issue  title\n"
                                    "A-1    short\n"
                                    "A-2    longer than the first\n"
                                    "\n"
                                    "issue  how        title\n"
                                    "A-3    confirmed  x\n"
                                    "A-4    kept       x\n"
                                    "\n"
                                    "issue    how        title\n"
                                    "A-10000             x\n");
}

static void test_machines_get_one_head(void **state)
{
    (void)state;
    struct table_pages table = {.form = TABLE_CSV, .columns = columns};
    fill(&table);
    assert_string_equal(caught.out, "id,area,how,title\r\nA-1,,,short\r\nA-2,,,longer than the first\r\n"
                                    "A-3,,confirmed,x\r\nA-4,,kept,x\r\nA-10000,,,x\r\n");
    struct table_pages lines = {.form = TABLE_JSON, .columns = columns};
    fill(&lines);
    assert_non_null(strstr(caught.out, "\"A-2\"}\n{"));
    assert_null(strstr(caught.out, "issue"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_register_larger_than_memory_comes_whole),
        cmocka_unit_test(test_no_more_rows_than_are_wanted),
        cmocka_unit_test(test_an_empty_answer_is_one_page),
        cmocka_unit_test(test_who_takes_the_rows_may_end_it),
        cmocka_unit_test(test_what_cannot_be_asked_for_is_said),
        cmocka_unit_test(test_rows_that_are_kept_are_all_or_none),
        cmocka_unit_test(test_a_head_stands_again_where_a_page_needs_it),
        cmocka_unit_test(test_machines_get_one_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
