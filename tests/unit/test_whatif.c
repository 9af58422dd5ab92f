/* Goal: whatif and the dry run of an adoption say what would be otherwise, all of it and nothing else, and
 * touch nothing. Method: a short story of the small town is journalled by a world of its own, then whole
 * command lines run over that journal with their output caught. */
#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/adopt.h"
#include "cli/command.h"
#include "cli/simulate/differences.h"
#include "cli/simulate/world.h"
#include "tests/support/town.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { CAUGHT_BYTES = 1 << 18, WORDS_MAX = 40, PATH_BYTES = 256 };

static char out[CAUGHT_BYTES], error[CAUGHT_BYTES];

/* ---- a command line, caught ---- */

static int caught(int descriptor, int *kept)
{
    int memory = memfd_create("caught", MFD_CLOEXEC);
    *kept = dup(descriptor);
    assert_true(memory >= 0 && *kept >= 0 && dup2(memory, descriptor) == descriptor);
    return memory;
}

static void released(int memory, int descriptor, int kept, char *text)
{
    ssize_t bytes = pread(memory, text, CAUGHT_BYTES - 1, 0);
    assert_true(bytes >= 0 && bytes < CAUGHT_BYTES - 1 && dup2(kept, descriptor) == descriptor);
    text[bytes] = '\0';
    (void)close(kept);
    (void)close(memory);
}

static int run(const char *line)
{
    char copy[1024], *words[WORDS_MAX + 2] = {copy};
    int count = 0, kept_out, kept_error;
    assert_true((size_t)snprintf(copy, sizeof copy, "dubanctl %s", line) < sizeof copy);
    for (char *at = copy; *at != '\0' && count < WORDS_MAX;) {
        words[count++] = at;
        at += strcspn(at, " ");
        if (*at == ' ')
            *at++ = '\0';
    }
    (void)fflush(NULL);
    int memory_out = caught(1, &kept_out), memory_error = caught(2, &kept_error);
    int code = command_main(count, words);
    (void)fflush(NULL);
    released(memory_error, 2, kept_error, error);
    released(memory_out, 1, kept_out, out);
    return code;
}

static void has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("no \"%s\" in:\n%s", part, text);
}

static void lacks(const char *text, const char *part)
{
    if (strstr(text, part) != NULL)
        fail_msg("\"%s\" in:\n%s", part, text);
}

/* ---- the journal ---- */

struct story {
    char folder[PATH_BYTES];
    struct world *world;
    struct arena arena;
    unsigned number;
    uint64_t adopted; /* the journal's head before that */
};

static void story_publish(struct story *story, const char *time, struct event *event)
{
    struct buffer body;
    struct append append;
    struct complaint complaint = {.message = ""};
    if (time != NULL)
        assert_true(civil_parse_time(text_from(time), &event->time_us, &event->time_zone));
    buffer_open(&body, 1 << 20);
    event_encode(event, &body);
    if (world_report(story->world, buffer_view(&body), TEXT("test"), &append, &complaint) != 0)
        fail_msg("%s: %s", complaint.field, complaint.message);
    buffer_close(&body);
}

static void story_report(struct story *story, const char *time, const char *type, const char *subject,
                         const char *json)
{
    struct event event;
    struct complaint complaint = {.message = ""};
    struct text written =
        arena_printf(&story->arena,
                     "{\"id\":\"r-%u\",\"source\":\"/"
                     "t\",\"type\":\"%s\",\"subject\":\"%s\",\"charter\":\"town\",\"data\":%s}",
                     ++story->number, type, subject, json);
    if (event_from_json(&story->arena, written, &event, &complaint) != 0)
        fail_msg("%s: %s", complaint.field, complaint.message);
    story_publish(story, time, &event);
}

static void story_adopt(struct story *story, const char *time, const char *text, const char *id)
{
    struct findings findings;
    struct event event;
    findings_open(&findings, &story->arena, TEXT("town.yaml"));
    const struct charter *charter =
        charter_compile(&story->arena, text_from(text), TEXT("town.yaml"), &findings);
    assert_non_null(charter);
    adopt_charter_event(&story->arena, charter, text_from(text), &event);
    event.id = text_from(id);
    story_publish(story, time, &event);
}

static void story_open(struct story *story, const char *const *roles)
{
    struct findings findings;
    struct complaint complaint = {.message = ""};
    const struct calendar *calendar = NULL;
    struct event *events;
    (void)snprintf(story->folder, sizeof story->folder, "/tmp/duban-whatif-XXXXXX");
    assert_non_null(mkdtemp(story->folder));
    struct world_options options = {.directory = story->folder, .roles = roles};
    arena_open(&story->arena, 1 << 26);
    if (world_open(&options, &story->world, &complaint) != 0)
        fail_msg("%s", complaint.message);
    assert_int_equal(
        adopt_read_calendar(&story->arena, "config/calendars/cn.yaml", &findings, &calendar, &complaint), 0);
    size_t count =
        adopt_calendar_events(&story->arena, calendar, INT32_MIN, civil_day_from_date(2020, 2, 3), &events);
    for (size_t i = 0; i < count; i++)
        story_publish(story, "2020-02-03T08:00:00+08:00", &events[i]);
    story_adopt(story, "2020-02-03T08:30:00+08:00", town_charter, "adoption");
}

/* A-1 is settled within 15 working days, not within 5. A-2 asks for an opinion that does not come and would
 * go up without it. A-3 waits. */
static void story_told(struct story *story)
{
    story_report(story, "2020-02-03T09:00:00+08:00", "issue.raised", "A-1",
                 "{\"title\":\"一\",\"area\":\"纳税\"}");
    story_report(story, "2020-02-03T09:10:00+08:00", "issue.raised", "A-2",
                 "{\"title\":\"二\",\"area\":\"办理破产\"}");
    story_report(story, "2020-02-04T09:00:00+08:00", "issue.coordinated", "A-2",
                 "{\"result\":\"unsettled\"}");
    story_report(story, "2020-02-04T09:10:00+08:00", "proposal.submitted", "A-2", "{\"plan\":\"联动\"}");
    story_report(story, "2020-02-05T09:00:00+08:00", "escalation.requested", "A-2", "{}");
    story_report(story, "2020-02-14T10:00:00+08:00", "issue.coordinated", "A-1", "{\"result\":\"settled\"}");
    story_report(story, "2020-02-17T09:00:00+08:00", "issue.raised", "A-3",
                 "{\"title\":\"三\",\"area\":\"纳税\"}");
}

static int story_setup(void **state)
{
    struct story *story = memory_alloc(sizeof *story);
    *story = (struct story){.number = 0};
    story_open(story, NULL);
    story_told(story);
    *state = story;
    return 0;
}

static void story_close(struct story *story)
{
    if (story->world != NULL)
        world_close(story->world);
    assert_int_equal(file_remove_folder(story->folder), 0);
    arena_close(&story->arena);
    free(story);
}

static int story_teardown(void **state)
{
    story_close(*state);
    return 0;
}

/* The town's charter with `from` as `to`, in a file beside the journal. */
static void story_charter(const struct story *story, const char *from, const char *to)
{
    char path[2 * PATH_BYTES], *text = town_text(from, to);
    (void)snprintf(path, sizeof path, "%s/new.yaml", story->folder);
    assert_int_equal(file_replace(path, 0600, (struct bytes){(const unsigned char *)text, strlen(text)}), 0);
    free(text);
}

/* whatif over the story's journal, under new.yaml, with further words. */
static int whatif(const struct story *story, const char *words)
{
    char line[4 * PATH_BYTES];
    (void)snprintf(line, sizeof line, "whatif --journal %s/journal --charter %s/new.yaml%s%s", story->folder,
                   story->folder, words[0] != '\0' ? " " : "", words);
    return run(line);
}

static const char opinions[] = "      - {need: opinions, clause: 四（二）}\n";
static const char limit[] = "    limit: {is: 15wd, clause: 四（一）, default: true}\n";
static const char limit_short[] = "    limit: {is: 5wd, clause: 四（一）, default: true}\n";

/* ---- whatif ---- */

static void lines_in_another_order_are_shown(void **state)
{
    (void)state;
    static const char *const texts[] = {"one\ntwo\nthree\n", "one\nthree\ntwo\n"};
    struct arena arena;
    struct facts *sides[2];
    struct difference *found;
    int kept;
    arena_open(&arena, 1 << 20);
    for (size_t i = 0; i < 2; i++) {
        struct doc *value = doc_new(&arena);
        sides[i] = facts_open();
        doc_set_text(value, FIELD_TEXT, text_from(texts[i]));
        facts_add(sides[i], FACTS_BULLETIN, TEXT("town"), TEXT("B-1"), TEXT(""), value);
    }
    struct differences differences = {.before = sides[0], .after = sides[1]};
    differences.count = facts_compare(&arena, sides[0], sides[1], &found);
    differences.at = found;
    assert_int_equal(differences.count, 1);
    (void)fflush(NULL);
    int memory = caught(1, &kept);
    differences_print(&arena, &differences);
    (void)fflush(NULL);
    released(memory, 1, kept, out);
    has(out, "the same in another order: two");
    has(out, "three");
    facts_close(sides[0]);
    facts_close(sides[1]);
    arena_close(&arena);
}

static void the_same_charter_changes_nothing(void **state)
{
    const struct story *story = *state;
    story_charter(story, "", "");
    assert_int_equal(whatif(story, ""), EXIT_DONE);
    has(out, "2020-02-03 to 2020-02-17: town as adopted, and as given");
    has(out, "nothing is otherwise");
    lacks(error, "note:"); /* and this program decides what the journal has */
    assert_int_equal(whatif(story, "--json"), EXIT_DONE);
    has(out, "\"redecided\":0");
    has(out, "\"redecisions\":[]");
    has(out, "\"differences\":[]");
}

static void a_shorter_limit_makes_late_who_was_in_time(void **state)
{
    const struct story *story = *state;
    story_charter(story, limit, limit_short);
    assert_int_equal(whatif(story, ""), EXIT_NEGATIVE);
    has(out, "0 deadlines that were missed are kept, 1 that was kept is missed");
    has(out, "2020-02-24 23:59:59, kept  2020-02-10 23:59:59, missed"); /* ten days less */
    has(out, "A-3");
    lacks(out, "\nrefusals\n");
    assert_int_equal(whatif(story, "--json"), EXIT_NEGATIVE);
    has(out, "{\"kind\":\"deadlines\",\"change\":\"changed\",\"key\":{");
    has(out, "\"state\":\"missed\"");
    assert_int_equal(whatif(story, "--csv"), EXIT_NEGATIVE);
    assert_int_equal(strncmp(out, "kind,change,charter,subject,what,before,after,who\r\n", 51), 0);
    has(out,
        "deadlines,changed,town,A-1,team,\"2020-02-24 23:59:59, kept\",\"2020-02-10 23:59:59, missed\",");
}

static void a_need_that_is_gone_lets_an_issue_rise(void **state)
{
    const struct story *story = *state;
    story_charter(story, opinions, "");
    assert_int_equal(whatif(story, "--csv"), EXIT_NEGATIVE);
    has(out, "refusals,vanished,town,A-2,escalation.requested,opinion of 市中级人民法院 (not asked "
             "yet)、opinion of 市财政局 (not asked yet),,");
    has(out, "levels,appeared,town,A-2,issue.escalated.group,,\"group, group-07");
    has(out, "deadlines,appeared,town,A-2,group,,");
}

static void time_runs_on_as_told(void **state)
{
    const struct story *story = *state;
    story_charter(story, limit, limit_short);
    assert_int_equal(whatif(story, "--until 2020-03-01 --csv"), EXIT_NEGATIVE);
    has(out, "A-3,team,\"2020-03-09 23:59:59, open\",\"2020-02-24 23:59:59, missed\",");
    assert_int_equal(whatif(story, "--until 2020-03-20 --csv"), EXIT_NEGATIVE);
    has(out, "A-3,team,2020-03-09 23:59:59,2020-02-24 23:59:59,"); /* missed both ways by now */
    assert_int_equal(whatif(story, "--until 2020-03-20"), EXIT_NEGATIVE);
    has(out, "2020-02-03 to 2020-03-20");
    assert_int_equal(whatif(story, "--until 2020-01-01"), EXIT_USAGE);
    has(error, "lies before");
    assert_int_equal(whatif(story, "--until soon"), EXIT_USAGE);
}

static void one_version_of_two_may_be_replaced(void **state)
{
    struct story *story = *state;
    char *second = town_text("    limit: 10wd\n", "    limit: 9wd\n");
    story_adopt(story, "2020-02-18T09:00:00+08:00", second, "adoption-2");
    story_report(story, "2020-02-18T10:00:00+08:00", "issue.raised", "A-4",
                 "{\"title\":\"四\",\"area\":\"纳税\"}");
    free(second);
    story_charter(story, limit, limit_short);
    assert_int_equal(whatif(story, "--version 2"), EXIT_NEGATIVE);
    has(out, "A-4");
    lacks(out, "A-1");
    assert_int_equal(whatif(story, "--version 3"), EXIT_USAGE);
    has(error, "the journal adopts town 2 times");
    assert_int_equal(whatif(story, "--version 0"), EXIT_USAGE);
    assert_int_equal(whatif(story, ""), EXIT_NEGATIVE);
    has(out, "A-1");
    has(out, "A-4");
}

static void a_calendar_may_be_otherwise(void **state)
{
    const struct story *story = *state;
    struct arena arena;
    struct text text;
    struct complaint complaint;
    char path[2 * PATH_BYTES], line[4 * PATH_BYTES];
    arena_open(&arena, 1 << 22);
    assert_int_equal(file_read(&arena, "config/calendars/cn.yaml", 1 << 20, &text, &complaint), 0);
    struct text longer =
        arena_printf(&arena,
                     "%.*s\n  - notice: 测试\n    title: 加放一日\n    published: 2020-02-12\n"
                     "    off: [2020-02-20]\n",
                     TEXT_PRINT(text));
    (void)snprintf(path, sizeof path, "%s/cn.yaml", story->folder);
    assert_int_equal(file_replace(path, 0600, (struct bytes){(const unsigned char *)longer.at, longer.bytes}),
                     0);
    (void)snprintf(line, sizeof line, "whatif --journal %s/journal --calendar %s", story->folder, path);
    assert_int_equal(run(line), EXIT_NEGATIVE);
    has(out, "2020-02-24 23:59:59  2020-02-25 23:59:59"); /* one more day off within its term */
    has(out, "as adopted, and as given");
    arena_close(&arena);
}

static void alone_it_says_what_this_program_decides_otherwise(void **state)
{
    struct story *story = *state;
    char line[2 * PATH_BYTES];
    (void)snprintf(line, sizeof line, "whatif --journal %s/journal", story->folder);
    assert_int_equal(run(line), EXIT_DONE);
    has(out, "as the journal has it, and as this program decides now");
    /* a journal in which nobody minded deadlines, as an older version might not have */
    static const char *const few[] = {"coordination", "ledger", NULL};
    struct story *other = memory_alloc(sizeof *other);
    *other = (struct story){.number = 0};
    story_open(other, few);
    story_told(other);
    (void)snprintf(line, sizeof line, "whatif --journal %s/journal", other->folder);
    assert_int_equal(run(line), EXIT_NEGATIVE);
    has(out, "2020-02-24 23:59:59");
    story_charter(other, "", "");
    assert_int_equal(whatif(other, ""), EXIT_DONE);
    has(error, "things otherwise than the journal has them");
    has(out, "decided otherwise than the journal has it");
    has(out, "2020-02-24 23:59:59"); /* which: the limit that nobody minded */
    story_close(other);
}

static void wrong_input_is_named(void **state)
{
    const struct story *story = *state;
    story_charter(story, "charter: town\n", "charter: village\n");
    assert_int_equal(whatif(story, ""), EXIT_USAGE);
    has(error, "the journal never adopts village");
    has(error, "it adopts: town");
    story_charter(story, limit, "    limit: soon\n");
    assert_int_equal(whatif(story, ""), EXIT_USAGE);
    has(error, "new.yaml:");
    has(error, "nothing was replayed");
    assert_int_equal(run("whatif --journal /nowhere/at-all"), EXIT_USAGE);
    has(error, "there is no journal at /nowhere/at-all");
}

static struct text story_segment(struct story *story)
{
    return arena_printf(&story->arena, "%s/journal/segments/%020d.seg", story->folder, 1);
}

static void damage_is_told(void **state)
{
    struct story *story = *state;
    unsigned char byte = 0;
    world_close(story->world);
    story->world = NULL;
    int file = open(story_segment(story).at, O_RDWR | O_CLOEXEC);
    assert_true(file >= 0 && pread(file, &byte, 1, 9000) == 1);
    byte ^= 1;
    assert_int_equal(pwrite(file, &byte, 1, 9000), 1);
    (void)close(file);
    story_charter(story, "", "");
    assert_int_equal(whatif(story, ""), EXIT_FAILED);
    has(error, "the journal cannot be read");
    has(error, "damaged");
}

/* ---- the dry run ---- */

static int dry_run(const struct story *story, const char *words)
{
    char line[4 * PATH_BYTES];
    (void)snprintf(line, sizeof line, "charter adopt --dry-run --journal %s/journal %s/new.yaml%s%s",
                   story->folder, story->folder, words[0] != '\0' ? " " : "", words);
    return run(line);
}

static void a_dry_run_publishes_nothing(void **state)
{
    struct story *story = *state;
    uint64_t head = world_head(story->world);
    story_charter(story, limit, limit_short);
    assert_int_equal(dry_run(story, ""), EXIT_DONE);
    has(out, "dry run: town would be version 2, in force from 2020-02-17; open issues stay under");
    assert_int_equal(world_head(story->world), head);
    assert_int_equal(dry_run(story, "--json"), EXIT_DONE);
    has(out, "\"version\":2");
    has(out, "\"transitions\":[");
}

/* The file's charter, adopted in earnest. */
static void story_adopt_new(struct story *story, const char *time, const char *text)
{
    struct findings findings;
    struct event event;
    findings_open(&findings, &story->arena, TEXT("new.yaml"));
    const struct charter *charter =
        charter_compile(&story->arena, text_from(text), TEXT("new.yaml"), &findings);
    assert_non_null(charter);
    adopt_charter_event(&story->arena, charter, text_from(text), &event);
    story_publish(story, time, &event);
}

static int story_applied(void *context, const struct entry *entry)
{
    struct story *story = context;
    struct event event;
    struct complaint complaint;
    assert_int_equal(entry_decode(&story->arena, entry, &event, &complaint), 0);
    if (event.type->kind == EVENT_TRANSITION_APPLIED) {
        story->number++;
        has(out, arena_printf(&story->arena, "\"issue\":\"%.*s\"", TEXT_PRINT(event.subject)).at);
        has(out,
            arena_printf(&story->arena, "\"how\":\"%.*s\"", TEXT_PRINT(doc_text(event.data, FIELD_HOW))).at);
    }
    /* the date that the limit came to */
    if (event.type->kind == EVENT_DEADLINE_FIXED && event.cause > story->adopted)
        has(out,
            arena_printf(&story->arena, "\"after\":\"%.*s\"", TEXT_PRINT(doc_text(event.data, FIELD_DUE)))
                .at);
    return 0;
}

static void a_dry_run_says_what_the_adoption_does(void **state)
{
    struct story *story = *state;
    char path[2 * PATH_BYTES], *text = town_text("classes:\n", "transition: {open: move}\nclasses:\n"), *at;
    /* as long as the text was: 15wd becomes 9wd and a blank */
    at = strstr(text, "is: 15wd,");
    assert_non_null(at);
    memcpy(at, "is: 9wd ,", 9);
    (void)snprintf(path, sizeof path, "%s/new.yaml", story->folder);
    assert_int_equal(file_replace(path, 0600, (struct bytes){(const unsigned char *)text, strlen(text)}), 0);
    assert_int_equal(dry_run(story, "--csv"), EXIT_DONE);
    assert_int_equal(strncmp(out, "kind,change,charter,subject,what,before,after,who,reason\r\n", 58), 0);
    has(out, "\r\nopen issues,moved,town,A-1,");
    has(out, "\r\nopen issues,moved,town,A-2,");
    has(out, "\r\nopen issues,moved,town,A-3,");
    assert_int_equal(dry_run(story, "--json"), EXIT_DONE);
    story->adopted = world_head(story->world);
    story->number = 0;
    story_adopt_new(story, NULL, text);
    assert_int_equal(world_each(story->world, story->adopted, story_applied, story), 0);
    assert_int_equal(story->number, 3); /* A-1, which waits for its raiser, A-2 and A-3 */
    free(text);
}

/* What falls due at the very instant from which the version holds is not its doing. */
static void a_dry_run_leaves_out_what_time_does(void **state)
{
    struct story *story = *state;
    story_charter(story, "classes:\n", "effective: 2020-02-25\nclasses:\n");
    assert_int_equal(dry_run(story, ""), EXIT_DONE);
    has(out, "in force from 2020-02-25");
    lacks(out, "missed");
}

static void a_dry_run_says_what_is_wrong(void **state)
{
    struct story *story = *state;
    story_charter(story, limit, "    limit: soon\n");
    assert_int_equal(dry_run(story, ""), EXIT_NEGATIVE);
    has(error, "new.yaml:");
    story_charter(story, limit, limit_short);
    char *text = town_text(limit, limit_short);
    story_adopt_new(story, "2020-02-18T09:00:00+08:00", text);
    free(text);
    assert_int_equal(dry_run(story, ""), EXIT_NEGATIVE);
    has(error, "this text is adopted already");
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, story_setup, story_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_in_another_order_are_shown),
        STORY(the_same_charter_changes_nothing),
        STORY(a_shorter_limit_makes_late_who_was_in_time),
        STORY(a_need_that_is_gone_lets_an_issue_rise),
        STORY(time_runs_on_as_told),
        STORY(one_version_of_two_may_be_replaced),
        STORY(a_calendar_may_be_otherwise),
        STORY(alone_it_says_what_this_program_decides_otherwise),
        STORY(wrong_input_is_named),
        STORY(damage_is_told),
        STORY(a_dry_run_publishes_nothing),
        STORY(a_dry_run_says_what_the_adoption_does),
        STORY(a_dry_run_leaves_out_what_time_does),
        STORY(a_dry_run_says_what_is_wrong),
    };
    log_open("test", LOG_LEVEL_ERROR);
    digest_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
