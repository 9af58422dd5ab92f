/* names.h - finds a name in a fixed table by hash, and the nearest one when it isn't there.
 *
 * An index is built once, before main, from a table that the compiler made; afterwards it is only read (any
 * thread).
 */
#ifndef PROTO_NAMES_H
#define PROTO_NAMES_H

#include "base/text.h"

enum { NAMES_SLOTS = 512, NAMES_COUNT_MAX = 256, NAMES_QUOTE_BYTES = 100 };

struct names {
    struct text at[NAMES_COUNT_MAX];
    size_t count;
    uint16_t slots[NAMES_SLOTS]; /* index + 1; 0: free */
};
/* Appends; the name must live for ever. */
void names_add(struct names *names, const char *name);
/* Index of the name, or -1; then nearest_out (may be NULL) gets the nearest name or NULL. */
int names_find(const struct names *names, struct text name, const char **nearest_out);
/* A foreign name made fit for a message: cut, control characters replaced. */
const char *names_quote(struct text name, char out[NAMES_QUOTE_BYTES]);

#endif
