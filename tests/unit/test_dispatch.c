/* test_dispatch.c - goal: what has no address is ended at once, however much of it waits behind one another,
 * and nothing is looked at while nothing has changed. Method: the role in a house without walls, dispatched
 * through a courier that knows nobody.
 */
#include "base/digest.h"
#include "tests/support/town.h"
#include "workers/roles.h"
#include "workers/runtime/dispatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOTICES                                                                                              \
    "notices:\n"                                                                                             \
    "  - {event: issue.closed, to: [finance.clerk], channel: mail, when: at-once}\n"                         \
    "classes:\n"
static const int64_t noon_us = INT64_C(1580702400) * CIVIL_SECOND_US;

static struct house *open_town(void)
{
    static const struct delivery_policy policy = {
        .carried = true, .attempts_max = 4, .first_us = CIVIL_SECOND_US, .cap_us = CIVIL_SECOND_US};
    const struct role *const roles[] = {&role_notifications, NULL};
    struct house *house = house_open_roles(roles);
    char *text = town_text("classes:\n", NOTICES);
    house_advance(house, "2020-02-03T10:00:00+08:00");
    house_adopt_charter_text(house, "town", text);
    house_carry(house, "notifications", &policy);
    free(text);
    return house;
}

static struct courier *open_courier(void)
{
    static const struct settings_outside settings = {
        .mail = {.server = {"smtp://127.0.0.1:1", 18}, .from = {"duban@b.cn", 10}, .plain = true}};
    struct complaint complaint = {.message = ""};
    struct courier *courier = NULL;
    digest_init();
    assert_int_equal(courier_open(&settings, &courier, &complaint), 0);
    return courier;
}

static void closed(struct house *house, int number)
{
    char subject[16];
    (void)snprintf(subject, sizeof subject, "S%d", number);
    (void)house_publish_as(house, "worker/coordination", NULL, "issue.closed", subject, "town", NULL,
                           "{\"how\":\"confirmed\",\"at\":\"2020-02-03T10:00:00+08:00\"}");
}

static void test_those_behind_one_without_address_need_not_wait(void **state)
{
    (void)state;
    enum { LETTERS = 5 };
    struct house *house = open_town();
    struct courier *courier = open_courier();
    struct dispatch dispatch = {.worker = house_worker(house, "notifications"), .courier = courier};
    int64_t again_us = 0;
    int turns = 0;
    for (int i = 0; i < LETTERS; i++)
        closed(house, i);
    for (; again_us == 0; turns++)
        assert_int_equal(dispatch_run(&dispatch, noon_us, &again_us), 0);
    assert_true(turns <= LETTERS + 2);
    assert_int_equal(again_us, CIVIL_NEVER_US);
    house_settle(house);
    assert_int_equal(house_count(house, "notification.failed", NULL), LETTERS);
    closed(house, LETTERS); /* what is new is seen */
    assert_int_equal(dispatch_run(&dispatch, noon_us, &again_us), 0);
    house_settle(house);
    assert_int_equal(house_count(house, "notification.failed", NULL), LETTERS + 1);
    courier_close(courier);
    house_check_rebuild(house);
    house_close(house);
}

static void test_without_a_courier_nothing_is_taken(void **state)
{
    (void)state;
    struct house *house = open_town();
    struct dispatch dispatch = {.worker = house_worker(house, "notifications")};
    int64_t again_us = 0;
    closed(house, 0);
    assert_int_equal(dispatch_run(&dispatch, noon_us, &again_us), 0);
    assert_int_equal(again_us, CIVIL_NEVER_US);
    assert_true(worker_deliveries_wait(dispatch.worker));
    house_check_rebuild(house);
    house_close(house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_those_behind_one_without_address_need_not_wait),
        cmocka_unit_test(test_without_a_courier_nothing_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
