/* files.h - bulletins as files: <out>/bulletins/<id>.md and .html. */
#ifndef WORKERS_BULLETINS_FILES_H
#define WORKERS_BULLETINS_FILES_H

#include "workers/runtime/role.h"

/* Path without ending, below the out directory; what has no place in a file name is percent-encoded. */
struct text files_target(struct arena *arena, struct text bulletin);
/* Carries out a "file" effect: each file appears whole (written beside, flushed, renamed). Positive: try
 * again later. */
int files_carry_out(const struct effect *effect, const char *out_directory);

#endif
