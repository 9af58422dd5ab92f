/* file.h - whole small files: read with a bound, replaced atomically and flushed. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/arena.h"

enum { FILE_E_MISSING = 1, FILE_E_TOO_LARGE };

/* The whole file in the arena, NUL-terminated behind its end. "-" is standard input. Positive codes come with
 * a complaint. */
int file_read(struct arena *arena, const char *path, size_t bytes_max, struct text *text_out,
              struct complaint *complaint) MUST_CHECK;
/* Writes a temporary file beside it, flushes it, renames it and flushes the folder: the old content or the
 * new, never half. */
int file_replace(const char *path, unsigned mode, struct bytes content) MUST_CHECK;
/* Appends in one write and flushes; made with mode if missing. */
int file_append(const char *path, unsigned mode, struct bytes content) MUST_CHECK;
/* Makes the folder and those above it (mode 0750). */
int file_make_folders(const char *path) MUST_CHECK;
/* Flushes every file in the folder, those below it too, and the folders. */
int file_flush_folder(const char *path) MUST_CHECK;
/* Removes the folder and all in it; does not follow links. */
int file_remove_folder(const char *path) MUST_CHECK;

#endif
