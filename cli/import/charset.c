/* charset.c - see charset.h. */
#include "cli/import/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

enum { CHARSET_CHUNK_BYTES = 4096 };

static bool charset_decodes(iconv_t decoder, struct text content)
{
    char *from; /* iconv takes it without const, and leaves what it reads alone */
    size_t left = content.bytes;
    memcpy(&from, &content.at, sizeof from);
    while (left > 0) {
        char decoded[CHARSET_CHUNK_BYTES], *to = decoded;
        size_t room = sizeof decoded;
        if (iconv(decoder, &from, &left, &to, &room) == (size_t)-1 && errno != E2BIG)
            return false;
    }
    return true;
}

const char *charset_likely(struct text content)
{
    if (text_starts_with(content, TEXT("\xFF\xFE")) || text_starts_with(content, TEXT("\xFE\xFF")))
        return "UTF-16";
    iconv_t decoder = iconv_open("UTF-8", "GB18030");
    bool decodes = false;
    if (decoder != (iconv_t)-1) {
        decodes = charset_decodes(decoder, content);
        (void)iconv_close(decoder);
    }
    return decodes ? "GB18030" : NULL;
}
