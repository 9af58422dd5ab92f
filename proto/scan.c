/* scan.c - one pass over msgpack heads: sizes, counts and depth, before anything is allocated.
 *
 * msgpack-c trusts the counts in container heads (five bytes can reserve gigabytes), so every count is held
 * against the bytes that are left: an array of n needs n bytes at least, a map of n pairs 2n.
 *
 * Invariants: `at` never passes `end`; `open[d]` is the number of objects still to come at depth d; the loop
 * consumes at least one byte a turn, so it ends.
 */
#include "proto/scan.h"

#include "base/log.h"

enum { SCAN_NESTING_HARD_MAX = 32 }; /* msgpack-c's own stack */

/* What follows a first byte of 0xc0 .. 0xdf: a payload of fixed size, or a length field of so many bytes that
 * counts payload bytes or children. */
struct scan_head {
    unsigned char fixed_bytes, length_bytes, payload_extra, children_each;
};

static const struct scan_head scan_heads[32] = {
    [0x00] = {0, 0, 0, 0},                                                /* nil */
    [0x02] = {0, 0, 0, 0},  [0x03] = {0, 0, 0, 0},                        /* false, true */
    [0x04] = {0, 1, 0, 0},  [0x05] = {0, 2, 0, 0}, [0x06] = {0, 4, 0, 0}, /* bin */
    [0x07] = {0, 1, 1, 0},  [0x08] = {0, 2, 1, 0}, [0x09] = {0, 4, 1, 0}, /* ext: a type byte more */
    [0x0a] = {4, 0, 0, 0},  [0x0b] = {8, 0, 0, 0},                        /* float */
    [0x0c] = {1, 0, 0, 0},  [0x0d] = {2, 0, 0, 0}, [0x0e] = {4, 0, 0, 0},
    [0x0f] = {8, 0, 0, 0}, /* uint */
    [0x10] = {1, 0, 0, 0},  [0x11] = {2, 0, 0, 0}, [0x12] = {4, 0, 0, 0},
    [0x13] = {8, 0, 0, 0}, /* int */
    [0x14] = {2, 0, 0, 0},  [0x15] = {3, 0, 0, 0}, [0x16] = {5, 0, 0, 0},
    [0x17] = {9, 0, 0, 0}, /* fixext */
    [0x18] = {17, 0, 0, 0}, [0x19] = {0, 1, 0, 0}, [0x1a] = {0, 2, 0, 0},
    [0x1b] = {0, 4, 0, 0}, /* fixext16, str */
    [0x1c] = {0, 2, 0, 1},  [0x1d] = {0, 4, 0, 1}, [0x1e] = {0, 2, 0, 2},
    [0x1f] = {0, 4, 0, 2}, /* array, map */
};

struct scan {
    const unsigned char *at, *end;
};

static uint64_t scan_length(const unsigned char *at, size_t bytes)
{
    uint64_t length = 0;
    for (size_t i = 0; i < bytes; i++)
        length = length << 8 | at[i];
    return length;
}

/* Passes a payload, and finds children countable, only as far as the message goes. */
static int scan_take(struct scan *scan, uint64_t payload_bytes, uint64_t children, uint64_t *children_out)
{
    uint64_t left = (uint64_t)(scan->end - scan->at);
    if (payload_bytes > left || children > left)
        return SCAN_E_TRUNCATED;
    scan->at += payload_bytes;
    *children_out = children;
    return 0;
}

static int scan_wide(struct scan *scan, unsigned char first, uint64_t *children_out)
{
    if (first == 0xc1)
        return SCAN_E_RESERVED;
    struct scan_head head = scan_heads[first & 0x1f];
    if (head.length_bytes == 0)
        return scan_take(scan, head.fixed_bytes, 0, children_out);
    if (scan->end - scan->at < head.length_bytes)
        return SCAN_E_TRUNCATED;
    uint64_t length = scan_length(scan->at, head.length_bytes);
    scan->at += head.length_bytes;
    if (head.children_each > 0)
        return scan_take(scan, 0, length * head.children_each, children_out);
    return scan_take(scan, length + head.payload_extra, 0, children_out);
}

/* Passes one head and its payload; children of a container are left to the caller. */
static int scan_object(struct scan *scan, bool *container_out, uint64_t *children_out)
{
    if (scan->at == scan->end)
        return SCAN_E_TRUNCATED;
    unsigned char first = *scan->at++;
    *container_out = (first >= 0x80 && first <= 0x9f) || (first >= 0xdc && first <= 0xdf);
    if (first < 0x80 || first >= 0xe0)
        return scan_take(scan, 0, 0, children_out);
    if (first < 0x90)
        return scan_take(scan, 0, 2 * (uint64_t)(first & 0x0f), children_out);
    if (first < 0xa0)
        return scan_take(scan, 0, first & 0x0f, children_out);
    if (first < 0xc0)
        return scan_take(scan, first & 0x1f, 0, children_out);
    return scan_wide(scan, first, children_out);
}

int scan_message(struct bytes b, const struct scan_limits *limits)
{
    ASSERT(limits->nesting_max <= SCAN_NESTING_HARD_MAX);
    struct scan scan = {b.at, b.at != NULL ? b.at + b.bytes : NULL};
    uint64_t open[SCAN_NESTING_HARD_MAX + 1] = {1};
    unsigned depth = 0, elements = 0;
    for (;;) {
        while (open[depth] == 0) {
            if (depth == 0)
                return scan.at == scan.end ? 0 : SCAN_E_TRAILING;
            depth--;
        }
        open[depth]--;
        if (++elements > limits->elements_max)
            return SCAN_E_ELEMENTS;
        bool container = false;
        uint64_t children = 0;
        int code = scan_object(&scan, &container, &children);
        if (code != 0)
            return code;
        if (!container)
            continue;
        if (depth == limits->nesting_max)
            return SCAN_E_NESTING;
        open[++depth] = children;
    }
}

const char *scan_error_text(int code)
{
    static const char *const texts[] = {
        [0] = "complete",
        [SCAN_E_TRUNCATED] = "it ends in the middle of an object",
        [SCAN_E_TRAILING] = "bytes follow the one object that it must be",
        [SCAN_E_NESTING] = "maps and arrays are nested too deep",
        [SCAN_E_ELEMENTS] = "it has too many objects",
        [SCAN_E_RESERVED] = "it has the byte 0xc1, which msgpack reserves",
    };
    ASSERT(code >= 0 && code <= SCAN_E_RESERVED);
    return texts[code];
}
