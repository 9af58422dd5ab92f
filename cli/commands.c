/* commands.c - the table of dubanctl's commands. */
#include <stddef.h>

#include "cli/command.h"
#include "cli/import/import.h"
#include "cli/local.h"
#include "cli/operate.h"
#include "cli/publish.h"
#include "cli/simulate/simulate.h"
#include "cli/simulate/whatif.h"
#include "cli/tail.h"
#include "cli/views.h"

#define QUERY_OPTIONS OPTION_JSON, OPTION_ROWS, OPTION_ENDPOINT, OPTION_TIMEOUT
/* What the ledger answers may be asked of any moment, and of a journal's folder. */
#define MOMENT_OPTIONS                                                                                       \
    OPTION("as-of", OPTION_TEXT, "TIME", as_of,                                                              \
           "as it was then: an instant, a day: its end, or now (default)"),                                  \
        OPTION("known", OPTION_TEXT, "TIME", known,                                                          \
               "as far as it was known then, or now (default: as it was known at --as-of)"),                 \
        OPTION("journal", OPTION_TEXT, "DIR", directory,                                                     \
               "from this journal's folder instead of the broker's ledger")
#define LEDGER_OPTIONS      OPTION_CSV, MOMENT_OPTIONS, QUERY_OPTIONS
#define OPTION_COUNTS       OPTION("count", OPTION_FLAG, NULL, counts, "only how many there are")
#define LIST_OPTIONS        OPTION_COUNTS, OPTION_CHARTER, LEDGER_OPTIONS
#define OPTION_STATE(words) OPTION("state", OPTION_TEXT, "STATE", state, "only in this state: " words)
#define OPTION_UNIT(help)   OPTION("unit", OPTION_TEXT, "UNIT", unit, help)
#define OPTION_BODY(help)   OPTION("body", OPTION_TEXT, "BODY", body, help)
#define OPTION_POST(help)   OPTION("post", OPTION_TEXT, "POST", post, help)
#define OPTION_PERIOD       OPTION("period", OPTION_TEXT, "PERIOD", period, "only of this period")
#define OPTION_ISSUE        OPTION("issue", OPTION_TEXT, "ID", issue, "only of this issue")
#define OPTION_MEETING      OPTION("meeting", OPTION_TEXT, "ID", meeting, "only of this meeting")
#define OPTION_INSPECTION   OPTION("inspection", OPTION_TEXT, "ID", inspection, "only of this inspection")
#define OPTION_ROUTINE      OPTION("routine", OPTION_TEXT, "ID", routine, "only of this recurring duty")

static const struct option_spec options_none[] = {OPTION_END};
static const struct option_spec options_json[] = {OPTION_JSON, OPTION_END};
static const struct option_spec options_query[] = {QUERY_OPTIONS, OPTION_END};
static const struct option_spec options_list[] = {LIST_OPTIONS, OPTION_END};
static const struct option_spec options_unit_query[] = {OPTION_UNIT("only this unit"), LIST_OPTIONS,
                                                        OPTION_END};
static const struct option_spec options_charters[] = {OPTION_COUNTS, LEDGER_OPTIONS, OPTION_END};
static const struct option_spec options_ledger[] = {LEDGER_OPTIONS, OPTION_END};
static const struct option_spec options_reach[] = {OPTION_JSON, OPTION_ENDPOINT, OPTION_TIMEOUT, OPTION_END};
static const struct option_spec options_publish[] = {
    OPTION("subject", OPTION_TEXT, "ID", subject, "what it is about (or subject=ID)"),
    OPTION("charter", OPTION_TEXT, "NAME", charter, "under which charter (or charter=NAME)"),
    OPTION("actor", OPTION_TEXT, "POST", actor, "who acts: a post or unit (or actor=POST)"),
    OPTION("source", OPTION_TEXT, "URI", source, "where it comes from (default /dubanctl)"),
    OPTION("id", OPTION_TEXT, "ID", id,
           "the event's id; publishing it again is harmless (default: a new one)"),
    OPTION("time", OPTION_TEXT, "TIME", time, "when it happened (default: not said)"),
    OPTION("wait", OPTION_FLAG, NULL, wait,
           "wait for the verdict and print it; exit code 1 if it is a refusal"),
    OPTION("json", OPTION_FLAG, NULL, json,
           "read CloudEvents JSON, a line each, from the file named or - ; with a TYPE: print JSON"),
    OPTION("quiet", OPTION_FLAG, NULL, quiet, "print refusals only"),
    OPTION_ENDPOINT,
    OPTION_TIMEOUT,
    OPTION_END};
static const struct option_spec options_tail[] = {
    OPTION("from", OPTION_TEXT, "SEQ", from,
           "begin at this sequence number (1: the oldest; default, as with 0: what is new)"),
    OPTION("type", OPTION_TEXT, "PREFIX", type, "only types that begin so: issue, or issue,task"),
    OPTION_CHARTER,
    OPTION("subject", OPTION_TEXT, "ID", subject, "only what is about this"),
    OPTION("stop", OPTION_FLAG, NULL, stop, "stop at the journal's present end instead of waiting for more"),
    OPTION("journal", OPTION_TEXT, "DIR", directory, "all of this journal's folder, without a broker"),
    OPTION_JSON,
    OPTION_ROWS,
    OPTION_ENDPOINT,
    OPTION_TIMEOUT,
    OPTION_END};
static const struct option_spec options_issues[] = {
    OPTION_STATE("coordinating, decided, solving, settled or closed"),
    OPTION("level", OPTION_TEXT, "LEVEL", level, "only at this level"),
    OPTION("area", OPTION_TEXT, "AREA", area, "only of this area"),
    OPTION_UNIT("only those that concern this unit"),
    OPTION_BODY("only those that are with this body"),
    OPTION("class", OPTION_TEXT, "CLASS", class, "only of this class"),
    OPTION("group", OPTION_TEXT, "GROUP", group, "only those on which this group worked last"),
    OPTION("tag", OPTION_LIST, "KEY=VALUE", tags, "only with this tag; may be repeated"),
    OPTION("overdue", OPTION_FLAG, NULL, overdue, "only those that are late and not resolved"),
    OPTION("raised", OPTION_TEXT, "FROM..TO", raised, "only raised then; either end may be left out"),
    OPTION("settled", OPTION_TEXT, "FROM..TO", settled, "only settled then; either end may be left out"),
    LIST_OPTIONS,
    OPTION_END};
static const struct option_spec options_tasks[] = {
    OPTION_STATE("assigned, accepted, done-reported, closed or dropped"), OPTION_UNIT("only of this unit"),
    OPTION_ISSUE, LIST_OPTIONS, OPTION_END};
static const struct option_spec options_deadlines[] = {
    OPTION_STATE("open, reached, kept, missed or replaced"),
    OPTION("owner", OPTION_TEXT, "ROLE", owner, "only those that this role set"),
    OPTION("subject", OPTION_TEXT, "ID", subject, "only of this issue or task"),
    OPTION("for", OPTION_TEXT, "LABEL", label, "only those for this: a level, resolution, task"),
    LIST_OPTIONS,
    OPTION_END};
static const struct option_spec options_duties[] = {
    OPTION_STATE("open, met, missed or ended"),
    OPTION("kind", OPTION_TEXT, "KIND", kind, "only meetings or only filings: meeting, filing"),
    OPTION_BODY("only what this body owes"),
    OPTION_ROUTINE,
    LIST_OPTIONS,
    OPTION_END};
static const struct option_spec options_meetings[] = {
    OPTION_STATE("scheduled, dropped or held"), OPTION_BODY("only of this body"), LIST_OPTIONS, OPTION_END};
static const struct option_spec options_topics[] = {
    OPTION_STATE("submitted, accepted or returned"),   OPTION_MEETING, OPTION_ISSUE,
    OPTION_UNIT("only those that this unit proposed"), LIST_OPTIONS,   OPTION_END};
static const struct option_spec options_filings[] = {OPTION_BODY("only what this body filed"), OPTION_ROUTINE,
                                                     LIST_OPTIONS, OPTION_END};
static const struct option_spec options_items[] = {
    OPTION("state", OPTION_TEXT, "STATE", state, "only in this state: open, closed and the like"),
    OPTION("origin", OPTION_TEXT, "ORIGIN", origin,
           "only from there: decision, coordination, document, handed-down or finding"),
    OPTION_UNIT("only those that this unit has to do"),
    OPTION_POST("only those that this post supervises"),
    OPTION_ISSUE,
    OPTION_MEETING,
    OPTION_INSPECTION,
    LIST_OPTIONS,
    OPTION_END};
static const struct option_spec options_inspections[] = {
    OPTION("coverage", OPTION_FLAG, NULL, coverage, "each unit instead: inspected, planned or not planned"),
    OPTION_STATE("planned or reported"),
    OPTION_UNIT("only of this unit"),
    OPTION_PERIOD,
    OPTION_POST("only by this post"),
    LIST_OPTIONS,
    OPTION_END};
static const struct option_spec options_findings[] = {OPTION_UNIT("only about this unit"), OPTION_INSPECTION,
                                                      LIST_OPTIONS, OPTION_END};
static const struct option_spec options_checks[] = {
    OPTION("kind", OPTION_TEXT, "KIND", kind, "only these: selfcheck or check"),
    OPTION_UNIT("only of this unit"), OPTION_PERIOD, LIST_OPTIONS, OPTION_END};
static const struct option_spec options_scores[] = {OPTION_PERIOD,
                                                    OPTION_UNIT("only of this unit"),
                                                    OPTION_POST("only of this post"),
                                                    OPTION_STATE("current (default) or superseded"),
                                                    LIST_OPTIONS,
                                                    OPTION_END};
static const struct option_spec options_notifications[] = {
    OPTION_STATE("queued, sent, delivered, failed or silenced"),
    OPTION_POST("only those of this post"),
    OPTION("channel", OPTION_TEXT, "CHANNEL", channel, "only by this channel"),
    OPTION("subject", OPTION_TEXT, "ID", subject, "only about this"),
    LIST_OPTIONS,
    OPTION_END};
static const struct option_spec options_figures[] = {
    OPTION_CHARTER,
    OPTION("of", OPTION_TEXT, "WHAT", of,
           "grouped by area (default), unit, level, class, group, tag:KEY, month or all"),
    OPTION("min", OPTION_COUNT, "N", least, "only groups with so many resolved cases that had a deadline"),
    LEDGER_OPTIONS, OPTION_END};
static const struct option_spec options_measures[] = {
    OPTION_CHARTER,
    OPTION("what", OPTION_TEXT, "WHAT", what,
           "durations (default), gaps, moves, returns, reopened, reminders, activities, groups, persons or "
           "tags"),
    OPTION("calendar", OPTION_TEXT, "NAME", calendar, "in working time of this calendar"), LEDGER_OPTIONS,
    OPTION_END};
static const struct option_spec options_why[] = {
    OPTION("type", OPTION_TEXT, "PREFIX", type, "only conclusions of this type"), LEDGER_OPTIONS, OPTION_END};
static const struct option_spec options_events[] = {
    OPTION_JSON,
    OPTION("markdown", OPTION_FLAG, NULL, markdown, "print the tables of PROTOCOL.md: types, fields, codes"),
    OPTION_END};
static const struct option_spec options_adopt[] = {
    OPTION("time", OPTION_TEXT, "TIME", time, "when it was adopted (default: not said)"),
    OPTION("dry-run", OPTION_FLAG, NULL, dry_run,
           "publish nothing: print what it would mean for each open issue, deadline and duty"),
    OPTION("journal", OPTION_TEXT, "DIR", directory,
           "with --dry-run: take the present from this journal's folder instead of the broker"),
    OPTION_JSON,
    OPTION("csv", OPTION_FLAG, NULL, csv, "with --dry-run: print comma-separated values"),
    OPTION_ENDPOINT,
    OPTION_TIMEOUT,
    OPTION_END};
static const struct option_spec options_calendar_adopt[] = {
    OPTION("known", OPTION_TEXT, "DATE", known, "only notices published by that day"),
    OPTION("after", OPTION_TEXT, "DATE", after,
           "only notices published after that day, and not the calendar itself"),
    OPTION("time", OPTION_TEXT, "TIME", time, "when they became known here (default: not said)"),
    OPTION_JSON,
    OPTION_ENDPOINT,
    OPTION_TIMEOUT,
    OPTION_END};
static const struct option_spec options_due[] = {
    OPTION("calendar", OPTION_TEXT, "NAME", calendar, "a calendar by name or file (default cn)"),
    OPTION("from", OPTION_TEXT, "DATE", from,
           "the day, or instant, from which the limit runs (default: now)"),
    OPTION("add", OPTION_TEXT, "AMOUNT", add,
           "15wd (working days), 30d (days), 3m (months), 8h (working hours)"),
    OPTION("by", OPTION_TEXT, "DATE", by, "instead of --add: 2018-12-31, or the end of 2018-12 or of 2018"),
    OPTION("roll", OPTION_TEXT, "HOW", roll, "none, back or on, when the last day does not work"),
    OPTION("until", OPTION_TEXT, "WHEN", until, "day-end (default) or same-time"),
    OPTION("known", OPTION_TEXT, "DATE", known, "as known on that day: later notices do not count"),
    OPTION("why", OPTION_FLAG, NULL, why, "print the arithmetic too"),
    OPTION_JSON,
    OPTION_END};
static const struct option_spec options_simulate[] = {
    OPTION("charter", OPTION_LIST, "FILE", charters, "a charter by name or file; may be repeated"),
    OPTION("calendar", OPTION_LIST, "FILE", calendars,
           "a calendar by name or file (default: those that the charters name)"),
    OPTION("reports", OPTION_TEXT, "FILE", reports,
           "CloudEvents JSON, a line each (default: standard input)"),
    OPTION("until", OPTION_TEXT, "TIME", until,
           "let time run on to this day or instant (default: the last report)"),
    OPTION_JSON,
    OPTION_END};
static const struct option_spec options_whatif[] = {
    OPTION("journal", OPTION_TEXT, "DIR", directory,
           "the journal's folder, in use or a copy (default: this installation's)"),
    OPTION("charter", OPTION_TEXT, "FILE", charter,
           "holds instead of the charter of that name, from its first adoption on"),
    OPTION("version", OPTION_TEXT, "N", version,
           "replaces only the Nth adoption of the charter (default: all)"),
    OPTION("calendar", OPTION_TEXT, "FILE", calendar,
           "instead of the calendar of that name; its notices become known on their days"),
    OPTION("until", OPTION_TEXT, "TIME", until,
           "let time run on to this day or instant (default: the journal's last entry)"),
    OPTION_JSON,
    OPTION_CSV,
    OPTION_END};
static const struct option_spec options_import[] = {
    OPTION("map", OPTION_TEXT, "FILE", map, "what the rows say in duban's words (docs/import.md)"),
    OPTION("dry-run", OPTION_FLAG, NULL, dry_run, "count the reports by type and send none"),
    OPTION("strict", OPTION_FLAG, NULL, strict, "send nothing if a row or report is wrong"),
    OPTION("journal", OPTION_TEXT, "DIR", directory,
           "run the reports through all roles on a virtual clock, into this journal folder"),
    OPTION("charter", OPTION_LIST, "FILE", charters,
           "with --journal: a charter by name or file; may be repeated"),
    OPTION("calendar", OPTION_LIST, "FILE", calendars,
           "with --journal: a calendar by name or file (default: those that the charters name)"),
    OPTION("until", OPTION_TEXT, "TIME", until,
           "with --journal: let time run on to this day or instant (default: the last report)"),
    OPTION("publish", OPTION_FLAG, NULL, publish, "send the reports to a running broker with a replay clock"),
    OPTION("live", OPTION_FLAG, NULL, live,
           "what is new but of the past counts as of now: on a live clock, or in a journal that has gone on"),
    OPTION_ENDPOINT,
    OPTION_TIMEOUT,
    OPTION_END};
static const struct option_spec options_verify[] = {
    OPTION("journal", OPTION_TEXT, "DIR", directory, "the journal's folder (default: this installation's)"),
    OPTION_JSON, OPTION_END};

const struct command commands[] = {
    {"publish", "TYPE KEY=VALUE… | --json FILE|-",
     "publish events; a list of maps is JSON: 'items=[{\"title\": \"…\"}]'", options_publish, 0,
     POSITIONALS_MAX, publish_run},
    {"tail", "", "print the journal as it grows", options_tail, 0, 0, tail_run},
    {"issues", "", "list issues", options_issues, 0, 0, view_issues},
    {"tasks", "", "list tasks", options_tasks, 0, 0, view_tasks},
    {"deadlines", "", "list deadlines, the next first", options_deadlines, 0, 0, view_deadlines},
    {"duties", "", "list occurrences of what recurs: meetings and filings", options_duties, 0, 0,
     view_duties},
    {"meetings", "", "list meetings with their minutes", options_meetings, 0, 0, view_meetings},
    {"topics", "", "list topics of meetings", options_topics, 0, 0, view_topics},
    {"filings", "", "list what bodies filed", options_filings, 0, 0, view_filings},
    {"items", "", "list what is supervised", options_items, 0, 0, view_items},
    {"inspections", "", "the inspection plan, or which units it covers", options_inspections, 0, 0,
     view_inspections},
    {"findings", "", "list what inspections found", options_findings, 0, 0, view_findings},
    {"checks", "", "list self-checks and examiners' scores", options_checks, 0, 0, view_checks},
    {"scores", "", "list published evaluations", options_scores, 0, 0, view_scores},
    {"notifications", "", "list who was told what, and how that went", options_notifications, 0, 0,
     view_notifications},
    {"units", "", "list units with what they owe", options_unit_query, 0, 0, view_units},
    {"posts", "", "list posts and who holds them", options_list, 0, 0, view_posts},
    {"figures", "", "on time and late, ranked; or month by month", options_figures, 0, 0, view_figures},
    {"measures", "", "durations, silent gaps, moves, reminders, work", options_measures, 0, 0, view_measures},
    {"bulletins", "[ID]", "list bulletins, or print one", options_list, 0, 1, view_bulletins},
    {"show", "SUBJECT", "the timeline of an issue or task", options_ledger, 1, 1, view_show},
    {"why", "SUBJECT", "each conclusion about it: rule, clause, inputs, arithmetic", options_why, 1, 1,
     view_why},
    {"events", "[PREFIX]", "the table of event types and their fields", options_events, 0, 1, local_events},
    {"charters", "", "list the charters and their versions", options_charters, 0, 0, view_charters},
    {"charter lint", "FILE [OLDER]",
     "check a charter: errors with line, column and the nearest known name; against an older version: what "
     "it would lose",
     options_json, 1, 2, local_charter_lint},
    {"charter show", "NAME", "print a charter as the program understands it", options_json, 1, 1,
     local_charter_show},
    {"charter adopt", "FILE", "put a charter in force", options_adopt, 1, 1, local_charter_adopt},
    {"calendar adopt", "FILE", "publish a working calendar and its notices", options_calendar_adopt, 1, 1,
     local_calendar_adopt},
    {"due", "", "compute a due date: working days, holidays, make-up days", options_due, 0, 0, local_due},
    {"simulate", "", "run reports through all roles on a virtual clock: the whole journal out",
     options_simulate, 0, 0, simulate_run},
    {"whatif", "", "the same reports under another charter: what would have been otherwise", options_whatif,
     0, 0, whatif_run},
    {"import", "[TABLE=]FILE…", "logs of other systems as reports, by a map", options_import, 1,
     POSITIONALS_MAX, import_run},
    {"status", "", "the broker and its workers", options_query, 0, 0, view_status},
    {"sessions", "", "who is connected", options_query, 0, 0, view_sessions},
    {"verify", "", "check a journal's hash chain", options_verify, 0, 0, local_verify},
    {"rebuild", "ROLE", "make a worker's state anew from the journal", options_reach, 1, 1, operate_rebuild},
    {"advance", "TIME", "move a replay clock on", options_reach, 1, 1, operate_advance},
    {"limits", "", "the table of limits and their reasons", options_json, 0, 0, local_limits},
    {"completion", "", "print a bash completion script", options_none, 0, 0, command_completion},
    {NULL, NULL, NULL, NULL, 0, 0, NULL}};
