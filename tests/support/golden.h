/* golden.h - reads the golden vectors: tests/golden/<folder>/<name>.hex beside <name>.json. */
#ifndef TESTS_SUPPORT_GOLDEN_H
#define TESTS_SUPPORT_GOLDEN_H

#include "base/arena.h"

typedef void golden_vector(const char *name, struct bytes bytes, struct text json, void *context);
/* Calls for each pair, by name; the texts live in the arena, the trailing line feed is cut. Stops the process
 * on an unreadable one. */
void golden_each(struct arena *arena, const char *folder, golden_vector *call, void *context);
/* A whole file; at == NULL if it cannot be read. */
struct bytes golden_file(struct arena *arena, const char *path);

#endif
