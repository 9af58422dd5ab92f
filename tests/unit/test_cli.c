/* Goal: dubanctl's command line, tables and lines say exactly what is meant, and its exit codes are those of
 * the manual. Method: whole command lines that need no broker run in this process with their output caught;
 * tables, lines and adoption events are built from documents. */
#include "base/digest.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "cli/adopt.h"
#include "cli/brief.h"
#include "cli/command.h"
#include "cli/stream.h"
#include "cli/table.h"
#include "tests/support/caught.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/slate.h"

#define OUT(part)   assert_non_null(strstr(caught.out, part))
#define ERROR(part) assert_non_null(strstr(caught.error, part))

/* ---- the table of commands ---- */

static void every_command_explains_itself(void **state)
{
    (void)state;
    for (const struct command *command = commands; command->name != NULL; command++) {
        char line[200];
        (void)snprintf(line, sizeof(line), "%s --help", command->name);
        assert_int_equal(caught_run(line), EXIT_DONE);
        OUT(command->summary);
        OUT("--help");
        for (const struct option_spec *option = command->options; option->name != NULL; option++) {
            (void)snprintf(line, sizeof(line), "  --%s%s%s ", option->name, option->value != NULL ? " " : "",
                           option->value != NULL ? option->value : "");
            OUT(line);
            assert_true(option->offset < sizeof(struct options));
        }
        assert_string_equal(caught.error, "");
        (void)snprintf(line, sizeof(line), "help %s", command->name);
        assert_int_equal(caught_run(line), EXIT_DONE);
        OUT(command->summary);
        assert_true(command->run != NULL && command->positionals_min <= command->positionals_max);
        assert_true(command->positionals_max <= POSITIONALS_MAX);
    }
}

static void names_are_used_once(void **state)
{
    (void)state;
    for (const struct command *a = commands; a->name != NULL; a++) {
        for (const struct command *b = commands; b < a; b++)
            assert_string_not_equal(a->name, b->name);
        for (const struct option_spec *o = a->options; o->name != NULL; o++) {
            assert_string_not_equal(o->name, "help");
            for (const struct option_spec *p = a->options; p < o; p++)
                assert_string_not_equal(o->name, p->name);
        }
    }
}

static void overview_lists_all(void **state)
{
    (void)state;
    assert_int_equal(caught_run("help"), EXIT_DONE);
    for (const struct command *command = commands; command->name != NULL; command++)
        OUT(command->summary);
    assert_int_equal(caught_run("--help"), EXIT_DONE);
    assert_int_equal(caught_run("-h"), EXIT_DONE);
    OUT("Exit codes");
    assert_int_equal(caught_run(""), EXIT_USAGE);
    OUT("Exit codes");
    for (const char *const *line = (const char *const[]){"charter --help", "help charter", NULL};
         *line != NULL; line++) {
        assert_int_equal(caught_run(*line), EXIT_DONE);
        OUT("usage: dubanctl charter COMMAND");
        OUT("\n  charter lint ");
        OUT("\n  charter adopt ");
        assert_null(strstr(caught.out, "charters"));
        assert_string_equal(caught.error, "");
    }
    assert_int_equal(caught_run("--version"), EXIT_DONE);
    assert_memory_equal(caught.out, "dubanctl ", 9);
}

static void wrong_words_get_a_hint(void **state)
{
    static const struct {
        const char *line, *says, *hint;
    } cases[] = {
        {"isues", "there is no command `isues`", "did you mean `dubanctl issues`?"},
        {"charter lnit", "there is no command `charter lnit`", "did you mean `dubanctl charter lint`?"},
        {"charter", "`charter` needs a second word", "`dubanctl charter adopt`"},
        {"charter --json", "`charter` needs a second word", "`dubanctl charter lint`"},
        {"help charter lnit", "there is no command `charter lnit`", "did you mean `dubanctl charter lint`?"},
        {"due --add 3wd --known 9999-12-31", "a date from 1900-01-01 to 2200-12-31, not `9999-12-31`", NULL},
        {"due --add 3wd --from 9999-12-31", "not `9999-12-31`", "1900-01-01 to 2200-12-31"},
        {"due --add 3wd --calendar cnn", "cnn", "installed: boston cn\n"},
        {"help isues", "there is no command `isues`", "did you mean `dubanctl issues`?"},
        {"frobnicate", "there is no command `frobnicate`", "`dubanctl help` lists the commands"},
        {"issues --chartre x", "`issues` has no option --chartre", "did you mean --charter?"},
        {"limits --frobnicate", "`limits` has no option --frobnicate", "`dubanctl limits --help`"},
        {"issues --charter", "--charter needs a value: --charter NAME", NULL},
        {"issues --json=yes", "--json takes no value", NULL},
        {"issues --rows many", "--rows takes a whole number from 1, not `many`", NULL},
        {"issues --rows 0", "--rows takes a whole number from 1, not `0`", NULL},
        {"issues --json --csv", "--json and --csv: one of the two", NULL},
        {"issues --rows=-1", "--rows takes a whole number from 1", NULL},
        {"issues A-1", "`issues` does not take `A-1`", NULL},
        {"show", "something is missing; usage: dubanctl show SUBJECT", NULL},
        {"show A-1 A-2", "`show` does not take `A-2`", NULL},
        {"publish", "which type?", "dubanctl publish issue.raised"},
        {"publish issue.raist", "unknown type `issue.raist`; nearest known: issue.raised",
         "`dubanctl events`"},
        {"publish issue.raised subject=A-1 titel", "`titel` is not key=value", NULL},
        {"publish issue.raised subject=A-1 titles=x", "unknown field `titles`; nearest known: title", NULL},
        {"publish issue.raised subject=A-1 title=x", "data.area: missing", NULL},
        {"publish issue.raised title=x area=y", "subject", NULL},
        {"publish issue.raised subject=A-1 title=x area=y time=today", "today is no instant", NULL},
        {"publish issue.raised subject=A-1 title=x area=y --time today", "today is no instant", NULL},
        {"publish issue.raised subject=A-1 title=x title=y area=z", "`title` was given twice", NULL},
        {"publish issue.raised subject=A-1 subject=A-2 title=x area=z", "`subject` was given twice", NULL},
        {"publish issue.raised --subject A-1 subject=A-2 title=x", "`subject` was given twice", NULL},
        {"publish issue.raised --time 2020-01-20T09:00:00Z time=2020-01-20T09:00:00Z",
         "`time` was given twice", NULL},
        {"publish issue.raised subject=A-1 title=x area=z indicator=perhaps",
         "indicator: it must be true or false", NULL},
        {"publish issue.raised subject=A-1 title=x area=z units=一、", "units[1]: ", NULL},
        {"tail --from first", "--from takes a sequence number", NULL},
        {"import --map x.yaml a.tsv --live", "--live goes with --publish", NULL},
        {"tail --type foo", "no event type begins with `foo`", "`dubanctl events`"},
        {"tail --type issue,isue.raised --stop",
         "no event type begins with `isue.raised`; nearest known: "
         "issue.raised",
         "`dubanctl events`"},
        {"tail --type isue", "nearest known: issue\n", NULL},
        {"issues --state openn", "there is no state `openn`", "known: coordinating, decided, solving, "},
        {"issues --state solvng", "there is no state `solvng`; nearest known: solving", NULL},
        {"tasks --state foo", "there is no state `foo`", "known: assigned, accepted, done-reported, "},
        {"deadlines --state mised", "there is no state `mised`; nearest known: missed", NULL},
        {"deadlines --owner coordinaton", "nearest known: coordination", "known: coordination, tasks, "},
        {"figures --of units", "there is no grouping `units`; nearest known: unit", "area, unit, level"},
        {"rebuild cook", "there is no role `cook`", "coordination, tasks"},
        {"advance tomorrow", "tomorrow is no instant", NULL},
        {"due --add 3wd --by 2020-01-01", "either --add or --by", "dubanctl due"},
        {"due", "either --add or --by", "dubanctl due"},
        {"due --add 3weeks", "", "amounts:"},
        {"due --add 3wd --from then", "--from takes a date", NULL},
        {"due --add 3wd --known then", "--known takes a date", NULL},
        {"due --add 3wd --calendar nowhere", "", "give a file"},
        {"charter lint nowhere.yaml", "nowhere.yaml", "give a file"},
        {"charter show nowhere", "nowhere", "give a file"},
        {"simulate", "at least one --charter", "--charter FILE.yaml"},
        {"simulate --charter nowhere", "nowhere", "give a file"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int code = caught_run(cases[i].line);
        if (code != EXIT_USAGE || strstr(caught.error, cases[i].says) == NULL ||
            (cases[i].hint != NULL &&
             (strstr(caught.error, "\n  hint: ") == NULL || strstr(caught.error, cases[i].hint) == NULL)))
            fail_msg("%s: exit code %d: %s", cases[i].line, code, caught.error);
        assert_memory_equal(caught.error, "dubanctl: ", 10);
    }
}

/* ---- parsing ---- */

static struct invocation seen;

static int look(struct invocation *invocation)
{
    seen = *invocation;
    return EXIT_DONE;
}

static void options_in_every_form(void **state)
{
    char *words[] = {(char[]){"dubanctl"},
                     (char[]){"publish"},
                     (char[]){"--subject"},
                     (char[]){"A-1"},
                     (char[]){"--actor=a=b"},
                     (char[]){"--json"},
                     (char[]){"--timeout"},
                     (char[]){"5"},
                     (char[]){"one"},
                     (char[]){"--"},
                     (char[]){"--two"},
                     (char[]){"--"},
                     NULL};
    struct command own = commands[0];
    (void)state;
    own.run = look; /* what was parsed is looked at instead */
    assert_string_equal(own.name, "publish");
    assert_int_equal(command_run_words(&own, 10, words + 2), EXIT_DONE);
    assert_string_equal(seen.options.subject, "A-1");
    assert_string_equal(seen.options.actor, "a=b");
    assert_true(seen.options.json);
    assert_int_equal(seen.options.timeout_ms, 5);
    assert_int_equal(seen.positionals_count, 3);
    assert_string_equal(seen.positionals[0], "one");
    assert_string_equal(seen.positionals[1], "--two");
    assert_string_equal(seen.positionals[2], "--");
}

static void lists_have_a_bound(void **state)
{
    char *words[2 * OPTION_LIST_MAX + 3];
    const struct command *simulate = commands;
    (void)state;
    while (strcmp(simulate->name, "simulate") != 0)
        simulate++;
    struct command own = *simulate;
    own.run = look;
    for (size_t i = 0; i < 2 * OPTION_LIST_MAX + 2; i += 2) {
        static char option[] = "--charter", value[] = "x";
        words[i] = option;
        words[i + 1] = value;
    }
    catch_begin();
    int fits = command_run_words(&own, 2 * OPTION_LIST_MAX, words);
    int over = command_run_words(&own, 2 * OPTION_LIST_MAX + 2, words);
    catch_end();
    assert_int_equal(fits, EXIT_DONE);
    assert_int_equal(seen.options.charters.count, OPTION_LIST_MAX);
    assert_int_equal(over, EXIT_USAGE);
    ERROR("--charter was given more than 64 times");
}

/* ---- commands that need no broker ---- */

static void the_table_of_events(void **state)
{
    (void)state;
    assert_int_equal(caught_run("events"), EXIT_DONE);
    for (size_t i = 0; i < EVENT_KIND_COUNT; i++)
        OUT(event_types[i].name);
    assert_int_equal(caught_run("events issue.raised"), EXIT_DONE);
    OUT("\n    title        NAME   1..512");
    assert_null(strstr(caught.out, "issue.opened"));
    assert_int_equal(caught_run("events issue --json"), EXIT_DONE);
    OUT("{\"type\":\"issue.raised\",\"kind\":\"report\",\"role\":\"coordination\",\"fields\":[{\"name\":"
        "\"title\"");
    assert_int_equal(caught_run("events minutes.issued"), EXIT_DONE);
    OUT("\n        items: [{title?, unit?, units?, by?, opinion?, topic?, issue?}, …]\n");
    OUT("\n        by           DATE");
    assert_int_equal(caught_run("events selfcheck.submitted"), EXIT_DONE);
    OUT("scores: [{points, unit?");
    OUT("in hundredths: 9500 is 95.00");
    OUT("subject: the evaluation by its id");
    assert_int_equal(caught_run("events minutes.issued --json"), EXIT_DONE);
    OUT("{\"name\":\"items\",\"kind\":\"ITEMS\",\"required\":true,\"each\":[{\"name\":\"title\",\"kind\":"
        "\"NAME\",\"required\":false},");
    assert_int_equal(caught_run("events nothing.such"), EXIT_NEGATIVE);
    ERROR("no event type begins with `nothing.such`");
}

static void the_table_of_some_events_in_markdown(void **state)
{
    (void)state;
    assert_int_equal(caught_run("events minutes.issued --markdown"), EXIT_DONE);
    OUT("Reports (services and people publish them):\n\n| type |");
    OUT("| `minutes.issued` | routines | ");
    OUT("| `items` | ITEMS | 1..256 | items of a solution, decision or task list; each map has: [title]");
    OUT("| `opinion` |");
    assert_null(strstr(caught.out, "`issue.raised`"));
    assert_null(strstr(caught.out, "`lag`"));
    assert_null(strstr(caught.out, "Outcomes"));
    assert_null(strstr(caught.out, "| code |"));
    assert_int_equal(caught_run("events nothing.such --markdown"), EXIT_NEGATIVE);
}

static void the_table_of_limits(void **state)
{
    (void)state;
    assert_int_equal(caught_run("limits"), EXIT_DONE);
    for (unsigned i = 0; i < limits_count; i++)
        OUT(limits_table[i].name);
    assert_int_equal(caught_run("limits --json"), EXIT_DONE);
    OUT("{\"name\":\"MESSAGE_BYTES_MAX\",\"value\":1048576,\"unit\":\"bytes\",\"reason\":\"");
}

/* S0's own vector: the Spring Festival of 2020 was lengthened on 27 January. */
static void due_dates(void **state)
{
    (void)state;
    assert_int_equal(caught_run("due --calendar cn --from 2020-01-20 --add 15wd"), EXIT_DONE);
    assert_string_equal(caught.out, "2020-02-18\n");
    assert_int_equal(caught_run("due --calendar cn --from 2020-01-20 --add 15wd --known 2020-01-20"),
                     EXIT_DONE);
    assert_string_equal(caught.out, "2020-02-14\n");
    assert_int_equal(caught_run("due --from 2020-01-20 --add 15wd --why"), EXIT_DONE);
    assert_memory_equal(caught.out, "2020-02-18\n", 11);
    assert_true(strlen(caught.out) > 30);
    assert_int_equal(caught_run("due --from=2020-01-20 --by 2020-02"), EXIT_DONE);
    assert_string_equal(caught.out, "2020-02-29\n");
    assert_int_equal(caught_run("due --from 2020-01-20 --add 15wd --json"), EXIT_DONE);
    OUT("\"day\":\"2020-02-18\"");
    assert_int_equal(caught_run("due --from 2020-01-20T10:00:00+08:00 --add 4h"),
                     EXIT_DONE); /* not the day's end */
    assert_memory_equal(caught.out, "2020-01-20T1", 12);
    assert_non_null(strstr(caught.out, ":00+08:00\n"));
    assert_int_equal(caught_run("due --from 2020-01-20 --add 15wd --until same-time"), EXIT_DONE);
    assert_memory_equal(caught.out, "2020-02-18T", 11);
    assert_string_equal(caught.error, "");
    assert_int_equal(caught_run("due --from 2020-01-20 --by 2018"), EXIT_DONE);
    assert_string_equal(caught.out, "2018-12-31\n");
    ERROR("that is before --from 2020-01-20");
    assert_int_equal(caught_run("due --by 2018"), EXIT_DONE); /* nothing was said of a start */
    assert_string_equal(caught.error, "");
    assert_int_equal(caught_run("due --from 2031-01-20 --add 1wd"), EXIT_DONE);
    ERROR("the calendar of 2031 is not announced");
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void lint_names_the_place(void **state)
{
    char path[] = "/tmp/duban-lint-XXXXXX", line[200];
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    (void)close(fd);
    write_file(path, "charter: x\nnonsense: 1\n");
    (void)snprintf(line, sizeof(line), "charter lint %s", path);
    assert_int_equal(caught_run(line), EXIT_NEGATIVE);
    ERROR(":2:1: error: ");
    assert_string_equal(caught.out, "");
    (void)snprintf(line, sizeof(line), "charter lint --json %s", path);
    assert_int_equal(caught_run(line), EXIT_NEGATIVE);
    OUT(":2:1\"");
    OUT("\"result\":\"error\"");
    assert_string_equal(caught.error, "");
    (void)snprintf(line, sizeof(line), "charter show %s", path);
    assert_int_equal(caught_run(line), EXIT_NEGATIVE);
    (void)unlink(path);
    assert_int_equal(caught_run("charter lint config/charters/boston-311.yaml"), EXIT_DONE);
    OUT("no errors");
    assert_int_equal(caught_run("charter lint boston-311 --json"), EXIT_DONE);
    assert_null(strstr(caught.out, "\"error\""));
}

static void charters_are_shown(void **state)
{
    (void)state;
    assert_int_equal(caught_run("charter show boston-311"), EXIT_DONE);
    OUT("levels\n");
    OUT("bodies\n");
    assert_int_equal(caught_run("charter show boston-311 --json"), EXIT_DONE);
    OUT("\"bodies\":[");
}

static void verify_without_a_journal(void **state)
{
    (void)state;
    assert_int_equal(caught_run("verify --journal /nonexistent/journal"), EXIT_USAGE);
    ERROR("there is no journal at /nonexistent/journal\n");
    assert_string_equal(caught.out, "");
    assert_int_equal(caught_run("verify --journal config"), EXIT_USAGE);
    ERROR("there is no journal at config\n");
    assert_string_equal(caught.out, "");
}

static void unreachable_broker(void **state)
{
    static const char *const lines[] = {"status",
                                        "issues",
                                        "tail --stop",
                                        "show A-1",
                                        "why A-1",
                                        "bulletins",
                                        "bulletins B-1",
                                        "rebuild tasks",
                                        "advance 2020-01-01T00:00:00+08:00",
                                        "publish issue.raised subject=A-1 title=t area=a",
                                        "publish --json /dev/null",
                                        "charter adopt boston-311",
                                        "calendar adopt cn"};
    char line[300];
    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        (void)snprintf(line, sizeof(line), "%s --timeout 1 --endpoint ipc:///nonexistent/duban.sock",
                       lines[i]);
        int code = caught_run(line);
        if (code != EXIT_UNREACHABLE || strstr(caught.error, "no answer from the broker") == NULL)
            fail_msg("%s: exit code %d: %s", line, code, caught.error);
        ERROR("hint: is duband running");
        assert_string_equal(caught.out, "");
    }
    assert_int_equal(caught_run("status --endpoint nonsense"), EXIT_USAGE);
    ERROR("cannot use the endpoint nonsense");
}

static void completion_is_a_script(void **state)
{
    (void)state;
    assert_int_equal(caught_run("completion"), EXIT_DONE);
    OUT("complete -F _dubanctl dubanctl\n");
    OUT("\"charter lint\"|\"charter lint \"*)");
    OUT("--calendar");
}

static void full_standard_output(void **state)
{
    static char dubanctl[] = "dubanctl", limits[] = "limits", help[] = "help", charter[] = "charter",
                version[] = "--version";
    char *const lines[][4] = {
        {dubanctl, limits}, {dubanctl, help}, {dubanctl, help, charter}, {dubanctl, version}};
    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char *words[4];
        memcpy(words, lines[i], sizeof(words));
        (void)fflush(stdout);
        int kept = dup(STDOUT_FILENO);
        assert_non_null(freopen("/dev/full", "we", stdout));
        int descriptor = fileno(stdout);
        int code = command_main(words[2] != NULL ? 3 : 2, words);
        clearerr(stdout);
        assert_int_equal(dup2(kept, descriptor), descriptor);
        (void)close(kept);
        assert_int_equal(code, EXIT_FAILED);
    }
}

/* ---- tables ---- */

static const char *value_of(const struct doc *row, enum field field)
{
    return arena_text_copy(&arena, table_value(&arena, row, field)).at;
}

static void values_as_people_read_them(void **state)
{
    struct doc *row = doc_new(&arena);
    (void)state;
    assert_string_equal(value_of(row, FIELD_TITLE), "");
    doc_set_written(row, FIELD_DUE, TEXT("2020-02-18T23:59:59.999999+08:00"));
    doc_set_written(row, FIELD_RECEIVED, TEXT("2020-01-20T09:00:00+08:00"));
    doc_set_int(row, FIELD_SHARE, 9705);
    doc_set_int(row, FIELD_PERCENT, 40);
    doc_set_bool(row, FIELD_MISSED, true);
    doc_set_bool(row, FIELD_PROVISIONAL, false);
    doc_add_text(row, FIELD_UNITS, TEXT("市公安局"));
    doc_add_text(row, FIELD_UNITS, TEXT("市财政局"));
    doc_add_int(row, FIELD_INPUTS, 3);
    doc_add_int(row, FIELD_INPUTS, 14);
    doc_set_text(row, FIELD_NOTE, TEXT("two\nlines\tand a tab"));
    doc_set_date(row, FIELD_BY, 18262);
    (void)doc_add_doc(row, FIELD_OWED);
    assert_string_equal(value_of(row, FIELD_DUE), "2020-02-18 23:59:59");
    assert_string_equal(value_of(row, FIELD_RECEIVED), "2020-01-20 09:00");
    assert_string_equal(value_of(row, FIELD_SHARE), "97.05%");
    assert_string_equal(value_of(row, FIELD_PERCENT), "40");
    assert_string_equal(value_of(row, FIELD_MISSED), "yes");
    assert_string_equal(value_of(row, FIELD_PROVISIONAL), "");
    assert_string_equal(value_of(row, FIELD_UNITS), "市公安局、市财政局");
    assert_string_equal(value_of(row, FIELD_INPUTS), "3、14");
    assert_string_equal(value_of(row, FIELD_NOTE), "two lines and a tab");
    assert_string_equal(value_of(row, FIELD_BY), "2020-01-01");
    assert_string_equal(value_of(row, FIELD_OWED), "1 item");
}

static const struct column columns[] = {{FIELD_ID, "issue"}, {FIELD_AREA, "area"},   {FIELD_CLASS, "class"},
                                        {FIELD_COUNT, "no"}, {FIELD_TITLE, "title"}, {0, NULL}};

static struct doc *row_of(const char *id, const char *area, int64_t count, const char *title)
{
    struct doc *row = doc_new(&arena);
    doc_set_text(row, FIELD_ID, text_from(id));
    doc_set_text(row, FIELD_AREA, text_from(area));
    doc_set_int(row, FIELD_COUNT, count);
    if (title != NULL)
        doc_set_text(row, FIELD_TITLE, text_from(title));
    return row;
}

static void columns_align_by_display_width(void **state)
{
    struct doc *rows[] = {row_of("A-1", "获得信贷", 7, "窗口不足"), row_of("A-1000", "tax", 1234, NULL)};
    (void)state;
    catch_begin();
    int code = table_print(&arena, columns, rows, 2, "none");
    catch_end();
    assert_int_equal(code, EXIT_DONE);
    assert_string_equal(caught.out, "issue   area        no  title\n"
                                    "A-1     获得信贷     7  窗口不足\n"
                                    "A-1000  tax       1234\n"); /* no class: not shown */
    assert_string_equal(caught.error, "");
    catch_begin();
    code = table_print_json(&arena, rows, 2);
    catch_end();
    assert_int_equal(code, EXIT_DONE);
    OUT("{\"title\":\"窗口不足\",\"area\":\"获得信贷\",\"count\":7,\"id\":\"A-1\"}\n{");
}

/* RFC 4180, and nothing that a spreadsheet would compute. */
static void comma_separated_values(void **state)
{
    static const struct column all[] = {
        {FIELD_ID, "issue"}, {FIELD_AREA, "area"},     {FIELD_COUNT, "no"},    {FIELD_CLASS, "class"},
        {FIELD_SET, "by"},   {FIELD_POINTS, "points"}, {FIELD_TITLE, "title"}, {0, NULL}};
    struct doc *rows[] = {row_of("A-1", "=1+1", 7, "窗口\"不足\", 等"), row_of("A-2", "＠x", 1, "-5")};
    (void)state;
    doc_add_text(rows[0], FIELD_SET, TEXT("甲"));
    doc_add_text(rows[0], FIELD_SET, TEXT("乙"));
    doc_set_int(rows[1], FIELD_POINTS, 9505);
    catch_begin();
    int code = table_print_csv(&arena, all, rows, 2);
    catch_end();
    assert_int_equal(code, EXIT_DONE);
    assert_string_equal(caught.out, "id,area,count,class,set,points,title\r\n"
                                    "A-1,'=1+1,7,,甲、乙,,\"窗口\"\"不足\"\", 等\"\r\n"
                                    "A-2,'＠x,1,,,95.05,'-5\r\n");
    catch_begin();
    (void)table_print_csv(&arena, all, NULL, 0);
    catch_end();
    assert_string_equal(caught.out, "id,area,count,class,set,points,title\r\n");
}

static void no_rows(void **state)
{
    (void)state;
    catch_begin();
    int code = table_print(&arena, columns, NULL, 0, "no such issues");
    catch_end();
    assert_int_equal(code, EXIT_DONE);
    assert_string_equal(caught.out, "");
    assert_string_equal(caught.error, "no such issues\n");
}

/* A terminal of so many columns as standard output, from here to terminal_end. */
static struct terminal {
    int master, kept;
} terminal;

static void terminal_begin(unsigned short width)
{
    struct winsize size = {.ws_col = width, .ws_row = 24};
    struct termios raw;
    (void)fflush(stdout);
    terminal.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(terminal.master >= 0 && grantpt(terminal.master) == 0 && unlockpt(terminal.master) == 0);
    int slave = open(ptsname(terminal.master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(slave >= 0 && ioctl(slave, TIOCSWINSZ, &size) == 0);
    assert_int_equal(tcgetattr(slave, &raw), 0);
    raw.c_oflag = 0; /* line feeds as they are */
    assert_int_equal(tcsetattr(slave, TCSANOW, &raw), 0);
    terminal.kept = dup(STDOUT_FILENO);
    assert_int_equal(dup2(slave, STDOUT_FILENO), STDOUT_FILENO);
    (void)close(slave);
}

/* Reads what was printed, up to a mark of its own. */
static void terminal_end(void)
{
    size_t bytes = 0;
    putchar('\1');
    (void)fflush(stdout);
    while (bytes == 0 || caught.out[bytes - 1] != '\1') {
        ssize_t got = read(terminal.master, caught.out + bytes, CAUGHT_BYTES - 1 - bytes);
        assert_true(got > 0);
        bytes += (size_t)got;
    }
    caught.out[bytes - 1] = '\0';
    assert_int_equal(dup2(terminal.kept, STDOUT_FILENO), STDOUT_FILENO);
    (void)close(terminal.kept);
    (void)close(terminal.master);
}

static void colour_on_a_terminal(void **state)
{
    (void)state;
    assert_int_equal(unsetenv("NO_COLOR"), 0);
    assert_int_equal(setenv("TERM", "xterm", 1), 0);
    terminal_begin(80);
    bool colour = table_colour();
    assert_int_equal(setenv("TERM", "dumb", 1), 0);
    bool dumb = table_colour();
    assert_int_equal(setenv("TERM", "xterm", 1), 0);
    assert_int_equal(setenv("NO_COLOR", "1", 1), 0);
    bool declined = table_colour();
    terminal_end();
    assert_true(colour && !dumb && !declined);
}

/* On 60 columns the title gives way, then the area; ids and dates never do, and a table that still does not
 * fit runs over. */
static void narrow_terminals(void **state)
{
    static const struct column wide[] = {{FIELD_ID, "issue"}, {FIELD_WHO, "who"},     {FIELD_AREA, "area"},
                                         {FIELD_DUE, "due"},  {FIELD_TITLE, "title"}, {0, NULL}};
    struct doc *row = row_of("WT-2020-000001", "人力资源和社会保障", 1, "新设企业银行开户耗时长而且很长很长");
    (void)state;
    doc_set_text(row, FIELD_WHO, TEXT("team-01.convener"));
    doc_set_written(row, FIELD_DUE, TEXT("2026-12-11T23:59:59.999999+08:00"));
    assert_int_equal(setenv("NO_COLOR", "1", 1), 0);
    terminal_begin(83);
    assert_int_equal(table_print(&arena, wide, &row, 1, "none"), EXIT_DONE);
    terminal_end();
    OUT("\nWT-2020-000001  team-01.convener  人力资源和社会保障  2026-12-11 23:59:59  新设企…\n");
    terminal_begin(77);
    assert_int_equal(table_print(&arena, wide, &row, 1, "none"), EXIT_DONE);
    terminal_end();
    OUT("\nWT-2020-000001  team-01.convener  人力资源和…   2026-12-11 23:59:59  新设企…\n");
    terminal_begin(40);
    assert_int_equal(table_print(&arena, wide, &row, 1, "none"), EXIT_DONE);
    terminal_end();
    OUT("\nWT-2020-000001  team-01.convener  人力资…   2026-12-11 23:59:59  新设企…\n");
}

static void no_colour_into_a_file(void **state)
{
    (void)state;
    catch_begin();
    bool colour = table_colour();
    catch_end();
    assert_false(colour);
}

/* ---- an event as a line ---- */

static struct event refusal(void)
{
    struct doc *data = doc_new(&arena), *owed;
    doc_set_text(data, FIELD_EVENT, TEXT("escalation.requested"));
    doc_set_text(data, FIELD_REASON, TEXT("opinions are missing"));
    doc_set_text(data, FIELD_PLACE, TEXT("x.yaml:1:2"));
    owed = doc_add_doc(data, FIELD_OWED);
    doc_set_text(owed, FIELD_NEED, TEXT("opinion of 市财政局"));
    doc_set_text(owed, FIELD_WHO, TEXT("市财政局"));
    doc_set_text(owed, FIELD_CLAUSE, TEXT("三（二）"));
    return (struct event){.seq = 12,
                          .received_us = 1579482000000000,
                          .time_us = 1579482000000000,
                          .time_zone = 480,
                          .type = &event_types[EVENT_REQUEST_REFUSED],
                          .type_name = TEXT("request.refused"),
                          .subject = TEXT("A-1"),
                          .actor = TEXT("office"),
                          .data = data};
}

static void an_event_as_a_line(void **state)
{
    struct event event = refusal();
    (void)state;
    catch_begin();
    brief_print(&arena, &event, true);
    catch_end();
    assert_string_equal(caught.out,
                        "#12 2020-01-20 09:00:00+08 request.refused A-1 by office reason=opinions are "
                        "missing event=escalation.requested\n"
                        "      owed: opinion of 市财政局  by 市财政局  (三（二）)\n");
    catch_begin();
    brief_print(&arena, &event, false);
    catch_end();
    assert_null(strstr(caught.out, "owed"));
}

static void instants_say_their_zone(void **state)
{
    struct doc *data = doc_new(&arena);
    struct event event = refusal();
    (void)state;
    doc_set_written(data, FIELD_DUE, TEXT("2020-02-18T23:59:59.999999+08:00"));
    event.data = data;
    event.time_us = CIVIL_NEVER_US;
    catch_begin();
    brief_print(&arena, &event, false);
    event.time_us = 0;
    event.time_zone = -210;
    brief_print(&arena, &event, false);
    catch_end();
    OUT("#12 2020-01-20 01:00:00Z request.refused");
    OUT("due=2020-02-18 23:59:59+08\n");
    OUT("#12 2020-01-19 21:30:00-03:30 request.refused");
}

static void instants_within_a_text(void **state)
{
    static const struct {
        const char *written, *zoned, *bare;
    } cases[] = {
        {"due 2020-02-14T23:59:59.999999+08:00; by 2020-02-14", "due 2020-02-14 23:59:59+08; by 2020-02-14",
         "due 2020-02-14 23:59:59; by 2020-02-14"},
        {"2020-01-20T09:00:00Z", "2020-01-20 09:00Z", "2020-01-20 09:00"},
        {"2020-01-20T09:00:30+05:30", "2020-01-20 09:00:30+05:30", "2020-01-20 09:00:30"},
        {"至2020-01-20T09:00:00+08:00止", "至2020-01-20 09:00+08止", "至2020-01-20 09:00止"},
        {"2020-01-20T09:00:00", "2020-01-20T09:00:00", "2020-01-20T09:00:00"},
        {"2020-01-20T09:00:00.9", "2020-01-20T09:00:00.9", "2020-01-20T09:00:00.9"},
        {"", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text written = text_from(cases[i].written);
        assert_true(text_is(table_instants(&arena, written, true), cases[i].zoned));
        assert_true(text_is(table_instants(&arena, written, false), cases[i].bare));
    }
}

static void the_reason_is_never_cut(void **state)
{
    static const char reason[] = "charter shenzhen-2021 is not in force; in force: boston-311, shenzhen-2020";
    struct event event = refusal();
    (void)state;
    struct doc *data = doc_new(&arena);
    doc_set_text(data, FIELD_REASON, text_from(reason));
    event.data = data;
    catch_begin();
    brief_print(&arena, &event, false);
    catch_end();
    OUT(reason);
    assert_null(strstr(caught.out, "…"));
}

static void long_values_are_cut(void **state)
{
    struct doc *data = doc_new(&arena);
    struct event event = refusal();
    (void)state;
    doc_set_text(data, FIELD_NOTE, TEXT("一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十"));
    doc_set_bool(data, FIELD_INDICATOR, false);
    event.data = data;
    catch_begin();
    brief_print(&arena, &event, false);
    catch_end();
    OUT("note=一二三四五六七八九十一二三四五六七八九十一二三四…\n");
    assert_null(strstr(caught.out, "indicator"));
}

/* ---- adoption ---- */

static void names_stand_for_files(void **state)
{
    (void)state;
    assert_true(text_is(adopt_path(&arena, "charters", "some/where.yaml"), "some/where.yaml"));
    assert_true(text_is(adopt_path(&arena, "charters", "Makefile"), "Makefile"));
    assert_true(text_is(adopt_path(&arena, "charters", "-"), "-"));
    assert_true(text_is(adopt_path(&arena, "charters", "boston-311"), "config/charters/boston-311.yaml"));
}

static struct event adopt_boston(const char *path)
{
    struct findings findings;
    struct complaint complaint = {.message = ""};
    const struct charter *charter = NULL;
    struct text source;
    struct event event;
    assert_int_equal(adopt_read_charter(&arena, path, &findings, &source, &charter, &complaint), 0);
    assert_non_null(charter);
    adopt_charter_event(&arena, charter, source, &event);
    assert_int_equal(event_check(&event, &complaint), 0);
    return event;
}

static void adopting_twice_is_one_event(void **state)
{
    struct buffer first, again;
    (void)state;
    struct event event = adopt_boston("config/charters/boston-311.yaml");
    assert_true(text_is(event.charter, "boston-311"));
    assert_true(text_is(doc_text(event.data, FIELD_FILE), "boston-311.yaml"));
    assert_true(text_starts_with(event.id, TEXT("charter-boston-311-")));
    buffer_open(&first, EVENT_BYTES_MAX);
    buffer_open(&again, EVENT_BYTES_MAX);
    event_encode(&event, &first);
    event = adopt_boston("./config/charters/boston-311.yaml");
    event_encode(&event, &again);
    assert_int_equal(first.bytes, again.bytes);
    assert_memory_equal(first.at, again.at, first.bytes);
    buffer_close(&first);
    buffer_close(&again);
}

static void another_text_is_another_event(void **state)
{
    char path[] = "/tmp/duban-adopt-XXXXXX";
    struct complaint complaint;
    struct text source;
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    (void)close(fd);
    assert_int_equal(file_read(&arena, "config/charters/boston-311.yaml", 1 << 20, &source, &complaint), 0);
    write_file(path, arena_printf(&arena, "%.*s\n# amended\n", TEXT_PRINT(source)).at);
    struct event one = adopt_boston("config/charters/boston-311.yaml"), other = adopt_boston(path);
    assert_false(text_equal(one.id, other.id));
    (void)unlink(path);
}

static void notices_by_the_day_they_were_known(void **state)
{
    struct findings findings;
    struct complaint complaint = {.message = ""};
    const struct calendar *calendar = NULL;
    struct event *events = NULL;
    int32_t day = 0;
    (void)state;
    assert_int_equal(
        adopt_read_calendar(&arena, "config/calendars/cn.yaml", &findings, &calendar, &complaint), 0);
    assert_non_null(calendar);
    assert_true(civil_parse_date(TEXT("2020-01-26"), &day));
    size_t before = adopt_calendar_events(&arena, calendar, INT32_MIN, day, &events);
    assert_int_equal(events[0].type->kind, EVENT_CALENDAR_PUBLISHED);
    for (size_t i = 0; i < before; i++)
        assert_int_equal(event_check(&events[i], &complaint), 0);
    size_t after = adopt_calendar_events(&arena, calendar, INT32_MIN, day + 1, &events);
    assert_int_equal(after, before + 1); /* the notice of 2020-01-27 */
    assert_int_equal(events[before].type->kind, EVENT_CALENDAR_AMENDED);
    assert_int_equal(adopt_calendar_events(&arena, calendar, INT32_MIN, INT32_MAX, &events),
                     1 + calendar->notices_count);
    assert_int_equal(adopt_calendar_events(&arena, calendar, day, day + 1, &events), 1); /* what came later */
    assert_int_equal(events[0].type->kind, EVENT_CALENDAR_AMENDED);
    assert_int_equal(adopt_calendar_events(&arena, calendar, day, INT32_MAX, &events),
                     calendar->notices_count + 1 - before);
}

/* ---- lines of a stream ---- */

static void a_line_without_its_end_and_mark(void **state)
{
    static const struct {
        const char *raw;
        uint64_t number;
        const char *line;
    } cases[] = {{"{}\r\n", 2, "{}"},
                 {"\xEF\xBB\xBF{}\n", 1, "{}"},
                 {"\xEF\xBB\xBF\r\n", 1, ""},
                 {"\xEF\xBB\xBF{}", 2, "\xEF\xBB\xBF{}"},
                 {"\xEF\xBB", 1, "\xEF\xBB"},
                 {"\r\n", 1, ""},
                 {"", 1, ""}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_true(text_is(stream_line(text_from(cases[i].raw), cases[i].number), cases[i].line));
}

static void a_place_within_a_line(void **state)
{
    char out[STREAM_REASON_BYTES];
    (void)state;
    assert_string_equal(stream_reason("this is not JSON: line 1, column 171: '}' expected", out),
                        "this is not JSON: column 171: '}' expected");
    assert_string_equal(stream_reason("data.area: missing", out), "data.area: missing");
    catch_begin();
    stream_complain(6, "", "this is not JSON: line 1, column 2: x");
    stream_complain(7, "subject", "missing");
    catch_end();
    assert_string_equal(caught.error, "dubanctl: line 6: this is not JSON: column 2: x\n"
                                      "dubanctl: line 7: subject: missing\n");
}

/* Line 2 is none; line 4 is no JSON; the mark in front of line 1 is no matter. */
static void simulated_lines_are_named(void **state)
{
    static const char report[] =
        "{\"type\":\"issue.raised\",\"subject\":\"A-1\",\"time\":"
        "\"2020-01-20T09:00:00+08:00\",\"data\":{\"title\":\"t\",\"area\":\"纳税\"}}";
    char path[] = "/tmp/duban-reports-XXXXXX", line[200];
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    (void)close(fd);
    write_file(path, arena_printf(&arena, "\xEF\xBB\xBF%s\r\n\n%s\n{\"type\":\n", report, report).at);
    (void)snprintf(line, sizeof(line), "simulate --charter shenzhen-2020 --reports %s", path);
    assert_int_equal(caught_run(line), EXIT_NEGATIVE);
    OUT(" issue.opened A-1 ");
    ERROR("dubanctl: line 4: this is not JSON: column ");
    (void)snprintf(line, sizeof(line), "simulate --charter shenzhen-2020 --until 2020-01-19 --reports %s",
                   path);
    assert_int_equal(caught_run(line), EXIT_USAGE);
    ERROR("--until 2020-01-19 lies before the last report");
    (void)unlink(path);
}

static void files_that_cannot_be_read(void **state)
{
    struct findings findings;
    struct complaint complaint = {.message = ""};
    const struct charter *charter = NULL;
    struct text source;
    (void)state;
    assert_int_not_equal(adopt_read_charter(&arena, "nowhere.yaml", &findings, &source, &charter, &complaint),
                         0);
    assert_null(charter);
    assert_non_null(strstr(complaint.place, "nowhere.yaml"));
}

#define A(name) cmocka_unit_test_setup_teardown(name, slate_open, slate_close)
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_explains_itself),
        cmocka_unit_test(names_are_used_once),
        cmocka_unit_test(overview_lists_all),
        cmocka_unit_test(wrong_words_get_a_hint),
        cmocka_unit_test(options_in_every_form),
        cmocka_unit_test(lists_have_a_bound),
        cmocka_unit_test(the_table_of_events),
        cmocka_unit_test(the_table_of_some_events_in_markdown),
        cmocka_unit_test(the_table_of_limits),
        cmocka_unit_test(due_dates),
        cmocka_unit_test(lint_names_the_place),
        cmocka_unit_test(charters_are_shown),
        cmocka_unit_test(verify_without_a_journal),
        cmocka_unit_test(unreachable_broker),
        cmocka_unit_test(completion_is_a_script),
        cmocka_unit_test(full_standard_output),
        A(values_as_people_read_them),
        A(columns_align_by_display_width),
        A(comma_separated_values),
        A(no_rows),
        A(no_colour_into_a_file),
        cmocka_unit_test(colour_on_a_terminal),
        A(narrow_terminals),
        A(an_event_as_a_line),
        A(instants_say_their_zone),
        A(instants_within_a_text),
        A(the_reason_is_never_cut),
        A(long_values_are_cut),
        A(names_stand_for_files),
        A(adopting_twice_is_one_event),
        A(another_text_is_another_event),
        A(notices_by_the_day_they_were_known),
        A(a_line_without_its_end_and_mark),
        A(a_place_within_a_line),
        A(simulated_lines_are_named),
        A(files_that_cannot_be_read),
    };
    digest_init();
    assert_int_equal(setenv("DUBAN_CONFIG", "config", 1), 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
