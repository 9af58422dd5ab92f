/* slate.c - see slate.h. */
#include "tests/support/slate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/limits.h"

struct arena arena;

int slate_open(void **state)
{
    (void)state;
    digest_init();
    arena_open(&arena, ARENA_BYTES_MAX);
    return 0;
}

int slate_close(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

void assert_same_bytes(struct bytes a, struct bytes b)
{
    assert_int_equal(a.bytes, b.bytes);
    assert_memory_equal(a.at, b.at, a.bytes);
}
