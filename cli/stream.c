/* stream.c - see stream.h. */
#include "cli/stream.h"

#include <stdio.h>

#include "cli/command.h"

struct text stream_line(struct text raw, uint64_t number)
{
    static const char mark[] = "\xEF\xBB\xBF";
    while (raw.bytes > 0 && (raw.at[raw.bytes - 1] == '\n' || raw.at[raw.bytes - 1] == '\r'))
        raw.bytes--;
    if (number == 1 && text_starts_with(raw, text_from(mark)))
        return (struct text){raw.at + sizeof mark - 1, raw.bytes - (sizeof mark - 1)};
    return raw;
}

const char *stream_reason(const char *message, char out[STREAM_REASON_BYTES])
{
    static const char alone[] = "line 1, column ";
    const char *at = strstr(message, alone);
    int before = at != NULL ? (int)(at - message) : 0;
    (void)snprintf(out, STREAM_REASON_BYTES, "%.*s%s", before, message,
                   at != NULL ? at + strlen("line 1, ") : message);
    return out;
}

void stream_complain(uint64_t number, const char *field, const char *message)
{
    char reason[STREAM_REASON_BYTES];
    command_fail(0, NULL, "line %llu: %s%s%s", (unsigned long long)number, field,
                 field[0] != '\0' ? ": " : "", stream_reason(message, reason));
}
