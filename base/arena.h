/* arena.h - one allocation region for a message, a turn or a command; freed as a whole.
 *
 * arena_alloc never returns NULL: beyond its named bound, or without memory, the process says so and stops
 * (crash-only: everything that matters is on disk). Bounds on input are checked before allocating.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/error.h"
#include "base/text.h"

struct arena {
    struct arena_block *first;
    size_t used_bytes;
    size_t bytes_max; /* the named bound */
};

void arena_open(struct arena *arena, size_t bytes_max);
void arena_close(struct arena *arena);
/* Empties it, keeping one block for reuse. */
void arena_reset(struct arena *arena);
/* Zeroed, aligned to 16. */
void *arena_alloc(struct arena *arena, size_t bytes) __attribute__((returns_nonnull));
struct text arena_text_copy(struct arena *arena, struct text t); /* NUL-terminated behind its end */
struct bytes arena_bytes_copy(struct arena *arena, struct bytes b);
struct text arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

/* A growing byte buffer that owns heap memory; used where sizes are known only at the end. Bounded. */
struct buffer {
    unsigned char *at;
    size_t bytes, room, bytes_max;
};
void buffer_open(struct buffer *buffer, size_t bytes_max);
void buffer_close(struct buffer *buffer);
void buffer_reset(struct buffer *buffer);
/* Room for so many more bytes at the end; the caller adds to ->bytes. Stops the process beyond bytes_max. */
unsigned char *buffer_reserve(struct buffer *buffer, size_t bytes) __attribute__((returns_nonnull));
void buffer_append(struct buffer *buffer, const void *at, size_t bytes);
void buffer_printf(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
static inline struct bytes buffer_view(const struct buffer *buffer)
{
    return (struct bytes){buffer->at, buffer->bytes};
}
static inline struct text buffer_text(const struct buffer *buffer)
{
    return (struct text){(const char *)buffer->at, buffer->bytes};
}

/* Allocation that stops the process instead of returning NULL. */
void *memory_alloc(size_t bytes) __attribute__((returns_nonnull));
void *memory_grow(void *old, size_t bytes) __attribute__((returns_nonnull));

#endif
