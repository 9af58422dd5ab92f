/* sinks.c - see sinks.h. */
#include "cli/import/sinks.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/loop.h"
#include "cli/publish.h"
#include "cli/simulate/run.h"
#include "cli/simulate/scratch.h"
#include "cli/stream.h"

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

static void sink_write(const struct derivation *derivation, FILE *file)
{
    struct arena arena;
    arena_open(&arena, ARENA_BYTES_MAX);
    for (size_t i = 0; i < derivation->reports_count; i++) {
        struct event event;
        derive_event(derivation, i, &arena, &event);
        fprintf(file, "%.*s\n", TEXT_PRINT(event_to_json(&arena, &event, false)));
        arena_reset(&arena);
    }
    arena_close(&arena);
}

int sink_print(const struct derivation *derivation)
{
    sink_write(derivation, stdout);
    return EXIT_DONE;
}

/* ---- a running broker: as `publish --json` of these lines ---- */

int sink_publish(struct invocation *invocation, const struct derivation *derivation)
{
    const char *folder;
    int code = scratch_open(&invocation->arena, &folder);
    if (code != 0)
        return code;
    struct text path = arena_printf(&invocation->arena, "%s/reports", folder);
    FILE *file = fopen(path.at, "we");
    if (file != NULL) {
        sink_write(derivation, file);
        bool whole = ferror(file) == 0;
        whole &= fclose(file) == 0;
        invocation->options.json = true;
        invocation->positionals[0] = path.at;
        invocation->positionals_count = 1;
        code = whole ? publish_run(invocation) : EXIT_FAILED;
    }
    if (file == NULL || code == EXIT_FAILED)
        code = command_fail(EXIT_FAILED, "TMPDIR names another place", "%s: %s", path.at,
                            error_text(error_from_errno()));
    return scratch_close(folder) != 0 ? EXIT_FAILED : code;
}

/* ---- a journal ---- */

struct sink_sum {
    uint64_t verdicts[RUN_REFUSED + 1];
    int64_t began_us;
};

/* "\r 12345 of 26000 (47%), 3 s to go" on a terminal. */
static void sink_progress(const struct sink_sum *sum, size_t done, size_t all)
{
    if (!isatty(STDERR_FILENO) || (done % SINK_PROGRESS_REPORTS != 0 && done < all))
        return;
    int64_t spent_us = loop_monotonic_us() - sum->began_us;
    int64_t left_us = done > 0 ? spent_us / (int64_t)done * (int64_t)(all - done) : 0;
    fprintf(stderr, "\r%zu of %zu reports (%zu%%), %lld s to go \033[K%s", done, all,
            done * 100 / (all > 0 ? all : 1), (long long)(left_us / CIVIL_SECOND_US),
            done >= all ? "\r\033[K" : "");
}

static int sink_run(const struct derivation *derivation, struct run *run, struct sink_sum *sum)
{
    struct arena arena;
    int code = 0;
    arena_open(&arena, ARENA_BYTES_MAX);
    for (size_t i = 0; code == 0 && i < derivation->reports_count; i++) {
        struct event event;
        enum run_verdict verdict = RUN_ACCEPTED;
        struct complaint complaint = {0};
        derive_event(derivation, i, &arena, &event);
        code = run_report(run, &event, &verdict, &complaint);
        sum->verdicts[verdict]++;
        if (code == 0 && verdict == RUN_REFUSED)
            command_fail(0, NULL, "%.*s: %s: %s", TEXT_PRINT(event.id), complaint.field, complaint.message);
        arena_reset(&arena);
        sink_progress(sum, i + 1, derivation->reports_count);
    }
    arena_close(&arena);
    return code;
}

int sink_journal(struct invocation *invocation, const struct derivation *derivation)
{
    struct sink_sum sum = {.began_us = loop_monotonic_us()};
    struct run_options options = {.charters = &invocation->options.charters,
                                  .calendars = &invocation->options.calendars,
                                  .journal_directory = invocation->options.directory,
                                  .publisher = TEXT("import")};
    struct run *run;
    int code = run_open(&options, &run);
    if (code != 0)
        return code;
    code = sink_run(derivation, run, &sum);
    if (code == 0 && derivation->reports_count > 0)
        code = run_until(run, invocation->options.until);
    uint64_t head = world_head(run_world(run));
    int closed = run_close(run);
    if (code != 0 || closed != 0)
        return code != 0 ? code : closed;
    printf("reports %zu: accepted %llu, before %llu, conflicting %llu, refused %llu; the journal ends at "
           "#%llu\n",
           derivation->reports_count, (unsigned long long)sum.verdicts[RUN_ACCEPTED],
           (unsigned long long)sum.verdicts[RUN_BEFORE], (unsigned long long)sum.verdicts[RUN_CONFLICT],
           (unsigned long long)sum.verdicts[RUN_REFUSED], (unsigned long long)head);
    return sum.verdicts[RUN_CONFLICT] + sum.verdicts[RUN_REFUSED] > 0 ? EXIT_NEGATIVE : EXIT_DONE;
}
