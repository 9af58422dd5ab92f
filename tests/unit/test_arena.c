/* Goal: what an arena or a buffer hands out is aligned, zeroed, disjoint and bounded; a bound that is passed
 * ends the process. Method: random sizes checked against their own pattern, and children that must abort; run
 * under AddressSanitizer. */
#include "base/arena.h"
#include "base/limits.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The last line on standard error must hold `words`. */
static void assert_dies(void (*call)(void), const char *words)
{
    int ends[2], status;
    char said[4096];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        call();
        _exit(0);
    }
    (void)close(ends[1]);
    ssize_t bytes = read(ends[0], said, sizeof(said) - 1);
    assert_true(bytes > 0);
    said[bytes] = '\0';
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(said, words));
}

static void test_pieces_are_aligned_zeroed_and_disjoint(void **state)
{
    (void)state;
    enum { PIECES = 2000 };
    static unsigned char *pieces[PIECES];
    static size_t sizes[PIECES];
    struct arena arena;
    arena_open(&arena, ARENA_BYTES_MAX);
    srand(5);
    for (int round = 0; round < 3; round++) {
        size_t sum = 0;
        for (size_t i = 0; i < PIECES; i++) {
            sizes[i] = (size_t)(rand() % 50 == 0 ? rand() % 200000 : rand() % 100);
            pieces[i] = arena_alloc(&arena, sizes[i]);
            assert_int_equal((uintptr_t)pieces[i] % 16, 0);
            for (size_t j = 0; j < sizes[i]; j++)
                assert_int_equal(pieces[i][j], 0);
            memset(pieces[i], (int)(i % 251 + 1), sizes[i]);
            sum += sizes[i];
        }
        for (size_t i = 0; i < PIECES; i++)
            for (size_t j = 0; j < sizes[i]; j++)
                assert_int_equal(pieces[i][j], i % 251 + 1);
        assert_int_equal(arena.used_bytes, sum);
        arena_reset(&arena);
        assert_int_equal(arena.used_bytes, 0);
    }
    arena_close(&arena);
    arena_close(&arena); /* again is harmless */
}

static void test_a_reset_keeps_one_block(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 10000);
    void *first = arena_alloc(&arena, 100);
    arena_reset(&arena);
    assert_ptr_equal(arena_alloc(&arena, 100), first);
    arena_close(&arena);
}

static void test_texts(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 100000);
    struct text copy = arena_text_copy(&arena, (struct text){"市财政局…", 12});
    assert_true(text_equal(copy, TEXT("市财政局")) && copy.at[12] == '\0');
    assert_null(arena_text_copy(&arena, TEXT_NONE).at); /* absent stays absent */
    assert_non_null(arena_text_copy(&arena, TEXT("")).at);
    assert_null(arena_bytes_copy(&arena, (struct bytes){NULL, 0}).at);
    char endless[9000];
    memset(endless, 'x', sizeof(endless));
    endless[8999] = '\0';
    struct text printed = arena_printf(&arena, "%s/%d", endless, 42);
    assert_int_equal(printed.bytes, 9002);
    assert_string_equal(printed.at + 8999, "/42");
    arena_close(&arena);
}

static void exceed_arena(void)
{
    struct arena arena;
    arena_open(&arena, 1000);
    (void)arena_alloc(&arena, 600);
    (void)arena_alloc(&arena, 600);
}

static void overflow_arena(void)
{
    struct arena arena;
    arena_open(&arena, 1000);
    (void)arena_alloc(&arena, 600);
    (void)arena_alloc(&arena, SIZE_MAX - 100);
}

static void exceed_buffer(void)
{
    struct buffer buffer;
    buffer_open(&buffer, 1000);
    buffer_append(&buffer, "x", 1);
    (void)buffer_reserve(&buffer, 1000);
}

static void exceed_memory(void)
{
    (void)memory_alloc((size_t)1 << 46);
}

static void test_bounds(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 1000);
    (void)arena_alloc(&arena, 1000); /* the bound itself is allowed */
    arena_close(&arena);
    assert_dies(exceed_arena, "exceed its bound of 1000");
    assert_dies(overflow_arena, "exceed its bound of 1000");
    assert_dies(exceed_buffer, "exceed its bound of 1000");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_dies(exceed_memory, "out of memory"); /* a sanitizer would end the process with its own words */
#else
    (void)exceed_memory;
#endif
}

static void test_a_buffer_grows_to_its_bound(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_open(&buffer, 100000);
    assert_int_equal(buffer_view(&buffer).bytes, 0);
    buffer_append(&buffer, NULL, 0);
    for (size_t i = 0; i < 99990; i++)
        buffer_append(&buffer, &"abcdefg"[i % 7], 1);
    buffer_printf(&buffer, "%s-%04d", "last!", 7); /* exactly to the bound, without its NUL */
    assert_int_equal(buffer.bytes, 100000);
    assert_true(buffer.room <= 100001);
    for (size_t i = 0; i < 99990; i++)
        assert_int_equal(buffer.at[i], "abcdefg"[i % 7]);
    assert_memory_equal(buffer.at + 99990, "last!-0007", 10);
    buffer_reset(&buffer);
    buffer_printf(&buffer, "%s", "");
    assert_int_equal(buffer_text(&buffer).bytes, 0);
    buffer_close(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_are_aligned_zeroed_and_disjoint),
        cmocka_unit_test(test_a_reset_keeps_one_block),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_a_buffer_grows_to_its_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
