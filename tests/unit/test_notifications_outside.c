/* test_notifications_outside.c - goal: a message that is carried outside is attempted as often as the policy
 * says, survives whatever kills the worker, holds up nobody else, and ends as exactly one event. Method: the
 * role in a house without walls; the test is the courier, and says for each attempt what came of it and at
 * which time.
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
    "  - {event: issue.opened, to: [office.director, finance.clerk], channel: mail, when: at-once}\n"        \
    "  - {event: issue.closed, to: [finance.clerk], channel: webhook, when: at-once}\n"                      \
    "  - {event: issue.opened, to: [raiser], channel: webhook, when: at-once}\n"                             \
    "classes:\n"
#define SECOND INT64_C(1000000)
static const struct delivery_policy policy = {
    .carried = true, .attempts_max = 4, .first_us = 10 * SECOND, .cap_us = 30 * SECOND};
static const int64_t noon_us = INT64_C(1580702400) * SECOND; /* of the courier's clock; any would do */

static struct house *open_town(void)
{
    const struct role *const roles[] = {&role_notifications, NULL};
    struct house *house = house_open_roles(roles);
    char *text = town_text("classes:\n", NOTICES);
    house_advance(house, "2020-02-03T10:00:00+08:00");
    house_adopt_charter_text(house, "town", text);
    house_carry(house, "notifications", &policy);
    free(text);
    return house;
}

static void close_town(struct house *house)
{
    house_check_rebuild(house);
    house_close(house);
}

#define OPENED                                                                                               \
    "{\"title\":\"税费申报\",\"area\":\"纳税\",\"level\":\"team\",\"body\":\"team-05\",\"round\":1}"

static uint64_t opened(struct house *house, const char *subject)
{
    return house_publish_as(house, "worker/coordination", NULL, "issue.opened", subject, "town", NULL,
                            OPENED);
}

static uint64_t closed(struct house *house, const char *subject)
{
    return house_publish_as(house, "worker/coordination", NULL, "issue.closed", subject, "town", NULL,
                            "{\"how\":\"confirmed\",\"at\":\"2020-02-03T10:00:00+08:00\"}");
}

/* ---- the courier ---- */

struct hands {
    const char *refuses; /* an addressee whose receiver is busy, or NULL */
    struct delivery taken[16];
    size_t count;
    int64_t next_us;
};

static bool hands_offer(void *context, const struct delivery *delivery)
{
    const struct hands *hands = context;
    assert_null(delivery->event);
    return hands->refuses == NULL || !text_is(delivery->addressee, hands->refuses);
}

static struct hands take(struct house *house, int64_t now_us, const char *refuses)
{
    struct hands hands = {.refuses = refuses};
    assert_int_equal(worker_deliveries(house_worker(house, "notifications"), now_us, hands_offer, &hands,
                                       hands.taken, 16, &hands.count, &hands.next_us),
                     0);
    return hands;
}

/* True: no attempt follows. */
static bool end(struct house *house, uint64_t number, unsigned how, int64_t wait_us, int64_t now_us)
{
    struct delivery_end end = {
        .how = how, .reason = how == DELIVERY_DONE ? NULL : "SMTP 451", .wait_us = wait_us};
    struct delivery_state state;
    assert_int_equal(worker_delivery_end(house_worker(house, "notifications"), number, &end, now_us, &state),
                     0);
    house_settle(house);
    return state.over;
}

static void assert_number(const struct event *event, enum field field, int64_t wanted)
{
    assert_non_null(event);
    assert_int_equal(doc_int(event->data, field, -1), wanted);
}

/* ---- attempts ---- */

static void test_delivered_is_one_event(void **state)
{
    (void)state;
    struct house *house = open_town();
    uint64_t seq = opened(house, "A");
    struct hands hands = take(house, noon_us, NULL);
    assert_int_equal(hands.count, 2);
    assert_true(text_is(hands.taken[0].addressee, "finance.clerk"));
    assert_true(text_is(hands.taken[0].group, "市财政局"));
    assert_true(text_is(hands.taken[0].charter, "town"));
    assert_int_equal(hands.taken[0].attempts, 1);
    assert_true(text_is(hands.taken[0].event->type_name, "notification.sent"));
    assert_true(text_starts_with(hands.taken[0].id, TEXT("0123456789abcdef0123456789abcdef-notifications-")));
    char id[128];
    (void)snprintf(id, sizeof id, "%.*s-delivery", TEXT_PRINT(hands.taken[0].event->id));
    for (size_t i = 0; i < hands.count; i++)
        assert_true(end(house, hands.taken[i].number, DELIVERY_DONE, 0, noon_us));
    assert_int_equal(house_count(house, "delivery.reported", "A"), 2);
    assert_int_equal(house_count(house, "notification.delivered", "A"), 2);
    const struct event *reported = house_find(house, "delivery.reported", "A", 0);
    assert_true(text_is(reported->publisher, "worker/notifications"));
    assert_int_equal(reported->id.bytes, strlen(id));
    assert_memory_equal(reported->id.at, id, strlen(id)); /* so the broker takes it once */
    assert_number(reported, FIELD_SEQ, (int64_t)seq);
    assert_int_equal(reported->cause, seq);
    assert_number(house_outcome(house, reported->seq, "notification.delivered", 0), FIELD_ATTEMPTS, 1);
    assert_false(worker_deliveries_wait(house_worker(house, "notifications")));
    close_town(house);
}

/* Three quarters to all of it, see worker.h. */
static void assert_pause(int64_t pause_us, int64_t longest_us)
{
    assert_in_range(pause_us, longest_us - longest_us / 4, longest_us);
}

static void test_pauses_double_up_to_the_cap_and_attempts_end(void **state)
{
    (void)state;
    struct house *house = open_town();
    (void)closed(house, "A");
    struct hands hands = take(house, noon_us, NULL);
    assert_int_equal(hands.count, 1);
    int64_t next_us = hands.next_us;
    assert_pause(next_us - noon_us, policy.first_us);
    uint64_t number = hands.taken[0].number;
    assert_false(end(house, number, DELIVERY_LATER, 0, noon_us + SECOND));
    assert_int_equal(take(house, next_us - 1, NULL).count, 0);
    hands = take(house, next_us, NULL); /* exactly then */
    assert_int_equal(hands.count, 1);
    assert_int_equal(hands.taken[0].attempts, 2);
    assert_pause(hands.next_us - next_us, 2 * policy.first_us);
    assert_false(end(house, number, DELIVERY_LATER, 0, next_us));
    next_us = hands.next_us;
    assert_int_equal(take(house, next_us - 1, NULL).count, 0);
    hands = take(house, next_us, NULL);
    assert_int_equal(hands.taken[0].attempts, 3);
    assert_pause(hands.next_us - next_us, policy.cap_us); /* 40 s are more than that */
    assert_false(end(house, number, DELIVERY_LATER, 0, next_us));
    next_us = hands.next_us;
    hands = take(house, next_us, NULL);
    assert_int_equal(hands.taken[0].attempts, 4);
    assert_true(end(house, number, DELIVERY_LATER, 0, next_us + 60 * SECOND));
    const struct event *failed = house_find(house, "notification.failed", "A", 0);
    assert_number(failed, FIELD_ATTEMPTS, 4);
    assert_true(text_is(doc_text(failed->data, FIELD_REASON), "SMTP 451"));
    assert_int_equal(take(house, noon_us + 3600 * SECOND, NULL).count, 0);
    close_town(house);
}

enum { HERD = 100 };

/* When a hundred messages that failed at noon come again, in the order of their numbers. */
static void herd(bool crashes, int64_t next_us[HERD])
{
    struct house *house = open_town();
    for (int i = 0; i < HERD; i++) {
        char subject[16];
        (void)snprintf(subject, sizeof subject, "S%d", i);
        (void)closed(house, subject);
    }
    for (int i = 0; i < HERD; i++) { /* what waits lets the next one of the same addressee go */
        struct hands hands = take(house, noon_us, NULL);
        const struct delivery_end later = {.how = DELIVERY_LATER, .reason = "SMTP 451"};
        struct delivery_state state;
        assert_int_equal(hands.count, 1);
        assert_int_equal(worker_delivery_end(house_worker(house, "notifications"), hands.taken[0].number,
                                             &later, noon_us, &state),
                         0);
        next_us[i] = state.next_us;
    }
    if (crashes)
        house_crash(house, "notifications");
    struct hands hands = take(house, noon_us, NULL);
    assert_int_equal(hands.count, 0);
    for (int i = 0; i < HERD; i++)
        assert_true(hands.next_us <= next_us[i]);
    close_town(house);
}

static void test_what_failed_together_does_not_come_again_together(void **state)
{
    (void)state;
    int64_t next_us[HERD], again_us[HERD];
    int seconds[11] = {0};
    herd(false, next_us);
    herd(true, again_us);
    assert_memory_equal(next_us, again_us, sizeof next_us); /* no dice */
    for (int i = 0; i < HERD; i++) {
        assert_pause(next_us[i] - noon_us, policy.first_us);
        seconds[(next_us[i] - noon_us) / SECOND]++;
    }
    for (int i = 8; i < 10; i++) /* whole seconds of 7.5 to 10 */
        assert_in_range(seconds[i], 20, 60);
}

static void test_a_receivers_wish_is_respected_up_to_the_cap(void **state)
{
    (void)state;
    struct house *house = open_town();
    (void)closed(house, "A");
    struct hands hands = take(house, noon_us, NULL);
    assert_false(end(house, hands.taken[0].number, DELIVERY_LATER, 12 * SECOND, noon_us + SECOND));
    assert_int_equal(take(house, noon_us + 13 * SECOND - 1, NULL).count, 0);
    hands = take(house, noon_us + 13 * SECOND, NULL);
    assert_int_equal(hands.count, 1);
    assert_false(end(house, hands.taken[0].number, DELIVERY_LATER, 86400 * SECOND, noon_us + 13 * SECOND));
    assert_int_equal(take(house, noon_us + 43 * SECOND - 1, NULL).count, 0);
    assert_int_equal(take(house, noon_us + 43 * SECOND, NULL).count, 1);
    close_town(house);
}

static void test_what_is_refused_is_not_tried_again(void **state)
{
    (void)state;
    struct house *house = open_town();
    (void)closed(house, "A");
    struct hands hands = take(house, noon_us, NULL);
    assert_true(end(house, hands.taken[0].number, DELIVERY_FAILED, 0, noon_us));
    assert_number(house_find(house, "notification.failed", "A", 0), FIELD_ATTEMPTS, 1);
    assert_int_equal(house_count(house, "notification.delivered", NULL), 0);
    close_town(house);
}

/* One address of several was refused: delivered, and the journal says what was not. */
static void test_a_remark_goes_into_the_journal(void **state)
{
    (void)state;
    struct house *house = open_town();
    (void)closed(house, "A");
    struct hands hands = take(house, noon_us, NULL);
    struct delivery_end end = {.how = DELIVERY_DONE, .reason = "1 of 2 addresses refused"};
    struct delivery_state stands;
    assert_int_equal(worker_delivery_end(house_worker(house, "notifications"), hands.taken[0].number, &end,
                                         noon_us, &stands),
                     0);
    house_settle(house);
    const struct event *delivered = house_find(house, "notification.delivered", "A", 0);
    assert_non_null(delivered);
    assert_true(text_is(doc_text(delivered->data, FIELD_REASON), end.reason));
    close_town(house);
}

/* ---- the worker dies ---- */

static void test_attempts_survive_a_restart(void **state)
{
    (void)state;
    struct house *house = open_town();
    (void)closed(house, "A");
    struct hands hands = take(house, noon_us, NULL);
    uint64_t number = hands.taken[0].number;
    assert_false(end(house, number, DELIVERY_LATER, 0, noon_us));
    house_crash(house, "notifications");
    assert_int_equal(take(house, noon_us + SECOND, NULL).count, 0); /* its time has not come */
    hands = take(house, noon_us + policy.first_us, NULL);
    assert_int_equal(hands.count, 1);
    assert_int_equal(hands.taken[0].number, number);
    assert_int_equal(hands.taken[0].attempts, 2);
    assert_true(end(house, number, DELIVERY_DONE, 0, noon_us + policy.first_us));
    house_crash(house, "notifications");
    house_settle(house);
    assert_int_equal(house_count(house, "delivery.reported", NULL), 1);
    assert_number(house_find(house, "notification.delivered", "A", 0), FIELD_ATTEMPTS, 2);
    close_town(house);
}

/* A message that kills whoever carries it: the attempt was on record before it was made. */
static void test_what_kills_the_worker_ends_too(void **state)
{
    (void)state;
    struct house *house = open_town();
    (void)closed(house, "A");
    int64_t now_us = noon_us;
    for (unsigned i = 1; i <= policy.attempts_max; i++, now_us += 60 * SECOND) {
        struct hands hands = take(house, now_us, NULL);
        assert_int_equal(hands.count, 1);
        assert_int_equal(hands.taken[0].attempts, i);
        house_crash(house, "notifications");
    }
    struct hands hands = take(house, now_us, NULL);
    assert_int_equal(hands.count, 0);
    assert_int_equal(hands.next_us, now_us); /* others may wait behind it */
    house_settle(house);
    const struct event *failed = house_find(house, "notification.failed", "A", 0);
    assert_number(failed, FIELD_ATTEMPTS, policy.attempts_max);
    assert_true(text_is(doc_text(failed->data, FIELD_REASON), "the last attempt never came to an end"));
    close_town(house);
}

/* A transfer may last longer than the pause: neither the next attempt nor the end comes before its own. */
static void test_an_attempt_under_way_is_waited_for(void **state)
{
    (void)state;
    struct house *house = open_town();
    (void)closed(house, "A");
    int64_t now_us = noon_us;
    uint64_t number = 0;
    for (unsigned i = 1; i <= policy.attempts_max; i++, now_us += 60 * SECOND) {
        struct hands hands = take(house, now_us, NULL);
        assert_int_equal(hands.count, 1);
        number = hands.taken[0].number;
        hands = take(house, now_us + 30 * SECOND, NULL);
        assert_int_equal(hands.count, 0);
        assert_int_equal(hands.next_us, CIVIL_NEVER_US); /* its end is what it waits for */
        if (i < policy.attempts_max)
            assert_false(end(house, number, DELIVERY_LATER, 0, now_us + 30 * SECOND));
    }
    assert_true(worker_deliveries_wait(house_worker(house, "notifications")));
    assert_true(end(house, number, DELIVERY_DONE, 0, now_us));
    assert_int_equal(house_count(house, "delivery.reported", NULL), 1);
    assert_number(house_find(house, "notification.delivered", "A", 0), FIELD_ATTEMPTS, policy.attempts_max);
    close_town(house);
}

/* One comes to an end, the other is as much under way as before. */
static void test_an_end_is_of_one_attempt(void **state)
{
    (void)state;
    struct house *house = open_town();
    (void)opened(house, "A");
    struct hands hands = take(house, noon_us, NULL);
    assert_int_equal(hands.count, 2);
    uint64_t first = hands.taken[0].number, second = hands.taken[1].number;
    assert_true(end(house, first, DELIVERY_DONE, 0, noon_us));
    assert_int_equal(take(house, noon_us + 60 * SECOND, NULL).count, 0);
    assert_true(end(house, second, DELIVERY_DONE, 0, noon_us + 60 * SECOND));
    close_town(house);
}

enum { UNDER_WAY_MAX = 128 };

static void test_so_many_are_under_way_at_most(void **state)
{
    (void)state;
    struct house *house = open_town();
    static uint64_t taken[UNDER_WAY_MAX + 16];
    size_t count = 0;
    for (int i = 0; i < UNDER_WAY_MAX + 2; i++) { /* each to a raiser of its own */
        char subject[16], data[256];
        (void)snprintf(subject, sizeof subject, "S%d", i);
        (void)snprintf(data, sizeof data,
                       "{\"title\":\"税费申报\",\"area\":\"纳税\",\"level\":\"team\",\"body\":\"team-05\","
                       "\"round\":1,\"raiser\":\"企业%d\"}",
                       i);
        (void)house_publish_as(house, "worker/coordination", NULL, "issue.opened", subject, "town", NULL,
                               data);
    }
    for (struct hands hands = take(house, noon_us, NULL); hands.count > 0; hands = take(house, noon_us, NULL))
        for (size_t i = 0; i < hands.count; i++)
            taken[count++] = hands.taken[i].number;
    assert_int_equal(count, UNDER_WAY_MAX);
    assert_true(end(house, taken[0], DELIVERY_DONE, 0, noon_us));
    assert_int_equal(take(house, noon_us, NULL).count, 1);
    close_town(house);
}

/* Wall clocks are set back: what then lies farther ahead than any pause counts as come. */
static void test_a_clock_that_was_set_back_holds_up_nothing(void **state)
{
    (void)state;
    struct house *house = open_town();
    (void)closed(house, "A");
    struct hands hands = take(house, noon_us, NULL);
    assert_false(end(house, hands.taken[0].number, DELIVERY_LATER, 0, noon_us));
    assert_int_equal(take(house, noon_us - 3600 * SECOND, NULL).count, 1);
    close_town(house);
}

static void test_a_rebuild_sends_nothing_again(void **state)
{
    (void)state;
    struct house *house = open_town();
    (void)closed(house, "A");
    struct hands hands = take(house, noon_us, NULL);
    assert_true(end(house, hands.taken[0].number, DELIVERY_DONE, 0, noon_us));
    (void)closed(house, "B");
    house_forget(house, "notifications");
    house_settle(house);
    assert_int_equal(take(house, noon_us + 3600 * SECOND, NULL).count, 0);
    assert_int_equal(house_count(house, "notification.sent", NULL), 2);
    close_town(house);
}

/* ---- one receiver and another ---- */

static void test_nobody_waits_for_another(void **state)
{
    (void)state;
    struct house *house = open_town();
    for (int i = 0; i < 20; i++) {
        char subject[16];
        (void)snprintf(subject, sizeof subject, "S%d", i);
        (void)opened(house, subject);
    }
    struct hands hands = take(house, noon_us, "finance.clerk");
    assert_int_equal(hands.count, 1); /* one of each addressee at a time, the oldest */
    assert_true(text_is(hands.taken[0].addressee, "office.director"));
    assert_true(text_is(hands.taken[0].event->subject, "S0"));
    assert_true(end(house, hands.taken[0].number, DELIVERY_DONE, 0, noon_us));
    hands = take(house, noon_us, "finance.clerk");
    assert_true(text_is(hands.taken[0].event->subject, "S1"));
    close_town(house);
}

/* A letter that has to wait lets the next one of the same addressee go first. */
static void test_a_letter_that_waits_lets_the_next_one_go(void **state)
{
    (void)state;
    struct house *house = open_town();
    (void)closed(house, "A");
    (void)closed(house, "B");
    struct hands hands = take(house, noon_us, NULL);
    assert_false(end(house, hands.taken[0].number, DELIVERY_LATER, 0, noon_us));
    hands = take(house, noon_us, NULL);
    assert_int_equal(hands.count, 1);
    assert_true(text_is(hands.taken[0].event->subject, "B"));
    close_town(house);
}

/* ---- reports ---- */

static void test_a_result_that_nobody_waits_for_is_refused(void **state)
{
    (void)state;
    struct house *house = open_town();
    uint64_t seq = closed(house, "A");
    char json[256];
    (void)snprintf(json, sizeof json,
                   "{\"seq\":%llu,\"post\":\"finance.clerk\",\"channel\":\"mail\",\"result\":\"delivered\","
                   "\"attempts\":1}",
                   (unsigned long long)seq); /* it went by webhook */
    assert_non_null(house_refusal(house, house_publish_as(house, "worker/notifications", NULL,
                                                          "delivery.reported", "A", "town", NULL, json)));
    struct hands hands = take(house, noon_us, NULL);
    assert_true(end(house, hands.taken[0].number, DELIVERY_DONE, 0, noon_us));
    assert_true(
        end(house, hands.taken[0].number, DELIVERY_DONE, 0, noon_us)); /* known no more: passed over */
    assert_int_equal(house_count(house, "notification.delivered", "A"), 1);
    close_town(house);
}

/* ---- written down ---- */

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

static void test_what_failed_is_in_the_posts_file(void **state)
{
    (void)state;
    struct house *house = open_town();
    char content[4096], wanted[256];
    uint64_t seq = opened(house, "A");
    struct hands hands = take(house, noon_us, "finance.clerk");
    assert_true(end(house, hands.taken[0].number, DELIVERY_FAILED, 0, noon_us));
    read_file(house, "office.director.txt", content, sizeof content);
    (void)snprintf(
        wanted, sizeof wanted,
        "2020-02-03 10:00 #%llu (mail) 新问题“税费申报”，领域：纳税，请纳税工作专班协调（A） [某甲]\n",
        (unsigned long long)seq);
    assert_string_equal(content, wanted);
    close_town(house);
}

/* As in the simulator: nobody carries, so nothing is sent, and each message is in a file. */
static void test_without_a_courier_everything_is_written_down(void **state)
{
    (void)state;
    struct house *house = open_town();
    const struct delivery_policy nobody = {.carried = false};
    char content[4096];
    (void)opened(house, "A"); /* before: what waits is not lost */
    house_carry(house, "notifications", &nobody);
    (void)opened(house, "B");
    read_file(house, "finance.clerk.txt", content, sizeof content);
    assert_non_null(strstr(content, "（A）\n"));
    assert_non_null(strstr(content, "（B）\n"));
    assert_int_equal(house_count(house, "delivery.reported", NULL), 0);
    assert_false(worker_deliveries_wait(house_worker(house, "notifications")));
    close_town(house);
}

/* A live site that has no mail server: the same files, and the journal says that nobody was told. */
static void test_a_site_that_reaches_nobody_says_so(void **state)
{
    (void)state;
    struct house *house = open_town();
    const struct delivery_policy nobody = {.carried = false, .without = "no mail server"};
    char content[4096];
    uint64_t seq = opened(house, "A"); /* before: what waits is not lost */
    house_carry(house, "notifications", &nobody);
    (void)closed(house, "B");
    read_file(house, "finance.clerk.txt", content, sizeof content);
    assert_non_null(strstr(content, "（A）\n"));
    assert_int_equal(house_count(house, "delivery.reported", NULL), 3);
    assert_int_equal(house_count(house, "notification.failed", "A"), 2);
    const struct event *failed = house_find(house, "notification.failed", "B", 0);
    assert_number(failed, FIELD_ATTEMPTS, 0);
    assert_true(text_is(doc_text(failed->data, FIELD_REASON), "no mail server"));
    assert_false(worker_deliveries_wait(house_worker(house, "notifications")));
    char json[256]; /* and nothing waits for a result */
    (void)snprintf(json, sizeof json,
                   "{\"seq\":%llu,\"post\":\"finance.clerk\",\"channel\":\"mail\",\"result\":\"delivered\","
                   "\"attempts\":1}",
                   (unsigned long long)seq);
    assert_non_null(house_refusal(house, house_publish_as(house, "worker/notifications", NULL,
                                                          "delivery.reported", "A", "town", NULL, json)));
    close_town(house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delivered_is_one_event),
        cmocka_unit_test(test_pauses_double_up_to_the_cap_and_attempts_end),
        cmocka_unit_test(test_what_failed_together_does_not_come_again_together),
        cmocka_unit_test(test_a_receivers_wish_is_respected_up_to_the_cap),
        cmocka_unit_test(test_what_is_refused_is_not_tried_again),
        cmocka_unit_test(test_a_remark_goes_into_the_journal),
        cmocka_unit_test(test_attempts_survive_a_restart),
        cmocka_unit_test(test_what_kills_the_worker_ends_too),
        cmocka_unit_test(test_an_attempt_under_way_is_waited_for),
        cmocka_unit_test(test_an_end_is_of_one_attempt),
        cmocka_unit_test(test_so_many_are_under_way_at_most),
        cmocka_unit_test(test_a_clock_that_was_set_back_holds_up_nothing),
        cmocka_unit_test(test_a_rebuild_sends_nothing_again),
        cmocka_unit_test(test_nobody_waits_for_another),
        cmocka_unit_test(test_a_letter_that_waits_lets_the_next_one_go),
        cmocka_unit_test(test_a_result_that_nobody_waits_for_is_refused),
        cmocka_unit_test(test_what_failed_is_in_the_posts_file),
        cmocka_unit_test(test_without_a_courier_everything_is_written_down),
        cmocka_unit_test(test_a_site_that_reaches_nobody_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
