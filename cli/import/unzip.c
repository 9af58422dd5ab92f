/* unzip.c - see unzip.h. zlib reads what is not packed as it is. */
#include "cli/import/unzip.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { UNZIP_CHUNK_BYTES = 65536 };

static int unzip_fail(const char *path, const char *why, struct complaint *complaint)
{
    complain(complaint, "", path, "%s", why);
    return UNZIP_E_UNREADABLE;
}

static gzFile unzip_open(const char *path)
{
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    gzFile file = fd >= 0 ? gzdopen(fd, "rb") : NULL;
    if (file == NULL && fd >= 0)
        close(fd);
    return file;
}

static int unzip_all(gzFile file, const char *path, size_t bytes_max, struct buffer *content,
                     struct complaint *complaint)
{
    for (;;) {
        int got = gzread(file, buffer_reserve(content, UNZIP_CHUNK_BYTES), UNZIP_CHUNK_BYTES);
        if (got < 0)
            return unzip_fail(path, "is damaged, or no file", complaint);
        if (got == 0)
            break;
        content->bytes += (size_t)got;
        if (content->bytes > bytes_max)
            return unzip_fail(path, "is larger, unpacked, than this command takes", complaint);
    }
    int error = Z_OK;
    (void)gzerror(file, &error);
    return error == Z_OK ? 0 : unzip_fail(path, "ends in the middle", complaint);
}

int unzip_read(struct arena *arena, const char *path, size_t bytes_max, struct text *text_out,
               struct complaint *complaint)
{
    struct buffer content;
    gzFile file = unzip_open(path);
    if (file == NULL)
        return unzip_fail(path, error_text(error_from_errno()), complaint);
    buffer_open(&content, bytes_max + 2 * UNZIP_CHUNK_BYTES);
    int code = unzip_all(file, path, bytes_max, &content, complaint);
    if (code == 0)
        *text_out = arena_text_copy(arena, buffer_text(&content));
    buffer_close(&content);
    (void)gzclose_r(file);
    return code;
}
