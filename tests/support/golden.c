/* golden.c - see golden.h. */
#include "tests/support/golden.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

enum { GOLDEN_FILE_BYTES_MAX = 4 << 20, GOLDEN_PATH_MAX = 512 };

struct bytes golden_file(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return (struct bytes){NULL, 0};
    struct buffer buffer;
    buffer_open(&buffer, GOLDEN_FILE_BYTES_MAX);
    size_t bytes;
    do {
        bytes = fread(buffer_reserve(&buffer, 65536), 1, 65536, file);
        buffer.bytes += bytes;
    } while (bytes > 0);
    fclose(file);
    unsigned char *at = arena_alloc(arena, buffer.bytes + 1);
    memcpy(at, buffer.at, buffer.bytes);
    struct bytes whole = {at, buffer.bytes};
    buffer_close(&buffer);
    return whole;
}

static int golden_digit(unsigned char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Pairs of hex digits; blanks, line feeds and what follows a '#' on its line are for the reader. */
static struct bytes golden_bytes(struct arena *arena, struct bytes hex)
{
    unsigned char *at = arena_alloc(arena, hex.bytes / 2 + 1);
    size_t digits = 0;
    for (size_t i = 0; i < hex.bytes; i++) {
        while (i < hex.bytes && hex.at[i] == '#') {
            while (i < hex.bytes && hex.at[i] != '\n')
                i++;
        }
        int digit = i < hex.bytes ? golden_digit(hex.at[i]) : -1;
        if (digit < 0)
            continue;
        at[digits / 2] = (unsigned char)(at[digits / 2] << 4 | digit);
        digits++;
    }
    ASSERT(digits % 2 == 0);
    return (struct bytes){at, digits / 2};
}

static int golden_is_hex(const struct dirent *entry)
{
    size_t bytes = strlen(entry->d_name);
    return bytes > 4 && strcmp(entry->d_name + bytes - 4, ".hex") == 0;
}

static void golden_one(struct arena *arena, const char *folder, const char *file, golden_vector *call,
                       void *context)
{
    char path[GOLDEN_PATH_MAX];
    int stem = (int)strlen(file) - 4;
    snprintf(path, sizeof(path), "tests/golden/%s/%s", folder, file);
    struct bytes hex = golden_file(arena, path);
    snprintf(path, sizeof(path), "tests/golden/%s/%.*s.json", folder, stem, file);
    struct bytes json = golden_file(arena, path);
    ASSERT(hex.at != NULL && json.at != NULL);
    while (json.bytes > 0 && json.at[json.bytes - 1] == '\n')
        json.bytes--;
    call(file, golden_bytes(arena, hex), (struct text){(const char *)json.at, json.bytes}, context);
}

void golden_each(struct arena *arena, const char *folder, golden_vector *call, void *context)
{
    char path[GOLDEN_PATH_MAX];
    struct dirent **entries = NULL;
    snprintf(path, sizeof(path), "tests/golden/%s", folder);
    int count = scandir(path, &entries, golden_is_hex, alphasort);
    ASSERT(count > 0); /* run from the project's root */
    for (int i = 0; i < count; i++) {
        golden_one(arena, folder, entries[i]->d_name, call, context);
        free(entries[i]);
    }
    free(entries);
}
