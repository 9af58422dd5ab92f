/* Goal: a complaint names its place as a reader would write it. Method: each shape of a path and its text. */
#include "proto/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void expect(const struct path *path, const char *wanted)
{
    struct complaint complaint;
    path_complain(path, &complaint, "missing");
    assert_string_equal(complaint.field, wanted);
    assert_string_equal(complaint.message, "missing");
}

static void test_places(void **state)
{
    (void)state;
    const struct path whole = {NULL, TEXT("data."), PATH_NO_INDEX}, bare = {NULL, TEXT(""), PATH_NO_INDEX};
    const struct path field = {&whole, TEXT("title"), PATH_NO_INDEX}, item = {&whole, TEXT("parts"), 0};
    const struct path inner = {&item, TEXT("part"), PATH_NO_INDEX};
    const struct path deep = {&inner, TEXT("name"), 3}, top = {&bare, TEXT("parts"), 1};
    const struct path below = {&top, TEXT("part"), PATH_NO_INDEX};
    expect(&whole, "data");
    expect(&field, "data.title");
    expect(&item, "data.parts[0]");
    expect(&inner, "data.parts[0].part");
    expect(&deep, "data.parts[0].part.name[3]");
    expect(&top, "parts[1]");
    expect(&below, "parts[1].part");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_places)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
