/* views.c - the commands that ask the ledger (or the broker) and print rows: one table of views, one
 * function. */
#include "cli/views.h"

#include <stdio.h>

#include "cli/brief.h"
#include "cli/bus.h"
#include "cli/table.h"

struct view {
    const char *command; /* as in commands[] */
    const char *query;
    const char *none;
    enum field positional; /* what the argument is */
    struct column columns[16];
};

static const struct view views[] = {
    {"issues",
     "issues",
     "no such issues",
     FIELD_COUNT_OF_ALL,
     {{FIELD_ID, "issue"},
      {FIELD_STATE, "state"},
      {FIELD_LEVEL, "level"},
      {FIELD_BODY, "body"},
      {FIELD_AREA, "area"},
      {FIELD_CLASS, "class"},
      {FIELD_RAISED, "raised"},
      {FIELD_DUE, "due"},
      {FIELD_MISSED, "missed"},
      {FIELD_HOW, "how"},
      {FIELD_TITLE, "title"}}},
    {"tasks",
     "tasks",
     "no such tasks",
     FIELD_COUNT_OF_ALL,
     {{FIELD_ID, "task"},
      {FIELD_STATE, "state"},
      {FIELD_UNIT, "unit"},
      {FIELD_BY, "by"},
      {FIELD_DUE, "due"},
      {FIELD_PERCENT, "%"},
      {FIELD_MISSED, "missed"},
      {FIELD_ISSUE, "issue"},
      {FIELD_TITLE, "title"}}},
    {"deadlines",
     "deadlines",
     "no such deadlines",
     FIELD_COUNT_OF_ALL,
     {{FIELD_DUE, "due"},
      {FIELD_STATE, "state"},
      {FIELD_LABEL, "for"},
      {FIELD_SUBJECT, "subject"},
      {FIELD_WHO, "who"},
      {FIELD_RUNG, "rung"},
      {FIELD_PROVISIONAL, "provisional"},
      {FIELD_DEADLINE, "deadline"}}},
    {"units",
     "units",
     "no units: adopt a charter",
     FIELD_COUNT_OF_ALL,
     {{FIELD_UNIT, "unit"},
      {FIELD_CHARTER, "charter"},
      {FIELD_OPEN, "open"},
      {FIELD_WITH_DEADLINE, "with deadline"},
      {FIELD_KEPT, "kept"},
      {FIELD_LATE, "late"},
      {FIELD_UNRESOLVED, "unresolved"}}},
    {"figures",
     "figures",
     "no figures",
     FIELD_COUNT_OF_ALL,
     {{FIELD_RANK, "rank"},
      {FIELD_NAME, "name"},
      {FIELD_COUNT, "cases"},
      {FIELD_WITH_DEADLINE, "with deadline"},
      {FIELD_KEPT, "kept"},
      {FIELD_LATE, "late"},
      {FIELD_UNRESOLVED, "unresolved"},
      {FIELD_OVERDUE, "overdue"},
      {FIELD_SHARE, "on time"}}},
    {"posts",
     "posts",
     "no posts: adopt a charter",
     FIELD_COUNT_OF_ALL,
     {{FIELD_POST, "post"},
      {FIELD_TITLE, "title"},
      {FIELD_BODY, "body"},
      {FIELD_UNIT, "unit"},
      {FIELD_SET, "held by"},
      {FIELD_CHARTER, "charter"}}},
    {"charters",
     "charters",
     "no charter is adopted",
     FIELD_COUNT_OF_ALL,
     {{FIELD_NAME, "charter"},
      {FIELD_VERSION, "version"},
      {FIELD_TITLE, "title"},
      {FIELD_RECEIVED, "adopted"},
      {FIELD_SEQ, "event"}}},
    {"bulletins",
     "bulletins",
     "no bulletin is published yet",
     FIELD_COUNT_OF_ALL,
     {{FIELD_BULLETIN, "bulletin"},
      {FIELD_NUMBER, "no."},
      {FIELD_PERIOD, "period"},
      {FIELD_CHARTER, "charter"},
      {FIELD_AUDIENCE, "audience"},
      {FIELD_SEQ, "event"},
      {FIELD_TITLE, "title"}}},
    {"show",
     "timeline",
     "nothing is known about it",
     FIELD_SUBJECT,
     {{FIELD_SEQ, "event"},
      {FIELD_RECEIVED, "received"},
      {FIELD_TYPE, "type"},
      {FIELD_ACTOR, "actor"},
      {FIELD_PUBLISHER, "from"},
      {FIELD_SUMMARY, "what"},
      {FIELD_CLAUSE, "clause"}}},
    {"status",
     "status",
     "the broker says nothing",
     FIELD_COUNT_OF_ALL,
     {{FIELD_ROLE, "role"},
      {FIELD_STATE, "state"},
      {FIELD_HEAD, "head"},
      {FIELD_CURSOR, "cursor"},
      {FIELD_LAG, "lag"},
      {FIELD_OUTBOX, "outbox"},
      {FIELD_WAKE, "wakes"},
      {FIELD_AT, "clock"},
      {FIELD_RECEIVED, "last received"},
      {FIELD_OPEN, "waiting"},
      {FIELD_BYTES, "bytes"},
      {FIELD_COUNT, "sessions"},
      {FIELD_ID, "journal"}}},
    {"sessions",
     "sessions",
     "no session but this one",
     FIELD_COUNT_OF_ALL,
     {{FIELD_NUMBER, "session"},
      {FIELD_NAME, "name"},
      {FIELD_PUBLISHER, "key"},
      {FIELD_ROLE, "role"},
      {FIELD_LAG, "lag"},
      {FIELD_BYTES, "unsent"}}},
};

/* Options that are filters, and the query field that each becomes. */
static void view_args(const struct options *options, const struct view *view, struct doc *args)
{
    const struct {
        const char *given;
        enum field field;
    } filters[] = {
        {options->charter, FIELD_CHARTER}, {options->state, FIELD_STATE}, {options->level, FIELD_LEVEL},
        {options->area, FIELD_AREA},       {options->unit, FIELD_UNIT},   {options->issue, FIELD_ISSUE},
        {options->owner, FIELD_OWNER},     {options->of, FIELD_OF},
    };
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++)
        if (filters[i].given != NULL)
            doc_set_text(args, filters[i].field, text_from(filters[i].given));
    if (options->subject != NULL && view->positional != FIELD_SUBJECT)
        doc_set_text(args, FIELD_SUBJECT, text_from(options->subject));
}

static int view_run(struct invocation *invocation, const struct view *view)
{
    struct doc *args = doc_new(&invocation->arena), **rows;
    size_t count;
    view_args(&invocation->options, view, args);
    if (invocation->positionals_count > 0)
        doc_set_text(args, view->positional, text_from(invocation->positionals[0]));
    struct duban *client = bus_open(invocation);
    if (client == NULL)
        return EXIT_UNREACHABLE;
    int code = bus_query(invocation, client, view->query, args, &rows, &count);
    duban_close(client);
    if (code != 0)
        return code;
    if (view->positional != FIELD_COUNT_OF_ALL && count == 0)
        return command_fail(EXIT_NEGATIVE, "`dubanctl issues` and `dubanctl tasks` list what there is",
                            "%s: %s", invocation->positionals[0], view->none);
    return invocation->options.json ? table_print_json(&invocation->arena, rows, count)
                                    : table_print(&invocation->arena, view->columns, rows, count, view->none);
}

#define VIEW(function, index)                                                                                \
    int function(struct invocation *invocation)                                                              \
    {                                                                                                        \
        return view_run(invocation, &views[index]);                                                          \
    }
VIEW(view_issues, 0)
VIEW(view_tasks, 1)
VIEW(view_deadlines, 2)
VIEW(view_units, 3)
VIEW(view_figures, 4)
VIEW(view_posts, 5)
VIEW(view_charters, 6)
VIEW(view_show, 8)
VIEW(view_status, 9)
VIEW(view_sessions, 10)

/* `bulletins` lists them, `bulletins ID` prints one as it was published. */
int view_bulletins(struct invocation *invocation)
{
    struct doc *args = doc_new(&invocation->arena), **rows;
    size_t count;
    if (invocation->positionals_count == 0)
        return view_run(invocation, &views[7]);
    doc_set_text(args, FIELD_BULLETIN, text_from(invocation->positionals[0]));
    struct duban *client = bus_open(invocation);
    if (client == NULL)
        return EXIT_UNREACHABLE;
    int code = bus_query(invocation, client, "bulletin", args, &rows, &count);
    duban_close(client);
    if (code != 0)
        return code;
    if (count == 0)
        return command_fail(EXIT_NEGATIVE, "`dubanctl bulletins` lists them", "there is no bulletin %s",
                            invocation->positionals[0]);
    if (invocation->options.json)
        return table_print_json(&invocation->arena, rows, count);
    printf("%.*s", TEXT_PRINT(doc_text(rows[0], FIELD_TEXT)));
    return EXIT_DONE;
}

/* ---- why: conclusions with rule, clause, place, inputs and arithmetic ---- */

static void why_line(struct arena *arena, const struct doc *row, const char *label, enum field field)
{
    if (!doc_has(row, field))
        return;
    struct text value = table_instants(arena, doc_text(row, field), true);
    size_t from = 0; /* every line of the value under the label */
    for (size_t at = 0; at <= value.bytes; at++)
        if (at == value.bytes || value.at[at] == '\n') {
            if (at > from)
                printf("      %-10s %.*s\n", from == 0 ? label : "", (int)(at - from), value.at + from);
            from = at + 1;
        }
}

static void why_row(struct arena *arena, const struct doc *row)
{
    struct text received = table_instants(arena, doc_text(row, FIELD_RECEIVED), true);
    printf("#%lld  %.*s  %s%.*s%s\n", (long long)doc_int(row, FIELD_SEQ, 0), TEXT_PRINT(received),
           table_colour() ? "\033[1m" : "", TEXT_PRINT(doc_text(row, FIELD_TYPE)),
           table_colour() ? "\033[0m" : "");
    why_line(arena, row, "what", FIELD_SUMMARY);
    why_line(arena, row, "clause", FIELD_CLAUSE);
    why_line(arena, row, "rule", FIELD_RULE);
    why_line(arena, row, "stands in", FIELD_PLACE);
    why_line(arena, row, "arithmetic", FIELD_ARITHMETIC);
    brief_owed(row);
    if (doc_has(row, FIELD_CAUSE))
        printf("      %-10s #%lld\n", "because of", (long long)doc_int(row, FIELD_CAUSE, 0));
    if (doc_count(row, FIELD_INPUTS) > 0)
        printf("      %-10s %.*s\n", "rests on", TEXT_PRINT(table_value(arena, row, FIELD_INPUTS)));
}

int view_why(struct invocation *invocation)
{
    struct doc *args = doc_new(&invocation->arena), **rows;
    size_t count;
    doc_set_text(args, FIELD_SUBJECT, text_from(invocation->positionals[0]));
    if (invocation->options.type != NULL)
        doc_set_text(args, FIELD_TYPE, text_from(invocation->options.type));
    struct duban *client = bus_open(invocation);
    if (client == NULL)
        return EXIT_UNREACHABLE;
    int code = bus_query(invocation, client, "why", args, &rows, &count);
    duban_close(client);
    if (code != 0)
        return code;
    if (count == 0)
        return command_fail(EXIT_NEGATIVE, "`dubanctl issues` and `dubanctl tasks` list what there is",
                            "nothing is known about %s", invocation->positionals[0]);
    if (invocation->options.json)
        return table_print_json(&invocation->arena, rows, count);
    for (size_t i = 0; i < count; i++)
        why_row(&invocation->arena, rows[i]);
    return EXIT_DONE;
}
