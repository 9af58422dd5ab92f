/* bench_ledger.c - the register with a million subjects: how fast it takes events in, and how long its
 * answers take. The core alone: entries from memory, batches as a worker takes them, commits unflushed (a
 * state that is lost is made anew from the journal).
 *
 *     bench_ledger [ISSUES]     default 1,000,000; the store lies below $TMPDIR, else /var/tmp
 */
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "workers/roles.h"
#include "workers/runtime/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { ISSUES_DEFAULT = 1000000, OPEN_MAX = 1000, ASKED_TIMES = 5 };

struct bench {
    struct worker *worker;
    struct arena arena; /* of one batch */
    struct arena query;
    struct buffer body;
    struct entry entries[TURN_EVENTS_MAX];
    size_t count;
    uint64_t seq, cause; /* of the next event; 0: none */
    int64_t now_us;
};

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Of the processor: other work on the machine makes them no more. */
static double busy_seconds(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* ---- events ---- */

static void bench_flush(struct bench *bench)
{
    uint64_t cursor;
    if (bench->count == 0)
        return;
    if (worker_consume(bench->worker, bench->entries, bench->count, bench->seq, &cursor) != 0 ||
        cursor != bench->seq)
        die("bench: the ledger stopped at %llu", (unsigned long long)cursor);
    bench->count = 0;
    arena_reset(&bench->arena);
}

static void bench_event(struct bench *bench, enum event_kind kind, const char *publisher, struct text subject,
                        struct doc *data)
{
    char id[32];
    (void)snprintf(id, sizeof id, "e-%llu", (unsigned long long)bench->seq + 1);
    struct event event = {.id = text_from(id),
                          .source = TEXT("/bench"),
                          .type = &event_types[kind],
                          .type_name = text_from(event_types[kind].name),
                          .subject = subject,
                          .charter = TEXT("city"),
                          .cause = bench->cause,
                          .time_us = bench->now_us,
                          .time_zone = 480,
                          .data = data};
    buffer_reset(&bench->body);
    event_encode(&event, &bench->body);
    bench->entries[bench->count++] =
        (struct entry){.seq = ++bench->seq,
                       .received_us = bench->now_us,
                       .publisher = text_from(publisher),
                       .body = arena_bytes_copy(&bench->arena, buffer_view(&bench->body))};
    if (bench->count == TURN_EVENTS_MAX)
        bench_flush(bench);
}

static struct text bench_id(struct bench *bench, uint64_t issue)
{
    return arena_printf(&bench->arena, "WT-%07llu", (unsigned long long)issue);
}

static void bench_raise(struct bench *bench, uint64_t issue)
{
    struct doc *data = doc_new(&bench->arena);
    doc_set_text(data, FIELD_TITLE, TEXT("新设企业银行开户耗时长"));
    doc_printf(data, FIELD_AREA, "领域%02llu", (unsigned long long)(issue % 16));
    doc_printf(data, FIELD_CLASS, "类型%03llu", (unsigned long long)(issue * 7919 % 231));
    doc_set_text(data, FIELD_LEVEL, TEXT("team"));
    doc_set_text(data, FIELD_BODY, TEXT("team-01"));
    doc_set_int(data, FIELD_ROUND, 1);
    doc_add_text(data, FIELD_UNITS,
                 arena_printf(&bench->arena, "单位%02llu", (unsigned long long)(issue * 31 % 64)));
    bench_event(bench, EVENT_ISSUE_OPENED, "worker/coordination", bench_id(bench, issue), data);
}

static struct doc *bench_term(struct bench *bench, uint64_t issue)
{
    struct doc *data = doc_new(&bench->arena);
    doc_printf(data, FIELD_DEADLINE, "WT-%07llu/resolution/1", (unsigned long long)issue);
    doc_set_text(data, FIELD_OWNER, TEXT("coordination"));
    doc_set_text(data, FIELD_LABEL, TEXT("resolution"));
    return data;
}

static void bench_limit(struct bench *bench, uint64_t issue)
{
    struct doc *set = bench_term(bench, issue), *fixed = bench_term(bench, issue);
    doc_set_text(set, FIELD_LIMIT, TEXT("15wd"));
    doc_set_text(set, FIELD_CALENDAR, TEXT("cn"));
    doc_set_time(set, FIELD_START, bench->now_us, 480);
    bench_event(bench, EVENT_DEADLINE_SET, "worker/coordination", bench_id(bench, issue), set);
    doc_set_time(fixed, FIELD_DUE, bench->now_us + 21 * CIVIL_DAY_US, 480);
    doc_set_text(fixed, FIELD_ARITHMETIC, TEXT("15 working days from the day after"));
    bench_event(bench, EVENT_DEADLINE_FIXED, "worker/deadlines", bench_id(bench, issue), fixed);
}

static void bench_settle(struct bench *bench, uint64_t issue)
{
    struct doc *data = doc_new(&bench->arena);
    doc_set_text(data, FIELD_HOW, TEXT("resolved"));
    doc_set_text(data, FIELD_LEVEL, TEXT("team"));
    doc_set_time(data, FIELD_AT, bench->now_us, 480);
    bench_event(bench, EVENT_ISSUE_SETTLED, "worker/coordination", bench_id(bench, issue), data);
}

/* By one of 2,500 persons: more than a page of them. */
static void bench_work(struct bench *bench, uint64_t issue)
{
    struct doc *data = doc_new(&bench->arena);
    doc_set_text(data, FIELD_ACTIVITY, TEXT("call"));
    doc_set_text(data, FIELD_LEVEL, TEXT("team"));
    doc_printf(data, FIELD_PERSON, "p%04llu", (unsigned long long)(issue * 7919 % 2500));
    bench_event(bench, EVENT_WORK_NOTED, "worker/coordination", bench_id(bench, issue), data);
}

static void bench_calendar(struct bench *bench)
{
    struct text text;
    struct complaint complaint;
    if (file_read(&bench->query, "config/calendars/cn.yaml", EVENT_BYTES_MAX, &text, &complaint) != 0)
        die("bench: %s: %s", complaint.place, complaint.message);
    struct doc *published = doc_new(&bench->arena), *noted = doc_new(&bench->arena);
    doc_set_text(published, FIELD_CALENDAR, TEXT("cn"));
    doc_set_text(published, FIELD_TEXT, text);
    bench_event(bench, EVENT_CALENDAR_PUBLISHED, "bench", TEXT_NONE, published);
    doc_set_text(noted, FIELD_CALENDAR, TEXT("cn"));
    bench->cause = bench->seq;
    bench_event(bench, EVENT_CALENDAR_NOTED, "worker/deadlines", TEXT_NONE, noted);
    bench->cause = 0;
}

/* An issue each 90 seconds, over three years at a million; most are settled, some of them late, some twice.
 */
static void bench_fill(struct bench *bench, uint64_t issues)
{
    double began = seconds(), busy = busy_seconds();
    bench_calendar(bench);
    for (uint64_t issue = 0; issue < issues; issue++) {
        bench->now_us += 90 * CIVIL_SECOND_US;
        bench_raise(bench, issue);
        bench_limit(bench, issue);
        bench_work(bench, issue);
        uint64_t settled = issue - (issue * 104729 % OPEN_MAX) * 30; /* wraps for the first ones: none */
        if (settled % 10 != 0 && settled < issues)
            bench_settle(bench, settled);
    }
    bench_flush(bench);
    double took = seconds() - began;
    busy = busy_seconds() - busy;
    printf(
        "ledger: %llu issues, %llu events taken in within %.1f s, %.1f s of them busy: %.0f events a second, "
        "%.0f a busy one\n",
        (unsigned long long)issues, (unsigned long long)bench->seq, took, busy, (double)bench->seq / took,
        (double)bench->seq / busy);
    (void)fflush(stdout);
}

/* ---- questions ---- */

static void bench_ask(struct bench *bench, const char *what, const char *query, const char *json)
{
    double least = 1e9;
    size_t rows = 0;
    long long count = -1;
    for (int i = 0; i < ASKED_TIMES; i++) {
        struct doc *args;
        struct complaint complaint;
        struct query_answer answer;
        arena_reset(&bench->query);
        if (doc_from_json(&bench->query, text_from(json), &args, &complaint) != 0)
            die("bench: %s: %s", json, complaint.message);
        double began = seconds();
        if (worker_query(bench->worker, &bench->query, text_from(query), args, &answer) != 0 || !answer.ok)
            die("bench: %s %s: %.*s", query, json, TEXT_PRINT(answer.error));
        double took = seconds() - began;
        least = took < least ? took : least;
        rows = answer.rows_count;
        if (rows > 0)
            count = (long long)doc_int(answer.rows[0], FIELD_COUNT, -1);
        if (took > 1)
            break; /* once will do */
    }
    printf("ledger: %-34s %10.2f ms  %zu rows", what, least * 1000, rows);
    if (count >= 0)
        printf(", the first counts %lld", count);
    putchar('\n');
}

static void bench_questions(struct bench *bench)
{
    static const struct {
        const char *what, *query, *json;
    } asked[] = {
        {"first page of a list", "issues", "{\"rows\":50}"},
        {"... of one filter", "issues", "{\"rows\":50,\"state\":\"coordinating\"}"},
        {"... of two filters", "issues", "{\"rows\":50,\"state\":\"coordinating\",\"area\":\"领域03\"}"},
        {"... of three, 1000 rows", "issues",
         "{\"state\":\"settled\",\"class\":\"类型007\",\"unit\":\"单位07\"}"},
        {"count of all", "issues", "{\"count\":1}"},
        {"count, one filter", "issues", "{\"count\":1,\"class\":\"类型007\"}"},
        {"count, two filters", "issues", "{\"count\":1,\"state\":\"coordinating\",\"area\":\"领域03\"}"},
        {"count, two wide filters", "issues", "{\"count\":1,\"state\":\"settled\",\"area\":\"领域03\"}"},
        {"figures by area", "figures", "{\"of\":\"area\"}"},
        {"figures by class", "figures", "{\"of\":\"class\"}"},
        {"figures by month", "figures", "{\"of\":\"month\"}"},
        {"deadlines, the next first", "deadlines", "{\"rows\":50,\"state\":\"open\"}"},
        {"timeline", "timeline", "{\"subject\":\"WT-0000123\"}"},
        {"why", "why", "{\"subject\":\"WT-0000123\"}"},
        {"a page as of a day", "issues", "{\"rows\":50,\"asof\":\"2018-03-01T00:00:00+08:00\"}"},
        {"... of one filter", "issues",
         "{\"rows\":50,\"asof\":\"2018-03-01T00:00:00+08:00\",\"state\":\"coordinating\"}"},
        {"timeline as of a day", "timeline",
         "{\"subject\":\"WT-0000123\",\"asof\":\"2018-03-01T00:00:00+08:00\"}"},
        {"deadlines as of a day, first page", "deadlines", "{\"asof\":\"2018-03-01T00:00:00+08:00\"}"},
        {"... of those missed, none", "deadlines",
         "{\"asof\":\"2018-03-01T00:00:00+08:00\",\"state\":\"missed\"}"},
        {"count of deadlines as of a day", "deadlines",
         "{\"count\":1,\"asof\":\"2018-03-01T00:00:00+08:00\"}"},
        {"count as of a day", "issues", "{\"count\":1,\"asof\":\"2018-03-01T00:00:00+08:00\"}"},
        {"figures as of a day", "figures", "{\"of\":\"area\",\"asof\":\"2018-03-01T00:00:00+08:00\"}"},
        {"durations, no calendar", "measures", "{\"measure\":\"durations\"}"},
        {"durations, working time", "measures", "{\"measure\":\"durations\",\"calendar\":\"cn\"}"},
        {"gaps", "measures", "{\"measure\":\"gaps\",\"calendar\":\"cn\"}"},
        {"persons", "measures", "{\"measure\":\"persons\"}"},
    };
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        bench_ask(bench, asked[i].what, asked[i].query, asked[i].json);
}

int main(int argc, char **argv)
{
    struct bench *bench = memory_alloc(sizeof *bench);
    struct complaint complaint = {0};
    uint64_t issues = ISSUES_DEFAULT;
    const char *temporary = getenv("TMPDIR");
    char folder[256];
    (void)snprintf(folder, sizeof folder, "%s/bench-ledger-XXXXXX",
                   temporary != NULL ? temporary : "/var/tmp");
    *bench = (struct bench){0};
    if ((argc > 1 && !text_parse_u64(text_from(argv[1]), &issues)) || mkdtemp(folder) == NULL)
        die("bench_ledger [ISSUES]");
    struct worker_options options = {.role = &role_ledger,
                                     .directory = folder,
                                     .out_directory = folder,
                                     .map_bytes_max = UINT64_C(1) << 38,
                                     .durable = false,
                                     .attempts_max = 3};
    if (worker_open(&options, &bench->worker, &complaint) != 0 || worker_collected(bench->worker) != 0)
        die("bench: %s: %s", complaint.place, complaint.message);
    arena_open(&bench->arena, ARENA_BYTES_MAX);
    arena_open(&bench->query, ARENA_BYTES_MAX);
    buffer_open(&bench->body, EVENT_BYTES_MAX);
    bench->now_us = civil_start_of_day_us(civil_day_from_date(2018, 1, 1), 480);
    bench_fill(bench, issues);
    bench_questions(bench);
    worker_close(bench->worker, true);
    if (file_remove_folder(folder) != 0)
        die("bench: %s could not be removed", folder);
    return 0;
}
