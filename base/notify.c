/* notify.c - sd_notify in sentences. Its failures change nothing for us: the manager draws its own
 * conclusions. */
#include "base/notify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>
#include <time.h>

enum { NOTIFY_STATUS_BYTES_MAX = 512 };

/* A line break would begin another assignment. */
static void notify_send(const char *state, char *status)
{
    for (char *c = status; *c != '\0'; c++)
        if (*c == '\n')
            *c = ' ';
    (void)sd_notifyf(0, "%sSTATUS=%s", state, status);
}

void notify_ready(const char *status)
{
    char text[NOTIFY_STATUS_BYTES_MAX];
    (void)snprintf(text, sizeof(text), "%s", status);
    notify_send("READY=1\n", text);
}

void notify_status(const char *format, ...)
{
    char text[NOTIFY_STATUS_BYTES_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    notify_send("", text);
}

/* systemd 253 and later want the time, so that they know which READY=1 answers this. */
void notify_reloading(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
                     (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

void notify_stopping(void)
{
    (void)sd_notify(0, "STOPPING=1");
}

void notify_extend_us(uint64_t us)
{
    (void)sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%" PRIu64, us);
}

uint64_t notify_watchdog_us(void)
{
    uint64_t interval_us = 0;
    return sd_watchdog_enabled(0, &interval_us) > 0 ? interval_us / 2 : 0;
}

void notify_watchdog_ping(void)
{
    (void)sd_notify(0, "WATCHDOG=1");
}
