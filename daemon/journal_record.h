/* journal_record.h - the journal's bytes on disk: segment heads and records. Pure: touches no file.
 *
 * All numbers are little-endian. A record starts at a multiple of 8; zeros fill it up to the next one.
 *
 *   record   0  magic u32, length u32 (without the filling)
 *            8  checksum u64: XXH3 over all behind it, filling included; seeded with salt + length
 *           16  seq u64, received_us i64, durable_seq u64
 *           40  source_at u32, id_at u32 (within the body), source_bytes u16, id_bytes u16
 *           52  publisher_bytes u16, zero u16
 *           56  chain: 32 bytes
 *           88  publisher, body
 *
 *   head     0  magic u64, version u32, zero u32
 *           16  journal id: 32 hex digits
 *           48  salt u64, first seq u64, received_us i64 (of the entry before), segment bytes u64
 *           80  chain before the first entry: 32 bytes
 *          112  checksum u64, zeros up to SEGMENT_HEAD_BYTES: no record shares a page with the head
 *
 * The salt is random, new in each segment and known to nobody outside, so neither old records in a reused
 * file nor bytes that a publisher put into a body can pass for a record. durable_seq is the last entry known
 * flushed when this one was written: a bad record before one that vouches for it is damage to acknowledged
 * data, not a torn end.
 */
#ifndef DAEMON_JOURNAL_RECORD_H
#define DAEMON_JOURNAL_RECORD_H

#include "base/digest.h"
#include "base/limits.h"

#include <endian.h>

enum {
    RECORD_ALIGN = 8,
    RECORD_HEAD_BYTES = 88,
    RECORD_TELL_BYTES = 16, /* fewer say nothing */
    RECORD_BYTES_MAX = RECORD_HEAD_BYTES + NAME_BYTES_MAX + EVENT_BYTES_MAX + RECORD_ALIGN,
    SEGMENT_HEAD_BYTES = 4096,
    SEGMENT_VERSION = 1,
    JOURNAL_ID_BYTES = 32,
};

struct record {
    uint64_t seq;
    int64_t received_us;
    uint64_t durable_seq;
    struct digest chain;
    struct text publisher, source, id; /* source and id lie inside body */
    struct bytes body;
};

enum record_state {
    RECORD_FINE,
    RECORD_BLANK, /* no record was written here */
    RECORD_SHORT, /* may be fine, needs more bytes than are here */
    RECORD_DAMAGED
};

/* Bytes that the record takes in a segment, filling included. */
size_t record_bytes(const struct record *record);
/* Writes record_bytes() bytes. */
void record_encode(const struct record *record, uint64_t salt, unsigned char *out);
/* Views into at. bytes_out: what it takes (FINE), or what must be there to tell (SHORT). */
enum record_state record_decode(struct bytes at, uint64_t salt, struct record *record_out, size_t *bytes_out);
/* BLAKE2b over the chain before, seq, received_us, publisher with its length, and body. */
struct digest record_chain(const struct digest *before, const struct record *record);

struct segment_head {
    char id[JOURNAL_ID_BYTES];
    uint64_t salt, first;
    int64_t received_us; /* of the entry before the first */
    uint64_t bytes;
    struct digest chain;
};
/* Writes SEGMENT_HEAD_BYTES. */
void segment_head_encode(const struct segment_head *head, unsigned char *out);
bool segment_head_decode(struct bytes at, struct segment_head *head_out);

static inline void le_put_u16(unsigned char *at, uint16_t value)
{
    value = htole16(value);
    memcpy(at, &value, sizeof value);
}
static inline void le_put_u32(unsigned char *at, uint32_t value)
{
    value = htole32(value);
    memcpy(at, &value, sizeof value);
}
static inline void le_put_u64(unsigned char *at, uint64_t value)
{
    value = htole64(value);
    memcpy(at, &value, sizeof value);
}
static inline uint16_t le_u16(const unsigned char *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return le16toh(value);
}
static inline uint32_t le_u32(const unsigned char *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return le32toh(value);
}
static inline uint64_t le_u64(const unsigned char *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return le64toh(value);
}

#endif
