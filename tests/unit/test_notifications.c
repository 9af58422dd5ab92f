/* test_notifications.c - goal: a charter's notice rules reach the posts that they mean, in words that people
 * can read, once in the journal and at least once outside. Method: the role alone in a house without walls,
 * under a small town's charter with notices; outcomes of the other roles are put in by hand.
 */
#include "base/file.h"
#include "base/limits.h"
#include "tests/support/town.h"
#include "workers/notifications/notifications.h"
#include "workers/roles.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define NOTICES                                                                                              \
    "notices:\n"                                                                                             \
    "  - {event: issue.opened, to: [lead-units, raiser], channel: log, clause: 四（一）}\n"              \
    "  - {event: issue.escalated, to: [heads, responsible-units], channel: file, clause: 四（二）}\n"    \
    "  - {event: opinion.asked, to: [unit], channel: file}\n"                                                \
    "  - {event: deadline.missed, to: [heads, who, office, office.director], channel: file}\n"               \
    "  - {event: deadline, to: [office.director], channel: file}\n"                                          \
    "  - {event: task.assigned, to: [unit], channel: file}\n"                                                \
    "classes:\n"

/* Frees the text. */
static struct house *open_town_of(char *text)
{
    const struct role *const roles[] = {&role_notifications, NULL};
    struct house *house = house_open_roles(roles);
    house_advance(house, "2020-02-03T09:00:00+08:00");
    house_adopt_charter_text(house, "town", text);
    free(text);
    return house;
}

static struct house *open_town_with(const char *notices)
{
    return open_town_of(town_text("classes:\n", notices));
}

static struct house *open_town(void)
{
    return open_town_with(NOTICES);
}

static void close_town(struct house *house)
{
    house_check_rebuild(house);
    house_close(house);
}

static uint64_t tell(struct house *house, const char *type, const char *subject, const char *json)
{
    return house_publish_as(house, "worker/coordination", NULL, type, subject, "town", NULL, json);
}

#define OPENED                                                                                               \
    "{\"title\":\"税费申报\",\"area\":\"纳税\",\"level\":\"team\",\"body\":\"team-05\",\"round\":1,"   \
    "\"raiser\":\"某企业\"}"
#define BULLETIN                                                                                             \
    "{\"bulletin\":\"B\",\"period\":\"2020-02\",\"number\":1,\"title\":\"通报\",\"text\":\"一\","         \
    "\"fromseq\":1,"                                                                                         \
    "\"throughseq\":2,\"digest\":\"0000000000000000000000000000000000000000000000000000000000000000\"}"
#define ESCALATED "{\"from\":\"team\",\"to\":\"group\",\"body\":\"group-05\",\"round\":1}"

/* Posts told because of that event, joined by a space, in order. */
static const char *told(const struct house *house, uint64_t cause)
{
    static char posts[4096];
    size_t bytes = 0;
    posts[0] = '\0';
    for (size_t i = 0;; i++) {
        const struct event *sent = house_outcome(house, cause, "notification.sent", i);
        if (sent == NULL)
            return posts;
        bytes += (size_t)snprintf(posts + bytes, sizeof posts - bytes, "%s%.*s", i > 0 ? " " : "",
                                  TEXT_PRINT(doc_text(sent->data, FIELD_POST)));
    }
}

static const char *said(const struct house *house, uint64_t cause)
{
    static char text[4096];
    const struct event *sent = house_outcome(house, cause, "notification.sent", 0);
    assert_non_null(sent);
    (void)snprintf(text, sizeof text, "%.*s", TEXT_PRINT(doc_text(sent->data, FIELD_TEXT)));
    return text;
}

/* ---- who ---- */

static void test_units_are_told_through_their_post_or_by_name(void **state)
{
    (void)state;
    struct house *house = open_town();
    uint64_t seq = tell(house, "issue.opened", "A", OPENED);
    assert_string_equal(told(house, seq), "team-05.lead 某企业"); /* the raiser has no post */
    seq = tell(house, "opinion.asked", "A",
               "{\"units\":[\"市财政局\",\"财政局\",\"深圳海关\"],\"level\":\"team\"}");
    assert_string_equal(told(house, seq), "finance.clerk 深圳海关"); /* an alias is no second unit */
    close_town(house);
}

static void test_heads_are_those_of_the_body_that_has_it_now(void **state)
{
    (void)state;
    struct house *house = open_town();
    (void)tell(house, "issue.opened", "A", OPENED);
    uint64_t seq = tell(house, "issue.escalated.group", "A", ESCALATED);
    assert_string_equal(told(house, seq), "group-05.head finance.clerk 市住房建设局");
    seq = tell(house, "deadline.missed", "A",
               "{\"deadline\":\"d\",\"label\":\"group\",\"due\":\"2020-02-10T23:59:59+08:00\",\"who\":"
               "\"深圳海关\"}");
    assert_string_equal(told(house, seq), "group-05.head 深圳海关 office.director");
    close_town(house);
}

/* The office is what the charter makes it: the body that compiles task lists, whatever its id. */
static void test_the_office_is_the_body_that_compiles_lists(void **state)
{
    (void)state;
    char *text = town_text("tasklist: {level: office, clause: 四（三）}\n",
                           "tasklist: {level: group}\n"
                           "notices:\n  - {event: decision.recorded, to: [office], channel: file}\n"
                           "  - {event: bulletin.published, to: [office], channel: file}\n");
    struct house *house = open_town_of(text);
    (void)tell(house, "issue.opened", "A", OPENED);
    uint64_t seq = tell(house, "decision.recorded", "A",
                        "{\"decision\":\"A/decision/1\",\"text\":\"同意\",\"level\":\"leading\"}");
    assert_string_equal(told(house, seq), "group-05.head");
    seq =
        house_publish_as(house, "worker/bulletins", NULL, "bulletin.published", "B", "town", NULL, BULLETIN);
    assert_string_equal(told(house, seq),
                        "group-05.head group-07.head.1 group-07.head.2 group-11.head"); /* of no area */
    close_town(house);
}

static void test_joint_heads_are_both_told(void **state)
{
    (void)state;
    struct house *house = open_town();
    uint64_t seq = tell(house, "issue.escalated.group", "B",
                        "{\"from\":\"team\",\"to\":\"group\",\"body\":\"group-07\",\"round\":1}");
    assert_string_equal(told(house, seq), "group-07.head.1 group-07.head.2 finance.clerk");
    close_town(house);
}

static void test_a_tasks_heads_are_those_of_its_issue(void **state)
{
    (void)state;
    struct house *house = open_town();
    (void)tell(house, "issue.escalated.group", "A", ESCALATED);
    uint64_t seq = tell(
        house, "task.assigned", "A/1",
        "{\"task\":\"A/1\",\"unit\":\"市财政局\",\"title\":\"改表\",\"by\":\"2020-03-31\",\"issue\":\"A\"}");
    assert_string_equal(told(house, seq), "finance.clerk");
    assert_string_equal(said(house, seq), "任务“改表”由市财政局承办，应于2020年3月31日前完成（A/1）");
    seq = tell(house, "deadline.missed", "A/1",
               "{\"deadline\":\"d\",\"label\":\"task\",\"due\":\"2020-03-31T23:59:59+08:00\",\"who\":"
               "\"市财政局\",\"issue\":\"A\"}");
    assert_string_equal(told(house, seq), "group-05.head finance.clerk office.director");
    close_town(house);
}

static void test_a_rule_for_a_family_or_a_prefix_holds_for_its_members(void **state)
{
    (void)state;
    struct house *house = open_town();
    uint64_t seq = tell(house, "deadline.approaching", "A",
                        "{\"deadline\":\"d\",\"owner\":\"tasks\",\"label\":\"task\",\"due\":\"2020-03-31T23:"
                        "59:59+08:00\",\"rung\":1}");
    assert_string_equal(told(house, seq), "office.director");
    seq = tell(house, "issue.closed", "A", "{\"how\":\"confirmed\",\"at\":\"2020-03-31T23:59:59+08:00\"}");
    assert_string_equal(told(house, seq), ""); /* no rule */
    seq = house_publish_as(house, "worker/coordination", NULL, "issue.opened", "A", NULL, NULL, OPENED);
    assert_string_equal(told(house, seq), ""); /* no charter */
    close_town(house);
}

static void test_the_persons_are_those_who_hold_the_post_now(void **state)
{
    (void)state;
    struct house *house = open_town();
    (void)tell(house, "post.held", NULL,
               "{\"post\":\"office.director\",\"person\":\"某乙\",\"result\":\"filled\"}");
    uint64_t seq = tell(house, "deadline.fixed", "A",
                        "{\"deadline\":\"d\",\"owner\":\"tasks\",\"label\":\"task\",\"arithmetic\":\"x\"}");
    assert_true(text_is(doc_text(house_outcome(house, seq, "notification.sent", 0)->data, FIELD_PERSON),
                        "某甲、某乙"));
    (void)tell(house, "post.held", NULL, "{\"post\":\"office.director\",\"result\":\"vacated\"}");
    seq = tell(house, "deadline.fixed", "A",
               "{\"deadline\":\"d\",\"owner\":\"tasks\",\"label\":\"task\",\"arithmetic\":\"x\"}");
    const struct event *sent = house_outcome(house, seq, "notification.sent", 0);
    assert_false(doc_has(sent->data, FIELD_PERSON));
    assert_true(
        text_is(doc_text(sent->data, FIELD_POST), "office.director")); /* the post is told all the same */
    close_town(house);
}

static void test_the_outcome_cites_rule_and_cause(void **state)
{
    (void)state;
    struct house *house = open_town();
    uint64_t seq = tell(house, "issue.opened", "A", OPENED);
    const struct event *sent = house_outcome(house, seq, "notification.sent", 0);
    assert_true(text_is(doc_text(sent->data, FIELD_CLAUSE), "四（一）"));
    assert_true(text_is(doc_text(sent->data, FIELD_CHANNEL), "log"));
    assert_true(text_is(doc_text(sent->data, FIELD_EVENT), "issue.opened"));
    assert_int_equal(doc_int(sent->data, FIELD_SEQ, 0), seq);
    assert_true(text_is(sent->subject, "A"));
    close_town(house);
}

/* ---- what ---- */

static void test_what_has_no_date_says_so(void **state)
{
    (void)state;
    struct house *house =
        open_town_with("notices:\n  - {event: supervision.opened, to: [unit], channel: file}\nclasses:\n");
    uint64_t seq = house_publish_as(
        house, "worker/supervision", NULL, "supervision.opened", "DB-1", "town", NULL,
        "{\"origin\":\"minutes\",\"title\":\"改表\",\"units\":[\"市财政局\"],\"supervisors\":[]}");
    assert_string_equal(said(house, seq), "督办事项“改表”，责任单位：市财政局，未定期限（DB-1）");
    seq = house_publish_as(house, "worker/supervision", NULL, "supervision.opened", "DB-2", "town", NULL,
                           "{\"origin\":\"minutes\",\"title\":\"改表\",\"units\":[\"市财政局\"],"
                           "\"supervisors\":[],\"by\":\"2020-03-31\"}");
    assert_string_equal(said(house, seq),
                        "督办事项“改表”，责任单位：市财政局，应于2020年3月31日前办结（DB-2）");
    close_town(house);
}

static void test_levels_bodies_times_and_labels_have_their_names(void **state)
{
    (void)state;
    struct house *house = open_town();
    (void)tell(house, "issue.opened", "A", OPENED);
    uint64_t seq = tell(house, "issue.escalated.group", "A", ESCALATED);
    assert_string_equal(said(house, seq),
                        "问题“税费申报”由工作专班提请专项小组研究，请纳税专项小组受理（A）");
    seq = tell(house, "deadline.missed", "A",
               "{\"deadline\":\"d\",\"label\":\"opinion:深圳海关\",\"due\":\"2020-02-10T15:59:59.999999Z\","
               "\"who\":\"group-05\"}");
    assert_string_equal(
        said(house, seq),
        "逾期：“税费申报”，深圳海关反馈意见应于2020年2月10日前完成，责任方：纳税专项小组（A）");
    close_town(house);
}

/* The line of a deadline.missed that this party answers for, behind 责任方. */
static const char *who_is(struct house *house, const char *who)
{
    char json[256];
    (void)snprintf(
        json, sizeof json,
        "{\"deadline\":\"d\",\"label\":\"team\",\"due\":\"2020-02-10T12:00:00+08:00\",\"who\":\"%s\"}", who);
    const char *line = said(house, tell(house, "deadline.missed", "A", json));
    assert_non_null(strstr(line, "“A”，工作专班协调应于2020年2月10日12:00前完成"));
    const char *found = strstr(line, "责任方：");
    assert_non_null(found);
    return found + strlen("责任方：");
}

static void test_a_post_is_called_by_its_body_and_title(void **state)
{
    (void)state;
    struct house *house = open_town();
    assert_string_equal(who_is(house, "group-05.head"), "纳税专项小组组长（A）");
    assert_string_equal(who_is(house, "office.director"),
                        "领导小组办公室主任（A）"); /* 办公室 stands in both */
    assert_string_equal(who_is(house, "finance.clerk"), "市财政局联络员（A）");
    assert_string_equal(who_is(house, "team-05.lead"), "纳税工作专班负责人（A）"); /* no title given */
    assert_string_equal(who_is(house, "深圳海关"), "深圳海关（A）");
    assert_string_equal(
        said(house, tell(house, "deadline.fixed", "m",
                         "{\"deadline\":\"m\",\"owner\":\"bulletins\",\"label\":\"bulletin:monthly:2020-01\","
                         "\"due\":\"2020-02-07T23:59:59.999999+08:00\",\"arithmetic\":\"x\"}")),
        "“m”，编发通报的时限：2020年2月7日（m）");
    close_town(house);
}

/* Every channel speaks Chinese: words that events have for machines don't get through. */
static void test_results_and_requests_are_in_words(void **state)
{
    (void)state;
    struct house *house = open_town_with("notices:\n  - {event: issue, to: [office.director]}\n"
                                         "  - {event: consent, to: [office.director]}\n"
                                         "  - {event: request, to: [office.director]}\n"
                                         "  - {event: post, to: [office.director]}\nclasses:\n");
    (void)tell(house, "issue.opened", "A", OPENED);
    assert_string_equal(
        said(house, tell(house, "issue.attempted", "A",
                         "{\"level\":\"team\",\"body\":\"team-05\",\"result\":\"unsettled\"}")),
        "工作专班对问题“税费申报”的协调结果：未能解决（A）");
    assert_string_equal(
        said(house, tell(house, "consent.recorded", "A",
                         "{\"post\":\"group-05.head\",\"level\":\"group\",\"result\":\"refused\"}")),
        "纳税专项小组组长对问题“税费申报”提请上一级协调的意见：不同意（A）");
    assert_string_equal(said(house, tell(house, "issue.closed", "A",
                                         "{\"how\":\"silence\",\"at\":\"2020-03-31T23:59:59+08:00\"}")),
                        "问题“税费申报”已办结（提出人逾期未提异议）（A）");
    assert_string_equal(
        said(house, tell(house, "post.held", NULL,
                         "{\"post\":\"office.director\",\"person\":\"某乙\",\"result\":\"filled\"}")),
        "领导小组办公室主任人员变动：某乙（任职）");
    close_town(house);
}

/* What a role says of a refusal is for operators; people read what is owed, by whom, under which clause and
 * where that stands, or which rule is against it. */
static void test_refusals_are_in_chinese(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"\"owed\":[{\"need\":\"opinion of 市财政局\",\"who\":\"市财政局\",\"clause\":\"四（二）\","
         "\"place\":\"town.yaml:9:3\"},{\"need\":\"consent\",\"who\":\"group-05.head\"},{\"need\":\"a\"}]",
         "尚缺3项，应由市财政局按四（二）的规定（town.yaml:9:3）、纳税专项小组组长按章程的规定、"
         "报送人按章程的规定提供"},
        {"\"owed\":[{\"need\":\"1\"},{\"need\":\"2\"},{\"need\":\"3\"},{\"need\":\"4\"},"
         "{\"need\":\"5\"},{\"need\":\"6\"},{\"need\":\"7\"}]",
         "尚缺7项，应由报送人按章程的规定、报送人按章程的规定、报送人按章程的规定、报送人按章程的规定、"
         "报送人按章程的规定、报送人按章程的规定等提供"},
        {"\"rule\":\"levels.team.up\",\"clause\":\"四（一）\",\"place\":\"town.yaml:7:5\"",
         "不符合四（一）的规定（town.yaml:7:5）"},
        {"\"rule\":\"closing\",\"place\":\"town.yaml:8:5\"", "不符合章程的规定（town.yaml:8:5）"},
        {"\"inputs\":[1]", "与在办情况不符，请核对后再报"},
    };
    struct house *house = open_town_with("notices:\n  - {event: request, to: [office.director]}\nclasses:\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char json[1024], line[1024];
        (void)snprintf(json, sizeof json,
                       "{\"event\":\"escalation.requested\",\"reason\":\"issue A: it is closed\",%s}",
                       rows[i][0]);
        (void)snprintf(line, sizeof line, "“提请上一级协调”不符合条件，退回补正：%s（A）", rows[i][1]);
        assert_string_equal(said(house, tell(house, "request.refused", "A", json)), line);
    }
    close_town(house);
}

/* Nor is what a role says of a duty that has ended. */
static void test_an_ended_duty_is_in_chinese(void **state)
{
    (void)state;
    struct house *house = open_town_with("notices:\n  - {event: duty, to: [office.director]}\nclasses:\n");
    assert_string_equal(
        said(house, tell(house, "duty.ended", "D-1",
                         "{\"routine\":\"meeting\",\"kind\":\"meeting\",\"body\":\"group-05\","
                         "\"by\":\"2020-03-31\",\"title\":\"例会\",\"reason\":\"the charter does not ask "
                         "for it any more\"}")),
        "按现行章程，纳税专项小组不再承担：例会（D-1）");
    close_town(house);
}

/* ---- how many ---- */

/* More recipients than may be told: those beyond the bound are counted in the line, not passed over in
 * silence. */
static void test_recipients_are_bounded_visibly(void **state)
{
    (void)state;
    struct house *house = open_town_with(
        "notices:\n  - {event: opinion.asked, to: [unit, office.director], channel: log}\nclasses:\n");
    static char units[65536];
    size_t bytes = (size_t)snprintf(units, sizeof units, "{\"level\":\"team\",\"units\":[");
    for (int i = 0; i < LIST_COUNT_MAX; i++)
        bytes += (size_t)snprintf(units + bytes, sizeof units - bytes, "%s\"u-%d\"", i > 0 ? "," : "", i);
    (void)snprintf(units + bytes, sizeof units - bytes, "]}");
    uint64_t seq = tell(house, "opinion.asked", "A", units);
    size_t count = 0;
    while (house_outcome(house, seq, "notification.sent", count) != NULL)
        count++;
    assert_int_equal(count, RECIPIENTS_MAX);
    assert_non_null(strstr(said(house, seq), "另有1个收件人超出上限"));
    close_town(house);
}

/* So are those whom several rules of one event mean. */
static void test_tellings_of_one_event_are_bounded_visibly(void **state)
{
    (void)state;
    struct house *house =
        open_town_with("notices:\n"
                       "  - {event: opinion.asked, to: [unit], channel: log}\n"
                       "  - {event: opinion.asked, to: [unit], channel: file}\n"
                       "  - {event: opinion.asked, to: [unit], channel: mail, when: at-once}\n"
                       "  - {event: opinion.asked, to: [unit], channel: webhook, when: at-once}\n"
                       "  - {event: opinion.asked, to: [office.director], channel: log}\n"
                       "classes:\n");
    static char units[65536];
    size_t bytes = (size_t)snprintf(units, sizeof units, "{\"level\":\"team\",\"units\":["), count = 0;
    for (int i = 0; i < RECIPIENTS_MAX; i++)
        bytes += (size_t)snprintf(units + bytes, sizeof units - bytes, "%s\"u-%d\"", i > 0 ? "," : "", i);
    (void)snprintf(units + bytes, sizeof units - bytes, "]}");
    uint64_t seq = tell(house, "opinion.asked", "A", units);
    while (house_outcome(house, seq, "notification.sent", count) != NULL)
        count++;
    assert_int_equal(count, 4 * RECIPIENTS_MAX);
    assert_non_null(strstr(said(house, seq), "另有1个收件人超出上限"));
    close_town(house);
}

/* S2-5: the unit's liaison is told, however near another of its posts may be to the matter. */
static void test_a_unit_is_told_through_its_liaison(void **state)
{
    (void)state;
    char *text = town_text("  - {name: 市财政局, aliases: [财政局]}\n",
                           "  - {name: 市财政局, aliases: [财政局], liaison: finance.liaison}\n");
    char *at = strstr(text, "classes:\n"), *whole = NULL;
    assert_non_null(at);
    *at = '\0';
    assert_true(asprintf(&whole, "%snotices:\n  - {event: opinion.asked, to: [unit], channel: log}\n%s", text,
                         "classes:\n  - {class: 咨询, limit: 3wd}\n") > 0);
    free(text);
    text = whole;
    char *posts = strstr(text, "posts:\n");
    assert_non_null(posts);
    posts += strlen("posts:\n");
    assert_true(asprintf(&whole,
                         "%.*s  - {id: finance.near, title: 处长, unit: 市财政局, body: team-05}\n"
                         "  - {id: finance.liaison, title: 联络员, unit: 市财政局}\n%s",
                         (int)(posts - text), text, posts) > 0);
    free(text);
    struct house *house = open_town_of(whole);
    (void)tell(house, "issue.opened", "A", OPENED); /* of team-05, in which finance.near is */
    uint64_t seq = tell(house, "opinion.asked", "A", "{\"level\":\"team\",\"units\":[\"市财政局\"]}");
    assert_string_equal(told(house, seq), "finance.liaison");
    close_town(house);
}

/* ---- delivery ---- */

static void read_file(struct house *house, const char *name, char *out, size_t room)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/notifications/%s", house_out_directory(house), name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s is missing", path);
    out[fread(out, 1, room - 1, file)] = '\0';
    (void)fclose(file);
}

static void test_a_line_is_appended_to_the_posts_file(void **state)
{
    (void)state;
    struct house *house = open_town();
    char content[4096], expected[256];
    uint64_t seq = tell(house, "opinion.asked", "A", "{\"units\":[\"市财政局\"],\"level\":\"team\"}");
    read_file(house, "finance.clerk.txt", content, sizeof content);
    (void)snprintf(expected, sizeof expected, "2020-02-03 09:00 #%llu 请就问题“A”提出意见：市财政局（A）\n",
                   (unsigned long long)seq);
    assert_string_equal(content, expected);
    (void)tell(house, "opinion.asked", "B", "{\"units\":[\"市财政局\"],\"level\":\"team\"}");
    read_file(house, "finance.clerk.txt", content, sizeof content);
    assert_true(strncmp(content, expected, strlen(expected)) == 0 && strlen(content) > strlen(expected));
    close_town(house);
}

/* A raiser is free text from outside: it names a file of its own in the folder, whatever it says. */
static void test_a_file_name_is_no_path(void **state)
{
    (void)state;
    static const char *const wicked[] = {"../../passwd", ".._.._passwd", ".hidden", "_hidden",
                                         "a/b",          "a_b",          "..",      "a b"};
    char out[64] = "/tmp/duban-notices-XXXXXX", path[128];
    assert_non_null(mkdtemp(out));
    for (size_t i = 0; i < sizeof wicked / sizeof *wicked; i++) {
        const struct effect effect = {
            .kind = TEXT("file"), .target = text_from(wicked[i]), .content = TEXT("x")};
        assert_int_equal(role_notifications.carry_out(&effect, out), 0);
    }
    (void)snprintf(path, sizeof path, "%s/notifications", out);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    size_t files = 0;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        files += entry->d_name[0] != '.' && entry->d_type == DT_REG;
    (void)closedir(folder);
    assert_int_equal(files, sizeof wicked / sizeof *wicked);
    assert_int_equal(file_remove_folder(out), 0);
}

static void test_a_file_that_cannot_be_written_is_tried_again(void **state)
{
    (void)state;
    char out[64] = "/tmp/duban-notices-XXXXXX", path[128];
    assert_non_null(mkdtemp(out));
    (void)snprintf(path, sizeof path, "%s/notifications", out);
    FILE *file = fopen(path, "w"); /* in the folder's place */
    assert_non_null(file);
    (void)fclose(file);
    const struct effect effect = {.kind = TEXT("file"), .target = TEXT("p"), .content = TEXT("x")};
    assert_int_not_equal(role_notifications.carry_out(&effect, out), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(role_notifications.carry_out(&effect, out), 0);
    assert_int_equal(file_remove_folder(out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units_are_told_through_their_post_or_by_name),
        cmocka_unit_test(test_heads_are_those_of_the_body_that_has_it_now),
        cmocka_unit_test(test_the_office_is_the_body_that_compiles_lists),
        cmocka_unit_test(test_joint_heads_are_both_told),
        cmocka_unit_test(test_a_tasks_heads_are_those_of_its_issue),
        cmocka_unit_test(test_a_rule_for_a_family_or_a_prefix_holds_for_its_members),
        cmocka_unit_test(test_the_persons_are_those_who_hold_the_post_now),
        cmocka_unit_test(test_the_outcome_cites_rule_and_cause),
        cmocka_unit_test(test_what_has_no_date_says_so),
        cmocka_unit_test(test_levels_bodies_times_and_labels_have_their_names),
        cmocka_unit_test(test_a_post_is_called_by_its_body_and_title),
        cmocka_unit_test(test_results_and_requests_are_in_words),
        cmocka_unit_test(test_refusals_are_in_chinese),
        cmocka_unit_test(test_an_ended_duty_is_in_chinese),
        cmocka_unit_test(test_recipients_are_bounded_visibly),
        cmocka_unit_test(test_tellings_of_one_event_are_bounded_visibly),
        cmocka_unit_test(test_a_unit_is_told_through_its_liaison),
        cmocka_unit_test(test_a_line_is_appended_to_the_posts_file),
        cmocka_unit_test(test_a_file_name_is_no_path),
        cmocka_unit_test(test_a_file_that_cannot_be_written_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
