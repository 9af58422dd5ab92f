/* Goal: what the service manager hears is what notify.h says, in sd_notify's words, and nothing breaks where
 * there is no manager. Method: the test is the manager: NOTIFY_SOCKET names a datagram socket of its own. */
#include "base/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

struct manager {
    char directory[64];
    struct sockaddr_un address;
    int socket;
    char heard[4096];
};

static int manager_setup(void **state)
{
    static struct manager manager;
    (void)snprintf(manager.directory, sizeof manager.directory, "/tmp/duban-notify-XXXXXX");
    assert_non_null(mkdtemp(manager.directory));
    manager.address.sun_family = AF_UNIX;
    (void)snprintf(manager.address.sun_path, sizeof manager.address.sun_path, "%s/notify", manager.directory);
    manager.socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(manager.socket >= 0);
    assert_int_equal(bind(manager.socket, (const struct sockaddr *)&manager.address, sizeof manager.address),
                     0);
    assert_int_equal(setenv("NOTIFY_SOCKET", manager.address.sun_path, 1), 0);
    *state = &manager;
    return 0;
}

static int manager_teardown(void **state)
{
    struct manager *manager = *state;
    (void)close(manager->socket);
    (void)unlink(manager->address.sun_path);
    (void)rmdir(manager->directory);
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
    return 0;
}

/* The next datagram, which is there already: sending is synchronous. NULL: none. */
static const char *manager_hear(struct manager *manager)
{
    ssize_t bytes = recv(manager->socket, manager->heard, sizeof manager->heard - 1, MSG_DONTWAIT);
    manager->heard[bytes > 0 ? bytes : 0] = '\0';
    return bytes >= 0 ? manager->heard : NULL;
}

static void test_each_sentence_in_the_managers_words(void **state)
{
    struct manager *manager = *state;
    unsigned long long at = 0;
    notify_ready("at work");
    assert_string_equal(manager_hear(manager), "READY=1\nSTATUS=at work");
    notify_status("event %d, %s", 7, "3 behind");
    assert_string_equal(manager_hear(manager), "STATUS=event 7, 3 behind");
    notify_extend_us(60000000);
    assert_string_equal(manager_hear(manager), "EXTEND_TIMEOUT_USEC=60000000");
    notify_watchdog_ping();
    assert_string_equal(manager_hear(manager), "WATCHDOG=1");
    notify_reloading();
    assert_int_equal(sscanf(manager_hear(manager), "RELOADING=1\nMONOTONIC_USEC=%llu", &at), 1);
    assert_true(at > 0);
    notify_stopping();
    assert_string_equal(manager_hear(manager), "STOPPING=1");
    assert_null(manager_hear(manager));
}

/* A status that quotes a stranger must not become an assignment, nor grow without bound. */
static void test_a_status_is_one_line_of_bounded_length(void **state)
{
    struct manager *manager = *state;
    char line[2000];
    notify_status("%s", "a\nREADY=1\nMAINPID=1");
    assert_string_equal(manager_hear(manager), "STATUS=a READY=1 MAINPID=1");
    notify_ready("b\nSTOPPING=1");
    assert_string_equal(manager_hear(manager), "READY=1\nSTATUS=b STOPPING=1");
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    notify_status("%s", line);
    assert_int_equal(strlen(manager_hear(manager)), strlen("STATUS=") + 511);
    notify_ready(line);
    assert_int_equal(strlen(manager_hear(manager)), strlen("READY=1\nSTATUS=") + 511);
}

static void test_half_the_watchdogs_interval(void **state)
{
    (void)state;
    char pid[32];
    assert_int_equal(notify_watchdog_us(), 0);
    assert_int_equal(setenv("WATCHDOG_USEC", "30000000", 1), 0);
    assert_int_equal(notify_watchdog_us(), 15000000);
    (void)snprintf(pid, sizeof pid, "%ld", (long)getpid());
    assert_int_equal(setenv("WATCHDOG_PID", pid, 1), 0);
    assert_int_equal(notify_watchdog_us(), 15000000);
    assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0); /* another process is watched */
    assert_int_equal(notify_watchdog_us(), 0);
    assert_int_equal(unsetenv("WATCHDOG_PID"), 0);
    assert_int_equal(setenv("WATCHDOG_USEC", "soon", 1), 0);
    assert_int_equal(notify_watchdog_us(), 0);
}

static void test_without_a_manager_nothing_happens(void **state)
{
    struct manager *manager = *state;
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    notify_ready("unheard");
    notify_status("unheard");
    assert_int_equal(setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1), 0);
    notify_status("unheard");
    notify_reloading();
    notify_extend_us(1);
    notify_watchdog_ping();
    notify_stopping();
    assert_null(manager_hear(manager));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_sentence_in_the_managers_words, manager_setup,
                                        manager_teardown),
        cmocka_unit_test_setup_teardown(test_a_status_is_one_line_of_bounded_length, manager_setup,
                                        manager_teardown),
        cmocka_unit_test_setup_teardown(test_half_the_watchdogs_interval, manager_setup, manager_teardown),
        cmocka_unit_test_setup_teardown(test_without_a_manager_nothing_happens, manager_setup,
                                        manager_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
