/* Goal: the one table of fields and types is whole and unambiguous, and PROTOCOL.md says the same. Method:
 * walk every row of every table and hold it to the rules that the header of events.def states; then compare
 * the marked parts of PROTOCOL.md with what the tables print. */
#include "proto/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/limits.h"
#include "tests/support/golden.h"
#include "tests/support/slate.h"

/* ---- names ---- */
static bool is_word(const char *name, size_t bytes)
{
    if (bytes == 0 || name[0] < 'a' || name[0] > 'z' || name[bytes - 1] == '-')
        return false;
    for (size_t i = 0; i < bytes; i++) {
        if (!(name[i] >= 'a' && name[i] <= 'z') &&
            !(i > 0 && (name[i] == '-' || (name[i] >= '0' && name[i] <= '9'))))
            return false;
    }
    return true;
}

/* segment "." segment …, the last may be "*" */
static bool is_type_name(const char *name)
{
    unsigned segments = 0;
    for (const char *at = name;; segments++) {
        const char *dot = strchr(at, '.');
        if (dot == NULL)
            return segments >= 1 && (strcmp(at, "*") == 0 ? segments >= 2 : is_word(at, strlen(at)));
        if (!is_word(at, (size_t)(dot - at)))
            return false;
        at = dot + 1;
    }
}

static void test_fields(void **state)
{
    (void)state;
    for (int f = 0; f < FIELD_COUNT_OF_ALL; f++) {
        const struct field_spec *spec = &field_specs[f];
        if (!is_word(spec->name, strlen(spec->name)) || strchr(spec->name, '-') != NULL ||
            strlen(spec->name) > 20)
            fail_msg("%s: a CloudEvents-like name has [a-z0-9], at most 20", spec->name);
        assert_true(strlen(spec->help) > 0 && strlen(spec->help) < 120);
        assert_true(spec->low <= spec->high && spec->low >= 0);
        assert_true(strlen(kind_name(spec->kind)) > 0);
        assert_int_equal(spec->kind == KIND_ITEMS, spec->shape != NULL);
        for (int g = 0; g < f; g++)
            assert_string_not_equal(spec->name, field_specs[g].name);
    }
}

static void assert_uses(const char *owner, const struct field_use *uses, bool shape)
{
    for (const struct field_use *use = uses; use->field != FIELD_COUNT_OF_ALL; use++) {
        assert_true(use->field < FIELD_COUNT_OF_ALL);
        for (const struct field_use *other = uses; other != use; other++) {
            if (other->field == use->field)
                fail_msg("%s names %s twice", owner, field_specs[use->field].name);
        }
        if (shape && field_specs[use->field].kind == KIND_ITEMS)
            fail_msg("%s: no list of maps within a list of maps", owner);
    }
}

static const struct field_use *use_of(const struct field_use *uses, enum field field)
{
    while (uses->field != FIELD_COUNT_OF_ALL && uses->field != field)
        uses++;
    return uses->field == field ? uses : NULL;
}

static void test_shapes(void **state)
{
    (void)state;
    for (int f = 0; f < FIELD_COUNT_OF_ALL; f++) {
        if (field_specs[f].shape == NULL)
            continue;
        assert_uses(field_specs[f].name, field_specs[f].shape, true);
        assert_true(field_specs[f].shape[0].field != FIELD_COUNT_OF_ALL);
    }
}

static void test_types(void **state)
{
    (void)state;
    for (int k = 0; k < EVENT_KIND_COUNT; k++) {
        const struct event_type *type = &event_types[k];
        assert_int_equal(type->kind, k);
        if (!is_type_name(type->name) || strlen(type->name) > NAME_BYTES_MAX - 64)
            fail_msg("%s: no good name of a type", type->name);
        for (int other = 0; other < k; other++)
            assert_string_not_equal(type->name, event_types[other].name);
        assert_true(strlen(type->help) > 0);
        assert_uses(type->name, type->uses, false);
        assert_true(type->role < ROLE_COUNT && type->about <= ABOUT_INSPECTION);
    }
}

static void test_reports_are_decided_by_one_role(void **state)
{
    (void)state;
    unsigned reports = 0;
    for (int k = 0; k < EVENT_KIND_COUNT; k++) {
        const struct event_type *type = &event_types[k];
        if (!type->report)
            continue;
        reports++;
        if (type->role == ROLE_ANY || type->role == ROLE_BROKER || type->role == ROLE_LEDGER)
            fail_msg("%s: %s decides nothing", type->name, role_text(type->role));
        assert_null(strstr(type->name, ".*")); /* families are outcomes */
    }
    assert_true(reports > 20);
}

static void test_outcomes_may_say_why(void **state)
{
    (void)state;
    static const enum field why[] = {FIELD_RULE, FIELD_CLAUSE, FIELD_PLACE, FIELD_INPUTS, FIELD_DRAWN};
    for (int k = 0; k < EVENT_KIND_COUNT; k++) {
        for (size_t i = 0; i < sizeof(why) / sizeof(why[0]); i++) {
            const struct field_use *use = use_of(event_types[k].uses, why[i]);
            if (event_types[k].report ? use != NULL : use == NULL || use->needed)
                fail_msg("%s: %s", event_types[k].name, field_specs[why[i]].name);
        }
    }
}

static void test_what_the_card_forces_is_there(void **state)
{
    (void)state;
    static const char *const names[] = {
        "issue.raised",    "issue.escalated.group", "issue.escalated.leading-group",
        "task.assigned",   "deadline.missed",       "bulletin.published",
        "request.refused", "charter.adopted",       "post.filled"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_non_null(event_type_find(text_from(names[i]), NULL));
}

/* ---- PROTOCOL.md ---- */
static struct text protocol;

static int setup(void **state)
{
    slate_open(state);
    struct bytes file = golden_file(&arena, "proto/PROTOCOL.md");
    protocol = (struct text){(const char *)file.at, file.bytes};
    return file.at != NULL ? 0 : -1; /* run from the project's root */
}

static int teardown(void **state)
{
    return slate_close(state);
}

static struct text between(const char *begin, const char *end)
{
    const char *from = strstr(protocol.at, begin), *to = strstr(protocol.at, end);
    if (from == NULL || to == NULL || to < from)
        fail_msg("PROTOCOL.md has no part %s … %s", begin, end);
    from += strlen(begin);
    return (struct text){from, (size_t)(to - from)};
}

/* The part must be a line feed, what the table prints, and nothing else. */
static void assert_printed(const char *name, void (*print)(struct buffer *buffer))
{
    char begin[64], end[64];
    struct buffer buffer;
    snprintf(begin, sizeof(begin), "<!-- %s:begin -->\n", name);
    snprintf(end, sizeof(end), "<!-- %s:end -->", name);
    buffer_open(&buffer, 1 << 20);
    print(&buffer);
    struct text written = between(begin, end), printed = buffer_text(&buffer);
    size_t same = 0;
    while (same < written.bytes && same < printed.bytes && written.at[same] == printed.at[same])
        same++;
    if (same < written.bytes || same < printed.bytes)
        fail_msg("PROTOCOL.md, part %s, differs from the table (dubanctl events --markdown) at: %.*s", name,
                 (int)(printed.bytes - same < 120 ? printed.bytes - same : 120), printed.at + same);
    assert_true(same > 200);
    buffer_close(&buffer);
}

static void print_events(struct buffer *buffer)
{
    event_table_markdown(buffer, TEXT_NONE);
}
static void print_fields(struct buffer *buffer)
{
    field_table_markdown(buffer, TEXT_NONE);
}

static void test_protocol_has_the_tables(void **state)
{
    (void)state;
    assert_printed("codes", wire_code_markdown);
    assert_printed("events", print_events);
    assert_printed("fields", print_fields);
}

static void test_protocol_has_every_verb(void **state)
{
    (void)state;
    char heading[64];
    unsigned verbs = 0;
    for (unsigned number = 0; number < 256; number++) {
        const char *name = wire_verb_name((enum verb)number);
        if (strcmp(name, "?") == 0)
            continue;
        verbs++;
        snprintf(heading, sizeof(heading), "\n### %s (%u)\n", name, number);
        if (strstr(protocol.at, heading) == NULL)
            fail_msg("PROTOCOL.md has no section%s", heading);
    }
    assert_int_equal(verbs, 17);
}

/* A limit that a client meets stands in section 9 with its value. */
static void test_protocol_has_the_limits(void **state)
{
    (void)state;
    static const char *const met[] = {"MESSAGE_BYTES_MAX", "EVENT_BYTES_MAX", "BATCH_EVENTS_MAX",
                                      "NESTING_MAX",       "ELEMENTS_MAX",    "NAME_BYTES_MAX",
                                      "SOURCE_BYTES_MAX",  "LIST_COUNT_MAX",  "SUBSCRIPTIONS_MAX",
                                      "CREDIT_MAX",        "QUERY_ROWS_MAX",  "SESSIONS_MAX"};
    char row[128];
    for (size_t i = 0; i < sizeof(met) / sizeof(met[0]); i++) {
        const struct limit_row *limit = NULL;
        for (unsigned n = 0; n < limits_count; n++) {
            if (strcmp(limits_table[n].name, met[i]) == 0)
                limit = &limits_table[n];
        }
        assert_non_null(limit);
        snprintf(row, sizeof(row), "| `%s` | %lld %s |", limit->name, limit->value, limit->unit);
        if (strstr(protocol.at, row) == NULL)
            fail_msg("PROTOCOL.md, section 9, lacks: %s", row);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_reports_are_decided_by_one_role),
        cmocka_unit_test(test_outcomes_may_say_why),
        cmocka_unit_test(test_what_the_card_forces_is_there),
        cmocka_unit_test(test_protocol_has_the_tables),
        cmocka_unit_test(test_protocol_has_every_verb),
        cmocka_unit_test(test_protocol_has_the_limits),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
