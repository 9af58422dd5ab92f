/* replay.c - see replay.h. The target is a weak symbol: test programs that link all of tests/support have
 * none. */
#include "tests/support/replay.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/golden.h"

enum { REPLAY_ARENA_BYTES = 64 << 20, REPLAY_PATH_MAX = 4096 };

#pragma weak LLVMFuzzerTestOneInput

static int replay_is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The bytes in memory of exactly their size, so that a read beyond them is seen. */
static int replay_file(const char *folder, const char *name)
{
    char path[REPLAY_PATH_MAX];
    struct arena arena;
    arena_open(&arena, REPLAY_ARENA_BYTES);
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    struct bytes file = golden_file(&arena, path);
    unsigned char *exact = memory_alloc(file.bytes > 0 ? file.bytes : 1);
    if (file.bytes > 0)
        memcpy(exact, file.at, file.bytes);
    int code = file.at == NULL ? 1 : LLVMFuzzerTestOneInput(exact, file.bytes);
    if (code != 0)
        printf("failed: %s\n", path);
    free(exact);
    arena_close(&arena);
    return code;
}

static void replay_folder(const char *folder, unsigned *passed, unsigned *failed)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, replay_is_file, alphasort);
    if (count <= 0) {
        printf("failed: %s holds nothing\n", folder);
        ++*failed;
    }
    for (int i = 0; i < count; i++) {
        ++*(replay_file(folder, entries[i]->d_name) == 0 ? passed : failed);
        free(entries[i]);
    }
    free(entries);
}

int replay_main(int count, char **arguments, const char *fallback)
{
    unsigned passed = 0, failed = 0;
    for (int i = 1; i < count; i++)
        replay_folder(arguments[i], &passed, &failed);
    if (count <= 1)
        replay_folder(fallback, &passed, &failed);
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
