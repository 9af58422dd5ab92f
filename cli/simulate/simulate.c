/* simulate.c - see simulate.h. Charters are adopted at the first report's time; a calendar is known from the
 * start with the notices published by then, and learns of each later one on the day it was published, as its
 * users did. Deterministic: the same input gives the same journal, byte for byte. */
#include "cli/simulate/simulate.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "cli/adopt.h"
#include "cli/brief.h"
#include "cli/simulate/scratch.h"
#include "cli/simulate/world.h"
#include "cli/stream.h"

enum { SIMULATE_REPORTS_BYTES_MAX = 128 << 20, SIMULATE_CALENDARS_MAX = 8 };

struct simulate {
    struct invocation *invocation;
    struct world *world;
    struct arena arena; /* what lives as long as the run */
    struct arena line;  /* one report */
    const struct calendar *calendars[SIMULATE_CALENDARS_MAX];
    size_t calendars_count;
    const struct charter *charters[OPTION_LIST_MAX];
    struct text sources[OPTION_LIST_MAX];
    uint64_t lines, refused;
    int64_t last_us;   /* time of the last report */
    int32_t known_day; /* notices up to this day are in */
    int zone;
};

/* ---- charters and calendars ---- */

static int simulate_calendar(struct simulate *simulate, const char *name)
{
    struct findings *findings = arena_alloc(&simulate->arena, sizeof *findings);
    struct complaint complaint;
    const struct calendar *calendar = NULL;
    struct text path = adopt_path(&simulate->arena, "calendars", name);
    for (size_t i = 0; i < simulate->calendars_count; i++)
        if (text_is(simulate->calendars[i]->name, name))
            return 0;
    if (adopt_read_calendar(&simulate->arena, path.at, findings, &calendar, &complaint) != 0)
        return command_fail(EXIT_USAGE, "--calendar FILE names another", "%s: %s", complaint.place,
                            complaint.message);
    if (calendar == NULL)
        return command_fail(EXIT_USAGE, NULL, "%.*s", TEXT_PRINT(findings_first(findings, &simulate->arena)));
    if (simulate->calendars_count == SIMULATE_CALENDARS_MAX)
        return command_fail(EXIT_USAGE, NULL, "more than %d calendars", SIMULATE_CALENDARS_MAX);
    simulate->calendars[simulate->calendars_count++] = calendar;
    return 0;
}

static int simulate_charter(struct simulate *simulate, size_t index, const char *given)
{
    struct findings *findings = arena_alloc(&simulate->arena, sizeof *findings);
    struct complaint complaint;
    struct text path = adopt_path(&simulate->arena, "charters", given);
    if (adopt_read_charter(&simulate->arena, path.at, findings, &simulate->sources[index],
                           &simulate->charters[index], &complaint) != 0)
        return command_fail(EXIT_USAGE, "give a file, or the name of a charter that is installed", "%s: %s",
                            complaint.place, complaint.message);
    if (simulate->charters[index] == NULL)
        return command_fail(EXIT_USAGE, "`dubanctl charter lint` shows all", "%.*s",
                            TEXT_PRINT(findings_first(findings, &simulate->arena)));
    struct text calendar = arena_text_copy(&simulate->arena, simulate->charters[index]->calendar);
    return simulate_calendar(simulate, calendar.at);
}

static int simulate_read(struct simulate *simulate)
{
    const struct options *options = &simulate->invocation->options;
    int code = 0;
    if (options->charters.count == 0)
        return command_fail(EXIT_USAGE, "dubanctl simulate --charter shenzhen-2020 --reports FILE.jsonl",
                            "give at least one --charter");
    for (size_t i = 0; code == 0 && i < options->calendars.count; i++)
        code = simulate_calendar(simulate, options->calendars.at[i]);
    for (size_t i = 0; code == 0 && i < options->charters.count; i++)
        code = simulate_charter(simulate, i, options->charters.at[i]);
    if (code == 0)
        simulate->zone = simulate->charters[0]->zone;
    return code;
}

/* ---- reports ---- */

static int simulate_event(struct simulate *simulate, struct event *event)
{
    struct buffer body;
    struct append append;
    struct complaint complaint;
    buffer_open(&body, EVENT_BYTES_MAX);
    event_encode(event, &body);
    int code = world_report(simulate->world, buffer_view(&body), TEXT("simulate"), &append, &complaint);
    buffer_close(&body);
    if (code == WORLD_E_REFUSED) {
        simulate->refused++;
        stream_complain(simulate->lines, complaint.field, complaint.message);
        return 0;
    }
    return code == 0 ? 0 : command_fail(EXIT_FAILED, NULL, "the simulation stopped: %s", error_text(code));
}

/* The first day after one, and not after another, on which a notice was published; INT32_MAX: none. */
static int32_t simulate_notice_day(const struct simulate *simulate, int32_t after, int32_t day)
{
    int32_t first = INT32_MAX;
    for (size_t c = 0; c < simulate->calendars_count; c++)
        for (size_t n = 0; n < simulate->calendars[c]->notices_count; n++) {
            int32_t published = simulate->calendars[c]->notices[n].published_day;
            if (published > after && published <= day && published < first)
                first = published;
        }
    return first;
}

static int simulate_notice(struct simulate *simulate, const struct calendar *calendar,
                           const struct notice *notice)
{
    struct event event;
    adopt_notice_event(&simulate->line, calendar, notice, &event);
    event.time_us = civil_start_of_day_us(notice->published_day, calendar->zone);
    event.time_zone = calendar->zone;
    return simulate_event(simulate, &event);
}

/* Notices published after known_day and up to day, day by day, all of a day's. */
static int simulate_notices(struct simulate *simulate, int32_t day)
{
    int code = 0;
    int32_t published = simulate_notice_day(simulate, simulate->known_day, day);
    for (; code == 0 && published != INT32_MAX; published = simulate_notice_day(simulate, published, day))
        for (size_t c = 0; c < simulate->calendars_count; c++)
            for (size_t n = 0; code == 0 && n < simulate->calendars[c]->notices_count; n++)
                if (simulate->calendars[c]->notices[n].published_day == published)
                    code = simulate_notice(simulate, simulate->calendars[c],
                                           &simulate->calendars[c]->notices[n]);
    if (day > simulate->known_day)
        simulate->known_day = day;
    return code;
}

/* What was there before the first report. */
static int simulate_begin(struct simulate *simulate, int64_t first_us)
{
    int code = 0;
    simulate->known_day = civil_day_of(first_us, simulate->zone);
    for (size_t i = 0; code == 0 && i < simulate->calendars_count; i++) {
        struct event *events;
        size_t count = adopt_calendar_events(&simulate->arena, simulate->calendars[i], INT32_MIN,
                                             simulate->known_day, &events);
        for (size_t e = 0; code == 0 && e < count; e++) {
            events[e].time_us = first_us;
            events[e].time_zone = simulate->zone;
            code = simulate_event(simulate, &events[e]);
        }
    }
    for (size_t i = 0; code == 0 && i < simulate->invocation->options.charters.count; i++) {
        struct event event;
        adopt_charter_event(&simulate->arena, simulate->charters[i], simulate->sources[i], &event);
        event.time_us = first_us;
        event.time_zone = simulate->zone;
        code = simulate_event(simulate, &event);
    }
    return code;
}

static int simulate_line(struct simulate *simulate, struct text line)
{
    struct event event;
    struct complaint complaint;
    if (event_from_json(&simulate->line, line, &event, &complaint) != 0) {
        simulate->refused++;
        stream_complain(simulate->lines, complaint.field, complaint.message);
        return 0;
    }
    if (event.id.bytes == 0)
        event.id = arena_printf(&simulate->line, "line-%llu", (unsigned long long)simulate->lines);
    if (event.source.bytes == 0)
        event.source = TEXT("/simulate");
    if (event.charter.bytes == 0 && simulate->invocation->options.charters.count == 1)
        event.charter = simulate->charters[0]->name;
    if (event.time_us == CIVIL_NEVER_US && simulate->last_us == CIVIL_NEVER_US)
        return command_fail(EXIT_USAGE, "\"time\":\"2020-01-20T09:00:00+08:00\"",
                            "line %llu: the first report must have a time",
                            (unsigned long long)simulate->lines);
    if (event.time_us == CIVIL_NEVER_US) {
        event.time_us = simulate->last_us;
        event.time_zone = simulate->zone;
    }
    int code = simulate->last_us == CIVIL_NEVER_US ? simulate_begin(simulate, event.time_us) : 0;
    if (code == 0)
        code = simulate_notices(simulate, civil_day_of(event.time_us, simulate->zone));
    simulate->last_us = event.time_us;
    return code != 0 ? code : simulate_event(simulate, &event);
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

static int simulate_until(struct simulate *simulate)
{
    const char *until = simulate->invocation->options.until;
    int64_t until_us = simulate->last_us;
    int code = scratch_until(until, simulate->zone, &until_us);
    if (until == NULL || code != 0)
        return code;
    if (until_us < simulate->last_us)
        return command_fail(EXIT_USAGE, NULL, "--until %s lies before the last report", until);
    code = simulate_notices(simulate, civil_day_of(until_us, simulate->zone));
    if (code == 0 && world_advance(simulate->world, until_us) != 0)
        code = command_fail(EXIT_FAILED, NULL, "the simulation stopped");
    return code;
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

static int simulate_world(struct simulate *simulate, const char *directory)
{
    struct world_options options = {.directory = directory};
    struct complaint complaint;
    if (world_open(&options, &simulate->world, &complaint) != 0)
        return command_fail(EXIT_FAILED, NULL, "%s: %s", complaint.place, complaint.message);
    int code = simulate_lines(simulate);
    if (code == 0)
        code = simulate_until(simulate);
    if (code == 0)
        code = world_each(simulate->world, 1, simulate_print, simulate);
    world_close(simulate->world);
    return code == 0 && simulate->refused > 0 ? EXIT_NEGATIVE : code;
}

int simulate_run(struct invocation *invocation)
{
    struct simulate *simulate = memory_alloc(sizeof *simulate);
    const char *folder;
    *simulate = (struct simulate){.invocation = invocation, .last_us = CIVIL_NEVER_US};
    arena_open(&simulate->arena, ARENA_BYTES_MAX + SIMULATE_REPORTS_BYTES_MAX);
    arena_open(&simulate->line, ARENA_BYTES_MAX);
    int code = simulate_read(simulate);
    if (code == 0)
        code = scratch_open(&invocation->arena, &folder);
    if (code == 0) {
        code = simulate_world(simulate, folder);
        if (scratch_close(folder) != 0)
            code = EXIT_FAILED;
    }
    arena_close(&simulate->line);
    arena_close(&simulate->arena);
    free(simulate);
    return code;
}
