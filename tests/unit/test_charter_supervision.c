/* test_charter_supervision.c - goal: the sections `supervision` and `evaluations` are read whole, shown
 * whole, and refused with every fault named and placed. Method: the town's charter with one fault at a time,
 * and the finding demanded word for word; then the real charter. */
#include "tests/support/config_files.h"
#include "tests/support/town.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/support/slate.h"

#define SUPERVISION                                                                                          \
    "supervision:\n"                                                                                         \
    "  supervisors: [office.director]\n"                                                                     \
    "  origins: [decision, document]\n"                                                                      \
    "  reply: {is: 5wd, clause: 五（四）, default: true}\n"                                              \
    "  rectify: 10wd\n"                                                                                      \
    "  reminders: [5wd]\n"                                                                                   \
    "  standing: [{id: s, title: 建立制度, units: [各相关单位], clause: 五（二）}]\n"           \
    "  clause: 三（四）\n"
#define EVALUATION(more)                                                                                     \
    "evaluations:\n"                                                                                         \
    "  - id: yearly\n"                                                                                       \
    "    title: 考核\n"                                                                                    \
    "    period: year\n"                                                                                     \
    "    due: 40wd\n" more
#define SOURCES                                                                                              \
    "    selfcheck: 10wd\n"                                                                                  \
    "    sources:\n"                                                                                         \
    "      - {source: selfcheck, weight: 40, title: 自查}\n"                                               \
    "      - {source: findings, weight: 60, each: 10, clause: 五（四）}\n"

static const struct charter *compile(const char *sections, struct findings *findings)
{
    struct text text = arena_printf(&arena, "%s%s", town_charter, sections);
    findings_open(findings, &arena, TEXT("t.yaml"));
    return charter_compile(&arena, text, TEXT("t.yaml"), findings);
}

static void test_read_whole(void **state)
{
    (void)state;
    struct findings findings;
    const struct charter *charter = compile(SUPERVISION EVALUATION(SOURCES), &findings);
    if (findings.count > 0)
        print_error("%.*s\n", TEXT_PRINT(findings_first(&findings, &arena)));
    assert_int_equal(findings.count, 0);
    const struct supervision_rules *rules = &charter->supervision;
    assert_true(rules->given && rules->decisions && !rules->coordinated && rules->documents);
    assert_int_equal(rules->leaders.count, 1);
    assert_true(text_is(rules->leaders.at[0], "leading.head")); /* the head of the body that decides */
    assert_true(rules->leaders_rule.is_default && rules->reply_rule.is_default &&
                rules->limit_rule.is_default);
    assert_true(text_is(rules->limit, "undated"));
    assert_true(text_is(rules->reply, "5wd"));
    assert_true(text_is(rules->reply_rule.clause, "五（四）"));
    assert_true(text_is(rules->rectify_rule.clause, "三（四）"));
    assert_false(rules->rectify_rule.is_default);
    assert_true(text_is(rules->standing[0].rule.path, "supervision.standing.s"));
    assert_true(text_is(rules->standing[0].limit, "undated"));
    const struct evaluation_rule *evaluation = &rules->evaluations[0];
    assert_int_equal(evaluation->months, 12);
    assert_int_equal(evaluation->units.count, 5); /* all but the customs */
    assert_int_equal(evaluation->sources[1].each, 10);
    assert_true(text_is(evaluation->sources[1].title, "findings"));
    assert_true(text_is(evaluation->sources[1].rule.path, "evaluations.yearly.findings"));
}

static void test_silent(void **state)
{
    (void)state;
    struct findings findings;
    const struct charter *charter = compile("", &findings);
    assert_non_null(charter);
    assert_false(charter->supervision.given);
    assert_int_equal(charter->supervision.evaluations_count, 0);
}

/* ---- faults ---- */

#define SOURCE(text) EVALUATION("    sources: [" text "]\n")

static void test_faults(void **state)
{
    (void)state;
    static const struct {
        const char *sections, *message;
    } rows[] = {
        {"supervision: {supervisors: [office.directer], origins: [decision]}\n",
         "unknown post \"office.directer\"; nearest known: \"office.director\""},
        {"supervision: {supervisors: [office.director], leaders: [x], origins: [decision]}\n",
         "unknown post \"x\""},
        {"supervision: {supervisors: [office.director], origins: [decisions]}\n",
         "unknown origin \"decisions\"; nearest known: \"decision\""},
        {"supervision: {origins: [decision]}\n", "\"supervisors\" is missing"},
        {"supervision: {supervisors: [office.director], origins: [decision], standing: [{id: s, title: t, "
         "units: "
         "[市园林局]}]}\n",
         "unknown unit \"市园林局\""},
        {"supervision: {supervisors: [office.director], origins: [decision], standing: [{id: s, title: t, "
         "units: "
         "[市税务局]}, {id: s, title: u, units: [市税务局]}]}\n",
         "standing item \"s\" stands here twice"},
        {"supervision: {supervisors: [office.director], origins: [decision], replies: 5wd}\n",
         "unknown key \"replies\""},
        {SUPERVISION SOURCE("{source: check, weight: 99}"), "the weights add up to 99, not to 100"},
        {SUPERVISION SOURCE("{source: check, weight: 50}, {source: check, weight: 50}"),
         "source \"check\" stands here twice"},
        {SUPERVISION SOURCE("{source: missed, weight: 100}"), "\"each\" is missing"},
        {SUPERVISION SOURCE("{source: check, weight: 100, each: 3}"), "\"each\" is for findings"},
        {SUPERVISION SOURCE("{source: chek, weight: 100}"), "chek"},
        {SUPERVISION SOURCE("{source: selfcheck, weight: 100}"), "\"selfcheck\" is missing"},
        {SUPERVISION EVALUATION("    selfcheck: 5wd\n    sources: [{source: check, weight: 100}]\n"),
         "no source asks for a self-check"},
        {SUPERVISION EVALUATION("    units: [市园林局]\n" SOURCES), "unknown unit \"市园林局\""},
        {SUPERVISION
         "evaluations: [{id: e, title: t, period: year, due: by 2021-01-01, sources: [{source: check, "
         "weight: 100}]}]\n",
         "\"due\" must be an amount of time after the period's end"},
        {EVALUATION(SOURCES), "\"evaluations\" needs \"supervision\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct findings findings;
        bool found = false;
        assert_null(compile(rows[i].sections, &findings));
        for (size_t k = 0; k < findings.count; k++)
            found = found || memmem(findings.at[k].message.at, findings.at[k].message.bytes, rows[i].message,
                                    strlen(rows[i].message)) != NULL;
        for (size_t k = 0; !found && k < findings.count; k++)
            print_error("row %zu: %.*s\n", i, TEXT_PRINT(findings.at[k].message));
        assert_true(found);
    }
}

/* More standing items, evaluated units or rows than a turn and an event take. */
static void test_bounds(void **state)
{
    (void)state;
    struct findings findings;
    struct buffer buffer;
    buffer_open(&buffer, 1 << 22);
    buffer_printf(&buffer,
                  "supervision:\n  supervisors: [office.director]\n  origins: [document]\n  standing:\n");
    for (int i = 0; i <= SUPERVISION_STANDING_MAX; i++)
        buffer_printf(&buffer, "    - {id: s%d, title: t, units: [市税务局]}\n", i);
    buffer_append(&buffer, "", 1);
    assert_null(compile((const char *)buffer.at, &findings));
    assert_true(text_is(findings.at[0].message, "\"standing\" has more than 512 entries"));
    buffer_reset(&buffer);
    buffer_printf(&buffer, "%sevaluations:\n", SUPERVISION);
    for (int i = 0; i * (1 + 5) <= SUPERVISION_EVALUATED_MAX; i++)
        buffer_printf(
            &buffer,
            "  - {id: e%d, title: t, period: year, due: 1d, sources: [{source: check, weight: 100}]}\n", i);
    buffer_append(&buffer, "", 1);
    assert_null(compile((const char *)buffer.at, &findings));
    assert_true(text_is(findings.at[0].message, "all evaluations together have more than 512 units"));
    buffer_close(&buffer);
}

static void test_rows_fit(void **state)
{
    (void)state;
    struct findings findings;
    struct buffer buffer;
    buffer_open(&buffer, 1 << 20);
    for (int i = 0; i < 260; i++)
        buffer_printf(&buffer, "  - 单位%d\n", i);
    buffer_append(&buffer, "", 1);
    char *units = town_text("units:\n", arena_printf(&arena, "units:\n%s", (const char *)buffer.at).at);
    struct text text = arena_printf(&arena, "%s%s%s", units, SUPERVISION, EVALUATION(SOURCES));
    findings_open(&findings, &arena, TEXT("t.yaml"));
    assert_null(charter_compile(&arena, text, TEXT("t.yaml"), &findings));
    struct text message = findings.at[0].message;
    assert_non_null(memmem(message.at, message.bytes, "make more than 512 rows", 23));
    free(units);
    buffer_close(&buffer);
}

/* ---- shown, and the real one ---- */

static void test_json(void **state)
{
    (void)state;
    struct findings findings;
    struct text json = charter_to_json(&arena, compile(SUPERVISION EVALUATION(SOURCES), &findings));
    static const char *const parts[] = {
        "\"supervisors\":[\"office.director\"]",
        "\"origins\":[\"decision\",\"document\"]",
        "\"path\":\"supervision.reply\"",
        "\"path\":\"supervision.standing.s\"",
        "\"source\":\"selfcheck\"",
        "\"weight\":60,\"each\":10",
        "\"period\":\"year\"",
        "\"path\":\"evaluations.yearly\"",
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (memmem(json.at, json.bytes, parts[i], strlen(parts[i])) == NULL)
            fail_msg("no %s in %.*s", parts[i], TEXT_PRINT(json));
}

/* S0-12: three supervisors, three kinds of item; S0-23: self-check and inspection; what is a number is ours.
 */
static void test_shenzhen(void **state)
{
    (void)state;
    const struct charter *charter = support_charter(&arena, "config/charters/shenzhen-2020.yaml");
    const struct supervision_rules *rules = &charter->supervision;
    assert_int_equal(rules->supervisors.count, 3);
    assert_true(rules->decisions && rules->coordinated && rules->documents);
    assert_int_equal(rules->leaders.count, 2);
    assert_false(rules->rule.is_default);
    assert_true(rules->limit_rule.is_default && rules->reply_rule.is_default &&
                rules->rectify_rule.is_default);
    assert_int_equal(rules->evaluations_count, 1);
    const struct evaluation_rule *evaluation = &rules->evaluations[0];
    assert_true(evaluation->rule.is_default);
    assert_true(text_is(evaluation->rule.clause, "五（五）"));
    bool asks[SOURCE_KIND_COUNT] = {false};
    for (size_t i = 0; i < evaluation->sources_count; i++) {
        asks[evaluation->sources[i].kind] = true;
        assert_true(evaluation->sources[i].rule.is_default);
    }
    assert_true(asks[SOURCE_SELFCHECK] && asks[SOURCE_CHECK]);
    for (size_t i = 0; i < evaluation->units.count; i++)
        assert_false(charter_unit(charter, evaluation->units.at[i])->external);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_whole), cmocka_unit_test(test_silent),   cmocka_unit_test(test_faults),
        cmocka_unit_test(test_bounds),     cmocka_unit_test(test_rows_fit), cmocka_unit_test(test_json),
        cmocka_unit_test(test_shenzhen),
    };
    return cmocka_run_group_tests(tests, slate_open, slate_close);
}
