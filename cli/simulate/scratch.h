/* scratch.h - a folder for a world that is thrown away, and what the commands that run one share. */
#ifndef CLI_SIMULATE_SCRATCH_H
#define CLI_SIMULATE_SCRATCH_H

#include "cli/command.h"

/* A new folder below $TMPDIR. 0, or an exit code after saying why. */
int scratch_open(struct arena *arena, const char **folder_out) MUST_CHECK;
/* Removes it with all in it. */
int scratch_close(const char *folder) MUST_CHECK;
/* --until: an instant with an offset, or a date, whose end is meant. given NULL: *until_us_out is left as it
 * is. */
int scratch_until(const char *given, int zone, int64_t *until_us_out) MUST_CHECK;
/* "\r 42%" on a terminal's standard error; done >= all removes it. */
void scratch_progress(uint64_t done, uint64_t all);

#endif
