/* local.c - see local.h. */
#include "cli/local.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/loop.h"
#include "cli/adopt.h"
#include "cli/plural.h"
#include "cli/publish.h"
#include "cli/simulate/rehearse.h"
#include "cli/table.h"
#include "config/settings.h"
#include "daemon/journal.h"
#include "proto/wire.h"

/* ---- the table of events ---- */

static void events_uses_print(const struct field_use *uses)
{
    for (; uses->field != FIELD_COUNT_OF_ALL; uses++)
        printf(" %s%s", field_specs[uses->field].name, uses->needed ? "" : "?");
}

/* [{"name":…,"kind":…,"required":…}]; what maps have is no list of maps again. */
static void events_uses_json(const struct field_use *uses)
{
    for (const struct field_use *use = uses; use->field != FIELD_COUNT_OF_ALL; use++) {
        const struct field_spec *spec = &field_specs[use->field];
        printf("%s{\"name\":\"%s\",\"kind\":\"%s\",\"required\":%s", use == uses ? "" : ",", spec->name,
               kind_name(spec->kind), use->needed ? "true" : "false");
        if (spec->shape != NULL) {
            fputs(",\"each\":[", stdout);
            events_uses_json(spec->shape);
            putchar(']');
        }
        putchar('}');
    }
}

static void events_type_json(const struct event_type *type)
{
    printf("{\"type\":\"%s\",\"kind\":\"%s\",\"role\":\"%s\",\"fields\":[", type->name,
           type->report ? "report" : "outcome", role_text(type->role));
    events_uses_json(type->uses);
    printf("],\"help\":\"%s\"}\n", type->help);
}

static void events_type_print(const struct event_type *type)
{
    printf("%-22s %-8s %-13s", type->name, type->report ? "report" : "outcome", role_text(type->role));
    events_uses_print(type->uses);
    printf("\n    %s\n", type->help);
}

static void events_field_print(const struct field_spec *spec, const char *indent)
{
    printf("%s%-12s %-6s %lld..%lld  %s\n", indent, spec->name, kind_name(spec->kind), (long long)spec->low,
           (long long)spec->high, spec->help);
}

/* Each field, and below a list of maps what each map has: as JSON writes it, then one by one. */
static void events_fields_print(const struct event_type *type)
{
    for (const struct field_use *use = type->uses; use->field != FIELD_COUNT_OF_ALL; use++) {
        const struct field_use *shape = field_specs[use->field].shape;
        events_field_print(&field_specs[use->field], "    ");
        if (shape == NULL)
            continue;
        printf("        %s: [{", field_specs[use->field].name);
        for (const struct field_use *of = shape; of->field != FIELD_COUNT_OF_ALL; of++)
            printf("%s%s%s", of == shape ? "" : ", ", field_specs[of->field].name, of->needed ? "" : "?");
        fputs("}, …]\n", stdout);
        for (const struct field_use *of = shape; of->field != FIELD_COUNT_OF_ALL; of++)
            events_field_print(&field_specs[of->field], "        ");
    }
}

/* The codes of the wire belong to no type. */
static void events_markdown(struct text prefix)
{
    struct buffer page;
    buffer_open(&page, 1 << 20);
    event_table_markdown(&page, prefix);
    buffer_printf(&page, "\n");
    field_table_markdown(&page, prefix);
    if (prefix.bytes == 0) {
        buffer_printf(&page, "\n");
        wire_code_markdown(&page);
    }
    printf("%.*s", TEXT_PRINT(buffer_text(&page)));
    buffer_close(&page);
}

static void events_print(const struct event_type *type, struct text prefix, bool json)
{
    if (json) {
        events_type_json(type);
        return;
    }
    events_type_print(type);
    if (text_is(prefix, type->name))
        events_fields_print(type);
}

int local_events(struct invocation *invocation)
{
    struct text prefix = text_from(invocation->positionals_count > 0 ? invocation->positionals[0] : NULL);
    size_t shown = 0;
    for (size_t i = 0; i < EVENT_KIND_COUNT; i++) {
        if (!text_starts_with(text_from(event_types[i].name), prefix))
            continue;
        shown++;
        if (!invocation->options.markdown)
            events_print(&event_types[i], prefix, invocation->options.json);
    }
    if (shown > 0 && invocation->options.markdown)
        events_markdown(prefix);
    return shown > 0 ? EXIT_DONE
                     : command_fail(EXIT_NEGATIVE, "`dubanctl events` lists all",
                                    "no event type begins with `%s`", prefix.at);
}

int local_limits(struct invocation *invocation)
{
    for (unsigned i = 0; i < limits_count; i++)
        printf(invocation->options.json
                   ? "{\"name\":\"%s\",\"value\":%lld,\"unit\":\"%s\",\"reason\":\"%s\"}\n"
                   : "%-20s %12lld %-14s %s\n",
               limits_table[i].name, limits_table[i].value, limits_table[i].unit, limits_table[i].reason);
    return EXIT_DONE;
}

/* ---- charters ---- */

bool local_findings_print(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->at[i];
        fprintf(stderr, "%.*s:%d:%d: %s: %.*s%s%.*s\n", TEXT_PRINT(findings->file), finding->place.line,
                finding->place.column, finding->severity == SEVERITY_ERROR ? "error" : "warning",
                TEXT_PRINT(finding->path), finding->path.bytes > 0 ? ": " : "", TEXT_PRINT(finding->message));
    }
    if (findings->left_out > 0)
        fprintf(stderr, "%.*s: and %zu more\n", TEXT_PRINT(findings->file), findings->left_out);
    return findings->errors > 0;
}

/* A line each, on standard output: place, result (error or warning), rule (the path in the file), reason. */
static bool local_findings_json(struct arena *arena, const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->at[i];
        struct doc *row = doc_new(arena);
        doc_printf(row, FIELD_PLACE, "%.*s:%d:%d", TEXT_PRINT(findings->file), finding->place.line,
                   finding->place.column);
        doc_set_text(row, FIELD_RESULT,
                     finding->severity == SEVERITY_ERROR ? TEXT("error") : TEXT("warning"));
        if (finding->path.bytes > 0)
            doc_set_text(row, FIELD_RULE, finding->path);
        doc_set_text(row, FIELD_REASON, finding->message);
        table_print_json(arena, &row, 1);
    }
    return findings->errors > 0;
}

/* The second file is an older version: what the first one would lose of it. */
static int charter_read_older(struct invocation *invocation, struct text source,
                              const struct charter *charter, struct findings *findings)
{
    struct arena *arena = &invocation->arena;
    struct findings *own = arena_alloc(arena, sizeof *own);
    struct complaint complaint;
    struct charter_version older = {0}, newer = {.charter = charter, .text = source};
    struct text path = adopt_path(arena, "charters", invocation->positionals[1]);
    if (adopt_read_charter(arena, path.at, own, &older.text, &older.charter, &complaint) != 0)
        return command_fail(EXIT_USAGE, "give the file of an older version", "%s: %s", complaint.place,
                            complaint.message);
    if (older.charter == NULL)
        return (void)local_findings_print(own), EXIT_NEGATIVE;
    charter_compare(&older, &newer, findings);
    return 0;
}

/* Findings go to standard error, or with --json to standard output; quiet: only if there are errors. */
static int charter_read(struct invocation *invocation, struct text *source_out,
                        const struct charter **charter_out, bool quiet)
{
    struct arena *arena = &invocation->arena;
    struct findings *findings = arena_alloc(arena, sizeof *findings);
    struct complaint complaint;
    struct text path = adopt_path(arena, "charters", invocation->positionals[0]);
    if (adopt_read_charter(arena, path.at, findings, source_out, charter_out, &complaint) != 0)
        return command_fail(EXIT_USAGE, "give a file, or the name of a charter that is installed", "%s: %s",
                            complaint.place, complaint.message);
    if (invocation->positionals_count > 1 && *charter_out != NULL) {
        int code = charter_read_older(invocation, *source_out, *charter_out, findings);
        if (code != 0)
            return code;
    }
    if (quiet && findings->errors == 0)
        return 0;
    bool errors = invocation->options.json && !invocation->options.dry_run
                      ? local_findings_json(arena, findings)
                      : local_findings_print(findings);
    return errors || *charter_out == NULL ? EXIT_NEGATIVE : 0;
}

int local_charter_lint(struct invocation *invocation)
{
    struct text source;
    const struct charter *charter = NULL;
    int code = charter_read(invocation, &source, &charter, false);
    if (code == 0 && !invocation->options.json)
        printf("%.*s: %zu unit%s, %zu bod%s, %zu level%s, %zu post%s: no errors\n", TEXT_PRINT(charter->name),
               charter->units_count, PLURAL(charter->units_count), charter->bodies_count,
               charter->bodies_count == 1 ? "y" : "ies", charter->levels_count, PLURAL(charter->levels_count),
               charter->posts_count, PLURAL(charter->posts_count));
    return code;
}

static void charter_show_names(const char *label, struct names names)
{
    if (names.count == 0)
        return;
    printf("      %-12s ", label);
    for (size_t i = 0; i < names.count; i++)
        printf("%s%.*s", i > 0 ? "、" : "", TEXT_PRINT(names.at[i]));
    putchar('\n');
}

static void charter_show_level(const struct level *level)
{
    printf("  %.*s %.*s  limit %.*s%s\n", TEXT_PRINT(level->id), TEXT_PRINT(level->name),
           TEXT_PRINT(level->limit_text),
           level->limit_rule_place.is_default ? " (default: the document names none)" : "");
    for (size_t i = 0; i < level->needs_count; i++)
        printf("      up needs %-10s %.*s  %.*s\n", need_text(level->needs[i].kind),
               TEXT_PRINT(level->needs[i].rule.clause), TEXT_PRINT(level->needs[i].rule.place));
}

static void charter_show_document(const struct charter *charter)
{
    char day[CIVIL_TEXT_BYTES];
    printf("%.*s  %.*s\n%.*s  issued %s  calendar %.*s\n", TEXT_PRINT(charter->name),
           TEXT_PRINT(charter->title), TEXT_PRINT(charter->document_number),
           civil_format_date(charter->issued_day, day), TEXT_PRINT(charter->calendar));
    for (size_t i = 0; i < charter->adoptions_count; i++) {
        const struct adoption *adoption = &charter->adoptions[i];
        printf("adopted by %.*s%s%.*s%s%s\n", TEXT_PRINT(adoption->meeting),
               adoption->body.bytes > 0 ? "  " : "", TEXT_PRINT(adoption->body),
               adoption->on_day != INT32_MIN ? "  on " : "",
               adoption->on_day != INT32_MIN ? civil_format_date(adoption->on_day, day) : "");
    }
}

int local_charter_show(struct invocation *invocation)
{
    struct text source;
    const struct charter *charter = NULL;
    int code = charter_read(invocation, &source, &charter, true);
    if (code != 0)
        return code;
    if (invocation->options.json)
        return printf("%.*s\n", TEXT_PRINT(charter_to_json(&invocation->arena, charter))), EXIT_DONE;
    charter_show_document(charter);
    puts("\nlevels");
    for (size_t i = 0; i < charter->levels_count; i++)
        charter_show_level(&charter->levels[i]);
    puts("\nbodies");
    for (size_t i = 0; i < charter->bodies_count; i++) {
        const struct body *body = &charter->bodies[i];
        printf("  %.*s %.*s\n", TEXT_PRINT(body->id), TEXT_PRINT(body->name));
        charter_show_names("heads", body->heads);
        charter_show_names("lead", body->lead_units);
        charter_show_names("responsible", body->responsible_units);
    }
    return EXIT_DONE;
}

/* --time, where given: left out otherwise, so that adopting the same thing again is the same event and not a
 * conflict. */
static int option_time(const char *given, struct event *events, size_t count)
{
    for (size_t i = 0; i < count && given != NULL; i++)
        if (!civil_parse_time(text_from(given), &events[i].time_us, &events[i].time_zone))
            return command_fail(EXIT_USAGE, NULL, "--time: %s is no instant with an offset", given);
    return 0;
}

int local_charter_adopt(struct invocation *invocation)
{
    struct text source;
    struct event event;
    const struct charter *charter = NULL;
    int code = charter_read(invocation, &source, &charter, false);
    if (code != 0)
        return code;
    adopt_charter_event(&invocation->arena, charter, source, &event);
    code = option_time(invocation->options.time, &event, 1);
    if (code != 0)
        return code;
    return invocation->options.dry_run ? rehearse_adoption(invocation, &event, charter->zone)
                                       : publish_events(invocation, &event, 1, true);
}

/* ---- calendars and limits ---- */

/* "give a file, or the name of a calendar that is installed: boston, cn" */
static const char *calendar_hint(struct arena *arena)
{
    static const char end[] = ".yaml";
    struct text folder = arena_printf(arena, "%.*s/calendars", TEXT_PRINT(settings_config_directory(arena)));
    struct text hint = TEXT("give a file, or the name of a calendar that is installed:");
    struct dirent **found = NULL;
    int count = scandir(folder.at, &found, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        struct text name = text_from(found[i]->d_name);
        if (name.bytes > sizeof end - 1 && strcmp(name.at + name.bytes - (sizeof end - 1), end) == 0)
            hint = arena_printf(arena, "%.*s %.*s", TEXT_PRINT(hint), (int)(name.bytes - (sizeof end - 1)),
                                name.at);
        free(found[i]);
    }
    free(found);
    return hint.at;
}

static const struct calendar *calendar_named(struct invocation *invocation, const char *name)
{
    struct findings *findings = arena_alloc(&invocation->arena, sizeof *findings);
    const struct calendar *calendar = NULL;
    struct complaint complaint;
    struct text path = adopt_path(&invocation->arena, "calendars", name);
    if (adopt_read_calendar(&invocation->arena, path.at, findings, &calendar, &complaint) != 0)
        command_fail(EXIT_USAGE, calendar_hint(&invocation->arena), "%s: %s", complaint.place,
                     complaint.message);
    else if (calendar == NULL)
        local_findings_print(findings);
    return calendar;
}

static int option_day(const char *option, const char *given, int32_t fallback, int32_t *day_out)
{
    *day_out = fallback;
    if (given == NULL || civil_parse_date(text_from(given), day_out))
        return 0;
    return command_fail(EXIT_USAGE, NULL, "--%s takes a date from 1900-01-01 to 2200-12-31, not `%s`", option,
                        given);
}

int local_calendar_adopt(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    int32_t known_day, after_day;
    struct event *events;
    const struct calendar *calendar = calendar_named(invocation, invocation->positionals[0]);
    if (calendar == NULL || option_day("known", options->known, INT32_MAX, &known_day) != 0 ||
        option_day("after", options->after, INT32_MIN, &after_day) != 0)
        return EXIT_USAGE;
    size_t count = adopt_calendar_events(&invocation->arena, calendar, after_day, known_day, &events);
    int code = option_time(options->time, events, count);
    return code != 0 ? code : publish_events(invocation, events, count, true);
}

/* The rule that the options spell: --add 15wd, or --by 2018-12-31 --roll back. */
static int due_rule(struct invocation *invocation, struct limit_rule *rule_out)
{
    const struct options *options = &invocation->options;
    struct complaint complaint;
    if ((options->add == NULL) == (options->by == NULL))
        return command_fail(EXIT_USAGE, "dubanctl due --calendar cn --from 2020-01-20 --add 15wd",
                            "give either --add or --by");
    struct text rule =
        arena_printf(&invocation->arena, "%s%s%s%s%s%s", options->by != NULL ? "by " : "",
                     options->by != NULL ? options->by : options->add, options->roll != NULL ? " roll=" : "",
                     options->roll != NULL ? options->roll : "", options->until != NULL ? " until=" : "",
                     options->until != NULL ? options->until : "");
    if (limit_parse(rule, rule_out, &complaint) != 0)
        return command_fail(EXIT_USAGE,
                            "amounts: 15wd (working days), 30d, 3m, 8h; dates: 2018-12-31, 2018-12, 2018",
                            "%s", complaint.message);
    return 0;
}

static int due_start(const char *from, const struct calendar *calendar, int64_t *start_us_out)
{
    int32_t day;
    if (from == NULL)
        *start_us_out = loop_wall_us();
    else if (civil_parse_date(text_from(from), &day))
        *start_us_out =
            civil_start_of_day_us(day, calendar->zone) + (int64_t)calendar->opens * 60 * CIVIL_SECOND_US;
    else if (!civil_parse_time(text_from(from), start_us_out, NULL))
        return command_fail(EXIT_USAGE, "dates are those from 1900-01-01 to 2200-12-31",
                            "--from takes a date or an instant with an offset, not `%s`", from);
    return 0;
}

static void due_print(struct invocation *invocation, const struct calendar *calendar,
                      const struct limit_rule *rule, const struct due *due)
{
    int32_t day = civil_day_of(due->due_us, calendar->zone);
    char date[CIVIL_TEXT_BYTES], instant[CIVIL_TEXT_BYTES];
    civil_format_date(day, date);
    civil_format_time(due->due_us, calendar->zone, instant);
    if (invocation->options.json) {
        struct doc *row = doc_new(&invocation->arena);
        doc_set_text(row, FIELD_LIMIT, limit_format(&invocation->arena, rule));
        doc_set_text(row, FIELD_CALENDAR, calendar->name);
        doc_set_date(row, FIELD_DAY, day);
        doc_set_time(row, FIELD_DUE, due->due_us, calendar->zone);
        doc_set_text(row, FIELD_ARITHMETIC, due->arithmetic);
        doc_set_bool(row, FIELD_PROVISIONAL, due->provisional);
        table_print_json(&invocation->arena, &row, 1);
        return;
    }
    /* a date is the whole day */
    puts(!rule->same_time && due->due_us == civil_end_of_day_us(day, calendar->zone) ? date : instant);
    if (invocation->options.why)
        printf("%.*s%s", TEXT_PRINT(due->arithmetic),
               due->arithmetic.bytes > 0 && due->arithmetic.at[due->arithmetic.bytes - 1] == '\n' ? ""
                                                                                                  : "\n");
    if (due->provisional)
        fprintf(stderr, "dubanctl: the calendar of %d is not announced: counted Monday to Friday there\n",
                due->unannounced_year);
}

int local_due(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    struct limit_rule rule;
    struct due due;
    struct complaint complaint;
    int64_t start_us;
    int32_t known_day;
    const struct calendar *calendar =
        calendar_named(invocation, options->calendar != NULL ? options->calendar : "cn");
    if (calendar == NULL)
        return EXIT_USAGE;
    int code = due_rule(invocation, &rule);
    if (code == 0)
        code = due_start(options->from, calendar, &start_us);
    if (code == 0)
        code = option_day("known", options->known, INT32_MAX, &known_day);
    if (code != 0)
        return code;
    if (limit_due(&invocation->arena, &rule, calendar, start_us, known_day, &due, &complaint) != 0)
        return command_fail(EXIT_USAGE, NULL, "%s", complaint.message);
    if (!due.dated)
        return command_fail(EXIT_NEGATIVE, NULL, "an undated limit has no due date");
    due_print(invocation, calendar, &rule, &due);
    if (options->from != NULL && due.due_us < start_us)
        fprintf(stderr, "dubanctl: that is before --from %s\n", options->from);
    return EXIT_DONE;
}

/* ---- the hash chain ---- */

static void verify_progress(void *context, uint64_t bytes_done, uint64_t bytes_all)
{
    (void)context;
    if (isatty(STDERR_FILENO) && bytes_all > 0)
        fprintf(stderr, "\r%3llu%%", (unsigned long long)(bytes_done * 100 / bytes_all));
}

/* A broker that was named and is not this installation's; NULL: none. */
static const char *local_other_endpoint(const struct invocation *invocation, const struct settings *settings)
{
    const char *named = invocation->options.endpoint;
    if (named == NULL)
        named = getenv("DUBAN_ENDPOINT");
    for (size_t i = 0; named != NULL && i < settings->publisher_endpoints_count; i++)
        if (text_is(settings->publisher_endpoints[i], named))
            return NULL;
    return named != NULL && named[0] != '\0' ? named : NULL;
}

int local_journal_directory(struct invocation *invocation, struct text *directory_out)
{
    struct arena *arena = &invocation->arena;
    struct findings *findings = arena_alloc(arena, sizeof *findings);
    struct settings *settings = arena_alloc(arena, sizeof *settings);
    *directory_out = text_from(invocation->options.directory);
    findings_open(findings, arena, TEXT("duban.yaml"));
    if (directory_out->bytes == 0) {
        if (settings_load(arena, NULL, settings, findings) != 0)
            return local_findings_print(findings), EXIT_USAGE;
        const char *elsewhere = local_other_endpoint(invocation, settings);
        if (elsewhere != NULL)
            return command_fail(EXIT_USAGE, "--journal names the folder of that broker's journal",
                                "%s may be another broker's than the journal in %.*s", elsewhere,
                                TEXT_PRINT(settings->state_directory));
        *directory_out = arena_printf(arena, "%.*s/journal", TEXT_PRINT(settings->state_directory));
    }
    struct text segments = arena_printf(arena, "%.*s/segments", TEXT_PRINT(*directory_out));
    if (access(segments.at, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return command_fail(EXIT_USAGE, "--journal names a journal's folder, which holds `segments`",
                            "there is no journal at %.*s", TEXT_PRINT(*directory_out));
    return 0;
}

int local_verify(struct invocation *invocation)
{
    struct complaint complaint;
    struct journal_verdict verdict;
    char hex[DIGEST_HEX_BYTES];
    struct text directory;
    int code = local_journal_directory(invocation, &directory);
    if (code != 0)
        return code;
    code = journal_verify(directory.at, verify_progress, NULL, &verdict, &complaint);
    if (isatty(STDERR_FILENO))
        fputs("\r    \r", stderr);
    if (code != 0)
        return command_fail(code < 0 ? EXIT_FAILED : EXIT_NEGATIVE, NULL,
                            "the journal in %.*s does not verify: %s%s%s", TEXT_PRINT(directory),
                            complaint.place, complaint.place[0] != '\0' ? ": " : "", complaint.message);
    digest_hex(&verdict.head, hex);
    if (invocation->options.json)
        printf("{\"first\":%llu,\"last\":%llu,\"count\":%llu,\"bytes\":%llu,\"digest\":\"%s\"}\n",
               (unsigned long long)verdict.first, (unsigned long long)verdict.last,
               (unsigned long long)verdict.events, (unsigned long long)verdict.bytes, hex);
    else
        printf("whole: %llu events, #%llu to #%llu, %llu bytes; chain ends in %s; in %.*s\n",
               (unsigned long long)verdict.events, (unsigned long long)verdict.first,
               (unsigned long long)verdict.last, (unsigned long long)verdict.bytes, hex,
               TEXT_PRINT(directory));
    return EXIT_DONE;
}
