/* test_worker_rebuild.c - goal: state is a function of the journal alone, at every place in it, and crashes
 * leave no trace. Method: (1) random reports to a toy role, its digests compared place by place with those of
 * a state made anew in batches of random size; (2) all real roles live one story twice, once in peace and
 * once with a crash or a lost state at every report; the two journals must be equal byte for byte.
 */
#include "base/digest.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "tests/support/turn_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* A small generator with a seed: every run is the same. */
static uint64_t dice_state;
static unsigned dice(unsigned sides)
{
    dice_state = dice_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(dice_state >> 33) % sides;
}

/* ---- the toy: remembers, counts, numbers, chokes ---- */

static struct key toy_key(struct text subject)
{
    struct key key = record_key(3);
    key_add_text(&key, subject);
    return key;
}

static int toy_apply(struct turn *turn, const struct event *event)
{
    struct key key = toy_key(event->subject);
    struct doc *doc = record_get(turn, &key);
    doc = doc != NULL ? doc : doc_new(turn_arena(turn));
    doc_set_int(doc, FIELD_COUNT, doc_int(doc, FIELD_COUNT, 0) + 1);
    doc_set_int(doc, FIELD_SEQ, (int64_t)event->seq);
    doc_set_time(doc, FIELD_AT, event->received_us, 0);
    doc_set_doc_field(doc, FIELD_NOTE, event->data);
    if (doc_int(event->data, FIELD_PERCENT, 1) == 0 && event->type->report)
        (void)record_delete(turn, &key);
    else
        record_put(turn, &key, doc);
    return doc_int(event->data, FIELD_PERCENT, 0) == 99 ? turn_poison(turn, "ninety-nine") : 0;
}

static int toy_decide(struct turn *turn, const struct event *event)
{
    for (int64_t i = 0; i < doc_int(event->data, FIELD_PERCENT, 0) % 5; i++) {
        struct doc *data = emit_begin(turn, EVENT_TASK_UPDATED);
        doc_set_text(data, FIELD_STATE, TEXT("under-way"));
        doc_set_time(data, FIELD_AT, event->received_us, 480);
        if (i % 2 == 0)
            doc_printf(data, FIELD_NOTE, "%llu", (unsigned long long)turn_number(turn, event->subject));
        emit_end(turn);
    }
    return doc_int(event->data, FIELD_PERCENT, 0) == 98 ? turn_poison(turn, "ninety-eight") : 0;
}

static const struct role_row toy_rows[] = {
    {EVENT_TASK_PROGRESSED, toy_apply, toy_decide},
    {EVENT_TASK_UPDATED, toy_apply, NULL},
};
static const struct role toy = {.name = ROLE_TASKS, .schema = 1, .rows = toy_rows, .rows_count = 2};

enum { TOY_REPORTS = 150 };
struct station {
    uint64_t cursor;
    struct digest digest;
};

static struct digest digest_now(struct worker *worker)
{
    struct digest digest;
    assert_int_equal(worker_digest(worker, &digest), 0);
    return digest;
}

static void toy_report(struct house *house)
{
    static const unsigned percents[] = {0, 1, 2, 3, 4, 98, 99, 50};
    char json[64], subject[16];
    (void)snprintf(json, sizeof json, "{\"percent\":%u}", percents[dice(8)]);
    (void)snprintf(subject, sizeof subject, "T-%u", dice(7));
    (void)house_publish(house, NULL, "task.progressed", subject, NULL, NULL, json);
}

static struct worker *fresh_worker(const char *directory)
{
    const struct worker_options options = {
        .role = &toy, .directory = directory, .map_bytes_max = 67108864, .durable = false, .attempts_max = 3};
    struct complaint complaint = {0};
    struct worker *worker;
    assert_int_equal(worker_open(&options, &worker, &complaint), 0);
    return worker;
}

static struct entry *entries_of(const struct house *house, struct arena *arena, size_t *count_out)
{
    const struct event *events = house_entries(house, count_out);
    struct entry *entries = arena_alloc(arena, (*count_out + 1) * sizeof *entries);
    for (size_t i = 0; i < *count_out; i++)
        entries[i] = (struct entry){events[i].seq, events[i].received_us, events[i].publisher, events[i].raw};
    return entries;
}

/* Takes in the journal up to a cursor in bites of random size, now and then twice. */
static void take_in(struct worker *worker, const struct entry *entries, uint64_t to)
{
    uint64_t cursor = worker_cursor(worker);
    while (cursor < to) {
        size_t count = 1 + dice(6), back = cursor > 2 ? dice(3) : 0;
        if (cursor + count > to)
            count = (size_t)(to - cursor);
        assert_int_equal(
            worker_consume(worker, entries + cursor - back, count + back, cursor + count, &cursor), 0);
    }
}

static void random_journal(uint64_t seed)
{
    static struct station stations[TOY_REPORTS];
    const struct role *const roles[] = {&toy, NULL};
    struct arena arena;
    char directory[64] = "/tmp/duban-rebuild-XXXXXX";
    size_t count;
    dice_state = seed;
    arena_open(&arena, ARENA_BYTES_MAX);
    struct house *house = house_open_roles(roles);
    for (size_t i = 0; i < TOY_REPORTS; i++) {
        toy_report(house);
        (void)house_entries(house, &count);
        stations[i] = (struct station){count, digest_now(house_worker(house, "tasks"))};
    }
    assert_non_null(mkdtemp(directory));
    const struct entry *entries = entries_of(house, &arena, &count);
    struct worker *worker = fresh_worker(directory);
    assert_int_equal(worker_collect(worker, entries, count), 0);
    assert_int_equal(worker_collected(worker), 0);
    for (size_t i = 0; i < TOY_REPORTS; i++) {
        take_in(worker, entries, stations[i].cursor);
        struct digest digest = digest_now(worker);
        assert_memory_equal(digest.at, stations[i].digest.at, DIGEST_BYTES);
    }
    assert_int_equal(worker_outbox_count(worker), 0);
    worker_close(worker, true);
    house_close(house);
    assert_int_equal(file_remove_folder(directory), 0);
    arena_close(&arena);
}

static void test_a_state_made_anew_is_equal_at_every_place(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++)
        random_journal(seed);
}

/* ---- all roles, one story, in peace and in a storm ---- */

struct step {
    const char *received, *type, *subject, *actor, *json;
};
static const struct step story[] = {
    {"2020-01-20T09:00:00+08:00", "issue.raised", "A", NULL,
     "{\"title\":\"税费申报不便\",\"area\":\"纳税\",\"raiser\":\"某企业\",\"indicator\":true}"},
    {"2020-01-20T10:00:00+08:00", "issue.raised", "B", NULL,
     "{\"title\":\"破产财产处置\",\"area\":\"7\",\"units\":[\"市财政局\"],\"raiser\":\"某企业\"}"},
    {"2020-01-21T09:00:00+08:00", "opinion.requested", "A", NULL,
     "{\"units\":[\"市税务局\",\"市财政局\",\"市人力资源保障局\",\"市住房和建设局\"]}"},
    {"2020-01-21T10:00:00+08:00", "issue.coordinated", "A", NULL, "{\"result\":\"unsettled\"}"},
    {"2020-01-22T09:00:00+08:00", "proposal.submitted", "A", NULL, "{\"plan\":\"合并申报\"}"},
    {"2020-01-22T10:00:00+08:00", "escalation.requested", "A", NULL, NULL},
    {"2020-01-23T09:00:00+08:00", "opinion.submitted", "A", NULL,
     "{\"unit\":\"市财政局\",\"opinion\":\"同意\"}"},
    {"2020-02-12T09:00:00+08:00", "escalation.requested", "A", NULL, NULL},
    {"2020-02-12T09:30:00+08:00", "issue.raised", "C", NULL, "{\"title\":\"？\",\"area\":\"没有这个领域\"}"},
    {"2020-02-13T09:00:00+08:00", "solution.drafted", "A", NULL,
     "{\"items\":[{\"unit\":\"市税务局\",\"by\":\"2020-02-20\",\"opinion\":\"改表\"},"
     "{\"unit\":\"市财政局\",\"by\":\"2020-03-31\",\"opinion\":\"拨款\"}]}"},
    {"2020-02-14T09:00:00+08:00", "issue.resolved", "B", NULL, "{\"note\":\"已协调\"}"},
    {"2020-02-15T09:00:00+08:00", "resolution.disputed", "B", NULL, "{\"reason\":\"没有解决\"}"},
    {"2020-03-10T09:00:00+08:00", "issue.withdrawn", "B", NULL, "{\"reason\":\"已办好\"}"},
};
enum { STORY_STEPS = sizeof story / sizeof *story };
static const char *const all_roles[] = {"coordination",  "tasks",       "deadlines",
                                        "routines",      "supervision", "bulletins",
                                        "notifications", "ledger",      NULL};
enum { ALL_ROLES = 8 };

static struct house *story_begin(void)
{
    struct house *house = house_open(all_roles);
    house_advance(house, "2020-01-19T09:00:00+08:00");
    house_adopt_calendar(house, "config/calendars/cn.yaml", "2020-01-19");
    house_adopt_charter(house, "config/charters/shenzhen-2020.yaml");
    return house;
}

static void storm(struct house *house)
{
    const char *role = all_roles[dice(ALL_ROLES)];
    if (dice(3) == 0)
        house_forget(house, role);
    else
        house_crash(house, role);
}

static struct house *live_story(bool stormy)
{
    struct house *house = story_begin();
    for (size_t i = 0; i < STORY_STEPS; i++) {
        const struct step *step = &story[i];
        house_advance(house, step->received);
        (void)house_post(house, step->received, step->type, step->subject, "shenzhen-2020", step->actor,
                         step->json);
        if (stormy)
            storm(house);
        house_settle(house);
        if (stormy)
            storm(house);
        if (i == 6)
            house_amend_calendar(house, "config/calendars/cn.yaml", "2020-01-19", "2020-02-01",
                                 "2020-01-27T12:00:00+08:00");
    }
    house_advance(house, "2020-04-15T00:00:00+08:00");
    return house;
}

static void same_journals(const struct house *a, const struct house *b)
{
    size_t count_a, count_b;
    const struct event *left = house_entries(a, &count_a), *right = house_entries(b, &count_b);
    for (size_t i = 0; i < count_a && i < count_b; i++)
        if (left[i].raw.bytes != right[i].raw.bytes || left[i].received_us != right[i].received_us ||
            memcmp(left[i].raw.at, right[i].raw.at, left[i].raw.bytes) != 0)
            fail_msg("event %zu differs: %.*s %.*s, %.*s %.*s", i + 1, TEXT_PRINT(left[i].type_name),
                     TEXT_PRINT(left[i].id), TEXT_PRINT(right[i].type_name), TEXT_PRINT(right[i].id));
    assert_int_equal(count_a, count_b);
}

static void test_crashes_and_lost_states_leave_no_trace(void **state)
{
    (void)state;
    struct house *peace = live_story(false);
    house_check_rebuild(peace);
    assert_true(house_count(peace, "issue.escalated.group", "A") > 0);
    assert_true(house_count(peace, "request.refused", NULL) > 0);
    assert_true(house_count(peace, "deadline.missed", NULL) > 0);
    assert_true(house_count(peace, "bulletin.published", NULL) > 0);
    assert_true(house_count(peace, "notification.sent", NULL) > 0);
    assert_int_equal(house_count(peace, "event.set-aside", NULL), 0);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        dice_state = seed;
        struct house *stormy = live_story(true);
        same_journals(peace, stormy);
        house_check_rebuild(stormy);
        house_close(stormy);
    }
    house_close(peace);
}

/* Each report of the story has a verdict: an outcome, or a refusal with its reason. */
static void test_every_report_has_its_verdict(void **state)
{
    (void)state;
    struct house *house = live_story(false);
    size_t count;
    const struct event *events = house_entries(house, &count);
    for (size_t i = 0; i < count; i++)
        if (events[i].type->report && house_outcome(house, events[i].seq, NULL, 0) == NULL) {
            house_dump(house);
            fail_msg("event %zu, %.*s, has no verdict", i + 1, TEXT_PRINT(events[i].type_name));
        }
    house_close(house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_state_made_anew_is_equal_at_every_place),
        cmocka_unit_test(test_crashes_and_lost_states_leave_no_trace),
        cmocka_unit_test(test_every_report_has_its_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
