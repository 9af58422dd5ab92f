/* digest.c - thin names over libsodium's BLAKE2b and xxHash's XXH3, so that the algorithms are chosen in one
 * place. */
#include "base/digest.h"
#include "base/log.h"

#include <sodium.h>
#include <xxhash.h>

_Static_assert(sizeof(crypto_generichash_state) <= sizeof(struct digest_state), "room for libsodium's state");
_Static_assert(_Alignof(crypto_generichash_state) <= _Alignof(struct digest_state), "its alignment too");

static crypto_generichash_state *digest_sodium(struct digest_state *state)
{
    return (crypto_generichash_state *)(void *)state;
}

void digest_init(void)
{
    if (sodium_init() < 0)
        die("libsodium could not be initialised");
}

void digest_begin(struct digest_state *state)
{
    ASSERT(crypto_generichash_init(digest_sodium(state), NULL, 0, DIGEST_BYTES) == 0);
}

void digest_add(struct digest_state *state, const void *at, size_t bytes)
{
    ASSERT(crypto_generichash_update(digest_sodium(state), at, bytes) == 0);
}

struct digest digest_end(struct digest_state *state)
{
    struct digest digest;
    ASSERT(crypto_generichash_final(digest_sodium(state), digest.at, DIGEST_BYTES) == 0);
    return digest;
}

struct digest digest_of(struct bytes b)
{
    struct digest digest;
    ASSERT(crypto_generichash(digest.at, DIGEST_BYTES, b.at, b.bytes, NULL, 0) == 0);
    return digest;
}

uint64_t digest_short(struct bytes b)
{
    struct digest digest = digest_of(b);
    uint64_t prefix = 0;
    for (size_t i = 0; i < sizeof(prefix); i++)
        prefix = prefix << 8 | digest.at[i];
    return prefix;
}

uint64_t digest_checksum(struct bytes b, uint64_t seed)
{
    return XXH3_64bits_withSeed(b.at != NULL ? b.at : (const unsigned char *)"", b.bytes, seed);
}

const char *digest_hex(const struct digest *digest, char out[DIGEST_HEX_BYTES])
{
    return sodium_bin2hex(out, DIGEST_HEX_BYTES, digest->at, DIGEST_BYTES);
}

bool digest_from_hex(struct text hex, struct digest *out)
{
    size_t bytes = 0;
    return hex.bytes == DIGEST_HEX_BYTES - 1 &&
           sodium_hex2bin(out->at, DIGEST_BYTES, hex.at, hex.bytes, NULL, &bytes, NULL) == 0 &&
           bytes == DIGEST_BYTES;
}

void digest_random(void *at, size_t bytes)
{
    randombytes_buf(at, bytes);
}

struct digest digest_hmac_sha256(struct bytes key, struct bytes message)
{
    crypto_auth_hmacsha256_state state;
    struct digest digest;
    _Static_assert(crypto_auth_hmacsha256_BYTES == DIGEST_BYTES, "one size fits both");
    ASSERT(crypto_auth_hmacsha256_init(&state, key.at, key.bytes) == 0);
    ASSERT(crypto_auth_hmacsha256_update(&state, message.at, message.bytes) == 0);
    ASSERT(crypto_auth_hmacsha256_final(&state, digest.at) == 0);
    return digest;
}

struct text digest_base64(struct arena *arena, struct bytes b)
{
    size_t room = sodium_base64_ENCODED_LEN(b.bytes, sodium_base64_VARIANT_ORIGINAL);
    char *at = arena_alloc(arena, room);
    (void)sodium_bin2base64(at, room, b.at, b.bytes, sodium_base64_VARIANT_ORIGINAL);
    return (struct text){at, room - 1};
}

bool digest_from_base64(struct arena *arena, struct text base64, struct bytes *out)
{
    unsigned char *at = arena_alloc(arena, base64.bytes + 1);
    const char *end = NULL;
    size_t bytes = 0;
    if (base64.bytes == 0 || sodium_base642bin(at, base64.bytes, base64.at, base64.bytes, NULL, &bytes, &end,
                                               sodium_base64_VARIANT_ORIGINAL) != 0)
        return false;
    *out = (struct bytes){at, bytes};
    return end == base64.at + base64.bytes;
}
