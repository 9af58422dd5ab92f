/* disk_fault.h - a disk in memory that fails and crashes on command, for the journal's tests and the
 * simulator.
 *
 * What was written and not synced is kept apart by sectors of 512 bytes; names that were made, changed or
 * removed are kept apart until their folder is synced. A crash keeps any part of the unsynced sectors and any
 * beginning of the unsynced changes of names. A failed sync behaves as Linux does: the next one reports
 * success without having written what the failed one did not. For one thread. Folders need not be made.
 */
#ifndef TESTS_SUPPORT_DISK_FAULT_H
#define TESTS_SUPPORT_DISK_FAULT_H

#include "daemon/disk.h"

struct disk_fault;

struct disk_fault *disk_fault_open(void);
void disk_fault_close(struct disk_fault *fault);
struct disk *disk_fault_disk(struct disk_fault *fault);

/* The n-th operation from now (1 = the next) returns code, having done a part of its work; those after it
 * work again. */
void disk_fault_fail(struct disk_fault *fault, uint64_t n, int code);
/* The machine stops in the middle of the n-th operation from now: it and all after it return -EIO until the
 * crash. */
void disk_fault_stop(struct disk_fault *fault, uint64_t n);
/* False: neither was reached yet. */
bool disk_fault_was_hit(const struct disk_fault *fault);
void disk_fault_clear(struct disk_fault *fault);
/* The power comes back: handles are gone, of what was not synced a part chosen by the seed is there. */
void disk_fault_crash(struct disk_fault *fault, uint64_t seed);

uint64_t disk_fault_operations(const struct disk_fault *fault); /* so far, without size and close */
uint64_t disk_fault_syncs(const struct disk_fault *fault);
/* What all files together may hold; 0: no limit. Beyond it: -ENOSPC. */
void disk_fault_limit(struct disk_fault *fault, uint64_t bytes);
/* Flips one bit of a file, on the medium and in memory. False: there is no such byte. */
bool disk_fault_flip(struct disk_fault *fault, const char *path, uint64_t offset, unsigned bit);
/* The bytes of a file as a reader sees them now; none if it isn't there. */
struct bytes disk_fault_view(struct disk_fault *fault, const char *path);

#endif
