/* main.c - duband: reads its settings, takes its locks, opens the journal, then the doors, and turns until
 * told to stop.
 *
 * Exit codes: 0 stopped as told; 1 cannot go on (disk, journal); 2 wrong settings or arguments; 3 another
 * duband is at work.
 */
#include "base/digest.h"
#include "base/file.h"
#include "base/notify.h"
#include "daemon/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_SETTINGS = 2, EXIT_LOCKED = 3, DUBAND_EXTEND_US = 30000000 };

struct duband {
    /* command line */
    const char *config, *state, *run, *log_level;
    bool replay;
    /* parts */
    struct arena arenas[2]; /* of the settings in use, and of those being read anew */
    unsigned arena;
    struct settings *settings;
    struct loop *loop;
    struct journal *journal;
    struct broker *broker;
    int lock;
};

static const char DUBAND_USAGE[] =
    "Usage: duband [OPTION]...\n"
    "Takes in events, makes them durable in one order and passes them on to workers. See duband(8).\n"
    "\n"
    "  --config FILE      settings (default: /etc/duban/duban.yaml if it exists; none in a checkout)\n"
    "  --state DIR        where the journal lives (default: /var/lib/duban; ./var in a checkout)\n"
    "  --run DIR          where the sockets live (default: /run/duban; ./var/run in a checkout)\n"
    "  --replay           time follows the events instead of the clock\n"
    "  --log-level LEVEL  error, warning, notice, info or debug\n"
    "  --version          print the version\n"
    "  --help             print this\n"
    "\n"
    "Exit codes: 0 stopped as told, 1 cannot go on, 2 wrong settings, 3 another duband is at work.\n";

/* ---- arguments and settings ---- */

enum duband_option {
    OPTION_CONFIG = 256,
    OPTION_STATE,
    OPTION_RUN,
    OPTION_REPLAY,
    OPTION_LOG_LEVEL,
    OPTION_VERSION,
    OPTION_HELP
};

static bool duband_take_option(struct duband *duband, int option)
{
    switch (option) {
    case OPTION_CONFIG:
        duband->config = optarg;
        return true;
    case OPTION_STATE:
        duband->state = optarg;
        return true;
    case OPTION_RUN:
        duband->run = optarg;
        return true;
    case OPTION_LOG_LEVEL:
        duband->log_level = optarg;
        return true;
    case OPTION_REPLAY:
        duband->replay = true;
        return true;
    default:
        return false;
    }
}

/* getopt takes `--stat` for `--state`; a daemon's folder is not to be guessed. */
static bool duband_option_is_whole(const char *word, const struct option *options)
{
    size_t bytes = strcspn(word, "=");
    if (strncmp(word, "--", 2) != 0)
        return true;
    for (; options->name != NULL; options++)
        if (strlen(options->name) == bytes - 2 && strncmp(options->name, word + 2, bytes - 2) == 0)
            return true;
    (void)fprintf(stderr, "duband: \"%s\" is no option; try --help\n", word);
    return false;
}

/* -1: go on; else the exit code. */
static int duband_take_arguments(struct duband *duband, int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, OPTION_CONFIG},
                                            {"state", required_argument, NULL, OPTION_STATE},
                                            {"run", required_argument, NULL, OPTION_RUN},
                                            {"replay", no_argument, NULL, OPTION_REPLAY},
                                            {"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
                                            {"version", no_argument, NULL, OPTION_VERSION},
                                            {"help", no_argument, NULL, OPTION_HELP},
                                            {NULL, 0, NULL, 0}};
    for (int i = 1; i < argc; i++)
        if (!duband_option_is_whole(argv[i], options))
            return EXIT_SETTINGS;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == OPTION_HELP || option == OPTION_VERSION) {
            (void)fputs(option == OPTION_HELP ? DUBAND_USAGE : "duband " DUBAN_VERSION "\n", stdout);
            return EXIT_FINE;
        }
        if (!duband_take_option(duband, option)) {
            (void)fputs("duband: try --help\n", stderr);
            return EXIT_SETTINGS;
        }
    }
    if (optind == argc)
        return -1;
    (void)fprintf(stderr, "duband: \"%s\" is no option; try --help\n", argv[optind]);
    return EXIT_SETTINGS;
}

static bool duband_set_log_level(struct text name)
{
    static const char *const names[] = {"error", "warning", "notice", "info", "debug"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (text_is(name, names[i])) {
            log_set_level((enum log_level)(LOG_LEVEL_ERROR + (int)i));
            return true;
        }
    log_error(LOG_GENERAL, "\"%.*s\" is no log level: error, warning, notice, info, debug", TEXT_PRINT(name));
    return false;
}

static void duband_print_findings(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->at[i];
        log_line(finding->severity == SEVERITY_ERROR ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, LOG_GENERAL, NULL,
                 0, "%.*s:%d:%d: %.*s%s%.*s", TEXT_PRINT(findings->file), finding->place.line,
                 finding->place.column, TEXT_PRINT(finding->path), finding->path.bytes > 0 ? ": " : "",
                 TEXT_PRINT(finding->message));
    }
}

/* Reads the settings into the arena that is not in use; NULL if they are wrong (and said so). */
static struct settings *duband_read_settings(struct duband *duband, struct arena *arena)
{
    arena_reset(arena);
    struct settings *settings = arena_alloc(arena, sizeof(*settings));
    struct findings *findings = arena_alloc(arena, sizeof(*findings));
    int code = settings_load_over(arena, duband->config, duband->state, duband->run, settings, findings);
    duband_print_findings(findings);
    if (code != 0)
        return NULL;
    settings->replay = settings->replay || duband->replay;
    if (duband->log_level != NULL)
        settings->log_level = text_from(duband->log_level);
    return duband_set_log_level(settings->log_level) ? settings : NULL;
}

/* ---- places ---- */

static bool duband_make_directory(struct arena *arena, struct text directory)
{
    int code = file_make_folders(arena_text_copy(arena, directory).at);
    if (code != 0)
        log_error(LOG_GENERAL, "cannot make %.*s: %s", TEXT_PRINT(directory), error_text(code));
    return code == 0;
}

/* Binding an ipc socket unlinks whatever lies there: the lock keeps a second daemon from stealing a live one.
 */
static int duband_lock(struct duband *duband, struct arena *arena)
{
    struct text path = arena_printf(arena, "%.*s/duband.lock", TEXT_PRINT(duband->settings->run_directory));
    duband->lock = open(path.at, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (duband->lock < 0) {
        log_error(LOG_GENERAL, "cannot open %s: %s", path.at, strerror(errno));
        return EXIT_FAILED;
    }
    if (flock(duband->lock, LOCK_EX | LOCK_NB) == 0)
        return EXIT_FINE;
    log_error(LOG_GENERAL, "another duband holds %s", path.at);
    return EXIT_LOCKED;
}

static void duband_on_recovery(void *context, uint64_t seq, uint64_t bytes_done, uint64_t bytes_all)
{
    (void)context;
    notify_extend_us(DUBAND_EXTEND_US);
    notify_status("recovering the journal: event %llu, %llu of %llu MiB", (unsigned long long)seq,
                  (unsigned long long)bytes_done >> 20, (unsigned long long)bytes_all >> 20);
}

static int duband_open_journal(struct duband *duband, struct arena *arena)
{
    const struct settings *settings = duband->settings;
    struct complaint complaint = {.message = ""};
    struct text directory = arena_printf(arena, "%.*s/journal", TEXT_PRINT(settings->state_directory));
    struct journal_options options = {.directory = directory.at,
                                      .segment_bytes = settings->segment_bytes,
                                      .bytes_max = settings->journal_bytes_max,
                                      .durable = true,
                                      .on_progress = duband_on_recovery};
    int code = journal_open(&options, &duband->journal, &complaint);
    if (code == 0)
        return EXIT_FINE;
    log_error(code == JOURNAL_E_CORRUPT ? LOG_JOURNAL_CORRUPT : LOG_JOURNAL_FAILED,
              "the journal in %s cannot be opened: %s", directory.at,
              complaint.message[0] != '\0' ? complaint.message : error_text(code));
    return code == JOURNAL_E_LOCKED ? EXIT_LOCKED : EXIT_FAILED;
}

/* ---- running ---- */

static void duband_on_stop(void *context)
{
    struct duband *duband = context;
    log_notice(LOG_STOPPING, "stopping");
    notify_stopping();
    broker_stop(duband->broker);
}

static void duband_on_reload(void *context)
{
    struct duband *duband = context;
    struct arena *other = &duband->arenas[1 - duband->arena];
    notify_reloading();
    struct settings *settings = duband_read_settings(duband, other);
    if (settings != NULL) {
        broker_reload(duband->broker, settings);
        duband->settings = settings;
        duband->arena = 1 - duband->arena;
        log_notice(LOG_RELOADED, "keys and log level were read again");
    } else {
        log_error(LOG_RELOADED, "the settings are wrong: those from before stay in force");
    }
    notify_ready(settings != NULL ? "reloaded" : "reload failed: settings from before stay in force");
}

static int duband_serve(struct duband *duband)
{
    struct complaint complaint = {.message = ""};
    int code = broker_open(duband->loop, duband->journal, duband->settings, &duband->broker, &complaint);
    if (code != 0) {
        log_error(LOG_GENERAL, "the doors cannot be opened: %s",
                  complaint.message[0] != '\0' ? complaint.message : error_text(code));
        return EXIT_FAILED;
    }
    loop_on_stop(duband->loop, duband_on_stop, duband);
    loop_on_reload(duband->loop, duband_on_reload, duband);
    log_notice(LOG_STARTED, "ready: journal %.*s at event %llu, %s clock, doors in %.*s",
               TEXT_PRINT(journal_id(duband->journal)), (unsigned long long)journal_head(duband->journal),
               duband->settings->replay ? "replay" : "live", TEXT_PRINT(duband->settings->run_directory));
    notify_ready("ready");
    loop_run(duband->loop);
    /* After a failed commit nothing that is in memory can be trusted to match the disk: the next start
     * decides. */
    if (duband->broker->failed != 0)
        _exit(EXIT_FAILED);
    broker_close(duband->broker);
    return EXIT_FINE;
}

static int duband_open(struct duband *duband)
{
    struct arena *arena = &duband->arenas[duband->arena];
    duband->settings = duband_read_settings(duband, arena);
    if (duband->settings == NULL)
        return EXIT_SETTINGS;
    if (!duband_make_directory(arena, duband->settings->state_directory) ||
        !duband_make_directory(arena, duband->settings->run_directory))
        return EXIT_FAILED;
    int code = duband_lock(duband, arena);
    if (code == EXIT_FINE)
        code = duband_open_journal(duband, arena);
    return code;
}

static int duband_run(struct duband *duband)
{
    int code = duband_open(duband);
    if (code == EXIT_FINE && loop_open(&duband->loop) != 0)
        code = EXIT_FAILED;
    if (code == EXIT_FINE)
        code = duband_serve(duband);
    if (duband->loop != NULL)
        loop_close(duband->loop);
    if (duband->journal != NULL)
        journal_close(duband->journal);
    if (duband->lock >= 0)
        (void)close(duband->lock);
    return code;
}

int main(int argc, char **argv)
{
    struct duband duband = {.lock = -1};
    log_open("duband", LOG_LEVEL_INFO);
    int code = duband_take_arguments(&duband, argc, argv);
    if (code >= 0)
        return code;
    loop_process_prepare();
    digest_init();
    (void)umask(0007);
    arena_open(&duband.arenas[0], ARENA_BYTES_MAX);
    arena_open(&duband.arenas[1], ARENA_BYTES_MAX);
    code = duband_run(&duband);
    arena_close(&duband.arenas[0]);
    arena_close(&duband.arenas[1]);
    return code;
}
