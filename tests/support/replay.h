/* replay.h - runs a fuzz target over the files of its corpus. */
#ifndef TESTS_SUPPORT_REPLAY_H
#define TESTS_SUPPORT_REPLAY_H

#include <stddef.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t bytes);
/* Every file of the folders (arguments 1 ..), or of fallback; prints `N passed, N failed`. A target that
 * fails stops the program, as under the fuzzer; an unreadable or empty folder is a failure. */
int replay_main(int count, char **arguments, const char *fallback);

#endif
