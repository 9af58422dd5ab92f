/* plain.c - see plain.h. */
#include "workers/common/plain.h"

/* The narrow form of a wide sign (U+FF01 to U+FF5E) that begins there; 0 if none does. */
static char plain_narrow(struct text t, size_t at)
{
    if (at + 3 > t.bytes || (unsigned char)t.at[at] != 0xEF)
        return 0;
    unsigned second = (unsigned char)t.at[at + 1], third = (unsigned char)t.at[at + 2];
    unsigned code = 0xF000 | (second & 0x3F) << 6 | (third & 0x3F);
    return code >= 0xFF01 && code <= 0xFF5E ? (char)(code - 0xFF01 + '!') : 0;
}

struct text plain_title(struct arena *arena, struct text title)
{
    char *out = arena_alloc(arena, title.bytes + 1);
    size_t bytes = 0;
    for (size_t i = 0; i < title.bytes;) {
        char narrow = plain_narrow(title, i), sign = narrow != 0 ? narrow : title.at[i];
        if (text_starts_with((struct text){title.at + i, title.bytes - i}, TEXT("\xe3\x80\x80"))) {
            i += 3;
            continue;
        }
        i += narrow != 0 ? 3 : 1;
        if (sign != ' ')
            out[bytes++] = sign >= 'A' && sign <= 'Z' ? (char)(sign - 'A' + 'a') : sign;
    }
    return (struct text){out, bytes};
}
