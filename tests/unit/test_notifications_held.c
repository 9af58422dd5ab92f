/* test_notifications_held.c - goal: what is told outside working hours waits for the next opening, what is
 * told by digest for the next day's, and whoever has acknowledged a matter is left alone until there is news.
 * Method: the roles notifications and deadlines in a house without walls, under a small town's charter and
 * the real calendar of 2020, with its make-up Sunday and its lengthened holiday.
 */
#include "tests/support/town.h"
#include "workers/notifications/notifications.h"
#include "workers/roles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOTICES                                                                                              \
    "notices:\n"                                                                                             \
    "  - {event: issue.opened, to: [office.director], channel: mail, clause: 四（一）}\n"                \
    "  - {event: opinion.asked, to: [unit], channel: file, when: digest}\n"                                  \
    "  - {event: deadline.approaching, to: [who], channel: mail, when: digest}\n"                            \
    "  - {event: deadline.approaching, to: [who], channel: file}\n"                                          \
    "  - {event: deadline.moved, to: [finance.clerk], channel: file}\n"                                      \
    "  - {event: work.noted, to: [finance.clerk], channel: file}\n"                                          \
    "  - {event: deadline.set, to: [office.director], channel: mail, when: digest}\n"                        \
    "classes:\n"

static struct house *open_under(const char *time, const char *notices)
{
    const struct role *const roles[] = {&role_deadlines, &role_notifications, NULL};
    struct house *house = house_open_roles(roles);
    char *text = town_text("classes:\n", notices);
    house_advance(house, time);
    house_adopt_calendar(house, "config/calendars/cn.yaml", NULL);
    house_adopt_charter_text(house, "town", text);
    free(text);
    return house;
}

static struct house *open_town(const char *time)
{
    return open_under(time, NOTICES);
}

static void close_town(struct house *house)
{
    house_check_rebuild(house);
    house_close(house);
}

static uint64_t tell(struct house *house, const char *received, const char *type, const char *subject,
                     const char *json)
{
    return house_publish_as(house, "worker/coordination", received, type, subject, "town", NULL, json);
}

#define OPENED                                                                                               \
    "{\"title\":\"税费申报\",\"area\":\"纳税\",\"level\":\"team\",\"body\":\"team-05\",\"round\":1}"
#define ASKED "{\"units\":[\"市财政局\"],\"level\":\"team\"}"
#define APPROACHING                                                                                          \
    "{\"deadline\":\"d\",\"owner\":\"tasks\",\"label\":\"task\",\"due\":\"2020-03-31T23:59:59+08:00\","      \
    "\"rung\":1,\"who\":\"finance.clerk\"}"
#define NOTED "{\"activity\":\"visit\",\"level\":\"team\"}"
#define MOVED                                                                                                \
    "{\"deadline\":\"d\",\"owner\":\"tasks\",\"label\":\"task\",\"before\":\"2020-03-31T23:59:59+08:00\","   \
    "\"after\":\"2020-04-01T23:59:59+08:00\",\"arithmetic\":\"x\"}"

static const char *text_of(const struct event *event, enum field field)
{
    static char text[65536];
    assert_non_null(event);
    (void)snprintf(text, sizeof text, "%.*s", TEXT_PRINT(doc_text(event->data, field)));
    return text;
}

/* When the nth message went, in Beijing: "2020-01-19 09:00". */
static const char *sent_at(struct house *house, size_t nth)
{
    static char text[64];
    struct arena arena;
    arena_open(&arena, 4096);
    const struct event *sent = house_find(house, "notification.sent", NULL, nth);
    assert_non_null(sent);
    (void)snprintf(text, sizeof text, "%.*s", TEXT_PRINT(wording_time(&arena, sent->received_us, 480)));
    arena_close(&arena);
    return text;
}

/* ---- quiet hours ---- */

static void test_people_at_work_are_told_now(void **state)
{
    (void)state;
    struct house *house = open_town("2020-02-03T10:00:00+08:00");
    uint64_t seq = tell(house, NULL, "issue.opened", "A", OPENED);
    assert_string_equal(text_of(house_outcome(house, seq, "notification.queued", 0), FIELD_HOW), "quiet");
    house_advance(house, "2020-02-03T10:00:01+08:00");
    assert_string_equal(sent_at(house, 0), "2020-02-03 10:00");
    const struct event *sent = house_find(house, "notification.sent", NULL, 0);
    assert_true(text_is(sent->subject, "A"));
    assert_string_equal(text_of(sent, FIELD_TEXT), "新问题“税费申报”，领域：纳税，请纳税工作专班协调（A）");
    assert_string_equal(text_of(sent, FIELD_CLAUSE), "四（一）");
    assert_string_equal(text_of(sent, FIELD_PERSON), "某甲");
    assert_int_equal(doc_int(sent->data, FIELD_COUNT, 0), 1);
    assert_int_equal(doc_int(sent->data, FIELD_SEQ, 0), seq);
    close_town(house);
}

/* Saturday: the Sunday after it is a make-up day. The evening before the festival: the Monday on which the
 * lengthened holiday is over. */
static void test_others_are_told_when_they_come_back(void **state)
{
    (void)state;
    struct house *house = open_town("2020-01-17T10:00:00+08:00");
    (void)tell(house, "2020-01-18T10:00:00+08:00", "issue.opened", "A", OPENED);
    (void)tell(house, "2020-01-18T20:00:00+08:00", "issue.opened", "B", OPENED);
    house_advance(house, "2020-01-19T09:00:00+08:00");
    assert_int_equal(house_count(house, "notification.sent", NULL), 0); /* exactly then is not yet past */
    house_advance(house, "2020-01-19T09:00:01+08:00");
    assert_string_equal(sent_at(house, 0), "2020-01-19 09:00");
    assert_string_equal(text_of(house_find(house, "notification.sent", NULL, 0), FIELD_TEXT),
                        "共2项：\n1. 新问题“税费申报”，领域：纳税，请纳税工作专班协调（A）\n"
                        "2. 新问题“税费申报”，领域：纳税，请纳税工作专班协调（B）");
    (void)tell(house, "2020-01-23T18:00:00+08:00", "issue.opened", "C", OPENED);
    house_advance(house, "2020-02-10T00:00:00+08:00");
    assert_int_equal(house_count(house, "notification.sent", NULL), 2);
    assert_string_equal(sent_at(house, 1), "2020-02-03 09:00");
    close_town(house);
}

/* ---- digests ---- */

static void test_a_digest_comes_the_next_working_morning(void **state)
{
    (void)state;
    struct house *house = open_town("2020-02-03T08:00:00+08:00");
    uint64_t first = tell(house, NULL, "opinion.asked", "A", ASKED);
    uint64_t last = tell(house, "2020-02-03T16:00:00+08:00", "opinion.asked", "B", ASKED);
    assert_string_equal(text_of(house_find(house, "notification.queued", "B", 0), FIELD_HOW), "digest");
    assert_int_equal(house_count(house, "deadline.set", NULL), 1); /* one bell for both */
    house_advance(house, "2020-02-04T08:59:59+08:00");
    assert_int_equal(house_count(house, "notification.sent", NULL), 0);
    house_advance(house, "2020-02-04T10:00:00+08:00");
    assert_string_equal(sent_at(house, 0), "2020-02-04 09:00");
    const struct event *sent = house_find(house, "notification.sent", NULL, 0);
    assert_int_equal(doc_int(sent->data, FIELD_COUNT, 0), 2);
    assert_int_equal(doc_count(sent->data, FIELD_INPUTS), 2);
    assert_int_equal(doc_int_at(sent->data, FIELD_INPUTS, 0), first);
    assert_int_equal(doc_int(sent->data, FIELD_SEQ, 0), last);
    assert_string_equal(text_of(sent, FIELD_POST), "finance.clerk");
    house_advance(house, "2020-02-06T10:00:00+08:00"); /* and nothing again */
    assert_int_equal(house_count(house, "notification.sent", NULL), 1);
    (void)tell(house, NULL, "opinion.asked", "C", ASKED);
    house_advance(house, "2020-02-07T10:00:00+08:00");
    assert_int_equal(house_count(house, "notification.sent", NULL), 2); /* the next day's has a bell again */
    close_town(house);
}

#define MISSED(label)                                                                                        \
    "{\"deadline\":\"d\",\"label\":\"" label "\",\"due\":\"2020-01-31T23:59:59+08:00\",\"body\":\"team-"     \
    "05\"}"
#define DUTY                                                                                                 \
    "{\"routine\":\"meeting\",\"kind\":\"meeting\",\"body\":\"team-05\",\"by\":\"2020-01-31\",\"title\":"    \
    "\"工作专班例会\",\"result\":\"duty\"}"

/* What a house under these notices told by that time of a missed duty, its date, and a missed task. */
static size_t tell_missed(struct house *house)
{
    (void)tell(house, "2020-02-03T00:00:01+08:00", "deadline.missed", "town/meeting/team-05/2020-01-31",
               MISSED("duty"));
    (void)tell(house, "2020-02-03T00:00:02+08:00", "duty.missed", "town/meeting/team-05/2020-01-31", DUTY);
    (void)tell(house, "2020-02-03T00:00:03+08:00", "duty.missed", "town/meeting/team-05/2020-01-30", DUTY);
    (void)tell(house, "2020-02-03T00:00:04+08:00", "deadline.missed", "A", MISSED("task"));
    house_advance(house, "2020-02-04T09:00:01+08:00");
    return house_count(house, "notification.sent", NULL);
}

/* Two duties in one bundle and the task; where no rule is about duties, their date is told. */
static void test_a_missed_duty_is_told_once(void **state)
{
    (void)state;
    struct house *house =
        open_under("2020-02-02T08:00:00+08:00",
                   "notices:\n"
                   "  - {event: deadline.missed, to: [office.director], channel: file}\n"
                   "  - {event: duty.missed, to: [office.director], channel: file, when: digest}\n"
                   "classes:\n");
    assert_int_equal(tell_missed(house), 2);
    const struct event *digest = house_find(house, "notification.sent", NULL, 1);
    assert_int_equal(doc_int(digest->data, FIELD_COUNT, 0), 2);
    assert_int_equal(house_count(house, "notification.sent", "A"), 1);
    close_town(house);
    house = open_under(
        "2020-02-02T08:00:00+08:00",
        "notices:\n  - {event: deadline.missed, to: [office.director], channel: file}\nclasses:\n");
    assert_int_equal(tell_missed(house), 2);
    assert_int_equal(house_count(house, "notification.sent", "town/meeting/team-05/2020-01-31"), 1);
    close_town(house);
}

static void test_a_long_digest_is_several_messages(void **state)
{
    (void)state;
    struct house *house = open_town("2020-02-03T08:00:00+08:00");
    char subject[16];
    for (int i = 0; i < BUNDLE_TELLINGS_MAX + 30; i++) {
        (void)snprintf(subject, sizeof subject, "S%d", i);
        (void)tell(house, NULL, "opinion.asked", subject, ASKED);
    }
    house_advance(house, "2020-02-04T10:00:00+08:00");
    assert_int_equal(house_count(house, "notification.sent", NULL), 2);
    assert_int_equal(doc_int(house_find(house, "notification.sent", NULL, 0)->data, FIELD_COUNT, 0),
                     BUNDLE_TELLINGS_MAX);
    assert_int_equal(doc_int(house_find(house, "notification.sent", NULL, 1)->data, FIELD_COUNT, 0), 30);
    close_town(house);
}

/* As many as one bell tells in one turn, of lines so long that few fit into a message: then it rings again.
 */
static void test_a_bell_that_has_too_much_to_tell_rings_again(void **state)
{
    (void)state;
    enum { LINES = (BUNDLES_PER_TURN_MAX + 1) * BUNDLE_BYTES_MAX / 512 };
    struct house *house = open_town("2020-02-03T08:00:00+08:00");
    char json[1024], title[511];
    size_t lines = 0, messages = 0;
    memset(title, 'x', sizeof title);
    title[sizeof title - 1] = '\0';
    (void)snprintf(json, sizeof json,
                   "{\"title\":\"%s\",\"area\":\"纳税\",\"level\":\"team\",\"body\":\"team-05\",\"round\":1}",
                   title);
    (void)tell(house, NULL, "issue.opened", "A", json);
    for (int i = 0; i < LINES; i++)
        (void)tell(house, NULL, "opinion.asked", "A", ASKED);
    house_advance(house, "2020-02-04T10:00:00+08:00");
    for (size_t i = 0; house_find(house, "notification.sent", NULL, i) != NULL; i++) {
        const struct event *sent = house_find(house, "notification.sent", NULL, i);
        if (!text_is(doc_text(sent->data, FIELD_POST), "finance.clerk"))
            continue;
        size_t count = (size_t)doc_int(sent->data, FIELD_COUNT, 0), numbers = 32 + 8 * count;
        assert_true(doc_text(sent->data, FIELD_TEXT).bytes <= BUNDLE_BYTES_MAX + numbers);
        assert_true(text_is(sent->subject, "A")); /* all are about it */
        lines += count;
        messages++;
    }
    assert_int_equal(lines, LINES);
    assert_true(messages > BUNDLES_PER_TURN_MAX);
    close_town(house);
}

/* What waits out the evening and what waits for the digest come in one message. */
static void test_a_digest_takes_along_what_waits_for_the_same_hour(void **state)
{
    (void)state;
    struct house *house = open_town("2020-02-03T20:00:00+08:00");
    (void)tell(house, NULL, "deadline.set", "A",
               "{\"deadline\":\"A/team/9\",\"owner\":\"coordination\",\"label\":\"team\",\"limit\":\"15wd\","
               "\"start\":\"2020-02-03T08:00:00+08:00\",\"calendar\":\"cn\"}");
    (void)tell(house, NULL, "issue.opened", "B", OPENED);
    assert_int_equal(house_count(house, "deadline.set", "town/office.director"), 2);
    house_advance(house, "2020-02-04T10:00:00+08:00");
    assert_int_equal(house_count(house, "notification.sent", NULL), 1);
    assert_int_equal(doc_int(house_find(house, "notification.sent", NULL, 0)->data, FIELD_COUNT, 0), 2);
    close_town(house);
}

/* The rule for deadline.set tells of everybody's deadlines, but not of the bells that this would ring for. */
static void test_bells_are_nobodys_news(void **state)
{
    (void)state;
    struct house *house = open_town("2020-02-03T08:00:00+08:00");
    (void)tell(house, NULL, "deadline.set", "A",
               "{\"deadline\":\"A/team/9\",\"owner\":\"coordination\",\"label\":\"team\",\"limit\":\"15wd\","
               "\"start\":\"2020-02-03T08:00:00+08:00\",\"calendar\":\"cn\"}");
    house_advance(house, "2020-02-10T08:00:00+08:00");
    assert_int_equal(house_count(house, "notification.queued", NULL), 1);
    assert_int_equal(house_count(house, "notification.sent", NULL), 1);
    assert_int_equal(house_count(house, "deadline.set", "town/office.director"), 1);
    close_town(house);
}

static void test_what_is_held_survives_a_crash(void **state)
{
    (void)state;
    struct house *house = open_town("2020-02-03T08:00:00+08:00");
    (void)tell(house, NULL, "opinion.asked", "A", ASKED);
    house_crash(house, "notifications");
    (void)tell(house, NULL, "opinion.asked", "B", ASKED);
    house_forget(house, "notifications");
    house_advance(house, "2020-02-04T10:00:00+08:00");
    assert_int_equal(house_count(house, "notification.sent", NULL), 1);
    const struct event *sent = house_find(house, "notification.sent", NULL, 0);
    assert_int_equal(doc_int(sent->data, FIELD_COUNT, 0), 2);
    assert_true(text_is(sent->subject, "town/finance.clerk")); /* neither A nor B: the bell's */
    close_town(house);
}

/* ---- acknowledgement ---- */

static uint64_t acknowledge(struct house *house, const char *subject, const char *actor, const char *json)
{
    return house_publish(house, NULL, "notification.acknowledged", subject, "town", actor, json);
}

static void assert_refused(struct house *house, uint64_t seq, const char *says)
{
    const struct event *refusal = house_refusal(house, seq);
    if (refusal == NULL || strstr(text_of(refusal, FIELD_REASON), says) == NULL)
        fail_msg("not refused, or not for \"%s\"", says);
}

/* Messages to finance.clerk by file: those come at once. */
static size_t reminders(const struct house *house, uint64_t cause)
{
    size_t count = 0;
    while (house_outcome(house, cause, "notification.sent", count) != NULL)
        count++;
    return count;
}

static void test_an_acknowledgement_stops_reminders_until_there_is_news(void **state)
{
    (void)state;
    struct house *house = open_town("2020-02-03T10:00:00+08:00");
    assert_int_equal(reminders(house, tell(house, NULL, "deadline.approaching", "A", APPROACHING)), 1);
    uint64_t seq = acknowledge(house, "A", "市财政局", "{\"note\":\"知道了\"}"); /* the post's unit */
    const struct event *silenced = house_outcome(house, seq, "notification.silenced", 0);
    assert_string_equal(text_of(silenced, FIELD_POST), "finance.clerk");
    uint64_t again = tell(house, NULL, "deadline.approaching", "A", APPROACHING);
    assert_int_equal(reminders(house, again), 0);
    assert_null(house_outcome(house, again, "notification.queued", 0));
    assert_int_equal(reminders(house, tell(house, NULL, "deadline.approaching", "B", APPROACHING)), 1);
    assert_int_equal(reminders(house, tell(house, NULL, "deadline.moved", "A", MOVED)), 1); /* news */
    assert_int_equal(reminders(house, tell(house, NULL, "deadline.approaching", "A", APPROACHING)), 1);
    close_town(house);
}

/* Only reminders stop; being told something else is no news that begins them again. */
static void test_an_acknowledgement_stops_nothing_but_reminders(void **state)
{
    (void)state;
    struct house *house = open_town("2020-02-03T10:00:00+08:00");
    assert_int_equal(reminders(house, tell(house, NULL, "deadline.approaching", "A", APPROACHING)), 1);
    uint64_t seq = acknowledge(house, "A", NULL, "{\"post\":\"finance.clerk\"}"); /* whoever says it */
    assert_non_null(house_outcome(house, seq, "notification.silenced", 0));
    assert_int_equal(reminders(house, tell(house, NULL, "work.noted", "A", NOTED)), 1);
    assert_int_equal(reminders(house, tell(house, NULL, "deadline.approaching", "A", APPROACHING)), 0);
    (void)tell(house, NULL, "work.noted", "C", NOTED); /* told of it once, at once: enough to take note */
    seq = acknowledge(house, "C", "finance.clerk", NULL);
    assert_non_null(house_outcome(house, seq, "notification.silenced", 0));
    close_town(house);
}

/* The reminder that waited in the digest is dropped, the other news in it is not. */
static void test_an_acknowledgement_drops_reminders_that_wait(void **state)
{
    (void)state;
    struct house *house = open_town("2020-02-03T10:00:00+08:00");
    (void)tell(house, NULL, "deadline.approaching", "A", APPROACHING);
    (void)tell(house, NULL, "deadline.approaching", "B", APPROACHING);
    (void)tell(house, NULL, "opinion.asked", "A", ASKED);
    (void)acknowledge(house, "A", "finance.clerk", NULL);
    house_advance(house, "2020-02-04T10:00:00+08:00");
    size_t mails = 0, files = 0;
    for (size_t i = 0; house_find(house, "notification.sent", NULL, i) != NULL; i++) {
        const struct event *sent = house_find(house, "notification.sent", NULL, i);
        bool mail = text_is(doc_text(sent->data, FIELD_CHANNEL), "mail");
        mails += mail;
        assert_true(!mail || text_is(sent->subject, "B"));
        files += doc_has(sent->data, FIELD_COUNT) && text_is(doc_text(sent->data, FIELD_CHANNEL), "file");
    }
    assert_int_equal(mails, 1);
    assert_int_equal(files, 1);
    close_town(house);
}

static void test_nobody_silences_another(void **state)
{
    (void)state;
    struct house *house = open_town("2020-02-03T10:00:00+08:00");
    (void)tell(house, NULL, "deadline.approaching", "A", APPROACHING);
    assert_refused(house, acknowledge(house, NULL, "finance.clerk", NULL), "subject is missing");
    assert_refused(house, acknowledge(house, "A", NULL, NULL), "neither actor nor post");
    assert_refused(house, acknowledge(house, "A", "finance.clark", NULL), "finance.clerk");
    assert_refused(house, acknowledge(house, "A", NULL, "{\"post\":\"finance.clark\"}"), "finance.clerk");
    assert_refused(house, acknowledge(house, "A", "市税务局", "{\"post\":\"finance.clerk\"}"),
                   "does not act for");
    assert_refused(house, acknowledge(house, "Z", "finance.clerk", NULL), "nothing about this subject");
    assert_refused(house, acknowledge(house, "A", "office.director", NULL), "nothing about this subject");
    assert_int_equal(house_count(house, "notification.silenced", NULL), 0);
    assert_int_equal(reminders(house, tell(house, NULL, "deadline.approaching", "A", APPROACHING)), 1);
    close_town(house);
}

/* ---- what may be told ---- */

/* Whatever another role concludes, a charter may name in a notice: none is left out of the table. */
static void test_every_outcome_can_be_told(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        const struct event_type *type = &event_types[kind];
        if (type->report || type->role == ROLE_NOTIFICATIONS || type->kind == EVENT_CLOCK_STRUCK)
            continue;
        bool told = false;
        for (size_t i = 0; i < role_notifications.rows_count; i++)
            told = told || (role_notifications.rows[i].kind == type->kind &&
                            role_notifications.rows[i].decide != NULL);
        if (!told)
            fail_msg("nobody is ever told of %s", type->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_people_at_work_are_told_now),
        cmocka_unit_test(test_others_are_told_when_they_come_back),
        cmocka_unit_test(test_a_digest_comes_the_next_working_morning),
        cmocka_unit_test(test_a_missed_duty_is_told_once),
        cmocka_unit_test(test_a_long_digest_is_several_messages),
        cmocka_unit_test(test_a_bell_that_has_too_much_to_tell_rings_again),
        cmocka_unit_test(test_a_digest_takes_along_what_waits_for_the_same_hour),
        cmocka_unit_test(test_bells_are_nobodys_news),
        cmocka_unit_test(test_what_is_held_survives_a_crash),
        cmocka_unit_test(test_an_acknowledgement_stops_reminders_until_there_is_news),
        cmocka_unit_test(test_an_acknowledgement_stops_nothing_but_reminders),
        cmocka_unit_test(test_an_acknowledgement_drops_reminders_that_wait),
        cmocka_unit_test(test_nobody_silences_another),
        cmocka_unit_test(test_every_outcome_can_be_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
