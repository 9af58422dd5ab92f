/* Goal: logs of other systems become the reports that a map names, in the order that docs/import.md promises,
 * and what is wrong with a map or a row is told by place. Method: small maps and tables as text, compiled and
 * derived in memory; what a fault says is counted, and one whole run goes through the command, packed and
 * unpacked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/import/derive.h"
#include "cli/import/unzip.h"
#include "tests/support/caught.h"
#include "tests/support/slate.h"

/* ---- maps ---- */

#define TABLES                                                                                               \
    "map: m\nzone: \"+08:00\"\ncharter: c\n"                                                                 \
    "tables:\n"                                                                                              \
    "  - {table: cases, columns: [case, begin, end, extra], key: case, pairs: extra}\n"                      \
    "  - {table: events, columns: [case, n, at, what, level], key: case, order: n}\n"                        \
    "values:\n  lines: {\"1\": low, \"2\": high}\n"                                                          \
    "reports:\n"
#define RAISE                                                                                                \
    "  - {report: issue.raised, from: cases, time: {earliest: [begin, events.at]}, data: {title: "           \
    "\"{case}\", "                                                                                           \
    "area: A, raised: begin, tags: [\"k={extra.k}\", \"x={extra.x}\"]}}\n"

static const struct map *compile(const char *source, struct findings *findings)
{
    findings_open(findings, &arena, TEXT("map.yaml"));
    return map_compile(&arena, text_from(source), TEXT("map.yaml"), findings);
}

static void wrong_map(const char *source, const char *message)
{
    struct findings *findings = arena_alloc(&arena, sizeof *findings);
    assert_null(compile(source, findings));
    struct text first = findings_first(findings, &arena);
    if (memmem(first.at, first.bytes, message, strlen(message)) == NULL)
        fail_msg("wanted: %s\ngot:    %.*s", message, TEXT_PRINT(first));
}

static void test_map_faults(void **state)
{
    (void)state;
    wrong_map("map: m\nzone: \"+08:00\"\ntabels: []\n",
              "map.yaml:3:1: error: unknown key \"tabels\"; nearest known: \"tables\"");
    wrong_map("map: m\nzone: \"8\"\ntables: []\nreports: []\n", "map.yaml:2:7: error: \"8\" is no offset");
    wrong_map("map: m\nzone: \"+08:00\"\ntables:\n  - {table: t, columns: [case], key: cas}\nreports: []\n",
              "unknown column \"cas\"; nearest known: \"case\"");
    wrong_map(TABLES "  - {report: issue.rased, from: cases, time: begin}\n",
              "map.yaml:10:14: error: unknown type \"issue.rased\"; nearest known: issue.raised");
    wrong_map(TABLES "  - {report: issue.opened, from: cases, time: begin}\n", "only workers publish it");
    wrong_map(TABLES "  - {report: issue.resolved, from: case, time: begin}\n",
              "unknown table \"case\"; nearest known: \"cases\"");
    wrong_map(TABLES "  - {report: issue.resolved, from: cases, time: begn}\n",
              "unknown column \"begn\"; nearest known: \"begin\"");
    wrong_map(TABLES "  - {report: issue.resolved, from: cases}\n", "\"time\" is missing");
    wrong_map(TABLES "  - {report: issue.resolved, from: events, time: at, when: {what: {startes: x}}}\n",
              "unknown test \"startes\"; nearest known: \"starts\"");
    wrong_map(TABLES "  - {report: issue.resolved, from: events, time: at, when: {row: middle}}\n",
              "row must be first or last");
    wrong_map(TABLES "  - {report: issue.resolved, from: events, time: at, data: {nte: x}}\n",
              "issue.resolved has no field \"nte\"; nearest known: note");
    wrong_map(TABLES "  - {report: issue.resolved, from: events, time: at, data: {note: \"{what|line}\"}}\n",
              "unknown value map \"line\"; nearest known: \"lines\"");
    wrong_map(TABLES "  - {report: issue.resolved, from: events, time: at, data: {note: \"{what\"}}\n",
              "a { without its column and }");
    wrong_map(TABLES "  - {report: issue.resolved, from: events, time: {of: at, plus: 3weeks}}\n",
              "an amount of d, h, min or s");
    wrong_map(TABLES "  - {report: issue.resolved, from: events, time: at}\n  - {report: issue.resolved, "
                     "from: cases, time: end}\n",
              "the rule issue.resolved stands twice");
}

/* ---- reports ---- */

struct run {
    struct caselog log;
    struct faults faults;
    struct derivation derivation;
};

/* The reports of two tables, a line each: "time type subject data". Ended with derive_close. */
static void derive(struct run *run, const char *map, const char *cases, const char *events)
{
    struct findings *findings = arena_alloc(&arena, sizeof *findings);
    struct complaint complaint = {0};
    const struct map *compiled = compile(map, findings);
    if (compiled == NULL)
        fail_msg("%.*s", TEXT_PRINT(findings_first(findings, &arena)));
    *run = (struct run){.faults = {.quiet = true}};
    caselog_open(&run->log, compiled, &arena, &run->faults);
    assert_int_equal(caselog_add(&run->log, TEXT("cases.tsv"), TEXT_NONE, text_from(cases), &complaint), 0);
    assert_int_equal(caselog_add(&run->log, TEXT("events.tsv"), TEXT_NONE, text_from(events), &complaint), 0);
    caselog_sort(&run->log);
    assert_int_equal(derive_all(&run->log, &run->faults, &run->derivation), 0);
}

static struct text lines(struct run *run)
{
    struct text all = TEXT("");
    for (size_t i = 0; i < run->derivation.reports_count; i++) {
        struct event event;
        char time[CIVIL_TEXT_BYTES];
        derive_event(&run->derivation, i, &arena, &event);
        all =
            arena_printf(&arena, "%.*s%s %.*s %.*s %.*s\n", TEXT_PRINT(all),
                         civil_format_time(event.time_us, event.time_zone, time), TEXT_PRINT(event.type_name),
                         TEXT_PRINT(event.subject), TEXT_PRINT(doc_to_json(&arena, event.data)));
    }
    return all;
}

static void expect(const char *map, const char *cases, const char *events, uint64_t faults,
                   const char *wanted)
{
    struct run run;
    derive(&run, map, cases, events);
    struct text got = lines(&run);
    if (!text_is(got, wanted))
        fail_msg("wanted:\n%s\ngot:\n%.*s", wanted, TEXT_PRINT(got));
    assert_int_equal(run.faults.count, faults);
    derive_close(&run.derivation);
}

#define CASES  "case\tbegin\tend\textra\n"
#define EVENTS "case\tn\tat\twhat\tlevel\n"

static void test_raised_at_its_first_event(void **state)
{
    (void)state;
    expect(TABLES RAISE, CASES "b\t2020-01-02\t\tk=v;x=\na\t2020-01-02T10:00:00.5\t\t\n",
           EVENTS "a\t1\t2020-01-03T00:00:00\tgo\t1\nb\t1\t2020-01-01 09:30\tgo\t1\n", 0,
           "2020-01-01T09:30:00+08:00 issue.raised b {\"title\":\"b\",\"area\":\"A\",\"tags\":[\"k=v\"],"
           "\"raised\":\"2020-01-02T00:00:00+08:00\"}\n"
           "2020-01-02T10:00:00.500+08:00 issue.raised a "
           "{\"title\":\"a\",\"area\":\"A\",\"raised\":\"2020-01-02T10:00:00.500+08:00\"}\n");
}

/* By time, then case, then table, row and rule; and rows of a case never overtake one another, though their
 * clock ran back. */
static void test_order(void **state)
{
    (void)state;
    expect(TABLES "  - {report: work.recorded, from: events, time: at, data: {activity: \"{what}\"}}\n"
                  "  - {report: issue.resolved, from: cases, time: end, when: {end: {present: true}}}\n"
                  "  - {report: issue.resolved, rule: again, from: events, time: at, when: {what: x}}\n",
           CASES "b\t2020-01-01\t2020-01-01T09:00:00\t\na\t2020-01-01\t\t\n",
           EVENTS
           "b\t2\t2020-01-01T08:00:00\ty\t\nb\t1\t2020-01-01T09:00:00\tx\t\na\t10\t2020-01-01T09:00:00\tz\t\n"
           "a\t9\t2020-01-01T09:00:00\tw\t\n",
           0,
           "2020-01-01T09:00:00+08:00 work.recorded a {\"activity\":\"w\"}\n"
           "2020-01-01T09:00:00+08:00 work.recorded a {\"activity\":\"z\"}\n"
           "2020-01-01T09:00:00+08:00 issue.resolved b {}\n"
           "2020-01-01T09:00:00+08:00 work.recorded b {\"activity\":\"x\"}\n"
           "2020-01-01T09:00:00+08:00 issue.resolved b {}\n"
           "2020-01-01T09:00:00+08:00 work.recorded b {\"activity\":\"y\"}\n");
}

/* Whole numbers by value, absent ones first; a column with anything else among them, by its bytes: whatever
 * the order in the file was. */
static void test_a_column_is_compared_in_one_way(void **state)
{
    static const char *const files[][3] = {{"2", "10", "1a"}, {"10", "1a", "2"}, {"1a", "2", "10"}};
    static const char map[] =
        TABLES "  - {report: work.recorded, from: events, time: at, data: {activity: \"n{n}\"}}\n";
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *const *n = files[i];
        struct text rows = arena_printf(&arena,
                                        EVENTS "a\t%s\t2020-01-01\tx\t\na\t%s\t2020-01-01\tx\t\n"
                                               "a\t%s\t2020-01-01\tx\t\n",
                                        n[0], n[1], n[2]);
        expect(map, CASES "a\t2020-01-01\t\t\n", rows.at, 0,
               "2020-01-01T00:00:00+08:00 work.recorded a {\"activity\":\"n10\"}\n"
               "2020-01-01T00:00:00+08:00 work.recorded a {\"activity\":\"n1a\"}\n"
               "2020-01-01T00:00:00+08:00 work.recorded a {\"activity\":\"n2\"}\n");
    }
    expect(TABLES "  - {report: work.recorded, from: events, time: at, data: {activity: \"{what}\"}}\n",
           CASES "a\t2020-01-01\t\t\n",
           EVENTS "a\t10\t2020-01-01\tten\t\na\t9\t2020-01-01\tnine\t\na\t\t2020-01-01\tnone\t\n", 0,
           "2020-01-01T00:00:00+08:00 work.recorded a {\"activity\":\"none\"}\n"
           "2020-01-01T00:00:00+08:00 work.recorded a {\"activity\":\"nine\"}\n"
           "2020-01-01T00:00:00+08:00 work.recorded a {\"activity\":\"ten\"}\n");
}

/* Each rule notes its own name where it applies. */
static void rules_met(const char *when, const char *wanted)
{
    struct text map = arena_printf(
        &arena, TABLES "  - {report: work.recorded, from: events, time: at, data: {activity: \"{n}\"}, %s}\n",
        when);
    struct run run;
    derive(&run, map.at, CASES "c\t2020-01-01\t2020-01-03T00:00:00\t\n",
           EVENTS "c\t1\t2020-01-01\tAccepted\t1\nc\t2\t2020-01-02\tDone\t2\nc\t3\t2020-01-03\tDone\t\n"
                  "c\t4\t2020-01-04\tAccepted late\t1\nc\t5\t2020-01-05\tDone\t0\n");
    char met[16] = "";
    for (size_t i = 0; i < run.derivation.reports_count; i++) {
        struct event event;
        derive_event(&run.derivation, i, &arena, &event);
        (void)snprintf(met + i, sizeof met - i, "%.*s", TEXT_PRINT(doc_text(event.data, FIELD_ACTIVITY)));
    }
    if (strcmp(met, wanted) != 0)
        fail_msg("%s: wanted rows %s, got %s", when, wanted, met);
    assert_int_equal(run.faults.count, 0);
    derive_close(&run.derivation);
}

static void test_tests(void **state)
{
    (void)state;
    rules_met("when: {}", "12345");
    rules_met("when: {what: Done}", "235");
    rules_met("when: {what: [Done, Accepted]}", "1235");
    rules_met("when: {what: {not: Done}}", "14");
    rules_met("when: {what: {starts: Acc}}", "14");
    rules_met("when: {level: {present: true}}", "1245");
    rules_met("when: {level: {present: false}}", "3");
    rules_met("when: {level: {absent: true}}", "3");
    rules_met("when: {what: {changes: true}}", "245");
    rules_met("when: {level: {rises: true}}", "2");
    rules_met("when: {level: {falls: true}}", "45"); /* row 3 has none: row 4 is held against row 2 */
    rules_met("when: {level: {rises: [\"2\", \"1\", \"0\"]}}", "45");
    rules_met("when: {row: first}", "1");
    rules_met("when: {row: last}", "5");
    rules_met("when: {previous.what: Done, what: {not: Done}}", "4");
    rules_met("when: {next.what: Done}", "124");
    rules_met("when: {what: Done}, once: true", "2");
    rules_met("when: {at: {before: cases.end}}", "12");
    rules_met("when: {at: {until: cases.end}}", "123");
    rules_met("when: {at: {from: cases.end}}", "345");
    rules_met("when: {at: {after: {of: cases.end, plus: 23h}}}", "45");
    rules_met("when: {at: {before: cases.extra.never}}", "12345"); /* an instant that is absent never comes */
    rules_met("when: {at: {after: cases.extra.never}}", "");
    rules_met("when: {events.last.level: \"0\", events.level: \"1\"}", "12345");
}

static void test_value_maps_and_edges(void **state)
{
    (void)state;
    expect(TABLES "  - {report: escalation.requested, from: events, time: {of: at, minus: 1d, at: day-end}, "
                  "data: {to: \"{level|lines}\"}}\n",
           CASES "c\t2020-01-01\t\t\n", EVENTS "c\t1\t2020-01-02T10:00\tx\t2\nc\t2\t2020-01-02T11:00\tx\t9\n",
           1, "2020-01-01T23:59:59.999999+08:00 escalation.requested c {\"to\":\"high\"}\n");
}

/* A row that is none, a time that is none, and a report that the table of events does not allow: each is
 * counted, the rest goes on. */
static void test_faults_are_counted(void **state)
{
    (void)state;
    expect(TABLES RAISE,
           CASES "a\t2020-13-02\t\t\n"
                 "b\t2020-01-02\n"
                 "\t2020-01-02\t\t\n"
                 "c\\q\t2020-01-02\t\t\n"
                 "d\xff\t2020-01-02\t\t\n"
                 "e\tnever\t\t\n"
                 "f\t2020-01-02\t\t\n",
           EVENTS, 6,
           "2020-01-02T00:00:00+08:00 issue.raised f "
           "{\"title\":\"f\",\"area\":\"A\",\"raised\":\"2020-01-02T00:00:00+08:00\"}\n");
    expect(TABLES "  - {report: work.recorded, from: events, time: at, data: {note: \"{what}\"}}\n", CASES,
           EVENTS "c\t1\t2020-01-01\tx\t\n", 1, "");
}

/* The steps of a case that is not raised would be refused, and those behind an unreadable row would have
 * other ids once it is mended: such cases wait, whole; others do not. */
static void held_back(const char *cases, const char *events, uint64_t faults, uint64_t held,
                      const char *first, const char *wanted)
{
    struct run run;
    derive(&run,
           TABLES RAISE "  - {report: work.recorded, from: events, time: at, data: {activity: \"{what}\"}}\n",
           cases, events);
    char kept[64] = "";
    for (size_t i = 0; i < run.derivation.reports_count; i++)
        (void)strncat(kept, run.derivation.reports[i].row->key.at, 1);
    if (strcmp(kept, wanted) != 0)
        fail_msg("wanted %s, got %s", wanted, kept);
    assert_int_equal(run.faults.count, faults);
    assert_int_equal(run.derivation.held, held);
    assert_true(text_is(run.derivation.held_case, first));
    uint64_t counted = 0;
    for (size_t i = 0; i < EVENT_KIND_COUNT; i++)
        counted += run.derivation.counts[i];
    assert_int_equal(counted, strlen(wanted));
    derive_close(&run.derivation);
}

static void test_a_case_that_is_not_raised_waits(void **state)
{
    static const char steps[] =
        EVENTS "a\t1\t2020-01-03\tx\t\na\t2\t2020-01-04\ty\t\nb\t1\t2020-01-05\tz\t\n";
    (void)state;
    held_back(CASES "a\t2020-01-02\t\t\nb\t2020-01-02\t\t\n", steps, 0, 0, "", "abaab");
    held_back(CASES "a\tnever\t\t\nb\t2020-01-02\t\t\n", steps, 2, 2, "a", "bb");
    held_back(CASES "a\t2020-01-02\nb\t2020-01-02\t\t\n", steps, 1, 2, "a", "bb");
    held_back(CASES "a\t2020-01-02\t\\q\t\nb\t2020-01-02\t\t\n", steps, 1, 2, "a", "bb");
    held_back(CASES "a\t2020-01-02\t\t\nb\t2020-01-02\t\t\n",
              EVENTS "a\t1\t2020-01-03\tx\t\na\t2\t2020-01-04\ny\t\nb\t1\t2020-01-05\tz\t\n", 2, 2, "a",
              "bb");
    /* a step that is wrong by itself moves nobody else */
    held_back(CASES "a\t2020-01-02\t\t\nb\t2020-01-02\t\t\n",
              EVENTS "a\t1\t2020-01-03\tx\t\na\t2\tnever\ty\t\nb\t1\t2020-01-05\tz\t\n", 1, 0, "", "abab");
    /* and a row of no known case holds nobody back */
    held_back(CASES "a\t2020-01-02\t\t\nb\t2020-01-02\t\t\n\t2020-01-02\n\xff\t2020-01-02\n", steps, 2, 0, "",
              "abaab");
}

/* One cause, one message. */
static void no_table(const char *content, const char *wanted)
{
    struct tsv tsv;
    struct faults faults = {.quiet = true};
    struct complaint complaint = {0};
    assert_int_equal(tsv_parse(&arena, TEXT("t"), text_from(content), NULL, 0, &faults, &tsv, &complaint),
                     TSV_E_HEADER);
    assert_string_equal(complaint.message, wanted);
    assert_int_equal(faults.count, 0);
}

static void test_escapes_and_blanks(void **state)
{
    (void)state;
    struct tsv tsv;
    struct complaint complaint = {0};
    struct faults faults = {.quiet = true};
    assert_int_equal(tsv_parse(&arena, TEXT("t"),
                               TEXT("\xEF\xBB\xBF"
                                    "a\tb\r\n x y \t1\\t2\\n3\\r4\\\\5\r\n\n"),
                               NULL, 0, &faults, &tsv, &complaint),
                     0);
    assert_int_equal(tsv.rows_count, 1);
    assert_true(text_is(tsv.columns[0], "a"));
    assert_true(text_is(tsv.rows[0].cells[0], "x y"));
    assert_true(text_is(tsv.rows[0].cells[1], "1\t2\n3\r4\\5"));
    no_table("a\ta\n", "t:1: the column \"a\" stands twice in the header");
    no_table("", "t: this is no table of text with a header");
    no_table("case,begin\n1,2\n", "t:1: tabs part the cells of a table; this header has none, but commas");
    no_table("case;begin\n1;2\n",
             "t:1: tabs part the cells of a table; this header has none, but semicolons");
    no_table("caf\xE9\n", "t:1: the header is not UTF-8");
}

#define SEEMS(charset)                                                                                       \
    "t: this is not UTF-8 but, as it seems, " charset ": `gzip -cdf t | iconv -f " charset                   \
    " -t UTF-8` makes it so"

/* A whole table in another encoding is told at once; a damaged row of a table in UTF-8 is a fault of its own.
 */
static void test_other_encodings(void **state)
{
    struct tsv tsv;
    struct complaint complaint = {0};
    struct faults faults = {.quiet = true};
    (void)state;
    no_table("\xB1\xE0\xBA\xC5\ttime\n1\t2\n", SEEMS("GB18030"));          /* 编号 */
    no_table("case\ttime\n1\t2\n2\t\xC9\xEE\xDB\xDA\n", SEEMS("GB18030")); /* 深圳 */
    no_table("\xFF\xFE"
             "c",
             SEEMS("UTF-16"));
    assert_int_equal(tsv_parse(&arena, TEXT("t"), TEXT("编号\tb\n1\t\xC9\xEE\n2\t3\n"), NULL, 0, &faults,
                               &tsv, &complaint),
                     0);
    assert_int_equal(faults.count, 1);
    assert_int_equal(tsv.rows_count, 2);
    assert_true(tsv.rows[0].unreadable && !tsv.rows[1].unreadable);
}

static void test_bounds(void **state)
{
    (void)state;
    struct tsv tsv;
    struct complaint complaint = {0};
    struct faults faults = {.quiet = true};
    struct buffer wide;
    buffer_open(&wide, 4 << 20);
    buffer_printf(&wide, "a\n");
    for (int i = 0; i < TSV_LINE_BYTES_MAX; i++)
        buffer_append(&wide, "x", 1);
    size_t fits = wide.bytes;
    assert_int_equal(tsv_parse(&arena, TEXT("t"), buffer_text(&wide), NULL, 0, &faults, &tsv, &complaint), 0);
    assert_int_equal(tsv.rows_count, 1);
    buffer_append(&wide, "x\ny\n", 4);
    assert_int_equal(tsv_parse(&arena, TEXT("t"), buffer_text(&wide), NULL, 0, &faults, &tsv, &complaint), 0);
    assert_int_equal(tsv.rows_count, 1);
    assert_int_equal(faults.count, 1);
    assert_true(fits < wide.bytes);
    buffer_reset(&wide);
    for (int i = 0; i <= TSV_COLUMNS_MAX; i++)
        buffer_printf(&wide, "%sc%d", i > 0 ? "\t" : "", i);
    assert_int_equal(tsv_parse(&arena, TEXT("t"), buffer_text(&wide), NULL, 0, &faults, &tsv, &complaint),
                     TSV_E_HEADER);
    buffer_close(&wide);
}

static void test_walls(void **state)
{
    (void)state;
    static const struct {
        const char *written, *utc; /* NULL: none */
        bool drop;
    } rows[] = {{"2020-01-02", "2020-01-01T16:00:00Z", false},
                {"2020-01-02T03:04", "2020-01-01T19:04:00Z", false},
                {"2020-01-02 03:04:05.678", "2020-01-01T19:04:05.678Z", false},
                {"2020-01-02T03:04:05+01:00", "2020-01-02T02:04:05Z", false},
                {"2020-01-02T03:04:05+01:00", "2020-01-01T19:04:05Z", true},
                {"2020-01-02T03:04:05Z", "2020-01-02T03:04:05Z", false},
                {"2020-02-30", NULL, false},
                {"2020-01-02T25:00", NULL, false},
                {"2020-01-02x03:04", NULL, false},
                {"2020-01-02T03", NULL, false},
                {"02.01.2020", NULL, false},
                {"2020-01-02T03:04:05+0100", NULL, false},
                {"2020-01-02T03:04:05+01:00:00:00", NULL, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t at_us = 0;
        char out[CIVIL_TEXT_BYTES];
        bool good = derive_parse_wall(text_from(rows[i].written), 480, rows[i].drop, &at_us);
        if (good != (rows[i].utc != NULL) ||
            (good && strcmp(civil_format_time(at_us, 0, out), rows[i].utc) != 0))
            fail_msg("%s: %s", rows[i].written, good ? civil_format_time(at_us, 0, out) : "none");
    }
}

/* The same log gives the same ids; a long case's id is its digest. */
static void test_ids(void **state)
{
    (void)state;
    struct run run;
    struct event event;
    struct text cases = arena_printf(&arena, CASES "a\t2020-01-01\t\t\n%0130d\t2020-01-02\t\t\n", 7);
    derive(&run, TABLES RAISE, cases.at, EVENTS);
    derive_event(&run.derivation, 0, &arena, &event);
    assert_true(text_is(event.id, "cases/a/0/issue.raised"));
    assert_true(text_is(event.source, "/import/m"));
    assert_int_equal(run.faults.count, 1); /* its title and subject are too long, whatever its id */
    derive_close(&run.derivation);
}

static void test_columns_by_place(void **state)
{
    (void)state;
    struct findings *findings = arena_alloc(&arena, sizeof *findings);
    struct complaint complaint = {0};
    struct faults faults = {.quiet = true};
    struct caselog log;
    const struct map *map = compile(
        "map: m\nzone: \"+08:00\"\ntables:\n  - {table: t, columns: [case, at], header: false, key: case}\n"
        "reports:\n  - {report: issue.resolved, from: t, time: at}\n",
        findings);
    assert_non_null(map);
    caselog_open(&log, map, &arena, &faults);
    assert_int_equal(caselog_add(&log, TEXT("x"), TEXT_NONE, TEXT("a\t2020-01-01\n"), &complaint),
                     CASELOG_E_FILE);
    assert_int_equal(caselog_add(&log, TEXT("x"), TEXT("u"), TEXT("a\t2020-01-01\n"), &complaint),
                     CASELOG_E_FILE);
    assert_non_null(strstr(complaint.message, "no table u"));
    assert_int_equal(caselog_add(&log, TEXT("x"), TEXT("t"), TEXT("a\t2020-01-01\n"), &complaint), 0);
    assert_int_equal(log.tables[0].rows_count, 1);
}

/* ---- files ---- */

static void write_file(const char *path, const void *content, size_t bytes)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
}

/* "0 1 2 3 …", packed by gzip without compression, so that any cut takes something away. */
static const char packed[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
                             "\x01\x06\x00\xf9\xff"
                             "case\na"
                             "\x57\x3d\x3c\x6c"
                             "\x06\x00\x00\x00";

static void test_a_file_is_read_whole_or_not(void **state)
{
    char path[] = "/tmp/test-import-XXXXXX";
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    (void)close(fd);
    for (size_t bytes = sizeof packed - 1; bytes > 2; bytes--) {
        struct text content = TEXT_NONE;
        struct complaint complaint = {0};
        write_file(path, packed, bytes);
        int code = unzip_read(&arena, path, 1000, &content, &complaint);
        if (bytes == sizeof packed - 1) {
            assert_int_equal(code, 0);
            assert_true(text_is(content, "case\na"));
        } else if (code == 0) {
            fail_msg("%zu of %zu bytes pass as the whole: %.*s", bytes, sizeof packed - 1,
                     TEXT_PRINT(content));
        }
    }
    (void)remove(path);
}

static void test_faults_name_the_file_as_given(void **state)
{
    (void)state;
    assert_int_equal(caught_run("import --map tests/logs/wabo-receipt/map.yaml /dev/null"), EXIT_USAGE);
    assert_string_equal(caught.error,
                        "dubanctl: /dev/null: this is no table of text with a header\n"
                        "  hint: a file is a table of the map by its header; TABLE=FILE says which\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_map_faults, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_raised_at_its_first_event, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_order, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_a_column_is_compared_in_one_way, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_tests, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_a_file_is_read_whole_or_not, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_faults_name_the_file_as_given, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_value_maps_and_edges, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_a_case_that_is_not_raised_waits, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_faults_are_counted, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_escapes_and_blanks, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_other_encodings, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_bounds, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_walls, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_ids, slate_open, slate_close),
        cmocka_unit_test_setup_teardown(test_columns_by_place, slate_open, slate_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
