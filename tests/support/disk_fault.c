/* disk_fault.c - files are numbered, names point to numbers, once as seen now and once as the medium knows
 * them. */
#include "tests/support/disk_fault.h"

#include "base/arena.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { SECTOR_BYTES = 512, FILES_MAX = 4096, HANDLES_MAX = 1024, NAMES_MAX = 1024, CHANGES_MAX = 1024 };

struct fault_file {
    unsigned char *now, *medium, *dirty; /* dirty: one byte a sector */
    uint64_t bytes, medium_bytes, room;
    bool used;
};

struct fault_name {
    char *path;
    size_t file;
};

struct fault_names {
    struct fault_name list[NAMES_MAX];
    size_t count;
};

/* from NULL: made; to NULL: removed; both: renamed. */
struct fault_change {
    char *from, *to;
    size_t file;
};

struct disk_fault {
    struct disk disk; /* first: a struct disk * is a struct disk_fault * */
    struct fault_file files[FILES_MAX];
    size_t files_count;
    struct fault_names now, medium;
    struct fault_change changes[CHANGES_MAX];
    size_t changes_count;
    size_t handles[HANDLES_MAX]; /* file + 1, 0: free */
    uint64_t operations, syncs, bytes, bytes_max, at, random;
    int code;
    bool stop, hit;
};

static struct disk_fault *fault_of(struct disk *disk)
{
    return (struct disk_fault *)disk;
}

static uint64_t fault_random(struct disk_fault *fault)
{
    uint64_t z = fault->random += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* Counts an operation; 0 or what it returns after doing a part of its work. */
static int fault_step(struct disk_fault *fault)
{
    fault->operations++;
    if (fault->at == 0 || fault->operations < fault->at || (fault->operations > fault->at && !fault->stop))
        return 0;
    fault->hit = true;
    return fault->code;
}

static char *fault_copy(const char *path)
{
    size_t bytes = strlen(path) + 1;
    char *copy = memory_alloc(bytes);
    memcpy(copy, path, bytes);
    return copy;
}

/* ---- names ---- */
static struct fault_name *names_find(struct fault_names *names, const char *path)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->list[i].path, path) == 0)
            return &names->list[i];
    return NULL;
}

static void names_remove(struct fault_names *names, const char *path)
{
    struct fault_name *name = names_find(names, path);
    if (name == NULL)
        return;
    free(name->path);
    *name = names->list[--names->count];
}

static void names_set(struct fault_names *names, const char *path, size_t file)
{
    names_remove(names, path);
    ASSERT(names->count < NAMES_MAX);
    names->list[names->count++] = (struct fault_name){fault_copy(path), file};
}

static void names_apply(struct fault_names *names, const struct fault_change *change)
{
    if (change->from != NULL)
        names_remove(names, change->from);
    if (change->to != NULL)
        names_set(names, change->to, change->file);
}

static void names_clear(struct fault_names *names)
{
    while (names->count > 0)
        free(names->list[--names->count].path);
}

static void fault_change(struct disk_fault *fault, const char *from, const char *to, size_t file)
{
    struct fault_change change = {from != NULL ? fault_copy(from) : NULL, to != NULL ? fault_copy(to) : NULL,
                                  file};
    ASSERT(fault->changes_count < CHANGES_MAX);
    names_apply(&fault->now, &change);
    fault->changes[fault->changes_count++] = change;
}

/* The medium learns the first `count` changes; the others are forgotten. */
static void fault_settle_names(struct disk_fault *fault, size_t count)
{
    for (size_t i = 0; i < fault->changes_count; i++) {
        if (i < count)
            names_apply(&fault->medium, &fault->changes[i]);
        free(fault->changes[i].from);
        free(fault->changes[i].to);
    }
    fault->changes_count = 0;
}

/* ---- files ---- */
static void fault_room(struct fault_file *file, uint64_t bytes)
{
    if (bytes <= file->room)
        return;
    uint64_t room = (bytes + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
    file->now = memory_grow(file->now, room);
    file->medium = memory_grow(file->medium, room);
    file->dirty = memory_grow(file->dirty, room / SECTOR_BYTES);
    memset(file->now + file->room, 0, room - file->room);
    memset(file->medium + file->room, 0, room - file->room);
    memset(file->dirty + file->room / SECTOR_BYTES, 0, (room - file->room) / SECTOR_BYTES);
    file->room = room;
}

static int fault_extend(struct disk_fault *fault, struct fault_file *file, uint64_t bytes)
{
    if (bytes <= file->bytes)
        return 0;
    if (fault->bytes_max > 0 && fault->bytes + bytes - file->bytes > fault->bytes_max)
        return -ENOSPC;
    fault_room(file, bytes);
    fault->bytes += bytes - file->bytes;
    file->bytes = bytes;
    return 0;
}

static void fault_file_free(struct disk_fault *fault, struct fault_file *file)
{
    fault->bytes -= file->bytes;
    free(file->now);
    free(file->medium);
    free(file->dirty);
    *file = (struct fault_file){0};
}

static size_t fault_file_new(struct disk_fault *fault)
{
    size_t at = 0;
    while (at < fault->files_count && fault->files[at].used)
        at++;
    ASSERT(at < FILES_MAX);
    if (at == fault->files_count)
        fault->files_count++;
    fault->files[at].used = true;
    return at;
}

static struct fault_file *fault_handle(struct disk_fault *fault, int handle)
{
    ASSERT(handle >= 0 && handle < HANDLES_MAX && fault->handles[handle] != 0);
    return &fault->files[fault->handles[handle] - 1];
}

/* A name removed gives its room back, as far as the limit goes. */
static void fault_forget_room(struct disk_fault *fault, size_t file)
{
    struct fault_file *at = &fault->files[file];
    fault->bytes -= at->bytes;
    at->bytes = 0;
}

/* ---- the operations ---- */
static int fault_open(struct disk *disk, const char *path, bool create, int *handle_out)
{
    struct disk_fault *fault = fault_of(disk);
    int code = fault_step(fault), handle = 0;
    struct fault_name *name = names_find(&fault->now, path);
    if (name == NULL && create) {
        fault_change(fault, NULL, path, fault_file_new(fault));
        name = names_find(&fault->now, path);
    }
    if (code != 0 || name == NULL)
        return code != 0 ? code : -ENOENT;
    while (handle < HANDLES_MAX && fault->handles[handle] != 0)
        handle++;
    ASSERT(handle < HANDLES_MAX);
    fault->handles[handle] = name->file + 1;
    *handle_out = handle;
    return 0;
}

static int fault_close(struct disk *disk, int handle)
{
    struct disk_fault *fault = fault_of(disk);
    if (handle >= 0 && handle < HANDLES_MAX)
        fault->handles[handle] = 0;
    return 0;
}

static int fault_size(struct disk *disk, int handle, uint64_t *size_out)
{
    *size_out = fault_handle(fault_of(disk), handle)->bytes;
    return 0;
}

static int fault_allocate(struct disk *disk, int handle, uint64_t size)
{
    struct disk_fault *fault = fault_of(disk);
    int code = fault_step(fault);
    int extended = fault_extend(fault, fault_handle(fault, handle), size);
    return code != 0 ? code : extended;
}

static int fault_write(struct disk *disk, int handle, uint64_t offset, struct bytes data)
{
    struct disk_fault *fault = fault_of(disk);
    struct fault_file *file = fault_handle(fault, handle);
    int code = fault_step(fault);
    if (code != 0 && !fault->stop) /* a part of it */
        data.bytes = (size_t)(fault_random(fault) % (data.bytes + 1));
    if (data.bytes == 0)
        return code;
    int extended = fault_extend(fault, file, offset + data.bytes);
    if (extended != 0)
        return extended;
    memcpy(file->now + offset, data.at, data.bytes);
    for (uint64_t at = offset / SECTOR_BYTES; at <= (offset + data.bytes - 1) / SECTOR_BYTES; at++)
        file->dirty[at] = 1;
    return code;
}

static int fault_read(struct disk *disk, int handle, uint64_t offset, unsigned char *out, size_t bytes,
                      size_t *read_out)
{
    struct disk_fault *fault = fault_of(disk);
    struct fault_file *file = fault_handle(fault, handle);
    int code = fault_step(fault);
    if (code != 0)
        return code;
    uint64_t left = offset < file->bytes ? file->bytes - offset : 0;
    *read_out = left < bytes ? (size_t)left : bytes;
    if (*read_out > 0)
        memcpy(out, file->now + offset, *read_out);
    return 0;
}

static int fault_sync(struct disk *disk, int handle)
{
    struct disk_fault *fault = fault_of(disk);
    struct fault_file *file = fault_handle(fault, handle);
    int code = fault_step(fault);
    fault->syncs++;
    if (code != 0 && fault->stop)
        return code;
    for (uint64_t at = 0; at * SECTOR_BYTES < file->bytes; at++) {
        if (file->dirty[at] != 0 && (code == 0 || fault_random(fault) % 2 == 0))
            memcpy(file->medium + at * SECTOR_BYTES, file->now + at * SECTOR_BYTES, SECTOR_BYTES);
        file->dirty[at] = 0;
    }
    file->medium_bytes = file->bytes;
    return code;
}

static int fault_rename(struct disk *disk, const char *from, const char *to)
{
    struct disk_fault *fault = fault_of(disk);
    int code = fault_step(fault);
    struct fault_name *name = names_find(&fault->now, from);
    if (name == NULL)
        return -ENOENT;
    fault_change(fault, from, to, name->file);
    return code;
}

static int fault_remove(struct disk *disk, const char *path)
{
    struct disk_fault *fault = fault_of(disk);
    int code = fault_step(fault);
    struct fault_name *name = names_find(&fault->now, path);
    if (name == NULL)
        return -ENOENT;
    if (code == 0)
        fault_forget_room(fault, name->file);
    fault_change(fault, path, NULL, name->file);
    return code;
}

static int fault_sync_directory(struct disk *disk, const char *path)
{
    struct disk_fault *fault = fault_of(disk);
    (void)path;
    int code = fault_step(fault);
    fault->syncs++;
    if (code == 0)
        fault_settle_names(fault, fault->changes_count);
    return code;
}

static int fault_list(struct disk *disk, const char *directory, void (*each)(void *context, const char *name),
                      void *context)
{
    struct disk_fault *fault = fault_of(disk);
    size_t bytes = strlen(directory), count = 0;
    char *found[NAMES_MAX];
    int code = fault_step(fault);
    for (size_t i = 0; i < fault->now.count && code == 0; i++) {
        const char *path = fault->now.list[i].path;
        if (strncmp(path, directory, bytes) == 0 && path[bytes] == '/' &&
            strchr(path + bytes + 1, '/') == NULL)
            found[count++] = fault_copy(path + bytes + 1);
    }
    for (size_t i = 0; i < count; i++) { /* copies: the callback may remove what it is told of */
        each(context, found[i]);
        free(found[i]);
    }
    return code;
}

static const struct disk_ops fault_ops = {
    .open = fault_open,
    .close = fault_close,
    .size = fault_size,
    .allocate = fault_allocate,
    .write = fault_write,
    .read = fault_read,
    .sync = fault_sync,
    .rename = fault_rename,
    .remove = fault_remove,
    .sync_directory = fault_sync_directory,
    .list = fault_list,
};

/* ---- commands ---- */
struct disk_fault *disk_fault_open(void)
{
    struct disk_fault *fault = memory_alloc(sizeof *fault);
    fault->disk.ops = &fault_ops;
    return fault;
}

void disk_fault_close(struct disk_fault *fault)
{
    fault_settle_names(fault, 0);
    names_clear(&fault->now);
    names_clear(&fault->medium);
    for (size_t i = 0; i < fault->files_count; i++)
        fault_file_free(fault, &fault->files[i]);
    free(fault);
}

struct disk *disk_fault_disk(struct disk_fault *fault)
{
    return &fault->disk;
}

void disk_fault_fail(struct disk_fault *fault, uint64_t n, int code)
{
    fault->at = fault->operations + n;
    fault->code = code;
    fault->stop = fault->hit = false;
}

void disk_fault_stop(struct disk_fault *fault, uint64_t n)
{
    disk_fault_fail(fault, n, -EIO);
    fault->stop = true;
}

bool disk_fault_was_hit(const struct disk_fault *fault)
{
    return fault->hit;
}

void disk_fault_clear(struct disk_fault *fault)
{
    fault->at = 0;
    fault->stop = fault->hit = false;
}

static void fault_crash_file(struct disk_fault *fault, struct fault_file *file)
{
    if (fault_random(fault) % 2 == 0)
        file->medium_bytes = file->bytes;
    for (uint64_t at = 0; at * SECTOR_BYTES < file->room; at++) {
        unsigned char *medium = file->medium + at * SECTOR_BYTES, *now = file->now + at * SECTOR_BYTES;
        if (at * SECTOR_BYTES >= file->medium_bytes)
            memset(medium, 0, SECTOR_BYTES);
        else if (file->dirty[at] != 0 && fault_random(fault) % 2 == 0)
            memcpy(medium, now, SECTOR_BYTES);
        memcpy(now, medium, SECTOR_BYTES);
        file->dirty[at] = 0;
    }
    fault->bytes += file->medium_bytes - file->bytes;
    file->bytes = file->medium_bytes;
}

void disk_fault_crash(struct disk_fault *fault, uint64_t seed)
{
    bool named[FILES_MAX] = {false};
    fault->random = seed;
    disk_fault_clear(fault);
    memset(fault->handles, 0, sizeof fault->handles);
    fault_settle_names(fault, (size_t)(fault_random(fault) % (fault->changes_count + 1)));
    names_clear(&fault->now);
    for (size_t i = 0; i < fault->medium.count; i++) {
        names_set(&fault->now, fault->medium.list[i].path, fault->medium.list[i].file);
        named[fault->medium.list[i].file] = true;
    }
    for (size_t i = 0; i < fault->files_count; i++) {
        if (named[i])
            fault_crash_file(fault, &fault->files[i]);
        else
            fault_file_free(fault, &fault->files[i]);
    }
}

uint64_t disk_fault_operations(const struct disk_fault *fault)
{
    return fault->operations;
}

uint64_t disk_fault_syncs(const struct disk_fault *fault)
{
    return fault->syncs;
}

void disk_fault_limit(struct disk_fault *fault, uint64_t bytes)
{
    fault->bytes_max = bytes;
}

bool disk_fault_flip(struct disk_fault *fault, const char *path, uint64_t offset, unsigned bit)
{
    struct fault_name *name = names_find(&fault->now, path);
    if (name == NULL || offset >= fault->files[name->file].bytes)
        return false;
    fault->files[name->file].now[offset] ^= (unsigned char)(1u << bit);
    fault->files[name->file].medium[offset] ^= (unsigned char)(1u << bit);
    return true;
}

struct bytes disk_fault_view(struct disk_fault *fault, const char *path)
{
    struct fault_name *name = names_find(&fault->now, path);
    if (name == NULL)
        return (struct bytes){NULL, 0};
    return (struct bytes){fault->files[name->file].now, (size_t)fault->files[name->file].bytes};
}
