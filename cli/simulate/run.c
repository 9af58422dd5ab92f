/* run.c - see run.h. */
#include "cli/simulate/run.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "cli/adopt.h"
#include "cli/simulate/scratch.h"

enum { RUN_CALENDARS_MAX = 8 };

struct run {
    struct run_options options;
    struct world *world;
    const char *folder;  /* for what does not stay */
    struct arena arena;  /* what lives as long as the run */
    struct arena notice; /* one notice */
    const struct calendar *calendars[RUN_CALENDARS_MAX];
    size_t calendars_count;
    const struct charter *charters[OPTION_LIST_MAX];
    struct text sources[OPTION_LIST_MAX];
    int64_t last_us;   /* time of the last report; CIVIL_NEVER_US: none yet */
    int32_t known_day; /* notices up to this day are in */
    int zone;
};

/* ---- charters and calendars ---- */

static int run_read_calendar(struct run *run, const char *name)
{
    struct findings *findings = arena_alloc(&run->arena, sizeof *findings);
    struct complaint complaint;
    const struct calendar *calendar = NULL;
    struct text path = adopt_path(&run->arena, "calendars", name);
    for (size_t i = 0; i < run->calendars_count; i++)
        if (text_is(run->calendars[i]->name, name))
            return 0;
    if (adopt_read_calendar(&run->arena, path.at, findings, &calendar, &complaint) != 0)
        return command_fail(EXIT_USAGE, "--calendar FILE names another", "%s: %s", complaint.place,
                            complaint.message);
    if (calendar == NULL)
        return command_fail(EXIT_USAGE, NULL, "%.*s", TEXT_PRINT(findings_first(findings, &run->arena)));
    if (run->calendars_count == RUN_CALENDARS_MAX)
        return command_fail(EXIT_USAGE, NULL, "more than %d calendars", RUN_CALENDARS_MAX);
    run->calendars[run->calendars_count++] = calendar;
    return 0;
}

static int run_read_charter(struct run *run, size_t index, const char *given)
{
    struct findings *findings = arena_alloc(&run->arena, sizeof *findings);
    struct complaint complaint;
    struct text path = adopt_path(&run->arena, "charters", given);
    if (adopt_read_charter(&run->arena, path.at, findings, &run->sources[index], &run->charters[index],
                           &complaint) != 0)
        return command_fail(EXIT_USAGE, "give a file, or the name of a charter that is installed", "%s: %s",
                            complaint.place, complaint.message);
    if (run->charters[index] == NULL)
        return command_fail(EXIT_USAGE, "`dubanctl charter lint` shows all", "%.*s",
                            TEXT_PRINT(findings_first(findings, &run->arena)));
    struct text calendar = arena_text_copy(&run->arena, run->charters[index]->calendar);
    return run_read_calendar(run, calendar.at);
}

static int run_read(struct run *run)
{
    const struct option_list *charters = run->options.charters, *calendars = run->options.calendars;
    int code = 0;
    for (size_t i = 0; code == 0 && i < calendars->count; i++)
        code = run_read_calendar(run, calendars->at[i]);
    for (size_t i = 0; code == 0 && i < charters->count; i++)
        code = run_read_charter(run, i, charters->at[i]);
    if (code == 0)
        run->zone = run->charters[0]->zone;
    return code;
}

/* ---- open and close ---- */

static int run_open_world(struct run *run)
{
    struct complaint complaint = {0};
    int code = scratch_open(&run->arena, &run->folder);
    if (code != 0) {
        run->folder = NULL;
        return code;
    }
    struct world_options options = {.directory = run->folder,
                                    .journal_directory = run->options.journal_directory};
    code = world_open(&options, &run->world, &complaint);
    return code == 0 ? 0
                     : command_fail(EXIT_FAILED, NULL, "%s: %s%s%s", complaint.place, complaint.message,
                                    complaint.message[0] == '\0' ? "the journal cannot be opened: " : "",
                                    complaint.message[0] == '\0' ? error_text(code) : "");
}

int run_open(const struct run_options *options, struct run **run_out)
{
    if (options->charters->count == 0)
        return command_fail(EXIT_USAGE, "--charter FILE.yaml, or the name of one that is installed",
                            "give at least one --charter");
    struct run *run = memory_alloc(sizeof *run);
    *run = (struct run){.options = *options, .last_us = CIVIL_NEVER_US};
    arena_open(&run->arena, ARENA_BYTES_MAX);
    arena_open(&run->notice, ARENA_BYTES_MAX);
    int code = run_read(run);
    if (code == 0)
        code = run_open_world(run);
    *run_out = run;
    if (code == 0)
        return 0;
    int closed = run_close(run);
    return closed != 0 ? closed : code;
}

int run_close(struct run *run)
{
    int code = 0;
    if (run->world != NULL)
        world_close(run->world);
    if (run->world != NULL && run->options.journal_directory != NULL &&
        file_flush_folder(run->options.journal_directory) != 0)
        code = command_fail(EXIT_FAILED, NULL, "%s could not be flushed to disk",
                            run->options.journal_directory);
    if (run->folder != NULL && scratch_close(run->folder) != 0)
        code = EXIT_FAILED;
    arena_close(&run->notice);
    arena_close(&run->arena);
    free(run);
    return code;
}

const struct charter *run_charter(const struct run *run)
{
    return run->charters[0];
}

struct world *run_world(struct run *run)
{
    return run->world;
}

/* ---- reports ---- */

static int run_event(struct run *run, const struct event *event, enum run_verdict *verdict_out,
                     struct complaint *complaint)
{
    struct buffer body;
    struct append append = {0};
    buffer_open(&body, EVENT_BYTES_MAX);
    event_encode(event, &body);
    int code = world_report(run->world, buffer_view(&body), run->options.publisher, &append, complaint);
    buffer_close(&body);
    *verdict_out = code == WORLD_E_REFUSED             ? RUN_REFUSED
                   : append.result == APPEND_DUPLICATE ? RUN_BEFORE
                   : append.result == APPEND_CONFLICT  ? RUN_CONFLICT
                                                       : RUN_ACCEPTED;
    return code == 0 || code == WORLD_E_REFUSED
               ? 0
               : command_fail(EXIT_FAILED, NULL, "the simulation stopped: %s", error_text(code));
}

/* What a charter or calendar brings with it: nobody but its file is to blame if that is refused. */
static int run_frame_event(struct run *run, const struct event *event)
{
    enum run_verdict verdict;
    struct complaint complaint = {0};
    int code = run_event(run, event, &verdict, &complaint);
    if (code == 0 && verdict == RUN_REFUSED)
        code = command_fail(EXIT_USAGE, NULL, "%.*s: %s %s", TEXT_PRINT(event->type_name), complaint.field,
                            complaint.message);
    return code;
}

/* The first day after one, and not after another, on which a notice was published; INT32_MAX: none. */
static int32_t run_notice_day(const struct run *run, int32_t after, int32_t day)
{
    int32_t first = INT32_MAX;
    for (size_t c = 0; c < run->calendars_count; c++)
        for (size_t n = 0; n < run->calendars[c]->notices_count; n++) {
            int32_t published = run->calendars[c]->notices[n].published_day;
            if (published > after && published <= day && published < first)
                first = published;
        }
    return first;
}

static int run_notice(struct run *run, const struct calendar *calendar, const struct notice *notice)
{
    struct event event;
    arena_reset(&run->notice);
    adopt_notice_event(&run->notice, calendar, notice, &event);
    event.time_us = civil_start_of_day_us(notice->published_day, calendar->zone);
    event.time_zone = calendar->zone;
    return run_frame_event(run, &event);
}

/* Notices published after known_day and up to day, day by day, all of a day's. */
static int run_notices(struct run *run, int32_t day)
{
    int code = 0;
    int32_t published = run_notice_day(run, run->known_day, day);
    for (; code == 0 && published != INT32_MAX; published = run_notice_day(run, published, day))
        for (size_t c = 0; c < run->calendars_count; c++)
            for (size_t n = 0; code == 0 && n < run->calendars[c]->notices_count; n++)
                if (run->calendars[c]->notices[n].published_day == published)
                    code = run_notice(run, run->calendars[c], &run->calendars[c]->notices[n]);
    if (day > run->known_day)
        run->known_day = day;
    return code;
}

/* What was there before the first report. */
static int run_begin(struct run *run, int64_t first_us)
{
    int code = 0;
    run->known_day = civil_day_of(first_us, run->zone);
    for (size_t i = 0; code == 0 && i < run->calendars_count; i++) {
        struct event *events;
        size_t count =
            adopt_calendar_events(&run->arena, run->calendars[i], INT32_MIN, run->known_day, &events);
        for (size_t e = 0; code == 0 && e < count; e++) {
            events[e].time_us = first_us;
            events[e].time_zone = run->zone;
            code = run_frame_event(run, &events[e]);
        }
    }
    for (size_t i = 0; code == 0 && i < run->options.charters->count; i++) {
        struct event event;
        adopt_charter_event(&run->arena, run->charters[i], run->sources[i], &event);
        event.time_us = first_us;
        event.time_zone = run->zone;
        code = run_frame_event(run, &event);
    }
    return code;
}

int run_report(struct run *run, const struct event *event, enum run_verdict *verdict_out,
               struct complaint *complaint)
{
    int code = run->last_us == CIVIL_NEVER_US ? run_begin(run, event->time_us) : 0;
    if (code == 0)
        code = run_notices(run, civil_day_of(event->time_us, run->zone));
    run->last_us = event->time_us;
    return code != 0 ? code : run_event(run, event, verdict_out, complaint);
}

int run_until(struct run *run, const char *until)
{
    int64_t until_us = run->last_us;
    int code = scratch_until(until, run->zone, &until_us);
    if (until == NULL || code != 0)
        return code;
    if (until_us < run->last_us)
        return command_fail(EXIT_USAGE, NULL, "--until %s lies before the last report", until);
    code = run_notices(run, civil_day_of(until_us, run->zone));
    if (code == 0 && world_advance(run->world, until_us) != 0)
        code = command_fail(EXIT_FAILED, NULL, "the simulation stopped");
    return code;
}
