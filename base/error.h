/* error.h - how functions say that something went wrong.
 *
 * Every fallible function returns int: 0 is fine; a negative value means that this process cannot go on
 * (disk, memory, a broken library call) and is forwarded untouched; a positive value MODULE_E_... is for the
 * direct caller, who must handle it. Nobody returns 1 for success. Text about the failure, where a person
 * needs it, travels in a struct complaint beside the code.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdint.h>

#define MUST_CHECK             __attribute__((warn_unused_result))
#define PRINTF_LIKE(at, first) __attribute__((format(printf, at, first)))

/* Turns errno into a negative code (never 0, even if errno is 0). */
int error_from_errno(void);
/* "Input/output error" for a negative code; static text. */
const char *error_text(int code);

enum { COMPLAINT_BYTES_MAX = 1024 };

/* One complaint about bad input, for people: which field, what is wrong and what would be right, where. */
struct complaint {
    char field[128];                   /* "data.units[2]", or "" */
    char message[COMPLAINT_BYTES_MAX]; /* "unknown unit 市财政居; nearest known: 市财政局" */
    char place[256];                   /* "config/charters/shenzhen-2020.yaml:31:7", or "" */
};

/* Fills a complaint (truncating safely at a UTF-8 boundary); out may be NULL. */
void complain(struct complaint *out, const char *field, const char *place, const char *format, ...)
    PRINTF_LIKE(4, 5);

#endif
