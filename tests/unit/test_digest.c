/* Goal: the algorithms are the published ones, in one piece or in many, and hexadecimal text is read
 * strictly. Method: published test vectors of BLAKE2b-256 and XXH3-64, and every split of a message. */
#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){(const unsigned char *)text, strlen(text)};
}

static void test_published_vectors(void **state)
{
    (void)state;
    char hex[DIGEST_HEX_BYTES];
    struct digest digest = digest_of(bytes_of(""));
    assert_string_equal(digest_hex(&digest, hex),
                        "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    digest = digest_of(bytes_of("abc"));
    assert_string_equal(digest_hex(&digest, hex),
                        "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    assert_true(digest_short(bytes_of("abc")) == UINT64_C(0xbddd813c63423972));
    assert_true(digest_checksum((struct bytes){NULL, 0}, 0) == UINT64_C(0x2d06800538d394c2));
    assert_true(digest_checksum(bytes_of("abc"), 0) == UINT64_C(0x78af5f94892f3950));
    assert_true(digest_checksum(bytes_of("abc"), 1) != digest_checksum(bytes_of("abc"), 0));
}

static void test_pieces_make_the_whole(void **state)
{
    (void)state;
    unsigned char message[300];
    for (size_t i = 0; i < sizeof(message); i++)
        message[i] = (unsigned char)(i * 7);
    struct digest whole = digest_of((struct bytes){message, sizeof(message)});
    for (size_t split = 0; split <= sizeof(message); split++) {
        struct digest_state digest_state;
        digest_begin(&digest_state);
        digest_add(&digest_state, message, split);
        digest_add(&digest_state, message + split, sizeof(message) - split);
        struct digest pieces = digest_end(&digest_state);
        assert_memory_equal(&pieces, &whole, sizeof(whole));
    }
}

static void test_hexadecimal_text(void **state)
{
    (void)state;
    char hex[DIGEST_HEX_BYTES];
    struct digest digest, again;
    digest_random(&digest, sizeof(digest));
    struct text t = text_from(digest_hex(&digest, hex));
    assert_true(digest_from_hex(t, &again));
    assert_memory_equal(&digest, &again, sizeof(digest));
    t.bytes--;
    assert_false(digest_from_hex(t, &again));
    hex[10] = 'g';
    assert_false(digest_from_hex(text_from(hex), &again));
    assert_false(digest_from_hex(TEXT(""), &again));
}

static void test_random_bytes_differ(void **state)
{
    (void)state;
    unsigned char a[16], b[16];
    digest_random(a, sizeof(a));
    digest_random(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
}

/* RFC 4231, test cases 1 and 2, and one whose key is longer than a block (case 6). */
static void test_hmac_is_the_published_one(void **state)
{
    (void)state;
    unsigned char key[131];
    char hex[DIGEST_HEX_BYTES];
    memset(key, 0x0b, 20);
    struct digest digest = digest_hmac_sha256((struct bytes){key, 20}, bytes_of("Hi There"));
    assert_string_equal(digest_hex(&digest, hex),
                        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    digest = digest_hmac_sha256(bytes_of("Jefe"), bytes_of("what do ya want for nothing?"));
    assert_string_equal(digest_hex(&digest, hex),
                        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    digest = digest_hmac_sha256((struct bytes){key, sizeof key},
                                bytes_of("Test Using Larger Than Block-Size Key - Hash Key First"));
    assert_string_equal(digest_hex(&digest, hex),
                        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* RFC 4648, section 10. */
static void test_base64_is_read_strictly(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"f", "Zg=="},         {"fo", "Zm8="},
                                           {"foo", "Zm9v"},       {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    static const char *const wrong[] = {"", "Zg", "Zg=", "Zg==\n", " Zg==", "Zg==Zg==", "Z!==", "Zm9v "};
    struct arena arena;
    struct bytes out;
    arena_open(&arena, 65536);
    assert_int_equal(digest_base64(&arena, bytes_of("")).bytes, 0);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_true(text_is(digest_base64(&arena, bytes_of(pairs[i][0])), pairs[i][1]));
        assert_true(digest_from_base64(&arena, text_from(pairs[i][1]), &out));
        assert_int_equal(out.bytes, strlen(pairs[i][0]));
        assert_memory_equal(out.at, pairs[i][0], out.bytes);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(digest_from_base64(&arena, text_from(wrong[i]), &out));
    arena_close(&arena);
}

static int init(void **state)
{
    (void)state;
    digest_init();
    digest_init(); /* again is harmless */
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vectors),         cmocka_unit_test(test_pieces_make_the_whole),
        cmocka_unit_test(test_hexadecimal_text),          cmocka_unit_test(test_random_bytes_differ),
        cmocka_unit_test(test_hmac_is_the_published_one), cmocka_unit_test(test_base64_is_read_strictly),
    };
    return cmocka_run_group_tests(tests, init, NULL);
}
