/* Goal: bytes that are not exactly one msgpack object within the limits never reach msgpack-c. Method: every
 * head of the format by hand, whole and cut, the hostile heads of five bytes, the limits at their edge, and
 * 200,000 random frames on which scanner and msgpack-c must agree. */
#include "base/limits.h"
#include "proto/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <msgpack.h>

#include "tests/support/random_event.h"

static const struct scan_limits limits = {NESTING_MAX, ELEMENTS_MAX};

static int scan(const void *at, size_t bytes)
{
    return scan_message((struct bytes){at, bytes}, &limits);
}

static void test_every_head_whole_and_cut(void **state)
{
    (void)state;
    static const struct {
        unsigned char head[6];
        size_t head_bytes, payload_bytes;
    } cases[] = {
        {{0x00}, 1, 0},
        {{0x7f}, 1, 0},
        {{0xe0}, 1, 0},
        {{0xff}, 1, 0},
        {{0xc0}, 1, 0},
        {{0xc2}, 1, 0},
        {{0xc3}, 1, 0},
        {{0xa0}, 1, 0},
        {{0xbf}, 1, 31},
        {{0xd9, 200}, 2, 200},
        {{0xda, 1, 0}, 3, 256},
        {{0xdb, 0, 1, 0, 0}, 5, 65536},
        {{0xc4, 200}, 2, 200},
        {{0xc5, 1, 0}, 3, 256},
        {{0xc6, 0, 1, 0, 0}, 5, 65536},
        {{0xc7, 3}, 2, 4},
        {{0xc8, 0, 3}, 3, 4},
        {{0xc9, 0, 0, 0, 3}, 5, 4},
        {{0xca}, 1, 4},
        {{0xcb}, 1, 8},
        {{0xcc}, 1, 1},
        {{0xcd}, 1, 2},
        {{0xce}, 1, 4},
        {{0xcf}, 1, 8},
        {{0xd0}, 1, 1},
        {{0xd1}, 1, 2},
        {{0xd2}, 1, 4},
        {{0xd3}, 1, 8},
        {{0xd4}, 1, 2},
        {{0xd5}, 1, 3},
        {{0xd6}, 1, 5},
        {{0xd7}, 1, 9},
        {{0xd8}, 1, 17},
        {{0x90}, 1, 0},
        {{0x9f}, 1, 15},
        {{0xdc, 0, 20}, 3, 20},
        {{0xdd, 0, 0, 0, 20}, 5, 20},
        {{0x80}, 1, 0},
        {{0x8f}, 1, 30},
        {{0xde, 0, 20}, 3, 40},
        {{0xdf, 0, 0, 0, 20}, 5, 40},
    };
    static unsigned char frame[70000];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t bytes = cases[i].head_bytes + cases[i].payload_bytes;
        memset(frame, 0, sizeof(frame)); /* children: the integer 0 */
        memcpy(frame, cases[i].head, cases[i].head_bytes);
        assert_int_equal(scan(frame, bytes), 0);
        assert_int_equal(scan(frame, bytes + 1), SCAN_E_TRAILING);
        for (size_t cut = bytes > 300 ? bytes - 300 : 0; cut < bytes; cut++)
            assert_int_equal(scan(frame, cut), SCAN_E_TRUNCATED);
    }
}

static void test_hostile_heads(void **state)
{
    (void)state;
    static const unsigned char heads[][5] = {
        {0xdd, 0x10, 0, 0, 0},          {0xdd, 0xff, 0xff, 0xff, 0xff}, {0xdf, 0x10, 0, 0, 0},
        {0xdf, 0xff, 0xff, 0xff, 0xff}, {0xdb, 0xff, 0xff, 0xff, 0xff}, {0xc6, 0xff, 0xff, 0xff, 0xff},
        {0xc9, 0xff, 0xff, 0xff, 0xff},
    };
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        assert_int_equal(scan(heads[i], 5), SCAN_E_TRUNCATED);
    unsigned char nested[155];
    for (size_t i = 0; i < sizeof(nested); i++)
        nested[i] = heads[0][i % 5];
    assert_int_equal(scan(nested, sizeof(nested)), SCAN_E_TRUNCATED);
    assert_int_equal(scan("\xc1", 1), SCAN_E_RESERVED);
    assert_int_equal(scan("\x91\xc1", 2), SCAN_E_RESERVED);
    assert_int_equal(scan(NULL, 0), SCAN_E_TRUNCATED);
}

static void test_limits_at_their_edge(void **state)
{
    (void)state;
    unsigned char deep[NESTING_MAX + 2];
    memset(deep, 0x91, sizeof(deep));
    deep[NESTING_MAX] = 0xc0;
    assert_int_equal(scan(deep, NESTING_MAX + 1), 0); /* so many arrays around a nil */
    deep[NESTING_MAX] = 0x91;
    deep[NESTING_MAX + 1] = 0xc0;
    assert_int_equal(scan(deep, NESTING_MAX + 2), SCAN_E_NESTING);
    static unsigned char wide[5 + ELEMENTS_MAX];
    memcpy(wide, "\xdd\x00\x00\xff\xff", 5);
    memset(wide + 5, 0xc0, ELEMENTS_MAX);
    assert_int_equal(scan(wide, 5 + ELEMENTS_MAX - 1), 0); /* 65,535 nils and their array */
    memcpy(wide, "\xdd\x00\x01\x00\x00", 5);
    assert_int_equal(scan(wide, 5 + ELEMENTS_MAX), SCAN_E_ELEMENTS);
    static const struct scan_limits flat = {0, 1};
    assert_int_equal(scan_message((struct bytes){(const unsigned char *)"\xc0", 1}, &flat), 0);
    assert_int_equal(scan_message((struct bytes){(const unsigned char *)"\x90", 1}, &flat), SCAN_E_NESTING);
}

/* Makes frames that are often whole: heads of the small kinds, random elsewhere. */
static size_t random_frame(struct random *random, unsigned char *out, size_t room)
{
    size_t bytes = 1 + random_below(random, room - 1);
    for (size_t i = 0; i < bytes; i++) {
        static const unsigned char small[] = {0x81, 0x92, 0xa1, 0xc0, 0x05, 0xcc,
                                              0xd9, 0xc4, 0xdc, 0x00, 0x01, 0xe5};
        uint64_t draw = random_next(random);
        out[i] = (draw & 3) != 0 ? small[(draw >> 8) % sizeof(small)] : (unsigned char)(draw >> 16);
    }
    return bytes;
}

static void test_agrees_with_msgpack(void **state)
{
    (void)state;
    struct random random = {20200120};
    unsigned accepted = 0;
    for (int i = 0; i < 200000; i++) {
        unsigned char frame[24];
        size_t bytes = random_frame(&random, frame, sizeof(frame));
        if (scan(frame, bytes) != 0)
            continue;
        accepted++;
        msgpack_unpacked unpacked;
        msgpack_unpacked_init(&unpacked);
        size_t offset = 0;
        assert_int_equal(msgpack_unpack_next(&unpacked, (char *)frame, bytes, &offset),
                         MSGPACK_UNPACK_SUCCESS);
        assert_int_equal(offset, bytes);
        msgpack_unpacked_destroy(&unpacked);
        assert_int_equal(scan(frame, bytes - 1) == 0,
                         false); /* no whole object is the beginning of another */
    }
    assert_true(accepted > 5000);
}

static void test_every_code_has_a_text(void **state)
{
    (void)state;
    for (int code = 0; code <= SCAN_E_RESERVED; code++)
        assert_true(strlen(scan_error_text(code)) > 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_head_whole_and_cut), cmocka_unit_test(test_hostile_heads),
        cmocka_unit_test(test_limits_at_their_edge),     cmocka_unit_test(test_agrees_with_msgpack),
        cmocka_unit_test(test_every_code_has_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
