/* caught.c - see caught.h. */
#include "tests/support/caught.h"

#include "cli/command.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

struct caught caught;

void catch_begin(void)
{
    (void)fflush(NULL);
    for (int i = 0; i < 2; i++) {
        caught.kept[i] = dup(i + 1);
        caught.descriptors[i] = memfd_create("caught", MFD_CLOEXEC);
        assert_true(caught.kept[i] >= 0 && caught.descriptors[i] >= 0);
        assert_int_equal(dup2(caught.descriptors[i], i + 1), i + 1);
    }
}

void catch_end(void)
{
    char *const texts[2] = {caught.out, caught.error};
    (void)fflush(NULL);
    for (int i = 0; i < 2; i++) {
        ssize_t bytes = pread(caught.descriptors[i], texts[i], CAUGHT_BYTES - 1, 0);
        assert_int_equal(dup2(caught.kept[i], i + 1), i + 1);
        (void)close(caught.kept[i]);
        (void)close(caught.descriptors[i]);
        assert_true(bytes >= 0 && bytes < CAUGHT_BYTES - 1);
        texts[i][bytes] = '\0';
    }
}

int caught_run(const char *line)
{
    char copy[1024], *words[CAUGHT_WORDS_MAX + 2] = {copy};
    int count = 0;
    assert_true((size_t)snprintf(copy, sizeof(copy), "dubanctl %s", line) < sizeof(copy));
    for (char *at = copy; *at != '\0' && count < CAUGHT_WORDS_MAX;) {
        words[count++] = at;
        at += strcspn(at, " ");
        if (*at == ' ')
            *at++ = '\0';
    }
    words[count] = NULL;
    catch_begin();
    int code = command_main(count, words);
    catch_end();
    return code;
}
