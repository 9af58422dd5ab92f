/* log.c - formats a line once, then hands it to journald or to standard error.
 *
 * Nothing here allocates or asserts, so that it can report anything. One mutex covers the state and the
 * writing, so lines never mix. Control characters in texts from outside are written as \xNN: nobody forges a
 * line or a colour.
 */
#include "base/log.h"
#include "base/civil.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

enum {
    LOG_LINE_BYTES_MAX = 8192,
    LOG_MESSAGE_BYTES_MAX = 4096,
    LOG_FIELDS_MAX = 24,
    LOG_FIELD_BYTES_MAX = 1024,
    LOG_WINDOW_SECONDS = 10, /* the rate limit: so many lines of one kind in one window */
    LOG_WINDOW_LINES_MAX = 1000
};

static const struct {
    const char *symbol, *id;
} log_kinds[LOG_MESSAGE_COUNT] = {
#define X(symbol, id, meaning) {#symbol, id},
    LOG_MESSAGES(X)
#undef X
};

static const struct {
    const char *name, *colour;
} log_levels[] = {
    [LOG_LEVEL_ERROR] = {"ERROR ", "\033[31m"}, [LOG_LEVEL_WARNING] = {"WARN  ", "\033[33m"},
    [LOG_LEVEL_NOTICE] = {"NOTICE", "\033[1m"}, [LOG_LEVEL_INFO] = {"INFO  ", ""},
    [LOG_LEVEL_DEBUG] = {"DEBUG ", "\033[2m"},
};

struct log_rate {
    int64_t window; /* seconds of the monotonic clock, divided by the window's length */
    unsigned lines, held;
};

static struct {
    pthread_mutex_t mutex;
    const char *component;
    bool journald, colour;
    struct log_rate rates[LOG_MESSAGE_COUNT];
} log_state = {.mutex = PTHREAD_MUTEX_INITIALIZER, .component = "duban"};
static atomic_int log_level_max = LOG_LEVEL_INFO;

/* ---- text ---- */
struct log_writer {
    char *at;
    size_t bytes, room;
};

static void log_write_bytes(struct log_writer *writer, const char *at, size_t bytes)
{
    size_t left = writer->room - writer->bytes;
    if (bytes > left)
        bytes = left;
    memcpy(writer->at + writer->bytes, at, bytes);
    writer->bytes += bytes;
}

static void log_write(struct log_writer *writer, const char *text)
{
    log_write_bytes(writer, text, strlen(text));
}

static void log_write_clean(struct log_writer *writer, struct text t)
{
    for (size_t i = 0; i < t.bytes; i++) {
        unsigned char c = (unsigned char)t.at[i];
        char escaped[8];
        if (c >= 0x20 && c != 0x7F) {
            log_write_bytes(writer, t.at + i, 1);
            continue;
        }
        (void)snprintf(escaped, sizeof(escaped), "\\x%02x", c);
        log_write(writer, escaped);
    }
}

static bool log_needs_quotes(struct text t)
{
    for (size_t i = 0; i < t.bytes; i++)
        if (t.at[i] == ' ' || t.at[i] == '"' || t.at[i] == '=')
            return true;
    return t.bytes == 0;
}

static void log_write_field(struct log_writer *writer, const struct log_field *field)
{
    const char *quote = log_needs_quotes(field->value) ? "\"" : "";
    log_write(writer, " ");
    log_write(writer, field->name);
    log_write(writer, "=");
    log_write(writer, quote);
    log_write_clean(writer, field->value);
    log_write(writer, quote);
}

static void log_write_time(struct log_writer *writer)
{
    struct timespec now;
    char text[CIVIL_TEXT_BYTES];
    (void)clock_gettime(CLOCK_REALTIME, &now);
    log_write(writer, civil_format_time((int64_t)now.tv_sec * CIVIL_SECOND_US, 0, text));
    writer->bytes--; /* its Z */
    (void)snprintf(text, sizeof(text), ".%03dZ ", (int)(now.tv_nsec / 1000000));
    log_write(writer, text);
}

/* ---- the two ways out ---- */
static void log_to_stderr(enum log_level level, struct text message, const struct log_field *fields,
                          size_t count)
{
    char line[LOG_LINE_BYTES_MAX + 16];
    struct log_writer writer = {.at = line, .room = LOG_LINE_BYTES_MAX};
    bool colour = log_state.colour && *log_levels[level].colour != '\0';
    log_write_time(&writer);
    log_write(&writer, colour ? log_levels[level].colour : "");
    log_write(&writer, log_levels[level].name);
    log_write(&writer, " ");
    log_write(&writer, log_state.component);
    log_write(&writer, ": ");
    log_write_clean(&writer, message);
    for (size_t i = 0; i < count; i++)
        log_write_field(&writer, &fields[i]);
    writer.room = sizeof(line); /* a cut line still gets its end */
    log_write(&writer, colour ? "\033[0m\n" : "\n");
    for (size_t done = 0; done < writer.bytes;) {
        ssize_t wrote = write(STDERR_FILENO, line + done, writer.bytes - done);
        if (wrote <= 0)
            return; /* nobody listens; there is no one else to tell */
        done += (size_t)wrote;
    }
}

/* "name" becomes DUBAN_NAME; other characters than letters and digits become underscores. */
static size_t log_journald_field(char out[LOG_FIELD_BYTES_MAX], const struct log_field *field)
{
    struct log_writer writer = {.at = out, .room = LOG_FIELD_BYTES_MAX};
    log_write(&writer, "DUBAN_");
    for (const char *c = field->name; *c != '\0' && writer.bytes < 64; c++) {
        bool lower = *c >= 'a' && *c <= 'z', plain = (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
        char upper = (char)(lower ? *c - 'a' + 'A' : plain ? *c : '_');
        log_write_bytes(&writer, &upper, 1);
    }
    log_write(&writer, "=");
    log_write_bytes(&writer, field->value.at != NULL ? field->value.at : "", field->value.bytes);
    return writer.bytes;
}

static struct iovec log_journald_entry(char *out, size_t room, const char *name, struct text value)
{
    struct log_writer writer = {.at = out, .room = room};
    log_write(&writer, name);
    log_write_bytes(&writer, value.at, value.bytes);
    return (struct iovec){out, writer.bytes};
}

static bool log_to_journald(enum log_level level, enum log_message kind, struct text message,
                            const struct log_field *fields, size_t count)
{
    static char values[LOG_FIELDS_MAX][LOG_FIELD_BYTES_MAX]; /* under the mutex */
    char text[LOG_MESSAGE_BYTES_MAX + 16], id[64], priority[16], component[80];
    char digit[2] = {(char)('0' + (int)level), '\0'};
    struct iovec entries[4 + LOG_FIELDS_MAX];
    int used = 0;
    entries[used++] = log_journald_entry(text, sizeof(text), "MESSAGE=", message);
    entries[used++] = log_journald_entry(id, sizeof(id), "MESSAGE_ID=", text_from(log_kinds[kind].id));
    entries[used++] = log_journald_entry(priority, sizeof(priority), "PRIORITY=", text_from(digit));
    entries[used++] =
        log_journald_entry(component, sizeof(component), "DUBAN_COMPONENT=", text_from(log_state.component));
    for (size_t i = 0; i < count && i < LOG_FIELDS_MAX; i++)
        entries[used++] = (struct iovec){values[i], log_journald_field(values[i], &fields[i])};
    return sd_journal_sendv(entries, used) == 0;
}

static void log_emit(enum log_level level, enum log_message kind, struct text message,
                     const struct log_field *fields, size_t count)
{
    if (!log_state.journald || !log_to_journald(level, kind, message, fields, count))
        log_to_stderr(level, message, fields, count);
}

/* ---- the rate limit ---- */
static int64_t log_window(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec / LOG_WINDOW_SECONDS;
}

/* Opens a new window for every kind whose last one is over, and tells what that one held back. */
static void log_windows_turn(int64_t window)
{
    for (size_t kind = 0; kind < LOG_MESSAGE_COUNT; kind++) {
        struct log_rate *rate = &log_state.rates[kind];
        if (rate->window == window)
            continue;
        char text[128];
        int bytes = snprintf(text, sizeof(text), "held back %u lines of kind %s: more than %d in %d s",
                             rate->held, log_kinds[kind].symbol, LOG_WINDOW_LINES_MAX, LOG_WINDOW_SECONDS);
        if (rate->held > 0)
            log_emit(LOG_LEVEL_WARNING, LOG_GENERAL, (struct text){text, (size_t)bytes}, NULL, 0);
        *rate = (struct log_rate){.window = window};
    }
}

static bool log_admit(enum log_message kind)
{
    log_windows_turn(log_window());
    struct log_rate *rate = &log_state.rates[kind];
    bool admitted = rate->lines < LOG_WINDOW_LINES_MAX;
    rate->lines += admitted;
    rate->held += !admitted;
    return admitted;
}

/* ---- public ---- */
static bool log_is_journald(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat status;
    char here[64];
    if (stream == NULL || fstat(STDERR_FILENO, &status) != 0)
        return false;
    (void)snprintf(here, sizeof(here), "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    return strcmp(stream, here) == 0;
}

void log_open(const char *component, enum log_level level_max)
{
    const char *no_colour = getenv("NO_COLOR");
    (void)pthread_mutex_lock(&log_state.mutex);
    log_windows_turn(-1); /* what was held back before is told the old way */
    log_state.component = component;
    log_state.journald = log_is_journald();
    log_state.colour = isatty(STDERR_FILENO) == 1 && (no_colour == NULL || *no_colour == '\0');
    (void)pthread_mutex_unlock(&log_state.mutex);
    log_set_level(level_max);
}

void log_set_level(enum log_level level_max)
{
    atomic_store(&log_level_max, (int)level_max);
}

static struct text log_format(char out[LOG_MESSAGE_BYTES_MAX], const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static struct text log_format(char out[LOG_MESSAGE_BYTES_MAX], const char *format, va_list args)
{
    int bytes = vsnprintf(out, LOG_MESSAGE_BYTES_MAX, format, args);
    if (bytes < 0)
        return text_from(format);
    return (struct text){out, bytes < LOG_MESSAGE_BYTES_MAX ? (size_t)bytes : LOG_MESSAGE_BYTES_MAX - 1};
}

void log_line(enum log_level level, enum log_message kind, const struct log_field *fields,
              size_t fields_count, const char *format, ...)
{
    if ((int)level > atomic_load(&log_level_max))
        return;
    char message[LOG_MESSAGE_BYTES_MAX];
    va_list args;
    va_start(args, format);
    struct text text = log_format(message, format, args);
    va_end(args);
    (void)pthread_mutex_lock(&log_state.mutex);
    if (log_admit(kind))
        log_emit(level, kind, text, fields, fields_count);
    (void)pthread_mutex_unlock(&log_state.mutex);
}

void die(const char *format, ...)
{
    char message[LOG_MESSAGE_BYTES_MAX];
    va_list args;
    va_start(args, format);
    struct text text = log_format(message, format, args);
    va_end(args);
    (void)pthread_mutex_lock(&log_state.mutex);
    log_emit(LOG_LEVEL_ERROR, LOG_GENERAL, text, NULL, 0);
    (void)pthread_mutex_unlock(&log_state.mutex);
    abort();
}
