/* names.c - open addressing over FNV-1a; at most half full, so a miss ends soon. */
#include "proto/names.h"

#include "base/log.h"

static size_t names_hash(struct text name)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.bytes; i++)
        hash = (hash ^ (unsigned char)name.at[i]) * 16777619u;
    return (hash ^ hash >> 15) % NAMES_SLOTS;
}

void names_add(struct names *names, const char *name)
{
    ASSERT(names->count < NAMES_COUNT_MAX);
    struct text t = text_from(name);
    size_t slot = names_hash(t);
    while (names->slots[slot] != 0)
        slot = (slot + 1) % NAMES_SLOTS;
    names->at[names->count] = t;
    names->slots[slot] = (uint16_t)++names->count;
}

static int names_index(const struct names *names, struct text name)
{
    for (size_t slot = names_hash(name); names->slots[slot] != 0; slot = (slot + 1) % NAMES_SLOTS) {
        int index = names->slots[slot] - 1;
        if (text_equal(names->at[index], name))
            return index;
    }
    return -1;
}

int names_find(const struct names *names, struct text name, const char **nearest_out)
{
    int index = names_index(names, name);
    if (nearest_out == NULL)
        return index;
    *nearest_out = NULL;
    /* A name far longer than any known one is near to none. */
    if (index < 0 && name.bytes <= 2 * NAMES_QUOTE_BYTES) {
        int nearest = text_nearest(name, names->at, names->count);
        if (nearest >= 0)
            *nearest_out = names->at[nearest].at;
    }
    return index;
}

const char *names_quote(struct text name, char out[NAMES_QUOTE_BYTES])
{
    enum { CUT = NAMES_QUOTE_BYTES - 4 };
    size_t bytes = name.bytes <= CUT ? name.bytes : CUT;
    if (bytes < name.bytes) {
        while (bytes > 0 && ((unsigned char)name.at[bytes] & 0xc0) == 0x80)
            bytes--;
    }
    for (size_t i = 0; i < bytes; i++)
        out[i] = (unsigned char)name.at[i] < 0x20 || name.at[i] == 0x7f ? '?' : name.at[i];
    memcpy(out + bytes, bytes < name.bytes ? "..." : "", bytes < name.bytes ? 4 : 1);
    return out;
}
