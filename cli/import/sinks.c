/* sinks.c - see sinks.h. */
#include "cli/import/sinks.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/loop.h"
#include "cli/bus.h"
#include "cli/import/past.h"
#include "cli/import/ready.h"
#include "cli/import/verdicts.h"
#include "cli/interrupt.h"
#include "cli/plural.h"
#include "cli/publish.h"
#include "cli/simulate/run.h"
#include "cli/simulate/scratch.h"

enum { SINK_PROGRESS_REPORTS = 256, SINK_TYPE_COLUMNS = 28 };

/* ---- counts ---- */

int sink_count(const struct derivation *derivation)
{
    char first[CIVIL_TEXT_BYTES], last[CIVIL_TEXT_BYTES];
    int zone = derivation->log->map->zone;
    for (size_t i = 0; i < EVENT_KIND_COUNT; i++)
        if (derivation->counts[i] > 0)
            printf("%-*s %8llu\n", SINK_TYPE_COLUMNS, event_types[i].name,
                   (unsigned long long)derivation->counts[i]);
    printf("%-*s %8zu\n", SINK_TYPE_COLUMNS, "reports", derivation->reports_count);
    if (derivation->reports_count > 0)
        printf("%-*s %s to %s\n", SINK_TYPE_COLUMNS, "from",
               civil_format_time(derivation->reports[0].time_us, zone, first),
               civil_format_time(derivation->reports[derivation->reports_count - 1].time_us, zone, last));
    return EXIT_DONE;
}

/* ---- lines ---- */

/* ready, if not NULL, learns what the reports need. */
static void sink_write(const struct derivation *derivation, FILE *file, struct ready *ready)
{
    struct arena arena;
    arena_open(&arena, ARENA_BYTES_MAX);
    for (size_t i = 0; i < derivation->reports_count; i++) {
        struct event event;
        derive_event(derivation, i, &arena, &event);
        fprintf(file, "%.*s\n", TEXT_PRINT(event_to_json(&arena, &event, false)));
        if (ready != NULL)
            ready_need(ready, &event);
        arena_reset(&arena);
    }
    arena_close(&arena);
}

int sink_print(const struct derivation *derivation)
{
    sink_write(derivation, stdout, NULL);
    return EXIT_DONE;
}

/* ---- verdicts ---- */

static int sink_judge(const struct verdicts *verdicts)
{
    if (verdicts_refused(verdicts) == 0)
        return EXIT_DONE;
    verdicts_print(verdicts);
    return command_fail(
        EXIT_NEGATIVE,
        "their ids are spent: to repeat an import of which all was refused, mend the cause and give "
        "the map another name (map: …)",
        "%llu of %llu report%s %s refused under the charter", (unsigned long long)verdicts_refused(verdicts),
        (unsigned long long)verdicts_reports(verdicts), PLURAL(verdicts_reports(verdicts)),
        PLURAL_WERE(verdicts_refused(verdicts)));
}

/* ---- a running broker: as `publish --json` of these lines ---- */

static int sink_streamed(void *context, const struct duban_entry *raw)
{
    struct entry entry = bus_entry(raw);
    verdicts_see(context, &entry);
    return 0;
}

static int sink_undecided(uint64_t count)
{
    const char *hint = interrupt_seen()
                           ? "run it again: what is on disk is not taken in twice, and its verdicts are told"
                           : "`dubanctl status` shows which workers are connected";
    return command_fail(EXIT_UNREACHABLE, hint, "%s%llu report%s %s accepted and %s no verdict yet",
                        interrupt_seen() ? "interrupted: " : "", (unsigned long long)count, PLURAL(count),
                        PLURAL_BE(count), PLURAL_HAVE(count));
}

/* Until every report has its verdict; patience is for a time in which none comes. */
static int sink_await(struct invocation *invocation, struct duban *client, struct verdicts *verdicts,
                      const struct publish_span *span)
{
    const struct duban_filter all = {.size = sizeof all};
    int64_t patience_us = (int64_t)bus_timeout_ms(invocation) * 1000, since_us = loop_monotonic_us();
    uint64_t decided = 0;
    int got = duban_subscribe(client, span->first_seq, &all, sink_streamed, NULL, verdicts);
    while (got >= DUBAN_OK &&
           (verdicts_reports(verdicts) < span->accepted || verdicts_awaited(verdicts) > 0)) {
        uint64_t now_decided = verdicts_reports(verdicts) - verdicts_awaited(verdicts);
        if (now_decided != decided)
            since_us = loop_monotonic_us();
        decided = now_decided;
        if (interrupt_seen() || loop_monotonic_us() - since_us > patience_us)
            return sink_undecided(span->accepted - decided);
        got = duban_wait(client, 100);
    }
    return got < DUBAN_OK ? command_fail(EXIT_UNREACHABLE, NULL, "%s", duban_error(client)) : 0;
}

static int sink_await_interrupted(struct invocation *invocation, struct duban *client,
                                  struct verdicts *verdicts, const struct publish_span *span)
{
    interrupt_begin();
    int code = sink_await(invocation, client, verdicts, span);
    interrupt_end();
    return code;
}

static int sink_verdicts(struct invocation *invocation, struct duban *client,
                         const struct derivation *derivation, const struct publish_span *span)
{
    struct verdicts *verdicts = verdicts_open(derivation->log->map->source);
    int code = span->accepted > 0 ? sink_await_interrupted(invocation, client, verdicts, span) : 0;
    int judged = sink_judge(verdicts);
    verdicts_close(verdicts);
    return code != 0 ? code : judged;
}

static int sink_file(const struct derivation *derivation, const char *path, struct ready *ready)
{
    FILE *file = fopen(path, "we");
    bool whole = file != NULL;
    if (whole)
        sink_write(derivation, file, ready);
    whole = whole && ferror(file) == 0;
    if (file != NULL)
        whole &= fclose(file) == 0;
    return whole ? 0
                 : command_fail(EXIT_FAILED, "TMPDIR names another place", "%s: %s", path,
                                error_text(error_from_errno()));
}

/* Whether the broker can take them in; those that are held back on account of its journal leave the file. */
static int sink_ready(struct invocation *invocation, struct duban *client, struct derivation *derivation,
                      const char *path, struct ready *ready)
{
    size_t written = derivation->reports_count;
    struct verdicts *past = verdicts_open(derivation->log->map->source);
    int code = ready_ask(ready, past, invocation, client);
    if (code == 0)
        code = past_judge(derivation, past, invocation->options.live);
    if (code == 0 && derivation->reports_count < written)
        code = sink_file(derivation, path, NULL);
    verdicts_close(past);
    return code;
}

static int sink_send(struct invocation *invocation, struct derivation *derivation, const char *path,
                     struct ready *ready)
{
    struct duban *client;
    struct publish_span span = {0};
    int code = bus_open(invocation, &client);
    if (code != 0)
        return code;
    code = sink_ready(invocation, client, derivation, path, ready);
    if (code == 0) {
        int sent = publish_file(invocation, client, path, &span);
        code = sent == EXIT_DONE || sent == EXIT_NEGATIVE
                   ? sink_verdicts(invocation, client, derivation, &span)
                   : sent;
        code = code == 0 ? sent : code;
    }
    duban_close(client);
    return code;
}

int sink_publish(struct invocation *invocation, struct derivation *derivation)
{
    const char *folder;
    struct ready ready;
    int code = scratch_open(&invocation->arena, &folder);
    if (code != 0)
        return code;
    struct text path = arena_printf(&invocation->arena, "%s/reports", folder);
    ready_open(&ready, &invocation->arena);
    code = sink_file(derivation, path.at, &ready);
    if (code == 0)
        code = sink_send(invocation, derivation, path.at, &ready);
    return scratch_close(folder) != 0 ? EXIT_FAILED : code;
}

/* ---- a journal ---- */

struct sink_sum {
    uint64_t verdicts[RUN_REFUSED + 1];
    uint64_t held;
    struct verdicts *roles; /* of all that is in the journal */
    size_t done;            /* reports that went in */
    int64_t began_us;
};

/* "\r 12345 of 26000 (47%), 3 s to go" on a terminal. */
static void sink_progress(const struct sink_sum *sum, size_t done, size_t all)
{
    if (!isatty(STDERR_FILENO) || (done % SINK_PROGRESS_REPORTS != 0 && done < all))
        return;
    int64_t spent_us = loop_monotonic_us() - sum->began_us;
    int64_t left_us = done > 0 ? spent_us / (int64_t)done * (int64_t)(all - done) : 0;
    fprintf(stderr, "\r%zu of %zu report%s (%zu%%), %lld s to go \033[K%s", done, all, PLURAL(all),
            done * 100 / (all > 0 ? all : 1), (long long)(left_us / CIVIL_SECOND_US),
            done >= all ? "\r\033[K" : "");
}

static int sink_entry(void *context, const struct entry *entry)
{
    verdicts_see(context, entry);
    return 0;
}

/* What each role made of the map's reports, of earlier imports too. */
static int sink_see(struct run *run, struct verdicts *roles)
{
    return world_each(run_world(run), verdicts_seen(roles) + 1, sink_entry, roles) == 0
               ? 0
               : command_fail(EXIT_FAILED, NULL, "the journal cannot be read");
}

/* A case that is not taken in has no steps: sent after it, they would only be refused, their ids spent. */
static int sink_hold(struct derivation *derivation, size_t index, struct run *run, const struct event *event,
                     enum run_verdict verdict, struct verdicts *roles)
{
    int code = event->type->kind == EVENT_ISSUE_RAISED ? sink_see(run, roles) : 0;
    if ((event->type->kind == EVENT_ISSUE_RAISED && verdict == RUN_REFUSED) || past_refused(event, roles))
        caselog_hold(derivation->log, derivation->reports[index].row->key);
    return code;
}

static int sink_one(struct derivation *derivation, size_t index, struct run *run, struct arena *arena,
                    struct sink_sum *sum)
{
    struct event event;
    enum run_verdict verdict = RUN_ACCEPTED;
    struct complaint complaint = {0};
    if (derivation->reports[index].row->held) {
        derive_count_held(derivation, &derivation->reports[index]);
        sum->held++;
        return 0;
    }
    derive_event(derivation, index, arena, &event);
    int code = run_report(run, &event, &verdict, &complaint);
    if (code != 0)
        return code;
    sum->verdicts[verdict]++;
    if (verdict == RUN_REFUSED)
        command_fail(0, NULL, "%.*s: %s: %s", TEXT_PRINT(event.id), complaint.field, complaint.message);
    return sink_hold(derivation, index, run, &event, verdict, sum->roles);
}

static int sink_run(struct derivation *derivation, struct run *run, struct sink_sum *sum)
{
    struct arena arena;
    int code = 0;
    arena_open(&arena, ARENA_BYTES_MAX);
    for (size_t i = 0; code == 0 && !interrupt_seen() && i < derivation->reports_count; i++) {
        code = sink_one(derivation, i, run, &arena, sum);
        arena_reset(&arena);
        sum->done++;
        sink_progress(sum, sum->done, derivation->reports_count);
    }
    arena_close(&arena);
    return code;
}

static int sink_sums(const struct derivation *derivation, const struct sink_sum *sum, uint64_t head)
{
    if (sum->done < derivation->reports_count)
        return command_fail(EXIT_UNREACHABLE,
                            "run it again: what is in the journal is not taken in twice, the rest follows",
                            "interrupted: %zu of %zu reports went in; the journal ends at #%llu", sum->done,
                            derivation->reports_count, (unsigned long long)head);
    printf("reports %zu: accepted %llu, before %llu, conflicting %llu, refused %llu; the journal ends at "
           "#%llu\n",
           derivation->reports_count - (size_t)sum->held, (unsigned long long)sum->verdicts[RUN_ACCEPTED],
           (unsigned long long)sum->verdicts[RUN_BEFORE], (unsigned long long)sum->verdicts[RUN_CONFLICT],
           (unsigned long long)(sum->verdicts[RUN_REFUSED] + verdicts_refused(sum->roles)),
           (unsigned long long)head);
    int judged = sink_judge(sum->roles);
    return sum->verdicts[RUN_CONFLICT] + sum->verdicts[RUN_REFUSED] > 0 ? EXIT_NEGATIVE : judged;
}

static int sink_into(struct invocation *invocation, struct derivation *derivation, struct run *run,
                     struct sink_sum *sum)
{
    int code = sink_see(run, sum->roles);
    if (code == 0)
        code = past_judge(derivation, sum->roles, invocation->options.live);
    if (code == 0)
        code = sink_run(derivation, run, sum);
    interrupt_end();
    if (code == 0 && derivation->reports_count > 0 && sum->done == derivation->reports_count)
        code = run_until(run, invocation->options.until);
    return code == 0 ? sink_see(run, sum->roles) : code;
}

int sink_journal(struct invocation *invocation, struct derivation *derivation)
{
    struct sink_sum sum = {.began_us = loop_monotonic_us()};
    struct run_options options = {.charters = &invocation->options.charters,
                                  .calendars = &invocation->options.calendars,
                                  .journal_directory = invocation->options.directory,
                                  .publisher = TEXT("import")};
    struct run *run;
    interrupt_begin(); /* a journal that is begun ends in order */
    int code = run_open(&options, &run);
    if (code != 0)
        return code;
    sum.roles = verdicts_open(derivation->log->map->source);
    code = sink_into(invocation, derivation, run, &sum);
    uint64_t head = world_head(run_world(run));
    int closed = run_close(run);
    if (code == 0)
        code = closed;
    if (code == 0)
        code = sink_sums(derivation, &sum, head);
    verdicts_close(sum.roles);
    return code;
}
