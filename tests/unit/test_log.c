/* Goal: a line says what it should, cannot be forged by what it quotes, and a flood is held back audibly.
 * Method: standard error goes into a file while the log writes; the file is compared with what a reader
 * expects. */
#include "base/arena.h"
#include "base/log.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <regex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    int file, saved;
    char said[1 << 20];
};

static int setup(void **state)
{
    struct fixture *f = memory_alloc(sizeof(*f));
    char path[] = "/tmp/duban-log-XXXXXX";
    f->file = mkstemp(path);
    assert_true(f->file >= 0);
    assert_int_equal(unlink(path), 0);
    f->saved = dup(STDERR_FILENO);
    assert_true(dup2(f->file, STDERR_FILENO) >= 0);
    (void)unsetenv("JOURNAL_STREAM");
    log_open("test", LOG_LEVEL_INFO);
    *state = f;
    return 0;
}

/* What was said so far; standard error is itself again. */
static const char *said(struct fixture *f)
{
    if (f->saved >= 0) {
        (void)dup2(f->saved, STDERR_FILENO);
        (void)close(f->saved);
        f->saved = -1;
    }
    ssize_t bytes = pread(f->file, f->said, sizeof(f->said) - 1, 0);
    f->said[bytes > 0 ? bytes : 0] = '\0';
    return f->said;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    (void)said(f);
    (void)close(f->file);
    free(f);
    return 0;
}

static void assert_matches(const char *text, const char *pattern)
{
    regex_t regex;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    int rc = regexec(&regex, text, 0, NULL, 0);
    regfree(&regex);
    if (rc != 0)
        fail_msg("%s does not match %s", text, pattern);
}

static unsigned count_of(const char *text, const char *part)
{
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

static void test_a_line_reads_well(void **state)
{
    struct log_field fields[] = {
        {"subject", TEXT("issue/7")}, {"unit", TEXT("市 财政局")}, {"empty", TEXT("")}};
    log_line(LOG_LEVEL_WARNING, LOG_LAGGING, fields, 3, "%d events behind", 12);
    assert_matches(said(*state),
                   "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z WARN   test: "
                   "12 events behind subject=issue/7 unit=\"市 财政局\" empty=\"\"\n$");
}

static void test_what_is_quoted_forges_nothing(void **state)
{
    struct log_field field = {"name", TEXT("a\n2026-01-01T00:00:00.000Z ERROR  fake: \033[31m")};
    log_line(LOG_LEVEL_INFO, LOG_SESSION, &field, 1, "by %s", "x\ny");
    const char *text = said(*state);
    assert_int_equal(count_of(text, "\n"), 1);
    assert_null(strchr(text, '\033'));
    assert_non_null(strstr(text, "by x\\x0ay"));
}

static void test_levels(void **state)
{
    log_debug(LOG_GENERAL, "not this");
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug(LOG_GENERAL, "but this");
    log_set_level(LOG_LEVEL_ERROR);
    log_warning(LOG_GENERAL, "nor this");
    log_error(LOG_GENERAL, "and this");
    const char *text = said(*state);
    assert_null(strstr(text, "not this"));
    assert_null(strstr(text, "nor this"));
    assert_non_null(strstr(text, "DEBUG  test: but this"));
    assert_non_null(strstr(text, "ERROR  test: and this"));
}

static void test_an_endless_line_is_cut_and_ended(void **state)
{
    static char endless[20000];
    memset(endless, 'x', sizeof(endless) - 1);
    struct log_field field = {"more", text_from(endless)};
    log_line(LOG_LEVEL_INFO, LOG_STARTED, &field, 1, "%s", endless);
    const char *text = said(*state);
    assert_in_range(strlen(text), 5000, 9000);
    assert_int_equal(text[strlen(text) - 1], '\n');
}

static void test_colours_only_on_a_terminal(void **state)
{
    struct fixture *f = *state;
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    char line[1000];
    assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    int far = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    assert_true(far >= 0);
    static const char *const no_colour[] = {NULL, "1"};
    for (int i = 0; i < 2; i++) {
        if (no_colour[i] != NULL)
            assert_int_equal(setenv("NO_COLOR", no_colour[i], 1), 0);
        else
            assert_int_equal(unsetenv("NO_COLOR"), 0);
        assert_true(dup2(far, STDERR_FILENO) >= 0);
        log_open("test", LOG_LEVEL_INFO);
        log_error(LOG_GENERAL, "seen");
        ssize_t bytes = read(terminal, line, sizeof(line) - 1);
        assert_true(bytes > 0);
        line[bytes] = '\0';
        assert_int_equal(strchr(line, '\033') != NULL, i == 0);
    }
    (void)said(f);
    (void)unsetenv("NO_COLOR");
    (void)close(far);
    (void)close(terminal);
}

/* With JOURNAL_STREAM naming our standard error, lines go to journald's socket and not here; otherwise they
 * come here. */
static void test_journald_only_when_the_stream_is_ours(void **state)
{
    struct fixture *f = *state;
    struct stat status;
    char stream[64];
    assert_int_equal(setenv("JOURNAL_STREAM", "1:1", 1), 0);
    log_open("test", LOG_LEVEL_INFO);
    log_info(LOG_GENERAL, "not ours");
    assert_int_equal(fstat(STDERR_FILENO, &status), 0);
    (void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
    log_open("test", LOG_LEVEL_INFO);
    log_info(LOG_GENERAL, "is ours");
    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
    log_open("test", LOG_LEVEL_INFO);
    assert_non_null(strstr(said(f), "not ours"));
    assert_null(strstr(said(f), "is ours"));
}

enum { FLOOD_LINES = 5000 };

static void test_a_flood_of_one_kind_is_held_back(void **state)
{
    for (int i = 0; i < FLOOD_LINES; i++)
        log_info(LOG_REFUSED, "flood");
    log_info(LOG_NOTIFIED, "another kind");
    log_open("test", LOG_LEVEL_INFO); /* ends the window */
    const char *text = said(*state);
    unsigned shown = count_of(text, ": flood\n"), held = 0, part;
    for (const char *at = text; (at = strstr(at, "held back ")) != NULL; at++) {
        assert_int_equal(sscanf(at, "held back %u lines of kind REFUSED", &part), 1);
        held += part;
    }
    assert_in_range(shown, 1000, 2000); /* twice the limit if the flood fell across a window's border */
    assert_int_equal(shown + held, FLOOD_LINES);
    assert_int_equal(count_of(text, "another kind"), 1);
}

static void *log_thread(void *context)
{
    for (int i = 0; i < 200; i++)
        log_info(LOG_REBUILD, "%s", (const char *)context);
    return NULL;
}

static void test_lines_of_threads_never_mix(void **state)
{
    static char words[4][200];
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        memset(words[i], 'a' + i, sizeof(words[i]) - 1);
        assert_int_equal(pthread_create(&threads[i], NULL, log_thread, words[i]), 0);
    }
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    const char *text = said(*state);
    unsigned whole = 0;
    for (int i = 0; i < 4; i++) {
        char line[1000];
        (void)snprintf(line, sizeof(line), "test: %s\n", words[i]);
        whole += count_of(text, line);
    }
    assert_int_equal(whole, 800);
}

static void test_die_speaks_and_aborts(void **state)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        ASSERT(1 + 1 == 3);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_matches(said(*state),
                   "ERROR  test: .*test_log.c:[0-9]+: test_die_speaks_and_aborts: assertion failed: "
                   "1 \\+ 1 == 3\n$");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_a_line_reads_well),
        T(test_what_is_quoted_forges_nothing),
        T(test_levels),
        T(test_an_endless_line_is_cut_and_ended),
        T(test_colours_only_on_a_terminal),
        T(test_journald_only_when_the_stream_is_ours),
        T(test_a_flood_of_one_kind_is_held_back),
        T(test_lines_of_threads_never_mix),
        T(test_die_speaks_and_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
