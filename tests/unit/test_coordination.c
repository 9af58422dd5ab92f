/* test_coordination.c - goal: an issue goes its lawful way up and down, every report has exactly one verdict,
 * and lateness depends on receive stamps alone. Method: the real role in a house without walls under a small
 * town's charter; deadlines are told by hand, so that each order can be tried; rebuilt state is compared with
 * live state at every test's end. */
#include "base/limits.h"
#include "tests/support/town.h"
#include "workers/coordination/actors.h"
#include "workers/coordination/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define RAISED "{\"title\":\"税费申报\",\"area\":\"纳税\",\"raiser\":\"某企业\"}"

/* ---- the table, every cell ---- */

struct sample {
    const char *type, *actor, *json;
};
static const struct sample samples[] = {
    {"issue.raised", NULL, RAISED},
    {"opinion.requested", NULL, "{\"units\":[\"深圳海关\"]}"},
    {"opinion.submitted", NULL, "{\"unit\":\"市财政局\",\"opinion\":\"同意\"}"},
    {"issue.coordinated", NULL, "{\"result\":\"unsettled\"}"},
    {"proposal.submitted", NULL, "{\"plan\":\"方案\"}"},
    {"consent.given", "group-05.head", NULL},
    {"consent.refused", "group-05.head", "{\"reason\":\"再议\"}"},
    {"checklist.filled", NULL, "{\"plan\":\"细则\"}"},
    {"escalation.requested", NULL, NULL},
    {"issue.returned", NULL, "{\"reason\":\"再议\"}"},
    {"solution.drafted", NULL,
     "{\"items\":[{\"unit\":\"市财政局\",\"by\":\"2020-06-30\",\"opinion\":\"改表\"}]}"},
    {"decision.adopted", NULL, "{\"text\":\"同意\"}"},
    {"tasklist.compiled", NULL,
     "{\"items\":[{\"unit\":\"市财政局\",\"by\":\"2020-06-30\",\"title\":\"改表\"}]}"},
    {"issue.resolved", NULL, NULL},
    {"resolution.confirmed", NULL, NULL},
    {"resolution.disputed", NULL, "{\"reason\":\"没有解决\"}"},
    {"issue.withdrawn", NULL, "{\"reason\":\"已办好\"}"},
    {"reopening.requested", NULL, "{\"reason\":\"又出现\"}"},
    {"work.recorded", NULL, "{\"activity\":\"实地查看\",\"group\":\"一组\"}"},
    {"extension.granted", NULL, "{\"due\":\"2020-06-30T18:00:00+08:00\",\"reason\":\"案情复杂\"}"},
    {"issue.duplicated", NULL, "{\"note\":\"与前件相同\"}"},
    {"issue.transferred", NULL, "{\"to\":\"市信访局\"}"},
};
enum { SAMPLES = sizeof samples / sizeof samples[0] };

static const struct sample *sample_of(const char *type)
{
    for (size_t i = 0; i < SAMPLES; i++)
        if (strcmp(samples[i].type, type) == 0)
            return &samples[i];
    fail_msg("no sample of %s", type);
    return NULL;
}

static void report_sample(struct town *town, const char *type, const char *issue)
{
    const struct sample *sample = sample_of(type);
    (void)town_report(town, type, issue, sample->actor, sample->json);
}

static void bring_to(struct town *town, const char *issue, enum issue_state state)
{
    if (state == ISSUE_COORDINATING)
        town_to_group(town, issue);
    if (state == ISSUE_DECIDED)
        town_to_leading(town, issue);
    if (state >= ISSUE_SOLVING)
        town_raise(town, issue);
    if (state == ISSUE_DECIDED)
        report_sample(town, "decision.adopted", issue);
    if (state == ISSUE_SOLVING)
        report_sample(town, "solution.drafted", issue);
    if (state >= ISSUE_SETTLED)
        report_sample(town, "issue.resolved", issue);
    if (state == ISSUE_CLOSED)
        report_sample(town, "resolution.confirmed", issue);
}

static size_t outcomes_of(const struct town *town, uint64_t cause)
{
    size_t count = 0;
    while (house_outcome(town->house, cause, NULL, count) != NULL)
        count++;
    return count;
}

/* One verdict: a refusal alone, or outcomes without a refusal; and the table's refusals are given word for
 * word. */
static void check_cell(struct town *town, enum issue_state state, const struct sample *sample,
                       const char *issue)
{
    const struct event_type *type = event_type_find(text_from(sample->type), NULL);
    struct flow_verdict verdict = flow_verdict(state, type->kind);
    assert_true((verdict.step != NULL) != (verdict.refusal != NULL));
    uint64_t seq = town_report(town, sample->type, issue, sample->actor, sample->json);
    size_t outcomes = outcomes_of(town, seq);
    assert_true(outcomes > 0);
    if (house_refusal(town->house, seq) != NULL)
        assert_int_equal(outcomes, 1);
    if (verdict.refusal != NULL)
        town_refused(town, verdict.refusal);
}

static void test_every_cell(void **context)
{
    (void)context;
    for (enum issue_state state = ISSUE_ABSENT; state < ISSUE_STATE_COUNT; state++) {
        struct town *town = town_open();
        for (size_t i = 0; i < SAMPLES; i++) {
            char issue[32];
            (void)snprintf(issue, sizeof issue, "W-%d-%zu", (int)state, i);
            bring_to(town, issue, state);
            check_cell(town, state, &samples[i], issue);
        }
        town_close(town);
    }
}

/* No report type that coordination decides about an issue is without a row. */
static void test_table_is_complete(void **context)
{
    (void)context;
    size_t issue_reports = 0;
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++)
        if (event_types[kind].report && event_types[kind].role == ROLE_COORDINATION &&
            event_types[kind].about == ABOUT_ISSUE) {
            issue_reports++;
            (void)sample_of(event_types[kind].name);
        }
    assert_int_equal(issue_reports, SAMPLES);
}

/* All that the team owes, but for the request itself. */
static void fill_papers_of_team(struct town *town, const char *issue)
{
    static const char *const opinions[] = {"{\"unit\":\"市税务局\",\"opinion\":\"可\"}",
                                           "{\"unit\":\"市财政局\",\"opinion\":\"可\"}",
                                           "{\"unit\":\"市住房建设局\",\"opinion\":\"可\"}"};
    (void)town_report(town, "issue.coordinated", issue, NULL, "{\"result\":\"unsettled\"}");
    for (size_t i = 0; i < 3; i++)
        (void)town_report(town, "opinion.submitted", issue, NULL, opinions[i]);
    (void)town_report(town, "proposal.submitted", issue, NULL, "{\"plan\":\"方案\"}");
    town_granted(town);
}

/* ---- charters and posts ---- */

static uint64_t adopt(struct town *town, const char *name, const char *text)
{
    struct arena arena;
    arena_open(&arena, 1 << 24);
    struct doc *data = doc_new(&arena);
    doc_set_text(data, FIELD_NAME, text_from(name));
    doc_set_text(data, FIELD_TEXT, text_from(text));
    struct text json = doc_to_json(&arena, data);
    town->seq = house_publish(town->house, NULL, "charter.adopted", NULL, name, NULL,
                              arena_text_copy(&arena, json).at);
    arena_close(&arena);
    return town->seq;
}

static void test_charter_is_enacted_and_counted(void **context)
{
    (void)context;
    struct town *town = town_open();
    const struct event *first = town_last(town, "charter.enacted", NULL);
    assert_int_equal(doc_int(first->data, FIELD_VERSION, 0), 1);
    town_is(first, FIELD_NAME, "town");
    assert_int_equal(doc_text(first->data, FIELD_DIGEST).bytes, 64);
    adopt(town, "town", town_charter);
    town_refused(town, "nothing would change: it is version 1, word for word");
    char *text = town_text("limit: 10wd", "limit: 7wd");
    adopt(town, "town", text);
    town_granted(town);
    assert_int_equal(doc_int(town_last(town, "charter.enacted", NULL)->data, FIELD_VERSION, 0), 2);
    free(text);
    town_close(town);
}

static void test_charter_with_a_fault_is_refused_with_its_place(void **context)
{
    (void)context;
    struct town *town = town_open();
    char *text = town_text("responsible_units: [市财政局]", "responsible_units: [市财政居]");
    adopt(town, "town", text);
    town_refused(town, "市财政局");
    const struct event *refusal = house_refusal(town->house, town->seq);
    assert_true(text_starts_with(doc_text(refusal->data, FIELD_PLACE), TEXT("town:")));
    adopt(town, "village", town_charter);
    town_refused(town, "the event names charter village, its text town");
    assert_int_equal(house_count(town->house, "charter.enacted", NULL), 1);
    free(text);
    town_close(town);
}

static void test_posts_are_filled_and_vacated(void **context)
{
    (void)context;
    struct town *town = town_open();
    (void)town_report(town, "post.filled", NULL, NULL, "{\"post\":\"group-05.haed\",\"person\":\"某乙\"}");
    town_refused(town, "nearest known: group-05.head");
    (void)town_report(town, "post.vacated", NULL, NULL, "{\"post\":\"group-05.head\",\"person\":\"某乙\"}");
    town_refused(town, "is not held by that person");
    (void)town_report(town, "post.vacated", NULL, NULL, "{\"post\":\"group-05.head\"}");
    town_granted(town);
    town_is(town_last(town, "post.held", NULL), FIELD_RESULT, "vacated");
    (void)town_report(town, "post.vacated", NULL, NULL, "{\"post\":\"group-05.head\"}");
    town_refused(town, "is vacant already");
    (void)town_report(town, "post.filled", NULL, NULL, "{\"post\":\"group-05.head\",\"person\":\"某乙\"}");
    town_granted(town);
    town->seq = house_publish(town->house, NULL, "post.filled", NULL, "city", NULL,
                              "{\"post\":\"x\",\"person\":\"某乙\"}");
    town_refused(town, "charter city is not in force; in force: town");
    town_close(town);
}

/* ---- who may ---- */

/* Nobody else's business: 深圳海关 is a unit of the town, but not of area 纳税. */
struct actor_case {
    const char *type, *at, *actor, *says; /* says: in the refusal; NULL: granted */
};
static const struct actor_case actor_cases[] = {
    {"opinion.requested", "team", "深圳海关", "only 纳税工作专班 (team-05.lead, 市税务局, 市财政局"},
    {"opinion.requested", "team", "finance.clerk", NULL},
    {"opinion.requested", "group", "市住房和建设局", NULL},
    {"issue.coordinated", "team", "深圳海关", "may not report issue.coordinated: only 纳税工作专班"},
    {"issue.coordinated", "team", "某企业", "only 纳税工作专班"},
    {"issue.coordinated", "group", "office.director", "only 纳税专项小组 (group-05.head, 市税务局"},
    {"issue.coordinated", "group", "group-05.head", NULL},
    {"proposal.submitted", "team", "深圳海关", "only 纳税工作专班"},
    {"proposal.submitted", "team", "team-05.lead", NULL},
    {"consent.given", "group", "市税务局", "the actor must be a head post of 纳税专项小组: group-05.head"},
    {"consent.refused", "group", "team-05.lead", "the actor must be a head post"},
    {"checklist.filled", "office", "市税务局", "only 领导小组办公室 (office.director, 市发展改革委)"},
    {"checklist.filled", "office", "市发展改革委", NULL},
    {"checklist.filled", "team", "office.director", "at 工作专班 no checklist is asked for"},
    {"escalation.requested", "team", "深圳海关", "only 纳税工作专班"},
    {"escalation.requested", "group", "leading.head", "only 纳税专项小组"},
    {"issue.returned", "group", "深圳海关", "only 纳税专项小组"},
    {"issue.returned", "group", "group-05.head", NULL},
    {"solution.drafted", "group", "office.director", "only 纳税工作专班 ("},
    {"solution.drafted", "group", "深圳海关", ") or 纳税专项小组 ("},
    {"solution.drafted", "group", "team-05.lead", NULL},
    {"decision.adopted", "leading", "市税务局", "only 领导小组 (leading.head) or 领导小组办公室 ("},
    {"decision.adopted", "leading", "leading.head", NULL},
    {"decision.adopted", "leading", "office.director", NULL},
    {"tasklist.compiled", "decided", "leading.head", "only 领导小组办公室"},
    {"tasklist.compiled", "decided", "市税务局", "only 领导小组办公室"},
    {"tasklist.compiled", "decided", "office.director", NULL},
    {"issue.resolved", "team", "深圳海关", "only 纳税工作专班"},
    {"issue.resolved", "team", "市财政局", NULL},
    {"resolution.confirmed", "settled", "team-05.lead", "only the raiser 某企业"},
    {"resolution.confirmed", "settled", "某企业", NULL},
    {"resolution.disputed", "settled", "深圳海关", "only the raiser 某企业"},
    {"resolution.disputed", "settled", "某企业", NULL},
    {"issue.withdrawn", "team", "深圳海关", "only the raiser 某企业 or 纳税工作专班 ("},
    {"issue.withdrawn", "group", "office.director", "only the raiser 某企业 or 纳税专项小组 ("},
    {"issue.withdrawn", "group", "某企业", NULL},
    {"issue.withdrawn", "team", "市税务局", NULL},
    {"extension.granted", "team", "深圳海关", "only 领导小组 (leading.head) or 纳税工作专班 ("},
    {"issue.duplicated", "team", "深圳海关", "only 纳税工作专班 ("},
    {"issue.duplicated", "settled", "team-05.lead", NULL},
    {"issue.transferred", "group", "深圳海关", "only 纳税专项小组 ("},
    {"issue.transferred", "group", "office.director", NULL},
    {"work.recorded", "closed", "深圳海关", NULL},
    {"reopening.requested", "settled", "深圳海关", "only the raiser 某企业 or 纳税工作专班 ("},
    {"reopening.requested", "settled", "team-05.lead", NULL},
    {"reopening.requested", "closed", "深圳海关", "only the raiser 某企业 or 纳税工作专班 ("},
    {"reopening.requested", "closed", "office.director", NULL},
    {"reopening.requested", "closed", "某企业", NULL},
};
enum { ACTOR_CASES = sizeof actor_cases / sizeof actor_cases[0] };

static void bring_to_place(struct town *town, const char *issue, const char *place)
{
    static const struct {
        const char *place;
        void (*bring)(struct town *town, const char *issue);
    } levels[] = {{"team", town_raise},
                  {"group", town_to_group},
                  {"office", town_to_office},
                  {"leading", town_to_leading}};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        if (strcmp(levels[i].place, place) == 0)
            levels[i].bring(town, issue);
    for (enum issue_state state = ISSUE_DECIDED; state < ISSUE_STATE_COUNT; state++)
        if (strcmp(issue_state_text(state), place) == 0)
            bring_to(town, issue, state);
}

static void test_actors_must_be_competent(void **context)
{
    (void)context;
    struct town *town = town_open();
    for (size_t i = 0; i < ACTOR_CASES; i++) {
        const struct actor_case *one = &actor_cases[i];
        char issue[32];
        (void)snprintf(issue, sizeof issue, "W-%zu", i);
        bring_to_place(town, issue, one->at);
        (void)town_report(town, one->type, issue, one->actor, sample_of(one->type)->json);
        if (one->says == NULL) {
            town_granted(town);
            continue;
        }
        town_refused(town, one->says);
        const struct event *refusal = house_refusal(town->house, town->seq);
        assert_true(doc_has(refusal->data, FIELD_RULE));
        assert_true(text_starts_with(doc_text(refusal->data, FIELD_PLACE), TEXT("town.yaml:")));
    }
    town_close(town);
}

/* Each type about issues has its row; each row that names somebody has a case that is refused. */
static void test_actors_are_known_for_every_report(void **context)
{
    (void)context;
    for (size_t i = 0; i < SAMPLES; i++) {
        const struct event_type *type = event_type_find(text_from(samples[i].type), NULL);
        bool refused = false;
        for (size_t k = 0; k < ACTOR_CASES; k++)
            refused =
                refused || (actor_cases[k].says != NULL && strcmp(actor_cases[k].type, samples[i].type) == 0);
        unsigned who = actors_who(type->kind);
        assert_true(refused == (who != ACTORS_ANYONE && who != ACTORS_UNIT));
    }
    assert_int_equal(actors_who(EVENT_ISSUELIST_COMPILED), ACTORS_LISTER);
}

static void test_lists_are_the_offices(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_to_office(town, "W-1");
    (void)town_report(town, "checklist.filled", "W-1", "office.director",
                      "{\"opinion\":\"可行\",\"undertaker\":\"财政局\",\"plan\":\"细则\"}");
    (void)town_report(town, "issuelist.compiled", "L-1", "市税务局", "{\"issues\":[\"W-1\"]}");
    town_refused(town,
                 "actor 市税务局 may not report issuelist.compiled: only 领导小组办公室 (office.director");
    town_is(house_refusal(town->house, town->seq), FIELD_CLAUSE, "四（三）");
    (void)town_report(town, "issuelist.compiled", "L-1", "office.director", "{\"issues\":[\"W-1\"]}");
    town_granted(town);
    town_close(town);
}

/* Without a raiser the word that it is solved is anyone's; taking the issue back is the body's. */
static void test_an_issue_without_raiser(void **context)
{
    (void)context;
    struct town *town = town_open();
    for (int i = 1; i <= 2; i++)
        (void)town_report(town, "issue.raised", i == 1 ? "W-1" : "W-2", NULL,
                          "{\"title\":\"甲\",\"area\":\"纳税\"}");
    (void)town_report(town, "issue.withdrawn", "W-1", "深圳海关", "{\"reason\":\"已办好\"}");
    town_refused(town, "may not report issue.withdrawn: only 纳税工作专班");
    (void)town_report(town, "issue.resolved", "W-1", NULL, NULL);
    (void)town_report(town, "resolution.confirmed", "W-1", "深圳海关", NULL);
    town_granted(town);
    (void)town_report(town, "issue.raised", "W-3", NULL,
                      "{\"title\":\"甲\",\"area\":\"纳税\",\"raiser\":\"财政局\"}");
    (void)town_report(town, "issue.resolved", "W-3", NULL, NULL);
    (void)town_report(town, "resolution.confirmed", "W-3", "finance.clerk", NULL);
    town_granted(town); /* a post of the unit that raised it */
    town_close(town);
}

static void test_actors_may_be_required(void **context)
{
    (void)context;
    struct town *town =
        town_open_changed("confirmation: {", "actors: {is: required, clause: 六}\nconfirmation: {");
    (void)town_report(town, "issue.raised", "W-1", NULL, RAISED);
    town_refused(town, "the report must name its actor");
    town_is(house_refusal(town->house, town->seq), FIELD_RULE, "actors");
    town_is(house_refusal(town->house, town->seq), FIELD_CLAUSE, "六");
    (void)town_report(town, "issue.raised", "W-1", "某企业", RAISED);
    town_granted(town);
    (void)town_report(town, "opinion.submitted", "W-1", NULL, "{\"unit\":\"市财政局\",\"opinion\":\"可\"}");
    town_refused(town, "the report must name its actor");
    (void)town_report(town, "solution.drafted", "W-1", "team-05.lead", sample_of("solution.drafted")->json);
    town_granted(town);
    (void)town_report(town, "task.accepted", "W-1/task/1", NULL, NULL);
    town_refused(town, "the report must name its actor");
    (void)town_report(town, "task.accepted", "W-1/task/1", "finance.clerk", NULL);
    town_granted(town);
    (void)town_report(town, "post.vacated", NULL, NULL, "{\"post\":\"group-05.head\"}");
    town_refused(town, "the report must name its actor");
    town_close(town);
}

/* Where nobody could be named, nothing could be reported: found when the charter is read. */
static void test_charters_that_would_block_are_refused(void **context)
{
    static const struct {
        const char *from, *to, *says;
    } cases[] = {
        {", heads: [王伟中], head_title: 组长}\n", "}\nactors: required\n",
         "body \"leading\" has neither posts nor units that could act for it"},
        {"  - id: leading\n", "  - id: confirmation\n", "\"confirmation\" cannot be a level's id"},
        {"  - id: leading\n", "  - id: task\n", "\"task\" cannot be a level's id"},
        {"confirmation: {", "concerned: reported\nconfirmation: {", "concerned"},
    };
    (void)context;
    struct town *town = town_open();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = town_text(cases[i].from, cases[i].to);
        assert_string_not_equal(text, town_charter);
        adopt(town, "town", text);
        town_refused(town, cases[i].says);
        free(text);
    }
    town_close(town);
}

/* A notice to an office that the charter does not have would reach nobody, silently. */
static void test_a_notice_to_no_office_is_refused(void **context)
{
    static const char small[] =
        "charter: small\ntitle: 小\ndocument: {number: 小〔2020〕1号, issued: 2020-01-20}\n"
        "calendar: cn\nzone: \"+08:00\"\nunits: [市财政局]\n"
        "levels: [{id: street, name: 街道, settles: true, limit: 5wd}]\n"
        "areas: [{area: 噪音}]\n"
        "bodies: [{id: office, name: 街道办, level: street, lead_units: [市财政局]}]\n"
        "notices: [{event: issue.opened, to: [office]}]\n";
    (void)context;
    struct town *town = town_open();
    adopt(town, "small", small);
    town_refused(town, "there is no office: no level decides, and \"tasklist\" names none");
    town_close(town);
}

/* ---- whose opinions count ---- */

/* S0-5: opinions of all units concerned: who raises an issue cannot leave one out, unless the charter lets
 * it. */
static void test_whose_opinions_count(void **context)
{
    static const char raised[] = "{\"title\":\"甲\",\"area\":\"纳税\",\"units\":[\"深圳海关\",\"财政局\"]}";
    static const struct {
        const char *key, *units;
    } cases[] = {{"area+reported", "市税务局 市财政局 市住房建设局 深圳海关"},
                 {"reported-or-area", "深圳海关 市财政局"}};
    (void)context;
    for (size_t i = 0; i < 2; i++) {
        char key[128];
        (void)snprintf(key, sizeof key, "concerned: %s\nconfirmation: {", cases[i].key);
        struct town *town = town_open_changed("confirmation: {", key);
        (void)town_report(town, "issue.raised", "W-1", NULL, raised);
        town_lists(town_last(town, "issue.opened", "W-1"), FIELD_UNITS, cases[i].units);
        town_raise(town, "W-2");
        town_lists(town_last(town, "issue.opened", "W-2"), FIELD_UNITS, "市税务局 市财政局 市住房建设局");
        town_close(town);
    }
    struct town *town =
        town_open_changed("confirmation: {", "concerned: {is: area, clause: 六}\nconfirmation: {");
    (void)town_report(town, "issue.raised", "W-1", NULL, raised);
    town_refused(town, "深圳海关 is not among the units of area 纳税: 市税务局, 市财政局, 市住房建设局");
    town_is(house_refusal(town->house, town->seq), FIELD_RULE, "concerned");
    (void)town_report(town, "issue.raised", "W-1", NULL,
                      "{\"title\":\"甲\",\"area\":\"纳税\",\"units\":[\"财政局\"]}");
    town_lists(town_last(town, "issue.opened", "W-1"), FIELD_UNITS, "市税务局 市财政局 市住房建设局");
    town_close(town);
}

/* ---- raised ---- */

/* S0-3; S0-4: an indicator's tighter reminders. */
static void test_raised_issue_opens_at_the_first_level(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    const struct event *opened = town_last(town, "issue.opened", "W-1");
    town_is(opened, FIELD_LEVEL, "team");
    town_is(opened, FIELD_BODY, "team-05");
    town_lists(opened, FIELD_UNITS, "市税务局 市财政局 市住房建设局");
    town_lists(opened, FIELD_POSTS, "team-05.lead");
    assert_int_equal(doc_int(opened->data, FIELD_VERSION, 0), 1);
    assert_true(text_is(opened->charter, "town"));
    const struct event *set = town_last(town, "deadline.set", "W-1");
    town_is(set, FIELD_LABEL, "team");
    town_is(set, FIELD_LIMIT, "15wd");
    town_is(set, FIELD_WHO, "team-05.lead");
    town_is(set, FIELD_CALENDAR, "cn");
    town_is(set, FIELD_CLAUSE, "四（一）");
    town_lists(set, FIELD_REMINDERS, "5wd 1wd");
    town_close(town);
}

/* S0-25 */
static void test_raised_names_are_resolved(void **context)
{
    (void)context;
    struct town *town = town_open();
    (void)town_report(
        town, "issue.raised", "W-1", NULL,
        "{\"title\":\"甲\",\"area\":\"5\",\"units\":[\"财政局\",\"各相关单位\"],\"indicator\":true}");
    town_granted(town);
    town_lists(town_last(town, "issue.opened", "W-1"), FIELD_UNITS,
               "市税务局 市财政局 市住房建设局 深圳海关");
    town_is(town_last(town, "issue.opened", "W-1"), FIELD_AREA, "纳税");
    town_lists(town_last(town, "deadline.set", "W-1"), FIELD_REMINDERS, "10wd 5wd 2wd 1wd");
    (void)town_report(town, "issue.raised", "W-2", NULL, "{\"title\":\"乙\",\"area\":\"group-11\"}");
    town_lists(town_last(town, "issue.opened", "W-2"), FIELD_UNITS, "市税务局 市财政局 深圳海关");
    (void)town_report(town, "issue.raised", "W-3", NULL,
                      "{\"title\":\"丙\",\"area\":\"纳税\",\"class\":\"咨询\"}");
    town_is(town_last(town, "deadline.set", "W-3"), FIELD_LIMIT, "3wd");
    town_is(town_last(town, "deadline.set", "W-3"), FIELD_RULE, "classes.咨询");
    fill_papers_of_team(town, "W-3");
    (void)town_report(town, "escalation.requested", "W-3", NULL, NULL);
    town_is(town_last(town, "deadline.set", "W-3"), FIELD_LIMIT,
            "10wd"); /* the class limits the first level only */
    town_close(town);
}

static void test_raised_nonsense_is_refused(void **context)
{
    static const struct {
        const char *json, *reason;
    } cases[] = {
        {"{\"title\":\"甲\",\"area\":\"纳\"}", "unknown area 纳; nearest known: 纳税"},
        {"{\"title\":\"甲\",\"area\":\"6\"}", "unknown area 6"},
        {"{\"title\":\"甲\",\"area\":\"纳税\",\"class\":\"求助\"}", "unknown class 求助; known: 咨询"},
        {"{\"title\":\"甲\",\"area\":\"纳税\",\"units\":[\"市财政居\"]}",
         "unknown unit 市财政居; nearest known: 市财政局"},
    };
    (void)context;
    struct town *town = town_open();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)town_report(town, "issue.raised", "W-1", NULL, cases[i].json);
        town_refused(town, cases[i].reason);
    }
    town->seq = house_publish(town->house, NULL, "issue.raised", "W-1", NULL, NULL, RAISED);
    town_refused(town, "the report names no charter; in force: town");
    town->seq = house_publish(town->house, NULL, "issue.raised", "W-1", "towm", NULL, RAISED);
    town_refused(town, "charter towm is not in force; in force: town");
    (void)town_report(town, "issue.raised", "W-1", "group-05.haed", RAISED);
    town_refused(town,
                 "actor group-05.haed is no post or unit of charter town; nearest known: group-05.head");
    char id[ISSUE_ID_BYTES_MAX + 2];
    memset(id, 'x', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    (void)town_report(town, "issue.raised", id, NULL, RAISED);
    town_refused(town, "at most 96 bytes");
    (void)town_report(town, "issue.raised", id + 1, NULL, RAISED);
    town_granted(town);
    assert_int_equal(house_count(town->house, "issue.opened", NULL), 1);
    town_close(town);
}

/* Papers may date an issue after the first work on it; a year ahead is a slip of the pen. */
static void test_raised_is_not_far_ahead(void **context)
{
    static const struct {
        const char *raised;
        bool taken;
    } cases[] = {
        {"2020-01-10T10:00:00+08:00", true},  {"2020-02-03T10:00:00.000001+08:00", true},
        {"2020-03-05T10:00:00+08:00", true},  {"2020-03-05T10:00:00.000001+08:00", false},
        {"2021-02-01T09:00:00+08:00", false},
    };
    (void)context;
    _Static_assert(RAISED_AHEAD_DAYS_MAX == 31, "the cases stand around 31 days");
    struct town *town = town_open();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char id[16], json[128];
        (void)snprintf(id, sizeof id, "W-%zu", i);
        (void)snprintf(json, sizeof json, "{\"title\":\"甲\",\"area\":\"纳税\",\"raised\":\"%s\"}",
                       cases[i].raised);
        town->seq =
            house_publish(town->house, "2020-02-03T10:00:00+08:00", "issue.raised", id, "town", NULL, json);
        if (cases[i].taken) {
            town_is(town_last(town, "issue.opened", id), FIELD_RAISED, cases[i].raised);
            continue;
        }
        (void)snprintf(
            json, sizeof json,
            "raised: %s is more than 31 days after the report, which came at 2020-02-03T10:00:00+08:00",
            cases[i].raised);
        town_refused(town, json);
        town_is(house_refusal(town->house, town->seq), FIELD_CLAUSE, "四（一）");
    }
    town_close(town);
}

/* S0-24: posts act. Who signs with his own name is told which posts he holds by now, who signs for a body who
 * acts for it. */
static void test_persons_and_bodies_are_told_their_posts(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    (void)town_report(town, "issue.coordinated", "W-1", "某甲", "{\"result\":\"unsettled\"}");
    town_refused(
        town, "actor 某甲 is no post or unit of charter town; that person holds office.director: posts act");
    (void)town_report(town, "post.filled", NULL, NULL, "{\"post\":\"finance.clerk\",\"person\":\"某甲\"}");
    (void)town_report(town, "issue.raised", "W-2", "某甲", RAISED);
    town_refused(town, "that person holds office.director, finance.clerk: posts act");
    (void)town_report(town, "post.vacated", NULL, NULL, "{\"post\":\"office.director\",\"person\":\"某甲\"}");
    (void)town_report(town, "issuelist.compiled", "L-1", "某甲", "{\"issues\":[\"W-1\"]}");
    town_refused(town, "that person holds finance.clerk: posts act");
    (void)town_report(town, "post.vacated", NULL, "某甲", "{\"post\":\"finance.clerk\"}");
    town_refused(town, "that person holds finance.clerk: posts act");
    (void)town_report(town, "issue.coordinated", "W-1", "team-05", "{\"result\":\"unsettled\"}");
    town_refused(town, "it is a body, for which act: team-05.lead, 市税务局, 市财政局, 市住房和建设局");
    town_close(town);
}

/* S0-9: what was broken down is not broken down again, and what to do instead does it. */
static void test_a_task_list_is_not_compiled_anew(void **context)
{
    static const char list[] = "{\"items\":[{\"unit\":\"市财政局\",\"by\":\"2020-06-30\",\"title\":\"改\"}]}";
    (void)context;
    struct town *town = town_open();
    town_to_leading(town, "W-1");
    (void)town_report(town, "tasklist.compiled", "W-1", NULL, list);
    town_refused(town, "no decision is on file that could be broken down");
    (void)town_report(town, "decision.adopted", "W-1", NULL, "{\"text\":\"同意\"}");
    (void)town_report(town, "tasklist.compiled", "W-1", NULL, list);
    town_granted(town);
    (void)town_report(town, "tasklist.compiled", "W-1", NULL, list);
    town_refused(town, "a list is not compiled anew: task.rerouted hands a task on; another decision");
    (void)town_report(town, "task.rerouted", "W-1/task/1", "office.director",
                      "{\"unit\":\"市税务局\",\"reason\":\"职责\"}");
    town_granted(town);
    (void)town_report(town, "decision.adopted", "W-1", NULL, "{\"text\":\"补充\"}");
    town_granted(town);
    (void)town_report(town, "tasklist.compiled", "W-1", NULL, list);
    town_granted(town);
    town_is(town_last(town, "tasklist.issued", "W-1"), FIELD_LIST, "W-1/tasklist/2");
    town_close(town);
}

static void test_issue_stays_under_its_charter(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    char *text = town_text("limit: 10wd", "limit: 7wd");
    adopt(town, "town", text);
    town_granted(town);
    town_to_group(town, "W-2");
    town_is(town_last(town, "deadline.set", "W-2"), FIELD_LIMIT, "7wd");
    assert_int_equal(doc_int(town_last(town, "issue.opened", "W-2")->data, FIELD_VERSION, 0), 2);
    fill_papers_of_team(town, "W-1");
    (void)town_report(town, "escalation.requested", "W-1", NULL, NULL);
    town_is(town_last(town, "deadline.set", "W-1"), FIELD_LIMIT, "10wd");
    town->seq =
        house_publish(town->house, NULL, "proposal.submitted", "W-1", "village", NULL, "{\"plan\":\"方案\"}");
    town_refused(town, "issue W-1 is under charter town, not village");
    free(text);
    town_close(town);
}

/* ---- the story ---- */

/* S0-2 to S0-9 from end to end; S0-6: the team drafts, and work flows back down. */
static void test_story_up_to_the_decision_and_down_to_tasks(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_to_leading(town, "W-1");
    const struct event *up = house_find(town->house, "issue.escalated.group", "W-1", 0);
    assert_non_null(up);
    town_is(up, FIELD_FROM, "team");
    town_is(up, FIELD_TO, "group");
    town_is(up, FIELD_BODY, "group-05");
    town_is(up, FIELD_TITLE, "税费申报");
    town_lists(up, FIELD_POSTS, "group-05.head");
    town_is(up, FIELD_RULE, "levels.team.up");
    town_is(up, FIELD_CLAUSE, "四（二）"); /* the clause about going up, not the level's */
    town_is(house_find(town->house, "issue.escalated.office", "W-1", 0), FIELD_CLAUSE, "四（三）");
    assert_int_equal(doc_count(up->data, FIELD_INPUTS), 5); /* attempt, three opinions, proposal */
    assert_int_equal(
        doc_count(house_find(town->house, "issue.escalated.office", "W-1", 0)->data, FIELD_INPUTS), 3);
    assert_int_equal(
        doc_count(house_find(town->house, "issue.escalated.leading", "W-1", 0)->data, FIELD_INPUTS), 4);
    (void)town_report(town, "decision.adopted", "W-1", NULL,
                      "{\"text\":\"同意方案\",\"meeting\":\"第3次会议\"}");
    town_is(town_last(town, "decision.recorded", "W-1"), FIELD_DECISION, "W-1/decision/1");
    town_is(town_last(town, "deadline.cleared", "W-1"), FIELD_DEADLINE,
            town_deadline(town, "W-1", "leading"));
    (void)town_report(
        town, "tasklist.compiled", "W-1", "office.director",
        "{\"items\":[{\"unit\":\"财政局\",\"by\":\"2020-03-31\",\"title\":\"修订申报表\"},"
        "{\"unit\":\"各相关单位\",\"by\":\"2020-04-30\",\"opinion\":\"　联网核验\\n分两步\"}]}");
    const struct event *list = town_last(town, "tasklist.issued", "W-1");
    town_is(list, FIELD_LIST, "W-1/tasklist/1");
    town_is(list, FIELD_DECISION, "W-1/decision/1");
    assert_int_equal(house_count(town->house, "task.assigned", NULL), 3);
    const struct event *second = town_last(town, "task.assigned", "W-1/task/2");
    town_is(second, FIELD_TITLE, "联网核验");
    town_is(second, FIELD_UNIT, "市财政局");
    town_is(second, FIELD_DECISION, "W-1/decision/1");
    for (int i = 1; i <= 3; i++) {
        char task[32];
        (void)snprintf(task, sizeof task, "W-1/task/%d", i);
        (void)town_report(town, "task.completed", task, NULL, "{\"evidence\":\"文件\"}");
        assert_int_equal(house_count(town->house, "issue.settled", "W-1"), 0);
        (void)town_report(town, "task.verified", task, "office.director", NULL);
        town_granted(town);
    }
    const struct event *settled = town_last(town, "issue.settled", "W-1");
    town_is(settled, FIELD_HOW, "tasks");
    const struct event *verified = &house_entries(town->house, &(size_t){0})[town->seq - 1];
    assert_int_equal(doc_time_us(settled->data, FIELD_AT, 0), verified->received_us);
    (void)town_report(town, "resolution.confirmed", "W-1", "某企业", NULL);
    town_is(town_last(town, "issue.closed", "W-1"), FIELD_HOW, "confirmed");
    assert_int_equal(house_count(town->house, "deadline.set", "W-1"),
                     house_count(town->house, "deadline.cleared", "W-1"));
    town_close(town);
}

/* Every outcome about an issue is under its charter, though reports left it out. */
static void test_outcomes_name_the_charter(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_to_leading(town, "W-1");
    size_t count, seen = 0;
    const struct event *entries = house_entries(town->house, &count);
    for (size_t i = 0; i < count; i++)
        if (!entries[i].type->report && text_is(entries[i].subject, "W-1")) {
            assert_true(text_is(entries[i].charter, "town"));
            seen++;
        }
    assert_true(seen > 15);
    town_close(town);
}

static void test_no_level_is_skipped(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    (void)town_report(town, "escalation.requested", "W-1", NULL, "{\"to\":\"office\"}");
    town_refused(town, "no level is skipped: from 工作专班 an issue goes to 专项小组 first");
    town_is(house_refusal(town->house, town->seq), FIELD_RULE, "levels.team.up");
    town_is(house_refusal(town->house, town->seq), FIELD_CLAUSE, "四（二）");
    (void)town_report(town, "escalation.requested", "W-1", NULL, "{\"to\":\"team\"}");
    town_refused(town, "is not above");
    (void)town_report(town, "escalation.requested", "W-1", NULL, "{\"to\":\"council\"}");
    town_refused(town, "unknown level council; known: team, group, office, leading");
    town_to_leading(town, "W-2");
    (void)town_report(town, "escalation.requested", "W-2", NULL, NULL);
    town_refused(town, "领导小组 is the highest level");
    town_close(town);
}

static void test_a_level_is_skipped_where_the_charter_says_so(void **context)
{
    (void)context;
    struct town *town =
        town_open_changed("    name: 工作专班\n", "    name: 工作专班\n    may_skip_to: [leading]\n");
    town_raise(town, "W-1");
    (void)town_report(town, "escalation.requested", "W-1", NULL, "{\"to\":\"leading\"}");
    town_refused(town, "the issue cannot go up");
    (void)town_report(town, "escalation.requested", "W-1", NULL, "{\"to\":\"office\"}");
    town_refused(town, "no level is skipped");
    fill_papers_of_team(town, "W-1");
    (void)town_report(town, "escalation.requested", "W-1", NULL, "{\"to\":\"leading\"}");
    town_granted(town);
    assert_int_equal(house_count(town->house, "issue.escalated.leading", "W-1"), 1);
    town_close(town);
}

static void test_returned_issue_has_a_second_round(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_to_group(town, "W-1");
    (void)town_report(town, "issue.returned", "W-1", NULL, "{\"reason\":\"再协调\"}");
    const struct event *back = town_last(town, "issue.sent-back", "W-1");
    town_is(back, FIELD_FROM, "group");
    town_is(back, FIELD_TO, "team");
    assert_int_equal(doc_int(back->data, FIELD_ROUND, 0), 2);
    town_is(town_last(town, "deadline.set", "W-1"), FIELD_LABEL, "team");
    (void)town_report(town, "escalation.requested", "W-1", NULL, NULL);
    assert_string_equal(town_owed(town),
                        "attempt at 工作专班 | proposal of 纳税工作专班"); /* opinions stay */
    (void)town_report(town, "issue.coordinated", "W-1", NULL, "{\"result\":\"unsettled\"}");
    (void)town_report(town, "proposal.submitted", "W-1", NULL, "{\"plan\":\"新方案\"}");
    (void)town_report(town, "escalation.requested", "W-1", NULL, NULL);
    assert_int_equal(doc_int(town_last(town, "issue.escalated.group", "W-1")->data, FIELD_ROUND, 0), 2);
    (void)town_report(town, "issue.returned", "W-1", NULL, "{\"reason\":\"再协调\",\"to\":\"office\"}");
    town_refused(town, "办公室 is not below 专项小组");
    town_to_leading(town, "W-2");
    (void)town_report(town, "issue.returned", "W-2", NULL, "{\"reason\":\"再协调\",\"to\":\"group\"}");
    town_is(town_last(town, "issue.sent-back", "W-2"), FIELD_BODY, "group-05");
    (void)town_report(town, "issue.returned", "W-2", NULL, "{\"reason\":\"再协调\"}");
    (void)town_report(town, "issue.returned", "W-2", NULL, "{\"reason\":\"再协调\"}");
    town_refused(town, "工作专班 is the lowest level");
    town_close(town);
}

/* ---- opinions ---- */

static void test_opinions_are_asked_once_with_a_limit(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    (void)town_report(town, "opinion.requested", "W-1", NULL, "{\"units\":[\"财政局\",\"各相关单位\"]}");
    town_lists(town_last(town, "opinion.asked", "W-1"), FIELD_UNITS, "市财政局 深圳海关");
    assert_int_equal(house_count(town->house, "deadline.set", "W-1"), 3);
    town_is(town_last(town, "deadline.set", "W-1"), FIELD_LABEL, "opinion:深圳海关");
    town_is(town_last(town, "deadline.set", "W-1"), FIELD_WHO, "深圳海关");
    town_is(town_last(town, "deadline.set", "W-1"), FIELD_LIMIT, "5wd");
    (void)town_report(town, "opinion.requested", "W-1", NULL, "{\"units\":[\"市财政局\"]}");
    town_refused(town, "all these units have been asked already");
    (void)town_report(town, "opinion.requested", "W-1", NULL, "{\"units\":[\"市财政居\"]}");
    town_refused(town, "nearest known: 市财政局");
    (void)town_report(town, "opinion.submitted", "W-1", "finance.clerk",
                      "{\"unit\":\"财政局\",\"opinion\":\"不同意\",\"result\":\"disagree\"}");
    town_is(town_last(town, "opinion.recorded", "W-1"), FIELD_UNIT, "市财政局");
    town_is(town_last(town, "deadline.cleared", "W-1"), FIELD_DEADLINE,
            town_deadline(town, "W-1", "opinion:市财政局"));
    (void)town_report(town, "opinion.requested", "W-1", NULL, "{\"units\":[\"市财政局\"]}");
    town_refused(town, "all these units have been asked already");
    town_close(town);
}

static void test_opinions_come_from_those_concerned(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    (void)town_report(town, "opinion.submitted", "W-1", NULL, "{\"unit\":\"深圳海关\",\"opinion\":\"可\"}");
    town_refused(town, "深圳海关 is not among the units concerned or asked");
    (void)town_report(town, "opinion.submitted", "W-1", "finance.clerk",
                      "{\"unit\":\"市税务局\",\"opinion\":\"可\"}");
    town_refused(town, "actor finance.clerk does not belong to 市税务局");
    (void)town_report(town, "opinion.submitted", "W-1", "市财政局",
                      "{\"unit\":\"市税务局\",\"opinion\":\"可\"}");
    town_refused(town, "does not belong");
    (void)town_report(town, "opinion.submitted", "W-1", NULL,
                      "{\"unit\":\"市税务局\",\"opinion\":\"可\",\"result\":\"yes\"}");
    town_refused(town, "result is agree, disagree or none");
    (void)town_report(town, "opinion.submitted", "W-1", "市住房和建设局",
                      "{\"unit\":\"市住房建设局\",\"opinion\":\"可\"}");
    town_granted(town);
    town_close(town);
}

static void test_silence_of_a_unit_is_recorded(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    (void)town_report(town, "opinion.requested", "W-1", NULL, "{\"units\":[\"市财政局\"]}");
    house_advance(town->house, "2020-02-11T00:00:01+08:00");
    town_reach(town, "coordination", "W-1", "opinion:市财政局", "2020-02-10T23:59:59.999999+08:00");
    town_is(town_last(town, "opinion.unanswered", "W-1"), FIELD_UNIT, "市财政局");
    const struct event *missed = town_last(town, "deadline.missed", "W-1");
    town_is(missed, FIELD_WHO, "市财政局");
    town_is(missed, FIELD_LABEL, "opinion:市财政局");
    town_is(missed, FIELD_ISSUE, "W-1");
    (void)town_report(town, "escalation.requested", "W-1", NULL, NULL);
    assert_string_equal(town_owed(town),
                        "attempt at 工作专班 | opinion of 市税务局 (not asked yet) | opinion of "
                        "市住房建设局 (not asked yet) | proposal of 纳税工作专班");
    (void)town_report(town, "opinion.requested", "W-1", NULL, "{\"units\":[\"市财政局\"]}");
    town_granted(town); /* silent so far: may be asked again */
    (void)town_report(town, "opinion.submitted", "W-1", NULL, "{\"unit\":\"市财政局\",\"opinion\":\"可\"}");
    town_granted(town);
    assert_int_equal(house_count(town->house, "deadline.missed", "W-1"), 1);
    town_close(town);
}

static void test_late_opinion_is_on_file_and_missed(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    (void)town_report(town, "opinion.requested", "W-1", NULL, "{\"units\":[\"市财政局\",\"市税务局\"]}");
    house_advance(town->house, "2020-02-12T09:00:00+08:00");
    (void)town_report(town, "opinion.submitted", "W-1", NULL, "{\"unit\":\"市财政局\",\"opinion\":\"可\"}");
    town_reach(town, "coordination", "W-1", "opinion:市财政局", "2020-02-10T23:59:59.999999+08:00");
    assert_int_equal(house_count(town->house, "opinion.unanswered", "W-1"), 0);
    assert_int_equal(house_count(town->house, "deadline.missed", "W-1"), 1);
    town_reach(town, "coordination", "W-1", "opinion:市税务局", "2020-02-10T23:59:59.999999+08:00");
    (void)town_report(town, "opinion.submitted", "W-1", NULL, "{\"unit\":\"市税务局\",\"opinion\":\"可\"}");
    town_granted(town); /* after the record of no reply: on file all the same */
    assert_int_equal(house_count(town->house, "opinion.recorded", "W-1"), 2);
    assert_int_equal(house_count(town->house, "deadline.missed", "W-1"), 2);
    town_close(town);
}

/* ---- lateness ---- */

#define TEAM_DUE "2020-02-24T23:59:59.999999+08:00"

/* S0-15 */
static void test_missed_level_names_who_answers(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_to_group(town, "W-1");
    town_reach(town, "coordination", "W-1", "group", "2020-02-17T23:59:59.999999+08:00");
    const struct event *missed = town_last(town, "deadline.missed", "W-1");
    town_is(missed, FIELD_LEVEL, "group");
    town_is(missed, FIELD_BODY, "group-05");
    town_lists(missed, FIELD_POSTS, "group-05.head");
    town_is(missed, FIELD_TITLE, "税费申报");
    town_is(missed, FIELD_WHO, "group-05.head");
    town_is(missed, FIELD_RULE, "levels.group.limit");
    assert_int_equal(doc_time_us(missed->data, FIELD_DUE, 0) % CIVIL_SECOND_US, 999999);
    town_reach(town, "coordination", "W-1", "group", "2020-02-17T23:59:59.999999+08:00");
    assert_int_equal(house_count(town->house, "deadline.missed", "W-1"), 1);
    town_close(town);
}

/* The report came in time, the worker was slow: the strike stands behind it in the journal, and nothing is
 * late. */
static void test_in_time_is_never_late(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    fill_papers_of_team(town, "W-1");
    char team[512];
    (void)snprintf(team, sizeof team, "%s", town_deadline(town, "W-1", "team"));
    (void)house_post(town->house, TEAM_DUE, "escalation.requested", "W-1", NULL, NULL, NULL);
    (void)house_post(town->house, "2020-02-25T00:00:00+08:00", "proposal.submitted", "W-1", NULL, NULL,
                     "{\"plan\":\"乙\"}");
    house_settle(town->house);
    town_is(town_last(town, "deadline.cleared", "W-1"), FIELD_DEADLINE, team);
    assert_int_equal(doc_time_us(town_last(town, "deadline.cleared", "W-1")->data, FIELD_AT, 0),
                     civil_end_of_day_us(civil_day_from_date(2020, 2, 24), 480));
    town_reach(town, "coordination", "W-1", "team", TEAM_DUE);
    assert_int_equal(house_count(town->house, "deadline.missed", "W-1"), 0);
    town_close(town);
}

static void test_late_is_missed_once(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    fill_papers_of_team(town, "W-1");
    house_advance(town->house, "2020-02-25T00:00:00+08:00"); /* a microsecond after the due time */
    town->seq = house_publish(town->house, NULL, "escalation.requested", "W-1", NULL, NULL, NULL);
    town_granted(town);
    assert_int_equal(house_count(town->house, "deadline.missed", "W-1"),
                     0); /* nobody has said yet when it was due */
    town_reach(town, "coordination", "W-1", "team", TEAM_DUE);
    town_reach(town, "coordination", "W-1", "team", TEAM_DUE);
    assert_int_equal(house_count(town->house, "deadline.missed", "W-1"), 1);
    town_is(town_last(town, "deadline.missed", "W-1"), FIELD_LEVEL,
            "team"); /* though it is with the group now */
    town_is(town_last(town, "deadline.missed", "W-1"), FIELD_BODY, "team-05");
    town_close(town);
}

static void test_deadlines_of_others_are_passed_over(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    uint64_t seq =
        town_tell(town, "deadlines", "deadline.reached", "W-1",
                  "{\"deadline\":\"W-1/team/"
                  "1\",\"owner\":\"routines\",\"label\":\"team\",\"due\":\"2020-02-24T23:59:59+08:00\"}");
    assert_int_equal(outcomes_of(town, seq), 0);
    seq =
        town_tell(town, "deadlines", "deadline.reached", "W-9",
                  "{\"deadline\":\"W-9/team/"
                  "1\",\"owner\":\"coordination\",\"label\":\"team\",\"due\":\"2020-02-24T23:59:59+08:00\"}");
    assert_int_equal(outcomes_of(town, seq), 0);
    town_close(town);
}

/* ---- endings ---- */

static void test_team_settles_and_the_raiser_disputes(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    (void)town_report(town, "opinion.requested", "W-1", NULL, "{\"units\":[\"市财政局\"]}");
    (void)town_report(town, "issue.coordinated", "W-1", NULL, "{\"result\":\"solved\"}");
    town_refused(town, "result is settled or unsettled");
    (void)town_report(town, "issue.coordinated", "W-1", NULL, "{\"result\":\"settled\"}");
    town_is(town_last(town, "issue.attempted", "W-1"), FIELD_RESULT, "settled");
    town_is(town_last(town, "issue.settled", "W-1"), FIELD_HOW, "coordinated");
    assert_int_equal(house_count(town->house, "deadline.cleared", "W-1"), 2);
    town_is(town_last(town, "deadline.set", "W-1"), FIELD_LABEL, "confirmation");
    town_is(town_last(town, "deadline.set", "W-1"), FIELD_WHO, "某企业");
    (void)town_report(town, "resolution.disputed", "W-1", "某企业", "{\"reason\":\"没有解决\"}");
    const struct event *again = town_last(town, "issue.reopened", "W-1");
    town_is(again, FIELD_LEVEL, "team");
    assert_int_equal(doc_int(again->data, FIELD_ROUND, 0), 2);
    town_is(town_last(town, "deadline.set", "W-1"), FIELD_LABEL, "team");
    (void)town_report(town, "opinion.requested", "W-1", NULL, "{\"units\":[\"市财政局\"]}");
    town_granted(town); /* its limit went with the settlement */
    (void)town_report(town, "escalation.requested", "W-1", NULL, NULL);
    assert_non_null(strstr(town_owed(town), "attempt at 工作专班"));
    town_close(town);
}

static void test_silence_closes(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    (void)town_report(town, "issue.resolved", "W-1", NULL, "{\"evidence\":\"回执\"}");
    town_is(town_last(town, "issue.settled", "W-1"), FIELD_EVIDENCE, "回执");
    house_advance(town->house, "2020-02-18T08:00:00+08:00");
    town_reach(town, "coordination", "W-1", "confirmation", "2020-02-17T23:59:59.999999+08:00");
    const struct event *closed = town_last(town, "issue.closed", "W-1");
    town_is(closed, FIELD_HOW, "silence");
    assert_int_equal(doc_time_us(closed->data, FIELD_AT, 0),
                     civil_end_of_day_us(civil_day_from_date(2020, 2, 17), 480));
    assert_int_equal(house_count(town->house, "deadline.missed", NULL), 0);
    (void)town_report(town, "reopening.requested", "W-1", NULL, "{\"reason\":\"又出现\"}");
    assert_int_equal(doc_int(town_last(town, "issue.reopened", "W-1")->data, FIELD_ROUND, 0), 2);
    town_close(town);
}

static void test_late_confirmation_is_no_miss(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    (void)town_report(town, "issue.resolved", "W-1", NULL, NULL);
    house_advance(town->house, "2020-02-18T08:00:00+08:00");
    (void)town_report(town, "resolution.confirmed", "W-1", NULL, NULL);
    town_reach(town, "coordination", "W-1", "confirmation", "2020-02-17T23:59:59.999999+08:00");
    assert_int_equal(house_count(town->house, "issue.closed", "W-1"), 1);
    assert_int_equal(house_count(town->house, "deadline.missed", NULL), 0);
    town_close(town);
}

static void test_without_confirmation_settled_is_closed(void **context)
{
    (void)context;
    struct town *town =
        town_open_changed("confirmation: {limit: 10wd, default: true}", "confirmation: {required: false}");
    town_raise(town, "W-1");
    (void)town_report(town, "issue.resolved", "W-1", NULL, NULL);
    town_is(town_last(town, "issue.closed", "W-1"), FIELD_HOW, "resolved");
    assert_int_equal(house_count(town->house, "deadline.set", "W-1"), 1);
    town_close(town);
}

static void test_withdrawn_issue_waits_for_nothing(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    (void)town_report(town, "opinion.requested", "W-1", NULL, "{\"units\":[\"市财政局\",\"市税务局\"]}");
    (void)town_report(town, "issue.withdrawn", "W-1", NULL, "{\"reason\":\"已办好\"}");
    town_is(town_last(town, "issue.closed", "W-1"), FIELD_HOW, "withdrawn");
    town_is(town_last(town, "issue.closed", "W-1"), FIELD_REASON, "已办好");
    assert_int_equal(house_count(town->house, "deadline.cleared", "W-1"), 3);
    town_close(town);
}

/* A level that may not end an issue says so. */
static void test_levels_end_issues_only_where_the_charter_says_so(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_to_office(town, "W-1");
    report_sample(town, "issue.resolved", "W-1");
    town_refused(town, "at 办公室 an issue is not declared solved");
    report_sample(town, "solution.drafted", "W-1");
    town_refused(town, "at 办公室 no solution is drafted");
    report_sample(town, "decision.adopted", "W-1");
    town_refused(town, "办公室 does not decide on issues");
    town_close(town);
}

/* S0-7: what the group's tasks did not solve goes up; what they still do later settles nothing there. */
static void test_unsolved_by_tasks_goes_up(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_to_group(town, "W-1");
    report_sample(town, "solution.drafted", "W-1");
    town_is(town_last(town, "deadline.cleared", "W-1"), FIELD_DEADLINE, town_deadline(town, "W-1", "group"));
    (void)town_report(town, "issue.coordinated", "W-1", NULL, "{\"result\":\"unsettled\"}");
    (void)town_report(town, "proposal.submitted", "W-1", NULL, "{\"plan\":\"方案\"}");
    (void)town_report(town, "consent.given", "W-1", "group-05.head", NULL);
    (void)town_report(town, "escalation.requested", "W-1", NULL, NULL);
    assert_int_equal(house_count(town->house, "issue.escalated.office", "W-1"), 1);
    (void)town_report(town, "task.completed", "W-1/task/1", NULL, "{\"evidence\":\"文件\"}");
    (void)town_report(town, "task.verified", "W-1/task/1", "group-05.head", NULL);
    assert_int_equal(house_count(town->house, "tasklist.completed", "W-1"), 1);
    assert_int_equal(house_count(town->house, "issue.settled", "W-1"), 0);
    town_close(town);
}

/* A conclusion of tasks that did not know the newest list does not settle the issue. */
static void test_older_completion_settles_nothing(void **context)
{
    (void)context;
    struct town *town = town_open();
    town_raise(town, "W-1");
    report_sample(town, "solution.drafted", "W-1");
    (void)town_tell(town, "tasks", "tasklist.completed", "W-1", "{\"issue\":\"W-1\",\"count\":2}");
    assert_int_equal(house_count(town->house, "issue.settled", "W-1"), 0);
    (void)town_tell(town, "tasks", "tasklist.completed", "W-1", "{\"issue\":\"W-1\",\"count\":1}");
    assert_int_equal(house_count(town->house, "issue.settled", "W-1"), 1);
    house_close(town->house); /* told by hand as tasks' own word: a rebuild of tasks would not find it among
                                 its decisions */
    free(town);
}

/* S0-26: members of a team join and leave one by one, whoever convenes it. */
static void test_members_join_and_leave(void **context)
{
    (void)context;
    struct town *town = town_open_changed("head_of: lead_units", "head_of: lead_units, member_post: member");
    (void)town_report(town, "post.vacated", NULL, NULL, "{\"post\":\"team-05.member\"}");
    town_refused(town, "post team-05.member is vacant already");
    (void)town_report(town, "post.filled", NULL, NULL, "{\"post\":\"team-05.member\",\"person\":\"某甲\"}");
    town_granted(town);
    (void)town_report(town, "post.filled", NULL, NULL, "{\"post\":\"team-05.member\",\"person\":\"某乙\"}");
    town_granted(town);
    (void)town_report(town, "post.vacated", NULL, NULL, "{\"post\":\"team-05.member\",\"person\":\"某甲\"}");
    town_granted(town);
    (void)town_report(town, "post.vacated", NULL, NULL, "{\"post\":\"team-05.member\",\"person\":\"某甲\"}");
    town_refused(town, "post team-05.member is not held by that person");
    (void)town_report(town, "post.vacated", NULL, NULL, "{\"post\":\"team-05.member\",\"person\":\"某乙\"}");
    town_granted(town);
    (void)town_report(town, "post.vacated", NULL, NULL, "{\"post\":\"team-05.member\",\"person\":\"某乙\"}");
    town_refused(town, "is vacant already");
    town_close(town);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_join_and_leave),
        cmocka_unit_test(test_table_is_complete),
        cmocka_unit_test(test_every_cell),
        cmocka_unit_test(test_charter_is_enacted_and_counted),
        cmocka_unit_test(test_charter_with_a_fault_is_refused_with_its_place),
        cmocka_unit_test(test_posts_are_filled_and_vacated),
        cmocka_unit_test(test_actors_must_be_competent),
        cmocka_unit_test(test_actors_are_known_for_every_report),
        cmocka_unit_test(test_lists_are_the_offices),
        cmocka_unit_test(test_an_issue_without_raiser),
        cmocka_unit_test(test_actors_may_be_required),
        cmocka_unit_test(test_charters_that_would_block_are_refused),
        cmocka_unit_test(test_a_notice_to_no_office_is_refused),
        cmocka_unit_test(test_whose_opinions_count),
        cmocka_unit_test(test_raised_issue_opens_at_the_first_level),
        cmocka_unit_test(test_raised_names_are_resolved),
        cmocka_unit_test(test_raised_nonsense_is_refused),
        cmocka_unit_test(test_raised_is_not_far_ahead),
        cmocka_unit_test(test_persons_and_bodies_are_told_their_posts),
        cmocka_unit_test(test_a_task_list_is_not_compiled_anew),
        cmocka_unit_test(test_issue_stays_under_its_charter),
        cmocka_unit_test(test_story_up_to_the_decision_and_down_to_tasks),
        cmocka_unit_test(test_outcomes_name_the_charter),
        cmocka_unit_test(test_no_level_is_skipped),
        cmocka_unit_test(test_a_level_is_skipped_where_the_charter_says_so),
        cmocka_unit_test(test_returned_issue_has_a_second_round),
        cmocka_unit_test(test_opinions_are_asked_once_with_a_limit),
        cmocka_unit_test(test_opinions_come_from_those_concerned),
        cmocka_unit_test(test_silence_of_a_unit_is_recorded),
        cmocka_unit_test(test_late_opinion_is_on_file_and_missed),
        cmocka_unit_test(test_missed_level_names_who_answers),
        cmocka_unit_test(test_in_time_is_never_late),
        cmocka_unit_test(test_late_is_missed_once),
        cmocka_unit_test(test_deadlines_of_others_are_passed_over),
        cmocka_unit_test(test_team_settles_and_the_raiser_disputes),
        cmocka_unit_test(test_silence_closes),
        cmocka_unit_test(test_late_confirmation_is_no_miss),
        cmocka_unit_test(test_without_confirmation_settled_is_closed),
        cmocka_unit_test(test_withdrawn_issue_waits_for_nothing),
        cmocka_unit_test(test_levels_end_issues_only_where_the_charter_says_so),
        cmocka_unit_test(test_unsolved_by_tasks_goes_up),
        cmocka_unit_test(test_older_completion_settles_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
