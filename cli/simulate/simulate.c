/* simulate.c - see simulate.h. What a run is stands in run.h. */
#include "cli/simulate/simulate.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "cli/brief.h"
#include "cli/simulate/run.h"
#include "cli/simulate/scratch.h"
#include "cli/stream.h"

enum { SIMULATE_REPORTS_BYTES_MAX = 128 << 20 };

struct simulate {
    struct invocation *invocation;
    struct run *run;
    struct arena arena; /* all reports */
    struct arena line;  /* one report */
    uint64_t lines, refused;
    int64_t last_us; /* time of the last report; CIVIL_NEVER_US: none yet */
};

static void simulate_complain(struct simulate *simulate, const struct complaint *complaint)
{
    simulate->refused++;
    stream_complain(simulate->lines, complaint->field, complaint->message);
}

/* What a line may leave out: its id, its source, its charter where there is one only, and its time, which is
 * then that of the line before. */
static int simulate_complete(struct simulate *simulate, struct event *event)
{
    if (event->id.bytes == 0)
        event->id = arena_printf(&simulate->line, "line-%llu", (unsigned long long)simulate->lines);
    if (event->source.bytes == 0)
        event->source = TEXT("/simulate");
    if (event->charter.bytes == 0 && simulate->invocation->options.charters.count == 1)
        event->charter = run_charter(simulate->run)->name;
    if (event->time_us == CIVIL_NEVER_US && simulate->last_us == CIVIL_NEVER_US)
        return command_fail(EXIT_USAGE, "\"time\":\"2020-01-20T09:00:00+08:00\"",
                            "line %llu: the first report must have a time",
                            (unsigned long long)simulate->lines);
    if (event->time_us == CIVIL_NEVER_US) {
        event->time_us = simulate->last_us;
        event->time_zone = run_charter(simulate->run)->zone;
    }
    return 0;
}

static int simulate_line(struct simulate *simulate, struct text line)
{
    struct event event;
    struct complaint complaint = {0};
    enum run_verdict verdict;
    if (event_from_json(&simulate->line, line, &event, &complaint) != 0) {
        simulate_complain(simulate, &complaint);
        return 0;
    }
    int code = simulate_complete(simulate, &event);
    simulate->last_us = event.time_us;
    if (code == 0)
        code = run_report(simulate->run, &event, &verdict, &complaint);
    if (code == 0 && verdict == RUN_REFUSED)
        simulate_complain(simulate, &complaint);
    return code;
}

static int simulate_lines(struct simulate *simulate)
{
    struct text all;
    struct complaint complaint;
    const char *path =
        simulate->invocation->options.reports != NULL ? simulate->invocation->options.reports : "-";
    if (file_read(&simulate->arena, path, SIMULATE_REPORTS_BYTES_MAX, &all, &complaint) != 0)
        return command_fail(EXIT_USAGE, NULL, "%s: %s", complaint.place, complaint.message);
    for (size_t at = 0; at < all.bytes;) {
        const char *end = memchr(all.at + at, '\n', all.bytes - at);
        size_t bytes = end != NULL ? (size_t)(end - all.at) - at : all.bytes - at;
        struct text line = stream_line((struct text){all.at + at, bytes}, ++simulate->lines);
        at += bytes + 1;
        if (line.bytes == 0)
            continue;
        int code = simulate_line(simulate, line);
        arena_reset(&simulate->line);
        if (code != 0)
            return code;
        if (simulate->lines % 100 == 0)
            scratch_progress(at, all.bytes);
    }
    scratch_progress(1, 1);
    return simulate->last_us == CIVIL_NEVER_US ? command_fail(EXIT_USAGE, NULL, "%s holds no report", path)
                                               : 0;
}

static int simulate_print(void *context, const struct entry *entry)
{
    struct simulate *simulate = context;
    struct event event;
    struct complaint complaint;
    if (entry_decode(&simulate->line, entry, &event, &complaint) != 0)
        die("simulate: #%llu: %s", (unsigned long long)entry->seq, complaint.message);
    if (simulate->invocation->options.json)
        printf("%.*s\n", TEXT_PRINT(event_to_json(&simulate->line, &event, true)));
    else
        brief_print(&simulate->line, &event, true);
    arena_reset(&simulate->line);
    return 0;
}

static int simulate_all(struct simulate *simulate)
{
    int code = simulate_lines(simulate);
    if (code == 0)
        code = run_until(simulate->run, simulate->invocation->options.until);
    if (code == 0)
        code = world_each(run_world(simulate->run), 1, simulate_print, simulate);
    return code == 0 && simulate->refused > 0 ? EXIT_NEGATIVE : code;
}

int simulate_run(struct invocation *invocation)
{
    struct simulate simulate = {.invocation = invocation, .last_us = CIVIL_NEVER_US};
    struct run_options options = {.charters = &invocation->options.charters,
                                  .calendars = &invocation->options.calendars,
                                  .publisher = TEXT("simulate")};
    int code = run_open(&options, &simulate.run);
    if (code != 0)
        return code;
    arena_open(&simulate.arena, ARENA_BYTES_MAX + SIMULATE_REPORTS_BYTES_MAX);
    arena_open(&simulate.line, ARENA_BYTES_MAX);
    code = simulate_all(&simulate);
    arena_close(&simulate.line);
    arena_close(&simulate.arena);
    int closed = run_close(simulate.run);
    return closed != 0 ? closed : code;
}
