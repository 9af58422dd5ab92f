/* unzip.h - a whole file, packed by gzip or not. The only file that includes zlib.h is unzip.c. */
#ifndef CLI_IMPORT_UNZIP_H
#define CLI_IMPORT_UNZIP_H

#include "base/arena.h"

enum { UNZIP_BYTES_MAX = 512 << 20 }; /* unpacked */
enum { UNZIP_E_UNREADABLE = 1 };

/* The content in the arena; "-" is standard input. UNZIP_E_UNREADABLE with a complaint: no such file, damaged
 * or cut short, larger than bytes_max. */
int unzip_read(struct arena *arena, const char *path, size_t bytes_max, struct text *text_out,
               struct complaint *complaint) MUST_CHECK;

#endif
