/* faults.c - see faults.h. */
#include "cli/import/faults.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/command.h"

void fault_add(struct faults *faults, struct text file, uint64_t line, struct text column, const char *format,
               ...)
{
    char message[COMPLAINT_BYTES_MAX];
    va_list arguments;
    faults->count++;
    if (faults->quiet || faults->count > FAULTS_SHOWN_MAX + 1)
        return;
    if (faults->count == FAULTS_SHOWN_MAX + 1) {
        command_fail(0, NULL, "further faults are counted, not printed");
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    command_fail(0, NULL, "%.*s:%llu:%.*s%s %s", TEXT_PRINT(file), (unsigned long long)line,
                 TEXT_PRINT(column), column.bytes > 0 ? ":" : "", message);
}
