/* main.c - duban-worker ROLE: reads the command line and the configuration, then hands over to the shell. */
#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/loop.h"
#include "config/settings.h"
#include "workers/runtime/shell.h"

#include <stdio.h>
#include <stdlib.h>

enum { ATTEMPTS_MAX = 3, SETTINGS_ARENA_BYTES = 16777216, COMPONENT_BYTES = 64 };

static const char MAIN_WITHOUT[] = "no mail server or webhook is configured";

struct arguments {
    const char *role, *config, *state, *run, *endpoint;
    bool help, version;
};

static const struct {
    const char *name;
    size_t offset;
    const char *value, *help;
} main_options[] = {
    {"--config", offsetof(struct arguments, config), "FILE",
     "configuration (default: /etc/duban/duban.yaml, if it exists)"},
    {"--state", offsetof(struct arguments, state), "DIR",
     "state directory; this role's lies in DIR/workers/ROLE"},
    {"--run", offsetof(struct arguments, run), "DIR", "runtime directory, where the broker's sockets are"},
    {"--endpoint", offsetof(struct arguments, endpoint), "ADDRESS",
     "the broker's door for workers (default: ipc://RUN/work.sock)"},
};
enum { MAIN_OPTIONS = sizeof main_options / sizeof *main_options };

static void main_print_roles(FILE *out)
{
    for (size_t i = 0; roles_all[i] != NULL; i++)
        (void)fprintf(out, "%s%s", i > 0 ? ", " : "", role_text(roles_all[i]->name));
    (void)fprintf(out, "\n");
}

static void main_print_help(void)
{
    (void)printf(
        "usage: duban-worker ROLE [OPTION…]\n\nOne worker of duban: takes in the journal, publishes what its "
        "role concludes.\n\nroles: ");
    main_print_roles(stdout);
    (void)printf("\n");
    for (size_t i = 0; i < MAIN_OPTIONS; i++)
        (void)printf("  %-10s %-8s %s\n", main_options[i].name, main_options[i].value, main_options[i].help);
    (void)printf(
        "  %-10s %-8s %s\n  %-10s %-8s %s\n\nExit codes: 0 stopped, 1 failed, 2 usage or configuration, 3 a "
        "newer instance is at work,\n4 the state belongs to another journal or process, 5 the state is "
        "full,\n6 the "
        "journal is damaged. See duban-worker(8).\n",
        "--help", "", "this text", "--version", "", "the version");
}

static int main_usage(const char *what, const char *which)
{
    (void)fprintf(stderr, "duban-worker: %s%s\nTry: duban-worker --help\n", what, which);
    return SHELL_EXIT_USAGE;
}

/* The option's value, given as `--state DIR` or `--state=DIR`; NULL if this is no such option. */
static const char *main_value(const char *name, char **argv, int argc, int *at)
{
    size_t bytes = strlen(name);
    if (strncmp(argv[*at], name, bytes) != 0)
        return NULL;
    if (argv[*at][bytes] == '=')
        return argv[*at] + bytes + 1;
    return argv[*at][bytes] == '\0' && *at + 1 < argc ? argv[++*at] : NULL;
}

static bool main_take_option(struct arguments *arguments, char **argv, int argc, int *at)
{
    for (size_t i = 0; i < MAIN_OPTIONS; i++) {
        const char *value = main_value(main_options[i].name, argv, argc, at);
        if (value != NULL) {
            memcpy((char *)arguments + main_options[i].offset, &value, sizeof value);
            return true;
        }
    }
    if (strcmp(argv[*at], "--help") == 0)
        return arguments->help = true;
    if (strcmp(argv[*at], "--version") == 0)
        return arguments->version = true;
    return false;
}

static int main_parse(int argc, char **argv, struct arguments *arguments)
{
    for (int at = 1; at < argc; at++) {
        if (argv[at][0] != '-' && arguments->role == NULL)
            arguments->role = argv[at];
        else if (!main_take_option(arguments, argv, argc, &at))
            return main_usage("unknown, or without its value: ", argv[at]);
    }
    return 0;
}

static enum log_level main_log_level(struct text name)
{
    static const struct {
        const char *name;
        enum log_level level;
    } levels[] = {{"error", LOG_LEVEL_ERROR},
                  {"warning", LOG_LEVEL_WARNING},
                  {"notice", LOG_LEVEL_NOTICE},
                  {"debug", LOG_LEVEL_DEBUG}};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (text_is(name, levels[i].name))
            return levels[i].level;
    return LOG_LEVEL_INFO;
}

static int main_work(struct arena *arena, const struct role *role, const struct arguments *arguments,
                     const struct settings *settings, struct courier *courier)
{
    struct text state =
        arena_printf(arena, "%.*s/workers/%s", TEXT_PRINT(settings->state_directory), role_text(role->name));
    struct text out = arena_text_copy(arena, settings->out_directory);
    struct text endpoint =
        arguments->endpoint != NULL ? text_from(arguments->endpoint) : settings->worker_endpoints[0];
    const struct shell_options options = {
        .worker = {.role = role,
                   .directory = state.at,
                   .out_directory = out.at,
                   .map_bytes_max = settings->map_bytes_max,
                   .durable = true,
                   .attempts_max = ATTEMPTS_MAX,
                   .epoch_min = (uint64_t)(loop_wall_us() / CIVIL_SECOND_US),
                   .deliveries = {.carried = courier != NULL,
                                  .without = settings->replay ? NULL : MAIN_WITHOUT,
                                  .attempts_max = settings->outside.attempts_max,
                                  .first_us = settings->outside.first_us,
                                  .cap_us = settings->outside.cap_us}},
        .endpoint = arena_text_copy(arena, endpoint).at,
        .courier = courier,
    };
    if (!text_starts_with(endpoint, TEXT("ipc://")))
        return main_usage("a worker speaks to its broker over ipc://, not ", options.endpoint);
    if (file_make_folders(state.at) != 0) {
        log_error(LOG_GENERAL, "cannot make %s", state.at);
        return SHELL_EXIT_FAILED;
    }
    return shell_run(&options);
}

/* Whether the broker's clock is a replay clock the shell learns when it is connected. */
static bool main_carries(const struct role *role, const struct settings *settings)
{
    const struct settings_outside *outside = &settings->outside;
    return role->name == ROLE_NOTIFICATIONS && !settings->replay &&
           (outside->mail.server.bytes > 0 || outside->webhooks_count > 0);
}

static int main_carry(struct arena *arena, const struct role *role, const struct arguments *arguments,
                      const struct settings *settings)
{
    struct courier *courier = NULL;
    struct complaint complaint = {.message = ""};
    if (main_carries(role, settings) && courier_open(&settings->outside, &courier, &complaint) != 0) {
        (void)fprintf(stderr, "duban-worker: %s %s\n", complaint.place, complaint.message);
        return SHELL_EXIT_USAGE;
    }
    int code = main_work(arena, role, arguments, settings, courier);
    if (courier != NULL)
        courier_close(courier);
    return code;
}

static int main_configured(struct arena *arena, const struct role *role, const struct arguments *arguments)
{
    struct settings *settings = arena_alloc(arena, sizeof *settings);
    struct findings *findings = arena_alloc(arena, sizeof *findings);
    findings_open(findings, arena, text_from(arguments->config != NULL ? arguments->config : "duban.yaml"));
    int code =
        settings_load_over(arena, arguments->config, arguments->state, arguments->run, settings, findings);
    if (code != 0) {
        (void)fprintf(stderr, "duban-worker: %.*s\n", TEXT_PRINT(findings_first(findings, arena)));
        return SHELL_EXIT_USAGE;
    }
    log_set_level(main_log_level(settings->log_level));
    return main_carry(arena, role, arguments, settings);
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct arena arena;
    char component[COMPONENT_BYTES];
    int code = main_parse(argc, argv, &arguments);
    if (code != 0)
        return code;
    if (arguments.help)
        return main_print_help(), SHELL_EXIT_DONE;
    if (arguments.version)
        return (void)printf("duban-worker %s\n", DUBAN_VERSION), SHELL_EXIT_DONE;
    const struct role *role = arguments.role != NULL ? role_by_name(text_from(arguments.role)) : NULL;
    if (role == NULL) {
        (void)fprintf(stderr,
                      "duban-worker: %s; roles: ", arguments.role != NULL ? "no such role" : "which role?");
        main_print_roles(stderr);
        return SHELL_EXIT_USAGE;
    }
    (void)snprintf(component, sizeof component, "worker/%s", arguments.role);
    log_open(component, LOG_LEVEL_INFO);
    loop_process_prepare();
    digest_init();
    arena_open(&arena, SETTINGS_ARENA_BYTES);
    code = main_configured(&arena, role, &arguments);
    arena_close(&arena);
    return code;
}
