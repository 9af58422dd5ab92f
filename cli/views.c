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
    enum field positional;     /* what the argument is */
    const char *const *states; /* what --state may be, ended by NULL */
    struct column columns[16];
};

static const char *const issue_states[] = {"coordinating", "decided", "solving", "settled", "closed", NULL};
static const char *const task_states[] = {"assigned", "accepted", "done-reported", "closed", "dropped", NULL};
static const char *const deadline_states[] = {"open", "reached", "kept", "missed", "replaced", NULL};
static const char *const owners[] = {"coordination", "tasks", "bulletins", NULL};
static const char *const groupings[] = {"area", "unit", "level", "all", NULL};

static const struct view views[] = {
    {"issues",
     "issues",
     "no such issues",
     FIELD_COUNT_OF_ALL,
     issue_states,
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
     task_states,
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
     deadline_states,
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
     NULL,
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
     NULL,
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
     NULL,
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
     NULL,
     {{FIELD_NAME, "charter"},
      {FIELD_VERSION, "version"},
      {FIELD_TITLE, "title"},
      {FIELD_RECEIVED, "adopted"},
      {FIELD_SEQ, "event"}}},
    {"bulletins",
     "bulletins",
     "no bulletin is published yet",
     FIELD_COUNT_OF_ALL,
     NULL,
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
     NULL,
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
     NULL,
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
      {FIELD_COUNT, "sessions"}}}, /* the journal's id, which nobody reads, is in the JSON */
    {"sessions",
     "sessions",
     "no session but this one",
     FIELD_COUNT_OF_ALL,
     NULL,
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

/* ---- filters that can match nothing ---- */

/* Commas between; at most so many, for they are a hint. */
static const char *view_names(struct arena *arena, const struct text *names, size_t count)
{
    enum { SHOWN_MAX = 24 };
    struct buffer joined;
    buffer_open(&joined, 1 << 20);
    for (size_t i = 0; i < count && i < SHOWN_MAX; i++)
        buffer_printf(&joined, "%s%.*s", i > 0 ? ", " : "", TEXT_PRINT(names[i]));
    if (count > SHOWN_MAX)
        buffer_printf(&joined, " and %zu more", count - SHOWN_MAX);
    const char *copy = arena_text_copy(arena, buffer_text(&joined)).at;
    buffer_close(&joined);
    return copy;
}

static int view_unknown(struct arena *arena, int code, const char *what, const char *given,
                        const struct text *names, size_t count)
{
    int nearest = text_nearest(text_from(given), names, count);
    struct text hint = arena_printf(arena, "known: %s", count > 0 ? view_names(arena, names, count) : "none");
    if (nearest < 0)
        return command_fail(code, hint.at, "there is no %s `%s`", what, given);
    return command_fail(code, hint.at, "there is no %s `%s`; nearest known: %.*s", what, given,
                        TEXT_PRINT(names[nearest]));
}

/* One of these words, before anything is asked. */
static int view_word(struct arena *arena, const char *what, const char *given, const char *const *words)
{
    struct text names[16];
    size_t count = 0;
    if (given == NULL || words == NULL)
        return 0;
    for (; words[count] != NULL; count++) {
        names[count] = text_from(words[count]);
        if (text_is(names[count], given))
            return 0;
    }
    return view_unknown(arena, EXIT_USAGE, what, given, names, count);
}

static int view_words(struct invocation *invocation, const struct view *view)
{
    const struct options *options = &invocation->options;
    int code = view_word(&invocation->arena, "state", options->state, view->states);
    if (code == 0)
        code = view_word(&invocation->arena, "role that sets deadlines,", options->owner, owners);
    return code != 0 ? code : view_word(&invocation->arena, "grouping", options->of, groupings);
}

/* Whether the name is one of this column of a query's answer; if not, that is said. */
static int view_name(struct invocation *invocation, struct duban *client, const char *what, const char *given,
                     const char *query, const char *of, enum field column)
{
    struct doc *args = doc_new(&invocation->arena), **rows;
    size_t count;
    if (of != NULL)
        doc_set_text(args, FIELD_OF, text_from(of));
    int code = bus_query(invocation, client, query, args, &rows, &count);
    if (code != 0)
        return code;
    struct text *names = arena_alloc(&invocation->arena, sizeof *names * (count + 1));
    for (size_t i = 0; i < count; i++) {
        names[i] = doc_text(rows[i], column);
        if (text_is(names[i], given))
            return 0;
    }
    return view_unknown(&invocation->arena, EXIT_NEGATIVE, what, given, names, count);
}

/* There are no rows: because a filter names what does not exist? */
static int view_none(struct invocation *invocation, struct duban *client)
{
    const struct options *options = &invocation->options;
    const struct {
        const char *what, *given, *query, *of;
        enum field column;
    } filters[] = {{"charter", options->charter, "charters", NULL, FIELD_NAME},
                   {"unit", options->unit, "units", NULL, FIELD_UNIT},
                   {"issue at level", options->level, "figures", "level", FIELD_NAME},
                   {"issue of area", options->area, "figures", "area", FIELD_NAME}};
    int code = 0;
    invocation->options.rows = 0; /* all names */
    for (size_t i = 0; code == 0 && i < sizeof filters / sizeof filters[0]; i++)
        if (filters[i].given != NULL)
            code = view_name(invocation, client, filters[i].what, filters[i].given, filters[i].query,
                             filters[i].of, filters[i].column);
    return code;
}

static int view_run(struct invocation *invocation, const struct view *view)
{
    struct doc *args = doc_new(&invocation->arena), **rows;
    size_t count;
    int code = view_words(invocation, view);
    if (code != 0)
        return code;
    view_args(&invocation->options, view, args);
    if (invocation->positionals_count > 0)
        doc_set_text(args, view->positional, text_from(invocation->positionals[0]));
    struct duban *client;
    code = bus_open(invocation, &client);
    if (code != 0)
        return code;
    code = bus_query(invocation, client, view->query, args, &rows, &count);
    if (code == 0 && count == 0)
        code = view_none(invocation, client);
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
    struct duban *client;
    int code = bus_open(invocation, &client);
    if (code != 0)
        return code;
    code = bus_query(invocation, client, "bulletin", args, &rows, &count);
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

/* The types of the conclusions that there are, or that nothing is known. */
static int why_none(struct invocation *invocation, struct duban *client)
{
    struct arena *arena = &invocation->arena;
    const char *subject = invocation->positionals[0], *wanted = invocation->options.type;
    struct doc *args = doc_new(arena), **rows;
    size_t count, types = 0;
    doc_set_text(args, FIELD_SUBJECT, text_from(subject));
    invocation->options.rows = 0; /* all */
    int code = bus_query(invocation, client, "why", args, &rows, &count);
    if (code != 0)
        return code;
    struct text *names = arena_alloc(arena, sizeof *names * (count + 1));
    for (size_t i = 0; i < count; i++) {
        const struct event_type *type = event_type_find(doc_text(rows[i], FIELD_TYPE), NULL);
        bool fresh = type != NULL && !type->report && type->kind != EVENT_NOTIFICATION_SENT;
        for (size_t n = 0; fresh && n < types; n++)
            fresh = !text_equal(names[n], doc_text(rows[i], FIELD_TYPE));
        if (fresh)
            names[types++] = doc_text(rows[i], FIELD_TYPE);
    }
    if (types > 0)
        return command_fail(EXIT_NEGATIVE, NULL, "no conclusion about %s is of type %s; there are: %s",
                            subject, wanted, view_names(arena, names, types));
    return command_fail(EXIT_NEGATIVE, "`dubanctl issues` and `dubanctl tasks` list what there is",
                        "nothing is known about %s", subject);
}

int view_why(struct invocation *invocation)
{
    struct doc *args = doc_new(&invocation->arena), **rows;
    size_t count;
    doc_set_text(args, FIELD_SUBJECT, text_from(invocation->positionals[0]));
    if (invocation->options.type != NULL)
        doc_set_text(args, FIELD_TYPE, text_from(invocation->options.type));
    struct duban *client;
    int code = bus_open(invocation, &client);
    if (code != 0)
        return code;
    code = bus_query(invocation, client, "why", args, &rows, &count);
    if (code == 0 && count == 0)
        code = why_none(invocation, client);
    duban_close(client);
    if (code != 0)
        return code;
    if (invocation->options.json)
        return table_print_json(&invocation->arena, rows, count);
    for (size_t i = 0; i < count; i++)
        why_row(&invocation->arena, rows[i]);
    return EXIT_DONE;
}
