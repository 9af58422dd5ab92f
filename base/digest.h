/* digest.h - BLAKE2b (libsodium) for chains, content hashes and keyed names; HMAC-SHA256 and base64 for what
 * other people's standards ask; XXH3 (xxHash) for checksums. The only files that include sodium.h and
 * xxhash.h are digest.c and daemon/access.c. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/arena.h"

enum { DIGEST_BYTES = 32, DIGEST_HEX_BYTES = 65 };

struct digest {
    unsigned char at[DIGEST_BYTES];
};

struct digest_state {
    unsigned char opaque[384] __attribute__((aligned(64)));
};

/* Must run once per process before anything else here; idempotent. */
void digest_init(void);
void digest_begin(struct digest_state *state);
void digest_add(struct digest_state *state, const void *at, size_t bytes);
struct digest digest_end(struct digest_state *state);
struct digest digest_of(struct bytes b);
/* 64-bit BLAKE2b prefix, for short index keys (collisions are handled by the callers, which compare in full).
 */
uint64_t digest_short(struct bytes b);
/* XXH3-64 checksum: detects damage, is no protection against intent. */
uint64_t digest_checksum(struct bytes b, uint64_t seed);
const char *digest_hex(const struct digest *digest, char out[DIGEST_HEX_BYTES]);
bool digest_from_hex(struct text hex, struct digest *out);
void digest_random(void *at, size_t bytes);
/* HMAC-SHA256 (RFC 2104) of a message under a key of any length. */
struct digest digest_hmac_sha256(struct bytes key, struct bytes message);
/* RFC 4648, section 4, with padding. Decoding is strict: false for anything else, blanks and line ends too.
 */
struct text digest_base64(struct arena *arena, struct bytes b);
bool digest_from_base64(struct arena *arena, struct text base64, struct bytes *out);

#endif
