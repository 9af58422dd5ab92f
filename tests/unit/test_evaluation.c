/* test_evaluation.c - goal: units are scored by the charter's formula from self-checks, examiners, deadlines
 * and findings (S0-23), ranked with ties, and posts answer with their units (S0-15); nobody scores himself,
 * who does not check himself is named, and what comes late is published anew. Method: a monthly evaluation in
 * the town; events of other roles told by hand, the clock's deadlines real; every figure worked out by hand.
 */
#include "tests/support/supervised.h"
#include "workers/common/period.h"
#include "workers/roles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SUPERVISION                                                                                          \
    "supervision:\n"                                                                                         \
    "  supervisors: [office.director, inspector]\n"                                                          \
    "  origins: [decision, coordination, document]\n"                                                        \
    "  reply: 5wd\n"                                                                                         \
    "  rectify: 10wd\n"                                                                                      \
    "  clause: 三（四）\n"
#define MONTHLY                                                                                              \
    "evaluations:\n"                                                                                         \
    "  - id: monthly\n"                                                                                      \
    "    title: 考核\n"                                                                                    \
    "    period: month\n"                                                                                    \
    "    due: 10wd\n"                                                                                        \
    "    selfcheck: 5wd\n"                                                                                   \
    "    clause: 五（五）\n"                                                                             \
    "    sources:\n"                                                                                         \
    "      - {source: selfcheck, weight: 20, title: 自查}\n"                                               \
    "      - {source: check, weight: 30, title: 检查}\n"                                                   \
    "      - {source: on-time, weight: 30, title: 按时}\n"                                                 \
    "      - {source: findings, weight: 10, each: 25, title: 问题}\n"                                      \
    "      - {source: missed, weight: 10, each: 40, title: 逾期}\n"
#define FEBRUARY "town/monthly/2020-02"
#define MARCH    "town/monthly/2020-03"

static uint64_t selfcheck(struct house *house, const char *received, const char *unit, const char *period,
                          int points)
{
    char json[512];
    (void)snprintf(
        json, sizeof json,
        "{\"unit\":\"%s\",\"period\":\"%s\",\"scores\":[{\"points\":%d,\"name\":\"一\"},{\"points\":%d}]}",
        unit, period, points / 2, points - points / 2);
    return supervised_report(house, received, "selfcheck.submitted", NULL, unit, json);
}

static uint64_t check(struct house *house, const char *actor, const char *unit, const char *period,
                      int points)
{
    char json[512];
    (void)snprintf(json, sizeof json, "{\"unit\":\"%s\",\"period\":\"%s\",\"scores\":[{\"points\":%d}]}",
                   unit, period, points);
    return supervised_report(house, NULL, "check.scored", NULL, actor, json);
}

/* A row of the last publication: the unit's own (part NULL) or of a part; a post's if unit is NULL. */
static const struct doc *row(const struct house *house, const char *subject, const char *unit,
                             const char *part)
{
    const struct event *published = supervised_last(house, "scores.published", subject);
    for (size_t i = 0; i < doc_count(published->data, FIELD_SCORES); i++) {
        const struct doc *doc = doc_doc_at(published->data, FIELD_SCORES, i);
        bool of_unit = unit != NULL ? text_is(doc_text(doc, FIELD_UNIT), unit) : doc_has(doc, FIELD_POST);
        bool of_part = part != NULL ? text_is(doc_text(doc, FIELD_NAME), part) : !doc_has(doc, FIELD_NAME);
        if (of_unit && of_part)
            return doc;
    }
    fail_msg("no row of %s %s", unit != NULL ? unit : "a post", part != NULL ? part : "");
    return NULL;
}

static void has_points(const struct doc *doc, int points, int rank)
{
    assert_int_equal(doc_int(doc, FIELD_POINTS, -1), points);
    if (rank > 0)
        assert_int_equal(doc_int(doc, FIELD_RANK, -1), rank);
}

/* ---- the whole story ---- */

static void tell_task(struct house *house, const char *task, const char *unit, const char *by)
{
    char json[512];
    (void)snprintf(
        json, sizeof json,
        "{\"deadline\":\"%s/task/1\",\"owner\":\"tasks\",\"label\":\"task\",\"limit\":\"by %s\",\"start\":"
        "\"2020-02-03T09:00:00+08:00\",\"calendar\":\"cn\",\"who\":\"%s\"}",
        task, by, unit);
    (void)supervised_tell(house, NULL, "tasks", "deadline.set", task, json);
}

static void tell_done(struct house *house, const char *received, const char *task, const char *state)
{
    char json[256];
    (void)snprintf(json, sizeof json, "{\"state\":\"%s\",\"at\":\"%s\"}", state, received);
    (void)supervised_tell(house, received, "tasks", "task.updated", task, json);
}

static void tell_missed(struct house *house, const char *received, const char *task, const char *due)
{
    char json[256];
    (void)snprintf(json, sizeof json, "{\"deadline\":\"%s/task/1\",\"label\":\"task\",\"due\":\"%s\"}", task,
                   due);
    (void)supervised_tell(house, received, "tasks", "deadline.missed", task, json);
}

/* February: 市财政局 keeps two of three deadlines and is found out once; 市税务局 keeps one; the others do
 * nothing. */
static struct house *tell_february(void)
{
    struct house *house = supervised_open(SUPERVISION MONTHLY);
    tell_task(house, "T-1", "市财政局", "2020-02-20");
    tell_task(house, "T-2", "市财政局", "2020-02-21");
    tell_task(house, "T-3", "市财政局", "2020-02-24");
    tell_task(house, "T-4", "市税务局", "2020-02-24");
    tell_task(house, "T-5", "市税务局", "2020-02-24");
    tell_done(house, "2020-02-19T10:00:00+08:00", "T-1", "done-reported");
    tell_done(house, "2020-02-19T11:00:00+08:00", "T-2", "done-reported");
    tell_done(house, "2020-02-20T11:00:00+08:00", "T-2", "assigned"); /* rejected: not kept yet */
    tell_done(house, "2020-02-21T11:00:00+08:00", "T-2", "done-reported");
    tell_done(house, "2020-02-21T12:00:00+08:00", "T-4", "done-reported");
    tell_done(house, "2020-02-21T13:00:00+08:00", "T-5", "done-reported");
    tell_done(house, "2020-02-22T13:00:00+08:00", "T-5", "dropped"); /* its deadline is nobody's merit */
    tell_missed(house, "2020-02-25T00:00:01+08:00", "T-3", "2020-02-24T23:59:59.999999+08:00");
    tell_done(house, "2020-02-25T10:00:00+08:00", "T-3", "done-reported"); /* once missed stays missed */
    supervised_granted(
        house, supervised_report(house, NULL, "inspection.done", "I-1", "inspector",
                                 "{\"text\":\"t\",\"title\":\"督查\",\"units\":[\"市财政局\"],\"findings\":["
                                 "{\"title\":\"台账不实\",\"by\":\"2020-04-30\"}]}"));
    return house;
}

static void test_the_formula(void **context)
{
    (void)context;
    struct house *house = tell_february();
    supervised_granted(house, selfcheck(house, "2020-03-02T10:00:00+08:00", "市财政局", "2020-02", 9001));
    supervised_granted(house, selfcheck(house, NULL, "市税务局", "2020-02", 8000));
    supervised_granted(house, check(house, "inspector", "市财政局", "2020-02", 8000));
    supervised_granted(house, check(house, "inspector", "市财政局", "2020-02", 7000)); /* his latest word */
    supervised_granted(house, check(house, "office.director", "市财政局", "2020-02", 7501));
    house_advance(house, "2020-03-15T00:00:00+08:00");
    /* 10 working days from 2020-02-29 end on 2020-03-13 */
    assert_int_equal(house_count(house, "scores.published", NULL), 1);
    const struct event *published = supervised_last(house, "scores.published", FEBRUARY);
    town_is(published, FIELD_TITLE, "2020年2月考核");
    town_is(published, FIELD_CLAUSE, "五（五）");
    assert_int_equal(doc_int(published->data, FIELD_NUMBER, 0), 1);
    assert_int_equal(doc_int(published->data, FIELD_VERSION, 0), 1);
    /* 市财政局: (20 x 90.01 + 30 x 72.50 + 30 x 66.66 + 10 x 75 + 10 x 60) / 100; 72.505 and 66.666 cut */
    has_points(row(house, FEBRUARY, "市财政局", "自查"), 9001, 0);
    has_points(row(house, FEBRUARY, "市财政局", "检查"), 7250, 0);
    has_points(row(house, FEBRUARY, "市财政局", "按时"), 6666, 0);
    has_points(row(house, FEBRUARY, "市财政局", "问题"), 7500, 0);
    has_points(row(house, FEBRUARY, "市财政局", "逾期"), 6000, 0);
    has_points(row(house, FEBRUARY, "市财政局", NULL), 7325, 2);
    /* 市税务局, whom nobody examined: (20 x 80 + 30 x 100 + 10 x 100 + 10 x 100) / 70 */
    has_points(row(house, FEBRUARY, "市税务局", NULL), 9428, 1);
    assert_int_equal(doc_count(row(house, FEBRUARY, "市税务局", "按时"), FIELD_INPUTS), 1);
    /* those who did nothing and did not check themselves: (10 x 100 + 10 x 100) / 40; a tie */
    has_points(row(house, FEBRUARY, "市住房建设局", NULL), 5000, 3);
    has_points(row(house, FEBRUARY, "市中级人民法院", NULL), 5000, 3);
    has_points(row(house, FEBRUARY, "市发展改革委", NULL), 5000, 3);
    town_lists(published, FIELD_UNITS, "市住房建设局 市中级人民法院 市发展改革委");
    supervised_close(house);
}

/* S0-15: the heads of an area have what its lead units have; joint heads alike. */
static void test_posts_answer(void **context)
{
    (void)context;
    struct house *house = tell_february();
    house_advance(house, "2020-03-15T00:00:00+08:00");
    const struct event *published = supervised_last(house, "scores.published", FEBRUARY);
    town_lists(published, FIELD_POSTS, "group-05.head group-07.head.1 group-07.head.2 group-11.head");
    int64_t of_tax = doc_int(row(house, FEBRUARY, "市税务局", NULL), FIELD_POINTS, -1);
    has_points(row(house, FEBRUARY, NULL, "纳税"), (int)of_tax, 0);
    has_points(row(house, FEBRUARY, NULL, "办理破产"), 5000, 0);
    supervised_holds(house, "scores.published", FEBRUARY, "负责人得分＝所负责领域参评牵头单位得分的平均数");
    supervised_holds(house, "scores.published", FEBRUARY, "逾期（权重10）：100－逾期项数×40，不低于0。");
    supervised_holds(house, "scores.published", FEBRUARY, "检查（权重30）：各检查方最近一次评分的平均数");
    supervised_close(house);
}

/* Who does not hand his self-check in is late, then named; what comes after the scores makes new ones. */
static void test_published_anew(void **context)
{
    (void)context;
    struct house *house = tell_february();
    supervised_granted(house,
                       selfcheck(house, "2020-03-06T23:59:59.999999+08:00", "市税务局", "2020-02", 10000));
    house_advance(house, "2020-03-07T00:00:01+08:00");
    assert_int_equal(house_count(house, "deadline.missed", FEBRUARY),
                     4); /* all but 市税务局 and the customs */
    town_lists(house_find(house, "deadline.missed", FEBRUARY, 1), FIELD_POSTS,
               ""); /* 市财政局 leads nothing */
    house_advance(house, "2020-03-15T00:00:00+08:00");
    has_points(row(house, FEBRUARY, "市发展改革委", NULL), 5000, 0);
    supervised_granted(house,
                       selfcheck(house, "2020-03-16T10:00:00+08:00", "市发展改革委", "2020-02", 10000));
    const struct event *again = supervised_last(house, "scores.published", FEBRUARY);
    assert_int_equal(doc_int(again->data, FIELD_NUMBER, 0), 2);
    town_lists(again, FIELD_UNITS, "市住房建设局 市中级人民法院 市财政局");
    has_points(row(house, FEBRUARY, "市发展改革委", NULL), 10000, 1);
    has_points(row(house, FEBRUARY, "市税务局", NULL), 10000, 1); /* 1, 1, 3 */
    has_points(row(house, FEBRUARY, "市住房建设局", NULL), 5000, 3);
    supervised_granted(house, check(house, "inspector", "市发展改革委", "2020-02", 0));
    assert_int_equal(doc_int(supervised_last(house, "scores.published", FEBRUARY)->data, FIELD_NUMBER, 0), 3);
    has_points(row(house, FEBRUARY, "市发展改革委", NULL), 5714, 2); /* 4000 of 70 */
    /* March goes on of its own */
    house_advance(house, "2020-04-20T00:00:00+08:00");
    assert_int_equal(doc_int(supervised_last(house, "scores.published", MARCH)->data, FIELD_NUMBER, 0), 1);
    has_points(row(house, MARCH, "市财政局", NULL), 5000, 0); /* what February counted is not counted again */
    supervised_close(house);
}

/* ---- what counts ---- */

static void test_what_counts(void **context)
{
    (void)context;
    struct house *house = supervised_open(SUPERVISION MONTHLY);
    /* the duties of a body are its lead units'; one in principle counts nowhere */
#define DUTY(by, more)                                                                                       \
    "{\"routine\":\"r\",\"kind\":\"meeting\",\"body\":\"team-05\",\"by\":\"" by "\"," more "}"
    (void)supervised_tell(
        house, "2020-02-10T10:00:00+08:00", "routines", "duty.met", "d-1",
        DUTY("2020-02-10", "\"at\":\"2020-02-10T10:00:00+08:00\",\"ontime\":true,\"subject\":\"M\""));
    (void)supervised_tell(house, NULL, "routines", "duty.missed", "d-2",
                          DUTY("2020-02-09", "\"result\":\"duty\""));
    (void)supervised_tell(house, NULL, "routines", "duty.missed", "d-3",
                          DUTY("2020-02-09", "\"result\":\"in-principle\""));
    /* a level's deadline is nobody's in particular */
    (void)supervised_tell(
        house, NULL, "coordination", "deadline.set", "W-1",
        "{\"deadline\":\"W-1/team/1\",\"owner\":\"coordination\",\"label\":\"team\",\"limit\":\"1wd\","
        "\"start\":\"2020-02-10T09:00:00+08:00\",\"calendar\":\"cn\",\"who\":\"team-05\"}");
    (void)supervised_tell(
        house, NULL, "coordination", "deadline.missed", "W-1",
        "{\"deadline\":\"W-1/team/1\",\"label\":\"team\",\"due\":\"2020-02-11T23:59:59+08:00\"}");
    /* an opinion, an item, a reply: each once */
    (void)supervised_tell(
        house, NULL, "coordination", "deadline.set", "W-1",
        "{\"deadline\":\"W-1/o/1\",\"owner\":\"coordination\",\"label\":\"opinion:市财政局\",\"limit\":"
        "\"5wd\",\"start\":\"2020-02-10T09:00:00+08:00\",\"calendar\":\"cn\",\"who\":\"市财政局\"}");
    (void)supervised_tell(house, NULL, "coordination", "opinion.recorded", "W-1",
                          "{\"unit\":\"市财政局\",\"opinion\":\"同意\"}");
    (void)supervised_report(
        house, NULL, "matter.handed-down", "J-1", "leading.head",
        "{\"title\":\"t\",\"units\":[\"市财政局\",\"市住房建设局\"],\"by\":\"2020-02-20\"}");
    (void)supervised_report(house, NULL, "supervision.reported", "J-1", "市财政局", "{\"result\":\"done\"}");
    (void)supervised_report(house, NULL, "inspection.requested", "I-1", "inspector",
                            "{\"units\":[\"市财政局\",\"市中级人民法院\"],\"detail\":\"台账\"}");
    (void)supervised_report(house, NULL, "inspection.answered", "I-1", "市财政局",
                            "{\"unit\":\"市财政局\",\"result\":\"given\"}");
    house_advance(house, "2020-03-15T00:00:00+08:00");
    has_points(row(house, FEBRUARY, "市税务局", "按时"), 5000, 0);
    assert_true(text_is(doc_text(row(house, FEBRUARY, "市税务局", "按时"), FIELD_NOTE), "按时1项，逾期1项"));
    assert_true(text_is(doc_text(row(house, FEBRUARY, "市财政局", "按时"), FIELD_NOTE), "按时3项，逾期0项"));
    has_points(row(house, FEBRUARY, "市住房建设局", "逾期"), 6000, 0); /* the item */
    has_points(row(house, FEBRUARY, "市中级人民法院", "逾期"), 6000,
               0); /* the reply; the finding costs besides */
    has_points(row(house, FEBRUARY, "市中级人民法院", "问题"), 7500, 0);
    supervised_close(house);
}

/* A duty met late is no merit; a level's deadline is nobody's, even where it names a unit; an item that tasks
 * carry out costs nothing besides its tasks. */
static void test_what_does_not_count(void **context)
{
    (void)context;
    struct house *house = supervised_open(SUPERVISION MONTHLY);
    (void)supervised_tell(
        house, "2020-02-11T10:00:00+08:00", "routines", "duty.met", "d-1",
        DUTY("2020-02-10", "\"at\":\"2020-02-11T10:00:00+08:00\",\"ontime\":false,\"subject\":\"M\""));
    (void)supervised_tell(
        house, NULL, "coordination", "deadline.set", "W-1",
        "{\"deadline\":\"W-1/team/9\",\"owner\":\"coordination\",\"label\":\"team\",\"limit\":\"1wd\","
        "\"start\":\"2020-02-10T09:00:00+08:00\",\"calendar\":\"cn\",\"who\":\"市税务局\"}");
    (void)supervised_tell(
        house, NULL, "coordination", "deadline.missed", "W-1",
        "{\"deadline\":\"W-1/team/9\",\"label\":\"team\",\"due\":\"2020-02-11T23:59:59+08:00\"}");
    (void)supervised_tell(house, NULL, "coordination", "solution.adopted", "W-1",
                          "{\"level\":\"group\",\"items\":[{\"unit\":\"市财政局\",\"by\":\"2020-02-20\","
                          "\"opinion\":\"修订\"}]}");
    (void)supervised_tell(house, NULL, "tasks", "task.assigned", "W-1/task/1",
                          "{\"task\":\"W-1/task/1\",\"unit\":\"市财政局\",\"title\":\"修订\",\"by\":"
                          "\"2020-02-20\",\"issue\":\"W-1\"}");
    tell_task(house, "W-1/task/1", "市财政局", "2020-02-20");
    tell_missed(house, "2020-02-21T00:00:01+08:00", "W-1/task/1", "2020-02-20T23:59:59.999999+08:00");
    house_advance(house, "2020-03-15T00:00:00+08:00");
    town_lists(supervised_last(house, "deadline.missed", "town/item/1"), FIELD_UNITS, "市财政局");
    has_points(row(house, FEBRUARY, "市财政局", "逾期"), 6000, 0);
    assert_true(
        text_is(doc_text(row(house, FEBRUARY, "市税务局", "按时"), FIELD_NOTE), "无到期事项，不计入"));
    has_points(row(house, FEBRUARY, "市税务局", "逾期"), 10000, 0);
    supervised_close(house);
}

/* ---- refusals ---- */

/* From its first day on a period has papers. */
static void test_first_day(void **context)
{
    (void)context;
    struct house *house = supervised_open(SUPERVISION MONTHLY);
    supervised_refused(house, selfcheck(house, "2020-02-29T23:59:59+08:00", "市财政局", "2020-03", 1),
                       "has not begun");
    supervised_granted(house, selfcheck(house, "2020-03-01T00:00:00+08:00", "市财政局", "2020-03", 1));
    supervised_close(house);
}

static void test_refusals(void **context)
{
    (void)context;
    struct house *house = supervised_open(SUPERVISION MONTHLY);
    supervised_refused(house, selfcheck(house, NULL, "市财政局", "2020-2", 1), "2020-2 is no period");
    supervised_refused(house, selfcheck(house, NULL, "市财政局", "2020-Q1", 1), "there is no evaluation");
    supervised_refused(house, selfcheck(house, NULL, "市财政局", "2020-Q1", 1),
                       "the subject is one by its id");
    supervised_refused(house, selfcheck(house, NULL, "市财政局", "2020-01", 1),
                       "the first period that is evaluated is 2020-02");
    supervised_refused(house, selfcheck(house, NULL, "市财政局", "2020-03", 1), "has not begun");
    supervised_refused(house, selfcheck(house, NULL, "市财政局", "2020-02", 10001), "come to 100.01 points");
    supervised_refused(house, selfcheck(house, NULL, "深圳海关", "2020-02", 1),
                       "is not evaluated by monthly");
    supervised_refused(
        house,
        supervised_report(house, NULL, "selfcheck.submitted", NULL, "市税务局",
                          "{\"unit\":\"财政局\",\"period\":\"2020-02\",\"scores\":[{\"points\":1}]}"),
        "a self-check is the unit's own");
    supervised_refused(house, check(house, "市税务局", "市财政局", "2020-02", 1), "only supervisors");
    supervised_refused(house, check(house, NULL, "市财政局", "2020-02", 1), "must name its actor");
    supervised_refused(house, check(house, "office.director", "市发展改革委", "2020-02", 1),
                       "does not supervise itself");
    supervised_granted(house, check(house, "inspector", "市发展改革委", "2020-02", 10000));
    supervised_close(house);
}

/* The paper goes on file with more than it said: there must be room for it. */
static void test_long_papers(void **context)
{
    (void)context;
    enum { NOTE_BYTES = 4000, ROWS = 127 };
    static char json[ROWS * (NOTE_BYTES + 64) + 256], note[NOTE_BYTES + 1];
    memset(note, 'x', NOTE_BYTES);
    struct house *house = supervised_open(SUPERVISION MONTHLY);
    for (size_t rows = ROWS; rows > 0; rows = rows == ROWS ? ROWS / 2 : 0) {
        size_t at =
            (size_t)snprintf(json, sizeof json, "{\"unit\":\"市财政局\",\"period\":\"2020-02\",\"scores\":[");
        for (size_t i = 0; i < rows; i++)
            at += (size_t)snprintf(json + at, sizeof json - at, "%s{\"points\":1,\"note\":\"%s\"}",
                                   i > 0 ? "," : "", note);
        (void)snprintf(json + at, sizeof json - at, "]}");
        uint64_t own = supervised_report(house, NULL, "selfcheck.submitted", NULL, "市财政局", json);
        uint64_t by_other = supervised_report(house, NULL, "check.scored", NULL, "inspector", json);
        if (rows == ROWS) {
            supervised_refused(house, own, "too long");
            supervised_refused(house, by_other, "too long");
        } else {
            supervised_granted(house, own);
            supervised_granted(house, by_other);
        }
    }
    supervised_close(house);
}

#define ONLY_CHECK                                                                                           \
    "evaluations:\n"                                                                                         \
    "  - {id: a, title: 甲, period: month, due: 5wd, sources: [{source: check, weight: 100}]}\n"            \
    "  - {id: b, title: 乙, period: month, due: 5wd, units: [市财政局], sources: [{source: missed, "    \
    "weight: 100, each: 30}]}\n"

static void test_several_evaluations(void **context)
{
    (void)context;
    struct house *house = supervised_open(SUPERVISION ONLY_CHECK);
    assert_int_equal(house_count(house, "deadline.set", NULL), 2); /* nobody owes a self-check */
    supervised_refused(house, check(house, "inspector", "市财政局", "2020-02", 1),
                       "the subject must name which");
    uint64_t seq =
        supervised_report(house, NULL, "check.scored", "b", "inspector",
                          "{\"unit\":\"市财政局\",\"period\":\"2020-02\",\"scores\":[{\"points\":1}]}");
    supervised_refused(house, seq, "evaluation b has no source \"check\"");
    seq = supervised_report(house, NULL, "check.scored", "a", "inspector",
                            "{\"unit\":\"市财政局\",\"period\":\"2020-02\",\"scores\":[{\"points\":4321}]}");
    supervised_granted(house, seq);
    house_advance(house, "2020-03-15T00:00:00+08:00");
    has_points(row(house, "town/a/2020-02", "市财政局", NULL), 4321, 1);
    has_points(row(house, "town/a/2020-02", "市税务局", NULL), 0, 2); /* nothing to judge by */
    has_points(row(house, "town/b/2020-02", "市财政局", NULL), 10000, 1);
    supervised_close(house);
}

/* ---- periods and versions ---- */

/* After a long silence every period has its scores, in order. */
static void test_catches_up(void **context)
{
    (void)context;
    struct house *house = supervised_open(SUPERVISION MONTHLY);
    for (int i = 0; i < 40; i++)
        (void)house_publish_as(house, "duband", NULL, "clock.struck", NULL, NULL, NULL,
                               "{\"at\":\"2020-06-30T10:00:00+08:00\"}");
    static const char *const months[] = {"2020-02", "2020-03", "2020-04", "2020-05"};
    assert_int_equal(house_count(house, "scores.published", NULL), 4);
    for (size_t i = 0; i < 4; i++)
        town_is(house_find(house, "scores.published", NULL, i), FIELD_PERIOD, months[i]);
    supervised_close(house);
}

#define QUARTERLY                                                                                            \
    "evaluations:\n"                                                                                         \
    "  - {id: monthly, title: 考核, period: quarter, due: 10wd, sources: [{source: missed, weight: 100, "  \
    "each: 10}]}\n"

/* A new version: the period that is waited for goes on with the new limits; another length begins anew; an
 * evaluation that is gone is waited for no longer, and begins anew when it comes back. */
static void test_new_versions(void **context)
{
    (void)context;
    struct house *house = supervised_open(SUPERVISION MONTHLY);
    supervised_enact(house, SUPERVISION MONTHLY);
    assert_int_equal(house_count(house, "deadline.set", NULL), 6);
    assert_int_equal(house_count(house, "deadline.cleared", NULL), 0);
    supervised_enact(house, SUPERVISION QUARTERLY);
    house_advance(house, "2020-03-20T00:00:00+08:00");
    assert_int_equal(house_count(house, "scores.published", NULL), 0);
    assert_int_equal(house_count(house, "deadline.missed", NULL), 0);
    supervised_enact(house, SUPERVISION);
    house_advance(house, "2021-02-01T00:00:00+08:00");
    assert_int_equal(house_count(house, "scores.published", NULL), 0);
    supervised_enact(house, SUPERVISION QUARTERLY);
    house_advance(house, "2021-05-01T00:00:00+08:00");
    assert_int_equal(house_count(house, "scores.published", NULL), 1);
    town_is(supervised_last(house, "scores.published", "town/monthly/2021-Q1"), FIELD_PERIOD, "2021-Q1");
    supervised_close(house);
}

/* From months to quarters while a month is waited for: it is the quarter that is published, with its own
 * deadlines. */
static void test_from_months_to_quarters(void **context)
{
    (void)context;
    struct house *house = supervised_open(SUPERVISION MONTHLY);
    supervised_enact(house, SUPERVISION QUARTERLY);
    assert_true(house_count(house, "deadline.set", "town/monthly/2020-Q1") > 0);
    assert_int_equal(house_count(house, "deadline.set", FEBRUARY),
                     house_count(house, "deadline.cleared", FEBRUARY));
    house_advance(house, "2020-05-01T00:00:00+08:00");
    assert_int_equal(house_count(house, "scores.published", NULL), 1);
    town_is(supervised_last(house, "scores.published", "town/monthly/2020-Q1"), FIELD_PERIOD, "2020-Q1");
    supervised_close(house);
}

/* Enacted on a clock that is behind its document, it evaluates from the document's month on. */
static void test_not_before_the_document(void **context)
{
    (void)context;
    static const struct role *const roles[] = {&role_supervision, &role_deadlines, NULL};
    struct house *house = house_open_roles(roles);
    char *town = town_text("issued: 2020-01-20", "issued: 2020-06-26"), text[8192];
    int bytes =
        snprintf(text, sizeof text,
                 "%ssupervision: {supervisors: [office.director], origins: [document]}\n" MONTHLY, town);
    assert_in_range(bytes, 1, sizeof text - 1);
    free(town);
    house_adopt_calendar(house, "config/calendars/cn.yaml", NULL);
    house_adopt_charter_text(house, "town.yaml", text);
    assert_int_equal(house_count(house, "deadline.set", NULL), 6);
    assert_int_equal(house_count(house, "deadline.set", "town/monthly/2020-06"), 6);
    supervised_close(house);
}

/* What a new version leaves as it was is not set again; what it changes is, even back to what it once was. */
static void test_same_deadlines_stand(void **context)
{
    (void)context;
    static const struct {
        const char *from, *to;
        size_t set;
    } versions[] = {{"due: 10wd", "due: 10wd", 0},         {"clause: 五（五）", "clause: 六", 0},
                    {"due: 10wd", "due: 12wd", 6},         {"due: 10wd", "due: 12wd", 0},
                    {"due: 10wd", "due: 10wd", 6},         {"selfcheck: 5wd", "selfcheck: 6wd", 6},
                    {"title: 考核", "title: 年度考核", 6}, {"reply: 5wd", "reminders: [2wd]", 6}};
    struct house *house = supervised_open(SUPERVISION MONTHLY);
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        size_t before = house_count(house, "deadline.set", FEBRUARY);
        const char *whole = SUPERVISION MONTHLY, *at = strstr(whole, versions[i].from);
        char text[4096];
        assert_non_null(at);
        (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, versions[i].to,
                       at + strlen(versions[i].from));
        supervised_enact(house, text);
        assert_int_equal(house_count(house, "deadline.set", FEBRUARY) - before, versions[i].set);
    }
    house_advance(house, "2020-03-20T00:00:00+08:00");
    assert_int_equal(house_count(house, "scores.published", FEBRUARY), 1);
    supervised_close(house);
}

/* A new version asks for what is still open; what was missed is missed once. */
static void test_missed_once(void **context)
{
    (void)context;
    struct house *house = supervised_open(SUPERVISION MONTHLY);
    house_advance(house, "2020-03-10T09:00:00+08:00");
    size_t before = house_count(house, "deadline.missed", NULL);
    assert_int_equal(before, 5);
    supervised_enact(house, SUPERVISION MONTHLY);
    house_advance(house, "2020-03-12T09:00:00+08:00");
    assert_int_equal(house_count(house, "deadline.missed", NULL), before);
    house_advance(house, "2020-03-15T00:00:00+08:00");
    assert_int_equal(house_count(house, "scores.published", FEBRUARY), 1);
    supervised_close(house);
}

#define SELFCHECK_ONLY                                                                                       \
    "evaluations:\n"                                                                                         \
    "  - {id: monthly, title: 考核, period: month, due: 10wd, selfcheck: 5wd, sources: [{source: "         \
    "selfcheck, weight: 100}]}\n"

/* Published anew by the rules by which it was published first: of 20 x 50 + 10 x 100 + 10 x 100 in 40, and
 * not of the self-check alone. */
static void test_anew_by_its_own_rules(void **context)
{
    (void)context;
    struct house *house = supervised_open(SUPERVISION MONTHLY);
    house_advance(house, "2020-03-20T09:00:00+08:00");
    supervised_enact(house, SUPERVISION SELFCHECK_ONLY);
    supervised_granted(house, selfcheck(house, NULL, "市财政局", "2020-02", 5000));
    const struct event *again = supervised_last(house, "scores.published", FEBRUARY);
    assert_int_equal(doc_int(again->data, FIELD_NUMBER, 0), 2);
    assert_int_equal(doc_int(again->data, FIELD_VERSION, 0), 1);
    has_points(row(house, FEBRUARY, "市财政局", NULL), 7500, 1);
    supervised_close(house);
}

static void test_periods(void **context)
{
    (void)context;
    static const struct {
        const char *name, *first, *last, *title;
    } rows[] = {
        {"2020-02", "2020-02-01", "2020-02-29", "2020年2月"},
        {"2020-12", "2020-12-01", "2020-12-31", "2020年12月"},
        {"2020-Q4", "2020-10-01", "2020-12-31", "2020年第4季度"},
        {"2021", "2021-01-01", "2021-12-31", "2021年度"},
    };
    static const char *const no_periods[] = {"",        "2020-",   "2020-13", "2020-Q5", "2020-00",
                                             "2020-Q0", "2020/02", "20200",   "202x",    "2020-0x"};
    struct arena arena;
    arena_open(&arena, 1 << 16);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct period period;
        char date[CIVIL_TEXT_BYTES];
        assert_true(period_parse(text_from(rows[i].name), &period));
        assert_true(text_is(period_name(&arena, period), rows[i].name));
        assert_true(text_is(period_title(&arena, period), rows[i].title));
        assert_string_equal(civil_format_date(period_first_day(period), date), rows[i].first);
        assert_string_equal(civil_format_date(period_last_day(period), date), rows[i].last);
        assert_int_equal(period_first_day(period_next(period)), period_last_day(period) + 1);
    }
    for (size_t i = 0; i < sizeof no_periods / sizeof no_periods[0]; i++) {
        struct period period;
        assert_false(period_parse(text_from(no_periods[i]), &period));
    }
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_formula),
        cmocka_unit_test(test_posts_answer),
        cmocka_unit_test(test_published_anew),
        cmocka_unit_test(test_what_counts),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_several_evaluations),
        cmocka_unit_test(test_long_papers),
        cmocka_unit_test(test_missed_once),
        cmocka_unit_test(test_anew_by_its_own_rules),
        cmocka_unit_test(test_first_day),
        cmocka_unit_test(test_what_does_not_count),
        cmocka_unit_test(test_catches_up),
        cmocka_unit_test(test_not_before_the_document),
        cmocka_unit_test(test_new_versions),
        cmocka_unit_test(test_from_months_to_quarters),
        cmocka_unit_test(test_same_deadlines_stand),
        cmocka_unit_test(test_periods),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
