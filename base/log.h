/* log.h - one line a fact, for people at 3 a.m. and for machines.
 *
 * Under systemd (JOURNAL_STREAM names our standard error) lines go to journald with native fields and a
 * MESSAGE_ID; otherwise to standard error as `TIME LEVEL component: message key=value …`, coloured only on a
 * terminal. A rate limit per message kind keeps floods out, and says how many lines it held back. The only
 * file that includes sd-journal.h is log.c.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/error.h"
#include "base/text.h"

enum log_level {
    LOG_LEVEL_ERROR = 3,
    LOG_LEVEL_WARNING = 4,
    LOG_LEVEL_NOTICE = 5,
    LOG_LEVEL_INFO = 6,
    LOG_LEVEL_DEBUG = 7
};

/* X(symbol, 128-bit id in hex, "what it means") - also the source of systemd/duban.catalog. */
#define LOG_MESSAGES(X)                                                                                      \
    X(GENERAL, "8c1e6f5a0b7d4b0e9a1f3d2c5b6a7980", "a line without a kind of its own")                       \
    X(STARTED, "1f4a2b6c8d0e4f1a9b3c5d7e9f0a1b2c", "the process is ready")                                   \
    X(STOPPING, "2a5b3c7d9e1f402b8c4d6e8fa1b2c3d4", "the process is stopping cleanly")                       \
    X(JOURNAL_RECOVERED, "3b6c4d8eaf20413c9d5e7f90b2c3d4e5", "the journal was opened after an unclean stop") \
    X(JOURNAL_CORRUPT, "4c7d5e9fb031424dae6f80a1c3d4e5f6", "acknowledged records are damaged")               \
    X(JOURNAL_FAILED, "5d8e6fa0c142435ebf7091b2d4e5f607", "a write to the journal failed; the broker stops") \
    X(REFUSED, "6e9f70b1d253446fc081a2c3e5f60718", "a message or event was refused at the door")             \
    X(SESSION, "7fa081c2e3644580d192b3d4f6071829", "a session opened or closed")                             \
    X(LAGGING, "80b192d3f4754691e2a3c4e50718293a", "a consumer is far behind the journal")                   \
    X(SET_ASIDE, "91c2a3e405864702f3b4d5f618293a4b", "a poison event was set aside")                         \
    X(REBUILD, "a2d3b4f516974813a4c5e60729304b5c", "a worker rebuilds its state from the journal")           \
    X(NOTIFIED, "b3e4c50627a84924b5d6f7183a415c6d", "a notification was delivered")                          \
    X(UNDELIVERED, "d5061728c9ba4b46a7f80a3b5c6d7e9f",                                                       \
      "a notification could not be delivered by its channel")                                                \
    X(RELOADED, "c4f5d61738b94a35c6e708294b526d7e", "the configuration was read again")

enum log_message {
#define X(symbol, id, meaning) LOG_##symbol,
    LOG_MESSAGES(X)
#undef X
        LOG_MESSAGE_COUNT
};

struct log_field {
    const char *name; /* lower case here; DUBAN_<UPPER> in journald */
    struct text value;
};

/* component is a static name such as "duband" or "worker/tasks". level_max: nothing above it is written. */
void log_open(const char *component, enum log_level level_max);
void log_set_level(enum log_level level_max);
void log_line(enum log_level level, enum log_message kind, const struct log_field *fields,
              size_t fields_count, const char *format, ...) PRINTF_LIKE(5, 6);
#define log_error(kind, ...)   log_line(LOG_LEVEL_ERROR, kind, NULL, 0, __VA_ARGS__)
#define log_warning(kind, ...) log_line(LOG_LEVEL_WARNING, kind, NULL, 0, __VA_ARGS__)
#define log_notice(kind, ...)  log_line(LOG_LEVEL_NOTICE, kind, NULL, 0, __VA_ARGS__)
#define log_info(kind, ...)    log_line(LOG_LEVEL_INFO, kind, NULL, 0, __VA_ARGS__)
#define log_debug(kind, ...)   log_line(LOG_LEVEL_DEBUG, kind, NULL, 0, __VA_ARGS__)
/* Writes at ERROR level and aborts; for broken promises inside the program, never for input. */
_Noreturn void die(const char *format, ...) PRINTF_LIKE(1, 2);
/* Stays on in production. */
#define ASSERT(condition)                                                                                    \
    ((condition) ? (void)0 : die("%s:%d: %s: assertion failed: %s", __FILE__, __LINE__, __func__, #condition))

#endif
