/* views.c - the commands that ask the ledger (or the broker) and print rows: one table of views, one
 * function. */
#include "cli/views.h"

#include <stdio.h>

#include "cli/ask.h"
#include "cli/brief.h"
#include "cli/tail.h"
#include "cli/view.h"

#define END FIELD_COUNT_OF_ALL

static const char *const owners[] = {"coordination", "tasks",         "routines", "supervision",
                                     "bulletins",    "notifications", NULL};
static const char *const groupings[] = {"area", "unit", "level", "class", "group", "month", "all", NULL};
static const char *const measured[] = {"durations",  "gaps",   "moves",   "returns", "reopened", "reminders",
                                       "activities", "groups", "persons", "tags",    NULL};

static const char *const origins[] = {"decision", "coordination", "document", "handed-down", "finding", NULL};

/* As of when the answer is to hold. */
static void view_moment(const struct options *options, struct doc *args)
{
    if (options->as_of != NULL && strcmp(options->as_of, "now") != 0)
        doc_set_text(args, FIELD_AS_OF, text_from(options->as_of));
    if (options->known != NULL)
        doc_set_text(args, FIELD_KNOWN, text_from(options->known));
}

/* The ledger counts what it keeps rows of; what it makes of a charter is counted as it comes. */
static bool view_counts_here(const struct view *view)
{
    static const char *const made[] = {"units", "coverage", "posts"};
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
        if (strcmp(view->query, made[i]) == 0)
            return true;
    return false;
}

/* Options that are filters, and the query field that each becomes. */
static void view_args(const struct options *options, const struct view *view, struct doc *args)
{
    const struct {
        const char *given;
        enum field field;
    } filters[] = {
        {options->charter, FIELD_CHARTER},  {options->state, FIELD_STATE},
        {options->level, FIELD_LEVEL},      {options->area, FIELD_AREA},
        {options->unit, FIELD_UNIT},        {options->issue, FIELD_ISSUE},
        {options->owner, FIELD_OWNER},      {options->of, FIELD_OF},
        {options->class, FIELD_CLASS},      {options->group, FIELD_GROUP},
        {options->raised, FIELD_RAISED_IN}, {options->settled, FIELD_SETTLED_IN},
        {options->kind, FIELD_KIND},        {options->routine, FIELD_ROUTINE},
        {options->body, FIELD_BODY},        {options->origin, FIELD_ORIGIN},
        {options->post, FIELD_POST},        {options->meeting, FIELD_MEETING},
        {options->period, FIELD_PERIOD},    {options->inspection, FIELD_INSPECTION},
        {options->channel, FIELD_CHANNEL},  {options->label, FIELD_LABEL},
        {options->what, FIELD_MEASURE},     {options->calendar, FIELD_CALENDAR},
    };
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++)
        if (filters[i].given != NULL)
            doc_set_text(args, filters[i].field, text_from(filters[i].given));
    for (size_t i = 0; i < options->tags.count; i++)
        doc_add_text(args, FIELD_TAGS, text_from(options->tags.at[i]));
    if (options->overdue)
        doc_set_int(args, FIELD_OVERDUE, 1);
    if (options->counts && !view_counts_here(view))
        doc_set_int(args, FIELD_COUNT, 1);
    if (options->least > 0)
        doc_set_int(args, FIELD_AT_LEAST, options->least);
    view_moment(options, args);
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
    const char *hint =
        count > 0 ? arena_printf(arena, "known: %s", view_names(arena, names, count)).at : NULL;
    if (nearest < 0)
        return command_fail(code, hint, "there is no %s `%s`", what, given);
    return command_fail(code, hint, "there is no %s `%s`; nearest known: %.*s", what, given,
                        TEXT_PRINT(names[nearest]));
}

/* One of these words, before anything is asked. */
static int view_word(struct arena *arena, const char *what, const char *given, const char *const *words)
{
    struct text names[24];
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

static int view_span(const char *option, const char *given)
{
    return given == NULL || strstr(given, "..") != NULL
               ? 0
               : command_fail(
                     EXIT_USAGE, NULL,
                     "--%s takes FROM..TO, days or instants, of which either may be left out, not `%s`",
                     option, given);
}

static const char *const *view_kinds(const struct view *view)
{
    static const char *const duties[] = {"meeting", "filing", NULL};
    static const char *const checks[] = {"selfcheck", "check", NULL};
    return view == &views[VIEW_DUTIES] ? duties : view == &views[VIEW_CHECKS] ? checks : NULL;
}

static int view_words(struct invocation *invocation, const struct view *view)
{
    const struct options *options = &invocation->options;
    int code = view_word(&invocation->arena, "state", options->state, view->states);
    if (code == 0)
        code = view_word(&invocation->arena, "role that sets deadlines,", options->owner, owners);
    if (code == 0 && !(options->of != NULL && text_starts_with(text_from(options->of), TEXT("tag:"))))
        code = view_word(&invocation->arena, "grouping", options->of, groupings);
    if (code == 0)
        code = view_word(&invocation->arena, "measure", options->what, measured);
    if (code == 0)
        code = view_word(&invocation->arena, "origin", options->origin, origins);
    if (code == 0)
        code = view_word(&invocation->arena, "kind", options->kind, view_kinds(view));
    if (code == 0 && options->what != NULL && strcmp(options->what, "gaps") == 0 && options->calendar == NULL)
        code = command_fail(EXIT_USAGE, NULL, "--what gaps needs --calendar NAME: gaps are in working time");
    if (code == 0)
        code = view_span("raised", options->raised);
    return code != 0 ? code : view_span("settled", options->settled);
}

/* What a filter names, and which columns of which queries hold such names. It is known if the first query
 * has a row when `asked` is it: so the ledger reads aliases and numbers; an id, if anything is on file about
 * it. Names nearest to an id are sought among so many. */
enum { VIEW_IDS_MAX = 1024, VIEW_KNOWN_MAX = 2 };
struct view_filter {
    const char *what, *given;
    enum field asked;
    struct {
        const char *query, *of;
        enum field column;
    } known[VIEW_KNOWN_MAX];
};
static bool view_filter_is_id(const struct view_filter *filter)
{
    return filter->asked == FIELD_SUBJECT;
}
struct view_known {
    struct text *names;
    size_t count;
};

static void view_known_add(struct arena *arena, struct view_known *known, struct doc *const *rows,
                           size_t count, enum field column)
{
    struct text *longer = arena_alloc(arena, sizeof *longer * (known->count + count + 1));
    if (known->count > 0)
        memcpy(longer, known->names, sizeof *longer * known->count);
    known->names = longer;
    for (size_t i = 0; i < count; i++) {
        struct text name = doc_text(rows[i], column);
        bool fresh = name.bytes > 0;
        for (size_t n = 0; fresh && n < known->count; n++)
            fresh = !text_equal(longer[n], name);
        if (fresh)
            longer[known->count++] = name;
    }
}

static int view_known_read(struct invocation *invocation, struct ask *ask, const struct view_filter *filter,
                           struct view_known *known)
{
    int code = 0;
    invocation->options.rows = view_filter_is_id(filter) ? VIEW_IDS_MAX : 0; /* 0: all names */
    for (size_t k = 0; code == 0 && k < VIEW_KNOWN_MAX && filter->known[k].query != NULL; k++) {
        struct doc *args = doc_new(&invocation->arena), **rows;
        size_t count;
        if (filter->known[k].of != NULL)
            doc_set_text(args, FIELD_OF, text_from(filter->known[k].of));
        code = ask_query(ask, filter->known[k].query, args, &rows, &count);
        if (code == 0)
            view_known_add(&invocation->arena, known, rows, count, filter->known[k].column);
    }
    return code;
}

static int view_asks(struct invocation *invocation, struct ask *ask, const struct view_filter *filter,
                     bool *found_out)
{
    struct doc *args = doc_new(&invocation->arena), **rows;
    bool is_id = view_filter_is_id(filter);
    size_t count = 0;
    if (filter->asked == FIELD_COUNT_OF_ALL)
        return 0;
    doc_set_text(args, filter->asked, text_from(filter->given));
    if (!is_id && filter->known[0].of != NULL)
        doc_set_text(args, FIELD_OF, text_from(filter->known[0].of));
    invocation->options.rows = 1;
    int code = ask_query(ask, is_id ? "timeline" : filter->known[0].query, args, &rows, &count);
    *found_out = count > 0;
    return code;
}

static int view_name(struct invocation *invocation, struct ask *ask, const struct view_filter *filter)
{
    struct view_known known = {0};
    bool found = false;
    int code = view_asks(invocation, ask, filter, &found);
    if (code == 0 && !found)
        code = view_known_read(invocation, ask, filter, &known);
    for (size_t i = 0; !found && i < known.count; i++)
        found = text_is(known.names[i], filter->given);
    return code != 0 || found ? code
                              : view_unknown(&invocation->arena, EXIT_USAGE, filter->what, filter->given,
                                             known.names, known.count);
}

/* Does a filter name what does not exist? The charters in force know the names, whatever moment is asked for;
 * what only an earlier version had, the cases do. */
static int view_names_check(struct invocation *invocation, struct ask *ask)
{
    const struct options *options = &invocation->options;
    const struct view_filter filters[] = {
        {"charter", options->charter, END, {{"charters", NULL, FIELD_NAME}}},
        {"unit", options->unit, FIELD_UNIT, {{"units", NULL, FIELD_UNIT}}},
        {"post", options->post, END, {{"posts", NULL, FIELD_POST}}},
        {"body", options->body, END, {{"names", "body", FIELD_NAME}}},
        {"level", options->level, END, {{"names", "level", FIELD_NAME}, {"figures", "level", FIELD_NAME}}},
        {"area", options->area, FIELD_AREA, {{"names", "area", FIELD_NAME}, {"figures", "area", FIELD_NAME}}},
        {"class", options->class, END, {{"names", "class", FIELD_NAME}, {"figures", "class", FIELD_NAME}}},
        {"recurring duty", options->routine, END, {{"names", "routine", FIELD_NAME}}},
        {"issue", options->issue, FIELD_SUBJECT, {{"issues", NULL, FIELD_ID}}},
        {"meeting", options->meeting, FIELD_SUBJECT, {{"meetings", NULL, FIELD_ID}}},
        {"inspection", options->inspection, FIELD_SUBJECT, {{"inspections", NULL, FIELD_ID}}},
        {"subject", options->subject, FIELD_SUBJECT, {{NULL, NULL, END}}},
    };
    int64_t rows = options->rows;
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof filters / sizeof filters[0]; i++)
        if (filters[i].given != NULL)
            code = view_name(invocation, ask, &filters[i]);
    invocation->options.rows = rows;
    return code;
}

/* Rows without a filter's name in them, which stand there whatever it is. */
static bool view_is_never_empty(const struct view *view)
{
    return strcmp(view->query, "measures") == 0;
}

/* The rows of an answer: each page is printed as it comes, or counted. */
struct view_answer {
    const struct view *view;
    struct table_pages table;
    const char *none; /* to be said if there are no rows */
    bool counts;
    int64_t found;
};

static int view_take(void *context, struct arena *arena, struct doc *const *rows, size_t count)
{
    struct view_answer *answer = context;
    bool counted = answer->counts && !view_counts_here(answer->view);
    answer->found += counted ? doc_int(rows[0], FIELD_COUNT, 0) : (int64_t)count;
    if (!answer->counts)
        table_pages_add(&answer->table, arena, rows, count);
    return EXIT_DONE;
}

static struct view_answer view_answer(const struct options *options, const struct view *view)
{
    static const struct column counted[] = {{FIELD_COUNT, "how many"}, {0, NULL}};
    return (struct view_answer){.view = view,
                                .table = {.form = options->json  ? TABLE_JSON
                                                  : options->csv ? TABLE_CSV
                                                                 : TABLE_ALIGNED,
                                          .columns = options->counts ? counted : view->columns},
                                .counts = options->counts};
}

static int view_answer_end(struct invocation *invocation, struct view_answer *answer)
{
    struct doc *row = doc_new(&invocation->arena);
    doc_set_int(row, FIELD_COUNT, answer->found);
    if (answer->counts)
        table_pages_add(&answer->table, &invocation->arena, &row, 1);
    return table_pages_end(&answer->table, answer->none);
}

/* "no tasks"; where only some were asked for, "no such tasks". */
static const char *view_no_rows(struct arena *arena, const struct view *view, const struct doc *args)
{
    static const enum field any[] = {FIELD_AS_OF, FIELD_KNOWN, FIELD_COUNT};
    struct doc *filters = doc_copy(arena, args);
    for (size_t i = 0; i < sizeof any / sizeof any[0]; i++)
        doc_unset(filters, any[i]);
    return doc_first(filters) == END || strcmp(view->none + strlen("no "), view->command) != 0
               ? view->none
               : arena_printf(arena, "no such %s", view->command).at;
}

static int view_nothing(const struct invocation *invocation, const struct view *view)
{
    return command_fail(EXIT_NEGATIVE, "`dubanctl issues` and `dubanctl tasks` list what there is", "%s: %s",
                        invocation->positionals[0], view->none);
}

static int view_run(struct invocation *invocation, const struct view *view)
{
    struct doc *args = doc_new(&invocation->arena);
    struct view_answer answer = view_answer(&invocation->options, view);
    const struct bus_sink sink = {view_take, &answer};
    int code = view_words(invocation, view);
    if (code != 0)
        return code;
    view_args(&invocation->options, view, args);
    if (invocation->positionals_count > 0)
        doc_set_text(args, view->positional, text_from(invocation->positionals[0]));
    if (invocation->options.counts)
        invocation->options.rows = 0; /* all are counted */
    answer.none = view_no_rows(&invocation->arena, view, args);
    struct ask *ask;
    code = ask_open(invocation, &ask);
    if (code != 0)
        return code;
    if (view_is_never_empty(view))
        code = view_names_check(invocation, ask);
    if (code == 0)
        code = ask_pages(ask, view->query, args, &sink);
    if (code == 0 && answer.found == 0)
        code = view_names_check(invocation, ask);
    ask_close(ask);
    if (code != 0)
        return code;
    if (view->positional != FIELD_COUNT_OF_ALL && answer.found == 0)
        return view_nothing(invocation, view);
    return view_answer_end(invocation, &answer);
}

#define VIEW(function, name)                                                                                 \
    int function(struct invocation *invocation)                                                              \
    {                                                                                                        \
        return view_run(invocation, &views[name]);                                                           \
    }
VIEW(view_issues, VIEW_ISSUES)
VIEW(view_tasks, VIEW_TASKS)
VIEW(view_deadlines, VIEW_DEADLINES)
VIEW(view_duties, VIEW_DUTIES)
VIEW(view_meetings, VIEW_MEETINGS)
VIEW(view_topics, VIEW_TOPICS)
VIEW(view_filings, VIEW_FILINGS)
VIEW(view_items, VIEW_ITEMS)
VIEW(view_findings, VIEW_FINDINGS)
VIEW(view_checks, VIEW_CHECKS)
VIEW(view_notifications, VIEW_NOTIFICATIONS)
VIEW(view_units, VIEW_UNITS)
VIEW(view_figures, VIEW_FIGURES)
VIEW(view_measures, VIEW_MEASURES)
VIEW(view_posts, VIEW_POSTS)
VIEW(view_charters, VIEW_CHARTERS)
VIEW(view_show, VIEW_SHOW)
VIEW(view_status, VIEW_STATUS)
VIEW(view_sessions, VIEW_SESSIONS)

/* The plan; or which units it reaches, and which not. */
int view_inspections(struct invocation *invocation)
{
    return view_run(invocation, &views[invocation->options.coverage ? VIEW_COVERAGE : VIEW_INSPECTIONS]);
}

/* Those that hold, unless others are asked for. */
int view_scores(struct invocation *invocation)
{
    if (invocation->options.state == NULL)
        invocation->options.state = "current";
    return view_run(invocation, &views[VIEW_SCORES]);
}

/* `bulletins` lists them, `bulletins ID` prints one as it was published. */
int view_bulletins(struct invocation *invocation)
{
    struct doc *args = doc_new(&invocation->arena), **rows;
    size_t count;
    if (invocation->positionals_count == 0)
        return view_run(invocation, &views[VIEW_BULLETINS]);
    doc_set_text(args, FIELD_BULLETIN, text_from(invocation->positionals[0]));
    view_moment(&invocation->options, args);
    struct ask *ask;
    int code = ask_open(invocation, &ask);
    if (code != 0)
        return code;
    code = ask_query(ask, "bulletin", args, &rows, &count);
    ask_close(ask);
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

/* Of comma-separated values: what is owed is counted there, and told by the JSON. */
static const struct column why_columns[] = {
    {FIELD_SEQ, "event"},       {FIELD_RECEIVED, "received"},     {FIELD_TYPE, "type"},
    {FIELD_SUMMARY, "what"},    {FIELD_CLAUSE, "clause"},         {FIELD_RULE, "rule"},
    {FIELD_PLACE, "stands in"}, {FIELD_ARITHMETIC, "arithmetic"}, {FIELD_OWED, "owed"},
    {FIELD_CAUSE, "because"},   {FIELD_INPUTS, "rests on"},       {FIELD_COUNT_OF_ALL, NULL}};

/* The types of the conclusions that there are, or that nothing is known. */
static int why_none(struct invocation *invocation, struct ask *ask)
{
    struct arena *arena = &invocation->arena;
    const char *subject = invocation->positionals[0], *wanted = invocation->options.type;
    struct doc *args = doc_new(arena), **rows;
    size_t count, types = 0;
    doc_set_text(args, FIELD_SUBJECT, text_from(subject));
    view_moment(&invocation->options, args);
    invocation->options.rows = 0; /* all */
    int code = ask_query(ask, "why", args, &rows, &count);
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
    int code = tail_types_check(&invocation->arena, invocation->options.type);
    if (code != 0)
        return code;
    doc_set_text(args, FIELD_SUBJECT, text_from(invocation->positionals[0]));
    if (invocation->options.type != NULL)
        doc_set_text(args, FIELD_TYPE, text_from(invocation->options.type));
    view_moment(&invocation->options, args);
    struct ask *ask;
    code = ask_open(invocation, &ask);
    if (code != 0)
        return code;
    code = ask_query(ask, "why", args, &rows, &count);
    if (code == 0 && count == 0)
        code = why_none(invocation, ask);
    ask_close(ask);
    if (code != 0)
        return code;
    if (invocation->options.json)
        return table_print_json(&invocation->arena, rows, count);
    if (invocation->options.csv)
        return table_print_csv(&invocation->arena, why_columns, rows, count);
    for (size_t i = 0; i < count; i++)
        why_row(&invocation->arena, rows[i]);
    return EXIT_DONE;
}
