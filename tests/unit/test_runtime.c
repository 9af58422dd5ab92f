/* test_runtime.c - the runtime keeps its promises whatever a role does: one transaction, deterministic ids,
 * poison set aside, decisions taken once. Method: a toy role, whose handlers fail on demand, in the harness
 * of turn_bench.h, and children that die in the middle.
 */
#include "base/digest.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "config/charter.h"
#include "tests/support/town.h"
#include "workers/roles.h"
#include "workers/runtime/core.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the toy: task.progressed {percent, note} makes `percent` outcomes; note says how to fail ---- */

enum { TABLE_COUNT = 0 };
static const char *toy_note = ""; /* what this version of the code writes into its outcomes */
static unsigned toy_carried, toy_refuse_effects;
static int64_t toy_wake = CIVIL_NEVER_US;

static int toy_misbehave(struct turn *turn, const struct event *event, const char *where)
{
    struct text note = doc_text(event->data, FIELD_NOTE);
    if (text_is(note, where))
        return turn_poison(turn, "poison in %s", where);
    if (text_is(note, "die") && strcmp(where, "decide") == 0)
        _exit(9);
    return 0;
}

static void toy_count(struct turn *turn, struct text subject, int64_t by)
{
    struct key key = record_key(TABLE_COUNT);
    key_add_text(&key, subject);
    struct doc *doc = record_get(turn, &key);
    doc = doc != NULL ? doc : doc_new(turn_arena(turn));
    doc_set_int(doc, FIELD_COUNT, doc_int(doc, FIELD_COUNT, 0) + by);
    record_put(turn, &key, doc);
}

static int toy_apply(struct turn *turn, const struct event *event)
{
    toy_count(turn, TEXT("reports"), 1);
    return toy_misbehave(turn, event, "apply");
}

static void toy_emit(struct turn *turn, const struct event *event, struct text note)
{
    struct doc *data = emit_begin(turn, EVENT_TASK_UPDATED);
    doc_set_text(data, FIELD_STATE, TEXT("under-way"));
    doc_set_time(data, FIELD_AT, event->received_us, 480);
    if (text_is(note, "number"))
        doc_printf(data, FIELD_NOTE, "%llu", (unsigned long long)turn_number(turn, TEXT("toy")));
    else if (text_is(note, "poison-outcome"))
        doc_set_text(data, FIELD_NOTE, TEXT("outcome"));
    else
        doc_set_text(data, FIELD_NOTE, text_from(toy_note));
    emit_input(turn, event->seq);
    emit_end(turn);
}

static int toy_decide(struct turn *turn, const struct event *event)
{
    struct text note = doc_text(event->data, FIELD_NOTE);
    int64_t count = doc_int(event->data, FIELD_PERCENT, 0);
    count = text_is(note, "most") ? TURN_OUTCOMES_MAX : text_is(note, "more") ? TURN_OUTCOMES_MAX + 1 : count;
    for (int64_t i = 0; i < count; i++)
        toy_emit(turn, event, note);
    if (text_is(note, "effect"))
        turn_effect(turn, TEXT("file"), TEXT("toy"), TEXT("done"));
    if (text_is(note, "write"))
        toy_count(turn, TEXT("wrong"), 1);
    if (text_is(note, "break"))
        emit_end((emit_begin(turn, EVENT_TASK_UPDATED), turn));
    if (text_is(note, "refuse")) {
        struct doc *owed = doc_new(turn_arena(turn));
        doc_set_text(owed, FIELD_NEED, TEXT("opinions"));
        doc_set_text(owed, FIELD_WHO, TEXT("市财政局"));
        const struct rule rule = {TEXT("levels.team"), TEXT("四（二）"), TEXT("x.yaml:1:1"), false};
        emit_refusal(turn, &rule, &owed, 1, "opinion of %s missing", "市财政局");
    }
    return toy_misbehave(turn, event, "decide");
}

static int toy_apply_updated(struct turn *turn, const struct event *event)
{
    assert_int_equal(event->cause, event->seq);
    assert_null(event->id.at);
    assert_int_equal(event->time_us, event->received_us);
    toy_count(turn, doc_text(event->data, FIELD_NOTE), 1);
    return text_is(doc_text(event->data, FIELD_NOTE), "outcome") ? turn_poison(turn, "own outcome") : 0;
}

static int toy_apply_charter(struct turn *turn, const struct event *event)
{
    uint64_t version = 0;
    const struct charter *charter = turn_charter(turn, doc_text(event->data, FIELD_NAME), &version);
    toy_count(turn, charter != NULL ? TEXT("charters") : TEXT("no charter"), (int64_t)version);
    return 0;
}

static int64_t toy_wake_us(struct turn *turn)
{
    (void)turn;
    return toy_wake;
}

static void toy_query(struct turn *turn, struct text what, const struct doc *args,
                      struct query_answer *answer)
{
    (void)args;
    struct key key = record_key(TABLE_COUNT);
    key_add_text(&key, what);
    answer->ok = true;
    answer->rows = arena_alloc(turn_arena(turn), sizeof *answer->rows);
    answer->rows[0] = record_get(turn, &key);
    answer->rows_count = answer->rows[0] != NULL;
}

static int toy_carry_out(const struct effect *effect, const char *out_directory)
{
    (void)out_directory;
    assert_true(text_is(effect->content, "done"));
    if (toy_refuse_effects > 0)
        return (int)toy_refuse_effects--;
    toy_carried++;
    return 0;
}

static const struct role_row toy_rows[] = {
    {EVENT_TASK_PROGRESSED, toy_apply, toy_decide},   {EVENT_TASK_UPDATED, toy_apply_updated, NULL},
    {EVENT_CHARTER_ADOPTED, toy_apply_charter, NULL}, /* what holds until then */
    {EVENT_CHARTER_ENACTED, toy_apply_charter, NULL}, {EVENT_ISSUE_ESCALATED, NULL, NULL},
};
static const struct role toy = {.name = ROLE_TASKS,
                                .schema = 1,
                                .rows = toy_rows,
                                .rows_count = sizeof toy_rows / sizeof *toy_rows,
                                .wake_us = toy_wake_us,
                                .query = toy_query,
                                .carry_out = toy_carry_out};
static const struct role *const toys[] = {&toy, NULL};

static struct house *open_toy(void)
{
    toy_note = "first";
    toy_carried = toy_refuse_effects = 0;
    toy_wake = CIVIL_NEVER_US;
    return house_open_roles(toys);
}

static uint64_t progress(struct house *house, int percent, const char *note)
{
    char json[128];
    (void)snprintf(json, sizeof json, "{\"percent\":%d,\"note\":\"%s\"}", percent, note);
    return house_publish(house, NULL, "task.progressed", "T-1", NULL, NULL, json);
}

static uint64_t post_progress(struct house *house, int percent, const char *note)
{
    char json[128];
    (void)snprintf(json, sizeof json, "{\"percent\":%d,\"note\":\"%s\"}", percent, note);
    return house_post(house, NULL, "task.progressed", "T-1", NULL, NULL, json);
}

static int64_t counted(struct house *house, const char *what)
{
    struct query_answer answer = house_query(house, "tasks", what, NULL);
    return answer.rows_count > 0 ? doc_int(answer.rows[0], FIELD_COUNT, 0) : 0;
}

static uint64_t adopt(struct house *house, const char *name, const char *text)
{
    struct arena arena;
    arena_open(&arena, ARENA_BYTES_MAX);
    struct doc *data = doc_new(&arena);
    doc_set_text(data, FIELD_NAME, text_from(name));
    doc_set_text(data, FIELD_TEXT, text_from(text));
    struct text json = doc_to_json(&arena, data);
    uint64_t seq =
        house_publish(house, NULL, "charter.adopted", NULL, name, NULL, arena_text_copy(&arena, json).at);
    arena_close(&arena);
    return seq;
}

/* ---- deciding ---- */

static void test_outcomes_are_signed_by_their_cause(void **state)
{
    (void)state;
    struct house *house = open_toy();
    uint64_t seq = progress(house, 3, "x");
    assert_int_equal(house_count(house, "task.updated", "T-1"), 3);
    for (size_t i = 0; i < 3; i++) {
        char id[64];
        const struct event *outcome = house_outcome(house, seq, "task.updated", i);
        (void)snprintf(id, sizeof id, "tasks-%llu-%zu-3", (unsigned long long)seq, i + 1);
        assert_true(text_is(outcome->id, id));
        assert_true(text_is(outcome->source, "/worker/tasks"));
        assert_true(text_is(outcome->publisher, "worker/tasks"));
        assert_int_equal(outcome->cause, seq);
        assert_int_equal(doc_int_at(outcome->data, FIELD_INPUTS, 0), seq);
    }
    assert_int_equal(counted(house, "first"), 3); /* applied once: the journal's copies are skipped */
    house_check_rebuild(house);
    house_close(house);
}

/* The cause's zone serves until the charter is known, and where it never is. */
static void test_outcomes_are_dated_in_the_charters_zone(void **state)
{
    (void)state;
    static const char report[] = "{\"percent\":1,\"note\":\"x\"}";
    struct house *house = open_toy();
    uint64_t before = house_publish(house, NULL, "task.progressed", "T-1", "town", NULL, report);
    char *text = town_text("+08:00", "+05:30");
    house_enact_charter(house, "town", adopt(house, "town", text));
    free(text);
    uint64_t after = house_publish(house, NULL, "task.progressed", "T-1", "town", NULL, report);
    uint64_t without = house_publish(house, NULL, "task.progressed", "T-1", NULL, NULL, report);
    assert_int_equal(house_outcome(house, before, "task.updated", 0)->time_zone, 480);
    assert_int_equal(house_outcome(house, after, "task.updated", 0)->time_zone, 330);
    assert_int_equal(house_outcome(house, without, "task.updated", 0)->time_zone, 480);
    house_check_rebuild(house);
    house_close(house);
}

static void test_a_refusal_names_rule_and_debt(void **state)
{
    (void)state;
    struct house *house = open_toy();
    const struct event *refusal = house_refusal(house, progress(house, 0, "refuse"));
    assert_non_null(refusal);
    assert_true(text_is(refusal->subject, "T-1"));
    assert_true(text_is(doc_text(refusal->data, FIELD_EVENT), "task.progressed"));
    assert_true(text_is(doc_text(refusal->data, FIELD_REASON), "opinion of 市财政局 missing"));
    assert_true(text_is(doc_text(refusal->data, FIELD_CLAUSE), "四（二）"));
    assert_true(text_is(doc_text(doc_doc_at(refusal->data, FIELD_OWED, 0), FIELD_WHO), "市财政局"));
    house_close(house);
}

static void test_numbers_go_on_after_a_rebuild(void **state)
{
    (void)state;
    struct house *house = open_toy();
    progress(house, 2, "number");
    progress(house, 1, "number");
    house_check_rebuild(house);
    house_forget(house, "tasks");
    uint64_t seq = progress(house, 1, "number");
    assert_true(text_is(doc_text(house_outcome(house, seq, "task.updated", 0)->data, FIELD_NOTE), "4"));
    house_check_rebuild(house);
    house_close(house);
}

/* A decision is taken once: newer code, started on nothing but the journal, does not take it again. */
static void test_newer_code_does_not_rewrite_history(void **state)
{
    (void)state;
    struct house *house = open_toy();
    progress(house, 0, "nothing came of this");
    progress(house, 2, "x");
    size_t before = 0, after = 0;
    (void)house_entries(house, &before);
    toy_note = "second";
    house_forget(house, "tasks");
    house_settle(house);
    (void)house_entries(house, &after);
    assert_int_equal(after, before);
    assert_int_equal(counted(house, "first"), 2);
    assert_int_equal(counted(house, "second"), 0);
    progress(house, 1, "x");
    assert_int_equal(counted(house, "second"), 1);
    house_close(house);
}

/* The power went while a decision was being published: the missing outcome is made, the others aren't
 * doubled. */
static void test_a_decision_in_part_is_completed(void **state)
{
    (void)state;
    struct house *whole = open_toy(), *house = house_open_roles(toys);
    uint64_t seq = progress(whole, 3, "x");
    assert_int_equal(post_progress(house, 3, "x"), seq);
    size_t count = 0;
    const struct event *entries = house_entries(whole, &count);
    (void)house_post_bytes(house, "worker/tasks", entries[seq].raw);
    (void)house_post_bytes(house, "worker/tasks", entries[seq + 1].raw);
    house_forget(house, "tasks");
    house_settle(house);
    assert_int_equal(house_count(house, "task.updated", NULL), 3);
    assert_int_equal(counted(house, "first"), 3);
    house_check_rebuild(house);
    house_close(house);
    house_close(whole);
}

/* ---- poison ---- */

static void poison_once(struct house *house, const char *note, const char *reason)
{
    post_progress(house, 1, "before");
    uint64_t seq = post_progress(house, 2, note);
    post_progress(house, 1, "after");
    house_settle(house);
    const struct event *aside = house_outcome(house, seq, "event.set-aside", 0);
    assert_non_null(aside);
    assert_true(text_is(doc_text(aside->data, FIELD_REASON), reason));
    assert_int_equal(doc_int(aside->data, FIELD_SEQ, 0), seq);
    assert_null(house_outcome(house, seq, "task.updated", 0));
}

static void test_poison_is_set_aside_and_nothing_of_it_stays(void **state)
{
    (void)state;
    struct house *house = open_toy();
    poison_once(house, "apply", "poison in apply");
    poison_once(house, "decide", "poison in decide");
    poison_once(house, "poison-outcome", "own outcome");
    assert_int_equal(counted(house, "reports"), 6);
    assert_int_equal(counted(house, "first"), 6);
    assert_int_equal(counted(house, "outcome"), 0);
    house_check_rebuild(house);
    house_close(house);
}

static void test_a_batch_full_of_poison(void **state)
{
    (void)state;
    struct house *house = open_toy();
    for (int i = 0; i < 40; i++)
        post_progress(house, 1, i % 2 == 0 ? "decide" : "x");
    house_settle(house);
    assert_int_equal(house_count(house, "event.set-aside", NULL), 20);
    assert_int_equal(counted(house, "first"), 20);
    house_check_rebuild(house);
    house_close(house);
}

static void test_bytes_of_another_version_are_set_aside(void **state)
{
    (void)state;
    struct house *house = open_toy();
    static const unsigned char junk[] = {0x93, 1, 2, 3};
    uint64_t seq = house_post_bytes(house, "duband", (struct bytes){junk, sizeof junk});
    progress(house, 1, "x");
    assert_non_null(house_outcome(house, seq, "event.set-aside", 0));
    assert_int_equal(counted(house, "first"), 1);
    house_check_rebuild(house);
    house_close(house);
}

/* ---- charters ---- */

static void test_a_charter_holds_when_coordination_says_so(void **state)
{
    (void)state;
    struct house *house = open_toy();
    adopt(house, "town", "charter: [");
    adopt(house, "village", town_charter);
    uint64_t first = adopt(house, "town", town_charter);
    assert_int_equal(counted(house, "charters"), 0); /* it is in order, but nobody said so */
    house_enact_charter(house, "town", first);
    assert_int_equal(counted(house, "charters"), 1);
    adopt(house, "town", "charter: [");
    assert_int_equal(counted(house, "charters"), 1 + 1);
    uint64_t second = adopt(house, "town", town_charter);
    assert_int_equal(counted(house, "charters"), 1 + 1 + 1);
    house_enact_charter(house, "town", second);
    assert_int_equal(counted(house, "charters"), 1 + 1 + 1 + 2);
    house_check_rebuild(house);
    house_close(house);
}

/* More charters than are kept compiled: the forgotten ones are compiled again from the records. */
static void test_compiled_charters_are_only_a_memory(void **state)
{
    (void)state;
    struct house *house = open_toy();
    for (int round = 1; round <= 2; round++)
        for (int i = 0; i < 20; i++) {
            char name[32], line[48];
            (void)snprintf(name, sizeof name, "town-%d", i);
            (void)snprintf(line, sizeof line, "charter: %s\n", name);
            char *text = town_text("charter: town\n", line);
            house_enact_charter(house, name, adopt(house, name, text));
            free(text);
        }
    assert_int_equal(counted(house, "charters"), 20 + 20 + 40);
    house_crash(house, "tasks"); /* an empty memory */
    adopt(house, "town-0", "charter: [");
    assert_int_equal(counted(house, "charters"), 20 + 20 + 40 + 2);
    house_check_rebuild(house);
    house_close(house);
}

/* ---- crashes: the core by hand, in children that die ---- */

enum { CHILD_ENTRIES = 4 };
struct bench {
    char directory[128];
    struct arena arena;
    struct entry entries[CHILD_ENTRIES];
};

static struct entry bench_entry(struct bench *bench, uint64_t seq, int percent, const char *note)
{
    struct buffer body;
    struct doc *data = doc_new(&bench->arena);
    doc_set_int(data, FIELD_PERCENT, percent);
    doc_set_text(data, FIELD_NOTE, text_from(note));
    const struct event event = {.id = arena_printf(&bench->arena, "e-%llu", (unsigned long long)seq),
                                .source = TEXT("/test"),
                                .type = &event_types[EVENT_TASK_PROGRESSED],
                                .type_name = TEXT("task.progressed"),
                                .subject = TEXT("T-1"),
                                .time_us = CIVIL_NEVER_US,
                                .data = data};
    buffer_open(&body, EVENT_BYTES_MAX);
    event_encode(&event, &body);
    struct entry entry = {.seq = seq,
                          .received_us = (int64_t)seq * CIVIL_SECOND_US,
                          .publisher = TEXT("test"),
                          .body = arena_bytes_copy(&bench->arena, buffer_view(&body))};
    buffer_close(&body);
    return entry;
}

static void bench_open(struct bench *bench)
{
    digest_init();
    toy_note = "first";
    arena_open(&bench->arena, ARENA_BYTES_MAX);
    (void)snprintf(bench->directory, sizeof bench->directory, "/tmp/duban-runtime-XXXXXX");
    assert_non_null(mkdtemp(bench->directory));
    for (uint64_t i = 0; i < CHILD_ENTRIES; i++)
        bench->entries[i] = bench_entry(bench, i + 1, 1, "x");
}

static void bench_close(struct bench *bench)
{
    char old[sizeof bench->directory + 8];
    (void)snprintf(old, sizeof old, "%s.old-1", bench->directory);
    assert_int_equal(file_remove_folder(bench->directory), 0);
    assert_int_equal(access(old, F_OK) == 0 ? file_remove_folder(old) : 0, 0);
    arena_close(&bench->arena);
}

static struct worker_options bench_options(const struct bench *bench, const struct role *role)
{
    return (struct worker_options){.role = role,
                                   .directory = bench->directory,
                                   .map_bytes_max = 67108864,
                                   .durable = false,
                                   .attempts_max = 3};
}

static struct worker *bench_worker(const struct bench *bench)
{
    struct complaint complaint = {0};
    struct worker *worker;
    const struct worker_options options = bench_options(bench, &toy);
    assert_int_equal(worker_open(&options, &worker, &complaint), 0);
    assert_int_equal(worker_collected(worker), 0);
    return worker;
}

/* A process that takes in all entries, and how it ends. */
static int bench_child(const struct bench *bench)
{
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        uint64_t cursor;
        struct worker *worker = bench_worker(bench);
        if (worker_consume(worker, bench->entries, CHILD_ENTRIES, CHILD_ENTRIES, &cursor) != 0)
            _exit(8);
        worker_close(worker, true);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static size_t bench_outbox(struct worker *worker, const char *type)
{
    struct outgoing outgoing[64];
    size_t count = 0, found = 0;
    struct arena arena;
    arena_open(&arena, ARENA_BYTES_MAX);
    assert_int_equal(worker_outbox(worker, 0, outgoing, 64, &count), 0);
    for (size_t i = 0; i < count; i++) {
        struct event event;
        assert_int_equal(event_decode(&arena, outgoing[i].body, &event, NULL), 0);
        found += text_is(event.type_name, type);
    }
    arena_close(&arena);
    return found;
}

static void test_an_event_that_kills_is_set_aside_after_three_deaths(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    bench.entries[2] = bench_entry(&bench, 3, 1, "die");
    assert_int_equal(bench_child(&bench), 9);
    assert_int_equal(bench_child(&bench), 9);
    assert_int_equal(bench_child(&bench), 9);
    assert_int_equal(bench_child(&bench), 0);
    struct worker *worker = bench_worker(&bench);
    assert_int_equal(worker_cursor(worker), CHILD_ENTRIES);
    assert_int_equal(bench_outbox(worker, "event.set-aside"), 1);
    assert_int_equal(bench_outbox(worker, "task.updated"), 3);
    worker_close(worker, true);
    bench_close(&bench);
}

static void test_kills_while_idle_cost_no_event(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    for (int i = 0; i < 5; i++)
        worker_close(bench_worker(&bench), false);
    assert_int_equal(bench_child(&bench), 0);
    struct worker *worker = bench_worker(&bench);
    assert_int_equal(bench_outbox(worker, "event.set-aside"), 0);
    assert_int_equal(bench_outbox(worker, "task.updated"), 4);
    worker_close(worker, true);
    bench_close(&bench);
}

static void test_a_broken_promise_stops_the_process(void **state)
{
    (void)state;
    const char *const notes[] = {"break", "write"};
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        struct bench bench;
        bench_open(&bench);
        bench.entries[0] = bench_entry(&bench, 1, 0, notes[i]);
        assert_int_equal(bench_child(&bench), 128 + SIGABRT);
        bench_close(&bench);
    }
}

/* ---- one transaction ---- */

/* What these entries cost in commits, and that they were taken in. */
static uint64_t commits_of(struct worker *worker, const struct entry *entries, size_t count)
{
    uint64_t cursor = 0, before = store_commits(worker->store);
    assert_int_equal(worker_consume(worker, entries, count, entries[count - 1].seq, &cursor), 0);
    assert_int_equal(cursor, entries[count - 1].seq);
    return store_commits(worker->store) - before;
}

static void test_records_cursor_and_outbox_are_one_commit(void **state)
{
    (void)state;
    struct bench bench;
    struct entry more[5];
    struct outgoing outgoing[8];
    uint64_t cursor;
    size_t count;
    bench_open(&bench);
    for (uint64_t i = 0; i < 5; i++)
        more[i] = bench_entry(&bench, CHILD_ENTRIES + 1 + i, 2, "effect");
    struct worker *worker = bench_worker(&bench);
    assert_int_equal(commits_of(worker, bench.entries, CHILD_ENTRIES), 1);
    assert_int_equal(worker_outbox_count(worker), CHILD_ENTRIES);
    assert_int_equal(commits_of(worker, more, 1), 1); /* one event with an effect is no more */
    uint64_t before = store_commits(worker->store);
    assert_int_equal(worker_outbox(worker, 0, outgoing, 8, &count), 0);
    assert_int_equal(worker_settle(worker, outgoing[count - 1].number), 0);
    assert_int_equal(worker_consume(worker, NULL, 0, 7, &cursor), 0); /* nothing of ours until 7 */
    assert_int_equal(worker_consume(worker, bench.entries, CHILD_ENTRIES, 7, &cursor), 0); /* repeats */
    (void)worker_wake_us(worker);
    assert_int_equal(store_commits(worker->store),
                     before); /* settling waits for the next batch, and asking writes nothing */
    assert_int_equal(commits_of(worker, more + 3, 2), 1); /* which is still one */
    assert_int_equal(worker_outbox_count(worker), 4);
    worker_close(worker, false);
    worker = bench_worker(&bench);
    assert_int_equal(worker_outbox_count(worker), 4); /* it deleted what was settled */
    worker_close(worker, true);
    bench_close(&bench);
}

/* A transaction for those before a poison event, one that begins with it; alone it is set aside in one. */
static void test_poison_costs_one_commit_more(void **state)
{
    (void)state;
    static const struct {
        size_t poison;
        uint64_t commits;
    } cases[] = {{0, 2}, {2, 2}, {CHILD_ENTRIES - 1, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench bench;
        bench_open(&bench);
        bench.entries[cases[i].poison] = bench_entry(&bench, cases[i].poison + 1, 2, "decide");
        struct worker *worker = bench_worker(&bench);
        assert_int_equal(commits_of(worker, bench.entries, CHILD_ENTRIES), cases[i].commits);
        assert_int_equal(bench_outbox(worker, "event.set-aside"), 1);
        assert_int_equal(bench_outbox(worker, "task.updated"), CHILD_ENTRIES - 1);
        struct entry alone = bench_entry(&bench, CHILD_ENTRIES + 1, 1, "apply");
        assert_int_equal(commits_of(worker, &alone, 1), 1);
        worker_close(worker, true);
        bench_close(&bench);
    }
}

/* After a crash each entry is noted before it is taken in. */
static void test_care_costs_one_commit_an_event(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    worker_close(bench_worker(&bench), false);
    struct worker *worker = bench_worker(&bench);
    assert_int_equal(commits_of(worker, bench.entries, CHILD_ENTRIES), 2 * CHILD_ENTRIES);
    worker_close(worker, true);
    bench_close(&bench);
}

/* What a worker holds: records, cursor, and the outbox's numbers and bytes. */
static struct digest bench_holds(struct worker *worker)
{
    struct digest_state sum;
    struct digest records;
    struct outgoing outgoing[64];
    size_t count = 0;
    assert_int_equal(worker_digest(worker, &records), 0);
    assert_int_equal(worker_outbox(worker, 0, outgoing, 64, &count), 0);
    assert_int_equal(count, worker_outbox_count(worker));
    digest_begin(&sum);
    digest_add(&sum, records.at, sizeof records.at);
    uint64_t cursor = worker_cursor(worker);
    digest_add(&sum, &cursor, sizeof cursor);
    for (size_t i = 0; i < count; i++) {
        digest_add(&sum, &outgoing[i].number, sizeof outgoing[i].number);
        digest_add(&sum, outgoing[i].body.at, outgoing[i].body.bytes);
    }
    return digest_end(&sum);
}

static void bench_take_in_pairs(struct worker *worker, const struct bench *bench)
{
    uint64_t cursor = worker_cursor(worker);
    while (cursor < CHILD_ENTRIES)
        if (worker_consume(worker, bench->entries, cursor < 2 ? 2 : CHILD_ENTRIES, cursor + 1, &cursor) != 0)
            _exit(8);
}

/* Takes all in and is killed before its n-th system call counted from the first entry on. True if it was
 * killed; false if it had come to its end. -1 of ptrace: not allowed here. */
static int bench_killed_at(const struct bench *bench, unsigned calls)
{
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct worker *worker = bench_worker(bench);
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
            _exit(7);
        (void)raise(SIGSTOP);
        bench_take_in_pairs(worker, bench);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    for (unsigned i = 0; WIFSTOPPED(status) && i < calls; i++) {
        assert_int_equal(ptrace(PTRACE_SYSCALL, child, NULL, NULL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
    }
    if (WIFEXITED(status))
        return WEXITSTATUS(status) == 7 ? -1 : WEXITSTATUS(status);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return 1;
}

static void test_killed_between_any_two_system_calls(void **state)
{
    (void)state;
    struct bench whole;
    bench_open(&whole);
    struct worker *worker = bench_worker(&whole);
    bench_take_in_pairs(worker, &whole);
    struct digest wanted = bench_holds(worker);
    worker_close(worker, true);
    bench_close(&whole);
    int killed = 1;
    unsigned calls = 0, places = 0;
    for (; killed == 1; calls++) {
        struct bench bench;
        bench_open(&bench);
        killed = bench_killed_at(&bench, calls);
        worker = bench_worker(&bench);
        bool early = worker_cursor(worker) < CHILD_ENTRIES;
        places += early && worker_cursor(worker) > 0;
        bench_take_in_pairs(worker, &bench);
        struct digest held = bench_holds(worker);
        assert_memory_equal(held.at, wanted.at, sizeof held.at);
        worker_close(worker, true);
        bench_close(&bench);
    }
    if (killed < 0)
        skip(); /* no ptrace in this place */
    assert_int_equal(killed, 0);
    assert_true(calls > 10 && places > 0);
}

/* ---- outbox and effects ---- */

static void test_the_outbox_keeps_what_is_not_settled(void **state)
{
    (void)state;
    struct bench bench;
    struct outgoing outgoing[3];
    size_t count;
    uint64_t cursor;
    bench_open(&bench);
    struct worker *worker = bench_worker(&bench);
    assert_int_equal(worker_consume(worker, bench.entries, 4, 4, &cursor), 0);
    assert_int_equal(worker_outbox_count(worker), 4);
    assert_int_equal(worker_outbox(worker, 0, outgoing, 3, &count), 0);
    assert_int_equal(count, 3);
    assert_int_equal(worker_outbox(worker, outgoing[2].number, outgoing, 3, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(worker_settle(worker, outgoing[0].number - 1), 0);
    assert_int_equal(worker_outbox_count(worker), 1);
    worker_close(worker, true); /* an orderly stop writes down what is settled */
    worker = bench_worker(&bench);
    assert_int_equal(worker_outbox_count(worker), 1);
    worker_close(worker, false);
    bench_close(&bench);
}

static void test_effects_are_carried_out_until_they_succeed(void **state)
{
    (void)state;
    struct house *house = open_toy();
    bool left = false;
    toy_refuse_effects = 1000;
    progress(house, 0, "effect");
    assert_int_equal(toy_carried, 0);
    toy_refuse_effects = 0;
    house_crash(house, "tasks");
    assert_int_equal(worker_effects(house_worker(house, "tasks"), 10, &left), 0);
    assert_int_equal(toy_carried, 1);
    assert_false(left);
    assert_int_equal(worker_effects(house_worker(house, "tasks"), 10, &left), 0);
    assert_int_equal(toy_carried, 1);
    house_close(house);
}

static void test_a_rebuild_has_no_effects(void **state)
{
    (void)state;
    struct house *house = open_toy();
    progress(house, 1, "effect");
    progress(house, 1, "x");
    assert_int_equal(toy_carried, 1);
    house_forget(house, "tasks");
    house_settle(house);
    assert_int_equal(toy_carried, 1);
    house_close(house);
}

static void test_as_many_outcomes_as_allowed_and_no_more(void **state)
{
    (void)state;
    struct bench bench;
    uint64_t cursor;
    bench_open(&bench);
    bench.entries[0] = bench_entry(&bench, 1, 0, "most");
    struct worker *worker = bench_worker(&bench);
    assert_int_equal(worker_consume(worker, bench.entries, 1, 1, &cursor), 0);
    assert_int_equal(worker_outbox_count(worker), TURN_OUTCOMES_MAX);
    worker_close(worker, true);
    bench.entries[1] = bench_entry(&bench, 2, 0, "more");
    assert_int_equal(bench_child(&bench), 128 + SIGABRT);
    bench_close(&bench);
}

/* ---- the state's own business ---- */

/* One call, more entries than a transaction takes; then more outcomes than are sent at once. */
static void test_full_turns_and_a_full_view_of_the_outbox(void **state)
{
    (void)state;
    struct bench bench;
    uint64_t cursor;
    size_t count;
    enum { ENTRIES = TURN_EVENTS_MAX + 3 };
    static struct entry entries[ENTRIES];
    static struct outgoing outgoing[OUTBOX_SEND_MAX];
    bench_open(&bench);
    for (uint64_t i = 0; i < ENTRIES; i++)
        entries[i] = bench_entry(&bench, i + 1, 1, i == TURN_EVENTS_MAX ? "decide" : "x");
    struct worker *worker = bench_worker(&bench);
    uint64_t before = store_commits(worker->store);
    assert_int_equal(worker_consume(worker, entries, ENTRIES, ENTRIES, &cursor), 0);
    assert_int_equal(cursor, ENTRIES);
    assert_int_equal(store_commits(worker->store) - before, 3); /* a full one, the poison, the rest */
    assert_int_equal(worker_outbox_count(worker), ENTRIES);
    assert_int_equal(worker_outbox(worker, 0, outgoing, OUTBOX_SEND_MAX, &count), 0);
    assert_int_equal(count, OUTBOX_SEND_MAX);
    assert_int_equal(worker_settle(worker, outgoing[count - 1].number), 0);
    assert_int_equal(worker_outbox(worker, 0, outgoing, OUTBOX_SEND_MAX, &count), 0);
    assert_int_equal(count, ENTRIES - OUTBOX_SEND_MAX);
    worker_close(worker, true);
    bench_close(&bench);
}

static void test_a_state_belongs_to_one_journal_and_one_process(void **state)
{
    (void)state;
    struct bench bench;
    struct complaint complaint = {0};
    uint64_t cursor;
    bench_open(&bench);
    struct worker *worker = bench_worker(&bench), *second;
    const struct worker_options options = bench_options(&bench, &toy);
    assert_int_equal(worker_open(&options, &second, &complaint), WORKER_E_LOCKED);
    assert_int_equal(worker_bind_journal(worker, TEXT("aaaa"), 4, &complaint), 0);
    assert_int_equal(worker_bind_journal(worker, TEXT("bbbb"), 4, &complaint), WORKER_E_JOURNAL);
    assert_int_equal(worker_consume(worker, bench.entries, 4, 4, &cursor), 0);
    uint64_t epoch = worker_epoch(worker);
    worker_close(worker, true);
    worker = bench_worker(&bench);
    assert_true(worker_epoch(worker) > epoch);
    assert_int_equal(worker_bind_journal(worker, TEXT("bbbb"), 4, &complaint), WORKER_E_JOURNAL);
    assert_int_equal(worker_bind_journal(worker, TEXT("aaaa"), 3, &complaint), WORKER_E_JOURNAL);
    assert_int_equal(worker_bind_journal(worker, TEXT("aaaa"), 4, &complaint), 0);
    worker_close(worker, true);
    bench_close(&bench);
}

static void test_another_schema_is_moved_aside(void **state)
{
    (void)state;
    struct bench bench;
    struct complaint complaint = {0};
    char old[160];
    uint64_t cursor;
    struct role newer = toy;
    newer.schema = 2;
    bench_open(&bench);
    struct worker *worker = bench_worker(&bench);
    assert_int_equal(worker_consume(worker, bench.entries, 4, 4, &cursor), 0);
    worker_close(worker, true);
    const struct worker_options options = bench_options(&bench, &newer);
    assert_int_equal(worker_open(&options, &worker, &complaint), 0);
    assert_int_equal(worker_cursor(worker), 0);
    worker_close(worker, true);
    (void)snprintf(old, sizeof old, "%s.old-1/data.mdb", bench.directory);
    assert_int_equal(access(old, F_OK), 0);
    bench_close(&bench);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* As the shell does it: refused, asked again and again, and opened anew when there is room. */
static void test_a_full_disk_takes_nothing_and_goes_on_when_there_is_room(void **state)
{
    (void)state;
    struct bench bench;
    struct complaint complaint = {0};
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    uint64_t cursor = 0;
    struct worker *worker;
    bench_open(&bench);
    struct worker_options options = bench_options(&bench, &toy);
    options.durable = true;
    assert_int_equal(sigaction(SIGXFSZ, &ignore, &before), 0);
    assert_int_equal(worker_open(&options, &worker, &complaint), 0);
    assert_int_equal(worker_collected(worker), 0);
    bench.entries[1] = bench_entry(&bench, 2, 0, "most");
    assert_int_equal(worker_consume(worker, bench.entries, 1, 1, &cursor), 0);
    limit_files(1 << 20);
    for (int attempt = 0; attempt < 4; attempt++) /* more often than a poison event is tried */
        assert_int_equal(worker_consume(worker, bench.entries + 1, 1, 2, &cursor), WORKER_E_DISK_FULL);
    assert_int_equal(worker_try_room(worker), WORKER_E_DISK_FULL);
    assert_int_equal(worker_cursor(worker), 1);
    worker_close(worker, false); /* a restart on the full disk */
    assert_int_equal(worker_open(&options, &worker, &complaint), 0);
    assert_int_equal(worker_collected(worker), 0);
    for (int attempt = 0; attempt < 4; attempt++)
        assert_int_equal(worker_consume(worker, bench.entries + 1, 1, 2, &cursor), WORKER_E_DISK_FULL);
    limit_files(RLIM_INFINITY);
    assert_int_equal(worker_try_room(worker), 0);
    worker_close(worker, true);
    assert_int_equal(worker_open(&options, &worker, &complaint), 0);
    assert_int_equal(worker_collected(worker), 0);
    assert_int_equal(worker_consume(worker, bench.entries + 1, 1, 2, &cursor), 0);
    assert_int_equal(worker_outbox_count(worker), 1 + TURN_OUTCOMES_MAX);
    worker_close(worker, true);
    assert_int_equal(sigaction(SIGXFSZ, &before, NULL), 0);
    bench_close(&bench);
}

static void test_a_full_state_takes_half_of_nothing(void **state)
{
    (void)state;
    struct bench bench;
    struct complaint complaint = {0};
    uint64_t cursor = 0;
    struct worker *worker;
    bench_open(&bench);
    struct worker_options options = bench_options(&bench, &toy);
    options.map_bytes_max = 262144;
    assert_int_equal(worker_open(&options, &worker, &complaint), 0);
    assert_int_equal(worker_collected(worker), 0);
    bench.entries[1] = bench_entry(&bench, 2, 0, "most");
    assert_int_equal(worker_consume(worker, bench.entries, 1, 1, &cursor), 0);
    assert_int_equal(worker_consume(worker, bench.entries + 1, 1, 2, &cursor), WORKER_E_FULL);
    worker_close(worker, false);
    worker = bench_worker(&bench); /* with more room */
    assert_int_equal(worker_cursor(worker), 1);
    assert_int_equal(worker_consume(worker, bench.entries + 1, 1, 2, &cursor), 0);
    assert_int_equal(worker_outbox_count(worker), 1 + TURN_OUTCOMES_MAX);
    worker_close(worker, true);
    bench_close(&bench);
}

static void test_repeats_are_skipped_and_gaps_are_none_of_our_business(void **state)
{
    (void)state;
    struct bench bench;
    uint64_t cursor;
    bench_open(&bench);
    struct worker *worker = bench_worker(&bench);
    assert_int_equal(worker_consume(worker, bench.entries, 2, 2, &cursor), 0);
    assert_int_equal(worker_consume(worker, bench.entries, 4, 9, &cursor), 0);
    assert_int_equal(cursor, 9);
    assert_int_equal(worker_outbox_count(worker), 4);
    worker_close(worker, true);
    bench_close(&bench);
}

/* ---- a journal of another version's ---- */

static struct entry bench_encode(struct bench *bench, uint64_t seq, const struct event *event)
{
    struct buffer body;
    buffer_open(&body, EVENT_BYTES_MAX);
    event_encode(event, &body);
    struct entry entry = {.seq = seq,
                          .received_us = (int64_t)seq * CIVIL_SECOND_US,
                          .publisher = event->publisher,
                          .body = arena_bytes_copy(&bench->arena, buffer_view(&body))};
    buffer_close(&body);
    return entry;
}

static struct entry bench_adopted(struct bench *bench, uint64_t seq, const char *text)
{
    struct doc *data = doc_new(&bench->arena);
    doc_set_text(data, FIELD_NAME, TEXT("town"));
    doc_set_text(data, FIELD_TEXT, text_from(text));
    const struct event event = {.id = arena_printf(&bench->arena, "e-%llu", (unsigned long long)seq),
                                .source = TEXT("/test"),
                                .publisher = TEXT("test"),
                                .type = &event_types[EVENT_CHARTER_ADOPTED],
                                .type_name = TEXT("charter.adopted"),
                                .time_us = CIVIL_NEVER_US,
                                .data = data};
    return bench_encode(bench, seq, &event);
}

/* Coordination's word that version 1 of the charter holds, adopted with event 1. */
static struct entry bench_enacted(struct bench *bench, uint64_t seq)
{
    struct doc *data = doc_new(&bench->arena);
    doc_set_text(data, FIELD_NAME, TEXT("town"));
    doc_set_int(data, FIELD_VERSION, 1);
    doc_set_text(data, FIELD_DIGEST,
                 TEXT("0000000000000000000000000000000000000000000000000000000000000000"));
    const struct event event = {.id = TEXT("coordination-1-1-1"),
                                .source = TEXT("/worker/coordination"),
                                .publisher = TEXT("worker/coordination"),
                                .type = &event_types[EVENT_CHARTER_ENACTED],
                                .type_name = TEXT("charter.enacted"),
                                .cause = 1,
                                .time_us = CIVIL_NEVER_US,
                                .data = data};
    return bench_encode(bench, seq, &event);
}

/* What taking these entries in comes to in a process that then dies; and how far it came. */
static int taken_in(const struct bench *bench, const struct role *role, const struct entry *entries,
                    size_t count, uint64_t *cursor_out)
{
    struct complaint complaint = {0};
    struct worker *worker;
    const struct worker_options options = bench_options(bench, role);
    assert_int_equal(worker_open(&options, &worker, &complaint), 0);
    assert_int_equal(worker_collect(worker, entries, count), 0);
    assert_int_equal(worker_collected(worker), 0);
    int code = worker_consume(worker, entries, count, entries[count - 1].seq, cursor_out);
    worker_close(worker, false);
    return code;
}

static size_t charters_of(const struct bench *bench, const struct role *role, const struct entry entries[2])
{
    uint64_t cursor = 0;
    struct complaint complaint = {0};
    struct worker *worker;
    struct arena arena;
    struct store_txn *txn;
    struct turn turn;
    struct text names[4];
    assert_int_equal(taken_in(bench, role, entries, 2, &cursor), 0);
    const struct worker_options options = bench_options(bench, role);
    assert_int_equal(worker_open(&options, &worker, &complaint), 0);
    arena_open(&arena, ARENA_BYTES_MAX);
    assert_int_equal(store_begin_read(worker->store, &txn), 0);
    turn_open_reading(&turn, worker, txn, &arena);
    size_t count = turn_charters(&turn, names, 4);
    store_abort_take(txn);
    arena_close(&arena);
    worker_close(worker, true);
    return count;
}

/* A charter that the journal says is in force does not vanish under newer code, nor under code that counts
 * its versions otherwise: every role stops, at every start, and the event is never set aside. */
static void test_an_enacted_charter_must_be_read_as_it_was(void **state)
{
    (void)state;
    const struct role *const roles[] = {&toy, &role_coordination};
    for (size_t i = 0; i < 2; i++) {
        struct bench bench;
        uint64_t cursor = 0;
        bench_open(&bench);
        struct entry entries[] = {bench_adopted(&bench, 1, town_charter), bench_enacted(&bench, 2)};
        assert_int_equal(taken_in(&bench, roles[i], entries, 2, &cursor), 0);
        bench_close(&bench);
        bench_open(&bench);
        entries[0] = bench_adopted(&bench, 1, "charter: town\nlonger_understood: no\n");
        entries[1] = bench_enacted(&bench, 2);
        for (int starts = 0; starts < 5; starts++) {
            assert_true(taken_in(&bench, roles[i], entries, 2, &cursor) < 0);
            assert_true(cursor < 2);
        }
        /* The version that enacted it goes on as if nothing had been. */
        entries[0] = bench_adopted(&bench, 1, town_charter);
        if (i == 1)
            assert_int_equal(charters_of(&bench, roles[i], entries), 1);
        bench_close(&bench);
    }
    struct bench bench;
    uint64_t cursor = 0;
    bench_open(&bench);
    const struct entry entries[] = {bench_adopted(&bench, 1, "charter: [ # refused then"),
                                    bench_adopted(&bench, 2, town_charter), bench_enacted(&bench, 3)};
    assert_true(taken_in(&bench, &toy, entries, 3, &cursor) < 0); /* version 1 is that of event 2 */
    bench_close(&bench);
}

/* Refused by the code that judged it: newer code, which would read it, does not put it in force. */
static void test_a_refused_charter_stays_out_of_force(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    const struct entry entries[] = {bench_adopted(&bench, 1, town_charter),
                                    bench_adopted(&bench, 2, "charter: [")};
    assert_int_equal(charters_of(&bench, &toy, entries), 0);
    bench_close(&bench);
}

static void test_types_are_rows_and_charters(void **state)
{
    (void)state;
    struct bench bench;
    struct text types[EVENT_KIND_COUNT];
    bench_open(&bench);
    struct worker *worker = bench_worker(&bench);
    size_t count = worker_types(worker, types, EVENT_KIND_COUNT);
    assert_int_equal(count, 6);
    assert_true(text_is(types[0], "charter.adopted"));
    assert_true(text_is(types[1], "charter.enacted"));
    assert_true(text_is(types[2], "charter.accepted"));
    assert_true(text_is(types[3], "issue.escalated"));
    worker_close(worker, true);
    bench_close(&bench);
}

static void test_time_strikes_when_a_role_wants_it(void **state)
{
    (void)state;
    struct house *house = open_toy();
    progress(house, 1, "x");
    assert_int_equal(worker_wake_us(house_worker(house, "tasks")), CIVIL_NEVER_US);
    toy_wake = 12345;
    assert_int_equal(worker_wake_us(house_worker(house, "tasks")),
                     CIVIL_NEVER_US); /* nothing was taken in since */
    progress(house, 1, "x");
    assert_int_equal(worker_wake_us(house_worker(house, "tasks")), 12345);
    house_close(house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outcomes_are_signed_by_their_cause),
        cmocka_unit_test(test_outcomes_are_dated_in_the_charters_zone),
        cmocka_unit_test(test_a_refusal_names_rule_and_debt),
        cmocka_unit_test(test_numbers_go_on_after_a_rebuild),
        cmocka_unit_test(test_newer_code_does_not_rewrite_history),
        cmocka_unit_test(test_a_decision_in_part_is_completed),
        cmocka_unit_test(test_poison_is_set_aside_and_nothing_of_it_stays),
        cmocka_unit_test(test_a_batch_full_of_poison),
        cmocka_unit_test(test_bytes_of_another_version_are_set_aside),
        cmocka_unit_test(test_a_charter_holds_when_coordination_says_so),
        cmocka_unit_test(test_compiled_charters_are_only_a_memory),
        cmocka_unit_test(test_an_event_that_kills_is_set_aside_after_three_deaths),
        cmocka_unit_test(test_kills_while_idle_cost_no_event),
        cmocka_unit_test(test_a_broken_promise_stops_the_process),
        cmocka_unit_test(test_records_cursor_and_outbox_are_one_commit),
        cmocka_unit_test(test_poison_costs_one_commit_more),
        cmocka_unit_test(test_care_costs_one_commit_an_event),
        cmocka_unit_test(test_killed_between_any_two_system_calls),
        cmocka_unit_test(test_the_outbox_keeps_what_is_not_settled),
        cmocka_unit_test(test_effects_are_carried_out_until_they_succeed),
        cmocka_unit_test(test_a_rebuild_has_no_effects),
        cmocka_unit_test(test_as_many_outcomes_as_allowed_and_no_more),
        cmocka_unit_test(test_full_turns_and_a_full_view_of_the_outbox),
        cmocka_unit_test(test_a_state_belongs_to_one_journal_and_one_process),
        cmocka_unit_test(test_another_schema_is_moved_aside),
        cmocka_unit_test(test_a_full_state_takes_half_of_nothing),
        cmocka_unit_test(test_a_full_disk_takes_nothing_and_goes_on_when_there_is_room),
        cmocka_unit_test(test_repeats_are_skipped_and_gaps_are_none_of_our_business),
        cmocka_unit_test(test_an_enacted_charter_must_be_read_as_it_was),
        cmocka_unit_test(test_a_refused_charter_stays_out_of_force),
        cmocka_unit_test(test_types_are_rows_and_charters),
        cmocka_unit_test(test_time_strikes_when_a_role_wants_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
