/* notify.h - the service manager, if there is one: readiness, status, watchdog. Silent without NOTIFY_SOCKET.
 * The only file that includes sd-daemon.h is notify.c. */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

#include "base/error.h"

void notify_ready(const char *status);
void notify_status(const char *format, ...) PRINTF_LIKE(1, 2);
void notify_reloading(void);
void notify_stopping(void);
/* Asks for so much more start or stop time. */
void notify_extend_us(uint64_t us);
/* Half the watchdog interval in microseconds, or 0 without a watchdog. */
uint64_t notify_watchdog_us(void);
void notify_watchdog_ping(void);

#endif
