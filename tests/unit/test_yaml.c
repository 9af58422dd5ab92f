/* Goal: yaml.c turns text into a tree whose places can be trusted, and refuses what it must with a place.
 * Method: small documents written out here, one per promise of yaml.h, and one that fills each bound. */
#include "config/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { ARENA_TEST_BYTES = 64 << 20 };

struct fixture {
    struct arena arena;
    struct findings findings;
    const struct yaml_node *root;
};

static int parse(struct fixture *f, struct text source)
{
    arena_open(&f->arena, ARENA_TEST_BYTES);
    findings_open(&f->findings, &f->arena, TEXT("file.yaml"));
    return yaml_parse(&f->arena, source, &f->findings, &f->root);
}

static void assert_text(struct text got, const char *expected)
{
    if (!text_is(got, expected))
        fail_msg("got \"%.*s\", expected \"%s\"", TEXT_PRINT(got), expected);
}

static void assert_refused(const char *source, int line, int column, const char *message)
{
    struct fixture f;
    assert_int_equal(parse(&f, text_from(source)), YAML_E_MALFORMED);
    assert_null(f.root);
    char expected[512];
    (void)snprintf(expected, sizeof expected, "file.yaml:%d:%d: error: %s", line, column, message);
    assert_text(findings_first(&f.findings, &f.arena), expected);
    arena_close(&f.arena);
}

static void test_tree_and_places(void **state)
{
    (void)state;
    struct fixture f;
    assert_int_equal(parse(&f, TEXT("name: 深圳\nlist:\n  - a\n  - {k: \"v w\", 键: 值}\nempty:\n")), 0);
    assert_int_equal(f.root->kind, YAML_MAP);
    assert_int_equal(f.root->count, 3);
    assert_text(yaml_get(f.root, "name")->scalar, "深圳");
    const struct yaml_node *list = yaml_get(f.root, "list");
    assert_int_equal(list->kind, YAML_LIST);
    assert_int_equal(list->count, 2);
    assert_int_equal(list->items[1]->place.line, 4);
    const struct yaml_node *value = yaml_get(list->items[1], "键");
    assert_text(value->scalar, "值");
    assert_int_equal(value->place.line, 4);
    assert_int_equal(value->place.column, 19);
    assert_int_equal(f.root->key_places[1].line, 2);
    assert_int_equal(f.root->key_places[1].column, 1);
    assert_int_equal(yaml_get(f.root, "empty")->scalar.bytes, 0);
    assert_null(yaml_get(f.root, "absent"));
    assert_null(yaml_get(list, "name"));
    assert_null(yaml_get(NULL, "name"));
    arena_close(&f.arena);
}

static void test_empty_is_an_empty_map(void **state)
{
    (void)state;
    static const char *const sources[] = {"", "\n", "# only a remark\n", "---\n"};
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        struct fixture f;
        assert_int_equal(parse(&f, text_from(sources[i])), 0);
        assert_int_equal(f.root->kind, YAML_MAP);
        assert_int_equal(f.root->count, 0);
        arena_close(&f.arena);
    }
}

static void test_refusals_have_places(void **state)
{
    (void)state;
    assert_refused("a: 1\nb: 2\na: 3\n", 3, 1, "key \"a\" stands here twice");
    assert_refused("a: &x 1\n", 1, 7, "anchors, aliases and tags are not allowed: write it out");
    assert_refused("a: *x\n", 1, 5, "anchors, aliases and tags are not allowed: write it out");
    assert_refused("a: !!int 1\n", 1, 10, "anchors, aliases and tags are not allowed: write it out");
    assert_refused("a: 1\n---\nb: 2\n", 2, 1, "a second document in one file is not allowed");
    assert_refused("a: \"x\\0y\"\n", 1, 4, "control characters are not allowed");
    assert_refused("\"a\\nb\": 1\n", 1, 1, "a key must not contain control characters");
    assert_refused("a: \xff\n", 1, 1, "not valid UTF-8");
    assert_refused("a: \x01\n", 1, 1, "control characters are not allowed");
    assert_refused("? [a, b]\n: 1\n", 1, 3, "a key must be a plain word");
}

static void test_syntax_errors_have_places(void **state)
{
    (void)state;
    static const char *const sources[] = {"a: [1, 2\n", "a: b: c\n",   "a:\n\t- b\n",
                                          "\"abc\n",    "- a\nb: c\n", "%YAML 9\n"};
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        struct fixture f;
        assert_int_equal(parse(&f, text_from(sources[i])), YAML_E_MALFORMED);
        assert_true(f.findings.errors > 0);
        assert_true(f.findings.at[0].place.line >= 1);
        assert_true(f.findings.at[0].place.column >= 1);
        assert_true(f.findings.at[0].message.bytes > 0);
        arena_close(&f.arena);
    }
}

static void assert_bound(const struct buffer *source, const char *name)
{
    struct fixture f;
    assert_int_equal(parse(&f, buffer_text(source)), YAML_E_MALFORMED);
    assert_non_null(strstr(f.findings.at[0].message.at, name));
    arena_close(&f.arena);
}

static void test_bounds(void **state)
{
    (void)state;
    struct buffer source;
    buffer_open(&source, 2 * YAML_BYTES_MAX);
    for (int i = 0; i < YAML_DEPTH_MAX + 1; i++)
        buffer_printf(&source, "[");
    assert_bound(&source, "YAML_DEPTH_MAX");
    buffer_reset(&source);
    for (int i = 0; i < YAML_KEYS_MAX + 1; i++)
        buffer_printf(&source, "k%d: v\n", i);
    assert_bound(&source, "YAML_KEYS_MAX");
    buffer_reset(&source);
    for (int i = 0; i < YAML_NODES_MAX; i++)
        buffer_printf(&source, "- a\n");
    assert_bound(&source, "YAML_NODES_MAX");
    buffer_reset(&source);
    while (source.bytes <= YAML_BYTES_MAX)
        buffer_printf(&source, "# %0100d\n", 0);
    assert_bound(&source, "YAML_BYTES_MAX");
    buffer_reset(&source);
    buffer_printf(&source, "a: '%0*d'", YAML_QUOTES_MAX, 0);
    for (size_t i = 0; i < source.bytes; i++)
        source.at[i] = source.at[i] == '0' ? '\'' : source.at[i];
    assert_bound(&source, "YAML_QUOTES_MAX");
    buffer_close(&source);
}

static void test_bounds_are_reached(void **state)
{
    (void)state;
    struct buffer source;
    buffer_open(&source, 2 * YAML_BYTES_MAX);
    for (int i = 0; i < YAML_DEPTH_MAX; i++)
        buffer_printf(&source, "[");
    for (int i = 0; i < YAML_DEPTH_MAX; i++)
        buffer_printf(&source, "]");
    struct fixture f;
    assert_int_equal(parse(&f, buffer_text(&source)), 0);
    arena_close(&f.arena);
    buffer_close(&source);
}

static void test_unknown_keys_name_the_nearest(void **state)
{
    (void)state;
    static const char *const known[] = {"lead_units", "responsible_units", "name", NULL};
    struct fixture f;
    assert_int_equal(parse(&f, TEXT("name: a\nlead_unit: b\nzzzzzzzzzz: c\n")), 0);
    yaml_check_keys(f.root, known, TEXT("bodies[0]"), &f.findings);
    assert_int_equal(f.findings.errors, 2);
    assert_text(f.findings.at[0].message, "unknown key \"lead_unit\"; nearest known: \"lead_units\"");
    assert_text(f.findings.at[0].path, "bodies[0].lead_unit");
    assert_int_equal(f.findings.at[0].place.line, 2);
    assert_text(f.findings.at[1].message, "unknown key \"zzzzzzzzzz\"");
    arena_close(&f.arena);
}

static void test_findings_are_bounded_and_counted(void **state)
{
    (void)state;
    struct arena arena;
    struct findings findings;
    arena_open(&arena, ARENA_TEST_BYTES);
    findings_open(&findings, &arena, TEXT("f"));
    finding_add(&findings, SEVERITY_WARNING, (struct place){1, 2}, TEXT("p"), "w");
    assert_text(findings_first(&findings, &arena), "");
    for (int i = 0; i < YAML_COMPLAINTS_MAX + 5; i++)
        finding_add(&findings, SEVERITY_ERROR, (struct place){i, 1}, TEXT("p"), "e%d", i);
    assert_int_equal(findings.count, YAML_COMPLAINTS_MAX);
    assert_int_equal(findings.errors, YAML_COMPLAINTS_MAX + 5);
    assert_int_equal(findings.left_out, 6);
    assert_text(findings_first(&findings, &arena), "f:0:1: error: e0");
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree_and_places),
        cmocka_unit_test(test_empty_is_an_empty_map),
        cmocka_unit_test(test_refusals_have_places),
        cmocka_unit_test(test_syntax_errors_have_places),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_bounds_are_reached),
        cmocka_unit_test(test_unknown_keys_name_the_nearest),
        cmocka_unit_test(test_findings_are_bounded_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
