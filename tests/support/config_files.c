/* config_files.c - see config_files.h. */
#include "tests/support/config_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct text support_file_read(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("cannot open %s (run the tests from the root of the repository)", path);
    char *at = arena_alloc(arena, YAML_BYTES_MAX);
    size_t bytes = fread(at, 1, YAML_BYTES_MAX, file);
    assert_int_equal(fclose(file), 0);
    return (struct text){at, bytes};
}

static void support_assert_clean(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        print_error("%.*s:%d:%d: %.*s\n", TEXT_PRINT(findings->file), findings->at[i].place.line,
                    findings->at[i].place.column, TEXT_PRINT(findings->at[i].message));
    assert_int_equal(findings->count, 0);
}

const struct calendar *support_calendar(struct arena *arena, const char *path)
{
    struct findings *findings = arena_alloc(arena, sizeof *findings);
    findings_open(findings, arena, text_from(path));
    const struct calendar *calendar = calendar_compile(arena, support_file_read(arena, path), findings);
    support_assert_clean(findings);
    assert_non_null(calendar);
    return calendar;
}

const struct charter *support_charter(struct arena *arena, const char *path)
{
    struct findings *findings = arena_alloc(arena, sizeof *findings);
    findings_open(findings, arena, text_from(path));
    const struct charter *charter =
        charter_compile(arena, support_file_read(arena, path), text_from(path), findings);
    support_assert_clean(findings);
    assert_non_null(charter);
    return charter;
}
