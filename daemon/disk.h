/* disk.h - the few file operations that the journal's segments use, as a table: real files, or the
 * simulator's disk, which keeps unsynced writes apart and loses any part of them in a crash. Offsets and
 * sizes in bytes; 0 or negative errno. */
#ifndef DAEMON_DISK_H
#define DAEMON_DISK_H

#include "base/error.h"
#include "base/text.h"

struct disk {
    const struct disk_ops *ops;
};
struct disk_ops {
    /* Opens (creates if create) a file by path relative to nothing; *handle_out >= 0. */
    int (*open)(struct disk *disk, const char *path, bool create, int *handle_out);
    int (*close)(struct disk *disk, int handle);
    int (*size)(struct disk *disk, int handle, uint64_t *size_out);
    int (*allocate)(struct disk *disk, int handle, uint64_t size); /* reserves blocks; they read as zeros */
    int (*write)(struct disk *disk, int handle, uint64_t offset, struct bytes data);
    int (*read)(struct disk *disk, int handle, uint64_t offset, unsigned char *out, size_t bytes,
                size_t *read_out);
    int (*sync)(struct disk *disk, int handle); /* fdatasync */
    int (*rename)(struct disk *disk, const char *from, const char *to);
    int (*remove)(struct disk *disk, const char *path);
    int (*sync_directory)(struct disk *disk, const char *path);
    int (*list)(struct disk *disk, const char *directory, void (*each)(void *context, const char *name),
                void *context);
};
/* The machine's files. */
struct disk *disk_real(void);

#endif
