/* file.c - see file.h. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int file_read_all(struct arena *arena, int fd, const char *path, size_t bytes_max,
                         struct text *text_out, struct complaint *complaint)
{
    struct buffer content;
    buffer_open(&content, bytes_max + 65537);
    for (;;) {
        ssize_t got = read(fd, buffer_reserve(&content, 65536), 65536);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            int code = got < 0 ? error_from_errno() : 0;
            if (code != 0)
                complain(complaint, "", path, "cannot be read: %s", error_text(code));
            else
                *text_out = arena_text_copy(arena, buffer_text(&content));
            buffer_close(&content);
            return code != 0 ? FILE_E_MISSING : 0;
        }
        content.bytes += (size_t)got;
        if (content.bytes > bytes_max) {
            buffer_close(&content);
            complain(complaint, "", path, "is larger than %zu bytes", bytes_max);
            return FILE_E_TOO_LARGE;
        }
    }
}

int file_read(struct arena *arena, const char *path, size_t bytes_max, struct text *text_out,
              struct complaint *complaint)
{
    bool standard_input = strcmp(path, "-") == 0;
    int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        complain(complaint, "", path, "cannot be opened: %s", error_text(error_from_errno()));
        return FILE_E_MISSING;
    }
    int code = file_read_all(arena, fd, path, bytes_max, text_out, complaint);
    if (!standard_input)
        close(fd);
    return code;
}

static int file_write_all(int fd, struct bytes content)
{
    size_t done = 0;
    while (done < content.bytes) {
        ssize_t put = write(fd, content.at + done, content.bytes - done);
        if (put < 0 && errno != EINTR)
            return error_from_errno();
        done += put > 0 ? (size_t)put : 0;
    }
    return fsync(fd) == 0 ? 0 : error_from_errno();
}

/* Flushes the folder that path lies in. */
static int file_sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s",
             slash == NULL   ? 1
             : slash == path ? 1
                             : (int)(slash - path),
             slash == NULL ? "." : path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_from_errno();
    int code = fsync(fd) == 0 ? 0 : error_from_errno();
    close(fd);
    return code;
}

int file_replace(const char *path, unsigned mode, struct bytes content)
{
    char temporary[PATH_MAX];
    if ((size_t)snprintf(temporary, sizeof temporary, "%s.new", path) >= sizeof temporary) {
        errno = ENAMETOOLONG;
        return error_from_errno();
    }
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0)
        return error_from_errno();
    int code = file_write_all(fd, content);
    if (close(fd) != 0 && code == 0)
        code = error_from_errno();
    if (code == 0 && rename(temporary, path) != 0)
        code = error_from_errno();
    return code != 0 ? code : file_sync_folder(path);
}

int file_append(const char *path, unsigned mode, struct bytes content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, mode);
    if (fd < 0)
        return error_from_errno();
    int code = file_write_all(fd, content);
    if (close(fd) != 0 && code == 0)
        code = error_from_errno();
    return code;
}

int file_make_folders(const char *path)
{
    char folder[PATH_MAX];
    if ((size_t)snprintf(folder, sizeof folder, "%s", path) >= sizeof folder) {
        errno = ENAMETOOLONG;
        return error_from_errno();
    }
    for (char *at = folder + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        bool last = *at == '\0';
        *at = '\0';
        if (mkdir(folder, 0750) != 0 && errno != EEXIST)
            return error_from_errno();
        if (last)
            return 0;
        *at = '/';
    }
}

enum { FILE_FOLDERS_OPEN_MAX = 16 };

static int file_remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path) == 0 ? 0 : error_from_errno();
}

int file_remove_folder(const char *path)
{
    return nftw(path, file_remove_one, FILE_FOLDERS_OPEN_MAX, FTW_DEPTH | FTW_PHYS) == 0 ? 0
                                                                                         : error_from_errno();
}

static int file_flush_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)walk;
    if (kind != FTW_F && kind != FTW_DP)
        return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int code = fd >= 0 && fsync(fd) == 0 ? 0 : error_from_errno();
    if (fd >= 0)
        close(fd);
    return code;
}

int file_flush_folder(const char *path)
{
    int code = nftw(path, file_flush_one, FILE_FOLDERS_OPEN_MAX, FTW_DEPTH | FTW_PHYS);
    return code == -1 ? error_from_errno() : code;
}
