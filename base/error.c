/* error.c - codes and complaints. Negative codes are negated errno values, so that one table of texts serves
 * all. */
#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int error_from_errno(void)
{
    return errno > 0 ? -errno : -EIO;
}

const char *error_text(int code)
{
    const char *text = strerrordesc_np(code < 0 ? -code : code);
    return text != NULL ? text : "Unknown error";
}

/* Cuts an incomplete UTF-8 sequence off the end of what snprintf truncated. */
static void error_cut_at_character(char *at)
{
    size_t bytes = strlen(at), back = 0;
    while (back < bytes && back < 3 && ((unsigned char)at[bytes - 1 - back] & 0xC0) == 0x80)
        back++;
    if (back == bytes)
        return;
    unsigned char lead = (unsigned char)at[bytes - 1 - back];
    size_t need = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    if (need > back)
        at[bytes - 1 - back] = '\0';
}

static void error_copy(char *out, size_t room, const char *from)
{
    if (snprintf(out, room, "%s", from != NULL ? from : "") >= (int)room)
        error_cut_at_character(out);
}

void complain(struct complaint *out, const char *field, const char *place, const char *format, ...)
{
    if (out == NULL)
        return;
    error_copy(out->field, sizeof(out->field), field);
    error_copy(out->place, sizeof(out->place), place);
    va_list args;
    va_start(args, format);
    int written = vsnprintf(out->message, sizeof(out->message), format, args);
    va_end(args);
    if (written >= (int)sizeof(out->message))
        error_cut_at_character(out->message);
}
