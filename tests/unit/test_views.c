/* test_views.c - goal: every view is answered from a journal's folder without a broker, as a table, as JSON
 * and as comma-separated values, now and as of an earlier moment. Method: the town's charter and a few
 * reports run through all roles into a folder; whole command lines ask it.
 */
#include "base/file.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/simulate/world.h"
#include "tests/support/caught.h"
#include "tests/support/town.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char folder[] = "/tmp/test-views-XXXXXX";

static void report(struct world *world, const char *time, const char *type, const char *subject,
                   const char *actor, const char *data)
{
    static int number;
    struct arena arena;
    struct buffer body;
    struct event event;
    struct append append;
    struct complaint complaint = {0};
    char json[65536];
    arena_open(&arena, ARENA_BYTES_MAX);
    buffer_open(&body, EVENT_BYTES_MAX);
    (void)snprintf(json, sizeof json,
                   "{\"specversion\":\"1.0\",\"id\":\"r-%d\",\"source\":\"/test\",\"type\":\"%s\",%s%s%s"
                   "\"time\":\"%s\",\"charter\":\"town\",%s%s%s\"data\":%s}",
                   ++number, type, subject != NULL ? "\"subject\":\"" : "", subject != NULL ? subject : "",
                   subject != NULL ? "\"," : "", time, actor != NULL ? "\"actor\":\"" : "",
                   actor != NULL ? actor : "", actor != NULL ? "\"," : "", data);
    int code = event_from_json(&arena, text_from(json), &event, &complaint);
    if (code == 0) {
        event_encode(&event, &body);
        code = world_report(world, buffer_view(&body), TEXT("test"), &append, &complaint);
    }
    if (code != 0)
        fail_msg("%s: %s %s", type, complaint.field, complaint.message);
    buffer_close(&body);
    arena_close(&arena);
}

static void adopt(struct world *world)
{
    struct arena arena;
    struct doc *data;
    arena_open(&arena, ARENA_BYTES_MAX);
    data = doc_new(&arena);
    doc_set_text(data, FIELD_NAME, TEXT("town"));
    doc_set_text(data, FIELD_TEXT, text_from(town_charter));
    report(world, "2020-02-03T09:00:00+08:00", "charter.adopted", NULL, NULL, doc_to_json(&arena, data).at);
    arena_close(&arena);
}

static int write_journal(void **state)
{
    struct world *world;
    struct complaint complaint = {0};
    struct world_options options = {.directory = folder};
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(world_open(&options, &world, &complaint), 0);
    adopt(world);
    report(world, "2020-02-03T10:00:00+08:00", "issue.raised", "WT-1", "市税务局",
           "{\"title\":\"=开户慢\",\"area\":\"5\"}");
    report(world, "2020-02-05T10:00:00+08:00", "issue.raised", "WT-2", "市税务局",
           "{\"title\":\"开户慢\",\"area\":\"5\"}");
    world_close(world);
    return 0;
}

static int remove_journal(void **state)
{
    (void)state;
    return file_remove_folder(folder);
}

static int ask(const char *line)
{
    char whole[256];
    (void)snprintf(whole, sizeof whole, "%s --journal %s/journal", line, folder);
    return caught_run(whole);
}

#define OUT(part) assert_non_null(strstr(caught.out, part))

static void every_view_answers(void **state)
{
    static const char *const views[] = {
        "issues",  "tasks",         "deadlines", "duties", "meetings", "topics",   "filings",
        "items",   "inspections",   "findings",  "checks", "scores",   "units",    "inspections --coverage",
        "figures", "notifications", "measures",  "posts",  "charters", "bulletins"};
    static const char *const forms[] = {"", " --json", " --csv", " --as-of 2020-02-04"};
    (void)state;
    for (size_t v = 0; v < sizeof views / sizeof *views; v++)
        for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
            char line[128];
            (void)snprintf(line, sizeof line, "%s%s", views[v], forms[f]);
            if (ask(line) != EXIT_DONE)
                fail_msg("%s: %s", line, caught.error);
        }
}

static void now_and_then(void **state)
{
    (void)state;
    assert_int_equal(ask("issues --count"), EXIT_DONE);
    assert_string_equal(caught.out, "how many\n       2\n");
    assert_int_equal(ask("issues --count --json --as-of 2020-02-04"), EXIT_DONE);
    assert_string_equal(caught.out, "{\"count\":1}\n");
    assert_int_equal(ask("issues --raised 2020-02-04.. --json"), EXIT_DONE);
    OUT("\"WT-2\"");
    assert_null(strstr(caught.out, "\"WT-1\""));
    assert_int_equal(ask("issues --csv"), EXIT_DONE);
    OUT("id,state,level,");
    OUT(",'=开户慢\r\n");
    assert_int_equal(ask("show WT-1"), EXIT_DONE);
    OUT("issue.opened");
    assert_int_equal(ask("why WT-1"), EXIT_DONE);
    OUT("issue.opened");
    assert_int_equal(ask("why WT-2 --as-of 2020-02-04"), EXIT_NEGATIVE);
}

static void the_journal_itself_is_printed(void **state)
{
    (void)state;
    assert_int_equal(ask("tail --type issue.raised,issue.opened --subject WT-2 --json"), EXIT_DONE);
    OUT("\"type\":\"issue.raised\"");
    OUT("\"type\":\"issue.opened\"");
    assert_null(strstr(caught.out, "WT-1"));
    assert_int_equal(ask("tail --from 2 --rows 1 --json"), EXIT_DONE);
    OUT("\"seq\":2");
    assert_null(strstr(caught.out, "\"seq\":3"));
    assert_int_equal(ask("tail --charter nowhere"), EXIT_DONE);
    assert_string_equal(caught.out, "");
    assert_int_equal(caught_run("tail --journal /nowhere"), EXIT_FAILED);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    assert_int_equal(caught_run("issues --journal /nowhere"), EXIT_USAGE);
    assert_non_null(strstr(caught.error, "there is no journal"));
    assert_int_equal(ask("issues --as-of then"), EXIT_USAGE);
    assert_int_equal(ask("issues --as-of 2300-01-01"), EXIT_USAGE);
    assert_non_null(strstr(caught.error, "from 1900 to 2200"));
    assert_int_equal(ask("measures --what luck"), EXIT_USAGE);
    assert_int_equal(ask("measures --what gaps"), EXIT_USAGE);
    assert_int_equal(ask("figures --of tag:color"), EXIT_DONE);
}

#define ERROR(part) assert_non_null(strstr(caught.error, part))

static void a_name_that_nothing_bears_is_no_mistake(void **state)
{
    static const char *const empty[] = {
        "--area 办理破产", "--level group", "--body group-07", "--unit 深圳海关",
        "--state closed",  "--area 7",      "--class 咨询",    "--charter town --as-of 2019-01-01"};
    static const char *const wrong[][2] = {{"--area 办理破厂", "nearest known: 办理破产"},
                                           {"--level grup", "nearest known: group"},
                                           {"--body ofice", "nearest known: office"},
                                           {"--unit 深圳海官", "nearest known: 深圳海关"},
                                           {"--charter twon", "hint: known: town"},
                                           {"--state clsoed", "nearest known: closed"},
                                           {"--area 8", "known: 纳税"},
                                           {"--class 咨洵", "nearest known: 咨询"},
                                           {"--raised 2020-01-20", "--raised takes FROM..TO"}};
    (void)state;
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        char line[128];
        (void)snprintf(line, sizeof line, "issues %s", empty[i]);
        if (ask(line) != EXIT_DONE || caught.out[0] != '\0')
            fail_msg("%s: %s%s", line, caught.out, caught.error);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        for (int counts = 0; counts <= 1; counts++) {
            char line[128];
            (void)snprintf(line, sizeof line, "issues %s%s", wrong[i][0], counts ? " --count" : "");
            if (ask(line) != EXIT_USAGE)
                fail_msg("%s: %s%s", line, caught.out, caught.error);
            if (strstr(caught.error, wrong[i][1]) == NULL)
                fail_msg("%s: %s", line, caught.error);
        }
    assert_int_equal(ask("scores --post office.directer"), EXIT_USAGE);
    ERROR("nearest known: office.director");
}

static void a_misspelt_name_is_said_by_every_list(void **state)
{
    static const char *const wrong[][2] = {
        {"measures --charter towm", "there is no charter `towm`; nearest known: town"},
        {"duties --routine nope", "there is no recurring duty `nope`"},
        {"duties --kind meting", "nearest known: meeting"},
        {"checks --kind chek", "nearest known: check"},
        {"items --origin decison", "nearest known: decision"},
        {"tasks --issue WT-3", "there is no issue `WT-3`; nearest known: WT-"},
        {"items --meeting M-1", "there is no meeting `M-1`"},
        {"deadlines --subject WT-9", "there is no subject `WT-9`"},
        {"measures --what gaps", "--what gaps needs --calendar NAME"},
        {"why WT-1 --type zzz", "no event type begins with `zzz`"}};
    static const char *const empty[][2] = {{"tasks", "no tasks\n"},
                                           {"tasks --as-of 2020-02-04", "no tasks\n"},
                                           {"tasks --issue WT-1", "no such tasks\n"},
                                           {"tasks --unit 财政局", "no such tasks\n"},
                                           {"duties", "no duties\n"}};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (ask(wrong[i][0]) != EXIT_USAGE || strstr(caught.error, wrong[i][1]) == NULL)
            fail_msg("%s: %s%s", wrong[i][0], caught.out, caught.error);
        assert_null(strstr(caught.error, "known: none"));
        assert_string_equal(caught.out, "");
    }
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
        if (ask(empty[i][0]) != EXIT_DONE || strcmp(caught.error, empty[i][1]) != 0)
            fail_msg("%s: %s%s", empty[i][0], caught.out, caught.error);
    assert_int_equal(ask("units --unit 财政局"), EXIT_DONE);
    OUT("市财政局");
    assert_int_equal(ask("why WT-1 --type issue.closed"), EXIT_NEGATIVE); /* a type, but not of these */
}

/* Of every list: as many as come. */
static void every_list_is_counted(void **state)
{
    static const char *const lists[] = {"issues",
                                        "tasks",
                                        "deadlines",
                                        "duties",
                                        "meetings",
                                        "topics",
                                        "filings",
                                        "items",
                                        "checks",
                                        "inspections",
                                        "scores",
                                        "findings",
                                        "bulletins",
                                        "notifications",
                                        "charters",
                                        "units",
                                        "units --rows 1",
                                        "posts",
                                        "inspections --coverage"};
    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        char line[128], wanted[32];
        size_t rows = 0;
        (void)snprintf(line, sizeof line, "%s --rows 1000 --json", lists[i]);
        assert_int_equal(ask(line), EXIT_DONE);
        for (const char *at = caught.out; *at != '\0'; at++)
            rows += *at == '\n';
        (void)snprintf(line, sizeof line, "%s --count --json", lists[i]);
        (void)snprintf(wanted, sizeof wanted, "{\"count\":%zu}\n", rows);
        assert_int_equal(ask(line), EXIT_DONE);
        assert_string_equal(caught.out, wanted);
    }
}

static void conclusions_are_comma_separated_too(void **state)
{
    (void)state;
    assert_int_equal(ask("why WT-1 --csv"), EXIT_DONE);
    OUT("seq,received,type,summary,clause,rule,place,arithmetic,owed,cause,inputs\r\n");
    OUT(",issue.opened,");
    OUT(",deadline.set,");
    assert_int_equal(ask("why WT-1 --type deadline.set --csv"), EXIT_DONE);
    assert_null(strstr(caught.out, ",issue.opened,"));
    assert_int_equal(ask("why WT-9 --csv"), EXIT_NEGATIVE);
}

static void now_is_a_moment_too(void **state)
{
    (void)state;
    assert_int_equal(ask("issues --count --json --as-of now"), EXIT_DONE);
    assert_string_equal(caught.out, "{\"count\":2}\n");
    assert_int_equal(ask("issues --count --json --as-of now --known 2020-02-04"), EXIT_DONE);
    assert_string_equal(caught.out, "{\"count\":1}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_view_answers),
        cmocka_unit_test(now_and_then),
        cmocka_unit_test(the_journal_itself_is_printed),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(a_name_that_nothing_bears_is_no_mistake),
        cmocka_unit_test(a_misspelt_name_is_said_by_every_list),
        cmocka_unit_test(every_list_is_counted),
        cmocka_unit_test(now_is_a_moment_too),
        cmocka_unit_test(conclusions_are_comma_separated_too),
    };
    return cmocka_run_group_tests(tests, write_journal, remove_journal);
}
