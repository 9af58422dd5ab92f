/* stream.h - files of events as CloudEvents JSON, a line each: what a line is, and how one that is wrong is
 * named. */
#ifndef CLI_STREAM_H
#define CLI_STREAM_H

#include "base/text.h"

enum { STREAM_REASON_BYTES = 1024 };

/* The line without its end, and the file's first (number 1) without the byte order mark that programs on
 * Windows put there. */
struct text stream_line(struct text raw, uint64_t number);
/* "line 3: …" on standard error; field may be empty. A place within the line is told by its column alone. */
void stream_complain(uint64_t number, const char *field, const char *message);
/* The message without "line 1, " before its column: the parser saw one line only. */
const char *stream_reason(const char *message, char out[STREAM_REASON_BYTES]);

#endif
