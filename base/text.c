/* text.c - views of text. Characters are Unicode code points; a byte that is no UTF-8 counts as one
 * character. */
#include "base/text.h"
#include "base/text_ranges.h"

enum {
    TEXT_DISTANCE_CHARACTERS_MAX = 256, /* names are at most 128 bytes; longer texts are near nothing */
    TEXT_NO_CHARACTER = 0xFFFFFFFF
};

int text_compare(struct text a, struct text b)
{
    size_t common = a.bytes < b.bytes ? a.bytes : b.bytes;
    int order = common > 0 ? memcmp(a.at, b.at, common) : 0;
    return order != 0 ? order : (a.bytes > b.bytes) - (a.bytes < b.bytes);
}

/* Bytes of the sequence that a lead byte announces, with the bounds of its second byte (Unicode, table 3-7);
 * 0: no lead. */
static size_t text_sequence(unsigned char lead, unsigned char *low_out, unsigned char *high_out)
{
    *low_out = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    *high_out = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/* Decodes the first character of a text that is not empty; TEXT_NO_CHARACTER (one byte) if it is malformed.
 */
static uint32_t text_decode(struct text t, size_t *bytes_out)
{
    const unsigned char *at = (const unsigned char *)t.at;
    unsigned char low, high;
    size_t bytes = text_sequence(at[0], &low, &high);
    *bytes_out = 1;
    if (bytes == 1)
        return at[0];
    if (bytes == 0 || bytes > t.bytes || at[1] < low || at[1] > high)
        return TEXT_NO_CHARACTER;
    uint32_t character = at[0] & (0x7Fu >> bytes);
    for (size_t i = 1; i < bytes; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return TEXT_NO_CHARACTER;
        character = character << 6 | (at[i] & 0x3Fu);
    }
    *bytes_out = bytes;
    return character;
}

static struct text text_skip(struct text t, size_t bytes)
{
    return (struct text){t.at + bytes, t.bytes - bytes};
}

bool text_is_utf8(struct text t)
{
    size_t bytes;
    for (; t.bytes > 0; t = text_skip(t, bytes))
        if (text_decode(t, &bytes) == TEXT_NO_CHARACTER)
            return false;
    return true;
}

bool text_has_control(struct text t, const char *allowed)
{
    size_t bytes;
    for (; t.bytes > 0; t = text_skip(t, bytes)) {
        uint32_t c = text_decode(t, &bytes);
        bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);
        if (control && (c == 0 || c >= 0x7F || strchr(allowed, (int)c) == NULL))
            return true;
    }
    return false;
}

static bool text_in_ranges(uint32_t c, const struct text_range *ranges, size_t count)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c > ranges[middle].last)
            low = middle + 1;
        else if (c < ranges[middle].first)
            high = middle;
        else
            return true;
    }
    return false;
}

static size_t text_character_columns(uint32_t c)
{
    if (c < 0x300 || c == TEXT_NO_CHARACTER)
        return 1;
    if (text_in_ranges(c, text_zero, sizeof(text_zero) / sizeof(text_zero[0])))
        return 0;
    return text_in_ranges(c, text_wide, sizeof(text_wide) / sizeof(text_wide[0])) ? 2 : 1;
}

bool text_has_blank_end(struct text t)
{
    static const struct text wide = TEXT("\xe3\x80\x80");
    if (t.bytes == 0)
        return false;
    if (t.at[0] == ' ' || t.at[t.bytes - 1] == ' ')
        return true;
    return t.bytes >= wide.bytes && (memcmp(t.at, wide.at, wide.bytes) == 0 ||
                                     memcmp(t.at + t.bytes - wide.bytes, wide.at, wide.bytes) == 0);
}

struct text text_cut(struct text t, size_t bytes_max)
{
    static const struct text wide = TEXT("\xe3\x80\x80");
    if (t.bytes <= bytes_max)
        return t;
    t.bytes = bytes_max;
    while (t.bytes > 0 && ((unsigned char)t.at[t.bytes] & 0xC0) == 0x80)
        t.bytes--;
    while (t.bytes > 0) {
        bool narrow = t.at[t.bytes - 1] == ' ';
        if (!narrow &&
            (t.bytes < wide.bytes || memcmp(t.at + t.bytes - wide.bytes, wide.at, wide.bytes) != 0))
            break;
        t.bytes -= narrow ? 1 : wide.bytes;
    }
    return t;
}

size_t text_columns(struct text t)
{
    size_t columns = 0, bytes;
    for (; t.bytes > 0; t = text_skip(t, bytes))
        columns += text_character_columns(text_decode(t, &bytes));
    return columns;
}

struct text text_cut_columns(struct text t, size_t columns)
{
    struct text rest = t;
    size_t used = 0, bytes;
    for (; rest.bytes > 0; rest = text_skip(rest, bytes)) {
        used += text_character_columns(text_decode(rest, &bytes));
        if (used > columns)
            break;
    }
    return (struct text){t.at, t.bytes - rest.bytes};
}

/* False if the text has more characters than room. */
static bool text_characters(struct text t, uint32_t *out, size_t room, size_t *count_out)
{
    size_t bytes;
    for (*count_out = 0; t.bytes > 0; t = text_skip(t, bytes)) {
        if (*count_out == room)
            return false;
        out[(*count_out)++] = text_decode(t, &bytes);
    }
    return true;
}

static size_t text_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t text_distance(struct text a, struct text b, size_t limit)
{
    uint32_t of_a[TEXT_DISTANCE_CHARACTERS_MAX], of_b[TEXT_DISTANCE_CHARACTERS_MAX];
    size_t row[TEXT_DISTANCE_CHARACTERS_MAX + 1], a_count, b_count;
    if (!text_characters(a, of_a, TEXT_DISTANCE_CHARACTERS_MAX, &a_count) ||
        !text_characters(b, of_b, TEXT_DISTANCE_CHARACTERS_MAX, &b_count))
        return text_equal(a, b) ? 0 : limit + 1;
    for (size_t j = 0; j <= b_count; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_count; i++) {
        size_t diagonal = row[0], least = i;
        row[0] = i;
        for (size_t j = 1; j <= b_count; j++) {
            size_t changed = diagonal + (of_a[i - 1] != of_b[j - 1]);
            diagonal = row[j];
            row[j] = text_least(changed, text_least(row[j], row[j - 1]) + 1);
            least = text_least(least, row[j]);
        }
        if (least > limit)
            return limit + 1;
    }
    return text_least(row[b_count], limit + 1);
}

static size_t text_count(struct text t)
{
    size_t count = 0, bytes;
    for (; t.bytes > 0; t = text_skip(t, bytes), count++)
        (void)text_decode(t, &bytes);
    return count;
}

int text_nearest(struct text t, const struct text *candidates, size_t count)
{
    size_t limit = text_count(t) / 3;
    size_t best = (limit > 0 ? limit : 1) + 1;
    int nearest = -1;
    for (size_t i = 0; i < count && best > 0; i++) {
        size_t distance = text_distance(t, candidates[i], best - 1);
        if (distance < best) {
            best = distance;
            nearest = (int)i;
        }
    }
    return nearest;
}

bool text_parse_u64(struct text t, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < t.bytes; i++) {
        if (t.at[i] < '0' || t.at[i] > '9' || __builtin_mul_overflow(value, UINT64_C(10), &value) ||
            __builtin_add_overflow(value, (uint64_t)(t.at[i] - '0'), &value))
            return false;
    }
    if (t.bytes == 0)
        return false;
    *out = value;
    return true;
}

bool text_parse_i64(struct text t, int64_t *out)
{
    bool negative = t.bytes > 0 && t.at[0] == '-';
    uint64_t magnitude;
    if (!text_parse_u64(negative ? text_skip(t, 1) : t, &magnitude) ||
        magnitude > (uint64_t)INT64_MAX + negative)
        return false;
    *out = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}
