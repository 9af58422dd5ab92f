/* config_files.h - the repository's own configuration files, for tests; programs run from its root. */
#ifndef TESTS_SUPPORT_CONFIG_FILES_H
#define TESTS_SUPPORT_CONFIG_FILES_H

#include "config/charter.h"

/* The whole file; fails the running test if it cannot be read. */
struct text support_file_read(struct arena *arena, const char *path);
/* Compiled without any finding, else the running test fails with the first. */
const struct calendar *support_calendar(struct arena *arena, const char *path);
const struct charter *support_charter(struct arena *arena, const char *path);

#endif
