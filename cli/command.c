/* command.c - the command line as tables: one parser, one --help, one completion for all commands. */
#include "cli/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"

enum { COMMAND_TIMEOUT_NONE = -1, COMMAND_TIMEOUT_MS = 10000, COMMAND_PATIENCE_MS = 600000 };

static const struct option_spec option_help = OPTION("help", OPTION_FLAG, NULL, help, "print this");

int command_fail(int code, const char *hint, const char *format, ...)
{
    va_list arguments;
    fflush(stdout);
    fputs("dubanctl: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    if (hint != NULL)
        fprintf(stderr, "  hint: %s\n", hint);
    return code;
}

/* ---- finding ---- */

static size_t command_words(const struct command *command, int argc, char **argv)
{
    struct text name = text_from(command->name);
    const char *space = memchr(name.at, ' ', name.bytes);
    size_t first = space == NULL ? name.bytes : (size_t)(space - name.at);
    if (argc < 1 || strlen(argv[0]) != first || strncmp(argv[0], name.at, first) != 0)
        return 0;
    if (space == NULL)
        return 1;
    return argc >= 2 && strcmp(argv[1], space + 1) == 0 ? 2 : 0;
}

static const struct command *command_find(int argc, char **argv, size_t *words_out)
{
    for (const struct command *command = commands; command->name != NULL; command++) {
        *words_out = command_words(command, argc, argv);
        if (*words_out > 0)
            return command;
    }
    return NULL;
}

/* "charter" alone: what may follow; false if no command begins so. */
static bool command_group(const char *word, char *hint, size_t room)
{
    size_t bytes = strlen(word), used = 0;
    for (const struct command *command = commands; command->name != NULL; command++)
        if (strncmp(command->name, word, bytes) == 0 && command->name[bytes] == ' ' && used < room)
            used += (size_t)snprintf(hint + used, room - used, "%s`dubanctl %s`", used > 0 ? ", " : "",
                                     command->name);
    return used > 0;
}

/* `dubanctl charter --help`: the commands that begin so. */
static bool command_group_help(int argc, char **argv)
{
    size_t bytes = strlen(argv[0]);
    bool any = false;
    if (argc > 1 && strcmp(argv[1], "--help") != 0)
        return false;
    for (const struct command *command = commands; command->name != NULL; command++)
        if (strncmp(command->name, argv[0], bytes) == 0 && command->name[bytes] == ' ') {
            if (!any)
                printf("usage: dubanctl %s COMMAND [OPTION…] [ARGUMENT…]\n\n", argv[0]);
            printf("  %-18s %s\n", command->name, command->summary);
            any = true;
        }
    return any;
}

static int command_unknown(int argc, char **argv)
{
    struct text names[128];
    char asked[256];
    size_t count = 0;
    char hint[300];
    snprintf(asked, sizeof asked, "%s", argv[0]);
    if ((argc == 1 || argv[1][0] == '-') && command_group(argv[0], hint, sizeof hint))
        return command_fail(EXIT_USAGE, hint, "`%s` needs a second word", asked);
    for (const struct command *command = commands; command->name != NULL; command++) {
        struct text name = text_from(command->name);
        size_t first = strcspn(command->name, " ");
        if (first == strlen(argv[0]) && strncmp(command->name, argv[0], first) == 0 && argc > 1)
            snprintf(asked, sizeof asked, "%s %s", argv[0], argv[1]);
        names[count++] = name;
    }
    int nearest = text_nearest(text_from(asked), names, count);
    if (nearest >= 0)
        snprintf(hint, sizeof hint, "did you mean `dubanctl %s`?", names[nearest].at);
    else
        snprintf(hint, sizeof hint, "`dubanctl help` lists the commands");
    return command_fail(EXIT_USAGE, hint, "there is no command `%s`", asked);
}

/* ---- help ---- */

static void command_help_option(const struct option_spec *option)
{
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", option->name, option->value != NULL ? " " : "",
             option->value != NULL ? option->value : "");
    printf("  %-22s %s\n", left, option->help);
}

static int command_help(const struct command *command)
{
    printf("usage: dubanctl %s%s%s%s\n\n%s\n\n", command->name,
           command->options[0].name != NULL ? " [OPTION…]" : "", command->arguments[0] != '\0' ? " " : "",
           command->arguments, command->summary);
    for (const struct option_spec *option = command->options; option->name != NULL; option++)
        command_help_option(option);
    command_help_option(&option_help);
    return EXIT_DONE;
}

static int command_overview(void)
{
    fputs("usage: dubanctl COMMAND [OPTION…] [ARGUMENT…]\n\nThe operator's and the publisher's tool for "
          "duban.\n\n",
          stdout);
    for (const struct command *command = commands; command->name != NULL; command++)
        printf("  %-18s %s\n", command->name, command->summary);
    fputs("\n`dubanctl COMMAND --help` explains one. Exit codes: 0 done, 1 the answer is no, 2 usage or "
          "unreadable input,\n"
          "3 the broker cannot be reached, 4 disk or memory failed.\n",
          stdout);
    return EXIT_DONE;
}

/* ---- parsing ---- */

static const struct option_spec *command_option(const struct command *command, const char *name, size_t bytes)
{
    for (const struct option_spec *option = command->options; option->name != NULL; option++)
        if (strlen(option->name) == bytes && strncmp(option->name, name, bytes) == 0)
            return option;
    return bytes == 4 && strncmp(name, "help", 4) == 0 ? &option_help : NULL;
}

static int command_option_unknown(const struct command *command, const char *given)
{
    struct text names[64];
    char hint[300];
    size_t count = 0;
    for (const struct option_spec *option = command->options; option->name != NULL && count < 64; option++)
        names[count++] = text_from(option->name);
    int nearest = text_nearest(text_from(given + 2), names, count);
    if (nearest >= 0)
        snprintf(hint, sizeof hint, "did you mean --%s?", names[nearest].at);
    else
        snprintf(hint, sizeof hint, "`dubanctl %s --help` lists its options", command->name);
    return command_fail(EXIT_USAGE, hint, "`%s` has no option %s", command->name, given);
}

static int command_option_set(struct options *options, const struct option_spec *option, const char *value)
{
    char *member = (char *)options + option->offset;
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)member = true;
        return 0;
    case OPTION_TEXT:
        memcpy(member, &value, sizeof value);
        return 0;
    case OPTION_COUNT:
    case OPTION_SOME: {
        int64_t number, least = option->kind == OPTION_SOME ? 1 : 0;
        if (!text_parse_i64(text_from(value), &number) || number < least)
            return command_fail(EXIT_USAGE, NULL, "--%s takes a whole number from %d, not `%s`", option->name,
                                (int)least, value);
        memcpy(member, &number, sizeof number);
        return 0;
    }
    case OPTION_LIST: {
        struct option_list *list = (struct option_list *)(void *)member;
        if (list->count == OPTION_LIST_MAX)
            return command_fail(EXIT_USAGE, NULL, "--%s was given more than %d times", option->name,
                                OPTION_LIST_MAX);
        list->at[list->count++] = value;
        return 0;
    }
    }
    return 0;
}

/* One word that begins with --; moves *at on if its value is the next word. */
static int command_parse_option(const struct command *command, struct options *options, int argc, char **argv,
                                int *at)
{
    const char *given = argv[*at], *equals = strchr(given, '=');
    size_t bytes = equals != NULL ? (size_t)(equals - given) - 2 : strlen(given) - 2;
    const struct option_spec *option = command_option(command, given + 2, bytes);
    if (option == NULL)
        return command_option_unknown(command, given);
    if (option->kind == OPTION_FLAG && equals != NULL)
        return command_fail(EXIT_USAGE, NULL, "--%s takes no value", option->name);
    if (option->kind == OPTION_FLAG)
        return command_option_set(options, option, NULL);
    if (equals != NULL)
        return command_option_set(options, option, equals + 1);
    if (*at + 1 >= argc)
        return command_fail(EXIT_USAGE, NULL, "--%s needs a value: --%s %s", option->name, option->name,
                            option->value);
    return command_option_set(options, option, argv[++*at]);
}

static int command_parse(const struct command *command, struct invocation *invocation, int argc, char **argv)
{
    bool only_positionals = false;
    for (int at = 0; at < argc; at++) {
        if (!only_positionals && strcmp(argv[at], "--") == 0) {
            only_positionals = true;
        } else if (!only_positionals && strncmp(argv[at], "--", 2) == 0) {
            int code = command_parse_option(command, &invocation->options, argc, argv, &at);
            if (code != 0)
                return code;
        } else if (invocation->positionals_count == command->positionals_max) {
            return command_fail(EXIT_USAGE, NULL, "`%s` does not take `%s`; usage: dubanctl %s %s",
                                command->name, argv[at], command->name, command->arguments);
        } else {
            invocation->positionals[invocation->positionals_count++] = argv[at];
        }
    }
    if (invocation->options.json && invocation->options.csv)
        return command_fail(EXIT_USAGE, NULL, "--json and --csv: one of the two");
    if (!invocation->options.help && invocation->positionals_count < command->positionals_min)
        return command_fail(EXIT_USAGE, NULL, "something is missing; usage: dubanctl %s %s", command->name,
                            command->arguments);
    return 0;
}

/* What was printed may have nowhere to go. */
static int command_end(int code)
{
    if ((fflush(stdout) != 0 || ferror(stdout)) && code <= EXIT_NEGATIVE)
        return command_fail(EXIT_FAILED, NULL, "standard output: %s", error_text(error_from_errno()));
    return code;
}

/* What --timeout says holds for every answer; else those that take long have longer. */
static void command_set_timeouts(struct options *options)
{
    bool given = options->timeout_ms != COMMAND_TIMEOUT_NONE;
    options->patience_ms = given ? options->timeout_ms : COMMAND_PATIENCE_MS;
    options->timeout_ms = given ? options->timeout_ms : COMMAND_TIMEOUT_MS;
}

int command_run_words(const struct command *command, int argc, char **argv)
{
    struct invocation *invocation = memory_alloc(sizeof *invocation);
    memset(invocation, 0, sizeof *invocation);
    invocation->options.timeout_ms = COMMAND_TIMEOUT_NONE;
    arena_open(&invocation->arena, ARENA_BYTES_MAX);
    int code = command_parse(command, invocation, argc, argv);
    command_set_timeouts(&invocation->options);
    if (code == 0)
        code = invocation->options.help ? command_help(command) : command->run(invocation);
    arena_close(&invocation->arena);
    free(invocation);
    return command_end(code);
}

static int command_asked_help(int argc, char **argv)
{
    size_t words = 0;
    if (argc == 0)
        return command_overview();
    const struct command *asked = command_find(argc, argv, &words);
    if (asked != NULL)
        return command_help(asked);
    return argc == 1 && command_group_help(argc, argv) ? EXIT_DONE : command_unknown(argc, argv);
}

int command_main(int argc, char **argv)
{
    size_t words = 0;
    if (argc < 2)
        return command_overview(), EXIT_USAGE;
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return command_end(command_asked_help(argc - 2, argv + 2));
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0)
        return puts("dubanctl " DUBAN_VERSION), command_end(EXIT_DONE);
    const struct command *command = command_find(argc - 1, argv + 1, &words);
    if (command != NULL)
        return command_run_words(command, argc - 1 - (int)words, argv + 1 + words);
    if (argc > 2 && command_group_help(argc - 1, argv + 1))
        return command_end(EXIT_DONE);
    return command_unknown(argc - 1, argv + 1);
}

/* ---- completion ---- */

/* The first words, each once; second words of a pair come when its first one is there. */
static bool completion_is_first(const struct command *command)
{
    size_t first = strcspn(command->name, " ");
    for (const struct command *before = commands; before < command; before++)
        if (strcspn(before->name, " ") == first && strncmp(before->name, command->name, first) == 0)
            return false;
    return true;
}

static void completion_group(const struct command *command)
{
    int first = (int)strcspn(command->name, " ");
    printf("    \"%.*s\") COMPREPLY=($(compgen -W '--help", first, command->name);
    for (const struct command *other = commands; other->name != NULL; other++)
        if (strncmp(other->name, command->name, (size_t)first + 1) == 0)
            printf(" %s", other->name + first + 1);
    fputs("' -- \"$now\")) ;;\n", stdout);
}

static void completion_command(const struct command *command)
{
    printf("    \"%s\"|\"%s \"*) COMPREPLY=($(compgen -f -W '--help", command->name, command->name);
    for (const struct option_spec *option = command->options; option->name != NULL; option++)
        printf(" --%s", option->name);
    fputs("' -- \"$now\")) ;;\n", stdout);
}

int command_completion(struct invocation *invocation)
{
    (void)invocation;
    fputs("# bash completion for dubanctl; source it, or put it into bash-completion's folder\n"
          "_dubanctl() {\n    local line=\"${COMP_WORDS[*]:1:COMP_CWORD-1}\" "
          "now=\"${COMP_WORDS[COMP_CWORD]}\"\n"
          "    case \"$line\" in\n    \"\") COMPREPLY=($(compgen -W 'help",
          stdout);
    for (const struct command *command = commands; command->name != NULL; command++)
        if (completion_is_first(command))
            printf(" %.*s", (int)strcspn(command->name, " "), command->name);
    fputs("' -- \"$now\")) ;;\n", stdout);
    for (const struct command *command = commands; command->name != NULL; command++) {
        if (strchr(command->name, ' ') != NULL && completion_is_first(command))
            completion_group(command);
        completion_command(command);
    }
    fputs("    *) COMPREPLY=() ;;\n    esac\n}\ncomplete -F _dubanctl dubanctl\n", stdout);
    return EXIT_DONE;
}
