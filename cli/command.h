/* command.h - what a dubanctl command is: a row of a table with its options, so that parsing, --help and
 * completion agree. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/arena.h"

/* Exit codes, as documented in dubanctl(1). */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_NEGATIVE = 1,    /* the answer is no: refused, lint errors, a broken chain, nothing found */
    EXIT_USAGE = 2,       /* the command line, or input that cannot be read */
    EXIT_UNREACHABLE = 3, /* no broker, or no answer in time */
    EXIT_FAILED = 4       /* disk, memory, a broken file */
};

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_COUNT, OPTION_SOME, OPTION_LIST }; /* some: from 1 */
enum { OPTION_LIST_MAX = 64, POSITIONALS_MAX = 512 };

/* Values of a repeatable option. */
struct option_list {
    const char *at[OPTION_LIST_MAX];
    size_t count;
};
struct option_spec {
    const char *name; /* "from", given as --from VALUE or --from=VALUE; an array ends with NULL */
    enum option_kind kind;
    const char *value; /* "SEQ", for --help */
    const char *help;
    size_t offset; /* into struct options */
};

/* Every option of every command; a command's table names those that it takes. */
struct options {
    bool json, help, wait, why, markdown, html, dry_run, quiet, stop, strict, publish, csv, overdue, counts,
        coverage, live;
    const char *endpoint, *from, *type, *charter, *state, *level, *area, *unit, *issue, *owner, *subject,
        *known, *after, *add, *by, *roll, *until, *calendar, *reports, *directory, *source, *actor, *time,
        *id, *page, *to, *keep, *of, *map, *version, *as_of, *class, *group, *raised, *settled, *kind,
        *routine, *body, *origin, *post, *meeting, *period, *inspection, *channel, *label, *what;
    int64_t rows, timeout_ms, count, least;
    int64_t patience_ms; /* for an answer that reads the whole register */
    struct option_list charters, calendars, tags;
};

struct invocation {
    struct arena arena; /* of this command */
    struct options options;
    const char *positionals[POSITIONALS_MAX];
    size_t positionals_count;
};

struct command {
    const char *name;      /* "charter lint": a command may have two words */
    const char *arguments; /* "FILE" */
    const char *summary;   /* one line */
    const struct option_spec *options;
    size_t positionals_min, positionals_max;
    int (*run)(struct invocation *invocation);
};
extern const struct command commands[]; /* ended by name NULL */

#define OPTION(name, kind, value, member, help)                                                              \
    {                                                                                                        \
        name, kind, value, help, offsetof(struct options, member)                                            \
    }
#define OPTION_JSON OPTION("json", OPTION_FLAG, NULL, json, "print JSON, a line each, instead of a table")
#define OPTION_CSV                                                                                           \
    OPTION("csv", OPTION_FLAG, NULL, csv, "print comma-separated values, a line of heads first")
#define OPTION_ENDPOINT                                                                                      \
    OPTION("endpoint", OPTION_TEXT, "ADDRESS", endpoint,                                                     \
           "the broker's address (default: $DUBAN_ENDPOINT, or this installation's socket)")
#define OPTION_TIMEOUT                                                                                       \
    OPTION(                                                                                                  \
        "timeout", OPTION_COUNT, "MS", timeout_ms,                                                           \
        "give up after so many milliseconds (default 10000, or 600000 for what reads the whole register)")
#define OPTION_ROWS    OPTION("rows", OPTION_SOME, "N", rows, "at most so many rows, from 1 (default: all)")
#define OPTION_CHARTER OPTION("charter", OPTION_TEXT, "NAME", charter, "only this charter")
#define OPTION_END                                                                                           \
    {                                                                                                        \
        NULL, OPTION_FLAG, NULL, NULL, 0                                                                     \
    }

/* Parses the command line behind `dubanctl` and runs the command; returns the exit code. */
int command_main(int argc, char **argv);
/* The same for one command and the words behind its name. */
int command_run_words(const struct command *command, int argc, char **argv);
/* "dubanctl: message" on standard error, with an optional hint on the next line; returns code. */
int command_fail(int code, const char *hint, const char *format, ...) PRINTF_LIKE(3, 4);
/* Prints a bash completion script from the table. */
int command_completion(struct invocation *invocation);

#endif
