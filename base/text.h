/* text.h - views of UTF-8 text and bytes, and what people need of text: checks, width, nearness.
 *
 * A struct text does not own and is not NUL-terminated. An absent text has at == NULL; an empty one has bytes
 * == 0.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    const char *at;
    size_t bytes;
};

struct bytes {
    const unsigned char *at;
    size_t bytes;
};

#define TEXT(literal) ((struct text){"" literal "", sizeof(literal) - 1})
#define TEXT_NONE     ((struct text){NULL, 0})
/* For printf("%.*s", TEXT_PRINT(t)). */
#define TEXT_PRINT(t) ((int)(t).bytes), ((t).at != NULL ? (t).at : "")

static inline struct text text_from(const char *terminated)
{
    return (struct text){terminated, terminated != NULL ? strlen(terminated) : 0};
}
static inline bool text_equal(struct text a, struct text b)
{
    return a.bytes == b.bytes && (a.bytes == 0 || memcmp(a.at, b.at, a.bytes) == 0);
}
static inline bool text_is(struct text a, const char *terminated)
{
    return text_equal(a, text_from(terminated));
}
static inline bool text_starts_with(struct text t, struct text prefix)
{
    return t.bytes >= prefix.bytes && (prefix.bytes == 0 || memcmp(t.at, prefix.at, prefix.bytes) == 0);
}
/* Byte order, shorter first when one is a prefix of the other. */
int text_compare(struct text a, struct text b);
/* Strict UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). */
bool text_is_utf8(struct text t);
/* True if t contains a C0/C1 control character other than those in allowed ("" or "\n\t"). */
bool text_has_control(struct text t, const char *allowed);
/* True if t begins or ends with a blank: U+0020, or U+3000, the blank of Chinese text. */
bool text_has_blank_end(struct text t);
/* The longest beginning of t with at most so many bytes; if it must be cut, at a character and without a
 * blank at the end. */
struct text text_cut(struct text t, size_t bytes_max);
/* Terminal columns: 2 for East Asian wide and fullwidth, 0 for combining, 1 otherwise. */
size_t text_columns(struct text t);
/* Longest prefix of t that fits into so many columns, cut at a character. */
struct text text_cut_columns(struct text t, size_t columns);
/* Edit distance in characters, at most limit + 1 (stops early). */
size_t text_distance(struct text a, struct text b, size_t limit);
/* Index of the candidate nearest to t within a third of its length (at least 1), or -1. Ties: first. */
int text_nearest(struct text t, const struct text *candidates, size_t count);
/* Whole-text decimal integers; false if malformed or out of range. */
bool text_parse_i64(struct text t, int64_t *out);
bool text_parse_u64(struct text t, uint64_t *out);

#endif
