/* faults.h - what is wrong with the rows of a log: each is told with file, line and column and counted; the
 * first FAULTS_SHOWN_MAX are printed. */
#ifndef CLI_IMPORT_FAULTS_H
#define CLI_IMPORT_FAULTS_H

#include "base/error.h"
#include "base/text.h"

enum { FAULTS_SHOWN_MAX = 20 };

struct faults {
    uint64_t count;
    bool quiet; /* count only */
};
/* "dubanctl: FILE:LINE:COLUMN: message" on standard error; column may be empty. */
void fault_add(struct faults *faults, struct text file, uint64_t line, struct text column, const char *format,
               ...) PRINTF_LIKE(5, 6);

#endif
