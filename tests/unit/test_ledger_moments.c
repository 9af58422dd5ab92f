/* test_ledger_moments.c - goal: what the register says of an earlier moment is exactly what it said then, and
 * with `known`, what is known later about that time. Method: random stories of outcomes put in by hand, one
 * at each second; after each, every query is asked and its answer kept, and at the end each is asked again as
 * of then. A few stories by hand have reports that arrive after the fact.
 */
#include "base/limits.h"
#include "tests/support/town.h"
#include "workers/roles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { STEPS = 160, STORIES = 3 };

struct story {
    struct house *house;
    struct arena arena;
    uint64_t dice;
    unsigned step;
    char received[40];
};

static unsigned roll(struct story *story, unsigned sides)
{
    story->dice = story->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(story->dice >> 33) % sides;
}

static void moment_text(unsigned step, char out[40])
{
    char text[CIVIL_TEXT_BYTES];
    int64_t start_us;
    bool real = civil_parse_time(TEXT("2020-02-03T09:00:00+08:00"), &start_us, NULL);
    assert_true(real);
    /* a step is most of a day, so that a story runs over months */
    (void)snprintf(out, 40, "%s",
                   civil_format_time(start_us + (int64_t)step * 72001 * CIVIL_SECOND_US, 480, text));
}

static void tell(struct story *story, const char *role, const char *type, const char *subject,
                 const char *format, ...) PRINTF_LIKE(5, 6);
static void tell(struct story *story, const char *role, const char *type, const char *subject,
                 const char *format, ...)
{
    char json[2048], publisher[64];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(json, sizeof json, format, list);
    va_end(list);
    (void)snprintf(publisher, sizeof publisher, "worker/%s", role);
    (void)house_publish_as(story->house, publisher, story->received, type, subject, "town", NULL, json);
}

/* ---- what may happen ---- */

static const char *pick(struct story *story, const char *const *words, unsigned count)
{
    return words[roll(story, count)];
}
#define PICK(story, ...)                                                                                     \
    pick(story, (const char *const[]){__VA_ARGS__},                                                          \
         (unsigned)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)))

static const char *an_issue(struct story *story)
{
    return PICK(story, "A", "B", "C", "D");
}

static const char *a_unit(struct story *story)
{
    return PICK(story, "市财政局", "市税务局");
}

static void opened(struct story *story)
{
    tell(story, "coordination", "issue.opened", an_issue(story),
         "{\"title\":\"问题\",\"area\":\"%s\",\"level\":\"team\",\"body\":\"team-5\",\"round\":1,\"class\":"
         "\"%s\","
         "\"units\":[\"%s\"],\"tags\":[\"channel=%s\",\"owner=x\"]}",
         PICK(story, "纳税", "办理破产"), PICK(story, "easy", "hard"), a_unit(story),
         PICK(story, "web", "desk"));
}

static void worked(struct story *story)
{
    tell(story, "coordination", "work.noted", an_issue(story),
         "{\"activity\":\"%s\",\"level\":\"team\",\"group\":\"%s\",\"person\":\"%s\",\"count\":%u}",
         PICK(story, "call", "visit"), PICK(story, "g1", "g2"), PICK(story, "甲", "乙"), roll(story, 3));
}

static void moved(struct story *story)
{
    const char *issue = an_issue(story);
    if (roll(story, 2) == 0)
        tell(story, "coordination", "issue.escalated.group", issue,
             "{\"from\":\"team\",\"to\":\"group\",\"body\":\"group-5\",\"round\":1}");
    else
        tell(story, "coordination", "issue.sent-back", issue,
             "{\"from\":\"group\",\"to\":\"team\",\"body\":\"team-5\",\"round\":2,\"reason\":\"再议\"}");
}

static void ended(struct story *story)
{
    const char *issue = an_issue(story);
    switch (roll(story, 3)) {
    case 0:
        tell(story, "coordination", "issue.settled", issue,
             "{\"how\":\"resolved\",\"level\":\"team\",\"at\":\"%s\"}", story->received);
        break;
    case 1:
        tell(story, "coordination", "issue.closed", issue, "{\"how\":\"confirmed\",\"at\":\"%s\"}",
             story->received);
        break;
    default:
        tell(story, "coordination", "issue.reopened", issue,
             "{\"level\":\"team\",\"body\":\"team-5\",\"round\":3,\"reason\":\"又出现\"}");
    }
}

static void set(struct story *story)
{
    const char *issue = an_issue(story), *label = PICK(story, "team", "resolution", "opinion:市财政局");
    tell(story, "coordination", "deadline.set", issue,
         "{\"deadline\":\"%s/%s\",\"owner\":\"coordination\",\"label\":\"%s\",\"limit\":\"5wd\","
         "\"who\":\"%s\",\"start\":\"%s\",\"calendar\":\"cn\"}",
         issue, label, label, a_unit(story), story->received);
}

static void clocked(struct story *story)
{
    const char *issue = an_issue(story), *label = PICK(story, "team", "resolution", "opinion:市财政局");
    char due[40];
    moment_text(story->step + roll(story, 20), due);
    switch (roll(story, 5)) {
    case 0:
        tell(story, "deadlines", "deadline.fixed", issue,
             "{\"deadline\":\"%s/%s\",\"owner\":\"coordination\",\"label\":\"%s\",\"due\":\"%s\","
             "\"arithmetic\":\"x\"}",
             issue, label, label, due);
        break;
    case 1:
        tell(story, "deadlines", "deadline.moved", issue,
             "{\"deadline\":\"%s/%s\",\"owner\":\"coordination\",\"label\":\"%s\",\"before\":\"%s\","
             "\"after\":\"%s\",\"arithmetic\":\"x\"}",
             issue, label, label, due, due);
        break;
    case 2:
        tell(story, "deadlines", "deadline.approaching", issue,
             "{\"deadline\":\"%s/%s\",\"owner\":\"coordination\",\"label\":\"%s\",\"due\":\"%s\",\"rung\":1}",
             issue, label, label, due);
        break;
    case 3:
        tell(story, "coordination", "deadline.cleared", issue, "{\"deadline\":\"%s/%s\",\"at\":\"%s\"}",
             issue, label, story->received);
        break;
    default:
        tell(story, "coordination", "deadline.missed", issue,
             "{\"deadline\":\"%s/%s\",\"label\":\"%s\",\"due\":\"%s\"}", issue, label, label,
             story->received);
    }
}

static void tasked(struct story *story)
{
    const char *task = PICK(story, "A/1", "B/1");
    switch (roll(story, 3)) {
    case 0:
        tell(story, "tasks", "task.assigned", task,
             "{\"task\":\"%s\",\"unit\":\"%s\",\"title\":\"改表\",\"by\":\"2020-02-10\",\"issue\":\"A\"}",
             task, a_unit(story));
        break;
    case 1:
        tell(story, "tasks", "task.updated", task, "{\"state\":\"%s\",\"at\":\"%s\",\"percent\":%u}",
             PICK(story, "accepted", "dropped"), story->received, roll(story, 100));
        break;
    default:
        tell(story, "tasks", "task.closed", task, "{\"issue\":\"A\",\"at\":\"%s\"}", story->received);
    }
}

static void met(struct story *story)
{
    const char *duty = PICK(story, "town/例会/office/1", "town/例会/office/2", "town/年报/office/1");
    static const char common[] = "\"routine\":\"例会\",\"kind\":\"meeting\",\"body\":\"office\"";
    unsigned day = 1 + roll(story, 28);
    switch (roll(story, 4)) {
    case 0:
        tell(story, "routines", "duty.opened", duty, "{%s,\"by\":\"2020-03-%02u\"}", common, day);
        break;
    case 1:
        tell(story, "routines", "duty.met", duty,
             "{%s,\"by\":\"2020-03-%02u\",\"at\":\"%s\",\"ontime\":true,\"subject\":\"M-1\"}", common, day,
             story->received);
        break;
    case 2:
        tell(story, "routines", "duty.missed", duty, "{%s,\"by\":\"2020-03-%02u\",\"result\":\"duty\"}",
             common, day);
        break;
    default:
        tell(story, "routines", "filing.recorded", "F-1",
             "{\"routine\":\"年报\",\"body\":\"office\",\"by\":\"2020-12-31\",\"version\":%u,"
             "\"parts\":[{\"name\":\"目标\"}],\"added\":[\"甲\"],\"dropped\":[\"乙\"]}",
             day);
    }
}

static void convened(struct story *story)
{
    const char *meeting = PICK(story, "M-1", "M-2");
    switch (roll(story, 5)) {
    case 0:
        tell(story, "routines", "meeting.scheduled", meeting, "{\"bodies\":[\"office\"],\"title\":\"例会\"}");
        break;
    case 1:
        tell(story, "routines", "meeting.recorded", meeting,
             "{\"bodies\":[\"office\",\"leading\"],\"title\":\"例会\",\"at\":\"%s\"}", story->received);
        break;
    case 2:
        tell(story, "routines", "topic.recorded", meeting,
             "{\"topic\":\"1\",\"title\":\"议题\",\"state\":\"submitted\",\"unit\":\"%s\"}", a_unit(story));
        break;
    case 3:
        tell(story, "routines", "topic.examined", meeting, "{\"topic\":\"1\",\"state\":\"%s\"}",
             PICK(story, "accepted", "returned"));
        break;
    default:
        tell(story, "routines", "minutes.recorded", meeting,
             "{\"minutes\":\"J-1\",\"bodies\":[\"office\"],\"items\":[{\"title\":\"%s\"}],\"version\":1}",
             PICK(story, "一", "二"));
    }
}

static void supervised(struct story *story)
{
    const char *item = PICK(story, "I-1", "I-2");
    switch (roll(story, 4)) {
    case 0:
        tell(
            story, "supervision", "supervision.opened", item,
            "{\"origin\":\"%s\",\"title\":\"事项\",\"units\":[\"%s\"],\"supervisors\":[\"office.director\"]}",
            PICK(story, "decision", "document"), a_unit(story));
        break;
    case 1:
        tell(story, "supervision", "supervision.updated", item,
             "{\"state\":\"done-reported\",\"at\":\"%s\",\"percent\":%u}", story->received, roll(story, 100));
        break;
    case 2:
        tell(story, "supervision", "supervision.closed", item, "{\"at\":\"%s\",\"how\":\"verified\"}",
             story->received);
        break;
    default:
        tell(story, "supervision", "finding.recorded", "Q-1",
             "{\"number\":%u,\"unit\":\"%s\",\"title\":\"问题\"}", 1 + roll(story, 3), a_unit(story));
    }
}

static void inspected(struct story *story)
{
    const char *inspection = PICK(story, "Q-1", "Q-2");
    switch (roll(story, 3)) {
    case 0:
        tell(story, "supervision", "inspection.scheduled", inspection,
             "{\"title\":\"督查\",\"units\":[\"%s\"],\"period\":\"2020\"}", a_unit(story));
        break;
    case 1:
        tell(story, "supervision", "inspection.reported", inspection,
             "{\"title\":\"督查\",\"units\":[\"市财政局\",\"市税务局\"],\"text\":\"报告\"}");
        break;
    default:
        tell(story, "supervision", "selfcheck.recorded", "check",
             "{\"unit\":\"%s\",\"period\":\"2020\",\"scores\":[{\"points\":%u}],\"version\":1}",
             a_unit(story), roll(story, 10000));
    }
}

static void scored(struct story *story)
{
    static unsigned version;
    version = story->step == 0 ? 0 : version;
    tell(
        story, "supervision", "scores.published", "eval",
        "{\"period\":\"2020\",\"number\":1,\"version\":%u,\"formula\":\"x\",\"scores\":["
        "{\"points\":%u,\"unit\":\"市财政局\",\"rank\":1},{\"points\":%u,\"unit\":\"市税务局\",\"rank\":2}]}",
        ++version, roll(story, 10000), roll(story, 10000));
}

static void notified(struct story *story)
{
    tell(story, "notifications", PICK(story, "notification.queued", "notification.sent"), an_issue(story),
         "{\"post\":\"office.director\",\"channel\":\"log\",\"text\":\"通知\",\"event\":\"issue.opened\","
         "\"seq\":%u}",
         1 + roll(story, 4));
    story->step++;
    moment_text(story->step, story->received);
    tell(story, "notifications", "notification.delivered", an_issue(story),
         "{\"seq\":%u,\"post\":\"office.director\",\"channel\":\"log\",\"attempts\":1}", 1 + roll(story, 4));
}

static void held(struct story *story)
{
    tell(story, "coordination", "post.held", NULL,
         "{\"post\":\"office.director\",\"person\":\"%s\",\"result\":\"%s\"}", PICK(story, "某甲", "某乙"),
         PICK(story, "filled", "vacated"));
}

static void published(struct story *story)
{
    char digest[65];
    (void)snprintf(digest, sizeof digest, "%064u", story->step);
    if (roll(story, 2) == 0)
        tell(story, "bulletins", "bulletin.published", "monthly/2020-02",
             "{\"bulletin\":\"monthly/2020-02\",\"period\":\"2020-02\",\"number\":1,\"title\":\"通报\","
             "\"text\":\"%u\",\"digest\":\"%s\",\"fromseq\":1,\"throughseq\":2}",
             story->step, digest);
    else
        tell(story, "bulletins", "bulletin.corrected", "monthly/2020-02",
             "{\"bulletin\":\"monthly/2020-02\",\"period\":\"2020-02\",\"number\":%u,\"title\":\"更正\","
             "\"text\":\"x\",\"digest\":\"%s\",\"differences\":[{\"name\":\"a\",\"was\":\"1\",\"is\":\"2\"}],"
             "\"throughseq\":2}",
             1 + roll(story, 3), digest);
}

static void (*const happenings[])(struct story *story) = {
    opened,   opened,     worked,    worked,  worked,   moved,  ended,    ended, set,
    set,      clocked,    clocked,   clocked, tasked,   tasked, met,      met,   convened,
    convened, supervised, inspected, scored,  notified, held,   published};

/* ---- what is asked ---- */

static const struct {
    const char *query, *args; /* between the braces */
} asked[] = {
    {"issues", ""},
    {"issues", "\"count\":1"},
    {"issues", "\"state\":\"coordinating\""},
    {"issues", "\"area\":\"纳税\",\"unit\":\"市财政局\""},
    {"issues", "\"tags\":[\"channel=web\",\"owner=x\"],\"count\":1"},
    {"issues", "\"overdue\":1"},
    {"issues", "\"group\":\"g1\",\"raisedin\":\"2020-02-05T00:00:00+08:00..\""},
    {"issues", "\"settledin\":\"..2020-04-01T00:00:00+08:00\""},
    {"tasks", ""},
    {"tasks", "\"unit\":\"市财政局\""},
    {"deadlines", ""},
    {"deadlines", "\"state\":\"open\""},
    {"deadlines", "\"label\":\"resolution\""},
    {"duties", ""},
    {"duties", "\"state\":\"met\",\"body\":\"office\""},
    {"meetings", ""},
    {"meetings", "\"body\":\"leading\""},
    {"topics", "\"state\":\"accepted\""},
    {"filings", ""},
    {"items", "\"unit\":\"市税务局\""},
    {"items", "\"post\":\"office.director\",\"state\":\"closed\""},
    {"inspections", ""},
    {"coverage", ""},
    {"findings", "\"unit\":\"市税务局\""},
    {"checks", ""},
    {"scores", "\"state\":\"current\""},
    {"scores", ""},
    {"notifications", ""},
    {"notifications", "\"state\":\"delivered\""},
    {"posts", ""},
    {"charters", ""},
    {"bulletins", ""},
    {"bulletin", "\"bulletin\":\"monthly/2020-02\""},
    {"units", ""},
    {"figures", "\"of\":\"area\""},
    {"figures", "\"of\":\"level\""},
    {"figures", "\"of\":\"class\",\"atleast\":1"},
    {"figures", "\"of\":\"group\""},
    {"figures", "\"of\":\"unit\""},
    {"figures", "\"of\":\"tag:channel\""},
    {"figures", "\"of\":\"month\""},
    {"figures", "\"of\":\"all\",\"charter\":\"town\""},
    {"measures", "\"measure\":\"durations\""},
    {"measures", "\"measure\":\"moves\""},
    {"measures", "\"measure\":\"returns\""},
    {"measures", "\"measure\":\"reopened\""},
    {"measures", "\"measure\":\"reminders\""},
    {"measures", "\"measure\":\"activities\""},
    {"measures", "\"measure\":\"persons\""},
    {"measures", "\"measure\":\"tags\""},
    {"timeline", "\"subject\":\"A\""},
    {"why", "\"subject\":\"A\""},
};
enum { ASKED = sizeof asked / sizeof asked[0] };

/* The answer's rows as JSON, a line each. */
static char *answer(struct story *story, size_t question, const char *as_of)
{
    char json[512];
    struct doc *args;
    struct complaint complaint;
    struct query_answer rows;
    bool both = asked[question].args[0] != '\0' && as_of != NULL;
    arena_reset(&story->arena);
    (void)snprintf(json, sizeof json, "{%s%s%s%s%s}", asked[question].args, both ? "," : "",
                   as_of != NULL ? "\"asof\":\"" : "", as_of != NULL ? as_of : "", as_of != NULL ? "\"" : "");
    assert_int_equal(doc_from_json(&story->arena, text_from(json), &args, &complaint), 0);
    assert_int_equal(worker_query(house_worker(story->house, "ledger"), &story->arena,
                                  text_from(asked[question].query), args, &rows),
                     0);
    if (!rows.ok)
        fail_msg("%s %s: %.*s", asked[question].query, json, TEXT_PRINT(rows.error));
    struct buffer out;
    buffer_open(&out, 1 << 24);
    for (size_t i = 0; i < rows.rows_count; i++)
        buffer_printf(&out, "%.*s\n", TEXT_PRINT(doc_to_json(&story->arena, rows.rows[i])));
    buffer_append(&out, "", 1);
    return (char *)out.at;
}

/* A list of the past goes along the places at which rows ever stood, a count folds them all: both agree,
 * whatever is known later of that time. */
static void check_lists(struct story *story, unsigned step)
{
    static const char *const ordered[] = {"deadlines", "duties", "issues", "items"};
    struct arena *arena = &story->arena;
    char as_of[40];
    moment_text(step, as_of);
    for (size_t i = 0; i < sizeof ordered / sizeof *ordered; i++) {
        struct query_answer counted, listed;
        arena_reset(arena);
        struct doc *args = doc_new(arena);
        doc_set_written(args, FIELD_AS_OF, text_from(as_of));
        doc_set_text(args, FIELD_KNOWN, TEXT("now"));
        struct worker *ledger = house_worker(story->house, "ledger");
        assert_int_equal(worker_query(ledger, arena, text_from(ordered[i]), args, &listed), 0);
        doc_set_int(args, FIELD_COUNT, 1);
        assert_int_equal(worker_query(ledger, arena, text_from(ordered[i]), args, &counted), 0);
        assert_true(listed.ok && counted.ok && !listed.more);
        assert_int_equal(listed.rows_count, doc_int(counted.rows[0], FIELD_COUNT, -1));
    }
}

static void test_the_past_is_what_it_was(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= STORIES; seed++) {
        struct story story = {.dice = seed};
        const struct role *const roles[] = {&role_ledger, NULL};
        char *(*kept)[ASKED] = calloc(STEPS + 2, sizeof *kept);
        size_t rows = 0;
        assert_non_null(kept);
        story.house = house_open_roles(roles);
        arena_open(&story.arena, ARENA_BYTES_MAX);
        moment_text(0, story.received);
        house_advance(story.house, story.received);
        house_adopt_charter_text(story.house, "town", town_charter);
        for (story.step = 1; story.step <= STEPS; story.step++) {
            moment_text(story.step, story.received);
            happenings[roll(&story, sizeof happenings / sizeof happenings[0])](&story);
            for (size_t q = 0; q < ASKED; q++)
                kept[story.step][q] = answer(&story, q, NULL);
        }
        for (unsigned step = 1; step <= STEPS + 1; step++)
            for (size_t q = 0; q < ASKED && kept[step][q] != NULL; q++) {
                char as_of[40];
                moment_text(step, as_of);
                char *then = answer(&story, q, as_of);
                rows += strlen(then) > 0;
                if (strcmp(then, kept[step][q]) != 0)
                    fail_msg("seed %d, step %u, %s {%s}\nthen:\n%sas of then:\n%s", (int)seed, step,
                             asked[q].query, asked[q].args, kept[step][q], then);
                free(then);
                free(kept[step][q]);
            }
        for (unsigned step = 1; step <= STEPS; step++)
            check_lists(&story, step);
        assert_true(rows > STEPS * ASKED / 2); /* the story has something to tell */
        free(kept);
        arena_close(&story.arena);
        house_check_rebuild(story.house);
        house_close(story.house);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_past_is_what_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
