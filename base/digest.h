/* digest.h - BLAKE2b (libsodium) for chains, content hashes and keyed names; XXH3 (xxHash) for checksums.
 * The only files that include sodium.h and xxhash.h are digest.c and daemon/access.c. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/text.h"

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

#endif
