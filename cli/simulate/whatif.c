/* whatif.c - see whatif.h. One pass over the journal feeds both worlds; each follows its own clock. */
#include "cli/simulate/whatif.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "cli/adopt.h"
#include "cli/local.h"
#include "cli/plural.h"
#include "cli/simulate/differences.h"
#include "cli/simulate/scratch.h"
#include "cli/simulate/world.h"
#include "workers/runtime/role.h"

enum { WHATIF_STOPPED = 1000, WHATIF_NAMES_MAX = 64, WHATIF_TEXT_BYTES = 1 << 14 };
static const size_t WHATIF_BYTES_MAX = (size_t)1 << 31;

/* What stands in place of something that the journal adopted. */
struct whatif_other {
    const struct charter *charter;
    struct text source; /* the charter's text */
    const struct calendar *calendar;
    uint64_t version;  /* only this adoption of it is replaced; 0: all */
    int32_t known_day; /* the calendar's notices up to this day are in; INT32_MIN: not published yet */
    uint64_t adoptions, replaced;
};
struct whatif_side {
    struct world *world;
    struct facts *facts;
};
struct whatif {
    struct invocation *invocation;
    struct arena arena; /* what lives as long as the run */
    struct arena entry; /* one report */
    struct whatif_other other;
    struct whatif_side before, after;
    struct facts *journal;
    struct text names[WHATIF_NAMES_MAX]; /* charters that the journal adopts */
    size_t names_count;
    uint64_t reports, left_out;
    int64_t first_us, last_us;    /* time stood there, or the clock struck, at the journal's end */
    int zone;                     /* of the journal's last event */
    struct facts *now;            /* what this program decides of the journal's reports, up to its end */
    struct differences redecided; /* between the journal and that */
};

/* Nothing stands in place of anything: the journal itself against what this program decides now. */
static bool whatif_only_redecides(const struct whatif *whatif)
{
    return whatif->other.charter == NULL && whatif->other.calendar == NULL;
}

static int whatif_zone(const struct whatif *whatif)
{
    return whatif->other.charter != NULL    ? whatif->other.charter->zone
           : whatif->other.calendar != NULL ? whatif->other.calendar->zone
                                            : whatif->zone;
}

/* ---- what stands in place of what ---- */

static int whatif_read_charter(struct whatif *whatif, const char *given)
{
    struct findings *findings = arena_alloc(&whatif->arena, sizeof *findings);
    struct complaint complaint;
    struct text path = adopt_path(&whatif->arena, "charters", given);
    if (adopt_read_charter(&whatif->arena, path.at, findings, &whatif->other.source, &whatif->other.charter,
                           &complaint) != 0)
        return command_fail(EXIT_USAGE, "give a file, or the name of a charter that is installed", "%s: %s",
                            complaint.place, complaint.message);
    if (whatif->other.charter != NULL)
        return 0;
    local_findings_print(findings);
    return command_fail(EXIT_USAGE, NULL, "%s cannot be put in force: nothing was replayed", path.at);
}

static int whatif_read_calendar(struct whatif *whatif, const char *given)
{
    struct findings *findings = arena_alloc(&whatif->arena, sizeof *findings);
    struct complaint complaint;
    struct text path = adopt_path(&whatif->arena, "calendars", given);
    if (adopt_read_calendar(&whatif->arena, path.at, findings, &whatif->other.calendar, &complaint) != 0)
        return command_fail(EXIT_USAGE, NULL, "%s: %s", complaint.place, complaint.message);
    if (whatif->other.calendar != NULL)
        return 0;
    local_findings_print(findings);
    return command_fail(EXIT_USAGE, NULL, "%s is no calendar", path.at);
}

static int whatif_read(struct whatif *whatif)
{
    const struct options *options = &whatif->invocation->options;
    int code = 0;
    if (options->version != NULL &&
        (!text_parse_u64(text_from(options->version), &whatif->other.version) || whatif->other.version == 0))
        return command_fail(EXIT_USAGE, NULL, "--version takes a number from 1, not `%s`", options->version);
    if (options->charter != NULL)
        code = whatif_read_charter(whatif, options->charter);
    if (code == 0 && options->calendar != NULL)
        code = whatif_read_calendar(whatif, options->calendar);
    return code;
}

/* ---- one report into one world ---- */

static int whatif_stopped(const struct complaint *complaint)
{
    command_fail(0, NULL, "the replay stopped: %s%s%s", complaint->field,
                 complaint->field[0] != '\0' ? ": " : "", complaint->message);
    return WHATIF_STOPPED;
}

static int whatif_receive(struct whatif_side *side, struct bytes body, struct text publisher, int64_t at_us)
{
    struct append append;
    struct complaint complaint = {.message = "disk or memory"};
    return world_receive(side->world, body, publisher, at_us, &append, &complaint) == 0
               ? 0
               : whatif_stopped(&complaint);
}

static int whatif_event(struct whatif_side *side, const struct event *event, int64_t at_us)
{
    struct buffer body;
    buffer_open(&body, EVENT_BYTES_MAX);
    event_encode(event, &body);
    int code = whatif_receive(side, buffer_view(&body), event->publisher, at_us);
    buffer_close(&body);
    return code;
}

/* The charter's adoption, with the other text. The first one that is replaced stands for all: one more of the
 * same text would be a new version without a change. */
static int whatif_adoption(struct whatif *whatif, const struct event *event)
{
    struct whatif_other *other = &whatif->other;
    bool wanted = other->version == 0 || other->adoptions + 1 == other->version;
    other->adoptions++;
    if (!wanted)
        return whatif_event(&whatif->after, event, event->received_us);
    if (other->replaced++ > 0)
        return 0;
    struct event adoption = *event;
    struct doc *data = doc_copy(&whatif->entry, event->data);
    doc_set_text(data, FIELD_TEXT, other->source);
    doc_set_text(data, FIELD_FILE, other->charter->file);
    adoption.data = data;
    return whatif_event(&whatif->after, &adoption, event->received_us);
}

static int whatif_calendar_events(struct whatif *whatif, int32_t after_day, int32_t through_day,
                                  int64_t at_us)
{
    struct event *events;
    const struct calendar *calendar = whatif->other.calendar;
    int code = 0;
    size_t count = adopt_calendar_events(&whatif->entry, calendar, after_day, through_day, &events);
    for (size_t i = 0; code == 0 && i < count; i++) {
        events[i].publisher = TEXT("whatif");
        events[i].time_us = at_us;
        events[i].time_zone = calendar->zone;
        code = whatif_event(&whatif->after, &events[i], at_us);
    }
    return code;
}

/* Notices of the other calendar become known on the day on which they were published. */
static int whatif_notices(struct whatif *whatif, int64_t through_us)
{
    struct whatif_other *other = &whatif->other;
    int code = 0;
    if (other->calendar == NULL || other->known_day == INT32_MIN)
        return 0;
    int32_t today = civil_day_of(through_us, other->calendar->zone);
    while (code == 0 && other->known_day < today) {
        int32_t next = today;
        for (size_t i = 0; i < other->calendar->notices_count; i++) {
            int32_t published = other->calendar->notices[i].published_day;
            if (published > other->known_day && published < next)
                next = published;
        }
        code = whatif_calendar_events(whatif, other->known_day, next,
                                      civil_start_of_day_us(next, other->calendar->zone));
        other->known_day = next;
    }
    return code;
}

/* The first time that the journal learns of that calendar, all of the other one that is known by then. */
static int whatif_calendar(struct whatif *whatif, const struct event *event)
{
    struct whatif_other *other = &whatif->other;
    int32_t today = civil_day_of(event->received_us, other->calendar->zone);
    if (other->known_day != INT32_MIN)
        return 0;
    other->known_day = today;
    other->replaced++;
    return whatif_calendar_events(whatif, INT32_MIN, today, event->received_us);
}

static int whatif_after(struct whatif *whatif, const struct event *event)
{
    const struct whatif_other *other = &whatif->other;
    bool of_calendar =
        event->type->kind == EVENT_CALENDAR_PUBLISHED || event->type->kind == EVENT_CALENDAR_AMENDED;
    int code = whatif_notices(whatif, event->received_us);
    if (code != 0)
        return code;
    if (other->charter != NULL && event->type->kind == EVENT_CHARTER_ADOPTED &&
        text_equal(doc_text(event->data, FIELD_NAME), other->charter->name))
        return whatif_adoption(whatif, event);
    if (other->calendar != NULL && of_calendar &&
        text_equal(doc_text(event->data, FIELD_CALENDAR), other->calendar->name))
        return whatif_calendar(whatif, event);
    return whatif_receive(&whatif->after, event->raw, event->publisher, event->received_us);
}

/* ---- the journal ---- */

static void whatif_name(struct whatif *whatif, struct text name)
{
    for (size_t i = 0; i < whatif->names_count; i++)
        if (text_equal(whatif->names[i], name))
            return;
    if (whatif->names_count < WHATIF_NAMES_MAX)
        whatif->names[whatif->names_count++] = arena_text_copy(&whatif->arena, name);
}

static int whatif_report(struct whatif *whatif, const struct event *event)
{
    if (event->type->kind == EVENT_CHARTER_ADOPTED)
        whatif_name(whatif, doc_text(event->data, FIELD_NAME));
    if (event->type->kind == EVENT_DELIVERY_REPORTED)
        return whatif->left_out++, 0;
    whatif->reports++;
    int code = whatif_receive(&whatif->before, event->raw, event->publisher, event->received_us);
    return code == 0 && !whatif_only_redecides(whatif) ? whatif_after(whatif, event) : code;
}

/* On a replay clock a strike is stamped with the very instant for which it was made; what was due then had
 * passed. */
static int64_t whatif_instant(const struct event *event)
{
    if (event->type->kind != EVENT_CLOCK_STRUCK)
        return event->received_us;
    int64_t past_us = doc_time_us(event->data, FIELD_AT, event->received_us) + 1;
    return past_us > event->received_us ? past_us : event->received_us;
}

static int whatif_entry(void *context, const struct entry *entry)
{
    struct whatif *whatif = context;
    struct event event;
    struct complaint complaint;
    arena_reset(&whatif->entry);
    if (entry_decode(&whatif->entry, entry, &event, &complaint) != 0) {
        command_fail(0, "a newer version of the program may have written it", "entry %llu cannot be read: %s",
                     (unsigned long long)entry->seq, complaint.message);
        return WHATIF_STOPPED;
    }
    facts_see(whatif->journal, &event);
    whatif->first_us = whatif->first_us == CIVIL_NEVER_US ? entry->received_us : whatif->first_us;
    if (whatif_instant(&event) > whatif->last_us || whatif->last_us == CIVIL_NEVER_US)
        whatif->last_us = whatif_instant(&event);
    whatif->zone = event.time_zone;
    return event.type->report ? whatif_report(whatif, &event) : 0;
}

static void whatif_progress(void *context, uint64_t bytes_done, uint64_t bytes_all)
{
    (void)context;
    scratch_progress(bytes_done, bytes_all);
}

static int whatif_scan(struct whatif *whatif)
{
    struct text directory;
    struct journal_verdict verdict;
    struct complaint complaint;
    int code = local_journal_directory(whatif->invocation, &directory);
    if (code != 0)
        return code;
    code = journal_scan(directory.at, whatif_entry, whatif_progress, whatif, &verdict, &complaint);
    scratch_progress(1, 1);
    if (code == WHATIF_STOPPED)
        return EXIT_FAILED;
    if (code != 0)
        return command_fail(EXIT_FAILED, "`dubanctl verify` tells more", "the journal cannot be read: %s",
                            complaint.message);
    return verdict.events > 0
               ? 0
               : command_fail(EXIT_USAGE, NULL, "the journal in %.*s is empty", TEXT_PRINT(directory));
}

/* ---- both worlds at their end ---- */

/* Units, ranked by their deadlines, as the ledger has them at the end. */
static int whatif_ranks(struct whatif *whatif, struct whatif_side *side)
{
    struct query_answer answer = {.more = true};
    struct doc *args = doc_new(&whatif->arena);
    doc_set_text(args, FIELD_OF, TEXT("unit"));
    while (answer.more) {
        if (world_query(side->world, ROLE_LEDGER, &whatif->arena, TEXT("figures"), args, &answer) != 0 ||
            !answer.ok)
            return command_fail(EXIT_FAILED, NULL, "the ledger does not answer: %.*s",
                                TEXT_PRINT(answer.error));
        for (size_t i = 0; i < answer.rows_count; i++) {
            const struct doc *row = answer.rows[i];
            struct doc *value = doc_new(&whatif->arena);
            if (!doc_has(row, FIELD_RANK))
                continue;
            doc_set_doc_field(value, FIELD_RANK, row);
            doc_set_doc_field(value, FIELD_SHARE, row);
            doc_set_doc_field(value, FIELD_COUNT, row);
            facts_add(side->facts, FACTS_RANK, doc_text(row, FIELD_CHARTER), doc_text(row, FIELD_NAME),
                      TEXT(""), value);
        }
        answer.more = answer.rows_count > 0 && doc_has(answer.rows[answer.rows_count - 1], FIELD_PAGE);
        if (answer.more)
            doc_set_doc_field(args, FIELD_PAGE, answer.rows[answer.rows_count - 1]);
    }
    return 0;
}

static int whatif_advance(struct whatif_side *side, int64_t at_us)
{
    return world_advance(side->world, at_us) == 0
               ? 0
               : command_fail(EXIT_FAILED, NULL, "the replay stopped: disk or memory");
}

/* The journal against what this program makes of the same reports, up to the journal's end. */
static int whatif_redecide(struct whatif *whatif)
{
    struct difference *found;
    int code = whatif_advance(&whatif->before, whatif->last_us);
    if (code == 0)
        code = world_each(whatif->before.world, 1, facts_see_entry, whatif->now);
    if (code != 0)
        return code;
    size_t count = facts_compare(&whatif->arena, whatif->journal, whatif->now, &found);
    whatif->redecided =
        (struct differences){.before = whatif->journal, .after = whatif->now, .at = found, .count = count};
    return 0;
}

static int whatif_side_end(struct whatif *whatif, struct whatif_side *side, int64_t until_us)
{
    int code = whatif_advance(side, until_us);
    if (code == 0)
        code = world_each(side->world, 1, facts_see_entry, side->facts);
    return code == 0 && !whatif_only_redecides(whatif) ? whatif_ranks(whatif, side) : code;
}

static int whatif_until(struct whatif *whatif, int64_t *until_us_out)
{
    const char *until = whatif->invocation->options.until;
    *until_us_out = whatif->last_us;
    if (until != NULL && whatif_only_redecides(whatif))
        return command_fail(EXIT_USAGE, NULL, "--until goes with --charter or --calendar");
    int code = scratch_until(until, whatif_zone(whatif), until_us_out);
    return code != 0 || *until_us_out >= whatif->last_us
               ? code
               : command_fail(EXIT_USAGE, NULL, "--until %s lies before the journal's last entry", until);
}

static int whatif_end(struct whatif *whatif)
{
    int64_t until_us;
    int code = whatif_until(whatif, &until_us);
    if (code == 0 && !whatif_only_redecides(whatif))
        code = whatif_redecide(whatif);
    if (code == 0)
        code = whatif_side_end(whatif, &whatif->before, until_us);
    if (code != 0 || whatif_only_redecides(whatif))
        return code;
    if (whatif_notices(whatif, until_us) != 0)
        return EXIT_FAILED;
    whatif->last_us = until_us;
    return whatif_side_end(whatif, &whatif->after, until_us);
}

/* ---- the answer ---- */

static int whatif_unknown(struct whatif *whatif)
{
    struct text name =
        whatif->other.charter != NULL ? whatif->other.charter->name : whatif->other.calendar->name;
    struct buffer hint;
    char text[WHATIF_TEXT_BYTES];
    buffer_open(&hint, WHATIF_TEXT_BYTES);
    for (size_t i = 0; i < whatif->names_count; i++)
        buffer_printf(&hint, "%s%.*s", i > 0 ? ", " : "it adopts: ", TEXT_PRINT(whatif->names[i]));
    snprintf(text, sizeof text, "%.*s", TEXT_PRINT(buffer_text(&hint)));
    buffer_close(&hint);
    if (whatif->other.version > 0)
        return command_fail(EXIT_USAGE, NULL, "the journal adopts %.*s %llu time%s", TEXT_PRINT(name),
                            (unsigned long long)whatif->other.adoptions, PLURAL(whatif->other.adoptions));
    return command_fail(EXIT_USAGE, whatif->names_count > 0 ? text : NULL,
                        "the journal never adopts %.*s: nothing would be otherwise", TEXT_PRINT(name));
}

static void whatif_heading(const struct whatif *whatif)
{
    const struct whatif_other *other = &whatif->other;
    char from[CIVIL_TEXT_BYTES], to[CIVIL_TEXT_BYTES];
    int zone = whatif_zone(whatif);
    printf("%llu report%s, %s to %s: ", (unsigned long long)whatif->reports, PLURAL(whatif->reports),
           civil_format_date(civil_day_of(whatif->first_us, zone), from),
           civil_format_date(civil_day_of(whatif->last_us, zone), to));
    if (whatif_only_redecides(whatif)) {
        puts("as the journal has it, and as this program decides now");
        return;
    }
    printf("%.*s%s%.*s as adopted, and as given%s\n",
           TEXT_PRINT(other->charter != NULL ? other->charter->name : TEXT("")),
           other->charter != NULL && other->calendar != NULL ? " and calendar " : "",
           TEXT_PRINT(other->calendar != NULL ? other->calendar->name : TEXT("")),
           other->version > 0 ? " in place of that version" : "");
}

/* So that nobody takes the program's change for the charter's. */
static void whatif_warn(const struct whatif *whatif)
{
    if (whatif->redecided.count > 0)
        fprintf(stderr,
                "note: under the charters as adopted this program comes to %zu thing%s otherwise than the "
                "journal has them (listed last); both sides compared here are what it decides now\n",
                whatif->redecided.count, PLURAL(whatif->redecided.count));
    if (whatif->left_out > 0)
        fprintf(stderr, "note: %llu delivery report%s %s left out: they name notifications by number\n",
                (unsigned long long)whatif->left_out, PLURAL(whatif->left_out), PLURAL_BE(whatif->left_out));
    if (whatif->other.charter != NULL && whatif->other.version == 0 &&
        whatif->other.charter->effective_day > civil_day_of(whatif->first_us, whatif->other.charter->zone))
        fprintf(stderr, "note: the charter as given holds only from its effective day on; before that the "
                        "reports find none in force (--version N replaces one version)\n");
}

static void whatif_print_redecided(struct whatif *whatif)
{
    if (whatif->redecided.count == 0)
        return;
    puts("\ndecided otherwise than the journal has it, under the charters as adopted (before: the journal; "
         "after: this program)");
    differences_print_tables(&whatif->arena, &whatif->redecided);
}

static int whatif_print(struct whatif *whatif)
{
    const struct options *options = &whatif->invocation->options;
    struct difference *found;
    bool only = whatif_only_redecides(whatif);
    struct differences differences = {.before = only ? whatif->journal : whatif->before.facts,
                                      .after = only ? whatif->before.facts : whatif->after.facts,
                                      .charter = whatif->other.charter != NULL ? whatif->other.charter->name
                                                                               : TEXT("")};
    differences.count = facts_compare(&whatif->arena, differences.before, differences.after, &found);
    differences.at = found;
    whatif_warn(whatif);
    if (options->json) {
        printf("{\"reports\":%llu,\"redecided\":%zu,\n", (unsigned long long)whatif->reports,
               only ? differences.count : whatif->redecided.count);
        differences_print_json_list(&whatif->arena, "redecisions", only ? &differences : &whatif->redecided);
        puts(",");
        differences_print_json(&whatif->arena, &differences);
        puts("}");
    } else if (options->csv)
        differences_print_csv(&whatif->arena, &differences, NULL);
    else {
        whatif_heading(whatif);
        differences_print(&whatif->arena, &differences);
        if (differences.count == 0)
            puts("nothing is otherwise");
        whatif_print_redecided(whatif);
    }
    return differences.count == 0 ? EXIT_DONE : EXIT_NEGATIVE;
}

/* ---- the frame ---- */

static int whatif_side_open(struct whatif *whatif, struct whatif_side *side, const char *folder,
                            const char *name)
{
    struct complaint complaint;
    struct world_options options = {.directory = arena_printf(&whatif->arena, "%s/%s", folder, name).at};
    side->facts = facts_open();
    return world_open(&options, &side->world, &complaint) == 0
               ? 0
               : command_fail(EXIT_FAILED, NULL, "%s: %s", complaint.place, complaint.message);
}

static void whatif_side_close(struct whatif_side *side)
{
    if (side->world != NULL)
        world_close(side->world);
    if (side->facts != NULL)
        facts_close(side->facts);
}

static int whatif_worlds(struct whatif *whatif, const char *folder)
{
    int code = whatif_side_open(whatif, &whatif->before, folder, "before");
    if (code == 0)
        code = whatif_side_open(whatif, &whatif->after, folder, "after");
    if (code == 0)
        code = whatif_scan(whatif);
    if (code == 0 && whatif->other.replaced == 0 && !whatif_only_redecides(whatif))
        code = whatif_unknown(whatif);
    if (code == 0)
        code = whatif_end(whatif);
    if (code == 0)
        code = whatif_print(whatif);
    whatif_side_close(&whatif->before);
    whatif_side_close(&whatif->after);
    return code;
}

int whatif_run(struct invocation *invocation)
{
    struct whatif *whatif = memory_alloc(sizeof *whatif);
    const char *folder;
    *whatif = (struct whatif){.invocation = invocation,
                              .other.known_day = INT32_MIN,
                              .first_us = CIVIL_NEVER_US,
                              .last_us = CIVIL_NEVER_US,
                              .journal = facts_open(),
                              .now = facts_open()};
    arena_open(&whatif->arena, WHATIF_BYTES_MAX);
    arena_open(&whatif->entry, ARENA_BYTES_MAX);
    int code = whatif_read(whatif);
    if (code == 0)
        code = scratch_open(&whatif->arena, &folder);
    if (code == 0) {
        code = whatif_worlds(whatif, folder);
        if (scratch_close(folder) != 0)
            code = EXIT_FAILED;
    }
    facts_close(whatif->journal);
    facts_close(whatif->now);
    arena_close(&whatif->entry);
    arena_close(&whatif->arena);
    free(whatif);
    return code;
}
