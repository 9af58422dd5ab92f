/* test_ledger.c - goal: the register shows what the owners' outcomes say, counts and ranks exactly, explains
 * each conclusion, and answers page by page. Method: the ledger alone in a house without walls; outcomes of
 * the other roles are put in by hand, in orders that fast and slow processes bring about; rebuilt state is
 * compared with live state at every test's end.
 */
#include "base/limits.h"
#include "tests/support/town.h"
#include "workers/coordination/issue.h"
#include "workers/roles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct house *open_register(void)
{
    const struct role *const roles[] = {&role_ledger, NULL};
    struct house *house = house_open_roles(roles);
    house_advance(house, "2020-02-03T09:00:00+08:00");
    return house;
}

static void close_register(struct house *house)
{
    house_check_rebuild(house);
    house_close(house);
}

/* An outcome of its owner, put in by hand; format makes its data. */
static uint64_t tell(struct house *house, const char *role, const char *type, const char *subject,
                     const char *format, ...) PRINTF_LIKE(5, 6);
static uint64_t tell(struct house *house, const char *role, const char *type, const char *subject,
                     const char *format, ...)
{
    char json[2048], publisher[64];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(json, sizeof json, format, list);
    va_end(list);
    (void)snprintf(publisher, sizeof publisher, "worker/%s", role);
    return house_publish_as(house, publisher, NULL, type, subject, "town", NULL, json);
}

static void open_issue(struct house *house, const char *id, const char *area)
{
    (void)tell(house, "coordination", "issue.opened", id,
               "{\"title\":\"%s的问题\",\"area\":\"%s\",\"level\":\"team\",\"body\":\"team-5\",\"round\":1}",
               area, area);
}

static void set_term(struct house *house, const char *owner, const char *subject, const char *label,
                     const char *who, const char *id)
{
    (void)tell(house, owner, "deadline.set", subject,
               "{\"deadline\":\"%s\",\"owner\":\"%s\",\"label\":\"%s\",\"limit\":\"5wd\",\"who\":\"%s\","
               "\"start\":\"2020-02-03T09:00:00+08:00\",\"calendar\":\"cn\"}",
               id, owner, label, who);
}

static void fix_term(struct house *house, const char *owner, const char *subject, const char *label,
                     const char *id, const char *due)
{
    (void)tell(house, "deadlines", "deadline.fixed", subject,
               "{\"deadline\":\"%s\",\"owner\":\"%s\",\"label\":\"%s\",\"due\":\"%s\",\"arithmetic\":\"2020-"
               "02-04 wd 1\"}",
               id, owner, label, due);
}

static void clear_term(struct house *house, const char *owner, const char *subject, const char *id,
                       const char *at)
{
    (void)tell(house, owner, "deadline.cleared", subject, "{\"deadline\":\"%s\",\"at\":\"%s\"}", id, at);
}

static void miss_term(struct house *house, const char *owner, const char *subject, const char *label,
                      const char *id, const char *due)
{
    (void)tell(house, owner, "deadline.missed", subject,
               "{\"deadline\":\"%s\",\"label\":\"%s\",\"due\":\"%s\"}", id, label, due);
}

#define DUE    "2020-02-10T23:59:59.999999+08:00"
#define TIMELY "2020-02-10T23:59:59.999999+08:00" /* equal is on time */
#define LATE   "2020-02-11T00:00:00+08:00"

static void settle_issue(struct house *house, const char *id, const char *at)
{
    (void)tell(house, "coordination", "issue.settled", id,
               "{\"how\":\"resolved\",\"level\":\"team\",\"at\":\"%s\"}", at);
}

static struct query_answer ask(struct house *house, const char *what, const char *json)
{
    struct query_answer answer = house_query(house, "ledger", what, json);
    if (!answer.ok)
        fail_msg("%s %s: %.*s", what, json, TEXT_PRINT(answer.error));
    return answer;
}

static const struct doc *the_row(struct house *house, const char *what, const char *json)
{
    struct query_answer answer = ask(house, what, json);
    assert_int_equal(answer.rows_count, 1);
    return answer.rows[0];
}

static void shows(const struct doc *row, enum field field, const char *expected)
{
    if (!text_is(doc_text(row, field), expected))
        fail_msg("%s is %.*s, not %s", field_specs[field].name, TEXT_PRINT(doc_text(row, field)), expected);
}

static size_t ask_pages(struct house *house, const char *what, const char *args, size_t rows)
{
    char json[512];
    size_t count = 0;
    (void)snprintf(json, sizeof json, "{%s%s\"rows\":%zu}", args, args[0] != '\0' ? "," : "", rows);
    for (size_t pages = 0; pages < 100; pages++) {
        struct query_answer answer = ask(house, what, json);
        count += answer.rows_count;
        assert_true(answer.rows_count <= rows);
        if (!answer.more)
            return count;
        (void)snprintf(json, sizeof json, "{%s%s\"rows\":%zu,\"page\":\"%.*s\"}", args,
                       args[0] != '\0' ? "," : "", rows,
                       TEXT_PRINT(doc_text(answer.rows[answer.rows_count - 1], FIELD_PAGE)));
    }
    fail_msg("%s never ends", what);
    return 0;
}

/* ---- issues and tasks ---- */

static void test_an_issue_goes_up_is_settled_closed_and_reopened(void **state)
{
    (void)state;
    struct house *house = open_register();
    open_issue(house, "A", "纳税");
    const struct doc *row = the_row(house, "issues", NULL);
    shows(row, FIELD_ID, "A");
    shows(row, FIELD_STATE, "coordinating");
    shows(row, FIELD_RAISED, "2020-02-03T09:00:00+08:00");
    (void)tell(house, "coordination", "issue.escalated.group", "A",
               "{\"from\":\"team\",\"to\":\"group\",\"body\":\"group-5\",\"round\":1}");
    shows(the_row(house, "issues", "{\"level\":\"group\"}"), FIELD_BODY, "group-5");
    (void)tell(house, "coordination", "issue.sent-back", "A",
               "{\"from\":\"group\",\"to\":\"team\",\"body\":\"team-5\",\"round\":2,\"reason\":\"再议\"}");
    shows(the_row(house, "issues", "{\"level\":\"team\"}"), FIELD_BODY, "team-5");
    settle_issue(house, "A", TIMELY);
    shows(the_row(house, "issues", "{\"state\":\"settled\"}"), FIELD_SETTLED, TIMELY);
    (void)tell(house, "coordination", "issue.closed", "A", "{\"how\":\"confirmed\",\"at\":\"%s\"}", LATE);
    row = the_row(house, "issues", "{\"state\":\"closed\"}");
    shows(row, FIELD_CLOSED, LATE);
    shows(row, FIELD_HOW, "confirmed");
    (void)tell(house, "coordination", "issue.reopened", "A",
               "{\"level\":\"team\",\"body\":\"team-5\",\"round\":3,\"reason\":\"又出现\"}");
    row = the_row(house, "issues", "{\"state\":\"coordinating\"}");
    assert_false(doc_has(row, FIELD_CLOSED) || doc_has(row, FIELD_SETTLED) || doc_has(row, FIELD_HOW));
    close_register(house);
}

/* The register's word for a state is coordination's own. */
static void issue_is(struct house *house, enum issue_state state, const char *due)
{
    const struct doc *row = the_row(house, "issues", NULL);
    shows(row, FIELD_STATE, issue_state_text(state));
    assert_int_equal(doc_has(row, FIELD_DUE), due != NULL);
    if (due != NULL)
        shows(row, FIELD_DUE, due);
}

#define ITEMS "\"items\":[{\"title\":\"改表\",\"unit\":\"市财政局\",\"by\":\"2020-02-10\"}]"

static void test_an_issue_is_due_while_a_limit_of_it_runs(void **state)
{
    (void)state;
    struct house *house = open_register();
    open_issue(house, "A", "纳税");
    issue_is(house, ISSUE_COORDINATING, NULL);
    set_term(house, "coordination", "A", "team", "市税务局", "d1");
    fix_term(house, "coordination", "A", "team", "d1", DUE);
    issue_is(house, ISSUE_COORDINATING, DUE);
    /* overdue: the time shown is past, and that it was missed stands beside it */
    miss_term(house, "coordination", "A", "team", "d1", DUE);
    issue_is(house, ISSUE_COORDINATING, DUE);
    (void)tell(house, "coordination", "issue.escalated.group", "A",
               "{\"from\":\"team\",\"to\":\"group\",\"body\":\"group-5\",\"round\":1}");
    issue_is(house, ISSUE_COORDINATING, NULL);
    set_term(house, "coordination", "A", "group", "市税务局", "d2");
    fix_term(house, "coordination", "A", "group", "d2", LATE);
    issue_is(house, ISSUE_COORDINATING, LATE);
    (void)tell(house, "coordination", "decision.recorded", "A",
               "{\"decision\":\"A/decision/1\",\"text\":\"同意\",\"level\":\"group\"}");
    issue_is(house, ISSUE_DECIDED, NULL);
    clear_term(house, "coordination", "A", "d2", TIMELY);
    set_term(house, "coordination", "A", "tasklist", "市税务局", "d3");
    fix_term(house, "coordination", "A", "tasklist", "d3", LATE);
    issue_is(house, ISSUE_DECIDED, LATE);
    clear_term(house, "coordination", "A", "d3", TIMELY);
    issue_is(house, ISSUE_DECIDED, NULL);
    fix_term(house, "coordination", "A", "tasklist", "d3", DUE); /* told late: it doesn't run any more */
    issue_is(house, ISSUE_DECIDED, NULL);
    (void)tell(house, "coordination", "tasklist.issued", "A",
               "{\"list\":\"A/tasklist/1\",\"decision\":\"A/decision/1\"," ITEMS "}");
    issue_is(house, ISSUE_SOLVING, NULL);
    settle_issue(house, "A", TIMELY);
    issue_is(house, ISSUE_SETTLED, NULL);
    (void)tell(house, "coordination", "issue.reopened", "A",
               "{\"level\":\"group\",\"body\":\"group-5\",\"round\":2,\"reason\":\"又出现\"}");
    issue_is(house, ISSUE_COORDINATING, NULL);
    (void)tell(house, "coordination", "solution.adopted", "A", "{\"level\":\"group\"," ITEMS "}");
    issue_is(house, ISSUE_SOLVING, NULL);
    assert_true(doc_bool(the_row(house, "issues", NULL), FIELD_MISSED));
    close_register(house);
}

static void test_filters_are_equalities(void **state)
{
    (void)state;
    struct house *house = open_register();
    open_issue(house, "A", "纳税");
    open_issue(house, "B", "办理破产");
    shows(the_row(house, "issues", "{\"area\":\"纳税\"}"), FIELD_ID, "A");
    assert_int_equal(ask(house, "issues", "{\"charter\":\"town\"}").rows_count, 2);
    assert_int_equal(ask(house, "issues", "{\"charter\":\"tow\"}").rows_count, 0);
    assert_int_equal(ask(house, "issues", "{\"unit\":\"市税务局\"}").rows_count, 0);
    close_register(house);
}

static void assign(struct house *house, const char *task, const char *unit)
{
    (void)tell(house, "tasks", "task.assigned", task,
               "{\"task\":\"%s\",\"unit\":\"%s\",\"title\":\"改表\",\"by\":\"2020-02-10\",\"issue\":\"A\"}",
               task, unit);
}

static void test_a_task_shows_unit_progress_and_misses(void **state)
{
    (void)state;
    struct house *house = open_register();
    assign(house, "A/1", "市财政局");
    set_term(house, "tasks", "A/1", "task", "市财政局", "t1");
    fix_term(house, "tasks", "A/1", "task", "t1", DUE);
    (void)tell(house, "tasks", "task.updated", "A/1", "{\"state\":\"accepted\",\"at\":\"%s\",\"percent\":40}",
               TIMELY);
    const struct doc *row = the_row(house, "tasks", "{\"unit\":\"市财政局\",\"issue\":\"A\"}");
    shows(row, FIELD_STATE, "accepted");
    shows(row, FIELD_DUE, DUE);
    assert_int_equal(doc_int(row, FIELD_PERCENT, 0), 40);
    assert_false(doc_bool(row, FIELD_MISSED));
    miss_term(house, "tasks", "A/1", "task", "t1", DUE);
    (void)tell(house, "tasks", "task.closed", "A/1", "{\"issue\":\"A\",\"at\":\"%s\"}", LATE);
    row = the_row(house, "tasks", "{\"state\":\"closed\"}");
    assert_true(doc_bool(row, FIELD_MISSED));
    assert_false(doc_has(row, FIELD_PERCENT)); /* what was last reported of it is over */
    close_register(house);
}

/* Reports say +08:00, the clock nothing, the charter +05:30. */
static void test_times_of_a_case_share_the_charters_zone(void **state)
{
    (void)state;
    struct house *house = open_register();
    char *text = town_text("+08:00", "+05:30");
    house_adopt_charter_text(house, "town", text);
    free(text);
    open_issue(house, "A", "纳税");
    shows(the_row(house, "issues", NULL), FIELD_RAISED, "2020-02-03T06:30:00+05:30");
    (void)house_publish(house, NULL, "issue.withdrawn", "A", NULL, NULL, "{\"reason\":\"误报\"}");
    struct query_answer answer = ask(house, "timeline", "{\"subject\":\"A\"}");
    assert_int_equal(answer.rows_count, 2);
    shows(answer.rows[1], FIELD_TYPE, "issue.withdrawn");
    shows(answer.rows[1], FIELD_RECEIVED, "2020-02-03T06:30:00+05:30");
    close_register(house);
}

/* ---- deadlines ---- */

static const char *term_state(struct house *house, const char *id)
{
    struct query_answer answer = ask(house, "deadlines", NULL);
    for (size_t i = 0; i < answer.rows_count; i++)
        if (text_is(doc_text(answer.rows[i], FIELD_DEADLINE), id)) {
            static char state[64];
            (void)snprintf(state, sizeof state, "%.*s", TEXT_PRINT(doc_text(answer.rows[i], FIELD_STATE)));
            return state;
        }
    return "absent";
}

static void test_a_deadline_is_kept_or_missed_by_its_stamps(void **state)
{
    (void)state;
    struct house *house = open_register();
    open_issue(house, "A", "纳税");
    set_term(house, "coordination", "A", "team", "市税务局", "d1");
    assert_string_equal(term_state(house, "d1"), "open");
    fix_term(house, "coordination", "A", "team", "d1", DUE);
    clear_term(house, "coordination", "A", "d1", TIMELY);
    assert_string_equal(term_state(house, "d1"), "kept");
    /* cleared late, and before the due time was known: the owner's word comes later and changes nothing */
    set_term(house, "coordination", "A", "group", "市税务局", "d2");
    clear_term(house, "coordination", "A", "d2", LATE);
    assert_string_equal(term_state(house, "d2"), "kept");
    fix_term(house, "coordination", "A", "group", "d2", DUE);
    assert_string_equal(term_state(house, "d2"), "missed");
    miss_term(house, "coordination", "A", "group", "d2", DUE);
    assert_string_equal(term_state(house, "d2"), "missed");
    close_register(house);
}

static void test_a_deadline_that_rang_is_reached_until_its_owner_says_more(void **state)
{
    (void)state;
    struct house *house = open_register();
    set_term(house, "bulletins", "x/monthly/2020-01", "bulletin:monthly:2020-01", "x", "p1");
    fix_term(house, "bulletins", "x/monthly/2020-01", "bulletin:monthly:2020-01", "p1", DUE);
    (void)tell(
        house, "deadlines", "deadline.reached", "x/monthly/2020-01",
        "{\"deadline\":\"p1\",\"owner\":\"bulletins\",\"label\":\"bulletin:monthly:2020-01\",\"due\":\"%s\"}",
        DUE);
    assert_string_equal(term_state(house, "p1"), "reached");
    /* what was cleared in time, by a report that another worker took in late, is kept all the same */
    clear_term(house, "bulletins", "x/monthly/2020-01", "p1", TIMELY);
    assert_string_equal(term_state(house, "p1"), "kept");
    close_register(house);
}

static void test_a_deadline_set_again_by_the_same_cause_is_replaced(void **state)
{
    (void)state;
    struct house *house = open_register();
    set_term(house, "coordination", "A", "team", "市税务局", "d1");
    clear_term(house, "coordination", "A", "d1", TIMELY);
    set_term(house, "coordination", "A", "team", "市税务局", "d2"); /* both are told by hand: cause 0 */
    assert_string_equal(term_state(house, "d1"), "replaced");
    assert_string_equal(term_state(house, "d2"), "open");
    close_register(house);
}

static void test_a_moved_deadline_moves_in_the_list_and_on_its_issue(void **state)
{
    (void)state;
    struct house *house = open_register();
    open_issue(house, "A", "纳税");
    set_term(house, "coordination", "A", "team", "市税务局", "late");
    set_term(house, "coordination", "B", "team", "市税务局", "undated");
    set_term(house, "coordination", "C", "team", "市税务局", "early");
    fix_term(house, "coordination", "A", "team", "late", "2020-02-14T23:59:59+08:00");
    fix_term(house, "coordination", "C", "team", "early", "2020-02-17T23:59:59+08:00");
    struct query_answer answer = ask(house, "deadlines", "{\"state\":\"open\"}");
    assert_int_equal(answer.rows_count, 3);
    shows(answer.rows[0], FIELD_DEADLINE, "late");
    shows(answer.rows[2], FIELD_DEADLINE, "undated");
    (void)tell(house, "deadlines", "deadline.moved", "A",
               "{\"deadline\":\"late\",\"owner\":\"coordination\",\"label\":\"team\",\"before\":\"2020-02-"
               "14T23:59:59+08:00\","
               "\"after\":\"2020-02-18T23:59:59+08:00\",\"arithmetic\":\"moved\"}");
    answer = ask(house, "deadlines", NULL);
    assert_int_equal(answer.rows_count, 3); /* the old place in the index is gone */
    shows(answer.rows[0], FIELD_DEADLINE, "early");
    shows(answer.rows[1], FIELD_DUE, "2020-02-18T23:59:59+08:00");
    shows(the_row(house, "issues", NULL), FIELD_DUE, "2020-02-18T23:59:59+08:00");
    assert_int_equal(ask(house, "deadlines", "{\"subject\":\"B\"}").rows_count, 1);
    assert_int_equal(ask(house, "deadlines", "{\"owner\":\"tasks\"}").rows_count, 0);
    close_register(house);
}

/* ---- figures ---- */

/* Issues of an area: so many kept, late, and open past their due time. */
static void fill_area(struct house *house, const char *area, int kept, int late, int overdue)
{
    for (int i = 0; i < kept + late + overdue; i++) {
        char id[64], term[80];
        (void)snprintf(id, sizeof id, "%s-%d", area, i);
        (void)snprintf(term, sizeof term, "%s/team/1", id);
        open_issue(house, id, area);
        set_term(house, "coordination", id, "team", "x", term);
        fix_term(house, "coordination", id, "team", term, DUE);
        if (i < kept + late) {
            clear_term(house, "coordination", id, term, i < kept ? TIMELY : LATE);
            settle_issue(house, id, i < kept ? TIMELY : LATE);
        }
        if (i >= kept) /* told after it was settled: the verdict still counts */
            miss_term(house, "coordination", id, "team", term, DUE);
    }
}

static void row_is(const struct doc *row, const char *name, int64_t rank, int64_t kept, int64_t late,
                   int64_t share)
{
    shows(row, FIELD_NAME, name);
    assert_int_equal(doc_int(row, FIELD_RANK, -1), rank);
    assert_int_equal(doc_int(row, FIELD_KEPT, -1), kept);
    assert_int_equal(doc_int(row, FIELD_LATE, -1), late);
    assert_int_equal(doc_int(row, FIELD_SHARE, -1), share);
}

static void test_ranks_are_exact_and_shared_by_ties(void **state)
{
    (void)state;
    struct house *house = open_register();
    fill_area(house, "b", 1, 2, 0);
    fill_area(house, "a", 2, 4, 1); /* the same third, more cases */
    fill_area(house, "d", 3, 0, 0);
    fill_area(house, "c", 3, 0, 0); /* a tie in all but the name */
    fill_area(house, "e", 0, 0, 1); /* nothing resolved */
    struct query_answer answer = ask(house, "figures", "{\"of\":\"area\",\"charter\":\"town\"}");
    assert_int_equal(answer.rows_count, 5);
    row_is(answer.rows[0], "c", 1, 3, 0, 10000);
    row_is(answer.rows[1], "d", 1, 3, 0, 10000);
    row_is(answer.rows[2], "a", 3, 2, 4, 3333);
    row_is(answer.rows[3], "b", 3, 1, 2, 3333);
    row_is(answer.rows[4], "e", -1, 0, 0, -1);
    assert_int_equal(doc_int(answer.rows[2], FIELD_COUNT, 0), 7);
    assert_int_equal(doc_int(answer.rows[2], FIELD_WITH_DEADLINE, 0), 7);
    assert_int_equal(doc_int(answer.rows[2], FIELD_UNRESOLVED, 0), 1);
    assert_int_equal(doc_int(answer.rows[2], FIELD_OVERDUE, 0), 1);
    const struct doc *all = the_row(house, "figures", "{\"of\":\"all\"}");
    row_is(all, "all", 1, 9, 6, 6000);
    assert_int_equal(doc_int(all, FIELD_COUNT, 0), 17);
    answer = ask(house, "figures", "{\"rows\":2}");
    assert_true(answer.more);
    answer = ask(house, "figures", "{\"rows\":2,\"page\":\"3\"}");
    row_is(answer.rows[0], "a", 3, 2, 4, 3333); /* ranks go on over pages */
    close_register(house);
}

static void test_an_issue_without_a_deadline_is_counted_but_not_ranked(void **state)
{
    (void)state;
    struct house *house = open_register();
    open_issue(house, "A", "纳税");
    settle_issue(house, "A", TIMELY);
    const struct doc *row = the_row(house, "figures", NULL);
    assert_int_equal(doc_int(row, FIELD_COUNT, 0), 1);
    assert_int_equal(doc_int(row, FIELD_WITH_DEADLINE, -1), 0);
    assert_false(doc_has(row, FIELD_RANK));
    close_register(house);
}

static const struct doc *unit_row(struct house *house, const char *unit)
{
    char json[128];
    (void)snprintf(json, sizeof json, "{\"unit\":\"%s\"}", unit);
    return the_row(house, "units", json);
}

static void test_units_show_what_they_owe(void **state)
{
    (void)state;
    struct house *house = open_register();
    house_adopt_charter_text(house, "town", town_charter);
    open_issue(house, "A", "纳税");
    set_term(house, "coordination", "A", "opinion:市财政局", "市财政局", "o1");
    fix_term(house, "coordination", "A", "opinion:市财政局", "o1", DUE);
    set_term(house, "coordination", "A", "opinion:深圳海关", "深圳海关", "o2");
    fix_term(house, "coordination", "A", "opinion:深圳海关", "o2", DUE);
    miss_term(house, "coordination", "A", "opinion:深圳海关", "o2", DUE);
    assign(house, "A/1", "市财政局");
    set_term(house, "tasks", "A/1", "task", "市财政局", "t1");
    fix_term(house, "tasks", "A/1", "task", "t1", DUE);
    clear_term(house, "tasks", "A/1", "t1", TIMELY);
    (void)tell(house, "tasks", "task.closed", "A/1", "{\"issue\":\"A\",\"at\":\"%s\"}", TIMELY);
    const struct doc *row = unit_row(house, "市财政局");
    assert_int_equal(doc_int(row, FIELD_OPEN, -1), 1);
    assert_int_equal(doc_int(row, FIELD_KEPT, -1), 1);
    assert_int_equal(doc_int(row, FIELD_WITH_DEADLINE, -1), 2);
    row = unit_row(house, "深圳海关");
    assert_int_equal(doc_int(row, FIELD_OPEN, -1), 0);
    assert_int_equal(doc_int(row, FIELD_LATE, -1), 1);
    assert_int_equal(doc_int(unit_row(house, "市税务局"), FIELD_WITH_DEADLINE, -1),
                     0); /* owes nothing, is listed */
    assert_false(
        doc_bool(the_row(house, "issues", NULL), FIELD_MISSED)); /* an opinion's limit is not the case's */
    close_register(house);
}

/* An issue's end takes its tasks away from the unit: they count only if they were late by then. */
static void test_a_dropped_task_counts_only_if_it_was_late(void **state)
{
    (void)state;
    struct house *house = open_register();
    house_adopt_charter_text(house, "town", town_charter);
    static const char *const tasks[] = {"A/1", "A/2"};
    for (size_t i = 0; i < 2; i++) {
        assign(house, tasks[i], "市财政局");
        set_term(house, "tasks", tasks[i], "task", "市财政局", tasks[i]);
        fix_term(house, "tasks", tasks[i], "task", tasks[i], DUE);
    }
    miss_term(house, "tasks", "A/2", "task", "A/2", DUE);
    assert_int_equal(doc_int(unit_row(house, "市财政局"), FIELD_OPEN, -1), 2);
    for (size_t i = 0; i < 2; i++)
        (void)tell(house, "tasks", "task.updated", tasks[i], "{\"state\":\"dropped\",\"at\":\"%s\"}", LATE);
    const struct doc *row = unit_row(house, "市财政局");
    assert_int_equal(doc_int(row, FIELD_OPEN, -1), 0);
    assert_int_equal(doc_int(row, FIELD_WITH_DEADLINE, -1), 1);
    assert_int_equal(doc_int(row, FIELD_KEPT, -1), 0);
    assert_int_equal(doc_int(row, FIELD_LATE, -1), 1);
    close_register(house);
}

/* A limit that was set again stands in its place: a unit owes one opinion, not two. */
static void test_a_replaced_opinion_is_owed_once(void **state)
{
    (void)state;
    struct house *house = open_register();
    house_adopt_charter_text(house, "town", town_charter);
    open_issue(house, "A", "纳税");
    set_term(house, "coordination", "A", "opinion:市财政局", "市财政局", "o1");
    fix_term(house, "coordination", "A", "opinion:市财政局", "o1", DUE);
    clear_term(house, "coordination", "A", "o1", TIMELY);
    assert_int_equal(doc_int(unit_row(house, "市财政局"), FIELD_KEPT, -1), 1);
    set_term(house, "coordination", "A", "opinion:市财政局", "市财政局", "o2");
    fix_term(house, "coordination", "A", "opinion:市财政局", "o2", LATE);
    assert_string_equal(term_state(house, "o1"), "replaced");
    const struct doc *row = unit_row(house, "市财政局");
    assert_int_equal(doc_int(row, FIELD_OPEN, -1), 1);
    assert_int_equal(doc_int(row, FIELD_WITH_DEADLINE, -1), 1);
    assert_int_equal(doc_int(row, FIELD_KEPT, -1), 0);
    close_register(house);
}

/* ---- the time of an issue as a whole ---- */

static void raise_issue(struct house *house, const char *id, const char *raised)
{
    (void)tell(house, "coordination", "issue.opened", id,
               "{\"title\":\"t\",\"area\":\"纳税\",\"level\":\"team\",\"body\":\"team-5\",\"round\":1,"
               "\"class\":\"easy\",\"tags\":[\"channel=web\",\"city=x\"],\"raised\":\"%s\"}",
               raised);
}

static void resolve_by(struct house *house, const char *id, const char *term, const char *due)
{
    set_term(house, "coordination", id, "resolution", "x", term);
    fix_term(house, "coordination", id, "resolution", term, due);
}

static void figures_are(struct house *house, int64_t kept, int64_t late, int64_t unresolved, int64_t overdue)
{
    const struct doc *row = the_row(house, "figures", "{\"of\":\"all\"}");
    assert_int_equal(doc_int(row, FIELD_KEPT, -1), kept);
    assert_int_equal(doc_int(row, FIELD_LATE, -1), late);
    assert_int_equal(doc_int(row, FIELD_UNRESOLVED, -1), unresolved);
    assert_int_equal(doc_int(row, FIELD_OVERDUE, -1), overdue);
}

/* S3-1: the last due time that it was given, and its last resolution. */
static void test_an_issue_with_a_time_of_its_own_is_judged_by_that_alone(void **state)
{
    (void)state;
    struct house *house = open_register();
    raise_issue(house, "A", "2020-02-03T09:00:00+08:00");
    resolve_by(house, "A", "r1", DUE);
    shows(the_row(house, "issues", NULL), FIELD_TARGET, DUE);
    figures_are(house, 0, 0, 1, 0);
    /* a level's limit that is missed makes the issue no later */
    set_term(house, "coordination", "A", "team", "x", "d1");
    fix_term(house, "coordination", "A", "team", "d1", DUE);
    miss_term(house, "coordination", "A", "team", "d1", DUE);
    figures_are(house, 0, 0, 1, 0);
    miss_term(house, "coordination", "A", "resolution", "r1", DUE);
    figures_are(house, 0, 0, 1, 1);
    assert_int_equal(ask(house, "issues", "{\"overdue\":1}").rows_count, 1);
    /* extended: late no more */
    resolve_by(house, "A", "r2", LATE);
    figures_are(house, 0, 0, 1, 0);
    assert_int_equal(ask(house, "issues", "{\"overdue\":1}").rows_count, 0);
    settle_issue(house, "A", LATE); /* equal is on time */
    figures_are(house, 1, 0, 0, 0);
    (void)tell(house, "coordination", "issue.reopened", "A",
               "{\"level\":\"team\",\"body\":\"team-5\",\"round\":2,\"reason\":\"又出现\"}");
    figures_are(house, 0, 0, 1, 0);
    settle_issue(house, "A", "2020-02-11T00:00:00.000001+08:00"); /* the last resolution counts */
    figures_are(house, 0, 1, 0, 0);
    close_register(house);
}

static void test_figures_by_class_group_and_tag(void **state)
{
    (void)state;
    struct house *house = open_register();
    raise_issue(house, "A", "2020-02-03T09:00:00+08:00");
    raise_issue(house, "B", "2020-02-03T09:00:00+08:00");
    resolve_by(house, "A", "r1", DUE);
    settle_issue(house, "A", TIMELY);
    (void)tell(house, "coordination", "work.noted", "A",
               "{\"activity\":\"call\",\"level\":\"team\",\"group\":\"g1\",\"person\":\"甲\"}");
    row_is(the_row(house, "figures", "{\"of\":\"class\"}"), "easy", 1, 1, 0, 10000);
    row_is(the_row(house, "figures", "{\"of\":\"group\"}"), "g1", 1, 1, 0, 10000);
    row_is(the_row(house, "figures", "{\"of\":\"tag:channel\"}"), "web", 1, 1, 0, 10000);
    assert_int_equal(ask(house, "figures", "{\"of\":\"tag:color\"}").rows_count, 0);
    assert_int_equal(ask(house, "figures", "{\"of\":\"class\",\"atleast\":1}").rows_count, 1);
    assert_int_equal(ask(house, "figures", "{\"of\":\"class\",\"atleast\":2}").rows_count, 0);
    /* the group that had it last: the other one has it no more */
    (void)tell(house, "coordination", "work.noted", "A",
               "{\"activity\":\"visit\",\"level\":\"team\",\"group\":\"g2\",\"count\":1}");
    shows(the_row(house, "figures", "{\"of\":\"group\"}"), FIELD_NAME, "g2");
    close_register(house);
}

static void month_is(const struct doc *row, const char *name, int64_t raised, int64_t resolved, int64_t late,
                     int64_t open, int64_t overdue)
{
    shows(row, FIELD_NAME, name);
    assert_int_equal(doc_int(row, FIELD_RAISED_COUNT, -1), raised);
    assert_int_equal(doc_int(row, FIELD_RESOLVED_COUNT, -1), resolved);
    assert_int_equal(doc_int(row, FIELD_LATE, -1), late);
    assert_int_equal(doc_int(row, FIELD_OPEN, -1), open);
    assert_int_equal(doc_int(row, FIELD_OVERDUE, -1), overdue);
}

/* Ends of months are exact: what ends, or falls due, at 00:00 of the first is of the next month. */
static void test_months_go_on_without_a_gap(void **state)
{
    (void)state;
    struct house *house = open_register();
    char *text = town_text("+08:00", "+08:00");
    house_adopt_charter_text(house, "town", text);
    free(text);
    raise_issue(house, "A", "2019-11-30T23:59:59+08:00");
    resolve_by(house, "A", "a", "2019-12-31T23:59:59.999999+08:00");
    settle_issue(house, "A", "2020-02-01T00:00:00+08:00");
    raise_issue(house, "B", "2020-01-10T09:00:00+08:00");
    resolve_by(house, "B", "b", "2020-02-01T00:00:00+08:00");
    settle_issue(house, "B", "2019-12-20T00:00:00+08:00"); /* in the month before it was raised */
    raise_issue(house, "C", "2020-01-10T09:00:00+08:00");
    resolve_by(house, "C", "c", "2020-02-01T00:00:00+08:00");
    struct query_answer answer = ask(house, "figures", "{\"of\":\"month\"}");
    assert_int_equal(answer.rows_count, 4);
    month_is(answer.rows[0], "2019-11", 1, 0, 0, 1, 0);
    month_is(answer.rows[1], "2019-12", 0, 1, 0, 1, 1);
    month_is(answer.rows[2], "2020-01", 2, 0, 0, 2, 1);
    month_is(answer.rows[3], "2020-02", 0, 1, 1, 1, 1);
    answer = ask(house, "figures", "{\"of\":\"month\",\"rows\":1,\"page\":\"3\"}");
    month_is(answer.rows[0], "2020-01", 2, 0, 0, 2, 1); /* sums run on over pages */
    close_register(house);
}

/* Its time was up before it was raised: overdue from then on, not before. */
static void test_an_issue_is_overdue_from_the_month_it_was_raised_in(void **state)
{
    (void)state;
    struct house *house = open_register();
    char *text = town_text("+08:00", "+08:00");
    house_adopt_charter_text(house, "town", text);
    free(text);
    raise_issue(house, "A", "2020-02-03T09:00:00+08:00");
    resolve_by(house, "A", "a", "2019-12-31T23:59:59+08:00");
    struct query_answer answer = ask(house, "figures", "{\"of\":\"month\"}");
    assert_int_equal(answer.rows_count, 1);
    month_is(answer.rows[0], "2020-02", 1, 0, 0, 1, 1);
    close_register(house);
}

/* ---- lists ---- */

static void count_is(struct house *house, const char *what, const char *args, int64_t expected)
{
    char json[256];
    (void)snprintf(json, sizeof json, "{%s%s\"count\":1}", args, args[0] != '\0' ? "," : "");
    assert_int_equal(doc_int(the_row(house, what, json), FIELD_COUNT, -1), expected);
    (void)snprintf(json, sizeof json, "{%s}", args);
    assert_int_equal(ask(house, what, json).rows_count, expected);
}

static void test_lists_are_filtered_and_counted(void **state)
{
    (void)state;
    struct house *house = open_register();
    open_issue(house, "A", "纳税");
    raise_issue(house, "B", "2020-01-10T00:00:00+08:00");
    raise_issue(house, "C", "2020-01-11T00:00:00+08:00");
    settle_issue(house, "C", TIMELY);
    count_is(house, "issues", "", 3);
    count_is(house, "issues", "\"area\":\"纳税\",\"class\":\"easy\"", 2);
    count_is(house, "issues", "\"class\":\"easy\",\"state\":\"settled\",\"charter\":\"town\"", 1);
    count_is(house, "issues", "\"tags\":[\"channel=web\",\"city=x\"]", 2);
    count_is(house, "issues", "\"tags\":[\"channel=web\",\"city=y\"]", 0);
    count_is(house, "issues", "\"raisedin\":\"2020-01-10T00:00:00+08:00..2020-01-10T23:59:59+08:00\"", 1);
    count_is(house, "issues", "\"raisedin\":\"..2020-01-11T00:00:00+08:00\"", 2);
    count_is(house, "issues", "\"settledin\":\"2020-02-01T00:00:00+08:00..\",\"class\":\"easy\"", 1);
    count_is(house, "issues", "\"level\":\"nowhere\"", 0);
    /* a state that it left is not found there any more, nor under a long value */
    (void)tell(house, "coordination", "issue.closed", "C", "{\"how\":\"confirmed\",\"at\":\"%s\"}", LATE);
    count_is(house, "issues", "\"state\":\"settled\"", 0);
    char unit[129];
    (void)memset(unit, 'u', sizeof unit - 1);
    unit[sizeof unit - 1] = '\0';
    (void)tell(
        house, "coordination", "issue.opened", "D",
        "{\"title\":\"t\",\"area\":\"a\",\"level\":\"team\",\"body\":\"b\",\"round\":1,\"units\":[\"%s\","
        "\"%s\",\"other\"]}",
        unit, unit);
    char args[160];
    (void)snprintf(args, sizeof args, "\"unit\":\"%s\"", unit);
    count_is(house, "issues", args, 1); /* named twice, it stands there once */
    close_register(house);
}

static void test_every_kind_has_its_list(void **state)
{
    (void)state;
    struct house *house = open_register();
    (void)tell(house, "routines", "duty.opened", "town/weekly/office/1",
               "{\"routine\":\"weekly\",\"kind\":\"meeting\",\"body\":\"office\",\"by\":\"2020-02-14\"}");
    (void)tell(house, "routines", "duty.opened", "town/weekly/office/2",
               "{\"routine\":\"weekly\",\"kind\":\"meeting\",\"body\":\"office\",\"by\":\"2020-02-07\"}");
    struct query_answer answer = ask(house, "duties", "{\"state\":\"open\"}");
    shows(answer.rows[0], FIELD_BY, "2020-02-07"); /* the next first */
    (void)tell(house, "routines", "duty.met", "town/weekly/office/2",
               "{\"routine\":\"weekly\",\"kind\":\"meeting\",\"body\":\"office\",\"by\":\"2020-02-07\","
               "\"at\":\"%s\",\"ontime\":false,\"subject\":\"M-1\"}",
               TIMELY);
    count_is(house, "duties", "\"kind\":\"meeting\",\"state\":\"met\",\"routine\":\"weekly\"", 1);
    (void)tell(house, "routines", "meeting.recorded", "M-1",
               "{\"bodies\":[\"office\",\"leading\"],\"title\":\"例会\",\"at\":\"%s\"}", TIMELY);
    (void)tell(
        house, "routines", "minutes.recorded", "M-1",
        "{\"minutes\":\"J-1\",\"bodies\":[\"office\"],\"items\":[{\"title\":\"一\"},{\"title\":\"二\"}],"
        "\"version\":1}");
    (void)tell(house, "routines", "topic.recorded", "M-1",
               "{\"topic\":\"1\",\"title\":\"议题\",\"state\":\"submitted\"}");
    const struct doc *row = the_row(house, "meetings", "{\"body\":\"office\"}");
    shows(row, FIELD_MINUTES, "J-1");
    assert_int_equal(doc_count(row, FIELD_ITEMS), 2);
    count_is(house, "topics", "\"meeting\":\"M-1\",\"state\":\"submitted\"", 1);
    (void)tell(house, "supervision", "supervision.opened", "S-1",
               "{\"origin\":\"decision\",\"title\":\"x\",\"units\":[\"市财政局\"],\"supervisors\":[\"p\"],"
               "\"cites\":\"J-1 第一项\",\"meeting\":\"M-1\"}");
    (void)tell(house, "supervision", "supervision.updated", "S-1",
               "{\"state\":\"done-reported\",\"at\":\"%s\",\"unit\":\"市财政局\"}", TIMELY);
    shows(the_row(house, "items", "{\"post\":\"p\",\"meeting\":\"M-1\"}"), FIELD_STATE, "open"); /* a part */
    (void)tell(house, "supervision", "supervision.closed", "S-1", "{\"at\":\"%s\",\"how\":\"verified\"}",
               TIMELY);
    count_is(house, "items", "\"origin\":\"decision\",\"state\":\"closed\"", 1);
    for (int version = 1; version <= 2; version++)
        (void)tell(house, "supervision", "scores.published", "e",
                   "{\"period\":\"2020\",\"number\":1,\"version\":%d,\"formula\":\"f\",\"scores\":["
                   "{\"points\":9550,\"unit\":\"市财政局\",\"rank\":1},{\"points\":8000,\"post\":\"p\"}]}",
                   version);
    count_is(house, "scores", "\"state\":\"current\"", 2);
    assert_int_equal(
        doc_int(the_row(house, "scores", "{\"unit\":\"市财政局\",\"state\":\"current\"}"), FIELD_VERSION, 0),
        2);
    (void)tell(house, "notifications", "notification.sent", "A",
               "{\"post\":\"p\",\"channel\":\"log\",\"text\":\"x\",\"event\":\"issue.opened\",\"seq\":1}");
    (void)tell(house, "notifications", "notification.failed", "A",
               "{\"post\":\"p\",\"channel\":\"log\",\"seq\":1,\"attempts\":3,\"reason\":\"no\"}");
    count_is(house, "notifications", "\"state\":\"failed\",\"post\":\"p\"", 1);
    close_register(house);
}

/* Which units the plan reaches (S0-21). */
static void test_inspections_cover_units(void **state)
{
    (void)state;
    struct house *house = open_register();
    house_adopt_charter_text(house, "town", town_charter);
    (void)tell(house, "supervision", "inspection.scheduled", "Q-1",
               "{\"title\":\"督查\",\"units\":[\"市财政局\",\"市税务局\"]}");
    (void)tell(house, "supervision", "inspection.reported", "Q-2",
               "{\"title\":\"督查\",\"units\":[\"市财政局\"],\"text\":\"报告\"}");
    shows(the_row(house, "coverage", "{\"unit\":\"市财政局\"}"), FIELD_STATE, "inspected");
    shows(the_row(house, "coverage", "{\"unit\":\"市税务局\"}"), FIELD_STATE, "planned");
    shows(the_row(house, "coverage", "{\"unit\":\"深圳海关\"}"), FIELD_STATE, "not-planned");
    assert_int_equal(doc_int(the_row(house, "coverage", "{\"unit\":\"市财政局\"}"), FIELD_COUNT, 0), 2);
    close_register(house);
}

static void tell_inspection(struct house *house, const char *type, int first, int count, const char *more)
{
    struct buffer json;
    char line[EVENT_BYTES_MAX / 16];
    buffer_open(&json, sizeof line);
    for (int i = first; i < first + count; i++)
        buffer_printf(&json, "%s\"unit-%d\"", i > first ? "," : "", i);
    (void)snprintf(line, sizeof line, "{\"title\":\"督查\",\"units\":[%.*s]%s}",
                   TEXT_PRINT(buffer_text(&json)), more);
    buffer_close(&json);
    (void)house_publish_as(house, "worker/supervision", NULL, type, "Q-1", "town", NULL, line);
}

/* As many units as a list may have were to be inspected, and as many others were. */
static void test_an_inspection_may_change_all_its_units(void **state)
{
    (void)state;
    struct house *house = open_register();
    house_adopt_charter_text(house, "town", town_charter);
    tell_inspection(house, "inspection.scheduled", 0, LIST_COUNT_MAX, "");
    shows(the_row(house, "coverage", "{\"unit\":\"unit-0\"}"), FIELD_STATE, "planned");
    tell_inspection(house, "inspection.reported", LIST_COUNT_MAX, LIST_COUNT_MAX, ",\"text\":\"报告\"");
    assert_int_equal(ask(house, "coverage", "{\"unit\":\"unit-0\"}").rows_count, 0);
    shows(the_row(house, "coverage", "{\"unit\":\"unit-256\"}"), FIELD_STATE, "inspected");
    shows(the_row(house, "coverage", "{\"unit\":\"unit-511\"}"), FIELD_STATE, "inspected");
    close_register(house);
}

/* ---- measures ---- */

static const struct doc *measured(struct house *house, const char *json, const char *measure,
                                  const char *name)
{
    struct query_answer answer = ask(house, "measures", json);
    for (size_t i = 0; i < answer.rows_count; i++)
        if (text_is(doc_text(answer.rows[i], FIELD_MEASURE), measure) &&
            text_is(doc_text(answer.rows[i], FIELD_NAME), name))
            return answer.rows[i];
    fail_msg("no %s %s", measure, name);
    return NULL;
}

static struct house *open_with_calendar(void)
{
    const struct role *const roles[] = {&role_ledger, &role_deadlines, NULL};
    struct house *house = house_open_roles(roles);
    house_advance(house, "2020-01-01T09:00:00+08:00");
    house_adopt_calendar(house, "config/calendars/cn.yaml", NULL);
    return house;
}

static void work(struct house *house, const char *received, const char *group)
{
    char json[160];
    (void)snprintf(json, sizeof json,
                   "{\"activity\":\"call\",\"level\":\"team\",\"group\":\"%s\",\"person\":\"甲\"}", group);
    (void)house_publish_as(house, "worker/coordination", received, "work.noted", "A", "town", NULL, json);
}

static void test_durations_and_silence_are_measured_in_working_time(void **state)
{
    (void)state;
    struct house *house = open_with_calendar();
    house_advance(house, "2020-01-06T10:00:00+08:00");
    raise_issue(house, "A", "2020-01-06T10:00:00+08:00"); /* a Monday */
    raise_issue(house, "B", "2020-01-06T10:00:00+08:00");
    settle_issue(house, "B", "2020-01-06T08:00:00+08:00"); /* before it was raised: 0 */
    work(house, "2020-01-06T11:00:00+08:00", "g1");
    work(house, "2020-01-09T11:00:00+08:00", "g1"); /* on the third working day: no gap of 3 */
    work(house, "2020-01-15T11:00:00+08:00", "g2"); /* on the fourth */
    (void)house_publish_as(house, "worker/coordination", "2020-01-16T11:00:00+08:00", "issue.settled", "A",
                           "town", NULL,
                           "{\"how\":\"resolved\",\"level\":\"team\",\"at\":\"2020-01-16T11:00:00+08:00\"}");
    work(house, "2020-03-01T11:00:00+08:00", "g2"); /* behind the resolution */
    const struct doc *row = measured(house, "{\"calendar\":\"cn\"}", "elapsed-seconds", "");
    assert_int_equal(doc_int(row, FIELD_COUNT, 0), 2);
    assert_int_equal(doc_int(row, FIELD_LEAST, -1), 0);
    assert_int_equal(doc_int(row, FIELD_P50, -1), 0);
    assert_int_equal(doc_int(row, FIELD_P75, -1), 10 * 86400 + 3600);
    assert_int_equal(doc_int(measured(house, NULL, "resolved-before-raised", ""), FIELD_COUNT, 0), 1);
    assert_int_equal(doc_int(measured(house, NULL, "longer-than-days", "10"), FIELD_COUNT, 0), 1);
    assert_int_equal(doc_int(measured(house, NULL, "longer-than-days", "20"), FIELD_COUNT, 0), 0);
    row = measured(house, "{\"calendar\":\"cn\"}", "working-seconds", "");
    assert_int_equal(doc_int(row, FIELD_MOST, -1), (8 * 8 + 1) * 3600);
    row = measured(house, "{\"calendar\":\"cn\"}", "later-than-working-day", "5");
    assert_int_equal(doc_int(row, FIELD_COUNT, 0), 1);
    row = measured(house, "{\"calendar\":\"cn\"}", "later-than-working-day", "10");
    assert_int_equal(doc_int(row, FIELD_COUNT, 0), 0);
    row = measured(house, "{\"measure\":\"gaps\",\"calendar\":\"cn\"}", "between-work", "3");
    assert_int_equal(doc_int(row, FIELD_COUNT, -1), 1);
    assert_int_equal(doc_int(row, FIELD_CASES, -1), 1);
    assert_int_equal(doc_int(measured(house, "{\"measure\":\"groups\"}", "groups", "g2"), FIELD_COUNT, 0), 2);
    assert_int_equal(
        doc_int(measured(house, "{\"measure\":\"activities\"}", "activities", "call"), FIELD_COUNT, 0), 4);
    assert_int_equal(doc_int(measured(house, "{\"measure\":\"tags\"}", "channel", "web"), FIELD_COUNT, 0), 2);
    close_register(house);
}

static void test_moves_returns_reminders_are_counted(void **state)
{
    (void)state;
    struct house *house = open_register();
    open_issue(house, "A", "纳税");
    for (int i = 0; i < 2; i++)
        (void)tell(house, "coordination", "issue.escalated.group", "A",
                   "{\"from\":\"team\",\"to\":\"group\",\"body\":\"group-5\",\"round\":1}");
    (void)tell(house, "coordination", "issue.sent-back", "A",
               "{\"from\":\"group\",\"to\":\"team\",\"body\":\"team-5\",\"round\":2,\"reason\":\"再议\"}");
    (void)tell(house, "coordination", "work.noted", "A",
               "{\"activity\":\"call\",\"level\":\"team\",\"group\":\"g\",\"count\":3}");
    (void)tell(house, "coordination", "issue.reopened", "A",
               "{\"level\":\"team\",\"body\":\"team-5\",\"round\":3,\"reason\":\"又出现\"}");
    set_term(house, "coordination", "A", "opinion:市财政局", "市财政局", "o");
    for (int i = 0; i < 2; i++)
        (void)tell(
            house, "deadlines", "deadline.approaching", "A",
            "{\"deadline\":\"o\",\"owner\":\"coordination\",\"label\":\"opinion:市财政局\",\"due\":\"%s\","
            "\"rung\":1}",
            DUE);
    const struct doc *row = measured(house, "{\"measure\":\"moves\"}", "escalated", "");
    assert_int_equal(doc_int(row, FIELD_COUNT, 0), 2);
    assert_int_equal(doc_int(row, FIELD_CASES, 0), 1);
    assert_int_equal(doc_int(measured(house, "{\"measure\":\"moves\"}", "up", "team>group"), FIELD_COUNT, 0),
                     2);
    assert_int_equal(
        doc_int(measured(house, "{\"measure\":\"moves\"}", "down", "group>team"), FIELD_COUNT, 0), 1);
    assert_int_equal(doc_int(measured(house, "{\"measure\":\"returns\"}", "returns", ""), FIELD_COUNT, 0), 3);
    assert_int_equal(doc_int(measured(house, "{\"measure\":\"reopened\"}", "reopened", ""), FIELD_COUNT, 0),
                     1);
    assert_int_equal(
        doc_int(measured(house, "{\"measure\":\"reminders\"}", "reminders", "opinion"), FIELD_COUNT, 0), 2);
    close_register(house);
}

/* An outcome with a cause, put in by hand. */
static void post_data(struct house *house, const char *publisher, struct event *event, const char *json)
{
    struct arena arena;
    struct buffer body;
    struct doc *data;
    struct complaint complaint;
    arena_open(&arena, ARENA_BYTES_MAX);
    buffer_open(&body, EVENT_BYTES_MAX);
    assert_int_equal(doc_from_json(&arena, text_from(json), &data, &complaint), 0);
    event->data = data;
    event_encode(event, &body);
    (void)house_post_bytes(house, publisher, buffer_view(&body));
    house_settle(house);
    buffer_close(&body);
    arena_close(&arena);
}

/* ---- what became known later ---- */

static void test_what_is_known_later_of_an_earlier_day(void **state)
{
    (void)state;
    struct house *house = open_register();
    char *text = town_text("+08:00", "+08:00");
    house_adopt_charter_text(house, "town", text);
    free(text);
    open_issue(house, "A", "纳税");
    house_advance(house, "2020-02-20T09:00:00+08:00");
    /* received on the 20th, missed on the 10th */
    set_term(house, "coordination", "A", "team", "x", "d1");
    fix_term(house, "coordination", "A", "team", "d1", DUE);
    miss_term(house, "coordination", "A", "team", "d1", DUE);
    assert_int_equal(ask(house, "issues", "{\"asof\":\"2020-02-15\",\"overdue\":1}").rows_count, 0);
    assert_int_equal(ask(house, "issues", "{\"asof\":\"2020-02-02\"}").rows_count, 0);
    assert_int_equal(ask(house, "issues", "{\"asof\":\"2020-02-03\"}").rows_count, 1);
    assert_int_equal(ask(house, "issues", "{\"asof\":\"2020-02-20\",\"overdue\":1}").rows_count, 1);
    /* of the deadline itself only the miss had occurred by the 15th; the rest came with the 20th */
    struct query_answer answer = ask(house, "issues", "{\"asof\":\"2020-02-15\",\"known\":\"now\"}");
    assert_int_equal(answer.rows_count, 1);
    assert_true(doc_bool(answer.rows[0], FIELD_MISSED));
    house_advance(house, "2020-03-20T09:00:00+08:00");
    open_issue(house, "B", "纳税");
    answer = ask(house, "figures", "{\"of\":\"month\",\"asof\":\"2020-02-15\",\"known\":\"now\"}");
    assert_int_equal(answer.rows_count, 1); /* no month behind the day */
    answer = ask(house, "issues", "{\"asof\":\"2020-02-15\",\"known\":\"2020-02-19\"}");
    assert_false(doc_bool(answer.rows[0], FIELD_MISSED));
    assert_int_equal(ask(house, "timeline", "{\"subject\":\"A\",\"asof\":\"2020-02-15\"}").rows_count, 1);
    assert_int_equal(
        ask(house, "timeline", "{\"subject\":\"A\",\"asof\":\"2020-02-15\",\"known\":\"now\"}").rows_count,
        2);
    close_register(house);
}

/* Of a duty whose opening came with the 20th, by a cause of the 10th only that it was missed is known: it has
 * no day by then, and stands behind those that have one. */
static void test_what_has_no_day_yet_stands_last(void **state)
{
    (void)state;
    static const char opened[] =
        "{\"routine\":\"例会\",\"kind\":\"meeting\",\"body\":\"office\",\"by\":\"2020-03-%02d\"}";
    static const char then[] = "\"asof\":\"2020-02-15T00:00:00+08:00\",\"known\":\"now\"";
    struct house *house = open_register();
    (void)tell(house, "routines", "duty.opened", "a", opened, 9);
    house_advance(house, "2020-02-20T09:00:00+08:00");
    (void)tell(house, "routines", "duty.opened", "b", opened, 1);
    uint64_t struck = house_publish_as(house, "duband", NULL, "clock.struck", NULL, NULL, NULL,
                                       "{\"at\":\"2020-02-10T00:00:00+08:00\"}");
    struct event missed = {.id = TEXT("missed"),
                           .source = TEXT("/worker/routines"),
                           .type = &event_types[EVENT_DUTY_MISSED],
                           .type_name = TEXT("duty.missed"),
                           .subject = TEXT("b"),
                           .charter = TEXT("town"),
                           .time_us = house_now_us(house),
                           .cause = struck};
    post_data(house, "worker/routines", &missed,
              "{\"routine\":\"例会\",\"kind\":\"meeting\",\"body\":\"office\",\"by\":\"2020-03-01\","
              "\"result\":\"duty\"}");
    count_is(house, "duties", then, 2);
    char json[160];
    (void)snprintf(json, sizeof json, "{%s}", then);
    struct query_answer answer = ask(house, "duties", json);
    shows(answer.rows[0], FIELD_BY, "2020-03-09");
    assert_false(doc_has(answer.rows[1], FIELD_BY));
    assert_int_equal(ask_pages(house, "duties", then, 1), 2);
    close_register(house);
}

/* What was resolved is measured in the working time that was known then. */
static void test_working_time_is_that_of_the_calendar_as_known_then(void **state)
{
    (void)state;
    struct house *house = open_with_calendar();
    house_advance(house, "2020-01-20T10:00:00+08:00");
    raise_issue(house, "A", "2020-01-20T10:00:00+08:00");
    settle_issue(house, "A", "2020-02-07T10:00:00+08:00");
    work(house, "2020-03-02T10:00:00+08:00", "g1");
    /* the notice of 27 January took two working days away: 31 January and 1 February */
    static const struct {
        const char *as_of;
        int64_t working_seconds;
    } known[] = {{"2020-01-25T23:00:00+08:00", 10 * 8 * 3600}, {"2020-02-20T23:00:00+08:00", 8 * 8 * 3600}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char json[128];
        (void)snprintf(json, sizeof json, "{\"calendar\":\"cn\",\"asof\":\"%s\"}", known[i].as_of);
        const struct doc *row = measured(house, json, "working-seconds", "");
        assert_int_equal(doc_int(row, FIELD_MOST, -1), known[i].working_seconds);
    }
    close_register(house);
}

static void test_figures_of_the_past_are_of_the_charter_that_is_asked_for(void **state)
{
    (void)state;
    struct house *house = open_register();
    open_issue(house, "A", "纳税");
    open_issue(house, "B", "纳税");
    (void)house_publish_as(
        house, "worker/coordination", NULL, "issue.opened", "V", "village", NULL,
        "{\"title\":\"t\",\"area\":\"纳税\",\"level\":\"team\",\"body\":\"b\",\"round\":1}");
    house_advance(house, "2020-02-20T09:00:00+08:00");
    open_issue(house, "C", "纳税");
    struct query_answer answer = ask(house, "figures", "{\"asof\":\"2020-02-10T00:00:00+08:00\"}");
    assert_int_equal(answer.rows_count, 2);
    const struct doc *row =
        the_row(house, "figures", "{\"asof\":\"2020-02-10T00:00:00+08:00\",\"charter\":\"town\"}");
    shows(row, FIELD_CHARTER, "town");
    assert_int_equal(doc_int(row, FIELD_COUNT, -1), 2);
    close_register(house);
}

/* ---- why ---- */

static uint64_t caused(struct house *house, uint64_t cause, const char *id)
{
    struct arena arena;
    struct buffer body;
    arena_open(&arena, ARENA_BYTES_MAX);
    buffer_open(&body, EVENT_BYTES_MAX);
    struct doc *data = doc_new(&arena);
    doc_set_text(data, FIELD_UNIT, TEXT("市财政局"));
    doc_set_text(data, FIELD_OPINION, TEXT("同意"));
    doc_set_text(data, FIELD_CLAUSE, TEXT("四（二）"));
    doc_add_int(data, FIELD_INPUTS, (int64_t)cause);
    const struct event event = {.id = text_from(id),
                                .source = TEXT("/worker/coordination"),
                                .type = &event_types[EVENT_OPINION_RECORDED],
                                .type_name = TEXT("opinion.recorded"),
                                .subject = TEXT("A"),
                                .charter = TEXT("town"),
                                .time_us = house_now_us(house),
                                .cause = cause,
                                .data = data};
    event_encode(&event, &body);
    uint64_t seq = house_post_bytes(house, "worker/coordination", buffer_view(&body));
    house_settle(house);
    buffer_close(&body);
    arena_close(&arena);
    return seq;
}

static void test_why_follows_causes_and_shows_each_once(void **state)
{
    (void)state;
    struct house *house = open_register();
    uint64_t report = house_publish(house, NULL, "opinion.submitted", "A", "town", NULL,
                                    "{\"unit\":\"市财政局\",\"opinion\":\"同意\\n附表\"}");
    uint64_t first = caused(house, report, "c-1"), second = caused(house, report, "c-2");
    uint64_t third = caused(house, second, "c-3");
    struct query_answer answer = ask(house, "why", "{\"subject\":\"A\"}");
    assert_int_equal(answer.rows_count, 4);
    const uint64_t seqs[] = {first, report, second, third};
    const int64_t depths[] = {0, 1, 0, 0};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(doc_int(answer.rows[i], FIELD_SEQ, 0), seqs[i]);
        assert_int_equal(doc_int(answer.rows[i], FIELD_DEPTH, -1), depths[i]);
    }
    shows(answer.rows[0], FIELD_CLAUSE, "四（二）");
    assert_int_equal(doc_int_at(answer.rows[0], FIELD_INPUTS, 0), report);
    shows(answer.rows[1], FIELD_SUMMARY, "unit 市财政局; 同意 附表");
    assert_int_equal(ask(house, "why", "{\"subject\":\"A\",\"type\":\"opinion\"}").rows_count, 4);
    assert_int_equal(ask(house, "why", "{\"subject\":\"A\",\"type\":\"issue\"}").rows_count, 0);
    close_register(house);
}

static void test_a_summary_tells_times_to_the_second(void **state)
{
    (void)state;
    struct house *house = open_register();
    (void)tell(house, "deadlines", "deadline.moved", "A",
               "{\"deadline\":\"d\",\"owner\":\"coordination\",\"label\":\"team\",\"arithmetic\":\"x\","
               "\"before\":\"2020-02-14T23:59:59.999999+08:00\",\"after\":\"2020-02-18T15:59:59.5Z\"}");
    shows(the_row(house, "timeline", "{\"subject\":\"A\"}"), FIELD_SUMMARY,
          "deadline d; label team; before 2020-02-14T23:59:59+08:00; after 2020-02-18T15:59:59Z");
    close_register(house);
}

static void test_a_summary_ends_with_a_whole_value(void **state)
{
    (void)state;
    struct house *house = open_register();
    char label[121];
    (void)memset(label, 'x', sizeof label - 1);
    label[sizeof label - 1] = '\0';
    (void)tell(house, "deadlines", "deadline.moved", "A",
               "{\"deadline\":\"d\",\"owner\":\"coordination\",\"label\":\"%s\",\"arithmetic\":\"x\","
               "\"before\":\"2020-02-14T23:59:59.999999+08:00\",\"after\":\"2020-02-18T15:59:59.5Z\"}",
               label);
    struct text summary = doc_text(the_row(house, "timeline", "{\"subject\":\"A\"}"), FIELD_SUMMARY);
    static const char end[] = "x; before 2020-02-14T23:59:59+08:00; …";
    assert_true(summary.bytes > sizeof end);
    assert_memory_equal(summary.at + summary.bytes - (sizeof end - 1), end, sizeof end - 1);
    close_register(house);
}

/* The clock has no zone, and its report is read beside what followed from it. */
static void test_why_shows_a_chain_in_one_zone(void **state)
{
    (void)state;
    struct house *house = open_register();
    char *text = town_text("+08:00", "+05:30");
    house_adopt_charter_text(house, "town", text);
    free(text);
    uint64_t strike = house_publish_as(house, "duband", NULL, "clock.struck", NULL, NULL, NULL,
                                       "{\"at\":\"2020-02-03T01:00:00Z\"}");
    (void)caused(house, strike, "c-1");
    struct query_answer answer = ask(house, "why", "{\"subject\":\"A\"}");
    assert_int_equal(answer.rows_count, 2);
    shows(answer.rows[1], FIELD_TYPE, "clock.struck");
    shows(answer.rows[1], FIELD_RECEIVED, "2020-02-03T06:30:00+05:30");
    close_register(house);
}

static void test_pages_may_begin_within_a_chain(void **state)
{
    (void)state;
    struct house *house = open_register();
    uint64_t seq = house_publish(house, NULL, "opinion.submitted", "B", "town", NULL,
                                 "{\"unit\":\"市财政局\",\"opinion\":\"同意\"}");
    uint64_t conclusion = caused(house, seq, "c-1"); /* about A; its cause is about B */
    struct query_answer answer = ask(house, "why", "{\"subject\":\"A\",\"rows\":1}");
    assert_true(answer.more);
    assert_int_equal(doc_int(answer.rows[0], FIELD_SEQ, 0), conclusion);
    char json[128];
    (void)snprintf(json, sizeof json, "{\"subject\":\"A\",\"rows\":1,\"page\":\"%.*s\"}",
                   TEXT_PRINT(doc_text(answer.rows[0], FIELD_PAGE)));
    answer = ask(house, "why", json);
    assert_false(answer.more);
    assert_int_equal(answer.rows_count, 1);
    assert_int_equal(doc_int(answer.rows[0], FIELD_SEQ, 0), seq);
    close_register(house);
}

static void test_a_timeline_has_every_event_about_the_subject(void **state)
{
    (void)state;
    struct house *house = open_register();
    open_issue(house, "A", "纳税");
    assign(house, "A/1", "市财政局"); /* names the issue: it belongs to both */
    (void)tell(house, "coordination", "issuelist.issued", "QD-1", "{\"issues\":[\"A\",\"B\"],\"version\":1}");
    (void)tell(house, "coordination", "request.refused", "A",
               "{\"event\":\"escalation.requested\",\"reason\":\"缺意见\",\"clause\":\"四（二）\","
               "\"owed\":[{\"need\":\"opinions\",\"who\":\"市财政局\"}]}");
    struct query_answer answer = ask(house, "timeline", "{\"subject\":\"A\"}");
    assert_int_equal(answer.rows_count, 4);
    shows(answer.rows[3], FIELD_SUMMARY, "缺意见; event escalation.requested");
    shows(doc_doc_at(answer.rows[3], FIELD_OWED, 0), FIELD_WHO, "市财政局");
    assert_int_equal(ask(house, "timeline", "{\"subject\":\"A/1\"}").rows_count, 1);
    assert_int_equal(ask(house, "timeline", "{\"subject\":\"B\"}").rows_count, 1);
    assert_int_equal(ask(house, "timeline", "{\"subject\":\"nobody\"}").rows_count, 0);
    close_register(house);
}

/* ---- bulletins, charters, posts ---- */

static void test_bulletins_are_listed_without_their_text_and_shown_with_it(void **state)
{
    (void)state;
    struct house *house = open_register();
    (void)tell(house, "bulletins", "bulletin.published", "monthly/2020-02",
               "{\"bulletin\":\"monthly/"
               "2020-02\",\"period\":\"2020-02\",\"number\":1,\"title\":\"通报\",\"text\":\"# 通报\\n\","
               "\"digest\":\"%064d\",\"fromseq\":1,\"throughseq\":2}",
               0);
    assert_false(doc_has(the_row(house, "bulletins", NULL), FIELD_TEXT));
    shows(the_row(house, "bulletin", "{\"bulletin\":\"monthly/2020-02\"}"), FIELD_TEXT, "# 通报\n");
    assert_int_equal(ask(house, "bulletin", "{\"bulletin\":\"monthly/2020-03\"}").rows_count, 0);
    close_register(house);
}

static const struct doc *post_row(struct house *house, const char *post)
{
    struct query_answer answer = ask(house, "posts", "{\"charter\":\"town\"}");
    for (size_t i = 0; i < answer.rows_count; i++)
        if (text_is(doc_text(answer.rows[i], FIELD_POST), post))
            return answer.rows[i];
    fail_msg("no post %s", post);
    return NULL;
}

static void test_posts_change_hands(void **state)
{
    (void)state;
    struct house *house = open_register();
    house_adopt_charter_text(house, "town", town_charter);
    shows(post_row(house, "office.director"), FIELD_BODY, "office");
    assert_true(text_is(doc_text_at(post_row(house, "office.director"), FIELD_SET, 0), "某甲"));
    (void)tell(house, "coordination", "post.held", NULL,
               "{\"post\":\"office.director\",\"person\":\"某乙\",\"result\":\"filled\"}");
    assert_int_equal(doc_count(post_row(house, "office.director"), FIELD_SET), 2);
    (void)tell(house, "coordination", "post.held", NULL,
               "{\"post\":\"office.director\",\"person\":\"某甲\",\"result\":\"vacated\"}");
    assert_true(text_is(doc_text_at(post_row(house, "office.director"), FIELD_SET, 0), "某乙"));
    (void)tell(house, "coordination", "post.held", NULL,
               "{\"post\":\"office.director\",\"result\":\"vacated\"}");
    assert_int_equal(doc_count(post_row(house, "office.director"), FIELD_SET), 0);
    close_register(house);
}

static void test_charters_show_the_version_in_force(void **state)
{
    (void)state;
    struct house *house = open_register();
    for (int version = 1; version <= 2; version++)
        (void)tell(house, "coordination", "charter.enacted", NULL,
                   "{\"name\":\"town\",\"version\":%d,\"title\":\"机制\",\"digest\":\"%064d\"}", version,
                   version);
    assert_int_equal(doc_int(the_row(house, "charters", "{\"state\":\"in-force\"}"), FIELD_VERSION, 0), 2);
    assert_int_equal(doc_int(the_row(house, "charters", "{\"state\":\"superseded\"}"), FIELD_VERSION, 0), 1);
    close_register(house);
}

/* Accepted for a later day, and enacted on it: both instants stand. */
static void test_charters_show_when_they_were_adopted_and_enacted(void **state)
{
    (void)state;
    struct house *house = open_register();
    static const char data[] =
        "{\"name\":\"town\",\"version\":1,\"effective\":\"2020-03-01\",\"digest\":\"%064d\"}";
    house_advance(house, "2020-02-10T09:00:00+08:00");
    (void)tell(house, "coordination", "charter.accepted", NULL, data, 1);
    const struct doc *row = the_row(house, "charters", NULL);
    shows(row, FIELD_STATE, "accepted");
    shows(row, FIELD_RECEIVED, "2020-02-10T09:00:00+08:00");
    assert_false(doc_has(row, FIELD_AT));
    house_advance(house, "2020-03-01T00:00:00+08:00");
    (void)tell(house, "coordination", "charter.enacted", NULL, data, 1);
    row = the_row(house, "charters", NULL);
    shows(row, FIELD_STATE, "in-force");
    shows(row, FIELD_RECEIVED, "2020-02-10T09:00:00+08:00");
    shows(row, FIELD_EFFECTIVE, "2020-03-01");
    shows(row, FIELD_AT, "2020-03-01T00:00:00+08:00");
    close_register(house);
}

/* ---- pages and bounds ---- */

/* Asks page after page; returns how many rows came, each once. */
static void test_every_list_goes_on_where_its_page_ended(void **state)
{
    (void)state;
    struct house *house = open_register();
    house_adopt_charter_text(house, "town", town_charter);
    for (int i = 0; i < 5; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "I-%d", i);
        open_issue(house, id, "纳税");
        set_term(house, "coordination", id, "team", "市税务局", id);
    }
    assert_int_equal(ask_pages(house, "issues", "", 2), 5);
    assert_int_equal(ask_pages(house, "deadlines", "", 2), 5);
    assert_int_equal(ask_pages(house, "timeline", "\"subject\":\"I-1\"", 1), 2);
    assert_int_equal(ask_pages(house, "why", "\"subject\":\"I-1\"", 1), 2);
    assert_int_equal(ask_pages(house, "units", "\"charter\":\"town\"", 4), 6);
    assert_int_equal(ask_pages(house, "posts", "", 1), ask(house, "posts", NULL).rows_count);
    assert_int_equal(ask_pages(house, "names", "\"of\":\"body\"", 1),
                     ask(house, "names", "{\"of\":\"body\"}").rows_count);
    /* the same of the past: every row once, in the order of the whole */
    house_advance(house, "2020-02-20T09:00:00+08:00");
    fix_term(house, "coordination", "I-4", "team", "I-4", DUE);
    static const char *const lists[] = {"issues", "deadlines"};
    static const char as_of[] = "\"asof\":\"2020-02-10T00:00:00+08:00\"";
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (size_t rows = 1; rows <= 6; rows++)
            assert_int_equal(ask_pages(house, lists[i], as_of, rows), 5);
    close_register(house);
}

/* Every row once, in the order of the whole, however small the pages are. */
static void pages_are_whole(struct house *house, const char *what, const char *args, size_t rows,
                            size_t expected)
{
    char json[512], page[64] = "1";
    size_t count = 0;
    for (bool more = true; more;) {
        (void)snprintf(json, sizeof json, "{%s,\"rows\":%zu,\"page\":\"%s\"}", args, rows, page);
        struct query_answer answer = ask(house, what, json);
        assert_true(answer.rows_count > 0);
        assert_true(answer.rows_count <= rows);
        const struct doc *last = answer.rows[answer.rows_count - 1];
        for (size_t i = 0; i < answer.rows_count; i++, count++) {
            char name[32];
            (void)snprintf(name, sizeof name, "p%04zu", count);
            shows(answer.rows[i], FIELD_NAME, name);
        }
        more = answer.more;
        assert_int_equal(doc_has(last, FIELD_PAGE), more);
        (void)snprintf(page, sizeof page, "%.*s", TEXT_PRINT(doc_text(last, FIELD_PAGE)));
    }
    assert_int_equal(count, expected);
}

static void test_measures_go_on_over_pages(void **state)
{
    (void)state;
    struct house *house = open_register();
    const size_t persons = QUERY_ROWS_MAX + 100;
    open_issue(house, "A", "纳税");
    for (size_t i = 0; i < persons; i++)
        (void)tell(house, "coordination", "work.noted", "A",
                   "{\"activity\":\"call\",\"level\":\"team\",\"person\":\"p%04zu\"}", i);
    pages_are_whole(house, "measures", "\"measure\":\"persons\"", QUERY_ROWS_MAX, persons);
    pages_are_whole(house, "measures", "\"measure\":\"persons\"", 300, persons);
    size_t all = ask(house, "measures", NULL).rows_count;
    assert_true(all > 5);
    assert_int_equal(ask_pages(house, "measures", "", 2), all);
    close_register(house);
}

static void breath(void *context)
{
    ++*(size_t *)context;
}

/* Whatever reads all rows, or all that happened, gives its process time to show signs of life. */
static void test_long_answers_breathe(void **state)
{
    (void)state;
    static const struct {
        const char *query, *args;
    } asked[] = {{"measures", "{\"measure\":\"durations\"}"},
                 {"measures", "{\"measure\":\"persons\"}"},
                 {"measures", "{\"measure\":\"moves\"}"},
                 {"issues", "{\"asof\":\"2020-02-10T00:00:00+08:00\",\"count\":1}"},
                 {"issues", "{\"asof\":\"2020-02-10T00:00:00+08:00\",\"state\":\"closed\"}"},
                 {"deadlines", "{\"asof\":\"2020-02-10T00:00:00+08:00\",\"state\":\"kept\"}"},
                 {"figures", "{\"asof\":\"2020-02-10T00:00:00+08:00\"}"}};
    struct house *house = open_register();
    for (int i = 0; i < 20; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "I-%d", i);
        open_issue(house, id, "纳税");
        set_term(house, "coordination", id, "team", "市税务局", id);
    }
    house_advance(house, "2020-02-20T09:00:00+08:00");
    open_issue(house, "later", "纳税");
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        size_t breaths = 0;
        worker_on_breath(house_worker(house, "ledger"), breath, &breaths);
        (void)ask(house, asked[i].query, asked[i].args);
        if (breaths < 20)
            fail_msg("%s %s: %zu breaths", asked[i].query, asked[i].args, breaths);
    }
    worker_on_breath(house_worker(house, "ledger"), NULL, NULL);
    close_register(house);
}

static void test_an_answer_fits_one_message(void **state)
{
    (void)state;
    struct house *house = open_register();
    char note[4000];
    memset(note, 'x', sizeof note - 1);
    note[sizeof note - 1] = '\0';
    for (int i = 0; i <= QUERY_ROWS_MAX; i++)
        (void)house_post(house, NULL, "issue.resolved", "A", "town", NULL, "{\"note\":\"……………………………………\"}");
    house_settle(house);
    struct query_answer answer = ask(house, "timeline", "{\"subject\":\"A\"}");
    assert_int_equal(answer.rows_count, QUERY_ROWS_MAX);
    assert_true(answer.more);
    assert_int_equal(ask_pages(house, "timeline", "\"subject\":\"A\"", QUERY_ROWS_MAX), QUERY_ROWS_MAX + 1);
    /* a few rows of many bytes fill a page too */
    for (int i = 0; i < 80; i++)
        (void)tell(house, "deadlines", "deadline.fixed", "B",
                   "{\"deadline\":\"x\",\"owner\":\"tasks\",\"label\":\"task\",\"arithmetic\":\"%.1900s\"}",
                   note);
    answer = ask(house, "why", "{\"subject\":\"B\"}");
    assert_int_equal(answer.rows_count, 80);
    for (int i = 0; i < 300; i++)
        (void)tell(house, "deadlines", "deadline.fixed", "B",
                   "{\"deadline\":\"x\",\"owner\":\"tasks\",\"label\":\"task\",\"arithmetic\":\"%.1900s\"}",
                   note);
    answer = ask(house, "why", "{\"subject\":\"B\"}");
    assert_true(answer.more && answer.rows_count < 380);
    assert_int_equal(ask_pages(house, "why", "\"subject\":\"B\"", QUERY_ROWS_MAX), 380);
    close_register(house);
}

static void refuses(struct house *house, const char *what, const char *json, const char *part)
{
    struct query_answer answer = house_query(house, "ledger", what, json);
    assert_false(answer.ok);
    if (memmem(answer.error.at, answer.error.bytes, part, strlen(part)) == NULL)
        fail_msg("%s %s: %.*s", what, json, TEXT_PRINT(answer.error));
}

/* Levels, areas and bodies of the charter, though no issue was ever there; page by page they are the same. */
static void test_names_are_those_of_the_charter(void **state)
{
    (void)state;
    struct house *house = open_register();
    house_adopt_charter_text(house, "town", town_charter);
    static const struct {
        const char *args, *name;
    } cases[] = {{"{\"of\":\"level\"}", "group"},
                 {"{\"of\":\"area\"}", "纳税"},
                 {"{\"of\":\"body\"}", "office"},
                 {"{\"of\":\"class\"}", "咨询"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct query_answer answer = ask(house, "names", cases[i].args);
        bool found = false;
        for (size_t r = 0; r < answer.rows_count; r++) {
            shows(answer.rows[r], FIELD_CHARTER, "town");
            found |= text_is(doc_text(answer.rows[r], FIELD_NAME), cases[i].name);
        }
        assert_true(found);
    }
    assert_int_equal(ask(house, "names", "{\"of\":\"area\",\"charter\":\"nowhere\"}").rows_count, 0);
    refuses(house, "names", "{\"of\":\"colour\"}", "level, area, body, class or routine");
    refuses(house, "names", "{}", "level, area, body, class or routine");
    close_register(house);
}

/* What a report may say, a question may: a unit by its alias, an area by its number. */
static void test_aliases_and_numbers_are_names(void **state)
{
    (void)state;
    struct house *house = open_register();
    house_adopt_charter_text(house, "town", town_charter);
    open_issue(house, "A", "纳税");
    assign(house, "A/1", "市财政局");
    shows(the_row(house, "issues", "{\"area\":\"5\"}"), FIELD_ID, "A");
    assert_int_equal(ask(house, "issues", "{\"area\":\"8\"}").rows_count, 0);
    shows(the_row(house, "tasks", "{\"unit\":\"财政局\"}"), FIELD_ID, "A/1");
    shows(the_row(house, "units", "{\"unit\":\"财政局\"}"), FIELD_UNIT, "市财政局");
    assert_int_equal(ask(house, "units", "{\"unit\":\"财政局\",\"charter\":\"nowhere\"}").rows_count, 0);
    close_register(house);
}

static void test_what_is_not_understood_is_refused(void **state)
{
    (void)state;
    struct house *house = open_register();
    refuses(house, "isues", NULL, "unknown query isues");
    refuses(house, "issues", "{\"owner\":\"tasks\"}", "takes no owner");
    refuses(house, "issues", "{\"rows\":0}", "rows must be");
    refuses(house, "figures", "{\"of\":\"city\"}", "of must be");
    refuses(house, "timeline", NULL, "subject");
    refuses(house, "why", "{\"subject\":\"A\",\"page\":\"x\"}", "page");
    refuses(house, "deadlines", "{\"page\":\"x\"}", "page");
    refuses(house, "bulletin", NULL, "which one");
    refuses(house, "issues", "{\"asof\":\"then\"}", "neither a day");
    refuses(house, "issues", "{\"asof\":\"2020-02-03\"}", "in which zone");
    refuses(house, "issues", "{\"raisedin\":\"2020\"}", "FROM..TO");
    refuses(house, "tasks", "{\"raisedin\":\"..\"}", "takes no raisedin");
    refuses(house, "duties", "{\"page\":\"x\"}", "page");
    refuses(house, "figures", "{\"of\":\"tag:\"}", "of must be");
    refuses(house, "measures", "{\"measure\":\"luck\"}", "measure must be");
    refuses(house, "measures", "{\"measure\":\"gaps\"}", "which calendar");
    refuses(house, "measures", "{\"calendar\":\"cnn\"}", "is not published");
    close_register(house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_issue_goes_up_is_settled_closed_and_reopened),
        cmocka_unit_test(test_an_issue_is_due_while_a_limit_of_it_runs),
        cmocka_unit_test(test_times_of_a_case_share_the_charters_zone),
        cmocka_unit_test(test_filters_are_equalities),
        cmocka_unit_test(test_a_task_shows_unit_progress_and_misses),
        cmocka_unit_test(test_a_deadline_is_kept_or_missed_by_its_stamps),
        cmocka_unit_test(test_a_deadline_that_rang_is_reached_until_its_owner_says_more),
        cmocka_unit_test(test_a_deadline_set_again_by_the_same_cause_is_replaced),
        cmocka_unit_test(test_a_moved_deadline_moves_in_the_list_and_on_its_issue),
        cmocka_unit_test(test_ranks_are_exact_and_shared_by_ties),
        cmocka_unit_test(test_an_issue_without_a_deadline_is_counted_but_not_ranked),
        cmocka_unit_test(test_units_show_what_they_owe),
        cmocka_unit_test(test_a_dropped_task_counts_only_if_it_was_late),
        cmocka_unit_test(test_a_replaced_opinion_is_owed_once),
        cmocka_unit_test(test_an_issue_with_a_time_of_its_own_is_judged_by_that_alone),
        cmocka_unit_test(test_figures_by_class_group_and_tag),
        cmocka_unit_test(test_months_go_on_without_a_gap),
        cmocka_unit_test(test_an_issue_is_overdue_from_the_month_it_was_raised_in),
        cmocka_unit_test(test_lists_are_filtered_and_counted),
        cmocka_unit_test(test_every_kind_has_its_list),
        cmocka_unit_test(test_inspections_cover_units),
        cmocka_unit_test(test_an_inspection_may_change_all_its_units),
        cmocka_unit_test(test_durations_and_silence_are_measured_in_working_time),
        cmocka_unit_test(test_moves_returns_reminders_are_counted),
        cmocka_unit_test(test_what_is_known_later_of_an_earlier_day),
        cmocka_unit_test(test_what_has_no_day_yet_stands_last),
        cmocka_unit_test(test_working_time_is_that_of_the_calendar_as_known_then),
        cmocka_unit_test(test_figures_of_the_past_are_of_the_charter_that_is_asked_for),
        cmocka_unit_test(test_why_follows_causes_and_shows_each_once),
        cmocka_unit_test(test_a_summary_tells_times_to_the_second),
        cmocka_unit_test(test_a_summary_ends_with_a_whole_value),
        cmocka_unit_test(test_why_shows_a_chain_in_one_zone),
        cmocka_unit_test(test_pages_may_begin_within_a_chain),
        cmocka_unit_test(test_a_timeline_has_every_event_about_the_subject),
        cmocka_unit_test(test_bulletins_are_listed_without_their_text_and_shown_with_it),
        cmocka_unit_test(test_posts_change_hands),
        cmocka_unit_test(test_names_are_those_of_the_charter),
        cmocka_unit_test(test_aliases_and_numbers_are_names),
        cmocka_unit_test(test_charters_show_the_version_in_force),
        cmocka_unit_test(test_charters_show_when_they_were_adopted_and_enacted),
        cmocka_unit_test(test_every_list_goes_on_where_its_page_ended),
        cmocka_unit_test(test_measures_go_on_over_pages),
        cmocka_unit_test(test_long_answers_breathe),
        cmocka_unit_test(test_an_answer_fits_one_message),
        cmocka_unit_test(test_what_is_not_understood_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
