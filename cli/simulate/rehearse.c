/* rehearse.c - see rehearse.h. Two worlds take the same journal in and come to rest at the same instant, one
 * with the adoption and one without it: what time alone does is in both. */
#include "cli/simulate/rehearse.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "cli/brief.h"
#include "cli/bus.h"
#include "cli/local.h"
#include "cli/simulate/differences.h"
#include "cli/simulate/scratch.h"
#include "cli/simulate/world.h"
#include "cli/table.h"

static const size_t REHEARSE_BYTES_MAX = (size_t)1 << 31;

struct rehearse {
    struct invocation *invocation;
    const struct event *adoption;
    int zone;
    struct arena arena;
    struct world *world, *without;  /* with the adoption, and without it */
    int failed;                     /* loading: the first error */
    uint64_t present, adopted;      /* journal's end; the adoption */
    int64_t version, effective_day; /* INT64_MIN: not accepted */
    struct event refusal;
    bool refused, enacted, moves; /* moves: open issues go under the new version */
    struct facts *before, *after;
    struct doc **rows; /* of transition.applied */
    size_t rows_count, rows_room;
};

/* ---- the present ---- */

static int rehearse_load(void *context, const struct entry *entry)
{
    struct rehearse *rehearse = context;
    if (rehearse->failed == 0)
        rehearse->failed = world_load(rehearse->world, entry);
    if (rehearse->failed == 0)
        rehearse->failed = world_load(rehearse->without, entry);
    return rehearse->failed;
}

static void rehearse_progress(void *context, uint64_t done, uint64_t all)
{
    (void)context;
    scratch_progress(done, all);
}

static int rehearse_from_folder(struct rehearse *rehearse)
{
    struct text directory;
    struct journal_verdict verdict;
    struct complaint complaint = {.message = "disk or memory"};
    int code = local_journal_directory(rehearse->invocation, &directory);
    if (code != 0)
        return code;
    code = journal_scan(directory.at, rehearse_load, rehearse_progress, rehearse, &verdict, &complaint);
    scratch_progress(1, 1);
    return code == 0 ? 0
                     : command_fail(EXIT_FAILED, "`dubanctl verify` tells more",
                                    "the journal cannot be read: %s", complaint.message);
}

struct rehearse_stream {
    struct rehearse *rehearse;
    uint64_t through, head;
};

static int rehearse_streamed(void *context, const struct duban_entry *raw)
{
    struct rehearse_stream *stream = context;
    struct entry entry = bus_entry(raw);
    return rehearse_load(stream->rehearse, &entry);
}

static int rehearse_through(void *context, uint64_t through, uint64_t head)
{
    struct rehearse_stream *stream = context;
    (void)head;
    stream->through = through;
    scratch_progress(through, stream->head);
    return 0;
}

/* The broker's clock: what is due by now has struck there. */
static int rehearse_now(struct rehearse *rehearse, struct duban *client, int64_t *now_us_out)
{
    struct doc **rows;
    size_t count;
    int code = bus_query(rehearse->invocation, client, "status", doc_new(&rehearse->arena), &rows, &count);
    for (size_t i = 0; code == 0 && i < count; i++)
        if (doc_has(rows[i], FIELD_AT) && !doc_has(rows[i], FIELD_ROLE))
            *now_us_out = doc_time_us(rows[i], FIELD_AT, *now_us_out);
    return code;
}

static int rehearse_from_broker(struct rehearse *rehearse, int64_t *now_us_out)
{
    struct duban *client;
    int code = bus_open(rehearse->invocation, &client);
    if (code != 0)
        return code;
    struct rehearse_stream stream = {.rehearse = rehearse, .head = duban_head(client)};
    const struct duban_filter all = {.size = sizeof all};
    code = rehearse_now(rehearse, client, now_us_out);
    int got = code == 0 ? duban_subscribe(client, 1, &all, rehearse_streamed, rehearse_through, &stream) : 0;
    while (code == 0 && got >= DUBAN_OK && rehearse->failed == 0 && stream.through < stream.head)
        got = duban_wait(client, 1000);
    if (code == 0 && (got < DUBAN_OK || rehearse->failed != 0))
        code = command_fail(EXIT_FAILED, NULL, "the journal cannot be taken over: %s",
                            got < DUBAN_OK ? duban_error(client) : "disk or memory");
    duban_close(client);
    return code;
}

static int rehearse_present(struct rehearse *rehearse)
{
    struct complaint complaint = {.message = "disk or memory"};
    int64_t now_us = INT64_MIN;
    int code = rehearse->invocation->options.directory != NULL ? rehearse_from_folder(rehearse)
                                                               : rehearse_from_broker(rehearse, &now_us);
    if (code != 0)
        return code;
    if (world_resume(rehearse->world, &complaint) != 0 || world_resume(rehearse->without, &complaint) != 0 ||
        (now_us > world_now_us(rehearse->world) && world_advance(rehearse->world, now_us) != 0))
        return command_fail(EXIT_FAILED, NULL, "the present cannot be rebuilt: %s", complaint.message);
    rehearse->present = world_head(rehearse->world);
    return 0;
}

/* ---- the adoption ---- */

static int rehearse_publish(struct rehearse *rehearse)
{
    struct buffer body;
    struct append append = {0};
    struct complaint complaint = {.message = "disk or memory"};
    buffer_open(&body, EVENT_BYTES_MAX);
    event_encode(rehearse->adoption, &body);
    int code = world_receive(rehearse->world, buffer_view(&body), TEXT("dry-run"),
                             world_now_us(rehearse->world), &append, &complaint);
    buffer_close(&body);
    if (code != 0)
        return command_fail(EXIT_FAILED, NULL, "the adoption: %s", complaint.message);
    if (append.result != APPEND_NEW)
        return command_fail(EXIT_NEGATIVE, "adopting it again is the same event and changes nothing",
                            "this text is adopted already: event %llu", (unsigned long long)append.seq);
    rehearse->adopted = append.seq;
    return 0;
}

static void rehearse_keep_row(struct rehearse *rehearse, const struct event *event)
{
    static const enum field fields[] = {FIELD_HOW,   FIELD_LEVEL,  FIELD_LABEL, FIELD_BEFORE,
                                        FIELD_AFTER, FIELD_REASON, FIELD_BODY,  FIELD_VERSION};
    struct doc *row = doc_new(&rehearse->arena);
    doc_set_text(row, FIELD_ISSUE, event->subject);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        doc_set_doc_field(row, fields[i], event->data);
    if (rehearse->rows_count == rehearse->rows_room) {
        rehearse->rows_room = rehearse->rows_room > 0 ? 2 * rehearse->rows_room : 64;
        rehearse->rows = memory_grow(rehearse->rows, rehearse->rows_room * sizeof *rehearse->rows);
    }
    rehearse->rows[rehearse->rows_count++] = row;
}

/* What was decided since the adoption. */
static int rehearse_decided(void *context, const struct entry *entry)
{
    struct rehearse *rehearse = context;
    struct event event;
    struct complaint complaint;
    if (entry_decode(&rehearse->arena, entry, &event, &complaint) != 0)
        die("dry run: #%llu: %s", (unsigned long long)entry->seq, complaint.message);
    bool ours = text_equal(event.charter, rehearse->adoption->charter);
    if (event.type->kind == EVENT_REQUEST_REFUSED && event.cause == rehearse->adopted) {
        rehearse->refusal = event;
        rehearse->refused = true;
    }
    if (ours && event.type->kind == EVENT_CHARTER_ACCEPTED) {
        int32_t day;
        rehearse->version = doc_int(event.data, FIELD_VERSION, 0);
        rehearse->effective_day = doc_date(event.data, FIELD_EFFECTIVE, &day) ? day : INT64_MIN;
    }
    if (ours && event.type->kind == EVENT_CHARTER_ENACTED && !rehearse->enacted) {
        rehearse->version = doc_int(event.data, FIELD_VERSION, 0);
        rehearse->enacted = true;
        rehearse->moves = text_is(doc_text(event.data, FIELD_TRANSITION), "move");
    }
    if (ours && event.type->kind == EVENT_TRANSITION_APPLIED)
        rehearse_keep_row(rehearse, &event);
    return 0;
}

static int rehearse_decide(struct rehearse *rehearse)
{
    int code = rehearse_publish(rehearse);
    if (code == 0)
        code = world_each(rehearse->world, rehearse->adopted, rehearse_decided, rehearse);
    if (code != 0 || rehearse->refused || rehearse->enacted || rehearse->effective_day == INT64_MIN)
        return code;
    /* it holds from a later day on: time goes there */
    uint64_t seen = world_head(rehearse->world);
    int64_t then_us = civil_start_of_day_us((int32_t)rehearse->effective_day, rehearse->zone);
    if (world_advance(rehearse->world, then_us + CIVIL_SECOND_US) != 0)
        return command_fail(EXIT_FAILED, NULL, "the dry run stopped: disk or memory");
    return world_each(rehearse->world, seen + 1, rehearse_decided, rehearse);
}

/* Both worlds at the instant at which the one with the adoption came to rest. */
static int rehearse_compare(struct rehearse *rehearse, struct differences *differences)
{
    struct difference *found;
    if (world_advance(rehearse->without, world_now_us(rehearse->world)) != 0 ||
        world_each(rehearse->without, 1, facts_see_entry, rehearse->before) != 0 ||
        world_each(rehearse->world, 1, facts_see_entry, rehearse->after) != 0)
        return command_fail(EXIT_FAILED, NULL, "the dry run stopped: disk or memory");
    differences->count = facts_compare(&rehearse->arena, rehearse->before, rehearse->after, &found);
    differences->at = found;
    return 0;
}

/* ---- the answer ---- */

/* The date that deadlines derived for the level, where the transition itself could not say it. */
static void rehearse_due(struct rehearse *rehearse, struct doc *row, struct facts *facts, enum field field)
{
    if (!doc_has(row, FIELD_LABEL) || doc_has(row, field))
        return;
    const struct fact *fact = facts_last(facts, FACTS_DEADLINE, rehearse->adoption->charter,
                                         doc_text(row, FIELD_ISSUE), doc_text(row, FIELD_LABEL));
    if (fact != NULL && doc_has(fact->value, FIELD_DUE))
        doc_set_written(row, field, doc_text(fact->value, FIELD_DUE));
}

static const struct column rehearse_columns[] = {
    {FIELD_ISSUE, "issue"},   {FIELD_HOW, "how"},     {FIELD_LEVEL, "level"},   {FIELD_LABEL, "deadline"},
    {FIELD_BEFORE, "before"}, {FIELD_AFTER, "after"}, {FIELD_REASON, "reason"}, {FIELD_COUNT_OF_ALL, NULL}};

static int rehearse_refusal(struct rehearse *rehearse)
{
    command_fail(0, NULL, "it would be refused: %.*s",
                 TEXT_PRINT(doc_text(rehearse->refusal.data, FIELD_REASON)));
    brief_owed(rehearse->refusal.data);
    return EXIT_NEGATIVE;
}

static void rehearse_heading(const struct rehearse *rehearse)
{
    char day[CIVIL_TEXT_BYTES];
    int64_t at = rehearse->effective_day != INT64_MIN
                     ? rehearse->effective_day
                     : civil_day_of(world_now_us(rehearse->world), rehearse->zone);
    printf("dry run: %.*s would be version %lld, in force from %s; ", TEXT_PRINT(rehearse->adoption->charter),
           (long long)rehearse->version, civil_format_date((int32_t)at, day));
    if (rehearse->moves)
        printf("%zu open issues go under it\n", rehearse->rows_count);
    else
        puts("open issues stay under the version that they were raised under");
}

static void rehearse_print_json(struct rehearse *rehearse, const struct differences *differences)
{
    printf("{\"charter\":\"%.*s\",\"version\":%lld,\"transition\":\"%s\",\n\"transitions\":[",
           TEXT_PRINT(rehearse->adoption->charter), (long long)rehearse->version,
           rehearse->moves ? "move" : "keep");
    for (size_t i = 0; i < rehearse->rows_count; i++)
        printf("%s\n%.*s", i > 0 ? "," : "", TEXT_PRINT(doc_to_json(&rehearse->arena, rehearse->rows[i])));
    fputs("],\n", stdout);
    differences_print_json(&rehearse->arena, differences);
    puts("}");
}

/* An open issue in the words of the differences; what: the deadline that moves, else the level. */
static void rehearse_print_csv(struct rehearse *rehearse, const struct differences *differences)
{
    struct doc **rows = arena_alloc(&rehearse->arena, sizeof *rows * (rehearse->rows_count + 1));
    for (size_t i = 0; i < rehearse->rows_count; i++) {
        const struct doc *from = rehearse->rows[i];
        enum field what = doc_has(from, FIELD_LABEL) ? FIELD_LABEL : FIELD_LEVEL;
        rows[i] = doc_new(&rehearse->arena);
        doc_set_text(rows[i], FIELD_KIND, TEXT("open issues"));
        doc_set_text(rows[i], FIELD_CHARTER, rehearse->adoption->charter);
        doc_set_text(rows[i], FIELD_SUBJECT, doc_text(from, FIELD_ISSUE));
        doc_set_text(rows[i], FIELD_NAME, doc_text(from, what));
        doc_set_text(rows[i], FIELD_WAS, doc_text(from, FIELD_BEFORE));
        doc_set_text(rows[i], FIELD_IS, doc_text(from, FIELD_AFTER));
        doc_set_doc_field(rows[i], FIELD_HOW, from);
        doc_set_doc_field(rows[i], FIELD_REASON, from);
    }
    differences_print_csv(&rehearse->arena, differences,
                          &(struct differences_rows){rows, rehearse->rows_count});
}

static int rehearse_print(struct rehearse *rehearse)
{
    struct differences differences = {
        .before = rehearse->before, .after = rehearse->after, .charter = rehearse->adoption->charter};
    if (rehearse->refused)
        return rehearse_refusal(rehearse);
    if (!rehearse->enacted)
        return command_fail(EXIT_FAILED, NULL, "it was neither enacted nor refused");
    int code = rehearse_compare(rehearse, &differences);
    if (code != 0)
        return code;
    for (size_t i = 0; i < rehearse->rows_count; i++) {
        rehearse_due(rehearse, rehearse->rows[i], rehearse->before, FIELD_BEFORE);
        rehearse_due(rehearse, rehearse->rows[i], rehearse->after, FIELD_AFTER);
    }
    if (rehearse->invocation->options.json)
        return rehearse_print_json(rehearse, &differences), EXIT_DONE;
    if (rehearse->invocation->options.csv)
        return rehearse_print_csv(rehearse, &differences), EXIT_DONE;
    rehearse_heading(rehearse);
    if (rehearse->rows_count > 0)
        (void)table_print(&rehearse->arena, rehearse_columns, rehearse->rows, rehearse->rows_count, "");
    differences_print_tables(&rehearse->arena, &differences);
    return EXIT_DONE;
}

/* ---- the frame ---- */

static int rehearse_open(struct rehearse *rehearse, const char *folder, const char *name,
                         struct world **world_out)
{
    struct complaint complaint;
    struct world_options options = {.directory = arena_printf(&rehearse->arena, "%s/%s", folder, name).at};
    return world_open(&options, world_out, &complaint) == 0
               ? 0
               : command_fail(EXIT_FAILED, NULL, "%s: %s", complaint.place, complaint.message);
}

static int rehearse_worlds(struct rehearse *rehearse, const char *folder)
{
    int code = rehearse_open(rehearse, folder, "with", &rehearse->world);
    if (code == 0)
        code = rehearse_open(rehearse, folder, "without", &rehearse->without);
    if (code == 0)
        code = rehearse_present(rehearse);
    if (code == 0)
        code = rehearse_decide(rehearse);
    if (code == 0)
        code = rehearse_print(rehearse);
    if (rehearse->world != NULL)
        world_close(rehearse->world);
    if (rehearse->without != NULL)
        world_close(rehearse->without);
    return code;
}

int rehearse_adoption(struct invocation *invocation, const struct event *adoption, int zone)
{
    struct rehearse *rehearse = memory_alloc(sizeof *rehearse);
    const char *folder;
    *rehearse = (struct rehearse){.invocation = invocation,
                                  .adoption = adoption,
                                  .zone = zone,
                                  .effective_day = INT64_MIN,
                                  .before = facts_open(),
                                  .after = facts_open()};
    arena_open(&rehearse->arena, REHEARSE_BYTES_MAX);
    int code = scratch_open(&rehearse->arena, &folder);
    if (code == 0) {
        code = rehearse_worlds(rehearse, folder);
        if (scratch_close(folder) != 0)
            code = EXIT_FAILED;
    }
    facts_close(rehearse->before);
    facts_close(rehearse->after);
    free(rehearse->rows);
    arena_close(&rehearse->arena);
    free(rehearse);
    return code;
}
