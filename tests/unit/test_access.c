/* Goal: nobody comes in who doesn't belong, and a key publishes only what it is granted. Method: tables of
 * peers and of events with the verdict wanted; CURVE keys are checked against libzmq's own Z85.
 */
#include "base/log.h"
#include "daemon/access.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

static struct settings settings; /* too large for a stack */

static struct loop_zap_request ipc_peer(const char *address)
{
    return (struct loop_zap_request){
        .domain = TEXT("publish"), .address = text_from(address), .mechanism = TEXT("NULL")};
}

static void test_without_keys_only_own_user_and_root(void **state)
{
    (void)state;
    char own[64], user[128];
    settings = (struct settings){0};
    struct access *access = access_open(&settings);
    (void)snprintf(own, sizeof(own), "/run/duban/publish.sock:%u:%u:%d", geteuid(), getegid(), 77);
    const struct {
        const char *address;
        bool admitted;
        const char *user;
    } peers[] = {
        {own, true, NULL},
        {"localhost:0:0:1", true, "uid:0"},
        {"x:4242:4242:1", false, NULL},
        {"x:65534:65534:1", false, NULL}, /* nobody: what user namespaces make of strangers */
        {"", false, NULL},
        {"0:0:1", false, NULL}, /* no name in front: not what libzmq writes */
        {":0:0", false, NULL},
        {"x:0:0:", false, NULL},
        {"x:-1:0:1", false, NULL},
        {"x:a:0:1", false, NULL},
        {"127.0.0.1", false, NULL},
        {"x:99999999999999999999:0:1", false, NULL},
    };
    for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
        struct loop_zap_request request = ipc_peer(peers[i].address);
        bool admitted = access_admit(access, &request, user);
        if (admitted != peers[i].admitted)
            fail_msg("\"%s\": %d", peers[i].address, admitted);
        if (admitted && peers[i].user != NULL)
            assert_string_equal(user, peers[i].user);
    }
    struct loop_zap_request plain = ipc_peer(own);
    plain.mechanism = TEXT("PLAIN");
    assert_false(access_admit(access, &plain, user));
    unsigned char key[32] = {1};
    struct loop_zap_request curve = {.mechanism = TEXT("CURVE"), .curve_key = {key, sizeof(key)}};
    assert_false(access_admit(access, &curve, user));
    access_close(access);
}

static void test_with_keys_only_those(void **state)
{
    (void)state;
    char public_key[41], secret_key[41], other_key[41], user[128];
    unsigned char raw[32], other_raw[32];
    assert_int_equal(zmq_curve_keypair(public_key, secret_key), 0);
    assert_int_equal(zmq_curve_keypair(other_key, secret_key), 0);
    assert_non_null(zmq_z85_decode(raw, public_key));
    assert_non_null(zmq_z85_decode(other_raw, other_key));
    settings = (struct settings){.keys_count = 2};
    settings.keys[0] = (struct settings_key){.name = TEXT("finance"), .curve = {public_key, 40}, .uid = -1};
    settings.keys[1] = (struct settings_key){.name = TEXT("web"), .uid = 4242};
    struct access *access = access_open(&settings);
    struct loop_zap_request curve = {.mechanism = TEXT("CURVE"), .curve_key = {raw, sizeof(raw)}};
    assert_true(access_admit(access, &curve, user));
    assert_string_equal(user, "finance");
    curve.curve_key.at = other_raw;
    assert_false(access_admit(access, &curve, user));
    curve.curve_key = (struct bytes){raw, 31};
    assert_false(access_admit(access, &curve, user));
    struct loop_zap_request web = ipc_peer("x:4242:1:1"), root = ipc_peer("x:0:0:1");
    assert_true(access_admit(access, &web, user));
    assert_string_equal(user, "web");
    assert_false(access_admit(access, &root, user)); /* configured keys are all there is */
    assert_non_null(access_key(access, TEXT("web")));
    assert_null(access_key(access, TEXT("uid:0")));
    access_close(access);
}

static void test_reload_takes_keys_away(void **state)
{
    (void)state;
    char user[128];
    static struct settings without;
    settings = (struct settings){.keys_count = 1};
    settings.keys[0] = (struct settings_key){.name = TEXT("web"), .uid = 4242};
    without = (struct settings){.keys_count = 1};
    without.keys[0] = (struct settings_key){.name = TEXT("other"), .uid = 4243};
    struct access *access = access_open(&settings);
    struct loop_zap_request web = ipc_peer("x:4242:1:1");
    assert_true(access_admit(access, &web, user));
    access_reload(access, &without);
    assert_false(access_admit(access, &web, user));
    assert_null(access_key(access, TEXT("web")));
    access_close(access);
}

static void test_roles(void **state)
{
    (void)state;
    const struct settings_key none = {0}, any = {.role = TEXT("any")}, tasks = {.role = TEXT("tasks")};
    assert_false(access_may_work(&none, ROLE_TASKS));
    assert_true(access_may_work(&any, ROLE_TASKS));
    assert_true(access_may_work(&tasks, ROLE_TASKS));
    assert_false(access_may_work(&tasks, ROLE_LEDGER));
}

/* ---- what may be published ---- */

struct attempt {
    const char *why;
    enum role_name role; /* ROLE_COUNT: a publisher */
    enum event_kind kind;
    const char *source, *charter, *actor, *unit;
    bool granted;
    const char *field;
};

static const struct settings_key limited = {.name = TEXT("finance"),
                                            .uid = 1,
                                            .types = {TEXT("opinion"), TEXT("task.accepted")},
                                            .types_count = 2,
                                            .charters = {TEXT("shenzhen-2020")},
                                            .charters_count = 1,
                                            .units = {TEXT("市财政局")},
                                            .units_count = 1};
static const struct settings_key adopter = {.name = TEXT("office"),
                                            .uid = 1,
                                            .types = {TEXT("*")},
                                            .types_count = 1,
                                            .charters = {TEXT("shenzhen-2020")},
                                            .charters_count = 1,
                                            .units = {TEXT("*")},
                                            .units_count = 1};
#define SZ "shenzhen-2020"
static const struct attempt attempts[] = {
    {"granted", ROLE_COUNT, EVENT_OPINION_SUBMITTED, "/x", SZ, NULL, "市财政局", true, NULL},
    {"actor and unit granted", ROLE_COUNT, EVENT_OPINION_SUBMITTED, "/x", SZ, "市财政局", "市财政局", true,
     NULL},
    {"prefix is by segment", ROLE_COUNT, EVENT_TASK_ACCEPTED, "/x", SZ, "市财政局", NULL, true, NULL},
    {"another type", ROLE_COUNT, EVENT_ISSUE_RAISED, "/x", SZ, "市财政局", NULL, false, "type"},
    {"another charter", ROLE_COUNT, EVENT_OPINION_SUBMITTED, "/x", "boston", NULL, "市财政局", false,
     "charter"},
    {"no charter", ROLE_COUNT, EVENT_OPINION_SUBMITTED, "/x", NULL, NULL, "市财政局", false, "charter"},
    {"another unit", ROLE_COUNT, EVENT_OPINION_SUBMITTED, "/x", SZ, NULL, "市教育局", false, "data.unit"},
    {"own unit, another actor", ROLE_COUNT, EVENT_OPINION_SUBMITTED, "/x", SZ, "组长", "市财政局", false,
     "actor"},
    {"neither actor nor unit", ROLE_COUNT, EVENT_TASK_ACCEPTED, "/x", SZ, NULL, NULL, false, "actor"},
    {"a worker's source", ROLE_COUNT, EVENT_OPINION_SUBMITTED, "/worker/tasks", SZ, NULL, "市财政局", false,
     "source"},
    {"the broker's source", ROLE_COUNT, EVENT_OPINION_SUBMITTED, "/duband", SZ, NULL, "市财政局", false,
     "source"},
    {"an outcome", ROLE_COUNT, EVENT_TASK_CLOSED, "/x", SZ, "市财政局", NULL, false, "type"},
    {"a worker's outcome", ROLE_TASKS, EVENT_TASK_CLOSED, "/worker/tasks", SZ, NULL, NULL, true, NULL},
    {"anybody's outcome", ROLE_TASKS, EVENT_DEADLINE_SET, "/worker/tasks", SZ, NULL, NULL, true, NULL},
    {"another role's outcome", ROLE_TASKS, EVENT_ISSUE_CLOSED, "/worker/tasks", SZ, NULL, NULL, false,
     "type"},
    {"the broker's outcome", ROLE_TASKS, EVENT_CLOCK_STRUCK, "/worker/tasks", NULL, NULL, NULL, false,
     "type"},
    {"another role's source", ROLE_TASKS, EVENT_TASK_CLOSED, "/worker/ledger", SZ, NULL, NULL, false,
     "source"},
    {"a source beyond its own", ROLE_TASKS, EVENT_TASK_CLOSED, "/worker/tasks2", SZ, NULL, NULL, false,
     "source"},
    {"a report of its own work", ROLE_NOTIFICATIONS, EVENT_DELIVERY_REPORTED, "/worker/notifications", SZ,
     NULL, NULL, true, NULL},
    {"a report of another's work", ROLE_TASKS, EVENT_DELIVERY_REPORTED, "/worker/tasks", SZ, NULL, NULL,
     false, "type"},
    {"a worker's report", ROLE_COUNT, EVENT_DELIVERY_REPORTED, "/test", SZ, NULL, "市财政局", false, "type"},
    {"a report by a worker", ROLE_TASKS, EVENT_TASK_ACCEPTED, "/worker/tasks", SZ, NULL, NULL, false, "type"},
};

static bool try_publish(const struct settings_key *key, const struct attempt *attempt, const char *name,
                        struct complaint *complaint)
{
    struct arena arena;
    arena_open(&arena, 1 << 20);
    struct doc *data = doc_new(&arena);
    if (attempt->unit != NULL)
        doc_set_text(data, FIELD_UNIT, text_from(attempt->unit));
    if (name != NULL)
        doc_set_text(data, FIELD_NAME, text_from(name));
    struct event event = {.source = text_from(attempt->source),
                          .type = &event_types[attempt->kind],
                          .type_name = text_from(event_types[attempt->kind].name),
                          .charter = text_from(attempt->charter),
                          .actor = text_from(attempt->actor),
                          .data = data};
    struct access_publisher publisher = {key, attempt->role};
    bool granted = access_may_publish(&publisher, &event, complaint);
    arena_close(&arena);
    return granted;
}

static void test_grants(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        struct complaint complaint = {.message = ""};
        bool granted = try_publish(&limited, &attempts[i], NULL, &complaint);
        if (granted != attempts[i].granted)
            fail_msg("%s: %s", attempts[i].why, granted ? "granted" : complaint.message);
        if (granted)
            continue;
        assert_string_equal(complaint.field, attempts[i].field);
        assert_true(complaint.message[0] != '\0');
    }
}

static void test_a_charter_is_adopted_by_who_is_granted_it(void **state)
{
    (void)state;
    struct complaint complaint;
    const struct attempt adopt = {"",   ROLE_COUNT, EVENT_CHARTER_ADOPTED, "/x", NULL, "office", NULL,
                                  true, NULL};
    assert_true(try_publish(&adopter, &adopt, SZ, &complaint));
    assert_false(try_publish(&adopter, &adopt, "boston", &complaint));
    assert_string_equal(complaint.field, "charter");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_keys_only_own_user_and_root),
        cmocka_unit_test(test_with_keys_only_those),
        cmocka_unit_test(test_reload_takes_keys_away),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_grants),
        cmocka_unit_test(test_a_charter_is_adopted_by_who_is_granted_it),
    };
    log_open("test", LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
