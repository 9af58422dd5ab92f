/* arena.c - a list of blocks, newest first; the first one is filled from its start.
 *
 * Invariants: (1) used_bytes is the sum of what was handed out, rounded up, and never exceeds bytes_max; (2)
 * bytes that were not handed out are poisoned under AddressSanitizer, so that use after a reset is found by
 * tests.
 */
#include "base/arena.h"
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ARENA_ALIGN_BYTES = 16,
    ARENA_BLOCK_BYTES_MIN = 4096,
    ARENA_BLOCK_BYTES_MAX = 1048576, /* larger needs get a block of their own */
    BUFFER_BYTES_MIN = 256
};

struct arena_block {
    struct arena_block *next;
    size_t used, room;
    _Alignas(ARENA_ALIGN_BYTES) unsigned char at[];
};

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define ARENA_POISONS
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(ARENA_POISONS)
void __asan_poison_memory_region(void const volatile *at, size_t bytes);
void __asan_unpoison_memory_region(void const volatile *at, size_t bytes);
#define ARENA_POISON(at, bytes)   __asan_poison_memory_region(at, bytes)
#define ARENA_UNPOISON(at, bytes) __asan_unpoison_memory_region(at, bytes)
#else
#define ARENA_POISON(at, bytes)   ((void)(at), (void)(bytes))
#define ARENA_UNPOISON(at, bytes) ((void)(at), (void)(bytes))
#endif

void *memory_alloc(size_t bytes)
{
    void *at = calloc(1, bytes > 0 ? bytes : 1);
    if (at == NULL)
        die("out of memory: %zu bytes", bytes);
    return at;
}

void *memory_grow(void *old, size_t bytes)
{
    void *at = realloc(old, bytes > 0 ? bytes : 1);
    if (at == NULL)
        die("out of memory: %zu bytes", bytes);
    return at;
}

void arena_open(struct arena *arena, size_t bytes_max)
{
    *arena = (struct arena){.bytes_max = bytes_max};
}

static void arena_blocks_free(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *next = block->next;
        ARENA_UNPOISON(block->at, block->room);
        free(block);
        block = next;
    }
}

void arena_close(struct arena *arena)
{
    arena_blocks_free(arena->first);
    *arena = (struct arena){.bytes_max = arena->bytes_max};
}

void arena_reset(struct arena *arena)
{
    struct arena_block *keep = arena->first;
    if (keep != NULL && keep->room > ARENA_BLOCK_BYTES_MAX) {
        arena_close(arena);
        return;
    }
    if (keep != NULL) {
        arena_blocks_free(keep->next);
        keep->next = NULL;
        keep->used = 0;
        ARENA_POISON(keep->at, keep->room);
    }
    arena->used_bytes = 0;
}

/* A block with room for so many bytes; an outsize one goes behind the first, which may still have room. */
static struct arena_block *arena_block_add(struct arena *arena, size_t bytes)
{
    size_t room = arena->first != NULL ? arena->first->room * 2 : ARENA_BLOCK_BYTES_MIN;
    if (room > ARENA_BLOCK_BYTES_MAX)
        room = ARENA_BLOCK_BYTES_MAX;
    bool outsize = bytes > room;
    if (outsize)
        room = bytes;
    struct arena_block *block = memory_alloc(sizeof(*block) + room);
    block->room = room;
    ARENA_POISON(block->at, room);
    struct arena_block **place = outsize && arena->first != NULL ? &arena->first->next : &arena->first;
    block->next = *place;
    *place = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    if (bytes > arena->bytes_max || arena->used_bytes + bytes > arena->bytes_max)
        die("arena: %zu more bytes exceed its bound of %zu", bytes, arena->bytes_max);
    size_t rounded = (bytes + ARENA_ALIGN_BYTES - 1) & ~(size_t)(ARENA_ALIGN_BYTES - 1);
    if (rounded == 0)
        rounded = ARENA_ALIGN_BYTES;
    struct arena_block *block = arena->first;
    if (block == NULL || block->room - block->used < rounded)
        block = arena_block_add(arena, rounded);
    unsigned char *at = block->at + block->used;
    block->used += rounded;
    arena->used_bytes += bytes;
    ARENA_UNPOISON(at, bytes);
    return memset(at, 0, bytes);
}

struct text arena_text_copy(struct arena *arena, struct text t)
{
    if (t.at == NULL)
        return TEXT_NONE;
    char *at = arena_alloc(arena, t.bytes + 1);
    memcpy(at, t.at, t.bytes);
    return (struct text){at, t.bytes};
}

struct bytes arena_bytes_copy(struct arena *arena, struct bytes b)
{
    if (b.at == NULL)
        return (struct bytes){NULL, 0};
    unsigned char *at = arena_alloc(arena, b.bytes);
    memcpy(at, b.at, b.bytes);
    return (struct bytes){at, b.bytes};
}

struct text arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        die("arena: a text cannot be formatted: %s", format);
    char *at = arena_alloc(arena, (size_t)length + 1);
    (void)vsnprintf(at, (size_t)length + 1, format, again);
    va_end(again);
    return (struct text){at, (size_t)length};
}

void buffer_open(struct buffer *buffer, size_t bytes_max)
{
    *buffer = (struct buffer){.bytes_max = bytes_max};
}

void buffer_close(struct buffer *buffer)
{
    free(buffer->at);
    *buffer = (struct buffer){.bytes_max = buffer->bytes_max};
}

void buffer_reset(struct buffer *buffer)
{
    buffer->bytes = 0;
}

/* One byte beyond bytes_max is granted here, for the NUL that vsnprintf insists on. */
static void buffer_grow(struct buffer *buffer, size_t need)
{
    if (need <= buffer->room && buffer->at != NULL)
        return;
    size_t room = buffer->room > BUFFER_BYTES_MIN ? buffer->room : BUFFER_BYTES_MIN;
    while (room < need)
        room *= 2;
    if (room > buffer->bytes_max + 1)
        room = buffer->bytes_max + 1;
    buffer->at = memory_grow(buffer->at, room);
    buffer->room = room;
}

unsigned char *buffer_reserve(struct buffer *buffer, size_t bytes)
{
    if (bytes > buffer->bytes_max || buffer->bytes + bytes > buffer->bytes_max)
        die("buffer: %zu more bytes exceed its bound of %zu", bytes, buffer->bytes_max);
    buffer_grow(buffer, buffer->bytes + bytes);
    return buffer->at + buffer->bytes;
}

void buffer_append(struct buffer *buffer, const void *at, size_t bytes)
{
    unsigned char *to = buffer_reserve(buffer, bytes);
    if (bytes > 0)
        memcpy(to, at, bytes);
    buffer->bytes += bytes;
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        die("buffer: a text cannot be formatted: %s", format);
    (void)buffer_reserve(buffer, (size_t)length);
    buffer_grow(buffer, buffer->bytes + (size_t)length + 1);
    (void)vsnprintf((char *)buffer->at + buffer->bytes, (size_t)length + 1, format, again);
    va_end(again);
    buffer->bytes += (size_t)length;
}
