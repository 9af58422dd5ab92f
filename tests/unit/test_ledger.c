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

/* ---- pages and bounds ---- */

/* Asks page after page; returns how many rows came, each once. */
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
        cmocka_unit_test(test_why_follows_causes_and_shows_each_once),
        cmocka_unit_test(test_a_summary_tells_times_to_the_second),
        cmocka_unit_test(test_a_summary_ends_with_a_whole_value),
        cmocka_unit_test(test_why_shows_a_chain_in_one_zone),
        cmocka_unit_test(test_pages_may_begin_within_a_chain),
        cmocka_unit_test(test_a_timeline_has_every_event_about_the_subject),
        cmocka_unit_test(test_bulletins_are_listed_without_their_text_and_shown_with_it),
        cmocka_unit_test(test_posts_change_hands),
        cmocka_unit_test(test_charters_show_the_version_in_force),
        cmocka_unit_test(test_every_list_goes_on_where_its_page_ended),
        cmocka_unit_test(test_an_answer_fits_one_message),
        cmocka_unit_test(test_what_is_not_understood_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
