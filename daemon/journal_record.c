/* journal_record.c - the layouts that journal_record.h draws. Every length is checked before it is believed:
 * a disk may hold anything. */
#include "daemon/journal_record.h"

#include "base/log.h"

static const uint32_t record_magic = 0x31526244;                    /* "DbR1" */
static const uint64_t segment_magic = UINT64_C(0x3130474553424444); /* "DDBSEG01" */
enum { CHECKED_AT = RECORD_TELL_BYTES, HEAD_CHECKED_BYTES = 112 };

static size_t record_filled(size_t bytes)
{
    return (bytes + RECORD_ALIGN - 1) & ~(size_t)(RECORD_ALIGN - 1);
}

static size_t record_length(const struct record *record)
{
    return RECORD_HEAD_BYTES + record->publisher.bytes + record->body.bytes;
}

size_t record_bytes(const struct record *record)
{
    return record_filled(record_length(record));
}

/* The length seeds it too: within the filling it could change without moving a byte. */
static uint64_t record_checksum(const unsigned char *at, size_t length, uint64_t salt)
{
    return digest_checksum((struct bytes){at + CHECKED_AT, record_filled(length) - CHECKED_AT},
                           salt + length);
}

static uint32_t record_place_in_body(const struct record *record, struct text part)
{
    const char *body = (const char *)record->body.at;
    ASSERT(part.at >= body && part.at + part.bytes <= body + record->body.bytes);
    return (uint32_t)(part.at - body);
}

void record_encode(const struct record *record, uint64_t salt, unsigned char *out)
{
    size_t length = record_length(record), filled = record_filled(length);
    ASSERT(filled <= RECORD_BYTES_MAX);
    ASSERT(record->source.bytes <= UINT16_MAX && record->id.bytes <= UINT16_MAX);
    le_put_u32(out, record_magic);
    le_put_u32(out + 4, (uint32_t)length);
    le_put_u64(out + 16, record->seq);
    le_put_u64(out + 24, (uint64_t)record->received_us);
    le_put_u64(out + 32, record->durable_seq);
    le_put_u32(out + 40, record_place_in_body(record, record->source));
    le_put_u32(out + 44, record_place_in_body(record, record->id));
    le_put_u16(out + 48, (uint16_t)record->source.bytes);
    le_put_u16(out + 50, (uint16_t)record->id.bytes);
    le_put_u16(out + 52, (uint16_t)record->publisher.bytes);
    le_put_u16(out + 54, 0);
    memcpy(out + 56, record->chain.at, DIGEST_BYTES);
    if (record->publisher.bytes > 0)
        memcpy(out + RECORD_HEAD_BYTES, record->publisher.at, record->publisher.bytes);
    memcpy(out + RECORD_HEAD_BYTES + record->publisher.bytes, record->body.at, record->body.bytes);
    memset(out + length, 0, filled - length);
    le_put_u64(out + 8, record_checksum(out, length, salt));
}

/* The parts of a record whose checksum held; false if it contradicts itself. */
static bool record_parts(const unsigned char *at, size_t length, struct record *out)
{
    size_t publisher_bytes = le_u16(at + 52);
    if (publisher_bytes > length - RECORD_HEAD_BYTES || publisher_bytes > NAME_BYTES_MAX)
        return false;
    size_t source_at = le_u32(at + 40), source_bytes = le_u16(at + 48);
    size_t id_at = le_u32(at + 44), id_bytes = le_u16(at + 50);
    out->seq = le_u64(at + 16);
    out->received_us = (int64_t)le_u64(at + 24);
    out->durable_seq = le_u64(at + 32);
    memcpy(out->chain.at, at + 56, DIGEST_BYTES);
    out->publisher = (struct text){(const char *)at + RECORD_HEAD_BYTES, publisher_bytes};
    out->body = (struct bytes){at + RECORD_HEAD_BYTES + publisher_bytes,
                               length - RECORD_HEAD_BYTES - publisher_bytes};
    if (source_at + source_bytes > out->body.bytes || id_at + id_bytes > out->body.bytes)
        return false;
    out->source = (struct text){(const char *)out->body.at + source_at, source_bytes};
    out->id = (struct text){(const char *)out->body.at + id_at, id_bytes};
    return out->seq > out->durable_seq;
}

enum record_state record_decode(struct bytes at, uint64_t salt, struct record *record_out, size_t *bytes_out)
{
    *bytes_out = RECORD_HEAD_BYTES;
    if (at.bytes < RECORD_TELL_BYTES)
        return RECORD_SHORT;
    uint32_t magic = le_u32(at.at), length = le_u32(at.at + 4);
    if (magic == 0 && length == 0 && le_u64(at.at + 8) == 0)
        return RECORD_BLANK;
    if (magic != record_magic || length < RECORD_HEAD_BYTES || length > RECORD_BYTES_MAX)
        return RECORD_DAMAGED;
    size_t filled = record_filled(length);
    *bytes_out = filled;
    if (at.bytes < filled)
        return RECORD_SHORT;
    if (record_checksum(at.at, length, salt) != le_u64(at.at + 8) || !record_parts(at.at, length, record_out))
        return RECORD_DAMAGED;
    return RECORD_FINE;
}

struct digest record_chain(const struct digest *before, const struct record *record)
{
    unsigned char head[DIGEST_BYTES + 18 + NAME_BYTES_MAX];
    ASSERT(record->publisher.bytes <= NAME_BYTES_MAX);
    memcpy(head, before->at, DIGEST_BYTES);
    le_put_u64(head + DIGEST_BYTES, record->seq);
    le_put_u64(head + DIGEST_BYTES + 8, (uint64_t)record->received_us);
    le_put_u16(head + DIGEST_BYTES + 16, (uint16_t)record->publisher.bytes);
    if (record->publisher.bytes > 0)
        memcpy(head + DIGEST_BYTES + 18, record->publisher.at, record->publisher.bytes);
    struct digest_state state;
    digest_begin(&state);
    digest_add(&state, head, DIGEST_BYTES + 18 + record->publisher.bytes);
    digest_add(&state, record->body.at, record->body.bytes);
    return digest_end(&state);
}

void segment_head_encode(const struct segment_head *head, unsigned char *out)
{
    memset(out, 0, SEGMENT_HEAD_BYTES);
    le_put_u64(out, segment_magic);
    le_put_u32(out + 8, SEGMENT_VERSION);
    memcpy(out + 16, head->id, JOURNAL_ID_BYTES);
    le_put_u64(out + 48, head->salt);
    le_put_u64(out + 56, head->first);
    le_put_u64(out + 64, (uint64_t)head->received_us);
    le_put_u64(out + 72, head->bytes);
    memcpy(out + 80, head->chain.at, DIGEST_BYTES);
    le_put_u64(out + HEAD_CHECKED_BYTES, digest_checksum((struct bytes){out, HEAD_CHECKED_BYTES}, 0));
}

bool segment_head_decode(struct bytes at, struct segment_head *head_out)
{
    if (at.bytes < SEGMENT_HEAD_BYTES || le_u64(at.at) != segment_magic ||
        le_u32(at.at + 8) != SEGMENT_VERSION)
        return false;
    if (le_u64(at.at + HEAD_CHECKED_BYTES) != digest_checksum((struct bytes){at.at, HEAD_CHECKED_BYTES}, 0))
        return false;
    memcpy(head_out->id, at.at + 16, JOURNAL_ID_BYTES);
    head_out->salt = le_u64(at.at + 48);
    head_out->first = le_u64(at.at + 56);
    head_out->received_us = (int64_t)le_u64(at.at + 64);
    head_out->bytes = le_u64(at.at + 72);
    memcpy(head_out->chain.at, at.at + 80, DIGEST_BYTES);
    return head_out->first > 0 && head_out->bytes >= SEGMENT_HEAD_BYTES;
}
