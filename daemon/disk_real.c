/* disk_real.c - the machine's files behind struct disk_ops. A short write or read goes on until it is whole;
 * nothing is retried after an error, because after a failed flush Linux has forgotten what it did not write.
 */
#include "daemon/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int disk_real_open(struct disk *disk, const char *path, bool create, int *handle_out)
{
    (void)disk;
    int fd = open(path, O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0640);
    if (fd < 0 && !create && (errno == EACCES || errno == EROFS))
        fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_from_errno();
    *handle_out = fd;
    return 0;
}

static int disk_real_close(struct disk *disk, int handle)
{
    (void)disk;
    return close(handle) == 0 ? 0 : error_from_errno();
}

static int disk_real_size(struct disk *disk, int handle, uint64_t *size_out)
{
    (void)disk;
    struct stat status;
    if (fstat(handle, &status) != 0)
        return error_from_errno();
    *size_out = (uint64_t)status.st_size;
    return 0;
}

static int disk_real_allocate(struct disk *disk, int handle, uint64_t size)
{
    (void)disk;
    int code = posix_fallocate(handle, 0, (off_t)size);
    if (code == 0)
        return 0;
    errno = code;
    return error_from_errno();
}

static int disk_real_write(struct disk *disk, int handle, uint64_t offset, struct bytes data)
{
    (void)disk;
    while (data.bytes > 0) {
        ssize_t n = pwrite(handle, data.at, data.bytes, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? -EIO : error_from_errno();
        data = (struct bytes){data.at + n, data.bytes - (size_t)n};
        offset += (uint64_t)n;
    }
    return 0;
}

static int disk_real_read(struct disk *disk, int handle, uint64_t offset, unsigned char *out, size_t bytes,
                          size_t *read_out)
{
    (void)disk;
    size_t done = 0;
    while (done < bytes) {
        ssize_t n = pread(handle, out + done, bytes - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_from_errno();
        if (n == 0)
            break;
        done += (size_t)n;
    }
    *read_out = done;
    return 0;
}

static int disk_real_sync(struct disk *disk, int handle)
{
    (void)disk;
    return fdatasync(handle) == 0 ? 0 : error_from_errno();
}

static int disk_real_rename(struct disk *disk, const char *from, const char *to)
{
    (void)disk;
    return rename(from, to) == 0 ? 0 : error_from_errno();
}

static int disk_real_remove(struct disk *disk, const char *path)
{
    (void)disk;
    return unlink(path) == 0 ? 0 : error_from_errno();
}

static int disk_real_sync_directory(struct disk *disk, const char *path)
{
    (void)disk;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_from_errno();
    int code = fsync(fd) == 0 ? 0 : error_from_errno();
    close(fd);
    return code;
}

static int disk_real_list(struct disk *disk, const char *directory,
                          void (*each)(void *context, const char *name), void *context)
{
    (void)disk;
    DIR *stream = opendir(directory);
    if (stream == NULL)
        return error_from_errno();
    errno = 0;
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream))
        if (entry->d_name[0] != '.')
            each(context, entry->d_name);
    int code = errno != 0 ? error_from_errno() : 0;
    closedir(stream);
    return code;
}

static const struct disk_ops disk_real_ops = {
    .open = disk_real_open,
    .close = disk_real_close,
    .size = disk_real_size,
    .allocate = disk_real_allocate,
    .write = disk_real_write,
    .read = disk_real_read,
    .sync = disk_real_sync,
    .rename = disk_real_rename,
    .remove = disk_real_remove,
    .sync_directory = disk_real_sync_directory,
    .list = disk_real_list,
};

struct disk *disk_real(void)
{
    static struct disk disk = {&disk_real_ops};
    return &disk;
}
